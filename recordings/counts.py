"""The counts of a sensor behind its values: a quarter of the bytes, and the same values to the last bit."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_LARGEST = 32_767
# Values that are no counts are asked again after so many blocks, then twice as many, up to the second number.
_FIRST_REST, _LONGEST_REST = 1, 64
# Beyond these no sensor measures, and numbers overflow.
_LARGEST_VALUE, _SMALLEST_UNIT = 1e9, 1e-15


class Counts:
    """Finds the unit of which all values are whole multiples, and remembers it from block to block."""

    __slots__ = ("_rest", "_resting", "_unit")

    def __init__(self) -> None:
        self._unit: float | None = None
        self._rest = _FIRST_REST
        self._resting = 0

    def of(self, values: NDArray[np.float64]) -> tuple[NDArray[np.int16], float] | None:
        """Return counts and unit with counts * unit == values, bit by bit, or None where there are none."""
        if self._unit is not None:
            counts = _counts(values, self._unit)
            if counts is not None:
                return counts, self._unit
        if self._resting:
            self._resting -= 1
            return None
        unit = find_unit(values)
        counts = None if unit is None else _counts(values, unit)
        if unit is None or counts is None:
            self._resting, self._rest = self._rest, min(2 * self._rest, _LONGEST_REST)
            return None
        self._unit, self._rest = unit, _FIRST_REST
        return counts, unit


def find_unit(values: NDArray[np.float64]) -> float | None:
    """Return the largest unit found of which all values are multiples, or None.

    The smallest step between two values is near it, and the largest value, divided by its count, gives it to
    the last digits but one.
    """
    steps = np.unique(np.abs(values))
    if steps.size < 2 or not steps[-1] < _LARGEST_VALUE:
        return None
    differences = np.diff(steps)
    # What differs by rounding only is the same step.
    near = float(differences[differences > 1e-9 * steps[-1]].min(initial=np.inf))
    if not near < np.inf or not _SMALLEST_UNIT < steps[-1] / _LARGEST <= near:
        return None
    exact = float(steps[-1] / np.rint(steps[-1] / near))
    up, down = math.nextafter(exact, math.inf), math.nextafter(exact, 0.0)
    for unit in (exact, up, down, math.nextafter(up, math.inf), math.nextafter(down, 0.0)):
        if _counts(values, unit) is not None:
            return unit
    return None


def _counts(values: NDArray[np.float64], unit: float) -> NDArray[np.int16] | None:
    if not np.abs(values).max(initial=0.0) <= _LARGEST * unit:
        return None
    counts = np.rint(values / unit)
    # Bit by bit: a negative zero is a value of its own.
    if (counts * unit).tobytes() != values.tobytes():
        return None
    return counts.astype("<i2")
