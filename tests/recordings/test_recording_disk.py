"""A recorder whose process dies, whose disk fills up, or whose folder goes away."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from analysis.samples import ImuSamples
from drivers.source import RawPacket, SensorInfo
from recordings import live_file
from recordings.blocks import decode_packets
from recordings.format import RAW_ID, RecordingError, RecordingMetadata, new_metadata
from recordings.reader import read, read_messages
from recordings.salvage import salvage, verify
from recordings.writer import Recorder

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals, limits or file semantics")


def told() -> RecordingMetadata:
    return new_metadata(SensorInfo("plain", "m", "n", rate_hz=100.0))


def wait_until(holds: Callable[[], bool], limit_s: float = 60.0) -> None:
    end_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recordings.writer.FLUSH_PERIOD_S", 0.1)


class Feed:
    """Hands packets and samples to a recorder and checks that all of them are in a file."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.count = 0

    def give(self, n: int = 100) -> None:
        for i in range(self.count, self.count + n):
            self.recorder.packet(
                RawPacket(self.recorder.metadata.started_host_ns + i * 10_000_000, "c", struct.pack("<q", i))
            )
            self.recorder.samples(ImuSamples(np.array([i * 0.01]), np.full((1, 3), float(i))))
        self.count += n

    def saved(self) -> bool:
        newest_ns = self.recorder.metadata.started_host_ns + (self.count - 1) * 10_000_000
        return self.recorder.trouble is None and self.recorder.saved_host_ns >= newest_ns

    def assert_all_in(self, path: Path, first: int = 0) -> None:
        found = read(path)
        assert [struct.unpack("<q", packet.payload)[0] for packet in found.packets] == list(
            range(first, self.count)
        )
        assert found.samples.acc_mps2[:, 0].tolist() == [float(i) for i in range(first, self.count)]


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


