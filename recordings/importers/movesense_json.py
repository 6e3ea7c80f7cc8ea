"""Movesense logs as JSON: of the data logger (fetched by an app, or made of SBEM files by sbem2json).

`{"Samples": [{"MeasIMU6": {"Timestamp": 1000, "ArrayAcc": [{"x": 0.1, "y": 9.8, "z": 0.2}, ...], "ArrayGyro":
[...]}}, ...]}`, or accelerometer and gyroscope in entries of their own ("MeasAcc", "MeasGyro"; apps also
write "acc", "gyroscope" and "imu" below "data"). Timestamp: milliseconds of the first sample of an entry,
u32; m/s2 and deg/s. sbem2json writes the samples of an entry as `[{"x": [..], "y": [..], "z": [..]}]`.
Sources: Movesense device API (meas/acc.yaml, meas/gyro.yaml, meas/imu.yaml), movesense sbem-tools,
AndyCW/MovesenseDotNet issue 14.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from recordings.importers.rows import Array, FileRefusedError, Reading, Rows
from recordings.importers.times import Stamps

# Read as a whole, which takes some ten times as much memory: six hours at 104 Hz.
LARGEST_BYTES: Final = 128 * 2**20
WORD: Final = "entry"
_WRAPS_AT: Final = 2.0**32


@dataclass(slots=True)
class _Stream:
    """Entries of one sensor: places, stamps in ms, samples of each."""

    key: str
    places: list[int] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    samples: list[Array] = field(default_factory=list)


def readings_of(path: Path) -> tuple[Reading, Reading | None]:
    """Return how to read accelerations, and angular rates where they came in entries of their own.

    Raises FileRefusedError for everything that is not such a log.
    """
    both, acc, gyr = _streams(path)
    if both[0].samples:
        return _reading(path, both[0], both[1]), None
    if not acc.samples:
        raise FileRefusedError(f"{path} is JSON without Movesense's accelerations (ArrayAcc)")
    return _reading(path, acc, None), _reading(path, None, gyr) if gyr.samples else None


def _reading(path: Path, acc: _Stream | None, gyr: _Stream | None) -> Reading:
    stream = acc or gyr
    assert stream is not None

    def rows() -> Iterator[Rows]:
        places, t_s = _times(path, stream)
        acc_rows = None if acc is None else np.concatenate(acc.samples)
        gyr_rows = None if gyr is None else np.concatenate(gyr.samples)
        yield Rows(places, t_s, acc_rows, gyr_rows)

    return Reading(
        f"{path}",
        "Movesense log (JSON)",
        rows,
        acc is not None,
        gyr is not None,
        "mps2",
        "dps",
        "from Timestamp",
        "ArrayAcc",
        WORD,
    )


def _times(path: Path, stream: _Stream) -> tuple[np.ndarray, Array]:
    """Spread the samples of each entry over the time until the next."""
    places, ticks = np.array(stream.places), np.array(stream.stamps)
    _, starts_s = Stamps(f"{path}", WORD, "Timestamp", 1e3, _WRAPS_AT).step(places, ticks, places[:, None])
    sizes = np.array([len(samples) for samples in stream.samples])
    if starts_s.size < 2:
        raise FileRefusedError(f"{path} has one entry only, which does not tell the rate")
    steps_s = np.diff(starts_s) / sizes[:-1]
    usual_s = float(np.median(steps_s))
    steps_s = np.minimum(np.append(steps_s, usual_s), usual_s)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(places, sizes), np.repeat(starts_s, sizes) + within * np.repeat(steps_s, sizes)


def _streams(path: Path) -> tuple[tuple[_Stream, _Stream], _Stream, _Stream]:
    both = (_Stream("ArrayAcc"), _Stream("ArrayGyro"))
    acc, gyr = _Stream("ArrayAcc"), _Stream("ArrayGyro")
    for place, entry in _entries(path):
        found = {
            key: _samples(path, place, key, entry[key]) for key in ("ArrayAcc", "ArrayGyro") if key in entry
        }
        stamp = entry.get("Timestamp")
        if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 <= stamp < _WRAPS_AT:
            raise FileRefusedError(
                f"{path}, {WORD} {place}, Timestamp: no number of milliseconds stands there"
            )
        if len({len(samples) for samples in found.values()}) > 1:
            raise FileRefusedError(
                f"{path}, {WORD} {place}: more samples in ArrayAcc than in ArrayGyro, or fewer"
            )
        streams = both if len(found) == 2 else (acc, gyr)
        for stream in streams:
            if stream.key in found and len(found[stream.key]):
                stream.places.append(place)
                stream.stamps.append(float(stamp))
                stream.samples.append(found[stream.key])
    return both, acc, gyr


def _entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FileRefusedError(f"{path} is too large to be read as JSON; export the log as CSV")
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileRefusedError:
        raise
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise FileRefusedError(f"{path}, line {error.lineno}, column {error.colno}: not JSON") from error
    except (ValueError, RecursionError) as error:
        raise FileRefusedError(f"{path} is not JSON in UTF-8") from error
    for name in ("Samples", "samples", "data", "Data"):
        if isinstance(found, dict) and isinstance(found.get(name), list):
            found = found[name]
    if not isinstance(found, list):
        raise FileRefusedError(f"{path} is JSON, but no log of a Movesense sensor")
    for place, entry in enumerate(found, start=1):
        yield from ((place, inner) for inner in _with_arrays(entry, 3))


def _with_arrays(entry: object, depth: int) -> Iterator[dict[str, Any]]:
    if not isinstance(entry, dict):
        return
    if "ArrayAcc" in entry or "ArrayGyro" in entry:
        yield entry
    elif depth:
        for inner in entry.values():
            yield from _with_arrays(inner, depth - 1)


def _samples(path: Path, place: int, key: str, found: object) -> Array:
    """Return (n, 3). Raises FileRefusedError if that is not what stands there."""
    rows: list[list[float]] = []
    for point in found if isinstance(found, list) else [None]:
        axes = [point.get(axis) for axis in "xyz"] if isinstance(point, dict) else [None]
        columns = [axis if isinstance(axis, list) else [axis] for axis in axes]
        if len({len(column) for column in columns}) != 1:
            raise FileRefusedError(f"{path}, {WORD} {place}, {key}: x, y and z differ in length")
        for row in zip(*columns, strict=True):
            if len(row) != 3 or not all(_is_good(value) for value in row):
                raise FileRefusedError(f"{path}, {WORD} {place}, {key}: x, y and z must be numbers")
            rows.append([float(value) for value in row])
    return np.array(rows).reshape(-1, 3)


def _is_good(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Python reads integers of any length, which no float holds.
    return abs(value) < 1e9 and math.isfinite(value)
