"""A file with the corrections that lie beside it: what every output says, and what the review works on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise
from monitor.encrypting import this_key
from monitor.known_sensors import data_folder
from monitor.measured_file import MeasuredFile, measure_file
from monitor.review.edits import (
    BaseSet,
    Corrected,
    Edit,
    EditError,
    Entry,
    Measurement,
    added,
    begun,
    corrected,
)
from monitor.review.edits_json import decode, encode
from monitor.sets import first_measured_s, sets_of
from recordings.edits_file import append_edits, edits_path, read_edits
from recordings.encryption import is_encrypted
from recordings.format import RecordingError
from recordings.private import make_private
from recordings.samples import is_sample


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections of one recording. log: all of them, the measurement first. saved: how many stand in the
    file; 0 until the first. size_bytes: of that file. trouble: what could not be read of it, as sentences.
    secret: the recording is encrypted, and so is every further line.
    """

    path: Path
    session_id: str | None
    log: tuple[Entry, ...]
    saved: int = 0
    size_bytes: int = 0
    trouble: tuple[str, ...] = ()
    secret: bool = False


def edits_place(recording: Path) -> Path:
    """Return where the corrections of a recording are: beside it; of a shipped sample in the user's folder.

    Raises RecordingError where a sample's cannot be kept.
    """
    beside = edits_path(recording)
    if not is_sample(recording):
        return beside
    try:
        return data_folder() / "samples" / beside.name
    except RuntimeError as error:
        raise RecordingError(f"{recording.name} came with the program: copy it to correct it") from error


def measurement_of(measured: MeasuredFile) -> Measurement:
    """Return what was measured as the beginning of a log."""
    return Measurement(
        str(ALGORITHM_VERSION),
        tuple(
            BaseSet(
                each.number,
                each.source,
                each.plan,
                each.pain,
                tuple(replace(rep, evidence=None) for rep in each.reps),
                each.effort,
                each.sound,
                each.stopped,
                each.planned,
            )
            for each in sets_of(measured)
        ),
        tuple(measured.analysis.gaps),
    )


def corrections_of(measured: MeasuredFile, at_ns: int = 0) -> Corrections:
    """Return the corrections beside a measured file; a log without any where there are none.

    Raises RecordingError, OSError.
    """
    path = edits_place(measured.path)
    session_id = None if measured.metadata is None else measured.metadata.session_id
    found = read_edits(path, this_key)
    secret = is_encrypted(measured.path)
    none = Corrections(
        path, session_id, begun(measurement_of(measured), at_ns), 0, found.size_bytes, secret=secret
    )
    if not found.size_bytes:
        return none
    trouble = []
    if found.damaged:
        trouble.append(
            f"{len(found.damaged)} lines of the corrections in {path.name} are damaged and left out"
        )
    if not found.entries:
        return replace(none, trouble=tuple(trouble))
    if found.entries[0].get("session_id", session_id) != session_id:
        raise RecordingError(f"{path} holds the corrections of another recording: move it away")
    entries = [decode(each) for each in found.entries]
    known = tuple(each for each in entries if each is not None)
    if len(known) < len(entries):
        trouble.append(
            f"{len(entries) - len(known)} corrections in {path.name} are not known to this version: update it"
        )
    if not known or not isinstance(known[0].edit, Measurement):
        trouble.append(f"{path.name} lacks the measurement that its corrections are of: none is shown")
        return replace(none, trouble=tuple(trouble))
    return Corrections(path, session_id, known, len(known), found.size_bytes, tuple(trouble), secret)


def kept(corrections: Corrections, edit: Edit, by: str, at_ns: int) -> Corrections:
    """Return the corrections with one more, which is on the disk by then.

    Raises EditError if it cannot be made, RecordingError or OSError if it cannot be kept: nothing is changed.
    """
    log = added(corrections.log, edit, by, at_ns)
    if corrections.size_bytes and not corrections.saved:
        raise EditError(f"{corrections.path.name} cannot be read: move it away before you correct anything")
    lines = [encode(entry, corrections.session_id) for entry in log[corrections.saved :]]
    key = this_key() if corrections.secret else None
    make_private(corrections.path.parent)
    size = append_edits(corrections.path, lines, corrections.size_bytes, key)
    return replace(corrections, log=log, saved=len(log), size_bytes=size)


