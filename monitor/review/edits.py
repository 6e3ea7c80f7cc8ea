"""Corrections by hand: events laid over a measurement, which stays as it is.

A log begins with the measurement that was looked at; every correction, undo and redo is an entry after it,
with who and when. Nothing is ever taken out of it: what holds now is worked out from the whole list. Angles
that a correction needs are kept in it, so that the list alone says what holds, whatever is measured later.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from analysis.grid import GAP_S
from analysis.results import BreakPoint, Exercise, Gap, Phase, PhaseKind, Rep
from monitor.plan import Plan, Side
from monitor.sets import MeasuredSet

SHORTEST_PHASE_S = 0.05
SAMPLES_MISSING = "samples are missing inside a phase"
NO_LOWERING = "no lowering is marked"

Edge = Literal["start", "end"]
ORDER: dict[Exercise, tuple[PhaseKind, ...]] = {
    "nordic": ("lower", "hold", "return"),
    "bridge": ("lift", "hold", "lower"),
    "slider": ("lower", "hold", "return"),
}


class EditError(ValueError):
    """A correction that cannot be made; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class BaseSet:
    """A set that corrections are laid over; its fields are those of `monitor.sets.MeasuredSet`."""

    number: int | None
    source: Literal["recorded", "found", "outside"]
    plan: Plan | None
    pain: int | None
    reps: tuple[Rep, ...]
    effort: int | None = None
    sound: str | None = None
    stopped: str | None = None
    planned: Plan | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured: the first entry of every log, and later what a new analysis has found."""

    algorithm_version: str
    sets: tuple[BaseSet, ...]
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class MovePhase:
    """Start or end of a phase lies elsewhere. range_deg: of the repetition, as it then is.

    joined: the phase that touches it there begins or ends elsewhere with it.
    """

    rep: str
    phase: int
    edge: Edge
    to_s: float
    range_deg: float
    joined: bool = False


@dataclass(frozen=True, slots=True)
class SplitRep:
    """One repetition is two, parted at an instant. ranges_deg: of both."""

    rep: str
    at_s: float
    ranges_deg: tuple[float, float]


@dataclass(frozen=True, slots=True)
class MergeReps:
    """Two neighbours of one set are one repetition, from the first one's begin to the second one's end."""

    first: str
    second: str
    range_deg: float


@dataclass(frozen=True, slots=True)
class DeleteRep:
    """It was no repetition."""

    rep: str


@dataclass(frozen=True, slots=True)
class AddRep:
    """A repetition that was not found. set_position: place of its set in the measurement."""

    set_position: int
    exercise: Exercise
    phases: tuple[Phase, ...]
    range_deg: float


@dataclass(frozen=True, slots=True)
class RelabelPhase:
    """A phase is of another kind."""

    rep: str
    phase: int
    kind: PhaseKind


@dataclass(frozen=True, slots=True)
class ChangeExercise:
    """A set was another exercise."""

    set_position: int
    exercise: Exercise


@dataclass(frozen=True, slots=True)
class ChangeSide:
    """A set was done with the other leg."""

    set_position: int
    side: Side


@dataclass(frozen=True, slots=True)
class ExcludeSet:
    """A set counts for nothing, or counts again."""

    set_position: int
    excluded: bool


@dataclass(frozen=True, slots=True)
class WriteNote:
    """A note on a repetition, on a set, or (both None) on the session; an empty one takes it away."""

    text: str
    rep: str | None = None
    set_position: int | None = None


@dataclass(frozen=True, slots=True)
class BackToMeasured:
    """All corrections before this one are laid aside; notes stay."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The last correction that holds does not."""


@dataclass(frozen=True, slots=True)
class Redo:
    """The correction that was undone last holds again."""


