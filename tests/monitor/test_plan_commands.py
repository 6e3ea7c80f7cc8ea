"""Plans from the command line: shown with sources, changed in a file, given to a person, carried out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor import cli, live
from monitor.plan import Plan
from monitor.plans.templates import TEMPLATES, Template
from monitor.visit_store import CatalogueStore

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture(autouse=True)
def _rule_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.visit_store.data_folder", lambda: tmp_path / "data")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> tuple[str, str]:
    assert cli.main([str(each) for each in arguments]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_the_list_has_each_template_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "plan", "list")[0].splitlines()

    assert len(lines) == len(TEMPLATES)
    assert (
        lines[0]
        == "1  isometric-bridge   Isometric bridge: 5 x 1, lift 3 s, hold 45 s, lower 3 s, 120 s rest"
    )


@pytest.mark.parametrize("each", TEMPLATES, ids=lambda each: each.name)
def test_a_template_is_shown_with_its_source_and_what_is_measured(
    each: Template, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = run(capsys, "plan", "show", each.name)

    assert each.source in out
    assert each.measured in out
    assert (out, "") == run(capsys, "plan", "show", str(each.stage))


def test_a_template_is_written_changed_and_given_to_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.json"
    run(capsys, "plan", "write", "single-leg-bridge", "--side", "left", "--output", path)
    document = json.loads(path.read_text())
    document["plans"][0]["reps"] = 11
    document["title"] = "Anns Brücken"
    path.write_text(json.dumps(document))
    run(capsys, "catalogue", "add", "--code", "ann")
    assert run(capsys, "plan", "assign", "ann", path) == ("ann: Anns Brücken\n", "")

    today = CatalogueStore().today("ann")
    wanted = replace(TEMPLATES[3].plan, reps=11, side="left")
    assert (today.title, today.stage, today.plans) == ("Anns Brücken", 4, (wanted,))
    assert today.source == TEMPLATES[3].source


def test_a_plan_that_was_changed_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.json"
    path.write_text("mine")
    _, err = run(capsys, "plan", "write", "nordic", "--output", path, code=2)

    assert err == f"error: {path} is there already: take another name\n"
    assert path.read_text() == "mine"


def bad(tmp_path: Path, **values: Any) -> Path:
    path = tmp_path / "bad.json"
    path.write_text(
        json.dumps({"plans": [{"exercise": "nordic", "reps": 5, "tempo": {"lower_s": 4}, **values}]})
    )
    return path


@pytest.mark.parametrize("command", [["plan", "show"], ["plan", "assign", "ann"], ["live", "--plan"]])
def test_a_bad_plan_is_refused_with_its_field_and_what_is_allowed(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bad(tmp_path, sets=0)
    _, err = run(capsys, *command, path, code=2)

    assert err == f"error: {path}: plans[0].sets must be a whole number from 1 to 20, not 0\n"


def test_what_is_neither_a_template_nor_a_file_is_said_with_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = run(capsys, "plan", "show", "squat", code=2)
    assert err.startswith("error: there is no template and no file squat; templates: isometric-bridge, ")
    _, err = run(capsys, "plan", "show", tmp_path / "no.json", code=2)
    assert err == f"error: {tmp_path}/no.json: No such file or directory\n"
    _, err = run(capsys, "plan", "assign", "nobody", "nordic", code=2)
    assert err == "error: there is no person nobody in the catalogue\n"


def test_the_numbers_of_the_rule_are_shown_and_where_they_are_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = run(capsys, "plan", "rule")
    assert json.loads(out)["greens_to_ask"] == 2
    path = tmp_path / "data" / "pain-rule.json"
    assert err == f"to change them, write some of this to {path}\n"

    path.parent.mkdir()
    path.write_text('{"greens_to_ask": 3}')
    out, err = run(capsys, "plan", "rule")
    assert json.loads(out)["greens_to_ask"] == 3
    assert err == f"from {path}\n"
    path.write_text('{"greens_to_ask": "3"}')
    _, err = run(capsys, "plan", "rule", code=2)
    assert err == f'error: {path}: greens_to_ask must be a whole number from 1 to 20, not "3"\n'


# --- carried out -------------------------------------------------------------------------------------------


def test_a_session_does_what_the_plan_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "two.json"
    run(capsys, "plan", "write", "two-up-one-down", "--side", "left", "--output", path)
    document = json.loads(path.read_text())
    document["plans"].append({"exercise": "nordic", "sets": 1, "reps": 5, "tempo": {"lower_s": 4}})
    path.write_text(json.dumps(document))
    begun: list[tuple[Plan, ...]] = []

    class Watched(live.Engine):
        def __init__(self, source: Any, recorder: Any, plans: tuple[Plan, ...], **rest: Any) -> None:
            begun.append(plans)
            super().__init__(source, recorder, plans, **rest)

    monkeypatch.setattr(live, "Engine", Watched)
    output = tmp_path / "session.mcap"
    arguments = ("live", "--virtual", "--headless", "--seconds", "4", "--output", output, "--plan", path)
    run(capsys, *arguments)

    assert [[(each.variant, each.side, each.reps) for each in plans] for plans in begun] == [
        [("Two up, one down", "left", 12), ("", "left", 5)]
    ]
    assert output.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reps", "3"], "--reps stands in the plan: change it there"),
        (["--lower", "3"], "--lower stands in the plan: change it there"),
        (["--exercise", "nordic"], "--exercise stands in the plan: change it there"),
    ],
)
def test_what_the_plan_says_is_not_said_twice(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = run(capsys, "live", "--plan", "nordic", *arguments, code=2)

    assert err == f"error: {said}\n"


def test_plans_for_both_legs_need_to_be_told_where_the_sensor_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "both.json"
    each = {"exercise": "bridge", "sets": 1, "reps": 5, "tempo": {"lower_s": 3}}
    path.write_text(json.dumps({"plans": [each | {"side": "left"}, each | {"side": "right"}]}))
    _, err = run(capsys, "live", "--plan", path, code=2)

    assert err == f"error: {path} holds plans for both legs: one sensor is on one, so give --side\n"
