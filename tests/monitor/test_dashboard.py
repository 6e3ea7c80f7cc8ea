from __future__ import annotations

import gc
import re
import sys
import threading
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from analysis.calibration import Calibration
from analysis.calibration_guide import AGAIN, GOOD, WORDS, AdviceKind
from analysis.results import (
    AnglesMeasured,
    Attempt,
    AttemptAborted,
    BreakPoint,
    Phase,
    PhaseStarted,
    Rep,
    RepCompleted,
)
from drivers.source import SensorInfo
from monitor.battery import WARNINGS
from monitor.dashboard.glyphs import draw_mark
from monitor.dashboard.show import run_dashboard, save_screenshot, show_dashboard
from monitor.dashboard.target_path import target_path
from monitor.dashboard.theme import THEMES
from monitor.dashboard.trace_plot import _signs, coming_s, ribbons, stepped_range, thinned
from monitor.dashboard.view import LATE_S, STALE_S, VOLUMES, next_volume, view, volume_level
from monitor.dashboard.window import Dashboard
from monitor.dashboard.words import NO_NUMBER, BigNumber, Words
from monitor.plan import MarkKind, Plan, Tempo, band_s, mark_kind
from monitor.session import (
    SOUND_MODES,
    Calibrated,
    CalibrationAdvice,
    CheckCalibration,
    CheckWithLift,
    EndSession,
    GoOn,
    KnownCalibration,
    LinkChanged,
    Lowering,
    ReportEffort,
    ReportPain,
    SetSound,
    SoundSettings,
    StartCalibration,
    StartSet,
    StopSet,
    SuddenPain,
    SwitchExercise,
    Tick,
    Undo,
    advance,
    begin,
)
from monitor.snapshot import Snapshot
from monitor.trace import TraceRing
from tests.monitor.colours import BLIND, contrast, lab

NORDIC = Plan("nordic", "left", 3, 6, Tempo(3.0), rest_between_sets_s=90, pain_limit=4)
BRIDGE = Plan("bridge", "right", 2, 8, Tempo(4.0, 2.0, 2.0), rest_between_sets_s=60)
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")
INFO = SensorInfo("witmotion", "WT901BLE67", "WT901BLE67", rate_hz=100, battery_percent=80, simulated=True)
LOWERINGS = (3.1, 2.2, 3.9, None, 2.8)


def ease(share):
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def nordic_rep(start_s, lower_s, reason="0.4 s of data are missing"):
    taken = lower_s or 3.0
    phases = (
        Phase("lower", start_s, start_s + taken),
        Phase("return", start_s + taken + 0.3, start_s + taken + 1.5),
    )
    why = None if lower_s else reason
    return Rep("nordic", start_s, start_s + taken + 1.5, lower_s, 75.0, phases, None, why)


def nordic_angle(t_s, reps):
    angle = 1.5 * np.sin(t_s * 2.1)
    for rep in reps:
        lower, back = rep.phases
        down = ease((t_s - lower.start_s) / lower.duration_s)
        up = ease((t_s - back.start_s) / back.duration_s)
        angle = angle + 78 * (down - up)
    return angle


class Scene:
    """A picture of a session, made by the same state machine as a real one."""

    def __init__(self, *plans, calibrated=True, known=None, hands_free=False):
        calibration = CALIBRATION if calibrated else None
        self.session = begin(plans or (NORDIC,), calibration, known, hands_free=hands_free)
        self.ring = TraceRing()
        self.options = {}

    def do(self, item, now_s):
        self.session = advance(self.session, item, now_s).session
        return self

    def streaming(self):
        return self.do(LinkChanged("streaming"), 0.0)

    def nordic_set(self, lowerings=LOWERINGS, start_s=10.0, more=()):
        self.streaming().do(StartSet(), start_s)
        at, reps = start_s + 2.0, []
        for lower_s in lowerings:
            rep = nordic_rep(at, lower_s)
            reps.append(rep)
            self.do(RepCompleted(rep, rep.end_s + 0.5), rep.end_s + 0.5)
            at = rep.end_s + 1.5
        self.next_s = at
        t_s = np.arange(0.0, at + 8.0, 0.01)
        self.angle = t_s, nordic_angle(t_s, [*reps, *more, nordic_rep(at, 3.4)])
        return self

    def lowering(self, elapsed_s):
        now = self.next_s + elapsed_s
        self.do(PhaseStarted("lower", "nordic", self.next_s, now), now)
        return self.drawn(now)

    def drawn(self, now_s):
        t_s, angle = self.angle
        seen = t_s <= now_s
        self.ring.extend(t_s[seen], angle[seen])
        self.do(AnglesMeasured(t_s[seen][-1:], angle[seen][-1:]), now_s)
        return self.do(Tick(), now_s)

    def picture(self, **options):
        now = self.session.now_s
        options = {
            "link": self.session.link,
            "link_text": "Receiving",
            "rate_hz": 99.8,
            "battery_percent": 80,
            "data_host_ns": round(now * 1e9),
            "newest_s": now,
            **options,
        }
        return Snapshot(
            host_ns=round(now * 1e9),
            time_s=now,
            info=INFO,
            session=self.session,
            trace=self.ring.latest(),
            **options,
        )


def bridge_rep(start_s, lower_s):
    phases = (
        Phase("lift", start_s, start_s + 2),
        Phase("hold", start_s + 2, start_s + 4),
        Phase("lower", start_s + 4, start_s + 4 + lower_s),
    )
    return Rep("bridge", start_s, start_s + 4 + lower_s, lower_s, 24.0, phases)


def bridge_scene():
    scene = Scene(BRIDGE).streaming().do(StartSet(), 2.0)
    at, reps = 3.0, []
    for lower_s in (4.2, 3.9, 3.1):
        rep = bridge_rep(at, lower_s)
        reps.append(rep)
        scene.do(RepCompleted(rep, rep.end_s + 0.7), rep.end_s + 0.7)
        at = rep.end_s + 1.5
    reps.append(bridge_rep(at, 4.0))
    t_s = np.arange(0.0, at + 10, 0.01)
    angle = -138 + 0.4 * np.sin(3 * t_s)
    for rep in reps:
        lift, _, lower = rep.phases
        angle += 24 * (ease((t_s - lift.start_s) / 2) - ease((t_s - lower.start_s) / lower.duration_s))
    scene.angle = t_s, angle
    return scene, at


ADVICE: tuple[AdviceKind, ...] = get_args(AdviceKind)


def advised(kind):
    """Each piece of advice with the words the guide has for it."""
    headline, detail = WORDS[kind]
    cue = "do it again" if kind in AGAIN else "good" if kind in GOOD else None
    scene = Scene(calibrated=False).streaming().do(StartCalibration(), 5.0)
    return scene.do(CalibrationAdvice(headline, detail, 0.45, cue), 7.0).picture()


