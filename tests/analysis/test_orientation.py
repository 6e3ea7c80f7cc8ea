"""Up is known while the sensor turns fast, about changing axes, with a biased gyroscope."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from analysis import ImuSamples
from analysis.grid import FRAME_S, UniformGrid
from analysis.orientation import Frames, InertialOrientation, concatenate, frames_of

Array = NDArray[np.float64]

FINE_HZ = 2000.0


def tumbling(seconds: float, speed_dps: float) -> tuple[Array, Array]:
    """Rotation rates (rad/s) about an axis that swings around, three seconds after standing still."""
    t = np.arange(round(seconds * FINE_HZ)) / FINE_HZ
    size = np.radians(speed_dps) * np.clip(t - 3.0, 0.0, 1.0)
    phase = 2 * np.pi * 1.5 * t
    axis = np.column_stack([np.cos(phase), np.sin(phase), 0.5 * np.sin(0.7 * phase)])
    return t, size[:, None] * axis


def sensed(seconds: float, speed_dps: float, rate_hz: float, bias_dps: float) -> tuple[ImuSamples, Array]:
    """What an ideal sensor with a bias would sample, means over its intervals; and the up vectors then."""
    _, rate = tumbling(seconds, speed_dps)
    turn = Rotation.identity()
    ups = np.empty((len(rate) + 1, 3))
    ups[0] = 0.0, 0.0, 1.0
    for i, step in enumerate(Rotation.from_rotvec(rate / FINE_HZ)):
        turn = turn * step
        ups[i + 1] = turn.inv().apply([0.0, 0.0, 1.0])
    size = round(FINE_HZ / rate_hz)
    n = len(rate) // size
    gyr = rate[: n * size].reshape(n, size, 3).mean(axis=1) + np.radians(bias_dps)
    acc = 9.80665 * (0.5 * (ups[1:] + ups[:-1]))[: n * size].reshape(n, size, 3).mean(axis=1)
    t = np.arange(n + 1) * size / FINE_HZ
    samples = ImuSamples(t, np.concatenate([acc[:1], acc]), np.concatenate([gyr[:1], gyr]))
    return samples, ups


@pytest.fixture(scope="module")
def tumbled() -> dict[float, tuple[ImuSamples, Array]]:
    return {rate_hz: sensed(12.0, 200.0, rate_hz, 0.0) for rate_hz in (50.0, 100.0, 200.0)}


def errors_deg(frames: Frames, ups: Array) -> Array:
    middle = FRAME_S * (np.arange(len(frames)) + 0.5)
    truth = ups[np.round(middle * FINE_HZ).astype(int)]
    return np.degrees(2 * np.arcsin(np.linalg.norm(frames.up - truth, axis=1) / 2))


@pytest.mark.parametrize(("rate_hz", "most_deg"), [(50.0, 0.8), (100.0, 0.15), (200.0, 0.15)])
def test_fast_turning_about_changing_axes_is_followed(
    tumbled: dict[float, tuple[ImuSamples, Array]], rate_hz: float, most_deg: float
) -> None:
    samples, ups = tumbled[rate_hz]

    assert errors_deg(frames_of(samples), ups).max() < most_deg


@pytest.mark.parametrize("bias_dps", [-6.0, 3.0, 6.0])
def test_three_seconds_of_standing_are_enough_for_the_bias(bias_dps: float) -> None:
    samples, ups = sensed(6.0, 60.0, 100.0, bias_dps)

    frames = frames_of(samples)

    assert errors_deg(frames, ups).max() < 0.5


def test_the_rate_between_frames_is_their_own_mean() -> None:
    t = np.arange(0.0, 4.0, 0.01)
    rate = np.where(t > 2.0, 1.0, 0.0)
    zero = np.zeros(t.size)
    angle = np.cumsum(rate) * 0.01
    acc = 9.80665 * np.column_stack([-np.sin(angle), zero, np.cos(angle)])

    frames = frames_of(ImuSamples(t, acc, np.column_stack([zero, rate, zero])))

    middle = FRAME_S * (np.arange(len(frames)) + 0.5)
    assert frames.rate_radps[middle > 2.05, 1] == pytest.approx(1.0, abs=0.02)
    assert frames.rate_radps[middle < 1.95, 1] == pytest.approx(0.0, abs=0.02)


def walk_of_noise(seed: int, n: int) -> ImuSamples:
    rng = np.random.default_rng(seed)
    steps = rng.choice([0.005, 0.01, 0.013, 0.2, 0.7], p=[0.3, 0.4, 0.29, 0.008, 0.002], size=n)
    return ImuSamples(
        np.cumsum(steps), rng.normal((0.0, 0.0, 9.8), 1.0, (n, 3)), rng.normal(0.05, 0.7, (n, 3))
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 3), st.lists(st.integers(1, 2500), max_size=12))
def test_cutting_changes_no_bit_of_the_orientation(seed: int, cuts: list[int]) -> None:
    samples = walk_of_noise(seed, 2500)
    edges = sorted({0, *cuts, len(samples)})

    def run(edges: list[int]) -> Frames:
        grid = UniformGrid(float(samples.t_s[0]), gyroscope=True)
        orientation = InertialOrientation()
        parts = [orientation.step(grid.step(samples[begin:stop])) for begin, stop in pairwise(edges)]
        return concatenate(parts)

    whole, cut = run([0, len(samples)]), run(edges)

    assert np.array_equal(whole.missing, cut.missing)
    assert np.array_equal(whole.up, cut.up, equal_nan=True)
    assert np.array_equal(whole.rate_radps, cut.rate_radps, equal_nan=True)
    assert np.array_equal(whole.acc_mps2, cut.acc_mps2, equal_nan=True)
