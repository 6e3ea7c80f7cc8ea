"""Calibrations kept for next time: whole or not at all, and nothing of anybody else's is touched."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.calibration import Calibration
from monitor import known_sensors
from monitor.known_sensors import (
    KnownSensorError,
    StoredCalibration,
    calibration_path,
    data_folder,
    load_calibration,
    store_calibration,
)

SENSOR = "F0:57:90:1A:00:01"
CALIBRATION = Calibration((0.6, 0.0, 0.8), (0.0, 1.0, 0.0), 0.97, "knee lifts")
MADE = date(2026, 3, 1)


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    assert load_calibration(tmp_path, SENSOR, "left") is None

    store_calibration(tmp_path, SENSOR, "left", CALIBRATION, MADE)

    assert load_calibration(tmp_path, SENSOR, "left") == StoredCalibration(CALIBRATION, MADE)
    assert load_calibration(tmp_path, SENSOR, "right") is None
    assert load_calibration(tmp_path, "F0:57:90:1A:00:02", "left") is None


def test_the_newest_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    newer = Calibration((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.99, "knee lifts")
    store_calibration(tmp_path, SENSOR, "left", CALIBRATION, MADE)
    store_calibration(tmp_path, SENSOR, "left", newer, MADE)

    stored = load_calibration(tmp_path, SENSOR, "left")

    assert stored is not None
    assert stored.calibration == newer
    assert len(list((tmp_path / "calibrations").iterdir())) == 1, "no half-written file is left"


def test_nothing_about_the_person_is_stored(tmp_path: Path) -> None:
    store_calibration(tmp_path, SENSOR, "left", CALIBRATION, MADE)

    content = json.loads(calibration_path(tmp_path, SENSOR, "left").read_text())

    assert set(content) == {
        *("format", "sensor", "side", "made"),
        *("long_axis", "lateral_axis", "sign_confidence", "method"),
    }


def changed(**values: object) -> bytes:
    good = {
        "format": known_sensors.FORMAT,
        "sensor": SENSOR,
        "side": "left",
        "made": "2026-03-01",
        "long_axis": [0.6, 0.0, 0.8],
        "lateral_axis": [0.0, 1.0, 0.0],
        "sign_confidence": 0.97,
        "method": "knee lifts",
    }
    return json.dumps({**good, **values}).encode()


FOREIGN = {
    "empty": b"",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\xff",
    "half of it": changed()[:60],
    "a list": b"[1, 2]",
    "deeply nested": b"[" * 9000,
    "very large": b" " * 20_000 + changed(),
    "another format": changed(format="eccentric calibration 2"),
    "another sensor": changed(sensor="F0:57:90:1A:00:02"),
    "not a day": changed(made="yesterday"),
    "no day": changed(made=None),
    "not an axis": changed(long_axis=[1.0, 0.0]),
    "too many numbers": changed(long_axis=[1.0, 0.0, 0.0, 0.0]),
    "not a number": changed(long_axis=[float("nan"), 0.0, 1.0]),
    "not of length one": changed(long_axis=[6.0, 0.0, 8.0]),
    "not square": changed(long_axis=[0.0, 0.6, 0.8]),
    "a word": changed(lateral_axis="front"),
    "impossible confidence": changed(sign_confidence=3.0),
    "unknown method": changed(method="guessed"),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_content_is_named_and_never_touched(content: bytes, tmp_path: Path) -> None:
    path = calibration_path(tmp_path, SENSOR, "left")
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(KnownSensorError, match="not a stored calibration") as loading:
        load_calibration(tmp_path, SENSOR, "left")
    with pytest.raises(KnownSensorError, match="not a stored calibration"):
        store_calibration(tmp_path, SENSOR, "left", CALIBRATION, MADE)

    assert str(path) in str(loading.value)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_content_breaks_the_program(content: bytes, tmp_path: Path) -> None:
    path = calibration_path(tmp_path, SENSOR, "left")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)

    with pytest.raises(KnownSensorError):
        load_calibration(tmp_path, SENSOR, "left")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "calibrations").write_text("a file where the folder should be")

    with pytest.raises(KnownSensorError, match=r"cannot be read|could not be kept"):
        store_calibration(tmp_path, SENSOR, "left", CALIBRATION, MADE)


def test_a_folder_in_the_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    calibration_path(tmp_path, SENSOR, "left").mkdir(parents=True)

    with pytest.raises(KnownSensorError, match="cannot be read"):
        load_calibration(tmp_path, SENSOR, "left")


@pytest.mark.parametrize("sensor", ["../../etc/passwd", "A:B", "a b/c", "é", "x" * 500], ids=lambda s: s[:12])
def test_no_sensor_leads_out_of_the_folder(sensor: str, tmp_path: Path) -> None:
    path = calibration_path(tmp_path, sensor, "both")

    assert path.parent == tmp_path / "calibrations"
    assert len(path.name) < 120


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="where Linux keeps what programs know")
def test_the_folder_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == tmp_path / "eccentric"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert data_folder() == tmp_path / "home" / ".local" / "share" / "eccentric"
