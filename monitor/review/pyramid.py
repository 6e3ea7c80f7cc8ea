"""The least and the greatest value of any stretch of a trace: a long session is drawn without a peak lost.

Level k holds the extremes of blocks of 2**k values. A stretch is put together from at most two blocks of each
level, for all columns of pixels in one go: a picture costs the width of the window and the logarithm of the
length of the recording, and shows exactly what drawing every value would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """A trace with its extremes. t_s: (n,) increasing. low, high: level by level, (n,), (n/2,), ... values.

    NaN in a trace is a value that is not known: it is passed over, and an extreme of nothing else is NaN.
    """

    t_s: Array
    low: tuple[Array, ...]
    high: tuple[Array, ...]


def pyramid(t_s: Array, values: Array) -> Pyramid:
    """Build the levels over (n,) values at times t_s."""
    low, high = [values], [values]
    while low[-1].size > 1:
        pairs = low[-1].size // 2 * 2
        low.append(np.fmin(low[-1][:pairs:2], low[-1][1:pairs:2]))
        high.append(np.fmax(high[-1][:pairs:2], high[-1][1:pairs:2]))
    return Pyramid(t_s, tuple(low), tuple(high))


def extremes(trace: Pyramid, begin: Indices, end: Indices) -> tuple[Array, Array]:
    """Return least and greatest of the values begin to end - 1 (indices, (m,)); NaN where none is known."""
    first, stop = begin.copy(), np.maximum(begin, end)
    low, high = np.full(first.size, np.nan), np.full(first.size, np.nan)
    for lowest, highest in zip(trace.low, trace.high, strict=True):
        open_ = first < stop
        if not open_.any():
            break
        for edge, at in ((open_ & (first & 1 == 1), first), (open_ & (stop & 1 == 1), stop - 1)):
            which = np.flatnonzero(edge)
            low[which] = np.fmin(low[which], lowest[at[which]])
            high[which] = np.fmax(high[which], highest[at[which]])
        first = (first + 1) >> 1
        stop = stop >> 1
    return low, high


def columns(t_s: Array, from_s: float, to_s: float, pixels: int) -> tuple[Indices, Indices]:
    """Return the first index and the one after the last of the values in each column of pixels."""
    edges = np.searchsorted(t_s, np.linspace(from_s, to_s, pixels + 1))
    return edges[:-1], edges[1:]


def outline(trace: Pyramid, from_s: float, to_s: float, pixels: int) -> tuple[Array, Array]:
    """Return times and values of the line to draw from from_s to to_s on so many columns of pixels.

    Where there are fewer values than two a column, the values themselves, with the neighbours outside; else
    least and greatest of each column.
    """
    first, last = np.searchsorted(trace.t_s, (from_s, to_s))
    if last - first <= 2 * pixels:
        shown = slice(max(0, int(first) - 1), int(last) + 1)
        return trace.t_s[shown], trace.low[0][shown]
    begin, end = columns(trace.t_s, from_s, to_s, pixels)
    low, high = extremes(trace, begin, end)
    width_s = (to_s - from_s) / pixels
    at_s: Array = from_s + width_s * (np.arange(pixels, dtype=np.float64) + 0.5)
    # An empty column lies between samples that are far apart; what is a gap is drawn as one elsewhere.
    filled = end > begin
    return np.repeat(at_s[filled], 2), np.column_stack([low, high])[filled].ravel()
