"""What an export is made from: one measured recording, without anything that an export does not need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.lowering_speed import AngleTrace
from analysis.results import Attempt, Rep
from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from recordings.exporters.csv_files import ExportedSet, ToldScore
from recordings.format import Side


@dataclass(frozen=True, slots=True, eq=False)
class ExportedSession:
    """A measured recording. None: not known.

    thigh_angle_deg: (n,) at the times of the samples, NaN where it is not known. started: instant of the
    first sample, with its offset from UTC. person: the code that the therapist uses; never a name.
    attempts: what was begun and given up. scores: what was told of the whole session; that of a set is there.
    """

    session_id: str
    samples: ImuSamples
    thigh_angle_deg: NDArray[np.float64]
    reps: tuple[Rep, ...]
    sets: tuple[ExportedSet, ...]
    sensor: SensorInfo
    calibration: Calibration | None = None
    started: datetime | None = None
    side: Side | None = None
    placement: str | None = None
    person: str | None = None
    attempts: tuple[Attempt, ...] = ()
    scores: tuple[ToldScore, ...] = ()

    @property
    def start_s(self) -> float:
        """Time of the first sample: every export counts from there."""
        return float(self.samples.t_s[0])

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Seconds from the first sample, (n,)."""
        return np.round(self.samples.t_s - self.samples.t_s[:1], 9)

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        return float(self.samples.t_s[-1]) - self.start_s

    @property
    def trace(self) -> AngleTrace:
        """The thigh angle with its times."""
        return AngleTrace(self.samples.t_s, self.thigh_angle_deg)
