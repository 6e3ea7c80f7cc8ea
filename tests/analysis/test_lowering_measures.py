"""Smoothness of a lowering and the published conventions for a break point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.break_conventions import break_angles, lean_at_speed
from analysis.lowering_speed import AngleTrace, lowering_of
from analysis.results import BreakPoint, Exercise, Phase, Rep
from analysis.smoothness import smoothness, spectral_arc_length

Array = NDArray[np.float64]

STEP_S = 0.01


def share(seconds: float) -> Array:
    n = round(seconds / STEP_S)
    return (np.arange(n) + 0.5) / n


def minimum_jerk(seconds: float) -> Array:
    t = share(seconds)
    return t**2 - 2 * t**3 + t**4


def steady(seconds: float, ramp: float = 0.2) -> Array:
    t = share(seconds)
    return np.clip(np.minimum(t, 1 - t) / ramp, 0.0, 1.0)


def trembling(speed: Array, size: float, hz: float = 3.0) -> Array:
    t = STEP_S * np.arange(speed.size)
    return speed * (1 + size * np.sin(2 * np.pi * hz * t))


def arc(speed: Array) -> float:
    length = spectral_arc_length(speed, STEP_S)
    assert length is not None
    return length


def test_a_minimum_jerk_movement_has_its_known_value() -> None:
    # The integral done finely: V(f) of 30 (t^2 - 2 t^3 + t^4) over one second, up to where it passes 0.05.
    t = (np.arange(20_000) + 0.5) / 20_000
    f = np.linspace(0.0, 3.0, 3001)
    spectrum = np.abs([np.mean(30 * (t**2 - 2 * t**3 + t**4) * np.exp(-2j * np.pi * each * t)) for each in f])
    last = int(np.flatnonzero(spectrum >= 0.05)[-1])
    expected = -np.hypot(np.diff(f[: last + 1]) / f[last], np.diff(spectrum[: last + 1])).sum()

    assert expected == pytest.approx(-1.41, abs=0.01)
    assert arc(minimum_jerk(1.0)) == pytest.approx(expected, abs=0.005)


@given(st.floats(1e-3, 1e3), st.floats(1.0, 10.0))
def test_neither_size_nor_duration_changes_the_arc(factor: float, seconds: float) -> None:
    assert arc(factor * steady(seconds)) == pytest.approx(arc(steady(4.0)), abs=0.03)


def test_more_tremor_is_less_smooth() -> None:
    arcs = [arc(trembling(steady(4.0), size)) for size in (0.0, 0.2, 0.4, 0.8)]

    assert arcs == sorted(arcs, reverse=True)
    assert np.diff(arcs).max() < -0.1


def test_more_hesitations_are_less_smooth() -> None:
    t = share(4.0)
    arcs = []
    for count in (0, 1, 2, 4):
        dips = [np.exp(-0.5 * ((t - (i + 1) / (count + 1)) / 0.03) ** 2) for i in range(count)]
        arcs.append(arc(steady(4.0) * np.prod([1 - 0.8 * dip for dip in dips], axis=0)))

    assert arcs == sorted(arcs, reverse=True)


@pytest.mark.parametrize("speed", [np.zeros(0), np.zeros(50), -np.ones(50)], ids=["empty", "still", "back"])
def test_what_does_not_move_has_no_arc(speed: Array) -> None:
    assert spectral_arc_length(speed, STEP_S) is None


def recorded(
    speed: Array, exercise: Exercise = "nordic", broke_s: float | None = None
) -> tuple[Rep, AngleTrace]:
    """A lowering with this speed after two seconds of rest, and its repetition."""
    sign = 1.0 if exercise == "nordic" else -1.0
    rest = np.zeros(200)
    angle = sign * STEP_S * np.cumsum(np.concatenate([rest, speed, rest]))
    t_s = 100.0 + STEP_S * np.arange(angle.size)
    start_s, end_s = 102.0, 102.0 + speed.size * STEP_S
    point = None
    if broke_s is not None:
        lean = float(np.interp(start_s + broke_s, t_s, angle))
        point = BreakPoint(start_s + broke_s, lean, broke_s, end_s - start_s - broke_s)
    phase = Phase("lower", start_s, end_s)
    rep = Rep(exercise, start_s, end_s, end_s - start_s, float(np.ptp(angle)), (phase,), point)
    return rep, AngleTrace(t_s, angle)


@pytest.mark.parametrize("exercise", ["nordic", "bridge"])
def test_the_speed_of_a_lowering_comes_back_positive(exercise: Exercise) -> None:
    speed = 20 * steady(4.0)
    lowering = lowering_of(*recorded(speed, exercise))

    assert lowering is not None
    at = (lowering.t_s - 102.0) / STEP_S
    assert lowering.speed_dps == pytest.approx(np.interp(at, np.arange(speed.size), speed), abs=0.6)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rep, trace: (rep, AngleTrace(trace.t_s, np.where(trace.t_s > 103.0, np.nan, 1.0))),
        lambda rep, trace: (rep, AngleTrace(trace.t_s[:300], trace.thigh_angle_deg[:300])),
        lambda rep, trace: (rep, AngleTrace(trace.t_s[:0], trace.thigh_angle_deg[:0])),
        lambda rep, trace: (replace(rep, lower_s=None, not_measured="a gap"), trace),
        lambda rep, trace: (replace(rep, phases=()), trace),
    ],
    ids=["a gap", "the end is missing", "no angle", "not measured", "no lowering"],
)
def test_what_was_not_measured_is_not_scored(spoil) -> None:
    rep, trace = spoil(*recorded(20 * steady(4.0)))

    assert lowering_of(rep, trace) is None
    assert smoothness(rep, trace) is None
    assert lean_at_speed(rep, trace, 30.0) is None


def test_a_gap_beside_a_lowering_does_no_harm() -> None:
    rep, trace = recorded(20 * steady(4.0))
    far = (trace.t_s > 101.7) & (trace.t_s < 106.3)
    clipped = AngleTrace(trace.t_s, np.where(far, trace.thigh_angle_deg, np.nan))

    assert smoothness(rep, clipped) == pytest.approx(smoothness(rep, trace), abs=0.01)


@pytest.mark.parametrize("seconds", [2.0, 4.0, 8.0])
def test_the_fall_after_a_break_is_not_scored(seconds: float) -> None:
    whole = recorded(20 * steady(seconds))
    control = 20 * np.minimum(share(seconds) / 0.2, 1.0)
    fall = 20 + 300 * STEP_S * np.arange(40)
    broken = recorded(np.concatenate([control, fall]), broke_s=seconds)
    harder = recorded(np.concatenate([control, fall + 500 * STEP_S * np.arange(40)]), broke_s=seconds)

    assert smoothness(*broken) == pytest.approx(smoothness(*whole), abs=0.1)
    assert smoothness(*broken) == pytest.approx(smoothness(*harder), abs=0.02)


def test_a_lowering_that_is_over_at_once_is_not_scored() -> None:
    assert smoothness(*recorded(100 * steady(0.4))) is None


@given(st.floats(5.0, 85.0))
def test_the_published_angles_of_a_break_point(lean_deg: float) -> None:
    angles = break_angles(BreakPoint(3.0, lean_deg, 3.0, 0.5))

    assert angles.thigh_to_horizontal_deg + lean_deg == pytest.approx(90.0)
    assert angles.knee_angle_deg - lean_deg == pytest.approx(90.0)
    assert angles.knee_flexion_deg + angles.knee_angle_deg == pytest.approx(180.0)


def test_the_lean_at_a_speed_is_where_the_speed_is_first_exceeded() -> None:
    control = np.full(500, 6.0)
    fall = 6.0 + 40 * STEP_S * np.arange(150)
    rep, trace = recorded(np.concatenate([control, fall]), broke_s=5.0)

    for speed_dps in (10.0, 20.0, 30.0):
        t = (speed_dps - 6.0) / 40
        expected = 30.0 + 6.0 * t + 20 * t**2
        assert lean_at_speed(rep, trace, speed_dps) == pytest.approx(expected, abs=0.5)
    assert lean_at_speed(rep, trace, 80.0) is None


def test_a_rule_that_fires_in_the_controlled_part_says_nothing() -> None:
    rep, trace = recorded(17 * steady(3.0))

    assert lean_at_speed(rep, trace, 10.0) is None
    assert lean_at_speed(rep, trace, 20.0) is None


def test_a_bridge_has_no_lean() -> None:
    assert lean_at_speed(*recorded(np.linspace(0, 40, 300), "bridge"), 30.0) is None
