"""The catalogue from the command line: made from recordings, listed, backed up, and left for good."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from analysis.calibration import Calibration
from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor import cli, encrypting, filing
from monitor.known_sensors import LastSensor, remember_sensor, store_calibration
from monitor.measured_file import measure_file
from monitor.review.corrected_file import corrections_of
from monitor.review.corrected_file import kept as keep_edit
from monitor.review.edits import WriteNote
from recordings import catalogue_cipher, encryption
from recordings.catalogue import open_catalogue
from recordings.format import RecordedEvent, RecordingMetadata, new_metadata
from recordings.salvage import salvage, salvaged_name
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder", "kept")

SENSOR = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, simulated=True)
PLAN = {
    "exercise": "nordic",
    "side": "left",
    "sets": 3,
    "reps": 5,
    "tempo": {"lower_s": 4.0, "hold_s": 0.0, "lift_s": 0.0, "rest_s": 0.0},
    "rest_between_sets_s": 90.0,
    "pain_limit": 5,
}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the catalogue of whoever runs the tests out of them."""
    folder = tmp_path / "kept"
    monkeypatch.delenv(filing.VARIABLE, raising=False)
    monkeypatch.setattr(filing, "data_folder", lambda: folder)
    return folder


def described(session_id: str, day: int = 1) -> RecordingMetadata:
    started_ns = round(datetime(2026, 3, day, 12).astimezone().timestamp()) * 10**9
    return replace(new_metadata(SENSOR), session_id=session_id, started_wall_ns=started_ns)


