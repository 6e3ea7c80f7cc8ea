"""Movesense sensors (HR+, HR2, MD) over their GATT SensorData Protocol, which firmware 2.3 and later has.

A notification is a type, a reference (chosen by us when we subscribed) and a payload. Type 1 answers a
command: a status of HTTP, then data. Type 2 is data: milliseconds since boot of its first sample (u32,
little-endian), all accelerations (3 x f32, m/s2), then all angular rates (3 x f32, deg/s). The number of
samples is not told, it follows from the length. Data over 150 bytes come in two notifications, type 2 and
type 3; where the link allows longer ones they may come whole.
Sources: alexisduque/movesense-device-lib (vendor's sample firmware and API), vendor's "GATT SensorData
Protocol", sensein/movesense-py (captures of the hardware).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.decoded import NO_ROWS, Decoded, DecodeError, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, RequestRefusedError, SensorRefusedError, SetUp, nearest_rate_hz
from drivers.source import RawPacket

NAME = "movesense"
COMMAND_PREFIX = "34800001-7185"
NOTIFY_PREFIX = "34800002-7185"

# References of ours: the sensor puts them into whatever it sends on a command's account.
HELLO_REF = 1
BATTERY_REF = 2
IMU6_REF = 99
IMU9_REF = 100
ACC_REF = 101
GYRO_REF = 102

HELLO = bytes([0, HELLO_REF])
READ_BATTERY = bytes([4, BATTERY_REF]) + b"/System/Energy/Level\0"
UNSUBSCRIBE = bytes([2, IMU6_REF])

_ANSWER = 1
_OK = 200
_ERRORS_FROM = 400
_DATA = 2
_MORE = (3, 4)
_HEADER_BYTES = 6
# 208 Hz needs 388 bytes; nothing known is longer than a packet of the radio's attributes.
_LONGEST_BYTES = 1024
_FLOATS = np.dtype("<f4")
_COLUMNS = {IMU9_REF: 9, ACC_REF: 3, GYRO_REF: 3}
# Full scale on every axis of the longest packet has a sum of squares half as large: more is no measurement.
_LARGEST_POWER = 1e9
_RAD_PER_DEG = math.radians(1.0)

# Thirteen updates a second at every rate: 4 samples at 52 Hz, 8 at 104 Hz.
_UPDATES_HZ = 13.0
_STAMP_MASK = 0xFFFFFFFF
# Stamps have steps of 1 ms. Of 32 packets (2.5 s) the line of sample times is known to 0.1 ms, and the
# oscillator, which is some percent off its nominal rate, does not drift much in that time.
_LINE_PACKETS = 32
_OFF_LINE_S = 0.005
_RATE_FACTOR = 2.0
_LEAST_STEP_S = 1e-6
_TIME_GAINS = tuple(2 * (2 * k + 1) / ((k + 1) * (k + 2)) for k in range(_LINE_PACKETS))
_PERIOD_GAINS = tuple(6 / ((k + 1) * (k + 2)) for k in range(_LINE_PACKETS))

# What one step of the chip (ST LSM6DS3 and its successors) is worth, and the full scale that goes with it.
# The sensor multiplies with 9.807 m/s2: all accelerations of the captures are whole steps of this size.
_ACC_STEPS_MPS2 = tuple(
    (step_mg * 9.807e-3, full_scale_g)
    for step_mg, full_scale_g in ((0.488, 16.0), (0.244, 8.0), (0.122, 4.0), (0.061, 2.0))
)
_GYR_STEPS_DPS = ((0.07, 2000.0), (0.035, 1000.0), (0.0175, 500.0), (0.00875, 245.0))
# Values are rounded to float32, which is a hundredth of a step at full scale.
_STEP_TOLERANCE = 0.02

_ANSWER_WITHIN_S = 1.0
_DATA_WITHIN_S = 2.0
_LOOK_S = 0.3
_UPDATE_ADVICE = "update its firmware to 2.3 or later with the maker's app and try again"
# Statuses that say no to a rate rather than to us.
_NO_SUCH_RATE = (400, 404, 501)
_REFUSALS = {
    400: f"The sensor does not understand the request for samples; {_UPDATE_ADVICE}",
    403: "The sensor is not allowed to send samples now; stop its recording in the app that started it",
    404: "The sensor has no accelerometer and gyroscope to offer; use a Movesense with a motion sensor",
    409: "The sensor is measuring for another program; stop its recording in the app that started it",
    500: "The sensor reports a fault of its own; take its battery out and put it in again",
    501: f"The sensor has none of the rates that are needed; {_UPDATE_ADVICE}",
    503: "The sensor is busy; stop its recording in the app that started it, or wait a moment",
    507: "The sensor has no room for another measurement; take its battery out and put it in again",
}


def subscribe_command(rate_hz: float) -> bytes:
    """Return the command that makes the sensor send acceleration and angular rate."""
    return bytes([1, IMU6_REF]) + f"/Meas/IMU6/{rate_hz:.0f}".encode()


class MovesenseState(NamedTuple):
    """What is known between two payloads.

    pending: notifications of a packet that is not whole yet, without the headers of the later ones.
    The rest is the line of sample times of the stream `ref`: packets it is drawn through, the newest stamp
    (ms, unwrapped), the time of what would follow that packet, and the period of its samples (s).
    """

    pending: bytes = b""
    ref: int = 0
    packets: int = 0
    stamp_ms: int = 0
    next_s: float = 0.0
    period_s: float = 0.0


_START = MovesenseState()


@dataclass(frozen=True, slots=True)
class MovesenseDecoder:
    """Reads IMU6 under any reference; IMU9, Acc and Gyro under those that stand for them.

    Of IMU9 the magnetometer is left out. Gyro alone gives angular rates without accelerations.
    Times lie on a line through the stamps of the packets, because a stamp is only good to 1 ms.
    """

    name: str = NAME
    time_base: TimeBase = "device"
    two_streams: bool = False
    rate_hz: float | None = 104.0
    rate_bias: float = 0.0
    rate_spread: float = 0.003

    def initial_state(self) -> MovesenseState:
        """Return the state before the first payload of a connection."""
        return _START

    def decode(self, payload: bytes, state: MovesenseState | None = None) -> tuple[Decoded, MovesenseState]:
        """Read one payload. Half a packet is kept for the next one; a half without the other is noted.

        Raises DecodeError if the payload is none of this protocol, holds numbers that no sensor measures,
        or is not bytes, and if the state is none of this decoder.
        """
        data = payload_bytes(payload)
        known = _known(state)
        if len(data) < 3 or data[1] == 0:
            raise DecodeError(f"{len(data)} bytes hold no message of a Movesense")
        kind, ref = data[0], data[1]
        notes: tuple[str, ...] = ()
        if kind == _DATA:
            if known.pending:
                notes = ("the second half of a packet did not come",)
        elif kind in _MORE:
            if known.pending[1:2] != data[1:2]:
                return _nothing("the first half of a packet did not come"), known
            data = known.pending + data[2:]
        elif kind == _ANSWER:
            return _answer(data), known
        else:
            raise DecodeError(f"a Movesense sends no message of type {kind}")
        columns = _COLUMNS.get(ref, 6)
        count, rest = divmod(len(data) - _HEADER_BYTES, 4 * columns)
        if rest or count < 1:
            if len(data) > _LONGEST_BYTES:
                raise DecodeError(f"{len(data)} bytes are no whole samples of a Movesense")
            return _nothing(*notes), known._replace(pending=data)
        numbers = np.frombuffer(data, _FLOATS, offset=_HEADER_BYTES)
        # One sum finds what is not finite, too; `vdot` does not warn of it.
        if not np.vdot(numbers, numbers) < _LARGEST_POWER:
            raise DecodeError("a packet holds values that are no measurement")
        stamp_ms = int.from_bytes(data[2:_HEADER_BYTES], "little")
        step_ms = (stamp_ms - known.stamp_ms) & _STAMP_MASK
        if known.ref != ref or step_ms > _STAMP_MASK // 2:
            # The first packet, or the sensor has started anew.
            times_s, after = _new_line(ref, stamp_ms, count)
        elif step_ms == 0:
            return _nothing("a packet came twice"), known._replace(pending=b"")
        else:
            times_s, after = _next_on_line(known, known.stamp_ms + step_ms, count)
        if columns == 6:
            blocks = (numbers * _to_si(count)).reshape(2, count, 3)
            return Decoded(blocks[0], blocks[1], times_s, None, notes), after
        blocks = numbers.reshape(-1, count, 3).astype(np.float64)
        if ref == GYRO_REF:
            return Decoded(NO_ROWS, blocks[0] * _RAD_PER_DEG, times_s, None, notes), after
        gyr = blocks[1] * _RAD_PER_DEG if ref == IMU9_REF else None
        return Decoded(blocks[0], gyr, times_s, None, notes), after


def _known(state: object) -> MovesenseState:
    if state is None:
        return _START
    if not isinstance(state, MovesenseState):
        raise wrong_state(state)
    return state


def _nothing(*notes: str, battery: int | None = None) -> Decoded:
    return Decoded(NO_ROWS, NO_ROWS, None, battery, notes)


def _answer(data: bytes) -> Decoded:
    """Read the answer to a command; only the battery's is of use later."""
    if data[1] == BATTERY_REF and len(data) == 5 and _status(data) == _OK and data[4] <= 100:
        return _nothing(battery=data[4])
    return _nothing()


