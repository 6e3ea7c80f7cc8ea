"""Whether the sensor can be believed: do its two halves tell the same story, in the units they should have?

The orientation filter has to pull the inclination back to the accelerometer all the time. With a healthy
gyroscope that pull is the small rest of its bias; with a faulty one it is a steady share of the movement,
and with a dead one, or one in another unit, the pull is violent. The limits part every faulty from every
healthy recording of the public set of leg exercises that has one broken gyroscope in it, pass walking, fast
rotation and a bias of 6 deg/s, and catch a scale error of a fifth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.grid import FRAME_S, Flags
from analysis.orientation import Frames, concatenate, cross
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples

Array = NDArray[np.float64]

WINDOW = 25
"""Frames (half a second) over which is averaged."""

AT_A_TIME = 10
"""Windows that are judged together: every five seconds is soon enough."""

SETTLING_WINDOWS = 8
"""The filter's first seconds say nothing about the sensor."""

MIN_WINDOWS, STEADY_WINDOWS = 10, 60
"""Evidence before anything is said, and before a small steady pull counts."""

PULL_DPS, MAX_PULLED, MAX_PULL_SHARE = 0.40, 0.42, 0.072
"""A faulty gyroscope is pulled by this or more in so much of the time, and by this share of the movement.

Of the public leg exercises healthy recordings that are pulled for so long reach 0.024 of their movement at
any time, faulty ones 0.080 or more. Neither sign is enough: walking pulls all the time, and next to
stillness any pull is a large share.
"""

BIAS_WINDOWS = 20
"""The mean of the pull over so many windows is what is left of the bias, which is no fault. Without rests it
takes a minute to be learnt."""

MIN_MOVED_DPS = 1.0
"""Root mean square turning below which a bias not yet known looks like a fault."""

MAX_GYR_RADPS = 20.0
"""No thigh turns faster, not even in a kick, for one part in a hundred of a recording."""

VIOLENT_DPS, MAX_VIOLENT = 10.0, 0.3
FORCE_MPS2 = (0.8 * STANDARD_GRAVITY_MPS2, 1.2 * STANDARD_GRAVITY_MPS2)
"""Where the mean force lies over half a second, whatever a thigh does; half of the windows must comply."""


FORCE_GUESSES = {
    "The values look like g instead of m/s2.": (0.8 / 9.80665, 1.2 / 9.80665),
    "The values look like mg instead of m/s2.": (800 / 9.80665, 1200 / 9.80665),
    "The values look like m/s2 that were taken for g.": (0.8 * 9.80665, 1.2 * 9.80665),
}
"""What a median force of so many g may come from."""

UNIT_RATIO = (30.0, 110.0)
"""Around 57.3, degrees to the radian."""
RATIO_WINDOW_S, MIN_RATIO_WINDOWS, MAX_RATIO_SAMPLES = 0.25, 40, 60_000
MIN_TURNING_DPS, MIN_RATIO_CORRELATION = 1.0, 0.3

MIN_RUN, LONG_RUN, HIT_SHARE = 3, 10, 0.05
MIN_LIMIT_MPS2, MIN_LIMIT_RADPS = 15.0, 2.0
"""The narrowest usual ranges are 2 g and 125 deg/s."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something the sensor says that cannot be true.

    reason: why a repetition carries no number. advice: what it may be, for a person.
    """

    reason: str
    advice: str

    @property
    def text(self) -> str:
        """Both, as sentences."""
        return f"{self.reason[0].upper()}{self.reason[1:]}: {self.advice}"


GYROSCOPE_FAULT = Fault(
    "the gyroscope does not agree with the accelerometer",
    "it is faulty or its values are in another unit. Durations from this recording cannot be trusted.",
)
ACCELEROMETER_FAULT = Fault(
    "the accelerometer does not read gravity, 9.81 m/s2 at rest",
    "it is faulty or its values are in another unit. Durations from this recording cannot be trusted.",
)


