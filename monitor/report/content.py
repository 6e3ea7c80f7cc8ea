"""What the report says: figures and sentences, without any layout."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.progress import MIN_VALUES
from analysis.results import Gap, Rep
from analysis.uncertainty import LIKELY, margin_s
from monitor.plan import Plan, Verdict, band_s
from monitor.sets import MeasuredSet
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


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a set: its name, the number with its unit, and what else belongs to it."""

    name: str
    value: str
    note: str = ""


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
    if rep.by_hand:
        note = f"{note}; by hand" if note else "by hand"
    return (
        str(number),
        f"{rep.start_s - zero_s:.1f}",
        "not measured" if rep.lower_s is None else f"{rep.lower_s:.2f}{_within(margin_s(rep), 2)}",
        "–" if hold_s is None else f"{hold_s:.2f}",
        "–" if lift_s is None else f"{lift_s:.2f}",
        f"{rep.range_of_motion_deg:.0f}°",
        f"{point.lean_deg:.0f}°" if point else "–",
        f"{point.control_s:.2f} / {point.fall_s:.2f}" if point else "–",
        note,
    )


def set_figures(measured_set: MeasuredSet) -> tuple[Figure, ...]:
    """Return what a set amounts to, number by number; those that only a plan gives need one."""
    got, plan = measured_set.dose, measured_set.plan
    least = "≥ " if got.not_measured else ""
    missing = f"{got.not_measured} not measured" if got.not_measured else ""
    figures = [Figure("repetitions", f"{got.reps} of {plan.reps}" if plan else f"{got.reps}", missing)]
    if plan is not None:
        asked = f"of {plan.reps * plan.tempo.lower_s:g} s lowering"
        figures.append(Figure("dose received", _number(got.received_percent, "{:.0f} %", least), asked))
    tension_s = None if got.mean_s is None else got.time_under_tension_s
    moving = "" if got.mean_s is None else f"{least}{got.moving_s:.1f} s all moving"
    if got.time_under_tension_se_s is not None:
        moving = f"{_within(LIKELY * got.time_under_tension_se_s, 1).strip()} s; {moving}"
    figures.append(Figure("time under tension", _number(tension_s, "{:.1f} s", least), moving))
    off = "" if got.mean_deviation_s is None else f"{_signed(got.mean_deviation_s, 2)} s to target"
    figures.append(Figure("mean lowering", _number(got.mean_s, "{:.2f} s"), off))
    if plan is not None:
        each = _number(got.mean_absolute_deviation_s, "{:.2f} s")
        figures.append(Figure("off the target", each, "on average"))
    figures.append(_fade_figure(measured_set))
    if measured_set.pain is not None:
        over = f"over the limit of {plan.pain_limit}" if plan and measured_set.pain > plan.pain_limit else ""
        figures.append(Figure("worst pain", f"{measured_set.pain} of 10", over))
    if measured_set.effort is not None:
        figures.append(Figure("effort", f"{measured_set.effort} of 10", ""))
    return tuple(figures)


def _fade_figure(measured_set: MeasuredSet) -> Figure:
    fade = measured_set.changes.lowering
    if fade is None:
        return Figure("fade", "–", f"under {MIN_VALUES} measured")
    along = f"{_signed(fade.first_to_last_percent)} % first to last"
    return Figure("fade", f"{_signed(fade.per_rep_percent)} % a rep", along)


def _within(margin: float | None, digits: int) -> str:
    return "" if margin is None else f" ± {max(margin, 10.0**-digits):.{digits}f}"


def _number(value: float | None, form: str, before: str = "") -> str:
    return "–" if value is None else before + form.format(value)


def _signed(value: float, digits: int = 0) -> str:
    rounded = round(value, digits) or 0.0
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


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