def _status(answer: bytes) -> int:
    """Return the status of the answer to a command other than HELLO, 0 where it has none."""
    if len(answer) < 4:
        return 0
    status = int.from_bytes(answer[2:4], "little")
    # The vendor's sample firmware sends 507 with its bytes the other way round.
    return status if status < 600 else int.from_bytes(answer[2:4], "big")


def _new_line(ref: int, stamp_ms: int, count: int) -> tuple[NDArray[np.float64], MovesenseState]:
    """Begin a line at a stamp, with the nominal rate."""
    period_s = 1.0 / (_UPDATES_HZ * count)
    first_s = stamp_ms / 1000
    times_s = _counting(count) * period_s + first_s
    return times_s, MovesenseState(b"", ref, 1, stamp_ms, first_s + count * period_s, period_s)


def _next_on_line(
    known: MovesenseState, stamp_ms: int, count: int
) -> tuple[NDArray[np.float64], MovesenseState]:
    """Return the times of a packet on the line through its stamp and those before.

    It is the least-squares line, growing to _LINE_PACKETS and then forgetting what was before. Over lost
    packets it goes on; a stamp that is not on it begins a new one.
    """
    _, ref, packets, _, next_s, period_s = known
    last_s = next_s - period_s
    packet_s = count * period_s
    stamp_s = stamp_ms / 1000
    off_s = stamp_s - next_s
    lost = round(off_s / packet_s) if off_s > 0.5 * packet_s else 0
    off_s -= lost * packet_s
    nominal_s = 1.0 / (_UPDATES_HZ * count)
    first_s = stamp_s - (1.0 - _TIME_GAINS[packets]) * off_s
    period_s += _PERIOD_GAINS[packets] * off_s / ((1 + lost) * count)
    if (packets > 1 and abs(off_s) > _OFF_LINE_S) or not (
        nominal_s < _RATE_FACTOR * period_s and period_s < _RATE_FACTOR * nominal_s
    ):
        first_s, period_s, packets = stamp_s, nominal_s, 0
    times_s = _counting(count) * period_s + first_s
    end_s = first_s + (count - 1) * period_s
    if first_s <= last_s < end_s - _LEAST_STEP_S * count:
        # The packet before went on for too long: this one makes up for it.
        times_s = last_s + _counting(count, 1) * ((end_s - last_s) / count)
    packets = min(packets + 1, _LINE_PACKETS - 1)
    return times_s, MovesenseState(b"", ref, packets, stamp_ms, end_s + period_s, period_s)


