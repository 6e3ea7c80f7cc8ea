"""The thigh angle of the last seconds, with its phases and, ahead of now, the way it should take.

Down on the screen is down in the room: a lowering falls, in a Nordic as in a bridge. The curve is filled as a
ribbon: Qt draws one several times faster than it strokes a line with a wide pen. Ranges are fixed and only
step when the movement leaves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from analysis.results import Exercise, PhaseKind
from monitor.dashboard.glyphs import draw_mark
from monitor.dashboard.language import short_number, translate
from monitor.dashboard.target_path import TargetPath, target_path
from monitor.dashboard.theme import Theme
from monitor.dashboard.view import PHASE_WORDS
from monitor.plan import MarkKind, Plan, band_s, mark_kind
from monitor.snapshot import Snapshot

PAST_S = 9.0
# As much of the future as the target path needs, within reason.
COMING_S, MOST_COMING_S, MARGIN_S = 4.0, 8.0, 1.2
STEP_DEG = 10.0
# A Nordic leans from upright to the floor; a bridge moves the thigh by 7-38 deg.
START_RANGE_DEG: dict[Exercise, tuple[float, float]] = {
    "nordic": (-10.0, 90.0),
    "bridge": (-150.0, -100.0),
    "slider": (-150.0, -80.0),
}
# With less, a tremor would fill the plot; a Nordic always shows the way to the floor.
LEAST_SPAN_DEG: dict[Exercise, float] = {"nordic": 100.0, "bridge": 50.0, "slider": 50.0}
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
# A value every two or three pixels: with more the curve costs more and looks the same.
MOST_POINTS = 300
# Half the width of the curve, and the radius of the disc at its newest end, in design pixels.
CURVE_HALF, NEWEST_RADIUS = 2.0, 7.0
# In logical pixels: thinner than this a small window's curve would be grey.
THINNEST_HALF = 1.2


def stepped_range(
    shown: tuple[float, float], lowest: float, highest: float, least_span: float
) -> tuple[float, float]:
    """Return the range to show for values from lowest to highest, in steps, and as rarely new as possible.

    It grows as soon as a value leaves it and shrinks only where the values fill less than half of it.
    """
    low, high = shown
    inside = low <= lowest and highest <= high
    if inside and highest - lowest >= 0.5 * (high - low):
        return shown
    if inside and high - low <= least_span:
        return shown
    low = STEP_DEG * np.floor((lowest - 2.0) / STEP_DEG)
    high = STEP_DEG * np.ceil((highest + 2.0) / STEP_DEG)
    missing = least_span - (high - low)
    if missing > 0:
        steps = int(np.ceil(missing / STEP_DEG))
        low -= STEP_DEG * (steps // 2)
        high += STEP_DEG * (steps - steps // 2)
    return float(low), float(high)


def coming_s(plan: Plan) -> float:
    """Return how many seconds ahead of now are shown: the whole way of a lowering, up to a limit."""
    return min(MOST_COMING_S, max(COMING_S, band_s(plan.tempo.lower_s)[1] + MARGIN_S))


def thinned(t_s: NDArray[np.float64], most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return which values to draw: the first of every bucket of absolute time, and the newest.

    Counting from the first value in view would make the line shimmer as it moves.
    """
    if t_s.size <= most:
        return np.arange(t_s.size)
    step_s = float(np.median(np.diff(t_s)))
    stride = int(np.ceil(t_s.size / most))
    ticks = np.floor(t_s / (stride * step_s) + 1e-6)
    chosen = np.diff(ticks, prepend=ticks[0] - 1) > 0
    chosen[-1] = True
    return np.flatnonzero(chosen)


def ribbons(x: NDArray[np.float64], y: NDArray[np.float64], half_width: float) -> list[NDArray[np.float64]]:
    """Return the outlines, (2 m, 2) each, of a curve of a width through every stretch of known values.

    x, y: (n,) in pixels; an unknown y (NaN) interrupts the curve, and a value alone has no outline.
    """
    known = np.isfinite(y)
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    outlines: list[NDArray[np.float64]] = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if end - first < 2:
            continue
        points = np.column_stack([x[first:end], y[first:end]])
        ways = np.diff(points, axis=0)
        ways /= np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)[:, None]
        # Across the curve at each point: square to the mean of the ways that meet there.
        across = np.vstack([ways[:1], ways[:-1] + ways[1:], ways[-1:]])[:, ::-1] * (-half_width, half_width)
        across *= half_width / np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-9)[:, None]
        outlines.append(np.vstack([points + across, (points - across)[::-1]]))
    return outlines


@dataclass(frozen=True, slots=True)
class _Area:
    kind: PhaseKind
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class _Sign:
    t_s: float
    kind: MarkKind


