"""Capture2Go IMUs (SensorStim), an open protocol of packages.

A package is 02, CRC32 (zlib, over header and payload, u32), payload size (u8, at most 236), header (u16) and
payload, all little-endian. The first byte of a notification says how many whole real-time packages follow
(FF none, FE one, FD two); what is left is the next piece of a stream of packages, cut anywhere.
Data packages (115 bytes, 0231-0236 for 200, 100, 50, 25, 10 and 1 Hz; with a magnetometer 163 bytes,
0221-0226) hold the time of the first sample (i64, ns), angular rate and acceleration of eight samples (24
int16 each, over 2000 deg/s and 16 x 9.81 m/s2), more that is not used, and flags in the last byte. The sensor
keeps what it cannot send at once, so that nothing is lost before its memory is full.
Sources: sensorstim/capture2go_sdk, protocol/Capture2Go_Communication_Protocol.md and pkg.py (MIT).
"""

from __future__ import annotations

import math
import struct
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.decoded import NO_ROWS, Decoded, DecodeError, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, RequestRefusedError, SensorRefusedError, SetUp, nearest_rate_hz
from drivers.source import RawPacket

NAME = "capture2go"
# The vendor's g is 9.81.
ACC_RANGE_MPS2 = 16 * 9.81
GYR_RANGE_RADPS = math.radians(2000.0)
ACC_MPS2_PER_LSB = ACC_RANGE_MPS2 / 32768
GYR_RADPS_PER_LSB = GYR_RANGE_RADPS / 32768

_SERVICE = "80030001-e629-4c98-9324-aa7fc0c66de7"
_WRITE_PREFIX = "80030002"
_NOTIFY_PREFIX = "80030003"

_START = 0x02
_FRAME_BYTES = 8
_MOST_PAYLOAD_BYTES = 236
_SAMPLES = 8
_NO_REAL_TIME = 0xFF

_GET_INFO, _INFO = 0x0070, 0x0071
_SET_MODE, _MODE = 0x0120, 0x0122
_START_STREAM, _STREAM_STARTED = 0x0150, 0x0151
_STOP_AND_CLEAR, _STOPPED = 0x0158, 0x0159
_SET_TIME, _TIME = 0x0170, 0x0171
_GET_STATUS, _STATUS = 0x0200, 0x0201
_ERROR = 0xFFFF
# Beside samples: answers to the set-up, to stopping (0153) and to real-time use (0162, 0164, 0172).
_ANSWERS = {
    _INFO, _MODE, _STREAM_STARTED, 0x0153, _STOPPED, 0x0162, 0x0164, _TIME, 0x0172, _STATUS, _ERROR,
}  # fmt: skip
_STATUS_BYTES = 19
_CHARGING = 0x80
_RECORDING = 3

_RATES_HZ = {1: 200.0, 2: 100.0, 3: 50.0, 4: 25.0, 5: 10.0, 6: 1.0}
# By size and header, as they stand in a package: times of the samples after the first, s.
_AFTER_FIRST_S = {
    struct.pack("<BH", size, header + code): np.arange(_SAMPLES) / rate_hz
    for size, header in ((115, 0x0230), (163, 0x0220))
    for code, rate_hz in _RATES_HZ.items()
}
_FLAGS = (
    (0x01, "the sensor says that its time stamps have a gap"),
    (0x02, "the sensor says that the rotation was faster than it can measure"),
    (0x04, "the sensor says that the acceleration was larger than it can measure"),
    (0x10, "the sensor says that it could not process its data"),
)
_ALL_FLAGS = 0x17
_XYZ = np.dtype(("<i2", 3))
_PER_LSB = np.repeat([GYR_RADPS_PER_LSB, ACC_MPS2_PER_LSB], _SAMPLES)[:, None] * np.ones(3)

_STATUS_EVERY_S = 1
_STEP_S = 0.05
_ANSWER_S = 2.0
_FIRST_SAMPLES_S = 2.0
_WRONG_STATE, _NOT_UNDERSTOOD, _UNKNOWN_COMMAND = 0xFB, 0xFC, 0xFD


