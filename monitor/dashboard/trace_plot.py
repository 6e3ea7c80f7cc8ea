"""The thigh angle of the last seconds, with its phases and the instant at which the lowering should end.

Down on the screen is down in the room: a lowering falls, in a Nordic as in a bridge. The curve is drawn with
pens of width 1, which Qt draws many times faster than wider ones, three of them a pixel apart; emphasis comes
from areas. Ranges are fixed and only step when the movement leaves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QWidget

from analysis.results import Exercise, PhaseKind
from monitor.dashboard.glyphs import draw_verdict
from monitor.dashboard.theme import Theme
from monitor.plan import Verdict, band_s, verdict
from monitor.snapshot import Snapshot

PAST_S = 11.0
COMING_S = 4.0
STEP_DEG = 10.0
# A Nordic leans from upright to the floor; a bridge moves the thigh by 7-38 deg.
START_RANGE_DEG: dict[Exercise, tuple[float, float]] = {
    "nordic": (-10.0, 90.0),
    "bridge": (-150.0, -100.0),
    "slider": (-150.0, -80.0),
}
# With less, a tremor would fill the plot; a Nordic always shows the way to the floor.
LEAST_SPAN_DEG: dict[Exercise, float] = {"nordic": 100.0, "bridge": 50.0, "slider": 50.0}
# The eye cannot see more than about one value per pixel.
MOST_POINTS = 1500


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


def thinned(t_s: NDArray[np.float64], most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return which values to draw: the first of every bucket of absolute time.

    Counting from the first value in view would make the line shimmer as it moves.
    """
    if t_s.size <= most:
        return np.arange(t_s.size)
    step_s = float(np.median(np.diff(t_s)))
    stride = int(np.ceil(t_s.size / most))
    ticks = np.floor(t_s / (stride * step_s) + 1e-6)
    return np.flatnonzero(np.diff(ticks, prepend=ticks[0] - 1) > 0)


@dataclass(frozen=True, slots=True)
class _Area:
    kind: PhaseKind | None
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class _Sign:
    t_s: float
    verdict: Verdict


