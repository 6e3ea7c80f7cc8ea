from __future__ import annotations

import subprocess
import sys
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from monitor.sound import words as package
from monitor.sound.tones import RATE_HZ
from monitor.sound.words import _WORDS, COUNTED, TEXTS, _read, words
from monitor.sound.words.make import LOUDNESS_DB, equalised, level_db, loudness_db, trimmed

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(package.__file__).parent
FILES = [(language, name) for language, texts in TEXTS.items() for name in texts]


def recorded(language, name):
    with wave.open(str(FOLDER / language / f"{name}.wav")) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(read.readframes(read.getnframes()), "<i2") / 32768.0


@pytest.mark.parametrize(("language", "name"), FILES)
def test_a_word_begins_at_once_ends_in_time_and_is_as_loud_as_the_others(language, name):
    samples = recorded(language, name)
    heard = np.flatnonzero(level_db(samples) > -40.0)
    assert heard[0] / 16_000 <= 0.010
    # The next second, or somebody who waits for it, must not be kept waiting.
    assert samples.size / 16_000 < (0.75 if name.isdigit() else 1.25)
    assert loudness_db(samples) == pytest.approx(LOUDNESS_DB, abs=0.3)
    assert np.abs(samples).max() <= 0.71
    assert abs(samples[0]) < 0.01
    assert abs(samples[-1]) < 0.01


def test_both_languages_say_the_same_words_and_no_other_files_are_shipped():
    assert TEXTS["en"].keys() == TEXTS["de"].keys()
    assert set(_WORDS.values()) | {str(number) for number in COUNTED} == set(TEXTS["en"])
    shipped = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.wav")}
    assert shipped == {f"{language}/{name}.wav" for language, name in FILES}
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.wav")) < 2_000_000


def test_no_two_words_of_a_language_are_the_same_recording():
    for texts in map(words, ("en", "de")):
        assert len({word.tobytes() for word in texts.values()}) == len(texts)


def test_words_are_read_at_the_output_s_rate_without_a_change():
    word, samples = words("en")["7"], recorded("en", "7")
    assert word.size == 3 * samples.size
    assert RATE_HZ == 3 * 16_000
    np.testing.assert_allclose(word[::3], samples, atol=1e-6)
    assert np.abs(word).max() < 0.8
    with pytest.raises(ValueError, match="read-only"):
        word[0] = 1


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x04\x00\x00\x00WAVE", b"no sound at all" * 10])
def test_a_broken_recording_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "1.wav"
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"1\.wav is no WAV file"):
        _read(path)


def test_a_recording_of_another_shape_is_refused(tmp_path):
    path = tmp_path / "1.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(400))
    with pytest.raises(OSError, match="16 bit mono"):
        _read(path)


def test_making_a_word_takes_the_silence_away_and_gives_it_its_loudness():
    rng = np.random.default_rng(0)
    t = np.arange(4800) / 16_000
    vowel = np.sin(2 * np.pi * 200 * t) * np.hanning(4800) * 0.05
    said = np.concatenate([np.zeros(8000), vowel, np.zeros(8000)]) + 1e-7 * rng.standard_normal(20_800)
    word = equalised(trimmed(said))
    assert 4000 < word.size < 4900
    assert loudness_db(word) == pytest.approx(LOUDNESS_DB, abs=0.3)


def test_the_words_come_with_the_installed_program(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=100)
    installed = tmp_path / "installed"
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(installed)
    code = (
        "import monitor.sound.words as w; print(w.__file__);"
        "print(sum(len(w.words(language)) for language in w.TEXTS))"
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {code}"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    place, count = done.stdout.split()
    assert Path(place).is_relative_to(installed)
    assert int(count) == len(FILES)
