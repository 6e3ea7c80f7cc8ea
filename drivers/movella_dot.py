"""Movella DOT (before firmware 2.5: Xsens DOT), v1 and v2.

A measurement comes one sample a notification, little-endian: microseconds (u32), then what the payload mode
has. We use mode 21, "rate quantities": acceleration (3 x f32, m/s2, with gravity) and angular velocity
(3 x f32, deg/s). Mode 20 adds the magnetic field behind them, mode 26 the orientation before them. All modes
of one of three lengths share a characteristic, which pads with zeros to its own length.
Sources: "Movella DOT BLE Service Specification" XD0506P (Xsens Rev F of 2021, Movella Rev C of 2023),
adamkewley/xdc, protobioengineering/xsens-dot-python-examples (captures of mode 6).
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.decoded import NO_ROWS, Decoded, DecodeError, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, RequestRefusedError, SensorRefusedError, SetUp, nearest_rate_hz
from drivers.source import RawPacket

NAME = "movella_dot"
MAKER = 0x0886
INFO_PREFIX = "15171001"
SETTINGS_PREFIX = "15171002"
CONTROL_PREFIX = "15172001"
MEDIUM_PREFIX = "15172003"
BATTERY_PREFIX = "15173001"
MESSAGE_PREFIX = "15177001"
MESSAGE_ANSWER_PREFIX = "15177003"

MODE = 21
START = bytes([1, 1, MODE])
STOP = bytes([1, 0, MODE])
# Messages end with what makes the sum of their bytes a multiple of 256.
ASK_SYNC = bytes.fromhex("020108f5")
STOP_SYNC = bytes.fromhex("020102fb")

_SYNC = 0x02
_SYNC_STATUS = bytes.fromhex("020251")
_SYNC_STOPPED = bytes.fromhex("020250")
_SYNCED = 4

_SETTINGS_BYTES = 32
_RATE_AT = 24
_VISIT_RATE = 1 << 4
_INFO_BYTES = 34
_VERSION = slice(6, 9)
_PRODUCT = slice(28, 34)
_MODELS = {b"XS-T01": "Movella DOT v1", b"XS-T02": "Movella DOT v2"}

_FLOATS = np.dtype("<f4")
_STAMP_MASK = 0xFFFFFFFF
# Where the six numbers begin in a payload of each length, as sent or with its padding cut off (modes 20, 21
# and 26), and where nothing but padding is left.
_NUMBERS_AT = {40: 4, 34: 4, 28: 4, 63: 20, 44: 20}
_PADDING_FROM = {40: 34, 34: 34, 28: 28, 63: 44, 44: 44}
_SHORT_BYTES = (20, 16)
_MEDIUM_BYTES = (40, 34, 28)
_FREE_ACCELERATION_BYTES = 16
# Full scale on every axis has a sum of squares of 1.2e7.
_LARGEST_POWER = 1e8
_TO_SI = np.repeat([1.0, math.radians(1.0)], 3)

_ANSWER_WITHIN_S = 1.0
_SAMPLES_WITHIN_S = 2.0
_LOOK_S = 0.4
_RATE_TOLERANCE = 0.15
_APP = "in the Movella DOT app and try again"


class MovellaDotState(NamedTuple):
    """The newest time stamp, us, over its wraps (every 71.6 min); below 0 before the first."""

    stamp_us: int = -1


_START = MovellaDotState()


@dataclass(frozen=True, slots=True)
class MovellaDotDecoder:
    """Reads modes 20, 21 and 26 by their length, and the battery.

    Other modes of these lengths cannot be told from them for certain: the set-up asks for mode 21 and makes
    sure of it. Of the orientation and the magnetic field nothing is kept.
    """

    name: str = NAME
    time_base: TimeBase = "device"
    two_streams: bool = False
    rate_hz: float | None = 60.0
    rate_bias: float = 0.0
    rate_spread: float = 0.003

    def initial_state(self) -> MovellaDotState:
        """Return the state before the first payload of a connection."""
        return _START

    def decode(self, payload: bytes, state: MovellaDotState | None = None) -> tuple[Decoded, MovellaDotState]:
        """Read one payload. Modes without specific force give no samples and a note.

        Raises DecodeError if the payload is none of this sensor, holds numbers that it does not measure, or
        is not bytes, and if the state is none of this decoder.
        """
        data = payload_bytes(payload)
        known = _known(state)
        numbers_at = _NUMBERS_AT.get(len(data))
        if numbers_at is None:
            return _other(data), known
        if any(data[_PADDING_FROM[len(data)] :]):
            raise DecodeError("a payload of another mode than 20, 21 and 26")
        numbers = np.frombuffer(data, _FLOATS, 6, numbers_at)
        # One sum finds what is not finite, too; `vdot` does not warn of it.
        if not np.vdot(numbers, numbers) < _LARGEST_POWER:
            raise DecodeError("a payload holds values that are no measurement")
        stamp_us = int.from_bytes(data[:4], "little")
        if known.stamp_us >= 0:
            step_us = (stamp_us - known.stamp_us) & _STAMP_MASK
            if step_us == 0:
                return _nothing("a sample came twice"), known
            # A step back means that the sensor has started anew.
            stamp_us = known.stamp_us + step_us if step_us <= _STAMP_MASK // 2 else stamp_us
        values = (numbers * _TO_SI).reshape(2, 1, 3)
        return Decoded(values[0], values[1], np.array([stamp_us / 1e6])), MovellaDotState(stamp_us)


def free_acceleration(payload: bytes) -> tuple[float, NDArray[np.float64]]:
    """Return the time (s, as sent) and the acceleration (3,) m/s2 of a payload of mode 6.

    It is in an earth-fixed frame and gravity is taken out of it, so it is no specific force and `decode`
    makes no samples of it. Raises DecodeError if the payload is none of this mode.
    """
    data = payload_bytes(payload)
    if len(data) not in _SHORT_BYTES or any(data[_FREE_ACCELERATION_BYTES:]):
        raise DecodeError(f"{len(data)} bytes hold no free acceleration")
    numbers = np.frombuffer(data, _FLOATS, 3, 4)
    if not np.vdot(numbers, numbers) < _LARGEST_POWER:
        raise DecodeError("a payload holds values that are no measurement")
    return int.from_bytes(data[:4], "little") / 1e6, numbers.astype(np.float64)


def _known(state: object) -> MovellaDotState:
    if state is None:
        return _START
    if not isinstance(state, MovellaDotState):
        raise wrong_state(state)
    return state


def _nothing(*notes: str, battery: int | None = None) -> Decoded:
    return Decoded(NO_ROWS, NO_ROWS, None, battery, notes)


def _other(data: bytes) -> Decoded:
    """Read what is no measurement of force and rate."""
    # Level and whether it is being charged.
    if len(data) == 2 and data[0] <= 100 and data[1] <= 1:
        return _nothing(battery=data[0])
    if len(data) in _SHORT_BYTES:
        return _nothing("a payload without specific force (orientation or free acceleration) was not read")
    # Answers of the set-up.
    if len(data) == 5 and data[0] == _SYNC and sum(data) % 256 == 0:
        return _nothing()
    raise DecodeError(f"{len(data)} bytes are no payload of a Movella DOT")


DECODER = MovellaDotDecoder()


@dataclass(frozen=True, slots=True)
class MovellaDot:
    """The driver of a Movella DOT on the air."""

    decoder: Decoder = DECODER
    model: str = "Movella DOT"
    acc_range_mps2: float | None = 16 * STANDARD_GRAVITY_MPS2
    gyr_range_radps: float | None = math.radians(2000.0)
    # It has 1 and 4 Hz, too, which no movement can be seen in; 120 Hz is for its own memory.
    rates_hz: tuple[float, ...] = (10.0, 12.0, 15.0, 20.0, 30.0, 60.0)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell by the maker, as people give these sensors names of their own, or by the name it came with."""
        del service_uuids
        return MAKER in manufacturer_ids or name.lower().startswith(("movella dot", "xsens dot"))

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Stop whatever it does, set the rate, subscribe, start mode 21, and look at what comes.

        Neither rate nor mode can be changed while it measures or is synchronised with other sensors, so an
        earlier measurement is stopped and a synchronisation ended.
        """
        if not all(map(connection.has, (SETTINGS_PREFIX, CONTROL_PREFIX, MEDIUM_PREFIX))):
            raise SensorRefusedError(f"This sensor offers no measurement; update its firmware {_APP}")
        control = connection.characteristic(CONTROL_PREFIX)
        with contextlib.suppress(RequestRefusedError):
            await connection.write(control, STOP, response=True)
        await _end_synchronisation(connection)
        wanted_hz = nearest_rate_hz(self.rates_hz, rate_hz)
        await _set_rate(connection, wanted_hz)
        firmware, model = await _firmware_and_model(connection)
        battery = None
        if connection.has(BATTERY_PREFIX):
            await connection.subscribe(connection.characteristic(BATTERY_PREFIX))
            battery = await connection.read_battery(BATTERY_PREFIX)
        await connection.subscribe(connection.characteristic(MEDIUM_PREFIX))
        before = len(connection.packets())
        try:
            await connection.ask(control, START, _is_measurement, response=True, within_s=_SAMPLES_WITHIN_S)
        except RequestRefusedError as error:
            raise SensorRefusedError(
                f"The sensor refuses to measure; stop its recording or synchronisation {_APP}"
            ) from error
        except TimeoutError as error:
            raise SensorRefusedError(
                "The sensor is connected but sends no samples; switch it off and on again"
            ) from error
        await connection.wait(_LOOK_S)
        await _check_mode(connection)
        valid_from_ns, times_s = _samples(connection.packets()[before:])
        return SetUp(self._rate_of(times_s, wanted_hz), valid_from_ns, battery, firmware, model)

    async def poll(self, connection: Connection) -> None:
        """Read the battery; it notifies by itself only when the level changes."""
        await connection.read_battery(BATTERY_PREFIX)

    async def leave(self, connection: Connection) -> None:
        """Stop the measurement, which would go on without a connection."""
        await connection.write(connection.characteristic(CONTROL_PREFIX), STOP, response=True)

    def _rate_of(self, times_s: NDArray[np.float64], wanted_hz: float) -> float:
        """Return the rate of the samples, by their own times."""
        if times_s.size < 3:
            return wanted_hz
        found_hz = 1.0 / float(np.median(np.diff(times_s)))
        known_hz = nearest_rate_hz(self.rates_hz, found_hz)
        return known_hz if abs(found_hz / known_hz - 1.0) < _RATE_TOLERANCE else wanted_hz


def rate_command(rate_hz: float) -> bytes:
    """Return what to write to the settings to change the rate and nothing else."""
    settings = bytearray(_SETTINGS_BYTES)
    settings[0] = _VISIT_RATE
    settings[_RATE_AT : _RATE_AT + 2] = round(rate_hz).to_bytes(2, "little")
    return bytes(settings)


def _is_measurement(payload: bytes) -> bool:
    return len(payload) in _MEDIUM_BYTES


async def _end_synchronisation(connection: Connection) -> None:
    """Free a sensor that is synchronised with others. Raises SensorRefusedError if it stays so."""
    if not (connection.has(MESSAGE_PREFIX) and connection.has(MESSAGE_ANSWER_PREFIX)):
        return
    message = connection.characteristic(MESSAGE_PREFIX)
    await connection.subscribe(connection.characteristic(MESSAGE_ANSWER_PREFIX))
    try:
        status = await connection.ask(
            message, ASK_SYNC, lambda each: each[:3] == _SYNC_STATUS, response=True, within_s=_ANSWER_WITHIN_S
        )
        if status[3:4] != bytes([_SYNCED]):
            return
    except (RequestRefusedError, TimeoutError):
        # Whether it is synchronised shows when it is to start.
        return
    with contextlib.suppress(RequestRefusedError, TimeoutError):
        result = await connection.ask(
            message,
            STOP_SYNC,
            lambda each: each[:3] == _SYNC_STOPPED,
            response=True,
            within_s=_ANSWER_WITHIN_S,
        )
        if result[3:4] == b"\0":
            return
    raise SensorRefusedError(
        f"The sensor is still synchronised with other sensors; stop the synchronisation {_APP}"
    )


async def _set_rate(connection: Connection, rate_hz: float) -> None:
    """Set the rate if it is another one. Raises SensorRefusedError if the sensor refuses it."""
    settings = connection.characteristic(SETTINGS_PREFIX)
    if _rate_in(await connection.read(settings)) == rate_hz:
        return
    try:
        await connection.write(settings, rate_command(rate_hz), response=True)
    except RequestRefusedError as error:
        raise SensorRefusedError(
            f"The sensor refuses to change its rate; stop its recording or synchronisation {_APP}"
        ) from error


def _rate_in(settings: bytes) -> int:
    return int.from_bytes(settings[_RATE_AT : _RATE_AT + 2], "little")


async def _firmware_and_model(connection: Connection) -> tuple[str | None, str | None]:
    if not connection.has(INFO_PREFIX):
        return None, None
    with contextlib.suppress(RequestRefusedError):
        info = await connection.read(connection.characteristic(INFO_PREFIX))
        if len(info) >= _INFO_BYTES:
            return ".".join(map(str, info[_VERSION])), _MODELS.get(info[_PRODUCT])
    return None, None


async def _check_mode(connection: Connection) -> None:
    """Make sure that it measures what we take it for: other modes are as long."""
    with contextlib.suppress(RequestRefusedError):
        status = await connection.read(connection.characteristic(CONTROL_PREFIX))
        if len(status) == 3 and status[1] == 1 and status[2] != MODE:
            raise SensorRefusedError(
                f"The sensor does not measure what it was asked for (mode {status[2]} instead of {MODE}); "
                f"update its firmware {_APP}"
            )


def _samples(packets: list[RawPacket]) -> tuple[int, NDArray[np.float64]]:
    """Return the host time of the first sample and the sensor's times of all.

    Raises SensorRefusedError if none can be read.
    """
    first_ns: int | None = None
    times_s: list[float] = []
    state = _START
    for packet in packets:
        with contextlib.suppress(DecodeError):
            decoded, state = DECODER.decode(packet.payload, state)
            if decoded.device_time_s is not None:
                first_ns = packet.host_ns if first_ns is None else first_ns
                times_s.append(float(decoded.device_time_s[0]))
    if first_ns is None:
        raise SensorRefusedError(
            "The sensor sends something else than acceleration and angular rate; switch it off and on again"
        )
    return first_ns, np.array(times_s)


SENSOR = MovellaDot()
