"""The therapist's window: find a session, look at it, correct it, hand over a page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from analysis.samples import SamplesError
from monitor.dashboard.theme import THEMES, ThemeName
from monitor.measured_file import MeasuredFile, cache_folder, measure_file
from monitor.plans.pain_rule import PainRule
from monitor.report import write_report
from monitor.review.corrected_file import with_corrections
from monitor.review.help_overlay import HelpOverlay
from monitor.review.session_list import SIGNS, SessionList, listed, words_of
from monitor.review.session_page import SessionPage
from monitor.review.style import style_sheet
from monitor.review.trends_page import TrendsPage
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import CatalogueError
from recordings.encryption import EncryptionError
from recordings.format import RecordingError

_log = logging.getLogger(__name__)
SIZE = (1366, 768)


class ReviewWindow(QWidget):
    """One window with the list of sessions and the page of one.

    catalogue: None where one file is looked at without any. who: written beside each correction.
    seen_until_ns: sessions that began later are marked as new. measure: how a file is measured.
    """

    def __init__(
        self,
        catalogue: Catalogue | None,
        who: str,
        *,
        theme: ThemeName = "light",
        rule: PainRule | None = None,
        seen_until_ns: int = 0,
        measure: Callable[[Path], MeasuredFile] | None = None,
    ) -> None:
        """Show the list, or an empty page without a catalogue. Raises CatalogueError."""
        super().__init__()
        self._catalogue = catalogue
        self._rule = rule or PainRule()
        self._seen_until_ns = seen_until_ns
        self._measure = measure or (lambda path: measure_file(path, caches=cache_folder()))
        self._theme_name: ThemeName = theme
        self.setWindowTitle("Eccentric: review")
        self.resize(*SIZE)
        self.page = SessionPage(THEMES[theme], who)
        self.list = (
            None
            if catalogue is None
            else SessionList(catalogue, THEMES[theme], rule=self._rule, seen_until_ns=seen_until_ns)
        )
        self.trends: TrendsPage | None = None
        self.said = QLabel()
        self.said.setObjectName("warn")
        self.said.setWordWrap(True)
        self.said.hide()
        self.pages = QStackedWidget()
        if self.list is not None:
            self.pages.addWidget(self.list)
            self.list.opened.connect(self.open_session)
            self.list.trends_wanted.connect(self.show_trends)
        self.pages.addWidget(self.page)
        self.page.buttons["Sessions"].setVisible(self.list is not None)
        self.page.back.connect(self.show_list)
        self.page.report_wanted.connect(self._ask_for_report)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.said)
        column.addWidget(self.pages, 1)
        column.addLayout(self._foot())
        self.help = HelpOverlay(self, THEMES[theme])
        for key, (_, _, act) in self.page.actions_by_key().items():
            shortcut = QShortcut(QKeySequence(key), self.page)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda act=act: self._act(act))
        for key, act in (("?", self.show_help), ("T", self.switch_theme), ("Escape", self.show_list)):
            QShortcut(QKeySequence(key), self).activated.connect(act)
        self.setStyleSheet(style_sheet(THEMES[theme]))
        if self.list is not None:
            trends = QShortcut(QKeySequence("R"), self.list)
            trends.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            trends.activated.connect(self.list.ask_for_trends)
            self.list.table.setFocus()

    # -- what can be done ----------------------------------------------------------------------------------

    def open_session(self, session_id: str) -> None:
        """Open a session of the catalogue; a sentence says why where that cannot be."""
        assert self._catalogue is not None
        try:
            entry = self._catalogue.session(session_id)
            row = self._catalogue.row(session_id)
            each = listed(self._catalogue, row, self._rule, self._seen_until_ns)
        except CatalogueError as error:
            self.say(str(error))
            return
        path = next((Path(name) for name in entry.files if Path(name).exists()), None)
        if path is None:
            where = entry.files[0] if entry.files else "anywhere"
            self.say(
                f"The recording is not at {where} any more: `eccentric catalogue rebuild FOLDER` finds it."
            )
            return
        verdict = each.judgement.verdict
        self.open_file(path, f"{SIGNS[verdict]} {verdict}", words_of(each.judgement), row.display_name or "")

    def open_file(self, path: Path, verdict: str = "", why: str = "", who: str = "") -> None:
        """Open a recording; a sentence says why where that cannot be."""
        try:
            measured = self._measure(path)
            self.page.open(measured, verdict)
        except (RecordingError, SamplesError, EncryptionError, OSError) as error:
            self.say(f"{path.name} cannot be opened: {error}")
            return
        self.page.verdict.setToolTip(why)
        if who:
            self.page.title.setText(f"{who} · {self.page.title.text()}")
        self.say("")
        self.pages.setCurrentWidget(self.page)
        self.page.setFocus()

    def show_trends(self, person: str | None, session_ids: list[str]) -> None:
        """Show a person's trends, or some sessions compared."""
        assert self._catalogue is not None
        if self.trends is None:
            self.trends = TrendsPage(self._catalogue, THEMES[self._theme_name])
            self.trends.back.connect(self.show_list)
            self.pages.addWidget(self.trends)
        try:
            if session_ids or person is None:
                self.trends.compare(session_ids, person)
            else:
                self.trends.show_person(person)
        except CatalogueError as error:
            self.say(str(error))
            return
        self.pages.setCurrentWidget(self.trends)

    def show_list(self) -> None:
        """Go back to the list; what is being written as a note is left first."""
        if self.help.isVisible():
            self.help.hide()
        elif self.page.note_line.isVisible():
            self.page.leave_note()
        elif self.list is not None:
            self.pages.setCurrentWidget(self.list)
            self.list.table.setFocus()

    def save_report(self, path: Path) -> None:
        """Write the report of the open session, as it is corrected now."""
        measured, now = self.page.measured, self.page.corrected
        if measured is None or now is None:
            return
        try:
            write_report(with_corrections(measured, now), path, started=measured.started)
        except (RecordingError, OSError) as error:
            self.say(f"The report was not written: {error}")
            return
        self.say(f"Report: {path}")

    def say(self, text: str) -> None:
        """Say something over the page; nothing: take it away."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def switch_theme(self) -> None:
        """Change between light and dark."""
        self._theme_name = "dark" if self._theme_name == "light" else "light"
        theme = THEMES[self._theme_name]
        self.setStyleSheet(style_sheet(theme))
        self.page.set_theme(theme)
        self.help.theme = theme
        if self.trends is not None:
            self.trends.set_theme(theme)
        if self.list is not None:
            self.list.set_theme(theme)

    def show_help(self) -> None:
        """Show the keys, or take them away."""
        if self.help.isVisible():
            self.help.hide()
            return
        keys = {key: (group, words) for key, (group, words, _) in self.page.actions_by_key().items()}
        window = {
            "Enter": ("Window", "open the chosen session"),
            "R": ("Window", "in the list: trends, or compare the chosen"),
            "Escape": ("Window", "back to the list"),
            "T": ("Window", "light or dark"),
            "?": ("Window", "these keys"),
        }
        self.help.setGeometry(self.rect())
        self.help.show_keys({**keys, **window})

    # -- keys ----------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close the help with any key."""
        self.help.hide()
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the help cover the window."""
        self.help.setGeometry(self.rect())
        super().resizeEvent(event)

    def _act(self, act: Callable[[], None]) -> None:
        if self.help.isVisible():
            self.help.hide()
        elif not isinstance(self.focusWidget(), QLineEdit):
            act()

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 0, 14, 8)
        limits = QLabel("From one thigh sensor. Research and training tool, not a medical device.")
        limits.setObjectName("small")
        foot.addWidget(limits)
        foot.addStretch()
        for text, act in (("Light or dark (T)", self.switch_theme), ("Keys (?)", self.show_help)):
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, act=act: act())
            foot.addWidget(button)
        return foot

    def _ask_for_report(self) -> None:
        measured = self.page.measured
        if measured is None:
            return
        suggested = measured.path.with_suffix(".pdf")
        name, _ = QFileDialog.getSaveFileName(self, "Write the report", str(suggested), "PDF (*.pdf)")
        if name:
            self.save_report(Path(name))
