"""Sentences that arise below the window, in parts that know no language, translated where they are shown."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

from analysis.results import MAY_HAVE_MOVED
from drivers.link import UNAVAILABLE
from drivers.source import LOOKING, SIGNAL_LOST
from monitor.battery import WARNINGS
from monitor.dashboard.language import blanked, heard
from monitor.plans import progression
from monitor.plans.sentence import Sentence
from monitor.plans.templates import TEMPLATES
from monitor.plans.texts import ASK_FIRST, STOP_NOW
from monitor.session import CHECKED_BY_STANDING, STOPPED_FIRST
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


_KEEP_NEAR = "keep it near, or switch it off and on."
_NOT_1_G = "At rest the accelerometer reads {0} g instead of {1} g"
# What the measurement and the check of the sensor say, with places for the numbers (`language.blanked`).
MEASURED = (
    "the recording begins inside the lowering",
    "the lowering began with the thigh leaning back: the sensor may have tipped",
    "the recording ends inside the lowering",
    "no samples from {0} s to {1} s, inside the lowering",
    "no samples from {0} s to {1} s, where the lift began",
    f"The sensor sends {{0}} samples a second instead of {{1}}: {_KEEP_NEAR}",
    f"The sensor's rate wanders between {{0}} and {{1}} a second instead of {{2}}: {_KEEP_NEAR}",
    *(
        f"The {part}'s {axis} axis is stuck: it never changes. Use another sensor."
        for part in ("accelerometer", "gyroscope")
        for axis in "xyz"
    ),
    *(
        f"The {part} stops at {{0}} {unit}: its range is too narrow for this movement. Choose a wider one."
        for part, unit in (("accelerometer", "m/s2"), ("gyroscope", "rad/s"))
    ),
    f"{_NOT_1_G}: its measuring range is not the one it was set to. Switch it off and on.",
    f"{_NOT_1_G}: calibrate it with its maker's app, or use another sensor. Angles are wrong until then.",
    LOOKING,
    f"{SIGNAL_LOST}, reconnecting",
    f"{SIGNAL_LOST} for {{0}} s, reconnecting",
    "Receiving",
    "No more data",
    "The data stream broke off",
    "The movement was stronger than the sensor can measure",
    "The program has met an error and stopped measuring. Start it again.",
)


def said(sentence: Sentence) -> str:
    """Return a sentence with its values, which are translated where they are text."""
    values = {name: heard(value) if isinstance(value, str) else value for name, value in sentence.values}
    return heard(sentence.text).format(**values)


def below() -> Iterator[str]:
    """Yield every such sentence that is known beforehand, for the translators."""
    from analysis.calibration_guide import RESTLESS_WORDS, WORDS
    from analysis.sensor_check import ACCELEROMETER_FAULT, GYROSCOPE_FAULT
    from monitor.sound.output import NOTICES
    from recordings.live_file import trouble_text

    for headline, detail in WORDS.values():
        yield headline
        yield detail
    yield from RESTLESS_WORDS.values()
    yield from UNAVAILABLE
    yield from NOTICES
    yield from MESSAGES
    yield from MEASURED
    for fault in (GYROSCOPE_FAULT, ACCELEROMETER_FAULT):
        yield fault.reason
        yield blanked(fault.text)[0]
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
