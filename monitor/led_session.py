"""A session that runs by itself, shown on the pages of a visit: the demo."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from drivers.link import FoundSensor
from monitor.dashboard.language import Spoken, system_language
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application, preferred_theme
from monitor.engine import Engine
from monitor.interrupting import stopped_by_signals
from monitor.plan import Plan
from monitor.session import Command, SetSound
from monitor.settings import Language, Theme
from monitor.snapshot import Snapshot
from monitor.visit import Air, Input, Leave, Leg, Send, SessionSeen, Skip, TryIt, Visit, advance_visit
from monitor.visit_people import Today

# Where nobody seems to be there, the demo is over after so long.
UNATTENDED_MS = 12_000
HAND_EVENTS = (
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
)


class LedSession:
    """What stands behind the window while the engine needs nobody: questions are passed over."""

    def __init__(self, engine: Engine, plans: tuple[Plan, ...], side: Leg) -> None:
        """Begin with the calibration; the engine asks for it by itself."""
        info = engine.snapshot.info
        sensor = FoundSensor(info.name, info.serial or "", info.driver, 0)
        self._engine = engine
        self.wanted = self.left = False
        self._visit = Visit(
            "calibrate", today=Today("", None, plans), sensor=sensor, side=side, opened=True, begun=True
        )

    @property
    def visit(self) -> Visit:
        """Where the visit stands."""
        return self._visit

    @property
    def air(self) -> Air:
        """Nothing is looked for."""
        return Air()

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture of the session."""
        return self._engine.snapshot

    @property
    def recording_path(self) -> Path | None:
        """Where the session is recorded."""
        return self._engine.recording_path

    def save_elsewhere(self, path: Path) -> None:
        """Take the recording to another file and go on there. Raises RecordingError."""
        self._engine.save_elsewhere(path)

    @property
    def unfinished(self) -> None:
        """Nothing is looked for."""
        return None

    def finish_unfinished(self) -> None:
        """Do nothing: nothing was looked for."""

    def offer(self) -> None:
        """Show what was done, and that one can try it oneself."""
        self._visit = replace(self._visit, step="demo over", past=())

    def take(self, item: Input) -> None:
        """Take what is pressed; the recording is closed by whoever opened it.

        wanted: somebody wants to try it; left: nobody needs the window any more.
        """
        if self._visit.step == "demo over":
            self.wanted = self.wanted or isinstance(item, TryIt)
            self.left = self.left or isinstance(item, TryIt | Leave)
        outcome = advance_visit(self._visit, item)
        self._visit = outcome.visit
        for effect in outcome.effects:
            if isinstance(effect, Send):
                self._engine.command(effect.command)

    def command(self, command: Command) -> None:
        """Hand a command to the session."""
        self._engine.command(command)

    def look(self) -> None:
        """Follow the session, and pass over what it asks."""
        session = self._engine.snapshot.session
        if self._visit.session is not session:
            self.take(SessionSeen(session))
        if self._visit.step in ("pain", "effort"):
            self.take(Skip())

    def keep_choice(self, language: Language, theme: Theme) -> None:
        """Keep nothing: a demo changes no settings."""
        del theme
        self._engine.command(SetSound(language=language))


class ClosesUnattended(QObject):
    """Closes a window after a while, unless a hand has been seen on keys, mouse or screen."""

    def __init__(self, window: QWidget) -> None:
        """Look for a hand from now on, as long as the window lives."""
        super().__init__(window)
        self._hand_seen = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(window.close)
        application = QCoreApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def start(self, after_ms: int) -> None:
        """Close it so much later."""
        if not self._hand_seen:
            self._timer.start(after_ms)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at each event of the application and let it pass."""
        del watched
        if event.type() in HAND_EVENTS:
            self._hand_seen = True
            self._timer.stop()
        return False


def at_a_terminal() -> bool:
    """Tell whether somebody has started the program by hand, and not a script or a build server."""
    return sys.stdin is not None and sys.stdin.isatty() and not os.environ.get("CI")


def show_led_session(engine: Engine, plans: tuple[Plan, ...], side: Leg) -> bool:
    """Show a session, and at its end an offer that stays until somebody answers it or closes the window.

    Returns whether somebody wants to try it.
    """
    running = application()
    spoken = Spoken(running)
    spoken.use(system_language())
    engine.command(SetSound(language=spoken.language))
    led = LedSession(engine, plans, side)
    window = PatientWindow(led, spoken, theme=preferred_theme())
    closing = ClosesUnattended(window)
    watch = QTimer(window)

    def look() -> None:
        if led.left:
            watch.stop()
            window.close()
        elif led.visit.step != "demo over" and (engine.snapshot.ended or engine.wait(0.0)):
            led.offer()
            if not at_a_terminal():
                closing.start(UNATTENDED_MS)

    watch.timeout.connect(look)
    watch.start(200)
    with stopped_by_signals(running.quit):
        window.show()
        window.run()
        running.exec()
    window.halt()
    window.deleteLater()
    return led.wanted
