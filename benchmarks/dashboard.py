"""Print what the patient's window costs, and what a window that hangs costs the session.

    python benchmarks/dashboard.py [--seconds N] [--screenshot FILE] [--frames N]
    xvfb-run -s "-screen 0 1920x1080x24" env QT_QPA_PLATFORM=xcb python benchmarks/dashboard.py

A simulated set comes in at 200 Hz (packets of 4 samples) through the real engine; the window is 1920 x 1080,
drawn into memory or, with QT_QPA_PLATFORM=xcb, on a display. Then the same again while the window hangs for
300 ms every 2 s. Latency counts from the moment at which the source hands a packet over until the picture
with it is painted. On a busy machine the times on the clock say little: a frame's CPU time is printed as
well, and what the same pictures cost when they are drawn again with nothing else at work, the least of some
passes for each; and by how much the time of one and the same sum varies. With --frames so many frames are
drawn one after the other, and the memory is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer

from analysis.samples import ImuSamples
from analysis.simulate import demo_session
from benchmarks.sound_card import late_ms, pretended_loudspeaker, spread
from drivers import plain
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from monitor.dashboard.show import application, save_screenshot
from monitor.dashboard.window import FRAME_MS, Dashboard
from monitor.engine import CueSink, Engine
from monitor.plan import Plan, Tempo
from monitor.snapshot import Snapshot
from monitor.sound.words import words

INPUT_HZ = 200.0
BURST = 4
FIRST_S = 9.0
STALL_S = 0.3
STALL_EVERY_S = 2.0
WARM_FRAMES = 500
ALONE_PASSES = 4
SUMS, SUM_OF = 300, 80_000


class SimulatedSource:
    """Sends the demo session at 200 Hz from just before its Nordic set."""

    info = SensorInfo("plain", "simulated", "simulated", rate_hz=INPUT_HZ, simulated=True)

    def __init__(self) -> None:
        self.arrivals_ns: list[int] = []
        self.started_s = 0.0
        samples = demo_session().samples
        assert samples.gyr_radps is not None
        t = np.arange(samples.t_s[0] + FIRST_S, samples.t_s[-1], 1 / INPUT_HZ)
        columns = np.hstack([samples.acc_mps2, samples.gyr_radps])
        values = np.column_stack([np.interp(t, samples.t_s, column) for column in columns.T])
        self._values = np.tile(values, (4, 1))

    async def packets(self) -> AsyncIterator[SourceItem]:
        yield LinkStatus(time.monotonic_ns(), "streaming", "Receiving")
        start = self.started_s = time.monotonic()
        for first in range(0, len(self._values) - BURST + 1, BURST):
            await asyncio.sleep(max(0.0, start + (first + BURST) / INPUT_HZ - time.monotonic()))
            t = (first + np.arange(BURST)) / INPUT_HZ
            rows = self._values[first : first + BURST]
            payload = plain.encode(ImuSamples(t, rows[:, :3], rows[:, 3:]))
            now_ns = time.monotonic_ns()
            self.arrivals_ns.append(now_ns)
            yield RawPacket(now_ns, plain.CHARACTERISTIC, payload)


class CountingRecorder:
    """Counts packets and keeps which beats were announced; the cost of the disk is another benchmark's."""

    trouble = None

    def __init__(self) -> None:
        self.packets = 0
        self.beats: list[tuple[float, int]] = []

    def packet(self, _packet: RawPacket) -> None:
        self.packets += 1

    def link(self, _status: LinkStatus) -> None: ...
    def samples(self, _samples: ImuSamples) -> None: ...
    def describe_sensor(self, _sensor: SensorInfo) -> None: ...

    def event(self, kind: str, _host_ns: int, data: dict[str, Any]) -> None:
        if kind == "cue" and data["cue"] == "second":
            self.beats.append((data["t_s"], data["number"]))

    def close(self) -> None: ...


@dataclass
class Frames:
    work_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    starts_ns: list[int] = field(default_factory=list)
    painted: list[tuple[int, int]] = field(default_factory=list)
    seen: list[tuple[Snapshot, int]] = field(default_factory=list)


