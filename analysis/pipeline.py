"""One engine for live and batch: samples in, events out. `analyse` is a fold of `Pipeline.step`.

Every stage keeps its own state and has a fixed reach, and every decision is taken at a sample that the data
determines, so that cutting a recording into chunks anywhere gives the same repetitions.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis import calibration_search
from analysis.calibration import Calibration, thigh_angle, thigh_axes, triple
from analysis.frozen_values import FrozenValues
from analysis.grid import CARRIED_GAP_S, FRAME_S, UniformGrid
from analysis.half_seconds import HalfSeconds
from analysis.live_phases import ACCELEROMETER_ONLY, LOW_PASS_HZ, WITH_GYROSCOPE, LowPass, PhaseWatcher
from analysis.lost_samples import come_in_bursts
from analysis.orientation import (
    LONG_GAP_S,
    AccelerometerOrientation,
    Frames,
    InertialOrientation,
    blocks,
    concatenate,
    stretches,
)
from analysis.repetitions import POSTURES, Recogniser, in_posture, judge, track_of
from analysis.rest_posture import LOSS_S, PostureWatch, moved_deg
from analysis.results import (
    MAY_HAVE_MOVED,
    MAY_SIT_OTHERWISE,
    SITS_OTHERWISE,
    AnglesMeasured,
    Attempt,
    AttemptAborted,
    Event,
    Exercise,
    Gap,
    GapFound,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
    RestCompared,
    SensorFault,
    SensorSlipped,
    if_trusted,
    without_number,
)
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples, SamplesError
from analysis.sensor_check import Fault, SensorCheck, doubts, wrong_unit
from analysis.slip import Slip, find_slip, short_turns, without_slip
from analysis.smoothing import Smoother, gaussian
from analysis.turning_points import MOST_PATIENCE, Excursion, ExcursionFinder

Array = NDArray[np.float64]

ANGLE_HZ, RATE_HZ = 3.0, 4.0
"""Smoothing of the angle that turning points are looked for in, and of its rate."""

LOOK_BACK_FRAMES = round(360.0 / FRAME_S)
"""A repetition starts from the lowest point of the rest before it, which may be as old as that rest. How long
the repetition itself may last is judged from its phases."""

LOOK_FRAMES = round(0.1 / FRAME_S)
"""Excursions are looked for so many frames at a time while none can end: a sixth of the live cost. No thigh
falls and rises by 3 degrees within that time, smoothed at 3 Hz: the dip would have to be 34 degrees
deep and over in 0.12 s."""

ROOM_FRAMES = round(60.0 / FRAME_S)
"""Rows are moved so often, to forget what no repetition can reach."""

AROUND_FRAMES = round(0.5 / FRAME_S)
"""What is looked at before a repetition."""

SLIP_TIP_DEG = 12.0
SLIP_CHECK_FRAMES, SLIP_REACH_FRAMES = round(5.0 / FRAME_S), round(62.0 / FRAME_S)
"""Slips are looked for so often, at fixed frames, so that they do not depend on how the stream was cut; and
in so much of what came last."""

ATTEMPT_FRAMES = round(5.0 / FRAME_S)
MAX_UNCALIBRATED_FRAMES = round(180.0 / FRAME_S)
SURE_SIGN, LIKELY_SIGN = 0.9, 0.75
"""Sense of the medio-lateral axis: beyond doubt; good enough for repetitions that show their pivot."""

UNSURE_SENSE = (
    "which way the thigh moved is not certain: stand still and lift the knee twice before the exercise"
)

TOGETHER: tuple[tuple[Exercise, ...], ...] = (("nordic",), ("bridge", "slider"))
"""Exercises by posture: those of one are looked for in the same excursions."""

HYSTERESIS_DEG = 3.0
SETTLED = 20
"""Frames (0.4 s) without falling further, near the base, that end a repetition; more after a slow fall."""
STUCK = 45


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What `analyse` found.

    thigh_angle_deg: (n,) at the times of the samples, NaN in gaps and where no calibration is known.
    aborted: repetitions that were begun and given up, which are none.
    """

    reps: tuple[Rep, ...]
    thigh_angle_deg: Array
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    calibration: Calibration | None
    aborted: tuple[Attempt, ...] = ()


