"""One engine for live and batch: samples in, events out. `analyse` is a fold of `Pipeline.step`.

Every stage keeps its own state and has a fixed reach, and every decision is taken at a sample that the data
determines, so that cutting a recording into chunks anywhere gives the same repetitions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis import calibration as calibrating
from analysis.calibration import Calibration, thigh_angle
from analysis.grid import UniformGrid
from analysis.live_phases import PhaseWatcher
from analysis.orientation import (
    FRAME_S,
    LONG_GAP_S,
    AccelerometerOrientation,
    Frames,
    InertialOrientation,
    concatenate,
    frames_of,
)
from analysis.phases import PAUSE_LOOKBACK_S
from analysis.repetitions import POSTURES, Recogniser, Track, judge
from analysis.results import (
    AnglesMeasured,
    Event,
    Exercise,
    Gap,
    GapFound,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
    SensorFault,
)
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples, SamplesError
from analysis.sensor_check import GyroscopeCheck
from analysis.smoothing import Smoother, gaussian
from analysis.turning_points import Excursion, ExcursionFinder

Array = NDArray[np.float64]

MAX_REP_FRAMES = round(62.0 / FRAME_S)
ATTEMPT_FRAMES = round(5.0 / FRAME_S)
MAX_UNCALIBRATED_FRAMES = round(180.0 / FRAME_S)
SURE_SIGN = 0.9
HYSTERESIS_DEG = 3.0
SETTLED = 20
"""Frames (0.4 s) without falling further, near the base, that end a repetition."""
STUCK = 75
COLUMNS = 10
GYROSCOPE_FAULT = (
    "The gyroscope does not agree with the accelerometer: it is faulty or its values are in another unit. "
    "Durations from this recording cannot be trusted."
)


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What `analyse` found.

    thigh_angle_deg: (n,) at the times of the samples, NaN in gaps and where no calibration is known.
    """

    reps: tuple[Rep, ...]
    thigh_angle_deg: Array
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    calibration: Calibration | None


