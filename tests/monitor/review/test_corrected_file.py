from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from analysis.results import Phase
from monitor import cli, encrypting
from monitor.measured_file import MeasuredFile, measure_file
from monitor.review.corrected_file import (
    Corrections,
    corrected_file,
    corrections_of,
    kept,
    measurement_of,
    with_corrections,
)
from monitor.review.edits import (
    AddRep,
    DeleteRep,
    EditError,
    ExcludeSet,
    Measurement,
    MovePhase,
    Redo,
    Undo,
    WriteNote,
    corrected,
)
from monitor.sets import shown_angle_deg
from recordings import encryption, samples
from recordings.edits_file import append_edits, edits_path, read_edits
from recordings.format import RecordingError


@pytest.fixture(scope="module")
def measured_once() -> MeasuredFile:
    return measure_file(samples.path_of("good-tempo"))


@pytest.fixture
def measured(tmp_path: Path, measured_once: MeasuredFile) -> MeasuredFile:
    path = tmp_path / "session.mcap"
    shutil.copyfile(samples.path_of("good-tempo"), path)
    return replace(measured_once, path=path)


def with_edits(measured: MeasuredFile, *edits) -> Corrections:
    found = corrections_of(measured)
    for edit in edits:
        found = kept(found, edit, "KM", 1_700_000_000_000_000_000)
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_corrections_are_read_again_as_they_were_kept_and_the_recording_is_untouched(measured) -> None:
    before = digest(measured.path)
    made = with_edits(measured, DeleteRep("m1"), WriteNote("tired", set_position=0), Undo(), Redo())

    assert corrections_of(measured) == made
    assert digest(measured.path) == before


def test_every_output_says_corrected_by_hand(measured, state_folder: Path, tmp_path: Path) -> None:
    first = measured.analysis.reps[0]
    lower = first.phases.index(first.phase("lower"))
    end_s = first.phases[lower].end_s - 0.5
    with_edits(measured, MovePhase("m1", lower, "end", end_s, 50.0), DeleteRep("m2"))
    now = corrected_file(measured.path)
    run = CliRunner()

    assert len(now.analysis.reps) == len(measured.analysis.reps) - 1
    assert now.analysis.reps[0].lower_s == pytest.approx(first.lower_s - 0.5)
    assert any("Corrected by hand by KM: 2 changes" in text for text in now.warnings)
    csv, pdf = tmp_path / "reps.csv", tmp_path / "report.pdf"
    run.invoke(cli.eccentric, ["export", str(measured.path), "--output", str(csv)], standalone_mode=False)
    run.invoke(cli.eccentric, ["report", str(measured.path), "--output", str(pdf)], standalone_mode=False)
    rows = [line.split(",") for line in csv.read_text().splitlines()]
    column = rows[0].index("by_hand")
    assert [row[column] for row in rows[1:3]] == ["yes", ""]
    text = " ".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "Corrected by hand by KM" in text
    assert "by hand" in text
    assert f"{now.analysis.reps[0].lower_s:.2f}" in text


def test_the_measurement_itself_stays_what_analyse_prints(measured) -> None:
    with_edits(measured, DeleteRep("m1"))

    assert measure_file(measured.path).analysis.reps == measured.analysis.reps


def test_an_excluded_set_counts_nowhere(measured) -> None:
    with_edits(measured, ExcludeSet(0, True))
    now = corrected_file(measured.path)

    assert now.analysis.reps == ()
    assert any("Left out by hand" in text for text in now.warnings)


def test_the_zero_of_an_assumed_angle_stays_where_it_was_measured(measured) -> None:
    assumed = replace(measured.analysis.calibration, method="assumed: for this test")
    # The first repetition begins where the others do not.
    angle_deg = measured.analysis.thigh_angle_deg + np.linspace(0.0, 40.0, len(measured.samples))
    analysis = replace(measured.analysis, calibration=assumed, thigh_angle_deg=angle_deg)
    imported = replace(measured, analysis=analysis)
    shown = shown_angle_deg(imported)

    for edits in ([DeleteRep("m1")], [ExcludeSet(0, True)]):
        made = corrections_of(imported)
        for edit in edits:
            made = kept(made, edit, "KM", 1_700_000_000_000_000_000)
        now = with_corrections(imported, corrected(made.log))
        assert now.analysis.reps != imported.analysis.reps
        assert np.array_equal(shown_angle_deg(now), shown, equal_nan=True)


def test_an_added_repetition_is_in_the_results(measured) -> None:
    last = measured.analysis.reps[-1]
    phases = (Phase("lower", last.end_s + 0.1, last.end_s + 1.1),)
    with_edits(measured, AddRep(0, last.exercise, phases, 30.0))

    assert corrected_file(measured.path).analysis.reps[-1].lower_s == pytest.approx(1.0)


def test_corrections_hold_over_the_measurement_they_were_made_on(measured) -> None:
    """A later algorithm that measures otherwise changes nothing by itself."""
    with_edits(measured, DeleteRep("m1"))
    shorter = replace(measured.analysis, reps=measured.analysis.reps[:2])
    later = corrections_of(replace(measured, analysis=shorter))

    assert len(corrected(later.log).sets[0].reps) == len(measured.analysis.reps) - 1
    taken = kept(later, measurement_of(replace(measured, analysis=shorter)), "KM", 5)
    assert len(corrected(taken.log).sets[0].reps) == 2
    assert isinstance(taken.log[0].edit, Measurement)