def corrected_file(
    path: Path, exercise: Exercise | None = None, *, caches: Path | None = None
) -> MeasuredFile:
    """Measure a file and lay the corrections made by hand over it; raises as `measure_file` does."""
    measured = measure_file(path, exercise, caches=caches)
    if not edits_place(path).exists():
        return measured
    # All of it: corrections are of the whole measurement.
    whole = measured if exercise is None else measure_file(path, caches=caches)
    corrections = corrections_of(whole)
    return with_corrections(measured, corrected(corrections.log), exercise, corrections.trouble)


def with_corrections(
    measured: MeasuredFile,
    now: Corrected,
    exercise: Exercise | None = None,
    trouble: tuple[str, ...] = (),
) -> MeasuredFile:
    """Return a measured file as it holds now, with what was corrected said among its warnings."""
    said = [*trouble, *remarks(now)]
    sets = tuple(each.measured() for each in now.sets if not each.excluded)
    if exercise is not None:
        sets = tuple(
            replace(each, reps=tuple(rep for rep in each.reps if rep.exercise == exercise)) for each in sets
        )
        sets = tuple(each for each in sets if each.reps)
    if not now.by_hand and not any(each.excluded for each in now.sets):
        return replace(measured, oddities=(*measured.oddities, *said))
    reps = tuple(sorted((rep for each in sets for rep in each.reps), key=lambda rep: rep.start_s))
    return replace(
        measured,
        analysis=replace(measured.analysis, reps=reps),
        oddities=(*measured.oddities, *said),
        corrected_sets=sets,
        first_measured_s=first_measured_s(measured),
    )


def remarks(now: Corrected) -> list[str]:
    """Return the sentences that every output says of corrections and notes."""
    said: list[str] = []
    if now.by_hand:
        when = datetime.fromtimestamp(now.at_ns / 1e9, UTC)
        who = f" by {now.by}" if now.by else ""
        times = "1 change" if now.by_hand == 1 else f"{now.by_hand} changes"
        said.append(f"Corrected by hand{who}: {times}, the last on {when:%Y-%m-%d}.")
        if now.measurement.algorithm_version != str(ALGORITHM_VERSION):
            said.append(
                f"The corrections lie over a measurement by algorithm version "
                f"{now.measurement.algorithm_version}; today's is {ALGORITHM_VERSION}."
            )
    left_out = [each.base.number for each in now.sets if each.excluded]
    if left_out:
        names = ", ".join("outside the sets" if number is None else f"set {number}" for number in left_out)
        said.append(f"Left out by hand: {names}.")
    if now.refused:
        said.append(f"{len(now.refused)} corrections fit nothing that is left and were passed over.")
    if now.note:
        said.append(f"Note: {now.note}")
    for each in now.sets:
        if each.note:
            what = "repetitions outside the sets" if each.base.number is None else f"set {each.base.number}"
            said.append(f"Note on {what}: {each.note}")
        for number, rep in enumerate(each.reps, 1):
            if rep.note:
                said.append(f"Note on repetition {number} of set {each.base.number or '-'}: {rep.note}")
    return said


def range_deg(
    t_s: NDArray[np.float64], thigh_angle_deg: NDArray[np.float64], start_s: float, end_s: float
) -> float:
    """Return how far the thigh angle goes from start_s to end_s; 0 where it is not known."""
    first, last = np.searchsorted(t_s, (start_s, end_s))
    known = thigh_angle_deg[first:last]
    known = known[np.isfinite(known)]
    return float(known.max() - known.min()) if known.size else 0.0
