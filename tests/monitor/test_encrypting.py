"""`eccentric encrypt`: what is said first, where the key is, and that everything reads as before."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from monitor import cli, encrypting
from recordings import encryption
from recordings.reader import read
from recordings.samples import file_or_sample

pytestmark = pytest.mark.usefixtures("state_folder", "own_folder")


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
def own_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("data") / "eccentric"
    monkeypatch.setattr(encrypting, "data_folder", lambda: folder)
    monkeypatch.delenv(encrypting.PASSPHRASE_VARIABLE, raising=False)
    encrypting.this_key.cache_clear()
    return folder


@pytest.fixture
def system_keyring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    found = MemoryKeyring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return Path(shutil.copy(file_or_sample(Path("good-tempo")), tmp_path / "session.mcap"))


def run(*arguments: object) -> int:
    # Each command is a program of its own; here they share one.
    encrypting.this_key.cache_clear()
    return cli.main([str(each) for each in arguments])


def recovery_key(output: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith("recovery key: ")]
    return line.removeprefix("recovery key: ")


def test_what_a_lost_key_means_is_said_before_anything_happens(
    own_folder: Path, system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked: list[str] = []

    def no(_text: str, **_: object) -> bool:
        asked.append(capsys.readouterr().err)
        raise click.Abort

    monkeypatch.setattr("click.confirm", no)

    assert run("encrypt", "on") == 130
    assert "lost for good" in asked[0]
    assert not own_folder.exists()
    assert system_keyring.kept == {}


def test_the_recovery_key_is_asked_back_and_without_it_nothing_is_switched_on(
    own_folder: Path, system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "FORGOT")

    assert run("encrypt", "on") == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: the recovery key was not written down")
    assert encrypting.load(own_folder) is None
    assert system_keyring.kept == {}


def test_recordings_are_encrypted_read_as_before_and_made_plain_again(
    recording: Path, system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    before = recording.read_bytes()
    run("analyse", recording, "--json")
    plain = json.loads(capsys.readouterr().out)["files"][0]

    assert run("encrypt", "on", "--yes", recording.parent) == 0
    encrypted = recording.with_name("session.mcap.age")
    assert [each.name for each in recording.parent.iterdir()] == [encrypted.name]
    capsys.readouterr()
    assert run("analyse", encrypted, "--json") == 0
    found = json.loads(capsys.readouterr().out)["files"][0]
    assert (found.pop("file"), plain.pop("file")) == (str(encrypted), str(recording))
    assert found == plain
    assert found["reps"]
    assert run("verify", encrypted) == 0
    assert capsys.readouterr().out.startswith(f"{encrypted}: intact\n")
    assert run("encrypt", "off", recording.parent) == 0
    assert recording.read_bytes() == before
    assert len(system_keyring.kept) == 1


@pytest.mark.usefixtures("system_keyring")
def test_a_closed_session_is_encrypted_when_that_is_on(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("monitor.live.run_live", lambda *_, **__: recording)
    run("encrypt", "on", "--yes")

    assert run("live", "--virtual", "--headless") == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"recorded: {recording}.age"
    assert [each.name for each in tmp_path.iterdir()] == ["session.mcap.age"]


def test_a_session_that_cannot_be_encrypted_stays_plain_and_says_so(
    recording: Path,
    system_keyring: MemoryKeyring,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("monitor.live.run_live", lambda *_, **__: recording)
    run("encrypt", "on", "--yes")
    system_keyring.kept.clear()

    assert run("live", "--virtual", "--headless") == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == f"recorded: {recording}"
    assert f"`eccentric encrypt on {recording}` encrypts it later" in said.err
    assert recording.exists()


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_the_passphrase_is_named(
    own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("encrypt", "on", "--yes") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: this system has no keyring for the key")
    assert "--passphrase" in last
    assert not own_folder.exists()


@pytest.mark.usefixtures("no_keyring")
def test_a_passphrase_is_asked_for_and_a_wrong_one_opens_nothing(
    recording: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(encrypting.PASSPHRASE_VARIABLE, "seven dry Otters")
    assert run("encrypt", "on", "--yes", "--passphrase", recording) == 0
    encrypted = f"{recording}.age"
    assert run("review", encrypted) == 0

    for given, reason in (("wrong", "the passphrase is wrong"), (None, "set ECCENTRIC_PASSPHRASE")):
        if given is None:
            monkeypatch.delenv(encrypting.PASSPHRASE_VARIABLE)
        else:
            monkeypatch.setenv(encrypting.PASSPHRASE_VARIABLE, given)
        capsys.readouterr()
        assert run("review", encrypted) == 2
        said = capsys.readouterr()
        # age refuses what would take this computer too long, and says so, while everything else is busy.
        while "this computer is too busy" in said.err:
            assert run("review", encrypted) == 2
            said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("error: ")
        assert reason in said.err
        assert said.err.count("\n") == 1
    for path in own_folder.iterdir():
        assert b"AGE-SECRET-KEY" not in path.read_bytes()
        assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600


def test_the_recovery_key_opens_everything_on_another_computer(
    recording: Path, own_folder: Path, system_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    run("encrypt", "on", "--yes", recording)
    key = recovery_key(capsys.readouterr().out)
    system_keyring.kept.clear()
    shutil.rmtree(own_folder)
    assert run("review", f"{recording}.age") == 2
    assert "`eccentric encrypt recover` takes the recovery key" in capsys.readouterr().err

    monkeypatch.setattr(sys, "stdin", Typed(key.lower()))
    assert run("encrypt", "recover") == 0

    assert run("review", f"{recording}.age") == 0
    assert run("encrypt", "status", recording.parent) == 0
    assert "recordings: 1 encrypted, 0 plain" in capsys.readouterr().out


class Typed:
    def __init__(self, line: str) -> None:
        self.line = line

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        return f"{self.line}\n"


@pytest.mark.usefixtures("system_keyring")
def test_the_recovery_key_of_another_computer_is_refused(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    before = encrypting.load(own_folder)
    monkeypatch.setattr(sys, "stdin", Typed(encryption.new_key()))

    assert run("encrypt", "recover") == 2
    assert "and this computer uses" in capsys.readouterr().err
    assert encrypting.load(own_folder) == before


def test_a_key_that_is_gone_from_the_keyring_is_said(
    system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    system_keyring.kept.clear()

    assert run("encrypt", "status") == 2
    assert "not in the keyring of this system any more" in capsys.readouterr().err
    assert run("encrypt", "on") == 2


def test_a_second_on_uses_the_same_key_and_shows_none(
    own_folder: Path, system_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    run("encrypt", "on", "--yes")
    run("encrypt", "off")
    kept = dict(system_keyring.kept)
    capsys.readouterr()

    assert run("encrypt", "on") == 0
    assert "recovery key" not in capsys.readouterr().out
    assert system_keyring.kept == kept
    found = encrypting.load(own_folder)
    assert found is not None
    assert found.on


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"format": 1}', "[" * 9000, "\0\0"],
    ids=["empty", "object", "format", "deep", "zeros"],
)
def test_damaged_settings_are_said_and_never_taken_for_off(
    content: str, own_folder: Path, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_folder.mkdir(parents=True)
    (own_folder / "encryption.json").write_text(content)

    assert run("encrypt", "status") == 2
    assert "is damaged" in capsys.readouterr().err
    assert encrypting.sealed(recording)[1] is not None


@pytest.mark.usefixtures("system_keyring")
def test_one_bad_file_stops_no_other(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Path(shutil.copy(recording, recording.with_name("another.mcap")))
    other.with_name("another.mcap.age").write_bytes(b"in the way")

    assert run("encrypt", "on", "--yes", recording.parent) == 2
    said = capsys.readouterr()
    assert f"encrypted: {recording}.age" in said.out
    assert "error: " in said.err
    assert other.exists()


@pytest.mark.usefixtures("system_keyring")
@pytest.mark.parametrize(
    "command",
    [
        ("analyse", "FILE", "--json"),
        ("review", "FILE"),
        ("verify", "FILE"),
        ("report", "FILE", "--output", "OUT.pdf"),
        ("export", "FILE", "--output", "OUT.csv"),
        ("export", "FILE", "--format", "fhir", "--output", "OUT.json"),
        ("archive", "analyse", "FOLDER", "--output", "OUT.csv"),
        ("catalogue", "rebuild", "FOLDER"),
        ("replay", "FILE", "--headless", "--fast"),
    ],
    ids=" ".join,
)
def test_every_command_reads_an_encrypted_recording_as_a_plain_one_and_leaves_no_copy(
    command: tuple[str, ...], recording: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.setattr("tempfile.tempdir", None)

    def done(file: Path, output: Path) -> str:
        words = {"FILE": str(file), "FOLDER": str(file.parent)}
        capsys.readouterr()
        assert run(*(words.get(each, each.replace("OUT", str(output))) for each in command)) == 0
        return capsys.readouterr().out.replace(str(file), "FILE").replace(str(output), "OUT")

    folders = [tmp_path_factory.mktemp("out") for _ in range(2)]
    plain = done(recording, folders[0] / "result")
    run("encrypt", "on", "--yes", recording)
    encrypted = recording.with_name("session.mcap.age")
    found = done(encrypted, folders[1] / "result")

    assert found == plain
    assert [each.name for each in folders[1].iterdir()] == [each.name for each in folders[0].iterdir()]
    assert [each.name for each in recording.parent.iterdir()] == [encrypted.name]
    assert list(elsewhere.iterdir()) == []


@pytest.mark.usefixtures("system_keyring")
def test_what_is_imported_and_salvaged_is_encrypted_when_that_is_on(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = tmp_path / "crash.mcap.part"
    left.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    table, whole = tmp_path / "samples.csv", len(read(recording).samples)
    assert run("export", recording, "--samples", "--output", table) == 0
    assert run("encrypt", "on", "--yes") == 0
    capsys.readouterr()

    assert run("import", table, "--output", tmp_path / "imported.mcap") == 0
    assert f"recorded: {tmp_path / 'imported.mcap.age'}" in capsys.readouterr().out
    assert run("verify", "--salvage", tmp_path / "saved.mcap", left) == 3
    assert f"saved: {tmp_path / 'saved.mcap.age'}" in capsys.readouterr().out
    assert run("verify", "--finish", left) == 3
    said = capsys.readouterr()
    assert f"saved: {tmp_path / 'crash-salvaged.mcap.age'}" in said.out
    assert f"{left} stays as it was, not encrypted" in said.err
    assert run("verify", "--finish", left) == 2
    assert "crash-salvaged.mcap.age exists" in capsys.readouterr().err

    again = tmp_path / "again.mcap"
    assert run("verify", "--salvage", again, tmp_path / "imported.mcap.age") == 0
    assert again.with_name("again.mcap.age").exists()

    assert {path.name for path in tmp_path.glob("*.mcap")} <= {recording.name}
    with encrypting.readable(tmp_path / "imported.mcap.age") as place:
        assert len(read(place).samples) == whole
    with encrypting.readable(tmp_path / "saved.mcap.age") as place:
        assert 0 < len(read(place).samples) < whole
