"""Print what a long day costs: memory, threads, files, packets and repetitions over hours of live use.

    python benchmarks/soak.py [--hours 8] [--session-minutes 60]

A sensor at 200 Hz on a clock that runs as fast as the program can follow; engine, measurement, recorder and
window are the real ones, the window draws into memory. Every three minutes a person kneels down and does a
set, hands-free. One session after the other, in the same window; `--session-minutes 480` makes one of them.

What happens to it: every 230 s the link is lost for six (in sets and between them), every 25
minutes the computer sleeps for five, every ten minutes somebody sets its clock by an hour, forward or back.
The same day without any of that is measured for comparison: a repetition that no loss touched must be counted
in both. Memory is that of the whole process, against what it was after the first ten minutes of the day.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.pipeline import Pipeline
from analysis.results import Event, Rep, RepCompleted
from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor
from benchmarks.figures import Block, at_most, plain
from drivers import plain as plain_codec
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from monitor import engine as engines
from monitor.dashboard.show import application
from monitor.dashboard.window import Dashboard
from monitor.engine import Engine
from monitor.plan import Plan, Tempo
from recordings import writer
from recordings.format import new_metadata
from recordings.reader import read

INPUT_HZ = 200
BURST = 4
REPS = 5
CYCLE_S = 180.0
SETTLED_S = 600.0
GROWTH_MB = 5.0
# Qt and the system open some when they first need them; a leak is one a session.
LATE_FILES = 3
FRAME_S = 1 / 30
# How much faster than on the wall the day goes by; the beats of engine and recorder keep up with it.
COMPRESSED = 60.0
LOST_EVERY_S, LOST_S = 230.0, 6.0
SLEPT_EVERY_S, SLEPT_S = 1500.0, 300.0
CLOCK_EVERY_S, CLOCK_S = 600.0, 3600.0
# A repetition is the same one if it begins within this of the other; a loss touches it from so far away.
SAME_S, TOUCHED_S = 0.6, 1.5
INFO = SensorInfo("plain", "simulated", "simulated", rate_hz=INPUT_HZ, simulated=True)


@dataclass(frozen=True, slots=True)
class Tape:
    """Three minutes of a person's day at INPUT_HZ, standing at both ends: values (n, 6), acc and gyro."""

    values: NDArray[np.float64]
    calibration: Calibration
    reps: int


@cache
def tape() -> Tape:
    """Simulate a set of Nordics with a walk before and after it."""
    movement = Movement(seed=8, unsteadiness=0.5)
    movement.still(3.0)
    movement.walk(6)
    movement.still(2.0)
    movement.kneel_down()
    movement.still(4.0)
    for number in range(REPS):
        movement.nordic(lower_s=3.0 + 0.2 * number, to_deg=58.0 + 3 * (number % 3), return_s=1.7)
        movement.still(1.5)
    movement.still(2.0)
    movement.stand_up()
    movement.still(2.0)
    movement.walk(10)
    movement.still(CYCLE_S - movement.now_s)
    session = movement.session(Sensor(rate_hz=INPUT_HZ, mount_deg=(8.0, -4.0, 5.0)))
    assert session.samples.gyr_radps is not None
    values = np.hstack([session.samples.acc_mps2, session.samples.gyr_radps])[: round(CYCLE_S * INPUT_HZ)]
    # As coarse as a real sensor's: a day of it should fit on the disk.
    return Tape(np.round(values * 1024) / 1024, session.calibration, len(session.reps))


