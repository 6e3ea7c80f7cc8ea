"""The patient's window: the pages of a visit, and in the middle of it the set.

It shows the state of a `Host` and hands it what is pressed; it knows no radio, no file and no catalogue.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

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
from PySide6.QtWidgets import QApplication, QStyle, QWidget

from monitor.dashboard.language import LANGUAGES, Language, Spoken, translate
from monitor.dashboard.offers import Offer, OfferButton, SaveElsewhere, unfinished_offer
from monitor.dashboard.pages.bodies import LEFT_SHARE, RING, BodyPart
from monitor.dashboard.pages.buttons import BigButton
from monitor.dashboard.pages.screens import Field, Guide, Legs, Screen, screen
from monitor.dashboard.theme import THEMES, ThemeName
from monitor.dashboard.view import SOUND_WORDS, VOLUMES, next_sound, next_volume, volume_level
from monitor.dashboard.words import Words
from monitor.session import Command, SetSound, SoundSettings, SuddenPain
from monitor.snapshot import Snapshot
from monitor.unfinished import Unfinished
from monitor.visit import LIVE, AcceptLimits, Air, Back, Go, Input, ShowLimits, Tell, Visit

if TYPE_CHECKING:
    from monitor.dashboard.window import Dashboard

# Every page is designed at this size and grows and shrinks as a whole.
DESIGN_W, DESIGN_H = 1366, 768
FRAME_MS = 33
# The set is loaded while the first page is read.
PRELOAD_MS = 300
MARGIN = 64.0
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


class Host(Protocol):
    """What stands behind the window: it carries a visit out."""

    @property
    def visit(self) -> Visit:
        """Where the visit stands."""
        ...

    @property
    def air(self) -> Air:
        """What the search for sensors says."""
        ...

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest picture of the session; None while there is none."""
        ...

    @property
    def recording_path(self) -> Path | None:
        """Where the session is recorded; None while there is none."""
        ...

    def save_elsewhere(self, path: Path) -> None:
        """Take the recording to another file and go on there; for any thread. Raises RecordingError."""
        ...

    @property
    def unfinished(self) -> Unfinished | None:
        """What a crash has left of earlier recordings."""
        ...

    def finish_unfinished(self) -> None:
        """Make closed recordings of that."""
        ...

    def take(self, item: Input) -> None:
        """Take what a person has pressed."""
        ...

    def command(self, command: Command) -> None:
        """Hand a command to the session."""
        ...

    def look(self) -> None:
        """Take in what has happened meanwhile; called before each picture."""
        ...

    def keep_choice(self, language: Language, theme: ThemeName) -> None:
        """Keep how the window is wanted for next time."""
        ...


