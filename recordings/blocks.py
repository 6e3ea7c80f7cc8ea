"""Arrays to and from the CDR messages of a recording, block by block.

CDR: 4 bytes that name the byte order, then the fields in the order of the schema, each aligned to its
own size counted from after those 4 bytes; an array is its count (uint32) and its elements.

Packets of one size are stored by the place of their bytes, as the bytes of one place resemble each other: a
quarter less to keep, and quicker to unpack.

In format 1 the third field of a packet block was where each packet ends, and the payloads always stood
packet after packet. No block can be mistaken for the other kind: where the last number is the size of all
payloads and the numbers also add up to it, all but the last are 0, and both kinds say the same.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.samples import ImuSamples
from drivers.source import RawPacket
from recordings.format import BlockError

_LITTLE_ENDIAN = b"\x00\x01\x00\x00"
_UINT32 = struct.Struct("<I")
_PACKET_HEAD = struct.Struct("<4sQI")
_IMU_HEAD = struct.Struct("<4sQq?3xI")
_INT64, _UINT32_TYPE, _UINT16_TYPE, _FLOAT64 = (np.dtype(name) for name in ("<i8", "<u4", "<u2", "<f8"))
_PADDING = tuple(bytes(n) for n in range(8))


class PacketBlock(NamedTuple):
    """Arrays of one `/ble/raw` message: (n,) each; payloads: packet after packet, of these sizes."""

    first_index: int
    host_ns: NDArray[np.int64]
    sizes: NDArray[np.uint32]
    characteristic: NDArray[np.uint16]
    characteristics: tuple[str, ...]
    payloads: bytes | memoryview


# Blocks are made some thousand times for every recorded hour: tuples cost a third of dataclasses.
class ImuBlock(NamedTuple):
    """Arrays of one `/imu` message: t_s (n,), acc_mps2 (n, 3), gyr_radps (n, 3) or None."""

    first_index: int
    host_ns: int
    t_s: NDArray[np.float64]
    acc_mps2: NDArray[np.float64]
    gyr_radps: NDArray[np.float64] | None


def encode_packets(first_index: int, packets: Sequence[RawPacket]) -> bytes:
    """Return the PacketBlock message of one packet or more.

    Raises BlockError if there is none: an empty array of 8-byte numbers is padded in two ways in the wild.
    """
    names: dict[str, int] = {}
    characteristic = [names.setdefault(packet.characteristic, len(names)) for packet in packets]
    payloads = [packet.payload for packet in packets]
    return encode_block(
        PacketBlock(
            first_index,
            np.array([packet.host_ns for packet in packets], dtype=_INT64),
            np.array(list(map(len, payloads)), dtype="<u4"),
            np.array(characteristic, dtype="<u2"),
            tuple(names),
            b"".join(payloads),
        )
    )


def encode_block(block: PacketBlock) -> bytes:
    """Return the message of a packet block. Raises BlockError if no packet is in it."""
    n = block.host_ns.size
    if not n:
        raise BlockError("a block of no packets")
    sizes = block.sizes.tobytes()
    out = bytearray(_PACKET_HEAD.pack(_LITTLE_ENDIAN, block.first_index, n))
    _put(out, block.host_ns, 8)
    _put_array(out, block.sizes, 4)
    _put_array(out, block.characteristic, 2)
    _align(out, 4)
    out += _UINT32.pack(len(block.characteristics))
    for name in block.characteristics:
        text = name.encode("utf-8", "surrogatepass") + b"\0"
        _align(out, 4)
        out += _UINT32.pack(len(text)) + text
    _align(out, 4)
    out += _UINT32.pack(len(block.payloads))
    is_even = sizes[:4] * n == sizes
    out += _turned(block.payloads, n, int(block.sizes[0])) if is_even else block.payloads
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


def encode_samples(first_index: int, host_ns: int, samples: ImuSamples) -> bytes:
    """Return the ImuBlock message of one sample or more. Raises BlockError if there is none."""
    if not len(samples):
        raise BlockError("a block of no samples")
    has_gyro = samples.gyr_radps is not None
    out = bytearray(_IMU_HEAD.pack(_LITTLE_ENDIAN, first_index, host_ns, has_gyro, len(samples)))
    _put(out, samples.t_s, 8)
    _put_array(out, samples.acc_mps2, 8)
    _put_array(out, np.empty(0) if samples.gyr_radps is None else samples.gyr_radps, 8)
    return bytes(out)


def decode_samples(data: memoryview) -> ImuBlock:
    """Read an ImuBlock message; arrays are views of `data`. Raises BlockError if it is not one."""
    try:
        order, first_index, host_ns, has_gyro, n = _IMU_HEAD.unpack_from(data)
        at = _IMU_HEAD.size
        t_s = np.frombuffer(data, _FLOAT64, n, at)
        # Every array but an empty one begins 8 bytes after the last has ended: its count and 4 to align.
        at += 8 * n
        acc = np.frombuffer(data, _FLOAT64, 3 * n, at + 8)
        (n_acc,) = _UINT32.unpack_from(data, at)
        at += 8 + 8 * 3 * n
        gyr = np.frombuffer(data, _FLOAT64, 3 * n, at + 8).reshape(n, 3) if has_gyro else None
        (n_gyr,) = _UINT32.unpack_from(data, at)
    except (struct.error, ValueError) as error:
        raise BlockError("a block of samples that is cut off") from error
    if order != _LITTLE_ENDIAN or not n or n_acc != 3 * n or n_gyr != (3 * n if has_gyro else 0):
        raise BlockError("a block of samples whose counts disagree")
    return ImuBlock(first_index, host_ns, t_s, acc.reshape(n, 3), gyr)


def _names(data: memoryview, at: int, limit: int) -> tuple[tuple[str, ...], int]:
    """Return the texts of an array and the offset behind them. Raises ValueError, struct.error."""
    at += -at % 4
    (count,) = _UINT32.unpack_from(data, at)
    at += 4
    if not 0 < count <= limit:
        raise ValueError("more names than packets")
    names: list[str] = []
    for _ in range(count):
        at += -at % 4
        (length,) = _UINT32.unpack_from(data, at)
        at += 4
        if not 0 < length <= len(data) - at:
            raise ValueError("a name longer than its message")
        names.append(str(data[at : at + length - 1], "utf-8", "surrogatepass"))
        at += length
    return tuple(names), at


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
