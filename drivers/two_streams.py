"""Accelerometer and gyroscope that come in separate notifications, brought together sample by sample.

The rows of the accelerometer stay as they are; the angular rate is drawn as straight lines between the
gyroscope's samples and read at their instants. Nothing is drawn over a loss: where the gyroscope has
nothing for longer than `LONGEST_LINE` of its periods, the samples of the accelerometer are left out, and
that is a gap in the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LONGEST_LINE = 2.5
# Frames hold up to 2.5 s of one stream; a half that is silent for longer has stopped.
WAIT_S = 6.0


@dataclass(slots=True)
class TwoStreams:
    """What waits for its other half. Both halves are placed on one axis (`axis_s`), strictly increasing.

    That axis is the sensor's own clock where it has one; the times that come out may be on another, such as
    the host's. unmatched: samples of the accelerometer that were left out so far.
    """

    unmatched: int = 0
    _axis_s: Array = field(default_factory=lambda: np.empty(0))
    _t_s: Array = field(default_factory=lambda: np.empty(0))
    _acc: Array = field(default_factory=lambda: np.empty((0, 3)))
    _gyr_axis_s: Array = field(default_factory=lambda: np.empty(0))
    _gyr: Array = field(default_factory=lambda: np.empty((0, 3)))

    def acceleration(self, axis_s: Array, t_s: Array, acc_mps2: Array) -> None:
        """Take (n,) instants, the same as times for the result, and (n, 3) specific forces."""
        self._restart_before(axis_s, self._axis_s)
        self._axis_s = np.concatenate([self._axis_s, axis_s])
        self._t_s = np.concatenate([self._t_s, t_s])
        self._acc = np.concatenate([self._acc, acc_mps2])

    def angular_rate(self, axis_s: Array, gyr_radps: Array) -> None:
        """Take (n,) instants and (n, 3) angular rates."""
        self._restart_before(axis_s, self._gyr_axis_s)
        self._gyr_axis_s = np.concatenate([self._gyr_axis_s, axis_s])
        self._gyr = np.concatenate([self._gyr, gyr_radps])

    def matched(self) -> tuple[Array, Array, Array]:
        """Return (n,) times, (n, 3) forces and (n, 3) rates of all samples that have both halves."""
        newest_s = self._gyr_axis_s[-1] if self._gyr_axis_s.size else -np.inf
        # Without its other half for too long, a sample is given up.
        given_up_s = self._axis_s[-1] - WAIT_S if self._axis_s.size else -np.inf
        ready = int(np.searchsorted(self._axis_s, max(newest_s, given_up_s), side="right"))
        if not ready:
            self._forget()
            return self._t_s[:0], self._acc[:0], self._acc[:0]
        axis_s, t_s, acc = self._axis_s[:ready], self._t_s[:ready], self._acc[:ready]
        self._axis_s, self._t_s, self._acc = self._axis_s[ready:], self._t_s[ready:], self._acc[ready:]
        if self._gyr_axis_s.size < 2:
            self.unmatched += ready
            return t_s[:0], acc[:0], acc[:0]
        after = np.clip(np.searchsorted(self._gyr_axis_s, axis_s), 1, self._gyr_axis_s.size - 1)
        before_s, after_s = self._gyr_axis_s[after - 1], self._gyr_axis_s[after]
        steps_s = np.diff(self._gyr_axis_s)
        middle = steps_s.size // 2
        # The median, without what makes np.median slow for so few.
        longest_s = LONGEST_LINE * float(np.partition(steps_s, middle)[middle])
        kept = (axis_s >= before_s) & (axis_s <= after_s) & (after_s - before_s <= longest_s)
        self.unmatched += ready - int(kept.sum())
        gyr: Array = np.empty((ready, 3))
        for axis in range(3):
            gyr[:, axis] = np.interp(axis_s, self._gyr_axis_s, self._gyr[:, axis])
        self._forget()
        return t_s[kept], acc[kept], gyr[kept]

    def _forget(self) -> None:
        """Drop old rates: what comes of the accelerometer later may be as old as a frame is long."""
        axis_s = self._gyr_axis_s
        # A second at a time, so that most packets have nothing to look for.
        if axis_s.size and float(axis_s[-1]) - float(axis_s[0]) > WAIT_S + 1.0:
            spare = int(np.searchsorted(axis_s, float(axis_s[-1]) - WAIT_S))
            self._gyr_axis_s, self._gyr = axis_s[spare:], self._gyr[spare:]

    def _restart_before(self, axis_s: Array, last_s: Array) -> None:
        """Begin anew where an axis goes back, as when the sensor's clock restarts."""
        if last_s.size and axis_s.size and axis_s[0] <= last_s[-1]:
            self.unmatched += self._axis_s.size
            self._axis_s, self._t_s, self._acc = self._axis_s[:0], self._t_s[:0], self._acc[:0]
            self._gyr_axis_s, self._gyr = self._gyr_axis_s[:0], self._gyr[:0]
