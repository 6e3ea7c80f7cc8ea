"""From excursions of the thigh angle to repetitions: phases, and the physical gates that decide.

Both exercises go up and come back down in the thigh angle: a Nordic 0 -> +80 -> 0 (up is the lowering), a
bridge -140 -> -115 -> -140 (down is the lowering). Clipping the angle to the exercise's own posture makes
heel-sits, lunges and sitting vanish. What is left is counted when the movement could be the exercise:
rotation in one plane; the knee is the pivot, seen in the tangential acceleration; no change of height that a
repetition cannot have. Real bridges move the thigh by 7-38 deg, so a small one counts when its neighbours
look like it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis import accelerometer_gates, sliders
from analysis.break_point import break_index, caught_at
from analysis.grid import CARRIED_GAP_S, FRAME_S
from analysis.orientation import Frames
from analysis.phases import (
    ACCELEROMETER_RATE,
    GYROSCOPE_RATE,
    Bounds,
    arrival_slack_deg,
    falling_phase,
    moving_phase,
)
from analysis.results import (
    Attempt,
    BreakPoint,
    Evidence,
    Exercise,
    Gap,
    Phase,
    Rep,
    if_trusted,
    without_number,
)
from analysis.samples import STANDARD_GRAVITY_MPS2
from analysis.smoothing import gaussian, smooth
from analysis.turning_points import Excursion
from analysis.uncertainty import EndErrors, end_errors, unrest

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Posture:
    """Where and how large an exercise is, in degrees of the thigh angle.

    floor, ceiling: the angle is clipped to these. base_*: where a repetition starts and ends. far_max: where
    it turns at most. sure_range: counts by itself; min_range: counts among its like.
    """

    floor_deg: float
    ceiling_deg: float
    base_min_deg: float
    base_max_deg: float
    far_max_deg: float
    sure_range_deg: float
    min_range_deg: float


NORDIC = Posture(-3.0, 120.0, -12.0, 20.0, 112.0, 14.5, 14.5)
BRIDGE = Posture(-190.0, -54.0, -190.0, -103.0, -58.0, 15.0, 4.5)
SLIDER = Posture(-190.0, -54.0, -190.0, -103.0, -58.0, 15.0, 15.0)
"""Of the whole movement, lift included; its floor and ceiling are those of the bridge."""
POSTURES: dict[Exercise, Posture] = {"nordic": NORDIC, "bridge": BRIDGE, "slider": SLIDER}

TRACK_HZ, SHARP_HZ = 3.0, 7.0
"""Smoothing of what gates look at, and of the rate where a movement ends with an impact."""

MIN_REP_S, MAX_REP_S = 1.2, 150.0
"""The longest is an isometric hold of two minutes, with time to get there and back."""
MIN_PLANARITY = 0.6
"""Share of the rotation's energy about the medio-lateral axis."""

FULL_PLANARITY_DEG = 15.0
MAX_TILT_SHARE, TILT_SLACK_DEG = 0.6, 4.0
"""A repetition may tilt the thigh sideways by this share of its own range, and a little more."""
MIN_LEVER_M, MAX_LEVER_M = 0.05, 0.6
LEVER_R2 = 0.15
CLEAR_LEVER_R2 = 0.55
RESCUE_PLANARITY, RESCUE_LEVER_M = 0.4, -0.02
"""Among others like it an excursion may be this far from what one alone has to show."""

SLOW_LOWERING_S = 2.6
SET_S, SAME_REST_DEG = 60.0, 12.0
ATTEMPT_SHARE, PARTIAL_SHARE = 0.5, 0.7
"""Next to repetitions twice its size, from the same rest within so long, a small excursion was given up. What
counts all the same is partial below the second share of them."""

ATTEMPT_DEG = 4.5
"""What is smaller is sway, or a shift of the hips."""

UNHURRIED_RANGE_DEG, UNHURRIED_S = 6.5, 4.0
"""Who shifts the hips, or gives a bridge up, is back within some 2.5 s."""

COMPANY = 3
"""Where the posture is in doubt so many large Nordics count together, if two thirds show their pivot clearly.
Small ones and bridges do not: legs raised over and over show the same."""
HIP_R2 = 0.3
USUAL_LEVER_M, SEEN_MPS2 = 0.2, 0.28
"""A movement about the knee that accelerates the sensor by more than this shows it."""

QUIET_LIFT_MPS2 = 0.1
"""Who moves a knee up or down by 0.2 m within 2 s accelerates it by more than this (rms, 0.5-3 Hz)."""

