"""Recordings onto a disk: live, a block of every stream each second, or all at once."""

from __future__ import annotations

import io
import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from analysis.samples import ImuSamples, SamplesError
from drivers.source import LinkStatus, RawPacket, SensorInfo
from recordings.chunks import Chunk, walk
from recordings.encoder import Encoder
from recordings.format import (
    METADATA_ID,
    NEW_SUFFIX,
    Closing,
    RecordedEvent,
    RecordingError,
    RecordingMetadata,
    encode_event,
)
from recordings.live_file import LiveFile, checked_target, trouble_text

# Less than a second, so that with a slow fsync not more than the last second is ever at risk.
FLUSH_PERIOD_S: Final = 0.9
# Bounds of what waits in memory while the disk does not take it: some three hours of packets not yet
# encoded (only while one single write hangs), and some twenty hours of encoded blocks.
MAX_WAITING_ITEMS: Final = 2_000_000
MAX_UNSAVED_BYTES: Final = 512 * 2**20
# What has waited for long is cut into blocks that any reader takes.
MAX_ITEMS_IN_BLOCK: Final = 20_000
# What a clock drifts, or a time server corrects, in one step at most.
CLOCK_MOVED_NS: Final = 2_000_000_000
CLOCK_TOLD_NS: Final = 60_000_000_000

_log = logging.getLogger(__name__)


