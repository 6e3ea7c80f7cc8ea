"""PINs of therapists: how one is kept, and how long the next try has to wait.

A curtain, not a lock: whoever may read the catalogue's file reads all of it without a PIN, and the few digits
of one are soon guessed from what is kept. Only trying them out in a window is made slow.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from recordings.catalogue.entries import CatalogueError

LONGEST_WAIT_S = 300
_DIGITS = re.compile(r"[0-9]{4,12}")
_SALT_BYTES = 16
# 16 MB and some 50 ms a try.
_COST, _BLOCK, _LANES = 2**14, 8, 1


class WrongPinError(CatalogueError):
    """That was no therapist's PIN, or the next try came too early. wait_s: until the next one counts."""

    def __init__(self, wait_s: int, *, early: bool) -> None:
        """Say which of the two, and how long to wait."""
        what = f"wait {wait_s} s before the next PIN" if early else f"wrong PIN: the next try in {wait_s} s"
        super().__init__(f"{what}; if it is forgotten, `eccentric catalogue pin clear --forgotten` resets it")
        self.wait_s = wait_s


def hashed(pin: str) -> str:
    """Return what is kept of a PIN. Raises CatalogueError unless it is 4 to 12 digits."""
    if not _DIGITS.fullmatch(pin):
        raise CatalogueError("a PIN has 4 to 12 digits and nothing else")
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt {salt.hex()} {_scrypt(pin, salt).hex()}"


def matches(pin: str, kept: str) -> bool:
    """Tell whether a PIN is the one that was kept; what cannot be read matches none."""
    try:
        name, salt, digest = kept.split(" ")
        wanted, seasoning = bytes.fromhex(digest), bytes.fromhex(salt)
    except ValueError:
        return False
    return name == "scrypt" and hmac.compare_digest(_scrypt(pin, seasoning), wanted)


def wait_s(wrong: int, wrong_at_ns: int, now_ns: int) -> int:
    """Return how many seconds are to be waited yet after so many wrong tries in a row: 1, 2, 4 ... 300.

    A clock that was set back makes it no longer than that.
    """
    if wrong <= 0:
        return 0
    delay_s = min(2 ** min(wrong - 1, 20), LONGEST_WAIT_S)
    passed_s = max(0.0, (now_ns - wrong_at_ns) / 1e9)
    return max(0, -int(-(delay_s - passed_s) // 1))


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)
