"""The repetitions of one set over each other, from the start of the lowering on, with the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from monitor.dashboard.theme import Theme
from monitor.plan import band_s
from monitor.review.degree_axis import DegreeAxis
from monitor.review.edits import CorrectedSet
from monitor.review.pyramid import Pyramid

BEFORE_S = 0.5
AFTER_S = 1.5
MOST_POINTS = 600


class OverlayPlot(pg.PlotWidget):
    """Curves of thigh angle against the seconds since the lowering began."""

    def __init__(self, theme: Theme) -> None:
        """Start empty."""
        super().__init__(enableMenu=False, axisItems={"left": DegreeAxis()})
        plot: Any = self.getPlotItem()
        self._item = plot
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.getAxis("left").setWidth(54)
        plot.getAxis("bottom").setLabel("seconds since the lowering began")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._theme = theme
        self._shown: tuple[CorrectedSet, Pyramid, str | None] | None = None
        self._curves: dict[str, pg.PlotCurveItem] = {}
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
        """Draw the repetitions of a set, the chosen one over the others; the green band is the target."""
        was, self._shown = self._shown, (part, trace, selected)
        if (
            was is not None
            and (was[0].reps, was[0].plan, was[1]) == (part.reps, part.plan, trace)
            and self._curves
        ):
            for rep_id in (was[2], selected):
                if rep_id in self._curves:
                    self._draw_as(rep_id, rep_id == selected)
            return
        self._item.clear()
        self._curves = {}
        longest_s = 2.0
        for each in part.reps:
            lower = each.rep.phase("lower")
            if lower is None:
                continue
            longest_s = max(longest_s, lower.duration_s)
            first, last = np.searchsorted(trace.t_s, (lower.start_s - BEFORE_S, lower.end_s + AFTER_S))
            step = max(1, (last - first) // MOST_POINTS)
            t_s = trace.t_s[first:last:step] - lower.start_s
            curve = pg.PlotCurveItem(t_s, trace.low[0][first:last:step], connect="finite")
            self._curves[each.id] = curve
            self._draw_as(each.id, each.id == selected)
            self._item.addItem(curve)
        self._item.addItem(
            pg.InfiniteLine(0.0, 90, pen=pg.mkPen(self._theme.muted, style=Qt.PenStyle.DotLine))
        )
        if part.plan is not None:
            shortest_s, most_s = band_s(part.plan.tempo.lower_s)
            band = pg.LinearRegionItem(
                (shortest_s, most_s), movable=False, brush=self._theme.target_area, pen=pg.mkPen(None)
            )
            band.setZValue(-10)
            self._item.addItem(band, ignoreBounds=True)
            longest_s = max(longest_s, most_s)
        self._item.enableAutoRange("y")
        self._item.setXRange(-BEFORE_S, longest_s + AFTER_S, padding=0)

    def curves(self) -> int:
        """Return how many repetitions are drawn."""
        return len(self._curves)

    def _draw_as(self, rep_id: str, chosen: bool) -> None:
        pen = pg.mkPen(self._theme.accent if chosen else self._theme.muted, width=2 if chosen else 1)
        self._curves[rep_id].setPen(pen)
        self._curves[rep_id].setZValue(1 if chosen else 0)
