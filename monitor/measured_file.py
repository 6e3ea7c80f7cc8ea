"""A file, whatever its kind, to what was measured in it."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis import Analysis, Gap, analyse
from analysis.calibration import Calibration
from analysis.grid import GAP_S
from analysis.results import Exercise
from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from monitor import encrypting
from monitor.encrypting import readable
from monitor.known_sensors import calibration_of, data_folder
from recordings.encryption import EncryptionError
from recordings.format import RecordedEvent, RecordingError, RecordingMetadata

if TYPE_CHECKING:
    from monitor.sets import MeasuredSet
    from recordings.cache import Contents


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """A file with its measurement.

    damage: what could not be read, a sentence each; empty where everything could.
    oddities: what is strange about the numbers in it, a sentence each.
    started: when it was recorded, in the time zone of the place if the file says; None where it does not.
    metadata: what a recording says about itself; None for a file that is none.
    corrected_sets: the sets as a therapist has corrected them; None where nobody has.
    first_measured_s: where the first repetition began before they did; None where nobody has.
    """

    path: Path
    sensor: SensorInfo
    samples: ImuSamples
    events: tuple[RecordedEvent, ...]
    analysis: Analysis
    damage: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    started: datetime | None = None
    metadata: RecordingMetadata | None = None
    corrected_sets: tuple[MeasuredSet, ...] | None = None
    first_measured_s: float | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that a reader of the figures should know."""
        return self.damage + self.oddities + self.analysis.warnings

    @property
    def start_s(self) -> float:
        """Time of the first sample: what people are shown counts from there."""
        return float(self.samples.t_s[0])

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        return float(self.samples.t_s[-1]) - self.start_s


def measure_file(path: Path, exercise: Exercise | None = None, *, caches: Path | None = None) -> MeasuredFile:
    """Read a recording or a CSV file and measure it, with its own calibration if it has one.

    caches: where what was read is kept for the next time, as `cache_folder` says; None keeps nothing.
    Raises RecordingError, CsvError or OSError where nothing in it can be measured.
    """
    if path.suffix.lower() == ".csv":
        return _measure_csv(path, exercise)

    recording = _read(path, caches)
    samples = recording.samples
    if not len(samples):
        raise RecordingError(f"there are no samples in {path}: the sensor sent nothing that could be read")
    calibrations = recorded_calibrations(recording.events)
    damage = tuple(damage.text for damage in recording.damage)
    if not recording.complete and not damage:
        damage = ("The recording was not closed in order: up to its last second may be missing.",)
    return MeasuredFile(
        path,
        recording.metadata.sensor,
        samples,
        recording.events,
        _analyse_with(calibrations, samples, exercise),
        damage,
        started=_started(recording.metadata),
        metadata=recording.metadata,
    )


def _read(path: Path, caches: Path | None) -> Contents:
    """Return what a recording holds, with samples decoded anew where some are missing."""
    from recordings.cache import contents_of, read_contents
    from recordings.reader import read
    from recordings.replay import best_samples, is_short

    with readable(path) as place:
        if caches is None or place != path or _encrypts():
            found = contents_of(read(place))
        else:
            found = read_contents(place, caches)
        if is_short(found):
            found = replace(found, samples=best_samples(read(place)))
    return replace(found, path=path)


def cache_folder() -> Path | None:
    """Return where this user's system keeps what can be made again; None where nobody has a home."""
    on_windows, on_mac = sys.platform == "win32", sys.platform == "darwin"
    named = None if on_mac else os.environ.get("LOCALAPPDATA" if on_windows else "XDG_CACHE_HOME")
    if named and Path(named).is_absolute():
        return Path(named, "Eccentric", "Cache") if on_windows else Path(named, "eccentric")
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if on_windows:
        return home / "AppData" / "Local" / "Eccentric" / "Cache"
    return home / "Library" / "Caches" / "Eccentric" if on_mac else home / ".cache" / "eccentric"


def _encrypts() -> bool:
    """Tell whether this user's recordings are encrypted, or may be: then nothing plain stays behind."""
    try:
        found = encrypting.load(data_folder())
    except (EncryptionError, RuntimeError):
        return True
    return found is not None and found.on


def _started(metadata: RecordingMetadata) -> datetime | None:
    if metadata.started_wall_ns <= 0:
        return None
    moment = datetime.fromtimestamp(metadata.started_wall_ns / 1e9, UTC)
    offset = re.match(r"UTC([+-])(\d\d):(\d\d)", metadata.time_zone)
    if offset is None:
        return moment
    sign, hours, minutes = offset.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        return moment.astimezone(timezone(shift if sign == "+" else -shift))
    except ValueError:
        return moment


def _measure_csv(path: Path, exercise: Exercise | None) -> MeasuredFile:
    from recordings.importers.csv_samples import read_csv, sensor_of, unit_warnings

    samples = read_csv(path)
    return MeasuredFile(
        path,
        sensor_of(path, samples),
        samples,
        events=(),
        analysis=analyse(samples, exercise),
        oddities=unit_warnings(samples),
    )


@dataclass(frozen=True, slots=True)
class RecordedCalibration:
    """A calibration, the time of the first sample it holds for, and when it was made or checked.

    Times are -inf where nobody said.
    """

    from_s: float
    calibration: Calibration
    checked_s: float


def recorded_calibrations(events: Sequence[RecordedEvent]) -> list[RecordedCalibration]:
    """Return the calibrations among the events. The first one holds from the beginning of the recording."""
    known = [
        (event.data, calibration)
        for event in events
        if event.kind == "calibration" and (calibration := calibration_of(event.data)) is not None
    ]
    return [
        RecordedCalibration(
            _time(data.get("from_s")) if number else -math.inf, calibration, _time(data.get("t_s"))
        )
        for number, (data, calibration) in enumerate(known)
    ]


def _time(value: object) -> float:
    if not isinstance(value, int | float):
        return -math.inf
    try:
        seconds = float(value)
    except OverflowError:
        return -math.inf
    return seconds if math.isfinite(seconds) else -math.inf


def _analyse_with(
    calibrations: Sequence[RecordedCalibration], samples: ImuSamples, exercise: Exercise | None
) -> Analysis:
    """Measure each part of a recording with the calibration that held for it, as it was measured live."""
    if not calibrations:
        return analyse(samples, exercise)
    starts = [int(np.searchsorted(samples.t_s, known.from_s)) for known in calibrations]
    parts: list[Analysis] = []
    gaps: list[Gap] = []
    for known, begin, end in zip(calibrations, starts, [*starts[1:], len(samples)], strict=True):
        if end <= begin:
            continue
        if begin and samples.t_s[begin] - samples.t_s[begin - 1] > GAP_S:
            gaps.append(Gap(float(samples.t_s[begin - 1]), float(samples.t_s[begin])))
        parts.append(analyse(samples[begin:end], exercise, known.calibration, known.checked_s))
        gaps += parts[-1].gaps
    if len(parts) == 1:
        return parts[0]
    return Analysis(
        reps=tuple(rep for part in parts for rep in part.reps),
        thigh_angle_deg=np.concatenate([part.thigh_angle_deg for part in parts]),
        gaps=tuple(gaps),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
        calibration=parts[-1].calibration,
    )
