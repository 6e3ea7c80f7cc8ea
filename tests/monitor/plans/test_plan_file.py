"""A plan survives its file, and a file that is none is refused in one sentence that names the field."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plan import Plan, Tempo
from monitor.plans.pain_rule import PainRule
from monitor.plans.plan_file import (
    PlanFile,
    PlanFileError,
    parse_plans,
    plan_file_text,
    read_plan_file,
    read_rule_file,
)
from monitor.sets import read_plan

LINE = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=60)
TEMPOS = st.builds(
    Tempo,
    lower_s=st.floats(0.5, 60),
    hold_s=st.floats(0, 300),
    lift_s=st.floats(0, 60),
    rest_s=st.floats(0, 600),
)
PLANS = st.builds(
    Plan,
    exercise=st.sampled_from(["nordic", "bridge"]),
    side=st.sampled_from(["left", "right", "both"]),
    sets=st.integers(1, 20),
    reps=st.integers(1, 50),
    tempo=TEMPOS,
    rest_between_sets_s=st.floats(0, 3600),
    pain_limit=st.integers(0, 10),
    variant=LINE,
    stage=st.none() | st.integers(1, 99),
    sessions_per_week=st.none() | st.integers(1, 14),
)
LEAST = {"exercise": "bridge", "sets": 3, "reps": 8, "tempo": {"lower_s": 3}}


@given(st.lists(PLANS, min_size=1, max_size=4), LINE, LINE)
def test_plans_come_back_from_their_file(plans: list[Plan], title: str, source: str) -> None:
    file = PlanFile(tuple(plans), title, source)

    assert parse_plans(plan_file_text(file)) == file


@given(PLANS)
def test_a_plan_comes_back_from_the_event_in_a_recording(plan: Plan) -> None:
    assert read_plan(json.loads(json.dumps(asdict(plan)))) == plan


def test_a_plan_of_an_old_recording_has_no_variant_stage_or_frequency() -> None:
    data = asdict(Plan("bridge", "left", 3, 8, Tempo(3.0, 1.0, 2.0), 60.0, 4))
    del data["variant"], data["stage"], data["sessions_per_week"]

    assert read_plan(data) == Plan("bridge", "left", 3, 8, Tempo(3.0, 1.0, 2.0), 60.0, 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [("variant", 3), ("sessions_per_week", 0), ("stage", 0), ("stage", "x"), ("stage", [1])],
)
def test_a_recorded_plan_that_says_something_impossible_is_none(name: str, value: object) -> None:
    assert read_plan(asdict(Plan("bridge", "left", 3, 8, Tempo(3.0))) | {name: value}) is None


def test_what_has_a_default_may_be_left_out() -> None:
    (plan,) = parse_plans(json.dumps({"plans": [LEAST]})).plans

    assert plan == Plan("bridge", "both", 3, 8, Tempo(3.0))


def changed(**values: object) -> str:
    return json.dumps({"plans": [LEAST | values]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed(sets=0), "plans[0].sets must be a whole number from 1 to 20, not 0"),
        (changed(sets=2.5), "plans[0].sets must be a whole number from 1 to 20, not 2.5"),
        (changed(sets=True), "plans[0].sets must be a whole number from 1 to 20, not true"),
        (changed(reps="8"), 'plans[0].reps must be a whole number from 1 to 50, not "8"'),
        (changed(reps=10**400), "plans[0].reps must be a whole number from 1 to 50, not 1000"),
        (changed(pain_limit=11), "plans[0].pain_limit must be a whole number from 0 to 10, not 11"),
        (changed(rest_between_sets_s=float("nan")), "plans[0].rest_between_sets_s must be a number from 0"),
        (changed(exercise="squat"), 'plans[0].exercise must be nordic, bridge or slider, not "squat"'),
        (changed(side="links"), 'plans[0].side must be left, right or both, not "links"'),
        (changed(side=["left"]), "plans[0].side must be left, right or both"),
        (changed(stage=0), "plans[0].stage must be a whole number from 1 to 99 or null, not 0"),
        (changed(variant="a\nb"), "plans[0].variant must be one line of text"),
        (changed(tempo=3), "plans[0].tempo must be an object with lower_s"),
        (
            changed(tempo={"hold_s": 1}),
            "plans[0].tempo.lower_s is missing: it must be a number from 0.5 to 60",
        ),
        (changed(tempo={"lower_s": 0}), "plans[0].tempo.lower_s must be a number from 0.5 to 60, not 0"),
        (changed(tempo={"lower_s": 3, "lower": 3}), "there is no plans[0].tempo.lower; there are: lower_s"),
        (changed(rep=3), "there is no plans[0].rep; there are: exercise"),
        ('{"plans": [{"exercise": "bridge"}]}', "plans[0].sets is missing"),
        ('{"plans": []}', "plans must be a list of 1 to 20 plans, not []"),
        ('{"title": 3, "plans": [{}]}', "plans[0].sets is missing"),
        ('{"titel": "x", "plans": []}', "there is no titel; there are: title, source, plans"),
        ("[]", 'it must be an object with "plans", as `eccentric plan write` makes it, not []'),
        ('{"plans": [,]}', "it is no JSON: Expecting value in line 1, column 12"),
        ('{"plans": [], "plans": []}', "plans stands twice"),
        ("[" * 100_000, "it cannot be read as JSON"),
        ("1" * 5000, "it cannot be read as JSON"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(PlanFileError) as caught:
        parse_plans(text)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["plans", "tempo", "sets", "reps", "x"]), inner, max_size=4)
        ),
        max_leaves=10,
    )
)
def test_nothing_but_the_error_that_is_foreseen_comes_out_of_any_json(data: object) -> None:
    with pytest.raises(PlanFileError):
        parse_plans(json.dumps(data))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b" " * 1_000_001], ids=["no text", "too large"])
def test_a_file_that_cannot_be_a_plan_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)

    with pytest.raises(PlanFileError, match=r"plan\.json: it is "):
        read_plan_file(path)


def test_numbers_of_the_rule_can_be_changed_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pain-rule.json"
    path.write_text('{"greens_to_ask": 4}')

    assert read_rule_file(path) == PainRule(greens_to_ask=4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"greens": 4}', "there is no greens; there are: green_up_to"),
        ('{"stop_above": 11}', "stop_above must be a whole number from 0 to 10, not 11"),
        ('{"green_up_to": 6}', "green_up_to and stop_above must lie between 0 and 10 in this order"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pain-rule.json"
    path.write_text(text)

    with pytest.raises(PlanFileError) as caught:
        read_rule_file(path)

    assert said in str(caught.value)
