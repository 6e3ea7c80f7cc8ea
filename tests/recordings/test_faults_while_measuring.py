"""Faults of the disk and the clock in the middle of a set: said on the screen, and the set goes on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from analysis.results import Event, RepCompleted
from analysis.samples import ImuSamples
from drivers.source import SensorInfo, SourceItem
from monitor.engine import Engine, _pipeline
from monitor.live import plans_of, saved
from monitor.measured_file import MeasuredFile, measure_file
from recordings import live_file, samples
from recordings.format import RecordingError, new_metadata
from recordings.reader import read
from recordings.replay import source_items
from recordings.salvage import verify
from recordings.writer import Recorder

LIMIT_S = 120.0
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux to mount a disk"
)


class Halves:
    """A session in two halves: the second begins when `go_on` is set."""

    def __init__(self, items: list[SourceItem], info: SensorInfo) -> None:
        self.items = items
        self.info = info
        self.waits = threading.Event()
        self.go_on = threading.Event()

    async def packets(self) -> AsyncIterator[SourceItem]:
        for number, item in enumerate(self.items):
            if number == len(self.items) // 2:
                self.waits.set()
                await asyncio.to_thread(self.go_on.wait, LIMIT_S)
            yield item


class Listener:
    """The engine's own pipeline; keeps how long each lowering took."""

    def __init__(self, calibration) -> None:
        self.pipeline = _pipeline(calibration)
        self.lower_s: list[float | None] = []

    def step(self, part: ImuSamples) -> list[Event]:
        return self._heard(self.pipeline.step(part))

    def finish(self) -> list[Event]:
        return self._heard(self.pipeline.finish())

    def _heard(self, events: list[Event]) -> list[Event]:
        self.lower_s += [event.rep.lower_s for event in events if isinstance(event, RepCompleted)]
        return events


