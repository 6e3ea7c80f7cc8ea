"""Reports of a session and of several: PDF, HTML and PNG say the same as the table of the window."""

from __future__ import annotations

import html
import os
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from pypdf import PdfReader
from PySide6.QtGui import QImage

from analysis.uncertainty import margin_s
from monitor import cli, filing
from monitor.history import CATALOGUE, PERSON, write_history
from monitor.measured_file import measure_file
from monitor.report import write_report
from monitor.report.content import lowering_words, set_figures, set_title
from monitor.report.figure import plain
from monitor.report.progress import change_words, progress_part
from monitor.report.words import words_in
from monitor.review.corrected_file import corrected_file, corrections_of, kept
from monitor.review.edits import DeleteRep, WriteNote, corrected
from monitor.review.rows import rep_row
from monitor.review.trends import points_of
from monitor.sets import sets_of, shown_angle_deg
from recordings import samples
from recordings.catalogue import open_catalogue
from recordings.importers.csv_samples import import_csv

DATA = Path(os.environ.get("ECCENTRIC_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    write_history(folder, date(2026, 10, 5))
    with open_catalogue(folder / CATALOGUE) as catalogue:
        yield folder, catalogue


def pdf_text(path):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def html_text(path):
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_paper_and_page_say_what_the_table_of_the_window_says(tmp_path):
    path = tmp_path / "session.mcap"
    shutil.copyfile(samples.path_of("break-point"), path)
    log = kept(corrections_of(measure_file(path)), DeleteRep("m1"), "KM", 1)
    log = kept(log, WriteNote("a cramp & a pause"), "KM", 2)
    measured = corrected_file(path)
    for name in ("r.pdf", "r.html"):
        write_report(measured, tmp_path / name, started=measured.started)
    paper, page = pdf_text(tmp_path / "r.pdf"), html_text(tmp_path / "r.html")

    rows = [
        rep_row(number, each, part, None, measured.start_s)
        for part in corrected(log.log).sets
        for number, each in enumerate(part.reps, 1)
    ]
    assert rows
    for row in rows:
        # At, lowering with its error, hold, lift or return: side by side, in this order.
        at, lowered, off, hold, back = row[1:6]
        numbers = " ".join(each for each in (at, lowered, off, hold, back) if each != "–")
        assert plain(numbers) in re.sub(" –(?= )", "", paper), numbers
        assert numbers in re.sub(" –(?= )", "", page), numbers
    for each in sets_of(measured):
        for figure in set_figures(each):
            assert plain(figure.value) in paper
            assert figure.value in page
    for text in (paper, page):
        assert "Note: a cramp & a pause" in text
        assert "Note: Note" not in text
        assert "Corrected by hand by KM: 1 change" in text
        assert "SIMULATED: no person wore this sensor" in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_is_well_formed_said_aloud_and_printable(history, tmp_path, language):
    folder, catalogue = history
    session = tmp_path / "s <b> & c.html"
    person = catalogue.person(PERSON)
    catalogue.edit_person(replace(person, display_name='A <i> & "B"'))
    try:
        for what, path in ((folder / "simulated-2026-10-28.mcap", session), (folder, tmp_path / "p.html")):
            assert cli.main(["report", str(what), "--output", str(path), "--language", language]) == 0
    finally:
        catalogue.edit_person(replace(catalogue.person(PERSON), display_name=person.display_name))
    for path, numbered in ((session, 8), (tmp_path / "p.html", 0)):
        text = path.read_text(encoding="utf-8")
        doctype, _, rest = text.partition("\n")
        assert doctype == "<!DOCTYPE html>"
        # Also as XML, which forgives no tag that is left open and no sign that is not escaped.
        page = ElementTree.fromstring(rest)
        assert page.get("lang") == language
        assert page.findtext("head/title")
        pictures = [each for each in page.iter() if each.tag.endswith("}svg")]
        assert all(each.get("role") == "img" and each.get("aria-label") for each in pictures)
        # Signs of verdicts say what they mean, and nothing is asked from elsewhere.
        assert sum(each.get("aria-label", "")[0].isdigit() for each in pictures) == numbered
        assert not re.search(r'(?:src|href)="(?!#)', text)
        heads = list(page.iter("th"))
        assert heads
        assert all(each.get("scope") == "col" for each in heads)
        assert "@media print" in text
        assert "@page" in text


def test_the_title_of_a_set_is_the_same_everywhere():
    for name in samples.NAMES:
        for each in sets_of(measure_file(samples.path_of(name))):
            assert set_title(each) == each.title


@pytest.mark.parametrize(("paper", "size"), [("a4", [595, 842]), ("letter", [612, 792])])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_usual_session_takes_one_page_on_either_paper(history, tmp_path, paper, size, language):
    folder, _ = history
    path = tmp_path / "r.pdf"
    recording = str(folder / "simulated-2026-11-25.mcap")
    assert (
        cli.main(["report", recording, "--output", str(path), "--paper", paper, "--language", language]) == 0
    )
    pages = PdfReader(path).pages
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == size
    assert len(pages) == 1
    # The figure is made of lines and letters: not one picture.
    assert not pages[0].images


def test_who_pain_and_verdict_come_from_the_catalogue(history, tmp_path):
    folder, _ = history
    path = tmp_path / "r.pdf"
    assert cli.main(["report", str(folder / "simulated-2026-10-23.mcap"), "--output", str(path)]) == 0
    text = pdf_text(path)
    assert "SIMULATED person (P001)" in text
    assert "before 2, worst in a set 4" in text
    assert "next morning 5 (not back to usual)" in text
    assert "Red: the pain was not back to usual on the morning after." in text
    assert "2 of 2 sets, 10 of 10 repetitions" in text


def test_the_progress_report_says_what_the_catalogue_says(history, tmp_path, capsys):
    folder, catalogue = history
    for name in ("p.pdf", "p.html"):
        assert cli.main(["report", str(folder), "--output", str(tmp_path / name)]) == 0
    paper, page = pdf_text(tmp_path / "p.pdf"), html_text(tmp_path / "p.html")
    for exercise in ("bridge", "nordic"):
        points = points_of(catalogue, exercise, PERSON)
        assert len(points) > 5
        for point in points:
            lowered = f"{point.values['lowering']:.2f} {point.values['dose']:.0f}"
            assert lowered in paper
            assert lowered in page
    for each in progress_part(catalogue, PERSON).exercises:
        for quantity in each.quantities:
            assert plain(change_words(each.change(quantity))) in paper
    assert "SIMULATED" in paper
    assert "Lee 2017" in paper


def test_a_person_of_the_catalogue_is_reported_by_code(history, tmp_path):
    folder, _ = history
    with filing.open_daily() as catalogue:
        ann = catalogue.add_person("ann", "Ann")
        for day in ("2026-11-23", "2026-11-25"):
            session_id = filing.file_recording(catalogue, folder / f"simulated-{day}.mcap")
            catalogue.assign(catalogue.row(session_id), ann)
    path = tmp_path / "p.pdf"
    assert cli.main(["report", "ann", "--output", str(path), "--paper", "letter"]) == 0
    text = pdf_text(path)
    assert "Ann (ann)" in text
    assert "2026-11-23 to 2026-11-25" in text
    with filing.open_daily() as catalogue:
        assert [each.path for each in catalogue.belongings(ann).exports] == [str(path.resolve())]
    assert [round(float(side)) for side in PdfReader(path).pages[0].mediabox[2:]] == [612, 792]


def test_german_reports_have_german_words_and_numbers(history, tmp_path):
    folder, _ = history
    session, progress = tmp_path / "s.pdf", tmp_path / "p.pdf"
    english = tmp_path / "e.pdf"
    recording = str(folder / "simulated-2026-11-25.mcap")
    for place, path, language in (
        (recording, session, "de"),
        (str(folder), progress, "de"),
        (recording, english, "en"),
    ):
        assert cli.main(["report", place, "--output", str(path), "--language", language]) == 0
    german, numbers = pdf_text(session), set(re.findall(r"\d+\.\d\d ± \d\.\d\d", pdf_text(english)))
    assert len(numbers) > 5
    for each in numbers:
        assert each.replace(".", ",") in german
    for text in (german, pdf_text(progress)):
        assert "SIMULIERT" in text
        for word in (" lowering", " not ", " pain ", " the "):
            assert word not in text, word


def test_sentences_with_numbers_in_them_are_translated():
    german = words_in("de")
    assert german.heard("no samples from 1.50 s to 2.00 s, inside the lowering") != (
        "no samples from 1.50 s to 2.00 s, inside the lowering"
    )
    assert "1.50" in german.heard("no samples from 1.50 s to 2.00 s, inside the lowering")
    assert german.heard("nobody knows this") == "nobody knows this"


@pytest.mark.parametrize("place", ["session", "folder"])
def test_the_figure_alone_is_a_picture(history, tmp_path, place):
    folder, _ = history
    path = tmp_path / "r.png"
    source = folder if place == "folder" else folder / "simulated-2026-11-25.mcap"
    assert cli.main(["report", str(source), "--output", str(path)]) == 0
    image = QImage(str(path))
    assert image.width() > 1500
    colours = {
        image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)
    }
    assert len(colours) > 10
    # A corner is paper, and most of the picture is not ink.
    assert image.pixelColor(2, 2).name() == "#ffffff"


@pytest.mark.parametrize(
    ("source", "output", "words"),
    [
        ("good-tempo", "r.doc", "let it end in .pdf, .html or .png"),
        ("P777", "r.pdf", "no file P777"),
        ("nothing.mcap", "r.pdf", "nothing.mcap"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_line(source, output, words, tmp_path, capsys):
    assert cli.main(["report", source, "--output", str(tmp_path / output)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert words in err
    assert not (tmp_path / output).exists()


def test_letters_without_a_font_lose_their_marks_only():
    assert plain("Şule Łukasz Çelik −3") == "Sule ?ukasz Çelik –3"


def test_a_real_recording_is_reported_on_one_page(tmp_path):
    data = DATA / "mex_thigh" / "data.npz"
    if not data.exists():
        pytest.skip(f"no real recordings in {DATA}: set ECCENTRIC_DATA")
    # The bridges of person 7 (index.csv): accelerometer only, in 1/64 g.
    acc = np.load(data, allow_pickle=False)["acc_lsb64"][150725:159842] / 64 * 9.80665
    t_s = np.arange(len(acc)) / 102.786
    table, recording, report = tmp_path / "real.csv", tmp_path / "real.mcap", tmp_path / "r.pdf"
    header = "t_s,ax_mps2,ay_mps2,az_mps2"
    np.savetxt(table, np.column_stack([t_s, acc]), "%.5f", ",", header=header, comments="")
    import_csv(table, recording)
    assert cli.main(["report", str(recording), "--exercise", "bridge", "--output", str(report)]) == 0
    text = pdf_text(report)
    assert len(PdfReader(report).pages) == 1
    assert "SIMULATED" not in text
    assert "Imported" in text
    assert "No gyroscope" in text
    # No standing pose: nothing is said to be upright, and a movement counts from its own beginning.
    assert "upright" not in text
    assert "movement of the thigh (0° = where the first repetition begins)" in text
    # A column in which nothing stands is left out.
    assert "control / fall" not in text
    measured = measure_file(recording, "bridge")
    assert len(measured.analysis.reps) >= 9
    for rep in measured.analysis.reps:
        lowered = lowering_words(rep.lower_s, margin_s(rep))
        assert f"{rep.start_s - measured.start_s:.1f} {lowered}" in text
    angle_deg = shown_angle_deg(measured)
    assert -15 < np.nanmin(angle_deg) < 0 < np.nanmax(angle_deg) < 30
    assert "± ?" not in text
    assert "about 1.06" in text
    # A fade of 2 % with an error of 9 % is none.
    assert "not certain" in text
    assert re.search(r"–2 ± \d+ % a rep", text)
