"""Corrections beside a recording: `NAME.mcap.edits`, a line for each, appended and never changed.

A closed recording has its index and its check sums at its end and is not written to again; so what is laid
over the measurement stands in a file of its own. A line is the CRC-32 of its text (8 hex digits), a space,
and the text: a JSON object. Each reaches the disk (fsync) before anybody is told that it is kept. What a
crash left of a line fails its check sum and is passed over; the line after it begins on a new one.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recordings.encryption import AGE_SUFFIX, is_encrypted
from recordings.format import RecordingError

EDITS_SUFFIX: Final = ".edits"
LARGEST_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class EditLines:
    """What stands in a file of corrections. damaged: numbers of the lines that cannot be read, from 1.

    size_bytes: of the file as it was read; `append` refuses if it has grown since.
    """

    entries: tuple[Mapping[str, Any], ...] = ()
    damaged: tuple[int, ...] = ()
    size_bytes: int = 0


def edits_path(recording: Path) -> Path:
    """Return where the corrections of a recording are; the same while it is encrypted."""
    name = recording.name[: -len(AGE_SUFFIX)] if is_encrypted(recording) else recording.name
    return recording.with_name(name + EDITS_SUFFIX)


def read_edits(path: Path) -> EditLines:
    """Read all corrections; none where there is no file. Raises RecordingError, OSError."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise RecordingError(f"{path} is too large to hold corrections")
        content = path.read_bytes()
    except FileNotFoundError:
        return EditLines()
    entries: list[Mapping[str, Any]] = []
    damaged: list[int] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line:
            continue
        entry = _entry_of(line)
        if entry is None:
            damaged.append(number)
        else:
            entries.append(entry)
    return EditLines(tuple(entries), tuple(damaged), len(content))


def append_edits(path: Path, entries: Sequence[Mapping[str, Any]], known_bytes: int) -> int:
    """Append corrections, wait for the disk and return the new size of the file.

    known_bytes: its size when it was last read or appended to. Raises RecordingError if somebody else has
    written to it since, ValueError if JSON cannot hold an entry, OSError if the disk refuses; the file then
    holds what it held before.
    """
    lines = b"".join(map(_line_of, entries))
    fd = os.open(
        path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0), 0o666
    )
    try:
        _lock(fd)
        size = os.fstat(fd).st_size
        if size != known_bytes:
            raise RecordingError(
                f"somebody else has corrected this session meanwhile ({path.name}): open it again"
            )
        is_torn = size > 0 and _last_byte(fd, size) != b"\n"
        data = b"\n" + lines if is_torn else lines
        try:
            os.lseek(fd, size, os.SEEK_SET)
            _write_all(fd, data)
            os.fsync(fd)
        except OSError:
            # Half a line would do no harm; but whoever is told that it failed must not find it there later.
            with suppress(OSError):
                os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)
    if size == 0:
        _sync_folder(path.parent)
    return size + len(data)


def _line_of(entry: Mapping[str, Any]) -> bytes:
    text = json.dumps(entry, allow_nan=False, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _entry_of(line: bytes) -> Mapping[str, Any] | None:
    text = line[9:]
    if line[8:9] != b" " or line[:8] != b"%08x" % zlib.crc32(text):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _last_byte(fd: int, size: int) -> bytes:
    os.lseek(fd, size - 1, os.SEEK_SET)
    return os.read(fd, 1)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _lock(fd: int) -> None:
    """Let two programs append one after the other, where the system and the drive know locks."""
    if sys.platform == "win32":
        return
    import fcntl

    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        # Some network drives refuse.
        with suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)
