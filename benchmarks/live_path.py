"""Print the CPU time from a notification's bytes to the events of the measurement.

    python benchmarks/live_path.py [--minutes N]

One packet holds 4 samples, as a WitMotion sensor sends them at 100 Hz. Time is this thread's CPU time.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from analysis.pipeline import Pipeline
from analysis.results import AnglesMeasured, RepCompleted
from analysis.samples import ImuSamples
from analysis.simulate import demo_session
from drivers.sample_stream import SampleStream
from drivers.source import RawPacket, SensorInfo
from drivers.virtual.witmotion_twin import NOTIFY, frames
from monitor import session as sessions
from monitor.plan import Plan, Tempo
from monitor.trace import TraceRing

BUDGET_US = 50.0
SAMPLES = 4
RATE_HZ = 100.0


def packets(samples: ImuSamples, minutes: float) -> list[RawPacket]:
    """Return a session as notifications, again and again until the minutes are full."""
    assert samples.gyr_radps is not None
    t = np.arange(samples.t_s[0], samples.t_s[-1], 1 / RATE_HZ)
    columns = np.hstack([samples.acc_mps2, samples.gyr_radps])
    values = np.column_stack([np.interp(t, samples.t_s, column) for column in columns.T])
    payload = frames(values[:, :3], values[:, 3:]).tobytes()
    size = 20 * SAMPLES
    period_ns = round(SAMPLES / RATE_HZ * 1e9)
    one = [payload[at : at + size] for at in range(0, len(payload) - size + 1, size)]
    count = round(minutes * 60 * RATE_HZ / SAMPLES)
    return [RawPacket((k + 1) * period_ns, NOTIFY, one[k % len(one)]) for k in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    minutes = parser.parse_args().minutes
    session = demo_session()
    info = SensorInfo("witmotion", "WT901BLE68", "WT901BLE68", rate_hz=RATE_HZ, simulated=True)
    stream, pipeline = SampleStream(info), Pipeline(calibration=session.calibration)
    ring = TraceRing()
    state = sessions.begin((Plan("nordic", "left", 99, 99, Tempo(3.0)),), session.calibration)
    state = sessions.advance(state, sessions.LinkChanged("streaming"), 0.0).session
    state = sessions.advance(state, sessions.StartSet(), 0.0).session
    decode_us: list[float] = []
    measure_us: list[float] = []
    follow_us: list[float] = []
    reps = 0
    for packet in packets(session.samples, minutes):
        start = time.thread_time_ns()
        samples = stream.step(packet)
        decoded = time.thread_time_ns()
        events = pipeline.step(samples) if samples is not None else []
        measured = time.thread_time_ns()
        for event in events:
            if isinstance(event, AnglesMeasured):
                ring.extend(event.t_s, event.thigh_angle_deg)
                ring.latest()
            reps += isinstance(event, RepCompleted)
            state = sessions.advance(state, event, packet.host_ns / 1e9).session
        followed = time.thread_time_ns()
        decode_us.append((decoded - start) / 1e3)
        measure_us.append((measured - decoded) / 1e3)
        follow_us.append((followed - measured) / 1e3)
    path = np.add(decode_us, measure_us)
    print(f"{len(path)} packets of {SAMPLES} samples, {minutes:g} min at {RATE_HZ:g} Hz, {reps} repetitions")
    for name, values in (
        ("bytes to samples", decode_us),
        ("samples to events", measure_us),
        ("bytes to events", path),
        ("session, trace (not in the budget)", follow_us),
    ):
        p50, p99, worst = np.percentile(values, [50, 99, 100])
        budget = f"   budget {BUDGET_US:.0f} us median" if name == "bytes to events" else ""
        print(f"{name:36s} median {p50:7.1f} us   p99 {p99:8.1f} us   max {worst / 1e3:6.1f} ms{budget}")
    share = float(np.sum(path) + np.sum(follow_us)) / 1e6 / (minutes * 60)
    print(f"share of one core, live: {100 * share:.2f} %")


if __name__ == "__main__":
    main()
