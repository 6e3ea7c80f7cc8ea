"""What was read of a recording is kept for the next time, and nothing depends on it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from monitor import cli, measured_file
from monitor.encrypting import Encryption, store
from recordings import samples
from recordings.reader import read

# Before a fixture puts another in its place.
CACHE_FOLDER = measured_file.cache_folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.mcap"
    path.write_bytes(samples.path_of("good-tempo").read_bytes())
    return path


@pytest.fixture(autouse=True)
def data(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = state_folder / "data"
    monkeypatch.setattr(measured_file, "data_folder", lambda: folder)
    return folder


def analysed(file: Path, capsys: pytest.CaptureFixture[str]) -> object:
    assert cli.main(["analyse", "--json", str(file)]) == 0
    return json.loads(capsys.readouterr().out)


def analysed_quietly(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    analysed(file, capsys)


def never(_path: Path) -> None:
    raise AssertionError("the recording was read although there is a cache")


def test_a_recording_is_read_once_for_all_commands(
    file: Path,
    caches: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    first = analysed(file, capsys)
    assert len(list(caches.iterdir())) == 1
    with monkeypatch.context() as reader:
        reader.setattr("recordings.cache.read", never)
        reader.setattr("recordings.reader.read", never)
        assert analysed(file, capsys) == first
        assert cli.main(["review", str(file)]) == 0
        assert cli.main(["report", str(file), "--output", str(tmp_path / "s.pdf")]) == 0
        assert cli.main(["export", str(file), "--output", str(tmp_path / "s.csv")]) == 0


@pytest.mark.parametrize("trouble", ["not a folder", "read-only", "no home"])
def test_without_a_place_for_caches_all_goes_on(
    trouble: str,
    file: Path,
    caches: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = analysed(file, capsys)
    for made in caches.iterdir():
        made.unlink()
    if trouble == "not a folder":
        caches.rmdir()
        caches.write_text("in the way")
    elif trouble == "no home":
        monkeypatch.setattr(measured_file, "cache_folder", lambda: None)
    else:
        refused = PermissionError(13, "Permission denied", str(caches))

        def refuse(*_: object) -> None:
            raise refused

        # Root, who runs the tests in a container, may write everywhere.
        monkeypatch.setattr("recordings.cache.os.open", refuse)
    assert analysed(file, capsys) == expected
    if trouble == "read-only":
        assert list(caches.iterdir()) == []


def test_nothing_is_kept_where_recordings_are_encrypted(
    file: Path, caches: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(data, Encryption(True, "age1x", "passphrase"))
    analysed(file, capsys)
    assert not caches.exists()
    (data / "encryption.json").write_text("damaged")
    analysed(file, capsys)
    assert not caches.exists()


def test_with_a_person_go_the_caches_of_all_that_is_theirs(
    file: Path, caches: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    copy, other = theirs / "s.mcap", tmp_path / "other.mcap"
    copy.write_bytes(file.read_bytes())
    other.write_bytes(samples.path_of("break-point").read_bytes())
    assert cli.main(["catalogue", "rebuild", str(theirs)]) == 0
    assert cli.main(["catalogue", "add", "--code", "ann"]) == 0
    assert cli.main(["catalogue", "assign", "ann", read(copy).metadata.session_id]) == 0
    for path in (file, copy, other):
        analysed_quietly(path, capsys)
    assert len(list(caches.iterdir())) == 3
    assert cli.main(["catalogue", "delete", "ann", "--yes"]) == 0
    assert not copy.exists()
    (left,) = caches.iterdir()
    assert os.fsencode(other) in left.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="of Linux")
def test_the_folder_is_the_one_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert CACHE_FOLDER() == tmp_path / "eccentric"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert CACHE_FOLDER() == tmp_path / ".cache" / "eccentric"
    monkeypatch.setattr("sys.platform", "darwin")
    assert CACHE_FOLDER() == tmp_path / "Library" / "Caches" / "Eccentric"
