"""People, their plans and their sessions, as a visit needs them: today's plan, what came of it, what to ask.

`CatalogueStore` keeps them in the catalogue. Whatever is wrong with that comes out as StoreError with one
sentence, and no set depends on it: what was measured is in the recording, from which all is read again but
the plans and how it was before and after.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from analysis.samples import SamplesError
from monitor import filing
from monitor.known_sensors import data_folder
from monitor.plan import Plan, Tempo
from monitor.plans.before import Before
from monitor.plans.pain_rule import Judgement, Morning, PainRule, SetPain, judge
from monitor.plans.plan_file import PlanFileError, read_rule_file
from monitor.plans.progression import PastSession, suggestion
from monitor.plans.sentence import Sentence
from monitor.plans.templates import PAIN_LIMIT, TEMPLATES, of_stage
from monitor.session import Session
from monitor.sets import EXERCISE_WORDS, SUDDEN_PAIN, read_plan
from monitor.visit_people import (
    NO_PLAN,
    LockedError,
    PersonRow,
    StoreError,
    Today,
    ToldAlreadyError,
    VisitStore,
    WaitingMorning,
    WrongPinError,
)
from recordings.catalogue import Catalogue
from recordings.catalogue import pin as pins
from recordings.catalogue.entries import (
    CatalogueError,
    EditConflictError,
    Person,
    PlanEntry,
    Prescription,
    Score,
    SessionEntry,
    Visit,
)
from recordings.encryption import EncryptionError
from recordings.format import RecordingError

ASKED_FOR_DAYS = 3
"""Nobody remembers for longer how a morning was."""

PAST_SESSIONS = 20
"""More sessions than any rule looks back on."""

__all__ = [
    "NO_PLAN",
    "CatalogueStore",
    "PastVisit",
    "PersonRow",
    "StoreError",
    "Today",
    "VisitStore",
    "WaitingMorning",
    "open_store",
    "past_visit",
    "planned",
    "prescribe",
    "templates",
]

_log = logging.getLogger(__name__)

AD_HOC = Plan("bridge", "both", 2, 8, Tempo(3.0, 1.0, 2.0), 90.0, PAIN_LIMIT)
"""What is asked for where nothing was planned: the gentler of the two exercises."""


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A session with its verdict. when: its start, local time, None if that is not known.

    stage: the highest of its plans. worst_pain: over its sets. morning: None until it is told.
    """

    session_id: str
    when: datetime | None
    stage: int | None
    worst_pain: int | None
    before: Before
    morning: Morning | None
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class CatalogueStore:
    """The visits of a catalogue, which is opened for each call: what is wrong with it now may be well later.

    rule: for the verdicts. opened, now: where the catalogue is, and what time it is. say: how a sentence is
    said in another language.
    """

    rule: PainRule = field(default_factory=PainRule)
    opened: Callable[[], Catalogue] = filing.open_daily
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()
    say: Callable[[Sentence], str] = str

    def people(self) -> tuple[PersonRow, ...]:
        """Return everybody, in the order of their codes. Raises StoreError, LockedError with a PIN."""
        with self._catalogue() as catalogue:
            if catalogue.pin_names():
                raise LockedError("The list of people opens to a therapist's PIN.")
            return self._people(catalogue)

    def unlock(self, pin: str) -> tuple[PersonRow, ...]:
        """Return everybody to whoever knows a therapist's PIN. Raises StoreError, WrongPinError."""
        with self._catalogue() as catalogue:
            try:
                catalogue.unlock(pin)
            except pins.WrongPinError as error:
                raise WrongPinError(error.wait_s) from error
            return self._people(catalogue)

    def _people(self, catalogue: Catalogue) -> tuple[PersonRow, ...]:
        since_ns = _ns(self.now() - timedelta(days=ASKED_FOR_DAYS + 1))
        everybody = catalogue.people()
        last_ns = catalogue.last_sessions()
        recent = catalogue.visits(since_ns=since_ns, limit=500)
        return tuple(
            PersonRow(
                each.code,
                each.display_name,
                _day(last_ns.get(each.code)),
                self._waiting([visit for visit in recent if visit.person == each.code]),
            )
            for each in everybody
        )

    def add_person(self, name: str) -> PersonRow:
        """Add somebody under the next free code. Raises StoreError."""
        with self._catalogue() as catalogue:
            person = catalogue.add_person(display_name=name.strip())
        return PersonRow(person.code, person.display_name, None, None)

    def today(self, code: str | None) -> Today:
        """Return what is planned for a person; without a person or a plan, some bridges named NO_PLAN.

        Raises StoreError.
        """
        if code is None:
            return Today(NO_PLAN, None, (AD_HOC,))
        with self._catalogue() as catalogue:
            person = catalogue.person(code)
            held = planned(catalogue, person, self.now().date())
            visits = catalogue.visits(person, limit=PAST_SESSIONS)
        if held is None:
            return Today(NO_PLAN, None, (AD_HOC,), self._suggestion(visits, None))
        return replace(held, suggestion=self._suggestion(visits, held.stage))

    def templates(self) -> tuple[Today, ...]:
        """Return the plans to start from, in their order."""
        return templates()

    def choose_plan(self, code: str, today: Today) -> None:
        """Make something a person's plan from today on, in the place of the one before. Raises StoreError."""
        with self._catalogue() as catalogue:
            prescribe(catalogue, catalogue.person(code), today, self.now().date())

    def report_morning(
        self, session_id: str, pain: int, back_to_usual: bool, instead_of: tuple[int, bool] | None = None
    ) -> None:
        """Enter how it was on the morning after a session. instead_of: what this corrects.

        Raises ToldAlreadyError if something else was told, StoreError.
        """
        with self._catalogue() as catalogue:
            catalogue.tell_morning(session_id, pain, back_to_usual, instead_of)

    def file_visit(self, code: str | None, recording: Path, session: Session, before: Before) -> str | None:
        """Enter a session that has just been recorded; return a sentence where that failed.

        The sets come out of the recording, and from `session` what was told but is not in it. A simulated
        session belongs to nobody and is left out. May be repeated.
        """
        return self._filed(recording, lambda catalogue: _enter(catalogue, code, recording, session, before))

    def file_finished(self, recording: Path) -> str | None:
        """Enter a recording that a crash had left and that was finished later; it is nobody's as yet.

        Returns a sentence where that failed. A simulated session is left out. May be repeated.
        """
        return self._filed(recording, lambda catalogue: filing.file_recording(catalogue, recording))

    def _filed(self, recording: Path, enter: Callable[[Catalogue], object]) -> str | None:
        try:
            if filing.is_simulated(recording):
                return None
            with self._catalogue() as catalogue:
                enter(catalogue)
        except (StoreError, RecordingError, SamplesError, OSError) as error:
            return filing.not_filed(recording, str(error))
        except Exception as error:
            _log.exception("%s cannot be entered", recording)
            return filing.not_filed(recording, f"something unforeseen happened: {type(error).__name__}")
        return None

    def past(self, code: str, limit: int = PAST_SESSIONS) -> tuple[PastVisit, ...]:
        """Return the last sessions of a person with their verdicts, the newest first. Raises StoreError."""
        with self._catalogue() as catalogue:
            visits = catalogue.visits(catalogue.person(code), limit=limit)
        return tuple(past_visit(visit, self.rule) for visit in visits)

    @contextmanager
    def _catalogue(self) -> Iterator[Catalogue]:
        try:
            with self.opened() as catalogue:
                yield catalogue
        except EditConflictError as error:
            raise ToldAlreadyError(f"{error}.") from error
        except (CatalogueError, EncryptionError, OSError) as error:
            raise StoreError(str(error)) from error

    def _waiting(self, recent: Sequence[Visit]) -> WaitingMorning | None:
        """Return the newest session whose morning has come, unless that morning has been told."""
        today = self.now().date()
        for visit in recent:
            when = _local(visit.started_ns)
            if when is None or when.date() >= today:
                continue
            if visit.morning_pain is not None or (today - when.date()).days > ASKED_FOR_DAYS:
                return None
            return WaitingMorning(visit.session_id, when)
        return None

    def _suggestion(self, visits: Sequence[Visit], stage: int | None) -> str | None:
        past = [past_visit(visit, self.rule) for visit in reversed(visits) if visit.sets]
        template = of_stage(stage)
        found = suggestion(
            [PastSession(each.judgement.verdict, each.stage, bool(each.before.stops)) for each in past],
            stage,
            None if template is None else template.next_step,
            self.rule,
        )
        return None if found is None else self.say(found)


