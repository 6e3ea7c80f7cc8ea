"""Files that are cut, flipped, hostile or foreign: never a crash, never a sample that was not recorded."""

from __future__ import annotations

import contextlib
import os
import random
import struct
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analysis.samples import ImuSamples
from benchmarks.hostile import (
    DESCRIBED,
    HEADER,
    LIMIT_MB,
    LIMIT_S,
    chunk_record,
    message_record,
    paths,
    refused,
    told,
)
from drivers.source import RawPacket, SensorInfo
from recordings.chunks import MAGIC
from recordings.encoder import Encoder
from recordings.format import Closing, RecordedEvent, RecordingError, encode_metadata, new_metadata
from recordings.reader import Recording, read, read_messages
from recordings.replay import best_samples
from recordings.salvage import find_unfinished, finish, salvage, salvaged_name, verify
from recordings.writer import Recorder, write_recording

SECONDS = 20
RATE_HZ = 50
N = SECONDS * RATE_HZ


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Recording, list[int]]:
    """Return a recording's bytes, its contents, and where its chunks end."""
    rng = np.random.default_rng(7)
    told = new_metadata(SensorInfo("witmotion", "WT901BLE67", "WT901", rate_hz=RATE_HZ))
    samples = ImuSamples(np.arange(N) / RATE_HZ, rng.normal(9, 1, (N, 3)), rng.normal(0, 1, (N, 3)))
    encoder = Encoder(told)
    parts = [encoder.cut()]
    for second in range(SECONDS):
        rows = range(second * RATE_HZ, (second + 1) * RATE_HZ)
        packets = [
            RawPacket(told.started_host_ns + i * 10**9 // RATE_HZ, "ffe4", struct.pack("<Bq", 0x55, i))
            for i in rows
        ]
        encoder.packets(packets, rows[0])
        encoder.samples(samples[rows[0] : rows[-1] + 1], rows[0], packets[-1].host_ns)
        parts.append(encoder.cut())
    encoder.describe(told, Closing(N, N, packets[-1].host_ns))
    parts.append(encoder.finish())
    path = tmp_path_factory.mktemp("whole") / "whole.mcap"
    path.write_bytes(b"".join(parts))
    recording = read(path)
    assert recording.complete
    assert recording.damage == ()
    return path.read_bytes(), recording, np.cumsum([len(part) for part in parts]).tolist()


def assert_nothing_invented(found: Recording, truth: Recording) -> None:
    rows = np.searchsorted(truth.samples.t_s, found.samples.t_s)
    assert (rows < N).all()
    assert (truth.samples.t_s[rows] == found.samples.t_s).all()
    assert (truth.samples.acc_mps2[rows] == found.samples.acc_mps2).all()
    if len(found.samples):
        assert found.samples.gyr_radps is not None
        assert truth.samples.gyr_radps is not None
        assert (truth.samples.gyr_radps[rows] == found.samples.gyr_radps).all()
    for packet, index in zip(found.packets, found.packets.index.tolist(), strict=True):
        assert packet == truth.packets[index]


def assert_losses_are_told(found: Recording) -> None:
    """Everything that is missing is counted, or known to come after a certain time."""
    lost_samples = sum(damage.samples for damage in found.damage)
    lost_packets = sum(damage.packets for damage in found.damage)
    if found.complete:
        assert len(found.samples) + lost_samples == N
        assert len(found.packets) + lost_packets == N
    if len(found.samples) < N:
        assert found.damage or not found.complete
    for damage in found.damage:
        assert damage.start_byte <= damage.end_byte
        assert damage.text


def record_ends(data: bytes) -> list[int]:
    """Return where the file's outer records end: a file cut there is unfinished, but not damaged."""
    ends, at = [], len(MAGIC)
    while at < len(data) - len(MAGIC):
        at += 9 + struct.unpack_from("<Q", data, at + 1)[0]
        ends.append(at)
    return ends


def test_truncation_anywhere_loses_only_what_came_after(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    data, truth, ends = whole
    path = tmp_path / "cut.mcap"
    rng = random.Random(11)
    first_chunk = ends[0]
    seams = [end for end in record_ends(data) if end >= first_chunk]
    cuts = [rng.randrange(first_chunk, len(data)) for _ in range(150)]
    for cut in [*cuts, *seams, *(end - 1 for end in ends)]:
        path.write_bytes(data[:cut])
        found = read(path)
        assert_nothing_invented(found, truth)
        assert_losses_are_told(found)
        whole_chunks = sum(end <= cut for end in ends[1:-1])
        assert len(found.samples) >= whole_chunks * RATE_HZ
        if not found.complete:
            assert bool(found.damage) == (cut not in seams)
    for cut in range(1, first_chunk, 97):
        path.write_bytes(data[:cut])
        with contextlib.suppress(RecordingError):
            assert len(read(path).samples) == 0


def test_chunks_that_are_alike_are_read_as_each_would_be_alone(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    data, truth, ends = whole
    path = tmp_path / "changed.mcap"
    chunks = [data[start:end] for start, end in pairwise([0, *ends])]
    # A chunk without anything measured, of a file that had nothing else: its number does not follow.
    note = Encoder(truth.metadata)
    note.cut()
    note.event(RecordedEvent(truth.metadata.started_host_ns, "note", {}))
    foreign = note.cut()
    rng = random.Random(4)
    for number in range(40):
        changed = list(chunks)
        for _ in range(number % 3):
            at = rng.randrange(1, len(changed) - 1)
            changed[at : at + 1] = rng.choice([[], [changed[at]] * 2, [foreign, changed[at]]])
        path.write_bytes(b"".join(changed))
        # With its messages kept, each of them is looked at.
        found, alone = read(path), read_messages(path).recording
        assert found.samples.t_s.tobytes() == alone.samples.t_s.tobytes()
        assert found.samples.acc_mps2.tobytes() == alone.samples.acc_mps2.tobytes()
        assert list(found.packets) == list(alone.packets)
        assert found.packets.index.tolist() == alone.packets.index.tolist()
        assert (found.damage, found.events, found.complete) == (alone.damage, alone.events, alone.complete)
        assert (found.duration_s, found.zero_host_ns) == (alone.duration_s, alone.zero_host_ns)
        assert_nothing_invented(found, truth)


def test_single_bit_flips_cost_a_second_at_most(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    data, truth, _ = whole
    path = tmp_path / "flipped.mcap"
    rng = random.Random(12)
    noticed = 0
    for _ in range(300):
        flipped = bytearray(data)
        at = rng.randrange(len(data))
        flipped[at] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        found = read(path)
        assert_nothing_invented(found, truth)
        assert_losses_are_told(found)
        assert len(found.samples) >= N - RATE_HZ
        assert len(found.packets) >= N - RATE_HZ
        noticed += bool(found.damage)
    # What is not noticed is in the magic's copy at the end or in lengths that nothing depends on.
    assert noticed >= 290


def test_overwritten_stretches_and_shuffled_tails(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    data, truth, ends = whole
    path = tmp_path / "torn.mcap"
    rng = random.Random(13)
    for _ in range(60):
        torn = bytearray(data)
        at, length = rng.randrange(ends[0], len(data)), rng.randrange(1, 6000)
        torn[at : at + length] = rng.choice([bytes(length), rng.randbytes(length), b""])
        path.write_bytes(torn)
        found = read(path)
        assert_nothing_invented(found, truth)
        assert_losses_are_told(found)
    # A stretch that stands twice is not counted twice.
    path.write_bytes(data[: ends[5]] + data[ends[2] : ends[5]] + data[ends[5] :])
    found = read(path)
    assert_nothing_invented(found, truth)
    assert len(found.samples) == N
    assert found.damage


def test_damage_says_what_and_since_when(tmp_path: Path, whole: tuple[bytes, Recording, list[int]]) -> None:
    data, _, ends = whole
    path = tmp_path / "hole.mcap"
    # The chunks of the seconds 4 and 5 (from 0).
    path.write_bytes(data[: ends[4] + 60] + bytes(ends[6] - ends[4] - 60) + data[ends[6] :])
    found = read(path)
    (damage,) = found.damage
    assert (damage.start_byte, damage.end_byte) == (ends[4], ends[6])
    assert damage.missing_from_s == pytest.approx(3.98)
    assert damage.missing_to_s == pytest.approx(6.0)
    assert (damage.packets, damage.samples) == (100, 100)
    assert found.complete
    text = "\n".join(verify(path).lines)
    assert "damaged" in text
    assert "100 packets and 100 samples are missing from 4.0 s to 6.0 s" in text
    assert verify(path).intact_s == pytest.approx(SECONDS - 0.02 - 2.02)


def test_salvage_keeps_what_is_whole_and_says_what_was_not(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    data, truth, ends = whole
    torn = tmp_path / "torn.mcap.part"
    original = data[: ends[4] + 60] + bytes(500) + data[ends[5] : ends[12] + 100]
    torn.write_bytes(original)
    assert find_unfinished(tmp_path) == (torn,)
    target = salvaged_name(torn)
    checked = salvage(torn, target)
    assert not checked.intact
    assert torn.read_bytes() == original
    assert find_unfinished(tmp_path) == ()
    saved = read(target)
    assert_nothing_invented(saved, truth)
    assert len(saved.samples) == len(read(torn).samples) == 11 * RATE_HZ
    assert saved.metadata == truth.metadata
    assert not saved.complete  # its end is still missing, and it says so
    assert [damage.samples for damage in saved.damage] == [RATE_HZ]
    assert saved.events[-1].kind == "salvaged"
    (hole,) = checked.damage[:1]
    assert f"missing before it was saved: {hole.text}" in verify(target).lines
    with pytest.raises(RecordingError, match="not overwritten"):
        salvage(torn, target)


def test_what_a_crash_has_left_is_finished_once(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    left = tmp_path / "session.mcap.part"
    left.write_bytes(whole[0][: whole[2][9] + 100])
    assert find_unfinished(tmp_path) == (left,)
    path, checked = finish(left)
    assert path == tmp_path / "session-salvaged.mcap"
    assert checked.samples == len(read(path).samples) == 9 * RATE_HZ
    assert left.exists()
    assert find_unfinished(tmp_path) == ()
    with pytest.raises(RecordingError, match="not overwritten"):
        finish(left)


def test_packets_without_their_samples_are_not_called_intact(tmp_path: Path) -> None:
    told_ = new_metadata(SensorInfo("witmotion", "WT901BLE67", "WT901", rate_hz=RATE_HZ))
    encoder = Encoder(told_)
    start = encoder.cut()
    packets = [RawPacket(told_.started_host_ns + i * 20_000_000, "ffe4", bytes([i])) for i in range(100)]
    encoder.packets(packets, 0)
    raw = encoder.cut()
    samples = ImuSamples(np.arange(100) / RATE_HZ, np.full((100, 3), 5.7), np.zeros((100, 3)))
    encoder.samples(samples, 0, packets[-1].host_ns)
    path = tmp_path / "torn.mcap"
    path.write_bytes(start + raw + encoder.cut()[:200])

    checked = verify(path)

    assert (checked.packets, checked.samples) == (100, 0)
    assert checked.duration_s == pytest.approx(1.98)
    assert checked.intact_s == 0.0
    assert any("what came after 0.0 s is missing" in line for line in checked.lines)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot say whether a file is written")
def test_what_is_being_recorded_is_not_taken_for_a_crash(tmp_path: Path) -> None:
    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        assert recorder.trouble is None
        assert find_unfinished(tmp_path) == ()
        with pytest.raises(RecordingError, match="being recorded at the moment"):
            finish(tmp_path / "s.mcap.part")


def test_verify_of_a_whole_recording(tmp_path: Path, whole: tuple[bytes, Recording, list[int]]) -> None:
    path = tmp_path / "whole.mcap"
    path.write_bytes(whole[0])
    checked = verify(path)
    assert checked.intact
    assert (checked.packets, checked.samples) == (N, N)
    assert "closed in order" in "\n".join(checked.lines)


def test_an_unclosed_recording_says_so(tmp_path: Path, whole: tuple[bytes, Recording, list[int]]) -> None:
    path = tmp_path / "live.mcap.part"
    path.write_bytes(whole[0][: whole[2][9]])
    checked = verify(path)
    assert not checked.complete
    assert checked.damage == ()
    assert "not closed in order" in "\n".join(checked.lines)


def test_losing_the_description_does_not_cost_the_samples(
    tmp_path: Path, whole: tuple[bytes, Recording, list[int]]
) -> None:
    data, truth, ends = whole
    path = tmp_path / "beheaded.mcap"
    head = data[: ends[0]]
    chunk_at = head.index(b"\x04\x00\x00\x00zstd") - 37
    # First chunk gone: the Metadata record is still there.
    path.write_bytes(head[:chunk_at] + bytes(ends[0] - chunk_at) + data[ends[0] : ends[9]])
    assert read(path).metadata == truth.metadata
    # Both gone: samples all the same.
    path.write_bytes(head[:40] + bytes(ends[0] - 40) + data[ends[0] : ends[9]])
    found = read(path)
    assert len(found.samples) == 9 * RATE_HZ
    assert_nothing_invented(found, truth)
    assert any("sensor is lost" in damage.text for damage in found.damage)


def test_samples_are_decoded_again_where_only_packets_are_left(tmp_path: Path) -> None:
    told = new_metadata(SensorInfo("witmotion", "WT901BLE67", "WT901", rate_hz=100.0))
    frame = b"\x55\x61" + struct.pack("<9h", 0, 0, 2048, 0, 0, 0, 0, 0, 0)
    packets = [RawPacket(told.started_host_ns + i * 10_000_000, "ffe4", frame) for i in range(500)]
    path = write_recording(tmp_path / "raw.mcap", told, packets=packets)
    samples = best_samples(read(path))
    assert len(samples) == 500
    assert samples.acc_mps2[:, 2] == pytest.approx(9.80665)


# --- hostile files -------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork, and Linux's unit of ru_maxrss")
def test_hostile_files_are_refused_in_a_second_and_200_megabytes(tmp_path: Path) -> None:
    for name, each in refused(tmp_path).items():
        print(f"{name}: {each}")
        # By the clock it takes as long as the computer's other work lets it: the benchmark prints that.
        assert each.cpu_s < LIMIT_S, name
        assert each.peak_mb < LIMIT_MB, name
        assert each.nothing, name
        assert each.said != "0 samples, 0 packets, False" or name == "a path in every name", name


def test_names_that_are_paths_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = tmp_path / "in" / "hostile.mcap"
    hostile.parent.mkdir()
    hostile.write_bytes(paths())
    monkeypatch.chdir(hostile.parent)
    opened: list[str] = []
    real_open = os.open

    def noting(path: str, *rest: int) -> int:
        opened.append(os.fspath(path))
        return real_open(path, *rest)

    monkeypatch.setattr("os.open", noting)
    found = read(hostile)
    assert found.metadata.session_id.startswith("../")
    salvage(hostile, hostile.parent / "saved.mcap")
    saved = str(hostile.parent / "saved.mcap.new")
    assert set(opened) <= {saved, str(hostile.parent)}
    assert sorted(path.name for path in hostile.parent.iterdir()) == ["hostile.mcap", "saved.mcap"]
    assert not Path("/tmp/eccentric-was-here").exists()


def test_files_that_are_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "empty.mcap").write_bytes(b"")
    (tmp_path / "text.mcap").write_text("t_s,ax_mps2\n1,2\n")
    (tmp_path / "other.mcap").write_bytes(MAGIC + b"\x01" + struct.pack("<QII", 8, 0, 0))
    (tmp_path / "noise.mcap").write_bytes(random.Random(1).randbytes(100_000))
    for name, words in {
        "missing.mcap": "there is no file",
        "empty.mcap": "is empty",
        "text.mcap": "not a recording",
        "other.mcap": "not a recording of this program",
        "noise.mcap": "not a recording",
        ".": "is a folder",
    }.items():
        with pytest.raises(RecordingError, match=words) as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_newer_format_is_refused_with_advice(tmp_path: Path) -> None:
    newer = encode_metadata(told()).replace(b'"format_version": 2', b'"format_version": 3')
    path = tmp_path / "newer.mcap"
    path.write_bytes(HEADER + chunk_record(message_record(1, newer)))
    with pytest.raises(RecordingError, match=r"format 3.*update"):
        read(path)


def test_values_that_no_sensor_sends_are_left_out_and_told(tmp_path: Path) -> None:
    def block(first: int, times: list[float], acc: float) -> bytes:
        n = len(times)
        fields = struct.pack("<4sQq?3xI", b"\0\1\0\0", first, 0, False, n) + struct.pack(
            f"<{n}dI4x", *times, 3 * n
        )
        return fields + struct.pack(f"<{3 * n}dI", *([acc] * 3 * n), 0)

    good = chunk_record(message_record(3, block(0, [0.0, 0.01, 0.02], 9.8)))
    bad = chunk_record(message_record(3, block(3, [0.01, float("nan"), 0.03], 9.8)))
    worse = chunk_record(message_record(3, block(6, [0.04], float("inf"))))
    path = tmp_path / "odd.mcap"
    path.write_bytes(DESCRIBED + good + bad + worse)
    found = read(path)
    assert found.samples.t_s.tolist() == [0.0, 0.01, 0.02, 0.03]
    assert any("3 samples cannot be" in damage.text for damage in found.damage)
