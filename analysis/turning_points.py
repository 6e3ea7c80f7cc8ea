"""Excursions of an angle: up from a base, and back down, found by turning points while it streams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

STILL_DRIFT_DEG = 0.25
"""Without a new low by more than this the angle has stopped falling."""

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
    `settled` samples, or stayed short of it for `stuck` samples, or risen again by the hysteresis.
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
    _found: bool = True
    # Turning points so far, (index, angle), valley and peak in turn, beginning with a valley.
    _points: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    def step(self, angles_deg: Iterable[float], first: int) -> list[Excursion]:
        """Take further angles, the first of which has the index `first`; return what became known."""
        found: list[Excursion] = []
        floor, ceiling, hysteresis = self.floor_deg, self.ceiling_deg, self.hysteresis_deg
        i = first - 1
        for raw in angles_deg:
            i += 1
            x = floor if raw < floor else min(raw, ceiling)
            if self._rising:
                if x > self._extreme:
                    self._extreme, self._extreme_at = x, i
                elif x < self._extreme - hysteresis:
                    self._points.append((self._extreme_at, self._extreme))
                    self._rising, self._found = False, False
                    self._extreme, self._extreme_at = x, i
                    self._low, self._low_at = x, i
                continue
            if x < self._extreme:
                self._extreme, self._extreme_at = x, i
                if x < self._low - STILL_DRIFT_DEG:
                    self._low, self._low_at = x, i
            elif x > self._extreme + hysteresis:
                if not self._found:
                    self._note(found, i, 0.0)
                self._points.append((self._extreme_at, self._extreme))
                self._rising = True
                self._extreme, self._extreme_at = x, i
                continue
            if self._found:
                continue
            dwell = i - self._low_at
            if dwell == self.settled:
                self._note(found, i, 0.85, slack_deg=2.5)
            elif dwell == self.stuck:
                self._note(found, i, 0.75)
        return found

    def _note(self, found: list[Excursion], known: int, returned: float, slack_deg: float = 0.0) -> None:
        """Append the excursion that ends at the running minimum, if there is one that came back so far.

        returned: share of the rise that must have been fallen back, less slack_deg.
        """
        end_deg, points = self._extreme, self._points
        peak_at, peak_deg = -1, float("-inf")
        for k in range(len(points) - 1, -1, -1):
            at, angle = points[k]
            if known - at > self.longest:
                return
            if k % 2 == 1:
                if angle > peak_deg:
                    peak_at, peak_deg = at, angle
                continue
            if peak_at < 0 or angle > end_deg + ALIKE_BASE * (peak_deg - end_deg):
                continue
            if end_deg - angle > ALIKE_BASE * (peak_deg - angle):
                return
            if end_deg - angle > max(slack_deg, (1 - returned) * (peak_deg - angle)):
                return
            found.append(Excursion(at, peak_at, self._extreme_at, known, angle, peak_deg, end_deg))
            self._found = True
            # What lies before the end of this excursion is done with; the parity starts again at a valley.
            self._points.clear()
            return
