"""One session: its trace, its repetitions, what they amount to, and everything that can be corrected."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
from PySide6.QtCore import QPointF, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise, Phase, Rep
from analysis.smoothness import smoothness
from monitor.dashboard.glyphs import draw_verdict
from monitor.dashboard.theme import Theme
from monitor.measured_file import MeasuredFile
from monitor.plan import Verdict
from monitor.report.content import Figure, set_figures
from monitor.review.corrected_file import Corrections, corrections_of, kept, measurement_of, range_deg
from monitor.review.difference import differences
from monitor.review.edits import (
    ORDER,
    AddRep,
    BackToMeasured,
    ChangeExercise,
    ChangeSide,
    Corrected,
    CorrectedRep,
    CorrectedSet,
    DeleteRep,
    Edge,
    Edit,
    EditError,
    ExcludeSet,
    MergeReps,
    MovePhase,
    Redo,
    RelabelPhase,
    SplitRep,
    Undo,
    WriteNote,
    can_redo,
    can_undo,
    corrected,
)
from monitor.review.overlay_plot import OverlayPlot
from monitor.review.pyramid import Pyramid, pyramid
from monitor.review.rows import HEAD, HEAD_WORDS, rep_row, verdict_of
from monitor.review.session_trace import Mark, SessionTrace
from monitor.sets import EventLike, angle_trace
from recordings.format import RecordingError

ICON_PX = 16
FIGURES_IN_ROW = 4
MOST_FIGURES = 8
REPLAY_MS = 33
REMARKS = HEAD.index("remarks")
BREAK_COLUMNS = HEAD.index("break at °"), HEAD.index("control / fall s")


class SessionPage(QWidget):
    """Shows one measured file with its corrections, and keeps every further one at once.

    who: what is written beside each correction.
    """

    back = Signal()
    report_wanted = Signal()

    def __init__(self, theme: Theme, who: str) -> None:
        """Start empty; `open` fills it."""
        super().__init__()
        self._theme = theme
        self._who = who
        self._measured: MeasuredFile | None = None
        self._corrections: Corrections | None = None
        self._trace: Pyramid | None = None
        self._now: Corrected | None = None
        self._selected: str | None = None
        self._row_ids: list[str | None] = []
        self._noting: WriteNote | None = None
        self._smooth: dict[Rep, float | None] = {}
        # How each row of the table looks, so that a correction makes only those cells that look otherwise.
        self._painted: dict[int, object] = {}

        self.title = _label("title")
        self.facts = _label("muted")
        self.verdict = _label("chip")
        self.by_hand = _label("warn")
        self.status = _label("muted")
        self.status.setWordWrap(True)
        self.trace = SessionTrace(theme)
        self.table = QTableWidget(0, len(HEAD))
        self.set_title = _label("setTitle")
        self.overlay = OverlayPlot(theme)
        self.note_line = QLineEdit()
        self.buttons: dict[str, QPushButton] = {}
        self._figures: list[tuple[QLabel, QLabel, QLabel]] = []
        self._build()

        self.trace.chosen.connect(self.choose)
        self.trace.boundary_moved.connect(self._boundary_moved)
        self.trace.stretch_marked.connect(self._stretch_marked)
        self.table.itemSelectionChanged.connect(self._row_chosen)
        self.note_line.returnPressed.connect(self._note_written)
        self._replay = QTimer(self)
        self._replay.setInterval(REPLAY_MS)
        self._replay.timeout.connect(self._replay_on)
        self._replayed_ns = 0

    # -- what can be done ----------------------------------------------------------------------------------

    def actions_by_key(self) -> dict[str, tuple[str, str, Callable[[], None]]]:
        """Return what each key does: its words for the help, and the function."""
        return {
            "Right": ("See", "next repetition", lambda: self.step(1)),
            "Left": ("See", "previous repetition", lambda: self.step(-1)),
            "Space": ("See", "play from the cursor, stop", self.play_or_stop),
            "+": ("See", "zoom in (or the wheel)", lambda: self.trace.zoom(0.5)),
            "-": ("See", "zoom out", lambda: self.trace.zoom(2.0)),
            "F": ("See", "fit the chosen repetition", self.fit),
            "Home": ("See", "the whole session", self.trace.show_all),
            "S": ("Correct", "split the repetition at the cursor", self.split),
            "M": ("Correct", "merge with the next repetition", self.merge),
            "Delete": ("Correct", "it was no repetition", self.delete),
            "A": ("Correct", "add: then drag over the lowering", self.add),
            "K": ("Correct", "another kind for the phase at the cursor", self.relabel),
            "E": ("Correct", "the set was another exercise", self.change_exercise),
            "D": ("Correct", "the set was the other side", self.change_side),
            "X": ("Correct", "leave the set out, or count it again", self.exclude),
            "N": ("Correct", "note on the repetition", self.note_rep),
            "Shift+N": ("Correct", "note on the session", self.note_session),
            "Ctrl+Z": ("Undo", "undo, without limit", self.undo),
            "Ctrl+Shift+Z": ("Undo", "redo", self.redo),
            "Ctrl+M": ("Undo", "back to what was measured", self.back_to_measured),
            "P": ("Report", "write the report as PDF", self.report_wanted.emit),
        }

    def open(self, measured: MeasuredFile, verdict: str = "") -> None:
        """Show a measured file. Raises RecordingError, OSError where its corrections cannot be read."""
        self._corrections = corrections_of(measured, time.time_ns())
        self._measured = measured
        self._trace = pyramid(measured.samples.t_s, measured.analysis.thigh_angle_deg)
        self._selected = None
        self._smooth.clear()
        self._stop()
        started = f"{measured.started:%A, %d %B %Y, %H:%M}" if measured.started else measured.path.name
        self.title.setText(started)
        minutes, seconds = divmod(round(measured.duration_s), 60)
        simulated = "SIMULATED · " if measured.sensor.simulated else ""
        missing_s = sum(gap.end_s - gap.start_s for gap in measured.analysis.gaps)
        gaps = f" · {missing_s:.1f} s missing" if missing_s else ""
        self.facts.setText(f"{simulated}{minutes} min {seconds} s · {measured.sensor.model}{gaps}")
        self.facts.setToolTip("\n".join(measured.warnings))
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))
        self.trace.show_session(
            self._trace, measured.analysis.gaps, marks_of(measured.events, measured.start_s)
        )
        self._refresh()
        self.table.resizeColumnsToContents()
        first = next((each.id for part in self._shown().sets for each in part.reps), None)
        if first is not None:
            self.choose(first)
        self._say(" ".join((*self._corrections.trouble, *measured.warnings)))

    @property
    def corrected(self) -> Corrected | None:
        """What holds now; None before `open`."""
        return self._now

    @property
    def measured(self) -> MeasuredFile | None:
        """The file as it was measured; None before `open`."""
        return self._measured

    @property
    def selected(self) -> str | None:
        """The id of the chosen repetition."""
        return self._selected

    def choose(self, rep_id: str) -> None:
        """Choose a repetition, in the trace and in the table."""
        found = self._shown().find(rep_id)
        if found is None:
            return
        self._selected = rep_id
        part, each = found
        self.trace.show_corrected(self._shown(), rep_id)
        self.trace.bring_into_view(each.rep.start_s, each.rep.end_s)
        row = self._row_ids.index(rep_id)
        with QSignalBlocker(self.table):
            self.table.selectRow(row)
        self.table.scrollTo(self.table.model().index(row, 0))
        self._show_set(part)

    def step(self, by: int) -> None:
        """Choose the next or the previous repetition, and put the cursor at its start."""
        ids = [each for each in self._row_ids if each is not None]
        if not ids:
            return
        at = ids.index(self._selected) + by if self._selected in ids else 0
        chosen = ids[min(max(at, 0), len(ids) - 1)]
        self.choose(chosen)
        found = self._shown().find(chosen)
        if found is not None:
            self.trace.place_cursor(found[1].rep.start_s)

    def fit(self) -> None:
        """Fill the trace with the chosen repetition."""
        if (found := self._chosen()) is not None:
            self.trace.show_stretch(found[1].rep.start_s, found[1].rep.end_s)

    def play_or_stop(self) -> None:
        """Let the cursor run as fast as it was, or stop it."""
        if self._replay.isActive():
            self._stop()
            return
        self._replayed_ns = time.monotonic_ns()
        self._replay.start()

    def undo(self) -> None:
        """Undo the last correction."""
        self._edit(Undo())

    def redo(self) -> None:
        """Bring the last undone correction back."""
        self._edit(Redo())

    def back_to_measured(self) -> None:
        """Lay all corrections aside; that can be undone as well."""
        if self._shown().by_hand:
            self._edit(BackToMeasured(), "back to what was measured")

    def keep_new_analysis(self) -> None:
        """Take what today's algorithm measures; corrections made before are laid aside, and can come back."""
        if self._measured is not None:
            self._edit(measurement_of(self._measured), "measured anew")

    def split(self) -> None:
        """Part the repetition under the cursor."""
        at_s = self.trace.cursor_s
        for part in self._shown().sets:
            for each in part.reps:
                if each.rep.start_s < at_s < each.rep.end_s:
                    ranges = self._range(each.rep.start_s, at_s), self._range(at_s, each.rep.end_s)
                    self._edit(SplitRep(each.id, at_s, ranges), "split")
                    return
        self._say("Put the cursor inside a repetition first: click in the trace.")

    def merge(self) -> None:
        """Merge the chosen repetition with the one after it in its set."""
        if (found := self._chosen()) is None:
            return
        part, each = found
        at = part.reps.index(each)
        if at + 1 == len(part.reps):
            self._say("There is no repetition after this one in its set.")
            return
        other = part.reps[at + 1]
        whole = self._range(each.rep.start_s, other.rep.end_s)
        self._edit(MergeReps(each.id, other.id, whole), "merged")

    def delete(self) -> None:
        """Take the chosen repetition out, and choose the one after it."""
        if (found := self._chosen()) is None:
            return
        ids = [each for each in self._row_ids if each is not None]
        at = ids.index(found[1].id)
        self._edit(DeleteRep(found[1].id), "deleted")
        left = [each for each in self._row_ids if each is not None]
        if left:
            self.choose(left[min(at, len(left) - 1)])

    def add(self) -> None:
        """Let the next drag mark the lowering of a repetition that was not found."""
        self.trace.mark_stretch(True)
        self._say("Drag over the lowering of the repetition.")

    def relabel(self) -> None:
        """Give the phase under the cursor the next kind that its exercise has."""
        at_s = self.trace.cursor_s
        if (found := self._chosen()) is None:
            return
        for number, phase in enumerate(found[1].rep.phases):
            if phase.start_s <= at_s <= phase.end_s:
                kinds = ORDER[found[1].rep.exercise]
                after = kinds[(kinds.index(phase.kind) + 1) % len(kinds)] if phase.kind in kinds else kinds[0]
                self._edit(RelabelPhase(found[1].id, number, after), f"now {after}")
                return
        self._say("Put the cursor into a phase of the chosen repetition first: click in the trace.")

    def change_exercise(self) -> None:
        """Make the set of the chosen repetition the next exercise there is."""
        if (found := self._chosen()) is not None:
            exercises = get_args(Exercise)
            other = exercises[(exercises.index(found[1].rep.exercise) + 1) % len(exercises)]
            self._edit(ChangeExercise(found[0].position, other), f"the set is a {other} now")

    def change_side(self) -> None:
        """Change the side of the set: left, right."""
        if (found := self._chosen()) is not None:
            other = "right" if found[0].measured().side == "left" else "left"
            self._edit(ChangeSide(found[0].position, other), f"the set is on the {other} side now")

    def exclude(self) -> None:
        """Leave the set of the chosen repetition out of all figures, or count it again."""
        if (found := self._chosen()) is not None:
            self._edit(ExcludeSet(found[0].position, not found[0].excluded))

    def note_rep(self) -> None:
        """Write a note on the chosen repetition."""
        if (found := self._chosen()) is not None:
            self._note(WriteNote(found[1].note, rep=found[1].id), "Note on this repetition")

    def note_set(self) -> None:
        """Write a note on the set of the chosen repetition."""
        if (found := self._chosen()) is not None:
            self._note(WriteNote(found[0].note, set_position=found[0].position), "Note on this set")

    def note_session(self) -> None:
        """Write a note on the session."""
        self._note(WriteNote(self._shown().note), "Note on the session")

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.trace.set_theme(theme)
        self.overlay.set_theme(theme)
        if self._now is not None:
            self._refresh()

    # -- how it does it ------------------------------------------------------------------------------------

    def _edit(self, edit: Edit, done: str = "") -> None:
        if self._corrections is None:
            return
        try:
            self._corrections = kept(self._corrections, edit, self._who, time.time_ns())
        except (EditError, RecordingError) as error:
            self._say(f"Not done: {error}.")
            return
        except OSError as error:
            self._say(f"Not kept: {self._corrections.path} cannot be written ({error.strerror}).")
            return
        self._refresh()
        self._say(f"{done.capitalize()}; kept. Ctrl+Z undoes it." if done else "Kept.")

    def _shown(self) -> Corrected:
        assert self._now is not None, "open a session first"
        return self._now

    def _chosen(self) -> tuple[CorrectedSet, CorrectedRep] | None:
        found = self._shown().find(self._selected) if self._now and self._selected else None
        if found is None:
            self._say("Choose a repetition first.")
        return found

    def _range(self, start_s: float, end_s: float) -> float:
        assert self._measured is not None
        samples, angle = self._measured.samples, self._measured.analysis.thigh_angle_deg
        return range_deg(samples.t_s, angle, start_s, end_s)

    def _boundary_moved(self, rep_id: str, phase: int, edge: Edge, to_s: float) -> None:
        found = self._shown().find(rep_id)
        if found is None:
            return
        rep = found[1].rep
        whole = self._range(min(rep.start_s, to_s), max(rep.end_s, to_s))
        self._edit(MovePhase(rep_id, phase, edge, to_s, whole), "moved")
        # What was refused jumps back.
        self.trace.show_corrected(self._shown(), self._selected)

    def _stretch_marked(self, start_s: float, end_s: float) -> None:
        parts = [part for part in self._shown().sets if part.reps]
        if not parts:
            self._say("There is no set that this repetition could belong to.")
            return

        def away_s(part: CorrectedSet) -> float:
            return max(part.reps[0].rep.start_s - end_s, start_s - part.reps[-1].rep.end_s)

        part = min(parts, key=away_s)
        phases = (Phase("lower", start_s, end_s),)
        exercise = part.measured().exercise or part.reps[0].rep.exercise
        self._edit(AddRep(part.position, exercise, phases, self._range(start_s, end_s)), "added")
        for each in next(p for p in self._shown().sets if p.position == part.position).reps:
            if each.rep.start_s == start_s:
                self.choose(each.id)

    def _note(self, note: WriteNote, prompt: str) -> None:
        self._noting = note
        self.note_line.setPlaceholderText(f"{prompt}: Enter keeps it, Escape leaves it")
        self.note_line.setText(note.text)
        self.note_line.show()
        self.note_line.setFocus()

    def _note_written(self) -> None:
        note, self._noting = self._noting, None
        text = self.note_line.text().strip()
        self.leave_note()
        if note is not None and text != note.text:
            self._edit(WriteNote(text, note.rep, note.set_position), "noted")

    def leave_note(self) -> None:
        """Close the line for notes, and forget what stands in it."""
        self._noting = None
        self.note_line.clear()
        self.note_line.hide()
        self.trace.mark_stretch(False)
        self.setFocus()

    def _replay_on(self) -> None:
        now_ns = time.monotonic_ns()
        elapsed_s, self._replayed_ns = (now_ns - self._replayed_ns) * 1e-9, now_ns
        at_s = self.trace.cursor_s + elapsed_s
        if self._trace is None or at_s > self._trace.t_s[-1]:
            self._stop()
            return
        self.trace.place_cursor(at_s)
        self.trace.bring_into_view(at_s, at_s)
        for part in self._shown().sets:
            for each in part.reps:
                if each.rep.start_s <= at_s <= each.rep.end_s and each.id != self._selected:
                    self.choose(each.id)
        angle = self._trace.low[0][min(int(np.searchsorted(self._trace.t_s, at_s)), self._trace.t_s.size - 1)]
        self._say(f"Playing: {at_s - self._trace.t_s[0]:.1f} s, {angle:.0f}°. Space stops.")

    def _stop(self) -> None:
        if self._replay.isActive():
            self._replay.stop()
            self._say("")

    def _say(self, text: str) -> None:
        self.status.setText(text)

    # -- how it is painted ---------------------------------------------------------------------------------

    def _refresh(self) -> None:
        assert self._corrections is not None
        self._now = corrected(self._corrections.log)
        now = self._now
        if self._selected is not None and now.find(self._selected) is None:
            self._selected = None
        self._fill_table(now)
        self.trace.show_corrected(now, self._selected)
        note = f" · “{now.note}”" if now.note else ""
        self.by_hand.setText(f"corrected by hand: {now.by_hand}" if now.by_hand else "")
        self.by_hand.setToolTip(f"last by {now.by}{note}")
        self.buttons["Undo"].setEnabled(can_undo(self._corrections.log))
        self.buttons["Redo"].setEnabled(can_redo(self._corrections.log))
        self.buttons["As measured"].setEnabled(now.by_hand > 0)
        self._offer_new_analysis(now)
        found = now.find(self._selected) if self._selected else None
        if found is not None:
            self.choose(found[1].id)
        elif now.sets:
            self._show_set(now.sets[0])
        else:
            self._show_nothing()

    def _offer_new_analysis(self, now: Corrected) -> None:
        button = self.buttons["New analysis"]
        assert self._measured is not None
        button.setVisible(now.measurement.algorithm_version != str(ALGORITHM_VERSION))
        if not button.isHidden():
            found = differences(now.measurement, measurement_of(self._measured))
            button.setText(f"Today's algorithm: {len(found)} differences. Keep it")
            button.setToolTip("\n".join(found) or "It measures the same.")

    def _fill_table(self, now: Corrected) -> None:
        assert self._measured is not None
        zero_s = self._measured.start_s
        with QSignalBlocker(self.table):
            self.table.clearSpans()
            rows = sum(1 + len(part.reps) for part in now.sets)
            self.table.setRowCount(rows)
            self._painted = {row: shown for row, shown in self._painted.items() if row < rows}
            self._row_ids = []
            row = 0
            broke = any(each.rep.break_point for part in now.sets for each in part.reps)
            for column in BREAK_COLUMNS:
                self.table.setColumnHidden(column, not broke)
            for part in now.sets:
                self._set_row(row, part)
                row += 1
                for number, each in enumerate(part.reps, 1):
                    cells = rep_row(number, each, part, self._smoothness(each.rep), zero_s)
                    shown = (verdict_of(each, part), part.excluded, self._theme)
                    if self._painted.get(row) == shown:
                        # Only the words: new cells are slow, and a deleted repetition moves all after it.
                        for column, text in enumerate(cells):
                            item = self.table.item(row, column)
                            if item is not None and item.text() != text:
                                item.setText(text)
                                item.setToolTip(text if column == REMARKS else "")
                    else:
                        self._painted[row] = shown
                        for column, text in enumerate(cells):
                            self.table.setItem(row, column, self._cell(text, column, shown[0], part))
                    self._row_ids.append(each.id)
                    row += 1

    def _smoothness(self, rep: Rep) -> float | None:
        # The same for as long as nobody moves the repetition, and slow to work out.
        if rep not in self._smooth:
            assert self._measured is not None
            self._smooth[rep] = smoothness(rep, angle_trace(self._measured))
        return self._smooth[rep]

    def _set_row(self, row: int, part: CorrectedSet) -> None:
        words = part.measured().title + (" · left out" if part.excluded else "")
        if part.note:
            words += f" · “{part.note}”"
        item = QTableWidgetItem(words)
        font = item.font()
        font.setBold(True)
        item.setFont(font)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setBackground(QColor(self._theme.page))
        self.table.setItem(row, 0, item)
        self.table.setSpan(row, 0, 1, len(HEAD))
        self._row_ids.append(None)
        self._painted.pop(row, None)

    def _cell(self, text: str, column: int, verdict: Verdict | None, part: CorrectedSet) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        number = 0 < column < REMARKS
        side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        if part.excluded:
            item.setForeground(QColor(self._theme.muted))
        if column == 0 and verdict is not None:
            item.setIcon(verdict_icon(verdict, self._theme))
        if column == REMARKS:
            item.setToolTip(text)
        return item

    def _row_chosen(self) -> None:
        rows = {index.row() for index in self.table.selectedIndexes()}
        ids = [self._row_ids[row] for row in sorted(rows) if row < len(self._row_ids)]
        if ids and ids[0] is not None and ids[0] != self._selected:
            self.choose(ids[0])

    def _show_set(self, part: CorrectedSet) -> None:
        assert self._trace is not None
        self.set_title.setText(part.measured().title + (" (left out)" if part.excluded else ""))
        figures = set_figures(part.measured())
        for number, labels in enumerate(self._figures):
            figure = figures[number] if number < len(figures) else Figure("", "")
            for label, text in zip(labels, (figure.name, figure.value, figure.note), strict=True):
                label.setText(text)
        self.overlay.show()
        self.overlay.show_set(part, self._trace, self._selected)

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        top = QHBoxLayout()
        top.addWidget(self._button("Sessions", "‹ Sessions", self.back.emit, "Escape"))
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.title)
        titles.addWidget(self.facts)
        top.addLayout(titles)
        top.addWidget(self.verdict, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addStretch()
        top.addWidget(self.by_hand)
        top.addWidget(self._button("New analysis", "", self.keep_new_analysis, ""))
        top.addWidget(self._button("As measured", "As measured", self.back_to_measured, "Ctrl+M"))
        top.addWidget(self._button("Undo", "Undo", self.undo, "Ctrl+Z"))
        top.addWidget(self._button("Redo", "Redo", self.redo, "Ctrl+Shift+Z"))
        report = self._button("Report", "Report (PDF)", self.report_wanted.emit, "P")
        report.setObjectName("main")
        top.addWidget(report)

        tools = QHBoxLayout()
        tools.setSpacing(6)
        for name, act, key in (
            ("Play", self.play_or_stop, "Space"),
            ("Split", self.split, "S"),
            ("Merge", self.merge, "M"),
            ("Delete", self.delete, "Delete"),
            ("Add", self.add, "A"),
            ("Kind", self.relabel, "K"),
            ("Exercise", self.change_exercise, "E"),
            ("Side", self.change_side, "D"),
            ("Leave out", self.exclude, "X"),
            ("Note", self.note_rep, "N"),
            ("Note on set", self.note_set, ""),
        ):
            tools.addWidget(self._button(name, name, act, key))
        tools.addWidget(self.status, 1)

        self.note_line.hide()
        self._build_table()
        panel = QFrame()
        panel.setObjectName("panel")
        beside = QVBoxLayout(panel)
        beside.addWidget(self.set_title)
        beside.addLayout(self._figure_grid())
        beside.addWidget(self.overlay, 1)

        lower = QSplitter(Qt.Orientation.Horizontal)
        lower.addWidget(self.table)
        lower.addWidget(panel)
        lower.setSizes([820, 500])
        whole = QSplitter(Qt.Orientation.Vertical)
        above = QWidget()
        holds = QVBoxLayout(above)
        holds.setContentsMargins(0, 0, 0, 0)
        holds.addWidget(self.trace, 1)
        holds.addLayout(tools)
        holds.addWidget(self.note_line)
        whole.addWidget(above)
        whole.addWidget(lower)
        whole.setSizes([310, 370])

        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.addLayout(top)
        column.addWidget(whole, 1)

    def _show_nothing(self) -> None:
        self.set_title.setText("No repetition was found")
        for labels in self._figures:
            for label in labels:
                label.clear()
        self.overlay.hide()

    def _figure_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(0)
        for column in range(FIGURES_IN_ROW):
            grid.setColumnStretch(column, 1)
        for number in range(MOST_FIGURES):
            labels = _label("small"), _label("figure"), _label("small")
            for line, label in enumerate(labels):
                grid.addWidget(label, 3 * (number // FIGURES_IN_ROW) + line, number % FIGURES_IN_ROW)
            self._figures.append(labels)
        return grid

    def _build_table(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(HEAD)
        for column, words in enumerate(HEAD_WORDS):
            if (head := table.horizontalHeaderItem(column)) is not None:
                head.setToolTip(words)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setIconSize(QSize(ICON_PX, ICON_PX))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.verticalHeader().setDefaultSectionSize(26)
        header = table.horizontalHeader()
        # Not to their contents all the time: that looks at every row for every cell that is written.
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(REMARKS, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(36)
        header.setHighlightSections(False)
        header.setFixedHeight(32)
        if (remarks := table.horizontalHeaderItem(REMARKS)) is not None:
            remarks.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _button(self, name: str, text: str, act: Callable[[], None], key: str) -> QPushButton:
        made = QPushButton(text)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: act())
        if key:
            made.setToolTip(key)
        self.buttons[name] = made
        return made


def marks_of(events: Sequence[EventLike], zero_s: float) -> list[Mark]:
    """Return what happened in a session as marks on its trace; zero_s: time of the first sample."""
    made: list[Mark] = []
    for event in events:
        at_s = event.data.get("t_s")
        if isinstance(at_s, bool) or not isinstance(at_s, int | float):
            continue
        match event.kind:
            case "pain":
                made.append(Mark(at_s - zero_s, f"pain {event.data.get('worst', '?')}", loud=True))
            case "cue":
                made.append(Mark(at_s - zero_s, str(event.data.get("cue", "cue"))))
            case "sensor_slipped" | "sensor_fault":
                made.append(Mark(at_s - zero_s, "sensor", loud=True))
    return sorted(made, key=lambda mark: mark.t_s)


def verdict_icon(verdict: Verdict, theme: Theme) -> QIcon:
    """Return the sign of a verdict for a table."""
    picture = QPixmap(2 * ICON_PX, 2 * ICON_PX)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw_verdict(painter, verdict, QPointF(ICON_PX, ICON_PX), 0.8 * ICON_PX, theme)
    painter.end()
    picture.setDevicePixelRatio(2.0)
    return QIcon(picture)


def _label(name: str, text: str = "") -> QLabel:
    made = QLabel(text)
    made.setObjectName(name)
    return made
