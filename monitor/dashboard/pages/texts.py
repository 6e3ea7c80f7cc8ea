"""Sentences that arise below the window, in parts that know no language, translated where they are shown."""

from __future__ import annotations

from monitor.dashboard.language import translate
from monitor.plans.sentence import Sentence


def heard(text: str) -> str:
    """Return a sentence from below the window in the language of the window."""
    return translate("below", text)


def said(sentence: Sentence) -> str:
    """Return a sentence with its values, which are translated where they are text."""
    values = {name: heard(value) if isinstance(value, str) else value for name, value in sentence.values}
    return heard(sentence.text).format(**values)
