"""The keys, over the window, for as long as somebody reads them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from monitor.dashboard.theme import Theme

ROW_PX = 28
KEY_PX = 140
COLUMN_PX = 560


class HelpOverlay(QWidget):
    """Lists keys in columns; a click or any key closes it."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        """Start hidden."""
        super().__init__(parent)
        self.theme = theme
        self._groups: dict[str, list[tuple[str, str]]] = {}
        self.hide()

    def show_keys(self, keys: Mapping[str, tuple[str, str]]) -> None:
        """Show what each key does, in its groups: key -> (group, words)."""
        self._groups = {}
        for key, (group, words) in keys.items():
            self._groups.setdefault(group, []).append((key, words))
        self.show()
        self.raise_()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Close it."""
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the keys in two columns."""
        painter = QPainter(self)
        shade = QColor(self.theme.page)
        shade.setAlpha(246)
        painter.fillRect(self.rect(), shade)
        columns: list[list[tuple[str, str]]] = [[], []]
        for group, keys in self._groups.items():
            column = min(columns, key=len)
            column += [("", group), *keys, ("", "")]
        height = ROW_PX * max(len(column) for column in columns)
        left = (self.width() - 2 * COLUMN_PX) // 2
        top = max(20, (self.height() - height) // 2)
        font = self.font()
        font.setPixelSize(16)
        for number, column in enumerate(columns):
            at = QPoint(left + number * COLUMN_PX, top)
            for key, words in column:
                font.setBold(not key)
                painter.setFont(font)
                painter.setPen(QColor(self.theme.text))
                offset = KEY_PX if key else 0
                place = QRect(at.x() + offset, at.y(), COLUMN_PX - offset, ROW_PX)
                painter.drawText(
                    place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), words
                )
                if key:
                    font.setBold(True)
                    painter.setFont(font)
                    painter.setPen(QColor(self.theme.accent))
                    cell = QRect(at.x(), at.y(), KEY_PX - 10, ROW_PX)
                    painter.drawText(
                        cell, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), key
                    )
                at.setY(at.y() + ROW_PX)
        painter.end()
