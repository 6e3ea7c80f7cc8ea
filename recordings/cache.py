"""What has been read from a recording, kept so that it opens at once the next time.

Everything but the packets, which only a replay needs. A cache may be deleted at any time, and is never
trusted over its recording: it says which file it was made of (size, times and place on the disk), and what is
damaged in it is not used. It holds what its recording holds: whoever deletes that calls `sweep` too.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from analysis.samples import ImuSamples, SamplesError
from drivers.source import LinkStatus
from recordings.blocks import in_units
from recordings.counts import Counts
from recordings.format import (
    FORMAT_VERSION,
    RecordedEvent,
    RecordingError,
    RecordingMetadata,
    decode_event,
    decode_metadata,
    encode_event,
    encode_metadata,
)
from recordings.reader import Damage, Recording, read

# Changes with what stands in a cache, and with everything that changes what is read from a recording.
CACHE_VERSION: Final = 3
# Some fifty recorded hours; the oldest go.
MAX_CACHE_BYTES: Final = 10**9

_MAGIC = b"ECCCACHE"
# Magic, size of the JSON text, check sum of everything behind this head, samples, bytes of their arrays.
_HEAD = struct.Struct("<8sIIQQ")
_SUFFIX = ".eccache"


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a recording holds, without its packets; the fields are those of `Recording`."""

    path: Path
    metadata: RecordingMetadata
    samples: ImuSamples
    zero_host_ns: int
    links: tuple[LinkStatus, ...]
    events: tuple[RecordedEvent, ...]
    damage: tuple[Damage, ...]
    complete: bool
    duration_s: float


def read_contents(path: str | Path, folder: Path) -> Contents:
    """Read a recording, from its cache where that is whole and of this very file; else make it one.

    folder: of the caches. Raises RecordingError as `recordings.reader.read` does. A cache that cannot be
    written is no error.
    """
    path = Path(path)
    identity = _identity(path)
    if identity is None:
        return contents_of(read(path))
    whole = path.resolve()
    cache = folder / (sha256(os.fsencode(whole)).hexdigest()[:32] + _SUFFIX)
    with suppress(OSError, ValueError, KeyError, TypeError, SamplesError, RecordingError):
        return _load(cache, path, identity)
    contents = contents_of(read(path))
    # What changed while it was read belongs to no file.
    if identity == _identity(path):
        with suppress(OSError):
            _store(cache, contents, identity, whole)
            sweep(folder)
            _make_room(cache)
    return contents


def sweep(folder: Path, sessions: Collection[str] = ()) -> None:
    """Delete the caches of these sessions (their ids), and those whose recording is not there any more.

    Raises OSError if one cannot be deleted.
    """
    for cache in folder.glob(f"*{_SUFFIX}*"):
        try:
            of, session_id = _origin(cache)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError):
            # What does not say whose it is is of no use, unless another program is just writing it.
            if cache.suffix == _SUFFIX:
                cache.unlink(missing_ok=True)
            continue
        if session_id in sessions or not of.exists():
            cache.unlink(missing_ok=True)


def _origin(cache: Path) -> tuple[Path, str]:
    """Return the recording that a cache was made of, and the id of its session."""
    with cache.open("rb") as stream:
        told = json.loads(_read_text(stream)[0])
    return Path(told["path"]), json.loads(told["metadata"])["session_id"]


