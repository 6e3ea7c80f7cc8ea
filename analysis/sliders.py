"""Sliders (walk-outs): the hips go up, the feet slide away and the legs stretch, then everything comes back.

In the thigh angle all of it goes one way, from lying with bent knees to nearly level, as when a heel slides
on the floor with the hips down. What tells them apart is the pivot: the hips are lifted about the knee, as in
a bridge; then, after a stop, the thigh turns about the hip. A bridge turns about the knee all the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.turning_points import Excursion

Array = NDArray[np.float64]
Lever = Callable[[int, int], tuple[float, float]]
"""Distance (m) from the pivot up to the sensor, and its R2, between two indices."""

LEAST_OUT_DEG, LEAST_LIFT_DEG = 6.0, 5.0
SINKING_SHARE = 0.4
LEVEL_DEG = -106.0
"""Who slides out comes at least so near to level."""

STOP_S, STOP_DPS = 0.14, 2.5
"""The hips are up when the thigh turns slower than this for so long."""

KNEE_M, KNEE_R2 = (0.05, 0.6), 0.15
NOT_KNEE_R2, HIP_R2 = 0.15, 0.15
"""Limits of the distance from the knee up to the sensor, and how clearly the pivots have to show."""


@dataclass(frozen=True, slots=True)
class Slide:
    """Indices where the hips are up and where the legs are out; the lever of the lift before, and its R2.

    clear: both pivots show. Otherwise nothing speaks against it.
    """

    top: int
    out: int
    lift_m: float
    lift_r2: float
    clear: bool


def sliding_out(
    excursion: Excursion, angle_deg: Array, rate_dps: Array, step_s: float, lever: Lever
) -> Slide | None:
    """Where in an excursion the legs are stretched out, or None where it is no slider.

    excursion: from lying to the far end and back, in indices of the angle and its rate (n,), every step_s.
    """
    if excursion.peak_deg < LEVEL_DEG:
        return None
    stops = _stops(excursion, angle_deg, rate_dps, step_s)
    for top in stops:
        left_deg = excursion.peak_deg - float(angle_deg[top])
        if left_deg < LEAST_OUT_DEG:
            return None
        # With the legs out the hips sink, which turns the thigh a little further.
        sinks_deg = max(LEAST_OUT_DEG, SINKING_SHARE * left_deg)
        out = next(
            (stop for stop in stops if stop > top and angle_deg[stop] > excursion.peak_deg - sinks_deg),
            excursion.peak,
        )
        lift_m, lift_r2 = lever(excursion.base, top)
        parts = lever(top, out), lever(excursion.peak, excursion.end)
        if _about_the_hip(lift_m, lift_r2):
            return None
        if _about_the_knee(*parts[0], NOT_KNEE_R2):
            continue  # still on the way up
        clear = _about_the_knee(lift_m, lift_r2, KNEE_R2) and any(_about_the_hip(*part) for part in parts)
        return Slide(top, out, lift_m, lift_r2, clear)
    return None


def _about_the_knee(distance_m: float, r2: float, least_r2: float) -> bool:
    return KNEE_M[0] < distance_m < KNEE_M[1] and r2 > least_r2


def _about_the_hip(distance_m: float, r2: float) -> bool:
    return distance_m < 0.0 and r2 > HIP_R2


def _stops(excursion: Excursion, angle_deg: Array, rate_dps: Array, step_s: float) -> list[int]:
    """Where the rise of an excursion stops, with enough of it before: last index of each stop."""
    rows = slice(excursion.base, excursion.peak + 1)
    slow = np.concatenate([[False], rate_dps[rows] < STOP_DPS, [False]])
    edges = np.flatnonzero(slow[1:] != slow[:-1]) + excursion.base
    return [
        stop - 1
        for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if (stop - first) * step_s >= STOP_S and angle_deg[stop - 1] > excursion.base_deg + LEAST_LIFT_DEG
    ]