class Pipeline:
    """The streaming engine: feed samples in any chunks, read events.

    exercise: count only this one; None counts all. calibration: how the sensor sits; None works it out
    from the stream as soon as the evidence is good, and measures what has come so far then. phase_events:
    False leaves out PhaseStarted and PhaseEnded, for those who only want what is certain.
    """

    def __init__(
        self,
        exercise: Exercise | None = None,
        calibration: Calibration | None = None,
        *,
        phase_events: bool = True,
    ) -> None:
        if exercise is not None and exercise not in POSTURES:
            raise ValueError(f"unknown exercise {exercise!r}: {', '.join(POSTURES)} or None")
        self._exercise: Exercise | None = exercise
        self._calibration = calibration
        self._phase_events = phase_events
        self._fault: Fault | None = None
        self._stretch: _Stretch | None = None
        self._last_t_s = -np.inf
        self._gyroscope: bool | None = None
        self._halves = HalfSeconds()
        self._posture = PostureWatch(calibration) if calibration is not None else None
        self._posture_from_s = -np.inf
        self._resumed_s = np.inf

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in use, or None while none is known."""
        return self._calibration

    @property
    def fault(self) -> Fault | None:
        """What is wrong with the sensor, once that is certain: from then on no repetition has a number."""
        return self._fault

    def step(self, samples: ImuSamples) -> list[Event]:
        """Take further samples and return what became known by them.

        Raises SamplesError if time does not go on from the last step or the gyroscope comes or goes.
        """
        if len(samples) == 0:
            return []
        if samples.t_s[0] <= self._last_t_s:
            raise SamplesError(
                f"time goes back from {self._last_t_s:.12g} s to {samples.t_s[0]:.12g} s between two steps"
            )
        gyroscope = samples.gyr_radps is not None
        if self._gyroscope is None:
            self._gyroscope = gyroscope
        if gyroscope != self._gyroscope:
            raise SamplesError("samples with and without a gyroscope cannot be measured in one stream")
        events: list[Event] = []
        for piece in stretches(samples.measurable()):
            first_s = float(piece.t_s[0])
            if self._stretch is not None and first_s - self._last_t_s > LONG_GAP_S:
                events += self._end_stretch(self._stretch)
                events.append(GapFound(Gap(self._last_t_s, first_s), first_s))
                self._resumed_s = min(self._resumed_s, first_s)
            if self._stretch is None:
                self._stretch = _Stretch(
                    first_s,
                    self._exercise,
                    self._calibration,
                    self._fault,
                    gyroscope,
                    self._phase_events,
                    self._resumed_s,
                )
            for block in blocks(piece):
                events += self._stretch.step(block)
            self._calibration, self._fault = self._stretch.calibration, self._stretch.fault
            if self._posture is None and self._calibration is not None:
                self._posture = PostureWatch(self._calibration)
                self._posture_from_s = self._stretch.calibrated_s
            events += self._compare_rests(piece)
            self._last_t_s = float(piece.t_s[-1])
        return events

    def _compare_rests(self, samples: ImuSamples) -> list[Event]:
        """Tell whether the sensor sits after a loss of the link as it did before."""
        pieces = self._halves.step(samples)
        if self._posture is None:
            return []
        late = [piece for piece in pieces if piece.start_s >= self._posture_from_s]
        return [found for piece in late if (found := self._posture.step(piece)) is not None]

    def finish(self) -> list[Event]:
        """Say that no more samples will come, and return what was still held back."""
        return self._end_stretch(self._stretch) if self._stretch is not None else []

    def _end_stretch(self, stretch: _Stretch) -> list[Event]:
        events = stretch.finish()
        self._calibration, self._fault = stretch.calibration, stretch.fault
        self._resumed_s = stretch.resumed_s
        self._stretch = None
        return events


class _Stretch:
    """Samples without a long gap: grid, orientation, calibration if need be, then the measurement."""

    def __init__(
        self,
        start_s: float,
        exercise: Exercise | None,
        calibration: Calibration | None,
        fault: Fault | None,
        gyroscope: bool,
        phase_events: bool,
        resumed_s: float,
    ) -> None:
        self.calibration = calibration
        # End of the first time without samples in which somebody may have got hold of the sensor.
        self.resumed_s = resumed_s
        # When the samples had shown it, where they had to.
        self.calibrated_s = -np.inf
        self.fault = fault
        self._fault_s = -np.inf
        self._start_s = start_s
        self._exercise: Exercise | None = exercise
        self._gyroscope = gyroscope
        self._phase_events = phase_events
        self._frozen = FrozenValues()
        self._grid = UniformGrid(start_s, gyroscope=gyroscope)
        self._orientation = InertialOrientation() if gyroscope else AccelerometerOrientation()
        self._check = SensorCheck(gyroscope=gyroscope)
        self._measurement: _Measurement | None = None
        self._waiting: list[Frames] = []
        self._waiting_count = self._seen = 0
        self._next_attempt = ATTEMPT_FRAMES
        self._gaps: list[Gap] = []
        if calibration is not None:
            self._measurement = self._measure(start_s, calibration)

    def step(self, samples: ImuSamples) -> list[Event]:
        events: list[Event] = []
        begin = 0
        for stop, gap in self._frozen.step(samples):
            # What was judged before it is judged without it, however the stream was cut.
            if stop > begin:
                events += self._measured(samples[begin:stop])
            self._gaps.append(gap)
            events.append(GapFound(gap, gap.end_s, frozen=True))
            begin = stop
        return events + self._measured(samples[begin:])

    def _measured(self, samples: ImuSamples) -> list[Event]:
        cells = self._grid.step(samples)
        events: list[Event] = []
        if cells.gaps:
            self._gaps += cells.gaps
            events += [GapFound(gap, gap.end_s) for gap in cells.gaps]
            losses_s = [gap.end_s for gap in cells.gaps if gap.end_s - gap.start_s > LOSS_S]
            self.resumed_s = min([self.resumed_s, *losses_s])
            if self._measurement is not None:
                self._measurement.resumed_s = self.resumed_s
        return self._trusted(events + self._frames(self._orientation.step(cells)))

    def finish(self) -> list[Event]:
        events = self._frames(self._orientation.finish())
        if self._measurement is None and self._waiting:
            found = calibration_search.from_recording(
                concatenate(self._waiting), self._exercise, gyroscope=self._gyroscope
            )
            if found is not None:
                events += self._accept(found)
        if self._measurement is not None:
            events += self._measurement.finish()
        return self._trusted(events)

    def _trusted(self, events: list[Event]) -> list[Event]:
        """Take the number out of what may be the wrong way round, or came of a sensor known to be wrong."""
        if self.calibration is not None and self.calibration.sign_confidence < SURE_SIGN:
            events = [
                RepCompleted(without_number(event.rep, UNSURE_SENSE), event.emitted_s)
                if isinstance(event, RepCompleted)
                else event
                for event in events
            ]
        if self.fault is None:
            return events
        return [
            RepCompleted(without_number(event.rep, self.fault.reason), event.emitted_s)
            if isinstance(event, RepCompleted) and event.emitted_s >= self._fault_s
            else event
            for event in events
        ]

    def _measure(self, start_s: float, calibration: Calibration) -> _Measurement:
        groups: tuple[tuple[Exercise, ...], ...] = ((self._exercise,),) if self._exercise else TOGETHER
        told = self._exercise is not None or calibration.method in ("knee lifts", "given")
        posture_known = told or calibration.sign_confidence >= SURE_SIGN
        if not told and calibration.sign_confidence < LIKELY_SIGN:
            groups = ()  # which exercise it is hangs on the sign: better nothing than a guess
        return _Measurement(
            start_s,
            calibration,
            tuple(_follower(group, self._phase_events, self._gyroscope) for group in groups),
            self._gaps,
            gyroscope=self._gyroscope,
            posture_known=posture_known,
            delay_frames=self._orientation.delay_frames,
            resumed_s=self.resumed_s,
        )

    def _frames(self, frames: Frames) -> list[Event]:
        if len(frames) == 0:
            return []
        events: list[Event] = []
        if self.fault is None:
            fault = self._check.step(frames)
            if fault is not None:
                self.fault = fault[0]
                self._fault_s = self._start_s + FRAME_S * (fault[1] + self._orientation.delay_frames)
                events.append(SensorFault(self.fault.text, self._fault_s))
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
            self.calibration = self._measurement.calibration
        return events

    def _attempt(self) -> list[Event]:
        waiting = concatenate(self._waiting)
        found = calibration_search.from_recording(waiting, self._exercise, gyroscope=self._gyroscope)
        full = self._waiting_count >= MAX_UNCALIBRATED_FRAMES
        if found is not None and (full or found.sign_confidence >= SURE_SIGN):
            return self._accept(found)
        self._waiting = [waiting]
        if full:
            self._waiting = [waiting[ATTEMPT_FRAMES:]]
            self._waiting_count -= ATTEMPT_FRAMES
            start_s = self._start_s + FRAME_S * (self._seen - self._waiting_count)
            self._gaps[:] = [gap for gap in self._gaps if gap.end_s > start_s]
        return []

    def _accept(self, calibration: Calibration) -> list[Event]:
        self.calibration = calibration
        self.calibrated_s = self._start_s + FRAME_S * (self._seen + self._orientation.delay_frames)
        skipped = self._seen - self._waiting_count
        self._measurement = self._measure(self._start_s + FRAME_S * skipped, calibration)
        waiting, self._waiting = concatenate(self._waiting), []
        events = self._measurement.step(waiting, self._seen - skipped)
        self.calibration = self._measurement.calibration
        return events


class _Measurement:
    """Frames with a known calibration: angle, excursions, repetitions."""

    def __init__(
        self,
        start_s: float,
        calibration: Calibration,
        followers: tuple[_Follower, ...],
        gaps: list[Gap],
        *,
        gyroscope: bool,
        posture_known: bool,
        delay_frames: int,
        resumed_s: float,
    ) -> None:
        self.resumed_s = resumed_s
        self._start_s = start_s
        self._calibration = calibration
        self._followers = followers
        self._gaps = gaps
        self._gyroscope = gyroscope
        self._watchers = tuple(follower.watcher for follower in followers if follower.watcher is not None)
        self._low_pass = LowPass(LOW_PASS_HZ, 1 / FRAME_S), LowPass(LOW_PASS_HZ, 1 / FRAME_S)
        self._posture_known = posture_known
        self._axes = thigh_axes(calibration)
        self._smoother = Smoother([gaussian(ANGLE_HZ, 1 / FRAME_S), gaussian(RATE_HZ, 1 / FRAME_S)])
        self._delay = delay_frames
        self._end_s = self._last_frame = np.inf
        # Rings over the last minute, row 0 of which is frame `_first`.
        # Angle, rate about the medio-lateral axis, up, rotation rate, force: `_taken` frames so far, the
        # last of which may lie in a gap that has not ended, so that `_bridged` of them can be used.
        self._rows: Array = np.empty((1024, 11))
        self._first = self._taken = self._bridged = 0
        # Angle and rate, smoothed: `_followed` of them, from `_looked` rows.
        self._smooth: Array = np.empty((1024, 2))
        self._followed = self._looked = 0
        # Turns vectors back to where the sensor sat when it was calibrated; first and last frame of recent
        # excursions; and the ends of the repetitions that came of them.
        self._back: Array | None = None
        self._check = SLIP_CHECK_FRAMES
        self._movements: list[tuple[int, int]] = []
        self._checked = 0
        self._counted_s: list[tuple[float, float]] = []

    @property
    def calibration(self) -> Calibration:
        """How the sensor sits now, after the slips that were noticed."""
        if self._back is None:
            return self._calibration
        return replace(
            self._calibration,
            long_axis=triple(self._back @ self._axes[:, 2]),
            lateral_axis=triple(self._back @ self._axes[:, 1]),
        )

    def step(self, frames: Frames, known: int = 0) -> list[Event]:
        """Measure further frames; what they tell was not known before frame `known`."""
        events: list[Event] = []
        while len(frames):
            before = self._taken
            angle_deg, rows = self._take(frames[: self._at_once(frames)])
            happened = self._notice(rows, known)
            self._find(now=self._taken >= self._check)
            while self._check <= self._taken:
                at = self._check
                self._check += SLIP_CHECK_FRAMES
                if self._gyroscope:
                    happened += self._follow(at, known)
                    happened += self._look_for_slip(at, min(at, self._bridged), known)
            happened += self._follow(self._taken, known)
            taken = self._taken - before
            middle_s = self._start_s + FRAME_S * (np.arange(before, self._taken, dtype=np.float64) + 0.5)
            events += [AnglesMeasured(middle_s, angle_deg[:taken]), *happened]
            frames = frames[taken:]
        return events

    def _at_once(self, frames: Frames) -> int:
        """How many frames to take: up to the next search for slips, or all where nothing waits for it.

        Nothing but a slip changes what is measured before and after such a search, and slips are rare.
        """
        if self._watchers or self._bridged < self._taken or frames.missing.any():
            return min(len(frames), self._check - self._taken)
        return len(frames)

    def _take(self, frames: Frames) -> tuple[Array, Array]:
        """Work out the rows of further frames.

        Returns their angle, and the new rows up to the last one that no gap holds up.
        """
        n = len(frames)
        if self._back is not None:
            frames = Frames(
                frames.up @ self._back,
                frames.rate_radps @ self._back,
                frames.acc_mps2 @ self._back,
                frames.missing,
            )
        angle_deg = thigh_angle(frames.up, self._axes)
        self._make_room(n)
        a = self._taken - self._first
        new = self._rows[a : a + n]
        new[:, 0] = angle_deg
        new[:, 1] = np.degrees(frames.rate_radps @ self._axes[:, 1])
        new[:, 2:5], new[:, 5:8], new[:, 8:] = frames.up, frames.rate_radps, frames.acc_mps2
        self._taken += n
        if np.count_nonzero(frames.missing):
            angle_deg = np.where(frames.missing, np.nan, angle_deg)
        return angle_deg, self._bridge(frames.missing)

    def finish(self) -> list[Event]:
        """Hold the end still for as long as the finders want to see, so that a last repetition counts."""
        self._end_s = self._start_s + FRAME_S * self._taken
        self._last_frame = self._bridged - 1
        if self._bridged == 0:
            return []
        n = self._smoother.reach + round(MOST_PATIENCE * SETTLED) + 1
        last = self._bridged - self._first
        self._make_room(n)
        self._rows[last : last + n] = self._rows[last - 1]
        self._rows[last : last + n, [1, 5, 6, 7]] = 0.0
        self._rows[last : last + n, 8:] = STANDARD_GRAVITY_MPS2 * self._rows[last - 1, 2:5]
        self._bridged += n
        rows = self._rows[last : last + n]
        self._find(now=True)
        events = [*self._notice(rows, 0), *self._follow(self._bridged, 0)]
        return events + self._look_for_slip(self._taken, self._bridged, 0) if self._gyroscope else events

    def _bridge(self, missing: NDArray[np.bool_]) -> Array:
        """Draw straight lines over gaps, and return the new rows up to the last one that no gap holds up."""
        a, b = self._bridged - self._first, self._taken - self._first
        if b - a == missing.size and not np.count_nonzero(missing):
            self._bridged = self._taken
            return self._rows[a:b]
        rows = self._rows[max(0, a - 1) : b]
        valid = np.isfinite(rows[:, 0])
        known, holes = np.flatnonzero(valid), np.flatnonzero(~valid)
        new = known[-1] + 1 - (a - max(0, a - 1)) if known.size else 0
        if new <= 0:
            return rows[:0]
        holes = holes[holes < known[-1]]
        for column in rows.T:
            column[holes] = np.interp(holes, known, column[known])
        place = known.searchsorted(holes)
        before, after = known[np.maximum(place - 1, 0)], known[place]
        long = (after - before) * FRAME_S > CARRIED_GAP_S
        before, after = before[long], after[long]
        # The rate has to be that of the line: drawn between the rates at its ends, the swing of a moment
        # would last for seconds.
        turned_deg = rows[after, 0] - rows[before, 0]
        rows[holes[long], 1] = turned_deg / ((after - before) * FRAME_S)
        self._bridged += new
        return self._rows[a : a + new]

    def _find(self, *, now: bool) -> None:
        """Look for excursions in the rows since the last time; they may wait a little unless `now`."""
        waiting = self._bridged - self._looked
        if (
            waiting < LOOK_FRAMES
            and not now
            and all(follower.finder.can_wait for follower in self._followers)
        ):
            return
        rows = self._rows[self._looked - self._first : self._bridged - self._first]
        self._looked = self._bridged
        smoothed = self._smoother.step(rows[:, :2])
        n = len(smoothed)
        if n == 0:
            return
        first = self._followed
        self._smooth[first - self._first : first - self._first + n] = smoothed
        self._followed += n
        angle = smoothed[:, 0]
        for follower in self._followers:
            follower.found.extend(follower.finder.step(angle, first))

    def _follow(self, at: int, known: int) -> list[Event]:
        """Judge the excursions that were found in the frames before frame `at`."""
        events: list[Event] = []
        for follower in self._followers:
            found = follower.found
            while found and found[0].known + self._smoother.reach < at:
                excursion = found.popleft()
                if _nearly_in_posture(excursion, follower.exercise):
                    self._movements.append((excursion.base, excursion.end))
                start_s = self._start_s + FRAME_S * excursion.base
                for exercise, recogniser in follower.recognisers.items():
                    if in_posture(excursion, exercise) or recogniser.may_be_attempt(
                        excursion, exercise, start_s
                    ):
                        events += self._completed(exercise, recogniser, excursion, known)
        return events

    def _notice(self, rows: Array, known: int) -> list[Event]:
        """Look for phases in further rows, as they are: smoothing them would come too late."""
        if not self._watchers or len(rows) == 0:
            return []
        first = self._bridged - len(rows)
        angle: list[float] = rows[:, 0].tolist()
        rate: list[float] = rows[:, 1].tolist()
        if self._gyroscope:
            angle, rate = self._low_pass[0].step(angle), self._low_pass[1].step(rate)
        events: list[Event] = []
        for watcher in self._watchers:
            for notice in watcher.step(angle, rate, first):
                emitted_s = self._known_s(notice.noticed, known)
                start_s = self._start_s + FRAME_S * (notice.start + 0.5)
                if notice.end is None:
                    events.append(PhaseStarted(notice.kind, watcher.exercise, start_s, emitted_s))
                else:
                    end_s = self._start_s + FRAME_S * (notice.end + 0.5)
                    events.append(PhaseEnded(notice.kind, watcher.exercise, start_s, end_s, emitted_s))
        return events

    def _completed(
        self, exercise: Exercise, recogniser: Recogniser, excursion: Excursion, known: int
    ) -> list[Event]:
        margin = self._smoother.reach
        begin = max(0, excursion.base - AROUND_FRAMES)
        a, b = begin - self._first, excursion.known + 1 - self._first
        # At the very beginning there are no frames for the margin: the first one is held.
        rows = self._rows[np.maximum(np.arange(a - margin, b + margin), -self._first)]
        track = track_of(
            Frames(rows[:, 2:5], rows[:, 5:8], rows[:, 8:], np.zeros(len(rows), dtype=bool)),
            rows[:, 1],
            self._smooth[a:b],
            self._axes,
            start_s=self._start_s + FRAME_S * (begin + 0.5),
            margin=margin,
            begin=-begin,
            last=self._last_frame - begin,
        )
        moved = replace(
            excursion,
            base=excursion.base - begin,
            peak=excursion.peak - begin,
            end=excursion.end - begin,
            known=excursion.known - begin,
        )
        turns = short_turns(np.degrees(rows[:, 5:8] @ self._axes)) if self._gyroscope else []
        candidate = judge(
            track,
            moved,
            exercise,
            tuple(self._gaps),
            [(first - margin, last - margin) for first, last in turns],
            self._calibration.sign_confidence,
            gyroscope=self._gyroscope,
            posture_known=self._posture_known,
            resumed_s=self.resumed_s,
        )
        if candidate is None:
            return []
        emitted_s = self._known_s(excursion.known + self._smoother.reach, known)
        certain = [known for known in recogniser.step(candidate) if self._is_new(known)]
        self._counted_s += [(known.start_s, known.end_s) for known in certain]
        return [
            RepCompleted(known, emitted_s) if isinstance(known, Rep) else AttemptAborted(known, emitted_s)
            for known in certain
        ]

    def _is_new(self, rep: Rep | Attempt) -> bool:
        """Whether nothing was counted at that time, as another exercise or before a slip."""
        allowed_s = 0.0 if self._back is not None else 0.5 * (rep.end_s - rep.start_s)
        return not any(
            min(rep.end_s, end_s) - max(rep.start_s, start_s) > allowed_s
            for start_s, end_s in self._counted_s
        )

    def _look_for_slip(self, at: int, bridged: int, known: int) -> list[Event]:
        """Where movements before frame `at` show that the sensor slipped, measure what came since again.

        bridged: the frames that can be used. What ran ahead of frame `at` is given up if there was a slip.
        """
        oldest = max(0, at - SLIP_REACH_FRAMES)
        self._movements = [movement for movement in self._movements if movement[0] > oldest]
        latest = max((end for _, end in self._movements), default=0)
        if latest <= self._checked:
            return []
        self._checked = latest
        start_s = self._start_s + FRAME_S * oldest
        self._counted_s = [span for span in self._counted_s if span[1] > start_s]
        rows = self._rows[oldest - self._first : bridged - self._first]
        spans = [(base - oldest, end - oldest) for base, end in self._movements]
        slip = find_slip(rows[:, 2:5], rows[:, 5:8], self._axes, spans)
        if slip is None:
            return []
        self._taken, self._bridged = at, bridged
        newest = max(at, bridged)
        self._undo(self._rows[oldest - self._first : newest - self._first], slip)
        emitted_s = self._known_s(at - 1, known)
        text = f"The sensor slipped on the thigh by {slip.turn_deg:.0f} degrees; this is allowed for."
        self._movements.clear()
        self._followers = tuple(_afresh(follower) for follower in self._followers)
        self._smoother = Smoother([gaussian(ANGLE_HZ, 1 / FRAME_S), gaussian(RATE_HZ, 1 / FRAME_S)])
        self._looked = self._followed = oldest
        self._find(now=True)
        return [SensorSlipped(text, emitted_s), *self._follow(newest, max(known, at))]

    def _undo(self, rows: Array, slip: Slip) -> None:
        """Turn rows (n, 11) after a slip back, and draw straight lines over the slip itself."""
        for columns in (slice(2, 5), slice(5, 8), slice(8, 11)):
            rows[slip.end :, columns] = without_slip(rows[slip.end :, columns], slip)
        during = np.arange(slip.begin, slip.end)
        for column in rows[:, 2:].T:
            ends = [slip.begin - 1, slip.end]
            column[during] = np.interp(during, ends, column[ends])
        changed = rows[slip.begin :]
        changed[:, 0] = thigh_angle(changed[:, 2:5], self._axes)
        changed[:, 1] = np.degrees(changed[:, 5:8] @ self._axes[:, 1])
        self._back = slip.turn if self._back is None else self._back @ slip.turn

    def _known_s(self, row: int, known: int) -> float:
        """Time of the sample with which a row was complete; in a long gap that is the one after it."""
        for gap in self._gaps:
            if gap.end_s - gap.start_s <= CARRIED_GAP_S:
                continue
            first = math.floor((gap.start_s - self._start_s) / FRAME_S + 1e-7)
            after = math.ceil((gap.end_s - self._start_s) / FRAME_S - 1e-7)
            if first <= row < after:
                row = after
        t_s = self._start_s + FRAME_S * (max(row + 1, known) + self._delay)
        for gap in self._gaps:
            if gap.start_s < t_s < gap.end_s:
                t_s = gap.end_s
        return min(self._end_s, t_s)

    def _make_room(self, n: int) -> None:
        """Let n more rows fit: forget what no repetition can reach, and grow if that is not enough."""
        size = self._taken - self._first
        if size + n <= len(self._rows):
            return
        keep = LOOK_BACK_FRAMES + 2 * AROUND_FRAMES
        drop = max(0, self._followed - self._first - keep)
        # Little more than is kept: twice as much would go on filling up for a quarter of an hour.
        capacity = max(len(self._rows), size - drop + n + ROOM_FRAMES)
        self._rows = _moved(self._rows[drop:size], capacity)
        self._smooth = _moved(self._smooth[drop : self._followed - self._first], capacity)
        self._first += drop
        start_s = self._start_s + FRAME_S * self._first
        self._gaps[:] = [gap for gap in self._gaps if gap.end_s > start_s]


def _moved(rows: Array, capacity: int) -> Array:
    larger = np.empty((capacity, rows.shape[1]))
    larger[: len(rows)] = rows
    return larger


@dataclass(frozen=True, slots=True)
class _Follower:
    """What follows one exercise: the watcher without smoothing, the finder through the smoothed angle.

    recognisers: of all exercises of that posture. found: excursions that are not judged yet.
    """

    exercise: Exercise
    finder: ExcursionFinder
    watcher: PhaseWatcher | None
    recognisers: dict[Exercise, Recogniser]
    found: deque[Excursion] = field(default_factory=lambda: deque[Excursion]())


def _nearly_in_posture(excursion: Excursion, exercise: Exercise) -> bool:
    """Whether an excursion would be `in_posture` if the sensor had not tipped in a slip."""
    return any(
        in_posture(_tipped(excursion, tip_deg), exercise) for tip_deg in (0.0, -SLIP_TIP_DEG, SLIP_TIP_DEG)
    )


def _tipped(excursion: Excursion, tip_deg: float) -> Excursion:
    return Excursion(
        excursion.base,
        excursion.peak,
        excursion.end,
        excursion.known,
        excursion.base_deg + tip_deg,
        excursion.peak_deg + tip_deg,
        excursion.end_deg + tip_deg,
    )


def _afresh(follower: _Follower) -> _Follower:
    """A follower that looks for repetitions from the beginning; its watcher goes on."""
    anew = _follower(tuple(follower.recognisers), phase_events=False, gyroscope=True)
    return replace(anew, watcher=follower.watcher)


def _follower(exercises: tuple[Exercise, ...], phase_events: bool, gyroscope: bool) -> _Follower:
    exercise = exercises[0]
    posture = POSTURES[exercise]
    watcher = PhaseWatcher(
        exercise,
        posture.base_min_deg,
        posture.base_max_deg,
        posture.far_max_deg,
        WITH_GYROSCOPE if gyroscope else ACCELEROMETER_ONLY,
    )
    return _Follower(
        exercise,
        ExcursionFinder(
            posture.floor_deg, posture.ceiling_deg, HYSTERESIS_DEG, SETTLED, STUCK, LOOK_BACK_FRAMES
        ),
        watcher if phase_events and exercise != "slider" else None,
        {each: Recogniser() for each in exercises},
    )


AFTER_LOSS_S, MOVED_AS_BEFORE, AS_MANY = 90.0, 0.7, 3
"""How long what follows a loss is looked at; what share of so many repetitions' way the thigh has to go."""


