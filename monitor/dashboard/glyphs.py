"""One shape for each kind of repetition, so that no colour has to be told from another."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from monitor.dashboard.theme import Theme
from monitor.plan import MarkKind, Verdict


def draw_mark(painter: QPainter, kind: MarkKind, centre: QPointF, radius: float, theme: Theme) -> None:
    """Draw the sign of a repetition: of its verdict, or of a part of the way, a break or one given up.

    Those are a half disc, a block that falls apart into a wedge pointing down, and a cross.
    """
    if kind not in ("partial", "broke", "given up"):
        draw_verdict(painter, kind, centre, radius, theme)
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(centre)
    painter.scale(radius, radius)
    colour = QColor(theme.of_mark(kind))
    if kind == "partial":
        painter.setPen(QPen(colour, 0.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(0, 0), 0.88, 0.88)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPie(QRectF(-0.88, -0.88, 1.76, 1.76), 180 * 16, 180 * 16)
    elif kind == "broke":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(-0.8, -0.95, 1.6, 0.55), 0.1, 0.1)
        painter.drawPolygon(QPolygonF([QPointF(-0.8, -0.12), QPointF(0.8, -0.12), QPointF(0, 0.95)]))
    else:
        _stroke(painter, colour, ((-0.5, -0.5), (0.5, 0.5)))
        _stroke(painter, colour, ((-0.5, 0.5), (0.5, -0.5)))
    painter.restore()


def draw_verdict(painter: QPainter, verdict: Verdict, centre: QPointF, radius: float, theme: Theme) -> None:
    """Draw the sign of a verdict: disc with a tick, double arrow, square with a bar, empty diamond."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(centre)
    painter.scale(radius, radius)
    colour, inside = QColor(theme.of(verdict)), QColor(theme.panel)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    match verdict:
        case "in band":
            painter.drawEllipse(QPointF(0, 0), 1.0, 1.0)
            _stroke(painter, inside, ((-0.45, 0.02), (-0.12, 0.38), (0.48, -0.34)))
        case "too fast":
            for left in (-1.0, -0.05):
                painter.drawPolygon(
                    QPolygonF([QPointF(left, -0.9), QPointF(left + 1.05, 0), QPointF(left, 0.9)])
                )
        case "slower":
            painter.drawRoundedRect(QRectF(-0.88, -0.88, 1.76, 1.76), 0.15, 0.15)
            _stroke(painter, inside, ((-0.45, 0), (0.45, 0)))
        case "not measured":
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, 0.22, j=Qt.PenJoinStyle.MiterJoin))
            corners = [QPointF(0, -0.88), QPointF(0.88, 0), QPointF(0, 0.88), QPointF(-0.88, 0)]
            painter.drawPolygon(QPolygonF(corners))
    painter.restore()


def draw_coming(painter: QPainter, running: bool, centre: QPointF, radius: float, theme: Theme) -> None:
    """Draw the place of a repetition that is still to come; the next one is a ring with a dot."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if running:
        painter.setPen(QPen(QColor(theme.accent), radius * 0.2))
        painter.drawEllipse(centre, radius * 0.88, radius * 0.88)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(centre, radius * 0.32, radius * 0.32)
    else:
        painter.setPen(QPen(QColor(theme.muted), radius * 0.1))
        painter.drawEllipse(centre, radius * 0.6, radius * 0.6)
    painter.restore()


def _stroke(painter: QPainter, colour: QColor, points: tuple[tuple[float, float], ...]) -> None:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(*point)
    pen = QPen(colour, 0.26, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPath(path)
