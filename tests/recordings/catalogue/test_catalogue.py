"""What goes into the catalogue comes out of it, on either database, and no edit is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue.database import reading
from recordings.catalogue.entries import (
    CatalogueError,
    EditConflictError,
    Prescription,
    Score,
    SessionEntry,
    SessionFilter,
)
from recordings.catalogue.tables import metadata

Entry = Callable[..., SessionEntry]


def test_the_migrations_make_the_tables_that_the_program_uses(catalogue: Catalogue) -> None:
    with reading(catalogue._engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_session_comes_back_as_it_was(catalogue: Catalogue, entry: Entry) -> None:
    session = entry(1, pain=3, files=("/recordings/a.mcap",))
    catalogue.file_session(session)

    assert catalogue.session("session-1") == session
    (row,) = catalogue.sessions().sessions
    assert (row.exercises, row.sets, row.reps, row.worst_pain) == (("nordic",), 1, 2, 3)
    assert (row.person, row.started_ns, row.duration_s) == (None, session.started_ns, 61.5)


def test_measured_again_a_session_is_there_once_and_keeps_what_people_said(
    catalogue: Catalogue, entry: Entry
) -> None:
    person = catalogue.add_person("ann", "Ann")
    catalogue.file_session(entry(1, pain=3))
    catalogue.assign(catalogue.row("session-1"), person)
    catalogue.add_note("tired", session_id="session-1")
    catalogue.add_score("session-1", Score("effort", 7))
    catalogue.file_session(entry(1, exercise="bridge", pain=5, reps=4))

    (row,) = catalogue.sessions().sessions
    assert (row.person, row.exercises, row.reps, row.worst_pain) == ("ann", ("bridge",), 4, 5)
    assert [note.text for note in catalogue.notes(session_id="session-1")] == ["tired"]
    scores = catalogue.session("session-1").scores
    assert {(score.kind, score.value, score.source) for score in scores} == {
        ("pain", 5, "recorded"),
        ("effort", 7, "entered"),
    }
    assert catalogue.sessions(SessionFilter(exercise="nordic")).sessions == ()


def test_people_plans_and_notes_are_kept_and_edited(catalogue: Catalogue, entry: Entry) -> None:
    person = catalogue.edit_person(replace(catalogue.add_person("a-1", "Anne"), display_name="Ann Ó"))
    plan = catalogue.add_plan(person, Prescription("nordic", "left", 3, 5, 4.0), date(2026, 1, 5))
    plan = catalogue.edit_plan(replace(plan, ended=date(2026, 2, 1)))
    note = catalogue.edit_note(replace(catalogue.add_note("first", person), text="second\nline"))

    assert catalogue.people() == (catalogue.person("a-1"),) == (person,)
    assert catalogue.plans(person) == (plan,)
    assert catalogue.notes(person) == (note,)


def test_codes_are_given_in_order_and_only_once(catalogue: Catalogue) -> None:
    assert [catalogue.add_person().code for _ in range(3)] == ["P001", "P002", "P003"]
    with pytest.raises(CatalogueError, match="there is a person P002 already"):
        catalogue.add_person("P002")
    with pytest.raises(CatalogueError, match="already"):
        catalogue.edit_person(replace(catalogue.person("P001"), code="P003"))


@pytest.mark.parametrize("code", ["", "a b", "../x", "-x", "a" * 41, "é", "a\n"])
def test_a_code_that_cannot_be_one_is_refused(code: str, tmp_path: Path) -> None:
    with (
        open_catalogue(tmp_path / "c.sqlite3") as catalogue,
        pytest.raises(CatalogueError, match="cannot be a person's code"),
    ):
        catalogue.add_person(code)


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 20_001], ids=["null", "surrogate", "long"])
def test_text_that_a_database_cannot_keep_is_refused(catalogue: Catalogue, text: str) -> None:
    person = catalogue.add_person()
    for write in (
        lambda: catalogue.add_note(text, person),
        lambda: catalogue.edit_person(replace(person, display_name=text)),
        lambda: catalogue.add_export("session-1", Path(text)),
    ):
        with pytest.raises(CatalogueError):
            write()
    assert catalogue.notes(person) == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200),
    text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=300),
)
def test_any_text_comes_back_as_it_was(catalogue: Catalogue, name: str, text: str) -> None:
    person = catalogue.add_person(display_name=name)
    note = catalogue.add_note(text, person)

    assert catalogue.person(person.code).display_name == name
    assert catalogue.notes(person) == (note,)


@pytest.mark.parametrize(
    "change",
    [
        {"sets": 0},
        {"lower_s": 0.0},
        {"lower_s": float("nan")},
        {"rest_s": -1.0},
        {"pain_limit": 11},
    ],
    ids=["no set", "no lowering", "no number", "negative", "pain 11"],
)
def test_a_plan_that_nobody_can_carry_out_is_refused(change: dict[str, float], tmp_path: Path) -> None:
    with open_catalogue(tmp_path / "c.sqlite3") as catalogue:
        person = catalogue.add_person()
        plan = replace(Prescription("nordic", "left", 3, 5, 4.0), **change)
        with pytest.raises(CatalogueError):
            catalogue.add_plan(person, plan, date(2026, 1, 5))


def test_what_is_not_there_is_said_in_a_sentence(catalogue: Catalogue, entry: Entry) -> None:
    ann = catalogue.add_person("ann")
    catalogue.file_session(entry(1))
    catalogue.delete_person(ann)
    for ask in (
        lambda: catalogue.person("ann"),
        lambda: catalogue.session("nowhere"),
        lambda: catalogue.edit_person(ann),
        lambda: catalogue.delete_person(ann),
        lambda: catalogue.add_note("x", ann),
        lambda: catalogue.add_note("x"),
        lambda: catalogue.add_plan(ann, Prescription("nordic", "left", 3, 5, 4.0), date(2026, 1, 5)),
        lambda: catalogue.assign(catalogue.row("session-1"), ann),
        lambda: catalogue.add_score("session-1", Score("pain", 11)),
        lambda: catalogue.sessions(page="tomorrow"),
        lambda: catalogue.sessions(SessionFilter(person="ann")),
        lambda: catalogue.file_session(replace(entry(2), started_ns=2**70)),
        lambda: catalogue.file_session(replace(entry(2), duration_s=float("nan"))),
    ):
        with pytest.raises(CatalogueError):
            ask()


def test_pages_show_every_session_once_newest_first(catalogue: Catalogue, entry: Entry) -> None:
    # Several of the same second, and one whose start is not known.
    starts = [5, 3, 3, 3, 9, 0, 7, 3, 1, 8]
    for number, start in enumerate(starts):
        catalogue.file_session(entry(number, start, exercise="bridge" if number % 2 else "nordic"))
    seen: list[tuple[int, str]] = []
    page: str | None = None
    while True:
        found = catalogue.sessions(page=page, limit=3)
        seen += [(row.started_ns, row.session_id) for row in found.sessions]
        page = found.next_page
        if page is None:
            break

    assert [start for start, _ in seen] == sorted((start * 10**9 for start in starts), reverse=True)
    assert len({session for _, session in seen}) == len(starts)


def test_sessions_are_found_by_person_exercise_and_day(catalogue: Catalogue, entry: Entry) -> None:
    people = [catalogue.add_person(code) for code in ("ann", "ben")]
    for number in range(12):
        exercise = "bridge" if number % 3 == 0 else "nordic"
        catalogue.file_session(entry(number, 100 + number, exercise))
        catalogue.assign(catalogue.row(f"session-{number}"), people[number % 2])

    def found(wanted: SessionFilter) -> list[int]:
        numbers: list[int] = []
        page: str | None = None
        while True:
            part = catalogue.sessions(wanted, page=page, limit=2)
            numbers += [int(row.session_id.removeprefix("session-")) for row in part.sessions]
            page = part.next_page
            if page is None:
                return numbers

    second = 10**9
    assert {row.sides for row in catalogue.sessions(SessionFilter()).sessions} == {("left",)}
    assert found(SessionFilter(person="ann")) == [10, 8, 6, 4, 2, 0]
    assert found(SessionFilter(exercise="bridge")) == [9, 6, 3, 0]
    assert found(SessionFilter(person="ben", exercise="bridge")) == [9, 3]
    assert found(SessionFilter(from_ns=104 * second, to_ns=107 * second)) == [6, 5, 4]
    assert found(SessionFilter(exercise="bridge", from_ns=104 * second, to_ns=109 * second)) == [6]
    assert found(SessionFilter(exercise="squat")) == []


def test_what_was_changed_meanwhile_is_not_overwritten(catalogue: Catalogue, entry: Entry) -> None:
    person = catalogue.add_person("ann", "Ann")
    catalogue.file_session(entry(1))
    row, note = catalogue.row("session-1"), catalogue.add_note("a", person)
    plan = catalogue.add_plan(person, Prescription("nordic", "left", 3, 5, 4.0), date(2026, 1, 5))
    catalogue.edit_person(replace(person, display_name="Anne"))
    catalogue.edit_note(replace(note, text="b"))
    catalogue.edit_plan(replace(plan, ended=date(2026, 1, 9)))
    catalogue.assign(row, person)

    for edit in (
        lambda: catalogue.edit_person(replace(person, display_name="Hanna")),
        lambda: catalogue.edit_note(replace(note, text="c")),
        lambda: catalogue.edit_plan(plan),
        lambda: catalogue.assign(row, None),
    ):
        with pytest.raises(EditConflictError, match="somebody else"):
            edit()
    assert catalogue.person("ann").display_name == "Anne"
    assert catalogue.row("session-1").person == "ann"


WRITERS = 8
EDITS = 8
WRITER = textwrap.dedent(
    """
    import json, sys
    from dataclasses import replace
    from pathlib import Path
    from recordings.catalogue import open_catalogue
    from recordings.catalogue.entries import EditConflictError, SessionEntry

    is_file, where, number, edits = json.loads(sys.argv[1])
    conflicts = 0
    with open_catalogue(Path(where) if is_file else where) as catalogue:
        print("ready", flush=True)
        sys.stdin.readline()
        for edit in range(edits):
            while True:
                (note,) = catalogue.notes(catalogue.person("all"))
                try:
                    catalogue.edit_note(replace(note, text=f"{note.text} {number}.{edit}"))
                    break
                except EditConflictError:
                    conflicts += 1
            catalogue.add_person(display_name=f"{number}.{edit}")
            # All of them file the same sessions.
            session = SessionEntry(f"s{edit}", 1, "", 1.0, "x", False, False, "3", (f"/{edit}",))
            catalogue.file_session(session)
    print(conflicts)
    """
)


def test_eight_writers_lose_no_edit(place: Path | str) -> None:
    arguments = [json.dumps([isinstance(place, Path), str(place), n, EDITS]) for n in range(WRITERS)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for argument in arguments
    ]
    try:
        # All of them make the catalogue at once, too.
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n", child.communicate()
        with open_catalogue(place) as catalogue:
            catalogue.add_note("", catalogue.add_person("all"))
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        told = [child.communicate(timeout=100) for child in children]
    finally:
        for child in children:
            child.kill()
    assert [child.returncode for child in children] == [0] * WRITERS, told

    made = {f"{writer}.{edit}" for writer in range(WRITERS) for edit in range(EDITS)}
    with open_catalogue(place) as catalogue:
        (note,) = catalogue.notes(catalogue.person("all"))
        assert sorted(note.text.split()) == sorted(made)
        assert note.version == 1 + len(made)
        people = [person for person in catalogue.people() if person.code != "all"]
        assert {person.display_name for person in people} == made
        assert {person.code for person in people} == {f"P{n:03d}" for n in range(1, len(made) + 1)}
        assert len(catalogue.sessions().sessions) == EDITS
    # Somebody was in somebody's way, or this test shows nothing.
    assert sum(int(out) for out, _ in told) > 0


def test_delete_leaves_nothing_of_a_person_and_nothing_else_out(catalogue: Catalogue, entry: Entry) -> None:
    for code, number in (("ann", 1), ("ben", 2)):
        person = catalogue.add_person(code, f"Name of {code}")
        catalogue.file_session(entry(number, pain=2, files=(f"/recordings/{code}.mcap",)))
        catalogue.assign(catalogue.row(f"session-{number}"), person)
        catalogue.add_plan(person, Prescription("nordic", "left", 3, 5, 4.0), date(2026, 1, 5))
        catalogue.add_note(f"about {code}", person)
        catalogue.add_note(f"about the session of {code}", session_id=f"session-{number}")
        catalogue.add_export(f"session-{number}", Path(f"/exports/{code}.csv"))
        catalogue.add_export(f"session-{number}", Path(f"/exports/{code}.csv"))
    ann = catalogue.person("ann")
    owned = catalogue.belongings(ann)
    assert (owned.session_ids, owned.recordings) == (("session-1",), (("/recordings/ann.mcap", "session-1"),))
    assert ([export.path for export in owned.exports], owned.plans, owned.notes) == (
        ["/exports/ann.csv"],
        1,
        2,
    )

    catalogue.delete_person(ann)

    assert [person.code for person in catalogue.people()] == ["ben"]
    assert [row.person for row in catalogue.sessions().sessions] == ["ben"]
    assert catalogue.files() == {"/recordings/ben.mcap": "session-2"}
    ben = catalogue.belongings(catalogue.person("ben"))
    assert (len(ben.session_ids), ben.plans, ben.notes, len(ben.exports)) == (1, 1, 2, 1)
    with reading(catalogue._engine) as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                assert "ann" not in str(row)
                assert "session-1" not in str(row)
    # Nobody gets the number of somebody deleted: an edit made from an old view must not hit another one.
    assert catalogue.add_person("new").id > max(ann.id, ben.person.id)


def test_files_that_moved_are_forgotten_and_their_sessions_stay(catalogue: Catalogue, entry: Entry) -> None:
    catalogue.file_session(entry(1, files=("/a.mcap", "/b.mcap")))
    catalogue.file_session(entry(2, files=("/b.mcap",)))
    assert catalogue.files() == {"/a.mcap": "session-1", "/b.mcap": "session-2"}

    catalogue.forget_files(["/a.mcap", "/nowhere.mcap"])

    assert catalogue.files() == {"/b.mcap": "session-2"}
    assert len(catalogue.sessions().sessions) == 2


# --- visits ----------------------------------------------------------------------------------------------


def test_a_prescription_takes_the_place_of_the_one_before(catalogue: Catalogue) -> None:
    person = catalogue.add_person()
    (old,) = catalogue.prescribe(person, [Prescription("nordic", "left", 3, 5, 4.0)], date(2026, 1, 5))
    new = catalogue.prescribe(
        person,
        [
            Prescription("bridge", "left", 3, 8, 3.0, variant="Two up, one down", stage=3, title="Bridges"),
            Prescription("bridge", "both", 5, 1, 3.0, 45.0, source="a clinic's page"),
        ],
        date(2026, 2, 1),
    )

    assert catalogue.plans(person) == (replace(old, ended=date(2026, 2, 1), version=2), *new)
    with pytest.raises(EditConflictError):
        catalogue.edit_plan(old)


def test_a_prescription_that_is_refused_changes_nothing(catalogue: Catalogue) -> None:
    person = catalogue.add_person()
    before = catalogue.prescribe(person, [Prescription("nordic", "left", 3, 5, 4.0)], date(2026, 1, 5))
    fine = Prescription("bridge", "left", 3, 8, 3.0)

    for bad in (replace(fine, sets=0), replace(fine, variant="\0"), replace(fine, title="x" * 201)):
        with pytest.raises(CatalogueError):
            catalogue.prescribe(person, [fine, bad], date(2026, 2, 1))
    catalogue.delete_person(gone := catalogue.add_person())
    with pytest.raises(CatalogueError, match="no longer"):
        catalogue.prescribe(gone, [fine], date(2026, 2, 1))
    assert catalogue.plans(person) == before


def test_what_was_told_before_and_after_stays_when_a_session_is_measured_again(
    catalogue: Catalogue, entry: Entry
) -> None:
    person = catalogue.add_person("ann")
    session = entry(1, pain=3)
    done = replace(
        session.sets[0], variant="Nordic", stage=7, pain_limit=3, sound="tones", stopped="sudden pain"
    )
    session = replace(session, sets=(done,))
    catalogue.file_session(session)
    catalogue.assign(catalogue.row("session-1"), person)
    catalogue.tell_morning("session-1", 5, False)
    catalogue.tell_before("session-1", 2, ["Pain at night"])
    catalogue.tell_morning("session-1", 2, True, instead_of=(5, False))
    catalogue.file_session(session)

    (visit,) = catalogue.visits(person)
    assert (visit.session_id, visit.person, visit.started_ns) == ("session-1", "ann", session.started_ns)
    assert (visit.pain_before, visit.stops) == (2, ("Pain at night",))
    assert (visit.morning_pain, visit.back_to_usual) == (2, True)
    assert visit.sets == (replace(done, reps=()),)
    assert visit.scores == session.scores
    assert catalogue.session("session-1") == session


def test_a_second_word_about_a_morning_is_refused_unless_it_corrects_the_first(
    catalogue: Catalogue, entry: Entry
) -> None:
    def told() -> tuple[int | None, bool | None]:
        visit = catalogue.visit("session-1")
        return visit.morning_pain, visit.back_to_usual

    catalogue.file_session(entry(1))
    catalogue.tell_before("session-1", 1, [])
    catalogue.tell_morning("session-1", 5, False)
    catalogue.tell_morning("session-1", 5, False)
    for pain, usual, instead_of in ((2, False, None), (5, True, None), (2, True, (4, False))):
        with pytest.raises(EditConflictError, match=r"told already, as pain 5, worse than usual: that stays"):
            catalogue.tell_morning("session-1", pain, usual, instead_of)
    assert told() == (5, False)
    catalogue.tell_morning("session-1", 2, True, instead_of=(5, False))
    catalogue.tell_morning("session-1", 2, True, instead_of=(5, False))
    assert told() == (2, True)


TELLER = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    from recordings.catalogue import open_catalogue
    from recordings.catalogue.entries import EditConflictError

    is_file, where, pain, mornings = json.loads(sys.argv[1])
    told = []
    with open_catalogue(Path(where) if is_file else where) as catalogue:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(mornings):
            try:
                catalogue.tell_morning(f"session-{number}", pain, True)
                told.append(number)
            except EditConflictError as error:
                assert "told already" in str(error), error
    print(json.dumps(told))
    """
)


