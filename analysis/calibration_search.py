"""How the sensor sits, worked out from a recording in which nobody calibrated.

Every still posture and the lever arms propose where up the thigh is; each proposal is tried with both senses
of the medio-lateral axis, and the one under which people did what people do wins: nobody rests with the knee
bent backwards, hips flex further than they extend, steps follow from standing, the sensor sinks when somebody
gets down on the knees, the knee is the pivot of a Nordic and of a bridge, which all turns of a set show
together. The distance to the runner-up is the confidence; without evidence there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import (
    Calibration,
    bridged,
    excursions,
    find_knee_lifts,
    mean_up,
    pivot_of,
    rotation_axis,
    still_runs,
    thigh_angle,
    triple,
    unit,
)
from analysis.grid import FRAME_S
from analysis.orientation import Frames, frames_of
from analysis.repetitions import height_change
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from analysis.smoothing import gaussian, smooth
from analysis.turning_points import Excursion

Array = NDArray[np.float64]

BEGINNING_S = 60.0
ASSUMED_SUPINE_REST_DEG = -138.0
"""Thigh angle of lying on the back with the feet flat; stands in where no standing pose was recorded."""

MIN_PULL_R2 = 0.3
"""A turn whose pivot shows less clearly than this says nothing about where the knee is."""

PLATEAU_S = 0.5
LONG_PLATEAU_S = 6.0
"""A longer stay is no better evidence than this."""

SAME_POSTURE = float(np.cos(np.radians(14.0)))
SAME_FAR = float(np.cos(np.radians(20.0)))
SAME_TURNS, SAME_RANGE = 3, 1.8
"""A set: so many turns or more between like postures, their ranges within this factor."""

MIN_LEVER_M, MAX_LEVER_M = 0.05, 0.6
CLEAR_PULL, HANGING = 0.5, float(np.cos(np.radians(116.0)))
"""A pivot four standard errors clear; and how far above the sensor it hangs in a bridge at least. At rest it
is 40-60 deg above it in people who bridge; in public leg raises, to all sides, 20 deg at most."""

THIGH_RADIUS_M = 0.1
"""A sensor on the thigh is no further from the line between hip and knee than this."""

IN_LINE, VERY_CLEAR_PULL = 0.7, 0.6
"""Cosine of the angle between the long axis and the way from the pivot to the sensor, where that shows
clearly: 0.79 or more in simulated exercises; where the long axis was mistaken, up to 0.65."""

FAR_APART = float(np.cos(np.radians(60.0)))
MIN_RISE_M, MAX_RISE_S, STILL_FRAMES = 0.18, 3.5, 20
"""Getting down on the knees lowers the sensor by more than this; drift allows no longer way."""

MAX_EXTENSION_DEG = 45.0
"""Hips extend no further than this while somebody gets down on the knees."""

FAR = float(np.cos(np.radians(MAX_EXTENSION_DEG)))
UPRIGHT_DEG, UPRIGHT_SLACK_DEG, ASLANT = 16.0, 8.0, 0.3
ROUGHLY_UPRIGHT_DEG = 30.0
"""With slack for a long axis that comes from lying."""

LEANT_DEG, HIGHEST_TOP_DEG = 14.0, -80.0
NORDIC_BASE_DEG, NORDIC_RANGE_DEG = 25.0, 112.0
BRIDGE_BASE_DEG, BRIDGE_RANGE_DEG = -100.0, 50.0
"""Where a told exercise starts, with slack for a long axis that is not right yet, and how far it may go."""

OPENING_S, OPENING_STILL_S = 0.7, 2.0
GETTING_DOWN_S = 2.5
"""Who stood still to begin has to get down before the first repetition."""

OTHER_TURN_DEG = 25.0
ELSEWHERE = float(np.cos(np.radians(22.0)))
MAX_PROPOSALS = 7
SURE_LEAD = 1.7
"""A lead of 1.15 times this is a confidence of 0.9: of 700 simulated recordings above, none was misread."""

UNSURE, GUESSING = 0.85, 0.6
"""Confidence where only the exercise itself speaks, and below which there is no calibration at all."""

PLANAR, SIDEWAYS, NO_AXIS = 0.87, 0.25, 0.7
"""Share of the rotation that one axis has where people exercise; up along it at most where they are upright;
and the confidence where neither is so: rolling about, whose main axis need not be that of the knee."""

RISE_HZ, RISE_FRAMES = 2.0, 30
RISE_ERRORS, MAX_RISE_EVIDENCE, CLEAR_ERRORS = 4.0, 3.0, 2.0
"""Faster than this soft tissue moves the sensor; frames round a turn that are looked at; the standard errors
that count as one unit of evidence, and how many of them show the rise of a single turn. In the bridges of 15
people it was seen with 1.5 to 18 of them, always the right way."""

STANDING_S, STANDING_EVIDENCE = 1.0, 2.0
LEAST_FROM_STANDING, ASIDE = float(np.cos(np.radians(85.0))), 0.35
"""Standing, lying and the top of a bridge are further apart than this; sitting and lying are not. The sine of
how far somebody who stands may be tilted sideways."""

STEP_S = (0.6, 1.8)
STEPS = 3
NEAR_S, NEARLY, SWING_DEG = 4.0, 0.9, 4.0
"""A still posture so near a walk is standing, if it is near its mean and the thigh swings to either side."""


def from_samples(samples: ImuSamples, exercise: str | None) -> Calibration | None:
    """Work out the axes from a whole recording: see `from_recording`.

    People calibrate at the beginning: what is found there needs no look at the hours after it.
    """
    gyroscope = samples.gyr_radps is not None
    end_s = float(samples.t_s[0]) + BEGINNING_S
    beginning = frames_of(samples[: int(np.searchsorted(samples.t_s, end_s))])
    if not beginning.missing.all():
        found = find_knee_lifts(bridged(beginning), gyroscope=gyroscope)
        if found is not None:
            return found
    return from_recording(frames_of(samples), exercise, gyroscope=gyroscope)


def from_recording(frames: Frames, exercise: str | None, *, gyroscope: bool) -> Calibration | None:
    """Work out the axes from everything recorded, or return None where that would be guessing.

    Knee lifts after standing still are looked for first. An accelerometer alone cannot show where the knee
    is: there the exercise has to be told.
    """
    if np.count_nonzero(~frames.missing) < round(2.0 / FRAME_S):
        return None
    whole = bridged(frames)
    found = find_knee_lifts(whole, gyroscope=gyroscope)
    if found is not None:
        return found
    if gyroscope:
        y, planarity = rotation_axis(whole)
        turns = turns_about(whole, y, gyroscope=True)
        found = _most_plausible(whole, y, planarity, turns, exercise)
        if found is not None or exercise is None:
            return found
    else:
        y = _axis_of_tilting(whole)
        turns = turns_about(whole, y, gyroscope=False)
    if not turns:
        return None
    if exercise == "bridge":
        return _assume_supine(whole, y, turns)
    if exercise == "nordic":
        return _assume_kneeling(whole, y, turns)
    return None


@dataclass(frozen=True, slots=True)
class Turn:
    """An excursion about the axis y: `sense` +1 where it goes up in the angle about y, -1 where down.

    base_up, far_up: (3,) up vector at its base and at its far end. leaves_base, arrives_far, arrives_base:
    where a tenth of the way out, nine tenths of it and of the way back are done. pull: (3,) direction from
    the pivot to the sensor, weighted by how clearly it shows (zero without a gyroscope). lever: (3,) the
    same in metres, clear or not.
    """

    excursion: Excursion
    sense: int
    base_up: Array
    far_up: Array
    pull: Array
    lever: Array
    leaves_base: int
    arrives_far: int
    arrives_base: int

    @property
    def seconds(self) -> float:
        """How long it takes, out and back."""
        return FRAME_S * (self.excursion.end - self.excursion.base)


@dataclass(frozen=True, slots=True)
class _Posture:
    """Being still: mean up vector, frames from start to stop."""

    up: Array
    start: int
    stop: int

    @property
    def seconds(self) -> float:
        """How long it is held."""
        return FRAME_S * (self.stop - self.start)

    @property
    def weight(self) -> float:
        """Say it has in a mean."""
        return min(LONG_PLATEAU_S, self.seconds)


@dataclass(frozen=True, slots=True)
class _Way:
    """From being still to being still again, at another height: start and stop are the up vectors there.

    ups: (n, 3) up vectors in between.
    """

    start: Array
    stop: Array
    ups: Array


@dataclass(frozen=True, slots=True)
class _Walk:
    """A bout of walking, frames from start to stop; `beside` is up in the standing still next to it.

    asymmetry_deg: by how much the thigh swings further up in the angle about y than down.
    """

    start: int
    stop: int
    beside: Array
    y: Array
    asymmetry_deg: float


def _most_plausible(
    frames: Frames, y: Array, planarity: float, turns: list[Turn], exercise: str | None
) -> Calibration | None:
    """Try every proposal for the long axis with both senses of y, which has that share of the rotation.

    Where the exercise was told, only those are tried under which somebody did it.
    """
    postures = [_Posture(unit(frames.up[a:b].mean(axis=0)), a, b) for a, b in still_runs(frames, PLATEAU_S)]
    sets = _sets(turns)
    turns = _pooled(turns, sets)
    clear = [turn for turn in turns if float(np.linalg.norm(turn.pull)) > MIN_PULL_R2]
    proposals = _proposals(y, postures, clear)
    if not proposals:
        return None
    walks, ways = _walks(frames, y, postures), _ways(frames, postures, turns, sets)
    tried: list[tuple[float, Array, Array]] = []
    for z in proposals:
        for sense in (1.0, -1.0):
            if exercise is not None and not any(_could_be(exercise, turn, sense * y, z) for turn in turns):
                continue
            score = _plausibility(sense * y, z, frames, postures, turns, walks, ways)
            if _bridges(turns, sets, sense * y, z):
                score += 2.0
            tried.append((score, z, sense * y))
    if not tried:
        return None
    tried.sort(key=lambda item: -item[0])
    best, z, y = tried[0]
    # The runner-up is the best one that means something else: the other sense, or another posture, which says
    # nothing more where the exercise was told.
    other = next(
        (
            score
            for score, its_z, its_y in tried[1:]
            if its_y @ y < 0.0 or (exercise is None and its_z @ z < 0.7)
        ),
        best - 8.0,
    )
    confidence = 0.5 + 0.49 * float(np.tanh(max(0.0, best - other) / SURE_LEAD))
    if exercise is not None:
        pass  # that it is an exercise is known
    elif (
        not walks and not _surroundings(postures, turns, sets, ways, y, z) and not _bridges(turns, sets, y, z)
    ):
        # Nothing but one movement over and over: a sensor on the trunk, or on a raised leg, does the same.
        confidence = min(confidence, UNSURE)
    if exercise is None and _may_swing(turns, sets, postures, y, z):
        confidence = min(confidence, UNSURE)
    if _askew(turns, sets, y, z) or (planarity < PLANAR and not _upright_across(postures, y, z)):
        confidence = min(confidence, NO_AXIS)
    if confidence < GUESSING:
        return None
    return Calibration(triple(_levelled(z, y, postures)), triple(y), confidence, "whole recording")


def _could_be(exercise: str, turn: Turn, y: Array, z: Array) -> bool:
    """Whether a turn starts where an exercise does, and goes its way and no further."""
    base_deg, far_deg = _thigh_deg(turn.base_up, y, z), _thigh_deg(turn.far_up, y, z)
    moved_deg = float(np.remainder(far_deg - base_deg + 180.0, 360.0) - 180.0)
    if exercise == "nordic":
        return abs(base_deg) < NORDIC_BASE_DEG and 0.0 < moved_deg < NORDIC_RANGE_DEG
    return (base_deg < BRIDGE_BASE_DEG or base_deg > 165.0) and 0.0 < moved_deg < BRIDGE_RANGE_DEG


def _sets(turns: list[Turn]) -> list[list[int]]:
    """Indices of the turns that were made at least SAME_TURNS times, from like posture to like posture."""
    sets: list[list[int]] = []
    for i, turn in enumerate(turns):
        for others in sets:
            first = turns[others[0]]
            if (
                first.sense == turn.sense
                and first.base_up @ turn.base_up > SAME_POSTURE
                and first.far_up @ turn.far_up > SAME_FAR
                and 1 / SAME_RANGE < turn.excursion.range_deg / first.excursion.range_deg < SAME_RANGE
            ):
                others.append(i)
                break
        else:
            sets.append([i])
    return [others for others in sets if len(others) >= SAME_TURNS]


def _pooled(turns: list[Turn], sets: list[list[int]]) -> list[Turn]:
    """The turns, each with the pull of all those of its set together.

    One slow small turn does not show its pivot; several do, and how far they agree says how clearly.
    """
    pooled = list(turns)
    for others in sets:
        # The angular acceleration squared, over its duration: range^2 / seconds^4 x seconds.
        power = np.array([turns[i].excursion.range_deg ** 2 / turns[i].seconds ** 3 for i in others])
        power = np.minimum(power, 2.0 * np.median(power))
        levers = np.array([turns[i].lever for i in others])
        share = power / max(float(power.sum()), 1e-12)
        lever = share @ levers
        n = len(others)
        error = np.sqrt(float(share**2 @ ((levers - lever) ** 2).sum(axis=1)) * n / (n - 1))
        size = float(np.linalg.norm(lever))
        clear = max(0.0, 1.0 - 2.0 * error / max(size, 1e-9)) if MIN_LEVER_M < size < MAX_LEVER_M else 0.0
        for i in others:
            pooled[i] = replace(turns[i], pull=clear * unit(lever))
    return pooled


def _surroundings(
    postures: list[_Posture],
    turns: list[Turn],
    sets: list[list[int]],
    ways: list[_Way],
    y: Array,
    z: Array,
) -> bool:
    """Whether there is more than the ends of one repeated movement: another posture, or getting down."""
    ends = [up for turn in turns for up in (turn.base_up, turn.far_up)]

    def repeated(up: Array) -> bool:
        return sum(float(end @ up) > ELSEWHERE for end in ends) >= 3

    if any(_is_upright(way, y, z) for way in ways):
        return True
    places = [(turns[others[0]].base_up, turns[others[0]].far_up) for others in sets]
    if any(all(float(a @ b) < FAR_APART for a in one for b in other) for one in places for other in places):
        return True  # two movements, one here and one there
    first = min((turns[others[0]].leaves_base for others in sets), default=0)
    for posture in postures[:2]:
        upright = _opens(posture) and abs(_thigh_deg(posture.up, y, z)) < 15.0
        if upright and first > posture.stop + round(GETTING_DOWN_S / FRAME_S):
            return True
    if any(posture.seconds > 1.0 and not repeated(posture.up) for posture in postures):
        return True
    return any(turn.excursion.range_deg > OTHER_TURN_DEG and not repeated(turn.far_up) for turn in turns)


def _bridges(turns: list[Turn], sets: list[list[int]], y: Array, z: Array) -> bool:
    """Whether a set can be nothing but bridges: the pivot hangs above the sensor, and it turns to level.

    A leg that is raised, to whichever side, turns about a hip that lies no higher than it; one that swings
    from a hip above starts out plumb, with the sensor no further from the plumb line than from the bone.
    """
    for others in sets:
        turn = turns[others[0]]
        size = float(np.linalg.norm(turn.pull))
        if size < CLEAR_PULL or float(turn.pull @ z) < 0.8 * size:
            continue
        base, far = (
            unit(np.mean([getattr(turns[i], end) for i in others], axis=0)) for end in ("base_up", "far_up")
        )
        (hangs, off_plumb_m), rests_deg = _hangs(turns, others), _thigh_deg(base, y, z)
        moved = _thigh_deg(far, y, z) - rests_deg
        seconds = float(np.median([turns[i].seconds for i in others]))
        if (
            hangs < HANGING
            and off_plumb_m > THIGH_RADIUS_M
            and abs(float(base @ y)) < 0.3
            and -165.0 < rests_deg < -103.0
            and 4.5 < moved < 45.0
            and seconds > 2.0
        ):
            return True
    return False


def _may_swing(
    turns: list[Turn], sets: list[list[int]], postures: list[_Posture], y: Array, z: Array
) -> bool:
    """Whether a set may be a leg that swings from the hip of who stands, taken for a bridge upside down.

    The pivot is plumb above the bone under the sensor, and nothing shows which way up the thigh was upright.
    """
    if any(abs(_thigh_deg(posture.up, y, z)) < ROUGHLY_UPRIGHT_DEG for posture in postures):
        return False
    for others in sets:
        turn = turns[others[0]]
        base_deg = _thigh_deg(turn.base_up, y, z)
        hangs, off_plumb_m = _hangs(turns, others)
        lies = base_deg < BRIDGE_BASE_DEG or base_deg > 165.0
        clear = float(np.linalg.norm(turn.pull)) > CLEAR_PULL
        if lies and clear and hangs < HANGING and off_plumb_m <= THIGH_RADIUS_M:
            return True
    return False


def _hangs(turns: list[Turn], others: list[int]) -> tuple[float, float]:
    """Cosine of the angle from up to the way from a set's pivot to the sensor, and m off the plumb line."""
    pull = turns[others[0]].pull
    base = unit(np.mean([turns[i].base_up for i in others], axis=0))
    hangs = float(pull @ base) / max(float(np.linalg.norm(pull)), 1e-9)
    lever_m = float(np.linalg.norm(np.mean([turns[i].lever for i in others], axis=0)))
    return hangs, lever_m * float(np.sqrt(max(0.0, 1.0 - hangs**2)))