def _identity(path: Path) -> list[int] | None:
    """Return what changes with every change of a file; None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def contents_of(recording: Recording) -> Contents:
    """Return the same without the packets."""
    return Contents(
        path=recording.path,
        metadata=recording.metadata,
        samples=recording.samples,
        zero_host_ns=recording.zero_host_ns,
        links=recording.links,
        events=recording.events,
        damage=recording.damage,
        complete=recording.complete,
        duration_s=recording.duration_s,
    )


def _made_by() -> list[int]:
    return [CACHE_VERSION, FORMAT_VERSION]


def _store(cache: Path, contents: Contents, identity: list[int], path: Path) -> None:
    told: dict[str, Any] = {
        "made_by": _made_by(),
        "path": os.fspath(path),
        "identity": identity,
        "metadata": encode_metadata(contents.metadata).decode(),
        "zero_host_ns": contents.zero_host_ns,
        "links": [asdict(link) for link in contents.links],
        "events": [encode_event(event).decode() for event in contents.events],
        "damage": [asdict(damage) for damage in contents.damage],
        "complete": contents.complete,
        "duration_s": contents.duration_s,
    }
    samples = contents.samples
    arrays = [np.ascontiguousarray(samples.t_s, dtype="<f8")]
    for name, values in (("acc_unit", samples.acc_mps2), ("gyr_unit", samples.gyr_radps)):
        if values is not None:
            # As in the recording: a quarter of the bytes, where the values are counts of a sensor.
            array, told[name] = Counts().of(values) or (np.ascontiguousarray(values, dtype="<f8"), None)
            arrays.append(array)
    text = json.dumps(told).encode()
    text += b" " * (-(len(text) + _HEAD.size) % 8)
    size = sum(array.nbytes for array in arrays)
    crc = zlib.crc32(text)
    for array in arrays:
        crc = zlib.crc32(array.data, crc)
    cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(_HEAD.pack(_MAGIC, len(text), crc, len(samples), size))
            stream.write(text)
            for array in arrays:
                stream.write(array.data)
        new.replace(cache)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _make_room(newest: Path) -> None:
    """Delete the oldest caches where all together are too large."""
    found = [
        (path.stat().st_mtime_ns, path.stat().st_size, path) for path in newest.parent.glob(f"*{_SUFFIX}")
    ]
    left = MAX_CACHE_BYTES
    for _, size, path in sorted(found, reverse=True):
        left -= size
        if left < 0 and path != newest:
            path.unlink(missing_ok=True)


def _read_text(stream: BinaryIO) -> tuple[bytes, int, int, int]:
    """Return the JSON text of a cache, its check sum, how many samples, and the bytes of their arrays.

    Raises ValueError.
    """
    head = stream.read(_HEAD.size).ljust(_HEAD.size, b"\0")
    magic, text_size, crc, rows, size = _HEAD.unpack(head)
    if magic != _MAGIC or _HEAD.size + text_size + size != os.fstat(stream.fileno()).st_size:
        raise ValueError("not a cache, or cut off")
    return stream.read(text_size), crc, rows, size


def _load(cache: Path, path: Path, identity: list[int]) -> Contents:
    """Read a cache. Raises what `read_contents` passes over if it is none of this file."""
    with cache.open("rb") as stream:
        text, crc, rows, size = _read_text(stream)
        told = json.loads(text)
        if told["made_by"] != _made_by() or told["identity"] != identity:
            raise ValueError("of another file, or another program")
        arrays = np.fromfile(stream, np.uint8, size)
    if zlib.crc32(arrays.data, zlib.crc32(text)) != crc:
        raise ValueError("damaged")
    at = 8 * rows
    columns: list[NDArray[np.float64]] = []
    for unit in [told[name] for name in ("acc_unit", "gyr_unit") if name in told]:
        kind = np.dtype("<f8" if unit is None else "<i2")
        end = at + 3 * rows * kind.itemsize
        # Values may stand behind an odd number of counts.
        table = np.require(arrays[at:end].view(kind), requirements=["ALIGNED"]).reshape(rows, 3)
        columns.append(in_units(table, unit))
        at = end
    return Contents(
        path=path,
        metadata=decode_metadata(told["metadata"].encode())[0],
        samples=ImuSamples(arrays[: 8 * rows].view("<f8"), *columns),
        zero_host_ns=told["zero_host_ns"],
        links=tuple(LinkStatus(**link) for link in told["links"]),
        events=tuple(decode_event(event.encode()) for event in told["events"]),
        damage=tuple(Damage(**damage) for damage in told["damage"]),
        complete=told["complete"],
        duration_s=told["duration_s"],
    )
