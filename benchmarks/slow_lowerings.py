"""Print how exactly very slow lowerings, with and without long pauses, are timed (simulated).

    python benchmarks/slow_lowerings.py [--sessions N] [--seed FIRST]

Bridges and Nordics of small and full range, told the exercise, calibrated by two knee lifts, three lowerings
a session. "Wrong": off by more than a second and more than two standard errors, without a word. The default
seeds were never used for tuning.
"""

from __future__ import annotations

import argparse
import multiprocessing
from itertools import product

import numpy as np

from analysis import analyse
from analysis.results import Exercise
from analysis.simulate import Movement, random_sensor

RANGES_DEG: tuple[tuple[Exercise, float], ...] = (
    ("bridge", 12.0),
    ("bridge", 20.0),
    ("bridge", 30.0),
    ("nordic", 20.0),
    ("nordic", 35.0),
    ("nordic", 60.0),
)
LOWERINGS_AND_PAUSES_S = (
    (4.0, 0.0),
    (10.0, 0.0),
    (20.0, 0.0),
    (30.0, 0.0),
    (10.0, 4.0),
    (10.0, 8.0),
    (20.0, 8.0),
    (10.0, 12.0),
)
REPS = 3
SEED = 1_500_000

Case = tuple[tuple[Exercise, float], tuple[float, float], int]


def errors(case: Case) -> list[tuple[float, float]]:
    """Error of each lowering of a session and its standard error, in s; nan where there is no number."""
    (exercise, range_deg), (lower_s, pause_s), seed = case
    script = Movement(seed=seed)
    script.still(4.0)
    script.knee_lifts()
    script.still(2.0)
    script.kneel_down()
    if exercise == "bridge":
        script.kneeling_to_supine()
    script.still(4.0)
    for _ in range(REPS):
        if exercise == "bridge":
            script.bridge(lift_s=3.0, hold_s=2.0, lower_s=lower_s, rise_deg=range_deg, pause_s=pause_s)
        else:
            script.nordic(lower_s=lower_s, to_deg=range_deg, pause_s=pause_s)
        script.still(4.0)
    session = script.session(random_sensor(seed))
    reps = analyse(session.samples, exercise, session.calibration).reps
    found: list[tuple[float, float]] = []
    for truth in session.reps:
        same = [rep for rep in reps if rep.start_s < truth.end_s and rep.end_s > truth.start_s]
        lower_s = same[0].lower_s if len(same) == 1 else None
        if lower_s is None:
            found.append((np.nan, np.nan))
            continue
        # A number that says it knows no error is not wrong without a word.
        se_s = same[0].lower_se_s
        found.append((lower_s - truth.lower_s, np.inf if se_s is None else se_s))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.sessions)
    kinds = list(product(RANGES_DEG, LOWERINGS_AND_PAUSES_S))
    with multiprocessing.get_context("fork").Pool() as pool:
        done = pool.map(errors, [(*kind, seed) for seed in seeds for kind in kinds], chunksize=4)
    print("exercise  range    lowering  pause  measured  median error  wrong  within 2 standard errors")
    totals = np.zeros(4, dtype=int)
    for number, ((exercise, range_deg), (lower_s, pause_s)) in enumerate(kinds):
        rows = np.array([row for part in done[number :: len(kinds)] for row in part])
        off_s, se_s = rows[np.isfinite(rows[:, 0])].T
        wrong = int(((np.abs(off_s) > 1.0) & (np.abs(off_s) > 2 * se_s)).sum())
        within = int((np.abs(off_s) <= 2 * se_s).sum())
        totals += [len(rows), off_s.size, wrong, within]
        middle = f"{np.median(off_s):+.2f} s" if off_s.size else "none"
        print(
            f"{exercise:8}  {range_deg:2.0f} deg  {lower_s:4.0f} s     {pause_s:2.0f} s  "
            f"{off_s.size:3} of {len(rows)}  {middle:>12}  {wrong:5}  {within:5}"
        )
    print("all: of {}, measured {}, wrong {}, within 2 standard errors {}".format(*totals))


if __name__ == "__main__":
    main()
