"""The firmware of a virtual sensor after docs/open-imu-profile.md, and the reference encoder of its packets.

`packet` and `words` are pure and all that a firmware in another language has to agree with. They share
nothing with the decoder on purpose: an encoder with the decoder's figures could not find it wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.twin import (
    BATTERY_LEVEL,
    BATTERY_SERVICE,
    Access,
    Advertised,
    RefusalError,
    Stream,
    TwinCharacteristic,
    TwinService,
)

NAME = "Open IMU 3f2a"
SERVICE = "dc810001-230e-48f2-a083-473a6a3fdad7"
DATA = "dc810002-230e-48f2-a083-473a6a3fdad7"
RATE = "dc810003-230e-48f2-a083-473a6a3fdad7"
RANGE = "dc810004-230e-48f2-a083-473a6a3fdad7"
DEVICE_INFORMATION_SERVICE = "0000180a-0000-1000-8000-00805f9b34fb"
MODEL_NUMBER = "00002a24-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION = "00002a26-0000-1000-8000-00805f9b34fb"

# An LSM6DSO: full scale in g or deg/s and what one LSB stands for (ST's lsm6dso_reg.c, lsm6dso_from_fs*).
_ACC_MPS2_PER_LSB = {each: mg * 9.80665e-3 for each, mg in ((2, 0.061), (4, 0.122), (8, 0.244), (16, 0.488))}
_GYR_RADPS_PER_LSB = {
    each: float(np.deg2rad(mdps * 1e-3))
    for each, mdps in ((125, 4.375), (250, 8.75), (500, 17.5), (1000, 35.0), (2000, 70.0))
}
_PACKETS_PER_S = 25
_WRONG_LENGTH = 0x0D
_NOT_SUPPORTED = 0x80
_CHIP_SILENT = 0x81


def words(
    acc_mps2: NDArray[np.float64],
    gyr_radps: NDArray[np.float64],
    acc_mps2_per_lsb: float,
    gyr_radps_per_lsb: float,
) -> NDArray[np.int16]:
    """Return (n, 6) integers of (n, 3) and (n, 3) values; what is beyond the range stays at its end."""
    raw = np.hstack([acc_mps2 / acc_mps2_per_lsb, gyr_radps / gyr_radps_per_lsb])
    return np.clip(np.rint(raw), -32768, 32767).astype("<i2")


def packet(
    sequence: int,
    first_us: int,
    period_ns: int,
    acc_mps2_per_lsb: float,
    gyr_radps_per_lsb: float,
    samples: NDArray[np.int16],
) -> bytes:
    """Return one notification with (n, 6) samples; number and time wrap by themselves."""
    header = struct.pack(
        "<BBHIIff",
        1,
        len(samples),
        sequence & 0xFFFF,
        first_us & 0xFFFFFFFF,
        period_ns,
        acc_mps2_per_lsb,
        gyr_radps_per_lsb,
    )
    return header + samples.astype("<i2").tobytes()


class OpenImuFirmware:
    """It streams while somebody listens; rate and range stay until it is switched off.

    rates_hz: what it offers. acc_ranges_g, gyr_ranges_dps: likewise; it starts with the last of each.
    rate_error: the ATT error for every rate (0: none). insists_on_hz: it takes a rate and keeps its own.
    chip_answers: whether the board reaches its motion chip. battery_percent: None without a measurement.
    lose_every: every so-manyth packet finds no room in its queue (0: none). version: of its packets.
    silent: it never sends.
    """

    def __init__(
        self,
        name: str = NAME,
        *,
        rates_hz: Sequence[int] = (25, 50, 100, 200),
        acc_ranges_g: Sequence[int] = (2, 4, 8, 16),
        gyr_ranges_dps: Sequence[int] = (125, 250, 500, 1000, 2000),
        rate_error: int = 0,
        insists_on_hz: int | None = None,
        chip_answers: bool = True,
        battery_percent: int | None = 87,
        lose_every: int = 0,
        version: int = 1,
        silent: bool = False,
    ) -> None:
        """Prepare a sensor as it is switched on."""
        self.advertised = Advertised(name, (SERVICE,))
        self.rates_hz = tuple(rates_hz)
        self.acc_ranges_g = tuple(acc_ranges_g)
        self.gyr_ranges_dps = tuple(gyr_ranges_dps)
        self.acc_g = self.acc_ranges_g[-1]
        self.gyr_dps = self.gyr_ranges_dps[-1]
        self.rate_hz = self.rates_hz[0] if insists_on_hz is None else insists_on_hz
        self.rate_error = rate_error
        self.insists_on_hz = insists_on_hz
        self.chip_answers = chip_answers
        self.battery_percent = battery_percent
        self.lose_every = lose_every
        self.version = version
        self.silent = silent
        self._sequence = 0
        self._before_s: float | None = None

    @property
    def services(self) -> tuple[TwinService, ...]:
        """Its own, the device information and, where it measures the battery, that."""
        readable: frozenset[Access] = frozenset({"read"})
        own = (
            TwinCharacteristic(DATA, frozenset({"notify"})),
            TwinCharacteristic(RATE, frozenset({"read", "write"})),
            TwinCharacteristic(RANGE, frozenset({"read", "write"})),
        )
        about = (TwinCharacteristic(MODEL_NUMBER, readable), TwinCharacteristic(FIRMWARE_REVISION, readable))
        battery = (TwinCharacteristic(BATTERY_LEVEL, frozenset({"read", "notify"})),)
        return (
            TwinService(SERVICE, own),
            TwinService(DEVICE_INFORMATION_SERVICE, about),
            *((TwinService(BATTERY_SERVICE, battery),) if self.battery_percent is not None else ()),
        )

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One; a packet every 40 ms, or every sample where that is less often."""
        if self.silent:
            return ()
        return (Stream(DATA, float(self.rate_hz), max(1, self.rate_hz // _PACKETS_PER_S), self._encode),)

    def reset(self) -> None:
        """Count packets from 0 again."""
        self._sequence = 0
        self._before_s = None

    def read(self, characteristic: str) -> bytes:
        """Return the rate and all rates, the ranges, the battery or a text."""
        if characteristic in (RATE, RANGE) and not self.chip_answers:
            raise RefusalError(_CHIP_SILENT)
        if characteristic == RATE:
            return struct.pack(f"<{1 + len(self.rates_hz)}H", self.rate_hz, *self.rates_hz)
        if characteristic == RANGE:
            return struct.pack("<HH", self.acc_g, self.gyr_dps)
        if characteristic == BATTERY_LEVEL:
            return bytes([self.battery_percent or 0])
        return {MODEL_NUMBER: b"LSM6DSO breakout", FIRMWARE_REVISION: b"1.0.2"}[characteristic]

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a rate or a range; nothing is answered but that it was taken."""
        if not self.chip_answers:
            raise RefusalError(_CHIP_SILENT)
        if len(data) != (2 if characteristic == RATE else 4):
            raise RefusalError(_WRONG_LENGTH)
        if characteristic == RATE:
            (rate_hz,) = struct.unpack("<H", data)
            if self.rate_error or rate_hz not in self.rates_hz:
                raise RefusalError(self.rate_error or _NOT_SUPPORTED)
            if self.insists_on_hz is None and rate_hz != self.rate_hz:
                self.rate_hz = rate_hz
                self._before_s = None
            return ()
        acc_g, gyr_dps = struct.unpack("<HH", data)
        if acc_g not in self.acc_ranges_g or gyr_dps not in self.gyr_ranges_dps:
            raise RefusalError(_NOT_SUPPORTED)
        self.acc_g, self.gyr_dps = acc_g, gyr_dps
        return ()

    def _encode(
        self, clock_s: NDArray[np.float64], acc_mps2: NDArray[np.float64], gyr_radps: NDArray[np.float64]
    ) -> Sequence[bytes]:
        # The period as its clock measured it since the packet before; the first one has only the plan.
        first_s = float(clock_s[0])
        measured_s = (first_s - self._before_s) / len(clock_s) if self._before_s is not None else 0.0
        period_s = measured_s if 0.0 < measured_s * self.rate_hz < 2.0 else 1.0 / self.rate_hz
        self._before_s = first_s
        number = self._sequence
        self._sequence += 1
        if self.lose_every and number % self.lose_every == self.lose_every - 1:
            return ()
        acc_per_lsb = _ACC_MPS2_PER_LSB[self.acc_g]
        gyr_per_lsb = _GYR_RADPS_PER_LSB[self.gyr_dps]
        samples = words(acc_mps2, gyr_radps, acc_per_lsb, gyr_per_lsb)
        made = packet(number, round(first_s * 1e6), round(period_s * 1e9), acc_per_lsb, gyr_per_lsb, samples)
        return (bytes([self.version]) + made[1:],)
