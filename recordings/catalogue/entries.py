"""What goes into the catalogue and comes out of it: plain values, no rows and no connections."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Literal

ScoreKind = Literal["pain", "pain after", "effort"]
ScoreSource = Literal["recorded", "entered"]

# A code goes into commands and file names.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
LONGEST_NAME = 200
LONGEST_NOTE = 20_000
# The page that is printed or painted; more than a thousand rows nobody reads at once.
LARGEST_PAGE = 1000


class CatalogueError(Exception):
    """The catalogue cannot do what was asked; the message is one sentence for a person."""


class EditConflictError(CatalogueError):
    """Somebody else has changed the same thing since it was read: read it again and repeat the change."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person: a code and a name to show, nothing else. version counts the edits."""

    id: int
    code: str
    display_name: str
    version: int


@dataclass(frozen=True, slots=True)
class Prescription:
    """What is prescribed to a person, in the terms of `monitor.plan.Plan`; 0 s: not prescribed.

    sessions_per_week: None where nobody said how often.
    title, source: of what was chosen together, and where it comes from; empty where nobody said.
    """

    exercise: str
    side: str
    sets: int
    reps: int
    lower_s: float
    hold_s: float = 0.0
    lift_s: float = 0.0
    rest_s: float = 0.0
    rest_between_sets_s: float = 90.0
    pain_limit: int = 5
    variant: str = ""
    stage: int | None = None
    title: str = ""
    source: str = ""
    sessions_per_week: int | None = None


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A prescription with its person and the days it holds for.

    ended: the first day on which it does not hold any more; None while it holds.
    """

    id: int
    person_id: int
    prescription: Prescription
    begun: date
    ended: date | None
    version: int

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.begun <= day and (self.ended is None or day < self.ended)


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a person, on a session, or on both. session_id: as in the recording."""

    id: int
    text: str
    written_ns: int
    person_id: int | None
    session_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class RepEntry:
    """A repetition: times in seconds since the first sample, angles in degrees; None: not measured."""

    number: int
    set_number: int | None
    exercise: str
    start_s: float
    end_s: float
    lower_s: float | None
    lower_se_s: float | None = None
    lift_s: float | None = None
    hold_s: float | None = None
    return_s: float | None = None
    range_of_motion_deg: float | None = None
    break_lean_deg: float | None = None
    control_s: float | None = None
    fall_s: float | None = None
    not_measured: str | None = None


@dataclass(frozen=True, slots=True)
class SetEntry:
    """A set. number None: repetitions outside every set; prescribed None: no plan was recorded.

    source: "recorded", "found" or "outside", as in `monitor.sets.MeasuredSet`. sound: which sounds were on.
    stopped: why it was broken off, as by sudden pain. None: not recorded.
    """

    number: int | None
    source: str
    exercise: str | None
    side: str | None
    prescribed_reps: int | None
    prescribed_lower_s: float | None
    reps: tuple[RepEntry, ...]
    variant: str | None = None
    stage: int | None = None
    pain_limit: int | None = None
    sound: str | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 10: the worst pain during a set, the pain after it, or the effort.

    set_number None: for the whole session.
    """

    kind: ScoreKind
    value: int
    set_number: int | None = None
    source: ScoreSource = "entered"


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session as measured from its recording.

    session_id: the random one in the recording. started_ns: since 1970 UTC, 0 where it is not known.
    files: where its recordings are. scores: those in the recording; others are added with `add_score`.
    damaged: whether the recording could be read only in part.
    """

    session_id: str
    started_ns: int
    time_zone: str
    duration_s: float
    sensor: str
    simulated: bool
    damaged: bool
    algorithm_version: str
    files: tuple[str, ...]
    sets: tuple[SetEntry, ...] = ()
    scores: tuple[Score, ...] = ()

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises in it, in alphabetical order."""
        named = {each.exercise for each in self.sets} | {
            rep.exercise for each in self.sets for rep in each.reps
        }
        return tuple(sorted(name for name in named if name))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list. person: its code, None where the session was assigned to nobody."""

    session_id: str
    person: str | None
    display_name: str | None
    started_ns: int
    time_zone: str
    duration_s: float
    exercises: tuple[str, ...]
    sets: int
    reps: int
    worst_pain: int | None
    simulated: bool
    damaged: bool
    version: int
    sides: tuple[str, ...] = ()

    @property
    def started(self) -> datetime | None:
        """When it began, UTC; None where it is not known."""
        return datetime.fromtimestamp(self.started_ns / 1e9, UTC) if self.started_ns > 0 else None


