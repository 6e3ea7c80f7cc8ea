"""Exported files: under their name only when they are whole, and never in the place of a recording."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recordings.chunks import MAGIC
from recordings.encryption import ENCRYPTED_SUFFIX
from recordings.format import LIVE_SUFFIX, NEW_SUFFIX, SUFFIX, RecordingError


def checked_output(path: Path) -> Path:
    """Return the file that an export to `path` writes: where its links lead.

    Raises RecordingError if a recording stands there, known by its name or its first bytes, or something
    that is not a file (a folder, a device, a pipe); OSError if that cannot be found out.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise RecordingError(f"{path} is a folder: give the name of a file in it")
    if not stat.S_ISREG(mode):
        raise RecordingError(f"{path} is a device, a pipe or a socket: give the name of a file")
    kinds = (SUFFIX, SUFFIX + LIVE_SUFFIX, ENCRYPTED_SUFFIX)
    if target.name.lower().endswith(kinds) or _starts_as_recording(target):
        raise RecordingError(f"{path} is a recording and is not overwritten: choose another name")
    return target


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a new file, which takes the place of `path` once it has been written.

    Raises RecordingError and OSError as `checked_output` does; what stood there before is then untouched.
    """
    target = checked_output(path)
    # A name that nobody has: `<name>.part` may be a recording that was never closed.
    part = target.with_name(f".eccentric-{secrets.token_hex(4)}{NEW_SUFFIX}")
    try:
        yield part
        part.replace(target)
    except OSError as error:
        if error.filename == str(part):
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def _starts_as_recording(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
