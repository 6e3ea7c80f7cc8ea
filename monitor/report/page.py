"""The report as PDF: one A4 page for a usual session, more where it has more repetitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from analysis import ALGORITHM_VERSION
from analysis.phases import DEFINITION
from drivers.source import SensorInfo
from monitor.plan import Plan, Verdict
from monitor.report.content import LIMITS, Figure, gap_words, plan_words, rep_cells, set_figures
from monitor.sets import Measured, MeasuredSet, sets_of
from recordings.exporters.whole_file import whole_file

MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
# ReportLab's frames keep this much away from their own edges.
FRAME_PADDING = 6.0
INK, MUTED, LINE = HexColor("#12171d"), HexColor("#4b5560"), HexColor("#c9d0d8")
LOWER, HOLD, LIFT = (HexColor(code) for code in ("#cfe2f1", "#eceef1", "#f5f1e6"))
WARN = HexColor("#8c2b00")
VERDICT_INK: dict[Verdict, Color] = {
    "in band": HexColor("#00715a"),
    "too fast": HexColor("#b54300"),
    "slower": HexColor("#7a3f9d"),
    "not measured": HexColor("#5b636d"),
}
# A strip of paper this wide cannot show more.
TRACE_POINTS = 1600
HEAD = ("", "at s", "lowering s", "hold s", "lift or return s", "range", "break at", "control / fall s", "")
FIGURES_IN_ROW = 7
COLUMNS = (10, 13, 21, 13, 25, 13, 16, 26, 41)

_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=17, leading=21, textColor=INK)
_SET = ParagraphStyle("set", fontName="Helvetica-Bold", fontSize=10.5, leading=14, textColor=INK)
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=8.5, leading=11, textColor=INK)
_SMALL = ParagraphStyle("small", fontName="Helvetica", fontSize=7.5, leading=9.6, textColor=MUTED)
_FIGURE = ParagraphStyle("figure", fontName="Helvetica-Bold", fontSize=11.5, leading=14, textColor=INK)
_WARN = ParagraphStyle("warn", parent=_TEXT, fontName="Helvetica-Bold", textColor=WARN)
_CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=8, leading=9.6, textColor=INK)


def write_report(
    measured: Measured, path: Path, *, plan: Plan | None = None, started: datetime | None = None
) -> None:
    """Write the report of a measured recording to a PDF file.

    plan: for recordings that hold none. started: when the recording began; None says that it is not known.
    Raises OSError if the file cannot be written, RecordingError if a recording or no file stands there; what
    was there before is then untouched.
    """
    sets = sets_of(measured, plan)
    zero_s = float(measured.samples.t_s[0]) if len(measured.samples) else 0.0
    duration_s = float(measured.samples.t_s[-1]) - zero_s if len(measured.samples) else 0.0
    story: list[Flowable] = [
        Paragraph("Eccentric: report of a session", _TITLE),
        Spacer(0, 2 * mm),
        _facts(measured.sensor, started, duration_s),
    ]
    if measured.sensor.simulated:
        story += [Spacer(0, 1.5 * mm), _line("SIMULATED: no person wore this sensor.", _WARN)]
    for warning in measured.warnings:
        story += [Spacer(0, 1 * mm), _line(f"Note: {warning}", _WARN)]
    story += [Spacer(0, 3 * mm), _Trace(measured, sets), Spacer(0, 1 * mm)]
    gaps = gap_words(measured.analysis.gaps, zero_s)
    if gaps:
        story += [_line(gaps, _TEXT), Spacer(0, 1 * mm)]
    if not measured.analysis.reps:
        story += [Spacer(0, 3 * mm), _line("No repetition was found in this recording.", _SET)]
    for measured_set in sets:
        story += _set(measured_set, zero_s)
    story += [Spacer(0, 2 * mm), KeepTogether(_method())]

    def furniture(canvas: Canvas, page: SimpleDocTemplate) -> None:
        _furniture(canvas, page.page, measured.sensor.simulated)

    with whole_file(path) as part:
        document = SimpleDocTemplate(
            str(part),
            pagesize=A4,
            leftMargin=MARGIN - FRAME_PADDING,
            rightMargin=MARGIN - FRAME_PADDING,
            topMargin=11 * mm,
            bottomMargin=12 * mm,
            title="Eccentric: report of a session",
            author="Eccentric",
            subject="Lowering times of hamstring exercises",
        )
        document.build(story, onFirstPage=furniture, onLaterPages=furniture)


def _plain(text: str) -> str:
    # The fonts that every PDF reader has know Latin letters only.
    return text.replace("−", "–").encode("cp1252", "replace").decode("cp1252")


def _line(text: str, style: ParagraphStyle) -> Paragraph:
    # The sign for "at least" is in no Latin font, but in that for symbols.
    parts = [escape(_plain(part)) for part in text.split("≥")]
    return Paragraph('<font face="Symbol">≥</font>'.join(parts), style)


def _facts(sensor: SensorInfo, started: datetime | None, duration_s: float) -> Table:
    minutes, seconds = divmod(round(duration_s), 60)
    when = f"{started:%Y-%m-%d %H:%M}" if started else "not recorded"
    model = f"{sensor.name} ({sensor.model})" if sensor.model and sensor.model != sensor.name else sensor.name
    parts = [model]
    if sensor.rate_hz:
        parts.append(f"{sensor.rate_hz:g} Hz")
    if sensor.firmware:
        parts.append(f"firmware {sensor.firmware}")
    rows = [
        [_line("Date", _SMALL), _line(when, _TEXT), _line("Sensor", _SMALL), _line(", ".join(parts), _TEXT)],
        [
            _line("Duration", _SMALL),
            _line(f"{minutes} min {seconds} s", _TEXT),
            _line("Made by", _SMALL),
            _line(f"Eccentric, algorithm version {ALGORITHM_VERSION}", _TEXT),
        ],
    ]
    table = Table(rows, colWidths=[18 * mm, 42 * mm, 16 * mm, WIDTH - 76 * mm])
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ]
        )
    )
    return table


def _set(measured_set: MeasuredSet, zero_s: float) -> list[Flowable]:
    head: list[Flowable] = [Spacer(0, 2.5 * mm), _line(measured_set.title, _SET)]
    if measured_set.plan is not None:
        head.append(_line(f"Plan: {plan_words(measured_set.plan)}.", _TEXT))
    if measured_set.source == "found":
        head.append(_line("Found from the rests between repetitions; no set was recorded.", _SMALL))
    head += [Spacer(0, 1 * mm), _figures(set_figures(measured_set))]
    if not measured_set.reps:
        return [KeepTogether(head)]
    rows: list[list[Flowable]] = [[_line(text, _SMALL) for text in HEAD]]
    style = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 1.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    for number, rep in enumerate(measured_set.reps, 1):
        judged = measured_set.verdict(rep)
        cells: list[Flowable] = [_line(text, _CELL) for text in rep_cells(number, rep, judged, zero_s)]
        if judged is not None:
            cells[0] = _Sign(number, judged)
        rows.append(cells)
    table = Table(rows, colWidths=[part / sum(COLUMNS) * WIDTH for part in COLUMNS], repeatRows=1)
    table.setStyle(TableStyle(style))
    # A heading alone at the foot of a page helps nobody; a long table may well be split.
    if len(measured_set.reps) <= 12:
        return [KeepTogether([*head, Spacer(0, 1 * mm), table])]
    return [KeepTogether(head), Spacer(0, 1 * mm), table]


def _figures(figures: Sequence[Figure]) -> Table:
    """Lay figures out side by side: the name small, the number large, what belongs to it under it."""
    rows = [
        [_line(figure.name, _SMALL) for figure in figures],
        [_line(figure.value, _FIGURE) for figure in figures],
        [_line(figure.note, _SMALL) for figure in figures],
    ]
    # A grid of its own, the same for every set, so that sets are compared by looking down.
    table = Table(rows, colWidths=[WIDTH / FIGURES_IN_ROW] * len(figures), hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _method() -> list[Flowable]:
    return [
        _line("What the figures mean", _SET),
        _line(DEFINITION, _SMALL),
        _line(
            "Dose received: measured lowering time as a share of the prescribed one. Time under tension: "
            "sum of the measured lowerings. ± after a time: the true one lies within it in some 94 of 100 "
            "repetitions of simulated people; wider where a person is less steady, or starts and stops more "
            "gently. It does not cover clothes or a strap that slide, nor a wrong calibration. "
            "What was not measured is in no figure; where there is such a repetition, sums are lower limits. "
            "Off the target: mean size of the difference, either way. "
            "Fade: robust slope (Theil-Sen) of the lowering time over the set, as a share of its "
            "beginning. Break point of a Nordic: the lean from which the lowering could no longer be "
            "resisted; control and fall are the times before and after it. On time: within 0.5 s or 15 % "
            "of the target, whichever is more. "
            f"Algorithm version {ALGORITHM_VERSION}.",
            _SMALL,
        ),
        Spacer(0, 1 * mm),
        _line(LIMITS, _SMALL),
    ]


def _furniture(canvas: Canvas, page: int, simulated: bool) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 7.5)
    canvas.setFillColor(MUTED)
    foot = "Research and training tool, not a medical device."
    canvas.drawString(MARGIN, 8 * mm, foot)
    canvas.drawRightString(A4[0] - MARGIN, 8 * mm, f"page {page}")
    if simulated:
        canvas.setFont("Helvetica-Bold", 9)
        canvas.setFillColor(WARN)
        canvas.drawCentredString(A4[0] / 2, 8 * mm, "SIMULATED")
        canvas.setFont("Helvetica-Bold", 76)
        canvas.setFillColor(WARN, alpha=0.07)
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(52)
        canvas.drawCentredString(0, 0, "SIMULATED")
    canvas.restoreState()


class _Sign(Flowable):
    """The number of a repetition with the sign of its verdict; the same shapes as on the screen."""

    def __init__(self, number: int, verdict: Verdict) -> None:
        super().__init__()
        self._number = number
        self._verdict: Verdict = verdict
        self.width, self.height = 6 * mm, 8

    def draw(self) -> None:
        canvas: Canvas = self.canv
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(INK)
        canvas.drawString(0, 1, str(self._number))
        draw_sign(canvas, self._verdict, 16.0, 3.8, 3.2)


def draw_sign(canvas: Canvas, verdict: Verdict, x: float, y: float, radius: float) -> None:
    """Draw the sign of a verdict around (x, y), in points."""
    canvas.saveState()
    canvas.setFillColor(VERDICT_INK[verdict])
    canvas.setStrokeColor(VERDICT_INK[verdict])
    canvas.translate(x, y)
    match verdict:
        case "in band":
            canvas.circle(0, 0, radius, stroke=0, fill=1)
            canvas.setStrokeColor(HexColor("#ffffff"))
            canvas.setLineWidth(0.26 * radius)
            canvas.lines(
                [
                    (-0.45 * radius, 0, -0.12 * radius, -0.36 * radius),
                    (-0.12 * radius, -0.36 * radius, 0.48 * radius, 0.36 * radius),
                ]
            )
        case "too fast":
            for left in (-1.0, -0.05):
                shape = canvas.beginPath()
                shape.moveTo(left * radius, 0.9 * radius)
                shape.lineTo((left + 1.05) * radius, 0)
                shape.lineTo(left * radius, -0.9 * radius)
                shape.close()
                canvas.drawPath(shape, stroke=0, fill=1)
        case "slower":
            canvas.rect(-0.88 * radius, -0.88 * radius, 1.76 * radius, 1.76 * radius, stroke=0, fill=1)
            canvas.setStrokeColor(HexColor("#ffffff"))
            canvas.setLineWidth(0.26 * radius)
            canvas.line(-0.45 * radius, 0, 0.45 * radius, 0)
        case "not measured":
            canvas.setLineWidth(0.24 * radius)
            shape = canvas.beginPath()
            shape.moveTo(0, 0.88 * radius)
            for corner in ((0.88, 0), (0, -0.88), (-0.88, 0)):
                shape.lineTo(corner[0] * radius, corner[1] * radius)
            shape.close()
            canvas.drawPath(shape, stroke=1, fill=0)
    canvas.restoreState()


class _Trace(Flowable):
    """The thigh angle of the whole recording; phases shaded, a sign under each lowering."""

    def __init__(self, measured: Measured, sets: tuple[MeasuredSet, ...]) -> None:
        super().__init__()
        self._measured, self._sets = measured, sets
        self.width, self.height = WIDTH, 48 * mm

    def draw(self) -> None:
        canvas: Canvas = self.canv
        t_s, angle = self._measured.samples.t_s, self._measured.analysis.thigh_angle_deg
        left, bottom, width, height = 26.0, 24.0, WIDTH - 28, self.height - 34
        known = angle[np.isfinite(angle)]
        canvas.setFont("Helvetica", 7.5)
        canvas.setFillColor(MUTED)
        canvas.drawString(
            left, bottom + height + 5, "thigh angle (0° = upright, positive = hip in front of knee)"
        )
        self._legend(canvas, left + width, bottom + height + 5)
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.rect(left, bottom, width, height, stroke=1, fill=0)
        if known.size < 2 or t_s.size < 2:
            canvas.drawCentredString(left + width / 2, bottom + height / 2, "The thigh angle is not known.")
            return
        low, high = 10 * np.floor((known.min() - 4) / 10), 10 * np.ceil((known.max() + 4) / 10)
        scale_x, scale_y = width / (t_s[-1] - t_s[0]), height / (high - low)

        def x_of(t: float) -> float:
            return float(left + (min(max(t, t_s[0]), t_s[-1]) - t_s[0]) * scale_x)

        self._areas(canvas, x_of, bottom, height)
        self._axes(canvas, (left, bottom, width, height), (float(low), float(high)), x_of)
        path = canvas.beginPath()
        drawing = False
        for at, value in zip(*_thin(t_s, angle), strict=True):
            if not np.isfinite(value):
                drawing = False
                continue
            point = x_of(float(at)), bottom + float(value - low) * scale_y
            if drawing:
                path.lineTo(*point)
            else:
                path.moveTo(*point)
            drawing = True
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.7)
        canvas.drawPath(path, stroke=1, fill=0)

    def _areas(self, canvas: Canvas, x_of: Callable[[float], float], bottom: float, height: float) -> None:
        colours = {"lower": LOWER, "hold": HOLD, "lift": LIFT, "return": LIFT}
        for gap in self._measured.analysis.gaps:
            canvas.setFillColor(WARN, alpha=0.25)
            canvas.rect(
                x_of(gap.start_s), bottom, max(0.6, x_of(gap.end_s) - x_of(gap.start_s)), height, 0, 1
            )
        canvas.setFillAlpha(1)
        for measured_set in self._sets:
            crowded = len(measured_set.reps) > 40
            for rep in measured_set.reps:
                for phase in rep.phases:
                    canvas.setFillColor(colours[phase.kind])
                    start = x_of(phase.start_s)
                    canvas.rect(start, bottom, x_of(phase.end_s) - start, height, stroke=0, fill=1)
                lower, judged = rep.phase("lower"), measured_set.verdict(rep)
                if lower is not None and judged is not None and not crowded:
                    draw_sign(canvas, judged, x_of((lower.start_s + lower.end_s) / 2), bottom - 6, 2.8)

    def _axes(
        self,
        canvas: Canvas,
        box: tuple[float, ...],
        limits: tuple[float, float],
        x_of: Callable[[float], float],
    ) -> None:
        left, bottom, width, height = box
        low, high = limits
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.4)
        canvas.setFillColor(MUTED)
        canvas.setFont("Helvetica", 7)
        step = next(step for step in (10, 20, 30, 45, 90, 180, 360) if (high - low) / step <= 6)
        for tick in np.arange(np.ceil(low / step) * step, high + 1, step):
            y = bottom + (tick - low) * height / (high - low)
            canvas.line(left, y, left + width, y)
            canvas.drawRightString(left - 3, y - 2.4, _plain(f"{round(tick)}°".replace("-", "−")))
        t_s = self._measured.samples.t_s
        span_s = float(t_s[-1] - t_s[0])
        each_s = next(
            (each for each in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600) if span_s / each <= 10),
            3600,
        )
        for second in np.arange(0, span_s + 1e-9, each_s):
            label = f"{second:g} s" if each_s < 60 else f"{second / 60:g} min"
            canvas.drawCentredString(x_of(t_s[0] + second), bottom - 18, label)

    def _legend(self, canvas: Canvas, right: float, y: float) -> None:
        at = right
        for words, colour in (("lift or return", LIFT), ("hold", HOLD), ("lower", LOWER)):
            at -= canvas.stringWidth(words, "Helvetica", 7.5)
            canvas.setFillColor(MUTED)
            canvas.setFont("Helvetica", 7.5)
            canvas.drawString(at, y, words)
            at -= 10
            canvas.setFillColor(colour)
            canvas.setStrokeColor(LINE)
            canvas.rect(at, y - 1, 7, 7, stroke=1, fill=1)
            at -= 8


def _thin(t_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return at most two values for each bucket of time, its least and its greatest: no peak gets lost."""
    if t_s.size <= TRACE_POINTS:
        return t_s, values
    size = -(-t_s.size // (TRACE_POINTS // 2))
    buckets = np.arange(0, t_s.size, size)
    at: list[float] = []
    kept: list[float] = []
    for first in buckets:
        part = values[first : first + size]
        if not np.isfinite(part).all():
            at.append(float(t_s[first]))
            kept.append(np.nan)
            continue
        for index in sorted({int(part.argmin()), int(part.argmax())}):
            at.append(float(t_s[first + index]))
            kept.append(float(part[index]))
    return np.asarray(at), np.asarray(kept)
