"""Whole visits in the window, with the keyboard; engine, measurement and recording are the real ones.

Only the radio and the time are pretended: a simulated patient does what the session asks for, and an hour is
as long as the computer needs for it. Time goes on while the test waits, and never faster than the window
follows: what is looked for cannot have gone by unseen, however busy the machine is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from analysis.samples import ImuSamples
from drivers import plain
from drivers.link import BluetoothUnavailableError, FoundSensor
from drivers.source import LinkStatus, RawPacket, SensorInfo
from monitor.dashboard.language import Spoken
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application
from monitor.dashboard.view import VOLUMES
from monitor.known_sensors import LastSensor
from monitor.measured_file import measure_file
from monitor.plan import Plan, Tempo
from monitor.session import SetSound
from monitor.settings import Settings, load_settings
from monitor.trainee import Patient
from monitor.visit import AnotherSensor, ExerciseOnly, NewPerson
from monitor.visit_host import Surroundings, VisitHost
from monitor.visit_people import LockedError, WrongPinError
from monitor.visit_store import PersonRow, StoreError, Today, ToldAlreadyError, WaitingMorning
from recordings import samples
from recordings.reader import read
from recordings.salvage import verify

SENSOR = FoundSensor("WT901", "AA:01", "witmotion", -50)
OTHER_SENSOR = FoundSensor("Movesense 1", "AA:02", "movesense", -70)
LAST = LastSensor("AA:01", "witmotion", "WT901", "left")
PLAN = Plan("nordic", "both", 2, 2, Tempo(3.0), rest_between_sets_s=3, pain_limit=3)
TODAY = Today("Nordics", 4, (PLAN,), None, None)
LIMIT_S = 30.0
BURST = 10
BURSTS_A_LOOK = 3


class Store:
    """People and plans in memory; filed: what was handed over at the end."""

    def __init__(self, *people, broken=False, pin=None):
        self.rows, self.broken, self.pin = list(people), broken, pin
        self.told_elsewhere = False
        self.filed, self.mornings, self.finished = [], [], []

    def people(self):
        if self.broken:
            raise StoreError("The catalogue is damaged.")
        if self.pin is not None:
            raise LockedError("The list of people opens to a therapist's PIN.")
        return tuple(self.rows)

    def unlock(self, pin):
        if pin != self.pin:
            raise WrongPinError(1)
        return tuple(self.rows)

    def add_person(self, name):
        self.rows.append(PersonRow(f"P-{len(self.rows) + 1}", name, None, None))
        return self.rows[-1]

    def today(self, code):
        return TODAY if code else None

    def templates(self):
        return (TODAY,)

    def choose_plan(self, code, today):
        pass

    def report_morning(self, session_id, pain, back_to_usual, _instead_of=None):
        if self.told_elsewhere:
            raise ToldAlreadyError("The morning after this session was told already, as pain 5.")
        self.mornings.append((session_id, pain, back_to_usual))

    def file_finished(self, recording):
        self.finished.append(recording)

    def file_visit(self, code, recording, session, before):
        self.filed.append((code, recording, session, before))


class QuickSource:
    """The patient's sensor, in virtual time."""

    def __init__(self, plans, clock):
        self.patient, self.clock = Patient(plans), clock
        self.info = SensorInfo("plain", "Simulated", "simulated", rate_hz=100.0, simulated=True)

    def follow(self, session):
        self.patient.follow(session, self.clock.now_s)

    async def packets(self):
        yield LinkStatus(self.clock.ns(), "streaming", "Receiving")
        samples, number = self.patient.session.samples, 0
        while True:
            t_s = (number + np.arange(BURST)) / 100.0
            number += BURST
            self.clock.now_s = float(t_s[-1])
            at_s = self.patient.course(t_s)
            acc, gyr = (
                np.column_stack([np.interp(at_s, samples.t_s, column) for column in values.T])
                for values in (samples.acc_mps2, samples.gyr_radps)
            )
            yield RawPacket(self.clock.ns(), plain.CHARACTERISTIC, plain.encode(ImuSamples(t_s, acc, gyr)))
            self.clock.bursts += 1
            while self.clock.bursts >= self.clock.allowed:  # noqa: ASYNC110 (another thread allows it)
                await asyncio.sleep(0.0005)


