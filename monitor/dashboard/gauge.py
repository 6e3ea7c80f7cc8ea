"""The running lowering as a bar that grows into its band."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from monitor.dashboard.language import number
from monitor.dashboard.theme import Theme
from monitor.dashboard.view import Gauge


def full_scale_s(gauge: Gauge) -> float:
    """Return the seconds at the right end: enough to see by how much a lowering is too long."""
    return max(gauge.longest_s * 1.25, gauge.longest_s + 1.0)


class GaugeBar(QWidget):
    """Seconds from left to right, the band as a bracket with its limits written under it."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        """Start empty."""
        super().__init__(parent)
        self._theme = theme
        self._gauge: Gauge | None = None
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

    def show_gauge(self, gauge: Gauge) -> None:
        """Show a lowering; repaints only if something changed."""
        if gauge == self._gauge:
            return
        self._gauge = gauge
        self.update()

    def label_font(self) -> QFont:
        """Return the font of the limits."""
        font = QFont(self.font())
        font.setPixelSize(max(8, round(26 * self._unit)))
        return font

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint track, band, bar and limits."""
        gauge = self._gauge
        if gauge is None:
            return
        unit, theme = self._unit, self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self.width() / full_scale_s(gauge)
        top, height = 6 * unit, self.height() - 48 * unit
        track = QRectF(0, top + 8 * unit, self.width(), height - 16 * unit)
        band = QRectF(gauge.shortest_s * scale, top, (gauge.longest_s - gauge.shortest_s) * scale, height)
        radius = 8 * unit
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.line))
        painter.drawRoundedRect(track, radius, radius)
        painter.setBrush(QColor(theme.target_area))
        painter.drawRect(band)
        if gauge.value_s is not None:
            self._bar(painter, gauge, track, scale)
        self._bracket(painter, band)
        self._limits(painter, gauge, band)
        painter.end()

    def _bar(self, painter: QPainter, gauge: Gauge, track: QRectF, scale: float) -> None:
        theme, unit = self._theme, self._unit
        value = min(float(gauge.value_s or 0.0), full_scale_s(gauge)) * scale
        before = gauge.running and gauge.kind == "too fast"
        colour = theme.accent if before or gauge.kind is None else theme.of_mark(gauge.kind)
        bar = QRectF(track.left(), track.top() + 12 * unit, max(value, 2 * unit), track.height() - 24 * unit)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(bar, 4 * unit, 4 * unit)
        # The head tells the present instant without any colour.
        painter.setBrush(QColor(theme.text))
        head, reach = bar.right(), 11 * unit
        painter.drawRect(
            QRectF(head - 2.5 * unit, track.top() - 4 * unit, 5 * unit, track.height() + 8 * unit)
        )
        tip = track.top() + 6 * unit
        points = [QPointF(head - reach, tip - reach), QPointF(head + reach, tip - reach), QPointF(head, tip)]
        painter.drawPolygon(QPolygonF(points))

    def _bracket(self, painter: QPainter, band: QRectF) -> None:
        width = 4 * self._unit
        hook = 14 * self._unit
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.in_band), width, j=Qt.PenJoinStyle.MiterJoin))
        for x, inwards in ((band.left(), hook), (band.right(), -hook)):
            painter.drawPolyline(
                QPolygonF(
                    [
                        QPointF(x + inwards, band.top()),
                        QPointF(x, band.top()),
                        QPointF(x, band.bottom()),
                        QPointF(x + inwards, band.bottom()),
                    ]
                )
            )

    def _limits(self, painter: QPainter, gauge: Gauge, band: QRectF) -> None:
        unit = self._unit
        painter.setFont(self.label_font())
        painter.setPen(QColor(self._theme.muted))
        rect = QRectF(band.center().x() - 200 * unit, self.height() - 38 * unit, 400 * unit, 36 * unit)
        rect.moveRight(min(rect.right(), self.width()))
        # Of a long hold nobody sees tenths.
        digits = 1 if gauge.target_s < 10.0 else 0
        text = f"{number(gauge.shortest_s, digits)} – {number(gauge.longest_s, digits)} s"
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
        left = QRectF(0, rect.top(), 120 * unit, rect.height())
        painter.drawText(left, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "0 s")
