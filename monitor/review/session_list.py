"""The people and their sessions: what is new, what needs a look, and what the pain rule says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from PySide6.QtCore import QAbstractTableModel, QDate, QLocale, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from analysis.results import Exercise
from monitor.dashboard.theme import Theme
from monitor.plans.pain_rule import (
    NOT_BACK,
    OVER,
    STOP,
    SUDDEN,
    WORSE,
    Judgement,
    PainRule,
    PainVerdict,
)
from monitor.plans.sentence import Sentence
from monitor.report.words import ENGLISH, Words
from monitor.review.dates import full_day, list_day
from monitor.sets import EXERCISE_WORDS
from monitor.visit_store import past_visit
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import Person, SessionFilter, SessionRow, Visit

PAGE = 50
LOOKED_THROUGH = 5
"""Pages that are looked through at once for what needs a look."""

CELL_ROOM_PX = 20
"""What the edges of a cell take of its width."""

COLUMNS = ("new", "when", "who", "exercise", "sets", "reps", "worst pain", "verdict", "why")
SIGNS: dict[PainVerdict, str] = {"waiting": "…", "green": "✓", "amber": "!", "red": "✕"}
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session in the list, with its verdict and why it needs a look (empty: it does not)."""

    row: SessionRow
    judgement: Judgement
    reasons: tuple[str, ...]
    new: bool


def listed(
    row: SessionRow, visit: Visit, rule: PainRule, seen_until_ns: int, words: Words = ENGLISH
) -> ListedSession:
    """Return a session as it is listed. seen_until_ns: what began later is new."""
    judgement = past_visit(visit, rule).judgement
    reasons: list[str] = []
    if judgement.verdict == "red":
        reasons.append(_red_because(judgement.why, words))
    if row.damaged:
        reasons.append(words.translate("review", "the recording is damaged"))
    if not row.reps:
        reasons.append(words.translate("review", "no repetition was found"))
    if row.person is None and not row.simulated:
        reasons.append(words.translate("review", "it is nobody's"))
    return ListedSession(row, judgement, tuple(reasons), row.started_ns > seen_until_ns)


def _red_because(why: Sentence, words: Words) -> str:
    """Return in some words why a verdict is red: the sentence about it has no room in a table."""
    short = {
        SUDDEN: words.translate("review", "sudden pain"),
        STOP: words.translate("review", "pain {worst} of 10, above {stop}"),
        NOT_BACK: words.translate("review", "pain not as usual next morning"),
        WORSE: words.translate("review", "pain {morning} of 10 next morning, {before} before"),
        OVER: words.translate("review", "pain {worst} of 10, plan: {limit} at most"),
    }
    return short[why.text].format(**dict(why.values))


def heads(words: Words) -> tuple[str, ...]:
    """Return the headings over COLUMNS."""
    return (
        "",
        words.translate("review", "when"),
        words.translate("review", "who"),
        words.translate("review", "exercise"),
        words.translate("review", "sets"),
        words.translate("review", "reps"),
        words.translate("review", "worst pain"),
        words.translate("review", "verdict"),
        words.translate("review", "needs a look because"),
    )


