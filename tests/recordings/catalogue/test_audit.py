"""Who opened, changed, exported and deleted: written in the same transaction as the deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from recordings.catalogue import open_catalogue
from recordings.catalogue.entries import EditConflictError, Prescription, SessionEntry

Entry = Callable[..., SessionEntry]


def test_who_did_what_is_listed_the_newest_first(place: Path | str, entry: Entry) -> None:
    with open_catalogue(place, who="karin") as catalogue:
        ann = catalogue.add_person("ann", "Ann Example")
        catalogue.add_plan(ann, Prescription("nordic", "left", 3, 5, 4.0), date(2026, 1, 5))
        first = entry(1)
        catalogue.file_session(first)
        catalogue.assign(catalogue.row(first.session_id), ann)
        note = catalogue.add_note("sore", ann)
        catalogue.delete_note(note)
    with open_catalogue(place, who="tom") as catalogue:
        catalogue.note_opened(first.session_id)
        catalogue.add_export(first.session_id, Path("/tmp/out.csv"))
        told = [(each.who, each.did, each.kind, each.name) for each in catalogue.deeds()]
    assert told == [
        ("tom", "exported", "session", first.session_id),
        ("tom", "opened", "session", first.session_id),
        ("karin", "deleted", "note", None),
        ("karin", "changed", "note", None),
        ("karin", "changed", "session", first.session_id),
        ("karin", "changed", "session", first.session_id),
        ("karin", "changed", "plan", None),
        ("karin", "changed", "person", "ann"),
    ]


def test_what_is_refused_is_no_deed(place: Path | str) -> None:
    with open_catalogue(place, who="karin") as catalogue:
        ann = catalogue.add_person("ann")
        catalogue.edit_person(replace(ann, display_name="Ann"))
        with pytest.raises(EditConflictError):
            catalogue.edit_person(replace(ann, display_name="Anna"))
        assert len(catalogue.deeds()) == 2


def test_of_a_deleted_person_a_number_stays_and_who_deleted_it(place: Path | str, entry: Entry) -> None:
    with open_catalogue(place, who="karin") as catalogue:
        ann = catalogue.add_person("ann", "Ann Example")
        catalogue.file_session(entry(1))
        catalogue.assign(catalogue.row(entry(1).session_id), ann)
        catalogue.delete_person(ann)
        deeds = catalogue.deeds()
    assert [(each.did, each.kind, each.number, each.name) for each in deeds[:2]] == [
        ("deleted", "person", ann.id, None),
        ("deleted", "session", deeds[1].number, None),
    ]
    assert {each.name for each in deeds} == {None}
