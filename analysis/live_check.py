"""Is the sensor as it should be? Asked every half second while it is worn, answered in sentences.

`sensor_check` judges a recording by sums over all of it: thorough, and too slow for who stands there with the
sensor on. Here each doubt has its own short evidence, gross enough to be sure within ten seconds in which it
can show at all; a dead gyroscope cannot show while nothing turns.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.half_seconds import HALF_S, HalfSecond, turned
from analysis.samples import STANDARD_GRAVITY_MPS2
from analysis.sensor_check import GYROSCOPE_FAULT

Array = NDArray[np.float64]
ComplaintKind = Literal["rate", "saturated", "gravity", "gyroscope", "stuck"]

RATE_PIECES, MAX_RATE_SHARE = 8, 0.15
"""Seconds times two over which samples are counted; sensors' clocks are out by 3 % at most, and a radio that
loses one sample in twenty is usual."""
WANDER_PIECES, WANDER_TIMES = 4, 5
"""A rate that wanders is out in two of so many spans of two seconds."""

REST_SPREAD, REST_SPREAD_DPS, REST_CHANGE = 0.06, 5.0, 0.03
"""Two halves of a second are rest if neither sensor spreads more, nor the force changes between them: shares
of the force, whose scale may be wrong. People who stand, kneel or lie sway and tremble less."""

MAX_GRAVITY_ERROR_MPS2, GRAVITY_AGAIN_MPS2 = 1.2, 1.0
"""Of cheap accelerometers the offset at rest stays below 0.1 g."""

BIAS_MPS2, BIAS_DPS, MAX_BIAS_DPS = 0.15, 3.0, 10.0
BIAS_SHARE = 0.3
"""The mean rate of a rest in which gravity stands still is the gyroscope's bias; weight of a new one."""

WINDOW = 4
"""Halves of a second whose forces are compared: those of the first two with those of the last two."""

MIN_TURN, MAX_SHAKE = 0.25, 0.15
"""A window counts where gravity turned by so much (radians; seen by either sensor) and the size of the force
changed, as a share, by no more than this part of that: sliding and shaking look like turning otherwise."""

FREE_ERROR, UNKNOWN_BIAS = 0.06, 0.14
"""What accelerations leave in the mean force of a second; what a bias of 8 deg/s turns in one."""

MOVED_WINDOWS, FEW_WINDOWS = 8, 4
MAX_DISAGREEMENT, GROSS_DISAGREEMENT, AGAIN_DISAGREEMENT = 0.19, 0.35, 0.12
"""Rms disagreement as a share of the turning, over so many windows in which it turned; gross, over few."""

MIN_RUN, LONG_RUN, HIT_SHARE = 3, 10, 0.05
MIN_LIMIT_MPS2, MIN_LIMIT_RADPS = 15.0, 2.0
BELOW_RANGE = 0.98
"""Values that stop below this share of the range: the range is another one."""

STUCK_PIECES, MOVES_MPS2, MOVES_RADPS = 4, 1.5, 0.17
"""An axis is stuck when it never changes in so many pieces in which another moves so much (rms)."""

