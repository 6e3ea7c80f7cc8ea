"""The command line as a user meets it: output, exit codes, one line on stderr."""

from __future__ import annotations

import csv
import importlib
import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from analysis import ImuSamples, analyse
from analysis.simulate import SimulatedSession, demo_session
from drivers.source import SensorInfo
from drivers.virtual.catalogue import MODELS
from monitor import cli
from monitor.measured_file import measure_file, recorded_calibrations
from recordings.format import RecordedEvent, new_metadata
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder")

COMMAND = Path(sys.executable).with_name("eccentric")
COMMANDS = [
    "demo",
    "scan",
    "live",
    "replay",
    "analyse",
    "import",
    "export",
    "report",
    "review",
    "verify",
    "archive",
    "audit",
]
SENSOR = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, simulated=True)
REP_KEYS = {
    "exercise", "start_s", "end_s", "lower_s", "range_of_motion_deg", "not_measured", "phases", "break_point",
}  # fmt: skip


def eccentric(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def session() -> SimulatedSession:
    return demo_session()


@pytest.fixture(scope="module")
def recording(session: SimulatedSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording whose time axis does not start at 0."""
    later = ImuSamples(session.samples.t_s + 100.0, session.samples.acc_mps2, session.samples.gyr_radps)
    return write_recording(
        tmp_path_factory.mktemp("recording") / "session.mcap",
        new_metadata(SENSOR),
        samples=later,
        block_s=1.0,
    )


@pytest.fixture
def torn(recording: Path, tmp_path: Path) -> Path:
    """A recording that lost its last fifth."""
    path = tmp_path / "torn.mcap"
    path.write_bytes(recording.read_bytes()[: recording.stat().st_size * 4 // 5])
    return path


def test_help_names_every_command() -> None:
    done = eccentric("--help")

    listed = {line.split()[0] for line in done.stdout.split("Commands:")[1].splitlines() if line.strip()}
    assert done.returncode == 0
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    assert f"Usage: eccentric {command}" in capsys.readouterr().out


def test_the_virtual_sensors_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--sensor", "help"]) == 0
    assert capsys.readouterr().out.split() == list(MODELS)


def test_help_loads_neither_numpy_nor_qt_nor_bleak() -> None:
    program = (
        "import sys; from monitor.cli import main; main(['--help'])\n"
        "heavy = {'numpy', 'PySide6', 'pyqtgraph', 'bleak', 'bumble', 'mcap', 'asyncio'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["analyse"],
        ["analyse", "--exercise", "squat", "x.mcap"],
        ["analyse", "--nonsense"],
        ["analyse", "no such file.mcap"],
        ["analyse", "no such file.csv", "--json"],
        ["analyse", "."],
        ["replay", "no such file.mcap", "--headless"],
        ["review", "no such file.mcap"],
        ["verify", "no such file.mcap"],
        ["verify", "no such file.mcap", "--salvage", "out.mcap"],
        ["export", "no such file.mcap", "--output", "out.csv"],
        ["report", "no such file.mcap", "--output", "out.pdf"],
        ["import", "no such file.csv", "--output", "out.mcap"],
        ["import", "x.csv"],
        ["archive", "analyse", "no such folder", "--output", "out.csv"],
        ["scan", "--seconds", "-1"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = cli.main(arguments)

    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "unforeseen" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\x89MCAP0\r\n", b"GIF89a" * 100, bytes(range(256)) * 64])
@pytest.mark.parametrize("name", ["foreign.mcap", "foreign.csv", "foreign"])
def test_foreign_file_is_one_line_and_exit_code_2(
    name: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    for command in ("analyse", "review"):
        assert cli.main([command, str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert "unforeseen" not in err


def test_exit_codes_and_streams_of_the_installed_command(recording: Path) -> None:
    good = eccentric("analyse", recording, "--json")
    bad = eccentric("analyse", "no such file.mcap")

    assert (good.returncode, good.stderr) == (0, "")
    assert len(json.loads(good.stdout)["files"]) == 1
    assert bad.returncode == 2
    assert bad.stderr.startswith("error: ")


def test_json_keeps_the_contract(
    recording: Path, session: SimulatedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["analyse", str(recording), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    (entry,) = found["files"]
    expected = analyse(session.samples)
    assert found.keys() == {"files"}
    assert entry.keys() == {"file", "duration_s", "sensor", "gaps", "warnings", "reps"}
    assert entry["duration_s"] == pytest.approx(np.ptp(session.samples.t_s), abs=1e-3)
    assert entry["sensor"]["model"] == "Test sensor"
    assert len(entry["reps"]) == len(expected.reps) > 0
    for shown, rep in zip(entry["reps"], expected.reps, strict=True):
        assert shown.keys() == REP_KEYS
        assert shown["exercise"] == rep.exercise
        assert shown["start_s"] == pytest.approx(rep.start_s - session.samples.t_s[0], abs=0.01)
        assert shown["lower_s"] == pytest.approx(rep.lower_s, abs=0.01)
        assert [phase["kind"] for phase in shown["phases"]] == [phase.kind for phase in rep.phases]
        assert all(phase.keys() == {"kind", "start_s", "end_s"} for phase in shown["phases"])
        if rep.break_point is None:
            assert shown["break_point"] is None
        else:
            assert shown["break_point"].keys() == {"t_s", "lean_deg", "control_s", "fall_s"}
    assert any(rep["break_point"] for rep in entry["reps"])


def test_exercise_narrows_the_search(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["analyse", str(recording), "--json", "--exercise", "bridge"]) == 0

    reps = json.loads(capsys.readouterr().out)["files"][0]["reps"]
    assert {rep["exercise"] for rep in reps} == {"bridge"}


def test_table_has_a_row_for_each_rep(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["analyse", str(recording)]) == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    reps = measure_file(recording).analysis.reps
    assert [row[1] for row in rows if row and row[0].isdigit()] == [rep.exercise for rep in reps]


def test_good_files_are_printed_beside_a_bad_one(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.mcap"
    bad.write_bytes(b"nothing")

    code = cli.main(["analyse", str(recording), str(bad), str(recording), "--json"])

    out, err = capsys.readouterr()
    assert code == 2
    assert [entry["file"] for entry in json.loads(out)["files"]] == [str(recording)] * 2
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert "bad.mcap" in err


@pytest.mark.parametrize("command", [["analyse"], ["analyse", "--json"], ["review"], ["verify"]])
def test_torn_recording_is_printed_with_exit_code_3(
    command: list[str], torn: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main([*command, str(torn)])

    out, _ = capsys.readouterr()
    assert code == 3
    assert "torn.mcap" in out or command == ["verify"]
    assert len(out) > 20


def test_json_of_a_torn_recording_says_what_is_missing(
    torn: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["analyse", str(torn), "--json"])

    out, err = capsys.readouterr()
    (entry,) = json.loads(out)["files"]
    assert entry["reps"]
    assert entry["warnings"]
    assert all(line.startswith("warning: ") for line in err.splitlines())


def test_csv_gives_the_same_reps_as_its_recording(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples, again = tmp_path / "samples.csv", tmp_path / "again.mcap"
    assert cli.main(["export", str(recording), "--samples", "--output", str(samples)]) == 0
    assert cli.main(["import", str(samples), "--output", str(again)]) == 0
    capsys.readouterr()

    assert cli.main(["analyse", "--json", str(recording), str(samples), str(again)]) == 0

    original, from_csv, imported = json.loads(capsys.readouterr().out)["files"]
    assert from_csv["reps"] == original["reps"]
    assert imported["reps"] == original["reps"]


def test_export_of_samples_loses_no_digit(recording: Path, session: SimulatedSession, tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    assert cli.main(["export", str(recording), "--samples", "--output", str(path)]) == 0

    table = np.loadtxt(path, delimiter=",", skiprows=1)
    header = path.read_text().splitlines()[0]
    assert header == "t_s,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps"
    np.testing.assert_allclose(table[:, 0], session.samples.t_s - session.samples.t_s[0], atol=1e-9)
    np.testing.assert_array_equal(table[:, 1:4], session.samples.acc_mps2)
    np.testing.assert_array_equal(table[:, 4:7], session.samples.gyr_radps)


def test_export_of_reps_has_a_row_for_each(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "reps.csv"
    assert cli.main(["export", str(recording), "--output", str(path)]) == 0

    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    measured = measure_file(recording)
    for row, rep in zip(rows, measured.analysis.reps, strict=True):
        assert row["exercise"] == rep.exercise
        assert float(row["lower_s"]) == pytest.approx(rep.lower_s, abs=1e-4)
        assert float(row["start_s"]) == pytest.approx(rep.start_s - 100.0, abs=1e-3)
        assert bool(row["fall_s"]) == (rep.break_point is not None)


@pytest.mark.parametrize("command", [["export"], ["report"], ["verify"]])
def test_a_recording_is_never_overwritten_by_its_own_output(
    command: list[str], recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = recording.read_bytes()

    option = "--salvage" if command == ["verify"] else "--output"
    assert cli.main([*command, str(recording), option, str(recording)]) == 2
    assert recording.read_bytes() == before
    assert capsys.readouterr().err.startswith("error: ")


def test_recorded_calibration_is_used(session: SimulatedSession, tmp_path: Path) -> None:
    event = RecordedEvent(0, "calibration", {"t_s": 1.0, **asdict(session.calibration)})
    path = write_recording(
        tmp_path / "calibrated.mcap", new_metadata(SENSOR), samples=session.samples, events=[event]
    )

    assert measure_file(path).analysis.calibration == session.calibration


@pytest.mark.parametrize(
    "change",
    [
        {"long_axis": [0, 0, 2]},
        {"long_axis": [0, 1]},
        {"lateral_axis": None},
        {"sign_confidence": "high"},
        {"sign_confidence": float("nan")},
        {"method": "guess"},
    ],
)
def test_impossible_recorded_calibration_is_ignored(
    change: dict[str, object], session: SimulatedSession
) -> None:
    good = asdict(session.calibration)

    known = recorded_calibrations([RecordedEvent(0, "calibration", good)])
    assert [each.calibration for each in known] == [session.calibration]
    assert recorded_calibrations([RecordedEvent(0, "calibration", {**good, **change})]) == []


def test_archive_lists_reps_of_all_and_failures_apart(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "archive"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.mcap").write_bytes(recording.read_bytes())
    (folder / "deep" / "b.mcap").write_bytes(recording.read_bytes())
    (folder / "bad.mcap").write_bytes(b"nothing")
    output = tmp_path / "reps.csv"

    code = cli.main(["archive", "analyse", str(folder), "--output", str(output)])

    with output.open(newline="") as file:
        files = [row["file"] for row in csv.DictReader(file)]
    with (tmp_path / "reps.failures.csv").open(newline="") as file:
        failures = list(csv.DictReader(file))
    reps = len(measure_file(recording).analysis.reps)
    assert code == 2
    assert files == ["a.mcap"] * reps + ["deep/b.mcap"] * reps
    assert [row["file"] for row in failures] == ["bad.mcap"]
    assert capsys.readouterr().err.count("error: ") == 1

    (folder / "bad.mcap").unlink()
    assert cli.main(["archive", "analyse", str(folder), "--output", str(output)]) == 0
    assert not (tmp_path / "reps.failures.csv").exists()


def test_what_nobody_foresaw_goes_into_the_log(
    tmp_path: Path, state_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("monitor.archive.one_table.find_recordings", explode)

    assert cli.main(["archive", "analyse", str(tmp_path), "--output", str(tmp_path / "x.csv")]) == 2

    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "ZeroDivisionError" in err
    log = Path(err.split("details: ")[1].strip())
    assert log.parent == state_folder
    assert "explode" in log.read_text()


def test_warnings_for_developers_stay_off_the_terminal(
    tmp_path: Path, state_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def warn(*_: object) -> list[Path]:
        logging.getLogger("monitor.engine").warning("only for developers")
        return []

    monkeypatch.setattr("monitor.archive.one_table.find_recordings", warn)

    assert cli.main(["archive", "analyse", str(tmp_path), "--output", str(tmp_path / "x.csv")]) == 0
    assert capsys.readouterr().err == ""
    assert "only for developers" in (state_folder / "eccentric.log").read_text()


def test_interruption_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.archive.one_table.find_recordings", interrupt)

    assert cli.main(["archive", "analyse", str(tmp_path), "--output", str(tmp_path / "x.csv")]) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_reader_that_has_enough_ends_it_quietly(recording: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [COMMAND, "analyse", recording], stdout=writing, stderr=subprocess.PIPE, timeout=200, check=False
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", sorted(cli.FORESEEN))
def test_foreseen_errors_exist(name: str) -> None:
    module, _, kind = name.rpartition(".")

    assert issubclass(getattr(importlib.import_module(module), kind), Exception)
