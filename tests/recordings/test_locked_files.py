"""A file that another program holds: a sentence, no wait without end, and all is well once it lets go."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from recordings import edits_file
from recordings.catalogue import open_catalogue, sqlite_file
from recordings.catalogue.entries import CatalogueError
from recordings.edits_file import append_edits, read_edits
from recordings.format import RecordingError


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks files by itself")
def test_corrections_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.setattr(edits_file, "LOCKED_S", 0.05)
    path = tmp_path / "a.mcap.edits"
    size = append_edits(path, [{"n": 1}], 0)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(RecordingError, match=r"another program holds a\.mcap\.edits: close it there"):
            append_edits(path, [{"n": 2}], size)
    append_edits(path, [{"n": 2}], size)
    assert [each["n"] for each in read_edits(path, str).entries] == [1, 2]


def test_a_catalogue_that_another_program_keeps_writing_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0.05)
    path = tmp_path / "kept" / "catalogue.sqlite3"
    with open_catalogue(path) as catalogue:
        catalogue.add_person("ann")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            # It can still be read, and opened.
            assert [each.code for each in catalogue.people()] == ["ann"]
            with (
                open_catalogue(path) as second,
                pytest.raises(CatalogueError, match="is busy: another program"),
            ):
                second.add_person("ben")
        catalogue.add_person("ben")
        assert [each.code for each in catalogue.people()] == ["ann", "ben"]