def package(header: int, payload: bytes = b"") -> bytes:
    """Return a package to send."""
    checked = struct.pack("<H", header) + payload
    return struct.pack("<BIB", _START, zlib.crc32(checked), len(payload)) + checked


@dataclass(frozen=True, slots=True)
class Capture2GoDecoder:
    """Reads the stream of packages. Its state is the tail of bytes that is not a whole package yet."""

    name: str = NAME
    time_base: TimeBase = "device"
    two_streams: bool = False
    rate_hz: float | None = 100.0
    rate_bias: float = 0.0
    rate_spread: float = 0.003

    def initial_state(self) -> bytes:
        """Return the state before the first payload of a connection."""
        return b""

    def decode(self, payload: bytes, state: bytes | None = None) -> tuple[Decoded, bytes]:
        """Read the packages that one payload completes. Bytes that belong to none are skipped and noted.

        A payload that begins with a package instead of a count of real-time packages is read too (as over
        USB). Raises DecodeError if the real-time packages it announces are not there, if it is not bytes,
        or if the state is none of this decoder.
        """
        data = payload_bytes(payload)
        tail = _tail(state)
        # Nearly every payload is one data package.
        after_s = None if tail or data[:2] != b"\xff\x02" else _AFTER_FIRST_S.get(data[6:9])
        if after_s is not None and _end_of_package(data, 1) == len(data):
            times, values = _samples(data, 9, after_s)
            notes = _flagged(data[-1]) if data[-1] & _ALL_FLAGS else ()
            return _decoded(times, values, None, notes), b""
        return _read(tail + _after_real_time(data))


def _tail(state: object) -> bytes:
    if state is None:
        return b""
    if not isinstance(state, bytes):
        raise wrong_state(state)
    return state


def _after_real_time(data: bytes) -> bytes:
    """Return the piece of the stream. Real-time packages hold only the newest values, with gaps."""
    if not data or data[0] == _START:
        return data
    rest = data[1:]
    for _ in range(_NO_REAL_TIME - data[0]):
        end = _end_of_package(rest, 0)
        if end is None or end > len(rest):
            raise DecodeError(
                f"a payload that announces {_NO_REAL_TIME - data[0]} real-time packages has fewer"
            )
        rest = rest[end:]
    return rest


def _end_of_package(data: bytes, at: int) -> int | None:
    """Return where the package ends that starts here, past the end if it is cut off; None if none does."""
    if at + _FRAME_BYTES > len(data):
        return len(data) + 1
    end = at + _FRAME_BYTES + data[at + 5]
    if data[at] != _START or data[at + 5] > _MOST_PAYLOAD_BYTES:
        return None
    if end <= len(data) and zlib.crc32(data[at + 6 : end]) != int.from_bytes(data[at + 1 : at + 5], "little"):
        return None
    return end


def _packages(data: bytes) -> tuple[list[bytes], int, bytes]:
    """Return the whole packages, from their size on, how many bytes were skipped, and the tail."""
    found: list[bytes] = []
    at = read = 0
    while (at := data.find(_START, at)) >= 0:
        # A start among other bytes would be waited for, were it not for its kind.
        end = _end_of_package(data, at) if _is_kind(data[at + 5 : at + _FRAME_BYTES]) else None
        if end is None:
            at += 1
            continue
        if end > len(data):
            break
        found.append(data[at + 5 : end])
        read += end - at
        at = end
    tail = data[at:] if at >= 0 else b""
    return found, len(data) - read - len(tail), tail


def _is_kind(size_and_header: bytes) -> bool:
    """Tell whether a package may have this size and header; what is cut off may."""
    header = int.from_bytes(size_and_header[1:], "little")
    return size_and_header in _AFTER_FIRST_S or header in _ANSWERS or len(size_and_header) < 3


