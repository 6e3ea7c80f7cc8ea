"""Angle and speed of one lowering, from the thigh angle of a whole recording.

For what is worked out after the measurement: smoothness, the published rules for a break point. No duration
comes from here: `analysis.phases` measures them on the rate of the gyroscope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.results import Rep
from analysis.smoothing import gaussian, smooth

Array = NDArray[np.float64]

STEP_S = 0.02
SPEED_HZ = 4.0
"""Half amplitude of the smoothing: that of the rate which the phases are measured on."""

MARGIN_S = 0.5
"""What is looked at before and after a lowering, so that the smoothing does not bend its ends."""


@dataclass(frozen=True, slots=True, eq=False)
class AngleTrace:
    """The thigh angle of a recording.

    t_s: (n,) seconds, increasing. thigh_angle_deg: (n,), NaN where it is not known.
    """

    t_s: Array
    thigh_angle_deg: Array


@dataclass(frozen=True, slots=True, eq=False)
class Lowering:
    """One lowering every 20 ms, smoothed with zero phase.

    t_s, thigh_angle_deg, speed_dps: (m,); the speed is positive while the thigh is being lowered.
    """

    t_s: Array
    thigh_angle_deg: Array
    speed_dps: Array

    def until(self, t_s: float) -> Lowering:
        """Return the part up to a time."""
        part = self.t_s <= t_s
        return Lowering(self.t_s[part], self.thigh_angle_deg[part], self.speed_dps[part])


def lowering_of(rep: Rep, trace: AngleTrace) -> Lowering | None:
    """Return the lowering of a repetition, or None where it was not measured or its angle is not known."""
    phase = rep.phase("lower")
    if phase is None or rep.lower_s is None:
        return None
    first, last = np.searchsorted(trace.t_s, (phase.start_s - MARGIN_S, phase.end_s + MARGIN_S))
    times, angle = trace.t_s[first:last], trace.thigh_angle_deg[first:last]
    unknown = times[~np.isfinite(angle)]
    if ((unknown >= phase.start_s) & (unknown <= phase.end_s)).any():
        return None
    # What lies beyond a gap in the margin does not belong to the movement.
    after = max(unknown[unknown < phase.start_s], default=-np.inf)
    before = min(unknown[unknown > phase.end_s], default=np.inf)
    known = (times > after) & (times < before)
    times, angle = times[known], angle[known]
    if times.size < 2 or times[0] > phase.start_s + STEP_S or times[-1] < phase.end_s - STEP_S:
        return None
    grid = np.arange(times[0], times[-1], STEP_S)
    smoothed = smooth(np.interp(grid, times, angle), gaussian(SPEED_HZ, 1 / STEP_S))
    if grid.size < 2:
        return None
    direction = -1.0 if rep.exercise == "bridge" else 1.0
    speed = direction * np.gradient(smoothed, STEP_S)
    inside = (grid >= phase.start_s) & (grid <= phase.end_s)
    return Lowering(grid[inside], smoothed[inside], speed[inside])
