"""Print what a computer without a free core costs: how late cues are heard, and what of a session is lost.

    python benchmarks/busy.py [--seconds N] [--hogs N]

So many other processes keep calculating, one for each core without --hogs. Meanwhile a sensor at 200 Hz sends
a set of Nordics in real time; engine, measurement, recorder and window are the real ones, the window draws
into memory. In the same process beats are announced to the real loudspeaker on a pretended sound card, and
looked for in what was heard (benchmarks/sound.py).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from analysis.samples import ImuSamples
from benchmarks.figures import Block, at_most, plain
from benchmarks.soak import BURST, FRAME_S, INFO, INPUT_HZ, tape
from benchmarks.sound import beats
from benchmarks.sound_card import spread
from drivers import plain as plain_codec
from drivers.source import LinkStatus, RawPacket, SourceItem
from monitor.dashboard.show import application
from monitor.dashboard.window import Dashboard
from monitor.engine import Engine
from monitor.plan import Plan, Tempo
from recordings.format import new_metadata
from recordings.reader import read
from recordings.writer import Recorder

BUDGET_MS = 50.0
# Of the person's three minutes: kneeling, just before the first lowering.
FROM_S = 14.0


class RealTime:
    """Sends packets when they are due, until it is told to stop. sent: how many."""

    info = INFO

    def __init__(self) -> None:
        self.sent = 0
        self.late_s: list[float] = []
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()

    async def packets(self) -> AsyncIterator[SourceItem]:
        yield LinkStatus(time.monotonic_ns(), "streaming", "Receiving")
        began_s = time.monotonic()
        values = tape().values
        while not self._over.is_set():
            rows = np.arange(self.sent * BURST, (self.sent + 1) * BURST)
            due_s = began_s + (self.sent + 1) * BURST / INPUT_HZ
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            self.late_s.append(time.monotonic() - due_s)
            of_tape = values[(rows + round(FROM_S * INPUT_HZ)) % len(values)]
            payload = plain_codec.encode(ImuSamples(rows / INPUT_HZ, of_tape[:, :3], of_tape[:, 3:]))
            self.sent += 1
            yield RawPacket(time.monotonic_ns(), plain_codec.CHARACTERISTIC, payload)


def _calculate() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sum(range(100_000))


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Keep so many processes calculating."""
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_calculate, daemon=True) for _ in range(count)]
    for each in running:
        each.start()
    try:
        # They import before they calculate.
        time.sleep(2.0)
        yield
    finally:
        for each in running:
            each.kill()
            each.join()


def session(seconds: float, folder: Path) -> tuple[Block, bool]:
    """Live through so many seconds; return the figures and whether all were met."""
    running = application()
    source = RealTime()
    recorder = Recorder(folder / "busy.mcap", new_metadata(INFO))
    plan = Plan("nordic", "left", 10, 5, Tempo(3.0))
    engine = Engine(source, recorder, (plan,), calibration=tape().calibration, hands_free=True)
    late: list[float | None] = []
    listening = threading.Thread(target=lambda: late.extend(beats(seconds, "voice", stall=False)))
    frames = 0
    with engine:
        window = Dashboard(lambda: engine.snapshot, lambda _: None, time.monotonic_ns)
        window.resize(1366, 768)
        window.show()
        listening.start()
        while listening.is_alive():
            window.refresh()
            running.processEvents()
            frames += 1
            engine.wait(FRAME_S)
        source.stop()
        engine.wait(10.0)
    window.close()
    window.deleteLater()
    heard = np.abs([each for each in late if each is not None] or [np.inf])
    kept = len(read(recorder.path).packets)
    load = f"load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else "load unknown"
    figures = (
        at_most("cues late, p99", float(np.percentile(heard, 99)), BUDGET_MS, ".1f", " ms", spread(late)),
        at_most("cues not heard", sum(each is None for each in late), 0, "d", "", f"of {len(late)}"),
        at_most("packets lost", abs(source.sent - kept), 0, "d", "", f"of {source.sent}"),
        plain("packets taken late, p99", f"{1e3 * np.percentile(source.late_s, 99):.0f} ms"),
        plain("pictures a second", f"{frames / (seconds + 2):.0f}"),
    )
    note = f"{seconds:.0f} s; {os.cpu_count()} cores, {load}"
    return Block("A busy computer", note, figures), all(each.met is not False for each in figures)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--hogs", type=int, default=os.cpu_count() or 1)
    given = arguments.parse_args()
    tape()
    with tempfile.TemporaryDirectory() as name, hogs(given.hogs):
        figures, met = session(given.seconds, Path(name))
    print(figures.text())
    print(f"  {given.hogs} other processes calculated meanwhile")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
