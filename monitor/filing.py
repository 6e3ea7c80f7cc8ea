"""Recordings into the catalogue, and out of it: where it is, how it is made again, who leaves it for good."""

from __future__ import annotations

import getpass
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analysis import ALGORITHM_VERSION
from analysis.results import Rep
from analysis.samples import SamplesError
from monitor.archive.sources import find_recordings, is_recording
from monitor.catalogue_at_rest import connector, restorable
from monitor.encrypting import readable, this_key
from monitor.known_sensors import data_folder, forget_sensor
from monitor.measured_file import MeasuredFile, cache_folder
from monitor.review.corrected_file import corrected_file
from monitor.sets import MeasuredSet, sets_of
from recordings.cache import sweep
from recordings.catalogue import Catalogue, open_catalogue, sqlite_file
from recordings.catalogue.entries import (
    Belongings,
    CatalogueError,
    Person,
    RepEntry,
    Score,
    ScoreKind,
    SessionEntry,
    SetEntry,
    Visit,
)
from recordings.catalogue.identity import identity
from recordings.catalogue.sqlite_file import Connect, back_up, kept_aside, remove, restore
from recordings.edits_file import edits_path, read_edits
from recordings.encryption import AGE_SUFFIX, EncryptionError, forget_leftovers, is_encrypted
from recordings.exporters.csv_files import phase_s
from recordings.format import LIVE_SUFFIX, RecordingError, RecordingMetadata
from recordings.salvage import salvaged_name

VARIABLE = "ECCENTRIC_DATABASE"
BACKUP_EVERY_S = 86_400.0

_log = logging.getLogger(__name__)


def place() -> Path | str:
    """Return where the catalogue is: a file of this user's, or what ECCENTRIC_DATABASE says.

    Raises CatalogueError where the user has no home.
    """
    if address := os.environ.get(VARIABLE):
        return address
    return _folder("catalogue") / "catalogue.sqlite3"


def backup_path() -> Path:
    """Return where the daily copy of the catalogue is. Raises CatalogueError where the user has no home."""
    return _folder("backup") / "catalogue.sqlite3"


def _folder(name: str) -> Path:
    try:
        return data_folder() / name
    except RuntimeError as error:
        raise CatalogueError(f"this user has no folder for a catalogue: set {VARIABLE}") from error


def open_daily() -> Catalogue:
    """Open the catalogue; a file is copied first if its last copy is older than a day.

    A copy that cannot be made is noted in the log and stops nothing. Raises CatalogueError, also where the
    file is gone and its copy is not, and EncryptionError where its key cannot be had.
    """
    where = place()
    if isinstance(where, Path):
        backup = backup_path()
        if is_lost():
            # An empty one in its place would be copied over the last good copy a day later.
            raise CatalogueError(
                f"the catalogue {where} is gone, but its daily copy is in {backup}: `eccentric catalogue "
                "restore` brings it back; to begin with an empty one, move the copy away"
            )
        _back_up_daily(where, backup, connector(where), time.time())
    return _open(where)


def is_lost() -> bool:
    """Whether there is no catalogue, but a daily copy of one. Raises CatalogueError without a home."""
    where = place()
    return isinstance(where, Path) and not _holds_something(where) and _holds_something(backup_path())


