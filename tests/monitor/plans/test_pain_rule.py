"""The rule for pain: its table, and that worse is never better."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans import Judgement, Morning, PainRule, PastSession, SetPain, judge, suggestion

BACK = Morning(1, True, 1)
SCORES = st.integers(0, 10)
SETS = st.lists(st.builds(SetPain, st.none() | SCORES, SCORES), max_size=5)
MORNINGS = st.builds(Morning, SCORES, st.booleans(), st.none() | SCORES)
RULES = st.builds(
    lambda bounds, rise: PainRule(min(bounds), max(bounds), rise),
    st.tuples(SCORES, SCORES),
    st.integers(1, 10),
)
# What may follow when something gets worse: never anything better, and no certainty out of the unknown.
NO_BETTER = {
    "green": {"green", "amber", "red"},
    "amber": {"amber", "red"},
    "red": {"red"},
    "waiting": {"waiting", "red"},
}


@pytest.mark.parametrize(
    ("worst", "limit", "morning", "verdict"),
    [
        (0, 3, BACK, "green"),
        (2, 3, BACK, "green"),
        (3, 3, BACK, "amber"),
        (4, 3, BACK, "red"),  # as practised for this condition
        (4, 5, BACK, "amber"),  # as Silbernagel allows
        (5, 5, BACK, "amber"),
        (2, 1, BACK, "red"),
        (0, 3, None, "waiting"),
        (4, 3, None, "waiting"),
        (6, 3, None, "red"),
        (6, 10, BACK, "red"),
        (0, 3, Morning(1, False, 1), "red"),
        (0, 3, Morning(2, True, 1), "green"),  # a point more is within what scores vary by
        (0, 3, Morning(3, True, 1), "red"),
        (0, 3, Morning(8, True, None), "green"),
        (None, 3, BACK, "waiting"),
        (None, 3, Morning(1, False, 1), "red"),
    ],
)
def test_the_table(worst: int | None, limit: int, morning: Morning | None, verdict: str) -> None:
    assert judge([SetPain(worst, limit)], morning).verdict == verdict


def test_the_worst_set_decides_and_one_that_was_not_told_makes_it_wait() -> None:
    assert judge([SetPain(0, 3), SetPain(3, 3)], BACK).verdict == "amber"
    assert judge([SetPain(0, 3), SetPain(None, 3)], BACK).verdict == "waiting"
    assert judge([], BACK).verdict == "waiting"


@given(SETS, MORNINGS, RULES)
def test_sudden_pain_is_red_whatever_else_was_told(
    sets: list[SetPain], morning: Morning, rule: PainRule
) -> None:
    for each in (morning, None):
        assert judge(sets, each, sudden=True, rule=rule).verdict == "red"


@given(SETS, MORNINGS, RULES)
def test_without_the_morning_nothing_is_green_or_amber(
    sets: list[SetPain], morning: Morning, rule: PainRule
) -> None:
    early, late = judge(sets, None, rule=rule).verdict, judge(sets, morning, rule=rule).verdict

    assert early in ("waiting", "red")
    assert early == "waiting" or late == "red"


@given(SETS, MORNINGS | st.none(), RULES, st.data())
def test_worse_pain_in_a_set_never_gives_a_better_verdict(
    sets: list[SetPain], morning: Morning | None, rule: PainRule, data: st.DataObject
) -> None:
    worse = [
        each
        if each.worst is None
        else replace(each, worst=data.draw(st.integers(each.worst, 10), label="worse"))
        for each in sets
    ]

    assert judge(worse, morning, rule=rule).verdict in NO_BETTER[judge(sets, morning, rule=rule).verdict]


@given(SETS, MORNINGS, RULES, st.data())
def test_a_worse_morning_never_gives_a_better_verdict(
    sets: list[SetPain], morning: Morning, rule: PainRule, data: st.DataObject
) -> None:
    worse = Morning(
        data.draw(st.integers(morning.pain, 10)),
        morning.back_to_usual and data.draw(st.booleans()),
        morning.before,
    )

    assert judge(sets, worse, rule=rule).verdict in NO_BETTER[judge(sets, morning, rule=rule).verdict]


@given(SETS, MORNINGS | st.none(), RULES)
def test_a_lower_limit_never_gives_a_better_verdict(
    sets: list[SetPain], morning: Morning | None, rule: PainRule
) -> None:
    strict = [replace(each, limit=max(0, each.limit - 1)) for each in sets]

    assert judge(strict, morning, rule=rule).verdict in NO_BETTER[judge(sets, morning, rule=rule).verdict]


@given(SETS, MORNINGS | st.none(), RULES, st.booleans())
def test_every_verdict_says_why_in_a_sentence_that_begins_with_it(
    sets: list[SetPain], morning: Morning | None, rule: PainRule, sudden: bool
) -> None:
    judged: Judgement = judge(sets, morning, sudden=sudden, rule=rule)
    text = str(judged.why)

    assert text.lower().startswith(judged.verdict)
    assert text.endswith(".")
    assert "{" not in text


@pytest.mark.parametrize(
    "values",
    [
        {"green_up_to": 6},
        {"stop_above": 11},
        {"morning_rise": 0},
        {"greens_to_ask": 0},
        {"sessions_down": 21},
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        PainRule(**values)


# --- what may be asked -----------------------------------------------------------------------------------


def past(*verdicts: str, stage: int | None = 2) -> list[PastSession]:
    return [PastSession(verdict, stage) for verdict in verdicts]  # type: ignore[arg-type]


def said(history: list[PastSession], stage: int | None = 2, next_step: str | None = "Easy.") -> str:
    return str(suggestion(history, stage, next_step) or "")


def test_two_green_sessions_of_a_stage_let_a_person_ask() -> None:
    assert said(past("green", "green")) == (
        "2 sessions green in a row: you may ask your therapist about the next step. Easy."
    )


@pytest.mark.parametrize(
    "history",
    [
        past(),
        past("green"),
        past("amber", "green"),
        past("red", "green"),
        past("green", "waiting", "green"),
        past("green", "green", stage=1),
        [PastSession("green", 2, advice=True), PastSession("green", 2)],
    ],
    ids=["none", "one", "amber before", "red before", "waiting before", "another stage", "stop list"],
)
def test_less_than_that_suggests_nothing(history: list[PastSession]) -> None:
    assert said(history) == ""


def test_at_the_end_of_the_order_and_outside_of_it_there_is_no_next_step() -> None:
    assert said(past("green", "green"), next_step=None) == ""
    assert said(past("green", "green", stage=None), stage=None) == ""


def test_red_suggests_less_and_to_talk_about_it() -> None:
    assert "one step down for up to 3 sessions" in said(past("green", "green", "red"))
    assert "less of the same" in said(past("red", stage=1), stage=1)
    assert "therapist" in said(past("red"))


def test_amber_and_waiting_go_no_further() -> None:
    assert "the same plan again" in said(past("green", "green", "amber"))
    assert "morning after" in said(past("green", "green", "waiting"))


@given(
    st.lists(
        st.builds(
            PastSession,
            st.sampled_from(["waiting", "green", "amber", "red"]),
            st.none() | st.integers(1, 7),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.none() | st.integers(1, 7),
    st.integers(1, 4),
)
def test_only_enough_green_sessions_ever_let_a_person_ask(
    history: list[PastSession], stage: int | None, greens: int
) -> None:
    found = suggestion(history, stage, "Easy.", PainRule(greens_to_ask=greens))

    if found is not None and "next step. Easy." in str(found):
        assert len(history) >= greens
        assert all(each == PastSession("green", stage) for each in history[-greens:])