@dataclass(slots=True)
class Clocks:
    """The computer's clocks: the monotonic one that the day advances, and the one on the wall."""

    now_ns: int = field(default_factory=time.monotonic_ns)
    wall_off_ns: int = 0

    def __call__(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns + 1_700_000_000_000_000_000 + self.wall_off_ns


class Day:
    """The sensor's side of a day: a `Source` for each session.

    The person's time is that of the tape, which waits while the computer sleeps. losses: start and end, in
    that time, of what was not heard. sent: packets handed over, for each session.
    """

    info = INFO

    def __init__(self, taped: Tape, clocks: Clocks, *, calm: bool) -> None:
        self._tape, self._clocks, self._calm = taped, clocks, calm
        self._cursor = 0
        self._slept_s = 0.0
        self._due = {"lost": LOST_EVERY_S, "slept": SLEPT_EVERY_S, "clock": CLOCK_EVERY_S}
        self._until_s = 0.0
        self.sent: list[int] = []
        self.losses: list[tuple[float, float]] = []
        self.sleeps = self.clock_changes = 0

    @property
    def person_s(self) -> float:
        return self._cursor / INPUT_HZ

    def session(self, seconds: float) -> Day:
        """Let the next source last so long."""
        self._until_s = self.person_s + seconds
        self.sent.append(0)
        return self

    async def packets(self) -> AsyncIterator[SourceItem]:
        yield self._status("streaming", "Receiving")
        while self.person_s < self._until_s:
            if not self._calm:
                async for status in self._mischief():
                    yield status
            yield self._packet()
            self.sent[-1] += 1
            # Ticks and commands get their turn.
            await asyncio.sleep(0)

    async def _mischief(self) -> AsyncIterator[SourceItem]:
        if self._is_due("clock", CLOCK_EVERY_S):
            self.clock_changes += 1
            self._clocks.wall_off_ns += round(1e9 * CLOCK_S) * (1 if self.clock_changes % 2 else -1)
        if self._is_due("lost", LOST_EVERY_S):
            yield self._status("lost", "No signal: looking for it")
            start_s = self.person_s
            self._pass_by(LOST_S)
            self.losses.append((start_s, self.person_s))
            await asyncio.sleep(0)
            yield self._status("streaming", "Receiving")
        if self._is_due("slept", SLEPT_EVERY_S):
            self.sleeps += 1
            # The computer wakes up and finds the link gone; the clocks have gone on.
            self._clocks.now_ns += round(1e9 * SLEPT_S)
            self._slept_s += SLEPT_S
            self.losses.append((self.person_s, self.person_s))
            yield self._status("lost", "No signal: looking for it")
            await asyncio.sleep(0)
            yield self._status("streaming", "Receiving")

    def _is_due(self, what: str, every_s: float) -> bool:
        if self.person_s < self._due[what]:
            return False
        self._due[what] += every_s
        return True

    def _pass_by(self, seconds: float) -> None:
        self._cursor += round(seconds * INPUT_HZ)
        self._clocks.now_ns += round(1e9 * seconds)

    def _packet(self) -> RawPacket:
        rows = np.arange(self._cursor, self._cursor + BURST)
        values = self._tape.values[rows % len(self._tape.values)]
        self._pass_by(BURST / INPUT_HZ)
        payload = plain_codec.encode(
            ImuSamples(rows / INPUT_HZ + self._slept_s, values[:, :3], values[:, 3:])
        )
        return RawPacket(self._clocks.now_ns, plain_codec.CHARACTERISTIC, payload)

    def _status(self, state: str, text: str) -> LinkStatus:
        return LinkStatus(self._clocks.now_ns, state, text)  # pyright: ignore[reportArgumentType]

    def person_time_s(self, sample_s: float) -> float:
        """Return the person's time of a sample's; exact but where the computer slept in between."""
        return sample_s - self._slept_s


class CountedPipeline(Pipeline):
    """The pipeline; what it completes is noted with the person's time, for the comparison of two days."""

    def __init__(self, calibration: Calibration | None, day: Day, counted: list[tuple[float, Rep]]) -> None:
        super().__init__(exercise=None, calibration=calibration)
        self._day, self._counted = day, counted

    def step(self, samples: ImuSamples) -> list[Event]:
        events = super().step(samples)
        for event in events:
            if isinstance(event, RepCompleted):
                self._counted.append((self._day.person_time_s(event.rep.start_s), event.rep))
        return events


@dataclass(slots=True)
class Soaked:
    """What a day did to the program.

    counted: every repetition the measurement completed, with the person's time; in_sets: how many of them got
    into a set. grown_mb: memory against that after the first ten minutes, every ten minutes. threads and
    files: how many were left after each session.
    """

    day: Day
    in_sets: int = 0
    counted: list[tuple[float, Rep]] = field(default_factory=list[tuple[float, Rep]])
    recordings: list[Path] = field(default_factory=list[Path])
    base_mb: float | None = None
    grown_mb: list[float] = field(default_factory=list[float])
    threads: list[int] = field(default_factory=list[int])
    files: list[int] = field(default_factory=list[int])
    frames: int = 0
    troubles: set[str] = field(default_factory=set[str])
    wall_s: float = 0.0


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


@contextlib.contextmanager
def compressed(clocks: Clocks) -> Iterator[None]:
    """Let the beats of engine and recorder keep up with the day, and the recorder see its clocks."""
    tick_s, flush_s = engines.TICK_S, writer.FLUSH_PERIOD_S
    module = writer.time
    engines.TICK_S = tick_s / COMPRESSED
    writer.FLUSH_PERIOD_S = flush_s / COMPRESSED  # pyright: ignore[reportConstantRedefinition]
    writer.time = SimpleNamespace(  # pyright: ignore[reportAttributeAccessIssue]
        monotonic=time.monotonic, monotonic_ns=clocks, time_ns=clocks.wall_ns
    )
    try:
        yield
    finally:
        engines.TICK_S, writer.time = tick_s, module
        writer.FLUSH_PERIOD_S = flush_s  # pyright: ignore[reportConstantRedefinition]


def soak(hours: float, session_s: float, folder: Path, *, calm: bool = False) -> Soaked:
    """Live through a day; sessions of so many seconds are recorded in folder."""
    running = application()
    clocks = Clocks()
    day = Day(tape(), clocks, calm=calm)
    found = Soaked(day)
    calibration = day._tape.calibration
    plan = Plan("nordic", "left", 10_000, REPS, Tempo(3.0), rest_between_sets_s=60)
    began_s = time.monotonic()
    shown: list[Engine] = []
    window: Dashboard | None = None
    with compressed(clocks):
        while day.person_s < 3600 * hours:
            source = day.session(min(session_s, 3600 * hours - day.person_s))
            recorder = writer.Recorder(folder / f"{len(found.recordings):03d}.mcap", new_metadata(INFO))
            engine = Engine(
                source,
                recorder,
                (plan,),
                calibration=calibration,
                hands_free=True,
                clock_ns=clocks,
                pipeline=lambda known: CountedPipeline(known, day, found.counted),
            )
            shown[:] = [engine]
            with engine:
                if window is None:
                    window = Dashboard(lambda: shown[-1].snapshot, lambda _: None, clocks)
                    window.resize(1366, 768)
                    window.show()
                while not engine.wait(FRAME_S):
                    window.refresh()
                    running.processEvents()
                    found.frames += 1
                    found.troubles.update(engine.snapshot.troubles)
                    if found.base_mb is None and day.person_s >= SETTLED_S:
                        found.base_mb = resident_mb()
                    if found.base_mb is not None and day.person_s // SETTLED_S > len(found.grown_mb) + 1:
                        found.grown_mb.append(resident_mb() - found.base_mb)
            found.in_sets += sum(len(each.reps) for each in engine.snapshot.session.sets)
            found.recordings.append(recorder.path)
            found.threads.append(threading.active_count())
            found.files.append(open_files())
        found.wall_s = time.monotonic() - began_s
        if found.base_mb is not None:
            found.grown_mb.append(resident_mb() - found.base_mb)
        if window is not None:
            window.close()
            window.deleteLater()
    return found


def missed(calm: Soaked, rough: Soaked) -> tuple[int, int, int]:
    """Compare two days.

    Returns how many repetitions of the calm one no loss of the other touched, how many of these the other one
    missed, and how many it counted that the calm one does not know.
    """
    losses = np.array(rough.day.losses or [(-np.inf, -np.inf)])

    def whole(counted: list[tuple[float, Rep]]) -> list[float]:
        ends = [(rep_s, rep_s + rep.end_s - rep.start_s) for rep_s, rep in counted]
        return [
            start_s
            for start_s, end_s in ends
            if not np.any((losses[:, 0] - TOUCHED_S < end_s) & (losses[:, 1] + TOUCHED_S > start_s))
        ]

    wanted = whole(calm.counted)
    return len(wanted), _not_in(wanted, rough.counted), _not_in(whole(rough.counted), calm.counted)


def _not_in(starts_s: list[float], counted: list[tuple[float, Rep]]) -> int:
    there = np.array([at_s for at_s, _ in counted] or [np.inf])
    return sum(bool(np.abs(there - each).min() > SAME_S) for each in starts_s)


def missing_packets(found: Soaked) -> int:
    """Return how many packets that were handed over are in no recording, or too many."""
    kept = [len(read(path).packets) for path in found.recordings]
    return sum(abs(n - sent) for n, sent in zip(kept, found.day.sent, strict=True))


def block(rough: Soaked, calm: Soaked) -> Block:
    """Put a day's figures together."""
    day, hours = rough.day, rough.day.person_s / 3600
    lost_times = len(day.losses) - day.sleeps
    whole, lost, invented = missed(calm, rough)
    grown = rough.grown_mb or [0.0]
    note = (
        f"{hours:.2g} h of live use at {INPUT_HZ} Hz in {rough.wall_s:.0f} s, "
        f"{len(rough.recordings)} sessions, {rough.frames} pictures; "
        f"link lost {lost_times} times, asleep {day.sleeps} times, clock set {day.clock_changes} times"
    )
    return Block(
        "A long day",
        note,
        (
            at_most(
                "memory against the first 10 min, at the end",
                grown[-1],
                GROWTH_MB,
                "+.1f",
                " MB",
                f"{rough.base_mb or 0:.0f} MB; every 10 min {' '.join(f'{each:+.1f}' for each in grown)}",
            ),
            at_most(
                "threads more than after the first session", rough.threads[-1] - rough.threads[0], 0, "d"
            ),
            at_most(
                "files more than after the first session", rough.files[-1] - rough.files[0], LATE_FILES, "d"
            ),
            at_most(
                "packets lost while the link was up",
                missing_packets(rough),
                0,
                "d",
                "",
                f"of {sum(day.sent)}",
            ),
            at_most("repetitions missed that no loss touched", lost, 0, "d", "", f"of {whole}"),
            at_most("repetitions that a calm day does not know", invented, 0, "d"),
            plain(
                "counted in sets", f"{rough.in_sets}", f"calm: {calm.in_sets} of {len(calm.counted)} measured"
            ),
        ),
    )


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--hours", type=float, default=0.5)
    arguments.add_argument("--session-minutes", type=float, default=60.0)
    given = arguments.parse_args()
    if not sys.platform.startswith("linux"):
        print("memory and open files are read from /proc: only on Linux")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / each for each in ("rough", "calm")]
        rough, calm = (
            soak(given.hours, 60 * given.session_minutes, folder, calm=folder.name == "calm")
            for folder in folders
        )
        figures = block(rough, calm)
    print(figures.text())
    for text in sorted(rough.troubles):
        print(f"  said meanwhile: {text}")
    return 1 if any(figure.met is False for figure in figures.figures) else 0


if __name__ == "__main__":
    sys.exit(main())