def scenes():
    """Every state of the window by name."""
    searching = Scene(calibrated=False).picture(
        link_text="Looking for the sensor",
        rate_hz=None,
        data_host_ns=None,
        newest_s=0.0,
        battery_percent=None,
    )
    idle = Scene(calibrated=False).streaming().do(Tick(), 5.0).picture()
    begun = Scene(calibrated=False).streaming().do(StartCalibration(), 5.0).do(Tick(), 5.1).picture()
    known = Scene(calibrated=False, known=KnownCalibration(CALIBRATION)).streaming()
    to_check = known.do(Tick(), 5.0).picture()
    checked = known.do(CheckCalibration(), 6.0).do(Calibrated(CALIBRATION, 0.0, "standing"), 8.2).picture()
    ready = Scene().streaming().do(Tick(), 8.0).picture()
    first = Scene().nordic_set(()).drawn(11.0).picture()
    early = Scene().nordic_set().lowering(1.4).picture()
    band = Scene().nordic_set().lowering(3.1).picture()
    between = Scene().nordic_set()
    between = between.drawn(between.next_s - 0.6).picture()
    lost = Scene().nordic_set().lowering(1.4)
    now = lost.session.now_s
    lost = lost.do(LinkChanged("lost"), now + 2.0).picture(data_host_ns=round(now * 1e9), newest_s=now)
    full = (
        Scene()
        .nordic_set()
        .lowering(1.4)
        .picture(troubles=("The disk is full: the last 12 s are not recorded. Free some space, then go on.",))
    )
    rest = Scene().nordic_set((*LOWERINGS, 3.2))
    rest = rest.do(Tick(), rest.session.now_s + 20).picture()
    pain = Scene().nordic_set((*LOWERINGS, 3.2))
    pain = pain.do(ReportPain(6), pain.session.now_s + 5).picture()
    done = Scene(replace(NORDIC, sets=1)).nordic_set((*LOWERINGS, 3.2))
    done = done.do(ReportPain(2), done.session.now_s + 5).do(ReportEffort(6), done.session.now_s + 6)
    done = done.picture(link="closed", link_text="No more data", ended=True)
    nothing = Scene().nordic_set(()).do(StopSet(), 25.0).picture()
    bridge, at = bridge_scene()
    bridge.do(PhaseStarted("lift", "bridge", at, at + 0.3), at + 0.3)
    bridge.do(PhaseStarted("hold", "bridge", at + 2, at + 2.3), at + 2.3)
    hold = bridge.drawn(at + 2.8).picture()
    bridge, at = bridge_scene()
    bridge.do(PhaseStarted("lower", "bridge", at + 4, at + 4.3), at + 4.3)
    bridging = bridge.drawn(at + 4 + 2.1).picture()
    by_itself = Scene(hands_free=True).streaming().do(Tick(), 8.0).picture()
    lying = Scene(BRIDGE, hands_free=True).streaming().do(Tick(), 8.0).picture()
    over = Scene().nordic_set().lowering(4.3).picture()
    falling = Scene().nordic_set()
    falling.angle = (
        falling.angle[0],
        np.where(
            falling.angle[0] > falling.next_s + 1.6,
            np.minimum(35 + 130 * (falling.angle[0] - falling.next_s - 1.6), 80),
            np.minimum(falling.angle[1], 35),
        ),
    )
    falling.lowering(1.5)
    recent = falling.angle[0][(falling.angle[0] > falling.next_s + 1.5)][:40]
    fell = np.interp(recent, *falling.angle)
    falling.do(AnglesMeasured(recent, fell), recent[-1])
    falling = falling.drawn(recent[-1]).picture()
    broke = Scene().nordic_set((3.1, 2.9))
    at = broke.next_s
    rep = replace(nordic_rep(at, 2.4), break_point=BreakPoint(at + 1.9, 41.0, 1.9, 0.5))
    broke = broke.do(RepCompleted(rep, at + 4.5), at + 4.5).drawn(at + 4.6).picture()
    parts = Scene().nordic_set((3.1, 3.0, 2.9))
    small = replace(nordic_rep(parts.next_s, 2.1), range_of_motion_deg=31.0, partial=True)
    t_s, angle = parts.angle
    parts.angle = t_s, np.where(t_s > parts.next_s - 0.5, angle * 31 / 78, angle)
    parts.do(RepCompleted(small, small.end_s + 0.5), small.end_s + 0.5)
    given_up = Attempt("nordic", small.end_s + 1.0, small.end_s + 2.0, 9.0)
    parts.do(AttemptAborted(given_up, small.end_s + 2.5), small.end_s + 2.5)
    partial = parts.drawn(small.end_s + 2.6).picture()
    parts = parts.do(StopSet(), parts.session.now_s + 5.0).picture()
    other = Scene().nordic_set(())
    other = other.do(RepCompleted(bridge_rep(12.0, 3.4), 21.0), 21.0).drawn(21.0).picture()
    effort = Scene().nordic_set((*LOWERINGS, 3.2))
    effort = effort.do(ReportPain(2), effort.session.now_s + 5).picture()
    sudden = Scene().nordic_set().lowering(1.4)
    sudden = sudden.do(SuddenPain(), sudden.session.now_s + 0.5).picture()
    waiting = Scene().nordic_set((3.1, 2.2))
    waiting = waiting.drawn(waiting.next_s - 0.4).picture()
    many = (
        Scene(replace(NORDIC, reps=15))
        .nordic_set((3.0, 2.2, 3.9, None, 2.8, 3.1, 3.3, 2.9, 3.6, 3.0, 3.2))
        .lowering(4.2)
    )
    return {
        "searching": searching,
        "idle": idle,
        "calibrating": begun,
        **{f"calibrating: {kind}": advised(kind) for kind in ADVICE},
        "to-check": to_check,
        "checked": checked,
        "ready": ready,
        "first": first,
        "lowering": early,
        "in-band": band,
        "between": between,
        "lost": lost,
        "recorder-trouble": full,
        "resting": rest,
        "pain": pain,
        "summary": done,
        "nothing": nothing,
        "bridge-hold": hold,
        "bridge-lowering": bridging,
        "many": many.picture(),
        "ready, hands free": by_itself,
        "ready, hands free, bridge": lying,
        "over": over,
        "falling": falling,
        "broke": broke,
        "partial": partial,
        "partial, after the set": parts,
        "other exercise": other,
        "effort": effort,
        "sudden pain": sudden,
        "before a lowering": waiting,
    }


