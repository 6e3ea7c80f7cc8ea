"""Samples that the radio lost, filled in from how the sensor moved just before.

A sample stands for the time since the one before it. After a loss it would stand for the whole hole, of which
it knows nothing: a tremor of 8-12 Hz, which is most of what a gyroscope on a working thigh sees, then turns
the thigh by a degree that it never turned. So a hole is filled with the samples that are most likely, given
the last ones before it and the first one after it (linear prediction of a stationary signal; in geostatistics
ordinary kriging). How alike samples some way apart are is taken from the last second or so: what is quiet is
filled with all but a straight line, a tremor goes on trembling. One covariance holds for all three axes of a
sensor, so that it does not matter how that is mounted.

Nobody has to say how often the sensor samples: the usual time between its samples tells.
"""

from __future__ import annotations

import math
from collections import deque
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.results import Gap
from analysis.samples import ImuSamples

Array = NDArray[np.float64]

FEW = 24
"""Up to so many samples plain numbers cost less than arrays: a live packet brings about four."""

LONGEST_S = 0.5
"""Longer holes stay: of their middle nothing is known."""

FIRST_LOOK, LOOK_EVERY = 16, 1024
"""The interval is looked at after so many samples, twice as many, and so on, at the latest LOOK_EVERY after
the last time. Counted in samples, so that it does not depend on how the stream was cut."""

STEPS = 64
"""So many intervals are looked at: their median is the sensor's own, however many samples are lost."""

LOST_SHARE, JITTERS = 1.5, 4.0
"""An interval this much longer than the usual one, and this many median deviations more, lost a sample."""

SLOWEST_S, QUICKEST_S = 0.08, 1 / 4000
"""With a longer interval every sample ends a gap, and no sensor has a shorter one: nothing is filled in."""

BURSTS = 2.5
"""Where the mean interval is so many times the usual one, samples have been given the times at which they
arrived together: between two such bursts none was lost."""

MEMORY = 128
"""The covariance is that of so many samples before the loss."""

BEFORE = 16
"""The samples before a loss that it is filled from. One after it: live, more would have to be waited for."""

NOISE = 1e-3
"""Share of the variance that is taken for noise: it keeps the prediction from growing out of it."""


LEAST_POWER = 1e-12
"""Where nothing moved at all, all samples are as good as each other."""


def come_in_bursts(steps_s: Array) -> bool:
    """Whether (n,) intervals are those of samples that carry the time at which they arrived together."""
    within_s = steps_s[steps_s <= LONGEST_S]
    return bool(within_s.size) and float(within_s.mean()) > BURSTS * float(np.median(within_s))


