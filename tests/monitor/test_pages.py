"""The pages of a visit in each of their states: what they say fits, in every language, and is reachable."""

from __future__ import annotations

import ast
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

import monitor
from analysis.half_seconds import HalfSeconds
from analysis.live_check import LiveCheck
from analysis.samples import ImuSamples
from analysis.sensor_check import ACCELEROMETER_FAULT, GYROSCOPE_FAULT
from drivers.link import FoundSensor
from monitor.dashboard import gallery
from monitor.dashboard.language import LANGUAGES, Language, Spoken, blanked, heard, number, translate
from monitor.dashboard.pages.bodies import BodyPart, text_fits
from monitor.dashboard.pages.buttons import BigButton
from monitor.dashboard.pages.screens import screen
from monitor.dashboard.pages.texts import below
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application
from monitor.dashboard.theme import THEMES, ThemeName
from monitor.dashboard.translations import update
from monitor.dashboard.view import VOLUMES
from monitor.dashboard.window import LEFT, Dashboard, _VerdictSign
from monitor.dashboard.words import NO_NUMBER, BigNumber, Words
from monitor.session import Command, SetSound, SuddenPain
from monitor.visit import Air, ChooseSide, ChooseToday, Tell, begin_visit
from monitor.visit_store import templates
from tests.monitor.colours import BLIND, contrast, lab

NAMES = tuple(gallery.states())
# Read from a chair, not from two metres: no word may become smaller (in pixels of the 1366 x 768 design).
SMALLEST_READABLE_PX = 14
UP = (0.0, 0.0, 9.81)
NEAR = "keep it near, or switch it off and on."


@pytest.fixture(params=LANGUAGES)
def spoken(request: pytest.FixtureRequest) -> Iterator[Spoken]:
    made = Spoken(application())
    made.use(request.param)
    yield made
    made.use("en")


def own_words(window: PatientWindow) -> list[Words]:
    return [each for each in window.findChildren(Words) if each.parent() is window and each.isVisible()]


def buttons(window: PatientWindow) -> list[BigButton]:
    return [each for each in window.findChildren(BigButton) if each.isVisible()]


