"""Whether closed recordings and the catalogue are put under a key, and where this user's key is.

`encryption.json` in the data folder says which key it is (its public half) and where it is kept: in the
keyring of the system, or in `key.age` beside it, under a passphrase. The recovery key is the key itself.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from monitor.known_sensors import data_folder
from recordings import encryption
from recordings.durable import sync
from recordings.edits_file import edits_path, seal_edits, unseal_edits
from recordings.encryption import EncryptionError
from recordings.format import SUFFIX
from recordings.private import make_private

FORMAT = "eccentric encryption 1"
SERVICE = "eccentric-monitor"
PASSPHRASE_VARIABLE = "ECCENTRIC_PASSPHRASE"
LARGEST_BYTES = 10_000

Kept = Literal["keyring", "passphrase"]

WHAT_IT_MEANS = """\
Encryption protects closed recordings, and the catalogue (people, plans, scores, notes) with its daily copy,
on a computer or a disk that is lost or stolen.

- One key opens everything. It is kept in the keyring of this system, or under a passphrase of yours.
- You get the same key once as a recovery key, to keep on paper in a safe place away from this computer.
- If both are lost, everything under the key is lost for good, the catalogue and its daily copy too. Nobody
  can open it, not the makers of this program either.
- A session is plain while it is being recorded, so that a crash costs nothing; it is encrypted when it is
  closed.
- Copies, backups and exports that you made elsewhere stay as they are. What a disk keeps of deleted plain
  files can sometimes be brought back: encrypt the whole disk as well.
"""
RECOVER = "`eccentric encrypt recover` takes the recovery key"


@dataclass(frozen=True, slots=True)
class Encryption:
    """What is switched on for this user.

    on: whether closed recordings and the catalogue are encrypted. public_key: tells which key it is. kept:
    where the key is.
    """

    on: bool
    public_key: str
    kept: Kept


def load(folder: Path) -> Encryption | None:
    """Return what is switched on, None where nothing ever was. Raises EncryptionError."""
    path = _settings_path(folder)
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LARGEST_BYTES + 1).decode("utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    except OSError as error:
        raise EncryptionError(f"{path} cannot be read ({error.strerror})") from error
    if isinstance(found, dict):
        data = cast("dict[str, Any]", found)
        on, public_key, kept = (data.get(name) for name in ("on", "public_key", "kept"))
        told = isinstance(on, bool) and isinstance(public_key, str) and kept in get_args(Kept)
        if data.get("format") == FORMAT and told:
            return Encryption(*cast("tuple[bool, str, Kept]", (on, public_key, kept)))
    raise EncryptionError(f"{path} is damaged: {RECOVER} and writes it anew")


def settings() -> Encryption | None:
    """Return what is switched on for whoever runs this program, None where nothing ever was.

    Raises EncryptionError.
    """
    return load(_folder())


def store(folder: Path, encryption: Encryption) -> None:
    """Keep what is switched on. Raises OSError."""
    data = {"format": FORMAT, **asdict(encryption)}
    _write_whole(_settings_path(folder), json.dumps(data, indent=1).encode())


def keep_key(folder: Path, key: str, passphrase: str | None) -> Kept:
    """Keep a key under a passphrase, or without one in the keyring of the system, and look that it is there.

    Raises EncryptionError where there is no keyring that keeps anything, OSError.
    """
    if passphrase is not None:
        locked = encryption.lock_key(key, passphrase)
        if encryption.unlock_key(locked, passphrase) != key:
            raise EncryptionError("the key could not be put under the passphrase")
        _write_whole(_key_path(folder), locked)
        return "passphrase"
    errors = _keyring_errors()
    keyring = _keyring()
    name = encryption.public_key(key)
    try:
        keyring.set_password(SERVICE, name, key)
        found = keyring.get_password(SERVICE, name)
    except errors as error:
        raise EncryptionError(f"the keyring of this system did not take the key ({error})") from error
    if found != key:
        raise EncryptionError("the keyring of this system did not keep the key: use --passphrase")
    return "keyring"


def forget_key(folder: Path, key: str, kept: Kept) -> None:
    """Take back what `keep_key` did, as far as that goes."""
    if kept == "passphrase":
        _key_path(folder).unlink(missing_ok=True)
        return
    with suppress(EncryptionError, *_keyring_errors()):
        _keyring().delete_password(SERVICE, encryption.public_key(key))


def open_key(folder: Path) -> str:
    """Return this user's key; asks for the passphrase where there is one. Raises EncryptionError."""
    found = load(folder)
    if found is None:
        raise EncryptionError(f"there is no key on this computer: {RECOVER}")
    key = _from_keyring(found) if found.kept == "keyring" else _from_passphrase(folder)
    if encryption.public_key(key) != found.public_key:
        raise EncryptionError(f"the key that is kept is not the one that was used: {RECOVER}")
    return key