SCENES = scenes()
SIZES = [(1366, 768), (1920, 1080), (960, 540), (683, 384), (1024, 1366)]


@pytest.fixture
def open_window(qtbot):
    """Opens windows, and makes sure that none survives the test."""
    opened = []

    def make(picture, size=(1366, 768), theme="light"):
        sent, asked = [], []
        shown = [picture]
        window = Dashboard(
            lambda: shown[0],
            sent.append,
            lambda: shown[0].host_ns,
            theme=theme,
            limits=lambda: asked.append("limits"),
        )
        window.sent, window.asked, window.shown = sent, asked, shown
        window.resize(*size)
        window.show()
        window.refresh()
        opened.append(window)
        return window

    yield make
    for window in opened:
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def texts(window):
    shown = [part.text for part in window.findChildren(Words) if part.isVisible() and part.text]
    shown += [part.text for part in window.findChildren(BigNumber) if part.isVisible()]
    return shown + [part.text() for part in window.findChildren(QPushButton) if part.isVisible()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("searching", ["Searching", "○ waiting", "Switch the sensor on"]),
        ("idle", ["Calibrate", "● connected", "stand still, then lift the knee"]),
        ("calibrating", ["Stand still", "Calibrating"]),
        *((f"calibrating: {kind}", WORDS[kind]) for kind in ADVICE),
        ("to-check", ["Check", "This sensor is known", "Calibrate again"]),
        ("checked", ["Get ready", "fits", "Calibrate again", "Check by a lift", "Start set 1"]),
        ("ready", ["Get ready", "6 repetitions", "Start set 1", "0.0 of 3 s"]),
        ("first", ["Lower", "Rep 1 of 6", "Stop"]),
        ("lowering", ["Lower slowly", "1.4 of 3 s", "Rep 6 of 6", "battery 80 %", "(simulated)"]),
        ("in-band", ["Catch", "3.1 of 3 s"]),
        ("between", ["2.8 of 3 s", "On time"]),
        ("lost", ["Signal lost", "✕ no signal", "no data for 2 s", "– of 3 s", "Stop"]),
        ("recorder-trouble", ["The disk is full", "Lower slowly"]),
        ("resting", ["Rest 1:10", "≥ 84 %", "1 not measured", "next: set 2 of 3", "Worst pain in this set?"]),
        ("pain", ["Stop here", "Pain 6 is over the limit of 4", "Tell your therapist", "Go on anyway"]),
        ("summary", ["Done", "session done", "Worst pain: 2 of 10", "Effort: 6 of 10", "○ ended"]),
        ("ready, hands free", ["Kneel upright", "starts by itself"]),
        ("ready, hands free, bridge", ["Lie down", "starts by itself"]),
        ("over", ["Catch", "4.3 of 3 s"]),
        ("falling", ["Catch"]),
        ("broke", ["In control for 1.9 s"]),
        ("partial", ["Only part of the way", "2.1 of 3 s", "Rep 5 of 6"]),
        ("partial, after the set", ["1 only part of the way", "1 given up"]),
        ("other exercise", ["This looks like a bridge. Press space to count it.", "Count as bridge"]),
        ("effort", ["How hard was this set?", "Undo"]),
        ("sudden pain", ["Stop here", "see a doctor", "Worst pain in this set?", "End session"]),
        ("before a lowering", ["Lower", "Rep 3 of 6", "Too fast"]),
        ("nothing", ["0 of 6 repetitions", "–"]),
        ("bridge-hold", ["Hold 1 s", "Too fast", "Rep 4 of 8"]),
        ("bridge-lowering", ["Lower slowly", "2.1 of 4 s", "Bridge, right side"]),
        ("many", ["Rep 12 of 15", "4.2 of 3 s"]),
    ],
)
def test_every_state_says_what_it_is(open_window, name, expected):
    everything = "\n".join(texts(open_window(SCENES[name])))
    for text in expected:
        assert text in everything


@pytest.mark.parametrize("size", SIZES)
def test_no_text_is_cut_at_any_size(open_window, size):
    for name, picture in SCENES.items():
        window = open_window(picture, size)
        page = window.rect()
        for part in window.findChildren(Words):
            if not part.isVisible() or not part.text:
                continue
            needed = part.needed_rect(part.fitted_font())
            assert needed.width() <= part.width(), (name, part.text)
            assert needed.height() <= part.height() + 1, (name, part.text)
            assert page.contains(part.geometry()), (name, part.text)
        for number in window.findChildren(BigNumber):
            if number.isVisible():
                fonts = number.fonts()
                assert sum(number.widths(*fonts)) <= number.width(), name
                assert QFontMetrics(fonts[0]).capHeight() <= number.height(), name
        for button in window.findChildren(QPushButton):
            if button.isVisible():
                pixels = int(re.search(r"font-size: (\d+)px", button.styleSheet())[1])
                font = button.font()
                font.setPixelSize(pixels)
                font.setBold(True)
                metrics = QFontMetrics(font)
                lines = button.text().split("\n")
                widest = max(metrics.horizontalAdvance(line) for line in lines)
                assert widest <= button.width() - 4, (name, button.text())
                assert len(lines) * metrics.lineSpacing() <= button.height(), (name, button.text())
                assert page.contains(button.geometry())
        window.close()


IN_A_SET = (
    "first",
    "lowering",
    "in-band",
    "over",
    "falling",
    "broke",
    "partial",
    "between",
    "lost",
    "bridge-hold",
)
SIGHT_MM = 2000.0
# Capitals are read by everybody from 1/200 of the distance on, at ease from 1/150.
LEGIBLE, AT_EASE = 1 / 200, 1 / 150


def millimetre(size):
    """Of one pixel of a screen of 14 inches with that many pixels."""
    return 14 * 25.4 / float(np.hypot(*size))


@pytest.mark.parametrize("name", IN_A_SET)
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_three_things_that_matter_are_readable_at_two_metres(open_window, name, size):
    window = open_window(SCENES[name], size)
    for part in (window.headline, window.rep_line):
        assert QFontMetrics(part.fitted_font()).capHeight() * millimetre(size) >= LEGIBLE * SIGHT_MM
    seconds = QFontMetrics(window.seconds.fonts()[0]).capHeight() * millimetre(size)
    assert seconds >= 2 * AT_EASE * SIGHT_MM


@pytest.mark.parametrize("name", ["pain", "sudden pain"])
def test_a_stop_is_readable_at_two_metres(open_window, name):
    window = open_window(SCENES[name])
    headline = QFontMetrics(window.headline.fitted_font()).capHeight()
    detail = QFontMetrics(window.detail.fitted_font()).capHeight()
    assert headline * millimetre((1366, 768)) >= AT_EASE * SIGHT_MM
    assert detail * millimetre((1366, 768)) >= 7.0


