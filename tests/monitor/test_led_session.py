"""The demo on the pages of a visit: it needs nobody."""

from __future__ import annotations

from types import SimpleNamespace

from analysis.calibration import Calibration
from monitor.dashboard.scenes import INFO
from monitor.led_session import LedSession
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
