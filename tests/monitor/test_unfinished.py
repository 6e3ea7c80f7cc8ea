from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from monitor import cli
from monitor.unfinished import offer_to_finish
from recordings import samples
from recordings.reader import read


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """What a crash has left of a session."""
    whole = samples.path_of("good-tempo").read_bytes()
    path = tmp_path / "session.mcap.part"
    path.write_bytes(whole[: len(whole) // 2])
    return path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):
    """Let a person sit at the terminal and give this answer."""

    def sits(answer: str) -> None:
        stream = io.StringIO(f"{answer}\n")
        stream.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", stream)

    return sits


def test_who_says_yes_gets_a_finished_recording(left: Path, terminal, capsys) -> None:
    terminal("y")
    offer_to_finish(left.parent)
    said = capsys.readouterr().err
    assert "session.mcap.part was not finished. Finish it now?" in said
    assert "session-salvaged.mcap" in said
    assert len(read(left.parent / "session-salvaged.mcap").samples) == len(read(left).samples) > 500
    offer_to_finish(left.parent)
    assert capsys.readouterr().err == ""


def test_who_says_no_is_asked_again_next_time(left: Path, terminal, capsys) -> None:
    terminal("n")
    offer_to_finish(left.parent)
    assert [path.name for path in left.parent.iterdir()] == [left.name]
    terminal("n")
    offer_to_finish(left.parent)
    assert capsys.readouterr().err.count("Finish it now?") == 2


def test_where_nobody_can_be_asked_the_command_is_told_and_works(left: Path, monkeypatch, capsys) -> None:
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        offer_to_finish(left.parent)
    assert f"eccentric verify --finish {left}" in capsys.readouterr().err
    assert cli.main(["verify", "--finish", str(left)]) == 3
    said = capsys.readouterr().out
    assert f"saved: {left.parent / 'session-salvaged.mcap'}" in said
    assert cli.main(["verify", "--finish", str(left)]) == 2
    assert "not overwritten" in capsys.readouterr().err
    assert cli.main(["verify", "--finish", "--salvage", "x.mcap", str(left)]) == 2


def test_what_cannot_be_saved_stops_nothing(tmp_path: Path, terminal, capsys) -> None:
    (tmp_path / "broken.mcap.part").write_bytes(b"nothing that could be read")
    terminal("y")
    offer_to_finish(tmp_path)
    assert "warning: " in capsys.readouterr().err
