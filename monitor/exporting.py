"""Recordings into other programs' files: what `eccentric export` does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from analysis.results import Exercise
from monitor.known_sensors import data_folder
from monitor.measured_file import MeasuredFile, cache_folder
from monitor.review.corrected_file import corrected_file
from monitor.sets import sets_of
from recordings.catalogue.entries import Visit
from recordings.exporters import columns, csv_files
from recordings.exporters.csv_files import ToldScore
from recordings.exporters.session import ExportedSession
from recordings.format import RecordingError

Format = Literal["csv", "parquet", "bids", "fhir", "sto"]
Table = Literal["reps", "phases", "sets", "attempts", "scores", "samples", "dictionary"]
TABLE_FORMATS: tuple[Format, ...] = ("csv", "parquet")


def export_file(
    path: Path,
    output: Path,
    form: Format,
    table: Table,
    exercise: Exercise | None = None,
    person: str | None = None,
    *,
    visit: Visit | None = None,
    pseudonymise: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """Measure a file and export it; return a line for a person, and what of it could not be read.

    person: the code to say whose it is, where the format says that. visit: what the catalogue knows of the
    session; None where it knows nothing. Raises what `measure_file` raises, and RecordingError and OSError
    where the output cannot be written.
    """
    if table == "dictionary":
        return _write_dictionary(output, form), ()
    measured = corrected_file(path, exercise, caches=cache_folder())
    session = exported(measured, person, visit)
    if pseudonymise:
        from recordings.exporters.pseudonyms import local_pseudonyms

        try:
            folder = data_folder()
        except RuntimeError as error:
            raise RecordingError("there is no folder to keep the key of the pseudonyms in") from error
        session = local_pseudonyms(folder).session(session)
    return _write(session, output, form, table), measured.damage


def exported(
    measured: MeasuredFile, person: str | None = None, visit: Visit | None = None
) -> ExportedSession:
    """Return what exports are made from; a file that names no session is known by its samples.

    What somebody entered into the catalogue comes before what was recorded, as everywhere.
    """
    told = measured.metadata
    samples = measured.samples
    scores = () if visit is None else visit.scores
    entered = {(each.set_number, each.kind): each.value for each in scores if each.source == "entered"}
    sets = [each.exported() for each in sets_of(measured)]
    return ExportedSession(
        session_id=told.session_id if told else hashlib.sha256(samples.acc_mps2.tobytes()).hexdigest()[:32],
        samples=samples,
        thigh_angle_deg=measured.analysis.thigh_angle_deg,
        reps=measured.analysis.reps,
        sets=tuple(
            replace(
                each,
                worst_pain=entered.get((each.number, "pain"), each.worst_pain),
                pain_after=entered.get((each.number, "pain after")),
                effort=entered.get((each.number, "effort"), each.effort),
            )
            if each.number is not None
            else each
            for each in sets
        ),
        sensor=measured.sensor,
        calibration=measured.analysis.calibration,
        started=measured.started,
        side=told.side if told else None,
        placement=told.placement if told else None,
        person=person,
        # What was made a repetition by hand is none of them.
        attempts=tuple(
            each
            for each in measured.analysis.aborted
            if not any(
                rep.start_s < each.end_s and each.start_s < rep.end_s for rep in measured.analysis.reps
            )
        ),
        scores=() if visit is None else tuple(_told(visit)),
    )


def _told(visit: Visit) -> Iterator[ToldScore]:
    """Yield what was told of the whole session, the last word of each kind."""
    if visit.pain_before is not None:
        yield ToldScore("pain_before", visit.pain_before)
    told = {each.kind: each.value for each in visit.scores if each.set_number is None}
    if "pain" in told:
        yield ToldScore("worst_pain", told["pain"])
    if "pain after" in told:
        yield ToldScore("pain_after", told["pain after"])
    if "effort" in told:
        yield ToldScore("effort", told["effort"])
    if visit.morning_pain is not None:
        yield ToldScore("pain_next_morning", visit.morning_pain, visit.back_to_usual)


def _write(session: ExportedSession, output: Path, form: Format, table: Table) -> str:
    match form:
        case "csv":
            return _write_csv(session, output, table)
        case "parquet":
            return _write_parquet(session, output, table)
        case "bids":
            from recordings.exporters.bids import write_session

            return f"Motion-BIDS: {write_session(session, output)}"
        case "fhir":
            from recordings.exporters.fhir import write_bundle

            return f"FHIR bundle, {write_bundle(session, output)} entries: {output}"
        case "sto":
            from recordings.exporters.opensim import write_orientation

            return f"{write_orientation(session, output)} orientations: {output}"


def _write_csv(session: ExportedSession, output: Path, table: Table) -> str:
    start_s, trace = session.start_s, session.trace
    match table:
        case "samples":
            csv_files.write_samples(session.samples, output)
            return f"{len(session.samples)} samples: {output}"
        case "sets":
            csv_files.write_sets(session.sets, start_s, output, trace, session.attempts)
            return f"{len(session.sets)} sets: {output}"
        case "attempts":
            csv_files.write_attempts(session.attempts, start_s, output, session.sets)
            return f"{len(session.attempts)} attempts: {output}"
        case "scores":
            csv_files.write_scores(session.sets, session.scores, output)
            return f"scores: {output}"
        case "phases":
            csv_files.write_phases(session.reps, start_s, output, session.sets)
            return f"{sum(len(rep.phases) for rep in session.reps)} phases: {output}"
        case _:
            csv_files.write_reps(session.reps, start_s, output, trace, session.sets)
            return f"{len(session.reps)} repetitions: {output}"


def _write_parquet(session: ExportedSession, output: Path, table: Table) -> str:
    from recordings.exporters.parquet import about, write_samples, write_table

    start_s, trace = session.start_s, session.trace
    if table == "samples":
        write_samples(session, output)
        return f"{len(session.samples)} samples: {output}"
    match table:
        case "sets":
            name, rows = "sets", csv_files.set_rows(session.sets, start_s, trace, session.attempts)
        case "attempts":
            name, rows = "attempts", csv_files.attempt_rows(session.attempts, start_s, session.sets)
        case "scores":
            name, rows = "scores", csv_files.score_rows(session.sets, session.scores)
        case "phases":
            name, rows = "phases", csv_files.phase_rows(session.reps, start_s, session.sets)
        case _:
            name, rows = "repetitions", csv_files.rep_rows(session.reps, start_s, trace, session.sets)
    cells = list(rows)
    write_table(output, columns.TABLES[name], cells, about(session))
    return f"{len(cells)} {name}: {output}"


def _write_dictionary(output: Path, form: Format) -> str:
    if form == "parquet":
        from recordings.exporters.parquet import write_table

        write_table(output, columns.DICTIONARY, csv_files.dictionary_rows(), {})
    elif form == "csv":
        csv_files.write_dictionary(output)
    else:
        raise RecordingError(f"the data dictionary is a table, and {form} holds none: use csv or parquet")
    return f"data dictionary: {output}"
