"""The thigh angle of a whole session, to look at and to correct: zoom, pan, choose, drag a boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QWidget

from analysis.results import Gap, PhaseKind
from monitor.dashboard.glyphs import draw_verdict
from monitor.dashboard.theme import Theme
from monitor.report.content import set_title
from monitor.report.words import ENGLISH, Words
from monitor.review.degree_axis import DegreeAxis
from monitor.review.edits import Corrected, Edge
from monitor.review.pyramid import Pyramid, outline
from monitor.review.rows import verdict_of

GRAB_PX = 7.0
LEAST_SPAN_S = 0.5
LEAST_HEIGHT_DEG = 20.0
HEAD_PX = 22
"""Over the trace: the names of the sets and the marks."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: a pain score, a cue, a calibration. t_s: seconds from the first sample."""

    t_s: float
    text: str
    loud: bool = False


@dataclass(frozen=True, slots=True)
class _Handle:
    t_s: float
    rep: str
    phase: int
    edge: Edge


class _Areas(pg.GraphicsObject):
    """All that lies behind the curve, as one item. Paints what is in view only."""

    def __init__(self, theme: Theme, words: Words) -> None:
        super().__init__()
        self.theme = theme
        self.words = words
        self.font = QFont()
        self.rect = QRectF(0, -90, 1, 180)
        self.now: Corrected | None = None
        self.zero_s = 0.0
        self.gaps: Sequence[Gap] = ()
        self.marks: Sequence[Mark] = ()
        self.selected: str | None = None
        self.moving: _Handle | None = None

    def boundingRect(self) -> QRectF:
        return self.rect

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:  # noqa: ARG002 (named by Qt)
        box_of_plot = self.getViewBox()
        if self.now is None or box_of_plot is None:
            return
        to_pixels = painter.transform()
        painter.resetTransform()
        painter.setFont(self.font)
        box = to_pixels.mapRect(box_of_plot.viewRect())
        top, bottom = box.top() + HEAD_PX, box.bottom()
        scale, zero = to_pixels.m11(), to_pixels.dx() - to_pixels.m11() * self.zero_s

        def x_of(t_s: float) -> float:
            return zero + scale * t_s

        from_s, to_s = (box.left() - zero) / scale, (box.right() - zero) / scale
        colours = {kind: QColor(self.theme.area(kind)) for kind in get_args(PhaseKind)}
        words = {kind: self.words.heard(kind) for kind in colours}
        widths = {kind: painter.fontMetrics().horizontalAdvance(said) + 2 for kind, said in words.items()}
        muted, not_measured = QColor(self.theme.muted), QColor(self.theme.not_measured)
        for part in self.now.sets:
            if not part.reps or part.reps[0].rep.start_s > to_s or part.reps[-1].rep.end_s < from_s:
                continue
            for each in part.reps:
                rep = each.rep
                if rep.end_s < from_s or rep.start_s > to_s:
                    continue
                left, right = x_of(rep.start_s), x_of(rep.end_s)
                for phase in rep.phases:
                    begin, end = x_of(phase.start_s), x_of(phase.end_s)
                    area = QRectF(begin, top, end - begin, bottom - top)
                    painter.fillRect(area, colours[phase.kind])
                    if end - begin > widths[phase.kind]:
                        painter.setPen(muted)
                        painter.drawText(area.adjusted(0, 4, 0, 0), int(_TOP), words[phase.kind])
                whole = QRectF(left, top, right - left, bottom - top)
                if rep.lower_s is None or part.excluded:
                    painter.fillRect(whole, QBrush(not_measured, Qt.BrushStyle.BDiagPattern))
                # Signs of verdicts beside each other only where there is room for them.
                if right - left > 14 and (verdict := verdict_of(each, part)) is not None:
                    draw_verdict(painter, verdict, QPointF((left + right) / 2, bottom - 12), 6.5, self.theme)
                if each.id == self.selected:
                    painter.setPen(QPen(QColor(self.theme.accent), 2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRect(whole.adjusted(1, 1, -1, -1))
            self._name_set(painter, part, x_of, box)
        for gap in self.gaps:
            area = QRectF(x_of(gap.start_s), top, scale * (gap.end_s - gap.start_s), bottom - top)
            area.setWidth(max(2.0, area.width()))
            painter.fillRect(area, QBrush(QColor(self.theme.too_fast), Qt.BrushStyle.FDiagPattern))
        self._draw_marks(painter, to_pixels, box)
        self._draw_handles(painter, x_of, box.top(), bottom)
        painter.setTransform(to_pixels)

    def _name_set(self, painter: QPainter, part: Any, x_of: Any, box: QRectF) -> None:
        if not part.reps:
            return
        # Of a set that is only partly in view, the name stays in view.
        left = max(box.left(), x_of(part.reps[0].rep.start_s))
        right = min(box.right(), x_of(part.reps[-1].rep.end_s))
        top = box.top()
        painter.setPen(QPen(QColor(self.theme.muted), 1))
        painter.drawLine(QPointF(left, top + HEAD_PX - 2), QPointF(right, top + HEAD_PX - 2))
        left_out = f" ({self.words.translate('review', 'left out')})" if part.excluded else ""
        name = set_title(part.measured(), self.words) + left_out
        room = max(0, int(right - left) - 4)
        short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(QRectF(left, top, right - left, HEAD_PX - 4), int(_LEFT), short)

    def _draw_marks(self, painter: QPainter, to_pixels: Any, box: QRectF) -> None:
        free_from = -np.inf
        for mark in self.marks:
            x = to_pixels.map(QPointF(mark.t_s, 0.0)).x()
            if not box.left() <= x <= box.right():
                continue
            colour = QColor(self.theme.trouble if mark.loud else self.theme.muted)
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine if mark.loud else Qt.PenStyle.DotLine))
            if mark.loud:
                painter.drawLine(QPointF(x, box.top() + HEAD_PX), QPointF(x, box.bottom()))
            else:
                painter.drawLine(QPointF(x, box.bottom() - 6), QPointF(x, box.bottom()))
            width = painter.fontMetrics().horizontalAdvance(mark.text) + 8
            if mark.loud and x > free_from:
                left = min(x + 3, box.right() - width)
                # Between sets the thigh is at its lowest, so that there is nothing up here.
                place = QRectF(left, box.top() + HEAD_PX + 2, width, 18)
                painter.fillRect(place, QColor(self.theme.panel))
                painter.setPen(colour)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), mark.text)
                free_from = x + width

    def _draw_handles(self, painter: QPainter, x_of: Any, top: float, bottom: float) -> None:
        painter.setPen(QPen(QColor(self.theme.accent), 1))
        for handle in self.handles():
            x = x_of(handle.t_s)
            painter.fillRect(QRectF(x - 3, (top + bottom) / 2 - 9, 6, 18), QColor(self.theme.accent))
            painter.drawLine(QPointF(x, top + HEAD_PX), QPointF(x, bottom))
        if self.moving is not None:
            x = x_of(self.moving.t_s)
            painter.setPen(QPen(QColor(self.theme.trouble), 2))
            painter.drawLine(QPointF(x, top + HEAD_PX), QPointF(x, bottom))

    def handles(self) -> list[_Handle]:
        """Return the boundaries of the chosen repetition; where two phases touch, one for each."""
        found = None if self.now is None or self.selected is None else self.now.find(self.selected)
        if found is None:
            return []
        ends: tuple[Edge, Edge] = ("start", "end")
        return [
            _Handle(phase.start_s if edge == "start" else phase.end_s, found[1].id, number, edge)
            for number, phase in enumerate(found[1].rep.phases)
            for edge in ends
        ]


