"""Whose recording a file is: what it says of itself at its beginning, without reading the rest."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from recordings.chunks import Chunk, TooMuchDataError, walk
from recordings.format import (
    CHANNELS,
    METADATA_ID,
    BlockError,
    RecordingError,
    RecordingMetadata,
    decode_metadata,
)
from recordings.reader import open_recording, read

# What the reader puts in the place of an id that is lost.
UNKNOWN_ID = "unknown"


def identity(path: Path) -> RecordingMetadata:
    """Return the description of a recording.

    Raises RecordingError if it cannot be read, or if its beginning is lost and with it the id of its session.
    """
    with open_recording(path) as stream, suppress(BlockError, TooMuchDataError):
        for item in walk(stream):
            if isinstance(item, Chunk):
                found = _described(item)
                if found is not None:
                    return found
                break
    metadata = read(path).metadata
    if metadata.session_id == UNKNOWN_ID:
        raise RecordingError(f"the beginning of {path} is lost, and with it which session it belongs to")
    return metadata


def _described(chunk: Chunk) -> RecordingMetadata | None:
    topic = CHANNELS[METADATA_ID][0]
    for message in chunk.messages:
        if chunk.topics.get(message.channel_id) == topic:
            return decode_metadata(message.data)[0]
    return None
