"""Everything is clicked twice by somebody: a double click presses one thing, on the page that was seen."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from monitor.dashboard.pages import buttons
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application
from monitor.visit_store import PersonRow
from tests.monitor.test_visit_flow import Store, Visit


class Hand:
    """Clicks twice at one place of the window, as a mouse does; a moment later than the last time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1.0
        monkeypatch.setattr(buttons, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        monkeypatch.setattr("tests.monitor.test_visit_flow.LIMIT_S", 30.0)

    def double_click(self, window: PatientWindow, button: buttons.BigButton) -> None:
        self.now_s += 1.0
        at = button.mapTo(window, button.rect().center())
        for _ in range(2):
            QTest.mouseClick(
                window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at
            )
            application().processEvents()
            window.refresh()


def test_a_double_click_on_everything_goes_through_a_visit_one_page_at_a_time(qapp, tmp_path, monkeypatch):
    del qapp
    monkeypatch.setattr("monitor.live.data_folder", lambda: tmp_path)
    hand = Hand(monkeypatch)
    visit = Visit(tmp_path, Store(PersonRow("P-1", "Marie", None, None)))
    window = visit.window
    try:
        visit.wait("who", until=lambda: visit.host.visit.people)
        hand.double_click(window, window.primary)
        visit.wait("plan", until=lambda: visit.host.visit.today)
        hand.double_click(window, window.primary)
        assert visit.step == "today"
        hand.double_click(window, window.primary)
        visit.wait("set").wait("pain")
        hand.double_click(window, window.body.buttons[2])
        visit.wait("effort")
        hand.double_click(window, window.body.buttons[7])
        visit.wait("rest", "set").wait("set").wait("pain")
        hand.double_click(window, window.primary)
        visit.wait("effort")
        hand.double_click(window, window.primary)
        visit.wait("summary")
        hand.double_click(window, window.primary)
        visit.wait("who", until=lambda: bool(visit.store.filed))
    finally:
        visit.close()
        window.deleteLater()
    (filed,) = visit.store.filed
    # What was never answered is not in the record.
    assert [(record.pain, record.effort) for record in filed[2].sets] == [(2, 7), (None, None)]
