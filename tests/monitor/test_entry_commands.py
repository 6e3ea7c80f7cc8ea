"""Plans, scores and notes from the command line: entered, listed, corrected, and refused in one sentence."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from monitor import cli, filing
from monitor.filing import open_daily
from monitor.plan import Plan, Tempo
from monitor.plans.plan_file import parse_plans
from recordings.catalogue.entries import Prescription, Score, SessionEntry, SetEntry

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture
def session() -> str:
    """Return a session of the person P001 with two sets, one of them stopped."""
    sets = tuple(
        SetEntry(number, "recorded", "nordic", "left", 5, 4.0, (), stopped=stopped)
        for number, stopped in ((1, None), (2, "sudden pain"))
    )
    with open_daily() as catalogue:
        person = catalogue.add_person("P001", "Ann")
        catalogue.file_session(
            SessionEntry(
                "s-1", 1_700_000_000_000_000_000, "UTC", 60.0, "x", False, False, "3", (), sets,
                (Score("pain", 2, 1, "recorded"),),
            )
        )  # fmt: skip
        catalogue.assign(catalogue.row("s-1"), person)
    return "s-1"


def run(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert cli.main(["catalogue", *map(str, arguments)]) == code, capsys.readouterr()
    return capsys.readouterr()


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    out, err = run(capsys, *arguments, code=2)
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    return err


def test_plans_are_entered_listed_and_ended(session: str, capsys: pytest.CaptureFixture[str]) -> None:
    del session
    numbers = ("--side", "left", "--sets", 2, "--reps", 8, "--lower", 4, "--hold", 1, "--lift", 2)
    out, _ = run(capsys, "plan", "add", "P001", "--exercise", "bridge", *numbers, "--from", "2026-03-01")
    assert out == (
        "plan 1: bridge, left leg, 2 x 8, lower 4 s, hold 1 s, lift 2 s, pain up to 3, from 2026-03-01\n"
    )
    run(capsys, "plan", "end", 1, "--on", "2026-04-01")
    today = date.today()
    run(capsys, "plan", "add", "P001", "--exercise", "nordic", "--title", "Home")

    def holding(*options: object) -> list[int]:
        document = json.loads(run(capsys, "plan", "list", "P001", "--json", *options)[0])
        return [each["plan"] for each in document["plans"]]

    assert holding() == [1, 2]
    assert holding("--today") == [2]
    assert holding("--on", "2026-02-28") == []
    assert holding("--on", "2026-03-31") == [1]
    assert holding("--on", "2026-04-01") == []
    run(capsys, "plan", "add", "P001", "--exercise", "nordic", "--lower", 6, "--instead")
    assert holding("--today") == [3]
    assert holding("--on", today + timedelta(days=400)) == [3]


def test_a_plan_is_shown_as_a_file_of_plans(session: str, capsys: pytest.CaptureFixture[str]) -> None:
    del session
    run(capsys, "plan", "add", "P001", "--exercise", "bridge", "--side", "left", "--title", "Home")
    found = parse_plans(run(capsys, "plan", "show", 1, "--json")[0])

    assert (found.title, found.plans) == ("Home", (Plan("bridge", "left", 3, 5, Tempo(5.0), pain_limit=3),))
    assert "  rest_between_sets_s: 90.0\n" in run(capsys, "plan", "show", 1)[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "add", "P001"], "Missing option '--exercise'"),
        (["plan", "add", "P001", "--exercise", "nordic", "--lower", "nan"], "not"),
        (["plan", "add", "nobody", "--exercise", "nordic"], "there is no person nobody"),
        (["plan", "show", "7"], "there is no plan 7"),
        (["plan", "list", "nobody"], "there is no person nobody"),
        (["score", "nowhere", "--during", "3"], "there is no session nowhere"),
        (["score", "s-1", "--during", "11"], "11 is not in the range"),
        (
            ["score", "s-1", "--set", "3", "--during", "1"],
            "there is no set 3 in session s-1: its sets",
        ),
        (["score", "s-1", "--set", "1"], "--set goes with"),
        (["score", "s-1", "--morning", "1"], "--morning needs --usual or --worse"),
        (["score", "s-1", "--usual"], "--morning needs --usual or --worse"),
        (["score", "s-1", "--set", "1", "--during", "3"], "the pain was told already (2): --correct"),
        (["visits", "nobody"], "there is no person nobody"),
        (["note", "add", "text"], "belongs to a person or to a session"),
        (["note", "edit", "7", "text"], "there is no note 7"),
        (["note", "delete", "7"], "there is no note 7"),
        (["note", "list", "--session", "nowhere"], "there is no session nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_entered_is_said_in_one_line(
    arguments: list[str], said: str, session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_daily() as catalogue:
        before = (catalogue.visit(session), catalogue.plans(catalogue.person("P001")), catalogue.notes())
    assert said in refused(capsys, *arguments)
    with open_daily() as catalogue:
        after = (catalogue.visit(session), catalogue.plans(catalogue.person("P001")), catalogue.notes())
    assert after == before


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Prescription("squat", "left", 2, 8, 4.0), "'squat' is none of nordic, bridge, slider"),
        (Prescription("bridge", "middle", 2, 8, 4.0), "'middle' is none of left, right, both"),
    ],
    ids=["exercise", "side"],
)
def test_a_plan_that_no_program_can_have_stored_is_refused_in_a_sentence(
    session: str, told: Prescription, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del session
    with open_daily() as catalogue:
        number = catalogue.add_plan(catalogue.person("P001"), told, date(2026, 3, 1)).id
    assert words in refused(capsys, "plan", "show", number, "--json")


def test_a_plan_that_ends_before_it_begins_is_refused(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del session
    run(capsys, "plan", "add", "P001", "--exercise", "nordic", "--from", "2026-03-01")
    assert "cannot end before" in refused(capsys, "plan", "end", 1, "--on", "2026-02-28")


def test_what_was_told_is_entered_shown_and_corrected(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "score", session, "--set", 2, "--during", 6, "--after", 4, "--effort", 8)
    run(capsys, "score", session, "--effort", 7, "--before", 1)
    # The next day.
    out, _ = run(capsys, "score", session, "--morning", 3, "--worse")

    assert out.splitlines()[1:] == [
        "  before: pain 1",
        "  set 1: pain 2",
        "  set 2: pain 6, pain after 4, effort 8, stopped: sudden pain",
        "  session: effort 7",
        "  next morning: pain 3, worse",
    ]
    assert "told already (3)" in refused(capsys, "score", session, "--morning", "2", "--usual")
    out, _ = run(capsys, "score", session, "--morning", 2, "--usual", "--correct", "--set", 1, "--during", 5)
    assert "  set 1: pain 5\n" in out
    assert "  next morning: pain 2, as usual\n" in out
    assert run(capsys, "visits", "P001")[0] == out
    (visit,) = json.loads(run(capsys, "visits", "P001", "--json")[0])["visits"]
    assert (visit["pain_before"], visit["morning_pain"], visit["back_to_usual"]) == (1, 2, True)
    assert [each["stopped"] for each in visit["sets"]] == [None, "sudden pain"]
    # What hurt afterwards is not the worst of the exercise itself.
    assert [row["worst_pain"] for row in json.loads(run(capsys, "list", "--json")[0])["sessions"]] == [6]


def test_what_was_told_survives_a_new_measurement(session: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "score", session, "--set", 1, "--after", 4, "--effort", 8, "--before", 0)
    run(capsys, "score", session, "--morning", 1, "--usual")
    with open_daily() as catalogue:
        before = catalogue.visit(session)
        entry = catalogue.session(session)
        catalogue.file_session(
            SessionEntry(*(getattr(entry, name) for name in list(entry.__dataclass_fields__)[:-1]),
                         scores=tuple(each for each in entry.scores if each.source == "recorded"))
        )  # fmt: skip
        after = catalogue.visit(session)
    assert sorted(map(str, after.scores)) == sorted(map(str, before.scores))
    assert (after.pain_before, after.morning_pain, after.back_to_usual) == (0, 1, True)


def test_notes_are_written_changed_and_deleted(session: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "note", "add", "sat for long", "--person", "P001")
    run(capsys, "note", "add", "slipped once", "--session", session)
    run(capsys, "note", "edit", 1, "sat for very long")

    def listed(*options: object) -> list[str]:
        return [line.split("  ")[-1] for line in run(capsys, "note", "list", *options)[0].splitlines()]

    assert listed() == ["sat for very long", "slipped once"]
    assert listed("--person", "P001") == ["sat for very long"]
    assert listed("--session", session) == ["slipped once"]
    run(capsys, "note", "delete", 1)
    assert listed() == ["slipped once"]
    folder = filing.backup_path().parent.parent / "catalogue"
    assert not any(b"very long" in file.read_bytes() for file in folder.iterdir())
