"""The table of repetitions. Only what is in view is worked out: a correction costs the same anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from analysis.results import Rep
from monitor.dashboard.glyphs import draw_verdict
from monitor.dashboard.theme import Theme
from monitor.plan import Verdict
from monitor.report.content import set_title
from monitor.report.words import Words
from monitor.review.edits import Corrected, CorrectedRep, CorrectedSet
from monitor.review.rows import COLUMNS, head_words, heads, rep_row, verdict_of

ICON_PX = 16
REMARKS = COLUMNS - 1
BREAK_COLUMNS = 7, 8
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: a set (each None), or a repetition with its number in it."""

    part: CorrectedSet
    each: CorrectedRep | None = None
    number: int = 0


class RepModel(QAbstractTableModel):
    """Sets and their repetitions as they hold now. smoothness: of a repetition, asked for what is in view."""

    def __init__(self, theme: Theme, words: Words, smoothness: Callable[[Rep], float | None]) -> None:
        """Start empty."""
        super().__init__()
        self.theme, self.words = theme, words
        self._smoothness = smoothness
        self._rows: list[_Row] = []
        self._zero_s = 0.0
        self._cells: dict[int, tuple[str, ...]] = {}

    def show(self, now: Corrected, zero_s: float) -> None:
        """Show what holds now; zero_s: time of the first sample."""
        rows: list[_Row] = []
        for part in now.sets:
            rows.append(_Row(part))
            rows += [_Row(part, each, number) for number, each in enumerate(part.reps, 1)]
        self.beginResetModel()
        self._rows, self._zero_s = rows, zero_s
        self._cells.clear()
        self.endResetModel()

    @property
    def ids(self) -> list[str | None]:
        """The id of the repetition in each row; None in the rows of sets."""
        return [None if row.each is None else row.each.id for row in self._rows]

    @property
    def set_rows(self) -> list[int]:
        """The rows in which sets stand."""
        return [number for number, row in enumerate(self._rows) if row.each is None]

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the heading of a column, what it means, and on which side it stands."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return heads(self.words)[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return head_words(self.words)[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let repetitions be chosen, and sets not."""
        if self._rows[index.row()].each is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell: its words, and how they look."""
        row, column = self._rows[index.row()], index.column()
        if row.each is None:
            return self._of_set(row.part, column, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells_of(index.row())[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.ToolTipRole and column == REMARKS:
            return self._cells_of(index.row())[column]
        if role == Qt.ItemDataRole.ForegroundRole and row.part.excluded:
            return QColor(self.theme.muted)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            verdict = verdict_of(row.each, row.part)
            return None if verdict is None else verdict_icon(verdict, self.theme)
        return None

    def _of_set(self, part: CorrectedSet, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.BackgroundRole:
            return QColor(self.theme.page)
        if column:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            left_out = " · " + self.words.translate("review", "left out") if part.excluded else ""
            note = f" · {self.words.quoted(part.note)}" if part.note else ""
            return f"{set_title(part.measured(), self.words)}{left_out}{note}"
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setPixelSize(14)
            font.setBold(True)
            return font
        return None

    def _cells_of(self, number: int) -> tuple[str, ...]:
        # A row is asked for by every column and role of it.
        row = self._rows[number]
        if number not in self._cells and row.each is not None:
            smooth = self._smoothness(row.each.rep)
            self._cells[number] = rep_row(row.number, row.each, row.part, smooth, self._zero_s, self.words)
        return self._cells[number]


class RepTable(QTableView):
    """The table, with one repetition chosen. chosen: emitted with its id where a person chose it."""

    chosen = Signal(str)

    def __init__(self, model: RepModel) -> None:
        """Start empty."""
        super().__init__()
        self._model = model
        self._ids: list[str | None] = []
        self._spans: list[int] = []
        self.setModel(model)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(REMARKS, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(30)
        header.setHighlightSections(False)
        header.setFixedHeight(32)
        # As wide as what is in view asks for: looking at every row would cost what the model saves.
        header.setResizeContentsPrecision(0)
        self.selectionModel().currentRowChanged.connect(self._row_chosen)

    @property
    def ids(self) -> list[str | None]:
        """The id of the repetition in each row; None in the rows of sets."""
        return self._ids

    def show_corrected(self, now: Corrected, zero_s: float) -> None:
        """Show what holds now, where the table was scrolled to."""
        at = self.verticalScrollBar().value()
        self._model.show(now, zero_s)
        self._ids = self._model.ids
        if self._spans != self._model.set_rows:
            self.clearSpans()
            self._spans = self._model.set_rows
            for row in self._spans:
                self.setSpan(row, 0, 1, COLUMNS)
        broke = any(each.rep.break_point for part in now.sets for each in part.reps)
        for column in BREAK_COLUMNS:
            if self.isColumnHidden(column) == broke:
                self.setColumnHidden(column, not broke)
        self.verticalScrollBar().setValue(at)

    def select(self, rep_id: str) -> None:
        """Choose a repetition without telling anybody."""
        row = self._ids.index(rep_id)
        blocked = self.selectionModel().blockSignals(True)
        self.selectRow(row)
        self.selectionModel().blockSignals(blocked)
        self.scrollTo(self._model.index(row, 0))
        self.viewport().update()

    def fit(self) -> None:
        """Make every column as wide as what is in it, and the remarks as wide as there is room."""
        self.resizeColumnsToContents()

    def _row_chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and (rep_id := self._ids[current.row()]) is not None:
            self.chosen.emit(rep_id)


@lru_cache(maxsize=32)
def verdict_icon(verdict: Verdict, theme: Theme) -> QIcon:
    """Return the sign of a verdict for a table."""
    picture = QPixmap(2 * ICON_PX, 2 * ICON_PX)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw_verdict(painter, verdict, QPointF(ICON_PX, ICON_PX), 0.8 * ICON_PX, theme)
    painter.end()
    picture.setDevicePixelRatio(2.0)
    return QIcon(picture)


def _side(column: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if 0 < column < REMARKS else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
