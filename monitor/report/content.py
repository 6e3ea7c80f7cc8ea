"""What the report says: sets, figures and sentences, without any layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.results import Exercise, Gap, Rep
from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from monitor.plan import Dose, Plan, Side, Tempo, Verdict, band_s, dose, verdict
from monitor.session import START_SLACK_S
from recordings.exporters.csv_files import phase_s

LIMITS = (
    "Angles and times come from one thigh sensor. It does not see the bend of the hip, the other leg, the "
    "force, or whether hands helped. This is a research and training tool, not a medical device; it does not "
    "diagnose and does not replace a clinician."
)
VERDICT_WORDS: dict[Verdict, str] = {
    "in band": "on time",
    "too fast": "too fast",
    "slower": "slower than asked",
    "not measured": "not measured",
}
EXERCISE_WORDS: dict[Exercise, str] = {"nordic": "Nordic curl", "bridge": "Bridge"}


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
class ReportSet:
    """One set of the report. plan None: none was recorded, so nothing is judged."""

    title: str
    plan: Plan | None
    reps: tuple[Rep, ...]
    pain: int | None = None

    @property
    def dose(self) -> Dose | None:
        """What the set amounts to; None without a plan."""
        return dose(self.reps, self.plan) if self.plan else None

    def verdict(self, rep: Rep) -> Verdict | None:
        """Return the verdict on a repetition; None without a plan."""
        return verdict(rep.lower_s, self.plan.tempo.lower_s) if self.plan else None


def sets_of(measured: Measured, plan: Plan | None = None) -> tuple[ReportSet, ...]:
    """Return the sets: as recorded where they were; else every run of one exercise is a set.

    Repetitions outside every recorded set come last, under a title of their own.
    """
    reps = measured.analysis.reps
    recorded = _recorded_sets(measured.events)
    if not recorded:
        return _runs(reps, plan)
    made: list[ReportSet] = []
    left = list(reps)
    for start_s, stop_s, own, pain in recorded:
        # A repetition belongs to the set in which its lowering began.
        mine = [rep for rep in left if start_s - START_SLACK_S <= _began_s(rep) <= stop_s]
        mine = [rep for rep in mine if own is None or rep.exercise == own.exercise]
        left = [rep for rep in left if rep not in mine]
        exercise = own.exercise if own else mine[0].exercise if mine else None
        name = EXERCISE_WORDS[exercise] if exercise else "No repetition"
        side = f", {own.side} side" if own and own.side != "both" else ""
        made.append(ReportSet(f"Set {len(made) + 1}: {name}{side}", own, tuple(mine), pain))
    if left:
        made.append(ReportSet("Outside the sets", None, tuple(left)))
    return tuple(made)


def _runs(reps: tuple[Rep, ...], plan: Plan | None) -> tuple[ReportSet, ...]:
    made: list[ReportSet] = []
    for _, run in groupby(reps, key=lambda rep: rep.exercise):
        done = tuple(run)
        exercise = done[0].exercise
        own = plan if plan is not None and plan.exercise == exercise else None
        made.append(ReportSet(EXERCISE_WORDS[exercise], own, done))
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


def plan_words(plan: Plan) -> str:
    """Return a plan in words: named times, never a bare row of digits."""
    tempo = plan.tempo
    times = [("lower", tempo.lower_s), ("hold", tempo.hold_s), ("lift", tempo.lift_s), ("rest", tempo.rest_s)]
    words = ", ".join(f"{name} {value:g} s" for name, value in times if value > 0)
    sets = f"{plan.sets} set{'s' if plan.sets > 1 else ''} of {plan.reps}"
    return f"{sets}: {words}; on time is {_band(plan)}"


def _band(plan: Plan) -> str:
    shortest_s, longest_s = band_s(plan.tempo.lower_s)
    return f"{shortest_s:.1f} to {longest_s:.1f} s"


def rep_cells(number: int, rep: Rep, judged: Verdict | None, zero_s: float) -> tuple[str, ...]:
    """Return the row of a repetition; zero_s: time of the first sample, from which times are counted."""
    hold_s = phase_s(rep, "hold")
    lift_s = phase_s(rep, "lift" if rep.phase("lift") else "return")
    point = rep.break_point
    note = rep.not_measured or (VERDICT_WORDS[judged] if judged else "")
    return (
        str(number),
        f"{rep.start_s - zero_s:.1f}",
        "not measured" if rep.lower_s is None else f"{rep.lower_s:.2f}",
        "–" if hold_s is None else f"{hold_s:.2f}",
        "–" if lift_s is None else f"{lift_s:.2f}",
        f"{rep.range_of_motion_deg:.0f}°",
        f"{point.lean_deg:.0f}°" if point else "–",
        f"{point.control_s:.2f} / {point.fall_s:.2f}" if point else "–",
        note,
    )


def dose_words(report_set: ReportSet) -> str:
    """Return what a set amounts to, in one line."""
    lowered = [rep.lower_s for rep in report_set.reps if rep.lower_s is not None]
    missing = len(report_set.reps) - len(lowered)
    parts: list[str] = []
    got = report_set.dose
    if got is not None and report_set.plan is not None:
        parts.append(f"{got.reps} of {report_set.plan.reps} repetitions")
        if got.received_percent is not None:
            least = "at least " if missing else ""
            parts.append(f"dose received {least}{got.received_percent:.0f} %")
        if got.mean_s is not None and got.mean_deviation_s is not None:
            deviation = f"{got.mean_deviation_s:+.2f}".replace("-", "−")
            parts.append(f"mean lowering {got.mean_s:.2f} s ({deviation} s from the target)")
    else:
        parts.append(f"{len(report_set.reps)} repetitions, no plan recorded")
        if lowered:
            parts.append(f"mean lowering {sum(lowered) / len(lowered):.2f} s")
    if lowered:
        parts.append(f"time under tension {sum(lowered):.1f} s")
    if missing:
        parts.append(f"{missing} not measured")
    if report_set.pain is not None:
        limit = report_set.plan.pain_limit if report_set.plan else None
        over = f", over the limit of {limit}" if limit is not None and report_set.pain > limit else ""
        parts.append(f"worst pain {report_set.pain} of 10{over}")
    return "; ".join(parts)


def gap_words(gaps: tuple[Gap, ...], zero_s: float) -> str | None:
    """Return the gaps in one sentence; None without any."""
    if not gaps:
        return None
    total_s = sum(gap.end_s - gap.start_s for gap in gaps)
    places = ", ".join(f"{gap.start_s - zero_s:.1f} s" for gap in gaps[:6])
    more = f" and {len(gaps) - 6} more" if len(gaps) > 6 else ""
    noun = "gap" if len(gaps) == 1 else "gaps"
    return (
        f"{len(gaps)} {noun} in the data, {total_s:.1f} s together (at {places}{more}): "
        "phases with a gap over 0.1 s in them are not measured."
    )
