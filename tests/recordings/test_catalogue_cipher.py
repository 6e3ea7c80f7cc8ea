"""The catalogue under a key: the same catalogue, nothing readable in its file, nothing lost on the way."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from recordings import catalogue_cipher
from recordings.catalogue import Catalogue, open_catalogue, sqlite_file
from recordings.catalogue.entries import CatalogueError
from recordings.encryption import EncryptionError, catalogue_key

NAME = "Anna Schmidt-Lüders"
KEY = bytes(range(32))
OTHER_KEY = bytes(32)

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


def opened(path: Path) -> sqlite3.Connection:
    return catalogue_cipher.connect(path, KEY)


def names(catalogue: Catalogue) -> list[str]:
    return [person.display_name for person in catalogue.people()]


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.sqlite3"
    with open_catalogue(path) as catalogue:
        for number in range(40):
            catalogue.add_person(f"A{number}", f"{NAME} {number}")
    return path


@pytest.fixture
def encrypted(plain: Path) -> Path:
    catalogue_cipher.encrypt(plain, KEY)
    return plain


EXPECTED = [f"{NAME} {number}" for number in range(40)]


def test_a_catalogue_under_a_key_is_the_same_and_its_file_says_nothing(plain: Path) -> None:
    assert NAME.encode() in plain.read_bytes()

    catalogue_cipher.encrypt(plain, KEY)

    assert catalogue_cipher.is_encrypted(plain)
    assert [path.name for path in plain.parent.iterdir()] == [plain.name]
    with open_catalogue(plain, opened) as catalogue:
        assert sorted(names(catalogue)) == sorted(EXPECTED)
        catalogue.add_person("B1", "Zoë Quick")
        in_files = b"".join(path.read_bytes() for path in plain.parent.iterdir())
    assert NAME.encode() not in in_files
    assert "Zoë Quick".encode() not in in_files


def test_it_becomes_plain_again(encrypted: Path) -> None:
    catalogue_cipher.decrypt(encrypted, KEY)

    assert not catalogue_cipher.is_encrypted(encrypted)
    with open_catalogue(encrypted) as catalogue:
        assert sorted(names(catalogue)) == sorted(EXPECTED)
        # An id that was given once is not given again.
        assert catalogue.add_person("C1", "new").id == 41


def test_a_new_catalogue_is_under_the_key_from_its_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    with open_catalogue(path, opened) as catalogue:
        catalogue.add_person("A1", NAME)

    assert catalogue_cipher.is_encrypted(path)
    with open_catalogue(path, opened) as catalogue:
        assert names(catalogue) == [NAME]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX rights")
def test_the_file_stays_private(encrypted: Path) -> None:
    assert encrypted.stat().st_mode & 0o777 == 0o600


def test_what_the_database_refuses_is_said_as_of_a_plain_one(encrypted: Path) -> None:
    taken = pytest.raises(CatalogueError, match="there is a person A1 already")
    with open_catalogue(encrypted, opened) as catalogue, taken:
        catalogue.add_person("A1", "another")


def test_a_backup_is_under_the_key_and_comes_back(encrypted: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup" / "catalogue.sqlite3"
    sqlite_file.back_up(encrypted, backup, opened)
    with open_catalogue(encrypted, opened) as catalogue:
        catalogue.add_person("B1", "later")

    sqlite_file.restore(backup, encrypted, opened)

    assert catalogue_cipher.is_encrypted(backup)
    with open_catalogue(encrypted, opened) as catalogue:
        assert "later" not in names(catalogue)


def test_another_key_opens_nothing_in_one_sentence(
    encrypted: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = encrypted.read_bytes()

    with pytest.raises(CatalogueError, match="was encrypted with another key, or is damaged"):
        open_catalogue(encrypted, lambda path: catalogue_cipher.connect(path, OTHER_KEY))
    with pytest.raises(CatalogueError):
        catalogue_cipher.decrypt(encrypted, OTHER_KEY)

    assert encrypted.read_bytes() == before
    assert capfd.readouterr().err == ""


def test_a_flipped_bit_never_gives_another_name(encrypted: Path, tmp_path: Path) -> None:
    rng = random.Random(5)
    data = encrypted.read_bytes()
    damaged = tmp_path / "damaged.sqlite3"
    refused = 0
    for _ in range(40):
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        damaged.write_bytes(changed)
        try:
            with open_catalogue(damaged, opened) as catalogue:
                assert sorted(names(catalogue)) == sorted(EXPECTED)
        except CatalogueError:
            refused += 1
        assert sqlite_file.damage(damaged, opened_or_damaged) is not None or changed == data
        sqlite_file.remove(damaged)
    # The others hit pages that were not needed.
    assert refused > 5


def opened_or_damaged(path: Path) -> sqlite3.Connection:
    try:
        return opened(path)
    except CatalogueError as error:
        raise sqlite3.DatabaseError(str(error)) from error


USED_ELSEWHERE = """
    import sys
    from pathlib import Path
    from recordings import catalogue_cipher
    from recordings.catalogue import open_catalogue, sqlite_file

    def opened(path):
        is_under_key = catalogue_cipher.is_encrypted(path)
        return catalogue_cipher.connect(path, bytes(range(32))) if is_under_key else sqlite_file.connect(path)

    with open_catalogue(Path(sys.argv[1]), opened) as catalogue:
        catalogue.people()
        print("open", flush=True)
        input()
        catalogue.add_person("B1", "meanwhile")
