"""What a driver does with a sensor on the air: recognise it, set it up, ask it things now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.decoded import Decoder
from drivers.source import RawPacket


class SensorRefusedError(ConnectionError):
    """A sensor that is connected but cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """How a sensor streams after its set-up.

    rate_hz: nominal rate it was found to send. valid_from_ns: host time from which its packets are at
    that rate; earlier ones are thrown away.
    """

    rate_hz: float
    valid_from_ns: int
    battery_percent: int | None = None
    firmware: str | None = None


class Connection(Protocol):
    """What a driver may do with a connected sensor. Every call has a time limit of its own.

    Calls raise SensorRefusedError, TimeoutError, OSError or Bleak's errors; the link then starts over.
    """

    def characteristic(self, prefix: str) -> str:
        """Return the UUID that starts with `prefix`. Raises SensorRefusedError if there is none."""
        ...

    async def subscribe(self, characteristic: str) -> None:
        """Let notifications flow."""
        ...

    async def write(self, characteristic: str, data: bytes) -> None:
        """Write a command."""
        ...

    async def read(self, characteristic: str) -> bytes:
        """Read a value."""
        ...

    async def wait(self, seconds: float) -> None:
        """Let time pass while packets arrive."""
        ...

    def packets(self) -> list[RawPacket]:
        """Return all packets of this connection so far; meant for the set-up only."""
        ...


class SensorDriver(Protocol):
    """One kind of sensor."""

    @property
    def decoder(self) -> Decoder:
        """Reads its payloads."""
        ...

    @property
    def model(self) -> str:
        """Name of the kind of sensor, for people."""
        ...

    @property
    def acc_range_mps2(self) -> float | None:
        """Full scale of the accelerometer."""
        ...

    @property
    def gyr_range_radps(self) -> float | None:
        """Full scale of the gyroscope."""
        ...

    def recognises(self, name: str, service_uuids: frozenset[str], manufacturer_ids: frozenset[int]) -> bool:
        """Tell whether an advertisement (UUIDs in small letters) comes from such a sensor."""
        ...

    async def set_up(self, connection: Connection, rate_hz: float) -> SetUp:
        """Subscribe, then make the sensor stream at `rate_hz` or the nearest it has."""
        ...

    async def poll(self, connection: Connection) -> None:
        """Ask for what changes slowly (battery); the answer comes as a packet. Called once a minute."""
        ...