def _read(data: bytes) -> tuple[Decoded, bytes]:
    found, skipped, tail = _packages(data)
    notes = [f"{skipped} bytes that belong to no package were skipped"] if skipped else []
    times: list[NDArray[np.float64]] = []
    values: list[NDArray[np.float64]] = []
    battery: int | None = None
    for each in found:
        header = int.from_bytes(each[1:3], "little")
        after_s = _AFTER_FIRST_S.get(each[:3])
        if after_s is not None:
            own_times, own_values = _samples(each, 3, after_s)
            if times and own_times[0] <= times[-1][-1]:
                notes.append(
                    f"{len(times) * _SAMPLES} samples from before the sensor's clock was set were skipped"
                )
                times, values = [], []
            times.append(own_times)
            values.append(own_values)
            notes += _flagged(each[-1])
        elif header == _STATUS and each[0] >= _STATUS_BYTES:
            battery = _battery_percent(each[3:])
        elif header == _ERROR:
            notes.append(_error_text(each[3:]))
    if len(times) == 1:
        return _decoded(times[0], values[0], battery, tuple(notes)), tail
    if not times:
        return Decoded(NO_ROWS, NO_ROWS, None, battery, tuple(notes)), tail
    joined = np.concatenate([each.reshape(2, -1, 3) for each in values], axis=1).reshape(-1, 3)
    return _decoded(np.concatenate(times), joined, battery, tuple(notes)), tail


