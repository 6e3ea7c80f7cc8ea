"""Scripts of how a thigh moves, with the truth about every repetition.

Frames: world Z up; thigh x to the front, y medio-lateral, z from the knee to the hip. The thigh is turned
out of the world by R = Rz(heading) Rx(tilt) Ry(thigh angle) Rz(axial), so that at 0 it stands upright and a
positive angle has the hip in front of the knee. A simulation is not a person: figures made with it say so.

Truth: a phase lasts from the first to the last instant at which the *voluntary* speed (without sway and
tremor) exceeds v_ref = min(5 deg/s, a quarter of the phase's mean speed, pauses left out): `analysis.phases`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.results import BreakPoint, Exercise, Phase, PhaseKind
from analysis.samples import ImuSamples
from analysis.simulate.noise import STEP_S, band_pass, slow_noise, soft
from analysis.simulate.sensor import Motion, Sensor, long_axis, measure, mounting

Array = NDArray[np.float64]
Flag = Literal["pause", "hesitation", "partial", "break", "touch and go", "arm lower", "two-stage return"]

BREAKING_RAMP = 0.35
SUPINE_SWAY = 0.4
"""Share of the sway that is left lying down: real bridges sway by 0.25 deg rms in the hold, 0.15 at rest."""

FLOOR_LETS_GO_DEG = 6.0
"""Over so many degrees of a bridge the hamstrings take the load over from the floor."""


@dataclass(frozen=True, slots=True)
class TrueRep:
    """What really happened in one repetition; times in seconds of the simulated session.

    pauses_s: time inside the lowering in which the thigh was meant to be still.
    """

    exercise: Exercise
    phases: tuple[Phase, ...]
    range_of_motion_deg: float
    break_point: BreakPoint | None
    pauses_s: float = 0.0
    flags: frozenset[Flag] = frozenset()

    @property
    def start_s(self) -> float:
        """Start of the first phase."""
        return self.phases[0].start_s

    @property
    def end_s(self) -> float:
        """End of the last phase."""
        return self.phases[-1].end_s

    @property
    def lower(self) -> Phase:
        """The lowering."""
        return next(phase for phase in self.phases if phase.kind == "lower")

    @property
    def lower_s(self) -> float:
        """Duration of the lowering."""
        return self.lower.duration_s

    @property
    def mean_lowering_dps(self) -> float:
        """Mean speed of the lowering, pauses left out."""
        return self.range_of_motion_deg / max(1e-3, self.lower_s - self.pauses_s)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a person or the program does at a time: 'nordic set', 'set ends', 'knee lifts' ..."""

    t_s: float
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """A session with its truth.

    samples: what the sensor says. true_t_s, true_angle_deg: (m,) the voluntary thigh angle every 2 ms.
    calibration: how the sensor really sits on the thigh (before it slips). rests: times, start and end, in
    which the thigh rests in the start posture of an exercise.
    """

    samples: ImuSamples
    true_t_s: Array
    true_angle_deg: Array
    reps: tuple[TrueRep, ...]
    marks: tuple[Mark, ...]
    calibration: Calibration
    rests: tuple[tuple[float, float], ...] = ()
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """Who moves. knee_shift_m: how far the knee travels to the front and up for each degree of a bridge."""

    thigh_m: float = 0.42
    knee_shift_m: tuple[float, float] = (0.0, 0.0)
    sway_deg: float = 0.25
    tremor_deg: float = 0.06
    sideways: float = 0.03


@dataclass(slots=True)
class _Part:
    """A stretch of the script on the 2 ms grid; `phase` names the phase of the current repetition.

    pivot: what stays where it is, or follows path_m, (m, 2) to the front and up, from where it was.
    """

    angle_deg: Array
    phase: PhaseKind | None
    pivot: str
    path_m: Array
    tilt_deg: Array
    axial_deg: Array
    heading_deg: Array
    paused: bool
    resting: bool


