"""Opening the window, and keeping a picture of it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from monitor.dashboard.offers import Recorded, SaveElsewhere
from monitor.dashboard.theme import ThemeName
from monitor.display import has_display
from monitor.session import Command
from monitor.snapshot import Snapshot

if TYPE_CHECKING:
    from monitor.dashboard.window import Dashboard

# After the last data the summary stays long enough to be read.
LINGER_MS = 3000


class EngineLike(Protocol):
    """What the window needs of an engine."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        ...

    def command(self, command: Command) -> None:
        """Take a command."""
        ...


def application() -> QApplication:
    """Return the Qt application, made on first use; without a display it draws into memory."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    made = QApplication(sys.argv[:1])
    made.setApplicationName("Eccentric")
    made.setStyle("Fusion")
    return made


def preferred_theme() -> ThemeName:
    """Return dark where the desktop asks for it."""
    window = application().palette().window().color()
    return "dark" if window.lightness() < 110 else "light"


def show_dashboard(engine: EngineLike, *, auto: bool = False, theme: ThemeName | None = None) -> Dashboard:
    """Open a window on a running engine and return it; Qt's loop must be run by the caller.

    auto: close it a little after the data have ended. Closing the window does not stop the engine.
    """
    # The plot takes a while to load: whoever only needs an application does not wait for it.
    from monitor.dashboard.window import Dashboard

    application()
    window = Dashboard(
        lambda: engine.snapshot,
        engine.command,
        time.monotonic_ns,
        theme=theme or preferred_theme(),
        elsewhere=SaveElsewhere(engine) if isinstance(engine, Recorded) else None,
    )
    window.show()
    window.run()
    if auto:
        _close_after_the_end(window, engine)
    return window


def run_dashboard(engine: EngineLike, *, auto: bool = False, theme: ThemeName | None = None) -> int:
    """Open a window on a running engine and stay until it is closed; return Qt's exit code."""
    from monitor.dashboard.replay_keys import ReplayKeys
    from monitor.replaying import Replaying

    running = application()
    window = show_dashboard(engine, auto=auto, theme=theme)
    if isinstance(engine, Replaying):
        ReplayKeys(window, engine)
    code = running.exec()
    window.halt()
    window.deleteLater()
    return code


def save_screenshot(
    shown: Snapshot | Dashboard,
    path: Path,
    size: tuple[int, int] = (1366, 768),
    *,
    theme: ThemeName = "light",
) -> None:
    """Save a picture of a window, or of the window as it would look for a snapshot, as PNG.

    Raises OSError if the file cannot be written.
    """
    from monitor.dashboard.window import Dashboard

    if isinstance(shown, Dashboard):
        _save(shown, path)
        return
    application()
    window = Dashboard(lambda: shown, lambda _: None, lambda: shown.host_ns, theme=theme)
    window.resize(*size)
    window.refresh()
    try:
        _save(window, path)
    finally:
        window.close()
        window.deleteLater()


def _save(window: Dashboard, path: Path) -> None:
    if not window.grab().save(str(path), "PNG"):
        raise OSError(f"The screenshot could not be written to {path}. Check that its folder exists.")


def _close_after_the_end(window: Dashboard, engine: EngineLike) -> None:
    watch = QTimer(window)

    def look() -> None:
        if engine.snapshot.ended:
            watch.stop()
            QTimer.singleShot(LINGER_MS, window, window.close)

    watch.timeout.connect(look)
    watch.start(200)
