"""Which cue starts at which sample: pure, on the engine's clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from monitor.session import Cue, CueKind, SoundMode, SoundSettings
from monitor.sound.tones import RATE_HZ, TONES, Glide, Sound, sound
from monitor.sound.words import word_of, words

# What goes with a movement: too late it paces wrongly, and once the movement is over it is wrong.
PACING: frozenset[CueKind] = frozenset({"lowering started", "path", "second", "target", "hold over", "lift"})
STALE_NS = 150_000_000
# A verdict is still true when it is late, but nobody wants to hear those of the last minute.
OLD_NS = 2_000_000_000

WITH_TONES: frozenset[SoundMode] = frozenset({"voice and tones", "tones"})
WITH_VOICE: frozenset[SoundMode] = frozenset({"voice and tones", "voice"})

FADE = round(0.04 * RATE_HZ)
RAMP = round(0.05 * RATE_HZ)
# While a word sounds the tones have this share of their amplitude.
DUCKED = 0.3
DUCK_IN = round(0.015 * RATE_HZ)
DUCK_OUT = round(0.12 * RATE_HZ)
# A word follows its tone when the tone is mostly over.
TONE_FIRST = 0.75
# One word after the other; what would have to wait longer than this is not said.
LONGEST_WAIT = 2 * RATE_HZ
# Up to here the sum is left as it is; beyond it is bent, and never reaches the ceiling.
KNEE, CEILING = 0.8, 0.98
# A block is heard when the last one is over. What the audio system says of it is taken with this share of
# trust, and altogether where it says that something has stopped in between.
TRUST = 0.05
STOPPED_NS = 8_000_000

Block = NDArray[np.float32]
Gain = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TimedCue:
    """A cue and the instant (ns of the engine's clock) at which it should be heard."""

    host_ns: int
    cue: Cue

    @property
    def pacing(self) -> bool:
        """Whether it goes with a movement."""
        return self.cue.kind in PACING

    def too_late(self, now_ns: int) -> bool:
        """Whether it must not begin at now_ns any more."""
        limit_ns = STALE_NS if self.pacing else OLD_NS
        return self.host_ns < now_ns - max(limit_ns, round(1e9 * self.cue.lasts_s))


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cues to come, the next one first."""

    pending: tuple[TimedCue, ...] = ()

    def add(self, cues: tuple[TimedCue, ...]) -> Schedule:
        """Return the schedule with more cues."""
        return replace(self, pending=tuple(sorted((*self.pending, *cues), key=lambda cue: cue.host_ns)))

    def hush(self, now_ns: int) -> Schedule:
        """Return the schedule without what paces, and without the cues whose time has not come at now_ns."""
        kept = (cue for cue in self.pending if cue.host_ns <= now_ns and not cue.pacing)
        return replace(self, pending=tuple(kept))

    def take(self, start_ns: int, end_ns: int) -> tuple[tuple[TimedCue, ...], Schedule]:
        """Return the cues that begin to sound in [start_ns, end_ns), and the rest.

        Cues from before start_ns are among them, unless they are too late.
        """
        due = tuple(cue for cue in self.pending if cue.host_ns < end_ns and not cue.too_late(start_ns))
        return due, replace(self, pending=tuple(cue for cue in self.pending if cue.host_ns >= end_ns))


@dataclass(slots=True)
class OutputClock:
    """When the blocks of an output are heard: evenly one after the other."""

    _next_ns: float | None = None

    def heard_ns(self, told_ns: int, frames: int) -> int:
        """Return when the next block of so many frames is heard. told_ns: what the audio system says."""
        at_ns = float(told_ns)
        if self._next_ns is not None and abs(told_ns - self._next_ns) < STOPPED_NS:
            at_ns = self._next_ns + TRUST * (told_ns - self._next_ns)
        self._next_ns = at_ns + frames * 1e9 / RATE_HZ
        return round(at_ns)


@dataclass(slots=True)
class _Sounding:
    """Something that sounds: its first sample is the output's frame `start`, it is heard in [first, end)."""

    source: Sound | Glide
    pacing: bool
    word: bool
    start: int
    first: int
    end: int
    fades_from: int | None = None

    def fade(self, at: int) -> None:
        if at <= self.first:
            self.end = self.first
        elif self.fades_from is None:
            self.fades_from = at
            self.end = min(self.end, at + FADE)

    def add_to(self, block: Gain, at: int, gain: Gain) -> None:
        first, last = max(at, self.first), min(at + block.size, self.end)
        if first >= last:
            return
        a, b = first - self.start, last - self.start
        part = self.source.samples(a, b) if isinstance(self.source, Glide) else self.source[a:b]
        here = slice(first - at, last - at)
        shaped = part * gain[here]
        if self.fades_from is not None:
            shaped *= np.clip(1.0 - (np.arange(first, last) - self.fades_from) / FADE, 0.0, 1.0)
        block[here] += shaped

    def covers(self, frames: NDArray[np.int64]) -> Gain:
        """How much of a word is there (0-1), from which the tones make room for it."""
        rise = np.clip((frames - self.first) / DUCK_IN, 0.0, 1.0)
        fall = np.clip(1.0 - (frames - self.end) / DUCK_OUT, 0.0, 1.0)
        return np.minimum(rise, fall)


@dataclass(frozen=True, slots=True)
class _Way:
    """Settings with the words they need."""

    settings: SoundSettings
    said: dict[str, Sound] = field(default_factory=dict)


class Mixer:
    """Fills blocks of sound. One thread may `use`, `play` and `hush` while another one calls `mix`.

    What is heard does not depend on the size of the blocks. Never two words at a time: a number that would
    meet another word is not said, another word waits. The output stays below 1 whatever comes together.
    """

    def __init__(self) -> None:
        """Start silent, with tones only."""
        self._inbox: deque[tuple[TimedCue, ...] | int | _Way] = deque()
        self._schedule = Schedule()
        self._way = _Way(SoundSettings("tones"))
        self._sounding: list[_Sounding] = []
        self._at = 0
        self._said_until = 0
        self._volume = (1.0, 1.0, -RAMP)
        # Made here: the audio thread has no time for it.
        for kind in TONES:
            sound(kind)

    def use(self, settings: SoundSettings) -> None:
        """Play in this way from now on. Raises OSError, and changes nothing, if its words cannot be read."""
        needed = dict(words(settings.language)) if settings.mode in WITH_VOICE else {}
        self._inbox.append(_Way(settings, needed))

    def play(self, cues: tuple[TimedCue, ...]) -> None:
        """Take cues over."""
        self._inbox.append(cues)

    def hush(self, now_ns: int) -> None:
        """Drop what is not due at now_ns, and let what paces fade."""
        self._inbox.append(now_ns)

    def mix(self, start_ns: int, frames: int) -> Block:
        """Return the next samples (frames,), below 1. start_ns: when the first of them is heard."""
        while self._inbox:
            self._heed(self._inbox.popleft())
        due, self._schedule = self._schedule.take(start_ns, start_ns + round(frames * 1e9 / RATE_HZ))
        for cue in due:
            self._begin(cue.cue, self._at + round((cue.host_ns - start_ns) * RATE_HZ / 1e9))
        at, self._at = self._at, self._at + frames
        if not self._sounding:
            return np.zeros(frames, dtype=np.float32)
        mixed = self._mixed(at, frames)
        self._sounding = [each for each in self._sounding if each.end + DUCK_OUT * each.word > self._at]
        return mixed

    def _mixed(self, at: int, frames: int) -> Block:
        block, numbers = np.zeros(frames), np.arange(at, at + frames)
        whole, tones = np.ones(frames), np.ones(frames)
        for each in self._sounding:
            if each.word:
                tones = np.minimum(tones, 1.0 - (1.0 - DUCKED) * each.covers(numbers))
        for each in self._sounding:
            each.add_to(block, at, whole if each.word else tones)
        over = np.abs(block) - KNEE
        if over.max() > 0.0:
            bent = KNEE + (CEILING - KNEE) * np.tanh(np.maximum(over, 0.0) / (CEILING - KNEE))
            block = np.where(over > 0.0, np.sign(block) * bent, block)
        before, after, since = self._volume
        block *= before + (after - before) * np.clip((numbers - since) / RAMP, 0.0, 1.0)
        return block.astype(np.float32)

    def _heed(self, message: tuple[TimedCue, ...] | int | _Way) -> None:
        if isinstance(message, _Way):
            before, after, since = self._volume
            now = before + (after - before) * min(1.0, (self._at - since) / RAMP)
            # Only what sounds can click.
            now = now if self._sounding else message.settings.volume
            self._volume = (now, message.settings.volume, self._at)
            self._way = message
            mode = message.settings.mode
            for each in self._sounding:
                if mode not in (WITH_VOICE if each.word else WITH_TONES):
                    each.fade(self._at)
        elif isinstance(message, int):
            self._schedule = self._schedule.hush(message)
            for each in self._sounding:
                if each.pacing:
                    each.fade(self._at)
        else:
            self._schedule = self._schedule.add(message)
        self._sounding = [each for each in self._sounding if each.end > each.first]
        self._said_until = max((each.end for each in self._sounding if each.word), default=0)

    def _begin(self, cue: Cue, at: int) -> None:
        mode, pacing = self._way.settings.mode, cue.kind in PACING
        begins = max(at, self._at)
        name = word_of(cue) if mode in WITH_VOICE else None
        word = None if name is None else self._way.said.get(name)
        # A number has to be said on its second. Anything else is understood better after its tone than in it.
        after = 0 if pacing or mode not in WITH_TONES else round(TONE_FIRST * sound(cue.kind).size)
        said = word is not None and self._say(word, begins + after, pacing)
        if mode not in WITH_TONES or (said and cue.kind == "second"):
            return
        if cue.kind == "path":
            size = round(cue.lasts_s * RATE_HZ)
            if begins - at < size:
                self._sounding.append(
                    _Sounding(Glide(size, begins - at), pacing, False, at, begins, at + size)
                )
            return
        tone = sound(cue.kind)
        self._sounding.append(_Sounding(tone, pacing, False, begins, begins, begins + tone.size))

    def _say(self, word: Sound, at: int, pacing: bool) -> bool:
        begins = max(at, self._said_until)
        if begins - at > (0 if pacing else LONGEST_WAIT):
            return False
        self._said_until = begins + word.size
        self._sounding.append(_Sounding(word, pacing, True, begins, begins, self._said_until))
        return True
