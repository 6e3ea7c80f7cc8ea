"""When a phase starts and ends: the only definition in the program.

A moving phase lasts from the first to the last instant at which the speed of the thigh angle exceeds

    v_ref = min(5 deg/s, a quarter of the phase's own mean speed, pauses left out),

on a zero-phase smoothed rate. A stop in the middle of a phase belongs to it (a pause); it does not end it.
A fixed 5 deg/s would lose over a second of a slow bridge; a share of the peak speed breaks on a Nordic that
ends in a fall. A Nordic's lowering that breaks ends at the catch.

The estimator below takes the mean speed between 10 % and 85 % of the travel, where it is steadiest; a fifth
of that equals a quarter of the mean over the whole phase (measured on simulated sessions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DEFINITION = (
    "A phase lasts from the first to the last instant at which the thigh turns faster than 5 deg/s or a "
    "quarter of the phase's own mean speed (pauses left out), whichever is less, on a zero-phase smoothed "
    "rate; a stop inside a lowering is part of it."
)

REFERENCE_SPEED_LIMIT_DPS = 5.0
SHARE_OF_MEAN_SPEED = 0.20
STOP_S = 0.12
PAUSE_LOOKBACK_S = 4.0
PAUSE_TRAVEL_DEG = 4.5
IMPACT_SPEED_DPS = 40.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Start and end of a moving phase in fractional indices of the arrays given, and its v_ref."""

    start: float
    end: float
    reference_dps: float


def moving_phase(
    angle_deg: Array, rate_dps: Array, sharp_rate_dps: Array, base: int, far: int, step_s: float
) -> Bounds | None:
    """Find the boundaries of the phase in which the angle rises from angle[base] to angle[far].

    angle_deg: (n,) smoothed angle. rate_dps: (n,) its smoothed rate, positive while rising. sharp_rate_dps:
    (n,) the same, smoothed less: it decides where an impact ends the movement. base < far are the turning
    points; values outside may be looked at. For a falling phase give the time-reversed arrays (see
    `falling_phase`). Returns None where nothing between the two moves.
    """
    x = angle_deg - angle_deg[base]
    travel = float(x[far])
    if far <= base or travel <= 0:
        return None
    inside = slice(base, far + 1)
    v = np.maximum(rate_dps, 0.0)
    core = (x[inside] > 0.10 * travel) & (x[inside] < 0.85 * travel)
    speeds = v[inside][core] if core.any() else v[inside]
    if speeds.size == 0 or speeds.max() <= 0:
        return None
    mean = float(speeds[speeds > 0.15 * speeds.mean()].mean())
    reference = min(REFERENCE_SPEED_LIMIT_DPS, SHARE_OF_MEAN_SPEED * mean)
    below = np.flatnonzero(x[inside] < 0.5 * travel)
    middle = base + int(below[-1]) if below.size else base
    first = _walk_to_stop(x, v, base, middle, travel, reference, step_s, early=0.07)
    start = _first_crossing(v, first, far, reference)
    start = _sharpen(v, np.maximum(sharp_rate_dps, 0.0), start, first, far, reference, step_s)

    # The end is the start of the reversed movement, seen from the far side.
    rx, rv, rs = (travel - x)[::-1], v[::-1], np.maximum(sharp_rate_dps, 0.0)[::-1]
    last = x.size - 1
    r_middle = last - min(far, middle + 1)
    r_first = _walk_to_stop(rx, rv, last - far, r_middle, travel, reference, step_s, early=0.15)
    r_end = _first_crossing(rv, r_first, last - base, reference)
    r_end = _sharpen(rv, rs, r_end, r_first, last - base, reference, step_s)
    end = last - r_end
    if end <= start:
        return None
    return Bounds(start, end, reference)


def falling_phase(
    angle_deg: Array, rate_dps: Array, sharp_rate_dps: Array, far: int, base: int, step_s: float
) -> Bounds | None:
    """Find the boundaries of the phase in which the angle falls from index far to index base."""
    last = angle_deg.size - 1
    bounds = moving_phase(
        angle_deg[::-1], -rate_dps[::-1], -sharp_rate_dps[::-1], last - base, last - far, step_s
    )
    if bounds is None:
        return None
    return Bounds(last - bounds.end, last - bounds.start, bounds.reference_dps)


def crossings(angle_deg: Array, start: int, end: int, shares: tuple[float, float]) -> tuple[float, float]:
    """Fractional indices at which a movement from angle[start] to angle[end] has done two shares of its way.

    Other definitions of a duration, such as that from 10 % to 90 %, are read off a measured phase with this.
    Both are first crossings.
    """
    way = (angle_deg[start : end + 1] - angle_deg[start]) / (angle_deg[end] - angle_deg[start])
    first, second = (max(1, int(np.argmax(way >= share))) for share in shares)
    return start + _between(way, first - 1, shares[0]), start + _between(way, second - 1, shares[1])


def _between(values: Array, i: int, level: float) -> float:
    """Index between i and i + 1 at which linear interpolation reaches the level."""
    step = float(values[i + 1] - values[i])
    return i if step == 0.0 else i + float((level - values[i]) / step)


def _walk_to_stop(
    x: Array,
    v: Array,
    base: int,
    middle: int,
    travel: float,
    reference: float,
    step_s: float,
    *,
    early: float,
) -> int:
    """Go back from the middle of a rise to the stop it started from; return the last index of that stop.

    A stop that is preceded by more rising within a few seconds is a pause inside the phase, unless hardly
    anything (`early`, a share of the travel) has been travelled yet. Nothing before the turning point
    `base` belongs to the rise.
    """
    need = max(1, round(STOP_S / step_s))
    lookback = round(PAUSE_LOOKBACK_S / step_s)
    pause_travel = min(PAUSE_TRAVEL_DEG, 0.2 * travel)
    slow = v[base : middle + 1] <= 0.5 * reference
    stop = slow.size
    while stop > 0:
        ends = np.flatnonzero(slow[:stop])
        if ends.size == 0:
            return base
        end = int(ends[-1])
        fast = np.flatnonzero(~slow[:end])
        begin = int(fast[-1]) + 1 if fast.size else 0
        if begin == 0:
            return base + end
        if end - begin + 1 >= need:
            now = base + begin
            risen = float(x[now] - x[max(base, now - lookback) : now + 1].min())
            if x[now] < early * travel or risen <= pause_travel:
                return base + end
        stop = begin
    return base


def _first_crossing(v: Array, first: int, limit: int, reference: float) -> float:
    """First instant from index `first` on at which v rises through the reference, linearly interpolated."""
    above = np.flatnonzero(v[first : limit + 1] > reference)
    if above.size == 0:
        return float(first)
    i = first + int(above[0])
    if i == first or v[i] == v[i - 1]:
        return float(i)
    return i - 1 + float((reference - v[i - 1]) / (v[i] - v[i - 1]))


def _sharpen(
    v: Array, sharp: Array, at: float, first: int, limit: int, reference: float, step_s: float
) -> float:
    """Where the movement begins (or ends) with an impact, find the crossing on the less smoothed rate."""
    reach = round(0.25 / step_s)
    centre = round(at)
    near = slice(max(0, centre - reach), centre + reach + 1)
    if v[near].size == 0 or v[near].max() <= IMPACT_SPEED_DPS:
        return at
    return _first_crossing(sharp, max(first, centre - reach), limit, reference)
