"""What is recorded to the messages of a file, in memory; whoever calls it puts them on a disk."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.samples import ImuSamples
from drivers.source import RawPacket
from recordings.blocks import ImuBlock, encode_packets, encode_samples
from recordings.chunks import Message
from recordings.container import Container
from recordings.counts import Counts
from recordings.format import (
    CHANNELS,
    EVENTS_ID,
    IMU_ID,
    METADATA_ID,
    PROFILE,
    RAW_ID,
    Closing,
    RecordedEvent,
    RecordingMetadata,
    encode_event,
    encode_metadata,
    installed_version,
    metadata_record,
)


class Encoder:
    """The growing contents of one recording file."""

    __slots__ = ("_acc_counts", "_container", "_gyr_counts", "_sequence", "metadata")

    def __init__(self, metadata: RecordingMetadata) -> None:
        """Begin a file with its metadata; the first `cut` returns its head."""
        self.metadata = metadata
        self._acc_counts, self._gyr_counts = Counts(), Counts()
        self._sequence = 0
        library = f"eccentric-monitor {installed_version() or ''}".rstrip()
        self._container = Container(PROFILE, library)
        self._container.metadata(PROFILE, metadata_record(metadata))
        for channel_id, channel in CHANNELS.items():
            registered_id = self._container.channel(*channel)
            assert registered_id == channel_id  # they are numbered from 1; the format fixes these ids
        self.describe(metadata)

    def describe(self, metadata: RecordingMetadata, closing: Closing | None = None) -> None:
        """Add a `/metadata` message; the last one in a file counts."""
        self.metadata = metadata
        host_ns = metadata.started_host_ns if closing is None else closing.ended_host_ns
        self.message(METADATA_ID, host_ns, host_ns, encode_metadata(metadata, closing))

    def packets(self, packets: Sequence[RawPacket], first_index: int) -> None:
        """Add a `/ble/raw` block of one packet or more."""
        self.message(RAW_ID, packets[-1].host_ns, packets[0].host_ns, encode_packets(first_index, packets))

    def samples(self, samples: ImuSamples, first_index: int, host_ns: int) -> None:
        """Add an `/imu` block of one sample or more, the last of which had arrived at host_ns."""
        span_ns = round((float(samples.t_s[-1]) - float(samples.t_s[0])) * 1e9)
        acc = self._acc_counts.of(samples.acc_mps2)
        gyr = None if samples.gyr_radps is None else self._gyr_counts.of(samples.gyr_radps)
        block = ImuBlock(
            first_index,
            host_ns,
            samples.t_s,
            samples.acc_mps2 if acc is None else acc[0],
            samples.gyr_radps if gyr is None else gyr[0],
            None if acc is None else acc[1],
            None if gyr is None else gyr[1],
        )
        self.message(IMU_ID, host_ns, host_ns - span_ns, encode_samples(block))

    def event(self, event: RecordedEvent) -> None:
        """Add an `/events` message."""
        self.message(EVENTS_ID, event.host_ns, event.host_ns, encode_event(event))

    def copy(self, message: Message) -> None:
        """Add a message of another file of this format, byte for byte."""
        self._add(message.channel_id, message.log_ns, message.publish_ns, message.data)

    def message(self, channel_id: int, newest_host_ns: int, oldest_host_ns: int, data: bytes) -> None:
        """Add a message of any channel."""
        self._add(
            channel_id, self.metadata.wall_ns(newest_host_ns), self.metadata.wall_ns(oldest_host_ns), data
        )

    def _add(self, channel_id: int, log_ns: int, publish_ns: int, data: bytes | memoryview) -> None:
        self._sequence += 1
        self._container.message(channel_id, self._sequence & 0xFFFFFFFF, log_ns, publish_ns, data)

    def cut(self) -> bytes:
        """End the chunk and return all bytes made since the last cut."""
        return self._container.cut()

    def finish(self) -> bytes:
        """End the file with its index and return the remaining bytes. The encoder is used up."""
        return self._container.finish()
