"""A uniform time grid for samples that arrive at any rate, in any pieces, with jitter and gaps.

Every value on the grid is the mean of the linearly interpolated signal over one cell, so that the integral
of the rotation rate - the angle - is kept exactly, whatever the rate of the sensor. The running integral is
carried from chunk to chunk in the order of the samples: cutting a recording anywhere gives the same bits.
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

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Consecutive grid cells: values (n, 3 or 6) = acc then gyr; missing (n,) where a gap covers the cell."""

    first: int
    values: Array
    missing: NDArray[np.bool_]
    gaps: tuple[Gap, ...]


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
            return Cells(self._next, np.empty((0, x.shape[1])), np.empty(0, dtype=bool), ())
        t = samples.t_s - self.start_s
        if self._carry_t.size:
            t = np.concatenate([self._carry_t, t])
            x = np.concatenate([self._carry_x, x])
        step = np.diff(t)
        area = np.empty_like(x)
        area[0] = self._carry_integral[0] if self._carry_integral.size else 0.0
        area[1:] = (0.5 * step)[:, None] * (x[1:] + x[:-1])
        integral = np.cumsum(area, axis=0)

        stop = max(self._next, int(np.floor(t[-1] / CELL_S + 1e-9)))
        edges = CELL_S * np.arange(self._next, stop + 1)
        at = np.clip(np.searchsorted(t, edges, side="right") - 1, 0, max(0, t.size - 2))
        values, missing = np.empty((0, x.shape[1])), np.empty(0, dtype=bool)
        gap_at = np.flatnonzero(step > GAP_S)
        if stop > self._next:
            into = (edges - t[at])[:, None]
            slope = np.diff(x, axis=0) / step[:, None]
            values = np.diff(integral[at] + into * (x[at] + 0.5 * into * slope[at]), axis=0) / CELL_S
            missing = np.zeros(stop - self._next, dtype=bool)
            for i in gap_at:
                missing[(edges[1:] > t[i] + 1e-9) & (edges[:-1] < t[i + 1] - 1e-9)] = True
        gaps = tuple(Gap(float(t[i] + self.start_s), float(t[i + 1] + self.start_s)) for i in gap_at)
        # What later cells still need: everything from the sample at or before the next left edge.
        keep = min(int(at[-1]) if stop > self._next else 0, t.size - 1)
        first, self._next = self._next, stop
        self._carry_t, self._carry_x = t[keep:].copy(), x[keep:].copy()
        self._carry_integral = integral[keep : keep + 1].copy()
        return Cells(first, values, missing, tuple(gap for gap in gaps if gap.end_s > samples.t_s[0] - 1e-12))