class _Areas(pg.GraphicsObject):
    """Everything but the curve, as one item: an item for each region would cost more than the curve."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.unit = 1.0
        self.font = QFont()
        self.rect = QRectF(-PAST_S, 0, PAST_S + COMING_S, 1)
        self.areas: tuple[_Area, ...] = ()
        self.signs: tuple[_Sign, ...] = ()
        self.now_s = 0.0
        self.target = ""

    def boundingRect(self) -> QRectF:
        return self.rect

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:  # noqa: ARG002 (Qt's signature)
        theme, unit, rect = self.theme, self.unit, self.rect
        painter.setPen(Qt.PenStyle.NoPen)
        for area in self.areas:
            colour = theme.target_area if area.kind is None else theme.area(area.kind)
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
            text = self.target if area.kind is None else area.kind
            if area.kind is None and area.start_s < self.now_s:
                continue
            if area.kind is not None and end - start < painter.fontMetrics().horizontalAdvance(text):
                continue
            place = QRectF(start - 40 * unit, view.top() + 4 * unit, end - start + 80 * unit, 26 * unit)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)
        for sign in self.signs:
            x = to_pixels.map(QPointF(sign.t_s - self.now_s, rect.top())).x()
            draw_verdict(painter, sign.verdict, QPointF(x, view.bottom() - 22 * unit), 13 * unit, theme)
        painter.setTransform(to_pixels)


class TracePlot(pg.PlotWidget):
    """A plot that shows the newest stretch of a snapshot."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        """Start empty."""
        super().__init__(parent, enableMenu=False)
        self._theme = theme
        self._unit = 1.0
        self._exercise: Exercise | None = None
        self._range_deg = START_RANGE_DEG["nordic"]
        self._pixel_deg = 0.0
        self._areas = _Areas(theme)
        self._curves = [pg.PlotCurveItem(skipFiniteCheck=False, antialias=False) for _ in range(3)]
        # Typed as Any: a PlotItem takes most of its methods from its view box while it runs.
        plot: Any = self.getPlotItem()
        self._plot = plot
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.disableAutoRange()
        plot.addItem(self._areas, ignoreBounds=True)
        self._areas.setZValue(-10)
        for curve in self._curves:
            plot.addItem(curve, ignoreBounds=True)
        plot.getAxis("bottom").setTicks([[(-10, "−10 s"), (-5, "−5 s"), (0, "now")]])
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self._areas.theme = theme
        self.setBackground(theme.panel)
        for curve in self._curves:
            curve.setPen(pg.mkPen(theme.text, width=1))
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(theme.muted)
        self._areas.update()

    def set_unit(self, unit: float) -> None:
        """Set the logical pixels of one design pixel."""
        self._unit = self._areas.unit = unit
        font = QFont(self.font())
        font.setPixelSize(max(8, round(18 * unit)))
        self._areas.font = QFont(font)
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
        self._fit(session.plan.exercise, values)
        self._thicken()
        x, y = t_s[chosen] - now_s, values[chosen]
        for curve in self._curves:
            curve.setData(x, y, connect="finite")
        self._areas.now_s = now_s
        self._areas.target = f"{session.plan.tempo.lower_s:g} s"
        self._areas.areas = _areas(snapshot, now_s)
        self._areas.signs = _signs(snapshot, now_s)
        self._areas.update()

    def _thicken(self) -> None:
        low, high = self._range_deg
        # Not the view box's own height: Qt lays it out only after the first picture.
        pixels = max(1.0, (self.height() - self._plot.getAxis("bottom").height()) * self.devicePixelRatioF())
        pixel_deg = (high - low) / pixels
        if pixel_deg == self._pixel_deg:
            return
        self._pixel_deg = pixel_deg
        for curve, offset in zip(self._curves, (0, -1, 1), strict=True):
            curve.setPos(0, offset * pixel_deg)

    def _fit(self, exercise: Exercise, values: NDArray[np.float64]) -> None:
        shown = START_RANGE_DEG[exercise] if exercise != self._exercise else self._range_deg
        known = values[np.isfinite(values)]
        if known.size:
            shown = stepped_range(shown, float(known.min()), float(known.max()), LEAST_SPAN_DEG[exercise])
        if exercise == self._exercise and shown == self._range_deg:
            return
        self._exercise, self._range_deg = exercise, shown
        low, high = shown
        plot = self._plot
        # A Nordic's angle rises while the body sinks.
        plot.invertY(exercise == "nordic")
        plot.setRange(xRange=(-PAST_S, COMING_S), yRange=shown, padding=0, disableAutoRange=True)
        step = 10 if high - low <= 60 else 20 if high - low <= 120 else 45
        ticks = np.arange(np.ceil(low / step) * step, high + 1, step)
        # A label at the very edge would be cut in half.
        inner = [
            float(tick) for tick in ticks if low + 0.04 * (high - low) < tick < high - 0.04 * (high - low)
        ]
        words = [(tick, f"{round(tick)}°".replace("-", "−")) for tick in inner]
        plot.getAxis("left").setTicks([words])
        self._areas.prepareGeometryChange()
        self._areas.rect = QRectF(-PAST_S, low, PAST_S + COMING_S, high - low)


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
    if running.kind == "lower":
        shortest_s, longest_s = band_s(session.plan.tempo.lower_s)
        start = max(running.start_s + shortest_s, now_s - PAST_S)
        end = min(running.start_s + longest_s, now_s + COMING_S)
        if end > start:
            past.append(_Area(None, start, end))
    return tuple(past)


def _signs(snapshot: Snapshot, now_s: float) -> tuple[_Sign, ...]:
    signs: list[_Sign] = []
    for record in snapshot.session.sets[-2:]:
        for rep in record.reps[-12:]:
            lower = rep.phase("lower")
            if lower is None or not now_s - PAST_S < lower.end_s < now_s:
                continue
            signs.append(_Sign(lower.end_s, verdict(rep.lower_s, record.plan.tempo.lower_s)))
    return tuple(signs)