@lru_cache(maxsize=64)
def _to_si(count: int) -> NDArray[np.float64]:
    """Return (6 count,) factors for all accelerations and all angular rates of a packet."""
    factors = np.repeat([1.0, _RAD_PER_DEG], 3 * count)
    factors.setflags(write=False)
    return factors


@lru_cache(maxsize=64)
def _counting(count: int, start: int = 0) -> NDArray[np.float64]:
    numbers = np.arange(start, start + count, dtype=np.float64)
    numbers.setflags(write=False)
    return numbers


DECODER = MovesenseDecoder()


@dataclass(frozen=True, slots=True)
class Movesense:
    """The driver of a Movesense on the air."""

    decoder: Decoder = DECODER
    model: str = "Movesense"
    # What the captures were made with; the set-up looks at the steps of the values.
    acc_range_mps2: float | None = 8 * STANDARD_GRAVITY_MPS2
    gyr_range_radps: float | None = math.radians(2000.0)
    rates_hz: tuple[float, ...] = (52.0, 104.0, 208.0)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell whether the name says so: the service is not advertised, and the maker has watches too."""
        del service_uuids, manufacturer_ids
        return name.startswith("Movesense")

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Subscribe, ask for version and battery, and ask for samples until some come.

        Answers are notifications that may be lost, and some firmware gives none or accepts a rate it does
        not have, so nothing but samples counts as success. A rate that gives none is tried again lower.
        """
        if not (connection.has(COMMAND_PREFIX) and connection.has(NOTIFY_PREFIX)):
            raise SensorRefusedError(f"This Movesense does not offer its samples; {_UPDATE_ADVICE}")
        await connection.subscribe(connection.characteristic(NOTIFY_PREFIX))
        # What an earlier program left running would look like ours. Answers come in order, so this one is
        # out of the way before samples are asked for.
        await connection.write(connection.characteristic(COMMAND_PREFIX), UNSUBSCRIBE, response=True)
        firmware = await _firmware(connection)
        battery = await _battery(connection)
        wanted_hz = nearest_rate_hz(self.rates_hz, rate_hz)
        status = 0
        for tried_hz in reversed([each for each in self.rates_hz if each <= wanted_hz]):
            before = len(connection.packets())
            first = await _ask_for_samples(connection, tried_hz)
            if first[:1] == bytes([_DATA]):
                await connection.wait(_LOOK_S)
                return _set_up(connection.packets()[before:], tried_hz, battery, firmware)
            status = _status(first) or status
            if first and status not in _NO_SUCH_RATE:
                break
            if not first:
                await connection.write(connection.characteristic(COMMAND_PREFIX), UNSUBSCRIBE, response=True)
                await connection.wait(_LOOK_S)
        raise SensorRefusedError(_refusal(status))

    async def poll(self, connection: Connection) -> None:
        """Read the battery, or ask for it where it has no characteristic of its own."""
        if await connection.read_battery() is None:
            await connection.write(connection.characteristic(COMMAND_PREFIX), READ_BATTERY, response=True)

    async def leave(self, connection: Connection) -> None:
        """Nothing to stop: a subscription ends with its connection."""


