"""A uniform time grid for samples that arrive at any rate, in any pieces, with jitter and gaps.

A sample is taken for the mean over the time since the sample before it: that is how inertial sensors make
their output, and on recordings with an optical truth it halves the error in fast rotation against taking it
for an instant. Every value on the grid is again a mean, so that the integral of the rotation rate - the
angle - is kept exactly, whatever the rate of the sensor. Within the time of one sample the signal is taken
to rise as it did from the sample before. Lost samples are filled in first (`analysis/lost_samples.py`); over
what is too long for that the signal runs straight. The running integral is carried from chunk to chunk in the
order of the samples: cutting a recording anywhere gives the same bits.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.lost_samples import LONGEST_S, LostSamples
from analysis.results import Gap
from analysis.samples import ImuSamples

FRAME_S = 0.02
"""Everything after the grid works at 50 Hz."""

HALF_S = 0.5 * FRAME_S
"""The gyroscope is kept in halves of a frame, from which the orientation filter takes the coning out."""

GAP_S = 0.1 + 1e-6
"""Longer than this without a sample is a gap: a phase with a gap in it is not measured. (Four lost samples of
a 50 Hz sensor are no gap, whatever the last digit of their times says.)"""

CARRIED_GAP_S = LONGEST_S
"""Through shorter gaps the orientation is carried on; after longer ones it starts anew."""

EARLY_S = 1e-9
"""The grid lies so much early, so that the last digit of a sample's time does not hold back a frame."""

FEW = 24
"""Up to so many samples plain numbers cost less than arrays: a live packet brings about four."""

