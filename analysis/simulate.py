"""Simulated sessions: the movement of a thigh whose truth is known, and the sensor strapped to it.

Two halves that do not know each other. `Movement` scripts the thigh angle (with the truth about every
phase, by the definition of `analysis.phases`), which joint is the pivot and how that joint itself moves.
`measure` puts an inertial sensor with its errors on that thigh. Everything is seeded: the same seed and
script give the same samples.

Frames: world Z up; thigh x to the front, y medio-lateral, z from the knee to the hip. The thigh is turned
out of the world by R = Rz(heading) Rx(tilt) Ry(thigh angle), so that at 0 it stands upright and a positive
angle has the hip in front of the knee. A simulation is not a person: figures made with it say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.results import BreakPoint, Exercise, Phase, PhaseKind
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from analysis.smoothing import smooth

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

STEP_S = 0.002
THIGH_LENGTH_M = 0.42
SENSOR_HEIGHT_M = 0.22  # above the knee: half-way up the thigh
SENSOR_FRONT_M = 0.07  # in front of the bone


@dataclass(frozen=True, slots=True)
class TrueRep:
    """What really happened in one repetition; times in seconds of the simulated session."""

    exercise: Exercise
    phases: tuple[Phase, ...]
    range_of_motion_deg: float
    break_point: BreakPoint | None

    @property
    def start_s(self) -> float:
        """Start of the first phase."""
        return self.phases[0].start_s

    @property
    def end_s(self) -> float:
        """End of the last phase."""
        return self.phases[-1].end_s

    @property
    def lower_s(self) -> float:
        """Duration of the lowering."""
        return next(phase for phase in self.phases if phase.kind == "lower").duration_s


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a person or the program does at a time: 'nordic set', 'set ends', 'knee lifts' ..."""

    t_s: float
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """A session with its truth.

    samples: what the sensor says. true_t_s, true_angle_deg: (m,) the thigh angle on a 2 ms grid.
    calibration: how the sensor really sits on the thigh.
    """

    samples: ImuSamples
    true_t_s: Array
    true_angle_deg: Array
    reps: tuple[TrueRep, ...]
    marks: tuple[Mark, ...]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Sensor:
    """Errors and mounting of a sensor: the sizes are those of cheap MEMS parts.

    mount_deg: rotations about the thigh's z, y and x axes that take the thigh frame to the sensor frame.
    bias_dps is the size of a randomly directed constant gyroscope error, acc_bias_mps2 likewise.
    loss is the share of samples lost, in bursts of `burst` samples.
    """

    rate_hz: float = 100.0
    mount_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bias_dps: float = 1.0
    acc_bias_mps2: float = 0.15
    gyr_noise_dps: float = 0.08
    acc_noise_mps2: float = 0.03
    scale_error: float = 0.008
    gyr_range_dps: float = 2000.0
    acc_range_mps2: float = 16 * STANDARD_GRAVITY_MPS2
    clock_error: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    burst: int = 4
    gyroscope: bool = True


@dataclass(slots=True)
class _Part:
    """A stretch of the script on the 2 ms grid; `phase` names the phase of the current repetition."""

    angle_deg: Array
    phase: PhaseKind | None
    pivot: str
    knee_height_m: Array