Edit = (
    Measurement
    | MovePhase
    | SplitRep
    | MergeReps
    | DeleteRep
    | AddRep
    | RelabelPhase
    | ChangeExercise
    | ChangeSide
    | ExcludeSet
    | WriteNote
    | BackToMeasured
    | Undo
    | Redo
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An edit with who made it and when (ns since 1970 UTC). number: its place in the log, from 0."""

    number: int
    at_ns: int
    by: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class CorrectedRep:
    """A repetition as it holds now. id: the same as long as it exists."""

    id: str
    rep: Rep
    note: str = ""


@dataclass(frozen=True, slots=True)
class CorrectedSet:
    """A set as it holds now. position: its place in the measurement, by which edits name it."""

    position: int
    base: BaseSet
    plan: Plan | None
    side: Side | None
    reps: tuple[CorrectedRep, ...]
    excluded: bool
    by_hand: bool
    note: str

    def measured(self) -> MeasuredSet:
        """Return it as the set of a measurement."""
        base = self.base
        return MeasuredSet(
            base.number,
            base.source,
            self.plan,
            tuple(each.rep for each in self.reps),
            base.pain,
            base.effort,
            base.sound,
            base.stopped,
            base.planned,
            self.side,
        )


@dataclass(frozen=True, slots=True)
class Corrected:
    """What holds now. by_hand: how many corrections; by, at_ns: of the last one. refused: numbers of entries
    that fit nothing (a line before them was lost) and were passed over.
    """

    measurement: Measurement
    sets: tuple[CorrectedSet, ...]
    note: str = ""
    by_hand: int = 0
    by: str = ""
    at_ns: int = 0
    refused: tuple[int, ...] = ()

    def find(self, rep_id: str) -> tuple[CorrectedSet, CorrectedRep] | None:
        """Return a repetition with its set; None if there is none of that id."""
        for each in self.sets:
            for rep in each.reps:
                if rep.id == rep_id:
                    return each, rep
        return None


# --- undo and redo -------------------------------------------------------------------------------------


def _done(log: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the entries that hold, and those that a redo would bring back, last first."""
    done: list[Entry] = []
    undone: list[Entry] = []
    for entry in log:
        if isinstance(entry.edit, Undo):
            if len(done) > 1:
                undone.append(done.pop())
        elif isinstance(entry.edit, Redo):
            if undone:
                done.append(undone.pop())
        else:
            done.append(entry)
            undone.clear()
    return done, undone


def can_undo(log: Sequence[Entry]) -> bool:
    """Tell whether there is a correction to undo."""
    return len(_done(log)[0]) > 1


def can_redo(log: Sequence[Entry]) -> bool:
    """Tell whether there is an undone correction to bring back."""
    return bool(_done(log)[1])


def added(log: Sequence[Entry], edit: Edit, by: str, at_ns: int) -> tuple[Entry, ...]:
    """Return the log with one more edit. Raises EditError if it cannot be made."""
    if isinstance(edit, Undo) and not can_undo(log):
        raise EditError("there is nothing to undo")
    if isinstance(edit, Redo) and not can_redo(log):
        raise EditError("there is nothing to bring back")
    if not isinstance(edit, Undo | Redo):
        _applied(_state(log), edit, len(log))
    return (*log, Entry(len(log), at_ns, by, edit))


def begun(measurement: Measurement, at_ns: int) -> tuple[Entry, ...]:
    """Return a log without a correction yet."""
    return (Entry(0, at_ns, "", measurement),)


# --- what holds now ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Rep:
    position: int
    rep: Rep


@dataclass(slots=True)
class _Set:
    base: BaseSet
    plan: Plan | None
    side: Side | None = None
    excluded: bool = False
    by_hand: bool = False


@dataclass(slots=True)
class _State:
    """What is worked on while a log is folded; nobody outside sees it."""

    measurement: Measurement
    sets: list[_Set]
    reps: dict[str, _Rep]
    order: list[tuple[float, str]]
    rep_notes: dict[str, str] = field(default_factory=dict)
    set_notes: dict[int, str] = field(default_factory=dict)
    note: str = ""
    corrections: int = 0
    by: str = ""
    at_ns: int = 0
    refused: list[int] = field(default_factory=list)


def corrected(log: Sequence[Entry]) -> Corrected:
    """Return what holds after all entries of a log, which begins with a measurement.

    Raises EditError if it does not.
    """
    state = _state(log)
    of_set: dict[int, list[CorrectedRep]] = {}
    for _, rep_id in state.order:
        each = state.reps[rep_id]
        shown = CorrectedRep(rep_id, each.rep, state.rep_notes.get(rep_id, ""))
        of_set.setdefault(each.position, []).append(shown)
    sets = tuple(
        CorrectedSet(
            position,
            each.base,
            each.plan,
            each.side,
            tuple(of_set.get(position, ())),
            each.excluded,
            each.by_hand,
            state.set_notes.get(position, ""),
        )
        for position, each in enumerate(state.sets)
    )
    return Corrected(
        state.measurement,
        sets,
        state.note,
        state.corrections,
        state.by,
        state.at_ns,
        tuple(state.refused),
    )


def _state(log: Sequence[Entry]) -> _State:
    done, _ = _done(log)
    if not done or not isinstance(done[0].edit, Measurement):
        raise EditError("the measurement that these corrections are of is missing")
    state = _fresh(done[0].edit)
    for entry in done[1:]:
        try:
            state = _applied(state, entry.edit, entry.number)
        except EditError:
            state.refused.append(entry.number)
            continue
        if isinstance(entry.edit, BackToMeasured | Measurement):
            state.corrections, state.by, state.at_ns = 0, "", 0
        else:
            state.corrections += not isinstance(entry.edit, WriteNote)
            state.by, state.at_ns = entry.by, entry.at_ns
    return state


def _fresh(measurement: Measurement) -> _State:
    reps: dict[str, _Rep] = {}
    for position, each in enumerate(measurement.sets):
        for rep in each.reps:
            reps[f"m{len(reps) + 1}"] = _Rep(position, rep)
    order = sorted((each.rep.start_s, rep_id) for rep_id, each in reps.items())
    return _State(measurement, [_Set(each, each.plan) for each in measurement.sets], reps, order)


def _put(state: _State, rep_id: str, held: _Rep) -> None:
    if rep_id in state.reps:
        _take(state, rep_id)
    state.reps[rep_id] = held
    insort(state.order, (held.rep.start_s, rep_id))


def _take(state: _State, rep_id: str) -> None:
    was = (_rep(state, rep_id).rep.start_s, rep_id)
    del state.order[bisect_left(state.order, was)]
    del state.reps[rep_id]


def _applied(state: _State, edit: Edit, number: int) -> _State:
    """Make one correction. The state is as before where EditError is raised."""
    match edit:
        case MovePhase():
            _move(state, edit)
        case SplitRep():
            _split(state, edit, number)
        case MergeReps():
            _merge(state, edit)
        case DeleteRep():
            _take(state, edit.rep)
        case AddRep():
            _add(state, edit, number)
        case RelabelPhase():
            _relabel(state, edit)
        case ChangeExercise():
            _change_exercise(state, edit)
        case ChangeSide():
            each = _set(state, edit.set_position)
            each.side, each.by_hand = edit.side, True
            each.plan = replace(each.plan, side=edit.side) if each.plan else None
        case ExcludeSet():
            _set(state, edit.set_position).excluded = edit.excluded
        case WriteNote():
            _write_note(state, edit)
        case Measurement() | BackToMeasured():
            fresh = _fresh(state.measurement if isinstance(edit, BackToMeasured) else edit)
            fresh.note, fresh.refused = state.note, state.refused
            fresh.rep_notes, fresh.set_notes = state.rep_notes, state.set_notes
            return fresh
        case Undo() | Redo():
            raise EditError("undo and redo are worked out before")
    return state


def _rep(state: _State, rep_id: str) -> _Rep:
    found = state.reps.get(rep_id)
    if found is None:
        raise EditError("this repetition is no longer there")
    return found


def _set(state: _State, position: int) -> _Set:
    if not 0 <= position < len(state.sets):
        raise EditError("this set is no longer there")
    return state.sets[position]


def _phase(rep: Rep, index: int) -> Phase:
    if not 0 <= index < len(rep.phases):
        raise EditError("this phase is no longer there")
    return rep.phases[index]


def _move(state: _State, edit: MovePhase) -> None:
    held = _rep(state, edit.rep)
    rep, phase = held.rep, _phase(held.rep, edit.phase)
    start_s = edit.to_s if edit.edge == "start" else phase.start_s
    end_s = edit.to_s if edit.edge == "end" else phase.end_s
    phases = list(rep.phases)
    phases[edit.phase] = Phase(phase.kind, start_s, end_s)
    first, last = edit.phase == 0, edit.phase == len(phases) - 1
    if edit.joined and edit.edge == "start" and not first and phases[edit.phase - 1].end_s == phase.start_s:
        phases[edit.phase - 1] = replace(phases[edit.phase - 1], end_s=edit.to_s)
    if edit.joined and edit.edge == "end" and not last and phases[edit.phase + 1].start_s == phase.end_s:
        phases[edit.phase + 1] = replace(phases[edit.phase + 1], start_s=edit.to_s)
    made = replace(
        rep,
        phases=tuple(phases),
        start_s=start_s if first and edit.edge == "start" else rep.start_s,
        end_s=end_s if last and edit.edge == "end" else rep.end_s,
        range_of_motion_deg=edit.range_deg,
    )
    _check(state, made, (edit.rep,))
    _put(state, edit.rep, _Rep(held.position, _remeasured(made, rep, state.measurement.gaps)))


def _split(state: _State, edit: SplitRep, number: int) -> None:
    held = _rep(state, edit.rep)
    rep, at_s = held.rep, edit.at_s
    before = tuple(
        each if each.end_s <= at_s else Phase(each.kind, each.start_s, at_s)
        for each in rep.phases
        if each.start_s < at_s
    )
    after = tuple(
        each if each.start_s >= at_s else Phase(each.kind, at_s, each.end_s)
        for each in rep.phases
        if each.end_s > at_s
    )
    if not before or not after:
        raise EditError("there is nothing on one side of this place: split inside the repetition")
    first = replace(rep, end_s=before[-1].end_s, phases=before, range_of_motion_deg=edit.ranges_deg[0])
    second = replace(rep, start_s=after[0].start_s, phases=after, range_of_motion_deg=edit.ranges_deg[1])
    _check(state, first, (edit.rep,))
    _check(state, second, (edit.rep,))
    gaps = state.measurement.gaps
    _put(state, edit.rep, _Rep(held.position, _remeasured(first, rep, gaps)))
    _put(state, f"{edit.rep}.{number}", _Rep(held.position, _remeasured(second, rep, gaps)))


def _merge(state: _State, edit: MergeReps) -> None:
    one, other = _rep(state, edit.first), _rep(state, edit.second)
    if edit.first == edit.second or one.position != other.position:
        raise EditError("only two repetitions of the same set can be merged")
    first, second = sorted((one.rep, other.rep), key=lambda rep: rep.start_s)
    between = [
        each.rep
        for rep_id, each in state.reps.items()
        if rep_id not in (edit.first, edit.second) and first.start_s < each.rep.start_s < second.start_s
    ]
    if between or first.exercise != second.exercise:
        raise EditError("only neighbours of one exercise can be merged")
    made = replace(
        first,
        end_s=second.end_s,
        phases=_merged_phases(first, second),
        range_of_motion_deg=edit.range_deg,
        break_point=second.break_point,
    )
    _check(state, made, (edit.first, edit.second))
    _take(state, edit.second)
    _put(state, edit.first, _Rep(one.position, _remeasured(made, second, state.measurement.gaps)))


def _merged_phases(first: Rep, second: Rep) -> tuple[Phase, ...]:
    """One repetition in the order of its exercise. What went to and fro in between is part of the lowering of
    a Nordic or a slider, and a hold between the lift and the lowering of a bridge.
    """
    back, again = ("lower", "lift") if first.exercise == "bridge" else ("return", "lower")
    to_and_fro = first.phase(back) is not None and second.phase(again) is not None
    lift, lower = first.phase("lift"), second.phase("lower")
    if to_and_fro and first.exercise == "bridge" and lift and lower:
        return lift, Phase("hold", lift.end_s, lower.start_s), lower
    phases = (*(each for each in first.phases if not (to_and_fro and each.kind == back)), *second.phases)
    made: list[Phase] = []
    for kind in ORDER[first.exercise]:
        same = [each for each in phases if each.kind == kind]
        if same:
            made.append(Phase(kind, same[0].start_s, same[-1].end_s))
    return tuple(made)


def _add(state: _State, edit: AddRep, number: int) -> None:
    _set(state, edit.set_position)
    if not edit.phases:
        raise EditError("a repetition needs at least one phase")
    made = Rep(
        edit.exercise, edit.phases[0].start_s, edit.phases[-1].end_s, None, edit.range_deg, edit.phases
    )
    _check(state, made, ())
    _put(state, f"a{number}", _Rep(edit.set_position, _remeasured(made, None, state.measurement.gaps)))


def _relabel(state: _State, edit: RelabelPhase) -> None:
    held = _rep(state, edit.rep)
    phase = _phase(held.rep, edit.phase)
    if edit.kind not in ORDER[held.rep.exercise]:
        raise EditError(f"a {held.rep.exercise} has no phase of this kind")
    phases = list(held.rep.phases)
    phases[edit.phase] = replace(phase, kind=edit.kind)
    made = replace(held.rep, phases=tuple(phases))
    _put(state, edit.rep, _Rep(held.position, _remeasured(made, held.rep, state.measurement.gaps)))


_OTHER_KIND: dict[Exercise, dict[PhaseKind, PhaseKind]] = {
    "nordic": {"lift": "return"},
    "bridge": {"return": "lift"},
    "slider": {"lift": "return"},
}


def _change_exercise(state: _State, edit: ChangeExercise) -> None:
    each = _set(state, edit.set_position)
    each.by_hand = True
    each.plan = replace(each.plan, exercise=edit.exercise) if each.plan else None
    for rep_id, held in list(state.reps.items()):
        if held.position != edit.set_position or held.rep.exercise == edit.exercise:
            continue
        kinds = _OTHER_KIND[edit.exercise]
        phases = tuple(replace(each, kind=kinds.get(each.kind, each.kind)) for each in held.rep.phases)
        point = held.rep.break_point if edit.exercise == "nordic" else None
        made = replace(held.rep, exercise=edit.exercise, phases=phases, break_point=point, by_hand=True)
        _put(state, rep_id, _Rep(held.position, made))


def _write_note(state: _State, edit: WriteNote) -> None:
    if edit.rep is not None:
        _rep(state, edit.rep)
        state.rep_notes[edit.rep] = edit.text
    elif edit.set_position is not None:
        _set(state, edit.set_position)
        state.set_notes[edit.set_position] = edit.text
    else:
        state.note = edit.text


def _check(state: _State, rep: Rep, own: tuple[str, ...]) -> None:
    """Refuse what cannot be: phases that overlap or last no time, a repetition inside another one."""
    ends = [rep.start_s, *(end for each in rep.phases for end in (each.start_s, each.end_s)), rep.end_s]
    if not all(map(math.isfinite, ends)) or any(b < a - 1e-9 for a, b in itertools.pairwise(ends)):
        raise EditError("phases of a repetition follow one another and cannot overlap")
    if any(each.duration_s < SHORTEST_PHASE_S for each in rep.phases):
        raise EditError(f"a phase lasts at least {SHORTEST_PHASE_S:g} s")
    # Repetitions follow one another: only those that start before this one's end, and of these the last ones.
    at = bisect_left(state.order, (rep.end_s, ""))
    for _, rep_id in state.order[max(0, at - len(own) - 2) : at]:
        if rep_id not in own and rep.start_s < state.reps[rep_id].rep.end_s - 1e-9:
            raise EditError("this would reach into another repetition: delete or merge that one first")


def _remeasured(rep: Rep, was: Rep | None, gaps: Sequence[Gap]) -> Rep:
    """Work out again what follows from the phases. A time set by hand has no standard error."""
    lower = rep.phase("lower")
    reason = None if was is None or _has_gap(was, gaps) or was.phase("lower") is None else was.not_measured
    if lower is None:
        reason = NO_LOWERING
    elif _has_gap(rep, gaps):
        reason = SAMPLES_MISSING
    point = rep.break_point
    if point is not None and lower is not None and lower.start_s < point.t_s < lower.end_s:
        point = BreakPoint(point.t_s, point.lean_deg, point.t_s - lower.start_s, lower.end_s - point.t_s)
    else:
        point = None
    if reason is not None or lower is None:
        return replace(rep, lower_s=None, break_point=None, not_measured=reason, by_hand=True)
    return replace(
        rep, lower_s=lower.duration_s, break_point=point, not_measured=None, partial=False, by_hand=True
    )


def _has_gap(rep: Rep, gaps: Sequence[Gap]) -> bool:
    return any(
        min(gap.end_s, each.end_s) - max(gap.start_s, each.start_s) > 1e-9 and gap.end_s - gap.start_s > GAP_S
        for gap in gaps
        for each in rep.phases
    )
