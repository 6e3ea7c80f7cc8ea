"""When a phase starts and ends: the only definition in the program.

A moving phase lasts from the first to the last instant at which the speed of the thigh angle exceeds

    v_ref = min(5 deg/s, a quarter of the phase's own mean speed, pauses left out),

on a zero-phase smoothed rate. A stop in the middle of a phase belongs to it (a pause); it does not end it.
A fixed 5 deg/s would lose over a second of a slow bridge; a share of the peak speed breaks on a Nordic that
ends in a fall. A Nordic's lowering that breaks ends at the catch.

The estimator below begins with the mean speed between 10 % and 85 % of the travel, where it is steadiest: a
fifth of that is near v_ref. The mean is then taken between the boundaries that this gives, and of the tails
outside them, which are guessed from the way the movement begins and ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
"""A movement that stays below v_ref (or a share of it) for so long has stopped."""

SHARE_OF_WHOLE_MEAN = 0.25
TAIL_FACTOR, TAIL_SHARE, MOST_TAIL = 1.15, 0.4, 0.12
"""What is slower than v_ref at either end of a movement belongs to its mean. A tail takes so many times as
long as from v_ref to twice of it (a ramp or a cosine: once; minimum jerk: twice), at most that share of the
phase, at so much of v_ref."""

PAUSE_S, SAME_REFERENCE, LEAST_REFERENCE = 0.3, 0.05, 0.5

PAUSE_LOOKBACK_S, LOOKBACK_TIMES = 4.0, 2.0
PAUSE_TRAVEL_DEG, PAUSE_TRAVEL_SHARE = 4.5, 0.2
"""Having moved so far within the lookback before it, a stop is a pause inside the phase. The lookback is so
many times what the phase takes for that travel, where this is longer."""

LEVEL_DEG, LONGEST_PAUSE_S = 0.8, 15.0
"""Sway parts a pause into several stops: the lookback begins where the angle came to their level, this close,
so long ago at most."""

EARLY_SHARE, LATE_SHARE, EARLY_DEG = 0.07, 0.15, 6.0
"""Before so much of the travel (and this angle at most) a stop is the start, whatever came before it."""

ARRIVAL_DEG, ARRIVAL_SHARE = 4.0, 0.25
"""Where a movement comes from further below its other end than this, it first arrives at its start."""

DITHER_S = 0.3
"""Sway carries the speed through v_ref more than once within such a time."""

IMPACT_SPEED_DPS = 40.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Start and end of a moving phase in fractional indices of the arrays given, and its v_ref.

    start_doubt, end_doubt: how far (in indices) either end would move if a stop might be faster; 0 where the
    rate can be trusted.
    """

    start: float
    end: float
    reference_dps: float
    start_doubt: float = 0.0
    end_doubt: float = 0.0


@dataclass(frozen=True, slots=True)
class RateQuality:
    """How far a rate can be trusted at low speed.

    stop_share: a stop is slower than this share of v_ref. dither_dps: where v_ref is slower than this, sway
    (or noise) is as fast as the movement, and only the first crossing of v_ref is of use; above it, the
    middle between the first and the last crossing within DITHER_S. mean_known: its mean over a phase is good
    enough to take v_ref from.
    """

    stop_share: float
    dither_dps: float
    mean_known: bool


GYROSCOPE_RATE = RateQuality(1.0, 1.5, True)
ACCELEROMETER_RATE = RateQuality(0.5, np.inf, False)
"""Without a gyroscope every jerk makes the speed dip."""

FASTEST_STOP_SHARE = 1.5
"""There a hold that sags may seem as fast as a slow lowering: up to this share of v_ref, it may be the one or
the other."""


def moving_phase(
    angle_deg: Array,
    rate_dps: Array,
    sharp_rate_dps: Array,
    base: int,
    far: int,
    step_s: float,
    level_deg: float | None = None,
    quality: RateQuality = GYROSCOPE_RATE,
) -> Bounds | None:
    """Find the boundaries of the phase in which the angle rises from angle[base] to angle[far].

    angle_deg: (n,) smoothed angle. rate_dps: (n,) its smoothed rate, positive while rising. sharp_rate_dps:
    (n,) the same, smoothed less: it decides where an impact ends the movement. base < far are the turning
    points; values outside may be looked at. level_deg: where the repetition starts or ends on its other
    side; what rises from far below that is somebody getting into place. For a falling phase give the
    time-reversed arrays (see `falling_phase`). Returns None where nothing between the two moves.
    """
    if far <= base or angle_deg[far] <= angle_deg[base]:
        return None
    v, sharp = np.maximum(rate_dps, 0.0), np.maximum(sharp_rate_dps, 0.0)
    reference = _reference(angle_deg, v, base, far)
    if level_deg is not None:
        arrived = _arrival(angle_deg, v, base, far, level_deg, reference)
        if arrived != base:
            base = arrived
            if far <= base or angle_deg[far] <= angle_deg[base]:
                return None
            reference = _reference(angle_deg, v, base, far)
    if reference <= 0.0:
        return None
    bounds = _between_stops(angle_deg, v, sharp, base, far, reference, quality, step_s)
    if bounds is None:
        return None
    if not quality.mean_known:
        other = replace(quality, stop_share=FASTEST_STOP_SHARE)
        inner = _between_stops(angle_deg, v, sharp, base, far, reference, other, step_s)
        return _in_doubt(bounds, inner or replace(bounds, start=bounds.end, end=bounds.start))
    # The share of the speed in the middle stood in for that of the mean, which is known only now.
    known = _mean_reference(v, bounds, step_s)
    if abs(known - reference) < SAME_REFERENCE * reference:
        return bounds
    return _between_stops(angle_deg, v, sharp, base, far, known, quality, step_s)


