"""The firmware of a virtual Capture2Go IMU: the real packages and commands.

Written from the vendor's protocol document, a second time beside the decoder on purpose: an encoder that
shared the decoder's figures could not find it wrong.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.twin import Advertised, RefusalError, Stream, TwinCharacteristic, TwinService

Array = NDArray[np.float64]

NAME = "IMU_1234ab"
SERVICE = "80030001-e629-4c98-9324-aa7fc0c66de7"
RX = "80030002-e629-4c98-9324-aa7fc0c66de7"
TX = "80030003-e629-4c98-9324-aa7fc0c66de7"

IDLE, STREAMING, RECORDING = 1, 2, 3
WRONG_STATE, NOT_PARSED, UNKNOWN_COMMAND = 0xFB, 0xFC, 0xFD
_ATT_READ_NOT_PERMITTED = 0x02

# Sampling code: rate, Hz. It is the last digit of a data package's header too.
_RATES_HZ = {1: 200.0, 2: 100.0, 3: 50.0, 4: 25.0, 5: 10.0, 6: 1.0}
_MODE_BYTES = 30
_ACC_LSB_PER_MPS2 = 2048.0 / 9.81
_GYR_LSB_PER_RADPS = 16.384 * 180.0 / np.pi


def framed(header: int, payload: bytes = b"") -> bytes:
    """Return a package: start, checksum over what follows the size, size, header, payload."""
    body = header.to_bytes(2, "little") + payload
    return b"\x02" + binascii.crc32(body).to_bytes(4, "little") + bytes([len(payload)]) + body


class Capture2GoFirmware:
    """It streams once it has a mode and is told to start, and goes on when the link breaks.

    state: what it does when it is switched on. refuse: commands that it answers with an error, and the code.
    silent: it starts without ever sending a sample. forgets_rate: it stays at 25 Hz whatever it is told.
    slice_bytes: the most that a notification carries besides its first byte. magnetometer: it sends it too.
    """

    def __init__(
        self,
        name: str = NAME,
        *,
        battery_percent: int = 72,
        charging: bool = False,
        state: int = IDLE,
        refuse: Mapping[int, int] | None = None,
        silent: bool = False,
        forgets_rate: bool = False,
        slice_bytes: int = 243,
        magnetometer: bool = False,
    ) -> None:
        """Prepare a sensor."""
        self.advertised = Advertised(name, (SERVICE,))
        self.services = (
            TwinService(
                SERVICE,
                (
                    TwinCharacteristic(RX, frozenset({"write"})),
                    TwinCharacteristic(TX, frozenset({"notify"})),
                ),
            ),
        )
        self.battery_percent = battery_percent
        self.charging = charging
        self._state = state
        self._refused = dict(refuse or {})
        self._silent = silent
        self._forgets_rate = forgets_rate
        self._slice_bytes = slice_bytes
        self._magnetometer = magnetometer
        # From the factory, and what a sensor left streaming was set to.
        self._mode = bytes(10) + b"\x04" + bytes(3) + b"\x01" + bytes(_MODE_BYTES - 15)
        self._clock_set_ns: int | None = None
        self._offset_ns = 0
        self._status_due_s = 0.0
        self._waiting = b""

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One while it streams."""
        if self._state != STREAMING or self._silent:
            return ()
        return (Stream(TX, _RATES_HZ[self._mode[10]], 8, self._encode),)

    def reset(self) -> None:
        """It goes on when a link breaks, and what it could not send waits."""

    def read(self, characteristic: str) -> bytes:
        """Nothing can be read."""
        del characteristic
        raise RefusalError(_ATT_READ_NOT_PERMITTED)

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take one package; answers wait behind the samples where it streams."""
        del characteristic
        streamed = bool(self.streams)
        answer = self._answer(data)
        if streamed and self.streams:
            self._waiting += answer
            return ()
        waiting, self._waiting = self._waiting, b""
        return [(TX, each) for each in self._cut(waiting + answer)]

    def _answer(self, data: bytes) -> bytes:
        if len(data) < 8 or data != framed(int.from_bytes(data[6:8], "little"), data[8:]):
            return self._error(NOT_PARSED, 0)
        command, payload = int.from_bytes(data[6:8], "little"), data[8:]
        if command in self._refused:
            return self._error(self._refused[command], command)
        if command == 0x0070:
            return framed(0x0071, _device_information(self.advertised.name))
        if command == 0x0200:
            return self._status(0)
        if command == 0x0170 and len(payload) == 8:
            self._clock_set_ns = int.from_bytes(payload, "little", signed=True)
            return framed(0x0171, payload)
        if self._state == RECORDING:
            return self._error(WRONG_STATE, command)
        if command in (0x0152, 0x0158):
            self._state = IDLE
            self._waiting = b"" if command == 0x0158 else self._waiting
            return framed(command + 1)
        if command == 0x0120 and len(payload) == _MODE_BYTES and self._state == IDLE:
            kept = payload[:10] + b"\x04" + payload[11:] if self._forgets_rate else payload
            self._mode = kept
            return framed(0x0122, kept)
        if command == 0x0150 and self._state == IDLE and self._mode[10] in _RATES_HZ:
            self._state = STREAMING
            return framed(0x0151)
        wrong_state = command in (0x0120, 0x0150)
        return self._error(WRONG_STATE if wrong_state else UNKNOWN_COMMAND, command)

    def _encode(self, clock_s: Array, acc_mps2: Array, gyr_radps: Array) -> Sequence[bytes]:
        now_ns = round(float(clock_s[0]) * 1e9)
        if self._clock_set_ns is not None:
            # The first samples after it was set have this time.
            self._offset_ns, self._clock_set_ns = self._clock_set_ns - now_ns, None
        self._waiting += self._data(now_ns + self._offset_ns, acc_mps2, gyr_radps)
        if self._mode[14] and clock_s[-1] >= self._status_due_s:
            self._status_due_s = float(clock_s[-1]) + self._mode[14]
            self._waiting += self._status(now_ns + self._offset_ns)
        waiting, self._waiting = self._waiting, b""
        return self._cut(waiting)

    def _data(self, first_ns: int, acc_mps2: Array, gyr_radps: Array) -> bytes:
        with_mag = self._magnetometer or not self._mode[29]
        payload = first_ns.to_bytes(8, "little", signed=True)
        payload += _words(gyr_radps * _GYR_LSB_PER_RADPS) + _words(acc_mps2 * _ACC_LSB_PER_MPS2)
        if with_mag:
            payload += _words(np.full((8, 3), 320.0))
        # An orientation and a heading that nobody reads; no flags.
        payload += bytes(8) + bytes(2) + b"\x00"
        return framed((0x0220 if with_mag else 0x0230) + self._mode[10], payload)

    def _status(self, now_ns: int) -> bytes:
        payload = now_ns.to_bytes(8, "little", signed=True) + bytes([self._state, 2]) + bytes(6) + b"\x00"
        return framed(0x0201, payload + bytes([self.battery_percent + 128 * self.charging, 90]))

    def _error(self, code: int, command: int) -> bytes:
        return framed(0xFFFF, bytes([code]) + command.to_bytes(2, "little"))

    def _cut(self, stream: bytes) -> list[bytes]:
        size = self._slice_bytes
        return [b"\xff" + stream[at : at + size] for at in range(0, len(stream), size)]


def _device_information(name: str) -> bytes:
    fields = ((name.removeprefix("IMU_"), 6), ("B", 8), ("a1b2c3d", 8), ("1.4.2", 12), ("2025-09-01", 11))
    return b"\x01\x00" + b"".join(text.encode()[:size].ljust(size, b"\0") for text, size in fields)


def _words(values: Array) -> bytes:
    return np.clip(np.rint(values), -32768, 32767).astype("<i2").tobytes()
