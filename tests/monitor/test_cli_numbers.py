"""Numbers on the command line that no range catches, and files whose reading would not end."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from monitor import cli
from recordings import replay
from recordings.format import new_metadata
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "NaN"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["live", "--virtual", "--headless", "--lower"],
        ["live", "--virtual", "--headless", "--seconds"],
        ["replay", "x.mcap", "--headless", "--speed"],
        ["scan", "--virtual", "--seconds"],
        ["import", "x.csv", "--output", "x.mcap", "--rate-hz"],
    ],
    ids=lambda arguments: " ".join(arguments[:1] + arguments[-1:]),
)
def test_what_is_no_number_is_wrong_usage(
    arguments: list[str], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*arguments, value]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: Invalid value for '{arguments[-1]}': ")
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX pipes")
@pytest.mark.parametrize(
    "arguments",
    [
        ["analyse"],
        ["review"],
        ["verify"],
        ["replay", "--headless"],
        ["export", "--output", "out"],
        ["report", "--output", "out"],
        ["import", "--output", "out.mcap"],
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("name", ["pipe.mcap", "pipe.csv"])
def test_a_pipe_is_refused_at_once(
    arguments: list[str],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(name)

    assert cli.main([*arguments, name]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {name} is a device, a pipe or a socket")
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_replay_of_absurd_times_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replay, "LONGEST_WAIT_S", 0.01)
    times_s = np.concatenate([np.arange(300) / 100, 1e8 + np.arange(300) * 1e4])
    samples = ImuSamples(times_s, np.tile([0.0, 0.0, 9.81], (600, 1)), np.zeros((600, 3)))
    info = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, simulated=True)
    path = write_recording(tmp_path / "s.mcap", new_metadata(info), samples=samples)

    assert cli.main(["replay", str(path), "--headless", "--speed", "10"]) == 0
    assert capsys.readouterr().err == ""
