from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt

from monitor.dashboard.show import application
from monitor.history import BOTH_LEGS, CATALOGUE, MISSED, WEEKS, write_history
from monitor.plans.own_templates import own_templates
from monitor.review.corrected_file import corrected_file
from monitor.review.rows import COLUMNS
from monitor.review.trends import LIMITS, Point, change, point, weeks_of
from monitor.review.window import ReviewWindow
from recordings.catalogue import open_catalogue
from recordings.catalogue.entries import PlanEntry, Prescription, SessionEntry, SetEntry, Visit
from recordings.catalogue.entries import RepEntry as Rep

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


@pytest.mark.parametrize(
    ("before", "after", "shown"), [(27.4, 44.6, 18.0), (27.6, 44.4, 16.0), (None, 3.0, 0.0)]
)
def test_the_difference_is_that_of_the_numbers_beside_it(before, after, shown):
    assert change(of(before), of(after), "break").shown_by(0) == shown


def asked(begun: date, ended: date | None = None, side: str = "left", **more) -> PlanEntry:
    return PlanEntry(1, 1, Prescription("nordic", side, 2, 4, 3.5, **more), begun, ended, 1)


def done_on(*days: date, share: float = 100.0) -> list[Point]:
    noons = [int(datetime(each.year, each.month, each.day, 12).timestamp()) * 10**9 for each in days]
    return [Point(str(at), at, True, 3.5, {"done": share}, "left") for at in noons]


def weekly(points, plans, today=date(2026, 12, 1)) -> list[int]:
    return [round(each.values["weekly"]) for each in weeks_of(points, plans, "nordic", today)]


def test_a_missed_session_and_a_missed_week_are_less_than_the_plan():
    plan = asked(date(2026, 10, 5), sessions_per_week=2)
    days = date(2026, 10, 5), date(2026, 10, 8), date(2026, 10, 13), date(2026, 10, 26), date(2026, 10, 27)
    assert weekly(done_on(*days), [plan]) == [100, 50, 0, 100]
    # A week that is not over, or after the last session, says nothing yet.
    assert weekly(done_on(*days), [plan], date(2026, 11, 1)) == [100, 50, 0]
    # Half of a session is half of it, and more than asked for is no more than it.
    assert weekly(done_on(*days[:2], share=50.0), [plan]) == [50]
    assert weekly(done_on(*days[:2], share=150.0), [plan]) == [100]


