"""The keys of a replay, before the window takes them for something else."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from monitor.replaying import SKIP_S


class Playable(Protocol):
    """What the keys do something to (`monitor.replaying.Replaying`)."""

    def pause_or_resume(self) -> None:
        """Stand still, or go on."""
        ...

    def skip(self, seconds: float) -> None:
        """Go on by so much, or back."""
        ...


class ReplayKeys(QObject):
    """Space pauses and goes on; left and right go back and on by `SKIP_S` seconds."""

    def __init__(self, window: QWidget, replay: Playable) -> None:
        """Listen to the keys that a window gets, as long as there is one."""
        super().__init__(window)
        self._replay = replay
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys of a replay; all else is the window's."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        match event.key():
            case Qt.Key.Key_Space:
                # A key that is held is one wish; held arrows go on and on.
                if not event.isAutoRepeat():
                    self._replay.pause_or_resume()
            case Qt.Key.Key_Right:
                self._replay.skip(SKIP_S)
            case Qt.Key.Key_Left:
                self._replay.skip(-SKIP_S)
            case _:
                return super().eventFilter(watched, event)
        return True
