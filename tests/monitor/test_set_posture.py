"""Start postures and leaving them, from simulated thighs whose truth is the script."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.pipeline import Pipeline
from analysis.results import AnglesMeasured
from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor, SimulatedSession
from monitor.set_posture import (
    PostureLeft,
    SetPosture,
    StandsStill,
    StartPostureEnded,
    StartPostureHeld,
)

SENSOR = Sensor(mount_deg=(8.0, -4.0, 5.0), bias_dps=1.0, acc_bias_mps2=0.15)


def seen(session: SimulatedSession, stance="standing", burst=4, gap=None):
    """What is told of a session that begins on the feet; gap: between which seconds samples are missing."""
    pipeline, posture = Pipeline(calibration=session.calibration), SetPosture(stance)
    samples = session.samples
    events = []
    for first in range(0, len(samples), burst):
        part = samples[first : first + burst]
        if gap is not None and gap[0] < part.t_s[0] < gap[1]:
            continue
        angles = [event for event in pipeline.step(part) if isinstance(event, AnglesMeasured)]
        events += posture.step(part, angles)
    return events


def held(events, exercise=None):
    return [
        event
        for event in events
        if isinstance(event, StartPostureHeld) and exercise in (None, event.exercise)
    ]


def left(events):
    return [event for event in events if isinstance(event, PostureLeft)]


def script(seed=3):
    movement = Movement(seed=seed, unsteadiness=0.6)
    movement.still(1.5)
    return movement


def kneeling(seed=3):
    movement = script(seed)
    movement.kneel_down()
    movement.mark("kneels")
    movement.still(4.0)
    return movement


def mark(session, label):
    return next(each.t_s for each in session.marks if each.label == label)


@pytest.mark.parametrize("seed", range(4))
def test_kneeling_still_is_the_start_of_a_nordic_within_two_seconds(seed):
    session = kneeling(seed).session(SENSOR)
    first = held(seen(session))[0]
    assert first.exercise == "nordic"
    assert mark(session, "kneels") + 1.0 < first.t_s < mark(session, "kneels") + 2.4
    assert first.since_s == pytest.approx(first.t_s - 2.0)


def test_standing_still_is_not():
    movement = script()
    movement.still(20.0)
    events = seen(movement.session(SENSOR))
    assert held(events) == []
    assert isinstance(events[0], StandsStill)


def test_walking_and_sitting_are_no_start():
    movement = script()
    movement.walk(12)
    movement.still(1.0)
    movement.move(-85.0, 1.3)
    movement.still(8.0)
    movement.move(0.0, 1.4)
    movement.still(2.0)
    assert held(seen(movement.session(SENSOR))) == []


def test_lying_still_is_the_start_of_a_bridge_and_sitting_up_is_its_end():
    movement = kneeling()
    movement.kneeling_to_supine()
    movement.mark("lies")
    movement.still(4.0)
    for _ in range(2):
        movement.bridge()
        movement.still(1.5)
    movement.mark("gets up")
    movement.move(-115.0, 1.5)
    movement.move(-90.0, 1.0)
    movement.move(0.0, 1.5)
    movement.still(1.0)
    session = movement.session(SENSOR)
    events = seen(session)
    start = held(events, "bridge")[0]
    assert mark(session, "lies") < start.t_s < mark(session, "lies") + 2.4
    end = next(event for event in left(events) if event.exercise == "bridge")
    assert end.how == "sat up"
    assert mark(session, "gets up") + 2.0 < end.t_s < mark(session, "gets up") + 4.0


@pytest.mark.parametrize("seed", range(4))
def test_standing_up_after_nordics_ends_them_and_nothing_before_does(seed):
    movement = kneeling(seed)
    for number in range(3):
        movement.nordic(lower_s=3.0, to_deg=60.0, break_deg=40.0 if number == 1 else None, pause_s=number)
        movement.still(1.5)
    # A rest on the heels, a cramp: long, and away from the posture.
    movement.move(-62.0, 1.2)
    movement.still(12.0)
    movement.move(0.0, 1.2)
    movement.still(20.0)
    movement.nordic(lower_s=3.0, to_deg=60.0)
    movement.still(1.5)
    movement.mark("gets up")
    movement.stand_up()
    movement.mark("stands")
    movement.still(3.0)
    session = movement.session(SENSOR)
    ends = left(seen(session))
    assert [(event.exercise, event.how) for event in ends] == [("nordic", "stood up")]
    assert mark(session, "gets up") < ends[0].t_s < mark(session, "stands") + 1.0


def test_who_walks_off_at_once_has_left_too():
    movement = kneeling()
    movement.nordic()
    movement.still(1.0)
    movement.stand_up()
    movement.walk(8)
    movement.still(1.0)
    ends = left(seen(movement.session(SENSOR)))
    assert ends[0].how in ("stood up", "walked away")
    assert len(ends) == 1


def test_sitting_down_for_long_and_lying_down_leave_a_nordic():
    for to_deg, stay_s, how in ((-90.0, 25.0, "sat down"), (-138.0, 6.0, "lay down")):
        movement = kneeling()
        movement.nordic()
        movement.still(1.0)
        movement.move(to_deg, 2.5)
        movement.still(stay_s)
        ends = [event for event in left(seen(movement.session(SENSOR))) if event.exercise == "nordic"]
        assert [event.how for event in ends] == [how]


def test_a_start_posture_ends_when_the_repetition_begins():
    movement = kneeling()
    movement.mark("lowers")
    movement.nordic()
    movement.still(1.0)
    session = movement.session(SENSOR)
    end = next(event for event in seen(session) if isinstance(event, StartPostureEnded))
    assert mark(session, "lowers") < end.t_s < mark(session, "lowers") + 1.5


def test_how_the_samples_come_does_not_matter():
    movement = kneeling()
    movement.nordic()
    movement.still(2.5)
    movement.stand_up()
    movement.still(2.0)
    session = movement.session(SENSOR)
    usual = seen(session)
    assert len(usual) > 3
    for burst in (1, 7, 100):
        others = seen(session, burst=burst)
        assert [type(event) for event in others] == [type(event) for event in usual]
        np.testing.assert_allclose([e.t_s for e in others], [e.t_s for e in usual], atol=0.11)


def test_a_gap_ends_what_is_held_but_not_the_set():
    movement = kneeling()
    movement.still(8.0)
    session = movement.session(SENSOR)
    events = seen(session, gap=(8.0, 10.0))
    assert left(events) == []
    assert len(held(events)) == 2
    assert any(isinstance(event, StartPostureEnded) for event in events)


def test_nothing_comes_of_nothing():
    posture = SetPosture()
    empty = ImuSamples(np.empty(0), np.empty((0, 3)), None)
    assert posture.step(empty, []) == []
    nan = AnglesMeasured(np.arange(50) / 50, np.full(50, np.nan))
    assert posture.step(empty, [nan]) == []
    assert posture.stance == "unknown"
