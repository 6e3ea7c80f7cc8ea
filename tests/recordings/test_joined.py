"""Blocks that are joined are read as each of them is on its own."""

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
    decode_packets,
    decode_samples,
    encode_packets,
    encode_samples,
)
from recordings.format import BlockError
from recordings.joined import MAX_LAYOUTS, JoinedPackets, JoinedSamples

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
        t_s = first + np.cumsum(rng.random(n) + 1e-3) / 2
        messages.append(encode_samples(ImuBlock(first, int(rng.integers(1, 99)), t_s, acc, gyr, unit)))
        first += n
    return messages


Row = tuple[object, ...]


def packets_alone(messages: list[bytes]) -> list[Row]:
    found: list[Row] = []
    for block in [decode_packets(memoryview(message)) for message in messages]:
        payloads, at = bytes(block.payloads), 0
        for i, size in enumerate(block.sizes.tolist()):
            name = block.characteristics[int(block.characteristic[i])]
            found.append((block.first_index + i, int(block.host_ns[i]), name, payloads[at : at + size]))
            at += size
        assert at == len(payloads)
    return found


def packets_joined(messages: list[bytes], room_bytes: int = 100) -> list[Row]:
    joined = JoinedPackets(room_bytes)
    for message in messages:
        # In a chunk a message stands among others.
        joined.take(b"before" + message + b"behind", 6, 6 + len(message))
    log = joined.log()
    assert len(log) == log.index.size
    return [
        (int(index), packet.host_ns, packet.characteristic, packet.payload)
        for index, packet in zip(log.index, log, strict=True)
    ]


def samples_alone(messages: list[bytes]) -> list[Row]:
    blocks = [decode_samples(memoryview(message)) for message in messages]
    has_gyr = all(block.gyr is not None for block in blocks)
    return [
        (
            float(block.t_s[i]),
            block.acc_mps2[i].tolist(),
            None if block.gyr_radps is None or not has_gyr else block.gyr_radps[i].tolist(),
        )
        for block in blocks
        for i in range(block.length)
    ]


def samples_joined(messages: list[bytes], room_bytes: int = 100) -> list[Row]:
    joined = JoinedSamples(room_bytes)
    for message in messages:
        joined.take(b"before" + message + b"behind", 6, 6 + len(message))
    samples, _ = joined.samples()
    return [
        (
            float(samples.t_s[i]),
            samples.acc_mps2[i].tolist(),
            None if samples.gyr_radps is None else samples.gyr_radps[i].tolist(),
        )
        for i in range(len(samples))
    ]


@given(shapes=SIZES, seed=st.integers(0, 2**32), room_bytes=st.integers(0, 500))
def test_joined_packets_are_the_packets_of_each_block(
    shapes: list[tuple[int, int | None]], seed: int, room_bytes: int
) -> None:
    messages = packet_messages(shapes, seed)
    assert packets_joined(messages, room_bytes) == packets_alone(messages)


@given(
    lengths=st.lists(st.sampled_from([1, 2, 3, 20]), min_size=1, max_size=12),
    seed=st.integers(0, 2**32),
    room_bytes=st.integers(0, 500),
)
def test_joined_samples_are_the_samples_of_each_block(lengths: list[int], seed: int, room_bytes: int) -> None:
    messages = sample_messages(lengths, seed)
    assert samples_joined(messages, room_bytes) == samples_alone(messages)


@given(lengths=st.lists(st.sampled_from([1, 2, 20]), min_size=1, max_size=9), seed=st.integers(0, 2**32))
def test_the_start_of_the_axis_is_the_earliest_that_a_block_speaks_for(lengths: list[int], seed: int) -> None:
    messages = sample_messages(lengths, seed)
    joined = JoinedSamples(0)
    for message in messages:
        joined.take(message, 0, len(message))
    blocks = [decode_samples(memoryview(message)) for message in messages]
    assert joined.zero_host_ns(0) == min(block.host_ns - round(block.newest_s * 1e9) for block in blocks)
    assert joined.oldest_host_ns == blocks[0].host_ns


def test_without_a_time_that_can_be_the_start_of_the_axis_is_assumed() -> None:
    block = ImuBlock(0, 5, np.array([np.nan]), np.zeros((1, 3)), None)
    joined = JoinedSamples(0)
    assert joined.zero_host_ns(7) == 7
    message = encode_samples(block)
    joined.take(message, 0, len(message))
    assert joined.zero_host_ns(7) == 7


@given(seed=st.integers(0, 2**32), flips=st.lists(st.integers(0, 10**6), min_size=1, max_size=3))
def test_a_block_that_only_seems_alike_is_read_or_refused_as_it_would_be_alone(
    seed: int, flips: list[int]
) -> None:
    packets, samples = packet_messages([(4, 6)] * 2, seed), sample_messages([4, 4], seed)
    for (first, second), alone, joined in (
        (packets, packets_alone, packets_joined),
        (samples, samples_alone, samples_joined),
    ):
        changed = bytearray(second)
        for flip in flips:
            changed[flip // 8 % len(changed)] ^= 1 << flip % 8
        both = [first, bytes(changed)]
        try:
            blocks = [
                (decode_packets if first is packets[0] else decode_samples)(memoryview(each)) for each in both
            ]
        except BlockError:
            with pytest.raises(BlockError):
                joined(both)
            continue
        gap = blocks[1].first_index - blocks[0].length - blocks[0].first_index
        if gap < 0 or blocks[1].first_index > 2**48:
            with pytest.raises(BlockError):
                joined(both)
            continue
        found, expected = joined(both), alone(both)
        if first is packets[0] or repr(found) == repr(expected):
            assert found == expected
            continue
        # What cannot be measured is left out, never changed.
        assert all(row in expected for row in found)


def test_blocks_say_how_many_are_missing_before_them_and_none_is_taken_twice() -> None:
    packets, samples = JoinedPackets(0), JoinedSamples(0)
    row = np.zeros((1, 3))
    for joined, message in (
        (packets, lambda first: encode_packets(first, [RawPacket(1, "ffe4", b"x")])),
        (samples, lambda first: encode_samples(ImuBlock(first, 1, np.array([first + 0.0]), row, None))),
    ):
        for first, missing in ((0, 0), (1, 0), (5, 3)):
            assert joined.take(message(first), 0, len(message(first))) == missing
        assert joined.next_index == 6
        for first, words in ((5, "twice"), (2**50, "cannot be")):
            with pytest.raises(BlockError, match=words):
                joined.take(message(first), 0, len(message(first)))
        assert (joined.next_index, len(joined)) == (6, 3)


def test_blocks_of_ever_new_layouts_are_read_and_not_all_remembered() -> None:
    sizes = range(2, MAX_LAYOUTS + 12)
    joined = JoinedPackets(0)
    for number, size in enumerate(sizes):
        message = encode_packets(number, [RawPacket(1, "ffe4", struct.pack("<B", 7) * size)])
        joined.take(message, 0, len(message))
    assert len(joined._layouts) == MAX_LAYOUTS
    assert [packet.payload for packet in joined.log()] == [b"\x07" * size for size in sizes]
