"""Sessions over weeks as numbers, and which of their changes are more than the error of the measurement.

A change is called real only beyond LIMITS, each with where it comes from; within them two sessions may as
well be the same. Nothing is fitted and nothing extrapolated.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from recordings.catalogue import Catalogue
from recordings.catalogue.entries import PlanEntry, SessionEntry, SessionFilter, Visit

MOST_SESSIONS = 500

Quantity = Literal[
    "lowering", "dose", "range", "break", "control", "pain", "after", "morning", "effort", "done", "weekly"
]
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
    "range": Limit("range", "°", 5.0, "two measurements within 3° each, and rounding: our own choice"),
    "break": Limit("break point", "°", 8.0, "minimal detectable change 7.9° (Lee 2017)"),
    "control": Limit("control time", "s", 0.5, "as the lowering time"),
    "pain": Limit("worst pain", "of 10", 1.0, "a change of two points is noticed (Farrar 2001)"),
    "after": Limit("pain after", "of 10", 1.0, "as the worst pain"),
    "morning": Limit("pain next morning", "of 10", 1.0, "as the worst pain"),
    "effort": Limit("effort", "of 10", 1.0, "as the worst pain"),
    "done": Limit("done of the plan", "%", 10.0, "one repetition of ten: our own choice"),
    "weekly": Limit("done of the plan a week", "%", 34.0, "one session of three: our own choice"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One session, or a week (`weeks_of`), whose session_id is empty.

    values: medians over its repetitions, or what was told; what is not known is left out.

    side: of its sets; None where they differ or nobody said.
    """

    session_id: str
    started_ns: int
    simulated: bool
    target_s: float | None
    values: dict[Quantity, float]
    side: str | None = None

    @property
    def day(self) -> date:
        """The day of the session, local time."""
        return _day_of(self.started_ns)


@dataclass(frozen=True, slots=True)
class Change:
    """From one session to another."""

    quantity: Quantity
    before: float | None
    after: float | None
    direction: Direction

    @property
    def by(self) -> float | None:
        """The difference; None where one of the two is not known."""
        return None if self.before is None or self.after is None else self.after - self.before

    def shown_by(self, digits: int) -> float:
        """The difference of the two as they are shown: whoever subtracts them gets the same. 0 for None."""
        if self.before is None or self.after is None:
            return 0.0
        return round(self.after, digits) - round(self.before, digits)


def point(entry: SessionEntry, visit: Visit, exercise: str, plans: Sequence[PlanEntry] = ()) -> Point | None:
    """Return a session as a point of the trend of one exercise; None where it holds none of it.

    plans: of the person, for what should have been done that day.
    """
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
        "after": _worst(entry, "pain after", numbers),
        "morning": visit.morning_pain,
        "effort": _worst(entry, "effort", numbers),
        "done": _done_percent(len(reps), _day_of(entry.started_ns), exercise, plans),
    }
    sides = {each.side for each in sets}
    targets = [each.prescribed_lower_s for each in sets if each.prescribed_lower_s]
    values: dict[Quantity, float] = {name: float(value) for name, value in found.items() if value is not None}
    target_s = targets[0] if targets else None
    side = sides.pop() if len(sides) == 1 else None
    return Point(entry.session_id, entry.started_ns, entry.simulated, target_s, values, side)


def points_of(
    catalogue: Catalogue, exercise: str, person: str | None, only: Collection[str] | None = None
) -> list[Point]:
    """Return the sessions of a person (None: of everybody) as points, the oldest first.

    only: ids of the sessions that are wanted; None: all. Raises CatalogueError.
    """
    plans = catalogue.plans(catalogue.person(person)) if person is not None else ()
    made = [
        point(catalogue.session(session_id), catalogue.visit(session_id), exercise, plans)
        for session_id in (_all(catalogue, person) if only is None else only)
    ]
    return sorted((each for each in made if each is not None), key=lambda each: each.started_ns)


def weeks_of(
    points: Sequence[Point], plans: Sequence[PlanEntry], exercise: str, today: date | None = None
) -> list[Point]:
    """Return how much of what a person's plans ask for was done in each week, Monday to Sunday.

    points: sessions of one exercise and leg, the oldest first. A session counts by what was done of it, and
    never more than once. Weeks that are over by today, from the first with a plan that says how often, to
    that of the last session; none where no plan says.
    """
    side = points[-1].side if points else None
    meant = [
        each
        for each in plans
        if each.prescription.sessions_per_week
        and each.prescription.exercise == exercise
        and (side not in ("left", "right") or each.prescription.side in (side, "both"))
    ]
    if not points or not meant:
        return []
    today = today or date.today()
    first = min(each.begun for each in meant)
    monday = first - timedelta(days=first.weekday())
    made: list[Point] = []
    while monday <= points[-1].day and monday + timedelta(days=7) <= today:
        days = [monday + timedelta(days=number) for number in range(7)]
        asked = sum(_asked_a_week(meant, day) for day in days) / 7
        done = sum(min(100.0, each.values.get("done", 100.0)) for each in points if each.day in days)
        if asked:
            middle_ns = int(datetime.combine(days[3], time(12)).timestamp()) * 10**9
            made.append(Point("", middle_ns, points[-1].simulated, None, {"weekly": done / asked}, side))
        monday += timedelta(days=7)
    return made


def _asked_a_week(plans: Sequence[PlanEntry], day: date) -> int:
    """Return how many sessions a week the plans of a day ask for: several of them are done in one session."""
    return max((each.prescription.sessions_per_week or 0 for each in plans if each.holds_on(day)), default=0)


def by_side(points: Sequence[Point]) -> dict[str | None, list[Point]]:
    """Return points by leg, that of most sessions first: two legs are two trends."""
    found: dict[str | None, list[Point]] = {}
    for each in points:
        found.setdefault(each.side, []).append(each)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _all(catalogue: Catalogue, person: str | None) -> list[str]:
    found: list[str] = []
    page: str | None = None
    while len(found) < MOST_SESSIONS:
        got = catalogue.sessions(SessionFilter(person), page, 100)
        found += [row.session_id for row in got.sessions]
        page = got.next_page
        if page is None:
            break
    return found


def _done_percent(reps: int, day: date, exercise: str, plans: Sequence[PlanEntry]) -> float | None:
    """Return how much of what the plan of a day asks for was done; None without a plan."""
    asked = sum(
        each.prescription.sets * each.prescription.reps
        for each in plans
        if each.holds_on(day) and each.prescription.exercise == exercise
    )
    return 100 * reps / asked if asked else None


def _day_of(started_ns: int) -> date:
    return datetime.fromtimestamp(started_ns / 1e9).date()


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
