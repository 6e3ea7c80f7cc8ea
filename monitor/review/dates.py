"""Days as the therapist's window writes them."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QDate, QLocale

from monitor.settings import Language


def long_day(when: datetime, language: Language) -> str:
    """Return a day with its weekday, and the time."""
    pattern = "dddd, d. MMMM yyyy" if language == "de" else "dddd, d MMMM yyyy"
    return f"{_written(when, pattern, language)}, {when:%H:%M}"


def list_day(when: datetime, language: Language) -> str:
    """Return a day and the time for a column of them."""
    pattern = "ddd dd.MM.yyyy" if language == "de" else "ddd dd MMM yyyy"
    return f"{_written(when, pattern, language)}  {when:%H:%M}"


def short_day(when: date, language: Language) -> str:
    """Return a day without its year."""
    return f"{when:%d.%m.}" if language == "de" else _written(when, "dd MMM", language)


def full_day(when: date, language: Language) -> str:
    """Return a day with its year."""
    return f"{when:%d.%m.%Y}" if language == "de" else _written(when, "dd MMM yyyy", language)


def _written(when: date, pattern: str, language: Language) -> str:
    locale = QLocale(QLocale.Language.German if language == "de" else QLocale.Language.English)
    return locale.toString(QDate(when.year, when.month, when.day), pattern)
