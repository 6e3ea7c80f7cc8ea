"""The break point of a Nordic in the angles that others publish.

Lean is the tilt of the thigh from the vertical. Three other conventions are in use: the thigh against the
horizontal, 90 - lean (Sconce 2015, J Sport Rehabil 24:13); the knee angle with 180 = straight, 90 + lean
(Sconce 2021, J Sports Sci); the knee flexion with 0 = straight, 90 - lean (Soga 2021, J Sports Sci Med
20:216). A thigh sensor does not see the shank: the two angles of the knee hold for a level shank only, not on
a sloped board.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.lowering_speed import AngleTrace, lowering_of
from analysis.results import BreakPoint, Rep

PUBLISHED_SPEEDS_DPS = (10.0, 20.0, 30.0)
"""10 deg/s is Soga's rule; 20 and 30 are its variants for lowerings that are faster than that."""


@dataclass(frozen=True, slots=True)
class BreakAngles:
    """One break point in the published conventions, degrees.

    knee_angle_deg, knee_flexion_deg: with a level shank only.
    """

    thigh_to_horizontal_deg: float
    knee_angle_deg: float
    knee_flexion_deg: float


def break_angles(point: BreakPoint) -> BreakAngles:
    """Return the break point in the published conventions."""
    return BreakAngles(
        thigh_to_horizontal_deg=90.0 - point.lean_deg,
        knee_angle_deg=90.0 + point.lean_deg,
        knee_flexion_deg=90.0 - point.lean_deg,
    )


def lean_at_speed(rep: Rep, trace: AngleTrace, speed_dps: float) -> float | None:
    """Return the lean (deg) at the first instant at which a Nordic's lowering is faster than speed_dps.

    None for other exercises and where the rule says nothing about a break: the speed is never reached, or is
    lost again before its greatest value, or the controlled lowering is that fast itself (its median speed).
    """
    lowering = lowering_of(rep, trace) if rep.exercise == "nordic" else None
    if lowering is None:
        return None
    end_s = lowering.t_s[-1] if rep.break_point is None else rep.break_point.t_s
    controlled = lowering.until(float(end_s)).speed_dps
    faster = np.flatnonzero(lowering.speed_dps > speed_dps)
    if faster.size == 0 or controlled.size == 0 or np.median(controlled) >= speed_dps:
        return None
    i, peak = int(faster[0]), int(np.argmax(lowering.speed_dps))
    if (lowering.speed_dps[i:peak] <= speed_dps).any():
        return None
    if i == 0:
        return float(lowering.thigh_angle_deg[0])
    around = slice(i - 1, i + 1)
    return float(np.interp(speed_dps, lowering.speed_dps[around], lowering.thigh_angle_deg[around]))