@dataclass(slots=True)
class Movement:
    """A script of the thigh angle. Each method appends to it and returns nothing.

    unsteadiness scales sway, tremor and the unevenness of speed (1: a patient doing their best).
    """

    seed: int = 0
    start_deg: float = 0.0
    unsteadiness: float = 1.0
    _parts: list[_Part] = field(default_factory=list[_Part])
    _reps: list[tuple[Exercise, int, int, float | None]] = field(
        default_factory=list[tuple[Exercise, int, int, float | None]]
    )
    _marks: list[Mark] = field(default_factory=list[Mark])
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

    def still(self, seconds: float, *, phase: PhaseKind | None = None, drift_deg: float = 0.0) -> None:
        """Stay where the thigh is, creeping by drift_deg."""
        n = max(1, round(seconds / STEP_S))
        self._append(self.angle_deg + drift_deg * _minimum_jerk(n), phase, "knee")

    def move(
        self,
        to_deg: float,
        seconds: float,
        *,
        ramp: float | None = None,
        phase: PhaseKind | None = None,
        pivot: str = "knee",
        knee_rises_m: float = 0.0,
    ) -> None:
        """Turn the thigh to an angle.

        ramp is the share of the time spent speeding up, and again slowing down (0.5: never steady); None
        moves with minimum jerk. knee_rises_m lifts the knee meanwhile, as in kneeling down or standing up.
        """
        n = max(2, round(seconds / STEP_S))
        shape = _minimum_jerk(n) if ramp is None else _trapezoid(n, ramp)
        if seconds > 1.0:
            shape = _uneven(shape, self._rng, 0.06 * self.unsteadiness)
        angle = self.angle_deg + (to_deg - self.angle_deg) * shape
        self._append(angle, phase, pivot, knee_rises_m * _minimum_jerk(n))

    def nordic(
        self,
        *,
        lower_s: float = 4.0,
        to_deg: float = 75.0,
        break_deg: float | None = None,
        hold_s: float = 0.3,
        return_s: float = 2.0,
        pause_s: float = 0.0,
        base_deg: float = 0.0,
    ) -> None:
        """One Nordic: lowering (broken off at break_deg if given), the hands' catch, the assisted return."""
        first = len(self._parts)
        controlled_to = to_deg if break_deg is None else break_deg
        if pause_s:
            middle = self.angle_deg + 0.45 * (controlled_to - self.angle_deg)
            self.move(middle, 0.45 * lower_s, ramp=0.2, phase="lower")
            self.still(pause_s, phase="lower", drift_deg=0.3)
            self.move(controlled_to, 0.55 * lower_s, ramp=0.2, phase="lower")
        elif break_deg is None:
            self.move(to_deg, lower_s, ramp=0.18, phase="lower")
        else:
            self._controlled_then_fall(break_deg, to_deg, lower_s)
        break_s = None if break_deg is None else self._break_s
        self.still(hold_s, phase="hold")
        self.move(base_deg, return_s, phase="return")
        self._reps.append(("nordic", first, len(self._parts), break_s))

    _break_s: float = 0.0

    def bridge(
        self,
        *,
        lift_s: float = 2.0,
        hold_s: float = 1.5,
        lower_s: float = 4.0,
        rise_deg: float = 20.0,
        creep_deg: float = -1.0,
        bounce_deg: float = 0.0,
    ) -> None:
        """One bridge from the supine rest posture: lift, hold (creeping), lowering back to the rest."""
        first = len(self._parts)
        rest_deg = self.angle_deg
        self.move(rest_deg + rise_deg, lift_s, ramp=0.25, phase="lift")
        if hold_s > 0:
            self.still(hold_s, phase="hold", drift_deg=creep_deg)
        self.move(rest_deg + self._rng.normal(0.0, 0.4), lower_s, ramp=0.25, phase="lower")
        self._reps.append(("bridge", first, len(self._parts), None))
        if bounce_deg:
            self.move(self.angle_deg + bounce_deg, 0.3)
            self.move(self.angle_deg - bounce_deg, 0.3)

    def knee_lifts(self, count: int = 2, *, height_deg: float = 70.0) -> None:
        """Standing knee lifts, the calibration movement: the hip flexes, so the angle goes negative."""
        for _ in range(count):
            self.move(-height_deg, 0.8, pivot="hip")
            self.move(0.0, 0.8, pivot="hip")
            self.still(0.3)

    def kneel_down(self) -> None:
        """From standing to tall kneeling over one leg: the knee travels down to the floor."""
        self.move(22.0, 1.2, pivot="hip", knee_rises_m=-0.25)
        self.move(0.0, 1.2, pivot="hip", knee_rises_m=-0.2)

    def stand_up(self) -> None:
        """From tall kneeling to standing: this leg steps forward first."""
        self.move(-75.0, 1.2, pivot="hip", knee_rises_m=0.45)
        self.move(0.0, 1.4)

    def kneeling_to_supine(self, rest_deg: float = -138.0) -> None:
        """From tall kneeling over sitting to lying on the back with the knees bent."""
        self.move(-70.0, 2.0)
        self.still(0.5)
        self.move(rest_deg, 2.5)

    def walk(self, steps: int, *, step_s: float = 1.1) -> None:
        """Walking: more flexion than extension, a vertical bounce, nothing that is a repetition."""
        for _ in range(steps):
            self.move(-26.0, 0.42 * step_s, pivot="hip")
            self.move(14.0, 0.58 * step_s, pivot="hip")
        self.move(0.0, 0.4, pivot="hip")

    def sit_down_and_up(self) -> None:
        """Standing, sitting for two seconds, standing again."""
        self.move(-85.0, 1.1)
        self.still(2.0)
        self.move(0.0, 1.1)

    def session(self, sensor: Sensor | None = None) -> SimulatedSession:
        """Finish the script and let a sensor measure it."""
        if not self._parts:
            raise ValueError("an empty script has nothing to measure: append still(), move() or a repetition")
        voluntary = np.concatenate([part.angle_deg for part in self._parts])
        reps = tuple(self._true_rep(*rep, voluntary) for rep in self._reps)
        angle = voluntary + _sway(voluntary, self._rng, self.unsteadiness)
        knee_is_pivot = np.concatenate(
            [np.full(part.angle_deg.size, float(part.pivot == "knee")) for part in self._parts]
        )
        knee_height = _chain([part.knee_height_m for part in self._parts])
        chosen = Sensor() if sensor is None else sensor
        samples = measure(
            angle, chosen, knee_is_pivot=knee_is_pivot, knee_height_m=knee_height, seed=self.seed
        )
        t = STEP_S * np.arange(voluntary.size, dtype=np.float64)
        long_axis, lateral_axis = _mount(chosen)[:, 2], _mount(chosen)[:, 1]
        calibration = Calibration(_triple(long_axis), _triple(lateral_axis), 1.0, "given")
        return SimulatedSession(samples, t, voluntary, reps, tuple(self._marks), calibration)

    def _append(
        self, angle_deg: Array, phase: PhaseKind | None, pivot: str, knee_height_m: Array | None = None
    ) -> None:
        height = np.zeros(angle_deg.size) if knee_height_m is None else knee_height_m
        self._parts.append(_Part(angle_deg, phase, pivot, height))

    def _controlled_then_fall(self, break_deg: float, to_deg: float, lower_s: float) -> None:
        """Lower steadily to the break point, then fall like an inverted pendulum whose support fades."""
        ramp_s, base = 0.18 * lower_s, self.angle_deg
        speed = (break_deg - base) / (lower_s - 0.5 * ramp_s)
        t = STEP_S * np.arange(1, round(lower_s / STEP_S) + 1)
        ramp_part = base + speed * np.where(t < ramp_s, t**2 / (2 * ramp_s), t - 0.5 * ramp_s)
        self._append(ramp_part, "lower", "knee")
        self._break_s = self.now_s
        angle, rate, fall = float(ramp_part[-1]), speed, list[float]()
        elapsed = 0.0
        while angle < to_deg:
            fade = min(1.0, elapsed / 0.2)
            rate += STEP_S * fade * 320.0 * np.sin(np.radians(max(angle, 10.0)))
            angle += STEP_S * rate
            elapsed += STEP_S
            fall.append(angle)
        catch_n = max(2, round(0.09 / STEP_S))
        stopping = rate * (1 - np.arange(1, catch_n + 1) / catch_n)
        fall.extend((angle + np.cumsum(stopping) * STEP_S).tolist())
        self._append(np.array(fall), "lower", "knee")

    def _true_rep(
        self, exercise: Exercise, first: int, stop: int, break_s: float | None, voluntary: Array
    ) -> TrueRep:
        starts = np.cumsum([0, *(part.angle_deg.size for part in self._parts)])
        phases: list[Phase] = []
        moving: dict[PhaseKind, tuple[int, int]] = {}
        for i in range(first, stop):
            kind = self._parts[i].phase
            if kind is None or kind == "hold":
                continue
            moving[kind] = (moving.get(kind, (int(starts[i]), 0))[0], int(starts[i + 1]))
        for kind, (i0, i1) in moving.items():
            start_s, end_s = reference_boundaries(voluntary[max(0, i0 - 1) : i1 + 1])
            offset = STEP_S * max(0, i0 - 1)
            if phases and start_s + offset > phases[-1].end_s:
                phases.append(Phase("hold", phases[-1].end_s, start_s + offset))
            phases.append(Phase(kind, start_s + offset, end_s + offset))
        span = voluntary[starts[first] : starts[stop]]
        point = None
        if break_s is not None:
            lower = next(phase for phase in phases if phase.kind == "lower")
            lean = float(voluntary[round(break_s / STEP_S) - 1])
            point = BreakPoint(break_s, lean, break_s - lower.start_s, lower.end_s - break_s)
        return TrueRep(exercise, tuple(phases), float(np.ptp(span)), point)


