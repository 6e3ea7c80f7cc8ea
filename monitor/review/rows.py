"""What the table of repetitions says, as words; no window is needed for it."""

from __future__ import annotations

from analysis.uncertainty import margin_s
from monitor.plan import Verdict, verdict
from monitor.report.content import VERDICT_WORDS
from monitor.review.edits import CorrectedRep, CorrectedSet
from recordings.exporters.csv_files import phase_s

HEAD = (
    "",
    "at s",
    "lower s",
    "off s",
    "hold s",
    "back s",
    "range °",
    "break at °",
    "control / fall s",
    "smooth",
    "remarks",
)

HEAD_WORDS = (
    "Number in the set, with the sign of its verdict",
    "Start, in seconds from the first sample",
    "Lowering time; ± what the true one may lie away",
    "Lowering time less the target",
    "Hold between lift and lowering",
    "Lift of a bridge, return of a Nordic",
    "Range of the thigh angle",
    "Lean at which the lowering broke",
    "Time under control before, and of the fall after the break point",
    "Smoothness of the lowering (spectral arc length): closer to 0 is smoother",
    "Verdict, why there is no number, what was changed, notes",
)


def rep_row(
    number: int, each: CorrectedRep, part: CorrectedSet, smooth: float | None, zero_s: float
) -> tuple[str, ...]:
    """Return the cells of a repetition under HEAD. smooth: its smoothness; zero_s: of the first sample."""
    rep, point = each.rep, each.rep.break_point
    margin = margin_s(rep)
    within = "" if margin is None else f" ± {max(margin, 0.01):.2f}"
    target_s = part.plan.tempo.lower_s if part.plan else None
    off_s = None if target_s is None or rep.lower_s is None else rep.lower_s - target_s
    remarks = [verdict_word(each, part)] if verdict_of(each, part) else []
    if rep.not_measured:
        remarks.append(rep.not_measured)
    remarks += [word for word, holds in (("by hand", rep.by_hand), ("partial", rep.partial)) if holds]
    if each.note:
        remarks.append(f"“{each.note}”")
    return (
        str(number),
        f"{rep.start_s - zero_s:.1f}",
        "not measured" if rep.lower_s is None else f"{rep.lower_s:.2f}{within}",
        _signed(off_s),
        _cell(phase_s(rep, "hold")),
        _cell(phase_s(rep, "lift" if rep.phase("lift") else "return")),
        f"{rep.range_of_motion_deg:.0f}",
        _cell(point.lean_deg if point else None, 0),
        f"{point.control_s:.2f} / {point.fall_s:.2f}" if point else "–",
        _signed(smooth),
        "; ".join(remarks),
    )


def verdict_of(each: CorrectedRep, part: CorrectedSet) -> Verdict | None:
    """Return the verdict on a repetition; None where nothing was planned and all is measured."""
    if each.rep.lower_s is None:
        return "not measured"
    return None if part.plan is None else verdict(each.rep.lower_s, part.plan.tempo.lower_s)


def verdict_word(each: CorrectedRep, part: CorrectedSet) -> str:
    """Return the verdict in words."""
    found = verdict_of(each, part)
    return VERDICT_WORDS[found] if found else ""


def _cell(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")