class PatientWindow(QWidget):
    """One window on a visit.

    Space, Enter or a clicker's Page Down press the main button, or the one that has the focus; Escape,
    Backspace or Page Up go back; where there is something to choose, Page Up goes through it (and through
    the way back), and Page Down presses what it has come to; digits (T or + for ten) answer; the arrows
    go through what there is to choose; M, + and - change what one hears, L the language, T the colours; ?
    shows the limits; F11 fills the screen.
    """

    def __init__(
        self,
        host: Host,
        spoken: Spoken,
        *,
        theme: ThemeName = "light",
        clock_ns: Callable[[], int] = time.monotonic_ns,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Build the window; it stands still until `run`."""
        super().__init__()
        self._host = host
        self._spoken = spoken
        self._theme_name: ThemeName = theme
        self._theme = THEMES[theme]
        self._clock_ns = clock_ns
        self._today = today
        self._screen: Screen | None = None
        # By a clicker's back key: its other one then presses what has the focus.
        self._going_through = False
        self.setWindowTitle("Eccentric")
        self.setAccessibleName("Eccentric")
        self.setMinimumSize(683, 384)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

        self.title = Words(self, LEFT, bold=True)
        self.headline = Words(self, LEFT, bold=True, wrap=True)
        self.detail = Words(self, TOP, wrap=True)
        self.banner = Words(self, LEFT, wrap=True, bold=True)
        self.body = BodyPart(self, self._theme, host.take)
        self._elsewhere = SaveElsewhere(host)
        self._offer: Offer | None = None
        self.offered = OfferButton(self)
        self.offered.clicked.connect(self._press_offered)
        self.primary = BigButton(self, self._theme, "main")
        self.choices = [BigButton(self, self._theme, "quiet") for _ in range(2)]
        self.back = BigButton(self, self._theme, "plain")
        self.language = BigButton(self, self._theme, "plain")
        self.colours = BigButton(self, self._theme, "plain")
        self.help = BigButton(self, self._theme, "plain")
        self.primary.clicked.connect(self._press_primary)
        for index, button in enumerate(self.choices):
            button.clicked.connect(lambda _=False, index=index: self._press_choice(index))
        self.back.clicked.connect(lambda: self._take(Back()))
        self.help.clicked.connect(lambda: self._take(ShowLimits()))
        self.language.clicked.connect(self._switch_language)
        self.colours.clicked.connect(self._switch_theme)
        self.sound = BigButton(self, self._theme, "plain")
        self.quieter = BigButton(self, self._theme, "plain")
        self.louder = BigButton(self, self._theme, "plain")
        self.sound.clicked.connect(self._switch_sound)
        self.quieter.clicked.connect(lambda: self._change_volume(-1))
        self.louder.clicked.connect(lambda: self._change_volume(1))

        self.dashboard: Dashboard | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.refresh)
        self.body.moving = not reduced_motion()
        self.resize(DESIGN_W, DESIGN_H)
        self.refresh()

    # -- for the program -----------------------------------------------------------------------------------

    @property
    def screen_shown(self) -> Screen:
        """The page that is shown now."""
        if self._screen is None:
            raise RuntimeError("the window has not been filled yet")
        return self._screen

    def run(self) -> None:
        """Follow the visit from now on."""
        self._timer.start()
        QTimer.singleShot(PRELOAD_MS, self, _load_dashboard)

    def halt(self) -> None:
        """Stop following."""
        self._timer.stop()
        if self.dashboard is not None:
            self.dashboard.halt()

    def refresh(self) -> None:
        """Show where the visit stands."""
        self._host.look()
        snapshot = self._host.snapshot
        in_set = self._host.visit.step == "set" and snapshot is not None
        self._show_set(in_set)
        shown = screen(self._host.visit, self._host.air, snapshot, self._clock_ns(), self._today())
        self._offer = self._offer_now(shown, snapshot)
        if self._offer is not None:
            shown = replace(shown, banner=self._offer.sentence)
        self.body.turn(self._clock_ns() / 1e9)
        if shown == self._screen:
            return
        new_page = self._screen is None or shown.step != self._screen.step
        self._screen = shown
        self._fill(shown)
        self._arrange()
        if new_page:
            # Else a double click on the pain answers the question after it as well.
            for button in self.findChildren(BigButton):
                button.rest()
        if new_page and not in_set:
            self._going_through = False
            self._first_focus()

    # -- Qt ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put everything in its place again."""
        super().resizeEvent(event)
        if self._screen is not None:
            self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the page and the strip behind a banner."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.page))
        if self._screen is not None and self._screen.banner:
            unit = self._unit()
            strip = QRectF(self.banner.geometry()).adjusted(-20 * unit, 0, 20 * unit, 0)
            strip.setRight(self.width() - MARGIN * unit)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            good = self._offer is not None and self._offer.good
            painter.setBrush(QColor(self._theme.accent if good else self._theme.trouble))
            painter.drawRoundedRect(strip, 10 * unit, 10 * unit)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys that work everywhere."""
        if event.isAutoRepeat():
            return
        key = event.key()
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_9 and self.body.digit(key - Qt.Key.Key_0):
            return
        match key:
            case Qt.Key.Key_Plus if self.body.digit(10):
                pass
            case Qt.Key.Key_T if self.body.digit(10):
                pass
            case Qt.Key.Key_Space | Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_PageDown:
                self._press_main(key)
            case Qt.Key.Key_PageUp if self.body.buttons or not self.screen_shown.back:
                self._go_through()
            case Qt.Key.Key_Escape | Qt.Key.Key_Backspace | Qt.Key.Key_PageUp:
                self._go_back(key)
            case Qt.Key.Key_Question | Qt.Key.Key_F1:
                self._take(ShowLimits())
            case Qt.Key.Key_T:
                self._switch_theme()
            case Qt.Key.Key_L:
                self._switch_language()
            case _ if self._offer is not None and self._offer.key == key:
                self._press_offered()
            case Qt.Key.Key_P if self._host.snapshot is not None:
                self._sudden_pain()
            case Qt.Key.Key_M:
                self._switch_sound()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._change_volume(1)
            case Qt.Key.Key_Minus:
                self._change_volume(-1)
            case Qt.Key.Key_Left | Qt.Key.Key_Up | Qt.Key.Key_Right | Qt.Key.Key_Down:
                self._arrow(key)
            case Qt.Key.Key_F11:
                self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
            case _:
                super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop following; whoever opened the window closes what stands behind it."""
        self.halt()
        super().closeEvent(event)

    # -- pressing ------------------------------------------------------------------------------------------

    def _take(self, item: Input) -> None:
        self._host.take(item)
        self.refresh()

    def _press_main(self, key: int) -> None:
        focused = self.focusWidget()
        by_focus = key != Qt.Key.Key_PageDown or self._going_through
        waiting = () if self.primary.isEnabled() else self.body.waiting
        # Pressing once more the leg that is chosen already would lead nowhere.
        chosen = isinstance(focused, BigButton) and focused in self.body.buttons and focused.look == "main"
        if by_focus and not chosen and isinstance(focused, BigButton) and focused.isEnabled():
            focused.click()
            return
        if waiting:
            # The page waits for a choice: the key goes to the first one, and then presses it.
            waiting[0].setFocus(Qt.FocusReason.TabFocusReason)
            self._going_through = True
            return
        self.primary.click()

    def _press_primary(self) -> None:
        shown = self.screen_shown
        field = self.body.field
        if isinstance(shown.body, Field) and field is not None and isinstance(shown.primary.item, Go):
            self._take(shown.body.item(field.text()))
            if shown.body.hidden:
                field.clear()
        elif shown.primary.item is not None:
            self._take(shown.primary.item)

    def _press_choice(self, index: int) -> None:
        choices = self.screen_shown.choices
        if index < len(choices) and (item := choices[index].item) is not None:
            self._take(item)

    def _press_offered(self) -> None:
        if self._offer is None or not self._offer.button:
            return
        if self._host.visit.opened:
            self._elsewhere.press(self)
        else:
            self._host.finish_unfinished()
        self.refresh()

    def _arrow(self, key: int) -> None:
        """Choose a leg, or go from one choice of the page to the next."""
        shown = self.screen_shown.body
        if isinstance(shown, Legs) and shown.side is None:
            leg = {Qt.Key.Key_Left: shown.left, Qt.Key.Key_Right: shown.right}.get(Qt.Key(key))
            if leg is not None and leg.item is not None:
                self._take(leg.item)
            return
        there = list(self.body.buttons)
        if not there:
            return
        focused = self.focusWidget()
        step = 1 if key in (Qt.Key.Key_Right, Qt.Key.Key_Down) else -1
        index = 0
        if isinstance(focused, BigButton) and focused in there:
            index = (there.index(focused) + step) % len(there)
        there[index].setFocus(Qt.FocusReason.TabFocusReason)

    def _go_through(self) -> None:
        """Go to the next thing to press, as a clicker of two keys has no other way to choose."""
        pressed = [*self.body.buttons, *self.choices, self.back, self.primary]
        there = [each for each in pressed if each.isVisible() and each.isEnabled()]
        focused = self.focusWidget()
        index = there.index(focused) + 1 if isinstance(focused, BigButton) and focused in there else 0
        there[index % len(there)].setFocus(Qt.FocusReason.TabFocusReason)
        self._going_through = True

    def _sudden_pain(self) -> None:
        if self._host.visit.step == "limits":
            # They were opened over a set, which goes on.
            self._take(AcceptLimits())
        if self._host.visit.step in LIVE:
            self._take(Tell(SuddenPain()))

    def _switch_sound(self) -> None:
        if (sound := self.screen_shown.sound) is not None:
            self._host.command(SetSound(next_sound(sound.mode)))

    def _change_volume(self, steps: int) -> None:
        if (sound := self.screen_shown.sound) is not None:
            self._host.command(SetSound(volume=next_volume(sound.volume, steps)))

    def _go_back(self, key: int) -> None:
        if key == Qt.Key.Key_Escape and self.isFullScreen() and not self.screen_shown.back:
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
            return
        self._take(Back())

    def _switch_language(self) -> None:
        following = LANGUAGES[(LANGUAGES.index(self._spoken.language) + 1) % len(LANGUAGES)]
        self._spoken.use(following)
        self._host.keep_choice(self._spoken.language, self._theme_name)
        self._screen = None
        self.refresh()

    def _switch_theme(self) -> None:
        self._theme_name = "dark" if self._theme_name == "light" else "light"
        self._host.keep_choice(self._spoken.language, self._theme_name)
        self.set_theme(self._theme_name)

    def set_theme(self, name: ThemeName) -> None:
        """Change the colours."""
        self._theme_name, self._theme = name, THEMES[name]
        for part in self._own_buttons():
            part.set_theme(self._theme)
        self.body.set_theme(self._theme)
        if self.dashboard is not None and self.dashboard.theme_name != name:
            self.dashboard.set_theme(name)
        self._screen = None
        self.refresh()
        self.update()

    # -- showing -------------------------------------------------------------------------------------------

    def _own_buttons(self) -> list[BigButton]:
        return [self.primary, *self.choices, self.back, *self._corner()]

    def _corner(self) -> list[BigButton]:
        """What is at the top right, as the eye goes."""
        return [self.quieter, self.sound, self.louder, self.language, self.colours, self.help]

    def _picture(self) -> Snapshot:
        snapshot = self._host.snapshot
        if snapshot is None:
            raise RuntimeError("there is no session to show")
        return snapshot

    def _show_set(self, shown: bool) -> None:
        """Put the set over the page while it lasts."""
        if not shown:
            if self.dashboard is not None and not self.dashboard.isHidden():
                self.dashboard.halt()
                self.dashboard.hide()
                self.setFocus()
                if self.dashboard.theme_name != self._theme_name:
                    # It was changed during the set.
                    self._host.keep_choice(self._spoken.language, self.dashboard.theme_name)
                    self.set_theme(self.dashboard.theme_name)
            return
        if self.dashboard is None:
            dashboard = _load_dashboard()
            self.dashboard = dashboard(
                self._picture,
                self._host.command,
                self._clock_ns,
                theme=self._theme_name,
                elsewhere=self._elsewhere,
                limits=lambda: self._take(ShowLimits()),
            )
            self.dashboard.moving = self.body.moving
            self.dashboard.setParent(self)
            self.dashboard.setGeometry(self.rect())
        if self.dashboard.isHidden():
            self.dashboard.setGeometry(self.rect())
            self.dashboard.refresh()
            self.dashboard.show()
            self.dashboard.raise_()
            self.dashboard.setFocus()
            if self._timer.isActive():
                self.dashboard.run()

    def _offer_now(self, shown: Screen, snapshot: Snapshot | None) -> Offer | None:
        if self._host.visit.opened:
            return self._elsewhere.offer(snapshot) if snapshot is not None else None
        left = self._host.unfinished
        # Trouble with people and plans is said first.
        if left is None or shown.step != "who" or shown.banner:
            return None
        return unfinished_offer(left)

    def _first_focus(self) -> None:
        field = self.body.field
        if field is not None:
            field.clear()
            field.setFocus()
        else:
            self.setFocus()

    def _fill(self, shown: Screen) -> None:
        theme = self._theme
        self.title.show_text(shown.title, theme.muted)
        colour = theme.trouble if shown.tone == "warn" else theme.text
        self.headline.show_text(shown.headline, colour)
        self.detail.show_text(shown.detail, theme.muted)
        good = self._offer is not None and self._offer.good
        self.banner.show_text(shown.banner or "", theme.on_accent if good else theme.on_trouble)
        self.primary.set_look("quiet" if shown.quiet else "main")
        self.primary.show_words(shown.primary.words)
        self.primary.setEnabled(shown.primary.item is not None)
        self.primary.setVisible(bool(shown.primary.words))
        for index, button in enumerate(self.choices):
            there = index < len(shown.choices)
            button.setVisible(there)
            if there:
                button.show_words(shown.choices[index].words)
                button.setEnabled(shown.choices[index].item is not None)
        self.back.setVisible(shown.back)
        self.back.show_words("‹  " + translate("window", "Back"))
        self.back.setAccessibleName(translate("window", "Back"))
        following = LANGUAGES[(LANGUAGES.index(self._spoken.language) + 1) % len(LANGUAGES)]
        self.language.show_words({"en": "English", "de": "Deutsch"}[following])
        dark = self._theme_name == "dark"
        self.colours.show_words(translate("window", "Light") if dark else translate("window", "Dark"))
        self.help.show_words("?")
        self.help.setAccessibleName(translate("window", "About and limits"))
        self.help.setVisible(shown.step != "limits")
        self._fill_sound(shown.sound)
        self.update()

    def _fill_sound(self, sound: SoundSettings | None) -> None:
        for button in (self.quieter, self.sound, self.louder):
            button.setVisible(sound is not None)
        if sound is None:
            return
        mode = translate("set", SOUND_WORDS[sound.mode]).replace("\n", " ")
        level = volume_level(sound.volume)
        audible = sound.mode != "silent"
        of = translate("window", "Volume {level} of {most}").format(level=level, most=len(VOLUMES))
        self.sound.show_words(f"{mode}  ·  {level}/{len(VOLUMES)}" if audible else mode)
        self.sound.setAccessibleName(f"{mode}, {of}" if audible else mode)
        self.quieter.show_words("−")
        self.quieter.setAccessibleName(translate("window", "Quieter"))
        self.quieter.setEnabled(audible and level > 1)
        self.louder.show_words("+")
        self.louder.setAccessibleName(translate("window", "Louder"))
        self.louder.setEnabled(audible and level < len(VOLUMES))

    def _unit(self) -> float:
        return min(self.width() / DESIGN_W, self.height() / DESIGN_H)

    def _arrange(self) -> None:
        shown = self._screen
        if shown is None:
            return
        unit = self._unit()
        width, height = self.width() / unit, self.height() / unit
        if self.dashboard is not None:
            self.dashboard.setGeometry(self.rect())
        wide = width - 2 * MARGIN
        left = MARGIN
        if shown.back:
            self._button(self.back, left - 20, 22, 124, 56, 21)
            left += 124
        self._put(self.title, left, 24, width * 0.5 - left, 52, 21)
        x = width - MARGIN + 14
        sizes = (60.0, 104.0, 116.0, 52.0, 240.0, 52.0)
        for button, size in zip(reversed(self._corner()), sizes, strict=True):
            x -= size
            self._button(button, x, 22, size, 56, 24 if size <= 60.0 else 19)
        y = 92.0
        taken = self.offered.show_offer(self._offer, self._theme, 20 * unit, unit) / unit
        if shown.banner:
            self.offered.setGeometry(
                round((MARGIN + wide - taken - 8) * unit),
                round((y + 6) * unit),
                round(taken * unit),
                round(44 * unit),
            )
            self._put(self.banner, MARGIN + 20, y, wide - 40 - taken, 56, 22)
            y += 72
        self.banner.setVisible(bool(shown.banner))
        split = isinstance(shown.body, Legs | Guide)
        top, column = y, wide * LEFT_SHARE if split else wide
        lines = self._headline_lines(shown.headline, column * unit, 62 * unit) if split else 1
        self._put(self.headline, MARGIN, y, column, 84 if lines == 1 else 152, 62)
        y += 88 if lines == 1 else 158
        if shown.detail:
            tall, pixels = (128, 32) if split else (68, 27)
            self._put(self.detail, MARGIN + 2, y, min(column, 1100), tall, pixels)
            y += self._detail_height(tall, unit) + 8
        self.detail.setVisible(bool(shown.detail))
        y += 16
        row = height - 116
        first = top if split else y
        self.body.setGeometry(
            round((MARGIN - RING) * unit),
            round((first - RING) * unit),
            round((wide + 2 * RING) * unit),
            round((row - 16 - first + RING) * unit),
        )
        self.body.show_body(shown.body, unit, y - first)
        x = MARGIN - RING
        for button, least, pixels in (
            (self.primary, 340.0, 30.0),
            *((each, 230.0, 22.0) for each in self.choices),
        ):
            size = max(least, self._words_width(button, pixels) + 70)
            self._button(button, x, row, size, 82, pixels)
            x += size + 4
        self._order()
        self.update()

    def _headline_lines(self, text: str, width: float, pixels: float) -> int:
        font = QFont(self.headline.font())
        font.setBold(True)
        font.setPixelSize(max(8, round(pixels)))
        return 1 if QFontMetrics(font).horizontalAdvance(text) <= width else 2

    def _detail_height(self, most: float, unit: float) -> float:
        """Return how much of its place (design pixels) the detail takes."""
        return min(most, self.detail.needed_rect(self.detail.fitted_font()).height() / unit)

    def _words_width(self, button: BigButton, pixels: float) -> float:
        font = QFont(self.font())
        font.setBold(True)
        font.setPixelSize(round(pixels))
        return QFontMetrics(font).horizontalAdvance(button.text())

    def _button(
        self, part: BigButton, x: float, y: float, width: float, height: float, pixels: float
    ) -> None:
        unit = self._unit()
        part.setGeometry(round(x * unit), round(y * unit), round(width * unit), round(height * unit))
        part.set_unit(unit, pixels)

    def _put(self, part: Words, x: float, y: float, width: float, height: float, pixels: float) -> None:
        unit = self._unit()
        part.setGeometry(round(x * unit), round(y * unit), round(width * unit), round(height * unit))
        part.set_pixels(pixels * unit)

    def _order(self) -> None:
        """Let Tab go as the eye does: the body, the main button, the others, the corner."""
        chain: list[QWidget] = [*self.body.buttons, self.primary, *self.choices]
        if self.body.field is not None:
            chain.insert(0, self.body.field)
        chain += [self.offered, self.back, *self._corner()]
        for before, after in itertools.pairwise(chain):
            QWidget.setTabOrder(before, after)


def _load_dashboard() -> type[Dashboard]:
    # With its plot it takes as long to load as all the pages: the first one is painted before.
    from monitor.dashboard.window import Dashboard

    return Dashboard


def reduced_motion() -> bool:
    """Whether the system asks for as little movement as possible."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return False
    style = application.style()
    still = style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
    return still or not application.isEffectEnabled(Qt.UIEffect.UI_AnimateMenu)
