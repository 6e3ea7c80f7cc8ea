"""`eccentric export` in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from monitor import cli, exporting
from recordings import samples

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exporting, "data_folder", lambda: tmp_path / "data")
    return tmp_path


@pytest.mark.parametrize("form", ["csv", "parquet", "bids", "fhir", "sto"])
@pytest.mark.parametrize("more", [[], ["--pseudonymise"]], ids=["plain", "pseudonymised"])
def test_each_format_is_written(
    form: str, more: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", "break-point", "--format", form, "--person", "P-07", "--output", "out", *more]

    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "out" in out
    assert err == ""
    assert (here / "out").is_dir() == (form == "bids")
    assert (here / "data").exists() == bool(more)


@pytest.mark.parametrize("table", ["samples", "phases", "sets", "attempts", "scores", "dictionary"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_each_table_is_written(table: str, form: str, here: Path) -> None:
    assert cli.main(["export", "lost-link", "--format", form, f"--{table}", "--output", "out"]) == 0
    # In this one nothing was told and nothing given up: those tables are their headers.
    assert (here / "out").stat().st_size > (40 if table in ("attempts", "scores") else 100)


def test_two_tables_do_not_fit_one_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "lost-link", "--samples", "--phases", "--output", "out"]
    assert "give --samples or --phases" in refused(arguments, capsys)
    assert not (here / "out").exists()


def test_a_phase_a_row(here: Path) -> None:
    assert cli.main(["export", "lost-link", "--phases", "--output", "phases.csv"]) == 0
    with (here / "phases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    told = samples.truth("lost-link")["reps"]
    for number, true in enumerate(told, 1):
        own = [row for row in rows if row["rep"] == str(number)]
        if true["in_gap"]:
            assert {row["duration_s"] for row in own} <= {""}
            assert all(row["not_measured"] for row in own)
            continue
        assert [row["kind"] for row in own] == ["lift", "hold", "lower"]
        lowered = float(own[2]["duration_s"])
        assert lowered == pytest.approx(true["lower_s"], abs=samples.LOWER_TOLERANCE_S)


def test_the_same_person_has_the_same_pseudonym_in_two_exports(here: Path) -> None:
    said: list[str] = []
    for name in ("good-tempo", "lost-link"):
        arguments = ["export", name, "--format", "fhir", "--person", "P-07", "--pseudonymise"]
        assert cli.main([*arguments, "--output", f"{name}.json"]) == 0
        bundle = json.loads((here / f"{name}.json").read_text())
        patients = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"]
        said.append(patients[0]["identifier"][0]["value"])

    assert said[0] == said[1] != "P-07"


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "unforeseen" not in err
    return err


def test_what_cannot_be_is_refused_in_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = ["export", "good-tempo", "--output", "out"]
    assert "csv and parquet" in refused([*start, "--format", "fhir", "--samples"], capsys)
    (here / "out").write_text("mine")
    assert "is a file" in refused([*start, "--format", "bids"], capsys)
    assert (here / "out").read_text() == "mine"
    (here / "folder").mkdir()
    for form in ("parquet", "fhir", "sto"):
        arguments = ["export", "good-tempo", "--format", form, "--output", "folder"]
        assert "is a folder" in refused(arguments, capsys)
    recording = here / "kept.mcap"
    recording.write_bytes(samples.path_of("good-tempo").read_bytes())
    for form in ("csv", "parquet", "fhir", "sto"):
        arguments = ["export", "good-tempo", "--format", form, "--output", "kept.mcap"]
        assert "is a recording" in refused(arguments, capsys)
    assert recording.read_bytes() == samples.path_of("good-tempo").read_bytes()


def test_a_csv_file_is_exported_too(here: Path) -> None:
    assert cli.main(["export", "good-tempo", "--samples", "--output", "samples.csv"]) == 0
    for form in ("bids", "fhir", "parquet"):
        assert cli.main(["export", "samples.csv", "--format", form, "--output", f"out-{form}"]) == 0
