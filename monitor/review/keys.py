"""What each key of the therapist's window does, in words: for the help, and for the hints of buttons."""

from __future__ import annotations

from monitor.report.words import Words


def page_keys(words: Words) -> dict[str, tuple[str, str]]:
    """Return the keys of the page of a session: group and words of each."""
    see = words.translate("review", "See")
    correct = words.translate("review", "Correct")
    undo = words.translate("review", "Undo")
    return {
        "Right": (see, words.translate("review", "next repetition")),
        "Left": (see, words.translate("review", "previous repetition")),
        "Space": (see, words.translate("review", "play from the cursor, stop")),
        ",": (see, words.translate("review", "cursor a tenth of a second back")),
        ".": (see, words.translate("review", "cursor a tenth of a second on")),
        "+": (see, words.translate("review", "zoom in (or the wheel)")),
        "-": (see, words.translate("review", "zoom out")),
        "F": (see, words.translate("review", "fit the chosen repetition")),
        "Home": (see, words.translate("review", "the whole session")),
        "I": (correct, words.translate("review", "the lowering begins at the cursor")),
        "O": (correct, words.translate("review", "the lowering ends at the cursor")),
        "S": (correct, words.translate("review", "split the repetition at the cursor")),
        "M": (correct, words.translate("review", "merge with the next repetition")),
        "Delete": (correct, words.translate("review", "it was no repetition")),
        "A": (correct, words.translate("review", "add: then drag over the lowering")),
        "K": (correct, words.translate("review", "another kind for the phase at the cursor")),
        "E": (correct, words.translate("review", "the set was another exercise")),
        "D": (correct, words.translate("review", "the set was the other side")),
        "X": (correct, words.translate("review", "leave the set out, or count it again")),
        "N": (correct, words.translate("review", "note on the repetition")),
        "Ctrl+N": (correct, words.translate("review", "note on the set")),
        "Shift+N": (correct, words.translate("review", "note on the session")),
        "Ctrl+Z": (undo, words.translate("review", "undo, without limit")),
        "Ctrl+Shift+Z": (undo, words.translate("review", "redo (Ctrl+Y, too)")),
        "Ctrl+M": (undo, words.translate("review", "back to what was measured")),
        "P": (words.translate("review", "Report"), words.translate("review", "write the report")),
    }


def window_keys(words: Words) -> dict[str, tuple[str, str]]:
    """Return the keys that hold everywhere, and those of the list."""
    window = words.translate("review", "Window")
    return {
        "Enter": (window, words.translate("review", "open the chosen session")),
        "R": (window, words.translate("review", "in the list: trends, or compare the chosen")),
        "L": (window, words.translate("review", "in the list: the plan of the person")),
        "Escape": (window, words.translate("review", "back to the list")),
        "T": (window, words.translate("review", "light or dark")),
        "?": (window, words.translate("review", "these keys")),
    }