def _in_doubt(bounds: Bounds, other: Bounds) -> Bounds:
    return replace(bounds, start_doubt=abs(other.start - bounds.start), end_doubt=abs(other.end - bounds.end))


def _between_stops(
    angle_deg: Array,
    v: Array,
    sharp: Array,
    base: int,
    far: int,
    reference: float,
    quality: RateQuality,
    step_s: float,
) -> Bounds | None:
    """Boundaries of the rise from base to far for a given v_ref."""
    x = angle_deg - angle_deg[base]
    travel = float(x[far])
    below = (x[base : far + 1] < 0.5 * travel).nonzero()[0]
    middle = base + int(below[-1])
    start = _start(x, v, sharp, base, middle, far, travel, reference, quality, step_s, early=EARLY_SHARE)
    # The end is the start of the reversed movement, seen from the far side.
    last = x.size - 1
    end = last - _start(
        (travel - x)[::-1],
        v[::-1],
        sharp[::-1],
        last - far,
        last - min(far, middle + 1),
        last - base,
        travel,
        reference,
        quality,
        step_s,
        early=LATE_SHARE,
    )
    if end <= start:
        return None
    return Bounds(start, end, reference)


def _mean_reference(v: Array, bounds: Bounds, step_s: float) -> float:
    """v_ref by its definition, from the boundaries found with a first guess of it."""
    guess = bounds.reference_dps
    inside = v[round(bounds.start) : round(bounds.end) + 1]
    slow = np.concatenate([[False], inside <= 0.5 * guess, [False]])
    edges = np.flatnonzero(slow[1:] != slow[:-1])
    paused = np.zeros(inside.size, dtype=bool)
    for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if (stop - first) * step_s >= PAUSE_S:
            paused[first:stop] = True
    moving = inside[~paused]
    fast = (inside > 2.0 * guess).nonzero()[0]
    tails = 0.0
    if fast.size:
        most = MOST_TAIL * inside.size
        tails = sum(min(most, TAIL_FACTOR * float(n)) for n in (fast[0], inside.size - 1 - fast[-1]))
    mean = (float(moving.sum()) + TAIL_SHARE * guess * tails) / max(1.0, moving.size + tails)
    return max(LEAST_REFERENCE * guess, min(REFERENCE_SPEED_LIMIT_DPS, SHARE_OF_WHOLE_MEAN * mean))


def falling_phase(
    angle_deg: Array,
    rate_dps: Array,
    sharp_rate_dps: Array,
    far: int,
    base: int,
    step_s: float,
    level_deg: float | None = None,
    quality: RateQuality = GYROSCOPE_RATE,
) -> Bounds | None:
    """Find the boundaries of the phase in which the angle falls from index far to index base."""
    last = angle_deg.size - 1
    bounds = moving_phase(
        angle_deg[::-1],
        -rate_dps[::-1],
        -sharp_rate_dps[::-1],
        last - base,
        last - far,
        step_s,
        level_deg,
        quality,
    )
    if bounds is None:
        return None
    return Bounds(
        last - bounds.end, last - bounds.start, bounds.reference_dps, bounds.end_doubt, bounds.start_doubt
    )


def _reference(angle_deg: Array, v: Array, base: int, far: int) -> float:
    """v_ref of the rise from base to far: a share of its mean speed where that is steadiest."""
    way, speeds = angle_deg[base : far + 1] - angle_deg[base], v[base : far + 1]
    travel = float(way[-1])
    core = speeds[(way > 0.10 * travel) & (way < 0.85 * travel)]
    if core.size == 0 or core.max() <= 0:
        core = speeds
    if core.max() <= 0:
        return 0.0
    mean = float(core[core > 0.15 * core.mean()].mean())
    return min(REFERENCE_SPEED_LIMIT_DPS, SHARE_OF_MEAN_SPEED * mean)


