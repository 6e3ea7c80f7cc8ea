"""The repetitions of one set over each other, from the start of the lowering on, with the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from analysis.results import Rep
from monitor.dashboard.theme import Theme
from monitor.plan import band_s
from monitor.report.words import ENGLISH, Words
from monitor.review.degree_axis import DegreeAxis
from monitor.review.edits import CorrectedSet
from monitor.review.pyramid import Pyramid

BEFORE_S = 0.5
AFTER_S = 1.5
MOST_POINTS = 600


class OverlayPlot(pg.PlotWidget):
    """Curves of thigh angle against the seconds since the lowering began."""

    def __init__(self, theme: Theme, words: Words = ENGLISH) -> None:
        """Start empty."""
        super().__init__(enableMenu=False, axisItems={"left": DegreeAxis()})
        plot: Any = self.getPlotItem()
        self._item = plot
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.getAxis("left").setWidth(54)
        plot.getAxis("bottom").setLabel(words.translate("review", "seconds since the lowering began"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._theme = theme
        self._shown: tuple[CorrectedSet, Pyramid, str | None] | None = None
        self._curves: dict[str, Any] = {}
        self._drawn: dict[str, Rep] = {}
        self._fitted: tuple[float, float, float] | None = None
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.setBackground(theme.panel)
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(theme.muted)
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self.show_set(*shown)

    def show_set(self, part: CorrectedSet, trace: Pyramid, selected: str | None) -> None:
        """Draw the repetitions of a set, the chosen one over the others; the green band is the target.

        Only what differs from what is drawn already is drawn anew.
        """
        was, self._shown = self._shown, (part, trace, selected)
        if was is None or was[1] is not trace or not self._drawn or was[0].plan != part.plan:
            self._begin(part)
        wanted = {each.id: each.rep for each in part.reps if each.rep.phase("lower") is not None}
        for rep_id in [each for each, rep in self._drawn.items() if wanted.get(each) is not rep]:
            self._item.removeItem(self._curves.pop(rep_id))
            del self._drawn[rep_id]
        for rep_id, rep in wanted.items():
            if rep_id not in self._drawn:
                self._add(rep_id, rep, trace)
                self._draw_as(rep_id, rep_id == selected)
        for rep_id in {selected, was[2] if was else None}:
            if rep_id is not None and rep_id in self._curves:
                self._draw_as(rep_id, rep_id == selected)
        self._fit(part)

    def _begin(self, part: CorrectedSet) -> None:
        self._item.clear()
        self._curves, self._drawn = {}, {}
        self._item.addItem(
            pg.InfiniteLine(0.0, 90, pen=pg.mkPen(self._theme.muted, style=Qt.PenStyle.DotLine))
        )
        if part.plan is None:
            return
        band = pg.LinearRegionItem(
            band_s(part.plan.tempo.lower_s),
            movable=False,
            brush=self._theme.target_area,
            pen=pg.mkPen(None),
        )
        band.setZValue(-10)
        self._item.addItem(band, ignoreBounds=True)

    def _add(self, rep_id: str, rep: Rep, trace: Pyramid) -> None:
        lower = rep.phase("lower")
        assert lower is not None
        first, last = np.searchsorted(trace.t_s, (lower.start_s - BEFORE_S, lower.end_s + AFTER_S))
        step = max(1, (last - first) // MOST_POINTS)
        t_s = trace.t_s[first:last:step] - lower.start_s
        curve = pg.PlotCurveItem(t_s, trace.low[0][first:last:step], connect="finite")
        self._curves[rep_id], self._drawn[rep_id] = curve, rep
        self._item.addItem(curve, ignoreBounds=True)

    def _fit(self, part: CorrectedSet) -> None:
        """Show all curves. The view is moved only where it does not fit any more: that paints everything."""
        lowest, highest, longest_s = np.inf, -np.inf, 2.0
        for curve in self._curves.values():
            known = curve.yData[np.isfinite(curve.yData)]
            if known.size:
                lowest, highest = min(lowest, known.min()), max(highest, known.max())
        for rep in self._drawn.values():
            longest_s = max(longest_s, (rep.phase("lower") or rep.phases[0]).duration_s)
        if part.plan is not None:
            longest_s = max(longest_s, band_s(part.plan.tempo.lower_s)[1])
        if highest < lowest:
            lowest, highest = -10.0, 10.0
        room = 0.08 * (highest - lowest) + 0.5
        wanted = (lowest - room, highest + room, longest_s + AFTER_S)
        if wanted != self._fitted:
            self._fitted = wanted
            self._item.setYRange(*wanted[:2], padding=0)
            self._item.setXRange(-BEFORE_S, wanted[2], padding=0)

    def curves(self) -> int:
        """Return how many repetitions are drawn."""
        return len(self._curves)

    def _draw_as(self, rep_id: str, chosen: bool) -> None:
        pen = pg.mkPen(self._theme.accent if chosen else self._theme.muted, width=2 if chosen else 1)
        self._curves[rep_id].setPen(pen)
        self._curves[rep_id].setZValue(1 if chosen else 0)
