"""Print the CPU time from the bytes of one notification to its samples, for every sensor.

    python benchmarks/decode.py [--repeats N]

The notifications are those of the virtual sensors at their top rate. The peer is what one writes first: a
loop that unpacks and scales field by field with `struct`, for as many numbers as the notification holds, run
in turn with the decoder. CPU time of this thread, median over the repeats.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.samples import ImuSamples
from drivers import registry
from drivers.decoded import DecodeError
from drivers.link import BleSource
from drivers.source import LinkStatus
from drivers.virtual.catalogue import MODELS, Model
from drivers.virtual.radio import RadioConditions
from drivers.virtual.room import open_virtual_room

BUDGET_US = 2.0
WANTED = 40
TOP_HZ = 1000.0
G_MPS2 = 9.80665


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sensor sent: its driver and payloads in their order."""

    driver: str
    payloads: tuple[bytes, ...]


def movement() -> ImuSamples:
    """Return a minute of a smooth movement."""
    t = np.arange(0.0, 60.0, 0.005)
    angle = np.sin(t)
    acc = G_MPS2 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(7 * t)])
    return ImuSamples(t, acc, np.column_stack([0.1 * np.sin(5 * t), 0.1 * np.cos(3 * t), np.cos(t)]))


async def listen(model: Model) -> Heard:
    """Connect to a virtual sensor and keep what it sends."""
    payloads: list[bytes] = []
    async with open_virtual_room(model.sensor(movement()), conditions=RadioConditions()) as room:
        source = BleSource(model.found, rate_hz=TOP_HZ, backend=room.backend)
        packets = source.packets()
        async with asyncio.timeout(60.0):
            while len(payloads) < WANTED:
                item = await anext(packets)
                if not isinstance(item, LinkStatus):
                    payloads.append(item.payload)
        await packets.aclose()
    return Heard(model.driver, tuple(payloads))


def decode_all(heard: Heard) -> int:
    """Decode what was heard from its beginning; return the number of samples."""
    decoder = registry.decoder(heard.driver)
    state = decoder.initial_state()
    count = 0
    for payload in heard.payloads:
        try:
            decoded, state = decoder.decode(payload, state)
        except DecodeError:
            continue
        count += len(decoded.acc_mps2) or (0 if decoded.gyr_radps is None else len(decoded.gyr_radps))
    return count


def loop_all(heard: Heard, numbers: int, size: int) -> float:
    """Unpack and scale as many numbers in each notification, one at a time."""
    total = 0.0
    kind = "<f" if size == 4 else "<h"
    for payload in heard.payloads:
        for at in range(0, min(numbers * size, len(payload) // size * size), size):
            total += struct.unpack_from(kind, payload, at)[0] * 0.001
    return total


def per_notification_us(work: Callable[[], object], count: int, repeats: int) -> float:
    """Return the median CPU time, in microseconds a notification."""
    taken: list[float] = []
    for _ in range(repeats):
        start = time.thread_time_ns()
        work()
        taken.append((time.thread_time_ns() - start) / 1e3 / count)
    return statistics.median(taken)


def main() -> None:
    """Measure every sensor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    repeats = parser.parse_args().repeats
    print(f"{'sensor':14}{'samples':>8}{'decoder us':>12}{'loop us':>9}{'loop/decoder':>14}")
    for name, model in MODELS.items():
        heard = asyncio.run(listen(model))
        count = len(heard.payloads)
        samples = decode_all(heard) / count
        size = 4 if model.driver in ("movesense", "movella_dot") else 2
        halves = registry.decoder(model.driver).two_streams
        numbers = max(round(samples), 1) * (3 if halves else 6)
        decoder_us = per_notification_us(lambda heard=heard: decode_all(heard), count, repeats)
        loop_us = per_notification_us(
            lambda heard=heard, numbers=numbers, size=size: loop_all(heard, numbers, size), count, repeats
        )
        print(f"{name:14}{samples:8.1f}{decoder_us:12.2f}{loop_us:9.2f}{loop_us / decoder_us:14.1f}")
    print(f"budget: {BUDGET_US:.0f} us for notifications of 4-8 samples")


if __name__ == "__main__":
    main()
