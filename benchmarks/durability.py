"""Print what recordings survive: killed programs, cut files, flipped bits.

    python benchmarks/durability.py [--kills 200] [--files 1000] [--seconds 600] [--seed N]

Killed: programs that record 200 samples a second, each in a packet of its own, are killed (kill -9) at random
moments. What had been handed to the recorder more than a second before must be in the file, unchanged.

Damaged: a recording is cut off at a random byte, or one of its bits is flipped. Nothing that comes back may
be other than what was recorded. "Undamaged" is every second whose chunk was not touched.
"""

from __future__ import annotations

import argparse
import random
import signal
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import Block, Figure, at_least, at_most, plain

from analysis.samples import ImuSamples
from drivers.source import RawPacket, SensorInfo
from recordings.chunks import Chunk, walk
from recordings.format import RecordingError, new_metadata
from recordings.reader import Recording, read
from recordings.salvage import salvage
from recordings.writer import Recorder

RATE_HZ = 200
AT_ONCE = 8
LONGEST_S = 6.0
SALVAGED_EVERY = 20

# Prints the number and the time of each packet once the recorder has taken it.
CHILD = textwrap.dedent(
    """
    import os, struct, sys, time
    import numpy as np
    from analysis.samples import ImuSamples
    from drivers.source import RawPacket, SensorInfo
    from recordings.format import new_metadata
    from recordings.writer import Recorder

    recorder = Recorder(sys.argv[1], new_metadata(SensorInfo("plain", "m", "n", rate_hz=200.0)))
    start = time.monotonic()
    i = 0
    while True:
        recorder.packet(RawPacket(time.monotonic_ns(), "c", struct.pack("<q", i)))
        recorder.samples(ImuSamples(np.array([i / 200]), np.full((1, 3), i * 0.1), np.full((1, 3), i * 0.2)))
        os.write(1, struct.pack("<qd", i, time.monotonic()))
        i += 1
        time.sleep(max(0.0, start + i / 200 - time.monotonic()))
    """
)


@dataclass(slots=True)
class Killed:
    """lost: handed in more than a second before and not there; changed: there and other than handed in."""

    programs: int = 0
    taken: int = 0
    lost: int = 0
    changed: int = 0
    longest_loss_s: float = 0.0


