"""What an accelerometer alone can tell of the pivot of a movement.

Without a gyroscope the up vector is the smoothed force itself, so the acceleration across it is lost: it
looks like a tilt. What lies along it is left, and says enough. A sensor at distance r above a resting pivot
is as high as r cos(theta), so that its force exceeds gravity by

    r d2(cos theta)/dt2 = -r (theta'' sin theta + theta'^2 cos theta).

An accelerometer's bias adds a part that goes with the angle, and a constant one. A fit of all three over a
repetition gives r, positive where the pivot is below the sensor (the knee) and negative where it is above
(the hip: legs raised, heels sliding), and its error. Where the pivot itself goes up or down - kneeling down,
lunging, walking - nothing of this explains the force, and the error is large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.phases import Bounds
from analysis.results import Exercise
from analysis.smoothing import gaussian, smooth
from analysis.turning_points import Excursion

Array = NDArray[np.float64]

PIVOT_HZ = 2.0
"""Faster than this soft tissue and impacts move the sensor, not the thigh."""

AROUND_S = 0.3
TOUCHDOWN_S = 0.15
"""So long before the end of a bridge's lowering the floor begins to carry: that shock is left out."""

UNPROVEN_NORDIC_DEG = 40.0
"""Below this lean a Nordic has to show its pivot: people who kneel down or lunge lean as far."""

MAX_PIVOT_ERROR_M = 0.06
MIN_NORDIC_PIVOT_M, MAX_NORDIC_PIVOT_M = -0.06, 0.45

SUSPECT_BRIDGE_SHARE = 0.45
"""A bridge ends where the hips are stretched, with the thigh at half its first inclination to the floor
(0.46-0.6, a planar model of statures from 1.55 m to 1.95 m; real people reach as flat as 0.43, once 0.38).
What comes flatter may be a leg that is stretched out or put down, and counts unless the hip is seen to be the
pivot, of the whole or of the way back alone."""

HIP_ERRORS = 1.5
"""How many standard errors the pivot has to lie above the sensor for that."""


@dataclass(frozen=True, slots=True)
class Pivot:
    """Distance from the pivot up to the sensor, and its standard error."""

    distance_m: float
    error_m: float


def may_be(
    exercise: Exercise,
    excursion: Excursion,
    angle_deg: Array,
    lift_mps2: Array,
    up: Bounds,
    down: Bounds,
    step_s: float,
) -> bool:
    """Whether the pivot lets an excursion be the exercise, as far as an accelerometer can tell.

    angle_deg, lift_mps2: (n,) the thigh angle and the force along the vertical less gravity, every step_s.
    excursion, up, down: its turning points and its two moving phases, in indices of these.
    """
    if exercise == "nordic":
        if excursion.range_deg >= UNPROVEN_NORDIC_DEG:
            return True
        pivot = pivot_of(angle_deg, lift_mps2, up, down, step_s)
        return (
            pivot.error_m < MAX_PIVOT_ERROR_M and MIN_NORDIC_PIVOT_M < pivot.distance_m < MAX_NORDIC_PIVOT_M
        )
    flat_deg, steep_deg = -90.0 - excursion.peak_deg, -90.0 - excursion.base_deg
    if flat_deg >= SUSPECT_BRIDGE_SHARE * steep_deg:
        return True
    # Hips that go down over stretched legs (a slider) turn about the knee on the way up only.
    return not any(
        _is_hip(pivot_of(angle_deg, lift_mps2, first, down, step_s, touchdown_s=TOUCHDOWN_S))
        for first in (up, None)
    )


def _is_hip(pivot: Pivot) -> bool:
    return pivot.distance_m + HIP_ERRORS * pivot.error_m <= 0.0


def pivot_of(
    angle_deg: Array,
    lift_mps2: Array,
    up: Bounds | None,
    down: Bounds,
    step_s: float,
    *,
    touchdown_s: float = -AROUND_S,
) -> Pivot:
    """Fit the height of the pivot over both moving phases, or the second alone, and what is around them.

    touchdown_s: how long before its end the second phase is left, negative for after it.
    """
    soft = gaussian(PIVOT_HZ, 1 / step_s)
    angle = smooth(np.radians(angle_deg), soft)
    rate = np.gradient(angle, step_s)
    turning = -(np.gradient(rate, step_s) * np.sin(angle) + rate**2 * np.cos(angle))
    inside = np.zeros(angle.size, dtype=bool)
    around = AROUND_S / step_s
    spans = [(down.start - around, down.end - touchdown_s / step_s)]
    if up is not None:
        spans.append((up.start - around, up.end + around))
    for begin, end in spans:
        inside[max(0, round(begin)) : max(0, round(end))] = True
    # The angle has been smoothed once more before it came here.
    force = smooth(lift_mps2, gaussian(PIVOT_HZ / np.sqrt(2.0), 1 / step_s))[inside]
    columns = np.column_stack([turning, np.ones(angle.size), np.sin(angle)])[inside]
    inverse = np.linalg.pinv(columns.T @ columns)
    fit = inverse @ columns.T @ force
    misfit = force - columns @ fit
    # Smoothed so much, two values a period are independent.
    independent = max(1.0, 2.0 * PIVOT_HZ * step_s * force.size - columns.shape[1])
    return Pivot(float(fit[0]), float(np.sqrt(inverse[0, 0] * float(misfit @ misfit) / independent)))