def reference_boundaries(angle_deg: Array, step_s: float = STEP_S) -> tuple[float, float]:
    """Apply the definition of a phase to a noise-free angle that holds exactly one moving phase.

    Returns the first and last instant (s from the first value) at which the speed exceeds
    v_ref = min(5 deg/s, a quarter of the phase's mean speed, pauses left out).
    """
    speed = np.abs(np.diff(angle_deg)) / step_s
    moving = speed > 1e-3 * speed.max()
    moving &= speed > 0.5  # a creeping pause is a pause
    mean = float(np.abs(np.diff(angle_deg))[moving].sum() / (step_s * moving.sum()))
    fast = np.flatnonzero(speed > min(5.0, 0.25 * mean))
    return step_s * float(fast[0]), step_s * float(fast[-1] + 1)


def measure(
    angle_deg: Array,
    sensor: Sensor,
    *,
    knee_is_pivot: Array | None = None,
    knee_height_m: Array | None = None,
    seed: int = 0,
) -> ImuSamples:
    """Let a sensor on the thigh measure a movement.

    angle_deg: (m,) thigh angle on the 2 ms grid. knee_is_pivot: (m,) 1 where the thigh turns about the knee,
    0 where about the hip. knee_height_m: (m,) height of that pivot. Returns samples in the sensor's frame.
    """
    rng = np.random.default_rng([seed, 7])
    n = angle_deg.size
    theta = np.radians(angle_deg)
    tilt = np.radians(0.03 * angle_deg + _slow_noise(n, rng, 0.3))
    heading = np.radians(_slow_noise(n, rng, 0.5))
    gyr, acc = _rigid_body(
        theta, tilt, heading, _smooth(_or(knee_is_pivot, n, 1.0)), _or(knee_height_m, n, 0.0)
    )
    rotation = _mount(sensor)
    gyr, acc = gyr @ rotation.T, acc @ rotation.T

    rate_hz = sensor.rate_hz * (1 + sensor.clock_error)
    t: Array = np.arange(0.0, (n - 1) * STEP_S, 1 / rate_hz, dtype=np.float64)
    grid = STEP_S * np.arange(n)
    cutoff_hz = min(0.45 * rate_hz, 200.0)

    def sampled(column: Array) -> Array:
        first: float = column[0]
        return np.interp(t, grid, first + _low_pass(column - first, cutoff_hz))

    acc_s = np.column_stack([sampled(column) for column in acc.T])
    gyr_s = np.column_stack([sampled(column) for column in gyr.T])

    def wrong(size: float, noise: float, values: Array, limit: float) -> Array:
        direction = rng.normal(size=3)
        scale = 1 + rng.normal(0.0, sensor.scale_error, 3)
        out = values * scale + size * direction / np.linalg.norm(direction)
        out += rng.normal(0.0, 1.0, values.shape) * noise
        lsb = limit / 32768
        return np.clip(np.round(out / lsb) * lsb, -limit, limit - lsb)

    gyr_s = np.radians(
        wrong(sensor.bias_dps, sensor.gyr_noise_dps, np.degrees(gyr_s), sensor.gyr_range_dps)
        if sensor.gyr_noise_dps
        else np.degrees(gyr_s)
    )
    if sensor.acc_noise_mps2:
        acc_s = wrong(sensor.acc_bias_mps2, sensor.acc_noise_mps2, acc_s, sensor.acc_range_mps2)
    kept = _survivors(t.size, sensor, rng)
    if sensor.jitter_s:
        t = np.maximum.accumulate(t + rng.uniform(0, sensor.jitter_s, t.size)) + 1e-9 * np.arange(
            t.size, dtype=np.float64
        )
    return ImuSamples(t[kept], acc_s[kept], gyr_s[kept] if sensor.gyroscope else None)


