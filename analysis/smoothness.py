"""Smoothness of a lowering: the spectral arc length (SPARC) of its speed.

Balasubramanian, Melendez-Calderon, Burdet 2012 (IEEE Trans Biomed Eng 59:2126) and Balasubramanian,
Melendez-Calderon, Roby-Brami, Burdet 2015 (J NeuroEng Rehabil 12:112): with V(f) = |spectrum of the speed| /
|its value at 0|, the negative length of the curve (f / f_c, V) from 0 to f_c. f_c is the highest frequency
up to 10 Hz at which V still reaches 0.05. No unit. Closer to 0 is smoother: a minimum-jerk movement has
-1.41, a steady lowering that speeds up and slows down over a fifth of its time each has -1.85. Neither the
size nor the duration of a movement changes it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.lowering_speed import STEP_S, AngleTrace, lowering_of
from analysis.results import Rep

Array = NDArray[np.float64]

HIGHEST_HZ = 10.0
AMPLITUDE_THRESHOLD = 0.05
PADDING = 16
"""Zeros appended make the spectrum a curve instead of a few points; the paper pads as much."""

MIN_SCORED_S = 0.5
TAPERED_SHARE = 0.2


def spectral_arc_length(speed: Array, step_s: float) -> float | None:
    """Return the spectral arc length of a speed profile; None where nothing moves.

    speed: (n,) from the start to the end of one movement, any unit, positive on the whole.
    """
    if speed.size == 0 or speed.sum() <= 0:
        return None
    size = PADDING * 2 ** int(np.ceil(np.log2(speed.size)))
    spectrum = np.abs(np.fft.rfft(speed, size))
    spectrum /= spectrum[0]
    spectrum = spectrum[np.fft.rfftfreq(size, step_s) <= HIGHEST_HZ]
    spectrum = spectrum[: int(np.flatnonzero(spectrum >= AMPLITUDE_THRESHOLD)[-1]) + 1]
    if spectrum.size < 2:
        return None
    return -float(np.hypot(1 / (spectrum.size - 1), np.diff(spectrum)).sum())


def smoothness(rep: Rep, trace: AngleTrace) -> float | None:
    """Return the smoothness of the controlled part of a lowering; None where it cannot be scored.

    The fall after a break point is not scored. The speed is then cut off where it is high, which no smooth
    movement does; the last fifth of the part is tapered (half a cosine), so that the value stays near that of
    the same lowering brought to a stop. None also where there is less than 0.5 s to score.
    """
    lowering = lowering_of(rep, trace)
    if lowering is None:
        return None
    if rep.break_point is not None:
        lowering = lowering.until(rep.break_point.t_s)
    speed = np.maximum(lowering.speed_dps, 0.0)
    if speed.size * STEP_S < MIN_SCORED_S:
        return None
    if rep.break_point is not None:
        n = round(TAPERED_SHARE * speed.size)
        speed[-n:] *= 0.5 * (1 + np.cos(np.pi * (np.arange(n) + 0.5) / n))
    return spectral_arc_length(speed, STEP_S)