class Clock:
    """The time of the patient. bursts: of samples sent; allowed: so many may be."""

    now_s = 0.0
    bursts = 0
    allowed = 1

    def ns(self):
        return round(self.now_s * 1e9)


class Visit:
    """The window on a visit, and a hand that waits and presses."""

    def __init__(self, tmp_path, store, *, last=LAST, find=None, settings=None):
        self.clock, self.store, self.folder = Clock(), store, tmp_path
        world = Surroundings(
            store=lambda: store,
            find=find or (lambda _seconds: [SENSOR]),
            source=lambda _sensor, plans: QuickSource(plans, self.clock),
            recordings=tmp_path / "recordings",
            folder=tmp_path,
            settings=settings or Settings(limits_seen=True),
            last=last,
        )
        self.host = VisitHost(world, clock_ns=self.clock.ns)
        self.window = PatientWindow(
            self.host, Spoken(application()), clock_ns=self.clock.ns, today=lambda: date(2026, 11, 30)
        )
        self.window.show()
        self.clicks = 0

    @property
    def step(self):
        return self.window.screen_shown.step

    def wait(self, *steps, until=lambda: True):
        deadline_s = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline_s:
            application().processEvents()
            self.window.refresh()
            if self.step in steps and until():
                return self
            self.clock.allowed = self.clock.bursts + BURSTS_A_LOOK
            time.sleep(0.002)
        raise AssertionError(f"still at {self.step}: {self.window.screen_shown}")

    def press(self, key):
        self.clicks += 1
        shown = self.window.dashboard
        QTest.keyClick(shown if shown is not None and shown.isVisible() else self.window, key)
        return self

    def close(self):
        self.window.close()
        return self.host.close()


@pytest.fixture
def visits(tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.live.data_folder", lambda: tmp_path)
    opened = []

    def open_visit(*arguments, **options):
        opened.append(Visit(tmp_path, *arguments, **options))
        return opened[-1]

    yield open_visit
    for each in opened:
        each.close()
        each.window.deleteLater()


def test_a_whole_visit_with_the_keyboard(visits):
    waiting = WaitingMorning("s-1", datetime(2026, 11, 28, 18))
    visit = visits(Store(PersonRow("P-1", "Marie", date(2026, 11, 28), waiting)))

    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("morning").window.body.buttons[2].click()
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_Return)
    visit.wait("today").press(Qt.Key.Key_1)
    # Sensor and calibration need no hand, and the set begins when the patient kneels.
    visit.wait("set").wait("pain").press(Qt.Key.Key_2)
    visit.wait("effort").press(Qt.Key.Key_7)
    visit.wait("rest", "set").wait("set").wait("pain").press(Qt.Key.Key_PageDown)
    visit.wait("effort").press(Qt.Key.Key_Plus)
    visit.wait("summary").press(Qt.Key.Key_Space)
    visit.wait("who", until=lambda: bool(visit.store.filed))

    code, recording, session, before = visit.store.filed[0]
    assert visit.store.mornings == [("s-1", 2, True)]
    assert (code, before.pain, before.stops) == ("P-1", 1, ())
    assert [record.pain for record in session.sets] == [2, None]
    assert [record.effort for record in session.sets] == [7, 10]
    assert [len(record.reps) for record in session.sets] == [2, 2]
    # What the patient saw is what the recording gives again.
    measured = measure_file(recording)
    assert [rep.lower_s for rep in measured.analysis.reps] == [
        rep.lower_s for record in session.sets for rep in record.reps
    ]


