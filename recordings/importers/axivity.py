"""Axivity AX3 and AX6 recordings (`.cwa`, Open Movement), a few hundred blocks at a time.

A header of 1024 bytes ("MD") and data blocks of 512 ("AX"), each with a sequence number, a check sum and one
time stamp, which holds for the sample `timestampOffset` of the block. Samples are 3 x 10 bits with an
exponent (AX3) or 16 bit numbers, of which the first three are the gyroscope's where there are six or nine
(AX6). Source: Docs/ax3/cwa.h and ax3-technical.md of openmovementproject/openmovement; the shift of the
offset by fractions of a second as in its cwa_load.py.

Times are straight lines between the stamps of blocks that follow each other; where blocks are missing,
damaged or the device paused, a new line begins. Damaged blocks are left out and counted.

Our own reader, because no kept library fits: actipy is for academic use only; scikit-digital-health brings
eleven packages, LightGBM and matplotlib among them; cwa-reader-rs returns one table of the whole file through
pandas. It was compared with cwa-reader-rs 0.5 on made files (docs/importing.md).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recordings.importers.rows import Array, FileRefusedError, Reading, Rows

MAGIC: Final = b"MD"
HEADER_BYTES: Final = 1024
BLOCK_BYTES: Final = 512
BLOCKS_AT_ONCE: Final = 256
# More damage than this is no recording.
_MOST_DAMAGED: Final = 0.5
# How far a block may last from what the nominal rate says: crystals are within 1 %, whole-second stamps add a
# sample or two of 40.
_RATE_TOLERANCE: Final = 0.1
_RESUMED: Final = 1
_EPOCH = datetime.datetime(2000, 1, 1)

_BLOCK = np.dtype(
    [
        ("mark", "S2"),
        ("length", "<u2"),
        ("fraction", "<u2"),
        ("session", "<u4"),
        ("sequence", "<u4"),
        ("stamp", "<u4"),
        ("scale", "<u2"),
        ("temperature", "<u2"),
        ("events", "u1"),
        ("battery", "u1"),
        ("rate", "u1"),
        ("packing", "u1"),
        ("offset", "<i2"),
        ("count", "<u2"),
        ("data", "V480"),
        ("checksum", "<u2"),
    ]
)
assert _BLOCK.itemsize == BLOCK_BYTES


def is_cwa(head: bytes) -> bool:
    """Tell whether a file begins as such a recording does."""
    return head[:2] == MAGIC and len(head) >= 4 and int.from_bytes(head[2:4], "little") in (508, 1020)


def reading_of(path: Path) -> Reading:
    """Describe how a recording is read. Raises FileRefusedError if it holds no block that can be."""
    first = next((block for blocks in _good_blocks(path) for block in blocks[1][:1]), None)
    if first is None:
        raise FileRefusedError(f"{path} holds no intact block of samples")
    axes = int(first["packing"]) >> 4
    return Reading(
        f"{path}",
        "Axivity AX6 recording" if axes >= 6 else "Axivity AX3 recording",
        lambda: _rows_of(path, axes >= 6),
        True,
        axes >= 6,
        "g",
        "dps",
        "from the stamps of its blocks",
        "of the accelerometer",
        "block",
        "damaged blocks",
        dated=True,
    )


def _blocks(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number of the first and the blocks of each part of a file."""
    try:
        with path.open("rb") as stream:
            stream.seek(HEADER_BYTES)
            place = 1
            while data := stream.read(BLOCK_BYTES * BLOCKS_AT_ONCE):
                whole = len(data) // BLOCK_BYTES
                if whole:
                    yield place, np.frombuffer(data, _BLOCK, whole)
                place += whole
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read: {error.strerror}") from error