@pytest.mark.parametrize("kind", ADVICE)
def test_advice_is_readable_at_two_metres(open_window, kind):
    window = open_window(SCENES[f"calibrating: {kind}"])
    assert QFontMetrics(window.headline.fitted_font()).capHeight() * 0.227 >= 10.0
    assert QFontMetrics(window.detail.fitted_font()).capHeight() * 0.227 >= 7.0


def test_visible_parts_do_not_overlap(open_window):
    for name, picture in SCENES.items():
        window = open_window(picture)
        parts = [part for part in window._parts() if part.isVisible()]
        said = [part for part in parts if getattr(part, "text", None) != ""]
        for index, one in enumerate(said):
            for other in said[index + 1 :]:
                common = one.geometry().intersected(other.geometry())
                assert min(common.width(), common.height()) <= 8, (name, one, other)
        window.close()


def test_the_m_key_goes_through_the_ways_to_hear_it_and_the_button_says_which(open_window, qtbot):
    mode, texts = "voice and tones", []
    for _ in SOUND_MODES:
        session = replace(SCENES["ready"].session, sound_settings=SoundSettings(mode))
        window = open_window(replace(SCENES["ready"], session=session))
        texts.append(window.sound.text())
        qtbot.keyClick(window, Qt.Key.Key_M)
        (command,) = window.sent
        assert (command.volume, command.language) == (None, None)
        mode = command.mode
    assert mode == "voice and tones"
    assert texts == ["Voice\nand tones", "Tones\nonly", "Voice\nonly", "Sound\noff"]


def test_the_buttons_and_the_space_bar_send_commands(open_window, qtbot):
    window = open_window(SCENES["ready"])
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.mouseClick(window.secondary, Qt.MouseButton.LeftButton)
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert window.sent == [StartSet(), StartCalibration(), SetSound("tones")]
    window = open_window(SCENES["first"])
    qtbot.mouseClick(window.primary, Qt.MouseButton.LeftButton)
    assert window.sent == [StopSet()]
    window = open_window(SCENES["resting"])
    qtbot.mouseClick(window.pain.button(7), Qt.MouseButton.LeftButton)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.sent == [ReportPain(7), StartSet()]
    window = open_window(SCENES["to-check"])
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.mouseClick(window.secondary, Qt.MouseButton.LeftButton)
    assert window.sent == [CheckCalibration(), StartCalibration()]
    window = open_window(SCENES["checked"])
    qtbot.mouseClick(window.third, Qt.MouseButton.LeftButton)
    assert window.sent == [CheckWithLift()]
    window = open_window(SCENES["calibrating: lift the knee"])
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.sent == []


@pytest.mark.parametrize(
    ("name", "key", "command"),
    [
        ("ready", Qt.Key.Key_Return, StartSet()),
        ("ready", Qt.Key.Key_PageDown, StartSet()),
        ("lowering", Qt.Key.Key_P, SuddenPain()),
        ("lowering", Qt.Key.Key_PageDown, StopSet()),
        ("resting", Qt.Key.Key_7, ReportPain(7)),
        ("resting", Qt.Key.Key_Plus, ReportPain(10)),
        ("effort", Qt.Key.Key_0, ReportEffort(0)),
        ("effort", Qt.Key.Key_Backspace, Undo()),
        ("effort", Qt.Key.Key_PageUp, Undo()),
        ("other exercise", Qt.Key.Key_Space, SwitchExercise("bridge")),
        ("sudden pain", Qt.Key.Key_Space, EndSession()),
        ("sudden pain", Qt.Key.Key_4, ReportPain(4)),
    ],
)
def test_keys_and_a_clicker_reach_everything(open_window, qtbot, name, key, command):
    window = open_window(SCENES[name])
    qtbot.keyClick(window, key)
    assert window.sent == [command]


@pytest.mark.parametrize("name", list(SCENES))
def test_every_control_has_a_name_and_can_be_reached_by_tab(open_window, qtbot, name):
    window = open_window(SCENES[name])
    window.activateWindow()
    window.setFocus()
    wanted = {each for each in window.findChildren(QPushButton) if each.isVisible() and each.isEnabled()}
    assert all(each.accessibleName().strip() for each in wanted)
    painted = (window.trace, window.gauge, window.marks, window.bars, window.progress)
    assert all(part.accessibleName() for part in painted)
    reached = set()
    for _ in range(len(wanted) + 2):
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
        window.refresh()
        reached.add(window.focusWidget())
    assert wanted <= reached


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_the_keys_press_what_has_the_focus_and_a_clicker_the_main_button(open_window, qtbot, key):
    window = open_window(SCENES["lowering"])
    window.secondary.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(window.focusWidget(), key)
    assert window.sent == [SuddenPain()]
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_PageDown)
    assert window.sent[1:] == [StopSet()]


def test_the_focus_goes_home_when_its_button_goes_away(open_window, qtbot):
    window = open_window(SCENES["lowering"])
    window.secondary.setFocus(Qt.FocusReason.TabFocusReason)
    window.shown[0] = SCENES["recorder-trouble"]
    window.refresh()
    # Another place on the page, the same button.
    assert window.focusWidget() is window.secondary
    window.shown[0] = SCENES["searching"]
    window.refresh()
    assert window.focusWidget() is window


def test_a_click_leaves_the_space_bar_to_the_main_button(open_window, qtbot):
    window = open_window(SCENES["ready"])
    qtbot.mouseClick(window.colours, Qt.MouseButton.LeftButton)
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Space)
    assert window.sent == [StartSet()]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_can_be_seen(open_window, theme):
    window = open_window(SCENES["lowering"], theme=theme)
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    for button in (window.primary, window.secondary, window.sound, window.help):
        before = picture_of(button)
        button.setFocus(Qt.FocusReason.TabFocusReason)
        assert np.mean((picture_of(button) != before).any(axis=2)) > 0.05
        # What changes, against what was there before: the fill of the main button, the ring of the others.
        changed = [THEMES[theme].accent, THEMES[theme].on_accent]
        if button is not window.primary:
            changed = [THEMES[theme].text, THEMES[theme].line]
        assert contrast(*changed) >= 3.0


def picture_of(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].copy()


def test_the_limits_are_a_click_and_a_key_away(open_window, qtbot):
    window = open_window(SCENES["lowering"])
    qtbot.mouseClick(window.help, Qt.MouseButton.LeftButton)
    qtbot.keyClick(window, Qt.Key.Key_Question)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.asked == ["limits"] * 3