# 683 x 384: the smallest screen at 200 %.
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (683, 384)])
def test_every_word_fits_its_place_and_stays_readable(spoken: Spoken, size: tuple[int, int]) -> None:
    for name, host in gallery.states().items():
        if host.visit.step == "set":
            continue
        with gallery.shown(host, spoken, size) as window:
            window.show()
            window.grab()
            scale = size[1] / 768
            for words in own_words(window):
                font = words.fitted_font()
                needed = words.needed_rect(font)
                assert needed.width() <= words.width(), (name, words.text)
                assert needed.height() <= words.height(), (name, words.text)
                assert not words.text or font.pixelSize() >= SMALLEST_READABLE_PX * scale, (name, words.text)
            for rect, text, font, flags in window.body.written:
                assert text_fits(rect, text, font, flags), (name, text)
                assert font.pixelSize() >= SMALLEST_READABLE_PX - 1, (name, text, font.pixelSize())
            for button in buttons(window):
                assert button.smallest_px >= SMALLEST_READABLE_PX * scale - 1, (name, button.text())


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (683, 384)])
def test_no_point_of_the_stop_list_is_written_smaller_than_the_others(
    spoken: Spoken, size: tuple[int, int]
) -> None:
    with gallery.shown(gallery.states()["today"], spoken, size) as window:
        window.show()
        window.grab()
        sizes = {each.text(): each.smallest_px for each in buttons(window) if each.look == "check"}
    assert len(sizes) == 8
    assert set(sizes.values()) == {round(19 * size[1] / 768)}, sizes


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (683, 384)])
def test_every_word_of_a_set_fits_its_place(spoken: Spoken, size: tuple[int, int]) -> None:
    for name, host in gallery.states().items():
        if host.visit.step != "set":
            continue
        with gallery.shown(host, spoken, size) as window:
            window.show()
            window.grab()
            for words in [each for each in window.findChildren(Words) if each.isVisible() and each.text]:
                needed = words.needed_rect(words.fitted_font())
                assert needed.width() <= words.width(), (name, words.text)
                assert needed.height() <= words.height(), (name, words.text)
            for button in [each for each in window.findChildren(QPushButton) if each.isVisible()]:
                lines = button.text().split("\n")
                metrics = button.fontMetrics()
                assert max(map(metrics.horizontalAdvance, lines)) <= button.width() - 6, (name, lines)
                assert len(lines) * metrics.lineSpacing() <= button.height(), (name, lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_with_numbers_is_found_with_places_for_them(language: Language) -> None:
    spoken = Spoken(application())
    spoken.use(language)
    try:
        told = heard("The sensor sends 47 samples a second instead of 99.5: " + NEAR)
        assert heard("A sentence that nobody knows, 3 of 4.5") == "A sentence that nobody knows, 3 of 4.5"
    finally:
        spoken.use("en")
    assert (
        told
        == {
            "en": "The sensor sends 47 samples a second instead of 99.5: " + NEAR,
            "de": "Der Sensor sendet 47 Messwerte in der Sekunde statt 99,5: halten Sie ihn in der Nähe, "
            "oder schalten Sie ihn aus und ein.",
        }[language]
    )


def complaints(samples: ImuSamples, check: LiveCheck) -> set[str]:
    return {said.text for piece in HalfSeconds().step(samples) for said in check.step(piece)}


def test_what_the_measurement_says_is_known_to_the_translators() -> None:
    t_s = np.arange(0.0, 30.0, 0.02)
    moving = 4.0 * np.sin(3.0 * t_s)[:, None] * (1.0, 0.7, 0.0)
    shaken = np.where(np.abs(moving) > 3.0, 19.6 * np.sign(moving), moving)
    resting = np.zeros((t_s.size, 3))
    told = {GYROSCOPE_FAULT.text, ACCELEROMETER_FAULT.text}
    told |= complaints(ImuSamples(t_s, np.add(moving, UP), moving), LiveCheck(100.0))
    told |= complaints(ImuSamples(t_s, np.add(shaken, UP), moving), LiveCheck(50.0, 19.6))
    for force_mps2 in (4.9, 7.0):
        told |= complaints(ImuSamples(t_s, np.add(resting, (0.0, 0.0, force_mps2)), resting), LiveCheck(50.0))
    assert {text.split(":")[0].split("'")[0].split(" instead")[0].split(" stops")[0] for text in told} >= {
        "The sensor sends 50 samples a second",
        "At rest the accelerometer reads 0.5 g",
        "The gyroscope",
    }
    known = set(below())
    assert {blanked(text)[0] for text in told} <= known


def test_nothing_lies_over_anything_else(spoken: Spoken) -> None:
    for name, host in gallery.states().items():
        if host.visit.step == "set":
            continue
        with gallery.shown(host, spoken) as window:
            window.show()
            window.grab()
            places = [(ink_of(each), each.text) for each in own_words(window) if each.text]
            offset = window.body.pos()
            for button in buttons(window):
                top_left = button.mapTo(window, button.rect().topLeft())
                # The ring of the focus is part of a button, and may touch the ring of the next one.
                place = QRect(top_left, button.size()).adjusted(5, 5, -5, -5)
                assert window.rect().contains(place), (name, button.text())
                places.append((place, button.text()))
            for rect, text, font, flags in window.body.written:
                ink = QFontMetrics(font).boundingRect(rect, flags, text)
                # Written at the width of the window's design, inside the body's own margin.
                places.append((ink.translated(offset).translated(5, 5), text))
            for index, (first, text) in enumerate(places):
                for second, other in places[index + 1 :]:
                    shared = first.intersected(second)
                    assert shared.height() <= 3 or shared.width() <= 3, (name, text, other)


def ink_of(words: Words) -> QRect:
    """Where the letters are: a place is often taller than what is written in it."""
    needed = words.needed_rect(words.fitted_font())
    ink = QRect(words.pos(), needed.size())
    if not words.begins_at_top:
        ink.moveTop(words.y() + (words.height() - ink.height()) // 2)
    return ink


CONTAINERS = (PatientWindow, Dashboard, BodyPart)


def heard_names(window: PatientWindow) -> Iterator[tuple[QWidget, str]]:
    """What can be seen of a window, but for what only holds other things, with what is said of it."""
    for part in window.findChildren(QWidget):
        if not part.isVisible() or (window.dashboard is not None and not window.dashboard.isAncestorOf(part)):
            # Under the set lies its page, of which nothing is seen.
            continue
        shows_nothing = isinstance(part, Words | _VerdictSign) and not part.text
        reads_its_parts = isinstance(part, CONTAINERS) and part.focusPolicy() == Qt.FocusPolicy.NoFocus
        if not shows_nothing and not reads_its_parts:
            yield part, part.accessibleName().strip()


def test_everything_seen_has_a_name_that_can_be_spoken(spoken: Spoken) -> None:
    for name, host in gallery.states().items():
        with gallery.shown(host, spoken) as window:
            window.show()
            window.grab()
            told = list(heard_names(window))
            assert len(told) >= 5
            for part, said in told:
                # A dash or a cross says nothing to whoever hears it. Words may be a number, a control not:
                # "0" of pain and "0" of effort sound alike without what they are of.
                operated = isinstance(part, QAbstractButton) or part.focusPolicy() != Qt.FocusPolicy.NoFocus
                letters = sum(letter.isalpha() for letter in said)
                good = letters >= 2 if operated else any(letter.isalnum() for letter in said)
                assert good, (name, type(part).__name__, said)
            controls = [said for part, said in told if isinstance(part, QAbstractButton) and part.isEnabled()]
            assert len(set(controls)) == len(controls), (name, controls)
            assert window.accessibleName() == "Eccentric"


def test_what_is_painted_on_a_page_is_read_out() -> None:
    with gallery.shown(gallery.states()["rest"], Spoken(application())) as window:
        window.show()
        window.grab()
        written = [text for _, text, *_ in window.body.written]
        assert written
        assert window.body.accessibleName().split("\n") == written


def test_the_dash_for_a_number_that_is_not_known_is_spoken_in_words() -> None:
    window = QWidget()
    line, big = Words(window, LEFT), BigNumber(window)
    line.show_text(NO_NUMBER, "black")
    big.show_number(NO_NUMBER, "of 3 s", "black", "grey")
    assert (line.accessibleName(), big.accessibleName()) == ("no number", "no number of 3 s")
    line.show_text("3.1", "black")
    big.show_number("3.1", "of 3 s", "black", "grey")
    assert (line.accessibleName(), big.accessibleName()) == ("3.1", "3.1 of 3 s")


# The set has a window of its own.
@pytest.mark.parametrize("name", [name for name in NAMES if gallery.states()[name].visit.step != "set"])
def test_every_control_can_be_reached_by_tab(name: str) -> None:
    with gallery.shown(gallery.states()[name], Spoken(application())) as window:
        window.show()
        window.activateWindow()
        wanted = {
            each for each in window.findChildren(QAbstractButton) if each.isVisible() and each.isEnabled()
        }
        window.setFocus()
        reached = set()
        for _ in range(len(wanted) + 4):
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
            reached.add(window.focusWidget())
        assert wanted <= reached


def test_the_focus_can_be_seen() -> None:
    with gallery.shown(gallery.states()["plan"], Spoken(application())) as window:
        window.show()
        window.activateWindow()
        QTest.qWaitForWindowActive(window)
        window.setFocus()
        before = window.primary.grab().toImage()
        window.primary.setFocus(Qt.FocusReason.TabFocusReason)
        assert window.primary.hasFocus()
        assert window.primary.grab().toImage() != before


def test_a_set_with_something_not_measured_has_at_least_its_dose() -> None:
    done = gallery.states()["summary"]
    missing = [sum(rep.lower_s is None for rep in each.reps) for each in done.visit.session.sets]
    assert missing == [0, 1]
    with gallery.shown(done, Spoken(application())) as window:
        doses = [line.dose for line in window.screen_shown.body.lines]
    assert doses == ["101 %", "≥ 82 %"]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_everything_on_a_page_has_enough_contrast(name: ThemeName) -> None:
    theme = THEMES[name]
    for letters in (theme.text, theme.muted, theme.trouble, theme.in_band):
        assert min(contrast(letters, theme.page), contrast(letters, theme.panel)) >= 4.5
    # The remark on a card, the number that was chosen, the main button, the strip of a banner.
    assert contrast(theme.accent, theme.panel) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_trouble, theme.trouble) >= 4.5
    # Pictures: the body, the sensor on it, the bar that fills.
    assert contrast(theme.muted, theme.page) >= 3.0
    assert contrast(theme.accent, theme.page) >= 3.0
    assert contrast(theme.accent, theme.line) >= 3.0


@pytest.mark.parametrize("sight", list(BLIND))
@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_warning_differs_from_everything_calm_for_the_colour_blind(name: ThemeName, sight: str) -> None:
    theme = THEMES[name]
    warning = lab(theme.trouble, BLIND[sight])
    for other in (theme.accent, theme.in_band, theme.text, theme.muted):
        assert np.linalg.norm(warning - lab(other, BLIND[sight])) >= 20.0, other


@pytest.mark.parametrize("name", ["warm-up", "rest", "summary"])
def test_how_it_sounds_is_chosen_where_one_waits(name: str) -> None:
    host = gallery.states()[name]
    sent: list[Command] = []
    host.command = sent.append  # pyright: ignore[reportAttributeAccessIssue]
    with gallery.shown(host, Spoken(application())) as window:
        window.show()
        assert window.sound.isVisible()
        window.sound.click()
        window.quieter.click()
        for key in (Qt.Key.Key_M, Qt.Key.Key_Minus, Qt.Key.Key_Plus):
            QTest.keyClick(window, key)
        assert sent == [
            SetSound("tones"),
            SetSound(volume=VOLUMES[-2]),
            SetSound("tones"),
            SetSound(volume=VOLUMES[-2]),
            SetSound(volume=VOLUMES[-1]),
        ]
        assert not window.louder.isEnabled()
        assert window.sound.accessibleName() == "Voice and tones, Volume 5 of 5"


def test_the_arrows_choose_a_leg_and_go_through_cards() -> None:
    taken: list[object] = []
    for name, keys in (("sensor-side", ("Right", "Left")), ("templates", ("Right", "Right"))):
        host = gallery.states()[name]
        host.take = taken.append  # pyright: ignore[reportAttributeAccessIssue]
        with gallery.shown(host, Spoken(application())) as window:
            window.show()
            for key in keys:
                QTest.keyClick(window.focusWidget() or window, getattr(Qt.Key, f"Key_{key}"))
            if name == "templates":
                assert window.focusWidget() is window.body.buttons[1]
                QTest.keyClick(window.body.buttons[1], Qt.Key.Key_Return)
    assert taken == [ChooseSide("right"), ChooseSide("left"), ChooseToday(templates()[1])]


@pytest.mark.parametrize("key", ["Left", "Right"])
@pytest.mark.parametrize("focused", [0, 1])
def test_an_arrow_chooses_a_leg_whichever_button_has_the_focus(key: str, focused: int) -> None:
    taken: list[object] = []
    host = gallery.states()["sensor-side"]
    host.take = taken.append  # pyright: ignore[reportAttributeAccessIssue]
    with gallery.shown(host, Spoken(application())) as window:
        window.show()
        for _ in range(focused + 1):
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_PageUp)
        assert window.focusWidget() is window.body.buttons[focused]
        QTest.keyClick(window.body.buttons[focused], getattr(Qt.Key, f"Key_{key}"))
    assert taken == [ChooseSide("left" if key == "Left" else "right")]


