"""What has to be done before anybody may be told that something is kept."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def sync(fd: int) -> None:
    """Wait until the disk itself has an open file, not only the operating system. Raises OSError."""
    if sys.platform == "darwin":
        import fcntl

        # fsync leaves the data in the drive's own memory there; network drives know only fsync.
        with suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Make a new name durable; Windows does that by itself and has no such call."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        # Some network drives refuse; the contents are safe without.
        with suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)
