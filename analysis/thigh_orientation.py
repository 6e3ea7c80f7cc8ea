"""The whole orientation of the thigh, for programs that model the skeleton.

The measurement needs one angle; musculoskeletal models want a rotation. Its inclination is the measured one.
Its heading is the integral of the gyroscope, because nothing in such a sensor knows where north is: it is 0
at the beginning and drifts by some degrees a minute. Without a gyroscope it stays 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, thigh_angle, thigh_axes
from analysis.grid import FRAME_S
from analysis.orientation import frames_of, stretches
from analysis.samples import ImuSamples

Array = NDArray[np.float64]

LEAST_COSINE = 0.1
"""Lying on the side (a tilt over 84 degrees) the heading has no meaning; the formula would divide by 0."""


def thigh_orientation(samples: ImuSamples, thigh_angle_deg: Array, calibration: Calibration) -> Array:
    """Unit quaternions (n, 4), [w x y z], at the times of the samples; NaN where the thigh angle is.

    They turn vectors from the thigh frame (x to the front, y medio-lateral, z from the knee to the hip) into
    a world frame with z up: R = Rz(heading) Rx(tilt) Ry(thigh angle).

    thigh_angle_deg: (n,) as measured, NaN where it is not known. samples must be measurable and not empty.
    """
    heading, tilt = np.empty((2, len(samples)))
    begin, last_heading = 0, 0.0
    for stretch in stretches(samples):
        rows = slice(begin, begin + len(stretch))
        headings, tilts = _heading_and_tilt(stretch, calibration)
        t_s = float(stretch.t_s[0]) + FRAME_S * (np.arange(headings.size) + 0.5)
        if headings.size == 0:
            headings, tilts, t_s = np.zeros(1), np.zeros(1), stretch.t_s[:1]
        heading[rows] = last_heading + np.interp(stretch.t_s, t_s, headings)
        tilt[rows] = np.interp(stretch.t_s, t_s, tilts)
        begin, last_heading = rows.stop, float(heading[rows.stop - 1])
    return _quaternions(heading, tilt, np.radians(thigh_angle_deg))


def _heading_and_tilt(stretch: ImuSamples, calibration: Calibration) -> tuple[Array, Array]:
    """Heading and sideways tilt (m,) in radians of the frames of a stretch.

    With R as above the rate of the thigh, turned back by Ry(thigh angle), is
    (tilt', thigh' + sin(tilt) heading', cos(tilt) heading').
    """
    frames = frames_of(stretch)
    axes = thigh_axes(calibration)
    angle = np.radians(thigh_angle(frames.up, axes))
    tilt = np.arcsin(np.clip(frames.up @ axes[:, 1], -1.0, 1.0))
    if stretch.gyr_radps is None:
        return np.zeros(len(frames)), np.nan_to_num(tilt)
    rate = frames.rate_radps @ axes
    about_z = np.cos(angle) * rate[:, 2] - np.sin(angle) * rate[:, 0]
    turning = about_z / np.maximum(np.cos(tilt), LEAST_COSINE)
    heading = FRAME_S * np.cumsum(np.nan_to_num(turning))
    return heading - heading[:1], np.nan_to_num(tilt)


def _quaternions(heading: Array, tilt: Array, angle: Array) -> Array:
    """Quaternions (n, 4) of Rz(heading) Rx(tilt) Ry(angle), angles (n,) in radians."""
    cz, sz = np.cos(heading / 2), np.sin(heading / 2)
    cx, sx = np.cos(tilt / 2), np.sin(tilt / 2)
    cy, sy = np.cos(angle / 2), np.sin(angle / 2)
    w, x, y, z = cz * cx, cz * sx, sz * sx, sz * cx
    return np.column_stack([w * cy - y * sy, x * cy - z * sy, w * sy + y * cy, x * sy + z * cy])
