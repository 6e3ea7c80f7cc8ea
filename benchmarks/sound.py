"""Print when cues are heard, and what it costs to fill the blocks of a sound card.

    python benchmarks/sound.py [--seconds N]

No sound card is needed: a pretended one asks for 10 ms at a time in real time, through the code that a real
one calls, and what would have been heard is recorded. Each beat is then looked for in it by correlation with
the word or the tick itself. In the second half another thread keeps Python busy for 300 ms every second, as a
window does that hangs.
"""

from __future__ import annotations

import argparse
import threading
import time

import numpy as np

from benchmarks.sound_card import late_ms, pretended_loudspeaker, spread
from monitor.session import Cue, SoundMode, SoundSettings
from monitor.sound.output import BLOCK_FRAMES
from monitor.sound.schedule import Mixer, TimedCue
from monitor.sound.tones import RATE_HZ, sound
from monitor.sound.words import words

BEAT_S = 0.75
AHEAD_S = 1.0
STALL_S = 0.3
BUDGET_MS = 20.0
RENDERED_S = 60


def beats(seconds: float, mode: SoundMode, stall: bool) -> list[float | None]:
    """Return how late each beat was heard (ms), announced a second ahead; None: not heard."""
    with pretended_loudspeaker() as (speaker, opened):
        speaker.use(SoundSettings(mode))
        stop = threading.Event()
        hanging = threading.Thread(target=_hang, args=(stop,))
        if stall:
            hanging.start()
        first_s = time.monotonic() + AHEAD_S + 0.3
        due_s = [first_s + BEAT_S * number for number in range(int(seconds / BEAT_S))]
        for number, at_s in enumerate(due_s):
            time.sleep(max(0.0, at_s - AHEAD_S - time.monotonic()))
            speaker.play(((Cue("second", 0.0, number=1 + number % 10), round(at_s * 1e9)),))
        time.sleep(AHEAD_S + 1.0)
        stop.set()
        if stall:
            hanging.join()
        heard = opened[0].heard()
    spoken = words("en")
    return [
        late_ms(heard, sound("second") if mode == "tones" else spoken[str(1 + number % 10)], at_s)
        for number, at_s in enumerate(due_s)
    ]


def _hang(stop: threading.Event) -> None:
    while not stop.wait(1.0 - STALL_S):
        # Busy, not asleep: the hang holds Python's lock as real work would.
        until = time.monotonic() + STALL_S
        while time.monotonic() < until:
            sum(range(200))


def costs_ms() -> list[float]:
    """Return the CPU time (ms) of each block of a minute in which everything sounds that can."""
    mixer = Mixer()
    mixer.use(SoundSettings())
    costs: list[float] = []
    for block in range(RENDERED_S * RATE_HZ // BLOCK_FRAMES):
        start_ns = round(block * BLOCK_FRAMES * 1e9 / RATE_HZ)
        if block % 500 == 0:
            cues = [Cue("path", 0.0, lasts_s=5.0), Cue("lowering started", 0.0), Cue("target", 5.0, number=5)]
            cues += [Cue("second", float(second), number=second) for second in range(1, 5)]
            cues += [Cue("too fast", 2.4), Cue("signal lost", 2.5), Cue("set ended", 2.6)]
            mixer.play(tuple(TimedCue(start_ns + round(1e9 * cue.due_s), cue) for cue in cues))
        before_s = time.thread_time()
        mixer.mix(start_ns, BLOCK_FRAMES)
        costs.append(1e3 * (time.thread_time() - before_s))
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each of the four runs")
    seconds = parser.parse_args().seconds
    for stall in (False, True):
        print("a hang of 300 ms every second" if stall else "nothing else goes on")
        for mode in ("voice", "tones"):
            late = beats(seconds, mode, stall)
            print(f"  beats, {mode}: {spread(late)}   budget p99 {BUDGET_MS:.0f} ms")
    p50, p99 = np.percentile(costs_ms(), [50, 99])
    print(f"filling a block of 10 ms: p50 {p50:.2f}, p99 {p99:.2f} ms of one core   budget 1 ms")


if __name__ == "__main__":
    main()
