"""One recording of an archive to the rows of the tables; a reason in their place where it has none."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise
from analysis.samples import SamplesError
from monitor.archive.sources import Item, on_this_machine
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a recording. reps, session: rows under REPS and SESSIONS; reason: why there are none.

    session_id: "" where it is not known.
    """

    name: str
    version: str
    reps: tuple[tuple[object, ...], ...] = ()
    session: tuple[object, ...] | None = None
    session_id: str = ""
    partly_read: bool = False
    reason: str = ""


def measure_item(item: Item, exercise: Exercise | None) -> Outcome:
    """Measure a recording of an archive. Runs in a worker: raises no Exception."""
    begun_s = time.perf_counter()
    try:
        with on_this_machine(item) as path:
            found = measured_or_reason(path, exercise)
    except (RecordingError, OSError) as error:
        found = str(error) or type(error).__name__
    except Exception as error:
        _log.exception("%s cannot be had", item.place)
        found = f"{item.place} cannot be had ({type(error).__name__}: {error})"
    if isinstance(found, str):
        return Outcome(item.name, ALGORITHM_VERSION, reason=found)
    measured, rows = found
    session_id = "" if measured.metadata is None else measured.metadata.session_id
    lowered = [rep.lower_s for rep in measured.analysis.reps if rep.lower_s is not None]
    return Outcome(
        item.name,
        ALGORITHM_VERSION,
        tuple((item.name, *row) for row in rows),
        (
            item.name,
            item.state,
            asked_for(exercise),
            session_id,
            "" if measured.started is None else measured.started.isoformat(),
            measured.sensor.model,
            round(measured.duration_s, 4),
            len(rows),
            sum(rep.not_measured is not None for rep in measured.analysis.reps),
            round(sum(lowered), 4),
            round(sum(gap.end_s - gap.start_s for gap in measured.analysis.gaps), 4),
            " ".join(measured.damage),
            " ".join((*measured.oddities, *measured.analysis.warnings)),
            round(time.perf_counter() - begun_s, 4),
            ALGORITHM_VERSION,
        ),
        session_id,
        partly_read=bool(measured.damage),
    )


def asked_for(exercise: Exercise | None) -> str:
    """Return what the table of sessions says of the exercise that was looked for."""
    return exercise or "all"
