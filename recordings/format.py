"""What stands in a recording file.

A recording is one MCAP file (https://mcap.dev/spec, profile "eccentric") of zstd chunks. Every chunk
holds at most one message a block channel, so that whatever is damaged costs one block. Channels, with
fixed ids so that blocks stay readable when the chunk with their description is lost:

    1 /metadata  json     session and sensor: in the first chunk, when more is known, on closing
    2 /ble/raw   ros2msg  PacketBlock: notifications, verbatim, with host times
    3 /imu       ros2msg  ImuBlock: decoded samples
    4 /events    json     link changes, set start and stop, pain, cues, edits

The blocks are CDR (little endian) with plain arrays; the schema text stands in the file. Log time is
wall-clock time of the newest item in a message, publish time that of its oldest.

docs/recording-format.md says the same to people who write other programs, and what each version changed.
"""

from __future__ import annotations

import datetime
import json
import math
import time
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from typing import Any, Final, Literal, TypeVar, cast

from analysis import ALGORITHM_VERSION
from drivers.source import SensorInfo

Side = Literal["left", "right"]
# Where on the thigh the sensor sits, as far as anyone has said.
Face = Literal["front", "outside", "inside", "back"]

FORMAT_VERSION: Final = 2
PROFILE: Final = "eccentric"
SUFFIX: Final = ".mcap"
LIVE_SUFFIX: Final = ".part"
# Of files that are made in one go, from something that still exists: nothing to salvage.
NEW_SUFFIX: Final = ".new"

METADATA_ID: Final = 1
RAW_ID: Final = 2
IMU_ID: Final = 3
EVENTS_ID: Final = 4

PACKET_BLOCK_SCHEMA: Final = """\
# Bluetooth notifications, verbatim.
uint64 first_index        # packets received before this block
int64[] host_ns           # host's monotonic clock at arrival
uint32[] sizes            # bytes of each packet
uint16[] characteristic   # of each packet: index into characteristics
string[] characteristics
# All sizes equal: byte 0 of every packet, then byte 1 of every packet, and so on. Else: packet after packet.
uint8[] payloads
"""

IMU_BLOCK_SCHEMA: Final = """\
# Decoded samples of one inertial sensor, in the sensor's own frame, x y z of each: counts times unit where
# that is exact to the last bit, else the values. The other array is empty; without a gyroscope, both are.
uint64 first_index      # samples decoded before this block
int64 host_ns           # host's monotonic clock when the last sample of the block had arrived
uint8 form              # 2
float64 acc_unit_mps2   # specific force of one count
float64 gyr_unit_radps  # rotation rate of one count
float64[] t_s           # seconds, strictly increasing
int16[] acc_counts
int16[] gyr_counts
float64[] acc_mps2      # specific force
float64[] gyr_radps     # rotation rate
"""

EVENT_SCHEMA: Final = json.dumps(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "host_ns": {"type": "integer", "description": "host's monotonic clock, ns"},
            "after_packets": {"type": "integer", "description": "packets received before the event"},
            "data": {"type": "object"},
        },
        "required": ["kind", "host_ns", "after_packets", "data"],
    }
)

METADATA_SCHEMA: Final = json.dumps(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recording",
        "type": "object",
        "properties": {
            "format_version": {"type": "integer"},
            "session_id": {"type": "string", "description": "random, not a name"},
            "sensor": {"type": "object"},
            "side": {"enum": ["left", "right", None]},
            "placement": {"type": ["string", "null"]},
            "started_wall_ns": {"type": "integer", "description": "ns since 1970-01-01 UTC"},
            "started_host_ns": {"type": "integer", "description": "host's monotonic clock at that instant"},
            "time_zone": {"type": "string"},
            "simulated": {"type": "boolean"},
            "closing": {"type": ["object", "null"], "description": "totals, only when closed in order"},
        },
        "required": ["format_version", "session_id", "sensor", "started_wall_ns", "started_host_ns"],
    }
)

# id -> topic, message encoding, schema name, schema encoding, schema text
CHANNELS: Final[dict[int, tuple[str, str, str, str, str]]] = {
    METADATA_ID: ("/metadata", "json", "eccentric.Recording", "jsonschema", METADATA_SCHEMA),
    RAW_ID: ("/ble/raw", "cdr", "eccentric/msg/PacketBlock", "ros2msg", PACKET_BLOCK_SCHEMA),
    IMU_ID: ("/imu", "cdr", "eccentric/msg/ImuBlock", "ros2msg", IMU_BLOCK_SCHEMA),
    EVENTS_ID: ("/events", "json", "eccentric.Event", "jsonschema", EVENT_SCHEMA),
}


