"""A line or a paragraph that is always seen whole: it shrinks until it fits its place."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from monitor.dashboard.language import translate

SMALLEST_PX = 8
NO_NUMBER = "–"
"""Stands for a number that is not known."""


def _aloud(text: str) -> str:
    return translate("set", "no number") if text == NO_NUMBER else text


class Words(QWidget):
    """Text in one colour, as large as `pixels` and as small as its rectangle demands.

    A plain QLabel would lay the whole window out again at every change and cut what is too long.
    """

    def __init__(
        self, parent: QWidget, align: Qt.AlignmentFlag, *, bold: bool = False, wrap: bool = False
    ) -> None:
        """Start empty. wrap: as a paragraph instead of one line."""
        super().__init__(parent)
        self._align = align
        self._bold = bold
        self._flags = int(align) | int(Qt.TextFlag.TextWordWrap if wrap else Qt.TextFlag.TextSingleLine)
        self._text = ""
        self._pixels = 20.0
        self._colour = QColor("black")
        self._fitted: tuple[str, int, int, float] | None = None
        self._font = QFont()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    @property
    def begins_at_top(self) -> bool:
        """Whether the text begins at the top of its place, not in the middle."""
        return bool(self._align & Qt.AlignmentFlag.AlignTop)

    @property
    def text(self) -> str:
        """The text that is shown."""
        return self._text

    def show_text(self, text: str, colour: str) -> None:
        """Show a text; repaints only if something changed."""
        if text == self._text and colour == self._colour.name():
            return
        if text != self._text:
            self.setAccessibleName(_aloud(text))
        self._text, self._colour = text, QColor(colour)
        self.update()

    def set_pixels(self, pixels: float) -> None:
        """Set the largest size of the letters, in logical pixels."""
        self._pixels = pixels
        self.update()

    def fitted_font(self) -> QFont:
        """Return the font that makes the present text fit."""
        key = (self._text, self.width(), self.height(), self._pixels)
        if self._fitted == key:
            return self._font
        pixels = max(SMALLEST_PX, round(self._pixels))
        font = QFont(self.font())
        font.setBold(self._bold)
        while True:
            font.setPixelSize(pixels)
            needed = self.needed_rect(font)
            if pixels <= SMALLEST_PX or (needed.width() <= self.width() and needed.height() <= self.height()):
                break
            pixels -= max(1, pixels // 20)
        self._fitted, self._font = key, font
        return font

    def needed_rect(self, font: QFont) -> QRect:
        """Return the rectangle that the text takes in a font, at the width of this widget."""
        metrics = QFontMetrics(font)
        if self._flags & int(Qt.TextFlag.TextWordWrap):
            return metrics.boundingRect(QRect(0, 0, self.width(), 100_000), self._flags, self._text)
        # The ascent holds every digit and capital: the line height would waste a quarter of the place.
        return QRect(0, 0, metrics.horizontalAdvance(self._text), metrics.ascent() + metrics.descent())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the text."""
        if not self._text:
            return
        painter = QPainter(self)
        painter.setFont(self.fitted_font())
        painter.setPen(self._colour)
        painter.drawText(self.rect(), self._flags, self._text)
        painter.end()


class BigNumber(QWidget):
    """A number that fills its height, and a smaller remark on the same line."""

    def __init__(self, parent: QWidget) -> None:
        """Start empty."""
        super().__init__(parent)
        self._number = self._remark = ""
        self._colour = self._remark_colour = QColor("black")
        self._fonts: tuple[QFont, QFont] | None = None
        self._fonts_for: tuple[QSize, int, str] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    @property
    def text(self) -> str:
        """The number and its remark."""
        return f"{self._number} {self._remark}"

    def show_number(self, number: str, remark: str, colour: str, remark_colour: str) -> None:
        """Show a number; repaints only if something changed."""
        before = (self._number, self._remark, self._colour.name(), self._remark_colour.name())
        if before == (number, remark, colour, remark_colour):
            return
        self._number, self._remark = number, remark
        self._colour, self._remark_colour = QColor(colour), QColor(remark_colour)
        self.setAccessibleName(f"{_aloud(number)} {remark}")
        self.update()

    def fonts(self) -> tuple[QFont, QFont]:
        """Return the largest fonts with which number and remark fit, whatever the digits are."""
        number, remark = QFont(self.font()), QFont(self.font())
        number.setBold(True)
        pixels = round(self.height() * 1.5)
        while True:
            number.setPixelSize(max(SMALLEST_PX, pixels))
            remark.setPixelSize(max(SMALLEST_PX, round(pixels * 0.23)))
            metrics = QFontMetrics(number)
            width = sum(self.widths(number, remark))
            fits = metrics.capHeight() <= 0.94 * self.height() and width <= self.width()
            if fits or pixels <= SMALLEST_PX:
                return number, remark
            pixels -= max(1, pixels // 40)

    def widths(self, number: QFont, remark: QFont) -> tuple[int, int]:
        """Return the widths of the number, with the gap behind it, and of the remark."""
        known = self._number.replace(NO_NUMBER, "0")
        widest = "".join("0" if letter.isdigit() else letter for letter in known)
        if "." not in widest:
            widest = "0.0"
        metrics = QFontMetrics(number)
        return (
            round(metrics.horizontalAdvance(widest) + 0.12 * number.pixelSize()),
            QFontMetrics(remark).horizontalAdvance(self._remark),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint both on one baseline."""
        if self._fonts is None or self._fonts_for != (self.size(), len(self._number), self._remark):
            self._fonts = self.fonts()
            self._fonts_for = (self.size(), len(self._number), self._remark)
        number, remark = self._fonts
        painter = QPainter(self)
        base = round(self.height() * 0.97)
        if self._number == NO_NUMBER:
            # As large as a number it would be a black bar.
            painter.setFont(remark)
            painter.setPen(self._remark_colour)
            painter.drawText(0, base, self.text)
            return
        painter.setFont(number)
        painter.setPen(self._colour)
        # The first digit's own margin would push it out of line with the words above.
        painter.drawText(-round(0.04 * number.pixelSize()), base, self._number)
        painter.setFont(remark)
        painter.setPen(self._remark_colour)
        painter.drawText(self.widths(number, remark)[0], base, self._remark)
        painter.end()