def test_a_morning_that_was_told_elsewhere_is_said_and_the_visit_goes_on(visits):
    waiting = WaitingMorning("s-1", datetime(2026, 11, 28, 18))
    visit = visits(Store(PersonRow("P-1", "Marie", date(2026, 11, 28), waiting)))
    visit.store.told_elsewhere = True
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("morning").window.body.buttons[2].click()
    visit.wait("plan", until=lambda: "told already, as pain 5" in visit.window.banner.text)
    assert visit.host.visit.person.name == "Marie"
    assert visit.wait("plan", until=lambda: visit.host.visit.today).window.primary.isEnabled()


def test_three_clicks_to_the_first_repetition(visits):
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_Space)
    visit.wait("today").press(Qt.Key.Key_0)
    visit.wait("set", until=lambda: bool(visit.host.snapshot.session.sets[0].reps))
    assert visit.clicks == 3


def test_a_clicker_of_two_keys_can_choose_everything(visits):
    back, on = Qt.Key.Key_PageUp, Qt.Key.Key_PageDown
    people = (PersonRow("P-1", "Marie", None, None), PersonRow("P-2", "Jonas", None, None))
    visit = visits(Store(*people), last=None)

    visit.wait("who", until=lambda: visit.host.visit.people).press(back).press(back).press(on)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(on)
    visit.wait("today").press(on)
    visit.wait("sensor", until=lambda: visit.host.visit.sensor).press(back).press(back).press(on)
    assert visit.host.visit.side == "right"
    visit.wait("set").wait("pain").press(back).press(back).press(back).press(on)
    visit.wait("effort").press(on)
    visit.wait("set").wait("pain").press(on)
    visit.wait("effort").press(on)
    visit.wait("summary").press(on)
    visit.wait("who", until=lambda: bool(visit.store.filed))
    code, _, session, _ = visit.store.filed[0]
    assert code == "P-2"
    assert [record.pain for record in session.sets] == [2, None]


def test_a_stranger_with_a_clicker_comes_to_a_finished_set(visits):
    on = Qt.Key.Key_PageDown
    visit = visits(Store(), last=None, settings=Settings())
    visit.wait("limits").press(on)
    # To "Without a plan", which is no choice of the page's own, and on.
    visit.wait("who", until=lambda: visit.host.visit.people is not None).press(Qt.Key.Key_PageUp).press(on)
    visit.wait("exercise").press(on)
    # The page waits for the leg: the key goes to the first, and then presses it.
    visit.wait("sensor", until=lambda: visit.host.visit.sensor).press(on).press(on)
    visit.wait("set").wait("pain").press(on)
    visit.wait("effort").press(on)
    visit.wait("rest", "set")
    assert visit.host.visit.side == "left"
    assert visit.host.visit.session.sets[0].reps


def test_the_space_bar_alone_leads_a_stranger_who_has_no_name(visits):
    space = Qt.Key.Key_Space
    visit = visits(Store(), last=None, settings=Settings())
    visit.wait("limits").press(space)
    visit.wait("who", until=lambda: visit.host.visit.people is not None).press(space)
    visit.wait("name").press(Qt.Key.Key_Return)
    visit.wait("exercise").press(space)
    visit.wait("sensor", until=lambda: visit.host.visit.sensor).press(space).press(space)
    visit.wait("set", until=lambda: bool(visit.host.snapshot.session.sets[0].reps))
    assert visit.host.visit.person is None


def typed(visit, *keys):
    """Press keys as Qt hands them over: to what has the focus, and from there to what lies round it."""
    for key in keys:
        visit.clicks += 1
        shown = visit.window.dashboard
        page = shown if shown is not None and shown.isVisible() else visit.window
        QTest.keyClick(page.focusWidget() or page, key)
        application().processEvents()
        visit.window.refresh()
    return visit


