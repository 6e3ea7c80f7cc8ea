"""Lose the link again and again at random moments of a simulated set, and print what became of the set.

    python benchmarks/link_losses.py [--losses 50] [--sensor NAME] [--seed N]

SIMULATED patient and radio, real time (some six minutes). The whole program runs: driver, Bleak's front end,
recorder, clock, measurement, session. Each stretch between two losses is then laid over the simulated
movement to see where its samples were placed in time: a gap is wrong by as much as the placements before and
after it differ.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor, SimulatedSession
from monitor.engine import Engine
from monitor.measured_file import measure_file
from monitor.plan import Plan, Tempo
from monitor.virtual_patient import VirtualPatient
from recordings.format import new_metadata
from recordings.reader import read
from recordings.writer import Recorder

LOSS_EVERY_S = 6.5
REP_S = 6.0
LONGEST_PACKET_S = 0.08
MIN_STRETCH_S = 0.6
LAGS_S = np.arange(-0.3, 0.3, 0.002)


def session_of(reps: int, seed: int) -> SimulatedSession:
    """Return a set of Nordics in which nothing ever rests for long."""
    script = Movement(seed=seed, unsteadiness=0.5)
    script.still(4.0)
    for _ in range(reps):
        script.nordic(lower_s=2.6, to_deg=60.0, return_s=1.6, hold_s=0.3)
        script.still(1.5)
    script.still(2.0)
    return script.session(Sensor(mount_deg=(20.0, -5.0, 8.0)))


def placement_s(part: ImuSamples, true: ImuSamples, zero_s: float) -> float | None:
    """How much too late the samples of a stretch were placed, or None if nothing moved."""
    if part.gyr_radps is None or true.gyr_radps is None or float(np.ptp(part.gyr_radps[:, 1])) < 0.2:
        return None
    misfit = [_misfit(part.t_s - zero_s - lag_s, part.gyr_radps, true) for lag_s in LAGS_S]
    return float(LAGS_S[int(np.argmin(misfit))])


def _misfit(t_s: NDArray[np.float64], gyr: NDArray[np.float64], true: ImuSamples) -> float:
    assert true.gyr_radps is not None
    expected = np.column_stack([np.interp(t_s, true.t_s, column) for column in true.gyr_radps.T])
    return float(((expected - gyr) ** 2).mean())


def main() -> int:
    """Run the set; return 1 if the set did not go on or a gap is wrong by a packet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--losses", type=int, default=50)
    parser.add_argument("--sensor", default="witmotion")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    reps = round(arguments.losses * LOSS_EVERY_S / REP_S) + 1
    session = session_of(reps, arguments.seed)
    length_s = float(session.samples.t_s[-1])
    rng = random.Random(arguments.seed)
    slots = np.linspace(2.0, length_s - 5.0, arguments.losses + 1)
    losses_s = tuple(float(slot) + rng.uniform(0.0, 0.9 * float(slots[1] - slots[0])) for slot in slots[:-1])
    patient = VirtualPatient(session, model=arguments.sensor, linger_s=0.8, losses_s=losses_s)
    plan = Plan("nordic", "left", 1, 2 * reps, Tempo(2.5))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "losses.mcap"
        recorder = Recorder(path, new_metadata(patient.info))
        print(
            f"SIMULATED: {reps} Nordics, {length_s:.0f} s, {arguments.losses} losses of the link", flush=True
        )
        with Engine(patient, recorder, (plan,), calibration=session.calibration, unattended=True) as engine:
            engine.wait(length_s + 60.0)
            last = engine.snapshot
        samples = read(path).samples
        gaps = measure_file(path).analysis.gaps
    zero_s = patient.started_s or 0.0
    done = [rep for each in last.session.sets for rep in each.reps]
    measured = [rep for rep in done if rep.lower_s is not None]

    cuts = [0, *(np.flatnonzero(np.diff(samples.t_s) > 0.2) + 1), len(samples)]
    placed: list[float] = []
    for start, end in pairwise(cuts):
        part = samples[int(start) : int(end)]
        if len(part) < 2 or part.t_s[-1] - part.t_s[0] < MIN_STRETCH_S:
            continue
        found = placement_s(part, session.samples, zero_s)
        if found is not None:
            placed.append(found)
    steps = np.abs(np.diff(placed))
    errors = [
        abs(rep.lower_s - true.lower_s)
        for rep in measured
        for true in session.reps
        if rep.lower_s is not None and abs(rep.start_s - zero_s - true.start_s) < 1.0
    ]
    crashed = bool(last.troubles) and last.link != "closed"
    print(f"sets {len(last.session.sets)}, set still running: {last.session.state == 'in set'}")
    print(f"gaps {len(gaps)}, stretches compared {len(placed)}")
    worst_s = max(errors, default=0.0)
    print(f"repetitions {len(done)} of {reps}, {len(measured)} with a number, worst {worst_s:.2f} s off")
    median_ms, worst_ms = 1e3 * float(np.median(steps)), 1e3 * float(steps.max())
    print(f"gap length wrong by: median {median_ms:.0f} ms, worst {worst_ms:.0f} ms")
    resumed = len(last.session.sets) == 1 and last.session.state == "in set" and not crashed
    good = resumed and float(steps.max()) <= LONGEST_PACKET_S
    print("the set was resumed every time" if resumed else f"NOT resumed: {last.troubles}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
