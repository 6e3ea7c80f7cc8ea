"""With a therapist's PIN, names are shown to whoever knows it: in the terminal, the review and the visit."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from monitor import cli, filing, unlocking
from monitor.dashboard.theme import THEMES
from monitor.filing import open_daily
from monitor.report.words import words_in
from monitor.review import show
from monitor.review.pin_dialog import PinDialog
from monitor.visit_people import LockedError, WrongPinError
from monitor.visit_store import CatalogueStore
from recordings.catalogue import open_catalogue

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of what is typed next."""
    typed: list[str] = []
    monkeypatch.setattr(unlocking.click, "prompt", lambda *_, **__: typed.pop(0))
    monkeypatch.setattr(unlocking.click, "confirm", lambda *_, **__: True)
    return typed


@pytest.fixture
def ann(state_folder: Path) -> None:
    del state_folder
    with open_daily() as catalogue:
        catalogue.add_person("P001", "Ann")
        catalogue.set_pin("karin", "2468")


LISTS = [
    ["catalogue", "people"],
    ["catalogue", "list"],
    ["catalogue", "visits", "P001"],
    ["catalogue", "note", "list", "--person", "P001"],
    ["catalogue", "plan", "list", "P001"],
    ["catalogue", "delete", "P001", "--yes"],
    ["audit"],
    ["report", "P001", "--output", "never.pdf"],
]


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_commands_that_show_people_ask_and_a_wrong_pin_is_one_sentence(
    arguments: list[str], answers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers.append("0000")
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Ann" not in err
    assert err.startswith("error: wrong PIN: the next try in 1 s; if it is forgotten, ")
    assert len(err.splitlines()) == 1


def test_a_pin_is_set_changed_and_cleared(answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers += ["2468"]
    assert cli.main(["catalogue", "pin", "set", "--name", "karin"]) == 0
    answers += ["2468", "13579"]
    assert cli.main(["catalogue", "pin", "set", "--name", "karin"]) == 0
    answers += ["13579"]
    assert cli.main(["catalogue", "people"]) == 0
    answers += ["13579"]
    assert cli.main(["catalogue", "pin", "clear", "--name", "tom"]) == 2
    assert "karin has one" in capsys.readouterr().err
    assert cli.main(["catalogue", "pin", "clear", "--name", "karin", "--forgotten"]) == 0
    assert cli.main(["catalogue", "people"]) == 0
    assert answers == []


@pytest.mark.usefixtures("ann")
def test_the_visit_gets_no_list_without_the_pin() -> None:
    store = CatalogueStore(opened=lambda: open_catalogue(filing.file_place()))
    with pytest.raises(LockedError):
        store.people()
    with pytest.raises(WrongPinError) as refused:
        store.unlock("0000")
    assert refused.value.wait_s == 1
    with open_daily() as catalogue:
        catalogue.set_pin("karin", "2468")
    assert [each.name for each in store.unlock("2468")] == ["Ann"]


def test_the_question_before_the_review_closes_for_the_right_pin_only(qtbot, ann) -> None:
    with open_daily() as catalogue:
        asking = PinDialog(catalogue, THEMES["light"], words_in("en"))
        qtbot.addWidget(asking)
        asking.show()
        assert asking.field.echoMode() == QLineEdit.EchoMode.Password
        QTest.keyClicks(asking.field, "0000")
        QTest.keyClick(asking.field, Qt.Key.Key_Return)
        assert asking.isVisible()
        assert "1 s" in asking.said.text()
        assert asking.field.text() == ""
        catalogue.set_pin("karin", "2468")
        QTest.keyClicks(asking.field, "2468")
        QTest.keyClick(asking.field, Qt.Key.Key_Return)
        assert asking.result() == PinDialog.DialogCode.Accepted


def test_the_review_opens_no_window_for_whoever_gives_up(qapp, ann, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show.PinDialog, "exec", lambda _: PinDialog.DialogCode.Rejected)
    monkeypatch.setattr(show, "ReviewWindow", lambda *_, **__: pytest.fail("the window was made"))
    assert show.run_review(None) == 0
