"""The sets of a measured recording: as recorded, else as the rests between repetitions part them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from analysis import tempo
from analysis.calibration import Calibration
from analysis.lowering_speed import AngleTrace
from analysis.progress import Changes, changes
from analysis.results import Exercise, Gap, Rep
from analysis.samples import ImuSamples
from analysis.sets import find_sets
from analysis.tempo import Dose
from drivers.source import SensorInfo
from monitor.plan import Plan, Side, Tempo, Verdict, prescription, verdict
from monitor.session import START_SLACK_S
from recordings.exporters.csv_files import ExportedSet

SUDDEN_PAIN = "sudden pain"
EXERCISE_WORDS: dict[Exercise, str] = {"nordic": "Nordic curl", "bridge": "Bridge", "slider": "Slider"}


class AnalysisLike(Protocol):
    """What `analysis.analyse` returns."""

    @property
    def reps(self) -> tuple[Rep, ...]:
        """Repetitions in the order of time."""
        ...

    @property
    def thigh_angle_deg(self) -> NDArray[np.float64]:
        """(n,) at the times of the samples; NaN where it is not known."""
        ...

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where samples are missing."""
        ...

    @property
    def calibration(self) -> Calibration | None:
        """How the sensor sat; None where it is not known."""
        ...


class EventLike(Protocol):
    """What `recordings.format.RecordedEvent` is."""

    @property
    def kind(self) -> str:
        """Name of the event."""
        ...

    @property
    def data(self) -> Mapping[str, Any]:
        """Its contents."""
        ...


class Measured(Protocol):
    """A measured file (`monitor.measured_file.MeasuredFile`)."""

    @property
    def sensor(self) -> SensorInfo:
        """The sensor."""
        ...

    @property
    def samples(self) -> ImuSamples:
        """The samples."""
        ...

    @property
    def events(self) -> Sequence[EventLike]:
        """What happened meanwhile."""
        ...

    @property
    def analysis(self) -> AnalysisLike:
        """The measurement."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences that a reader of the figures should know."""
        ...

    @property
    def corrected_sets(self) -> tuple[MeasuredSet, ...] | None:
        """The sets as they were corrected by hand; None where nothing was."""
        ...

    @property
    def first_measured_s(self) -> float | None:
        """Where the first repetition began before anything was corrected; None where nothing was."""
        ...


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """One set. number None: repetitions outside every set. plan None: none is known, so nothing is judged.

    source: recorded in the session, found from the rests, or outside of every recorded set. planned: what the
    plan had asked for, where another exercise was done. pain, effort: as told, 0-10. sound: which sounds were
    on. stopped: SUDDEN_PAIN, or None where it ended otherwise. told_side: the leg, where a therapist said so;
    else that of the plan.
    """

    number: int | None
    source: Literal["recorded", "found", "outside"]
    plan: Plan | None
    reps: tuple[Rep, ...]
    pain: int | None = None
    effort: int | None = None
    sound: str | None = None
    stopped: str | None = None
    planned: Plan | None = None
    told_side: Side | None = None

    @property
    def side(self) -> Side | None:
        """The leg; None where nobody said."""
        return self.told_side or (self.plan.side if self.plan else None)

    @property
    def exercise(self) -> Exercise | None:
        """The exercise; None without a plan and without a repetition."""
        if self.plan is not None:
            return self.plan.exercise
        return self.reps[0].exercise if self.reps and self.source != "outside" else None

    @property
    def title(self) -> str:
        """What to call the set."""
        if self.number is None:
            return "Outside the sets"
        name = EXERCISE_WORDS[self.exercise] if self.exercise else "No repetition"
        if self.plan and self.plan.variant:
            name = self.plan.variant
        side = f", {self.side} side" if self.side and self.side != "both" else ""
        instead = f", planned: {EXERCISE_WORDS[self.planned.exercise]}" if self.planned else ""
        return f"Set {self.number}: {name}{side}{instead}"

    @property
    def dose(self) -> Dose:
        """What the set amounts to; compared with nothing where no plan is known."""
        return tempo.dose(self.reps, prescription(self.plan) if self.plan else None)

    @property
    def changes(self) -> Changes:
        """How its repetitions change; nothing can be said about repetitions outside of sets."""
        return changes(() if self.source == "outside" else self.reps)

    def verdict(self, rep: Rep) -> Verdict | None:
        """Return the verdict on a repetition; None without a plan."""
        return verdict(rep.lower_s, self.plan.tempo.lower_s) if self.plan else None

    def exported(self) -> ExportedSet:
        """Return the set as the export takes it."""
        return ExportedSet(
            self.number,
            self.source,
            self.reps,
            self.exercise,
            self.side,
            prescription(self.plan) if self.plan else None,
            self.pain,
            self.effort,
        )