def _in_doubt_after_a_loss(samples: ImuSamples, reps: list[Rep], gaps: list[Gap]) -> bool:
    """Whether repetitions set off in mid-movement after a loss of the link, or end with it unlike the moving.

    Gravity moves in the sensor as far as before, however it is put on; an exercise it may no longer be.
    """
    if sum(rep.not_measured == MAY_HAVE_MOVED for rep in reps) >= 2:
        return True
    for gap in gaps:
        if gap.end_s - gap.start_s <= LOSS_S:
            continue
        before = [rep for rep in reps if gap.start_s - AFTER_LOSS_S < rep.end_s <= gap.start_s]
        after = [rep for rep in reps if gap.end_s <= rep.start_s < gap.end_s + AFTER_LOSS_S]
        if len(before) < 2 or after:
            continue
        way_deg = 2 * AS_MANY * float(np.median([rep.range_of_motion_deg for rep in before]))
        first, last = np.searchsorted(samples.t_s, [gap.end_s, gap.end_s + AFTER_LOSS_S]).tolist()
        if moved_deg(samples[first:last]) > MOVED_AS_BEFORE * way_deg:
            return True
    return False


def analyse(
    samples: ImuSamples,
    exercise: Exercise | None = None,
    calibration: Calibration | None = None,
    checked_s: float = -np.inf,
) -> Analysis:
    """Measure a whole recording: `Pipeline.step` over all of it.

    Where no calibration is given it is worked out from the whole recording first. Times in the result are on
    the time axis of the samples. checked_s: when somebody last saw to it that the sensor sits as the
    calibration says; only what comes after that can show that it sits otherwise.
    """
    times_s, samples = samples.t_s, samples.measurable()
    if len(samples) == 0:
        nothing = ("The recording holds no samples that could be measured.",)
        return Analysis((), np.full(times_s.size, np.nan), (), nothing, calibration)
    if calibration is None:
        calibration = calibration_search.from_samples(samples, exercise)
    pipeline = Pipeline(exercise, calibration, phase_events=False)
    events = [*pipeline.step(samples), *pipeline.finish()]
    units = wrong_unit(samples)
    reasons = [fault.reason for fault in units] + [fault.reason for fault in [pipeline.fault] if fault]
    reps = [event.rep for event in events if isinstance(event, RepCompleted)]
    if reasons:
        # What comes before the fault was noticed is no better than what comes after it.
        reps = [without_number(rep, reasons[0]) for rep in reps]
    said = [event.text for event in events if isinstance(event, SensorFault | SensorSlipped)]
    said += _frozen([event.gap for event in events if isinstance(event, GapFound) and event.frozen])
    moved_since_s = min(
        (
            event.lost_s
            for event in events
            if isinstance(event, RestCompared) and not event.agrees and event.t_s > checked_s
        ),
        default=None,
    )
    if moved_since_s is not None:
        reps = [if_trusted(rep, moved_since_s) for rep in reps]
        said.append(SITS_OTHERWISE)
    elif _in_doubt_after_a_loss(
        samples, reps, [event.gap for event in events if isinstance(event, GapFound)]
    ):
        said.append(MAY_SIT_OTHERWISE)
    measured = [event for event in events if isinstance(event, AnglesMeasured)]
    angle = np.full(times_s.size, np.nan)
    if measured:
        t_s = np.concatenate([event.t_s for event in measured])
        angle = np.interp(times_s, t_s, np.concatenate([event.thigh_angle_deg for event in measured]))
    return Analysis(
        tuple(sorted(reps, key=lambda rep: rep.start_s)),
        angle,
        tuple(event.gap for event in events if isinstance(event, GapFound)),
        (
            *(fault.text for fault in units),
            *doubts(samples),
            *_warnings_about(samples, calibration, exercise),
            *said,
        ),
        calibration,
        tuple(event.attempt for event in events if isinstance(event, AttemptAborted)),
    )