def _askew(turns: list[Turn], sets: list[list[int]], y: Array, z: Array) -> bool:
    """Whether the pivot of a set that could be an exercise shows, and lies beside the thigh."""
    for others in sets:
        turn = turns[others[0]]
        size = float(np.linalg.norm(turn.pull))
        could_be = _could_be("nordic", turn, y, z) or _could_be("bridge", turn, y, z)
        if could_be and size > VERY_CLEAR_PULL and abs(float(turn.pull @ z)) < IN_LINE * size:
            return True
    return False


def _upright_across(postures: list[_Posture], y: Array, z: Array) -> bool:
    """Whether the thigh was held upright with y level, as an axis that points to the side is."""
    upright = [posture for posture in postures if abs(_thigh_deg(posture.up, y, z)) < UPRIGHT_DEG]
    total = sum(posture.weight for posture in upright)
    off = sum(posture.weight * float(posture.up @ y) ** 2 for posture in upright)
    return total > 0 and off < SIDEWAYS**2 * total


def _opens(posture: _Posture) -> bool:
    """Whether somebody was still on purpose, when the recording had just begun: standing, to calibrate."""
    return posture.start < round(OPENING_S / FRAME_S) and posture.seconds > OPENING_STILL_S


def _levelled(z: Array, y: Array, postures: list[_Posture]) -> Array:
    """Refine the long axis by all the times the thigh stood upright: its mean, across y."""
    upright = [posture for posture in postures if posture.up @ z > np.cos(np.radians(16.0))]
    if upright:
        z = unit(np.sum([posture.weight * posture.up for posture in upright], axis=0))
    return unit(z - (z @ y) * y)


