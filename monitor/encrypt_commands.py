"""`eccentric encrypt ...`: thin shells over `monitor.encrypting`.

Only what is light is imported here; each command imports what it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from monitor.encrypting import Encryption

BAD_INPUT = 2
# Of the recovery key: what is asked back, to see that it was written down.
_ASKED_CHARACTERS = 6
_TRIES = 3

_places = click.argument(
    "places", metavar="[FILE|FOLDER]...", nargs=-1, type=click.Path(path_type=Path, exists=True)
)
_passphrase = click.option(
    "--passphrase", is_flag=True, help="Keep the key under a passphrase, not in the system's keyring."
)


@click.group()
def encrypt() -> None:
    """Keep closed recordings and the catalogue under a key.

    Recordings become .mcap.age files, which the `age` command opens as well. docs/privacy.md says more.
    """


@encrypt.command()
@_places
@_passphrase
@click.option("--yes", is_flag=True, help="Do not ask; the recovery key is printed all the same.")
def on(places: tuple[Path, ...], passphrase: bool, yes: bool) -> int:
    """Encrypt recordings from now on when they are closed, the catalogue, and those at FILE and FOLDER."""
    from dataclasses import replace

    from monitor import catalogue_at_rest, encrypting
    from recordings import encryption

    folder = encrypting.data_folder()
    found = encrypting.load(folder)
    if found is None:
        key = _switch_on(folder, passphrase, yes)
    else:
        if passphrase and found.kept != "passphrase":
            raise click.UsageError(
                "there is a key already: `eccentric encrypt recover --passphrase` moves it"
            )
        # Before anything is promised: a key that is lost must be noticed now.
        key = encrypting.this_key()
        encrypting.store(folder, replace(found, on=True))
        click.echo(f"encryption is on, with the key you have ({found.public_key})")
    failed = _catalogue_files("encrypted", catalogue_at_rest.bring_under_key)
    paths = encrypting.plain_recordings(path for path in places if not encryption.is_encrypted(path))
    code = _each(paths, "encrypted", lambda path: encrypting.encrypt_recording(path, key))
    _sweep_caches()
    return max(failed, code)


@encrypt.command()
@_places
def off(places: tuple[Path, ...]) -> int:
    """Leave recordings plain from now on, and make the catalogue and those at FILE and FOLDER plain again.

    The key stays: what is still encrypted can be read as before.
    """
    from dataclasses import replace

    from monitor import catalogue_at_rest, encrypting

    folder = encrypting.data_folder()
    found = encrypting.load(folder)
    if found is not None:
        encrypting.store(folder, replace(found, on=False))
    key = "it was never switched on" if found is None else "the key stays, for what is encrypted"
    click.echo(f"encryption is off; {key}")
    failed = _catalogue_files("plain again", catalogue_at_rest.bring_back)
    paths = encrypting.encrypted_recordings(places)
    return max(
        failed,
        _each(paths, "plain again", lambda path: encrypting.decrypt_recording(path, encrypting.this_key())),
    )


@encrypt.command()
@_places
def status(places: tuple[Path, ...]) -> int:
    """Say whether encryption is on, where the key is, if it opens, and what is encrypted."""
    from monitor import encrypting

    folder = encrypting.data_folder()
    found = encrypting.load(folder)
    for line in _status_lines(found):
        click.echo(line)
    if places:
        plain = encrypting.plain_recordings(places)
        encrypted = encrypting.encrypted_recordings(places)
        click.echo(f"recordings: {len(encrypted)} encrypted, {len(plain)} plain")
        for path in plain:
            click.echo(f"  plain: {path}")
    if found is not None:
        encrypting.this_key()
        click.echo("the key opens")
    for line in _catalogue_lines():
        click.echo(line)
    return 0


@encrypt.command()
@_passphrase
def recover(passphrase: bool) -> None:
    """Take the recovery key: on a new computer, or where the keyring or the passphrase is lost."""
    from monitor import encrypting
    from recordings import encryption

    folder = encrypting.data_folder()
    if sys.stdin.isatty():
        typed = click.prompt("Recovery key", hide_input=True, err=True)
    else:
        typed = sys.stdin.readline()
    key = encryption.checked_key(typed)
    public_key = encryption.public_key(key)
    try:
        found = encrypting.load(folder)
    except encryption.EncryptionError:
        # What cannot be read any more is written anew.
        found = None
    if found is not None and found.public_key != public_key:
        raise encryption.EncryptionError(
            f"that is the recovery key of {public_key}, and this computer uses {found.public_key}"
        )
    kept = encrypting.keep_key(folder, key, encrypting.asked_passphrase(new=True) if passphrase else None)
    was_on = found.on if found else True
    encrypting.store(folder, encrypting.Encryption(was_on, public_key, kept))
    click.echo(f"the key is {_where(kept)} again ({public_key})")
    encrypting.this_key.cache_clear()
    for line in _catalogue_lines():
        click.echo(line)


def _switch_on(folder: Path, passphrase: bool, yes: bool) -> str:
    """Make a key, show it once, switch on when it was written down, and return it; else change nothing."""
    from monitor import encrypting
    from recordings import encryption

    click.echo(encrypting.WHAT_IT_MEANS, err=True)
    if not yes:
        click.confirm("Switch encryption on?", abort=True, err=True)
    key = encryption.new_key()
    kept = encrypting.keep_key(folder, key, encrypting.asked_passphrase(new=True) if passphrase else None)
    click.echo(f"recovery key: {key}")
    click.echo("It is shown only now: write it down, and keep it away from this computer.", err=True)
    if not yes and not _was_written_down(key):
        encrypting.forget_key(folder, key, kept)
        raise encryption.EncryptionError("the recovery key was not written down: encryption stays off")
    encrypting.store(folder, encrypting.Encryption(True, encryption.public_key(key), kept))
    click.echo(f"encryption is on; the key is {_where(kept)}")
    return key


def _was_written_down(key: str) -> bool:
    for _ in range(_TRIES):
        question = f"Type the last {_ASKED_CHARACTERS} characters of what you wrote down"
        if str(click.prompt(question, err=True)).strip().upper() == key[-_ASKED_CHARACTERS:]:
            return True
    return False


def _where(kept: str) -> str:
    return "in the keyring of this system" if kept == "keyring" else "under your passphrase"


def _status_lines(found: Encryption | None) -> tuple[str, ...]:
    if found is None:
        return ("encryption: off, never switched on",)
    return (
        f"encryption: {'on' if found.on else 'off'}",
        f"key: {found.public_key}, {_where(found.kept)}",
    )


def _sweep_caches() -> None:
    """Delete what was kept of recordings that are plain no more."""
    from monitor.measured_file import cache_folder
    from recordings.cache import sweep

    if (caches := cache_folder()) is not None:
        sweep(caches)


def _catalogue_files(what: str, change: Callable[[Path], bool]) -> int:
    """Change the catalogue and the copies that this program keeps of it."""
    from monitor import filing

    paths = filing.kept_files()
    if not paths:
        click.echo("the catalogue is on a server, which has an encryption of its own: it stays as it is")
    return _each(paths, what, lambda path: path if change(path) else None)


def _catalogue_lines() -> Iterator[str]:
    """Yield how the catalogue and its copies are kept, and whether they open."""
    from monitor import catalogue_at_rest, filing
    from recordings.catalogue.sqlite_file import damage_of_copy

    paths = filing.kept_files()
    if not paths:
        yield "catalogue: on a server, which has an encryption of its own"
        return
    catalogue, *copies = paths
    yield f"catalogue: {catalogue_at_rest.state(catalogue)}"
    for path in copies:
        if path.exists():
            yield f"its copy {path}: {catalogue_at_rest.state(path, damage_of_copy)}"


def _each(paths: Sequence[Path], what: str, change: Callable[[Path], Path | None]) -> int:
    """Change file after file, and say which were; one that cannot be stops nothing."""
    from recordings.catalogue.entries import CatalogueError
    from recordings.encryption import EncryptionError

    failed = False
    for path in paths:
        try:
            changed = change(path)
            if changed is not None:
                click.echo(f"{what}: {changed}")
        except (EncryptionError, CatalogueError) as error:
            failed = True
            click.echo(f"error: {' '.join(str(error).split())}", err=True)
        except OSError as error:
            failed = True
            click.echo(f"error: {path}: {error.strerror or error}", err=True)
    return BAD_INPUT if failed else 0
