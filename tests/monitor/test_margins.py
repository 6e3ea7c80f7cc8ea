"""How far off a lowering time may be, where people read it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.results import Phase, Rep
from monitor.report.content import rep_cells, set_figures
from monitor.results_json import rep_entry
from monitor.results_text import rep_line, rep_table
from monitor.sets import MeasuredSet
from recordings.exporters.csv_files import ExportedSet, write_reps


def nordic(start_s: float, lower_s: float, se_s: float | None) -> Rep:
    middle_s = start_s + lower_s
    phases = (Phase("lower", start_s, middle_s, se_s), Phase("return", middle_s, middle_s + 1, se_s))
    return Rep("nordic", start_s, middle_s + 1, lower_s, 70.0, phases)


KNOWN, UNKNOWN = nordic(0.0, 3.0, 0.06), nordic(10.0, 4.0, None)
MISSED = replace(nordic(20.0, 5.0, 0.06), lower_s=None, not_measured="a gap")


def test_a_line_says_how_far_off_a_lowering_may_be() -> None:
    assert "lowered in 3.00 s +-0.12 s" in rep_line(1, KNOWN)
    assert "+-" not in rep_line(1, UNKNOWN)
    assert "+-" not in rep_line(1, MISSED)
    assert rep_line(1, replace(KNOWN, partial=True)).endswith(", partial")
    assert "partial" not in rep_line(1, KNOWN)


def test_a_table_has_a_column_for_it() -> None:
    heads, _, known, unknown = (line.split() for line in rep_table([KNOWN, UNKNOWN]))
    assert known[heads.index("+-")] == "0.12"
    assert unknown[heads.index("+-")] == "-"


def test_a_report_shows_it_beside_the_time() -> None:
    assert rep_cells(1, KNOWN, None, 0.0)[2] == "3.00 ± 0.12"
    assert rep_cells(1, UNKNOWN, None, 0.0)[2] == "4.00"
    assert rep_cells(1, MISSED, None, 0.0)[2] == "not measured"


def test_a_report_shows_it_beside_the_sum_of_a_set() -> None:
    def note(*reps: Rep) -> str:
        figures = set_figures(MeasuredSet(1, "found", None, reps))
        return next(figure.note for figure in figures if figure.name == "time under tension")

    # Twice something between the root of 0.06^2 + 0.08^2 and their sum.
    assert note(KNOWN, nordic(10.0, 4.0, 0.08)).startswith("± 0.2 s")
    assert "±" not in note(KNOWN, UNKNOWN)


def test_the_table_of_repetitions_holds_the_standard_error(tmp_path: Path) -> None:
    reps = (KNOWN, UNKNOWN, MISSED)
    write_reps(reps, 0.0, tmp_path / "reps.csv", None, [ExportedSet(1, "found", reps, None, None, None)])
    with (tmp_path / "reps.csv").open(newline="", encoding="utf-8") as file:
        assert [row["lower_se_s"] for row in csv.DictReader(file)] == ["0.0600", "", ""]


@pytest.mark.parametrize("rep", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_the_fields_that_other_tools_read_stay_as_they_are(rep: Rep) -> None:
    entry = rep_entry(rep, 0.0)
    assert set(entry["phases"][0]) == {"kind", "start_s", "end_s"}
    assert "lower_se_s" not in entry
