"""The firmware of a virtual Movella DOT, by the maker's BLE Service Specification (XD0506P).

Written a second time beside the decoder on purpose. What the specification leaves open (what the sensor
answers to a write it refuses, whether it goes on measuring without a link) is a choice here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.twin import Access, Advertised, RefusalError, Stream, TwinCharacteristic, TwinService

Array = NDArray[np.float64]

NAME = "Movella DOT"
COMPANY = 0x0886


def uuid(short: int) -> str:
    """Return the whole UUID of a service or characteristic."""
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


INFO, SETTINGS, REPORT = uuid(0x1001), uuid(0x1002), uuid(0x1004)
CONTROL, LONG, MEDIUM, SHORT = uuid(0x2001), uuid(0x2002), uuid(0x2003), uuid(0x2004)
BATTERY = uuid(0x3001)
MESSAGE, ACKNOWLEDGEMENT, ANSWER = uuid(0x7001), uuid(0x7002), uuid(0x7003)

# Of the modes that hold measured quantities: characteristic, its length, length of what is in it.
MODES = {6: (SHORT, 20, 16), 20: (MEDIUM, 40, 34), 21: (MEDIUM, 40, 28), 26: (LONG, 63, 44)}
LIVE_RATES_HZ = (1, 4, 10, 12, 15, 20, 30, 60)

_REFUSED = 0x80
_NOT_PERMITTED = 0x02
_SYNCED, _NOT_SYNCED = 4, 9


def payload(mode: int, stamp_us: int, acc_mps2: Array, gyr_radps: Array) -> bytes:
    """Return what is in a notification of a mode, without padding; (3,) each."""
    stamp = struct.pack("<I", stamp_us % 2**32)
    acc = struct.pack("<3f", *acc_mps2)
    gyr = struct.pack("<3f", *np.rad2deg(gyr_radps))
    if mode == 20:
        return stamp + acc + gyr + struct.pack("<3h", 4096, -2048, 17)
    if mode == 26:
        return stamp + struct.pack("<4f", 1.0, 0.0, 0.0, 0.0) + acc + gyr
    # Free acceleration of a sensor that lies level: what is left without gravity.
    return stamp + (acc + gyr if mode == 21 else struct.pack("<3f", *(acc_mps2 - [0.0, 0.0, 9.81])))


def message(kind: int, data: bytes) -> bytes:
    """Return a message: kind, length, data, and what makes the sum 0."""
    body = bytes([kind, len(data)]) + data
    return body + bytes([-sum(body) % 256])


class MovellaDotFirmware:
    """It measures when it is told to, one sample a notification.

    synced: as another program left it; "stuck" does not let go of it. recording: refuses to measure.
    keeps_on: goes on measuring without a link. trims: leaves the padding out. ignores: does nothing instead
    of answering what it refuses with an error. always_mode: what it measures whatever is asked. silent:
    measures nothing. has_messages, has_measurement: False where it lacks these services.
    """

    def __init__(
        self,
        name: str = NAME,
        *,
        battery_percent: int = 83,
        rate_hz: int = 60,
        synced: Literal["no", "yes", "stuck"] = "no",
        recording: bool = False,
        keeps_on: bool = False,
        trims: bool = False,
        ignores: bool = False,
        always_mode: int | None = None,
        silent: bool = False,
        has_messages: bool = True,
        has_measurement: bool = True,
    ) -> None:
        """Prepare a sensor."""
        self.advertised = Advertised(name, (), ((COMPANY, b"\x01"),))
        services = [
            _service(0x1000, (INFO, "read"), (SETTINGS, "read write"), (REPORT, "notify")),
            _service(0x3000, (BATTERY, "read notify")),
        ]
        if has_measurement:
            control = (CONTROL, "read write")
            services.append(
                _service(0x2000, control, (LONG, "notify"), (MEDIUM, "notify"), (SHORT, "notify"))
            )
        if has_messages:
            services.append(
                _service(0x7000, (MESSAGE, "write"), (ACKNOWLEDGEMENT, "read"), (ANSWER, "notify"))
            )
        self.services = tuple(services)
        self.battery_percent = battery_percent
        self.rate_hz = rate_hz
        self.synced = synced
        self.measuring = False
        self.mode = 4
        self._recording = recording
        self._keeps_on = keeps_on
        self._trims = trims
        self._ignores = ignores
        self._always_mode = always_mode
        self._silent = silent

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One while it measures."""
        if not self.measuring or self._silent or self.mode not in MODES:
            return ()
        mode = self.mode
        characteristic, padded, length = MODES[mode]

        def encode(clock_s: Array, acc_mps2: Array, gyr_radps: Array) -> Sequence[bytes]:
            content = payload(mode, round(clock_s[0] * 1e6), acc_mps2[0], gyr_radps[0])
            assert len(content) == length
            return (content if self._trims else content.ljust(padded, b"\0"),)

        return (Stream(characteristic, float(self.rate_hz), 1, encode),)

    def reset(self) -> None:
        """Stop measuring, if that is its way."""
        self.measuring = self.measuring and self._keeps_on

    def read(self, characteristic: str) -> bytes:
        """Return information, settings, what it measures, or the battery."""
        if characteristic == INFO:
            built = struct.pack("<HBBBBB", 2023, 7, 14, 9, 30, 0)
            return bytes(6) + bytes([3, 0, 1]) + built + struct.pack("<IQ", 0x00010203, 123456) + b"XS-T02"
        if characteristic == SETTINGS:
            tag = self.advertised.name.encode().ljust(16, b"\0")
            head = bytes([0, 0, 0, 10, 0, 30, 0, len(self.advertised.name)])
            return head + tag + struct.pack("<HB5x", self.rate_hz, 0)
        if characteristic == CONTROL:
            return bytes([1, self.measuring, self.mode])
        if characteristic == BATTERY:
            return bytes([self.battery_percent, 0])
        raise RefusalError(_NOT_PERMITTED)

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a command. Raises RefusalError, or ignores what it refuses."""
        if characteristic == SETTINGS and len(data) == 32:
            self._set(data)
        elif characteristic == CONTROL and len(data) == 3 and data[0] == 1:
            self._measure(data)
        elif characteristic == MESSAGE and data == message(2, b"\x08"):
            status = _NOT_SYNCED if self.synced == "no" else _SYNCED
            return ((ANSWER, message(2, bytes([0x51, status]))),)
        elif characteristic == MESSAGE and data == message(2, b"\x02"):
            failed = self.synced == "stuck"
            self.synced = self.synced if failed else "no"
            return ((ANSWER, message(2, bytes([0x50, failed]))),)
        else:
            self._refuse()
        return ()

    def _set(self, settings: bytes) -> None:
        rate_hz = int.from_bytes(settings[24:26], "little")
        if not settings[0] & 0x10:
            return
        if self.measuring or self.synced != "no" or rate_hz not in (*LIVE_RATES_HZ, 120):
            self._refuse()
        else:
            self.rate_hz = rate_hz

    def _measure(self, control: bytes) -> None:
        if control[1] == 0:
            self.measuring = False
        elif self.measuring or self.synced != "no" or self._recording or self.rate_hz not in LIVE_RATES_HZ:
            self._refuse()
        else:
            self.measuring = True
            self.mode = control[2] if self._always_mode is None else self._always_mode

    def _refuse(self) -> None:
        if not self._ignores:
            raise RefusalError(_REFUSED)


def _service(short: int, *characteristics: tuple[str, str]) -> TwinService:
    words: dict[str, frozenset[Access]] = {
        "read": frozenset({"read"}),
        "write": frozenset({"write"}),
        "notify": frozenset({"notify"}),
        "read write": frozenset({"read", "write"}),
        "read notify": frozenset({"read", "notify"}),
    }
    return TwinService(
        uuid(short), tuple(TwinCharacteristic(each, words[access]) for each, access in characteristics)
    )
