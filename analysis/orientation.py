"""Where up is, seen from the sensor, and how fast the sensor turns: grid cells in, frames out.

With a gyroscope this is VQF (Laidig & Seel 2023, doi:10.1016/j.inffus.2022.10.014). Its default bias limits
are wrong for cheap sensors: with an axis biased by more than 2 deg/s its rest detection never fires, so
biasClip is 8 deg/s and biasSigmaInit 3 deg/s. Without a gyroscope the smoothed accelerometer is taken for
the up vector, which is true as far as the thigh moves slowly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from analysis.grid import FRAME_S, HALF_S, Cells, Flags, UniformGrid
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from analysis.smoothing import Smoother, gaussian

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)
"""A formula on plain numbers gives the same bits as on arrays."""

FEW = 16
"""Below so many rows plain numbers cost less than arrays: live there are two at a time."""

BIAS_CLIP_DPS = 8.0
SETTLING_S = 20.0

BIAS_SIGMA_DPS = 3.0

TAU_S = (1.5, 3.0)
"""Limits of the seconds over which the accelerometer corrects the gyroscope's inclination; the first holds
until the bias is known."""

TAU_FRAMES = round(5.0 / FRAME_S)
"""The time constant is chosen anew so often, from what was seen before, with this share for what is new: a
memory of 10 s."""
TAU_SHARE = 1.0 - math.exp(-0.5)

TAU_FACTOR = 1.2
GYR_SCALE_ERROR = 0.004
LEAST_SHAKING_MPS2 = 1.0
"""tau = 1.2 s sqrt(acceleration in m/s2 / doubt about the rate in deg/s), flat enough for none of these to
matter within a factor of two. A quiet sensor may always be shaken next."""

REST_WINDOW = round(1.0 / FRAME_S)
REST_TURN_DPS, REST_SPREAD_DPS, REST_SPREAD_MPS2, BIAS_AT_REST_DPS = 0.4, 0.7, 0.15, 0.3
"""A second counts as rest when gravity turns slower than this and neither sensor spreads more; the mean rate
is then the bias to 0.15 deg/s. VQF's own detection takes any steady turn below 2 deg/s for rest - every slow
bridge - and learns it as bias."""

LONG_GAP_S = 10.0
"""After a longer hole without samples nothing is carried over: a new stretch begins."""

UNSETTLED_FRAMES = round(3.0 / FRAME_S)
"""So long after a gap the bias from before it is better than what the filter takes for it."""

ACC_ONLY_HZ = 3.0
"""Smoothing of an accelerometer that has to stand for the up vector."""

REST_FRAMES = round(0.5 / FRAME_S)
REST_DPS, REST_MPS2, REST_SIGMA_DPS = 2.0, 0.3, 1.0
"""A person standing still sways less than this around the mean; the mean sways so much around the bias."""

BLOCK = 16384
"""Samples taken at a time: enough for the cost of a call not to matter, few enough for little memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Consecutive values every 20 ms.

    up: (n, 3) unit vector that points up, in the sensor frame. rate_radps: (n, 3) rotation rate, free of
    bias. acc_mps2: (n, 3) mean specific force. missing: (n,) True where no samples were; values there are
    likely ones in a short gap, and NaN in one over CARRIED_GAP_S. The time of frame i is start + FRAME_S *
    (i + 0.5).
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
        if rows.start is rows.step is None and rows.stop is not None and rows.stop >= len(self):
            return self  # live, most slices are of everything
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
    if len(q) < FEW:
        return np.array([_up(w, x, y, z) for w, x, y, z in q.tolist()]).reshape(-1, 3)
    up = np.empty((len(q), 3))
    up[:, 0], up[:, 1], up[:, 2] = _up(q[:, 0], q[:, 1], q[:, 2], q[:, 3])
    return up


def _up(w: Number, x: Number, y: Number, z: Number) -> tuple[Number, Number, Number]:
    return 2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 2.0 * (z * z + w * w) - 1.0


