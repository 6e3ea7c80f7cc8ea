"""WitMotion BLE 5.0 sensors (WT901BLECL, BWT901BLE5.0, WT9011DCL-BT50).

Frames are 20 bytes, without checksum, counter or time: 55 61 and nine little-endian int16 (acc over
16 g, gyro over 2000 deg/s, fused angles, which are ignored: they are frozen for the first seconds), or
55 71, a register number and register values, the answer to a read command. A notification holds one or
several frames, and a frame may go over its end.
Sources: WITMOTION/WitBluetooth_BWT901BLE5_0 (vendor sample), RGu0/WT901 docs/protocol.md (measured on
the hardware), WT901BLECL datasheet v20-0707.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.decoded import NO_ROWS, Decoded, Decoder, TimeBase, payload_bytes, wrong_state
from drivers.sensor import Connection, SensorRefusedError, SetUp, nearest_rate_hz
from drivers.source import RawPacket

NAME = "witmotion"
FRAME_BYTES = 20
ACC_RANGE_MPS2 = 16 * STANDARD_GRAVITY_MPS2
GYR_RANGE_RADPS = math.radians(2000.0)
ACC_MPS2_PER_LSB = ACC_RANGE_MPS2 / 32768
GYR_RADPS_PER_LSB = GYR_RANGE_RADPS / 32768
BATTERY_REGISTER = 0x64

_WORD = np.dtype("<i2")
_MARK = 0x55
_DATA = 0x61
_REGISTERS = 0x71
# Register 0x64 holds hundredths of a volt; the vendor's steps, from the fullest.
_BATTERY_STEPS = (
    (396, 100), (393, 90), (387, 75), (382, 60), (379, 50), (377, 40),
    (373, 30), (370, 20), (368, 15), (350, 10), (340, 5),
)  # fmt: skip

# Seen: WT901BLE67, WT901BLE68, WT901BLE04, WT9011DCL, WTSDCL, HWT905. Other things have WT in a name, too.
_NAME = re.compile(r"[BH]?WT\d|WTSDCL")
# Some revisions use the vendor's base UUID (...fb with 9A) and some the Bluetooth one (9B). The latter makes
# it a number that lamps and serial modules have as well: there only the name tells.
_SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"
NOTIFY_PREFIX = "0000ffe4"
WRITE_PREFIX = "0000ffe9"

UNLOCK = bytes.fromhex("FFAA6988B5")
READ_BATTERY = bytes([0xFF, 0xAA, 0x27, BATTERY_REGISTER, 0x00])
# Code 0x0A is left out: documents disagree on it (125 or 200 Hz) and it measures 99.3 Hz.
RATE_CODES = {10.0: 0x06, 20.0: 0x07, 50.0: 0x08, 100.0: 0x09, 200.0: 0x0B}
_COMMAND_PAUSE_S = 0.12
_SETTLING_S = 0.2
_RATE_CHECK_S = 0.9
# The next rates are a factor of two away; what is in between was changed within the check.
_RATE_TOLERANCE = 0.15
_RATE_ATTEMPTS = 3


def rate_command(rate_hz: float) -> bytes:
    """Return the command that sets the rate; rate_hz is a key of RATE_CODES."""
    return bytes([0xFF, 0xAA, 0x03, RATE_CODES[rate_hz], 0x00])


def battery_percent(raw: int) -> int:
    """Return the charge in percent for the battery register (hundredths of a volt)."""
    return next((percent for least, percent in _BATTERY_STEPS if raw >= least), 0)


@dataclass(frozen=True, slots=True)
class WitMotionDecoder:
    """Byte-stream parser. Its state is the tail of bytes that is not a whole frame yet."""

    name: str = NAME
    time_base: TimeBase = "count"
    two_streams: bool = False
    rate_hz: float | None = 100.0
    # Measured true rates are 99.26 of 100 and 198.43 of 200 Hz.
    rate_bias: float = -0.0075
    rate_spread: float = 0.003

    def initial_state(self) -> bytes:
        """Return the state before the first payload of a connection."""
        return b""

    def decode(self, payload: bytes, state: bytes | None = None) -> tuple[Decoded, bytes]:
        """Read the whole frames of one payload. Bytes that belong to no frame are skipped and noted.

        Raises DecodeError if the payload is not bytes or the state none of this decoder.
        """
        data = _tail(state) + payload_bytes(payload)
        count, rest = divmod(len(data), FRAME_BYTES)
        marks, kinds = data[::FRAME_BYTES], data[1::FRAME_BYTES]
        if rest == 0 and count > 0 and marks.count(_MARK) == kinds.count(_DATA) == count:
            # Past the marks and before the angles, in one view: a sixth less time than slice by slice.
            return _decoded(np.ndarray((2, count, 3), _WORD, data, 2, (6, FRAME_BYTES, 2)), None, 0), b""
        return _parse(data)


def _tail(state: object) -> bytes:
    if state is None:
        return b""
    if not isinstance(state, bytes):
        raise wrong_state(state)
    return state


def _parse(data: bytes) -> tuple[Decoded, bytes]:
    frames: list[bytes] = []
    battery: int | None = None
    skipped = 0
    at = 0
    while at < len(data):
        # A lone mark at the end may be the start of a frame: it waits for the next payload.
        kind = data[at + 1] if at + 1 < len(data) else _DATA
        if data[at] != _MARK or kind not in (_DATA, _REGISTERS):
            at += 1
            skipped += 1
            continue
        if at + FRAME_BYTES > len(data):
            break
        frame = data[at : at + FRAME_BYTES]
        at += FRAME_BYTES
        if kind == _DATA:
            frames.append(frame[2:14])
            continue
        register, value = struct.unpack_from("<HH", frame, 2)
        # Right after a write to flash the sensor answers 0 V, which is not a charge.
        if register == BATTERY_REGISTER and value:
            battery = battery_percent(value)
    words = np.frombuffer(b"".join(frames), _WORD).reshape(-1, 2, 3).swapaxes(0, 1)
    return _decoded(words, battery, skipped), data[at:]


def _decoded(words: NDArray[np.int16], battery: int | None, skipped: int) -> Decoded:
    """Return the samples of (2, n, 3) words: accelerations, angular rates."""
    notes = (f"{skipped} bytes that belong to no frame were skipped",) if skipped else ()
    count = words.shape[1]
    if not count:
        return Decoded(NO_ROWS, NO_ROWS, None, battery, notes)
    # In place and with factors of the same shape: a third of the time of a row of factors.
    values = words.astype(np.float64, "C")
    values *= _to_si(count)
    return Decoded(values[0], values[1], None, battery, notes)


@lru_cache(maxsize=32)
def _to_si(count: int) -> NDArray[np.float64]:
    """Return (2, count, 3) factors for accelerations and angular rates."""
    factors = np.empty((2, count, 3))
    factors[0] = ACC_MPS2_PER_LSB
    factors[1] = GYR_RADPS_PER_LSB
    factors.setflags(write=False)
    return factors


DECODER = WitMotionDecoder()


@dataclass(frozen=True, slots=True)
class WitMotion:
    """The driver of a WitMotion sensor on the air."""

    decoder: Decoder = DECODER
    model: str = "WitMotion BLE 5.0"
    acc_range_mps2: float | None = ACC_RANGE_MPS2
    gyr_range_radps: float | None = GYR_RANGE_RADPS
    rates_hz: tuple[float, ...] = tuple(RATE_CODES)

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell whether the name is one of the maker's or its service is advertised (it is not always)."""
        del manufacturer_ids
        return _NAME.match(name) is not None or _SERVICE in service_uuids

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Subscribe, unlock, set the rate without saving it, and count samples to see whether it took.

        Commands have no acknowledgement, so the rate is set again up to three times; a sensor that
        still sends another rate is used at that rate.
        """
        notify = connection.characteristic(NOTIFY_PREFIX)
        command = connection.characteristic(WRITE_PREFIX)
        await connection.subscribe(notify)
        wanted_hz = nearest_rate_hz(self.rates_hz, rate_hz)
        packets = connection.packets()
        before = 0
        for _ in range(_RATE_ATTEMPTS):
            await connection.write(command, UNLOCK)
            before = len(connection.packets())
            await connection.wait(_COMMAND_PAUSE_S)
            # A sensor that was at this rate before its link broke sends good samples all along.
            already = _count(connection.packets()[before:]) >= 0.5 * wanted_hz * _COMMAND_PAUSE_S
            await connection.write(command, rate_command(wanted_hz))
            await connection.wait(_COMMAND_PAUSE_S)
            await connection.write(command, READ_BATTERY)
            if not already:
                await connection.wait(_SETTLING_S)
                before = len(connection.packets())
            await connection.wait(_RATE_CHECK_S)
            packets = connection.packets()
            if _comes_at(packets[before:], wanted_hz):
                return SetUp(wanted_hz, packets[before].host_ns, _battery(packets))
        window = packets[before:]
        found_hz = next((known for known in RATE_CODES if _comes_at(window, known)), None)
        if found_hz is not None:
            return SetUp(found_hz, window[0].host_ns, _battery(packets))
        raise SensorRefusedError(
            "The sensor sends samples at a rate it should not have; switch it off and on again"
            if _count(packets)
            else "The sensor is connected but sends no samples; switch it off and on again"
        )

    async def poll(self, connection: Connection) -> None:
        """Ask for the battery; the answer is a register frame among the data."""
        await connection.write(connection.characteristic(WRITE_PREFIX), READ_BATTERY)

    async def leave(self, connection: Connection) -> None:
        """Nothing to stop: it sends for as long as somebody is connected."""


def _count(packets: list[RawPacket]) -> int:
    count = 0
    state = DECODER.initial_state()
    for packet in packets:
        decoded, state = DECODER.decode(packet.payload, state)
        count += len(decoded.acc_mps2)
    return count


def _comes_at(packets: list[RawPacket], rate_hz: float) -> bool:
    """Tell whether packets come at this rate; the first only starts the clock."""
    if len(packets) < 3:
        return False
    span_s = (packets[-1].host_ns - packets[0].host_ns) / 1e9
    return span_s > 0.0 and abs(_count(packets[1:]) / span_s / rate_hz - 1.0) < _RATE_TOLERANCE


def _battery(packets: list[RawPacket]) -> int | None:
    found: int | None = None
    state = DECODER.initial_state()
    for packet in packets:
        decoded, state = DECODER.decode(packet.payload, state)
        found = found if decoded.battery_percent is None else decoded.battery_percent
    return found


SENSOR = WitMotion()
