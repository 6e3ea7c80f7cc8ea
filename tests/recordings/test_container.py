"""Our files are those that the ordinary `mcap` writer makes, byte for byte, but for how hard zstd tries."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from recordings import container
from recordings.container import Container

# What `zstandard.compress` does unasked, as the ordinary writer calls it.
USUAL_LEVEL = 3
NO_CHUNK_LIMIT = 2**62

TIMES = st.integers(0, 2**63)
MESSAGES = st.tuples(st.integers(1, 3), st.integers(0, 2**32 - 1), TIMES, TIMES, st.binary(max_size=200))
CHUNKS = st.lists(st.lists(MESSAGES, max_size=5), max_size=6)
CHANNELS = (
    ("/a", "json", "a.A", "jsonschema", '{"type": "object"}'),
    ("/b", "cdr", "b/msg/B", "ros2msg", "uint8[] numbers\n"),
    ("/ä", "cdr", "c/msg/C", "ros2msg", ""),
)
METADATA = {"json": '{"ä": 1}', "crc": "0"}


def ordinary(chunks: list[list[tuple[int, int, int, int, bytes]]]) -> bytes:
    out = io.BytesIO()
    writer = Writer(out, chunk_size=NO_CHUNK_LIMIT, compression=CompressionType.ZSTD, enable_data_crcs=True)
    writer.start(profile="p", library="l")
    writer.add_metadata("m", METADATA)
    for topic, encoding, name, schema_encoding, text in CHANNELS:
        schema = writer.register_schema(name, schema_encoding, text.encode())
        writer.register_channel(topic, encoding, schema)
    for chunk in chunks:
        for channel_id, sequence, log_ns, publish_ns, data in chunk:
            writer.add_message(channel_id, log_ns, data, publish_ns, sequence)
        writer.flush()
    writer.finish()
    return out.getvalue()


def ours(chunks: list[list[tuple[int, int, int, int, bytes]]]) -> bytes:
    made = Container("p", "l")
    made.metadata("m", METADATA)
    assert [made.channel(*channel) for channel in CHANNELS] == [1, 2, 3]
    parts = [made.cut()]
    for chunk in chunks:
        for message in chunk:
            made.message(*message)
        parts.append(made.cut())
    return b"".join([*parts, made.finish()])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=CHUNKS)
def test_a_file_is_the_one_of_the_ordinary_writer(
    monkeypatch: pytest.MonkeyPatch, chunks: list[list[tuple[int, int, int, int, bytes]]]
) -> None:
    monkeypatch.setattr(container, "LEVEL", USUAL_LEVEL)
    assert ours(chunks) == ordinary(chunks)


@given(chunks=CHUNKS)
def test_the_ordinary_reader_gets_out_what_was_put_in(
    chunks: list[list[tuple[int, int, int, int, bytes]]],
) -> None:
    reader = make_reader(io.BytesIO(ours(chunks)), validate_crcs=True)
    found = [
        (message.channel_id, message.sequence, message.log_time, message.publish_time, message.data)
        for _, _, message in reader.iter_messages()
    ]
    put_in = [message for chunk in chunks for message in chunk]
    assert sorted(found) == sorted(put_in)
    summary = reader.get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(put_in)


def test_a_day_of_chunks_takes_little_memory():
    made = Container("p", "l")
    for channel in CHANNELS:
        made.channel(*channel)

    def add(chunks: range) -> None:
        for number in chunks:
            for channel_id in (1, 2, 3):
                made.message(channel_id, number, number * 10**9, number * 10**9, b"")
            made.cut()

    add(range(100))
    tracemalloc.start()
    add(range(100, 2100))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 32,000 of them, eight hours, in less than 5 MB.
    assert grown / 2000 * 32_000 < 5e6