def demo_session(seed: int = 1, sensor: Sensor | None = None) -> SimulatedSession:
    """Build the session that `eccentric demo` streams: calibration, a Nordic set, a bridge set."""
    script = Movement(seed=seed, unsteadiness=0.5)
    script.still(2.6)
    script.mark("knee lifts")
    script.knee_lifts()
    script.still(0.6)
    script.mark("calibrated")
    script.kneel_down()
    script.still(1.5)
    script.mark("nordic set")
    for lower_s, to_deg, break_deg in ((3.4, 60.0, None), (2.9, 80.0, 48.0), (2.2, 55.0, None)):
        script.nordic(lower_s=lower_s, to_deg=to_deg, break_deg=break_deg, return_s=1.7)
        script.still(1.3)
    script.mark("set ends")
    script.kneeling_to_supine()
    script.still(2.2)
    script.mark("bridge set")
    for lower_s, rise_deg in ((3.2, 22.0), (3.6, 24.0), (2.0, 21.0), (3.4, 23.0)):
        script.bridge(lift_s=1.5, hold_s=1.2, lower_s=lower_s, rise_deg=rise_deg)
        script.still(1.4)
    script.mark("set ends")
    script.still(1.5)
    return script.session(sensor if sensor is not None else Sensor(mount_deg=(8.0, -4.0, 5.0)))


