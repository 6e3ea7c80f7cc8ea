"""Many recordings at once: a folder in, one table of repetitions out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.results import Exercise
from analysis.samples import SamplesError
from monitor.measured_file import measure_file
from recordings.exporters.csv_files import REP_COLUMNS, rep_rows, write_rows
from recordings.format import RecordingError
from recordings.importers.csv_samples import CsvError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a folder. failures: path and reason of each file that could not be measured."""

    files: int
    reps: int
    partly_read: int
    failures: tuple[tuple[Path, str], ...]
    failures_path: Path | None


def find_recordings(folder: Path) -> list[Path]:
    """Return all recordings below a folder, finished or not, in the order of their names."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name.lower().endswith((".mcap", ".mcap.part"))
    )


def analyse_folder(folder: Path, output: Path, exercise: Exercise | None = None) -> Outcome:
    """Measure every recording below a folder, one after the other, into a CSV file with a row a repetition.

    A file that cannot be measured stops nothing: it becomes a row in a second file next to the output
    ("reps.csv": "reps.failures.csv"). Raises OSError if an output cannot be written.
    """
    failures: list[tuple[Path, str]] = []
    paths = find_recordings(folder)
    reps = partly_read = 0

    def rows() -> Iterator[list[object]]:
        nonlocal reps, partly_read
        for path in paths:
            try:
                measured = measure_file(path, exercise)
            except (RecordingError, SamplesError, CsvError, OSError) as error:
                failures.append((path, str(error)))
                continue
            partly_read += bool(measured.damage)
            for row in rep_rows(measured.analysis.reps, measured.start_s):
                reps += 1
                yield [path.relative_to(folder).as_posix(), *row]

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