@dataclass(frozen=True, slots=True)
class _Marked:
    """A repetition in terms of parts, half-open."""

    exercise: Exercise
    first: int
    stop: int
    break_s: float | None
    flags: frozenset[Flag]


@dataclass(slots=True)
class Movement:
    """A script of the thigh angle. Each method appends to it and returns nothing.

    unsteadiness scales sway, tremor and the unevenness of speed (1: a patient doing their best).
    """

    seed: int = 0
    start_deg: float = 0.0
    unsteadiness: float = 1.0
    body: Body = field(default_factory=Body)
    _parts: list[_Part] = field(default_factory=list[_Part])
    _reps: list[_Marked] = field(default_factory=list[_Marked])
    _marks: list[Mark] = field(default_factory=list[Mark])
    _shocks: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    _rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        """Seed the generator."""
        self._rng = np.random.default_rng(self.seed)

    @property
    def now_s(self) -> float:
        """Length of the script so far."""
        return STEP_S * sum(part.angle_deg.size for part in self._parts)

    @property
    def angle_deg(self) -> float:
        """Thigh angle at the end of the script so far."""
        return float(self._parts[-1].angle_deg[-1]) if self._parts else self.start_deg

    def mark(self, label: str) -> None:
        """Note that something happens now."""
        self._marks.append(Mark(self.now_s, label))

    def still(
        self,
        seconds: float,
        *,
        phase: PhaseKind | None = None,
        drift_deg: float = 0.0,
        paused: bool = False,
        resting: bool = False,
    ) -> None:
        """Stay where the thigh is, creeping by drift_deg.

        paused: part of a movement that has stopped. resting: in the start posture, between repetitions.
        """
        n = max(1, round(seconds / STEP_S))
        angle = self.angle_deg + drift_deg * _minimum_jerk(n)
        self._append(angle, phase, "knee", paused=paused, resting=resting)

    def move(
        self,
        to_deg: float,
        seconds: float,
        *,
        ramp: float | None = None,
        phase: PhaseKind | None = None,
        pivot: str = "knee",
        knee_rises_m: float = 0.0,
        forward_m: float = 0.0,
        tilt_deg: float | None = None,
        axial_deg: float | None = None,
        turn_deg: float = 0.0,
        skew: float = 0.0,
    ) -> None:
        """Turn the thigh to an angle.

        ramp is the share of the time spent speeding up, and again slowing down (0.5: never steady); None
        moves with minimum jerk. skew moves the speed's peak later (positive) or earlier. knee_rises_m and
        forward_m move the pivot meanwhile, as in kneeling down or standing up; tilt_deg and axial_deg say
        where the thigh's sideways tilt and its turning about its own axis go; turn_deg turns the person.
        """
        n = max(2, round(seconds / STEP_S))
        shape = _minimum_jerk(n) if ramp is None else _trapezoid(n, ramp)
        if skew:
            shape = np.interp(np.arange(1, n + 1) / n, (np.arange(1, n + 1) / n) ** np.exp(-skew), shape)
        if seconds > 1.0:
            shape = _uneven(shape, self._rng, 0.06 * self.unsteadiness)
        angle = self.angle_deg + (to_deg - self.angle_deg) * shape
        s = _minimum_jerk(n)
        path = np.column_stack([forward_m * s, knee_rises_m * s])
        self._append(angle, phase, pivot, path, tilt_deg=tilt_deg, axial_deg=axial_deg, turn_deg=turn_deg)

    def nordic(
        self,
        *,
        lower_s: float = 4.0,
        to_deg: float = 75.0,
        break_deg: float | None = None,
        hold_s: float = 0.3,
        return_s: float = 2.0,
        pause_s: float = 0.0,
        pause_at: float = 0.45,
        hesitations: int = 0,
        base_deg: float = 0.0,
        ramp: float | None = 0.18,
        fade_s: float = 0.2,
        arm_lower_deg: float = 0.0,
        two_stages: bool = False,
        overshoot_deg: float = 0.0,
        flags: frozenset[Flag] = frozenset(),
    ) -> None:
        """One Nordic: lowering (broken off at break_deg if given), the hands' catch, the assisted return.

        ramp: as in `move`; what breaks off is never minimum jerk.
        pause_s: a stop after a share pause_at of the way. hesitations: short slow-downs. fade_s: how fast
        the support goes at the break point. arm_lower_deg: the arms let the body down further after the
        catch. two_stages: the push-up rests half-way. overshoot_deg: sits back further than upright.
        """
        first = len(self._parts)
        controlled_to = to_deg if break_deg is None else break_deg
        seen = set(flags)
        if pause_s:
            seen.add("pause")
            middle = self.angle_deg + pause_at * (controlled_to - self.angle_deg)
            self.move(middle, pause_at * lower_s, ramp=0.2, phase="lower")
            self.still(pause_s, phase="lower", drift_deg=0.3, paused=True)
            self.move(controlled_to, (1 - pause_at) * lower_s, ramp=0.2, phase="lower")
        elif hesitations:
            seen.add("hesitation")
            self._hesitating(controlled_to, lower_s, hesitations, "lower")
        elif break_deg is None:
            self.move(to_deg, lower_s, ramp=ramp, phase="lower")
        else:
            self._controlled(break_deg, lower_s, BREAKING_RAMP if ramp is None else ramp)
        break_s = None
        if break_deg is not None:
            seen.add("break")
            break_s = self.now_s
            if pause_s or hesitations:
                self._fall(to_deg, fade_s, 0.0)
            else:
                self._fall(to_deg, fade_s, (break_deg - base_deg) / lower_s)
        if arm_lower_deg:
            seen.add("arm lower")
            # By then the lowering has ended, at the catch: this is the arms' work.
            self.move(self.angle_deg + arm_lower_deg, 0.25 * arm_lower_deg, phase="hold")
        if hold_s > 0:
            self.still(hold_s, phase="hold")
        if two_stages:
            seen.add("two-stage return")
            half = base_deg + self._rng.uniform(0.35, 0.6) * (self.angle_deg - base_deg)
            self.move(half, 0.5 * return_s, phase="return")
            self.still(self._rng.uniform(0.3, 1.2), phase="return", paused=True)
            self.move(base_deg, 0.5 * return_s, phase="return")
        else:
            self.move(base_deg, return_s, phase="return")
        self._reps.append(_Marked("nordic", first, len(self._parts), break_s, frozenset(seen)))
        if overshoot_deg:
            self.move(base_deg - overshoot_deg, 0.25 + 0.04 * overshoot_deg)
            self.move(base_deg, 0.3 + 0.05 * overshoot_deg)

    def bridge(
        self,
        *,
        lift_s: float = 2.0,
        hold_s: float = 1.5,
        lower_s: float = 4.0,
        rise_deg: float = 20.0,
        creep_deg: float = -1.0,
        bounce_deg: float = 0.0,
        pause_s: float = 0.0,
        ramp: float | None = 0.25,
        skew: float = 0.0,
        base_shift_deg: float | None = None,
        tilt_deg: float | None = None,
        touchdown_mps2: float = 1.0,
        flags: frozenset[Flag] = frozenset(),
    ) -> None:
        """One bridge from the supine rest posture: lift, hold (creeping), lowering back to the rest.

        base_shift_deg: how much further back than before the thigh comes to rest. touchdown_mps2: shock of
        the body arriving on the floor.
        """
        first = len(self._parts)
        rest_deg = self.angle_deg
        seen = set(flags)
        self.move(rest_deg + rise_deg, lift_s, ramp=ramp, phase="lift", tilt_deg=tilt_deg)
        if hold_s > 0:
            self.still(hold_s, phase="hold", drift_deg=creep_deg)
        shift = self._rng.normal(0.0, 0.4) if base_shift_deg is None else base_shift_deg
        end_deg = rest_deg + shift
        if pause_s:
            seen.add("pause")
            middle = end_deg + self._rng.uniform(0.35, 0.65) * (self.angle_deg - end_deg)
            self.move(middle, 0.5 * lower_s, ramp=ramp, phase="lower")
            self.still(pause_s, phase="lower", paused=True)
            self.move(end_deg, 0.5 * lower_s, ramp=ramp, phase="lower")
        else:
            level = None if tilt_deg is None else 0.0
            self.move(end_deg, lower_s, ramp=ramp, phase="lower", skew=skew, tilt_deg=level)
        self._shock(touchdown_mps2)
        self._reps.append(_Marked("bridge", first, len(self._parts), None, frozenset(seen)))
        if bounce_deg:
            self.move(self.angle_deg + bounce_deg, 0.3)
            self.move(self.angle_deg - bounce_deg, 0.3)

    def slider(
        self,
        *,
        lift_s: float = 1.4,
        top_deg: float = -113.0,
        lower_s: float = 3.0,
        out_deg: float = -95.0,
        hold_s: float = 0.5,
        sink_s: float = 0.8,
        return_s: float = 1.5,
    ) -> None:
        """One slider: the hips go up, the feet slide away, the hips sink, the feet are pulled in again.

        The repetition begins when the feet slide away: about the hip, which stays up meanwhile.
        """
        rest_deg = self.angle_deg
        self.move(top_deg, lift_s)
        self.still(0.5)
        first = len(self._parts)
        self.move(out_deg, lower_s, pivot="hip", knee_rises_m=-0.05, phase="lower")
        self.still(hold_s, phase="hold")
        self.move(-91.0, sink_s, knee_rises_m=-0.05)
        self.move(rest_deg, return_s, pivot="hip", knee_rises_m=0.1, phase="return")
        self._reps.append(_Marked("slider", first, len(self._parts), None, frozenset()))

    def knee_lifts(self, count: int = 2, *, height_deg: float = 70.0, seconds: float = 0.8) -> None:
        """Standing knee lifts, the calibration movement: the hip flexes, so the angle goes negative."""
        upright = self.angle_deg
        for _ in range(count):
            self.move(upright - height_deg, seconds, pivot="hip")
            self.move(upright, seconds, pivot="hip")
            self.still(0.3)

    def kneel_down(self) -> None:
        """From standing to tall kneeling over one leg: the knee travels down to the floor."""
        self.move(22.0, 1.2, pivot="hip", knee_rises_m=-0.25)
        self.move(0.0, 1.2, pivot="hip", knee_rises_m=-0.2)

    def stand_up(self) -> None:
        """From tall kneeling to standing: this leg steps forward first."""
        self.move(-75.0, 1.2, pivot="hip", knee_rises_m=0.1)
        self.move(0.0, 1.4, forward_m=-0.1)

    def kneeling_to_supine(self, rest_deg: float = -138.0) -> None:
        """From tall kneeling over sitting to lying on the back with the knees bent."""
        self.move(-70.0, 2.0)
        self.still(0.5)
        self.move(rest_deg, 2.5)

    def walk(self, steps: int, *, step_s: float = 1.1) -> None:
        """Walking: more flexion than extension, a vertical bounce, nothing that is a repetition."""
        for _ in range(steps):
            self.move(-26.0, 0.42 * step_s, pivot="hip", knee_rises_m=0.03)
            self.move(14.0, 0.58 * step_s, pivot="hip", knee_rises_m=-0.03)
            self._shock(2.0)
        self.move(0.0, 0.4, pivot="hip")

    def sit_down_and_up(self) -> None:
        """Standing, sitting for two seconds, standing again."""
        self.move(-85.0, 1.1)
        self.still(2.0)
        self.move(0.0, 1.1)

    def shock(self, size_mps2: float) -> None:
        """Let the body hit something now."""
        self._shock(size_mps2)

    def session(self, sensor: Sensor | None = None, *, scenario: str = "") -> SimulatedSession:
        """Finish the script and let a sensor measure it."""
        if not self._parts:
            raise ValueError("an empty script has nothing to measure: append still(), move() or a repetition")
        chosen = Sensor() if sensor is None else sensor
        voluntary = np.concatenate([part.angle_deg for part in self._parts])
        reps = tuple(self._true_rep(marked, voluntary) for marked in self._reps)
        samples = measure(self._motion(voluntary), chosen, seed=self.seed)
        t = STEP_S * np.arange(voluntary.size, dtype=np.float64)
        axes = mounting(chosen)
        calibration = Calibration(_triple(axes[:, 2]), _triple(axes[:, 1]), 1.0, "given")
        return SimulatedSession(
            samples, t, voluntary, reps, tuple(self._marks), calibration, self._rests(), scenario
        )

    def _append(
        self,
        angle_deg: Array,
        phase: PhaseKind | None,
        pivot: str,
        path_m: Array | None = None,
        *,
        tilt_deg: float | None = None,
        axial_deg: float | None = None,
        turn_deg: float = 0.0,
        paused: bool = False,
        resting: bool = False,
    ) -> None:
        n = angle_deg.size
        last = self._parts[-1] if self._parts else None
        tilt, axial, heading = (
            (0.0, 0.0, 0.0)
            if last is None
            else (float(last.tilt_deg[-1]), float(last.axial_deg[-1]), float(last.heading_deg[-1]))
        )
        s = _minimum_jerk(n)

        def towards(now: float, goal: float | None) -> Array:
            return now + (0.0 if goal is None else goal - now) * s

        self._parts.append(
            _Part(
                angle_deg,
                phase,
                pivot,
                np.zeros((n, 2)) if path_m is None else path_m,
                towards(tilt, tilt_deg),
                towards(axial, axial_deg),
                towards(heading, heading + turn_deg),
                paused,
                resting,
            )
        )

    def _shock(self, size_mps2: float) -> None:
        if size_mps2 > 0:
            self._shocks.append((self.now_s, size_mps2, self._rng.uniform(0.02, 0.05)))

    def _controlled(self, break_deg: float, lower_s: float, ramp: float) -> None:
        """Speed up, then lower steadily to the break point, which is passed at full speed."""
        ramp_s, base = ramp * lower_s, self.angle_deg
        n = round(lower_s / STEP_S)
        t = STEP_S * np.arange(1, n + 1)
        shape = np.where(t < ramp_s, t**2 / (2 * ramp_s), t - 0.5 * ramp_s) / (lower_s - 0.5 * ramp_s)
        shape = _uneven(shape, self._rng, 0.06 * self.unsteadiness) if lower_s > 1.0 else shape
        self._append(base + (break_deg - base) * shape, "lower", "knee")

    def _fall(self, to_deg: float, fade_s: float, speed_dps: float) -> None:
        """Fall like an inverted pendulum whose support fades within fade_s, and be caught."""
        angle, rate, fall = self.angle_deg, speed_dps, list[float]()
        elapsed = 0.0
        catch_s = float(self._rng.uniform(0.06, 0.12))
        while angle + 0.5 * rate * catch_s < to_deg:
            fade = min(1.0, elapsed / fade_s)
            rate += STEP_S * fade * 320.0 * np.sin(np.radians(max(angle, 10.0)))
            angle += STEP_S * rate
            elapsed += STEP_S
            fall.append(angle)
        catch_n = max(2, round(catch_s / STEP_S))
        stopping = rate * (1 - np.arange(1, catch_n + 1) / catch_n)
        fall.extend((angle + np.cumsum(stopping) * STEP_S).tolist())
        self._append(np.array(fall), "lower", "knee")
        self._shock(float(self._rng.uniform(3.0, 12.0)))

    def _hesitating(self, to_deg: float, seconds: float, count: int, phase: PhaseKind) -> None:
        """Slow down to a fifth of the speed `count` times on the way."""
        n = round(seconds / STEP_S)
        speed = np.diff(_trapezoid(n, 0.15), prepend=0.0)
        s = np.arange(1, n + 1) / n
        for centre in self._rng.uniform(0.2, 0.8, count):
            width = self._rng.uniform(0.15, 0.35) / seconds
            speed *= 1 - 0.85 * np.exp(-0.5 * ((s - centre) / width) ** 2)
        shape = np.cumsum(speed) / speed.sum()
        start = self.angle_deg
        self._append(start + (to_deg - start) * shape, phase, "knee")

    def _rests(self) -> tuple[tuple[float, float], ...]:
        ends = STEP_S * np.cumsum([part.angle_deg.size for part in self._parts])
        return tuple(
            (float(end) - STEP_S * part.angle_deg.size, float(end))
            for part, end in zip(self._parts, ends, strict=True)
            if part.resting
        )

    def _motion(self, voluntary: Array) -> Motion:
        """Add sway and tremor, and work out where the knee goes."""
        n, body, rng = voluntary.size, self.body, self._rng
        parts = self._parts
        moving = soft((np.abs(np.gradient(voluntary, STEP_S)) > 1.0).astype(float), 0.5)
        lying = soft((voluntary < -95.0).astype(float), 0.5)
        size = self.unsteadiness * (0.6 + 0.4 * moving) * (1 - (1 - SUPINE_SWAY) * lying)

        def sway(share: float) -> Array:
            return share * body.sway_deg * slow_noise(n, rng, 1.0, 0.25) * size

        tremor = band_pass(rng.normal(size=n), 7.0, 11.0)
        tremor *= body.tremor_deg / 0.126 * (0.2 + moving) * self.unsteadiness  # 0.126: its rms
        thigh = voluntary + sway(1.0) + tremor
        lean = body.sideways * (voluntary - voluntary[0])
        tilt = np.concatenate([p.tilt_deg for p in parts]) + lean + sway(0.8)
        axial = np.concatenate([p.axial_deg for p in parts]) + sway(0.8)
        heading = np.concatenate([p.heading_deg for p in parts]) + sway(1.0)
        zero = np.zeros((n, 3))
        effort = self._effort(voluntary)
        motion = Motion(thigh, tilt, axial, heading, zero, effort)
        return Motion(thigh, tilt, axial, heading, self._knee_acceleration(motion, voluntary), effort)

    def _effort(self, voluntary: Array) -> Array:
        """How hard the hamstrings work, 0-1: the load grows with the lean, or as the floor lets go."""
        effort = np.full(voluntary.size, 0.1)
        starts = np.cumsum([0, *(part.angle_deg.size for part in self._parts)])
        for marked in self._reps:
            rows = slice(int(starts[marked.first]), int(starts[marked.stop]))
            moved_deg = voluntary[rows] - voluntary[rows].min()
            if marked.exercise == "nordic":
                effort[rows] = np.maximum(0.1, np.sin(np.radians(np.minimum(moved_deg, 90.0))))
            else:
                effort[rows] = np.maximum(0.1, 1 - np.exp(-moved_deg / FLOOR_LETS_GO_DEG))
        return effort

    def _knee_acceleration(self, motion: Motion, voluntary: Array) -> Array:
        thigh = self.body.thigh_m * long_axis(motion)
        knee = np.empty_like(thigh)
        here, i = np.zeros(3), 0
        for part in self._parts:
            rows = slice(i, i + part.angle_deg.size)
            path = np.column_stack([part.path_m[:, 0], np.zeros(part.angle_deg.size), part.path_m[:, 1]])
            knee[rows] = here + path
            if part.pivot == "hip":
                knee[rows] += thigh[max(0, i - 1)] - thigh[rows]
            elif part.phase in ("lift", "lower") and part.angle_deg[0] < -95.0:
                risen = part.angle_deg - part.angle_deg[0]
                knee[rows, 0] += self.body.knee_shift_m[0] * risen
                knee[rows, 2] += self.body.knee_shift_m[1] * risen
            here, i = knee[rows.stop - 1], rows.stop
        # A joint between two parts is a corner for the sway only: a body rounds it off.
        knee = np.column_stack([soft(column, 0.1) for column in knee.T])
        acceleration = np.gradient(np.gradient(knee, STEP_S, axis=0), STEP_S, axis=0)
        t = STEP_S * np.arange(voluntary.size)
        for at_s, size, width_s in self._shocks:
            rows = slice(round((at_s - width_s) / STEP_S), round((at_s + 5 * width_s) / STEP_S))
            late = (t[rows] - at_s) / width_s
            pulse = np.exp(-np.abs(late)) * np.cos(2.0 * late)
            acceleration[rows] += size * pulse[:, None] * np.array([0.5, 0.1, 1.0])
        return acceleration

    def _true_rep(self, marked: _Marked, voluntary: Array) -> TrueRep:
        starts = np.cumsum([0, *(part.angle_deg.size for part in self._parts)])
        moving: dict[PhaseKind, list[int]] = {}
        for i in range(marked.first, marked.stop):
            kind = self._parts[i].phase
            if kind is not None and kind != "hold":
                moving.setdefault(kind, []).append(i)
        phases: list[Phase] = []
        pauses_s = 0.0
        for kind, parts in moving.items():
            i0 = max(0, int(starts[parts[0]]) - 1)
            active = np.concatenate(
                [np.full(self._parts[i].angle_deg.size, not self._parts[i].paused) for i in parts]
            )
            if i0 < starts[parts[0]]:
                active = np.append(True, active)
            start_s, end_s = reference_boundaries(
                voluntary[i0 : int(starts[parts[-1] + 1])], active=active[1:]
            )
            offset = STEP_S * i0
            if phases and start_s + offset > phases[-1].end_s:
                phases.append(Phase("hold", phases[-1].end_s, start_s + offset))
            phases.append(Phase(kind, start_s + offset, end_s + offset))
            if kind == "lower":
                pauses_s = STEP_S * float(np.count_nonzero(~active))
        span = voluntary[starts[marked.first] : starts[marked.stop]]
        point = None
        if marked.break_s is not None:
            lower = next(phase for phase in phases if phase.kind == "lower")
            lean = float(voluntary[round(marked.break_s / STEP_S) - 1])
            at_s = marked.break_s
            point = BreakPoint(at_s, lean, at_s - lower.start_s, lower.end_s - at_s)
        return TrueRep(marked.exercise, tuple(phases), float(np.ptp(span)), point, pauses_s, marked.flags)


