"""Line drawings: where the sensor goes, and the postures a session asks for. No letters, no colour that means
something by itself: the sensor is the only thing in the accent colour."""

from __future__ import annotations

import itertools
import math
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from monitor.dashboard.theme import Theme

Posture = Literal["standing", "knee lift", "kneeling", "lying"]

# The outline of a right leg seen from the front, hip to ankle: x from the middle of the body to the outside,
# y downwards; 1 is the length from hip to floor.
_OUTSIDE = ((0.215, 0.0), (0.232, 0.10), (0.222, 0.26), (0.190, 0.44), (0.178, 0.52),
            (0.186, 0.60), (0.182, 0.68), (0.168, 0.76), (0.150, 0.86))  # fmt: skip
_INSIDE = ((0.018, 0.115), (0.040, 0.26), (0.066, 0.44), (0.072, 0.52), (0.066, 0.60),
           (0.074, 0.68), (0.084, 0.76), (0.094, 0.86))  # fmt: skip
STRAP_FROM, STRAP_TO = 0.285, 0.365
KNEE = 0.52
# The picture ends in the middle of the calf: the thigh is what matters.
SHOWN = 0.74


def draw_leg(
    painter: QPainter,
    place: QRectF,
    side: Literal["left", "right"],
    theme: Theme,
    *,
    worn: bool | None,
    unit: float,
) -> None:
    """Draw one leg as in a mirror (the left one on the left), with strap and sensor if worn.

    worn None: it may be worn here; strap and sensor are drawn faintly. place: of both legs; each takes its
    half.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(place.adjusted(-4 * unit, 0, 4 * unit, 0))
    sign = 1.0 if side == "right" else -1.0
    frame = _frame(place, sign)
    outline = frame.map(_leg())
    line = QColor(theme.text if worn else theme.muted)
    painter.setBrush(QColor(theme.panel))
    painter.setPen(
        QPen(line, (4 if worn else 3) * unit, j=Qt.PenJoinStyle.RoundJoin, c=Qt.PenCapStyle.RoundCap)
    )
    painter.drawPath(outline)
    thin = QPen(line, 2.5 * unit, c=Qt.PenCapStyle.RoundCap)
    painter.setPen(thin)
    knee = QPainterPath(QPointF(0.098, KNEE - 0.022))
    knee.cubicTo(QPointF(0.092, KNEE + 0.03), QPointF(0.158, KNEE + 0.03), QPointF(0.152, KNEE - 0.022))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(frame.map(knee))
    if worn is not False:
        _draw_strap(painter, frame, theme, unit, faint=worn is None)
    painter.restore()


def leg_outline(place: QRectF, side: Literal["left", "right"]) -> QPainterPath:
    """Return the outline of a leg, to be hit by a finger."""
    return _frame(place, 1.0 if side == "right" else -1.0).map(_leg())


def _frame(place: QRectF, sign: float) -> QTransform:
    scale = place.height() / SHOWN
    return QTransform(sign * scale, 0, 0, scale, place.center().x(), place.top())


def _leg() -> QPainterPath:
    # From the waist, out of the picture above, to below the calf, out of the picture below.
    path = QPainterPath(QPointF(0.012, -0.05))
    path.lineTo(QPointF(0.205, -0.05))
    path.lineTo(QPointF(*_OUTSIDE[0]))
    _smooth(path, _OUTSIDE)
    path.lineTo(QPointF(*_INSIDE[-1]))
    _smooth(path, tuple(reversed(_INSIDE)))
    path.cubicTo(QPointF(0.014, 0.09), QPointF(0.012, 0.05), QPointF(0.012, -0.05))
    return path


def _smooth(path: QPainterPath, points: tuple[tuple[float, float], ...]) -> None:
    """Go on along points as a Catmull-Rom spline."""
    for index in range(len(points) - 1):
        before = points[max(0, index - 1)]
        start, end = points[index], points[index + 1]
        after = points[min(len(points) - 1, index + 2)]
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        path.cubicTo(QPointF(*first), QPointF(*second), QPointF(*end))


def _width_at(y: float) -> tuple[float, float]:
    def along(points: tuple[tuple[float, float], ...]) -> float:
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            if y0 <= y <= y1:
                return x0 + (x1 - x0) * (y - y0) / (y1 - y0)
        return points[-1][0]

    return along(_INSIDE), along(_OUTSIDE)


def _draw_strap(painter: QPainter, frame: QTransform, theme: Theme, unit: float, *, faint: bool) -> None:
    top_in, top_out = _width_at(STRAP_FROM)
    low_in, low_out = _width_at(STRAP_TO)
    bulge = 0.012
    strap = QPainterPath(QPointF(top_in, STRAP_FROM))
    strap.cubicTo(
        QPointF(top_in, STRAP_FROM + bulge),
        QPointF(top_out, STRAP_FROM + bulge),
        QPointF(top_out, STRAP_FROM),
    )
    strap.lineTo(QPointF(low_out, STRAP_TO))
    strap.cubicTo(
        QPointF(low_out, STRAP_TO + bulge), QPointF(low_in, STRAP_TO + bulge), QPointF(low_in, STRAP_TO)
    )
    strap.closeSubpath()
    edge = QPen(QColor(theme.muted if faint else theme.text), (3 if faint else 4) * unit)
    edge.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(edge)
    painter.setBrush(QColor(theme.panel if faint else theme.line))
    painter.drawPath(frame.map(strap))
    centre = (top_in + top_out) / 2
    sensor = frame.mapRect(QRectF(centre - 0.038, STRAP_FROM - 0.006, 0.076, 0.108))
    painter.setPen(QPen(QColor(theme.muted if faint else theme.panel), 3 * unit))
    painter.setBrush(QColor(theme.line if faint else theme.accent))
    painter.drawRoundedRect(sensor, 9 * unit, 9 * unit)
    if faint:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.on_accent))
    painter.drawEllipse(
        QPointF(sensor.center().x(), sensor.top() + 0.24 * sensor.height()), 4 * unit, 4 * unit
    )


def draw_hand_width(
    painter: QPainter, place: QRectF, side: Literal["left", "right"], theme: Theme, unit: float
) -> None:
    """Draw a bracket of a hand's width between strap and knee, on the outside of the leg."""
    sign = 1.0 if side == "right" else -1.0
    scale, middle = place.height() / SHOWN, place.center().x()
    x = middle + sign * 0.262 * scale
    top, low = place.top() + (STRAP_TO + 0.012) * scale, place.top() + (KNEE - 0.012) * scale
    hook = -sign * 12 * unit
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(
        QPen(QColor(theme.accent), 3 * unit, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
    )
    painter.drawPolyline([QPointF(x + hook, top), QPointF(x, top), QPointF(x, low), QPointF(x + hook, low)])
    painter.restore()


# --- postures ----------------------------------------------------------------------------------------------

# Joints of a person of height 1 seen from the side, facing right: head, shoulder, hip, knee, ankle, toe,
# elbow, hand; then the other leg, if it is somewhere else.
_Joints = dict[str, tuple[float, float]]
_POSTURES: dict[Posture, tuple[tuple[float, float, float, float], _Joints]] = {
    "standing": (
        (0.0, 0.0, 0.5, 1.0),
        {
            "head": (0.25, 0.085), "shoulder": (0.24, 0.21), "hip": (0.24, 0.50), "knee": (0.25, 0.73),
            "ankle": (0.235, 0.95), "toe": (0.32, 0.965), "elbow": (0.225, 0.36), "hand": (0.255, 0.49),
        },
    ),
    "knee lift": (
        (0.0, 0.0, 0.56, 1.0),
        {
            "head": (0.23, 0.085), "shoulder": (0.22, 0.21), "hip": (0.22, 0.50), "knee": (0.445, 0.495),
            "ankle": (0.425, 0.715), "toe": (0.505, 0.735), "elbow": (0.195, 0.36), "hand": (0.23, 0.485),
            "other knee": (0.225, 0.73), "other ankle": (0.21, 0.95), "other toe": (0.295, 0.965),
        },
    ),
    "kneeling": (
        (0.0, 0.0, 0.66, 0.80),
        {
            "head": (0.40, 0.085), "shoulder": (0.385, 0.21), "hip": (0.385, 0.50), "knee": (0.395, 0.745),
            "ankle": (0.165, 0.745), "toe": (0.105, 0.775), "elbow": (0.43, 0.345), "hand": (0.50, 0.27),
        },
    ),
    "lying": (
        (0.0, 0.0, 1.0, 0.40),
        {
            "head": (0.085, 0.285), "shoulder": (0.20, 0.315), "hip": (0.50, 0.325), "knee": (0.685, 0.12),
            "ankle": (0.775, 0.325), "toe": (0.86, 0.345), "elbow": (0.335, 0.345), "hand": (0.47, 0.352),
        },
    ),
}  # fmt: skip


def draw_posture(painter: QPainter, place: QRectF, posture: Posture, theme: Theme) -> None:
    """Draw a person in a posture, as large as fits, standing on the lower edge of the place."""
    (_, _, wide, tall), joints = _POSTURES[posture]
    # All postures to one scale where there is room: the same person.
    scale = min(place.width() / wide, place.height() / tall)
    left = place.center().x() - 0.5 * wide * scale
    top = place.bottom() - tall * scale

    def at(name: str) -> QPointF:
        x, y = joints[name]
        return QPointF(left + x * scale, top + y * scale)

    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    body, behind, thick = QColor(theme.muted), QColor(theme.line), 0.062 * scale
    floor = top + tall * scale - 0.004 * scale
    painter.setPen(QPen(QColor(theme.line), max(2.0, 0.008 * scale), c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(left - 0.02 * scale, floor), QPointF(left + (wide + 0.02) * scale, floor))

    def limb(colour: QColor, width: float, *names: str) -> None:
        path = QPainterPath(at(names[0]))
        for name in names[1:]:
            path.lineTo(at(name))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(path)

    if "other knee" in joints:
        limb(behind, thick, "hip", "other knee", "other ankle", "other toe")
    limb(body, 1.35 * thick, "shoulder", "hip")
    limb(body, 1.15 * thick, "hip", "knee")
    limb(body, 0.85 * thick, "knee", "ankle")
    limb(body, 0.6 * thick, "ankle", "toe")
    # A light edge lets the arm be told from the trunk.
    limb(QColor(theme.page), 0.95 * thick, "shoulder", "elbow", "hand")
    limb(body, 0.6 * thick, "shoulder", "elbow", "hand")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(body)
    painter.drawEllipse(at("head"), 0.066 * scale, 0.066 * scale)
    _draw_sensor(painter, at("hip"), at("knee"), posture, thick, theme)
    painter.restore()


def _draw_sensor(
    painter: QPainter, hip: QPointF, knee: QPointF, posture: Posture, thick: float, theme: Theme
) -> None:
    """A box on the front of the thigh, two thirds of the way to the knee."""
    along = math.atan2(knee.y() - hip.y(), knee.x() - hip.x())
    # The front is where the toes point: left of the way from hip to knee, as it is drawn.
    out = along - math.pi / 2
    share, off = 0.60, 0.62 * thick
    x = hip.x() + share * (knee.x() - hip.x()) + off * math.cos(out)
    y = hip.y() + share * (knee.y() - hip.y()) + off * math.sin(out)
    painter.save()
    painter.translate(x, y)
    painter.rotate(math.degrees(along))
    box = QRectF(-0.85 * thick, -0.36 * thick, 1.7 * thick, 0.72 * thick)
    painter.setPen(QPen(QColor(theme.page), max(1.5, 0.12 * thick)))
    painter.setBrush(QColor(theme.accent))
    painter.drawRoundedRect(box, 0.18 * thick, 0.18 * thick)
    painter.restore()
    del posture
