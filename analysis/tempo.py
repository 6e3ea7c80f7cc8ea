"""What a set amounts to: time under tension, dose received, deviation from the tempo asked for.

A repetition that was not measured adds no second to any sum and is in no mean; it is counted apart. Where
there is one, the sums and the dose are lower limits. Nothing is guessed in its place.

Dose received and deviation as in Riel et al. 2018 (Med Sci Sports Exerc, doi 10.1249/MSS.0000000000001412),
for the lowering alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.results import PhaseKind, Rep

COMMON_SHARE = 0.2
"""Share of the variance of a lowering time that the repetitions of a set have in common: people start and
stop each in much the same way. Fitted to the sums over simulated sets."""

MOVING: tuple[PhaseKind, ...] = ("lower", "lift", "return")


@dataclass(frozen=True, slots=True)
class Prescription:
    """What was asked for in one set: how many repetitions, each lowered in lower_s seconds."""

    reps: int
    lower_s: float


@dataclass(frozen=True, slots=True)
class Dose:
    """What a set amounts to. Without a measured lowering all but the counts and sums is None.

    reps: found, measured or not. not_measured: those of them without a number.
    time_under_tension_s: sum of the measured lowerings.
    moving_s: sum of all moving phases of the same repetitions.
    mean_s: of the measured lowerings.
    received_percent: time_under_tension_s as a share of the lowering time prescribed for the set.
    mean_deviation_s, mean_absolute_deviation_s: of measured - target, and of its size. Like received_percent
    None where nothing was prescribed.
    time_under_tension_se_s: standard error of that sum, None if one of the lowerings has none. Divided by
    their number it is that of the mean; as a share of what was prescribed, that of the dose.
    """

    reps: int
    not_measured: int
    time_under_tension_s: float
    moving_s: float
    mean_s: float | None
    received_percent: float | None
    mean_deviation_s: float | None
    mean_absolute_deviation_s: float | None
    time_under_tension_se_s: float | None = None


def dose(reps: Sequence[Rep], prescribed: Prescription | None) -> Dose:
    """Sum up the repetitions of one set, against what was prescribed if that is known."""
    lowered = [rep.lower_s for rep in reps if rep.lower_s is not None]
    total_s = sum(lowered)
    off_s = [] if prescribed is None else [lower_s - prescribed.lower_s for lower_s in lowered]
    return Dose(
        reps=len(reps),
        not_measured=len(reps) - len(lowered),
        time_under_tension_s=total_s,
        moving_s=sum(_moving_s(rep) for rep in reps),
        mean_s=_mean(lowered),
        received_percent=(
            100 * total_s / (prescribed.reps * prescribed.lower_s) if prescribed and lowered else None
        ),
        mean_deviation_s=_mean(off_s),
        mean_absolute_deviation_s=_mean([abs(off) for off in off_s]),
        time_under_tension_se_s=_of_sum([rep.lower_se_s for rep in reps if rep.lower_s is not None]),
    )


def _of_sum(errors_s: Sequence[float | None]) -> float | None:
    """Independent errors add in squares, common ones as they are."""
    known = [error_s for error_s in errors_s if error_s is not None]
    if not known or len(known) < len(errors_s):
        return None
    return math.sqrt((1 - COMMON_SHARE) * sum(each * each for each in known) + COMMON_SHARE * sum(known) ** 2)


def _moving_s(rep: Rep) -> float:
    if rep.not_measured is not None:
        return 0.0
    return sum(phase.duration_s for phase in rep.phases if phase.kind in MOVING)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
