"""How the sensor sits on the thigh: the two body axes in the sensor frame, and how sure we are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CalibrationMethod = Literal["knee lifts", "standing", "whole recording", "first movement", "given"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Body axes of the thigh in the sensor frame, unit vectors.

    long_axis: from the knee to the hip: what points up when standing.
    lateral_axis: medio-lateral; rotating about it by the right-hand rule brings the hip in front of the knee.
    sign_confidence: probability that lateral_axis has the right sense, 0.5-1.
    """

    long_axis: tuple[float, float, float]
    lateral_axis: tuple[float, float, float]
    sign_confidence: float
    method: CalibrationMethod
