"""The real parts together: engine, decoder, pipeline, recorder; only the radio and the time are pretended."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import numpy as np
import pytest

from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor, demo_session
from drivers import plain
from drivers.source import LinkStatus, RawPacket, SensorInfo
from monitor.dashboard.view import view
from monitor.engine import TICK_S, Engine
from monitor.measured_file import measure_file
from monitor.plan import Plan, Tempo
from monitor.report import write_report
from monitor.session import SetSound, StartCalibration, StartSet
from monitor.sets import sets_of
from recordings.format import new_metadata
from recordings.writer import Recorder

INFO = SensorInfo("plain", "simulated", "demo", rate_hz=100.0, simulated=True)
SESSION = demo_session()
COUNTS = Counter(rep.exercise for rep in SESSION.reps)
PLANS = (
    Plan("nordic", "left", 1, COUNTS["nordic"], Tempo(3.0), rest_between_sets_s=1),
    Plan("bridge", "left", 1, COUNTS["bridge"], Tempo(3.0, 1.2, 1.5)),
)


class Script:
    """Sends a session as fast as it is taken, with commands at given times; the clock is the samples'."""

    info = INFO

    def __init__(self, samples: ImuSamples, commands, burst=4):
        self.samples, self.commands, self.burst = samples, sorted(commands.items()), burst
        self.now_ns = 0
        self.engine = None

    async def packets(self):
        yield LinkStatus(0, "streaming", "Receiving")
        waiting = list(self.commands)
        zero = self.samples.t_s[0]
        for first in range(0, len(self.samples), self.burst):
            part = self.samples[first : first + self.burst]
            at_s = float(part.t_s[-1] - zero)
            self.now_ns = round(at_s * 1e9)
            shifted = ImuSamples(part.t_s - zero, part.acc_mps2, part.gyr_radps)
            yield RawPacket(self.now_ns, plain.CHARACTERISTIC, plain.encode(shifted))
            while waiting and waiting[0][0] <= at_s:
                self.engine.command(waiting.pop(0)[1])
                await asyncio.sleep(0)
            if 1.0 < at_s % 2.0 < 1.0 + self.burst / 100:
                await asyncio.sleep(1.2 * TICK_S if at_s < 14 else 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("session") / "session.mcap"
    starts = [mark.t_s - 0.3 for mark in SESSION.marks if mark.label in ("nordic set", "bridge set")]
    commands = {0.3: StartCalibration(), **{at_s: StartSet() for at_s in starts}}
    source = Script(SESSION.samples, commands)
    recorder = Recorder(path, new_metadata(INFO))
    before = set(threading.enumerate())
    engine = Engine(source, recorder, PLANS, clock_ns=lambda: source.now_ns)
    source.engine = engine
    with engine:
        assert engine.wait(100)
        last = engine.snapshot
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "engine"]
    return path, last


def test_the_patient_saw_what_the_report_will_say(run):
    path, last = run
    seen = [rep for record in last.session.sets for rep in record.reps]
    assert {record.plan.exercise: len(record.reps) for record in last.session.sets} == COUNTS
    measured = measure_file(path)
    assert measured.damage == ()
    found = [rep for rep in measured.analysis.reps if rep.lower_s is not None]
    assert len(found) == len(seen)
    for live, batch in zip(seen, found, strict=True):
        assert live.exercise == batch.exercise
        assert live.lower_s == pytest.approx(batch.lower_s, abs=1e-9)
        assert live.start_s == pytest.approx(batch.start_s, abs=1e-9)


def test_the_lowering_times_are_true(run):
    _, last = run
    seen = [rep for record in last.session.sets for rep in record.reps]
    for live, truth in zip(seen, SESSION.reps, strict=True):
        lower = next(phase for phase in truth.phases if phase.kind == "lower")
        assert live.lower_s == pytest.approx(lower.end_s - lower.start_s, abs=0.15)


