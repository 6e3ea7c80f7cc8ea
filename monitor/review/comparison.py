"""Two or more sessions against each other, or the left leg against the right one: curves and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.results import Rep
from monitor.measured_file import MeasuredFile
from monitor.review.corrected_file import corrections_of
from monitor.review.edits import corrected
from monitor.review.trends import Point, point
from monitor.sets import shown_angle_deg
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import SessionEntry

By = Literal["session", "side"]
MOST_CURVES = 6
"""So many sessions can be told apart by colour; of more, the first, the last and some between."""

BEFORE_S, AFTER_S = 0.5, 1.0
SIDES = ("left", "right")

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A repetition from just before its lowering on. t_s: (n,) from the start of the lowering; deg: (n,)."""

    t_s: Array
    thigh_angle_deg: Array


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What is compared: a session (side None), or a leg over all sessions. point: its numbers."""

    point: Point
    side: str | None
    curves: tuple[Curve, ...]


def groups_of(
    catalogue: Catalogue,
    session_ids: Sequence[str],
    exercise: str,
    by: By,
    measure: Callable[[Path], MeasuredFile],
) -> list[Group]:
    """Return the groups, the oldest or the left first; of sessions at most MOST_CURVES.

    A session whose recording is gone has numbers and no curves. Raises CatalogueError.
    """
    entries = [catalogue.session(each) for each in session_ids]
    entries = [each for each in entries if any(part.exercise == exercise for part in each.sets)]
    entries.sort(key=lambda each: each.started_ns)
    if by == "session":
        chosen = np.unique(np.linspace(0, len(entries) - 1, MOST_CURVES).round().astype(int))
        entries = [entries[at] for at in chosen] if entries else []
        made = [_group(catalogue, [each], exercise, None, measure) for each in entries]
    else:
        entries = entries[-MOST_CURVES:]
        made = [_group(catalogue, entries, exercise, side, measure) for side in SIDES]
    return [each for each in made if each is not None]


def exercises_of(catalogue: Catalogue, session_ids: Sequence[str]) -> set[str]:
    """Return the exercises in some sessions. Raises CatalogueError."""
    return {name for each in session_ids for name in catalogue.row(each).exercises}


def sides_of(catalogue: Catalogue, session_ids: Sequence[str], exercise: str) -> set[str | None]:
    """Return the legs that did an exercise in some sessions. Raises CatalogueError."""
    found = {
        part.side
        for each in session_ids
        for part in catalogue.session(each).sets
        if part.exercise == exercise
    }
    return found & set(SIDES)


def _group(
    catalogue: Catalogue,
    entries: Sequence[SessionEntry],
    exercise: str,
    side: str | None,
    measure: Callable[[Path], MeasuredFile],
) -> Group | None:
    kept = [_of_side(each, side) for each in entries]
    whole = _joined([each for each in kept if each.sets])
    if whole is None:
        return None
    # What a plan asks for in a session says nothing of a leg over several.
    person = catalogue.row(whole.session_id).person if len(entries) == 1 else None
    plans = catalogue.plans(catalogue.person(person)) if person is not None else ()
    found = point(whole, catalogue.visit(whole.session_id), exercise, plans)
    if found is None:
        return None
    if len(entries) > 1:
        # The morning after one of several sessions says nothing of a leg.
        found = replace(found, values={k: v for k, v in found.values.items() if k != "morning"})
    curves = [curve for each in kept if each.sets for curve in _curves(each, exercise, side, measure)]
    return Group(found, side, tuple(curves))


def _of_side(entry: SessionEntry, side: str | None) -> SessionEntry:
    if side is None:
        return entry
    sets = tuple(each for each in entry.sets if each.side == side)
    numbers = {each.number for each in sets}
    return replace(entry, sets=sets, scores=tuple(s for s in entry.scores if s.set_number in numbers))


def _joined(entries: Sequence[SessionEntry]) -> SessionEntry | None:
    """Return several sessions as one, with numbers of sets that do not meet."""
    if len(entries) < 2:
        return entries[0] if entries else None
    sets, scores = [], []
    for at, entry in enumerate(entries):
        sets += [replace(each, number=(each.number or 0) + 1000 * at) for each in entry.sets]
        scores += [replace(each, set_number=(each.set_number or 0) + 1000 * at) for each in entry.scores]
    return replace(entries[-1], sets=tuple(sets), scores=tuple(scores))


def _curves(
    entry: SessionEntry, exercise: str, side: str | None, measure: Callable[[Path], MeasuredFile]
) -> list[Curve]:
    path = next((Path(name) for name in entry.files if Path(name).exists()), None)
    if path is None:
        return []
    measured = measure(path)
    now = corrected(corrections_of(measured).log)
    return [
        _curve(measured, each.rep)
        for part in now.sets
        if not part.excluded and (side is None or part.measured().side == side)
        for each in part.reps
        if each.rep.exercise == exercise and each.rep.phase("lower") is not None
    ]


def _curve(measured: MeasuredFile, rep: Rep) -> Curve:
    lower = rep.phase("lower")
    assert lower is not None
    t_s = measured.samples.t_s
    first, last = np.searchsorted(t_s, (lower.start_s - BEFORE_S, lower.end_s + AFTER_S))
    return Curve(t_s[first:last] - lower.start_s, shown_angle_deg(measured)[first:last])
