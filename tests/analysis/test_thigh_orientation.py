"""The orientation of the thigh: exact against a known movement, and one with the measured angle."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import ImuSamples, analyse
from analysis.calibration import Calibration
from analysis.simulate import IDEAL, Motion, measure, simulate
from analysis.simulate.noise import STEP_S
from analysis.thigh_orientation import thigh_orientation

Array = NDArray[np.float64]
AXES = Calibration((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 1.0, "given")


def matrices(q: Array) -> Array:
    """Rotation matrices (n, 3, 3) of quaternions [w x y z]."""
    w, x, y, z = q.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def turned(axis: int, degrees: Array) -> Array:
    half = np.radians(degrees) / 2
    q = np.zeros((half.size, 4))
    q[:, 0], q[:, 1 + axis] = np.cos(half), np.sin(half)
    return matrices(q)


def between_deg(one: Array, other: Array) -> Array:
    trace = np.einsum("nij,nij->n", one, other)
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def test_a_known_movement_comes_back() -> None:
    t = STEP_S * np.arange(round(20 / STEP_S))
    busy = np.clip((t - 3) / 2, 0, 1)
    zero = np.zeros(t.size)
    thigh = -40 * busy * (1 - np.cos(0.8 * (t - 3)))
    tilt, heading = 15 * busy * np.sin(0.9 * (t - 3)), 60 * busy * np.sin(0.5 * (t - 3))
    motion = Motion(thigh, tilt, zero, heading, np.zeros((t.size, 3)), zero)
    samples = measure(motion, IDEAL, seed=3)

    def at(values: Array) -> Array:
        return np.interp(samples.t_s, t, values)

    truth = turned(2, at(heading)) @ turned(0, at(tilt)) @ turned(1, at(thigh))
    found = matrices(thigh_orientation(samples, at(thigh), AXES))
    off_deg = between_deg(found, truth)
    assert np.median(off_deg) < 1.0
    assert off_deg.max() < 3.0


@pytest.mark.parametrize("gyroscope", [True, False], ids=["with gyroscope", "without"])
def test_it_is_one_with_the_measured_angle(gyroscope: bool) -> None:
    session = simulate("nordic_std", 3)
    samples = session.samples
    if not gyroscope:
        samples = ImuSamples(samples.t_s, samples.acc_mps2)
    calibration = session.calibration
    angle = analyse(samples, None, calibration).thigh_angle_deg
    found = thigh_orientation(samples, angle, calibration)

    known = ~np.isnan(angle)
    assert np.isnan(found[~known]).all()
    np.testing.assert_allclose(np.linalg.norm(found[known], axis=1), 1.0, atol=1e-12)
    up = matrices(found[known])[:, 2]
    sagittal = np.degrees(np.arctan2(-up[:, 0], up[:, 2]))
    off = (sagittal - angle[known] + 180) % 360 - 180
    assert np.abs(off).max() < 1e-9


def test_long_gaps_and_single_samples_are_passed() -> None:
    t = np.concatenate([np.arange(0, 3, 0.01), [30.0], np.arange(60, 63, 0.01)])
    samples = ImuSamples(t, np.tile([0.0, 0.0, 9.81], (t.size, 1)), np.zeros((t.size, 3)))
    found = thigh_orientation(samples, np.zeros(t.size), AXES)

    assert found.shape == (t.size, 4)
    np.testing.assert_allclose(found, np.tile([1.0, 0, 0, 0], (t.size, 1)), atol=0.02)