def accelerometer_only(sensor: Sensor) -> Sensor:
    """Return the same sensor without its gyroscope."""
    return replace(sensor, gyroscope=False)


def _rigid_body(
    theta: Array, tilt: Array, heading: Array, knee_is_pivot: Array, pivot_height_m: Array
) -> tuple[Array, Array]:
    """Rotation rate (rad/s) and specific force (m/s2) in the thigh frame, at the sensor."""
    d_theta, d_tilt, d_heading = (np.gradient(x, STEP_S) for x in (theta, tilt, heading))
    sin, cos = np.sin(theta), np.cos(theta)
    # Body rates of R = Rz(heading) Rx(tilt) Ry(theta).
    gyr = np.column_stack(
        [
            d_tilt * cos - d_heading * np.cos(tilt) * sin,
            d_theta + d_heading * np.sin(tilt),
            d_tilt * sin + d_heading * np.cos(tilt) * cos,
        ]
    )
    up = np.column_stack([-np.cos(tilt) * sin, np.sin(tilt), np.cos(tilt) * cos])
    arm = np.empty((theta.size, 3))
    arm[:, 0], arm[:, 1] = SENSOR_FRONT_M, 0.0
    arm[:, 2] = SENSOR_HEIGHT_M - THIGH_LENGTH_M * (1 - knee_is_pivot)
    alpha = np.gradient(gyr, STEP_S, axis=0)
    swing = np.cross(alpha, arm) + np.cross(gyr, np.cross(gyr, arm))
    heave = np.gradient(np.gradient(_smooth(pivot_height_m), STEP_S), STEP_S)
    return gyr, up * (STANDARD_GRAVITY_MPS2 + heave)[:, None] + swing


def _mount(sensor: Sensor) -> Array:
    """Rotation matrix that takes a vector from the thigh frame to the sensor frame."""
    z, y, x = np.radians(sensor.mount_deg)
    rz = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    return rz @ ry @ rx


def _minimum_jerk(n: int) -> Array:
    s = np.arange(1, n + 1) / n
    return s**3 * (10 - 15 * s + 6 * s**2)


def _trapezoid(n: int, ramp: float) -> Array:
    s = np.arange(1, n + 1) / n
    speed = np.minimum(1.0, np.minimum(s, 1 - s + 1 / n) / ramp)
    return np.cumsum(speed) / speed.sum()


