"""The demo on the pages of a visit: it needs nobody."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from analysis.calibration import Calibration
from monitor.dashboard.scenes import INFO
from monitor.led_session import ClosesUnattended, LedSession, at_a_terminal
from monitor.plan import Plan, Tempo
from monitor.session import Calibrated, LinkChanged, StartCalibration, StartSet, StopSet, advance, begin
from monitor.visit import Leave, TryIt

PLAN = Plan("nordic", "right", 1, 3, Tempo(3.0))
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")


class Engine:
    def __init__(self):
        self.snapshot = SimpleNamespace(info=INFO, session=begin((PLAN,)))
        self.commands = []
        self.now_s = 0.0

    def command(self, command):
        self.commands.append(command)

    def do(self, item):
        self.now_s += 1.0
        self.snapshot.session = advance(self.snapshot.session, item, self.now_s).session


def test_each_page_follows_the_session_and_no_question_waits():
    engine = Engine()
    led = LedSession(engine, (PLAN,), "right")
    steps = []
    for item in (
        LinkChanged("streaming"),
        StartCalibration(),
        Calibrated(CALIBRATION),
        StartSet(),
        StopSet(),
        LinkChanged("closed"),
    ):
        engine.do(item)
        for _ in range(3):
            led.look()
        steps.append(led.visit.step)
    assert steps == ["calibrate", "calibrate", "warm-up", "set", "summary", "summary"]
    # The engine calibrates and starts by itself: two of them would be one too many.
    assert engine.commands == []


def test_at_its_end_the_demo_offers_a_visit_of_one_s_own():
    for item, wanted in ((TryIt(), True), (Leave(), False)):
        engine = Engine()
        led = LedSession(engine, (PLAN,), "right")
        for each in (
            LinkChanged("streaming"),
            StartCalibration(),
            Calibrated(CALIBRATION),
            StartSet(),
            StopSet(),
        ):
            engine.do(each)
            led.look()
        led.take(item)
        assert (led.wanted, led.left) == (False, False)
        led.offer()
        engine.do(LinkChanged("closed"))
        led.look()
        assert led.visit.step == "demo over"
        led.take(item)
        assert (led.wanted, led.left) == (wanted, True)


TOUCHES = {
    "key": lambda qtbot, window: qtbot.keyClick(window, Qt.Key.Key_Shift),
    "mouse": lambda qtbot, window: qtbot.mouseClick(window, Qt.MouseButton.LeftButton),
}


@pytest.fixture
def window(qtbot):
    shown = QWidget()
    qtbot.addWidget(shown)
    shown.show()
    return shown


def test_without_anybody_the_offer_closes(qtbot, window):
    ClosesUnattended(window).start(20)
    qtbot.waitUntil(lambda: not window.isVisible())


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES.keys())
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_whoever_touches_key_or_mouse_has_all_the_time_in_the_world(qtbot, window, touch, when):
    closing = ClosesUnattended(window)
    if when == "before":
        touch(qtbot, window)
        qtbot.waitUntil(lambda: closing._hand_seen)
    closing.start(60_000)
    assert closing._timer.isActive() == (when == "meanwhile")
    if when == "meanwhile":
        touch(qtbot, window)
        qtbot.waitUntil(lambda: closing._hand_seen)
    assert not closing._timer.isActive()
    assert window.isVisible()


def test_a_person_at_a_terminal_is_told_from_a_build_server(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("sys.stdin", terminal)
    assert not at_a_terminal()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    assert at_a_terminal()
    monkeypatch.setenv("CI", "true")
    assert not at_a_terminal()
    # Started from an icon, a program may have none.
    monkeypatch.setattr("sys.stdin", None)
    assert not at_a_terminal()
