from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from analysis.calibration import Calibration
from analysis.calibration_guide import Advice
from analysis.results import (
    AnglesMeasured,
    Gap,
    GapFound,
    Phase,
    PhaseStarted,
    Rep,
    RepCompleted,
    SensorFault,
    SensorSlipped,
)
from analysis.samples import ImuSamples
from drivers.sample_stream import Problems
from drivers.source import LinkStatus, RawPacket, SensorInfo
from monitor.engine import Engine
from monitor.plan import Plan, Tempo
from monitor.session import (
    CheckCalibration,
    KnownCalibration,
    SetSound,
    SoundSettings,
    StartCalibration,
    StartSet,
)

PLAN = Plan("nordic", "left", 1, 2, Tempo(3.0))
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")
# Bounds a failure only; a busy computer takes its time.
LIMIT_S = 60.0


class FakeSource:
    """Yields what it is given; a callable item is called and awaited; an exception is raised."""

    def __init__(self, *items):
        self.items = items
        self.info = SensorInfo("fake", "Fake", "fake 1", battery_percent=80)
        self.closed = threading.Event()

    async def packets(self):
        try:
            for item in self.items:
                if isinstance(item, Exception):
                    raise item
                if callable(item):
                    await item()
                else:
                    yield item
        finally:
            self.closed.set()


class FakeSamples:
    """A packet's payload is the number of its first sample."""

    battery_percent = 55
    problems = Problems()

    def __init__(self, info):
        pass

    def finish(self):
        return None

    def step(self, item):
        if isinstance(item, LinkStatus):
            return None
        if item.payload == b"bad":
            raise ValueError("wrong checksum")
        first = int(item.payload)
        t = (first + np.arange(4)) / 100
        return ImuSamples(t, np.tile([0, 0, 9.81], (4, 1)), np.zeros((4, 3)))


class FakePipeline:
    """Says what a script says when the samples reach a time."""

    def __init__(self, script=None, at_the_end=()):
        self.script = dict(script or {})
        self.at_the_end = list(at_the_end)
        self.seen = []

    def finish(self):
        return self.at_the_end

    def step(self, samples):
        self.seen.append(samples.t_s[0])
        events = [AnglesMeasured(samples.t_s, np.zeros(len(samples)))]
        for t in sorted(self.script):
            if t <= samples.t_s[-1]:
                said = self.script.pop(t)
                if isinstance(said, Exception):
                    raise said
                events.append(said)
        return events


class FakeRecorder:
    def __init__(self, trouble=None, error=None):
        self.trouble, self.error = trouble, error
        self.log, self.closed = [], 0

    def _keep(self, *entry):
        if self.error and entry[0] == "packet":
            raise self.error
        self.log.append(entry)

    def packet(self, packet):
        self._keep("packet", packet)

    def link(self, status):
        self._keep("link", status)

    def samples(self, samples):
        self._keep("samples", samples)

    def event(self, kind, _host_ns, data):
        self._keep("event", kind, data)

    def describe_sensor(self, sensor):
        self._keep("sensor", sensor)

    def close(self):
        self.closed += 1

    def packets(self):
        return [entry[1] for entry in self.log if entry[0] == "packet"]

    def events(self, kind):
        return [entry[2] for entry in self.log if entry[0] == "event" and entry[1] == kind]


class FakeSound:
    notice = None

    def __init__(self):
        self.played, self.hushed, self.closed, self.used = [], 0, False, []

    def use(self, settings):
        self.used.append(settings)

    def play(self, cues):
        self.played += [(cue.kind, host_ns) for cue, host_ns in cues]

    def hush(self):
        self.hushed += 1

    def close(self):
        self.closed = True


def packet(number):
    return RawPacket(0, "1234", str(number).encode())


STREAMING = LinkStatus(0, "streaming", "Receiving")


