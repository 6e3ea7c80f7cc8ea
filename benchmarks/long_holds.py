"""Print how many held bridges are counted, and how exactly their holds are timed (simulated).

    python benchmarks/long_holds.py [--sessions N]

Bridges of 20 degrees, 3 s up and 3 s down, with the holds and rests of isometric work; every session is
calibrated by two knee lifts. Seeds from 1,000,000 on, as in benchmarks/accuracy.py.
"""

from __future__ import annotations

import argparse

import numpy as np

from analysis import analyse
from analysis.simulate import Movement, Sensor

HOLDS = 5
HOLDS_AND_RESTS_S = (
    (20.0, 60.0),
    (30.0, 60.0),
    (45.0, 60.0),
    (45.0, 120.0),
    (45.0, 180.0),
    (75.0, 120.0),
    (120.0, 180.0),
)
SEED = 1_000_000


def session(seed: int, hold_s: float, rest_s: float) -> tuple[int, list[float]]:
    """The number of bridges counted, and by how much each hold was measured too long."""
    script = Movement(seed=seed)
    script.still(4.0)
    script.knee_lifts()
    script.still(2.0)
    script.kneel_down()
    script.kneeling_to_supine()
    script.still(4.0)
    for _ in range(HOLDS):
        script.bridge(lift_s=3.0, hold_s=hold_s, lower_s=3.0, rise_deg=20.0)
        script.still(rest_s)
    simulated = script.session(Sensor())
    reps = analyse(simulated.samples, "bridge", simulated.calibration).reps
    holds = [hold.duration_s - hold_s for rep in reps if (hold := rep.phase("hold"))]
    return len(reps), holds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10)
    sessions = parser.parse_args().sessions
    print("hold   rest   counted     hold measured too long: median (range)")
    for hold_s, rest_s in HOLDS_AND_RESTS_S:
        done = [session(SEED + number, hold_s, rest_s) for number in range(sessions)]
        counted, off_s = sum(count for count, _ in done), [each for _, holds in done for each in holds]
        timed = f"{np.median(off_s):.2f} s ({min(off_s):.2f} to {max(off_s):.2f})" if off_s else "none"
        print(f"{hold_s:3.0f} s  {rest_s:3.0f} s  {counted:3} of {HOLDS * sessions:3}  {timed}", flush=True)


if __name__ == "__main__":
    main()