class Recorder:
    """Writes a session while it happens, in a thread of its own.

    `packet`, `link`, `samples` and `event` may be called from any thread; they never wait for the disk
    and never raise because of it. When the disk does not take the data, `trouble` holds a sentence for
    a person, and everything stays in memory until it does or until `save_elsewhere`.

    The file is `<path>.part` until `close` has given it its name. As a context manager it closes itself.
    """

    def __init__(self, path: str | Path, metadata: RecordingMetadata) -> None:
        """Begin a recording at `path`, which ends in .mcap; missing folders are made.

        Raises RecordingError if the name has another ending or is taken. A disk that cannot be written
        is no error here: look at `trouble`.
        """
        self._encoder = Encoder(metadata)
        self._file = LiveFile(checked_target(Path(path)))
        self._unsaved: list[bytes] = [self._encoder.cut()]
        self._lock = threading.Lock()
        self._disk_lock = threading.Lock()
        self._stop = threading.Event()
        self._is_closing = False
        self._is_finished = False
        self._final_path: Path | None = None
        self._packets: list[RawPacket] = []
        self._samples: list[ImuSamples] = []
        self._events: list[RecordedEvent] = []
        self._new_sensor: SensorInfo | None = None
        self._packet_count = 0
        self._sample_count = 0
        self._first_waiting_packet = 0
        self._first_waiting_sample = 0
        self._dropped_count = 0
        self._newest_host_ns = metadata.started_host_ns
        self._newest_encoded_ns = metadata.started_host_ns
        self._packet_host_ns = metadata.started_host_ns
        self._samples_host_ns = metadata.started_host_ns
        self._saved_host_ns = metadata.started_host_ns
        self._disk_trouble: str | None = None
        # Losses stay: no later success brings anything back.
        self._fault: str | None = None
        self._overflow: str | None = None
        self._clock_moved: str | None = None
        self._clock_offset_ns = time.time_ns() - time.monotonic_ns()
        self._clock_told_ns = 0
        with self._disk_lock:
            self._save()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str | None:
        """What keeps the data from the disk, and what is lost for good, for a person; None if nothing is.

        A sentence each. It changes when the trouble does, not with time; only that the computer's clock was
        set, which costs nothing, is told for a minute.
        """
        told = (self._disk_trouble, self._fault, self._overflow, self._clock_moved)
        return " ".join(filter(None, told)) or None

    @property
    def path(self) -> Path:
        """Where the recording is, or will be once it is closed."""
        return self._final_path or self._file.target

    @property
    def metadata(self) -> RecordingMetadata:
        """What the recording says about itself so far."""
        return self._encoder.metadata

    @property
    def saved_host_ns(self) -> int:
        """Host time of the newest packet, link change or event that is certainly on the disk."""
        return self._saved_host_ns

    def packet(self, packet: RawPacket) -> None:
        """Keep a notification."""
        with self._lock:
            if self._is_closing:
                return
            if not self._packets:
                self._first_waiting_packet = self._packet_count
            self._packet_count += 1
            self._packet_host_ns = packet.host_ns
            self._newest_host_ns = max(self._newest_host_ns, packet.host_ns)
            if self._has_room(len(self._packets)):
                self._packets.append(packet)

    def samples(self, samples: ImuSamples) -> None:
        """Keep what was decoded from the packets so far."""
        if not len(samples):
            return
        with self._lock:
            if self._is_closing:
                return
            self._samples_host_ns = self._packet_host_ns
            if not self._samples:
                self._first_waiting_sample = self._sample_count
            self._sample_count += len(samples)
            if self._has_room(len(self._samples)):
                self._samples.append(samples)

    def link(self, status: LinkStatus) -> None:
        """Keep a change of the link."""
        self.event("link", status.host_ns, {"state": status.state, "text": status.text})

    def event(self, kind: str, host_ns: int, data: Mapping[str, Any]) -> None:
        """Keep an event.

        Raises ValueError or TypeError if `data` holds what JSON cannot: NaN, objects of one's own.
        """
        encode_event(RecordedEvent(host_ns, kind, data))
        with self._lock:
            if self._is_closing:
                return
            self._newest_host_ns = max(self._newest_host_ns, host_ns)
            if self._has_room(len(self._events)):
                self._events.append(RecordedEvent(host_ns, kind, dict(data), self._packet_count))

    def describe_sensor(self, sensor: SensorInfo) -> None:
        """Write down what has become known about the sensor since the beginning."""
        with self._lock:
            self._new_sensor = sensor

    def close(self) -> Path:
        """Write what is left, end the file, give it its name and return that.

        If the name was taken meanwhile, a number is added to it. Raises RecordingError if the disk does
        not take it: nothing is lost then; free the disk and close again, or `save_elsewhere` first.
        What is handed in after the first call is ignored.
        """
        if self._final_path:
            return self._final_path
        with self._lock:
            self._is_closing = True
        self._stop.set()
        self._thread.join()
        with self._disk_lock:
            self._encode()
            if not self._is_finished:
                self._finish()
            if self._save():
                try:
                    self._final_path = self._file.seal()
                except OSError as error:
                    self._report(error)
            if not self._final_path:
                raise RecordingError(self._disk_trouble or "the recording could not be closed")
        return self._final_path

    def save_elsewhere(self, path: str | Path) -> None:
        """Go on in another file, with everything so far, as far as the first can still be read.

        What the first disk has and does not give back any more stays there in the old `.part` file.
        Raises RecordingError if the new place does not take it either; nothing has changed then.
        """
        target = checked_target(Path(path))
        with self._disk_lock:
            if self._final_path:
                raise RecordingError(f"the recording is closed and saved as {self._final_path}")
            new = LiveFile(target)
            encoder, unsaved = self._encoder, list(self._unsaved)
            try:
                try:
                    new.copy_from(self._file)
                except OSError:
                    encoder, unsaved = self._begin_again()
                new.append(b"".join(unsaved))
            except OSError as error:
                new.abandon()
                raise RecordingError(f"{target} cannot be written either: {error.strerror}") from error
            self._file.let_go()
            self._file, self._encoder, self._unsaved = new, encoder, []
            self._note_saved()

    def __enter__(self) -> Self:
        """Return the recorder, which is already at work."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the recording; trouble with that does not hide an error that is under way."""
        try:
            self.close()
        except RecordingError:
            if error is None:
                raise
            _log.exception("the recording could not be closed")

    def _has_room(self, waiting: int) -> bool:
        if waiting < MAX_WAITING_ITEMS:
            return True
        self._dropped_count += 1
        return False

    def _run(self) -> None:
        due_s = time.monotonic() + FLUSH_PERIOD_S
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            # From beat to beat: a disk that takes its time must not make what may be lost any longer.
            due_s = max(due_s + FLUSH_PERIOD_S, time.monotonic())
            with self._disk_lock:
                try:
                    self._watch_clock()
                    if sum(map(len, self._unsaved)) < MAX_UNSAVED_BYTES:
                        self._encode()
                    self._save()
                except Exception as error:
                    # Nothing foreseen; the thread must go on all the same, and somebody must hear of it.
                    _log.exception("a block of the recording is lost")
                    self._fault = f"A part of the recording is lost by a fault in the program: {error}."

    def _watch_clock(self) -> None:
        """Notice that somebody has set the computer's clock; host times are monotonic and do not care."""
        now_ns = time.monotonic_ns()
        offset_ns = time.time_ns() - now_ns
        moved_ns, self._clock_offset_ns = offset_ns - self._clock_offset_ns, offset_ns
        if abs(moved_ns) > CLOCK_MOVED_NS:
            moved_s = round(moved_ns * 1e-9, 1)
            way = "forward" if moved_s > 0 else "back"
            self._clock_told_ns = now_ns
            self._clock_moved = (
                f"The computer's clock went {way} by {abs(moved_s):.0f} s. The recording goes on, and its "
                "times of day stay those of the clock it began with."
            )
            self.event("clock_moved", now_ns, {"by_s": moved_s, "text": self._clock_moved})
        elif self._clock_moved and now_ns - self._clock_told_ns > CLOCK_TOLD_NS:
            self._clock_moved = None

    def _encode(self) -> None:
        """Turn what waits into a chunk, or some."""
        with self._lock:
            packets, self._packets = self._packets, []
            samples, self._samples = self._samples, []
            first_packet, first_sample = self._first_waiting_packet, self._first_waiting_sample
            events, self._events = self._events, []
            sensor, self._new_sensor = self._new_sensor, None
            samples_host_ns = self._samples_host_ns
            self._newest_encoded_ns = self._newest_host_ns
        if sensor is not None and sensor != self._encoder.metadata.sensor:
            self._encoder.describe(replace(self._encoder.metadata, sensor=sensor))
        for start in range(0, max(len(packets), len(samples)), MAX_ITEMS_IN_BLOCK):
            if start:
                self._unsaved.append(self._encoder.cut())
            part = slice(start, start + MAX_ITEMS_IN_BLOCK)
            if packets[part]:
                self._encoder.packets(packets[part], first_packet + start)
            for run in _runs(samples[part]):
                self._encoder.samples(run, first_sample, samples_host_ns)
                first_sample += len(run)
        for event in events:
            self._encoder.event(event)
        if chunk := self._encoder.cut():
            self._unsaved.append(chunk)

    def _finish(self) -> None:
        self._encoder.describe(self._encoder.metadata, self._closing())
        self._unsaved.append(self._encoder.finish())
        self._is_finished = True

    def _save(self) -> bool:
        """Bring to the disk what is unsaved; tell whether nothing is left."""
        if not self._unsaved:
            return True
        try:
            self._file.append(b"".join(self._unsaved))
        except OSError as error:
            self._report(error)
            return False
        self._unsaved.clear()
        self._note_saved()
        return True

    def _note_saved(self) -> None:
        self._saved_host_ns = self._newest_encoded_ns
        self._disk_trouble = None
        if self._dropped_count:
            self._overflow = f"The disk was stuck for so long that {self._dropped_count} packets are lost."

    def _report(self, error: OSError) -> None:
        if self._disk_trouble is None:
            _log.warning("the recording does not reach %s: %s", self._file.part, error)
        self._disk_trouble = trouble_text(error, self._file.part)

    def _begin_again(self) -> tuple[Encoder, list[bytes]]:
        """Encode what is unsaved for a file of its own, because the one it continues is out of reach."""
        encoder = Encoder(self._encoder.metadata)
        head = encoder.cut()
        for item in walk(io.BytesIO(b"".join(self._unsaved))):
            if isinstance(item, Chunk):
                for message in item.messages:
                    if message.channel_id != METADATA_ID:
                        encoder.copy(message)
        if not self._is_finished:
            return encoder, [head, encoder.cut()]
        encoder.describe(encoder.metadata, self._closing())
        return encoder, [head, encoder.finish()]

    def _closing(self) -> Closing:
        return Closing(self._packet_count, self._sample_count, self._newest_host_ns)