def test_the_volume_goes_up_and_down_and_stays_at_its_ends(open_window, qtbot):
    window = open_window(SCENES["lowering"])
    qtbot.keyClick(window, Qt.Key.Key_Minus)
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert window.sent == [SetSound(volume=VOLUMES[-2]), SetSound(volume=VOLUMES[-1])]
    assert [next_volume(volume, 1) for volume in VOLUMES] == [*VOLUMES[1:], VOLUMES[-1]]
    assert next_volume(VOLUMES[0], -1) == VOLUMES[0]
    assert [volume_level(volume) for volume in VOLUMES] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("moving", "drawn"), [(True, [0, 100, 200, 600]), (False, [0, 600])])
def test_where_little_movement_is_wanted_the_trace_goes_on_in_steps(open_window, monkeypatch, moving, drawn):
    window = open_window(SCENES["lowering"])
    window.moving = moving
    first_ns, when_ms = SCENES["lowering"].host_ns + 1_000_000_000, []
    monkeypatch.setattr(
        window.trace, "show_snapshot", lambda _, host_ns: when_ms.append((host_ns - first_ns) // 1_000_000)
    )
    for passed_ms in (0, 100, 200, 600):
        window.shown[0] = replace(SCENES["lowering"], host_ns=first_ns + passed_ms * 1_000_000)
        window.refresh()
    assert when_ms == drawn


def test_a_number_without_a_question_is_nothing(open_window, qtbot):
    window = open_window(SCENES["lowering"])
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert window.sent == []


def test_going_on_after_pain_is_a_button_of_its_own(open_window, qtbot):
    window = open_window(SCENES["pain"])
    qtbot.mouseClick(window.secondary, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.third, Qt.MouseButton.LeftButton)
    assert window.sent == [GoOn(), Undo()]


def test_after_the_break_point_nobody_is_judged_while_falling():
    picture = SCENES["falling"]
    said = view(picture, picture.host_ns)
    assert picture.session.falling
    assert (said.headline, said.verdict_line, said.sign) == ("Catch", "", None)


def test_after_a_break_point_no_sign_judges_either():
    broke = SCENES["broke"]
    shown = view(broke, broke.host_ns)
    assert shown.verdict_line.startswith("In control for")
    assert (shown.sign, shown.gauge.kind) == ("broke", None)
    assert [mark.kind for mark in shown.marks[:3]] == ["in band", "in band", "broke"]
    assert [sign.kind for sign in _signs(broke, broke.time_s)][-1] == "broke"


@pytest.mark.parametrize("total_s", [2.4, 3.0])
def test_a_set_tells_what_broke_and_counts_it_as_neither_on_time_nor_too_fast(total_s):
    scene = Scene().nordic_set((3.1, 2.9))
    at = scene.next_s
    rep = replace(nordic_rep(at, total_s), break_point=BreakPoint(at + 1.9, 41.0, 1.9, total_s - 1.9))
    scene.do(RepCompleted(rep, at + 4.5), at + 4.5).do(StopSet(), at + 6.0)
    summary = view(scene.picture(), round((at + 6.0) * 1e9)).summary
    assert [(bar.seconds, bar.kind) for bar in summary.bars][-1] == (total_s, "broke")
    assert [fact for fact in summary.facts if fact.endswith(("on time", "a fall"))] == [
        "2 on time",
        "1 ended in a fall",
    ]


def test_a_break_with_no_number_stays_not_measured():
    rep = replace(nordic_rep(10.0, None), break_point=BreakPoint(11.9, 41.0, 1.9, 0.5))
    assert mark_kind(rep, 3.0) == "not measured"


def held(hold_s, after_s):
    plan = replace(BRIDGE, tempo=Tempo(4.0, hold_s, 2.0))
    scene = Scene(plan).streaming().do(StartSet(), 2.0)
    scene.do(PhaseStarted("lift", "bridge", 4.0, 4.2), 4.2)
    scene.do(PhaseStarted("hold", "bridge", 6.0, 6.2), 6.2)
    picture = scene.do(Tick(), 6.0 + after_s).picture()
    return view(picture, picture.host_ns)


def test_a_long_hold_is_what_the_seconds_are_about_while_it_lasts():
    shown = held(45.0, 28.4)
    assert (shown.headline, shown.seconds, shown.seconds_caption) == ("Hold 17 s", "28", "of 45 s")
    assert (shown.gauge.value_s, shown.gauge.target_s) == (pytest.approx(28.4), 45.0)
    assert shown.gauge.running
    assert held(45.0, 45.2).headline == "Lower"


def test_a_short_hold_is_only_counted_down():
    shown = held(2.0, 0.8)
    assert (shown.headline, shown.seconds, shown.seconds_caption) == ("Hold 1 s", "0.0", "of 4 s")


def test_sudden_pain_needs_no_sensor():
    lost = SCENES["lost"]
    shown = view(lost, lost.host_ns)
    assert shown.headline == "Signal lost"
    assert [choice.action for choice in shown.choices] == ["sudden pain"]


def test_no_praise_after_pain_over_the_limit():
    scene = Scene().nordic_set((*LOWERINGS, 3.2))
    now = scene.session.now_s
    scene.do(ReportPain(6), now + 5).do(GoOn(), now + 6).do(StartSet(), now + 100)
    rep = nordic_rep(now + 102, 3.0)
    scene.do(RepCompleted(rep, now + 108), now + 108)
    said = view(scene.picture(), round((now + 108) * 1e9))
    assert said.verdict_line == ""
    assert "no tempo sounds" in said.banner


# -- the target path


def path_of(picture):
    return target_path(picture, picture.time_s)


def test_during_a_lowering_the_path_runs_as_far_as_the_person_s_own_ones():
    path = path_of(SCENES["lowering"])
    assert path.running
    assert path.start_s == pytest.approx(SCENES["lowering"].session.phase.start_s)
    assert (path.lower_s, path.early_s, path.late_s) == (3.0, 0.5, 0.5)
    # The repetitions of this scene have a range of 75 degrees.
    assert path.to_deg - path.from_deg == pytest.approx(75.0)
    assert abs(path.from_deg) < 3.0


def test_without_a_repetition_the_path_is_as_long_as_is_usual():
    picture = Scene().nordic_set(()).lowering(1.0).picture()
    assert path_of(picture).to_deg - path_of(picture).from_deg == pytest.approx(50.0)


def test_a_bridge_is_lowered_to_where_its_lift_began():
    path = path_of(SCENES["bridge-lowering"])
    assert path.to_deg == pytest.approx(-138.0, abs=1.5)
    assert path.from_deg - path.to_deg == pytest.approx(24.0, abs=1.5)


def test_before_a_lowering_there_is_a_hint_of_where_it_will_go():
    nordic, hold = SCENES["before a lowering"], SCENES["bridge-hold"]
    assert not path_of(nordic).running
    assert path_of(nordic).start_s == pytest.approx(nordic.time_s)
    assert not path_of(hold).running
    assert path_of(hold).start_s == pytest.approx(hold.session.phase.start_s + BRIDGE.tempo.hold_s)


@pytest.mark.parametrize("name", ["falling", "ready", "resting", "sudden pain"])
def test_nothing_leads_where_nobody_is_to_be_led(name):
    assert path_of(SCENES[name]) is None


def test_late_samples_have_no_path():
    scene = LateScene().nordic_set((3.1,))
    assert path_of(scene.lowering(1.0).picture()) is None


def test_the_future_that_is_shown_holds_the_whole_lowering():
    for lower_s in (2.0, 3.0, 5.0):
        assert coming_s(replace(NORDIC, tempo=Tempo(lower_s))) >= band_s(lower_s)[1]
    assert coming_s(replace(NORDIC, tempo=Tempo(20.0))) == 8.0


def test_the_reported_pain_is_shown_chosen(open_window):
    window = open_window(SCENES["pain"])
    assert window.pain.checkedId() == 6
    assert open_window(SCENES["resting"]).pain.checkedId() == -1


def test_colours_change_with_a_key(open_window, qtbot):
    window = open_window(SCENES["lowering"])
    before = window.grab().toImage().pixelColor(2, 2).name()
    qtbot.keyClick(window, Qt.Key.Key_T)
    after = window.grab().toImage().pixelColor(2, 2).name()
    assert (before, after) == (THEMES["light"].page, THEMES["dark"].page)


def test_a_break_point_is_not_judged_in_words():
    scene = Scene().nordic_set((3.0,))
    at = scene.next_s
    broke = replace(nordic_rep(at, 2.4), break_point=BreakPoint(at + 1.9, 41.0, 1.9, 0.5))
    scene.do(RepCompleted(broke, at + 5), at + 5)
    said = view(scene.picture(), round((at + 5) * 1e9))
    assert said.verdict_line == "In control for 1.9 s"


def test_the_reason_of_a_missing_measurement_is_shown():
    scene = Scene().nordic_set((None,))
    said = view(scene.picture(), round(scene.session.now_s * 1e9))
    assert said.verdict_line == "Not measured: 0.4 s of data are missing"
    assert said.seconds == "–"


def test_who_still_stands_is_asked_to_kneel_and_shown_no_way_to_follow():
    standing = SCENES["first"]
    assert target_path(standing, standing.time_s) is not None
    standing = replace(standing, session=replace(standing.session, stance="standing"))
    assert target_path(standing, standing.time_s) is None
    said = view(standing, standing.host_ns)
    assert (said.headline, said.seconds, said.verdict_line) == ("Kneel upright", "0.0", "")
    lying = replace(SCENES["bridge-hold"].session, stance="standing")
    assert lying.in_position


def test_a_fall_is_not_judged_before_the_repetition_is_measured():
    picture = SCENES["between"]
    session = picture.session
    for fair, shown in ((True, "too fast"), (False, None)):
        lowering = Lowering(session.now_s - 2.0, 1.2, final=False, judged=True, fair=fair)
        fallen = replace(picture, session=replace(session, phase=None, lowering=lowering))
        said = view(fallen, fallen.host_ns)
        assert (said.sign, said.gauge.kind) == (shown, shown)
        assert said.seconds == "1.2"


def test_data_that_stop_are_noticed_before_the_link_says_so():
    picture = SCENES["lowering"]
    assert view(picture, picture.host_ns + 900_000_000).link_level == "good"
    stale = view(picture, picture.host_ns + 1_500_000_000)
    assert (stale.headline, stale.link_level) == ("Signal lost", "bad")


@pytest.mark.parametrize(
    ("age_s", "said"),
    [(0.0, None), (LATE_S - 0.01, None), (LATE_S, "data 0.3 s old"), (0.84, "data 0.8 s old")],
)
def test_data_that_come_late_are_told_with_their_age(age_s, said):
    picture = SCENES["lowering"]
    line = view(picture, picture.host_ns + round(age_s * 1e9)).link_line.split("   ·   ")
    assert [part for part in line if part.startswith("data ")] == ([said] if said else [])
    assert (line[1], line[-1]) == ("100 Hz", "battery 80 %")


def test_data_older_than_the_present_have_no_rate_any_more():
    picture = SCENES["lowering"]
    for age_s, said in ((STALE_S, "data 1.0 s old"), (STALE_S + 0.01, "no data for 1 s")):
        line = view(picture, picture.host_ns + round(age_s * 1e9)).link_line
        assert said in line
        assert ("Hz" in line) == (age_s <= STALE_S)


@pytest.mark.parametrize(
    ("name", "button"),
    [("ready", "Start set 1"), ("lowering", "Stop"), ("idle", "Calibrate")],
)
def test_the_hint_says_what_the_space_bar_presses(open_window, name, button):
    window = open_window(SCENES[name])
    assert window.notice.isVisible()
    assert window.notice.text == f"Space bar: {button}"
    assert window.primary.text() == button


def test_where_numbers_are_asked_for_the_hint_says_the_keys_instead(open_window):
    window = open_window(SCENES["resting"])
    assert window.notice.text == "Keys 0–9, + for 10"


def ink_rows(number):
    """The share of its height that what is painted of a number takes."""
    number.resize(700, 300)
    picture = number.grab().toImage()
    page = picture.pixelColor(picture.width() - 1, 0)
    rows = [
        y
        for y in range(picture.height())
        if any(picture.pixelColor(x, y) != page for x in range(0, picture.width(), 2))
    ]
    return (rows[-1] - rows[0] + 1) / picture.height()


def test_a_number_that_is_not_known_is_a_small_dash_in_the_colour_of_the_remark(qtbot):
    number = BigNumber(None)
    qtbot.addWidget(number)
    number.show_number("3.1", "of 3 s", "#ff0000", "#0000ff")
    assert ink_rows(number) > 0.6
    number.show_number(NO_NUMBER, "of 3 s", "#ff0000", "#0000ff")
    # As large as a digit it would be a black bar; as it is, it takes what the words beside it take.
    assert ink_rows(number) < 0.4
    picture = number.grab().toImage()
    drawn = {
        picture.pixelColor(x, y).getRgb()[:3] for x in range(picture.width()) for y in range(picture.height())
    }
    assert (0, 0, 255) in drawn
    assert (255, 0, 0) not in drawn


def test_an_empty_battery_is_announced():
    picture = replace(SCENES["ready"], battery_percent=9, battery_warning=WARNINGS["nearly empty"])
    assert view(picture, picture.host_ns).banner == WARNINGS["nearly empty"]


@pytest.mark.parametrize(
    ("state", "text", "said"),
    [
        ("searching", "Looking for the sensor", False),
        ("searching", "The sensor is in its charger; take it out, switch it on and try again", True),
        ("lost", "Signal lost for 3 s, reconnecting", False),
        ("lost", "Bluetooth is switched off; switch it on and try again", True),
    ],
    ids=["looking", "refused", "lost", "no Bluetooth"],
)
def test_what_keeps_the_link_from_coming_up_is_said(state, text, said):
    picture = replace(SCENES["lowering"], link=state, link_text=text)
    assert view(picture, picture.host_ns).banner == (text if said else None)


def test_a_sensor_that_has_moved_is_offered_to_be_checked():
    session = replace(SCENES["ready"].session, moved_since_s=3.0)
    picture = replace(SCENES["ready"], session=session)
    assert "check by lift" in [choice.action for choice in view(picture, picture.host_ns).choices]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["lowering", "resting", "searching"])
