"""Which cue starts at which sample: pure, on the engine's clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.session import CueKind
from monitor.sound.tones import RATE_HZ, Sound, sound

# A beat that comes later than this paces wrongly: better none. A verdict is still true when it is late.
STALE_NS = 150_000_000
PERISHABLE: frozenset[CueKind] = frozenset({"lowering started", "second", "target", "hold over"})


@dataclass(frozen=True, slots=True, order=True)
class TimedCue:
    """A cue and the instant (ns of the engine's clock) at which it should be heard."""

    host_ns: int
    kind: CueKind


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cues to come, the next one first."""

    pending: tuple[TimedCue, ...] = ()

    def add(self, cues: tuple[TimedCue, ...]) -> Schedule:
        """Return the schedule with more cues."""
        return replace(self, pending=tuple(sorted((*self.pending, *cues))))

    def hush(self, now_ns: int) -> Schedule:
        """Return the schedule without the cues whose time has not come at now_ns."""
        return replace(self, pending=tuple(cue for cue in self.pending if cue.host_ns <= now_ns))

    def take(self, start_ns: int, end_ns: int) -> tuple[tuple[TimedCue, ...], Schedule]:
        """Return the cues that begin to sound in [start_ns, end_ns), and the rest.

        Cues from before start_ns are among them, except beats that are too late to keep the time.
        """
        due = tuple(
            cue
            for cue in self.pending
            if cue.host_ns < end_ns and not (cue.kind in PERISHABLE and cue.host_ns < start_ns - STALE_NS)
        )
        return due, replace(self, pending=tuple(cue for cue in self.pending if cue.host_ns >= end_ns))


@dataclass(slots=True)
class _Voice:
    samples: Sound
    position: int


class Mixer:
    """Fills blocks of sound. One thread may `play` and `hush` while another one calls `mix`."""

    def __init__(self) -> None:
        """Start silent."""
        self._inbox: deque[tuple[TimedCue, ...] | int] = deque()
        self._schedule = Schedule()
        self._voices: list[_Voice] = []

    def play(self, cues: tuple[TimedCue, ...]) -> None:
        """Take cues over."""
        self._inbox.append(cues)

    def hush(self, now_ns: int) -> None:
        """Drop what is not due at now_ns."""
        self._inbox.append(now_ns)

    def mix(self, start_ns: int, frames: int) -> tuple[NDArray[np.float32], tuple[tuple[TimedCue, int], ...]]:
        """Return the next samples (frames,), and which cues began with the nanoseconds they were late.

        start_ns: when the first of the samples is heard.
        """
        while self._inbox:
            message = self._inbox.popleft()
            self._schedule = (
                self._schedule.hush(message) if isinstance(message, int) else self._schedule.add(message)
            )
        end_ns = start_ns + round(frames * 1e9 / RATE_HZ)
        due, self._schedule = self._schedule.take(start_ns, end_ns)
        for cue in due:
            wait = max(0, round((cue.host_ns - start_ns) * RATE_HZ / 1e9))
            self._voices.append(_Voice(sound(cue.kind), -min(wait, frames - 1)))
        block = np.zeros(frames, dtype=np.float32)
        for voice in self._voices:
            first = max(0, -voice.position)
            part = voice.samples[max(0, voice.position) : voice.position + frames]
            block[first : first + part.size] += part
            voice.position += frames
        self._voices = [voice for voice in self._voices if voice.position < voice.samples.size]
        started = tuple((cue, max(0, start_ns - cue.host_ns)) for cue in due)
        return np.clip(block, -1.0, 1.0, out=block), started
