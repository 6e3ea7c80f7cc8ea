"""A change of the tables happens whole or not at all, also when the program dies in the middle of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue.database import MIGRATIONS, open_file, open_server, reading, writing
from recordings.catalogue.entries import CatalogueError, Prescription, SessionEntry, SetEntry

Entry = Callable[..., SessionEntry]

# What comes one day, at its worst: a table more, a table made anew to which others refer, and new values.
NEXT = textwrap.dedent(
    """
    import os, sys
    import sqlalchemy as sa
    from alembic import op

    revision = "9999"
    down_revision = "0005"

    def reached(step):
        if step == os.environ.get("DIE_AT"):
            print(step, flush=True)
            sys.stdin.read()

    def upgrade():
        op.create_table("devices", sa.Column("id", sa.Integer, primary_key=True))
        reached("new table")
        with op.batch_alter_table("sessions", recreate="auto") as table:
            table.add_column(sa.Column("room", sa.Text, nullable=False, server_default="1"))
            table.alter_column("time_zone", new_column_name="zone")
        reached("table made anew")
        op.execute("UPDATE sessions SET room = '2'")
        reached("new values")
    """
)

CHILD = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    from recordings.catalogue.database import open_file, open_server

    is_file, where, migrations = json.loads(sys.argv[1])
    if is_file:
        open_file(Path(where), migrations=Path(migrations))
    else:
        open_server(where, migrations=Path(migrations))
    """
)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The history of the tables with one step more."""
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "later 100%"))
    (folder / "versions" / "v9999_next.py").write_text(NEXT)
    return folder


def opened(place: Path | str, migrations: Path) -> Engine:
    if isinstance(place, Path):
        return open_file(place, migrations=migrations)
    return open_server(place, migrations=migrations)


def columns(place: Path | str) -> dict[str, list[str]]:
    with open_catalogue(place) as catalogue:
        found = inspect(catalogue._engine)
        return {
            name: [column["name"] for column in found.get_columns(name)] for name in found.get_table_names()
        }


def filled(place: Path | str, entry: Entry) -> list[SessionEntry]:
    with open_catalogue(place) as catalogue:
        person = catalogue.add_person("ann", "Ann")
        entries = [entry(number, pain=1, files=(f"/{number}.mcap",)) for number in range(20)]
        for each in entries:
            catalogue.file_session(each)
            catalogue.assign(catalogue.row(each.session_id), person)
            catalogue.add_note("note", session_id=each.session_id)
        return entries


def test_a_catalogue_of_before_plans_had_a_name_keeps_what_it_holds(
    place: Path | str, tmp_path: Path, entry: Entry
) -> None:
    first = Path(shutil.copytree(MIGRATIONS, tmp_path / "first"))
    for script in (first / "versions").glob("v*.py"):
        if not script.name.startswith("v0001"):
            script.unlink()
    engine = opened(place, first)
    with writing(engine) as connection:
        for statement in (
            "INSERT INTO people VALUES (1, 'ann', 'Ann', 1)",
            "INSERT INTO plans VALUES (1, 1, 'nordic', 'left', 3, 5, 4, 0, 0, 0, 90, 5, '2026-01-05', "
            "NULL, 1)",
            "INSERT INTO sessions VALUES (1, 'session-1', 1, 1, 'UTC', 60, 'x', 0, 0, '3', 1)",
            "INSERT INTO sets VALUES (1, 1, 1, 'recorded', 'nordic', 'left', 5, 4)",
        ):
            connection.execute(text(statement))
    engine.dispose()

    with open_catalogue(place) as catalogue:
        ann = catalogue.person("ann")
        (plan,) = catalogue.plans(ann)
        (visit,) = catalogue.visits(ann)
    assert plan.prescription == Prescription("nordic", "left", 3, 5, 4.0)
    assert visit.sets == (SetEntry(1, "recorded", "nordic", "left", 5, 4.0, ()),)
    assert (visit.pain_before, visit.stops, visit.morning_pain) == (None, (), None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("step", ["new table", "table made anew", "new values"])
def test_kill_9_in_the_middle_of_a_migration_changes_nothing(
    step: str, place: Path | str, later: Path, entry: Entry
) -> None:
    entries = filled(place, entry)
    before = columns(place)
    what = json.dumps([isinstance(place, Path), str(place), str(later)])
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, what],
        env={**os.environ, "DIE_AT": step},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == f"{step}\n"
        child.send_signal(signal.SIGKILL)

    assert columns(place) == before
    with open_catalogue(place) as catalogue:
        assert [catalogue.session(each.session_id) for each in entries] == entries
        assert len(catalogue.notes(catalogue.person("ann"))) == 0
        assert len(catalogue.notes()) == len(entries)


def test_a_migration_that_fails_changes_nothing(place: Path | str, later: Path, entry: Entry) -> None:
    entries = filled(place, entry)
    before = columns(place)
    script = later / "versions" / "v9999_next.py"
    script.write_text(NEXT + '    raise ZeroDivisionError("on purpose")\n')
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        opened(place, later)

    assert columns(place) == before
    with open_catalogue(place) as catalogue:
        assert catalogue.session(entries[3].session_id) == entries[3]


def test_a_table_made_anew_keeps_what_refers_to_it(place: Path | str, later: Path, entry: Entry) -> None:
    entries = filled(place, entry)
    engine = opened(place, later)
    with reading(engine) as connection:
        counts = [
            connection.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("sessions", "sets", "reps", "scores", "notes", "files")
        ]
        rooms = set(connection.scalars(text("SELECT room FROM sessions")))
    assert counts == [20, 20, 40, 20, 20, 20]
    assert rooms == {"2"}
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM sessions WHERE session_id = :id"), {"id": entries[0].session_id})
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM reps")) == 38
    engine.dispose()


def test_a_catalogue_of_a_newer_program_is_refused(place: Path | str, later: Path, entry: Entry) -> None:
    filled(place, entry)
    opened(place, later).dispose()

    with pytest.raises(CatalogueError, match=r"newer version of this program .*tables 9999.*update"):
        open_catalogue(place)


def test_several_programs_may_bring_the_tables_up_to_date_at_once(
    place: Path | str, later: Path, entry: Entry
) -> None:
    filled(place, entry)
    what = json.dumps([isinstance(place, Path), str(place), str(later)])
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, what], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [child.communicate(timeout=60)[1] for child in children]

    assert [child.returncode for child in children] == [0] * 4, errors
    engine = opened(place, later)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM reps")) == 40
    engine.dispose()


def test_two_threads_may_make_two_catalogues_at_once(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def people(number: int) -> tuple[str, ...]:
        both.wait()
        with open_catalogue(tmp_path / f"{number}" / "catalogue.sqlite3") as catalogue:
            catalogue.add_person(f"p{number}")
            return tuple(each.code for each in catalogue.people())

    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            shutil.rmtree(tmp_path)
            tmp_path.mkdir()
            assert [*pool.map(people, range(2))] == [("p0",), ("p1",)]


def test_deleted_rows_leave_no_bytes_in_the_file(tmp_path: Path, entry: Entry) -> None:
    path = tmp_path / "kept" / "c.sqlite3"
    with open_catalogue(path) as catalogue:
        for code, name in (("ann", "Anneliese Unverwechselbar"), ("ben", "Benedikt Bleibt")):
            person = catalogue.add_person(code, name)
            catalogue.add_note(f"{name} sleeps badly " * 300, person)
        assert said(path, b"Unverwechselbar")

        catalogue.delete_person(catalogue.person("ann"))

        assert not said(path, b"Unverwechselbar")
        assert said(path, b"Benedikt Bleibt")


def said(path: Path, words: bytes) -> bool:
    return any(words in file.read_bytes() for file in path.parent.iterdir())


def test_deleted_rows_leave_no_bytes_on_the_server(database: str) -> None:
    with open_catalogue(database) as catalogue:
        ann = catalogue.add_person("ann", "Anneliese Unverwechselbar")
        catalogue.delete_person(ann)
        catalogue.add_person("ben", "Benedikt Bleibt")
        assert in_tables(catalogue, "people", b"Benedikt Bleibt")
        assert not in_tables(catalogue, "people", b"Unverwechselbar")


def in_tables(catalogue: Catalogue, table: str, words: bytes) -> bool:
    """Look into the pages of a table as they are on the server's disk."""
    with closing(catalogue._engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("CHECKPOINT")
        cursor.execute(f"SELECT pg_read_binary_file(pg_relation_filepath('{table}'))")
        (pages,) = cursor.fetchone()
        return words in bytes(pages)
