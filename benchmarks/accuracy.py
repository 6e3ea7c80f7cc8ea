"""Print how accurate the measurement is, on simulated sessions and on real recordings, each named as such.

    python benchmarks/accuracy.py [--quick] [--only BLOCK] [--sessions N] [--data FOLDER] [--records FILE]
                                  [--tuning] [--processes N] [--output FILE]

A full run writes docs/accuracy.md. --quick takes 100 sessions a group and --only one block; both write a
page only where --output says. Simulated figures are made with seeds from 1,000,000 on; --tuning takes seeds
below, on which thresholds may be chosen. --records keeps a line of JSON for every session, with its seed,
counts, errors and evidence, so that a failure can be looked up and simulated again.

Real recordings are not part of the project. They are looked for in ECCENTRIC_DATA or in ../shared/data.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from analysis import ALGORITHM_VERSION
from benchmarks import simulated_figures
from benchmarks.figures import Block
from benchmarks.real_data import real_blocks
from benchmarks.simulated_data import OUTSIDE_THE_MIX, TEST_SEEDS, SessionScore, Setting, score_all

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
QUICK_SESSIONS = 100

MIX = Setting("mix", 0)
MIX_LIVE = Setting("mix", 0, live=True)
OUTSIDE = Setting("outside the mix", 1, scenarios=OUTSIDE_THE_MIX)
STANDING = Setting("standing pose only", 2, calibration="standing")
NOTHING = Setting("no calibration", 3, calibration="none")
ROBUSTNESS = (
    Setting("50 Hz", 4, sensor={"rate_hz": 50.0}),
    Setting("10 % lost", 5, sensor={"loss": 0.1}),
    Setting("10 ms jitter", 6, sensor={"jitter_s": 0.01}),
    Setting("bias 6 deg/s", 7, sensor={"bias_dps": 6.0}),
    Setting("slip", 8, slip=True),
)
ONE_EXERCISE = tuple(name for name in MIX.scenarios if name != "mixed")
ACCELEROMETER = (
    Setting("exercise told", 9, scenarios=ONE_EXERCISE, sensor={"gyroscope": False}, told=True),
    Setting("not told", 10, sensor={"gyroscope": False}),
)

Scores = dict[str, list[SessionScore]]
Maker = Callable[[Scores], Block]

BLOCKS: dict[str, tuple[tuple[Setting, ...], Maker]] = {
    "counting": (
        (MIX, OUTSIDE),
        lambda scores: simulated_figures.counting(scores[MIX.name], scores[OUTSIDE.name]),
    ),
    "calibration": (
        (STANDING, NOTHING),
        lambda scores: simulated_figures.calibration(
            {STANDING.name: (scores[STANDING.name], 0.99), NOTHING.name: (scores[NOTHING.name], 0.975)}
        ),
    ),
    "robustness": (
        ROBUSTNESS,
        lambda scores: simulated_figures.robustness({one.name: scores[one.name] for one in ROBUSTNESS}),
    ),
    "accelerometer": (
        ACCELEROMETER,
        lambda scores: simulated_figures.accelerometer_only(
            {one.name: scores[one.name] for one in ACCELEROMETER}
        ),
    ),
    "lowering": ((MIX,), lambda scores: simulated_figures.lowering(scores[MIX.name])),
    "break": ((MIX,), lambda scores: simulated_figures.break_point(scores[MIX.name])),
    "uncertainty": ((MIX,), lambda scores: simulated_figures.uncertainty(scores[MIX.name])),
    "live": ((MIX_LIVE,), lambda scores: simulated_figures.live(scores[MIX.name])),
}
"""Block -> the groups of sessions it needs, and how it is made from their scores."""

REAL = "real"


def main() -> int:
    parser = argparse.ArgumentParser(description="Print how accurate the measurement is.")
    parser.add_argument("--data", type=Path, default=os.environ.get("ECCENTRIC_DATA", "../shared/data"))
    parser.add_argument("--sessions", type=int, default=1000, help="of the default mix; half of it elsewhere")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SESSIONS} sessions a group")
    parser.add_argument("--only", choices=[*BLOCKS, REAL], action="append", help="may be given several times")
    parser.add_argument("--tuning", action="store_true", help="seeds that may be tuned on")
    parser.add_argument("--records", type=Path, help="write a line of JSON for every simulated session")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, help="the page to write; a full run writes docs/accuracy.md")
    told = parser.parse_args()

    wanted: list[str] = told.only or [*BLOCKS, REAL]
    first_seed = 0 if told.tuning else TEST_SEEDS
    print(
        f"algorithm version {ALGORITHM_VERSION}; "
        f"{'TUNING' if told.tuning else 'test'} seeds, from {first_seed:,} on"
    )
    scores = simulate_what_is_needed(
        wanted,
        QUICK_SESSIONS if told.quick else told.sessions,
        QUICK_SESSIONS if told.quick else told.sessions // 2,
        first_seed,
        told.processes,
    )
    if told.records:
        lines = [json.dumps(score.record(), allow_nan=False) for group in scores.values() for score in group]
        told.records.write_text("\n".join([*lines, ""]), encoding="utf-8")

    simulated = [make(scores) for name, (_, make) in BLOCKS.items() if name in wanted]
    real = real_blocks(Path(told.data)) if REAL in wanted else []
    for title, blocks in (("SIMULATED SESSIONS", simulated), ("REAL RECORDINGS", real)):
        if blocks:
            print(f"\n======== {title} ========\n")
            print("\n\n".join(block.text() for block in blocks))
    targets = [figure for block in [*simulated, *real] for figure in block.figures if figure.met is not None]
    print(f"\n{sum(figure.met is True for figure in targets)} of {len(targets)} targets are met")

    full = not (told.quick or told.only or told.tuning)
    output = told.output or (PAGE if full else None)
    if output:
        output.write_text(page(simulated, real, first_seed), encoding="utf-8")
        print(f"written to {output}")
    return 0


def simulate_what_is_needed(
    wanted: list[str], mix_sessions: int, other_sessions: int, first_seed: int, processes: int
) -> Scores:
    """Score every group once, however many blocks are made from it."""
    settings: dict[str, Setting] = {}
    for name in wanted:
        for setting in BLOCKS[name][0] if name in BLOCKS else ():
            # The live one is the same group with more measured.
            if setting.name not in settings or setting.live:
                settings[setting.name] = setting
    sizes = {
        MIX.name: mix_sessions,
        OUTSIDE.name: len(OUTSIDE.scenarios) * max(1, mix_sessions // len(MIX.scenarios)),
    }
    jobs = [
        job
        for setting in settings.values()
        for job in setting.jobs(sizes.get(setting.name, other_sessions), first_seed)
    ]
    started = time.perf_counter()
    scores: Scores = defaultdict(list)
    if jobs:
        for score in score_all(jobs, processes):
            scores[score.setting].append(score)
        hours = sum(score.hours for group in scores.values() for score in group)
        print(f"{len(jobs)} sessions, {hours:.1f} h of signal, in {time.perf_counter() - started:.0f} s")
    return scores


def page(simulated: list[Block], real: list[Block], first_seed: int) -> str:
    """docs/accuracy.md."""
    head = f"""# How accurate the measurement is

`benchmarks/accuracy.py` wrote this page; do not edit it. Algorithm version {ALGORITHM_VERSION}.

A counted repetition has the same exercise as a true one and shares at least half of the time that both cover
together; pairs are taken greedily, best first, each once. F1 is 2 x counted / (2 x counted + false + missed).
Intervals in brackets are 95 %, over sessions. A phase is what `docs/measurement.md` defines, in the truth as
in the measurement. "NOT MET" says that a target is not reached.
"""
    about_simulated = f"""## Simulated sessions

Made by `analysis/simulate`, with seeds from {first_seed:,} on. Thresholds are chosen on seeds below 1,000,000
only. A simulation is not a person: no public recording of a Nordic curl with a motion sensor exists, so every
figure about Nordics is of this kind.
"""
    about_real = """## Real recordings

Made by other people with other sensors, public, not part of this project, and not simulated.
"""
    parts = [head]
    if simulated:
        parts += [about_simulated, *(block.markdown() + "\n" for block in simulated)]
    if real:
        parts += [about_real, *(block.markdown() + "\n" for block in real)]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
