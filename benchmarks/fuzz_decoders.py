"""Feed every decoder random and mutated notifications, and stop at anything but samples or DecodeError.

    python benchmarks/fuzz_decoders.py [--payloads 1000000] [--seed N]

The mutated ones begin as what the virtual sensors send: bytes are changed, cut off, doubled or put together.
State goes on from one payload to the next, as on a link. Warnings count as errors.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
import warnings

import numpy as np
from decode import Heard, listen

from drivers import registry
from drivers.decoded import DecodeError
from drivers.virtual.catalogue import MODELS


def mutated(rng: random.Random, payloads: tuple[bytes, ...]) -> bytes:
    """Return something that no sensor sends, or only by chance."""
    kind = rng.random()
    if kind < 0.2:
        return rng.randbytes(rng.randrange(0, 260))
    payload = bytearray(rng.choice(payloads))
    if kind < 0.4:
        return bytes(payload[: rng.randrange(0, len(payload) + 1)])
    if kind < 0.5:
        return bytes(payload + rng.choice(payloads))
    for _ in range(rng.randrange(0, 6)):
        if payload:
            payload[rng.randrange(len(payload))] = rng.randrange(256)
    return bytes(payload)


def fuzz(heard: Heard, count: int, rng: random.Random) -> tuple[int, int]:
    """Return how many payloads were read and how many refused. Anything else that is raised goes up."""
    decoder = registry.decoder(heard.driver)
    state = decoder.initial_state()
    read = refused = 0
    for _ in range(count):
        payload = mutated(rng, heard.payloads)
        try:
            decoded, state = decoder.decode(payload, state)
        except DecodeError:
            refused += 1
            continue
        read += 1
        for values in (decoded.acc_mps2, decoded.gyr_radps, decoded.device_time_s):
            if values is not None and not np.isfinite(values).all():
                raise AssertionError(f"{heard.driver} gave values that are not finite for {payload.hex()}")
        times = decoded.device_time_s
        if times is not None and not (times[1:] > times[:-1]).all():
            raise AssertionError(f"{heard.driver} gave times that do not increase for {payload.hex()}")
    return read, refused


def main() -> None:
    """Fuzz every sensor's decoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    print(f"{'sensor':14}{'read':>10}{'refused':>10}{'CPU s':>8}")
    for name, model in MODELS.items():
        heard = asyncio.run(listen(model))
        start_s = time.process_time()
        read, refused = fuzz(heard, arguments.payloads, random.Random(arguments.seed))
        print(f"{name:14}{read:10}{refused:10}{time.process_time() - start_s:8.1f}", flush=True)
    print("nothing but samples and DecodeError")


if __name__ == "__main__":
    main()
