"""Whatever comes in: a sentence about the sample that is wrong, or a measurement, never anything else."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis import Calibration, CalibrationError, ImuSamples, Pipeline, SamplesError, analyse
from analysis.calibration import calibrate
from analysis.simulate import Sensor, SimulatedSession, accelerometer_only, demo_session

STRAIGHT = Calibration((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 1.0, "given")


def still(n: int, rate_hz: float = 100.0, *, gyroscope: bool = True) -> ImuSamples:
    return ImuSamples(
        np.arange(n) / rate_hz, np.tile([0.0, 0.0, 9.81], (n, 1)), np.zeros((n, 3)) if gyroscope else None
    )


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 99])
@pytest.mark.parametrize("gyroscope", [True, False])
@pytest.mark.parametrize("calibration", [STRAIGHT, None])
@pytest.mark.parametrize("exercise", [None, "nordic", "bridge"])
def test_next_to_nothing(n: int, gyroscope: bool, calibration: Calibration | None, exercise: None) -> None:
    found = analyse(still(n, gyroscope=gyroscope), exercise, calibration)

    assert found.reps == ()
    assert found.thigh_angle_deg.shape == (n,)
    assert found.gaps == ()
    assert found.warnings or calibration
    pipeline = Pipeline(exercise, calibration)
    pipeline.step(still(n, gyroscope=gyroscope))
    pipeline.finish()
    assert pipeline.finish() == []


@pytest.mark.parametrize("force", [0.0, 1e-9, 1.0, 9.81, 300.0])
@pytest.mark.parametrize("gyroscope", [True, False])
def test_a_constant_signal_counts_nothing(force: float, gyroscope: bool) -> None:
    n = 4000
    acc = np.full((n, 3), force / np.sqrt(3))
    gyr = np.full((n, 3), 0.0) if gyroscope else None

    found = analyse(ImuSamples(np.arange(n) / 100, acc, gyr))

    assert found.reps == ()
    assert any("The accelerometer reads" in text for text in found.warnings) == (force != 9.81)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["acc_mps2", "gyr_radps", "t_s"])
@pytest.mark.parametrize("row", [0, 7, 19])
def test_what_is_no_number_is_refused_by_its_place(value: float, name: str, row: int) -> None:
    fields = {"t_s": np.arange(20.0), "acc_mps2": np.ones((20, 3)), "gyr_radps": np.ones((20, 3))}
    fields[name].reshape(20, -1)[row, -1] = value

    with pytest.raises(SamplesError, match=f"{name} is not a finite number at sample {row}$"):
        ImuSamples(**fields)


@pytest.mark.parametrize("later", [4.0, 3.9, -1e300])
def test_time_that_does_not_go_on_is_refused_by_its_place(later: float) -> None:
    with pytest.raises(SamplesError, match="time does not increase at sample 5: 4 s, then "):
        ImuSamples(np.array([0, 1, 2, 3, 4, later, 9]), np.ones((7, 3)))


@pytest.mark.parametrize(
    ("t", "acc", "gyr", "message"),
    [
        (np.zeros((2, 2)), np.ones((2, 3)), None, "t_s must have one dimension, not 2"),
        (np.arange(3), np.ones((2, 3)), None, r"acc_mps2 must have the shape \(3, 3\), not \(2, 3\)"),
        (np.arange(2), np.ones((2, 4)), None, r"acc_mps2 must have the shape \(2, 3\), not \(2, 4\)"),
        (np.arange(2), np.ones((2, 3)), np.ones(6), r"gyr_radps must have the shape \(2, 3\), not \(6,\)"),
    ],
)
def test_shapes_that_disagree_are_refused(t: object, acc: object, gyr: object, message: str) -> None:
    with pytest.raises(SamplesError, match=message):
        ImuSamples(t, acc, gyr)


def test_lists_and_integers_are_taken() -> None:
    samples = ImuSamples([0, 1], [[0, 0, 9]] * 2, [[0, 0, 0]] * 2)

    assert samples.acc_mps2.dtype == np.float64
    assert samples.acc_mps2.flags.c_contiguous


@pytest.mark.parametrize("within_s", [1e-3, 1e-4, 1e-5, 1e-7])
@pytest.mark.parametrize("gyroscope", [True, False])
def test_times_of_arrival_are_named_and_take_no_minutes(within_s: float, gyroscope: bool) -> None:
    """A packet of four samples that lie next to nothing apart is no loss of thousands."""
    made = demo_session(sensor=Sensor(gyroscope=gyroscope))
    one = made.samples
    packet = np.arange(len(one)) // 4
    arrived_s = one.t_s[np.minimum(4 * packet + 3, len(one) - 1)] + within_s * (np.arange(len(one)) % 4)

    found = analyse(ImuSamples(arrived_s, one.acc_mps2, one.gyr_radps), calibration=made.calibration)

    assert len(found.reps) == len(made.reps)
    assert any("that of their arrival" in text for text in found.warnings)


any_float = st.floats(allow_nan=True, allow_infinity=True)


@given(st.data())
def test_samples_are_valid_or_refused(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 8))
    t = data.draw(hnp.arrays(np.float64, n, elements=any_float))
    if data.draw(st.booleans()):
        t = np.sort(t)
    acc = data.draw(hnp.arrays(np.float64, (n, data.draw(st.sampled_from([3, 3, 3, 2]))), elements=any_float))
    gyr = data.draw(st.none() | hnp.arrays(np.float64, (n, 3), elements=any_float))
    values = [acc] if gyr is None else [acc, gyr]
    valid = (
        acc.shape[1] == 3
        and all(np.isfinite(array).all() for array in [t, *values])
        and bool((t[1:] > t[:-1]).all())
    )

    if not valid:
        with pytest.raises(SamplesError):
            ImuSamples(t, acc, gyr)
        return
    samples = ImuSamples(t, acc, gyr)
    assert len(samples) == n
    assert len(samples[1:3]) == len(range(n)[1:3])
    with pytest.raises(AttributeError):
        samples.t_s = t


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_anything_that_is_samples_is_measured_or_refused_with_a_sentence(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 60))
    sizes = st.sampled_from([1e-300, 1e-9, 0.003, 0.01, 0.2, 1.0, 9.81, 40.0, 1e4, 1e9, 1e200, 1e308])
    step = data.draw(hnp.arrays(np.float64, n, elements=sizes.filter(lambda size: size < 1e10)))
    t = np.cumsum(step) + data.draw(st.sampled_from([0.0, -1e3, 1.7e9, 1e13]))
    t = np.unique(t)
    values = st.builds(lambda size, sign: size * sign, sizes, st.sampled_from([-1.0, 0.0, 1.0]))
    acc = data.draw(hnp.arrays(np.float64, (t.size, 3), elements=values))
    gyr = data.draw(st.none() | hnp.arrays(np.float64, (t.size, 3), elements=values))
    samples = ImuSamples(t, acc, gyr)
    cut = data.draw(st.integers(0, t.size))

    if t.size and t[-1] > 1e12:
        with pytest.raises(SamplesError, match="must be within"):
            analyse(samples)
        return
    found = analyse(samples, data.draw(st.sampled_from([None, "nordic", "bridge"])))
    pipeline = Pipeline(None, STRAIGHT)
    pipeline.step(samples[:cut])
    pipeline.step(samples[cut:])
    pipeline.finish()
    assert found.thigh_angle_deg.shape == t.shape
    assert all(rep.lower_s is None or 0.0 < rep.lower_s < 60.0 for rep in found.reps)


def test_a_damaged_sample_is_left_out(session: SimulatedSession) -> None:
    samples = session.samples
    assert samples.gyr_radps is not None
    acc, gyr = samples.acc_mps2.copy(), samples.gyr_radps.copy()
    acc[1200, 1], gyr[1900, 2] = 3e38, -1e300

    found = analyse(ImuSamples(samples.t_s, acc, gyr), calibration=session.calibration)

    before = analyse(samples, calibration=session.calibration)
    assert [rep.lower_s for rep in found.reps] == pytest.approx(
        [rep.lower_s for rep in before.reps], abs=0.02
    )
    assert found.thigh_angle_deg.shape == samples.t_s.shape


def test_nothing_but_damage_is_nothing() -> None:
    samples = still(100)

    found = analyse(ImuSamples(samples.t_s, np.full((100, 3), 1e30), samples.gyr_radps))

    assert found.warnings == ("The recording holds no samples that could be measured.",)
    assert np.isnan(found.thigh_angle_deg).all()


def test_times_beyond_any_clock_are_refused() -> None:
    samples = ImuSamples(np.array([0.0, 1e300]), np.ones((2, 3)))

    with pytest.raises(SamplesError, match=r"t_s runs from 0 s to 1e\+300 s: times must be within 1e\+12 s"):
        analyse(samples)


def test_time_that_goes_back_between_steps_is_refused() -> None:
    samples = still(500)
    pipeline = Pipeline(None, STRAIGHT)
    pipeline.step(samples[:300])

    for first in (0, 299):
        with pytest.raises(SamplesError, match=r"time goes back from 2\.99 s to .* between two steps"):
            pipeline.step(samples[first : first + 10])

    pipeline.step(samples[300:])  # and nothing is broken by it


def test_a_gyroscope_that_comes_or_goes_is_refused() -> None:
    pipeline = Pipeline(None, STRAIGHT)
    pipeline.step(still(300))
    later = ImuSamples(np.arange(300, 310) / 100, np.ones((10, 3)))

    with pytest.raises(SamplesError, match="with and without a gyroscope"):
        pipeline.step(later)
    with pytest.raises(SamplesError, match="some parts have a gyroscope and some have none"):
        ImuSamples.concatenate([still(3), later])


def test_samples_cannot_be_taken_backwards() -> None:
    with pytest.raises(SamplesError, match="backwards"):
        still(5)[::-1]


@pytest.mark.parametrize("gyroscope", [True, False])
def test_gaps_of_weeks_cost_neither_time_nor_memory(gyroscope: bool) -> None:
    samples = still(2000, gyroscope=gyroscope)
    t = samples.t_s + 1e6 * (np.arange(2000) // 100)
    tracemalloc.start()
    began = time.process_time()
    try:
        found = analyse(ImuSamples(t, samples.acc_mps2, samples.gyr_radps), calibration=STRAIGHT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(found.gaps) == 19
    assert peak < 20e6
    assert time.process_time() - began < 3.0


def test_one_sample_every_nine_seconds_is_no_recording() -> None:
    n = 60
    samples = ImuSamples(9.0 * np.arange(n), np.tile([0.0, 0.0, 9.81], (n, 1)), np.zeros((n, 3)))

    found = analyse(samples, calibration=STRAIGHT)

    assert found.reps == ()
    assert len(found.gaps) == n - 1
    assert any("Only 0 samples a second" in text for text in found.warnings)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 30.0])
def test_noise_alone_is_no_movement(seconds: float) -> None:
    rng = np.random.default_rng(5)
    n = round(100 * seconds)
    noise = ImuSamples(np.arange(n) / 100, rng.normal(0, 8, (n, 3)), rng.normal(0, 4, (n, 3)))

    assert analyse(noise).reps == ()
    assert analyse(noise, "bridge").reps == ()
    with pytest.raises(CalibrationError, match=r"\.$"):
        calibrate(noise)


def test_the_samples_are_not_changed(two_sets: Callable[[Sensor], SimulatedSession]) -> None:
    for sensor in (Sensor(), accelerometer_only(Sensor())):
        samples = two_sets(sensor).samples
        before = [samples.t_s.copy(), samples.acc_mps2.copy()]
        for array in (samples.t_s, samples.acc_mps2, samples.gyr_radps):
            if array is not None:
                array.setflags(write=False)

        analyse(samples)

        assert np.array_equal(samples.t_s, before[0])
        assert np.array_equal(samples.acc_mps2, before[1])
