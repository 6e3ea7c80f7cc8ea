"""The sets of a measured recording: as recorded, else as the rests between repetitions part them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from analysis import tempo
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


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """One set. number None: repetitions outside every set. plan None: none is known, so nothing is judged.

    source: recorded in the session, found from the rests, or outside of every recorded set.
    """

    number: int | None
    source: Literal["recorded", "found", "outside"]
    plan: Plan | None
    reps: tuple[Rep, ...]
    pain: int | None = None

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
        side = f", {self.plan.side} side" if self.plan and self.plan.side != "both" else ""
        return f"Set {self.number}: {name}{side}"

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
            self.plan.side if self.plan else None,
            prescription(self.plan) if self.plan else None,
            self.pain,
        )


def angle_trace(measured: Measured) -> AngleTrace:
    """Return the thigh angle of a measured file with its times."""
    return AngleTrace(measured.samples.t_s, measured.analysis.thigh_angle_deg)


def sets_of(measured: Measured, plan: Plan | None = None) -> tuple[MeasuredSet, ...]:
    """Return the sets: as recorded where they were, else as found; plan is for recordings that hold none.

    Repetitions outside every recorded set come last, in one without a number.
    """
    reps = measured.analysis.reps
    recorded = _recorded_sets(measured.events)
    if not recorded:
        return tuple(
            MeasuredSet(number, "found", plan if plan and plan.exercise == found[0].exercise else None, found)
            for number, found in enumerate(find_sets(reps, angle_trace(measured)), 1)
        )
    made: list[MeasuredSet] = []
    left = list(reps)
    for start_s, stop_s, own, pain in recorded:
        # A repetition belongs to the set in which its lowering began.
        mine = [rep for rep in left if start_s - START_SLACK_S <= _began_s(rep) <= stop_s]
        mine = [rep for rep in mine if own is None or rep.exercise == own.exercise]
        left = [rep for rep in left if rep not in mine]
        made.append(MeasuredSet(len(made) + 1, "recorded", own, tuple(mine), pain))
    if left:
        made.append(MeasuredSet(None, "outside", None, tuple(left)))
    return tuple(made)


def _began_s(rep: Rep) -> float:
    lower = rep.phase("lower")
    return rep.start_s if lower is None else lower.start_s


def _recorded_sets(events: Sequence[EventLike]) -> list[tuple[float, float, Plan | None, int | None]]:
    """Read start, stop, plan and pain of each set back; events that say something impossible are left out.

    A set whose stop was not recorded (a crash, a damaged file) ends where the next one begins.
    """
    stops: dict[int, float] = {}
    pains: dict[int, int] = {}
    starts: dict[int, tuple[float, Plan | None]] = {}
    for event in events:
        data = event.data
        number = data.get("set")
        if not isinstance(number, int):
            continue
        try:
            if event.kind == "set_start":
                starts[number] = float(data["t_s"]), read_plan(data.get("plan"))
            elif event.kind == "set_stop":
                stops[number] = float(data["t_s"])
            elif event.kind == "pain":
                pains[number] = int(data["worst"])
        except (KeyError, TypeError, ValueError):
            continue
    begun_s = [start_s for start_s, _ in starts.values()]
    return [
        (start_s, stops.get(number, _next_begin_s(start_s, begun_s)), plan, pains.get(number))
        for number, (start_s, plan) in sorted(starts.items())
    ]


def _next_begin_s(start_s: float, begun_s: Sequence[float]) -> float:
    # What is that close before a start belongs to the set that starts.
    later = [other_s - START_SLACK_S for other_s in begun_s if other_s > start_s]
    return max(min(later, default=np.inf), start_s)


def read_plan(data: Any) -> Plan | None:
    """Read a plan back from an event; None if it says something that no plan can."""
    try:
        tempo = Tempo(
            **{name: float(data["tempo"][name]) for name in ("lower_s", "hold_s", "lift_s", "rest_s")}
        )
        exercise, side = data["exercise"], data["side"]
        if exercise not in get_args(Exercise) or side not in get_args(Side):
            return None
        return Plan(
            exercise,
            side,
            int(data["sets"]),
            int(data["reps"]),
            tempo,
            float(data["rest_between_sets_s"]),
            int(data["pain_limit"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
