"""The tables of an archive: three folders of Parquet files that grow part by part and can be taken up again.

    reps/part-000001.parquet      a row a repetition, as `eccentric export` writes it, with its file
    sessions/part-000001.parquet  a row a recording that was measured, also where nothing was found in it
    failures/part-000001.parquet  a row a recording that could not be measured, of the last run only

A part of `sessions` is written last, and what it names is done: a part of `reps` without it was left by a
program that died, and goes at the next start. So no repetition is ever there twice, and any reader of
Parquet can be pointed at a folder. Needs pyarrow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from analysis import ALGORITHM_VERSION
from recordings.exporters import columns
from recordings.exporters.columns import Column
from recordings.exporters.parquet import write_table
from recordings.format import RecordingError

FILE = Column("file", "", "The recording: its path below the source, or as the list of recordings names it.")
_VERSION = Column("algorithm_version", "", "Version of the algorithm that made the numbers.")

REPS = (FILE, *columns.REPS)
SESSIONS = (
    FILE,
    Column("state", "", "Size and time of change of the file, and of the corrections beside it."),
    Column("asked_for", "", "The exercise that was looked for; all: for every one."),
    Column("session_id", "", "The session's random number, as the recording says; empty for a CSV file."),
    Column("started", "", "When it was recorded (ISO 8601); empty where the recording does not say."),
    Column("sensor_model", "", "The sensor."),
    Column("duration_s", "s", "From the first to the last sample."),
    Column("reps", "1", "Repetitions found, measured or not."),
    Column("not_measured", "1", "Repetitions without a duration."),
    Column("time_under_tension_s", "s", "Sum of the measured lowerings."),
    Column("gap_s", "s", "Sum of the gaps: time without samples."),
    Column("damage", "", "What could not be read, in sentences; empty where everything could."),
    Column("warnings", "", "What else a reader of the figures should know, in sentences."),
    Column("took_s", "s", "How long reading and measuring took."),
    _VERSION,
)
FAILURES = (FILE, Column("reason", "", "Why it could not be measured."), _VERSION)

Table = Literal["reps", "sessions", "failures"]
_COLUMNS: dict[Table, tuple[Column, ...]] = {"reps": REPS, "sessions": SESSIONS, "failures": FAILURES}
_LOCK = ".eccentric-archive"


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of cells under REPS, SESSIONS and FAILURES."""

    reps: Sequence[Sequence[object]]
    sessions: Sequence[Sequence[object]]
    failures: Sequence[Sequence[object]]


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Make the folder ready for a run, and let no second one in until the block ends.

    What a run that died has left goes, and the failures of the last one: they are tried again. Raises
    RecordingError where another program is at work in it or it holds something else, and OSError.
    """
    _pyarrow()
    if folder.exists() and not folder.is_dir():
        raise RecordingError(f"{folder} is a file: give the name of a folder for the tables")
    if folder.is_dir() and not (folder / _LOCK).exists() and any(folder.iterdir()):
        raise RecordingError(f"{folder} holds other files: give a new folder, or that of an earlier run")
    for table in _COLUMNS:
        (folder / table).mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as mark:
        _lock(mark.fileno(), folder)
        for path in _parts(folder, "failures"):
            path.unlink()
        _clear_up(folder)
        yield


def write_part(folder: Path, part: Part) -> None:
    """Add a part. Raises OSError: nothing of it counts then."""
    taken = [int(path.stem.removeprefix("part-")) for table in _COLUMNS for path in _parts(folder, table)]
    name = f"part-{max(taken, default=0) + 1:06d}.parquet"
    if part.failures:
        _write(folder, "failures", name, part.failures)
    if part.sessions:
        _write(folder, "reps", name, part.reps)
        _write(folder, "sessions", name, part.sessions)


def remove_files(folder: Path, files: Set[str]) -> None:
    """Take all rows of some recordings out of the tables. Raises OSError."""
    for sessions in _parts(folder, "sessions"):
        reps = folder / "reps" / sessions.name
        known = set(_read(sessions, ("file",))["file"].to_pylist())
        if known <= files:
            sessions.unlink()
            reps.unlink()
        elif known & files:
            # Repetitions first: a session without them is known to be out of date, and goes the next time.
            _keep_others(reps, files)
            _keep_others(sessions, files)


def read_table(folder: Path, table: Table, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return some columns of all parts, in the order they were written. Raises RecordingError and OSError."""
    pa = _pyarrow()
    found: dict[str, list[Any]] = {name: [] for name in names}
    for path in _parts(folder, table):
        try:
            part = _read(path, names)
        except pa.ArrowException as error:
            raise RecordingError(f"{path} cannot be read as a table of an archive ({error})") from error
        for name in names:
            found[name] += part[name].to_pylist()
    return found


def is_archive(folder: Path) -> bool:
    """Tell whether a folder holds tables of an archive."""
    return (folder / "sessions").is_dir() and (folder / "reps").is_dir()


def _clear_up(folder: Path) -> None:
    """Remove what does not count, and what a power cut has spoilt: its recordings are measured again."""
    whole = {
        path.name
        for path in _parts(folder, "sessions")
        if _is_whole(path) and _is_whole(folder / "reps" / path.name)
    }
    # Sessions first: repetitions without them do not count.
    for table in ("sessions", "reps"):
        for path in _parts(folder, table):
            if path.name not in whole:
                path.unlink()
    for left in folder.glob("*/.eccentric-*"):
        left.unlink()


def _is_whole(path: Path) -> bool:
    pa = _pyarrow()
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(path)
    except (pa.ArrowException, FileNotFoundError):
        return False
    return True


def _parts(folder: Path, table: Table) -> list[Path]:
    return sorted((folder / table).glob("part-*.parquet"))


def _write(folder: Path, table: Table, name: str, rows: Sequence[Sequence[object]]) -> None:
    write_table(folder / table / name, _COLUMNS[table], rows, {"algorithm_version": ALGORITHM_VERSION})


def _read(path: Path, names: Sequence[str] | None = None) -> Any:
    import pyarrow.parquet as pq

    # Not `read_table`: that takes a folder named a=b, somewhere above, for a column.
    with pq.ParquetFile(path) as file:
        return file.read(None if names is None else list(names))


def _keep_others(path: Path, files: Set[str]) -> None:
    import pyarrow.parquet as pq

    table = _read(path)
    table = table.filter([name not in files for name in table["file"].to_pylist()])
    part = path.with_name(f".eccentric-{path.name}")
    pq.write_table(table, part, compression="zstd", write_page_checksum=True)
    part.replace(path)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise RecordingError(
            "the tables of an archive need the package pyarrow: pip install 'eccentric-monitor[archive]'"
        ) from error
    return pyarrow


def _lock(fd: int, folder: Path) -> None:
    """Let nobody else in, where the system and the drive know locks; it ends with the program."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RecordingError(f"another program is filling {folder}: wait for it, or stop it") from error
    except OSError:
        return
