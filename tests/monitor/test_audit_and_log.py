"""What is noted of people: who did what, in the catalogue. Nothing in the log, nothing sent anywhere."""

from __future__ import annotations

import json
import logging
import re
import socket
import traceback
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from monitor import cli
from monitor.filing import open_daily
from recordings.catalogue import tables

NAME = "Anneliese Unverwechselbar"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("ECCENTRIC_DATABASE", raising=False)
    monkeypatch.setenv("LOGNAME", "karin")
    return tmp_path


def test_audit_prints_who_did_what(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_daily() as catalogue:
        catalogue.add_person("ann", NAME)
    assert cli.main(["audit"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  karin +changed +person 1 \(ann\)", line)
    assert cli.main(["audit", "--json"]) == 0
    (deed,) = json.loads(capsys.readouterr().out)["deeds"]
    assert (deed["who"], deed["did"], deed["kind"], deed["name"]) == ("karin", "changed", "person", "ann")
    assert NAME not in line


def test_a_crash_is_written_to_this_computer_s_log_alone_and_names_nobody(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_daily() as catalogue:
        person = catalogue.add_person("ann", NAME)
        catalogue.add_note(f"{NAME} sleeps badly", person)

    def no_network(*_: object) -> None:
        raise AssertionError("a crash report left the computer")

    def broken(*_: object, **__: object) -> None:
        logging.getLogger("monitor").warning("something is odd")
        # What fails while a row with a name in it is at hand.
        raise ZeroDivisionError

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket.socket, "sendto", no_network)
    monkeypatch.setattr("recordings.catalogue.store._person", broken)

    assert cli.main(["catalogue", "plan", "list", "ann"]) == 2
    assert "details: " in capsys.readouterr().err
    (log,) = home.rglob("eccentric.log")
    text = log.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in text
    assert "something is odd" in text
    assert "Anneliese" not in text


def test_what_the_database_refuses_is_said_without_the_values(home: Path) -> None:
    statement = insert(tables.people).values(code="ann", display_name=NAME, version=None)
    with (
        open_daily() as catalogue,
        pytest.raises(DBAPIError) as refused,
        catalogue._engine.begin() as connection,
    ):
        connection.execute(statement)
    # Whoever logs it logs this.
    assert "NOT NULL" in str(refused.value)
    assert NAME not in "".join(traceback.format_exception(refused.value))