def cross(a: Array, b: Array) -> Array:
    """Cross products of (n, 3) rows, in half the time of np.cross or less."""
    out = np.empty_like(a)
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    out[:, 0], out[:, 1], out[:, 2] = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return out


def _turn(
    ax: Number, ay: Number, az: Number, bx: Number, by: Number, bz: Number
) -> tuple[Number, Number, Number]:
    """Mean rate that turns like the rate a over half a frame and then the rate b over another half."""
    return (
        0.5 * (ax + bx) + _CONING_S * (ay * bz - az * by),
        0.5 * (ay + by) + _CONING_S * (az * bx - ax * bz),
        0.5 * (az + bz) + _CONING_S * (ax * by - ay * bx),
    )


_CONING_S = HALF_S / 3.0


class InertialOrientation:
    """Frames from accelerometer and gyroscope.

    The filter steps from the middle of one frame to the middle of the next. There the mean of the force over
    the frame belongs; taken to the end of its interval instead, it lags the gyroscope by half of it, which
    costs up to a degree in fast rotation.
    """

    __slots__ = ("_bias", "_filter", "_half", "_judged", "_power", "_seen", "_unsettled")

    delay_frames = 0

    def __init__(self, bias: tuple[Array, float] | None = None) -> None:
        self._bias = bias
        self._filter: VQF | None = None
        # The last half frame of the gyroscope; turns and forces since the last choice of tau, `_judged` of
        # them; and the mean squares of rate and of acceleration before.
        self._half: Array = np.empty((0, 3))
        self._seen: Array = np.empty((2, TAU_FRAMES, 3))
        self._judged = 0
        self._power: tuple[float, float] | None = None
        # So many frames the bias from before the last gap still holds.
        self._unsettled = 0

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
        acc, hole = cells.acc_mps2, cells.missing
        rate = 0.5 * (gyr[:, 0] + gyr[:, 1])
        if not np.count_nonzero(hole):
            up, bias = self._filter_run(acc, gyr)
            return Frames(up, rate - bias, acc, hole)
        up, bias = np.zeros((2, hole.size, 3))  # what is not filled in is subtracted, too
        for start, stop in _runs(~cells.lost):
            if start > 0:
                self._forget_orientation()
            up[start:stop], bias[start:stop] = self._filter_run(acc[start:stop], gyr[start:stop])
        if cells.lost[-1]:
            self._forget_orientation()
        frames = Frames(up, rate - bias, acc.copy(), hole)
        frames.up[cells.lost] = frames.rate_radps[cells.lost] = frames.acc_mps2[cells.lost] = np.nan
        return frames

    def finish(self) -> Frames:
        """Nothing is held back."""
        return no_frames()

    def _filter_run(self, acc: Array, gyr: Array) -> tuple[Array, Array]:
        """Up vectors in the middle of frames without a hole, and the bias then."""
        if self._filter is None:
            self._filter = VQF(
                FRAME_S,
                tauAcc=TAU_S[0],
                biasClip=BIAS_CLIP_DPS,
                biasSigmaInit=BIAS_SIGMA_DPS,
                restBiasEstEnabled=False,
            )
            if self._bias is not None:
                self._filter.setBiasEstimate(*self._bias)
            self._half = gyr[0, :1]
            self._judged, self._power = 0, None
            self._unsettled = UNSETTLED_FRAMES if self._bias is not None else 0
        rate = self._rate_between_middles(gyr)
        # The filter is adjusted at fixed frames, so that it does not depend on how the stream was cut.
        before, self._judged = self._judged, self._judged + len(acc)
        if self._judged < TAU_FRAMES:
            self._seen[0, before : self._judged] = rate
            self._seen[1, before : self._judged] = acc
            out = self._filter.updateBatch(rate, acc)
            return up_from_quaternion(out["quat6D"]), self._settled(out["bias"])
        seen = np.concatenate([self._seen[:, :before], (rate, acc)], axis=1)
        stops = list(range(TAU_FRAMES, self._judged + 1, TAU_FRAMES))
        lessons = _lessons(seen[:, : stops[-1]])
        quaternions: list[Array] = []
        biases: list[Array] = []
        for start, stop, lesson in zip(
            [before, *stops], [*stops, self._judged], [*lessons, None], strict=True
        ):
            if start < stop:
                out = self._filter.updateBatch(seen[0, start:stop], seen[1, start:stop])
                quaternions.append(out["quat6D"])
                biases.append(out["bias"])
            if lesson is not None:
                self._learn_bias(self._filter, lesson)
                self._choose_tau(self._filter, lesson)
        self._judged -= stops[-1]
        self._seen[:, : self._judged] = seen[:, stops[-1] :]
        return up_from_quaternion(np.concatenate(quaternions)), self._settled(np.concatenate(biases))

    def _settled(self, biases: Array) -> Array:
        """After a gap the filter begins with one value of the force, and takes its error for bias."""
        if self._unsettled > 0 and self._bias is not None:
            biases[: self._unsettled] = self._bias[0]
            self._unsettled -= min(self._unsettled, len(biases))
        return biases

    def _rate_between_middles(self, gyr: Array) -> Array:
        """Mean rates (n, 3) that turn the sensor as it turned from the middle of each frame to the next.

        Rotations about changing axes do not add up: of two halves the cross product is missing, and two
        thirds of it where the rate changes evenly (the two-sample algorithm of strapdown navigation, e.g.
        Ignagni 1990, Optimal strapdown attitude integration algorithms, J. Guidance 13(2)). That makes 50 Hz
        as good as the rate of the sensor, at half the cost.
        """
        half, self._half = self._half, gyr[-1:, 1].copy()
        if len(gyr) < FEW:
            halves = [*half.tolist(), *gyr.reshape(-1, 3)[:-1].tolist()]
            return np.array([_turn(*a, *b) for a, b in zip(halves[::2], halves[1::2], strict=True)])
        before, after = np.concatenate([half, gyr[:-1, 1]]).T, gyr[:, 0].T
        rate = np.empty((len(gyr), 3))
        rate[:, 0], rate[:, 1], rate[:, 2] = _turn(
            before[0], before[1], before[2], after[0], after[1], after[2]
        )
        return rate

    def _learn_bias(self, vqf: VQF, lesson: _Lesson) -> None:
        """Correct the bias by the seconds of true rest there were."""
        if lesson.rests == 0:
            return
        bias, sigma = vqf.getBiasEstimate()
        variance = math.radians(BIAS_AT_REST_DPS) ** 2 / lesson.rests
        gain = sigma**2 / (sigma**2 + variance)
        vqf.setBiasEstimate(bias + gain * (lesson.bias - bias), math.sqrt((1.0 - gain) * sigma**2))

    def _choose_tau(self, vqf: VQF, lesson: _Lesson) -> None:
        """Let the accelerometer correct sooner if the gyroscope is in doubt, later if the sensor shakes.

        The error of the gyroscope grows with tau, that of the accelerometer falls with it.
        """
        turning, shaking = lesson.turning, lesson.shaking
        if self._power is not None:
            before = self._power
            turning = before[0] + TAU_SHARE * (turning - before[0])
            shaking = before[1] + TAU_SHARE * (shaking - before[1])
        self._power = turning, shaking
        sigma = float(vqf.getBiasEstimate()[1])
        doubt_dps = math.degrees(math.sqrt(sigma**2 + GYR_SCALE_ERROR**2 * turning))
        tau_s = TAU_FACTOR * math.sqrt(math.sqrt(shaking + LEAST_SHAKING_MPS2**2) / doubt_dps)
        vqf.setTauAcc(min(max(tau_s, TAU_S[0]), TAU_S[1]))

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
        acc = cells.acc_mps2
        if cells.lost.any():
            acc = acc.copy()
            acc[cells.lost] = np.nan
        return self._frames(acc, cells.missing, self._smoother.step(cells.acc_mps2))

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
        if ready.missing.any():
            lost = np.isnan(ready.acc_mps2[:, 0])
            up[lost] = rate[lost] = np.nan
        return Frames(up, rate, ready.acc_mps2, ready.missing)


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
    """Cut into pieces, so that a long recording needs no more memory than a short one."""
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
    n = len(cells) // REST_FRAMES
    if n == 0 or cells.gyr_radps is None:
        return None
    rates = cells.gyr_radps[: n * REST_FRAMES].reshape(n, -1, 3)
    forces = cells.acc_mps2[: n * REST_FRAMES].reshape(n, -1, 3)
    mean, spread = rates.mean(axis=1), rates.std(axis=1)
    turning = np.degrees(np.sqrt((spread**2).sum(axis=1)))
    size = np.degrees(np.abs(mean).max(axis=1))
    shaking = np.sqrt((forces.std(axis=1) ** 2).sum(axis=1))
    still = (turning < REST_DPS) & (shaking < REST_MPS2) & (size < BIAS_CLIP_DPS)
    if not still.any():
        return None
    best = int(np.argmin(np.where(still, turning, np.inf)))
    return mean[best].copy(), float(np.radians(REST_SIGMA_DPS))


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """What TAU_FRAMES frames tell the filter.

    turning, shaking: mean squares of the rate, (rad/s)^2, and of the acceleration, (m/s2)^2. bias: mean rate
    (3,) in rad/s over the seconds of rest, of which there were so many `rests`.
    """

    turning: float
    shaking: float
    bias: Array
    rests: int


