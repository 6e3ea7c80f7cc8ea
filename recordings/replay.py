"""A recording as a source of packets: the program cannot tell it from a sensor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from analysis.samples import ImuSamples
from drivers import plain, registry
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from recordings.format import RecordingError
from recordings.reader import Recording, join_samples, read

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
    decoded from them is the same to the last bit. A recording without packets (an import) is played from its
    samples, in packets of the driver "plain".

    speed: 1.0 as it was, 2.0 twice as fast; None: as fast as they are taken.
    No item is waited for longer than `LONGEST_WAIT_S`, whatever its time and the speed, and after
    `LONGEST_WAITS` such silences the others are skipped; all that follows comes sooner by as much.
    """

    def __init__(self, recording: Recording | str | Path, speed: float | None = 1.0) -> None:
        """Prepare a replay. Raises RecordingError if the file cannot be read, ValueError for a speed <= 0."""
        if speed is not None and not speed > 0:
            raise ValueError(f"a replay needs a speed above 0, not {speed}")
        self._recording = recording if isinstance(recording, Recording) else read(recording)
        self._speed = speed

    @property
    def info(self) -> SensorInfo:
        """The sensor of the recording."""
        sensor = self._recording.metadata.sensor
        return sensor if len(self._recording.packets) else replace(sensor, driver=plain.NAME)

    @property
    def recording(self) -> Recording:
        """What is played."""
        return self._recording

    async def packets(self) -> AsyncGenerator[SourceItem, None]:
        """Yield what was recorded, each item at its time on the clock of the running loop."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        first_ns: int | None = None
        silences = 0
        for number, item in enumerate(source_items(self._recording), start=1):
            if first_ns is None:
                first_ns = item.host_ns
            if self._speed is not None:
                due_s = start_s + (item.host_ns - first_ns) * 1e-9 / self._speed
                wait_s = due_s - loop.time()
                if wait_s > LONGEST_WAIT_S:
                    silences += 1
                    borne_s = LONGEST_WAIT_S if silences <= LONGEST_WAITS else 0.0
                    start_s -= wait_s - borne_s
                    wait_s = borne_s
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
            if number % _ITEMS_A_TURN == 0:
                await asyncio.sleep(0)
            yield item


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
    return join_samples([part for part in parts if part is not None])[0]


def best_samples(recording: Recording) -> ImuSamples:
    """Return the recorded samples, or where some of them are missing and no packets are, decode those.

    Raises RecordingError as `redecode` does.
    """
    lost_packets = sum(damage.packets for damage in recording.damage)
    lost_samples = sum(damage.samples for damage in recording.damage)
    is_short = bool(lost_samples) or not len(recording.samples)
    if is_short and len(recording.packets) and not lost_packets:
        return redecode(recording)
    return recording.samples