def test_cut_off_at_any_byte_all_whole_lines_are_read_and_work_goes_on(measured) -> None:
    made = with_edits(measured, DeleteRep("m1"), DeleteRep("m2"))
    whole = made.path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for cut in {*ends, *range(ends[0] + 1, len(whole), 7), len(whole) - 1}:
        made.path.write_bytes(whole[:cut])
        found = corrections_of(measured)
        # The last byte of a line is only its end.
        whole_lines = sum(end - 1 <= cut for end in ends)
        assert len(found.log) == whole_lines
        again = kept(found, DeleteRep("m3"), "KM", 7)
        read = corrections_of(measured)
        assert read.log == again.log
        assert made.path.read_bytes().startswith(whole[:cut])


def test_a_flipped_bit_costs_its_line_only_and_is_said(measured) -> None:
    made = with_edits(measured, DeleteRep("m1"), DeleteRep("m2"))
    lines = made.path.read_bytes().split(b"\n")
    lines[1] = lines[1][:20] + bytes([lines[1][20] ^ 4]) + lines[1][21:]
    made.path.write_bytes(b"\n".join(lines))
    found = corrections_of(measured)

    assert [entry.edit for entry in found.log[1:]] == [DeleteRep("m2")]
    assert "damaged" in found.trouble[0]


def test_without_its_measurement_nothing_is_laid_over_and_nothing_overwritten(measured) -> None:
    made = with_edits(measured, DeleteRep("m1"))
    made.path.write_bytes(b"x" + made.path.read_bytes()[1:])
    found = corrections_of(measured)

    assert len(found.log) == 1
    assert found.trouble
    with pytest.raises(EditError, match="move it away"):
        kept(found, DeleteRep("m2"), "KM", 1)


def test_two_windows_cannot_overwrite_each_other(measured) -> None:
    one, other = corrections_of(measured), corrections_of(measured)
    kept(one, DeleteRep("m1"), "KM", 1)

    with pytest.raises(RecordingError, match="somebody else"):
        kept(other, DeleteRep("m2"), "AB", 2)
    assert len(corrections_of(measured).log) == 2


def test_corrections_of_another_recording_are_refused(measured, measured_once, tmp_path: Path) -> None:
    with_edits(measured, DeleteRep("m1"))
    foreign = tmp_path / "other.mcap"
    edits_path(measured.path).rename(edits_path(foreign))
    other = replace(measured_once.metadata, session_id="another")

    with pytest.raises(RecordingError, match="another recording"):
        corrections_of(replace(measured, path=foreign, metadata=other))


def test_a_full_disk_leaves_what_was_there(measured, monkeypatch: pytest.MonkeyPatch) -> None:
    made = with_edits(measured, DeleteRep("m1"))
    before = made.path.read_bytes()
    real = os.write

    def half(fd: int, data: bytes) -> int:
        if len(data) < 5:
            raise OSError(28, "No space left on device")
        return real(fd, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        kept(made, DeleteRep("m2"), "KM", 2)
    monkeypatch.undo()

    assert made.path.read_bytes() == before
    assert len(kept(made, DeleteRep("m2"), "KM", 2).log) == 3


def test_an_encrypted_recording_has_its_corrections_in_the_same_place(tmp_path: Path) -> None:
    assert edits_path(tmp_path / "a.mcap.age") == edits_path(tmp_path / "a.mcap")


def _no_key() -> str:
    raise AssertionError("nothing here is encrypted")


def test_corrections_are_encrypted_with_the_recording_and_plain_with_it(
    measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = encryption.new_key()
    monkeypatch.setattr("monitor.review.corrected_file.this_key", lambda: key)
    made = with_edits(measured, DeleteRep("m1"), WriteNote("left knee sore"))
    assert b"left knee sore" in made.path.read_bytes()

    secret = replace(measured, path=encrypting.encrypt_recording(measured.path, key))
    assert b"left knee sore" not in made.path.read_bytes()
    assert corrections_of(secret).log == made.log
    more = kept(corrections_of(secret), WriteNote("right one too"), "KM", 3)
    assert b"right one" not in made.path.read_bytes()
    assert corrections_of(secret).log == more.log

    encrypting.decrypt_recording(secret.path, key)
    assert b"right one too" in made.path.read_bytes()
    assert corrections_of(measured).log == more.log


def test_encrypted_corrections_do_not_open_with_another_key(
    measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = with_edits(measured, DeleteRep("m1"))
    encrypting.encrypt_recording(measured.path, encryption.new_key())
    before = made.path.read_bytes()
    monkeypatch.setattr("monitor.review.corrected_file.this_key", encryption.new_key)

    with pytest.raises(encryption.WrongKeyError):
        corrections_of(measured)
    with pytest.raises(encryption.WrongKeyError):
        encrypting.decrypt_recording(measured.path.with_name("session.mcap.age"), encryption.new_key())
    assert made.path.read_bytes() == before


def test_nothing_that_json_cannot_hold_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap.edits"
    with pytest.raises(ValueError, match="JSON"):
        append_edits(path, [{"x": float("nan")}], 0)

    assert read_edits(path, _no_key).entries == ()
