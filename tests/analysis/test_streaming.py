"""Cutting a recording anywhere must not change what is measured: live, replay and batch are one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import Calibration, ImuSamples, Pipeline, Rep, analyse
from analysis.results import (
    AnglesMeasured,
    AttemptAborted,
    Event,
    Exercise,
    GapFound,
    PhaseEnded,
    PhaseStarted,
    RepCompleted,
    SensorFault,
)
from analysis.simulate import Movement, Sensor, SimulatedSession, accelerometer_only

TwoSets = Callable[[Sensor], SimulatedSession]

TILTED = Sensor(mount_deg=(20.0, -35.0, 170.0))
SENSORS = {
    "100 Hz": TILTED,
    "no gyroscope": accelerometer_only(TILTED),
    "25 Hz": Sensor(rate_hz=25.0),
    "50 Hz, 10 % lost": Sensor(rate_hz=50.0, loss=0.1),
    "200 Hz, jitter": Sensor(rate_hz=200.0, jitter_s=0.004),
    "clock 2 % off": Sensor(clock_error=0.02),
}


def without(samples: ImuSamples, holes: Iterable[tuple[float, float]]) -> ImuSamples:
    """The samples, and holes of so many seconds after so many seconds, into which time is inserted."""
    t, kept = samples.t_s.copy(), np.ones(len(samples), dtype=bool)
    for start_s, seconds in holes:
        if seconds > 5.0:
            t[samples.t_s > start_s] += seconds
        else:
            kept &= (samples.t_s < start_s) | (samples.t_s > start_s + seconds)
    gyr = None if samples.gyr_radps is None else samples.gyr_radps[kept]
    return ImuSamples(t[kept], samples.acc_mps2[kept], gyr)


def fed(
    samples: ImuSamples, cuts: Iterable[int], calibration: Calibration | None, exercise: None = None
) -> list[Event]:
    pipeline = Pipeline(exercise, calibration)
    events: list[Event] = []
    for begin, stop in pairwise([0, *cuts, len(samples)]):
        events += pipeline.step(samples[begin:stop])
    return events + pipeline.finish()


def said(events: list[Event]) -> tuple[list[object], list[float]]:
    """Everything that must not depend on the cuts: words, and numbers."""
    angles = [event for event in events if isinstance(event, AnglesMeasured)]
    words: list[object] = [len(angles) > 0]
    figures: list[float] = []
    for event in angles:
        figures += [*event.t_s, *event.thigh_angle_deg]
    figures.sort(key=lambda value: 0.0 if np.isnan(value) else value)
    # A chunk's notices come before its repetitions, so that their order between them may depend on it.
    for kind in (RepCompleted, AttemptAborted, GapFound, SensorFault, PhaseStarted, PhaseEnded):
        for event in sorted(
            (event for event in events if isinstance(event, kind)),
            key=lambda event: (event.emitted_s, str(event)),
        ):
            figures.append(event.emitted_s)
            if isinstance(event, RepCompleted):
                more_words, more_figures = rep_said(event.rep)
                words += more_words
                figures += more_figures
            elif isinstance(event, PhaseStarted | PhaseEnded):
                words += [event.exercise, event.kind]
                figures.append(event.start_s)
            elif isinstance(event, AttemptAborted):
                words.append(event.attempt.exercise)
                figures += [event.attempt.start_s, event.attempt.end_s, event.attempt.range_of_motion_deg]
            elif isinstance(event, GapFound):
                figures += [event.gap.start_s, event.gap.end_s]
            else:
                words.append(event.text)
    return words, figures


def rep_said(rep: Rep) -> tuple[list[object], list[float]]:
    point = rep.break_point
    words = [rep.exercise, rep.not_measured, rep.lower_s is None, rep.partial, point is None]
    figures = [rep.start_s, rep.end_s, rep.range_of_motion_deg, rep.lower_s or 0.0]
    for phase in rep.phases:
        words.append(phase.kind)
        figures += [phase.start_s, phase.end_s, phase.se_s or 0.0]
    if point is not None:
        figures += [point.t_s, point.lean_deg, point.control_s, point.fall_s]
    return words, figures


def assert_same(one: list[Event], other: list[Event]) -> None:
    (words, figures), (other_words, other_figures) = said(one), said(other)
    assert words == other_words
    assert len(figures) == len(other_figures)
    np.testing.assert_allclose(figures, other_figures, rtol=0, atol=1e-7, equal_nan=True)


def reps_in(events: list[Event]) -> list[Rep]:
    return [event.rep for event in events if isinstance(event, RepCompleted)]


def assert_same_reps(one: list[Rep], other: list[Rep]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        (words, figures), (other_words, other_figures) = rep_said(a), rep_said(b)
        assert words == other_words
        np.testing.assert_allclose(figures, other_figures, rtol=0, atol=1e-7)


def cuts_of(n: int) -> st.SearchStrategy[list[int]]:
    """Anything from one chunk to a run of single samples; the same cut twice is an empty chunk."""
    some = st.lists(st.integers(0, n), max_size=30)
    packets = st.integers(1, 60).map(lambda size: list(range(0, n, size)))
    singles = st.integers(0, max(0, n - 200)).map(lambda first: list(range(first, first + 200)))
    return st.tuples(some, st.one_of(st.just([]), packets, singles)).map(lambda two: sorted(two[0] + two[1]))


@pytest.mark.parametrize("name", SENSORS)
@pytest.mark.parametrize("told", ["calibration given", "nothing given"])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_chunking_measures_the_same(two_sets: TwoSets, name: str, told: str, data: st.DataObject) -> None:
    simulated = two_sets(SENSORS[name])
    calibration = simulated.calibration if told == "calibration given" else None
    samples = simulated.samples
    whole = fed(samples, [], calibration)

    chunked = fed(samples, data.draw(cuts_of(len(samples))), calibration)

    assert_same(chunked, whole)
    assert len(reps_in(whole)) == 4


@pytest.mark.parametrize("seconds", [0.15, 0.7, 3.0, 15.0])
@pytest.mark.parametrize("name", ["100 Hz", "no gyroscope"])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_chunking_around_gaps_measures_the_same(
    two_sets: TwoSets, name: str, seconds: float, data: st.DataObject
) -> None:
    simulated = two_sets(SENSORS[name])
    holes = data.draw(st.lists(st.floats(0.005, 40.0), min_size=1, max_size=3, unique=True))
    samples = without(simulated.samples, [(start_s, seconds) for start_s in holes])

    whole = fed(samples, [], simulated.calibration)
    chunked = fed(samples, data.draw(cuts_of(len(samples))), simulated.calibration)

    assert_same(chunked, whole)


@cache
def with_attempts(exercise: Exercise) -> SimulatedSession:
    """Three repetitions, the last of which is partial, an attempt, and another repetition."""
    script = Movement(seed=5, start_deg=0.0 if exercise == "nordic" else -138.0)
    script.still(2.0)
    for share in (1.0, 1.0, 0.5, 0.0, 1.0):
        if share == 0.0:
            script.move(script.angle_deg + 8.0, 0.9)
            script.move(script.angle_deg - 8.0, 0.9)
        elif exercise == "nordic":
            script.nordic(lower_s=2.0, to_deg=60.0 * share)
        else:
            script.bridge(rise_deg=32.0 * share, lower_s=2.0, base_shift_deg=0.0)
        script.still(1.5)
    return script.session()


@pytest.mark.parametrize("exercise", ["nordic", "bridge"])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_chunking_tells_partial_and_aborted_repetitions_alike(
    exercise: Exercise, data: st.DataObject
) -> None:
    simulated = with_attempts(exercise)
    samples = simulated.samples
    whole = fed(samples, [], simulated.calibration)

    chunked = fed(samples, data.draw(cuts_of(len(samples))), simulated.calibration)

    assert_same(chunked, whole)
    assert [rep.partial for rep in reps_in(whole)] == [False, False, True, False]
    attempts = [event.attempt for event in whole if isinstance(event, AttemptAborted)]
    assert attempts == list(analyse(samples, calibration=simulated.calibration).aborted)
    assert len(attempts) == 1


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_chunking_finds_the_same_sliders(data: st.DataObject) -> None:
    script = Movement(seed=5, start_deg=-136.0)
    script.still(2.0)
    for _ in range(3):
        script.slider()
        script.still(2.0)
    session = script.session()
    whole = fed(session.samples, [], session.calibration)

    chunked = fed(session.samples, data.draw(cuts_of(len(session.samples))), session.calibration)

    assert_same(chunked, whole)
    assert [rep.exercise for rep in reps_in(whole)] == ["slider"] * 3


def test_one_sample_at_a_time_measures_the_same(session: SimulatedSession) -> None:
    samples = session.samples

    one_by_one = fed(samples, range(len(samples)), session.calibration)

    assert_same(one_by_one, fed(samples, [], session.calibration))


def test_a_long_recording_is_taken_in_blocks_that_do_not_show(session: SimulatedSession) -> None:
    samples = session.samples
    again = [
        ImuSamples(samples.t_s + 60.0 * i, samples.acc_mps2, samples.gyr_radps) for i in range(4)
    ]  # 15 s of silence between two
    joined = ImuSamples.concatenate(again)

    chunked = fed(joined, range(0, len(joined), 999), session.calibration)
    assert_same(chunked, fed(joined, [], session.calibration))
    assert len(analyse(joined, calibration=session.calibration).reps) == 16


@pytest.mark.parametrize("exercise", [None, "nordic", "bridge"])
def test_analysing_is_stepping_with_the_same_calibration(
    session: SimulatedSession, exercise: None, two_sets: TwoSets
) -> None:
    found = analyse(session.samples, exercise, session.calibration)

    stepped = fed(session.samples, range(0, 5000, 7), session.calibration, exercise)

    assert_same_reps(sorted(reps_in(stepped), key=lambda rep: rep.start_s), list(found.reps))


@pytest.mark.parametrize("name", SENSORS)
def test_a_repetition_is_known_within_a_second_after_its_end(two_sets: TwoSets, name: str) -> None:
    simulated = two_sets(SENSORS[name])

    events = fed(simulated.samples, [], simulated.calibration)

    waits = [event.emitted_s - event.rep.end_s for event in events if isinstance(event, RepCompleted)]
    assert len(waits) == 4
    assert min(waits) >= 0.0
    # Without a gyroscope the angle is smoothed once more.
    assert max(waits) <= (1.0 if SENSORS[name].gyroscope else 1.4)


@pytest.mark.parametrize("name", ["100 Hz", "no gyroscope", "50 Hz, 10 % lost"])
@pytest.mark.parametrize("told", ["calibration given", "nothing given"])
def test_nothing_is_said_before_it_was_seen(two_sets: TwoSets, name: str, told: str) -> None:
    simulated = two_sets(SENSORS[name])
    calibration = simulated.calibration if told == "calibration given" else None
    samples = without(simulated.samples, [(19.0, 0.3)])
    pipeline = Pipeline(None, calibration)
    reps: list[Rep] = []

    for sample in range(len(samples)):
        for event in pipeline.step(samples[sample : sample + 1]):
            if isinstance(event, AnglesMeasured):
                assert event.t_s[-1] <= samples.t_s[sample]
                continue
            # Emitted with the first sample at or after the time it claims.
            assert event.emitted_s <= samples.t_s[sample] + 1e-6
            assert event.emitted_s > samples.t_s[sample - 1] - 1e-6
            if isinstance(event, RepCompleted):
                reps.append(event.rep)

    assert_same_reps(reps, reps_in(Pipeline(None, calibration).step(samples)))
    assert len(reps) >= (3 if told == "calibration given" else 1)


def test_a_prefix_gives_the_repetitions_it_holds_and_no_others(session: SimulatedSession) -> None:
    samples = session.samples
    full = [e for e in fed(samples, [], session.calibration) if isinstance(e, RepCompleted)]

    for end_s in np.arange(2.0, samples.t_s[-1], 1.7):
        seen = Pipeline(None, session.calibration).step(samples[: int(np.searchsorted(samples.t_s, end_s))])
        assert_same_reps(reps_in(seen), [event.rep for event in full if event.emitted_s <= end_s - 0.01])


def test_phases_are_noticed_while_they_last(session: SimulatedSession) -> None:
    events = fed(session.samples, range(0, 5000, 4), session.calibration)
    lowerings = [rep.phases for rep in session.reps]

    for phases in lowerings:
        true = next(phase for phase in phases if phase.kind == "lower")
        started = [
            event
            for event in events
            if isinstance(event, PhaseStarted) and true.start_s - 0.5 < event.start_s < true.end_s
            if event.kind == "lower"
        ]
        assert started
        assert abs(started[0].start_s - true.start_s) < 0.4
        assert true.start_s < started[0].emitted_s < true.start_s + 0.8


def test_streaming_for_hours_needs_no_more_memory(session: SimulatedSession) -> None:
    import tracemalloc

    samples = session.samples
    pipeline = Pipeline(None, session.calibration)
    period_s = float(samples.t_s[-1]) + 0.2  # every turn begins with a gap
    used: list[int] = []
    tracemalloc.start()
    try:
        for turn in range(24):
            shifted = ImuSamples(samples.t_s + turn * period_s, samples.acc_mps2, samples.gyr_radps)
            for begin in range(0, len(shifted), 100):
                pipeline.step(shifted[begin : begin + 100])
            used.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    # A quarter of an hour, after which nothing may be left to grow.
    assert max(used[12:]) < 1.1 * max(used[6:12])
    assert max(used) < 6e6
