"""Polar Verity Sense (accelerometer and gyroscope) and H10 (accelerometer only): the PMD service.

Commands go to a control point, each is answered by an indication F0 op type status more [settings]. Data
come as frames of one stream each: type (2 acceleration, 5 angular rate), u64 stamp of the LAST sample in ns
since 2000, frame type, content. Uncompressed frames hold whole samples; in compressed ones (bit 7) a first
sample is followed by blocks of a bit width, a count, and signed differences of that width, packed from the
lowest bit on. A frame is sent when some 230 bytes are full: the Verity Sense is 1 to 2.5 s late.

Acceleration is in mg, in frame type 0x80 in units of a factor (g) that the reply to the start may carry;
angular rate is in units of a factor (0x80) or in float32 deg/s (0x81). What the factor of the gyroscope is
where none is told stands in no document: projects use 2000/32768, no capture confirms it. The
accelerometer's scale is held against 1 g the first time it is still.
Sources: polarofficial/polar-ble-sdk (tests of the data classes, technical_documentation/
online_measurement.pdf v1.0, issues 331 and 443 with captures of a Verity Sense), fsmeraldi/bleakheart.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.decoded import NO_ROWS, Decoded, DecodeError, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, SensorRefusedError, SetUp

NAME = "polar"
CONTROL_PREFIX = "fb005c81"
DATA_PREFIX = "fb005c82"
FIRMWARE_PREFIX = "00002a26"

_REPLY = 0xF0
_SERVER_MESSAGE = 0x01
_FEATURES = 0x0F
_GET_SETTINGS, _START, _STOP = 1, 2, 3
_ACC, _GYR = 2, 5
# ECG, PPG, PPI, magnetometer: another app may have asked for them.
_OTHER_STREAMS = frozenset({0, 1, 3, 6})
_RATE, _RESOLUTION, _RANGE, _CHANNELS, _FACTOR = 0, 1, 2, 4, 5
_VALUE_BYTES = {0: 2, 1: 2, 2: 2, 3: 4, 4: 1, 5: 4, 6: 16}
_HEADER_BYTES = 10
_FULL_SCALES = {_ACC: 8.0, _GYR: 2000.0}
_RESOLUTION_BITS = 16
_SDK_RATE_HZ = 416.0
_VERITY_RATE_HZ = 52.0

_MG = STANDARD_GRAVITY_MPS2 / 1000.0
# The sensitivity of the chip at 8 g; the SDK's own test of such a frame has it, too.
_COUNT_SHARE_ACC = 2.44e-4 / 8.0
_COUNT_SHARE_GYR = 1.0 / 32768.0
_MOST_SAMPLES = 2000
_WIDEST_BITS = 32
# A lost frame of 36 samples before one of 130 makes a step of 1.28; rates are off by a few per cent.
_LOST_FACTOR = 1.25
_LONGEST_PERIOD_S = 0.2
# Not even a fall turns so fast: a number that is no angular rate.
_MOST_DPS = 1e5
_LEAST_FACTOR, _MOST_FACTOR = 1e-7, 1e3
_BEYOND_RANGE = 1.25
_STILL_S = 0.5
_STILL_SPREAD = 0.03
_NEAR_1_G = (0.8, 1.2)

_FIRST_FRAME_S = 6.0
_LOOK_S = 0.1
# The longest frames seen hold 2.5 s of a sensor at rest.
_VERITY_DELAY_S = 2.5
_H10_SAMPLES_PER_FRAME = 36

_OK, _ALREADY = 0, 6
_FIRMWARE_ADVICE = "update its firmware in the Polar app and try again"
_RESTART_ADVICE = "switch it off and on and close other apps that use it"
_REFUSALS = {
    2: f"The sensor does not know this measurement; {_FIRMWARE_ADVICE}",
    3: f"The sensor does not support this measurement; {_FIRMWARE_ADVICE}",
    6: f"The sensor is busy with another measurement; {_RESTART_ADVICE}",
    10: (
        "This computer's Bluetooth carries packets that are too small for the sensor; "
        "update its driver or use another Bluetooth adapter"
    ),
    12: f"The sensor is in a mode without motion data; {_RESTART_ADVICE}",
    13: "The sensor is in its charger; take it out, switch it on and try again",
    14: "The sensor's memory is full; clear it in the Polar app and try again",
}

Array = NDArray[np.float64]
Settings = dict[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class PolarStream:
    """What is known about one of the two streams.

    last_ns: stamp of its newest frame. period_s: seconds between samples; None where the sensor offers
    several rates and has not shown which it has. least_period_s: no step is shorter but by a clock that was
    set. full_scale: g or deg/s. factor: from the reply to the start. unit_mg: what a count of the
    accelerometer turned out to be worth; settled: that is known. held: a first frame, until the second shows
    the rate.
    """

    last_ns: int | None
    period_s: float | None
    least_period_s: float
    full_scale: float
    factor: float | None = None
    unit_mg: float | None = None
    settled: bool = False
    held: bytes = b""


@dataclass(frozen=True, slots=True)
class PolarState:
    """Both streams."""

    acc: PolarStream
    gyr: PolarStream


def _stream(kind: int) -> PolarStream:
    return PolarStream(None, 1.0 / _VERITY_RATE_HZ, 1.0 / (_LOST_FACTOR * _SDK_RATE_HZ), _FULL_SCALES[kind])


_INITIAL = PolarState(_stream(_ACC), _stream(_GYR))


@dataclass(frozen=True, slots=True)
class PolarDecoder:
    """Reads frames and the replies of the control point, which tell ranges and factors."""

    name: str = NAME
    time_base: TimeBase = "device"
    two_streams: bool = True
    rate_hz: float | None = _VERITY_RATE_HZ
    rate_bias: float = 0.0
    rate_spread: float = 0.003

    def initial_state(self) -> PolarState:
        """Return the state before the first payload: a Verity Sense as the driver sets it up."""
        return _INITIAL

    def decode(self, payload: bytes, state: PolarState | None = None) -> tuple[Decoded, PolarState]:
        """Read a frame of one stream, or a reply.

        Raises DecodeError if it is neither, or the state none of this decoder.
        """
        data = payload_bytes(payload)
        known = _state(state)
        if not data:
            raise DecodeError("an empty payload")
        kind = data[0] & 0x3F
        if data[0] == _REPLY:
            return Decoded(NO_ROWS, NO_ROWS), _told(data, known)
        if data[0] == _SERVER_MESSAGE and len(data) < _HEADER_BYTES:
            return Decoded(NO_ROWS, NO_ROWS, notes=("the sensor has ended a measurement",)), known
        if kind not in _FULL_SCALES and kind not in _OTHER_STREAMS:
            raise DecodeError(f"a payload of unknown type {data[0]:#04x}")
        if len(data) <= _HEADER_BYTES:
            raise DecodeError(f"a frame of {len(data)} bytes has no samples")
        if kind == _ACC:
            values, times, acc, notes = _frame(data, known.acc, _ACC)
            return Decoded(values, None, times, None, notes), PolarState(acc, known.gyr)
        if kind == _GYR:
            values, times, gyr, notes = _frame(data, known.gyr, _GYR)
            return Decoded(NO_ROWS, values, times, None, notes), PolarState(known.acc, gyr)
        return Decoded(NO_ROWS, NO_ROWS), known


def _state(state: object) -> PolarState:
    if state is None:
        return _INITIAL
    if not isinstance(state, PolarState):
        raise wrong_state(state)
    return state


def _frame(
    data: bytes, stream: PolarStream, kind: int
) -> tuple[Array, Array | None, PolarStream, tuple[str, ...]]:
    """Return (n, 3) values in m/s2 or rad/s, their (n,) times, what is known now, and notes."""
    values, unit_mg, settled, notes = _values(data, stream, kind)
    count = len(values)
    stamp_ns = int.from_bytes(data[1:9], "little")
    last_ns, period_s = stream.last_ns, stream.period_s
    if stamp_ns == last_ns:
        raise DecodeError("a frame with the stamp of the one before")
    # The samples share the time since the frame before it: that is how the sensor stamps them.
    step_s = 0.0 if last_ns is None else (stamp_ns - last_ns) / (1e9 * count)
    held = stream.held
    if step_s < stream.least_period_s or (period_s is None and step_s > _LONGEST_PERIOD_S):
        # The first frame of a stream, or one after the clock was set.
        step_s, held = period_s, b""
    elif period_s is not None and step_s > _LOST_FACTOR * period_s:
        # What lies between was lost: these samples keep their pace, and the rest is a gap.
        step_s = period_s
    else:
        # Losses only make a stream look slower: a faster pace is the true one.
        period_s = step_s
    kept = PolarStream(
        stamp_ns, period_s, stream.least_period_s, stream.full_scale, stream.factor, unit_mg, settled,
        data if step_s is None else b"",
    )  # fmt: skip
    if step_s is None:
        return NO_ROWS, None, kept, notes
    if held:
        values = np.concatenate([_values(held, kept, kind)[0], values])
    return values, stamp_ns / 1e9 + _back(len(values)) * step_s, kept, notes


def _values(data: bytes, stream: PolarStream, kind: int) -> tuple[Array, float | None, bool, tuple[str, ...]]:
    """Return (n, 3) values, the worth of a count of the accelerometer, whether it is settled, and notes."""
    frame_type = data[9]
    if kind == _GYR:
        values = _rates_dps(data, frame_type, stream)
        return values * (math.pi / 180.0), None, True, _beyond(values, stream.full_scale)
    if frame_type < 3:
        values = _whole(data, frame_type + 1).astype(np.float64)
        return values * _MG, stream.unit_mg, stream.settled, _beyond(values, 1000.0 * stream.full_scale)
    if frame_type not in (0x80, 0x81):
        raise DecodeError(f"acceleration in an unknown frame type {frame_type:#04x}")
    counts = _summed(data, 2).astype(np.float64)
    unit_mg, settled, notes = stream.unit_mg, stream.settled, ()
    if unit_mg is None:
        # Frame type 0x80 is in units of a factor in g, 0x81 in mg, times a factor if one was told.
        told_mg = 1000.0 if frame_type == 0x80 else 1.0
        unit_mg = told_mg * (_counts_g(stream) if frame_type == 0x80 else stream.factor or 1.0)
    if not settled:
        unit_mg, settled, notes = _held_against_1_g(counts, unit_mg, stream)
    values = counts * unit_mg
    # What is not settled yet is worked out again: the next frame may be of the other type.
    kept_mg = unit_mg if settled else None
    return values * _MG, kept_mg, settled, notes or _beyond(values, 1000.0 * stream.full_scale)


def _counts_g(stream: PolarStream) -> float:
    return stream.factor or _COUNT_SHARE_ACC * stream.full_scale


def _held_against_1_g(
    counts: Array, unit_mg: float, stream: PolarStream
) -> tuple[float, bool, tuple[str, ...]]:
    """Return the worth of a count that makes a frame without movement 1 g, and whether there was one."""
    if len(counts) < _STILL_S / (stream.period_s or 1.0 / _VERITY_RATE_HZ):
        return unit_mg, False, ()
    lengths = np.sqrt((counts * counts).sum(axis=1))
    mean = float(lengths.mean())
    if mean == 0.0 or float(lengths.std()) > _STILL_SPREAD * mean:
        return unit_mg, False, ()
    low, high = (1000.0 * limit / mean for limit in _NEAR_1_G)
    if low < unit_mg < high:
        return unit_mg, True, ()
    for other_mg in (1.0, 1000.0 * _COUNT_SHARE_ACC * stream.full_scale):
        if low < other_mg < high:
            return other_mg, True, ("at rest the acceleration was not 1 g: its unit is another one",)
    return unit_mg, False, ()


def _beyond(values: Array, full_scale: float) -> tuple[str, ...]:
    # A small sum of squares is the quick way to say that nothing is large.
    limit = _BEYOND_RANGE * full_scale
    if np.vdot(values, values) < limit * limit or np.abs(values).max() < limit:
        return ()
    return ("a value far beyond the sensor's range: its unit may be another one",)


def _rates_dps(data: bytes, frame_type: int, stream: PolarStream) -> Array:
    if frame_type == 0x80:
        return _summed(data, 2).astype(np.float64) * (stream.factor or _COUNT_SHARE_GYR * stream.full_scale)
    if frame_type != 0x81:
        raise DecodeError(f"angular rate in an unknown frame type {frame_type:#04x}")
    # The differences are between the bit patterns.
    bits = _summed(data, 4).astype(np.uint32)
    if ((bits & 0x7F800000) == 0x7F800000).any():
        raise DecodeError("an angular rate that is no number")
    values = bits.view(np.float32).astype(np.float64)
    if np.abs(values).max() > _MOST_DPS:
        raise DecodeError("an angular rate that nothing has")
    return values * (stream.factor or 1.0)


def _whole(data: bytes, width: int) -> NDArray[np.int64] | NDArray[np.int16] | NDArray[np.int8]:
    """Return the (n, 3) values of an uncompressed frame, `width` bytes each."""
    content = len(data) - _HEADER_BYTES
    if content % (3 * width):
        raise DecodeError(f"{content} bytes are no whole samples of {3 * width} bytes")
    if width < 3:
        return np.frombuffer(data, f"<i{width}", offset=_HEADER_BYTES).reshape(-1, 3)
    parts = np.frombuffer(data, np.uint8, offset=_HEADER_BYTES).astype(np.int64).reshape(-1, 3, 3)
    unsigned = parts @ np.array([1, 1 << 8, 1 << 16])
    return unsigned - ((unsigned >> 23) << 24)


def _summed(data: bytes, width: int) -> NDArray[np.int64]:
    """Return the (n, 3) values of a compressed frame whose first ones have `width` bytes each."""
    at = _HEADER_BYTES + 3 * width
    blocks: list[tuple[int, int, int]] = []
    count = 1
    try:
        while at < len(data):
            bits, length = data[at], data[at + 1]
            at += 2
            blocks.append((at, bits, 3 * length))
            at += (3 * bits * length + 7) >> 3
            count += length
    except IndexError:
        at = -1
    if at != len(data):
        raise DecodeError("a compressed frame that is cut short")
    if count > _MOST_SAMPLES:
        raise DecodeError(f"a compressed frame of {count} samples")
    flat = np.empty(3 * count, np.int64)
    flat[:3] = np.frombuffer(data, f"<i{width}", 3, _HEADER_BYTES)
    # All runs of eight bytes: each value lies whole in the one that begins at its first byte.
    windows = np.ndarray((len(data) + 1,), "<u8", data + bytes(8), strides=(1,))
    done = 3
    for start, bits, values in blocks:
        flat[done : done + values] = _unpacked(windows[start:], bits, values)
        done += values
    summed = flat.reshape(count, 3).cumsum(axis=0)
    if width == 2 and (summed.max() > 32767 or summed.min() < -32768):
        raise DecodeError("differences that lead out of 16 bits")
    return summed


def _unpacked(windows: NDArray[np.uint64], bits: int, values: int) -> NDArray[np.int64] | int:
    """Return signed numbers of so many bits each, the first in the lowest bits."""
    if bits == 0:
        return 0
    if bits > _WIDEST_BITS:
        raise DecodeError(f"differences of {bits} bits")
    index, left = _places(bits)
    # Up to the top and down again, which copies the sign.
    return (windows[index[:values]] << left[:values]).view(np.int64) >> (64 - bits)


@lru_cache(maxsize=_WIDEST_BITS)
def _places(bits: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the byte in which each number of a block begins, and how far its bits are from the top."""
    first = np.arange(3 * 255, dtype=np.int64) * bits
    index, left = first >> 3, (64 - bits - (first & 7)).astype(np.uint64)
    index.setflags(write=False)
    left.setflags(write=False)
    return index, left


