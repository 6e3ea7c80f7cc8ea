"""Whether the sensor can be believed: do its two halves tell the same story, in the units they should have?

The orientation filter has to pull the inclination back to the accelerometer all the time. With a healthy
gyroscope that pull is the small rest of its bias; with a faulty one it is a steady share of the movement,
and with a dead one, or one in another unit, the pull is violent. The limits part every faulty from every
healthy recording of the public set of leg exercises that has one broken gyroscope in it, pass walking, fast
rotation and a bias of 6 deg/s, and catch a scale error of a half (a fifth where the movement is slow).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.grid import FRAME_S
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

PULL_DPS, MAX_PULLED, MAX_PULL_SHARE = 0.30, 0.63, 0.057
"""A faulty gyroscope is pulled by this or more in so much of the time, and by this share of the movement."""

MAX_GYR_RADPS = 20.0
"""No thigh turns faster, not even in a kick, for one part in a hundred of a recording."""

VIOLENT_DPS, MAX_VIOLENT = 10.0, 0.3
FORCE_MPS2 = (0.8 * STANDARD_GRAVITY_MPS2, 1.2 * STANDARD_GRAVITY_MPS2)
"""Where the mean force lies over half a second, whatever a thigh does; half of the windows must comply."""


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

    __slots__ = ("_count", "_gyroscope", "_parts", "_sums", "_windows")

    def __init__(self, *, gyroscope: bool) -> None:
        self._gyroscope = gyroscope
        self._parts: list[Frames] = []
        self._count = 0
        self._windows = 0
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

        force = _sizes(_window_means(whole.acc_mps2[:used]))
        pull, moved = _pull(whole, n)
        kept = np.isfinite(pull) & np.isfinite(force)
        kept[: max(0, SETTLING_WINDOWS - before)] = False
        odd = (force < FORCE_MPS2[0]) | (force > FORCE_MPS2[1])
        columns = [np.ones(n), odd, pull > PULL_DPS, pull > VIOLENT_DPS, pull**2, moved]
        sums = np.where(kept[:, None], np.column_stack(columns), 0.0).cumsum(axis=0) + self._sums
        self._sums = sums[-1]

        windows, odd, pulled, violent, pull_power, power = sums.T
        enough = windows >= MIN_WINDOWS
        faults = {ACCELEROMETER_FAULT: enough & (odd > 0.5 * windows)}
        if self._gyroscope:
            steady = (pulled > MAX_PULLED * windows) & (pull_power > MAX_PULL_SHARE**2 * power)
            steady &= windows >= STEADY_WINDOWS
            faults[GYROSCOPE_FAULT] = steady | (enough & (violent > MAX_VIOLENT * windows))
        found = {int(np.argmax(where)): fault for fault, where in faults.items() if where.any()}
        if not found:
            return None
        known = before + (min(found) // AT_A_TIME + 1) * AT_A_TIME
        return found[min(found)], known * WINDOW + 1


def _pull(frames: Frames, n: int) -> tuple[Array, Array]:
    """How fast (deg/s) the inclination was pulled in n windows, and the mean square of its turning."""
    used = n * WINDOW
    up, rate = frames.up[: used + 1], frames.rate_radps[: used + 1]
    turned = (up[1:] - up[:-1]) * (1 / FRAME_S)
    # Fixed vectors, seen from a sensor that turns, turn the other way: only a pull leaves a difference.
    pull = turned + cross(rate[:-1] + rate[1:], 0.25 * (up[:-1] + up[1:]))
    moved = np.einsum("ij,ij->i", turned.reshape(n, -1), turned.reshape(n, -1)) / WINDOW
    return np.degrees(_sizes(_window_means(pull))), np.degrees(1.0) ** 2 * moved


def _window_means(rows: Array) -> Array:
    # As a product of matrices: a tenth of the time of a mean over the middle one of three axes.
    return rows.reshape(-1, 3 * WINDOW) @ (np.tile(np.eye(3), (WINDOW, 1)) / WINDOW)


def _sizes(rows: Array) -> Array:
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def wrong_unit(samples: ImuSamples) -> tuple[Fault, ...]:
    """What the size of the values in a whole recording says about their units."""
    found: list[Fault] = []
    some = slice(None, None, 1 + len(samples) // 20_000)
    force = float(np.median(np.sqrt((samples.acc_mps2[some] ** 2).sum(axis=1))))
    if not FORCE_MPS2[0] < force < FORCE_MPS2[1]:
        guess = (
            "The values look like g instead of m/s2." if 0.8 < force < 1.2 else "Check its range and unit."
        )
        found.append(Fault(f"the accelerometer reads {force:.3g} m/s2 in the middle, not 9.81", guess))
    gyr = samples.gyr_radps
    if gyr is not None and float(np.percentile(np.abs(gyr[some]), 99)) > MAX_GYR_RADPS:
        found.append(
            Fault(
                f"the gyroscope reads over {MAX_GYR_RADPS:.0f} rad/s",
                "The values look like deg/s instead of rad/s.",
            )
        )
    return tuple(found)
