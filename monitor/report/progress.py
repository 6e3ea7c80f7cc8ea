"""Several sessions of one person on one page: what changed, and what of it is more than error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from reportlab.graphics.shapes import Drawing, Shape
from reportlab.lib.colors import Color, HexColor

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise
from monitor.plan import band_s
from monitor.plans.pain_rule import PainRule
from monitor.report.content import LIMITS as SEEN
from monitor.report.figure import (
    FONT,
    HOLD,
    INK,
    LINE,
    MUTED,
    Circle,
    Line,
    Path,
    PolyLine,
    Rect,
    String,
    plain,
)
from monitor.report.words import ENGLISH, Words
from monitor.review.trends import (
    LIMITS,
    Change,
    Direction,
    Point,
    Quantity,
    by_side,
    change,
    points_of,
    weeks_of,
)
from monitor.sets import EXERCISE_WORDS
from monitor.visit_store import past_visit
from recordings.catalogue import Catalogue
from recordings.format import installed_version

BAND, DOT = HexColor("#cfe9df"), HexColor("#00599b")
BOLD = "Helvetica-Bold"
SHOWN: tuple[Quantity, ...] = (
    "lowering", "dose", "range", "break", "control", "done", "weekly", "pain", "after", "morning", "effort"
)  # fmt: skip
PANEL_HEIGHT = 56.0


@dataclass(frozen=True, slots=True)
class ExercisePart:
    """The trend of one exercise. weeks: what was done of the plan in each; empty where it does not say."""

    exercise: Exercise
    title: str
    points: tuple[Point, ...]
    weeks: tuple[Point, ...] = ()

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What is known of at least one session; what was done of the plan by weeks where they are known."""
        return tuple(each for each in SHOWN if self.known(each) and not (each == "done" and self.weeks))

    def known(self, quantity: Quantity) -> list[Point]:
        """Return the sessions or weeks of which something is known."""
        return [each for each in (*self.points, *self.weeks) if quantity in each.values]

    def change(self, quantity: Quantity) -> Change:
        """Return what changed from the first to the last session in which it is known."""
        known = self.known(quantity)
        return change(known[0], known[-1], quantity)


@dataclass(frozen=True, slots=True)
class ProgressPart:
    """What the report of several sessions says. sessions: rows under session_heads, the oldest first."""

    title: str
    simulated: bool
    facts: tuple[tuple[str, str], ...]
    exercises: tuple[ExercisePart, ...]
    figure_words: str
    session_heads: tuple[str, ...]
    sessions: tuple[tuple[str, ...], ...]
    method: tuple[str, ...]


def progress_part(
    catalogue: Catalogue,
    person: str | None,
    only: Sequence[str] | None = None,
    rule: PainRule | None = None,
    words: Words = ENGLISH,
) -> ProgressPart:
    """Return the report of the sessions of a person, or of those in `only`.

    Raises CatalogueError, also where there is no session to report.
    """
    exercises: list[ExercisePart] = []
    plans = catalogue.plans(catalogue.person(person)) if person is not None and only is None else ()
    for exercise in get_args(Exercise):
        for side, points in by_side(points_of(catalogue, exercise, person, only)).items():
            title = words.heard(EXERCISE_WORDS[exercise])
            leg = f", {words.heard(side)}" if side in ("left", "right") else ""
            weeks = tuple(weeks_of(points, plans, exercise))
            exercises.append(ExercisePart(exercise, title + leg, tuple(points), weeks))
    exercises.sort(key=lambda each: each.points[0].started_ns)
    points = sorted((p for each in exercises for p in each.points), key=lambda each: each.started_ns)
    who = words.translate("report", "not given")
    if person is not None:
        found = catalogue.person(person)
        who = f"{found.display_name} ({found.code})" if found.display_name else found.code
    program = words.translate("report", "Eccentric {version}, algorithm version {algorithm}")
    facts = (
        (words.translate("report", "Person"), who),
        (words.translate("report", "Time"), _period(points, words)),
        (words.translate("report", "Sessions"), _sessions_words(points, words)),
        (
            words.translate("report", "Made by"),
            program.format(version=installed_version(), algorithm=ALGORITHM_VERSION),
        ),
    )
    return ProgressPart(
        words.translate("report", "Eccentric: progress report"),
        any(each.simulated for each in points),
        facts,
        # One session alone is no trend; it is in the table.
        tuple([each for each in exercises if len(each.points) > 1] or exercises),
        words.translate(
            "report",
            "Grey: the first session with the error of the measurement; a change is one beyond it only. "
            "Green: on time.",
        ),
        _session_heads(words),
        tuple(_session_rows(catalogue, exercises, rule or PainRule(), words)),
        _method(words),
    )


