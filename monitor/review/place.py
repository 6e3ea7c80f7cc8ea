"""Which catalogue is meant: the user's own, one in a folder, or one made for a folder of recordings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.filing import open_daily, rebuild
from monitor.history import CATALOGUE
from recordings.catalogue import Catalogue, open_catalogue


@contextmanager
def catalogue_at(place: Path | None) -> Iterator[Catalogue]:
    """Open the catalogue of a folder, or make one of its recordings; None: the user's.

    Raises CatalogueError.
    """
    if place is None:
        with open_daily() as catalogue:
            yield catalogue
    elif (place / CATALOGUE).exists():
        with open_catalogue(place / CATALOGUE) as catalogue:
            yield catalogue
    else:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_catalogue(Path(folder) / "sessions.sqlite3") as catalogue,
        ):
            rebuild(catalogue, [place])
            yield catalogue
