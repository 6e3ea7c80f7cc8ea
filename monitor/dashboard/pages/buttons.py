"""Buttons painted in the window's own style: big, with words that always fit and a focus that is seen."""

from __future__ import annotations

import time
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from monitor.dashboard.pages.pictures import Posture, draw_posture
from monitor.dashboard.theme import Theme

Look = Literal["main", "quiet", "plain", "number", "card", "check"]
SMALLEST_PX = 8
LEFT_TO_THE_WINDOW = (
    Qt.Key.Key_Space,
    Qt.Key.Key_Left,
    Qt.Key.Key_Up,
    Qt.Key.Key_Right,
    Qt.Key.Key_Down,
)


def fitting_font(base: QFont, text: str, place: QRect, pixels: float, *, bold: bool, flags: int) -> QFont:
    """Return the largest font, up to `pixels`, in which a text fits its place."""
    font = QFont(base)
    font.setBold(bold)
    size = max(SMALLEST_PX, round(pixels))
    while True:
        font.setPixelSize(size)
        needed = QFontMetrics(font).boundingRect(QRect(0, 0, max(1, place.width()), 100_000), flags, text)
        if size <= SMALLEST_PX or (needed.width() <= place.width() and needed.height() <= place.height()):
            return font
        size -= max(1, size // 24)


class BigButton(QAbstractButton):
    """A button with a text and, on a card, a second one, a remark and a picture.

    main: filled with the accent colour; quiet: outlined; plain: only words; number: a square with a digit;
    card: a panel with its words at the left; check: a box to tick before its words.
    """

    def __init__(self, parent: QWidget, theme: Theme, look: Look = "quiet") -> None:
        """Start without words."""
        super().__init__(parent)
        self._theme = theme
        self._look: Look = look
        self._unit = 1.0
        self._pixels = 22.0
        self._detail = self._remark = ""
        self._posture: Posture | None = None
        self._hovered = False
        self._smallest = 1000
        self._pressable_from_s = 0.0
        self.setCheckable(look in ("number", "check"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    # -- what it shows -------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """How it is drawn."""
        return self._look

    @property
    def smallest_px(self) -> int:
        """The size of the smallest letters that were painted last, in logical pixels."""
        return self._smallest

    @property
    def detail(self) -> str:
        """The second text of a card."""
        return self._detail

    def rest(self) -> None:
        """Take no click for as long as a double click may last: the page has just been turned."""
        self._pressable_from_s = time.monotonic() + QApplication.doubleClickInterval() / 1e3

    def set_look(self, look: Look) -> None:
        """Change how it is drawn."""
        if look != self._look:
            self._look = look
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def set_unit(self, unit: float, pixels: float) -> None:
        """Set the logical pixels of one design pixel, and the design size of the letters."""
        self._unit, self._pixels = unit, pixels
        self.update()

    def show_words(
        self, text: str, detail: str = "", remark: str = "", posture: Posture | None = None
    ) -> None:
        """Show words; what a screen reader says of them is the same."""
        if (text, detail, remark, posture) == (self.text(), self._detail, self._remark, self._posture):
            return
        self.setText(text)
        self._detail, self._remark, self._posture = detail, remark, posture
        self.setAccessibleName(", ".join(part for part in (text, detail.replace("\n", ", "), remark) if part))
        self.update()

    # -- Qt ------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Show when a hand is over it."""
        if isinstance(event, QEnterEvent) or event.type() == QEvent.Type.Leave:
            self._hovered = event.type() != QEvent.Type.Leave
            self.update()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the space bar to the window, as Enter: it knows when a press would lead nowhere.

        The arrows too: Qt would only carry the focus to a neighbour, or away from all buttons.
        """
        if event.key() in LEFT_TO_THE_WINDOW:
            event.ignore()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Be pressed, unless this is the second half of a double click on what was here before."""
        if time.monotonic() >= self._pressable_from_s:
            super().mousePressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint panel, words and focus."""
        self._smallest = 1000
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit, theme = self._unit, self._theme
        ring = 5.0 * unit
        panel = QRectF(self.rect()).adjusted(ring, ring, -ring, -ring)
        radius = 12 * unit
        fill, letters, border = self._colours()
        painter.setPen(QPen(QColor(border), 2 * unit) if border else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
        if fill or border:
            painter.drawRoundedRect(panel, radius, radius)
        if self._look == "card":
            self._paint_card(painter, panel)
        elif self._look == "check":
            self._paint_check(painter, panel, QColor(letters))
        else:
            place = panel.adjusted(10 * unit, 2 * unit, -10 * unit, -2 * unit).toRect()
            if self._look == "number":
                place = panel.toRect()
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextSingleLine)
            font = self._fitting(
                self.text(), place, self._pixels * unit, bold=self._look != "plain", flags=flags
            )
            painter.setFont(font)
            painter.setPen(QColor(letters))
            painter.drawText(place, flags, self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.text), 3 * unit))
            edge = 1.5 * unit
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), radius + ring, radius + ring
            )
        painter.end()

    # -- inside --------------------------------------------------------------------------------------------

    def _fitting(self, text: str, place: QRect, pixels: float, *, bold: bool, flags: int) -> QFont:
        font = fitting_font(self.font(), text, place, pixels, bold=bold, flags=flags)
        self._smallest = min(self._smallest, font.pixelSize())
        return font

    def _colours(self) -> tuple[str, str, str]:
        """Return fill, letters and border; "" is none."""
        theme = self._theme
        if not self.isEnabled():
            if self._look == "plain":
                return "", theme.muted, ""
            return theme.page, theme.muted, theme.line
        pressed = self.isDown() or self._hovered
        match self._look:
            case "main":
                return theme.accent, theme.on_accent, theme.text if pressed else theme.accent
            case "number":
                if self.isChecked():
                    return theme.accent, theme.on_accent, theme.accent
                return theme.panel, theme.text, theme.accent if pressed else theme.line
            case "plain":
                return theme.panel if pressed else "", theme.muted if not pressed else theme.text, ""
            case "check":
                border = theme.trouble if self.isChecked() else theme.accent if pressed else theme.line
                return theme.panel, theme.text, border
            case _:
                return theme.panel, theme.text, theme.accent if pressed else theme.line

    def _paint_card(self, painter: QPainter, panel: QRectF) -> None:
        unit, theme = self._unit, self._theme
        left, right = panel.left() + 28 * unit, panel.right() - 24 * unit
        top = panel.top() + 20 * unit
        bottom = panel.bottom() - 18 * unit
        if self._posture is not None:
            tall = panel.height() * 0.48
            picture = QRectF(left, top + 8 * unit, right - left, tall)
            draw_posture(painter, picture, self._posture, theme)
            top += tall + 28 * unit
        wrap = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        if panel.height() < 130 * unit:
            self._paint_low_card(painter, QRectF(left, panel.top(), right - left, panel.height()))
            return
        remark_h = 34 * unit if self._remark else 0.0
        room = bottom - top - remark_h
        share = 1.0 if not self._detail else 0.46 if self._posture is None else 0.38
        title = QRectF(left, top, right - left, room * share).toRect()
        font = self._fitting(self.text(), title, self._pixels * unit, bold=True, flags=wrap)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        painter.drawText(title, wrap, self.text())
        if self._detail:
            used = QFontMetrics(font).boundingRect(title, wrap, self.text()).height()
            below = QRectF(left, top + used + 8 * unit, right - left, room - used - 8 * unit).toRect()
            painter.setFont(self._fitting(self._detail, below, 20 * unit, bold=False, flags=wrap))
            painter.setPen(QColor(theme.muted))
            painter.drawText(below, wrap, self._detail)
        if self._remark:
            line = QRectF(left, bottom - 28 * unit, right - left, 28 * unit).toRect()
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.setFont(self._fitting(self._remark, line, 19 * unit, bold=True, flags=flags))
            painter.setPen(QColor(theme.accent))
            painter.drawText(line, flags, self._remark)

    def _paint_low_card(self, painter: QPainter, panel: QRectF) -> None:
        """Title and text above each other, the remark at the right."""
        unit, theme = self._unit, self._theme
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        aside = (30 + 12 * len(self._remark)) * unit if self._remark else 0.0
        half = panel.height() / 2
        title = QRectF(panel.left(), panel.top() + 12 * unit, panel.width() - aside, half - 8 * unit)
        if not self._detail:
            title = QRectF(panel.left(), panel.top(), panel.width() - aside, panel.height())
        lines = [(title, self.text(), self._pixels, theme.text, True, flags)]
        if self._detail:
            below = QRectF(
                panel.left(), panel.top() + half + 2 * unit, panel.width() - aside, half - 18 * unit
            )
            lines.append((below, self._detail, 20.0, theme.muted, False, flags))
        if self._remark:
            right = QRectF(panel.right() - aside, panel.top(), aside, panel.height())
            end = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            lines.append((right, self._remark, 19.0, theme.accent, True, end))
        for place, text, pixels, colour, bold, align in lines:
            rect = place.toRect()
            painter.setFont(self._fitting(text, rect, pixels * unit, bold=bold, flags=align))
            painter.setPen(QColor(colour))
            painter.drawText(rect, align, text)

    def _paint_check(self, painter: QPainter, panel: QRectF, letters: QColor) -> None:
        unit, theme = self._unit, self._theme
        size = 28 * unit
        box = QRectF(panel.left() + 16 * unit, panel.center().y() - size / 2, size, size)
        ticked = self.isChecked()
        painter.setPen(QPen(QColor(theme.trouble if ticked else theme.muted), 2.5 * unit))
        painter.setBrush(QColor(theme.trouble) if ticked else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6 * unit, 6 * unit)
        if ticked:
            pen = QPen(QColor(theme.on_trouble), 3.5 * unit, c=Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            centre = box.center()
            painter.drawPolyline(
                [
                    centre + _scaled(-7, 0.5, unit),
                    centre + _scaled(-2, 6, unit),
                    centre + _scaled(8, -6, unit),
                ]
            )
        place = panel.adjusted(size + 32 * unit, 0, -14 * unit, 0).toRect()
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(
            Qt.TextFlag.TextWordWrap
        )
        painter.setFont(self._fitting(self.text(), place, self._pixels * unit, bold=False, flags=flags))
        painter.setPen(letters)
        painter.drawText(place, flags, self.text())


def _scaled(x: float, y: float, unit: float) -> QPointF:

    return QPointF(x * unit, y * unit)
