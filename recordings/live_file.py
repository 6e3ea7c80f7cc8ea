"""The file of a recording that is being written: synced, found again, never in the way of another file."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from recordings.durable import sync, sync_folder
from recordings.format import LIVE_SUFFIX, SUFFIX, RecordingError
from recordings.private import new_file_mode

# Holds the random id of the session, by which a file is known again.
_HEAD_BYTES = 4096
_COPY_BYTES = 4 * 2**20
_OPEN_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESTALE, errno.ENOTCONN}


class LiveFile:
    """The `.part` file, and how to get back to it after its disk was away.

    Everything before `durable_bytes` has been through fsync. What comes after is written again by the
    next `append`: after a failed fsync nobody knows which of it has reached the disk.
    """

    __slots__ = ("_fd", "_head", "_written_bytes", "durable_bytes", "part", "target")

    def __init__(self, target: Path, suffix: str = LIVE_SUFFIX) -> None:
        """Prepare; the first `write` makes the file, under the name of the target and the suffix."""
        self.target = target
        self.part = target.with_name(target.name + suffix)
        self.durable_bytes = 0
        self._written_bytes = 0
        self._head = b""
        self._fd: int | None = None

    def append(self, data: bytes) -> None:
        """Write behind what is certain and wait until it is on the disk. Raises OSError."""
        self._written_bytes = self.durable_bytes
        self.write(data)
        self.sync()

    def write(self, data: bytes) -> None:
        """Write behind what was written last, without waiting for the disk. Raises OSError."""
        fd = self._reach()
        os.lseek(fd, self._written_bytes, os.SEEK_SET)
        _write_all(fd, data)
        self._written_bytes += len(data)
        if not self._head:
            self._head = data[:_HEAD_BYTES]

    def sync(self) -> None:
        """Wait until all that was written is on the disk. Raises OSError."""
        if self._fd is None:
            raise FileNotFoundError(errno.ENOENT, "the file is not open")
        sync(self._fd)
        self.durable_bytes = self._written_bytes

    def seal(self) -> Path:
        """Give the file its name, with a number if that is taken, and return it. Raises OSError."""
        self.let_go()
        target = self.target
        number = 2
        while target.exists():
            target = self.target.with_name(f"{self.target.stem}-{number}{SUFFIX}")
            number += 1
        self.part.rename(target)
        sync_folder(target.parent)
        return target

    def copy_from(self, other: LiveFile) -> None:
        """Begin with all that is certain in another file. Raises OSError, and is as empty as before then."""
        fd = self._reach()
        try:
            other.copy_to(fd)
        except OSError:
            os.ftruncate(fd, 0)
            raise
        self.durable_bytes = other.durable_bytes
        self._head = other._head

    def copy_to(self, fd: int) -> None:
        """Write all that is certain to another file. Raises OSError."""
        source = self._fd if self._fd is not None else os.open(self.part, _OPEN_FLAGS)
        try:
            os.lseek(source, 0, os.SEEK_SET)
            left = self.durable_bytes
            while left:
                data = os.read(source, min(left, _COPY_BYTES))
                if not data:
                    raise OSError(errno.EIO, "the file is shorter than it was")
                _write_all(fd, data)
                left -= len(data)
        finally:
            if self._fd is None:
                os.close(source)

    def let_go(self) -> None:
        """Close the file and leave it as it is."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        # A disk that is away may complain once more; what counts has been through fsync.
        with suppress(OSError):
            os.close(fd)

    def abandon(self) -> None:
        """Close and remove the file, if it was made at all."""
        if self._fd is None:
            return
        self.let_go()
        with suppress(OSError):
            self.part.unlink()

    def _reach(self) -> int:
        """Return a descriptor of the file at its path, found again or made again if need be."""
        try:
            here = self.part.stat()
        except FileNotFoundError:
            here = None
        if self._fd is not None and here is not None and os.path.samestat(here, os.fstat(self._fd)):
            return self._fd
        fd = self._make() if here is None else self._find_again()
        self.let_go()
        self._fd = fd
        _mark_as_written(fd)
        return fd

    def _make(self) -> int:
        """Make the file; a second time with all that was in it, which its open descriptor still gives."""
        if not self.durable_bytes:
            # Only at first: where a drive was pulled out, its folder must not grow on another disk.
            self.part.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.part, _OPEN_FLAGS | os.O_CREAT | os.O_EXCL, new_file_mode(self.part.parent))
        try:
            if self.durable_bytes:
                self.copy_to(fd)
        except OSError:
            os.close(fd)
            self.part.unlink(missing_ok=True)
            raise
        return fd

    def _find_again(self) -> int:
        """Open the file that stands at the path, if it is ours: its drive may have come back."""
        fd = os.open(self.part, _OPEN_FLAGS)
        is_ours = (
            self.durable_bytes > 0
            and os.fstat(fd).st_size >= self.durable_bytes
            and os.read(fd, len(self._head)) == self._head
        )
        if not is_ours:
            os.close(fd)
            raise FileExistsError(errno.EEXIST, "another file stands in its place")
        return fd


def is_being_written(path: Path) -> bool:
    """Tell whether a program still records into this file. False where the system cannot say: on Windows."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _mark_as_written(fd: int) -> None:
    """Let other programs see that this one is at work; the system takes the mark away, whatever happens."""
    if sys.platform == "win32":
        return
    import fcntl

    # Some network drives know no locks; the recording does without.
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def checked_target(path: Path, suffix: str = LIVE_SUFFIX) -> Path:
    """Return the path if a recording may begin there. Raises RecordingError."""
    if path.suffix != SUFFIX:
        raise RecordingError(f"a recording needs a name that ends in {SUFFIX}, and {path} does not")
    for taken in (path, path.with_name(path.name + suffix)):
        # A place that cannot even be looked at is trouble with the disk, not a name that is taken.
        with suppress(OSError):
            if taken.exists():
                raise RecordingError(f"{taken} exists and is not overwritten: choose another name")
    return path


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def trouble_text(error: OSError, part: Path) -> str:
    """Say for a person why nothing reaches the disk, and what to do; the same as long as the reason is."""
    if error.errno in _FULL:
        what, remedy = "the disk is full", "free some space"
    elif error.errno in _FORBIDDEN:
        what, remedy = f"{part.parent} may not be written to", "allow it"
    elif error.errno in _GONE:
        what, remedy = f"{part.parent} is gone or does not answer", "bring it back"
    else:
        what, remedy = f"{part} cannot be written ({error.strerror})", "free it"
    return (
        f"The recording does not reach the disk because {what}; what is not saved yet is kept in memory "
        f"only: {remedy}, or save the recording somewhere else."
    )
