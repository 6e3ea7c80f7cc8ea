"""The catalogue under a key: every command works with it, nothing is readable, nothing is lost."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from monitor import catalogue_at_rest, cli, encrypting, filing
from monitor.visit_store import CatalogueStore, StoreError
from recordings import catalogue_cipher
from recordings.catalogue.entries import CatalogueError
from recordings.catalogue.sqlite_file import kept_aside

NAME = "Anneliese Unverwechselbar"
pytestmark = pytest.mark.usefixtures("state_folder")
posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


class MemoryKeyring(KeyringBackend):
    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def system_keyring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    found = MemoryKeyring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.fixture
def data(state_folder: Path, system_keyring: MemoryKeyring) -> Path:
    """Return the data folder, with a catalogue of one person and its daily copy in it."""
    del system_keyring
    run("catalogue", "add", "--code", "ann", "--name", NAME)
    run("catalogue", "backup")
    return state_folder / "data"


def run(*arguments: object, code: int = 0) -> None:
    # Each command is a program of its own; here they share one.
    encrypting.this_key.cache_clear()
    assert cli.main([str(each) for each in arguments]) == code


def files_that_say(folder: Path, words: str) -> list[str]:
    return sorted(
        file.name for file in folder.rglob("*") if file.is_file() and words.encode() in file.read_bytes()
    )


def people(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    run("catalogue", "people")
    return capsys.readouterr().out


def test_on_puts_the_catalogue_and_its_copy_under_the_key_and_off_brings_them_back(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert files_that_say(data, NAME) == ["catalogue.sqlite3", "catalogue.sqlite3"]
    run("encrypt", "on", "--yes")
    said = capsys.readouterr()

    assert "the catalogue and its daily copy too" in said.err
    assert said.out.count("encrypted: ") == 2
    assert files_that_say(data, NAME) == []
    assert NAME in people(capsys)
    run("encrypt", "status")
    out = capsys.readouterr().out
    assert "catalogue: encrypted\n" in out
    assert f"its copy {data / 'backup' / 'catalogue.sqlite3'}: encrypted\n" in out

    run("encrypt", "off")
    assert files_that_say(data, NAME) == ["catalogue.sqlite3", "catalogue.sqlite3"]
    assert NAME in people(capsys)


def test_every_command_works_with_it(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run("encrypt", "on", "--yes")
    (tmp_path / "recordings").mkdir()
    for command in (
        ("add", "--code", "ben", "--name", NAME),
        ("list",),
        ("rebuild", tmp_path / "recordings"),
        ("backup",),
        ("backup", "--output", tmp_path / "away.sqlite3"),
        ("restore", "--yes"),
        ("restore", "--yes"),
        ("delete", "ben", "--yes"),
    ):
        run("catalogue", *command)
        assert files_that_say(data, NAME) == []
    assert files_that_say(tmp_path, NAME) == []
    assert "ann" in people(capsys)
    assert "ben" not in people(capsys)
    # What stood there before each restore went with the person.
    assert kept_aside(data / "catalogue" / "catalogue.sqlite3") == ()


def test_a_new_catalogue_is_under_the_key_from_the_beginning(
    state_folder: Path, system_keyring: MemoryKeyring
) -> None:
    run("encrypt", "on", "--yes")
    run("catalogue", "add", "--name", NAME)
    run("catalogue", "list")

    assert len(system_keyring.kept) == 1
    assert {path.name for path in state_folder.rglob("*.sqlite3")} == {"catalogue.sqlite3"}
    assert len(list(state_folder.rglob("*.sqlite3"))) == 2
    assert files_that_say(state_folder, NAME) == []


@pytest.mark.parametrize("switched", ["on", "off"])
def test_a_backup_from_before_the_switch_is_restored_into_what_holds_now(
    switched: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    if switched == "on":
        run("encrypt", "off")
    away = tmp_path / "away.sqlite3"
    run("catalogue", "backup", "--output", away)
    before = away.read_bytes()
    run("encrypt", switched)
    run("catalogue", "add", "--code", "later", "--name", NAME)

    run("catalogue", "restore", "--input", away, "--yes")

    assert "later" not in people(capsys)
    assert NAME in people(capsys)
    assert (files_that_say(data, NAME) == []) == (switched == "on")
    assert away.read_bytes() == before
    assert not list(data.rglob("*.check"))


def test_a_damaged_catalogue_under_the_key_is_said_and_restored(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    path = data / "catalogue" / "catalogue.sqlite3"
    path.write_bytes(b"\1" * 50_000)
    capsys.readouterr()
    run("catalogue", "list", code=2)
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1
    assert "`eccentric catalogue restore`" in error
    run("encrypt", "status")
    assert "catalogue: encrypted, and cannot be opened" in capsys.readouterr().out

    run("catalogue", "restore", "--yes")

    assert NAME in people(capsys)
    assert files_that_say(data, NAME) == []


def test_without_the_key_nothing_is_opened_and_the_recovery_key_opens_it_again(
    data: Path,
    system_keyring: MemoryKeyring,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("encrypt", "on", "--yes")
    (key,) = system_keyring.kept.values()
    before = {path: path.read_bytes() for path in data.rglob("*.sqlite3")}
    system_keyring.kept.clear()
    capsys.readouterr()
    run("catalogue", "people", code=2)
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "`eccentric encrypt recover` takes the recovery key" in said.err
    assert {path: path.read_bytes() for path in data.rglob("*.sqlite3")} == before

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    run("encrypt", "recover")

    assert "catalogue: encrypted\n" in capsys.readouterr().out
    assert NAME in people(capsys)


def test_a_catalogue_of_another_key_is_said_by_recover(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("encrypt", "on", "--yes")
    (data / "encryption.json").unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{encrypting.encryption.new_key()}\n"))
    capsys.readouterr()
    run("encrypt", "recover")

    assert "catalogue: encrypted, and cannot be opened: " in capsys.readouterr().out


def test_a_catalogue_in_use_stays_as_it_is_and_on_again_ends_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "catalogue" / "catalogue.sqlite3"
    other = subprocess.Popen(
        [sys.executable, "-c", "import sys, sqlite3; c = sqlite3.connect(sys.argv[1]); "
         "c.execute('SELECT count(*) FROM people').fetchone(); print('open', flush=True); input()", path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        run("encrypt", "on", "--yes", code=2)
        assert "is in use: close this program wherever it runs" in capsys.readouterr().err
        other.communicate("\n")
    # Half way: plain, its copy encrypted, and everything works.
    assert files_that_say(data, NAME) == ["catalogue.sqlite3"]
    assert NAME in people(capsys)
    run("encrypt", "on")

    assert files_that_say(data, NAME) == []


def test_on_a_server_the_encryption_is_the_servers(
    system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(filing.VARIABLE, "postgresql+psycopg://127.0.0.1:1/x")
    run("encrypt", "on", "--yes")
    run("encrypt", "status")

    assert len(system_keyring.kept) == 1
    assert "the catalogue is on a server" in capsys.readouterr().out


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from monitor import catalogue_at_rest, encrypting, filing
    from recordings import catalogue_cipher

    folder, key, change = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    filing.data_folder = encrypting.data_folder = lambda: folder
    encrypting.this_key = lambda: key
    catalogue_cipher._sqlcipher()
    for step in range(200):
        child = os.fork()
        if child == 0:
            done = 0
            def count(event, arguments):
                global done
                if event in {"open", "os.rename", "os.remove"} or event.startswith("sqlite3"):
                    done += 1
                    if done > step:
                        os.kill(os.getpid(), signal.SIGKILL)
            sys.addaudithook(count)
            for path in filing.kept_files():
                getattr(catalogue_at_rest, change)(path)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        if input() == "end":
            break
"""