def kill_programs(folder: Path, kills: int, rng: random.Random) -> Killed:
    found = Killed()
    while found.programs < kills:
        n = min(AT_ONCE, kills - found.programs)
        paths = [folder / f"{found.programs + i}.mcap" for i in range(n)]
        command = [sys.executable, "-c", CHILD]
        children = [subprocess.Popen([*command, str(path)], stdout=subprocess.PIPE) for path in paths]
        told = [read_some(child) for child in children]
        begun_s = time.monotonic()
        moments = sorted((rng.uniform(0.0, LONGEST_S), i) for i in range(n))
        for moment_s, i in moments:
            time.sleep(max(0.0, begun_s + moment_s - time.monotonic()))
            children[i].send_signal(signal.SIGKILL)
            killed_s = time.monotonic()
            told[i] += children[i].stdout.read() if children[i].stdout else b""
            children[i].wait()
            given = list(struct.iter_unpack("<qd", told[i][: len(told[i]) // 16 * 16]))
            judge(paths[i], given, killed_s, found)
        found.programs += n
    return found


def read_some(child: subprocess.Popen[bytes]) -> bytes:
    return child.stdout.read(16) if child.stdout else b""


def judge(path: Path, given: list[tuple[int, float]], killed_s: float, found: Killed) -> None:
    recording = read(path.with_name(path.name + ".part"))
    n, m = len(recording.packets), len(recording.samples)
    acknowledged = sum(at_s < killed_s - 1.0 for _, at_s in given)
    found.taken += len(given)
    found.lost += max(0, acknowledged - min(n, m))
    if min(n, m) < len(given):
        found.longest_loss_s = max(found.longest_loss_s, killed_s - given[min(n, m)][1])
    numbers = np.frombuffer(recording.packets.payloads, "<q")
    found.changed += int((numbers != np.arange(n)).sum())
    if recording.samples.gyr_radps is not None:
        values = np.hstack([recording.samples.acc_mps2 * 2, recording.samples.gyr_radps])
        found.changed += int((values != np.arange(m)[:, None] * 0.2).any(axis=1).sum())


@dataclass(slots=True)
class Damaged:
    """shares: of the undamaged seconds that came back, for each file. refused: nothing in it was whole."""

    shares: list[float]
    wrong: int = 0
    crashes: int = 0
    refused: int = 0
    silent: int = 0
    salvaged_other: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """A recording, and for each of its chunks: first byte, last byte, first sample, last sample."""

    data: bytes
    recording: Recording
    chunks: tuple[tuple[int, int, int, int], ...]


def record(folder: Path, seconds: int) -> Truth:
    """Record noise at 200 Hz the way a session is recorded, a block each second."""
    rng = np.random.default_rng(1)
    metadata = new_metadata(SensorInfo("plain", "m", "n", rate_hz=RATE_HZ))
    path = folder / "truth.mcap"
    recorder = Recorder(path, metadata)
    # Its thread would make the blocks of an hour at once: its step is done by hand, once a second of data.
    recorder._stop.set()
    recorder._thread.join()
    for second in range(seconds):
        acc, gyr = rng.normal(0, 5, (2, RATE_HZ, 3))
        rows = np.arange(second * RATE_HZ, (second + 1) * RATE_HZ)
        for i in rows.tolist():
            host_ns = metadata.started_host_ns + i * 5_000_000
            recorder.packet(RawPacket(host_ns, "ffe4", b"\x55\x61" + struct.pack("<q", i) + rng.bytes(10)))
        recorder.samples(ImuSamples(rows / RATE_HZ, acc, gyr))
        recorder._encode()
        recorder._save()
    recorder.close()
    chunks: list[tuple[int, int, int, int]] = []
    with path.open("rb") as stream:
        for item in walk(stream):
            if isinstance(item, Chunk) and any(message.channel_id == 3 for message in item.messages):
                start = len(chunks) * RATE_HZ
                chunks.append((item.start_byte, item.end_byte, start, start + RATE_HZ))
    return Truth(path.read_bytes(), read(path), tuple(chunks))


def damage_files(
    truth: Truth, folder: Path, files: int, harm: Callable[[], tuple[bytes, int, int]]
) -> Damaged:
    """harm: returns a damaged file, and the first and last byte of the damage."""
    found = Damaged([])
    path, saved = folder / "damaged.mcap", folder / "saved.mcap"
    n = len(truth.recording.samples)
    for number in range(files):
        data, start, end = harm()
        path.write_bytes(data)
        untouched = [(a, b) for first, last, a, b in truth.chunks if last <= start or first > end]
        try:
            recording = read(path)
        except RecordingError:
            found.refused += 1
            found.shares += [0.0] if untouched else []
            continue
        except Exception as error:
            print(f"  {type(error).__name__}: {error}", file=sys.stderr)
            found.crashes += 1
            continue
        found.wrong += wrong_in(recording, truth.recording)
        there = np.zeros(n, dtype=bool)
        there[np.round(recording.samples.t_s * RATE_HZ).astype(int).clip(0, n - 1)] = True
        if untouched:
            found.shares.append(sum(bool(there[a:b].all()) for a, b in untouched) / len(untouched))
        found.silent += not there.all() and recording.complete and not recording.damage
        if number % SALVAGED_EVERY == 0:
            saved.unlink(missing_ok=True)
            salvage(path, saved)
            again = read(saved).samples
            found.salvaged_other += again.acc_mps2.tobytes() != recording.samples.acc_mps2.tobytes()
    return found


def wrong_in(found: Recording, truth: Recording) -> int:
    """Count samples and packets that were not recorded so."""
    n = len(truth.samples)
    rows = np.searchsorted(truth.samples.t_s, found.samples.t_s).clip(0, n - 1)
    same = truth.samples.t_s[rows] == found.samples.t_s
    same &= (truth.samples.acc_mps2[rows] == found.samples.acc_mps2).all(axis=1)
    if len(rows):
        gyr, true_gyr = np.asarray(found.samples.gyr_radps), np.asarray(truth.samples.gyr_radps)
        same &= (true_gyr[rows] == gyr).all(axis=1)
    indices = found.packets.index.clip(0, n - 1)
    packets = np.frombuffer(found.packets.payloads, np.uint8).reshape(-1, 20)
    kept = np.frombuffer(truth.packets.payloads, np.uint8).reshape(-1, 20)[indices]
    same_packets = (packets == kept).all(axis=1) & (found.packets.host_ns == truth.packets.host_ns[indices])
    return int((~same).sum() + (~same_packets).sum())


def shown(title: str, found: Damaged, files: int) -> Block:
    median = 100 * float(np.median(found.shares))
    worst = 100 * min(found.shares)
    return Block(
        title,
        f"{files} files",
        (
            at_most("wrong samples or packets", found.wrong, 0, "d"),
            at_most("crashes", found.crashes, 0, "d"),
            at_most("losses that nothing says", found.silent, 0, "d"),
            at_least("undamaged seconds recovered, median", median, 99, ".2f", " %", f"worst {worst:.2f} %"),
            at_most("salvaged files that hold something else", found.salvaged_other, 0, "d"),
            plain("refused as a whole", f"{found.refused}", "cut or flipped before anything measured"),
        ),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--kills", type=int, default=200, help="programs to kill")
    arguments.add_argument("--files", type=int, default=1000, help="files to cut, and files to flip a bit in")
    arguments.add_argument("--seconds", type=int, default=600, help="length of the damaged recording")
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    rng = random.Random(given.seed)
    blocks: list[Block] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        killed = kill_programs(folder, given.kills, rng)
        blocks.append(
            Block(
                f"Killed at {killed.programs} random moments (kill -9)",
                f"{killed.taken} samples at {RATE_HZ} Hz, a notification each",
                (
                    at_most("lost, handed in more than 1 s before", killed.lost, 0, "d"),
                    at_most("changed", killed.changed, 0, "d"),
                    Figure("longest time before the kill that is missing", f"{killed.longest_loss_s:.2f} s"),
                ),
            )
        )
        print(blocks[-1].text(), flush=True)
        truth = record(folder, given.seconds)
        size = len(truth.data)

        def cut() -> tuple[bytes, int, int]:
            at = rng.randrange(1, size)
            return truth.data[:at], at, size

        def flip() -> tuple[bytes, int, int]:
            at = rng.randrange(size)
            data = bytearray(truth.data)
            data[at] ^= 1 << rng.randrange(8)
            return bytes(data), at, at

        for title, harm in (("Cut off at a random byte", cut), ("One bit flipped", flip)):
            blocks.append(shown(title, damage_files(truth, folder, given.files, harm), given.files))
            print(blocks[-1].text(), flush=True)
    if any(figure.met is False for block in blocks for figure in block.figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