PIECE = 1024
"""So many samples at a time are worked on: with more, what is worked out does not stay in the processor's
cache, which doubles the cost."""

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Consecutive frames of the grid.

    acc_mps2: (n, 3) means over the frame. gyr_radps: (n, 2, 3) means over its first and its second half, or
    None without a gyroscope. missing: (n,) True where a gap touches the frame. lost: (n,) True where that gap
    is so long that the orientation cannot be carried through it. gaps: those that ended in the samples just
    taken.
    """

    acc_mps2: Array
    gyr_radps: Array | None
    missing: Flags
    lost: Flags
    gaps: tuple[Gap, ...]

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.missing.size


class UniformGrid:
    """Streaming resampler; `start_s` is the left edge of frame 0."""

    __slots__ = ("_filled", "_integral", "_lost_samples", "_next", "_t", "_x", "start_s")

    def __init__(self, start_s: float, *, gyroscope: bool) -> None:
        self.start_s = start_s
        self._next = 0
        self._lost_samples = LostSamples()
        # Gaps that were filled, and touch frames to come.
        self._filled: tuple[Gap, ...] = ()
        # The samples that frames to come still need, and the integral up to these, in halves of a frame; of
        # the first one at least. Plain numbers, because live that is all there is.
        self._t: list[float] = []
        self._x: list[list[float]] = []
        self._integral: list[list[float]] = [[0.0] * (6 if gyroscope else 3)]

    def step(self, samples: ImuSamples) -> Cells:
        """Take further samples (at least one) and return the frames that they complete."""
        samples, holes = self._lost_samples.step(samples)
        if not holes and not self._filled:
            return self._take(samples)
        first = self._next
        cells = self._take(samples)
        gaps = tuple(hole for hole in holes if hole.end_s - hole.start_s > GAP_S)
        for gap in (*self._filled, *gaps):
            cells.missing[_touched(gap.start_s - self.start_s, gap.end_s - self.start_s, first)] = True
        end_s = self.start_s + FRAME_S * self._next
        self._filled = tuple(gap for gap in (*self._filled, *gaps) if gap.end_s > end_s)
        return replace(cells, gaps=tuple(sorted((*cells.gaps, *gaps), key=lambda gap: gap.start_s)))

    def _take(self, samples: ImuSamples) -> Cells:
        held = len(self._t)
        if len(samples) > PIECE:
            return _joined([self._many(samples[i : i + PIECE]) for i in range(0, len(samples), PIECE)])
        if held + len(samples) > FEW:
            return self._many(samples)
        t = self._t + [at_s - self.start_s for at_s in samples.t_s.tolist()]
        if t[-1] - t[0] > GAP_S and max(b - a for a, b in pairwise(t)) > GAP_S:
            return self._many(samples)
        x: list[list[float]] = samples.acc_mps2.tolist()
        if samples.gyr_radps is not None:
            x = [acc + gyr for acc, gyr in zip(x, samples.gyr_radps.tolist(), strict=True)]
        self._t, self._x = t, self._x + x
        return self._few()

    def _few(self) -> Cells:
        """Frames that the held samples complete, without a gap: what `_many` says, to the same bits."""
        t, x, integral = self._t, self._x, self._integral
        first, stop = self._next, math.floor((t[-1] + EARLY_S) / FRAME_S)
        if stop <= first:
            return _cells(np.empty((len(integral[0]), 1)))
        for i in range(len(integral), len(t)):
            weight = (t[i] - t[i - 1]) / HALF_S
            integral.append([area + weight * value for area, value in zip(integral[-1], x[i], strict=True)])
        edges: list[list[float]] = []
        at = 0
        for k in range(2 * first, 2 * stop + 1):
            edge = HALF_S * k - EARLY_S
            at = min(bisect_right(t, edge) - 1, len(t) - 2) if k > 0 else 0
            begin, end = t[at], t[at + 1]
            into = (edge - begin) / HALF_S
            before = begin - t[at - 1] if at > 0 else math.inf
            back = (edge - end) / (end - begin + before)
            edges.append(
                [
                    (value + back * (value - last)) * into + area
                    for value, last, area in zip(x[at + 1], x[at], integral[at], strict=True)
                ]
            )
        keep = max(0, at - 1)
        self._next = stop
        self._t, self._x, self._integral = t[keep:], x[keep:], integral[keep:]
        return _cells(np.array(edges).T)

    def _many(self, samples: ImuSamples) -> Cells:
        """Take further samples and return the frames that they complete, on arrays (a row a signal)."""
        held = len(self._t)
        t = np.concatenate([self._t, samples.t_s])
        t[held:] -= self.start_s
        x = np.empty((len(self._integral[0]), t.size))
        if held:
            x[:, :held] = np.array(self._x).T
        x[:3, held:] = samples.acc_mps2.T
        if samples.gyr_radps is not None:
            x[3:, held:] = samples.gyr_radps.T
        first, stop = self._next, math.floor((float(t[-1]) + EARLY_S) / FRAME_S)
        if stop <= first:
            self._t, self._x, self._integral = t.tolist(), x.T.tolist(), self._integral[:1]
            return _cells(np.empty((len(x), 1)))

        step = t[1:] - t[:-1]
        area = np.empty_like(x)
        area[:, 0] = self._integral[0]
        np.multiply(step / HALF_S, x[:, 1:], out=area[:, 1:])
        gap_at = None
        if t[-1] - t[0] > GAP_S and step.max() > GAP_S:
            gap_at = np.flatnonzero(step > GAP_S)
            area[:, gap_at + 1] = (0.5 / HALF_S) * step[gap_at] * (x[:, gap_at + 1] + x[:, gap_at])
        integral = np.add.accumulate(area, axis=1)

        edges = HALF_S * np.arange(2 * first, 2 * stop + 1, dtype=np.float64) - EARLY_S
        at = np.minimum(t.searchsorted(edges, side="right") - 1, t.size - 2)
        if first == 0:
            at[0] = 0
        begin, end = t[at], t[at + 1]
        into = (edges - begin) / HALF_S
        # From the sample's mean to the mean of its beginning, on a line through this and the last sample.
        before = begin - t[at - 1]
        if at[0] == 0:
            before[at == 0] = np.inf  # of what came before the first sample nothing is known
        back = (edges - end) / (end - begin + before)
        partial = x.take(at + 1, axis=1)
        partial += back * (partial - x.take(at, axis=1))
        partial *= into
        if gap_at is not None:
            across = np.flatnonzero(step[at] > GAP_S)
            i, far = at[across], into[across]
            bend = 0.5 * far * HALF_S / step[i]
            partial[:, across] = far * (x[:, i] + bend * (x[:, i + 1] - x[:, i]))
        partial += integral.take(at, axis=1)
        cells = _cells(partial)

        keep = max(0, int(at[-1]) - 1)
        self._next = stop
        self._t, self._x = t[keep:].tolist(), x[:, keep:].T.tolist()
        self._integral = [integral[:, keep].tolist()]
        if gap_at is None:
            return cells
        gaps: list[Gap] = []
        for i in gap_at.tolist():
            begin_s, end_s = float(t[i]), float(t[i + 1])
            rows = _touched(begin_s, end_s, first)
            cells.missing[rows] = True
            if end_s - begin_s > CARRIED_GAP_S:
                cells.lost[rows] = True
            if i + 1 >= held:
                gaps.append(Gap(begin_s + self.start_s, float(samples.t_s[i + 1 - held])))
        return Cells(cells.acc_mps2, cells.gyr_radps, cells.missing, cells.lost, tuple(gaps))


def _touched(begin_s: float, end_s: float, first: int) -> slice:
    """Rows of the frames that a gap touches, where row 0 is the frame `first`."""
    return slice(
        max(0, math.floor(begin_s / FRAME_S + 1e-7) - first),
        max(0, math.ceil(end_s / FRAME_S - 1e-7) - first),
    )


def _joined(parts: list[Cells]) -> Cells:
    gyrs = [part.gyr_radps for part in parts if part.gyr_radps is not None]
    return Cells(
        np.concatenate([part.acc_mps2 for part in parts]),
        np.concatenate(gyrs) if gyrs else None,
        np.concatenate([part.missing for part in parts]),
        np.concatenate([part.lost for part in parts]),
        tuple(gap for part in parts for gap in part.gaps),
    )


def _cells(integral: Array) -> Cells:
    """Frames between values (signals, 2 n + 1) of the integral at their edges and middles; no gaps yet."""
    acc = integral[:3, ::2].T
    means = np.ascontiguousarray(0.5 * (acc[1:] - acc[:-1]))
    gyr = None
    if len(integral) > 3:
        halves = integral[3:].T
        gyr = np.ascontiguousarray(halves[1:] - halves[:-1]).reshape(-1, 2, 3)
    return Cells(means, gyr, np.zeros(len(means), dtype=bool), np.zeros(len(means), dtype=bool), ())