@posix_only
@pytest.mark.parametrize("change", ["bring_under_key", "bring_back"])
def test_killed_at_any_moment_every_file_opens_and_the_change_can_be_ended(
    change: str, data: Path, system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    (key,) = system_keyring.kept.values()
    run("catalogue", "restore", "--yes")
    if change == "bring_under_key":
        run("encrypt", "off")
    kept = filing.kept_files()
    assert all(path.exists() for path in kept)
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(data), key, change],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    mixtures: set[tuple[bool, ...]] = set()
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) == 0:
                child.stdin.write("end\n")
                child.stdin.flush()
                break
            assert int(line) == -9
            mixtures.add(tuple(catalogue_cipher.is_encrypted(path) for path in kept))
            assert NAME in people(capsys)
            for path in kept:
                assert catalogue_at_rest.state(path) in ("plain", "encrypted")
            child.stdin.write("again\n")
            child.stdin.flush()
    assert len(mixtures) > 2
    assert {catalogue_cipher.is_encrypted(path) for path in kept} == {change == "bring_under_key"}
    # Neither does a plain copy stay that was begun.
    assert [path.name for path in data.rglob(".*")] == []
    assert (files_that_say(data, NAME) == []) == (change == "bring_under_key")


WRITER = """
    import sys
    from pathlib import Path
    from monitor import encrypting, filing
    from recordings.catalogue.entries import CatalogueError

    folder, key = Path(sys.argv[1]), sys.argv[2]
    filing.data_folder = encrypting.data_folder = lambda: folder
    encrypting.this_key = lambda: key
    print("ready", flush=True)
    for number in range(100_000):
        try:
            with filing.open_daily() as catalogue:
                catalogue.add_person(f"w{number}")
        except CatalogueError as error:
            print(f"- {error}", flush=True)
        else:
            print(f"w{number}", flush=True)
        if (folder / "stop").exists():
            break
"""