SMALL_NORDIC_DEG = 34.0
NEIGHBOUR_S = 20.0
MIN_HOLD_S = 0.1
CUT_OFF_FRAMES = 2
HIDING_S = 0.25
"""The straight line over a long gap bends where the gap ends: a phase that seems to start there did not."""

SAME_LEVEL_DEG = 3.0
SMOOTHED_HIDING_S = 0.5
"""The same without a gyroscope, whose up vector is smoothed well. Who rests so long before a gap, and as long
and no further from there after it, is taken to have rested in between."""

SHIFTED_DEG, STILL_DPS, STILL_WITHIN_S, STILL_S = 3.0, 2.0, 0.6, 0.12
"""A turn that may be a slip lies outside a movement that has not risen by more than this, and which stands
still between the two: so slow for so long, so soon."""

SET_OFF_DPS, SET_OFF_SHARE = 10.0, 2.0
"""Faster than this, and than this share of v_ref, nobody sets off."""

HEEL_SIT_DEG = -55.0
"""Nobody rests with the thigh between this and upright; who sits on the heels is behind it."""

BEGAN_BEHIND = "the lowering began with the thigh leaning back: the sensor may have tipped"

TURNED_DPS, TURNED_S = 10.0, 0.1
"""Who goes down so fast right before a gap has turned back already; who goes up so after it has not yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The signals of a stretch of time on the frame grid, (n,) each.

    angle_deg, rate_dps, sharp_rate_dps: smoothed with zero phase. lateral_dps: rotation about the
    medio-lateral axis; front_axis_dps, long_axis_dps: about the other two, smoothed. front_mps2: linear
    acceleration along the thigh's front; lift_mps2: its vertical part. tilt_deg: how far the medio-lateral
    axis points up, smoothed. Without a gyroscope only the angles say anything of use.

    begin, last: indices of the first and the last frame of the whole stretch of samples; a phase that reaches
    one of them may have been longer.
    """

    start_s: float
    step_s: float
    begin: int
    last: float
    angle_deg: Array
    rate_dps: Array
    sharp_rate_dps: Array
    lateral_dps: Array
    front_axis_dps: Array
    long_axis_dps: Array
    front_mps2: Array
    lift_mps2: Array
    tilt_deg: Array

    def time_s(self, index: float) -> float:
        """Time of a (fractional) index."""
        return self.start_s + index * self.step_s


