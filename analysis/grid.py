"""A uniform time grid for samples that arrive at any rate, in any pieces, with jitter and gaps.

A sample is taken for the mean over the time since the sample before it: that is how inertial sensors make
their output, and on recordings with an optical truth it halves the error in fast rotation against taking it
for an instant. Every value on the grid is the mean of that signal over one cell, so that the integral of the
rotation rate - the angle - is kept exactly, whatever the rate of the sensor. Over a gap the signal runs
straight. The running integral is carried from chunk to chunk in the order of the samples: cutting a
recording anywhere gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.results import Gap
from analysis.samples import ImuSamples

CELL_S = 0.01
"""100 Hz: at 50 Hz the orientation filter loses half a degree to fast rotation (coning)."""

GAP_S = 0.1
"""Longer than this without a sample is a gap: a phase with a gap in it is not measured."""

CARRIED_GAP_S = 0.5
"""Through shorter gaps the orientation is carried on a straight line; after longer ones it starts anew."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Consecutive grid cells.

    values: (n, 3 or 6) acc, then gyr. missing: (n,) True where a gap covers the cell. lost: (n,) True where
    that gap is so long that the orientation cannot be carried through it.
    """

    values: Array
    missing: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    gaps: tuple[Gap, ...]


def no_cells(columns: int) -> Cells:
    """Return no cells at all."""
    none = np.empty(0, dtype=bool)
    return Cells(np.empty((0, columns)), none, none, ())


class UniformGrid:
    """Streaming resampler; `start_s` is the left edge of cell 0."""

    __slots__ = ("_carry_integral", "_carry_t", "_carry_x", "_next", "start_s")

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        self._next = 0
        self._carry_t: Array = np.empty(0)
        self._carry_x: Array = np.empty((0, 0))
        self._carry_integral: Array = np.empty((0, 0))

    def step(self, samples: ImuSamples) -> Cells:
        """Take further samples and return the cells that they complete."""
        x = samples.acc_mps2
        if samples.gyr_radps is not None:
            x = np.concatenate([x, samples.gyr_radps], axis=1)
        if len(samples) == 0:
            return no_cells(x.shape[1])
        t = samples.t_s - self.start_s
        if self._carry_t.size:
            t = np.concatenate([self._carry_t, t])
            x = np.concatenate([self._carry_x, x])
        step = np.diff(t)
        area = np.empty_like(x)
        area[0] = self._carry_integral[0] if self._carry_integral.size else 0.0
        gap_at = np.flatnonzero(step > GAP_S)
        area[1:] = step[:, None] * x[1:]
        area[gap_at + 1] = (0.5 * step[gap_at])[:, None] * (x[gap_at + 1] + x[gap_at])
        integral = np.cumsum(area, axis=0)

        stop = max(self._next, int(np.floor(t[-1] / CELL_S + 1e-9)))
        edges = CELL_S * np.arange(self._next, stop + 1)
        at = np.clip(np.searchsorted(t, edges, side="right") - 1, 0, max(0, t.size - 2))
        values, missing = np.empty((0, x.shape[1])), np.empty(0, dtype=bool)
        lost = missing
        if stop > self._next:
            into = (edges - t[at])[:, None]
            partial = into * x[at + 1]
            across = np.flatnonzero(step[at] > GAP_S)
            if across.size:
                i, far = at[across], into[across]
                slope = (x[i + 1] - x[i]) / step[i][:, None]
                partial[across] = far * (x[i] + 0.5 * far * slope)
            values = np.diff(integral[at] + partial, axis=0) / CELL_S
            missing = np.zeros(stop - self._next, dtype=bool)
            lost = np.zeros_like(missing)
            for i in gap_at:
                covered = (edges[1:] > t[i] + 1e-9) & (edges[:-1] < t[i + 1] - 1e-9)
                missing |= covered
                if step[i] > CARRIED_GAP_S:
                    lost |= covered
        gaps = tuple(Gap(float(t[i] + self.start_s), float(t[i + 1] + self.start_s)) for i in gap_at)
        # What later cells still need: everything from the sample at or before the next left edge.
        keep = min(int(at[-1]) if stop > self._next else 0, t.size - 1)
        self._next = stop
        self._carry_t, self._carry_x = t[keep:].copy(), x[keep:].copy()
        self._carry_integral = integral[keep : keep + 1].copy()
        return Cells(values, missing, lost, tuple(gap for gap in gaps if gap.end_s > samples.t_s[0] - 1e-12))
