"""Sessions over each other: their lowerings as curves, and what of the differences is more than error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from analysis.results import Exercise
from monitor.dashboard.theme import Theme
from monitor.measured_file import MeasuredFile
from monitor.plan import band_s
from monitor.report.words import Words
from monitor.review.change_list import ChangeList
from monitor.review.comparison import By, Group, exercises_of, groups_of, sides_of
from monitor.review.dates import full_day, short_day
from monitor.review.degree_axis import DegreeAxis
from monitor.review.style import named_label
from monitor.review.trends import LIMITS, Change, change
from monitor.sets import EXERCISE_WORDS
from recordings.catalogue import Catalogue

WAYS: tuple[By, ...] = ("session", "side")
# Colours alone tell nothing to whoever sees them alike, nor on a grey print.
DASHES = (
    (Qt.PenStyle.DotLine, "┄┄"),
    (Qt.PenStyle.SolidLine, "━━"),
    (Qt.PenStyle.DashLine, "╍╍"),
    (Qt.PenStyle.DashDotLine, "━ ╍"),
)


class ComparePage(QWidget):
    """The curves at the left, first against last (or left against right) at the right."""

    back = Signal()
    report_wanted = Signal()

    def __init__(
        self, catalogue: Catalogue, theme: Theme, words: Words, measure: Callable[[Path], MeasuredFile]
    ) -> None:
        """Start empty; `compare` fills it."""
        super().__init__()
        self._catalogue, self._theme, self.words, self._measure = catalogue, theme, words, measure
        self.session_ids: tuple[str, ...] = ()
        self.groups: list[Group] = []
        self.title, self.facts, self.legend = named_label("title"), named_label("muted"), named_label("small")
        self.exercise, self.way = QComboBox(), QComboBox()
        for each in get_args(Exercise):
            self.exercise.addItem(words.heard(EXERCISE_WORDS[each]), each)
        self.way.addItem(words.translate("review", "First against last"), "session")
        self.way.addItem(words.translate("review", "Left against right"), "side")
        self.changes = ChangeList(theme, words)
        self.plot = pg.PlotWidget(enableMenu=False, axisItems={"left": DegreeAxis()})
        self._build()
        self.exercise.currentIndexChanged.connect(lambda _: self._read())
        self.way.currentIndexChanged.connect(lambda _: self._read())

    def compare(self, session_ids: Sequence[str]) -> None:
        """Show some sessions. Raises CatalogueError, RecordingError, OSError."""
        self.session_ids = tuple(session_ids)
        found = exercises_of(self._catalogue, session_ids)
        first = next((at for at, each in enumerate(get_args(Exercise)) if each in found), 0)
        for box, at in ((self.exercise, first), (self.way, 0)):
            box.blockSignals(True)
            box.setCurrentIndex(at)
            box.blockSignals(False)
        self._read()

    def choose(self, way: By) -> None:
        """Compare by session or by side."""
        self.way.setCurrentIndex(WAYS.index(way))

    def found_changes(self) -> list[Change]:
        """Return what differs between the first and the last of what is shown."""
        if len(self.groups) < 2:
            return []
        first, last = self.groups[0].point, self.groups[-1].point
        return [change(first, last, quantity) for quantity in LIMITS]

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = self.changes.theme = theme
        self._paint()

    def _read(self) -> None:
        exercise: Exercise = self.exercise.currentData()
        way: By = self.way.currentData()
        # Where only one leg was measured there is nothing to compare it with.
        both = len(sides_of(self._catalogue, self.session_ids, exercise)) == 2
        model: Any = self.way.model()
        model.item(1).setEnabled(both)
        if way == "side" and not both:
            self.way.setCurrentIndex(0)
            return
        self.groups = groups_of(self._catalogue, self.session_ids, exercise, way, self._measure)
        self._paint()

    def _paint(self) -> None:
        words, groups, theme = self.words, self.groups, self._theme
        item: Any = self.plot.getPlotItem()
        item.clear()
        self.plot.setBackground(theme.panel)
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(theme.muted)
        self.title.setText(words.translate("review", "Comparison"))
        names = [self._name(each) for each in groups]
        self.facts.setText(self._facts_words())
        colours = self._colours()
        for group, colour, (style, _) in zip(groups, colours, cycle(DASHES), strict=False):
            pen = pg.mkPen(colour, width=1.6, style=style)
            for curve in group.curves:
                item.addItem(pg.PlotCurveItem(curve.t_s, curve.thigh_angle_deg, connect="finite", pen=pen))
        known = [
            each.thigh_angle_deg[np.isfinite(each.thigh_angle_deg)] for one in groups for each in one.curves
        ]
        if any(each.size for each in known):
            found = np.concatenate(known)
            # From tick to tick, so that the axis has a label at either end.
            item.setYRange(*_whole_ticks(float(found.min()), float(found.max())), padding=0.01)
        targets = {each.point.target_s for each in groups if each.point.target_s}
        if len(targets) == 1:
            band = pg.LinearRegionItem(
                band_s(targets.pop()), movable=False, brush=theme.target_area, pen=pg.mkPen(None)
            )
            band.setZValue(-10)
            item.addItem(band, ignoreBounds=True)
        self.legend.setText(
            " &nbsp; ".join(
                f'<span style="color:{colour.name()}; font-size:18px">{dash}</span> {name}'
                for name, colour, (_, dash) in zip(names, colours, cycle(DASHES), strict=False)
            )
        )
        heads = (names[0], names[-1]) if len(names) > 1 else ("", "")
        self.changes.show_changes(heads, self.found_changes())

    def _colours(self) -> list[QColor]:
        """Return a colour for each group, from orange for the first to blue for the last."""
        first, last = QColor(self._theme.too_fast), QColor(self._theme.accent)
        steps = max(1, len(self.groups) - 1)

        def mixed(share: float) -> QColor:
            return QColor.fromRgbF(
                first.redF() + share * (last.redF() - first.redF()),
                first.greenF() + share * (last.greenF() - first.greenF()),
                first.blueF() + share * (last.blueF() - first.blueF()),
            )

        return [mixed(at / steps) for at in range(len(self.groups))]

    def _name(self, group: Group) -> str:
        if group.side is not None:
            return self.words.heard(group.side)
        return short_day(group.point.day, self.words.language)

    def _facts_words(self) -> str:
        words, language = self.words, self.words.language
        if len(self.groups) < 2:
            return words.translate(
                "review", "There is nothing to compare: choose two sessions of one exercise."
            )
        began = sorted(self._catalogue.row(each).started_ns for each in self.session_ids)
        days = (datetime.fromtimestamp(each / 1e9) for each in (began[0], began[-1]))
        first, last = (full_day(each, language) for each in days)
        simulated = any(each.point.simulated for each in self.groups)
        mark = words.translate("review", "SIMULATED") + " · " if simulated else ""
        text = words.translate(
            "review",
            "{number} sessions, {first} to {last} · grey: the error of the measurement; a change is real "
            "beyond it only",
        )
        return mark + text.format(number=len(self.session_ids), first=first, last=last)

    def _build(self) -> None:
        top = QHBoxLayout()
        leave = QPushButton("‹ " + self.words.translate("review", "Sessions"))
        leave.clicked.connect(self.back.emit)
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.title)
        # A long line must not make the window wider than the screen.
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        titles.addWidget(self.facts)
        report = QPushButton(self.words.translate("review", "Report"))
        report.setObjectName("main")
        report.clicked.connect(self.report_wanted.emit)
        top.addWidget(leave)
        top.addLayout(titles, 1)
        for each in (self.exercise, self.way, report):
            top.addWidget(each)
        item: Any = self.plot.getPlotItem()
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.getAxis("left").setWidth(54)
        # The label of the highest tick stands half above the axis.
        item.layout.setContentsMargins(1, 10, 1, 1)
        item.getAxis("bottom").setLabel(self.words.translate("review", "seconds since the lowering began"))
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        left, right = QFrame(), QFrame()
        for panel, inside in ((left, (self.legend, self.plot)), (right, (self.changes,))):
            panel.setObjectName("panel")
            column = QVBoxLayout(panel)
            for each in inside:
                column.addWidget(each)
        row = QHBoxLayout()
        row.addWidget(left, 5)
        row.addWidget(right, 6)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 10, 14, 12)
        whole.addLayout(top)
        whole.addLayout(row, 1)


def _whole_ticks(low_deg: float, high_deg: float) -> tuple[float, float]:
    step_deg = 5.0 if high_deg - low_deg < 30 else 10.0
    return step_deg * np.floor(low_deg / step_deg), step_deg * np.ceil(high_deg / step_deg)
