"""Is the person in the start posture of an exercise, and have they left it for good? From one thigh.

To a sensor on the thigh standing and tall kneeling look the same, so the way between them has to tell: the
thigh is carried down or up by the length of the shank. The height it moved by is the double integral of the
length of the specific force minus gravity between two moments of rest, its mean taken out because both ends
are at rest (zero-velocity update). That needs no orientation, and holds over a few seconds: kneeling down
lowers a simulated sensor by 0.4-1.0 m, standing up raises it by 0.26-0.5 m, a repetition or sitting back on
the heels leaves it within 0.2 m (`benchmarks/coaching.py`). Walking, lying down and sitting up show in the
thigh angle alone. What stays still - a pause, a cramp, a rest on the heels - is never leaving.

Times are seconds of the samples, angles degrees of the thigh angle.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.results import AnglesMeasured, Exercise
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples

Array = NDArray[np.float64]
How = Literal["stood up", "sat up", "walked away", "lay down", "sat down"]
Stance = Literal["standing", "kneeling", "unknown"]

CELL_S = 0.1
"""Everything is decided ten times a second."""

HELD_CELLS, HELD_DEG, HELD_MPS2 = 20, 4.0, 0.6
"""A start posture is held: so long, with so much sway (whole range) and shaking (rms)."""

STOOD_CELLS = 10
"""Standing still."""

DOUBTFUL_CELLS = 40
"""So long where standing cannot be told from kneeling."""

REST_CELLS, REST_DEG, REST_MPS2 = 4, 1.2, 0.35
"""At rest: the ends between which a height is worked out."""

LONGEST_MOVE_S = 5.0
"""The error of a height grows with the square of the time it was moved in."""

DOWN_M, UP_M, DOUBT_M = -0.16, 0.25, 0.08
"""Carried down or up by more than this is kneeling down or standing up: shanks are 0.4-0.5 m. To take a way
of several movements for standing up, which ends a set, needs so much more; so much down leaves a doubt
whether the person still stands."""

NOWHERE_M = 0.05
"""Less than this led nowhere."""

RISE_S, STOPPED_S = 8.0, 2.0
"""Standing up takes at most so long. Who strode so shortly before stands."""

UPRIGHT_DEG, KNEELING_DEG = 17.0, 12.0
"""Standing and kneeling, also on one knee, lie within this of 0; the start of a Nordic within that."""

REPETITION_DEG = 30.0
"""A thigh that came further forward than this while it kept its place was a Nordic, on the knees."""

STEP_DEG = 3.0
"""Who stands up steps forward with one leg or the other, and this thigh bends more than kneeling; in a Nordic
it does not."""

LYING_DEG: tuple[float, float] = (-187.0, -104.0)
"""Rest of a bridge: lying with the knees bent, also with the feet on a chair."""

SAT_UP_DEG, SAT_UP_CELLS = -70.0, 3
"""No bridge comes so far up; sitting up from the floor to the feet passes it."""

LAIN_CELLS = 40
"""Who kneels and lies down this long does not come back up to the next Nordic."""

AWAY_CELLS = 200
"""Neither in the posture nor on the way of the exercise for so long: sitting, legs stretched out."""

STRIDE_DEG, STRIDE_S, STRIDE_TURNS = 12.0, 4.0, 5
STRIDE_BACK_DEG, STRIDE_FRONT_DEG = 32.0, -62.0
"""Walking: so many turns within that time, each by at least that angle, between these."""


@dataclass(frozen=True, slots=True)
class StartPostureHeld:
    """The start posture of an exercise has been held still from since_s on; known at t_s."""

    exercise: Exercise
    since_s: float
    t_s: float


@dataclass(frozen=True, slots=True)
class StartPostureEnded:
    """What was held is held no longer: the person moves."""

    t_s: float


@dataclass(frozen=True, slots=True)
class PostureLeft:
    """The person has left the posture of an exercise for good; known at t_s."""

    exercise: Exercise
    how: How
    t_s: float


@dataclass(frozen=True, slots=True)
class StandsStill:
    """The person has stood upright and still for a second: a sensor can be checked now."""

    t_s: float


@dataclass(frozen=True, slots=True)
class StanceSeen:
    """On the feet, on the knees, or no longer known."""

    stance: Stance


PostureEvent = StartPostureHeld | StartPostureEnded | PostureLeft | StandsStill


@dataclass(frozen=True, slots=True)
class _Cell:
    """A tenth of a second: angle, its extremes, and the excess of the specific force over gravity."""

    end_s: float
    angle_deg: float
    low_deg: float
    high_deg: float
    excess_mps2: float
    square: float


class SetPosture:
    """Follows posture from samples and their thigh angles, in any chunks.

    stance: what is known at the beginning: "standing" after a calibration, which is done on the feet.
    """

    def __init__(self, stance: Stance = "unknown") -> None:
        """Start with nothing seen."""
        self._stance: Stance = stance
        self._next_s: float | None = None
        self._force_t: list[Array] = []
        self._force: list[Array] = []
        self._angle_t: list[Array] = []
        self._angle: list[Array] = []
        self._cells: deque[_Cell] = deque(maxlen=DOUBTFUL_CELLS)
        self._held: Exercise | None = None
        self._stood = False
        # When, and by how much (m), movements between two rests carried the thigh up.
        self._carried: deque[tuple[float, float]] = deque()
        self._rested_mps2 = 0.0
        self._lost_height = False
        self._strode_s = -math.inf
        self._moving: list[_Cell] | None = None
        # Of the way since the last upright rest, and the angle of that rest.
        self._highest_deg, self._lowest_deg, self._upright_deg = -math.inf, math.inf, 0.0
        self._left: dict[Exercise, bool] = {"nordic": True, "bridge": True}
        self._away: dict[Exercise, int] = {"nordic": 0, "bridge": 0}
        self._lain = self._up = 0
        self._turns: deque[tuple[float, float]] = deque(maxlen=STRIDE_TURNS)
        self._extreme: float | None = None
        self._rising = True

    @property
    def stance(self) -> Stance:
        """On the feet or on the knees, as far as it is known, when the thigh is upright."""
        return self._stance

    def step(self, samples: ImuSamples, angles: Sequence[AnglesMeasured]) -> list[PostureEvent]:
        """Take further samples, and the angles that became known with them."""
        if len(samples):
            self._force_t.append(samples.t_s)
            self._force.append(np.sqrt((samples.acc_mps2**2).sum(axis=1)) - STANDARD_GRAVITY_MPS2)
        for each in angles:
            if each.t_s.size:
                self._angle_t.append(each.t_s)
                self._angle.append(each.thigh_angle_deg)
        if not self._angle_t:
            return []
        known_s = float(self._angle_t[-1][-1])
        if self._next_s is None:
            self._next_s = float(self._angle_t[0][0]) + CELL_S
        if known_s < self._next_s:
            return []
        return self._cut(known_s)

    def _cut(self, known_s: float) -> list[PostureEvent]:
        angle_t, angle = np.concatenate(self._angle_t), np.concatenate(self._angle)
        force_t = np.concatenate(self._force_t) if self._force_t else np.empty(0)
        force = np.concatenate(self._force) if self._force else np.empty(0)
        events: list[PostureEvent] = []
        assert self._next_s is not None
        while self._next_s <= known_s:
            end_s = self._next_s
            a = angle[np.searchsorted(angle_t, end_s - CELL_S) : np.searchsorted(angle_t, end_s)]
            f = force[np.searchsorted(force_t, end_s - CELL_S) : np.searchsorted(force_t, end_s)]
            self._next_s = end_s + CELL_S
            if not a.size or not f.size or not np.isfinite(a).all():
                events += self._lose(end_s)
                if not a.size and angle_t[-1] > end_s + 1.0:
                    # A long gap is passed in one go.
                    self._next_s = float(angle_t[np.searchsorted(angle_t, end_s)]) + CELL_S
                continue
            low, high = float(a.min()), float(a.max())
            cell = _Cell(end_s, float(a.mean()), low, high, float(f.mean()), float(f @ f) / f.size)
            events += self._take(cell)
        keep_a = np.searchsorted(angle_t, self._next_s - CELL_S)
        keep_f = np.searchsorted(force_t, self._next_s - CELL_S)
        self._angle_t, self._angle = [angle_t[keep_a:]], [angle[keep_a:]]
        if not self._angle_t[0].size:
            self._angle_t, self._angle = [], []
        self._force_t, self._force = [force_t[keep_f:]], [force[keep_f:]]
        return events

    def _lose(self, at_s: float) -> list[PostureEvent]:
        """A gap: what is held now and how high it was carried is not known; the stance is kept."""
        self._cells.clear()
        self._moving, self._lost_height = None, True
        self._carried.clear()
        self._turns.clear()
        return self._let_go(at_s)

    def _take(self, cell: _Cell) -> list[PostureEvent]:
        self._cells.append(cell)
        self._highest_deg = max(self._highest_deg, cell.high_deg)
        self._lowest_deg = min(self._lowest_deg, cell.low_deg)
        events: list[PostureEvent] = []
        if self._follow_height():
            events += self._settle(cell)
        events += self._walks(cell)
        events += self._leaves_the_floor(cell)
        events += self._goes_down(cell)
        events += self._holds(cell)
        events += self._stands(cell)
        return events

    def _stands(self, cell: _Cell) -> list[PostureEvent]:
        upright = abs(cell.angle_deg) <= UPRIGHT_DEG and self._stance != "kneeling"
        still = upright and self._still(STOOD_CELLS, HELD_DEG, HELD_MPS2)
        new, self._stood = still and not self._stood, still
        return [StandsStill(cell.end_s)] if new else []

    # -- rest and height -----------------------------------------------------------------------------------

    def _still(self, cells: int, range_deg: float, shaking_mps2: float) -> bool:
        if len(self._cells) < cells:
            return False
        last = [self._cells[i] for i in range(-cells, 0)]
        spread = max(cell.high_deg for cell in last) - min(cell.low_deg for cell in last)
        if spread > range_deg:
            return False
        mean = sum(cell.excess_mps2 for cell in last) / cells
        square = sum(cell.square for cell in last) / cells
        return square - mean * mean <= shaking_mps2**2

    def _follow_height(self) -> bool:
        """Take the newest cell into the height; True while the thigh rests."""
        rests = self._still(REST_CELLS, REST_DEG, REST_MPS2)
        if not rests:
            if self._moving is None:
                # The movement began within what just passed for rest.
                self._moving = list(self._cells)[-2:]
            else:
                self._moving.append(self._cells[-1])
            return False
        if self._moving is not None:
            moved, self._moving = self._moving, None
            if len(moved) * CELL_S > LONGEST_MOVE_S:
                self._carried.clear()
                self._lost_height = True
            else:
                height_m = _height(moved, self._rested_mps2, self._mean_excess())
                self._carried.append((self._cells[-1].end_s, height_m))
        self._rested_mps2 = self._mean_excess()
        return True

    def _mean_excess(self) -> float:
        return sum(self._cells[i].excess_mps2 for i in range(-REST_CELLS, 0)) / REST_CELLS

    def _settle(self, cell: _Cell) -> list[PostureEvent]:
        """The thigh rests: where it is upright, tell standing from kneeling by what it was carried."""
        if abs(cell.angle_deg) > UPRIGHT_DEG:
            return []
        while self._carried and self._carried[0][0] < cell.end_s - RISE_S:
            self._carried.popleft()
        carried_m = sum(height_m for _, height_m in self._carried)
        last_m = self._carried[-1][1] if self._carried else 0.0
        lost, self._lost_height = self._lost_height, False
        highest, self._highest_deg = self._highest_deg, -math.inf
        stepped = self._lowest_deg < self._upright_deg - STEP_DEG
        self._lowest_deg, self._upright_deg = math.inf, cell.angle_deg
        if highest > REPETITION_DEG:
            self._carried.clear()
            self._stance = "kneeling"
        elif stepped and (last_m > UP_M or carried_m > UP_M + DOUBT_M):
            self._carried.clear()
            before, self._stance = self._stance, "standing"
            return [] if before == "standing" else self._leave("nordic", "stood up", cell.end_s)
        elif carried_m < DOWN_M:
            self._carried.clear()
            self._stance = "kneeling"
        elif self._stance == "standing" and (
            carried_m < -DOUBT_M or (lost and self._strode_s < cell.end_s - STOPPED_S)
        ):
            # Perhaps down on the knees; or somewhere on a long way that could not be followed.
            self._stance = "unknown"
        elif abs(carried_m) < NOWHERE_M:
            self._carried.clear()
        return []

    # -- leaving -------------------------------------------------------------------------------------------

    def _leave(self, exercise: Exercise, how: How, at_s: float) -> list[PostureEvent]:
        if self._left[exercise]:
            return []
        self._left[exercise] = True
        return [PostureLeft(exercise, how, at_s)]

    def _walks(self, cell: _Cell) -> list[PostureEvent]:
        angle = cell.angle_deg
        if self._extreme is None:
            self._extreme = angle
        further = angle > self._extreme if self._rising else angle < self._extreme
        if further:
            self._extreme = angle
        elif abs(angle - self._extreme) > STRIDE_DEG:
            self._turns.append((cell.end_s, self._extreme))
            self._rising, self._extreme = not self._rising, angle
            turns = self._turns
            strides = (
                len(turns) == STRIDE_TURNS
                and turns[-1][0] - turns[0][0] < STRIDE_S
                and all(STRIDE_FRONT_DEG < at < STRIDE_BACK_DEG for _, at in turns)
            )
            if strides:
                self._stance, self._strode_s = "standing", cell.end_s
                self._carried.clear()
                return self._leave("nordic", "walked away", cell.end_s)
        return []

    def _leaves_the_floor(self, cell: _Cell) -> list[PostureEvent]:
        """A bridge is left by sitting up."""
        self._up = self._up + 1 if cell.angle_deg > SAT_UP_DEG else 0
        if self._up >= SAT_UP_CELLS:
            return self._leave("bridge", "sat up", cell.end_s)
        low, high = LYING_DEG
        self._away["bridge"] = 0 if low <= cell.angle_deg <= high + 10.0 else self._away["bridge"] + 1
        if self._away["bridge"] >= AWAY_CELLS:
            return self._leave("bridge", "sat up", cell.end_s)
        return []

    def _goes_down(self, cell: _Cell) -> list[PostureEvent]:
        """A Nordic is left by lying down or by sitting for long; a rest on the heels is neither."""
        self._lain = self._lain + 1 if cell.angle_deg < LYING_DEG[1] else 0
        self._away["nordic"] = 0 if cell.angle_deg > -2.0 * UPRIGHT_DEG else self._away["nordic"] + 1
        if self._lain >= LAIN_CELLS:
            self._stance = "unknown"
            return self._leave("nordic", "lay down", cell.end_s)
        if self._away["nordic"] >= AWAY_CELLS:
            self._stance = "unknown"
            return self._leave("nordic", "sat down", cell.end_s)
        return []

    # -- holding -------------------------------------------------------------------------------------------

    def _holds(self, cell: _Cell) -> list[PostureEvent]:
        exercise = self._start_posture(cell.angle_deg)
        doubtful = exercise == "nordic" and self._stance == "unknown"
        cells = DOUBTFUL_CELLS if doubtful else HELD_CELLS
        if self._held is not None:
            # Once held, breathing and settling down do not end it; moving off does.
            if exercise == self._held and self._still(REST_CELLS, HELD_DEG, 2.0 * HELD_MPS2):
                return []
            return self._let_go(cell.end_s)
        if exercise is None or (exercise == "nordic" and self._stance == "standing"):
            return []
        if not self._still(cells, HELD_DEG, HELD_MPS2):
            return []
        self._held = exercise
        self._left[exercise] = False
        self._away[exercise] = 0
        return [StartPostureHeld(exercise, cell.end_s - cells * CELL_S, cell.end_s)]

    def _let_go(self, at_s: float) -> list[PostureEvent]:
        if self._held is None:
            return []
        self._held = None
        return [StartPostureEnded(at_s)]

    def _start_posture(self, angle_deg: float) -> Exercise | None:
        if abs(angle_deg) <= KNEELING_DEG:
            return "nordic"
        return "bridge" if LYING_DEG[0] <= angle_deg <= LYING_DEG[1] else None


def _height(moved: Sequence[_Cell], before_mps2: float, after_mps2: float) -> float:
    """Return how far up (m) a movement between two rests led.

    before_mps2, after_mps2: what the sensor says too much at the rests, which differs with how it lies.
    """
    excess = np.array([cell.excess_mps2 for cell in moved])
    excess -= np.linspace(before_mps2, after_mps2, len(moved))
    speed = np.cumsum(excess - excess.mean()) * CELL_S
    return float(speed.sum()) * CELL_S
