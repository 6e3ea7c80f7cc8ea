"""One recording of an archive to the rows of the tables; a reason in their place where it has none."""

from __future__ import annotations

import logging
from pathlib import Path

from analysis.results import Exercise
from analysis.samples import SamplesError
from monitor.measured_file import MeasuredFile
from monitor.review.corrected_file import corrected_file
from monitor.sets import angle_trace, sets_of
from recordings.exporters.csv_files import rep_rows
from recordings.format import RecordingError
from recordings.importers.csv_samples import CsvError

_log = logging.getLogger(__name__)


def measured_or_reason(
    path: Path, exercise: Exercise | None
) -> tuple[MeasuredFile, list[list[object]]] | str:
    """Return a measured file with its rows under REP_COLUMNS, or why it could not be measured.

    Raises no Exception: hours of other files must not depend on one that nobody foresaw.
    """
    try:
        measured = corrected_file(path, exercise)
        sets = [each.exported() for each in sets_of(measured)]
        rows = list(rep_rows(measured.analysis.reps, measured.start_s, angle_trace(measured), sets))
    except (RecordingError, SamplesError, CsvError, OSError) as error:
        return str(error)
    except Exception as error:
        _log.exception("%s cannot be measured", path)
        return f"something unforeseen happened ({type(error).__name__}: {error})"
    return measured, rows
