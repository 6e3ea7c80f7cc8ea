"""Arrays to and from the CDR messages of a recording, block by block.

CDR: 4 bytes that name the byte order, then the fields in the order of the schema, each aligned to its
own size counted from after those 4 bytes; an array is its count (uint32) and its elements.
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
_PADDING = tuple(bytes(n) for n in range(8))


class PacketBlock(NamedTuple):
    """Arrays of one `/ble/raw` message: (n,) each; packet i ends at ends[i] in `payloads`."""

    first_index: int
    host_ns: NDArray[np.int64]
    ends: NDArray[np.uint32]
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
    if not packets:
        raise BlockError("a block of no packets")
    names: dict[str, int] = {}
    characteristic = [names.setdefault(packet.characteristic, len(names)) for packet in packets]
    ends = np.cumsum([len(packet.payload) for packet in packets], dtype=np.uint32)
    out = bytearray(_PACKET_HEAD.pack(_LITTLE_ENDIAN, first_index, len(packets)))
    _put(out, np.array([packet.host_ns for packet in packets], dtype="<i8"), 8)
    _put_array(out, ends.astype("<u4", copy=False), 4)
    _put_array(out, np.array(characteristic, dtype="<u2"), 2)
    _align(out, 4)
    out += _UINT32.pack(len(names))
    for name in names:
        text = name.encode("utf-8", "surrogatepass") + b"\0"
        _align(out, 4)
        out += _UINT32.pack(len(text)) + text
    _align(out, 4)
    out += _UINT32.pack(int(ends[-1]))
    out += b"".join([packet.payload for packet in packets])
    return bytes(out)


def decode_packets(data: memoryview) -> PacketBlock:
    """Read a PacketBlock message; arrays are views of `data`. Raises BlockError if it is not one.

    What stands in the arrays is for `is_sound` to check.
    """
    try:
        order, first_index, n = _PACKET_HEAD.unpack_from(data)
        at = _PACKET_HEAD.size + 4
        host_ns = np.frombuffer(data, "<i8", n, at)
        at += 8 * n
        ends = np.frombuffer(data, "<u4", n, at + 4)
        (n_ends,) = _UINT32.unpack_from(data, at)
        at += 4 + 4 * n
        characteristic = np.frombuffer(data, "<u2", n, at + 4)
        (n_characteristic,) = _UINT32.unpack_from(data, at)
        names, at = _names(data, at + 4 + 2 * n, limit=n)
        at += -at % 4
        (size,) = _UINT32.unpack_from(data, at)
        payloads = data[at + 4 :]
        newest = int(ends[-1])
    except (struct.error, ValueError, IndexError) as error:
        raise BlockError("a packet block that is cut off") from error
    if order != _LITTLE_ENDIAN or not n == n_ends == n_characteristic or not newest == size == len(payloads):
        raise BlockError("a packet block whose counts disagree")
    return PacketBlock(first_index, host_ns, ends, characteristic, names, payloads)


def is_sound(block: PacketBlock) -> bool:
    """Tell whether no packet of a block ends before it begins and each has a characteristic."""
    in_order = bool((block.ends[1:] >= block.ends[:-1]).all())
    return in_order and int(block.characteristic.max()) < len(block.characteristics)


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
        t_s = np.frombuffer(data, "<f8", n, at)
        # Every array but an empty one begins 8 bytes after the last has ended: its count and 4 to align.
        at += 8 * n
        acc = np.frombuffer(data, "<f8", 3 * n, at + 8)
        (n_acc,) = _UINT32.unpack_from(data, at)
        at += 8 + 8 * 3 * n
        gyr = np.frombuffer(data, "<f8", 3 * n, at + 8).reshape(n, 3) if has_gyro else None
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
