"""`eccentric catalogue plan|score|note|visits`: what people prescribe and tell, entered and listed.

Only what is light is imported here; each command imports what it needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import click

if TYPE_CHECKING:
    from monitor.plan import Plan
    from recordings.catalogue.entries import Note, PlanEntry, Prescription, Score, Visit

_Word = TypeVar("_Word", bound=str)

_day = click.DateTime(["%Y-%m-%d"])
_score = click.IntRange(0, 10)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_number = click.argument("number", type=click.IntRange(1))


@click.group()
def plan() -> None:
    """What is prescribed to a person, from which day on."""


@plan.command("add")
@click.argument("person")
@click.option("--exercise", type=click.Choice(["nordic", "bridge"]), required=True)
@click.option("--side", type=click.Choice(["left", "right", "both"]), default="both", show_default=True,
              help="The leg that works.")  # fmt: skip
@click.option("--sets", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option("--reps", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--lower", "lower_s", type=click.FloatRange(0.5, 60), default=5.0, show_default=True,
              help="Seconds that a lowering should last; likewise --hold, --lift and --rest.")  # fmt: skip
@click.option("--hold", "hold_s", type=click.FloatRange(0, 300), default=0.0)
@click.option("--lift", "lift_s", type=click.FloatRange(0, 60), default=0.0)
@click.option("--rest", "rest_s", type=click.FloatRange(0, 600), default=0.0)
@click.option("--rest-between-sets", "rest_between_sets_s", type=click.FloatRange(0, 3600), default=90.0,
              show_default=True)  # fmt: skip
@click.option("--pain-limit", type=_score, default=3, show_default=True)
@click.option("--per-week", "sessions_per_week", type=click.IntRange(1, 14), help="Sessions a week.")
@click.option("--title", default="", help="A name for it.")
@click.option("--from", "begun", type=_day, help="The first day; without it, today.")
@click.option("--instead", is_flag=True, help="End what has held until then.")
def add_plan(
    person: str,
    exercise: Literal["nordic", "bridge"],
    side: Literal["left", "right", "both"],
    title: str,
    begun: datetime | None,
    instead: bool,
    lower_s: float,
    hold_s: float,
    lift_s: float,
    rest_s: float,
    **others: Any,
) -> None:
    """Prescribe an exercise to a person, beside what holds already."""
    from dataclasses import asdict

    from monitor.plan import Plan, Tempo
    from monitor.unlocking import open_unlocked
    from recordings.catalogue.entries import Prescription

    try:
        chosen = Plan(exercise, side, tempo=Tempo(lower_s, hold_s, lift_s, rest_s), **others)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    values = asdict(chosen)
    prescription = Prescription(**values.pop("tempo"), **values, title=title)
    first = date.today() if begun is None else begun.date()
    with open_unlocked() as opened:
        owner = opened.person(person)
        if instead:
            (made,) = opened.prescribe(owner, [prescription], first)
        else:
            made = opened.add_plan(owner, prescription, first)
    click.echo(_plan_line(made))


@plan.command("list")
@click.argument("person")
@click.option("--on", "day", type=_day, help="Only what holds on this day.")
@click.option("--today", is_flag=True, help="Only what holds today.")
@_as_json
def list_plans(person: str, day: datetime | None, today: bool, as_json: bool) -> None:
    """List a person's plans, the oldest first."""
    from monitor.unlocking import open_unlocked

    wanted = date.today() if today else None if day is None else day.date()
    with open_unlocked() as opened:
        found = opened.plans(opened.person(person))
    found = tuple(each for each in found if wanted is None or each.holds_on(wanted))
    if as_json:
        click.echo(json.dumps({"plans": [_plan_json(each) for each in found]}, indent=2))
        return
    for each in found:
        click.echo(_plan_line(each))
    if not found:
        click.echo("no plans", err=True)


@plan.command("show")
@_number
@_as_json
def show_plan(number: int, as_json: bool) -> None:
    """Show a plan; --json as a file of plans, to be changed."""
    from monitor.plans.plan_file import PlanFile, plan_file_text
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        found = opened.plan(number)
    told = found.prescription
    if as_json:
        click.echo(plan_file_text(PlanFile((_plan_of(told),), told.title, told.source)))
        return
    click.echo(_plan_line(found))
    for name, value in _plan_json(found).items():
        if name not in ("plan", "title") and value not in ("", None):
            click.echo(f"  {name}: {value}")


