"""Sessions over weeks as numbers, and which of their changes are more than the error of the measurement.

A change is called real only beyond LIMITS, each with where it comes from; within them two sessions may as
well be the same. Nothing is fitted and nothing extrapolated.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from recordings.catalogue.entries import SessionEntry, Visit

Quantity = Literal["lowering", "dose", "range", "break", "control", "pain", "morning", "effort"]
Direction = Literal["more", "less", "within the error", "not known"]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a quantity is called, its unit, beyond which change it is real, and the source of that."""

    name: str
    unit: str
    limit: float
    source: str


LIMITS: dict[Quantity, Limit] = {
    "lowering": Limit(
        "lowering time", "s", 0.5, "two raters of a video differ by up to 0.5 s (Rathleff 2013)"
    ),
    "dose": Limit("dose received", "%", 15.0, "0.5 s of a lowering of some 3 s"),
    "range": Limit("range", "°", 5.0, "two measurements within 3° each, and rounding"),
    "break": Limit("break point", "°", 8.0, "minimal detectable change 7.9° (Lee 2017)"),
    "control": Limit("control time", "s", 0.5, "as the lowering time"),
    "pain": Limit("worst pain", "of 10", 1.0, "a change of two points is noticed (Farrar 2001)"),
    "morning": Limit("pain next morning", "of 10", 1.0, "as the worst pain"),
    "effort": Limit("effort", "of 10", 1.0, "as the worst pain"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One session. values: medians over its repetitions, or what was told; what is not known is left out."""

    session_id: str
    started_ns: int
    simulated: bool
    target_s: float | None
    values: dict[Quantity, float]

    @property
    def day(self) -> date:
        """The day of the session, local time."""
        return datetime.fromtimestamp(self.started_ns / 1e9).date()


@dataclass(frozen=True, slots=True)
class Change:
    """From one session to another. by: None where one of the two is not known."""

    quantity: Quantity
    before: float | None
    after: float | None
    direction: Direction

    @property
    def by(self) -> float | None:
        """The difference."""
        return None if self.before is None or self.after is None else self.after - self.before


def point(entry: SessionEntry, visit: Visit, exercise: str) -> Point | None:
    """Return a session as a point of the trend of one exercise; None where it holds none of it."""
    sets = [each for each in entry.sets if each.exercise == exercise and each.source != "outside"]
    reps = [rep for each in sets for rep in each.reps]
    if not reps:
        return None
    numbers = {each.number for each in sets}
    asked_s = [
        each.prescribed_reps * each.prescribed_lower_s
        for each in sets
        if each.prescribed_reps and each.prescribed_lower_s
    ]
    lowered = [rep.lower_s for rep in reps if rep.lower_s is not None]
    found: dict[Quantity, float | None] = {
        "lowering": _median(lowered),
        # Repetitions without a number would make the dose a lower limit: then there is none.
        "dose": 100 * sum(lowered) / sum(asked_s)
        if len(asked_s) == len(sets) and len(lowered) == len(reps)
        else None,
        "range": _median([rep.range_of_motion_deg for rep in reps if rep.lower_s is not None]),
        "break": _median([rep.break_lean_deg for rep in reps]),
        "control": _median([rep.control_s for rep in reps]),
        "pain": _worst(entry, "pain", numbers),
        "morning": visit.morning_pain,
        "effort": _worst(entry, "effort", numbers),
    }
    targets = [each.prescribed_lower_s for each in sets if each.prescribed_lower_s]
    values: dict[Quantity, float] = {name: float(value) for name, value in found.items() if value is not None}
    return Point(entry.session_id, entry.started_ns, entry.simulated, targets[0] if targets else None, values)


def change(before: Point, after: Point, quantity: Quantity) -> Change:
    """Compare two sessions in one quantity."""
    old, new = before.values.get(quantity), after.values.get(quantity)
    if old is None or new is None:
        return Change(quantity, old, new, "not known")
    if abs(new - old) <= LIMITS[quantity].limit:
        return Change(quantity, old, new, "within the error")
    return Change(quantity, old, new, "more" if new > old else "less")


def _worst(entry: SessionEntry, kind: str, numbers: set[int | None]) -> float | None:
    told = [each.value for each in entry.scores if each.kind == kind and each.set_number in {*numbers, None}]
    return max(told, default=None)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
