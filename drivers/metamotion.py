"""MbientLab MetaMotion boards (R, RL, C with a BMI160; S with a BMI270), called MetaWear on the air.

Every message is [module][register][data]; in an answer to a read the register has bit 7 set. Modules used:
03 accelerometer, 13 gyroscope, 11 settings. A packed notification is 20 bytes: header and three samples of
three little-endian int16; a single one is 8 bytes. Acceleration and angular rate come apart, without time or
counter, and are not taken at the same instants. The number of a data register depends on the chip:

           acc single  acc packed  gyro single  gyro packed
    BMI160      04          1C          05           07
    BMI270      04          05          04           05

The ranges are in the answers to 03 83 and 13 83, and the chips in those to 03 80 and 13 80. The set-up asks
for them once nothing streams any more, so that a recording holds all that its samples need. Without them
the ranges are those of the set-up.
Sources: mbientlab/MetaWear-SDK-Cpp (accelerometer_bosch, gyro_bosch, settings, and their tests).
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.decoded import NO_ROWS, Decoded, DecodeError, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, SensorRefusedError, SetUp, nearest_rate_hz
from drivers.source import RawPacket

NAME = "metamotion"
ACC_RANGE_MPS2 = 16 * STANDARD_GRAVITY_MPS2
GYR_RANGE_RADPS = math.radians(2000.0)

_SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
_COMMAND_PREFIX = "326a9001"
_NOTIFY_PREFIX = "326a9006"
_FIRMWARE_PREFIX = "00002a26"
# A board that waits for new firmware runs nothing else.
_BOOTLOADER = "00001530-1212-efde-1523-785feabcd123"
_MANUFACTURER = 0x626D

_ACC, _GYR, _SETTINGS = 0x03, 0x13, 0x11
_POWER, _SAMPLING, _CONFIG = 0x01, 0x02, 0x03
_INFO_READ, _CONFIG_READ, _BATTERY_READ = 0x80, 0x83, 0x8C
_BMI160_ACC, _BMI270_ACC = 1, 4
_BMI160_GYR, _BMI270_GYR = 0, 1

_PACKED_BYTES, _SINGLE_BYTES = 20, 8
# (header, length) of what holds acceleration, and of what holds angular rate.
_FORCES = {(b"\x03\x1c", _PACKED_BYTES), (b"\x03\x05", _PACKED_BYTES), (b"\x03\x04", _SINGLE_BYTES)}
_RATES = {
    (b"\x13\x07", _PACKED_BYTES), (b"\x13\x05", _PACKED_BYTES),
    (b"\x13\x05", _SINGLE_BYTES), (b"\x13\x04", _SINGLE_BYTES),
}  # fmt: skip
_DATA_HEADERS = {header for header, _ in _FORCES | _RATES}
_XYZ = np.dtype(("<i2", 3))

_ACC_RANGES_G = {True: {0: 2, 1: 4, 2: 8, 3: 16}, False: {0x03: 2, 0x05: 4, 0x08: 8, 0x0C: 16}}
_GYR_RANGES_DPS = {0: 2000, 1: 1000, 2: 500, 3: 250, 4: 125}
# The vendor's figure for 2000 deg/s; it doubles as the range halves.
_GYR_LSB_PER_RANGE = 16.4 * 2000
_RATE_CODES = {25.0: 6, 50.0: 7, 100.0: 8, 200.0: 9}

# The sensor asks for this interval: 7.5-15 ms, no skipped events, lost after 2 s. Two streams at 100 Hz are
# 67 notifications a second, too many for the slow interval that some computers begin with.
_FAST_CONNECTION = bytes.fromhex("1109 0600 0C00 0000 C800")
_SILENCE_S = 0.15
_STEP_S = 0.1
_START_S = 1.5
_CHECK_S = 1.0
_CHECKS = 2
# A stall of the radio takes up to a quarter of a second; a link that is too slow loses more, and goes on.
_LEAST_SHARE = 0.7
_CONFIG_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class MetaMotionState:
    """What a board has said of itself. bmi270: None before it has; the scales are per unit of its int16."""

    bmi270: bool | None = None
    acc_mps2_per_lsb: float = ACC_RANGE_MPS2 / 32768
    gyr_radps_per_lsb: float = GYR_RANGE_RADPS / _GYR_LSB_PER_RANGE


_INITIAL = MetaMotionState()


@dataclass(frozen=True, slots=True)
class MetaMotionDecoder:
    """One message a notification; its state is what the board has answered about chips and ranges."""

    name: str = NAME
    time_base: TimeBase = "count"
    two_streams: bool = True
    rate_hz: float | None = 100.0
    rate_bias: float = 0.0
    rate_spread: float = 0.012

    def initial_state(self) -> MetaMotionState:
        """Return the state before the first payload of a connection."""
        return _INITIAL

    def decode(self, payload: bytes, state: MetaMotionState | None = None) -> tuple[Decoded, MetaMotionState]:
        """Read one notification: samples of one of the two streams, or an answer.

        Raises DecodeError for samples and answers that are cut off, for ranges that the chip does not
        have, and if the payload is not bytes or the state none of this decoder.
        """
        data = payload_bytes(payload)
        known = _known(state)
        kind = (data[:2], len(data))
        if kind in _FORCES:
            return Decoded(_values(data) * known.acc_mps2_per_lsb), known
        if kind in _RATES:
            return Decoded(NO_ROWS, _values(data) * known.gyr_radps_per_lsb), known
        return _answer(data, known)


def _values(data: bytes) -> NDArray[np.float64]:
    # Twice as quick as to multiply whole numbers.
    return np.frombuffer(data, _XYZ, -1, 2).astype(np.float64)


def _known(state: object) -> MetaMotionState:
    if state is None:
        return _INITIAL
    if not isinstance(state, MetaMotionState):
        raise wrong_state(state)
    return state


def _answer(data: bytes, known: MetaMotionState) -> tuple[Decoded, MetaMotionState]:
    if len(data) < 2 or data[:2] in _DATA_HEADERS:
        raise DecodeError(f"a message of {len(data)} bytes ({data[:4].hex()}) is not what this sensor sends")
    module, register = data[0], data[1]
    if (module, register) == (_SETTINGS, _BATTERY_READ):
        return Decoded(NO_ROWS, None, None, _battery_percent(data)), known
    if module not in (_ACC, _GYR):
        return Decoded(NO_ROWS, notes=(f"a message of module {module:#04x} was skipped",)), known
    if register == _INFO_READ:
        return Decoded(NO_ROWS), replace(known, bmi270=_is_bmi270(data))
    if register == _CONFIG_READ:
        return Decoded(NO_ROWS), _with_range(data, known)
    return Decoded(NO_ROWS, notes=(f"a message of register {register:#04x} was skipped",)), known


def _battery_percent(data: bytes) -> int:
    if len(data) < 3 or data[2] > 100:
        raise DecodeError(f"{data.hex()} is no battery level")
    return data[2]


def _is_bmi270(data: bytes) -> bool | None:
    """Tell the chip from the answer about a module; None for another one, or where there is none."""
    chips = (
        {_BMI160_ACC: False, _BMI270_ACC: True}
        if data[0] == _ACC
        else {_BMI160_GYR: False, _BMI270_GYR: True}
    )
    return chips.get(data[2]) if len(data) > 2 else None


def _with_range(data: bytes, known: MetaMotionState) -> MetaMotionState:
    if len(data) < 4:
        raise DecodeError(f"a configuration of {len(data)} bytes is cut off")
    if data[0] == _GYR:
        dps = _GYR_RANGES_DPS.get(data[3] & 0x07)
        if dps is None:
            raise DecodeError(f"{data[3]:#04x} is no range of a gyroscope")
        return replace(known, gyr_radps_per_lsb=math.radians(dps) / _GYR_LSB_PER_RANGE)
    # The same code is another range on the other chip. Where the chip was not asked for, bit 7 of the first
    # byte tells: only a BMI270 has it set at rates that this program uses.
    bmi270 = bool(data[2] & 0x80) if known.bmi270 is None else known.bmi270
    g = _ACC_RANGES_G[bmi270].get(data[3] & 0x0F)
    if g is None:
        raise DecodeError(
            f"{data[3]:#04x} is no range of the accelerometer of a BMI{'270' if bmi270 else '160'}"
        )
    return replace(known, acc_mps2_per_lsb=g * STANDARD_GRAVITY_MPS2 / 32768)


DECODER = MetaMotionDecoder()


@dataclass(frozen=True, slots=True)
class _Chip:
    """What the driver must know of the chip on a board. acc_filter: set in the accelerometer's rate byte."""

    name: str
    acc_packed: int
    gyr_single: int
    gyr_packed: int
    acc_filter: int
    acc_range_code: int


