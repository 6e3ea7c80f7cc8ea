"""Print what kill -9 of the whole program costs, at random moments of everything it does.

    python benchmarks/kill.py [--kills 45] [--screens 0] [--at-once 2] [--seed N]

The program is the patient's window with engine, recorder and catalogue, drawn into memory; the sensor and the
hand that presses are pretended (`kill_child.py`). It is killed in its start-up, the scan, the calibration, a
set, a rest and while it saves, at a random moment after it came there; and in a correction, an export and a
migration of the catalogue. With --screens its screen (an X server) is taken away in a set, so many times.

Afterwards every recording has to be read, with all packets that the engine took more than a second before;
the catalogue has to be whole, with every person and every visit that was filed; what was exported is there
whole or not at all; and the program has to start again in the same folders, which it does each next time.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.kill_child import RATE_HZ
from monitor.measured_file import measure_file
from monitor.review.corrected_file import corrections_of
from recordings.catalogue import open_catalogue, sqlite_file
from recordings.catalogue.database import MIGRATIONS, open_file, writing
from recordings.catalogue.entries import CatalogueError, Prescription
from recordings.format import RecordingError
from recordings.reader import read
from recordings.samples import path_of

CHILD = Path(__file__).with_name("kill_child.py")
# The first line after which the stage has begun, and for how long a kill may take its time after that.
LIVE = {
    "start-up": ("", 1.6),
    "scan": ("at sensor", 0.9),
    "calibration": ("at calibrate", 1.2),
    "set": ("at set", 2.5),
    "rest": ("at rest", 0.6),
    "saving": ("saving", 1.5),
}
OTHERS = ("correction", "export", "migration")
STAGES = (*LIVE, *OTHERS)
CORRECTED_WITHIN_S, MIGRATED_WITHIN_S = 0.6, 0.25
SAFE_S = 1.0
REACHED_WITHIN_S = 90.0
# So many kills in the same folders; after each the program starts again in them.
LIVES = 8
SESSIONS = 300


@dataclass(slots=True)
class Found:
    """kills and what was wrong, by stage; packets: that the engine took; lost: of those that were safe."""

    kills: Counter[str] = field(default_factory=Counter[str])
    wrong: dict[str, list[str]] = field(default_factory=lambda: {each: [] for each in STAGES})
    packets: int = 0
    lost: int = 0
    longest_loss_s: float = 0.0
    starts: int = 0
    recordings: int = 0
    filed: int = 0
    corrections: int = 0
    exports: Counter[str] = field(default_factory=Counter[str])
    migrated: Counter[str] = field(default_factory=Counter[str])


class Program:
    """A running program; lines: what it has printed, with the time it came."""

    def __init__(self, command: list[str], home: Path, display: str | None = None) -> None:
        self.lines: list[str] = []
        self._came = threading.Condition()
        environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        if display is not None:
            environment |= {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._errors = threading.Thread(target=self._read_errors, daemon=True)
        self.errors = ""
        self._reader.start()
        self._errors.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._came:
                self.lines.append(line.rstrip("\n"))
                self._came.notify_all()
        with self._came:
            self._came.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self.errors = self._process.stderr.read()

    def wait_for(self, line: str) -> bool:
        """Wait until it has printed a line; whether it has."""
        with self._came:
            self._came.wait_for(
                lambda: line in self.lines or self._process.poll() is not None, REACHED_WITHIN_S
            )
            return line in self.lines

    def wait(self) -> bool:
        """Wait until it has ended by itself; whether it has."""
        try:
            self._process.wait(REACHED_WITHIN_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> float:
        """Kill it (kill -9), and return when."""
        self._process.kill()
        at_s = time.monotonic()
        self._process.wait()
        self._reader.join()
        self._errors.join()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        return at_s


def lives(stages: Iterator[str], random_s: random.Random, home: Path, found: Found) -> None:
    """Live some lives in the same folders, one after the other."""
    folder, catalogue = _begin(home)
    filed = 0
    for stage in [*stages, ""]:
        program = Program([sys.executable, str(CHILD), "live", str(folder)], home)
        if stage == "start-up":
            time.sleep(random_s.uniform(0, LIVE[stage][1]))
        else:
            marker, within_s = LIVE.get(stage, ("at who", 0.0))
            # Every life but a start-up that is cut short is the proof that the one before let it start again.
            if not program.wait_for("painted") or not program.wait_for(marker):
                program.kill()
                steps = [line for line in program.lines if not line.startswith("packet")][-4:]
                found.wrong[stage or "start-up"].append(f"stays at {steps}: {program.errors[-500:]}")
                continue
            found.starts += 1
            time.sleep(random_s.uniform(0, within_s))
        killed_s = program.kill()
        if not stage:
            return
        found.kills[stage] += 1
        filed += program.lines.count("filed")
        found.filed += program.lines.count("filed")
        wrong = found.wrong[stage]
        wrong += [line for line in program.lines if line.startswith("trouble")]
        wrong += judge_recordings(folder / "recordings", program.lines, killed_s, found)
        wrong += judge_catalogue(catalogue, {"P001"}, filed)
        if random_s.random() < 0.6:
            # The others are found, and finished, by the next life.
            shutil.rmtree(folder / "recordings", ignore_errors=True)


def _begin(home: Path) -> tuple[Path, Path]:
    """Make the data folder and the catalogue of somebody with a plan, and return both."""
    folder = home / "data" / "eccentric"
    catalogue = folder / "catalogue" / "catalogue.sqlite3"
    with open_catalogue(catalogue) as opened:
        person = opened.add_person("P001", "Marie")
        opened.prescribe(
            person, [Prescription("nordic", "both", 2, 2, 3.0, rest_between_sets_s=20)], date.today()
        )
    return folder, catalogue


def screen(random_s: random.Random, home: Path, found: Found) -> None:
    """Take the screen away in a set: the X server is killed, and the program ends."""
    folder, catalogue = _begin(home)
    told, tell = os.pipe()
    command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", "1366x768x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[tell], stderr=subprocess.DEVNULL)
    os.close(tell)
    display = f":{os.read(told, 20).decode().strip()}"
    os.close(told)
    program = Program([sys.executable, str(CHILD), "live", str(folder)], home, display)
    wrong = found.wrong.setdefault("screen gone", [])
    try:
        if not program.wait_for("at set"):
            wrong.append(f"never came to a set: {program.errors[-500:]}")
        time.sleep(random_s.uniform(0, LIVE["set"][1]))
    finally:
        server.kill()
        server.wait()
    gone_s = time.monotonic()
    if not program.wait():
        wrong.append("it lives on without a window")
    program.kill()
    wrong += judge_recordings(folder / "recordings", program.lines, gone_s, found)
    wrong += judge_catalogue(catalogue, {"P001"}, 0)
    found.kills["screen gone"] += 1


def judge_recordings(folder: Path, lines: list[str], killed_s: float, found: Found) -> list[str]:
    """Read all of them; the newest has to hold what was taken a second before the kill."""
    told = [line.split() for line in lines[_last(lines, "session") :] if line.startswith("packet")]
    taken = [float(at_s) for _, number, at_s in (each for each in told if len(each) == 3)]
    safe = sum(at_s < killed_s - SAFE_S for at_s in taken)
    wrong: list[str] = []
    newest: tuple[str, int] | None = None
    for path in sorted(folder.glob("*.mcap*")):
        if path.suffix not in (".mcap", ".part"):
            continue
        try:
            recording = read(path)
        except RecordingError as error:
            if path.stat().st_size:
                wrong.append(str(error))
            continue
        found.recordings += 1
        count = len(recording.packets)
        if path.suffix == ".mcap" and "salvaged" not in path.name and not recording.complete:
            wrong.append(f"{path.name} has its name, and is not complete")
        if recording.damage and path.suffix == ".mcap":
            wrong.append(f"{path.name}: {recording.damage[0]}")
        times_s = recording.samples.t_s
        if not np.allclose(
            times_s, times_s[0] + np.arange(len(times_s)) / RATE_HZ if len(times_s) else times_s
        ):
            wrong.append(f"{path.name} holds other samples than were sent")
        # The next visit's may have been begun, and nothing sent yet.
        if "salvaged" not in path.name and (count or newest is None):
            newest = (path.name, count)
    if not taken:
        return wrong
    found.packets += len(taken)
    count = newest[1] if newest else 0
    if count < safe:
        found.lost += safe - count
        wrong.append(f"{newest} holds {count} of {safe} packets that were safe")
    if count < len(taken):
        found.longest_loss_s = max(found.longest_loss_s, killed_s - taken[count])
    return wrong


def _last(lines: list[str], wanted: str) -> int:
    return max((at for at, line in enumerate(lines) if line == wanted), default=0)


def judge_catalogue(path: Path, people: set[str], filed: int) -> list[str]:
    damage = sqlite_file.damage(path)
    if damage:
        return [f"catalogue: {damage}"]
    try:
        with open_catalogue(path) as opened:
            known = {each.code for each in opened.people()}
            sessions = len(opened.visits(limit=1000))
    except CatalogueError as error:
        return [str(error)]
    wrong = [f"people: {known}"] if known != people else []
    return wrong + ([f"{sessions} sessions, {filed} were filed"] if sessions < filed else [])


def correction(random_s: random.Random, home: Path, found: Found) -> None:
    """Kill while corrections are kept; each that was kept is there, and one can go on correcting."""
    recording = Path(shutil.copy(path_of("good-tempo"), home / "corrected.mcap"))
    was = recording.read_bytes()
    measured = measure_file(recording)
    for _ in range(2):
        program = Program([sys.executable, str(CHILD), "review", str(recording)], home)
        if not program.wait_for("at review"):
            found.wrong["correction"].append(f"did not open: {program.errors[-500:]}")
            program.kill()
            return
        time.sleep(random_s.uniform(0, CORRECTED_WITHIN_S))
        program.kill()
        kept = sum(line.startswith("kept") for line in program.lines)
        found.corrections += kept
        corrections = corrections_of(measured)
        last = max((int(line.split()[1]) for line in program.lines if line.startswith("kept")), default=0)
        if kept and len(corrections.log) < last + 1:
            found.wrong["correction"].append(f"{len(corrections.log)} of {last + 1} corrections are there")
        if recording.read_bytes() != was:
            found.wrong["correction"].append("the recording has changed")
    found.kills["correction"] += 1


def export(random_s: random.Random, home: Path, found: Found) -> None:
    """Kill while a recording is exported; the file is whole or not there."""
    recording = Path(shutil.copy(path_of("good-tempo"), home / "exported.mcap"))
    was = recording.read_bytes()
    reference, output = home / "reference.csv", home / "exported.csv"
    command = [
        str(Path(sys.executable).with_name("eccentric")),
        "export",
        str(recording),
        "--samples",
        "--output",
    ]
    began_s = time.monotonic()
    program = Program([*command, str(reference)], home)
    program.wait()
    within_s = time.monotonic() - began_s
    program = Program([*command, str(output)], home)
    # Most of it is the start; what matters is the end.
    time.sleep(within_s * random_s.uniform(0.6, 1.1))
    program.kill()
    if output.exists() and output.read_bytes() != reference.read_bytes():
        found.wrong["export"].append(f"half an export: {output.stat().st_size} bytes")
    if recording.read_bytes() != was:
        found.wrong["export"].append("the recording has changed")
    found.exports["there" if output.exists() else "not there"] += 1
    found.kills["export"] += 1
    catalogue = home / "data" / "eccentric" / "catalogue" / "catalogue.sqlite3"
    if catalogue.exists():
        found.wrong["export"] += judge_catalogue(catalogue, set(), 0)


def migration(random_s: random.Random, home: Path, found: Found) -> None:
    """Kill while the tables of the first version are brought up to date; nobody is missing afterwards."""
    path = home / "old" / "catalogue.sqlite3"
    _old_catalogue(path)
    program = Program([sys.executable, str(CHILD), "migrate", str(path)], home)
    if not program.wait_for("at migration"):
        found.wrong["migration"].append(f"did not open: {program.errors[-500:]}")
    time.sleep(random_s.uniform(0, MIGRATED_WITHIN_S))
    program.kill()
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    found.migrated[version] += 1
    found.wrong["migration"] += judge_catalogue(path, {"ann"}, SESSIONS)
    found.kills["migration"] += 1


def _old_catalogue(path: Path) -> None:
    """Make a catalogue as the first version of its tables had it."""
    path.parent.mkdir()
    first = Path(shutil.copytree(MIGRATIONS, path.parent / "first"))
    for script in (first / "versions").glob("v*.py"):
        if not script.name.startswith("v0001"):
            script.unlink()
    engine = open_file(path, migrations=first)
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO people VALUES (1, 'ann', 'Ann', 1)")
        for number in range(1, SESSIONS + 1):
            values = f"{number}, 'session-{number}', 1, 1, 'UTC', 60, 'x', 0, 0, '3', 1"
            connection.exec_driver_sql(f"INSERT INTO sessions VALUES ({values})")
    engine.dispose()


@contextmanager
def own_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def kill_all(kills: int, screens: int, at_once: int, seed: int) -> Found:
    """Spread the kills over the stages, and do some at a time. screens: how many are taken away."""
    found = Found()
    wanted = [STAGES[number % len(STAGES)] for number in range(kills)]
    live = [stage for stage in wanted if stage in LIVE]
    chains = [live[first : first + LIVES] for first in range(0, len(live), LIVES)]
    jobs: list[Callable[[random.Random, Path, Found], None]] = [_chain(chain) for chain in chains]
    alone = {"correction": correction, "export": export, "migration": migration}
    jobs += [alone[stage] for stage in wanted if stage in alone] + [screen] * screens

    def run(numbered: tuple[int, Callable[[random.Random, Path, Found], None]]) -> None:
        number, job = numbered
        with own_home() as home:
            job(random.Random(seed * 100_003 + number), home, found)

    with ThreadPoolExecutor(at_once) as pool:
        for _ in pool.map(run, enumerate(jobs)):
            pass
    return found


def _chain(stages: list[str]) -> Callable[[random.Random, Path, Found], None]:
    return lambda random_s, home, found: lives(iter(stages), random_s, home, found)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--kills", type=int, default=45)
    arguments.add_argument("--screens", type=int, default=0, help="screens to take away; needs Xvfb")
    arguments.add_argument("--at-once", type=int, default=2)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    if sys.platform == "win32":
        print("Windows has no SIGKILL")
        return 0
    began_s = time.monotonic()
    found = kill_all(given.kills, given.screens, given.at_once, given.seed)
    print(f"== Killed {found.kills.total()} times (kill -9), {time.monotonic() - began_s:.0f} s")
    print(f"  {'killed in':12}  {'times':>5}  wrong afterwards")
    for stage in found.wrong:
        print(f"  {stage:12}  {found.kills[stage]:5d}  {len(found.wrong[stage])}")
    print(
        f"  {found.packets} packets taken, {found.lost} of those older than {SAFE_S:g} s lost, longest time "
        f"missing {found.longest_loss_s:.2f} s; {found.recordings} recordings read; "
        f"{found.filed} visits filed; {found.corrections} corrections kept; exports {dict(found.exports)}; "
        f"tables afterwards at version {dict(found.migrated)}; started again {found.starts} times"
    )
    for stage, texts in found.wrong.items():
        for text in texts:
            print(f"  {stage}: {text}")
    return 1 if any(found.wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
