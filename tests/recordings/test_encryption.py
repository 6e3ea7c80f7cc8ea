"""Recordings under a key: what other programs make of them, and that nothing is ever lost or wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import random
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from recordings import encryption
from recordings.encryption import (
    DamagedError,
    EncryptionError,
    WrongKeyError,
    checked_key,
    decrypt_file,
    decrypt_into,
    encrypt_file,
    lock_key,
    new_key,
    public_key,
    readable,
    unlock_key,
)
from recordings.format import RecordingError
from recordings.reader import read
from recordings.samples import file_or_sample

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals, limits or file rights")
needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="the age command is not installed")

KEY = "AGE-SECRET-KEY-1Z38PP6CS5CEMDDG4KPPCNJ5QEV6MVZTJPTTXXJU5UA43YXK2AD9S98EW30"
OTHER_KEY = new_key()
# Made by the age command 1.1.1 (Go).
MADE_BY_AGE = base64.b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB2eGJKVE56cGFzeTZ6SzJkWkFldU92WDUveURTUTFHVm5zdVJuODhC"
    "bEFRClM4ZURxVVVaREhtbGVHNW14a0RteXZVOVoyb05peU4zZTYwRXFBVVdJRjgKLS0tIHl6M3p6ZEI5QUlkOG0wZHBCeE9M"
    "UWk5clhlcDFHZWFITHNYaXpHbVhyeGMK/AYO0Na1vQ47YRIyyo1PNwitonBjOpwaUs4+Z/p2BJ6UsBAbCXuOtcrNmF59nFYn"
    "m6KhwZW/CBA="
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return Path(shutil.copy(file_or_sample(Path("good-tempo")), tmp_path / "session.mcap"))


@pytest.fixture(scope="module")
def encrypted_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("once") / "session.mcap"
    shutil.copy(file_or_sample(Path("good-tempo")), path)
    return encrypt_file(path, KEY).read_bytes()


def plain_bytes(path: Path, key: str = KEY) -> bytes:
    with readable(path, lambda: key) as place:
        return place.read_bytes()


# --- a reader of the age format, written from its specification, with none of the library used here ------

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def secret_of(key: str) -> bytes:
    number = 0
    data = key.lower().rpartition("1")[2][:-6]
    for character in data:
        number = number << 5 | BECH32.index(character)
    return (number >> (5 * len(data) - 256)).to_bytes(32, "big")


def unpadded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def key_of_stanza(words: list[str], body: bytes, secret: bytes | str) -> bytes:
    if isinstance(secret, str):
        kind, salt, work = words
        assert kind == "scrypt"
        # Not hashlib's, which refuses the 1 GiB that a fast computer chooses.
        wrap = Scrypt(
            b"age-encryption.org/v1/scrypt" + unpadded(salt), 32, n=2 ** int(work), r=8, p=1
        ).derive(secret.encode())
    else:
        kind, share = words
        assert kind == "X25519"
        own = X25519PrivateKey.from_private_bytes(secret)
        shared = own.exchange(X25519PublicKey.from_public_bytes(unpadded(share)))
        public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        wrap = derived(shared, unpadded(share) + public, b"age-encryption.org/v1/X25519")
    return ChaCha20Poly1305(wrap).decrypt(bytes(12), body, None)


def opened_by_the_book(data: bytes, secret: bytes | str) -> bytes:
    """Decrypt a file by https://age-encryption.org/v1, with X25519 bytes or a passphrase."""
    head, _, rest = data.partition(b"\n--- ")
    mac, _, payload = rest.partition(b"\n")
    version, *stanzas = head.decode("ascii").split("\n-> ")
    assert version == "age-encryption.org/v1"
    # Others are allowed: an unknown kind, put there so that readers learn to pass over it.
    (mine,) = [each for each in stanzas if each.startswith(("X25519 ", "scrypt "))]
    words, _, body = mine.partition("\n")
    file_key = key_of_stanza(words.split(" "), unpadded(body), secret)
    assert hmac.digest(derived(file_key, b"", b"header"), head + b"\n---", "sha256") == unpadded(mac.decode())
    cipher = ChaCha20Poly1305(derived(file_key, payload[:16], b"payload"))
    chunks = [payload[at : at + 65_552] for at in range(16, len(payload), 65_552)]
    return b"".join(
        cipher.decrypt(number.to_bytes(11, "big") + bytes([number == len(chunks) - 1]), chunk, None)
        for number, chunk in enumerate(chunks)
    )


