"""Where `export`, `report` and `archive analyse` write, and what they never write over."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor import cli
from recordings.format import new_metadata
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder")

needs_links = pytest.mark.skipif(os.name == "nt", reason="needs POSIX links, pipes and sockets")
SENSOR = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, simulated=True)
COMMANDS = {
    "reps": ["export"],
    "samples": ["export", "--samples"],
    "report": ["report"],
}
PDF_OR_HEADER = (b"%PDF", b"rep,", b"t_s,")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "session.mcap"
    return write_recording(path, new_metadata(SENSOR), samples=demo_session().samples[:1500])


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def command(request: pytest.FixtureRequest, recording: Path) -> list[str]:
    return [*request.param, str(recording), "--output"]


@pytest.fixture
def archived(recording: Path, tmp_path: Path) -> list[str]:
    folder = tmp_path / "archived"
    folder.mkdir()
    (folder / "a.mcap").write_bytes(recording.read_bytes())
    return ["archive", "analyse", str(folder), "--output"]


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "unforeseen" not in err
    return err


@pytest.mark.parametrize("name", ["other.mcap", "other.mcap.part", "no telling", "table.csv"])
def test_a_recording_of_any_name_is_not_written_over(
    name: str, command: list[str], recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / name
    other.write_bytes(recording.read_bytes())

    assert "is a recording" in refusal([*command, str(other)], capsys)
    assert other.read_bytes() == recording.read_bytes()


@pytest.mark.parametrize("name", ["torn.mcap", "torn.mcap.part", "TORN.MCAP"])
def test_a_recording_whose_head_is_lost_is_not_written_over(
    name: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / name
    torn.write_bytes(bytes(100))

    assert "is a recording" in refusal([*command, str(torn)], capsys)
    assert torn.read_bytes() == bytes(100)


def test_tables_of_an_archive_go_over_no_recording(
    archived: list[str], recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, said in (("kept.csv", "is a recording"), ("kept", "is a file"), ("kept.mcap", "is a file")):
        other = tmp_path / name
        other.write_bytes(recording.read_bytes())

        assert said in refusal([*archived, str(other)], capsys)
        assert other.read_bytes() == recording.read_bytes()
    assert "holds other files" in refusal([*archived, str(tmp_path / "archived")], capsys)
    assert [path.name for path in (tmp_path / "archived").iterdir()] == ["a.mcap"]


def test_an_unfinished_recording_beside_the_output_is_left_alone(
    command: list[str], recording: Path, tmp_path: Path
) -> None:
    unfinished = tmp_path / "b.part"
    unfinished.write_bytes(recording.read_bytes())

    assert cli.main([*command, str(tmp_path / "b")]) == 0
    assert unfinished.read_bytes() == recording.read_bytes()


@needs_links
def test_what_is_no_file_is_not_replaced(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A socket's path must be short.
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    Path("device").symlink_to("/dev/null")

    assert "is a folder" in refusal([*command, "folder"], capsys)
    for name in ("pipe", "socket", "device", "/dev/null"):
        assert "a device, a pipe or a socket" in refusal([*command, name], capsys)
    assert Path("folder").is_dir()
    assert Path("pipe").is_fifo()
    assert Path("socket").is_socket()
    assert Path("device").is_symlink()
    assert Path("/dev/null").is_char_device()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["device", "folder", "pipe", "socket"]


@needs_links
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_is_written_through(is_there: bool, command: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target = folder / "target"
    if is_there:
        target.write_text("older")
    link = tmp_path / "link"
    link.symlink_to("elsewhere/target")

    assert cli.main([*command, str(link)]) == 0
    assert link.is_symlink()
    assert target.read_bytes().startswith(PDF_OR_HEADER)
    assert [path.name for path in folder.iterdir()] == ["target"]


@needs_links
def test_a_link_to_a_recording_is_refused(
    command: list[str], recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "innocent.csv"
    link.symlink_to(recording)

    assert "is a recording" in refusal([*command, str(link)], capsys)


@needs_links
def test_a_link_to_itself_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "round"
    link.symlink_to("round")

    assert str(link) in refusal([*command, str(link)], capsys)


def test_a_missing_folder_is_told_by_the_name_that_was_given(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "missing" / "out"

    assert f"{output}: No such file" in refusal([*command, str(output)], capsys)


def test_an_older_output_is_replaced(command: list[str], tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_text("older")

    assert cli.main([*command, str(output)]) == 0
    assert output.read_bytes().startswith(PDF_OR_HEADER)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
