"""The loudspeaker: blocks of sound, filled from the schedule in the audio system's own thread."""

from __future__ import annotations

import logging
import time
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from monitor.engine import CueSink
from monitor.session import CueKind
from monitor.sound.schedule import Mixer, TimedCue
from monitor.sound.tones import RATE_HZ

log = logging.getLogger(__name__)

BLOCK_FRAMES = 480


@dataclass(frozen=True, slots=True)
class Silence:
    """Takes cues and makes no sound; `notice` says why."""

    notice: str | None = None

    def play(self, cues: tuple[tuple[CueKind, int], ...]) -> None:
        """Do nothing."""

    def hush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Loudspeaker:
    """Plays cues on the default output. Raises OSError where there is none."""

    def __init__(self) -> None:
        """Open the output; it runs from now on, so that the first cue does not wait for it."""
        try:
            import sounddevice
        except OSError as error:
            # The module looks for the PortAudio library when it is imported.
            raise OSError("the PortAudio library is missing") from error
        self._mixer = Mixer()
        self._notice: str | None = None
        self._closing = False
        try:
            self._stream: Any = sounddevice.OutputStream(
                samplerate=RATE_HZ,
                blocksize=BLOCK_FRAMES,
                channels=1,
                dtype="float32",
                latency="low",
                callback=self._fill,
                finished_callback=self._finished,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise OSError("no sound output was found") from error

    @property
    def notice(self) -> str | None:
        """A sentence once the output has gone."""
        return self._notice

    def play(self, cues: tuple[tuple[CueKind, int], ...]) -> None:
        """Play each cue at its instant."""
        self._mixer.play(tuple(TimedCue(host_ns, kind) for kind, host_ns in cues))

    def hush(self) -> None:
        """Drop the cues whose time has not come."""
        self._mixer.hush(time.monotonic_ns())

    def close(self) -> None:
        """Let go of the output."""
        self._closing = True
        self._stream.close()

    def _fill(self, out: np.ndarray, frames: int, times: Any, _status: object) -> None:
        ahead_s = times.outputBufferDacTime - times.currentTime
        if not 0.0 <= ahead_s < 1.0:
            # Some systems do not fill these times in.
            ahead_s = float(self._stream.latency)
        block, _ = self._mixer.mix(time.monotonic_ns() + round(ahead_s * 1e9), frames)
        out[:, 0] = block

    def _finished(self) -> None:
        if not self._closing:
            self._notice = "The sound output has gone: the set goes on without sounds."


def open_sound() -> CueSink:
    """Return the default loudspeaker, or silence with a notice that says why."""
    try:
        return Loudspeaker()
    except OSError as error:
        log.info("no sound: %s", error)
        return Silence(f"No sound: {error}.")


def write_wav(cues: tuple[tuple[CueKind, int], ...], path: Path, duration_s: float) -> None:
    """Render cues into a WAV file whose first sample stands for 0 ns. Raises OSError if that fails."""
    mixer = Mixer()
    mixer.play(tuple(TimedCue(host_ns, kind) for kind, host_ns in cues))
    blocks = [
        mixer.mix(round(block * BLOCK_FRAMES * 1e9 / RATE_HZ), BLOCK_FRAMES)[0]
        for block in range(int(np.ceil(duration_s * RATE_HZ / BLOCK_FRAMES)))
    ]
    samples = np.concatenate(blocks)[: round(duration_s * RATE_HZ)]
    with path.open("wb") as stream, wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