def test_a_screenshot_shows_the_window(qapp, tmp_path, name, theme):
    path = tmp_path / "shot.png"
    save_screenshot(SCENES[name], path, (1366, 768), theme=theme)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1366, 768)
    colours = {image.pixelColor(x, y).name() for x in range(0, 1366, 7) for y in range(0, 768, 7)}
    assert THEMES[theme].page in colours
    assert THEMES[theme].text in colours  # letters were drawn: a font was found
    assert len(colours) > 5
    assert path.stat().st_size > 5000


def test_a_screenshot_into_no_folder_is_refused(qapp, tmp_path):
    with pytest.raises(OSError, match="could not be written"):
        save_screenshot(SCENES["idle"], tmp_path / "missing" / "shot.png")


class FakeEngine:
    def __init__(self, picture):
        self.snapshot, self.sent = picture, []

    def command(self, command):
        self.sent.append(command)


def test_a_window_follows_the_engine_and_leaves_nothing_behind(qapp, qtbot):
    threads = set(threading.enumerate())
    engine = FakeEngine(replace(SCENES["ready"], data_host_ns=None))
    window = show_dashboard(engine, theme="light")
    assert (window.view.page, window.view.action) == ("set", None)  # nothing to start without data
    engine.snapshot = SCENES["resting"]
    qtbot.waitUntil(lambda: window.view.page == "summary", timeout=60_000)
    window.close()
    assert not window._timer.isActive()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not [
        part for part in QApplication.topLevelWidgets() if isinstance(part, Dashboard) and part.isVisible()
    ]
    assert set(threading.enumerate()) == threads