class SensorCheck:
    """Streaming comparison of the gyroscope, the accelerometer and gravity.

    The sums run over windows of half a second, so that the verdict falls at the same frame however the
    stream is cut.
    """

    __slots__ = ("_count", "_gyroscope", "_parts", "_pulls", "_sums", "_windows")

    def __init__(self, *, gyroscope: bool) -> None:
        self._gyroscope = gyroscope
        self._parts: list[Frames] = []
        self._count = 0
        self._windows = 0
        self._pulls: Array = np.full((BIAS_WINDOWS, 3), np.nan)
        # Windows that count, with an odd force, pulled, pulled violently; squares of pull and of movement.
        self._sums: Array = np.zeros(6)

    def step(self, frames: Frames) -> tuple[Fault, int] | None:
        """Take further frames; return a fault and the number of frames after which it was certain.

        Gaps are passed over. After a fault nothing more should be asked.
        """
        self._parts.append(frames)
        self._count += len(frames)
        n = (self._count - 1) // WINDOW // AT_A_TIME * AT_A_TIME
        if n <= 0:
            return None
        whole = concatenate(self._parts) if len(self._parts) > 1 else frames
        used = n * WINDOW
        self._parts = [whole[used:]]
        self._count -= used
        before, self._windows = self._windows, self._windows + n

        acc, up = whole.acc_mps2[:used], whole.up[:used]
        # The first mean is too small where the sensor turns fast, the second too large where it swings.
        force = _sizes(_window_means(acc))
        along = np.einsum("ij,ij->i", acc.reshape(n, -1), up.reshape(n, -1)) / WINDOW
        pulls, moved = _pull(whole, n)
        self._pulls = np.concatenate([self._pulls[-BIAS_WINDOWS:], pulls])
        pull = _sizes(_without_mean(self._pulls))
        kept = np.isfinite(pull) & np.isfinite(force)
        kept[: max(0, SETTLING_WINDOWS - before)] = False
        odd = _is_odd(force) & _is_odd(along)
        columns = [np.ones(n), odd, pull > PULL_DPS, _sizes(pulls) > VIOLENT_DPS, pull**2, moved]
        sums = np.where(kept[:, None], np.column_stack(columns), 0.0).cumsum(axis=0) + self._sums
        self._sums = sums[-1]

        windows, odd, pulled, violent, pull_power, power = sums.T
        enough = windows >= MIN_WINDOWS
        faults = {ACCELEROMETER_FAULT: enough & (odd > 0.5 * windows)}
        if self._gyroscope:
            steady = (pulled > MAX_PULLED * windows) & (pull_power > MAX_PULL_SHARE**2 * power)
            steady &= windows >= STEADY_WINDOWS
            steady &= power > MIN_MOVED_DPS**2 * windows
            faults[GYROSCOPE_FAULT] = steady | (enough & (violent > MAX_VIOLENT * windows))
        found = {int(np.argmax(where)): fault for fault, where in faults.items() if where.any()}
        if not found:
            return None
        known = before + (min(found) // AT_A_TIME + 1) * AT_A_TIME
        return found[min(found)], known * WINDOW + 1


def _is_odd(force: Array) -> Flags:
    return (force < FORCE_MPS2[0]) | (force > FORCE_MPS2[1])


def _pull(frames: Frames, n: int) -> tuple[Array, Array]:
    """Rate (n, 3) in deg/s with which the inclination was pulled in n windows; mean square of its turning."""
    used = n * WINDOW
    up, rate = frames.up[: used + 1], frames.rate_radps[: used + 1]
    turned = (up[1:] - up[:-1]) * (1 / FRAME_S)
    # Fixed vectors, seen from a sensor that turns, turn the other way: only a pull leaves a difference.
    pull = turned + cross(rate[:-1] + rate[1:], 0.25 * (up[:-1] + up[1:]))
    moved = np.einsum("ij,ij->i", turned.reshape(n, -1), turned.reshape(n, -1)) / WINDOW
    turning = cross(_window_means(up[:-1]), _window_means(pull))
    return np.degrees(1.0) * turning, np.degrees(1.0) ** 2 * moved


def _without_mean(pulls: Array) -> Array:
    """Pulls (m, 3) from the row BIAS_WINDOWS on, each less the mean of so many up to it."""
    known = np.isfinite(pulls[:, 0])
    sums = np.where(known[:, None], pulls, 0.0).cumsum(axis=0)
    counts = known.cumsum()
    n = np.maximum(1, counts[BIAS_WINDOWS:] - counts[:-BIAS_WINDOWS])
    return pulls[BIAS_WINDOWS:] - (sums[BIAS_WINDOWS:] - sums[:-BIAS_WINDOWS]) / n[:, None]


def _window_means(rows: Array) -> Array:
    # As a product of matrices: a tenth of the time of a mean over the middle one of three axes.
    return rows.reshape(-1, 3 * WINDOW) @ _WINDOW_MEAN


_WINDOW_MEAN = np.tile(np.eye(3), (WINDOW, 1)) / WINDOW


def _sizes(rows: Array) -> Array:
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def wrong_unit(samples: ImuSamples) -> tuple[Fault, ...]:
    """What the size of the values in a whole recording says about their units."""
    found: list[Fault] = []
    some = slice(None, None, 1 + len(samples) // 20_000)
    force = float(np.median(np.sqrt((samples.acc_mps2[some] ** 2).sum(axis=1))))
    if not FORCE_MPS2[0] < force < FORCE_MPS2[1]:
        in_g = force / STANDARD_GRAVITY_MPS2
        guess = next((text for text, (low, high) in FORCE_GUESSES.items() if low < in_g < high), None)
        found.append(
            Fault(
                f"the accelerometer reads {force:.3g} m/s2 in the middle, not 9.81",
                guess or "Check its range and unit.",
            )
        )
    gyr = samples.gyr_radps
    if gyr is None:
        return tuple(found)
    turning = _turning_ratio(samples)
    if float(np.percentile(np.abs(gyr[some]), 99)) > MAX_GYR_RADPS:
        reason = f"the gyroscope reads over {MAX_GYR_RADPS:.0f} rad/s"
        found.append(Fault(reason, "The values look like deg/s instead of rad/s."))
    elif 1 / UNIT_RATIO[1] < turning < 1 / UNIT_RATIO[0]:
        reason = f"the gyroscope turns {1 / turning:.0f} times faster than the direction of gravity"
        found.append(Fault(reason, "The values look like deg/s instead of rad/s."))
    elif UNIT_RATIO[0] < turning < UNIT_RATIO[1]:
        reason = f"the gyroscope turns {turning:.0f} times slower than the direction of gravity"
        found.append(Fault(reason, "The values look like rad/s that were taken for deg/s."))
    return tuple(found)


def _turning_ratio(samples: ImuSamples) -> float:
    """How many times faster gravity turns in the sensor frame than the gyroscope says; nan if undecided.

    Least squares over a recording's first minutes, on means over a quarter of a second: far too coarse for a
    scale error, far finer than a wrong unit.
    """
    samples = samples[:MAX_RATIO_SAMPLES]
    gyr = samples.gyr_radps
    if gyr is None or len(samples) < 2:
        return math.nan
    step_s = float(np.median(np.diff(samples.t_s)))
    size = max(1, round(RATIO_WINDOW_S / step_s))
    n = len(samples) // size
    if n < MIN_RATIO_WINDOWS:
        return math.nan
    acc = samples.acc_mps2[: n * size].reshape(n, size, 3).mean(axis=1)
    rate = (gyr[: n * size] - np.median(gyr, axis=0)).reshape(n, size, 3).mean(axis=1)
    up = acc / np.maximum(_sizes(acc), 1e-9)[:, None]
    turned = (up[2:] - up[:-2]) / (2 * size * step_s)
    told = -cross(rate, up)[1:-1]
    both, own, other = (float((a * b).sum()) for a, b in ((turned, told), (told, told), (turned, turned)))
    moved = math.degrees(math.sqrt(other / (n - 2))) > MIN_TURNING_DPS
    if not moved or both <= MIN_RATIO_CORRELATION * math.sqrt(own * other):
        return math.nan
    return both / own


def doubts(samples: ImuSamples) -> tuple[str, ...]:
    """Sentences about values that a sensor reads when it cannot read the truth.

    Saturated: a run of samples at the largest or smallest value of an axis, reached in one step or held for
    long, far from what rest reads. Stuck: an axis that never changes while the others do. Durations may
    still be right: a fault that matters is found by the comparison of the two sensors.
    """
    said: list[str] = []
    sensors = [("accelerometer", samples.acc_mps2, MIN_LIMIT_MPS2, "m/s2")]
    if samples.gyr_radps is not None:
        sensors.append(("gyroscope", samples.gyr_radps, MIN_LIMIT_RADPS, "rad/s"))
    for name, values, least, unit in sensors:
        if len(values) < MIN_RUN:
            continue
        axes = np.ascontiguousarray(values.T)
        low, high = axes.min(axis=1), axes.max(axis=1)
        moving = high > low
        for axis in range(3):
            if not moving[axis] and moving.sum() == 2 and len(values) >= LONG_RUN:
                said.append(
                    f"The {name}'s {'xyz'[axis]} axis is stuck at {low[axis]:.3g} {unit}: it never changes."
                )
            limits = [float(limit) for limit in (low[axis], high[axis]) if abs(limit) >= least]
            if any(moving[axis] and _is_held(axes[axis], limit) for limit in limits):
                said.append(
                    f"The {name} is saturated: its {'xyz'[axis]} axis stays at the limit of its range, "
                    f"{max(map(abs, limits)):.3g} {unit}. Choose a wider range."
                )
    return tuple(said)


def _is_held(values: Array, limit: float) -> bool:
    at = np.flatnonzero(values == limit)
    if at.size < MIN_RUN:
        return False
    starts = at[np.diff(at, prepend=-2) > 1]
    stops = at[np.diff(at, append=values.size + 1) > 1]
    length = stops - starts + 1
    before, after = values[np.maximum(starts - 1, 0)], values[np.minimum(stops + 1, values.size - 1)]
    # The top of a smooth movement is approached in ever smaller steps; a limit of the range is hit.
    hit = np.maximum(np.abs(before - limit), np.abs(after - limit)) > HIT_SHARE * abs(limit)
    return bool((((length >= MIN_RUN) & hit) | (length >= LONG_RUN)).any())