def test_the_space_bar_alone_leads_from_no_plan_to_the_first_stage() -> None:
    taken: list[object] = []
    host = gallery.states()["templates"]
    host.visit = replace(host.visit, today=None)
    host.take = taken.append  # pyright: ignore[reportAttributeAccessIssue]
    with gallery.shown(host, Spoken(application())) as window:
        window.show()
        QTest.keyClick(window, Qt.Key.Key_Space)
    assert taken == [ChooseToday(templates()[0])]


def test_a_calibration_that_was_just_asked_for_looks_as_if_it_had_begun() -> None:
    begun = gallery.states()["calibrate"].snapshot
    assert begun is not None
    host = gallery.states()["calibrate"]
    fresh = replace(begun.session, state="idle", calibrating_since_s=None, advice=None)
    host.snapshot = replace(begun, session=fresh)
    with gallery.shown(host, Spoken(application())) as window:
        assert window.screen_shown.headline == "Stand still"
        assert window.screen_shown.primary.words == "Calibrating"
        host.snapshot = replace(
            begun, session=replace(fresh, message="Not calibrated yet. Go slowly. Calmly.")
        )
        window.refresh()
        assert window.screen_shown.primary.words == "Try again"


def test_sudden_pain_is_a_key_on_every_page_of_a_session() -> None:
    for name in ("rest", "warm-up", "pain"):
        taken: list[object] = []
        host = gallery.states()[name]
        host.take = taken.append  # pyright: ignore[reportAttributeAccessIssue]
        with gallery.shown(host, Spoken(application())) as window:
            window.show()
            QTest.keyClick(window, Qt.Key.Key_P)
        assert taken == [Tell(SuddenPain())]


