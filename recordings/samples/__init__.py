"""Short recordings that come with the program: SIMULATED, nobody wore a sensor.

Each has its truth beside it (`truth`). `python -m recordings.samples.make` makes them again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

NAMES: Final = (
    "good-tempo",
    "lowering-too-fast",
    "break-point",
    "bridge-single-leg-with-pauses",
    "lost-link",
    "standing-up-in-the-middle",
)

# How near to the truth the measurement of a sample comes. A test holds every sample to it.
LOWER_TOLERANCE_S: Final = 0.25
BOUNDARY_TOLERANCE_S: Final = 0.3
LEAN_TOLERANCE_DEG: Final = 4.0

_FOLDER: Final = Path(__file__).parent


def path_of(name: str) -> Path:
    """Return the file of a sample. Raises KeyError if there is none of this name."""
    if name not in NAMES:
        raise KeyError(name)
    return _FOLDER / f"{name}.mcap"


def is_sample(path: Path) -> bool:
    """Tell whether a file is one that came with the program, in whose folder nothing is written."""
    return path.parent.resolve() == _FOLDER.resolve()


def file_or_sample(path: Path) -> Path:
    """Return the path; where it is no file but the name of a sample, the file of that."""
    return path if path.exists() or str(path) not in NAMES else path_of(str(path))


def truth(name: str) -> dict[str, Any]:
    """Return what really happened in a sample, in the words of `eccentric analyse --json`.

    Times are seconds from the first sample. A repetition with `in_gap` lies in a loss of the link: no
    number can be given for it. Raises KeyError as `path_of` does.
    """
    return json.loads(path_of(name).with_suffix(".json").read_text(encoding="utf-8"))
