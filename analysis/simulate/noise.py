"""Filters and coloured noise on the simulator's 2 ms grid, by Fourier transform."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.smoothing import smooth

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

STEP_S = 0.002


def low_pass(values: Array, cutoff_hz: float) -> Array:
    """Second-order Butterworth low-pass (bilinear transform), from rest."""

    def response(plus: Complex, minus: Complex) -> Complex:
        s, one = minus / np.tan(np.pi * cutoff_hz * STEP_S), plus
        return one**2 / (s**2 + np.sqrt(2) * s * one + one**2)

    return _filtered(values, response, cutoff_hz)


def band_pass(values: Array, low_hz: float, high_hz: float) -> Array:
    """Fourth-order Butterworth band-pass (bilinear transform), from rest."""
    low, high = (np.tan(np.pi * hz * STEP_S) for hz in (low_hz, high_hz))

    def response(plus: Complex, minus: Complex) -> Complex:
        s, width = minus**2 + low * high * plus**2, (high - low) * minus * plus
        return width**2 / (s**2 + np.sqrt(2) * s * width + width**2)

    return _filtered(values, response, high_hz - low_hz)


def resonance(values: Array, natural_hz: float, damping: float) -> Array:
    """What a mass on a damped spring does when its base does `values`: its displacement over the base's.

    Unity at rest, a peak of some 1 / (2 damping) at natural_hz, falling off above: soft tissue.
    """

    def response(plus: Complex, minus: Complex) -> Complex:
        s, one = minus / np.tan(np.pi * natural_hz * STEP_S), plus
        damped = 2 * damping * s * one
        return (damped + one**2) / (s**2 + damped + one**2)

    return _filtered(values, response, damping * natural_hz)


def slow_noise(n: int, rng: np.random.Generator, rms: float, cutoff_hz: float = 0.5) -> Array:
    """Noise (n,) of a given rms with a power spectrum that falls with f^-4 above the cut-off: sway."""
    if n < 4 or rms == 0.0:
        return np.zeros(n)
    lead = round(2 / STEP_S)
    raw = low_pass(rng.normal(size=n + lead), cutoff_hz)[lead:]
    # The expected rms of filtered white noise, so that a short stretch is not blown up to the full size.
    return rms * raw / np.sqrt(2 * cutoff_hz * STEP_S * 1.11)


def soft(values: Array, seconds: float = 0.25) -> Array:
    """Raised-cosine moving mean, zero phase, ends held."""
    width = round(seconds / STEP_S) | 1
    kernel: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, width + 1, dtype=np.float64) / (width + 1))
    return smooth(values, kernel / kernel.sum())


def _filtered(values: Array, response: Callable[[Complex, Complex], Complex], slowest_hz: float) -> Array:
    """Filter by a response in 1 + 1/z and 1 - 1/z, with room for the filter to ring out."""
    ringing = round(8.0 / (slowest_hz * STEP_S))
    n = _good_length(values.size + ringing)
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(n))
    spectrum = np.fft.rfft(values, n) * response(1 + delay, 1 - delay)
    return np.fft.irfft(spectrum, n)[: values.size]


def _good_length(n: int) -> int:
    """A length not under n that the transform likes: 2^k or 3 * 2^k."""
    power = 1 << (n - 1).bit_length()
    return 3 * power // 4 if n <= 3 * power // 4 else power
