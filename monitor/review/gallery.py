"""Pictures of the therapist's window for `docs/images` (`make screenshots`), of the simulated history."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

from analysis.results import Exercise
from monitor.dashboard.show import application
from monitor.dashboard.theme import ThemeName
from monitor.history import CATALOGUE, NAME, PERSON, write_history
from monitor.report.words import words_in
from monitor.review.session_page import SessionPage
from monitor.review.window import ReviewWindow
from monitor.settings import Language
from recordings import samples
from recordings.catalogue import Catalogue, open_catalogue

FIRST_DAY = date(2026, 10, 5)
LOOKS: tuple[tuple[Language, ThemeName, tuple[int, int]], ...] = (
    ("en", "light", (1366, 768)),
    ("en", "dark", (1920, 1080)),
    ("de", "light", (1366, 768)),
)
IN_DARK = ("session", "trends", "compare", "gaps", "by-hand")
EVERYWHERE = ("list", "session", "trends", "compare", "plan", "by-hand", "gaps", "empty", "error")
"""Pictures in every language; of the others one is enough."""


def save_pictures(catalogue: Catalogue, folder: Path, place: Path) -> list[Path]:
    """Write every page in light, some of them larger and dark, and some in German. Raises OSError.

    place: a folder for what is opened from files.
    """
    running = application()
    made: list[Path] = []
    lost_link, damaged = place / "lost-link.mcap", place / "damaged.mcap"
    shutil.copyfile(samples.path_of("lost-link"), lost_link)
    damaged.write_bytes(b"\x89MCAP0 and nothing that follows")
    for language, theme, size in LOOKS:
        person = catalogue.person(PERSON)
        catalogue.edit_person(replace(person, display_name=words_in(language).heard(NAME)))
        window = ReviewWindow(catalogue, "KM", theme=theme, language=language, data=folder)
        window.resize(*size)
        window.show()

        def save(
            name: str, language: Language = language, theme: ThemeName = theme, window: ReviewWindow = window
        ) -> None:
            if (theme == "dark" and name not in IN_DARK) or (language == "de" and name not in EVERYWHERE):
                return
            for _ in range(3):
                running.processEvents()
            look = theme if language == "en" else language
            path = folder / f"review-{name}-{look}.png"
            if not window.grab().save(str(path), "PNG"):
                raise OSError(f"The picture could not be written to {path}. Check that its folder exists.")
            made.append(path)

        assert window.list is not None
        window.list.first.setDate(window.list.first.date().addYears(-5))
        sessions = [window.list.model.at(row).row for row in range(window.list.model.rowCount())]
        nordics = [each.session_id for each in sessions if each.exercises == ("nordic",)]
        save("list")
        window.list.search.setText("Zoe")
        window.list.exercise.setCurrentIndex(len(get_args(Exercise)))
        save("empty")
        window.list.search.setText("")
        window.list.exercise.setCurrentIndex(0)
        window.open_file(damaged)
        save("error")
        window.open_file(lost_link)
        save("gaps")
        left = next(each for each in sessions if each.exercises == ("nordic",) and each.worst_pain)
        window.open_session(left.session_id)
        save("session")
        correct_some(window)
        save("by-hand")
        for _ in range(len(BY_HAND)):
            window.page.undo()
        window.page.fit()
        save("boundaries")
        window.show_help()
        save("keys")
        window.show_help()
        window.show_trends(PERSON)
        save("trends")
        window.show_comparison([nordics[-1], nordics[len(nordics) // 2], left.session_id])
        save("compare")
        window.show_comparison(nordics[:3])
        assert window.compared is not None
        window.compared.choose("side")
        save("sides")
        window.show_plan(PERSON)
        save("plan")
        window.close()
        window.deleteLater()
    return made


def correct_some(window: ReviewWindow) -> None:
    """Correct a session as a therapist does: a boundary, notes, a repetition less, a set left out."""
    page = window.page
    for act in BY_HAND:
        act(page)


def _end_earlier(page: SessionPage) -> None:
    assert page.corrected is not None
    rep = page.corrected.sets[0].reps[1]
    lower = next(each for each in rep.rep.phases if each.kind == "lower")
    page.choose(rep.id)
    page.trace.place_cursor(lower.end_s - 0.4)
    page.lower_at_cursor("end")


def _write(page: SessionPage, begin: Callable[[], None], text: str) -> None:
    begin()
    page.note_line.setText(text)
    page.note_line.returnPressed.emit()


def _delete_last(page: SessionPage) -> None:
    assert page.corrected is not None
    page.choose(page.corrected.sets[0].reps[-1].id)
    page.delete()


def _leave_out(page: SessionPage) -> None:
    assert page.corrected is not None
    page.choose(page.corrected.sets[1].reps[0].id)
    page.exclude()
    page.choose(page.corrected.sets[0].reps[1].id)


BY_HAND: tuple[Callable[[SessionPage], None], ...] = (
    _end_earlier,
    lambda page: _write(page, page.note_rep, "P001: 3/10"),
    lambda page: _write(page, page.note_set, "+ 2 kg"),
    _delete_last,
    _leave_out,
)
"""Notes without words: the pictures are in two languages."""


def main(folder: Path) -> None:
    """Simulate the history and save the pictures of it."""
    application()
    with tempfile.TemporaryDirectory() as place:
        write_history(Path(place), FIRST_DAY)
        with open_catalogue(Path(place) / CATALOGUE) as catalogue:
            for path in save_pictures(catalogue, folder, Path(place)):
                print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
