"""Who may read what is made: in a folder that is private nobody but the user, elsewhere as the umask says."""

from __future__ import annotations

import os
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone. Raises OSError.

    One that was there before stays as it is: somebody may share it on purpose.
    """
    if folder.is_dir():
        return
    # As the XDG specification asks of the folders above, too.
    make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def new_file_mode(folder: Path) -> int:
    """Return the mode to make a file with: a private folder's files stay private where they are moved to."""
    if os.name == "posix" and not folder.stat().st_mode & 0o077:
        return 0o600
    return 0o666
