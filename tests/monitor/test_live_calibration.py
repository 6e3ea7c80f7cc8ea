"""Calibrating a real chain: the first session stores how the sensor sits, the next one checks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.simulate import Movement, Sensor, SimulatedSession
from drivers import plain
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from monitor import live
from monitor.engine import TICK_S, Engine
from monitor.known_sensors import calibration_path, data_folder
from monitor.plan import Plan, Side, Tempo
from monitor.session import CheckCalibration, KnownCalibration, Session, StartCalibration

INFO = SensorInfo("plain", "Test sensor", "test", serial="F0:57:90:1A:00:01", rate_hz=100.0)


@pytest.fixture(autouse=True)
def users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def lifts(seed: int, mount_deg: tuple[float, float, float] = (20.0, -35.0, 170.0)) -> SimulatedSession:
    movement = Movement(seed=seed)
    movement.still(3.0)
    movement.knee_lifts()
    movement.still(1.5)
    return movement.session(Sensor(mount_deg=mount_deg))


class Script:
    """Sends a session as fast as it is taken; the first packet after `begin` starts the calibration."""

    info = INFO

    def __init__(self, session: SimulatedSession) -> None:
        self.samples = session.samples
        self.now_ns = 0
        self.engine: Engine | None = None

    async def packets(self) -> AsyncIterator[SourceItem]:
        yield LinkStatus(0, "streaming", "Receiving")
        for first in range(0, len(self.samples), 4):
            part = self.samples[first : first + 4]
            self.now_ns = round(float(part.t_s[-1]) * 1e9)
            yield RawPacket(self.now_ns, plain.CHARACTERISTIC, plain.encode(part))
            if first == 8 and self.engine is not None:
                known = self.engine.snapshot.session.known
                self.engine.command(CheckCalibration() if known else StartCalibration())
                await asyncio.sleep(1.2 * TICK_S)


def calibrated(session: SimulatedSession, known: KnownCalibration | None, side: Side = "left") -> Session:
    """Run a session and return its last state."""
    source = Script(session)
    engine = Engine(
        source,
        None,
        (Plan("nordic", side, 1, 3, Tempo(3.0)),),
        known=known,
        keep_calibration=lambda calibration: live.keep_calibration(INFO, side, calibration),
        clock_ns=lambda: source.now_ns,
    )
    source.engine = engine
    with engine:
        assert engine.wait(100)
        return engine.snapshot.session


def test_what_the_first_session_finds_the_next_one_only_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert live.known_calibration(INFO, "left") is None

    first = calibrated(lifts(1), None)

    known = live.known_calibration(INFO, "left")
    assert known == KnownCalibration(first.calibration, lifts=0)  # pyright: ignore[reportArgumentType]
    assert "stand still to check" in capsys.readouterr().out

    second = calibrated(lifts(2), known)

    assert second.state == "ready"
    assert second.known is not None
    assert second.message is not None
    assert "fits" in second.message


def test_a_sensor_that_sits_differently_is_calibrated_anew_and_stored() -> None:
    calibrated(lifts(1), None)
    known = live.known_calibration(INFO, "left")

    last = calibrated(lifts(2, mount_deg=(90.0, 40.0, 0.0)), known)

    assert last.state == "ready"
    assert last.known is None
    stored = live.known_calibration(INFO, "left")
    assert stored is not None
    assert stored.calibration == last.calibration


def test_where_the_leg_is_not_told_a_lift_is_asked_for() -> None:
    calibrated(lifts(1), None, "both")
    known = live.known_calibration(INFO, "both")
    assert known is not None
    assert known.lifts == 1

    last = calibrated(lifts(2), known, "both")

    assert last.state == "ready"
    assert last.known is None


def test_a_foreign_file_is_a_warning_and_stays(capsys: pytest.CaptureFixture[str]) -> None:
    path = calibration_path(data_folder(), str(INFO.serial), "left")
    path.parent.mkdir(parents=True)
    path.write_text("somebody's notes")

    assert live.known_calibration(INFO, "left") is None
    said = live.keep_calibration(INFO, "left", lifts(1).calibration)

    assert capsys.readouterr().err.startswith("warning: ")
    assert said is not None
    assert path.read_text() == "somebody's notes"


@pytest.mark.parametrize(
    "sensor", [replace(INFO, simulated=True), replace(INFO, serial=None)], ids=["simulated", "nameless"]
)
def test_nothing_is_stored_for_a_sensor_that_cannot_be_met_again(
    sensor: SensorInfo, users_folder: Path
) -> None:
    assert live.keep_calibration(sensor, "left", lifts(1).calibration) is None
    assert live.known_calibration(sensor, "left") is None
    assert list(users_folder.iterdir()) == []