def _arrival(angle_deg: Array, v: Array, base: int, far: int, level_deg: float, reference: float) -> int:
    """Where a rise that comes from far below its level has arrived there: index."""
    below_deg = arrival_slack_deg(level_deg, float(angle_deg[far]))
    lower = (angle_deg[base : far + 1] < level_deg - below_deg).nonzero()[0]
    if lower.size == 0:
        return base
    inside = base + int(lower[-1]) + 1
    slow = (v[inside : far + 1] <= reference).nonzero()[0]
    stopped = inside + int(slow[0]) if slow.size else far
    if angle_deg[stopped] < level_deg + below_deg:
        return stopped
    # It passes its level without stopping: from there on it counts.
    return base + int((angle_deg[base : far + 1] >= level_deg).argmax())


def arrival_slack_deg(level_deg: float, far_deg: float) -> float:
    """How far below its level a movement to far_deg may come from, and still not arrive there on its way."""
    return max(ARRIVAL_DEG, ARRIVAL_SHARE * (far_deg - level_deg))


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


def _start(
    x: Array,
    v: Array,
    sharp: Array,
    base: int,
    middle: int,
    far: int,
    travel: float,
    reference: float,
    quality: RateQuality,
    step_s: float,
    *,
    early: float,
) -> float:
    """Where a rise from base over middle to far begins: fractional index."""
    first = _walk_to_stop(x, v, base, middle, travel, reference, quality, step_s, early)
    at = _first_crossing(v, first, far, reference)
    # Where the movement begins (or ends) with an impact, the less smoothed rate shows when.
    reach = round(0.25 / step_s)
    centre = round(at)
    if v[max(0, centre - reach) : centre + reach + 1].max() > IMPACT_SPEED_DPS:
        return _first_crossing(sharp, max(first, centre - reach), far, reference)
    if reference < quality.dither_dps:
        return at
    then = int(at) + 1
    slow = (v[then : min(far, then + round(DITHER_S / step_s)) + 1] <= reference).nonzero()[0]
    if slow.size == 0:
        return at
    return 0.5 * (at + _first_crossing(v, then + int(slow[-1]), far, reference))


def _walk_to_stop(
    x: Array,
    v: Array,
    base: int,
    middle: int,
    travel: float,
    reference: float,
    quality: RateQuality,
    step_s: float,
    early: float,
) -> int:
    """Go back from the middle of a rise to the stop it started from; return the last index of that stop.

    A stop that is preceded by more rising within a few seconds is a pause inside the phase, unless hardly
    anything (`early`, a share of the travel) has been travelled yet. Nothing before the turning point
    `base` belongs to the rise.
    """
    need = max(1, round(STOP_S / step_s))
    pause_travel = min(PAUSE_TRAVEL_DEG, PAUSE_TRAVEL_SHARE * travel)
    usual_s = pause_travel * SHARE_OF_MEAN_SPEED / reference
    lookback = round(PAUSE_LOOKBACK_S / step_s)
    longest_pause = 0
    # A rate without a gyroscope dips with every jerk: what looks like a pause there is mostly none.
    if quality.mean_known:
        lookback = max(lookback, round(LOOKBACK_TIMES * usual_s / step_s))
        longest_pause = round(LONGEST_PAUSE_S / step_s)
    early_deg = min(EARLY_DEG, early * travel)
    slow = v[base : middle + 1] <= quality.stop_share * reference
    changes = ((slow[1:] != slow[:-1]).nonzero()[0] + 1).tolist()
    for begin, stop in zip(reversed([0, *changes]), reversed([*changes, slow.size]), strict=True):
        if not slow[begin]:
            continue
        if begin > 0 and stop - begin < need:
            continue
        now = base + begin
        if begin == 0 or x[now] < early_deg:
            return base + stop - 1
        came = _came_to_level(x, max(base, now - longest_pause), now)
        if x[now] - x[max(base, came - lookback) : now + 1].min() <= pause_travel:
            return base + stop - 1
    return base


def _came_to_level(x: Array, first: int, now: int) -> int:
    """Where a rise came to the level at which it rests at index now; now itself if not since index first."""
    lower = (x[first : now + 1] < x[now] - LEVEL_DEG).nonzero()[0]
    return first + int(lower[-1]) if lower.size else now


def _first_crossing(v: Array, first: int, limit: int, reference: float) -> float:
    """First instant from index `first` on at which v rises through the reference, linearly interpolated."""
    above = v[first : limit + 1] > reference
    i = first + int(above.argmax())
    if i == first or v[i] == v[i - 1]:
        return float(i)
    return i - 1 + float((reference - v[i - 1]) / (v[i] - v[i - 1]))
