"""The firmware of a virtual Polar Verity Sense or H10: the PMD service with its frames and replies.

Written from the vendor's documents and captures, a second time beside the decoder on purpose: an encoder that
shared the decoder's figures could not find it wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

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

PMD_SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
HEART_RATE_SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"
HEART_RATE = "00002a37-0000-1000-8000-00805f9b34fb"
INFORMATION_SERVICE = "0000180a-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION = "00002a26-0000-1000-8000-00805f9b34fb"
POLAR_ELECTRO = 0x006B

# An H10 begins in 2019 when it is switched on, in nanoseconds since 2000.
_BOOT_NS = 599_616_000 * 10**9
_FRAME_BYTES = 227
_BLOCK_SAMPLES = 20
_READ_NOT_PERMITTED = 0x02
ALREADY_IN_STATE = 6

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PolarStreamKind:
    """One stream that a sensor can send.

    frame_type: 0x01 whole int16, 0x80 and 0x81 compressed. per_unit: counts for 1 mg or 1 deg/s;
    factor: what the reply to the start says of it, None where it says nothing.
    """

    number: int
    rates_hz: tuple[int, ...]
    ranges: tuple[int, ...]
    frame_type: int
    samples: int
    channels: bool = True
    per_unit: float = 1.0
    factor: float | None = None


def verity_streams(*, old_firmware: bool = False) -> tuple[PolarStreamKind, ...]:
    """Return the streams of a Verity Sense; an old one sends counts and says the factor of acceleration."""
    if old_firmware:
        return (
            PolarStreamKind(2, (52,), (8,), 0x80, 58, per_unit=1.0 / 0.244, factor=0.000244),
            PolarStreamKind(5, (52,), (2000,), 0x80, 64, per_unit=16.384),
        )
    return (
        PolarStreamKind(2, (52,), (8,), 0x81, 58),
        PolarStreamKind(5, (52,), (2000,), 0x80, 64, per_unit=16.384),
    )


H10_STREAMS = (PolarStreamKind(2, (25, 50, 100, 200), (2, 4, 8), 0x01, 36, channels=False),)


class PolarFirmware:
    """It measures from a start to a stop, also when the link breaks; what runs cannot be started again.

    refuse: status by (operation, stream), such as {(2, 5): 10} for a gyroscope that does not start.
    """

    def __init__(
        self,
        name: str = "Polar Sense A1B2C3D4",
        streams: tuple[PolarStreamKind, ...] | None = None,
        *,
        battery_percent: int = 80,
        refuse: Mapping[tuple[int, int], int] | None = None,
        without_pmd: bool = False,
    ) -> None:
        """Prepare a sensor; without streams it has those of a Verity Sense."""
        self.advertised = Advertised(name, (HEART_RATE_SERVICE,), ((POLAR_ELECTRO, b"\x2b\x00\x00\x00"),))
        self.kinds = {each.number: each for each in (verity_streams() if streams is None else streams)}
        self.battery_percent = battery_percent
        self.refuse = dict(refuse or {})
        self.running: dict[int, int] = {}
        heart = TwinService(HEART_RATE_SERVICE, (TwinCharacteristic(HEART_RATE, frozenset({"notify"})),))
        pmd = TwinService(
            PMD_SERVICE,
            (
                TwinCharacteristic(CONTROL, frozenset({"read", "write", "indicate"})),
                TwinCharacteristic(DATA, frozenset({"notify"})),
            ),
        )
        battery = TwinService(
            BATTERY_SERVICE, (TwinCharacteristic(BATTERY_LEVEL, frozenset({"read", "notify"})),)
        )
        information = TwinService(
            INFORMATION_SERVICE, (TwinCharacteristic(FIRMWARE_REVISION, frozenset({"read"})),)
        )
        self.services = (heart, battery, information) if without_pmd else (heart, pmd, battery, information)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What runs; the two streams of a Verity Sense are not taken at the same instants."""
        return tuple(
            Stream(
                DATA, float(rate_hz), self.kinds[number].samples, partial(_encode, self.kinds[number]),
                phase_s=0.0 if number == 2 else 0.007,
            )
            for number, rate_hz in sorted(self.running.items())
        )  # fmt: skip

    def reset(self) -> None:
        """Keep measuring: a lost link stops nothing."""

    def read(self, characteristic: str) -> bytes:
        """Return features, battery or firmware version."""
        if characteristic == CONTROL:
            mask = sum(1 << number for number in self.kinds)
            # Beside motion: optical pulse and its intervals, or the ECG of a belt.
            mask |= 0x0A if 5 in self.kinds else 0x01
            return bytes([0x0F, mask, 0x02 if 5 in self.kinds else 0x00]) + bytes(14)
        if characteristic == BATTERY_LEVEL:
            return bytes([self.battery_percent])
        if characteristic == FIRMWARE_REVISION:
            return b"2.2.6\x00"
        raise RefusalError(_READ_NOT_PERMITTED)

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a command of the control point."""
        if characteristic != CONTROL or len(data) < 2:
            return ()
        operation, number = data[0], data[1]
        status, settings = self._obey(operation, number, data[2:])
        return (
            (CONTROL, bytes([0xF0, operation, number, status]) + (b"" if status else b"\x00" + settings)),
        )

    def _obey(self, operation: int, number: int, wanted: bytes) -> tuple[int, bytes]:
        kind = self.kinds.get(number)
        if (operation, number) in self.refuse:
            return self.refuse[operation, number], b""
        if kind is None:
            return 2, b""
        if operation == 1:
            return 0, _settings(kind)
        if operation == 3:
            return (0, b"") if self.running.pop(number, None) else (ALREADY_IN_STATE, b"")
        if operation != 2:
            return 1, b""
        if number in self.running:
            return ALREADY_IN_STATE, b""
        asked = _parsed(wanted)
        if set(asked) != ({0, 1, 2, 4} if kind.channels else {0, 1, 2}):
            return 5, b""
        if asked[0] not in kind.rates_hz:
            return 8, b""
        if asked[1] != 16:
            return 7, b""
        if asked[2] != max(kind.ranges):
            return 9, b""
        self.running[number] = asked[0]
        return 0, b"" if kind.factor is None else struct.pack("<BBf", 5, 1, kind.factor)


def _settings(kind: PolarStreamKind) -> bytes:
    out = struct.pack(f"<BB{len(kind.rates_hz)}H", 0, len(kind.rates_hz), *kind.rates_hz)
    out += struct.pack("<BBH", 1, 1, 16)
    out += struct.pack(f"<BB{len(kind.ranges)}H", 2, len(kind.ranges), *kind.ranges)
    return out + (b"\x04\x01\x03" if kind.channels else b"")


def _parsed(settings: bytes) -> dict[int, int]:
    found: dict[int, int] = {}
    while len(settings) >= 3:
        size = 1 if settings[0] == 4 else 2
        found[settings[0]] = int.from_bytes(settings[2 : 2 + size], "little")
        settings = settings[2 + size :]
    return found


def _encode(kind: PolarStreamKind, clock_s: Array, acc_mps2: Array, gyr_radps: Array) -> Sequence[bytes]:
    values = acc_mps2 / 9.80665e-3 if kind.number == 2 else np.rad2deg(gyr_radps)
    stamps_ns = [_BOOT_NS + round(each * 1e9) for each in clock_s.tolist()]
    if kind.number == 5 and kind.frame_type == 0x81:
        counts = values.astype("<f4").view("<i4").astype(np.int64)
        return frames(kind, stamps_ns, counts)
    # In mg a whole range of 8 g goes far beyond 8000: the sensor stops where its chip does.
    most = 8191 if kind.number == 2 and kind.per_unit == 1.0 else 32767
    counts = np.clip(np.rint(values * kind.per_unit), -most, most).astype(np.int64)
    return frames(kind, stamps_ns, counts)


def frames(kind: PolarStreamKind, stamps_ns: list[int], counts: NDArray[np.int64]) -> list[bytes]:
    """Return frames for (n, 3) counts, as many as they need to stay within the size of one notification."""
    if kind.frame_type < 0x80:
        content = counts.astype("<i2").tobytes()
    else:
        width = 4 if kind.number == 5 and kind.frame_type == 0x81 else 2
        content = compressed(counts, width)
    head = bytes([kind.number]) + stamps_ns[-1].to_bytes(8, "little") + bytes([kind.frame_type])
    if len(head) + len(content) <= _FRAME_BYTES or len(counts) < 2:
        return [head + content]
    half = len(counts) // 2
    return frames(kind, stamps_ns[:half], counts[:half]) + frames(kind, stamps_ns[half:], counts[half:])


def compressed(counts: NDArray[np.int64], width: int, block_samples: int = _BLOCK_SAMPLES) -> bytes:
    """Return the first sample and the differences of the others, each block as narrow as it can be.

    counts: (n, 3). width: bytes of each value of the first sample.
    """
    out = b"".join(int(value).to_bytes(width, "little", signed=True) for value in counts[0])
    differences = np.diff(counts, axis=0)
    if width == 4:
        # Between two patterns of 32 bits it is shorter round the end of the numbers.
        differences = (differences + (1 << 31)) % (1 << 32) - (1 << 31)
    for at in range(0, len(differences), block_samples):
        block = [int(value) for value in differences[at : at + block_samples].ravel()]
        bits = max((value if value >= 0 else -value - 1).bit_length() + 1 for value in block)
        packed = 0
        for place, value in enumerate(block):
            packed |= (value & ((1 << bits) - 1)) << (place * bits)
        out += bytes([bits, len(block) // 3]) + packed.to_bytes((len(block) * bits + 7) // 8, "little")
    return out


def h10() -> PolarFirmware:
    """Return an H10."""
    return PolarFirmware("Polar H10 12345678", H10_STREAMS)
