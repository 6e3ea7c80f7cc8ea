"""Where up is, seen from the sensor, and how fast the sensor turns: grid cells in, frames out.

With a gyroscope this is VQF (Laidig & Seel 2023, doi:10.1016/j.inffus.2022.10.014). Its default bias limits
are wrong for cheap sensors: with an axis biased by more than 2 deg/s its rest detection never fires, so
biasClip is 8 deg/s and biasSigmaInit 3 deg/s. Without a gyroscope the smoothed accelerometer is taken for
the up vector, which is true as far as the thigh moves slowly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from analysis.grid import CELL_S, FRAME_CELLS, FRAME_S, Cells, Flags, UniformGrid
from analysis.samples import ImuSamples
from analysis.smoothing import Smoother, gaussian

Array = NDArray[np.float64]

BIAS_CLIP_DPS = 8.0
SETTLING_S = 20.0

TAU_ACC_S = 2.0
"""Seconds over which the accelerometer corrects the gyroscope's inclination."""

LONG_GAP_S = 10.0
"""After a longer hole without samples nothing is carried over: a new stretch begins."""

ACC_ONLY_HZ = 3.0
"""Smoothing of an accelerometer that has to stand for the up vector."""

REST_CELLS = round(0.5 / CELL_S)
REST_DPS, REST_MPS2, REST_SIGMA_DPS = 2.0, 0.3, 1.0
"""A person standing still sways less than this around the mean; the mean sways so much around the bias."""

BLOCK = 4096
"""Samples taken at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Consecutive values every 20 ms.

    up: (n, 3) unit vector that points up, in the sensor frame. rate_radps: (n, 3) rotation rate, free of
    bias. acc_mps2: (n, 3) mean specific force. missing: (n,) True where no samples were; values there are
    NaN. The time of frame i is start + FRAME_S * (i + 0.5).
    """

    up: Array
    rate_radps: Array
    acc_mps2: Array
    missing: Flags

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.missing.size

    def __getitem__(self, rows: slice) -> Frames:
        """Return the frames of a slice, as views."""
        return Frames(self.up[rows], self.rate_radps[rows], self.acc_mps2[rows], self.missing[rows])


def no_frames() -> Frames:
    """Return no frames at all."""
    return Frames(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3)), np.empty(0, dtype=bool))


def concatenate(parts: list[Frames]) -> Frames:
    """Join consecutive frames."""
    return Frames(
        np.concatenate([part.up for part in parts]),
        np.concatenate([part.rate_radps for part in parts]),
        np.concatenate([part.acc_mps2 for part in parts]),
        np.concatenate([part.missing for part in parts]),
    )


def up_from_quaternion(q: Array) -> Array:
    """Up vector in the sensor frame of (n, 4) quaternions [w x y z] that turn sensor into earth vectors."""
    return (q[:, :, None] * q[:, None, :]).reshape(-1, 16) @ _UP


def _up_from_products() -> Array:
    """u = (2 (xz - wy), 2 (yz + wx), ww - xx - yy + zz), as a matrix on the products of wxyz with wxyz."""
    matrix = np.zeros((4, 4, 3))
    matrix[[1, 0, 2, 0], [3, 2, 3, 1], [0, 0, 1, 1]] = [2.0, -2.0, 2.0, 2.0]
    matrix[[0, 1, 2, 3], [0, 1, 2, 3], 2] = [1.0, -1.0, -1.0, 1.0]
    return matrix.reshape(16, 3)


_UP = _up_from_products()


def cross(a: Array, b: Array) -> Array:
    """Cross products of (n, 3) rows; np.cross takes ten times as long for a few."""
    out = np.empty(a.shape)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[:, i] = a[:, j] * b[:, k] - a[:, k] * b[:, j]
    return out


