"""Calibrating step by step: what is said, when, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.calibration_guide import Advice, CalibrationGuide, relevelled
from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor, SimulatedSession

Array = NDArray[np.float64]
MOUNTS = [(0.0, 0.0, 0.0), (20.0, -35.0, 170.0), (-95.0, 60.0, 10.0), (180.0, 5.0, -5.0), (45.0, 85.0, 45.0)]
PROMPTS = ("stand still", "check by standing", "lift the knee", "one more", "done")


def off_deg(found: tuple[float, float, float], true: tuple[float, float, float]) -> float:
    return float(np.degrees(np.arccos(np.clip(np.dot(found, true), -1.0, 1.0))))


def led(guide: CalibrationGuide, samples: ImuSamples, chunk: int = 4) -> list[Advice]:
    said: list[Advice] = []
    for begin in range(0, len(samples), chunk):
        said += guide.step(samples[begin : begin + chunk])
    return said


def kinds(said: list[Advice]) -> list[str]:
    return [advice.kind for advice in said]


def script(seed: int = 1) -> Movement:
    movement = Movement(seed=seed)
    movement.still(2.6)
    return movement


def lifted(seed: int, sensor: Sensor, **knee_lifts: float) -> SimulatedSession:
    movement = script(seed)
    movement.knee_lifts(**knee_lifts)
    movement.still(1.0)
    return movement.session(sensor)


def turned(samples: ImuSamples, about: tuple[float, float, float], angle_deg: float) -> ImuSamples:
    """The same movement with the sensor turned about one of its own axes."""
    axis, angle = np.array(about) / np.linalg.norm(about), np.radians(angle_deg)

    def turn(v: Array) -> Array:
        along = np.outer(v @ axis, axis)
        return along + (v - along) * np.cos(angle) - np.cross(axis, v) * np.sin(angle)

    gyr = None if samples.gyr_radps is None else turn(samples.gyr_radps)
    return ImuSamples(samples.t_s, turn(samples.acc_mps2), gyr)


@pytest.mark.parametrize("mount_deg", MOUNTS, ids=str)
@pytest.mark.parametrize(
    "sensor", [{}, {"bias_dps": 6.0}, {"rate_hz": 25.0}, {"rate_hz": 200.0}], ids=lambda sensor: str(sensor)
)
def test_a_good_wearer_is_done_after_two_lifts(
    mount_deg: tuple[float, float, float], sensor: dict[str, float]
) -> None:
    session = lifted(3, Sensor(mount_deg=mount_deg, **sensor))
    guide = CalibrationGuide()

    said = led(guide, session.samples)

    assert kinds(said) == ["stand still", "lift the knee", "one more", "done"]
    assert said[1].t_s - said[0].t_s == pytest.approx(2.0, abs=0.05)
    assert said[-1].t_s < 7.0
    assert guide.progress == 1.0
    found = guide.calibration
    assert found is not None
    assert off_deg(found.long_axis, session.calibration.long_axis) < 4.0
    assert off_deg(found.lateral_axis, session.calibration.lateral_axis) < 6.0
    assert np.dot(found.long_axis, found.lateral_axis) == pytest.approx(0.0, abs=1e-9)
    assert found.method == "knee lifts"


@pytest.mark.parametrize("mount_deg", MOUNTS, ids=str)
def test_an_accelerometer_alone_is_calibrated_with_slow_lifts(mount_deg: tuple[float, float, float]) -> None:
    session = lifted(4, Sensor(mount_deg=mount_deg, gyroscope=False), seconds=1.4)
    guide = CalibrationGuide()

    said = led(guide, session.samples)

    assert kinds(said) == ["stand still", "no gyroscope", "lift the knee", "one more", "done"]
    assert "Slowly" in said[2].detail
    assert guide.calibration is not None
    assert off_deg(guide.calibration.long_axis, session.calibration.long_axis) < 4.0
    assert off_deg(guide.calibration.lateral_axis, session.calibration.lateral_axis) < 7.0


def low(movement: Movement) -> None:
    movement.knee_lifts(1, height_deg=30.0)


def foot_elsewhere(movement: Movement) -> None:
    movement.move(-70.0, 0.8, pivot="hip")
    movement.move(-14.0, 0.8, pivot="hip")
    movement.still(0.9)
    movement.move(0.0, 0.5, pivot="hip")
    movement.still(0.5)


def held_up(movement: Movement) -> None:
    movement.move(-70.0, 0.8, pivot="hip")
    movement.still(2.5)
    movement.move(0.0, 0.8, pivot="hip")
    movement.still(0.5)


def hasty(movement: Movement) -> None:
    movement.knee_lifts(1, height_deg=80.0, seconds=0.25)


def other_leg(movement: Movement) -> None:
    movement.still(7.0)


@pytest.mark.parametrize(
    ("mistake", "advice"),
    [
        (low, ["lift higher"]),
        (foot_elsewhere, ["put the foot down"]),
        (held_up, ["put the foot down", "in one go"]),
        (hasty, ["slower"]),
        (other_leg, ["the leg with the sensor"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_only_the_failed_step_is_repeated(
    mistake: Callable[[Movement], None], advice: list[str], seed: int
) -> None:
    movement = script(seed)
    movement.knee_lifts(1)
    mistake(movement)
    movement.knee_lifts(1)
    movement.still(1.0)
    session = movement.session(Sensor(mount_deg=MOUNTS[seed]))
    guide = CalibrationGuide()

    said = kinds(led(guide, session.samples))

    if mistake is foot_elsewhere:
        said = [kind for kind in said if kind != "one more" or said.count("one more") == 1]
    assert said[:3] == ["stand still", "lift the knee", "one more"]
    assert [kind for kind in said if kind not in PROMPTS][: len(advice)] == advice
    assert said.count("lift the knee") == 1
    assert said[-1] == "done"
    assert guide.calibration is not None
    assert off_deg(guide.calibration.lateral_axis, session.calibration.lateral_axis) < 7.0


def test_too_low_is_said_while_the_leg_is_still_on_its_way_down() -> None:
    movement = script()
    low(movement)
    movement.still(1.0)
    # 2.6 s of standing, 0.8 s up, 0.8 s down.
    said = led(CalibrationGuide(), movement.session().samples)

    assert said[-1].kind == "lift higher"
    assert 3.4 < said[-1].t_s < 4.1


def bent_lifts(side_deg: float) -> ImuSamples:
    """Two lifts whose knee goes out to the side after it has gone up."""
    t = np.arange(0.0, 8.0, 0.01)

    def bumps(*starts_s: float) -> Array:
        shapes = [
            np.where(abs(t - s - 0.8) < 0.8, 0.5 + 0.5 * np.cos((t - s - 0.8) * np.pi / 0.8), 0)
            for s in starts_s
        ]
        return np.sum(shapes, axis=0)

    flexion, tilt = np.radians(-65.0) * bumps(3.0, 5.0), np.radians(side_deg) * bumps(3.4, 5.4)
    up = np.column_stack([-np.cos(tilt) * np.sin(flexion), np.sin(tilt), np.cos(tilt) * np.cos(flexion)])
    d_flexion, d_tilt = np.gradient(flexion, 0.01), np.gradient(tilt, 0.01)
    gyr = np.column_stack([d_tilt * np.cos(flexion), d_flexion, d_tilt * np.sin(flexion)])
    return ImuSamples(t, 9.81 * up, gyr)


@pytest.mark.parametrize("gyroscope", [True, False], ids=["with gyroscope", "without"])
def test_a_lift_to_the_side_is_refused(gyroscope: bool) -> None:
    samples = bent_lifts(40.0)
    guide = CalibrationGuide()

    said = kinds(led(guide, samples if gyroscope else replace(samples, gyr_radps=None)))

    assert "straight to the front" in said
    assert guide.calibration is None


@pytest.mark.parametrize("movement", ["nordics", "sitting", "squats", "walking"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_movement_is_no_calibration(movement: str, seed: int) -> None:
    played = Movement(seed=seed, start_deg=-85.0 if movement == "sitting" else 0.0)
    played.still(2.6)
    for _ in range(3):
        match movement:
            case "nordics":
                played.nordic(lower_s=1.5 + seed, to_deg=60.0)
                played.still(1.0)
            case "sitting":
                played.move(0.0, 1.2)
                played.still(0.8)
                played.move(-85.0, 1.2)
                played.still(0.8)
            case "squats":
                played.move(-80.0, 1.0)
                played.move(0.0, 1.0)
                played.still(0.6)
            case _:
                played.walk(4)
    guide = CalibrationGuide()

    led(guide, played.session(Sensor(mount_deg=MOUNTS[seed])).samples)

    assert guide.calibration is None


def shaken(seed: int = 5) -> ImuSamples:
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, 7.0, 0.01)
    acc = np.tile([0.0, 0.0, 9.81], (t.size, 1)) + rng.normal(0.0, 1.5, (t.size, 3))
    return ImuSamples(t, acc, np.zeros((t.size, 3)))


def turning(rate_dps: float) -> ImuSamples:
    t = np.arange(0.0, 7.0, 0.01)
    angle = np.radians(rate_dps) * t
    up = np.column_stack([-np.sin(angle), np.zeros(t.size), np.cos(angle)])
    return ImuSamples(t, 9.81 * up, np.tile([0.0, np.radians(rate_dps), 0.0], (t.size, 1)))


@pytest.mark.parametrize(
    ("samples", "word"),
    [(shaken(), "shaking"), (turning(30.0), "turning"), (turning(5.0), "leaning")],
    ids=["shaking", "turning", "leaning"],
)
def test_who_does_not_stand_still_hears_what_moves(samples: ImuSamples, word: str) -> None:
    guide = CalibrationGuide()

    said = led(guide, samples)

    assert "lift the knee" not in kinds(said)
    held = [advice for advice in said if advice.kind == "hold still"]
    assert held
    assert all(word in advice.detail for advice in held)
    assert guide.progress < 1 / 3


def test_a_gyroscope_that_says_nothing_is_left_out() -> None:
    movement = script()
    movement.knee_lifts(1)
    movement.still(2.6)
    movement.knee_lifts(2, seconds=1.4)
    movement.still(1.0)
    session = movement.session(Sensor(mount_deg=MOUNTS[1]))
    samples = replace(session.samples, gyr_radps=np.full((len(session.samples), 3), 0.01))
    guide = CalibrationGuide()

    said = kinds(led(guide, samples))

    assert "no gyroscope" in said
    assert guide.calibration is not None
    assert off_deg(guide.calibration.lateral_axis, session.calibration.lateral_axis) < 7.0


def test_a_lift_with_a_hole_in_it_is_done_again_and_the_first_one_still_holds() -> None:
    movement = script(2)
    movement.knee_lifts(2)
    movement.still(2.6)
    movement.knee_lifts(1)
    movement.still(1.0)
    session = movement.session(Sensor(mount_deg=MOUNTS[2]))
    t = session.samples.t_s
    kept = (t < 5.0) | (t > 5.8)
    assert session.samples.gyr_radps is not None
    holed = ImuSamples(t[kept], session.samples.acc_mps2[kept], session.samples.gyr_radps[kept])
    guide = CalibrationGuide()

    said = kinds(led(guide, holed))

    assert said == ["stand still", "lift the knee", "one more", "no data", "one more", "done"]


def test_a_sensor_that_turns_between_the_lifts_is_noticed() -> None:
    session = lifted(3, Sensor())
    split = int(np.searchsorted(session.samples.t_s, 4.35))
    first = session.samples[:split]
    later = turned(session.samples[split:], (0.0, 0.0, 1.0), 40.0)
    guide = CalibrationGuide()

    said = kinds(led(guide, ImuSamples.concatenate([first, later])))

    assert said[-1] == "straight to the front"
    assert guide.calibration is None


def test_a_sensor_that_slips_down_is_to_be_turned() -> None:
    movement = script()
    movement.knee_lifts(1)
    movement.still(4.0)
    samples = movement.session(Sensor()).samples
    assert samples.gyr_radps is not None
    slipped = np.clip((samples.t_s - 3.0) / 1.0, 0.0, 1.0)
    rows = slipped >= 1.0
    moved = turned(samples, (0.0, 1.0, 0.0), 15.0)
    acc = np.where(rows[:, None], moved.acc_mps2, samples.acc_mps2)
    assert moved.gyr_radps is not None
    gyr = np.where(rows[:, None], moved.gyr_radps, samples.gyr_radps)
    gyr[int(np.argmax(rows))] += [0.0, np.radians(15.0) / 0.01, 0.0]
    guide = CalibrationGuide()

    said = led(guide, ImuSamples(samples.t_s, acc, gyr))

    assert "turn the sensor" in kinds(said)
    assert guide.calibration is None


@pytest.mark.parametrize("mount_deg", MOUNTS, ids=str)
def test_a_stored_calibration_is_believed_after_standing_still(
    mount_deg: tuple[float, float, float],
) -> None:
    first = lifted(1, Sensor(mount_deg=mount_deg))
    tilted = (mount_deg[0], mount_deg[1] + 5.0, mount_deg[2])
    again = lifted(2, Sensor(mount_deg=tilted))
    guide = CalibrationGuide(first.calibration)

    said = led(guide, again.samples)

    assert kinds(said) == ["check by standing", "done"]
    assert said[-1].t_s == pytest.approx(2.0, abs=0.1)
    assert guide.calibration is not None
    # Levelled again: nearer to how it sits now than what was stored.
    assert off_deg(guide.calibration.long_axis, again.calibration.long_axis) < 2.5


def test_a_sensor_that_sits_differently_is_calibrated_with_the_standing_already_done() -> None:
    session = lifted(1, Sensor(mount_deg=MOUNTS[1]))
    guide = CalibrationGuide(Calibration((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 0.99, "knee lifts"))

    said = led(guide, session.samples)

    assert kinds(said) == ["check by standing", "sits differently", "lift the knee", "one more", "done"]
    assert said[-1].t_s < 7.0
    assert "sits differently" in said[2].detail
    assert guide.calibration is not None
    assert off_deg(guide.calibration.lateral_axis, session.calibration.lateral_axis) < 6.0


@pytest.mark.parametrize(
    ("round_the_leg_deg", "fits"), [(0.0, True), (8.0, True), (30.0, False), (180.0, False)]
)
def test_one_lift_shows_what_standing_cannot(round_the_leg_deg: float, fits: bool) -> None:
    session = lifted(6, Sensor(mount_deg=MOUNTS[2]))
    moved = turned(session.samples, session.calibration.long_axis, round_the_leg_deg)
    by_standing = CalibrationGuide(session.calibration)
    by_a_lift = CalibrationGuide(session.calibration, lifts=1)

    led(by_standing, moved)
    said = kinds(led(by_a_lift, moved))

    assert by_standing.calibration is not None
    assert by_a_lift.calibration is not None
    if fits:
        assert said == ["check by standing", "lift the knee", "done"]
    else:
        # The lift that did not fit counts as the first of a new calibration.
        assert said == ["check by standing", "lift the knee", "sits differently", "one more", "done"]


def test_levelling_keeps_the_axes_square_and_refuses_what_is_too_far() -> None:
    stored = Calibration((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 0.97, "knee lifts")

    def tilted(angle_deg: float) -> Array:
        angle = np.radians(angle_deg)
        return np.array([0.3 * np.sin(angle), 0.954 * np.sin(angle), np.cos(angle)])

    fitted = relevelled(stored, tilted(10.0))

    assert fitted is not None
    assert fitted.sign_confidence == 0.97
    assert np.dot(fitted.long_axis, fitted.lateral_axis) == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.norm(fitted.lateral_axis) == pytest.approx(1.0)
    assert off_deg(fitted.lateral_axis, stored.lateral_axis) < 10.0
    assert relevelled(stored, tilted(13.0)) is None


@cache
def clumsy() -> SimulatedSession:
    """Everything that goes wrong, then a good end."""
    movement = Movement(seed=8)
    movement.walk(2)
    movement.still(2.6)
    low(movement)
    movement.knee_lifts(1)
    foot_elsewhere(movement)
    hasty(movement)
    movement.knee_lifts(1)
    movement.still(1.0)
    return movement.session(Sensor(mount_deg=MOUNTS[4], loss=0.02))


@cache
def clumsily(gyroscope: bool) -> ImuSamples:
    samples = clumsy().samples
    return samples if gyroscope else replace(samples, gyr_radps=None)


@cache
def guided_at_once(gyroscope: bool) -> tuple[CalibrationGuide, list[Advice]]:
    whole = CalibrationGuide()
    return whole, whole.step(clumsily(gyroscope))


@pytest.mark.parametrize("gyroscope", [True, False], ids=["with gyroscope", "without"])
@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 1500), max_size=40))
def test_any_chunking_gives_the_same_advice_at_the_same_time(gyroscope: bool, cuts: list[int]) -> None:
    samples = clumsily(gyroscope)
    whole, at_once = guided_at_once(gyroscope)
    pieces = CalibrationGuide()
    edges = [0, *sorted(set(cuts)), len(samples)]

    said = [a for begin, end in pairwise(edges) if begin < end for a in pieces.step(samples[begin:end])]

    assert len(at_once) > 4
    assert said == at_once
    assert pieces.calibration == whole.calibration
    assert pieces.progress == whole.progress


def test_nothing_is_said_about_nothing() -> None:
    guide = CalibrationGuide()

    assert guide.step(ImuSamples(np.empty(0), np.empty((0, 3)))) == []
    assert guide.calibration is None
    assert guide.progress == 0.0
