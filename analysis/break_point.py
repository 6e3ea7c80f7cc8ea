"""Break point of a Nordic: the instant from which the lowering can no longer be resisted.

A quadratic hinge is fitted to the speed before its maximum: omega = a + b (t - t0) + c max(0, t - t_b)^2,
c > 0; the knot t_b with the least residual is the break point. On simulated Nordics it found the lean to
-0.4 +- 2.9 deg, where the published speed thresholds of 20 and 30 deg/s gave -4.0 +- 15.5 and +2.1 +- 7.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WINDOW_S = 2.0
MIN_PEAK_DPS = 45.0
MIN_PEAK_RATIO = 2.0
MIN_ACCELERATION_DPS2 = 100.0
LAST_SHARE = 0.20
MIN_CONTROL_S = 0.5
FALL_DPS, CATCH_S, LATER_S = 60.0, 0.25, 0.25
"""A fall that is caught: faster than this, and over within CATCH_S after its peak. Arms that let the body
down further, LATER_S after that, are not part of the lowering."""


def caught_at(rate_dps: Array, start: int, end: int, step_s: float, reference_dps: float) -> float | None:
    """Return the index (fractional) at which a fall inside a lowering was caught, long before its end.

    rate_dps: as for `break_index`. reference_dps: v_ref, below which the lowering is over. None: there was no
    fall, or the lowering ends with it.
    """
    v = rate_dps[start : end + 1]
    peak = int(np.argmax(v))
    controlled = v[: max(1, peak - round(3 * CATCH_S / step_s))]
    if v[peak] < FALL_DPS or v[peak] < MIN_PEAK_RATIO * float(np.median(controlled)):
        return None
    after = v[peak:] <= reference_dps
    if not after.any():
        return None
    stop = peak + int(np.argmax(after))
    if (stop - peak) * step_s > CATCH_S or (v.size - 1 - stop) * step_s < LATER_S:
        return None
    return start + stop - float((reference_dps - v[stop]) / (v[stop - 1] - v[stop]))


def break_index(rate_dps: Array, start: int, end: int, step_s: float) -> int | None:
    """Return the index of the break point in a lowering from start to end, or None where there is none.

    rate_dps: (n,) speed of the lowering, positive, smoothed with zero phase at some 6 Hz. There is a break
    when the peak is over 45 deg/s, over twice the median speed before it, reached with over 100 deg/s2 and
    in the last fifth of the lowering: quick controlled lowerings fail the last test.
    """
    if end - start < round(2 * MIN_CONTROL_S / step_s):
        return None
    v = rate_dps[start : end + 1]
    peak = int(np.argmax(v))
    if v[peak] < MIN_PEAK_DPS or peak < (1 - LAST_SHARE) * (v.size - 1):
        return None
    window = max(0, peak - round(WINDOW_S / step_s))
    acceleration = np.gradient(v, step_s)
    if acceleration[window : peak + 1].max() < MIN_ACCELERATION_DPS2:
        return None
    rise = v[window : peak + 1]
    t = step_s * np.arange(rise.size, dtype=np.float64)
    if rise.size < 12:
        return None
    best = _hinge(t, rise)
    if best is None:
        return None
    broke = window + best
    controlled = v[: max(1, broke)]
    if v[peak] < MIN_PEAK_RATIO * np.median(controlled) or broke * step_s < MIN_CONTROL_S:
        return None
    return start + broke


def _hinge(t: Array, v: Array) -> int | None:
    """Knot of the quadratic hinge that fits v(t) best, among those with c > 0."""
    knots = np.arange(3, t.size - 3)
    hinges = np.maximum(0.0, t[:, None] - t[knots]) ** 2
    # What the straight line explains is taken out of both sides; what is left is a fit of one coefficient.
    line, _ = np.linalg.qr(np.column_stack([np.ones(t.size), t]))
    rest, hinges = v - line @ (line.T @ v), hinges - line @ (line.T @ hinges)
    slope = rest @ hinges
    explained = np.where(slope > 0, slope**2 / (hinges**2).sum(axis=0), 0.0)
    best = int(np.argmax(explained))
    return int(knots[best]) if explained[best] > 0 else None
