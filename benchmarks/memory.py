"""Print how the memory of a live session grows: decoding, measurement, trace and recording, streamed fast.

    python benchmarks/memory.py [--hours N]

Packets of 4 samples at 100 Hz from a simulated session, again and again, as quickly as they are taken.
Resident memory of the whole process, in a row for each hour, against that after the first ten minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from analysis.pipeline import Pipeline
from analysis.results import AnglesMeasured
from analysis.samples import ImuSamples
from analysis.simulate import demo_session
from drivers import plain
from drivers.sample_stream import SampleStream
from drivers.source import RawPacket, SensorInfo
from monitor.trace import TraceRing
from recordings.format import new_metadata
from recordings.writer import Recorder

SAMPLES = 4
SETTLED_S = 600.0
GROWTH_MB = 5.0
INFO = SensorInfo("plain", "simulated", "simulated", rate_hz=100.0, simulated=True)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description="Print how the memory of a live session grows.")
    parser.add_argument("--hours", type=float, default=8.0)
    hours = parser.parse_args().hours
    if not sys.platform.startswith("linux"):
        print("resident memory is read from /proc: only on Linux")
        return 0
    session = demo_session()
    one = session.samples
    assert one.gyr_radps is not None
    length_s = float(one.t_s[-1]) + 0.01
    stream, pipeline, ring = SampleStream(INFO), Pipeline(calibration=session.calibration), TraceRing()
    base_mb: float | None = None
    reported, reps = 0, 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Recorder(Path(folder) / "long.mcap", new_metadata(INFO)) as kept,
    ):
        for k in range(int(hours * 3600 / length_s)):
            for a in range(0, len(one) - SAMPLES, SAMPLES):
                rows = slice(a, a + SAMPLES)
                part = ImuSamples(one.t_s[rows] + k * length_s, one.acc_mps2[rows], one.gyr_radps[rows])
                packet = RawPacket(round(float(part.t_s[-1]) * 1e9), plain.CHARACTERISTIC, plain.encode(part))
                kept.packet(packet)
                samples = stream.step(packet)
                if samples is None:
                    continue
                kept.samples(samples)
                for event in pipeline.step(samples):
                    if isinstance(event, AnglesMeasured):
                        ring.extend(event.t_s, event.thigh_angle_deg)
                    else:
                        reps += type(event).__name__ == "RepCompleted"
            now_s = (k + 1) * length_s
            if base_mb is None and now_s >= SETTLED_S:
                base_mb = resident_mb()
                print(f"after 10 min: {base_mb:.0f} MB")
            if base_mb is not None and now_s >= 3600 * (reported + 1):
                reported += 1
                print(
                    f"after {reported} h: {resident_mb() - base_mb:+.1f} MB, {reps} repetitions", flush=True
                )
    if base_mb is not None:
        print(f"growth {resident_mb() - base_mb:+.1f} MB in {hours:g} h (budget: flat, {GROWTH_MB:.0f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