@posix_only
def test_kill_9_loses_the_last_second_at_most(tmp_path: Path) -> None:
    rng = random.Random(5)
    paths = [tmp_path / f"{number}.mcap" for number in range(6)]
    with contextlib.ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE)
            )
            for path in paths
        ]
        for child in children:
            stack.callback(child.kill)
        for path, child in zip(paths, children, strict=True):
            assert child.stdout is not None
            told = child.stdout.read(16)  # it has begun
            time.sleep(rng.uniform(0.2, 1.0))
            child.send_signal(signal.SIGKILL)
            killed_s = time.monotonic()
            told += child.stdout.read()
            child.wait()
            given = list(struct.iter_unpack("<qd", told[: len(told) // 16 * 16]))
            assert_survived(path, sum(at_s < killed_s - 1.0 for _, at_s in given))


def assert_survived(path: Path, at_least: int) -> None:
    part = path.with_name(path.name + ".part")
    found = read(part)
    n = len(found.packets)
    assert n >= at_least
    assert [struct.unpack("<q", packet.payload)[0] for packet in found.packets] == list(range(n))
    m = len(found.samples)
    assert m >= at_least
    assert (found.samples.acc_mps2[:, 0] == np.arange(m) * 0.1).all()
    assert m == 0 or (np.asarray(found.samples.gyr_radps)[:, 2] == np.arange(m) * 0.2).all()
    assert not found.complete
    salvage(part, path)
    assert len(read(path).packets) == n
    assert not verify(path).complete


@contextlib.contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux to mount a small disk"
)
def test_a_full_disk_is_told_and_costs_nothing_once_freed(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "small", "64k") as disk:
        ballast = disk / "ballast"
        with Recorder(disk / "s.mcap", told()) as recorder:
            feed = Feed(recorder)
            feed.give()
            wait_until(feed.saved)
            ballast.write_bytes(bytes(4096 * (os.statvfs(disk).f_bavail)))
            feed.give(2000)
            wait_until(lambda: recorder.trouble is not None)
            assert "disk is full" in str(recorder.trouble)
            feed.give()
            ballast.unlink()
            subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
            wait_until(feed.saved)
        feed.assert_all_in(recorder.path)
        assert verify(recorder.path).intact


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux to mount a disk"
)
def test_a_disk_that_stays_full_can_be_left(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "4m") as disk:
        recorder = Recorder(disk / "s.mcap", told())
        feed = Feed(recorder)
        feed.give()
        wait_until(feed.saved)
        (disk / "ballast").write_bytes(bytes(4096 * os.statvfs(disk).f_bavail))
        feed.give(3000)
        wait_until(lambda: recorder.trouble is not None)
        with pytest.raises(RecordingError, match="disk is full"):
            recorder.close()
        recorder.save_elsewhere(tmp_path / "other.mcap")
        assert recorder.close() == tmp_path / "other.mcap"
        feed.assert_all_in(recorder.path)
        assert verify(recorder.path).intact


@posix_only
def test_a_file_size_limit_is_told_and_costs_nothing(tmp_path: Path) -> None:
    child = textwrap.dedent(
        """
        import resource, struct, sys, time
        from drivers.source import RawPacket, SensorInfo
        from recordings.format import new_metadata
        from recordings.writer import Recorder

        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
        recorder = Recorder(sys.argv[1], new_metadata(SensorInfo("plain", "m", "n")))
        for i in range(20_000):
            recorder.packet(RawPacket(i, "c", struct.pack("<qq", i, hash(str(i)))))
        end = time.monotonic() + 60
        while recorder.trouble is None and time.monotonic() < end:
            time.sleep(0.01)
        assert "disk is full" in recorder.trouble, recorder.trouble
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        recorder.close()
        """
    )
    path = tmp_path / "s.mcap"
    subprocess.run([sys.executable, "-c", child, str(path)], check=True, timeout=120)
    found = read(path)
    assert found.complete
    assert found.damage == ()
    assert [struct.unpack("<qq", packet.payload)[0] for packet in found.packets] == list(range(20_000))


@posix_only
def test_a_folder_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "stick", tmp_path / "away"
    with Recorder(folder / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        feed.give()
        wait_until(feed.saved)
        folder.rename(away)
        feed.give()
        wait_until(lambda: recorder.trouble is not None)
        assert "gone" in str(recorder.trouble)
        assert not folder.exists()
        away.rename(folder)
        wait_until(feed.saved)
        feed.give()
    feed.assert_all_in(folder / "s.mcap")
    assert verify(folder / "s.mcap").intact


@posix_only
def test_a_file_that_is_deleted_is_made_again_with_all_that_was_in_it(tmp_path: Path) -> None:
    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        feed.give()
        wait_until(feed.saved)
        (tmp_path / "s.mcap.part").unlink()
        feed.give()
        wait_until(feed.saved)
    feed.assert_all_in(tmp_path / "s.mcap")


@posix_only
def test_a_file_put_in_its_place_is_left_alone(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "s.mcap", told())
    feed = Feed(recorder)
    feed.give()
    wait_until(feed.saved)
    part = tmp_path / "s.mcap.part"
    part.unlink()
    part.write_text("somebody else's")
    feed.give()
    wait_until(lambda: recorder.trouble is not None)
    recorder.save_elsewhere(tmp_path / "mine.mcap")
    feed.give()
    recorder.close()
    assert part.read_text() == "somebody else's"
    feed.assert_all_in(tmp_path / "mine.mcap")


def test_a_folder_that_cannot_be_made_is_trouble_and_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    recorder = Recorder(tmp_path / "file" / "s.mcap", told())
    assert recorder.trouble is not None
    assert "memory" in recorder.trouble
    feed = Feed(recorder)
    feed.give()
    with pytest.raises(RecordingError, match="does not reach the disk"):
        recorder.close()
    recorder.save_elsewhere(tmp_path / "s.mcap")
    assert recorder.trouble is None
    recorder.close()
    feed.assert_all_in(tmp_path / "s.mcap")


def test_when_the_first_disk_is_out_of_reach_the_rest_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "s.mcap", told())
    feed = Feed(recorder)
    feed.give()
    wait_until(feed.saved)

    def dead(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as disk:
        disk.setattr(live_file, "_write_all", dead)
        feed.give()
        wait_until(lambda: recorder.trouble is not None)
        with pytest.raises(RecordingError, match="cannot be written either"):
            recorder.save_elsewhere(tmp_path / "t.mcap")
        assert not (tmp_path / "t.mcap.part").exists()
    with monkeypatch.context() as disk:
        disk.setattr(live_file.LiveFile, "copy_to", dead)
        recorder.save_elsewhere(tmp_path / "t.mcap")
    feed.give()
    recorder.close()
    feed.assert_all_in(tmp_path / "t.mcap", first=100)
    found = read(tmp_path / "t.mcap")
    assert [(damage.packets, damage.samples) for damage in found.damage] == [(100, 100)], found.damage
    assert len(read(tmp_path / "s.mcap.part").packets) == 100


def test_a_failed_fsync_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write_all = live_file._write_all

    def counted(fd: int, data: bytes) -> None:
        written.append(len(data))
        write_all(fd, data)

    def failing(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        with monkeypatch.context() as disk:
            disk.setattr(live_file, "_write_all", counted)
            disk.setattr(live_file, "sync", failing)
            feed.give()
            wait_until(lambda: recorder.trouble is not None)
            wait_until(lambda: len(written) >= 2)
        wait_until(feed.saved)
    assert written[1] >= written[0]
    feed.assert_all_in(tmp_path / "s.mcap")


def test_what_is_told_of_a_disk_stays_the_same_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    recorder = Recorder(tmp_path / "file" / "s.mcap", told())
    first = str(recorder.trouble)
    clock_s = iter(range(0, 10**9, 40))
    with recorder._disk_lock, monkeypatch.context() as clock:
        clock.setattr("time.monotonic", lambda: float(next(clock_s)))
        assert [recorder._save() for _ in range(3)] == [False] * 3
        assert recorder.trouble == first
    recorder.save_elsewhere(tmp_path / "s.mcap")
    recorder.close()


def test_a_lost_part_is_told_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        with monkeypatch.context() as fault:

            def broken(*_: object) -> None:
                raise ZeroDivisionError("by nothing")

            fault.setattr(recorder._encoder.__class__, "packets", broken)
            feed.give()
            wait_until(lambda: recorder.trouble is not None)
        saved_ns = recorder.saved_host_ns
        feed.give()
        wait_until(lambda: recorder.saved_host_ns > saved_ns)
        assert "A part of the recording is lost" in str(recorder.trouble)
        with monkeypatch.context() as disk:

            def full(_: int) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            disk.setattr(live_file, "sync", full)
            feed.give()
            wait_until(lambda: "disk is full" in str(recorder.trouble))
            assert "A part of the recording is lost" in str(recorder.trouble)
        wait_until(lambda: "disk is full" not in str(recorder.trouble))
    assert "A part of the recording is lost" in str(recorder.trouble)
    assert [damage.packets for damage in read(tmp_path / "s.mcap").damage] == [100]


def test_calls_do_not_wait_for_a_disk_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    hangs, goes_on = threading.Event(), threading.Event()
    sync = live_file.sync

    def hanging(fd: int) -> None:
        hangs.set()
        assert goes_on.wait(120)
        sync(fd)

    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        monkeypatch.setattr(live_file, "sync", hanging)
        feed.give()
        assert hangs.wait(60)
        slowest_s = 0.0
        for i in range(2000):
            before_s = time.perf_counter()
            recorder.packet(RawPacket(i, "late", b""))
            slowest_s = max(slowest_s, time.perf_counter() - before_s)
        goes_on.set()
        # The disk would have kept them for good; a busy computer may well keep them for a moment.
        assert slowest_s < 5.0
    assert len(read(tmp_path / "s.mcap").packets) == 2100


def test_what_does_not_fit_into_memory_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recordings.writer.MAX_WAITING_ITEMS", 150)
    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        for i in range(200):
            recorder.packet(RawPacket(i, "c", b""))
        wait_until(lambda: recorder.trouble is not None)
        assert "50 packets are lost" in str(recorder.trouble)
        recorder.packet(RawPacket(200, "c", b""))
    found = read(tmp_path / "s.mcap")
    assert found.packets.host_ns.tolist() == [*range(150), 200]
    assert [damage.packets for damage in found.damage] == [50]


def test_what_comes_while_it_closes_is_not_counted_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = live_file.sync
    recorder = Recorder(tmp_path / "s.mcap", told())
    feed = Feed(recorder)
    feed.give()

    def late(fd: int) -> None:
        recorder.packet(RawPacket(1, "c", b"late"))
        sync(fd)

    wait_until(feed.saved)
    monkeypatch.setattr("recordings.writer.FLUSH_PERIOD_S", 60)
    monkeypatch.setattr(live_file, "sync", late)
    recorder.close()
    feed.assert_all_in(recorder.path)
    assert verify(recorder.path).intact


def test_too_much_that_is_unsaved_stays_unencoded_until_it_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.writer.MAX_UNSAVED_BYTES", 1)
    sync = live_file.sync
    broken = True

    def failing(fd: int) -> None:
        if broken:
            raise OSError(errno.EIO, "Input/output error")
        sync(fd)

    monkeypatch.setattr(live_file, "sync", failing)
    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        feed.give()
        wait_until(lambda: recorder.trouble is not None)
        feed.give()
        broken = False
    feed.assert_all_in(recorder.path)


def test_what_has_waited_for_long_becomes_blocks_that_a_reader_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.writer.MAX_ITEMS_IN_BLOCK", 30)
    monkeypatch.setattr("recordings.writer.FLUSH_PERIOD_S", 60)
    with Recorder(tmp_path / "s.mcap", told()) as recorder:
        feed = Feed(recorder)
        feed.give(100)
        recorder.packet(RawPacket(recorder.metadata.started_host_ns, "c", struct.pack("<q", 100)))
        recorder.event("pain", recorder.metadata.started_host_ns, {"score": 2})
    found = read_messages(tmp_path / "s.mcap")
    assert [len(decode_packets(m.data).sizes) for m in found.messages if m.channel_id == RAW_ID] == [
        30, 30, 30, 11
    ]  # fmt: skip
    assert found.recording.samples.acc_mps2[:, 0].tolist() == [float(i) for i in range(100)]
    assert [event.kind for event in found.recording.events] == ["pain"]
    assert verify(tmp_path / "s.mcap").intact


def test_an_error_in_the_session_still_closes_the_recording(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "s.mcap", told())
    feed = Feed(recorder)

    def session() -> None:
        with recorder:
            feed.give()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session()
    recorder.packet(RawPacket(1, "c", b"after the end"))
    feed.assert_all_in(tmp_path / "s.mcap")
    assert recorder.close() == tmp_path / "s.mcap"
    with pytest.raises(RecordingError, match="is closed"):
        recorder.save_elsewhere(tmp_path / "t.mcap")