@cache
def this_key() -> str:
    """Return the key of whoever runs this program; asked for once. Raises EncryptionError."""
    return open_key(_folder())


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Yield where the plain bytes of a recording can be read until the block ends: `encryption.readable`."""
    with encryption.readable(path, this_key) as place:
        yield place


def sealed(recording: Path) -> tuple[Path, str | None]:
    """Encrypt a recording that was just closed, if that is switched on; return where it is now.

    Nothing may be lost for this: where it cannot be encrypted it stays plain, and the second value says why.
    """
    import click

    try:
        found = settings()
        if found is None or not found.on:
            return recording, None
        return encryption.encrypt_file(recording, this_key()), None
    except (EncryptionError, OSError) as error:
        reason = str(error)
    except click.Abort:
        reason = "nobody gave the passphrase"
    again = f"`eccentric encrypt on {recording}` encrypts it later"
    return recording, f"{recording} is not encrypted ({reason}): {again}"


def encrypt_recording(recording: Path, key: str) -> Path:
    """Encrypt a recording and the corrections beside it; raises as `encryption.encrypt_file`.

    The corrections first: a program that is killed in between does it again.
    """
    seal_edits(edits_path(recording), key)
    return encryption.encrypt_file(recording, key)


def decrypt_recording(recording: Path, key: str) -> Path:
    """Make a recording and the corrections beside it plain; raises as `encryption.decrypt_file`."""
    unseal_edits(edits_path(recording), key)
    return encryption.decrypt_file(recording, key)


def plain_recordings(places: Iterable[Path]) -> list[Path]:
    """Return the closed recordings among files and below folders that are not encrypted."""
    return _found(places, SUFFIX)


def encrypted_recordings(places: Iterable[Path]) -> list[Path]:
    """Return the encrypted recordings among files and below folders."""
    return _found(places, encryption.ENCRYPTED_SUFFIX)


def _found(places: Iterable[Path], suffix: str) -> list[Path]:
    found: set[Path] = set()
    for place in places:
        if not place.is_dir():
            found.add(place)
            continue
        for root, _, names in os.walk(place):
            found |= {Path(root, name) for name in names if name.lower().endswith(suffix)}
    return sorted(found)


def _folder() -> Path:
    try:
        return data_folder()
    except RuntimeError as error:
        raise EncryptionError("this user has no folder for a key") from error


def _settings_path(folder: Path) -> Path:
    return folder / "encryption.json"


def _key_path(folder: Path) -> Path:
    return folder / "key.age"


def _from_passphrase(folder: Path) -> str:
    path = _key_path(folder)
    try:
        with path.open("rb") as file:
            locked = file.read(LARGEST_BYTES)
    except OSError as error:
        raise EncryptionError(f"the key {path} cannot be read ({error.strerror}): {RECOVER}") from error
    return encryption.unlock_key(locked, asked_passphrase())


def asked_passphrase(*, new: bool = False) -> str:
    """Return the passphrase from ECCENTRIC_PASSPHRASE, or ask for it; twice for a new one.

    Raises EncryptionError where there is nobody to ask.
    """
    import click

    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise EncryptionError(
            "the key is under a passphrase, and there is no terminal to ask for it: set "
            f"{PASSPHRASE_VARIABLE}, or run this in a terminal"
        )
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))


def _from_keyring(found: Encryption) -> str:
    errors = _keyring_errors()
    try:
        key = _keyring().get_password(SERVICE, found.public_key)
    except errors as error:
        raise EncryptionError(f"the keyring of this system cannot be opened ({error})") from error
    if key is None:
        raise EncryptionError(f"the key is not in the keyring of this system any more: {RECOVER}")
    return encryption.checked_key(key)


def _keyring() -> Any:
    """Return the keyring of the system. Raises EncryptionError where there is none that keeps things safe."""
    import keyring

    backend = keyring.get_keyring()
    # Below 1 are those that keep nothing, or keep it readable for everybody.
    if not keyring.core.recommended(backend):
        raise EncryptionError(
            "this system has no keyring for the key (usual on a Linux without a desktop): use --passphrase"
        )
    return backend


def _keyring_errors() -> tuple[type[Exception], ...]:
    try:
        from keyring.errors import KeyringError
    except ImportError as error:
        raise EncryptionError(
            "encryption needs a library that is not installed: pip install 'eccentric-monitor[encryption]'"
        ) from error
    return (KeyringError,)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a private file whole, in the place of the one before, or not at all. Raises OSError."""
    make_private(path.parent)
    part = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