def test_of_two_who_tell_a_morning_at_once_one_is_refused(
    place: Path | str, catalogue: Catalogue, entry: Entry
) -> None:
    mornings = 40
    for number in range(mornings):
        catalogue.file_session(entry(number))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", TELLER, json.dumps([isinstance(place, Path), str(place), pain, mornings])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for pain in (3, 7)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n", child.communicate()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        told = [child.communicate(timeout=100) for child in children]
    finally:
        for child in children:
            child.kill()
    assert [child.returncode for child in children] == [0, 0], told
    first, second = (set(json.loads(out)) for out, _ in told)
    assert first | second == set(range(mornings))
    assert not first & second
    for number in range(mornings):
        assert catalogue.visit(f"session-{number}").morning_pain == (3 if number in first else 7)


def test_visits_come_newest_first_and_nothing_need_be_told(catalogue: Catalogue, entry: Entry) -> None:
    ann, ben = catalogue.add_person("ann"), catalogue.add_person("ben")
    catalogue.add_person("new")
    for number, owner in ((1, ann), (2, ben), (3, ann), (4, None)):
        catalogue.file_session(entry(number))
        catalogue.assign(catalogue.row(f"session-{number}"), owner)

    visits = catalogue.visits()
    assert [visit.session_id for visit in visits] == ["session-3", "session-2", "session-1"]
    assert {(each.pain_before, each.stops, each.morning_pain, each.back_to_usual) for each in visits} == {
        (None, (), None, None)
    }
    assert [visit.session_id for visit in catalogue.visits(ann, limit=1)] == ["session-3"]
    since = visits[1].started_ns
    assert [visit.session_id for visit in catalogue.visits(since_ns=since)] == ["session-3", "session-2"]
    assert catalogue.last_sessions() == {"ann": visits[0].started_ns, "ben": visits[1].started_ns}


def test_what_cannot_be_told_is_refused(catalogue: Catalogue, entry: Entry) -> None:
    catalogue.file_session(entry(1))
    for tell in (
        lambda: catalogue.tell_morning("session-1", 11, True),
        lambda: catalogue.tell_before("session-1", -1, []),
        lambda: catalogue.tell_before("session-1", 1, ["\0"]),
        lambda: catalogue.tell_morning("session-9", 1, True),
    ):
        with pytest.raises(CatalogueError):
            tell()


def test_what_was_told_goes_with_the_person(catalogue: Catalogue, entry: Entry) -> None:
    person = catalogue.add_person("ann")
    catalogue.file_session(entry(1))
    catalogue.assign(catalogue.row("session-1"), person)
    catalogue.tell_before("session-1", 2, ["Pain at night"])
    catalogue.delete_person(person)

    with reading(catalogue._engine) as connection:
        assert connection.execute(metadata.tables["visits"].select()).all() == []