_TOP = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class _Box(pg.ViewBox):
    """Wheel zooms time, drag pans, or moves a boundary of the chosen repetition."""

    def __init__(self, plot: SessionTrace) -> None:
        super().__init__(enableMenu=False)
        self._plot = plot

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: ARG002 (given by its name)
        at_s = self.mapSceneToView(ev.scenePos()).x()
        self._plot.zoom(0.85 ** (ev.delta() / 120), at_s)
        ev.accept()

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self._plot.clicked(self.mapSceneToView(ev.scenePos()).x())

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: ARG002 (given by its name)
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        ev.accept()
        begun_s = self.mapSceneToView(ev.buttonDownScenePos()).x()
        now_s = self.mapSceneToView(ev.scenePos()).x()
        last_s = self.mapSceneToView(ev.lastScenePos()).x()
        self._plot.dragged(begun_s, last_s, now_s, begins=ev.isStart(), ends=ev.isFinish())


class SessionTrace(pg.PlotWidget):
    """The whole session. Times in its signals are seconds on the axis of the samples."""

    chosen = Signal(str)
    boundary_moved = Signal(str, int, str, float)
    stretch_marked = Signal(float, float)
    cursor_moved = Signal(float)

    def __init__(self, theme: Theme, words: Words = ENGLISH) -> None:
        """Start empty."""
        self._box = _Box(self)
        super().__init__(viewBox=self._box, axisItems={"left": DegreeAxis()})
        self._theme = theme
        self._trace: Pyramid | None = None
        self._zero_s = 0.0
        self._length_s = 1.0
        self._marking = False
        self._drawn: tuple[float, float, int] | None = None
        self._areas = _Areas(theme, words)
        self._curve = pg.PlotCurveItem(antialias=False, skipFiniteCheck=False)
        self._cursor = pg.InfiniteLine(0.0, 90, movable=False)
        self._stretch = pg.LinearRegionItem(movable=False)
        plot: Any = self.getPlotItem()
        self._item = plot
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.disableAutoRange()
        for item in (self._areas, self._curve, self._stretch, self._cursor):
            plot.addItem(item, ignoreBounds=True)
        self._areas.setZValue(-10)
        self._stretch.hide()
        self._box.sigXRangeChanged.connect(self._redraw)
        self._box.sigResized.connect(self._redraw)
        plot.getAxis("left").setWidth(54)
        # The words of the topmost tick reach above the axis.
        plot.layout.setContentsMargins(0, 7, 0, 0)
        plot.getAxis("bottom").setLabel(words.translate("review", "seconds from the first sample"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.set_theme(theme)

    # -- what it shows -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = self._areas.theme = theme
        self.setBackground(theme.panel)
        self._curve.setPen(pg.mkPen(theme.text, width=1))
        self._cursor.setPen(pg.mkPen(theme.accent, width=1))
        self._stretch.setBrush(pg.mkBrush(theme.target_area))
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(theme.muted)
        self._areas.update()

    def show_session(self, trace: Pyramid, gaps: Sequence[Gap], marks: Sequence[Mark]) -> None:
        """Draw another session, from its beginning to its end."""
        self._trace = trace
        self._zero_s = self._areas.zero_s = float(trace.t_s[0])
        self._length_s = max(LEAST_SPAN_S, float(trace.t_s[-1]) - self._zero_s)
        self._areas.gaps, self._areas.marks = gaps, marks
        known = trace.low[0][np.isfinite(trace.low[0])]
        low, high = (float(known.min()), float(known.max())) if known.size else (-90.0, 90.0)
        low, high = _roomy(low, high)
        self._areas.prepareGeometryChange()
        self._areas.rect = QRectF(0, low, self._length_s, high - low)
        self._drawn = None
        self._item.setYRange(low, high, padding=0)
        self.place_cursor(self._zero_s)
        self.show_all()

    def show_corrected(self, now: Corrected, selected: str | None) -> None:
        """Draw phases as they hold now, and which repetition is chosen."""
        self._areas.now, self._areas.selected, self._areas.moving = now, selected, None
        self._areas.update()

    def show_all(self) -> None:
        """Show the whole session."""
        self._look(0.0, self._length_s)

    def show_stretch(self, start_s: float, end_s: float) -> None:
        """Show from start_s to end_s with some room on both sides."""
        room = 0.25 * (end_s - start_s) + 0.5
        self._look(start_s - room - self._zero_s, end_s + room - self._zero_s)

    def bring_into_view(self, start_s: float, end_s: float) -> None:
        """Move along, without another zoom, where a stretch is not in view."""
        (left, right), _ = self._box.viewRange()
        begin, end = start_s - self._zero_s, end_s - self._zero_s
        if left <= begin and end <= right:
            return
        span = right - left
        self._look((begin + end - span) / 2, (begin + end + span) / 2)

    def place_cursor(self, t_s: float) -> None:
        """Move the cursor, where a replay is and where a split is made."""
        self.cursor_s = t_s
        self._cursor.setPos(t_s - self._zero_s)

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show so many times the time, around an instant of the view (seconds from the first sample)."""
        (left, right), _ = self._box.viewRange()
        middle = (left + right) / 2 if at_s is None else at_s
        span = min(self._length_s, max(LEAST_SPAN_S, (right - left) * factor))
        share = (middle - left) / (right - left)
        self._look(middle - share * span, middle + (1 - share) * span)

    def mark_stretch(self, on: bool) -> None:
        """Let the next drag mark a stretch instead of panning."""
        self._marking = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
        if not on:
            self._stretch.hide()

    def _look(self, left: float, right: float) -> None:
        span = min(right - left, self._length_s)
        left = min(max(0.0, left), self._length_s - span)
        self._item.setXRange(left, left + span, padding=0)

    def _redraw(self) -> None:
        if self._trace is None:
            return
        (left, right), _ = self._box.viewRange()
        pixels = max(64, round(self._box.width() * self.devicePixelRatioF()))
        if self._drawn == (left, right, pixels):
            return
        self._drawn = left, right, pixels
        t_s, values = outline(self._trace, left + self._zero_s, right + self._zero_s, pixels)
        self._curve.setData(t_s - self._zero_s, values, connect="finite")
        known = values[np.isfinite(values)]
        if known.size:
            # As high as what is in view: a bridge is small beside the way from standing to lying.
            self._item.setYRange(*_roomy(float(known.min()), float(known.max())), padding=0)
        self._areas.update()

    # -- what people do ------------------------------------------------------------------------------------

    def clicked(self, at_s: float) -> None:
        """Put the cursor there and choose the repetition under it, if there is one."""
        t_s = at_s + self._zero_s
        self.place_cursor(t_s)
        self.cursor_moved.emit(t_s)
        now = self._areas.now
        for part in now.sets if now else ():
            for each in part.reps:
                if each.rep.start_s <= t_s <= each.rep.end_s:
                    self.chosen.emit(each.id)
                    return

    def dragged(self, begun_s: float, last_s: float, now_s: float, *, begins: bool, ends: bool) -> None:
        """Move a boundary that was grabbed, mark a stretch, or pan."""
        if self._marking:
            self._stretch.setRegion(sorted((begun_s, now_s)))
            self._stretch.show()
            if ends:
                self.mark_stretch(False)
                self.stretch_marked.emit(
                    min(begun_s, now_s) + self._zero_s, max(begun_s, now_s) + self._zero_s
                )
            return
        if begins:
            self._areas.moving = self._grabbed(begun_s)
        held = self._areas.moving
        if held is None:
            (left, right), _ = self._box.viewRange()
            self._look(left - (now_s - last_s), right - (now_s - last_s))
            return
        self._areas.moving = _Handle(now_s + self._zero_s, held.rep, held.phase, held.edge)
        self._areas.update()
        if ends:
            self._areas.moving = None
            self.boundary_moved.emit(held.rep, held.phase, held.edge, now_s + self._zero_s)

    def _grabbed(self, at_s: float) -> _Handle | None:
        """Return the boundary under the mouse; of two at one place the one on whose side it is."""
        per_pixel_s = float(self._box.viewPixelSize()[0])
        near = [
            each
            for each in self._areas.handles()
            if abs(each.t_s - self._zero_s - at_s) <= GRAB_PX * per_pixel_s
        ]
        if not near:
            return None
        t_s = at_s + self._zero_s
        return min(
            near,
            key=lambda each: (abs(each.t_s - t_s), (each.edge == "start") != (t_s >= each.t_s)),
        )


def _roomy(low_deg: float, high_deg: float) -> tuple[float, float]:
    """Return what heights to show, with room for names of sets over the curve and for signs below it."""
    more = max(0.0, LEAST_HEIGHT_DEG - (high_deg - low_deg)) / 2
    low_deg, high_deg = low_deg - more, high_deg + more
    room = 0.16 * (high_deg - low_deg + 5)
    return low_deg - room, high_deg + room
