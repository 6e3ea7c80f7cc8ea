"""What was prescribed, and how one lowering compares with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analysis import tempo
from analysis.results import Exercise, Rep
from analysis.tempo import Dose, Prescription

Side = Literal["left", "right", "both"]
Verdict = Literal["in band", "too fast", "slower", "not measured"]
MarkKind = Literal["in band", "too fast", "slower", "not measured", "broke", "partial", "given up"]
"""How a repetition is shown: by its verdict, unless it broke, went only part of the way or was given up."""

# Two raters (or two methods) agree on the length of a slow phase within about 0.3 s: a narrower band would
# judge the measurement, not the person.
BAND_MIN_S = 0.5
BAND_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Tempo:
    """Four named times in seconds. 0 means: not prescribed (a Nordic has only `lower_s`).

    Raises ValueError if a time is negative or not finite, or the lowering takes no time.
    """

    lower_s: float
    hold_s: float = 0.0
    lift_s: float = 0.0
    rest_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse times that nobody can keep."""
        for name in ("lower_s", "hold_s", "lift_s", "rest_s"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{name} of a tempo must be a time in seconds, not {value}")
        if self.lower_s == 0:
            raise ValueError("lower_s of a tempo must be more than 0 s")


@dataclass(frozen=True, slots=True)
class Plan:
    """One exercise as prescribed. pain_limit is a score from 0 to 10: above it nothing is encouraged.

    side: the leg that works and wears the sensor; "both" where both legs work, or none was chosen yet.
    variant: what the exercise is called, such as "Isometric bridge"; empty for the plain one.
    stage: its place in the order of `monitor.plans.templates`, from 1; None for a plan outside of it.
    sessions_per_week: how often somebody should train; None where nobody said.
    Raises ValueError if there is no set, no repetition, a negative rest or an impossible pain limit, stage or
    number of sessions.
    """

    exercise: Exercise
    side: Side
    sets: int
    reps: int
    tempo: Tempo
    rest_between_sets_s: float = 90.0
    pain_limit: int = 5
    variant: str = ""
    stage: int | None = None
    sessions_per_week: int | None = None

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be carried out."""
        if self.sets < 1 or self.reps < 1:
            raise ValueError(
                f"a plan needs at least one set of one repetition, not {self.sets} x {self.reps}"
            )
        if not math.isfinite(self.rest_between_sets_s) or self.rest_between_sets_s < 0:
            raise ValueError(
                f"the rest between sets must be a time in seconds, not {self.rest_between_sets_s}"
            )
        if not 0 <= self.pain_limit <= 10:
            raise ValueError(f"the pain limit must lie between 0 and 10, not {self.pain_limit}")
        if self.stage is not None and self.stage < 1:
            raise ValueError(f"the stage must be a number from 1 on, not {self.stage}")
        if self.sessions_per_week is not None and self.sessions_per_week < 1:
            raise ValueError(f"a plan asks for at least one session a week, not {self.sessions_per_week}")


def band_s(target_s: float) -> tuple[float, float]:
    """Return the shortest and the longest lowering (s) that count as on time."""
    half = max(BAND_MIN_S, BAND_SHARE * target_s)
    return target_s - half, target_s + half


def verdict(lower_s: float | None, target_s: float) -> Verdict:
    """Compare a lowering with its target; None is a lowering that was not measured."""
    if lower_s is None:
        return "not measured"
    shortest, longest = band_s(target_s)
    # Both edges belong to the band: 2.5 s asked as 3 s is still on time, also in binary fractions.
    if lower_s < shortest - 1e-9:
        return "too fast"
    if lower_s > longest + 1e-9:
        return "slower"
    return "in band"


def mark_kind(rep: Rep, target_s: float) -> MarkKind:
    """Return how a repetition is shown beside its target. After a break point nobody is judged."""
    if rep.partial:
        return "partial"
    if rep.break_point is not None and rep.lower_s is not None:
        return "broke"
    return verdict(rep.lower_s, target_s)


def prescription(plan: Plan) -> Prescription:
    """Return what a plan asks for in one set, in the words of the measurement."""
    return Prescription(plan.reps, plan.tempo.lower_s)


def dose(reps: Sequence[Rep], plan: Plan) -> Dose:
    """Sum up the repetitions of one set against the plan of that set."""
    return tempo.dose(reps, prescription(plan))