def run(seconds: float, stall: bool, screenshot: Path | None) -> None:
    with pretended_loudspeaker() as (speaker, streams):
        source, recorder = _run(seconds, stall, screenshot, speaker)
    heard = streams[0].heard()
    spoken = words("en")
    late = [late_ms(heard, spoken[str(number)], source.started_s + t_s) for t_s, number in recorder.beats]
    # What was announced for a lowering that ended sooner is taken back.
    print(f"  seconds counted aloud: {spread([each for each in late if each is not None])}   budget p99 20")


def _run(
    seconds: float, stall: bool, screenshot: Path | None, speaker: CueSink
) -> tuple[SimulatedSource, CountingRecorder]:
    running = application()
    source, recorder, frames = SimulatedSource(), CountingRecorder(), Frames()
    calibration = demo_session().calibration
    plan = Plan("nordic", "left", 1, 99, Tempo(3.0))
    engine = Engine(source, recorder, (plan,), calibration=calibration, sound=speaker, unattended=True)
    with engine:
        window = Dashboard(lambda: engine.snapshot, engine.command, time.monotonic_ns)
        window.resize(1920, 1080)
        window.show()
        running.processEvents()
        until = time.monotonic() + 3.0  # fonts, caches and the first seconds of the set
        while time.monotonic() < until:
            window.refresh()
            running.processEvents()
            time.sleep(0.01)

        def frame() -> None:
            start_ns, start_cpu_ns = time.monotonic_ns(), time.thread_time_ns()
            snapshot = engine.snapshot
            data_ns = snapshot.data_host_ns
            frames.seen.append((snapshot, start_ns))
            window.refresh()

            def painted() -> None:
                now_ns = time.monotonic_ns()
                frames.starts_ns.append(start_ns)
                frames.work_ms.append((now_ns - start_ns) / 1e6)
                frames.cpu_ms.append((time.thread_time_ns() - start_cpu_ns) / 1e6)
                if data_ns is not None:
                    frames.painted.append((data_ns, now_ns))

            # Qt delivers what was asked to be painted before it runs a timer of no time.
            QTimer.singleShot(0, painted)

        window._timer.timeout.disconnect()
        window._timer.timeout.connect(frame)
        window.run()
        stalls = QTimer()
        stalls.timeout.connect(_hang)
        if stall:
            stalls.start(round(1000 * STALL_EVERY_S))
        QTimer.singleShot(round(1000 * seconds), running.quit)
        packets_before, wall, cpu = recorder.packets, time.monotonic(), time.process_time()
        sent_before = len(source.arrivals_ns)
        running.exec()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        received, sent = recorder.packets - packets_before, len(source.arrivals_ns) - sent_before
        stalls.stop()
        window.halt()
        if screenshot:
            save_screenshot(window, screenshot)
        window.close()
        window.deleteLater()
    _print(frames, source.arrivals_ns[sent_before:], wall, cpu, stall)
    if not stall:
        p50, p99 = np.percentile(_alone_ms(frames.seen), [50, 99])
        print(f"  the same frames drawn alone: p50 {p50:.1f}, p99 {p99:.1f} ms   budget p99 16.7")
        sums = np.percentile(_sums_ms(), [50, 99])
        print(f"  sums of one length, as a measure of the machine: p50 {sums[0]:.1f}, p99 {sums[1]:.1f} ms")
    expected = wall * INPUT_HZ / BURST
    print(f"  packets: {received} received of {sent} sent, {expected:.0f} due (none may be lost)")
    return source, recorder


def _alone_ms(seen: list[tuple[Snapshot, int]]) -> NDArray[np.float64]:
    """Return the least CPU time that each picture took to be shown and painted."""
    running, now = application(), seen[0]
    window = Dashboard(lambda: now[0], lambda _: None, lambda: now[1])
    window.resize(1920, 1080)
    window.show()
    running.processEvents()
    passes: list[list[float]] = []
    for _ in range(ALONE_PASSES):
        taken: list[float] = []
        for each in seen:
            now = each
            start_ns = time.thread_time_ns()
            window.refresh()
            running.processEvents()
            taken.append((time.thread_time_ns() - start_ns) / 1e6)
        passes.append(taken)
    window.close()
    window.deleteLater()
    return np.min(passes, axis=0)


