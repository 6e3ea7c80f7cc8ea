"""A place (a file or a server) to a database with the newest tables, or one sentence about what is wrong."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url, text

from recordings.catalogue import sqlite_file
from recordings.catalogue.entries import CatalogueError
from recordings.catalogue.sqlite_file import APPLICATION_ID, Connect

MIGRATIONS = Path(__file__).with_name("migrations")
# One workstation migrates, the others wait: any number that no other program uses on the same database.
_MIGRATION_LOCK = 0x45636331
# Alembic keeps the connection it works on in its modules: two threads would change each other's tables.
_ALEMBIC = threading.Lock()
_SERVER = "postgresql+psycopg"
# Of SQLite's extended error codes, the low byte.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FULL = {sqlite3.SQLITE_FULL}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


def open_file(path: Path, opened: Connect = sqlite_file.connect, migrations: Path = MIGRATIONS) -> Engine:
    """Open the catalogue in a file, made if it is missing, and bring its tables up to date.

    Raises CatalogueError if it is damaged, no catalogue, made by a newer program, or may not be written.
    """
    try:
        sqlite_file.prepare(path)
    except OSError as error:
        raise CatalogueError(f"the catalogue {path} cannot be opened: {error.strerror}") from error
    # An error must not carry names and notes into the log.
    address = URL.create("sqlite", database=str(path))
    engine = create_engine(address, creator=lambda: opened(path), hide_parameters=True)
    event.listen(engine, "begin", _begin)
    try:
        with explained(str(path), engine):
            _require_ours(path, opened)
            _migrate(engine, str(path), migrations)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_server(url: str, migrations: Path = MIGRATIONS) -> Engine:
    """Open the catalogue on a PostgreSQL server and bring its tables up to date.

    Raises CatalogueError if it cannot be reached, or was made by a newer program.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise CatalogueError(
            f"ECCENTRIC_DATABASE is not the address of a database: {_SERVER}://..."
        ) from error
    if parsed.drivername != _SERVER:
        raise CatalogueError(f"ECCENTRIC_DATABASE must begin with {_SERVER}://, not {parsed.drivername}://")
    try:
        # A server that was restarted, or a link that was cut, costs a new connection and no error.
        arguments = {"connect_timeout": 10}
        engine = create_engine(parsed, pool_pre_ping=True, connect_args=arguments, hide_parameters=True)
    except ImportError as error:
        raise CatalogueError(
            "a catalogue on a PostgreSQL server needs psycopg: pip install 'eccentric-monitor[clinic]'"
        ) from error
    name = parsed.render_as_string(hide_password=True)
    try:
        with explained(name, engine):
            _migrate(engine, name, migrations)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that sees one state of the catalogue."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that will write."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def explained(name: str, engine: Engine) -> Iterator[None]:
    """Turn what a database says of itself into CatalogueError. name: of the catalogue, for a person."""
    try:
        yield
    except exc.DBAPIError as error:
        if engine.dialect.name == "sqlite":
            raise _sentence_of_file(name, error.orig) from error
        if isinstance(error, exc.OperationalError | exc.InterfaceError):
            lines = str(error.orig).strip().splitlines() or ["no reason given"]
            raise CatalogueError(f"the catalogue {name} cannot be reached: {lines[0]}") from error
        if isinstance(error, exc.ProgrammingError) and "permission denied" in str(error.orig):
            raise CatalogueError(f"this user may not use the catalogue {name}") from error
        raise
    except sqlite3.DatabaseError as error:
        raise _sentence_of_file(name, error) from error


def _sentence_of_file(name: str, error: BaseException | None) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return damaged(name)
    if code in _BUSY:
        return CatalogueError(f"the catalogue {name} is busy: another program keeps writing to it")
    if code in _FULL:
        return CatalogueError(f"the catalogue {name} cannot be written: the disk is full")
    if code in _READ_ONLY:
        return CatalogueError(f"the catalogue {name} cannot be opened for writing")
    if code == sqlite3.SQLITE_IOERR:
        return CatalogueError(f"the catalogue {name} cannot be read or written: its disk fails")
    # A table or a value that cannot be: a flipped bit that SQLite did not notice itself.
    return damaged(name)


def damaged(name: str) -> CatalogueError:
    """Return what to say of a damaged file."""
    return CatalogueError(
        f"the catalogue {name} is damaged: `eccentric catalogue restore` brings the last backup back; "
        "without one, move it away, and `eccentric catalogue rebuild FOLDER` makes a new one"
    )


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail, not wait, if another one wrote in between.
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _require_ours(path: Path, opened: Connect) -> None:
    with closing(opened(path)) as connection:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if mark != APPLICATION_ID and (mark or tables):
        raise CatalogueError(f"{path} is a database of another program, not a catalogue")


def _migrate(engine: Engine, name: str, migrations: Path) -> None:
    """Bring the tables up to date in one transaction: all of it or nothing, whatever happens meanwhile."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with reading(engine) as connection:
        if _is_newest(connection, script, name):
            return
    on_sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(writes=True) as connection:
        if on_sqlite:
            # A table that is made anew would take along whatever refers to it. Can only be switched off
            # outside of a transaction; the references are checked at its end instead.
            connection.connection.execute("PRAGMA foreign_keys = OFF")  # the driver's, so no transaction
        try:
            with connection.begin():
                if not on_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                # Another program may have been here while this one waited.
                if _is_newest(connection, script, name):
                    return
                config.attributes["connection"] = connection
                with _ALEMBIC:
                    command.upgrade(config, "head")
                if on_sqlite:
                    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise damaged(name)
        finally:
            connection.invalidate()


def _is_newest(connection: Connection, script: ScriptDirectory, name: str) -> bool:
    """Tell whether the tables are up to date. Raises CatalogueError if this program does not know them."""
    version = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if version is not None and version not in known:
        raise CatalogueError(
            f"a newer version of this program made the catalogue {name} (tables {version}): update this one"
        )
    return version == script.get_current_head()