def _samples(
    data: bytes, at: int, after_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (8,) times and (16, 3) values, angular rates first, of the payload that starts at `at`."""
    first_s = int.from_bytes(data[at : at + 8], "little", signed=True) / 1e9
    raw = np.frombuffer(data, _XYZ, 2 * _SAMPLES, at + 8)
    return after_s + first_s, raw.astype(np.float64) * _PER_LSB


def _decoded(
    times: NDArray[np.float64], values: NDArray[np.float64], battery: int | None, notes: tuple[str, ...]
) -> Decoded:
    half = len(times)
    return Decoded(values[half:], values[:half], times, battery, notes)


def _battery_percent(status: bytes) -> int:
    return min(status[17] & ~_CHARGING, 100)


def _flagged(flags: int) -> tuple[str, ...]:
    return tuple(text for bit, text in _FLAGS if flags & bit)


def _error_text(payload: bytes) -> str:
    if len(payload) != 3:
        return "the sensor sent an error that cannot be read"
    if payload[0] == 0xFE:
        return "the sensor's memory is full: samples are lost"
    command = int.from_bytes(payload[1:], "little")
    return f"the sensor refused command {command:#06x} with error {payload[0]:#04x}"


DECODER = Capture2GoDecoder()


@dataclass(frozen=True, slots=True)
class Capture2Go:
    """The driver of a Capture2Go IMU on the air."""

    decoder: Decoder = DECODER
    model: str = "Capture2Go"
    acc_range_mps2: float | None = ACC_RANGE_MPS2
    gyr_range_radps: float | None = GYR_RANGE_RADPS
    rates_hz: tuple[float, ...] = (25.0, 50.0, 100.0, 200.0)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell by the advertised service; its name, IMU_ and a number, may be anybody's."""
        del name, manufacturer_ids
        return _SERVICE in service_uuids

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Subscribe, stop what the last connection left, set clock and mode, start, wait for samples.

        Packets from before the start are left out: samples among them have times of before.
        """
        await connection.subscribe(connection.characteristic(_NOTIFY_PREFIX))
        device = _Device(connection, connection.characteristic(_WRITE_PREFIX))
        _, info = await device.ask(_GET_INFO, b"", _INFO)
        _, status = await device.ask(_GET_STATUS, b"", _STATUS)
        if status[8:9] == bytes([_RECORDING]):
            raise SensorRefusedError(
                "The sensor is recording to its own memory; end the recording in its app and try again"
            )
        await device.ask(_STOP_AND_CLEAR, b"", _STOPPED)
        await device.ask(_SET_TIME, struct.pack("<q", time.time_ns()), _TIME)
        mode = _mode(nearest_rate_hz(self.rates_hz, rate_hz))
        _, set_mode = await device.ask(_SET_MODE, mode, _MODE)
        # The first eight bytes say from when on it holds.
        if set_mode[8:] != mode[8:]:
            raise SensorRefusedError("The sensor does not take its settings; switch it off and on again")
        started_ns, _ = await device.ask(_START_STREAM, b"", _STREAM_STARTED)
        return SetUp(
            await _first_rate_hz(device, started_ns),
            started_ns,
            battery_percent=_battery_percent(status) if len(status) >= _STATUS_BYTES else None,
            firmware=info[24:36].decode("ascii", "replace").strip("\0 ") or None,
        )

    async def poll(self, connection: Connection) -> None:
        """Nothing to ask: the battery comes every second."""

    async def leave(self, connection: Connection) -> None:
        """End the stream, which would go on without a connection."""
        command = connection.characteristic(_WRITE_PREFIX)
        await _Device(connection, command).write(package(_STOP_AND_CLEAR, b""))


@dataclass(frozen=True, slots=True)
class _Device:
    """A connected sensor that answers commands."""

    connection: Connection
    command: str

    async def ask(self, command: int, payload: bytes, answer: int) -> tuple[int, bytes]:
        """Send a command; return the host time and the payload of its answer.

        Answers come in the stream, cut anywhere, so that all of it is read. Raises SensorRefusedError where
        the sensor answers with an error, TimeoutError where it does not answer.
        """
        before = len(_heard(self.connection.packets()))
        await self.write(package(command, payload))
        for _ in range(round(_ANSWER_S / _STEP_S)):
            for host_ns, each in _heard(self.connection.packets())[before:]:
                header = int.from_bytes(each[1:3], "little")
                if header == answer:
                    return host_ns, each[3:]
                if header == _ERROR and each[4:6] == struct.pack("<H", command):
                    raise _refusal(each[3], command)
            await self.connection.wait(_STEP_S)
        raise TimeoutError(f"no answer to {command:#06x}")

    async def write(self, data: bytes) -> None:
        # The vendor does not say which kind of write it is; confirmed ones are better.
        try:
            await self.connection.write(self.command, data, response=True)
        except RequestRefusedError:
            await self.connection.write(self.command, data)


def _heard(packets: Iterable[RawPacket]) -> list[tuple[int, bytes]]:
    """Return host time and package, from its size on, of all that these packets complete."""
    found: list[tuple[int, bytes]] = []
    tail = b""
    for packet in packets:
        try:
            tail += _after_real_time(packet.payload)
        except DecodeError:
            continue
        packages, _, tail = _packages(tail)
        found += [(packet.host_ns, each) for each in packages]
    return found


def _mode(rate_hz: float) -> bytes:
    """Return the measurement mode: packed samples at this rate, without magnetometer, and the status."""
    code = next(code for code, known_hz in _RATES_HZ.items() if known_hz == rate_hz)
    return struct.pack("<q8BHBQ3B", 0, 0, 0, code, 0, 0, 0, _STATUS_EVERY_S, 0, 0, 0, 0, 0, 0, 1)


def _refusal(code: int, command: int) -> SensorRefusedError:
    if code == _WRONG_STATE:
        return SensorRefusedError(
            "The sensor is busy with a measurement of its own; end it in its app, or switch it off and on"
        )
    if code in (_NOT_UNDERSTOOD, _UNKNOWN_COMMAND):
        return SensorRefusedError(
            "The sensor's firmware does not know what this program asks for; update it with its app"
        )
    return SensorRefusedError(
        f"The sensor refused to start (error {code:#04x} to {command:#06x}); switch it off and on again"
    )


async def _first_rate_hz(device: _Device, from_ns: int) -> float:
    """Wait for samples; return the rate that their package names."""
    for _ in range(round(_FIRST_SAMPLES_S / _STEP_S)):
        for host_ns, each in _heard(device.connection.packets()):
            if host_ns >= from_ns and each[:3] in _AFTER_FIRST_S:
                return _RATES_HZ[each[1] & 0x0F]
        await device.connection.wait(_STEP_S)
    raise SensorRefusedError("The sensor is connected but sends no samples; switch it off and on again")


SENSOR = Capture2Go()
