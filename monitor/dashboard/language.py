"""The language of everything that is written and said.

English is in the source. The rest is in `translations/`, one .ts file a language (Qt's translation system),
compiled to the .qm that is loaded: `make translations` brings both up to date.
"""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from typing import get_args

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTranslator

from monitor.settings import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: dict[Language, str] = {"en": "English", "de": "Deutsch"}


def translate(context: str, text: str) -> str:
    """Return a text in the language that is used now; the text itself where it has no translation."""
    return QCoreApplication.translate(context, text)


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:
    """Return a text as it is, marked for the translators; it is translated where it is shown."""
    return text


BELOW = "below"
"""The context of sentences that arise below the window, in parts that know no language (`pages.texts`)."""


_NUMBER = re.compile(r"(?<![A-Za-z0-9.])\d+(?:\.\d+)?")


def blanked(text: str) -> tuple[str, list[str]]:
    """Return a sentence with {0}, {1} ... for its numbers, and the numbers."""
    numbers = _NUMBER.findall(text)
    places = iter(range(len(numbers)))
    return _NUMBER.sub(lambda _: f"{{{next(places)}}}", text), numbers


def heard(text: str) -> str:
    """Return a sentence from below the window in the language of the window.

    One with numbers that are known only when it arises is looked for with places for them (`blanked`).
    """
    told = translate(BELOW, text)
    if told != text:
        return told
    sentence, numbers = blanked(text)
    told = translate(BELOW, sentence)
    if told == sentence:
        return text
    point = QLocale().decimalPoint()
    return told.format(*(each.replace(".", point) for each in numbers))


def system_language() -> Language:
    """Return the first language the system asks for that there is; English where there is none."""
    for name in QLocale.system().uiLanguages():
        short = name.replace("_", "-").split("-")[0].lower()
        for language in LANGUAGES:
            if language == short:
                return language
    return "en"


class Spoken:
    """The language in use. One translator at a time is installed in the application."""

    def __init__(self, application: QCoreApplication) -> None:
        """Begin with English."""
        self._application = application
        self._translator: QTranslator | None = None
        self._data = b""
        self.language: Language = "en"

    def use(self, language: Language) -> None:
        """Change the language; what is on a screen has to be written anew."""
        if self._translator is not None:
            self._application.removeTranslator(self._translator)
            self._translator = None
        self.language = language
        QLocale.setDefault(QLocale(language))
        if language == "en":
            return
        translator = QTranslator(self._application)
        # From bytes: what is installed may lie in an archive.
        data = files("monitor.dashboard").joinpath(f"translations/eccentric_{language}.qm").read_bytes()
        if not translator.load(data):
            raise RuntimeError(f"the translation into {NAMES[language]} is broken: install the program anew")
        self._application.installTranslator(translator)
        # Qt reads from these bytes for as long as it translates.
        self._translator, self._data = translator, data


def number(value: float, digits: int = 0) -> str:
    """Return a number as it is written in this language, with a true minus."""
    return QLocale().toString(float(value), "f", digits).replace("-", "−")


def short_number(value: float) -> str:
    """Return a number with at most one digit behind the point."""
    return number(value, 0 if abs(value - round(value)) < 0.05 else 1)


def day(when: date) -> str:
    """Return a day as it is said in this language: its weekday, day and month."""
    locale = QLocale()
    pattern = "dddd, d. MMMM" if locale.language() == QLocale.Language.German else "dddd, d MMMM"
    return locale.toString(QDate(when.year, when.month, when.day), pattern)