def _proposals(y: Array, postures: list[_Posture], clear: list[Turn]) -> list[Array]:
    """Directions the long axis may have: every posture held, and where the pivots say the knee is."""
    kinds: list[tuple[float, Array]] = []
    for posture in postures:
        if abs(posture.up @ y) > 0.6:
            continue
        for i, (weight, up) in enumerate(kinds):
            if posture.up @ up > SAME_POSTURE:
                merged = unit(weight * up + posture.weight * posture.up)
                kinds[i] = (weight + posture.weight, merged)
                break
        else:
            kinds.append((posture.weight, posture.up))
    kinds.sort(key=lambda kind: -kind[0])
    found = [unit(up - (up @ y) * y) for _, up in kinds[:MAX_PROPOSALS]]
    if clear:
        pulls = np.array([turn.pull for turn in clear])
        line = np.linalg.eigh(pulls.T @ pulls)[1][:, 2]
        line = unit(line - (line @ y) * y)
        found += [line, -line]
        # Lying with bent knees: the rest itself shows where the long axis is, better than the pivots do.
        for _, up in kinds[:3]:
            for sense in (1.0, -1.0):
                for rest_deg in (ASSUMED_SUPINE_REST_DEG, -112.0, -172.0):
                    z = _turned(unit(up - (up @ y) * y), sense * y, rest_deg)
                    if abs(z @ line) > 0.8:
                        found.append(z)
    return found


