"""How the sensor sits on the thigh: found to a few degrees, or refused with what to do better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import Calibration, CalibrationError, ImuSamples, Pipeline, analyse
from analysis.calibration import calibrate, thigh_angle, thigh_axes
from analysis.results import RepCompleted
from analysis.simulate import (
    Movement,
    Sensor,
    SimulatedSession,
    accelerometer_only,
    random_sensor,
    simulate,
)

MOUNTS = [(0.0, 0.0, 0.0), (20.0, -35.0, 170.0), (-95.0, 60.0, 10.0), (180.0, 5.0, -5.0), (45.0, 85.0, 45.0)]


def off_deg(found: tuple[float, float, float], true: tuple[float, float, float]) -> float:
    return float(np.degrees(np.arccos(np.clip(np.dot(found, true), -1.0, 1.0))))


def lifted(seed: int, sensor: Sensor, **knee_lifts: float) -> SimulatedSession:
    script = Movement(seed=seed)
    script.still(2.6)
    script.knee_lifts(**knee_lifts)
    script.still(1.0)
    return script.session(sensor)


@pytest.mark.parametrize("mount_deg", MOUNTS)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "sensor",
    [{}, {"bias_dps": 6.0}, {"rate_hz": 25.0}, {"rate_hz": 200.0}, {"gyroscope": False}],
    ids=lambda sensor: str(sensor),
)
def test_two_knee_lifts_show_both_axes(
    mount_deg: tuple[float, float, float], seed: int, sensor: dict[str, float]
) -> None:
    session = lifted(seed, Sensor(mount_deg=mount_deg, **sensor))

    found = calibrate(session.samples)

    assert off_deg(found.long_axis, session.calibration.long_axis) < 4.0
    assert off_deg(found.lateral_axis, session.calibration.lateral_axis) < 6.0
    assert np.dot(found.long_axis, found.lateral_axis) == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.norm(found.long_axis) == pytest.approx(1.0)
    assert found.method == "knee lifts"
    assert found.sign_confidence > 0.95


def moving(script: Movement) -> None:
    for _ in range(8):
        script.walk(3)


def standing(script: Movement) -> None:
    script.still(6.0)


def one_lift(script: Movement) -> None:
    script.still(2.6)
    script.knee_lifts(1)
    script.still(2.0)


def low_lifts(script: Movement) -> None:
    script.still(2.6)
    script.knee_lifts(height_deg=30.0)
    script.still(2.0)


def foot_elsewhere(script: Movement) -> None:
    script.still(2.6)
    script.knee_lifts(1)
    script.move(-70.0, 0.8, pivot="hip")
    script.move(-14.0, 0.8, pivot="hip")
    script.still(2.0)


@pytest.mark.parametrize(
    ("movement", "advice"),
    [
        (moving, "Stand still for two seconds before the first knee lift."),
        (standing, "No knee lift was seen. Lift the knee of the sensor's leg twice."),
        (one_lift, "Only one knee lift was seen. Lift the knee twice."),
        (low_lifts, "Lift the knee higher, until the thigh is almost level."),
        (foot_elsewhere, "Put the foot back to where it was and stand still at the end."),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_done_wrong_is_said(movement: Callable[[Movement], None], advice: str, seed: int) -> None:
    script = Movement(seed=seed)
    movement(script)

    with pytest.raises(CalibrationError) as error:
        calibrate(script.session(Sensor(mount_deg=MOUNTS[seed])).samples)

    assert str(error.value) == advice


def test_a_lift_to_the_side_is_refused() -> None:
    t = np.arange(0.0, 8.0, 0.01)

    def bumps(*starts_s: float) -> NDArray[np.float64]:
        shapes = [
            np.where(abs(t - s - 0.8) < 0.8, 0.5 + 0.5 * np.cos((t - s - 0.8) * np.pi / 0.8), 0)
            for s in starts_s
        ]
        return np.sum(shapes, axis=0)

    flexion, tilt = np.radians(-65.0) * bumps(3.0, 5.0), np.radians(40.0) * bumps(3.4, 5.4)
    up = np.column_stack([-np.cos(tilt) * np.sin(flexion), np.sin(tilt), np.cos(tilt) * np.cos(flexion)])
    d_flexion, d_tilt = np.gradient(flexion, 0.01), np.gradient(tilt, 0.01)
    gyr = np.column_stack([d_tilt * np.cos(flexion), d_flexion, d_tilt * np.sin(flexion)])

    with pytest.raises(CalibrationError, match="The knee moved sideways"):
        calibrate(ImuSamples(t, 9.81 * up, gyr))


def test_no_samples_are_no_calibration() -> None:
    with pytest.raises(CalibrationError, match="The sensor sent nothing"):
        calibrate(ImuSamples(np.empty(0), np.empty((0, 3))))


@pytest.mark.parametrize("mount_deg", MOUNTS)
def test_a_recording_that_begins_with_knee_lifts_calibrates_itself(
    two_sets: Callable[[Sensor], SimulatedSession], mount_deg: tuple[float, float, float]
) -> None:
    session = two_sets(Sensor(mount_deg=mount_deg))

    found = analyse(session.samples).calibration

    assert found is not None
    assert found.method == "knee lifts"
    assert off_deg(found.long_axis, session.calibration.long_axis) < 4.0
    assert off_deg(found.lateral_axis, session.calibration.lateral_axis) < 6.0


@pytest.mark.parametrize("mount_deg", MOUNTS)
def test_without_knee_lifts_the_pivot_shows_the_axes(mount_deg: tuple[float, float, float]) -> None:
    script = Movement(seed=3)
    script.still(3.0)
    for _ in range(4):
        script.nordic(lower_s=3.0, to_deg=70.0)
        script.still(1.5)
    session = script.session(Sensor(mount_deg=mount_deg))

    found = analyse(session.samples)

    assert found.calibration is not None
    assert found.calibration.method == "whole recording"
    assert found.calibration.sign_confidence == pytest.approx(0.85)  # only the exercise itself speaks
    assert any("only large Nordics" in text for text in found.warnings)
    assert off_deg(found.calibration.long_axis, session.calibration.long_axis) < 8.0
    assert off_deg(found.calibration.lateral_axis, session.calibration.lateral_axis) < 6.0
    assert [rep.exercise for rep in found.reps] == ["nordic"] * 4


def bridges_only(sensor: Sensor) -> SimulatedSession:
    script = Movement(seed=4, start_deg=-138.0)
    script.still(3.0)
    for _ in range(5):
        script.bridge(rise_deg=22.0)
        script.still(1.5)
    return script.session(sensor)


def kneeling_down(script: Movement) -> None:
    script.move(-75.0, 1.2, forward_m=0.05)
    script.still(0.6)
    script.move(0.0, 1.2, pivot="hip", knee_rises_m=-0.45)
    script.still(2.0)


@pytest.mark.parametrize("mount_deg", MOUNTS)
def test_getting_down_on_the_knees_lets_small_nordics_count(mount_deg: tuple[float, float, float]) -> None:
    script = Movement(seed=7)
    script.still(1.6)
    kneeling_down(script)
    for _ in range(4):
        script.nordic(lower_s=2.5, to_deg=26.0)
        script.still(1.5)

    session = script.session(Sensor(mount_deg=mount_deg))
    found = analyse(session.samples)

    assert found.calibration is not None
    assert found.calibration.sign_confidence > 0.9
    assert off_deg(found.calibration.lateral_axis, session.calibration.lateral_axis) < 8.0
    assert [rep.exercise for rep in found.reps] == ["nordic"] * 4


@pytest.mark.parametrize("mount_deg", MOUNTS)
def test_a_pivot_that_hangs_above_the_sensor_is_the_knee_of_a_bridge(
    mount_deg: tuple[float, float, float],
) -> None:
    session = bridges_only(Sensor(mount_deg=mount_deg))

    found = analyse(session.samples)

    assert found.calibration is not None
    assert found.calibration.sign_confidence > 0.9
    assert off_deg(found.calibration.lateral_axis, session.calibration.lateral_axis) < 8.0
    assert [rep.exercise for rep in found.reps] == ["bridge"] * 5


@pytest.mark.parametrize(("rest_deg", "rise_deg"), [(-140.0, 30.0), (-130.0, 8.0), (-146.0, 8.0)])
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_told_bridge_needs_nothing_but_itself(rest_deg: float, rise_deg: float, seed: int) -> None:
    """No standing, no shock on the floor, a sensor askew: only the pivot tells lifting from lowering."""
    script = Movement(seed=seed, start_deg=rest_deg)
    script.still(1.0)
    for _ in range(4):
        script.bridge(rise_deg=rise_deg, lift_s=2.2, lower_s=5.0, base_shift_deg=0.0, touchdown_mps2=0.0)
        script.still(1.6)
    session = script.session(Sensor(mount_deg=(40.0, 25.0, -30.0)))

    found = analyse(session.samples, "bridge")

    assert found.calibration is not None
    assert off_deg(found.calibration.lateral_axis, session.calibration.lateral_axis) < 10.0
    assert found.warnings == ()
    assert len(found.reps) == 4


@pytest.mark.parametrize("seed", [17, 77, 257])
def test_rolling_about_shows_no_axis(seed: int) -> None:
    session = simulate("floor", 60_000 + seed, calibration="none")

    found = analyse(session.samples)

    assert found.calibration is None or found.calibration.sign_confidence < 0.75
    assert found.reps == ()


def test_an_accelerometer_alone_has_to_be_told_the_exercise() -> None:
    session = bridges_only(accelerometer_only(Sensor()))

    alone, told = analyse(session.samples), analyse(session.samples, "bridge")

    assert alone.reps == ()
    assert any("could not be worked out" in text for text in alone.warnings)
    assert len(told.reps) == 5
    assert told.calibration is not None
    assert told.calibration.method == "assumed supine"
    assert any("assumed" in text for text in told.warnings)


def test_live_what_came_before_the_calibration_is_measured_when_it_is_known(
    two_sets: Callable[[Sensor], SimulatedSession],
) -> None:
    session = two_sets(Sensor(mount_deg=MOUNTS[1]))
    samples = session.samples
    pipeline = Pipeline()
    known_s: float | None = None
    reps: list[RepCompleted] = []

    for begin in range(0, len(samples), 10):
        reps += [e for e in pipeline.step(samples[begin : begin + 10]) if isinstance(e, RepCompleted)]
        if known_s is None and pipeline.calibration is not None:
            known_s = float(samples.t_s[begin])

    assert known_s is not None
    assert known_s < 12.0
    assert len(reps) == 4


def test_a_recording_of_nothing_is_not_guessed_at() -> None:
    script = Movement(seed=5)
    script.still(20.0)

    found = analyse(script.session().samples)

    assert found.calibration is None
    assert np.isnan(found.thigh_angle_deg).all()
    assert any("could not be worked out" in text for text in found.warnings)


@pytest.mark.parametrize("angle_deg", [-199.0, -138.0, -90.0, -1.0, 0.0, 45.0, 90.0, 159.0])
def test_the_thigh_angle_is_continuous_over_all_exercises(angle_deg: float) -> None:
    axes = thigh_axes(Calibration((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 1.0, "given"))
    angle = np.radians(angle_deg)
    up = np.array([[-np.sin(angle), 0.0, np.cos(angle)]])

    assert thigh_angle(up, axes) == pytest.approx([angle_deg])


def test_axes_are_right_handed() -> None:
    front, lateral, long = thigh_axes(Calibration((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 1.0, "given")).T

    assert front.tolist() == [1.0, 0.0, 0.0]
    assert np.cross(front, lateral).tolist() == long.tolist()


def hip_extensions(script: Movement) -> None:
    for i in range(8):
        script.move(18.0 + i, 1.4 + 0.1 * i, pivot="hip")
        script.still(0.5)
        script.move(0.0, 1.4 + 0.1 * i, pivot="hip")
        script.still(0.8)


def hip_abductions(script: Movement) -> None:
    for i in range(8):
        script.move(2.0, 1.5, pivot="hip", tilt_deg=20.0 + 2.0 * i)
        script.still(0.5)
        script.move(0.0, 1.5, pivot="hip", tilt_deg=0.0)
        script.still(0.8)


def lie_down(script: Movement, rest_deg: float) -> None:
    script.move(-80.0, 2.0)
    script.still(0.5)
    script.move(rest_deg, 2.5, pivot="hip")
    script.still(2.0)


def leg_raises(script: Movement) -> None:
    lie_down(script, -90.0)
    for i in range(8):
        script.move(-125.0 - 3.0 * i, 1.4 + 0.2 * i, pivot="hip")
        script.still(0.5)
        script.move(-90.0, 1.4 + 0.2 * i, pivot="hip")
        script.still(0.8)


def heel_slides(script: Movement) -> None:
    lie_down(script, -138.0)
    for i in range(8):
        script.move(-95.0 - i, 1.6 + 0.2 * i, pivot="hip")
        script.still(0.5)
        script.move(-138.0, 1.6 + 0.2 * i, pivot="hip")
        script.still(0.8)


@pytest.mark.parametrize("seed", [2, 3, 6, 8, 9])
@pytest.mark.parametrize("exercise", [hip_extensions, hip_abductions, leg_raises, heel_slides])
def test_a_hip_exercise_after_standing_is_no_other_exercise(
    exercise: Callable[[Movement], None], seed: int
) -> None:
    script = Movement(seed=seed)
    script.still(4.0)
    exercise(script)
    script.still(2.0)

    assert analyse(script.session(random_sensor(seed, loss=0.0)).samples).reps == ()


@pytest.mark.parametrize("calibration", ["standing", "none"])
@pytest.mark.parametrize("seed", [90_000, 90_009, 90_011, 90_012, 90_026])
def test_swinging_a_leg_back_or_aside_counts_nothing(
    calibration: Literal["standing", "none"], seed: int
) -> None:
    session = simulate("standing_hip", seed, calibration=calibration)

    assert analyse(session.samples).reps == ()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_squats_alone_are_mirrored_nordics_and_have_no_time(seed: int) -> None:
    """Nothing tells them apart where nobody calibrated or got down on the knees: the doubt is said."""
    script = Movement(seed=seed)
    script.still(4.0)
    for i in range(6):
        script.move(-60.0 - 6.0 * i, 2.0, forward_m=0.08)
        script.still(0.4)
        script.move(0.0, 1.2, forward_m=-0.08)
        script.still(1.0)
    script.still(2.0)

    found = analyse(script.session(Sensor(mount_deg=(20.0, -35.0, 170.0))).samples)

    assert all(rep.lower_s is None for rep in found.reps)
    assert all("which way the thigh moved" in (rep.not_measured or "") for rep in found.reps)
    assert any("is not certain" in text for text in found.warnings)


def test_repetitions_that_may_be_the_wrong_way_round_have_no_time() -> None:
    session = bridges_only(Sensor())
    sure = session.calibration
    doubtful = replace(sure, sign_confidence=0.89)

    known, unknown = (analyse(session.samples, "bridge", each).reps for each in (sure, doubtful))

    assert len(known) == len(unknown) == 5
    assert all(rep.lower_s is not None for rep in known)
    assert all(rep.lower_s is None and "not certain" in (rep.not_measured or "") for rep in unknown)
