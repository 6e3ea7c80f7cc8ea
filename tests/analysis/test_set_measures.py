"""Dose, deviation, fade and consistency of a set; sets found from the rests between repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.lowering_speed import AngleTrace
from analysis.progress import Fade, fade, fade_se_percent, variation_percent
from analysis.results import Exercise, Phase, Rep
from analysis.sets import find_sets
from analysis.tempo import Prescription, dose

times = st.floats(0.3, 20.0)


def rep(lower_s: float | None, start_s: float = 0.0, exercise: Exercise = "nordic") -> Rep:
    lasted = lower_s or 1.0
    other = Phase("return", start_s + lasted + 0.5, start_s + lasted + 2.0)
    phases = (
        Phase("lower", start_s, start_s + lasted),
        Phase("hold", other.start_s - 0.5, other.start_s),
        other,
    )
    reason = None if lower_s else "a gap"
    return Rep(exercise, start_s, other.end_s, lower_s, 60.0, phases, not_measured=reason)


def test_a_fade_is_as_certain_as_what_it_is_made_of():
    even = [5.0, 4.75, 4.5, 4.25, 4.0]
    sure = fade_se_percent(even, [0.1] * 5)

    # A line through five points, each 0.1 of 5 off: 2 % / sqrt(10).
    assert sure == pytest.approx(2 / np.sqrt(10))
    assert fade_se_percent(even, [0.2] * 5) == pytest.approx(2 * sure)
    assert fade_se_percent([5.0, 4.2, 4.9, 4.0, 4.3], [0.1] * 5) > 2 * sure
    assert fade_se_percent(even, [0.1, None, 0.1, 0.1, 0.1]) is None
    assert fade_se_percent([5.0, None, 4.5, 4.25, 4.0], [0.1, None, 0.1, 0.1, 0.1]) > sure
    assert fade_se_percent([5.0, 4.0], [0.1, 0.1]) is None


def test_a_dose_counts_measured_seconds_only_and_says_what_is_missing() -> None:
    got = dose([rep(3.0), rep(2.0), rep(None)], Prescription(4, 3.0))

    assert (got.reps, got.not_measured) == (3, 1)
    assert got.time_under_tension_s == pytest.approx(5.0)
    assert got.moving_s == pytest.approx(5.0 + 2 * 1.5)
    assert got.received_percent == pytest.approx(100 * 5.0 / 12.0)
    assert got.mean_s == pytest.approx(2.5)
    assert got.mean_deviation_s == pytest.approx(-0.5)
    assert got.mean_absolute_deviation_s == pytest.approx(0.5)


def test_deviations_that_cancel_in_the_mean_do_not_in_their_size() -> None:
    got = dose([rep(2.0), rep(4.0)], Prescription(2, 3.0))

    assert got.mean_deviation_s == pytest.approx(0.0)
    assert got.mean_absolute_deviation_s == pytest.approx(1.0)


def test_a_dose_without_a_prescription_has_no_comparison() -> None:
    got = dose([rep(3.0), rep(2.0)], None)

    assert (got.time_under_tension_s, got.mean_s) == (pytest.approx(5.0), pytest.approx(2.5))
    assert (got.received_percent, got.mean_deviation_s, got.mean_absolute_deviation_s) == (None, None, None)


@pytest.mark.parametrize("reps", [[], [rep(None)]], ids=["no repetition", "none measured"])
def test_a_dose_of_nothing_has_no_numbers(reps: list[Rep]) -> None:
    got = dose(reps, Prescription(4, 3.0))

    assert (got.time_under_tension_s, got.moving_s) == (0.0, 0.0)
    assert (got.received_percent, got.mean_s, got.mean_deviation_s) == (None, None, None)


@given(st.lists(st.none() | times, min_size=1, max_size=12), times)
def test_repetitions_that_were_not_measured_change_only_their_count(
    lowered: list[float | None], target_s: float
) -> None:
    asked = Prescription(10, target_s)
    got = dose([rep(each) for each in lowered], asked)
    known = dose([rep(each) for each in lowered if each is not None], asked)

    assert replace(got, reps=0, not_measured=0) == replace(known, reps=0, not_measured=0)
    assert got.not_measured == lowered.count(None)


def test_a_steady_fade_is_told_exactly() -> None:
    assert fade([5.0, 4.75, 4.5, 4.25, 4.0]) == Fade(pytest.approx(-5.0), pytest.approx(-20.0))


def test_a_repetition_that_was_not_measured_keeps_its_place_in_the_fade() -> None:
    whole = fade([5.0, 4.75, 4.5, 4.25, 4.0, 3.75])

    assert fade([5.0, None, 4.5, 4.25, None, 3.75]) == Fade(
        pytest.approx(whole.per_rep_percent), pytest.approx(whole.first_to_last_percent)
    )


@pytest.mark.parametrize("measure", [fade, variation_percent], ids=["fade", "variation"])
def test_three_values_are_too_few(measure) -> None:
    assert measure([3.0, None, 3.1, 3.2, None]) is None
    assert measure([3.0, None, 3.1, 3.2, None, 3.3]) is not None


def test_one_repetition_far_out_hardly_moves_the_fade() -> None:
    spoiled = fade([5.0, 4.8, 12.0, 4.4, 4.2, 4.0])

    assert spoiled.per_rep_percent == pytest.approx(-4.0, abs=0.5)


@given(st.lists(times, min_size=4, max_size=12), st.floats(0.1, 10.0))
def test_fade_and_variation_do_not_depend_on_the_unit(values: list[float], factor: float) -> None:
    scaled = [factor * value for value in values]
    before, after = fade(values), fade(scaled)

    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.per_rep_percent == pytest.approx(before.per_rep_percent, rel=1e-6, abs=1e-6)
    assert variation_percent(scaled) == pytest.approx(variation_percent(values), abs=1e-6)


@given(times, st.integers(4, 15))
def test_equal_repetitions_neither_fade_nor_vary(value: float, count: int) -> None:
    assert fade([value] * count) == Fade(0.0, 0.0)
    assert variation_percent([value] * count) == pytest.approx(0.0, abs=1e-9)


def test_the_variation_is_the_coefficient_of_variation() -> None:
    assert variation_percent([2.0, 4.0, 4.0, 6.0]) == pytest.approx(100 * np.sqrt(8 / 3) / 4)


# Sets


def series(pauses_s: Sequence[float], exercises: Sequence[Exercise] | None = None) -> list[Rep]:
    """Repetitions of five seconds each, with these pauses between them."""
    kinds: Sequence[Exercise] = exercises or ["nordic"] * (len(pauses_s) + 1)
    reps = [rep(3.0, 0.0, kinds[0])]
    for pause_s, exercise in zip(pauses_s, kinds[1:], strict=True):
        reps.append(rep(3.0, reps[-1].end_s + pause_s, exercise))
    return reps


# Quarters of a second are exact in binary fractions: no pause falls on the other side of a limit by rounding.
pauses = st.integers(0, 1600).map(lambda quarters: quarters / 4)
sessions = st.lists(st.tuples(pauses, st.sampled_from(["nordic", "bridge"])), max_size=25).map(
    lambda steps: series([pause_s for pause_s, _ in steps], ["nordic", *(kind for _, kind in steps)])
)


def sizes(reps: Sequence[Rep], trace: AngleTrace | None = None) -> list[int]:
    return [len(each) for each in find_sets(reps, trace)]


def test_no_repetition_makes_no_set() -> None:
    assert find_sets([]) == ()


@pytest.mark.parametrize(
    ("pauses_s", "expected"),
    [
        ([2, 3, 2, 75, 2, 3, 2], [4, 4]),
        ([2, 3, 19, 2], [5]),
        # Someone who rests 15 s before each repetition rests longer between sets.
        ([15, 12, 30, 15, 120, 14, 15, 13], [5, 4]),
        # Someone who does not gets a new set after as long.
        ([2, 3, 30, 2, 3, 2], [3, 4]),
        ([90, 100, 95], [1, 1, 1, 1]),
    ],
    ids=["two quick sets", "a breath", "slow pace", "quick pace", "single repetitions"],
)
def test_a_rest_is_long_for_the_person(pauses_s: list[float], expected: list[int]) -> None:
    assert sizes(series(pauses_s)) == expected


def test_a_change_of_exercise_ends_a_set() -> None:
    assert sizes(series([2, 2, 2], ["nordic", "nordic", "bridge", "bridge"])) == [2, 2]


def test_standing_up_ends_a_set_of_bridges_but_not_of_nordics() -> None:
    t_s = np.arange(0.0, 40.0, 0.05)
    for exercise, expected in (("bridge", [2, 2]), ("nordic", [4])):
        reps = series([3, 10, 3], [exercise] * 4)
        between = (t_s > reps[1].end_s + 3) & (t_s < reps[2].start_s - 3)
        angle = np.where(between, 4.0, -130.0)
        assert sizes(reps, AngleTrace(t_s, angle)) == expected
        assert sizes(reps, AngleTrace(t_s, np.where(between, np.nan, -130.0))) == [4]


@given(sessions, st.randoms())
def test_every_repetition_is_in_one_set_in_order(reps: list[Rep], random) -> None:
    shuffled = list(reps)
    random.shuffle(shuffled)
    sets = find_sets(shuffled)

    assert [each for one in sets for each in one] == reps
    assert all(one for one in sets)
    assert all(len({each.exercise for each in one}) == 1 for one in sets)


@given(sessions, st.floats(181.0, 5000.0), st.sampled_from(["nordic", "bridge"]))
def test_a_repetition_far_away_changes_no_other_set(
    reps: list[Rep], away_s: float, exercise: Exercise
) -> None:
    later = rep(3.0, reps[-1].end_s + away_s, exercise)

    assert find_sets([*reps, later]) == (*find_sets(reps), (later,))


@given(sessions, st.integers(-10_000, 10_000))
def test_sets_do_not_depend_on_when_the_clock_began(reps: list[Rep], by_s: int) -> None:
    def moved(each: Rep) -> Rep:
        return replace(each, start_s=each.start_s + by_s, end_s=each.end_s + by_s)

    assert [len(each) for each in find_sets([moved(each) for each in reps])] == sizes(reps)
