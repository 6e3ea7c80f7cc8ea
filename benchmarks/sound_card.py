"""A sound card without hardware: it asks for blocks in real time, and keeps what would be heard and when."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.sound.output import Loudspeaker
from monitor.sound.tones import RATE_HZ

# Its clock began another day than the computer's.
CARD_CLOCK_S = 54_321.0
# What an audio system says of the time of a block is off by up to this, at random.
UNEVEN_S = 0.003
# A sound is looked for so far round the instant at which it should be heard.
SEARCH_S = 0.2
# What resembles a sound less than this is not it.
ALIKE = 0.6

Signal = NDArray[np.float32]


class PretendedStream:
    """Takes the place of `sounddevice.OutputStream`.

    A block that is not there in time is heard as soon as it is; what comes after it is heard later too.
    """

    def __init__(
        self,
        *,
        samplerate: int,
        blocksize: int,
        latency: float,
        callback: Callable[..., None],
        **_options: object,
    ) -> None:
        self.latency = latency
        self._block_s = blocksize / samplerate
        self._frames = blocksize
        self._callback = callback
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound card", daemon=True)
        self.blocks: list[tuple[float, Signal]] = []
        self.work_s: list[float] = []
        self.underruns = 0

    @property
    def time(self) -> float:
        return time.monotonic() + CARD_CLOCK_S

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.stall()
        if self._thread.is_alive():
            self._thread.join()

    def stall(self) -> None:
        """Ask for nothing any more, and tell nobody."""
        self._stop.set()

    def heard(self) -> tuple[float, Signal]:
        """Return when it began (s of the monotonic clock), and all samples that were heard from then on."""
        blocks = [*self.blocks]
        first_s = blocks[0][0]
        at = [round((heard_s - first_s) * RATE_HZ) for heard_s, _ in blocks]
        samples = np.zeros(at[-1] + self._frames, dtype=np.float32)
        for index, (_, block) in zip(at, blocks, strict=True):
            samples[index : index + block.size] = block
        return first_s, samples

    def _run(self) -> None:
        uneven = np.random.default_rng(1)
        heard_s = time.monotonic() + self.latency
        while not self._stop.wait(max(0.0, heard_s - self.latency - time.monotonic())):
            out = np.zeros((self._frames, 1), dtype=np.float32)
            told_s = heard_s + CARD_CLOCK_S + uneven.uniform(-UNEVEN_S, UNEVEN_S)
            times = SimpleNamespace(outputBufferDacTime=told_s, currentTime=self.time)
            cpu_s = time.thread_time()
            self._callback(out, self._frames, times, None)
            self.work_s.append(time.thread_time() - cpu_s)
            late_s = max(0.0, time.monotonic() - heard_s)
            self.underruns += late_s > 0.0
            heard_s += late_s
            self.blocks.append((heard_s, out[:, 0].copy()))
            heard_s += self._block_s


@contextmanager
def pretended_loudspeaker() -> Iterator[tuple[Loudspeaker, list[PretendedStream]]]:
    """Open the real loudspeaker on pretended streams, which come to be listed as they are opened."""
    opened: list[PretendedStream] = []

    def open_stream(**options: Any) -> PretendedStream:
        opened.append(PretendedStream(**options))
        return opened[-1]

    audio: Any = ModuleType("sounddevice")
    audio.PortAudioError = type("PortAudioError", (Exception,), {})
    audio.OutputStream = open_stream
    audio._terminate = audio._initialize = lambda: None
    before = sys.modules.get("sounddevice")
    sys.modules["sounddevice"] = audio
    try:
        speaker = Loudspeaker()
    finally:
        if before is None:
            del sys.modules["sounddevice"]
        else:
            sys.modules["sounddevice"] = before
    try:
        yield speaker, opened
    finally:
        speaker.close()


def late_ms(heard: tuple[float, Signal], sound: Signal, due_s: float) -> float | None:
    """Return how late a sound was heard that was due at due_s; None where it was not heard.

    By correlation of what was heard with the sound itself.
    """
    began_s, samples = heard
    first = round((due_s - SEARCH_S - began_s) * RATE_HZ)
    last = first + round(2 * SEARCH_S * RATE_HZ) + sound.size
    if first < 0 or last > samples.size:
        return None
    part = samples[first:last].astype(float)
    size = 2 ** int(np.ceil(np.log2(part.size)))
    alike = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(sound, size)), size)
    alike = alike[: part.size - sound.size + 1]
    energy = np.concatenate([[0.0], np.cumsum(part**2)])
    energy = energy[sound.size :] - energy[: -sound.size]
    # Something louder may have more in common with the sound, but it is not like it.
    own = float(np.sum(sound.astype(float) ** 2))
    alike[alike < ALIKE * np.sqrt(np.maximum(energy * own, 1e-12))] = 0.0
    at = int(np.argmax(alike))
    if alike[at] == 0.0:
        return None
    return 1e3 * ((first + at) / RATE_HZ + began_s - due_s)


def spread(late: Sequence[float | None]) -> str:
    """Return how late sounds were, in words."""
    heard = np.array([each for each in late if each is not None])
    missed = f", {len(late) - heard.size} NOT HEARD" if heard.size < len(late) else ""
    if heard.size == 0:
        return f"none of {len(late)} heard"
    p50, p99 = np.percentile(np.abs(heard), [50, 99])
    return (
        f"{len(late)}, off by {p50:.1f} ms (median), p99 {p99:.1f} ms, "
        f"from {heard.min():+.1f} to {heard.max():+.1f} ms{missed}"
    )