@lru_cache(maxsize=256)
def _back(count: int) -> Array:
    """1 - count, ... -1, 0: how many samples lie between each and the last one."""
    numbers = np.arange(1 - count, 1, dtype=np.float64)
    numbers.setflags(write=False)
    return numbers


def _told(reply: bytes, state: PolarState) -> PolarState:
    """Return what is known after a reply of the control point."""
    if len(reply) < 4:
        raise DecodeError(f"a reply of {len(reply)} bytes")
    operation, kind, status = reply[1:4]
    if kind not in _FULL_SCALES or status != _OK:
        return state
    before = state.acc if kind == _ACC else state.gyr
    if operation == _GET_SETTINGS:
        now = _offered(_settings(reply), before, kind)
    elif operation in (_START, _STOP):
        told = _settings(reply).get(_FACTOR, ()) if operation == _START else ()
        factor = told[0] if told else None
        now = PolarStream(None, before.period_s, before.least_period_s, before.full_scale, factor)
    else:
        return state
    return PolarState(now, state.gyr) if kind == _ACC else PolarState(state.acc, now)


def _offered(settings: Settings, before: PolarStream, kind: int) -> PolarStream:
    rates_hz = [rate_hz for rate_hz in settings.get(_RATE, ()) if rate_hz > 0.0]
    period_s, least_s = before.period_s, before.least_period_s
    if rates_hz:
        period_s = 1.0 / rates_hz[0] if len(rates_hz) == 1 else None
        least_s = 1.0 / (_LOST_FACTOR * max(rates_hz))
    full_scale = _chosen(settings, _RANGE, _FULL_SCALES[kind]) or before.full_scale
    return PolarStream(None, period_s, least_s, full_scale, before.factor)


