"""A recording file into arrays: fast, bounded, and exact about what is missing."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, get_args, overload

import numpy as np
from numpy.typing import NDArray

from analysis.samples import ImuSamples, SamplesError
from drivers.source import LinkState, LinkStatus, RawPacket, SensorInfo, SourceItem
from recordings.blocks import ImuBlock, PacketBlock, in_units
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
from recordings.layouts import Alike, Layouts, packets_apart, samples_apart

_LINK_STATES: Final = frozenset(get_args(LinkState))
_IDS: Final = {topic: channel_id for channel_id, (topic, *_) in CHANNELS.items()}
_SEARCHED_BYTES = 4096
_KEPT = frozenset({RAW_ID, IMU_ID, EVENTS_ID})
# A hundred years; False for what is not a number, too.
_LONGEST_S = 3e9
_MAX_INDEX = 2**48


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
class PacketLog:
    """All packets of a recording, a sequence that makes each `RawPacket` when it is asked for.

    host_ns (n,); index (n,): how many packets had been received before each; ends (n,): where each ends
    in `payloads`; characteristic (n,): index into `characteristics`.
    """

    host_ns: NDArray[np.int64]
    index: NDArray[np.int64]
    ends: NDArray[np.int64]
    characteristic: NDArray[np.uint16]
    characteristics: tuple[str, ...]
    payloads: bytes

    def __len__(self) -> int:
        """Return the number of packets."""
        return self.host_ns.size

    @overload
    def __getitem__(self, at: int) -> RawPacket: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[RawPacket, ...]: ...
    def __getitem__(self, at: int | slice) -> RawPacket | tuple[RawPacket, ...]:
        """Return one packet or some."""
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        i = range(len(self))[at]
        start = int(self.ends[i - 1]) if i else 0
        return RawPacket(
            int(self.host_ns[i]),
            self.characteristics[int(self.characteristic[i])],
            self.payloads[start : int(self.ends[i])],
        )

    def __iter__(self) -> Iterator[RawPacket]:
        """Yield the packets in the order of their arrival."""
        start = 0
        for host_ns, end, name in zip(
            self.host_ns.tolist(), self.ends.tolist(), self.characteristic.tolist(), strict=True
        ):
            yield RawPacket(host_ns, self.characteristics[name], self.payloads[start:end])
            start = end


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
    closing = found.closing or Closing(found.next_packet, found.next_sample, ended_ns, complete=False)
    return ReadMessages(recording, tuple(found.messages), closing)


def _assemble(path: Path, keeps_messages: bool) -> _Assembly:
    with open_recording(path) as stream:
        found = _Assembly(keeps_messages)
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


@dataclass(slots=True)
class _Assembly:
    """What has been read so far. keeps_messages: also the messages themselves."""

    keeps_messages: bool
    metadata: RecordingMetadata | None = None
    recorded_metadata: RecordingMetadata | None = None
    closing: Closing | None = None
    ids: dict[int, int] = field(default_factory=lambda: {i: i for i in CHANNELS})
    layouts: Layouts = field(default_factory=Layouts)
    packets: list[PacketBlock | Alike[PacketBlock]] = field(default_factory=list)
    samples: list[ImuBlock | Alike[ImuBlock]] = field(default_factory=list)
    events: list[RecordedEvent] = field(default_factory=list)
    missing: list[_Missing] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    next_packet: int = 0
    next_sample: int = 0
    next_sequence: int = 1
    lost_packets: int = 0
    lost_samples: int = 0
    lost_messages: int = 0
    newest_ns: int | None = None
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
        if chunk.topics:
            self.ids |= {channel_id: _IDS.get(topic, 0) for channel_id, topic in chunk.topics.items()}
        newest_ns = self.newest_ns or 0
        oldest_ns: int | None = None
        for start, end in chunk.places:
            channel_id, sequence, log_ns, publish_ns = MESSAGE_HEAD.unpack_from(chunk.data, start)
            kind = self.ids.get(channel_id, 0)
            data = chunk.data[start + MESSAGE_HEAD.size : end]
            try:
                measured = self._take_message(kind, log_ns, publish_ns, data)
            except BlockError as error:
                self.missing.append(_Missing(chunk.start_byte, chunk.end_byte, is_open=True, note=str(error)))
                continue
            if self.keeps_messages and kind in _KEPT:
                self.messages.append(Message(kind, sequence, log_ns, publish_ns, memoryview(data)))
            if sequence > self.next_sequence:
                self.lost_messages += sequence - self.next_sequence
            self.next_sequence = sequence + 1
            newest_ns = max(newest_ns, log_ns)
            if measured and (oldest_ns is None or publish_ns < oldest_ns):
                oldest_ns = publish_ns
        if oldest_ns is not None and (
            self.missing or self.lost_packets or self.lost_samples or self.lost_messages
        ):
            self._settle(chunk.start_byte, oldest_ns)
        self.newest_ns = newest_ns

    def _take_message(self, kind: int, log_ns: int, publish_ns: int, data: bytes) -> bool:
        """Take in one message, count what should have come before it; tell whether it ends a silence."""
        if kind == RAW_ID:
            packets = self.layouts.packets(data)
            if packets.first_index != self.next_packet:
                self.lost_packets += _jump(packets.first_index, self.next_packet)
            self.next_packet = packets.first_index + packets.length
            self.packets.append(packets)
            if self.anchor_ns is None:
                self.anchor_ns = publish_ns, int(packets_apart([packets])[0].host_ns[0])
            return True
        if kind == IMU_ID:
            samples = self.layouts.samples(data)
            if samples.first_index != self.next_sample:
                self.lost_samples += _jump(samples.first_index, self.next_sample)
            self.next_sample = samples.first_index + samples.length
            self.samples.append(samples)
            if self.anchor_ns is None:
                self.anchor_ns = log_ns, samples.host_ns
            return True
        if kind == EVENTS_ID:
            self.events.append(decode_event(data))
        elif kind == METADATA_ID:
            self.metadata, self.closing = decode_metadata(data)
            if self.closing is None:
                return False
            self.lost_packets += max(0, self.closing.packets - self.next_packet)
            self.lost_samples += max(0, self.closing.samples - self.next_sample)
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

    def _take_end(self, end: End) -> None:
        for each in self.missing:
            if each.is_open and self.closing is None:
                each.from_ns = self._known_until_ns(0)
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
        samples, notes = join_samples(samples_apart(self.samples))
        packets = _join_packets(packets_apart(self.packets))
        if not (self.metadata or self.recorded_metadata):
            notes.append("what was recorded, when and with which sensor is lost")
        links = [event for event in self.events if _is_link(event)]
        return Recording(
            path=path,
            metadata=metadata,
            packets=packets,
            links=tuple(LinkStatus(e.host_ns, e.data["state"], e.data["text"]) for e in links),
            link_after=tuple(event.after_packets for event in links),
            samples=samples,
            zero_host_ns=_zero_host_ns(self.samples, metadata.started_host_ns),
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


def _jump(first_index: int, expected: int) -> int:
    """Return how many are missing before a block. Raises BlockError for one that cannot follow."""
    if first_index < expected:
        raise BlockError("a block stands in it twice")
    if first_index > _MAX_INDEX:
        raise BlockError("a block with a number that cannot be")
    return first_index - expected


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


_NO_NUMBERS = np.empty(0, dtype=np.int64)
_NO_PACKETS = PacketLog(_NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, np.empty(0, dtype=np.uint16), (), b"")


def _join_packets(blocks: list[PacketBlock]) -> PacketLog:
    """Return all packets."""
    if not blocks:
        return _NO_PACKETS
    counts = np.array([block.length for block in blocks])
    before = np.cumsum(counts) - counts
    index = np.repeat(np.array([block.first_index for block in blocks]) - before, counts)
    index += np.arange(index.size)
    names = tuple(dict.fromkeys(chain.from_iterable({block.characteristics: None for block in blocks})))
    # The same names in all blocks are the rule; only others need other numbers.
    numbers = [
        block.characteristic
        if block.characteristics == names
        else np.array([names.index(name) for name in block.characteristics])[block.characteristic]
        for block in blocks
    ]
    return PacketLog(
        host_ns=_concatenated([block.host_ns for block in blocks]),
        index=index,
        ends=np.cumsum(_concatenated([block.sizes for block in blocks]), dtype=np.int64),
        characteristic=_concatenated(numbers).astype(np.uint16, copy=False),
        characteristics=names,
        payloads=b"".join([block.payloads for block in blocks]),
    )


def _concatenated(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _zero_host_ns(blocks: list[ImuBlock | Alike[ImuBlock]], assumed_ns: int) -> int:
    """Return the host time of t_s = 0: the earliest that any block speaks for, as all arrive late."""
    newest_s = ((block.host_ns, block.newest_s) for block in blocks)
    return min([ns - round(t * 1e9) for ns, t in newest_s if abs(t) < _LONGEST_S], default=assumed_ns)


def join_samples(blocks: Sequence[ImuBlock | ImuSamples]) -> tuple[ImuSamples, list[str]]:
    """Return all samples, and a note for each kind of them that had to be left out."""
    if not blocks:
        return ImuSamples(np.empty(0), np.empty((0, 3))), []
    notes: list[str] = []
    has_gyro = [
        (block.gyr if isinstance(block, ImuBlock) else block.gyr_radps) is not None for block in blocks
    ]
    gyr = _joined([_gyr_of(block) for block in blocks]) if all(has_gyro) else None
    if any(has_gyro) and gyr is None:
        notes.append("a part of the samples has no rotation rate, so that none is used")
    t_s = _concatenated([block.t_s for block in blocks])
    acc = _joined([_acc_of(block) for block in blocks])
    try:
        return ImuSamples(t_s, acc, gyr), notes
    except SamplesError:
        good = np.isfinite(t_s) & np.isfinite(acc).all(axis=1)
        if gyr is not None:
            good &= np.isfinite(gyr).all(axis=1)
        rows = np.flatnonzero(good)
        newest = np.maximum.accumulate(t_s[rows]) if rows.size else t_s[rows]
        rows = rows[np.concatenate([[True], newest[1:] > newest[:-1]])[: rows.size]]
        notes.append(f"{t_s.size - rows.size} samples cannot be: time goes back, or they are not numbers")
        return ImuSamples(t_s[rows], acc[rows], None if gyr is None else gyr[rows]), notes


_Scaled = tuple[NDArray[Any], float | None]


def _acc_of(block: ImuBlock | ImuSamples) -> _Scaled:
    return (block.acc, block.acc_unit_mps2) if isinstance(block, ImuBlock) else (block.acc_mps2, None)


def _gyr_of(block: ImuBlock | ImuSamples) -> _Scaled:
    found = (block.gyr, block.gyr_unit_radps) if isinstance(block, ImuBlock) else (block.gyr_radps, None)
    assert found[0] is not None
    return found[0], found[1]


def _joined(parts: list[_Scaled]) -> NDArray[np.float64]:
    """Return all values; counts of one unit, which is the rule, in one go."""
    units = {unit for _, unit in parts}
    if len(units) == 1:
        return in_units(_concatenated([array for array, _ in parts]), units.pop())
    return np.concatenate([in_units(array, unit) for array, unit in parts])