_BMI160 = _Chip("BMI160", 0x1C, 0x05, 0x07, 0x20, 0x0C)
_BMI270 = _Chip("BMI270", 0x05, 0x04, 0x05, 0xA0, 0x03)
_GYR_FILTER = 0x20
_ACC_SINGLE = 0x04


@dataclass(frozen=True, slots=True)
class MetaMotion:
    """The driver of a MetaMotion board on the air."""

    decoder: Decoder = DECODER
    model: str = "MetaMotion"
    acc_range_mps2: float | None = ACC_RANGE_MPS2
    gyr_range_radps: float | None = GYR_RANGE_RADPS
    rates_hz: tuple[float, ...] = tuple(_RATE_CODES)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell by the advertised service, the maker's number or the name; people may give another name."""
        if _BOOTLOADER in service_uuids:
            return False
        named = name.startswith(("MetaWear", "MetaMotion"))
        return named or _SERVICE in service_uuids or _MANUFACTURER in manufacturer_ids

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Subscribe, ask for the chips, stop what the last connection left, set, start, and count samples.

        Commands have no acknowledgement: the ranges and rates are read back. Where a link turns out too slow
        for the rate, the next lower one is tried.
        """
        await connection.subscribe(connection.characteristic(_NOTIFY_PREFIX))
        board = _Board(connection, connection.characteristic(_COMMAND_PREFIX))
        chip = await _chip(board)
        firmware = await _firmware(connection)
        battery = await _battery(board)
        wanted_hz = nearest_rate_hz(self.rates_hz, rate_hz)
        for tried_hz in [each for each in reversed(self.rates_hz) if each <= wanted_hz]:
            await _stop(board, chip)
            valid_from_ns = await _configure(board, chip, _RATE_CODES[tried_hz])
            await _start(board, chip)
            if await _keeps_up(connection, tried_hz):
                return SetUp(
                    tried_hz,
                    valid_from_ns,
                    battery_percent=battery,
                    firmware=firmware,
                    model=f"{self.model} ({chip.name})",
                )
        raise SensorRefusedError(
            "The connection is too slow for this sensor; move it closer to the computer, or plug in a newer "
            "Bluetooth adapter"
        )

    async def poll(self, connection: Connection) -> None:
        """Ask for the battery; the answer is a message among the data."""
        await connection.write(connection.characteristic(_COMMAND_PREFIX), bytes([_SETTINGS, _BATTERY_READ]))

    async def leave(self, connection: Connection) -> None:
        """Switch both chips off: a board goes on measuring when its connection ends."""
        await _switch_off(_Board(connection, connection.characteristic(_COMMAND_PREFIX)))
        # Commands have no acknowledgement, and what is under way when we hang up is lost.
        await connection.wait(_SILENCE_S)


@dataclass(frozen=True, slots=True)
class _Board:
    """A connected board that takes commands."""

    connection: Connection
    command: str

    async def write(self, *message: int) -> None:
        await self.connection.write(self.command, bytes(message))

    async def ask(self, module: int, register: int, within_s: float = 2.0) -> RawPacket:
        """Read a register; raises TimeoutError."""
        question = bytes([module, register])
        before = len(self.connection.packets())
        is_answer = partial(_starts_with, question)
        await self.connection.ask(self.command, question, is_answer, within_s=within_s)
        return next(each for each in self.connection.packets()[before:] if is_answer(each.payload))


def _starts_with(header: bytes, payload: bytes) -> bool:
    return payload[:2] == header


async def _chip(board: _Board) -> _Chip:
    acc = (await board.ask(_ACC, _INFO_READ)).payload
    gyr = (await board.ask(_GYR, _INFO_READ)).payload
    if len(gyr) < 4 or len(acc) < 4:
        missing = "gyroscope" if len(gyr) < 4 else "accelerometer"
        raise SensorRefusedError(f"This board has no {missing}; use a MetaMotion, which has both")
    kinds = (acc[2], gyr[2])
    if kinds == (_BMI270_ACC, _BMI270_GYR):
        return _BMI270
    if kinds != (_BMI160_ACC, _BMI160_GYR):
        raise SensorRefusedError(
            f"This board has sensors that this program does not know (kinds {acc[2]} and {gyr[2]}); "
            "use a MetaMotion R, RL, C or S"
        )
    if min(acc[3], gyr[3]) < 1:
        raise SensorRefusedError(
            "The sensor's firmware cannot send samples fast enough; update it with the MetaBase app"
        )
    return _BMI160


async def _firmware(connection: Connection) -> str | None:
    if not connection.has(_FIRMWARE_PREFIX):
        return None
    text = await connection.read(connection.characteristic(_FIRMWARE_PREFIX))
    return text.decode("ascii", "replace").strip("\0 ") or None


async def _battery(board: _Board) -> int | None:
    with contextlib.suppress(TimeoutError, DecodeError):
        answer = await board.ask(_SETTINGS, _BATTERY_READ, within_s=1.0)
        return _battery_percent(answer.payload)
    return None


async def _switch_off(board: _Board) -> None:
    for module in (_ACC, _GYR):
        await board.write(module, _POWER, 0)
        await board.write(module, _SAMPLING, 0, 1)


async def _stop(board: _Board, chip: _Chip) -> None:
    """Stop both streams, also what another program has left; a board goes on when its link breaks."""
    await _switch_off(board)
    for register in (chip.acc_packed, _ACC_SINGLE):
        await board.write(_ACC, register, 0)
    for register in (chip.gyr_packed, chip.gyr_single):
        await board.write(_GYR, register, 0)
    # What is under way has old ranges.
    await board.connection.wait(_SILENCE_S)


async def _configure(board: _Board, chip: _Chip, rate_code: int) -> int:
    """Set ranges and rate; return the host time of the first of the answers that samples are read with."""
    acc = bytes([chip.acc_filter | rate_code, chip.acc_range_code])
    gyr = bytes([_GYR_FILTER | rate_code, 0])
    for _ in range(_CONFIG_ATTEMPTS):
        first = await board.ask(_ACC, _INFO_READ)
        await board.ask(_GYR, _INFO_READ)
        await board.write(_ACC, _CONFIG, *acc)
        await board.write(_GYR, _CONFIG, *gyr)
        acc_set = (await board.ask(_ACC, _CONFIG_READ)).payload
        gyr_set = (await board.ask(_GYR, _CONFIG_READ)).payload
        if acc_set[2:4] == acc and gyr_set[2:4] == gyr:
            return first.host_ns
    raise SensorRefusedError("The sensor does not take its settings; switch it off and on again")


async def _start(board: _Board, chip: _Chip) -> None:
    await board.write(*_FAST_CONNECTION)
    await board.write(_ACC, chip.acc_packed, 1)
    await board.write(_GYR, chip.gyr_packed, 1)
    for module in (_ACC, _GYR):
        await board.write(module, _SAMPLING, 1, 0)
    for module in (_ACC, _GYR):
        await board.write(module, _POWER, 1)


async def _keeps_up(connection: Connection, rate_hz: float) -> bool:
    """Tell whether both streams come about as fast as they should.

    Raises SensorRefusedError if one does not come at all.
    """
    before = len(connection.packets())
    for _ in range(round(_START_S / _STEP_S)):
        await connection.wait(_STEP_S)
        if min(_counts(connection.packets()[before:])) > 0:
            break
    else:
        forces, rates = _counts(connection.packets()[before:])
        missing = "samples" if forces == rates else "angular rate" if forces else "acceleration"
        raise SensorRefusedError(
            f"The sensor is connected but sends no {missing}; switch it off and on again"
        )
    for _ in range(_CHECKS):
        before = len(connection.packets())
        await connection.wait(_CHECK_S)
        if min(_counts(connection.packets()[before:])) >= _LEAST_SHARE * rate_hz * _CHECK_S:
            return True
    return False


def _counts(packets: list[RawPacket]) -> tuple[int, int]:
    """Count samples of acceleration and of angular rate."""
    headers = [each.payload[:1] for each in packets if len(each.payload) == _PACKED_BYTES]
    return 3 * headers.count(b"\x03"), 3 * headers.count(b"\x13")


SENSOR = MetaMotion()
