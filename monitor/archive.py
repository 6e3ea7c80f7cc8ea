"""Many recordings at once: a folder in, one table of repetitions out."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.results import Exercise
from analysis.samples import SamplesError
from monitor.measured_file import measure_file
from monitor.sets import angle_trace, sets_of
from recordings.encryption import ENCRYPTED_SUFFIX
from recordings.exporters.csv_files import REP_COLUMNS, rep_rows, write_rows
from recordings.format import LIVE_SUFFIX, SUFFIX, RecordingError
from recordings.importers.csv_samples import CsvError
from recordings.salvage import salvaged_name

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a folder. failures: path and reason of each file that could not be measured."""

    files: int
    reps: int
    partly_read: int
    failures: tuple[tuple[Path, str], ...]
    failures_path: Path | None


def is_recording(path: Path) -> bool:
    """Tell by its name whether a file is a recording: finished or not, plain or encrypted."""
    return path.name.lower().endswith((SUFFIX, SUFFIX + LIVE_SUFFIX, ENCRYPTED_SUFFIX))


def find_recordings(folder: Path) -> list[Path]:
    """Return all recordings below a folder, finished or not, in the order of their names.

    An unfinished one is left out where there is what was salvaged from it: that holds the same repetitions.
    """
    # Unlike Path.is_file, this is no error where a folder may be listed but nothing in it looked at.
    found = {
        Path(root, name) for root, _, names in os.walk(folder) for name in names if is_recording(Path(name))
    }
    return sorted(path for path in found if not (path.suffix == LIVE_SUFFIX and salvaged_name(path) in found))


def analyse_folder(folder: Path, output: Path, exercise: Exercise | None = None) -> Outcome:
    """Measure every recording below a folder, one after the other, into a CSV file with a row a repetition.

    A file that cannot be measured stops nothing, whatever the reason: it becomes a row in a second file next
    to the output ("reps.csv": "reps.failures.csv"). Raises OSError if an output cannot be written,
    RecordingError if a recording stands in its place.
    """
    failures: list[tuple[Path, str]] = []
    paths = find_recordings(folder)
    reps = partly_read = 0

    def rows() -> Iterator[list[object]]:
        nonlocal reps, partly_read
        for path in paths:
            try:
                measured = measure_file(path, exercise)
                sets = [each.exported() for each in sets_of(measured)]
                of_file = list(
                    rep_rows(measured.analysis.reps, measured.start_s, angle_trace(measured), sets)
                )
            except (RecordingError, SamplesError, CsvError, OSError) as error:
                failures.append((path, str(error)))
                continue
            except Exception as error:
                # Hours of other files must not depend on one that nobody foresaw.
                _log.exception("%s cannot be measured", path)
                failures.append((path, f"something unforeseen happened ({type(error).__name__}: {error})"))
                continue
            partly_read += bool(measured.damage)
            reps += len(of_file)
            name = path.relative_to(folder).as_posix()
            yield from ([name, *row] for row in of_file)

    write_rows(output, ("file", *REP_COLUMNS), rows())
    failures_path = output.with_name(f"{output.stem}.failures.csv")
    failures_path.unlink(missing_ok=True)
    if failures:
        write_rows(
            failures_path,
            ("file", "reason"),
            [(path.relative_to(folder).as_posix(), reason) for path, reason in failures],
        )
    return Outcome(len(paths), reps, partly_read, tuple(failures), failures_path if failures else None)
