"""The bytes of an MCAP file that grows, in memory; whoever calls it puts them on a disk.

`mcap.writer.Writer` makes the same file, byte for byte, if it packs as fast (a test holds the two against
each other). It takes twice as long for a chunk, which is most of what a second of recording costs, and
leaves no choice of how hard zstd tries. What is written once a file is left to the records of that package.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Final

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

from recordings.chunks import CHUNK_HEAD, MAGIC, MESSAGE_HEAD, RECORD_HEAD, ZSTD

# Noise cannot be packed: to leave it as it is makes a file a tenth larger, and halves the time to pack a
# block and that to unpack it.
LEVEL: Final = -1

# Channel, size of the entries; each of these is a log time and an offset in the chunk.
_INDEX_HEAD = struct.Struct("<HI")
_INDEX_ENTRY = struct.Struct("<QQ")


class Container:
    """The growing contents of one file, chunk by chunk."""

    __slots__ = (
        "_channels",
        "_chunk_count",
        "_chunk_indices",
        "_counts",
        "_crc",
        "_first_ns",
        "_index",
        "_last_ns",
        "_metadata",
        "_new",
        "_parts",
        "_schemas",
        "_size",
        "_times",
        "_written",
        "_zstd",
    )

    def __init__(self, profile: str, library: str) -> None:
        """Begin a file; the first `cut` returns its head."""
        self._zstd = zstandard.ZstdCompressor(level=LEVEL)
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._metadata: list[MetadataIndex] = []
        # Of each chunk what the summary says of it, as it is written: a day has 32,000 of them.
        self._chunk_indices = bytearray()
        self._chunk_count = 0
        self._first_ns: int | None = None
        self._last_ns = 0
        self._counts: dict[int, int] = {}
        # Of the chunk in the making: its records and their size, the log times of its messages, and of each
        # channel the entries of its index.
        self._parts: list[bytes | memoryview] = []
        self._size = 0
        self._times: list[int] = []
        self._index: dict[int, list[bytes]] = {}
        # Of the file: what was made since the last `cut`, the size of all that was made, its check sum.
        self._new: list[bytes] = []
        self._written = 0
        self._crc = 0
        self._write(MAGIC)
        self._write(_bytes_of(Header(profile, library)))

    def metadata(self, name: str, entries: Mapping[str, str]) -> None:
        """Add a Metadata record, before any message."""
        record = _bytes_of(Metadata(name, dict(entries)))
        self._metadata.append(MetadataIndex(self._written, len(record), name))
        self._write(record)

    def channel(self, topic: str, encoding: str, name: str, schema_encoding: str, schema: str) -> int:
        """Add a channel with a schema of its own and return its id: they are numbered from 1."""
        number = len(self._channels) + 1
        self._schemas.append(Schema(number, schema.encode(), schema_encoding, name))
        self._channels.append(Channel(number, topic, encoding, {}, number))
        for record in (self._schemas[-1], self._channels[-1]):
            self._put(_bytes_of(record))
        return number

    def message(
        self, channel_id: int, sequence: int, log_ns: int, publish_ns: int, data: bytes | memoryview
    ) -> None:
        """Add a message to the chunk in the making."""
        self._times.append(log_ns)
        self._counts[channel_id] = self._counts.get(channel_id, 0) + 1
        self._index.setdefault(channel_id, []).append(_INDEX_ENTRY.pack(log_ns, self._size))
        self._put(RECORD_HEAD.pack(Opcode.MESSAGE, MESSAGE_HEAD.size + len(data)))
        self._put(MESSAGE_HEAD.pack(channel_id, sequence, log_ns, publish_ns))
        self._put(data)

    def cut(self) -> bytes:
        """End the chunk, if any message is in it, and return all bytes made since the last cut."""
        if self._times:
            self._end_chunk()
        new = b"".join(self._new)
        self._new.clear()
        return new

    def finish(self) -> bytes:
        """End the file with its index and return the remaining bytes. The container is used up."""
        if self._times:
            self._end_chunk()
        self._write(_bytes_of(DataEnd(self._crc)))
        self._write(self._summary())
        return self.cut()

    def _put(self, data: bytes | memoryview) -> None:
        self._parts.append(data)
        self._size += len(data)

    def _write(self, data: bytes) -> None:
        self._new.append(data)
        self._written += len(data)
        self._crc = zlib.crc32(data, self._crc)

    def _end_chunk(self) -> None:
        data = b"".join(self._parts)
        packed = self._zstd.compress(data)
        first_ns, last_ns = min(self._times), max(self._times)
        start = self._written
        self._write(
            RECORD_HEAD.pack(Opcode.CHUNK, CHUNK_HEAD.size + len(packed))
            + CHUNK_HEAD.pack(first_ns, last_ns, len(data), zlib.crc32(data), len(ZSTD), ZSTD, len(packed))
            + packed
        )
        indexed_from = self._written
        offsets: dict[int, int] = {}
        for channel_id, entries in self._index.items():
            offsets[channel_id] = self._written
            size = _INDEX_ENTRY.size * len(entries)
            self._write(
                RECORD_HEAD.pack(Opcode.MESSAGE_INDEX, _INDEX_HEAD.size + size)
                + _INDEX_HEAD.pack(channel_id, size)
                + b"".join(entries)
            )
        self._chunk_indices += _bytes_of(
            ChunkIndex(
                message_start_time=first_ns,
                message_end_time=last_ns,
                chunk_start_offset=start,
                chunk_length=indexed_from - start,
                message_index_offsets=offsets,
                message_index_length=self._written - indexed_from,
                compression=ZSTD.decode(),
                compressed_size=len(packed),
                uncompressed_size=len(data),
            )
        )
        self._chunk_count += 1
        self._first_ns = first_ns if self._first_ns is None else min(self._first_ns, first_ns)
        self._last_ns = max(self._last_ns, last_ns)
        self._parts.clear()
        self._times.clear()
        self._index.clear()
        self._size = 0

    def _summary(self) -> bytes:
        """Return what stands behind the data, up to the end of the file."""
        builder = RecordBuilder()
        start = self._written
        offsets: list[SummaryOffset] = []
        groups = (
            (Opcode.SCHEMA, _bytes_of(*self._schemas)),
            (Opcode.CHANNEL, _bytes_of(*self._channels)),
            (Opcode.STATISTICS, _bytes_of(self._statistics())),
            (Opcode.CHUNK_INDEX, self._chunk_indices),
            (Opcode.ATTACHMENT_INDEX, b""),
            (Opcode.METADATA_INDEX, _bytes_of(*self._metadata)),
        )
        for opcode, records in groups:
            group_start = builder.count
            builder.write(records)
            offsets.append(SummaryOffset(opcode, start + group_start, builder.count - group_start))
        offsets_start = start + builder.count
        for offset in offsets:
            offset.write(builder)
        summary = builder.end()
        # The check sum goes up to itself.
        unchecked = _bytes_of(Footer(start, offsets_start, 0))
        crc = zlib.crc32(unchecked[:-4], zlib.crc32(summary))
        return summary + _bytes_of(Footer(start, offsets_start, crc)) + MAGIC

    def _statistics(self) -> Statistics:
        return Statistics(
            attachment_count=0,
            channel_count=len(self._channels),
            channel_message_counts=self._counts,
            chunk_count=self._chunk_count,
            message_count=sum(self._counts.values()),
            message_start_time=self._first_ns or 0,
            message_end_time=self._last_ns,
            metadata_count=len(self._metadata),
            schema_count=len(self._schemas),
        )


def _bytes_of(*records: McapRecord) -> bytes:
    builder = RecordBuilder()
    for record in records:
        record.write(builder)
    return builder.end()
