"""One person's sessions over weeks, with the error of the measurement drawn; two of them compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.dashboard.theme import Theme
from monitor.plan import band_s
from monitor.review.trends import LIMITS, Change, Direction, Point, Quantity, change, point
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import SessionFilter

SHOWN: tuple[Quantity, ...] = ("lowering", "dose", "range", "break", "pain", "morning", "effort", "control")
IN_ROW = 4
MOST_SESSIONS = 500
SIGNS: dict[Direction, str] = {"more": "▲", "less": "▼", "within the error": "=", "not known": "–"}
EXERCISES = ("bridge", "nordic", "slider")


class TrendsPage(QWidget):
    """Small plots, one a quantity. The grey band is the first session and what may be error around it."""

    back = Signal()

    def __init__(self, catalogue: Catalogue, theme: Theme) -> None:
        """Start empty; `show_person` and `compare` fill it."""
        super().__init__()
        self._catalogue = catalogue
        self._theme = theme
        self._points: list[Point] = []
        self._code: str | None = None
        self._only: set[str] | None = None
        self.title = _label("title")
        self.facts = _label("muted")
        self.exercise = QComboBox()
        self.exercise.addItems(["Bridges", "Nordic curls", "Sliders"])
        self.plots: dict[Quantity, pg.PlotWidget] = {}
        self.words: dict[Quantity, QLabel] = {}
        self._build()
        self.exercise.currentIndexChanged.connect(lambda _: self._read())

    def show_person(self, code: str) -> None:
        """Show all sessions of a person. Raises CatalogueError."""
        self._code, self._only = code, None
        self._begin()

    def compare(self, session_ids: Sequence[str], code: str | None) -> None:
        """Show some sessions only, the first against the last. Raises CatalogueError."""
        self._code, self._only = code, set(session_ids)
        self._begin()

    def changes(self) -> dict[Quantity, Change]:
        """Return what changed from the first to the last session that is shown."""
        if len(self._points) < 2:
            return {}
        return {each: change(self._points[0], self._points[-1], each) for each in SHOWN}

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self._paint()

    def _begin(self) -> None:
        rows = self._rows()
        found = {name for row in rows for name in row.exercises}
        with_both = [name for name in EXERCISES if name in found]
        if with_both:
            # The exercise of the newest session is what people ask about.
            newest = rows[0].exercises[0]
            self.exercise.blockSignals(True)
            self.exercise.setCurrentIndex(EXERCISES.index(newest) if newest in EXERCISES else 0)
            self.exercise.blockSignals(False)
        self._read()

    def _rows(self) -> list[Any]:
        wanted = SessionFilter(self._code)
        rows: list[Any] = []
        page: str | None = None
        while len(rows) < MOST_SESSIONS:
            got = self._catalogue.sessions(wanted, page, 100)
            rows += got.sessions
            page = got.next_page
            if page is None:
                break
        return [row for row in rows if self._only is None or row.session_id in self._only]

    def _read(self) -> None:
        exercise = EXERCISES[self.exercise.currentIndex()]
        rows = self._rows()
        found = [
            point(self._catalogue.session(row.session_id), self._catalogue.visit(row.session_id), exercise)
            for row in rows
        ]
        self._points = sorted((each for each in found if each is not None), key=lambda each: each.started_ns)
        name = "Sessions compared"
        if self._only is None and self._code is not None:
            person = self._catalogue.person(self._code)
            name = f"{person.display_name or person.code}: trends"
        self.title.setText(name)
        self._paint()

    def _paint(self) -> None:
        points = self._points
        if points:
            first, last = points[0].day, points[-1].day
            count = f"{len(points)} sessions" if len(points) > 1 else "1 session"
            simulated = "SIMULATED · " if any(each.simulated for each in points) else ""
            self.facts.setText(
                f"{simulated}{count}, {first:%d %b %Y} to {last:%d %b %Y} · grey: the first one with the "
                "error of the measurement; a change counts beyond it only"
            )
        else:
            self.facts.setText("No session with this exercise.")
        found = self.changes()
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
        known = [each for each in self._points if quantity in each.values]
        self.words[quantity].setText(_words(found, quantity))
        self.words[quantity].setToolTip(f"Real beyond {limit.limit:g} {limit.unit}: {limit.source}.")
        for name in ("left", "bottom"):
            plot.showAxis(name, show=bool(known))
        if not known:
            return
        times = [each.started_ns / 1e9 for each in known]
        values = [each.values[quantity] for each in known]
        bands = [(values[0] - limit.limit, values[0] + limit.limit, theme.still_area, -20)]
        targets = {each.target_s for each in known if each.target_s}
        if quantity == "lowering" and len(targets) == 1:
            bands.append((*band_s(targets.pop()), theme.target_area, -15))
        for low, high, colour, depth in bands:
            band = pg.LinearRegionItem(
                (low, high), orientation="horizontal", movable=False, brush=colour, pen=pg.mkPen(None)
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
        lowest, highest = min(*values, bands[0][0]), max(*values, bands[0][1])
        room = 0.08 * (highest - lowest)
        whole = (-0.5, 10.5) if LIMITS[quantity].unit == "of 10" else (lowest - room, highest + room)
        plot.setYRange(*whole, padding=0)
        span = max(86_400.0, times[-1] - times[0])
        plot.setXRange(times[0] - 0.14 * span, times[-1] + 0.14 * span, padding=0)
        plot.getAxis("bottom").setTicks([_day_ticks(times)])

    def _build(self) -> None:
        top = QHBoxLayout()
        leave = QPushButton("‹ Sessions")
        leave.clicked.connect(self.back.emit)
        leave.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        top.addWidget(leave)
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.title)
        titles.addWidget(self.facts)
        top.addLayout(titles)
        top.addStretch()
        top.addWidget(self.exercise)
        grid = QGridLayout()
        grid.setSpacing(8)
        for number, quantity in enumerate(SHOWN):
            grid.addWidget(self._panel(quantity), number // IN_ROW, number % IN_ROW)
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
        column.addWidget(_label("small", f"{limit.name}, {limit.unit}"))
        self.words[quantity] = _label("figure")
        column.addWidget(self.words[quantity])
        plot = pg.PlotWidget(enableMenu=False)
        item: Any = plot.getPlotItem()
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.getAxis("left").setWidth(34)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plots[quantity] = plot
        column.addWidget(plot, 1)
        return panel


def _words(found: Change | None, quantity: Quantity) -> str:
    if found is None or found.before is None or found.after is None or found.by is None:
        return "–"
    digits = 1 if LIMITS[quantity].unit == "s" else 0
    by = f"{found.by:+.{digits}f}".replace("-", "−")
    told = f"{SIGNS[found.direction]} {found.before:.{digits}f} → {found.after:.{digits}f}"
    return f"{told}, within the error" if found.direction == "within the error" else f"{told} ({by})"


def _day_ticks(times: Sequence[float]) -> list[tuple[float, str]]:
    chosen = [times[0], times[-1]] if len(times) < 3 else [times[0], times[len(times) // 2], times[-1]]
    return [(at, f"{datetime.fromtimestamp(at):%d %b}") for at in dict.fromkeys(chosen)]


def _label(name: str, text: str = "") -> QLabel:
    made = QLabel(text)
    made.setObjectName(name)
    return made