"""


@pytest.mark.parametrize("change", ["encrypt", "decrypt"])
def test_a_catalogue_that_another_program_uses_is_left_alone(change: str, plain: Path) -> None:
    if change == "decrypt":
        catalogue_cipher.encrypt(plain, KEY)
    other = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(USED_ELSEWHERE), str(plain)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(CatalogueError, match="is in use"):
            getattr(catalogue_cipher, change)(plain, KEY)
        other.communicate("go on\n")
    with open_catalogue(plain, opened if change == "decrypt" else sqlite_file.connect) as catalogue:
        assert "meanwhile" in names(catalogue)


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from recordings import catalogue_cipher

    catalogue_cipher._sqlcipher()
    path, what = Path(sys.argv[1]), sys.argv[2]
    for step in range(100):
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
            catalogue_cipher.__dict__[what](path, bytes(range(32)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        if input() == "end":
            break
"""


@posix_only
def test_killed_while_it_is_encrypted_it_is_whole_plain_or_encrypted(plain: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(plain), "encrypt"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    killed = 0
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) == 0:
                child.stdin.write("end\n")
                child.stdin.flush()
                break
            killed += 1
            if catalogue_cipher.is_encrypted(plain):
                catalogue_cipher.decrypt(plain, KEY)
            with open_catalogue(plain) as catalogue:
                assert sorted(names(catalogue)) == sorted(EXPECTED)
            child.stdin.write("again\n")
            child.stdin.flush()
    assert killed >= 3
    assert catalogue_cipher.is_encrypted(plain)


def test_the_key_of_the_catalogue_is_made_from_the_key_alone() -> None:
    # HMAC-SHA-256("eccentric catalogue key 1"), by another program:
    #   printf 'eccentric catalogue key 1' | openssl dgst -sha256 -hmac AGE-SECRET-KEY-1TEST
    assert (
        catalogue_key("AGE-SECRET-KEY-1TEST").hex()
        == "da33c370b3e2b69a74e51bf2828bf2ac011e602de1ce474b19e42a054f96dc8b"
    )


def test_without_the_library_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    catalogue_cipher._sqlcipher.cache_clear()
    try:
        with pytest.raises(EncryptionError, match="pip install"):
            catalogue_cipher.connect(tmp_path / "c.sqlite3", KEY)
    finally:
        catalogue_cipher._sqlcipher.cache_clear()