def test_a_walk_through_everything_with_keys_alone(visits):
    enter, tab, right = Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Right
    waiting = WaitingMorning("s-1", datetime(2026, 11, 28, 18))
    people = (PersonRow("P-1", "Marie", None, None), PersonRow("P-2", "Jonas", date(2026, 11, 28), waiting))
    visit = visits(Store(*people), last=None, find=lambda _seconds: [SENSOR, OTHER_SENSOR])

    visit.wait("who", until=lambda: visit.host.visit.people)
    typed(visit, right, right, enter).wait("morning")
    typed(visit, right, right, right, right, enter).wait("plan", until=lambda: visit.host.visit.today)
    # Another plan, and back again.
    typed(visit, tab, tab, enter).wait("templates")
    typed(visit, Qt.Key.Key_Escape).wait("plan")
    typed(visit, enter).wait("today")
    typed(visit, Qt.Key.Key_1).wait("sensor", until=lambda: len(visit.host.visit.found) == 2)
    # The leg, and past both legs to the second sensor.
    typed(visit, Qt.Key.Key_Left).wait("sensor", until=lambda: visit.host.visit.side == "left")
    typed(visit, right, right, right, right, enter)
    # Whoever has gone back once is asked before it goes on.
    visit.wait("sensor", until=visit.window.primary.isEnabled)
    typed(visit, enter)
    # The calibration needs no key; who wants to begin sooner than two seconds after kneeling has one.
    visit.wait("warm-up")
    assert visit.host.visit.sensor == OTHER_SENSOR
    typed(visit, enter).wait("set")
    assert visit.host.snapshot.session.sets[0].started_by == "person"
    visit.wait("pain")
    typed(visit, Qt.Key.Key_2).wait("effort")
    typed(visit, right, right, enter).wait("rest")
    typed(visit, enter).wait("set").wait("pain")
    typed(visit, Qt.Key.Key_3).wait("effort")
    typed(visit, Qt.Key.Key_Plus).wait("summary")
    typed(visit, enter).wait("who", until=lambda: bool(visit.store.filed))
    code, _, session, before = visit.store.filed[0]
    assert (code, before.pain) == ("P-2", 1)
    assert visit.store.mornings[0][:2] == ("s-1", 3)
    assert [(record.pain, record.effort) for record in session.sets] == [(2, 1), (3, 10)]
    assert [len(record.reps) for record in session.sets] == [2, 2]


@pytest.mark.parametrize("known", [True, False], ids=["known", "a stranger with two sensors"])
def test_a_walk_through_everything_with_the_space_bar_alone(visits, known):
    space = Qt.Key.Key_Space
    visit = visits(
        Store(*[PersonRow("P-1", "Marie", None, None)] if known else []),
        last=LAST if known else None,
        settings=Settings(limits_seen=known),
        find=lambda _seconds: [SENSOR] if known else [SENSOR, OTHER_SENSOR],
    )
    if not known:
        visit.wait("limits")
        typed(visit, space)
    visit.wait("who", until=lambda: visit.host.visit.people is not None)
    typed(visit, space).wait("name", "plan")
    if not known:
        typed(visit, space).wait("exercise")
        typed(visit, space).wait("sensor", until=lambda: len(visit.host.visit.found) == 2)
        # To the legs and the first of them, to the sensors and the first of them.
        typed(visit, space, space, space, space)
    else:
        visit.wait("plan", until=lambda: visit.host.visit.today)
        typed(visit, space).wait("today")
        typed(visit, space)
    for _ in range(2):
        visit.wait("set").wait("pain")
        typed(visit, space).wait("effort")
        typed(visit, space).wait("rest", "summary")
    visit.wait("summary")
    typed(visit, space).wait("who", until=lambda: bool(visit.store.filed) or not known)
    assert visit.host.visit.person is None


