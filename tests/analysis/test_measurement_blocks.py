"""The parts of the measurement, each against an exact answer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from analysis import ImuSamples
from analysis.break_point import break_index, caught_at
from analysis.grid import FRAME_S, HALF_S, Cells, UniformGrid
from analysis.lost_samples import LostSamples
from analysis.orientation import cross, frames_of, up_from_quaternion
from analysis.phases import crossings, falling_phase, moving_phase
from analysis.repetitions import lever_arm
from analysis.simulate import reference_boundaries
from analysis.smoothing import Smoother, gaussian, smooth
from analysis.turning_points import Excursion, ExcursionFinder

Array = NDArray[np.float64]

STEP_S = 0.02


def trapezoid(
    speed_dps: float, ramp_s: float, seconds: float, pause: tuple[float, float] = (0.0, 0.0)
) -> Array:
    """Speed every 20 ms: 2 s still, up the ramp, steady, down the ramp, 2 s still; with a pause in it."""
    t = np.arange(0.0, seconds + 4.0, STEP_S)
    speed = speed_dps * np.clip(np.minimum(t - 2.0, seconds + 2.0 - t) / ramp_s, 0.0, 1.0)
    return np.where((t > 2.0 + pause[0]) & (t < 2.0 + pause[0] + pause[1]), 0.0, speed)


def measured(speed_dps: Array) -> tuple[float, float]:
    angle = np.cumsum(speed_dps) * STEP_S
    still = round(1.5 / STEP_S)
    found = moving_phase(angle, speed_dps, speed_dps, still, angle.size - still, STEP_S)
    assert found is not None
    return found.start * STEP_S, found.end * STEP_S


@pytest.mark.parametrize("ramp_s", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("speed_dps", [4.0, 12.0, 40.0])
def test_estimator_and_reference_definition_agree(speed_dps: float, ramp_s: float) -> None:
    speed = trapezoid(speed_dps, ramp_s, 4.0)

    start_s, end_s = reference_boundaries(np.cumsum(speed) * STEP_S, STEP_S)

    assert measured(speed) == pytest.approx((start_s, end_s), abs=0.02)


@pytest.mark.parametrize(
    "shape",
    [
        lambda u: np.minimum(u, 1 - u),
        lambda u: np.sin(np.pi * u),
        lambda u: u**2 * (1 - u) ** 2,
    ],
    ids=["never steady", "cosine", "minimum jerk"],
)
@pytest.mark.parametrize(("range_deg", "seconds"), [(60.0, 4.0), (20.0, 3.0), (20.0, 6.0), (60.0, 8.0)])
def test_however_somebody_speeds_up_the_definition_holds(
    shape: Callable[[Array], Array], range_deg: float, seconds: float
) -> None:
    """What is slower than v_ref belongs to the mean that v_ref is taken from, and is not seen."""
    n = round(seconds / STEP_S)
    speed = shape((np.arange(n) + 0.5) / n)
    still = np.zeros(100)
    speed = np.concatenate([still, speed * range_deg / (STEP_S * speed.sum()), still])

    start_s, end_s = reference_boundaries(np.cumsum(speed) * STEP_S, STEP_S)
    found_s, stop_s = measured(speed)

    assert stop_s - found_s == pytest.approx(end_s - start_s, rel=0.015)


@pytest.mark.parametrize("pause_s", [0.3, 1.0, 2.0])
def test_a_stop_in_the_middle_belongs_to_the_phase(pause_s: float) -> None:
    speed = trapezoid(15.0, 0.3, 4.0 + pause_s, (1.8, pause_s))

    start_s, end_s = measured(speed)

    assert end_s - start_s == pytest.approx(4.0 + pause_s, abs=0.15)


def test_a_twitch_before_the_movement_does_not() -> None:
    speed = trapezoid(15.0, 0.3, 4.0)
    speed[20:30] = 5.0  # a degree of it, a good second before

    start_s, _ = measured(speed)

    assert start_s > 2.0


def test_a_falling_phase_is_a_rising_one_in_the_mirror_of_time() -> None:
    speed = trapezoid(20.0, 0.6, 3.0)
    speed[150:] *= 0.7
    angle = np.cumsum(speed) * STEP_S
    rising = moving_phase(angle, speed, speed, 75, angle.size - 75, STEP_S)
    last = angle.size - 1

    falling = falling_phase(angle[::-1], -speed[::-1], -speed[::-1], 74, last - 75, STEP_S)

    assert rising is not None
    assert falling is not None
    assert falling.start == pytest.approx(last - rising.end)
    assert falling.end == pytest.approx(last - rising.start)
    assert falling.reference_dps == rising.reference_dps


@pytest.mark.parametrize("angle", [np.zeros(50), np.linspace(5.0, 0.0, 50), np.full(50, -3.0)])
def test_what_does_not_rise_has_no_rising_phase(angle: Array) -> None:
    rate = np.gradient(angle, STEP_S)

    assert moving_phase(angle, rate, rate, 5, 45, STEP_S) is None


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, st.integers(3, 80), elements=st.floats(-60, 60)),
    st.integers(0, 79),
    st.integers(0, 79),
)
def test_any_signal_has_a_phase_in_order_or_none(rate: Array, base: int, far: int) -> None:
    base, far = base % rate.size, far % rate.size
    angle = np.cumsum(rate) * STEP_S

    found = moving_phase(angle, rate, rate, base, far, STEP_S)

    if found is not None:
        assert base <= found.start < found.end <= far
        assert 0.0 < found.reference_dps <= 5.0


def test_shares_of_the_way_are_read_off_exactly() -> None:
    angle = np.concatenate([np.zeros(10), np.arange(0.0, 41.0), np.full(10, 40.0)])

    assert crossings(angle, 5, 55, (0.1, 0.9)) == pytest.approx((14.0, 46.0))
    assert crossings(-angle, 5, 55, (0.25, 0.5)) == pytest.approx((20.0, 30.0))


def hinge(controlled_dps: float, break_s: float, c: float, fall_s: float) -> Array:
    t = np.arange(0.0, break_s + fall_s, STEP_S)
    return controlled_dps + c * np.maximum(0.0, t - break_s) ** 2


@pytest.mark.parametrize("break_s", [1.5, 2.5, 4.0])
@pytest.mark.parametrize("controlled_dps", [8.0, 20.0])
def test_the_knot_of_a_hinge_is_its_break_point(break_s: float, controlled_dps: float) -> None:
    rate = hinge(controlled_dps, break_s, 500.0, 0.5)

    assert break_index(rate, 0, rate.size - 1, STEP_S) == round(break_s / STEP_S)


@pytest.mark.parametrize(
    "rate",
    [
        np.full(150, 25.0),
        hinge(20.0, 2.5, 60.0, 0.5),  # speeds up, but not to 45 deg/s
        np.concatenate([hinge(15.0, 1.5, 500.0, 0.5), np.full(100, 10.0)]),  # long before the end
        hinge(20.0, 0.2, 500.0, 0.5),  # over before anything was controlled
        np.linspace(40.0, 60.0, 150),  # fast all along
        np.full(10, 90.0),
    ],
    ids=["steady", "slow", "early", "no control", "fast", "short"],
)
def test_what_is_not_a_fall_has_no_break_point(rate: Array) -> None:
    assert break_index(rate, 0, rate.size - 1, STEP_S) is None


def excursions(angle: Array, cuts: list[int] | None = None, floor_deg: float = -1e9) -> list[Excursion]:
    finder = ExcursionFinder(floor_deg, 1e9, 3.0, settled=20, stuck=75, longest=3000)
    bounds = [0, *sorted(cuts or []), angle.size]
    found: list[Excursion] = []
    for a, b in pairwise(bounds):
        found += finder.step(angle[a:b], a)
    return found


def path(*points: tuple[int, float]) -> Array:
    at, angle = zip(*points, strict=True)
    return np.interp(np.arange(at[-1] + 1), at, angle)


def test_a_fall_ends_at_its_catch_and_not_with_the_arms() -> None:
    t = np.arange(0.0, 6.0, STEP_S)
    controlled = np.where((t > 0.5) & (t < 3.0), 14.0, 0.0)
    fall = np.where((t >= 3.0) & (t < 3.5), 14.0 + 220.0 * (t - 3.0), 0.0)
    caught = np.where((t >= 3.5) & (t < 3.6), 124.0 * (1 - (t - 3.5) / 0.1), 0.0)
    arms = np.where((t >= 3.6) & (t < 5.0), 5.5, 0.0)
    rate = smooth(controlled + fall + caught + arms, gaussian(6.0, 1 / STEP_S))
    stopped = rate.copy()
    stopped[t > 3.65] = 0.0

    found = caught_at(np.where((t > 3.6) & (t < 3.75), 0.0, rate), 25, round(5.0 / STEP_S), STEP_S, 3.5)

    assert found is not None
    assert found * STEP_S == pytest.approx(3.6, abs=0.06)
    assert caught_at(stopped, 25, round(3.65 / STEP_S), STEP_S, 3.5) is None
    assert caught_at(controlled, 25, t.size - 1, STEP_S, 3.5) is None


def test_an_excursion_has_its_turning_points_where_they_are() -> None:
    angle = path((0, 0.0), (50, 0.0), (150, 40.0), (180, 38.0), (260, 0.5), (400, 0.5))

    (found,) = excursions(angle)

    assert (found.base, found.peak, found.end) == (0, 150, 260)
    assert (found.base_deg, found.peak_deg, found.end_deg) == (0.0, 40.0, 0.5)
    assert found.range_deg == 39.5
    assert found.known == 260 + 20 - 1  # the last new low by more than 0.8 deg is one before the end


def test_touch_and_go_is_known_when_it_rises_again() -> None:
    angle = path((0, 0.0), (100, 20.0), (200, 1.0), (300, 20.0), (400, 1.0), (500, 20.0))

    found = excursions(angle)

    assert [(one.base, one.peak, one.end) for one in found] == [(0, 100, 200), (200, 300, 400)]
    assert [one.known for one in found] == [216, 416]  # 3 deg above the valley


def test_a_shallow_valley_does_not_end_an_excursion() -> None:
    angle = path((0, 0.0), (100, 30.0), (140, 22.0), (200, 34.0), (300, 0.0), (400, 0.0))

    (found,) = excursions(angle)

    assert (found.base, found.peak, found.end) == (0, 200, 300)


def test_what_does_not_come_back_is_none() -> None:
    assert excursions(path((0, 0.0), (100, 30.0), (160, 18.0), (600, 18.0))) == []


def test_below_the_floor_nothing_happens() -> None:
    angle = path((0, 0.0), (60, -60.0), (200, -60.0), (260, 0.0), (400, 0.0))

    assert excursions(angle, floor_deg=-3.0) == []
    assert len(excursions(-angle, floor_deg=-3.0)) == 1


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 120), st.floats(-60, 60)), min_size=1, max_size=12),
    st.lists(st.integers(0, 1500), max_size=20),
)
def test_excursions_do_not_depend_on_the_cuts(moves: list[tuple[int, float]], cuts: list[int]) -> None:
    points = [(0, 0.0)]
    for steps, to_deg in moves:
        points.append((points[-1][0] + steps, to_deg))
    angle = np.round(path(*points), 1)

    whole = excursions(angle, floor_deg=-30.0)
    one_by_one = excursions(angle, list(range(angle.size)), floor_deg=-30.0)

    assert excursions(angle, [min(cut, angle.size) for cut in cuts], floor_deg=-30.0) == whole == one_by_one
    for found in whole:
        assert found.base < found.peak < found.end <= found.known
        assert found.peak_deg > max(found.base_deg, found.end_deg)


@pytest.mark.parametrize("hz", [0.5, 3.0, 7.0])
def test_the_kernel_halves_what_it_says(hz: float) -> None:
    kernel = gaussian(hz, 50.0)
    t = (np.arange(kernel.size) - kernel.size // 2) / 50.0

    assert kernel.sum() == pytest.approx(1.0)
    assert kernel @ np.cos(2 * np.pi * hz * t) == pytest.approx(0.5, abs=0.01)
    assert np.array_equal(kernel, kernel[::-1])


def test_smoothing_keeps_constants_lines_and_the_length() -> None:
    kernel = gaussian(3.0, 50.0)
    line = np.arange(100.0)

    assert smooth(np.full(7, 2.5), kernel) == pytest.approx(np.full(7, 2.5))
    assert smooth(line, kernel)[15:-15] == pytest.approx(line[15:-15])
    assert smooth(np.column_stack([line, -line]), kernel).shape == (100, 2)


@settings(deadline=None)
@given(st.integers(1, 90), st.lists(st.integers(0, 90), max_size=10))
def test_smoothing_a_stream_is_smoothing_the_whole(n: int, cuts: list[int]) -> None:
    rows = np.random.default_rng(n).normal(size=(n, 2))
    kernels = [gaussian(3.0, 50.0), gaussian(7.0, 50.0)]
    smoother = Smoother(kernels)
    bounds = [0, *sorted(min(cut, n) for cut in cuts), n]

    parts = [smoother.step(rows[a:b]) for a, b in pairwise(bounds)]
    out = np.concatenate([*parts, smoother.finish()])

    whole = np.column_stack([smooth(rows[:, i], kernels[i]) for i in range(2)])
    np.testing.assert_allclose(out, whole, atol=1e-12)


def samples_at(t: Array, gyroscope: bool = True) -> ImuSamples:
    rng = np.random.default_rng(t.size)
    return ImuSamples(t, rng.normal(size=(t.size, 3)), rng.normal(size=(t.size, 3)) if gyroscope else None)


def on_grid(samples: ImuSamples, cuts: list[int]) -> list[Cells]:
    grid = UniformGrid(float(samples.t_s[0]), gyroscope=samples.gyr_radps is not None)
    bounds = [0, *sorted(cuts), len(samples)]
    return [grid.step(samples[a:b]) for a, b in pairwise(bounds) if b > a]


steps = st.lists(st.sampled_from([0.001, 0.0049, 0.01, 0.0123, 0.02, 0.04, 0.11, 0.3, 0.77]), max_size=40)


@settings(deadline=None)
@given(steps, st.lists(st.integers(0, 41), max_size=10), st.sampled_from([0.0, 12.345, 1e6]), st.booleans())
def test_cutting_changes_no_bit_on_the_grid(
    step_s: list[float], cuts: list[int], start_s: float, gyroscope: bool
) -> None:
    t = start_s + np.concatenate([[0.0], np.cumsum(step_s)])
    samples = samples_at(t, gyroscope)

    (whole,) = on_grid(samples, [])
    cut = on_grid(samples, [min(c, t.size) for c in cuts])

    for name in ("acc_mps2", "missing", "lost") + (("gyr_radps",) if gyroscope else ()):
        assert np.array_equal(np.concatenate([getattr(cells, name) for cells in cut]), getattr(whole, name))
    assert [gap for cells in cut for gap in cells.gaps] == list(whole.gaps)
    assert len(whole) == int((t[-1] - t[0]) / FRAME_S + 1e-6)


@given(steps.filter(lambda s: sum(s) > 0.05))
def test_the_grid_keeps_the_integral(step_s: list[float]) -> None:
    samples = samples_at(np.concatenate([[0.0], np.cumsum(step_s)]))
    (cells,) = on_grid(samples, [])
    # What was filled in counts as measured.
    samples, _ = LostSamples().step(samples)
    t, gyr = samples.t_s, samples.gyr_radps
    assert gyr is not None
    assert cells.gyr_radps is not None

    # A sample stands for the time since the one before it, in which the signal rises as it did since the
    # sample before; over a gap it runs straight.
    fine = np.linspace(0.0, len(cells) * FRAME_S, 80 * len(cells) + 1)
    middle = 0.5 * (fine[1:] + fine[:-1])
    at = np.minimum(np.searchsorted(t, middle), t.size - 1)
    slope = np.zeros_like(gyr)
    slope[2:] = (gyr[2:] - gyr[1:-1]) / (0.5 * (t[2:] - t[:-2]))[:, None]
    value = gyr[at] + slope[at] * (middle - 0.5 * (t[at] + t[at - 1]))[:, None]
    gap = (t[at] - t[at - 1]) > 0.1001
    straight = np.column_stack([np.interp(middle, t, column) for column in gyr.T])
    value[gap] = straight[gap]

    integral = np.cumsum(value, axis=0)[39::40] * (fine[1] - fine[0])
    kept = np.cumsum(cells.gyr_radps.reshape(-1, 3), axis=0) * HALF_S
    np.testing.assert_allclose(kept, integral, atol=2e-3)


def test_gaps_are_where_they_are() -> None:
    t = np.concatenate([np.arange(0, 1, 0.01), np.arange(1.2, 2, 0.01), np.arange(2.8, 4, 0.01)])

    (cells,) = on_grid(samples_at(t), [])

    assert [(round(gap.start_s, 6), round(gap.end_s, 6)) for gap in cells.gaps] == [(0.99, 1.2), (1.99, 2.8)]
    assert np.flatnonzero(cells.missing).tolist() == [*range(49, 60), *range(99, 140)]
    assert np.flatnonzero(cells.lost).tolist() == [*range(99, 140)]


@pytest.mark.parametrize("hole_s", [0.1, 0.0999])
def test_a_tenth_of_a_second_is_no_gap(hole_s: float) -> None:
    t = np.concatenate([np.arange(50) * 0.02, 0.98 + hole_s + np.arange(50) * 0.02])

    (cells,) = on_grid(samples_at(t), [])

    assert cells.gaps == ()
    assert not cells.missing.any()


@pytest.mark.parametrize("lever_m", [0.24, -0.2, 0.05])
def test_the_lever_arm_is_the_distance_from_the_pivot(lever_m: float) -> None:
    t = np.arange(0.0, 6.0, STEP_S)
    rate_dps = 30.0 * np.sin(2 * np.pi * 0.7 * t) + 12.0 * np.sin(2 * np.pi * 1.3 * t + 1.0)
    alpha = np.gradient(np.radians(rate_dps), STEP_S)

    found_m, r2 = lever_arm(lever_m * alpha, rate_dps, STEP_S)

    assert found_m == pytest.approx(lever_m, rel=0.05)
    assert 0.95 < r2 <= 1.0  # what is lost is lost at the two ends


def test_a_lever_arm_without_movement_says_nothing() -> None:
    assert lever_arm(np.ones(100), np.zeros(100), STEP_S) == (0.0, 0.0)
    noise = np.random.default_rng(1).normal(size=(2, 400))
    assert lever_arm(noise[0], noise[1], STEP_S)[1] < 0.1


def test_up_is_up_in_the_sensor_frame() -> None:
    half = np.sqrt(0.5)
    turns = np.array([[1, 0, 0, 0], [half, half, 0, 0], [half, 0, half, 0], [0, 1, 0, 0]], dtype=float)

    expected = [[0, 0, 1], [0, 1, 0], [-1, 0, 0], [0, 0, -1]]
    np.testing.assert_allclose(up_from_quaternion(turns), expected, atol=1e-12)


@given(
    hnp.arrays(np.float64, (5, 3), elements=st.floats(-9, 9)),
    hnp.arrays(np.float64, (5, 3), elements=st.floats(-9, 9)),
)
def test_cross_products_are_those_of_numpy(a: Array, b: Array) -> None:
    np.testing.assert_allclose(cross(a, b), np.cross(a, b), atol=1e-12)


@pytest.mark.parametrize("bias_dps", [0.0, 6.0])
def test_orientation_follows_a_turn_and_takes_the_bias_out(bias_dps: float) -> None:
    t = np.arange(0.0, 30.0, 0.01)
    rate = np.where((t >= 20.0) & (t < 22.0), 30.0, 0.0)
    angle = np.radians(np.cumsum(rate) * 0.01)
    acc = 9.81 * np.column_stack([-np.sin(angle), np.zeros(t.size), np.cos(angle)])
    gyr = np.radians(np.column_stack([np.full(t.size, bias_dps), rate - bias_dps, np.zeros(t.size)]))

    frames = frames_of(ImuSamples(t, acc, gyr))

    times = FRAME_S * (np.arange(len(frames)) + 0.5)
    truth = np.interp(times, t + 0.01, np.degrees(angle))
    tilted = np.degrees(np.arctan2(-frames.up[:, 0], frames.up[:, 2]))
    assert np.abs(tilted - truth)[50:].max() < 0.4
    moving = (times > 20.1) & (times < 21.9)
    assert np.degrees(frames.rate_radps[moving, 1]) == pytest.approx(30.0, abs=0.2)