class Session:
    """A set that the engine measures and records at `path`, with a fault in its middle."""

    def __init__(self, path: Path, measured: MeasuredFile) -> None:
        recording = read(measured.path)
        self.measured = measured
        self.items = list(source_items(recording))
        self.source = Halves(self.items, recording.metadata.sensor)
        self.recorder = Recorder(path, new_metadata(recording.metadata.sensor))
        self.listeners: list[Listener] = []
        self.engine = Engine(
            self.source,
            self.recorder,
            plans_of(measured.analysis.reps),
            calibration=measured.analysis.calibration,
            pipeline=self._listen,
        )

    def _listen(self, calibration) -> Listener:
        self.listeners.append(Listener(calibration))
        return self.listeners[-1]

    def run(self, fault: Callable[[], object], sentence: str) -> None:
        """Measure the first half, let the fault happen, wait until it is said, measure the second half."""
        with self.engine:
            assert self.source.waits.wait(LIMIT_S)
            wait_until(lambda: self.recorder.saved_host_ns >= self.items[len(self.items) // 2 - 1].host_ns)
            assert self.engine.snapshot.troubles == ()
            fault()
            # More than what is left free behind the end of a file.
            self.recorder.event("note", self.items[-1].host_ns, {"text": os.urandom(8192).hex()})
            wait_until(lambda: any(sentence in text for text in self.engine.snapshot.troubles))
            self.source.go_on.set()
            assert self.engine.wait(LIMIT_S)
            assert any(sentence in text for text in self.engine.snapshot.troubles)
        (only,) = self.listeners
        assert only.lower_s == [rep.lower_s for rep in self.measured.analysis.reps]

    def assert_all_in(self, path: Path) -> None:
        assert list(read(path).source_items()) == self.items
        assert read(path).samples.t_s.tobytes() == self.measured.samples.t_s.tobytes()
        assert verify(path).intact


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def measured() -> MeasuredFile:
    return measure_file(samples.path_of("lowering-too-fast"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recordings.writer.FLUSH_PERIOD_S", 0.05)


@contextlib.contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@as_root
def test_a_disk_that_fills_up(tmp_path: Path, measured: MeasuredFile, capsys, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    with disk(tmp_path / "disk", "2m") as small:
        session = Session(small / "s.mcap", measured)
        session.run(lambda: fill(small), "the disk is full; what is not saved yet is kept in memory")
        # What `live` does when the session has ended: everything goes where there is room.
        rescued = saved(session.recorder)
    assert rescued == tmp_path / "home" / "rescued-s.mcap"
    assert "The whole recording is in" in capsys.readouterr().err
    session.assert_all_in(rescued)


def fill(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


@as_root
def test_a_folder_that_becomes_read_only(tmp_path: Path, measured: MeasuredFile) -> None:
    with disk(tmp_path / "disk", "8m") as place:
        session = Session(place / "s.mcap", measured)
        # An open descriptor keeps a disk from becoming read-only as a whole: a stick is pulled and comes
        # back so. Here the recorder finds the same folder again, where it may not write.
        twin = tmp_path / "twin"

        def protect() -> None:
            # Below the protected mount the file is moved last: before, the recorder would open it again.
            below = os.open(place, os.O_RDONLY)
            subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
            subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
            os.rename("s.mcap.part", "away", src_dir_fd=below, dst_dir_fd=below)
            os.close(below)

        try:
            session.run(protect, f"{place} may not be written to; what is not saved yet is kept in memory")
        finally:
            subprocess.run(["umount", "-l", str(place)], check=False)
        session.recorder.save_elsewhere(twin / "s.mcap")
        session.recorder.close()
        session.assert_all_in(twin / "s.mcap")


def test_a_file_that_is_removed_is_written_again(tmp_path: Path, measured: MeasuredFile) -> None:
    session = Session(tmp_path / "s.mcap", measured)
    with session.engine:
        assert session.source.waits.wait(LIMIT_S)
        (tmp_path / "s.mcap.part").unlink()
        session.source.go_on.set()
        assert session.engine.wait(LIMIT_S)
        # Nothing is lost, so that nobody is disturbed.
        assert session.engine.snapshot.troubles == ()
    session.assert_all_in(tmp_path / "s.mcap")


def test_a_folder_that_is_removed(tmp_path: Path, measured: MeasuredFile) -> None:
    folder = tmp_path / "stick"
    session = Session(folder / "s.mcap", measured)

    def remove() -> None:
        (folder / "s.mcap.part").unlink()
        folder.rmdir()

    session.run(remove, f"{folder} is gone or does not answer; what is not saved yet is kept in memory")
    session.recorder.save_elsewhere(tmp_path / "other.mcap")
    session.recorder.close()
    session.assert_all_in(tmp_path / "other.mcap")


def test_a_disk_that_fails(tmp_path: Path, measured: MeasuredFile, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(tmp_path / "s.mcap", measured)

    def broken(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as fault:
        session.run(
            lambda: fault.setattr(live_file, "sync", broken), "what is not saved yet is kept in memory"
        )
    session.recorder.close()
    session.assert_all_in(tmp_path / "s.mcap")


def test_in_the_middle_of_a_set_the_recording_goes_where_the_person_says(
    tmp_path: Path, measured: MeasuredFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(tmp_path / "stick" / "s.mcap", measured)
    engine, sync = session.engine, live_file.sync
    first = session.recorder._file.part.stat().st_ino

    def broken(fd: int) -> None:
        if os.fstat(fd).st_ino == first:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(fd)

    with engine:
        assert session.source.waits.wait(LIMIT_S)
        assert engine.snapshot.recording_trouble is None
        monkeypatch.setattr(live_file, "sync", broken)
        # The first half may be safe already: the fault shows when there is something to write.
        session.recorder.event("note", session.items[-1].host_ns, {"text": "after the fault"})
        wait_until(lambda: engine.snapshot.recording_trouble is not None)
        said = engine.snapshot.recording_trouble
        assert said is not None
        assert said == engine.snapshot.troubles[0], "it is what the window shows"
        assert "the disk is full; what is not saved yet is kept in memory only: free some space" in said
        assert said.endswith("or save the recording somewhere else.")
        (tmp_path / "taken.mcap").write_bytes(b"")
        with pytest.raises(RecordingError, match="choose another name"):
            engine.save_elsewhere(tmp_path / "taken.mcap")
        assert engine.snapshot.recording_trouble == said
        engine.save_elsewhere(tmp_path / "home" / "s.mcap")
        wait_until(lambda: engine.snapshot.recording_trouble is None)
        session.source.go_on.set()
        assert engine.wait(LIMIT_S)
        assert engine.snapshot.troubles == ()
    session.assert_all_in(tmp_path / "home" / "s.mcap")
    assert (tmp_path / "taken.mcap").read_bytes() == b""
    with pytest.raises(RecordingError, match="the recording is closed and saved as"):
        engine.save_elsewhere(tmp_path / "late.mcap")


def test_a_clock_that_is_set_back(
    tmp_path: Path, measured: MeasuredFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(tmp_path / "s.mcap", measured)
    time_ns = time.time_ns

    def set_back() -> None:
        monkeypatch.setattr("time.time_ns", lambda: time_ns() - 3600 * 10**9)

    session.run(set_back, "clock went back by 3600 s. The recording goes on")
    session.assert_all_in(tmp_path / "s.mcap")
    found = read(tmp_path / "s.mcap")
    (event,) = [event for event in found.events if event.kind == "clock_moved"]
    assert event.data["by_s"] == pytest.approx(-3600, abs=1)
    assert found.metadata == session.recorder.metadata
