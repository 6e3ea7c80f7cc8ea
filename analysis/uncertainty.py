"""Standard errors of the ends of a phase, from the signals that it was measured on.

Noise of the sensor does not matter: without any, durations are as uncertain. What limits them is that people
sway and tremble while they start and stop. An unrest of s deg/s moves the instant at which a speed that grows
by a deg/s2 passes v_ref by s / a. So each end has the variance

    FLOOR_S^2 / 2 + ((LOCAL s)^2 + OWN_DPS^2 + 2 e^2) / a^2 + (WHOLE s d / V)^2 / 2,

d the duration and V the median speed of the phase. The last term is the same s / a once more, for the slope
that a smooth movement of this duration has: near the end of a slow movement the local slope is mostly sway.
OWN_DPS stands for what is uneven in the movement itself. e is how far v_ref, which is estimated on the middle
of the way, lies from that of the phase as it was found; it moves both ends apart, hence twice. Without a
gyroscope a hold that sags may be part of the lowering or not; half the way to that other end is added.

s comes from the recording: from the rotation out of the plane of the movement, where nobody moves on purpose,
and from what is in the plane too fast to be meant. So it grows with the unrest of the person and of a sensor
that loses samples. The factors were fitted to simulated sessions of ordinary, halved and doubled unrest, with
and without errors of the sensor, none of them to a speed or an exercise.

Errors have heavy tails: once in a while a movement before the lowering is taken for its start. +-2 standard
errors hold some 94 % of the truths, and no multiple of them holds all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.phases import REFERENCE_SPEED_LIMIT_DPS, Bounds
from analysis.results import Rep
from analysis.smoothing import gaussian, smooth

Array = NDArray[np.float64]

FLOOR_S = 0.015
"""Of a duration: sampling, smoothing and impacts, however abruptly the movement starts and ends."""

LOCAL, WHOLE, OWN_DPS = 0.84, 0.40, 0.37

ACCELEROMETER_S = 0.15
"""More of a duration without a gyroscope: the acceleration of the thigh itself is taken for a turn of it, and
the smoothing against that (3 Hz on the force, 4 Hz on the rate) is 80 ms wide at each end. What is fast in
the plane is then such acceleration too, and stands for no unrest."""

SHARE_OF_WHOLE = 0.235
"""v_ref as a share of the mean speed of the whole phase, as it is defined."""

SLOPE_REACH_S = 0.3
LEAST_SLOPE_DPS2 = 1.0
"""A slope is taken over so long to either side; where it is less, v_ref is not passed but grazed."""

DOUBT = 0.5
"""Where an end hangs on what is taken for a stop (`phases.Bounds`), the other reading lies two standard
errors away."""

LEAST_SHARE = 1.0
"""Nor does a movement start or end so gently that its speed grows by less than its mean over its own time:
a quarter of what it does in minimum jerk where that passes v_ref."""

UNREST_HZ = 0.6
UNMEANT_HZ = 2.0
"""Above these, rotation out of the plane and in the plane is not meant."""

LIKELY = 2.0
"""So many standard errors are shown to people."""


@dataclass(frozen=True, slots=True, eq=False)
class Unrest:
    """What a person does without meaning to: out_of_plane_dps, in_plane_dps, (n,) sizes of a rate."""

    out_of_plane_dps: Array
    in_plane_dps: Array


@dataclass(frozen=True, slots=True)
class EndErrors:
    """Standard errors of the start and of the end of a phase, independent of each other."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Standard error of the duration."""
        return float(np.hypot(self.start_s, self.end_s))


def margin_s(rep: Rep) -> float | None:
    """How far the true time of a lowering may well lie from the measured one; None if not known."""
    return None if rep.lower_se_s is None else LIKELY * rep.lower_se_s


def unrest(rate_dps: Array, front_axis_dps: Array, long_axis_dps: Array, step_s: float) -> Unrest:
    """Take out of the smoothed rates (n,) about the thigh's three axes what nobody means to do."""
    slow, fast = gaussian(UNREST_HZ, 1 / step_s), gaussian(UNMEANT_HZ, 1 / step_s)
    return Unrest(
        np.hypot(front_axis_dps - smooth(front_axis_dps, slow), long_axis_dps - smooth(long_axis_dps, slow)),
        np.abs(rate_dps - smooth(rate_dps, fast)),
    )


def end_errors(
    rate_dps: Array, around: Unrest, bounds: Bounds, step_s: float, *, gyroscope: bool
) -> EndErrors:
    """Work out how well the ends of a moving phase are known.

    rate_dps: (n,) smoothed rate of the thigh angle, positive while the phase goes its way. around: the
    unrest in the same frames. bounds: the phase, as indices into them.
    """
    inside = slice(max(0, int(bounds.start)), int(bounds.end) + 2)
    speed_dps = max(_median(rate_dps[inside]), bounds.reference_dps)
    unrest_dps = _median(around.out_of_plane_dps[inside])
    if gyroscope:
        unrest_dps = float(np.hypot(unrest_dps, _median(around.in_plane_dps[inside])))
    duration_s = (bounds.end - bounds.start) * step_s
    common = FLOOR_S**2 + (WHOLE * unrest_dps * duration_s / speed_dps) ** 2
    if not gyroscope:
        common += ACCELEROMETER_S**2
    reference_dps = min(REFERENCE_SPEED_LIMIT_DPS, SHARE_OF_WHOLE * float(np.mean(rate_dps[inside])))
    doubt_dps = bounds.reference_dps - reference_dps
    speed_error_dps = float(np.sqrt((LOCAL * unrest_dps) ** 2 + OWN_DPS**2 + 2 * doubt_dps**2))
    least_dps2 = max(LEAST_SLOPE_DPS2, LEAST_SHARE * speed_dps / duration_s) if duration_s > 0 else np.inf
    ends = (
        (_slope(rate_dps, bounds.start, step_s), bounds.start_doubt),
        (-_slope(rate_dps, bounds.end, step_s), bounds.end_doubt),
    )
    start_s, end_s = (
        math.sqrt(
            common / 2 + (speed_error_dps / max(slope, least_dps2)) ** 2 + (DOUBT * doubt * step_s) ** 2
        )
        for slope, doubt in ends
    )
    return EndErrors(start_s, end_s)


def _median(values: Array) -> float:
    """Median of (n,) finite values, in a sixth of the time of np.median: there are six to a repetition."""
    middle = values.size // 2
    parted = np.partition(values, middle)
    if values.size % 2:
        return float(parted[middle])
    return 0.5 * float(parted[:middle].max() + parted[middle])


def _slope(rate_dps: Array, at: float, step_s: float) -> float:
    """Mean growth of the rate around an index, in deg/s2."""
    reach, middle = round(SLOPE_REACH_S / step_s), round(at)
    first, last = max(0, middle - reach), min(rate_dps.size - 1, middle + reach)
    return float(rate_dps[last] - rate_dps[first]) / ((last - first) * step_s)
