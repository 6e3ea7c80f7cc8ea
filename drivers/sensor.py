"""What a driver does with a sensor on the air: recognise it, set it up, ask it things now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.decoded import Decoder
from drivers.source import BATTERY_LEVEL_PREFIX, RawPacket


class SensorRefusedError(ConnectionError):
    """A sensor that is connected but cannot be used; the message says why."""


class RequestRefusedError(ConnectionError):
    """A read or a write that the sensor answered with an error of the attribute protocol (ATT).

    code: that error; 0x80-0x9F are the sensor's own, the others stand in the Bluetooth Core Specification,
    volume 3, part F, 3.4.1.1.
    """

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(f"the sensor refused with error {code:#04x}")
        self.code = code


@dataclass(frozen=True, slots=True)
class SetUp:
    """How a sensor streams after its set-up.

    rate_hz: nominal rate it was found to send. valid_from_ns: host time from which its packets are at
    that rate; earlier ones are thrown away. With 0 everything is kept, also the answers to the set-up that
    a decoder needs.
    The rest replaces what the driver says of its kind of sensor; None leaves it as it is.
    delay_s: by how much its samples come late on purpose, because it collects them first.
    """

    rate_hz: float
    valid_from_ns: int = 0
    battery_percent: int | None = None
    firmware: str | None = None
    model: str | None = None
    acc_range_mps2: float | None = None
    gyr_range_radps: float | None = None
    delay_s: float | None = None


class Connection(Protocol):
    """What a driver may do with a connected sensor. Every call has a time limit of its own.

    Calls raise SensorRefusedError, TimeoutError, OSError or Bleak's errors; the link then starts over.
    Reads and writes with a response raise RequestRefusedError where the sensor says no.
    """

    def characteristic(self, prefix: str) -> str:
        """Return the UUID that starts with `prefix`. Raises SensorRefusedError if there is none."""
        ...

    def has(self, prefix: str) -> bool:
        """Tell whether there is a characteristic whose UUID starts with `prefix`."""
        ...

    async def subscribe(self, characteristic: str) -> None:
        """Let notifications (or indications, where it has only these) flow."""
        ...

    async def write(self, characteristic: str, data: bytes, *, response: bool = False) -> None:
        """Write a command; with `response` the sensor confirms that it has come."""
        ...

    async def ask(
        self,
        characteristic: str,
        command: bytes,
        is_answer: Callable[[bytes], bool],
        *,
        response: bool = False,
        within_s: float = 2.0,
    ) -> bytes:
        """Write a command and return the first payload after it that answers it.

        Meant for the set-up only. Raises TimeoutError if none comes.
        """
        ...

    async def read(self, characteristic: str) -> bytes:
        """Read a value."""
        ...

    async def read_battery(self, prefix: str = BATTERY_LEVEL_PREFIX) -> int | None:
        """Read the battery level, percent, from the first byte of a value; None where there is none.

        prefix: where it stands, if not in the standard characteristic. The value goes the way of a packet
        too, so that a recording has it: one that is not standard goes to the decoder.
        """
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
        """Full scale of the gyroscope; None without one."""
        ...

    @property
    def rates_hz(self) -> tuple[float, ...]:
        """Nominal rates it can be set to, from the slowest."""
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

    async def leave(self, connection: Connection) -> None:
        """Stop what would go on without us and empty the sensor's battery.

        Called before we hang up on a sensor that still answers, and with little time.
        """
        ...


def nearest_rate_hz(rates_hz: tuple[float, ...], wanted_hz: float) -> float:
    """Return the rate of a sensor that is nearest to the wanted one."""
    return min(rates_hz, key=lambda rate_hz: abs(rate_hz - wanted_hz))
