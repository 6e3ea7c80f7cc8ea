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
from recordings.catalogue import Catalogue, open_catalogue

FIRST_DAY = date(2026, 10, 5)
SIZES: dict[ThemeName, tuple[int, int]] = {"light": (1366, 768), "dark": (1920, 1080)}


def save_pictures(catalogue: Catalogue, folder: Path) -> list[Path]:
    """Write every page in light, and two of them larger and dark. Raises OSError."""
    running = application()
    made: list[Path] = []
    for theme, size in SIZES.items():
        window = ReviewWindow(catalogue, "KM", theme=theme)
        window.resize(*size)
        window.show()

        def save(name: str, theme: ThemeName = theme, window: ReviewWindow = window) -> None:
            if theme == "dark" and name not in ("session", "trends"):
                return
            for _ in range(3):
                running.processEvents()
            path = folder / f"review-{name}-{theme}.png"
            if not window.grab().save(str(path), "PNG"):
                raise OSError(f"The picture could not be written to {path}. Check that its folder exists.")
            made.append(path)

        assert window.list is not None
        window.list.first.setDate(window.list.first.date().addYears(-5))
        save("list")
        window.open_session(window.list.model.at(0).row.session_id)
        save("session")
        window.page.fit()
        save("boundaries")
        window.show_help()
        save("keys")
        window.show_help()
        window.show_trends(PERSON, [])
        save("trends")
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
