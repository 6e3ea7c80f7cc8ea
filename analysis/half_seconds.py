"""Samples in pieces of half a second, with what the live checks of the sensor want to know of each.

The pieces are cut at times that the samples alone decide: in which chunks they came does not matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.samples import ImuSamples

Array = NDArray[np.float64]

HALF_S = 0.5
GAP_S = 0.25
"""After a longer time without samples the pieces begin anew."""

CELLS = 12
"""Steps in which the rotation over a piece is built up: 42 ms, in which no thigh turns by over 20 degrees."""

MIN_SAMPLES = 4
"""Fewer in half a second say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class HalfSecond:
    """Half a second of samples.

    start_s: its beginning, on the time axis of the samples. gap_s: time without samples just before it, 0
    where it follows the one before; of several gaps with less than half a second between them, the time from
    the first on. acc_mps2: (n, 3). gyr_radps: (n, 3) or None.
    mean_mps2: (3,) mean specific force in the sensor frame. spread_mps2: rms of the rest.
    mean_radps, spread_radps: the same of the rotation rate; zero without a gyroscope.
    """

    start_s: float
    gap_s: float
    acc_mps2: Array
    gyr_radps: Array | None
    mean_mps2: Array
    spread_mps2: float
    mean_radps: Array
    spread_radps: float

    @property
    def end_s(self) -> float:
        """Its end, when it was known."""
        return self.start_s + HALF_S


class HalfSeconds:
    """Cuts a stream of samples into pieces; a packet that completes none costs next to nothing."""

    __slots__ = ("_begin_s", "_gap_s", "_last_s", "_parts")

    def __init__(self) -> None:
        self._parts: list[ImuSamples] = []
        self._begin_s = math.nan
        self._last_s = math.nan
        self._gap_s = 0.0

    def step(self, samples: ImuSamples) -> list[HalfSecond]:
        """Take further samples and return the pieces that they complete.

        A piece is complete with the first sample after it. One that a gap cuts off is left out.
        """
        if not len(samples):
            return []
        if math.isnan(self._begin_s):
            self._begin_s = self._last_s = float(samples.t_s[0])
        self._parts.append(samples)
        if samples.t_s[-1] < self._begin_s + HALF_S and samples.t_s[-1] - self._last_s < GAP_S:
            self._last_s = float(samples.t_s[-1])
            return []
        t_s = np.concatenate([part.t_s for part in self._parts])
        acc = np.concatenate([part.acc_mps2 for part in self._parts])
        gyrs = [part.gyr_radps for part in self._parts if part.gyr_radps is not None]
        gyr = np.concatenate(gyrs) if len(gyrs) == len(self._parts) else None
        found: list[HalfSecond] = []
        breaks = (np.flatnonzero(np.diff(t_s) > GAP_S) + 1).tolist()
        first = 0
        for stop in [*breaks, t_s.size]:
            whole = stop == t_s.size
            while True:
                end = first + int(np.searchsorted(t_s[first:stop], self._begin_s + HALF_S))
                if end == stop:
                    break
                rows = slice(first, end)
                if end - first >= MIN_SAMPLES:
                    found.append(self._piece(acc[rows], None if gyr is None else gyr[rows]))
                    self._gap_s = 0.0
                first = end
                self._begin_s += HALF_S
            if not whole:
                # What a gap cuts off is not half a second.
                since_s = self._begin_s - self._gap_s if self._gap_s else float(t_s[stop - 1])
                self._begin_s, first = float(t_s[stop]), stop
                self._gap_s = self._begin_s - since_s
        self._parts = [ImuSamples(t_s[first:], acc[first:], None if gyr is None else gyr[first:])]
        self._last_s = float(t_s[-1])
        return found

    def _piece(self, acc: Array, gyr: Array | None) -> HalfSecond:
        force, force_spread = _mean_and_spread(acc)
        rate, rate_spread = (np.zeros(3), 0.0) if gyr is None else _mean_and_spread(gyr)
        return HalfSecond(self._begin_s, self._gap_s, acc, gyr, force, force_spread, rate, rate_spread)


def _mean_and_spread(rows: Array) -> tuple[Array, float]:
    """Mean (3,) of rows and the rms of the rest: with sums alone, as there are thousands in an hour."""
    mean = np.add.reduce(rows) / len(rows)
    return mean, math.sqrt(max(0.0, float(np.vdot(rows, rows)) / len(rows) - float(mean @ mean)))


def turned(acc: Array, gyr: Array) -> tuple[Array, Array]:
    """Rotation over half a second, and the mean force (3,) in the sensor frame at its start.

    acc, gyr: (n, 3) m/s2 and rad/s. The rotation (3, 3) takes a vector that is fixed in space from the sensor
    frame at the end to that at the start.
    """
    cells = min(CELLS, len(acc))
    starts = (np.arange(cells) * len(acc)) // cells
    counts = np.diff(starts, append=len(acc)).astype(np.float64)[:, None]
    force = np.add.reduceat(acc, starts, axis=0) / counts
    turns = np.add.reduceat(gyr, starts, axis=0) * (HALF_S / len(acc))
    turn, level = np.eye(3), np.zeros(3)
    for step, mean, count in zip(_rotations(turns), force, counts[:, 0].tolist(), strict=True):
        after = turn @ step
        level += (0.5 * count) * ((turn + after) @ mean)
        turn = after
    return turn, level / len(acc)


def _rotations(vectors: Array) -> Array:
    """Rotation matrices (n, 3, 3) of rotation vectors (n, 3) in radians (Rodrigues)."""
    angle = np.sqrt((vectors * vectors).sum(axis=1))
    safe = np.maximum(angle, 1e-9)
    sine, versine = np.sin(safe) / safe, (1.0 - np.cos(safe)) / safe**2
    k = np.zeros((len(vectors), 3, 3))
    x, y, z = vectors.T
    k[:, 0, 1], k[:, 0, 2], k[:, 1, 2] = -z, y, -x
    k[:, 1, 0], k[:, 2, 0], k[:, 2, 1] = z, -y, x
    return np.eye(3) + sine[:, None, None] * k + versine[:, None, None] * (k @ k)
