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

STILL_DPS = 6.0
STILL_S = 1.5
MIN_LIFT_DEG = 40.0
MAX_LIFT_S = 2.5
MAX_LIFT_DEG = -125.0
"""Nobody lifts the knee further."""

MIN_PLANARITY = 0.93
MAX_END_DIFFERENCE_DEG = 12.0
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
    whole = bridged(frames)
    still = still_runs(whole, STILL_S)
    if not still:
        raise CalibrationError("Stand still for two seconds before the first knee lift.")
    start, stop = still[0]
    if stop >= len(whole) - round(1.0 / FRAME_S):
        raise CalibrationError("No knee lift was seen. Lift the knee of the sensor's leg twice.")
    z = unit(np.nanmean(whole.up[start + 10 : stop - 5], axis=0))
    return _lifts_after(whole[stop - 10 :], z)[0]


def _lifts_after(moving: Frames, z: Array) -> tuple[Calibration, Excursion, Excursion]:
    """Read the axes off the first two knee lifts of frames that begin upright; z is up, standing.

    The lifts are found by how far the thigh is tilted from upright, whatever the direction, so that what
    comes after them has no say in the axis.
    """
    tilt = smooth(np.degrees(np.arccos(np.clip(moving.up @ z, -1.0, 1.0))), gaussian(3.0, 1 / FRAME_S))
    lifts = [lift for lift in excursions(tilt, MIN_LIFT_DEG / 3) if lift.range_deg > 0.5 * MIN_LIFT_DEG]
    if not lifts or max(lift.range_deg for lift in lifts[:2]) < MIN_LIFT_DEG:
        raise CalibrationError("Lift the knee higher, until the thigh is almost level.")
    if len(lifts) < 2:
        raise CalibrationError("Only one knee lift was seen. Lift the knee twice.")
    first, second = lifts[:2]
    y, planarity = rotation_axis(moving[first.base : second.end + 1], slow_only=False)
    y = unit(y - (y @ z) * z)
    if planarity < MIN_PLANARITY:
        raise CalibrationError("The knee moved sideways. Lift it straight to the front.")
    found = Calibration(triple(z), triple(y), 0.99, "knee lifts")
    angle = thigh_angle(moving.up, thigh_axes(found))
    if angle[first.peak] + angle[second.peak] > 0:
        found = Calibration(triple(z), triple(-y), 0.99, "knee lifts")
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


def pivot_of(frames: Frames, y: Array) -> tuple[Array, Array]:
    """Where the pivot of a turn about y is, from the acceleration across y.

    The lever (3,) from the pivot to the sensor in m, and the pull: its direction times the R2 with which it
    shows, zero where no limb is so long.
    """
    linear = frames.acc_mps2 - STANDARD_GRAVITY_MPS2 * frames.up
    rate_dps = np.degrees(frames.rate_radps @ y)
    seed = np.array([1.0, 0.0, 0.0]) if abs(y[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    a = unit(np.cross(y, seed))
    b = np.cross(y, a)
    along_a, r2_a = lever_arm(linear @ a, rate_dps, FRAME_S)
    along_b, r2_b = lever_arm(linear @ b, rate_dps, FRAME_S)
    # The acceleration is (alpha y) x r = alpha c, so r = c x y.
    lever = np.cross(along_a * a + along_b * b, y)
    size = float(np.linalg.norm(lever))
    pull = lever / size * max(r2_a, r2_b) if 0.05 < size < 0.7 else np.zeros(3)
    return lever, pull


def find_knee_lifts(frames: Frames, *, gyroscope: bool) -> Calibration | None:
    """Look for standing still followed by two quick, alike excursions about the hip."""
    for start, stop in still_runs(frames, STILL_S)[:6]:
        z = unit(np.nanmean(frames.up[start + 10 : stop - 5], axis=0))
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
            if pivot_of(window[rows], y)[1] @ z > 0.1:
                continue  # the knee is the pivot: not a knee lift
        return found
    return None


def _seconds_up(angle_deg: Array, excursion: Excursion) -> float:
    """How long an excursion is beyond a fifth of its range."""
    level = excursion.base_deg + 0.2 * excursion.range_deg
    return FRAME_S * int(np.count_nonzero(angle_deg[excursion.base : excursion.end + 1] > level))


def excursions(angle_deg: Array, hysteresis_deg: float) -> list[Excursion]:
    """All excursions of an angle (n,), up from a base and back, in order."""
    finder = ExcursionFinder(-1e9, 1e9, hysteresis_deg, settled=20, stuck=60, longest=round(60.0 / FRAME_S))
    tail = np.concatenate([angle_deg, np.full(61, angle_deg[-1])])
    return finder.step(tail, 0)


def still_runs(frames: Frames, seconds: float, limit_dps: float = STILL_DPS) -> list[tuple[int, int]]:
    """Frames, from and to, of every stay of at least so many seconds slower than limit_dps."""
    speed = np.degrees(np.linalg.norm(smooth(frames.rate_radps, gaussian(3.0, 1 / FRAME_S)), axis=1))
    still = np.concatenate([[False], speed < limit_dps, [False]])
    edges = np.flatnonzero(np.diff(still.astype(np.int8)))
    return [
        (int(a), int(b))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if b - a >= round(seconds / FRAME_S)
    ]


def mean_up(frames: Frames, index: int, reach: int) -> Array:
    """Mean up vector (3,) of the frames round an index."""
    return unit(frames.up[max(0, index - reach) : index + reach + 1].mean(axis=0))


def bridged(frames: Frames) -> Frames:
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


def unit(vector: Array) -> Array:
    """The vector with length 1."""
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def triple(vector: Array) -> tuple[float, float, float]:
    """The three components as plain floats."""
    return float(vector[0]), float(vector[1]), float(vector[2])
