"""A session as a part of a Motion-BIDS data set (Brain Imaging Data Structure 1.10, motion).

A data set is a folder: a new one, or one that this program began, to which the session is added. A session
appears in it whole or not at all. Time, force, rotation rate and thigh angle are the channels; sets,
repetitions, phases and break points are the events.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis import ALGORITHM_VERSION
from analysis.phases import DEFINITION
from recordings.exporters.csv_files import set_of_attempt
from recordings.exporters.session import ExportedSession
from recordings.exporters.whole_file import whole_file
from recordings.format import NEW_SUFFIX, RecordingError, installed_version

BIDS_VERSION: Final = "1.10.0"
TRACKING_SYSTEM: Final = "imu"
_DESCRIPTION: Final = "dataset_description.json"
_EXERCISES: Final = {"nordic": "Nordic hamstring curls", "bridge": "bridges", "slider": "hamstring sliders"}


def write_session(session: ExportedSession, folder: Path) -> Path:
    """Write a session into the data set in `folder` and return the session's own folder.

    Raises RecordingError if the folder holds something else or this session already, and OSError.
    """
    description = folder / _DESCRIPTION
    _check(folder, description)
    subject, label = subject_of(session), _label(session.session_id)
    home = folder / f"sub-{subject}" / f"ses-{label}"
    if home.exists():
        raise RecordingError(f"{home} exists already: this session was exported before")
    folder.mkdir(parents=True, exist_ok=True)
    # Beside the folders of BIDS, so that nobody takes half a session for a whole one.
    part = folder / f".eccentric-{secrets.token_hex(4)}{NEW_SUFFIX}"
    try:
        _write_files(session, part, f"sub-{subject}_ses-{label}")
        home.parent.mkdir(exist_ok=True)
        part.rename(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if not description.exists():
        _write_json(description, _dataset(session))
        _write_text(folder / "README.md", _README)
        _write_json(folder / "participants.json", {"participant_id": {"Description": "Code of the person."}})
    subjects = sorted(each.name for each in folder.glob("sub-*") if each.is_dir())
    _write_table(folder / "participants.tsv", ("participant_id",), [[each] for each in subjects])
    return home


def subject_of(session: ExportedSession) -> str:
    """Return the label of the person: letters and digits, as BIDS wants them; each code has its own."""
    if session.person is None:
        return f"unknown{_label(session.session_id)}"
    label = re.sub(r"[^A-Za-z0-9]", "", session.person)
    if label == session.person:
        return label
    # Two codes must not become one person.
    return f"{label}{hashlib.sha256(session.person.encode()).hexdigest()[:8]}"


def _label(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()[:10]


def _check(folder: Path, description: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise RecordingError(f"{folder} is a file: give the name of a folder for the data set")
    if description.exists():
        try:
            told = json.loads(description.read_text(encoding="utf-8"))
            made_by = [each.get("Name") for each in told.get("GeneratedBy", ())]
        except (ValueError, AttributeError):
            made_by = []
        if "eccentric-monitor" not in made_by:
            raise RecordingError(f"{folder} is a data set of another program: give another folder")
    elif folder.exists() and any(not each.name.startswith(".") for each in folder.iterdir()):
        raise RecordingError(f"{folder} is not empty and no data set: give a new folder")


def _write_files(session: ExportedSession, home: Path, prefix: str) -> None:
    motion = home / "motion"
    motion.mkdir(parents=True)
    task = _task(session)
    stem = f"{prefix}_task-{task}"
    tracked = motion / f"{stem}_tracksys-{TRACKING_SYSTEM}"
    channels = _channels(session)
    with Path(f"{tracked}_motion.tsv").open("w", encoding="ascii", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(_rows(session))
    _write_json(Path(f"{tracked}_motion.json"), _sidecar(session, task, channels))
    _write_table(Path(f"{tracked}_channels.tsv"), _CHANNEL_COLUMNS, channels)
    _write_table(motion / f"{stem}_events.tsv", _EVENT_COLUMNS, _events(session))
    _write_json(motion / f"{stem}_events.json", _EVENT_MEANINGS)
    if session.started is not None:
        at = session.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        name = f"motion/{stem}_tracksys-{TRACKING_SYSTEM}_motion.tsv"
        _write_table(home / f"{prefix}_scans.tsv", ("filename", "acq_time"), [[name, at]])


def _task(session: ExportedSession) -> str:
    done = {rep.exercise for rep in session.reps} | {each.exercise for each in session.sets if each.exercise}
    return done.pop() if len(done) == 1 else "exercise"


def _rows(session: ExportedSession) -> Iterable[list[float | str]]:
    """Time and channels of each sample; written with all their digits, so that nothing is lost."""
    samples = session.samples
    parts = [session.times_s[:, None], samples.acc_mps2]
    if samples.gyr_radps is not None:
        parts.append(samples.gyr_radps)
    for row, angle_deg in zip(np.hstack(parts).tolist(), session.thigh_angle_deg.tolist(), strict=True):
        yield [*row, "n/a" if np.isnan(angle_deg) else angle_deg]


_CHANNEL_COLUMNS: Final = (
    "name",
    "component",
    "type",
    "tracked_point",
    "units",
    "placement",
    "description",
)


def _channels(session: ExportedSession) -> list[list[str]]:
    """The channels in the order of the columns; force and rotation rate are in the sensor's own axes."""
    thigh, place = f"{session.side or 'unknown'}_thigh", _word(session.placement)
    rows = [["time", "n/a", "LATENCY", "n/a", "s", "n/a", "Time of the sample, from the first one"]]
    force, rate = "Specific force, sensor axes", "Rotation rate, sensor axes"
    rows += [[f"a{axis}", axis, "ACCEL", thigh, "m/s^2", place, force] for axis in "xyz"]
    if session.samples.gyr_radps is not None:
        rows += [[f"g{axis}", axis, "GYRO", thigh, "rad/s", place, rate] for axis in "xyz"]
    angle = "Thigh angle: 0 = vertical, positive = hip in front of the knee; n/a = not known"
    return [*rows, ["thigh_angle", "n/a", "MISC", thigh, "deg", "n/a", angle]]


