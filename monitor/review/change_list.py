"""What changed, line by line: the first, the last, and the difference on a scale with the error drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from monitor.dashboard.theme import Theme
from monitor.report.words import Words
from monitor.review.trends import LIMITS, Change, Direction, Quantity

SIGNS: dict[Direction, str] = {"more": "▲", "less": "▼", "within the error": "=", "not known": "–"}
ROW_PX = 44
HEAD_PX = 26
NAME_PX, VALUE_PX, TOLD_PX = 208, 60, 136
REACH = 3.0
"""The scale goes to so many times the error on both sides; what is further lies at its end."""


def digits_of(quantity: Quantity) -> int:
    """Return with how many digits a quantity is written."""
    return 1 if LIMITS[quantity].unit == "s" else 0


class ChangeList(QWidget):
    """Paints one row for each quantity that is known on both sides."""

    def __init__(self, theme: Theme, words: Words) -> None:
        """Start empty."""
        super().__init__()
        self.theme, self.words = theme, words
        self._heads = ("", "")
        self.changes: tuple[Change, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_changes(self, heads: tuple[str, str], changes: Sequence[Change]) -> None:
        """Show what changed between the two whose names are the heads."""
        self._heads = heads
        self.changes = tuple(each for each in changes if each.direction != "not known")
        self.setMinimumHeight(HEAD_PX + ROW_PX * len(self.changes))
        self.setAccessibleName("; ".join(self.told(each) for each in self.changes))
        self.update()

    def told(self, change: Change) -> str:
        """Return a change in words."""
        words = self.words
        if change.by is None:
            return "–"
        if change.direction == "within the error":
            return words.translate("review", "within the error")
        text = words.translate("review", "{by}, real")
        return text.format(by=words.signed(change.shown_by(digits := digits_of(change.quantity)), digits))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self.theme.panel))
        font = self.font()
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for at, head in enumerate(self._heads):
            painter.drawText(QRectF(NAME_PX + at * VALUE_PX, 0, VALUE_PX - 6, HEAD_PX), right, head)
        for number, change in enumerate(self.changes):
            self._row(painter, HEAD_PX + number * ROW_PX, change)
        painter.end()

    def _row(self, painter: QPainter, top: float, change: Change) -> None:
        limit, words, theme = LIMITS[change.quantity], self.words, self.theme
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(0, top), QPointF(self.width(), top))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        font = self.font()
        font.setPixelSize(14)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        name = f"{words.heard(limit.name)}, {words.heard(limit.unit)}"
        painter.drawText(QRectF(0, top, NAME_PX, ROW_PX), left, name)
        digits = digits_of(change.quantity)
        for at, value in enumerate((change.before, change.after)):
            if value is not None:
                place = QRectF(NAME_PX + at * VALUE_PX, top, VALUE_PX - 6, ROW_PX)
                painter.drawText(place, right, words.number(value, digits))
        scale = QRectF(NAME_PX + 2 * VALUE_PX + 14, top + 8, self._scale_px(), ROW_PX - 16)
        self._scale(painter, scale, change)
        font.setBold(change.direction != "within the error")
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        told = f"{SIGNS[change.direction]} {self.told(change)}"
        painter.drawText(QRectF(scale.right() + 12, top, TOLD_PX, ROW_PX), left, told)

    def _scale_px(self) -> float:
        return max(60.0, self.width() - NAME_PX - 2 * VALUE_PX - TOLD_PX - 26)

    def _scale(self, painter: QPainter, box: QRectF, change: Change) -> None:
        """Draw the error as a grey band around no change, and the difference as a dot."""
        limit = LIMITS[change.quantity].limit
        middle, unit = box.center().x(), box.width() / 2 / (REACH * limit)
        band = QRectF(middle - limit * unit, box.top(), 2 * limit * unit, box.height())
        painter.fillRect(band, QColor(self.theme.still_area))
        painter.setPen(QPen(QColor(self.theme.muted), 1))
        painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
        painter.drawLine(QPointF(middle, box.top()), QPointF(middle, box.bottom()))
        by = min(max(change.by or 0.0, -REACH * limit), REACH * limit)
        real = change.direction in ("more", "less")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent if real else self.theme.muted))
        painter.drawEllipse(QPointF(middle + by * unit, box.center().y()), 5.5, 5.5)
