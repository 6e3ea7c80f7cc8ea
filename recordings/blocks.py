"""Arrays to and from the CDR messages of a recording, block by block.

CDR: 4 bytes that name the byte order, then the fields in the order of the schema, each aligned to its
own size counted from after those 4 bytes; an array is its count (uint32) and its elements.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True, eq=False)
class PacketBlock:
    """Arrays of one `/ble/raw` message: (n,) each; packet i ends at ends[i] in `payloads`."""

    first_index: int
    host_ns: NDArray[np.int64]
    ends: NDArray[np.uint32]
    characteristic: NDArray[np.uint16]
    characteristics: tuple[str, ...]
    payloads: bytes | memoryview


@dataclass(frozen=True, slots=True, eq=False)
class ImuBlock:
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
    """Read a PacketBlock message; arrays are views of `data`. Raises BlockError if it is not one."""
    try:
        order, first_index, n = _PACKET_HEAD.unpack_from(data)
        if order != _LITTLE_ENDIAN or not n:
            raise BlockError("not a packet block")
        host_ns, at = _numbers(data, _PACKET_HEAD.size, n, "<i8", 8)
        ends, at = _counted(data, at, "<u4", 4)
        characteristic, at = _counted(data, at, "<u2", 2)
        count, at = _count(data, at)
        names: list[str] = []
        for _ in range(min(count, n + 1)):
            length, at = _count(data, at)
            if not 0 < length <= len(data) - at:
                raise BlockError("a name longer than its message")
            names.append(str(data[at : at + length - 1], "utf-8", "surrogatepass"))
            at += length
        size, at = _count(data, at)
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise BlockError("a packet block that is cut off") from error
    payloads = data[at:]
    lengths_agree = ends.size == n and characteristic.size == n and len(names) == count
    if not lengths_agree or size != len(payloads) or ends[-1] != size or int(characteristic.max()) >= count:
        raise BlockError("a packet block whose counts disagree")
    if n > 1 and bool((ends[1:] < ends[:-1]).any()):
        raise BlockError("a packet block whose packets overlap")
    return PacketBlock(first_index, host_ns, ends, characteristic, tuple(names), payloads)


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
        if order != _LITTLE_ENDIAN or not n:
            raise BlockError("not a block of samples")
        t_s, at = _numbers(data, _IMU_HEAD.size, n, "<f8", 8)
        acc, at = _counted(data, at, "<f8", 8)
        gyr, at = _counted(data, at, "<f8", 8)
    except (struct.error, ValueError) as error:
        raise BlockError("a block of samples that is cut off") from error
    if acc.size != 3 * n or gyr.size != (3 * n if has_gyro else 0):
        raise BlockError("a block of samples whose counts disagree")
    return ImuBlock(first_index, host_ns, t_s, acc.reshape(n, 3), gyr.reshape(n, 3) if has_gyro else None)


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


def _count(data: memoryview, at: int) -> tuple[int, int]:
    at += -at % 4
    return _UINT32.unpack_from(data, at)[0], at + 4


def _counted(data: memoryview, at: int, kind: str, size: int) -> tuple[NDArray[Any], int]:
    n, at = _count(data, at)
    return _numbers(data, at, n, kind, size)


def _numbers(data: memoryview, at: int, n: int, kind: str, size: int) -> tuple[NDArray[Any], int]:
    """Return n numbers as a view and the offset behind them. Raises ValueError beyond the end."""
    if not n:
        return np.empty(0, kind), at
    at += -(at - 4) % size
    return np.frombuffer(data, kind, n, at), at + n * size
