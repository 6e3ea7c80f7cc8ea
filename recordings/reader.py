"""A recording file into arrays: fast, bounded, and exact about what is missing."""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, get_args

import numpy as np

from analysis.samples import ImuSamples
from drivers.source import LinkState, LinkStatus, SensorInfo, SourceItem
from recordings.chunks import (
    MAGIC,
    MESSAGE_HEAD,
    Chunk,
    End,
    Message,
    MetadataRecord,
    TooMuchDataError,
    Torn,
    walk,
)
from recordings.format import (
    CHANNELS,
    EVENTS_ID,
    IMU_ID,
    METADATA_ID,
    PROFILE,
    RAW_ID,
    BlockError,
    Closing,
    RecordedEvent,
    RecordingError,
    RecordingMetadata,
    decode_event,
    decode_metadata,
    decode_metadata_record,
)
from recordings.joined import (
    MAX_LAYOUTS,
    Fixed,
    JoinedPackets,
    JoinedSamples,
    PacketLayout,
    PacketLog,
    SampleLayout,
    between,
    fits,
)

_LINK_STATES: Final = frozenset(get_args(LinkState))
_IDS: Final = {topic: channel_id for channel_id, (topic, *_) in CHANNELS.items()}
_SEARCHED_BYTES = 4096
_KEPT = frozenset({RAW_ID, IMU_ID, EVENTS_ID})


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of the file that cannot be used, and what is missing with it.

    start_byte, end_byte: the part; equal where bytes are missing without a trace.
    missing_from_s, missing_to_s: seconds since the start of the recording; both None where nothing that
        was measured is missing, missing_to_s None where it is not known up to when.
    packets, samples: how many are known to be missing.
    text: the same for a person.
    """

    start_byte: int
    end_byte: int
    text: str
    missing_from_s: float | None = None
    missing_to_s: float | None = None
    packets: int = 0
    samples: int = 0

    @property
    def missing_s(self) -> float:
        """How much time is missing, as far as it is known."""
        if self.missing_from_s is None or self.missing_to_s is None:
            return 0.0
        return self.missing_to_s - self.missing_from_s


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Everything that could be read from a file.

    samples: the decoded samples, in time order. links, events: in the order they happened; `link_after`
    holds for each link change how many packets had come before it.
    zero_host_ns: host time of t_s = 0, from the least delayed block.
    complete: closed in order, with its end still there. damage: what is wrong, in file order.
    duration_s: from the start of the recording to the newest thing in it.
    """

    path: Path
    metadata: RecordingMetadata
    packets: PacketLog
    links: tuple[LinkStatus, ...]
    link_after: tuple[int, ...]
    samples: ImuSamples
    zero_host_ns: int
    events: tuple[RecordedEvent, ...]
    damage: tuple[Damage, ...]
    complete: bool
    duration_s: float

    def source_items(self) -> Iterator[SourceItem]:
        """Yield packets and link changes in the order they happened."""
        places = np.searchsorted(self.packets.index, np.array(self.link_after, dtype=np.int64)).tolist()
        links = list(zip(places, self.links, strict=True))
        for place, packet in enumerate(self.packets):
            while links and links[0][0] <= place:
                yield links.pop(0)[1]
            yield packet
        yield from (link for _, link in links)


def read(path: str | Path) -> Recording:
    """Read a recording, closed or not, damaged or not.

    Raises RecordingError, one sentence, if there is no such file, it is not a recording, a newer program
    wrote it, or nothing in it can be used. Everything less is reported in `damage`.
    """
    path = Path(path)
    return _assemble(path, keeps_messages=False).recording(path)


@dataclass(frozen=True, slots=True, eq=False)
class ReadMessages:
    """A recording together with the messages that it was read from, less the metadata.

    closing: the totals as they should be, also where the recording was never closed.
    """

    recording: Recording
    messages: tuple[Message, ...]
    closing: Closing


def read_messages(path: str | Path) -> ReadMessages:
    """Read a recording as `read` does and keep the messages in it, byte for byte. Raises RecordingError."""
    path = Path(path)
    found = _assemble(path, keeps_messages=True)
    recording = found.recording(path)
    ended_ns = recording.metadata.host_ns(found.newest_ns or 0)
    closing = found.closing or Closing(
        found.packets.next_index, found.samples.next_index, ended_ns, complete=False
    )
    return ReadMessages(recording, tuple(found.messages), closing)