class InertialOrientation:
    """Frames from accelerometer and gyroscope."""

    __slots__ = ("_bias", "_filter")

    delay_frames = 0

    def __init__(self, bias: tuple[Array, float] | None = None) -> None:
        self._filter: VQF | None = None
        self._bias = bias

    @property
    def bias(self) -> tuple[Array, float] | None:
        """Gyroscope bias (3,) in rad/s and its uncertainty, as far as known."""
        if self._filter is None:
            return self._bias
        bias, sigma = self._filter.getBiasEstimate()
        return np.array(bias), float(sigma)

    def step(self, cells: Cells) -> Frames:
        """Take further cells and return their frames."""
        gyr = cells.gyr_radps
        if len(cells) == 0 or gyr is None:
            return no_frames()
        acc = cells.acc_mps2
        hole = cells.missing[::FRAME_CELLS]
        if not hole.any():
            up, bias = self._filter_run(acc, gyr)
            return Frames(up, _pair_means(gyr) - bias, _pair_means(acc), hole)
        lost = cells.lost[::FRAME_CELLS]
        up, bias = np.empty((2, hole.size, 3))
        for start, stop in _runs(~lost):
            if start > 0:
                self._forget_orientation()
            rows = slice(FRAME_CELLS * start, FRAME_CELLS * stop)
            up[start:stop], bias[start:stop] = self._filter_run(acc[rows], gyr[rows])
        if lost[-1]:
            self._forget_orientation()
        up[hole] = np.nan
        frames = Frames(up, _pair_means(gyr) - bias, _pair_means(acc), hole)
        frames.rate_radps[hole] = frames.acc_mps2[hole] = np.nan
        return frames

    def finish(self) -> Frames:
        """Nothing is held back."""
        return no_frames()

    def _filter_run(self, acc: Array, gyr: Array) -> tuple[Array, Array]:
        if self._filter is None:
            self._filter = VQF(CELL_S, tauAcc=TAU_ACC_S, biasClip=BIAS_CLIP_DPS, biasSigmaInit=3.0)
            if self._bias is not None:
                self._filter.setBiasEstimate(*self._bias)
        out = self._filter.updateBatch(gyr, acc)
        # The orientation after the first cell of a pair is that at the middle of the frame.
        return up_from_quaternion(out["quat6D"][::2]), out["bias"][1::2]

    def _forget_orientation(self) -> None:
        """After a gap the bias still holds; the orientation does not."""
        self._bias = self.bias
        self._filter = None


class AccelerometerOrientation:
    """Frames from an accelerometer alone: smoothed up vector, rotation rate from its turning."""

    __slots__ = ("_last_up", "_smoother", "_waiting", "delay_frames")

    def __init__(self) -> None:
        self._smoother = Smoother([gaussian(ACC_ONLY_HZ, 1 / FRAME_S)] * 3)
        self.delay_frames = self._smoother.reach
        self._waiting = no_frames()
        self._last_up: Array | None = None

    def step(self, cells: Cells) -> Frames:
        """Take further cells and return the frames that they complete, late by the smoothing's reach."""
        acc = _pair_means(cells.acc_mps2)
        return self._frames(acc, cells.missing[::FRAME_CELLS], self._smoother.step(acc))

    def finish(self) -> Frames:
        """Return the frames still held back."""
        return self._frames(np.empty((0, 3)), np.empty(0, dtype=bool), self._smoother.finish())

    def _frames(self, acc: Array, hole: Flags, smoothed: Array) -> Frames:
        waiting = concatenate([self._waiting, Frames(acc, acc, acc, hole)])
        n = len(smoothed)
        ready, self._waiting = waiting[:n], waiting[n:]
        if n == 0:
            return no_frames()
        up = smoothed / np.maximum(np.sqrt((smoothed**2).sum(axis=1)), 1e-9)[:, None]
        chain = np.concatenate([up[:1] if self._last_up is None else self._last_up, up])
        self._last_up = up[-1:].copy()
        # An earth-fixed vector v seen from a turning sensor obeys dv/dt = -w x v, so w = v' x v / |v|^2.
        rate = cross(chain[1:] - chain[:-1], up) / FRAME_S
        acc = ready.acc_mps2
        if ready.missing.any():
            acc = acc.copy()
            up[ready.missing] = rate[ready.missing] = acc[ready.missing] = np.nan
        return Frames(up, rate, acc, ready.missing)


