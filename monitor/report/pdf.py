"""Reports on paper: laid out with ReportLab, figures as vectors, A4 or Letter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from monitor.report.content import Figure, SessionPart, SetPart, rep_heads
from monitor.report.figure import FONT, INK, LINE, MUTED, WARN, in_latin, numbered_sign, plain
from monitor.report.words import Words

if TYPE_CHECKING:
    from monitor.report.progress import ProgressPart

Paper = Literal["a4", "letter"]
PAPERS: dict[Paper, tuple[float, float]] = {"a4": A4, "letter": LETTER}
MARGIN = 16 * mm
# ReportLab's frames keep this much away from their own edges.
FRAME_PADDING = 6.0
FIGURES_IN_ROW = 8
SESSION_COLUMNS = (18, 27, 15, 15, 14, 14, 14, 16, 15, 15, 19, 14)
COLUMNS = (10, 11, 21, 12, 12, 22, 12, 14, 22, 42)

_BOLD = "Helvetica-Bold"
_TITLE = ParagraphStyle("title", fontName=_BOLD, fontSize=17, leading=21, textColor=INK)
_SET = ParagraphStyle("set", fontName=_BOLD, fontSize=10.5, leading=14, textColor=INK)
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=8.5, leading=11, textColor=INK)
_SMALL = ParagraphStyle("small", fontName=FONT, fontSize=7.5, leading=9.4, textColor=MUTED)
_FIGURE = ParagraphStyle("figure", fontName=_BOLD, fontSize=11.5, leading=14, textColor=INK)
_WARN = ParagraphStyle("warn", parent=_TEXT, fontName=_BOLD, textColor=WARN)
_CELL = ParagraphStyle("cell", fontName=FONT, fontSize=8, leading=9.6, textColor=INK)
_PLAIN_TABLE = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]
_RULED_TABLE = [
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED),
    ("LINEBELOW", (0, 1), (-1, -1), 0.25, LINE),
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ("TOPPADDING", (0, 0), (-1, -1), 1.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]


def width_of(paper: Paper) -> float:
    """Return how wide what stands on a paper may be, in points."""
    return PAPERS[paper][0] - 2 * MARGIN


def write_session(part: SessionPart, figure: Drawing, path: Path, paper: Paper, words: Words) -> None:
    """Write the report of one session. Raises OSError."""
    width = width_of(paper)
    story: list[Flowable] = [*_head(part.title, part.facts, part.simulated, part.warnings, width, words)]
    story += [Spacer(0, 2 * mm), figure, Spacer(0, 1 * mm)]
    if part.gaps:
        story += [_line(part.gaps, _TEXT), Spacer(0, 1 * mm)]
    story += [_line(each, _TEXT) for each in part.told]
    if not any(each.rows for each in part.sets):
        none = words.translate("report", "No repetition was found in this recording.")
        story += [Spacer(0, 3 * mm), _line(none, _SET)]
    for each in part.sets:
        story += _set(each, part.columns, width, words)
    story += [Spacer(0, 2 * mm), KeepTogether(_method(part.method, words))]
    _build(story, path, paper, part.title, part.simulated, words)


def write_progress(
    part: ProgressPart, figures: Sequence[Drawing], path: Path, paper: Paper, words: Words
) -> None:
    """Write the report of several sessions, a figure for each of their exercises. Raises OSError."""
    width = width_of(paper)
    story: list[Flowable] = [*_head(part.title, part.facts, part.simulated, (), width, words)]
    story += [Spacer(0, 1 * mm), _line(part.figure_words, _SMALL)]
    for each, figure in zip(part.exercises, figures, strict=True):
        story.append(KeepTogether([Spacer(0, 1.5 * mm), _line(each.title, _SET), figure]))
    story += [Spacer(0, 2 * mm), _line(words.translate("report", "The sessions"), _SET)]
    story.append(_ruled(part.session_heads, part.sessions, SESSION_COLUMNS, width))
    story += [Spacer(0, 2 * mm), KeepTogether(_method(part.method, words))]
    _build(story, path, paper, part.title, part.simulated, words)


def _build(
    story: list[Flowable], path: Path, paper: Paper, title: str, simulated: bool, words: Words
) -> None:
    size = PAPERS[paper]

    def furniture(canvas: Canvas, page: SimpleDocTemplate) -> None:
        _furniture(canvas, page.page, size, simulated, words)

    document = SimpleDocTemplate(
        str(path),
        pagesize=size,
        leftMargin=MARGIN - FRAME_PADDING,
        rightMargin=MARGIN - FRAME_PADDING,
        topMargin=9 * mm,
        bottomMargin=11 * mm,
        title=title,
        author="Eccentric",
        subject=words.translate("report", "Lowering times of hamstring exercises"),
        lang=words.language,
    )
    document.build(story, onFirstPage=furniture, onLaterPages=furniture)


def _line(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(_marked(text), style)


def _marked(text: str) -> str:
    """Return a text for a paragraph; signs that PDF readers have no font for are in one that we bring."""
    parts: list[str] = []
    for latin, signs in groupby(text.replace("−", "–"), in_latin):
        part = escape("".join(signs))
        parts.append(part if latin else f'<font face="{_wide_font()}">{part}</font>')
    return "".join(parts)


@cache
def _wide_font() -> str:
    """Make the font for names in other letters known, and return its name."""
    name = "DejaVuSans"
    pdfmetrics.registerFont(TTFont(name, str(Path(__file__).parent / "fonts" / "DejaVuSans.ttf")))
    return name


def _head(
    title: str,
    facts: Sequence[tuple[str, str]],
    simulated: bool,
    warnings: Sequence[str],
    width: float,
    words: Words,
) -> list[Flowable]:
    story: list[Flowable] = [_line(title, _TITLE), Spacer(0, 1.5 * mm), _facts(facts, width)]
    if simulated:
        nobody = words.translate("report", "SIMULATED: no person wore this sensor.")
        story += [Spacer(0, 1 * mm), _line(nobody, _WARN)]
    for warning in warnings:
        note = words.translate("report", "Note: {text}").format(text=warning)
        story += [Spacer(0, 0.5 * mm), _line(note, _WARN)]
    return story


def _facts(facts: Sequence[tuple[str, str]], width: float) -> Table:
    cells = [[_line(name, _SMALL), _line(value, _TEXT)] for name, value in facts]
    half = -(-len(cells) // 2)
    empty = [_line("", _SMALL), _line("", _TEXT)]
    rows = [cells[at] + (cells[at + half] if at + half < len(cells) else empty) for at in range(half)]
    names = 27 * mm
    table = Table(
        rows, colWidths=[20 * mm, 0.42 * width - 20 * mm, names, 0.58 * width - names], hAlign="LEFT"
    )
    table.setStyle(TableStyle(_PLAIN_TABLE))
    return table


def _set(part: SetPart, columns: Sequence[int], width: float, words: Words) -> list[Flowable]:
    head: list[Flowable] = [Spacer(0, 2 * mm), _line(part.title, _SET)]
    head += [_line(each, _TEXT) for each in part.remarks]
    head += [Spacer(0, 1 * mm), _figures(part.figures, width)]
    if not part.rows:
        return [KeepTogether(head)]
    heads = rep_heads(words)
    rows: list[list[Flowable]] = [[_line(heads[at], _SMALL) for at in columns]]
    for row, judged in zip(part.rows, part.verdicts, strict=True):
        cells: list[Flowable] = [_line(row[at], _CELL) for at in columns]
        if judged is not None:
            cells[0] = numbered_sign(row[0], judged)
        rows.append(cells)
    table = Table(rows, colWidths=[COLUMNS[at] * width / sum(COLUMNS) for at in columns], repeatRows=1)
    table.hAlign = "LEFT"
    table.setStyle(TableStyle(_RULED_TABLE))
    # A heading alone at the foot of a page helps nobody; a long table may well be split.
    if len(part.rows) <= 12:
        return [KeepTogether([*head, Spacer(0, 1 * mm), table])]
    return [KeepTogether(head), Spacer(0, 1 * mm), table]


def _figures(figures: Sequence[Figure], width: float) -> Table:
    """Lay figures out side by side: the name small, the number large, what belongs to it under it."""
    rows = [
        [_line(figure.name, _SMALL) for figure in figures],
        [_line(figure.value, _FIGURE) for figure in figures],
        [_line(figure.note, _SMALL) for figure in figures],
    ]
    # A grid of its own, the same for every set, so that sets are compared by looking down.
    table = Table(rows, colWidths=[width / FIGURES_IN_ROW] * len(figures), hAlign="LEFT")
    style = [("LEFTPADDING", (0, 0), (-1, -1), 2), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
    table.setStyle(TableStyle([*_PLAIN_TABLE, *style, ("TOPPADDING", (0, 0), (-1, -1), 0)]))
    return table


def _ruled(
    heads: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[float], width: float
) -> Table:
    lines = [[_line(text, _SMALL) for text in heads], *([_line(text, _CELL) for text in row] for row in rows)]
    table = Table(lines, colWidths=[each / sum(columns) * width for each in columns], repeatRows=1)
    table.setStyle(TableStyle([*_RULED_TABLE, ("TOPPADDING", (0, 0), (-1, -1), 0.5)]))
    return table


def _method(paragraphs: Sequence[str], words: Words) -> list[Flowable]:
    head = _line(words.translate("report", "What the figures mean"), _SET)
    return [head, *(_line(each, _SMALL) for each in paragraphs)]


def _furniture(canvas: Canvas, page: int, size: tuple[float, float], simulated: bool, words: Words) -> None:
    canvas.saveState()
    canvas.setFont(FONT, 7.5)
    canvas.setFillColor(MUTED)
    foot = words.translate("report", "Research and training tool, not a medical device.")
    canvas.drawString(MARGIN, 7 * mm, plain(foot))
    number = words.translate("report", "page {number}").format(number=page)
    canvas.drawRightString(size[0] - MARGIN, 7 * mm, plain(number))
    if simulated:
        mark = words.translate("report", "SIMULATED")
        canvas.setFont(_BOLD, 9)
        canvas.setFillColor(WARN)
        canvas.drawCentredString(size[0] / 2, 7 * mm, mark)
        canvas.setFont(_BOLD, 76)
        canvas.setFillColor(WARN, alpha=0.07)
        canvas.translate(size[0] / 2, size[1] / 2)
        canvas.rotate(52)
        canvas.drawCentredString(0, 0, mark)
    canvas.restoreState()
