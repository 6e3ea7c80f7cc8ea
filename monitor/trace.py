"""The last seconds of the thigh angle, in memory that is allotted once and read without a copy or a lock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRACE_S = 15.0
# A picture handed out stays true until half of this has come after it: five minutes of the pipeline's 50 Hz.
CAPACITY = 32_768


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A stretch of the thigh angle, read only. t_s (n,) seconds; thigh_angle_deg (n,), NaN inside gaps."""

    t_s: NDArray[np.float64]
    thigh_angle_deg: NDArray[np.float64]


class TraceRing:
    """A ring written twice, one capacity apart, so that the newest stretch is always one contiguous view.

    One thread writes. Views handed out by `latest` may be read in any thread until half the capacity has
    been written after them.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Allot the memory for `capacity` values."""
        self._capacity = capacity
        self._rows = np.full((2, 2 * capacity), np.nan)
        self._written = 0
        self._last_t_s = -np.inf

    def extend(self, t_s: NDArray[np.float64], thigh_angle_deg: NDArray[np.float64]) -> None:
        """Append values. Time that goes back (a new calibration starts a new grid) is left out."""
        fresh = t_s > self._last_t_s
        if not fresh.all():
            t_s, thigh_angle_deg = t_s[fresh], thigh_angle_deg[fresh]
        if t_s.size == 0:
            return
        self._last_t_s = float(t_s[-1])
        t_s, thigh_angle_deg = t_s[-self._capacity :], thigh_angle_deg[-self._capacity :]
        start = self._written % self._capacity
        first = min(t_s.size, self._capacity - start)
        for row, values in zip(self._rows, (t_s, thigh_angle_deg), strict=True):
            for offset in (0, self._capacity):
                row[start + offset : start + offset + first] = values[:first]
                row[offset : offset + values.size - first] = values[first:]
        self._written += t_s.size

    def latest(self, seconds: float = TRACE_S) -> Trace:
        """Return the last `seconds`, at most half the capacity, as read-only views."""
        count = min(self._written, self._capacity // 2)
        end = (self._written - 1) % self._capacity + 1 + self._capacity if self._written else 0
        t_s = self._rows[0, end - count : end]
        first = int(np.searchsorted(t_s, self._last_t_s - seconds)) if count else 0
        views = self._rows[:, end - count + first : end]
        views.flags.writeable = False
        return Trace(views[0], views[1])
