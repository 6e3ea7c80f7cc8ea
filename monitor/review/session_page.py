"""One session: its trace, its repetitions, what they amount to, and everything that can be corrected."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise, Phase, Rep
from analysis.smoothness import smoothness
from monitor.dashboard.theme import Theme
from monitor.measured_file import MeasuredFile
from monitor.report.content import Figure, set_figures, set_title
from monitor.report.words import ENGLISH, Words
from monitor.review.corrected_file import Corrections, corrections_of, kept, measurement_of, range_deg
from monitor.review.dates import long_day
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
from monitor.review.keys import page_keys
from monitor.review.overlay_plot import OverlayPlot
from monitor.review.pyramid import Pyramid, pyramid
from monitor.review.rep_table import RepModel, RepTable
from monitor.review.session_trace import Mark, SessionTrace
from monitor.review.style import named_label
from monitor.sets import EXERCISE_WORDS, EventLike, angle_trace, shown_angle_deg
from recordings.format import RecordingError

FIGURES_IN_ROW = 4
MOST_FIGURES = 8
REPLAY_MS = 33
STEP_S = 0.1


class SessionPage(QWidget):
    """Shows one measured file with its corrections, and keeps every further one at once.

    who: what is written beside each correction.
    """

    back = Signal()
    report_wanted = Signal()
    was_corrected = Signal()

    def __init__(self, theme: Theme, who: str, words: Words = ENGLISH) -> None:
        """Start empty; `open` fills it."""
        super().__init__()
        self._theme = theme
        self._who = who
        self.words = words
        self._measured: MeasuredFile | None = None
        self._corrections: Corrections | None = None
        self._trace: Pyramid | None = None
        self._now: Corrected | None = None
        self._selected: str | None = None
        self._noting: WriteNote | None = None
        self._smooth: dict[Rep, float | None] = {}

        self.title = named_label("title")
        self.facts = named_label("muted")
        self.verdict = named_label("chip")
        self.by_hand = named_label("warn")
        self.status = named_label("muted")
        self.status.setWordWrap(True)
        self.trace = SessionTrace(theme, words)
        self.model = RepModel(theme, words, self._smoothness)
        self.table = RepTable(self.model)
        self.set_title = named_label("setTitle")
        self.overlay = OverlayPlot(theme, words)
        self.note_line = QLineEdit()
        self.buttons: dict[str, QPushButton] = {}
        self._figures: list[tuple[QLabel, QLabel, QLabel]] = []
        self._build()

        self.trace.chosen.connect(self.choose)
        self.trace.boundary_moved.connect(self._boundary_moved)
        self.trace.stretch_marked.connect(self._stretch_marked)
        self.table.chosen.connect(self.choose)
        self.note_line.returnPressed.connect(self._note_written)
        self._replay = QTimer(self)
        self._replay.setInterval(REPLAY_MS)
        self._replay.timeout.connect(self._replay_on)
        self._replayed_ns = 0

    # -- what can be done ----------------------------------------------------------------------------------

    def actions_by_key(self) -> dict[str, tuple[str, str, Callable[[], None]]]:
        """Return what each key does: its group and words for the help, and the function."""
        acts: dict[str, Callable[[], None]] = {
            "Right": lambda: self.step(1),
            "Left": lambda: self.step(-1),
            "Space": self.play_or_stop,
            ",": lambda: self.move_cursor(-STEP_S),
            ".": lambda: self.move_cursor(STEP_S),
            "+": lambda: self.trace.zoom(0.5),
            "-": lambda: self.trace.zoom(2.0),
            "F": self.fit,
            "Home": self.trace.show_all,
            "I": lambda: self.lower_at_cursor("start"),
            "O": lambda: self.lower_at_cursor("end"),
            "S": self.split,
            "M": self.merge,
            "Delete": self.delete,
            "A": self.add,
            "K": self.relabel,
            "E": self.change_exercise,
            "D": self.change_side,
            "X": self.exclude,
            "N": self.note_rep,
            "Ctrl+N": self.note_set,
            "Shift+N": self.note_session,
            "Ctrl+Z": self.undo,
            "Ctrl+Shift+Z": self.redo,
            "Ctrl+M": self.back_to_measured,
            "P": self.report_wanted.emit,
        }
        said = page_keys(self.words)
        return {key: (*said[key], act) for key, act in acts.items()}

    def open(self, measured: MeasuredFile, verdict: str = "") -> None:
        """Show a measured file. Raises RecordingError, OSError where its corrections cannot be read."""
        self._corrections = corrections_of(measured, time.time_ns())
        self._measured = measured
        self._trace = pyramid(measured.samples.t_s, shown_angle_deg(measured))
        self._selected = None
        self._smooth.clear()
        self._stop()
        words = self.words
        language = words.language
        started = long_day(measured.started, language) if measured.started else measured.path.name
        self.title.setText(started)
        minutes, seconds = divmod(round(measured.duration_s), 60)
        simulated = f"{words.translate('review', 'SIMULATED')} · " if measured.sensor.simulated else ""
        missing_s = sum(gap.end_s - gap.start_s for gap in measured.analysis.gaps)
        gaps = ""
        if missing_s:
            said = words.translate("review", "{time} s missing")
            gaps = " · " + said.format(time=words.number(missing_s, 1))
        # Once is enough, and in the language of the window.
        model = measured.sensor.model.removesuffix(" (SIMULATED)")
        self.facts.setText(f"{simulated}{minutes} min {seconds} s · {model}{gaps}")
        self.facts.setToolTip("\n".join(map(words.heard, measured.warnings)))
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))
        self.trace.show_session(
            self._trace, measured.analysis.gaps, marks_of(measured.events, measured.start_s, words)
        )
        self._refresh()
        self.table.fit()
        first = next((each.id for part in self._shown().sets for each in part.reps), None)
        if first is not None:
            self.choose(first)
        self._say(" ".join(map(words.heard, (*self._corrections.trouble, *measured.warnings))))

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
        self.table.select(rep_id)
        self._show_set(part)

    def step(self, by: int) -> None:
        """Choose the next or the previous repetition, and put the cursor at its start."""
        ids = [each for each in self.table.ids if each is not None]
        if not ids:
            return
        at = ids.index(self._selected) + by if self._selected in ids else 0
        chosen = ids[min(max(at, 0), len(ids) - 1)]
        self.choose(chosen)
        found = self._shown().find(chosen)
        if found is not None:
            self.trace.place_cursor(found[1].rep.start_s)

    def move_cursor(self, by_s: float) -> None:
        """Move the cursor along the trace, and say where it is."""
        if self._trace is None:
            return
        first_s, last_s = float(self._trace.t_s[0]), float(self._trace.t_s[-1])
        at_s = min(max(self.trace.cursor_s + by_s, first_s), last_s)
        self.trace.place_cursor(at_s)
        self.trace.bring_into_view(at_s, at_s)
        self._say(self.words.translate("review", "Cursor at {place}.").format(place=self._place(at_s)))

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
            self._edit(BackToMeasured(), self.words.translate("review", "back to what was measured"))

    def keep_new_analysis(self) -> None:
        """Take what today's algorithm measures; corrections made before are laid aside, and can come back."""
        if self._measured is not None:
            self._edit(measurement_of(self._measured), self.words.translate("review", "measured anew"))

    def lower_at_cursor(self, edge: Edge) -> None:
        """Let the lowering of the chosen repetition begin or end at the cursor."""
        if (found := self._chosen()) is None:
            return
        number = next((at for at, each in enumerate(found[1].rep.phases) if each.kind == "lower"), None)
        if number is None:
            self._say(self.words.translate("review", "This repetition has no lowering."))
        else:
            self._boundary_moved(found[1].id, number, edge, self.trace.cursor_s)

    def split(self) -> None:
        """Part the repetition under the cursor."""
        at_s = self.trace.cursor_s
        for part in self._shown().sets:
            for each in part.reps:
                if each.rep.start_s < at_s < each.rep.end_s:
                    ranges = self._range(each.rep.start_s, at_s), self._range(at_s, each.rep.end_s)
                    self._edit(SplitRep(each.id, at_s, ranges), self.words.translate("review", "split"))
                    return
        self._say(
            self.words.translate("review", "Put the cursor inside a repetition first: click in the trace.")
        )

    def merge(self) -> None:
        """Merge the chosen repetition with the one after it in its set."""
        if (found := self._chosen()) is None:
            return
        part, each = found
        at = part.reps.index(each)
        if at + 1 == len(part.reps):
            self._say(self.words.translate("review", "There is no repetition after this one in its set."))
            return
        other = part.reps[at + 1]
        whole = self._range(each.rep.start_s, other.rep.end_s)
        self._edit(MergeReps(each.id, other.id, whole), self.words.translate("review", "merged"))

    def delete(self) -> None:
        """Take the chosen repetition out, and choose the one after it."""
        if (found := self._chosen()) is None:
            return
        ids = [each for each in self.table.ids if each is not None]
        at = ids.index(found[1].id)
        self._edit(DeleteRep(found[1].id), self.words.translate("review", "deleted"))
        left = [each for each in self.table.ids if each is not None]
        if left:
            self.choose(left[min(at, len(left) - 1)])

    def add(self) -> None:
        """Let the next drag mark the lowering of a repetition that was not found."""
        self.trace.mark_stretch(True)
        self._say(self.words.translate("review", "Drag over the lowering of the repetition."))

    def relabel(self) -> None:
        """Give the phase under the cursor the next kind that its exercise has."""
        at_s = self.trace.cursor_s
        if (found := self._chosen()) is None:
            return
        for number, phase in enumerate(found[1].rep.phases):
            if phase.start_s <= at_s <= phase.end_s:
                kinds = ORDER[found[1].rep.exercise]
                after = kinds[(kinds.index(phase.kind) + 1) % len(kinds)] if phase.kind in kinds else kinds[0]
                self._edit(
                    RelabelPhase(found[1].id, number, after),
                    self.words.translate("review", "now {kind}").format(kind=self.words.heard(after)),
                )
                return
        self._say(
            self.words.translate(
                "review", "Put the cursor into a phase of the chosen repetition first: click in the trace."
            )
        )

    def change_exercise(self) -> None:
        """Make the set of the chosen repetition the next exercise there is."""
        if (found := self._chosen()) is not None:
            exercises = get_args(Exercise)
            other = exercises[(exercises.index(found[1].rep.exercise) + 1) % len(exercises)]
            said = self.words.translate("review", "the set is a {exercise} now")
            said = said.format(exercise=self.words.heard(EXERCISE_WORDS[other]))
            self._edit(ChangeExercise(found[0].position, other), said)

    def change_side(self) -> None:
        """Change the side of the set: left, right."""
        if (found := self._chosen()) is not None:
            other = "right" if found[0].measured().side == "left" else "left"
            said = self.words.translate("review", "the set is on this side now: {side}")
            self._edit(ChangeSide(found[0].position, other), said.format(side=self.words.heard(other)))

    def exclude(self) -> None:
        """Leave the set of the chosen repetition out of all figures, or count it again."""
        if (found := self._chosen()) is not None:
            self._edit(ExcludeSet(found[0].position, not found[0].excluded))

    def note_rep(self) -> None:
        """Write a note on the chosen repetition."""
        if (found := self._chosen()) is not None:
            self._note(
                WriteNote(found[1].note, rep=found[1].id),
                self.words.translate("review", "Note on this repetition"),
            )

    def note_set(self) -> None:
        """Write a note on the set of the chosen repetition."""
        if (found := self._chosen()) is not None:
            self._note(
                WriteNote(found[0].note, set_position=found[0].position),
                self.words.translate("review", "Note on this set"),
            )

    def note_session(self) -> None:
        """Write a note on the session."""
        self._note(WriteNote(self._shown().note), self.words.translate("review", "Note on the session"))

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.trace.set_theme(theme)
        self.model.theme = theme
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
            self._say(
                self.words.translate("review", "Not done: {reason}.").format(
                    reason=self.words.heard(str(error))
                )
            )
            return
        except OSError as error:
            said = self.words.translate("review", "Not kept: {path} cannot be written ({reason}).")
            self._say(said.format(path=self._corrections.path, reason=error.strerror))
            return
        self._refresh()
        self.was_corrected.emit()
        kept_words = self.words.translate("review", "{done}; kept. Ctrl+Z undoes it.")
        done = done[:1].upper() + done[1:]
        self._say(kept_words.format(done=done) if done else self.words.translate("review", "Kept."))

    def _shown(self) -> Corrected:
        assert self._now is not None, "open a session first"
        return self._now

    def _chosen(self) -> tuple[CorrectedSet, CorrectedRep] | None:
        found = self._shown().find(self._selected) if self._now and self._selected else None
        if found is None:
            self._say(self.words.translate("review", "Choose a repetition first."))
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
        self._edit(
            MovePhase(rep_id, phase, edge, to_s, whole, joined=True), self.words.translate("review", "moved")
        )
        # What was refused jumps back.
        self.trace.show_corrected(self._shown(), self._selected)

    def _stretch_marked(self, start_s: float, end_s: float) -> None:
        parts = [part for part in self._shown().sets if part.reps]
        if not parts:
            self._say(self.words.translate("review", "There is no set that this repetition could belong to."))
            return

        def away_s(part: CorrectedSet) -> float:
            return max(part.reps[0].rep.start_s - end_s, start_s - part.reps[-1].rep.end_s)

        part = min(parts, key=away_s)
        phases = (Phase("lower", start_s, end_s),)
        exercise = part.measured().exercise or part.reps[0].rep.exercise
        self._edit(
            AddRep(part.position, exercise, phases, self._range(start_s, end_s)),
            self.words.translate("review", "added"),
        )
        for each in next(p for p in self._shown().sets if p.position == part.position).reps:
            if each.rep.start_s == start_s:
                self.choose(each.id)

    def _note(self, note: WriteNote, prompt: str) -> None:
        self._noting = note
        self.note_line.setPlaceholderText(
            prompt + self.words.translate("review", ": Enter keeps it, Escape leaves it")
        )
        self.note_line.setText(note.text)
        self.note_line.show()
        self.note_line.setFocus()

    def _note_written(self) -> None:
        note, self._noting = self._noting, None
        text = self.note_line.text().strip()
        self.leave_note()
        if note is not None and text != note.text:
            self._edit(WriteNote(text, note.rep, note.set_position), self.words.translate("review", "noted"))

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
        said = self.words.translate("review", "Playing: {place}. Space stops.")
        self._say(said.format(place=self._place(at_s)))

    def _place(self, at_s: float) -> str:
        assert self._trace is not None
        at = min(int(np.searchsorted(self._trace.t_s, at_s)), self._trace.t_s.size - 1)
        angle_deg = float(self._trace.low[0][at])
        time_words = self.words.number(at_s - float(self._trace.t_s[0]), 1)
        return f"{time_words} s, {'–' if np.isnan(angle_deg) else self.words.number(angle_deg, 0)}°"

    def _stop(self) -> None:
        if self._replay.isActive():
            self._replay.stop()
            self._say("")

    def _say(self, text: str) -> None:
        self.status.setText(text)

    # -- how it is painted ---------------------------------------------------------------------------------

    def _refresh(self) -> None:
        assert self._corrections is not None
        assert self._measured is not None
        self._now = corrected(self._corrections.log)
        now = self._now
        if self._selected is not None and now.find(self._selected) is None:
            self._selected = None
        self.table.show_corrected(now, self._measured.start_s)
        self.trace.show_corrected(now, self._selected)
        note = f" · {self.words.quoted(now.note)}" if now.note else ""
        corrected_words = self.words.translate("review", "corrected by hand: {times}")
        self.by_hand.setText(corrected_words.format(times=now.by_hand) if now.by_hand else "")
        self.by_hand.setToolTip(self.words.translate("review", "last by {who}").format(who=now.by) + note)
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
            said = self.words.translate("review", "Today's algorithm: {number} differences. Keep it")
            button.setText(said.format(number=len(found)))
            same = self.words.translate("review", "It measures the same.")
            button.setToolTip("\n".join(map(self.words.heard, found)) or same)

    def _smoothness(self, rep: Rep) -> float | None:
        # The same for as long as nobody moves the repetition, and slow to work out.
        if rep not in self._smooth:
            assert self._measured is not None
            self._smooth[rep] = smoothness(rep, angle_trace(self._measured))
        return self._smooth[rep]

    def _show_set(self, part: CorrectedSet) -> None:
        assert self._trace is not None
        left_out = f" ({self.words.translate('review', 'left out')})" if part.excluded else ""
        self.set_title.setText(set_title(part.measured(), self.words) + left_out)
        figures = set_figures(part.measured(), self.words)
        for number, labels in enumerate(self._figures):
            figure = figures[number] if number < len(figures) else Figure("", "")
            for label, text in zip(labels, (figure.name, figure.value, figure.note), strict=True):
                label.setText(text)
        self.overlay.show()
        self.overlay.show_set(part, self._trace, self._selected)

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        top = QHBoxLayout()
        top.addWidget(
            self._button(
                "Sessions", "‹ " + self.words.translate("review", "Sessions"), self.back.emit, "Escape"
            )
        )
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.title)
        below = QHBoxLayout()
        below.setSpacing(14)
        below.addWidget(self.facts)
        # Beside the title it would make the window wider than the screen.
        below.addWidget(self.by_hand)
        below.addStretch()
        titles.addLayout(below)
        top.addLayout(titles)
        top.addWidget(self.verdict, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addStretch()
        top.addWidget(self._button("New analysis", "", self.keep_new_analysis, ""))
        top.addWidget(
            self._button(
                "As measured", self.words.translate("review", "As measured"), self.back_to_measured, "Ctrl+M"
            )
        )
        top.addWidget(self._button("Undo", self.words.translate("review", "Undo"), self.undo, "Ctrl+Z"))
        top.addWidget(self._button("Redo", self.words.translate("review", "Redo"), self.redo, "Ctrl+Shift+Z"))
        report = self._button(
            "Report", self.words.translate("review", "Report"), self.report_wanted.emit, "P"
        )
        report.setObjectName("main")
        top.addWidget(report)

        tools = QHBoxLayout()
        tools.setSpacing(6)
        for name, said, act, key in (
            ("Play", self.words.translate("review", "Play"), self.play_or_stop, "Space"),
            ("Split", self.words.translate("review", "Split"), self.split, "S"),
            ("Merge", self.words.translate("review", "Merge"), self.merge, "M"),
            ("Delete", self.words.translate("review", "Delete"), self.delete, "Delete"),
            ("Add", self.words.translate("review", "Add"), self.add, "A"),
            ("Kind", self.words.translate("review", "Kind"), self.relabel, "K"),
            ("Exercise", self.words.translate("review", "Exercise"), self.change_exercise, "E"),
            ("Side", self.words.translate("review", "Side"), self.change_side, "D"),
            ("Leave out", self.words.translate("review", "Leave out"), self.exclude, "X"),
            ("Note", self.words.translate("review", "Note"), self.note_rep, "N"),
            ("Note on set", self.words.translate("review", "Note on set"), self.note_set, ""),
        ):
            tools.addWidget(self._button(name, said, act, key))
        tools.addWidget(self.status, 1)

        self.note_line.hide()
        panel = QFrame()
        panel.setObjectName("panel")
        beside = QVBoxLayout(panel)
        beside.addWidget(self.set_title)
        beside.addLayout(self._figure_grid())
        beside.addWidget(self.overlay, 1)

        lower = QSplitter(Qt.Orientation.Horizontal)
        lower.addWidget(self.table)
        lower.addWidget(panel)
        lower.setSizes([852, 468])
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
        self.set_title.setText(self.words.translate("review", "No repetition was found"))
        for labels in self._figures:
            for label in labels:
                label.clear()
        self.overlay.hide()

    def _figure_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(0)
        # What stands below a figure belongs to it, not to the one of the next row.
        for row in range(1, -(-MOST_FIGURES // FIGURES_IN_ROW)):
            grid.setRowMinimumHeight(4 * row - 1, 8)
        for column in range(FIGURES_IN_ROW):
            grid.setColumnStretch(column, 1)
        for number in range(MOST_FIGURES):
            labels = named_label("small"), named_label("figure"), named_label("small")
            for line, label in enumerate(labels):
                grid.addWidget(label, 4 * (number // FIGURES_IN_ROW) + line, number % FIGURES_IN_ROW)
            self._figures.append(labels)
        return grid

    def _button(self, name: str, text: str, act: Callable[[], None], key: str) -> QPushButton:
        made = QPushButton(text)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: act())
        if key:
            made.setToolTip(key)
        self.buttons[name] = made
        return made


def marks_of(events: Sequence[EventLike], zero_s: float, words: Words = ENGLISH) -> list[Mark]:
    """Return what happened in a session as marks on its trace; zero_s: time of the first sample."""
    made: list[Mark] = []
    for event in events:
        at_s = event.data.get("t_s")
        if isinstance(at_s, bool) or not isinstance(at_s, int | float):
            continue
        match event.kind:
            case "pain":
                said = words.translate("report", "pain {score}").format(score=event.data.get("worst", "?"))
                made.append(Mark(at_s - zero_s, said, loud=True))
            case "cue":
                made.append(Mark(at_s - zero_s, str(event.data.get("cue", "cue"))))
            case "sensor_slipped" | "sensor_fault":
                made.append(Mark(at_s - zero_s, words.translate("review", "sensor"), loud=True))
    return sorted(made, key=lambda mark: mark.t_s)
