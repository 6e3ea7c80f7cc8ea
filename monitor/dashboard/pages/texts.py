"""Sentences that arise below the window, in parts that know no language, translated where they are shown."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

from drivers.link import UNAVAILABLE
from monitor.battery import WARNINGS
from monitor.dashboard.language import heard
from monitor.plans import progression
from monitor.plans.sentence import Sentence
from monitor.plans.templates import TEMPLATES
from monitor.plans.texts import ASK_FIRST, STOP_NOW
from monitor.session import CHECKED_BY_STANDING, MAY_HAVE_MOVED, STOPPED_FIRST
from monitor.visit import AD_HOC
from monitor.visit_people import NO_PLAN

_MOVED = "The sensor seems to have moved on the leg while the signal was lost: nothing is measured. "
# What the session says about a command at the wrong moment, and other messages of its own.
MESSAGES = (
    CHECKED_BY_STANDING,
    MAY_HAVE_MOVED,
    STOPPED_FIRST,
    f"{_MOVED}Check it by a lift, or calibrate again.",
    f"{_MOVED}Stop the set, then check it by a lift, or calibrate again.",
    "Stop the set before you calibrate again.",
    "Wait until the sensor sends data, then calibrate.",
    "Finish the calibration first.",
    "Calibrate first: it takes about ten seconds.",
    "Wait until the sensor sends data, then start the set.",
    "Pain is a number from 0 to 10.",
    "Pain is asked after a set.",
    "Effort is a number from 0 to 10.",
    "Effort is asked after a set.",
    "The volume is a number from 0 to 1.",
    "Samples were lost on their way from the sensor",
)


def said(sentence: Sentence) -> str:
    """Return a sentence with its values, which are translated where they are text."""
    values = {name: heard(value) if isinstance(value, str) else value for name, value in sentence.values}
    return heard(sentence.text).format(**values)


def below() -> Iterator[str]:
    """Yield every such sentence that is known beforehand, for the translators."""
    from analysis.calibration_guide import RESTLESS_WORDS, WORDS
    from monitor.sound.output import NOTICES
    from recordings.live_file import trouble_text

    for headline, detail in WORDS.values():
        yield headline
        yield detail
    yield from RESTLESS_WORDS.values()
    yield from UNAVAILABLE
    yield from NOTICES
    yield from MESSAGES
    yield from (text for text in WARNINGS.values() if text)
    yield trouble_text(OSError(errno.ENOSPC, ""), Path())
    yield from STOP_NOW
    yield from ASK_FIRST
    yield NO_PLAN
    yield from (today.title for today in AD_HOC)
    for template in TEMPLATES:
        yield template.title
        yield template.plan.variant
        yield template.source
        if template.next_step:
            yield template.next_step
    yield from (
        progression.WAITING,
        progression.STEP_DOWN,
        progression.LESS,
        progression.KEEP,
        progression.ASK,
        progression.ASK_AFTER_ONE,
    )