def frames_of(samples: ImuSamples) -> Frames:
    """All frames of a recording, the stretches between long gaps end to end.

    In hindsight: the gyroscope's bias is taken from a first run over the beginning of each stretch, so that
    the first seconds, in which people calibrate, are as good as the rest.
    """
    parts = [no_frames()]
    for stretch in stretches(samples):
        if stretch.gyr_radps is None:
            parts += _all_frames(stretch, AccelerometerOrientation())
            continue
        beginning = stretch[: int(np.searchsorted(stretch.t_s, float(stretch.t_s[0]) + SETTLING_S))]
        settling = InertialOrientation(_bias_at_rest(beginning))
        _all_frames(beginning, settling)
        parts += _all_frames(stretch, InertialOrientation(settling.bias))
    return concatenate(parts)


def stretches(samples: ImuSamples) -> Iterator[ImuSamples]:
    """Cut at long gaps; no samples are no stretch."""
    t = samples.t_s
    if t.size == 0:
        return
    if t[-1] - t[0] <= LONG_GAP_S:
        yield samples
        return
    cuts: list[int] = ((t[1:] - t[:-1] > LONG_GAP_S).nonzero()[0] + 1).tolist()
    for begin, stop in pairwise([0, *cuts, t.size]):
        yield samples[begin:stop]


def blocks(samples: ImuSamples) -> Iterator[ImuSamples]:
    """Cut into pieces that stay in the processor's cache while they are worked on."""
    if len(samples) <= BLOCK:
        yield samples
        return
    for begin in range(0, len(samples), BLOCK):
        yield samples[begin : begin + BLOCK]


def _all_frames(
    samples: ImuSamples, orientation: InertialOrientation | AccelerometerOrientation
) -> list[Frames]:
    grid = UniformGrid(float(samples.t_s[0]), gyroscope=samples.gyr_radps is not None)
    return [*(orientation.step(grid.step(block)) for block in blocks(samples)), orientation.finish()]


def _bias_at_rest(samples: ImuSamples) -> tuple[Array, float] | None:
    """Gyroscope bias (rad/s) in the stillest half second, and its uncertainty; None if nothing was still.

    The filter's own detection of rest wants 1.5 s, which a person before a knee lift may not give.
    """
    cells = UniformGrid(float(samples.t_s[0]), gyroscope=True).step(samples)
    n = len(cells) // REST_CELLS
    if n == 0 or cells.gyr_radps is None:
        return None
    windows = np.concatenate([cells.gyr_radps, cells.acc_mps2], axis=1)[: n * REST_CELLS]
    windows = windows.reshape(n, REST_CELLS, 6)
    mean, spread = windows.mean(axis=1), windows.std(axis=1)
    turning = np.degrees(np.sqrt((spread[:, :3] ** 2).sum(axis=1)))
    size = np.degrees(np.abs(mean[:, :3]).max(axis=1))
    shaking = np.sqrt((spread[:, 3:] ** 2).sum(axis=1))
    still = (turning < REST_DPS) & (shaking < REST_MPS2) & (size < BIAS_CLIP_DPS)
    if not still.any():
        return None
    best = int(np.argmin(np.where(still, turning, np.inf)))
    return mean[best, :3].copy(), float(np.radians(REST_SIGMA_DPS))


def _pair_means(cells: Array) -> Array:
    return 0.5 * (cells[::2] + cells[1::2])


def _runs(mask: Flags) -> list[tuple[int, int]]:
    """Return start and stop of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
