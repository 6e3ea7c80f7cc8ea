"""Blocks that are read together are read as each of them is on its own."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.source import RawPacket
from recordings.blocks import (
    ImuBlock,
    PacketBlock,
    decode_packets,
    decode_samples,
    encode_packets,
    encode_samples,
)
from recordings.format import BlockError
from recordings.layouts import MAX_LAYOUTS, Alike, Layouts, packets_apart, samples_apart

SIZES = st.lists(st.sampled_from([(1, 20), (2, 20), (5, 20), (5, 8), (5, None)]), min_size=1, max_size=12)


def packet_messages(shapes: list[tuple[int, int | None]], seed: int) -> list[bytes]:
    """Return blocks of so many packets of such a size (None: of mixed sizes), now and then with a gap."""
    rng = random.Random(seed)
    first, messages = 0, []
    for n, size in shapes:
        names = ("ffe4", "2a19") if rng.random() < 0.2 else ("ffe4",)
        packets = [
            RawPacket(
                rng.getrandbits(62),
                rng.choice(names),
                rng.randbytes(size if size is not None else rng.randrange(9)),
            )
            for _ in range(n)
        ]
        first += rng.choice([0, 0, 0, 7])
        messages.append(encode_packets(first, packets))
        first += n
    return messages


def sample_messages(lengths: list[int], seed: int) -> list[bytes]:
    """Return blocks of so many samples, in counts or in values, with a gyroscope or without."""
    rng = np.random.default_rng(seed)
    first, messages = 0, []
    for n in lengths:
        acc = rng.integers(-9, 9, (n, 3)).astype("<i2") if rng.random() < 0.7 else rng.normal(0, 1, (n, 3))
        gyr = rng.normal(0, 1, (n, 3)) if rng.random() < 0.8 else None
        unit = float(rng.choice([0.5, 0.25])) if acc.dtype == np.int16 else None
        t_s = np.cumsum(rng.random(n) + 1e-3)
        messages.append(encode_samples(ImuBlock(first, int(rng.integers(1, 99)), t_s, acc, gyr, unit)))
        first += n
    return messages


def rows_of_packets(blocks: list[PacketBlock]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for block in blocks:
        payloads, at = bytes(block.payloads), 0
        for i, size in enumerate(block.sizes.tolist()):
            name = block.characteristics[int(block.characteristic[i])]
            found.append((block.first_index + i, int(block.host_ns[i]), name, payloads[at : at + size]))
            at += size
        assert at == len(payloads)
    return found


def rows_of_samples(blocks: list[ImuBlock]) -> list[tuple[object, ...]]:
    return [
        (
            block.first_index + i,
            float(block.t_s[i]),
            block.acc_mps2[i].tolist(),
            None if block.gyr_radps is None else block.gyr_radps[i].tolist(),
        )
        for block in blocks
        for i in range(block.length)
    ]


@given(shapes=SIZES, seed=st.integers(0, 2**32))
def test_packets_read_together_are_the_packets_of_each_block(
    shapes: list[tuple[int, int | None]], seed: int
) -> None:
    messages = packet_messages(shapes, seed)
    layouts = Layouts()
    together = packets_apart([layouts.packets(message) for message in messages])
    alone = [decode_packets(memoryview(message)) for message in messages]
    assert rows_of_packets(together) == rows_of_packets(alone)


@given(lengths=st.lists(st.sampled_from([1, 2, 3, 20]), min_size=1, max_size=12), seed=st.integers(0, 2**32))
def test_samples_read_together_are_the_samples_of_each_block(lengths: list[int], seed: int) -> None:
    messages = sample_messages(lengths, seed)
    layouts = Layouts()
    read = [layouts.samples(message) for message in messages]
    alone = [decode_samples(memoryview(message)) for message in messages]
    assert rows_of_samples(samples_apart(read)) == rows_of_samples(alone)
    assert [block.host_ns for block in read] == [block.host_ns for block in alone]
    assert [block.newest_s for block in read] == [block.newest_s for block in alone]


@given(seed=st.integers(0, 2**32), flips=st.lists(st.integers(0, 10**6), min_size=1, max_size=3))
def test_a_block_that_only_seems_alike_is_read_or_refused_as_it_would_be_alone(
    seed: int, flips: list[int]
) -> None:
    packets, samples = packet_messages([(4, 6)] * 2, seed), sample_messages([4], seed)
    layouts = Layouts()
    layouts.packets(packets[0])
    layouts.samples(samples[0])

    def packets_alone(message: bytes) -> str:
        return repr(rows_of_packets([decode_packets(memoryview(message))]))

    def packets_together(message: bytes) -> str:
        return repr(rows_of_packets(packets_apart([layouts.packets(message)])))

    def samples_alone(message: bytes) -> str:
        return repr(rows_of_samples([decode_samples(memoryview(message))]))

    def samples_together(message: bytes) -> str:
        return repr(rows_of_samples(samples_apart([layouts.samples(message)])))

    for message, alone, together in (
        (packets[1], packets_alone, packets_together),
        (samples[0], samples_alone, samples_together),
    ):
        changed = bytearray(message)
        for flip in flips:
            changed[flip // 8 % len(changed)] ^= 1 << flip % 8
        try:
            expected = alone(bytes(changed))
        except BlockError:
            with pytest.raises(BlockError):
                together(bytes(changed))
            continue
        assert together(bytes(changed)) == expected


def test_blocks_of_ever_new_layouts_are_read_and_not_all_remembered() -> None:
    layouts = Layouts()
    messages = [
        encode_packets(0, [RawPacket(1, "ffe4", struct.pack("<B", 7) * size)])
        for size in range(2, MAX_LAYOUTS + 12)
    ]
    read = [layouts.packets(message) for message in messages]
    assert sum(isinstance(block, Alike) for block in read) == MAX_LAYOUTS
    assert [row[3] for row in rows_of_packets(packets_apart(read))] == [
        b"\x07" * size for size in range(2, MAX_LAYOUTS + 12)
    ]