def _assemble(path: Path, keeps_messages: bool) -> _Assembly:
    with open_recording(path) as stream:
        size_bytes = stream.seek(0, 2)
        found = _Assembly(keeps_messages, JoinedPackets(size_bytes), JoinedSamples(size_bytes))
        try:
            for item in walk(stream):
                found.take(item)
        except TooMuchDataError as error:
            raise RecordingError(f"{path} cannot be trusted: it holds {error}") from error
        except RecordingError as error:
            raise RecordingError(f"{path} cannot be read: {error}") from error
    if not found.is_ours:
        raise RecordingError(f"{path} is not a recording of this program, or nothing of it is left")
    return found


def open_recording(path: Path) -> BinaryIO:
    """Open a file that may well be a recording.

    Raises RecordingError if it is missing, no file (a folder, a device, a pipe), empty, may not be read, or
    is something else.
    """
    try:
        if is_endless(path):
            raise RecordingError(f"{path} is a device, a pipe or a socket, not a recording")
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise RecordingError(f"there is no file {path}") from error
    except IsADirectoryError as error:
        raise RecordingError(f"{path} is a folder, not a recording") from error
    except OSError as error:
        what = "is a folder, not a recording" if path.is_dir() else f"cannot be opened: {error.strerror}"
        raise RecordingError(f"{path} {what}") from error
    try:
        start = stream.read(_SEARCHED_BYTES)
    except OSError as error:
        start = MAGIC
        del error  # an unreadable sector is damage, which the walk reports
    if not start:
        stream.close()
        raise RecordingError(f"{path} is empty")
    # A flipped bit in the first bytes must not cost the recording; a film must not be searched to its end.
    if not start.startswith(MAGIC) and PROFILE.encode() not in start:
        stream.close()
        raise RecordingError(f"{path} is not a recording (an .mcap file)")
    return stream


def is_endless(path: Path) -> bool:
    """Tell whether reading may never end, or wait for somebody: no file, no folder. Raises OSError."""
    mode = path.stat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@dataclass(slots=True)
class _Missing:
    """Damage in the making; times are ns on the wall clock. is_open: not yet known what is missing."""

    start_byte: int
    end_byte: int
    from_ns: int | None = None
    to_ns: int | None = None
    packets: int = 0
    samples: int = 0
    is_open: bool = False
    note: str | None = None


class _ChunkLayout(NamedTuple):
    """How a chunk is laid out that holds a block of packets and one of samples, which is the rule.

    fixed: places and bytes of all that is the same in each. raw, imu: where the two messages begin.
    """

    fixed: Fixed
    raw: int
    imu: int
    packets: PacketLayout
    samples: SampleLayout


# Sequence number, log time, publish time and first index of a message; of samples, the host time too.
_RAW_HEAD = struct.Struct("<2xIQQ4xQ")
_IMU_HEAD = struct.Struct("<2xIQQ4xQq")