def track_of(
    frames: Frames,
    lateral_dps: Array,
    smoothed: Array,
    axes: Array,
    *,
    start_s: float,
    margin: int,
    begin: int,
    last: float,
) -> Track:
    """Work out the signals of frames, with `margin` more frames at either end for the smoothing.

    lateral_dps: (n,) as the frames. smoothed: (m, 2) angle and rate without the margins. axes: (3, 3), its
    columns the thigh's front, medio-lateral and long axis in the sensor frame. The rest: see `Track`, whose
    index 0 is the first frame inside the margin.
    """
    step_s = FRAME_S
    inside = slice(margin, margin + len(smoothed))
    soft, sharp = gaussian(TRACK_HZ, 1 / step_s), gaussian(SHARP_HZ, 1 / step_s)
    rate_dps = np.degrees(frames.rate_radps @ axes)
    tilt_deg = np.degrees(np.arcsin(np.clip(frames.up @ axes[:, 1], -1.0, 1.0)))
    up = frames.up[inside]
    linear = frames.acc_mps2[inside] - STANDARD_GRAVITY_MPS2 * up
    return Track(
        start_s=start_s,
        step_s=step_s,
        begin=begin,
        last=last,
        angle_deg=smoothed[:, 0],
        rate_dps=smoothed[:, 1],
        sharp_rate_dps=smooth(lateral_dps, sharp)[inside],
        lateral_dps=lateral_dps[inside],
        front_axis_dps=smooth(rate_dps[:, 0], soft)[inside],
        long_axis_dps=smooth(rate_dps[:, 2], soft)[inside],
        front_mps2=linear @ axes[:, 0],
        lift_mps2=np.einsum("ij,ij->i", linear, up),
        tilt_deg=smooth(tilt_deg, soft)[inside],
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An excursion that could be a repetition, as far as it can be judged by itself.

    sure: its range alone lets it count. small: too small for a repetition, an attempt at most. doubtful:
    nobody calibrated or named the exercise, and how the sensor sits is likely at best. clear: it shows that
    the knee is its pivot. refused: a gate spoke against it, so that only the company of others like it can
    let it count; about_hip: the gate of the pivot. top_unseen: a long gap hides how far it went.
    """

    rep: Rep
    base_deg: float
    sure: bool
    small: bool
    top_unseen: bool
    doubtful: bool
    clear: bool
    refused: bool
    about_hip: bool


def in_posture(excursion: Excursion, exercise: Exercise) -> bool:
    """Whether place, size and duration of an excursion alone leave it a chance to be the exercise."""
    if exercise == "slider" and excursion.peak_deg < sliders.LEVEL_DEG:
        return False
    return excursion.range_deg >= POSTURES[exercise].min_range_deg and _in_place(excursion, exercise)


def _in_place(excursion: Excursion, exercise: Exercise) -> bool:
    posture = POSTURES[exercise]
    return (
        posture.base_min_deg <= excursion.base_deg <= posture.base_max_deg
        and posture.base_min_deg <= excursion.end_deg <= posture.base_max_deg
        and excursion.peak_deg <= posture.far_max_deg
        and excursion.end - excursion.base >= round(MIN_REP_S / FRAME_S)
    )


def judge(
    track: Track,
    excursion: Excursion,
    exercise: Exercise,
    gaps: tuple[Gap, ...],
    turns: Sequence[tuple[int, int]],
    sign_confidence: float,
    *,
    gyroscope: bool,
    posture_known: bool,
    resumed_s: float = np.inf,
) -> Candidate | None:
    """Measure an excursion `in_posture` (indices into the track) and decide whether it can be the exercise.

    turns: first and last frame of each that may be a slip, see `slip.short_turns`.
    posture_known: somebody calibrated or named the exercise, or the recording leaves no doubt.
    resumed_s: end of the first time without samples in which somebody may have got hold of the sensor.
    """
    posture = POSTURES[exercise]
    angle, rate, sharp, step_s = track.angle_deg, track.rate_dps, track.sharp_rate_dps, track.step_s
    quality = GYROSCOPE_RATE if gyroscope else ACCELEROMETER_RATE
    if exercise == "slider":
        return _slider(track, excursion, gaps, sign_confidence) if gyroscope and posture_known else None
    excursion = _without_turns(track, excursion, posture.floor_deg, turns)
    up = moving_phase(angle, rate, sharp, excursion.base, excursion.peak, step_s, excursion.end_deg, quality)
    if up is None:
        return None
    if exercise == "nordic":
        up = _until_the_catch(track, up)
    start_deg = max(excursion.base_deg, _at(angle, up.start))
    down = falling_phase(angle, rate, sharp, excursion.peak, excursion.end, step_s, start_deg, quality)
    if down is None or down.start < up.end - 1:
        return None
    if not MIN_REP_S <= (down.end - up.start) * track.step_s <= MAX_REP_S:
        return None
    # Over a long gap the signals are straight lines, which tell lies about the physics.
    whole = Phase("hold", track.time_s(up.start), track.time_s(down.end))
    evidence = Evidence(None, None, None, None, sign_confidence)
    if _first_gap(whole, tuple(gap for gap in gaps if _is_long(gap))) is None:
        if gyroscope:
            evidence = _evidence(track, up, down, sign_confidence)
        if (exercise == "bridge" or not gyroscope) and not accelerometer_gates.may_be(
            exercise, excursion, angle, track.lift_mps2, up, down, track.step_s
        ):
            return None
    tilt_deg = track.tilt_deg[int(up.start) : int(down.end) + 1]
    if np.ptp(tilt_deg) > MAX_TILT_SHARE * excursion.range_deg + TILT_SLACK_DEG:
        return None
    small_nordic = exercise == "nordic" and excursion.range_deg < SMALL_NORDIC_DEG
    about_hip = _pivot_is_not_the_knee(evidence)
    refused = about_hip or not _physically_possible(
        evidence, exercise, excursion.range_deg, (up.end - up.start) * track.step_s
    )
    small = excursion.range_deg < posture.min_range_deg
    if small_nordic and not refused and evidence.lever_arm_m is not None:
        seen = [_phase_evidence(track, phase, excursion.range_deg) for phase in (up, down)]
        # A loose strap hides the pivot, too; who kneels down or stands up moves the knee up or down.
        lifted = max(one.lift_mps2 for one in seen) > QUIET_LIFT_MPS2
        refused = any(one.about_hip or ((one.hidden or small) and lifted) for one in seen)
    if refused and (evidence.planarity or 0.0) < RESCUE_PLANARITY:
        return None
    # An accelerometer cannot tell a small Nordic from kneeling down: there it counts only among its like.
    sure = excursion.range_deg >= posture.sure_range_deg and (gyroscope or not small_nordic)
    # A bridge comes down to the level it rose from: where nobody saw that, it may go on below.
    goes_on = excursion.end_deg < start_deg - arrival_slack_deg(start_deg, excursion.peak_deg)
    unseen = _unseen_top(track, up, down, gaps, gyroscope=gyroscope)
    rep = _rep(
        track, exercise, up, down, gaps, evidence, gyroscope=gyroscope, goes_on=goes_on, unseen_top=unseen
    )
    if exercise == "nordic" and rep.start_s > resumed_s and _sets_off_moving(track, up, SET_OFF_DPS):
        # Who comes up from the heels may pass upright without a stop; a sensor that was tipped shows it, too.
        rep = if_trusted(rep, resumed_s)
    if exercise == "nordic" and _began_behind(track, up, posture.base_min_deg):
        rep = without_number(rep, BEGAN_BEHIND)
    return Candidate(
        rep,
        excursion.base_deg,
        sure=sure,
        small=small,
        top_unseen=unseen is not None,
        doubtful=gyroscope and not posture_known,
        clear=(evidence.lever_arm_r2 or 0.0) > CLEAR_LEVER_R2,
        refused=refused,
        about_hip=about_hip,
    )


def _without_turns(
    track: Track, excursion: Excursion, floor_deg: float, turns: Sequence[tuple[int, int]]
) -> Excursion:
    """Leave turns at rest out of an excursion, at either end.

    A slip may tip the sensor in the plane of movement, which looks like a first piece of it and a pause. It
    is known to be one only when further movements bear it out, and by then this one has been counted.
    """
    angle = np.maximum(track.angle_deg, floor_deg)
    calm = np.abs(track.rate_dps) < STILL_DPS
    within, need = round(STILL_WITHIN_S / track.step_s), round(STILL_S / track.step_s)
    for begin, end in turns:
        base, peak, last = excursion.base, excursion.peak, excursion.end
        across = slice(max(0, begin), end)
        across_deg = track.step_s * float(
            np.hypot(track.front_axis_dps[across].sum(), track.long_axis_dps[across].sum())
        )
        if end >= angle.size or across_deg < abs(track.angle_deg[end] - track.angle_deg[max(0, begin)]):
            continue  # a movement about an axis that lies askew
        if base < end < peak and begin > 0:
            moved_deg = float(np.ptp(angle[min(base, begin) : begin + 1]))
            if moved_deg < SHIFTED_DEG and _longest(calm[end : min(peak, end + within)]) >= need:
                excursion = replace(excursion, base=end, base_deg=float(angle[end]))
        elif peak < begin < last:
            moved_deg = float(np.ptp(angle[end : max(last, end) + 1]))
            if moved_deg < SHIFTED_DEG and _longest(calm[max(peak, begin - within) : begin]) >= need:
                return replace(excursion, end=begin, end_deg=float(angle[begin]))
    return excursion


def _longest(true: NDArray[np.bool_]) -> int:
    """Length of the longest run of True in (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]])))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def _slider(
    track: Track, excursion: Excursion, gaps: tuple[Gap, ...], sign_confidence: float
) -> Candidate | None:
    """Measure an excursion as a slider, if its pivots show that it is one."""

    def lever(first: int, last: int) -> tuple[float, float]:
        return _lever_around(track, Bounds(first, last, 0.0))

    angle, rate, sharp, step_s = track.angle_deg, track.rate_dps, track.sharp_rate_dps, track.step_s
    found = sliders.sliding_out(excursion, angle, rate, step_s, lever)
    if found is None:
        return None
    base_deg = float(angle[found.top])
    up = moving_phase(angle, rate, sharp, found.top, found.out, step_s)
    down = falling_phase(angle, rate, sharp, excursion.peak, excursion.end, step_s, base_deg)
    if up is None or down is None or down.start < up.end - 1:
        return None
    whole = Phase("hold", track.time_s(excursion.base), track.time_s(down.end))
    if _first_gap(whole, tuple(gap for gap in gaps if _is_long(gap))) is not None:
        return None
    evidence = replace(
        _evidence(track, up, down, sign_confidence), lever_arm_m=found.lift_m, lever_arm_r2=found.lift_r2
    )
    tilt_deg = track.tilt_deg[excursion.base : int(down.end) + 1]
    if (evidence.planarity or 0.0) < MIN_PLANARITY or np.ptp(
        tilt_deg
    ) > MAX_TILT_SHARE * excursion.range_deg + TILT_SLACK_DEG:
        return None
    rep = _rep(track, "slider", up, down, gaps, evidence, gyroscope=True, goes_on=False, unseen_top=None)
    return Candidate(
        rep,
        base_deg,
        sure=True,
        small=False,
        top_unseen=False,
        doubtful=False,
        clear=found.clear,
        refused=not found.clear,
        about_hip=False,
    )


