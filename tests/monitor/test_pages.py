"""The pages of a visit in each of their states: what they say fits, in every language, and is reachable."""

from __future__ import annotations

import ast
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

import monitor
from monitor.dashboard import gallery
from monitor.dashboard.language import LANGUAGES, Language, Spoken, number, translate
from monitor.dashboard.pages.bodies import text_fits
from monitor.dashboard.pages.buttons import BigButton
from monitor.dashboard.pages.texts import below
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application
from monitor.dashboard.translations import update
from monitor.dashboard.words import Words

NAMES = tuple(gallery.states())
# Read from a chair, not from two metres: no word may become smaller (in pixels of the 1366 x 768 design).
SMALLEST_READABLE_PX = 14


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


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
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


# The set has a window of its own.
@pytest.mark.parametrize("name", [name for name in NAMES if gallery.states()[name].visit.step != "set"])
def test_every_control_has_a_name_and_can_be_reached_by_tab(name: str) -> None:
    with gallery.shown(gallery.states()[name], Spoken(application())) as window:
        window.show()
        window.activateWindow()
        wanted = {
            each for each in window.findChildren(QAbstractButton) if each.isVisible() and each.isEnabled()
        }
        assert all(each.accessibleName().strip() for each in wanted)
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