def test_the_report_knows_the_sets_of_the_recording(run, tmp_path):
    path, _ = run
    measured = measure_file(path)
    sets = sets_of(measured)
    assert [(each.title, len(each.reps), each.plan) for each in sets] == [
        ("Set 1: Nordic curl, left side", COUNTS["nordic"], PLANS[0]),
        ("Set 2: Bridge, left side", COUNTS["bridge"], PLANS[1]),
    ]
    write_report(measured, tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 5000


def test_the_last_picture_is_a_summary(run):
    _, last = run
    said = view(last, last.host_ns)
    assert said.page == "summary"
    assert said.summary.dose.endswith("%")
    assert last.troubles == ()
    assert np.isfinite(last.trace.thigh_angle_deg).all()


class Watched(Script):
    """Keeps what was shown, and what sounded, while a session went on."""

    notice = None

    def __init__(self, samples, commands):
        super().__init__(samples, commands)
        self.shown, self.cues = [], []

    async def packets(self):
        async for packet in super().packets():
            yield packet
            # Whoever asks for the next packet has measured this one.
            said = view(self.engine.snapshot, self.now_ns)
            self.shown.append((self.now_ns / 1e9, said.headline, said.verdict_line, said.seconds))

    def use(self, settings):
        pass

    def play(self, cues):
        self.cues += [(host_ns / 1e9, cue.kind) for cue, host_ns in cues]

    def hush(self):
        pass

    def close(self):
        pass


def started_while_standing(kneels):
    """Calibrated, then on the knees and three Nordics, the first in a hurry; the set was begun before."""
    script = Movement(seed=3, unsteadiness=0.5)
    script.still(2.6)
    script.knee_lifts()
    script.still(1.0)
    script.mark("starts the set")
    script.still(0.5)
    kneels(script)
    script.still(1.3)
    script.mark("on the knees")
    for lower_s in (1.8, 3.0, 3.1):
        script.nordic(lower_s=lower_s, to_deg=60.0, return_s=1.7)
        script.still(1.4)
    session = script.session(Sensor())
    at_s = {mark.label: float(mark.t_s - session.samples.t_s[0]) for mark in session.marks}
    commands = {0.3: StartCalibration(), 0.4: SetSound("voice and tones")}
    source = Watched(session.samples, {**commands, at_s["starts the set"]: StartSet()})
    plan = Plan("nordic", "left", 1, 3, Tempo(3.0))
    engine = Engine(source, None, (plan,), sound=source, clock_ns=lambda: source.now_ns)
    source.engine = engine
    with engine:
        assert engine.wait(100)
        return source, at_s, engine.snapshot.session


def down_slowly(script):
    # So slowly, and with so little of a knock, that no height can be worked out from it.
    script.move(9.0, 2.6, pivot="hip", knee_rises_m=-0.2)
    script.still(0.2)
    script.move(2.0, 3.2, pivot="hip", knee_rises_m=-0.2)


@pytest.mark.parametrize("kneels", [Movement.kneel_down, down_slowly], ids=["kneels down", "slowly"])
def test_getting_down_on_the_knees_in_a_running_set_is_no_repetition(kneels):
    source, at_s, session = started_while_standing(kneels)
    begun_s, kneeling_s = at_s["starts the set"] + 0.1, at_s["on the knees"]
    before = [said for said in source.shown if begun_s < said[0] < kneeling_s]
    assert {(verdict, seconds) for _, _, verdict, seconds in before} == {("", "0.0")}
    assert before[0][1] == "Kneel upright"
    sounded = [kind for due_s, kind in source.cues if begun_s < due_s < kneeling_s]
    assert set(sounded) <= {"set started"}
    # The first real one that was too fast is told of, and so is each after it.
    judged = [kind for _, kind in source.cues if kind in ("too fast", "in band", "slower")]
    assert judged == ["too fast", "in band", "in band"]
    assert [kind for _, kind in source.cues].count("lowering started") == 3
    assert any(verdict == "Too fast" for _, _, verdict, _ in source.shown)
    assert session.last_set.verdicts == ("too fast", "in band", "in band")


def test_the_demo_begins_its_sets_when_the_start_posture_is_held():
    source = Watched(SESSION.samples, {0.3: StartCalibration()})
    engine = Engine(
        source,
        None,
        PLANS,
        sound=source,
        unattended=True,
        hands_free=True,
        clock_ns=lambda: source.now_ns,
    )
    source.engine = engine
    with engine:
        assert engine.wait(100)
        sets = engine.snapshot.session.sets
    assert [(each.plan.exercise, each.started_by) for each in sets] == [
        ("nordic", "posture"),
        ("bridge", "posture"),
    ]
    assert [len(each.reps) for each in sets] == [COUNTS["nordic"], COUNTS["bridge"]]
    first_s = SESSION.reps[0].start_s - SESSION.samples.t_s[0]
    assert not [kind for due_s, kind in source.cues if kind == "too fast" and due_s < first_s]


def test_a_recording_that_begins_on_the_feet_shows_no_repetition_before_the_knees():
    source = Watched(SESSION.samples, {0.3: StartSet()})
    engine = Engine(
        source,
        None,
        PLANS,
        calibration=SESSION.calibration,
        stance="standing",
        sound=source,
        clock_ns=lambda: source.now_ns,
    )
    source.engine = engine
    with engine:
        assert engine.wait(100)
        reps = engine.snapshot.session.sets[0].reps
    assert len(reps) == COUNTS["nordic"]
    first_s = SESSION.reps[0].start_s - SESSION.samples.t_s[0]
    assert [kind for due_s, kind in source.cues if due_s < first_s] == ["set started"]
    assert {verdict for at_s, _, verdict, _ in source.shown if at_s < first_s} == {""}