def test_an_unattended_window_closes_after_the_end(qapp, qtbot, monkeypatch):
    monkeypatch.setattr("monitor.dashboard.show.LINGER_MS", 10)
    window = show_dashboard(FakeEngine(SCENES["summary"]), auto=True, theme="dark")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=60_000)
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_running_the_window_ends_when_it_is_closed(qapp, monkeypatch):
    monkeypatch.setattr("monitor.dashboard.show.LINGER_MS", 10)
    assert run_dashboard(FakeEngine(SCENES["summary"]), auto=True, theme="light") == 0
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not [part for part in QApplication.topLevelWidgets() if part.isVisible()]


def test_many_frames_lose_no_references(open_window):
    # Some PySide6 releases drop a reference of None with every call that returns it, and abort in the end.
    window = open_window(SCENES["lowering"])
    window.grab()
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(100):
        window.refresh()
        window.trace.viewport().repaint()
    gc.collect()
    assert sys.getrefcount(None) > before - 100


# -- colours


@pytest.mark.parametrize("name", ["light", "dark"])
def test_letters_have_enough_contrast(name):
    theme = THEMES[name]
    letters = [theme.text, theme.muted, theme.trouble]
    letters += [theme.of(verdict) for verdict in ("in band", "too fast", "slower", "not measured")]
    for background in (theme.page, theme.panel):
        for colour in letters:
            assert contrast(colour, background) >= 4.5, (colour, background)
    for area in (theme.lower_area, theme.still_area, theme.lift_area, theme.target_area):
        assert contrast(theme.text, area) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_trouble, theme.trouble) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_shapes_have_enough_contrast(name):
    theme = THEMES[name]
    for colour in (theme.accent, theme.in_band, theme.too_fast, theme.slower):
        assert contrast(colour, theme.line) >= 1.8  # bar on its track; its head is drawn in the text colour
        assert contrast(colour, theme.page) >= 3.0
    assert contrast(theme.text, theme.line) >= 3.0
    # The target path: its edge on everything it may lie on, and the curve upon it.
    for under in (theme.panel, theme.lower_area, theme.still_area, theme.lift_area, theme.target_area):
        assert contrast(theme.in_band, under) >= 3.0
    assert contrast(theme.text, theme.target_area) >= 4.5
    for kind in get_args(MarkKind):
        assert contrast(theme.of_mark(kind), theme.page) >= 3.0


def drawn_mark(kind, theme):
    image = QImage(64, 64, QImage.Format.Format_ARGB32)
    image.fill(QColor(theme.page))
    painter = QPainter(image)
    draw_mark(painter, kind, QPointF(32, 32), 24, theme)
    painter.end()
    # Without its colour: what differs from the page.
    rows = range(0, 64, 2)
    return np.array([[image.pixelColor(x, y).name() != theme.page for x in rows] for y in rows])


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_kind_of_repetition_has_a_shape_of_its_own(qapp, name):
    kinds = get_args(MarkKind)
    shapes = [drawn_mark(kind, THEMES[name]) for kind in kinds]
    for index, one in enumerate(shapes):
        assert one.any()
        for other, kind in zip(shapes[index + 1 :], kinds[index + 1 :], strict=True):
            assert np.mean(one != other) > 0.04, (kinds[index], kind)


@pytest.mark.parametrize("sight", list(BLIND))
@pytest.mark.parametrize("name", ["light", "dark"])
def test_verdicts_differ_for_the_colour_blind(name, sight):
    theme = THEMES[name]
    colours = [theme.in_band, theme.too_fast, theme.slower]
    for index, one in enumerate(colours):
        for other in colours[index + 1 :]:
            distance = float(np.linalg.norm(lab(one, BLIND[sight]) - lab(other, BLIND[sight])))
            assert distance >= 30.0, (one, other, distance)


# -- the trace


def test_the_range_is_kept_while_it_fits():
    assert stepped_range((-10, 90), 0, 80, 100) == (-10, 90)
    assert stepped_range((-10, 90), 0, 20, 100) == (-10, 90)
    low, high = stepped_range((-10, 90), -20, 95, 100)
    assert low <= -22
    assert high >= 97
    assert stepped_range((-150, -100), -139, -112, 50) == (-150, -100)
    assert stepped_range((-200, -60), -139, -112, 50) == (-150, -100)


