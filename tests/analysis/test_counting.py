"""What is counted in simulated sessions (not people), and how long the lowerings are said to last."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from analysis import Analysis, ImuSamples, Rep, analyse
from analysis.results import BreakPoint, Exercise, Gap, Phase, RepCompleted
from analysis.simulate import Movement, Sensor, SimulatedSession, TrueRep, accelerometer_only

MOUNTS = [(0.0, 0.0, 0.0), (20.0, -35.0, 170.0), (-95.0, 60.0, 10.0), (180.0, 5.0, -5.0)]


def calibrated(seed: int = 1, unsteadiness: float = 1.0) -> Movement:
    """Standing still, two knee lifts."""
    script = Movement(seed=seed, unsteadiness=unsteadiness)
    script.still(2.6)
    script.knee_lifts()
    script.still(0.8)
    return script


def kneeling(seed: int = 1, unsteadiness: float = 1.0) -> Movement:
    script = calibrated(seed, unsteadiness)
    script.kneel_down()
    script.still(1.5)
    return script


def lying(seed: int = 1, unsteadiness: float = 1.0) -> Movement:
    script = kneeling(seed, unsteadiness)
    script.kneeling_to_supine()
    script.still(2.0)
    return script


def matches(found: Analysis, session: SimulatedSession) -> list[tuple[Rep, TrueRep]]:
    """The counted and the true repetitions, which must be the same ones."""
    pairs = list(zip(found.reps, session.reps, strict=True))
    for rep, true in pairs:
        assert rep.exercise == true.exercise
        assert rep.start_s < true.end_s
        assert rep.end_s > true.start_s
    return pairs


def errors_ms(found: Analysis, session: SimulatedSession) -> list[float]:
    return [1000 * ((rep.lower_s or np.nan) - true.lower_s) for rep, true in matches(found, session)]


@pytest.mark.parametrize(
    "sensor",
    [
        Sensor(),
        Sensor(rate_hz=25.0),
        Sensor(rate_hz=50.0, loss=0.1, burst=2),
        Sensor(rate_hz=200.0, jitter_s=0.004),
        Sensor(bias_dps=6.0),
        Sensor(clock_error=0.02),
        accelerometer_only(Sensor()),
    ],
    ids=[
        "100 Hz",
        "25 Hz",
        "50 Hz, 10 % lost",
        "200 Hz, jitter",
        "bias 6 deg/s",
        "2 % clock",
        "no gyroscope",
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_a_session_is_counted_and_timed(
    two_sets: Callable[[Sensor], SimulatedSession], sensor: Sensor, told: bool
) -> None:
    session = two_sets(sensor)

    found = analyse(session.samples, calibration=session.calibration if told else None)

    error = np.abs(errors_ms(found, session))
    assert error.max() < (150 if sensor.gyroscope else 350)
    assert np.median(error) < (60 if sensor.gyroscope else 200)
    for rep, true in matches(found, session):
        assert abs(rep.start_s - true.start_s) < 0.3
        assert abs(rep.range_of_motion_deg - true.range_of_motion_deg) < 5.0


@pytest.mark.parametrize("lower_s", [2.0, 3.5, 6.0])
@pytest.mark.parametrize("to_deg", [32.0, 85.0])
def test_nordics_quick_or_slow_far_or_near(lower_s: float, to_deg: float) -> None:
    script = kneeling(seed=int(lower_s * 10 + to_deg))
    for _ in range(3):
        script.nordic(lower_s=lower_s, to_deg=to_deg)
        script.still(1.5)
    session = script.session()

    found = analyse(session.samples)

    slow = to_deg / lower_s < 12.0
    assert np.abs(errors_ms(found, session)).max() < (450 if slow else 200)
    for rep, true in matches(found, session):
        assert [phase.kind for phase in rep.phases] == [phase.kind for phase in true.phases]
        assert rep.lower_s == rep.phases[0].duration_s
        assert (rep.start_s, rep.end_s) == (rep.phases[0].start_s, rep.phases[-1].end_s)


def test_a_pause_inside_a_lowering_belongs_to_it() -> None:
    script = kneeling(seed=5)
    for pause_s in (0.5, 1.0, 1.5):
        script.nordic(lower_s=4.0, to_deg=70.0, pause_s=pause_s)
        script.still(1.5)
    session = script.session()

    found = analyse(session.samples)

    assert np.abs(errors_ms(found, session)).max() < 150
    assert [round((rep.lower_s or 0.0) - 4.0, 1) for rep in found.reps] == pytest.approx(
        [0.5, 1.0, 1.5], abs=0.31
    )


def test_the_break_point_is_found_where_the_lowering_broke() -> None:
    script = kneeling(seed=6)
    for break_deg, to_deg in ((35.0, 75.0), (50.0, 80.0), (60.0, 85.0)):
        script.nordic(lower_s=3.5, to_deg=to_deg, break_deg=break_deg)
        script.still(1.5)
    session = script.session()

    for rep, true in matches(analyse(session.samples), session):
        assert rep.break_point is not None
        assert true.break_point is not None
        assert abs(rep.break_point.lean_deg - true.break_point.lean_deg) < 7.0
        assert abs(rep.break_point.t_s - true.break_point.t_s) < 0.25
        assert rep.break_point.control_s + rep.break_point.fall_s == pytest.approx(rep.lower_s)
        assert rep.break_point.t_s == pytest.approx(rep.start_s + rep.break_point.control_s)


@pytest.mark.parametrize("lower_s", [1.6, 3.0, 6.0])
def test_a_controlled_lowering_has_no_break_point(lower_s: float) -> None:
    script = kneeling(seed=7)
    for to_deg in (45.0, 70.0, 85.0):
        script.nordic(lower_s=lower_s, to_deg=to_deg)
        script.still(1.5)
    session = script.session()

    assert [rep.break_point for rep, _ in matches(analyse(session.samples), session)] == [None] * 3


def test_bridges_without_a_rest_between_them() -> None:
    script = lying(seed=8)
    for _ in range(5):
        script.bridge(lift_s=1.4, hold_s=0.0, lower_s=2.2, rise_deg=22.0)
    script.still(2.0)
    session = script.session()

    assert np.abs(errors_ms(analyse(session.samples), session)).max() < 350


@pytest.mark.parametrize("hold_s", [57.0, 75.0, 120.0])
@pytest.mark.parametrize("start", [kneeling, lying], ids=["nordic", "bridge"])
def test_an_isometric_hold_of_up_to_two_minutes_is_one_repetition(
    start: Callable[[int], Movement], hold_s: float
) -> None:
    script = start(5)
    for _ in range(2):
        if start is lying:
            script.bridge(lift_s=3.0, hold_s=hold_s, lower_s=3.0, rise_deg=20.0)
        else:
            script.nordic(lower_s=3.0, hold_s=hold_s, to_deg=50.0, return_s=2.0)
        script.still(30.0)
    session = script.session()

    found = matches(analyse(session.samples, None, session.calibration), session)

    assert [rep.lower_s for rep, _ in found] == pytest.approx([true.lower_s for _, true in found], abs=0.3)
    holds = [phase.duration_s for rep, _ in found for phase in rep.phases if phase.kind == "hold"]
    assert holds == pytest.approx([hold_s] * 2, abs=0.6)


def test_a_long_hold_is_one_repetition() -> None:
    script = lying(seed=9)
    for hold_s in (8.0, 20.0):
        script.bridge(lift_s=1.5, hold_s=hold_s, lower_s=3.0, creep_deg=-3.0)
        script.still(2.0)
    session = script.session()

    for rep, _ in matches(analyse(session.samples), session):
        assert [phase.kind for phase in rep.phases] == ["lift", "hold", "lower"]


@pytest.mark.parametrize("rest_s", [60.0, 150.0])
def test_a_held_bridge_counts_however_long_the_rest_before_it_was(rest_s: float) -> None:
    script = lying(seed=3)
    for _ in range(3):
        script.still(rest_s)
        script.bridge(lift_s=3.0, hold_s=45.0, lower_s=3.0, rise_deg=20.0)
    script.still(5.0)
    session = script.session()

    found = matches(analyse(session.samples, "bridge", session.calibration), session)
    holds = [phase.duration_s for rep, _ in found for phase in rep.phases if phase.kind == "hold"]
    assert holds == pytest.approx([45.0] * 3, abs=0.5)


@pytest.mark.parametrize("gyroscope", [True, False])
def test_small_bridges_count_among_their_like(gyroscope: bool) -> None:
    script = lying(seed=10, unsteadiness=0.7)
    for _ in range(5):
        script.bridge(lift_s=1.5, hold_s=1.0, lower_s=2.5, rise_deg=7.5)
        script.still(1.5)
    session = script.session(Sensor(gyroscope=gyroscope))

    assert len(matches(analyse(session.samples), session)) == 5


def test_one_small_wobble_alone_does_not_count() -> None:
    script = lying(seed=10, unsteadiness=0.7)
    script.bridge(lift_s=0.9, hold_s=0.3, lower_s=0.9, rise_deg=7.5)
    script.still(30.0)

    assert analyse(script.session().samples).reps == ()


def test_sitting_back_on_the_heels_between_nordics_counts_nothing() -> None:
    script = kneeling(seed=12)
    for _ in range(3):
        script.nordic(lower_s=3.0, to_deg=65.0)
        script.still(0.8)
        script.move(-55.0, 1.2)
        script.still(2.0)
        script.move(0.0, 1.2)
        script.still(1.0)
    session = script.session()

    assert len(matches(analyse(session.samples), session)) == 3


def kneel_and_rise(script: Movement) -> None:
    script.kneel_down()
    script.still(2.0)
    script.stand_up()
    script.still(1.0)


def sit(script: Movement) -> None:
    script.sit_down_and_up()
    script.still(1.0)


def walk(script: Movement) -> None:
    script.walk(12)
    script.still(1.0)


def lie_down_and_rise(script: Movement) -> None:
    script.kneel_down()
    script.still(1.0)
    script.kneeling_to_supine()
    script.still(2.0)
    script.move(-70.0, 2.5)
    script.move(0.0, 2.0)
    script.stand_up()
    script.still(1.0)


@pytest.mark.parametrize("movement", [kneel_and_rise, sit, walk, lie_down_and_rise])
@pytest.mark.parametrize("seed", [1, 2])
def test_everyday_movement_counts_nothing(movement: Callable[[Movement], None], seed: int) -> None:
    script = calibrated(seed)
    for _ in range(4):
        movement(script)
    session = script.session(Sensor(mount_deg=MOUNTS[seed]))

    assert analyse(session.samples).reps == ()
    assert analyse(session.samples, calibration=session.calibration).reps == ()


def part_of(samples: ImuSamples, start_s: float, end_s: float) -> ImuSamples:
    first, last = np.searchsorted(samples.t_s, [start_s, end_s]).tolist()
    return samples[first:last]


@pytest.mark.parametrize("share", [0.15, 0.5, 0.85])
def test_a_recording_that_starts_in_a_repetition_times_the_whole_ones(
    session: SimulatedSession, share: float
) -> None:
    first, *others = session.reps
    start_s = first.start_s + share * (first.end_s - first.start_s)

    found = analyse(part_of(session.samples, start_s, 1e9), calibration=session.calibration)

    timed = [rep for rep in found.reps if rep.lower_s is not None]
    assert len(timed) == len(others)
    assert all(abs(a.start_s - b.start_s) < 0.3 for a, b in zip(timed, others, strict=True))
    for rep in found.reps[: -len(others)]:
        assert rep.not_measured == "the recording begins inside the lowering"


@pytest.mark.parametrize("share", [0.2, 0.6, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("index", [1, 3])
def test_a_recording_that_ends_in_a_repetition_times_the_whole_ones(
    session: SimulatedSession, index: int, share: float
) -> None:
    last = session.reps[index]
    end_s = last.start_s + share * (last.end_s - last.start_s)

    found = analyse(part_of(session.samples, 0.0, end_s), calibration=session.calibration)

    whole, cut = found.reps[:index], found.reps[index:]
    assert all(rep.lower_s is not None for rep in whole)
    assert len(whole) == index
    for rep in cut:
        if rep.exercise == "bridge":
            assert rep.not_measured == "the recording ends inside the lowering"
        else:  # only the return was cut
            assert rep.lower_s == pytest.approx(last.lower_s, abs=0.15)


def test_a_recording_that_ends_with_the_last_repetition_counts_it(session: SimulatedSession) -> None:
    end_s = session.reps[-1].end_s + 0.25

    found = analyse(part_of(session.samples, 0.0, end_s), calibration=session.calibration)

    assert len(found.reps) == 4
    assert found.reps[-1].lower_s == pytest.approx(session.reps[-1].lower_s, abs=0.2)
    assert found.reps[-1].end_s <= found.reps[-1].start_s + 60.0


@pytest.mark.parametrize("mount_deg", MOUNTS[1:])
@pytest.mark.parametrize("told", [True, False])
def test_how_the_sensor_is_strapped_on_does_not_matter(
    two_sets: Callable[[Sensor], SimulatedSession], mount_deg: tuple[float, float, float], told: bool
) -> None:
    straight, turned = two_sets(Sensor()), two_sets(Sensor(mount_deg=mount_deg))

    one = analyse(straight.samples, calibration=straight.calibration if told else None)
    other = analyse(turned.samples, calibration=turned.calibration if told else None)

    durations = [[rep.lower_s for rep in found.reps] for found in (one, other)]
    assert durations[0] == pytest.approx(durations[1], abs=0.06)


def test_a_frame_turned_after_the_fact_gives_the_same_durations(session: SimulatedSession) -> None:
    x, y, z, w = np.array([1.0, -2.0, 0.5, 1.5]) / np.sqrt(7.5)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    samples = session.samples
    assert samples.gyr_radps is not None
    turned = ImuSamples(samples.t_s, samples.acc_mps2 @ turn.T, samples.gyr_radps @ turn.T)

    before, after = analyse(samples), analyse(turned)

    assert [rep.lower_s for rep in after.reps] == pytest.approx(
        [rep.lower_s for rep in before.reps], abs=0.02
    )
    assert len(after.reps) == 4


@pytest.mark.parametrize("exercise", ["nordic", "bridge"])
def test_only_the_exercise_that_was_named_is_counted(session: SimulatedSession, exercise: str) -> None:
    found = analyse(session.samples, exercise, session.calibration)

    assert [rep.exercise for rep in found.reps] == [exercise] * 2


def test_an_unknown_exercise_is_refused(session: SimulatedSession) -> None:
    with pytest.raises(ValueError, match="unknown exercise 'squat': nordic, bridge, slider or None"):
        analyse(session.samples, "squat")


def test_times_are_on_the_time_axis_of_the_samples(session: SimulatedSession) -> None:
    samples = session.samples
    later = ImuSamples(samples.t_s + 5000.0, samples.acc_mps2, samples.gyr_radps)

    before, after = analyse(samples), analyse(later)

    for a, b in zip(before.reps, after.reps, strict=True):
        assert b.start_s - a.start_s == pytest.approx(5000.0, abs=1e-4)
        assert b.lower_s == pytest.approx(a.lower_s, abs=1e-4)


def test_the_thigh_angle_follows_the_truth(session: SimulatedSession) -> None:
    found = analyse(session.samples)

    truth = np.interp(session.samples.t_s, session.true_t_s, session.true_angle_deg)
    assert found.thigh_angle_deg.shape == session.samples.t_s.shape
    error = found.thigh_angle_deg - truth
    assert np.sqrt(np.mean(error**2)) < 3.0


@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (Analysis, {"reps", "thigh_angle_deg", "gaps", "warnings"}),
        (
            Rep,
            {
                "exercise",
                "start_s",
                "end_s",
                "lower_s",
                "range_of_motion_deg",
                "not_measured",
                "phases",
                "break_point",
            },
        ),
        (Phase, {"kind", "start_s", "end_s"}),
        (BreakPoint, {"t_s", "lean_deg", "control_s", "fall_s"}),
        (Gap, {"start_s", "end_s"}),
        (RepCompleted, {"rep", "emitted_s"}),
    ],
)
def test_results_have_the_fields_that_others_rely_on(result: type, fields: set[str]) -> None:
    assert fields <= {field.name for field in dataclasses.fields(result)}
    assert result.__dataclass_params__.frozen


def test_results_explain_themselves(session: SimulatedSession) -> None:
    for rep in analyse(session.samples, calibration=session.calibration).reps:
        evidence = rep.evidence
        assert evidence is not None
        assert evidence.planarity is not None
        assert 0.6 < evidence.planarity <= 1.0
        assert evidence.lever_arm_m == pytest.approx(0.22, abs=0.08)
        assert evidence.lever_arm_r2 is not None
        assert 0.5 < evidence.lever_arm_r2 <= 1.0
        assert evidence.height_change_m is not None
        assert evidence.sign_confidence == 1.0
        with pytest.raises(AttributeError):
            rep.lower_s = 1.0


@pytest.mark.parametrize("seed", [700, 701])
@pytest.mark.parametrize(
    ("exercise", "range_deg", "lower_s", "pause_s"),
    [("bridge", 20.0, 20.0, 8.0), ("bridge", 30.0, 30.0, 0.0), ("nordic", 35.0, 20.0, 8.0)],
)
def test_a_very_slow_lowering_is_not_cut_off_at_a_pause_or_before_its_end(
    seed: int, exercise: Exercise, range_deg: float, lower_s: float, pause_s: float
) -> None:
    script = kneeling(seed) if exercise == "nordic" else lying(seed)
    script.still(4.0)
    for _ in range(3):
        if exercise == "nordic":
            script.nordic(lower_s=lower_s, to_deg=range_deg, pause_s=pause_s)
        else:
            script.bridge(lift_s=3.0, hold_s=2.0, lower_s=lower_s, rise_deg=range_deg, pause_s=pause_s)
        script.still(4.0)
    session = script.session(Sensor())
    reps = analyse(session.samples, exercise, session.calibration).reps
    assert len(reps) == 3
    for rep, truth in zip(reps, session.reps, strict=True):
        assert rep.lower_s == pytest.approx(truth.lower_s, abs=3.0)
