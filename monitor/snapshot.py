"""What the engine shows to the outside: one immutable picture at a time, swapped by reference."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.source import LinkState, SensorInfo
from monitor.session import Session
from monitor.trace import Trace

# A packet every 40 ms is usual and one connection event may fail: only then does a running time stop.
COAST_S = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The state of everything at one instant.

    host_ns: the engine's clock when the picture was made. time_s: the same instant on the time axis of the
    samples, on which all times in `session` and `trace` stand.
    rate_hz: samples per second over the last seconds; None before there are any.
    data_host_ns: when the newest samples arrived; newest_s: their last time.
    troubles: sentences for a person, the worst first. notice: something worth knowing that needs no action.
    recording_trouble: the one of them that is about the recording, which `Engine.save_elsewhere` may end.
    battery_warning: a sentence while its battery is low. ended: no more data will come.
    """

    host_ns: int
    time_s: float
    info: SensorInfo
    link: LinkState
    link_text: str
    session: Session
    trace: Trace
    battery_percent: int | None = None
    battery_warning: str | None = None
    rate_hz: float | None = None
    data_host_ns: int | None = None
    newest_s: float = 0.0
    gaps: int = 0
    troubles: tuple[str, ...] = ()
    recording_trouble: str | None = None
    notice: str | None = None
    ended: bool = False

    def data_age_s(self, host_ns: int) -> float | None:
        """Return how old the newest samples are at host_ns; None before the first."""
        if self.data_host_ns is None:
            return None
        return max(0.0, (host_ns - self.data_host_ns) / 1e9)

    def at_s(self, host_ns: int) -> float:
        """Return host_ns on the time axis of the samples, not running on where data stay away."""
        moved_s = self.time_s + (host_ns - self.host_ns) / 1e9
        if self.data_host_ns is None:
            return moved_s
        return max(self.newest_s, min(moved_s, self.newest_s + COAST_S))

    def lowering_s(self, host_ns: int) -> float | None:
        """Return the seconds of the lowering that goes on at host_ns; None if there is none."""
        phase = self.session.phase
        if phase is None or phase.kind != "lower":
            return None
        return max(0.0, self.at_s(host_ns) - phase.start_s)
