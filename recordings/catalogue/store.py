"""The catalogue: who was measured when, what was prescribed, what came of it, and where the files are.

An edit says which version of a thing it was made from; where somebody else has changed it meanwhile, it is
refused with EditConflictError, so that no edit is ever lost. Everything else may happen at the same time.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    and_,
    delete,
    exc,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from recordings.catalogue import pin as pins
from recordings.catalogue import sqlite_file
from recordings.catalogue import tables as t
from recordings.catalogue.database import explained, open_file, open_server, reading, writing
from recordings.catalogue.entries import (
    LARGEST_PAGE,
    LONGEST_NAME,
    LONGEST_NOTE,
    Belongings,
    CatalogueError,
    Deed,
    Did,
    EditConflictError,
    Export,
    Kind,
    Note,
    Page,
    Person,
    PlanEntry,
    Prescription,
    RepEntry,
    Score,
    SessionEntry,
    SessionFilter,
    SessionRow,
    SetEntry,
    Visit,
    checked_code,
    checked_prescription,
    checked_score,
    checked_text,
)
from recordings.catalogue.sqlite_file import Connect

_LONGEST_PATH = 4096
# How often something is tried again that another program did first: a new code, the same session.
_TRIES = 50
_PAGE = re.compile(r"(-?\d{1,19})-(\d{1,19})")
_DAY_S = 86_400
# The least that SQLite allows in one statement, in any build, is 999 values.
_AT_ONCE = 500

# What PostgreSQL calls two transactions that wait for each other, or that one of them came too late.
_CLASHES = {"40P01", "40001"}

_Result = TypeVar("_Result")


def open_catalogue(place: Path | str, opened: Connect = sqlite_file.connect, who: str = "") -> Catalogue:
    """Open the catalogue in a file (Path) or at the address of a PostgreSQL server (str).

    A file that is missing is made. Raises CatalogueError if it is damaged, no catalogue or made by a newer
    version of this program, or cannot be reached. opened: how a file is opened, for one with a key.
    who: the account that is noted with every change.
    """
    if isinstance(place, Path):
        return Catalogue(open_file(place, opened), str(place), who)
    engine = open_server(place)
    return Catalogue(engine, engine.url.render_as_string(hide_password=True), who)


class Catalogue:
    """An open catalogue; may be used by several threads. All its methods raise CatalogueError."""

    def __init__(self, engine: Engine, name: str, who: str = "") -> None:
        """Take an engine with up-to-date tables, from `open_catalogue`. name: for messages."""
        self._engine = engine
        self.name = name
        self._who = who

    def close(self) -> None:
        """Let go of the file or the server."""
        self._engine.dispose()

    def __enter__(self) -> Catalogue:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    # --- people, plans, notes --------------------------------------------------------------------------

    def add_person(self, code: str | None = None, display_name: str = "") -> Person:
        """Add a person, under the next free number (P001 ...) if no code is given."""
        checked_text(display_name, "name", LONGEST_NAME)
        if code is not None:
            checked_code(code)

        def add(connection: Connection) -> Person:
            chosen = _next_code(connection) if code is None else code
            statement = insert(t.people).values(code=chosen, display_name=display_name, version=1)
            number = _new_id(connection, statement)
            self._note_deed(connection, "changed", "person", number)
            return Person(number, chosen, display_name, 1)

        if code is None:
            return self._write_again(add)
        try:
            return self._write(add)
        except exc.IntegrityError as error:
            raise CatalogueError(f"there is a person {code} already") from error

    def people(self) -> tuple[Person, ...]:
        """Return everybody, in the order of their codes."""
        with self._reading() as connection:
            return tuple(
                _person(row) for row in connection.execute(select(t.people).order_by(t.people.c.code))
            )

    def person(self, code: str) -> Person:
        """Return the person with a code."""
        with self._reading() as connection:
            return _require_person(connection, code)

    def edit_person(self, person: Person) -> Person:
        """Change the code or the name of a person and return what holds now."""
        values = {
            "code": checked_code(person.code),
            "display_name": checked_text(person.display_name, "name", LONGEST_NAME),
        }
        try:
            self._edit_noted(t.people, "person", person.id, person.version, values)
        except exc.IntegrityError as error:
            raise CatalogueError(f"there is a person {person.code} already") from error
        return replace(person, version=person.version + 1)

    def add_plan(self, person: Person, prescription: Prescription, begun: date) -> PlanEntry:
        """Prescribe something to a person from a day on."""
        values = {**asdict(checked_prescription(prescription)), "begun": begun.isoformat(), "version": 1}
        statement = insert(t.plans).values(person_id=person.id, **values)
        try:
            number = self._write(lambda connection: self._add_noted(connection, "plan", statement))
        except exc.IntegrityError as error:
            raise _gone(f"person {person.code}") from error
        return PlanEntry(number, person.id, prescription, begun, None, 1)

    def plans(self, person: Person) -> tuple[PlanEntry, ...]:
        """Return all that was prescribed to a person, the oldest first."""
        query = (
            select(t.plans).where(t.plans.c.person_id == person.id).order_by(t.plans.c.begun, t.plans.c.id)
        )
        with self._reading() as connection:
            return tuple(_plan(row) for row in connection.execute(query))

    def plan(self, number: int) -> PlanEntry:
        """Return the plan of a number."""
        with self._reading() as connection:
            row = connection.execute(select(t.plans).where(t.plans.c.id == number)).first()
        if row is None:
            raise CatalogueError(f"there is no plan {number} in the catalogue")
        return _plan(row)

    def edit_plan(self, plan: PlanEntry) -> PlanEntry:
        """Change a plan, or end it, and return what holds now."""
        ended = None if plan.ended is None else plan.ended.isoformat()
        values = {
            **asdict(checked_prescription(plan.prescription)),
            "begun": plan.begun.isoformat(),
            "ended": ended,
        }
        self._edit_noted(t.plans, "plan", plan.id, plan.version, values)
        return replace(plan, version=plan.version + 1)

    def prescribe(
        self, person: Person, prescriptions: Sequence[Prescription], begun: date
    ) -> tuple[PlanEntry, ...]:
        """Prescribe something in the place of everything that holds; both at once or neither."""
        rows = [asdict(checked_prescription(each)) for each in prescriptions]

        def prescribe(connection: Connection) -> list[int]:
            held = (t.plans.c.person_id == person.id) & t.plans.c.ended.is_(None)
            ends = {"ended": begun.isoformat(), "version": t.plans.c.version + 1}
            connection.execute(update(t.plans).where(held).values(**ends))
            both = {"person_id": person.id, "begun": begun.isoformat(), "version": 1}
            return [
                self._add_noted(connection, "plan", insert(t.plans).values(**both, **row)) for row in rows
            ]

        try:
            numbers = self._write(prescribe)
        except exc.IntegrityError as error:
            raise _gone(f"person {person.code}") from error
        return tuple(
            PlanEntry(number, person.id, each, begun, None, 1)
            for number, each in zip(numbers, prescriptions, strict=True)
        )

    def add_note(self, text: str, person: Person | None = None, session_id: str | None = None) -> Note:
        """Write a note on a person, a session, or both."""
        if person is None and session_id is None:
            raise CatalogueError("a note belongs to a person or to a session")
        values = {
            "text": checked_text(text, "note", LONGEST_NOTE),
            "written_ns": time.time_ns(),
            "version": 1,
        }
        person_id = None if person is None else person.id

        def add(connection: Connection) -> int:
            session = None if session_id is None else _require_session(connection, session_id)
            statement = insert(t.notes).values(person_id=person_id, session=session, **values)
            return self._add_noted(connection, "note", statement)

        try:
            number = self._write(add)
        except exc.IntegrityError as error:
            raise _gone(f"person {person.code}" if person else f"session {session_id}") from error
        return Note(number, text, values["written_ns"], person_id, session_id, 1)

    def notes(self, person: Person | None = None, session_id: str | None = None) -> tuple[Note, ...]:
        """Return the notes on a person, on a session, or on both together, the oldest first."""
        query = _notes().order_by(t.notes.c.written_ns, t.notes.c.id)
        if person is not None:
            query = query.where(t.notes.c.person_id == person.id)
        if session_id is not None:
            query = query.where(t.sessions.c.session_id == session_id)
        with self._reading() as connection:
            return tuple(map(_note, connection.execute(query)))

    def note(self, number: int) -> Note:
        """Return the note of a number."""
        with self._reading() as connection:
            row = connection.execute(_notes().where(t.notes.c.id == number)).first()
        if row is None:
            raise CatalogueError(f"there is no note {number} in the catalogue")
        return _note(row)

    def delete_note(self, note: Note) -> None:
        """Delete a note, as one that was written on somebody else."""
        same = (t.notes.c.id == note.id) & (t.notes.c.version == note.version)

        def forget(connection: Connection) -> None:
            if connection.execute(delete(t.notes).where(same)).rowcount == 0:
                _refuse_edit(connection, t.notes, note.id)
            self._note_deed(connection, "deleted", "note", note.id)

        self._write(forget)

    def edit_note(self, note: Note) -> Note:
        """Change the text of a note and return what holds now."""
        values = {"text": checked_text(note.text, "note", LONGEST_NOTE)}
        self._edit_noted(t.notes, "note", note.id, note.version, values)
        return replace(note, version=note.version + 1)

    # --- sessions --------------------------------------------------------------------------------------

    def file_session(self, entry: SessionEntry) -> None:
        """Enter a session, or put a new measurement in the place of the one before.

        Its person, its notes and the scores entered by hand stay.
        """
        for text, what in ((entry.session_id, "session's id"), (entry.sensor, "sensor's name")):
            checked_text(text, what, LONGEST_NAME)
        for path in entry.files:
            checked_text(path, "name of the file", _LONGEST_PATH)
        for score in entry.scores:
            checked_score(score)
        for each in entry.sets:
            for text, what in ((each.variant, "variant"), (each.sound, "sound"), (each.stopped, "end")):
                checked_text(text or "", f"{what} of a set", LONGEST_NAME)
        no_number = CatalogueError(f"session {entry.session_id} holds numbers that cannot be kept")
        # SQLite would take what is no number for nothing.
        if not all(isfinite(value) for value in _numbers(entry)):
            raise no_number

        def file(connection: Connection) -> None:
            _file_session(connection, entry)
            self._note_deed(connection, "changed", "session", _require_session(connection, entry.session_id))

        try:
            self._write_again(file)
        except (exc.DataError, OverflowError) as error:
            raise no_number from error

    def session(self, session_id: str) -> SessionEntry:
        """Return a session with its sets, repetitions and scores."""
        with self._reading() as connection:
            session = _require_session(connection, session_id)
            return _session_entry(connection, session)

    def sessions(self, wanted: SessionFilter | None = None, page: str | None = None, limit: int = 50) -> Page:
        """Return a page of sessions, the newest first. page: `next_page` of the one before."""
        wanted = wanted or SessionFilter()
        limit = min(max(limit, 1), LARGEST_PAGE)
        with self._reading() as connection:
            person_id = None if wanted.person is None else _require_person(connection, wanted.person).id
            query = _page_query(wanted, person_id, page).limit(limit + 1)
            ids = [row.id for row in connection.execute(query)]
            rows = _session_rows(connection, ids[:limit])
        last = rows[-1] if len(ids) > limit else None
        return Page(tuple(rows), None if last is None else f"{last.started_ns}-{ids[limit - 1]}")

    def row(self, session_id: str) -> SessionRow:
        """Return a session as the list shows it."""
        with self._reading() as connection:
            return _session_rows(connection, [_require_session(connection, session_id)])[0]

    def knows(self, session_id: str) -> bool:
        """Tell whether a session is in the catalogue."""
        with self._reading() as connection:
            return bool(connection.scalar(select(exists().where(t.sessions.c.session_id == session_id))))

    def assign(self, session: SessionRow, person: Person | None) -> SessionRow:
        """Say whose session it is (None: nobody's) and return what holds now."""

        def assign(connection: Connection) -> None:
            values = {"person_id": None if person is None else person.id}
            number = _require_session(connection, session.session_id)
            _edit(connection, t.sessions, number, session.version, values)
            self._note_deed(connection, "changed", "session", number)

        try:
            self._write(assign)
        except exc.IntegrityError as error:
            raise _gone(f"person {person.code}" if person else "it") from error
        code, name = (None, None) if person is None else (person.code, person.display_name)
        return replace(session, person=code, display_name=name, version=session.version + 1)

    def add_score(self, session_id: str, score: Score) -> None:
        """Add a pain or effort score that was told after the session."""
        checked_score(score)

        def add(connection: Connection) -> None:
            session = _require_session(connection, session_id)
            values = {**asdict(score), "source": "entered"}
            connection.execute(insert(t.scores).values(session=session, **values))
            self._note_deed(connection, "changed", "session", session)

        self._write(add)

    def tell_before(self, session_id: str, pain: int | None, stops: Sequence[str]) -> None:
        """Enter how it was before a session: pain, and the points of the stop list that held."""
        if pain is not None:
            checked_score(Score("pain", pain))
        for each in stops:
            checked_text(each, "point of the stop list", LONGEST_NAME)
        self._tell(session_id, pain_before=pain, stops=json.dumps(list(stops)))

    def tell_morning(
        self,
        session_id: str,
        pain: int,
        back_to_usual: bool,
        instead_of: tuple[int, bool] | None = None,
    ) -> None:
        """Enter how it was on the morning after a session; the same may be told again.

        instead_of: the pain and whether it was back to usual that this corrects. Raises EditConflictError
        if something else than that was told, perhaps by somebody else at the same moment.
        """
        checked_score(Score("pain", pain))
        values = {"morning_pain": pain, "back_to_usual": int(back_to_usual)}
        replaced = [{"morning_pain": None, "back_to_usual": None}, values]
        if instead_of is not None:
            replaced[0] = {"morning_pain": instead_of[0], "back_to_usual": int(instead_of[1])}

        def tell(connection: Connection) -> None:
            session = _require_session(connection, session_id)
            self._note_deed(connection, "changed", "session", session)
            # One statement looks and writes: what another program tells meanwhile is seen, or waits.
            fits = or_(*(and_(*(t.visits.c[name].is_(told) if told is None else t.visits.c[name] == told
                                for name, told in each.items())) for each in replaced))  # fmt: skip
            same = t.visits.c.session == session
            if connection.execute(update(t.visits).where(same, fits).values(**values)).rowcount:
                return
            there = connection.execute(
                select(t.visits.c.morning_pain, t.visits.c.back_to_usual).where(same)
            ).one_or_none()
            if there is None:
                connection.execute(insert(t.visits).values(session=session, stops="[]", **values))
                return
            raise EditConflictError(_told_morning(there.morning_pain, there.back_to_usual))

        self._write_again(tell)

    def _tell(self, session_id: str, **values: int | str | None) -> None:
        def tell(connection: Connection) -> None:
            session = _require_session(connection, session_id)
            self._note_deed(connection, "changed", "session", session)
            same = t.visits.c.session == session
            if connection.execute(update(t.visits).where(same).values(**values)).rowcount == 0:
                connection.execute(insert(t.visits).values(session=session, **{"stops": "[]", **values}))

        self._write_again(tell)

    def visits(
        self, person: Person | None = None, since_ns: int | None = None, limit: int = 50
    ) -> tuple[Visit, ...]:
        """Return the sessions of a person, or of everybody who has a code, the newest first; 500 at most."""
        owned = t.sessions.c.person_id.is_not(None)
        if person is not None:
            owned = t.sessions.c.person_id == person.id
        query = (
            _visit_rows()
            .where(owned)
            .order_by(t.sessions.c.started_ns.desc(), t.sessions.c.id.desc())
            .limit(min(max(limit, 1), _AT_ONCE))
        )
        if since_ns is not None:
            query = query.where(t.sessions.c.started_ns >= since_ns)
        with self._reading() as connection:
            return _visits(connection, connection.execute(query).all())

    def visit(self, session_id: str) -> Visit:
        """Return one session, as `visits` does, also one that is nobody's."""
        with self._reading() as connection:
            session = _require_session(connection, session_id)
            rows = connection.execute(_visit_rows().where(t.sessions.c.id == session)).all()
            return _visits(connection, rows)[0]

    def visits_of(self, session_ids: Sequence[str]) -> dict[str, Visit]:
        """Return some sessions by their ids, 500 at most; what is not known is left out."""
        query = _visit_rows().where(t.sessions.c.session_id.in_(session_ids[:_AT_ONCE]))
        with self._reading() as connection:
            found = _visits(connection, connection.execute(query).all())
        return {each.session_id: each for each in found}

    def last_sessions(self) -> dict[str, int]:
        """Return when each person's last session began (ns since 1970 UTC), by code."""
        query = (
            select(t.people.c.code, func.max(t.sessions.c.started_ns).label("started_ns"))
            .join(t.sessions)
            .group_by(t.people.c.code)
        )
        with self._reading() as connection:
            return {row.code: row.started_ns for row in connection.execute(query)}

    def files(self) -> dict[str, str]:
        """Return the path of every known recording with the id of its session."""
        query = select(t.files.c.path, t.sessions.c.session_id).join(t.sessions)
        with self._reading() as connection:
            return {row.path: row.session_id for row in connection.execute(query)}

    def add_file(self, session_id: str, path: Path) -> None:
        """Note that a file holds the recording of a session, beside those that are known."""
        text = checked_text(str(path), "name of the file", _LONGEST_PATH)

        def add(connection: Connection) -> None:
            session = _require_session(connection, session_id)
            connection.execute(delete(t.files).where(t.files.c.path == text))
            connection.execute(insert(t.files).values(path=text, session=session))

        self._write_again(add)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Forget recordings that are no longer where they were; their sessions stay."""
        every = sorted(set(paths))

        def forget(connection: Connection) -> None:
            for first in range(0, len(every), _AT_ONCE):
                some = every[first : first + _AT_ONCE]
                connection.execute(delete(t.files).where(t.files.c.path.in_(some)))

        self._write(forget)

    def add_export(self, session_id: str, path: Path) -> None:
        """Note that something was exported from a session, so that it can be found when it must go."""
        text = checked_text(str(path), "name of the file", _LONGEST_PATH)

        def add(connection: Connection) -> None:
            session = _require_session(connection, session_id)
            same = (t.exports.c.session == session) & (t.exports.c.path == text)
            made = {"made_ns": time.time_ns()}
            if connection.execute(update(t.exports).where(same).values(**made)).rowcount == 0:
                connection.execute(insert(t.exports).values(session=session, path=text, **made))
            self._note_deed(connection, "exported", "session", session)

        self._write_again(add)

    # --- who may see the people ------------------------------------------------------------------------

    def pin_names(self) -> tuple[str, ...]:
        """Return which therapists have a PIN; without any, everybody sees everything."""
        with self._reading() as connection:
            return tuple(connection.execute(select(t.pins.c.name).order_by(t.pins.c.name)).scalars())

    def set_pin(self, name: str, pin: str) -> None:
        """Give a therapist a PIN of 4 to 12 digits, in the place of the one before."""
        if not checked_text(name, "name", LONGEST_NAME).strip():
            raise CatalogueError("a PIN needs the name of its therapist")
        kept = pins.hashed(pin)

        def keep(connection: Connection) -> None:
            connection.execute(delete(t.pins).where(t.pins.c.name == name))
            connection.execute(insert(t.pins).values(name=name, hashed=kept, wrong=0, wrong_at_ns=0))

        self._write_again(keep)

    def clear_pin(self, name: str) -> bool:
        """Forget a therapist's PIN and return whether there was one."""
        return self._write(
            lambda connection: connection.execute(delete(t.pins).where(t.pins.c.name == name)).rowcount > 0
        )

    def unlock(self, pin: str, now_ns: int | None = None) -> None:
        """Check a PIN against those of all therapists; without any, every PIN is right.

        now_ns: since 1970; None: now. Raises WrongPinError, also for a right one that comes too early.
        """
        at_ns = time.time_ns() if now_ns is None else now_ns

        def check(connection: Connection) -> pins.WrongPinError | None:
            # Counted also where the answer is a refusal, which must not undo the count.
            rows = connection.execute(select(t.pins)).all()
            if not rows:
                return None
            wrong = max(row.wrong for row in rows)
            left_s = pins.wait_s(wrong, max(row.wrong_at_ns for row in rows), at_ns)
            if left_s > 0:
                return pins.WrongPinError(left_s, early=True)
            if any(pins.matches(pin, row.hashed) for row in rows):
                connection.execute(update(t.pins).values(wrong=0, wrong_at_ns=0))
                return None
            connection.execute(update(t.pins).values(wrong=wrong + 1, wrong_at_ns=at_ns))
            return pins.WrongPinError(pins.wait_s(wrong + 1, at_ns, at_ns), early=False)

        refusal = self._write(check)
        if refusal is not None:
            raise refusal

    # --- who did what ----------------------------------------------------------------------------------

    def note_opened(self, session_id: str) -> None:
        """Note that somebody looks at a session."""
        self._write_again(
            lambda connection: self._note_deed(
                connection, "opened", "session", _require_session(connection, session_id)
            )
        )

    def deeds(self, limit: int = 100) -> tuple[Deed, ...]:
        """Return who did what, the newest first."""
        query = (
            select(t.audit, func.coalesce(t.people.c.code, t.sessions.c.session_id).label("name"))
            .outerjoin(t.people, (t.audit.c.kind == "person") & (t.audit.c.number == t.people.c.id))
            .outerjoin(t.sessions, (t.audit.c.kind == "session") & (t.audit.c.number == t.sessions.c.id))
            .order_by(t.audit.c.id.desc())
            .limit(limit)
        )
        with self._reading() as connection:
            return tuple(
                Deed(row.at_ns, row.who, row.did, row.kind, row.number, row.name)
                for row in connection.execute(query)
            )

    def _note_deed(self, connection: Connection, did: Did, kind: Kind, number: int) -> None:
        values = {"at_ns": time.time_ns(), "who": self._who, "did": did, "kind": kind, "number": number}
        connection.execute(insert(t.audit).values(**values))

    def _add_noted(self, connection: Connection, kind: Kind, statement: Any) -> int:
        number = _new_id(connection, statement)
        self._note_deed(connection, "changed", kind, number)
        return number

    def _edit_noted(self, table: Any, kind: Kind, number: int, version: int, values: dict[str, Any]) -> None:
        def edit(connection: Connection) -> None:
            _edit(connection, table, number, version, values)
            self._note_deed(connection, "changed", kind, number)

        self._write(edit)

    # --- a person's end --------------------------------------------------------------------------------

    def belongings(self, person: Person) -> Belongings:
        """Return all that is known of a person."""
        mine = t.sessions.c.person_id == person.id
        with self._reading() as connection:
            ids = connection.scalars(
                select(t.sessions.c.session_id).where(mine).order_by(t.sessions.c.id)
            ).all()
            files = connection.execute(
                select(t.files.c.path, t.sessions.c.session_id)
                .join(t.sessions)
                .where(mine)
                .order_by(t.files.c.path)
            )
            recordings = tuple((row.path, row.session_id) for row in files)
            made = connection.execute(
                select(t.sessions.c.session_id, t.exports.c.path, t.exports.c.made_ns)
                .join(t.sessions)
                .where(mine)
                .order_by(t.exports.c.path)
            )
            exports = tuple(Export(row.session_id, row.path, row.made_ns) for row in made)
            plans, notes = (
                connection.scalar(select(func.count()).select_from(table).where(owned)) or 0
                for table, owned in (
                    (t.plans, t.plans.c.person_id == person.id),
                    (t.notes, _notes_of(person.id)),
                )
            )
        return Belongings(person, tuple(ids), recordings, exports, plans, notes)

    def delete_person(self, person: Person) -> bool:
        """Delete a person with all sessions, plans, notes and scores, and overwrite where they stood.

        Return whether the latter was possible: not while another program reads a file's older state. On a
        server, its logs and its own backups are out of reach.
        """

        def forget(connection: Connection) -> None:
            # Whoever edits the person meanwhile comes before or after, and is told.
            held = select(t.people.c.id).where(t.people.c.id == person.id).with_for_update()
            if connection.scalar(held) is None:
                raise _gone(f"person {person.code}")
            mine = select(t.sessions.c.id).where(t.sessions.c.person_id == person.id)
            for number in connection.scalars(mine).all():
                self._note_deed(connection, "deleted", "session", number)
            self._note_deed(connection, "deleted", "person", person.id)
            connection.execute(delete(t.notes).where(_notes_of(person.id)))
            connection.execute(delete(t.sessions).where(t.sessions.c.person_id == person.id))
            connection.execute(delete(t.people).where(t.people.c.id == person.id))

        self._write(forget)
        return self._overwrite()

    def _overwrite(self) -> bool:
        with explained(self.name, self._engine):
            if self._engine.dialect.name == "sqlite":
                with closing(self._engine.raw_connection()) as connection:
                    cursor = connection.cursor()
                    cursor.execute("VACUUM")
                    # The log still holds the pages as they were.
                    (is_busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    cursor.close()
                return not is_busy
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for table in t.metadata.sorted_tables:
                    connection.exec_driver_sql(f"VACUUM FULL {table.name}")
            return True

    # --- transactions ----------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with explained(self.name, self._engine), reading(self._engine) as connection:
            yield connection

    def _write(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do something in a transaction. Raises DBAPIError where another one has come first."""
        with explained(self.name, self._engine):
            try:
                with writing(self._engine) as connection:
                    return work(connection)
            except exc.DBAPIError as error:
                if not isinstance(error, exc.IntegrityError) and _sqlstate(error) not in _CLASHES:
                    raise
                clash = error
        raise clash

    def _write_again(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do something that another program may have done first: then once more, knowing of it."""
        for _ in range(_TRIES):
            try:
                return self._write(work)
            except exc.DBAPIError:
                continue
        raise CatalogueError(f"the catalogue {self.name} is busy: others keep changing the same thing")


def _sqlstate(error: exc.DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _told_morning(pain: int | None, back_to_usual: int | None) -> str:
    if pain is None:
        return "The morning after this session was taken back meanwhile: look at it again"
    usual = "as usual" if back_to_usual else "worse than usual"
    return (
        f"The morning after this session was told already, as pain {pain}, {usual}: that stays; "
        "if it is wrong, correct it"
    )


def _gone(what: str) -> CatalogueError:
    return CatalogueError(f"{what} is no longer in the catalogue")


def _notes_of(person_id: int) -> Any:
    sessions = select(t.sessions.c.id).where(t.sessions.c.person_id == person_id)
    return (t.notes.c.person_id == person_id) | t.notes.c.session.in_(sessions)


def _new_id(connection: Connection, statement: Any) -> int:
    (number,) = connection.execute(statement).inserted_primary_key or (None,)
    if number is None:
        raise CatalogueError("the catalogue gave no number to a new row")
    return number


def _next_code(connection: Connection) -> str:
    taken = connection.scalars(select(t.people.c.code).where(t.people.c.code.like("P%"))).all()
    numbers = [int(code[1:]) for code in taken if re.fullmatch(r"P\d{3,9}", code)]
    return f"P{max(numbers, default=0) + 1:03d}"


def _edit(connection: Connection, table: Any, number: int, version: int, values: dict[str, Any]) -> None:
    """Change a row if it still is the one that was read."""
    same = (table.c.id == number) & (table.c.version == version)
    if connection.execute(update(table).where(same).values(version=version + 1, **values)).rowcount:
        return
    _refuse_edit(connection, table, number)


def _refuse_edit(connection: Connection, table: Any, number: int) -> NoReturn:
    if connection.scalar(select(exists().where(table.c.id == number))):
        raise EditConflictError(
            "somebody else has changed it meanwhile: look at it again and repeat the change"
        )
    raise _gone("what was to be changed")


def _notes() -> Select[Any]:
    return select(t.notes, t.sessions.c.session_id).outerjoin(
        t.sessions, t.sessions.c.id == t.notes.c.session
    )


def _note(row: Any) -> Note:
    return Note(row.id, row.text, row.written_ns, row.person_id, row.session_id, row.version)


def _person(row: Any) -> Person:
    return Person(row.id, row.code, row.display_name, row.version)


def _require_person(connection: Connection, code: str) -> Person:
    row = connection.execute(select(t.people).where(t.people.c.code == code)).first()
    if row is None:
        raise CatalogueError(f"there is no person {code} in the catalogue")
    return _person(row)


def _require_session(connection: Connection, session_id: str) -> int:
    number = connection.scalar(select(t.sessions.c.id).where(t.sessions.c.session_id == session_id))
    if number is None:
        raise CatalogueError(f"there is no session {session_id} in the catalogue")
    return number


def _plan(row: Any) -> PlanEntry:
    prescription = Prescription(**{name: getattr(row, name) for name in Prescription.__dataclass_fields__})
    ended = None if row.ended is None else date.fromisoformat(row.ended)
    return PlanEntry(row.id, row.person_id, prescription, date.fromisoformat(row.begun), ended, row.version)


def _visit_rows() -> Select[Any]:
    told = (column for column in t.visits.c if column.name != "session")
    return (
        select(t.sessions, t.people.c.code, *told)
        .outerjoin(t.people, t.people.c.id == t.sessions.c.person_id)
        .outerjoin(t.visits, t.visits.c.session == t.sessions.c.id)
    )


def _visits(connection: Connection, found: Sequence[Any]) -> tuple[Visit, ...]:
    ids = [row.id for row in found]
    sets: dict[int, list[SetEntry]] = {}
    for row in connection.execute(_some(t.sets, ids)):
        sets.setdefault(row.session, []).append(_set(row, ()))
    scores: dict[int, list[Score]] = {}
    for row in connection.execute(_some(t.scores, ids)):
        scores.setdefault(row.session, []).append(_score(row))
    return tuple(
        Visit(
            row.session_id,
            row.code,
            row.started_ns,
            row.pain_before,
            tuple(json.loads(row.stops or "[]")),
            row.morning_pain,
            None if row.back_to_usual is None else bool(row.back_to_usual),
            tuple(sets.get(row.id, ())),
            tuple(scores.get(row.id, ())),
        )
        for row in found
    )


def _set(row: Any, reps: tuple[RepEntry, ...]) -> SetEntry:
    return SetEntry(reps=reps, **{column: getattr(row, column) for column in _SET_COLUMNS})


def _score(row: Any) -> Score:
    return Score(row.kind, row.value, row.set_number, row.source)


def _some(table: Any, ids: Sequence[int]) -> Select[Any]:
    return select(table).where(table.c.session.in_(ids)).order_by(table.c.id)


def _numbers(entry: SessionEntry) -> Iterator[float]:
    yield entry.duration_s
    for each in entry.sets:
        for part in (each, *each.reps):
            values = (getattr(part, name) for name in part.__dataclass_fields__)
            yield from (value for value in values if isinstance(value, float))


def _file_session(connection: Connection, entry: SessionEntry) -> None:
    values = {
        "started_ns": entry.started_ns,
        "time_zone": entry.time_zone,
        "duration_s": entry.duration_s,
        "sensor": entry.sensor,
        "simulated": int(entry.simulated),
        "damaged": int(entry.damaged),
        "algorithm_version": entry.algorithm_version,
    }
    # Locked, so that two programs that file the same session do it one after the other.
    known = select(t.sessions.c.id).where(t.sessions.c.session_id == entry.session_id).with_for_update()
    session = connection.scalar(known)
    if session is None:
        statement = insert(t.sessions).values(session_id=entry.session_id, version=1, **values)
        session = _new_id(connection, statement)
    else:
        connection.execute(update(t.sessions).where(t.sessions.c.id == session).values(**values))
        connection.execute(delete(t.sets).where(t.sets.c.session == session))
        connection.execute(delete(t.session_exercises).where(t.session_exercises.c.session == session))
        recorded = (t.scores.c.session == session) & (t.scores.c.source == "recorded")
        connection.execute(delete(t.scores).where(recorded))
    if entry.files:
        connection.execute(delete(t.files).where(t.files.c.path.in_(entry.files)))
        _insert(connection, t.files, [{"path": path, "session": session} for path in entry.files])
    _insert(
        connection,
        t.session_exercises,
        [
            {"session": session, "exercise": exercise, "started_ns": entry.started_ns}
            for exercise in entry.exercises
        ],
    )
    _insert(
        connection,
        t.scores,
        [{"session": session, **asdict(each), "source": "recorded"} for each in entry.scores],
    )
    for each in entry.sets:
        columns = {column: getattr(each, column) for column in _SET_COLUMNS}
        set_id = _new_id(connection, insert(t.sets).values(session=session, **columns))
        rows = [{column: getattr(rep, column) for column in _REP_COLUMNS} for rep in each.reps]
        _insert(connection, t.reps, [{"session": session, "set_id": set_id, **row} for row in rows])


_SET_COLUMNS = tuple(name for name in SetEntry.__dataclass_fields__ if name != "reps")
_REP_COLUMNS = tuple(name for name in RepEntry.__dataclass_fields__ if name != "set_number")


def _insert(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _session_entry(connection: Connection, session: int) -> SessionEntry:
    row = connection.execute(select(t.sessions).where(t.sessions.c.id == session)).one()
    of_set: dict[int, list[RepEntry]] = {}
    numbers = {
        each.id: each
        for each in connection.execute(
            select(t.sets).where(t.sets.c.session == session).order_by(t.sets.c.id)
        )
    }
    for rep in connection.execute(
        select(t.reps).where(t.reps.c.session == session).order_by(t.reps.c.number)
    ):
        columns = {column: getattr(rep, column) for column in _REP_COLUMNS}
        entry = RepEntry(set_number=numbers[rep.set_id].number, **columns)
        of_set.setdefault(rep.set_id, []).append(entry)
    sets = tuple(_set(each, tuple(of_set.get(number, ()))) for number, each in numbers.items())
    told = connection.execute(select(t.scores).where(t.scores.c.session == session).order_by(t.scores.c.id))
    paths = select(t.files.c.path).where(t.files.c.session == session).order_by(t.files.c.path)
    return SessionEntry(
        row.session_id,
        row.started_ns,
        row.time_zone,
        row.duration_s,
        row.sensor,
        bool(row.simulated),
        bool(row.damaged),
        row.algorithm_version,
        tuple(connection.scalars(paths)),
        sets,
        tuple(map(_score, told)),
    )


def _page_query(wanted: SessionFilter, person_id: int | None, page: str | None) -> Select[Any]:
    """Return the ids of the sessions that are wanted, newest first, in the order of one index."""
    by_exercise = t.session_exercises
    if wanted.exercise is None or person_id is not None:
        number, started = t.sessions.c.id, t.sessions.c.started_ns
        query = select(number)
        if person_id is not None:
            query = query.where(t.sessions.c.person_id == person_id)
        if wanted.exercise is not None:
            # A person's sessions are few: looked at one by one.
            mine = (by_exercise.c.session == number) & (by_exercise.c.exercise == wanted.exercise)
            query = query.where(exists().where(mine))
    else:
        number, started = by_exercise.c.session, by_exercise.c.started_ns
        query = select(number.label("id")).where(by_exercise.c.exercise == wanted.exercise)
    if wanted.from_ns is not None:
        query = query.where(started >= wanted.from_ns)
    if wanted.to_ns is not None:
        query = query.where(started < wanted.to_ns)
    if page is not None:
        # From where the page before ended, not from the beginning: the last page costs what the first does.
        query = query.where(tuple_(started, number) < tuple_(*_page_start(page)))
    return query.order_by(started.desc(), number.desc())


def _page_start(page: str) -> tuple[int, int]:
    found = _PAGE.fullmatch(page)
    if found is None:
        raise CatalogueError(f"{page!r} is not the next page of a list")
    return int(found[1]), int(found[2])


def _session_rows(connection: Connection, ids: Sequence[int]) -> list[SessionRow]:
    if not ids:
        return []
    query = (
        select(t.sessions, t.people.c.code, t.people.c.display_name)
        .outerjoin(t.people, t.people.c.id == t.sessions.c.person_id)
        .where(t.sessions.c.id.in_(ids))
    )
    found = {row.id: row for row in connection.execute(query)}
    exercises: dict[int, list[str]] = {}
    by_exercise = t.session_exercises.c
    named = select(by_exercise.session, by_exercise.exercise).where(by_exercise.session.in_(ids))
    for row in connection.execute(named.order_by(by_exercise.exercise)):
        exercises.setdefault(row.session, []).append(row.exercise)
    sides: dict[int, list[str]] = {}
    sided = select(t.sets.c.session, t.sets.c.side).where(
        t.sets.c.session.in_(ids), t.sets.c.side.is_not(None)
    )
    for row in connection.execute(sided.distinct().order_by(t.sets.c.side)):
        sides.setdefault(row.session, []).append(row.side)
    pain = t.scores.c.kind == "pain"
    sets, reps, worst = (
        {row.session: row.value for row in connection.execute(counted.group_by(key))}
        for key, counted in (
            (t.sets.c.session, _of(ids, t.sets, func.count()).where(t.sets.c.number.is_not(None))),
            (t.reps.c.session, _of(ids, t.reps, func.count())),
            (t.scores.c.session, _of(ids, t.scores, func.max(t.scores.c.value)).where(pain)),
        )
    )
    return [
        SessionRow(
            row.session_id,
            row.code,
            row.display_name,
            row.started_ns,
            row.time_zone,
            row.duration_s,
            tuple(exercises.get(row.id, ())),
            sets.get(row.id, 0),
            reps.get(row.id, 0),
            worst.get(row.id),
            bool(row.simulated),
            bool(row.damaged),
            row.version,
            tuple(sides.get(row.id, ())),
        )
        for row in (found[number] for number in ids)
    ]


def _of(ids: Sequence[int], table: Any, value: Any) -> Select[Any, Any]:
    return select(table.c.session, value.label("value")).where(table.c.session.in_(ids))