def test_a_week_is_measured_by_the_plan_that_held():
    before = asked(date(2026, 10, 5), date(2026, 10, 12), sessions_per_week=1)
    after = asked(date(2026, 10, 12), sessions_per_week=2)
    days = date(2026, 10, 5), date(2026, 10, 13)
    assert weekly(done_on(*days), [before, after]) == [100, 50]
    # Two exercises of one plan are one session.
    assert weekly(done_on(*days), [before, before, after, after]) == [100, 50]
    # Half a week asks for half.
    assert weekly(done_on(date(2026, 10, 9)), [asked(date(2026, 10, 9), sessions_per_week=7)]) == [33]
    for other in (asked(date(2026, 10, 5)), asked(date(2026, 10, 5), side="right", sessions_per_week=1)):
        assert weekly(done_on(*days), [other]) == []
    assert weekly([], [after]) == []


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the eight weeks once; three quarters of a minute on a busy computer."""
    application()
    folder = tmp_path_factory.mktemp("history")
    write_history(folder, date(2026, 10, 5))
    return folder


def test_find_see_correct_compare_report(history: Path, qtbot, tmp_path: Path, monkeypatch) -> None:
    with open_catalogue(history / CATALOGUE) as catalogue:
        window = ReviewWindow(catalogue, "KM")
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
        window.list.first.setDate(window.list.first.date().addYears(-5))
        model = window.list.model

        # Find: the one person, and what needs a look.
        window.list.search.setText("simulated")
        assert model.rowCount() == 3 * WEEKS - len(MISSED) + len(BOTH_LEGS)
        assert model.at(0).judgement.verdict == "waiting"
        window.list.needing.setChecked(True)
        assert [model.at(row).judgement.verdict for row in range(model.rowCount())] == ["red"]
        window.list.needing.setChecked(False)

        # See and correct, by keys alone.
        qtbot.keyClick(window.list.table, Qt.Key.Key_Return)
        page = window.page
        assert sum(len(part.reps) for part in page.corrected.sets) == 8
        qtbot.keyClick(page, Qt.Key.Key_Right)
        assert page.selected == page.corrected.sets[0].reps[1].id
        qtbot.keyClick(page, Qt.Key.Key_Left)
        begun_s = page.trace.cursor_s
        qtbot.keyClick(page, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: page.trace.cursor_s > begun_s, timeout=60_000)
        qtbot.keyClick(page, Qt.Key.Key_Space)
        qtbot.keyClick(page, Qt.Key.Key_Question)
        assert window.help.isVisible()
        qtbot.keyClick(page, Qt.Key.Key_Escape)
        qtbot.keyClick(page, Qt.Key.Key_Delete)
        qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert page.corrected.by_hand == 0
        qtbot.keyClick(page, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert page.corrected.by_hand == 1
        assert len(corrected_file(page.measured.path).analysis.reps) == 7

        # Report: the corrected figures.
        asked = (str(tmp_path / "report.pdf"), "PDF, A4 (*.pdf)")
        monkeypatch.setattr("monitor.review.window.QFileDialog.getSaveFileName", lambda *_: asked)
        qtbot.keyClick(page, Qt.Key.Key_P)
        text = _text(tmp_path / "report.pdf")
        # Each row of the table stands in it as it is.
        printed = " ".join(text.split())
        for row in (at for at, each in enumerate(page.table.ids) if each is not None):
            cells = [page.model.index(row, column).data() for column in range(COLUMNS)]
            at, lower, off, hold, back, whole, broke, held = cells[1:9]
            off = off.replace("−", "–")
            assert f"{at} {lower} {off} {hold} {back} {whole}° {broke}° {held}" in printed
        assert "Corrected by hand by KM: 1 change" in text
        assert "SIMULATED person (P001)" in text
        assert "7 of 8 repetitions" in text

        # Trends, and their report.
        window.show_list()
        qtbot.keyClick(window.list, Qt.Key.Key_R)
        assert window.pages.currentWidget() is window.trends
        names = [window.trends.exercise.itemText(at) for at in range(window.trends.exercise.count())]
        assert names[:2] == ["Nordic curl, left", "Bridge, left"]
        found = window.trends.changes()
        # Of the plan, what was done by weeks: in the fourth and the sixth a session was missed.
        weeks = window.trends.plots["weekly"].getPlotItem().listDataItems()[0].getData()[1]
        assert [round(each) for each in weeks] == [67, 100, 67, 100, 100]
        assert window.trends.panels["weekly"].isVisible()
        assert not window.trends.panels["done"].isVisible()
        assert found["lowering"].direction == "more"
        assert found["break"].direction == "more"
        assert found["range"].direction == "within the error"
        assert found["after"].direction == "less"
        assert found["done"].after == 100
        window.save_progress(tmp_path / "progress.pdf")
        assert "Eccentric: progress report" in _text(tmp_path / "progress.pdf")
        window.trends.exercise.setCurrentIndex(1)
        assert window.trends.changes()["lowering"].direction == "more"

        # Compare: the first against the last Nordics, and left against right.
        window.show_list()
        window.list.exercise.setCurrentIndex(1)
        last = model.rowCount() - 1
        choose(window, 0, last)
        window.list.ask_for_trends()
        compared = window.compared
        assert window.pages.currentWidget() is compared
        # One repetition less, as it was corrected.
        assert [len(group.curves) for group in compared.groups] == [8, 7]
        directions = {change.quantity: change.direction for change in compared.found_changes()}
        assert directions["break"] == "more"
        # One of its eight was taken out by hand.
        assert directions["done"] == "less"
        assert "break point" not in compared.changes.accessibleName()
        assert "real" in compared.changes.accessibleName()
        compared.choose("side")
        assert [(group.side, len(group.curves)) for group in compared.groups] == [("left", 8), ("right", 7)]
        window.save_progress(tmp_path / "compared.html")
        assert (tmp_path / "compared.html").read_text(encoding="utf-8").count("<svg") >= 1
        window.grab()


def choose(window: ReviewWindow, *rows: int) -> None:
    chosen = window.list.table.selectionModel()
    chosen.clearSelection()
    for row in rows:
        chosen.select(
            window.list.model.index(row, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_plan_is_changed_seen_and_given(history: Path, qtbot, tmp_path: Path, language: str) -> None:
    with open_catalogue(history / CATALOGUE) as catalogue:
        person = catalogue.add_person(f"Q-{language}", f"Marie {language}")
        window = ReviewWindow(catalogue, "KM", language=language, data=tmp_path)
        qtbot.addWidget(window)
        window.show()
        window.list.search.setText(f"Marie {language}")
        window.list.ask_for_plan()
        page = window.plan
        assert window.pages.currentWidget() is page

        # A template of the program, changed, and a second exercise after it.
        nordic = next(at for at in range(page.start.count()) if "Nordic" in page.start.itemText(at)[-6:])
        page.start.setCurrentIndex(nordic)
        page.start.activated.emit(nordic)
        page.form.fields["lower_s"].setValue(4.5)
        page.form.fields["reps"].setValue(6)
        assert page.form.plan().sessions_per_week is None
        page.form.per_week.setValue(3)
        page.add_exercise()
        page.form.exercise.setCurrentIndex(1)
        page.form.fields["hold_s"].setValue(2.0)
        page.name.setText("Two things")
        page.paint_preview()
        assert page.preview.accessibleName() == "Two things"
        assert not page.preview.pixmap().isNull()

        page.keep_as_template()
        assert [own.title for _, own in own_templates(tmp_path)] == ["Two things"]
        assert catalogue.plans(person) == ()
        page.give.click()
        first, second = (each.prescription for each in catalogue.plans(person))
        assert (first.exercise, first.lower_s, first.reps, first.title) == ("nordic", 4.5, 6, "Two things")
        assert first.sessions_per_week == second.sessions_per_week == 3
        assert (second.exercise, second.hold_s, second.reps) == ("bridge", 2.0, 6)

        # Changing it ends the one before; the template is not changed by it.
        page.remove_exercise()
        page.form.fields["sets"].setValue(4)
        page.give.click()
        held = [each for each in catalogue.plans(person) if each.ended is None]
        assert [each.prescription.sets for each in held] == [4]
        assert len(own_templates(tmp_path)[0][1].plans) == 2


def test_a_file_that_holds_no_plan_is_said_in_a_sentence(history: Path, qtbot, tmp_path: Path) -> None:
    with open_catalogue(history / CATALOGUE) as catalogue:
        window = ReviewWindow(catalogue, "KM", data=tmp_path)
        qtbot.addWidget(window)
        window.show_plan("P001")
        before = window.plan.today
        (tmp_path / "bad.json").write_text('{"plans": [{"exercise": "squat"}]}', encoding="utf-8")
        window.plan.open_file(tmp_path / "bad.json")
        assert "plans[0].exercise" in window.plan.said.text() or "plans[0].sets" in window.plan.said.text()
        assert window.plan.today == before


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
