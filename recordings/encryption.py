"""Closed recordings under a key, in the format of age, so that the `age` command opens them too.

https://age-encryption.org/v1

One key (an X25519 identity of age, "AGE-SECRET-KEY-1...") opens everything; it is also what is printed as the
recovery key. A recording that is being written stays plain: what a crash leaves must be salvageable.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from recordings.durable import sync, sync_folder
from recordings.format import LIVE_SUFFIX, SUFFIX, RecordingError

AGE_SUFFIX: Final = ".age"
ENCRYPTED_SUFFIX: Final = SUFFIX + AGE_SUFFIX
# What is left of a program that was killed in the middle; it holds nothing that is not elsewhere.
_NEW_SUFFIX: Final = ".age-new"
_AGE_MAGIC: Final = b"age-encryption.org/"
_NO_KEY: Final = "No matching keys found"
_TOO_MUCH_WORK: Final = "Excessive work parameter"
_CATALOGUE_LABEL: Final = b"eccentric catalogue key 1"
_READ_BYTES: Final = 2**20


class EncryptionError(RecordingError):
    """Something under a key that cannot be opened or made; the message is one sentence for a person."""


class WrongKeyError(EncryptionError):
    """It was encrypted with another key."""


class DamagedError(EncryptionError):
    """It is cut off or changed, so that nothing of it is taken for true."""


class _Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...


# --- keys ----------------------------------------------------------------------------------------------


def new_key() -> str:
    """Make a key. Raises EncryptionError where the library for it is not installed."""
    return str(_age().x25519.Identity.generate())


def checked_key(text: str) -> str:
    """Return a key as it was typed, in its one spelling. Raises EncryptionError if it is none.

    A key has a checksum: a slip of the pen is noticed.
    """
    key = "".join(text.split()).upper()
    age = _age()
    try:
        return str(age.x25519.Identity.from_str(key))
    except age.IdentityError as error:
        raise EncryptionError(
            "that is not a key: it begins with AGE-SECRET-KEY-1, has 74 characters, and one of them is wrong "
            "or missing"
        ) from error


def public_key(key: str) -> str:
    """Return what others may know of a key: enough to encrypt for it ("age1...")."""
    return str(_age().x25519.Identity.from_str(key).to_public())


def lock_key(key: str, passphrase: str) -> bytes:
    """Put a key under a passphrase (age's scrypt, about a second of work), as `age -p` would."""
    return bytes(_age().passphrase.encrypt(f"{key}\n".encode(), passphrase))


def unlock_key(locked: bytes, passphrase: str) -> str:
    """Return the key under a passphrase. Raises WrongKeyError, or DamagedError if it is no locked key."""
    age = _age()
    if not locked.startswith(_AGE_MAGIC):
        raise DamagedError("the stored key is damaged: `eccentric encrypt recover` takes the recovery key")
    try:
        text = bytes(age.passphrase.decrypt(locked, passphrase))
    except (age.DecryptError, OSError) as error:
        if str(error).startswith(_TOO_MUCH_WORK):
            # The work is what took a second where the key was stored; the library measures how long it takes.
            raise EncryptionError(
                "this computer is too busy or too slow to open the key under its passphrase now: try again, "
                "or `eccentric encrypt recover` takes the recovery key"
            ) from error
        # The library cannot tell the two: a wrong passphrase looks like a changed file.
        raise WrongKeyError(
            "the passphrase is wrong, or the stored key is damaged: `eccentric encrypt recover` takes the "
            "recovery key instead"
        ) from error
    return checked_key(text.decode("ascii", errors="replace"))


def catalogue_key(key: str) -> bytes:
    """Return the 32 bytes under which the catalogue is: HMAC-SHA-256 of a fixed label with the key.

    Made from the key, so that there is nothing else to lose.
    """
    return hmac.new(key.encode("ascii"), _CATALOGUE_LABEL, hashlib.sha256).digest()


# --- files ---------------------------------------------------------------------------------------------


def is_encrypted(path: Path) -> bool:
    """Tell by its name whether a file is a recording under a key."""
    return path.name.lower().endswith(ENCRYPTED_SUFFIX)


def encrypt_bytes(plain: bytes, key: str) -> bytes:
    """Put a few bytes under a key. Raises EncryptionError."""
    age = _age()
    return bytes(age.encrypt(plain, [age.x25519.Recipient.from_str(public_key(key))]))


def decrypt_bytes(secret: bytes, key: str) -> bytes:
    """Return what `encrypt_bytes` took. Raises WrongKeyError, DamagedError."""
    age = _age()
    try:
        return bytes(age.decrypt(secret, [age.x25519.Identity.from_str(key)]))
    except age.DecryptError as error:
        if _NO_KEY in str(error):
            raise WrongKeyError("it was encrypted with another key") from error
        raise DamagedError("it is damaged") from error


def encrypt_file(path: Path, key: str) -> Path:
    """Put a closed recording under a key and return the new file, "NAME.mcap.age".

    The plain file goes only when the new one is on the disk, was read back and decrypted, and holds the same
    bytes. Killed at any moment, one of the two is whole; called again, it ends what was begun.
    Raises EncryptionError, and OSError where the disk refuses; the plain file is untouched then.
    """
    if path.name.lower().endswith(SUFFIX + LIVE_SUFFIX):
        raise EncryptionError(
            f"{path} is being recorded or was never closed: it stays plain until it is closed or salvaged"
        )
    if not path.name.lower().endswith(SUFFIX):
        raise EncryptionError(f"{path} is not a recording (an .mcap file)")
    if path.is_symlink():
        raise EncryptionError(f"{path} is a link: give the recording itself")
    target = path.with_name(path.name + AGE_SUFFIX)
    age = _age()
    with path.open("rb") as plain:
        if plain.read(len(_AGE_MAGIC)) == _AGE_MAGIC:
            raise EncryptionError(f"{path} is encrypted already, in spite of its name")
    digest = _digest_of_file(path)

    def write(sink: BinaryIO) -> None:
        with path.open("rb") as plain:
            try:
                age.encrypt_io(plain, sink, [age.x25519.Recipient.from_str(public_key(key))])
            except (age.EncryptError, OSError) as error:
                raise EncryptionError(f"{path} cannot be encrypted: {error}") from error

    _replace(path, target, write, digest, lambda new: _plain_digest(new, key))
    return target


def decrypt_file(path: Path, key: str) -> Path:
    """Make a recording plain again and return the plain file; the encrypted one goes last, as above.

    Raises EncryptionError (a wrong key, a damaged file), and OSError; the encrypted file is untouched then.
    """
    if not is_encrypted(path):
        raise EncryptionError(f"{path} is not an encrypted recording (an {ENCRYPTED_SUFFIX} file)")
    target = path.with_name(path.name[: -len(AGE_SUFFIX)])
    digest = _plain_digest(path, key)
    _replace(path, target, lambda sink: decrypt_into(path, key, sink), digest, _digest_of_file)
    return target


@contextmanager
def readable(path: Path, key: Callable[[], str]) -> Iterator[Path]:
    """Yield a place where the plain bytes of a recording can be read until the block ends.

    For a plain recording that is its own place, and nobody is asked for the key. On Linux the decrypted bytes
    stay in memory; elsewhere they are in a temporary file of this user alone, which goes with the block.
    Nothing is yielded before all of it is known to be unchanged. Raises EncryptionError, OSError.
    """
    if not is_encrypted(path):
        yield path
        return
    with _private_place() as (place, sink):
        decrypt_into(path, key(), sink)
        sink.flush()
        try:
            yield place
        except RecordingError as error:
            if str(place) not in str(error):
                raise
            raise RecordingError(str(error).replace(str(place), str(path))) from error


def decrypt_into(path: Path, key: str, sink: _Writable) -> None:
    """Write the plain bytes of an encrypted recording to a sink.

    Raises WrongKeyError, DamagedError (then the sink holds whole pieces from before the damage), OSError.
    """
    age = _age()
    noted = _Noting(sink)
    with path.open("rb") as stream:
        if stream.read(len(_AGE_MAGIC)) != _AGE_MAGIC:
            raise DamagedError(f"{path} is not an encrypted recording, or its beginning is damaged")
        stream.seek(0)
        try:
            age.decrypt_io(stream, noted, [age.x25519.Identity.from_str(key)])
        except (age.DecryptError, OSError) as error:
            # age hands on the text of an error only.
            if noted.trouble is not None:
                raise noted.trouble from error
            if str(error) == _NO_KEY:
                raise WrongKeyError(
                    f"{path} was encrypted with another key: `eccentric encrypt recover` takes its "
                    "recovery key"
                ) from error
            raise DamagedError(
                f"{path} is damaged: it was cut off or changed after it was encrypted, and is not read"
            ) from error


class _Noting:
    """A sink that remembers why it refused."""

    def __init__(self, sink: _Writable) -> None:
        self._sink = sink
        self.trouble: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._sink.write(data)
        except OSError as error:
            self.trouble = error
            raise

    def flush(self) -> None:
        return


class _Digest:
    """A sink that keeps the SHA-256 of what is written to it."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._sum.update(data)
        return len(data)

    def value(self) -> bytes:
        return self._sum.digest()


def _plain_digest(path: Path, key: str) -> bytes:
    found = _Digest()
    decrypt_into(path, key, found)
    return found.value()


def _digest_of_file(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _replace(
    old: Path,
    target: Path,
    write: Callable[[BinaryIO], None],
    digest: bytes,
    digest_in: Callable[[Path], bytes],
) -> None:
    """Put a new file beside an old one and remove the old one, once the new one is known to hold the same.

    digest: of the plain bytes; digest_in: the same, as found in a file on the disk.
    """
    _forget_leftovers(target)
    if not target.exists():
        new = target.with_name(f".{target.name}-{secrets.token_hex(4)}{_NEW_SUFFIX}")
        try:
            with os.fdopen(os.open(new, _NEW_FLAGS, 0o600), "wb", buffering=_READ_BYTES) as sink:
                write(sink)
                sink.flush()
                sync(sink.fileno())
            if digest_in(new) != digest:
                raise EncryptionError(f"{new} was not read back as it was written: {old} stays as it is")
            found = old.stat()
            os.utime(new, ns=(found.st_atime_ns, found.st_mtime_ns))
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
    elif digest_in(target) != digest:
        # Not what a program that was killed between the last two steps leaves.
        raise EncryptionError(f"{target} is there already and holds something else: move one of the two away")
    sync_folder(target.parent)
    old.unlink(missing_ok=True)
    sync_folder(target.parent)


_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def forget_leftovers(path: Path) -> None:
    """Remove what killed programs left beside a recording, plain or encrypted. Raises OSError."""
    plain = path.with_name(path.name[: -len(AGE_SUFFIX)]) if is_encrypted(path) else path
    for target in (plain, plain.with_name(plain.name + AGE_SUFFIX)):
        _forget_leftovers(target)


def _forget_leftovers(target: Path) -> None:
    """Remove what a killed program left; one that is at work just now fails then, and loses nothing."""
    beginning = f".{target.name}-"
    for each in list(target.parent.iterdir()):
        if each.name.startswith(beginning) and each.name.endswith(_NEW_SUFFIX):
            each.unlink(missing_ok=True)


@contextmanager
def _private_place() -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a path that only this program (in memory), or else only this user, can read, open for writing."""
    if sys.platform == "linux" and hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        with os.fdopen(os.memfd_create("recording"), "wb") as sink:
            yield Path(f"/proc/self/fd/{sink.fileno()}"), sink
        return
    descriptor, name = tempfile.mkstemp(suffix=SUFFIX)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            yield Path(name), sink
    finally:
        Path(name).unlink(missing_ok=True)


def _age() -> Any:
    """Return the library, which comes with an extra and has no types of its own."""
    try:
        import pyrage
    except ImportError as error:
        raise EncryptionError(
            "encryption needs a library that is not installed: pip install 'eccentric-monitor[encryption]'"
        ) from error
    return pyrage
