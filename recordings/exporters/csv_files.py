"""CSV files: samples that `eccentric import` reads back, and repetitions for a statistics program.

A file appears under its name only when it is whole. All that write here raise what `write_rows` raises.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from analysis import ALGORITHM_VERSION
from analysis.phases import DEFINITION
from analysis.results import PhaseKind, Rep
from analysis.samples import ImuSamples
from recordings.exporters.whole_file import whole_file

REP_COLUMNS = (
    "rep",
    "exercise",
    "start_s",
    "end_s",
    "lift_s",
    "hold_s",
    "lower_s",
    "return_s",
    "range_of_motion_deg",
    "break_point_s",
    "lean_deg",
    "control_s",
    "fall_s",
    "not_measured",
    "algorithm_version",
    "phase_definition",
)
_ROWS_AT_ONCE = 10_000


def write_samples(samples: ImuSamples, path: Path) -> None:
    """Write samples as CSV, seconds from the first one, in the columns that the importer expects.

    Numbers are written with all their digits.
    """
    columns = [np.round(samples.t_s - samples.t_s[:1], 9)[:, None], samples.acc_mps2]
    header = ["t_s", "ax_mps2", "ay_mps2", "az_mps2"]
    if samples.gyr_radps is not None:
        columns.append(samples.gyr_radps)
        header += ["gx_radps", "gy_radps", "gz_radps"]
    table = np.hstack(columns)
    chunks = (table[first : first + _ROWS_AT_ONCE].tolist() for first in range(0, len(table), _ROWS_AT_ONCE))
    write_rows(path, header, (row for chunk in chunks for row in chunk))


def write_reps(reps: Iterable[Rep], start_s: float, path: Path) -> None:
    """Write repetitions as CSV, one a row. start_s: what counts as zero."""
    write_rows(path, REP_COLUMNS, rep_rows(reps, start_s))


def rep_rows(reps: Iterable[Rep], start_s: float) -> Iterator[list[object]]:
    """Yield the row of each repetition under REP_COLUMNS; what is not known stays empty."""
    for number, rep in enumerate(reps, 1):
        lasted = {kind: _cell(phase_s(rep, kind)) for kind in ("lift", "hold", "return")}
        point = rep.break_point
        yield [
            number,
            rep.exercise,
            _cell(rep.start_s - start_s),
            _cell(rep.end_s - start_s),
            lasted["lift"],
            lasted["hold"],
            _cell(rep.lower_s),
            lasted["return"],
            _cell(rep.range_of_motion_deg, 2),
            "" if point is None else _cell(point.t_s - start_s),
            "" if point is None else _cell(point.lean_deg, 2),
            "" if point is None else _cell(point.control_s),
            "" if point is None else _cell(point.fall_s),
            rep.not_measured or "",
            ALGORITHM_VERSION,
            DEFINITION,
        ]


def phase_s(rep: Rep, kind: PhaseKind) -> float | None:
    """Return how long the phases of a kind lasted together; None without any, or if nothing was measured."""
    # A repetition that was not measured gives no number, of no phase.
    lasted = [phase.duration_s for phase in rep.phases if phase.kind == kind]
    return sum(lasted) if lasted and rep.not_measured is None else None


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file.

    Raises RecordingError if a recording stands there, or no file, and OSError; what was there before is
    then untouched.
    """
    with (
        whole_file(path) as part,
        part.open(
            # Names of files need not be text.
            "w",
            newline="",
            encoding="utf-8",
            errors="backslashreplace",
        ) as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def _cell(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}f}"