def reference_boundaries(
    angle_deg: Array, step_s: float = STEP_S, *, active: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """Apply the definition of a phase to a noise-free angle that holds exactly one moving phase.

    active: (n - 1,) False in pauses; None takes what is slower than 0.5 deg/s for a pause. Returns the
    first and last instant (s from the first value) at which the speed exceeds v_ref = min(5 deg/s, a quarter
    of the phase's mean speed, pauses left out).
    """
    speed = np.abs(np.diff(angle_deg)) / step_s
    moving = speed > max(0.5, 1e-3 * float(speed.max())) if active is None else active
    if not moving.any():
        moving = speed > 1e-3 * speed.max()
    mean = float(speed[moving].mean())
    fast = np.flatnonzero(speed > min(5.0, 0.25 * mean))
    return step_s * float(fast[0]), step_s * float(fast[-1] + 1)


def _minimum_jerk(n: int) -> Array:
    s = np.arange(1, n + 1) / n
    return s**3 * (10 - 15 * s + 6 * s**2)


def _trapezoid(n: int, ramp: float) -> Array:
    s = np.arange(1, n + 1) / n
    speed = np.minimum(1.0, np.minimum(s, 1 - s + 1 / n) / ramp)
    return np.cumsum(speed) / speed.sum()


def _uneven(shape: Array, rng: np.random.Generator, size: float) -> Array:
    """Let the speed wander by `size` (relative rms), without moving either end."""
    wandering = np.maximum(0.2, 1 + slow_noise(shape.size, rng, size, cutoff_hz=1.2))
    speed = np.diff(shape, prepend=0.0) * wandering
    return np.cumsum(speed) / speed.sum()


def _triple(vector: Array) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
