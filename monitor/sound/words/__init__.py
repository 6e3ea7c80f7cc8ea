"""The spoken numbers and words: short recordings of a free synthetic voice that come with the program.

`README.md` beside this file names the voice and its licence; `make.py` makes the recordings again.
"""

from __future__ import annotations

import wave
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from monitor.session import Cue, CueKind, Language
from monitor.sound.tones import RATE_HZ, Sound

# The voice has no more than this; RATE_HZ is a multiple of it.
RECORDED_HZ: Final = 16_000
COUNTED: Final = (*range(1, 21), 30, 40, 50, 60)

_ENGLISH_NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    *("twenty", "thirty", "forty", "fifty", "sixty"),
)
_GERMAN_NUMBERS = (
    *("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
    *("elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"),
    *("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig"),
)

# Name of a recording -> what it says.
TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        **dict(zip(map(str, COUNTED), _ENGLISH_NUMBERS, strict=True)),
        "again": "once more",
        "go": "go",
        "good": "good",
        "hold": "hold",
        "hold-still": "hold still",
        "last-one": "last one",
        "lift": "lift",
        "lower": "lower",
        "not-measured": "not measured",
        "now": "now",
        "rest-over": "rest over",
        "set-done": "set done",
        "signal-back": "signal back",
        "signal-lost": "signal lost",
        "slower": "slower than asked",
        "stop": "stop",
        "too-fast": "too fast",
        "top": "top",
    },
    "de": {
        **dict(zip(map(str, COUNTED), _GERMAN_NUMBERS, strict=True)),
        "again": "noch einmal",
        "go": "los",
        "good": "gut",
        "hold": "halten",
        "hold-still": "still halten",
        "last-one": "letztes Mal",
        "lift": "heben",
        "lower": "senken",
        "not-measured": "nicht gemessen",
        "now": "jetzt",
        "rest-over": "Pause vorbei",
        "set-done": "Satz fertig",
        "signal-back": "Signal wieder da",
        "signal-lost": "Signal verloren",
        "slower": "langsamer als verlangt",
        "stop": "stopp",
        "too-fast": "zu schnell",
        "top": "oben",
    },
}

_WORDS: Final[dict[CueKind, str]] = {
    "good": "good",
    "do it again": "again",
    "hold still": "hold-still",
    "set started": "go",
    "lift": "lift",
    "top": "top",
    "hold": "hold",
    "hold over": "lower",
    "target": "now",
    "in band": "good",
    "too fast": "too-fast",
    "slower": "slower",
    "not measured": "not-measured",
    "last one": "last-one",
    "set ended": "set-done",
    "rest over": "rest-over",
    "signal lost": "signal-lost",
    "signal back": "signal-back",
    "stop": "stop",
    # Neither praise nor an order.
    "sample": "1",
}


def word_of(cue: Cue) -> str | None:
    """Return the name of the recording that says a cue; None: there is none, it is a tone only."""
    if cue.number is not None:
        return str(cue.number) if cue.number in COUNTED else None
    return _WORDS.get(cue.kind)


@cache
def words(language: Language) -> MappingProxyType[str, Sound]:
    """Return the recordings of a language at RATE_HZ, each (n,), read only, peak below 1.

    Raises OSError if they cannot be read.
    """
    folder = Path(__file__).parent / language
    return MappingProxyType({name: _read(folder / f"{name}.wav") for name in TEXTS[language]})


def _read(path: Path) -> Sound:
    try:
        with path.open("rb") as stream, wave.open(stream, "rb") as recorded:
            shape = (recorded.getframerate(), recorded.getnchannels(), recorded.getsampwidth())
            frames = recorded.readframes(recorded.getnframes())
    except (wave.Error, EOFError) as error:
        raise OSError(f"{path} is no WAV file") from error
    if shape != (RECORDED_HZ, 1, 2) or not frames:
        raise OSError(f"{path} is not 16 bit mono at {RECORDED_HZ} Hz")
    samples = np.frombuffer(frames, "<i2") / 32768.0
    # The values stay, and there are more between them. A power of two is quick.
    factor, length = RATE_HZ // RECORDED_HZ, 2 ** (samples.size - 1).bit_length()
    spectrum = np.fft.rfft(samples, length)
    spectrum[-1] /= 2
    finer = factor * np.fft.irfft(spectrum, factor * length)
    made = finer[: factor * samples.size].astype(np.float32)
    made.flags.writeable = False
    return made