@plan.command("end")
@_number
@click.option("--on", "day", type=_day, help="The first day without it; without this option, today.")
def end_plan(number: int, day: datetime | None) -> None:
    """End a plan; it stays in the list."""
    from dataclasses import replace

    from monitor.unlocking import open_unlocked

    ended = date.today() if day is None else day.date()
    with open_unlocked() as opened:
        found = opened.plan(number)
        if ended < found.begun:
            raise click.UsageError(f"plan {number} begins on {found.begun}: it cannot end before that")
        click.echo(_plan_line(opened.edit_plan(replace(found, ended=ended))))


@click.command()
@click.argument("session_id", metavar="SESSION")
@click.option("--set", "set_number", type=click.IntRange(1), help="Without it, for the whole session.")
@click.option("--during", type=_score, help="The worst pain during it, 0-10.")
@click.option("--after", type=_score, help="The pain after it.")
@click.option("--effort", type=_score, help="How hard it was, 0-10.")
@click.option("--before", type=_score, help="The pain before the session.")
@click.option("--morning", type=_score, help="The pain on the next morning.")
@click.option("--usual/--worse", "back_to_usual", default=None,
              help="With --morning: whether it was as on other mornings by then.")  # fmt: skip
@click.option("--correct", is_flag=True, help="Replace what was told before.")
def score(
    session_id: str,
    set_number: int | None,
    during: int | None,
    after: int | None,
    effort: int | None,
    before: int | None,
    morning: int | None,
    back_to_usual: bool | None,
    correct: bool,
) -> None:
    """Enter what was told of a session, and show all that is known: pain, effort, the next morning."""
    from monitor.unlocking import open_unlocked
    from recordings.catalogue.entries import Score, ScoreKind

    if (morning is None) != (back_to_usual is None):
        raise click.UsageError("--morning needs --usual or --worse, and they need --morning")
    told: dict[ScoreKind, int | None] = {"pain": during, "pain after": after, "effort": effort}
    entered = [Score(kind, value, set_number) for kind, value in told.items() if value is not None]
    if set_number is not None and not entered:
        raise click.UsageError("--set goes with --during, --after or --effort")
    with open_unlocked() as opened:
        known = opened.visit(session_id)
        _refuse_unknown_set(known, set_number)
        if not correct:
            _refuse_second_word(known, entered, before, morning)
        for each in entered:
            opened.add_score(session_id, each)
        if before is not None:
            opened.tell_before(session_id, before, known.stops)
        if morning is not None and back_to_usual is not None:
            opened.tell_morning(session_id, morning, back_to_usual, _morning_of(known) if correct else None)
        found = opened.visit(session_id)
    for line in _visit_lines(found):
        click.echo(line)


@click.command()
@click.argument("person")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@_as_json
def visits(person: str, limit: int, as_json: bool) -> None:
    """List a person's last sessions with all that was told of them, the newest first."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        found = opened.visits(opened.person(person), limit=limit)
    if as_json:
        click.echo(json.dumps({"visits": [_visit_json(each) for each in found]}, indent=2))
        return
    for each in found:
        for line in _visit_lines(each):
            click.echo(line)
    if not found:
        click.echo("no sessions", err=True)


@click.group()
def note() -> None:
    """Notes on a person, on a session, or on both."""


@note.command("add")
@click.argument("text")
@click.option("--person", metavar="CODE")
@click.option("--session", "session_id", metavar="SESSION")
def add_note(text: str, person: str | None, session_id: str | None) -> None:
    """Write a note; give --person, --session or both."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        owner = None if person is None else opened.person(person)
        click.echo(_note_line(opened.add_note(text, owner, session_id)))


@note.command("list")
@click.option("--person", metavar="CODE")
@click.option("--session", "session_id", metavar="SESSION")
def list_notes(person: str | None, session_id: str | None) -> None:
    """List the notes, the oldest first; without options all of them."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        if session_id is not None:
            opened.row(session_id)
        found = opened.notes(None if person is None else opened.person(person), session_id)
    for each in found:
        click.echo(_note_line(each))
    if not found:
        click.echo("no notes", err=True)


@note.command("edit")
@_number
@click.argument("text")
def edit_note(number: int, text: str) -> None:
    """Put another text in the place of a note's."""
    from dataclasses import replace

    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        click.echo(_note_line(opened.edit_note(replace(opened.note(number), text=text))))