def test_an_encrypted_recording_is_an_age_file_by_the_book(recording: Path) -> None:
    before = recording.read_bytes()

    found = encrypt_file(recording, KEY)

    assert opened_by_the_book(found.read_bytes(), secret_of(KEY)) == before


def test_the_key_under_a_passphrase_is_an_age_file_by_the_book() -> None:
    locked = lock_key(KEY, "three wet Herons")

    assert opened_by_the_book(locked, "three wet Herons") == f"{KEY}\n".encode()


def test_what_the_age_command_made_is_read(tmp_path: Path) -> None:
    path = tmp_path / "made.mcap.age"
    path.write_bytes(MADE_BY_AGE)

    assert plain_bytes(path) == b"made by age 1.1.1 in Go\n"


def test_a_passphrase_that_takes_too_long_is_not_called_wrong() -> None:
    head = b"age-encryption.org/v1\n-> scrypt rb2HBcTgRF41FGHySaynwQ 40\n"
    locked = head + b"449VGPGpJzkymO+fDVJnrMS9oVgeniNjw8pqk6odgVk\n--- " + b"A" * 43 + b"\n" + bytes(40)

    with pytest.raises(EncryptionError, match="too busy or too slow"):
        unlock_key(locked, "anything")


@needs_age
def test_the_age_command_opens_a_recording_and_we_open_what_it_made(recording: Path, tmp_path: Path) -> None:
    before = recording.read_bytes()
    key_file = tmp_path / "key.txt"
    key_file.write_text(f"{KEY}\n")

    encrypted = encrypt_file(recording, KEY)
    subprocess.run(["age", "-d", "-i", key_file, "-o", tmp_path / "by-age", encrypted], check=True)
    again = tmp_path / "again.mcap.age"
    subprocess.run(["age", "-r", public_key(KEY), "-o", again, tmp_path / "by-age"], check=True)

    assert (tmp_path / "by-age").read_bytes() == before
    assert plain_bytes(again) == before


# --- keys ------------------------------------------------------------------------------------------------


def test_a_key_is_taken_as_it_was_copied_from_paper() -> None:
    spaced = " ".join(KEY[i : i + 8] for i in range(0, len(KEY), 8)).lower()

    assert checked_key(f"  {spaced}\n") == KEY


