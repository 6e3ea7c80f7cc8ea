"""Opening the therapist's window on a file, a folder, or the catalogue."""

from __future__ import annotations

import json
import logging
import time
from contextlib import ExitStack
from pathlib import Path

from analysis.results import Exercise
from monitor.dashboard.language import system_language
from monitor.dashboard.show import application, preferred_theme
from monitor.dashboard.theme import THEMES
from monitor.filing import account
from monitor.known_sensors import data_folder
from monitor.measured_file import cache_folder, measure_file
from monitor.report.words import words_in
from monitor.review.pin_dialog import PinDialog
from monitor.review.place import catalogue_at
from monitor.review.window import ReviewWindow
from monitor.settings import Language, load_settings
from recordings.catalogue import Catalogue
from recordings.private import make_private

_log = logging.getLogger(__name__)


def run_review(place: Path | None, exercise: Exercise | None = None, language: Language | None = None) -> int:
    """Open the window and stay until it is closed; return Qt's exit code.

    place: a recording, a folder of recordings (measured first, unless a catalogue lies in it), or None for
    the catalogue of this user. exercise: count this one only, as where nothing else says how a sensor sat.
    language: None for the one that the patient's window was set to, or the system's. Raises CatalogueError.
    """
    running = application()
    with ExitStack() as stack:
        catalogue: Catalogue | None = None
        if place is None or place.is_dir():
            catalogue = stack.enter_context(catalogue_at(place))
            if catalogue.pin_names() and not _unlocked(catalogue, language or _language()):
                return 0
        window = ReviewWindow(
            catalogue,
            account(),
            theme=preferred_theme(),
            seen_until_ns=_seen_until_ns() if place is None else 0,
            language=language or _language(),
            data=_data(),
            files=exercise is None,
            measure=lambda path: measure_file(path, exercise, caches=cache_folder()),
        )
        if place is not None and catalogue is None:
            window.open_file(place)
        window.show()
        code = running.exec()
        if place is None:
            _remember_seen(time.time_ns())
        window.deleteLater()
    return code


def _unlocked(catalogue: Catalogue, language: Language) -> bool:
    asking = PinDialog(catalogue, THEMES[preferred_theme()], words_in(language))
    try:
        return asking.exec() == PinDialog.DialogCode.Accepted
    finally:
        asking.deleteLater()


def _data() -> Path | None:
    try:
        return data_folder()
    except RuntimeError:
        return None


def _language() -> Language:
    folder = _data()
    kept = None if folder is None else load_settings(folder).language
    return kept or system_language()


def _seen_until_ns() -> int:
    """Return when the list was looked at last; 0 at first."""
    try:
        found = json.loads((data_folder() / "review.json").read_text(encoding="utf-8"))
        return int(found["seen_until_ns"])
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return 0


def _remember_seen(until_ns: int) -> None:
    # Only the dots in the list hang on it.
    try:
        folder = data_folder()
        make_private(folder)
        (folder / "review.json").write_text(json.dumps({"seen_until_ns": until_ns}), encoding="utf-8")
    except (OSError, RuntimeError) as error:
        _log.warning("when the list was looked at is not kept: %s", error)
