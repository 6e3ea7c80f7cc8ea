"""The firmware of a virtual Movesense: the vendor's GATT SensorData Protocol.

Written from the vendor's document, its sample firmware and captures of the hardware, a second time beside the
decoder on purpose.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.twin import (
    BATTERY_LEVEL,
    BATTERY_SERVICE,
    Advertised,
    RefusalError,
    Stream,
    TwinCharacteristic,
    TwinService,
)

Array = NDArray[np.float64]

NAME = "Movesense 204730000081"
SERVICE = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND = "34800001-7185-4d5d-b431-630e7050e8f0"
NOTIFY = "34800002-7185-4d5d-b431-630e7050e8f0"
BATTERY_PATH = "/System/Energy/Level"

# Rates of /Meas/IMU6, and the samples in one update.
SAMPLES_AT_HZ = {13: 1, 26: 2, 52: 4, 104: 8, 208: 16}
# What a step of the chip is worth at its full scales in g and deg/s.
ACC_STEPS_MPS2 = {2: 0.061 * 9.807e-3, 4: 0.122 * 9.807e-3, 8: 0.244 * 9.807e-3, 16: 0.488 * 9.807e-3}
GYR_STEPS_DPS = {245: 0.00875, 500: 0.0175, 1000: 0.035, 2000: 0.07}

_IMU6_PATH = "/Meas/IMU6/"
_LONGEST_PAYLOAD = 150
_MOST_SUBSCRIPTIONS = 4
_READ_NOT_PERMITTED = 0x02
_OK, _BAD_REQUEST, _NOT_FOUND, _CONFLICT, _NOT_IMPLEMENTED, _FULL = 200, 400, 404, 409, 501, 507
_INFO = ("204730000081", "Movesense", "0C8CDC000081", "Default", "2.3.1")


def imu6(
    stamp_ms: int, acc_mps2: Array, gyr_radps: Array, *, acc_range_g: int = 8, gyr_range_dps: int = 2000
) -> bytes:
    """Return the payload of an update: stamp, then whole blocks, in the steps of the chip."""
    acc = _in_steps(acc_mps2, ACC_STEPS_MPS2[acc_range_g])
    gyr = _in_steps(np.rad2deg(gyr_radps), GYR_STEPS_DPS[gyr_range_dps])
    return struct.pack(f"<I{acc.size + gyr.size}f", stamp_ms % 2**32, *acc.ravel(), *gyr.ravel())


def notifications(reference: int, payload: bytes, *, split: bool = True) -> tuple[bytes, ...]:
    """Return the one or two notifications that carry a payload."""
    if not split or len(payload) <= _LONGEST_PAYLOAD:
        return (bytes([2, reference]) + payload,)
    return (
        bytes([2, reference]) + payload[:_LONGEST_PAYLOAD],
        bytes([3, reference]) + payload[_LONGEST_PAYLOAD:],
    )


class MovesenseFirmware:
    """It sends what is subscribed to and forgets all of it when the link ends.

    has_service: False as before firmware 2.3. splits: cuts long payloads. answers: False for one whose
    answers are all lost. has_battery_service: offers the standard one beside the path. statuses: what paths
    are answered with instead. silent_paths: are accepted and never heard of again. The ranges are those of
    the captures, unless told otherwise.
    """

    def __init__(
        self,
        name: str = NAME,
        *,
        battery_percent: int = 77,
        has_service: bool = True,
        splits: bool = True,
        answers: bool = True,
        has_battery_service: bool = True,
        statuses: Mapping[str, int] | None = None,
        silent_paths: frozenset[str] = frozenset(),
        acc_range_g: int = 8,
        gyr_range_dps: int = 2000,
    ) -> None:
        """Prepare a sensor."""
        self.advertised = Advertised(
            name, ("0000fdf3-0000-1000-8000-00805f9b34fb",), ((0x009F, b"\x01\x02"),)
        )
        battery = TwinCharacteristic(BATTERY_LEVEL, frozenset({"read", "notify"}))
        command = TwinCharacteristic(COMMAND, frozenset({"write"}))
        notify = TwinCharacteristic(NOTIFY, frozenset({"notify"}))
        self.services = (
            *((TwinService(BATTERY_SERVICE, (battery,)),) if has_battery_service else ()),
            *((TwinService(SERVICE, (command, notify)),) if has_service else ()),
        )
        self.battery_percent = battery_percent
        self.statuses = dict(statuses or {})
        self.silent_paths = silent_paths
        self.subscriptions: dict[int, str] = {}
        self._splits = splits
        self._acc_range_g = acc_range_g
        self._gyr_range_dps = gyr_range_dps
        self._answers = answers

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One for each subscription that is heard of."""
        return tuple(
            self._stream(reference, int(path.removeprefix(_IMU6_PATH)))
            for reference, path in self.subscriptions.items()
            if path not in self.silent_paths
        )

    def reset(self) -> None:
        """Drop all subscriptions."""
        self.subscriptions.clear()

    def read(self, characteristic: str) -> bytes:
        """Return the battery level."""
        if characteristic != BATTERY_LEVEL:
            raise RefusalError(_READ_NOT_PERMITTED)
        return bytes([self.battery_percent])

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a command; what is none is ignored."""
        if characteristic != COMMAND or len(data) < 2 or data[1] == 0:
            return ()
        code, reference, path = data[0], data[1], data[2:].rstrip(b"\0").decode("ascii", "replace")
        if code == 0:
            answer = b"\x02" + b"".join(text.encode() + b"\0" for text in _INFO)
        elif code == 1:
            answer = self._subscribe(reference, path)
        elif code == 2:
            was_there = self.subscriptions.pop(reference, None) is not None
            answer = _status(_OK if was_there else _NOT_FOUND)
        elif code == 4:
            answer = self._get(path)
        else:
            answer = _status(_BAD_REQUEST)
        return ((NOTIFY, bytes([1, reference]) + answer),) if self._answers else ()

    def _subscribe(self, reference: int, path: str) -> bytes:
        if path in self.statuses:
            # As in the vendor's sample: this one status comes with its bytes swapped.
            swapped = self.statuses[path] == _FULL
            return struct.pack(">H" if swapped else "<H", self.statuses[path])
        if not path.startswith(_IMU6_PATH) or not path.removeprefix(_IMU6_PATH).isdigit():
            return _status(_NOT_FOUND)
        if int(path.removeprefix(_IMU6_PATH)) not in SAMPLES_AT_HZ:
            return _status(_NOT_IMPLEMENTED)
        if reference in self.subscriptions:
            return _status(_CONFLICT)
        if len(self.subscriptions) == _MOST_SUBSCRIPTIONS:
            return struct.pack(">H", _FULL)
        self.subscriptions[reference] = path
        return _status(_OK)

    def _get(self, path: str) -> bytes:
        if path in self.statuses:
            return _status(self.statuses[path])
        if path == BATTERY_PATH:
            return _status(_OK) + bytes([self.battery_percent])
        return _status(_NOT_FOUND)

    def _stream(self, reference: int, rate_hz: int) -> Stream:
        def encode(clock_s: Array, acc_mps2: Array, gyr_radps: Array) -> Sequence[bytes]:
            payload = imu6(
                int(clock_s[0] * 1000),
                acc_mps2,
                gyr_radps,
                acc_range_g=self._acc_range_g,
                gyr_range_dps=self._gyr_range_dps,
            )
            return notifications(reference, payload, split=self._splits)

        return Stream(NOTIFY, float(rate_hz), SAMPLES_AT_HZ[rate_hz], encode)


def _in_steps(values: Array, step: float) -> Array:
    return np.clip(np.rint(values / step), -32768, 32767) * step


def _status(code: int) -> bytes:
    return struct.pack("<H", code)
