"""Sentences of the measurement that reports and the therapist's window say in another language.

PATTERNS are those with something in them: {places} stand for what is different each time. They are matched
against what the measurement says, so that it needs to know no language.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.results import MAY_SIT_OTHERWISE, SITS_OTHERWISE

PATTERNS = (
    "{file} is not a recording (an .mcap file)",
    "{file} is not a recording of this program, or nothing of it is left",
    "{file} is a folder, not a recording",
    "{file} is a device, a pipe or a socket, not a recording",
    "{file} is empty",
    "{place}; nothing measured is missing",
    "{place}; what came after {since} s is missing",
    "{place}; {what} are missing from {since} s to {until} s",
    "bytes {start} to {end} cannot be read",
    "{packets} packets and {samples} samples",
    "{packets} packets",
    "{samples} samples",
    "{file} cannot be opened: {reason}",
    "{file} cannot be read: move it away before you correct anything",
    "{file} cannot be read: {reason}",
    "{file} cannot be trusted: it holds {what}",
    "there is no file {file}",
    "there are no samples in {file}: the sensor sent nothing that could be read",
    "the recording has format {written}, made by a newer version ({version}); this program reads up to "
    "{known}: update it",
    "{file} is no kind of report: let it end in .pdf, .html or .png",
    "{file} holds the corrections of another recording: move it away",
    "{file} is too large to hold corrections",
    "{file} came with the program: copy it to correct it",
    "somebody else has corrected this session meanwhile ({file}): open it again",
    "another program holds {file}: close it there, then try again",
    "{exercise} at {at} s: no repetition any more",
    "{exercise} at {at} s: lowering {before}, now {after}",
    "{exercise} at {at} s: a repetition that was not found before, lowering {after}",
    "a phase lasts at least {time} s",
    "a {exercise} has no phase of this kind",
    "no samples from {start} s to {end} s, inside the lowering",
    "no samples from {start} s to {end} s, where the lift began",
    "the gyroscope reads over {limit} rad/s",
    "the gyroscope turns {times} times faster than the direction of gravity",
    "the gyroscope turns {times} times slower than the direction of gravity",
    "Only {rate} samples a second: phases may be misjudged below 25.",
    "Which way the thigh turns is not certain ({share}): lifting and lowering could be swapped, so no time "
    "is given. Stand still for two seconds and lift the knee twice before the exercise.",
    "Which way the thigh turns is not certain ({share}), so nothing was counted. Name the exercise.",
    "Which way the thigh turns is not certain ({share}): only large Nordics that clearly turn about the knee "
    "count, without a time. Name the exercise.",
    "The {sensor}'s {axis} axis is stuck at {value}: it never changes.",
    "The {sensor} is saturated: its {axis} axis stays at the limit of its range, {value}. Choose a wider "
    "range.",
    "Corrected by hand by {who}: {changes} changes, the last on {day}.",
    "Corrected by hand: {changes} changes, the last on {day}.",
    "Corrected by hand by {who}: 1 change, the last on {day}.",
    "Corrected by hand: 1 change, the last on {day}.",
    "The corrections lie over a measurement by algorithm version {version}; today's is {now}.",
    "Left out by hand: {sets}.",
    "{number} corrections fit nothing that is left and were passed over.",
    "{number} lines of the corrections in {file} are damaged and left out",
    "{number} corrections in {file} are not known to this version: update it",
    "{file} lacks the measurement that its corrections are of: none is shown",
    "Note: {text}",
    "Note on set {number}: {text}",
    "Note on repetition {number} of set {set}: {text}",
    "Note on repetitions outside the sets: {text}",
)

WHOLE = (
    "SIMULATED person",
    "there is nothing to undo",
    "there is nothing to bring back",
    "this repetition is no longer there",
    "this set is no longer there",
    "this phase is no longer there",
    "there is nothing on one side of this place: split inside the repetition",
    "only two repetitions of the same set can be merged",
    "only neighbours of one exercise can be merged",
    "a repetition needs at least one phase",
    "phases of a repetition follow one another and cannot overlap",
    "this would reach into another repetition: delete or merge that one first",
    "the recording begins inside the lowering",
    "the lowering began with the thigh leaning back: the sensor may have tipped",
    "the recording ends inside the lowering",
    "samples are missing inside a phase",
    "which way the thigh moved is not certain: stand still and lift the knee twice before the exercise",
    "no lowering is marked",
    "accelerometer",
    "gyroscope",
    "No gyroscope: angles come from the accelerometer alone, with a wider error.",
    "The zero of the thigh angle is assumed: no standing pose was recorded.",
    "How the sensor sits could not be worked out, so nothing was counted.",
    "How the sensor sits could not be worked out, so nothing was counted. Name the exercise, or record two "
    "seconds of standing and two knee lifts.",
    SITS_OTHERWISE,
    MAY_SIT_OTHERWISE,
    "a part was never written",
    "notes and events",
    "the index at its end is cut off",
    "bytes between the blocks have changed",
    "its index is damaged",
    "what was recorded, when and with which sensor is lost",
    "more unpacked data than a recording can have",
    "The recording was not closed in order: up to its last second may be missing.",
)


def report_texts() -> Iterator[str]:
    """Yield every sentence of the measurement, for the translators."""
    from analysis.phases import DEFINITION
    from monitor.plans import pain_rule
    from monitor.report.content import LIMITS, VERDICT_WORDS
    from monitor.review.trends import LIMITS as ERRORS
    from monitor.sets import EXERCISE_WORDS

    yield DEFINITION
    yield LIMITS
    yield from VERDICT_WORDS.values()
    yield from EXERCISE_WORDS.values()
    yield from PATTERNS
    yield from WHOLE
    yield from (
        pain_rule.SUDDEN,
        pain_rule.STOP,
        pain_rule.NO_MORNING,
        pain_rule.NOT_BACK,
        pain_rule.WORSE,
        pain_rule.OVER,
        pain_rule.NOT_TOLD,
        pain_rule.GREEN,
        pain_rule.AMBER,
    )
    for each in ERRORS.values():
        yield from (each.name, each.unit, each.source)
    # Phases and verdicts, as the window names them.
    yield from ("lower", "hold", "lift", "return", "rest", "waiting", "green", "amber", "red")
    yield from ("nordic", "bridge", "slider", "left", "right", "both", "by hand", "partial")
