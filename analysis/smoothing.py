"""Symmetric (zero-phase) smoothing with a finite reach, the same on a stream as on a whole recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def gaussian(half_amplitude_hz: float, rate_hz: float) -> Array:
    """Return an odd, normalised Gaussian kernel that halves a sine of half_amplitude_hz.

    The response of a Gaussian of width s is exp(-(2 pi f s)^2 / 2), which is 1/2 at f = 1.1774 / (2 pi s).
    """
    sigma = 1.17741 / (2 * np.pi * half_amplitude_hz) * rate_hz
    reach = int(np.ceil(3.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return kernel / kernel.sum()


def smooth(values: Array, kernel: Array) -> Array:
    """Smooth (n,) or (n, k) values along time; the ends are held. n may be anything from 1."""
    if values.ndim == 2:
        return np.column_stack([smooth(column, kernel) for column in values.T])
    reach = kernel.size // 2
    padded = np.concatenate([np.full(reach, values[0]), values, np.full(reach, values[-1])])
    return np.convolve(padded, kernel, mode="valid")


class Smoother:
    """Streaming `smooth` of (n, k) rows, a kernel a column (None: only delayed).

    Output row i needs input rows up to i + reach. The beginning is held like in `smooth`; the end comes out
    of `finish`.
    """

    __slots__ = ("_held", "_kernels", "reach")

    def __init__(self, kernels: list[Array | None]) -> None:
        self.reach = max(kernel.size // 2 for kernel in kernels if kernel is not None)
        self._kernels = [None if k is None else np.pad(k, self.reach - k.size // 2) for k in kernels]
        self._held: Array | None = None

    def step(self, rows: Array) -> Array:
        """Take further rows and return the rows that are now complete."""
        if rows.shape[0] == 0:
            return np.empty((0, len(self._kernels)))
        reach = self.reach
        if self._held is None:
            self._held = np.repeat(rows[:1], reach, axis=0)
        window = np.concatenate([self._held, rows])
        self._held = window[max(0, window.shape[0] - 2 * reach) :].copy()
        if window.shape[0] <= 2 * reach:
            return np.empty((0, len(self._kernels)))
        ready = window[reach:-reach].copy()
        for i, kernel in enumerate(self._kernels):
            if kernel is not None:
                ready[:, i] = np.convolve(window[:, i], kernel, mode="valid")
        return ready

    def finish(self) -> Array:
        """Return the last rows, with the end held."""
        if self._held is None:
            return np.empty((0, len(self._kernels)))
        return self.step(np.repeat(self._held[-1:], self.reach, axis=0))