def _sums_ms() -> list[float]:
    """Return how long the same sum takes, again and again: what it varies by is the machine's doing."""
    taken: list[float] = []
    for _ in range(SUMS):
        start_ns = time.monotonic_ns()
        sum(range(SUM_OF))
        taken.append((time.monotonic_ns() - start_ns) / 1e6)
        time.sleep(FRAME_MS / 1000)
    return taken


def soak(frames: int) -> None:
    """Draw frames of a session that goes on, as fast as they can be drawn."""
    running = application()
    plan = Plan("nordic", "left", 1, 99, Tempo(3.0))
    calibration = demo_session().calibration
    engine = Engine(SimulatedSource(), None, (plan,), calibration=calibration, unattended=True)
    print(f"{frames} frames one after the other, {application().platformName()}")
    with engine:
        window = Dashboard(lambda: engine.snapshot, engine.command, time.monotonic_ns)
        window.resize(1920, 1080)
        window.show()
        before: tuple[int, float, int] | None = None
        cpu = time.thread_time()
        for number in range(1, frames + 1):
            window.refresh()
            window.repaint()
            window.trace.viewport().repaint()
            running.processEvents()
            if number % max(1, frames // 4) == 0 or number == WARM_FRAMES:
                gc.collect()
                now = (number, _resident_mb(), sys.getrefcount(None))
                before = before or now
                print(
                    f"  after {number:6d} frames: {now[1]:.1f} MB, {now[2] - before[2]:+d} references of None"
                )
        cpu = time.thread_time() - cpu
        assert before is not None
        grown = (_resident_mb() - before[1]) / max(1, frames - before[0]) * 10_000
        print(f"  growth {grown:+.2f} MB in 10,000 frames; CPU time of a frame {1e3 * cpu / frames:.1f} ms")
        window.close()
        window.deleteLater()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _hang() -> None:
    # Busy, not asleep: the hang holds Python's lock as real work would.
    until = time.monotonic() + STALL_S
    while time.monotonic() < until:
        sum(range(200))


def _print(frames: Frames, arrivals_ns: list[int], wall: float, cpu: float, stall: bool) -> None:
    platform = application().platformName()
    print("with a hang of 300 ms every 2 s" if stall else f"1920 x 1080, 200 Hz input, {platform}")
    work = np.array(frames.work_ms)
    intervals = np.diff(frames.starts_ns) / 1e6
    shown = np.array(frames.painted)
    latency = []
    for arrival_ns in arrivals_ns:
        first = int(np.searchsorted(shown[:, 0], arrival_ns))
        if first < len(shown):
            latency.append((shown[first, 1] - arrival_ns) / 1e6)
    p50, p99 = np.percentile(work, [50, 99])
    print(f"  frames/s {len(work) / wall:.1f} of {1000 / FRAME_MS:.1f}   budget 60")
    print(f"  frame work p50 {p50:.1f}, p99 {p99:.1f}, max {work.max():.1f} ms   budget p99 16.7")
    p50, p99 = np.percentile(frames.cpu_ms, [50, 99])
    print(f"  CPU time of a frame p50 {p50:.1f}, p99 {p99:.1f} ms")
    print(f"  frame interval p50 {np.median(intervals):.1f}, p99 {np.percentile(intervals, 99):.1f} ms")
    p50, p99 = np.percentile(latency, [50, 99])
    print(f"  notification to painted p50 {p50:.1f}, p99 {p99:.1f} ms   budget p99 50")
    print(f"  CPU {100 * cpu / wall:.0f} % of one core, simulation included   budget 40")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--screenshot", type=Path)
    parser.add_argument("--frames", type=int, help="a soak of so many frames instead")
    options = parser.parse_args()
    if options.frames:
        soak(options.frames)
        return
    run(options.seconds, stall=False, screenshot=options.screenshot)
    run(options.seconds, stall=True, screenshot=None)


if __name__ == "__main__":
    main()
