"""A file, whatever its kind, to what was measured in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast, get_args

from analysis import Analysis, analyse
from analysis.calibration import Calibration, CalibrationMethod
from analysis.results import Exercise
from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from recordings.format import RecordedEvent, RecordingError, RecordingMetadata


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """A file with its measurement.

    damage: what could not be read, a sentence each; empty where everything could.
    oddities: what is strange about the numbers in it, a sentence each.
    started: when it was recorded, in the time zone of the place if the file says; None where it does not.
    """

    path: Path
    sensor: SensorInfo
    samples: ImuSamples
    events: tuple[RecordedEvent, ...]
    analysis: Analysis
    damage: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    started: datetime | None = None

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


def measure_file(path: Path, exercise: Exercise | None = None) -> MeasuredFile:
    """Read a recording or a CSV file and measure it, with its own calibration if it has one.

    Raises RecordingError, CsvError or OSError where nothing in it can be measured.
    """
    if path.suffix.lower() == ".csv":
        return _measure_csv(path, exercise)

    from recordings.reader import read
    from recordings.replay import best_samples

    recording = read(path)
    samples = best_samples(recording)
    if not len(samples):
        raise RecordingError(f"there are no samples in {path}: the sensor sent nothing that could be read")
    calibration = recorded_calibration(recording.events)
    damage = tuple(damage.text for damage in recording.damage)
    if not recording.complete and not damage:
        damage = ("The recording was not closed in order: up to its last second may be missing.",)
    return MeasuredFile(
        path,
        recording.metadata.sensor,
        samples,
        recording.events,
        analyse(samples, exercise, calibration),
        damage,
        started=_started(recording.metadata),
    )


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


def recorded_calibration(events: Sequence[RecordedEvent]) -> Calibration | None:
    """Return the newest calibration among the events of a recording, or None."""
    found = [event.data for event in events if event.kind == "calibration"]
    return _calibration(found[-1]) if found else None


def _calibration(data: Mapping[str, Any]) -> Calibration | None:
    """Read a calibration back; None if it says something that no calibration can."""
    try:
        axes = [tuple(float(part) for part in data[name]) for name in ("long_axis", "lateral_axis")]
        confidence, method = float(data["sign_confidence"]), data["method"]
    except (KeyError, TypeError, ValueError):
        return None
    if any(len(axis) != 3 or not 0.99 < sum(part * part for part in axis) < 1.01 for axis in axes):
        return None
    if method not in get_args(CalibrationMethod) or not 0.5 <= confidence <= 1:
        return None
    long_axis, lateral_axis = cast("list[tuple[float, float, float]]", axes)
    return Calibration(long_axis, lateral_axis, confidence, method)
