"""The catalogue under a key, with SQLCipher: the same SQLite, every page encrypted and authenticated.

`connect` opens a file as `recordings.catalogue.sqlite_file.connect` opens a plain one. The library has errors
of its own; they become those of `sqlite3`, which everybody around here expects.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final

from recordings.catalogue import sqlite_file
from recordings.catalogue.entries import CatalogueError
from recordings.durable import sync, sync_folder
from recordings.encryption import EncryptionError

_PLAIN_MAGIC: Final = b"SQLite format 3\0"
# What tells of an error when it is called, of the library's cursors and connections.
_OF_CURSOR: Final = (
    "execute",
    "executemany",
    "executescript",
    "fetchone",
    "fetchmany",
    "fetchall",
    "__next__",
)
_OF_CONNECTION: Final = ("commit", "rollback", "backup")
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_encrypted(path: Path) -> bool:
    """Tell whether a file holds something, but no plain SQLite database. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(len(_PLAIN_MAGIC))
    return bool(start) and start != _PLAIN_MAGIC


def connect(path: Path, key: bytes) -> sqlite3.Connection:
    """Open a catalogue under a key of 32 bytes, made if the file is empty.

    Raises CatalogueError if the key is wrong or the file damaged, which cannot be told apart, and
    EncryptionError where the library is not installed.
    """
    connection = _connect(path, key)
    try:
        for pragma in (
            "foreign_keys = ON",
            "secure_delete = ON",
            "synchronous = FULL",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.DatabaseError as error:
        connection.close()
        if _code(error) == sqlite3.SQLITE_NOTADB:
            raise CatalogueError(
                f"the catalogue {path} was encrypted with another key, or is damaged: `eccentric encrypt "
                "recover` takes its key, `eccentric catalogue restore` brings the last backup back"
            ) from error
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def encrypt(path: Path, key: bytes) -> None:
    """Put a plain catalogue under a key, as `_rewrite` does it. Raises CatalogueError, OSError."""
    _rewrite(path, None, key)


def decrypt(path: Path, key: bytes) -> None:
    """Make a catalogue plain again, as `_rewrite` does it. Raises CatalogueError, OSError."""
    _rewrite(path, key, None)


def copy(source: Path, old: bytes | None, target: Path, new: bytes | None) -> None:
    """Write what a file holds that nobody has open (a backup) to an empty one, under another key or none.

    Raises CatalogueError, EncryptionError.
    """
    try:
        with closing(_connect(source, old)) as opened:
            _export(opened, source, target, new)
    except sqlite3.DatabaseError as error:
        raise CatalogueError(f"{source} cannot be copied ({error}): it stays as it is") from error


def _rewrite(path: Path, old: bytes | None, new: bytes | None) -> None:
    """Put a copy under another key in the place of a catalogue, all of it or nothing.

    The copy is on the disk and was compared row by row before it takes the place. Nobody else may have the
    catalogue open: what they wrote meanwhile would be lost. Other programs are noticed, and kept out until
    the copy stands there; this one must not have it open by `sqlite3`, whose locks the library here does not
    see within one process.
    """
    # A killed program may have left a plain one.
    sqlite_file.forget_leftovers(path)
    made = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.new")
    try:
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(_connect(path, old)) as source:
            source.execute("PRAGMA busy_timeout = 1000")
            # Only possible when nobody else has it open; leaves one file without companions.
            source.execute("PRAGMA journal_mode = DELETE").fetchone()
            # The lock is held until the connection is closed. Whoever waits for it has the old file in the
            # hand, and is refused when it is no longer the one of that name.
            source.execute("PRAGMA main.locking_mode = EXCLUSIVE").fetchone()
            source.execute("BEGIN EXCLUSIVE")
            source.execute("COMMIT")
            _export(source, path, made, new)
            with made.open("rb+") as file:
                sync(file.fileno())
            if os.name == "nt":
                # An open file is not replaced there.
                source.close()
            made.replace(path)
        sync_folder(path.parent)
    except sqlite3.DatabaseError as error:
        if _code(error) in _BUSY:
            raise CatalogueError(
                f"the catalogue {path} is in use: close this program wherever it runs, and try again"
            ) from error
        raise CatalogueError(f"the catalogue {path} cannot be copied ({error}): it stays as it is") from error
    finally:
        sqlite_file.remove(made)


def _export(source: sqlite3.Connection, path: Path, target: Path, new: bytes | None) -> None:
    """Copy all of an open file, named `path`, to another one, and look that both say the same."""
    source.execute("ATTACH DATABASE ? AS copy KEY " + _literal(new), (str(target),))
    source.execute("BEGIN")
    source.execute("SELECT sqlcipher_export('copy')").fetchone()
    for name in ("application_id", "user_version"):
        (value,) = source.execute(f"PRAGMA main.{name}").fetchone()
        source.execute(f"PRAGMA copy.{name} = {value}")
    source.execute("COMMIT")
    source.execute("DETACH DATABASE copy")
    with closing(_connect(target, new)) as made:
        _require_same(source, made, path)


def _require_same(source: sqlite3.Connection, made: sqlite3.Connection, path: Path) -> None:
    tables = "SELECT name, sql FROM sqlite_master ORDER BY name"
    same = source.execute(tables).fetchall() == made.execute(tables).fetchall()
    for name, _ in source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
        quoted = name.replace('"', '""')
        # By all columns, so that the order does not depend on how a table is kept.
        (count,) = source.execute(f'SELECT count(*) FROM pragma_table_info("{quoted}")').fetchone()
        query = f'SELECT * FROM "{quoted}" ORDER BY {", ".join(str(i + 1) for i in range(count))}'
        same = same and source.execute(query).fetchall() == made.execute(query).fetchall()
    (found,) = made.execute("PRAGMA quick_check(1)").fetchone()
    if not same or found != "ok":
        raise CatalogueError(
            f"the copy of the catalogue {path} is not the same: the catalogue stays as it is"
        )


def _connect(path: Path, key: bytes | None) -> sqlite3.Connection:
    """Open a file with the library of SQLCipher; without a key it is plain SQLite."""
    library, connection_class = _sqlcipher()
    try:
        opened = library.connect(
            str(path),
            timeout=sqlite_file.BUSY_S,
            isolation_level=None,
            check_same_thread=False,
            factory=connection_class,
        )
    except library.Error as error:
        raise _as_sqlite3(error) from error
    if key is not None:
        # Its log would go to stderr, beside our own sentence.
        opened.execute("PRAGMA cipher_log_level = NONE")
        opened.execute(f"PRAGMA key = {_literal(key)}")
    return opened


def _literal(key: bytes | None) -> str:
    return "''" if key is None else f"\"x'{key.hex()}'\""


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


@cache
def _sqlcipher() -> tuple[Any, Any]:
    """Return the library, and its connections with errors that everybody knows."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        raise EncryptionError(
            "encryption needs a library that is not installed: pip install 'eccentric-monitor[encryption]'"
        ) from error
    library: Any = dbapi2
    base_cursor: Any = library.Cursor
    base_connection: Any = library.Connection

    def told(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*arguments: Any, **options: Any) -> Any:
            try:
                return method(*arguments, **options)
            except library.Error as error:
                raise _as_sqlite3(error) from error

        return call

    cursor = type("Cursor", (base_cursor,), {name: told(getattr(base_cursor, name)) for name in _OF_CURSOR})
    methods: dict[str, Any] = {name: told(getattr(base_connection, name)) for name in _OF_CONNECTION}
    methods["cursor"] = lambda self, *_: base_connection.cursor(self, cursor)
    methods |= {
        name: lambda self, *arguments, _name=name: getattr(self.cursor(), _name)(*arguments)
        for name in ("execute", "executemany", "executescript")
    }
    return library, type("Connection", (base_connection,), methods)


def _as_sqlite3(error: Exception) -> sqlite3.Error:
    found = getattr(sqlite3, type(error).__name__, sqlite3.DatabaseError)(*error.args)
    found.sqlite_errorcode = getattr(error, "sqlite_errorcode", 0)
    found.sqlite_errorname = getattr(error, "sqlite_errorname", "")
    return found
