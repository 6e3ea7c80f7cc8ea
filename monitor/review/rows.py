"""What the table of repetitions says, as words; no window is needed for it."""

from __future__ import annotations

from analysis.uncertainty import margin_s
from monitor.plan import Verdict, verdict
from monitor.report.content import VERDICT_WORDS, lowering_words
from monitor.report.words import ENGLISH, Words
from monitor.review.edits import CorrectedRep, CorrectedSet
from recordings.exporters.csv_files import phase_s

COLUMNS = 11


def heads(words: Words = ENGLISH) -> tuple[str, ...]:
    """Return the headings over `rep_row`."""
    return (
        "",
        words.translate("review", "at s"),
        words.translate("review", "lower s"),
        words.translate("review", "off s"),
        words.translate("review", "hold s"),
        words.translate("review", "back s"),
        words.translate("review", "range °"),
        words.translate("review", "break °"),
        words.translate("review", "held / fell s"),
        words.translate("review", "smooth"),
        words.translate("review", "remarks"),
    )


def head_words(words: Words = ENGLISH) -> tuple[str, ...]:
    """Return what each column means."""
    return (
        words.translate("review", "Number in the set, with the sign of its verdict"),
        words.translate("review", "Start, in seconds from the first sample"),
        words.translate("review", "Lowering time; ± what the true one may lie away"),
        words.translate("review", "Lowering time less the target"),
        words.translate("review", "Hold between lift and lowering"),
        words.translate("review", "Lift of a bridge, return of a Nordic"),
        words.translate("review", "Range of the thigh angle"),
        words.translate("review", "Lean at which the lowering broke"),
        words.translate("review", "Time under control before, and of the fall after the break point"),
        words.translate(
            "review", "Smoothness of the lowering (spectral arc length): closer to 0 is smoother"
        ),
        words.translate("review", "Verdict, why there is no number, what was changed, notes"),
    )


def rep_row(
    number: int,
    each: CorrectedRep,
    part: CorrectedSet,
    smooth: float | None,
    zero_s: float,
    words: Words = ENGLISH,
) -> tuple[str, ...]:
    """Return the cells of a repetition under `heads`. smooth: its smoothness; zero_s: of the first sample."""
    rep, point = each.rep, each.rep.break_point
    target_s = part.plan.tempo.lower_s if part.plan else None
    off_s = None if target_s is None or rep.lower_s is None else rep.lower_s - target_s
    # The reason is enough: that there is no number stands where the number would.
    remarks = [words.heard(rep.not_measured)] if rep.not_measured else []
    if not remarks and verdict_of(each, part):
        remarks.append(verdict_word(each, part, words))
    remarks += [
        words.heard(word) for word, holds in (("by hand", rep.by_hand), ("partial", rep.partial)) if holds
    ]
    if each.note:
        remarks.append(words.quoted(each.note))
    lowered = words.translate("review", "not measured")
    return (
        str(number),
        words.number(rep.start_s - zero_s, 1),
        lowered if rep.lower_s is None else lowering_words(rep.lower_s, margin_s(rep), words),
        "–" if off_s is None else words.signed(off_s, 2),
        _cell(phase_s(rep, "hold"), words),
        _cell(phase_s(rep, "lift" if rep.phase("lift") else "return"), words),
        f"{rep.range_of_motion_deg:.0f}",
        _cell(point.lean_deg if point else None, words, 0),
        f"{words.number(point.control_s, 2)} / {words.number(point.fall_s, 2)}" if point else "–",
        "–" if smooth is None else words.signed(smooth, 2),
        "; ".join(remarks),
    )


def verdict_of(each: CorrectedRep, part: CorrectedSet) -> Verdict | None:
    """Return the verdict on a repetition; None where nothing was planned and all is measured."""
    if each.rep.lower_s is None:
        return "not measured"
    return None if part.plan is None else verdict(each.rep.lower_s, part.plan.tempo.lower_s)


def verdict_word(each: CorrectedRep, part: CorrectedSet, words: Words = ENGLISH) -> str:
    """Return the verdict in words."""
    found = verdict_of(each, part)
    return words.heard(VERDICT_WORDS[found]) if found else ""


def _cell(value: float | None, words: Words, digits: int = 2) -> str:
    return "–" if value is None else words.number(value, digits)
