"""The tables of repetitions and sets, and the dictionary of their columns."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.lowering_speed import AngleTrace
from analysis.progress import fade_se_percent
from analysis.results import Attempt, BreakPoint, Phase, Rep
from analysis.tempo import Prescription
from recordings.exporters import columns
from recordings.exporters.csv_files import (
    ExportedSet,
    ToldScore,
    write_attempts,
    write_dictionary,
    write_reps,
    write_scores,
    write_sets,
)


def nordic(start_s: float, lower_s: float | None, lean_deg: float | None = None) -> Rep:
    lasted = lower_s or 3.0
    phases = (
        Phase("lower", start_s, start_s + lasted),
        Phase("return", start_s + lasted, start_s + lasted + 2),
    )
    point = lean_deg and BreakPoint(start_s + lasted - 0.5, lean_deg, lasted - 0.5, 0.5)
    reason = None if lower_s else "a gap"
    return Rep("nordic", start_s, phases[-1].end_s, lower_s, 60.0, phases, point or None, reason)


REPS = (
    nordic(100.0, 4.0),
    nordic(110.0, 3.6),
    nordic(120.0, None),
    nordic(130.0, 2.8, 42.0),
    nordic(140.0, 2.4),
)
SET = ExportedSet(1, "recorded", REPS[:4], "nordic", "left", Prescription(6, 4.0), 3, 7, 2)
ATTEMPTS = (
    Attempt("nordic", 107.0, 108.5, 21.25),
    Attempt("bridge", 117.0, 118.0, 9.0),
    Attempt("nordic", 138.0, 139.0, 15.0),
    Attempt("nordic", 170.0, 171.0, 15.0),
)


def trace() -> AngleTrace:
    t_s = np.arange(98.0, 150.0, 0.02)
    angle = np.zeros(t_s.size)
    for rep in REPS:
        phase = rep.phases[0]
        angle += 60 * np.clip((t_s - phase.start_s) / phase.duration_s, 0, 1) * (t_s < phase.end_s)
    return AngleTrace(t_s, angle)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, str]]:
    write_reps(REPS, 90.0, tmp_path / "reps.csv", trace(), [SET])
    return table(tmp_path / "reps.csv")


@pytest.fixture
def row(tmp_path: Path) -> dict[str, str]:
    write_sets([SET], 90.0, tmp_path / "sets.csv", trace(), ATTEMPTS)
    (only,) = table(tmp_path / "sets.csv")
    return only


def test_a_repetition_knows_its_set_and_its_target(rows: list[dict[str, str]]) -> None:
    assert [each["set"] for each in rows] == ["1", "1", "1", "1", ""]
    assert [each["target_s"] for each in rows] == ["4.0000"] * 4 + [""]
    assert [each["deviation_s"] for each in rows] == ["0.0000", "-0.4000", "", "-1.2000", ""]


def test_a_break_point_stands_in_the_published_conventions(rows: list[dict[str, str]]) -> None:
    names = ("lean_deg", "thigh_to_horizontal_deg", "knee_angle_deg", "knee_flexion_deg")
    assert [rows[3][name] for name in names] == ["42.00", "48.00", "132.00", "48.00"]
    assert all(rows[0][name] == "" for name in names)


def test_smoothness_needs_the_angle(rows: list[dict[str, str]], tmp_path: Path) -> None:
    assert [bool(each["smoothness"]) for each in rows] == [True, True, False, True, True]
    write_reps(REPS, 90.0, tmp_path / "plain.csv")
    plain = table(tmp_path / "plain.csv")
    assert {each["smoothness"] for each in plain} == {""}
    assert [each["lower_s"] for each in plain] == [each["lower_s"] for each in rows]


def test_a_set_is_summed_up(row: dict[str, str]) -> None:
    expected = {
        "set": "1",
        "source": "recorded",
        "exercise": "nordic",
        "side": "left",
        "start_s": "10.0000",
        "end_s": "44.8000",
        "reps": "4",
        "not_measured": "1",
        "prescribed_reps": "6",
        "dose_percent": f"{100 * 10.4 / 24:.2f}",
        "time_under_tension_s": "10.4000",
        "moving_s": "16.4000",
        "mean_deviation_s": f"{10.4 / 3 - 4:.4f}",
        "mean_absolute_deviation_s": f"{1.6 / 3:.4f}",
        "fade_percent_per_rep": "",
        "attempts": "2",
        "worst_pain": "3",
        "pain_after": "2",
        "effort": "7",
    }
    assert {name: row[name] for name in expected} == expected


def test_a_fade_has_its_error_beside_it(tmp_path: Path) -> None:
    lowered = (5.0, 4.75, 4.5, 4.25)
    plain = (nordic(10.0 * at, each) for at, each in enumerate(lowered))
    reps = tuple(replace(r, phases=(replace(r.phases[0], se_s=0.1), *r.phases[1:])) for r in plain)
    write_sets([ExportedSet(1, "found", reps)], 0.0, tmp_path / "sets.csv")
    (row,) = table(tmp_path / "sets.csv")
    assert float(row["fade_percent_per_rep"]) == pytest.approx(-5.0)
    error = fade_se_percent(list(lowered), [0.1] * 4)
    assert float(row["fade_se_percent_per_rep"]) == pytest.approx(error, abs=0.005)


def test_a_set_of_nothing_leaves_its_numbers_empty(tmp_path: Path) -> None:
    write_sets([ExportedSet(2, "recorded", ())], 0.0, tmp_path / "sets.csv")
    (row,) = table(tmp_path / "sets.csv")
    filled = {name for name, value in row.items() if value}
    assert filled == {"set", "source", "reps", "not_measured", "attempts", "algorithm_version"}


def test_what_was_given_up_stands_in_a_table_of_its_own(tmp_path: Path) -> None:
    write_attempts(ATTEMPTS, 90.0, tmp_path / "attempts.csv", [SET])
    rows = table(tmp_path / "attempts.csv")
    assert [(each["attempt"], each["set"]) for each in rows] == [
        ("1", "1"),
        ("2", ""),
        ("3", "1"),
        ("4", ""),
    ]
    assert [each["exercise"] for each in rows] == ["nordic", "bridge", "nordic", "nordic"]
    first = {name: rows[0][name] for name in ("start_s", "end_s", "range_of_motion_deg")}
    assert first == {"start_s": "17.0000", "end_s": "18.5000", "range_of_motion_deg": "21.25"}


def test_what_was_told_is_a_score_a_row(tmp_path: Path) -> None:
    told = [ToldScore("pain_before", 1), ToldScore("pain_next_morning", 4, back_to_usual=False)]
    sets = [SET, ExportedSet(None, "outside", REPS[4:]), ExportedSet(2, "recorded", (), effort=0)]
    write_scores(sets, told, tmp_path / "scores.csv")
    assert [tuple(row.values()) for row in table(tmp_path / "scores.csv")] == [
        ("1", "worst_pain", "3", ""),
        ("1", "pain_after", "2", ""),
        ("1", "effort", "7", ""),
        ("2", "effort", "0", ""),
        ("", "pain_before", "1", ""),
        ("", "pain_next_morning", "4", "no"),
    ]


def test_the_range_of_a_nordic_that_breaks_ends_at_its_break_point(tmp_path: Path) -> None:
    reps = tuple(nordic(10.0 * at, 3.0, lean) for at, lean in enumerate((None, 57.0, 54.0, 51.0)))
    write_sets([ExportedSet(1, "found", reps)], 0.0, tmp_path / "sets.csv")
    (row,) = table(tmp_path / "sets.csv")
    assert float(row["range_fade_percent_per_rep"]) == pytest.approx(-5.0)
    assert row["lean_fade_percent_per_rep"] == ""


def test_the_dictionary_explains_every_column(
    tmp_path: Path, rows: list[dict[str, str]], row: dict[str, str]
) -> None:
    write_dictionary(tmp_path / "dictionary.csv")
    said = table(tmp_path / "dictionary.csv")
    assert [each["column"] for each in said if each["table"] == "repetitions"] == list(rows[0])
    assert [each["column"] for each in said if each["table"] == "sets"] == list(row)
    write_attempts(ATTEMPTS, 90.0, tmp_path / "attempts.csv")
    write_scores([SET], [], tmp_path / "scores.csv")
    for name in ("attempts", "scores"):
        written = table(tmp_path / f"{name}.csv")
        assert [each["column"] for each in said if each["table"] == name] == list(written[0])
    assert all(len(each["definition"]) > 5 for each in said)


@pytest.mark.parametrize("named", [columns.REPS, columns.SETS], ids=["repetitions", "sets"])
def test_a_unit_in_a_name_is_the_unit(named: tuple[columns.Column, ...]) -> None:
    assert len({column.name for column in named}) == len(named)
    for column in named:
        for ending, unit in (("_s", "s"), ("_deg", "deg"), ("_percent", "%"), ("_percent_per_rep", "%")):
            if column.name.endswith(ending):
                assert column.unit == unit, column.name


def test_a_partial_repetition_is_told_from_a_whole_one(tmp_path: Path) -> None:
    write_reps([REPS[0], replace(REPS[1], partial=True)], 90.0, tmp_path / "reps.csv")
    assert [each["partial"] for each in table(tmp_path / "reps.csv")] == ["no", "yes"]