class LostSamples:
    """Streaming: give it samples in any pieces, and get them back with the lost ones filled in."""

    __slots__ = ("_count", "_held", "_interval_s", "_last_s", "_limit_s", "_look_at", "_recent", "_steps")

    def __init__(self) -> None:
        self._count = self._held = 0
        self._look_at = FIRST_LOOK
        self._last_s = math.inf
        self._interval_s = self._limit_s = math.inf
        # The last intervals, and the last samples as they were given back, in pieces.
        self._steps: list[float] = []
        self._recent: deque[ImuSamples] = deque()

    def step(self, samples: ImuSamples) -> tuple[ImuSamples, tuple[Gap, ...]]:
        """Take further samples (at least one); return them with the lost ones, and the filled holes.

        Start and end of a hole are the times of the samples around it.
        """
        holes: tuple[Gap, ...] = ()
        losses = self._losses(samples.t_s)
        if losses:
            samples, holes = self._filled(samples, losses)
        self._recent.append(samples)
        self._held += len(samples)
        while self._held - len(self._recent[0]) >= MEMORY:
            self._held -= len(self._recent.popleft())
        return samples, holes

    def _losses(self, t_s: Array) -> list[tuple[int, int]]:
        """Index of each sample before which some were lost, and how many."""
        n = t_s.size
        steps_s: list[float] | Array
        if n <= FEW:
            times: list[float] = t_s.tolist()
            steps_s = [b - a for a, b in pairwise([self._last_s, *times])]
            self._last_s = times[-1]
        else:
            steps_s = np.diff(t_s, prepend=self._last_s)
            self._last_s = float(t_s[-1])
        found: list[tuple[int, int]] = []
        start = 0
        while start < n:
            piece = steps_s[start : start + self._look_at - self._count]
            if (max(piece) if n <= FEW else np.max(piece)) > self._limit_s:
                for i, step_s in enumerate(piece, start):
                    if self._limit_s < step_s <= LONGEST_S:
                        found.append((i, round(step_s / self._interval_s) - 1))
            newest = piece[-STEPS:]
            self._steps = (self._steps + (newest if isinstance(newest, list) else newest.tolist()))[-STEPS:]
            self._count += len(piece)
            start += len(piece)
            if self._count == self._look_at:
                self._look_at += min(self._count, LOOK_EVERY)
                self._look()
        return found

    def _look(self) -> None:
        """Learn the sensor's interval and how evenly its samples come."""
        middle = len(self._steps) // 2
        self._interval_s = sorted(self._steps)[middle]
        deviation_s = sorted(abs(step_s - self._interval_s) for step_s in self._steps)[middle]
        self._limit_s = LOST_SHARE * self._interval_s + JITTERS * deviation_s
        told = QUICKEST_S <= self._interval_s <= SLOWEST_S
        if not told or come_in_bursts(np.array(self._steps)):
            self._limit_s = math.inf

    def _filled(
        self, samples: ImuSamples, losses: list[tuple[int, int]]
    ) -> tuple[ImuSamples, tuple[Gap, ...]]:
        held = [part[max(0, len(part) - MEMORY) :] for part in self._recent]
        before = sum(len(part) for part in held)
        n = before + len(samples) + sum(lost for _, lost in losses)
        t, x = np.empty(n), np.empty((n, 1 if samples.gyr_radps is None else 2, 3))
        filled: list[Gap] = []
        at = 0
        cuts = [0, *(i for i, _ in losses), len(samples)]
        parts = [*held, *(samples[a:b] for a, b in pairwise(cuts))]
        holes = [0] * len(held) + [0, *(lost for _, lost in losses)]
        for part, lost in zip(parts, holes, strict=True):
            stop = at + lost + len(part)
            t[at + lost : stop] = part.t_s
            x[at + lost : stop, 0] = part.acc_mps2
            if part.gyr_radps is not None:
                x[at + lost : stop, 1] = part.gyr_radps
            if lost:
                hole = Gap(float(t[at - 1]), float(t[at + lost]))
                t[at : at + lost] = np.linspace(hole.start_s, hole.end_s, lost + 2)[1:-1]
                filled.append(hole)
                x[at : at + lost] = likeliest(x[max(0, at - MEMORY) : at], x[at + lost], lost)
            at = stop
        acc, gyr = x[before:, 0], None if samples.gyr_radps is None else x[before:, 1]
        return ImuSamples(t[before:], acc, gyr), tuple(filled)


def likeliest(before: Array, after: Array, lost: int) -> Array:
    """Most likely samples (lost, sensors, 3) between those before a loss and the first one after it.

    before: (n, sensors, 3) at even times. after: (sensors, 3). Ordinary kriging: the best linear estimate of
    a stationary signal whose mean is not known.
    """
    n, sensors = before.shape[:2]
    used = min(BEFORE, n)
    reach = used + lost + 1
    size = 1 << (n + reach).bit_length()
    spectrum = np.fft.rfft(before - before.mean(axis=0), size, axis=0)
    power = np.einsum("ijk,ijk->ji", spectrum, spectrum.conj()).real
    alike = np.fft.irfft(power, size)[:, :reach]
    alike /= np.maximum(alike[:, :1], LEAST_POWER)
    alike[:, 0] = 1.0
    among, towards = _distances(used, lost)
    # Unknown: a weight for each known sample, and one more that makes them add up to one.
    system = np.ones((sensors, used + 2, used + 2))
    system[:, :-1, :-1] = alike[:, among] + NOISE * np.eye(used + 1)
    system[:, -1, -1] = 0.0
    right = np.ones((sensors, used + 2, lost))
    right[:, :-1] = alike[:, towards]
    weights = np.linalg.solve(system, right)[:, :-1]
    known = np.concatenate([before[-used:], after[None]])
    return np.einsum("jul,ujk->ljk", weights, known)


@cache
def _distances(used: int, lost: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """How many samples the known ones lie apart from each other, and from the lost ones."""
    places = np.append(np.arange(used), used + lost)
    return np.abs(places[:, None] - places), np.abs(places[:, None] - np.arange(used, used + lost))
