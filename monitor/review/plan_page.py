"""A person's plan: write it, start it from a template, see what the patient will see, and give it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from monitor.dashboard.theme import Theme, ThemeName
from monitor.plan import Plan
from monitor.plans.own_templates import keep_template, own_templates
from monitor.plans.plan_file import LONGEST_NAME, MOST_PLANS, PlanFile, PlanFileError, read_plan_file
from monitor.plans.templates import TEMPLATES
from monitor.report.words import Words
from monitor.review.dates import full_day
from monitor.review.plan_form import PlanForm
from monitor.review.plan_preview import PlanPreview
from monitor.review.style import named_label
from monitor.visit_store import AD_HOC, PersonRow, Today, planned, prescribe
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import CatalogueError, Person

PREVIEW_MS = 150
"""So long after the last change the patient's page is painted anew."""


class PlanPage(QWidget):
    """Fields at the left, the patient's page at the right. given: a person has a new plan."""

    back = Signal()
    given = Signal(str)

    def __init__(
        self, catalogue: Catalogue, theme_name: ThemeName, words: Words, data: Path | None = None
    ) -> None:
        """Start empty; `show_person` fills it. data: where one's own templates are; None: without them."""
        super().__init__()
        self._catalogue, self.words, self._data = catalogue, words, data
        self._theme_name: ThemeName = theme_name
        self._person: Person | None = None
        self._plans: list[Plan] = [AD_HOC]
        self._source = ""
        self.title, self.facts, self.said = named_label("title"), named_label("muted"), named_label("warn")
        self.said.setWordWrap(True)
        self.start, self.which = QComboBox(), QComboBox()
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.source = named_label("small")
        self.source.setWordWrap(True)
        self.form = PlanForm(words)
        self.preview = PlanPreview(words.language)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PREVIEW_MS)
        self._soon.timeout.connect(self.paint_preview)
        self._build()
        self.start.activated.connect(self._begin_from)
        self.which.currentIndexChanged.connect(self._show_exercise)
        self.form.changed.connect(self._form_changed)
        self.name.textChanged.connect(lambda _: self._soon.start())

    def show_person(self, code: str) -> None:
        """Show the plan of a person, or one to begin with. Raises CatalogueError."""
        self._person = self._catalogue.person(code)
        held = planned(self._catalogue, self._person, date.today())
        name = self._person.display_name or self._person.code
        self.title.setText(self.words.translate("review", "{person}: plan").format(person=name))
        self.facts.setText(self._holds_words(held))
        self.give.setText(self.words.translate("review", "Give to {person}").format(person=name))
        self._fill_start(held)
        first = TEMPLATES[0]
        self._show(held or Today(first.title, first.stage, (first.plan,), None, first.source))
        self.said.clear()

    @property
    def today(self) -> Today:
        """The plan as the fields say it."""
        plans = tuple(self._plans)
        stages = [each.stage for each in plans if each.stage is not None]
        title = self.name.text().strip() or plans[0].variant
        return Today(title, max(stages, default=None), plans, None, self._source or None)

    def begin_from(self, chosen: PlanFile) -> None:
        """Put a template or a file into the fields; nothing is given to anybody by that."""
        self._show(Today(chosen.title, None, chosen.plans, None, chosen.source))

    def add_exercise(self) -> None:
        """Add one more exercise, to be done after the others."""
        if len(self._plans) < MOST_PLANS:
            self._plans.append(replace(self._plans[-1]))
            self._fill_which(len(self._plans) - 1)

    def remove_exercise(self) -> None:
        """Take the exercise that is shown out of the plan; one stays."""
        if len(self._plans) > 1:
            del self._plans[self.which.currentIndex()]
            self._fill_which(0)

    def give_plan(self) -> None:
        """Make it the person's plan from today on, in the place of the one before."""
        if self._person is None:
            return
        try:
            prescribe(self._catalogue, self._person, self.today, date.today())
        except CatalogueError as error:
            self.said.setText(str(error))
            return
        code = self._person.code
        self.show_person(code)
        self.said.setText(self.words.translate("review", "Given. It holds from today on."))
        self.given.emit(code)

    def keep_as_template(self) -> None:
        """Keep what the fields say as a template of one's own."""
        if self._data is None:
            return
        try:
            path = keep_template(
                self._data, PlanFile(tuple(self._plans), self.name.text().strip(), self._source)
            )
        except (PlanFileError, OSError) as error:
            self.said.setText(str(error))
            return
        self._fill_start(None)
        self.said.setText(self.words.translate("review", "Kept: {path}").format(path=path))

    def open_file(self, path: Path) -> None:
        """Put a file of plans into the fields; a sentence says what is wrong with it."""
        try:
            self.begin_from(read_plan_file(path))
            self.said.clear()
        except PlanFileError as error:
            self.said.setText(str(error))
        except OSError as error:
            self.said.setText(f"{path}: {error.strerror}")

    def set_theme(self, _theme: Theme, name: ThemeName) -> None:
        """Change the colours of the patient's page."""
        self._theme_name = name
        self.paint_preview()

    def paint_preview(self) -> None:
        """Paint what the patient will see."""
        person = None
        if self._person is not None:
            person = PersonRow(self._person.code, self._person.display_name, None, None)
        self.preview.show_today(self.today, person, self._theme_name)

    # -- how it does it ------------------------------------------------------------------------------------

    def _show(self, today: Today) -> None:
        self._plans, self._source = list(today.plans), today.source or ""
        self.name.setText(today.title)
        self.source.setText(self.words.heard(self._source))
        self._fill_which(0)

    def _fill_which(self, at: int) -> None:
        text = self.words.translate("review", "Exercise {number} of {all}")
        self.which.blockSignals(True)
        self.which.clear()
        for number in range(1, len(self._plans) + 1):
            self.which.addItem(text.format(number=number, all=len(self._plans)))
        self.which.setCurrentIndex(at)
        self.which.blockSignals(False)
        self._show_exercise(at)

    def _show_exercise(self, at: int) -> None:
        self.form.show_plan(self._plans[at])
        self._soon.start()

    def _form_changed(self) -> None:
        self._plans[self.which.currentIndex()] = self.form.plan()
        self._soon.start()

    def _fill_start(self, held: Today | None) -> None:
        self.start.clear()
        self.start.addItem(self.words.translate("review", "Start from …"), None)
        if held is not None:
            now = PlanFile(held.plans, held.title, held.source or "")
            self.start.addItem(self.words.translate("review", "What holds now"), now)
        for each in TEMPLATES:
            file = PlanFile((each.plan,), each.title, each.source)
            self.start.addItem(f"{each.stage}  {self.words.heard(each.title)}", file)
        for _, own in own_templates(self._data) if self._data is not None else ():
            self.start.addItem(self.words.translate("review", "own: {title}").format(title=own.title), own)

    def _begin_from(self, at: int) -> None:
        chosen = self.start.itemData(at)
        if isinstance(chosen, PlanFile):
            self.begin_from(chosen)

    def _holds_words(self, held: Today | None) -> str:
        if held is None or self._person is None:
            return self.words.translate("review", "No plan yet. What you give holds from today on.")
        begun = max(each.begun for each in self._catalogue.plans(self._person) if each.ended is None)
        text = self.words.translate(
            "review", "{title} holds since {day}. What you change is the plan once you give it."
        )
        return text.format(title=self.words.heard(held.title), day=full_day(begun, self.words.language))

    def _ask_for_file(self) -> None:
        title = self.words.translate("review", "Open a file of plans")
        name, _ = QFileDialog.getOpenFileName(self, title, "", "JSON (*.json)")
        if name:
            self.open_file(Path(name))

    def _build(self) -> None:
        words = self.words
        self.give = QPushButton()
        self.give.setObjectName("main")
        self.give.clicked.connect(self.give_plan)
        leave = QPushButton("‹ " + words.translate("review", "Sessions"))
        leave.clicked.connect(self.back.emit)
        self.keep = QPushButton(words.translate("review", "Keep as template"))
        self.keep.clicked.connect(self.keep_as_template)
        self.keep.setVisible(self._data is not None)
        opened = QPushButton(words.translate("review", "Open a file"))
        opened.clicked.connect(self._ask_for_file)
        top = QHBoxLayout()
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.title)
        # A long line must not make the window wider than the screen.
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        titles.addWidget(self.facts)
        top.addWidget(leave)
        top.addLayout(titles, 1)
        for each in (opened, self.keep, self.give):
            top.addWidget(each)

        more = QPushButton(words.translate("review", "Add an exercise"))
        more.clicked.connect(self.add_exercise)
        less = QPushButton(words.translate("review", "Remove it"))
        less.clicked.connect(self.remove_exercise)
        exercises = QHBoxLayout()
        for each in (self.which, more, less):
            exercises.addWidget(each)
        self.name.setPlaceholderText(words.translate("review", "Title of the plan"))
        left = QFrame()
        left.setObjectName("panel")
        left.setFixedWidth(440)
        column = QVBoxLayout(left)
        for each in (self.start, self.name):
            column.addWidget(each)
        column.addLayout(exercises)
        column.addWidget(self.form)
        column.addWidget(self.source)
        column.addStretch()
        column.addWidget(self.said)
        right = QVBoxLayout()
        right.addWidget(QLabel(words.translate("review", "What the patient will see")))
        right.addWidget(self.preview, 1)
        row = QHBoxLayout()
        row.addWidget(left)
        row.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 10, 14, 12)
        whole.addLayout(top)
        whole.addLayout(row, 1)
