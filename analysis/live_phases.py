"""Phase events while they happen: a small causal state machine on the angle and its rate.

It is quick and may be wrong; the repetition measured at its end is the record. Nothing here looks ahead:
the zero-phase smoothing of the record would alone cost 0.2-0.3 s. Instead a start is told from sway by
travel and speed together, held against the sway of this person at rest.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from analysis.grid import FRAME_S
from analysis.phases import REFERENCE_SPEED_LIMIT_DPS
from analysis.results import Exercise, PhaseKind

SHARE_OF_MEAN_SPEED = 0.25
"""v_ref by the definition: this share of the phase's own mean speed, and at most the limit."""

ARM_FRAMES, ARM_DEG = round(0.5 / FRAME_S), 1.0
"""A start is only believed from a posture that was held so still for so long."""

SWAY_DEG, SWAY_DPS = 0.25, 0.8
"""Sway of a person of whom nothing is known yet: standard deviation of the angle and of its rate."""

SWAY_SHARE = 0.01
"""Weight of a new frame in the person's own sway: a memory of 2 s of rest."""

LEARN_LATER_FRAMES = 15

SWAYS_DEG, SWAYS_DPS = 6.0, 6.0
MOST_TRAVEL_DEG, MOST_SPEED_DPS = 3.0, 30.0
"""Travel and speed that are a start by themselves: so many standard deviations of the sway, up to these."""

TOP_SHARE = 0.06
"""People creep down while they hold: leaving the top takes at least this share of the way up."""

LEAST_DEG, LEAST_DPS, FIRST_DPS = 0.15, 1.0, 2.0
"""No start below these; FIRST_DPS where the person's own speed is not known yet."""

OWN_SHARE = 0.7
"""A start has this share of the v_ref of the person's last phase of the kind: a phase begins at v_ref."""

FAR_OUT = 2.5
"""So many times the travel is a start at any speed."""

DRIFT_DPS, FALL_DPS = 1.5, 2.5
RISE_SHARE, FALL_SHARE = 0.02, 0.04
"""The level of rest follows the angle while that hardly turns, slower towards the start than away from it."""

DATING_FRAMES = 4
"""A movement began after the last so many frames below v_ref; single dips below it are sway."""

STOP_FRAMES, STOP_SHARE = round(0.1 / FRAME_S), 0.4
STOP_SWAYS_DPS, STOP_SHARE_OF_MEAN = 1.2, 0.5
"""A stop is below a share of v_ref for so long; or below the person's sway, up to these."""

LATELY_SHARE = 0.05
"""Or its mean speed is, over some 0.3 s: in who trembles single frames are always fast."""

IMPACT_DPS = 35.0
"""What was faster than this and turns back has hit something: there is no need to wait."""

EXPECTED_SHARE, EXPECTED_FRAMES = 0.6, round(0.5 / FRAME_S)
"""So long, a movement is also held against the speed of the last one of its kind."""

WRONG_DEG, WRONG_SHARE, WRONG_SHARE_OF_SMALL = 3.0, 0.2, 0.35
"""What stops before such a travel (a share of the way up for a fall) was no start."""

RESUME_DEG, RESUME_SHARE, RESUME_FRAMES = 4.5, 0.1, round(4.0 / FRAME_S)
"""Rising so much further is the same lift after a pause; a new one after so long a hold."""

AGAIN_DEG, AGAIN_SHARE = 4.0, 0.12
"""Rising so much during the way down is the next repetition, without a rest between."""

BACK_SHARE, STUCK_FRAMES, STUCK_DEG = 0.35, round(2.5 / FRAME_S), 0.5
"""The way down ends with a stop so near the base, or anywhere after so long without coming further."""

OUTSIDE_DEG, BELOW_DEG = 4.5, 6.0
"""Slack of the posture while something is followed; falling so far below the rest is leaving it."""

RECENT_FRAMES = round(2.0 / FRAME_S)