def _settings(reply: bytes) -> Settings:
    """Return the settings of a reply by their type. Raises DecodeError."""
    found: Settings = {}
    at = 5
    while at + 2 <= len(reply):
        kind, count = reply[at], reply[at + 1]
        size = _VALUE_BYTES.get(kind)
        if size is None:
            # A newer firmware says more; how long that is is not known.
            break
        at += 2
        values = reply[at : at + size * count]
        at += size * count
        if len(values) < size * count:
            raise DecodeError("a reply that is cut short")
        if kind == _FACTOR:
            factors = struct.unpack(f"<{count}f", values)
            if not all(_LEAST_FACTOR < factor < _MOST_FACTOR for factor in factors):
                raise DecodeError("a factor that cannot be")
            found[kind] = factors
        elif size <= 2:
            numbers = (values[k : k + size] for k in range(0, len(values), size))
            found[kind] = tuple(float(int.from_bytes(each, "little")) for each in numbers)
    return found


def _chosen(settings: Settings, kind: int, wanted: float) -> float | None:
    """Return the offered value that is nearest to the wanted one; None where there is none."""
    return min(settings.get(kind, ()), key=lambda value: abs(value - wanted), default=None) or None


DECODER = PolarDecoder()


@dataclass(frozen=True, slots=True)
class Polar:
    """The driver of a Verity Sense or an H10 on the air; the ranges of each are known once it streams.

    A sensor goes on measuring for a link that broke: what runs is stopped before the start.
    """

    decoder: Decoder = DECODER
    model: str = "Polar Verity Sense or H10"
    acc_range_mps2: float | None = _FULL_SCALES[_ACC] * STANDARD_GRAVITY_MPS2
    # Only a Verity Sense has a gyroscope.
    gyr_range_radps: float | None = None
    # 52 Hz is the only one of a Verity Sense, the others are those of an H10.
    rates_hz: tuple[float, ...] = (25.0, 50.0, 52.0, 100.0, 200.0)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell by the name: watches and other belts of Polar advertise the same service and company."""
        del service_uuids, manufacturer_ids
        return name.startswith(("Polar Sense", "Polar H10"))

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Subscribe, stop what runs, ask what the sensor offers, start, and wait for the first frames."""
        if not connection.has(CONTROL_PREFIX):
            raise SensorRefusedError(f"The sensor does not offer its motion data; {_FIRMWARE_ADVICE}")
        control = connection.characteristic(CONTROL_PREFIX)
        kinds = _kinds(await connection.read(control))
        await connection.subscribe(connection.characteristic(DATA_PREFIX))
        await connection.subscribe(control)
        for kind in kinds:
            # Whatever the answer is: that nothing runs is one, too.
            await _command(connection, control, bytes([_STOP, kind]))
        stopped_ns = connection.packets()[-1].host_ns
        offers: dict[int, Settings] = {}
        for kind in kinds:
            offers[kind] = _settings(
                _accepted(await _command(connection, control, bytes([_GET_SETTINGS, kind])))
            )
        acc_rate_hz = _chosen(offers[_ACC], _RATE, rate_hz)
        if acc_rate_hz is None:
            raise SensorRefusedError(f"The sensor offers no rate for its acceleration; {_FIRMWARE_ADVICE}")
        before = len(connection.packets())
        for kind in kinds:
            start = bytes([_START, kind]) + _request(offers[kind], kind, acc_rate_hz)
            _accepted(await _command(connection, control, start))
        await _first_frames(connection, before, kinds)
        acc_g = _chosen(offers[_ACC], _RANGE, _FULL_SCALES[_ACC]) or _FULL_SCALES[_ACC]
        battery_percent = await connection.read_battery()
        firmware = await _firmware(connection)
        acc_range_mps2 = acc_g * STANDARD_GRAVITY_MPS2
        if _GYR not in kinds:
            return SetUp(
                acc_rate_hz, stopped_ns, battery_percent, firmware, "Polar H10", acc_range_mps2,
                delay_s=_H10_SAMPLES_PER_FRAME / acc_rate_hz,
            )  # fmt: skip
        gyr_dps = _chosen(offers[_GYR], _RANGE, _FULL_SCALES[_GYR]) or _FULL_SCALES[_GYR]
        return SetUp(
            acc_rate_hz, stopped_ns, battery_percent, firmware, "Polar Verity Sense", acc_range_mps2,
            math.radians(gyr_dps), _VERITY_DELAY_S,
        )  # fmt: skip

    async def poll(self, connection: Connection) -> None:
        """Read the battery."""
        await connection.read_battery()

    async def leave(self, connection: Connection) -> None:
        """Stop both streams: a sensor goes on measuring when its connection ends."""
        control = connection.characteristic(CONTROL_PREFIX)
        for kind in (_ACC, _GYR):
            await connection.write(control, bytes([_STOP, kind]), response=True)


