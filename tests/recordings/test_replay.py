"""A recording plays exactly as it was recorded."""

from __future__ import annotations

import asyncio
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    return recorded_session(tmp_path)


def recorded_session(tmp_path: Path) -> tuple[Recording, list[SourceItem]]:
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


@pytest.fixture(scope="module")
def shared_session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, list[SourceItem]]:
    return recorded_session(tmp_path_factory.mktemp("session"))


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


CONTROLS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.one_of(
            st.tuples(st.just("speed"), st.sampled_from([0.5, 1.0, 50.0, None])),
            st.tuples(st.just("pause"), st.floats(0.0, 20.0)),
            st.tuples(st.just("seek"), st.floats(0.0, 10.0)),
        ),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([1.0, 8.0, None]), st.floats(0.0, 9.0), CONTROLS)
def test_pausing_seeking_and_hurrying_change_nothing_but_the_time(
    shared_session: tuple[Recording, list[SourceItem]],
    speed: float | None,
    start_s: float,
    controls: list[tuple[int, tuple[str, float | None]]],
) -> None:
    recording, items = shared_session

    async def played() -> list[SourceItem]:
        source = ReplaySource(recording, speed, start_s=start_s)
        loop = asyncio.get_running_loop()
        found: list[SourceItem] = []
        async for item in source.packets():
            found.append(item)
            for _, (what, value) in [each for each in controls if each[0] == len(found)]:
                if what == "speed":
                    source.speed = value
                elif what == "pause":
                    source.pause()
                    loop.call_later(value or 0.0, source.resume)
                elif value is not None and value >= source.position_s:
                    source.seek(value)
        return found

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        assert runner.run(played()) == items


def test_a_pause_holds_the_replay_and_a_seek_is_at_once(session: tuple[Recording, list[SourceItem]]) -> None:
    recording, items = session
    times_s = [(item.host_ns - items[0].host_ns) * 1e-9 for item in items]

    async def timed() -> tuple[list[float], bool]:
        loop = asyncio.get_running_loop()
        source = ReplaySource(recording)
        begun_s = loop.time()
        found: list[float] = []
        was_paused = False
        async for _ in source.packets():
            found.append(loop.time() - begun_s)
            if len(found) == 50:
                source.pause()
                was_paused = source.is_paused
                loop.call_later(100.0, source.resume)
            if len(found) == 100:
                source.seek(source.position_s + 4.0)
        return found, was_paused

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        found, was_paused = runner.run(timed())
    assert was_paused
    assert found[49] == pytest.approx(times_s[49], abs=0.05)
    assert found[50] - found[49] == pytest.approx(100.0, abs=0.1)
    # Up to four seconds later all comes at once, and from there at its own pace again.
    reached = next(i for i, at_s in enumerate(times_s) if at_s > times_s[99] + 4.0)
    assert found[reached - 1] - found[99] < 0.2
    assert found[-1] - found[reached] == pytest.approx(times_s[-1] - times_s[reached], abs=0.1)


def test_a_replay_starts_where_it_is_told(session: tuple[Recording, list[SourceItem]]) -> None:
    recording, items = session

    async def timed() -> list[float]:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        return [loop.time() - begun_s async for _ in ReplaySource(recording, start_s=6.0).packets()]

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        found = runner.run(timed())
    assert len(found) == len(items)
    span_s = (items[-1].host_ns - items[0].host_ns) * 1e-9
    assert found[-1] == pytest.approx(span_s - 6.0, abs=0.1)


def test_a_replay_does_not_go_back(session: tuple[Recording, list[SourceItem]]) -> None:
    async def goes_back() -> None:
        source = ReplaySource(session[0], speed=None)
        async for _ in source.packets():
            if source.position_s > 1.0:
                break
        with pytest.raises(ValueError, match="cannot go back"):
            source.seek(0.5)
        with pytest.raises(ValueError, match="cannot go back"):
            source.seek(float("nan"))

    asyncio.run(goes_back())


def test_controls_from_another_thread_reach_a_replay(session: tuple[Recording, list[SourceItem]]) -> None:
    source = ReplaySource(session[0], speed=0.001)
    found: list[SourceItem] = []
    has_begun = threading.Event()

    async def play() -> None:
        async for item in source.packets():
            found.append(item)
            has_begun.set()

    player = threading.Thread(target=lambda: asyncio.run(play()))
    player.start()
    assert has_begun.wait(10)
    source.speed = None
    player.join(10)
    assert not player.is_alive()
    assert found == session[1]
    source.resume()


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
