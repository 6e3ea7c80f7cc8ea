"""What every origin of data looks like: a sensor on the air, a replayed recording, a simulation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

BATTERY_LEVEL_PREFIX = "00002a19"
"""Bluetooth's standard characteristic for the battery level: one byte, percent."""

LOOKING, SIGNAL_LOST = "Looking for the sensor", "Signal lost"
"""How a link's text begins while nothing but the sensor is missing; any other one says what to do."""

LinkState = Literal["searching", "connecting", "streaming", "lost", "closed"]


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """What is known about a sensor. None: the sensor does not say.

    driver is the name under which `drivers.registry` finds the decoder of its packets.
    delay_s: by how much the samples come late because the sensor collects them first (0: at once).
    simulated is True where no person wore it.
    """

    driver: str
    model: str
    name: str
    serial: str | None = None
    firmware: str | None = None
    rate_hz: float | None = None
    acc_range_mps2: float | None = None
    gyr_range_radps: float | None = None
    battery_percent: int | None = None
    delay_s: float = 0.0
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class RawPacket:
    """One notification, verbatim, with the host's monotonic clock at its arrival."""

    host_ns: int
    characteristic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A change of the link, in words that a person can read."""

    host_ns: int
    state: LinkState
    text: str


SourceItem = RawPacket | LinkStatus


@runtime_checkable
class Source(Protocol):
    """A stream of packets. The rest of the program cannot tell one source from another."""

    @property
    def info(self) -> SensorInfo:
        """What is known about the sensor so far (more may be known after the first packet)."""
        ...

    def packets(self) -> AsyncIterator[SourceItem]:
        """Yield packets and link changes in the order they happened; ends when the source is exhausted.

        Closing the iterator (`aclose`) stops the sensor and frees the link.
        """
        ...