def _kinds(features: bytes) -> tuple[int, ...]:
    """Return the streams of motion that a sensor has."""
    if len(features) < 2 or features[0] != _FEATURES or not features[1] >> _ACC & 1:
        raise SensorRefusedError(f"The sensor does not offer its acceleration; {_FIRMWARE_ADVICE}")
    return (_ACC, _GYR) if features[1] >> _GYR & 1 else (_ACC,)


async def _command(connection: Connection, control: str, command: bytes) -> bytes:
    answer = bytes([_REPLY, *command[:2]])
    return await connection.ask(
        control, command, lambda payload: len(payload) >= 4 and payload.startswith(answer), response=True
    )


def _accepted(reply: bytes) -> bytes:
    status = reply[3]
    if status != _OK:
        unknown = f"The sensor refused to measure (code {status}); switch it off and on again"
        raise SensorRefusedError(_REFUSALS.get(status, unknown))
    return reply


def _request(offered: Settings, kind: int, rate_hz: float) -> bytes:
    """Return the settings to start with: of each that is offered, the value nearest to the wanted one."""
    request = b""
    wanted = {_RATE: rate_hz, _RESOLUTION: _RESOLUTION_BITS, _RANGE: _FULL_SCALES[kind], _CHANNELS: 3.0}
    for setting, value in wanted.items():
        chosen = _chosen(offered, setting, value)
        if chosen is not None:
            request += bytes([setting, 1]) + int(chosen).to_bytes(_VALUE_BYTES[setting], "little")
    return request


async def _first_frames(connection: Connection, before: int, kinds: tuple[int, ...]) -> None:
    """Wait until each stream has sent something: only that shows that it runs."""
    for _ in range(round(_FIRST_FRAME_S / _LOOK_S)):
        come = {
            each.payload[0] & 0x3F
            for each in connection.packets()[before:]
            if len(each.payload) > _HEADER_BYTES
        }
        if come.issuperset(kinds):
            return
        await connection.wait(_LOOK_S)
    raise SensorRefusedError("The sensor is connected but sends no samples; switch it off and on again")


async def _firmware(connection: Connection) -> str | None:
    if not connection.has(FIRMWARE_PREFIX):
        return None
    text = await connection.read(connection.characteristic(FIRMWARE_PREFIX))
    return text.decode("ascii", "replace").rstrip("\0 ") or None


SENSOR = Polar()
