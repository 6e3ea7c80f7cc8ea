"""Where the thigh should be while it is lowered: the prescribed path, before and during a lowering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.results import Exercise
from monitor.plan import band_s
from monitor.session import Session
from monitor.snapshot import Snapshot

USUAL_RANGE_DEG: dict[Exercise, float] = {"nordic": 50.0, "bridge": 20.0, "slider": 20.0}
"""Where nothing is known of the person: Nordics are controlled over 30-50 degrees, bridges lower a thigh by
20 degrees in the median."""

REPS_USED = 5


@dataclass(frozen=True, slots=True)
class TargetPath:
    """A straight way from one angle to another, with the time it may be early or late.

    running: the lowering goes on; else this is only a hint of where it will go.
    """

    start_s: float
    lower_s: float
    early_s: float
    late_s: float
    from_deg: float
    to_deg: float
    running: bool

    @property
    def end_s(self) -> float:
        """When the lowering should be over."""
        return self.start_s + self.lower_s


def target_path(snapshot: Snapshot, now_s: float) -> TargetPath | None:
    """Return the path of the lowering that goes on at now_s, or of the next one; None outside a set."""
    session = snapshot.session
    if session.state != "in set" or not session.live or session.falling or session.angle_deg is None:
        return None
    if not session.in_position:
        return None
    phase = session.phase
    tempo = session.plan.tempo
    shortest_s, longest_s = band_s(tempo.lower_s)
    running = phase is not None and phase.kind == "lower"
    if phase is not None and phase.kind == "lower":
        start_s = phase.start_s
    elif phase is not None and phase.kind == "hold" and session.plan.exercise == "bridge":
        # What is ahead of now moves along with it until it begins.
        start_s = max(now_s, phase.start_s + tempo.hold_s)
    elif phase is None and session.plan.exercise == "nordic":
        start_s = now_s
    else:
        return None
    from_deg = _angle_at(snapshot, min(start_s, now_s))
    if from_deg is None:
        return None
    return TargetPath(
        start_s,
        tempo.lower_s,
        tempo.lower_s - shortest_s,
        longest_s - tempo.lower_s,
        from_deg,
        _end_deg(snapshot, session, from_deg),
        running,
    )


def _end_deg(snapshot: Snapshot, session: Session, from_deg: float) -> float:
    """The person's own way: back to where the lift began, or as far as the last repetitions went."""
    exercise = session.plan.exercise
    if exercise == "bridge":
        lift = next((phase for phase in reversed(session.phases) if phase.kind == "lift"), None)
        rest_deg = None if lift is None else _angle_at(snapshot, lift.start_s)
        if rest_deg is not None and rest_deg < from_deg:
            return rest_deg
    return from_deg + (-1.0 if exercise == "bridge" else 1.0) * expected_range_deg(session)


def expected_range_deg(session: Session) -> float:
    """Return how far a lowering will go (deg): as the person's last whole ones did, else as is usual."""
    exercise = session.plan.exercise
    ranges: list[float] = []
    for record in session.sets:
        if record.plan.exercise != exercise:
            continue
        for rep in record.reps:
            if rep.lower_s is not None and not rep.partial:
                # Only what was under control can be paced.
                broke = rep.break_point
                ranges.append(rep.range_of_motion_deg if broke is None else broke.lean_deg)
    return float(np.median(ranges[-REPS_USED:])) if ranges else USUAL_RANGE_DEG[exercise]


def _angle_at(snapshot: Snapshot, t_s: float) -> float | None:
    trace = snapshot.trace
    if not trace.t_s.size or not trace.t_s[0] <= t_s <= trace.t_s[-1] + 1.0:
        return None
    angle = float(np.interp(t_s, trace.t_s, trace.thigh_angle_deg))
    return angle if np.isfinite(angle) else None