SAID_PIECES = round(10.0 / HALF_S)


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is wrong now, in a sentence or two for the wearer."""

    kind: ComplaintKind
    text: str


class LiveCheck:
    """Takes half seconds of samples and says what is wrong now, one sentence a kind and sensor."""

    def __init__(
        self,
        rate_hz: float | None = None,
        acc_range_mps2: float | None = None,
        gyr_range_radps: float | None = None,
    ) -> None:
        """Start without doubts. rate_hz, ranges (full scale): what the sensor should do; None: unknown."""
        self._checks = (
            _Rate(rate_hz),
            _Axes("accelerometer", "m/s2", acc_range_mps2, MIN_LIMIT_MPS2, MOVES_MPS2),
            _Axes("gyroscope", "rad/s", gyr_range_radps, MIN_LIMIT_RADPS, MOVES_RADPS),
            _Gravity(),
            _Agreement(),
        )

    def step(self, piece: HalfSecond) -> tuple[Complaint, ...]:
        """Take the next half second and return what is wrong now."""
        return tuple(complaint for check in self._checks if (complaint := check.step(piece)) is not None)


def is_rest(before: HalfSecond | None, piece: HalfSecond) -> bool:
    """Whether the sensor rests in two halves of a second that follow each other."""
    if before is None or piece.gap_s:
        return False
    force = _size(piece.mean_mps2)
    quiet = all(
        each.spread_mps2 < REST_SPREAD * force and math.degrees(each.spread_radps) < REST_SPREAD_DPS
        for each in (before, piece)
    )
    return quiet and _size(piece.mean_mps2 - before.mean_mps2) < REST_CHANGE * force


class _Rate:
    """Samples that come faster or slower than they should, all the time or now and then."""

    def __init__(self, rate_hz: float | None) -> None:
        self._rate_hz = rate_hz
        self._counts: deque[int] = deque(maxlen=WANDER_PIECES * WANDER_TIMES)
        self._said: Complaint | None = None

    def step(self, piece: HalfSecond) -> Complaint | None:
        if self._rate_hz is None:
            return None
        if piece.gap_s:
            self._counts.clear()
        self._counts.append(len(piece.acc_mps2))
        counts = list(self._counts)
        if len(counts) < RATE_PIECES:
            return self._said
        told_hz = self._rate_hz
        mean_hz = sum(counts[-RATE_PIECES:]) / (RATE_PIECES * HALF_S)
        spans = [
            sum(counts[i : i + WANDER_PIECES]) / (WANDER_PIECES * HALF_S)
            for i in range(len(counts) - WANDER_PIECES, -1, -WANDER_PIECES)
        ]
        out = sum(abs(hz - told_hz) > MAX_RATE_SHARE * told_hz for hz in spans)
        steady = max(spans[:2]) - min(spans[:2]) < MAX_RATE_SHARE * told_hz
        if steady and abs(mean_hz - told_hz) > MAX_RATE_SHARE * told_hz:
            if self._said is None or "wanders" in self._said.text:
                text = f"The sensor sends {mean_hz:.0f} samples a second instead of {told_hz:.0f}: "
                self._said = Complaint("rate", text + "keep it near, or switch it off and on.")
        elif out >= 2:
            if self._said is None or "wanders" not in self._said.text:
                text = f"The sensor's rate wanders between {min(spans):.0f} and {max(spans):.0f} a second"
                text += f" instead of {told_hz:.0f}: keep it near, or switch it off and on."
                self._said = Complaint("rate", text)
        elif out == 0:
            self._said = None
        return self._said


class _Axes:
    """An axis that stops at a value, or never changes."""

    def __init__(self, name: str, unit: str, full: float | None, least: float, moves: float) -> None:
        self._name, self._unit, self._least, self._moves = name, unit, least, moves
        self._stop = math.inf if full is None else BELOW_RANGE * full
        self._extremes: Array = np.zeros((2, 3))
        self._last: Array = np.full(3, np.nan)
        self._constant = [0, 0, 0]
        self._held: Complaint | None = None
        self._held_for = 0

    def step(self, piece: HalfSecond) -> Complaint | None:
        values = piece.acc_mps2 if self._name == "accelerometer" else piece.gyr_radps
        if values is None:
            return None
        low, high = values.min(axis=0), values.max(axis=0)
        stuck = self._stuck(values, low, high)
        self._held_for = max(0, self._held_for - 1)
        if max(-float(low.min()), float(high.max())) >= self._least:
            self._saturated(values, low, high)
        if stuck is not None:
            text = f"The {self._name}'s {'xyz'[stuck]} axis is stuck: it never changes. Use another sensor."
            return Complaint("stuck", text)
        return self._held if self._held_for else None

    def _stuck(self, values: Array, low: Array, high: Array) -> int | None:
        before, self._last = self._last, values[-1].copy()
        same = (low == high) & ((low == before) | np.isnan(before))
        spread = np.sqrt(values.var(axis=0))
        for axis, is_same in enumerate(same.tolist()):
            if not is_same:
                self._constant[axis] = 0
                continue
            if float(spread.max()) > self._moves:
                self._constant[axis] += 1
        longest = max(self._constant)
        return self._constant.index(longest) if longest >= STUCK_PIECES and same.sum() == 1 else None

    def _saturated(self, values: Array, low: Array, high: Array) -> None:
        # What is no longer an extreme, or was never one, is a value like any other.
        self._extremes = np.array([np.minimum(self._extremes[0], low), np.maximum(self._extremes[1], high)])
        for axis in range(3):
            for limit in self._extremes[:, axis].tolist():
                if self._least <= abs(limit) < self._stop and _is_held(values[:, axis], limit):
                    if not self._held_for:
                        text = (
                            f"The {self._name} stops at {abs(limit):.3g} {self._unit}: "
                            "its range is too narrow for this movement. Choose a wider one."
                        )
                        self._held = Complaint("saturated", text)
                    self._held_for = SAID_PIECES


def _is_held(values: Array, limit: float) -> bool:
    """Whether values (n,) stay at a limit: reached in one step, or for long."""
    at = np.flatnonzero(values == limit)
    if at.size < MIN_RUN:
        return False
    starts = at[np.diff(at, prepend=-2) > 1]
    stops = at[np.diff(at, append=values.size + 1) > 1]
    length = stops - starts + 1
    before, after = values[np.maximum(starts - 1, 0)], values[np.minimum(stops + 1, values.size - 1)]
    hit = np.maximum(np.abs(before - limit), np.abs(after - limit)) > HIT_SHARE * abs(limit)
    return bool((((length >= MIN_RUN) & hit) | (length >= LONG_RUN)).any())


class _Gravity:
    """The force at rest, which is that of gravity."""

    def __init__(self) -> None:
        self._before: HalfSecond | None = None
        self._said: Complaint | None = None

    def step(self, piece: HalfSecond) -> Complaint | None:
        before, self._before = self._before, piece
        if before is None or not is_rest(before, piece):
            return self._said
        force = 0.5 * (_size(before.mean_mps2) + _size(piece.mean_mps2))
        error = abs(force - STANDARD_GRAVITY_MPS2)
        if self._said is None and error > MAX_GRAVITY_ERROR_MPS2:
            in_g = force / STANDARD_GRAVITY_MPS2
            text = f"At rest the accelerometer reads {in_g:.2g} g instead of 1 g: "
            halvings = math.log2(max(in_g, 1e-3))
            wrong_range = abs(halvings) > 0.9 and abs(halvings - round(halvings)) < 0.1
            advice = (
                "its measuring range is not the one it was set to. Switch it off and on."
                if wrong_range
                else "calibrate it with its maker's app, or use another sensor. Angles are wrong until then."
            )
            self._said = Complaint("gravity", text + advice)
        elif error < GRAVITY_AGAIN_MPS2:
            self._said = None
        return self._said


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """Half a second by a gyroscope without its bias: see `HalfSecond.turn` and `level_mps2`."""

    turn: Array
    level_mps2: Array
    piece: HalfSecond


class _Agreement:
    """Gyroscope against gravity.

    Brought to one frame by the gyroscope's turning, the mean force of a second is gravity but for the change
    of speed in it; so two seconds that follow each other have the same one, however fast the thigh turns.
    What is left over, as a share of how far gravity turned, is small for a healthy gyroscope only.
    """

    def __init__(self) -> None:
        self._before: HalfSecond | None = None
        self._bias: Array | None = None
        self._turns: deque[_Turn] = deque(maxlen=WINDOW)
        # Squares of the disagreement and of the turning, of windows in which it turned.
        self._moved: deque[tuple[float, float]] = deque(maxlen=MOVED_WINDOWS)
        self._wrong = False

    def step(self, piece: HalfSecond) -> Complaint | None:
        gyr = piece.gyr_radps
        if gyr is None:
            return None
        if piece.gap_s:
            self._turns.clear()
        before, self._before = self._before, piece
        if is_rest(before, piece) and before is not None:
            self._learn_bias(before, piece)
        turn, level = turned(piece.acc_mps2, gyr if self._bias is None else gyr - self._bias)
        self._turns.append(_Turn(turn, level, piece))
        if len(self._turns) == WINDOW:
            self._compare()
        if len(self._moved) >= FEW_WINDOWS:
            apart, moved = (sum(column) for column in zip(*self._moved, strict=True))
            full = len(self._moved) == MOVED_WINDOWS
            limit = MAX_DISAGREEMENT if full else GROSS_DISAGREEMENT
            self._wrong = apart > (AGAIN_DISAGREEMENT if self._wrong else limit) ** 2 * moved
        return Complaint("gyroscope", GYROSCOPE_FAULT.text) if self._wrong else None

    def _learn_bias(self, before: HalfSecond, piece: HalfSecond) -> None:
        still = _size(piece.mean_mps2 - before.mean_mps2) < BIAS_MPS2
        quiet = math.degrees(max(before.spread_radps, piece.spread_radps)) < BIAS_DPS
        if still and quiet and math.degrees(_size(piece.mean_radps)) < MAX_BIAS_DPS:
            old = piece.mean_radps if self._bias is None else self._bias
            self._bias = old + BIAS_SHARE * (piece.mean_radps - old)

    def _compare(self) -> None:
        a, b, c, d = self._turns
        size = np.sqrt((np.concatenate([each.piece.acc_mps2 for each in self._turns]) ** 2).sum(axis=1))
        usual = float(np.median(size))
        if usual <= 0.0:
            return
        half = a.turn @ b.turn
        first = 0.5 * (a.level_mps2 + a.turn @ b.level_mps2)
        second = 0.5 * half @ (c.level_mps2 + c.turn @ d.level_mps2)
        seen = _widest(np.array([each.piece.mean_mps2 for each in self._turns])) / usual
        up = first / max(_size(first), 1e-9)
        edges = (np.eye(3), a.turn, half, half @ c.turn, half @ c.turn @ d.turn)
        moved = max(seen, _widest(np.array([edge.T @ up for edge in edges])))
        shaken = math.sqrt(float(((size - usual) ** 2).mean())) / usual
        if moved < MIN_TURN or shaken > MAX_SHAKE * moved:
            return
        free = FREE_ERROR + (UNKNOWN_BIAS if self._bias is None else 0.0)
        apart = max(0.0, _size(second - first) / usual - free)
        self._moved.append((apart**2, moved**2))


def _widest(rows: Array) -> float:
    """The largest distance between any two rows (n, 3)."""
    apart = rows[:, None] - rows[None]
    return math.sqrt(float((apart * apart).sum(axis=2).max()))


def _size(vector: Array) -> float:
    return math.sqrt(float(vector @ vector))