class Recogniser:
    """Decides which candidates count, in the light of those around them, which may be known only later."""

    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: deque[tuple[Candidate, Rep | Attempt | None]] = deque(maxlen=16)

    def step(self, candidate: Candidate) -> list[Rep | Attempt]:
        """Take the next candidate and return what is certain now, in time order."""
        self._recent.append((candidate, None))
        certain: list[Rep | Attempt] = []
        for i, (other, decided) in enumerate(self._recent):
            known = self._decide(other) if decided is None else None
            if known is not None:
                certain.append(known)
                self._recent[i] = (other, known)
        return certain

    def may_be_attempt(self, excursion: Excursion, exercise: Exercise, start_s: float) -> bool:
        """Whether an excursion too small for a repetition is worth a look: within a set of them.

        What comes up from below the posture is somebody getting back into it.
        """
        posture = POSTURES[exercise]
        return (
            ATTEMPT_DEG <= excursion.range_deg < posture.min_range_deg
            and min(excursion.base_deg, excursion.end_deg) > posture.floor_deg
            and _in_place(excursion, exercise)
            and len(self._own_ranges_deg(excursion.base_deg, start_s)) >= 2
        )

    def _decide(self, candidate: Candidate) -> Rep | Attempt | None:
        """What a candidate is, as far as is known now."""
        rep = candidate.rep
        if candidate.top_unseen:
            return rep if self._counts(candidate) else None
        own_deg = self._own_ranges_deg(candidate.base_deg, rep.start_s)
        usual_deg = float(np.median(own_deg)) if len(own_deg) >= 2 else 0.0
        given_up = rep.range_of_motion_deg < ATTEMPT_SHARE * usual_deg
        if candidate.small or (given_up and not candidate.sure and not candidate.refused):
            fine = given_up and not candidate.refused and not candidate.doubtful
            return _attempt(rep) if fine else None
        if not self._counts(candidate):
            return None
        return replace(rep, partial=rep.range_of_motion_deg < PARTIAL_SHARE * usual_deg)

    def _counts(self, candidate: Candidate) -> bool:
        """Whether a candidate counts, as far as is known now."""
        alike = [
            other
            for other, _ in self._recent
            if other is not candidate and not other.small and _alike(other, candidate)
        ]
        fine = [other for other in alike if not other.refused]
        if candidate.refused and candidate.doubtful:
            return False
        if candidate.refused:
            return self._rescued(candidate, fine, len(alike) - len(fine) + 1)
        if sum(other.about_hip for other in alike) > len(fine):
            return False  # a set of something else, of which this one does not show its pivot
        if candidate.doubtful:
            large = (
                candidate.rep.exercise == "nordic" and candidate.rep.range_of_motion_deg >= SMALL_NORDIC_DEG
            )
            clear = candidate.clear + sum(other.clear for other in fine)
            return large and len(fine) + 1 >= COMPANY and 3 * clear >= 2 * (len(fine) + 1)
        if candidate.sure:
            return True
        return len(fine) > 0 or _unhurried(candidate.rep)

    def _rescued(self, candidate: Candidate, fine: list[Candidate], refused: int) -> bool:
        """Whether others much like it, which did count, outweigh the gate that spoke against a candidate."""
        rep = candidate.rep
        close = [other for other in fine if _much_alike(other, candidate)]
        before = sum(other.rep.end_s <= rep.start_s for other in close)
        after = len(close) - before
        if _clearly_about_the_hip(rep.evidence):
            return False
        # Kneeling down and standing up are quick, and stand at the edges of a set.
        lower = rep.phase("lower")
        small_nordic = rep.exercise == "nordic" and rep.range_of_motion_deg < SMALL_NORDIC_DEG
        transition = small_nordic and (lower is None or lower.duration_s < SLOW_LOWERING_S)
        among = before > 0 and after > 0
        return len(close) >= refused and (among or (len(close) >= 2 and not transition))

    def _own_ranges_deg(self, base_deg: float, start_s: float) -> list[float]:
        """Ranges of the repetitions that counted within a minute, from much the same rest."""
        return [
            known.range_of_motion_deg
            for other, known in self._recent
            if isinstance(known, Rep)
            and not other.top_unseen
            and abs(known.start_s - start_s) < SET_S
            and abs(other.base_deg - base_deg) < SAME_REST_DEG
        ]


