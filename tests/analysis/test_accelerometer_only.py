"""Without a gyroscope: the pivot still shows in the size of the force, and tells look-alikes apart."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyse
from analysis.accelerometer_gates import pivot_of
from analysis.phases import Bounds
from analysis.results import Exercise
from analysis.simulate import Movement, Sensor, SimulatedSession, random_sensor, simulate
from benchmarks.scoring import compare

STEP_S = 0.02


def without_gyroscope(scenario: str, seed: int) -> SimulatedSession:
    return simulate(scenario, seed, sensor=random_sensor(seed, gyroscope=False))


def up_and_down(base_deg: float, far_deg: float, seconds: float) -> tuple[np.ndarray, Bounds, Bounds]:
    """One second of rest, up, a second of rest, down, a second of rest, all with minimum jerk."""
    n, rest = round(seconds / STEP_S), round(1.0 / STEP_S)
    s = np.linspace(0.0, 1.0, n)
    rise = base_deg + (far_deg - base_deg) * (10 * s**3 - 15 * s**4 + 6 * s**5)
    angle = np.concatenate(
        [np.full(rest, base_deg), rise, np.full(rest, far_deg), rise[::-1], np.full(rest, base_deg)]
    )
    return angle, Bounds(rest, rest + n, 5.0), Bounds(2 * rest + n, 2 * (rest + n), 5.0)


def lift(angle_deg: np.ndarray, above_m: float) -> np.ndarray:
    """Vertical acceleration of a sensor so far above a pivot that rests."""
    height_m = above_m * np.cos(np.radians(angle_deg))
    return np.gradient(np.gradient(height_m, STEP_S), STEP_S)


@pytest.mark.parametrize(
    ("base_deg", "far_deg"), [(0.0, 70.0), (2.0, 25.0), (-138.0, -112.0)], ids=["nordic", "small", "bridge"]
)
@pytest.mark.parametrize("above_m", [-0.2, 0.1, 0.25])
def test_the_force_shows_how_far_below_the_sensor_the_pivot_is(
    base_deg: float, far_deg: float, above_m: float
) -> None:
    angle, up, down = up_and_down(base_deg, far_deg, 1.6)
    biased = lift(angle, above_m) + 0.2 - 0.15 * np.sin(np.radians(angle))

    pivot = pivot_of(angle, biased, up, down, STEP_S)

    assert pivot.distance_m == pytest.approx(above_m, abs=0.04)
    assert pivot.error_m < 0.04


def test_a_knee_that_goes_to_the_floor_is_no_pivot() -> None:
    angle, up, down = up_and_down(0.0, 20.0, 1.4)
    knee_m = -0.3 * np.clip(angle / 20.0, 0.0, 1.0)
    kneeling = lift(angle, 0.2) + np.gradient(np.gradient(knee_m, STEP_S), STEP_S)

    pivot = pivot_of(angle, kneeling, up, down, STEP_S)

    assert pivot.error_m > 0.06 or abs(pivot.distance_m) > 0.45


@pytest.mark.parametrize("seed", [700_001, 700_002, 700_003])
@pytest.mark.parametrize("scenario", ["gym", "kneel", "walk", "sit_stand", "floor"])
def test_other_movement_counts_nothing(scenario: str, seed: int) -> None:
    session = without_gyroscope(scenario, seed)

    assert analyse(session.samples).reps == ()


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize(
    "scenario", ["nordic_std", "nordic_fast", "nordic_partial", "bridge_std", "bridge_single", "bridge_chair"]
)
def test_repetitions_count(scenario: str, told: bool) -> None:
    exercise: Exercise = "nordic" if scenario.startswith("nordic") else "bridge"
    true, hits, false = 0, 0, 0
    for seed in (710_001, 710_002, 710_003, 710_004):
        session = without_gyroscope(scenario, seed)
        score = compare(analyse(session.samples, exercise if told else None).reps, session.reps)
        true, hits, false = true + len(session.reps), hits + score.hits, false + len(score.false)

    assert hits >= 0.95 * true
    assert false == 0


MOUNTS = [(40.0, 25.0, -30.0), (-95.0, 60.0, 10.0), (180.0, 5.0, -5.0), (130.0, -50.0, 75.0)]


def wrong_way_round(session: SimulatedSession, exercise: Exercise) -> int:
    """How many measured lowerings do not lie on a true one."""
    true = [rep.lower for rep in session.reps]
    found = analyse(session.samples, exercise).reps
    assert len(found) == len(true)
    return sum(
        not any(
            min(lower.end_s, one.end_s) - max(lower.start_s, one.start_s) > 0.5 * lower.duration_s
            for one in true
        )
        for rep in found
        if rep.lower_s is not None and (lower := rep.phase("lower")) is not None
    )


@pytest.mark.parametrize("stands", [False, True], ids=["lying", "standing"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mount_deg", MOUNTS)
def test_the_lowering_of_a_told_bridge_is_the_lowering(
    mount_deg: tuple[float, float, float], seed: int, stands: bool
) -> None:
    """No shock on the floor, a sensor askew, no longer at the top than at rest."""
    script = Movement(seed=seed, start_deg=0.0 if stands else -138.0)
    script.still(3.0)
    if stands:
        script.move(-80.0, 2.0)
        script.still(0.5)
        script.move(-138.0, 2.5, pivot="hip")
        script.still(2.0)
    for i in range(6):
        script.bridge(rise_deg=14.0 + 3.0 * i, lift_s=1.4, hold_s=1.0, lower_s=3.5, touchdown_mps2=0.0)
        script.still(2.0)
    session = script.session(Sensor(mount_deg=mount_deg, gyroscope=False))

    assert wrong_way_round(session, "bridge") == 0


def test_standing_shows_the_zero_of_the_angle_of_a_told_bridge() -> None:
    script = Movement(seed=4)
    script.still(3.0)
    script.move(-80.0, 2.0)
    script.still(0.5)
    script.move(-130.0, 2.5, pivot="hip")
    script.still(2.0)
    for _ in range(5):
        script.bridge(rise_deg=22.0)
        script.still(2.0)
    session = script.session(Sensor(mount_deg=MOUNTS[0], gyroscope=False))

    found = analyse(session.samples, "bridge")

    assert found.calibration is not None
    assert found.calibration.method == "whole recording"
    assert float(np.dot(found.calibration.long_axis, session.calibration.long_axis)) > np.cos(np.radians(5))
    assert not any("is assumed" in text for text in found.warnings)


@pytest.mark.parametrize("seed", range(4))
def test_the_lowering_of_a_told_nordic_is_the_lowering(seed: int) -> None:
    """Held at the far end as long as upright, so that either could be the start."""
    script = Movement(seed=seed)
    script.still(3.0)
    script.move(-80.0, 1.3, pivot="hip")
    script.still(0.3)
    script.move(0.0, 1.3, pivot="hip", knee_rises_m=-0.45)
    script.still(1.5)
    for i in range(6):
        script.nordic(lower_s=3.5, to_deg=50.0 + 5.0 * i, hold_s=1.4, return_s=1.2)
        script.still(1.4)
    session = script.session(Sensor(mount_deg=MOUNTS[seed], gyroscope=False))

    assert wrong_way_round(session, "nordic") == 0


@pytest.mark.parametrize("seed", [0, 1, 2, 5])
@pytest.mark.parametrize("exercise", ["bridge", "nordic"])
def test_a_walk_before_and_after_a_told_exercise_is_none_of_it(exercise: Exercise, seed: int) -> None:
    """Nor does it make the sense of the exercise so doubtful that no lowering has a number."""
    script = Movement(seed=seed)
    script.still(2.0)
    script.walk(24, step_s=1.25)
    script.still(1.0)
    script.kneel_down()
    if exercise == "bridge":
        script.kneeling_to_supine()
    script.still(3.0)
    for _ in range(5):
        if exercise == "bridge":
            script.bridge(rise_deg=16.0, lift_s=2.2, hold_s=1.5, lower_s=4.0)
        else:
            script.nordic(lower_s=4.0, to_deg=70.0)
        script.still(2.5)
    script.move(0.0, 2.5)
    script.still(1.0)
    script.walk(24, step_s=1.25)
    session = script.session(random_sensor(seed, gyroscope=False))

    assert wrong_way_round(session, exercise) == 0
    assert all(rep.lower_s is not None for rep in analyse(session.samples, exercise).reps)