class _Drawing(pg.GraphicsObject):
    """All that lies between the axes, as one item: an item for each region would cost more than the curve."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.unit = 1.0
        self.font = QFont()
        self.rect = QRectF(-PAST_S, 0, PAST_S + COMING_S, 1)
        self.areas: tuple[_Area, ...] = ()
        self.signs: tuple[_Sign, ...] = ()
        self.now_s = 0.0
        self.path: TargetPath | None = None
        self.curve = np.empty((2, 0))

    def boundingRect(self) -> QRectF:
        return self.rect

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:  # noqa: ARG002 (named by Qt)
        theme, unit, rect = self.theme, self.unit, self.rect
        painter.setPen(Qt.PenStyle.NoPen)
        for area in self.areas:
            colour = theme.area(area.kind)
            start, end = area.start_s - self.now_s, area.end_s - self.now_s
            painter.fillRect(QRectF(start, rect.top(), end - start, rect.height()), QColor(colour))
        # Letters and signs are drawn in pixels: the plot's own units are seconds and degrees.
        to_pixels = painter.transform()
        painter.resetTransform()
        view = to_pixels.mapRect(rect)
        now_x = to_pixels.map(QPointF(0, rect.top())).x()
        painter.fillRect(QRectF(now_x - unit, view.top(), 2 * unit, view.height()), QColor(theme.muted))
        self.font.setPixelSize(max(8, round(18 * unit)))
        painter.setFont(self.font)
        painter.setPen(QColor(theme.text))
        for area in self.areas:
            start = to_pixels.map(QPointF(area.start_s - self.now_s, rect.top())).x()
            end = to_pixels.map(QPointF(area.end_s - self.now_s, rect.top())).x()
            text = translate("set", PHASE_WORDS[area.kind])
            if end - start < painter.fontMetrics().horizontalAdvance(text):
                continue
            place = QRectF(start - 40 * unit, view.top() + 4 * unit, end - start + 80 * unit, 26 * unit)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)
        if self.path is not None:
            self._draw_path(painter, self.path, to_pixels, view)
        for sign in self.signs:
            x = to_pixels.map(QPointF(sign.t_s - self.now_s, rect.top())).x()
            draw_mark(painter, sign.kind, QPointF(x, view.bottom() - 22 * unit), 13 * unit, theme)
        self._draw_curve(painter, to_pixels, view)
        painter.setTransform(to_pixels)

    def _draw_curve(self, painter: QPainter, to_pixels: QTransform, view: QRectF) -> None:
        t_s, angle_deg = self.curve
        x = to_pixels.m11() * (t_s - self.now_s) + to_pixels.dx()
        y = to_pixels.m22() * angle_deg + to_pixels.dy()
        painter.save()
        painter.setClipRect(view)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.text))
        for outline in ribbons(x, y, max(THINNEST_HALF, CURVE_HALF * self.unit)):
            painter.drawPolygon(pg.functions.arrayToQPolygonF(*outline.T), Qt.FillRule.WindingFill)
        if y.size and np.isfinite(y[-1]):
            radius = NEWEST_RADIUS * self.unit
            painter.drawEllipse(QPointF(float(x[-1]), float(y[-1])), radius, radius)
        painter.restore()

    def _draw_path(self, painter: QPainter, path: TargetPath, to_pixels: QTransform, view: QRectF) -> None:
        """Draw the band in which the curve should stay, and by when it should arrive."""
        theme, unit = self.theme, self.unit

        def at(t_s: float, deg: float) -> QPointF:
            return to_pixels.map(QPointF(t_s - self.now_s, deg))

        painter.save()
        painter.setClipRect(view)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band = QPolygonF(
            [
                at(path.start_s - path.early_s, path.from_deg),
                at(path.start_s + path.late_s, path.from_deg),
                at(path.end_s + path.late_s, path.to_deg),
                at(path.end_s - path.early_s, path.to_deg),
            ]
        )
        line = QColor(theme.in_band)
        if path.running:
            painter.setPen(QPen(line, 1.5 * unit))
            painter.setBrush(QColor(theme.target_area))
        else:
            painter.setPen(QPen(line, 2 * unit, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(band)
        if path.running:
            painter.setPen(QPen(line, 2.5 * unit))
            painter.drawLine(at(path.start_s, path.from_deg), at(path.end_s, path.to_deg))
        # The goal is a bar across the end of the way, as wide as the time in which it may be reached.
        painter.setPen(QPen(line, 6 * unit, c=Qt.PenCapStyle.FlatCap))
        painter.drawLine(
            at(path.end_s - path.early_s, path.to_deg), at(path.end_s + path.late_s, path.to_deg)
        )
        # Beside the goal until it should have been reached: later the curve goes on there.
        goal = at(path.end_s + path.late_s, path.to_deg)
        text = f"{short_number(path.lower_s)} s"
        place = QRectF(goal.x() + 6 * unit, goal.y() - 13 * unit, 120 * unit, 26 * unit)
        painter.setFont(self.font)
        width = painter.fontMetrics().horizontalAdvance(text)
        if self.now_s < path.end_s + path.late_s and place.left() + width < view.right():
            painter.setPen(QColor(theme.text))
            painter.drawText(place, int(LEFT), text)
        painter.restore()


class TracePlot(pg.PlotWidget):
    """A plot that shows the newest stretch of a snapshot."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        """Start empty."""
        super().__init__(parent, enableMenu=False)
        self._theme = theme
        self._unit = 1.0
        self._exercise: Exercise | None = None
        self._range_deg = START_RANGE_DEG["nordic"]
        self._coming_s = COMING_S
        self._drawing = _Drawing(theme)
        # Typed as Any: a PlotItem takes most of its methods from its view box while it runs.
        plot: Any = self.getPlotItem()
        self._plot = plot
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.disableAutoRange()
        plot.addItem(self._drawing, ignoreBounds=True)
        plot.getAxis("bottom").setTicks([[(-5, "−5 s"), (0, translate("set", "now"))]])
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self._drawing.theme = theme
        self.setBackground(theme.panel)
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(theme.muted)
        self._drawing.update()

    def set_unit(self, unit: float) -> None:
        """Set the logical pixels of one design pixel."""
        self._unit = self._drawing.unit = unit
        font = QFont(self.font())
        font.setPixelSize(max(8, round(18 * unit)))
        self._drawing.font = QFont(font)
        left, bottom = (self._plot.getAxis(name) for name in ("left", "bottom"))
        for axis in (left, bottom):
            axis.setStyle(tickFont=font, tickLength=0, tickTextOffset=round(8 * unit))
        left.setWidth(round(70 * unit))
        bottom.setHeight(round(34 * unit))

    def show_snapshot(self, snapshot: Snapshot, host_ns: int) -> None:
        """Draw the trace as it stands at host_ns."""
        session = snapshot.session
        now_s = snapshot.at_s(host_ns)
        trace = snapshot.trace
        first = int(np.searchsorted(trace.t_s, now_s - PAST_S))
        t_s, values = trace.t_s[first:], trace.thigh_angle_deg[first:]
        chosen = thinned(t_s)
        path = target_path(snapshot, now_s)
        ends = [] if path is None else [path.from_deg, path.to_deg]
        self._fit(session.plan, np.append(values, ends))
        self._drawing.curve = np.vstack([t_s[chosen], values[chosen]])
        self._drawing.now_s = now_s
        self._drawing.path = path
        self._drawing.areas = _areas(snapshot, now_s)
        self._drawing.signs = _signs(snapshot, now_s)
        self._drawing.update()

    def _fit(self, plan: Plan, values: NDArray[np.float64]) -> None:
        exercise, ahead_s = plan.exercise, coming_s(plan)
        shown = START_RANGE_DEG[exercise] if exercise != self._exercise else self._range_deg
        known = values[np.isfinite(values)]
        if known.size:
            shown = stepped_range(shown, float(known.min()), float(known.max()), LEAST_SPAN_DEG[exercise])
        if (exercise, shown, ahead_s) == (self._exercise, self._range_deg, self._coming_s):
            return
        self._exercise, self._range_deg, self._coming_s = exercise, shown, ahead_s
        low, high = shown
        plot = self._plot
        # In a Nordic and a slider the angle rises while the body sinks.
        plot.invertY(exercise != "bridge")
        plot.setRange(xRange=(-PAST_S, ahead_s), yRange=shown, padding=0, disableAutoRange=True)
        step = 10 if high - low <= 60 else 20 if high - low <= 120 else 45
        ticks = np.arange(np.ceil(low / step) * step, high + 1, step)
        # A label at the very edge would be cut in half.
        inner = [
            float(tick) for tick in ticks if low + 0.04 * (high - low) < tick < high - 0.04 * (high - low)
        ]
        words = [(tick, f"{round(tick)}°".replace("-", "−")) for tick in inner]
        plot.getAxis("left").setTicks([words])
        self._drawing.prepareGeometryChange()
        self._drawing.rect = QRectF(-PAST_S, low, PAST_S + ahead_s, high - low)


def _areas(snapshot: Snapshot, now_s: float) -> tuple[_Area, ...]:
    session = snapshot.session
    past = [
        _Area(phase.kind, max(phase.start_s, now_s - PAST_S), phase.end_s)
        for phase in session.phases
        if phase.end_s > now_s - PAST_S
    ]
    running = session.phase
    if running is None:
        return tuple(past)
    past.append(_Area(running.kind, max(running.start_s, now_s - PAST_S), max(now_s, running.start_s)))
    return tuple(past)


def _signs(snapshot: Snapshot, now_s: float) -> tuple[_Sign, ...]:
    signs: list[_Sign] = []
    for record in snapshot.session.sets[-2:]:
        for rep in record.reps[-12:]:
            lower = rep.phase("lower")
            if lower is None or not now_s - PAST_S < lower.end_s < now_s:
                continue
            signs.append(_Sign(lower.end_s, mark_kind(rep, record.plan.tempo.lower_s)))
    return tuple(signs)