@dataclass(slots=True)
class _Assembly:
    """What has been read so far. keeps_messages: also the messages themselves."""

    keeps_messages: bool
    packets: JoinedPackets
    samples: JoinedSamples
    metadata: RecordingMetadata | None = None
    recorded_metadata: RecordingMetadata | None = None
    closing: Closing | None = None
    ids: dict[int, int] = field(default_factory=lambda: {i: i for i in CHANNELS})
    events: list[RecordedEvent] = field(default_factory=list)
    missing: list[_Missing] = field(default_factory=list)
    layouts: dict[int, _ChunkLayout] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    next_sequence: int = 1
    lost_packets: int = 0
    lost_samples: int = 0
    lost_messages: int = 0
    newest_ns: int | None = None
    # Of the packets and of the samples alone, by channel.
    newest_of_ns: dict[int, int] = field(default_factory=dict)
    # Wall clock and host clock at one instant, should the metadata be lost.
    anchor_ns: tuple[int, int] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether anything in the file could only come from this program."""
        return bool(self.metadata or self.recorded_metadata or self.packets or self.samples)

    def take(self, item: Chunk | Torn | MetadataRecord | End) -> None:
        """Take in the next thing that the walk found. Raises RecordingError for a newer format."""
        if isinstance(item, Chunk):
            self._take_chunk(item)
        elif isinstance(item, Torn):
            self.missing.append(_Missing(item.start_byte, item.end_byte, is_open=True))
        elif isinstance(item, MetadataRecord):
            if item.name == PROFILE:
                # The message in the first chunk says the same.
                with suppress(BlockError):
                    self.recorded_metadata = decode_metadata_record(item.entries)
        else:
            self._take_end(item)

    def _take_chunk(self, chunk: Chunk) -> None:
        if self._take_alike(chunk):
            return
        if chunk.topics:
            self.layouts.clear()
            self.ids |= {channel_id: _IDS.get(topic, 0) for channel_id, topic in chunk.topics.items()}
        newest_ns = self.newest_ns or 0
        oldest_ns: int | None = None
        for start, end in chunk.places:
            channel_id, sequence, log_ns, publish_ns = MESSAGE_HEAD.unpack_from(chunk.data, start)
            kind = self.ids.get(channel_id, 0)
            start += MESSAGE_HEAD.size
            try:
                measured = self._take_message(kind, log_ns, publish_ns, chunk.data, start, end)
            except BlockError as error:
                self.missing.append(_Missing(chunk.start_byte, chunk.end_byte, is_open=True, note=str(error)))
                continue
            if self.keeps_messages and kind in _KEPT:
                data = memoryview(chunk.data)[start:end]
                self.messages.append(Message(kind, sequence, log_ns, publish_ns, data))
            if sequence > self.next_sequence:
                self.lost_messages += sequence - self.next_sequence
            self.next_sequence = sequence + 1
            newest_ns = max(newest_ns, log_ns)
            if kind in (RAW_ID, IMU_ID):
                self.newest_of_ns[kind] = max(log_ns, self.newest_of_ns.get(kind, 0))
            if measured and (oldest_ns is None or publish_ns < oldest_ns):
                oldest_ns = publish_ns
        if oldest_ns is not None and (
            self.missing or self.lost_packets or self.lost_samples or self.lost_messages
        ):
            self._settle(chunk.start_byte, oldest_ns)
        self.newest_ns = newest_ns
        self._remember(chunk)

    def _take_alike(self, chunk: Chunk) -> bool:
        """Take in a chunk that follows the last one and is laid out like one before; tell whether it is."""
        data = chunk.data
        layout = self.layouts.get(len(data))
        if layout is None or self.keeps_messages or not fits(data, 0, layout.fixed):
            return False
        if self.missing or self.lost_packets or self.lost_samples or self.lost_messages:
            return False
        sequence, log_ns, _, packet = _RAW_HEAD.unpack_from(data, layout.raw)
        next_sequence, next_log_ns, _, sample, host_ns = _IMU_HEAD.unpack_from(data, layout.imu)
        packets, samples = self.packets, self.samples
        if (
            sequence != self.next_sequence
            or next_sequence != sequence + 1
            or packet != packets.next_index
            or sample != samples.next_index
        ):
            return False
        packets.add(layout.packets, data, layout.raw + MESSAGE_HEAD.size, packet)
        samples.add(layout.samples, data, layout.imu + MESSAGE_HEAD.size, sample, host_ns)
        self.next_sequence = next_sequence + 1
        self.newest_ns = max(self.newest_ns or 0, log_ns, next_log_ns)
        self.newest_of_ns[RAW_ID], self.newest_of_ns[IMU_ID] = log_ns, next_log_ns
        return True

    def _remember(self, chunk: Chunk) -> None:
        """Remember how a chunk is laid out if the next ones may be like it."""
        if len(chunk.places) != 2 or self.missing or chunk.topics or len(self.layouts) == MAX_LAYOUTS:
            return
        (raw, _), (imu, _) = chunk.places
        kinds = [self.ids.get(MESSAGE_HEAD.unpack_from(chunk.data, start)[0]) for start in (raw, imu)]
        if kinds != [RAW_ID, IMU_ID]:
            return
        layouts = self.packets.last_layout, self.samples.last_layout
        measured: list[tuple[int, int]] = []
        for start, layout in zip((raw, imu), layouts, strict=True):
            body = start + MESSAGE_HEAD.size
            # Of the head only the number of the channel stays the same.
            measured.append((start + 2, body))
            measured += [(body + from_, body + to) for from_, to in layout.measured]
        self.layouts[len(chunk.data)] = _ChunkLayout(between(chunk.data, measured), raw, imu, *layouts)

    def _take_message(
        self, kind: int, log_ns: int, publish_ns: int, data: bytes, start: int, end: int
    ) -> bool:
        """Take in one message, count what should have come before it; tell whether it ends a silence."""
        if kind == RAW_ID:
            self.lost_packets += self.packets.take(data, start, end)
            if self.anchor_ns is None:
                self.anchor_ns = publish_ns, self.packets.oldest_host_ns
            return True
        if kind == IMU_ID:
            self.lost_samples += self.samples.take(data, start, end)
            if self.anchor_ns is None:
                self.anchor_ns = log_ns, self.samples.oldest_host_ns
            return True
        if kind == EVENTS_ID:
            self.events.append(decode_event(data[start:end]))
        elif kind == METADATA_ID:
            self.metadata, self.closing = decode_metadata(data[start:end])
            if self.closing is None:
                return False
            self.lost_packets += max(0, self.closing.packets - self.packets.next_index)
            self.lost_samples += max(0, self.closing.samples - self.samples.next_index)
            return True
        return False

    def _settle(self, at_byte: int, to_ns: int) -> None:
        """Say of damage what is missing with it, now that data goes on."""
        is_lost = bool(self.lost_packets or self.lost_samples or self.lost_messages)
        waiting = [each for each in self.missing if each.is_open]
        if not waiting and is_lost:
            waiting = [_Missing(at_byte, at_byte)]
            self.missing += waiting
        for each in waiting:
            each.is_open = False
            if is_lost:
                each.from_ns, each.to_ns = self._known_until_ns(to_ns), to_ns
                each.packets, each.samples = self.lost_packets, self.lost_samples
                # Counted once.
                self.lost_packets = self.lost_samples = self.lost_messages = 0
                is_lost = False

    def _known_until_ns(self, otherwise_ns: int) -> int:
        if self.newest_ns is not None:
            return self.newest_ns
        metadata = self.metadata or self.recorded_metadata
        return otherwise_ns if metadata is None else metadata.started_wall_ns

    def _both_known_until_ns(self) -> int:
        """Until when what is there is whole: packets may go on where the samples made of them are lost.

        Imported recordings have no packets.
        """
        if RAW_ID in self.newest_of_ns and IMU_ID not in self.newest_of_ns:
            metadata = self.metadata or self.recorded_metadata
            return 0 if metadata is None else metadata.started_wall_ns
        return min(self.newest_of_ns.values(), default=self._known_until_ns(0))

    def _take_end(self, end: End) -> None:
        for each in self.missing:
            if each.is_open and self.closing is None:
                each.from_ns = self._both_known_until_ns()
        if end.data_end_byte is None:
            if self.closing is not None and end.data_intact:
                self.missing.append(_Missing(0, 0, note="the index at its end is cut off"))
            return
        if not end.data_intact and not self.missing:
            self.missing.append(_Missing(0, end.data_end_byte, note="bytes between the blocks have changed"))
        if not end.index_intact:
            self.missing.append(_Missing(end.data_end_byte, end.data_end_byte, note="its index is damaged"))

    def recording(self, path: Path) -> Recording:
        """Return everything as arrays."""
        metadata = self.metadata or self.recorded_metadata or self._assumed_metadata()
        samples, notes = self.samples.samples()
        if not (self.metadata or self.recorded_metadata):
            notes.append("what was recorded, when and with which sensor is lost")
        links = [event for event in self.events if _is_link(event)]
        return Recording(
            path=path,
            metadata=metadata,
            packets=self.packets.log(),
            links=tuple(LinkStatus(e.host_ns, e.data["state"], e.data["text"]) for e in links),
            link_after=tuple(event.after_packets for event in links),
            samples=samples,
            zero_host_ns=self.samples.zero_host_ns(metadata.started_host_ns),
            events=tuple(event for event in self.events if not _is_link(event)),
            damage=(
                *(_damage(each, metadata) for each in self.missing),
                *(Damage(0, 0, note) for note in notes),
            ),
            complete=self.closing is not None and self.closing.complete,
            duration_s=0.0 if self.newest_ns is None else max(0.0, metadata.since_start_s(self.newest_ns)),
        )

    def _assumed_metadata(self) -> RecordingMetadata:
        wall_ns, host_ns = self.anchor_ns or (0, 0)
        return RecordingMetadata(
            sensor=SensorInfo(driver="unknown", model="unknown", name="unknown"),
            session_id="unknown",
            started_wall_ns=wall_ns,
            started_host_ns=host_ns,
        )


def _is_link(event: RecordedEvent) -> bool:
    return (
        event.kind == "link"
        and event.data.get("state") in _LINK_STATES
        and isinstance(event.data.get("text"), str)
    )


def _damage(missing: _Missing, metadata: RecordingMetadata) -> Damage:
    place = f"bytes {missing.start_byte} to {missing.end_byte} cannot be read"
    if missing.start_byte == missing.end_byte:
        place = "a part was never written"
    if missing.note:
        place = missing.note
    if missing.from_ns is None:
        return Damage(missing.start_byte, missing.end_byte, f"{place}; nothing measured is missing")
    from_s = metadata.since_start_s(missing.from_ns)
    if missing.to_ns is None:
        text = f"{place}; what came after {from_s:.1f} s is missing"
        return Damage(missing.start_byte, missing.end_byte, text, from_s)
    to_s = max(from_s, metadata.since_start_s(missing.to_ns))
    counts = [f"{n} {what}" for n, what in ((missing.packets, "packets"), (missing.samples, "samples")) if n]
    what = " and ".join(counts) or "notes and events"
    text = f"{place}; {what} are missing from {from_s:.1f} s to {to_s:.1f} s"
    return Damage(missing.start_byte, missing.end_byte, text, from_s, to_s, missing.packets, missing.samples)
