"""A folder of recordings in one table: no file counts twice, and none stops the others."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import pytest

from analysis.results import Exercise
from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor import cli
from monitor.archive import measuring
from monitor.archive.one_table import analyse_folder
from monitor.archive.sources import find_recordings
from monitor.measured_file import MeasuredFile
from monitor.review.corrected_file import corrected_file
from recordings.format import new_metadata
from recordings.salvage import salvage, salvaged_name
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder")

SENSOR = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, simulated=True)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("recording") / "session.mcap"
    return write_recording(
        path, new_metadata(SENSOR), samples=demo_session().samples[:4000], block_s=1.0
    ).read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    made.mkdir()
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_unfinished_recording_counts_once(folder: Path, recorded: bytes, tmp_path: Path) -> None:
    unfinished = folder / "a.mcap.part"
    unfinished.write_bytes(recorded[: len(recorded) * 9 // 10])
    assert find_recordings(folder) == [unfinished]

    salvage(unfinished, salvaged_name(unfinished))
    (folder / "b.mcap.part").write_bytes(unfinished.read_bytes())
    found = find_recordings(folder)

    assert [path.name for path in found] == ["a-salvaged.mcap", "b.mcap.part"]
    analyse_folder(folder, tmp_path / "reps.csv")
    files = [row["file"] for row in rows(tmp_path / "reps.csv")]
    assert files.count("a-salvaged.mcap") == files.count("b.mcap.part") > 0
    assert len(set(files)) == 2


def test_a_folder_is_no_recording(folder: Path) -> None:
    (folder / "no.mcap").mkdir()

    assert find_recordings(folder) == []


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by nothing"), RecursionError(), MemoryError("too much")]
)
def test_a_fault_in_the_program_costs_one_file(
    error: Exception,
    folder: Path,
    recorded: bytes,
    tmp_path: Path,
    state_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a.mcap", "b.mcap", "c.mcap"):
        (folder / name).write_bytes(recorded)

    def measured(path: Path, exercise: Exercise | None) -> MeasuredFile:
        if path.name == "b.mcap":
            raise error
        return corrected_file(path, exercise)

    monkeypatch.setattr(measuring, "corrected_file", measured)

    assert cli.main(["archive", "analyse", str(folder), "--output", str(tmp_path / "reps.csv")]) == 2
    assert {row["file"] for row in rows(tmp_path / "reps.csv")} == {"a.mcap", "c.mcap"}
    (failure,) = rows(tmp_path / "reps.failures.csv")
    assert failure["file"] == "b.mcap"
    assert type(error).__name__ in failure["reason"]
    assert "1 of 3 recordings could not be measured" in capsys.readouterr().err
    log = (state_folder / "eccentric.log").read_text()
    assert "Traceback" in log
    assert "b.mcap" in log


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_stops_nothing(folder: Path, recorded: bytes, tmp_path: Path) -> None:
    for name in (b"\xff.mcap", b"bad\xfe.mcap"):
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
        path.write_bytes(recorded if name.startswith(b"\xff") else b"nothing")

    done = analyse_folder(folder, tmp_path / "reps.csv")

    assert done.reps > 0
    assert {row["file"] for row in rows(tmp_path / "reps.csv")} == {r"\udcff.mcap"}
    assert [row["file"] for row in rows(tmp_path / "reps.failures.csv")] == [r"bad\udcfe.mcap"]
