"""Where up is, seen from the sensor, and how fast the sensor turns: grid cells in, frames out.

With a gyroscope this is VQF (Laidig & Seel 2023, doi:10.1016/j.inffus.2022.10.014). Its default bias limits
are wrong for cheap sensors: with an axis biased by more than 2 deg/s its rest detection never fires, so
biasClip is 8 deg/s and biasSigmaInit 3 deg/s. Without a gyroscope the smoothed accelerometer is taken for
the up vector, which is true as far as the thigh moves slowly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import vqf
from numpy.typing import NDArray

from analysis.grid import CELL_S, Cells, UniformGrid, no_cells
from analysis.samples import ImuSamples
from analysis.smoothing import Smoother, gaussian

Array = NDArray[np.float64]

FRAME_S = 2 * CELL_S
BIAS_CLIP_DPS = 8.0
SETTLING_S = 20.0

TAU_ACC_S = 2.0
"""Seconds over which the accelerometer corrects the gyroscope's inclination."""

LONG_GAP_S = 10.0
"""After a longer hole without samples nothing is carried over: a new stretch begins."""

ACC_ONLY_HZ = 3.0
"""Smoothing of an accelerometer that has to stand for the up vector."""


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
    missing: NDArray[np.bool_]

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
    w, x, y, z = q.T
    return np.column_stack([2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z])


class InertialOrientation:
    """Frames from accelerometer and gyroscope, two cells to a frame."""

    __slots__ = ("_bias", "_filter", "_held")

    def __init__(self, bias: tuple[Array, float] | None = None) -> None:
        self._filter: vqf.VQF | None = None
        self._bias = bias
        self._held = no_cells(6)

    @property
    def bias(self) -> tuple[Array, float] | None:
        """Gyroscope bias (3,) in rad/s and its uncertainty, as far as known."""
        if self._filter is None:
            return self._bias
        bias, sigma = self._filter.getBiasEstimate()
        return np.array(bias), float(sigma)

    def step(self, cells: Cells) -> Frames:
        """Take further cells and return the frames that they complete."""
        values = np.concatenate([self._held.values, cells.values])
        flags = np.column_stack([cells.missing, cells.lost])
        flags = np.concatenate([np.column_stack([self._held.missing, self._held.lost]), flags])
        n = flags.shape[0] // 2
        self._held = Cells(values[2 * n :], flags[2 * n :, 0], flags[2 * n :, 1], ())
        if n == 0:
            return no_frames()
        # Both cells of a frame or neither, so that nothing starts inside a frame.
        values = values[: 2 * n]
        hole, lost = flags[: 2 * n].reshape(n, 2, 2).any(axis=1).T
        pairs = values.reshape(n, 2, 6).mean(axis=1)
        up = np.full((n, 3), np.nan)
        bias = np.full((n, 3), np.nan)
        for start, stop in _runs(~lost):
            if start > 0:
                self._forget_orientation()
            up[start:stop], bias[start:stop] = self._filter_run(values[2 * start : 2 * stop])
        if lost[-1]:
            self._forget_orientation()
        up[hole] = bias[hole] = np.nan
        rate = pairs[:, 3:] - bias
        acc = np.where(hole[:, None], np.nan, pairs[:, :3])
        return Frames(up, rate, acc, hole)

    def finish(self) -> Frames:
        """Nothing is held back beyond half a frame."""
        return self.step(no_cells(6))

    def _filter_run(self, values: Array) -> tuple[Array, Array]:
        if self._filter is None:
            self._filter = vqf.VQF(CELL_S, tauAcc=TAU_ACC_S, biasClip=BIAS_CLIP_DPS, biasSigmaInit=3.0)
            if self._bias is not None:
                self._filter.setBiasEstimate(*self._bias)
        out = self._filter.updateBatch(
            np.ascontiguousarray(values[:, 3:]), np.ascontiguousarray(values[:, :3])
        )
        # The orientation after the first cell of a pair is that at the middle of the frame.
        return up_from_quaternion(out["quat6D"][::2]), out["bias"][1::2]

    def _forget_orientation(self) -> None:
        """After a gap the bias still holds; the orientation does not."""
        self._bias = self.bias
        self._filter = None


class AccelerometerOrientation:
    """Frames from an accelerometer alone: smoothed up vector, rotation rate from its turning."""

    __slots__ = ("_held", "_held_missing", "_last_up", "_smoother", "_waiting")

    def __init__(self) -> None:
        self._smoother = Smoother([gaussian(ACC_ONLY_HZ, 1 / FRAME_S)] * 3)
        self._held: Array = np.empty((0, 3))
        self._held_missing: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self._waiting: Frames | None = None
        self._last_up: Array = np.empty((0, 3))

    def step(self, cells: Cells) -> Frames:
        """Take further cells and return the frames that they complete, late by the smoothing's reach."""
        values = np.concatenate([self._held, cells.values])
        missing = np.concatenate([self._held_missing, cells.missing])
        n = missing.size // 2
        self._held, self._held_missing = values[2 * n :], missing[2 * n :]
        hole = missing[: 2 * n].reshape(n, 2).any(axis=1)
        acc = values[: 2 * n].reshape(n, 2, 3).mean(axis=1)
        return self._frames(acc, hole, self._smoother.step(acc))

    def finish(self) -> Frames:
        """Return the frames still held back."""
        return self._frames(np.empty((0, 3)), np.empty(0, dtype=bool), self._smoother.finish())

    def _frames(self, acc: Array, hole: NDArray[np.bool_], smoothed: Array) -> Frames:
        waiting = Frames(acc, acc, acc, hole)
        if self._waiting is not None:
            waiting = concatenate([self._waiting, waiting])
        n = smoothed.shape[0] if smoothed.size else 0
        ready, self._waiting = waiting[:n], waiting[n:]
        if n == 0:
            return no_frames()
        up = smoothed / np.maximum(np.linalg.norm(smoothed, axis=1, keepdims=True), 1e-9)
        before = self._last_up if self._last_up.size else up[:1]
        chain = np.concatenate([before, up])
        self._last_up = up[-1:].copy()
        # An earth-fixed vector v seen from a turning sensor obeys dv/dt = -w x v, so w = v' x v / |v|^2.
        rate = np.cross(np.diff(chain, axis=0), up) / FRAME_S
        hole = ready.missing
        blank = hole[:, None]
        return Frames(
            np.where(blank, np.nan, up),
            np.where(blank, np.nan, rate),
            np.where(blank, np.nan, ready.acc_mps2),
            hole,
        )


def frames_of(samples: ImuSamples) -> Frames:
    """All frames of a recording, the stretches between long gaps end to end.

    In hindsight: the gyroscope's bias is taken from a first run over the beginning of each stretch, so that
    the first seconds, in which people calibrate, are as good as the rest.
    """
    parts: list[Frames] = []
    cuts = [int(i) + 1 for i in np.flatnonzero(np.diff(samples.t_s) > LONG_GAP_S)]
    for begin, stop in zip([0, *cuts], [*cuts, len(samples)], strict=True):
        piece = samples[begin:stop]
        if len(piece) == 0:
            continue
        grid = UniformGrid(float(piece.t_s[0]))
        cells = grid.step(piece)
        if samples.gyr_radps is None:
            orientation = AccelerometerOrientation()
        else:
            first = InertialOrientation()
            n = round(SETTLING_S / CELL_S)
            first.step(Cells(cells.values[:n], cells.missing[:n], cells.lost[:n], ()))
            orientation = InertialOrientation(first.bias)
        parts += [orientation.step(cells), orientation.finish()]
    return concatenate(parts)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and stop of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
