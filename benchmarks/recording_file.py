"""Print what recordings cost, next to the ordinary MCAP reader in the same run.

    python benchmarks/recording_file.py [--seconds N]

The worst case of a thigh sensor: one notification per sample at 100 Hz, with noise in every value.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mcap.reader import make_reader

from analysis.samples import ImuSamples
from drivers.source import RawPacket, SensorInfo
from recordings.format import RecordingMetadata, new_metadata
from recordings.importers.csv_samples import import_csv
from recordings.reader import read
from recordings.writer import Recorder

RATE_HZ = 100
UUID = "0000ffe4-0000-1000-8000-00805f9a34fb"


def best_ms(work: Callable[[], object], times: int = 7) -> float:
    durations: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return 1e3 * min(durations)


def record(path: Path, metadata: RecordingMetadata, seconds: int) -> tuple[float, float]:
    """Record through a Recorder whose blocks are made second by second; return its CPU ms per second of
    data, in the thread that hands in and in the one that writes (encoding, disk and fsync)."""
    rng = np.random.default_rng(1)
    recorder = Recorder(path, metadata)
    start_ns = metadata.started_host_ns
    calls_s = writing_s = 0.0
    # The thread's own clock cannot be read from here: its step is done by hand instead, once a second.
    recorder._stop.set()
    recorder._thread.join()
    for second in range(seconds):
        counts = (rng.normal(0, 30, (RATE_HZ, 9)) + 1000).astype("<i2")
        values = counts * (16 * 9.80665 / 32768)
        first = second * RATE_HZ
        packets = [
            RawPacket(start_ns + (first + i) * 10_000_000, UUID, b"\x55\x61" + counts[i].tobytes())
            for i, row in enumerate(counts)
        ]
        parts = [
            ImuSamples(np.array([(first + i) / RATE_HZ]), values[i : i + 1, :3], values[i : i + 1, 3:6])
            for i in range(RATE_HZ)
        ]
        start = time.process_time()
        for packet, part in zip(packets, parts, strict=True):
            recorder.packet(packet)
            recorder.samples(part)
        calls_s += time.process_time() - start
        start = time.process_time()
        recorder._encode()
        recorder._save()
        writing_s += time.process_time() - start
    recorder.close()
    return 1e3 * calls_s / seconds, 1e3 * writing_s / seconds


def stock(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for _ in make_reader(stream, validate_crcs=True).iter_messages())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=3600, help="length of the recording")
    seconds: int = arguments.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.mcap"
        calls_ms, writing_ms = record(
            path, new_metadata(SensorInfo("witmotion", "WT901BLE67", "WT901")), seconds
        )
        print(f"{seconds} s at {RATE_HZ} Hz, a notification per sample: {path.stat().st_size / 1e6:.1f} MB")
        print(f"append, CPU per second: {writing_ms:.2f} ms writing (budget 0.4), {calls_ms:.2f} ms in calls")
        ours_ms = best_ms(lambda: read(path))
        print(f"open to arrays, every check sum: {ours_ms:.0f} ms (budget 150 for an hour)")
        stock_ms = best_ms(lambda: stock(path), times=3)
        print(f"ordinary MCAP reader, nothing decoded: {stock_ms:.0f} ms ({stock_ms / ours_ms:.1f} x)")

        samples = read(path).samples
        table = Path(folder) / "hour.csv"
        columns = np.column_stack([samples.t_s, samples.acc_mps2, np.asarray(samples.gyr_radps)])
        header = "t_s,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps"
        np.savetxt(table, columns, delimiter=",", header=header, comments="", fmt="%.6f")
        start = time.perf_counter()
        imported = import_csv(table, Path(folder) / "import.mcap").path
        print(f"import of the same as CSV: {time.perf_counter() - start:.2f} s (budget 1.5 for an hour)")
        print(f"open the import: {best_ms(lambda: read(imported)):.0f} ms")


if __name__ == "__main__":
    main()