def _sidecar(session: ExportedSession, task: str, channels: Sequence[Sequence[str]]) -> dict[str, Any]:
    sensor, samples = session.sensor, session.samples
    exercises = _EXERCISES.get(task, "Nordic curls and bridges")
    simulated = " SIMULATED: no person did this." if sensor.simulated else ""
    measured_hz = 1.0 / float(np.median(np.diff(samples.t_s)))
    kinds = [channel[2] for channel in channels]
    told = {
        "TaskName": task,
        "TaskDescription": f"Eccentric strength exercise: {exercises}.{simulated}",
        "SamplingFrequency": round(sensor.rate_hz or measured_hz, 4),
        "SamplingFrequencyEffective": round((len(samples) - 1) / session.duration_s, 4),
        "TrackingSystemName": TRACKING_SYSTEM,
        "ManufacturersModelName": sensor.model,
        "DeviceSerialNumber": sensor.serial,
        "SoftwareVersions": f"eccentric-monitor {installed_version()}, algorithm {ALGORITHM_VERSION}",
        "RecordingDuration": round(session.duration_s, 4),
        "MissingValues": "Samples that are missing have no row: see the time channel. n/a: angle not known.",
        "TrackedPointsCount": 1,
        "MotionChannelCount": len(kinds),
        **{f"{kind}ChannelCount": kinds.count(kind) for kind in dict.fromkeys(kinds)},
    }
    return {name: value for name, value in told.items() if value is not None}


_EVENT_COLUMNS: Final = ("onset", "duration", "trial_type", "set", "rep", "lean_deg", "not_measured")
_EVENT_MEANINGS: Final = {
    "onset": {"Description": "Start, from the first sample.", "Units": "s"},
    "duration": {"Description": f"Duration. {DEFINITION}", "Units": "s"},
    "trial_type": {
        "Description": "What happens.",
        "Levels": {
            "set": "A set of repetitions, from the first to the last.",
            "repetition": "One lowering and one return.",
            "lower": "Lowering, the eccentric phase.",
            "lift": "Lifting, the concentric phase.",
            "hold": "Still, away from the start posture.",
            "return": "A Nordic's return, pushed up by the hands.",
            "attempt": "A repetition that was begun and given up: it counts nowhere.",
            "break_point": "From here on a Nordic could no longer be resisted.",
        },
    },
    "set": {"Description": "Number of the set in the recording."},
    "rep": {"Description": "Number of the repetition in the recording."},
    "lean_deg": {"Description": "Thigh from the vertical at the break point.", "Units": "deg"},
    "not_measured": {"Description": "Why the repetition has no measured duration."},
}


def _events(session: ExportedSession) -> list[list[str]]:
    start_s = session.start_s
    homes = {rep.start_s: each.number for each in session.sets for rep in each.reps}
    rows: list[tuple[float, list[str]]] = []

    def add(
        at_s: float,
        lasted_s: float | None,
        kind: str,
        number: int | None,
        rep: int | None = None,
        lean_deg: float | None = None,
        reason: str | None = None,
    ) -> None:
        cells = [_cell(at_s - start_s), _cell(lasted_s), kind, _word(number), _word(rep), _cell(lean_deg, 2)]
        rows.append((at_s, [*cells, _word(reason)]))

    for each in session.sets:
        if each.reps and each.number is not None:
            begin_s = min(rep.start_s for rep in each.reps)
            add(begin_s, max(rep.end_s for rep in each.reps) - begin_s, "set", each.number)
    for attempt in session.attempts:
        home = set_of_attempt(attempt, session.sets)
        number = None if home is None else home.number
        add(attempt.start_s, attempt.end_s - attempt.start_s, "attempt", number)
    for place, rep in enumerate(session.reps, 1):
        number, why = homes.get(rep.start_s), rep.not_measured
        add(rep.start_s, None if why else rep.end_s - rep.start_s, "repetition", number, place, reason=why)
        for phase in rep.phases:
            add(phase.start_s, None if why else phase.duration_s, phase.kind, number, place, reason=why)
        if rep.break_point is not None:
            add(rep.break_point.t_s, 0.0, "break_point", number, place, rep.break_point.lean_deg)
    return [cells for _, cells in sorted(rows, key=lambda row: row[0])]


def _dataset(session: ExportedSession) -> dict[str, Any]:
    name = "Eccentric strength exercises, one inertial sensor on the thigh"
    return {
        "Name": f"{name} (SIMULATED)" if session.sensor.simulated else name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "eccentric-monitor", "Version": installed_version() or "unknown"}],
    }


_README: Final = f"""\
# Eccentric strength exercises

Nordic hamstring curls and bridges, measured with one inertial sensor on the thigh and exported by
eccentric-monitor. Events give sets, repetitions, phases and break points.

{DEFINITION}

Research and training data, not made with a medical device. A task description with the word SIMULATED belongs
to a session that no person did.
"""


def _cell(value: float | None, digits: int = 4) -> str:
    return "n/a" if value is None else f"{value:.{digits}f}"


def _word(value: object) -> str:
    return "n/a" if value is None or value == "" else " ".join(str(value).split())


def _write_json(path: Path, said: Any) -> None:
    _write_text(path, json.dumps(said, indent=2, ensure_ascii=False) + "\n")


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = ["\t".join(row) for row in (header, *rows)]
    _write_text(path, "\n".join(lines) + "\n")


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
