"""Print how long the program takes to answer, to show its window, and to review a recorded hour.

    python benchmarks/start_up.py [--runs N]

Wall-clock medians of whole processes, the commands in turn: `--help` against importing Click alone, the
painted window of a visit (drawn into memory, everything else still to be loaded) against importing pyqtgraph
alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from analysis.samples import ImuSamples
from analysis.simulate import demo_session
from drivers.source import SensorInfo
from recordings.format import new_metadata
from recordings.writer import write_recording

HELP_MS, WINDOW_MS, REVIEW_MS = 150.0, 1500.0, 500.0
PAINT = """
import os
from monitor.dashboard.language import Spoken
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application
from monitor.visit_app import virtual_surroundings
from monitor.visit_host import VisitHost
window = PatientWindow(VisitHost(virtual_surroundings()), Spoken(application()))
window.show()
window.run()
application().processEvents()
assert not window.grab().isNull()
os._exit(0)  # How long it takes to close is another question.
"""


def recorded_hour(path: Path) -> None:
    """Write an hour of simulated sessions, end to end."""
    one = demo_session().samples
    assert one.gyr_radps is not None
    times = -(-3600 // int(one.t_s[-1]))
    t = np.concatenate([one.t_s + k * (one.t_s[-1] + 0.01) for k in range(times)])
    acc, gyr = np.tile(one.acc_mps2, (times, 1)), np.tile(one.gyr_radps, (times, 1))
    info = SensorInfo("plain", "simulated", "simulated", rate_hz=100.0, simulated=True)
    write_recording(path, new_metadata(info), samples=ImuSamples(t, acc, gyr))


def milliseconds(command: list[str]) -> float:
    started = time.perf_counter()
    offscreen = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=offscreen)
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description="Print how long the program takes to answer.")
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    eccentric = str(Path(sys.executable).with_name("eccentric"))
    with tempfile.TemporaryDirectory() as folder:
        hour = Path(folder) / "hour.mcap"
        recorded_hour(hour)
        commands = {
            "eccentric --help": [eccentric, "--help"],
            "import click": [sys.executable, "-c", "import click"],
            "window painted": [sys.executable, "-c", PAINT],
            "import pyqtgraph": [sys.executable, "-c", "import pyqtgraph"],
            "eccentric review of 1 h": [eccentric, "review", str(hour)],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs + 1):
            for name, command in commands.items():
                taken[name].append(milliseconds(command))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    budgets = {"eccentric --help": HELP_MS, "window painted": WINDOW_MS, "eccentric review of 1 h": REVIEW_MS}
    for name, median in medians.items():
        print(f"{name:24} {median:6.0f} ms" + (f"   budget {budgets[name]:.0f}" if name in budgets else ""))
    print(f"--help: {medians['eccentric --help'] / medians['import click']:.2f} x importing Click")
    print(f"window: {medians['window painted'] / medians['import pyqtgraph']:.2f} x importing pyqtgraph")
    print("the review as text, measured anew from the samples with start-up and all")


if __name__ == "__main__":
    main()
