"""CSV files: samples that `eccentric import` reads back; repetitions and sets for a statistics program.

A file appears under its name only when it is whole. All that write here raise what `write_rows` raises.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from analysis import ALGORITHM_VERSION
from analysis.break_conventions import PUBLISHED_SPEEDS_DPS, break_angles, lean_at_speed
from analysis.lowering_speed import AngleTrace
from analysis.phases import DEFINITION
from analysis.progress import changes
from analysis.results import Attempt, BreakPoint, Exercise, PhaseKind, Rep
from analysis.samples import ImuSamples
from analysis.sets import MIN_REST_S
from analysis.smoothness import smoothness
from analysis.tempo import Prescription, dose
from recordings.exporters import columns
from recordings.exporters.whole_file import whole_file

REP_COLUMNS = tuple(column.name for column in columns.REPS)
PHASE_COLUMNS = tuple(column.name for column in columns.PHASES)
SET_COLUMNS = tuple(column.name for column in columns.SETS)
ATTEMPT_COLUMNS = tuple(column.name for column in columns.ATTEMPTS)
SCORE_COLUMNS = tuple(column.name for column in columns.SCORES)
_ROWS_AT_ONCE = 10_000

# The keys of `columns.TOLD`.
ToldKind = Literal["pain_before", "worst_pain", "pain_after", "effort", "pain_next_morning"]


def write_samples(samples: ImuSamples, path: Path) -> None:
    """Write samples as CSV, seconds from the first one, in the columns that the importer expects.

    Numbers are written with all their digits.
    """
    table_columns = [np.round(samples.t_s - samples.t_s[:1], 9)[:, None], samples.acc_mps2]
    header = ["t_s", "ax_mps2", "ay_mps2", "az_mps2"]
    if samples.gyr_radps is not None:
        table_columns.append(samples.gyr_radps)
        header += ["gx_radps", "gy_radps", "gz_radps"]
    table = np.hstack(table_columns)
    chunks = (table[first : first + _ROWS_AT_ONCE].tolist() for first in range(0, len(table), _ROWS_AT_ONCE))
    write_rows(path, header, (row for chunk in chunks for row in chunk))


@dataclass(frozen=True, slots=True)
class ExportedSet:
    """A set with what is known about it. number None: repetitions outside every set.

    exercise, side, prescribed, worst_pain, effort, pain_after: None where nobody said.
    """

    number: int | None
    source: Literal["recorded", "found", "outside"]
    reps: tuple[Rep, ...]
    exercise: Exercise | None = None
    side: str | None = None
    prescribed: Prescription | None = None
    worst_pain: int | None = None
    effort: int | None = None
    pain_after: int | None = None


@dataclass(frozen=True, slots=True)
class ToldScore:
    """What was told of a whole session, 0-10. back_to_usual: of the morning after; None: not told."""

    kind: ToldKind
    value: int
    back_to_usual: bool | None = None


def write_reps(
    reps: Iterable[Rep],
    start_s: float,
    path: Path,
    trace: AngleTrace | None = None,
    sets: Sequence[ExportedSet] = (),
) -> None:
    """Write repetitions as CSV, one a row. start_s: what counts as zero; the rest as for `rep_rows`."""
    write_rows(path, REP_COLUMNS, rep_rows(reps, start_s, trace, sets))


def rep_rows(
    reps: Iterable[Rep],
    start_s: float,
    trace: AngleTrace | None = None,
    sets: Sequence[ExportedSet] = (),
) -> Iterator[list[object]]:
    """Yield the row of each repetition under REP_COLUMNS; what is not known stays empty.

    trace: the thigh angle, for what is worked out from it. sets: those that the repetitions belong to.
    """
    homes = {rep.start_s: each for each in sets for rep in each.reps}
    for number, rep in enumerate(reps, 1):
        lasted = {kind: _cell(phase_s(rep, kind)) for kind in ("lift", "hold", "return")}
        home = homes.get(rep.start_s)
        target_s = home.prescribed.lower_s if home and home.prescribed else None
        off_s = None if target_s is None or rep.lower_s is None else rep.lower_s - target_s
        leans = [
            None if trace is None else lean_at_speed(rep, trace, speed) for speed in PUBLISHED_SPEEDS_DPS
        ]
        yield [
            number,
            "" if home is None or home.number is None else home.number,
            rep.exercise,
            _cell(rep.start_s - start_s),
            _cell(rep.end_s - start_s),
            lasted["lift"],
            lasted["hold"],
            _cell(rep.lower_s),
            _cell(rep.lower_se_s),
            lasted["return"],
            _cell(target_s),
            _cell(off_s),
            _cell(rep.range_of_motion_deg, 2),
            _cell(None if trace is None else smoothness(rep, trace), 3),
            *_break_cells(rep.break_point, start_s),
            *(_cell(lean, 2) for lean in leans),
            "yes" if rep.partial else "no",
            rep.not_measured or "",
            "yes" if rep.by_hand else "",
            ALGORITHM_VERSION,
            DEFINITION,
        ]


def _break_cells(point: BreakPoint | None, start_s: float) -> list[str]:
    if point is None:
        return [""] * 7
    angles = break_angles(point)
    return [
        _cell(point.t_s - start_s),
        _cell(point.lean_deg, 2),
        _cell(point.control_s),
        _cell(point.fall_s),
        _cell(angles.thigh_to_horizontal_deg, 2),
        _cell(angles.knee_angle_deg, 2),
        _cell(angles.knee_flexion_deg, 2),
    ]


def write_phases(reps: Iterable[Rep], start_s: float, path: Path, sets: Sequence[ExportedSet] = ()) -> None:
    """Write the phases of repetitions as CSV, one a row. start_s: what counts as zero."""
    write_rows(path, PHASE_COLUMNS, phase_rows(reps, start_s, sets))


def phase_rows(
    reps: Iterable[Rep], start_s: float, sets: Sequence[ExportedSet] = ()
) -> Iterator[list[object]]:
    """Yield the row of each phase under PHASE_COLUMNS; what is not known stays empty."""
    homes = {rep.start_s: each for each in sets for rep in each.reps}
    for number, rep in enumerate(reps, 1):
        home = homes.get(rep.start_s)
        measured = rep.not_measured is None
        for place, phase in enumerate(rep.phases, 1):
            yield [
                number,
                "" if home is None or home.number is None else home.number,
                rep.exercise,
                place,
                phase.kind,
                _cell(phase.start_s - start_s),
                _cell(phase.end_s - start_s),
                _cell(phase.duration_s if measured else None),
                _cell(phase.se_s if measured else None),
                rep.not_measured or "",
                ALGORITHM_VERSION,
            ]


def write_attempts(
    attempts: Iterable[Attempt], start_s: float, path: Path, sets: Sequence[ExportedSet] = ()
) -> None:
    """Write what was begun and given up as CSV, one a row. start_s: what counts as zero."""
    write_rows(path, ATTEMPT_COLUMNS, attempt_rows(attempts, start_s, sets))


def attempt_rows(
    attempts: Iterable[Attempt], start_s: float, sets: Sequence[ExportedSet] = ()
) -> Iterator[list[object]]:
    """Yield the row of each attempt under ATTEMPT_COLUMNS."""
    for number, attempt in enumerate(attempts, 1):
        home = set_of_attempt(attempt, sets)
        yield [
            number,
            "" if home is None else home.number,
            attempt.exercise,
            _cell(attempt.start_s - start_s),
            _cell(attempt.end_s - start_s),
            _cell(attempt.range_of_motion_deg, 2),
            ALGORITHM_VERSION,
        ]


def set_of_attempt(attempt: Attempt, sets: Iterable[ExportedSet]) -> ExportedSet | None:
    """Return the set that an attempt belongs to: nearest to it in time, of its exercise, no rest away."""
    away_s: list[tuple[float, ExportedSet]] = []
    for each in sets:
        if each.number is not None and each.reps and each.reps[0].exercise == attempt.exercise:
            begins_s, ends_s = min(rep.start_s for rep in each.reps), max(rep.end_s for rep in each.reps)
            away_s.append((max(begins_s - attempt.end_s, attempt.start_s - ends_s, 0.0), each))
    nearest_s, nearest = min(away_s, key=lambda pair: pair[0], default=(np.inf, None))
    return nearest if nearest_s <= MIN_REST_S else None


def write_scores(sets: Iterable[ExportedSet], scores: Iterable[ToldScore], path: Path) -> None:
    """Write what was told of sets, and of the whole session, as CSV, one score a row."""
    write_rows(path, SCORE_COLUMNS, score_rows(sets, scores))


def score_rows(sets: Iterable[ExportedSet], scores: Iterable[ToldScore]) -> Iterator[list[object]]:
    """Yield the row of each score under SCORE_COLUMNS, those of the whole session last."""
    for each in sets:
        told = {"worst_pain": each.worst_pain, "pain_after": each.pain_after, "effort": each.effort}
        for kind, value in told.items():
            if value is not None and each.number is not None:
                yield [each.number, kind, value, ""]
    for score in scores:
        usual = {None: "", True: "yes", False: "no"}[score.back_to_usual]
        yield ["", score.kind, score.value, usual]


def write_sets(
    sets: Iterable[ExportedSet],
    start_s: float,
    path: Path,
    trace: AngleTrace | None = None,
    attempts: Sequence[Attempt] = (),
) -> None:
    """Write sets as CSV, one a row. start_s: what counts as zero; the rest as for `set_rows`."""
    write_rows(path, SET_COLUMNS, set_rows(sets, start_s, trace, attempts))


def set_rows(
    sets: Iterable[ExportedSet],
    start_s: float,
    trace: AngleTrace | None = None,
    attempts: Sequence[Attempt] = (),
) -> Iterator[list[object]]:
    """Yield the row of each set under SET_COLUMNS; what is not known stays empty.

    trace: as for `rep_rows`. attempts: what was begun and given up in the recording.
    """
    sets = tuple(sets)
    homes = [set_of_attempt(attempt, sets) for attempt in attempts]
    for each in sets:
        reps, asked = each.reps, each.prescribed
        got, change = dose(reps, asked), changes(reps)
        scores = [] if trace is None else [smoothness(rep, trace) for rep in reps]
        known = [score for score in scores if score is not None]
        yield [
            "" if each.number is None else each.number,
            each.source,
            each.exercise or "",
            each.side or "",
            _cell(min(rep.start_s for rep in reps) - start_s if reps else None),
            _cell(max(rep.end_s for rep in reps) - start_s if reps else None),
            got.reps,
            got.not_measured,
            sum(home is each for home in homes),
            "" if asked is None else asked.reps,
            _cell(None if asked is None else asked.lower_s),
            _cell(got.received_percent, 2),
            _cell(got.time_under_tension_s if got.mean_s is not None else None),
            _cell(got.moving_s if got.mean_s is not None else None),
            _cell(got.mean_s),
            _cell(got.mean_deviation_s),
            _cell(got.mean_absolute_deviation_s),
            _cell(change.variation_percent, 2),
            _cell(change.lowering.per_rep_percent if change.lowering else None, 2),
            _cell(change.lowering_se_percent, 2),
            _cell(change.lowering.first_to_last_percent if change.lowering else None, 2),
            _cell(change.controlled_range.per_rep_percent if change.controlled_range else None, 2),
            _cell(change.lean.per_rep_percent if change.lean else None, 2),
            _cell(float(np.median(known)) if known else None, 3),
            "" if each.worst_pain is None else each.worst_pain,
            "" if each.pain_after is None else each.pain_after,
            "" if each.effort is None else each.effort,
            ALGORITHM_VERSION,
        ]


def write_dictionary(path: Path) -> None:
    """Write the data dictionary as CSV: the columns of all tables with unit and definition."""
    write_rows(path, [column.name for column in columns.DICTIONARY], dictionary_rows())


def dictionary_rows() -> list[list[object]]:
    """Return the data dictionary under the columns of `columns.DICTIONARY`."""
    return [
        [table, column.name, column.unit, column.definition]
        for table, named in columns.TABLES.items()
        for column in named
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