def test_without_movement_nothing_moves() -> None:
    with gallery.shown(gallery.states()["sensor-searching"], Spoken(application())) as window:
        for moving in (True, False):
            window.body.moving = moving
            window.body.turn(0.0)
            first = window.body.grab().toImage()
            window.body.turn(0.3)
            assert (window.body.grab().toImage() != first) == moving


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_the_translations_are_complete_and_compiled(language: Language, tmp_path: Path) -> None:
    kept = update.ts_path(language)
    shutil.copy(kept, tmp_path)
    update.update(language, tmp_path)
    made = update.ts_path(language, tmp_path)

    assert texts(made) == texts(kept), "run: make translations"
    unfinished = [source for (_, source), done in texts(made).items() if not done]
    assert unfinished == []
    assert made.with_suffix(".qm").read_bytes() == kept.with_suffix(".qm").read_bytes()


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_a_translation_has_the_same_places_to_fill(language: Language) -> None:
    for (_, source), translation in texts(update.ts_path(language)).items():
        assert fields(source) == fields(translation), source


def texts(path: Path) -> dict[tuple[str, str], str]:
    found = {}
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            done = "" if translation.get("type") == "unfinished" else translation.text or ""
            found[context.findtext("name") or "", message.findtext("source") or ""] = done
    return found


