"""A bounded walk through an MCAP file that trusts nothing in it.

Only chunks count, and only with a correct check sum. No length or count is believed before it has been
held against a limit and against what is really there. Behind damage the walk goes on at the next chunk
that is whole, found by its pattern.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

import zstandard

MAGIC: Final = b"\x89MCAP0\r\n"
# Largest record, and largest chunk unpacked; a second of a recording has some 10 kB.
LIMIT_BYTES: Final = 64 * 2**20
# A second of a recording has three or four.
MAX_RECORDS_IN_CHUNK: Final = 65_536
MAX_CHANNELS_IN_CHUNK: Final = 64
# Between two chunks stand a message index or two; before the first, a header and a description.
MAX_RECORDS_BETWEEN_CHUNKS: Final = 1_000
# All chunks of a file together, unpacked: this much, and 50 times the size of the file on top. Recordings
# have some 3 times their size, without any noise 20 times. A record counts as more than its bytes.
BASE_BUDGET_BYTES: Final = 32 * 2**20
BUDGET_PER_BYTE: Final = 50
RECORD_COST_BYTES: Final = 256

# Opcode and length of a record.
RECORD_HEAD: Final = struct.Struct("<BQ")
# Start and end time, unpacked size and check sum, name of the compression, packed size.
CHUNK_HEAD: Final = struct.Struct("<QQQII4sQ")
# Channel, sequence number, log time and publish time.
MESSAGE_HEAD: Final = struct.Struct("<HIQQ")
ZSTD: Final = b"zstd"

_READ_BYTES = 256 * 2**10
_SECTOR_BYTES = 4096
_FOOTER, _CHANNEL, _MESSAGE, _CHUNK, _MESSAGE_INDEX = 0x02, 0x04, 0x05, 0x06, 0x07
_METADATA, _DATA_END = 0x0C, 0x0F
# What may stand between two chunks: header, schema, channel, message index, attachment, metadata.
_SMALL = frozenset({0x01, 0x03, _CHANNEL, _MESSAGE_INDEX, 0x09, _METADATA})
# Footer record and magic: the last bytes of every closed file.
_TAIL = struct.Struct("<BQQQI8s")
_UINT16 = struct.Struct("<H")
_UINT32 = struct.Struct("<I")
_CHUNK_PATTERN = _UINT32.pack(len(ZSTD)) + ZSTD
_PATTERN_AT = RECORD_HEAD.size + 28


class Message(NamedTuple):
    """One message of a chunk; times are ns on the wall clock."""

    channel_id: int
    sequence: int
    log_ns: int
    publish_ns: int
    data: memoryview


class Chunk(NamedTuple):
    """A chunk whose check sum is right.

    data: what is in it, unpacked. places: start and end of each message in that, less the head of its
    record. topics: channels described in it, id to topic.
    """

    start_byte: int
    end_byte: int
    data: bytes
    places: list[tuple[int, int]]
    topics: dict[int, str]

    @property
    def messages(self) -> list[Message]:
        """The messages, in their order."""
        return [self.message(start, end) for start, end in self.places]

    def message(self, start: int, end: int) -> Message:
        """Return the message at a place."""
        contents = memoryview(self.data)[start + MESSAGE_HEAD.size : end]
        channel_id, sequence, log_ns, publish_ns = MESSAGE_HEAD.unpack_from(self.data, start)
        return Message(channel_id, sequence, log_ns, publish_ns, contents)


@dataclass(frozen=True, slots=True)
class Torn:
    """Bytes that are not what an undamaged file would have there."""

    start_byte: int
    end_byte: int


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """A Metadata record. Nothing has checked it."""

    name: str
    entries: dict[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """How the file ends.

    data_end_byte: end of the data section, or None where the file was not closed (or is cut off).
    data_intact, index_intact: whether the check sums over the data section and over the index agree;
    True where the file has none.
    """

    data_end_byte: int | None
    data_intact: bool
    index_intact: bool


class TooMuchDataError(ValueError):
    """A file that unpacks to more than any recording could hold."""


def walk(stream: BinaryIO) -> Iterator[Chunk | Torn | MetadataRecord | End]:
    """Yield what stands in an MCAP file, in order, and one End at last.

    stream: binary and seekable. Raises TooMuchDataError.
    """
    window = _Window(stream)
    budget = _Budget(BASE_BUDGET_BYTES + BUDGET_PER_BYTE * window.size_bytes)
    zstd = zstandard.ZstdDecompressor()
    accounted = 0
    between = 0
    at = len(MAGIC)
    if bytes(window.view(0, len(MAGIC))) != MAGIC:
        at = 0
    while True:
        window.release_before(accounted)
        opcode, length = window.head(at)
        end = at + RECORD_HEAD.size + length
        if opcode == _CHUNK:
            chunk = _read_chunk(window, at, length, zstd, budget)
            if chunk:
                yield chunk
                accounted = end
                at, between = window.past_indexes(end)
                continue
        elif opcode == _DATA_END and length == 4 and end <= window.size_bytes:
            yield _read_end(window, at)
            return
        elif (
            opcode in _SMALL
            and end - accounted <= LIMIT_BYTES
            and end <= window.size_bytes
            and between < MAX_RECORDS_BETWEEN_CHUNKS
        ):
            # Not yet accounted for: a wrong length here may have jumped over chunks.
            if opcode == _METADATA and (record := _read_metadata(window.view(at + RECORD_HEAD.size, length))):
                yield record
            at = end
            between += 1
            continue
        if at == window.size_bytes:
            yield End(None, data_intact=True, index_intact=True)
            return
        chunk = _next_chunk(window, accounted, at, zstd, budget)
        if chunk is None:
            yield Torn(at, window.size_bytes)
            yield End(None, data_intact=False, index_intact=False)
            return
        yield Torn(at if chunk.start_byte > at else accounted, chunk.start_byte)
        yield chunk
        accounted = at = chunk.end_byte
        between = 0


@dataclass(slots=True)
class _Budget:
    left_bytes: int

    def spend(self, n: int) -> None:
        self.left_bytes -= n
        if self.left_bytes < 0:
            raise TooMuchDataError("more unpacked data than a recording can have")


class _Window:
    """The part of a file that is being looked at, and the check sum of all that went by."""

    __slots__ = ("_base", "_buffer", "_crc", "_keep_from", "_stream", "size_bytes")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._base = 0
        self._buffer = b""
        self._crc = 0
        self._keep_from = 0
        self.size_bytes = stream.seek(0, 2)

    def view(self, at: int, length: int) -> memoryview:
        """Return bytes of the file, fewer at its end. Not from what has been released."""
        if at + length > self._base + len(self._buffer):
            self._fill(at + length)
        start = at - self._base
        return memoryview(self._buffer)[start : start + length]

    def head(self, at: int) -> tuple[int, int]:
        """Return opcode and length of the record at `at`; (0, 0) where the file ends."""
        offset = at - self._base
        if offset + RECORD_HEAD.size > len(self._buffer):
            self._fill(at + RECORD_HEAD.size)
            offset = at - self._base
            if offset + RECORD_HEAD.size > len(self._buffer):
                return 0, 0
        return RECORD_HEAD.unpack_from(self._buffer, offset)

    def past_indexes(self, at: int) -> tuple[int, int]:
        """Return where the message indexes end that stand at `at`, as far as they were read; their number."""
        buffer, offset, n = self._buffer, at - self._base, 0
        while n < MAX_RECORDS_BETWEEN_CHUNKS and offset + RECORD_HEAD.size <= len(buffer):
            opcode, length = RECORD_HEAD.unpack_from(buffer, offset)
            end = offset + RECORD_HEAD.size + length
            if opcode != _MESSAGE_INDEX or end > len(buffer):
                break
            offset = end
            n += 1
        return self._base + offset, n

    def find(self, pattern: bytes, at: int) -> int:
        """Return where the pattern next begins, or -1. Releases what is not needed for a chunk there."""
        while True:
            found = self._buffer.find(pattern, at - self._base)
            if found >= 0:
                return self._base + found
            filled = self._base + len(self._buffer)
            if filled >= self.size_bytes:
                return -1
            at = max(at, filled - len(pattern) + 1)
            self.release_before(max(self._base, at - _PATTERN_AT))
            self._fill(filled + 1)

    def release_before(self, at: int) -> None:
        """Let bytes go; they are dropped when the next ones are read."""
        self._keep_from = at

    def crc_before(self, at: int) -> int:
        """Return the check sum of the file from its start."""
        return zlib.crc32(memoryview(self._buffer)[: at - self._base], self._crc)

    def _fill(self, end: int) -> None:
        filled = self._base + len(self._buffer)
        wanted = min(max(end - filled, _READ_BYTES), self.size_bytes - filled)
        if wanted <= 0:
            return
        dropped = self._keep_from - self._base
        self._crc = zlib.crc32(memoryview(self._buffer)[:dropped], self._crc)
        more = _read(self._stream, filled, wanted)
        self._buffer = self._buffer[dropped:] + more
        self._base = self._keep_from
        if len(more) < wanted:  # cut while we read
            self.size_bytes = filled + len(more)


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    """Read a part of a file; what the disk cannot give any more becomes zeros."""
    try:
        stream.seek(at)
        return stream.read(length)
    except OSError:
        if length <= _SECTOR_BYTES:
            return bytes(length)
    return b"".join(
        _read(stream, sector, min(_SECTOR_BYTES, at + length - sector))
        for sector in range(at, at + length, _SECTOR_BYTES)
    )


def _read_chunk(
    window: _Window, at: int, length: int, zstd: zstandard.ZstdDecompressor, budget: _Budget
) -> Chunk | None:
    """Return the chunk record at `at`, or None if it is not whole and right."""
    body = at + RECORD_HEAD.size
    if not CHUNK_HEAD.size <= length <= LIMIT_BYTES or body + length > window.size_bytes:
        return None
    view = window.view(body, length)
    _, _, size, crc, name_length, name, packed_length = CHUNK_HEAD.unpack_from(view)
    packed = view[CHUNK_HEAD.size :]
    if name_length != len(ZSTD) or name != ZSTD or packed_length != len(packed) or size > LIMIT_BYTES:
        return None
    budget.spend(size)
    try:
        # The frame may claim another size than the chunk does, and the library believes the frame.
        if zstandard.frame_content_size(packed) != size:
            return None
        data = zstd.decompress(packed)
    except zstandard.ZstdError:
        return None
    if len(data) != size or zlib.crc32(data) != crc:
        return None
    chunk = _split(at, body + length, data)
    budget.spend(RECORD_COST_BYTES * len(chunk.places) if chunk else 0)
    return chunk


def _split(start: int, end: int, data: bytes) -> Chunk | None:
    """Return an unpacked chunk, or None if its records do not fill it."""
    size = len(data)
    places: list[tuple[int, int]] = []
    topics: dict[int, str] = {}
    at = 0
    for _ in range(MAX_RECORDS_IN_CHUNK):
        if at == size:
            return Chunk(start, end, data, places, topics)
        if size - at < RECORD_HEAD.size:
            return None
        opcode, length = RECORD_HEAD.unpack_from(data, at)
        body = at + RECORD_HEAD.size
        at = body + length
        if at > size:
            return None
        if opcode == _MESSAGE:
            if length < MESSAGE_HEAD.size:
                return None
            places.append((body, at))
        elif opcode == _CHANNEL:
            channel = _read_channel(memoryview(data)[body:at])
            if channel is None or len(topics) == MAX_CHANNELS_IN_CHUNK:
                return None
            topics[channel[0]] = channel[1]
    return None


def _next_chunk(
    window: _Window, accounted: int, tried: int, zstd: zstandard.ZstdDecompressor, budget: _Budget
) -> Chunk | None:
    """Return the first whole chunk from `accounted` on, other than at `tried`, or None."""
    at = accounted + _PATTERN_AT
    while True:
        found = window.find(_CHUNK_PATTERN, at)
        if found < 0:
            return None
        start = found - _PATTERN_AT
        at = found + 1
        window.release_before(start)
        opcode, length = window.head(start)
        if opcode != _CHUNK or start == tried:
            continue
        chunk = _read_chunk(window, start, length, zstd, budget)
        if chunk:
            return chunk


def _read_channel(data: memoryview) -> tuple[int, str] | None:
    try:
        (channel_id,) = _UINT16.unpack_from(data)
        topic, _ = _string(data, 4)
    except (struct.error, ValueError):
        return None
    return channel_id, topic


def _read_metadata(data: memoryview) -> MetadataRecord | None:
    try:
        name, at = _string(data, 0)
        (size,) = _UINT32.unpack_from(data, at)
        at += _UINT32.size
        entries: dict[str, str] = {}
        end = at + size
        while at < end:
            key, at = _string(data, at)
            entries[key], at = _string(data, at)
    except (struct.error, ValueError):
        return None
    return MetadataRecord(name, entries)


def _string(data: memoryview, at: int) -> tuple[str, int]:
    (length,) = _UINT32.unpack_from(data, at)
    at += _UINT32.size
    if length > len(data) - at:
        raise ValueError("a text longer than its record")
    return str(data[at : at + length], "utf-8"), at + length


def _read_end(window: _Window, at: int) -> End:
    """Hold the check sums of a closed file against its contents."""
    (data_crc,) = _UINT32.unpack(window.view(at + RECORD_HEAD.size, _UINT32.size))
    data_intact = data_crc in (0, window.crc_before(at))
    index_at = at + RECORD_HEAD.size + _UINT32.size
    length = window.size_bytes - index_at
    if not _TAIL.size <= length <= LIMIT_BYTES:
        return End(None, data_intact, index_intact=False)
    index = window.view(index_at, length)
    opcode, size, _, _, crc, magic = _TAIL.unpack(index[-_TAIL.size :])
    closed = (opcode, size, magic) == (_FOOTER, 20, MAGIC)
    checked = zlib.crc32(index[: length - len(MAGIC) - _UINT32.size])
    return End(at if closed else None, data_intact, index_intact=closed and crc in (0, checked))