State = Literal["away", "rest", "sinking", "up", "top", "down"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a source of angle and rate can tell.

    travel_deg, speed_dps: least travel and speed that are a start by themselves. late_frames: how much later
    than the movement the signals are.
    """

    travel_deg: float
    speed_dps: float
    late_frames: int


LOW_PASS_HZ = 5.0
WITH_GYROSCOPE = Sensitivity(1.5, 10.0, round(math.sqrt(2) / (2 * math.pi * LOW_PASS_HZ) / FRAME_S))
"""Late by the low-pass: a second-order Butterworth filter delays slow signals by sqrt(2) / (2 pi f)."""

ACCELEROMETER_ONLY = Sensitivity(2.5, 20.0, 0)
"""Speeding up and slowing down tilt an accelerometer's angle, and its rate is differentiated; both come
smoothed, with zero phase."""


class LowPass:
    """Causal second-order Butterworth low-pass (bilinear transform), one value after the other.

    It starts as if the first value had always been there.
    """

    __slots__ = ("_a1", "_a2", "_b0", "_z1", "_z2")

    def __init__(self, cutoff_hz: float, rate_hz: float) -> None:
        k = math.tan(math.pi * cutoff_hz / rate_hz)
        norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
        self._b0 = k * k * norm
        self._a1, self._a2 = 2.0 * (k * k - 1.0) * norm, (1.0 - math.sqrt(2.0) * k + k * k) * norm
        self._z1: float | None = None
        self._z2 = 0.0

    def step(self, values: Iterable[float]) -> list[float]:
        """Take further values and return them filtered."""
        b0, a1, a2, z1, z2 = self._b0, self._a1, self._a2, self._z1, self._z2
        out: list[float] = []
        for x in values:
            if z1 is None:
                z1, z2 = x * (1.0 - b0), x * (b0 - a2)
            y = b0 * x + z1
            z1 = 2.0 * b0 * x - a1 * y + z2
            z2 = b0 * x - a2 * y
            out.append(y)
        self._z1, self._z2 = z1, z2
        return out


@dataclass(frozen=True, slots=True)
class Notice:
    """A phase began at frame `start`, or ended at frame `end`; noticed at frame `noticed`."""

    kind: PhaseKind
    start: int
    end: int | None
    noticed: int


@dataclass(slots=True)
class _Movement:
    """A movement being followed. Speeds are positive in its direction."""

    start: int
    end: int
    expected_dps: float
    mean_dps: float
    peak_dps: float
    _way_dps: float
    _lately_dps: float
    _count: int = 1
    _slow: int = 0

    def goes_on(self, i: int, speed_dps: float, sway_dps: float, late: int) -> bool:
        """Take the speed at frame i; False once the movement has stopped. `end` is where, as far as known."""
        if speed_dps > 0.15 * self.mean_dps:
            self._way_dps += speed_dps
            self._count += 1
            self.mean_dps = self._way_dps / self._count
        reference = reference_dps(max(self.mean_dps, EXPECTED_SHARE * self.expected_dps))
        if self._count > EXPECTED_FRAMES:
            self.expected_dps = 0.0
        self.peak_dps = max(self.peak_dps, speed_dps)
        if speed_dps > reference:
            self.end = i + 1 - late
        still = min(sway_dps, STOP_SWAYS_DPS, STOP_SHARE_OF_MEAN * self.mean_dps)
        stopped_dps = max(STOP_SHARE * reference, still)
        self._slow = self._slow + 1 if speed_dps <= stopped_dps else 0
        self._lately_dps += LATELY_SHARE * (speed_dps - self._lately_dps)
        if self.peak_dps > IMPACT_DPS and speed_dps < 0.0 and self._slow > 1:
            return False
        return self._slow < STOP_FRAMES and self._lately_dps > stopped_dps


def reference_dps(mean_dps: float) -> float:
    """Return v_ref of a phase with a mean speed."""
    return min(REFERENCE_SPEED_LIMIT_DPS, SHARE_OF_MEAN_SPEED * mean_dps)


@dataclass(slots=True)
class PhaseWatcher:
    """Follows one exercise through rest, way up, top and way down, one frame after the other.

    base_min_deg, base_max_deg: where the exercise rests; a rise is watched only from there. far_max_deg:
    where it turns at most; what goes beyond is something else.
    """

    exercise: Exercise
    base_min_deg: float
    base_max_deg: float
    far_max_deg: float
    sensitivity: Sensitivity = WITH_GYROSCOPE
    _state: State = "away"
    _still: int = 0
    _rested: int = 0
    # Where it rested; the highest angle of the way up; where it holds; the lowest angle of the way down.
    _base: float = 0.0
    _far: float = 0.0
    _top: float = 0.0
    _low: float = 0.0
    _left_top: float = 0.0
    _lowered: float = 0.0
    _lowered_at: int = 0
    _hold_start: int = 0
    _up: _Movement = field(default_factory=lambda: _Movement(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0))
    _down: _Movement = field(default_factory=lambda: _Movement(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0))
    _up_dps: float = 0.0
    _down_dps: float = 0.0
    _sway_deg2: float = SWAY_DEG**2
    _sway_dps2: float = SWAY_DPS**2
    _recent_dps: deque[float] = field(default_factory=lambda: deque[float](maxlen=RECENT_FRAMES))

    @property
    def kinds(self) -> tuple[PhaseKind, PhaseKind]:
        """What the way up and the way down are called."""
        return ("lower", "return") if self.exercise == "nordic" else ("lift", "lower")

    def step(self, angles_deg: Iterable[float], rates_dps: Iterable[float], first: int) -> list[Notice]:
        """Take further frames, the first of which has the index `first`."""
        notices: list[Notice] = []
        i = first - 1
        for x, v in zip(angles_deg, rates_dps, strict=True):
            i += 1
            self._recent_dps.append(v)
            if self._state == "away":
                self._settle(x)
            elif self._state == "sinking":
                self._sinks(notices, i, x, v)
            elif self._state == "rest":
                self._learn_sway()
                self._at_rest(notices, i, x, v)
            elif self._state == "up":
                self._rested = 0
                self._on_the_way_up(notices, i, x, v)
            elif self._state == "top":
                self._learn_sway()
                self._at_the_top(notices, i, x, v)
            else:
                self._rested = 0
                self._on_the_way_down(notices, i, x, v)
        return notices

    def _settle(self, x: float) -> None:
        if not self.base_min_deg <= x <= self.base_max_deg:
            self._leave()
            return
        if self._still == 0 or abs(x - self._base) > ARM_DEG:
            self._base, self._still = x, 0
        self._still += 1
        if self._still >= ARM_FRAMES:
            self._state, self._base = "rest", x

    def _at_rest(self, notices: list[Notice], i: int, x: float, v: float) -> None:
        above = x - self._base
        if not self._in_posture(x):
            self._leave()
        elif above < -BELOW_DEG:
            self._leave()
            if self.exercise == "bridge":
                # Its top may lie in the posture of its rest: what seemed to be the rest was the top.
                self._state, self._base, self._low = "sinking", x, x
        elif self._starts(above, v, self._up_dps, 0.0):
            self._rise(notices, i, x)
        elif -FALL_DPS < v < DRIFT_DPS:
            self._base += (FALL_SHARE if above < 0.0 else RISE_SHARE) * above
            self._sway_deg2 += SWAY_SHARE * (above * above - self._sway_deg2)

    def _sinks(self, notices: list[Notice], i: int, x: float, v: float) -> None:
        """Down from what seemed to be the rest: wait for the new one, or for a rise without one."""
        self._low = min(self._low, x)
        rises = x > self._low + AGAIN_DEG and v > FIRST_DPS
        if rises:
            self._base = self._low
            self._rise(notices, i, x)
        else:
            self._settle(x)

    def _on_the_way_up(self, notices: list[Notice], i: int, x: float, v: float) -> None:
        up = self._up
        self._far = max(self._far, x)
        if x > self.far_max_deg + OUTSIDE_DEG:
            notices.append(Notice(self.kinds[0], up.start, i, i))
            self._leave()
            return
        if up.goes_on(i, v, math.sqrt(self._sway_dps2), self.sensitivity.late_frames):
            return
        end = max(up.start, up.end)
        notices.append(Notice(self.kinds[0], up.start, end, i))
        if self._far - self._base < WRONG_DEG:
            self._state, self._base = "rest", x
            return
        self._up_dps = up.mean_dps
        self._state, self._top, self._hold_start = "top", x, end
        notices.append(Notice("hold", end, None, i))

    def _at_the_top(self, notices: list[Notice], i: int, x: float, v: float) -> None:
        below, way = self._top - x, self._far - self._base
        if x > self.far_max_deg + OUTSIDE_DEG:
            notices.append(Notice("hold", self._hold_start, i, i))
            self._leave()
        elif self._starts(below, -v, self._down_dps, TOP_SHARE * way):
            self._fall(notices, i, x, v)
        elif x > self._top + max(RESUME_DEG, RESUME_SHARE * way):
            if i > self._hold_start + RESUME_FRAMES:
                # Long ago: this was a change of posture, or a rest that lies higher than the one before.
                notices.append(Notice("hold", self._hold_start, i, i))
                self._base = self._top
                self._rise(notices, i, x)
                return
            self._state, self._far = "up", max(self._far, x)
            self._up = _followed(self._up.start, i, v, 0.0)
            notices.append(Notice(self.kinds[0], self._up.start, None, i))
        elif -DRIFT_DPS < v < FALL_DPS:
            self._top -= (FALL_SHARE if below < 0.0 else RISE_SHARE) * below
            self._sway_deg2 += SWAY_SHARE * (below * below - self._sway_deg2)

    def _on_the_way_down(self, notices: list[Notice], i: int, x: float, v: float) -> None:
        down, way = self._down, self._far - self._base
        if x < self._low:
            self._low = x
            if x < self._lowered - STUCK_DEG:
                self._lowered, self._lowered_at = x, i
        if x < self.base_min_deg - 2.0 * OUTSIDE_DEG:
            notices.append(Notice(self.kinds[1], down.start, i, i))
            self._leave()
            return
        # Arriving, the body sinks below its rest and comes back: only what rises above both goes up again.
        bottom = max(self._low, self._base)
        if x > bottom + max(AGAIN_DEG, AGAIN_SHARE * way) and v > FIRST_DPS:
            notices.append(Notice(self.kinds[1], down.start, max(down.start, down.end), i))
            self._down_dps, self._base = down.mean_dps, bottom
            self._rise(notices, i, x)
            return
        if down.goes_on(i, -v, math.sqrt(self._sway_dps2), self.sensitivity.late_frames):
            return
        end = Notice(self.kinds[1], down.start, max(down.start, down.end), i)
        if self._left_top - self._low < max(WRONG_SHARE * way, min(WRONG_DEG, WRONG_SHARE_OF_SMALL * way)):
            notices.append(end)
            notices.append(Notice("hold", self._hold_start, None, i))
            self._state, self._top = "top", x
        elif x < self._base + BACK_SHARE * way or i > self._lowered_at + STUCK_FRAMES:
            notices.append(end)
            self._down_dps = down.mean_dps
            self._state, self._base = "rest", max(x, self._base)
            if not self._in_posture(x):
                self._leave()

    def _rise(self, notices: list[Notice], i: int, x: float) -> None:
        self._up = _followed(self._began(i, 1.0, self._up_dps), i, self._recent_dps[-1], self._up_dps)
        self._state, self._far = "up", x
        notices.append(Notice(self.kinds[0], self._up.start, None, i))

    def _fall(self, notices: list[Notice], i: int, x: float, v: float) -> None:
        start = max(self._hold_start, self._began(i, -1.0, self._down_dps))
        self._down = _followed(start, i, -v, self._down_dps)
        self._state, self._left_top = "down", self._top
        self._low = self._lowered = x
        self._lowered_at = i
        notices.append(Notice("hold", self._hold_start, start, i))
        notices.append(Notice(self.kinds[1], start, None, i))

    def _leave(self) -> None:
        self._state, self._still = "away", 0

    def _in_posture(self, x: float) -> bool:
        return self.base_min_deg <= x <= self.base_max_deg + OUTSIDE_DEG

    def _starts(self, travel_deg: float, speed_dps: float, own_dps: float, least_deg: float) -> bool:
        """Whether travel and speed together are more than this person's sway."""
        if travel_deg < LEAST_DEG or speed_dps < LEAST_DPS:
            return False
        sways_deg = min(MOST_TRAVEL_DEG, SWAYS_DEG * math.sqrt(self._sway_deg2))
        enough_deg = max(self.sensitivity.travel_deg, sways_deg, least_deg)
        if travel_deg > FAR_OUT * enough_deg:
            return True
        if speed_dps <= (OWN_SHARE * reference_dps(own_dps) if own_dps > 0.0 else FIRST_DPS):
            return False
        sways_dps = min(MOST_SPEED_DPS, SWAYS_DPS * math.sqrt(self._sway_dps2))
        return travel_deg / enough_deg + speed_dps / max(self.sensitivity.speed_dps, sways_dps) >= 1.0

    def _learn_sway(self) -> None:
        """Take the rate of a while ago: the last frames may be the beginning of a movement."""
        self._rested += 1
        if self._rested > LEARN_LATER_FRAMES:
            v = self._recent_dps[-LEARN_LATER_FRAMES]
            self._sway_dps2 += SWAY_SHARE * (min(v * v, 225.0) - self._sway_dps2)

    def _began(self, noticed: int, sense: float, own_dps: float) -> int:
        """Date a movement back to where it left v_ref, guessed from its present speed and the last one's."""
        reference = reference_dps(max(sense * self._recent_dps[-1], own_dps))
        frames = slow = 0
        for back, v in enumerate(reversed(self._recent_dps), start=1):
            if sense * v > reference:
                frames, slow = back, 0
                continue
            slow += 1
            if slow == DATING_FRAMES:
                break
        return noticed + 1 - frames - self.sensitivity.late_frames


def _followed(start: int, i: int, speed_dps: float, expected_dps: float) -> _Movement:
    """A movement that was noticed at frame i."""
    mean_dps = max(speed_dps, 0.1)
    return _Movement(start, i, expected_dps, mean_dps, speed_dps, mean_dps, max(mean_dps, FIRST_DPS))