@note.command("delete")
@_number
def delete_note(number: int) -> None:
    """Delete a note."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        opened.delete_note(opened.note(number))
    click.echo(f"deleted: note {number}")


# --- plans ---------------------------------------------------------------------------------------------


def _plan_of(told: Prescription) -> Plan:
    from analysis.results import Exercise
    from monitor.plan import Plan, Side, Tempo
    from recordings.catalogue.entries import CatalogueError

    try:
        return Plan(
            _one_of(get_args(Exercise), told.exercise),
            _one_of(get_args(Side), told.side),
            told.sets,
            told.reps,
            Tempo(told.lower_s, told.hold_s, told.lift_s, told.rest_s),
            told.rest_between_sets_s,
            told.pain_limit,
            told.variant,
            told.stage,
            told.sessions_per_week,
        )
    except ValueError as error:
        raise CatalogueError(f"the catalogue holds a plan that cannot be: {error}") from error


def _one_of(words: tuple[_Word, ...], told: str) -> _Word:
    """Return a word of the catalogue as one of those that it can be. Raises ValueError."""
    for word in words:
        if word == told:
            return word
    raise ValueError(f"{told!r} is none of {', '.join(map(str, words))}")


def _plan_line(entry: PlanEntry) -> str:
    told = entry.prescription
    until = "" if entry.ended is None else f" until {entry.ended}"
    title = told.title or told.variant
    side = "" if told.side == "both" else f", {told.side} leg"
    parts = [("lower", told.lower_s), ("hold", told.hold_s), ("lift", told.lift_s), ("rest", told.rest_s)]
    tempo = ", ".join(f"{name} {value_s:g} s" for name, value_s in parts if value_s)
    often = "" if told.sessions_per_week is None else f", {told.sessions_per_week} a week"
    return (
        f"plan {entry.id}: {title + ': ' if title else ''}{told.exercise}{side}, {told.sets} x {told.reps}"
        f"{often}, {tempo}, pain up to {told.pain_limit}, from {entry.begun}{until}"
    )


def _plan_json(entry: PlanEntry) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "plan": entry.id,
        "begun": entry.begun.isoformat(),
        "ended": None if entry.ended is None else entry.ended.isoformat(),
        **asdict(entry.prescription),
    }


# --- what was told -------------------------------------------------------------------------------------


def _refuse_unknown_set(known: Visit, set_number: int | None) -> None:
    numbers = [each.number for each in known.sets if each.number is not None]
    if set_number is not None and set_number not in numbers:
        there = f"its sets are {', '.join(map(str, numbers))}" if numbers else "it has none"
        raise click.UsageError(f"there is no set {set_number} in session {known.session_id}: {there}")


def _morning_of(known: Visit) -> tuple[int, bool] | None:
    if known.morning_pain is None or known.back_to_usual is None:
        return None
    return known.morning_pain, known.back_to_usual


def _refuse_second_word(known: Visit, entered: list[Score], before: int | None, morning: int | None) -> None:
    told = {(each.kind, each.set_number): each.value for each in known.scores}
    earlier = [(each.kind, told.get((each.kind, each.set_number)), each.value) for each in entered]
    earlier += [
        ("pain before", known.pain_before, before),
        ("pain next morning", known.morning_pain, morning),
    ]
    for what, old, new in earlier:
        if old is not None and new is not None:
            raise click.UsageError(f"the {what} was told already ({old}): --correct replaces it")


def _latest(scores: tuple[Score, ...]) -> Iterator[Score]:
    """Yield the word that holds of each kind: what somebody entered, else what was recorded; the last one."""
    ordered = sorted(scores, key=lambda each: each.source == "entered")
    yield from {(each.set_number, each.kind): each for each in ordered}.values()


def _visit_lines(visit: Visit) -> Iterator[str]:
    when = "unknown time" if visit.started is None else visit.started.astimezone().strftime("%Y-%m-%d %H:%M")
    yield f"{when}  {visit.person or '-'}  {visit.session_id}"
    if visit.pain_before is not None:
        yield f"  before: pain {visit.pain_before}"
    for each in visit.stops:
        yield f"  before: {each}"
    stopped = {each.number: each.stopped for each in visit.sets if each.stopped}
    scores = list(_latest(visit.scores))
    numbers = sorted({each.number for each in visit.sets if each.number is not None})
    for number in [*numbers, None]:
        mine = [f"{each.kind} {each.value}" for each in scores if each.set_number == number]
        if number in stopped:
            mine.append(f"stopped: {stopped[number]}")
        if mine:
            yield f"  {'session' if number is None else f'set {number}'}: {', '.join(mine)}"
    if visit.morning_pain is None:
        yield "  next morning: not told yet"
    else:
        yield f"  next morning: pain {visit.morning_pain}, {'as usual' if visit.back_to_usual else 'worse'}"


def _visit_json(visit: Visit) -> dict[str, object]:
    from dataclasses import asdict

    found = asdict(visit)
    for each in found["sets"]:
        del each["reps"]
    return found


def _note_line(note: Note) -> str:
    when = datetime.fromtimestamp(note.written_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M")
    where = "" if note.session_id is None else f"  session {note.session_id}"
    return f"note {note.id}  {when}{where}  {note.text}"
