"""How the repetitions of a set change: fade from the first to the last, and consistency.

Values are in the order of the repetitions; None is one that was not measured. It keeps its place in the order
and gives no value. Below four values there is no fade and no consistency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.results import Rep

MIN_VALUES = 4


@dataclass(frozen=True, slots=True)
class Fade:
    """Change along a set as a share of its beginning (the robust line at the first repetition), in percent.

    Negative: it becomes less.
    """

    per_rep_percent: float
    first_to_last_percent: float


def fade(values: Sequence[float | None]) -> Fade | None:
    """Return the fade of positive values over a set; None below four of them.

    The line is that of Theil and Sen: the median of the slopes of all pairs (Sen 1968, J Am Stat Assoc
    63:1379), through the median of what it leaves: one repetition far out in four or five hardly moves it.
    From the first to the last means over all repetitions, also where one of the two was not measured.
    None also where the line does not begin above zero.
    """
    known = [(float(at), value) for at, value in enumerate(values) if value is not None]
    if len(known) < MIN_VALUES:
        return None
    slope = float(np.median([(b - a) / (j - i) for (i, a), (j, b) in combinations(known, 2)]))
    begin = float(np.median([value - slope * at for at, value in known]))
    if begin <= 0:
        return None
    per_rep = 100 * slope / begin
    return Fade(per_rep, per_rep * (len(values) - 1))


def fade_se_percent(values: Sequence[float | None], errors: Sequence[float | None]) -> float | None:
    """Return the standard error of `fade(values).per_rep_percent`; None without it, or an error of a value.

    errors: standard errors of the values. It is that of a line of least squares: one of Theil and Sen is
    about as certain. Each value is as uncertain as it was measured, or as all of them lie off the line
    where that is more: people differ from one repetition to the next.
    """
    found = fade(values)
    known = [
        (float(at), value, error)
        for at, (value, error) in enumerate(zip(values, errors, strict=True))
        if value is not None
    ]
    if found is None or any(error is None for _, _, error in known):
        return None
    at, value, error = np.array(known, dtype=np.float64).T
    slope = float(
        np.median([(b - a) / (j - i) for (i, a), (j, b) in combinations(zip(at, value, strict=True), 2)])
    )
    begin = float(np.median(value - slope * at))
    off_line = float(np.sqrt(np.sum((value - begin - slope * at) ** 2) / (at.size - 2)))
    lever = at - at.mean()
    variance = np.sum(lever**2 * np.maximum(error, off_line) ** 2) / np.sum(lever**2) ** 2
    return 100 * float(np.sqrt(variance)) / begin


def variation_percent(values: Sequence[float | None]) -> float | None:
    """Return the coefficient of variation, standard deviation (n - 1) / mean; None below four values.

    A fade is variation too: the two are read together.
    """
    known = [value for value in values if value is not None]
    if len(known) < MIN_VALUES or np.mean(known) <= 0:
        return None
    return 100 * float(np.std(known, ddof=1) / np.mean(known))


@dataclass(frozen=True, slots=True)
class Changes:
    """How a set changes from repetition to repetition; None where too few were measured.

    variation_percent, lowering: of the lowering time, which of a Nordic that breaks includes the fall.
    controlled_range: of the range under control, which in a Nordic that breaks ends at the break point.
    lean: of the lean at the break point, of Nordics that broke.
    lowering_se_percent: standard error of `lowering.per_rep_percent`; None where a lowering has none.
    """

    variation_percent: float | None
    lowering: Fade | None
    controlled_range: Fade | None
    lean: Fade | None
    lowering_se_percent: float | None = None


def changes(reps: Sequence[Rep]) -> Changes:
    """Return how the repetitions of one set, in the order of time, change."""
    lowered = [rep.lower_s for rep in reps]
    return Changes(
        lowering_se_percent=fade_se_percent(lowered, [rep.lower_se_s for rep in reps]),
        variation_percent=variation_percent(lowered),
        lowering=fade(lowered),
        controlled_range=fade([_controlled_range_deg(rep) for rep in reps]),
        lean=fade([rep.break_point.lean_deg if rep.break_point and rep.lower_s else None for rep in reps]),
    )


def _controlled_range_deg(rep: Rep) -> float | None:
    if rep.lower_s is None:
        return None
    # A Nordic begins upright: its lean is its range so far.
    return rep.range_of_motion_deg if rep.break_point is None else rep.break_point.lean_deg