def _uneven(shape: Array, rng: np.random.Generator, size: float) -> Array:
    """Let the speed wander by `size` (relative rms), without moving either end."""
    speed = np.diff(shape, prepend=0.0) * np.maximum(
        0.2, 1 + _slow_noise(shape.size, rng, size, cutoff_hz=1.2)
    )
    return np.cumsum(speed) / speed.sum()


def _slow_noise(n: int, rng: np.random.Generator, rms: float, cutoff_hz: float = 0.5) -> Array:
    if n < 4 or rms == 0.0:
        return np.zeros(n)
    lead = round(2 / STEP_S)
    raw = _low_pass(rng.normal(size=n + lead), cutoff_hz)[lead:]
    # The expected rms of filtered white noise, so that a short stretch is not blown up to the full size.
    return rms * raw / np.sqrt(2 * cutoff_hz * STEP_S * 1.11)


def _sway(voluntary_deg: Array, rng: np.random.Generator, unsteadiness: float) -> Array:
    """Postural sway (slow) and tremor (7-10 Hz), smaller at rest than in movement."""
    n = voluntary_deg.size
    effort = _smooth((np.abs(np.gradient(voluntary_deg, STEP_S)) > 1.0).astype(float), 0.5)
    sway = _slow_noise(n, rng, 0.25, 0.4) * (0.4 + 0.6 * effort)
    tremor = _band_pass(rng.normal(size=n), 7.0, 10.0) * 0.25 * (0.2 + effort)
    return unsteadiness * (sway + tremor)


def _low_pass(values: Array, cutoff_hz: float) -> Array:
    """Second-order Butterworth low-pass (bilinear transform), from rest."""

    def response(plus: Complex, minus: Complex) -> Complex:
        s, one = minus / np.tan(np.pi * cutoff_hz * STEP_S), plus
        return one**2 / (s**2 + np.sqrt(2) * s * one + one**2)

    return _filtered(values, response, cutoff_hz)


def _band_pass(values: Array, low_hz: float, high_hz: float) -> Array:
    """Fourth-order Butterworth band-pass (bilinear transform), from rest."""
    low, high = (np.tan(np.pi * hz * STEP_S) for hz in (low_hz, high_hz))

    def response(plus: Complex, minus: Complex) -> Complex:
        s, width = minus**2 + low * high * plus**2, (high - low) * minus * plus
        return width**2 / (s**2 + np.sqrt(2) * s * width + width**2)

    return _filtered(values, response, high_hz - low_hz)


def _filtered(values: Array, response: Callable[[Complex, Complex], Complex], slowest_hz: float) -> Array:
    """Filter by a response in 1 + 1/z and 1 - 1/z, with room for the filter to ring out."""
    ringing = round(8.0 / (slowest_hz * STEP_S))
    n = 1 << (values.size + ringing - 1).bit_length()
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(n))
    spectrum = np.fft.rfft(values, n) * response(1 + delay, 1 - delay)
    return np.fft.irfft(spectrum, n)[: values.size]


def _smooth(values: Array, seconds: float = 0.25) -> Array:
    """Raised-cosine moving mean, zero phase, ends held."""
    width = round(seconds / STEP_S) | 1
    kernel: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, width + 1, dtype=np.float64) / (width + 1))
    return smooth(values, kernel / kernel.sum())


def _chain(parts: Sequence[Array]) -> Array:
    """Join heights that each start at 0 so that each goes on where the last one ended."""
    level, joined = 0.0, list[Array]()
    for part in parts:
        joined.append(part + level)
        level = float(joined[-1][-1])
    return np.concatenate(joined)


def _survivors(n: int, sensor: Sensor, rng: np.random.Generator) -> NDArray[np.bool_]:
    kept = np.ones(n, dtype=bool)
    if sensor.loss <= 0:
        return kept
    bursts = rng.random(-(-n // sensor.burst)) < sensor.loss
    kept &= ~np.repeat(bursts, sensor.burst)[:n]
    kept[0] = True
    return kept


def _or(values: Array | None, n: int, default: float) -> Array:
    return np.full(n, default) if values is None else values


def _triple(vector: Array) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