class RecordingError(ValueError):
    """A recording that cannot be read or written; the message is one sentence for a person."""


class BlockError(ValueError):
    """A message that does not hold what its schema says."""


@dataclass(frozen=True, slots=True)
class RecordingMetadata:
    """What a recording says about itself. None: not known.

    session_id: random; never a name.
    placement: where on the thigh the sensor sits, in words; of live recordings those of `placement_of`.
    started_wall_ns, started_host_ns: the same instant on the wall clock (ns since 1970 UTC) and on the
        host's monotonic clock; together they turn every host time of the file into a time of day.
    time_zone: of the place of recording, e.g. "UTC+01:00 CET".
    app_version, algorithm_version, decoder_version: what made `/imu` and the results among the events.
    """

    sensor: SensorInfo
    session_id: str
    started_wall_ns: int
    started_host_ns: int
    time_zone: str = "UTC+00:00"
    side: Side | None = None
    placement: str | None = None
    app_version: str | None = None
    algorithm_version: str | None = None
    decoder_version: str | None = None
    format_version: int = FORMAT_VERSION

    @property
    def simulated(self) -> bool:
        """True where no person wore the sensor."""
        return self.sensor.simulated

    def wall_ns(self, host_ns: int) -> int:
        """Turn a monotonic host time into ns since 1970 UTC, kept within what a file can hold."""
        return min(max(0, self.started_wall_ns + host_ns - self.started_host_ns), _INT64_MAX)

    def host_ns(self, wall_ns: int) -> int:
        """Turn ns since 1970 UTC into the monotonic host time of this recording."""
        return self.started_host_ns + wall_ns - self.started_wall_ns

    def since_start_s(self, wall_ns: int) -> float:
        """Seconds from the start of the recording to a wall-clock time."""
        return (wall_ns - self.started_wall_ns) * 1e-9


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """Something that happened; `after_packets` is how many packets had been received before it."""

    host_ns: int
    kind: str
    data: Mapping[str, Any]
    after_packets: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """Totals written when a recording is closed in order; they show whether its end is missing.

    complete: False in what was saved from a recording that never was closed.
    """

    packets: int
    samples: int
    ended_host_ns: int
    complete: bool = True


def new_metadata(
    sensor: SensorInfo,
    *,
    side: Side | None = None,
    placement: str | None = None,
    algorithm_version: str | None = ALGORITHM_VERSION,
    decoder_version: str | None = None,
) -> RecordingMetadata:
    """Describe a recording that starts now, on this computer's clocks, under a new random id.

    decoder_version: None where the decoders are those of this program.
    """
    now = datetime.datetime.now().astimezone()
    offset = now.strftime("%z")
    return RecordingMetadata(
        sensor=sensor,
        session_id=str(uuid.uuid4()),
        started_wall_ns=time.time_ns(),
        started_host_ns=time.monotonic_ns(),
        time_zone=f"UTC{offset[:3]}:{offset[3:5]} {now.tzname() or ''}".rstrip(),
        side=side,
        placement=placement,
        app_version=installed_version(),
        algorithm_version=algorithm_version,
        decoder_version=decoder_version or installed_version(),
    )


def placement_of(face: Face | None) -> str:
    """Return the words of a recording for where a sensor sits that is strapped to the thigh."""
    return "thigh" if face is None else f"{face} of the thigh"


def installed_version() -> str | None:
    """Return the version of this program, or None where it is not installed."""
    try:
        return version("eccentric-monitor")
    except PackageNotFoundError:
        return None


# --- metadata and events: JSON -------------------------------------------------------------------------


def encode_metadata(metadata: RecordingMetadata, closing: Closing | None = None) -> bytes:
    """Return the JSON text of a `/metadata` message. What a sensor says in NaN or infinity becomes null."""
    text = {**asdict(metadata), "simulated": metadata.simulated}
    text["sensor"] = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in text["sensor"].items()
    }
    text["closing"] = None if closing is None else asdict(closing)
    return json.dumps(text, allow_nan=False).encode()


