"""The firmware of a virtual MetaMotion board with a BMI160 (R, RL, C) or a BMI270 (S).

Written from the vendor's register lists and tests, a second time beside the decoder on purpose: an encoder
that shared the decoder's figures could not find it wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.virtual.twin import Advertised, RefusalError, Stream, TwinCharacteristic, TwinService

Array = NDArray[np.float64]
Chip = Literal["BMI160", "BMI270"]
Half = Literal["acceleration", "angular rate"]

NAME = "MetaWear"
SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND = "326a9001-85cb-9195-d9dd-464cfbbae75a"
NOTIFY = "326a9006-85cb-9195-d9dd-464cfbbae75a"
DEVICE_INFORMATION = "0000180a-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION = "00002a26-0000-1000-8000-00805f9b34fb"

_MAKER = 0x626D
_READ_NOT_PERMITTED = 0x02
_RATES_HZ = {6: 25.0, 7: 50.0, 8: 100.0, 9: 200.0}
_LSB_PER_G = {
    "BMI160": {0x03: 16384.0, 0x05: 8192.0, 0x08: 4096.0, 0x0C: 2048.0},
    "BMI270": {0: 16384.0, 1: 8192.0, 2: 4096.0, 3: 2048.0},
}
_LSB_PER_DPS = (16.4, 32.8, 65.6, 131.2, 262.4)
_FACTORY_SETTINGS = {
    "BMI160": {3: b"\x28\x03", 0x13: b"\x28\x00"},
    "BMI270": {3: b"\xa8\x02", 0x13: b"\x28\x00"},
}
# Data registers and how many samples a message of them has.
_DATA: dict[str, dict[int, dict[int, int]]] = {
    "BMI160": {0x03: {0x04: 1, 0x1C: 3}, 0x13: {0x05: 1, 0x07: 3}},
    "BMI270": {0x03: {0x04: 1, 0x05: 3}, 0x13: {0x04: 1, 0x05: 3}},
}
# The gyroscope takes its samples between those of the accelerometer.
_GYR_PHASE_S = 0.0037


class MetaMotionFirmware:
    """It does what its registers say, and goes on doing it when the link breaks.

    chip: on the board. revision: of its modules; those of old firmware (0) cannot pack samples.
    gyroscope: the smaller boards have none. stuck: it forgets what is written to its settings.
    mute: a half that never comes. overflows_at_hz: from this rate on it has more to send than the link
    takes, and every second message is lost. gyr_stretch: rate of the gyroscope relative to the accelerometer.
    """

    def __init__(
        self,
        chip: Chip = "BMI270",
        *,
        name: str = NAME,
        battery_percent: int = 83,
        revision: int = 1,
        gyroscope: bool = True,
        stuck: bool = False,
        mute: Half | None = None,
        overflows_at_hz: float = np.inf,
        gyr_stretch: float = 1.0,
    ) -> None:
        """Prepare a board as it comes from the factory."""
        self.advertised = Advertised(name, (SERVICE,), ((_MAKER, b""),))
        self.services = (
            TwinService(
                SERVICE,
                (
                    TwinCharacteristic(COMMAND, frozenset({"write"})),
                    TwinCharacteristic(NOTIFY, frozenset({"notify"})),
                ),
            ),
            TwinService(DEVICE_INFORMATION, (TwinCharacteristic(FIRMWARE_REVISION, frozenset({"read"})),)),
        )
        self.battery_percent = battery_percent
        self._chip = chip
        self._stuck = stuck
        self._mute = mute
        self._overflows_at_hz = overflows_at_hz
        self._gyr_stretch = gyr_stretch
        self._info = {
            0x03: bytes([1 if chip == "BMI160" else 4, revision if chip == "BMI160" else 0]),
            0x13: bytes([0 if chip == "BMI160" else 1, revision if chip == "BMI160" else 0])
            if gyroscope
            else b"",
        }
        self._settings = dict(_FACTORY_SETTINGS[chip])
        self._powered: set[int] = set()
        self._sampling: set[int] = set()
        self._listened: set[tuple[int, int]] = set()
        self._encoded = 0

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One for each data register that is listened to, where its module runs."""
        running = self._powered & self._sampling
        return tuple(self._stream(*each) for each in sorted(self._listened) if each[0] in running)

    def reset(self) -> None:
        """Nothing is forgotten when a link breaks."""

    def read(self, characteristic: str) -> bytes:
        """Return the version of the firmware."""
        if characteristic != FIRMWARE_REVISION:
            raise RefusalError(_READ_NOT_PERMITTED)
        return b"1.7.2"

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a command; what is none is ignored without a word."""
        del characteristic
        if len(data) < 2:
            return ()
        module, register, values = data[0], data[1], data[2:]
        if register & 0x80:
            answer = self._answer(module, register & 0x7F)
            return () if answer is None else ((NOTIFY, data[:2] + answer),)
        if module in self._settings and values:
            self._take(module, register, values)
        return ()

    def _answer(self, module: int, register: int) -> bytes | None:
        if register == 0 and module in self._info:
            return self._info[module]
        if register == 3 and module in self._settings and self._info[module]:
            return self._settings[module]
        if (module, register) == (0x11, 0x0C):
            return bytes([self.battery_percent]) + (3300 + 9 * self.battery_percent).to_bytes(2, "little")
        return None

    def _take(self, module: int, register: int, values: bytes) -> None:
        if register == 1:
            (self._powered.add if values[0] else self._powered.discard)(module)
        elif register == 2:
            # First what to switch on, then what to switch off.
            if values[0] & 1:
                self._sampling.add(module)
            if len(values) > 1 and values[1] & 1:
                self._sampling.discard(module)
        elif register == 3 and len(values) == 2:
            self._settings[module] = self._settings[module] if self._stuck else values
        elif register in _DATA[self._chip][module]:
            (self._listened.add if values[0] else self._listened.discard)((module, register))

    def _stream(self, module: int, register: int) -> Stream:
        count = _DATA[self._chip][module][register]
        rate_code, range_code = self._settings[module]
        rate_hz = _RATES_HZ[rate_code & 0x0F]
        header = bytes([module, register])
        lossy = rate_hz >= self._overflows_at_hz
        if module == 0x03:
            scale = _LSB_PER_G[self._chip][range_code] / STANDARD_GRAVITY_MPS2

            def encode_force(clock_s: Array, acc_mps2: Array, gyr_radps: Array) -> Sequence[bytes]:
                del clock_s, gyr_radps
                return self._messages(
                    header, acc_mps2 * scale, muted=self._mute == "acceleration", lossy=lossy
                )

            return Stream(NOTIFY, rate_hz, count, encode_force)
        dps_scale = _LSB_PER_DPS[range_code] * 180.0 / np.pi

        def encode_rate(clock_s: Array, acc_mps2: Array, gyr_radps: Array) -> Sequence[bytes]:
            del clock_s, acc_mps2
            return self._messages(
                header, gyr_radps * dps_scale, muted=self._mute == "angular rate", lossy=lossy
            )

        return Stream(NOTIFY, rate_hz, count, encode_rate, _GYR_PHASE_S, self._gyr_stretch)

    def _messages(self, header: bytes, values: Array, *, muted: bool, lossy: bool) -> Sequence[bytes]:
        self._encoded += 1
        # Both halves come in turn, so that two of four are lost from each.
        if muted or (lossy and self._encoded % 4 < 2):
            return ()
        return (header + np.clip(np.rint(values), -32768, 32767).astype("<i2").tobytes(),)