@dataclass(frozen=True, slots=True)
class Visit:
    """A session as a verdict on its pain needs it. person: a code; None: nobody's.

    pain_before, stops: how it was before it. morning_pain, back_to_usual: the morning after. None: not told.
    sets: without their repetitions.
    """

    session_id: str
    person: str | None
    started_ns: int
    pain_before: int | None
    stops: tuple[str, ...]
    morning_pain: int | None
    back_to_usual: bool | None
    sets: tuple[SetEntry, ...]
    scores: tuple[Score, ...]

    @property
    def started(self) -> datetime | None:
        """When it began, UTC; None where it is not known."""
        return datetime.fromtimestamp(self.started_ns / 1e9, UTC) if self.started_ns > 0 else None


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions to list. from_ns is included, to_ns is not; None: all."""

    person: str | None = None
    exercise: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some sessions, newest first. next_page: what to ask for to see more; None at the end."""

    sessions: tuple[SessionRow, ...]
    next_page: str | None


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was written from a session's recording."""

    session_id: str
    path: str
    made_ns: int


Did = Literal["opened", "changed", "exported", "deleted"]
Kind = Literal["person", "plan", "note", "session"]


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did. who: the account of the computer. number: of the row, which may be gone by now.

    name: the code of the person or the id of the session, while it is there.
    """

    at_ns: int
    who: str
    did: Did
    kind: Kind
    number: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Belongings:
    """All that is known of a person. recordings: path and session of each file."""

    person: Person
    session_ids: tuple[str, ...]
    recordings: tuple[tuple[str, str], ...]
    exports: tuple[Export, ...]
    plans: int
    notes: int


def checked_code(code: str) -> str:
    """Return a person's code. Raises CatalogueError if it cannot be one."""
    if not _CODE.fullmatch(code):
        raise CatalogueError(
            f"{code!r} cannot be a person's code: take 1-40 letters, digits, dots, hyphens or underscores"
        )
    return code


def checked_text(text: str, what: str, longest: int) -> str:
    """Return a text that both databases can keep. Raises CatalogueError if they cannot."""
    if len(text) > longest:
        raise CatalogueError(f"the {what} is longer than {longest} characters")
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        raise CatalogueError(f"the {what} holds signs that are no text")
    return text


def checked_score(score: Score) -> Score:
    """Return a score. Raises CatalogueError if it lies outside 0 to 10."""
    if not 0 <= score.value <= 10:
        raise CatalogueError(f"a {score.kind} score is a number from 0 to 10, not {score.value}")
    return score


def checked_prescription(prescription: Prescription) -> Prescription:
    """Return a prescription. Raises CatalogueError if nobody can carry it out."""
    times_s = (
        prescription.lower_s,
        prescription.hold_s,
        prescription.lift_s,
        prescription.rest_s,
        prescription.rest_between_sets_s,
    )
    if not all(isfinite(each) and each >= 0 for each in times_s) or prescription.lower_s == 0:
        raise CatalogueError("a plan needs a lowering time above 0 s, and no time below 0 s")
    for text, what, longest in (
        (prescription.variant, "variant of a plan", LONGEST_NAME),
        (prescription.title, "title of a plan", LONGEST_NAME),
        (prescription.source, "source of a plan", LONGEST_NOTE),
    ):
        checked_text(text, what, longest)
    if prescription.sets < 1 or prescription.reps < 1:
        raise CatalogueError("a plan needs at least one set of one repetition")
    if prescription.sessions_per_week is not None and prescription.sessions_per_week < 1:
        raise CatalogueError("a plan asks for at least one session a week, or says nothing of it")
    if not 0 <= prescription.pain_limit <= 10:
        raise CatalogueError(f"the pain limit must lie between 0 and 10, not {prescription.pain_limit}")
    return prescription