def fields(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


def test_no_text_to_be_translated_hides_in_an_f_string() -> None:
    # Qt's lupdate does not look into them: the text would stay English.
    for path in Path(gallery.__file__).parent.rglob("*.py"):
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for node in ast.walk(outer) if isinstance(outer, ast.JoinedStr) else ():
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "translate":
                    assert not isinstance(node.args[1], ast.Constant), (path.name, ast.unparse(node))


def test_every_message_of_the_session_is_known_to_the_translators() -> None:
    known = set(below())
    folder = Path(monitor.__file__).parent
    for path in folder.glob("session*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "message"
                and isinstance(node.value, ast.Constant)
            ):
                assert node.value.value is None or node.value.value in known, (path.name, node.value.value)


def test_the_language_changes_words_and_numbers_and_back() -> None:
    spoken = Spoken(application())
    spoken.use("de")
    assert translate("who", "Welcome") == "Willkommen"
    assert number(2.8, 1) == "2,8"
    spoken.use("en")
    assert translate("who", "Welcome") == "Welcome"
    assert number(2.8, 1) == "2.8"


def test_two_sensors_with_one_name_are_told_apart_by_address_and_signal():
    one = FoundSensor("WT901", "F0:57:90:1A:00:01", "witmotion", -52)
    two = FoundSensor("WT901", "F0:57:90:1A:00:03", "witmotion", -74)
    visit = replace(begin_visit(limits_seen=True).visit, step="sensor", found=(one, two), choosing=True)

    shown = screen(visit, Air(), None, 0, date(2026, 11, 30))
    assert [card.text for card in shown.body.cards] == [
        "Address ends in 00:01, signal −52 dBm",
        "Address ends in 00:03, signal −74 dBm",
    ]
    assert "best signal" in shown.detail

    chosen = replace(visit, sensor=two)
    assert screen(chosen, Air(), None, 0, date(2026, 11, 30)).body.sensor.name == "WT901 (00:03)"
