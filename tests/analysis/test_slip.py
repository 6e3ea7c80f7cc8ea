"""A sensor that slips on the thigh is noticed, followed, and costs no repetition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import Calibration, ImuSamples, Pipeline, analyse
from analysis.calibration import thigh_axes
from analysis.results import AnglesMeasured, Event, RepCompleted, SensorSlipped
from analysis.simulate import Movement, Sensor, SimulatedSession, Slip
from analysis.slip import find_slip, without_slip

TwoSets = Callable[[Sensor], SimulatedSession]

STEP_S = 0.02
AXES = np.eye(3)


def bridges(slip: Slip | None) -> SimulatedSession:
    """Five bridges between 10 and 50 s; the third lowers from some 29 s on."""
    script = Movement(seed=4)
    script.still(2.6)
    script.knee_lifts()
    script.still(0.6)
    script.kneeling_to_supine()
    script.still(1.5)
    for _ in range(5):
        script.bridge(lift_s=1.2, hold_s=0.8, lower_s=2.5, rise_deg=20.0)
        script.still(1.5)
    return script.session(Sensor(slip=slip))


def fed(samples: ImuSamples, cuts: list[int], calibration: Calibration) -> tuple[list[Event], Pipeline]:
    pipeline = Pipeline(None, calibration)
    events: list[Event] = []
    for begin, stop in pairwise([0, *cuts, len(samples)]):
        events += pipeline.step(samples[begin:stop])
    return events + pipeline.finish(), pipeline


def counted(events: list[Event]) -> int:
    return sum(isinstance(event, RepCompleted) for event in events)


def slips(events: list[Event]) -> list[SensorSlipped]:
    return [event for event in events if isinstance(event, SensorSlipped)]


@pytest.mark.parametrize("turn_deg", [-30.0, 30.0], ids=["inwards", "outwards"])
@pytest.mark.parametrize("when", ["at rest", "in a lift", "in a lowering"])
def test_a_slip_is_noticed_within_two_repetitions_and_costs_none(turn_deg: float, when: str) -> None:
    second = bridges(None).reps[1]
    at_s = {
        "at rest": second.end_s + 0.3,
        "in a lift": second.start_s + 0.3,
        "in a lowering": second.lower.start_s + 0.8,
    }[when]
    session = bridges(Slip(at_s, (turn_deg, 6.0, 0.0)))

    events, _ = fed(session.samples, [], session.calibration)

    (slip,) = slips(events)
    assert sum(rep.start_s > at_s and rep.end_s < slip.emitted_s for rep in session.reps) <= 2
    assert "slipped" in slip.text
    for (start_s, end_s, _), true in zip(spans(events), session.reps, strict=True):
        assert start_s == pytest.approx(true.start_s, abs=0.5)
        assert end_s == pytest.approx(true.end_s, abs=0.5)


@cache
def nordics(slip: Slip | None) -> SimulatedSession:
    """Six Nordics with two seconds of rest between them."""
    script = Movement(seed=2)
    script.still(2.6)
    script.knee_lifts()
    script.still(0.6)
    script.kneel_down()
    script.still(1.5)
    for _ in range(6):
        script.nordic(lower_s=3.0, to_deg=60.0)
        script.still(2.0)
    return script.session(Sensor(slip=slip))


@pytest.mark.parametrize("tip_deg", [-10.0, -6.0, 6.0, 10.0])
@pytest.mark.parametrize("turn_deg", [20.0, -25.0])
def test_a_slip_that_tips_the_sensor_between_two_nordics_lengthens_none(
    turn_deg: float, tip_deg: float
) -> None:
    session = nordics(Slip(nordics(None).reps[2].end_s + 0.5, (turn_deg, tip_deg, 0.0)))

    analysis = analyse(session.samples, calibration=session.calibration)

    assert any("slipped" in text for text in analysis.warnings)
    for rep, true in zip(analysis.reps, session.reps, strict=True):
        assert rep.lower_s == pytest.approx(true.lower_s, abs=0.3)


@pytest.mark.parametrize("tip_deg", [-10.0, 10.0])
def test_a_slip_that_tips_the_sensor_after_a_bridge_lengthens_none(tip_deg: float) -> None:
    session = bridges(Slip(bridges(None).reps[1].end_s + 0.3, (20.0, tip_deg, 0.0)))

    analysis = analyse(session.samples, calibration=session.calibration)

    assert any("slipped" in text for text in analysis.warnings)
    for rep, true in zip(analysis.reps, session.reps, strict=True):
        assert rep.lower_s == pytest.approx(true.lower_s, abs=0.3)


@pytest.mark.parametrize("askew_deg", [-20.0, 20.0])
def test_a_quick_way_back_about_an_axis_askew_is_not_taken_for_a_slip(askew_deg: float) -> None:
    script = Movement(seed=4, unsteadiness=0.5)
    script.still(3.0)
    for _ in range(3):
        script.nordic(lower_s=2.4, to_deg=60.0, return_s=1.2, hold_s=0.3)
        script.still(1.2)
    session = script.session(Sensor())
    askew = script.session(Sensor(mount_deg=(0.0, 0.0, askew_deg)))

    analysis = analyse(askew.samples, calibration=session.calibration)

    for rep, true in zip(analysis.reps, session.reps, strict=True):
        assert rep.lower_s == pytest.approx(true.lower_s, abs=0.2)


def test_the_calibration_follows_a_slip() -> None:
    at_s = bridges(None).reps[1].end_s + 0.3
    session = bridges(Slip(at_s, (30.0, 0.0, 0.0)))

    _, pipeline = fed(session.samples, [], session.calibration)

    assert pipeline.calibration is not None
    true = np.array([-np.sin(np.radians(30.0)), np.cos(np.radians(30.0)), 0.0])
    off = np.degrees(np.arccos(np.clip(pipeline.calibration.lateral_axis @ true, -1.0, 1.0)))
    assert off < 6.0


@pytest.mark.parametrize("mount", ["in front", "upside down"])
def test_no_slip_is_seen_where_none_is(two_sets: TwoSets, mount: str) -> None:
    session = two_sets(Sensor(mount_deg=(0.0, 0.0, 0.0) if mount == "in front" else (10.0, 180.0, 0.0)))

    events, pipeline = fed(session.samples, [], session.calibration)

    assert slips(events) == []
    assert pipeline.calibration == session.calibration
    assert counted(events) == len(session.reps)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_chunking_follows_a_slip_alike(data: st.DataObject) -> None:
    at_s = bridges(None).reps[1].lower.start_s + 0.8
    session = bridges(Slip(at_s, (25.0, -5.0, 0.0)))
    n = len(session.samples)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=40)))

    whole, one = fed(session.samples, [], session.calibration)
    chunked, other = fed(session.samples, cuts, session.calibration)

    assert slips(chunked) == slips(whole) != []
    # A sum in another order may differ in the last digit.
    assert one.calibration is not None
    assert other.calibration is not None
    np.testing.assert_allclose(thigh_axes(one.calibration), thigh_axes(other.calibration), atol=1e-9)
    for a, b in zip(spans(whole), spans(chunked), strict=True):
        assert a == pytest.approx(b, abs=1e-7)
    np.testing.assert_allclose(angles(whole), angles(chunked), atol=1e-7)


def spans(events: list[Event]) -> list[tuple[float, float, float]]:
    reps = [event for event in events if isinstance(event, RepCompleted)]
    return sorted((event.rep.start_s, event.rep.end_s, event.emitted_s) for event in reps)


def angles(events: list[Event]) -> list[float]:
    return [x for event in events if isinstance(event, AnglesMeasured) for x in event.thigh_angle_deg]


def turning(turn_deg: float, axis_after: tuple[float, float, float]) -> np.ndarray:
    """A movement about the lateral axis, a turn of half a second, and a movement about another axis."""
    rate = np.zeros((800, 3))
    swing = 30.0 * np.sin(np.arange(250) * STEP_S * 2 * np.pi / 5.0)
    rate[30:280, 1] += swing
    rate[300:325, 2] += turn_deg / 0.5 * (1 - np.cos(2 * np.pi * np.arange(25) / 25))
    rate[400:650] += swing[:, None] * np.array(axis_after)
    return np.radians(rate)


def tilted(deg: float) -> tuple[float, float, float]:
    return float(np.sin(np.radians(deg))), float(np.cos(np.radians(deg))), 0.0


def up_at(thigh_deg: float, n: int = 800) -> np.ndarray:
    return np.tile([-np.sin(np.radians(thigh_deg)), 0.0, np.cos(np.radians(thigh_deg))], (n, 1))


MOVEMENTS = [(30, 280), (400, 650)]


def test_a_turn_that_the_next_movement_bears_out_is_a_slip() -> None:
    slip = find_slip(up_at(-135.0), turning(20.0, tilted(20.0)), AXES, MOVEMENTS)

    assert slip is not None
    assert slip.begin < 305
    assert slip.end > 320
    assert slip.turn_deg == pytest.approx(20.0, abs=0.5)
    back = without_slip(np.array([tilted(20.0)]), slip)
    np.testing.assert_allclose(back, [[0.0, 1.0, 0.0]], atol=0.01)


@pytest.mark.parametrize(
    ("turn_deg", "after_deg"),
    [(20.0, 0.0), (20.0, -20.0), (20.0, 80.0), (0.0, 20.0)],
    ids=["axis stays", "axis turns the other way", "another movement", "no turn was seen"],
)
def test_a_turn_that_the_next_movement_does_not_bear_out_is_none(turn_deg: float, after_deg: float) -> None:
    assert find_slip(up_at(-135.0), turning(turn_deg, tilted(after_deg)), AXES, MOVEMENTS) is None


def test_upright_one_movement_is_not_enough() -> None:
    rate = turning(20.0, tilted(20.0))

    assert find_slip(up_at(0.0), rate, AXES, MOVEMENTS) is None
    twice = np.concatenate([rate, rate[400:650]])
    assert find_slip(up_at(0.0, len(twice)), twice, AXES, [*MOVEMENTS, (800, 1049)]) is not None


def test_nothing_is_said_without_movements() -> None:
    assert find_slip(up_at(-135.0), turning(20.0, tilted(20.0)), AXES, []) is None


def test_a_given_calibration_keeps_its_method_after_a_slip() -> None:
    at_s = bridges(None).reps[1].end_s + 0.3
    session = bridges(Slip(at_s, (30.0, 0.0, 0.0)))

    _, pipeline = fed(session.samples, [], replace(session.calibration, method="given"))

    assert pipeline.calibration is not None
    assert pipeline.calibration.method == "given"


@pytest.mark.parametrize("lower_s", [4.0, 12.0])
@pytest.mark.parametrize("gyroscope", [True, False])
def test_a_nordic_measured_by_a_sensor_that_tipped_has_no_number(gyroscope: bool, lower_s: float) -> None:
    """Kneeling upright is 20 deg behind upright then: what is seen of a lowering begins in its middle."""
    script = Movement(seed=3)
    script.still(3.0)
    script.knee_lifts()
    script.still(2.0)
    script.kneel_down()
    script.still(3.0)
    for i in range(6):
        if i == 3:
            script.still(6.0)
            tipped_s = script.now_s - 3.0
        script.nordic(lower_s=lower_s, to_deg=70.0)
        script.still(2.5)
    session = script.session(Sensor(slip=Slip(tipped_s, (0.0, 20.0, 0.0)), gyroscope=gyroscope))

    reps = analyse(session.samples, None, session.calibration).reps

    assert len(reps) == 6
    assert [rep.not_measured is None for rep in reps] == [True] * 3 + [False] * 3
    assert [rep.lower_s is None for rep in reps] == [False] * 3 + [True] * 3
