"""The firmware of a virtual WitMotion sensor: the real frames and commands.

Written from the vendor's documents and captures of the hardware, a second time beside the decoder on purpose:
an encoder that shared the decoder's figures could not find it wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers.virtual.twin import Advertised, Stream, TwinCharacteristic, TwinService

NAME = "WT901BLE68"
SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"
NOTIFY = "0000ffe4-0000-1000-8000-00805f9a34fb"
WRITE = "0000ffe9-0000-1000-8000-00805f9a34fb"

_ACC_LSB_PER_MPS2 = 2048.0 / STANDARD_GRAVITY_MPS2
_GYR_LSB_PER_RADPS = 32768.0 / np.deg2rad(2000.0)
_RATES_HZ = {6: 10.0, 7: 20.0, 8: 50.0, 9: 100.0, 11: 200.0}
# Seen on the hardware at 20, 50 and 100 Hz.
_FRAMES_PER_NOTIFICATION = {10.0: 1, 20.0: 1, 50.0: 2, 100.0: 4, 200.0: 4}
_FACTORY_RATE_HZ = 10.0


def frames(acc_mps2: NDArray[np.float64], gyr_radps: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return (n, 10) words of data frames: header, acc, gyro, and angles, which are 0."""
    words = np.zeros((len(acc_mps2), 10))
    words[:, 0] = 0x6155
    words[:, 1:4] = acc_mps2 * _ACC_LSB_PER_MPS2
    words[:, 4:7] = gyr_radps * _GYR_LSB_PER_RADPS
    return np.clip(np.rint(words), -32768, 32767).astype("<i2")


class WitMotionFirmware:
    """It streams as soon as somebody listens, at the rate it was last set to; writing needs an unlock."""

    def __init__(self, name: str = NAME, battery_volt: float = 3.85) -> None:
        """Prepare a sensor as it comes from the factory."""
        self.advertised = Advertised(name, (SERVICE,))
        self.services = (
            TwinService(
                SERVICE,
                (
                    TwinCharacteristic(NOTIFY, frozenset({"notify"})),
                    TwinCharacteristic(WRITE, frozenset({"write"})),
                ),
            ),
        )
        self.rate_hz = _FACTORY_RATE_HZ
        self.battery_volt = battery_volt
        self._unlocked = False
        self._replies: list[bytes] = []

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One, always."""
        return (Stream(NOTIFY, self.rate_hz, _FRAMES_PER_NOTIFICATION[self.rate_hz], self._encode),)

    def reset(self) -> None:
        """Lock again; the rate stays."""
        self._unlocked = False

    def read(self, characteristic: str) -> bytes:
        """Nothing can be read."""
        del characteristic
        return b""

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a command; what is none is ignored without a word, as on the hardware."""
        del characteristic
        if len(data) != 5 or data[:2] != b"\xff\xaa":
            return ()
        register, value = data[2], data[3] | data[4] << 8
        if register == 0x69:
            self._unlocked = value == 0xB588
        elif register == 0x03 and self._unlocked and value in _RATES_HZ:
            self.rate_hz = _RATES_HZ[value]
        elif register == 0x27:
            words = [round(self.battery_volt * 100) if value == 0x64 else 0, *[0] * 7]
            self._replies.append(struct.pack("<BBH8H", 0x55, 0x71, value, *words))
        return ()

    def _encode(
        self, clock_s: NDArray[np.float64], acc_mps2: NDArray[np.float64], gyr_radps: NDArray[np.float64]
    ) -> Sequence[bytes]:
        del clock_s
        payload = frames(acc_mps2, gyr_radps).tobytes()
        replies = b"".join(self._replies)
        self._replies.clear()
        # An answer comes between the frames of a burst.
        return (payload[:20] + replies + payload[20:],)