def test_the_back_key_of_a_clicker_reaches_the_way_back_and_goes_round(visits):
    visit = visits(Store(PersonRow("P-1", "Marie", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_PageDown)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_PageDown)
    visit.wait("today")
    window, choices = visit.window, len(visit.window.body.buttons)
    for _ in range(choices + 1):
        visit.press(Qt.Key.Key_PageUp)
    assert window.focusWidget() is window.back
    visit.press(Qt.Key.Key_PageUp)
    assert window.focusWidget() is window.primary
    visit.press(Qt.Key.Key_PageUp)
    assert window.focusWidget() is window.body.buttons[0]
    # A tick leaves the page where it is: the way on goes from there.
    visit.press(Qt.Key.Key_PageDown)
    assert len(visit.host.visit.stops) == 1
    assert window.focusWidget() is window.body.buttons[0]
    for _ in range(choices):
        visit.press(Qt.Key.Key_PageUp)
    visit.press(Qt.Key.Key_PageDown)
    visit.wait("plan").press(Qt.Key.Key_PageUp)
    # Where nothing is to be chosen it goes back at once.
    visit.wait("who")


def test_two_clicks_without_plan_and_person(visits):
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).window.choices[0].click()
    visit.wait("exercise").press(Qt.Key.Key_Space)
    visit.wait("set", until=lambda: bool(visit.host.snapshot.session.sets[0].reps))
    assert visit.clicks + 1 == 2


def test_closing_the_window_in_a_set_loses_nothing(visits):
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_Space)
    visit.wait("today").press(Qt.Key.Key_0)
    visit.wait("set", until=lambda: bool(visit.host.snapshot.session.sets[0].reps))

    assert visit.close() == ()

    code, recording, session, _ = visit.store.filed[0]
    assert code == "P-1"
    assert recording.exists()
    assert not list(recording.parent.glob("*.part"))
    assert len(measure_file(recording).analysis.reps) >= len(session.sets[0].reps) >= 1


def test_pain_over_the_limit_stops_until_a_person_goes_on(visits):
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_Space)
    visit.wait("today").press(Qt.Key.Key_0)
    visit.wait("pain").press(Qt.Key.Key_8)
    visit.wait("stopped")
    correct = visit.window.choices[1]
    assert correct.isVisible()
    correct.click()
    visit.wait("pain").press(Qt.Key.Key_6)
    visit.wait("stopped").window.choices[0].click()
    visit.wait("rest", "set")


def test_a_broken_catalogue_is_said_and_stops_nobody(visits):
    visit = visits(Store(broken=True))
    visit.wait("who", until=lambda: visit.window.screen_shown.banner is not None).press(Qt.Key.Key_Space)
    visit.wait("exercise").press(Qt.Key.Key_Space)
    visit.wait("set")


def test_with_a_pin_a_therapist_opens_the_list_for_one_choice(visits):
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None), pin="2468"))
    visit.wait("who", until=lambda: visit.host.visit.locked)
    assert "Jonas" not in repr(visit.window.screen_shown)
    visit.press(Qt.Key.Key_Space)
    field = visit.wait("pin").window.body.field
    assert field.echoMode() == QLineEdit.EchoMode.Password
    QTest.keyClicks(field, "0000")
    QTest.keyClick(field, Qt.Key.Key_Return)
    visit.wait("pin", until=lambda: visit.host.visit.pin_wait_s == 1)
    assert field.text() == ""
    QTest.keyClicks(field, "2468")
    QTest.keyClick(field, Qt.Key.Key_Return)
    visit.wait("who", until=lambda: "Jonas" in repr(visit.window.screen_shown)).press(Qt.Key.Key_Space)
    visit.wait("plan", until=lambda: visit.host.visit.today)
    assert (visit.host.visit.person.name, visit.host.visit.people) == ("Jonas", None)
    visit.host.take(NewPerson())
    assert visit.wait("name").window.body.field.echoMode() == QLineEdit.EchoMode.Normal


def test_a_new_person_writes_a_name_and_enter_saves_it(visits):
    visit = visits(Store())
    visit.wait("who", until=lambda: visit.host.visit.people == ()).press(Qt.Key.Key_Space)
    field = visit.wait("name").window.body.field
    QTest.keyClicks(field, "Elif")
    QTest.keyClick(field, Qt.Key.Key_Return)
    visit.wait("plan")
    assert visit.host.visit.person.name == "Elif"


