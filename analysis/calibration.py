"""How the sensor sits on the thigh: the two body axes in the sensor frame, and how sure we are.

The long axis is what points up when standing. The medio-lateral axis is the axis the thigh turns about. Its
sense cannot be seen in one symmetric excursion (sitting back on the heels is a mirrored Nordic), so it
comes from a movement whose sense is known: two knee lifts. Where nobody calibrated, the recording itself is
searched for evidence, and the confidence says how good that was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.grid import FRAME_S
from analysis.orientation import Frames, frames_of
from analysis.repetitions import lever_arm
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from analysis.smoothing import gaussian, smooth
from analysis.turning_points import Excursion, ExcursionFinder

Array = NDArray[np.float64]
CalibrationMethod = Literal["knee lifts", "whole recording", "assumed supine", "assumed kneeling", "given"]

BEGINNING_S = 60.0
STILL_DPS = 6.0
STILL_S = 1.5
MIN_LIFT_DEG = 40.0
MAX_LIFT_S = 2.5
MAX_LIFT_DEG = -125.0
"""Nobody lifts the knee further."""

MIN_PLANARITY = 0.93
MAX_END_DIFFERENCE_DEG = 12.0
MIN_PULL_R2 = 0.55
"""Repetitions about the knee show their pivot with an R2 over 0.9; other movements rarely reach a half."""

MIN_PULL_AGREEMENT = 0.8
ASSUMED_SUPINE_REST_DEG = -138.0
"""Thigh angle of lying on the back with the feet flat; stands in where no standing pose was recorded."""


_SIN_20, _COS_20 = float(np.sin(np.radians(20.0))), float(np.cos(np.radians(20.0)))
_FROM_MINUS_20 = np.array([[-_COS_20, _SIN_20], [0.0, 0.0], [_SIN_20, _COS_20]])


class CalibrationError(ValueError):
    """The calibration movement was not good enough; the message tells the wearer what to do."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Body axes of the thigh in the sensor frame, unit vectors.

    long_axis: from the knee to the hip: what points up when standing.
    lateral_axis: medio-lateral; turning about it by the right-hand rule brings the hip in front of the knee.
    sign_confidence: probability that lateral_axis has the right sense, 0.5-1.
    method: where the axes come from; "assumed ..." means that the zero of the thigh angle is assumed.
    """

    long_axis: tuple[float, float, float]
    lateral_axis: tuple[float, float, float]
    sign_confidence: float
    method: CalibrationMethod


def thigh_axes(calibration: Calibration) -> Array:
    """Axes of the thigh in the sensor frame, the columns of (3, 3): to the front, medio-lateral, long."""
    z, y = np.array(calibration.long_axis), np.array(calibration.lateral_axis)
    return np.column_stack([np.cross(y, z), y, z])


def thigh_angle(up: Array, axes: Array) -> Array:
    """Thigh angle (n,) in degrees, in (-200, 160], of up vectors (n, 3); NaN where they are.

    axes: see `thigh_axes`.
    """
    # Measured from -20 degrees, so that the jump of the arctangent lies at 160, where no thigh goes.
    seen = up @ (axes @ _FROM_MINUS_20)
    return np.degrees(np.arctan2(seen[:, 0], seen[:, 1])) - 20.0


def calibrate(samples: ImuSamples) -> Calibration:
    """Calibrate live from standing still for two seconds and then lifting the knee twice.

    Raises CalibrationError with what the wearer should do better.
    """
    frames = frames_of(samples.measurable())
    if np.count_nonzero(~frames.missing) < 2:
        raise CalibrationError("The sensor sent nothing. Check that it is switched on and near.")
    return from_knee_lifts(frames)


def from_knee_lifts(frames: Frames) -> Calibration:
    """Calibrate from standing still for two seconds and then lifting the knee twice.

    Raises CalibrationError with what the wearer should do better.
    """
    whole = _bridged(frames)
    still = _still_runs(whole, STILL_S)
    if not still:
        raise CalibrationError("Stand still for two seconds before the first knee lift.")
    start, stop = still[0]
    if stop >= len(whole) - round(1.0 / FRAME_S):
        raise CalibrationError("No knee lift was seen. Lift the knee of the sensor's leg twice.")
    z = _unit(np.nanmean(whole.up[start + 10 : stop - 5], axis=0))
    return _lifts_after(whole[stop - 10 :], z)[0]


def _lifts_after(moving: Frames, z: Array) -> tuple[Calibration, Excursion, Excursion]:
    """Read the axes off the first two knee lifts of frames that begin upright; z is up, standing.

    The lifts are found by how far the thigh is tilted from upright, whatever the direction, so that what
    comes after them has no say in the axis.
    """
    tilt = smooth(np.degrees(np.arccos(np.clip(moving.up @ z, -1.0, 1.0))), gaussian(3.0, 1 / FRAME_S))
    lifts = [lift for lift in _excursions(tilt, MIN_LIFT_DEG / 3) if lift.range_deg > 0.5 * MIN_LIFT_DEG]
    if not lifts or max(lift.range_deg for lift in lifts[:2]) < MIN_LIFT_DEG:
        raise CalibrationError("Lift the knee higher, until the thigh is almost level.")
    if len(lifts) < 2:
        raise CalibrationError("Only one knee lift was seen. Lift the knee twice.")
    first, second = lifts[:2]
    y, planarity = rotation_axis(moving[first.base : second.end + 1], slow_only=False)
    y = _unit(y - (y @ z) * z)
    if planarity < MIN_PLANARITY:
        raise CalibrationError("The knee moved sideways. Lift it straight to the front.")
    found = Calibration(_triple(z), _triple(y), 0.99, "knee lifts")
    angle = thigh_angle(moving.up, thigh_axes(found))
    if angle[first.peak] + angle[second.peak] > 0:
        found = Calibration(_triple(z), _triple(-y), 0.99, "knee lifts")
    if tilt[second.peak : second.end + 1].min() > MAX_END_DIFFERENCE_DEG:
        raise CalibrationError("Put the foot back to where it was and stand still at the end.")
    return found, first, second


def rotation_axis(frames: Frames, *, slow_only: bool = True) -> tuple[Array, float]:
    """First principal axis (3,) of the rotation rate, sense unknown, and its share of the rotation, 0-1.

    slow_only keeps the quiet rotation that exercises consist of (over 4 deg/s, clipped at 40 deg/s), so
    that a few wild movements do not decide.
    """
    rate = np.degrees(smooth(frames.rate_radps, gaussian(4.0, 1 / FRAME_S)))
    speed = np.linalg.norm(rate, axis=1)
    if slow_only:
        force = np.linalg.norm(smooth(frames.acc_mps2, gaussian(1.0, 1 / FRAME_S)), axis=1)
        keep = (speed > 4.0) & (np.abs(force - STANDARD_GRAVITY_MPS2) < 1.0)
        rate = rate[keep] * np.minimum(1.0, 40.0 / np.maximum(speed[keep], 1e-9))[:, None]
    if rate.shape[0] < 10:
        return np.array([0.0, 1.0, 0.0]), 0.0
    weights, vectors = np.linalg.eigh(rate.T @ rate)
    return vectors[:, 2], float(weights[2] / weights.sum())


def from_samples(samples: ImuSamples, exercise: str | None) -> Calibration | None:
    """Work out the axes from a whole recording: see `from_recording`.

    People calibrate at the beginning: what is found there needs no look at the hours after it.
    """
    gyroscope = samples.gyr_radps is not None
    end_s = float(samples.t_s[0]) + BEGINNING_S
    beginning = frames_of(samples[: int(np.searchsorted(samples.t_s, end_s))])
    if not beginning.missing.all():
        found = _find_knee_lifts(_bridged(beginning), gyroscope=gyroscope)
        if found is not None:
            return found
    return from_recording(frames_of(samples), exercise, gyroscope=gyroscope)


def from_recording(frames: Frames, exercise: str | None, *, gyroscope: bool) -> Calibration | None:
    """Work out the axes from everything recorded, or return None where that would be guessing.

    Knee lifts after standing still are looked for first. Then the lever arm of the tangential acceleration
    shows where the knee is. An accelerometer alone cannot show that: there the exercise has to be told.
    """
    if np.count_nonzero(~frames.missing) < round(2.0 / FRAME_S):
        return None
    whole = _bridged(frames)
    found = _find_knee_lifts(whole, gyroscope=gyroscope)
    if found is not None:
        return found
    y = rotation_axis(whole)[0] if gyroscope else _axis_of_tilting(whole)
    turns = _turns(whole, y, gyroscope=gyroscope)
    if not turns:
        return None
    if gyroscope:
        found = _from_levers(whole, y, turns)
        if found is not None:
            return found
    if exercise == "bridge":
        return _assume_supine(whole, y, turns)
    if exercise == "nordic":
        return _assume_kneeling(y, turns)
    return None


def _axis_of_tilting(frames: Frames) -> Array:
    """Rotation axis (3,) of an accelerometer alone, where the rate is mostly noise.

    The up vector swings between the two ends of the repetitions: first the direction in which it moves
    most, then, twice, the median direction of the single excursions, so that one wild movement among ten
    repetitions has no say.
    """
    slow = smooth(frames.up, gaussian(0.7, 1 / FRAME_S))
    middle = _unit(np.median(slow, axis=0))
    across = slow - np.outer(slow @ middle, middle)
    across -= np.median(across, axis=0)
    size = np.linalg.norm(across, axis=1)
    across *= np.minimum(1.0, 0.3 / np.maximum(size, 1e-9))[:, None]
    _, vectors = np.linalg.eigh(across.T @ across)
    y = _unit(np.cross(middle, vectors[:, 2]))
    for _ in range(2):
        turns = _turns(frames, y, gyroscope=False)
        if not turns:
            return y
        normals = np.array([turn.sense * np.cross(turn.far_up, turn.base_up) for turn in turns])
        y = _unit(np.median(normals, axis=0))
    return y


@dataclass(frozen=True, slots=True)
class _Turn:
    """An excursion about the axis y: `sense` +1 where it goes up in the angle about y, -1 where down.

    base_up, far_up: (3,) up vector at its base and at its far end. arrives_far, arrives_base: where nine
    tenths of the way out and back are done.

    pull: (3,) direction from the pivot to the sensor, weighted by how clearly it shows (zero without a
    gyroscope).
    """

    excursion: Excursion
    sense: int
    base_up: Array
    far_up: Array
    pull: Array
    arrives_far: int
    arrives_base: int


def _turns(frames: Frames, y: Array, *, gyroscope: bool) -> list[_Turn]:
    """All excursions about an axis, in both senses."""
    still = np.nanmedian(frames.up, axis=0)
    z = _unit(still - (still @ y) * y)
    angle = np.degrees(np.unwrap(np.arctan2(-(frames.up @ np.cross(y, z)), frames.up @ z)))
    angle = smooth(angle, gaussian(3.0, 1 / FRAME_S))
    turns: list[_Turn] = []
    for sense in (1, -1):
        for excursion in _excursions(sense * angle, 6.0):
            duration_s = (excursion.end - excursion.base) * FRAME_S
            if not 1.2 <= duration_s <= 60.0 or excursion.range_deg < 6.0:
                continue
            rows = slice(max(0, excursion.base - 10), excursion.end + 10)
            pull = _pull(frames[rows], y) if gyroscope else np.zeros(3)
            x = sense * angle
            out = x[excursion.base : excursion.peak + 1]
            back = x[excursion.peak : excursion.end + 1]
            turns.append(
                _Turn(
                    excursion,
                    sense,
                    _mean_up(frames, excursion.base, 8),
                    _mean_up(frames, excursion.peak, 8),
                    pull,
                    excursion.base + int(np.argmax(out > excursion.peak_deg - 0.1 * excursion.range_deg)),
                    excursion.peak + int(np.argmax(back < back[-1] + 0.1 * excursion.range_deg)),
                )
            )
    return turns


def _pull(frames: Frames, y: Array) -> Array:
    """Direction from the pivot to the sensor in the plane across y, times the R2 with which it shows."""
    linear = frames.acc_mps2 - STANDARD_GRAVITY_MPS2 * frames.up
    rate_dps = np.degrees(frames.rate_radps @ y)
    seed = np.array([1.0, 0.0, 0.0]) if abs(y[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    a = _unit(np.cross(y, seed))
    b = np.cross(y, a)
    along_a, r2_a = lever_arm(linear @ a, rate_dps, FRAME_S)
    along_b, r2_b = lever_arm(linear @ b, rate_dps, FRAME_S)
    # The acceleration is (alpha y) x r = alpha c, so r = c x y.
    c = along_a * a + along_b * b
    size = float(np.linalg.norm(c))
    if not 0.05 < size < 0.7:
        return np.zeros(3)
    return np.cross(c, y) / size * max(r2_a, r2_b)


def _find_knee_lifts(frames: Frames, *, gyroscope: bool) -> Calibration | None:
    """Look for standing still followed by two quick, alike excursions about the hip."""
    for start, stop in _still_runs(frames, STILL_S)[:6]:
        z = _unit(np.nanmean(frames.up[start + 10 : stop - 5], axis=0))
        window = frames[stop - 10 : stop + round(9.0 / FRAME_S)]
        try:
            found, *lifts = _lifts_after(window, z)
        except CalibrationError:
            continue
        angle = thigh_angle(window.up, thigh_axes(found))
        quick = all(_seconds_up(-angle, lift) < MAX_LIFT_S for lift in lifts)
        alike = 0.6 < lifts[0].range_deg / lifts[1].range_deg < 1.7
        if not quick or not alike or min(angle[lift.peak] for lift in lifts) < MAX_LIFT_DEG:
            continue
        if gyroscope:
            y = np.array(found.lateral_axis)
            rows = slice(lifts[0].base, lifts[1].end)
            if _pull(window[rows], y) @ z > 0.1:
                continue  # the knee is the pivot: not a knee lift
        return found
    return None


def _seconds_up(angle_deg: Array, excursion: Excursion) -> float:
    """How long an excursion is beyond a fifth of its range."""
    level = excursion.base_deg + 0.2 * excursion.range_deg
    return FRAME_S * int(np.count_nonzero(angle_deg[excursion.base : excursion.end + 1] > level))


def _from_levers(frames: Frames, y: Array, turns: list[_Turn]) -> Calibration | None:
    """Find the long axis from where the pivots are, then the sense of y from what only one sense allows."""
    clear = [turn for turn in turns if np.linalg.norm(turn.pull) > MIN_PULL_R2]
    if not clear:
        return None
    pulls = np.array([turn.pull for turn in clear])
    _, vectors = np.linalg.eigh(pulls.T @ pulls)
    line = vectors[:, 2]
    if np.median(np.abs(pulls @ line) / np.linalg.norm(pulls, axis=1)) < MIN_PULL_AGREEMENT:
        return None
    # Upright (standing, kneeling) is the still posture near the line; nobody trains hanging upside down.
    plateaus = [
        (_unit(np.nanmean(frames.up[a:b], axis=0)), b - a) for a, b in _still_runs(frames, 0.5, STILL_DPS)
    ]
    upright = [(up, n) for up, n in plateaus if abs(up @ line) > 0.85]
    crook = [(up, n) for up, n in plateaus if 0.45 < abs(up @ line) < 0.85]
    if upright and (not crook or sum(n for _, n in upright) > 25):
        z = _unit(np.sum([up * n for up, n in upright if up @ upright[0][0] > 0.5], axis=0))
    elif crook:
        # Lying with bent knees the hip is below the knee: the long axis points down.
        towards = np.sum([np.sign(up @ line) * n for up, n in crook])
        z = -line * float(np.sign(towards))
    else:
        return None
    z = _unit(z - (z @ y) * y)
    votes = 0.0
    x = np.cross(y, z)
    for up, n in plateaus:
        angle = float(np.degrees(np.arctan2(-(up @ x), up @ z)))
        if abs(angle) > 105.0:
            votes -= np.sign(angle) * n * FRAME_S * 3.0  # only lying on the back goes that far
    for turn in clear:
        base = float(np.degrees(np.arctan2(-(turn.base_up @ x), turn.base_up @ z)))
        lean = float(np.degrees(np.arctan2(-(turn.far_up @ x), turn.far_up @ z)))
        if abs(base) > 25.0 or abs(lean) > 110.0:
            continue
        about_knee = float(turn.pull @ z)
        if about_knee > 0.1 and (turn.excursion.end - turn.excursion.base) * FRAME_S > 2.0:
            votes += np.sign(lean) * min(3.0, abs(lean) / 20.0)  # leaning over the knee: a Nordic
        elif about_knee < -0.1:
            votes -= np.sign(lean) * min(2.0, abs(lean) / 30.0)  # about the hip: flexion is the larger way
    if votes < 0:
        y = -y
    confidence = 0.5 + 0.49 * float(np.tanh(abs(votes) / 4.0))
    return Calibration(_triple(z), _triple(y), confidence, "whole recording")


def _assume_supine(frames: Frames, y: Array, turns: list[_Turn]) -> Calibration:
    """Bridges were told but nothing shows the knee: decide which end is the top by three signs.

    The body touches the floor at the end of the lowering, which shakes the sensor more than arriving at the
    top does. At the top the front of the thigh faces up: that is nearer to an axis of the sensor's case than
    the slanted rest, because sensors are strapped on square to the limb. And people hold longer than they
    rest.
    """
    best = max((1, -1), key=lambda sense: sum(t.excursion.range_deg for t in turns if t.sense == sense))
    ups = [turn for turn in turns if turn.sense == best]
    low = _unit(np.median([turn.base_up for turn in ups], axis=0))
    high = _unit(np.median([turn.far_up for turn in ups], axis=0))
    evidence = _square_to_the_case(y, low, high) + _longer_at_the_top(frames, low, high)
    evidence += _touches_down(frames, ups)
    if evidence < 0:
        low, high, evidence = high, low, -evidence
    # Turning about y by the right-hand rule turns fixed vectors, seen from the sensor, the other way.
    y = y if float(np.cross(high, low) @ y) > 0 else -y
    rest = _unit(low - (low @ y) * y)
    tilt = np.radians(ASSUMED_SUPINE_REST_DEG)
    # u = cos(angle) z - sin(angle) x for the rest gives z by turning the rest back about y.
    z = np.cos(tilt) * rest + np.sin(tilt) * np.cross(y, rest)
    return Calibration(_triple(_unit(z)), _triple(y), 0.5 + 0.49 * float(np.tanh(evidence)), "assumed supine")


def _square_to_the_case(y: Array, low: Array, high: Array) -> float:
    """Evidence (logit-like) that `high` is the top: it lies nearer to an axis of the case than `low`."""
    across = [axis - (axis @ y) * y for axis in np.eye(3) if abs(axis @ y) < 0.7]

    def nearest(up: Array) -> float:
        flat = _unit(up - (up @ y) * y)
        return max(abs(float(_unit(axis) @ flat)) for axis in across) if across else 0.0

    difference = np.degrees(np.arccos(min(1.0, nearest(low))) - np.arccos(min(1.0, nearest(high))))
    return float(np.clip(difference / 12.0, -0.8, 0.8))


def _touches_down(frames: Frames, ups: list[_Turn]) -> float:
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
    return float(np.clip((0.5 - near_low) * 2.0, -0.6, 0.6))


def _assume_kneeling(y: Array, turns: list[_Turn]) -> Calibration:
    """Nordics were told but nothing shows the knee: they start upright and go one way."""
    weight = {s: sum(t.excursion.range_deg for t in turns if t.sense == s) for s in (1, -1)}
    sense = 1 if weight[1] >= weight[-1] else -1
    y = sense * y
    z = np.median([turn.base_up for turn in turns if turn.sense == sense], axis=0)
    z = _unit(z - (z @ y) * y)
    share = max(weight.values()) / max(1e-9, sum(weight.values()))
    return Calibration(_triple(z), _triple(y), 0.5 + 0.4 * (2 * share - 1), "assumed kneeling")


def _excursions(angle_deg: Array, hysteresis_deg: float) -> list[Excursion]:
    finder = ExcursionFinder(-1e9, 1e9, hysteresis_deg, settled=20, stuck=60, longest=round(60.0 / FRAME_S))
    tail = np.concatenate([angle_deg, np.full(61, angle_deg[-1])])
    return finder.step(tail, 0)


def _still_runs(frames: Frames, seconds: float, limit_dps: float = STILL_DPS) -> list[tuple[int, int]]:
    speed = np.degrees(np.linalg.norm(smooth(frames.rate_radps, gaussian(3.0, 1 / FRAME_S)), axis=1))
    still = np.concatenate([[False], speed < limit_dps, [False]])
    edges = np.flatnonzero(np.diff(still.astype(np.int8)))
    return [
        (int(a), int(b))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if b - a >= round(seconds / FRAME_S)
    ]


def _mean_up(frames: Frames, index: int, reach: int) -> Array:
    return _unit(frames.up[max(0, index - reach) : index + reach + 1].mean(axis=0))


def _bridged(frames: Frames) -> Frames:
    """Draw straight lines over gaps: the search for evidence needs no better."""
    if not frames.missing.any():
        return frames
    known, holes = np.flatnonzero(~frames.missing), np.flatnonzero(frames.missing)

    def over(values: Array) -> Array:
        filled = values.copy()
        for column in range(values.shape[1]):
            filled[holes, column] = np.interp(holes, known, values[known, column])
        return filled

    return Frames(over(frames.up), over(frames.rate_radps), over(frames.acc_mps2), frames.missing)


def _unit(vector: Array) -> Array:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _triple(vector: Array) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
