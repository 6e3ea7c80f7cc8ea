"""The repetitions of a set: a sign for each, and after the set a bar for each."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from monitor.dashboard.glyphs import draw_coming, draw_mark
from monitor.dashboard.language import number, short_number, translate
from monitor.dashboard.theme import Theme
from monitor.dashboard.view import KIND_WORDS, Bar, Mark, Summary

MARKS_IN_A_ROW = 10
MARKS_SHOWN = 20


class RepMarks(QWidget):
    """One sign per repetition with its seconds below."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        """Start empty."""
        super().__init__(parent)
        self._theme = theme
        self._marks: tuple[Mark, ...] = ()
        self._unit = 1.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def set_unit(self, unit: float) -> None:
        """Set the logical pixels of one design pixel."""
        self._unit = unit
        self.update()

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Show the marks; repaints only if something changed."""
        if marks == self._marks:
            return
        self._marks = marks
        said = [translate("set", KIND_WORDS[mark.kind]) for mark in marks if mark.kind]
        self.setAccessibleName(", ".join(said) or translate("set", "no repetition yet"))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint every mark; of very long sets the part around the present repetition."""
        marks = _shown(self._marks)
        if not marks:
            return
        unit = self._unit
        painter = QPainter(self)
        rows = -(-len(marks) // MARKS_IN_A_ROW)
        columns = min(MARKS_IN_A_ROW, -(-len(marks) // rows))
        cell_w = min(self.width() / columns, 110 * unit)
        cell_h = self.height() / rows
        text_h = min(32 * unit, cell_h * 0.4)
        radius = min((cell_h - text_h) / 2 - 3 * unit, cell_w / 2 - 4 * unit, 24 * unit)
        font = QFont(self.font())
        font.setPixelSize(max(8, round(min(26 * unit, text_h * 0.85))))
        font.setBold(True)
        painter.setFont(font)
        for index, mark in enumerate(marks):
            row, column = divmod(index, columns)
            left, top = column * cell_w, row * cell_h
            # The first sign stands flush with the words above it.
            centre = QPointF(left + radius + 6 * unit, top + (cell_h - text_h) / 2)
            if mark.kind is None:
                draw_coming(painter, mark.running, centre, radius, self._theme)
                continue
            draw_mark(painter, mark.kind, centre, radius, self._theme)
            painter.setPen(QColor(self._theme.text))
            rect = QRectF(centre.x() - cell_w / 2, top + cell_h - text_h, cell_w, text_h)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), mark.text)
        painter.end()


def _shown(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    if len(marks) <= MARKS_SHOWN:
        return marks
    running = next((index for index, mark in enumerate(marks) if mark.running), len(marks) - 1)
    first = max(0, min(running - MARKS_SHOWN + 1, len(marks) - MARKS_SHOWN))
    return marks[first : first + MARKS_SHOWN]


class SetBars(QWidget):
    """The lowerings of a finished set against their band."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        """Start empty."""
        super().__init__(parent)
        self._theme = theme
        self._summary: Summary | None = None
        self._unit = 1.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def set_unit(self, unit: float) -> None:
        """Set the logical pixels of one design pixel."""
        self._unit = unit
        self.update()

    def show_summary(self, summary: Summary) -> None:
        """Show a set; repaints only if something changed."""
        if summary == self._summary:
            return
        self._summary = summary
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint band, bars and signs."""
        summary = self._summary
        if summary is None:
            return
        unit, theme = self._unit, self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(max(8, round(24 * unit)))
        painter.setFont(font)
        left, bottom, top = 92 * unit, self.height() - 52 * unit, 10 * unit
        longest = max([summary.longest_s, *(bar.seconds or 0.0 for bar in summary.bars)])
        scale = (bottom - top - 34 * unit) / longest
        plot = QRectF(left, top, self.width() - left, bottom - top)
        band = QRectF(
            left,
            bottom - summary.longest_s * scale,
            plot.width(),
            (summary.longest_s - summary.shortest_s) * scale,
        )
        painter.fillRect(band, QColor(theme.target_area))
        painter.setPen(QPen(QColor(theme.in_band), 2 * unit))
        y = bottom - summary.target_s * scale
        painter.drawLine(QPointF(left, y), QPointF(self.width(), y))
        painter.setPen(QPen(QColor(theme.muted), 2 * unit))
        painter.drawLine(QPointF(left, bottom), QPointF(self.width(), bottom))
        painter.setPen(QColor(theme.muted))
        axis = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(
            QRectF(0, y - 20 * unit, left - 12 * unit, 40 * unit), axis, f"{short_number(summary.target_s)} s"
        )
        painter.drawText(QRectF(0, bottom - 20 * unit, left - 12 * unit, 40 * unit), axis, "0")
        self._bars(painter, summary.bars, plot, scale)
        painter.end()

    def _bars(self, painter: QPainter, bars: tuple[Bar, ...], plot: QRectF, scale: float) -> None:
        unit, theme = self._unit, self._theme
        if not bars:
            painter.drawText(
                plot,
                int(Qt.AlignmentFlag.AlignCenter),
                translate("set", "No repetition was found in this set."),
            )
            return
        cell = min(plot.width() / len(bars), 120 * unit)
        font = QFont(painter.font())
        font.setBold(True)
        font.setPixelSize(max(8, round(min(24 * unit, cell * 0.42))))
        painter.setFont(font)
        for index, bar in enumerate(bars):
            x = plot.left() + (index + 0.5) * cell
            width = min(cell * 0.6, 56 * unit)
            centre = QPointF(x, plot.bottom() + 27 * unit)
            draw_mark(painter, bar.kind, centre, min(18 * unit, cell * 0.36), theme)
            if bar.seconds is None:
                continue
            height = bar.seconds * scale
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.of_mark(bar.kind)))
            painter.drawRect(QRectF(x - width / 2, plot.bottom() - height, width, height))
            painter.setPen(QColor(theme.text))
            over = QRectF(x - cell / 2, plot.bottom() - height - 34 * unit, cell, 32 * unit)
            painter.drawText(over, int(Qt.AlignmentFlag.AlignCenter), number(bar.seconds, 1))