def _attempt(rep: Rep) -> Attempt:
    return Attempt(rep.exercise, rep.start_s, rep.end_s, rep.range_of_motion_deg)


def _unhurried(rep: Rep) -> bool:
    """Whether a small bridge is too large and too slow for a shift of the hips, and so needs no company."""
    seen = rep.evidence is not None and rep.evidence.planarity is not None
    slow = rep.end_s - rep.start_s >= UNHURRIED_S
    return seen and slow and rep.range_of_motion_deg >= UNHURRIED_RANGE_DEG


def _clearly_about_the_hip(evidence: Evidence | None) -> bool:
    if evidence is None or evidence.lever_arm_m is None or evidence.lever_arm_r2 is None:
        return False
    return evidence.lever_arm_m < RESCUE_LEVER_M and evidence.lever_arm_r2 > LEVER_R2


def _alike(a: Candidate, b: Candidate) -> bool:
    ratio = b.rep.range_of_motion_deg / a.rep.range_of_motion_deg
    gap_s = max(a.rep.start_s, b.rep.start_s) - min(a.rep.end_s, b.rep.end_s)
    near = gap_s < NEIGHBOUR_S and a.rep.exercise == b.rep.exercise
    # After a gap the filter begins anew, so that a top nobody saw may be off in either direction.
    as_large = a.top_unseen or b.top_unseen or 0.55 < ratio < 1.8
    return near and as_large and abs(a.base_deg - b.base_deg) < 8.0


