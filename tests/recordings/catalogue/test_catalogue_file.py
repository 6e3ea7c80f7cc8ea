"""The file of a catalogue: private, known when it is damaged, copied while in use, and brought back."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from recordings.catalogue import open_catalogue
from recordings.catalogue.entries import CatalogueError, SessionEntry
from recordings.catalogue.sqlite_file import back_up, connect, damage, kept_aside, restore

Entry = Callable[..., SessionEntry]
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights otherwise")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "c.sqlite3"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup" / "c.sqlite3"


def fill(path: Path, entry: Entry, sessions: int = 30) -> None:
    with open_catalogue(path) as catalogue:
        person = catalogue.add_person("ann", "Ann")
        for number in range(sessions):
            catalogue.file_session(entry(number))
            catalogue.assign(catalogue.row(f"session-{number}"), person)


def sessions(path: Path) -> list[str]:
    with open_catalogue(path) as catalogue:
        return sorted(row.session_id for row in catalogue.sessions(limit=1000).sessions)


@posix_only
def test_only_the_user_can_look_into_it(path: Path, backup: Path, entry: Entry) -> None:
    before = os.umask(0)
    try:
        with open_catalogue(path) as catalogue:
            catalogue.file_session(entry(1))
            back_up(path, backup)
            files = [*path.parent.iterdir(), *backup.parent.iterdir()]
            # The log of what is being written, too.
            assert len(files) >= 4
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
            assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, backup.parent)} == {0o700}
    finally:
        os.umask(before)


def test_what_the_safety_rests_on_is_switched_on(path: Path, entry: Entry) -> None:
    fill(path, entry, 1)
    with closing(connect(path)) as connection:
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "secure_delete", "synchronous", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "synchronous": 2,
        "busy_timeout": 30_000,
    }


@pytest.mark.parametrize(
    "content",
    [b"no database at all" * 100, b"SQLite format 3\0" + bytes(4000), b"SQLite format 3\0" + b"\xff" * 4000],
    ids=["text", "zeros", "ones"],
)
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(CatalogueError) as caught:
        open_catalogue(path)

    assert str(path) in str(caught.value)
    assert "catalogue restore" in str(caught.value)
    assert "catalogue rebuild" in str(caught.value)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (id INTEGER)")
    with pytest.raises(CatalogueError, match="database of another program"):
        open_catalogue(path)


def test_a_folder_in_its_place_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(CatalogueError, match="cannot be opened"):
        open_catalogue(path)


def test_damage_anywhere_is_a_sentence_and_never_a_crash(path: Path, tmp_path: Path, entry: Entry) -> None:
    fill(path, entry)
    whole = path.read_bytes()
    rng = random.Random(11)
    broken = tmp_path / "broken.sqlite3"
    refusals: list[str] = []
    for number in range(60):
        content = bytearray(whole)
        if number % 3 == 0:
            content = content[: rng.randrange(1, len(content))]
        else:
            start = rng.randrange(len(content))
            content[start : start + rng.choice([1, 100, 4096])] = bytes(rng.choice([1, 100, 4096]))
        for old in tmp_path.glob("broken*"):
            old.unlink()
        broken.write_bytes(content)
        try:
            with open_catalogue(broken) as catalogue:
                for row in catalogue.sessions(limit=1000).sessions:
                    catalogue.session(row.session_id)
                catalogue.add_person()
        except CatalogueError as error:
            refusals.append(str(error))
    assert len(refusals) > 20
    known = ("is damaged", "not a catalogue", "newer version", "there is no", "cannot be read")
    assert [text for text in refusals if not any(words in text for words in known)] == []


def test_a_backup_is_made_while_others_write(path: Path, backup: Path, entry: Entry) -> None:
    fill(path, entry, 5)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        with open_catalogue(path) as catalogue:
            for number in range(100, 10_000):
                if stop.is_set():
                    return
                catalogue.file_session(entry(number))
                written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(8):
            before = len(written)
            back_up(path, backup)
            shutil.copy(backup, path.with_name("copy.sqlite3"))
            found = sessions(path.with_name("copy.sqlite3"))
            assert damage(path.with_name("copy.sqlite3")) is None
            assert len(found) >= 5 + before
    finally:
        stop.set()
        writer.join()
    assert [each.name for each in backup.parent.iterdir()] == [backup.name]


def test_a_damaged_catalogue_does_not_replace_its_backup(path: Path, backup: Path, entry: Entry) -> None:
    fill(path, entry)
    back_up(path, backup)
    good = backup.read_bytes()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"the backup stays as it was|cannot be copied"):
        back_up(path, backup)

    assert backup.read_bytes() == good
    assert [each.name for each in backup.parent.iterdir()] == [backup.name]


def test_a_damaged_catalogue_is_restored_and_kept_aside(path: Path, backup: Path, entry: Entry) -> None:
    fill(path, entry)
    back_up(path, backup)
    fill_more(path, entry)
    path.write_bytes(b"\0" * 10_000)

    aside = restore(backup, path)

    assert sessions(path) == sorted(f"session-{number}" for number in range(30))
    assert aside is not None
    assert kept_aside(path) == (aside,)
    assert aside.read_bytes() == b"\0" * 10_000


def test_what_one_restore_kept_stays_through_the_next(path: Path, backup: Path, entry: Entry) -> None:
    fill(path, entry)
    back_up(path, backup)
    broken = [bytes([number]) * 10_000 for number in range(11)]
    for content in broken:
        path.write_bytes(content)
        restore(backup, path)

    assert [each.read_bytes() for each in kept_aside(path)] == broken


def fill_more(path: Path, entry: Entry) -> None:
    with open_catalogue(path) as catalogue:
        catalogue.file_session(entry(999))


def test_a_whole_catalogue_is_restored_under_those_that_have_it_open(
    path: Path, backup: Path, entry: Entry
) -> None:
    fill(path, entry)
    back_up(path, backup)
    with open_catalogue(path) as open_elsewhere:
        fill_more(path, entry)
        assert open_elsewhere.row("session-999")

        aside = restore(backup, path)

        with pytest.raises(CatalogueError, match="no session"):
            open_elsewhere.row("session-999")
        open_elsewhere.file_session(entry(5))
    assert damage(path) is None
    assert aside is not None
    assert "session-999" in sessions(aside)


def test_a_missing_catalogue_is_restored(path: Path, backup: Path, entry: Entry) -> None:
    fill(path, entry, 3)
    back_up(path, backup)
    shutil.rmtree(path.parent)

    assert restore(backup, path) is None
    assert sessions(path) == ["session-0", "session-1", "session-2"]


@pytest.mark.parametrize("content", [None, b"", b"nothing" * 1000], ids=["missing", "empty", "text"])
def test_a_bad_backup_changes_nothing(path: Path, backup: Path, content: bytes | None, entry: Entry) -> None:
    fill(path, entry, 3)
    backup.parent.mkdir()
    if content is not None:
        backup.write_bytes(content)
    with pytest.raises(CatalogueError, match="backup"):
        restore(backup, path)
    assert len(sessions(path)) == 3
    assert [each.read_bytes() for each in backup.parent.iterdir()] == ([] if content is None else [content])


@pytest.mark.skipif(sys.platform != "linux", reason="the device exists on Linux")
def test_a_full_disk_is_said(path: Path, tmp_path: Path, entry: Entry) -> None:
    fill(path, entry, 1)
    with open_catalogue(path) as catalogue:
        (pages,) = catalogue._engine.raw_connection().cursor().execute("PRAGMA page_count").fetchone()
        connection = catalogue._engine.raw_connection()
        connection.cursor().execute(f"PRAGMA max_page_count = {pages}")
        connection.close()
        with pytest.raises(CatalogueError, match="disk is full"):
            catalogue.add_note("x" * 20_000, catalogue.person("ann"))