def engine_for(source, recorder=None, *, script=None, pipeline=None, plans=(PLAN,), **options):
    options.setdefault("calibration", CALIBRATION)
    one = FakePipeline(script)
    return Engine(
        source,
        recorder,
        plans,
        samples_of=FakeSamples,
        pipeline=pipeline or (lambda _: one),
        **options,
    )


def until(condition, what):
    """Wait for another thread without a fixed sleep; the limit only bounds a failure."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, f"waited {LIMIT_S} s for: {what}"
        threading.Event().wait(0.002)


async def forever():
    await asyncio.Event().wait()


def rep(start_s, lower_s=3.0):
    phases = (
        Phase("lower", start_s, start_s + lower_s),
        Phase("return", start_s + lower_s, start_s + lower_s + 1),
    )
    return Rep("nordic", start_s, start_s + lower_s + 1, lower_s, 70.0, phases)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    until(lambda: set(threading.enumerate()) <= before, "the engine's thread to end")


def test_a_packet_is_recorded_before_anything_else_happens_to_it():
    recorder = FakeRecorder()
    with engine_for(FakeSource(STREAMING, packet(0), packet(4)), recorder) as engine:
        assert engine.wait(LIMIT_S)
        snapshot = engine.snapshot
    kinds = [entry[0] for entry in recorder.log if entry[0] != "event"]
    assert kinds == ["link", "packet", "samples", "packet", "samples"]
    assert recorder.closed == 1
    assert snapshot.ended
    assert snapshot.link == "closed"
    assert snapshot.battery_percent == 55
    np.testing.assert_allclose(snapshot.trace.t_s, np.arange(8) / 100)


def test_a_set_runs_through_the_engine():
    reached = threading.Event()
    go = asyncio.Event()

    async def wait_for_start():
        reached.set()
        await go.wait()

    script = {0.3: RepCompleted(rep(0.12), 0.3), 0.4: RepCompleted(rep(0.3), 0.4)}
    source = FakeSource(
        STREAMING, packet(0), packet(4), packet(8), wait_for_start, packet(30), packet(40), forever
    )
    recorder, sound = FakeRecorder(), FakeSound()
    with engine_for(source, recorder, script=script, sound=sound) as engine:
        assert reached.wait(LIMIT_S)
        engine.start_set()
        until(lambda: engine.snapshot.session.state == "in set", "the set")
        engine._loop.call_soon_threadsafe(go.set)
        until(lambda: engine.snapshot.session.state == "summary", "the end of the set")
        assert [r.lower_s for r in engine.snapshot.session.sets[0].reps] == [3.0, 3.0]
    assert sound.closed
    assert next(kind for kind, _ in sound.played) == "set started"
    assert [data["lower_s"] for data in recorder.events("rep")] == [3.0, 3.0]
    assert (
        len(recorder.events("set_start"))
        == len(recorder.events("set_stop"))
        == len(recorder.events("plan"))
        == 1
    )


def test_the_sound_is_told_how_to_play_at_the_start_and_when_that_changes():
    sound = FakeSound()
    with engine_for(FakeSource(STREAMING, packet(0), forever), sound=sound) as engine:
        until(lambda: sound.used, "the first settings")
        engine.set_sound("voice", 0.5)
        until(lambda: len(sound.used) == 2, "the new settings")
        engine.command(SetSound(language="de"))
        until(lambda: len(sound.used) == 3, "the language")
        engine.command(SetSound("voice"))
        engine.start_set()
        until(lambda: engine.snapshot.session.state == "in set", "the set")
    assert sound.used == [
        SoundSettings(),
        SoundSettings("voice", 0.5),
        SoundSettings("voice", 0.5, "de"),
    ]
    assert engine.snapshot.session.sets[0].sound == sound.used[-1]


def test_a_failing_source_becomes_a_sentence_and_loses_nothing():
    recorder = FakeRecorder()
    with engine_for(FakeSource(STREAMING, packet(0), OSError("adapter gone")), recorder) as engine:
        assert engine.wait(LIMIT_S)
        snapshot = engine.snapshot
    assert "adapter gone" in snapshot.troubles[0]
    assert "kept" in snapshot.troubles[0]
    assert snapshot.link == "lost"
    assert recorder.packets() == [packet(0)]
    assert recorder.closed == 1


def test_a_failing_pipeline_starts_anew_while_the_recording_goes_on():
    made = []
    clock = [0]

    def make(calibration):
        made.append(calibration)
        return FakePipeline({0.0: ZeroDivisionError("in a filter")} if len(made) == 1 else {})

    async def a_second_later():
        clock[0] += 1_100_000_000

    source = FakeSource(STREAMING, packet(0), packet(4), a_second_later, packet(8), forever)
    recorder = FakeRecorder()
    with engine_for(source, recorder, pipeline=make, clock_ns=lambda: clock[0]) as engine:
        until(lambda: len(recorder.packets()) == 3, "three packets")
        until(lambda: len(engine.snapshot.trace.t_s) == 4, "new angles")
        assert engine.snapshot.troubles == ()
    assert made == [CALIBRATION, CALIBRATION]


def test_a_pipeline_that_fails_is_named():
    source = FakeSource(STREAMING, packet(0), packet(4), forever)
    recorder = FakeRecorder()
    with engine_for(source, recorder, script={0.0: ZeroDivisionError("in a filter")}) as engine:
        until(lambda: len(recorder.packets()) == 2, "both packets")
        until(lambda: engine.snapshot.troubles, "the sentence")
        assert "in a filter" in engine.snapshot.troubles[0]
        assert "recording goes on" in engine.snapshot.troubles[0]


def test_a_packet_that_cannot_be_read_is_kept_and_named():
    source = FakeSource(STREAMING, RawPacket(0, "1234", b"bad"), packet(0), forever)
    recorder = FakeRecorder()
    with engine_for(source, recorder) as engine:
        until(lambda: len(engine.snapshot.trace.t_s) == 4, "the good packet")
        assert "wrong checksum" in engine.snapshot.troubles[0]
    assert len(recorder.packets()) == 2


@pytest.mark.parametrize(
    ("recorder", "sentence"),
    [
        (FakeRecorder(trouble="The disk is full: 3 s are not recorded."), "disk is full"),
        (FakeRecorder(error=OSError("no space")), "Recording failed (no space)"),
    ],
)
def test_recorder_trouble_is_shown_and_the_measurement_goes_on(recorder, sentence):
    with engine_for(FakeSource(STREAMING, packet(0), forever), recorder) as engine:
        until(lambda: len(engine.snapshot.trace.t_s) == 4, "the angles")
        assert sentence in engine.snapshot.troubles[0]


def test_sensor_faults_and_gaps_reach_the_picture():
    script = {0.0: SensorFault("The gyroscope says nothing.", 0.0), 0.04: GapFound(Gap(0.0, 0.03), 0.04)}
    recorder = FakeRecorder()
    with engine_for(FakeSource(STREAMING, packet(0), packet(4), forever), recorder, script=script) as engine:
        until(lambda: engine.snapshot.gaps == 1, "the gap")
        assert engine.snapshot.troubles == ("The gyroscope says nothing.",)
    assert recorder.events("sensor_fault")[0]["text"] == "The gyroscope says nothing."


def test_closing_in_the_middle_of_a_set_frees_the_sensor_and_closes_the_recording():
    source, recorder = FakeSource(STREAMING, packet(0), forever), FakeRecorder()
    engine = engine_for(source, recorder)
    engine.start()
    until(lambda: engine.snapshot.session.link == "streaming", "data")
    engine.start_set()
    until(lambda: engine.snapshot.session.state == "in set", "the set")
    engine.close()
    assert source.closed.is_set()
    assert recorder.closed == 1
    assert engine.snapshot.ended
    engine.close()
    engine.start_set()  # nobody listens any more: no error either
    assert recorder.closed == 1


def test_a_sensor_that_does_not_let_go_cannot_keep_the_recording_open(monkeypatch):
    monkeypatch.setattr("monitor.engine.LET_GO_S", 0.2)
    recorder = FakeRecorder()

    class Hanging(FakeSource):
        async def packets(self):
            try:
                yield STREAMING
                yield packet(0)
                await forever()
            finally:
                closed_before.append(recorder.closed)
                await asyncio.sleep(10 * LIMIT_S)

    closed_before = []
    engine = engine_for(Hanging(), recorder)
    engine.start()
    until(lambda: engine.snapshot.session.link == "streaming", "data")
    started_s = time.monotonic()
    engine.close()
    assert recorder.closed == 1
    assert closed_before == [1]
    assert time.monotonic() - started_s < LIMIT_S
    assert engine.snapshot.ended


def test_a_source_that_fails_while_closing_still_ends_the_session():
    class Breaking(FakeSource):
        def packets(self):
            inner = super().packets()

            class Stream:
                def __aiter__(self):
                    return self

                async def __anext__(self):
                    return await inner.__anext__()

                async def aclose(self):
                    await inner.aclose()
                    raise RuntimeError("the adapter is gone")

            return Stream()

    with engine_for(Breaking(STREAMING, packet(0)), FakeRecorder()) as engine:
        assert engine.wait(LIMIT_S)
        until(lambda: engine.snapshot.ended, "the end")
        assert engine.snapshot.link == "closed"


def test_what_becomes_known_about_the_sensor_is_recorded():
    recorder = FakeRecorder()
    source = FakeSource(STREAMING, packet(0), forever)
    with engine_for(source, recorder):
        until(lambda: [entry for entry in recorder.log if entry[0] == "sensor"], "the sensor")
    described = [entry[1] for entry in recorder.log if entry[0] == "sensor"]
    assert described[-1].battery_percent == FakeSamples.battery_percent


def test_the_decoder_is_made_for_the_sensor_as_it_is_when_it_streams():
    made = []

    class Samples(FakeSamples):
        def __init__(self, info):
            made.append(info.rate_hz)

    source = FakeSource()

    async def connected():
        source.info = SensorInfo("fake", "Fake", "fake 1", rate_hz=50.0)

    source.items = (LinkStatus(0, "searching", "Searching"), connected, STREAMING, packet(0))
    with Engine(
        source, None, (PLAN,), samples_of=Samples, pipeline=lambda _: FakePipeline(), calibration=CALIBRATION
    ) as engine:
        assert engine.wait(LIMIT_S)
    assert made == [50.0]


LATE = SensorInfo("fake", "Fake", "fake 1", delay_s=2.5)


def test_the_session_knows_how_late_the_samples_come():
    source = FakeSource()

    async def connected():
        source.info = LATE

    source.items = (connected, STREAMING, packet(0), forever)
    with engine_for(source, None) as engine:
        until(lambda: engine.snapshot.session.delay_s == 2.5, "the delay")
        assert not engine.snapshot.session.live


def test_the_rate_of_a_sensor_that_sends_rarely_is_known():
    clock_ns = [10**12]

    async def later():
        clock_ns[0] += 1_100_000_000

    # Four samples every 1.1 s; the times of the newest jitter by 10 ms.
    items = [each for number in range(8) for each in (packet(110 * number + number % 2), later)]
    source = FakeSource(STREAMING, *items, forever)
    source.info = LATE
    with Engine(
        source, None, (PLAN,), samples_of=FakeSamples, pipeline=lambda _: FakePipeline(),
        calibration=CALIBRATION, clock_ns=lambda: clock_ns[0],
    ) as engine:  # fmt: skip
        until(lambda: engine.snapshot.rate_hz is not None, "the rate")
        assert engine.snapshot.rate_hz == pytest.approx(4 / 1.1, rel=0.01)


def test_closing_an_engine_that_never_started_closes_the_recording():
    recorder = FakeRecorder()
    engine_for(FakeSource(), recorder).close()
    assert recorder.closed == 1


def test_a_window_that_hangs_costs_no_packet_and_no_cue():
    # The "window" is this thread: for 300 ms it computes without a pause while packets come every 10 ms.
    sent = []

    async def send_slowly():
        await asyncio.sleep(0.01)
        sent.append(time.monotonic_ns())

    items = [STREAMING]
    for number in range(40):
        items += [packet(4 * number), send_slowly]
    recorder, sound = FakeRecorder(), FakeSound()
    script = {0.4: PhaseStarted("lower", "nordic", 0.3, 0.4)}
    with engine_for(FakeSource(*items), recorder, script=script, sound=sound) as engine:
        until(lambda: engine.snapshot.session.link == "streaming", "data")
        engine.command(StartSet())
        busy_until_s = time.monotonic() + 0.3
        while time.monotonic() < busy_until_s:
            sum(range(1000))
        assert engine.wait(LIMIT_S)
    assert len(recorder.packets()) == 40
    due = dict(sound.played)
    assert "second" in due
    assert "target" in due
    assert due["target"] > due["second"] > due["lowering started"]


class FakeGuide:
    """Says what a script says when the samples reach a time; the last entry may be a calibration."""

    def __init__(self, script):
        self.script = dict(script)
        self.calibration = self.checked_by = None
        self.progress = 0.0

    def step(self, samples):
        said = []
        for t in sorted(self.script):
            if t <= samples.t_s[-1]:
                entry = self.script.pop(t)
                if isinstance(entry, Exception):
                    raise entry
                for item in entry:
                    if isinstance(item, str):
                        said.append(Advice(t, item, "first lift", item.capitalize(), f"({item})"))
                    else:
                        self.calibration, self.checked_by = item
        self.progress = min(1.0, self.progress + 0.01)
        return said


class Calibrating:
    """An engine whose packets come as fast as they are taken, 40 ms each, and a guide with a script."""

    def __init__(self, script, packets=400, **options):
        self.now_ns = 0
        self.asked, self.made, self.warmed = [], [], []
        self.recorder, self.sound = FakeRecorder(), FakeSound()
        self.begun = asyncio.Event()
        items = [STREAMING, packet(0), self.begun.wait]
        for number in range(1, packets):
            items += [packet(4 * number), self.pump]
        options = {"calibration": None, **options}
        self.engine = engine_for(
            FakeSource(*items, forever),
            self.recorder,
            guide=lambda known: self.asked.append(known) or FakeGuide(script),
            clock_ns=lambda: self.now_ns,
            pipeline=self.make,
            sound=self.sound,
            **options,
        )

    def make(self, calibration):
        self.made.append(calibration)
        self.warmed.append(FakePipeline())
        return self.warmed[-1]

    async def pump(self):
        await asyncio.sleep(0.002)
        self.now_ns += 40_000_000

    def begin(self, command):
        until(lambda: self.engine.snapshot.session.link == "streaming", "data")
        self.engine.command(command)
        until(lambda: self.engine.snapshot.session.state == "calibrating", "the calibration")
        self.engine._loop.call_soon_threadsafe(self.begun.set)


def test_a_calibration_is_led_step_by_step_and_kept():
    kept = []
    script = {
        0.1: ["stand still"],
        0.3: ["lift the knee"],
        0.6: ["lift higher"],
        0.9: ["done", (CALIBRATION, "knee lifts")],
    }
    run = Calibrating(script, keep_calibration=lambda calibration: kept.append(calibration))
    with run.engine as engine:
        run.begin(StartCalibration())
        until(lambda: engine.snapshot.session.state == "ready", "the calibration")
        until(lambda: len(run.made) == 2, "the new pipeline")
    assert run.asked == [None]
    assert run.made == [None, CALIBRATION]
    assert run.warmed[1].seen[:3] == pytest.approx([0.0, 0.04, 0.08])  # as the report will measure it
    assert kept == [CALIBRATION]
    assert [kind for kind, _ in run.sound.played] == ["good", "do it again", "good"]
    texts = [data["text"] for data in run.recorder.events("calibration_advice")]
    assert texts[2] == "Lift higher. (lift higher)"
    assert run.recorder.events("calibration")[0]["method"] == "knee lifts"


def test_a_known_sensor_is_checked_and_not_stored_again():
    kept = []
    known = KnownCalibration(CALIBRATION)
    script = {0.2: ["check by standing"], 0.5: ["done", (CALIBRATION, "standing")]}
    run = Calibrating(script, known=known, keep_calibration=kept.append)
    with run.engine as engine:
        run.begin(CheckCalibration())
        until(lambda: engine.snapshot.session.state == "ready", "the check")
    assert run.asked == [known]
    assert kept == []
    assert run.recorder.events("calibration")[0]["checked_by"] == "standing"


def test_calibrate_again_does_not_look_at_what_is_known():
    run = Calibrating({0.2: ["stand still"]}, known=KnownCalibration(CALIBRATION))
    with run.engine:
        run.begin(StartCalibration())
        until(lambda: run.asked, "the guide")
    assert run.asked == [None]


def test_two_pieces_of_advice_at_one_instant_have_one_sound():
    run = Calibrating({0.3: ["sits differently", "lift the knee"]}, known=KnownCalibration(CALIBRATION))
    with run.engine as engine:
        run.begin(CheckCalibration())
        until(lambda: engine.snapshot.session.advice, "the advice")
        assert engine.snapshot.session.advice.headline == "Lift the knee"
    assert [kind for kind, _ in run.sound.played] == ["do it again"]


def test_who_does_not_manage_in_a_minute_is_told_what_was_missing():
    run = Calibrating({0.3: ["lift higher"]}, packets=1700)
    with run.engine as engine:
        run.begin(StartCalibration())
        until(lambda: engine.snapshot.session.state == "idle", "the end of the calibration")
        assert "Lift higher" in engine.snapshot.session.message


def test_a_guide_that_fails_ends_the_calibration_in_words():
    run = Calibrating({0.3: ZeroDivisionError("in a filter")})
    with run.engine as engine:
        run.begin(StartCalibration())
        until(lambda: engine.snapshot.session.state == "idle", "the end of the calibration")
        assert "in a filter" in engine.snapshot.session.message


def test_a_calibration_that_cannot_be_kept_still_holds():
    run = Calibrating(
        {0.3: ["done", (CALIBRATION, "knee lifts")]}, keep_calibration=lambda _: "The disk is full."
    )
    with run.engine as engine:
        run.begin(StartCalibration())
        until(lambda: engine.snapshot.session.state == "ready", "the calibration")
        until(lambda: engine.snapshot.troubles, "the sentence")
        assert engine.snapshot.troubles == ("The disk is full.",)


def test_the_picture_is_immutable():
    with engine_for(FakeSource(STREAMING, packet(0), forever)) as engine:
        until(lambda: len(engine.snapshot.trace.t_s) == 4, "the angles")
        snapshot = engine.snapshot
    with pytest.raises(FrozenInstanceError):
        snapshot.link = "lost"
    with pytest.raises(ValueError, match="read-only"):
        snapshot.trace.thigh_angle_deg[0] = 1.0


def test_the_running_time_stops_where_data_stay_away():
    clock = [10_000_000_000]
    pipeline = FakePipeline()
    go = asyncio.Event()
    source = FakeSource(STREAMING, RawPacket(0, "", b"0"), go.wait, packet(4), forever)
    with engine_for(source, pipeline=lambda _: pipeline, clock_ns=lambda: clock[0]) as engine:
        until(lambda: engine.snapshot.session.link == "streaming", "data")
        engine.start_set()
        until(lambda: engine.snapshot.session.state == "in set", "the set")
        pipeline.script[0.05] = PhaseStarted("lower", "nordic", -0.4, 0.05)
        engine._loop.call_soon_threadsafe(go.set)
        until(lambda: engine.snapshot.session.phase is not None, "the lowering")
        snapshot = engine.snapshot
    now = clock[0]
    assert snapshot.lowering_s(now) == pytest.approx(0.47)
    assert snapshot.lowering_s(now + 200_000_000) == pytest.approx(0.67)
    assert snapshot.lowering_s(now + 5_000_000_000) == pytest.approx(0.77)
    assert snapshot.data_age_s(now + 5_000_000_000) == pytest.approx(5.0)


def test_samples_held_until_the_link_broke_are_measured():
    class HeldUntilTheBreak(FakeSamples):
        def step(self, item):
            if isinstance(item, LinkStatus):
                return FakeSamples.step(self, packet(4)) if item.state == "lost" else None
            return FakeSamples.step(self, item)

        def finish(self):
            return FakeSamples.step(self, packet(8))

    source = FakeSource(STREAMING, packet(0), LinkStatus(0, "lost", "The link broke"))
    recorder = FakeRecorder()
    one = FakePipeline()
    with Engine(source, recorder, (PLAN,), samples_of=HeldUntilTheBreak, pipeline=lambda _: one) as engine:
        assert engine.wait(LIMIT_S)
        np.testing.assert_allclose(engine.snapshot.trace.t_s, np.arange(12) / 100)
    assert [entry[0] for entry in recorder.log if entry[0] != "event"] == [
        "packet" if n == 1 else "link" if n in (0, 3) else "samples" for n in range(6)
    ]


@pytest.mark.parametrize("ending", ["source exhausted", "engine closed"])
def test_a_repetition_held_back_at_the_end_is_counted(ending):
    items = [STREAMING, packet(0), packet(4)]
    if ending == "engine closed":
        items.append(forever)
    one = FakePipeline(at_the_end=[RepCompleted(rep(0.05), 5.0)])
    recorder = FakeRecorder()
    go = asyncio.Event()
    items.insert(2, go.wait)
    with engine_for(FakeSource(*items), recorder, pipeline=lambda _: one) as engine:
        until(lambda: engine.snapshot.session.link == "streaming", "data")
        engine.start_set()
        until(lambda: engine.snapshot.session.state == "in set", "the set")
        engine._loop.call_soon_threadsafe(go.set)
        until(lambda: len(one.seen) == 2, "the second packet")
    assert [data["lower_s"] for data in recorder.events("rep")] == [3.0]
    assert len(engine.snapshot.session.sets[0].reps) == 1


def still_packets(seconds):
    """Upright and still: the fake samples say nothing else."""
    return [packet(number) for number in range(0, round(100 * seconds), 4)]


def test_a_sensor_that_slipped_is_checked_without_a_key_when_one_stands_still():
    asked = []
    source = FakeSource(STREAMING, *still_packets(3.0), forever)
    slipped = SensorSlipped("The sensor slipped.", 0.3)
    with engine_for(
        source,
        script={0.3: slipped},
        hands_free=True,
        guide=lambda known: asked.append(known) or FakeGuide({}),
    ) as engine:
        until(lambda: engine.snapshot.session.state == "calibrating", "the check")
    assert asked == [KnownCalibration(CALIBRATION, lifts=1)]


def test_a_start_posture_that_is_held_starts_a_set_only_where_that_is_wanted():
    recorder = FakeRecorder()
    source = FakeSource(STREAMING, *still_packets(6.0), forever)
    with engine_for(source, recorder, hands_free=True) as engine:
        until(lambda: engine.snapshot.session.state == "in set", "the set")
    (started,) = recorder.events("set_start")
    assert started["started_by"] == "posture"
    with engine_for(FakeSource(STREAMING, *still_packets(6.0))) as engine:
        assert engine.wait(LIMIT_S)
        assert engine.snapshot.session.state == "ready"
