"""The templates: an order without holes, each with its sources, each a plan that the program can run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from monitor.plan_commands import dose_line
from monitor.plans import texts
from monitor.plans.plan_file import PlanFile, parse_plans, plan_file_text
from monitor.plans.templates import TEMPLATES, Template, of_stage, template
from monitor.sets import read_plan

PAGE = Path(__file__).parents[3] / "docs" / "plans.md"
EVERY = pytest.mark.parametrize("each", TEMPLATES, ids=lambda each: each.name)


def test_the_order_is_that_of_practice() -> None:
    assert [each.name for each in TEMPLATES] == [
        "isometric-bridge",
        "double-leg-bridge",
        "two-up-one-down",
        "single-leg-bridge",
        "long-lever-bridge",
        "assisted-nordic",
        "nordic",
    ]
    assert [each.stage for each in TEMPLATES] == list(range(1, 8))
    assert [each.next_step is None for each in TEMPLATES] == [False] * 6 + [True]


@EVERY
def test_each_says_what_is_published_and_what_is_only_proposed(each: Template) -> None:
    assert each.published.startswith("Published: ")
    assert each.proposed.startswith("Proposed here: ")
    assert each.published in each.source
    assert each.proposed in each.source
    assert "easured" in each.measured


@EVERY
def test_each_comes_back_from_a_file_and_from_a_recording(each: Template) -> None:
    plan = each.for_side("left")

    assert parse_plans(plan_file_text(PlanFile((plan,), each.title, each.source))).plans == (plan,)
    assert read_plan(json.loads(json.dumps(asdict(plan)))) == plan
    assert (plan.side, plan.stage, plan.variant) == ("left", each.stage, each.title)


@EVERY
def test_each_is_found_by_its_name_and_its_stage(each: Template) -> None:
    assert template(each.name) is each
    assert template(str(each.stage)) is each
    assert of_stage(each.stage) is each


@EVERY
def test_the_page_says_what_the_program_says(each: Template) -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    said = [dose_line(each.plan), each.published, each.proposed, each.measured, each.next_step or ""]

    assert f"{each.stage}. {each.title} (`{each.name}`)" in page
    assert [text for text in said if text not in page] == []


def test_the_page_has_every_point_that_is_shown() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    lists = (texts.STOP_NOW, texts.ASK_FIRST, texts.NORDIC_SET_UP, texts.SEES, texts.DOES_NOT_SEE)

    assert [point for each in lists for point in each if f"- {point}" not in page] == []


def test_what_there_is_not_is_not_found() -> None:
    assert template("squat") is None
    assert of_stage(None) is None
