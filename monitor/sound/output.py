"""The loudspeaker: blocks of sound, filled from the schedule in the audio system's own thread."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import wave
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from monitor.engine import CueSink
from monitor.session import Cue, SoundSettings
from monitor.sound.schedule import Mixer, OutputClock, TimedCue
from monitor.sound.tones import RATE_HZ

log = logging.getLogger(__name__)

BLOCK_FRAMES = 480
# Beats are announced and lose nothing by it, a verdict comes so much later. It is what bridges the times in
# which another thread keeps Python busy.
LATENCY_S = 0.06
# An output that asks for nothing for so long has gone: some systems do not say so.
LOOK_S = 2.0
# A device that is plugged in again is found; the search becomes slower and ends.
LONGEST_RETRY_S = 60.0
MOST_RETRIES = 20
CLOSE_LIMIT_S = 5.0

NO_OUTPUT = "No sound: no sound output was found."
GONE = "The sound output has gone: the set goes on without sounds."
NO_WORDS = "The spoken words could not be read: tones instead. Install the program again."
NO_LIBRARY = "the PortAudio library is missing"
NO_START = "the computer's sound does not start"
NOTICES = (NO_OUTPUT, GONE, NO_WORDS, *(f"No sound: {why}." for why in (NO_LIBRARY, NO_START)))
"""Every sentence that a person may see of it."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Takes cues and makes no sound; `notice` says why."""

    notice: str | None = None

    def use(self, settings: SoundSettings) -> None:
        """Do nothing."""

    def play(self, cues: tuple[tuple[Cue, int], ...]) -> None:
        """Do nothing."""

    def hush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Loudspeaker:
    """Plays cues on the default output, and looks for one while there is none.

    Raises OSError where PortAudio is missing or does not start.
    """

    def __init__(self) -> None:
        """Open the output; it runs from now on, so that the first cue does not wait for it."""
        try:
            import sounddevice
        except OSError as error:
            # The module looks for the PortAudio library when it is imported.
            raise OSError(NO_LIBRARY) from error
        except Exception as error:
            raise OSError(NO_START) from error
        self._audio: Any = sounddevice
        self._mixer = Mixer()
        self._words_missing: str | None = None
        self._output_missing: str | None = None
        self._stream: Any = None
        self._clock = OutputClock()
        self._asked = False
        self._closing = threading.Event()
        if not self._open():
            self._output_missing = NO_OUTPUT
            log.info("no sound output was found")
        self._watch = threading.Thread(target=self._keep_open, name="sound output", daemon=True)
        self._watch.start()

    @property
    def notice(self) -> str | None:
        """A sentence while nothing is heard, or not all."""
        return self._output_missing or self._words_missing

    def use(self, settings: SoundSettings) -> None:
        """Play what comes from now on in this way; without the words, with tones."""
        try:
            self._mixer.use(settings)
            self._words_missing = None
        except OSError as error:
            log.warning("no spoken words: %s", error)
            self._words_missing = NO_WORDS
            self._mixer.use(replace(settings, mode="tones"))

    def play(self, cues: tuple[tuple[Cue, int], ...]) -> None:
        """Play each cue at its instant."""
        if self._stream is not None:
            self._mixer.play(tuple(TimedCue(host_ns, cue) for cue, host_ns in cues))

    def hush(self) -> None:
        """Drop the cues whose time has not come, and let those fade that pace something."""
        self._mixer.hush(time.monotonic_ns())

    def close(self) -> None:
        """Let go of the output."""
        self._closing.set()
        self._watch.join(CLOSE_LIMIT_S)
        self._let_go()

    # -- the audio system's thread -------------------------------------------------------------------------

    def _fill(self, out: np.ndarray, frames: int, times: Any, _status: object) -> None:
        self._asked = True
        told_ns = time.monotonic_ns() + round(1e9 * self._ahead_s(times))
        out[:, 0] = self._mixer.mix(self._clock.heard_ns(told_ns, frames), frames)

    def _ahead_s(self, times: Any) -> float:
        # Not `times.currentTime`: this code may have waited for Python's lock since then.
        ahead_s = times.outputBufferDacTime - self._stream.time
        # Some systems do not fill these times in.
        return ahead_s if -1.0 < ahead_s < 1.0 else float(self._stream.latency)

    # -- the watching thread -------------------------------------------------------------------------------

    def _keep_open(self) -> None:
        retries, wait_s = 0, LOOK_S
        while not self._closing.wait(wait_s):
            if self._asked:
                self._asked, self._output_missing = False, None
                retries, wait_s = 0, LOOK_S
                continue
            if self._stream is not None:
                self._output_missing = GONE
                log.warning("the sound output has gone")
                self._let_go()
            if retries == MOST_RETRIES:
                return
            retries, wait_s = retries + 1, min(2.0 * wait_s, LONGEST_RETRY_S)
            if self._look_again() and self._open():
                wait_s = LOOK_S

    def _look_again(self) -> bool:
        """Let PortAudio make its list of devices anew: it does so only when it starts."""
        with contextlib.suppress(self._audio.PortAudioError):
            self._audio._terminate()
        try:
            self._audio._initialize()
        except self._audio.PortAudioError:
            return False
        return True

    def _open(self) -> bool:
        try:
            stream = self._audio.OutputStream(
                samplerate=RATE_HZ,
                blocksize=BLOCK_FRAMES,
                channels=1,
                dtype="float32",
                latency=LATENCY_S,
                callback=self._fill,
            )
            self._stream, self._clock = stream, OutputClock()
            stream.start()
        except self._audio.PortAudioError:
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            stream.close()
        except self._audio.PortAudioError:
            log.info("the sound output did not close in order")


def open_sound() -> CueSink:
    """Return the default loudspeaker, or silence with a notice that says why. Close it after use."""
    try:
        return Loudspeaker()
    except OSError as error:
        log.info("no sound: %s", error)
        return Silence(f"No sound: {error}.")


def rendered(cues: tuple[tuple[Cue, int], ...], duration_s: float, settings: SoundSettings) -> np.ndarray:
    """Return what is heard of cues, (n,) float32 at RATE_HZ, whose first sample stands for 0 ns.

    Raises OSError if the words cannot be read.
    """
    mixer = Mixer()
    mixer.use(settings)
    mixer.play(tuple(TimedCue(host_ns, cue) for cue, host_ns in cues))
    blocks = [
        mixer.mix(round(block * BLOCK_FRAMES * 1e9 / RATE_HZ), BLOCK_FRAMES)
        for block in range(int(np.ceil(duration_s * RATE_HZ / BLOCK_FRAMES)))
    ]
    return np.concatenate(blocks)[: round(duration_s * RATE_HZ)]


def write_wav(
    cues: tuple[tuple[Cue, int], ...],
    path: Path,
    duration_s: float,
    settings: SoundSettings | None = None,
) -> None:
    """Render cues into a WAV file whose first sample stands for 0 ns. Raises OSError if that fails."""
    samples = rendered(cues, duration_s, settings or SoundSettings())
    with path.open("wb") as stream, wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
