"""Whether a window can be shown. Qt does not say so, it aborts the process."""

from __future__ import annotations

import os
import re
import sys

# A display on another computer that takes longer is of no use for a picture of what happens now.
_TIMEOUT_S = 1.0
_FIRST_PORT = 6000
_SOCKET = "/tmp/.X11-unix/X"
_NAME = re.compile(r"(?P<host>.*):(?P<number>\d{1,5})(\.\d+)?", re.ASCII)


def has_display() -> bool:
    """Tell whether a window can be shown.

    On Linux DISPLAY may name a server that does not run any more: it is asked for a connection, which takes
    at most a second.
    """
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("WAYLAND_DISPLAY")) or _answers(os.environ.get("DISPLAY", ""))


def _answers(display: str) -> bool:
    """Tell whether the X server of a name like "host:0.0" takes a connection."""
    import socket

    found = _NAME.fullmatch(display)
    if found is None:
        return False
    host, number = found["host"], int(found["number"])
    if host in ("", "unix"):
        # The first is an abstract one: it is no file.
        return any(
            _connects(socket.AF_UNIX, address) for address in (f"\0{_SOCKET}{number}", f"{_SOCKET}{number}")
        )
    # With "tcp/" or "inet6/" before it, and brackets round an IPv6 address.
    name = host.rpartition("/")[2].strip("[]")
    try:
        with socket.create_connection((name, _FIRST_PORT + number), _TIMEOUT_S):
            return True
    except (OSError, OverflowError, UnicodeError):
        return False


def _connects(family: int, address: str) -> bool:
    import socket

    with socket.socket(family) as asked:
        asked.settimeout(_TIMEOUT_S)
        try:
            asked.connect(address)
        except OSError:
            return False
    return True
