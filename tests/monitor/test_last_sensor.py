"""The sensor of last time and its side are taken again, and said; a broken file counts as nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers import link
from drivers.link import Backend, FoundSensor
from drivers.source import SensorInfo
from monitor import live
from monitor.known_sensors import (
    KnownSensorError,
    LastSensor,
    data_folder,
    last_sensor,
    remember_sensor,
)

NEAR = FoundSensor("Movesense 1", "F0:57:90:1A:00:02", "movesense", -40)
USUAL = FoundSensor("WT901BLE67", "F0:57:90:1A:00:01", "witmotion", -70)
LAST = LastSensor(USUAL.address, USUAL.driver, USUAL.name, "left")


@pytest.fixture(autouse=True)
def users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def in_reach(monkeypatch: pytest.MonkeyPatch, *sensors: FoundSensor) -> None:
    def found(_seconds: float) -> list[FoundSensor]:
        return [*sensors]

    monkeypatch.setattr(live, "find_sensors", found)


def test_what_is_remembered_comes_back_and_the_newest_counts(tmp_path: Path) -> None:
    assert last_sensor(tmp_path) is None
    remember_sensor(tmp_path, LAST)
    newer = LastSensor(NEAR.address, NEAR.driver, NEAR.name, "both")
    remember_sensor(tmp_path, newer)

    assert last_sensor(tmp_path) == newer
    assert [path.name for path in tmp_path.iterdir()] == ["last-sensor.json"]


@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.text(max_size=5) | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["format", "address", "driver", "name", "side"]), inner)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_broken_file_counts_as_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last-sensor.json").write_bytes(content)
    assert last_sensor(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(KnownSensorError, match="next time"):
        remember_sensor(blocked, LAST)


def test_the_sensor_of_last_time_is_preferred_to_a_nearer_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_reach(monkeypatch, NEAR, USUAL)
    remember_sensor(data_folder(), LAST)

    assert live.chosen_sensor(None) == USUAL
    said = capsys.readouterr().out
    assert "WT901BLE67" in said
    assert "the sensor of last time" in said
    assert "--sensor ADDRESS" in said


def test_where_the_usual_sensor_is_away_no_other_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    in_reach(monkeypatch, NEAR)
    remember_sensor(data_folder(), LAST)

    with pytest.raises(live.NoSensorError, match="WT901BLE67 of last time is not in reach") as refused:
        live.chosen_sensor(None)
    assert NEAR.address in str(refused.value)
    assert live.chosen_sensor(NEAR.address) == NEAR


def test_of_two_sensors_with_one_name_that_of_last_time_is_taken_by_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stranger = FoundSensor(USUAL.name, "F0:57:90:1A:00:03", USUAL.driver, -30)
    in_reach(monkeypatch, stranger, USUAL)
    remember_sensor(data_folder(), LAST)
    assert live.chosen_sensor(None) == USUAL

    in_reach(monkeypatch, stranger)
    with pytest.raises(live.NoSensorError, match="of last time is not in reach") as refused:
        live.chosen_sensor(None)
    assert stranger.address in str(refused.value)


def test_between_two_sensors_with_one_name_a_person_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = FoundSensor(USUAL.name, "F0:57:90:1A:00:03", USUAL.driver, -45)
    in_reach(monkeypatch, twin, USUAL)

    with pytest.raises(live.NoSensorError, match=f"2 sensors in reach are called {USUAL.name}") as refused:
        live.chosen_sensor(None)
    for part in (twin.address, "-45 dBm", USUAL.address, "-70 dBm", "--sensor ADDRESS"):
        assert part in str(refused.value)
    assert live.chosen_sensor(twin.address) == twin


def test_an_address_is_taken_with_the_driver_that_it_was_seen_with(monkeypatch: pytest.MonkeyPatch) -> None:
    in_reach(monkeypatch, USUAL, NEAR)
    assert live.chosen_sensor(NEAR.address.lower()) == NEAR
    assert live.chosen_sensor("AA:BB:CC:DD:EE:FF") == "AA:BB:CC:DD:EE:FF"


def test_with_no_sensor_in_reach_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    in_reach(monkeypatch)
    with pytest.raises(live.NoSensorError, match="switched on"):
        live.chosen_sensor(None)


def test_a_session_is_remembered_but_not_a_simulated_one() -> None:
    info = SensorInfo("witmotion", "WT901BLE67", USUAL.name, serial=USUAL.address, simulated=True)
    live.keep_sensor(info, "left")
    assert live.remembered_sensor() is None

    live.keep_sensor(SensorInfo("witmotion", "WT901BLE67", USUAL.name, serial=USUAL.address), "left")
    assert live.remembered_sensor() == LAST


def test_a_scan_line_says_what_people_look_for() -> None:
    told = FoundSensor(USUAL.name, USUAL.address, USUAL.driver, -70, 55)
    line = live.found_line(told, LAST)
    for part in (USUAL.name, told.model, "-70 dBm", USUAL.address, "battery 55 %", "used last time"):
        assert part in line
    other = live.found_line(NEAR, LAST)
    assert "battery" not in other
    assert "last time" not in other


@pytest.mark.parametrize(
    ("told", "percent"),
    [(bytes([55]), 55), (bytes([101]), None), (b"", None), (b"12", None)],
    ids=["a level", "too much", "nothing", "two bytes"],
)
def test_an_advertised_battery_is_found(told: bytes, percent: int | None) -> None:
    class Scanner(BaseBleakScanner):
        def __init__(self, callback: Any, service_uuids: Any, _mode: str, **_: Any) -> None:
            super().__init__(callback, service_uuids)

        async def start(self) -> None:
            service = {"0000180f-0000-1000-8000-00805f9b34fb": told}
            adv = AdvertisementData(USUAL.name, {}, service, [], None, -60, ())
            device = BLEDevice(USUAL.address, USUAL.name, None)
            self.call_detection_callbacks(device, adv)

        async def stop(self) -> None: ...

    (found,) = asyncio.run(link.scan(0.01, Backend(Scanner)))
    assert (found.name, found.driver, found.battery_percent) == (USUAL.name, "witmotion", percent)