def _holds_something(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _open(where: Path | str) -> Catalogue:
    if isinstance(where, Path):
        return open_catalogue(where, connector(where), account())
    return open_catalogue(where, who=account())


def account() -> str:
    """Return the name of the user's account; empty where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _back_up_daily(path: Path, backup: Path, opened: Connect, now_s: float) -> None:
    try:
        made_s = backup.stat().st_mtime if backup.exists() else 0.0
        # A clock that was set back must not put the next copy off for years.
        is_due = not 0 <= now_s - made_s < BACKUP_EVERY_S
        if is_due and _holds_something(path):
            back_up(path, backup, opened)
    except (CatalogueError, OSError) as error:
        _log.warning("the daily backup was not made: %s", error)


def file_place() -> Path:
    """Return the file of the catalogue. Raises CatalogueError if it is on a server."""
    where = place()
    if isinstance(where, Path):
        return where
    raise CatalogueError("the catalogue is on a server: its own tools (pg_dump, pg_restore) back it up")


def back_up_now(target: Path | None = None) -> Path:
    """Copy the catalogue and return where the copy is: under the key if the catalogue is.

    Raises CatalogueError, EncryptionError, OSError.
    """
    chosen, path = target or backup_path(), file_place()
    back_up(path, chosen, connector(path))
    return chosen


def restore_now(backup: Path | None = None) -> Path | None:
    """Put a backup in the place of the catalogue; return where the one before is now, None without one.

    Raises CatalogueError, EncryptionError, OSError.
    """
    path = file_place()
    with restorable(backup or backup_path(), path) as (copy, opened):
        return restore(copy, path, opened)


def kept_files() -> tuple[Path, ...]:
    """Return where this program keeps the catalogue and copies of it; none of a catalogue on a server.

    Raises CatalogueError where the user has no home, OSError.
    """
    where = place()
    return (where, backup_path(), *kept_aside(where)) if isinstance(where, Path) else ()


# --- into the catalogue --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did. failures: path and reason of each recording that could not be entered.

    missing: sessions in the catalogue of which no recording is where it was.
    """

    sessions: int
    files: int
    partly_read: int
    failures: tuple[tuple[Path, str], ...]
    missing: int


def rebuild(
    catalogue: Catalogue, folders: Sequence[Path], on_file: Callable[[int, int], None] = lambda _n, _all: None
) -> Rebuilt:
    """Measure every recording below the folders and enter it; people, plans, notes and whose it is stay.

    Where several files hold the same session (a copy, a torn one and what was salvaged from it), the largest
    is measured. on_file: told how many of all sessions are done. A file that cannot be read stops nothing.
    Raises CatalogueError.
    """
    paths = sorted({path.resolve() for folder in folders for path in find_recordings(folder)})
    failures: list[tuple[Path, str]] = []
    by_session: dict[str, list[tuple[Path, RecordingMetadata]]] = {}
    for path in paths:
        try:
            metadata = _identity(path)
        except (RecordingError, OSError) as error:
            failures.append((path, str(error)))
            continue
        by_session.setdefault(metadata.session_id, []).append((path, metadata))
    filed = partly_read = 0
    for number, found in enumerate(by_session.values(), 1):
        files = [path for path, _ in found]
        path, metadata = max(found, key=lambda each: (each[0].stat().st_size, each[0]))
        try:
            measured = corrected_file(path)
            catalogue.file_session(session_entry(measured, metadata, files))
            filed += 1
            partly_read += bool(measured.damage)
        except (RecordingError, SamplesError, CatalogueError, OSError) as error:
            failures.append((path, str(error)))
        except Exception as error:
            _log.exception("%s cannot be measured", path)
            failures.append((path, f"something unforeseen happened ({type(error).__name__}: {error})"))
        on_file(number, len(by_session))
    return Rebuilt(filed, len(paths), partly_read, tuple(failures), _forget_moved(catalogue, folders, paths))


def file_recording(catalogue: Catalogue, path: Path) -> str:
    """Enter one recording, as after a session, and return the id of its session.

    Raises RecordingError, SamplesError, CatalogueError or OSError.
    """
    metadata = _identity(path)
    catalogue.file_session(session_entry(corrected_file(path), metadata, [path.resolve()]))
    return metadata.session_id


def _identity(path: Path) -> RecordingMetadata:
    with readable(path) as place:
        return identity(place)


def file_live(path: Path, person: str | None) -> str | None:
    """Enter a session that has just been recorded; return a sentence where that failed.

    person: the code of whose session it is. A simulated one belongs to nobody and is left out. The recording
    itself is safe whatever happens here.
    """
    import click

    try:
        if is_simulated(path):
            return None
        with open_daily() as catalogue:
            session_id = file_recording(catalogue, path)
            if person is not None:
                catalogue.assign(catalogue.row(session_id), catalogue.person(person))
    except (CatalogueError, RecordingError, SamplesError, OSError) as error:
        return not_filed(path, str(error))
    except click.Abort:
        return not_filed(path, "nobody gave the passphrase")
    return None


def not_filed(path: Path, reason: str) -> str:
    """Return what to say of a recording that is not in the catalogue, and why."""
    again = f"`eccentric catalogue rebuild {path.resolve().parent}` tries again"
    return f"the recording is kept, but not in the catalogue ({reason}); {again}"


def is_simulated(path: Path) -> bool:
    """Tell whether a recording is of a simulated sensor. Raises RecordingError or OSError."""
    return _identity(path).sensor.simulated


def session_entry(measured: MeasuredFile, metadata: RecordingMetadata, files: Sequence[Path]) -> SessionEntry:
    """Return what the catalogue keeps of a measured recording."""
    sets = sets_of(measured)
    numbers = {rep.start_s: number for number, rep in enumerate(measured.analysis.reps, 1)}
    return SessionEntry(
        session_id=metadata.session_id,
        started_ns=max(0, metadata.started_wall_ns),
        time_zone=metadata.time_zone,
        duration_s=measured.duration_s,
        sensor=measured.sensor.model,
        simulated=measured.sensor.simulated,
        damaged=bool(measured.damage),
        algorithm_version=str(ALGORITHM_VERSION),
        files=tuple(str(path) for path in files),
        sets=tuple(_set_entry(each, numbers, measured.start_s) for each in sets),
        scores=tuple(
            Score(kind, value, each.number, "recorded")
            for each in sets
            for kind, value in _told(each)
            if value is not None and 0 <= value <= 10
        ),
    )


def _set_entry(measured: MeasuredSet, numbers: dict[float, int], start_s: float) -> SetEntry:
    plan = measured.plan
    return SetEntry(
        measured.number,
        measured.source,
        measured.exercise,
        measured.side,
        plan.reps if plan else None,
        plan.tempo.lower_s if plan else None,
        tuple(_rep_entry(rep, numbers[rep.start_s], measured.number, start_s) for rep in measured.reps),
        variant=plan.variant if plan else None,
        stage=plan.stage if plan else None,
        pain_limit=plan.pain_limit if plan else None,
        sound=measured.sound,
        stopped=measured.stopped,
    )


def _told(measured: MeasuredSet) -> tuple[tuple[ScoreKind, int | None], ...]:
    return ("pain", measured.pain), ("effort", measured.effort)


def _rep_entry(rep: Rep, number: int, set_number: int | None, start_s: float) -> RepEntry:
    point = rep.break_point
    return RepEntry(
        number,
        set_number,
        rep.exercise,
        rep.start_s - start_s,
        rep.end_s - start_s,
        rep.lower_s,
        rep.lower_se_s,
        phase_s(rep, "lift"),
        phase_s(rep, "hold"),
        phase_s(rep, "return"),
        rep.range_of_motion_deg,
        point.lean_deg if point else None,
        point.control_s if point else None,
        point.fall_s if point else None,
        rep.not_measured,
    )


def _forget_moved(catalogue: Catalogue, folders: Sequence[Path], found: Sequence[Path]) -> int:
    """Forget recordings that are gone from the folders; count the sessions that have none left there."""
    roots = [folder.resolve() for folder in folders]
    here = {str(path) for path in found}
    known = catalogue.files()
    gone = {
        path for path in known if path not in here and any(Path(path).is_relative_to(root) for root in roots)
    }
    catalogue.forget_files(gone)
    kept = {session for path, session in known.items() if path not in gone}
    return len({known[path] for path in gone} - kept)


def note_export(recordings: Iterable[Path], output: Path) -> str | None:
    """Note in the catalogue, if there is one, of which of its recordings something was exported.

    An export must not fail for it: a sentence is returned where it could not be noted.
    """
    return note_exported((found for found in map(_session_of, recordings) if found is not None), output)


def note_exported(sessions: Iterable[str], output: Path) -> str | None:
    """Do what `note_export` does, where the numbers of the sessions are known."""
    import click

    try:
        where = place()
        if isinstance(where, Path) and not where.exists():
            return None
        exported = list(sessions)
        with _open(where) as catalogue:
            for session_id in exported:
                if catalogue.knows(session_id):
                    catalogue.add_export(session_id, output.resolve())
    except (CatalogueError, RecordingError, OSError) as error:
        reason = str(error)
    except click.Abort:
        reason = "nobody gave the passphrase"
    else:
        return None
    return f"the catalogue does not know of {output} ({reason}): when the person is deleted, it is not listed"


def told_of(recording: Path) -> tuple[Visit | None, str | None]:
    """Return what the catalogue, if there is one, knows of the session of a recording; None: nothing.

    An export must not fail for it: a sentence is returned where it could not be asked.
    """
    import click

    try:
        where = place()
        session_id = _session_of(recording)
        if session_id is None or (isinstance(where, Path) and not where.exists()):
            return None, None
        with _open(where) as catalogue:
            return (catalogue.visit(session_id) if catalogue.knows(session_id) else None), None
    except (CatalogueError, RecordingError, OSError) as error:
        reason = str(error)
    except click.Abort:
        reason = "nobody gave the passphrase"
    return None, f"what was told of the session is left out: the catalogue cannot be asked ({reason})"


def _session_of(path: Path) -> str | None:
    """Return the session of a recording; None for a table of samples, which belongs to none."""
    try:
        return _identity(path).session_id
    except (RecordingError, OSError):
        return None


# --- out of the catalogue ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted with a person, and what was left: path and reason of each.

    sensors: what was kept of the sensors that the person wore.
    """

    recordings: tuple[Path, ...]
    sensors: tuple[Path, ...]
    left: tuple[tuple[Path, str], ...]


def find_copies(catalogue: Catalogue, person: Person) -> None:
    """Enter what else is in the folders of a person's recordings and holds the same sessions.

    Raises CatalogueError.
    """
    owned = catalogue.belongings(person)
    known = {path for path, _ in owned.recordings}
    for folder in sorted({Path(path).parent for path in known}):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if str(path) in known or not is_recording(path):
                continue
            with suppress(RecordingError, OSError):
                session_id = _identity(path).session_id
                if session_id in owned.session_ids:
                    catalogue.add_file(session_id, path)


def delete_person(catalogue: Catalogue, owned: Belongings) -> Deleted:
    """Delete a person's recordings with corrections and caches, then all in the catalogue and its copies.

    A file that holds another session by now is left. Raises CatalogueError if there is more by now than was
    shown, or if a recording cannot be deleted: the person is then still there, so that it can be repeated.
    """
    if catalogue.belongings(owned.person) != owned:
        raise CatalogueError(f"what belongs to {owned.person.code} has changed meanwhile: look at it again")
    deleted: list[Path] = []
    left: list[tuple[Path, str]] = []
    serials: set[str] = set()
    for name, session_id in owned.recordings:
        for path in _same_recording(Path(name)):
            if not path.exists():
                _forget_edits(path, session_id)
                left.append((path, "it is not there any more"))
                continue
            try:
                found = _identity(path)
                if found.session_id != session_id:
                    if path == Path(name):
                        left.append((path, "it holds another session by now"))
                    continue
                forget_leftovers(path)
                path.unlink()
                serials.add(found.sensor.serial or "")
            except RecordingError as error:
                left.append((path, f"it cannot be read, so that nobody knows whose it is ({error})"))
            except OSError as error:
                raise CatalogueError(
                    f"{path} cannot be deleted ({error.strerror}): {owned.person.code} stays in the catalogue"
                ) from error
            else:
                edits_path(path).unlink(missing_ok=True)
                deleted.append(path)
    try:
        if (caches := cache_folder()) is not None:
            sweep(caches, {session_id for _, session_id in owned.recordings})
    except OSError as error:
        raise CatalogueError(
            f"{error.filename} cannot be deleted ({error.strerror}): "
            f"{owned.person.code} stays in the catalogue"
        ) from error
    sensors = _forget_sensors(serials - {""})
    is_overwritten = catalogue.delete_person(owned.person)
    where = place()
    if isinstance(where, Path):
        if not is_overwritten:
            left.append((where, "another program has it open: its log holds the person until that is closed"))
        left += _forget_in_copies(where)
    return Deleted(tuple(deleted), tuple(sensors), tuple(left))


def _forget_edits(recording: Path, session_id: str) -> None:
    """Delete the corrections that a recording has left behind, unless they are of another session."""
    path = edits_path(recording)
    with suppress(RecordingError, EncryptionError, OSError):
        entries = read_edits(path, this_key).entries
        if entries and entries[0].get("session_id") == session_id:
            path.unlink()


def _forget_sensors(serials: Iterable[str]) -> list[Path]:
    try:
        folder = data_folder()
    except RuntimeError:
        # Where there is no folder, nothing is kept.
        return []
    return [path for serial in sorted(serials) for path in forget_sensor(folder, serial)]


def _forget_in_copies(where: Path) -> list[tuple[Path, str]]:
    """Delete or make anew the copies of the catalogue, which still hold somebody.

    What a killed program left of a copy goes too. Return what was left, and why.
    """
    left: list[tuple[Path, str]] = []
    for path in kept_files():
        try:
            sqlite_file.forget_leftovers(path)
            if path == backup_path():
                if path.exists():
                    back_up(where, path, connector(where))
            elif path != where:
                remove(path)
        except (CatalogueError, OSError) as error:
            left.append(
                (path, f"it still holds the person ({error}); `eccentric catalogue backup` makes it anew")
            )
    return left


def _same_recording(path: Path) -> list[Path]:
    """Return a recording and what stands beside it for the same session: encrypted, torn, salvaged.

    The recording itself is left out only where it has become another of these, as by encryption.
    """
    plain = path.with_suffix("") if is_encrypted(path) else path
    whole = plain.with_name(plain.stem.removesuffix("-salvaged") + plain.suffix)
    kinds = [path, plain, whole, whole.with_name(whole.name + LIVE_SUFFIX), salvaged_name(whole)]
    kinds += [each.with_name(each.name + AGE_SUFFIX) for each in (plain, whole, salvaged_name(whole))]
    return [each for each in dict.fromkeys(kinds) if each.exists()] or [path]
