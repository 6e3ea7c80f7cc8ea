"""What a report says: figures and sentences in one language, without any layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analysis import ALGORITHM_VERSION
from analysis.phases import DEFINITION
from analysis.progress import MIN_VALUES
from analysis.results import Gap, Rep
from analysis.uncertainty import LIKELY, margin_s
from drivers.source import SensorInfo
from monitor.plan import Plan, Verdict, band_s
from monitor.report.words import ENGLISH, Words
from monitor.sets import EXERCISE_WORDS, Measured, MeasuredSet, sets_of
from recordings.exporters.csv_files import phase_s
from recordings.format import installed_version

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


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a session beyond its recording. person: code and name; empty: nobody's.

    before, morning, after: pain 0-10, as told before it, after it, and on the next morning. verdict: that of
    the rule for pain, with its reason. notes: as written.
    """

    person: str = ""
    before: int | None = None
    after: int | None = None
    morning: int | None = None
    back_to_usual: bool | None = None
    verdict: str = ""
    notes: tuple[str, ...] = ()


NOTHING_MORE = About()
NOTE = "Note"
"""What the sentences of a therapist's notes begin with (`monitor.review.corrected_file.remarks`)."""


@dataclass(frozen=True, slots=True)
class SetPart:
    """What a report says of one set. rows: under `rep_heads`; verdicts: one a row."""

    title: str
    remarks: tuple[str, ...]
    figures: tuple[Figure, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[Verdict | None, ...]


@dataclass(frozen=True, slots=True)
class SessionPart:
    """What a report says of one session. facts: name and value. told: pain, verdict, notes, a line each.

    columns: of `rep_heads`, those in which any set has something.
    """

    title: str
    simulated: bool
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    told: tuple[str, ...]
    gaps: str | None
    sets: tuple[SetPart, ...]
    columns: tuple[int, ...]
    method: tuple[str, ...]


def session_part(
    measured: Measured,
    plan: Plan | None = None,
    started: datetime | None = None,
    about: About = NOTHING_MORE,
    words: Words = ENGLISH,
) -> SessionPart:
    """Return all that a report says of a session, its figure aside."""
    sets = sets_of(measured, plan)
    imported = next((each.data for each in measured.events if each.kind == "imported"), None)
    undated = imported is not None and "date_by" not in imported
    day_only = imported is not None and imported.get("date_known_to") == "day"
    zero_s = float(measured.samples.t_s[0]) if len(measured.samples) else 0.0
    duration_s = float(measured.samples.t_s[-1]) - zero_s if len(measured.samples) else 0.0
    parts = tuple(_set_part(each, zero_s, words) for each in sets)
    rows = [row for each in parts for row in each.rows]
    return SessionPart(
        words.translate("report", "Eccentric: report of a session"),
        measured.sensor.simulated,
        (
            (words.translate("report", "Person"), about.person or words.translate("report", "not given")),
            # A file that was imported rarely says when it was recorded.
            (
                words.translate("report", "Imported") if undated else words.translate("report", "Date"),
                words.day(started.date() if day_only else started)
                if started
                else words.translate("report", "not recorded"),
            ),
            *_facts(measured.sensor, duration_s, sets, words),
        ),
        tuple(words.heard(each) for each in measured.warnings if not each.startswith(NOTE)),
        (
            *_told(sets, about, words),
            *(words.heard(each) for each in measured.warnings if each.startswith(NOTE)),
        ),
        gap_words(measured.analysis.gaps, zero_s, words),
        parts,
        tuple(at for at, head in enumerate(rep_heads()) if not head or any(row[at] != "–" for row in rows)),
        method_words(words),
    )


def _facts(
    sensor: SensorInfo,
    duration_s: float,
    sets: Sequence[MeasuredSet],
    words: Words,
) -> tuple[tuple[str, str], ...]:
    model = f"{sensor.name} ({sensor.model})" if sensor.model and sensor.model != sensor.name else sensor.name
    parts = [model]
    if sensor.rate_hz:
        parts.append(f"{words.short(round(sensor.rate_hz, 1))} Hz")
    if sensor.firmware:
        parts.append(f"{words.translate('report', 'firmware')} {sensor.firmware}")
    minutes, seconds = divmod(round(duration_s), 60)
    program = words.translate("report", "Eccentric {version}, algorithm version {algorithm}")
    return (
        (words.translate("report", "Duration"), f"{minutes} min {seconds} s"),
        (words.translate("report", "Sensor"), ", ".join(parts)),
        (words.translate("report", "Done of the plan"), done_words(sets, words)),
        (
            words.translate("report", "Made by"),
            program.format(version=installed_version(), algorithm=ALGORITHM_VERSION),
        ),
    )


def done_words(sets: Sequence[MeasuredSet], words: Words = ENGLISH) -> str:
    """Return what was done of what was planned, over all sets that have a plan."""
    planned = [each for each in sets if each.plan is not None]
    done = [each for each in planned if each.reps]
    plans = list(dict.fromkeys(each.plan for each in planned if each.plan is not None))
    if not plans:
        return words.translate("report", "no plan was recorded")
    text = words.translate("report", "{sets} of {sets_asked} sets, {reps} of {reps_asked} repetitions")
    return text.format(
        sets=len(done),
        sets_asked=max(len(planned), sum(plan.sets for plan in plans)),
        reps=sum(len(each.reps) for each in planned),
        reps_asked=max(
            sum(each.plan.reps for each in planned if each.plan), sum(plan.sets * plan.reps for plan in plans)
        ),
    )


def _told(sets: Sequence[MeasuredSet], about: About, words: Words) -> list[str]:
    """Return pain over the day, the verdict, and notes; nothing where nothing was told."""
    worst = max((each.pain for each in sets if each.pain is not None), default=None)
    scores = (
        (words.translate("report", "before"), about.before),
        (words.translate("report", "worst in a set"), worst),
        (words.translate("report", "after"), about.after),
        (words.translate("report", "next morning"), about.morning),
    )
    told: list[str] = []
    if any(score is not None for _, score in scores):
        missing = words.translate("report", "not told")
        parts = [f"{name} {missing if score is None else score}" for name, score in scores]
        if about.back_to_usual is not None:
            parts[-1] += (
                " ("
                + (
                    words.translate("report", "back to usual")
                    if about.back_to_usual
                    else words.translate("report", "not back to usual")
                )
                + ")"
            )
        told.append(words.translate("report", "Pain, 0 to 10: {scores}.").format(scores=", ".join(parts)))
    if about.verdict:
        told.append(about.verdict)
    told += [words.heard(f"{NOTE}: {note}") for note in about.notes]
    return told


def rep_heads(words: Words = ENGLISH) -> tuple[str, ...]:
    """Return the headings over `rep_cells`."""
    return (
        "",
        words.translate("report", "at s"),
        words.translate("report", "lowering s"),
        words.translate("report", "off s"),
        words.translate("report", "hold s"),
        words.translate("report", "lift or return s"),
        words.translate("report", "range"),
        words.translate("report", "break at"),
        words.translate("report", "control / fall s"),
        "",
    )


def _set_part(each: MeasuredSet, zero_s: float, words: Words) -> SetPart:
    remarks: list[str] = []
    if each.plan is not None:
        remarks.append(words.translate("report", "Plan: {plan}.").format(plan=plan_words(each.plan, words)))
    if each.source == "found":
        remarks.append(
            words.translate("report", "Found from the rests between repetitions; no set was recorded.")
        )
    verdicts: tuple[Verdict | None, ...] = tuple(each.verdict(rep) for rep in each.reps)
    target_s = each.plan.tempo.lower_s if each.plan else None
    rows = tuple(
        rep_cells(number, rep, judged, zero_s, words, target_s)
        for number, (rep, judged) in enumerate(zip(each.reps, verdicts, strict=True), 1)
    )
    return SetPart(set_title(each, words), tuple(remarks), set_figures(each, words), rows, verdicts)


def set_title(each: MeasuredSet, words: Words = ENGLISH) -> str:
    """Return what to call a set, as `MeasuredSet.title` does in English."""
    if each.number is None:
        return words.translate("report", "Outside the sets")
    name = words.heard(EXERCISE_WORDS[each.exercise]) if each.exercise else ""
    if each.plan and each.plan.variant:
        name = words.heard(each.plan.variant)
    side = ""
    if each.side == "left":
        side = ", " + words.translate("report", "left side")
    elif each.side == "right":
        side = ", " + words.translate("report", "right side")
    instead = ""
    if each.planned:
        other = words.heard(EXERCISE_WORDS[each.planned.exercise])
        instead = ", " + words.translate("report", "planned: {exercise}").format(exercise=other)
    name = name or words.translate("report", "No repetition")
    return words.translate("report", "Set {number}: {name}").format(
        number=each.number, name=f"{name}{side}{instead}"
    )


def plan_words(plan: Plan, words: Words = ENGLISH) -> str:
    """Return a plan in words: named times, never a bare row of digits."""
    tempo = plan.tempo
    times = (
        (words.translate("report", "lower {time} s"), tempo.lower_s),
        (words.translate("report", "hold {time} s"), tempo.hold_s),
        (words.translate("report", "lift {time} s"), tempo.lift_s),
        (words.translate("report", "rest {time} s"), tempo.rest_s),
    )
    named = ", ".join(text.format(time=words.short(time)) for text, time in times if time > 0)
    one = words.translate("report", "{sets} set of {reps}: {times}; on time is {shortest} to {longest} s")
    more = words.translate("report", "{sets} sets of {reps}: {times}; on time is {shortest} to {longest} s")
    shortest_s, longest_s = band_s(tempo.lower_s)
    said = (more if plan.sets > 1 else one).format(
        sets=plan.sets,
        reps=plan.reps,
        times=named,
        shortest=words.number(shortest_s, 1),
        longest=words.number(longest_s, 1),
    )
    if plan.sessions_per_week is None:
        return said
    return said + words.translate("report", "; {number} sessions a week").format(
        number=plan.sessions_per_week
    )


def rep_cells(
    number: int,
    rep: Rep,
    judged: Verdict | None,
    zero_s: float,
    words: Words = ENGLISH,
    target_s: float | None = None,
) -> tuple[str, ...]:
    """Return the row of a repetition under `rep_heads`; zero_s: time of the first sample, counted from."""
    hold_s = phase_s(rep, "hold")
    lift_s = phase_s(rep, "lift" if rep.phase("lift") else "return")
    point = rep.break_point
    off_s = None if target_s is None or rep.lower_s is None else rep.lower_s - target_s
    remarks = [words.heard(rep.not_measured)] if rep.not_measured else []
    if judged and not rep.not_measured:
        remarks.append(words.heard(VERDICT_WORDS[judged]))
    if rep.by_hand:
        remarks.append(words.heard("by hand"))
    lowered = words.translate("report", "not measured")
    if rep.lower_s is not None:
        lowered = lowering_words(rep.lower_s, margin_s(rep), words)
    return (
        str(number),
        words.number(rep.start_s - zero_s, 1),
        lowered,
        "–" if off_s is None else words.signed(off_s, 2),
        "–" if hold_s is None else words.number(hold_s, 2),
        "–" if lift_s is None else words.number(lift_s, 2),
        f"{rep.range_of_motion_deg:.0f}°",
        f"{point.lean_deg:.0f}°" if point else "–",
        f"{words.number(point.control_s, 2)} / {words.number(point.fall_s, 2)}" if point else "–",
        "; ".join(remarks),
    )


def set_figures(measured_set: MeasuredSet, words: Words = ENGLISH) -> tuple[Figure, ...]:
    """Return what a set amounts to, number by number; those that only a plan gives need one."""
    got, plan = measured_set.dose, measured_set.plan
    least = "≥ " if got.not_measured else ""
    missing = ""
    if got.not_measured:
        missing = words.translate("report", "{number} not measured").format(number=got.not_measured)
    of_plan = words.translate("report", "{done} of {asked}").format
    done = of_plan(done=got.reps, asked=plan.reps) if plan else f"{got.reps}"
    figures = [Figure(words.translate("report", "repetitions"), done, missing)]
    if plan is not None:
        asked = words.translate("report", "of {time} s lowering")
        figures.append(
            Figure(
                words.translate("report", "dose received"),
                "–" if got.received_percent is None else f"{least}{words.number(got.received_percent)} %",
                asked.format(time=words.short(plan.reps * plan.tempo.lower_s)),
            )
        )
    tension_s = None if got.mean_s is None else got.time_under_tension_s
    moving = ""
    if got.mean_s is not None:
        moving = words.translate("report", "{time} s all moving")
        moving = moving.format(time=least + words.number(got.moving_s, 1))
    if got.time_under_tension_se_s is not None:
        margin = LIKELY * got.time_under_tension_se_s
        moving = f"± {words.number(max(margin, 0.1), 1)} s; {moving}"
    figures.append(
        Figure(
            words.translate("report", "time under tension"),
            "–" if tension_s is None else f"{least}{words.number(tension_s, 1)} s",
            moving,
        )
    )
    off = ""
    if got.mean_deviation_s is not None:
        off = words.translate("report", "{time} s to target")
        off = off.format(time=words.signed(got.mean_deviation_s, 2))
    figures.append(Figure(words.translate("report", "mean lowering"), _seconds(got.mean_s, words), off))
    if plan is not None:
        figures.append(
            Figure(
                words.translate("report", "off the target"),
                _seconds(got.mean_absolute_deviation_s, words),
                words.translate("report", "on average"),
            )
        )
    figures.append(_fade_figure(measured_set, words))
    of_ten = words.translate("report", "{score} of 10").format
    if measured_set.pain is not None:
        over = ""
        if plan and measured_set.pain > plan.pain_limit:
            over = words.translate("report", "over the limit of {limit}").format(limit=plan.pain_limit)
        figures.append(Figure(words.translate("report", "worst pain"), of_ten(score=measured_set.pain), over))
    if measured_set.effort is not None:
        figures.append(Figure(words.translate("report", "effort"), of_ten(score=measured_set.effort)))
    return tuple(figures)


def _fade_figure(measured_set: MeasuredSet, words: Words) -> Figure:
    fade, name = measured_set.changes.lowering, words.translate("report", "fade")
    if fade is None:
        few = words.translate("report", "under {number} measured").format(number=MIN_VALUES)
        return Figure(name, "–", few)
    each = words.translate("report", "{percent} % a rep").format
    per_rep, error = fade.per_rep_percent, measured_set.changes.lowering_se_percent
    if error is None:
        return Figure(name, words.translate("report", "not certain"), each(percent=words.signed(per_rep)))
    margin = f"± {words.number(max(1.0, LIKELY * error))}"
    # What is no more than its error is no change.
    if abs(per_rep) <= LIKELY * error:
        within = each(percent=f"{words.signed(per_rep)} {margin}")
        return Figure(name, words.translate("report", "not certain"), within)
    return Figure(name, each(percent=words.signed(per_rep)), f"{margin} %")


def lowering_words(lower_s: float, margin: float | None, words: Words = ENGLISH) -> str:
    """Return a lowering time with how far off it may be (s), in words where that is as much as the time."""
    time = words.number(lower_s, 2)
    if margin is None:
        return time
    if margin >= lower_s:
        return words.translate("report", "about {time}").format(time=time)
    return f"{time} ± {words.number(max(margin, 0.01), 2)}"


def _seconds(value: float | None, words: Words) -> str:
    return "–" if value is None else f"{words.number(value, 2)} s"


def gap_words(gaps: tuple[Gap, ...], zero_s: float, words: Words = ENGLISH) -> str | None:
    """Return the gaps in one sentence; None without any."""
    if not gaps:
        return None
    total_s = sum(gap.end_s - gap.start_s for gap in gaps)
    places = ", ".join(f"{words.number(gap.start_s - zero_s, 1)} s" for gap in gaps[:6])
    if len(gaps) > 6:
        places += " " + words.translate("report", "and {number} more").format(number=len(gaps) - 6)
    one = words.translate(
        "report",
        "{number} gap in the data, {time} s together (at {places}): "
        "phases with a gap over 0.1 s in them are not measured.",
    )
    more = words.translate(
        "report",
        "{number} gaps in the data, {time} s together (at {places}): "
        "phases with a gap over 0.1 s in them are not measured.",
    )
    return (one if len(gaps) == 1 else more).format(
        number=len(gaps), time=words.number(total_s, 1), places=places
    )


def method_words(words: Words = ENGLISH) -> tuple[str, ...]:
    """Return what the figures mean and what they do not, a paragraph each; the limits last."""
    figures = words.translate(
        "report",
        "Dose received: measured lowering time as a share of the prescribed one. Time under tension: "
        "sum of the measured lowerings. ± after a time: the true one lies within it in some 94 of 100 "
        "repetitions of simulated people; wider where a person is less steady, or starts and stops "
        "more gently; “about” where it may be as far off as the time itself is long. It does not cover "
        "clothes or a strap that slide, nor a wrong calibration. What was not measured is in no "
        "figure; where there is such a repetition, sums are lower limits. Off: lowering less target. "
        "Off the target: mean size of that, either way. Fade: robust slope (Theil-Sen) of the lowering "
        "time over the set, as a share of its beginning; not certain where it is no more than its own "
        "error. Break point of a Nordic: the lean from which the lowering could no longer be resisted; "
        "control and fall are the times before and after it. On time: within 0.5 s or 15 % of the "
        "target, whichever is more. Algorithm version {version}.",
    )
    return (words.heard(DEFINITION), figures.format(version=ALGORITHM_VERSION), words.heard(LIMITS))