def open_store() -> CatalogueStore:
    """Return the store of this user's catalogue, with the numbers of this user's rule for pain.

    Raises StoreError if the file with those numbers cannot be used.
    """
    return CatalogueStore(users_rule())


def rule_path() -> Path:
    """Return where the numbers of this user's rule for pain are, if they were changed. Raises StoreError."""
    try:
        return data_folder() / "pain-rule.json"
    except RuntimeError as error:
        raise StoreError("this user has no folder for settings") from error


def users_rule() -> PainRule:
    """Return the rule for pain with this user's numbers, the usual one without. Raises StoreError."""
    try:
        return read_rule_file(rule_path())
    except FileNotFoundError:
        return PainRule()
    except PlanFileError as error:
        raise StoreError(str(error)) from error
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}") from error


def templates() -> tuple[Today, ...]:
    """Return the plans to start from, in their order."""
    return tuple(Today(each.title, each.stage, (each.plan,), None, each.source) for each in TEMPLATES)


def planned(catalogue: Catalogue, person: Person, day: date) -> Today | None:
    """Return what holds for a person on a day; None without a plan. Raises CatalogueError."""
    entries = _holding(catalogue.plans(person), day)
    plans = tuple(plan for plan in map(_plan, entries) if plan is not None)
    if not plans:
        return None
    first = entries[0].prescription
    title = first.title or plans[0].variant or EXERCISE_WORDS[plans[0].exercise]
    return Today(title, _highest(plan.stage for plan in plans), plans, None, first.source or None)