def test_without_bluetooth_it_is_said_and_tried_again(visits):
    tries = []

    def find(_seconds):
        tries.append(1)
        if len(tries) == 1:
            raise BluetoothUnavailableError("Bluetooth is switched off; switch it on and try again")
        return [SENSOR]

    visit = visits(Store(), find=find)
    visit.host.take(ExerciseOnly())
    visit.wait("exercise").press(Qt.Key.Key_Space)
    visit.wait("sensor", until=lambda: "Bluetooth" in visit.window.screen_shown.headline)
    visit.wait("calibrate", "warm-up", "set")


def test_the_wrong_sensor_can_be_let_go(visits):
    other = replace(SENSOR, name="Other", address="AA:02")
    visit = visits(Store(), find=lambda _seconds: [SENSOR, other], last=None)
    visit.host.take(ExerciseOnly())
    visit.wait("exercise").press(Qt.Key.Key_Space)
    cards = visit.wait("sensor", until=lambda: len(visit.host.visit.found) == 2).window.body.buttons
    assert {each.text() for each in cards} >= {"WT901", "Other"}
    next(each for each in cards if each.text() == "Other").click()
    assert visit.host.visit.sensor == other
    visit.host.take(AnotherSensor())
    assert visit.host.visit.sensor is None


def test_another_language_is_spoken_too_and_the_volume_is_kept(visits, tmp_path):
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_Space)
    visit.wait("today").press(Qt.Key.Key_0)
    visit.wait("pain").press(Qt.Key.Key_2)
    visit.wait("effort").press(Qt.Key.Key_L)
    visit.press(Qt.Key.Key_4).wait("rest").press(Qt.Key.Key_Minus)

    def heard():
        return visit.host.snapshot.session.sound_settings

    visit.wait("rest", "set", until=lambda: heard().language == "de" and heard().volume == VOLUMES[-2])
    assert load_settings(tmp_path).volume == VOLUMES[-2]
    visit.press(Qt.Key.Key_L)


def test_what_was_chosen_is_kept_for_next_time(visits, tmp_path):
    visit = visits(Store(), settings=Settings())
    visit.wait("limits").press(Qt.Key.Key_Space)
    visit.wait("who").press(Qt.Key.Key_T)
    visit.press(Qt.Key.Key_L)
    visit.host.command(SetSound("tones"))
    kept = load_settings(tmp_path)
    assert kept == Settings(language="de", theme="dark", limits_seen=True, sound="tones")
    visit.press(Qt.Key.Key_L)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB where the visit records."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux to mount a disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_in_a_set_and_the_recording_is_saved_elsewhere(
    visits, small_disk, tmp_path, monkeypatch
):
    monkeypatch.setattr("recordings.writer.FLUSH_PERIOD_S", 0.05)
    taken, elsewhere = tmp_path / "taken.mcap", tmp_path / "elsewhere.mcap"
    taken.write_bytes(b"")
    asked, answers = [], [None, taken, elsewhere]

    def choose(_parent, suggestion):
        asked.append(suggestion)
        return answers.pop(0)

    monkeypatch.setattr("monitor.dashboard.offers.choose", choose)
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.host.visit.people).press(Qt.Key.Key_Space)
    visit.wait("plan", until=lambda: visit.host.visit.today).press(Qt.Key.Key_Space)
    visit.wait("today").press(Qt.Key.Key_0)
    visit.wait("set", until=lambda: bool(visit.host.snapshot.session.sets[0].reps))
    shown = visit.window.dashboard

    def banner():
        shown.refresh()
        return shown.banner.text

    visit.press(Qt.Key.Key_S)
    assert asked == [], "as long as all is well there is nothing to save elsewhere"
    fill(small_disk)
    visit.wait("set", "pain", until=lambda: visit.host.snapshot.recording_trouble is not None)
    # In the set and on every page after it.
    visit.wait("pain", until=lambda: "the disk is full" in visit.window.banner.text)
    assert visit.window.offered.text() == "Save elsewhere (S)"
    assert not visit.window.offered.isHidden()
    visit.press(Qt.Key.Key_2).wait("effort").press(Qt.Key.Key_7)
    visit.wait("set", until=lambda: "the disk is full" in banner() and shown.offered.isVisible())

    visit.press(Qt.Key.Key_S)
    assert "the disk is full" in banner(), "nobody wanted it"
    visit.press(Qt.Key.Key_S).wait("set", until=lambda: "choose another name" in banner())
    assert shown.offered.isVisible()
    before = visit.host.snapshot.newest_s
    shown.offered.click()
    visit.wait("set", "pain", until=lambda: visit.host.snapshot.recording_trouble is None)
    visit.wait("set", "pain", until=lambda: f"goes on in {elsewhere}" in banner())
    assert shown.offered.isHidden()
    visit.wait("pain", until=lambda: visit.host.snapshot.newest_s > before).press(Qt.Key.Key_PageDown)
    visit.wait("effort").press(Qt.Key.Key_Plus)
    visit.wait("summary").press(Qt.Key.Key_Space)
    visit.wait("who", until=lambda: bool(visit.store.filed))

    _, recording, session, _ = visit.store.filed[0]
    assert recording == elsewhere
    assert [len(record.reps) for record in session.sets] == [2, 2]
    assert verify(recording).intact
    assert [rep.lower_s for rep in measure_file(recording).analysis.reps] == [
        rep.lower_s for record in session.sets for rep in record.reps
    ]
    assert taken.read_bytes() == b""
    assert {each.name for each in asked} == {f"{small_disk_name(visit)}.mcap"}
    assert small_disk not in {each.parent for each in asked}