def _much_alike(a: Candidate, b: Candidate) -> bool:
    return 0.67 < b.rep.range_of_motion_deg / a.rep.range_of_motion_deg < 1.5


def _rep(
    track: Track,
    exercise: Exercise,
    up: Bounds,
    down: Bounds,
    gaps: tuple[Gap, ...],
    evidence: Evidence,
    *,
    gyroscope: bool,
    goes_on: bool,
    unseen_top: Gap | None,
) -> Rep:
    first_kind, last_kind = ("lift", "lower") if exercise == "bridge" else ("lower", "return")
    around = unrest(track.rate_dps, track.front_axis_dps, track.long_axis_dps, track.step_s)
    first = end_errors(track.rate_dps, around, up, track.step_s, gyroscope=gyroscope)
    last = end_errors(-track.rate_dps, around, down, track.step_s, gyroscope=gyroscope)
    phases = [Phase(first_kind, track.time_s(up.start), track.time_s(up.end), first.duration_s)]
    if (down.start - up.end) * track.step_s >= MIN_HOLD_S:
        still = EndErrors(first.end_s, last.start_s)
        phases.append(Phase("hold", track.time_s(up.end), track.time_s(down.start), still.duration_s))
    begin = max(down.start, up.end)
    phases.append(Phase(last_kind, track.time_s(begin), track.time_s(down.end), last.duration_s))
    lower = next(phase for phase in phases if phase.kind == "lower")
    reason = _cut_off(track, exercise, up, down)
    hole = _first_gap(lower, gaps)
    if reason is None and unseen_top is not None:
        more = "may have begun" if exercise == "bridge" else "may have gone on"
        between = f"from {unseen_top.start_s:.2f} s to {unseen_top.end_s:.2f} s"
        reason = f"no samples {between}, where the lowering {more}"
    if hole is not None:
        reason = f"no samples from {hole.start_s:.2f} s to {hole.end_s:.2f} s, inside the lowering"
    start_s, end_s = phases[0].start_s, phases[-1].end_s
    unseen = _first_gap(Phase("lift", start_s, start_s), tuple(gap for gap in gaps if _is_long(gap)))
    if reason is None and exercise == "bridge" and unseen is not None and goes_on:
        reason = f"no samples from {unseen.start_s:.2f} s to {unseen.end_s:.2f} s, where the lift began"
    span = track.angle_deg[int(up.start) : int(np.ceil(down.end)) + 1]
    base = max(_at(track.angle_deg, up.start), _at(track.angle_deg, down.end))
    point = None
    if exercise == "nordic" and reason is None:
        point = _break_point(track, up)
    return Rep(
        exercise=exercise,
        start_s=start_s,
        end_s=end_s,
        lower_s=lower.duration_s if reason is None else None,
        range_of_motion_deg=float(span.max() - base),
        phases=tuple(
            phase
            for phase in phases
            if _first_gap(phase, gaps) is None and (unseen_top is None or phase.kind != "lower")
        ),
        break_point=point,
        not_measured=reason,
        evidence=evidence,
    )


def _cut_off(track: Track, exercise: Exercise, up: Bounds, down: Bounds) -> str | None:
    """Why the lowering has no duration where the recording begins or ends in the middle of it."""
    if exercise != "bridge" and up.start < track.begin + 1 + CUT_OFF_FRAMES:
        return "the recording begins inside the lowering"
    if exercise == "bridge" and down.end > track.last - CUT_OFF_FRAMES:
        return "the recording ends inside the lowering"
    return None