def _turned(rest: Array, y: Array, rest_deg: float) -> Array:
    """The long axis under which the up vector `rest` has the thigh angle rest_deg."""
    tilt = np.radians(rest_deg)
    # u = cos(angle) z - sin(angle) x for the rest gives z by turning the rest back about y.
    return unit(np.cos(tilt) * rest + np.sin(tilt) * np.cross(y, rest))


def _thigh_deg(up: Array, y: Array, z: Array) -> float:
    return float(np.degrees(np.arctan2(-(up @ np.cross(y, z)), up @ z)))


def _posture_cost(angle_deg: float, sideways: float, seconds: float) -> float:
    """How odd it is to be still for so long with the thigh at an angle (and tilted sideways)."""
    if abs(sideways) > 0.6:
        return 0.0  # lying on the side, or the like: says nothing
    weight = min(LONG_PLATEAU_S, seconds) / 2.0
    if -25.0 < angle_deg < 18.0:
        # Nobody rests aslant.
        return ASLANT * weight * max(0.0, abs(angle_deg) - UPRIGHT_SLACK_DEG) / 10.0
    if -112.0 < angle_deg <= -55.0:
        return 0.08 * weight  # sitting, sitting on the heels
    if -165.0 < angle_deg <= -112.0:
        return 0.05 * weight  # lying with bent knees
    if angle_deg <= -165.0 or angle_deg > 172.0:
        return 0.15 * weight  # the same, with the feet on a chair
    if angle_deg <= -25.0:
        return 1.0 * weight  # half-way down
    if angle_deg < 105.0:
        # The bottom of a Nordic is left after a second or two; nobody stays there.
        return 1.2 * max(0.0, weight - 1.0)
    return 2.5 * weight


