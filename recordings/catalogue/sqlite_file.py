"""A catalogue in a file: private, checked, copied while it is in use, and brought back from the copy."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

from recordings.catalogue.entries import CatalogueError
from recordings.durable import sync, sync_folder
from recordings.private import make_private

BUSY_S = 30.0
# "Ecc1": tells a catalogue from any other SQLite file.
APPLICATION_ID = 0x45636331
_COMPANIONS = ("-wal", "-shm", "-journal")
# No copy takes that long.
_LEFT_S = 3600.0

# What opens a file as `connect` does; a key can be given on the way.
Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    """Open a catalogue with all that its safety rests on.

    Transactions begin where they are asked to (Python's own would leave DDL out of them). What is deleted is
    overwritten with zeros.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (
            "foreign_keys = ON",
            "secure_delete = ON",
            "synchronous = FULL",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(path: Path) -> None:
    """Make the folder and the file, for this user alone, where they are missing. Raises OSError."""
    make_private(path.parent)
    # SQLite gives its companion files the rights of this one.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def damage(path: Path, opened: Connect = connect) -> str | None:
    """Return what is wrong with a file, None where SQLite finds nothing: its pages and every reference.

    One that its key does not open counts as damaged: the two cannot be told apart.
    """
    try:
        with closing(opened(path)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                return str(found)
            if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                return "it is not a catalogue"
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                return "a row refers to another that is not there"
    except (sqlite3.DatabaseError, CatalogueError) as error:
        return str(error)
    return None


def back_up(path: Path, target: Path, opened: Connect = connect) -> None:
    """Copy a catalogue, also while others write to it; the target is the old one or the new one, whole.

    Raises CatalogueError if the catalogue is damaged (the older copy then stays), OSError.
    """
    if not path.exists():
        raise CatalogueError(f"there is no catalogue {path}")
    make_private(target.parent)
    forget_leftovers(target, _LEFT_S)
    with _new_file(target) as new:
        try:
            with closing(opened(path)) as source, closing(opened(new)) as copy:
                source.backup(copy)
                # One file, without companions.
                copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            raise CatalogueError(f"the catalogue {path} cannot be copied: {error}") from error
        if found := damage(new, opened):
            raise CatalogueError(
                f"the catalogue {path} is damaged ({found}) and was not copied: the backup stays as it was"
            )
        _without_companions(new, opened)


def restore(backup: Path, path: Path, opened: Connect = connect) -> Path | None:
    """Put a backup in the place of a catalogue; return where the one before is now, None without one.

    A catalogue that can be opened gets the contents of the backup in one transaction, so that programs that
    have it open see them too; one that cannot is replaced. Raises CatalogueError if the backup is damaged.
    """
    if not backup.exists():
        raise CatalogueError(f"there is no backup {backup}")
    if found := damage_of_copy(backup, opened):
        raise CatalogueError(f"the backup {backup} is damaged ({found}): the catalogue stays as it was")
    make_private(path.parent)
    if not path.exists() or path.stat().st_size == 0:
        _replace(backup, path, opened)
        return None
    aside = _free_name(path)
    if damage(path, opened) is None:
        back_up(path, aside, opened)
        with closing(opened(backup)) as source, closing(opened(path)) as catalogue:
            source.backup(catalogue)
        return aside
    with _new_file(aside) as new:
        new.write_bytes(path.read_bytes())
    _replace(backup, path, opened)
    return aside


def kept_aside(path: Path) -> tuple[Path, ...]:
    """Return the catalogues that restores have kept, oldest name first. Raises OSError."""
    if not path.parent.is_dir():
        return ()
    known = re.compile(rf"{re.escape(path.stem)}-before-restore(-\d+)?{re.escape(path.suffix)}")
    found = [each for each in path.parent.iterdir() if known.fullmatch(each.name)]
    return tuple(sorted(found, key=lambda each: (len(each.name), each.name)))


def _free_name(path: Path) -> Path:
    # Whatever a restore has put aside may be all that is left of somebody's edits: nothing takes its place.
    return next(
        each
        for number in count(1)
        if not (
            each := path.with_name(
                f"{path.stem}-before-restore{'' if number == 1 else f'-{number}'}{path.suffix}"
            )
        ).exists()
    )


def remove(path: Path) -> None:
    """Delete a database file with its companions. Raises OSError."""
    for name in (path.name, *(path.name + end for end in _COMPANIONS)):
        path.with_name(name).unlink(missing_ok=True)


def forget_leftovers(path: Path, older_than_s: float = 0.0) -> None:
    """Remove what killed programs left beside a file: unfinished copies, which may hold anybody.

    A program that is at work just now fails then, and loses nothing. Raises OSError.
    """
    if not path.parent.is_dir():
        return
    known = re.compile(rf"\.{re.escape(path.stem)}-[0-9a-f]{{8}}\.(new|check)(-wal|-shm|-journal)?")
    for each in list(path.parent.iterdir()):
        if known.fullmatch(each.name):
            # Another program may end, and remove its own, meanwhile.
            with suppress(FileNotFoundError):
                if time.time() - each.stat().st_mtime >= older_than_s:
                    each.unlink()


def damage_of_copy(backup: Path, opened: Connect) -> str | None:
    """Return what is wrong with a backup, as `damage`; the backup itself is not touched.

    Opening it would switch it to WAL and leave companions beside it. Raises OSError.
    """
    with _scratch(backup) as copy:
        return damage(copy, opened)


def _replace(backup: Path, path: Path, opened: Connect) -> None:
    with _new_file(path) as new:
        new.write_bytes(backup.read_bytes())
        _without_companions(new, opened)
        # The log of the file before must not be taken for one of the new file.
        for end in _COMPANIONS:
            path.with_name(path.name + end).unlink(missing_ok=True)


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    new = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.check")
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        new.write_bytes(path.read_bytes())
        yield new
    finally:
        remove(new)


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Yield a new private file, which takes the place of the target once it is on the disk."""
    new = target.with_name(f".{target.stem}-{secrets.token_hex(4)}.new")
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield new
        with new.open("rb+") as file:
            sync(file.fileno())
        new.replace(target)
        sync_folder(target.parent)
    finally:
        remove(new)


def _without_companions(path: Path, opened: Connect) -> None:
    with closing(opened(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
