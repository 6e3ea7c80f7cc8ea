"""Print what an accelerometer alone makes of a told exercise that nobody calibrated for (simulated).

    python benchmarks/told_exercises.py [--sessions N] [--seed FIRST]

Bridges of 8-35 deg and Nordics of 45-85 deg, alone and with walks before, after and on both sides. "Turned
round": lifting was taken for lowering, and nothing in the result says that it may be. "Wrong": a lowering off
by over 0.6 s and over two standard errors. The default seeds were never used for tuning.
"""

from __future__ import annotations

import argparse
import multiprocessing
from itertools import product

import numpy as np

from analysis import analyse
from analysis.pipeline import SURE_SIGN
from analysis.results import Exercise
from analysis.simulate import Movement, SimulatedSession, random_sensor

EXERCISES: tuple[Exercise, ...] = ("bridge", "nordic")
WALKS = ("none", "before", "after", "both")
SEED = 2_900_000
COLUMNS = ("sessions", "unsure", "turned round", "repetitions", "with a number", "wrong")

Case = tuple[Exercise, str, int]


def recorded(exercise: Exercise, walks: str, seed: int) -> SimulatedSession:
    """One session: a walk, getting down, a set, a walk."""
    rng = np.random.default_rng([seed, EXERCISES.index(exercise)])

    def some(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    script = Movement(seed=seed)
    script.still(some(0.5, 3.0))
    if walks in ("before", "both"):
        script.walk(int(rng.integers(2, 30)), step_s=some(0.9, 1.3))
        script.still(some(0.5, 2.0))
    script.kneel_down()
    if exercise == "bridge":
        script.kneeling_to_supine(some(-150.0, -120.0))
    script.still(some(1.0, 6.0))
    range_deg = some(8.0, 35.0) if exercise == "bridge" else some(45.0, 85.0)
    for _ in range(int(rng.integers(4, 11))):
        each_deg, lower_s = range_deg * some(0.9, 1.1), some(2.0, 6.0)
        if exercise == "bridge":
            script.bridge(lift_s=some(1.5, 3.0), hold_s=some(0.3, 3.0), lower_s=lower_s, rise_deg=each_deg)
        else:
            script.nordic(lower_s=lower_s, to_deg=each_deg, return_s=some(1.5, 3.0))
        script.still(some(0.5, 5.0))
    if walks in ("after", "both"):
        script.move(-90.0 if exercise == "bridge" else 0.0, 1.5)
        script.still(some(0.5, 2.0))
        script.move(0.0, 1.5)
        script.walk(int(rng.integers(2, 30)), step_s=some(0.9, 1.3))
        script.still(1.0)
    return script.session(random_sensor(seed, gyroscope=False))


def outcome(case: Case) -> tuple[int, ...]:
    """What COLUMNS say, of one session."""
    exercise, walks, seed = case
    session = recorded(exercise, walks, seed)
    found = analyse(session.samples, exercise)
    calibration = found.calibration
    sure = calibration is not None and calibration.sign_confidence >= SURE_SIGN
    turned = (
        calibration is not None and np.dot(calibration.lateral_axis, session.calibration.lateral_axis) < 0
    )
    numbers = wrong = 0
    for truth in session.reps:
        same = [rep for rep in found.reps if rep.start_s < truth.end_s and rep.end_s > truth.start_s]
        if len(same) != 1 or same[0].lower_s is None:
            continue
        off_s, se_s = abs(same[0].lower_s - truth.lower_s), same[0].lower_se_s
        numbers += 1
        wrong += se_s is not None and off_s > 0.6 and off_s > 2 * se_s
    return 1, not sure, sure and turned, len(session.reps), numbers, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=60, help="of each kind")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    kinds = list(product(EXERCISES, WALKS))
    seeds = range(asked.seed, asked.seed + asked.sessions)
    with multiprocessing.get_context("fork").Pool() as pool:
        done = pool.map(outcome, [(*kind, seed) for kind in kinds for seed in seeds], chunksize=4)
    table = np.array(done).reshape(len(kinds), asked.sessions, len(COLUMNS)).sum(axis=1)
    print("exercise  walks   " + "  ".join(COLUMNS))
    for (exercise, walks), row in [*zip(kinds, table, strict=True), (("all", ""), table.sum(axis=0))]:
        cells = (f"{number:{len(name)}}" for number, name in zip(row.tolist(), COLUMNS, strict=True))
        print(f"{exercise:8}  {walks:6}  " + "  ".join(cells))


if __name__ == "__main__":
    main()