def _sets_off_moving(track: Track, up: Bounds, least_dps: float) -> bool:
    """Whether a movement passes the level it counts from without a stop, and no slower than that."""
    return _at(track.rate_dps, up.start) > max(least_dps, SET_OFF_SHARE * up.reference_dps)


def _began_behind(track: Track, up: Bounds, upright_deg: float) -> bool:
    """Whether a movement passes the level it counts from, having set off where nobody rests."""
    if not _sets_off_moving(track, up, 0.0):
        return False
    slow = np.flatnonzero(track.rate_dps[: int(up.start)] <= up.reference_dps)
    return HEEL_SIT_DEG < track.angle_deg[slow[-1] if slow.size else 0] < upright_deg


def _until_the_catch(track: Track, up: Bounds) -> Bounds:
    """A lowering that breaks ends at the catch, whatever the arms do then."""
    # Smoothed well, so that a tremor is not taken for falls.
    caught = caught_at(track.rate_dps, round(up.start), round(up.end), track.step_s, up.reference_dps)
    return up if caught is None else replace(up, end=caught, end_doubt=0.0)


def _break_point(track: Track, up: Bounds) -> BreakPoint | None:
    broke = break_index(track.sharp_rate_dps, round(up.start), round(up.end), track.step_s)
    if broke is None:
        return None
    return BreakPoint(
        t_s=track.time_s(broke),
        lean_deg=float(track.angle_deg[broke]),
        control_s=(broke - up.start) * track.step_s,
        fall_s=(up.end - broke) * track.step_s,
    )


def _first_gap(phase: Phase, gaps: tuple[Gap, ...]) -> Gap | None:
    """The first gap that leaves a phase without a duration: inside it, or so long that it hides an end."""
    for gap in gaps:
        reach_s = HIDING_S if _is_long(gap) else 0.0
        if gap.start_s - reach_s < phase.end_s and gap.end_s + reach_s > phase.start_s:
            return gap
    return None


def _unseen_top(
    track: Track, up: Bounds, down: Bounds, gaps: tuple[Gap, ...], *, gyroscope: bool
) -> Gap | None:
    """The first long gap that hides how far a movement went, and so where it ended or the way back began."""
    hiding_s = HIDING_S if gyroscope else SMOOTHED_HIDING_S
    begin_s, end_s = track.time_s(up.end), track.time_s(down.start)
    for gap in gaps:
        before_s, after_s = gap.start_s - hiding_s, gap.end_s + hiding_s
        if not _is_long(gap) or before_s > end_s or after_s < begin_s:
            continue
        if gyroscope and (
            _rate_between_dps(track, gap.start_s - TURNED_S, gap.start_s) < -TURNED_DPS
            or _rate_between_dps(track, gap.end_s, gap.end_s + TURNED_S) > TURNED_DPS
        ):
            continue
        rested = begin_s <= before_s and after_s <= end_s
        if not rested or abs(_angle_at_deg(track, after_s) - _angle_at_deg(track, before_s)) > SAME_LEVEL_DEG:
            return gap
    return None


def _rate_between_dps(track: Track, begin_s: float, end_s: float) -> float:
    """Mean rate of the whole frames between two times, as they were measured; 0 where there are none."""
    first = max(0, int(np.ceil((begin_s - track.start_s) / track.step_s + 0.5)))
    last = int((end_s - track.start_s) / track.step_s - 0.5)
    rates_dps = track.lateral_dps[first : max(first, last + 1)]
    return float(rates_dps.mean()) if rates_dps.size else 0.0


def _angle_at_deg(track: Track, t_s: float) -> float:
    return _at(track.angle_deg, (t_s - track.start_s) / track.step_s)


def _is_long(gap: Gap) -> bool:
    return gap.end_s - gap.start_s > CARRIED_GAP_S


def _at(values: Array, index: float) -> float:
    below = min(max(0, int(index)), values.size - 2)
    return float(values[below] + (index - below) * (values[below + 1] - values[below]))


def _evidence(track: Track, up: Bounds, down: Bounds, sign_confidence: float) -> Evidence:
    """Planarity, lever arm and height change of a repetition from start to end (+- 0.2 s)."""
    reach = round(0.2 / track.step_s)
    rows = slice(max(0, int(up.start) - reach), int(down.end) + reach + 1)
    within = float((track.rate_dps[rows] ** 2).sum())
    across = float((track.front_axis_dps[rows] ** 2 + track.long_axis_dps[rows] ** 2).sum())
    planarity = within / (within + across) if within > 0 else 0.0
    lever, r2 = lever_arm(track.front_mps2[rows], track.lateral_dps[rows], track.step_s)
    first = slice(max(0, int(up.start) - 5), int(up.end) + 6)
    return Evidence(
        planarity, lever, r2, height_change(track.lift_mps2[first], track.step_s), sign_confidence
    )


