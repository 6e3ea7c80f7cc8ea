"""A recording plays exactly as it was recorded."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import numpy as np
import pytest

from analysis.samples import ImuSamples
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo, Source, SourceItem
from recordings.format import RecordingError, new_metadata
from recordings.reader import Recording, read
from recordings.replay import LONGEST_WAIT_S, LONGEST_WAITS, ReplaySource, best_samples, redecode
from recordings.writer import Recorder, write_recording

SENSOR = SensorInfo("witmotion", "WT901BLE67", "WT901", rate_hz=100.0)


def session_items(start_ns: int) -> list[SourceItem]:
    """Return 8 s of a WitMotion sensor at 100 Hz with jitter, one lost link and one unreadable packet."""
    rng = np.random.default_rng(4)
    items: list[SourceItem] = [
        LinkStatus(start_ns, "searching", "Searching"),
        LinkStatus(start_ns, "streaming", "Found"),
    ]
    for i in range(800):
        if 300 <= i < 420:
            continue
        host_ns = start_ns + i * 10_000_000 + int(rng.integers(0, 6_000_000))
        if i == 420:
            items += [
                LinkStatus(host_ns - 10**9, "lost", "Lost"),
                LinkStatus(host_ns - 10**7, "streaming", "Back"),
            ]
        counts = rng.integers(-3000, 3000, 9)
        items.append(RawPacket(host_ns, "ffe4", b"\x55\x61" + struct.pack("<9h", *counts)))
        if i == 600:
            items.append(RawPacket(host_ns, "ffe4", b"\x01\x02"))
    items.append(LinkStatus(start_ns + 8 * 10**9 + 10**7, "closed", "Off"))
    return items


@pytest.fixture
def session(tmp_path: Path) -> tuple[Recording, list[SourceItem]]:
    """Return a recording made the way the engine makes one, and what went in."""
    told = new_metadata(SENSOR)
    items = session_items(told.started_host_ns)
    stream = SampleStream(SENSOR)
    with Recorder(tmp_path / "s.mcap", told) as recorder:
        for item in items:
            if isinstance(item, RawPacket):
                recorder.packet(item)
            else:
                recorder.link(item)
            if (samples := stream.step(item)) is not None:
                recorder.samples(samples)
        if (samples := stream.finish()) is not None:
            recorder.samples(samples)
    return read(tmp_path / "s.mcap"), items


async def collect(source: ReplaySource) -> list[SourceItem]:
    return [item async for item in source.packets()]


def test_replay_yields_the_very_items(session: tuple[Recording, list[SourceItem]]) -> None:
    recording, items = session
    source = ReplaySource(recording, speed=None)
    assert isinstance(source, Source)
    assert source.info == SENSOR
    assert asyncio.run(collect(source)) == items


def test_decoding_a_replay_gives_the_recorded_samples(session: tuple[Recording, list[SourceItem]]) -> None:
    recording, _ = session
    assert len(recording.samples) > 600
    again = redecode(recording)
    for name in ("t_s", "acc_mps2", "gyr_radps"):
        assert getattr(again, name).tobytes() == getattr(recording.samples, name).tobytes()
    assert best_samples(recording) is recording.samples


def test_sample_times_can_be_placed_on_the_host_clock(session: tuple[Recording, list[SourceItem]]) -> None:
    recording, items = session
    stream = SampleStream(SENSOR)
    for item in items:
        stream.step(item)
    assert stream.zero_host_ns is not None
    assert abs(recording.zero_host_ns - stream.zero_host_ns) < 150_000_000


class QuickLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to whatever is waited for."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.ahead_s += max(0.0, self._scheduled[0].when() - self.time())
        super()._run_once()


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_replay_keeps_the_pace_of_the_recording(
    session: tuple[Recording, list[SourceItem]], speed: float
) -> None:
    recording, items = session

    found = np.array(virtual_time_s(recording, speed))
    due = np.maximum.accumulate([(item.host_ns - items[0].host_ns) * 1e-9 / speed for item in items])
    assert (found >= due - 1e-3).all()
    assert np.median(found - due) < 0.05


def virtual_time_s(recording: Recording, speed: float) -> list[float]:
    """Return when each item of a replay came, on a clock that nobody waits for."""

    async def timed() -> list[float]:
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        return [loop.time() - start_s async for _ in ReplaySource(recording, speed).packets()]

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        return runner.run(timed())


@pytest.mark.parametrize("speed", [1.0, 0.1])
def test_no_item_is_waited_for_longer_than_a_bound(tmp_path: Path, speed: float) -> None:
    told = new_metadata(SENSOR)
    after_s = [0.0, 0.01, 1e9, 1e9 + 0.01, 1e9 + 3600, 1e9 + 3600.01]
    packets = [RawPacket(told.started_host_ns + round(s * 1e9), "c", b"x") for s in after_s]
    recording = read(write_recording(tmp_path / "s.mcap", told, packets=packets))

    found = np.diff([0.0, *virtual_time_s(recording, speed)])

    assert found == pytest.approx([0.0, 0.01 / speed, 5.0, 0.01 / speed, 5.0, 0.01 / speed], abs=0.05)


def test_a_replay_of_nothing_but_silences_ends(tmp_path: Path) -> None:
    samples = ImuSamples(np.arange(1000) * 1e5, np.tile([0.0, 0.0, 9.81], (1000, 1)))
    recording = read(write_recording(tmp_path / "s.mcap", new_metadata(SENSOR), samples=samples))

    found = virtual_time_s(recording, 1.0)

    assert len(found) == 1001
    assert found[-1] == pytest.approx(LONGEST_WAITS * LONGEST_WAIT_S, abs=1.0)


def test_others_have_their_turn_while_a_replay_runs(session: tuple[Recording, list[SourceItem]]) -> None:
    async def count_turns() -> int:
        turns = 0
        done = asyncio.Event()

        async def other() -> None:
            nonlocal turns
            while not done.is_set():
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await collect(ReplaySource(session[0], speed=None))
        done.set()
        await task
        return turns

    assert asyncio.run(count_turns()) >= 10


def test_a_replay_can_be_stopped(session: tuple[Recording, list[SourceItem]]) -> None:
    async def first() -> SourceItem:
        packets = ReplaySource(session[0]).packets()
        item = await anext(packets)
        await packets.aclose()
        return item

    assert asyncio.run(first()) == session[1][0]


def test_what_cannot_be_replayed_says_so(tmp_path: Path, session: tuple[Recording, list[SourceItem]]) -> None:
    with pytest.raises(RecordingError, match="there is no file"):
        ReplaySource(tmp_path / "missing.mcap")
    for speed in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="speed"):
            ReplaySource(session[0], speed)
    samples = session[0].samples
    imported = read(write_recording(tmp_path / "i.mcap", new_metadata(SENSOR), samples=samples))
    with pytest.raises(RecordingError, match="holds no packets"):
        redecode(imported)
    assert ReplaySource(imported).info.driver == "plain"
    foreign = new_metadata(SensorInfo("of the future", "x", "x"))
    packets = [RawPacket(foreign.started_host_ns, "c", b"1")]
    with pytest.raises(RecordingError, match="no driver"):
        redecode(read(write_recording(tmp_path / "f.mcap", foreign, packets=packets)))
