"""Where the recordings of an archive are."""

from __future__ import annotations

import os
from pathlib import Path

from recordings.encryption import ENCRYPTED_SUFFIX
from recordings.format import LIVE_SUFFIX, SUFFIX
from recordings.salvage import salvaged_name


def is_recording(path: Path) -> bool:
    """Tell by its name whether a file is a recording: finished or not, plain or encrypted."""
    return path.name.lower().endswith((SUFFIX, SUFFIX + LIVE_SUFFIX, ENCRYPTED_SUFFIX))


def find_recordings(folder: Path) -> list[Path]:
    """Return all recordings below a folder, finished or not, in the order of their names.

    An unfinished one is left out where there is what was salvaged from it: that holds the same repetitions.
    """
    # Unlike Path.is_file, this is no error where a folder may be listed but nothing in it looked at.
    found = {
        Path(root, name) for root, _, names in os.walk(folder) for name in names if is_recording(Path(name))
    }
    return sorted(path for path in found if not (path.suffix == LIVE_SUFFIX and salvaged_name(path) in found))
