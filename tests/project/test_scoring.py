"""What the accuracy benchmark calls counted, missed, false and noticed: on cases to check by hand."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.results import BreakPoint, Exercise, Phase, PhaseEnded, PhaseKind, PhaseStarted, Rep
from benchmarks.figures import Block, Figure, at_least, at_most, between, plain
from benchmarks.scoring import (
    SessionScore,
    bootstrap,
    compare,
    compare_phases,
    f1,
    match,
    overlap,
    quantile,
    wilson,
)
from benchmarks.simulated_figures import calibration, counting, lowering, uncertainty


@dataclass(frozen=True)
class Truth:
    """Stands for a true repetition of the simulator."""

    exercise: Exercise
    phases: tuple[Phase, ...]
    break_point: BreakPoint | None = None
    range_of_motion_deg: float = 40.0
    mean_lowering_dps: float = 15.0
    flags: frozenset[str] = frozenset()

    @property
    def start_s(self) -> float:
        return self.phases[0].start_s

    @property
    def end_s(self) -> float:
        return self.phases[-1].end_s

    @property
    def lower_s(self) -> float:
        return next(phase.duration_s for phase in self.phases if phase.kind == "lower")


def nordic(start_s: float, middle_s: float, end_s: float, break_deg: float | None = None) -> Truth:
    point = None if break_deg is None else BreakPoint(middle_s - 0.5, break_deg, 2.0, 0.5)
    return Truth("nordic", (Phase("lower", start_s, middle_s), Phase("return", middle_s, end_s)), point)


def found(
    start_s: float,
    middle_s: float,
    end_s: float,
    exercise: Exercise = "nordic",
    *,
    break_deg: float | None = None,
    measured: bool = True,
) -> Rep:
    point = None if break_deg is None else BreakPoint(middle_s - 0.5, break_deg, 2.0, 0.5)
    return Rep(
        exercise,
        start_s,
        end_s,
        middle_s - start_s if measured else None,
        41.0,
        (Phase("lower", start_s, middle_s), Phase("return", middle_s, end_s)),
        point,
        None if measured else "a gap",
    )


def started(start_s: float, emitted_s: float, kind: PhaseKind = "lower") -> PhaseStarted:
    return PhaseStarted(kind, "nordic", start_s, emitted_s)


def test_overlap_is_the_shared_part_of_both_together() -> None:
    assert overlap(found(0, 1, 4), found(2, 3, 6)) == pytest.approx(2 / 6)
    assert overlap(found(0, 1, 4), found(5, 6, 7)) == 0.0


@pytest.mark.parametrize(
    ("rep", "is_match"),
    [
        pytest.param(found(0, 5, 10), True, id="the same"),
        pytest.param(found(0, 3, 5), True, id="exactly half of it"),
        pytest.param(found(0, 3, 4.9), False, id="less than half of it"),
        pytest.param(found(0, 10, 20.1), False, id="more than twice as long"),
        pytest.param(found(0, 5, 10, "bridge"), False, id="another exercise"),
        pytest.param(found(20, 25, 30), False, id="elsewhere"),
    ],
)
def test_a_match_is_the_same_exercise_and_half_of_the_time(rep: Rep, is_match: bool) -> None:
    assert match([rep], [nordic(0, 5, 10)]) == ({0: 0} if is_match else {})


def test_each_repetition_is_matched_once_the_best_pair_first() -> None:
    true = [nordic(0, 5, 10), nordic(10, 15, 20)]
    twice = [found(0, 5, 8), found(0, 5, 9.5), found(10, 15, 20)]

    assert match(twice, true) == {0: 1, 1: 2}
    score = compare(twice, true)
    assert (score.hits, score.missed, len(score.false)) == (2, 0, 1)
    assert score.false[0].end_s == 8


def test_one_long_repetition_over_two_counts_for_one_at_most() -> None:
    score = compare([found(0, 10, 20)], [nordic(0, 5, 10), nordic(10, 15, 20)])

    assert (score.hits, score.missed, len(score.false)) == (1, 1, 0)


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 10)), max_size=6),
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 10)), max_size=6),
)
def test_every_found_repetition_is_a_hit_or_false_and_every_true_one_a_hit_or_missed(
    mine: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> None:
    reps = [found(start, start + length / 2, start + length) for start, length in mine]
    true = [nordic(start, start + length / 2, start + length) for start, length in theirs]
    score = compare(reps, true)

    assert score.hits + len(score.false) == len(reps)
    assert score.hits + score.missed == len(true)


def test_errors_are_measured_minus_true() -> None:
    (rep,) = compare([found(0.1, 5.3, 10, break_deg=44.0)], [nordic(0.0, 5.0, 10.0, 40.0)]).reps

    assert rep.counted
    assert rep.lower_error_s == pytest.approx(0.2)
    assert rep.start_error_s == pytest.approx(0.1)
    assert rep.end_error_s == pytest.approx(0.3)
    assert (rep.break_deg, rep.found_break_deg) == (40.0, 44.0)


def test_a_counted_repetition_without_a_number_is_counted_and_has_no_error() -> None:
    score = compare([found(0, 5, 10, measured=False)], [nordic(0, 5, 10)])

    assert score.hits == 1
    assert score.reps[0].lower_error_s is None
    assert score.reps[0].start_error_s is None
    assert score.reps[0].not_measured == "a gap"


def test_a_missed_repetition_keeps_its_truth() -> None:
    (rep,) = compare([], [nordic(0, 5, 10)]).reps

    assert not rep.counted
    assert (rep.lower_s, rep.range_deg, rep.speed_dps) == (5.0, 40.0, 15.0)
    assert rep.lower_error_s is None


def test_a_lowering_is_noticed_by_the_first_event_that_belongs_to_it() -> None:
    true = [nordic(10, 15, 17), nordic(20, 25, 27)]
    events = [started(9.9, 10.2), started(12.0, 12.5), started(20.0, 20.4)]
    live = compare_phases(events, [], true, [(5, 9.5), (17.2, 19.5)])

    lowerings = [phase for phase in live.phases if phase.kind == "lower"]
    assert [phase.notice_s for phase in lowerings] == pytest.approx([0.2, 0.4])
    assert (live.false_in_rest, live.false_elsewhere) == (0, 0)
    assert live.rest_s == pytest.approx(6.8)


def test_a_phase_that_nobody_noticed_was_noticed_never() -> None:
    live = compare_phases([], [], [nordic(10, 15, 17)], [])

    assert [phase.notice_s for phase in live.phases] == [None, None]


@pytest.mark.parametrize(
    ("event", "in_rest", "elsewhere"),
    [
        pytest.param(started(6.0, 6.3), 1, 0, id="lowering in a rest"),
        pytest.param(started(6.0, 6.3, "return"), 1, 0, id="return in a rest"),
        pytest.param(started(2.0, 2.3), 0, 1, id="lowering where nobody rests"),
        pytest.param(started(2.0, 2.3, "return"), 0, 0, id="return where nobody rests"),
        pytest.param(started(9.2, 9.6), 0, 0, id="a little before the definition's speed"),
        pytest.param(started(8.8, 9.2), 1, 0, id="too early to be the lowering"),
        pytest.param(started(14.9, 15.4), 0, 0, id="late, but dated back into the lowering"),
    ],
)
def test_a_start_that_belongs_to_no_phase_is_false(event: PhaseStarted, in_rest: int, elsewhere: int) -> None:
    live = compare_phases([event], [], [nordic(10, 15, 17)], [(5, 9.7)])

    assert (live.false_in_rest, live.false_elsewhere) == (in_rest, elsewhere)


def test_ends_are_compared_with_the_phase_they_overlap() -> None:
    events = [
        PhaseEnded("lower", "nordic", 10.1, 15.1, 15.4),
        PhaseEnded("lower", "nordic", 18.0, 18.5, 18.9),
    ]
    lower, back = compare_phases([], events, [nordic(10, 15, 17)], []).phases

    assert lower.end_error_s == pytest.approx(0.1)
    assert lower.end_notice_s == pytest.approx(0.4)
    assert back.end_error_s is None


@pytest.mark.parametrize(
    ("counts", "value"),
    [
        pytest.param((10, 0, 0), 1.0, id="all right"),
        pytest.param((0, 0, 0), 1.0, id="nothing to count"),
        pytest.param((0, 3, 0), 0.0, id="only false ones"),
        pytest.param((8, 1, 3), 0.8, id="some of each"),
    ],
)
def test_f1(counts: tuple[int, int, int], value: float) -> None:
    assert f1(*counts) == pytest.approx(value)


@pytest.mark.parametrize(
    ("share", "value"),
    [
        pytest.param(0.5, 5.0, id="half"),
        pytest.param(0.9, 9.0, id="nine tenths"),
        pytest.param(0.91, math.inf, id="more than there are finite ones"),
    ],
)
def test_a_quantile_is_one_of_the_values_and_may_be_infinite(share: float, value: float) -> None:
    assert quantile([math.inf, *range(9, 0, -1)], share) == value


def test_a_quantile_of_nothing_is_no_number() -> None:
    assert math.isnan(quantile([], 0.5))


def test_wilson_interval_agrees_with_a_published_one() -> None:
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_bootstrap_draws_whole_sessions() -> None:
    # One session of ten holds all the errors: drawn zero to five times, the share of errors spreads so.
    table = np.array([[10.0, 10.0], *[[0.0, 10.0]] * 9])
    low, high = bootstrap(table, lambda sums: sums[0] / sums[1])

    assert low == 0.0
    assert 0.2 <= high <= 0.4
    assert bootstrap(np.ones((50, 2)), lambda sums: sums[0] / sums[1]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        pytest.param(at_least("x", 0.995, 0.995, ".3f"), True, id="at least, just"),
        pytest.param(at_least("x", 0.994, 0.995, ".3f"), False, id="at least, not"),
        pytest.param(at_least("x", np.float64(0.995), 0.995, ".3f"), True, id="at least, of an array"),
        pytest.param(at_least("x", math.nan, 0.995, ".3f"), False, id="at least, of nothing"),
        pytest.param(at_most("x", 0.5, 0.5, ".1f"), True, id="at most, just"),
        pytest.param(at_most("x", math.inf, 0.5, ".1f"), False, id="at most, never"),
        pytest.param(at_most("x", math.nan, 0.5, ".1f"), False, id="at most, of nothing"),
        pytest.param(between("x", -14.0, -15, 15, ".0f"), True, id="between"),
        pytest.param(between("x", -16.0, -15, 15, ".0f"), False, id="not between"),
        pytest.param(plain("x", "7"), None, id="no target"),
    ],
)
def test_a_figure_knows_whether_it_meets_its_target(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_a_table_says_which_targets_are_not_met() -> None:
    block = Block("counting", "10 sessions", (at_least("F1", 0.9, 0.99, ".3f"), plain("sessions", "10")))

    assert "| F1 | 0.900 | >= 0.99 | NOT MET |" in block.markdown()
    assert block.text().splitlines()[2].split() == ["F1", "0.900", ">=", "0.99", "NOT", "MET"]


def session(
    reps: list[Rep],
    true: list[Truth],
    *,
    scenario: str = "nordic_std",
    sign_wrong: bool | None = False,
    confidence: float | None = 0.99,
) -> SessionScore:
    return SessionScore(
        "mix", scenario, 7, 0.5, compare(reps, true), "knee lifts", confidence, sign_wrong, 1.0, ()
    )


def value(block: Block, name: str) -> str:
    return next(figure.value for figure in block.figures if figure.name == name)


def test_counting_adds_sessions_up() -> None:
    right = session([found(0, 5, 10)], [nordic(0, 5, 10)])
    one_missed = session([found(0, 5, 10)], [nordic(0, 5, 10), nordic(20, 25, 30)])
    one_false = session([found(0, 5, 10)], [], scenario="walk")
    block = counting([right, one_missed, one_false], [])

    assert value(block, "F1") == "0.6667"
    assert value(block, "sessions without any counting error") == "33.3 %"
    assert value(block, "false repetitions an hour") == "0.67"
    assert value(block, "... nordic_std: F1") == "0.8000"
    assert value(block, "... walk: false repetitions an hour") == "2.0 (1 in 0.5 h)"


def test_small_bridges_are_those_whose_true_range_is_small() -> None:
    small = replace(nordic(0, 5, 10), exercise="bridge", range_of_motion_deg=9.0)
    large = replace(nordic(20, 25, 30), exercise="bridge", range_of_motion_deg=30.0)
    block = counting([session([found(0, 5, 10, "bridge")], [small, large], scenario="bridge_std")], [])

    assert value(block, "bridges of 7-15 deg: F1") == "1.0000"
    assert value(block, "... bridge_std: F1") == "0.6667"


def test_a_wrong_sign_is_excused_only_by_a_doubt_or_by_counting_nothing() -> None:
    counted, truth = [found(0, 5, 10)], [nordic(0, 5, 10)]
    silent = session(counted, truth, sign_wrong=True)
    doubtful = session(counted, truth, sign_wrong=True, confidence=0.8)
    nothing = session([], truth, sign_wrong=True)
    unknown = session([], truth, sign_wrong=None, confidence=None)
    block = calibration({"x": ([silent, doubtful, nothing, unknown], 0.99)})

    assert value(block, "x: sessions with the wrong sign") == "75.0 %"
    assert value(block, "x: ... wrong, not flagged, and something counted") == "1"
    assert value(block, "x: sessions in which no axes were found") == "1"


def test_lowering_times_are_scored_where_there_is_a_number() -> None:
    measured = session([found(0, 5.2, 10)], [nordic(0, 5, 10)])
    unmeasured = session([found(0, 5, 10, measured=False)], [nordic(0, 5, 10)])
    block = lowering([measured, unmeasured])

    assert value(block, "counted repetitions with a number") == "1 of 2"
    assert value(block, "median error") == "+200 ms"
    assert value(block, "within 10 % of the truth") == "100.0 %"
    assert value(block, "12-20 deg/s: 90 % of errors below") == "200 ms"
    assert value(block, "< 6 deg/s: 90 % of errors below") == "none"


def test_the_share_within_two_standard_errors() -> None:
    score = session([found(0, 5.2, 10)], [nordic(0, 5, 10)])
    assert value(uncertainty([score]), "standard error") == "not given yet"

    (rep,) = score.counted.reps
    sure, unsure = (
        replace(score, counted=replace(score.counted, reps=(replace(rep, lower_se_s=se_s),)))
        for se_s in (0.05, 0.11)
    )
    assert value(uncertainty([sure, unsure]), "all") == "50.0 %"


def test_a_record_is_a_line_of_json_with_the_counts() -> None:
    record = json.loads(json.dumps(session([found(0, 5, 10)], [nordic(20, 25, 30)]).record()))

    assert (record["seed"], record["tp"], record["fp"], record["fn"]) == (7, 0, 1, 1)
    assert record["counted"]["false"][0]["end_s"] == 10
