"""All blocks of a recording as one: arrays that grow block by block, and packets and samples made of them.

Most blocks of a recording differ in what was measured and in nothing else: as many items, of the same size,
under the same names. Where their arrays lie is seen in the first of them; of the others it is enough that
every byte that is not measured is the same. What is a little different is read on its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple, overload

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from analysis.samples import ImuSamples, SamplesError
from drivers.source import RawPacket
from recordings.blocks import decode_packets, decode_samples, in_units
from recordings.format import BlockError

# Of a file that gives every block a layout of its own, no more are remembered.
MAX_LAYOUTS: Final = 256
# What a column has room for at first, at most; memory that is not written to costs nothing.
MAX_ROOM_BYTES: Final = 64 * 2**20
# A hundred years; False for what is not a number, too.
_LONGEST_S = 3e9
_MAX_INDEX = 2**48

# Both kinds of block begin with the byte order and the number of the first item.
_FIRST_INDEX_AT: Final = 4
_FIRST_INDEX = struct.Struct("<Q")
# In a block of samples follows the host time of the last one.
_FIRST_INDEX_AND_HOST_NS = struct.Struct("<Qq")


@dataclass(frozen=True, slots=True, eq=False)
class PacketLog:
    """All packets of a recording, a sequence that makes each `RawPacket` when it is asked for.

    host_ns (n,); index (n,): how many packets had been received before each; ends (n,): where each ends
    in `payloads`; characteristic (n,): index into `characteristics`.
    """

    host_ns: NDArray[np.int64]
    index: NDArray[np.int64]
    ends: NDArray[np.int64]
    characteristic: NDArray[np.uint16]
    characteristics: tuple[str, ...]
    payloads: memoryview

    def __len__(self) -> int:
        """Return the number of packets."""
        return self.host_ns.size

    @overload
    def __getitem__(self, at: int) -> RawPacket: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[RawPacket, ...]: ...
    def __getitem__(self, at: int | slice) -> RawPacket | tuple[RawPacket, ...]:
        """Return one packet or some."""
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        i = range(len(self))[at]
        start = int(self.ends[i - 1]) if i else 0
        return RawPacket(
            int(self.host_ns[i]),
            self.characteristics[int(self.characteristic[i])],
            bytes(self.payloads[start : int(self.ends[i])]),
        )

    def __iter__(self) -> Iterator[RawPacket]:
        """Yield the packets in the order of their arrival."""
        start = 0
        for host_ns, end, name in zip(
            self.host_ns.tolist(), self.ends.tolist(), self.characteristic.tolist(), strict=True
        ):
            yield RawPacket(host_ns, self.characteristics[name], bytes(self.payloads[start:end]))
            start = end


class _Column:
    """Bytes that grow at their end.

    In one array of NumPy's own: large ones come in large pages, and to fill them costs a fifth of what as
    many small ones cost.
    """

    __slots__ = ("_array", "_size", "_view")

    def __init__(self, room_bytes: int) -> None:
        self._array = np.empty(room_bytes, np.uint8)
        self._view = self._array.data
        self._size = 0

    def add(self, data: bytes) -> None:
        start, self._size = self._size, self._size + len(data)
        if self._size > self._array.size:
            self._grow(start)
        self._view[start : self._size] = data

    def add_turned(self, data: bytes, at: int, rows: int, columns: int) -> None:
        """Add a table of bytes that begins there, column by column."""
        start, self._size = self._size, self._size + rows * columns
        if self._size > self._array.size:
            self._grow(start)
        table = np.ndarray((rows, columns), np.uint8, data, at)
        np.ndarray((columns, rows), np.uint8, self._array, start)[:] = table.T

    def of(self, kind: str) -> NDArray[Any]:
        return self._array[: self._size].view(kind)

    def _grow(self, filled: int) -> None:
        larger = np.empty(2 * self._size, np.uint8)
        larger[:filled] = self._array[:filled]
        self._array, self._view = larger, larger.data


Fixed = tuple[tuple[int, bytes], ...]
Place = tuple[int, int]


class PacketLayout(NamedTuple):
    """How a block of packets is laid out, and what is the same in all blocks like it.

    fixed: places and bytes of all that is not measured. measured: where the rest is. host_ns, payloads: start
    and end. row_bytes: of each packet, where the payloads stand place after place; 0 where they stand packet
    after packet.
    """

    length: int
    fixed: Fixed
    measured: tuple[Place, ...]
    host_ns: Place
    payloads: Place
    row_bytes: int
    sizes: bytes
    characteristic: bytes
    characteristics: tuple[str, ...]


class JoinedPackets:
    """The packets of all blocks so far. next_index: how many had been received up to the last of them."""

    __slots__ = ("_blocks", "_host_ns", "_layouts", "_payloads", "next_index")

    def __init__(self, room_bytes: int) -> None:
        """Begin with none; room_bytes: what they may come to in the file."""
        room_bytes = min(room_bytes, MAX_ROOM_BYTES)
        self.next_index = 0
        self._layouts: dict[int, PacketLayout] = {}
        self._blocks: list[tuple[int, PacketLayout]] = []
        self._host_ns = _Column(room_bytes)
        self._payloads = _Column(room_bytes)

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self._blocks)

    def take(self, data: bytes, start: int, end: int) -> int:
        """Add the `/ble/raw` message that stands there; return how many packets are missing before it.

        Raises BlockError.
        """
        layout = self._layouts.get(end - start)
        if layout is None or not fits(data, start, layout.fixed):
            layout = self._new_layout(data[start:end])
        (first_index,) = _FIRST_INDEX.unpack_from(data, start + _FIRST_INDEX_AT)
        missing = first_index - self.next_index
        if missing:
            _check_jump(first_index, missing)
        self.add(layout, data, start, first_index)
        return missing

    @property
    def last_layout(self) -> PacketLayout:
        """How the last block was laid out."""
        return self._blocks[-1][1]

    def add(self, layout: PacketLayout, data: bytes, start: int, first_index: int) -> None:
        """Add the message that stands there and is laid out so; it follows the last one."""
        n, _, _, (host_from, host_to), (from_, to), row_bytes, *_ = layout
        self.next_index = first_index + n
        self._blocks.append((first_index, layout))
        self._host_ns.add(data[start + host_from : start + host_to])
        if row_bytes:
            self._payloads.add_turned(data, start + from_, row_bytes, n)
        else:
            self._payloads.add(data[start + from_ : start + to])

    @property
    def oldest_host_ns(self) -> int:
        """When the first packet arrived."""
        return int(self._host_ns.of("<i8")[0])

    def log(self) -> PacketLog:
        """Return all packets."""
        layouts = [layout for _, layout in self._blocks]
        lengths = np.array([layout.length for layout in layouts], dtype=np.int64)
        before = np.cumsum(lengths) - lengths
        index = np.arange(lengths.sum())
        missing = np.array([first_index for first_index, _ in self._blocks], dtype=np.int64) - before
        if missing.any():
            index += np.repeat(missing, lengths)
        every_name = chain.from_iterable(dict.fromkeys(layout.characteristics for layout in layouts))
        names = tuple(dict.fromkeys(every_name))
        characteristic = np.frombuffer(bytearray().join([each.characteristic for each in layouts]), "<u2")
        # The same names in all blocks are the rule; only others need other numbers.
        for start, layout in zip(before.tolist(), layouts, strict=True):
            if layout.characteristics != names:
                numbers = np.array([names.index(name) for name in layout.characteristics])
                rows = slice(start, start + layout.length)
                characteristic[rows] = numbers[characteristic[rows]]
        row_bytes = {layout.row_bytes for layout in layouts}
        if len(row_bytes) == 1 and row_bytes != {0}:
            ends = np.arange(1, index.size + 1) * row_bytes.pop()
        else:
            sizes = np.frombuffer(b"".join([layout.sizes for layout in layouts]), "<u4")
            ends = np.cumsum(sizes, dtype=np.int64)
        return PacketLog(
            host_ns=self._host_ns.of("<i8"),
            index=index,
            ends=ends,
            characteristic=characteristic,
            characteristics=names,
            payloads=self._payloads.of("u1").data,
        )

    def _new_layout(self, data: bytes) -> PacketLayout:
        block = decode_packets(memoryview(data))
        host_ns = _place(data, block.host_ns)
        # Nothing follows the payloads, of which the block may hold a turned copy.
        payloads = len(data) - len(block.payloads), len(data)
        first_index = _FIRST_INDEX_AT, _FIRST_INDEX_AT + _FIRST_INDEX.size
        layout = PacketLayout(
            block.length,
            between(data, [first_index, host_ns, payloads]),
            (first_index, host_ns, payloads),
            host_ns,
            payloads,
            int(block.sizes[0]) if isinstance(block.payloads, bytes) else 0,
            block.sizes.tobytes(),
            block.characteristic.tobytes(),
            block.characteristics,
        )
        if len(self._layouts) < MAX_LAYOUTS:
            self._layouts[len(data)] = layout
        return layout


class _Values:
    """Rows of three values, in runs of one unit each."""

    __slots__ = ("_room_bytes", "_runs")

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._runs: list[tuple[float | None, _Column]] = []

    def add(self, data: bytes, unit: float | None) -> None:
        if not self._runs or self._runs[-1][0] != unit:
            # One unit is the rule; a file that changes it all the time must not ask for much each time.
            self._runs.append((unit, _Column(len(data) if self._runs else self._room_bytes)))
        self._runs[-1][1].add(data)

    def rows(self) -> NDArray[np.float64]:
        found = [
            in_units(column.of("<f8" if unit is None else "<i2").reshape(-1, 3), unit)
            for unit, column in self._runs
        ]
        return found[0] if len(found) == 1 else np.concatenate(found)


class SampleLayout(NamedTuple):
    """How a block of samples is laid out; gyr: None without one. Units as in `ImuBlock`."""

    length: int
    fixed: Fixed
    measured: tuple[Place, ...]
    t_s: Place
    acc: Place
    gyr: Place | None
    acc_unit_mps2: float | None
    gyr_unit_radps: float | None


class JoinedSamples:
    """The samples of all blocks so far.

    next_index: how many had been decoded up to the last of them. last_layout: how the last that was taken was
    laid out.
    """

    __slots__ = (
        "_acc",
        "_gyr",
        "_host_ns",
        "_layouts",
        "_lengths",
        "_t_s",
        "_without_gyr",
        "last_layout",
        "next_index",
    )

    def __init__(self, room_bytes: int) -> None:
        """Begin with none; room_bytes: what they may come to in the file."""
        room_bytes = min(room_bytes, MAX_ROOM_BYTES)
        self.next_index = 0
        self._layouts: dict[int, SampleLayout] = {}
        self._host_ns: list[int] = []
        self._lengths: list[int] = []
        self._t_s = _Column(room_bytes)
        self._acc, self._gyr = _Values(room_bytes), _Values(room_bytes)
        self._without_gyr = 0

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self._lengths)

    def take(self, data: bytes, start: int, end: int) -> int:
        """Add the `/imu` message that stands there; return how many samples are missing before it.

        Raises BlockError.
        """
        layout = self._layouts.get(end - start)
        if layout is None or not fits(data, start, layout.fixed):
            layout = self._new_layout(data[start:end])
        first_index, host_ns = _FIRST_INDEX_AND_HOST_NS.unpack_from(data, start + _FIRST_INDEX_AT)
        missing = first_index - self.next_index
        if missing:
            _check_jump(first_index, missing)
        self.last_layout = layout
        self.add(layout, data, start, first_index, host_ns)
        return missing

    def add(self, layout: SampleLayout, data: bytes, start: int, first_index: int, host_ns: int) -> None:
        """Add the message that stands there and is laid out so; it follows the last one."""
        n, _, _, (t_from, t_to), (acc_from, acc_to), gyr, acc_unit, gyr_unit = layout
        self.next_index = first_index + n
        self._host_ns.append(host_ns)
        self._lengths.append(n)
        self._t_s.add(data[start + t_from : start + t_to])
        self._acc.add(data[start + acc_from : start + acc_to], acc_unit)
        if gyr:
            self._gyr.add(data[start + gyr[0] : start + gyr[1]], gyr_unit)
        else:
            self._without_gyr += 1

    @property
    def oldest_host_ns(self) -> int:
        """When the last sample of the first block had arrived."""
        return self._host_ns[0]

    def samples(self) -> tuple[ImuSamples, list[str]]:
        """Return all samples, and a note for each kind of them that had to be left out."""
        if not self._lengths:
            return _NO_SAMPLES, []
        notes: list[str] = []
        if 0 < self._without_gyr < len(self):
            notes.append("a part of the samples has no rotation rate, so that none is used")
        t_s, acc = self._t_s.of("<f8"), self._acc.rows()
        gyr = None if self._without_gyr else self._gyr.rows()
        try:
            return ImuSamples(t_s, acc, gyr), notes
        except SamplesError:
            samples = _possible(t_s, acc, gyr)
            left_out = t_s.size - len(samples)
            notes.append(f"{left_out} samples cannot be: time goes back, or they are not numbers")
            return samples, notes

    def zero_host_ns(self, assumed_ns: int) -> int:
        """Return the host time of t_s = 0: the earliest that any block speaks for, as all arrive late."""
        newest_s = self._t_s.of("<f8")[np.cumsum(np.array(self._lengths, dtype=np.int64)) - 1]
        can_be = np.abs(newest_s) < _LONGEST_S
        zeros_ns = np.array(self._host_ns, dtype=np.int64)[can_be]
        zeros_ns -= np.rint(newest_s[can_be] * 1e9).astype(np.int64)
        return int(zeros_ns.min()) if zeros_ns.size else assumed_ns

    def _new_layout(self, data: bytes) -> SampleLayout:
        block = decode_samples(memoryview(data))
        first = _FIRST_INDEX_AT, _FIRST_INDEX_AT + _FIRST_INDEX_AND_HOST_NS.size
        t_s, acc = _place(data, block.t_s), _place(data, block.acc)
        gyr = None if block.gyr is None else _place(data, block.gyr)
        measured = (first, t_s, acc, gyr) if gyr else (first, t_s, acc)
        layout = SampleLayout(
            block.length,
            between(data, measured),
            measured,
            t_s,
            acc,
            gyr,
            block.acc_unit_mps2,
            block.gyr_unit_radps,
        )
        if len(self._layouts) < MAX_LAYOUTS:
            self._layouts[len(data)] = layout
        return layout


def _check_jump(first_index: int, missing: int) -> None:
    """Raise BlockError for a block that cannot follow."""
    if missing < 0:
        raise BlockError("a block stands in it twice")
    if first_index > _MAX_INDEX:
        raise BlockError("a block with a number that cannot be")


def fits(data: bytes, start: int, fixed: Fixed) -> bool:
    """Tell whether what stands there is laid out so."""
    for at, expected in fixed:  # noqa: SIM110 - in half of the time of `all`
        if not data.startswith(expected, start + at):
            return False
    return True


def _place(data: bytes, array: NDArray[Any]) -> Place:
    """Return where the message lies that an array is a view of."""
    start, _ = byte_bounds(np.frombuffer(data, np.uint8))
    at = byte_bounds(array)[0] - start
    return at, at + array.nbytes


def between(data: bytes, measured: Sequence[Place]) -> Fixed:
    """Return the parts of a message in which nothing is measured."""
    edges = [(0, 0), *measured, (len(data), len(data))]
    return tuple((end, data[end:start]) for (_, end), (start, _) in pairwise(edges) if end < start)


_NO_SAMPLES = ImuSamples(np.empty(0), np.empty((0, 3)))


def join_samples(parts: Sequence[ImuSamples]) -> ImuSamples:
    """Join what was decoded part by part, less the samples at which time goes back.

    The rotation rate is left out where a part has none.
    """
    if not parts:
        return _NO_SAMPLES
    gyrs = [part.gyr_radps for part in parts if part.gyr_radps is not None]
    return _possible(
        np.concatenate([part.t_s for part in parts]),
        np.concatenate([part.acc_mps2 for part in parts]),
        np.concatenate(gyrs) if len(gyrs) == len(parts) else None,
    )


def _possible(
    t_s: NDArray[np.float64], acc: NDArray[np.float64], gyr: NDArray[np.float64] | None
) -> ImuSamples:
    """Leave out samples that cannot be."""
    good = np.isfinite(t_s) & np.isfinite(acc).all(axis=1)
    if gyr is not None:
        good &= np.isfinite(gyr).all(axis=1)
    rows = np.flatnonzero(good)
    newest = np.maximum.accumulate(t_s[rows]) if rows.size else t_s[rows]
    rows = rows[np.concatenate([[True], newest[1:] > newest[:-1]])[: rows.size]]
    return ImuSamples(t_s[rows], acc[rows], None if gyr is None else gyr[rows])