class Pipeline:
    """The streaming engine: feed samples in any chunks, read events.

    exercise: count only this one; None counts both. calibration: how the sensor sits; None works it out
    from the stream as soon as the evidence is good, and measures what has come so far then.
    """

    def __init__(self, exercise: Exercise | None = None, calibration: Calibration | None = None) -> None:
        if exercise not in (None, "nordic", "bridge"):
            raise ValueError(f"unknown exercise {exercise!r}: nordic, bridge or None")
        self._exercise: Exercise | None = exercise
        self._calibration = calibration
        self._stretch: _Stretch | None = None
        self._last_t_s = -np.inf
        self._gyroscope: bool | None = None

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in use, or None while none is known."""
        return self._calibration

    def step(self, samples: ImuSamples) -> list[Event]:
        """Take further samples and return what became known by them.

        Raises SamplesError if time does not go on from the last step or the gyroscope comes or goes.
        """
        if len(samples) == 0:
            return []
        if samples.t_s[0] <= self._last_t_s:
            raise SamplesError(
                f"time goes back from {self._last_t_s:.6f} s to {samples.t_s[0]:.6f} s between two steps"
            )
        gyroscope = samples.gyr_radps is not None
        if self._gyroscope is None:
            self._gyroscope = gyroscope
        if gyroscope != self._gyroscope:
            raise SamplesError("samples with and without a gyroscope cannot be measured in one stream")
        events: list[Event] = []
        times = np.concatenate([[self._last_t_s], samples.t_s])
        cuts = [int(i) for i in np.flatnonzero(np.diff(times) > LONG_GAP_S)]
        begin = 0
        for cut in cuts:
            events += self._feed(samples[begin:cut])
            if self._stretch is not None:
                events += self._end_stretch(self._stretch)
                gap = Gap(float(times[cut]), float(times[cut + 1]))
                events.append(GapFound(gap, gap.end_s))
            begin = cut
        events += self._feed(samples[begin:])
        self._last_t_s = float(samples.t_s[-1])
        return events

    def finish(self) -> list[Event]:
        """Say that no more samples will come, and return what was still held back."""
        return self._end_stretch(self._stretch) if self._stretch is not None else []

    def _feed(self, samples: ImuSamples) -> list[Event]:
        if len(samples) == 0:
            return []
        if self._stretch is None:
            gyroscope = samples.gyr_radps is not None
            self._stretch = _Stretch(float(samples.t_s[0]), self._exercise, self._calibration, gyroscope)
        events = self._stretch.step(samples)
        self._calibration = self._stretch.calibration
        return events

    def _end_stretch(self, stretch: _Stretch) -> list[Event]:
        events = stretch.finish()
        self._calibration = stretch.calibration
        self._stretch = None
        return events


class _Stretch:
    """Samples without a long gap: grid, orientation, calibration if need be, then the measurement."""

    def __init__(
        self, start_s: float, exercise: Exercise | None, calibration: Calibration | None, gyroscope: bool
    ) -> None:
        self.calibration = calibration
        self._start_s = start_s
        self._exercise: Exercise | None = exercise
        self._gyroscope = gyroscope
        self._grid = UniformGrid(start_s)
        self._orientation = InertialOrientation() if gyroscope else AccelerometerOrientation()
        self._check = GyroscopeCheck()
        self._warned = False
        self._measurement: _Measurement | None = None
        self._waiting: list[Frames] = []
        self._waiting_count = self._seen = 0
        self._next_attempt = ATTEMPT_FRAMES
        self._gaps: list[Gap] = []
        if calibration is not None:
            self._measurement = _Measurement(start_s, exercise, calibration, self._gaps, gyroscope=gyroscope)

    def step(self, samples: ImuSamples) -> list[Event]:
        cells = self._grid.step(samples)
        events: list[Event] = [GapFound(gap, gap.end_s) for gap in cells.gaps]
        self._gaps += cells.gaps
        return events + self._frames(self._orientation.step(cells))

    def finish(self) -> list[Event]:
        events = self._frames(self._orientation.finish())
        if self._measurement is None and self._waiting:
            found = calibrating.from_recording(
                concatenate(self._waiting), self._exercise, gyroscope=self._gyroscope
            )
            if found is not None:
                events += self._accept(found, self._seen)
        if self._measurement is not None:
            events += self._measurement.finish()
        return events

    def _frames(self, frames: Frames) -> list[Event]:
        if len(frames) == 0:
            return []
        events: list[Event] = []
        if self._gyroscope and not self._warned:
            self._check.step(frames)
            if self._check.disagrees:
                self._warned = True
                now_s = self._start_s + FRAME_S * (self._seen + len(frames))
                events.append(SensorFault(GYROSCOPE_FAULT, now_s))
        while len(frames) and self._measurement is None:
            # Attempts happen at fixed frames, so that they do not depend on how the stream was cut.
            now = min(len(frames), self._next_attempt - self._seen)
            self._waiting.append(frames[:now])
            self._waiting_count += now
            self._seen += now
            frames = frames[now:]
            if self._seen == self._next_attempt:
                self._next_attempt += ATTEMPT_FRAMES
                events += self._attempt()
        if len(frames) and self._measurement is not None:
            self._seen += len(frames)
            events += self._measurement.step(frames)
        return events

    def _attempt(self) -> list[Event]:
        waiting = concatenate(self._waiting)
        found = calibrating.from_recording(waiting, self._exercise, gyroscope=self._gyroscope)
        full = self._waiting_count >= MAX_UNCALIBRATED_FRAMES
        if found is not None and (full or found.sign_confidence >= SURE_SIGN):
            return self._accept(found, self._seen)
        if full:
            self._waiting = [waiting[ATTEMPT_FRAMES:]]
            self._waiting_count -= ATTEMPT_FRAMES
        return []

    def _accept(self, calibration: Calibration, known: int) -> list[Event]:
        self.calibration = calibration
        skipped = self._seen - self._waiting_count
        start_s = self._start_s + FRAME_S * skipped
        self._measurement = _Measurement(
            start_s, self._exercise, calibration, self._gaps, gyroscope=self._gyroscope
        )
        waiting, self._waiting = concatenate(self._waiting), []
        return self._measurement.step(waiting, known - skipped)


class _Measurement:
    """Frames with a known calibration: angle, excursions, repetitions."""

    def __init__(
        self,
        start_s: float,
        exercise: Exercise | None,
        calibration: Calibration,
        gaps: list[Gap],
        *,
        gyroscope: bool,
    ) -> None:
        self._start_s = start_s
        self._calibration = calibration
        self._gaps = gaps
        self._gyroscope = gyroscope
        z, y = np.array(calibration.long_axis), np.array(calibration.lateral_axis)
        self._axes = np.column_stack([np.cross(y, z), y, z])
        kernels = [gaussian(hz, 1 / FRAME_S) for hz in (3.0, 4.0, 7.0)]
        self._smoother = Smoother([*kernels, None, None, kernels[0], kernels[0], None, None, kernels[0]])
        self._held: Array = np.empty((0, COLUMNS))
        self._last_row: Array = np.empty((0, COLUMNS))
        self._taken = 0
        self._rows: Array = np.empty((1024, COLUMNS))
        self._first = self._size = 0
        self._end_s = np.inf
        self._posture_known = exercise is not None or calibration.method in ("knee lifts", "given")
        kinds: tuple[Exercise, ...] = ("nordic", "bridge") if exercise is None else (exercise,)
        if not self._posture_known and calibration.sign_confidence < SURE_SIGN:
            kinds = ()  # which exercise it is hangs on the sign: better nothing than a guess
        self._followers = tuple(_follower(kind) for kind in kinds)

    def step(self, frames: Frames, known: int = 0) -> list[Event]:
        """Measure further frames; what they tell was not known before frame `known`."""
        rows = self._signals(frames)
        middle_s = self._start_s + FRAME_S * (self._taken + 0.5 + np.arange(len(frames)))
        self._taken += len(frames)
        angles = AnglesMeasured(middle_s, np.where(frames.missing, np.nan, rows[:, 0]))
        return [angles, *self._follow(self._smoother.step(self._bridged(rows)), known)]

    def finish(self) -> list[Event]:
        """Hold the end still for as long as the finders want to see, so that a last repetition counts."""
        self._end_s = self._start_s + FRAME_S * self._taken
        events = self._follow(self._smoother.finish(), 0)
        if self._size == 0:
            return events
        rest = np.repeat(self._rows[self._size - 1 : self._size], SETTLED + 1, axis=0)
        rest[:, [1, 2, 4, 5, 6, 7, 8]] = 0.0
        return events + self._follow(rest, 0)

    def _signals(self, frames: Frames) -> Array:
        """Columns: the fields of `Track` from angle_deg on, not smoothed yet."""
        rows = np.empty((len(frames), COLUMNS))
        rows[:, 0] = thigh_angle(frames, self._calibration)
        rate = np.degrees(frames.rate_radps @ self._axes)
        rows[:, 1] = rows[:, 2] = rows[:, 4] = rate[:, 1]
        rows[:, 3] = frames.missing
        rows[:, 5], rows[:, 6] = rate[:, 0], rate[:, 2]
        linear = frames.acc_mps2 - STANDARD_GRAVITY_MPS2 * frames.up
        rows[:, 7] = linear @ self._axes[:, 0]
        rows[:, 8] = np.einsum("ij,ij->i", linear, frames.up)
        rows[:, 9] = np.degrees(np.arcsin(np.clip(frames.up @ self._axes[:, 1], -1.0, 1.0)))
        return rows

    def _bridged(self, rows: Array) -> Array:
        """Bridge gaps linearly; rows of a gap that has not ended yet are held back."""
        rows = np.concatenate([self._held, rows])
        valid = np.flatnonzero(rows[:, 3] == 0.0)
        if valid.size == 0:
            self._held = rows
            return rows[:0]
        rows, self._held = rows[: valid[-1] + 1], rows[valid[-1] + 1 :].copy()
        if valid.size < rows.shape[0]:
            before = self._last_row
            chain = np.concatenate([before, rows])
            known = np.flatnonzero(chain[:, 3] == 0.0)
            holes = np.flatnonzero(chain[:, 3] != 0.0)
            for column in range(COLUMNS):
                if column != 3:
                    chain[holes, column] = np.interp(holes, known, chain[known, column])
            self._last_row = chain[-1:].copy()
            return chain[before.shape[0] :]
        self._last_row = rows[-1:].copy()
        return rows

    def _follow(self, rows: Array, known: int) -> list[Event]:
        """Look for phases and excursions in further smoothed rows."""
        if rows.shape[0] == 0:
            return []
        first = self._first + self._size
        self._store(rows)
        angle, rate = rows[:, 0].tolist(), rows[:, 1].tolist()
        events: list[Event] = []
        for follower in self._followers:
            for notice in follower.watcher.step(angle, rate, first):
                kind, exercise = notice.kind, follower.exercise
                emitted_s = self._known_s(notice.noticed, known)
                start_s = self._start_s + FRAME_S * (notice.start + 0.5)
                if notice.end is None:
                    events.append(PhaseStarted(kind, exercise, start_s, emitted_s))
                else:
                    end_s = self._start_s + FRAME_S * (notice.end + 0.5)
                    events.append(PhaseEnded(kind, exercise, start_s, end_s, emitted_s))
            for excursion in follower.finder.step(angle, first):
                events += self._completed(follower, excursion, known)
        self._trim()
        return events

    def _completed(self, follower: _Follower, excursion: Excursion, known: int) -> list[Event]:
        margin = round(PAUSE_LOOKBACK_S / FRAME_S)
        begin = max(self._first, excursion.base - margin)
        rows = self._rows[begin - self._first : excursion.known + 1 - self._first]
        track = Track(self._start_s + FRAME_S * (begin + 0.5), FRAME_S, *rows.T)
        moved = replace(
            excursion,
            base=excursion.base - begin,
            peak=excursion.peak - begin,
            end=excursion.end - begin,
            known=excursion.known - begin,
        )
        candidate = judge(
            track,
            moved,
            follower.exercise,
            tuple(self._gaps),
            self._calibration.sign_confidence,
            gyroscope=self._gyroscope,
            posture_known=self._posture_known,
        )
        if candidate is None:
            return []
        emitted_s = self._known_s(excursion.known, known)
        return [RepCompleted(rep, emitted_s) for rep in follower.recogniser.step(candidate)]

    def _known_s(self, row: int, known: int) -> float:
        """Time of the sample with which a smoothed row was complete."""
        return min(self._end_s, self._start_s + FRAME_S * max(row + 1 + self._smoother.reach, known))

    def _store(self, rows: Array) -> None:
        need = self._size + rows.shape[0]
        if need > self._rows.shape[0]:
            bigger = np.empty((max(need, 2 * self._rows.shape[0]), COLUMNS))
            bigger[: self._size] = self._rows[: self._size]
            self._rows = bigger
        self._rows[self._size : need] = rows
        self._size = need

    def _trim(self) -> None:
        keep = MAX_REP_FRAMES + round(2 * PAUSE_LOOKBACK_S / FRAME_S)
        if self._size <= 4 * keep:
            return
        drop = self._size - keep
        self._rows = np.concatenate([self._rows[drop : self._size], np.empty((3 * keep, COLUMNS))])
        self._first += drop
        self._size = keep


@dataclass(frozen=True, slots=True)
class _Follower:
    """What follows one exercise through the smoothed angle."""

    exercise: Exercise
    finder: ExcursionFinder
    watcher: PhaseWatcher
    recogniser: Recogniser


def _follower(exercise: Exercise) -> _Follower:
    posture = POSTURES[exercise]
    return _Follower(
        exercise,
        ExcursionFinder(
            posture.floor_deg, posture.ceiling_deg, HYSTERESIS_DEG, SETTLED, STUCK, MAX_REP_FRAMES
        ),
        PhaseWatcher(exercise, posture.base_min_deg, posture.base_max_deg),
        Recogniser(),
    )


def analyse(
    samples: ImuSamples, exercise: Exercise | None = None, calibration: Calibration | None = None
) -> Analysis:
    """Measure a whole recording: `Pipeline.step` over all of it.

    Where no calibration is given it is worked out from the whole recording first. Times in the result are on
    the time axis of the samples.
    """
    if len(samples) == 0:
        return Analysis((), np.empty(0), (), ("The recording holds no samples.",), calibration)
    gyroscope = samples.gyr_radps is not None
    if calibration is None:
        calibration = calibrating.from_recording(frames_of(samples), exercise, gyroscope=gyroscope)
    pipeline = Pipeline(exercise, calibration)
    reps: list[Rep] = []
    gaps: list[Gap] = []
    warnings = list(_warnings_about(samples, calibration, exercise))
    angle_t: list[Array] = []
    angles: list[Array] = []
    for event in [*pipeline.step(samples), *pipeline.finish()]:
        match event:
            case RepCompleted(rep=rep):
                reps.append(rep)
            case GapFound(gap=gap):
                gaps.append(gap)
            case SensorFault(text=text):
                warnings.append(text)
            case AnglesMeasured(t_s=t_s, thigh_angle_deg=angle_deg):
                angle_t.append(t_s)
                angles.append(angle_deg)
            case _:
                pass
    if angles:
        angle = np.interp(samples.t_s, np.concatenate(angle_t), np.concatenate(angles))
    else:
        angle = np.full(len(samples), np.nan)
    reps.sort(key=lambda rep: rep.start_s)
    return Analysis(tuple(reps), angle, tuple(gaps), tuple(warnings), calibration)


def _warnings_about(
    samples: ImuSamples, calibration: Calibration | None, exercise: Exercise | None
) -> tuple[str, ...]:
    """What a reader has to know before trusting the numbers."""
    said: list[str] = []
    force = float(np.median(np.linalg.norm(samples.acc_mps2, axis=1)))
    if not 0.8 * STANDARD_GRAVITY_MPS2 < force < 1.2 * STANDARD_GRAVITY_MPS2:
        guess = " The values look like g instead of m/s2." if 0.8 < force < 1.2 else ""
        said.append(f"The accelerometer reads {force:.2f} m/s2 in the middle, not 9.81.{guess}")
    if samples.gyr_radps is None:
        said.append("No gyroscope: angles come from the accelerometer alone, with a wider error.")
    elif float(np.percentile(np.abs(samples.gyr_radps), 99)) > 20.0:
        said.append("The gyroscope reads over 20 rad/s. The values look like deg/s instead of rad/s.")
    if len(samples) > 1:
        rate_hz = 1 / float(np.median(np.diff(samples.t_s)))
        if rate_hz < 20.0:
            said.append(f"Only {rate_hz:.0f} samples a second: phases may be misjudged below 25.")
    if calibration is None:
        told = "" if exercise else " Name the exercise, or record two seconds of standing and two knee lifts."
        said.append(f"How the sensor sits could not be worked out, so nothing was counted.{told}")
    elif calibration.method.startswith("assumed"):
        said.append("The zero of the thigh angle is assumed: no standing pose was recorded.")
    if calibration is not None and calibration.sign_confidence < SURE_SIGN:
        doubt = f"Which way the thigh turns is not certain ({calibration.sign_confidence:.0%})"
        if exercise is None:
            said.append(f"{doubt}, so nothing was counted. Name the exercise.")
        else:
            said.append(f"{doubt}: lifting and lowering could be swapped.")
    return tuple(said)
