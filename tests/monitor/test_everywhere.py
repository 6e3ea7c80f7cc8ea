"""The same numbers and files in any country, under any name, on the night of a change of the clock."""

from __future__ import annotations

import json
import locale
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor import cli
from monitor.filing import open_daily
from monitor.measured_file import measure_file
from monitor.visit_people import PersonRow
from recordings.catalogue.entries import SessionEntry
from recordings.format import RecordingMetadata, new_metadata
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder")

SENSOR = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0)
NAMES = {"hebrew": "עדה כהן", "arabic": "ليلى حداد", "mixed": "ليلى (Physio 2)", "long": "Ñandú-Ålesund " * 8}


def recorded(path: Path, metadata: RecordingMetadata | None = None) -> Path:
    return write_recording(path, metadata or new_metadata(SENSOR), samples=demo_session().samples)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("plain") / "session.mcap")


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system has no tzset")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def comma() -> Iterator[None]:
    """Write numbers with a comma wherever somebody asks the system how."""
    qt, system = QLocale(), locale.setlocale(locale.LC_ALL)
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    for name in ("de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "German_Germany.1252"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        break
    yield
    locale.setlocale(locale.LC_ALL, system)
    QLocale.setDefault(qt)


def exported(recording: Path, folder: Path, *options: str) -> bytes:
    folder.mkdir(exist_ok=True)
    target = folder / "out.csv"
    assert cli.main(["export", str(recording), *options, "--output", str(target)]) == 0
    return target.read_bytes()


@pytest.mark.parametrize("options", [[], ["--sets"], ["--phases"], ["--samples"]], ids=str)
def test_a_decimal_comma_changes_no_export(
    options: list[str], recording: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before = exported(recording, tmp_path / "point", *options)
    request.getfixturevalue("comma")
    assert exported(recording, tmp_path / "comma", *options) == before


@pytest.mark.usefixtures("comma")
def test_a_decimal_comma_changes_no_json(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["analyse", str(recording), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_names_of_any_script_come_back_and_are_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from monitor.dashboard import gallery
    from monitor.dashboard.language import Spoken
    from monitor.dashboard.show import application

    assert cli.main(["catalogue", "add", "--name", name]) == 0
    capsys.readouterr()
    assert cli.main(["catalogue", "people"]) == 0
    assert capsys.readouterr().out == f"P001          {name}".rstrip() + "\n"

    host = gallery.states()["who"]
    person = PersonRow("P001", name, None, None)
    host.visit = replace(host.visit, people=(person, PersonRow("P002", "Jonas", None, None)))
    with gallery.shown(host, Spoken(application()), (1366, 768), "light") as window:
        assert any(name in button.accessibleName() for button in window.body.buttons)


LONG = f"Übung 膝 עדה {'é' * 90}.mcap"


def test_a_long_name_in_any_script_goes_all_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Aufnahmen – größer" / ("ordner " * 20).strip()
    folder.mkdir(parents=True)
    path = recorded(folder / LONG)
    assert len(path.name.encode()) > 200
    assert cli.main(["verify", str(path)]) == 0
    assert cli.main(["catalogue", "rebuild", str(tmp_path)]) == 0
    assert cli.main(["report", str(path), "--output", str(folder / "Bericht 膝.pdf")]) == 0
    assert exported(path, folder / "aus 膝").startswith(b"rep,")
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    "before_it", ["2026-03-29T00:59:58", "2026-10-25T00:59:58"], ids=["an hour less", "an hour more"]
)
def test_a_change_of_the_clock_inside_a_session_changes_no_number(
    before_it: str, recording: Path, tmp_path: Path
) -> None:
    began = datetime.fromisoformat(before_it).replace(tzinfo=UTC)
    metadata = replace(new_metadata(SENSOR), started_wall_ns=round(began.timestamp()) * 10**9)
    changed = measure_file(recorded(tmp_path / "night.mcap", metadata), None)
    usual = measure_file(recording, None)
    assert (
        began.astimezone().utcoffset()
        != datetime.fromtimestamp(began.timestamp() + 3).astimezone().utcoffset()
    )
    assert usual.analysis.reps
    assert changed.analysis.reps == usual.analysis.reps


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("local_end", "listed"),
    [("2026-10-25T22:59:59", True), ("2026-10-25T23:00:01", False), ("2026-10-24T22:00:01", True)],
)
def test_a_day_of_25_hours_is_listed_whole(
    local_end: str, listed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    started_ns = round(datetime.fromisoformat(local_end).replace(tzinfo=UTC).timestamp()) * 10**9
    with open_daily() as catalogue:
        catalogue.file_session(
            SessionEntry("s-1", started_ns, "UTC+01:00", 60.0, "x", False, False, "3", (), (), ())
        )
    assert cli.main(["catalogue", "list", "--from", "2026-10-25", "--to", "2026-10-25"]) == 0
    assert ("s-1" in capsys.readouterr().out) == listed


@pytest.mark.skipif(os.name == "nt", reason="has no place where nobody may write, not even the administrator")
def test_a_home_that_cannot_be_written_is_a_sentence_and_stops_no_measurement(
    recording: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "home"
    closed.write_text("a file stands where the home should be")
    for name in ("monitor.filing.data_folder", "monitor.encrypting.data_folder"):
        monkeypatch.setattr(name, lambda: closed / "data")
    monkeypatch.setattr(cli, "_state_folder", lambda: closed / "state")
    assert cli.main(["analyse", str(recording)]) == 0
    capsys.readouterr()
    assert cli.main(["catalogue", "people"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    assert "unforeseen" not in err
