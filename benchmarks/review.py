"""Print what the therapist's window costs on a session of an hour, next to its budgets.

    python benchmarks/review.py

A simulated hour of Nordics at 100 Hz (a rep every half minute in sets of ten, thigh angles made, not
measured), drawn into memory at 1920 x 1080. Opened and painted from arrays: reading and measuring the file is
not in it (`benchmarks/speed.py`). The undo brings back the first repetition, so that every row moves. Times
are on the clock, the best and the median of several; CPU time beside them, for a busy machine.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from figures import Block, at_most

from analysis.results import Gap, Phase, Rep
from analysis.samples import ImuSamples
from monitor.dashboard.show import application
from monitor.measured_file import MeasuredFile, measure_file
from monitor.plan import Plan, Tempo
from monitor.report import write_report
from monitor.review.corrected_file import with_corrections
from monitor.review.window import ReviewWindow
from recordings import samples
from recordings.format import RecordedEvent

TIMES = 7
FRAMES = 60


def hour(folder: Path) -> MeasuredFile:
    base = measure_file(samples.path_of("good-tempo"))
    t_s = np.arange(0, 3600, 0.01)
    angle = 40 - 40 * np.cos(2 * np.pi * t_s / 30) + np.random.default_rng(1).normal(0, 0.4, t_s.size)
    angle[100_000:101_000] = np.nan
    reps = tuple(
        Rep("nordic", at, at + 12, 5.0, 80, (Phase("lower", at, at + 5), Phase("return", at + 6, at + 12)))
        for at in np.arange(60.0, 3500.0, 30.0)
    )
    analysis = replace(base.analysis, reps=reps, thigh_angle_deg=angle, gaps=(Gap(1000.0, 1010.0),))
    still = ImuSamples(t_s, np.tile([0.0, 0.0, 9.81], (t_s.size, 1)))
    path = folder / "hour.mcap"
    plan = asdict(Plan("nordic", "left", 12, 10, Tempo(5.0)))
    events = tuple(
        RecordedEvent(0, "set_start", {"t_s": 30.0 + 300 * at, "set": at + 1, "plan": plan})
        for at in range(12)
    )
    return replace(base, path=path, samples=still, events=events, analysis=analysis, metadata=None)


def timed(work: Callable[[], object], times: int = TIMES) -> tuple[float, str]:
    """Return the best time in ms, and median and CPU in words."""
    clock_ms: list[float] = []
    cpu_ms: list[float] = []
    for _ in range(times):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        work()
        clock_ms.append(1e3 * (time.perf_counter() - begun))
        cpu_ms.append(1e3 * (time.process_time() - begun_cpu))
    return min(clock_ms), f"median {statistics.median(clock_ms):.0f}, CPU {statistics.median(cpu_ms):.0f} ms"


def main() -> None:
    running = application()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured = hour(folder)
        window = ReviewWindow(None, "benchmark")
        window.resize(1920, 1080)
        window.show()
        window.pages.setCurrentWidget(window.page)
        page = window.page

        def opened() -> None:
            page.open(measured)
            window.grab()

        def frame(factor: float) -> None:
            # Painted once, as on a screen: the events of the window paint it into memory.
            page.trace.zoom(factor)
            running.processEvents()

        def undone() -> None:
            page.undo()
            running.processEvents()

        open_ms, open_words = timed(opened)
        frames = iter([0.9] * (FRAMES // 2) + [1.1] * (FRAMES // 2))
        frame_ms, frame_words = timed(lambda: frame(next(frames)), FRAMES)
        for _ in range(TIMES):
            page.delete()
        undo_ms, undo_words = timed(undone)
        now = page.corrected
        assert now is not None
        report = with_corrections(measured, now)
        pdf_ms, pdf_words = timed(lambda: write_report(report, folder / "report.pdf"), 3)
    print(
        Block(
            "The therapist's window, an hour at 100 Hz",
            "simulated, drawn into memory",
            (
                at_most("opened and painted", open_ms, 500, ".0f", " ms", detail=open_words),
                at_most("one step of zoom, painted", frame_ms, 16.7, ".1f", " ms", detail=frame_words),
                at_most("undo, kept and painted", undo_ms, 50, ".0f", " ms", detail=undo_words),
                at_most("report as PDF", pdf_ms, 2000, ".0f", " ms", detail=pdf_words),
            ),
        ).text()
    )


if __name__ == "__main__":
    main()