def small_disk_name(visit):
    """The name that the recording had on the disk that filled up."""
    (part,) = (visit.folder / "recordings").glob("*.part")
    return part.name.removesuffix(".mcap.part")


def fill(folder):
    with contextlib.suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


RECORD = """
import sys, time
from pathlib import Path
from recordings import samples
from recordings.reader import read
from recordings.replay import source_items
from recordings.format import new_metadata
from recordings.writer import Recorder
from drivers.source import RawPacket

whole = read(samples.path_of("good-tempo"))
recorder = Recorder(Path(sys.argv[1]), new_metadata(whole.metadata.sensor))
for item in source_items(whole):
    if isinstance(item, RawPacket):
        recorder.packet(item)
while len(read(sys.argv[1] + ".part").packets) < len(whole.packets):
    time.sleep(0.01)
print("saved", flush=True)
time.sleep(60)
"""


def test_what_a_killed_program_has_left_is_finished_from_the_first_page(visits, tmp_path):
    path = tmp_path / "recordings" / "killed.mcap"
    path.parent.mkdir()
    with subprocess.Popen([sys.executable, "-c", RECORD, str(path)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"saved\n"
        program.kill()
    left = path.with_name("killed.mcap.part")
    was = left.read_bytes()

    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.window.offered.text() == "Finish it (F)")
    assert visit.window.banner.text == "A recording was not finished. What is in it can be saved."
    visit.press(Qt.Key.Key_F)
    finished = path.with_name("killed-salvaged.mcap")
    visit.wait("who", until=lambda: visit.window.banner.text.endswith(f"are in {finished}"))
    assert visit.window.offered.isHidden()
    assert visit.store.finished == [finished]
    assert verify(finished).damage == ()
    assert len(read(finished).packets) == len(read(samples.path_of("good-tempo")).packets)
    assert left.read_bytes() == was
    visit.press(Qt.Key.Key_Space).wait("plan").press(Qt.Key.Key_Escape).wait("who")
    assert visit.window.banner.text == ""
    visit.close()

    again = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    again.wait("who", until=lambda: again.host.visit.people)
    again.close()
    assert again.host.unfinished is None


def test_what_cannot_be_finished_is_said(visits, tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "broken.mcap.part").write_bytes(b"nothing that could be read")
    visit = visits(Store(PersonRow("P-1", "Jonas", None, None)))
    visit.wait("who", until=lambda: visit.window.offered.text() == "Finish it (F)").window.offered.click()
    visit.wait("who", until=lambda: "broken.mcap.part" in visit.window.banner.text)
    assert visit.store.finished == []
