"""One person's sessions over weeks, with the error of the measurement drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from analysis.results import Exercise
from monitor.dashboard.theme import Theme
from monitor.plan import band_s
from monitor.report.words import ENGLISH, Words
from monitor.review.change_list import SIGNS, digits_of
from monitor.review.dates import full_day, short_day
from monitor.review.style import named_label
from monitor.review.trends import LIMITS, Change, Point, Quantity, by_side, change, points_of, weeks_of
from monitor.sets import EXERCISE_WORDS
from monitor.settings import Language
from recordings.catalogue import Catalogue

SHOWN: tuple[Quantity, ...] = (
    "lowering",
    "dose",
    "range",
    "break",
    "control",
    "done",
    "weekly",
    "pain",
    "after",
    "morning",
    "effort",
)
IN_ROW = 5
SAME_PLACE: tuple[Quantity, Quantity] = ("done", "weekly")
"""Of these two the later is shown where it is known."""


class _NumberAxis(pg.AxisItem):
    """An axis with numbers as the language writes them."""

    def __init__(self, words: Words) -> None:
        super().__init__("left")
        self._words = words

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        digits = 0 if spacing * scale >= 1 else 1 if spacing * scale >= 0.1 else 2
        return [self._words.number(value * scale, digits) for value in values]


class TrendsPage(QWidget):
    """Small plots, one a quantity. The grey band is the first session and what may be error around it."""

    back = Signal()
    report_wanted = Signal()

    def __init__(self, catalogue: Catalogue, theme: Theme, words: Words = ENGLISH) -> None:
        """Start empty; `show_person` fills it."""
        super().__init__()
        self._catalogue = catalogue
        self._theme = theme
        self.words = words
        self._points: list[Point] = []
        self._weeks: list[Point] = []
        self.person: str | None = None
        self.title = named_label("title")
        self.facts = named_label("muted")
        self.exercise = QComboBox()
        self.plots: dict[Quantity, pg.PlotWidget] = {}
        self.panels: dict[Quantity, QFrame] = {}
        self.told: dict[Quantity, QLabel] = {}
        self._build()
        self.exercise.currentIndexChanged.connect(lambda _: self._choose())

    def show_person(self, code: str) -> None:
        """Show all sessions of a person, those of the newest exercise first. Raises CatalogueError."""
        self.person = code
        person = self._catalogue.person(code)
        plans = self._catalogue.plans(person)
        found: list[tuple[str, list[Point], list[Point]]] = []
        for exercise in get_args(Exercise):
            for side, points in by_side(points_of(self._catalogue, exercise, code)).items():
                leg = f", {self.words.heard(side)}" if side in ("left", "right") else ""
                weeks = weeks_of(points, plans, exercise)
                found.append((self.words.heard(EXERCISE_WORDS[exercise]) + leg, points, weeks))
        found.sort(key=lambda item: (len(item[1]) > 1, item[1][-1].started_ns), reverse=True)
        self.exercise.blockSignals(True)
        self.exercise.clear()
        for name, points, weeks in found:
            self.exercise.addItem(name, (points, weeks))
        self.exercise.blockSignals(False)
        named = self.words.translate("review", "{person}: trends")
        self.title.setText(named.format(person=person.display_name or person.code))
        self._choose()

    def changes(self) -> dict[Quantity, Change]:
        """Return what changed, for each quantity from the first to the last session in which it is known."""
        known: dict[Quantity, list[Point]]
        known = {each: self._known(each) for each in SHOWN}
        return {each: change(found[0], found[-1], each) for each, found in known.items() if len(found) > 1}

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self._paint()

    def _known(self, quantity: Quantity) -> list[Point]:
        return [each for each in (*self._points, *self._weeks) if quantity in each.values]

    def _choose(self) -> None:
        self._points, self._weeks = self.exercise.currentData() or ([], [])
        self._paint()

    def _paint(self) -> None:
        points, words = self._points, self.words
        if points:
            first, last = (full_day(each.day, words.language) for each in (points[0], points[-1]))
            simulated = words.translate("review", "SIMULATED") + " · "
            text = words.translate(
                "review",
                "{number} sessions, {first} to {last} · grey: the first one and its error; a change counts "
                "beyond it only",
            )
            self.facts.setText(
                (simulated if any(each.simulated for each in points) else "")
                + text.format(number=len(points), first=first, last=last)
            )
        else:
            self.facts.setText(words.translate("review", "No session yet."))
        found = self.changes()
        by_session, by_week = SAME_PLACE
        self.panels[by_session].setHidden(bool(self._weeks))
        self.panels[by_week].setVisible(bool(self._weeks))
        for quantity in SHOWN:
            self._paint_one(quantity, found.get(quantity))

    def _paint_one(self, quantity: Quantity, found: Change | None) -> None:
        limit, theme = LIMITS[quantity], self._theme
        plot: Any = self.plots[quantity].getPlotItem()
        self.plots[quantity].setBackground(theme.panel)
        plot.clear()
        for name in ("left", "bottom"):
            axis = plot.getAxis(name)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(theme.muted)
        known = self._known(quantity)
        beyond = self.words.translate("review", "Real beyond {limit} {unit}: {source}.")
        self.told[quantity].setText(self._change_words(found, quantity))
        self.told[quantity].setToolTip(
            beyond.format(
                limit=self.words.short(limit.limit),
                unit=self.words.heard(limit.unit),
                source=self.words.heard(limit.source),
            )
        )
        for name in ("left", "bottom"):
            plot.showAxis(name, show=bool(known))
        if not known:
            return
        times = [each.started_ns / 1e9 for each in known]
        values = [each.values[quantity] for each in known]
        error = values[0] - limit.limit, values[0] + limit.limit
        bands: list[tuple[tuple[float, float], str, str | None]] = [(error, theme.still_area, theme.muted)]
        targets = {each.target_s for each in known if each.target_s}
        if quantity == "lowering" and len(targets) == 1:
            bands.insert(0, (band_s(targets.pop()), theme.target_area, None))
        # The target first: the error is drawn over it, with edges, or it could not be seen there.
        for depth, (between, colour, edge) in enumerate(bands, -20):
            band = pg.LinearRegionItem(
                between,
                orientation="horizontal",
                movable=False,
                brush=pg.mkBrush(_see_through(colour) if edge and len(bands) > 1 else colour),
                pen=pg.mkPen(edge, width=1, style=Qt.PenStyle.DashLine) if edge else pg.mkPen(None),
            )
            band.setZValue(depth)
            plot.addItem(band, ignoreBounds=True)
        plot.addItem(
            pg.PlotDataItem(
                times,
                values,
                pen=pg.mkPen(theme.muted, width=1),
                symbol="o",
                symbolSize=7,
                symbolBrush=theme.accent,
                symbolPen=None,
            )
        )
        lowest, highest = min(*values, error[0]), max(*values, error[1])
        room = 0.08 * (highest - lowest)
        whole = (-0.5, 10.5) if LIMITS[quantity].unit == "of 10" else (lowest - room, highest + room)
        plot.setYRange(*whole, padding=0)
        span = max(86_400.0, times[-1] - times[0])
        plot.setXRange(times[0] - 0.14 * span, times[-1] + 0.14 * span, padding=0)
        plot.getAxis("bottom").setTicks([_day_ticks(times, self.words.language)])

    def _change_words(self, found: Change | None, quantity: Quantity) -> str:
        if found is None or found.before is None or found.after is None:
            return "–"
        digits = digits_of(quantity)
        before, after = (self.words.number(each, digits) for each in (found.before, found.after))
        told = f"{SIGNS[found.direction]} {before} → {after}"
        if found.direction == "within the error":
            return told
        return f"{told} ({self.words.signed(found.shown_by(digits), digits)})"

    def _build(self) -> None:
        top = QHBoxLayout()
        leave = QPushButton("‹ " + self.words.translate("review", "Sessions"))
        leave.clicked.connect(self.back.emit)
        leave.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        top.addWidget(leave)
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.title)
        # A long line must not make the window wider than the screen.
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        titles.addWidget(self.facts)
        top.addLayout(titles, 1)
        top.addWidget(self.exercise)
        report = QPushButton(self.words.translate("review", "Progress report"))
        report.setObjectName("main")
        report.clicked.connect(self.report_wanted.emit)
        top.addWidget(report)
        grid = QGridLayout()
        grid.setSpacing(8)
        places = [each for each in SHOWN if each != SAME_PLACE[1]]
        for quantity in SHOWN:
            number = places.index(SAME_PLACE[0] if quantity in SAME_PLACE else quantity)
            self.panels[quantity] = self._panel(quantity)
            grid.addWidget(self.panels[quantity], number // IN_ROW, number % IN_ROW)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.addLayout(top)
        column.addLayout(grid, 1)

    def _panel(self, quantity: Quantity) -> QFrame:
        panel = QFrame()
        panel.setObjectName("panel")
        column = QVBoxLayout(panel)
        column.setContentsMargins(10, 8, 10, 6)
        column.setSpacing(2)
        limit = LIMITS[quantity]
        column.addWidget(
            named_label("small", f"{self.words.heard(limit.name)}, {self.words.heard(limit.unit)}")
        )
        self.told[quantity] = named_label("figure")
        column.addWidget(self.told[quantity])
        plot = pg.PlotWidget(enableMenu=False, axisItems={"left": _NumberAxis(self.words)})
        item: Any = plot.getPlotItem()
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.getAxis("left").setWidth(34)
        # The label of the highest tick stands half above the axis.
        item.layout.setContentsMargins(1, 8, 1, 1)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plots[quantity] = plot
        column.addWidget(plot, 1)
        return panel


def _day_ticks(times: Sequence[float], language: Language) -> list[tuple[float, str]]:
    chosen = [times[0], times[-1]] if len(times) < 3 else [times[0], times[len(times) // 2], times[-1]]
    return [(at, short_day(datetime.fromtimestamp(at), language)) for at in dict.fromkeys(chosen)]


def _see_through(colour: str) -> QColor:
    made = QColor(colour)
    made.setAlpha(150)
    return made
