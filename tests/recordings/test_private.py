"""Recordings are about somebody's health: other users of the machine cannot read what lies in our folders."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor import encrypting
from monitor.known_sensors import replace_file
from recordings.edits_file import append_edits
from recordings.live_file import LiveFile
from recordings.private import make_private

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _make_all(folder: Path) -> dict[str, int]:
    live = LiveFile(folder / "session.mcap")
    live.append(b"recorded")
    modes = {live.part.name: _mode(live.part)}
    live.seal()
    append_edits(folder / "session.edits", [{"kind": "note"}], 0)
    replace_file(folder / "settings.json", {"language": "de"})
    return modes | {path.name: _mode(path) for path in folder.iterdir()}


def test_the_folders_that_are_made_are_for_this_user_alone(tmp_path: Path) -> None:
    make_private(tmp_path / "data" / "recordings")

    assert _mode(tmp_path / "data") == 0o700
    assert _mode(tmp_path / "data" / "recordings") == 0o700


def test_the_first_file_makes_the_data_folder_private(tmp_path: Path) -> None:
    encrypting._write_whole(tmp_path / "data" / "encryption.json", b"{}")
    replace_file(tmp_path / "more" / "settings.json", {})

    assert _mode(tmp_path / "data") == 0o700
    assert _mode(tmp_path / "more") == 0o700


def test_files_in_a_private_folder_are_private(tmp_path: Path) -> None:
    make_private(tmp_path / "data")

    modes = _make_all(tmp_path / "data")

    assert len(modes) == 4
    assert set(modes.values()) == {0o600}


def test_files_elsewhere_follow_the_umask(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()

    assert set(_make_all(tmp_path / "shared").values()) == {0o644}


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    make_private(tmp_path / "shared")

    assert _mode(tmp_path / "shared") == 0o755