def _plausibility(
    y: Array,
    z: Array,
    frames: Frames,
    postures: list[_Posture],
    turns: list[Turn],
    walks: list[_Walk],
    ways: list[_Way],
) -> float:
    """Logit-like score of one hypothesis."""
    score = 0.0
    for posture in postures:
        up = posture.up
        score -= _posture_cost(_thigh_deg(up, y, z), float(up @ y), posture.seconds)
    score = max(score, -40.0)
    if any(_opens(posture) and abs(_thigh_deg(posture.up, y, z)) < 15.0 for posture in postures[:2]):
        score += 2.0
    evidence = 0.0
    for turn in turns:
        if any(walk.start <= turn.excursion.peak <= walk.stop for walk in walks):
            continue
        base, far = _thigh_deg(turn.base_up, y, z), _thigh_deg(turn.far_up, y, z)
        moved = float(np.remainder(far - base + 180.0, 360.0) - 180.0)
        size = float(np.linalg.norm(turn.pull))
        side = float(turn.pull @ z) / size if size > MIN_PULL_R2 else 0.0
        weight = min(1.0, abs(moved) / 20.0) * (min(1.0, 1.4 * size) if size > MIN_PULL_R2 else 1.0)
        evidence += weight * _turn_evidence(base, far, moved, side, turn.seconds)
    score += float(np.clip(evidence, -15.0, 15.0))
    for walk in walks:
        score += _walking(frames, y, z, walk)
    return score + float(np.clip(sum(_getting_down(way, y, z) for way in ways), -6.0, 6.0))


def _getting_down(way: _Way, y: Array, z: Array) -> float:
    """What getting down on the knees, or up, says: the hip bends far, or stretches a little."""
    if not _is_upright(way, y, z):
        return 0.0
    angle = thigh_angle(way.ups, np.column_stack([np.cross(y, z), y, z]))
    forward, back = -float(angle.min()), float(angle.max())
    if max(forward, back) > MAX_EXTENSION_DEG:
        return 2.5 if forward > back else -2.5
    return float(np.clip((back - forward) / 20.0, -0.7, 0.7))


def _is_upright(way: _Way, y: Array, z: Array) -> bool:
    """Whether the thigh is upright before and after."""
    return all(abs(_thigh_deg(up, y, z)) < UPRIGHT_DEG for up in (way.start, way.stop))


