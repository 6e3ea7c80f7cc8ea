"""Sets found without buttons: repetitions of one exercise, parted by the rests between them.

A rest that parts two sets is longer than 20 s and than three times the pace of the person: the median pause
between two repetitions of that exercise. Pauses over 60 s say nothing about the pace: left out of the median,
they cannot change how other repetitions are grouped.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analysis.lowering_speed import AngleTrace
from analysis.results import Exercise, Rep

MIN_REST_S = 20.0
REST_PER_PAUSE = 3.0
LONGEST_PAUSE_S = 60.0
UPRIGHT_DEG = 30.0
MIN_UPRIGHT_S = 2.0


def find_sets(reps: Sequence[Rep], trace: AngleTrace | None = None) -> tuple[tuple[Rep, ...], ...]:
    """Group repetitions into sets, in the order of time; every repetition is in exactly one set.

    A set ends at a rest (see above), at a change of exercise and, where the angle is given, when a person
    stands up between two bridges. After a Nordic that cannot be told: to a sensor on the thigh standing and
    tall kneeling look the same.
    """
    ordered = sorted(reps, key=lambda rep: rep.start_s)
    if not ordered:
        return ()
    rests_s = {rep.exercise: _rest_s(ordered, rep.exercise) for rep in ordered}
    sets: list[list[Rep]] = [[ordered[0]]]
    for before, rep in pairwise(ordered):
        if (
            rep.exercise != before.exercise
            or rep.start_s - before.end_s > rests_s[rep.exercise]
            or (rep.exercise == "bridge" and trace is not None and _stood_up(before, rep, trace))
        ):
            sets.append([])
        sets[-1].append(rep)
    return tuple(tuple(each) for each in sets)


def _rest_s(ordered: Sequence[Rep], exercise: Exercise) -> float:
    """Return the longest pause within a set of an exercise."""
    pauses_s = [
        rep.start_s - before.end_s
        for before, rep in pairwise(ordered)
        if before.exercise == rep.exercise == exercise
    ]
    within_s = [pause_s for pause_s in pauses_s if pause_s <= LONGEST_PAUSE_S]
    return max(MIN_REST_S, REST_PER_PAUSE * float(np.median(within_s))) if within_s else MIN_REST_S


def _stood_up(before: Rep, after: Rep, trace: AngleTrace) -> bool:
    first, last = np.searchsorted(trace.t_s, (before.end_s, after.start_s))
    # NaN, an angle that is not known, compares as not upright.
    upright = np.abs(trace.thigh_angle_deg[first : last - 1]) < UPRIGHT_DEG
    return float(np.diff(trace.t_s[first:last])[upright].sum()) >= MIN_UPRIGHT_S
