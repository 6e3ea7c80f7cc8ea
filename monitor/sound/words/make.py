"""Make the spoken words: `pip install py-nanotts==0.1.1`, then `python -m monitor.sound.words.make [FOLDER]`.

The voice is SVOX Pico (README.md). Each word begins within 10 ms of its file's start and all are equally
loud: by the K-weighting of ITU-R BS.1770-4, over what is at most 20 dB below the word's loudest moment, since
the recommendation's blocks of 0.4 s are longer than most of these words. Nothing here is random.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.session import Language
from monitor.sound.words import COUNTED, RECORDED_HZ, TEXTS

Signal = NDArray[np.float64]

VOICES: Final[dict[Language, str]] = {"en": "en-GB", "de": "de-DE"}
# A little quicker than the voice speaks by itself: a number has to be over before the next one.
SPEED: Final = 1.1
# The voice clips at its own full loudness.
VOLUME: Final = 0.5
LOUDNESS_DB: Final = -17.0
PEAK: Final = 0.7
LONGEST_NUMBER_S: Final = 0.7
LONGEST_WORD_S: Final = 1.2
# What is quieter than this beside the word's loudest moment is not heard across a room.
AUDIBLE_DB: Final = -45.0
# A vowel is louder than this. Of a hissing consonant before it only this much stays, to keep the beat.
VOWEL_DB: Final = -15.0
LEAD_S: Final = 0.09
# Hissing consonants are 40 dB below the vowels: a third of that is taken away, but no more than this.
CONSONANT_SHARE: Final = 1 / 3
MOST_LIFTED_DB: Final = 14.0
WINDOW_S: Final = 0.005
LIFT_WINDOW_S: Final = 0.02
FADE_S: Final = 0.008


def speak(text: str, language: Language, speed: float) -> Signal:
    """Return what the voice says, (n,) at RECORDED_HZ. Raises subprocess.CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        options = ("--voice", VOICES[language], "--speed", str(speed), "--volume", str(VOLUME))
        command = [sys.executable, "-m", "py_nanotts", text, "--output", str(path), *options]
        subprocess.run(command, check=True)
        with path.open("rb") as stream, wave.open(stream, "rb") as said:
            return np.frombuffer(said.readframes(said.getnframes()), "<i2") / 32768.0


def level_db(samples: Signal, window_s: float = WINDOW_S) -> Signal:
    """Return the running level (dB beside the loudest moment), (n,)."""
    width = round(window_s * RECORDED_HZ)
    power = np.convolve(samples**2, np.ones(width) / width, "same")
    return 10.0 * np.log10(np.maximum(power / power.max(), 1e-12))


def evened(samples: Signal) -> Signal:
    """Return the word with its quiet consonants lifted, as they have to be for a loudspeaker in a room."""
    lift_db = np.minimum(MOST_LIFTED_DB, -CONSONANT_SHARE * level_db(samples, LIFT_WINDOW_S))
    return samples * 10.0 ** (lift_db / 20.0)


def trimmed(samples: Signal) -> Signal:
    """Return the word without the silence round it, with flanks that do not click."""
    running_db = level_db(samples)
    audible, vowels = np.flatnonzero(running_db > AUDIBLE_DB), np.flatnonzero(running_db > VOWEL_DB)
    begin = max(int(audible[0]), int(vowels[0]) - round(LEAD_S * RECORDED_HZ))
    word = samples[begin : int(audible[-1]) + 1].copy()
    flank = np.linspace(0.0, 1.0, round(FADE_S * RECORDED_HZ))
    word[: flank.size] *= flank
    word[-flank.size :] *= flank[::-1]
    return word


def k_weighted(samples: Signal) -> Signal:
    """Return the samples with the weighting of BS.1770-4 (its two filters at 48 kHz), by magnitude only."""
    frequencies_hz = np.fft.rfftfreq(samples.size, 1.0 / RECORDED_HZ)
    z = np.exp(-2j * np.pi * frequencies_hz / 48_000.0)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1.0 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1.0 - 2.0 * z + z**2) / (1.0 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weight = np.abs(shelf * high_pass)
    return np.fft.irfft(weight * np.fft.rfft(samples), samples.size)


def loudness_db(samples: Signal) -> float:
    """Return the loudness of a word (dB, K-weighted, of its loud part)."""
    weighted = k_weighted(samples)
    loud = weighted[level_db(weighted) > -20.0]
    return float(10.0 * np.log10(np.mean(loud**2)))


def equalised(samples: Signal) -> Signal:
    """Return a word of LOUDNESS_DB; what would go over PEAK is bent, not cut."""
    scaled = samples * 10.0 ** ((LOUDNESS_DB - loudness_db(samples)) / 20.0)
    knee = 0.8 * PEAK
    over = np.maximum(0.0, np.abs(scaled) - knee)
    bent = knee + (PEAK - knee) * np.tanh(over / (PEAK - knee))
    return np.where(over > 0.0, np.sign(scaled) * bent, scaled)


def made(name: str, language: Language) -> Signal:
    """Return a word as it is shipped: as slowly as its length allows."""
    longest_s = LONGEST_NUMBER_S if name.isdigit() else LONGEST_WORD_S
    speed = SPEED
    while True:
        word = evened(trimmed(speak(TEXTS[language][name], language, speed)))
        if word.size <= longest_s * RECORDED_HZ:
            return equalised(word)
        speed += 0.05


def main(arguments: Sequence[str]) -> None:
    """Write all words into a folder; without one, into this package."""
    target = Path(arguments[0]) if arguments else Path(__file__).parent
    for language, texts in TEXTS.items():
        folder = target / language
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            word = made(name, language)
            with (folder / f"{name}.wav").open("wb") as stream, wave.open(stream, "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(RECORDED_HZ)
                out.writeframes(np.round(word * 32767).astype("<i2").tobytes())
            figures = f"{word.size / RECORDED_HZ:.2f} s, {loudness_db(word):.1f} dB"
            print(f"{language} {name:14} {text:24} {figures}, peak {np.abs(word).max():.2f}")
    print(f"{len(COUNTED)} numbers and {len(TEXTS['en']) - len(COUNTED)} words in {len(TEXTS)} languages")


if __name__ == "__main__":
    main(sys.argv[1:])
