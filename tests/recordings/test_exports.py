"""Exports pass the official validators, and what is read back from them is what went in."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.calibration import Calibration
from analysis.results import Attempt, BreakPoint, Phase, Rep
from analysis.samples import ImuSamples
from analysis.tempo import Prescription
from analysis.thigh_orientation import thigh_orientation
from drivers.source import SensorInfo
from monitor.exporting import exported
from monitor.measured_file import measure_file
from recordings import samples as shipped
from recordings.exporters import bids, columns, csv_files, fhir, opensim, parquet
from recordings.exporters.csv_files import ExportedSet, ToldScore
from recordings.exporters.session import ExportedSession
from recordings.format import RecordingError
from recordings.importers.csv_samples import read_csv

quickly = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
finite = st.floats(-1e4, 1e4, allow_nan=False, width=64)


@st.composite
def sessions(draw: st.DrawFn) -> ExportedSession:
    """Any session: with and without gyroscope, person, time and set; with angles that are not known."""
    n = draw(st.integers(2, 12))
    steps = draw(st.lists(st.floats(0.001, 2.0), min_size=n, max_size=n))
    t_s = draw(st.floats(-100, 100)) + np.cumsum(steps)
    acc, gyr, angle = (
        np.array(draw(st.lists(finite, min_size=width * n, max_size=width * n))) for width in (3, 3, 1)
    )
    angle[draw(st.lists(st.integers(0, n - 1)))] = np.nan
    reps = tuple(draw(rep(float(t_s[0]) + 20.0 * place)) for place in range(draw(st.integers(0, 3))))
    asked = Prescription(3, 4.0)
    side = draw(st.sampled_from([None, "left", "right"]))
    score = st.none() | st.integers(0, 10)
    a_set = ExportedSet(1, "recorded", reps, "nordic", side, asked, draw(score), draw(score), draw(score))
    told = {kind: draw(score) for kind in ("pain_before", "worst_pain", "pain_after", "effort")}
    morning = draw(st.sampled_from([None, ToldScore("pain_next_morning", 3, back_to_usual=True)]))
    has_gyro, has_set = draw(st.booleans()), bool(reps) and draw(st.booleans())
    return ExportedSession(
        session_id=draw(st.uuids()).hex,
        samples=ImuSamples(t_s, acc.reshape(n, 3), gyr.reshape(n, 3) if has_gyro else None),
        thigh_angle_deg=angle,
        reps=reps,
        sets=(a_set,) if has_set else (),
        sensor=SensorInfo("plain", "Model", "name", draw(st.sampled_from([None, "12:AB"])), rate_hz=100.0),
        calibration=Calibration((0, 0, 1), (0, 1, 0), 0.99, "given"),
        started=draw(st.sampled_from([None, datetime(2026, 11, 23, 9, 30, tzinfo=UTC)])),
        side=side,
        placement=draw(st.sampled_from([None, "mid thigh"])),
        person=draw(st.sampled_from([None, "P01", "P-01", "Ü 7"])),
        attempts=tuple(draw(st.lists(attempt(float(t_s[0])), max_size=2))),
        scores=(
            *(ToldScore(kind, value) for kind, value in told.items() if value is not None),
            *([morning] if morning else []),
        ),
    )


@st.composite
def attempt(draw: st.DrawFn, start_s: float) -> Attempt:
    begun_s = start_s + draw(st.floats(0, 60))
    return Attempt("nordic", begun_s, begun_s + draw(st.floats(0.5, 2)), draw(st.floats(5, 40)))


@st.composite
def rep(draw: st.DrawFn, start_s: float) -> Rep:
    lower_s, return_s = draw(st.floats(0.5, 9.0)), draw(st.floats(0.5, 4.0))
    middle_s = start_s + lower_s
    phases = (Phase("lower", start_s, middle_s, 0.1), Phase("return", middle_s, middle_s + return_s))
    reason = draw(st.sampled_from([None, "no samples\tfrom 3 s to 4 s"]))
    point = BreakPoint(middle_s - 0.3, draw(st.floats(10, 80)), lower_s - 0.3, 0.3)
    return Rep(
        "nordic",
        start_s,
        phases[-1].end_s,
        None if reason else lower_s,
        draw(st.floats(10, 90)),
        phases,
        None if reason else draw(st.sampled_from([None, point])),
        reason,
    )


@pytest.fixture(scope="module")
def real() -> list[ExportedSession]:
    names = ("break-point", "good-tempo", "lost-link")
    return [exported(measure_file(shipped.path_of(name)), "P-07") for name in names]


def columns_of(session: ExportedSession) -> list[np.ndarray]:
    gyr = () if session.samples.gyr_radps is None else session.samples.gyr_radps.T
    return [session.times_s, *session.samples.acc_mps2.T, *gyr]


def assert_same(found: Sequence[np.ndarray], session: ExportedSession) -> None:
    expected = [*columns_of(session), session.thigh_angle_deg]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(one, dtype=float), other)


def rows_of(session: ExportedSession, table: str) -> list[list[object]]:
    start_s, trace = session.start_s, session.trace
    match table:
        case "repetitions":
            return list(csv_files.rep_rows(session.reps, start_s, trace, session.sets))
        case "phases":
            return list(csv_files.phase_rows(session.reps, start_s, session.sets))
        case "attempts":
            return list(csv_files.attempt_rows(session.attempts, start_s, session.sets))
        case "scores":
            return list(csv_files.score_rows(session.sets, session.scores))
        case _:
            return list(csv_files.set_rows(session.sets, start_s, trace, session.attempts))


@quickly
@given(session=sessions())
def test_csv_samples_read_back_to_the_bit(session: ExportedSession, tmp_path: Path) -> None:
    csv_files.write_samples(session.samples, tmp_path / "s.csv")
    again = read_csv(tmp_path / "s.csv")
    found = [again.t_s, *again.acc_mps2.T, *(() if again.gyr_radps is None else again.gyr_radps.T)]
    assert_same([*found, session.thigh_angle_deg], session)


@quickly
@given(session=sessions())
def test_parquet_samples_read_back_to_the_bit(session: ExportedSession, tmp_path: Path) -> None:
    parquet.write_samples(session, tmp_path / "s.parquet")
    table = pq.read_table(tmp_path / "s.parquet", page_checksum_verification=True)

    assert set(table.column_names) <= {column.name for column in columns.SAMPLES}
    found = [table.column(name).to_numpy() for name in table.column_names]
    assert_same(found, session)
    said = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert said.get("person") == session.person
    assert said["simulated"] == "false"


@pytest.mark.parametrize("name", ["repetitions", "phases", "sets", "attempts", "scores"])
@quickly
@given(session=sessions())
def test_a_parquet_table_holds_the_cells_of_the_csv(
    name: str, session: ExportedSession, tmp_path: Path
) -> None:
    rows = rows_of(session, name)
    parquet.write_table(tmp_path / "t.parquet", columns.TABLES[name], rows, {})
    table = pq.read_table(tmp_path / "t.parquet")

    assert table.column_names == [column.name for column in columns.TABLES[name]]
    found = [list(row.values()) for row in table.to_pylist()]
    assert [[cell_of(value) for value in row] for row in found] == [
        [cell_of(typed(cell, column.unit)) for cell, column in zip(row, columns.TABLES[name], strict=True)]
        for row in rows
    ]
    for field in table.schema:
        assert field.metadata[b"definition"]
        numeric = str(field.type) in ("int64", "double")
        assert numeric == bool(field.metadata[b"unit"])


def typed(cell: object, unit: str) -> object:
    return None if cell == "" else float(str(cell)) if unit else cell


def cell_of(value: object) -> object:
    return float(value) if isinstance(value, int | float) else value


@quickly
@given(session=sessions())
def test_bids_motion_reads_back_to_the_bit(
    session: ExportedSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = bids.write_session(session, tmp_path_factory.mktemp("set"))
    (motion,) = home.glob("motion/*_motion.tsv")
    with motion.open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    found = [[math.nan if cell == "n/a" else float(cell) for cell in row] for row in rows]
    assert_same(list(np.array(found).T), session)
    (told,) = home.glob("motion/*_channels.tsv")
    channels = told.read_text(encoding="utf-8").splitlines()[1:]
    assert len(channels) == len(rows[0])
    (events,) = home.glob("motion/*_events.tsv")
    lines = [line.split("\t") for line in events.read_text(encoding="utf-8").splitlines()]
    assert {len(line) for line in lines} == {7}
    lowered = [float(line[1]) for line in lines if line[2] == "lower" and line[1] != "n/a"]
    measured = [each.lower_s for each in session.reps if each.lower_s is not None]
    assert lowered == pytest.approx(measured, abs=1e-4)


@quickly
@given(session=sessions())
def test_an_sto_file_reads_back_as_unit_quaternions(session: ExportedSession, tmp_path: Path) -> None:
    known = ~np.isnan(session.thigh_angle_deg)
    quiet = replace(session, samples=ImuSamples(session.samples.t_s, session.samples.acc_mps2 / 1e3 + 1.0))
    if not known.any():
        with pytest.raises(RecordingError, match="not known"):
            opensim.write_orientation(quiet, tmp_path / "a.sto")
        return
    assert opensim.write_orientation(quiet, tmp_path / "a.sto") == known.sum()
    t_s, found = read_sto(tmp_path / "a.sto", session)
    assert quiet.calibration is not None
    expected = thigh_orientation(quiet.samples, quiet.thigh_angle_deg, quiet.calibration)[known]
    np.testing.assert_array_equal(t_s, session.times_s[known])
    np.testing.assert_allclose(found, expected, atol=1e-11)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-11)


def read_sto(path: Path, session: ExportedSession) -> tuple[np.ndarray, np.ndarray]:
    head, body = path.read_text(encoding="ascii").split("endheader\n")
    assert "DataType=Quaternion" in head.splitlines()
    names, *lines = body.splitlines()
    assert names == f"time\t{opensim.COLUMNS[session.side]}"
    cells = [line.split("\t") for line in lines]
    return (
        np.array([float(time) for time, _ in cells]),
        np.array([[float(part) for part in turn.split(",")] for _, turn in cells]),
    )


@quickly
@given(session=sessions())
def test_a_bundle_is_valid_fhir_and_holds_the_numbers_of_the_csv(session: ExportedSession) -> None:
    from fhir.resources.R4B.bundle import Bundle

    made = fhir.bundle(session)
    Bundle.model_validate(json.loads(json.dumps(made)))

    assert fhir.bundle(session) == made
    entries = {entry["fullUrl"]: entry["resource"] for entry in made["entry"]}
    assert len(entries) == len(made["entry"])
    assert references(made) <= set(entries)
    told = [each for each in entries.values() if code_of(each) == "repetition"]
    rows = [dict(zip(csv_files.REP_COLUMNS, row, strict=True)) for row in rows_of(session, "repetitions")]
    for observation, row in zip(told, rows, strict=True):
        values = {
            part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"]
            for part in observation["component"]
            if "valueQuantity" in part
        }
        assert values == {name: float(str(row[name])) for name in fhir.REP_PARTS if row[name] != ""}
    pains, efforts = (
        [
            (each["code"]["coding"][-1]["code"], each["valueQuantity"]["value"])
            for each in entries.values()
            if code_of(each) == code
        ]
        for code in (fhir.PAIN[0], "effort")
    )
    scores = [(str(row[1]), row[2]) for row in rows_of(session, "scores")]
    assert sorted(pains + efforts) == sorted(scores)
    assert {kind for kind, _ in efforts} <= {"effort"}


def code_of(resource: dict[str, Any]) -> str | None:
    return resource["code"]["coding"][0]["code"] if "code" in resource else None


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["reference"]} if isinstance(node.get("reference"), str) else set()
        return own.union(*(references(each) for each in node.values()))
    return set().union(*(references(each) for each in node)) if isinstance(node, list) else set()


def test_local_codes_of_a_bundle_are_explained_in_it(real: list[ExportedSession]) -> None:
    made = fhir.bundle(real[2])
    (system,) = [e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "CodeSystem"]
    explained = {concept["code"] for concept in system["concept"] if concept["definition"]}

    assert local_codes(made) <= explained
    assert "Not measured" in json.dumps(made)
    assert '"HTEST"' in json.dumps(made)


def local_codes(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["code"]} if node.get("system") == fhir.CODES else set()
        return own.union(*(local_codes(each) for each in node.values()))
    return set().union(*(local_codes(each) for each in node)) if isinstance(node, list) else set()


def bids_issues(folder: Path, *more: str) -> list[dict[str, Any]]:
    """Return what the official validator (bids-validator, the build on PyPI) finds."""
    validator = Path(sys.executable).with_name("bids-validator-deno")
    command = [str(validator), str(folder), "--max-rows", "-1", "--format", "json", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    return json.loads(done.stdout)["issues"]["issues"]


def test_a_bids_data_set_passes_the_official_validator(real: list[ExportedSession], tmp_path: Path) -> None:
    without_gyro = replace(
        real[0],
        samples=ImuSamples(real[0].samples.t_s, real[0].samples.acc_mps2),
        session_id="another",
        person=None,
        started=None,
        reps=(),
        sets=(),
    )
    for session in (*real, without_gyro):
        bids.write_session(session, tmp_path / "set")

    found = bids_issues(tmp_path / "set")
    assert [issue for issue in found if issue["severity"] == "error"] == []
    # What is left are recommendations, such as the address of the institution.
    told = {issue["code"] for issue in found}
    assert told <= {"SIDECAR_KEY_RECOMMENDED", "JSON_KEY_RECOMMENDED", "TOO_FEW_AUTHORS", "NO_AUTHORS"}


def test_the_validator_would_notice(real: list[ExportedSession], tmp_path: Path) -> None:
    home = bids.write_session(real[0], tmp_path / "set")
    (channels,) = home.glob("motion/*_channels.tsv")
    channels.write_text(channels.read_text().replace("ACCEL", "NONSENSE"))

    assert any(issue["severity"] == "error" for issue in bids_issues(tmp_path / "set"))


def test_a_session_goes_into_a_data_set_once_and_whole(
    real: list[ExportedSession], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    first = bids.write_session(real[0], folder)
    with pytest.raises(RecordingError, match="before"):
        bids.write_session(real[0], folder)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bids, "_events", fails)
    with pytest.raises(OSError, match="space"):
        bids.write_session(real[1], folder)
    assert [each.name for each in folder.glob("sub-*/*")] == [first.name]
    assert not list(folder.glob(".eccentric-*"))


@pytest.mark.parametrize("content", ["notes.txt", "dataset_description.json"])
def test_a_folder_of_somebody_else_is_left_alone(
    content: str, real: list[ExportedSession], tmp_path: Path
) -> None:
    (tmp_path / content).write_text("{}")
    with pytest.raises(RecordingError, match=r"another program|not empty"):
        bids.write_session(real[0], tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [content]


def test_two_codes_never_become_one_subject(real: list[ExportedSession]) -> None:
    codes = ["P01", "P-01", "P 01", "p01", "Ü1", "1", None]
    subjects = [bids.subject_of(replace(real[0], person=code)) for code in codes]
    assert len(set(subjects)) == len(codes)
    assert all(subject.isalnum() and subject.isascii() for subject in subjects)


def test_without_pyarrow_parquet_says_how_to_get_it(
    real: list[ExportedSession], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RecordingError, match=r"pip install 'eccentric-monitor\[exports\]'"):
        parquet.write_samples(real[0], tmp_path / "s.parquet")
    assert list(tmp_path.iterdir()) == []
