"""The language of a report: words, numbers and days, without a window.

The texts are those of `monitor.dashboard.translations`, which `make translations` brings up to date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from monitor.plans.sentence import Sentence
from monitor.report.texts import PATTERNS
from monitor.settings import Language

if TYPE_CHECKING:
    from PySide6.QtCore import QTranslator

BELOW = "below"
"""The context of sentences that arise below any window, as in `monitor.dashboard.language`."""

_DAYS = {"en": "%Y-%m-%d", "de": "%d.%m.%Y"}


@dataclass(frozen=True, slots=True)
class Words:
    """A language; English is in the source."""

    language: Language = "en"
    _translator: QTranslator | None = field(default=None, repr=False, compare=False)

    def translate(self, context: str, text: str) -> str:
        """Return a text in this language; the text itself where it has no translation."""
        found = self._translator.translate(context, text) if self._translator is not None else ""
        return found or text

    def heard(self, text: str) -> str:
        """Return a sentence from below, also one with numbers in it that `texts.PATTERNS` knows."""
        if self._translator is None or not text:
            return text
        found = self._translator.translate(BELOW, text)
        if found:
            return found
        for pattern in PATTERNS:
            if (match := _expression(pattern).fullmatch(text)) is not None:
                values = {name: self.heard(value) for name, value in match.groupdict().items()}
                return self.translate(BELOW, pattern).format(**values)
        return text

    def said(self, sentence: Sentence) -> str:
        """Return a sentence with its values."""
        values = {name: self.heard(v) if isinstance(v, str) else v for name, v in sentence.values}
        return self.heard(sentence.text).format(**values)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as it is written in this language."""
        text = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
        return text.replace(".", ",") if self.language == "de" else text

    def short(self, value: float) -> str:
        """Return a number with no more digits than it needs."""
        text = f"{value:g}"
        return text.replace(".", ",") if self.language == "de" else text

    def signed(self, value: float, digits: int = 0) -> str:
        """Return a number with its sign, a true minus; none before a zero."""
        rounded = round(value, digits)
        sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
        return sign + self.number(abs(rounded), digits)

    def quoted(self, text: str) -> str:
        """Return what somebody wrote in the quotation marks of this language."""
        return f"„{text}“" if self.language == "de" else f"“{text}”"

    def day(self, when: date | datetime) -> str:
        """Return a day, and the time of it where one is known."""
        pattern = _DAYS[self.language]
        return f"{when:{pattern} %H:%M}" if isinstance(when, datetime) else f"{when:{pattern}}"


ENGLISH = Words()


@cache
def words_in(language: Language) -> Words:
    """Return the words of a language. Raises RuntimeError if its file is broken."""
    if language == "en":
        return ENGLISH
    # Qt takes its time to load, and English needs none of it.
    from PySide6.QtCore import QTranslator

    translator = QTranslator()
    path = files("monitor.dashboard").joinpath(f"translations/eccentric_{language}.qm")
    # Qt reads from these bytes for as long as it translates.
    data = _DATA.setdefault(language, path.read_bytes())
    if not translator.load(data):
        raise RuntimeError(f"the translation into {language} is broken: install the program anew")
    return Words(language, translator)


_DATA: dict[str, bytes] = {}


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", pattern)
    made = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile(made)
