"""Excursions of an angle: up from a base, and back down, found by turning points while it streams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEW = 32
"""Below so many values looking for runs costs more than it saves."""

MAX_POINTS = 256
"""An even number of turning points, more than a minute of any movement has."""

STILL_DRIFT_DEG, STILL_DRIFT_SHARE = 0.25, 0.02
"""Without a new low by more than this, or this share of the fall, the angle has stopped falling."""

UNHURRIED_SHARE, MOST_PATIENCE = 0.08, 4.0
"""A fall over which `settled` is a smaller share than this gets that share of its time to settle, but no more
than so many times `settled` (`stuck` in proportion): the end of a slow lowering is slower than the drift."""

QUICK_RETURN = 0.85
"""Having fallen back by this share of the rise, an excursion is over as soon as it has settled."""

PLATEAU, PLATEAU_DEG = 40, 1.0
"""Values within PLATEAU_DEG of each other that make a level held on the way up."""

RAISED_STUCK = 2
"""Times as long as usual an excursion that is said to have started at a level held on the way up has to stay
short of where it came from: halfway a rise may pause, and the way back rest."""

ALIKE_BASE = 0.40
"""Start and end of an excursion may differ by this share of its range; a higher valley is inside it."""


@dataclass(frozen=True, slots=True)
class Excursion:
    """Up from index `base` to `peak` and down to `end`; known when the sample `known` had been seen."""

    base: int
    peak: int
    end: int
    known: int
    base_deg: float
    peak_deg: float
    end_deg: float

    @property
    def range_deg(self) -> float:
        """Rise above the higher of the two ends."""
        return self.peak_deg - max(self.base_deg, self.end_deg)


@dataclass(slots=True)
class ExcursionFinder:
    """Zig-zag with hysteresis over an angle clipped to [floor, ceiling], one value after the other.

    An excursion is known as soon as the angle has come back near its base and stopped falling for
    `settled` samples, or stayed short of it for `stuck` samples, or risen again by the hysteresis. After a
    slow fall both last longer.
    """

    floor_deg: float
    ceiling_deg: float
    hysteresis_deg: float
    settled: int
    stuck: int
    longest: int
    _rising: bool = False
    _extreme: float = float("inf")
    _extreme_at: int = 0
    _low: float = float("inf")
    _low_at: int = 0
    _falling_at: int = 0
    _drift: float = STILL_DRIFT_DEG
    _closed: bool = True
    _held: float = float("inf")
    _held_at: int = 0
    # Levels held on the way up, (last index, angle): somebody may have got into place there.
    _plateaus_seen: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    # Turning points so far, (index, angle), valley and peak in turn, beginning with a valley.
    _points: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    @property
    def can_wait(self) -> bool:
        """Whether the angle has to fall by the hysteresis, then rise or settle, before anything is known."""
        return self._rising or self._closed

    def step(self, angles_deg: Array, first: int) -> list[Excursion]:
        """Take further angles (n,), the first of which has the index `first`; return what became known."""
        found: list[Excursion] = []
        hysteresis = self.hysteresis_deg
        rising, extreme, extreme_at = self._rising, self._extreme, self._extreme_at
        low, low_at, closed, drift = self._low, self._low_at, self._closed, self._drift
        held, held_at = self._held, self._held_at
        for i, last, x in self._plateaus(angles_deg, first):
            if rising:
                if x > extreme:
                    extreme, extreme_at = x, i
                if x > held + PLATEAU_DEG or x < held - PLATEAU_DEG:
                    if i - held_at >= PLATEAU:
                        self._plateaus_seen.append((i - 1, held))
                    held, held_at = x, i
                if x >= extreme - hysteresis:
                    continue
                self._turn(extreme_at, extreme)
                drift = max(STILL_DRIFT_DEG, STILL_DRIFT_SHARE * (extreme - self._points[-2][1]))
                rising = closed = False
                extreme = low = x
                extreme_at = low_at = self._falling_at = i
            elif x < extreme:
                extreme, extreme_at = x, i
                if x < low - drift:
                    low, low_at = x, i
            elif x > extreme + hysteresis:
                if not closed:
                    self._note(found, extreme, extreme_at, i, 0.0)
                self._turn(extreme_at, extreme)
                rising = True
                extreme, extreme_at = x, i
                held, held_at = x, i
                self._plateaus_seen.clear()
                continue
            if closed:
                continue
            patience = UNHURRIED_SHARE * (low_at - self._falling_at) / self.settled
            patience = min(max(1.0, patience), MOST_PATIENCE)
            settled, stuck = round(patience * self.settled), round(patience * self.stuck)
            if i <= low_at + settled <= last:
                closed = self._note(found, extreme, extreme_at, low_at + settled, QUICK_RETURN, slack_deg=2.5)
            if not closed and i <= low_at + stuck <= last:
                closed = self._note(found, extreme, extreme_at, low_at + stuck, 0.75, raised=False)
            if not closed and i <= low_at + RAISED_STUCK * stuck <= last:
                closed = self._note(found, extreme, extreme_at, low_at + RAISED_STUCK * stuck, 0.75)
        self._rising, self._extreme, self._extreme_at = rising, extreme, extreme_at
        self._low, self._low_at, self._closed, self._drift = low, low_at, closed, drift
        self._held, self._held_at = held, held_at
        return found

    def _turn(self, at: int, angle_deg: float) -> None:
        """Remember a turning point, and forget those too old to be part of anything."""
        self._points.append((at, angle_deg))
        if len(self._points) > MAX_POINTS:
            del self._points[: MAX_POINTS // 2]

    def _plateaus(self, angles_deg: Array, first: int) -> Iterable[tuple[int, int, float]]:
        """Runs of the same clipped angle: first index, last index, angle. Most of a session is one."""
        floor, ceiling = self.floor_deg, self.ceiling_deg
        if angles_deg.size < FEW:
            indices = range(first, first + angles_deg.size)
            values = [floor if x < floor else min(x, ceiling) for x in angles_deg.tolist()]
            return zip(indices, indices, values, strict=True)
        x = np.minimum(np.maximum(angles_deg, floor), ceiling)
        starts = np.concatenate([[0], np.flatnonzero(x[1:] != x[:-1]) + 1])
        lasts = first + np.append(starts[1:], x.size) - 1
        return zip((first + starts).tolist(), lasts.tolist(), x[starts].tolist(), strict=True)

    def _note(
        self,
        found: list[Excursion],
        end_deg: float,
        end: int,
        known: int,
        returned: float,
        slack_deg: float = 0.0,
        *,
        raised: bool = True,
    ) -> bool:
        """Append the excursion that ends at the running minimum, if there is one that came back so far.

        returned: share of the rise that must have been fallen back, less slack_deg. raised: it may have
        started at a level held on the way up.
        """
        points = self._points
        peak_at, peak_deg = -1, float("-inf")
        for k in range(len(points) - 1, -1, -1):
            at, angle = points[k]
            if known - at > self.longest:
                return False
            if k % 2 == 1:
                if angle > peak_deg:
                    peak_at, peak_deg = at, angle
                continue
            if peak_at < 0 or angle > end_deg + ALIKE_BASE * (peak_deg - end_deg):
                continue
            far_below = end_deg - angle > ALIKE_BASE * (peak_deg - angle)
            if far_below or end_deg - angle > max(slack_deg, (1 - returned) * (peak_deg - angle)):
                # It came from further down, but may have stopped at its start on the way.
                slack = max(slack_deg, (1 - returned) * (peak_deg - end_deg))
                starts = [p for p in self._plateaus_seen if p[0] < peak_at and abs(p[1] - end_deg) <= slack]
                if not raised or not starts or returned >= QUICK_RETURN:
                    return False
                at, angle = starts[-1]
            found.append(Excursion(at, peak_at, end, known, angle, peak_deg, end_deg))
            # What lies before the end of this excursion is done with; the parity starts again at a valley.
            self._points.clear()
            return True
        return False
