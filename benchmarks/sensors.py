"""Stream every kind of virtual sensor at its top rate over the virtual radio and print what was lost.

    python benchmarks/sensors.py [--seconds N] [MODEL ...]

Sent and received are samples of the accelerometer, counted in the verbatim notifications, from the first one
that the driver let through to the last one before the sensor fell silent. CPU time is that from a
notification's bytes to samples with times (decoder and clock), as a share of one core. The share of the whole
process holds the virtual sensor and radio too, which a real computer does not have. Exit code 1 if anything
was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from analysis.samples import ImuSamples
from analysis.simulate import demo_session
from drivers import registry
from drivers.link import BleSource, LinkTiming
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus
from drivers.virtual.catalogue import MODELS, Model
from drivers.virtual.room import VirtualRoom, open_virtual_room
from drivers.virtual.twin import VirtualSensor

_DRAINED_S = 0.4
_SET_UP_WITHIN_S = 30.0


@dataclass(slots=True)
class Flow:
    """One virtual sensor that streams, and everything that came of it.

    sent: its notifications, verbatim, by the characteristics in notified. connections: of each connection the
    notifications that its driver let through (what it read is none). parts: the samples made of them, in
    cpu_s seconds. count: of samples with times so far.
    """

    model: Model
    twin: VirtualSensor
    source: BleSource
    sent: list[bytes] = field(default_factory=list[bytes])
    notified: set[str] = field(default_factory=set[str])
    connections: list[list[bytes]] = field(default_factory=list[list[bytes]])
    parts: list[ImuSamples] = field(default_factory=list[ImuSamples])
    count: int = 0
    texts: list[str] = field(default_factory=list[str])
    stream: SampleStream | None = None
    cpu_s: float = 0.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Take everything that comes, until cancelled."""
        packets = self.source.packets()
        try:
            async for item in packets:
                self._changed.set()
                if isinstance(item, LinkStatus):
                    self.texts.append(item.text)
                    if item.state == "streaming":
                        self.connections.append([])
                        self.stream = self.stream or SampleStream(self.source.info)
                elif item.characteristic.lower() in self.notified:
                    self.connections[-1].append(item.payload)
                if self.stream is None:
                    continue
                start_ns = time.thread_time_ns()
                part = self.stream.step(item)
                self.cpu_s += (time.thread_time_ns() - start_ns) / 1e9
                if part is not None:
                    self.parts.append(part)
                    self.count += len(part)
        finally:
            await packets.aclose()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for something that only a new item can bring."""
        while not done():
            self._changed.clear()
            await self._changed.wait()

    async def fall_silent(self) -> None:
        """Mute the sensor, wait until nothing is under way."""
        self.twin.muted = True
        with contextlib.suppress(TimeoutError):
            while True:
                self._changed.clear()
                async with asyncio.timeout(_DRAINED_S):
                    await self._changed.wait()
        # What it answers to a farewell is no part of the stream.
        self.twin.on_notification = None


def moved(model: Model, samples: ImuSamples) -> VirtualSensor:
    """Return a sensor in the midst of a movement: at rest its notifications would be alike."""
    return model.sensor(samples, lead_s=-1.0)


def flow(model: Model, twin: VirtualSensor, room: VirtualRoom, timing: LinkTiming | None = None) -> Flow:
    """Return a flow at the top rate of the driver."""
    top_hz = registry.sensor(model.driver).rates_hz[-1]
    source = BleSource(model.found, rate_hz=top_hz, backend=room.backend, timing=timing)
    made = Flow(model, twin, source)

    def note(characteristic: str, payload: bytes) -> None:
        made.notified.add(characteristic.lower())
        made.sent.append(payload)

    twin.on_notification = note
    return made


def rows(driver: str, payloads: list[bytes]) -> list[int]:
    """Return how many samples of the accelerometer each notification of a connection holds."""
    decoder = registry.decoder(driver)
    state = decoder.initial_state()
    counts: list[int] = []
    for payload in payloads:
        decoded, state = decoder.decode(payload, state)
        counts.append(len(decoded.acc_mps2))
    return counts


def since_kept(sent: list[bytes], kept: list[bytes]) -> int:
    """Return the place in sent from which a driver kept what came.

    An answer may come twice in the same words: the place is the one that agrees for the longest.
    """

    def agrees(place: int) -> int:
        pairs = zip(sent[place:], kept, strict=False)
        return next((n for n, (one, other) in enumerate(pairs) if one != other), len(kept))

    return max((place for place, each in enumerate(sent) if each == kept[0]), key=agrees)


@dataclass(frozen=True, slots=True)
class Row:
    """What is printed of one model; whole says that nothing was lost, altered or sent twice."""

    figures: str
    whole: bool


async def measure(name: str, samples: ImuSamples, seconds: float) -> Row:
    model = MODELS[name]
    twin = moved(model, samples)
    async with open_virtual_room(twin) as room:
        made = flow(model, twin, room)
        task = asyncio.create_task(made.run())
        async with asyncio.timeout(_SET_UP_WITHIN_S):
            await made.until(lambda: made.count > 0)
        packets, cpu_s = len(made.connections[0]), made.cpu_s
        start_s, process_s = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        span_s = time.monotonic() - start_s
        process_s = time.process_time() - process_s
        packets, cpu_s = len(made.connections[0]) - packets, made.cpu_s - cpu_s
        await made.fall_silent()
        task.cancel()
        await asyncio.wait([task])
    received = made.connections[0]
    first = since_kept(made.sent, received)
    sent_count = sum(rows(model.driver, made.sent)[first:])
    count = sum(rows(model.driver, received))
    figures = (
        f"{name:14s} {made.source.info.rate_hz or 0.0:5.0f} {sent_count:7d} {count:8d}"
        f" {sent_count - count:5d}"
        f" {packets / span_s:8.1f} {1e6 * cpu_s / packets:7.0f}"
        f" {100 * cpu_s / span_s:8.2f} {100 * process_s / span_s:8.1f}"
    )
    return Row(figures, made.sent[first:] == received and len(made.connections) == 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(MODELS)}")
    wanted = parser.parse_args()
    names = wanted.models or list(MODELS)
    if unknown := [each for each in names if each not in MODELS]:
        parser.error(f"there is no {', '.join(unknown)}")
    samples = demo_session().samples
    print(f"{wanted.seconds:g} s each, simulated movement, virtual radio")
    print("model           rate    sent received  lost  packets  us CPU    CPU %    CPU %")
    print("                  Hz samples  samples          per s a packet  driver  process")
    whole = True
    for name in names:
        row = asyncio.run(measure(name, samples, wanted.seconds))
        print(row.figures + ("" if row.whole else "   NOT ALL THAT WAS SENT"), flush=True)
        whole = whole and row.whole
    return int(not whole)


if __name__ == "__main__":
    sys.exit(main())
