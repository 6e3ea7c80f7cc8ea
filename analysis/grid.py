"""A uniform time grid for samples that arrive at any rate, in any pieces, with jitter and gaps.

A sample is taken for the mean over the time since the sample before it: that is how inertial sensors make
their output, and on recordings with an optical truth it halves the error in fast rotation against taking it
for an instant. Every value on the grid is the mean of that signal over one cell, so that the integral of the
rotation rate - the angle - is kept exactly, whatever the rate of the sensor. Over a gap the signal runs
straight. The running integral is carried from chunk to chunk in the order of the samples: cutting a
recording anywhere gives the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.results import Gap
from analysis.samples import ImuSamples

CELL_S = 0.01
"""100 Hz: at 50 Hz the orientation filter loses half a degree to fast rotation (coning)."""

FRAME_CELLS = 2
"""Cells come in frames of two: everything after the orientation filter works at 50 Hz."""

FRAME_S = FRAME_CELLS * CELL_S

GAP_S = 0.1 + 1e-6
"""Longer than this without a sample is a gap: a phase with a gap in it is not measured. (Four lost samples of
a 50 Hz sensor are no gap, whatever the last digit of their times says.)"""

CARRIED_GAP_S = 0.5
"""Through shorter gaps the orientation is carried on a straight line; after longer ones it starts anew."""

EARLY_S = 1e-9
"""The grid lies so much early, so that the last digit of a sample's time does not hold back a frame."""

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Consecutive grid cells, whole frames of them.

    acc_mps2, gyr_radps: (n, 3) means over the cell; gyr_radps is None without a gyroscope. missing: (n,) True
    where a gap touches the cell's frame. lost: (n,) True where that gap is so long that the orientation
    cannot be carried through it. gaps: those that ended in the samples just taken.
    """

    acc_mps2: Array
    gyr_radps: Array | None
    missing: Flags
    lost: Flags
    gaps: tuple[Gap, ...]

    def __len__(self) -> int:
        """Return the number of cells."""
        return self.missing.size


class UniformGrid:
    """Streaming resampler; `start_s` is the left edge of cell 0."""

    __slots__ = ("_area", "_next", "_t", "_x", "start_s")

    def __init__(self, start_s: float, *, gyroscope: bool) -> None:
        self.start_s = start_s
        self._next = 0
        # The samples that cells to come still need (a row a signal), and the integral up to the first of
        # them, in cells.
        self._t: Array = np.empty(0)
        self._x: Array = np.empty((6 if gyroscope else 3, 0))
        self._area: Array = np.zeros(len(self._x))

    def step(self, samples: ImuSamples) -> Cells:
        """Take further samples (at least one) and return the cells of the frames that they complete."""
        held = self._t.size
        t = np.concatenate([self._t, samples.t_s])
        t[held:] -= self.start_s
        x = np.empty((len(self._x), t.size))
        x[:, :held] = self._x
        x[:3, held:] = samples.acc_mps2.T
        if samples.gyr_radps is not None:
            x[3:, held:] = samples.gyr_radps.T
        first, stop = self._next, FRAME_CELLS * math.floor((float(t[-1]) + EARLY_S) / FRAME_S)
        if stop <= first:
            self._t, self._x = t, x
            return _cells(np.empty((len(x), 1)))

        step = t[1:] - t[:-1]
        area = np.empty_like(x)
        area[:, 0] = self._area
        np.multiply(step / CELL_S, x[:, 1:], out=area[:, 1:])
        edges = CELL_S * np.arange(first, stop + 1, dtype=np.float64) - EARLY_S
        at = np.minimum(t.searchsorted(edges, side="right") - 1, t.size - 2)
        if first == 0:
            at[0] = 0
        into = (edges - t[at]) / CELL_S
        partial = x.take(at + 1, axis=1)
        partial *= into
        gap_at = None
        if t[-1] - t[0] > GAP_S and step.max() > GAP_S:
            gap_at = np.flatnonzero(step > GAP_S)
            area[:, gap_at + 1] = (0.5 / CELL_S) * step[gap_at] * (x[:, gap_at + 1] + x[:, gap_at])
            across = np.flatnonzero(step[at] > GAP_S)
            i, far = at[across], into[across]
            bend = 0.5 * far * CELL_S / step[i]
            partial[:, across] = far * (x[:, i] + bend * (x[:, i + 1] - x[:, i]))
        integral = np.add.accumulate(area, axis=1)
        partial += integral.take(at, axis=1)
        cells = _cells(partial)

        keep = int(at[-1])
        self._next = stop
        self._t, self._x, self._area = t[keep:].copy(), x[:, keep:].copy(), integral[:, keep].copy()
        if gap_at is None:
            return cells
        gaps: list[Gap] = []
        for i in gap_at.tolist():
            begin_s, end_s = float(t[i]), float(t[i + 1])
            rows = slice(
                max(0, FRAME_CELLS * math.floor(begin_s / FRAME_S + 1e-7) - first),
                max(0, FRAME_CELLS * math.ceil(end_s / FRAME_S - 1e-7) - first),
            )
            cells.missing[rows] = True
            if end_s - begin_s > CARRIED_GAP_S:
                cells.lost[rows] = True
            if i + 1 >= held:
                gaps.append(Gap(begin_s + self.start_s, float(samples.t_s[i + 1 - held])))
        return Cells(cells.acc_mps2, cells.gyr_radps, cells.missing, cells.lost, tuple(gaps))


def _cells(integral: Array) -> Cells:
    """Cells between the values (signals, n + 1) of the integral at their edges; no gaps yet."""
    means = (integral[:, 1:] - integral[:, :-1]).T
    none = np.zeros(len(means), dtype=bool)
    gyr = means[:, 3:].copy() if len(integral) > 3 else None
    return Cells(means[:, :3].copy(), gyr, none, none.copy(), ())
