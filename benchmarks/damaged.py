"""Give every decoder random and damaged notifications and print what became of them.

    python benchmarks/damaged.py [--count N] [DRIVER ...]

A decoder may give samples or raise DecodeError, and nothing else: no other error, no warning, no value that
is not finite, no time that does not increase. The notifications are those that the virtual sensors send from
the moment they are connected; bits are flipped, pieces cut off, put in, exchanged and joined, and one in four
is random from the beginning to the end. The state goes on from one to the next. Exit code 1 at the first
thing that is not allowed, with the bytes that show it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.decode import Heard, listen
from drivers import capture2go, registry
from drivers.decoded import Decoded, DecodeError
from drivers.virtual.catalogue import MODELS

COUNT = 1_000_000
LONGEST_BYTES = 260
# A connection begins anew so often: what a decoder believes must not be stuck for the rest.
STATES_OF = 400


class NotAllowedError(AssertionError):
    """A decoder did what it must not; the message says with what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many payloads were read, with samples in them or without, and refused."""

    with_samples: int
    without: int
    refused: int


def damaged(payloads: tuple[bytes, ...], rng: random.Random, *, checked: bool) -> Iterator[bytes]:
    """Yield damaged payloads without end. checked: they are packages of Capture2Go, whose sums are mended."""
    while True:
        kind = rng.randrange(8)
        data = bytearray(rng.choice(payloads))
        at = rng.randrange(len(data))
        if kind < 2:
            yield rng.randbytes(rng.randrange(LONGEST_BYTES))
            continue
        if kind < 5:
            for _ in range(rng.randint(1, 4)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 5:
            del data[at : at + rng.randint(1, 40)]
        elif kind == 6:
            data[at:at] = rng.randbytes(rng.randint(1, 40))
        else:
            data[at:] = rng.choice(payloads)[rng.randrange(len(data)) :]
        if checked and rng.random() < 0.7 and len(data) > 9:
            header = int.from_bytes(data[7:9], "little")
            yield bytes(data[:1]) + capture2go.package(header, bytes(data[9 : 9 + 236]))
            continue
        yield bytes(data)


def try_decoder(driver: str, payloads: tuple[bytes, ...], count: int, seed: int = 0) -> Outcome:
    """Decode that many damaged payloads. Raises NotAllowedError."""
    decoder = registry.decoder(driver)
    rng = random.Random(seed)
    made = damaged(payloads, rng, checked=driver == capture2go.NAME)
    with_samples = without = refused = 0
    state = decoder.initial_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(count):
            if number % STATES_OF == 0:
                state = decoder.initial_state()
                # What is damaged later meets a decoder that knows its sensor.
                for each in payloads[: rng.randrange(len(payloads))]:
                    # The level of a battery that was read, which is no payload of a decoder's.
                    with contextlib.suppress(DecodeError):
                        _, state = decoder.decode(each, state)
            payload = next(made)
            before = state
            try:
                decoded, state = decoder.decode(payload, state)
            except DecodeError:
                refused += 1
                continue
            except Exception as error:
                raise NotAllowedError(f"{error!r} for {payload.hex()} after {before!r}") from error
            wrong = fault(decoded, two_streams=decoder.two_streams)
            if wrong is not None:
                raise NotAllowedError(f"{wrong} for {payload.hex()} after {before!r}")
            if len(decoded.acc_mps2) or (decoded.gyr_radps is not None and len(decoded.gyr_radps)):
                with_samples += 1
            else:
                without += 1
    return Outcome(with_samples, without, refused)


def fault(decoded: Decoded, *, two_streams: bool) -> str | None:
    """Say what is not allowed about samples, or None."""
    acc, gyr, times, battery, _ = decoded
    rates = 0 if gyr is None else len(gyr)
    if not _are_vectors(acc) or not (gyr is None or _are_vectors(gyr)):
        return "values that are no finite vectors"
    if len(acc) and rates and len(acc) != rates:
        return f"{len(acc)} accelerations and {rates} angular rates"
    if two_streams and len(acc) and rates:
        return "both streams at once"
    if times is not None and len(acc) + rates:
        if times.shape != (max(len(acc), rates),) or not np.isfinite(times).all():
            return "times that do not belong to the samples"
        if not (np.diff(times) > 0.0).all():
            return "times that do not increase"
    if battery is not None and not 0 <= battery <= 100:
        return f"a battery at {battery} %"
    return None


def _are_vectors(values: NDArray[np.float64]) -> bool:
    return (
        values.ndim == 2
        and values.shape[1] == 3
        and values.dtype == np.float64
        and bool(np.isfinite(values).all())
    )


def heard_by_driver() -> dict[str, Heard]:
    """Return what the virtual sensors of each driver send."""
    found: dict[str, Heard] = {}
    for model in MODELS.values():
        heard = asyncio.run(listen(model))
        before = found[heard.driver].payloads if heard.driver in found else ()
        found[heard.driver] = Heard(heard.driver, before + heard.payloads)
    return found


def main() -> int:
    """Try every decoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("drivers", nargs="*", metavar="DRIVER")
    arguments = parser.parse_args()
    print(f"{'driver':14}{'payloads':>10}{'samples':>10}{'nothing':>10}{'refused':>10}{'seconds':>9}")
    for driver, heard in heard_by_driver().items():
        if arguments.drivers and driver not in arguments.drivers:
            continue
        start_s = time.perf_counter()
        try:
            got = try_decoder(driver, heard.payloads, arguments.count)
        except NotAllowedError as error:
            print(f"{driver}: {error}", file=sys.stderr)
            return 1
        took_s = time.perf_counter() - start_s
        print(
            f"{driver:14}{arguments.count:10}{got.with_samples:10}{got.without:10}{got.refused:10}{took_s:9.0f}",
            flush=True,
        )
    print("samples or DecodeError, nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