def angle_trace(measured: Measured) -> AngleTrace:
    """Return the thigh angle of a measured file with its times."""
    return AngleTrace(measured.samples.t_s, measured.analysis.thigh_angle_deg)


def zero_is_assumed(measured: Measured) -> bool:
    """Return whether nothing in the recording shows where the thigh stood upright."""
    calibration = measured.analysis.calibration
    return calibration is not None and calibration.method.startswith("assumed")


def shown_angle_deg(measured: Measured) -> NDArray[np.float64]:
    """Return the thigh angle (n,) as people are shown it: from upright, or where that is only assumed from
    where the first repetition begins as it was measured, or the first angle that is known. Corrections do not
    move it.
    """
    angle_deg = measured.analysis.thigh_angle_deg
    known = np.flatnonzero(np.isfinite(angle_deg))
    if not zero_is_assumed(measured) or not known.size:
        return angle_deg
    at = int(np.searchsorted(measured.samples.t_s, first_measured_s(measured)))
    return angle_deg - angle_deg[known[min(int(np.searchsorted(known, at)), known.size - 1)]]


def first_measured_s(measured: Measured) -> float:
    """Return when the first repetition begins as it was measured; the first sample where there was none."""
    if measured.first_measured_s is not None:
        return measured.first_measured_s
    reps = measured.analysis.reps
    return reps[0].start_s if reps else float(measured.samples.t_s[0])


def sets_of(measured: Measured, plan: Plan | None = None) -> tuple[MeasuredSet, ...]:
    """Return the sets: as recorded where they were, else as found; plan is for recordings that hold none.

    Repetitions outside every recorded set come last, in one without a number. Where a therapist has corrected
    them, the corrected ones.
    """
    if measured.corrected_sets is not None:
        return measured.corrected_sets
    reps = measured.analysis.reps
    recorded = _recorded_sets(measured.events)
    if not recorded:
        return tuple(
            MeasuredSet(number, "found", plan if plan and plan.exercise == found[0].exercise else None, found)
            for number, found in enumerate(find_sets(reps, angle_trace(measured)), 1)
        )
    made: list[MeasuredSet] = []
    left = list(reps)
    for each in recorded:
        own = each.plan
        stop_s = each.start_s if each.stop_s is None else each.stop_s
        # A repetition belongs to the set in which its lowering began.
        mine = [rep for rep in left if each.start_s - START_SLACK_S <= _began_s(rep) <= stop_s]
        mine = [rep for rep in mine if own is None or rep.exercise == own.exercise]
        left = [rep for rep in left if rep not in mine]
        said = (each.pain, each.effort, each.sound, each.stopped, each.planned)
        made.append(MeasuredSet(len(made) + 1, "recorded", own, tuple(mine), *said))
    if left:
        made.append(MeasuredSet(None, "outside", None, tuple(left)))
    return tuple(made)


def _began_s(rep: Rep) -> float:
    lower = rep.phase("lower")
    return rep.start_s if lower is None else lower.start_s


