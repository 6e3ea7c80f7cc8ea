"""A folder of recordings into one CSV file, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.results import Exercise
from monitor.archive.measuring import measured_or_reason
from monitor.archive.sources import find_recordings
from recordings.exporters.csv_files import REP_COLUMNS, write_rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a folder. failures: path and reason of each file that could not be measured."""

    files: int
    reps: int
    partly_read: int
    failures: tuple[tuple[Path, str], ...]
    failures_path: Path | None


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
            found = measured_or_reason(path, exercise)
            if isinstance(found, str):
                failures.append((path, found))
                continue
            measured, of_file = found
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
