from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt

from monitor.dashboard.show import application
from monitor.history import CATALOGUE, MISSED, WEEKS, write_history
from monitor.review.corrected_file import corrected_file
from monitor.review.trends import LIMITS, Point, change, point
from monitor.review.window import ReviewWindow
from recordings.catalogue import open_catalogue
from recordings.catalogue.entries import RepEntry as Rep
from recordings.catalogue.entries import SessionEntry, SetEntry, Visit

VISIT = Visit("s", None, 1, 1, (), 4, True, (), ())


def rep(number: int, lower_s: float | None, **options) -> Rep:
    return Rep(number, 1, "nordic", 10.0 * number, 10.0 * number + 5, lower_s, **options)


def entry(*reps: Rep) -> SessionEntry:
    part = SetEntry(1, "recorded", "nordic", "left", 2, 3.0, reps)
    return SessionEntry("s", 10**18, "UTC+00:00", 60.0, "x", True, False, "9", (), (part,))


def of(value: float | None) -> Point:
    return Point("s", 10**18, True, 3.0, {} if value is None else {"break": value})


def test_a_session_is_the_median_of_its_repetitions():
    found = point(
        entry(rep(1, 2.0, range_of_motion_deg=60.0), rep(2, 3.0, range_of_motion_deg=70.0)), VISIT, "nordic"
    )

    assert found is not None
    assert found.values == {
        "lowering": 2.5,
        "dose": pytest.approx(83.33, abs=0.01),
        "range": 65.0,
        "morning": 4.0,
    }


def test_what_was_not_measured_is_in_no_number_and_leaves_no_dose():
    found = point(entry(rep(1, 2.0), rep(2, None, not_measured="gap")), VISIT, "nordic")

    assert found is not None
    assert found.values["lowering"] == 2.0
    assert "dose" not in found.values


def test_a_session_of_another_exercise_is_no_point():
    assert point(entry(rep(1, 2.0)), VISIT, "bridge") is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (30.0, 38.0, "within the error"),
        (30.0, 38.1, "more"),
        (30.0, 21.9, "less"),
        (30.0, None, "not known"),
        (None, 30.0, "not known"),
    ],
)
def test_a_change_is_real_beyond_the_error_only(before, after, expected):
    assert LIMITS["break"].limit == 8.0
    assert change(of(before), of(after), "break").direction == expected


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the eight weeks once; three quarters of a minute on a busy computer."""
    application()
    folder = tmp_path_factory.mktemp("history")
    write_history(folder, date(2026, 10, 5))
    return folder


def test_find_see_correct_compare_report(history: Path, qtbot, tmp_path: Path) -> None:
    with open_catalogue(history / CATALOGUE) as catalogue:
        window = ReviewWindow(catalogue, "KM")
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
        window.list.first.setDate(window.list.first.date().addYears(-5))
        model = window.list.model

        # Find: the one person, and what needs a look.
        window.list.search.setText("simulated")
        assert model.rowCount() == 3 * WEEKS - len(MISSED)
        assert model.at(0).judgement.verdict == "waiting"
        window.list.needing.setChecked(True)
        assert [model.at(row).judgement.verdict for row in range(model.rowCount())] == ["red"]
        window.list.needing.setChecked(False)

        # See and correct.
        window.list.open_chosen()
        page = window.page
        assert sum(len(part.reps) for part in page.corrected.sets) == 8
        qtbot.keyClick(page, Qt.Key.Key_Delete)
        assert page.corrected.by_hand == 1
        assert len(corrected_file(page.measured.path).analysis.reps) == 7

        # Report: the corrected figures.
        window.save_report(tmp_path / "report.pdf")
        assert "Corrected by hand by KM: 1 change" in _text(tmp_path / "report.pdf")

        # Trends, and the first against the last.
        window.show_list()
        qtbot.keyClick(window.list, Qt.Key.Key_R)
        assert window.pages.currentWidget() is window.trends
        found = window.trends.changes()
        assert found["lowering"].direction == "more"
        assert found["break"].direction == "more"
        assert found["range"].direction == "within the error"
        window.trends.exercise.setCurrentIndex(0)
        assert window.trends.changes()["lowering"].direction == "more"
        window.show_list()
        rows = window.list.table.selectionModel()
        for row in (0, 1):
            rows.select(
                model.index(row, 0),
                QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
            )
        window.list.ask_for_trends()
        assert "2 sessions" in window.trends.facts.text()
        assert window.trends.changes()["lowering"].direction == "within the error"
        window.grab()


def test_every_session_of_the_history_says_that_it_is_simulated(history: Path) -> None:
    with open_catalogue(history / CATALOGUE) as catalogue:
        rows = catalogue.sessions().sessions
        assert all(row.simulated for row in rows)
        assert {row.display_name for row in rows} == {"SIMULATED person"}
        efforts = [score for row in rows for score in catalogue.session(row.session_id).scores]
    assert {score.kind for score in efforts} >= {"pain", "effort"}


def _text(path: Path) -> str:
    from pypdf import PdfReader

    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_two_points_that_say_nothing_compare_as_not_known():
    nothing = replace(of(None), values={})
    assert change(nothing, nothing, "pain").direction == "not known"