def told(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("w")]


@posix_only
def test_what_was_acknowledged_while_the_file_is_exchanged_is_not_lost(
    data: Path, system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    (key,) = system_keyring.kept.values()
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(data), key], stdout=subprocess.PIPE, text=True
    )
    path = data / "catalogue" / "catalogue.sqlite3"
    changes = 0
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        lines: list[str] = []
        while changes < 4:
            change = catalogue_at_rest.bring_under_key if changes % 2 else catalogue_at_rest.bring_back
            before = changes
            # The other one has it open most of the time.
            with suppress(CatalogueError):
                changes += change(path)
            # Between two changes something is told done.
            while changes > before:
                lines.append(child.stdout.readline().strip())
                assert lines[-1], (child.wait(10), lines[-20:])
                before += lines[-1].startswith("w")
        (data / "stop").touch()
        lines += child.communicate()[0].splitlines()
    assert child.returncode == 0, lines
    assert len(told(lines)) >= 4
    found = people(capsys).split()
    assert [code for code in told(lines) if code not in found] == []
    known = ("cannot be opened for writing", "is busy", "with another key", "is damaged")
    refusals = [line for line in lines if not line.startswith("w")]
    assert [line for line in refusals if not any(words in line for words in known)] == []


@pytest.mark.parametrize("was_under_key", [True, False])
def test_a_file_that_got_the_number_of_one_of_another_kind_is_refused_once_only(
    data: Path, system_keyring: MemoryKeyring, was_under_key: bool
) -> None:
    del system_keyring
    path = data / "catalogue" / "catalogue.sqlite3"
    plain = path.read_bytes()
    run("encrypt", "on", "--yes")
    now = plain if was_under_key else path.read_bytes()
    if not was_under_key:
        catalogue_at_rest.bring_back(path)
    assert catalogue_at_rest.is_under_key(path) == was_under_key
    # As a system does that gives the number of a deleted file to the next one.
    path.write_bytes(now)
    with pytest.raises((CatalogueError, sqlite3.DatabaseError)):
        catalogue_at_rest.connector(path)(path)
    with closing(catalogue_at_rest.connector(path)(path)) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (1,)
    assert catalogue_at_rest.is_under_key(path) != was_under_key


def test_the_screens_use_it_and_say_when_it_cannot_be_opened(
    data: Path, system_keyring: MemoryKeyring
) -> None:
    run("encrypt", "on", "--yes")
    store = CatalogueStore()
    assert [each.name for each in store.people()] == [NAME]
    code = store.add_person("Zoë Quick").code
    store.choose_plan(code, store.templates()[0])
    assert store.today(code).title == store.templates()[0].title
    assert files_that_say(data, "Zoë Quick") == []

    system_keyring.kept.clear()
    encrypting.this_key.cache_clear()
    with pytest.raises(StoreError, match="not in the keyring of this system any more"):
        store.people()