class SessionModel(QAbstractTableModel):
    """Sessions, newest first, read page by page as somebody scrolls: any number of them opens at once."""

    def __init__(
        self, catalogue: Catalogue, rule: PainRule, seen_until_ns: int, theme: Theme, words: Words = ENGLISH
    ) -> None:
        """Begin empty; `show` reads the first page."""
        super().__init__()
        self.words = words
        self._catalogue, self._rule, self._seen_until_ns = catalogue, rule, seen_until_ns
        self._theme = theme
        self._wanted = SessionFilter()
        self._only_needing = False
        self._rows: list[ListedSession] = []
        self._next: str | None = None

    def show(self, wanted: SessionFilter, *, only_needing: bool) -> None:
        """List other sessions. Raises CatalogueError."""
        self.beginResetModel()
        self._wanted, self._only_needing = wanted, only_needing
        self._rows, self._next = [], None
        self._rows = self._read(None)
        self.endResetModel()

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.layoutChanged.emit()

    def at(self, row: int) -> ListedSession:
        """Return the session of a row."""
        return self._rows[row]

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Return how many sessions have been read."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the heading of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return heads(self.words)[section]
        return None

    def canFetchMore(self, parent: _Index) -> bool:
        """Tell whether there are more sessions than were read."""
        return not parent.isValid() and self._next is not None

    def fetchMore(self, _parent: _Index) -> None:
        """Read the next page. Raises CatalogueError."""
        more = self._read(self._next)
        if more:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(more) - 1)
            self._rows += more
            self.endInsertRows()

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell: its words, colour, place or explanation."""
        each = self._rows[index.row()]
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(each, column, self.words)
        if role == Qt.ItemDataRole.ToolTipRole and column == "verdict":
            return self.words.said(each.judgement.why)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "; ".join(each.reasons)
        if role == Qt.ItemDataRole.ForegroundRole and column == "verdict":
            return QColor(_colour(each.judgement.verdict, self._theme))
        if role == Qt.ItemDataRole.ForegroundRole and column == "new":
            return QColor(self._theme.accent)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in ("sets", "reps", "worst pain"):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _read(self, page: str | None) -> list[ListedSession]:
        found: list[ListedSession] = []
        for _ in range(LOOKED_THROUGH):
            got = self._catalogue.sessions(self._wanted, page, PAGE)
            # All at once: a question for each row would take half a second a page.
            visits = self._catalogue.visits_of([row.session_id for row in got.sessions])
            each = [
                listed(row, visits[row.session_id], self._rule, self._seen_until_ns, self.words)
                for row in got.sessions
                if row.session_id in visits
            ]
            found += [one for one in each if one.reasons or not self._only_needing]
            page = self._next = got.next_page
            if page is None or found:
                break
        return found


def _text(each: ListedSession, column: str, words: Words) -> str:
    row = each.row
    match column:
        case "new":
            return "●" if each.new else ""
        case "when":
            if row.started is None:
                return words.translate("review", "not known")
            return list_day(row.started.astimezone(), words.language)
        case "who":
            simulated = words.translate("review", "simulated") if row.simulated else "–"
            return row.display_name or row.person or simulated
        case "exercise":
            # One leg is a session of its own where both are trained with one sensor.
            side = (words.heard(row.sides[0]),) if len(row.sides) == 1 else ()
            return ", ".join((*map(words.heard, row.exercises), *side)) or "–"
        case "sets":
            return str(row.sets)
        case "reps":
            return str(row.reps)
        case "worst pain":
            return "–" if row.worst_pain is None else str(row.worst_pain)
        case "verdict":
            return f"{SIGNS[each.judgement.verdict]}  {words.heard(each.judgement.verdict)}"
        case _:
            return "; ".join(each.reasons)


def _colour(verdict: PainVerdict, theme: Theme) -> str:
    return {
        "waiting": theme.muted,
        "green": theme.in_band,
        "amber": theme.too_fast,
        "red": theme.trouble,
    }[verdict]


class SessionList(QWidget):
    """People at the left, their sessions at the right. Enter or a double click opens one."""

    opened = Signal(str)
    trends_wanted = Signal(str)
    comparison_wanted = Signal(list)
    plan_wanted = Signal(str)

    def __init__(
        self,
        catalogue: Catalogue,
        theme: Theme,
        *,
        rule: PainRule | None = None,
        seen_until_ns: int = 0,
        words: Words = ENGLISH,
    ) -> None:
        """Show the newest sessions of everybody. Raises CatalogueError."""
        super().__init__()
        self._catalogue = catalogue
        self._people: list[tuple[Person, int | None]] = []
        self.model = SessionModel(catalogue, rule or PainRule(), seen_until_ns, theme, words)
        self.words = words
        self.search = QLineEdit()
        self.search.setPlaceholderText(words.translate("review", "Search people"))
        self.search.setClearButtonEnabled(True)
        self.people = QListWidget()
        self.people.setFixedWidth(230)
        self.search.setFixedWidth(230)
        self.exercise = QComboBox()
        self.exercise.addItem(words.translate("review", "Every exercise"))
        self.exercise.addItems([words.heard(EXERCISE_WORDS[each]) for each in get_args(Exercise)])
        self.first, self.last = QDateEdit(), QDateEdit()
        self.needing = QCheckBox(words.translate("review", "Needs a look"))
        self.table = QTableView()
        self.why = QLabel()
        self.why.setObjectName("muted")
        self._build()
        self.reload()

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self.model.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the column of days as wide as the widest day: which letters are used is known only now."""
        metrics = self.table.fontMetrics()
        days = (datetime(2026, month, day, 20, 0) for month in range(1, 13) for day in range(20, 27))
        widest = max(metrics.horizontalAdvance(list_day(day, self.words.language)) for day in days)
        self.table.setColumnWidth(COLUMNS.index("when"), widest + CELL_ROOM_PX)
        super().showEvent(event)

    def reload(self) -> None:
        """Read people and sessions again. Raises CatalogueError."""
        last = self._catalogue.last_sessions()
        people = sorted(self._catalogue.people(), key=lambda each: -last.get(each.code, 0))
        self._people = [(person, last.get(person.code)) for person in people]
        self.search_people()

    def search_people(self) -> None:
        """Show the people who fit what is searched for, and their sessions. Raises CatalogueError."""
        self._fill_people()
        self.look()

    def refresh(self) -> None:
        """Read the sessions again, with the same one chosen. Raises CatalogueError."""
        row = self.table.currentIndex().row()
        self.look()
        if 0 <= row < self.model.rowCount():
            self.table.selectRow(row)

    def look(self) -> None:
        """List the sessions that are wanted now. Raises CatalogueError."""
        chosen = self.people.currentItem()
        person = chosen.data(Qt.ItemDataRole.UserRole) if chosen else None
        exercise = (None, *get_args(Exercise))[self.exercise.currentIndex()]
        wanted = SessionFilter(
            person,
            exercise,
            _start_ns(self.first.date()),
            _start_ns(self.last.date().addDays(1)),
        )
        self.model.show(wanted, only_needing=self.needing.isChecked())
        if self.model.rowCount():
            self.table.selectRow(0)
        self._explain()

    def chosen(self) -> list[ListedSession]:
        """Return the chosen sessions, from the top."""
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        return [self.model.at(row) for row in sorted(rows)]

    def open_chosen(self) -> None:
        """Open the first chosen session."""
        if chosen := self.chosen():
            self.opened.emit(chosen[0].row.session_id)

    def ask_for_trends(self) -> None:
        """Ask for the trends of the person in question, or for a comparison where several are chosen."""
        chosen = self.chosen()
        if len(chosen) > 1:
            self.comparison_wanted.emit([each.row.session_id for each in chosen])
        elif (person := self._person()) is not None:
            self.trends_wanted.emit(person)
        else:
            self._nobody()

    def ask_for_plan(self) -> None:
        """Ask for the plan of the person in question."""
        if (person := self._person()) is not None:
            self.plan_wanted.emit(person)
        else:
            self._nobody()

    def _person(self) -> str | None:
        """Return who is chosen at the left, or else whose session is."""
        item = self.people.currentItem()
        person = item.data(Qt.ItemDataRole.UserRole) if item else None
        chosen = self.chosen()
        return person or (chosen[0].row.person if chosen else None)

    def _nobody(self) -> None:
        text = self.words.translate("review", "Choose a person first, or more sessions to compare them.")
        self.why.setText(text)

    def _fill_people(self) -> None:
        text = self.search.text().strip().lower()
        self.people.blockSignals(True)
        self.people.clear()
        everybody = QListWidgetItem(self.words.translate("review", "Everybody"))
        self.people.addItem(everybody)
        found = [
            (person, when)
            for person, when in self._people
            if text in person.code.lower() or text in person.display_name.lower()
        ]
        for person, when in found:
            day = self.words.translate("review", "no session yet")
            if when:
                day = full_day(datetime.fromtimestamp(when / 1e9, UTC), self.words.language)
            item = QListWidgetItem(f"{person.display_name or person.code}\n{person.code} · {day}")
            item.setData(Qt.ItemDataRole.UserRole, person.code)
            self.people.addItem(item)
        # One person found is the one that was meant.
        self.people.setCurrentRow(1 if text and len(found) == 1 else 0)
        self.people.blockSignals(False)

    def _explain(self) -> None:
        chosen = self.chosen()
        if not chosen:
            self.why.setText(self.words.translate("review", "No session fits. Another date, another person?"))
        elif len(chosen) > 1:
            text = self.words.translate("review", "{number} sessions chosen.")
            self.why.setText(text.format(number=len(chosen)))
        else:
            self.why.setText(self.words.said(chosen[0].judgement.why))

    def _build(self) -> None:
        today = date.today()
        for edit, day in ((self.first, today - timedelta(days=365)), (self.last, today)):
            edit.setCalendarPopup(True)
            german = self.words.language == "de"
            edit.setLocale(QLocale.Language.German if german else QLocale.Language.English)
            edit.setDisplayFormat("dd.MM.yyyy" if german else "d MMM yyyy")
            edit.setDate(QDate(day.year, day.month, day.day))
        bar = QHBoxLayout()
        bar.addWidget(QLabel(self.words.translate("review", "From")))
        bar.addWidget(self.first)
        bar.addWidget(QLabel(self.words.translate("review", "to")))
        bar.addWidget(self.last)
        bar.addWidget(self.exercise)
        bar.addWidget(self.needing)
        bar.addStretch()
        self.open = QPushButton(self.words.translate("review", "Open (Enter)"))
        self.open.clicked.connect(self.open_chosen)
        self.plan = QPushButton(self.words.translate("review", "Plan (L)"))
        self.plan.clicked.connect(self.ask_for_plan)
        self.trends = QPushButton(self.words.translate("review", "Trends, or compare (R)"))
        self.trends.clicked.connect(self.ask_for_trends)
        for button in (self.open, self.plan, self.trends):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            bar.addWidget(button)
        table = self.table
        table.setModel(self.model)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(32)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(32)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate((28, 186, 158, 124, 46, 46, 88, 100)):
            table.setColumnWidth(column, width)
        header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        left = QVBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.people, 1)
        right = QVBoxLayout()
        right.addLayout(bar)
        right.addWidget(table, 1)
        right.addWidget(self.why)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.addLayout(left)
        row.addLayout(right, 1)

        self.search.textChanged.connect(lambda _: self.search_people())
        self.people.currentRowChanged.connect(lambda _: self.look())
        self.exercise.currentIndexChanged.connect(lambda _: self.look())
        self.needing.toggled.connect(lambda _: self.look())
        for edit in (self.first, self.last):
            edit.dateChanged.connect(lambda _: self.look())
        table.activated.connect(lambda index: self.opened.emit(self.model.at(index.row()).row.session_id))
        table.selectionModel().selectionChanged.connect(lambda *_: self._explain())


def _start_ns(day: QDate) -> int:
    moment = datetime(day.year(), day.month(), day.day()).astimezone()
    return int(moment.timestamp()) * 10**9
