"""Print how well the clock places samples in time, over a sweep of simulated radios.

    python benchmarks/link.py [--seconds N] [--seeds N]

Simulated truth: a sensor that takes samples at a rate of its own (within 0.3 % of the expected one), packets
of four samples that wait for the next connection event (one in twenty for one more), packets that are lost,
and stalls of 240 ms after which everything comes at once. The error is the time given to a sample less the
time it was taken, after the first 5 s. "conserved": no sample that arrived was dropped or doubled.

Where packets meet the same places of the interval again and again (60 ms and 40 ms: every 20 ms), nothing
that arrives tells where between two places the samples were taken: an error of up to half of 20 ms is left,
until a rate that is not exactly commensurate has moved the packets along.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from drivers.clock import Clock

DEVICE_P95_MS, COUNT_P95_MS = 5.0, 20.0
NOMINAL_HZ = 100.0
SAMPLES = 4
STALL_S = 0.240
RATE_ERROR = 0.003
ORIGIN_NS = 7_000_000_000_000
SETTLING_S = 5.0


@dataclass(frozen=True, slots=True)
class Air:
    """drift_ppm: of the sensor's oscillator. interval_s: between connection events. lost: a share."""

    drift_ppm: float
    interval_s: float
    lost: float
    stalls: bool


@dataclass(frozen=True, slots=True)
class Arrivals:
    """taken_s (n, SAMPLES) true instants, device_s the same by the sensor's clock, arrived_s (n,)."""

    taken_s: NDArray[np.float64]
    device_s: NDArray[np.float64]
    arrived_s: NDArray[np.float64]


def sweep() -> Iterator[Air]:
    """Every radio of the sweep."""
    for values in product((0.0, 50.0, 200.0), (0.0075, 0.015, 0.03, 0.06), (0.0, 0.01, 0.05), (False, True)):
        yield Air(*values)


def simulate(air: Air, seconds: float, seed: int) -> Arrivals:
    """Return what arrives, and the truth about it."""
    rng = np.random.default_rng(seed)
    # The chip that takes the samples has an oscillator of its own, which is far worse than the clock.
    rate_hz = NOMINAL_HZ * (1.0 + RATE_ERROR * rng.uniform(-1.0, 1.0))
    count = int(seconds * rate_hz / SAMPLES)
    taken = (np.arange(count * SAMPLES, dtype=np.float64).reshape(count, SAMPLES) + 1.0) / rate_hz
    device = taken * (1.0 + air.drift_ppm * 1e-6 * rng.choice([-1.0, 1.0])) + 1234.5
    phase_s = rng.uniform(0.0, air.interval_s)
    events = np.ceil((taken[:, -1] - phase_s) / air.interval_s) + (rng.random(count) < 0.05)
    arrived = events * air.interval_s + phase_s + rng.exponential(0.0005, count)
    if air.stalls:
        for start_s in np.arange(7.0, seconds, 15.0) + rng.uniform(0.0, 5.0):
            late = (arrived > start_s) & (arrived < start_s + STALL_S)
            arrived[late] = start_s + STALL_S
    arrived = np.maximum.accumulate(arrived + 1e-6 * np.arange(count))
    kept = rng.random(count) >= air.lost
    return Arrivals(taken[kept], device[kept], arrived[kept])


def errors_ms(found: Arrivals, *, device: bool) -> tuple[NDArray[np.float64], bool]:
    """Return the error of each sample, ms, and whether the samples were conserved."""
    clock = Clock(1.0 / NOMINAL_HZ)
    parts = [
        clock.step(SAMPLES, ORIGIN_NS + round(arrived_s * 1e9), device_s if device else None)
        for arrived_s, device_s in zip(found.arrived_s, found.device_s, strict=True)
    ]
    times = np.concatenate([*parts, clock.break_segment()])
    taken = found.taken_s.ravel()
    conserved = times.size == taken.size and bool((np.diff(times) > 0).all())
    if times.size != taken.size:
        return np.full(1, np.inf), False
    zero_s = ((clock.origin_ns or 0) - ORIGIN_NS) / 1e9
    return 1e3 * (times + zero_s - taken), conserved


def main() -> None:
    """Run the sweep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    print("SIMULATED radios. Error of the time given to a sample, ms; 95 % of |error| after the first 5 s.")
    print(f"{'':28}{'device clock':>24}{'counted':>24}")
    print(f"{'interval ms, loss':28}{'50 %':>8}{'95 %':>8}{'worst':>8}{'50 %':>8}{'95 %':>8}{'worst':>8}")
    everything: dict[bool, list[NDArray[np.float64]]] = {True: [], False: []}
    conserved_all = runs = 0
    rows: dict[tuple[float, float, bool], dict[bool, list[NDArray[np.float64]]]] = {}
    for air in sweep():
        for seed in range(arguments.seeds):
            found = simulate(air, arguments.seconds, seed)
            for device in (True, False):
                error, conserved = errors_ms(found, device=device)
                runs += 1
                conserved_all += conserved
                late = np.abs(error[int(SETTLING_S * NOMINAL_HZ) :])
                row = rows.setdefault((air.interval_s, air.lost, air.stalls), {True: [], False: []})
                row[device].append(late)
                everything[device].append(late)
    for (interval_s, lost, stalls), row in rows.items():
        figures = "".join(_figures(np.concatenate(row[device])) for device in (True, False))
        print(f"{1e3 * interval_s:5.1f} {lost:6.0%}  {'stalls' if stalls else '':20}{figures}")
    for device, target in ((True, DEVICE_P95_MS), (False, COUNT_P95_MS)):
        p95 = float(np.percentile(np.concatenate(everything[device]), 95))
        worst = max(float(np.percentile(np.concatenate(row[device]), 95)) for row in rows.values())
        name = "device clock" if device else "counted"
        verdict = "met" if p95 <= target else "NOT met"
        in_rows = "met" if worst <= target else "NOT met"
        print(
            f"{name}: 95 % {p95:.1f} ms over the sweep (target {target:.0f}: {verdict}), "
            f"{worst:.1f} in its worst row ({in_rows})"
        )
    print(f"samples conserved, times increasing: {conserved_all} of {runs} runs")


def _figures(error: NDArray[np.float64]) -> str:
    return "".join(f"{float(np.percentile(error, share)):8.1f}" for share in (50, 95, 100))


if __name__ == "__main__":
    main()
