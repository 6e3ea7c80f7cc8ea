"""Print what it costs to measure an archive, against measuring its files one after the other.

    python benchmarks/archive.py [--files N] [--minutes M] [--workers N] [--scheduler]

Simulated sessions, the same one under many names. With --scheduler also on a Dask scheduler and its workers,
processes of this machine that talk over TCP. Starting the workers counts in none of the rates: a night is
long; it is given apart.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import active_children
from pathlib import Path

import numpy as np
from figures import Block, Figure, at_least, at_most, plain

from analysis import ImuSamples
from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor.archive.engines import on_processes
from monitor.archive.measuring import measure_item
from monitor.archive.run import Engine, Progress, analyse_archive
from monitor.archive.sources import find_items
from recordings.exporters.archive_tables import read_table
from recordings.format import new_metadata
from recordings.writer import write_recording

SENSOR = SensorInfo("plain", "Simulated", "benchmark", rate_hz=100.0, simulated=True)
TARGET_SHARE = 0.9
TARGET_OVERHEAD_MS = 5.0
KILLED_SHARE = 0.2


def session(minutes: float) -> ImuSamples:
    """Sets of one simulated session, again and again."""
    samples = demo_session().samples
    period_s = float(samples.t_s[-1] - samples.t_s[0]) + 0.01
    times = max(1, round(minutes * 60 / period_s))
    assert samples.gyr_radps is not None
    return ImuSamples(
        np.concatenate([samples.t_s + number * period_s for number in range(times)]),
        np.tile(samples.acc_mps2, (times, 1)),
        np.tile(samples.gyr_radps, (times, 1)),
    )


def make(folder: Path, files: int, minutes: float) -> None:
    first = write_recording(folder / "00000.mcap", new_metadata(SENSOR), samples=session(minutes))
    for number in range(1, files):
        shutil.copy(first, folder / f"{number:05d}.mcap")


def run(
    folder: Path, output: Path, engine: Engine, each: Callable[[int], None] = lambda _: None
) -> tuple[float, float]:
    """Return files a second after the first one, and the seconds to that one."""
    at_s: list[float] = []

    def note(progress: Progress) -> None:
        at_s.append(time.perf_counter())
        each(progress.done)

    begun_s = time.perf_counter()
    ran = analyse_archive(str(folder), output, None, engine, note)
    ended_s = time.perf_counter()
    assert not ran.failed, f"{ran.failed} were not measured"
    return (ran.measured - 1) / (ended_s - at_s[0]), at_s[0] - begun_s


def rows(output: Path) -> list[tuple[object, ...]]:
    return sorted(
        zip(*read_table(output, "reps", ["file", "rep", "start_s", "lower_s"]).values(), strict=True)
    )


def resident_mb() -> float:
    """The largest of the workers; NaN where the system does not say."""
    found = [float("nan")]
    for worker in active_children():
        try:
            lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
        except OSError:
            continue
        found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")]
    return float(np.nanmax(found)) if len(found) > 1 else found[0]


def measure(folder: Path, tables: Path, workers: int, scheduler: bool) -> list[Figure]:
    items = find_items(str(folder))
    measure_item(items[0], None)
    begun_s = time.perf_counter()
    for item in items[1:]:
        measure_item(item, None)
    serial_hz = (len(items) - 1) / (time.perf_counter() - begun_s)

    one_hz, _ = run(folder, tables / "one", partial(on_processes, processes=1))
    resident: dict[int, float] = {}
    marks = (max(1, len(items) // 4), len(items) - workers)

    def watch(done: int) -> None:
        if done in marks:
            resident[done] = resident_mb()

    many_hz, start_s = run(folder, tables / "many", partial(on_processes, processes=workers), watch)
    dice = random.Random(1)
    killed = 0

    def kill(_: int) -> None:
        nonlocal killed
        if dice.random() < KILLED_SHARE and (alive := active_children()):
            pid = dice.choice(alive).pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            killed += 1

    killed_hz, _ = run(folder, tables / "killed", partial(on_processes, processes=workers), kill)
    exact = rows(tables / "one") == rows(tables / "many") == rows(tables / "killed")
    target = TARGET_SHARE * workers
    overhead_ms = 1e3 / one_hz - 1e3 / serial_hz
    figures = [
        plain("one after the other", f"{serial_hz:.1f} files/s"),
        at_least(f"{workers} processes", many_hz / serial_hz, target, ".2f", " x", f"{many_hz:.1f} files/s"),
        at_most("overhead a file, 1 process", overhead_ms, TARGET_OVERHEAD_MS, ".1f", " ms"),
        plain("first file after", f"{start_s:.1f} s"),
        plain(
            "a worker, at a quarter and at the end", " and ".join(f"{mb:.0f} MB" for mb in resident.values())
        ),
        plain("workers killed", f"{killed}", f"{killed_hz:.1f} files/s"),
    ]
    if scheduler:
        from distributed import LocalCluster

        from monitor.archive.engines import on_scheduler

        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
            engine = partial(on_scheduler, address=cluster.scheduler_address)
            run(folder, tables / "warm", engine)
            scheduled_hz, _ = run(folder, tables / "scheduled", engine)
        exact = exact and rows(tables / "one") == rows(tables / "scheduled")
        name = f"scheduler, {workers} workers"
        share = scheduled_hz / serial_hz
        figures.append(at_least(name, share, target, ".2f", " x", f"{scheduled_hz:.1f} files/s"))
    return [*figures, Figure("all tables alike", "yes" if exact else "no", "yes", exact)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--scheduler", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder, tables = Path(made, "recordings"), Path(made, "tables")
        folder.mkdir()
        tables.mkdir()
        make(folder, args.files, args.minutes)
        figures = measure(folder, tables, args.workers, args.scheduler)
    # Wall time: on a machine that others use the rates say little, and an overhead may come out negative.
    busy = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    note = f"{args.files} recordings of {args.minutes:g} min at 100 Hz, {os.cpu_count()} processors{busy}"
    print(Block("An archive", note, tuple(figures)).text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
