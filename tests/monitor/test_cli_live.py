"""Sessions that run now, from the command line: the virtual radio, replays, no Bluetooth at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.results import Phase, Rep
from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor import cli
from monitor.live import plans_of
from monitor.measured_file import measure_file
from recordings.format import RecordingError, new_metadata
from recordings.reader import read
from recordings.writer import Recorder, write_recording

COMMAND = Path(sys.executable).with_name("eccentric")


def rep(exercise: str, lower_s: float | None) -> Rep:
    return Rep(exercise, 0.0, 4.0, lower_s, 60.0, (Phase("lower", 0.0, 3.0),))  # pyright: ignore[reportArgumentType]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only BlueZ is reached by an address")
@pytest.mark.parametrize(
    "command",
    [
        ["scan"],
        ["live", "--headless", "--output", "out.mcap"],
        ["live", "--headless", "--output", "out.mcap", "--sensor", "AA:BB:CC:DD:EE:FF"],
    ],
)
def test_without_bluetooth_there_is_one_line_and_exit_code_2(
    command: list[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("log")
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/no-such-bus", "XDG_STATE_HOME": str(log)}

    done = subprocess.run(
        [COMMAND, *command],
        cwd=tmp_path,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "unforeseen" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_scan_finds_the_virtual_sensor(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", "--virtual", "--seconds", "1"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert any(all(part in line for part in ("WT901BLE68", "WitMotion", "dBm")) for line in lines)


def test_live_session_ends_in_a_whole_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "live.mcap"

    said = ["--side", "left", "--placement", "outside"]
    code = cli.main(["live", "--virtual", "--headless", "--seconds", "5", *said, "--output", str(output)])

    recording = read(output)
    assert recording.metadata.side == "left"
    assert recording.metadata.placement == "outside of the thigh"
    assert code == 0
    assert f"recorded: {output}" in capsys.readouterr().out
    assert recording.complete
    assert recording.metadata.sensor.simulated
    assert len(recording.samples) > 50
    assert recording.events[0].kind == "plan"


def test_live_never_overwrites_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "live.mcap"
    output.write_bytes(b"precious")

    assert cli.main(["live", "--virtual", "--headless", "--seconds", "5", "--output", str(output)]) == 2
    assert output.read_bytes() == b"precious"
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
def test_interrupted_session_ends_in_a_whole_recording(tmp_path: Path) -> None:
    output = tmp_path / "live.mcap"
    # Tests in the background of a shell ignore the signal, and would hand that down.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        running = subprocess.Popen(
            [COMMAND, "live", "--virtual", "--headless", "--output", str(output)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("Connected"):
                break
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=200)

    assert running.returncode == 0
    assert "recorded: " in out
    assert read(output).complete


def test_headless_replay_prints_what_the_analysis_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sensor = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, simulated=True)
    path = write_recording(tmp_path / "s.mcap", new_metadata(sensor), samples=demo_session().samples)

    assert cli.main(["replay", str(path), "--headless", "--speed", "1000"]) == 0

    lines = capsys.readouterr().out.splitlines()
    reps = measure_file(path).analysis.reps
    assert len(lines) == len(reps) > 0
    for line, expected in zip(lines, reps, strict=True):
        assert expected.exercise in line
        assert f"lowered in {expected.lower_s:.2f} s" in line


def test_replay_asks_for_what_was_done() -> None:
    plans = plans_of([rep("nordic", 3.0), rep("nordic", 4.0), rep("nordic", None), rep("bridge", 2.0)])

    assert [(plan.exercise, plan.sets, plan.reps, plan.tempo.lower_s) for plan in plans] == [
        ("nordic", 1, 3, 4.0),
        ("bridge", 1, 1, 2.0),
    ]
    assert len(plans_of([])) == 1


def test_live_session_sounds_and_stops_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed: list[bool] = []

    class Sound:
        notice = "a sound that is only heard by this test"

        def use(self, settings: object) -> None: ...

        def play(self, cues: object) -> None: ...

        def hush(self) -> None: ...

        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr("monitor.sound.output.open_sound", Sound)
    started_s = time.monotonic()

    code = cli.main(
        ["live", "--virtual", "--headless", "--seconds", "4", "--output", str(tmp_path / "session.mcap")]
    )

    assert code == 0
    assert closed == [True]
    assert 4 <= time.monotonic() - started_s < 100
    assert "recorded: " in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for the size of files")
def test_a_session_that_no_disk_takes_is_not_called_recorded(tmp_path: Path) -> None:
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000));"
    code = f"{limited} from monitor.cli import main; sys.exit(main(sys.argv[1:]))"
    command = ["live", "--virtual", "--headless", "--seconds", "6", "--output", str(tmp_path / "full.mcap")]

    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 2
    assert "recorded:" not in done.stdout
    assert done.stderr.count("error: ") == 1
    assert "disk" in done.stderr
    assert (tmp_path / "full.mcap.part").stat().st_size > 0, "what the disk took is kept"


def test_a_recording_that_its_disk_refuses_is_brought_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    closing = Recorder.close
    wanted = tmp_path / "session.mcap"

    def refuse(self: Recorder) -> Path:
        if self.path == wanted:
            raise RecordingError("The recording does not reach the disk because the disk is full.")
        return closing(self)

    monkeypatch.setattr(Recorder, "close", refuse)

    code = cli.main(["live", "--virtual", "--headless", "--seconds", "4", "--output", str(wanted)])

    rescued = home / "rescued-session.mcap"
    said = capsys.readouterr()
    assert code == 0
    assert str(rescued) in said.out
    assert "the disk is full" in said.err
    assert len(read(rescued).packets) > 10
