"""Measurements as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Gap, Rep
from monitor.measured_file import MeasuredFile
from recordings.exporters.csv_files import phase_s

_TITLES = ("rep", "exercise", "start", "lift", "hold", "lower", "return", "range", "break", "remark")
_UNITS = ("", "", "s", "s", "s", "s", "s", "deg", "deg", "")


def summary(measured: MeasuredFile) -> list[str]:
    """Return the lines that describe one measured file: sensor, repetitions, gaps, what was not measured."""
    sensor = measured.sensor
    rate = f", {sensor.rate_hz:.0f} Hz" if sensor.rate_hz else ""
    simulated = ", simulated" if sensor.simulated else ""
    return [
        f"{measured.path}: {measured.duration_s:.1f} s, {sensor.model}{rate}{simulated}",
        *rep_table(measured.analysis.reps, measured.start_s),
        *_totals(measured.analysis.reps),
        *_gap_lines(measured.analysis.gaps, measured.start_s),
        *(f"  note: {warning}" for warning in measured.warnings),
    ]


def rep_table(reps: Sequence[Rep], start_s: float = 0.0) -> list[str]:
    """Return a row per repetition under a heading. start_s: what counts as zero on the time axis."""
    if not reps:
        return ["  no repetitions found"]
    rows = [_TITLES, _UNITS, *(_row(number, rep, start_s) for number, rep in enumerate(reps, 1))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return ["  " + "  ".join(map(_aligned, row, widths)).rstrip() for row in rows]


def rep_line(number: int, rep: Rep, start_s: float = 0.0) -> str:
    """Return one repetition in one line, for a list that grows."""
    lowered = "not measured" if rep.lower_s is None else f"lowered in {rep.lower_s:.2f} s"
    broke = "" if rep.break_point is None else f", break point at {rep.break_point.lean_deg:.0f} deg"
    reason = f" ({rep.not_measured})" if rep.not_measured else ""
    return f"{rep.start_s - start_s:8.2f} s  rep {number}  {rep.exercise:6}  {lowered}{reason}{broke}"


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
    return cell.rjust(width) if cell[:1].isdigit() or cell in ("-", *_UNITS) else cell.ljust(width)


def _row(number: int, rep: Rep, start_s: float) -> tuple[str, ...]:
    point = rep.break_point
    remark = f"not measured: {rep.not_measured}" if rep.not_measured else ""
    if point is not None:
        remark = f"{remark} control {point.control_s:.2f} s, fall {point.fall_s:.2f} s".strip()
    return (
        str(number),
        rep.exercise,
        f"{rep.start_s - start_s:.2f}",
        _cell(phase_s(rep, "lift")),
        _cell(phase_s(rep, "hold")),
        _cell(rep.lower_s),
        _cell(phase_s(rep, "return")),
        f"{rep.range_of_motion_deg:.1f}",
        _cell(None if point is None else point.lean_deg, 1),
        remark,
    )


def _cell(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _totals(reps: Sequence[Rep]) -> list[str]:
    lines: list[str] = []
    for exercise in ("nordic", "bridge"):
        done = [rep for rep in reps if rep.exercise == exercise]
        lowered = [rep.lower_s for rep in done if rep.lower_s is not None]
        if not done:
            continue
        missing = f", {len(done) - len(lowered)} not measured" if len(lowered) < len(done) else ""
        mean = f", mean {sum(lowered) / len(lowered):.2f} s" if lowered else ""
        lines.append(f"  {exercise}: {len(done)} reps{missing}, lowering {sum(lowered):.1f} s in all{mean}")
    return lines


def _gap_lines(gaps: Sequence[Gap], start_s: float) -> list[str]:
    if not gaps:
        return ["  no gaps"]
    missing_s = sum(gap.end_s - gap.start_s for gap in gaps)
    shown = [f"{gap.start_s - start_s:.2f}-{gap.end_s - start_s:.2f} s" for gap in gaps[:10]]
    more = f" and {len(gaps) - len(shown)} more" if len(gaps) > len(shown) else ""
    return [f"  {len(gaps)} gaps, {missing_s:.2f} s without samples: {', '.join(shown)}{more}"]
