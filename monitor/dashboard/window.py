"""The patient's window: it reads one picture after the other and sends commands, nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QPushButton, QWidget

from monitor.dashboard.gauge import GaugeBar
from monitor.dashboard.glyphs import draw_mark
from monitor.dashboard.language import QT_TRANSLATE_NOOP, translate
from monitor.dashboard.marks import RepMarks, SetBars
from monitor.dashboard.offers import Offer, OfferButton, SaveElsewhere
from monitor.dashboard.theme import THEMES, Theme, ThemeName
from monitor.dashboard.trace_plot import TracePlot
from monitor.dashboard.view import KIND_WORDS, SOUND_WORDS, Action, Scale, View, next_sound, next_volume, view
from monitor.dashboard.words import BigNumber, Words
from monitor.plan import MarkKind
from monitor.session import (
    CheckCalibration,
    CheckWithLift,
    Command,
    EndSession,
    GoOn,
    ReportEffort,
    ReportPain,
    SetSound,
    StartCalibration,
    StartSet,
    StopSet,
    SuddenPain,
    SwitchExercise,
    Undo,
)
from monitor.snapshot import Snapshot

# The window is designed at this size and grows and shrinks as a whole.
DESIGN_W, DESIGN_H = 1366, 768
FRAME_MS = 16
# Where little movement is wanted the trace goes on so often.
STEP_NS = 500_000_000
COMMANDS: dict[Action, Command] = {
    "calibrate": StartCalibration(),
    "check": CheckCalibration(),
    "check by lift": CheckWithLift(),
    "start set": StartSet(),
    "stop set": StopSet(),
    "sudden pain": SuddenPain(),
    "go on": GoOn(),
    "end session": EndSession(),
    "count as nordic": SwitchExercise("nordic"),
    "count as slider": SwitchExercise("slider"),
    "count as bridge": SwitchExercise("bridge"),
    "undo": Undo(),
}
SCORES: dict[Scale, str] = {
    "pain": QT_TRANSLATE_NOOP("set", "Pain {score} of 10"),
    "effort": QT_TRANSLATE_NOOP("set", "Effort: {score} of 10"),
}
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


class _VerdictSign(QWidget):
    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self._kind: MarkKind | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    @property
    def text(self) -> str:
        return self._kind or ""

    def show_kind(self, kind: MarkKind | None) -> None:
        if kind != self._kind:
            self._kind = kind
            self.setAccessibleName(translate("set", KIND_WORDS[kind]) if kind else "")
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._kind is None:
            return
        painter = QPainter(self)
        rect = QRectF(self.rect())
        draw_mark(painter, self._kind, rect.center(), 0.42 * min(rect.width(), rect.height()), self.theme)
        painter.end()


class _Progress(QWidget):
    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self._share: float | None = None

    def show_share(self, share: float | None) -> None:
        share = None if share is None else round(share, 3)
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._share is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        radius = rect.height() / 2
        painter.setBrush(QColor(self.theme.line))
        painter.drawRoundedRect(rect, radius, radius)
        rect.setWidth(max(rect.height(), rect.width() * self._share))
        painter.setBrush(QColor(self.theme.accent))
        painter.drawRoundedRect(rect, radius, radius)
        painter.end()


class Dashboard(QWidget):
    """One window on a session.

    read: returns the newest picture. send: takes commands. clock_ns: the clock of the pictures. elsewhere:
    offers to save a recording that does not reach its disk.
    limits: shows what the program cannot see; None where there is no page for it.
    Space, Enter and PageDown press the main button, Space and Enter the one that Tab has led to; Escape,
    Backspace and PageUp take the last answer back; 0-9 and + (10) answer a question; P is sudden pain; M
    changes how one hears it, + and - how loud, T the colours, F11 the full screen; S takes a recording that
    does not reach its disk to another.
    moving: False where little movement is wanted; the trace then goes on in steps.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot],
        send: Callable[[Command], None],
        clock_ns: Callable[[], int],
        *,
        theme: ThemeName = "light",
        elsewhere: SaveElsewhere | None = None,
        limits: Callable[[], None] | None = None,
    ) -> None:
        """Build the window; it stands still until `run`."""
        super().__init__()
        self.moving = True
        self._traced_ns: int | None = None
        self._limits = limits
        self._read = read
        self._send = send
        self._clock_ns = clock_ns
        self._theme_name: ThemeName = theme
        self._theme = THEMES[theme]
        self._view: View | None = None
        self._places: tuple[str, bool, str] | None = None
        self._elsewhere = elsewhere
        self._offer: Offer | None = None
        self._scale: Scale | None = None
        self.setWindowTitle("Eccentric")
        self.setMinimumSize(683, 384)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

        self.title = Words(self, LEFT, bold=True)
        self.link = Words(self, RIGHT)
        self.link_word = Words(self, RIGHT, bold=True)
        self.banner = Words(self, LEFT, wrap=True, bold=True)
        self.headline = Words(self, LEFT, bold=True)
        self.detail = Words(self, LEFT, wrap=True)
        self.seconds = BigNumber(self)
        self.verdict_line = Words(self, LEFT, bold=True)
        self.rep_line = Words(self, LEFT, bold=True)
        self.dose = Words(self, LEFT, bold=True)
        self.dose_caption = Words(self, LEFT, wrap=True)
        self.summary_title = Words(self, LEFT, bold=True)
        self.facts = Words(self, LEFT, wrap=True)
        self.pain_line = Words(self, LEFT, wrap=True, bold=True)
        self.notice = Words(self, CENTRE, wrap=True)
        self.sign = _VerdictSign(self, self._theme)
        self.progress = _Progress(self, self._theme)
        self.gauge = GaugeBar(self, self._theme)
        self.marks = RepMarks(self, self._theme)
        self.bars = SetBars(self, self._theme)
        self.trace = TracePlot(self, self._theme)

        self.primary = QPushButton(self)
        self.secondary = QPushButton(self)
        self.third = QPushButton(self)
        self.sound = QPushButton(self)
        self.colours = QPushButton(self)
        self.offered = OfferButton(self)
        self.offered.clicked.connect(self._save_elsewhere)
        self.help = QPushButton("?", self)
        self.primary.clicked.connect(self._press_primary)
        self.secondary.clicked.connect(lambda: self._choose(0))
        self.third.clicked.connect(lambda: self._choose(1))
        self.sound.clicked.connect(self._switch_sound)
        self.colours.clicked.connect(self._switch_theme)
        self.help.clicked.connect(lambda: limits() if limits is not None else None)
        self.pain = QButtonGroup(self)
        # Which one is chosen, the session says.
        self.pain.setExclusive(False)
        for score in range(11):
            button = QPushButton(str(score), self)
            button.setCheckable(True)
            self.pain.addButton(button, score)
        self.pain.idClicked.connect(self._answer)
        for button in self._buttons():
            # Not by a click: the space bar belongs to the main button until somebody goes on with Tab.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._order()

        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.refresh)
        self._paint_theme()
        # Else Qt would give it to the first button when the window comes up.
        self.setFocus()
        self.resize(DESIGN_W, DESIGN_H)
        self.refresh()

    # -- for the program -----------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What the window says now."""
        if self._view is None:
            raise RuntimeError("the window has not been filled yet")
        return self._view

    def run(self) -> None:
        """Show the newest picture 60 times a second from now on."""
        self._timer.start()

    def halt(self) -> None:
        """Stop following the pictures."""
        self._timer.stop()

    def refresh(self) -> None:
        """Show the newest picture."""
        snapshot = self._read()
        host_ns = self._clock_ns()
        shown = view(snapshot, host_ns)
        self._offer = self._elsewhere.offer(snapshot) if self._elsewhere is not None else None
        if self._offer is not None:
            shown = replace(shown, banner=self._offer.sentence, asks=self._offer.good)
        focused = self._focused()
        self._arrange(shown)
        self._fill(shown)
        if focused is not None and not focused.hasFocus():
            # Qt gives the focus of what goes away to its neighbour, which means something else.
            stays = focused.isVisible() and focused.isEnabled()
            (focused if stays else self).setFocus(Qt.FocusReason.OtherFocusReason)
        if shown.page == "set" and self._trace_is_due(host_ns):
            self.trace.show_snapshot(snapshot, host_ns)
            self._traced_ns = host_ns
        self._view = shown

    # -- Qt ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put everything in its place again."""
        super().resizeEvent(event)
        self._places = None
        if self._view is not None:
            self._arrange(self._view)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the page and the strip behind a banner."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.page))
        if self._view is not None and self._view.banner:
            unit = self._unit()
            strip = QRectF(self.banner.geometry()).adjusted(-16 * unit, -2 * unit, 16 * unit, 2 * unit)
            strip.setRight(self.width() - 32 * unit)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.accent if self._view.asks else self._theme.trouble))
            painter.drawRoundedRect(strip, 8 * unit, 8 * unit)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys that work everywhere."""
        if event.isAutoRepeat():
            return
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if (focused := self._focused()) is not None:
                focused.click()
            case Qt.Key.Key_Space | Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_PageDown:
                self.primary.click()
            case Qt.Key.Key_Escape | Qt.Key.Key_Backspace | Qt.Key.Key_PageUp:
                self._send(Undo())
            case Qt.Key.Key_P:
                self._send(SuddenPain())
            case key if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
                self._answer(int(key) - int(Qt.Key.Key_0))
            case Qt.Key.Key_Plus if self.view.scale is not None:
                self._answer(10)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._send(SetSound(volume=next_volume(self.view.volume, 1)))
            case Qt.Key.Key_Minus:
                self._send(SetSound(volume=next_volume(self.view.volume, -1)))
            case Qt.Key.Key_Question | Qt.Key.Key_F1 if self._limits is not None:
                self._limits()
            case Qt.Key.Key_M:
                self._switch_sound()
            case _ if self._offer is not None and self._offer.key == event.key():
                self._save_elsewhere()
            case Qt.Key.Key_T:
                self._switch_theme()
            case Qt.Key.Key_F11:
                self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
            case _:
                super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop painting; the engine is stopped by whoever started it."""
        self.halt()
        super().closeEvent(event)

    # -- inside --------------------------------------------------------------------------------------------

    def _buttons(self) -> list[QAbstractButton]:
        """All of them, as the eye goes."""
        return [
            *self.pain.buttons(),
            self.primary,
            self.secondary,
            self.third,
            self.sound,
            self.colours,
            self.help,
            self.offered,
        ]

    def _order(self) -> None:
        for before, after in itertools.pairwise(self._buttons()):
            QWidget.setTabOrder(before, after)

    def _focused(self) -> QAbstractButton | None:
        focused = self.focusWidget()
        return focused if isinstance(focused, QAbstractButton) else None

    def _trace_is_due(self, host_ns: int) -> bool:
        return self.moving or self._traced_ns is None or host_ns - self._traced_ns >= STEP_NS

    def _unit(self) -> float:
        return min(self.width() / DESIGN_W, self.height() / DESIGN_H)

    def _press_primary(self) -> None:
        if self.view.action is not None:
            self._send(COMMANDS[self.view.action])

    def _choose(self, number: int) -> None:
        choices = self.view.choices
        if number < len(choices):
            self._send(COMMANDS[choices[number].action])

    def _answer(self, score: int) -> None:
        if self.view.scale == "pain":
            self._send(ReportPain(score))
        elif self.view.scale == "effort":
            self._send(ReportEffort(score))

    def _save_elsewhere(self) -> None:
        if self._elsewhere is not None and self._offer is not None and self._offer.button:
            self._elsewhere.press(self)

    def _switch_sound(self) -> None:
        self._send(SetSound(next_sound(self.view.sound)))

    def _switch_theme(self) -> None:
        self.set_theme("light" if self._theme_name == "dark" else "dark")

    @property
    def theme_name(self) -> ThemeName:
        """Which colours are shown."""
        return self._theme_name

    def set_theme(self, name: ThemeName) -> None:
        """Change the colours."""
        self._theme_name, self._theme = name, THEMES[name]
        self._paint_theme()
        self._places = None
        self.refresh()

    def _paint_theme(self) -> None:
        theme = self._theme
        for part in (self.gauge, self.marks, self.bars, self.trace):
            part.set_theme(theme)
        self.sign.theme = self.progress.theme = theme
        self.sign.update()
        self.progress.update()
        self.update()

    def _fill(self, shown: View) -> None:
        theme = self._theme
        link_colour = {"good": theme.in_band, "waiting": theme.muted, "bad": theme.trouble}[shown.link_level]
        self.title.show_text(shown.title, theme.text)
        self.link_word.show_text(shown.link_word, link_colour)
        self.link.show_text(shown.link_line, theme.muted)
        self.banner.show_text(shown.banner or "", theme.on_accent if shown.asks else theme.on_trouble)
        bad = shown.again or shown.page == "stopped" or shown.lost
        self.headline.show_text(shown.headline, theme.trouble if bad else theme.text)
        loud = shown.page in ("message", "stopped")
        self.detail.show_text(shown.detail, theme.text if loud else theme.muted)
        self.progress.show_share(shown.progress)
        space = translate("set", "Space bar: {button}").format(button=shown.primary)
        self.notice.show_text(shown.notice or space, theme.muted)
        if shown.page == "set":
            self.seconds.show_number(shown.seconds, shown.seconds_caption, theme.text, theme.muted)
            self.gauge.show_gauge(shown.gauge)
            colour = theme.of_mark(shown.sign) if shown.sign else theme.text
            self.verdict_line.show_text(shown.verdict_line, colour)
            self.sign.show_kind(shown.sign if shown.verdict_line else None)
            self.rep_line.show_text(shown.rep_line, theme.text)
            self.marks.show_marks(shown.marks)
        if shown.summary is not None:
            summary = shown.summary
            self.summary_title.show_text(summary.title, theme.text)
            self.dose.show_text(summary.dose, theme.text)
            self.dose_caption.show_text(summary.dose_caption, theme.muted)
            self.facts.show_text("\n".join(summary.facts), theme.text)
            self.bars.show_summary(summary)
        answers = shown.summary.answers if shown.summary else ""
        self.pain_line.show_text(shown.question or answers, theme.text)
        self._check_pain(shown.scale, shown.chosen)
        self._label(self.primary, shown.primary, shown.action is not None)
        for button, choice in zip((self.secondary, self.third), (*shown.choices, None, None), strict=False):
            self._label(button, choice.words if choice else "", choice is not None)
        dark = translate("window", "Light") if self._theme_name == "dark" else translate("window", "Dark")
        self._label(self.colours, dark, True, translate("window", "Colours: {name}").format(name=dark))
        heard = translate("set", SOUND_WORDS[shown.sound])
        self._label(self.sound, heard, True, translate("window", "Sound: {mode}").format(mode=heard))
        self._name_parts()

    def _name_parts(self) -> None:
        """Give what is only painted a name for a screen reader, in the language in use."""
        named: tuple[tuple[QWidget, str], ...] = (
            (self, translate("window", "Your set")),
            (self.help, translate("window", "About and limits")),
            (self.trace, translate("set", "Thigh angle over time")),
            # What paints it is a widget of its own.
            (self.trace.viewport(), translate("set", "Thigh angle over time")),
            (self.gauge, translate("set", "Seconds against their target")),
            (self.marks, translate("set", "Repetitions of this set")),
            (self.bars, translate("set", "Repetitions of this set")),
            (self.progress, translate("set", "Progress of the calibration")),
        )
        for part, name in named:
            if part.accessibleName() != name:
                part.setAccessibleName(name)

    def _check_pain(self, scale: Scale | None, score: int | None) -> None:
        if scale != self._scale:
            self._scale = scale
            for button in self.pain.buttons():
                words = SCORES[scale or "pain"]
                button.setAccessibleName(translate("set", words).format(score=self.pain.id(button)))
        for button in self.pain.buttons():
            button.setChecked(self.pain.id(button) == score)

    def _label(self, button: QPushButton, text: str, enabled: bool, name: str | None = None) -> None:
        if button.text() != text:
            button.setText(text)
            button.setAccessibleName((name or text).replace("\n", " "))
        if button.isEnabled() != enabled:
            button.setEnabled(enabled)

    def _arrange(self, shown: View) -> None:
        """Give every part its place, only when the page, a banner or the size changed."""
        key = (
            f"{shown.page}{[each.words for each in shown.choices]}{shown.scale}{shown.asks}",
            shown.banner is not None,
            self._offer.button if self._offer is not None else "",
        )
        if key == self._places:
            return
        self._places = key
        self._view = replace(shown)
        unit = self._unit()
        width, height = self.width() / unit, self.height() / unit
        places = _places([choice.words for choice in shown.choices])
        self._style(unit)
        for button, choice, (_, wide) in zip(
            (self.secondary, self.third), shown.choices, places, strict=False
        ):
            button.setStyleSheet(self._quiet(unit, _fitting_px(choice.words, 20, wide - 20)))
        for part in (self.gauge, self.marks, self.bars, self.trace):
            part.set_unit(unit)
        for part in self._parts():
            part.hide()

        self._put(self.title, 32, 18, width * 0.44, 40, 30)
        edge = width - 32
        if self._limits is not None:
            self._put(self.help, edge - 44, 18, 44, 44)
            edge -= 60
        self._put(self.link_word, edge - 200, 16, 200, 26, 20)
        self._put(self.link, width * 0.44 + 48, 42, edge - width * 0.44 - 48, 26, 18)
        if shown.banner is not None:
            taken = self.offered.show_offer(self._offer, self._theme, 20 * unit, unit) / unit
            if taken:
                self._put(self.offered, width - 38 - taken, 76, taken, 44)
            self._put(self.banner, 48, 72, width - 96 - taken, 52, 24)
        top, bottom = 128.0, height - 124
        if shown.page == "message":
            self._arrange_message(width, top, bottom)
        elif shown.page == "set":
            self._arrange_set(width, top, bottom)
        elif shown.page == "stopped":
            self._arrange_stopped(shown, width, top, bottom)
        else:
            self._arrange_summary(shown, width, top, bottom)
        row = height - 100
        self._put(self.primary, 32, row, 360, 72)
        for button, (x, wide) in zip((self.secondary, self.third), places, strict=False):
            self._put(button, x, row, wide, 72)
        self._put(self.sound, width - 32 - 300, row, 150, 72)
        self._put(self.colours, width - 32 - 134, row, 134, 72)
        middle = places[-1][0] + places[-1][1] + 16 if places else 408
        self._put(self.notice, middle, row, width - 32 - 316 - middle, 72, 18)
        self.update()

    def _parts(self) -> list[QWidget]:
        return [child for child in self.children() if isinstance(child, QWidget)]

    def _arrange_message(self, width: float, top: float, bottom: float) -> None:
        middle = (top + bottom) / 2
        self._put(self.headline, 96, middle - 170, width - 192, 170, 140)
        self._put(self.detail, 96, middle + 10, width - 192, 140, 54)
        self._put(self.progress, 96, middle + 180, width - 192, 18)

    def _arrange_set(self, width: float, top: float, bottom: float) -> None:
        left_w = width * 0.47 - 48
        right = width * 0.47 + 16
        right_w = width - right - 32
        tall = bottom - top
        self._put(self.headline, 32, top - 6, left_w, 100, 76)
        gauge_h, line_h = 124, 64
        seconds_h = tall - 100 - gauge_h - line_h - 12
        self._put(self.seconds, 32, top + 104, left_w, seconds_h - 24)
        self._put(self.gauge, 32, top + 100 + seconds_h, left_w, gauge_h)
        self._put(self.sign, 32, bottom - line_h + 4, 56, 56)
        self._put(self.verdict_line, 32 + 68, bottom - line_h, left_w - 68, line_h, 46)
        self._put(self.detail, 32, bottom - line_h, left_w, line_h, 34)
        self._put(self.rep_line, right, top - 6, right_w, 100, 76)
        self._put(self.marks, right, top + 104, right_w, 96)
        self._put(self.trace, right, top + 212, right_w, tall - 212)

    def _arrange_stopped(self, shown: View, width: float, top: float, bottom: float) -> None:
        self._put(self.headline, 96, top, width - 192, 170, 140)
        self._put(self.detail, 96, top + 176, width - 192, 200, 54)
        if shown.scale is not None:
            self._arrange_scale(96, bottom, width - 192)

    def _arrange_scale(self, left: float, bottom: float, width: float) -> None:
        self._put(self.pain_line, left, bottom - 116, width, 44, 28)
        gap = 8.0
        size = (width - 10 * gap) / 11
        for score in range(11):
            self._put(self.pain.button(score), left + score * (size + gap), bottom - 64, size, 60)

    def _arrange_summary(self, shown: View, width: float, top: float, bottom: float) -> None:
        left_w = width * 0.42 - 48
        right = width * 0.42 + 16
        right_w = width - right - 32
        self._put(self.headline, 32, top, left_w, 100, 84)
        self._put(self.dose, 32, top + 112, left_w, 150, 140)
        self._put(self.dose_caption, 32, top + 262, left_w, 66, 26)
        self._put(self.facts, 32, top + 340, left_w, bottom - top - 340, 34)
        self._put(self.summary_title, right, top, right_w, 48, 34)
        asked_h = 116.0 if shown.scale is not None else 44.0
        self._put(self.bars, right, top + 56, right_w, bottom - top - 56 - asked_h - 16)
        if shown.scale is not None:
            self._arrange_scale(right, bottom, right_w)
        else:
            self._put(self.pain_line, right, bottom - 44, right_w, 44, 28)

    def _put(
        self, part: QWidget, x: float, y: float, width: float, height: float, pixels: float | None = None
    ) -> None:
        unit = self._unit()
        left, top = round(x * unit), round(y * unit)
        part.setGeometry(left, top, round((x + width) * unit) - left, round((y + height) * unit) - top)
        if pixels is not None and isinstance(part, Words):
            part.set_pixels(pixels * unit)
        part.show()

    def _style(self, unit: float) -> None:
        theme = self._theme
        # On its own fill no ring is seen well enough: it changes sides.
        inverted = (
            f"QPushButton:focus {{ background: {theme.on_accent}; color: {theme.accent};"
            f" border: {max(3, round(5 * unit))}px solid {theme.accent}; }}"
        )
        self.primary.setStyleSheet(
            self._rule(unit, theme.accent, theme.on_accent, theme.accent, 32) + inverted + self._pressed()
        )
        for button in (self.sound, self.colours, self.help):
            button.setStyleSheet(self._quiet(unit, 20))
        chosen = (
            f"QPushButton:checked {{ background: {theme.accent}; color: {theme.on_accent};"
            f" border-color: {theme.accent}; }}"
        )
        number = self._rule(unit, theme.panel, theme.text, theme.line, 28)
        for button in self.pain.buttons():
            button.setStyleSheet(number + chosen + self._pressed() + self._ring(unit))

    def _quiet(self, unit: float, pixels: float) -> str:
        theme = self._theme
        rule = self._rule(unit, theme.panel, theme.text, theme.line, pixels)
        return rule + self._pressed() + self._ring(unit)

    def _rule(self, unit: float, background: str, colour: str, border: str, pixels: float) -> str:
        return (
            f"QPushButton {{ background: {background}; color: {colour}; border: 2px solid {border};"
            f" border-radius: {round(10 * unit)}px; font-size: {max(8, round(pixels * unit))}px;"
            " font-weight: bold; padding: 0; }"
        )

    def _pressed(self) -> str:
        theme = self._theme
        return (
            f"QPushButton:pressed {{ border-color: {theme.text}; }}"
            f"QPushButton:disabled {{ background: {theme.page}; color: {theme.muted};"
            f" border-color: {theme.line}; }}"
        )

    def _ring(self, unit: float) -> str:
        # Thick, and in the colour of the letters: seen without the fill.
        return f"QPushButton:focus {{ border: {max(3, round(5 * unit))}px solid {self._theme.text}; }}"


def _needed(words: str) -> float:
    """Return the width of words in bold letters of size 1."""
    font = QFont()
    font.setBold(True)
    font.setPixelSize(100)
    return max(QFontMetrics(font).horizontalAdvance(words) / 100, 1e-6)


def _fitting_px(words: str, pixels: float, width: float) -> float:
    """Return the size of bold letters with which words fit a width, up to `pixels`; all in one unit."""
    return min(pixels, width / _needed(words))


def _places(words: list[str]) -> list[tuple[float, float]]:
    """Return left edge and width of each smaller button; two share their place as their words need."""
    if len(words) < 2:
        return [(408.0, 240.0)] * len(words)
    room, gap, margin = 396.0, 12.0, 40.0
    needs = [_needed(each) for each in words]
    first = margin + (room - gap - 2 * margin) * needs[0] / sum(needs)
    return [(408.0, first), (408.0 + first + gap, room - gap - first)]