def record(path: Path, metadata: RecordingMetadata, pain: int = 2, seconds: int = 40) -> Path:
    samples = demo_session().samples[: seconds * 100]
    path.parent.mkdir(parents=True, exist_ok=True)
    events = [
        RecordedEvent(metadata.started_host_ns, kind, data)
        for kind, data in (
            ("set_start", {"t_s": 0.0, "set": 1, "number": 1, "plan": PLAN}),
            ("set_stop", {"t_s": float(seconds), "set": 1, "reps": 3}),
            ("pain", {"set": 1, "worst": pain}),
        )
    ]
    return write_recording(path, metadata, samples=samples, events=events, block_s=1.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for day in (1, 2, 3):
        record(folder / f"{day}.mcap", described(f"id-{day}", day), pain=day)
    return folder


@pytest.fixture
def recordings(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "recordings"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert cli.main(["catalogue", *map(str, arguments)]) == code, capsys.readouterr()
    return capsys.readouterr()


def listed(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, object]]:
    return json.loads(run(capsys, "list", "--json", *arguments)[0])["sessions"]


def test_a_rebuild_enters_what_the_measurement_says(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = run(capsys, "rebuild", recordings)
    assert (out, err) == ("3 sessions from 3 recordings\n", "")

    rows = listed(capsys)
    assert [row["session"] for row in rows] == ["id-3", "id-2", "id-1"]
    measured = measure_file(recordings / "2.mcap").analysis.reps
    assert len(measured) > 0
    assert rows[1]["reps"] == len(measured)
    assert (rows[1]["worst_pain"], rows[1]["exercises"], rows[1]["simulated"]) == (2, ["nordic"], True)
    with filing.open_daily() as catalogue:
        entry = catalogue.session("id-2")
        (own,) = entry.sets
        assert (own.source, own.side, own.prescribed_lower_s) == ("recorded", "left", 4.0)
        assert [rep.lower_s for rep in own.reps] == [rep.lower_s for rep in measured]
        assert [rep.number for rep in own.reps] == list(range(1, len(measured) + 1))


def test_what_only_the_catalogue_knows_survives_a_rebuild(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    assert run(capsys, "add", "--name", "Ann")[0] == "P001\n"
    run(capsys, "assign", "P001", "id-1", "id-3")
    with filing.open_daily() as catalogue:
        catalogue.add_note("better", session_id="id-1")
    before = listed(capsys)
    run(capsys, "rebuild", recordings)

    assert listed(capsys) == before
    assert [row["session"] for row in listed(capsys, "--person", "P001")] == ["id-3", "id-1"]
    assert run(capsys, "people")[0] == "P001          Ann\n"
    with filing.open_daily() as catalogue:
        assert [note.text for note in catalogue.notes(session_id="id-1")] == ["better"]


def test_a_lost_catalogue_is_made_again_from_the_recordings(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    before = listed(capsys)
    for file in (kept / "catalogue").iterdir():
        file.unlink()
    run(capsys, "rebuild", recordings)

    assert listed(capsys) == before


def test_the_list_is_filtered_and_paged(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "rebuild", recordings)

    assert [row["session"] for row in listed(capsys, "--from", "2026-03-02")] == ["id-3", "id-2"]
    assert [row["session"] for row in listed(capsys, "--to", "2026-03-02")] == ["id-2", "id-1"]
    assert listed(capsys, "--exercise", "bridge") == []
    out, err = run(capsys, "list", "--limit", 2)
    assert [line.split()[0] for line in out.splitlines()] == ["2026-03-03", "2026-03-02"]
    token = err.split()[-1]
    out, err = run(capsys, "list", "--limit", 2, "--page", token)
    assert ("id-1" in out, len(out.splitlines()), err) == (True, 1, "")


def test_what_cannot_be_read_is_named_and_stops_nothing(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recordings / "a.mcap").write_bytes(b"nothing")
    whole = (recordings / "2.mcap").read_bytes()
    (recordings / "2.mcap").write_bytes(whole[: len(whole) // 2])
    out, err = run(capsys, "rebuild", recordings, code=2)

    assert out == "3 sessions from 4 recordings\n"
    assert err.startswith("error: ")
    assert str(recordings / "a.mcap") in err
    assert [row["damaged"] for row in listed(capsys)] == [False, True, False]


def test_a_torn_recording_and_what_was_salvaged_are_one_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "recordings"
    whole = record(folder / "x.mcap", described("id-1")).read_bytes()
    (folder / "x.mcap").unlink()
    torn = folder / "x.mcap.part"
    torn.write_bytes(whole[: len(whole) * 3 // 4])
    salvage(torn, salvaged_name(torn))
    (folder / "copy.mcap").write_bytes(whole)
    assert run(capsys, "rebuild", folder, code=0)[0] == "1 sessions from 2 recordings\n"

    (row,) = listed(capsys)
    assert row["damaged"] is False
    run(capsys, "add", "--code", "ann")
    run(capsys, "assign", "ann", "id-1")
    out, _ = run(capsys, "delete", "ann", "--yes")

    assert out == "deleted: ann with 3 recordings\n"
    assert list(folder.iterdir()) == []


def test_recordings_that_moved_are_followed(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "rebuild", recordings)
    (recordings / "2026").mkdir()
    (recordings / "1.mcap").rename(recordings / "2026" / "one.mcap")
    (recordings / "2.mcap").unlink()
    _, err = run(capsys, "rebuild", recordings)

    assert "of 1 sessions no recording" in err
    with filing.open_daily() as catalogue:
        assert catalogue.files() == {
            str(recordings.resolve() / "2026" / "one.mcap"): "id-1",
            str(recordings.resolve() / "3.mcap"): "id-3",
        }
        assert len(catalogue.sessions().sessions) == 3


def test_delete_takes_the_corrections_with_the_recordings(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann")
    run(capsys, "assign", "ann", "id-1", "id-2")
    for name in ("1", "2", "3"):
        made = corrections_of(measure_file(recordings / f"{name}.mcap"))
        kept_now = keep_edit(made, WriteNote("knee of Unverwechselbar"), "KM", 1)
        assert kept_now.path.exists()
    # Of a recording that somebody took away, the corrections stayed.
    (recordings / "2.mcap").unlink()
    out, _ = run(capsys, "delete", "ann", "--yes")

    assert out.splitlines()[0] == "deleted: ann with 1 recordings"
    assert sorted(file.name for file in recordings.iterdir()) == ["3.mcap", "3.mcap.edits"]


def test_delete_asks_and_then_leaves_nothing(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann", "--name", "Anneliese Unverwechselbar")
    run(capsys, "assign", "ann", "id-1", "id-2")
    output = recordings.parent / "reps.csv"
    with filing.open_daily() as catalogue:
        catalogue.add_note("Unverwechselbar in every way", catalogue.person("ann"))
    assert cli.main(["export", str(recordings / "1.mcap"), "--output", str(output)]) == 0
    run(capsys, "backup")
    assert said(kept, b"Unverwechselbar")

    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    _, err = run(capsys, "delete", "ann", code=cli.INTERRUPTED)
    assert str(recordings / "1.mcap") in err
    assert (recordings / "1.mcap").exists()
    out, _ = run(capsys, "delete", "ann", "--yes")

    assert out.splitlines() == ["deleted: ann with 2 recordings", f"not deleted, an export: {output}"]
    assert sorted(file.name for file in recordings.iterdir()) == ["3.mcap"]
    assert [row["session"] for row in listed(capsys)] == ["id-3"]
    assert not said(kept, b"Unverwechselbar")
    assert (
        run(capsys, "delete", "ann", "--yes", code=2)[1] == "error: there is no person ann in the catalogue\n"
    )


def said(folder: Path, words: bytes) -> bool:
    return any(words in file.read_bytes() for file in folder.rglob("*") if file.is_file())


PEOPLE = {"Q7X-ANN": "Anneliese Unverwechselbar", "Q7X-BEN": "Benedikt Bleibt"}
# Nothing that packing another recording could leave by chance.
SESSIONS = {"Q7X-ANN": "kjwz-qvxh-ppgb", "Q7X-BEN": "mtrd-yfcn-uxls"}
CALIBRATION = Calibration((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 0.9, "knee lifts")


def worn(session_id: str, serial: str) -> RecordingMetadata:
    return replace(described(session_id), sensor=replace(SENSOR, simulated=False, serial=serial))


@pytest.mark.parametrize("kept_as", ["plain", "encrypted"])
def test_after_delete_nothing_on_the_disk_holds_the_person(
    kept_as: str,
    tmp_path: Path,
    kept: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = encryption.new_key()
    monkeypatch.setattr(encrypting, "this_key", lambda: key)
    switched = encrypting.Encryption(kept_as == "encrypted", "", "keyring")
    monkeypatch.setattr(encrypting, "settings", lambda: switched)
    folder = tmp_path / "recordings"
    for number, (code, name) in enumerate(PEOPLE.items(), 1):
        run(capsys, "add", "--code", code, "--name", name)
        path = record(folder / f"{number}.mcap", worn(SESSIONS[code], f"AA:0{number}"))
        assert filing.file_live(path, code) is None
        store_calibration(kept, f"AA:0{number}", "left", CALIBRATION)
        run(capsys, "plan", "add", code, "--exercise", "nordic", "--title", f"Plan of {name}")
        run(capsys, "note", "add", f"{name} sleeps badly", "--person", code)
        run(capsys, "note", "add", f"{name} was tired", "--session", SESSIONS[code])
        run(capsys, "score", SESSIONS[code], "--set", 1, "--effort", 7)
        run(capsys, "score", SESSIONS[code], "--morning", 2, "--usual")
    remember_sensor(kept, LastSensor("AA:01", "plain", "Sensor 1", "left"))
    run(capsys, "backup")
    run(capsys, "restore", "--yes")
    # A copy that the catalogue does not know of, one that encryption was killed at, and one of the catalogue.
    shutil.copy(folder / "1.mcap", folder / "copy of it.mcap")
    shutil.copy(folder / "1.mcap", folder / ".1.mcap.age-0123abcd.age-new")
    catalogue = filing.file_place()
    shutil.copy(catalogue, catalogue.with_name(".catalogue-0123abcd.new"))
    everything = [PEOPLE["Q7X-ANN"].encode(), b"Q7X-ANN", SESSIONS["Q7X-ANN"].encode()]
    assert kept_as == "encrypted" or all(said(kept, words) for words in everything)

    out, err = run(capsys, "delete", "Q7X-ANN", "--yes")

    assert out.splitlines()[0] == "deleted: Q7X-ANN with 2 recordings"
    assert "copy of it.mcap" in err
    assert [words for words in everything if said(tmp_path, words)] == []
    assert sorted(path.name for path in folder.iterdir()) == ["2.mcap"]
    assert [path.name for path in (kept / "calibrations").iterdir()] == ["AA-02-left.json"]
    assert not (kept / "last-sensor.json").exists()
    assert sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*catalogue*")) == [
        "backup/catalogue.sqlite3",
        "catalogue",
        "catalogue/catalogue.sqlite3",
    ]
    with filing.open_daily() as opened:
        assert [each.code for each in opened.people()] == ["Q7X-BEN"]
        assert len(opened.notes()) == 2
        (visit,) = opened.visits()
        assert (visit.session_id, visit.morning_pain) == (SESSIONS["Q7X-BEN"], 2)
    if kept_as == "plain":
        return
    # Nor behind the key.
    for path in (catalogue, filing.backup_path()):
        assert not said(path.parent, b"Benedikt Bleibt")
        looked_into = tmp_path / "plain.sqlite3"
        looked_into.unlink(missing_ok=True)
        looked_into.touch()
        catalogue_cipher.copy(path, encryption.catalogue_key(key), looked_into, None)
        assert [words for words in everything if said(tmp_path, words)] == []
        assert said(tmp_path, b"Benedikt Bleibt")


def test_every_export_is_known_and_listed(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann")
    run(capsys, "assign", "ann", "id-1")
    run(capsys, "assign", "ann", "id-2")
    # It need not be where the catalogue knows it.
    moved = (recordings / "1.mcap").rename(recordings / "moved.mcap")
    outputs = [tmp_path / name for name in ("reps.csv", "bids", "report.pdf", "all.csv")]
    for command in (
        ("export", moved, "--output", outputs[0]),
        ("export", moved, "--format", "bids", "--output", outputs[1]),
        ("report", moved, "--output", outputs[2]),
        ("archive", "analyse", recordings, "--output", outputs[3]),
    ):
        assert cli.main([str(each) for each in command]) == 0
    out, _ = run(capsys, "delete", "ann", "--yes")

    assert [line for line in out.splitlines() if "export" in line] == [
        f"not deleted, an export: {path}" for path in sorted(outputs)
    ]


def test_exports_hold_what_was_told_of_the_session(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "score", "id-2", "--set", 1, "--during", 6, "--after", 4, "--correct")
    run(capsys, "score", "id-2", "--effort", 7, "--before", 1)
    run(capsys, "score", "id-2", "--morning", 3, "--worse")

    def exported(*options: str) -> str:
        target = recordings / "out"
        command = ["export", str(recordings / "2.mcap"), *options, "--output", str(target)]
        assert cli.main(command) == 0
        return target.read_text()

    rows = [line.split(",") for line in exported("--scores").splitlines()]
    assert rows[1:] == [
        ["1", "worst_pain", "6", ""],
        ["1", "pain_after", "4", ""],
        ["", "pain_before", "1", ""],
        ["", "effort", "7", ""],
        ["", "pain_next_morning", "3", "no"],
    ]
    (row,) = csv.DictReader(exported("--sets").splitlines())
    assert (row["worst_pain"], row["pain_after"], row["effort"]) == ("6", "4", "")
    bundle = json.loads(exported("--format", "fhir"))
    told = {
        each["resource"]["code"]["coding"][-1]["code"]: each["resource"]
        for each in bundle["entry"]
        if "valueQuantity" in each["resource"]
        and each["resource"]["category"][0]["coding"][0]["code"] == "survey"
    }
    values = {name: each["valueQuantity"]["value"] for name, each in told.items()}
    assert values == {
        "worst_pain": 6, "pain_after": 4, "pain_before": 1, "effort": 7, "pain_next_morning": 3,
    }  # fmt: skip
    assert told["pain_next_morning"]["effectiveDateTime"] == "2026-03-03"
    assert told["pain_next_morning"]["note"][-1] == {"text": "Not as usual."}

    # The recording's own score is still there when the catalogue cannot be asked.
    capsys.readouterr()
    (kept / "catalogue" / "catalogue.sqlite3").write_bytes(b"no database at all" * 100)
    (row,) = csv.DictReader(exported("--sets").splitlines())
    assert (row["worst_pain"], row["pain_after"]) == ("2", "")
    assert "warning: what was told of the session is left out" in capsys.readouterr().err


def test_delete_says_what_another_program_still_holds(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.catalogue.sqlite_file.BUSY_S", 0.2)
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann", "--name", "Anneliese Unverwechselbar")
    path = kept / "catalogue" / "catalogue.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        _, err = run(capsys, "delete", "ann", "--yes")
        assert f"warning: {path} was not deleted: another program has it open" in err
        reader.execute("ROLLBACK")
    run(capsys, "list")
    assert not said(kept, b"Unverwechselbar")


def test_a_backup_that_cannot_be_made_anew_is_said(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann", "--name", "Anneliese Unverwechselbar")
    run(capsys, "backup")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(filing, "back_up", full)
        _, err = run(capsys, "delete", "ann", "--yes")
    assert "still holds the person" in err
    assert "`eccentric catalogue backup` makes it anew" in err
    run(capsys, "backup")
    assert not said(kept, b"Unverwechselbar")


def test_delete_leaves_a_file_that_holds_another_session_by_now(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann")
    run(capsys, "assign", "ann", "id-1", "id-2")
    (recordings / "3.mcap").replace(recordings / "1.mcap")
    (recordings / "2.mcap").unlink()
    out, err = run(capsys, "delete", "ann", "--yes")

    assert out == "deleted: ann with 0 recordings\n"
    assert "another session" in err
    assert "not there any more" in err
    assert [file.name for file in recordings.iterdir()] == ["1.mcap"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes in read-only folders")
def test_a_recording_that_cannot_be_deleted_keeps_the_person(
    recordings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann")
    run(capsys, "assign", "ann", "id-1")

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as folder:
        folder.setattr(Path, "unlink", refused)
        _, err = run(capsys, "delete", "ann", "--yes", code=2)
    assert "error: " in err
    assert "ann stays in the catalogue" in err
    assert [row["person"] for row in listed(capsys)] == [None, None, "ann"]
    run(capsys, "delete", "ann", "--yes")


def test_the_catalogue_is_copied_once_a_day(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    backup = kept / "backup" / "catalogue.sqlite3"
    assert not backup.exists()
    run(capsys, "list")
    first_s = backup.stat().st_mtime
    run(capsys, "add", "--code", "ann")
    run(capsys, "list")
    assert backup.stat().st_mtime == first_s
    os.utime(backup, (first_s - 86_401, first_s - 86_401))
    run(capsys, "list")

    assert backup.stat().st_mtime >= first_s
    with open_catalogue(backup) as copy:
        assert [person.code for person in copy.people()] == ["ann"]


def test_a_catalogue_that_is_gone_is_no_empty_one(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty one would be copied over the last good copy a day later."""
    run(capsys, "add", "--code", "ANN")
    run(capsys, "backup")
    path = kept / "catalogue" / "catalogue.sqlite3"
    for left in path.parent.iterdir():
        left.unlink()

    for _ in range(2):
        _, err = run(capsys, "people", code=2)
        assert err.startswith(f"error: the catalogue {path} is gone, but its daily copy is in ")
    run(capsys, "restore", "--yes")

    assert "ANN" in run(capsys, "people")[0]


def test_a_damaged_catalogue_is_told_and_restored(
    recordings: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rebuild", recordings)
    run(capsys, "add", "--code", "ann")
    run(capsys, "backup")
    before = listed(capsys)
    path = kept / "catalogue" / "catalogue.sqlite3"
    path.write_bytes(b"\1" * 50_000)
    _, err = run(capsys, "list", code=2)

    assert err.startswith(f"error: the catalogue {path} is damaged: `eccentric catalogue restore`")
    assert len(err.splitlines()) == 1
    out, _ = run(capsys, "restore", "--yes")
    assert out.splitlines()[0] == f"restored: {path}"
    assert listed(capsys) == before


@pytest.mark.parametrize(
    ("arguments", "address", "said"),
    [
        (["list", "--person", "nobody"], None, "there is no person nobody"),
        (["list", "--page", "x"], None, "not the next page"),
        (["add", "--code", "a b"], None, "cannot be a person's code"),
        (["restore"], None, "there is no backup"),
        (["backup"], None, "there is no catalogue"),
        (["list"], "mysql://host/x", "must begin with postgresql+psycopg://"),
        (["list"], "nonsense", "not the address of a database"),
        (["list"], "postgresql+psycopg://ann:secret@127.0.0.1:1/x", "cannot be reached"),
        (["backup"], "postgresql+psycopg://127.0.0.1:1/x", "pg_dump"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_errors_are_one_line(
    arguments: list[str],
    address: str | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if address is not None:
        pytest.importorskip("psycopg")
        monkeypatch.setenv(filing.VARIABLE, address)
    _, err = run(capsys, *arguments, code=2)

    assert err.startswith("error: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert "secret" not in err


def real(session_id: str) -> RecordingMetadata:
    return replace(described(session_id), sensor=replace(SENSOR, simulated=False))


def test_a_session_that_was_just_recorded_is_entered_for_its_person(
    tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del kept
    run(capsys, "add", "--code", "P-1")
    assert filing.file_live(record(tmp_path / "1.mcap", real("id-1")), "P-1") is None
    assert filing.file_live(record(tmp_path / "2.mcap", real("id-2")), None) is None
    assert {row["session"]: row["person"] for row in listed(capsys)} == {"id-1": "P-1", "id-2": None}


def test_a_session_that_cannot_be_entered_is_said_and_kept(tmp_path: Path, kept: Path) -> None:
    del kept
    path = record(tmp_path / "1.mcap", real("id-1"))
    said = filing.file_live(path, "nobody")
    assert said is not None
    assert "nobody" in said
    assert "catalogue rebuild" in said
    assert path.exists()


def test_a_simulated_session_is_nobodys(tmp_path: Path, kept: Path) -> None:
    assert filing.file_live(record(tmp_path / "virtual.mcap", described("id-9")), None) is None
    assert not kept.exists()


def test_an_encrypted_recording_is_entered_and_deleted_with_its_person(
    tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del kept
    key = encryption.new_key()
    monkeypatch.setattr(encrypting, "this_key", lambda: key)
    run(capsys, "add", "--code", "P-1")
    plain = record(tmp_path / "1.mcap", real("id-1"))
    assert filing.file_live(plain, "P-1") is None
    # It is encrypted after the catalogue has learnt of it.
    sealed = encryption.encrypt_file(plain, key)
    run(capsys, "rebuild", tmp_path)
    assert [row["person"] for row in listed(capsys)] == ["P-1"]
    run(capsys, "delete", "P-1", "--yes")
    assert not sealed.exists()
    assert listed(capsys) == []