def test_thinning_keeps_the_same_values_while_time_passes():
    t_s = np.arange(0, 30, 0.005)
    kept = set()
    for first in range(0, 500, 7):
        part = t_s[first : first + 3000]
        chosen = part[thinned(part, 800)]
        assert chosen.size <= 802
        kept.add(tuple(np.round(chosen[(chosen > 4) & (chosen < 12)], 6)))
    assert len(kept) == 1


def test_a_short_trace_is_not_thinned():
    assert thinned(np.arange(10.0)).tolist() == list(range(10))


def test_the_newest_value_is_always_drawn():
    for size in range(700, 760):
        assert thinned(np.arange(size) / 50.0)[-1] == size - 1


def test_the_curve_has_its_width_square_to_its_way_and_stops_at_gaps():
    x = np.arange(8.0)
    y = np.array([0.0, 2.0, 4.0, np.nan, 7.0, np.nan, 3.0, 3.0])
    steep, level = ribbons(x, y, 1.5)  # the value between two gaps has no length
    assert steep.shape == (6, 2)
    # A rising line of slope 2 is as thick as a level one: 3 across, measured square to it.
    there, back = steep[:3], steep[:2:-1]
    np.testing.assert_allclose(np.hypot(*(there - back).T), 3.0)
    np.testing.assert_allclose((there - back) @ (1.0, 2.0), 0.0, atol=1e-12)
    np.testing.assert_allclose((there + back) / 2, np.column_stack([x, y])[:3])
    np.testing.assert_allclose(sorted(level[:, 1]), [1.5, 1.5, 4.5, 4.5])


@pytest.mark.parametrize("values", [[], [np.nan], [1.0], [np.nan, 1.0, np.nan]])
def test_a_curve_without_two_known_neighbours_is_not_drawn(values):
    assert ribbons(np.arange(len(values), dtype=float), np.array(values), 1.0) == []


@pytest.mark.parametrize("chunks", [(1,), (5, 3), (4096,), (10_000,)])
def test_the_ring_gives_the_newest_stretch(chunks):
    ring = TraceRing(4096)
    t_s = np.arange(30_000) / 100
    at, turn = 0, 0
    while at < t_s.size:
        step = chunks[turn % len(chunks)]
        ring.extend(t_s[at : at + step], -t_s[at : at + step])
        at, turn = at + step, turn + 1
        if turn % 997 == 0 or at >= t_s.size:
            seen = ring.latest(15.005)
            expected = t_s[: min(at, t_s.size)]
            expected = expected[expected >= expected[-1] - 15.005]
            np.testing.assert_allclose(seen.t_s, expected)
            np.testing.assert_allclose(seen.thigh_angle_deg, -expected)


def test_a_picture_handed_out_stays_true_while_the_ring_goes_on():
    ring = TraceRing(4096)
    ring.extend(np.arange(4000) / 100, np.arange(4000.0))
    seen = ring.latest(15.0)
    copy = seen.thigh_angle_deg.copy()
    ring.extend(np.arange(4000, 6000) / 100, np.arange(4000.0, 6000.0))
    np.testing.assert_array_equal(seen.thigh_angle_deg, copy)


def test_time_that_goes_back_is_left_out_of_the_trace():
    ring = TraceRing(64)
    ring.extend(np.array([0.0, 0.1, 0.2]), np.zeros(3))
    ring.extend(np.array([0.1, 0.2, 0.3]), np.ones(3))
    np.testing.assert_allclose(ring.latest().t_s, [0.0, 0.1, 0.2, 0.3])
    assert ring.latest().thigh_angle_deg.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("name", ["lowering", "bridge-lowering"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (683, 384)])
def test_the_curve_is_one_line_from_the_first_picture_on(qapp, tmp_path, name, size):
    path = tmp_path / "shot.png"
    save_screenshot(SCENES[name], path, size)
    image = QImage(str(path))
    unit = min(size[0] / 1366, size[1] / 768)
    letters = QColor(THEMES["light"].text).value() + 40  # the curve's edges are smoothed
    found = 0
    for x in range(round(900 * unit), round(1080 * unit)):  # up to the disc at its end
        column = [
            y for y in range(round(372 * unit), round(600 * unit)) if image.pixelColor(x, y).value() < letters
        ]
        if column:
            assert max(column) - min(column) <= len(column) + 1, x  # no white between the parts of a line
            found += 1
    assert found > 100 * unit


class LateScene(Scene):
    """The same with a sensor that sends its samples 2.5 s late."""

    def streaming(self):
        return self.do(LinkChanged("streaming", 2.5), 0.0)

    def words(self, age_s=1.3, **options):
        now = self.session.now_s
        picture = self.picture(data_host_ns=round((now - age_s) * 1e9), newest_s=now - age_s, **options)
        return view(picture, picture.host_ns)


def test_a_late_sensor_is_explained_in_one_sentence():
    shown = LateScene().streaming().words()
    assert shown.notice == (
        "This sensor sends its data up to 2.5 s late: results come after each repetition, no live counting."
    )
    assert shown.detail.endswith("Results come after each repetition.")
    assert LateScene().streaming().words(notice="No sound.").notice == f"{shown.notice} No sound."
    usual = Scene().streaming().picture()
    assert view(usual, usual.host_ns).notice is None


def test_a_late_sensor_shows_the_last_result_instead_of_running_seconds():
    scene = LateScene().nordic_set((3.1, 2.2))
    scene.lowering(1.4)
    shown = scene.words()
    assert (shown.headline, shown.seconds, shown.rep_line) == ("Lower in 3 s", "2.2", "Rep 3 of 6")
    assert shown.verdict_line == "Rep 2: Too fast"
    assert not shown.gauge.running
    assert LateScene().nordic_set(()).words().seconds == "–"


@pytest.mark.parametrize(("age_s", "word"), [(3.0, "● connected"), (4.0, "✕ no signal")])
def test_data_of_a_late_sensor_are_missed_later(age_s, word):
    assert LateScene().nordic_set((3.1,)).words(age_s).link_word == word


@pytest.mark.parametrize("size", [(800, 600), (1366, 768)], ids=["small", "usual"])
def test_the_explanation_is_seen_whole(open_window, size):
    window = open_window(
        LateScene().streaming().picture(notice="No sound: no output device was found."), size
    )
    needed = window.notice.needed_rect(window.notice.fitted_font())
    assert needed.width() <= window.notice.width()
    assert needed.height() <= window.notice.height()
    assert "2.5 s late" in window.notice.text
