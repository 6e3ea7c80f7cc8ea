"""The sounds themselves: short, told apart by rhythm and direction, not only by pitch.

The words say the same (`monitor.sound.words`). The person lies on the floor with the loudspeaker somewhere in
the room: everything stays between 300 and 2000 Hz, where small loudspeakers and older ears work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitor.session import CueKind

RATE_HZ = 48_000
PEAK = 0.5
# Shorter flanks click.
ATTACK_S = 0.004
RELEASE_S = 0.012

# The path falls by an octave from here: it ends where it began, only lower, as the body does.
PATH_HZ = 660.0
# It accompanies: under the voice and under every other tone.
PATH_PEAK = 0.1
PATH_FLANK_S = 0.06

Sound = NDArray[np.float32]

# Each sound: (start s, length s, frequency Hz, relative loudness, decays). Rising: good or beginning;
# falling: too fast, over or lost; level: neutral.
_NOTES: dict[CueKind, tuple[tuple[float, float, float, float, bool], ...]] = {
    "good": ((0.00, 0.08, 880.0, 0.8, True), (0.10, 0.08, 880.0, 0.8, True), (0.20, 0.22, 1318.5, 0.8, True)),
    "do it again": (
        (0.00, 0.10, 466.2, 0.9, False),
        (0.11, 0.12, 349.2, 0.9, True),
        (0.34, 0.10, 466.2, 0.9, False),
        (0.45, 0.20, 349.2, 0.9, True),
    ),
    "hold still": ((0.00, 0.50, 392.0, 0.8, False),),
    "set started": ((0.00, 0.14, 523.3, 0.8, False), (0.16, 0.26, 784.0, 0.9, True)),
    "lowering started": ((0.00, 0.09, 1046.5, 0.9, False),),
    "second": ((0.00, 0.045, 1318.5, 0.7, True),),
    "target": ((0.00, 0.16, 784.0, 0.6, False), (0.00, 0.16, 1174.7, 0.6, False)),
    "lift": ((0.00, 0.08, 523.3, 0.8, False), (0.09, 0.16, 698.5, 0.8, True)),
    "top": (
        (0.00, 0.06, 784.0, 0.8, False),
        (0.07, 0.06, 1046.5, 0.8, False),
        (0.14, 0.14, 784.0, 0.8, True),
    ),
    "hold": ((0.00, 0.30, 587.3, 0.7, False),),
    "hold over": ((0.00, 0.07, 659.3, 0.8, True), (0.10, 0.07, 659.3, 0.8, True)),
    "in band": ((0.00, 0.10, 784.0, 0.8, False), (0.11, 0.24, 1174.7, 0.8, True)),
    "too fast": (
        (0.00, 0.07, 880.0, 0.9, False),
        (0.08, 0.07, 698.5, 0.9, False),
        (0.16, 0.18, 523.3, 0.9, True),
    ),
    "slower": ((0.00, 0.34, 440.0, 0.8, True),),
    "not measured": ((0.00, 0.09, 349.2, 0.9, False), (0.17, 0.09, 349.2, 0.9, False)),
    "last one": (
        (0.00, 0.07, 1046.5, 0.8, True),
        (0.12, 0.07, 1046.5, 0.8, True),
        (0.24, 0.07, 1046.5, 0.8, True),
    ),
    "set ended": (
        (0.00, 0.14, 784.0, 0.8, False),
        (0.16, 0.14, 659.3, 0.8, False),
        (0.32, 0.34, 523.3, 0.9, True),
    ),
    "rest over": (
        (0.00, 0.12, 523.3, 0.8, False),
        (0.14, 0.12, 659.3, 0.8, False),
        (0.28, 0.30, 784.0, 0.9, True),
    ),
    "signal lost": (
        (0.00, 0.12, 440.0, 0.9, False),
        (0.18, 0.12, 392.0, 0.9, False),
        (0.36, 0.40, 311.1, 1.0, True),
    ),
    "signal back": ((0.00, 0.10, 392.0, 0.8, False), (0.12, 0.22, 587.3, 0.8, True)),
    "sample": (
        (0.00, 0.10, 523.3, 0.8, False),
        (0.12, 0.10, 659.3, 0.8, False),
        (0.24, 0.30, 523.3, 0.8, True),
    ),
    "stop": (
        (0.00, 0.22, 311.1, 1.0, False),
        (0.30, 0.22, 311.1, 1.0, False),
        (0.60, 0.36, 311.1, 1.0, False),
    ),
}

# The cues that have a tone of their own.
TONES: tuple[CueKind, ...] = tuple(_NOTES)


@dataclass(frozen=True, slots=True)
class Glide:
    """A tone that falls by an octave, evenly to the ear, over `size` samples: where one should be by now.

    enters: the sample from which it is heard, where it is known of only after its start.
    """

    size: int
    enters: int = 0

    def samples(self, first: int, last: int) -> Sound:
        """Return the samples (last - first,); enters <= first <= last <= size."""
        n = np.arange(first, last)
        share = n / self.size
        # The integral of PATH_HZ * 2 ** -share.
        phase = 2 * np.pi * PATH_HZ * self.size / RATE_HZ * (1 - 2.0**-share) / np.log(2)
        flank = PATH_FLANK_S * RATE_HZ
        shape = np.minimum(1.0, (n - self.enters) / flank) * np.minimum(1.0, (self.size - n) / flank)
        wave = (np.sin(phase) + 0.25 * np.sin(2 * phase)) / 1.25
        return (PATH_PEAK * wave * shape).astype(np.float32)


@cache
def sound(kind: CueKind) -> Sound:
    """Return the samples (n,) of a cue at RATE_HZ, within +-PEAK. The array is read only.

    Not of the path, which is a `Glide`.
    """
    notes = _NOTES[kind]
    end_s = max(start + length for start, length, *_ in notes)
    samples = np.zeros(round(end_s * RATE_HZ), dtype=np.float64)
    for start_s, length_s, frequency_hz, loudness, decays in notes:
        note = loudness * _note(length_s, frequency_hz, decays)
        first = round(start_s * RATE_HZ)
        samples[first : first + note.size] += note[: samples.size - first]
    samples *= PEAK / np.abs(samples).max() * max(note[3] for note in notes)
    made = samples.astype(np.float32)
    made.flags.writeable = False
    return made


def _note(length_s: float, frequency_hz: float, decays: bool) -> NDArray[np.float64]:
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    # A little of the octave and the twelfth makes a sine easier to locate and to hear on small loudspeakers.
    wave = sum(
        weight * np.sin(2 * np.pi * multiple * frequency_hz * t)
        for multiple, weight in ((1, 1.0), (2, 0.25), (3, 0.1))
    )
    shape = np.minimum(1.0, t / ATTACK_S) * np.minimum(1.0, (length_s - t) / RELEASE_S)
    if decays:
        shape *= np.exp(-3.0 * t / length_s)
    return np.asarray(wave * shape)
