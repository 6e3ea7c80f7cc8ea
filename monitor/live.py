"""Sessions that run now: with a sensor on the air, with a virtual one, or from a recording."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.calibration import Calibration
from analysis.pipeline import Pipeline
from analysis.results import Event, Rep, RepCompleted
from drivers.link import BleSource, FoundSensor, scan
from drivers.sample_stream import SampleStream
from drivers.source import SensorInfo, Source
from monitor.encrypting import readable
from monitor.engine import Engine
from monitor.known_sensors import (
    KnownSensorError,
    LastSensor,
    data_folder,
    last_sensor,
    load_calibration,
    remember_sensor,
    store_calibration,
)
from monitor.measured_file import MeasuredFile, cache_folder, measure_file
from monitor.plan import Plan, Side, Tempo
from monitor.replaying import Replaying
from monitor.results_text import rep_line
from monitor.session import KnownCalibration
from monitor.unfinished import offer_to_finish

if TYPE_CHECKING:
    from recordings.format import Face
    from recordings.writer import Recorder

POLL_S = 0.1
SCAN_S = 5.0
DEFAULT_LOWER_S = 5.0
NOTHING_CAME = "the sensor sent nothing: is it switched on, near, and not connected to a phone?"


class NoSensorError(RuntimeError):
    """There is nothing to measure with; the message is one sentence with advice."""


def find_sensors(seconds: float, *, virtual: bool = False) -> list[FoundSensor]:
    """Listen for sensors, strongest first. Raises BluetoothUnavailableError."""
    return asyncio.run(_scan_virtual(seconds) if virtual else scan(seconds))


def run_live(
    address: str | None,
    output: Path | None,
    plans: tuple[Plan, ...],
    *,
    virtual: bool = False,
    headless: bool = False,
    seconds: float | None = None,
    usual_side: bool = False,
    face: Face | None = None,
) -> Path:
    """Run and record a session until its window is closed; headless, until Ctrl-C or the time is up.

    address: of the sensor; None takes the one of last time, the first time the nearest. plans: all for the
    same side. usual_side: with the sensor of last time, measure the side of last time instead of theirs.
    face: of the thigh, where it sits.
    Headless, nobody presses anything: the calibration and the sets begin by themselves, and each repetition
    becomes a line on stdout.
    Returns the path of the recording. Raises NoSensorError, BluetoothUnavailableError or RecordingError.
    """
    from monitor.sound.output import open_sound
    from recordings.format import RecordingError, new_metadata, placement_of
    from recordings.reader import read
    from recordings.writer import Recorder

    source = _virtual_patient() if virtual else BleSource(chosen_sensor(address))
    last = None if virtual else remembered_sensor()
    if usual_side and last is not None and last.address == source.info.serial:
        plans = tuple(replace(each, side=last.side) for each in plans)
        print(f"Side: {last.side}, as last time. Another one: --side.", flush=True)
    side = plans[0].side
    path = output or Path(f"session-{datetime.now():%Y%m%d-%H%M%S}.mcap")
    offer_to_finish(path.parent)
    one_side = None if side == "both" else side
    recorder = Recorder(path, new_metadata(source.info, side=one_side, placement=placement_of(face)))
    if recorder.trouble is not None:
        with contextlib.suppress(RecordingError):
            recorder.close()
        raise RecordingError(recorder.trouble)
    known = known_calibration(source.info, side)
    with Engine(
        source,
        recorder,
        plans,
        known=known,
        keep_calibration=lambda calibration: keep_calibration(source.info, side, calibration),
        sound=open_sound(),
        unattended=headless,
        hands_free=not headless,
    ) as engine:
        if headless:
            _watch(engine, seconds)
        else:
            show_window(engine, seconds=seconds)
    recording = saved(recorder)
    end = engine.snapshot
    if end.data_host_ns is None and not read(recording).packets:
        # An empty recording would only be one more file to wonder about.
        recording.unlink(missing_ok=True)
        raise NoSensorError(end.troubles[0] if end.troubles else NOTHING_CAME)
    keep_sensor(source.info, side)
    return recording


def known_calibration(sensor: SensorInfo, side: Side) -> KnownCalibration | None:
    """Return how this sensor sat last time, and say so; what cannot be used counts as nothing."""
    if sensor.serial is None or sensor.simulated:
        return None
    try:
        stored = load_calibration(data_folder(), sensor.serial, side)
    except (KnownSensorError, RuntimeError) as error:
        print(f"warning: {error}", file=sys.stderr)
        return None
    if stored is None:
        return None
    print(f"This sensor was calibrated on {stored.made.isoformat()}: stand still to check that.", flush=True)
    # On another leg it may sit mirrored, which standing does not show.
    return KnownCalibration(stored.calibration, lifts=1 if side == "both" else 0)


def keep_calibration(sensor: SensorInfo, side: Side, calibration: Calibration) -> str | None:
    """Store a calibration for next time; return a sentence where that failed."""
    if sensor.serial is None or sensor.simulated:
        return None
    try:
        store_calibration(data_folder(), sensor.serial, side, calibration)
    except (KnownSensorError, RuntimeError) as error:
        return str(error)
    return None


def saved(recorder: Recorder) -> Path:
    """Return the finished recording; where its disk refuses it, bring everything to a place that takes it.

    Raises RecordingError if no place does.
    """
    from recordings.format import RecordingError

    try:
        return recorder.close()
    except RecordingError as error:
        refused = error
    for folder in (Path.home(), Path(tempfile.gettempdir())):
        try:
            recorder.save_elsewhere(folder / f"rescued-{recorder.path.name}")
            rescued = recorder.close()
        except (RecordingError, OSError):
            continue
        print(f"warning: {refused} The whole recording is in {rescued}.", file=sys.stderr)
        return rescued
    raise refused


def run_replay(
    path: Path, speed: float | None, *, start_s: float = 0.0, headless: bool = False
) -> tuple[str, ...]:
    """Show a recording as if it happened now; return what of it could not be read.

    speed: None plays as fast as it can be measured. start_s: what comes before is measured at once.
    Raises RecordingError.
    """
    from recordings.reader import read
    from recordings.replay import ReplaySource

    measured = measure_file(path, caches=cache_folder())
    with readable(path) as place:
        recording = replace(read(place), path=path)
    if headless:
        asyncio.run(_print_reps(ReplaySource(recording, speed, start_s=start_s), measured))
        return measured.damage
    plans, calibration = plans_of(measured.analysis.reps), measured.analysis.calibration

    def measuring(source: Source) -> Engine:
        # Knee lifts are done on the feet, and at the beginning.
        stance = "standing" if calibration and calibration.method == "knee lifts" else "unknown"
        return Engine(source, None, plans, calibration=calibration, unattended=True, stance=stance)

    with Replaying(recording, speed, measuring, start_s=start_s) as replaying:
        show_window(replaying)
    return measured.damage


def plans_of(reps: Sequence[Rep]) -> tuple[Plan, ...]:
    """Return plans that ask for what was done: a set for each run of the same exercise."""
    plans: list[Plan] = []
    for _, group in groupby(reps, key=lambda rep: rep.exercise):
        done = list(group)
        lowered = sorted(rep.lower_s for rep in done if rep.lower_s is not None)
        usual_s = lowered[len(lowered) // 2] if lowered else DEFAULT_LOWER_S
        plans.append(
            Plan(done[0].exercise, "both", 1, len(done), Tempo(round(usual_s, 1)), rest_between_sets_s=0)
        )
    return tuple(plans) or (Plan("nordic", "both", 1, 1, Tempo(DEFAULT_LOWER_S)),)


def chosen_sensor(address: str | None) -> FoundSensor | str:
    """Look which sensors are in reach and return the one to use, saying which and why.

    With an address that one, even if it is not seen yet. Raises NoSensorError or BluetoothUnavailableError.
    """
    last = remembered_sensor()
    if address is not None and last is not None and address.lower() == last.address.lower():
        return FoundSensor(last.name, last.address, last.driver, 0)
    found = find_sensors(SCAN_S)
    if address is not None:
        return next((each for each in found if each.address.lower() == address.lower()), address)
    if not found:
        raise NoSensorError("no sensor found: is it switched on, near, and not connected to a phone?")
    usual = next((each for each in found if is_last(each, last)), None)
    if last is not None and usual is None:
        # The nearest could be anybody's: it is taken only where there is no own one to wait for.
        others = ", ".join(f"{each.name} ({each.address})" for each in found)
        raise NoSensorError(
            f"{last.name} of last time is not in reach: switch it on, or name the one that is worn with "
            f"--sensor ADDRESS. In reach: {others}."
        )
    taken = usual or found[0]
    namesakes = [each for each in found if each.name == taken.name]
    if usual is None and len(namesakes) > 1:
        alike = ", ".join(f"{each.address} ({each.rssi_dbm} dBm)" for each in namesakes)
        raise NoSensorError(
            f"{len(namesakes)} sensors in reach are called {taken.name}: name the one that is worn with "
            f"--sensor ADDRESS (held close to the computer, its signal is the strongest). In reach: {alike}."
        )
    why = "the sensor of last time" if usual else "the nearest"
    others = " Another one: --sensor ADDRESS; `eccentric scan` lists them." if len(found) > 1 else ""
    print(f"Using {taken.name} ({taken.model}), {why}.{others}", flush=True)
    return taken


def is_last(sensor: FoundSensor, last: LastSensor | None) -> bool:
    """Tell whether a sensor is the one that was used last."""
    return last is not None and sensor.address.lower() == last.address.lower()


def found_line(sensor: FoundSensor, last: LastSensor | None) -> str:
    """Return what a scan prints of a sensor: name, model, signal, address, and the battery if it is told."""
    battery = "" if sensor.battery_percent is None else f"  battery {sensor.battery_percent} %"
    used = "  (used last time)" if is_last(sensor, last) else ""
    return f"{sensor.name:24}  {sensor.model:28}  {sensor.rssi_dbm:4d} dBm  {sensor.address}{battery}{used}"


def remembered_sensor() -> LastSensor | None:
    """Return the sensor that was used last, or None."""
    try:
        return last_sensor(data_folder())
    except RuntimeError:
        return None


def keep_sensor(sensor: SensorInfo, side: Side) -> None:
    """Remember the sensor of this session for the next one; a warning where that fails."""
    if sensor.serial is None or sensor.simulated:
        return
    try:
        remember_sensor(data_folder(), LastSensor(sensor.serial, sensor.driver, sensor.name, side))
    except (KnownSensorError, RuntimeError) as error:
        print(f"warning: {error}", file=sys.stderr)


def _virtual_patient() -> Source:
    # Bumble is for virtual sensors only.
    from monitor.virtual_patient import VirtualPatient

    return VirtualPatient()


async def _scan_virtual(seconds: float) -> list[FoundSensor]:
    from analysis.simulate import demo_session
    from drivers.virtual.catalogue import MODELS
    from drivers.virtual.room import open_virtual_room

    samples = demo_session().samples
    async with open_virtual_room(*(model.sensor(samples) for model in MODELS.values())) as room:
        return await scan(seconds, room.backend)


def _watch(engine: Engine, seconds: float | None) -> None:
    """Print what happens, line by line, until the source or the time has ended."""
    deadline_s = None if seconds is None else time.monotonic() + seconds
    shown = 0
    said: tuple[str, ...] = ()
    battery_told = False
    with contextlib.suppress(KeyboardInterrupt), _interrupted_by(signal.SIGTERM):
        ended = False
        while not ended and (deadline_s is None or time.monotonic() < deadline_s):
            ended = engine.wait(POLL_S)
            snapshot = engine.snapshot
            reps = [rep for each in snapshot.session.sets for rep in each.reps]
            for number, rep in enumerate(reps[shown:], shown + 1):
                print(rep_line(number, rep), flush=True)
            shown = len(reps)
            advice, message = snapshot.session.advice, snapshot.session.message
            if snapshot.battery_percent is not None and not battery_told:
                battery_told = True
                print(f"The sensor's battery is at {snapshot.battery_percent} %.", flush=True)
            texts = (advice.text if advice else None, message, snapshot.battery_warning)
            told = [text for text in texts if text]
            news = (snapshot.link_text, *snapshot.troubles, *told)
            for text in news:
                if text not in said:
                    print(text, flush=True)
            said = news


@contextlib.contextmanager
def _interrupted_by(number: signal.Signals) -> Iterator[None]:
    """Let a signal end the session in order, like Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, interrupt)
    try:
        yield
    finally:
        signal.signal(number, before)


