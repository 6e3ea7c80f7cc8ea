"""What decides at the edges of a set: where a phase starts, and what stands beside a repetition."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import Rep, analyse
from analysis.repetitions import Candidate, Recogniser
from analysis.results import Evidence, Exercise, Phase
from analysis.simulate import (
    IDEAL,
    Movement,
    Sensor,
    SimulatedSession,
    accelerometer_only,
    random_sensor,
    simulate,
)
from analysis.turning_points import ExcursionFinder
from benchmarks.scoring import compare


def test_a_slow_lowering_of_a_calm_person_is_not_taken_for_rest() -> None:
    script = Movement(seed=2, start_deg=-138.0, unsteadiness=0.0)
    script.still(3.0)
    for _ in range(4):
        script.bridge(lift_s=3.0, lower_s=7.0, rise_deg=9.0, creep_deg=0.0)
        script.still(2.5)
    session = script.session(IDEAL)

    found = analyse(session.samples, calibration=session.calibration)

    assert len(found.reps) == 4
    for rep, true in zip(found.reps, session.reps, strict=True):
        assert rep.lower_s == pytest.approx(true.lower_s, abs=0.35)


def test_getting_up_onto_the_knees_is_not_the_start_of_the_first_lowering() -> None:
    script = Movement(seed=3)
    script.still(1.0)
    script.move(-80.0, 1.5)
    script.still(0.6)
    script.move(6.0, 1.0)
    script.still(2.0)
    script.nordic(lower_s=4.0, to_deg=60.0, base_deg=6.0)
    script.still(2.0)
    session = script.session()

    found = analyse(session.samples, calibration=session.calibration)

    (rep,), (true,) = found.reps, session.reps
    assert rep.start_s == pytest.approx(true.start_s, abs=0.3)


def test_a_level_held_on_the_way_up_can_be_the_base() -> None:
    parts = [(-125.0, 60), (-106.0, 90), (-96.0, 60), (-106.0, 150)]
    angle = np.concatenate([np.full(n, level) for level, n in parts])
    smoothed = np.convolve(np.pad(angle, 15, mode="edge"), np.ones(31) / 31, mode="valid")
    finder = ExcursionFinder(-190.0, -54.0, 3.0, settled=20, stuck=45, longest=3000)

    (excursion,) = finder.step(smoothed, 0)

    assert excursion.base_deg == pytest.approx(-106.0, abs=1.0)
    assert 60 <= excursion.base <= 165
    assert excursion.range_deg == pytest.approx(10.0, abs=1.5)


def test_a_rest_halfway_back_does_not_part_a_repetition_that_paused_there_too() -> None:
    parts = [(0.0, 60), (14.0, 60), (35.0, 60), (14.0, 75), (0.0, 60)]
    angle = np.concatenate([np.full(n, level) for level, n in parts])
    smoothed = np.convolve(np.pad(angle, 15, mode="edge"), np.ones(31) / 31, mode="valid")
    finder = ExcursionFinder(-3.0, 120.0, 3.0, settled=20, stuck=45, longest=3000)

    (excursion,) = finder.step(smoothed, 0)

    assert excursion.base < 60
    assert excursion.range_deg == pytest.approx(35.0, abs=1.0)


@pytest.mark.parametrize("seed", [20022, 20091, 20104])
def test_push_ups_in_two_stages_after_a_pause_count_once(seed: int) -> None:
    session = simulate("nordic_patient", seed)

    found = analyse(session.samples)

    assert len(found.reps) == len(session.reps)
    for rep, true in zip(found.reps, session.reps, strict=True):
        assert rep.range_of_motion_deg > 0.75 * true.range_of_motion_deg


@pytest.mark.parametrize("seed", [20076, 20098, 20201, 20240])
def test_small_nordics_count_though_a_loose_strap_hides_their_pivot(seed: int) -> None:
    session = simulate("nordic_patient", seed)

    assert len(analyse(session.samples).reps) == len(session.reps)


def test_half_a_bridge_among_whole_ones_is_an_attempt() -> None:
    script = Movement(seed=6, start_deg=-138.0)
    script.still(2.0)
    for _ in range(4):
        script.bridge(rise_deg=24.0, lower_s=2.5, base_shift_deg=0.0)
        script.still(1.5)
        script.move(script.angle_deg + 8.0, 0.9)
        script.still(0.3)
        script.move(script.angle_deg - 8.0, 0.9)
        script.still(1.5)
    session = script.session()

    found = analyse(session.samples, calibration=session.calibration)

    assert [round(rep.range_of_motion_deg, -1) for rep in found.reps] == [20.0] * 4
    assert [round(attempt.range_of_motion_deg) for attempt in found.aborted] == pytest.approx([8] * 4, abs=1)
    for attempt, rep in zip(found.aborted, found.reps, strict=True):
        assert attempt.exercise == "bridge"
        assert 0.0 < attempt.start_s - rep.end_s < 3.0


@pytest.mark.parametrize("gyroscope", [True, False], ids=["gyroscope", "no gyroscope"])
def test_a_nordic_that_is_given_up_is_an_attempt(gyroscope: bool) -> None:
    script = Movement(seed=7)
    script.still(2.0)
    for _ in range(3):
        script.nordic(lower_s=3.0, to_deg=60.0)
        script.still(2.0)
    given_up_s = script.now_s
    script.move(9.0, 1.0)
    script.still(0.4)
    script.move(0.0, 1.0)
    script.still(3.0)
    session = script.session(Sensor(gyroscope=gyroscope))

    found = analyse(session.samples, calibration=session.calibration)

    assert len(found.reps) == 3
    (attempt,) = found.aborted
    assert attempt.exercise == "nordic"
    assert attempt.start_s == pytest.approx(given_up_s, abs=0.4)
    assert attempt.end_s == pytest.approx(given_up_s + 2.4, abs=0.4)
    assert attempt.range_of_motion_deg == pytest.approx(9.0, abs=1.5)


def test_getting_up_from_the_heels_or_from_the_knees_is_no_attempt() -> None:
    script = Movement(seed=7)
    script.still(2.0)
    for _ in range(3):
        script.nordic(lower_s=3.0, to_deg=60.0)
        script.still(1.5)
        script.move(-50.0, 1.2)
        script.still(2.0)
        script.move(3.0, 1.2)
        script.still(1.0)
        script.move(0.0, 0.8)
        script.still(1.5)
    script.stand_up()
    script.still(2.0)
    session = script.session()

    found = analyse(session.samples, calibration=session.calibration)

    assert len(found.reps) == 3
    assert found.aborted == ()


@pytest.mark.parametrize("exercise", ["nordic", "bridge"])
def test_a_repetition_far_below_the_persons_own_range_is_partial(exercise: str) -> None:
    script = Movement(seed=8, start_deg=0.0 if exercise == "nordic" else -138.0)
    script.still(2.0)
    for share in (1.0, 0.95, 0.55, 1.0):
        if exercise == "nordic":
            script.nordic(lower_s=3.0, to_deg=70.0 * share)
        else:
            script.bridge(rise_deg=30.0 * share, lower_s=2.5, base_shift_deg=0.0)
        script.still(2.0)
    session = script.session()

    found = analyse(session.samples, calibration=session.calibration)

    assert [rep.partial for rep in found.reps] == [False, False, True, False]
    assert found.aborted == ()


@pytest.mark.parametrize("seed", [918000, 918006, 918009, 918011, 918018, 918023])
def test_kneeling_down_and_standing_up_are_no_small_nordics(seed: int) -> None:
    assert analyse(simulate("kneel", seed).samples).reps == ()


@pytest.mark.parametrize("seed", [919004, 919012, 919017])
def test_a_set_about_the_hip_holds_no_bridge(seed: int) -> None:
    assert analyse(simulate("gym", seed).samples).reps == ()


@pytest.mark.parametrize("seed", [30000, 30003, 30009, 30018, 30025])
@pytest.mark.parametrize("gyroscope", [True, False], ids=["gyroscope", "no gyroscope"])
def test_a_slider_is_no_bridge(seed: int, gyroscope: bool) -> None:
    sensor = random_sensor(seed) if gyroscope else accelerometer_only(random_sensor(seed))

    found = analyse(simulate("slider", seed, sensor=sensor).samples).reps

    assert {rep.exercise for rep in found} <= ({"slider"} if gyroscope else set())


def sliders(seed: int, *, hips_up: bool) -> SimulatedSession:
    """Four sliders; or heels that slide on the floor with the hips down, and rest on the way."""
    script = Movement(seed=seed, start_deg=-136.0)
    script.still(2.0)
    for _ in range(4):
        if hips_up:
            script.slider()
        else:
            script.move(-113.0, 1.4, pivot="hip")
            script.still(0.5)
            script.move(-95.0, 2.2, pivot="hip")
            script.still(0.5)
            script.move(-136.0, 1.5, pivot="hip")
        script.still(2.0)
    return script.session(Sensor(mount_deg=(20.0, -35.0, 170.0)))


@pytest.mark.parametrize("exercise", [None, "slider"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sliders_count_as_what_they_are(seed: int, exercise: Exercise | None) -> None:
    session = sliders(seed, hips_up=True)

    found = analyse(session.samples, exercise, session.calibration)

    assert [rep.exercise for rep in found.reps] == ["slider"] * 4
    for rep, true in zip(found.reps, session.reps, strict=True):
        assert [phase.kind for phase in rep.phases] == ["lower", "hold", "return"]
        assert rep.start_s == pytest.approx(true.start_s, abs=0.3)
        assert rep.lower_s == pytest.approx(true.lower_s, abs=0.5)
        assert rep.range_of_motion_deg == pytest.approx(22.0, abs=4.0)


@pytest.mark.parametrize("exercise", [None, "slider"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_heel_that_slides_with_the_hips_down_is_no_slider(seed: int, exercise: Exercise | None) -> None:
    session = sliders(seed, hips_up=False)

    assert analyse(session.samples, exercise, session.calibration).reps == ()


def test_sliders_are_told_from_other_movement_in_random_sessions() -> None:
    true = hits = 0
    for seed in range(60_000, 60_005):
        session = simulate("slider", seed)
        score = compare(analyse(session.samples).reps, session.reps)
        assert not score.false
        true, hits = true + len(session.reps), hits + score.hits
    assert hits >= 0.6 * true


@pytest.mark.parametrize("flat_deg", [-92.0, -100.0])
def test_a_bridge_that_ends_flat_is_a_bridge(flat_deg: float) -> None:
    script = Movement(seed=9, start_deg=-140.0)
    script.still(2.0)
    for _ in range(4):
        script.bridge(rise_deg=flat_deg + 140.0, lift_s=1.5, lower_s=1.5, base_shift_deg=0.0)
        script.still(1.5)
    session = script.session()

    assert len(analyse(session.samples, calibration=session.calibration).reps) == 4


def test_one_small_bridge_alone_counts_where_it_takes_its_time() -> None:
    script = Movement(seed=4, start_deg=-138.0)
    script.still(2.0)
    script.bridge(rise_deg=9.0, lift_s=1.8, hold_s=0.9, lower_s=3.0)
    script.still(3.0)
    session = script.session()

    assert len(analyse(session.samples, calibration=session.calibration).reps) == 1


def bridge_at(start_s: float, *, refused: bool = False, about_hip: bool = False) -> Candidate:
    phases = (Phase("lift", start_s, start_s + 1.5), Phase("lower", start_s + 2.0, start_s + 4.5))
    evidence = Evidence(0.5 if refused else 0.98, 0.1, 0.05, 0.0, 0.99)
    rep = Rep("bridge", start_s, start_s + 4.5, 2.5, 20.0, phases, evidence=evidence)
    return Candidate(rep, -138.0, True, False, False, False, False, refused, about_hip)


def counted(candidates: list[Candidate]) -> list[float]:
    recogniser = Recogniser()
    return sorted(known.start_s for candidate in candidates for known in recogniser.step(candidate))


def test_who_does_not_show_the_hip_in_a_set_about_the_hip_is_not_counted() -> None:
    raises = [bridge_at(8.0 * i, refused=True, about_hip=True) for i in range(3)]

    assert counted([*raises, bridge_at(24.0)]) == []
    assert counted([bridge_at(24.0)]) == [24.0]


def test_who_is_refused_counts_among_others_much_alike_and_not_alone() -> None:
    doubted = bridge_at(8.0, refused=True)

    assert counted([bridge_at(0.0), doubted, bridge_at(16.0)]) == [0.0, 8.0, 16.0]
    assert counted([doubted]) == []
    assert counted([bridge_at(0.0), doubted, bridge_at(60.0)]) == [0.0, 60.0]
