"""Print what it costs to refuse files that were made to do harm.

    python benchmarks/hostile.py

Lengths and counts of 10 GB and more, a zip bomb, a million channels, names that are paths: each is read in a
process of its own. Limits: a second, and 200 MB at the most for the whole process.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import zstandard

from drivers.source import SensorInfo
from recordings.blocks import decode_samples
from recordings.chunks import LIMIT_BYTES, MAGIC
from recordings.format import RecordingMetadata, encode_metadata

LIMIT_S: Final = 1.0
LIMIT_MB: Final = 200.0


def chunk_record(contents: bytes, size: int | None = None, crc: int | None = None) -> bytes:
    packed = zstandard.compress(contents)
    fields = struct.pack(
        "<QQQII4sQ", 0, 0, len(contents) if size is None else size,
        zlib.crc32(contents) if crc is None else crc, 4, b"zstd", len(packed),
    )  # fmt: skip
    return b"\x06" + struct.pack("<Q", len(fields) + len(packed)) + fields + packed


def message_record(channel_id: int, data: bytes) -> bytes:
    return b"\x05" + struct.pack("<QHIQQ", 22 + len(data), channel_id, 1, 0, 0) + data


HEADER = MAGIC + b"\x01" + struct.pack("<QI9sI", 17, 9, b"eccentric", 0)


def told() -> RecordingMetadata:
    return RecordingMetadata(SensorInfo("plain", "m", "n"), "id", 0, 0)


DESCRIBED = HEADER + chunk_record(message_record(1, encode_metadata(told())))


def huge_counts() -> bytes:
    head = b"\x00\x01\x00\x00"
    packets = head + struct.pack("<QI", 0, 2**32 - 1) + bytes(64)
    imu = head + struct.pack("<Qq?3xI", 0, 0, True, 2**32 - 1) + bytes(64)
    return DESCRIBED + chunk_record(message_record(2, packets)) + chunk_record(message_record(3, imu))


def contradictions() -> bytes:
    one = struct.pack("<4sQI4xqqIIIIHHHxxI", b"\0\1\0\0", 0, 2, 1, 2, 2, 9, 3, 2, 0, 7, 0, 1)
    return DESCRIBED + chunk_record(message_record(2, one + b"\x02\0\0\0a\0\0\0\x03\0\0\0abc"))


def record(opcode: int, data: bytes) -> bytes:
    return bytes([opcode]) + struct.pack("<Q", len(data)) + data


def text(value: str) -> bytes:
    return struct.pack("<I", len(value.encode())) + value.encode()


def channel_record(number: int, topic: str) -> bytes:
    return record(4, struct.pack("<HH", number % 65_536, 0) + text(topic) + text("json") + bytes(4))


def ten_gigabytes() -> bytes:
    """Return a chunk whose message, and a message whose array, claims to have 10 GB."""
    message = b"\x05" + struct.pack("<QHIQQ", 10 * 2**30, 2, 1, 0, 0)
    names = struct.pack("<4sQI4xqIIIHxxII", b"\0\1\0\0", 0, 1, 1, 1, 1, 1, 0, 1, 2**32 - 1)
    return DESCRIBED + chunk_record(message) + chunk_record(message_record(2, names))


def samples_without_end() -> bytes:
    """Return chunks of zeros that are samples: 60 kB of file, 1.3 GB of arrays."""
    n = 400_000
    block = struct.pack("<4sQq?3xI", b"\0\1\0\0", 0, 0, True, n) + bytes(8 * n)
    block += (struct.pack("<I4x", 3 * n) + bytes(24 * n)) * 2
    assert len(decode_samples(memoryview(block)).t_s) == n
    return DESCRIBED + chunk_record(message_record(3, block)) * 60


def million_channels() -> bytes:
    channels = [channel_record(i, f"/{i}") for i in range(65_536)]
    return HEADER + b"".join(channels) * 16


def million_channels_in_chunks() -> bytes:
    channels = b"".join(channel_record(i, f"/{i}") for i in range(60_000))
    return DESCRIBED + chunk_record(channels) * 17


def paths() -> bytes:
    path = "../../../../tmp/eccentric-was-here"
    sensor = SensorInfo(path, path, path, serial=path, firmware=path)
    named = encode_metadata(RecordingMetadata(sensor, path, 0, 0, placement=path))
    event = json.dumps({"kind": path, "host_ns": 0, "after_packets": 0, "data": {"file": path}}).encode()
    attachment = struct.pack("<QQ", 0, 0) + text(path) + text(path) + struct.pack("<QI", 0, 0)
    metadata = text(path) + bytes(4)
    return (
        HEADER + record(9, attachment) + record(0x0C, metadata)
        + chunk_record(channel_record(7, path) + message_record(1, named) + message_record(4, event))
    )  # fmt: skip


HOSTILE: Final[dict[str, Callable[[], bytes]]] = {
    "a path in every name": paths,
    "10 GB record": lambda: DESCRIBED + b"\x06" + struct.pack("<Q", 10 * 2**30) + bytes(100),
    "10 GB small record": lambda: DESCRIBED + b"\x0c" + struct.pack("<Q", 10 * 2**30) + bytes(100),
    "10 GB in a chunk": ten_gigabytes,
    "10^6 channels": million_channels,
    "10^6 channels in chunks": million_channels_in_chunks,
    "samples without end": samples_without_end,
    "giant record": lambda: DESCRIBED + b"\x06" + struct.pack("<Q", 2**63) + bytes(100),
    "giant small record": lambda: DESCRIBED + b"\x07" + struct.pack("<Q", 2**40) + bytes(100),
    "bomb": lambda: DESCRIBED + chunk_record(bytes(256 * 2**20)),
    "bomb that lies": lambda: DESCRIBED + chunk_record(bytes(256 * 2**20), size=1000),
    "bomb of small records": lambda: DESCRIBED + chunk_record(bytes(LIMIT_BYTES)),
    "many bombs": lambda: DESCRIBED + chunk_record(bytes(LIMIT_BYTES)) * 40,
    "wrong size": lambda: DESCRIBED + chunk_record(b"abc", size=4),
    "cut in a record": lambda: DESCRIBED + chunk_record(message_record(2, b"abc")[:-1]),
    "short message": lambda: DESCRIBED + chunk_record(b"\x05" + struct.pack("<Q", 3) + b"abc"),
    "huge counts": huge_counts,
    "contradictions": contradictions,
    "deep json": lambda: DESCRIBED + chunk_record(message_record(4, b"[" * 200_000)),
    "long number": lambda: (
        DESCRIBED + chunk_record(message_record(4, b'{"kind": "x", "host_ns": ' + b"9" * 9000 + b"}"))
    ),
    "false starts": lambda: (
        DESCRIBED + (b"\x06" + struct.pack("<Q", 44) + bytes(28) + b"\x04\0\0\0zstd") * 20_000
    ),
}


# Reads each file in a process of its own, which is forked so that it need not import everything again, and
# prints the seconds (of the clock, of the processor), the peak of its memory (KiB), and what it gave:
# samples, packets or an error.
READS_ALONE = textwrap.dedent(
    """
    import os, resource, sys, time
    from recordings.format import RecordingError
    from recordings.reader import read

    for path in sys.argv[1:]:
        sys.stdout.flush()
        if os.fork():
            os.wait()
            continue
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        try:
            found = read(path)
            said = f"{len(found.samples)} samples, {len(found.packets)} packets, {bool(found.damage)}"
        except RecordingError as error:
            said = str(error)
        took_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        print(took_s, cpu_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, said, sep="|")
        sys.stdout.flush()
        os._exit(0)
    """
)


@dataclass(frozen=True, slots=True)
class Refused:
    """What it cost: seconds by the clock and of the processor, peak of the memory; and what was said.

    nothing: whether no sample and no packet came of it, or the file was refused as a whole.
    """

    took_s: float
    cpu_s: float
    peak_mb: float
    said: str
    nothing: bool


def refused(folder: Path) -> dict[str, Refused]:
    """Write each file into a folder and read it alone. Only for Linux."""
    paths = {name: folder / f"{number}.mcap" for number, name in enumerate(HOSTILE)}
    for name, path in paths.items():
        path.write_bytes(HOSTILE[name]())
    command = [sys.executable, "-c", READS_ALONE, *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    found: dict[str, Refused] = {}
    for (name, path), line in zip(paths.items(), done.stdout.splitlines(), strict=True):
        took_s, cpu_s, peak_kib, said = line.split("|", 3)
        nothing = said.startswith(("0 samples, 0 packets, ", str(path)))
        found[name] = Refused(float(took_s), float(cpu_s), int(peak_kib) * 1024 / 1e6, said, nothing)
    return found


def main() -> None:
    # Not at the top: the tests import this module as a part of the package of benchmarks.
    from figures import Block, Figure, at_most

    with tempfile.TemporaryDirectory() as folder:
        found = refused(Path(folder))
    figures: list[Figure] = []
    for name, each in found.items():
        peak = f"{each.peak_mb:.0f} MB{'' if each.nothing else ', AND SOMETHING CAME OF IT'}"
        figures.append(at_most(name, each.took_s, LIMIT_S, ".2f", " s", peak))
    figures.append(
        at_most("peak of the memory", max(e.peak_mb for e in found.values()), LIMIT_MB, ".0f", " MB")
    )
    print(Block("Hostile files", f"{len(found)} files, each read alone", tuple(figures)).text())
    if any(figure.met is False for figure in figures) or not all(each.nothing for each in found.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
