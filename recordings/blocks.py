"""Arrays to and from the CDR messages of a recording, block by block.

CDR: 4 bytes that name the byte order, then the fields in the order of the schema, each aligned to its
own size counted from after those 4 bytes; an array is its count (uint32) and its elements.

Packets of one size are stored by the place of their bytes, as the bytes of one place resemble each other: a
quarter less to keep, and quicker to unpack.

In format 1 the third field of a packet block was where each packet ends, and the payloads always stood
packet after packet. No block can be mistaken for the other kind: where the last number is the size of all
payloads and the numbers also add up to it, all but the last are 0, and both kinds say the same. A block of
samples of format 1 holds a bool where the form stands now.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.source import RawPacket
from recordings.format import BlockError

_LITTLE_ENDIAN = b"\x00\x01\x00\x00"
_UINT32 = struct.Struct("<I")
_TWO_UINT32 = struct.Struct("<II")
_PACKET_HEAD = struct.Struct("<4sQI")
_IMU_HEAD = struct.Struct("<4sQqB7xddI")
_IMU_HEAD_OF_FORMAT_1 = struct.Struct("<4sQq?3xI")
_FORM = 2
_FORM_AT = 20
_INT64, _UINT32_TYPE, _UINT16_TYPE = np.dtype("<i8"), np.dtype("<u4"), np.dtype("<u2")
_FLOAT64, _INT16 = np.dtype("<f8"), np.dtype("<i2")
_NOTHING: NDArray[Any] = np.empty(0)
_PADDING = tuple(bytes(n) for n in range(8))


class PacketBlock(NamedTuple):
    """Arrays of one `/ble/raw` message: (n,) each; payloads: packet after packet, of these sizes."""

    first_index: int
    host_ns: NDArray[np.int64]
    sizes: NDArray[np.uint32]
    characteristic: NDArray[np.uint16]
    characteristics: tuple[str, ...]
    payloads: bytes | memoryview

    @property
    def length(self) -> int:
        """How many packets are in it."""
        return self.host_ns.size


# Blocks are made some thousand times for every recorded hour: tuples cost a third of dataclasses.
class ImuBlock(NamedTuple):
    """Arrays of one `/imu` message: t_s (n,), acc (n, 3), gyr (n, 3) or None.

    acc_unit_mps2, gyr_unit_radps: of one count; None where the array holds the values themselves.
    """

    first_index: int
    host_ns: int
    t_s: NDArray[np.float64]
    acc: NDArray[np.float64] | NDArray[np.int16]
    gyr: NDArray[np.float64] | NDArray[np.int16] | None
    acc_unit_mps2: float | None = None
    gyr_unit_radps: float | None = None

    @property
    def length(self) -> int:
        """How many samples are in it."""
        return self.t_s.size

    @property
    def newest_s(self) -> float:
        """Time of the last sample."""
        return float(self.t_s[-1])

    @property
    def acc_mps2(self) -> NDArray[np.float64]:
        """Specific force, (n, 3)."""
        return in_units(self.acc, self.acc_unit_mps2)

    @property
    def gyr_radps(self) -> NDArray[np.float64] | None:
        """Rotation rate, (n, 3), or None."""
        return None if self.gyr is None else in_units(self.gyr, self.gyr_unit_radps)


def in_units(array: NDArray[np.float64] | NDArray[np.int16], unit: float | None) -> NDArray[np.float64]:
    """Return the values of counts; without a unit, the array holds the values."""
    if unit is None:
        return np.asarray(array, dtype=np.float64)
    return np.multiply(array, unit, dtype=np.float64)


def encode_packets(first_index: int, packets: Sequence[RawPacket]) -> bytes:
    """Return the PacketBlock message of one packet or more.

    Raises BlockError if there is none: an empty array of 8-byte numbers is padded in two ways in the wild.
    """
    n = len(packets)
    if not n:
        raise BlockError("a block of no packets")
    # Plain Python: at some hundred packets a second, arrays cost more than they save.
    names = {name: i for i, name in enumerate(dict.fromkeys([packet.characteristic for packet in packets]))}
    is_first = len(names) == 1
    payloads = [packet.payload for packet in packets]
    sizes = [*map(len, payloads)]
    return _packet_message(
        first_index,
        n,
        struct.pack(f"<{n}q", *[packet.host_ns for packet in packets]),
        struct.pack(f"<{n}I", *sizes),
        bytes(2 * n)
        if is_first
        else struct.pack(f"<{n}H", *[names[each.characteristic] for each in packets]),
        tuple(names),
        b"".join(payloads),
    )


def encode_block(block: PacketBlock) -> bytes:
    """Return the message of a packet block. Raises BlockError if no packet is in it."""
    if not block.length:
        raise BlockError("a block of no packets")
    return _packet_message(
        block.first_index,
        block.length,
        block.host_ns.tobytes(),
        block.sizes.tobytes(),
        block.characteristic.tobytes(),
        block.characteristics,
        block.payloads,
    )


def _packet_message(
    first_index: int,
    n: int,
    host_ns: bytes,
    sizes: bytes,
    characteristic: bytes,
    characteristics: tuple[str, ...],
    payloads: bytes | memoryview,
) -> bytes:
    """Put the fields of a packet block together, the arrays given as their bytes."""
    out = bytearray(_PACKET_HEAD.pack(_LITTLE_ENDIAN, first_index, n))
    _align(out, 8)
    out += host_ns
    out += _UINT32.pack(n) + sizes
    out += _UINT32.pack(n) + characteristic
    _align(out, 4)
    out += _UINT32.pack(len(characteristics))
    for name in characteristics:
        text = name.encode("utf-8", "surrogatepass") + b"\0"
        _align(out, 4)
        out += _UINT32.pack(len(text)) + text
    _align(out, 4)
    out += _UINT32.pack(len(payloads))
    (first_size,) = _UINT32.unpack_from(sizes)
    out += _turned(payloads, n, first_size) if sizes[:4] * n == sizes else payloads
    return bytes(out)


def decode_packets(data: memoryview) -> PacketBlock:
    """Read a PacketBlock message of any format; arrays are views of `data`. Raises BlockError."""
    try:
        order, first_index, n = _PACKET_HEAD.unpack_from(data)
        sizes_at = _PACKET_HEAD.size + 4 + 8 * n + 4
        host_ns = np.frombuffer(data, _INT64, n, _PACKET_HEAD.size + 4)
        sizes = np.frombuffer(data, _UINT32_TYPE, n, sizes_at)
        (n_sizes,) = _UINT32.unpack_from(data, sizes_at - 4)
        numbers_at = sizes_at + 4 * n + 4
        characteristic = np.frombuffer(data, _UINT16_TYPE, n, numbers_at)
        (n_characteristic,) = _UINT32.unpack_from(data, numbers_at - 4)
        names, at = _names(data, numbers_at + 2 * n, limit=n)
        at += -at % 4
        (size,) = _UINT32.unpack_from(data, at)
        payloads = data[at + 4 :]
        (first_size,) = _UINT32.unpack_from(data, sizes_at)
    except (struct.error, ValueError) as error:
        raise BlockError("a packet block that is cut off") from error
    if order != _LITTLE_ENDIAN or not n == n_sizes == n_characteristic or size != len(payloads):
        raise BlockError("a packet block whose counts disagree")
    # Bytes are compared in a tenth of the time that arrays take.
    if n * first_size == size and _is_one_value(data, sizes_at, 4, n):
        payloads = _turned(payloads, first_size, n)
    elif int(sizes.sum(dtype=np.int64)) != size:
        sizes = _sizes_of_format_1(sizes, size)
    is_first = len(names) == 1 and not int(characteristic[0]) and _is_one_value(data, numbers_at, 2, n)
    if not is_first and int(characteristic.max()) >= len(names):
        raise BlockError("a packet block that contradicts itself")
    return PacketBlock(first_index, host_ns, sizes, characteristic, names, payloads)


def _is_one_value(data: memoryview, at: int, size: int, n: int) -> bool:
    """Tell whether an array of n elements holds the same everywhere."""
    return bytes(data[at : at + size]) * n == bytes(data[at : at + size * n])


def _sizes_of_format_1(ends: NDArray[np.uint32], size: int) -> NDArray[np.uint32]:
    """Return the sizes of packets that end there. Raises BlockError where they cannot."""
    if int(ends[-1]) != size or (ends[1:] < ends[:-1]).any():
        raise BlockError("a packet block that contradicts itself")
    return np.diff(ends, prepend=np.uint32(0))


def _turned(table: bytes | memoryview, rows: int, columns: int) -> bytes:
    """Return a table of bytes column by column."""
    if rows <= 1 or columns <= 1:
        return bytes(table)
    return np.frombuffer(table, np.uint8).reshape(rows, columns).T.tobytes()


def encode_samples(block: ImuBlock) -> bytes:
    """Return the ImuBlock message of one sample or more. Raises BlockError if there is none."""
    n = block.t_s.size
    if not n:
        raise BlockError("a block of no samples")
    units = block.acc_unit_mps2 or 0.0, block.gyr_unit_radps or 0.0
    out = bytearray(_IMU_HEAD.pack(_LITTLE_ENDIAN, block.first_index, block.host_ns, _FORM, *units, n))
    _put(out, block.t_s, 8)
    arrays = ((block.acc, block.acc_unit_mps2), (block.gyr, block.gyr_unit_radps))
    for array, unit in arrays:
        _put_array(out, _NOTHING if array is None or unit is None else array, 2)
    for array, unit in arrays:
        _put_array(out, _NOTHING if array is None or unit is not None else array, 8)
    return bytes(out)


def decode_samples(data: memoryview) -> ImuBlock:
    """Read an ImuBlock message of any format; arrays are views of `data`. Raises BlockError if it is none."""
    try:
        if data[_FORM_AT] != _FORM:
            return _decode_samples_of_format_1(data)
        order, first_index, host_ns, _, acc_unit, gyr_unit, n = _IMU_HEAD.unpack_from(data)
        at = _IMU_HEAD.size + 4
        t_s = np.frombuffer(data, _FLOAT64, n, at)
        acc_counts, at = _array(data, at + 8 * n, _INT16)
        gyr_counts, at = _array(data, at, _INT16)
        acc, at = _array(data, at, _FLOAT64)
        gyr, at = _array(data, at, _FLOAT64)
    except (struct.error, ValueError, IndexError) as error:
        raise BlockError("a block of samples that is cut off") from error
    n_acc_counts, n_gyr_counts, n_acc, n_gyr = acc_counts.size, gyr_counts.size, acc.size, gyr.size
    # One of the two has them all, and the other none.
    has_acc = n_acc_counts + n_acc == 3 * n and not (n_acc_counts and n_acc)
    has_gyr = n_gyr_counts + n_gyr in (0, 3 * n) and not (n_gyr_counts and n_gyr)
    if order != _LITTLE_ENDIAN or not n or at != len(data) or not has_acc or not has_gyr:
        raise BlockError("a block of samples whose counts disagree")
    return ImuBlock(
        first_index,
        host_ns,
        t_s,
        (acc_counts if n_acc_counts else acc).reshape(n, 3),
        (gyr_counts if n_gyr_counts else gyr).reshape(n, 3) if n_gyr_counts or n_gyr else None,
        acc_unit if n_acc_counts else None,
        gyr_unit if n_gyr_counts else None,
    )


def _decode_samples_of_format_1(data: memoryview) -> ImuBlock:
    order, first_index, host_ns, has_gyro, n = _IMU_HEAD_OF_FORMAT_1.unpack_from(data)
    at = _IMU_HEAD_OF_FORMAT_1.size
    t_s = np.frombuffer(data, _FLOAT64, n, at)
    # Every array but an empty one begins 8 bytes after the last has ended: its count and 4 to align.
    at += 8 * n
    acc = np.frombuffer(data, _FLOAT64, 3 * n, at + 8)
    (n_acc,) = _UINT32.unpack_from(data, at)
    at += 8 + 8 * 3 * n
    gyr = np.frombuffer(data, _FLOAT64, 3 * n, at + 8).reshape(n, 3) if has_gyro else None
    (n_gyr,) = _UINT32.unpack_from(data, at)
    if order != _LITTLE_ENDIAN or not n or n_acc != 3 * n or n_gyr != (3 * n if has_gyro else 0):
        raise BlockError("a block of samples whose counts disagree")
    return ImuBlock(first_index, host_ns, t_s, acc.reshape(n, 3), gyr)


def _array(data: memoryview, at: int, kind: np.dtype[Any]) -> tuple[NDArray[Any], int]:
    """Return the array whose count stands at `at`, aligned, and the offset behind it."""
    at += -at % 4
    (n,) = _UINT32.unpack_from(data, at)
    at += 4
    if not n:
        return _NOTHING, at
    at += -(at - 4) % kind.itemsize
    return np.frombuffer(data, kind, n, at), at + n * kind.itemsize


def _names(data: memoryview, at: int, limit: int) -> tuple[tuple[str, ...], int]:
    """Return the texts of an array and the offset behind them. Raises ValueError, struct.error."""
    at += -at % 4
    count, length = _TWO_UINT32.unpack_from(data, at)
    if not 0 < count <= limit:
        raise ValueError("more names than packets")
    at += 8
    names: list[str] = []
    while True:
        if not 0 < length <= len(data) - at:
            raise ValueError("a name longer than its message")
        names.append(str(data[at : at + length - 1], "utf-8", "surrogatepass"))
        at += length
        if len(names) == count:
            return tuple(names), at
        at += -at % 4
        (length,) = _UINT32.unpack_from(data, at)
        at += 4


def _align(out: bytearray, size: int) -> None:
    out += _PADDING[-(len(out) - 4) % size]


def _put(out: bytearray, numbers: NDArray[np.generic], size: int) -> None:
    _align(out, size)
    out += numbers.tobytes()


def _put_array(out: bytearray, numbers: NDArray[np.generic], size: int) -> None:
    _align(out, 4)
    out += _UINT32.pack(numbers.size)
    # Nothing is aligned for elements that are not there.
    if numbers.size:
        _put(out, numbers, size)