@pytest.mark.parametrize(
    "text",
    ["", "hello", KEY[:-1], KEY[:-1] + "2", "age1" + "q" * 58],
    ids=["nothing", "word", "short", "slip", "public"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(EncryptionError, match="that is not a key"):
        checked_key(text)


def test_without_the_library_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)

    with pytest.raises(EncryptionError, match=r"pip install 'eccentric-monitor\[encryption\]'"):
        new_key()


# --- there and back --------------------------------------------------------------------------------------


def test_a_recording_comes_back_byte_for_byte_with_its_times(recording: Path) -> None:
    before, mtime_ns = recording.read_bytes(), recording.stat().st_mtime_ns

    encrypted = encrypt_file(recording, KEY)
    names = {path.name for path in encrypted.parent.iterdir()}
    plain = decrypt_file(encrypted, KEY)

    assert names == {"session.mcap.age"}
    assert {path.name for path in plain.parent.iterdir()} == {"session.mcap"}
    assert (plain.read_bytes(), plain.stat().st_mtime_ns) == (before, mtime_ns)


@posix_only
def test_an_encrypted_recording_is_private(recording: Path) -> None:
    assert encrypt_file(recording, KEY).stat().st_mode & 0o777 == 0o600


def test_the_reader_reads_the_same(recording: Path) -> None:
    before = read(recording)
    encrypted = encrypt_file(recording, KEY)

    with readable(encrypted, lambda: KEY) as place:
        found = read(place)

    assert np.array_equal(found.samples.acc_mps2, before.samples.acc_mps2)
    assert found.packets.payloads == before.packets.payloads
    assert not place.exists()


def test_a_plain_recording_is_read_where_it_is_and_nobody_is_asked(recording: Path) -> None:
    def ask() -> str:
        raise AssertionError("asked for a key")

    with readable(recording, ask) as place:
        assert place == recording


def test_where_there_is_no_memory_file_the_plain_bytes_are_private_and_go(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recording.read_bytes()
    encrypted = encrypt_file(recording, KEY)
    monkeypatch.delattr(os, "memfd_create", raising=False)

    with readable(encrypted, lambda: KEY) as place:
        assert place.read_bytes() == before
        assert os.name == "nt" or place.stat().st_mode & 0o777 == 0o600
    assert not place.exists()


def test_an_error_names_the_file_and_not_the_place_of_its_plain_bytes(tmp_path: Path) -> None:
    path = tmp_path / "letter.mcap"
    path.write_bytes(b"Dear reader, this is no recording.")
    encrypted = encrypt_file(path, KEY)

    with pytest.raises(RecordingError, match=r"letter\.mcap\.age is not a recording"), readable(
        encrypted, lambda: KEY
    ) as place:  # fmt: skip
        read(place)


# --- refused ---------------------------------------------------------------------------------------------


def test_another_key_opens_nothing(encrypted_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "session.mcap.age"
    path.write_bytes(encrypted_bytes)

    with pytest.raises(WrongKeyError, match="was encrypted with another key"):
        plain_bytes(path, OTHER_KEY)
    with pytest.raises(WrongKeyError):
        decrypt_file(path, OTHER_KEY)
    assert path.read_bytes() == encrypted_bytes


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("harm", ["cut", "flip in the head", "flip in the body", "longer"])
def test_a_damaged_file_is_refused_and_nothing_of_it_is_yielded(
    harm: str, encrypted_bytes: bytes, tmp_path: Path
) -> None:
    rng = random.Random(harm)
    head_bytes = encrypted_bytes.index(b"\n", encrypted_bytes.index(b"\n---") + 1)
    path = tmp_path / "session.mcap.age"
    for _ in range(100):
        match harm:
            case "cut":
                data = encrypted_bytes[: rng.randrange(len(encrypted_bytes))]
            case "flip in the head":
                data = flipped(encrypted_bytes, rng.randrange(8 * head_bytes))
            case "flip in the body":
                data = flipped(encrypted_bytes, rng.randrange(8 * head_bytes, 8 * len(encrypted_bytes)))
            case _:
                data = encrypted_bytes + rng.randbytes(rng.randint(1, 100))
        path.write_bytes(data)
        with pytest.raises(EncryptionError) as refused:
            plain_bytes(path)
        assert "\n" not in str(refused.value)
        with pytest.raises(EncryptionError):
            decrypt_file(path, KEY)
        assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.mcap.part", "never closed"), ("a.csv", "not a recording"), ("a.mcap.age", "not a recording")],
)
def test_only_closed_recordings_are_encrypted(name: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")

    with pytest.raises(EncryptionError, match=reason):
        encrypt_file(path, KEY)
    assert path.read_bytes() == b"x"


def test_another_file_in_the_place_is_left_and_so_is_the_recording(recording: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(file_or_sample(Path("break-point")), tmp_path / "other.mcap"))
    in_the_way = encrypt_file(other, KEY).rename(tmp_path / "session.mcap.age")
    before, there = recording.read_bytes(), in_the_way.read_bytes()

    with pytest.raises(EncryptionError, match="holds something else"):
        encrypt_file(recording, KEY)

    assert (recording.read_bytes(), in_the_way.read_bytes()) == (before, there)


@posix_only
@pytest.mark.parametrize("change", [encrypt_file, decrypt_file], ids=["encrypt", "decrypt"])
def test_a_full_disk_costs_nothing(change: Callable[[Path, str], Path], recording: Path) -> None:
    import resource

    path = recording if change is encrypt_file else encrypt_file(recording, KEY)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises((EncryptionError, OSError), match="File too large"):
            change(path, KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_was_read_back_differently_is_not_believed(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recording.read_bytes()

    def bad_disk(descriptor: int) -> None:
        os.pwrite(descriptor, b"\0\0\0\0", 70_000)

    monkeypatch.setattr(encryption, "sync", bad_disk)
    with pytest.raises(DamagedError):
        encrypt_file(recording, KEY)

    assert recording.read_bytes() == before
    assert [each.name for each in recording.parent.iterdir()] == [recording.name]


# --- killed ----------------------------------------------------------------------------------------------

# Dies at the nth thing that it does to a file: opening, renaming, removing, setting times.
KILLED_AT_A_STEP = """
    import os, signal, sys
    from pathlib import Path
    from recordings import encryption
    import pyrage

    step, path, key, what = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    for step in range(step, 100):
        child = os.fork()
        if child == 0:
            done = 0
            def count(event, arguments):
                global done
                if event in {"open", "os.rename", "os.remove", "os.utime"}:
                    done += 1
                    if done > step:
                        os.kill(os.getpid(), signal.SIGKILL)
            sys.addaudithook(count)
            getattr(encryption, what)(path, key)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        folder = path.parent
        print(step, os.waitstatus_to_exitcode(status), *sorted(each.name for each in folder.iterdir()))
        sys.stdout.flush()
        if input() == "end":
            break
"""


@posix_only
@pytest.mark.parametrize("what", ["encrypt_file", "decrypt_file"])
def test_killed_at_any_step_nothing_is_lost_and_the_next_run_ends_it(
    what: str, recording: Path, tmp_path: Path
) -> None:
    plain, encrypted = recording, recording.with_name("session.mcap.age")
    content = plain.read_bytes()
    start, end = (plain, encrypted) if what == "encrypt_file" else (encrypted, plain)
    change, change_back = (
        (encrypt_file, decrypt_file) if what == "encrypt_file" else (decrypt_file, encrypt_file)
    )
    if start is encrypted:
        encrypt_file(plain, KEY)
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED_AT_A_STEP), "0", str(start), KEY, what],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    killed = 0
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        for line in child.stdout:
            _, code, *names = line.split()
            if int(code) == 0:
                assert names == [end.name]
                child.stdin.write("end\n")
                child.stdin.flush()
                break
            killed += 1
            assert int(code) == -9
            here = [path for path in (plain, encrypted) if path.exists()]
            assert here
            assert all(
                (plain_bytes(path) if path == encrypted else path.read_bytes()) == content for path in here
            )
            if start.exists():
                change(start, KEY)
            assert [each.name for each in tmp_path.iterdir()] == [end.name]
            change_back(end, KEY)
            child.stdin.write("again\n")
            child.stdin.flush()
    assert killed >= 6


KILLED_AT_A_MOMENT = """
    import sys
    from pathlib import Path
    from recordings import encryption

    print("begins", flush=True)
    encryption.encrypt_file(Path(sys.argv[1]), sys.argv[2])
"""


@posix_only
def test_killed_in_the_middle_of_the_work_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "long.mcap"
    path.write_bytes(random.Random(1).randbytes(2**20) * 32)
    digest = hashlib.sha256(path.read_bytes()).digest()
    ended_in = set()
    for delay_s in (0.02, 0.08, 0.2, 8.0):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED_AT_A_MOMENT), str(path), KEY],
            stdout=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            try:
                child.wait(delay_s)
            except subprocess.TimeoutExpired:
                child.kill()
        encrypted = path.with_name("long.mcap.age")
        ended_in.add(path.exists())
        assert path.exists() or encrypted.exists()
        if path.exists():
            assert hashlib.sha256(path.read_bytes()).digest() == digest
        if encrypted.exists():
            assert hashlib.sha256(plain_bytes(encrypted)).digest() == digest
            break
    assert ended_in == {True, False}


MEASURED = """
    import resource, sys
    from pathlib import Path
    from recordings import encryption
    import pyrage

    path, key = Path(sys.argv[1]), sys.argv[2]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    encryption.decrypt_file(encryption.encrypt_file(path, key), key)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "long.mcap"
    path.write_bytes(bytes(2**20) * 64)

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURED), str(path), KEY],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert int(done.stdout) < 32_000, "kB"


def test_a_sink_that_refuses_is_named_as_what_it_is(encrypted_bytes: bytes, tmp_path: Path) -> None:
    class Full:
        def write(self, _data: bytes) -> int:
            raise OSError(28, "No space left on device", "/somewhere")

    path = tmp_path / "session.mcap.age"
    path.write_bytes(encrypted_bytes)

    with pytest.raises(OSError, match="No space left on device"):
        decrypt_into(path, KEY, Full())
