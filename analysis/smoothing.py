"""Symmetric (zero-phase) smoothing with a finite reach, the same on a stream as on a whole recording."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@cache
def gaussian(half_amplitude_hz: float, rate_hz: float) -> Array:
    """Return an odd, normalised Gaussian kernel that halves a sine of half_amplitude_hz.

    The response of a Gaussian of width s is exp(-(2 pi f s)^2 / 2), which is 1/2 at f = 1.1774 / (2 pi s).
    """
    sigma = 1.17741 / (2 * np.pi * half_amplitude_hz) * rate_hz
    reach = int(np.ceil(3.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    kernel.setflags(write=False)
    return kernel


def smooth(values: Array, kernel: Array) -> Array:
    """Smooth (n,) or (n, k) values along time; the ends are held. n may be anything from 1."""
    if values.ndim == 2:
        return np.column_stack([smooth(column, kernel) for column in values.T])
    reach = kernel.size // 2
    padded = np.empty(values.size + 2 * reach)
    padded[:reach], padded[reach:-reach], padded[-reach:] = values[0], values, values[-1]
    # The kernel is symmetric, so that correlating is convolving; "valid" is as long as the values.
    return np.correlate(padded, kernel, "valid")


class Smoother:
    """Streaming `smooth` of (n, k) rows, a kernel a column.

    Output row i needs input rows up to i + reach. The beginning is held like in `smooth`; the end comes out
    of `finish`.
    """

    __slots__ = ("_held", "_kernels", "reach")

    def __init__(self, kernels: list[Array]) -> None:
        self.reach = max(kernel.size // 2 for kernel in kernels)
        self._kernels = [np.pad(kernel, self.reach - kernel.size // 2) for kernel in kernels]
        # The last rows, as columns: a signal in a row is smoothed without a copy.
        self._held: Array | None = None

    def step(self, rows: Array) -> Array:
        """Take further rows and return the rows that are now complete."""
        if rows.shape[0] == 0:
            return rows
        if self._held is None:
            self._held = np.repeat(rows[:1].T, self.reach, axis=1)
        window = np.concatenate([self._held, rows.T], axis=1)
        n = max(0, window.shape[1] - 2 * self.reach)
        self._held = window[:, n:]
        ready = np.empty((n, len(self._kernels)))
        if n > 0:
            for i, kernel in enumerate(self._kernels):
                ready[:, i] = np.correlate(window[i], kernel, "valid")
        return ready

    def finish(self) -> Array:
        """Return the last rows, with the end held."""
        if self._held is None:
            return np.empty((0, len(self._kernels)))
        return self.step(np.repeat(self._held[:, -1:], self.reach, axis=1).T)
