"""Sentences with one button in them: a recording that needs a hand, in the strip at the top of a page."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QFileInfo, QStorageInfo, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from monitor.dashboard.language import heard, number, translate
from monitor.dashboard.theme import Theme
from monitor.snapshot import Snapshot
from monitor.unfinished import Unfinished

# A set can be watched a whole evening before this much is written.
ROOM_BYTES = 64 * 2**20
# Where systems put what is plugged in; on Windows every disk is offered by the dialog itself.
STICKS = ("/media/", "/run/media/", "/Volumes/")
# How long it is said that a recording is safe again.
GOOD_NEWS_S = 8.0


@runtime_checkable
class Recorded(Protocol):
    """Something that records (`monitor.engine.Engine`, `monitor.visit_host.VisitHost`)."""

    @property
    def recording_path(self) -> Path | None:
        """Where it records; None where it does not."""
        ...

    def save_elsewhere(self, path: Path) -> None:
        """Take the recording to another file and go on there. Raises RecordingError."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A sentence, the words of its button and the key that presses it; empty: there is nothing to press.

    good: it is no trouble.
    """

    sentence: str
    button: str = ""
    key: Qt.Key | None = None
    good: bool = False


class SaveElsewhere:
    """Takes a recording that does not reach its disk to another, in a thread of its own.

    All methods are for the thread of the window.
    """

    def __init__(self, recorded: Recorded, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing to do."""
        self._recorded = recorded
        self._clock_s = clock_s
        self._thread: threading.Thread | None = None
        self._refused: str | None = None
        self._trouble: str | None = None
        self._saved: tuple[Path, float] | None = None

    def offer(self, snapshot: Snapshot) -> Offer | None:
        """Return what is to be said at this moment; None while all is well."""
        if self._thread is not None and self._thread.is_alive():
            return Offer(translate("window", "Saving the recording somewhere else …"), good=True)
        saved = self._saved
        if saved is not None and self._clock_s() < saved[1] + GOOD_NEWS_S:
            words = translate("window", "All is saved. The recording goes on in {path}")
            return Offer(words.format(path=saved[0]), good=True)
        if snapshot.recording_trouble is None:
            self._refused = None
            return None
        if snapshot.recording_trouble != self._trouble:
            self._trouble, self._refused = snapshot.recording_trouble, None
        sentence = self._refused or heard(snapshot.recording_trouble)
        return Offer(sentence, translate("window", "Save elsewhere (S)"), Qt.Key.Key_S)

    def press(self, parent: QWidget) -> None:
        """Ask where to, and save there."""
        recording = self._recorded.recording_path
        if recording is None or (self._thread is not None and self._thread.is_alive()):
            return
        path = choose(parent, suggested(recording))
        if path is None:
            return
        self._thread = threading.Thread(target=self._save, args=(path,), name="save elsewhere")
        self._thread.start()

    def _save(self, path: Path) -> None:
        from recordings.format import RecordingError

        try:
            self._recorded.save_elsewhere(path)
        except RecordingError as error:
            self._refused = _sentence(str(error))
        except OSError as error:
            self._refused = _sentence(f"{path} cannot be written: {error.strerror}")
        else:
            self._refused, self._saved = None, (path, self._clock_s())


class OfferButton(QPushButton):
    """The button in the strip."""

    def show_offer(self, offer: Offer | None, theme: Theme, pixels: float, unit: float) -> float:
        """Show its words, as large as `pixels`, in the colours of the strip; hide without any.

        Returns the width it needs; 0 without words. All lengths in logical pixels.
        """
        words = offer.button if offer is not None else ""
        self.setVisible(bool(words))
        if not words:
            return 0.0
        self.setText(words)
        self.setAccessibleName(words)
        strip = theme.accent if offer is not None and offer.good else theme.trouble
        edge = max(1, round(3 * unit))
        size = max(8, round(pixels))
        self.setStyleSheet(
            f"QPushButton {{ background: {theme.on_trouble}; color: {strip}; border: {edge}px solid"
            f" {theme.on_trouble}; border-radius: {round(8 * unit)}px; font-weight: bold;"
            f" font-size: {size}px; padding: 0; }}"
            f" QPushButton:focus, QPushButton:pressed {{ border-color: {theme.text}; }}"
        )
        font = QFont(self.font())
        font.setBold(True)
        font.setPixelSize(size)
        return QFontMetrics(font).horizontalAdvance(words) + 2 * pixels


def unfinished_offer(left: Unfinished) -> Offer:
    """Return what is to be said about the recordings that a crash has left."""
    match left.state:
        case "found" if left.count == 1:
            return Offer(
                translate("window", "A recording was not finished. What is in it can be saved."),
                translate("window", "Finish it (F)"),
                Qt.Key.Key_F,
                good=True,
            )
        case "found":
            words = translate("window", "{count} recordings were not finished. What is in them can be saved.")
            return Offer(
                words.format(count=left.count),
                translate("window", "Finish them (F)"),
                Qt.Key.Key_F,
                good=True,
            )
        case "at work":
            return Offer(translate("window", "Finishing what was not finished …"), good=True)
        case "done":
            words = translate("window", "Finished: {seconds} s of it are in {path}")
            where = ", ".join(str(path) for path in left.finished)
            return Offer(words.format(seconds=number(left.intact_s), path=where), good=True)
        case _:
            return Offer(_sentence(left.trouble))


def choose(parent: QWidget, suggestion: Path) -> Path | None:
    """Ask for the file that a recording is to go on in; None if nobody wants that."""
    # What is there is never overwritten: to be asked whether it may be would be misleading.
    name, _ = QFileDialog.getSaveFileName(
        parent.window(),
        translate("window", "Save the recording somewhere else"),
        str(suggestion),
        translate("window", "Recordings (*.mcap)"),
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    if not name:
        return None
    path = Path(name)
    return path if path.suffix == suggestion.suffix else path.with_name(path.name + suggestion.suffix)


def suggested(recording: Path) -> Path:
    """Return a free name on another disk where there is room; without one, in the home folder."""
    home, temporary = Path.home(), Path(tempfile.gettempdir())
    sticks = [
        Path(each.rootPath())
        for each in QStorageInfo.mountedVolumes()
        if each.isValid() and each.isReady() and each.rootPath().startswith(STICKS)
    ]
    here = QStorageInfo(str(recording.parent)).device()
    for folder in (home, *sticks, temporary):
        disk = QStorageInfo(str(folder))
        writable = QFileInfo(str(folder)).isWritable() and not disk.isReadOnly()
        if writable and disk.device() != here and disk.bytesAvailable() >= ROOM_BYTES:
            return _free(folder / recording.name)
    return _free(home / recording.name)


def _free(path: Path) -> Path:
    name, number = path.stem, 2
    while path.exists() or path.with_name(f"{path.name}.part").exists():
        path, number = path.with_name(f"{name}-{number}{path.suffix}"), number + 1
    return path


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if not text.endswith(".") else text