def write_recording(
    path: str | Path,
    metadata: RecordingMetadata,
    *,
    samples: ImuSamples | None = None,
    packets: Sequence[RawPacket] = (),
    links: Iterable[LinkStatus] = (),
    events: Iterable[RecordedEvent] = (),
    block_s: float = 10.0,
) -> Path:
    """Write a whole recording at once, in blocks of `block_s` seconds, and return its path.

    The first sample is taken to be at the start of the recording. Raises RecordingError if the name is
    taken or not an .mcap name, or if the disk does not take the file, of which nothing stays then.
    """
    target = checked_target(Path(path), NEW_SUFFIX)
    encoder = Encoder(metadata)
    file = LiveFile(target, NEW_SUFFIX)
    try:
        file.write(encoder.cut())
        arrivals_ns = [packet.host_ns for packet in packets]
        for link in links:
            data = {"state": link.state, "text": link.text}
            encoder.event(RecordedEvent(link.host_ns, "link", data, bisect_left(arrivals_ns, link.host_ns)))
        for event in events:
            encoder.event(event)
        ended_ns = metadata.started_host_ns
        for start, end in _blocks(np.array(arrivals_ns) * 1e-9, block_s):
            encoder.packets(packets[start:end], start)
            ended_ns = max(ended_ns, packets[end - 1].host_ns)
            file.write(encoder.cut())
        if samples is not None and len(samples):
            for start, end in _blocks(samples.t_s, block_s):
                since_start_s = float(samples.t_s[end - 1] - samples.t_s[0])
                host_ns = metadata.started_host_ns + round(since_start_s * 1e9)
                encoder.samples(samples[start:end], start, host_ns)
                ended_ns = max(ended_ns, host_ns)
                file.write(encoder.cut())
        closing = Closing(len(packets), 0 if samples is None else len(samples), ended_ns)
        encoder.describe(metadata, closing)
        file.write(encoder.finish())
        file.sync()
        return file.seal()
    except OSError as error:
        file.abandon()
        raise RecordingError(f"{target} cannot be written: {error.strerror}") from error


def _runs(parts: list[ImuSamples]) -> Iterator[ImuSamples]:
    """Join parts that belong into one block: time goes on, and all have a gyroscope or none has."""
    if not parts:
        return
    try:
        yield ImuSamples.concatenate(parts)
    except SamplesError:
        middle = len(parts) // 2
        if not middle:
            raise
        yield from _runs(parts[:middle])
        yield from _runs(parts[middle:])


def _blocks(t_s: NDArray[np.float64], block_s: float) -> Iterator[tuple[int, int]]:
    """Cut a time axis into rows of at most `block_s` seconds."""
    start = 0
    while start < t_s.size:
        end = start + max(1, int(np.searchsorted(t_s[start:], t_s[start] + block_s)))
        yield start, end
        start = end
