"""Stretches in which a sensor repeated itself while it moved: time without samples, told by samples.

A firmware that hangs, or a driver that hands on its last packet again, keeps the stream going with values
that are of another time. A sensor that lies still may repeat itself too: coarse values do, and some
gyroscopes are set to zero at rest. So a run of equal samples counts only if its values cannot be those of
rest, or if the next ones are far from them: then something happened that nobody saw.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.grid import GAP_S
from analysis.results import Gap
from analysis.samples import ImuSamples

REPEATS = 3
"""So many samples at least that say the same as the one before them, and longer than GAP_S together."""

TURNING_RADPS = math.radians(8.0)
"""No gyroscope has a bias of this size on any axis: a run that turns so fast is no rest. A jump of this size
after a run, from one sample to the next, is no beginning of a movement."""

FEW = 24
"""Up to so many samples plain numbers cost less than arrays: a live packet brings about four."""

JUMP_MPS2 = 1.0
"""Gravity turned by 6 degrees, or a knock, between two samples."""


class FrozenValues:
    """Streaming: give it samples in any pieces, and read where it turned out that the values had frozen."""

    __slots__ = ("_last", "_repeats", "_since_s")

    def __init__(self) -> None:
        # The last sample, when a sample first said the same, and how often it was repeated.
        self._last: list[float] = []
        self._since_s = math.nan
        self._repeats = 0

    def step(self, samples: ImuSamples) -> tuple[tuple[int, Gap], ...]:
        """Take further samples (at least one).

        Returns, for each frozen run that ended: the index of the sample that ended it (the first new one)
        and the time from the run's first sample to that one.
        """
        same = _repeat(samples, self._last)
        before, self._last = self._last, _rows(samples[len(samples) - 1 :])[0]
        if self._repeats == 0 and not any(same):
            self._since_s = float(samples.t_s[-1])
            return ()
        found: list[tuple[int, Gap]] = []
        for i, (repeats, now_s) in enumerate(zip(same, samples.t_s.tolist(), strict=True)):
            if repeats:
                self._repeats += 1
                continue
            long = self._repeats >= REPEATS and now_s - self._since_s > GAP_S
            if long and _moved(_rows(samples[i - 1 : i])[0] if i else before, _rows(samples[i : i + 1])[0]):
                found.append((i, Gap(self._since_s, now_s)))
            self._repeats, self._since_s = 0, now_s
        return tuple(found)


def _rows(samples: ImuSamples) -> list[list[float]]:
    acc: list[list[float]] = samples.acc_mps2.tolist()
    if samples.gyr_radps is None:
        return acc
    return [a + g for a, g in zip(acc, samples.gyr_radps.tolist(), strict=True)]


def _repeat(samples: ImuSamples, last: list[float]) -> list[bool]:
    """Whether each sample says in all its values what the one before it said."""
    if len(samples) <= FEW:
        rows = _rows(samples)
        return [before == row for before, row in zip([last, *rows], rows, strict=False)]
    same = np.ones(len(samples) - 1, dtype=bool)
    for values in (samples.acc_mps2, samples.gyr_radps):
        if values is not None:
            for column in values.T:
                same &= column[1:] == column[:-1]
    return [_rows(samples[:1])[0] == last, *same.tolist()]


def _moved(frozen: list[float], after: list[float]) -> bool:
    """Whether values (3 or 6) are those of a movement, or the ones after them tell of one."""
    jumps = [abs(b - a) for a, b in zip(frozen, after, strict=True)]
    return (
        max(map(abs, frozen[3:]), default=0.0) > TURNING_RADPS
        or max(jumps[:3]) > JUMP_MPS2
        or max(jumps[3:], default=0.0) > TURNING_RADPS
    )
