"""Print what the measurement costs, as a ratio to VQF alone on the same samples in the same run.

    python benchmarks/speed.py [--repeats N] [--peers]

--peers also times scikit-digital-health, mobgap and imufusion on an hour at 100 Hz, in environments of their
own that are made first (see `benchmarks/peers.py`). None of them measures what this program measures: they
say what an hour of a thigh sensor costs elsewhere.

The hour is simulated: sets of Nordics and bridges and everyday movement, one after the other.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
from vqf import VQF

from analysis import Calibration, ImuSamples, Pipeline, analyse
from analysis.simulate import Movement, Sensor
from benchmarks.peers import PEERS, PeerError, time_peer

PACKET = 4
HOUR_S = 3600.0


def session(seed: int, rate_hz: float) -> tuple[ImuSamples, Calibration]:
    """Four minutes: knee lifts, six Nordics, six bridges, walking, sitting."""
    script = Movement(seed=seed)
    script.still(2.6)
    script.knee_lifts()
    script.kneel_down()
    script.still(2.0)
    for i in range(6):
        script.nordic(lower_s=2.5 + 0.5 * i, to_deg=75.0, break_deg=48.0 if i % 2 else None)
        script.still(2.5)
    script.kneeling_to_supine()
    script.still(3.0)
    for i in range(6):
        script.bridge(lower_s=2.0 + 0.5 * i, rise_deg=18.0)
        script.still(2.5)
    script.move(-70.0, 2.5)
    script.move(0.0, 2.0)
    script.stand_up()
    script.walk(30)
    script.sit_down_and_up()
    script.still(max(1.0, 240.0 - script.now_s))
    made = script.session(Sensor(rate_hz=rate_hz))
    return made.samples, made.calibration


def hour(rate_hz: float) -> tuple[ImuSamples, Calibration]:
    made = [session(seed, rate_hz) for seed in range(15)]
    parts: list[ImuSamples] = []
    for samples, _ in made:
        start_s = float(parts[-1].t_s[-1]) + 1 / rate_hz if parts else 0.0
        parts.append(ImuSamples(samples.t_s + start_s, samples.acc_mps2, samples.gyr_radps))
    return ImuSamples.concatenate(parts), made[0][1]


def cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def batch(rate_hz: float, repeats: int) -> float:
    """VQF and the two ways of analysing take turns, so that a busy machine slows all alike.

    Returns the shortest CPU time of analysing with nothing given, in seconds.
    """
    samples, calibration = hour(rate_hz)
    gyr = np.asarray(samples.gyr_radps)
    costs = np.array(
        [
            (
                cpu_s(lambda: VQF(1 / rate_hz).updateBatch(gyr, samples.acc_mps2)),
                cpu_s(lambda: analyse(samples, calibration=calibration)),
                cpu_s(lambda: analyse(samples)),
            )
            for _ in range(repeats)
        ]
    )
    peer, given, alone = np.median(costs, axis=0)
    reps = len(analyse(samples, calibration=calibration).reps)
    print(f"{HOUR_S / 3600:.0f} h at {rate_hz:.0f} Hz, {reps} repetitions, CPU time, median of {repeats}:")
    print(f"  vqf.VQF.updateBatch               {1e3 * peer:6.0f} ms")
    for name, cost, column in (("calibration given", given, 1), ("nothing given", alone, 2)):
        ratio = np.median(costs[:, column] / costs[:, 0])
        print(f"  analyse, {name:24} {1e3 * cost:6.0f} ms, {ratio:.2f} x (budget 2.0)")
    return float(costs[:, 2].min())


def against_peers(rate_hz: float, ours_s: float) -> None:
    """The shortest of three calls of each peer against the shortest analysis; nothing given to either."""
    samples, _ = hour(rate_hz)
    print(f"others on the same hour at {rate_hz:.0f} Hz, CPU time, shortest; analyse: {1e3 * ours_s:.0f} ms")
    for peer in PEERS:
        try:
            timed = time_peer(peer, samples)
        except PeerError as error:
            print(f"  left out: {error}")
            continue
        print(
            f"  {peer.name:45} {1e3 * timed.seconds:6.0f} ms ({timed.found} found); analyse is "
            f"{ours_s / timed.seconds:.2f} x that"
        )


def live(rate_hz: float) -> None:
    """Ten minutes in packets, each timed by itself."""
    samples, calibration = hour(rate_hz)
    n = round(600 * rate_hz)
    packets = [samples[i : i + PACKET] for i in range(0, n, PACKET)]
    pipeline = Pipeline(calibration=calibration)
    costs: list[int] = []
    for packet in packets:
        start = time.thread_time_ns()
        pipeline.step(packet)
        costs.append(time.thread_time_ns() - start)
    us = np.array(costs[len(costs) // 20 :]) / 1e3
    print(f"one live packet of {PACKET} samples at {rate_hz:.0f} Hz, samples to events, CPU time:")
    print(
        f"  median {np.median(us):.1f} us (budget with decoding 50), mean {us.mean():.1f}, "
        f"99 % below {np.percentile(us, 99):.0f}, worst {us.max():.0f} us"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Print what the measurement costs.")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peers", action="store_true", help="also time other people's programs")
    told = parser.parse_args()
    for rate_hz in (100.0, 200.0):
        ours_s = batch(rate_hz, told.repeats)
        live(rate_hz)
        if told.peers and rate_hz == 100.0:
            against_peers(rate_hz, ours_s)
    return 0


if __name__ == "__main__":
    sys.exit(main())
