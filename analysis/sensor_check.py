"""Whether the gyroscope and the accelerometer tell the same story.

The orientation filter has to pull the inclination back to the accelerometer all the time. With a healthy
gyroscope that pull is the small rest of its bias; with a faulty one it is a steady share of the movement.
The two limits part every faulty from every healthy recording of the public set of leg exercises that has
one broken gyroscope in it, and pass walking, fast rotation and shaking.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.orientation import FRAME_S, Frames

Array = NDArray[np.float64]

WINDOW = 25
SETTLING_S = 4.0
MIN_EVIDENCE_S = 20.0
MAX_MEDIAN_PULL_DPS = 0.30
MAX_PULL_SHARE = 0.045


class GyroscopeCheck:
    """Streaming comparison; the sums run over windows of half a second."""

    __slots__ = ("_carry_rate", "_carry_up", "_moved", "_pulled", "_pulls", "_skip")

    def __init__(self) -> None:
        self._carry_up: Array = np.empty((0, 3))
        self._carry_rate: Array = np.empty((0, 3))
        self._pulls: list[float] = []
        self._pulled = self._moved = 0.0
        self._skip = round(SETTLING_S / FRAME_S / WINDOW)

    def step(self, frames: Frames) -> None:
        """Take further frames; gaps are passed over."""
        up = np.concatenate([self._carry_up, frames.up])
        rate = np.concatenate([self._carry_rate, frames.rate_radps])
        n = (up.shape[0] - 1) // WINDOW
        if n <= 0:
            self._carry_up, self._carry_rate = up, rate
            return
        used = n * WINDOW
        self._carry_up, self._carry_rate = up[used:], rate[used:]
        turned = np.diff(up[: used + 1], axis=0) / FRAME_S
        middle_up = 0.5 * (up[:used] + up[1 : used + 1])
        middle_rate = 0.5 * (rate[:used] + rate[1 : used + 1])
        pull = (turned + np.cross(middle_rate, middle_up)).reshape(n, WINDOW, 3).mean(axis=1)
        size = np.degrees(np.linalg.norm(pull, axis=1))
        moved = np.degrees(1.0) ** 2 * (turned**2).sum(axis=1).reshape(n, WINDOW).mean(axis=1)
        kept = np.isfinite(size)
        kept[: self._skip] = False
        self._skip = max(0, self._skip - n)
        self._pulls.extend(size[kept].tolist())
        self._pulled += float((size[kept] ** 2).sum())
        self._moved += float(moved[kept].sum())

    @property
    def disagrees(self) -> bool:
        """True once there is enough evidence that the gyroscope does not measure the rotation."""
        if len(self._pulls) * WINDOW * FRAME_S < MIN_EVIDENCE_S or self._moved == 0.0:
            return False
        share = (self._pulled / self._moved) ** 0.5
        return float(np.median(self._pulls)) > MAX_MEDIAN_PULL_DPS and share > MAX_PULL_SHARE
