"""How the catalogue's files are kept: plain, or under this user's key when encryption is on.

What a file is stands in the file; what it is to be, in the settings of `monitor.encrypting`. The two differ
after a crash in the middle of a change, and everything works all the same.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from monitor import encrypting
from recordings import catalogue_cipher, encryption
from recordings.catalogue import sqlite_file
from recordings.catalogue.entries import CatalogueError
from recordings.catalogue.sqlite_file import Connect
from recordings.private import make_private


def connector(path: Path) -> Connect:
    """Return how a file is opened: under this user's key if it is, or if it is new and encryption is on.

    Raises EncryptionError where the key is needed and cannot be had.
    """
    opened = _connect_with(_key()) if is_under_key(path) else sqlite_file.connect

    def connect(file: Path) -> sqlite3.Connection:
        try:
            return opened(file)
        except (CatalogueError, sqlite3.DatabaseError) as error:
            told = error.__cause__ if isinstance(error, CatalogueError) else error
            if getattr(told, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
                # Another program has exchanged the file, and this one has the number of one that was looked
                # into before. It is looked into again the next time: what is opened like this file
                # meanwhile, such as its copy, must be of the same kind.
                _is_encrypted.cache_clear()
            raise

    return connect


def is_under_key(path: Path) -> bool:
    """Tell whether a file is under a key; of one that is missing or empty, whether it will be.

    Raises EncryptionError where the settings cannot be read, OSError.
    """
    found = encrypting.settings()
    # Without a key nothing is under it: such a file is damaged, or another computer's.
    if found is None:
        return False
    try:
        there = path.stat()
    except FileNotFoundError:
        return found.on
    return _is_encrypted(path, there.st_dev, there.st_ino) if there.st_size else found.on


@cache
def _is_encrypted(path: Path, _device: int, _inode: int) -> bool:
    # Looked into once, before it is opened: on POSIX closing a file lets go of every lock that this program
    # has on it, and SQLite would lose what it rests on. A change of its kind makes another file of it.
    return catalogue_cipher.is_encrypted(path)


def bring_under_key(path: Path) -> bool:
    """Encrypt a file if it is there and plain; tell whether that was so. Nobody may have it open.

    Raises CatalogueError, EncryptionError or OSError; it is as it was then.
    """
    if not path.exists() or not path.stat().st_size or is_under_key(path):
        return False
    catalogue_cipher.encrypt(path, _key())
    _is_encrypted.cache_clear()
    return True


def bring_back(path: Path) -> bool:
    """Make a file plain if it is there and under the key, as `bring_under_key`."""
    if not path.exists() or not path.stat().st_size or not is_under_key(path):
        return False
    catalogue_cipher.decrypt(path, _key())
    _is_encrypted.cache_clear()
    return True


@contextmanager
def restorable(backup: Path, path: Path) -> Iterator[tuple[Path, Connect]]:
    """Yield a backup as it can be put in the place of a catalogue, and how both are opened.

    A backup from before encryption was switched on, or off, is copied into what the catalogue is now.
    Raises CatalogueError, EncryptionError, OSError.
    """
    to_key = is_under_key(path)
    if path.exists() and sqlite_file.damage(path, connector(path)) is not None:
        found = encrypting.settings()
        to_key = found is not None and found.on
    opened = _connect_with(_key()) if to_key else sqlite_file.connect
    if not backup.exists() or not backup.stat().st_size or is_under_key(backup) == to_key:
        yield backup, opened
        return
    copy = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.check")
    make_private(path.parent)
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        old, new = (None, _key()) if to_key else (_key(), None)
        catalogue_cipher.copy(backup, old, copy, new)
        yield copy, opened
    finally:
        sqlite_file.remove(copy)


def state(path: Path, damage: Callable[[Path, Connect], str | None] = sqlite_file.damage) -> str:
    """Return in words how a file is kept, and whether it opens; damage: what looks at it.

    Raises EncryptionError, OSError.
    """
    if not path.exists() or not path.stat().st_size:
        return "not there yet"
    kept = "encrypted" if is_under_key(path) else "plain"
    found = damage(path, connector(path))
    return kept if found is None else f"{kept}, and cannot be opened: {found}"


def _connect_with(key: bytes) -> Connect:
    def connect(path: Path) -> sqlite3.Connection:
        return catalogue_cipher.connect(path, key)

    return connect


def _key() -> bytes:
    return encryption.catalogue_key(encrypting.this_key())