def _frozen(gaps: list[Gap]) -> list[str]:
    if not gaps:
        return []
    times = "time" if len(gaps) == 1 else "times"
    lasted_s = sum(gap.end_s - gap.start_s for gap in gaps)
    return [
        f"The sensor repeated the same values {len(gaps)} {times} while it moved, first at "
        f"{gaps[0].start_s:.2f} s, {lasted_s:.2f} s in all: that counts as time without samples. "
        "Switch the sensor off and on if it happens again."
    ]


def _warnings_about(
    samples: ImuSamples, calibration: Calibration | None, exercise: Exercise | None
) -> tuple[str, ...]:
    """What a reader has to know before trusting the numbers."""
    said: list[str] = []
    if samples.gyr_radps is None:
        said.append("No gyroscope: angles come from the accelerometer alone, with a wider error.")
    if len(samples) > 1:
        steps_s = np.diff(samples.t_s)
        rate_hz = 1 / float(np.median(steps_s))
        if come_in_bursts(steps_s):
            said.append(
                "Several samples at a time carry nearly the same time, that of their arrival: times are "
                "uneven, and what was lost cannot be seen. Write the sensor's own times, if it has any."
            )
        if rate_hz < 20.0:
            said.append(f"Only {rate_hz:.0f} samples a second: phases may be misjudged below 25.")
    if calibration is None:
        told = "" if exercise else " Name the exercise, or record two seconds of standing and two knee lifts."
        said.append(f"How the sensor sits could not be worked out, so nothing was counted.{told}")
    elif calibration.method.startswith("assumed"):
        said.append("The zero of the thigh angle is assumed: no standing pose was recorded.")
    if calibration is not None and calibration.sign_confidence < SURE_SIGN:
        doubt = f"Which way the thigh turns is not certain ({calibration.sign_confidence:.0%})"
        if exercise is not None:
            said.append(
                f"{doubt}: lifting and lowering could be swapped, so no time is given. Stand still for two "
                "seconds and lift the knee twice before the exercise."
            )
        elif calibration.sign_confidence < LIKELY_SIGN:
            said.append(f"{doubt}, so nothing was counted. Name the exercise.")
        else:
            said.append(
                f"{doubt}: only large Nordics that clearly turn about the knee count, without a time. Name "
                "the exercise."
            )
    return tuple(said)