async def _print_reps(source: Source, measured: MeasuredFile) -> None:
    """Print each repetition of a source when it is known."""
    stream = SampleStream(source.info)
    pipeline = Pipeline(calibration=measured.analysis.calibration)
    number = 0

    def show(events: list[Event]) -> None:
        nonlocal number
        for event in events:
            if isinstance(event, RepCompleted):
                number += 1
                print(rep_line(number, event.rep, measured.start_s), flush=True)

    async for item in source.packets():
        samples = stream.step(item)
        if samples is not None:
            show(pipeline.step(samples))
    last = stream.finish()
    show((pipeline.step(last) if last is not None else []) + pipeline.finish())


def show_window(engine: Engine | Replaying, *, auto: bool = False, seconds: float | None = None) -> None:
    """Show the dashboard until it is closed or the program is asked to stop (Ctrl-C, SIGTERM).

    auto: close it a little after the data have ended. seconds: close it after this time.
    """
    from PySide6.QtCore import QTimer

    from monitor.dashboard.show import application, run_dashboard

    def stop(*_: object) -> None:
        application().quit()

    # Qt's loop swallows KeyboardInterrupt; the window's own timer lets Python look at signals.
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if seconds is not None:
            QTimer.singleShot(round(1000 * seconds), application(), application().quit)
        run_dashboard(engine, auto=auto)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