async def _ask(
    connection: Connection, command: bytes, is_answer: Callable[[bytes], bool], within_s: float
) -> bytes:
    """Write a command and return its answer, or nothing where none comes in time."""
    try:
        return await connection.ask(
            connection.characteristic(COMMAND_PREFIX), command, is_answer, response=True, within_s=within_s
        )
    except TimeoutError:
        return b""


async def _firmware(connection: Connection) -> str | None:
    """Return the version of the firmware: the last of five texts that answer HELLO, each with a NUL."""
    wanted = bytes([_ANSWER, HELLO_REF])
    answer = await _ask(connection, HELLO, lambda each: each[:2] == wanted, _ANSWER_WITHIN_S)
    texts = answer[3:].split(b"\0")
    if len(texts) < 5 or not texts[4].isascii():
        return None
    return texts[4].decode() or None


async def _battery(connection: Connection) -> int | None:
    with contextlib.suppress(RequestRefusedError):
        level = await connection.read_battery()
        if level is not None:
            return level
    wanted = bytes([_ANSWER, BATTERY_REF])
    answer = await _ask(connection, READ_BATTERY, lambda each: each[:2] == wanted, _ANSWER_WITHIN_S)
    return _answer(answer).battery_percent if answer else None


async def _ask_for_samples(connection: Connection, rate_hz: float) -> bytes:
    """Return the first data, the refusal, or nothing after a while."""

    def is_answer(payload: bytes) -> bool:
        if payload[1:2] != bytes([IMU6_REF]):
            return False
        return payload[0] == _DATA or (payload[0] == _ANSWER and _status(payload) >= _ERRORS_FROM)

    return await _ask(connection, subscribe_command(rate_hz), is_answer, _DATA_WITHIN_S)


def _set_up(packets: list[RawPacket], rate_hz: float, battery: int | None, firmware: str | None) -> SetUp:
    """Describe what comes. Raises SensorRefusedError if it cannot be read."""
    parts: list[Decoded] = []
    first_ns: int | None = None
    state = _START
    for packet in packets:
        with contextlib.suppress(DecodeError):
            decoded, state = DECODER.decode(packet.payload, state)
            parts.append(decoded)
        if first_ns is None and packet.payload[:2] == bytes([_DATA, IMU6_REF]):
            first_ns = packet.host_ns
    acc = np.concatenate([NO_ROWS, *(each.acc_mps2 for each in parts)])
    gyr = np.concatenate([NO_ROWS, *(each.gyr_radps for each in parts if each.gyr_radps is not None)])
    if not len(acc) or first_ns is None:
        raise SensorRefusedError(
            "The sensor's packets cannot be read, or arrive cut short; use a newer Bluetooth adapter "
            "(4.2 or later)"
        )
    acc_range_g = _full_scale(acc, _ACC_STEPS_MPS2)
    gyr_range_dps = _full_scale(gyr / _RAD_PER_DEG, _GYR_STEPS_DPS)
    return SetUp(
        rate_hz,
        first_ns,
        battery,
        firmware,
        acc_range_mps2=acc_range_g and acc_range_g * STANDARD_GRAVITY_MPS2,
        gyr_range_radps=gyr_range_dps and gyr_range_dps * _RAD_PER_DEG,
    )


def _full_scale(values: NDArray[np.float64], steps: tuple[tuple[float, float], ...]) -> float | None:
    """Return the full scale whose step divides all values, from the coarsest; None if there is none.

    The protocol has no question for the range, but the values are whole steps of the chip.
    """
    for step, full_scale in steps:
        counts = values / step
        if np.abs(counts - np.rint(counts)).max() < _STEP_TOLERANCE:
            return full_scale
    return None


def _refusal(status: int) -> str:
    if not status:
        return "The sensor is connected but sends no samples; take its battery out and put it in again"
    return _REFUSALS.get(status, f"The sensor refuses to send samples (status {status}); {_UPDATE_ADVICE}")


SENSOR = Movesense()