def _lessons(seen: Array) -> list[_Lesson]:
    """Every TAU_FRAMES of the rates and forces (2, n, 3) of consecutive frames; all at once, for speed."""
    turning, force = np.einsum("kij,kij->ki", seen, seen).reshape(2, -1, TAU_FRAMES)
    shaking = np.sqrt(force) - STANDARD_GRAVITY_MPS2
    bias, still = _rests(seen)
    rests = still.reshape(-1, TAU_FRAMES // REST_WINDOW)
    return [
        _Lesson(
            turning_sum / TAU_FRAMES,
            float(off @ off) / TAU_FRAMES,
            means[seconds].mean(axis=0) if count else means[0],
            count,
        )
        for turning_sum, off, means, seconds, count in zip(
            turning.sum(axis=1).tolist(),
            shaking,
            bias.reshape(*rests.shape, 3),
            rests,
            rests.sum(axis=1).tolist(),
            strict=True,
        )
    ]


def _rests(seen: Array) -> tuple[Array, Flags]:
    """Mean rate (m, 3) in rad/s that is bias, and whether there was rest, of every second of n frames.

    seen: (2, n, 3) rates and forces of consecutive frames.
    """
    windows = np.ascontiguousarray(seen.reshape(2, -1, REST_WINDOW, 3).swapaxes(2, 3))
    fits = windows @ _MEAN_AND_SLOPE
    means = fits[..., 0]
    off = windows - means[..., None]
    variances = np.einsum("kwji,kwji->kwj", off, off) / REST_WINDOW
    still = (variances < _REST_VARIANCES).all(axis=(0, 2))
    mean, force = means[0], means[1]
    # Gravity in a turning sensor obeys da/dt = -w x a.
    turning = cross(force, fits[1, ..., 1]) / np.maximum(np.einsum("ij,ij->i", force, force), 1e-9)[:, None]
    still &= np.sqrt(np.einsum("ij,ij->i", turning, turning)) < math.radians(REST_TURN_DPS)
    still &= np.abs(mean).max(axis=1) < math.radians(BIAS_CLIP_DPS)
    return mean - turning, still


_MEAN_AND_SLOPE = np.column_stack(
    [
        np.full(REST_WINDOW, 1 / REST_WINDOW),
        (np.arange(REST_WINDOW) - (REST_WINDOW - 1) / 2)
        / (FRAME_S * REST_WINDOW * (REST_WINDOW**2 - 1) / 12),
    ]
)
"""Weights (n, 2) that give the mean over a window, and the slope of a straight line through it."""

_REST_VARIANCES = np.array([[[math.radians(REST_SPREAD_DPS) ** 2]], [[REST_SPREAD_MPS2**2]]])


def _runs(mask: Flags) -> list[tuple[int, int]]:
    """Return start and stop of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