def _ways(frames: Frames, postures: list[_Posture], turns: list[Turn], sets: list[list[int]]) -> list[_Way]:
    """Every way from one posture to the next but one at most, at the end of which the sensor is elsewhere.

    Between two moments of rest the vertical acceleration shows the height well: its mean is zero. But not
    where there was an impact: what goes as far as a set does may be one of it that was caught.
    """
    firsts = [turns[others[0]] for others in sets]
    ends = np.array([turn.far_up for turn in firsts if turn.far_up @ turn.base_up < FAR])
    up = frames.up
    lift = np.einsum("ij,ij->i", frames.acc_mps2 - STANDARD_GRAVITY_MPS2 * up, up)

    def rise(a: _Posture, b: _Posture) -> float | None:
        inside = [min(STILL_FRAMES, (one.stop - one.start) // 2) for one in (a, b)]
        rows = slice(a.stop - inside[0], b.start + inside[1])
        return height_change(lift[rows], FRAME_S) if FRAME_S * (b.start - a.stop) < MAX_RISE_S else None

    rises = [rise(a, b) for a, b in pairwise(postures)]
    found: list[_Way] = []
    for i, first in enumerate(postures):
        total_m, drift_m = 0.0, 0.0
        for j in range(i + 1, min(i + 3, len(postures))):
            step_m = rises[j - 1]
            if step_m is None:
                break
            total_m += step_m
            drift_m += 0.012 * (FRAME_S * (postures[j].start - postures[j - 1].stop)) ** 2
            if abs(total_m) > MIN_RISE_M + drift_m:
                ups = frames.up[first.stop : postures[j].start]
                furthest = ups[int(np.argmin(ups @ first.up))]
                if furthest @ first.up > FAR or not len(ends) or float((ends @ furthest).max()) < ELSEWHERE:
                    found.append(_Way(first.up, postures[j].up, ups))
    return found


def _turn_evidence(base: float, far: float, moved: float, side: float, seconds: float) -> float:
    """What one excursion with a visible pivot says: side > 0 where the pivot is towards the knee."""
    if abs(side) < 0.4:
        # The pivot does not show: slow and small from lying is a bridge, large from upright a Nordic.
        supine = -165.0 < base <= -105.0 and 4.0 < moved < 45.0
        return (
            0.4 if seconds > 2.0 and (supine or (abs(base) < UPRIGHT_DEG and 35.0 < moved < 105.0)) else 0.0
        )
    knee = side > 0
    if abs(base) < UPRIGHT_DEG:
        if knee:
            if abs(far) < LEANT_DEG:
                return 0.0  # through upright: neither
            if moved < 0:
                return 0.7 if seconds < 5.0 else 0.3  # sitting down, squatting, sitting on the heels
            return (1.0 if seconds > 4.0 else 0.4) if far < 105.0 else -1.0  # a Nordic: slow
        # About the hip, upright: flexion goes far, extension does not.
        if moved < -12.0:
            return 1.2 if seconds < 3.0 else 0.3
        return -2.0 if moved > 32.0 else -0.3
    if -195.0 <= base <= -98.0 or base > 165.0:
        if knee:
            # Lying, with the feet on the floor, no hip comes higher than its knee.
            top = np.remainder(base, 360.0) - 360.0 + moved
            return 1.3 if 0.0 < moved < 60.0 and top < HIGHEST_TOP_DEG else 0.0
        return 0.3 if moved > 0 else 0.0
    return 0.0  # between two repetitions, or out of sitting: says nothing


def _walking(frames: Frames, y: Array, z: Array, walk: _Walk) -> float:
    """A walk: upright before or after, and the thigh swings further forward than back."""
    mean = unit(frames.up[walk.start : walk.stop].mean(axis=0))
    score = 2.0 * float(np.clip((mean @ z - 0.7) / 0.2, -1.0, 1.0))
    level = _thigh_deg(walk.beside, y, z)
    # The sense of y turns the swing about.
    forward = walk.asymmetry_deg * float(np.sign(y @ walk.y))
    score -= 3.0 * float(np.clip(forward / 8.0, -1.0, 1.0))
    return score + (1.0 if abs(level) < 20.0 else -1.0)


def _angle_about(frames: Frames, y: Array) -> Array:
    still = np.nanmedian(frames.up, axis=0)
    z = unit(still - (still @ y) * y)
    angle = np.degrees(np.unwrap(np.arctan2(-(frames.up @ np.cross(y, z)), frames.up @ z)))
    return smooth(angle, gaussian(3.0, 1 / FRAME_S))


def _walks(frames: Frames, y: Array, postures: list[_Posture]) -> list[_Walk]:
    """Bouts of walking: swings of 18-75 deg in step time, to either side of standing still beside them."""
    angle = _angle_about(frames, y)
    steps = [
        swing
        for swing in excursions(angle, 10.0)
        if STEP_S[0] <= FRAME_S * (swing.end - swing.base) <= STEP_S[1] and 18.0 < swing.range_deg < 75.0
    ]
    runs: list[list[Excursion]] = []
    for step in steps:
        if runs and step.base - runs[-1][-1].end < round(0.5 / FRAME_S):
            runs[-1].append(step)
        else:
            runs.append([step])
    near = round(NEAR_S / FRAME_S)
    found: list[_Walk] = []
    for run in runs:
        start, stop = run[0].base, run[-1].end
        beside = [p for p in postures if 0 <= start - p.stop < near or 0 <= p.start - stop < near]
        if len(run) < STEPS or not beside:
            continue
        mean = unit(frames.up[start:stop].mean(axis=0))
        upright = max(beside, key=lambda p: float(p.up @ mean))
        level = float(angle[upright.start : upright.stop].mean())
        back, forward = np.percentile(angle[start:stop] - level, [3.0, 97.0])
        if upright.up @ mean > NEARLY and back < -SWING_DEG and forward > SWING_DEG:
            found.append(_Walk(start, stop, upright.up, y, float(forward + back)))
    return found


def turns_about(frames: Frames, y: Array, *, gyroscope: bool) -> list[Turn]:
    """All excursions about an axis, in both senses."""
    still = np.nanmedian(frames.up, axis=0)
    z = unit(still - (still @ y) * y)
    angle = np.degrees(np.unwrap(np.arctan2(-(frames.up @ np.cross(y, z)), frames.up @ z)))
    angle = smooth(angle, gaussian(3.0, 1 / FRAME_S))
    turns: list[Turn] = []
    for sense in (1, -1):
        for excursion in excursions(sense * angle, 6.0):
            duration_s = (excursion.end - excursion.base) * FRAME_S
            if not 1.2 <= duration_s <= 60.0 or excursion.range_deg < 6.0:
                continue
            rows = slice(max(0, excursion.base - 10), excursion.end + 10)
            lever, pull = pivot_of(frames[rows], y) if gyroscope else (np.zeros(3), np.zeros(3))
            x = sense * angle
            out = x[excursion.base : excursion.peak + 1]
            back = x[excursion.peak : excursion.end + 1]
            turns.append(
                Turn(
                    excursion,
                    sense,
                    mean_up(frames, excursion.base, 8),
                    mean_up(frames, excursion.peak, 8),
                    pull,
                    lever,
                    excursion.base + int(np.argmax(out > out[0] + 0.1 * excursion.range_deg)),
                    excursion.base + int(np.argmax(out > excursion.peak_deg - 0.1 * excursion.range_deg)),
                    excursion.peak + int(np.argmax(back < back[-1] + 0.1 * excursion.range_deg)),
                )
            )
    return turns


def _axis_of_tilting(frames: Frames) -> Array:
    """Rotation axis (3,) of an accelerometer alone, where the rate is mostly noise.

    The up vector swings between the two ends of the repetitions: first the direction in which it moves
    most, then, twice, the median direction of the single excursions, so that one wild movement among ten
    repetitions has no say.
    """
    slow = smooth(frames.up, gaussian(0.7, 1 / FRAME_S))
    middle = unit(np.median(slow, axis=0))
    across = slow - np.outer(slow @ middle, middle)
    across -= np.median(across, axis=0)
    size = np.linalg.norm(across, axis=1)
    across *= np.minimum(1.0, 0.3 / np.maximum(size, 1e-9))[:, None]
    _, vectors = np.linalg.eigh(across.T @ across)
    y = unit(np.cross(middle, vectors[:, 2]))
    for _ in range(2):
        turns = turns_about(frames, y, gyroscope=False)
        if not turns:
            return y
        normals = np.array([turn.sense * np.cross(turn.far_up, turn.base_up) for turn in turns])
        y = unit(np.median(normals, axis=0))
    return y


def _assume_supine(frames: Frames, y: Array, turns: list[Turn]) -> Calibration:
    """Bridges were told but nothing shows the knee: decide which end is the top, by four signs.

    The sensor is higher at the top. The body touches the floor at the end of the lowering, which shakes the
    sensor more than arriving at the top does. At the top the front of the thigh faces up: that is nearer to
    an axis of the sensor's case than the slanted rest, because sensors are often strapped on square to the
    limb. And people hold longer than they rest. The last two are habits, and never enough by themselves.

    Where standing was recorded, too, it is the long axis, and the top is what is nearer to it.
    """
    ups = _slowest_set(turns)
    low = unit(np.median([turn.base_up for turn in ups], axis=0))
    high = unit(np.median([turn.far_up for turn in ups], axis=0))
    evidence = _rises(frames, y, ups) + _touches_down(frames, ups)
    evidence += _square_to_the_case(y, low, high) + _longer_at_the_top(frames, low, high)
    standing = _standing(frames, y, low, high)
    if standing is not None:
        evidence += STANDING_EVIDENCE if high @ standing > low @ standing else -STANDING_EVIDENCE
    if evidence < 0:
        low, high, evidence = high, low, -evidence
    # Turning about y by the right-hand rule turns fixed vectors, seen from the sensor, the other way.
    y = y if float(np.cross(high, low) @ y) > 0 else -y
    confidence = 0.5 + 0.49 * float(np.tanh(evidence))
    if standing is not None and high @ standing > low @ standing:
        z = unit(standing - (standing @ y) * y)
        if all(_in_bridge(_thigh_deg(up, y, z)) for up in (low, high)):
            return Calibration(triple(z), triple(y), confidence, "whole recording")
    rest = unit(low - (low @ y) * y)
    tilt = np.radians(ASSUMED_SUPINE_REST_DEG)
    # u = cos(angle) z - sin(angle) x for the rest gives z by turning the rest back about y.
    z = np.cos(tilt) * rest + np.sin(tilt) * np.cross(y, rest)
    return Calibration(triple(unit(z)), triple(y), confidence, "assumed supine")


def _slowest_set(turns: list[Turn]) -> list[Turn]:
    """The turns that are the exercise: the set with most time in its turns, squared, so that no walk has it.

    Where nothing was repeated, those that went further in one sense than the others in the other.
    """
    sets = _sets(turns)
    if sets:
        return [turns[i] for i in max(sets, key=lambda others: sum(turns[i].seconds ** 2 for i in others))]
    best = max((1, -1), key=lambda sense: sum(t.excursion.range_deg for t in turns if t.sense == sense))
    return [turn for turn in turns if turn.sense == best]


def _rises(frames: Frames, y: Array, ups: list[Turn]) -> float:
    """Evidence that the far end of like turns is higher than their base: `_rise_m` of each, pooled."""
    rise, error = np.array([_rise_m(frames, y, turn) for turn in ups]).T
    weight = 1.0 / np.maximum(error, 1e-6) ** 2
    weight = np.minimum(weight, 3.0 * np.median(weight))
    mean = float(weight @ rise / weight.sum())
    spread = float(weight**2 @ (rise - mean) ** 2) * len(ups) / max(1, len(ups) - 1)
    pooled = max(1.0 / np.sqrt(weight.sum()), np.sqrt(spread) / weight.sum())
    return float(np.clip(mean / pooled / RISE_ERRORS, -MAX_RISE_EVIDENCE, MAX_RISE_EVIDENCE))


def _rise_m(frames: Frames, y: Array, turn: Turn) -> tuple[float, float]:
    """How far the sensor rises per radian on the way out from the base, and the standard error.

    On a way up it is pushed up first and then braked: the force exceeds gravity by A theta'' + B theta'^2,
    theta being the angle from the base and A that rise. The size of the force alone shows it, so that no tilt
    is taken for it; a bias adds a constant and a part that goes with the angle. All four are fitted.
    """
    rows = slice(max(0, turn.excursion.base - RISE_FRAMES), turn.excursion.end + RISE_FRAMES)
    inside = slice(min(turn.excursion.base, RISE_FRAMES) // 2, -(RISE_FRAMES // 2))
    low = unit(turn.base_up - (turn.base_up @ y) * y)
    side = unit(turn.far_up - (turn.far_up @ y) * y - (turn.far_up @ low) * low)
    up = frames.up[rows]
    angle = smooth(np.unwrap(np.arctan2(up @ side, up @ low)), gaussian(RISE_HZ, 1 / FRAME_S))
    rate = np.gradient(angle, FRAME_S)
    columns = np.column_stack([np.gradient(rate, FRAME_S), rate**2, np.ones(angle.size), angle])[inside]
    excess = np.linalg.norm(frames.acc_mps2[rows], axis=1) - STANDARD_GRAVITY_MPS2
    # The up vector of an accelerometer has been smoothed once more before it came here.
    force = smooth(excess, gaussian(RISE_HZ / np.sqrt(2.0), 1 / FRAME_S))[inside]
    inverse = np.linalg.pinv(columns.T @ columns)
    fit = inverse @ columns.T @ force
    misfit = force - columns @ fit
    # Smoothed so much, two values a period are independent.
    independent = max(1.0, 2.0 * RISE_HZ * FRAME_S * force.size - columns.shape[1])
    return float(fit[0]), float(np.sqrt(inverse[0, 0] * float(misfit @ misfit) / independent))


def _standing(frames: Frames, y: Array, low: Array, high: Array) -> Array | None:
    """Up (3,) in a standing posture from which somebody got to the ends of a bridge, or None.

    Lying on the front is as far from it; but only from standing does the thigh get there by way of sitting,
    within the plane of the bridge.
    """
    postures = [_Posture(unit(frames.up[a:b].mean(axis=0)), a, b) for a, b in still_runs(frames, STANDING_S)]
    lying = [posture for posture in postures if max(posture.up @ low, posture.up @ high) > ELSEWHERE]
    if not lying:
        return None
    for posture in postures:
        flat = posture.up - (posture.up @ y) * y
        if abs(posture.up @ y) > ASIDE or max(posture.up @ low, posture.up @ high) > LEAST_FROM_STANDING:
            continue
        if posture.stop <= lying[0].start:
            between = frames.up[posture.stop : lying[0].start]
        elif posture.start >= lying[-1].stop:
            between = frames.up[lying[-1].stop : posture.start]
        else:
            continue
        half_way = unit(unit(flat) + unit(low + high - ((low + high) @ y) * y))
        if len(between) and float((between @ half_way).max()) > SAME_FAR:
            return posture.up
    return None


def _in_bridge(angle_deg: float) -> bool:
    """Whether the thigh can be there in a bridge, with slack for a standing that was not quite upright."""
    return angle_deg < BRIDGE_BASE_DEG + BRIDGE_RANGE_DEG or angle_deg > 165.0


def _square_to_the_case(y: Array, low: Array, high: Array) -> float:
    """Evidence (logit-like) that `high` is the top: it lies nearer to an axis of the case than `low`."""
    across = [axis - (axis @ y) * y for axis in np.eye(3) if abs(axis @ y) < 0.7]

    def nearest(up: Array) -> float:
        flat = unit(up - (up @ y) * y)
        return max(abs(float(unit(axis) @ flat)) for axis in across) if across else 0.0

    difference = np.degrees(np.arccos(min(1.0, nearest(low))) - np.arccos(min(1.0, nearest(high))))
    return float(np.clip(difference / 15.0, -0.5, 0.5))


def _touches_down(frames: Frames, ups: list[Turn]) -> float:
    """Evidence that the bases are the floor: arriving there shakes more (5-20 Hz) than arriving above."""
    fast = frames.acc_mps2 - smooth(frames.acc_mps2, gaussian(5.0, 1 / FRAME_S))
    power = (fast**2).sum(axis=1)

    def shaking(index: int) -> float:
        return float(power[max(0, index - 15) : index + 25].max())

    below = np.median([shaking(turn.arrives_base) for turn in ups])
    above = np.median([shaking(turn.arrives_far) for turn in ups])
    # Power, so half the logarithm is that of the amplitude; in public recordings its ratio is 1.4-10.
    return float(np.clip(1.2 * np.log(max(below, 1e-9) / max(above, 1e-9)), -1.5, 1.5))


def _longer_at_the_top(frames: Frames, low: Array, high: Array) -> float:
    """Evidence that `high` is the top: untrained people hold a bridge longer than they rest between two."""
    near_low = float(np.mean(frames.up @ low > frames.up @ high))
    return float(np.clip((0.5 - near_low) * 1.5, -0.4, 0.4))


def _assume_kneeling(frames: Frames, y: Array, turns: list[Turn]) -> Calibration:
    """Nordics were told but nothing shows the knee: they start upright, go one way, and down.

    What rises on its way out is the way up from the floor, not out of kneeling.
    """
    rises = [_rise_m(frames, y, turn) for turn in turns]
    kneeling = [turn for turn, (m, error) in zip(turns, rises, strict=True) if m < CLEAR_ERRORS * error]
    # Steps are quicker than any of the exercise.
    quick_s = 0.5 * float(np.median([turn.seconds for turn in _slowest_set(turns)]))
    kneeling = [turn for turn in kneeling if turn.seconds > quick_s] or turns
    weight = {s: sum(t.excursion.range_deg for t in kneeling if t.sense == s) for s in (1, -1)}
    sense = 1 if weight[1] >= weight[-1] else -1
    y = sense * y
    z = np.median([turn.base_up for turn in kneeling if turn.sense == sense], axis=0)
    z = unit(z - (z @ y) * y)
    lead = abs(weight[1] - weight[-1]) / max(1e-9, sum(weight.values()))
    return Calibration(triple(z), triple(y), 0.5 + 0.49 * float(np.tanh(1.6 * lead)), "assumed kneeling")
