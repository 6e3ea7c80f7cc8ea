"""The same tests on both databases: a file, and a PostgreSQL server of this test session's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.postgresql import NoServerError, new_database, running_server
from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue.entries import RepEntry, Score, SessionEntry, SetEntry


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Run a PostgreSQL server and yield the beginning of its databases' addresses."""
    with running_server() as address:
        yield address


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Return the address of a new, empty database on the server."""
    try:
        server: str = request.getfixturevalue("server")
    except NoServerError as error:
        pytest.skip(str(error))
    return new_database(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return where a new catalogue may be: a file, or a database on the server."""
    return (
        tmp_path / "kept" / "c.sqlite3" if request.param == "sqlite" else request.getfixturevalue("database")
    )


@pytest.fixture
def catalogue(place: Path | str) -> Iterator[Catalogue]:
    with open_catalogue(place) as opened:
        yield opened


@pytest.fixture(scope="session")
def entry() -> Callable[..., SessionEntry]:
    """Return what makes a session with a number, its start (s), an exercise and a pain score."""

    def make(
        number: int,
        started_s: int | None = None,
        exercise: str = "nordic",
        pain: int | None = None,
        reps: int = 2,
        files: tuple[str, ...] = (),
    ) -> SessionEntry:
        rows = tuple(
            RepEntry(n, 1, exercise, n * 10.0, n * 10.0 + 6, 4.5 + n / 10, 0.05, range_of_motion_deg=71.25)
            for n in range(1, reps + 1)
        )
        return SessionEntry(
            session_id=f"session-{number}",
            started_ns=(1_700_000_000 + number if started_s is None else started_s) * 1_000_000_000,
            time_zone="UTC+01:00 CET",
            duration_s=61.5,
            sensor="WT901",
            simulated=False,
            damaged=False,
            algorithm_version="3",
            files=files,
            sets=(SetEntry(1, "recorded", exercise, "left", 5, 4.0, rows),),
            scores=() if pain is None else (Score("pain", pain, 1, "recorded"),),
        )

    return make
