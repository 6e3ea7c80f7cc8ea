"""What cannot be known is not measured: holes in the samples, and sensors that lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import Analysis, ImuSamples, Pipeline, analyse
from analysis.results import AnglesMeasured, Phase, RepCompleted, SensorFault
from analysis.sensor_check import doubts, wrong_unit
from analysis.simulate import (
    Movement,
    Sensor,
    SimulatedSession,
    accelerometer_only,
    random_sensor,
    simulate,
)
from benchmarks.scoring import MIN_OVERLAP, overlap

Array = NDArray[np.float64]


def without(samples: ImuSamples, start_s: float, end_s: float) -> ImuSamples:
    kept = (samples.t_s < start_s) | (samples.t_s > end_s)
    gyr = None if samples.gyr_radps is None else samples.gyr_radps[kept]
    return ImuSamples(samples.t_s[kept], samples.acc_mps2[kept], gyr)


def phase_of(session: SimulatedSession, index: int, kind: str) -> Phase:
    return next(phase for phase in session.reps[index].phases if phase.kind == kind)


@pytest.mark.parametrize("index", [0, 1, 2, 3])
@pytest.mark.parametrize("seconds", [0.15, 0.4, 0.7, 1.5])
@pytest.mark.parametrize("gyroscope", [True, False])
def test_a_lowering_with_a_gap_in_it_carries_no_number(
    two_sets: Callable[[Sensor], SimulatedSession], index: int, seconds: float, gyroscope: bool
) -> None:
    session = two_sets(Sensor(gyroscope=gyroscope))
    lower = phase_of(session, index, "lower")
    middle_s = 0.5 * (lower.start_s + lower.end_s)

    found = analyse(
        without(session.samples, middle_s - seconds / 2, middle_s + seconds / 2),
        calibration=session.calibration,
    )

    assert [rep.lower_s is None for rep in found.reps] == [i == index for i in range(4)]
    rep = found.reps[index]
    assert rep.not_measured is not None
    assert rep.not_measured.startswith("no samples from ")
    assert rep.not_measured.endswith("inside the lowering")
    assert rep.phase("lower") is None
    assert rep.break_point is None
    (gap,) = found.gaps
    assert gap.end_s - gap.start_s == pytest.approx(seconds, abs=0.03)
    assert gap.start_s == pytest.approx(middle_s - seconds / 2, abs=0.02)


@pytest.mark.parametrize("seconds", [3.0, 6.0])
def test_a_long_gap_inside_a_long_lowering_leaves_a_repetition_without_a_number(seconds: float) -> None:
    script = Movement(seed=4)
    script.still(3.0)
    script.nordic(lower_s=9.0, to_deg=70.0)
    script.still(2.0)
    session = script.session()

    found = analyse(without(session.samples, 5.0, 5.0 + seconds), calibration=session.calibration)

    (rep,) = found.reps
    assert rep.lower_s is None
    assert rep.not_measured is not None
    assert rep.range_of_motion_deg == pytest.approx(70.0, abs=6.0)


@pytest.mark.parametrize(
    ("index", "kind"), [(0, "hold"), (0, "return"), (1, "return"), (2, "lift"), (2, "hold"), (3, "lift")]
)
def test_a_gap_elsewhere_costs_only_the_phase_it_is_in(
    session: SimulatedSession, index: int, kind: str
) -> None:
    phase = phase_of(session, index, kind)
    middle_s = 0.5 * (phase.start_s + phase.end_s)
    whole = analyse(session.samples, calibration=session.calibration)

    found = analyse(
        without(session.samples, middle_s - 0.08, middle_s + 0.08), calibration=session.calibration
    )

    rep = found.reps[index]
    assert rep.not_measured is None
    assert rep.lower_s == pytest.approx(whole.reps[index].lower_s, abs=0.05)
    assert {p.kind for p in whole.reps[index].phases} - {p.kind for p in rep.phases} == {kind}


@pytest.mark.parametrize("edge", ["start", "end"])
@pytest.mark.parametrize("index", [0, 2])
@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.6])
def test_a_gap_over_an_end_of_a_lowering_never_gives_a_wrong_number(
    session: SimulatedSession, edge: str, index: int, seconds: float
) -> None:
    lower = phase_of(session, index, "lower")
    at_s = lower.start_s if edge == "start" else lower.end_s
    for share in np.linspace(0.05, 0.95, 9):
        start_s = at_s - share * seconds

        found = analyse(without(session.samples, start_s, start_s + seconds), calibration=session.calibration)

        assert len(found.reps) >= len(session.reps) - 1
        for rep in found.reps:
            phase = rep.phase("lower")
            if phase is not None and phase.start_s < lower.end_s and phase.end_s > lower.start_s:
                assert rep.lower_s == pytest.approx(lower.duration_s, abs=0.15)


@pytest.mark.parametrize("gyroscope", [True, False], ids=["gyroscope", "accelerometer only"])
@pytest.mark.parametrize(
    ("scenario", "share"),
    [
        ("nordic_std", 1.0),
        ("nordic_assisted", 1.0),
        ("bridge_chair", 1.0),
        ("bridge_hold", 1.0),
        # Of leans of 20 degrees and bridges of 7 there may be next to nothing left to see.
        ("nordic_patient", 0.7),
        ("bridge_patient", 0.7),
    ],
)
def test_a_gap_over_the_top_costs_the_number_and_not_the_repetition(
    scenario: str, share: float, gyroscope: bool
) -> None:
    swallowed, counted, unnamed = 0, 0, 0
    for seed in (720_001, 720_002, 720_003):
        session = simulate(scenario, seed, sensor=random_sensor(seed, gyroscope=gyroscope))
        for rep in session.reps:
            inside = (session.true_t_s >= rep.start_s) & (session.true_t_s <= rep.end_s)
            top_s = float(session.true_t_s[inside][np.argmax(session.true_angle_deg[inside])])
            start_s = min(max(top_s - 1.5, rep.start_s + 0.8), rep.end_s - 3.8)
            if rep.end_s - rep.start_s < 5.5 or not start_s < top_s < start_s + 3.0:
                continue
            cut = without(session.samples, start_s, start_s + 3.0)

            found = analyse(cut, calibration=session.calibration)

            same = [other for other in found.reps if overlap(other, rep) >= MIN_OVERLAP]
            swallowed, counted = swallowed + 1, counted + len(same)
            hidden = start_s < rep.lower.end_s and start_s + 3.0 > rep.lower.start_s
            unnamed += sum(hidden and other.not_measured is None for other in same)

    assert swallowed > 0
    assert counted >= share * swallowed
    assert unnamed == 0


def test_a_gap_in_a_hold_that_goes_on_after_it_costs_nothing() -> None:
    script = Movement(seed=3, unsteadiness=0.5)
    script.still(3.0)
    script.nordic(lower_s=3.0, to_deg=40.0, hold_s=3.0)
    script.still(3.0)
    session = script.session()
    hold = phase_of(session, 0, "hold")

    found = analyse(
        without(session.samples, hold.start_s + 0.9, hold.end_s - 0.9), calibration=session.calibration
    )

    (rep,) = found.reps
    assert rep.not_measured is None
    assert rep.lower_s == pytest.approx(session.reps[0].lower_s, abs=0.2)


def test_who_pauses_before_a_gap_may_have_gone_on_in_it() -> None:
    """A lowering that stops at half its way looks like a whole one where its second half is lost."""
    script = Movement(seed=3, unsteadiness=0.5)
    script.still(3.0)
    script.nordic(lower_s=5.0, to_deg=70.0, pause_s=2.5, pause_at=0.5, return_s=2.5)
    script.still(3.0)
    session = script.session()
    lower = phase_of(session, 0, "lower")
    pause_s = 0.5 * (lower.start_s + lower.end_s) + 0.3
    back = phase_of(session, 0, "return")

    found = analyse(without(session.samples, pause_s, back.start_s + 1.0), calibration=session.calibration)

    (rep,) = found.reps
    assert rep.lower_s is rep.phase("lower") is None
    assert rep.not_measured is not None
    assert rep.not_measured.endswith("where the lowering may have gone on")


@pytest.mark.parametrize("seconds", [1.2, 3.5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_bridge_whose_rest_nobody_saw_never_carries_a_wrong_number(seconds: float, seed: int) -> None:
    """It comes down to the level where it was first seen, and may go on below."""
    script = Movement(seed=seed, unsteadiness=0.6, start_deg=-138.0)
    script.still(3.0)
    for lower_s in (3.0, 3.2, 2.8):
        script.bridge(lift_s=1.6, hold_s=1.2, lower_s=lower_s, rise_deg=21.0, creep_deg=0.0)
        script.still(1.6)
    session = script.session(Sensor())
    true = session.reps[1]
    reasons: list[str | None] = []

    for seen_s in (-0.3, -0.1, 0.1, 0.4, 0.6, 0.8, 1.0):
        back_s = true.start_s + seen_s
        found = analyse(without(session.samples, back_s - seconds, back_s), "bridge", session.calibration)

        for rep in found.reps:
            if overlap(rep, true) >= 0.4:
                reasons.append(rep.not_measured)
                assert (rep.lower_s is None) == (rep.not_measured is not None)
                assert rep.lower_s is None or rep.lower_s == pytest.approx(true.lower_s, abs=0.3)
        assert found.reps[-1].lower_s == pytest.approx(session.reps[2].lower_s, abs=0.3)

    # The rest before it was seen, or it lies no higher than the rest after it.
    assert reasons[0] is None
    unseen = any(str(reason).endswith("where the lift began") for reason in reasons)
    assert unseen == (seconds == 3.5)
    assert len(reasons) >= 5


def test_a_gap_between_repetitions_is_listed_and_costs_nothing(session: SimulatedSession) -> None:
    first, second = session.reps[:2]
    middle_s = 0.5 * (first.end_s + second.start_s)

    found = analyse(without(session.samples, middle_s - 0.2, middle_s + 0.2), calibration=session.calibration)

    assert len(found.gaps) == 1
    assert [rep.not_measured for rep in found.reps] == [None] * 4


def test_angles_are_nan_inside_gaps(session: SimulatedSession) -> None:
    pipeline = Pipeline(None, session.calibration)

    events = pipeline.step(without(session.samples, 10.0, 11.0))

    measured = [event for event in events if isinstance(event, AnglesMeasured)]
    t_s = np.concatenate([event.t_s for event in measured])
    angle = np.concatenate([event.thigh_angle_deg for event in measured])
    gap = (t_s > 10.03) & (t_s < 10.97)
    assert np.isnan(angle[gap]).all()
    assert np.isfinite(angle[(t_s < 9.97) | (t_s > 11.03)]).all()


def test_a_rest_of_minutes_without_samples_only_costs_what_it_hides(session: SimulatedSession) -> None:
    samples = session.samples
    cut_s = 0.5 * (session.reps[1].end_s + session.reps[2].start_s)
    t_s = np.where(samples.t_s > cut_s, samples.t_s + 300.0, samples.t_s)

    found = analyse(ImuSamples(t_s, samples.acc_mps2, samples.gyr_radps), calibration=session.calibration)

    assert [rep.exercise for rep in found.reps] == ["nordic"] * 2 + ["bridge"] * 2
    assert found.gaps[0].end_s - found.gaps[0].start_s == pytest.approx(300.0, abs=0.02)
    for rep, true in zip(found.reps[2:], session.reps[2:], strict=True):
        assert rep.start_s - 300.0 == pytest.approx(true.start_s, abs=0.3)


def scaled(gyr: Array, t: Array) -> Array:
    return 1.3 * gyr


def weak(gyr: Array, t: Array) -> Array:
    return 0.8 * gyr


def swapped(gyr: Array, t: Array) -> Array:
    return gyr[:, [1, 0, 2]]


def reversed_sense(gyr: Array, t: Array) -> Array:
    return -gyr


def stuck(gyr: Array, t: Array) -> Array:
    return np.full_like(gyr, 0.01)


def drifting(gyr: Array, t: Array) -> Array:
    return gyr + np.radians(0.4) * t[:, None] * np.array([1.0, 0.3, -0.2])


def in_degrees(gyr: Array, t: Array) -> Array:
    return np.degrees(gyr)


def one_axis_dead(gyr: Array, t: Array) -> Array:
    return gyr * np.array([1.0, 0.0, 1.0])


LIES = [scaled, weak, swapped, reversed_sense, stuck, drifting, in_degrees, one_axis_dead]


@pytest.fixture(scope="session")
def training() -> SimulatedSession:
    """Standing, knee lifts, six Nordics: 70 s of which most is movement."""
    script = Movement(seed=21)
    script.still(2.6)
    script.knee_lifts()
    script.still(0.6)
    script.kneel_down()
    script.still(1.0)
    for i in range(6):
        script.nordic(lower_s=3.0 + 0.3 * i, to_deg=60.0 + 3 * i)
        script.still(1.5)
    return script.session(Sensor())


def lying_sensor(session: SimulatedSession, lie: Callable[[Array, Array], Array]) -> ImuSamples:
    samples = session.samples
    assert samples.gyr_radps is not None
    return ImuSamples(samples.t_s, samples.acc_mps2, lie(samples.gyr_radps, samples.t_s))


def assert_no_numbers(found: Analysis) -> None:
    for rep in found.reps:
        assert rep.lower_s is None
        assert rep.break_point is None
        assert rep.not_measured


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("told", [True, False])
def test_a_gyroscope_that_lies_is_named_and_gives_no_numbers(
    training: SimulatedSession, lie: Callable[[Array, Array], Array], told: bool
) -> None:
    found = analyse(lying_sensor(training, lie), calibration=training.calibration if told else None)

    assert any("gyroscope" in warning for warning in found.warnings)
    assert_no_numbers(found)


@pytest.mark.parametrize("lie", [scaled, weak, drifting])
def test_repetitions_say_that_it_was_the_gyroscope(
    training: SimulatedSession, lie: Callable[[Array, Array], Array]
) -> None:
    found = analyse(lying_sensor(training, lie), calibration=training.calibration)

    assert found.reps
    assert {rep.not_measured for rep in found.reps} == {"the gyroscope does not agree with the accelerometer"}


@pytest.mark.parametrize("packet", [1, 7, 100_000])
def test_live_numbers_stop_when_the_fault_is_known(training: SimulatedSession, packet: int) -> None:
    samples = lying_sensor(training, weak)
    pipeline = Pipeline(None, training.calibration)

    events = [
        event
        for begin in range(0, len(samples), packet)
        for event in pipeline.step(samples[begin : begin + packet])
    ]

    (fault,) = [event for event in events if isinstance(event, SensorFault)]
    assert fault.emitted_s == pytest.approx(35.02, abs=0.011)
    assert fault.text.startswith("The gyroscope does not agree with the accelerometer: ")
    reps = [event for event in events if isinstance(event, RepCompleted)]
    before = [event.rep for event in reps if event.emitted_s < fault.emitted_s]
    after = [event.rep for event in reps if event.emitted_s >= fault.emitted_s]
    assert before
    assert after
    assert all(rep.lower_s is not None for rep in before)
    assert all(rep.not_measured == pipeline.fault.reason for rep in after if pipeline.fault)


def test_a_fault_is_remembered_over_a_long_gap(training: SimulatedSession) -> None:
    samples = lying_sensor(training, weak)
    pipeline = Pipeline(None, training.calibration)
    pipeline.step(samples)

    later = ImuSamples(samples.t_s + 500.0, samples.acc_mps2, samples.gyr_radps)[:2500]
    reps = [event.rep for event in pipeline.step(later) if isinstance(event, RepCompleted)]

    assert reps
    assert all(rep.lower_s is None for rep in reps)


def brisk(script: Movement) -> None:
    script.walk(30, step_s=0.8)


def patient(script: Movement) -> None:
    script.kneel_down()
    for _ in range(4):
        script.nordic(lower_s=6.0, to_deg=70.0)
        script.still(2.0)


def swinging(script: Movement) -> None:
    for _ in range(20):
        script.move(-80.0, 0.35, pivot="hip")
        script.move(25.0, 0.4, pivot="hip")
        script.move(0.0, 0.5, pivot="hip")


@pytest.mark.parametrize("movement", [brisk, patient, swinging])
@pytest.mark.parametrize(
    "sensor", [Sensor(), Sensor(bias_dps=6.0), Sensor(rate_hz=25.0), Sensor(rate_hz=50.0, loss=0.1)]
)
def test_a_healthy_gyroscope_is_never_accused(movement: Callable[[Movement], None], sensor: Sensor) -> None:
    for seed in (31, 32):
        script = Movement(seed=seed)
        script.still(3.0)
        movement(script)
        script.still(3.0)
        session = script.session(replace(sensor, mount_deg=(40.0 * seed, 20.0, -70.0)))

        found = analyse(session.samples, calibration=session.calibration)

        assert not any("gyroscope" in warning for warning in found.warnings)


@pytest.mark.parametrize("gyroscope", [True, False])
@pytest.mark.parametrize("told", [True, False])
def test_an_accelerometer_in_g_is_named_and_gives_no_numbers(
    training: SimulatedSession, gyroscope: bool, told: bool
) -> None:
    samples = training.samples
    in_g = ImuSamples(samples.t_s, samples.acc_mps2 / 9.80665, samples.gyr_radps if gyroscope else None)

    found = analyse(in_g, calibration=training.calibration if told else None)

    assert any("g instead of m/s2" in warning for warning in found.warnings)
    assert_no_numbers(found)
    live = Pipeline(None, training.calibration).step(in_g)
    faults = [event.text for event in live if isinstance(event, SensorFault)]
    assert [text.startswith("The accelerometer does not read gravity") for text in faults] == [True]


def test_a_sensor_without_a_gyroscope_says_so(two_sets: Callable[[Sensor], SimulatedSession]) -> None:
    session = two_sets(accelerometer_only(Sensor()))

    found = analyse(session.samples, calibration=session.calibration)

    assert any(warning.startswith("No gyroscope") for warning in found.warnings)
    assert all(rep.evidence is not None and rep.evidence.lever_arm_m is None for rep in found.reps)


def test_a_slow_sensor_says_so(two_sets: Callable[[Sensor], SimulatedSession]) -> None:
    session = two_sets(Sensor(rate_hz=12.0))

    found = analyse(session.samples, calibration=session.calibration)

    assert any(warning.startswith("Only 12 samples a second") for warning in found.warnings)


def test_a_healthy_session_has_nothing_to_say(session: SimulatedSession) -> None:
    assert analyse(session.samples).warnings == ()


UNITS = {
    "m/s2 taken for g": (9.80665, 1.0, "m/s2 that were taken for g"),
    "g": (1 / 9.80665, 1.0, "g instead of m/s2"),
    "mg": (1000 / 9.80665, 1.0, "mg instead of m/s2"),
    "deg/s": (1.0, 180 / np.pi, "deg/s instead of rad/s"),
    "rad/s taken for deg/s": (1.0, np.pi / 180, "rad/s that were taken for deg/s"),
}


@pytest.mark.parametrize(("force", "turn", "words"), UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("seed", [61, 62])
def test_a_wrong_unit_is_named(force: float, turn: float, words: str, seed: int) -> None:
    script = Movement(seed=seed)
    script.kneeling_to_supine()
    script.still(2.0)
    for _ in range(4):
        script.bridge(lower_s=3.0, rise_deg=14.0)
        script.still(1.5)
    samples = script.session(Sensor(bias_dps=3.0)).samples
    assert samples.gyr_radps is not None
    assert wrong_unit(samples) == ()

    (fault,) = wrong_unit(ImuSamples(samples.t_s, force * samples.acc_mps2, turn * samples.gyr_radps))

    assert words in fault.advice


@pytest.mark.parametrize(("limit_radps", "limit_mps2"), [(2.18, 156.9), (8.7, 19.6)])
def test_a_saturated_axis_is_named(limit_radps: float, limit_mps2: float) -> None:
    t = np.arange(0.0, 20.0, 0.01)
    swing = np.sin(2 * np.pi * 1.5 * t)
    gyr = np.column_stack([0.1 * swing, 6.0 * swing, 0.2 * swing])
    acc = np.column_stack([4.0 * swing, 3.0 * swing, 9.8 + 14.0 * swing])
    wide = ImuSamples(t, acc, gyr)
    narrow = ImuSamples(t, np.clip(acc, -limit_mps2, limit_mps2), np.clip(gyr, -limit_radps, limit_radps))

    assert doubts(wide) == ()
    (said,) = doubts(narrow)

    assert said.startswith("The gyroscope is sat" if limit_radps < 6.0 else "The accelerometer is sat")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fall_beyond_the_range_of_the_gyroscope_is_named_and_timed_as_well(seed: int) -> None:
    """125 deg/s is the narrowest usual range; bodies fall faster, but only in the middle of a fall."""
    script = Movement(seed=seed)
    script.still(4.0)
    script.knee_lifts()
    script.still(2.0)
    script.kneel_down()
    script.still(3.0)
    for _ in range(3):
        script.nordic(lower_s=4.0, to_deg=85.0, break_deg=35.0)
        script.still(3.0)
    session = script.session(Sensor())
    samples = session.samples
    assert samples.gyr_radps is not None
    limit_radps = np.radians(125.0)
    assert np.abs(samples.gyr_radps).max() > limit_radps
    narrow = replace(samples, gyr_radps=np.clip(samples.gyr_radps, -limit_radps, limit_radps))

    found = analyse(narrow, None, session.calibration)

    assert any("gyroscope is saturated" in text for text in found.warnings)
    wide = analyse(samples, None, session.calibration)
    assert [rep.lower_s for rep in found.reps] == pytest.approx([rep.lower_s for rep in wide.reps], abs=0.05)


def test_a_stuck_axis_is_named(training: SimulatedSession) -> None:
    samples = lying_sensor(training, one_axis_dead)

    assert doubts(training.samples) == ()
    assert [said for said in doubts(samples) if "gyroscope's y axis is stuck" in said]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bias_that_no_rest_shows_is_no_fault(seed: int) -> None:
    """Switched on in the middle of slow small bridges, the filter takes a minute to learn it."""
    script = Movement(seed=seed, start_deg=-136.0)
    script.still(0.4)
    for _ in range(6):
        script.bridge(rise_deg=9.0, lift_s=2.5, hold_s=0.6, lower_s=5.0, base_shift_deg=0.0)
        script.still(0.6)
    session = script.session(Sensor(mount_deg=(40.0, 25.0, -30.0), bias_dps=4.0))

    found = analyse(session.samples, "bridge")

    assert len(found.reps) == 6
    assert [rep.not_measured for rep in found.reps] == [None] * 6
