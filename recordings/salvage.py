"""What of a recording is whole, and a new file with all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from recordings.blocks import decode_packets, decode_samples, encode_block, encode_samples
from recordings.encoder import Encoder
from recordings.encryption import ENCRYPTED_SUFFIX
from recordings.format import (
    EVENTS_ID,
    FORMAT_VERSION,
    IMU_ID,
    LIVE_SUFFIX,
    NEW_SUFFIX,
    RAW_ID,
    SUFFIX,
    RecordedEvent,
    RecordingError,
)
from recordings.live_file import LiveFile, checked_target, is_being_written
from recordings.reader import Damage, Recording, read_messages

_SALVAGED = "-salvaged"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of a recording found.

    complete: closed in order, with its end still there. duration_s: from the start to the newest thing in
    the file. intact_s: that, less what is known to be missing. damage: where and since when. before: what was
    missing already in the file that this one was saved from.
    """

    path: Path
    complete: bool
    duration_s: float
    intact_s: float
    packets: int
    samples: int
    events: int
    damage: tuple[Damage, ...]
    before: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing at all is wrong."""
        return self.complete and not self.damage

    @property
    def lines(self) -> tuple[str, ...]:
        """The same for a person, line by line."""
        state = (
            "closed in order"
            if self.complete
            else "not closed in order: up to its last second may be missing"
        )
        return (
            f"{self.path}: {'intact' if self.intact else 'damaged' if self.damage else 'unfinished'}",
            f"recording: {state}",
            f"intact: {self.intact_s:.1f} s of {self.duration_s:.1f} s, {self.packets} packets, "
            f"{self.samples} samples, {self.events} events",
            *(f"missing: {damage.text}" for damage in self.damage),
            *(f"missing before it was saved: {text}" for text in self.before),
        )


def verify(path: str | Path) -> Verification:
    """Read every byte of a recording and tell what is whole. Raises RecordingError if nothing can be read."""
    return _verification(read_messages(path).recording)


def salvage(source: str | Path, target: str | Path) -> Verification:
    """Write all that is whole in a recording to a new, closed file; the source stays as it is.

    Messages are taken over byte for byte, those of an older format in the present one; an event "salvaged"
    says what was missing. Returns the check of the source. Raises RecordingError if nothing can be read or
    the target cannot be written.
    """
    found = read_messages(source)
    verification = _verification(found.recording)
    new = checked_target(Path(target), NEW_SUFFIX)
    metadata = replace(found.recording.metadata, format_version=FORMAT_VERSION)
    encoder = Encoder(metadata)
    file = LiveFile(new, NEW_SUFFIX)
    in_chunk: set[int] = set()
    try:
        for message in found.messages:
            # As they were recorded: one block of each stream to a chunk, so that damage stays small.
            if message.channel_id in in_chunk:
                file.write(encoder.cut())
                in_chunk.clear()
            if message.channel_id != EVENTS_ID:
                in_chunk.add(message.channel_id)
            if message.channel_id == RAW_ID:
                message = message._replace(data=encode_block(decode_packets(message.data)))
            elif message.channel_id == IMU_ID:
                message = message._replace(data=encode_samples(decode_samples(message.data)))
            encoder.copy(message)
        data = {"complete": verification.complete, "damage": [asdict(each) for each in verification.damage]}
        encoder.event(RecordedEvent(found.closing.ended_host_ns, "salvaged", data, found.closing.packets))
        encoder.describe(metadata, found.closing)
        file.write(encoder.finish())
        file.sync()
        file.seal()
    except OSError as error:
        file.abandon()
        raise RecordingError(f"{new} cannot be written: {error.strerror}") from error
    return verification


def find_unfinished(folder: str | Path) -> tuple[Path, ...]:
    """Return the recordings in a folder that a crash or a power cut has left, and that were not finished yet.

    Empty if there is no such folder. On Windows one that is being written at the moment is among them.
    """
    live = sorted(Path(folder).glob(f"*{SUFFIX}{LIVE_SUFFIX}"))
    return tuple(path for path in live if _saved_as(path) is None and not is_being_written(path))


def finish(unfinished: str | Path) -> tuple[Path, Verification]:
    """Make a closed recording of one that a crash has left; return its path, and what was found.

    It stands beside the other, which stays as it is. Raises RecordingError if a program still writes it, or
    as `salvage` does.
    """
    unfinished = Path(unfinished)
    if is_being_written(unfinished):
        raise RecordingError(f"{unfinished} is being recorded at the moment: it finishes by itself")
    target = salvaged_name(unfinished)
    if (saved := _saved_as(unfinished)) is not None:
        raise RecordingError(f"{saved} exists and is not overwritten: it was finished before")
    return target, salvage(unfinished, target)


def salvaged_name(unfinished: Path) -> Path:
    """Return where `finish` writes, and `find_unfinished` looks for, what was saved of a recording."""
    name = unfinished.name.removesuffix(LIVE_SUFFIX).removesuffix(SUFFIX)
    return unfinished.with_name(f"{name}{_SALVAGED}{SUFFIX}")


def _saved_as(unfinished: Path) -> Path | None:
    """Return what `finish` has made of a recording before, also if that was encrypted since."""
    plain = salvaged_name(unfinished)
    encrypted = plain.with_suffix(ENCRYPTED_SUFFIX)
    return next((path for path in (plain, encrypted) if path.exists()), None)


def _verification(recording: Recording) -> Verification:
    ends_s = recording.duration_s
    missing_s = sum(
        max(0.0, ends_s - damage.missing_from_s)
        if damage.missing_from_s is not None and damage.missing_to_s is None
        else damage.missing_s
        for damage in recording.damage
    )
    return Verification(
        path=recording.path,
        complete=recording.complete,
        duration_s=ends_s,
        intact_s=max(0.0, ends_s - missing_s),
        packets=len(recording.packets),
        samples=len(recording.samples),
        events=len(recording.events),
        damage=recording.damage,
        before=tuple(_told_when_saved(recording.events)),
    )


def _told_when_saved(events: Iterable[RecordedEvent]) -> Iterator[str]:
    """Yield what `salvage` wrote down of the file it saved; a file may say anything there."""
    for event in events:
        told = event.data.get("damage") if event.kind == "salvaged" else None
        for each in cast("list[object]", told) if isinstance(told, list) else []:
            text = cast("dict[str, object]", each).get("text") if isinstance(each, dict) else None
            if isinstance(text, str):
                yield text
