"""What every importer makes of its file: runs of rows with their places, in the file's own units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2

Array = NDArray[np.float64]
AccUnit = Literal["mps2", "g", "mg"]
GyrUnit = Literal["radps", "dps", "mdps"]

MPS2: Final[dict[AccUnit, float]] = {
    "mps2": 1.0,
    "g": STANDARD_GRAVITY_MPS2,
    "mg": STANDARD_GRAVITY_MPS2 / 1000,
}
RADPS: Final[dict[GyrUnit, float]] = {"radps": 1.0, "dps": np.pi / 180, "mdps": np.pi / 180_000}
WORDS: Final = {
    "mps2": "m/s2",
    "g": "g",
    "mg": "mg",
    "radps": "rad/s",
    "dps": "deg/s",
    "mdps": "mdeg/s",
}


class FileRefusedError(ValueError):
    """A file that cannot be imported; the message is one sentence with file, row and column."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of one sensor.

    places: (n,) where each stands in the file, from 1. t_s: (n,) seconds, strictly increasing over the file.
    acc, gyr: (n, 3) in the units of the file, or None where it has no such columns.
    left_out: rows before or among these that were left out, as the file's `Reading` says why.
    """

    places: NDArray[np.int64]
    t_s: Array
    acc: Array | None
    gyr: Array | None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was recognised. `rows` reads it from its beginning each time it is called.

    acc_unit: None where the file does not say and its numbers must. has_acc, has_gyr: which it holds.
    clock: what the times come from, in words. acc_columns: in words, for a refusal.
    word: what a place counts ("line"). left_out_word: what rows are left out, if any are.
    counted_hz: the rate by which a counter was turned into times: it must rise by one from row to row then.
    dated: whether its times count from the year 2000, wherever they are as large as that.
    """

    name: str
    program: str
    rows: Callable[[], Iterator[Rows]]
    has_acc: bool
    has_gyr: bool
    acc_unit: AccUnit | None
    gyr_unit: GyrUnit | None
    clock: str
    acc_columns: str
    word: str = "line"
    left_out_word: str = "repeated rows"
    counted_hz: float | None = None
    dated: bool = False