def prescribe(catalogue: Catalogue, person: Person, today: Today, day: date) -> None:
    """Make something a person's plan from a day on, in the place of the one before. Raises CatalogueError."""
    catalogue.prescribe(person, [_prescription(plan, today) for plan in today.plans], day)


def past_visit(visit: Visit, rule: PainRule) -> PastVisit:
    """Return a session with its verdict.

    Where no pain limit was recorded, that of the templates holds. A score for the whole session counts like
    one more set.
    """
    limits = {each.number: PAIN_LIMIT if each.pain_limit is None else each.pain_limit for each in visit.sets}
    pains = {each.number: None for each in visit.sets if each.source != "outside"} | _pains(visit.scores)
    least = min(limits.values(), default=PAIN_LIMIT)
    told = visit.morning_pain is not None and visit.back_to_usual is not None
    morning = Morning(visit.morning_pain or 0, bool(visit.back_to_usual), visit.pain_before) if told else None
    judgement = judge(
        [SetPain(worst, limits.get(number, least)) for number, worst in pains.items()],
        morning,
        sudden=any(each.stopped == SUDDEN_PAIN for each in visit.sets),
        rule=rule,
    )
    return PastVisit(
        visit.session_id,
        _local(visit.started_ns),
        _highest(each.stage for each in visit.sets),
        max((pain for pain in pains.values() if pain is not None), default=None),
        Before(visit.pain_before, visit.stops),
        morning,
        judgement,
    )


def _pains(scores: Sequence[Score]) -> dict[int | None, int | None]:
    """Return the pain of each set: what somebody entered later corrects what was recorded."""
    told = [each for each in scores if each.kind == "pain"]
    ordered = sorted(told, key=lambda each: each.source == "entered")
    return {each.set_number: each.value for each in ordered}


def _missing(filed: SessionEntry, session: Session) -> Iterator[Score]:
    """Yield what was told in a session whose recording does not hold it, as where its end was lost."""
    known = {each.set_number for each in filed.scores if each.kind == "pain"}
    for number, record in enumerate(session.sets, 1):
        if record.pain is not None and number not in known:
            yield Score("pain", record.pain, number)


def _holding(entries: Sequence[PlanEntry], today: date) -> list[PlanEntry]:
    return [each for each in entries if each.begun <= today and (each.ended is None or each.ended > today)]


def _plan(entry: PlanEntry) -> Plan | None:
    """Return a plan; None where the catalogue holds one that this program does not know."""
    kept = asdict(entry.prescription)
    return read_plan({**kept, "tempo": kept})


def _prescription(plan: Plan, today: Today) -> Prescription:
    return Prescription(
        plan.exercise,
        plan.side,
        plan.sets,
        plan.reps,
        **asdict(plan.tempo),
        rest_between_sets_s=plan.rest_between_sets_s,
        pain_limit=plan.pain_limit,
        variant=plan.variant,
        stage=plan.stage,
        sessions_per_week=plan.sessions_per_week,
        title=today.title,
        source=today.source or "",
    )


def _highest(stages: Iterator[int | None] | Sequence[int | None]) -> int | None:
    return max((each for each in stages if each is not None), default=None)


def _ns(when: datetime) -> int:
    return round(when.timestamp()) * 1_000_000_000


def _local(started_ns: int) -> datetime | None:
    return datetime.fromtimestamp(started_ns / 1e9, UTC).astimezone() if started_ns > 0 else None


def _day(started_ns: int | None) -> date | None:
    when = _local(started_ns or 0)
    return None if when is None else when.date()


def _enter(catalogue: Catalogue, code: str | None, recording: Path, session: Session, before: Before) -> None:
    person = None if code is None else catalogue.person(code)
    session_id = filing.file_recording(catalogue, recording)
    if person is not None:
        catalogue.assign(catalogue.row(session_id), person)
    catalogue.tell_before(session_id, before.pain, before.stops)
    for score in _missing(catalogue.session(session_id), session):
        catalogue.add_score(session_id, score)
