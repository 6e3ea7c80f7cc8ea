"""Corrections beside a recording: `NAME.mcap.edits`, a line for each, appended and never changed.

A closed recording has its index and its check sums at its end and is not written to again; so what is laid
over the measurement stands in a file of its own. A line is the CRC-32 of its text (8 hex digits), a space,
and the text: a JSON object. Each reaches the disk (fsync) before anybody is told that it is kept. What a
crash left of a line fails its check sum and is passed over; the line after it begins on a new one.

Beside an encrypted recording the text of a line is "age:" and, in base64, the JSON under the same key.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recordings.durable import sync, sync_folder
from recordings.encryption import AGE_SUFFIX, DamagedError, decrypt_bytes, encrypt_bytes, is_encrypted
from recordings.format import NEW_SUFFIX, RecordingError
from recordings.private import new_file_mode

EDITS_SUFFIX: Final = ".edits"
LARGEST_BYTES: Final = 64 * 2**20
# Another window needs a moment to append; whoever takes longer does not let go.
LOCKED_S: Final = 2.0
_SEALED: Final = b"age:"


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


def read_edits(path: Path, key: Callable[[], str]) -> EditLines:
    """Read all corrections; none where there is no file. key: asked for where lines are encrypted.

    Raises RecordingError, EncryptionError, OSError.
    """
    content = _content(path)
    entries: list[Mapping[str, Any]] = []
    damaged: list[int] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line:
            continue
        entry = _entry_of(line, key)
        if entry is None:
            damaged.append(number)
        else:
            entries.append(entry)
    return EditLines(tuple(entries), tuple(damaged), len(content))


def append_edits(
    path: Path, entries: Sequence[Mapping[str, Any]], known_bytes: int, key: str | None = None
) -> int:
    """Append corrections, wait for the disk and return the new size of the file.

    known_bytes: its size when it was last read or appended to. key: to encrypt them with. Raises
    RecordingError if somebody else has written to it since or holds it, EncryptionError, ValueError if JSON
    cannot hold an entry, OSError if the disk refuses; the file then holds what it held before.
    """
    lines = b"".join(_line_of(entry, key) for entry in entries)
    fd = os.open(
        path,
        os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0),
        new_file_mode(path.parent),
    )
    try:
        _lock(fd, path.name)
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
            sync(fd)
        except OSError:
            # Half a line would do no harm; but whoever is told that it failed must not find it there later.
            with suppress(OSError):
                os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)
    if size == 0:
        sync_folder(path.parent)
    return size + len(data)


def seal_edits(path: Path, key: str) -> None:
    """Encrypt the lines that are plain. The file changes as a whole. Raises as `unseal_edits`."""
    _rewrite(path, lambda text: text if text.startswith(_SEALED) else _sealed(text, key))


def unseal_edits(path: Path, key: str) -> None:
    """Make encrypted lines plain again; where one cannot be, the file is left as it is.

    Damaged lines stay as they are. Raises RecordingError, EncryptionError, OSError.
    """
    _rewrite(path, lambda text: _opened(text, key) if text.startswith(_SEALED) else text)


def _rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    content = _content(path)
    lines = [
        line if _text_of(line) is None else _line(change(line[9:])).rstrip(b"\n")
        for line in content.split(b"\n")
    ]
    made = b"\n".join(lines)
    if made == content:
        return
    new = path.with_name(f".eccentric-{secrets.token_hex(4)}{NEW_SUFFIX}")
    try:
        with open(new, "xb", opener=_as_private_as_its_folder) as sink:
            sink.write(made)
            sink.flush()
            sync(sink.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(path.parent)


def _as_private_as_its_folder(path: str, flags: int) -> int:
    return os.open(path, flags, new_file_mode(Path(path).parent))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise RecordingError(f"{path} is too large to hold corrections")
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _sealed(text: bytes, key: str) -> bytes:
    return _SEALED + base64.b64encode(encrypt_bytes(text, key))


def _opened(text: bytes, key: str) -> bytes:
    try:
        secret = base64.b64decode(text[len(_SEALED) :], validate=True)
    except ValueError as error:
        raise DamagedError("it is damaged") from error
    return decrypt_bytes(secret, key)


def _line(text: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _line_of(entry: Mapping[str, Any], key: str | None) -> bytes:
    text = json.dumps(entry, allow_nan=False, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return _line(text if key is None else _sealed(text, key))


def _text_of(line: bytes) -> bytes | None:
    text = line[9:]
    return text if line[8:9] == b" " and line[:8] == b"%08x" % zlib.crc32(text) else None


def _entry_of(line: bytes, key: Callable[[], str]) -> Mapping[str, Any] | None:
    text = _text_of(line)
    if text is None:
        return None
    try:
        plain = _opened(text, key()) if text.startswith(_SEALED) else text
    except DamagedError:
        return None
    try:
        found = json.loads(plain)
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


def _lock(fd: int, name: str) -> None:
    """Let two programs append one after the other, where the system and the drive know locks."""
    if sys.platform == "win32":
        return
    import fcntl

    until_s = time.monotonic() + LOCKED_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until_s:
                raise RecordingError(
                    f"another program holds {name}: close it there, then try again"
                ) from error
        except OSError:
            return
        else:
            return
        time.sleep(0.01)
