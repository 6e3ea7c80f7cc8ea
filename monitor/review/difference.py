"""What two measurements of the same recording say differently, for a person to look at before one is kept."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.results import Rep
from monitor.review.edits import Measurement

SAME_S = 0.005


def differences(before: Measurement, after: Measurement) -> list[str]:
    """Return a sentence for each repetition that is gone, new, or lasts otherwise.

    Two repetitions are the same where each lies over more than half of the shorter one.
    """
    old = [rep for part in before.sets for rep in part.reps]
    new = [rep for part in after.sets for rep in part.reps]
    return [text for _, text in sorted(_found(old, new))]


def _found(old: list[Rep], new: list[Rep]) -> Iterator[tuple[float, str]]:
    left = list(new)
    for rep in old:
        other = max(left, key=lambda each: _overlap(rep, each), default=None)
        if other is None or _overlap(rep, other) <= 0.5:
            yield rep.start_s, f"{_place(rep)}: no repetition any more"
            continue
        left.remove(other)
        if rep.lower_s is None or other.lower_s is None:
            if rep.lower_s is not other.lower_s:
                yield rep.start_s, f"{_place(rep)}: lowering {_time(rep)}, now {_time(other)}"
        elif abs(rep.lower_s - other.lower_s) >= SAME_S:
            yield rep.start_s, f"{_place(rep)}: lowering {_time(rep)}, now {_time(other)}"
    for rep in left:
        yield rep.start_s, f"{_place(rep)}: a repetition that was not found before, lowering {_time(rep)}"


def _overlap(one: Rep, other: Rep) -> float:
    common_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return common_s / max(1e-9, min(one.end_s - one.start_s, other.end_s - other.start_s))


def _place(rep: Rep) -> str:
    return f"{rep.exercise} at {rep.start_s:.1f} s"


def _time(rep: Rep) -> str:
    return "not measured" if rep.lower_s is None else f"{rep.lower_s:.2f} s"
