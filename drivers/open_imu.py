"""Sensors that people build themselves after docs/open-imu-profile.md, version 1, which is the source.

A packet is a header of 20 bytes, little-endian, and n samples of six int16 (acc x y z, gyro x y z):
0 u8 version, 1 u8 n, 2 u16 sequence number, 4 u32 time of the first sample in us, 8 u32 sample period in
ns, 12 f32 m/s2 per LSB, 16 f32 rad/s per LSB. Nothing but the packet is needed to read it. The sequence
number tells lost packets from late ones; the time wraps every 71.6 min and is unwrapped here.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.decoded import NO_ROWS, Decoded, DecodeError, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, RequestRefusedError, SensorRefusedError, SetUp, nearest_rate_hz

NAME = "open_imu"
SERVICE = "dc810001-230e-48f2-a083-473a6a3fdad7"
DATA = "dc810002-230e-48f2-a083-473a6a3fdad7"
RATE = "dc810003-230e-48f2-a083-473a6a3fdad7"
RANGE = "dc810004-230e-48f2-a083-473a6a3fdad7"
FIRMWARE_REVISION_PREFIX = "00002a26"
MODEL_NUMBER_PREFIX = "00002a24"
VERSION = 1
HEADER_BYTES = 20
SAMPLE_BYTES = 12
NOT_SUPPORTED = 0x80
CHIP_SILENT = 0x81

_HEADER = struct.Struct("<BBHIIff")
_WORD = np.dtype("<i2")
_TICKS_US = 1 << 32
_NUMBERS = 1 << 16
# 10 to 2000 samples/s; a period in another unit is outside.
_PERIODS_NS = (500_000, 100_000_000)
# What 32768 LSB may stand for: 1.94 to 400 g and 100 to 10000 deg/s. A scale in g, mg or degrees is outside.
_FULL_ACC_MPS2 = (19.0, 400 * STANDARD_GRAVITY_MPS2)
_FULL_GYR_RADPS = (math.radians(100.0), math.radians(10_000.0))
# The attribute protocol keeps the order, and a stack that delivers twice does so at once.
_LATE_PACKETS = 16
# No link is silent for so long: it is lost after seconds.
_LONGEST_SILENCE_US = 60_000_000

_WANTED_RANGES = (16, 2000)
_LEAST_RANGES = (4, 500)
_RATE_TOLERANCE = 0.2
_FIRST_PACKET_S = 2.0
_LOOK_S = 0.05

_DEVIATES = "check its firmware against docs/open-imu-profile.md"


class _Last(NamedTuple):
    """Of the newest packet: its number, and the unwrapped times of its first and last sample."""

    # A named tuple costs half of a frozen dataclass, for each notification.
    sequence: int
    first_us: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class OpenImuDecoder:
    """Decoder of the open IMU profile. Its state is what it must know of the newest packet."""

    name: str = NAME
    time_base: TimeBase = "device"
    two_streams: bool = False
    rate_hz: float | None = 100.0
    rate_bias: float = 0.0
    rate_spread: float = 0.003

    def initial_state(self) -> _Last | None:
        """Return the state before the first payload of a connection."""
        return None

    def decode(self, payload: bytes, state: _Last | None = None) -> tuple[Decoded, _Last | None]:
        """Read one packet. What comes twice or too late gives no samples and a note.

        Raises DecodeError if the packet is none of version 1, its length, its period or its scale is not
        one of the profile, it is not bytes, or the state is none of this decoder.
        """
        data = payload_bytes(payload)
        last = _last(state)
        if len(data) < HEADER_BYTES or data[0] != VERSION:
            raise _no_packet(data)
        _, count, sequence, time_us, period_ns, acc_per_lsb, gyr_per_lsb = _HEADER.unpack_from(data)
        if count == 0 or len(data) != HEADER_BYTES + SAMPLE_BYTES * count:
            raise DecodeError(f"a packet of {count} samples has {len(data)} bytes")
        scale = _scale(count, acc_per_lsb, gyr_per_lsb)
        offsets_s = _offsets_s(count, period_ns)
        first_us, notes = time_us, ()
        if last is not None:
            step = (sequence - last.sequence) % _NUMBERS
            if step != 1:
                if step == 0 or step > _NUMBERS - _LATE_PACKETS:
                    return _DROPPED, last
                notes = (_jump(step),)
            first_us = last.first_us + (time_us - last.first_us) % _TICKS_US
        last_ns = first_us * 1000 + (count - 1) * period_ns
        values = np.ndarray((count, 6), _WORD, data, HEADER_BYTES).astype(np.float64) * scale
        times_s = offsets_s + first_us * 1e-6
        if last is not None and first_us * 1000 <= last.last_ns:
            return _overlapping(values, times_s, last, _Last(sequence, first_us, last_ns), notes)
        if last is not None and first_us - last.first_us > _LONGEST_SILENCE_US:
            return _restarted(values, times_s, _Last(sequence, first_us, last_ns), notes)
        decoded = Decoded(values[:, :3], values[:, 3:], times_s, None, notes)
        return decoded, _Last(sequence, first_us, last_ns)


_DROPPED = Decoded(NO_ROWS, NO_ROWS, notes=("a packet that came twice or too late was dropped",))


def _last(state: object) -> _Last | None:
    if state is None or isinstance(state, _Last):
        return state
    raise wrong_state(state)


def _no_packet(data: bytes) -> DecodeError:
    if data and data[0] != VERSION:
        return DecodeError(f"a packet of version {data[0]}, not {VERSION}")
    return DecodeError(f"{len(data)} bytes are less than a header")


@lru_cache(maxsize=64)
def _scale(count: int, acc_per_lsb: float, gyr_per_lsb: float) -> NDArray[np.float64]:
    """Return (count, 6) SI units per LSB. Raises DecodeError. All packets of a sensor are alike."""
    least, most = _FULL_ACC_MPS2
    if not least <= 32768 * acc_per_lsb <= most:
        raise DecodeError(f"{acc_per_lsb:g} m/s2 per LSB is the scale of no accelerometer")
    least, most = _FULL_GYR_RADPS
    if not least <= 32768 * gyr_per_lsb <= most:
        raise DecodeError(f"{gyr_per_lsb:g} rad/s per LSB is the scale of no gyroscope")
    scale: NDArray[np.float64] = np.empty((count, 6))
    scale[:, :3] = acc_per_lsb
    scale[:, 3:] = gyr_per_lsb
    scale.setflags(write=False)
    return scale


@lru_cache(maxsize=256)
def _offsets_s(count: int, period_ns: int) -> NDArray[np.float64]:
    """Return (count,) seconds since the first sample. Raises DecodeError."""
    least, most = _PERIODS_NS
    if not least <= period_ns <= most:
        raise DecodeError(f"{period_ns} ns is no sample period from {least} to {most} ns")
    offsets_s = np.arange(count, dtype=np.float64) * (period_ns * 1e-9)
    offsets_s.setflags(write=False)
    return offsets_s


def _jump(step: int) -> str:
    if step > _NUMBERS // 2:
        return "the packets are numbered anew: the sensor has restarted"
    lost = "a packet was" if step == 2 else f"{step - 1} packets were"
    return f"{lost} lost before this one"


def _overlapping(
    values: NDArray[np.float64],
    times_s: NDArray[np.float64],
    last: _Last,
    now: _Last,
    notes: tuple[str, ...],
) -> tuple[Decoded, _Last]:
    """Squeeze samples whose first ones are not later than the newest known, so that time goes on."""
    count = len(values)
    left_ns = now.last_ns - last.last_ns
    if left_ns < 1000 * count:
        # Nothing is left to squeeze into.
        return _restarted(values, times_s, now, notes)
    shares = np.arange(1, count + 1, dtype=np.float64) / count
    squeezed_s = (last.last_ns + left_ns * shares) * 1e-9
    note = "the times overlap those of the packet before"
    return Decoded(values[:, :3], values[:, 3:], squeezed_s, None, (*notes, note)), now


def _restarted(
    values: NDArray[np.float64], times_s: NDArray[np.float64], now: _Last, notes: tuple[str, ...]
) -> tuple[Decoded, _Last]:
    """Read the step as one backwards, whatever its size: so the clock sees that it begins anew."""
    now = _Last(now.sequence, now.first_us - _TICKS_US, now.last_ns - _TICKS_US * 1000)
    times_s = times_s - _TICKS_US * 1e-6
    return Decoded(values[:, :3], values[:, 3:], times_s, None, (*notes, "the sensor's clock went back")), now


DECODER = OpenImuDecoder()


@dataclass(frozen=True, slots=True)
class OpenImu:
    """The driver of a sensor that follows the profile."""

    decoder: Decoder = DECODER
    model: str = "Open IMU"
    acc_range_mps2: float | None = _WANTED_RANGES[0] * STANDARD_GRAVITY_MPS2
    gyr_range_radps: float | None = math.radians(_WANTED_RANGES[1])
    # A sensor says itself which rates it has; the nearest of them is taken.
    rates_hz: tuple[float, ...] = (25.0, 50.0, 100.0, 200.0)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell whether the service is advertised; the name is the builder's."""
        del name, manufacturer_ids
        return SERVICE in service_uuids

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Set rate and range, then subscribe, which starts the stream, and look at its first packet."""
        if not all(connection.has(each) for each in (DATA, RATE, RANGE)):
            raise SensorRefusedError(f"The sensor offers only a part of the open IMU profile; {_DEVIATES}")
        set_hz = await _set_rate(connection, rate_hz)
        acc_g, gyr_dps = await _set_range(connection)
        firmware = await _text(connection, FIRMWARE_REVISION_PREFIX)
        model = await _text(connection, MODEL_NUMBER_PREFIX)
        battery = await connection.read_battery()
        await connection.subscribe(DATA)
        found_hz = _checked(await _first_packet(connection), acc_g, gyr_dps)
        return SetUp(
            rate_hz=set_hz if abs(found_hz / set_hz - 1.0) < _RATE_TOLERANCE else float(round(found_hz)),
            battery_percent=battery,
            firmware=firmware,
            model=f"{self.model}, {model}" if model else None,
            acc_range_mps2=acc_g * STANDARD_GRAVITY_MPS2,
            gyr_range_radps=math.radians(gyr_dps),
        )

    async def poll(self, connection: Connection) -> None:
        """Read the battery."""
        await connection.read_battery()

    async def leave(self, connection: Connection) -> None:
        """Nothing to stop: the profile lets a stream end with its subscription."""


async def _set_rate(connection: Connection, wanted_hz: float) -> float:
    value = await _read(connection, RATE)
    words = [word for (word,) in struct.iter_unpack("<H", value)] if len(value) % 2 == 0 else []
    if len(words) < 2 or 0 in words:
        raise SensorRefusedError(f"The sensor does not say which rates it has; {_DEVIATES}")
    rate_hz = int(nearest_rate_hz(tuple(words[1:]), wanted_hz))
    if not await _write(connection, RATE, struct.pack("<H", rate_hz)):
        raise SensorRefusedError(f"The sensor lists {rate_hz} samples/s and refuses them; {_DEVIATES}")
    return float(rate_hz)


async def _set_range(connection: Connection) -> tuple[int, int]:
    """Return the full scale in g and deg/s: the wanted one, or the one that the sensor has."""
    if await _write(connection, RANGE, struct.pack("<HH", *_WANTED_RANGES)):
        return _WANTED_RANGES
    value = await _read(connection, RANGE)
    if len(value) != 4:
        raise SensorRefusedError(f"The sensor does not say how much it can measure; {_DEVIATES}")
    acc_g, gyr_dps = struct.unpack("<HH", value)
    if acc_g < _LEAST_RANGES[0] or gyr_dps < _LEAST_RANGES[1]:
        raise SensorRefusedError(
            f"The sensor measures up to {acc_g} g and {gyr_dps} degrees/s, too little for exercise; "
            "let its firmware use 16 g and 2000 degrees/s"
        )
    return acc_g, gyr_dps


async def _first_packet(connection: Connection) -> bytes:
    for _ in range(round(_FIRST_PACKET_S / _LOOK_S)):
        await connection.wait(_LOOK_S)
        first = next((each.payload for each in connection.packets() if each.characteristic == DATA), None)
        if first is not None:
            return first
    raise SensorRefusedError("The sensor is connected but sends no samples; switch it off and on again")


def _checked(payload: bytes, acc_g: int, gyr_dps: int) -> float:
    """Return the rate that a packet speaks of. Raises SensorRefusedError if it cannot be used."""
    if payload and payload[0] > VERSION:
        raise SensorRefusedError(
            f"The sensor speaks version {payload[0]} of the open IMU profile and this program version "
            f"{VERSION}; update this program"
        )
    try:
        DECODER.decode(payload)
    except DecodeError as error:
        raise SensorRefusedError(f"The sensor's packets cannot be read ({error}); {_DEVIATES}") from error
    _, _, _, _, period_ns, acc_per_lsb, gyr_per_lsb = _HEADER.unpack_from(payload)
    # A range that was changed without its scale, or the other way round.
    if (
        32768 * acc_per_lsb < 0.99 * acc_g * STANDARD_GRAVITY_MPS2
        or 32768 * gyr_per_lsb < 0.99 * math.radians(gyr_dps)
    ):
        raise SensorRefusedError(f"The sensor's packets have no room for its range; {_DEVIATES}")
    return 1e9 / period_ns


async def _read(connection: Connection, characteristic: str) -> bytes:
    try:
        return await connection.read(characteristic)
    except RequestRefusedError as error:
        raise _refused(error) from error


async def _write(connection: Connection, characteristic: str, value: bytes) -> bool:
    """Return whether the sensor took the value; False where it does not support it."""
    try:
        await connection.write(characteristic, value, response=True)
    except RequestRefusedError as error:
        if error.code == NOT_SUPPORTED:
            return False
        raise _refused(error) from error
    return True


def _refused(error: RequestRefusedError) -> SensorRefusedError:
    if error.code == CHIP_SILENT:
        return SensorRefusedError("The sensor's board gets no answer from its motion chip; check its wiring")
    return SensorRefusedError(f"The sensor refuses its set-up (error {error.code:#04x}); {_DEVIATES}")


async def _text(connection: Connection, prefix: str) -> str | None:
    """Return a text that a sensor may do without."""
    if not connection.has(prefix):
        return None
    value = await _read(connection, connection.characteristic(prefix))
    return value.split(b"\0")[0].decode("utf-8", "replace").strip() or None


SENSOR = OpenImu()
