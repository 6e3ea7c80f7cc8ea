"""Print what a recorded hour costs: its size, to write it, to open it, beside other formats in the same run.

    python benchmarks/recorded_hour.py [--seconds 3600] [--no-peers]

The worst case of a thigh sensor: one notification per sample, noise in every value, jitter in every time.
Every format keeps the same: notifications with their host times, decoded samples, a check sum over each part.
Ours and HDF5 are written second by second, as it is measured; Parquet in parts of 10 s (a file that is not
closed is lost anyway). "Open" is everything into arrays, every check sum checked; the fastest of some times.
Append is the median of all seconds. Both because the machine may have others at work.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from figures import Block, Figure, at_most, plain
from mcap.reader import make_reader
from numpy.typing import NDArray
from peers import Peer, PeerError, _environment

from analysis.samples import ImuSamples
from drivers.source import RawPacket, SensorInfo
from recordings.blocks import decode_packets, decode_samples
from recordings.cache import read_contents
from recordings.format import new_metadata
from recordings.importers.csv_samples import import_csv
from recordings.reader import read
from recordings.writer import Recorder

UUID = "0000ffe4-0000-1000-8000-00805f9a34fb"
PEER = Peer(
    "", "recordings", ("h5py==3.16.0", "pyarrow==26.0.1", "numpy>=2,<3"), "h5py 3.16.0, pyarrow 26.0.1"
)
PEER_CALL = Path(__file__).with_name("recording_peers.py")
FORMATS = {"hdf5": "HDF5, 1 s parts (h5py)", "parquet": "Parquet, 10 s parts (pyarrow)"}
TIMES = 9


class Hour:
    """Samples and notifications of a WT901 with noise in every value, the same for every format."""

    def __init__(self, rate_hz: int, seconds: int) -> None:
        rng = np.random.default_rng(rate_hz)
        n = rate_hz * seconds
        steady_s = np.arange(n) / rate_hz
        self.rate_hz, self.seconds = rate_hz, seconds
        self.counts = (rng.normal(0, 30, (n, 9)) + 1000).astype("<i2")
        # What the clock of a sensor, seen by that of the host, does in an hour.
        self.t_s = steady_s * (1 + 2e-5) + 1e-3 * np.sin(steady_s / 60)
        values = self.counts * np.repeat([16 * 9.80665, np.radians(2000), 180.0], 3) / 32768
        self.acc, self.gyr = values[:, :3].copy(), values[:, 3:6].copy()
        self.host_ns = (self.t_s * 1e9).astype("<i8") + rng.integers(2_000_000, 8_000_000, n)
        head = np.tile(np.frombuffer(b"\x55\x61", np.uint8), (n, 1))
        self.payloads: NDArray[np.uint8] = np.hstack([head, self.counts.view(np.uint8).reshape(n, 18)])


def best_ms(work: Callable[[], object], times: int = TIMES) -> float:
    durations: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return 1e3 * min(durations)


def record(path: Path, hour: Hour) -> tuple[float, float]:
    """Record an hour; return CPU ms per second of data: in the calls, and in the thread that writes."""
    metadata = new_metadata(SensorInfo("witmotion", "WT901BLE67", "WT901", rate_hz=hour.rate_hz))
    recorder = Recorder(path, metadata)
    calls_s: list[float] = []
    writing_s: list[float] = []
    # The thread's own clock cannot be read from here: its step is done by hand instead, once a second.
    recorder._stop.set()
    recorder._thread.join()
    host_ns = (hour.host_ns + metadata.started_host_ns).tolist()
    # A second on the clock is now and then a packet or two more or less.
    ends = np.arange(1, hour.seconds + 1) * hour.rate_hz
    ends[:-1] += np.random.default_rng(1).integers(-2, 3, hour.seconds - 1)
    for start, end in pairwise([0, *ends.tolist()]):
        rows = range(start, end)
        packets = [RawPacket(host_ns[i], UUID, hour.payloads[i].tobytes()) for i in rows]
        parts = [ImuSamples(hour.t_s[i : i + 1], hour.acc[i : i + 1], hour.gyr[i : i + 1]) for i in rows]
        begun = time.thread_time()
        for packet, part in zip(packets, parts, strict=True):
            recorder.packet(packet)
            recorder.samples(part)
        calls_s.append(time.thread_time() - begun)
        begun = time.thread_time()
        recorder._encode()
        recorder._save()
        writing_s.append(time.thread_time() - begun)
    recorder.close()
    return 1e3 * statistics.median(calls_s), 1e3 * statistics.median(writing_s)


def stock_arrays(path: Path) -> int:
    """Read with the ordinary `mcap` reader, and decode with the few lines that anyone would write."""
    packets, samples = [], []
    with path.open("rb") as stream:
        for _, channel, message in make_reader(stream, validate_crcs=True).iter_messages():
            if channel.topic == "/ble/raw":
                packets.append(decode_packets(memoryview(message.data)))
            elif channel.topic == "/imu":
                samples.append(decode_samples(memoryview(message.data)))
    arrays = [
        b"".join(block.payloads for block in packets),
        np.concatenate([block.host_ns for block in packets]),
        *(
            np.concatenate([getattr(block, name) for block in samples])
            for name in ("t_s", "acc_mps2", "gyr_radps")
        ),
    ]
    return len(arrays)


def peers_of(hour: Hour, folder: Path) -> dict[str, dict[str, float]]:
    """Write and open the same with other formats, in an environment of their own. Raises PeerError."""
    python = _environment(PEER)
    data = folder / "hour.npz"
    np.savez(
        data, t_s=hour.t_s, acc=hour.acc, gyr=hour.gyr, host_ns=hour.host_ns, payloads=hour.payloads,
        rate_hz=hour.rate_hz,
    )  # fmt: skip
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    found: dict[str, dict[str, float]] = {}
    for name in FORMATS:
        command = [str(python), str(PEER_CALL), name, str(data), str(folder / name)]
        done = subprocess.run(command, capture_output=True, text=True, env=alone, check=False)
        if done.returncode:
            raise PeerError(f"{name}: {done.stderr.strip()[-300:]}")
        found[name] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(rate_hz: int, seconds: int, open_ms: float, with_peers: bool) -> Block:
    hour = Hour(rate_hz, seconds)
    share = seconds / 3600
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "hour.mcap"
        calls_ms, writing_ms = record(path, hour)
        megabytes = path.stat().st_size / 1e6
        found = read(path)
        assert found.samples.acc_mps2.tobytes() == hour.acc.tobytes()
        assert found.packets.payloads == hour.payloads.tobytes()
        ours_ms = best_ms(lambda: read(path))
        cache = folder / "caches"
        read_contents(path, cache)
        cached_ms = best_ms(lambda: read_contents(path, cache), 15)
        stock_ms = best_ms(lambda: stock_arrays(path), 3)
        figures: list[Figure] = []
        if rate_hz == 100:
            figures.append(at_most("size", megabytes / share, 15, ".1f", " MB an hour"))
        else:
            figures.append(plain("size", f"{megabytes / share:.1f} MB an hour"))
        figures += [
            at_most("append, CPU of the writing thread", writing_ms, 0.4, ".2f", " ms a second"),
            plain("append, CPU in the calls", f"{calls_ms:.2f} ms a second"),
            at_most("open to arrays, every check sum", ours_ms / share, open_ms, ".0f", " ms"),
            at_most("open from a cache", cached_ms / share, 20, ".0f", " ms"),
            plain(
                "ordinary mcap reader, same arrays",
                f"{stock_ms / share:.0f} ms",
                f"{stock_ms / ours_ms:.1f} x",
            ),
        ]
        if with_peers:
            try:
                for kind, told in peers_of(hour, folder).items():
                    figures.append(
                        plain(
                            FORMATS[kind],
                            f"open {told['open_ms'] / share:.0f} ms",
                            f"{told['open_ms'] / ours_ms:.1f} x; append {told['append_ms']:.2f} ms a second, "
                            f"{told['bytes'] / 1e6 / share:.1f} MB an hour",
                        )
                    )
            except PeerError as error:
                figures.append(plain("other formats", "not measured", str(error)))
        if rate_hz == 100:
            figures += csv_figures(folder, found.samples, share)
    note = f"{seconds} s at {rate_hz} Hz, a notification per sample, noise in every value"
    return Block(f"A recorded hour at {rate_hz} Hz", note, tuple(figures))


def csv_figures(folder: Path, samples: ImuSamples, share: float) -> list[Figure]:
    table = folder / "hour.csv"
    columns = np.column_stack([samples.t_s, samples.acc_mps2, np.asarray(samples.gyr_radps)])
    header = "t_s,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps"
    np.savetxt(table, columns, delimiter=",", header=header, comments="", fmt="%.6f")
    start = time.perf_counter()
    imported = import_csv(table, folder / "import.mcap").path
    import_s = time.perf_counter() - start
    return [
        at_most("import of the same as CSV", import_s / share, 1.5, ".2f", " s"),
        plain("open the import", f"{best_ms(lambda: read(imported)) / share:.0f} ms"),
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=3600, help="length of the recording")
    arguments.add_argument("--no-peers", action="store_true", help="leave out HDF5 and Parquet")
    given = arguments.parse_args()
    blocks: list[Block] = []
    for rate_hz, open_ms in ((100, 100.0), (200, 150.0)):
        blocks.append(measure(rate_hz, given.seconds, open_ms, not given.no_peers))
        print(blocks[-1].text(), flush=True)
    if any(figure.met is False for block in blocks for figure in block.figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
