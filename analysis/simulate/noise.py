"""Filters and coloured noise on the simulator's 2 ms grid, by Fourier transform."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.smoothing import smooth

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

STEP_S = 0.002


def low_pass(values: Array, cutoff_hz: float) -> Array:
    """Second-order Butterworth low-pass (bilinear transform), from rest."""
    n = _room(values.size, cutoff_hz)
    return _filtered(values, _low_pass_response(n, cutoff_hz), n)


def band_pass(values: Array, low_hz: float, high_hz: float) -> Array:
    """Fourth-order Butterworth band-pass (bilinear transform), from rest."""
    n = _room(values.size, high_hz - low_hz)
    return _filtered(values, _band_pass_response(n, low_hz, high_hz), n)


def resonance(values: Array, natural_hz: float, damping: float) -> Array:
    """What a mass on a damped spring does when its base does `values`: its displacement over the base's.

    Unity at rest, a peak of some 1 / (2 damping) at natural_hz, falling off above: soft tissue.
    """
    n = _room(values.size, damping * natural_hz)
    return _filtered(values, _resonance_response(n, natural_hz, damping), n)


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


# A session filters dozens of signals in a few ways: working out the responses takes longer than using them.
@lru_cache(maxsize=8)
def _low_pass_response(n: int, cutoff_hz: float) -> Complex:
    one, minus = _one_plus_and_minus(n)
    s = minus / np.tan(np.pi * cutoff_hz * STEP_S)
    return one**2 / (s**2 + np.sqrt(2) * s * one + one**2)


@lru_cache(maxsize=2)
def _band_pass_response(n: int, low_hz: float, high_hz: float) -> Complex:
    plus, minus = _one_plus_and_minus(n)
    low, high = (np.tan(np.pi * hz * STEP_S) for hz in (low_hz, high_hz))
    s, width = minus**2 + low * high * plus**2, (high - low) * minus * plus
    return width**2 / (s**2 + np.sqrt(2) * s * width + width**2)


@lru_cache(maxsize=1)
def _resonance_response(n: int, natural_hz: float, damping: float) -> Complex:
    one, minus = _one_plus_and_minus(n)
    s = minus / np.tan(np.pi * natural_hz * STEP_S)
    damped = 2 * damping * s * one
    return (damped + one**2) / (s**2 + damped + one**2)


def _one_plus_and_minus(n: int) -> tuple[Complex, Complex]:
    """1 + 1/z and 1 - 1/z at the frequencies of a transform of n values."""
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(n))
    return 1 + delay, 1 - delay


def _room(n: int, slowest_hz: float) -> int:
    """Length of the transform of n values, with room for the filter to ring out."""
    return _good_length(n + round(8.0 / (slowest_hz * STEP_S)))


def _filtered(values: Array, response: Complex, n: int) -> Array:
    return np.fft.irfft(np.fft.rfft(values, n) * response, n)[: values.size]


def _good_length(n: int) -> int:
    """A length not under n that the transform likes: 2^k or 3 * 2^k."""
    power = 1 << (n - 1).bit_length()
    return 3 * power // 4 if n <= 3 * power // 4 else power
