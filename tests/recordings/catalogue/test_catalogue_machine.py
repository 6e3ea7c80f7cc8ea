"""Whatever is done to a catalogue, in any order and by two programs, it holds what a list would hold."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue.entries import CatalogueError, EditConflictError, Note, Person, Score, SessionEntry
from recordings.catalogue.pin import WrongPinError

NAMES = st.sampled_from(["", "Ann", "Zoë", "עדה", "李"])
NUMBERS = st.integers(0, 4)


@dataclass
class Kept:
    """What a session is known to be."""

    owner: int | None = None
    pains: int = 0


class Cataloguing(RuleBasedStateMachine):
    """Two programs with one catalogue, and what it must hold. A bundle holds what somebody once read."""

    persons = Bundle("persons")
    notes = Bundle("notes")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.place = Path(self.folder.name) / "c.sqlite3"
        self.programs: list[Catalogue] = [open_catalogue(self.place) for _ in range(2)]
        self.people: dict[int, Person] = {}
        self.written: dict[int, Note] = {}
        self.owner_of_note: dict[int, int] = {}
        self.sessions: dict[str, Kept] = {}
        self.pin: str | None = None
        self.turn = 0

    def teardown(self) -> None:
        for each in self.programs:
            each.close()
        self.folder.cleanup()

    @property
    def program(self) -> Catalogue:
        self.turn += 1
        return self.programs[self.turn % 2]

    @rule(target=persons, name=NAMES)
    def add_person(self, name: str) -> Person:
        person = self.program.add_person(display_name=name)
        assert person.id not in self.people
        self.people[person.id] = person
        return person

    @rule(target=persons, person=persons, name=NAMES)
    def rename(self, person: Person, name: str) -> Person:
        held = self.people.get(person.id)
        if held is None or held.version != person.version:
            with pytest.raises(CatalogueError):
                self.program.edit_person(replace(person, display_name=name))
            return person
        self.people[person.id] = self.program.edit_person(replace(person, display_name=name))
        return self.people[person.id]

    @rule(person=consumes(persons))
    def delete(self, person: Person) -> None:
        if person.id not in self.people:
            with pytest.raises(CatalogueError):
                self.program.delete_person(person)
            return
        if self.people[person.id].version != person.version:
            person = self.people[person.id]
        self.program.delete_person(person)
        del self.people[person.id]
        self.sessions = {key: each for key, each in self.sessions.items() if each.owner != person.id}
        self.written = {key: n for key, n in self.written.items() if self.owner_of_note[key] != person.id}

    @rule(target=notes, person=persons, text=st.sampled_from(["sore", "knee fine", "«ü» 👍"]))
    def write(self, person: Person, text: str) -> Note | None:
        if person.id not in self.people:
            return None
        note = self.program.add_note(text, self.people[person.id])
        self.written[note.id] = note
        self.owner_of_note[note.id] = person.id
        return note

    @rule(target=notes, note=notes)
    def rewrite(self, note: Note | None) -> Note | None:
        if note is None:
            return None
        held = self.written.get(note.id)
        changed = replace(note, text=f"{note.text}!"[:60])
        if held is None:
            with pytest.raises(CatalogueError):
                self.program.edit_note(changed)
            return note
        if held.version != note.version:
            with pytest.raises(EditConflictError):
                self.program.edit_note(changed)
            return note
        self.written[note.id] = self.program.edit_note(changed)
        return self.written[note.id]

    @rule(number=NUMBERS)
    def file(self, number: int) -> None:
        entry = SessionEntry(f"s-{number}", number, "UTC", 60.0, "x", False, False, "3", (), (), ())
        self.program.file_session(entry)
        self.sessions.setdefault(entry.session_id, Kept())

    @rule(number=NUMBERS, person=persons)
    def assign(self, number: int, person: Person) -> None:
        session_id = f"s-{number}"
        if session_id not in self.sessions or person.id not in self.people:
            return
        self.program.assign(self.program.row(session_id), self.people[person.id])
        self.sessions[session_id].owner = person.id

    @rule(number=NUMBERS, pain=st.integers(-1, 11))
    def score(self, number: int, pain: int) -> None:
        session_id = f"s-{number}"
        if session_id not in self.sessions or not 0 <= pain <= 10:
            with pytest.raises(CatalogueError):
                self.program.add_score(session_id, Score("pain", pain))
            return
        self.program.add_score(session_id, Score("pain", pain))
        self.sessions[session_id].pains = 1

    @rule(pin=st.sampled_from(["1234", "98765"]))
    def set_pin(self, pin: str) -> None:
        self.program.set_pin("karin", pin)
        self.pin = pin

    @rule(pin=st.sampled_from(["1234", "98765", ""]))
    def unlock(self, pin: str) -> None:
        if self.pin in (None, pin):
            self.program.unlock(pin)
            return
        with pytest.raises(WrongPinError):
            self.program.unlock(pin)
        self.set_pin(self.pin or "")

    @rule()
    def clear_pin(self) -> None:
        assert self.program.clear_pin("karin") == (self.pin is not None)
        self.pin = None

    @rule()
    def start_again(self) -> None:
        self.programs[0].close()
        self.programs[0] = open_catalogue(self.place)

    @invariant()
    def holds_what_it_should(self) -> None:
        for program in self.programs:
            assert set(program.people()) == set(self.people.values())
            rows = {row.session_id: row.person for row in program.sessions().sessions}
            assert rows == {
                key: None if each.owner is None else self.people[each.owner].code
                for key, each in self.sessions.items()
            }
            for person in self.people.values():
                wanted = {n for key, n in self.written.items() if self.owner_of_note[key] == person.id}
                assert set(program.notes(person)) == wanted
            assert bool(program.pin_names()) == (self.pin is not None)
        assert {key for key, each in self.sessions.items() if each.pains} == {
            key
            for key in self.sessions
            if any(s.kind == "pain" for s in self.programs[0].session(key).scores)
        }


TestCataloguing = Cataloguing.TestCase
TestCataloguing.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
