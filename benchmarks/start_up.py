"""Print how long the program takes to answer, against bare Python and against importing Click alone.

    python benchmarks/start_up.py [--runs N]

Wall-clock medians of whole processes, the three commands in turn.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

BUDGET_MS = 150.0


def milliseconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description="Print how long the program takes to answer.")
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    commands = {
        "eccentric --help": [str(Path(sys.executable).with_name("eccentric")), "--help"],
        "python -c 'import click'": [sys.executable, "-c", "import click"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            taken[name].append(milliseconds(command))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    for name, median in medians.items():
        print(f"{name:26} {median:6.0f} ms")
    ratio = medians["eccentric --help"] / medians["python -c 'import click'"]
    print(f"{ratio:.2f} x importing Click (budget for --help: {BUDGET_MS:.0f} ms)")


if __name__ == "__main__":
    main()
