"""What is recorded is read back to the last bit, by our reader and by those of others."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mcap.reader import NonSeekingReader, make_reader

from analysis.samples import ImuSamples
from drivers.source import LinkStatus, RawPacket, SensorInfo
from recordings.blocks import (
    ImuBlock,
    PacketBlock,
    decode_packets,
    decode_samples,
    encode_block,
    encode_packets,
    encode_samples,
)
from recordings.format import (
    BlockError,
    RecordedEvent,
    RecordingError,
    RecordingMetadata,
    decode_event,
    encode_event,
    new_metadata,
)
from recordings.reader import read
from recordings.writer import Recorder, write_recording

SENSOR = SensorInfo(
    driver="witmotion", model="WT901BLE67", name="WT901", serial="17", rate_hz=100.0, simulated=True
)
INT64 = st.integers(-(2**63), 2**63 - 1)
PACKETS = st.lists(
    st.builds(RawPacket, INT64, st.text(st.characters(codec="utf-8"), max_size=40), st.binary(max_size=60)),
    min_size=1,
    max_size=30,
)


@st.composite
def sample_blocks(draw: st.DrawFn) -> ImuSamples:
    n = draw(st.integers(1, 30))
    finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
    steps = draw(hnp.arrays(np.float64, n, elements=st.floats(1e-6, 10)))
    acc = draw(hnp.arrays(np.float64, (n, 3), elements=finite))
    gyr = draw(st.none() | hnp.arrays(np.float64, (n, 3), elements=finite))
    return ImuSamples(np.cumsum(steps), acc, gyr)


def metadata() -> RecordingMetadata:
    return new_metadata(SENSOR, side="left", placement="front of the thigh", decoder_version="3")


def walking(seconds: float, rate_hz: float = 100.0, seed: int = 1) -> ImuSamples:
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    return ImuSamples(np.arange(n) / rate_hz, rng.normal(9, 2, (n, 3)), rng.normal(0, 1, (n, 3)))


def same(a: ImuSamples, b: ImuSamples) -> bool:
    if (a.gyr_radps is None) != (b.gyr_radps is None):
        return False
    gyr = (
        a.gyr_radps is None
        or a.gyr_radps.tobytes() == (b.gyr_radps if b.gyr_radps is not None else a).tobytes()
    )
    return a.t_s.tobytes() == b.t_s.tobytes() and a.acc_mps2.tobytes() == b.acc_mps2.tobytes() and gyr


@given(st.integers(0, 2**40), PACKETS)
def test_any_packet_block_comes_back(first: int, packets: list[RawPacket]) -> None:
    block = decode_packets(memoryview(encode_packets(first, packets)))
    assert block.first_index == first
    assert packets_of(block) == packets
    assert encode_block(block) == encode_packets(first, packets)


def packets_of(block: PacketBlock) -> list[RawPacket]:
    ends = np.cumsum(block.sizes).tolist()
    return [
        RawPacket(ns, block.characteristics[name], bytes(block.payloads[end - size : end]))
        for ns, name, size, end in zip(
            block.host_ns.tolist(), block.characteristic.tolist(), block.sizes.tolist(), ends, strict=True
        )
    ]


def encode_packets_of_format_1(first_index: int, packets: list[RawPacket]) -> bytes:
    """Return a packet block as version 0.1.0 of this program wrote it."""
    n = len(packets)
    ends = np.cumsum([len(packet.payload) for packet in packets]).tolist()
    host_ns = [packet.host_ns for packet in packets]
    block = struct.pack("<4sQI4x", b"\0\1\0\0", first_index, n) + struct.pack(f"<{n}q", *host_ns)
    block += struct.pack(f"<I{n}I", n, *ends) + struct.pack(f"<I{n}H", n, *[0] * n) + bytes(2 * (n % 2))
    block += struct.pack("<II2s2xI", 1, 2, b"c\0", ends[-1])
    return block + b"".join(packet.payload for packet in packets)


@given(st.integers(0, 2**40), PACKETS)
@example(0, [RawPacket(0, "c", b""), RawPacket(0, "c", b""), RawPacket(0, "c", b"ab")])
@example(0, [RawPacket(0, "c", b"a"), RawPacket(0, "c", b""), RawPacket(0, "c", b"")])
def test_any_packet_block_of_format_1_comes_back(first: int, packets: list[RawPacket]) -> None:
    packets = [replace(packet, characteristic="c") for packet in packets]
    block = decode_packets(memoryview(encode_packets_of_format_1(first, packets)))
    assert block.first_index == first
    assert packets_of(block) == packets


@given(st.integers(1, 40), st.integers(0, 40), st.randoms())
def test_packets_of_one_size_come_back(n: int, size: int, random: Random) -> None:
    packets = [RawPacket(i, "c", random.randbytes(size)) for i in range(n)]
    assert packets_of(decode_packets(memoryview(encode_packets(0, packets)))) == packets


@given(st.integers(0, 2**40), INT64, sample_blocks())
def test_any_sample_block_comes_back(first: int, host_ns: int, samples: ImuSamples) -> None:
    whole = ImuBlock(first, host_ns, samples.t_s, samples.acc_mps2, samples.gyr_radps)
    block = decode_samples(memoryview(encode_samples(whole)))
    assert (block.first_index, block.host_ns) == (first, host_ns)
    assert same(ImuSamples(block.t_s, block.acc_mps2, block.gyr_radps), samples)
    old = decode_samples(memoryview(encode_samples_of_format_1(first, host_ns, samples)))
    assert (old.first_index, old.host_ns) == (first, host_ns)
    assert same(ImuSamples(old.t_s, old.acc_mps2, old.gyr_radps), samples)
    assert encode_samples(old) == encode_samples(whole)


def encode_samples_of_format_1(first_index: int, host_ns: int, samples: ImuSamples) -> bytes:
    """Return a block of samples as version 0.1.0 of this program wrote it."""
    n, gyr = len(samples), samples.gyr_radps
    block = struct.pack("<4sQq?3xI", b"\0\1\0\0", first_index, host_ns, gyr is not None, n)
    block += samples.t_s.tobytes() + struct.pack("<I4x", 3 * n) + samples.acc_mps2.tobytes()
    return block + (struct.pack("<I", 0) if gyr is None else struct.pack("<I4x", 3 * n) + gyr.tobytes())


UNITS = st.sampled_from([16 * 9.80665 / 32768, 0.488e-3 * 9.807, np.radians(2000) / 32768, 0.01, 1.0, 0.0])


@given(st.integers(0, 2**40), INT64, st.integers(1, 30), UNITS, UNITS, st.booleans(), st.randoms())
def test_blocks_of_counts_come_back(
    first: int, host_ns: int, n: int, acc_unit: float, gyr_unit: float, has_gyro: bool, random: Random
) -> None:
    def counts(unit: float) -> tuple[np.ndarray, float | None]:
        drawn = np.array([[random.randrange(-32_767, 32_768) for _ in range(3)] for _ in range(n)])
        return (drawn.astype("<i2"), unit) if unit else (drawn * 0.1, None)

    (acc, acc_unit_or_none), (gyr, gyr_unit_or_none) = counts(acc_unit), counts(gyr_unit)
    t_s = np.arange(n) * 0.01
    block = ImuBlock(first, host_ns, t_s, acc, gyr if has_gyro else None, acc_unit_or_none,
                     gyr_unit_or_none if has_gyro else None)  # fmt: skip
    found = decode_samples(memoryview(encode_samples(block)))
    assert found[:2] == block[:2]
    assert found[5:] == block[5:]
    for mine, its in zip(found[2:5], block[2:5], strict=True):
        assert (mine is None) == (its is None)
        assert mine is None or mine.tobytes() == its.tobytes()


@given(st.binary(max_size=400))
def test_no_bytes_make_a_decoder_raise_anything_but_block_error(data: bytes) -> None:
    for decode in (decode_packets, decode_samples, decode_event):
        for start in (b"", b"\x00\x01\x00\x00" + bytes(8) + b"\x02\x00\x00\x00"):
            try:
                decode(memoryview(start + data))
            except BlockError:
                continue


@given(PACKETS, st.data())
def test_a_changed_block_is_refused_or_consistent(packets: list[RawPacket], data: st.DataObject) -> None:
    block = bytearray(encode_packets(0, packets))
    at = data.draw(st.integers(0, len(block) - 1))
    block[at] = data.draw(st.integers(0, 255))
    try:
        found = decode_packets(memoryview(block))
    except BlockError:
        return
    assert found.host_ns.size == found.sizes.size == found.characteristic.size
    assert found.sizes.sum(dtype=np.int64) == len(found.payloads)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(INT64, st.text(), st.dictionaries(st.text(), JSON, max_size=4), st.integers(0, 2**40))
def test_any_event_comes_back(host_ns: int, kind: str, data: dict[str, object], after: int) -> None:
    event = RecordedEvent(host_ns, kind, data, after)
    assert decode_event(encode_event(event)) == event


def test_an_event_that_json_cannot_hold_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_event(RecordedEvent(0, "pain", {"score": float("nan")}))


@settings(max_examples=25, deadline=None)
@given(st.lists(PACKETS, max_size=4), st.lists(sample_blocks(), max_size=4), st.booleans())
def test_whatever_a_recorder_is_given_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    packets: list[list[RawPacket]],
    blocks: list[ImuSamples],
    gyro: bool,
) -> None:
    path = tmp_path_factory.mktemp("any") / "session.mcap"
    end_s = 0.0
    parts: list[ImuSamples] = []
    for block in blocks:
        gyr = block.acc_mps2 if gyro else None
        parts.append(ImuSamples(block.t_s + end_s, block.acc_mps2, gyr))
        end_s = float(parts[-1].t_s[-1])
    with Recorder(path, metadata()) as recorder:
        for number in range(max(len(packets), len(parts))):
            for packet in packets[number] if number < len(packets) else []:
                recorder.packet(packet)
            if number < len(parts):
                recorder.samples(parts[number])
            recorder.event("number", number, {"n": number})
        described = recorder.metadata
    found = read(path)
    assert found.complete
    assert found.damage == ()
    assert found.metadata == described
    assert list(found.packets) == [packet for block in packets for packet in block]
    assert [found.packets[i] for i in range(len(found.packets))] == list(found.packets)
    assert len(found.samples) == sum(map(len, parts))
    if parts:
        assert same(found.samples, ImuSamples.concatenate(parts))
    assert [event.data["n"] for event in found.events] == list(range(max(len(packets), len(parts))))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    told = metadata()
    samples = walking(30)
    packets = [
        RawPacket(told.started_host_ns + i * 10_000_000, "ffe4", struct.pack("<Bq", 0x55, i))
        for i in range(3000)
    ]
    links = [LinkStatus(told.started_host_ns, "streaming", "The sensor is there")]
    events = [RecordedEvent(told.started_host_ns + 10**9, "set", {"exercise": "bridge"})]
    return write_recording(
        tmp_path / "whole.mcap",
        told,
        samples=samples,
        packets=packets,
        links=links,
        events=events,
        block_s=1.0,
    )


def test_the_stock_readers_read_it_with_every_check_sum(recording: Path) -> None:
    with recording.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        assert reader.get_header().profile == "eccentric"
        summary = reader.get_summary()
        assert summary is not None
        assert {channel.topic for channel in summary.channels.values()} == {
            "/metadata",
            "/ble/raw",
            "/imu",
            "/events",
        }
        topics = [channel.topic for _, channel, _ in reader.iter_messages()]
        assert (topics.count("/ble/raw"), topics.count("/imu")) == (30, 30)
        records = list(reader.iter_metadata())
        assert records[0].metadata["session_id"] == read(recording).metadata.session_id
    with recording.open("rb") as stream:
        assert sum(1 for _ in NonSeekingReader(stream, validate_crcs=True).iter_messages()) == len(topics)


SIZES = {"uint8": (1, "B"), "int16": (2, "h"), "uint16": (2, "H"), "uint32": (4, "I"), "int64": (8, "q"),
         "uint64": (8, "Q"), "float64": (8, "d")}  # fmt: skip


def decode_cdr(schema: str, data: bytes) -> dict[str, object]:
    """Decode a message by its schema text alone, the way any other program would."""
    assert data[:4] == b"\x00\x01\x00\x00"
    body, at = data[4:], 0

    def take(kind: str, n: int) -> list[object]:
        nonlocal at
        size, code = SIZES[kind]
        if n:
            at += -at % size
        found = struct.unpack_from(f"<{n}{code}", body, at)
        at += n * size
        return list(found)

    def take_string() -> str:
        nonlocal at
        (length,) = take("uint32", 1)
        text = body[at : at + length].rstrip(b"\0").decode()
        at += length
        return text

    result: dict[str, object] = {}
    for line in schema.splitlines():
        field = re.match(r"(\w+)(\[\])?\s+(\w+)", line)
        if field is None:
            assert line.startswith("#")
            continue
        kind, is_array, name = field.groups()
        n = take("uint32", 1)[0] if is_array else 1
        values = [take_string() for _ in range(n)] if kind == "string" else take(kind, n)
        result[name] = values if is_array else values[0]
    assert at == len(body)
    return result


def joined(blocks: list[dict[str, object]], field: str) -> list[object]:
    return list(chain.from_iterable(block[field] for block in blocks))


def test_the_schemas_in_the_file_are_enough_to_decode_it(recording: Path) -> None:
    raw: list[dict[str, object]] = []
    imu: list[dict[str, object]] = []
    with recording.open("rb") as stream:
        for schema, channel, message in make_reader(stream).iter_messages(["/ble/raw", "/imu"]):
            assert schema is not None
            assert (schema.encoding, channel.message_encoding) == ("ros2msg", "cdr")
            (raw if channel.topic == "/ble/raw" else imu).append(
                decode_cdr(schema.data.decode(), message.data)
            )
    found = read(recording)
    assert joined(raw, "host_ns") == found.packets.host_ns.tolist()
    assert {size for block in raw for size in block["sizes"]} == {9}
    columns = [bytes(block["payloads"]) for block in raw]
    payloads = [bytes(part[i :: len(part) // 9]) for part in columns for i in range(len(part) // 9)]
    assert b"".join(payloads) == found.packets.payloads
    assert {name for block in raw for name in block["characteristics"]} == {"ffe4"}
    assert joined(imu, "t_s") == found.samples.t_s.tolist()
    # The noise of this recording is no multiple of anything.
    assert joined(imu, "acc_counts") == joined(imu, "gyr_counts") == []
    assert joined(imu, "acc_mps2") == found.samples.acc_mps2.ravel().tolist()
    assert joined(imu, "gyr_radps") == found.samples.gyr_radps.ravel().tolist()
    assert [block["first_index"] for block in imu] == list(range(0, 3000, 100))


def test_metadata_and_sensor_survive_with_later_knowledge(tmp_path: Path) -> None:
    told = metadata()
    later = SensorInfo(**{**{f: getattr(SENSOR, f) for f in SENSOR.__slots__}, "battery_percent": 81})
    with Recorder(tmp_path / "s.mcap", told) as recorder:
        recorder.describe_sensor(later)
    found = read(tmp_path / "s.mcap").metadata
    assert found.sensor == later
    assert (found.session_id, found.side, found.simulated) == (told.session_id, "left", True)
    assert found.wall_ns(found.started_host_ns) == found.started_wall_ns


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
def test_a_sensor_that_says_no_number_leaves_a_file_that_can_be_read(tmp_path: Path, odd: float) -> None:
    said = replace(SENSOR, rate_hz=odd, acc_range_mps2=odd, gyr_range_radps=odd)
    with Recorder(tmp_path / "s.mcap", metadata()) as recorder:
        recorder.describe_sensor(said)
    whole = write_recording(tmp_path / "t.mcap", replace(metadata(), sensor=said))
    for path in (tmp_path / "s.mcap", whole):
        found = read(path)
        assert found.complete
        assert found.damage == ()
        assert found.metadata.sensor == replace(
            SENSOR, rate_hz=None, acc_range_mps2=None, gyr_range_radps=None
        )


def test_links_and_packets_keep_their_order(tmp_path: Path) -> None:
    told = metadata()
    items = [
        LinkStatus(5, "connecting", "Connecting"),
        RawPacket(7, "a", b"1"),
        LinkStatus(7, "lost", "Lost"),
        LinkStatus(7, "streaming", "Back"),
        RawPacket(7, "b", b""),
        RawPacket(6, "a", b"3"),
        LinkStatus(6, "closed", "Off"),
    ]
    with Recorder(tmp_path / "s.mcap", told) as recorder:
        for item in items:
            if isinstance(item, RawPacket):
                recorder.packet(item)
            else:
                recorder.link(item)
    assert list(read(tmp_path / "s.mcap").source_items()) == items


def test_a_recording_is_never_overwritten(tmp_path: Path, recording: Path) -> None:
    before = recording.read_bytes()
    with pytest.raises(RecordingError, match="not overwritten"):
        Recorder(recording, metadata())
    with pytest.raises(RecordingError, match="not overwritten"):
        write_recording(recording, metadata())
    with Recorder(tmp_path / "live.mcap", metadata()) as recorder:
        with pytest.raises(RecordingError, match=r"live\.mcap\.part"):
            Recorder(tmp_path / "live.mcap", metadata())
        (tmp_path / "live.mcap").write_text("came meanwhile")
    assert recorder.path == tmp_path / "live-2.mcap"
    assert (tmp_path / "live.mcap").read_text() == "came meanwhile"
    assert read(recorder.path).complete
    assert recording.read_bytes() == before


def test_a_name_without_mcap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"\.mcap"):
        Recorder(tmp_path / "session.txt", metadata())


def test_samples_of_another_kind_go_into_blocks_of_their_own(tmp_path: Path) -> None:
    whole = walking(1)
    with Recorder(tmp_path / "s.mcap", metadata()) as recorder:
        recorder.samples(whole[:50])
        recorder.samples(ImuSamples(whole.t_s[50:], whole.acc_mps2[50:]))
    found = read(tmp_path / "s.mcap")
    assert len(found.samples) == 100
    assert found.samples.gyr_radps is None
    assert "rotation rate" in found.damage[0].text
