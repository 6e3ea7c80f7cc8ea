"""A recording as a source of packets: the program cannot tell it from a sensor."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from analysis.samples import ImuSamples
from drivers import plain, registry
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from recordings.cache import Contents
from recordings.format import RecordingError
from recordings.joined import join_samples
from recordings.reader import Recording, read

# Nobody watches a silence for longer, and times that cannot be must not keep a replay from its end.
LONGEST_WAIT_S: Final = 5.0
LONGEST_WAITS: Final = 12
# As long as the packets of a slow sensor.
_PACKET_S = 0.1
# Everything else in the loop has a turn after so many items, also when nothing has to be waited for.
_ITEMS_A_TURN = 32


class ReplaySource:
    """Plays a recording as a `drivers.source.Source`.

    Packets and link changes come in their order and with the host times of the recording, so that what is
    decoded from them is the same to the last bit, however it is paused, sought in or hurried. A recording
    without packets (an import) is played from its samples, in packets of the driver "plain".

    speed: 1.0 as it was, 2.0 twice as fast; None: as fast as they are taken.
    No item is waited for longer than `LONGEST_WAIT_S`, whatever its time and the speed, and after
    `LONGEST_WAITS` such silences the others are skipped; all that follows comes sooner by as much.

    `pause`, `resume`, `seek` and `speed` may be used from any thread.
    """

    def __init__(
        self, recording: Recording | str | Path, speed: float | None = 1.0, *, start_s: float = 0.0
    ) -> None:
        """Prepare a replay; what comes before start_s is played without waiting.

        Raises RecordingError if the file cannot be read, ValueError for a speed <= 0.
        """
        self._speed = _checked(speed)
        self._recording = recording if isinstance(recording, Recording) else read(recording)
        self._lock = threading.Lock()
        self._is_paused = False
        self._sought_s = start_s
        self._position_s = 0.0
        self._wake: Callable[[], object] | None = None

    @property
    def info(self) -> SensorInfo:
        """The sensor of the recording."""
        sensor = self._recording.metadata.sensor
        return sensor if len(self._recording.packets) else replace(sensor, driver=plain.NAME)

    @property
    def recording(self) -> Recording:
        """What is played."""
        return self._recording

    @property
    def position_s(self) -> float:
        """Time of what was played last, from the first item."""
        return self._position_s

    @property
    def speed(self) -> float | None:
        """How fast it plays; None: as fast as it can. Raises ValueError for a speed <= 0."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        self._speed = _checked(speed)
        self._notify()

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._is_paused

    def pause(self) -> None:
        """Stand still before the next item."""
        self._is_paused = True
        self._notify()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._is_paused = False
        self._notify()

    def seek(self, to_s: float) -> None:
        """Play all up to a time at once, also while it is paused; what comes then keeps its pace.

        Nothing is left out: a measurement that has not seen the beginning would give other numbers. For the
        same reason a replay cannot go back; begin another with `start_s`. Raises ValueError for that.
        """
        if not to_s >= self._position_s:
            raise ValueError(f"the replay is at {self._position_s:.1f} s and cannot go back to {to_s} s")
        self._sought_s = to_s
        self._notify()

    def _notify(self) -> None:
        with self._lock:
            # A loop that has ended needs no waking.
            if self._wake is not None:
                with suppress(RuntimeError):
                    self._wake()

    async def packets(self) -> AsyncGenerator[SourceItem, None]:
        """Yield what was recorded, each item at its time on the clock of the running loop."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        with self._lock:
            self._wake = partial(loop.call_soon_threadsafe, changed.set)
        try:
            first_ns: int | None = None
            head = _Playhead(loop.time())
            for number, item in enumerate(source_items(self._recording), start=1):
                if first_ns is None:
                    first_ns = item.host_ns
                due_s = (item.host_ns - first_ns) * 1e-9
                await self._wait_for(due_s, head, changed)
                if number % _ITEMS_A_TURN == 0:
                    await asyncio.sleep(0)
                self._position_s = max(self._position_s, due_s)
                yield item
        finally:
            with self._lock:
                self._wake = None

    async def _wait_for(self, due_s: float, head: _Playhead, changed: asyncio.Event) -> None:
        """Wait until an item is due; look again whenever pause, speed or place have changed."""
        loop = asyncio.get_running_loop()
        is_borne = False
        while True:
            changed.clear()
            speed, is_paused, sought_s = self._speed, self._is_paused, self._sought_s
            head.move(loop.time(), 0.0 if is_paused else speed or 0.0)
            head.at_s = max(head.at_s, min(sought_s, due_s))
            if due_s <= sought_s:
                return
            if speed is None and not is_paused:
                head.at_s = max(head.at_s, due_s)
                return
            if is_paused or speed is None:
                await changed.wait()
                continue
            wait_s = (due_s - head.at_s) / speed
            if wait_s <= 0:
                return
            if wait_s > LONGEST_WAIT_S and not is_borne:
                is_borne = True
                head.silences += 1
                wait_s = LONGEST_WAIT_S if head.silences <= LONGEST_WAITS else 0.0
                head.at_s = due_s - wait_s * speed
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await changed.wait()


@dataclass(slots=True)
class _Playhead:
    """Where a replay is: at_s on the time axis of the recording, as of moved_s on the clock of the loop.

    speed: with which it moves since then. silences: how many were long.
    """

    moved_s: float
    at_s: float = 0.0
    speed: float = 0.0
    silences: int = 0

    def move(self, now_s: float, speed: float) -> None:
        """Move on as far as the time that has passed says, and with this speed from now on."""
        self.at_s += (now_s - self.moved_s) * self.speed
        self.moved_s, self.speed = now_s, speed


def _checked(speed: float | None) -> float | None:
    if speed is not None and not speed > 0:
        raise ValueError(f"a replay needs a speed above 0, not {speed}")
    return speed


def source_items(recording: Recording) -> Iterator[SourceItem]:
    """Yield the packets and link changes of a recording, made from its samples where it has no packets."""
    if len(recording.packets):
        yield from recording.source_items()
        return
    samples = recording.samples
    zero_ns = recording.zero_host_ns
    if len(samples):
        yield LinkStatus(
            zero_ns + round(float(samples.t_s[0]) * 1e9), "streaming", "Playing imported samples"
        )
    start = 0
    while start < len(samples):
        end = int(np.searchsorted(samples.t_s, samples.t_s[start] + _PACKET_S))
        part = samples[start : max(end, start + 1)]
        yield RawPacket(zero_ns + round(float(part.t_s[-1]) * 1e9), plain.CHARACTERISTIC, plain.encode(part))
        start += len(part)


def redecode(recording: Recording) -> ImuSamples:
    """Decode the packets of a recording once more, with the decoder of this program.

    Raises RecordingError if it has no packets, or its sensor no driver here.
    """
    if not len(recording.packets):
        raise RecordingError(
            f"{recording.path} holds no packets of the sensor, only what was decoded from them"
        )
    try:
        stream = SampleStream(recording.metadata.sensor)
    except registry.UnknownDriverError as error:
        raise RecordingError(f"{recording.path} cannot be decoded: {error}") from error
    parts = [stream.step(item) for item in recording.source_items()]
    parts.append(stream.finish())
    return join_samples([part for part in parts if part is not None])


def best_samples(recording: Recording) -> ImuSamples:
    """Return the recorded samples, or where some of them are missing and no packets are, decode those.

    Raises RecordingError as `redecode` does.
    """
    lost_packets = sum(damage.packets for damage in recording.damage)
    if is_short(recording) and len(recording.packets) and not lost_packets:
        return redecode(recording)
    return recording.samples


def is_short(found: Recording | Contents) -> bool:
    """Tell whether samples are missing that the packets may still hold."""
    return not len(found.samples) or any(damage.samples for damage in found.damage)