@dataclass(slots=True)
class _Recorded:
    """What the events say of one set so far."""

    start_s: float
    plan: Plan | None
    sound: str | None
    stop_s: float | None = None
    pain: int | None = None
    effort: int | None = None
    stopped: str | None = None
    planned: Plan | None = None


def _recorded_sets(events: Sequence[EventLike]) -> list[_Recorded]:
    """Read each set back from the events; what says something impossible is left out.

    What was said last holds: an answer taken back, an exercise that turned out to be the other one, a set in
    which nothing was done. A set whose stop was not recorded (a crash, a damaged file) ends where the next
    one begins.
    """
    sets: dict[int, _Recorded] = {}
    planned: Plan | None = None
    for event in events:
        data = event.data
        number = data.get("set")
        try:
            if event.kind == "exercise_switched" and number is None:
                # Between two sets: what the next one was planned as.
                planned = read_plan(data.get("planned"))
            if not isinstance(number, int):
                continue
            if event.kind == "set_start":
                sets[number] = _Recorded(
                    float(data["t_s"]), read_plan(data.get("plan")), _sound(data), planned=planned
                )
                planned = None
            elif number in sets:
                _follow(sets, number, event.kind, data)
        except (KeyError, TypeError, ValueError):
            continue
    begun_s = [each.start_s for each in sets.values()]
    for each in sets.values():
        each.stop_s = _next_begin_s(each.start_s, begun_s) if each.stop_s is None else each.stop_s
    return [each for _, each in sorted(sets.items())]


def _follow(sets: dict[int, _Recorded], number: int, kind: str, data: Mapping[str, Any]) -> None:
    known = sets[number]
    match kind:
        case "set_stop":
            known.stop_s = float(data["t_s"])
        case "set_resumed":
            known.stop_s = None
        case "set_withdrawn":
            del sets[number]
        case "pain":
            known.pain = _score(data["worst"])
        case "effort":
            known.effort = _score(data["score"])
        case "sudden_pain":
            known.stopped = SUDDEN_PAIN
        case "exercise_switched":
            plan, planned = read_plan(data.get("plan")), read_plan(data.get("planned"))
            known.plan, known.planned = plan or known.plan, None if planned == plan else planned
        case _:
            pass


def _score(value: Any) -> int | None:
    return None if value is None else int(value)


def _sound(data: Mapping[str, Any]) -> str | None:
    """Return which sounds were on. Before they had modes they were tones, on or off."""
    settings, on = data.get("sound_settings"), data.get("sound")
    mode = settings.get("mode") if isinstance(settings, Mapping) else None
    if isinstance(mode, str):
        return mode
    return None if on is None else ("tones" if on else "silent")


def _next_begin_s(start_s: float, begun_s: Sequence[float]) -> float:
    # What is that close before a start belongs to the set that starts.
    later = [other_s - START_SLACK_S for other_s in begun_s if other_s > start_s]
    return max(min(later, default=np.inf), start_s)


def read_plan(data: Any) -> Plan | None:
    """Read a plan back from an event; None if it says something that no plan can.

    What recordings of before plans had it do not say keeps its default.
    """
    try:
        tempo = Tempo(
            **{name: float(data["tempo"][name]) for name in ("lower_s", "hold_s", "lift_s", "rest_s")}
        )
        exercise, side = data["exercise"], data["side"]
        if exercise not in get_args(Exercise) or side not in get_args(Side):
            return None
        variant, stage = data.get("variant", ""), data.get("stage")
        per_week = data.get("sessions_per_week")
        if not isinstance(variant, str):
            return None
        return Plan(
            exercise,
            side,
            int(data["sets"]),
            int(data["reps"]),
            tempo,
            float(data["rest_between_sets_s"]),
            int(data["pain_limit"]),
            variant,
            None if stage is None else int(stage),
            None if per_week is None else int(per_week),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
