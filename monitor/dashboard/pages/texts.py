"""Sentences that arise below the window, in parts that know no language, translated where they are shown."""

from __future__ import annotations

from monitor.dashboard.language import translate


def heard(text: str) -> str:
    """Return a sentence from below the window in the language of the window."""
    return translate("below", text)
