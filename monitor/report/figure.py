"""The main figure of a session as a drawing of vectors: for paper, for HTML, and as a picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from reportlab.graphics import shapes
from reportlab.graphics.shapes import Drawing, Group, Shape
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from monitor.plan import Verdict
from monitor.report.words import ENGLISH, Words
from monitor.sets import Measured, MeasuredSet, shown_angle_deg, zero_is_assumed

Array = NDArray[np.float64]
Anchor = Literal["start", "middle", "end"]
# ReportLab's types know another way of giving a shape its look than its documentation.
Circle: Any = shapes.Circle
Line: Any = shapes.Line
Path: Any = shapes.Path
PolyLine: Any = shapes.PolyLine
Rect: Any = shapes.Rect
String: Any = shapes.String
INK, MUTED, LINE = HexColor("#12171d"), HexColor("#4b5560"), HexColor("#c9d0d8")
LOWER, HOLD, LIFT = (HexColor(code) for code in ("#cfe2f1", "#eceef1", "#f5f1e6"))
WARN, WHITE = HexColor("#8c2b00"), HexColor("#ffffff")
VERDICT_INK: dict[Verdict, Color] = {
    "in band": HexColor("#00715a"),
    "too fast": HexColor("#b54300"),
    "slower": HexColor("#7a3f9d"),
    "not measured": HexColor("#5b636d"),
}
FONT = "Helvetica"
# A strip of paper this wide cannot show more.
TRACE_POINTS = 1600
CROWDED = 40
"""From so many repetitions in a set on, signs of their verdicts would lie over each other."""

_LEFT, _BOTTOM, _ABOVE = 30.0, 24.0, 22.0


def session_figure(
    measured: Measured,
    sets: tuple[MeasuredSet, ...],
    width: float,
    height: float,
    words: Words = ENGLISH,
) -> Drawing:
    """Draw the thigh angle of the whole recording: phases shaded, a sign under each lowering, pain and gaps.

    width, height: in points.
    """
    made = Drawing(width, height)
    t_s, angle = measured.samples.t_s, shown_angle_deg(measured)
    box = (_LEFT, _BOTTOM, width - _LEFT - 2, height - _BOTTOM - _ABOVE)
    left, bottom, wide, high = box
    about = words.translate("report", "thigh angle (0° = upright, positive = hip in front of knee)")
    if zero_is_assumed(measured):
        about = words.translate("report", "movement of the thigh (0° = where the first repetition begins)")
    made.add(_text(left, bottom + high + 12, about))
    _legend(made, left + wide, bottom + high + 12, words)
    made.add(Rect(left, bottom, wide, high, fillColor=None, strokeColor=LINE, strokeWidth=0.5))
    known = angle[np.isfinite(angle)]
    if known.size < 2 or t_s.size < 2:
        unknown = words.translate("report", "The thigh angle is not known.")
        made.add(_text(left + wide / 2, bottom + high / 2, unknown, "middle"))
        return made
    least, most = 10 * np.floor((known.min() - 4) / 10), 10 * np.ceil((known.max() + 4) / 10)
    scale_x, scale_y = wide / (t_s[-1] - t_s[0]), high / (most - least)

    def x_of(t: float) -> float:
        return float(left + (min(max(t, t_s[0]), t_s[-1]) - t_s[0]) * scale_x)

    _areas(made, measured, sets, x_of, box)
    _axes(made, box, (float(least), float(most)), float(t_s[-1] - t_s[0]), words)
    for part in _pieces(*thinned(t_s, angle)):
        points = [(x_of(float(at)), bottom + float(value - least) * scale_y) for at, value in part]
        made.add(PolyLine([each for point in points for each in point], strokeColor=INK, strokeWidth=0.7))
    _pain_marks(made, measured, sets, x_of, box, words)
    return made


def sign(verdict: Verdict, x: float, y: float, radius: float) -> Group:
    """Draw the sign of a verdict around (x, y), in points: the same shapes as on the screen."""
    ink = VERDICT_INK[verdict]
    r = radius
    match verdict:
        case "in band":
            tick = [-0.45 * r, 0, -0.12 * r, -0.36 * r, 0.48 * r, 0.36 * r]
            parts: list[Shape] = [
                Circle(0, 0, r, fillColor=ink, strokeColor=None),
                PolyLine(tick, strokeColor=WHITE, strokeWidth=0.26 * r),
            ]
        case "too fast":
            parts: list[Shape] = [
                _closed(
                    [(at * r, 0.9 * r), ((at + 1.05) * r, 0), (at * r, -0.9 * r)],
                    fillColor=ink,
                    strokeColor=None,
                )
                for at in (-1.0, -0.05)
            ]
        case "slower":
            side = 1.76 * r
            parts: list[Shape] = [
                Rect(-side / 2, -side / 2, side, side, fillColor=ink, strokeColor=None),
                Line(-0.45 * r, 0, 0.45 * r, 0, strokeColor=WHITE, strokeWidth=0.26 * r),
            ]
        case "not measured":
            corners = [(0, 0.88 * r), (0.88 * r, 0), (0, -0.88 * r), (-0.88 * r, 0)]
            parts: list[Shape] = [_closed(corners, fillColor=None, strokeColor=ink, strokeWidth=0.24 * r)]
    return Group(*parts, transform=(1, 0, 0, 1, x, y))


def numbered_sign(number: str, verdict: Verdict) -> Drawing:
    """Return the number of a repetition with the sign of its verdict, for a cell of a table."""
    made = Drawing(17, 8)
    made.add(String(0, 1, number, fontName=FONT, fontSize=8, fillColor=INK))
    made.add(sign(verdict, 14.0, 3.8, 3.2))
    return made


def plain(text: str) -> str:
    """Return a text in the letters that every PDF reader has a font for, without accents where it must be."""
    made: list[str] = []
    for sign in text.replace("−", "–"):
        if in_latin(sign):
            made.append(sign)
            continue
        bare = "".join(each for each in unicodedata.normalize("NFKD", sign) if ord(each) < 128)
        made.append(bare or "?")
    return "".join(made)


def in_latin(sign: str) -> bool:
    """Return whether every PDF reader has a font with this sign."""
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def thinned(t_s: Array, values: Array) -> tuple[Array, Array]:
    """Return at most two values for each bucket of time, its least and its greatest: no peak gets lost."""
    if t_s.size <= TRACE_POINTS:
        return t_s, values
    size = -(-t_s.size // (TRACE_POINTS // 2))
    at: list[float] = []
    kept: list[float] = []
    for first in range(0, t_s.size, size):
        part = values[first : first + size]
        if not np.isfinite(part).all():
            at.append(float(t_s[first]))
            kept.append(np.nan)
            continue
        for index in sorted({int(part.argmin()), int(part.argmax())}):
            at.append(float(t_s[first + index]))
            kept.append(float(part[index]))
    return np.asarray(at), np.asarray(kept)


def _pieces(t_s: Array, values: Array) -> Iterator[list[tuple[float, float]]]:
    """Yield what lies between values that are not known."""
    piece: list[tuple[float, float]] = []
    for at, value in zip(t_s, values, strict=True):
        if np.isfinite(value):
            piece.append((float(at), float(value)))
            continue
        if len(piece) > 1:
            yield piece
        piece = []
    if len(piece) > 1:
        yield piece


def _areas(
    made: Drawing,
    measured: Measured,
    sets: tuple[MeasuredSet, ...],
    x_of: Callable[[float], float],
    box: tuple[float, float, float, float],
) -> None:
    _, bottom, _, high = box
    colours = {"lower": LOWER, "hold": HOLD, "lift": LIFT, "return": LIFT}
    for each in sets:
        for rep in each.reps:
            for phase in rep.phases:
                begin = x_of(phase.start_s)
                made.add(_area(begin, bottom, x_of(phase.end_s) - begin, high, colours[phase.kind]))
            lower, judged = rep.phase("lower"), each.verdict(rep)
            if lower is not None and judged is not None and len(each.reps) <= CROWDED:
                made.add(sign(judged, x_of((lower.start_s + lower.end_s) / 2), bottom - 6, 2.8))
    for gap in measured.analysis.gaps:
        begin = x_of(gap.start_s)
        made.add(_area(begin, bottom, max(0.6, x_of(gap.end_s) - begin), high, WARN, 0.25))


def _area(x: float, y: float, width: float, height: float, colour: Color, opacity: float = 1.0) -> Shape:
    return Rect(x, y, width, height, fillColor=colour, fillOpacity=opacity, strokeColor=None)


def _pain_marks(
    made: Drawing,
    measured: Measured,
    sets: tuple[MeasuredSet, ...],
    x_of: Callable[[float], float],
    box: tuple[float, float, float, float],
    words: Words,
) -> None:
    _, bottom, _, high = box
    told = {each.number: each.pain for each in sets if each.pain is not None}
    free_from = 0.0
    for event in measured.events:
        at_s, number = event.data.get("t_s"), event.data.get("set")
        if event.kind != "pain" or number not in told or not isinstance(at_s, int | float):
            continue
        x = x_of(float(at_s))
        made.add(Line(x, bottom, x, bottom + high, strokeColor=WARN, strokeWidth=0.6, strokeDashArray=[3, 2]))
        name = words.translate("report", "pain {score}").format(score=told.pop(number))
        if x > free_from:
            made.add(_text(x, bottom + high + 2.5, name, "middle", WARN))
            free_from = x + stringWidth(name, FONT, 7) + 4


def _axes(
    made: Drawing,
    box: tuple[float, float, float, float],
    limits: tuple[float, float],
    span_s: float,
    words: Words,
) -> None:
    left, bottom, wide, high = box
    low, top = limits
    step = next(step for step in (10, 20, 30, 45, 90, 180, 360) if (top - low) / step <= 6)
    for tick in np.arange(np.ceil(low / step) * step, top + 1, step):
        y = bottom + (tick - low) * high / (top - low)
        made.add(Line(left, y, left + wide, y, strokeColor=LINE, strokeWidth=0.4))
        made.add(_text(left - 3, y - 2.4, f"{round(tick)}°".replace("-", "−"), "end"))
    steps_s = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
    each_s = next((each for each in steps_s if span_s / each <= 10), 3600)
    for second in np.arange(0, span_s + 1e-9, each_s):
        label = f"{second:g} s" if each_s < 60 else f"{words.short(second / 60)} min"
        made.add(_text(left + second * wide / span_s, bottom - 19, label, "middle"))


def _legend(made: Drawing, right: float, y: float, words: Words) -> None:
    at = right
    for name, colour in (
        (words.translate("report", "lift or return"), LIFT),
        (words.translate("report", "hold"), HOLD),
        (words.translate("report", "lower"), LOWER),
    ):
        at -= stringWidth(name, FONT, 7)
        made.add(_text(at, y, name))
        at -= 10
        made.add(Rect(at, y - 1, 7, 7, fillColor=colour, strokeColor=LINE, strokeWidth=0.5))
        at -= 8


def _text(x: float, y: float, text: str, anchor: Anchor = "start", colour: Color = MUTED) -> Shape:
    return String(x, y, plain(text), fontName=FONT, fontSize=7, fillColor=colour, textAnchor=anchor)


def _closed(corners: list[tuple[float, float]], **look: object) -> Shape:
    shape = Path(**look)
    for number, corner in enumerate(corners):
        (shape.lineTo if number else shape.moveTo)(*corner)
    shape.closePath()
    return shape
