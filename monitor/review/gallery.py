"""Pictures of the therapist's window for `docs/images` (`make screenshots`), of the simulated history."""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

from monitor.dashboard.show import application
from monitor.dashboard.theme import ThemeName
from monitor.history import CATALOGUE, PERSON, write_history
from monitor.review.window import ReviewWindow
from monitor.settings import Language
from recordings.catalogue import Catalogue, open_catalogue

FIRST_DAY = date(2026, 10, 5)
LOOKS: tuple[tuple[Language, ThemeName, tuple[int, int]], ...] = (
    ("en", "light", (1366, 768)),
    ("en", "dark", (1920, 1080)),
    ("de", "light", (1366, 768)),
)
EVERYWHERE = ("list", "session", "trends", "compare", "plan")
"""Pictures in every language; of the others one is enough."""


def save_pictures(catalogue: Catalogue, folder: Path) -> list[Path]:
    """Write every page in light, some of them larger and dark, and some in German. Raises OSError."""
    running = application()
    made: list[Path] = []
    for language, theme, size in LOOKS:
        window = ReviewWindow(catalogue, "KM", theme=theme, language=language, data=folder)
        window.resize(*size)
        window.show()

        def save(
            name: str, language: Language = language, theme: ThemeName = theme, window: ReviewWindow = window
        ) -> None:
            if (theme == "dark" and name not in ("session", "trends", "compare")) or (
                language == "de" and name not in EVERYWHERE
            ):
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
        left = next(each for each in sessions if each.exercises == ("nordic",) and each.worst_pain)
        window.open_session(left.session_id)
        save("session")
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


def main(folder: Path) -> None:
    """Simulate the history and save the pictures of it."""
    application()
    with tempfile.TemporaryDirectory() as place:
        write_history(Path(place), FIRST_DAY)
        with open_catalogue(Path(place) / CATALOGUE) as catalogue:
            for path in save_pictures(catalogue, folder):
                print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
