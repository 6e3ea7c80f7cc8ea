"""Measurements as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Attempt, Gap, Rep
from analysis.uncertainty import LIKELY, margin_s
from monitor.measured_file import MeasuredFile
from monitor.sets import MeasuredSet, sets_of
from recordings.exporters.csv_files import phase_s

_TITLES = ("rep", "exercise", "start", "lift", "hold", "lower", "+-", "return", "range", "break", "remark")
_UNITS = ("", "", "s", "s", "s", "s", "s", "s", "deg", "deg", "")
_SET_TITLES = (
    "",
    "exercise",
    "start",
    "reps",
    "missing",
    "tension",
    "moving",
    "mean",
    "fade",
    "+-",
    "dose",
    "target",
    "off",
)
_WITHOUT_PLAN = _SET_TITLES.index("dose")
_SET_UNITS = ("", "", "s", "", "", "s", "s", "s", "%/rep", "%/rep", "%", "s", "s")


def summary(measured: MeasuredFile) -> list[str]:
    """Return the lines that describe one measured file: sensor, repetitions, gaps, what was not measured."""
    sensor = measured.sensor
    rate = f", {sensor.rate_hz:.0f} Hz" if sensor.rate_hz else ""
    simulated = ", simulated" if sensor.simulated else ""
    return [
        f"{measured.path}: {measured.duration_s:.1f} s, {sensor.model}{rate}{simulated}",
        *rep_table(measured.analysis.reps, measured.start_s),
        *set_table(sets_of(measured), measured.start_s),
        *_attempt_lines(measured.analysis.aborted, measured.start_s),
        *_gap_lines(measured.analysis.gaps, measured.start_s),
        *(f"  note: {warning}" for warning in measured.warnings),
    ]


def rep_table(reps: Sequence[Rep], start_s: float = 0.0) -> list[str]:
    """Return a row per repetition under a heading. start_s: what counts as zero on the time axis.

    +-: within this of the measured lowering lies the true one in some 94 of 100 repetitions.
    """
    if not reps:
        return ["  no repetitions found"]
    rows = [_TITLES, _UNITS, *(_row(number, rep, start_s) for number, rep in enumerate(reps, 1))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return ["  " + "  ".join(map(_aligned, row, widths)).rstrip() for row in rows]


def set_table(sets: Sequence[MeasuredSet], start_s: float = 0.0) -> list[str]:
    """Return a row per set under a heading; tension: sum of the lowerings, off: mean size of the deviation.

    +-: of the fade, as of a repetition; a fade that is no more than that is none.
    missing: repetitions without a number; the sums are then marked as lower limits.
    """
    if not sets:
        return []
    found = sets[0].source == "found"
    planned = any(each.plan for each in sets)
    rows = [_SET_TITLES, _SET_UNITS, *(_set_row(each, start_s) for each in sets)]
    rows = [row if planned else row[:_WITHOUT_PLAN] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  sets, found from the rests:" if found else "  sets, as recorded:",
        *("  " + "  ".join(map(_aligned, row, widths)).rstrip() for row in rows),
    ]


def rep_line(number: int, rep: Rep, start_s: float = 0.0) -> str:
    """Return one repetition in one line, for a list that grows."""
    margin = margin_s(rep)
    within = "" if margin is None else f" +-{margin:.2f} s"
    lowered = "not measured" if rep.lower_s is None else f"lowered in {rep.lower_s:.2f} s{within}"
    broke = "" if rep.break_point is None else f", break point at {rep.break_point.lean_deg:.0f} deg"
    reason = f" ({rep.not_measured})" if rep.not_measured else ""
    partial = ", partial" if rep.partial else ""
    return (
        f"{rep.start_s - start_s:8.2f} s  rep {number}  {rep.exercise:6}  {lowered}{reason}{broke}{partial}"
    )


def review_lines(measured: MeasuredFile) -> list[str]:
    """Return the summary of a recording with what happened in it."""
    happened = [
        f"  {event.data['text']}"
        for event in measured.events
        if event.kind in ("sensor_fault", "note") and isinstance(event.data.get("text"), str)
    ]
    calibration = measured.analysis.calibration
    known = (
        "  not calibrated: no angle is known"
        if calibration is None
        else f"  calibrated by {calibration.method}, direction {100 * calibration.sign_confidence:.0f} % sure"
    )
    return [*summary(measured), known, *happened]


def _aligned(cell: str, width: int) -> str:
    number = cell.lstrip(">=-+")[:1].isdigit()
    return cell.rjust(width) if number or cell in ("-", *_UNITS, *_SET_UNITS) else cell.ljust(width)


def _row(number: int, rep: Rep, start_s: float) -> tuple[str, ...]:
    point = rep.break_point
    remarks = ["by hand"] if rep.by_hand else []
    if rep.partial:
        remarks.append("partial")
    if rep.not_measured:
        remarks.append(f"not measured: {rep.not_measured}")
    if point is not None:
        remarks.append(f"control {point.control_s:.2f} s, fall {point.fall_s:.2f} s")
    return (
        str(number),
        rep.exercise,
        f"{rep.start_s - start_s:.2f}",
        _cell(phase_s(rep, "lift")),
        _cell(phase_s(rep, "hold")),
        _cell(rep.lower_s),
        _cell(margin_s(rep)),
        _cell(phase_s(rep, "return")),
        f"{rep.range_of_motion_deg:.1f}",
        _cell(None if point is None else point.lean_deg, 1),
        "; ".join(remarks),
    )


def _set_row(measured_set: MeasuredSet, start_s: float) -> tuple[str, ...]:
    got, plan, changes = measured_set.dose, measured_set.plan, measured_set.changes
    fade, error = changes.lowering, changes.lowering_se_percent
    least = ">=" if got.not_measured else ""
    measured = got.mean_s is not None
    count = f"{got.reps} of {plan.reps}" if plan else f"{got.reps}"
    begin_s = min((rep.start_s for rep in measured_set.reps), default=None)
    return (
        "-" if measured_set.number is None else f"set {measured_set.number}",
        measured_set.exercise or "outside",
        _cell(None if begin_s is None else begin_s - start_s),
        count,
        str(got.not_measured) if got.not_measured else "-",
        _cell(got.time_under_tension_s if measured else None, 1, least),
        _cell(got.moving_s if measured else None, 1, least),
        _cell(got.mean_s),
        _cell(fade.per_rep_percent if fade else None, 1),
        _cell(None if error is None else LIKELY * error, 1),
        _cell(got.received_percent, 0, least),
        _cell(plan.tempo.lower_s if plan else None),
        _cell(got.mean_absolute_deviation_s),
    )


def _cell(value: float | None, digits: int = 2, before: str = "") -> str:
    return "-" if value is None else f"{before}{value:.{digits}f}"


def _attempt_lines(attempts: Sequence[Attempt], start_s: float) -> list[str]:
    return [
        f"  {attempt.exercise} begun and given up at {attempt.start_s - start_s:.2f} s, after "
        f"{attempt.range_of_motion_deg:.0f} deg"
        for attempt in attempts
    ]


def _gap_lines(gaps: Sequence[Gap], start_s: float) -> list[str]:
    if not gaps:
        return ["  no gaps"]
    missing_s = sum(gap.end_s - gap.start_s for gap in gaps)
    shown = [f"{gap.start_s - start_s:.2f}-{gap.end_s - start_s:.2f} s" for gap in gaps[:10]]
    more = f" and {len(gaps) - len(shown)} more" if len(gaps) > len(shown) else ""
    return [f"  {len(gaps)} gaps, {missing_s:.2f} s without samples: {', '.join(shown)}{more}"]
