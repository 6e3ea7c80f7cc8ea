"""When an imported file was recorded: as told, by its own stamps, or not known."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from monitor import cli
from monitor.measured_file import measure_file
from recordings.importers.any_file import import_file
from recordings.importers.dates import parse_date
from recordings.importers.rows import FileRefusedError

EXAMPLES = Path(__file__).parents[1] / "recordings" / "import_examples"
NOW = datetime(2026, 12, 1, 10, 0)
pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    t_s = np.arange(0, 20, 0.01)
    rows = np.column_stack([t_s, np.zeros(t_s.size), np.zeros(t_s.size), np.full(t_s.size, 9.81)])
    np.savetxt(path, rows, "%.4f", ",", header="t_s,ax_mps2,ay_mps2,az_mps2", comments="")
    return path


def test_the_day_that_was_told_is_that_of_the_recording_and_of_its_report(
    table: Path, tmp_path: Path
) -> None:
    recording, report = tmp_path / "r.mcap", tmp_path / "r.pdf"
    assert cli.main(["import", str(table), "--output", str(recording), "--date", "2026-10-05"]) == 0
    started = measure_file(recording).started
    assert started is not None
    assert started.strftime("%Y-%m-%d %H:%M") == "2026-10-05 12:00"
    assert cli.main(["report", str(recording), "--exercise", "bridge", "--output", str(report)]) == 0
    text = PdfReader(report).pages[0].extract_text()
    assert re.search(r"Date\s+2026-10-05\s", text)
    assert "12:00" not in text
    assert "Imported" not in text


def test_the_time_that_was_told_is_kept(table: Path, tmp_path: Path) -> None:
    recording = tmp_path / "r.mcap"
    assert cli.main(["import", str(table), "--output", str(recording), "--date", "2026-10-05 17:30"]) == 0
    started = measure_file(recording).started
    assert started is not None
    assert started.strftime("%Y-%m-%d %H:%M") == "2026-10-05 17:30"


def test_a_file_with_dates_in_it_needs_none(tmp_path: Path) -> None:
    recording = tmp_path / "r.mcap"
    import_file(EXAMPLES / "axivity_ax6.cwa", recording)
    started = measure_file(recording).started
    assert started is not None
    assert started.strftime("%Y-%m-%d %H:%M:%S") == "2026-11-20 10:00:03"
    # What a person says counts more.
    told = tmp_path / "told.mcap"
    import_file(EXAMPLES / "axivity_ax6.cwa", told, recorded=parse_date("2025-01-31", NOW))
    started = measure_file(told).started
    assert started is not None
    assert started.strftime("%Y-%m-%d") == "2025-01-31"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5.10.2026", "is no date"),
        ("", "is no date"),
        ("2026-02-30", "is in no calendar"),
        ("2026-10-05 25:00", "is in no calendar"),
        ("2026-12-02", "is yet to come"),
        ("1999-12-31", "before the year 2000"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(FileRefusedError, match=words):
        parse_date(text, NOW)


def test_nonsense_writes_nothing(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "r.mcap"
    assert cli.main(["import", str(table), "--output", str(recording), "--date", "tomorrow"]) == 2
    assert capsys.readouterr().err.startswith("error: --date: 'tomorrow' is no date")
    assert not recording.exists()