@dataclass(frozen=True, slots=True)
class _PhaseEvidence:
    """What one phase of a small Nordic alone shows.

    about_hip: its pivot is above the sensor. hidden: it turns so fast that the acceleration about a knee
    would be seen, and is not. lift_mps2: rms of the vertical acceleration.
    """

    about_hip: bool
    hidden: bool
    lift_mps2: float


def _phase_evidence(track: Track, phase: Bounds, range_deg: float) -> _PhaseEvidence:
    """Look at one phase (+- 0.2 s) alone: kneeling down and lunging turn about the knee in part only."""
    lever, r2 = _lever_around(track, phase)
    rows = _rows_around(track, phase)
    # Peak of a minimum-jerk movement: 5.77 times its range over its duration squared.
    duration_s = (phase.end - phase.start) * track.step_s
    expected_mps2 = USUAL_LEVER_M * 5.77 * np.radians(range_deg) / duration_s**2
    return _PhaseEvidence(
        about_hip=lever < MIN_LEVER_M and r2 > HIP_R2,
        hidden=bool(expected_mps2 > SEEN_MPS2 and (r2 < HIP_R2 or lever < MIN_LEVER_M)),
        lift_mps2=float(np.std(smooth(track.lift_mps2[rows], _lever_band(track.step_s)))),
    )


def _lever_around(track: Track, phase: Bounds) -> tuple[float, float]:
    rows = _rows_around(track, phase)
    return lever_arm(track.front_mps2[rows], track.lateral_dps[rows], track.step_s)


def _rows_around(track: Track, phase: Bounds) -> slice:
    reach = round(0.2 / track.step_s)
    return slice(max(0, int(phase.start) - reach), int(phase.end) + reach + 1)


def lever_arm(front_mps2: Array, rate_dps: Array, step_s: float) -> tuple[float, float]:
    """Distance (m) from the pivot up to the sensor, from the tangential acceleration, and the R2 of the fit.

    A point r above its pivot is accelerated by r times the angular acceleration. Both are band-passed to
    some 0.5-3 Hz, where the movement is and drift is not. Positive: the pivot is below the sensor (the
    knee); negative: above it (the hip).
    """
    band = _lever_band(step_s)
    acceleration = smooth(front_mps2, band)
    alpha = np.gradient(smooth(np.radians(rate_dps), band), step_s)
    power = float(alpha @ alpha)
    if power <= 0:
        return 0.0, 0.0
    lever = float(acceleration @ alpha) / power
    variance = float(acceleration @ acceleration)
    return lever, (lever**2 * power / variance if variance > 0 else 0.0)


@cache
def _lever_band(step_s: float) -> Array:
    narrow, wide = gaussian(3.0, 1 / step_s), gaussian(0.5, 1 / step_s)
    return np.pad(narrow, (wide.size - narrow.size) // 2) - wide


def height_change(lift_mps2: Array, step_s: float) -> float:
    """Height gained from rest to rest: the vertical acceleration, freed of its mean, integrated twice."""
    speed = np.cumsum(lift_mps2 - lift_mps2.mean()) * step_s
    return float(np.sum(speed) * step_s)


def _pivot_is_not_the_knee(evidence: Evidence) -> bool:
    if evidence.lever_arm_m is None or evidence.lever_arm_r2 is None:
        return False
    return evidence.lever_arm_r2 > LEVER_R2 and evidence.lever_arm_m < MIN_LEVER_M


def _physically_possible(evidence: Evidence, exercise: Exercise, range_deg: float, first_s: float) -> bool:
    if evidence.planarity is None or evidence.lever_arm_m is None or evidence.lever_arm_r2 is None:
        return True
    # A small bridge turns hardly faster than the thigh sways in the other directions.
    if evidence.planarity < MIN_PLANARITY * min(1.0, 0.5 + 0.5 * range_deg / FULL_PLANARITY_DEG):
        return False
    if evidence.lever_arm_r2 > LEVER_R2 and evidence.lever_arm_m > MAX_LEVER_M:
        return False
    if exercise == "nordic" and range_deg < SMALL_NORDIC_DEG and evidence.height_change_m is not None:
        allowed = 0.12 + 0.012 * first_s**2
        return not (first_s < 2.6 and abs(evidence.height_change_m) > allowed)
    return True
