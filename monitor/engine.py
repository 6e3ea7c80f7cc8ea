"""The engine: one thread, one event loop, from a sensor's packets to a picture of the session.

The window only reads `Engine.snapshot` and sends commands. Nothing it does, or fails to do for a while,
reaches the recording, the measurement or the sounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from analysis.calibration import Calibration
from analysis.half_seconds import HalfSeconds
from analysis.live_check import Complaint, LiveCheck
from analysis.results import AnglesMeasured, Event, Gap, GapFound, SensorFault
from analysis.samples import ImuSamples
from drivers.source import LOOKING, LinkState, LinkStatus, RawPacket, SensorInfo, Source, SourceItem
from monitor import session as sessions
from monitor.battery import WARNINGS, BatteryLevel, battery_level
from monitor.plan import Plan
from monitor.session import (
    Calibrated,
    CalibrationAdvice,
    CalibrationFailed,
    CalibrationProgress,
    CheckedBy,
    Command,
    Cue,
    Input,
    KnownCalibration,
    LinkChanged,
    ReportPain,
    SetSound,
    SoundMode,
    SoundSettings,
    StartCalibration,
    StartSet,
    StopSet,
    Tick,
)
from monitor.set_posture import SetPosture, Stance, StanceSeen
from monitor.snapshot import Snapshot
from monitor.trace import TraceRing

if TYPE_CHECKING:
    from analysis.calibration_guide import Advice

log = logging.getLogger(__name__)

TICK_S = 0.1
# Standing still and two knee lifts take seven seconds. Whoever has not managed in a minute needs a person.
CALIBRATION_LIMIT_S = 60.0
# Nobody waits longer between switching on and calibrating; bounds the memory if somebody does.
WARM_UP_S = 300.0
RATE_WINDOW_S = 3.0
# The earliest arrival of the last seconds is the one that the radio delayed least.
ANCHOR_WINDOW_S = 3.0
FAULT_SHOWN_S = 10.0
FAULTS_SHOWN = 4
PIPELINE_RESTART_S = 1.0
LET_GO_S = 8.0
JOIN_LIMIT_S = 10.0


class ProblemsLike(Protocol):
    """What reading the packets stumbled over (`drivers.sample_stream.Problems`)."""

    @property
    def last(self) -> str | None:
        """The newest problem in a sentence."""
        ...


class SamplesOf(Protocol):
    """Turns packets into samples (`drivers.sample_stream.SampleStream`)."""

    @property
    def battery_percent(self) -> int | None:
        """Newest charge the sensor has told."""
        ...

    @property
    def problems(self) -> ProblemsLike:
        """What went wrong so far."""
        ...

    def step(self, item: SourceItem) -> ImuSamples | None:
        """Return the samples that one item completes, or None."""
        ...

    def finish(self) -> ImuSamples | None:
        """Return samples that were held when the source ended, or None."""
        ...


class PipelineLike(Protocol):
    """Turns samples into events (`analysis.Pipeline`)."""

    def step(self, samples: ImuSamples) -> list[Event]:
        """Return what the samples say."""
        ...

    def finish(self) -> list[Event]:
        """Return what was still held back when the samples ended."""
        ...


class RecorderLike(Protocol):
    """Keeps everything (`recordings.writer.Recorder`)."""

    @property
    def trouble(self) -> str | None:
        """A sentence about what keeps it from recording; None while all is well."""
        ...

    def packet(self, packet: RawPacket) -> None:
        """Keep a packet as it came."""
        ...

    def link(self, status: LinkStatus) -> None:
        """Keep a change of the link."""
        ...

    def samples(self, samples: ImuSamples) -> None:
        """Keep decoded samples."""
        ...

    def event(self, kind: str, host_ns: int, data: dict[str, Any]) -> None:
        """Keep an event."""
        ...

    def describe_sensor(self, sensor: SensorInfo) -> None:
        """Keep what has become known about the sensor."""
        ...

    @property
    def path(self) -> Path:
        """Where the recording is, or will be when it is closed."""
        ...

    def save_elsewhere(self, path: Path) -> None:
        """Go on in another file, with all that was recorded so far. Raises RecordingError."""
        ...

    def close(self) -> object:
        """Finish the recording."""
        ...


class CueSink(Protocol):
    """Plays cues (`monitor.sound`)."""

    @property
    def notice(self) -> str | None:
        """A sentence about why nothing is heard; None while all is well."""
        ...

    def use(self, settings: SoundSettings) -> None:
        """Play what comes from now on in this way."""
        ...

    def play(self, cues: tuple[tuple[Cue, int], ...]) -> None:
        """Play each cue at its instant (ns of the engine's clock); at once where it has passed."""
        ...

    def hush(self) -> None:
        """Drop the cues whose time has not come, and let those fade that pace something."""
        ...

    def close(self) -> None:
        """Stop sounding."""
        ...


def _samples_of(info: SensorInfo) -> SamplesOf:
    from drivers.sample_stream import SampleStream

    return SampleStream(info)


def _pipeline(calibration: Calibration | None) -> PipelineLike:
    # SciPy and VQF take most of a second to load: in the engine's thread, not before the window shows.
    from analysis.pipeline import Pipeline

    return Pipeline(exercise=None, calibration=calibration)


class GuideLike(Protocol):
    """Leads through a calibration (`analysis.calibration_guide.CalibrationGuide`)."""

    @property
    def calibration(self) -> Calibration | None:
        """The result, once it is known."""
        ...

    @property
    def checked_by(self) -> CheckedBy | None:
        """What the result rests on."""
        ...

    @property
    def progress(self) -> float:
        """How much is done, 0-1."""
        ...

    def step(self, samples: ImuSamples) -> Sequence[Advice]:
        """Return what is to be said from now on."""
        ...


def _guide(known: KnownCalibration | None) -> GuideLike:
    from analysis.calibration_guide import CalibrationGuide

    return CalibrationGuide() if known is None else CalibrationGuide(known.calibration, lifts=known.lifts)


def _as_input(said: Sequence[Advice], progress: float) -> CalibrationAdvice:
    """The newest of what was said, with the sound of all of it: one instant has one sound."""
    newest = said[-1]
    cue = "do it again" if any(advice.again for advice in said) else "good" if newest.good else None
    if newest.kind == "hold still":
        cue = "hold still"
    return CalibrationAdvice(newest.headline, newest.detail, progress, cue)


class _Anchor:
    """Places the samples' time axis on the engine's clock: the least delayed arrival of the last seconds."""

    def __init__(self) -> None:
        self._arrivals: deque[tuple[int, float]] = deque()

    def arrived(self, host_ns: int, newest_s: float) -> None:
        offset_s = host_ns / 1e9 - newest_s
        while self._arrivals and self._arrivals[-1][1] >= offset_s:
            self._arrivals.pop()
        self._arrivals.append((host_ns, offset_s))
        while self._arrivals[0][0] < host_ns - ANCHOR_WINDOW_S * 1e9:
            self._arrivals.popleft()

    def time_s(self, host_ns: int) -> float:
        return host_ns / 1e9 - self._arrivals[0][1] if self._arrivals else 0.0

    def host_ns(self, t_s: float) -> int | None:
        return round((t_s + self._arrivals[0][1]) * 1e9) if self._arrivals else None


class Engine:
    """Runs a session from a source of packets, in a thread of its own.

    source: a sensor, a replayed recording or a simulation. recorder: None records nothing.
    plans: the exercises of this session in their order. calibration: one that holds, such as a recording's;
    the first set can then start without one. known: one from an earlier session, to be checked first.
    keep_calibration: gets each new calibration; returns a sentence where it could not be kept.
    sound: None is silent.
    unattended: calibrate and start the sets without a person (demo, replay). hands_free: sets begin when the
    start posture is held and end when it is left for good, also unattended ones.
    stance: on the feet or on the knees at the beginning, where that is known.

    Use it as a context manager, or call `start` and `close`. `snapshot` may be read from any thread.
    Raises ValueError if there is no plan.
    """

    def __init__(
        self,
        source: Source,
        recorder: RecorderLike | None,
        plans: tuple[Plan, ...],
        *,
        calibration: Calibration | None = None,
        known: KnownCalibration | None = None,
        keep_calibration: Callable[[Calibration], str | None] | None = None,
        sound: CueSink | None = None,
        unattended: bool = False,
        hands_free: bool = False,
        stance: Stance = "unknown",
        clock_ns: Callable[[], int] = time.monotonic_ns,
        samples_of: Callable[[SensorInfo], SamplesOf] = _samples_of,
        pipeline: Callable[[Calibration | None], PipelineLike] = _pipeline,
        guide: Callable[[KnownCalibration | None], GuideLike] = _guide,
    ) -> None:
        """Prepare; nothing runs before `start`."""
        self._source = source
        self._recorder = recorder
        self._sound = sound
        self._unattended = unattended
        self._clock_ns = clock_ns
        self._make_samples = samples_of
        self._make_pipeline = pipeline
        self._make_guide = guide
        self._keep_calibration = keep_calibration

        self._session = sessions.begin(plans, calibration, known, hands_free=hands_free)
        self._samples: SamplesOf | None = None
        self._problems: ProblemsLike | None = None
        self._pipeline: PipelineLike | None = None
        self._measuring_failed_ns: int | None = None
        self._anchor = _Anchor()
        self._ring = TraceRing()
        self._trace = self._ring.latest()
        self._link: LinkState = "searching"
        self._link_text = LOOKING
        self._arrivals: deque[tuple[int, float, int]] = deque()
        self._data_host_ns: int | None = None
        self._newest_s = 0.0
        self._gaps = 0
        self._rate_hz: float | None = None
        self._failures: dict[str, str] = {}
        # What was said lately, with the time of the last reason for it; and what holds until it is over.
        self._faults: dict[str, int] = {}
        self._sensor_fault: str | None = None
        self._complaints: tuple[Complaint, ...] = ()
        self._halves = HalfSeconds()
        self._check: LiveCheck | None = None
        self._checked_as: tuple[float | None, ...] = ()
        self._set_posture = SetPosture(stance)
        self._session = replace(self._session, stance=stance)
        self._battery: BatteryLevel = "good"
        self._calibration_samples: list[ImuSamples] = []
        self._guide: GuideLike | None = None
        self._uncalibrated: deque[ImuSamples] = deque()
        self._described = source.info
        self._finished = self._recorder_closed = False
        self._ended = False

        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)
        self._snapshot = self._picture()

    # -- for any thread ------------------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._snapshot

    def start(self) -> None:
        """Start the thread. The source begins to deliver at once."""
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """Stop the source, finish the recording and wait until both are done. May be called twice."""
        if not self._thread.is_alive():
            if self._thread.ident is None:
                self._close_outputs()
            return
        self._send(lambda: self._stop.set() if self._stop else None)
        self._thread.join(JOIN_LIMIT_S)
        if self._thread.is_alive():
            log.warning("the sensor did not let go within %.0f s", JOIN_LIMIT_S)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the source is exhausted or the engine closed; return whether it is."""
        return self._done.wait(timeout_s)

    def command(self, command: Command) -> None:
        """Hand a command to the session. Ignored once the engine has stopped."""
        self._send(lambda: self._command(command))

    def start_calibration(self) -> None:
        """Begin the calibration."""
        self.command(StartCalibration())

    def start_set(self) -> None:
        """Begin the next set."""
        self.command(StartSet())

    def stop_set(self) -> None:
        """End the set."""
        self.command(StopSet())

    def report_pain(self, score: int) -> None:
        """Note the worst pain (0-10) of the last set."""
        self.command(ReportPain(score))

    @property
    def recording_path(self) -> Path | None:
        """Where it is recorded; None where nothing is."""
        return None if self._recorder is None else self._recorder.path

    def save_elsewhere(self, path: Path) -> None:
        """Take the recording to another file, with all of it so far, and go on there.

        What to do while `Snapshot.recording_trouble` says that the disk does not take it. Measuring goes on
        meanwhile; the caller waits for the new disk. Raises RecordingError, a sentence for a person, if that
        does not take it either, the name is taken or the recording was closed: nothing has changed then.
        Does nothing where nothing is recorded.
        """
        if self._recorder is not None:
            self._recorder.save_elsewhere(path)

    def set_sound(self, mode: SoundMode | None = None, volume: float | None = None) -> None:
        """Choose how cues are heard; None: as before."""
        self.command(SetSound(mode, volume))

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _send(self, action: Callable[[], None]) -> None:
        # Between the end of the loop and the end of the thread there is nobody left to listen.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action)

    # -- the engine's thread -------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception:
            log.exception("the engine stopped")
            self._failures["engine"] = "The program has met an error and stopped measuring. Start it again."
        finally:
            self._ready.set()
            self._close_outputs()
            self._ended = True
            self._publish()
            self._done.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        stopped = asyncio.create_task(self._stop.wait())
        reading = asyncio.create_task(self._read())
        ticking = asyncio.create_task(self._tick_forever())
        self._ready.set()
        if self._sound is not None:
            self._sound.use(self._session.sound_settings)
        for number, plan in enumerate(self._session.plans, 1):
            self._record("plan", {"number": number, **asdict(plan)})
        reading.add_done_callback(lambda _: self._done.set())
        await stopped
        # First the recording, then the sensor: a radio that hangs must not keep a file open.
        self._finish()
        self._close_recorder()
        for task in (reading, ticking):
            task.cancel()
        await asyncio.wait((reading, ticking), timeout=LET_GO_S)

    async def _read(self) -> None:
        packets = self._source.packets()
        failure: Exception | None = None
        try:
            async for item in packets:
                self._take(item)
        except Exception as error:
            log.exception("the source failed")
            failure = error
        finally:
            self._finish()
            await _let_go(packets)
        if failure is None:
            self._set_link("closed", "No more data")
        else:
            self._failures["source"] = (
                f"The data stream from the sensor broke off ({_cause(failure)}). "
                "What was recorded is kept; start again to go on."
            )
            self._set_link("lost", "The data stream broke off")
        self._ended = True
        self._publish()

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._tick()

    def _tick(self) -> None:
        try:
            self._look_round()
        except Exception:
            log.exception("the regular look round failed")

    def _look_round(self) -> None:
        now_ns = self._clock_ns()
        self._advance(Tick())
        self._end_a_long_calibration()
        if self._unattended:
            command = sessions.unattended_command(self._session)
            if command is not None:
                self._command(command)
        if self._samples is not None:
            problem = self._samples.problems
            if problem != self._problems and problem.last:
                self._fault(problem.last)
            self._problems = problem
        for text in [text for text, at_ns in self._faults.items() if at_ns < now_ns - FAULT_SHOWN_S * 1e9]:
            del self._faults[text]
        self._rate_hz = self._measured_rate_hz(now_ns)
        self._watch_battery()
        self._describe_sensor()
        self._publish()

    def _watch_battery(self) -> None:
        percent = self._battery_percent()
        before, self._battery = self._battery, battery_level(percent, self._battery)
        if self._battery != before:
            data = {"t_s": self._newest_s, "percent": percent, "level": self._battery}
            self._record("battery", {**data, "text": WARNINGS[self._battery]})

    def _describe_sensor(self) -> None:
        # Rate, firmware and battery are known only once it streams: the recording should say them too.
        info = replace(self._source.info, battery_percent=self._battery_percent())
        if info != self._described:
            self._described = info
            self._keep(lambda recorder: recorder.describe_sensor(info))

    def _take(self, item: SourceItem) -> None:
        """Bring one item through the house: recorder first."""
        if isinstance(item, LinkStatus):
            self._keep(lambda recorder: recorder.link(item))
        else:
            self._keep(lambda recorder: recorder.packet(item))
        self._use(self._samples_from(item))
        if isinstance(item, LinkStatus):
            self._set_link(item.state, item.text)
        self._publish()

    def _use(self, samples: ImuSamples | None) -> None:
        if samples is None or not len(samples):
            return
        self._keep(lambda recorder: recorder.samples(samples))
        self._measure_safely(samples)

    def _finish(self) -> None:
        """Let out what samples and pipeline still hold: the last repetition must not be lost."""
        if self._finished:
            return
        self._finished = True
        if self._samples is not None:
            self._use(self._samples.finish())
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is None:
            return
        try:
            self._follow(pipeline.finish())
        except Exception:
            log.exception("the end of the measurement failed")

    def _samples_from(self, item: SourceItem) -> ImuSamples | None:
        try:
            if self._samples is None:
                if isinstance(item, LinkStatus):
                    return None
                # With the first packet the source knows what the sensor really does, such as its rate.
                self._samples = self._make_samples(self._source.info)
            return self._samples.step(item)
        except Exception as error:
            log.exception("a packet could not be read")
            self._fault(f"A packet from the sensor could not be read ({_cause(error)}).")
            return None

    def _measure_safely(self, samples: ImuSamples) -> None:
        now_ns = self._clock_ns()
        failed_ns = self._measuring_failed_ns
        if failed_ns is not None and now_ns - failed_ns < PIPELINE_RESTART_S * 1e9:
            return
        try:
            self._measure(samples, now_ns)
        except Exception as error:
            log.exception("the measurement failed")
            self._pipeline = None
            self._measuring_failed_ns = now_ns
            self._failures["pipeline"] = (
                f"The measurement stumbled and starts anew ({_cause(error)}). The recording goes on."
            )
            self._advance(GapFound(Gap(float(samples.t_s[0]), self._newest_s), self._newest_s))
            return
        if failed_ns is not None:
            self._measuring_failed_ns = None
            self._failures.pop("pipeline", None)

    def _measure(self, samples: ImuSamples, now_ns: int) -> None:
        self._newest_s = float(samples.t_s[-1])
        self._data_host_ns = now_ns
        self._anchor.arrived(now_ns, self._newest_s)
        self._arrivals.append((now_ns, self._newest_s, len(samples)))
        if self._session.link != "streaming":
            self._set_link("streaming", "Receiving")
        if self._session.state == "calibrating" and self._guide is not None:
            self._calibration_samples.append(samples)
            self._lead(self._guide, samples)
        if self._pipeline is None:
            self._pipeline = self._make_pipeline(self._session.calibration)
            self._sensor_fault = None
        if self._session.calibration is None:
            self._keep_for_warm_up(samples)
        events = self._pipeline.step(samples)
        self._follow(events)
        self._follow_posture(samples, events)
        self._check_sensor(samples)

    def _follow_posture(self, samples: ImuSamples, events: Iterable[Event]) -> None:
        if self._session.calibration is None:
            return
        angles = [event for event in events if isinstance(event, AnglesMeasured)]
        before = self._set_posture.stance
        for seen in self._set_posture.step(samples, angles):
            self._advance(seen)
        if self._set_posture.stance != before:
            self._advance(StanceSeen(self._set_posture.stance))

    def _check_sensor(self, samples: ImuSamples) -> None:
        """Ask every half second whether the sensor is in order."""
        for piece in self._halves.step(samples):
            info = self._source.info
            checked_as = (info.rate_hz, info.acc_range_mps2, info.gyr_range_radps)
            if self._check is None or self._checked_as != checked_as:
                # What the sensor should do is known once it streams, and may be other after a reconnect.
                self._check, self._checked_as = LiveCheck(*checked_as), checked_as
            before, self._complaints = self._complaints, self._check.step(piece)
            for complaint in self._complaints:
                if complaint not in before and complaint.text != self._sensor_fault:
                    self._record("sensor_fault", {"text": complaint.text, "t_s": piece.end_s})
            for complaint in before:
                if complaint not in self._complaints:
                    self._record("sensor_fault_over", {"text": complaint.text, "t_s": piece.end_s})

    def _keep_for_warm_up(self, samples: ImuSamples) -> None:
        self._uncalibrated.append(samples)
        while self._newest_s - self._uncalibrated[0].t_s[0] > WARM_UP_S:
            self._uncalibrated.popleft()

    def _follow(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, AnglesMeasured):
                self._ring.extend(event.t_s, event.thigh_angle_deg)
                self._trace = self._ring.latest()
            elif isinstance(event, GapFound):
                self._gaps += 1
            elif isinstance(event, SensorFault):
                # From now on no repetition has a number: that is not over after a while.
                self._sensor_fault = event.text
                if event.text not in {complaint.text for complaint in self._complaints}:
                    self._record("sensor_fault", {"text": event.text, "t_s": event.emitted_s})
            self._advance(event)

    def _fault(self, text: str) -> None:
        if text not in self._faults:
            self._record("trouble", {"text": text, "t_s": self._newest_s})
        self._faults[text] = self._clock_ns()
        while len(self._faults) > FAULTS_SHOWN:
            del self._faults[next(iter(self._faults))]

    def _set_link(self, state: LinkState, text: str) -> None:
        self._link, self._link_text = state, text
        if state != self._session.link:
            # How late its samples come is known once it streams.
            self._advance(LinkChanged(state, self._source.info.delay_s))

    def _command(self, command: Command) -> None:
        self._advance(command)
        self._publish()

    def _lead(self, guide: GuideLike, samples: ImuSamples) -> None:
        try:
            said = guide.step(samples)
        except Exception as error:
            log.exception("the calibration failed")
            # A ValueError (samples that cannot be measured) tells a person what is wrong.
            text = (
                str(error) if isinstance(error, ValueError) else f"The calibration failed ({_cause(error)})."
            )
            self._give_up_calibration(text)
            return
        for _, same_instant in groupby(said, key=lambda advice: advice.t_s):
            advice = _as_input(list(same_instant), guide.progress)
            self._record("calibration_advice", {"t_s": said[-1].t_s, "text": advice.text})
            self._advance(advice)
        if guide.calibration is not None and guide.checked_by is not None:
            self._use_calibration(guide.calibration, guide.checked_by)

    def _end_a_long_calibration(self) -> None:
        session, guide = self._session, self._guide
        since_s = session.calibrating_since_s
        if guide is None or since_s is None:
            return
        if session.now_s - since_s > CALIBRATION_LIMIT_S:
            from analysis.calibration_guide import WORDS

            text = session.advice.text if session.advice else ". ".join(WORDS["stand still"])
            self._give_up_calibration(f"Not calibrated yet. {text}")
        elif session.advice is not None and session.advice.progress != guide.progress:
            self._advance(CalibrationProgress(guide.progress))

    def _give_up_calibration(self, text: str) -> None:
        self._guide = None
        self._calibration_samples = []
        self._advance(CalibrationFailed(text))

    def _use_calibration(self, calibration: Calibration, checked_by: CheckedBy) -> None:
        self._guide = None
        if checked_by == "knee lifts" and self._keep_calibration is not None:
            trouble = self._keep_calibration(calibration)
            if trouble is not None:
                self._fault(trouble)
        # The first calibration holds for all that came before it, a later one from where it was made.
        past = [*self._uncalibrated] or self._calibration_samples
        self._uncalibrated.clear()
        self._calibration_samples = []
        self._advance(Calibrated(calibration, float(past[0].t_s[0]), checked_by))
        # A calibration is done on the feet.
        self._set_posture = SetPosture("standing")
        self._advance(StanceSeen("standing"))
        self._pipeline = self._warm_pipeline(calibration, past)

    def _warm_pipeline(self, calibration: Calibration, past: list[ImuSamples]) -> PipelineLike | None:
        # The report measures the recording from its first sample. Only a pipeline that has seen the same
        # samples gives the patient the same numbers; what it says about the past is no longer news.
        self._sensor_fault = None
        try:
            pipeline = self._make_pipeline(calibration)
            for samples in past:
                for event in pipeline.step(samples):
                    if isinstance(event, SensorFault):
                        self._sensor_fault = event.text
        except Exception:
            log.exception("the samples from before the calibration could not be used")
            return None
        return pipeline

    def _advance(self, item: Input) -> None:
        now_ns = self._clock_ns()
        before = self._session
        outcome = sessions.advance(before, item, self._anchor.time_s(now_ns))
        self._session = outcome.session
        if self._session.state == "calibrating" != before.state:
            self._calibration_samples = []
            self._guide = self._make_guide(before.to_check if self._session.checking else None)
        elif self._session.state != "calibrating":
            self._guide = None
        for record in outcome.records:
            self._record(record.kind, {"t_s": record.t_s, **record.data})
        if self._sound is None:
            return
        if self._session.sound_settings is not before.sound_settings:
            self._sound.use(self._session.sound_settings)
        if outcome.hush:
            self._sound.hush()
        if outcome.cues:
            self._sound.play(tuple(self._placed(cue, now_ns) for cue in outcome.cues))

    def _placed(self, cue: Cue, now_ns: int) -> tuple[Cue, int]:
        host_ns = self._anchor.host_ns(cue.due_s)
        return cue, now_ns if host_ns is None else host_ns

    def _record(self, kind: str, data: dict[str, Any]) -> None:
        now_ns = self._clock_ns()
        self._keep(lambda recorder: recorder.event(kind, now_ns, data))

    def _keep(self, write: Callable[[RecorderLike], object]) -> None:
        if self._recorder is None:
            return
        try:
            write(self._recorder)
        except Exception as error:
            log.exception("the recorder failed")
            self._failures["recorder"] = (
                f"Recording failed ({_cause(error)}). Check the disk, then start again."
            )

    def _close_recorder(self) -> None:
        if not self._recorder_closed:
            self._recorder_closed = True
            self._keep(lambda recorder: recorder.close())

    def _close_outputs(self) -> None:
        self._close_recorder()
        if self._sound is not None:
            self._sound.close()

    def _picture(self) -> Snapshot:
        now_ns = self._clock_ns()
        recorder_trouble = self._recorder.trouble if self._recorder else None
        troubles = [recorder_trouble] if recorder_trouble else []
        troubles += [
            self._failures[key]
            for key in ("recorder", "engine", "source", "pipeline")
            if key in self._failures
        ]
        told = [self._session.moved_advice, self._sensor_fault]
        told += [complaint.text for complaint in self._complaints]
        troubles += dict.fromkeys([text for text in told if text] + [*self._faults])
        return Snapshot(
            host_ns=now_ns,
            time_s=self._anchor.time_s(now_ns),
            info=self._source.info,
            battery_percent=self._battery_percent(),
            battery_warning=WARNINGS[self._battery],
            link=self._link,
            link_text=self._link_text,
            session=self._session,
            trace=self._trace,
            rate_hz=self._rate_hz,
            data_host_ns=self._data_host_ns,
            newest_s=self._newest_s,
            gaps=self._gaps,
            troubles=tuple(troubles),
            recording_trouble=recorder_trouble,
            notice=self._sound.notice if self._sound else None,
            ended=self._ended,
        )

    def _battery_percent(self) -> int | None:
        told = self._samples.battery_percent if self._samples else None
        return self._source.info.battery_percent if told is None else told

    def _measured_rate_hz(self, now_ns: int) -> float | None:
        # A sensor that collects its samples first sends so rarely that a short window holds too few.
        window_s = RATE_WINDOW_S + 2.0 * self._session.delay_s
        while self._arrivals and self._arrivals[0][0] < now_ns - window_s * 1e9:
            self._arrivals.popleft()
        if len(self._arrivals) < 2:
            return None
        span_s = (self._arrivals[-1][0] - self._arrivals[0][0]) / 1e9
        # What waited in the radio while it connected comes at once: a rate from that would be too high.
        if span_s < 0.8 * RATE_WINDOW_S:
            return None
        # By the samples' own times: how many of them come at once says nothing about their rate.
        count = sum(count for *_, count in self._arrivals) - self._arrivals[0][2]
        taken_s = self._arrivals[-1][1] - self._arrivals[0][1]
        return count / taken_s if taken_s > 0.0 else None

    def _publish(self) -> None:
        self._snapshot = self._picture()


async def _let_go(packets: AsyncIterator[SourceItem]) -> None:
    """Close a stream of packets; whatever happens in there, the session has ended."""
    aclose = getattr(packets, "aclose", None)
    if aclose is None:
        return
    try:
        async with asyncio.timeout(LET_GO_S):
            await aclose()
    except Exception:
        log.exception("the source did not close in order")


def _cause(error: Exception) -> str:
    text = str(error).strip().rstrip(".")
    return text.splitlines()[0] if text else type(error).__name__
