"""What a measurement says: phases, repetitions, gaps, and the events of a running one.

Times are seconds on the time axis of the samples that went in; angles are degrees of the thigh angle
(0 = thigh vertical, positive = hip in front of the knee).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Exercise = Literal["nordic", "bridge", "slider"]
PhaseKind = Literal["lower", "hold", "lift", "return"]


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a repetition with one kind of muscle action.

    se_s: standard error of the duration (`analysis.uncertainty`); None where nobody worked it out.
    """

    kind: PhaseKind
    start_s: float
    end_s: float
    se_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Seconds from the start to the end."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class BreakPoint:
    """The instant from which a Nordic lowering could no longer be resisted."""

    t_s: float
    lean_deg: float
    control_s: float
    fall_s: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a candidate was counted: kept so that the gates can be fitted again on other recordings.

    planarity: share of the rotation's energy about the medio-lateral axis, 0-1 (None without a gyroscope).
    lever_arm_m, lever_arm_r2: height of the sensor above its pivot, from the tangential acceleration (of a
    slider: in the lift before it).
    height_change_m: change of the sensor's height over the first moving phase.
    sign_confidence: probability that the sense of the thigh angle is right, 0.5-1.
    """

    planarity: float | None
    lever_arm_m: float | None
    lever_arm_r2: float | None
    height_change_m: float | None
    sign_confidence: float


@dataclass(frozen=True, slots=True)
class Rep:
    """One repetition. `lower_s` is None, with the reason in `not_measured`, where no number can be given.

    partial: its range is less than 70 % of the person's own, the median of the repetitions of the last minute
    from the same posture, of which there have to be two.
    range_of_motion_deg: of what was seen, where `not_measured` says that samples are missing at the top.
    by_hand: a person has set it or a part of it afterwards; the measurement itself never says so.
    """

    exercise: Exercise
    start_s: float
    end_s: float
    lower_s: float | None
    range_of_motion_deg: float
    phases: tuple[Phase, ...]
    break_point: BreakPoint | None = None
    not_measured: str | None = None
    evidence: Evidence | None = None
    partial: bool = False
    by_hand: bool = False

    @property
    def lower_se_s(self) -> float | None:
        """Standard error of lower_s; None where that is None or nobody worked it out."""
        lowering = self.phase("lower")
        return None if self.lower_s is None or lowering is None else lowering.se_s

    def phase(self, kind: PhaseKind) -> Phase | None:
        """Return the first phase of a kind, or None."""
        return next((phase for phase in self.phases if phase.kind == kind), None)


MAY_HAVE_MOVED = "the sensor may have moved while the link was lost"
SITS_OTHERWISE = (
    "After a time without samples the sensor sits on the thigh in another way than before: no repetition "
    "from there on has a number. Calibrate again whenever it was put on anew."
)
MAY_SIT_OTHERWISE = (
    "After a time without samples the thigh moved as before, but not as an exercise that can be measured. If "
    "the sensor was put on anew, calibrate again."
)
"""What a reader is told after a time without samples: that it has moved for certain, and that it may have."""


def without_number(rep: Rep, reason: str) -> Rep:
    """The repetition counted, but not measured; an earlier reason stands."""
    return replace(rep, lower_s=None, break_point=None, not_measured=rep.not_measured or reason)


def if_trusted(rep: Rep, moved_since_s: float | None) -> Rep:
    """Take the number out of a repetition for which the calibration may not hold; None: it holds for all."""
    if moved_since_s is None or rep.end_s <= moved_since_s:
        return rep
    return without_number(rep, MAY_HAVE_MOVED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A repetition that was begun and given up: from the start posture a little way, and back."""

    exercise: Exercise
    start_s: float
    end_s: float
    range_of_motion_deg: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Time without samples."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class AnglesMeasured:
    """New values of the thigh angle on the pipeline's uniform grid, ready to be drawn.

    thigh_angle_deg is NaN inside a gap and before the calibration is known.
    """

    t_s: NDArray[np.float64]
    thigh_angle_deg: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase began at start_s (dated back); noticed when the samples had reached emitted_s."""

    kind: PhaseKind
    exercise: Exercise
    start_s: float
    emitted_s: float


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """The phase of the last PhaseStarted ended at end_s, as far as can be told while it happens."""

    kind: PhaseKind
    exercise: Exercise
    start_s: float
    end_s: float
    emitted_s: float


@dataclass(frozen=True, slots=True)
class RepCompleted:
    """A repetition is known in its final form; emitted_s is the sample time at which it was known."""

    rep: Rep
    emitted_s: float


@dataclass(frozen=True, slots=True)
class AttemptAborted:
    """Between the repetitions of a set one was begun and given up; no repetition will come of it."""

    attempt: Attempt
    emitted_s: float


@dataclass(frozen=True, slots=True)
class GapFound:
    """Samples are missing; or all that came repeated the first of them while the thigh moved (`frozen`)."""

    gap: Gap
    emitted_s: float
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class SensorFault:
    """The sensor says something that cannot be true; `text` is for a person."""

    text: str
    emitted_s: float


@dataclass(frozen=True, slots=True)
class SensorSlipped:
    """The sensor turned on the thigh; what comes after is measured as it sits now. `text` is for a person."""

    text: str
    emitted_s: float


@dataclass(frozen=True, slots=True)
class RestCompared:
    """What the first rest after a loss of the link says (from lost_s on), known at t_s; see `rest_posture`.

    off_deg: what no posture explains. Where it does not agree, repetitions after lost_s cannot be trusted
    until somebody checks how the sensor sits (`if_trusted`). The pipeline does not change them: some may have
    been completed by then.
    """

    t_s: float
    lost_s: float
    off_deg: float
    agrees: bool


Event = (
    AnglesMeasured
    | PhaseStarted
    | PhaseEnded
    | RepCompleted
    | AttemptAborted
    | GapFound
    | SensorFault
    | SensorSlipped
    | RestCompared
)
