"""Phase events while they happen: a small causal state machine on the smoothed angle.

It is quick and may be wrong; the repetition measured at its end is the record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.phases import REFERENCE_SPEED_LIMIT_DPS
from analysis.results import Exercise, PhaseKind

NOTICE_DEG = 1.5
NOTICE_DPS = 2.5
STOPPED_DPS = 1.5
STOPPED_SAMPLES = 8
RESUME_DEG = 4.5
SHARE_OF_PRESENT_SPEED = 0.25
RECENT_SAMPLES = 150


@dataclass(frozen=True, slots=True)
class Notice:
    """A phase began at sample `start`, or ended at sample `end`; noticed at sample `noticed`."""

    kind: PhaseKind
    start: int
    end: int | None
    noticed: int


@dataclass(slots=True)
class PhaseWatcher:
    """Follows one exercise through rest, up, far and down, one smoothed sample after the other.

    base_min_deg, base_max_deg: where the exercise rests; a rise is watched only from there.
    """

    exercise: Exercise
    base_min_deg: float
    base_max_deg: float
    _state: str = "rest"
    _base: float = 1e9
    _still: int = 0
    _far: float = 0.0
    _far_at: int = 0
    _slow_at: int = 0
    _started_at: int = 0
    _stopped_at: int = 0
    _recent_dps: deque[float] = field(default_factory=lambda: deque[float](maxlen=RECENT_SAMPLES))

    def step(self, angles_deg: Iterable[float], rates_dps: Iterable[float], first: int) -> list[Notice]:
        """Take further samples, the first of which has the index `first`."""
        up: PhaseKind = "lower" if self.exercise == "nordic" else "lift"
        down: PhaseKind = "return" if self.exercise == "nordic" else "lower"
        notices: list[Notice] = []
        i = first - 1
        for x, v in zip(angles_deg, rates_dps, strict=True):
            i += 1
            self._recent_dps.append(v)
            if self._state == "rest":
                if not self.base_min_deg <= x <= self.base_max_deg + RESUME_DEG:
                    self._base = 1e9
                    continue
                if x <= self._base:
                    self._base = x
                elif v < NOTICE_DPS / 2:
                    # Still, or nearly: the base follows, so that a slow drift is not taken for a rise.
                    self._base += 0.04 * (x - self._base)
                elif x > self._base + NOTICE_DEG and v > NOTICE_DPS:
                    self._state, self._far, self._far_at = "up", x, i
                    self._started_at, self._still = self._began(i, 1.0), 0
                    notices.append(Notice(up, self._started_at, None, i))
            elif self._state == "up":
                if x > self._far:
                    self._far, self._far_at = x, i
                self._still = self._still + 1 if abs(v) < STOPPED_DPS else 0
                if self._still >= STOPPED_SAMPLES or x < self._far - NOTICE_DEG:
                    self._state = "far"
                    self._stopped_at = min(self._far_at, i - self._still + 1)
                    notices.append(Notice(up, self._started_at, self._stopped_at, i))
                    notices.append(Notice("hold", self._stopped_at, None, i))
            elif self._state == "far":
                if x > self._far + RESUME_DEG:
                    self._state, self._far, self._far_at, self._still = "up", x, i, 0
                    notices.append(Notice(up, self._started_at, None, i))
                elif x < self._far - NOTICE_DEG and v < -NOTICE_DPS:
                    self._state, self._still = "down", 0
                    self._slow_at = max(self._stopped_at, self._began(i, -1.0))
                    notices.append(Notice("hold", self._stopped_at, self._slow_at, i))
                    notices.append(Notice(down, self._slow_at, None, i))
            else:
                self._still = self._still + 1 if v > -STOPPED_DPS else 0
                near = x < self._base + 0.35 * (self._far - self._base)
                if (self._still >= STOPPED_SAMPLES and near) or x < self._base - NOTICE_DEG:
                    self._state, self._base = "rest", x
                    end = max(self._slow_at, i - self._still + 1)
                    notices.append(Notice(down, self._slow_at, end, i))
                elif x > self._far:
                    self._state = "up"
        return notices

    def _began(self, noticed: int, sense: float) -> int:
        """Date a movement back to the last sample slower than its v_ref, guessed from its present speed."""
        present_dps = sense * self._recent_dps[-1]
        reference_dps = min(REFERENCE_SPEED_LIMIT_DPS, SHARE_OF_PRESENT_SPEED * present_dps)
        for back, v in enumerate(reversed(self._recent_dps)):
            if sense * v <= reference_dps:
                return noticed - back
        return noticed - len(self._recent_dps) + 1
