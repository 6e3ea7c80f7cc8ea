"""Where the log goes when there is no place for it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from monitor import cli

posix_only = pytest.mark.skipif(os.name == "nt", reason="other systems have no passwd")


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away HOME and the entry in passwd."""

    def unknown(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


@posix_only
def test_a_user_without_a_home_logs_to_the_temporary_folder(
    nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def explode(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("monitor.archive.one_table.find_recordings", explode)

    assert cli.main(["archive", "analyse", str(tmp_path), "--output", str(tmp_path / "x.csv")]) == 2
    assert f"details: {tmp_path / 'eccentric.log'}" in capsys.readouterr().err
    assert "explode" in (tmp_path / "eccentric.log").read_text()


@posix_only
def test_where_nothing_can_be_written_nothing_is_logged(
    nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)

    assert cli.main(["review", str(tmp_path / "missing.mcap")]) == 2
    assert "there is no file" in capsys.readouterr().err


@posix_only
def test_a_state_folder_that_is_named_needs_no_home(
    nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert cli._log_file() == tmp_path / "eccentric" / "eccentric.log"