def decode_metadata(data: bytes | memoryview) -> tuple[RecordingMetadata, Closing | None]:
    """Read a `/metadata` message.

    Raises RecordingError if a newer program wrote it, BlockError if it is not what the schema says.
    """
    found = _json_object(data)
    written = found.get("format_version")
    if not isinstance(written, int):
        raise BlockError("metadata without a format version")
    if written > FORMAT_VERSION:
        raise RecordingError(
            f"the recording has format {written}, made by a newer version ({found.get('app_version')}); "
            f"this program reads up to {FORMAT_VERSION}: update it"
        )
    sensor = found.get("sensor")
    if not isinstance(sensor, dict):
        raise BlockError("metadata without a sensor")
    closing = found.get("closing")
    if found.get("side") not in (None, "left", "right"):
        found["side"] = None
    return (
        _from_json(RecordingMetadata, {**found, "sensor": _from_json(SensorInfo, sensor)}),
        _from_json(Closing, closing) if isinstance(closing, dict) else None,
    )


def metadata_record(metadata: RecordingMetadata) -> dict[str, str]:
    """Return the same description for the Metadata record, with its own check sum.

    An unclosed MCAP file has no check sum over such a record, so it brings one.
    """
    text = encode_metadata(metadata).decode()
    return {
        "format_version": str(metadata.format_version),
        "session_id": metadata.session_id,
        "json": text,
        "json_crc32": f"{zlib.crc32(text.encode()):08x}",
    }


def decode_metadata_record(entries: Mapping[str, str]) -> RecordingMetadata:
    """Read `metadata_record` back. Raises BlockError, and RecordingError as `decode_metadata` does."""
    text = entries.get("json", "").encode("utf-8", "surrogatepass")
    if f"{zlib.crc32(text):08x}" != entries.get("json_crc32"):
        raise BlockError("the check sum of the metadata is wrong")
    return decode_metadata(text)[0]


def encode_event(event: RecordedEvent) -> bytes:
    """Return the JSON text of an `/events` message.

    Raises ValueError or TypeError if `data` holds what JSON cannot (NaN, objects).
    """
    return json.dumps(
        {
            "kind": event.kind,
            "host_ns": event.host_ns,
            "after_packets": event.after_packets,
            "data": dict(event.data),
        },
        allow_nan=False,
    ).encode()


def decode_event(data: bytes | memoryview) -> RecordedEvent:
    """Read an `/events` message. Raises BlockError if it is not what the schema says."""
    event = _from_json(RecordedEvent, _json_object(data))
    if not isinstance(event.data, dict):
        raise BlockError("an event whose data is not an object")
    return event


def _json_object(data: bytes | memoryview) -> dict[str, Any]:
    try:
        found = json.loads(
            bytes(data), parse_constant=_refuse_constant, parse_int=_int64, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise BlockError("not JSON") from error
    if not isinstance(found, dict):
        raise BlockError("not a JSON object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _int64(digits: str) -> int:
    # Python reads integers of any length, which nothing that is done with them later can hold.
    if not -_INT64_MAX - 1 <= (value := int(digits)) <= _INT64_MAX:
        raise ValueError(f"{digits[:20]} is too large")
    return value


def _finite(digits: str) -> float:
    # 1e999 is JSON, and infinity to Python.
    if not math.isfinite(value := float(digits)):
        raise ValueError(f"{digits[:20]} is too large")
    return value


_INT64_MAX: Final = 2**63 - 1
_JSON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "None": (type(None),),
    "Side": (str,),
    "SensorInfo": (SensorInfo,),
    "Mapping[str, Any]": (dict,),
}
_Kind = TypeVar("_Kind")


def _from_json(kind: type[_Kind], found: Mapping[str, Any]) -> _Kind:
    """Build a dataclass from the keys it knows; what is absent keeps its default."""
    values: dict[str, Any] = {}
    for field in fields(cast(Any, kind)):
        if field.name not in found:
            if field.default is MISSING:
                raise BlockError(f"{kind.__name__} without {field.name}")
            continue
        value = found[field.name]
        # Annotations are text here, e.g. "float | None".
        allowed = tuple(chain.from_iterable(_JSON_TYPES[name] for name in str(field.type).split(" | ")))
        is_flag = isinstance(value, bool) and bool not in allowed
        is_huge = isinstance(value, int) and not -_INT64_MAX <= value + 1 <= _INT64_MAX + 1
        if is_flag or is_huge or not isinstance(value, allowed):
            raise BlockError(f"{kind.__name__} with a {field.name} that cannot be")
        values[field.name] = value
    return kind(**values)
