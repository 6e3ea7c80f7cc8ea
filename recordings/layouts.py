"""Blocks that are laid out like one before: read together, each of their arrays in one go.

Most blocks of a recording differ in what was measured and in nothing else: as many items, of the same size,
under the same names. Where their arrays lie is seen in the first of them; of the others it is enough that
every byte that is not measured is the same. What is a little different is read on its own.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from recordings.blocks import ImuBlock, PacketBlock, decode_packets, decode_samples

# Of a file that gives every block a layout of its own, no more are remembered.
MAX_LAYOUTS: Final = 256

# Both kinds of block begin with the byte order and the number of the first item.
_FIRST_INDEX_AT: Final = 4
_FIRST_INDEX = struct.Struct("<Q")
# In a block of samples follows the host time of the last one.
_FIRST_INDEX_AND_HOST_NS = struct.Struct("<Qq")
_FLOAT64 = struct.Struct("<d")
_BYTES = np.dtype(np.uint8)

_Block = TypeVar("_Block", PacketBlock, ImuBlock)


class Place(NamedTuple):
    """Where in a message an array lies, how many bytes it has, and of what kind its numbers are."""

    at: int
    size: int
    kind: np.dtype[Any]


class Layout(NamedTuple, Generic[_Block]):
    """How blocks are laid out.

    example: one of them. fixed: start and end of what is the same in all of them, and what stands there.
    places: of the arrays that are measured, in the order of the block's fields. length: items in a block.
    """

    example: _Block
    fixed: tuple[tuple[int, int, bytes], ...]
    places: tuple[Place, ...]
    length: int


class Alike(NamedTuple, Generic[_Block]):
    """A block that is laid out like another, and not taken apart yet.

    host_ns: of samples, the host's monotonic clock when the last one had arrived.
    """

    layout: Layout[_Block]
    data: bytes
    first_index: int
    host_ns: int = 0

    @property
    def length(self) -> int:
        """How many packets or samples are in it."""
        return self.layout.length

    @property
    def newest_s(self) -> float:
        """Of samples: the time of the last one."""
        at, size, _ = self.layout.places[0]
        return _FLOAT64.unpack_from(self.data, at + size - _FLOAT64.size)[0]


class Layouts:
    """The layouts of a file so far, by the size of their blocks."""

    __slots__ = ("_packets", "_samples")

    def __init__(self) -> None:
        self._packets: dict[int, Layout[PacketBlock]] = {}
        self._samples: dict[int, Layout[ImuBlock]] = {}

    def packets(self, data: bytes) -> PacketBlock | Alike[PacketBlock]:
        """Read a `/ble/raw` message. Raises BlockError."""
        layout = self._packets.get(len(data))
        if layout is None or not _fits(data, layout.fixed):
            block = decode_packets(memoryview(data))
            if len(self._packets) == MAX_LAYOUTS:
                return block
            self._packets[len(data)] = layout = _layout_of_packets(data, block)
        return Alike(layout, data, _FIRST_INDEX.unpack_from(data, _FIRST_INDEX_AT)[0])

    def samples(self, data: bytes) -> ImuBlock | Alike[ImuBlock]:
        """Read an `/imu` message. Raises BlockError."""
        layout = self._samples.get(len(data))
        if layout is None or not _fits(data, layout.fixed):
            block = decode_samples(memoryview(data))
            if len(self._samples) == MAX_LAYOUTS:
                return block
            self._samples[len(data)] = layout = _layout_of_samples(data, block)
        return Alike(layout, data, *_FIRST_INDEX_AND_HOST_NS.unpack_from(data, _FIRST_INDEX_AT))


def packets_apart(blocks: Sequence[PacketBlock | Alike[PacketBlock]]) -> list[PacketBlock]:
    """Return the same packets in the same order, in as few blocks as may be."""
    return list(_apart(blocks, _join_packets, _some_packets))


def samples_apart(blocks: Sequence[ImuBlock | Alike[ImuBlock]]) -> list[ImuBlock]:
    """Return the same samples in the same order, in as few blocks as may be.

    The host time of a block holds for the samples of the first that is in it.
    """
    return list(_apart(blocks, _join_samples, _some_samples))


def _fits(data: bytes, fixed: tuple[tuple[int, int, bytes], ...]) -> bool:
    for start, end, expected in fixed:  # noqa: SIM110 - in half of the time of `all`
        if data[start:end] != expected:
            return False
    return True


def _layout_of_packets(data: bytes, block: PacketBlock) -> Layout[PacketBlock]:
    # Nothing follows the payloads, which may be a turned copy.
    size = len(block.payloads)
    places = _place(data, block.host_ns), Place(len(data) - size, size, _BYTES)
    measured = [Place(_FIRST_INDEX_AT, _FIRST_INDEX.size, _BYTES), *places]
    return Layout(block, _between(data, measured), places, block.host_ns.size)


def _layout_of_samples(data: bytes, block: ImuBlock) -> Layout[ImuBlock]:
    arrays = [block.t_s, block.acc] + ([] if block.gyr is None else [block.gyr])
    places = tuple(_place(data, array) for array in arrays)
    measured = [Place(_FIRST_INDEX_AT, _FIRST_INDEX_AND_HOST_NS.size, _BYTES), *places]
    return Layout(block, _between(data, measured), places, block.t_s.size)


def _place(data: bytes, array: NDArray[Any]) -> Place:
    """Return where the message lies that an array is a view of."""
    start, _ = byte_bounds(np.frombuffer(data, _BYTES))
    return Place(byte_bounds(array)[0] - start, array.nbytes, array.dtype)


def _between(data: bytes, measured: Sequence[Place]) -> tuple[tuple[int, int, bytes], ...]:
    """Return the parts of a message in which nothing is measured."""
    edges = [(0, 0), *((place.at, place.at + place.size) for place in measured), (len(data), len(data))]
    gaps = [(before[1], after[0]) for before, after in pairwise(edges)]
    return tuple((start, end, data[start:end]) for start, end in gaps if start < end)


def _apart(
    blocks: Sequence[_Block | Alike[_Block]],
    join: Callable[[Layout[_Block], list[bytes]], _Block],
    some: Callable[[_Block, Alike[_Block], int, int], _Block],
) -> Iterator[_Block]:
    """Yield blocks with the same items; join: all of a layout into one block. some: of these, for a run."""
    texts: defaultdict[int, list[bytes]] = defaultdict(list)
    layouts: dict[int, Layout[_Block]] = {}
    for block in blocks:
        if isinstance(block, Alike):
            layouts[id(block.layout)] = block.layout
            texts[id(block.layout)].append(block.data)
    joined = {key: join(layout, texts[key]) for key, layout in layouts.items()}
    taken = dict.fromkeys(joined, 0)
    at = 0
    while at < len(blocks):
        block = blocks[at]
        at += 1
        if not isinstance(block, Alike):
            yield block
            continue
        layout, key, first = block.layout, id(block.layout), at - 1
        while at < len(blocks) and _follows(
            blocks[at], layout, block.first_index + (at - first) * layout.length
        ):
            at += 1
        start, taken[key] = taken[key], taken[key] + at - first
        yield some(joined[key], block, start, taken[key])


def _follows(block: _Block | Alike[_Block], layout: Layout[_Block], first_index: int) -> bool:
    return isinstance(block, Alike) and block.layout is layout and block.first_index == first_index


def _tables(layout: Layout[Any], texts: list[bytes]) -> list[NDArray[Any]]:
    """Return the measured arrays of all blocks of a layout, a row for each block."""
    rows = np.frombuffer(b"".join(texts), _BYTES).reshape(len(texts), -1)
    return [rows[:, at : at + size].view(kind) for at, size, kind in layout.places]


def _join_packets(layout: Layout[PacketBlock], texts: list[bytes]) -> PacketBlock:
    example = layout.example
    n = layout.length
    host_ns, payloads = _tables(layout, texts)
    if isinstance(example.payloads, bytes):
        payloads = payloads.reshape(len(texts), -1, n).transpose(0, 2, 1)
    return example._replace(
        host_ns=host_ns.reshape(-1),
        sizes=np.tile(example.sizes, len(texts)),
        characteristic=np.tile(example.characteristic, len(texts)),
        payloads=payloads.tobytes(),
    )


def _some_packets(whole: PacketBlock, first: Alike[PacketBlock], start: int, end: int) -> PacketBlock:
    n, size = first.layout.length, first.layout.places[1].size
    payloads = whole.payloads
    if end * n - start * n < whole.length:
        payloads = memoryview(payloads)[start * size : end * size]
    rows = slice(start * n, end * n)
    return PacketBlock(
        first.first_index,
        whole.host_ns[rows],
        whole.sizes[rows],
        whole.characteristic[rows],
        whole.characteristics,
        payloads,
    )


def _join_samples(layout: Layout[ImuBlock], texts: list[bytes]) -> ImuBlock:
    t_s, acc, *gyr = _tables(layout, texts)
    return layout.example._replace(
        t_s=t_s.reshape(-1), acc=acc.reshape(-1, 3), gyr=gyr[0].reshape(-1, 3) if gyr else None
    )


def _some_samples(whole: ImuBlock, first: Alike[ImuBlock], start: int, end: int) -> ImuBlock:
    rows = slice(start * first.layout.length, end * first.layout.length)
    return ImuBlock(
        first.first_index,
        first.host_ns,
        whole.t_s[rows],
        whole.acc[rows],
        None if whole.gyr is None else whole.gyr[rows],
        whole.acc_unit_mps2,
        whole.gyr_unit_radps,
    )