def _good_blocks(path: Path) -> Iterator[tuple[NDArray[np.int64], np.ndarray, int]]:
    """Yield places and blocks that are what they must be, and how many beside them are not."""
    for place, blocks in _blocks(path):
        words = np.frombuffer(blocks.tobytes(), "<u2").reshape(-1, BLOCK_BYTES // 2)
        axes, packing = blocks["packing"] >> 4, blocks["packing"] & 0x0F
        packed = (axes == 3) & (packing == 0)
        wide = np.isin(axes, (3, 6, 9)) & (packing == 2)
        capacity = np.where(packed, 120, 480 // np.maximum(2 * axes.astype(int), 1))
        good = (
            (blocks["mark"] == b"AX")
            & (blocks["length"] == BLOCK_BYTES - 4)
            & (words.sum(axis=1, dtype=np.uint16) == 0)
            & (packed | wide)
            & (blocks["count"] > 0)
            & (blocks["count"] <= capacity)
            & ((blocks["rate"] & 0x0F) >= 6)
            & np.isfinite(_stamps_s(blocks["stamp"]))
        )
        # Where flash was never written it is all ones or zeros: the end, not damage.
        blank = (blocks["mark"] == b"\xff\xff") | (blocks["mark"] == b"")
        places = np.arange(place, place + len(blocks), dtype=np.int64)
        yield places[good], blocks[good], int((~good & ~blank).sum())


def _stamps_s(stamps: NDArray[np.uint32]) -> Array:
    """Return seconds since 2000 of packed dates, NaN where there is none.

    (MSB) YYYYYYMM MMDDDDDh hhhhmmmm mmssssss (LSB).
    """
    seconds = np.empty(stamps.size)
    for row, stamp in enumerate(stamps.tolist()):
        try:
            moment = datetime.datetime(
                2000 + (stamp >> 26),
                stamp >> 22 & 0x0F,
                stamp >> 17 & 0x1F,
                stamp >> 12 & 0x1F,
                stamp >> 6 & 0x3F,
                stamp & 0x3F,
            )
            seconds[row] = (moment - _EPOCH).total_seconds()
        except ValueError:
            seconds[row] = np.nan
    return seconds


def _rows_of(path: Path, has_gyr: bool) -> Iterator[Rows]:
    run: list[tuple[int, np.void]] = []
    damaged = total = 0
    last_s = -np.inf
    for places, blocks, bad in _good_blocks(path):
        damaged += bad
        total += len(blocks) + bad
        left_out = bad
        for place, block in zip(places.tolist(), blocks, strict=True):
            if (int(block["packing"]) >> 4 >= 6) != has_gyr:
                raise FileRefusedError(
                    f"{path}, block {place}: its axes differ from those of the blocks before"
                )
            if run and not _follows(run[-1][1], block):
                rows = _run_rows(path, run, has_gyr, last_s, left_out, is_last=True)
                last_s, left_out, run = float(rows.t_s[-1]), 0, []
                yield rows
            run.append((place, block))
        if len(run) > 2 * BLOCKS_AT_ONCE:
            rows = _run_rows(path, run, has_gyr, last_s, left_out, is_last=False)
            last_s, run = float(rows.t_s[-1]), run[-2:]
            yield rows
        elif left_out:
            yield Rows(places[:0], np.empty(0), None, None, left_out)
    if run:
        yield _run_rows(path, run, has_gyr, last_s, 0, is_last=True)
    if damaged > _MOST_DAMAGED * total:
        raise FileRefusedError(f"{path}: {damaged} of {total} blocks are damaged")


def _follows(before: np.void, after: np.void) -> bool:
    """Tell whether no sample is missing between two blocks."""
    if int(after["sequence"]) != int(before["sequence"]) + 1 or after["rate"] != before["rate"]:
        return False
    if int(after["events"]) & _RESUMED:
        return False
    rate_hz = _rate_hz(before)
    (start, start_s), (end, end_s) = _anchor(before), _anchor(after)
    nominal_s = (int(before["count"]) + end - start) / rate_hz
    # Stamps without fractions are cut to a sample.
    return abs(end_s - start_s - nominal_s) <= _RATE_TOLERANCE * nominal_s + 2 / rate_hz


def _rate_hz(block: np.void) -> float:
    return 3200 / (1 << (15 - (int(block["rate"]) & 0x0F)))


def _anchor(block: np.void) -> tuple[int, float]:
    """Return a sample of the block, counted from its first, and its time."""
    stamp_s, offset = float(_stamps_s(block["stamp"].reshape(1))[0]), int(block["offset"])
    fraction = int(block["fraction"])
    if not fraction & 0x8000:
        return offset, stamp_s
    part = (fraction & 0x7FFF) << 1
    # The device had moved the offset so that readers without fractions are right to a sample.
    return offset + (part * int(_rate_hz(block)) >> 16), stamp_s + part / 65536


def _run_rows(
    path: Path, run: list[tuple[int, np.void]], has_gyr: bool, last_s: float, left_out: int, *, is_last: bool
) -> Rows:
    """Return the samples of blocks without a gap.

    is_last: of all of them; otherwise without the last two, which the next run begins with.
    """
    counts = np.array([int(block["count"]) for _, block in run])
    starts = np.cumsum(counts) - counts
    anchors = [_anchor(block) for _, block in run]
    at = starts + np.array([index for index, _ in anchors])
    at_s = np.array([time_s for _, time_s in anchors])
    # Two blocks with one whole-second stamp say it once.
    apart = np.concatenate([[True], (np.diff(at) > 0) & (np.diff(at_s) > 0)])
    at, at_s = at[apart], at_s[apart]
    used = len(run) if is_last else len(run) - 2
    index = np.arange(counts[:used].sum())
    step_s = (at_s[-1] - at_s[0]) / (at[-1] - at[0]) if at.size > 1 else 1 / _rate_hz(run[0][1])
    t_s = np.interp(index, at, at_s)
    t_s = np.where(index < at[0], at_s[0] + (index - at[0]) * step_s, t_s)
    t_s = np.where(index > at[-1], at_s[-1] + (index - at[-1]) * step_s, t_s)
    places = np.repeat(np.array([place for place, _ in run[:used]], dtype=np.int64), counts[:used])
    if not (np.diff(t_s) > 0).all():
        row = int(np.argmin(np.diff(t_s) > 0)) + 1
        raise FileRefusedError(f"{path}, block {places[row]}: the time goes back")
    if t_s[0] <= last_s:
        # The first line of a run is drawn back to before its stamp; it may cross the end of the run before.
        kept = t_s > last_s
        if not kept.any() or last_s - t_s[0] > 1.0:
            raise FileRefusedError(f"{path}, block {places[0]}: the time goes back")
        first = int(np.argmax(kept))
    else:
        first = 0
    values = np.concatenate([_values(block) for _, block in run[:used]])
    return Rows(
        places[first:],
        t_s[first:],
        values[first:, -3:],
        values[first:, :3] if has_gyr else None,
        left_out,
    )


def _values(block: np.void) -> Array:
    """Return (n, 3) g, or (n, 6) deg/s and g."""
    axes, count = int(block["packing"]) >> 4, int(block["count"])
    data = block["data"].tobytes()
    if int(block["packing"]) & 0x0F == 0:
        words = np.frombuffer(data, "<u4", count)
        parts = np.stack([words >> shift & 0x3FF for shift in (0, 10, 20)], axis=1).astype(np.int64)
        signed = (parts ^ 0x200) - 0x200
        return (signed << (words >> 30).astype(np.int64)[:, None]) / 256.0
    raw = np.frombuffer(data, "<i2", count * axes).reshape(count, axes).astype(np.float64)
    scale = int(block["scale"])
    g = raw[:, :3] if axes == 3 else raw[:, 3:6]
    acc = g / (1 << 8 + (scale >> 13))
    if axes == 3:
        return acc
    dps = raw[:, :3] * (8000 / (1 << (scale >> 10 & 0x07)) / 32768)
    return np.hstack([dps, acc])
