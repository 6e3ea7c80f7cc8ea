"""Does the sensor still sit as it did before the link was lost?

What it did meanwhile nobody saw. But a thigh that rests is turned about its medio-lateral axis, whatever the
posture: where gravity leans out of the plane of movement by another angle than at any rest before, the sensor
has turned on the leg. So it has where the thigh seems to rest as no thigh can. What this cannot see: a sensor
that tipped within that plane, or turned round a thigh that stands upright; lying or sitting shows the latter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, thigh_axes
from analysis.half_seconds import HalfSecond, HalfSeconds
from analysis.live_check import is_rest
from analysis.results import RestCompared
from analysis.samples import ImuSamples

Array = NDArray[np.float64]

LOSS_S = 1.0
"""Shorter than this nobody gets hold of a sensor."""

TILT_DEG, NEW_POSTURE_TILT_DEG = 12.0, 25.0
"""How much the tilt may differ from a rest in the same posture, and from any where this posture is new: lying
down, a leg falls outwards by some 20 degrees."""

UNREACHED_FROM_DEG, UNREACHED_TO_DEG = 105.0, 147.0
"""Thigh angles at which nobody rests, between prone and the knees hugged to the chest: those of a bridge
whose sensor is the wrong way round."""

SAME_POSTURE_DEG = 35.0
NEW_TILT_DEG, MOST_RESTS = 2.0, 64
"""Rests that differ by less are one; so many are kept."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The thigh at rest: its angle (see `calibration.thigh_angle`) and its tilt out of the plane, degrees."""

    angle_deg: float
    tilt_deg: float


UPRIGHT = Rest(0.0, 0.0)
"""Standing still, from which every calibration comes."""


def rest_of(force_mps2: Array, axes: Array) -> Rest:
    """The posture that a mean specific force (3,) at rest shows; axes: see `calibration.thigh_axes`."""
    front, lateral, along = (force_mps2 @ axes).tolist()
    return Rest(
        math.degrees(math.atan2(-front, along)),
        math.degrees(math.atan2(lateral, math.hypot(front, along))),
    )


def compare(rest: Rest, seen: list[Rest]) -> tuple[float, bool]:
    """How much (deg) a rest differs from the likest one seen (at least one) in its tilt, and if it may.

    Where no thigh rests so, it is by how much it differs in its angle.
    """
    if UNREACHED_FROM_DEG < rest.angle_deg < UNREACHED_TO_DEG:
        return min(_apart_deg(each, rest) for each in seen), False
    alike = [each for each in seen if _apart_deg(each, rest) < SAME_POSTURE_DEG]
    off_deg = min(abs(rest.tilt_deg - each.tilt_deg) for each in alike or seen)
    return off_deg, off_deg <= (TILT_DEG if alike else NEW_POSTURE_TILT_DEG)


def moved_deg(samples: ImuSamples) -> float:
    """How far gravity wandered through the sensor, to and fro: what is faster than a second is left out."""
    pieces = HalfSeconds().step(samples)
    means = np.array([piece.mean_mps2 for piece in pieces]).reshape(-1, 3)[: len(pieces) // 2 * 2]
    seconds = means[::2] + means[1::2]
    seconds = seconds / np.maximum(np.linalg.norm(seconds, axis=1, keepdims=True), 1e-9)
    cosines = np.clip(np.einsum("ij,ij->i", seconds[1:], seconds[:-1]), -1.0, 1.0)
    return float(np.degrees(np.arccos(cosines)).sum())


def _apart_deg(a: Rest, b: Rest) -> float:
    return abs((a.angle_deg - b.angle_deg + 180.0) % 360.0 - 180.0)


class PostureWatch:
    """Remembers the rests of a session, and compares the first one after each loss of the link with them."""

    def __init__(self, calibration: Calibration) -> None:
        self._axes = thigh_axes(calibration)
        self._seen = [UPRIGHT]
        self._worn = False
        self._before: HalfSecond | None = None
        self._lost_s: float | None = None
        self._disagreed = False

    def step(self, piece: HalfSecond) -> RestCompared | None:
        """Take the next half second; return what the first rest after a loss says."""
        before, self._before = self._before, piece
        if piece.gap_s > LOSS_S and self._lost_s is None:
            self._lost_s = piece.start_s - piece.gap_s
        if before is None or not is_rest(before, piece):
            return None
        rest = rest_of(0.5 * (before.mean_mps2 + piece.mean_mps2), self._axes)
        # A sensor that lies on a table before anybody wears it may lie there in any way.
        self._worn = self._worn or compare(rest, self._seen)[1]
        lost_s, self._lost_s = self._lost_s, None
        if not self._worn:
            return None
        if lost_s is not None:
            off_deg, agrees = compare(rest, self._seen)
            self._disagreed = self._disagreed or not agrees
            self._remember(rest)
            return RestCompared(piece.end_s, lost_s, off_deg, agrees)
        self._remember(rest)
        return None

    def _remember(self, rest: Rest) -> None:
        # Once it has moved, rests no longer say how it sat.
        if self._disagreed or len(self._seen) >= MOST_RESTS:
            return
        if all(
            _apart_deg(each, rest) > NEW_TILT_DEG or abs(each.tilt_deg - rest.tilt_deg) > NEW_TILT_DEG
            for each in self._seen
        ):
            self._seen.append(rest)
