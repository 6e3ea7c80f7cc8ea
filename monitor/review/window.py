"""The therapist's window: find a session, look at it, correct it, hand over a page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
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
from monitor.filing import session_entry
from monitor.measured_file import MeasuredFile, cache_folder, measure_file
from monitor.plans.pain_rule import PainRule
from monitor.report import write_progress_report, write_report
from monitor.report.about import about_session
from monitor.report.content import NOTHING_MORE
from monitor.report.pdf import Paper
from monitor.report.words import words_in
from monitor.review.compare_page import ComparePage
from monitor.review.corrected_file import with_corrections
from monitor.review.help_overlay import HelpOverlay
from monitor.review.keys import page_keys, window_keys
from monitor.review.session_list import SIGNS, SessionList, listed
from monitor.review.session_page import SessionPage
from monitor.review.style import style_sheet
from monitor.review.trends_page import TrendsPage
from monitor.settings import Language
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import CatalogueError
from recordings.encryption import EncryptionError
from recordings.format import RecordingError

if TYPE_CHECKING:
    from monitor.review.plan_page import PlanPage

_log = logging.getLogger(__name__)
SIZE = (1366, 768)
FILED_MS = 300
"""So long after a correction the catalogue has its figures, and at once where another page is shown."""


class ReviewWindow(QWidget):
    """One window with the list of sessions and the page of one.

    catalogue: None where one file is looked at without any. who: written beside each correction.
    seen_until_ns: sessions that began later are marked as new. data: the folder of one's own templates.
    measure: how a file is measured. files: whether that is all of a file, which the catalogue may be told.
    """

    def __init__(
        self,
        catalogue: Catalogue | None,
        who: str,
        *,
        theme: ThemeName = "light",
        rule: PainRule | None = None,
        seen_until_ns: int = 0,
        language: Language = "en",
        data: Path | None = None,
        files: bool = True,
        measure: Callable[[Path], MeasuredFile] | None = None,
    ) -> None:
        """Show the list, or an empty page without a catalogue. Raises CatalogueError."""
        super().__init__()
        self._catalogue = catalogue
        self._rule = rule or PainRule()
        self._seen_until_ns = seen_until_ns
        self._measure = measure or (lambda path: measure_file(path, caches=cache_folder()))
        self._theme_name: ThemeName = theme
        self._data = data
        self._files = files
        # After the last of some corrections in a row: each of them would write the whole session.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(FILED_MS)
        self._soon.timeout.connect(self.file_corrections)
        self.words = words_in(language)
        self.setWindowTitle(self.words.translate("review", "Eccentric: review"))
        self.resize(*SIZE)
        self.page = SessionPage(THEMES[theme], who, self.words)
        self.list = (
            None
            if catalogue is None
            else SessionList(
                catalogue, THEMES[theme], rule=self._rule, seen_until_ns=seen_until_ns, words=self.words
            )
        )
        self._waiting = False
        self.trends: TrendsPage | None = None
        self.compared: ComparePage | None = None
        self.plan: PlanPage | None = None
        self.said = QLabel()
        self.said.setObjectName("trouble")
        self.said.setWordWrap(True)
        self.said.setOpenExternalLinks(True)
        self.said.hide()
        self.pages = QStackedWidget()
        if self.list is not None:
            self.pages.addWidget(self.list)
            self.list.opened.connect(self.open_session)
            self.list.trends_wanted.connect(self.show_trends)
            self.list.comparison_wanted.connect(self.show_comparison)
            self.list.plan_wanted.connect(self.show_plan)
        self.pages.addWidget(self.page)
        self.page.buttons["Sessions"].setVisible(self.list is not None)
        self.page.back.connect(self.show_list)
        self.page.report_wanted.connect(self._ask_for_report)
        self.page.was_corrected.connect(self._corrected)
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
            if key == "Ctrl+Shift+Z":
                shortcut.setKeys([QKeySequence(key), QKeySequence("Ctrl+Y")])
        for key, act in (("?", self.show_help), ("T", self.switch_theme), ("Escape", self.show_list)):
            QShortcut(QKeySequence(key), self).activated.connect(act)
        self.setStyleSheet(style_sheet(THEMES[theme]))
        if self.list is not None:
            for key, act in (("R", self.list.ask_for_trends), ("L", self.list.ask_for_plan)):
                shortcut = QShortcut(QKeySequence(key), self.list)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(act)
            self.list.table.setFocus()

    # -- what can be done ----------------------------------------------------------------------------------

    def open_session(self, session_id: str) -> None:
        """Open a session of the catalogue; a sentence says why where that cannot be."""
        assert self._catalogue is not None
        try:
            entry = self._catalogue.session(session_id)
            row = self._catalogue.row(session_id)
            each = listed(row, self._catalogue.visit(session_id), self._rule, self._seen_until_ns)
            self._catalogue.note_opened(session_id)
        except CatalogueError as error:
            self.say(str(error))
            return
        path = next((Path(name) for name in entry.files if Path(name).exists()), None)
        if path is None:
            where = entry.files[0] if entry.files else "anywhere"
            gone = self.words.translate(
                "review",
                "The recording is not at {place} any more: `eccentric catalogue rebuild FOLDER` finds it.",
            )
            self.say(gone.format(place=where))
            return
        verdict = each.judgement.verdict
        why = self.words.said(each.judgement.why)
        self.open_file(path, f"{SIGNS[verdict]} {self.words.heard(verdict)}", why, row.display_name or "")

    def open_file(self, path: Path, verdict: str = "", why: str = "", who: str = "") -> None:
        """Open a recording; a sentence says why where that cannot be."""
        self.file_corrections()
        try:
            measured = self._measure(path)
            self.page.open(measured, verdict)
        except (RecordingError, SamplesError, EncryptionError, OSError) as error:
            refused = self.words.translate("review", "{file} cannot be opened: {reason}")
            self.say(refused.format(file=path.name, reason=self.words.heard(str(error))))
            return
        self.page.verdict.setToolTip(why)
        if who:
            self.page.title.setText(f"{who} · {self.page.title.text()}")
        self.say("")
        self.pages.setCurrentWidget(self.page)
        self.page.setFocus()

    def file_corrections(self) -> None:
        """Enter the open session as it is corrected now, if that has not been done."""
        self._soon.stop()
        measured, now = self.page.measured, self.page.corrected
        if not self._waiting or self._catalogue is None or measured is None or now is None:
            return
        self._waiting = False
        assert measured.metadata is not None
        try:
            files = self._catalogue.session(measured.metadata.session_id).files
            entry = session_entry(with_corrections(measured, now), measured.metadata, list(map(Path, files)))
            self._catalogue.file_session(entry)
        except CatalogueError as error:
            later = self.words.translate(
                "review",
                "Corrected, but not yet in the catalogue ({reason}): `eccentric catalogue rebuild` does it.",
            )
            self.say(later.format(reason=error))

    def _corrected(self) -> None:
        measured = self.page.measured
        if self._catalogue is None or not self._files or measured is None or measured.metadata is None:
            return
        if self._catalogue.knows(measured.metadata.session_id):
            self._waiting = True
            self._soon.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave nothing that is not in the catalogue."""
        self.file_corrections()
        super().closeEvent(event)

    def show_trends(self, person: str) -> None:
        """Show a person's trends."""
        assert self._catalogue is not None
        self.say("")
        if self.trends is None:
            self.trends = TrendsPage(self._catalogue, THEMES[self._theme_name], self.words)
            self.trends.back.connect(self.show_list)
            self.trends.report_wanted.connect(self._ask_for_progress)
            self.pages.addWidget(self.trends)
        try:
            self.trends.show_person(person)
        except CatalogueError as error:
            self.say(str(error))
            return
        self.pages.setCurrentWidget(self.trends)

    def show_comparison(self, session_ids: list[str]) -> None:
        """Show some sessions against each other."""
        assert self._catalogue is not None
        self.say("")
        if self.compared is None:
            theme = THEMES[self._theme_name]
            self.compared = ComparePage(self._catalogue, theme, self.words, self._measure)
            self.compared.back.connect(self.show_list)
            self.compared.report_wanted.connect(self._ask_for_progress)
            self.pages.addWidget(self.compared)
        try:
            self.compared.compare(session_ids)
        except (CatalogueError, RecordingError, SamplesError, EncryptionError, OSError) as error:
            self.say(self.words.heard(str(error)))
            return
        self.pages.setCurrentWidget(self.compared)

    def show_plan(self, person: str) -> None:
        """Show a person's plan, to write or change it."""
        assert self._catalogue is not None
        self.say("")
        if self.plan is None:
            # With the patient's pages, which are not needed to look at a session.
            from monitor.review.plan_page import PlanPage

            self.plan = PlanPage(self._catalogue, self._theme_name, self.words, self._data)
            self.plan.back.connect(self.show_list)
            self.pages.addWidget(self.plan)
        try:
            self.plan.show_person(person)
        except CatalogueError as error:
            self.say(str(error))
            return
        self.pages.setCurrentWidget(self.plan)
        self.plan.paint_preview()

    def show_list(self) -> None:
        """Go back to the list; what is being written as a note is left first."""
        if self.help.isVisible():
            self.help.hide()
        elif self.page.note_line.isVisible():
            self.page.leave_note()
        elif self.list is not None:
            self.say("")
            self._show_corrected_list()
            self.pages.setCurrentWidget(self.list)
            self.list.table.setFocus()

    def _show_corrected_list(self) -> None:
        if self._waiting and self.list is not None:
            self.file_corrections()
            self.list.refresh()

    def save_report(self, path: Path, paper: Paper = "a4") -> None:
        """Write the report of the open session as it is corrected now; what kind, its name says."""
        measured, now = self.page.measured, self.page.corrected
        if measured is None or now is None:
            return
        try:
            about = NOTHING_MORE
            if self._catalogue is not None and measured.metadata is not None:
                about = about_session(self._catalogue, measured.metadata.session_id, self._rule, self.words)
            write_report(
                with_corrections(measured, now),
                path,
                started=measured.started,
                about=about,
                paper=paper,
                language=self.words.language,
            )
        except (CatalogueError, RecordingError, OSError) as error:
            self._report_refused(error)
            return
        self._report_written(path, [measured.path])

    def save_progress(self, path: Path, paper: Paper = "a4") -> None:
        """Write the report of the person whose trends are shown, or of the sessions that are compared."""
        assert self._catalogue is not None
        shown = self.pages.currentWidget()
        person, only = None, None
        if shown is self.trends and self.trends is not None:
            person = self.trends.person
        elif self.compared is not None:
            only = self.compared.session_ids
            people = {self._catalogue.row(each).person for each in only}
            person = people.pop() if len(people) == 1 else None
        try:
            write_progress_report(
                self._catalogue,
                person,
                path,
                only=only,
                rule=self._rule,
                paper=paper,
                language=self.words.language,
            )
        except (CatalogueError, RecordingError, OSError) as error:
            self._report_refused(error)
            return
        self._report_written(path, [])

    def _report_refused(self, error: Exception) -> None:
        said = self.words.translate("review", "The report was not written: {reason}")
        self.say(said.format(reason=self.words.heard(str(error))))

    def _report_written(self, path: Path, sources: list[Path]) -> None:
        # For when the person leaves: the catalogue lists what was written of a session.
        if self._catalogue is not None:
            known = self._catalogue.files()
            for source in sources:
                if (session_id := known.get(str(source.resolve()))) is not None:
                    self._catalogue.add_export(session_id, path.resolve())
        link = f'<a href="{QUrl.fromLocalFile(str(path.resolve())).toString()}">{escape(str(path))}</a>'
        self.say(self.words.translate("review", "Report: {path}").format(path=link), trouble=False)

    def say(self, text: str, *, trouble: bool = True) -> None:
        """Say something over the page; nothing: take it away. What is no trouble may hold a link."""
        self.said.setObjectName("trouble" if trouble else "news")
        self.said.setStyleSheet(self.said.styleSheet())
        self.said.setTextFormat(Qt.TextFormat.PlainText if trouble else Qt.TextFormat.RichText)
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def switch_theme(self) -> None:
        """Change between light and dark."""
        self._theme_name = "dark" if self._theme_name == "light" else "light"
        theme = THEMES[self._theme_name]
        self.setStyleSheet(style_sheet(theme))
        self.page.set_theme(theme)
        self.help.theme = theme
        for each in (self.trends, self.compared):
            if each is not None:
                each.set_theme(theme)
        if self.plan is not None:
            self.plan.set_theme(theme, self._theme_name)
        if self.list is not None:
            self.list.set_theme(theme)

    def show_help(self) -> None:
        """Show the keys, or take them away."""
        if self.help.isVisible():
            self.help.hide()
            return
        self.help.setGeometry(self.rect())
        self.help.show_keys({**page_keys(self.words), **window_keys(self.words)})

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
        limits = QLabel(
            self.words.translate(
                "review", "From one thigh sensor. Research and training tool, not a medical device."
            )
        )
        limits.setObjectName("small")
        foot.addWidget(limits)
        foot.addStretch()
        for text, act in (
            (self.words.translate("review", "Light or dark (T)"), self.switch_theme),
            (self.words.translate("review", "Keys (?)"), self.show_help),
        ):
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, act=act: act())
            foot.addWidget(button)
        return foot

    def _ask_for_report(self) -> None:
        measured = self.page.measured
        if measured is not None:
            self._ask_where(measured.path.with_suffix(".pdf"), self.save_report)

    def _ask_for_progress(self) -> None:
        self._ask_where(Path.home() / "progress.pdf", self.save_progress)

    def _ask_where(self, suggested: Path, write: Callable[[Path, Paper], None]) -> None:
        kinds = {
            "PDF, A4 (*.pdf)": ("a4", ".pdf"),
            "PDF, Letter (*.pdf)": ("letter", ".pdf"),
            "HTML (*.html)": ("a4", ".html"),
            "PNG (*.png)": ("a4", ".png"),
        }
        title = self.words.translate("review", "Write the report")
        name, kind = QFileDialog.getSaveFileName(self, title, str(suggested), ";;".join(kinds))
        if not name:
            return
        paper, suffix = kinds.get(kind, ("a4", ".pdf"))
        path = Path(name)
        write(path if path.suffix else path.with_suffix(suffix), "letter" if paper == "letter" else "a4")