def progress_figure(part: ExercisePart, width: float, words: Words = ENGLISH) -> Drawing:
    """Draw small plots, one a quantity, each with the error of its first session. width: in points."""
    shown = part.quantities
    in_row = 5 if len(shown) > 8 else 4
    rows = -(-len(shown) // in_row)
    made = Drawing(width, rows * PANEL_HEIGHT + (rows - 1) * 6)
    wide = (width - 6 * (in_row - 1)) / in_row
    for number, quantity in enumerate(shown):
        row, column = divmod(number, in_row)
        x = column * (wide + 6)
        y = made.height - (row + 1) * PANEL_HEIGHT - 6 * row
        _panel(made, (x, y, wide, PANEL_HEIGHT), part, quantity, words)
    return made


def change_words(found: Change, words: Words = ENGLISH) -> str:
    """Return a change: first, last, and how much more or less, or that it is within the error."""
    if found.before is None or found.after is None:
        return "–"
    digits = digits_of(found.quantity)
    before, after = words.number(found.before, digits), words.number(found.after, digits)
    if found.direction == "within the error":
        text = words.translate("report", "{before} to {after}: within error")
        return text.format(before=before, after=after)
    text = words.translate("report", "{before} to {after} ({by})")
    return text.format(before=before, after=after, by=words.signed(found.shown_by(digits), digits))


def digits_of(quantity: Quantity) -> int:
    """Return with how many digits a quantity is written."""
    return 1 if LIMITS[quantity].unit == "s" else 0


def _panel(
    made: Drawing,
    box: tuple[float, float, float, float],
    part: ExercisePart,
    quantity: Quantity,
    words: Words,
) -> None:
    x, y, wide, high = box
    limit = LIMITS[quantity]
    known = part.known(quantity)
    values = [each.values[quantity] for each in known]
    name = f"{words.heard(limit.name)}, {words.heard(limit.unit)}"
    made.add(String(x, y + high - 7, plain(name), fontName=FONT, fontSize=7, fillColor=MUTED))
    found = part.change(quantity)
    start = x
    if (shape := _arrow(found.direction, x, y + high - 17)) is not None:
        made.add(shape)
        start += 10
    told = change_words(found, words) if len(known) > 1 else words.number(values[0], digits_of(quantity))
    made.add(String(start, y + high - 17, plain(told), fontName=BOLD, fontSize=7.5, fillColor=INK))
    left, bottom, width, height = x + 16, y + 9, wide - 18, high - 31
    low, top = min(*values, values[0] - limit.limit), max(*values, values[0] + limit.limit)
    if limit.unit == "of 10":
        low, top = 0.0, 10.0
    room = 0.06 * (top - low)
    low, top = low - room, top + room

    def y_of(value: float) -> float:
        return bottom + (min(max(value, low), top) - low) * height / (top - low)

    def band(least: float, most: float, colour: Color) -> Any:
        return Rect(left, y_of(least), width, y_of(most) - y_of(least), fillColor=colour, strokeColor=None)

    targets = {each.target_s for each in known if each.target_s}
    if quantity == "lowering" and len(targets) == 1:
        made.add(band(*band_s(targets.pop()), BAND))
    grey = band(values[0] - limit.limit, values[0] + limit.limit, HOLD)
    grey.fillOpacity = 0.8
    made.add(grey)
    made.add(Line(left, bottom, left, bottom + height, strokeColor=LINE, strokeWidth=0.5))
    made.add(Line(left, bottom, left + width, bottom, strokeColor=LINE, strokeWidth=0.5))
    for value in (low + room, top - room):
        text = words.number(value, digits_of(quantity))
        made.add(
            String(
                left - 2, y_of(value) - 2, text, fontName=FONT, fontSize=6, fillColor=MUTED, textAnchor="end"
            )
        )
    first_ns = min(part.points[0].started_ns, known[0].started_ns)
    span_ns = max(1, max(part.points[-1].started_ns, known[-1].started_ns) - first_ns)
    at = [left + 4 + (width - 8) * (each.started_ns - first_ns) / span_ns for each in known]
    if len(known) > 1:
        line = [each for p in zip(at, map(y_of, values), strict=True) for each in p]
        made.add(PolyLine(line, strokeColor=MUTED, strokeWidth=0.5))
    for px, value in zip(at, values, strict=True):
        made.add(Circle(px, y_of(value), 1.6, fillColor=DOT, strokeColor=None))
    for day, px, anchor in ((part.points[0].day, left, "start"), (part.points[-1].day, left + width, "end")):
        made.add(
            String(
                px,
                y + 1,
                _short_day(day, words),
                fontName=FONT,
                fontSize=6,
                fillColor=MUTED,
                textAnchor=anchor,
            )
        )


def _arrow(direction: Direction, x: float, y: float) -> Shape | None:
    if direction not in ("more", "less"):
        return None
    tip, foot = (y + 6, y) if direction == "more" else (y, y + 6)
    shape = Path(fillColor=INK, strokeColor=None)
    shape.moveTo(x, foot)
    shape.lineTo(x + 7, foot)
    shape.lineTo(x + 3.5, tip)
    shape.closePath()
    return shape


def _short_day(day: date, words: Words) -> str:
    return f"{day:%d.%m.}" if words.language == "de" else f"{day:%m-%d}"


def _period(points: Sequence[Point], words: Words) -> str:
    if not points:
        return words.translate("report", "no session")
    text = words.translate("report", "{first} to {last}")
    return text.format(first=words.day(points[0].day), last=words.day(points[-1].day))


def _sessions_words(points: Sequence[Point], words: Words) -> str:
    ids = {each.session_id for each in points}
    if not points:
        return "0"
    weeks = max(1.0, ((points[-1].day - points[0].day).days + 1) / 7)
    text = words.translate("report", "{number}, {rate} a week")
    return text.format(number=len(ids), rate=words.number(len(ids) / weeks, 1))


def _session_heads(words: Words) -> tuple[str, ...]:
    named = ("lowering", "dose", "range", "break", "done", "pain", "after", "morning", "effort")
    return (
        words.translate("report", "Date"),
        words.translate("report", "exercise"),
        *(f"{words.heard(LIMITS[each].name)}, {words.heard(LIMITS[each].unit)}" for each in named),
        words.translate("report", "verdict"),
    )


def _session_rows(
    catalogue: Catalogue, exercises: Sequence[ExercisePart], rule: PainRule, words: Words
) -> list[tuple[str, ...]]:
    rows: list[tuple[int, tuple[str, ...]]] = []
    named: tuple[Quantity, ...] = (
        "lowering", "dose", "range", "break", "done", "pain", "after", "morning", "effort"
    )  # fmt: skip
    for each in exercises:
        for point in each.points:
            digits = {name: 2 if name == "lowering" else 0 for name in named}
            cells = [
                words.number(point.values[name], digits[name]) if name in point.values else "–"
                for name in named
            ]
            verdict = past_visit(catalogue.visit(point.session_id), rule).judgement.verdict
            first = (words.day(point.day), each.title)
            rows.append((point.started_ns, (*first, *cells, words.heard(verdict))))
    return [row for _, row in sorted(rows)]


def _method(words: Words) -> tuple[str, ...]:
    limits = "; ".join(
        f"{words.heard(each.name)} {words.short(each.limit)} {words.heard(each.unit)} "
        f"({words.heard(each.source)})"
        for each in LIMITS.values()
    )
    beyond = words.translate("report", "A change counts beyond: {limits}.")
    numbers = words.translate(
        "report",
        "Lowering time, range and break point are medians over the repetitions of a session that were "
        "measured; dose is the measured lowering time as a share of the prescribed one, and only known where "
        "every repetition was measured; done is the number of repetitions as a share of what the plan of "
        "the day asked for, and of a week what was done of the sessions that it asks for, in weeks that are "
        "over. Algorithm version {version}.",
    )
    return (
        beyond.format(limits=limits),
        numbers.format(version=ALGORITHM_VERSION),
        words.heard(SEEN),
    )
