"""What is fed anything at all: every reader of bytes from outside, with what it may do with them.

A target takes bytes and returns, or raises what it raises for bytes that are none of its own. Everything else
is a finding: another exception, a warning, a value that is no number, memory or time without bound.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import zstandard

from analysis import ImuSamples
from benchmarks.damaged import fault
from drivers import registry
from drivers.decoded import DecodeError
from drivers.source import SensorInfo
from drivers.virtual.catalogue import MODELS
from monitor.known_sensors import KnownSensorError, calibration_path, last_sensor, load_calibration
from monitor.measured_file import measure_file
from monitor.plans.plan_file import PlanFileError, read_plan_file, read_rule_file
from monitor.review.edits_json import decode as decode_edit
from monitor.sets import sets_of
from monitor.settings import load_settings
from recordings.chunks import CHUNK_HEAD, MAGIC, RECORD_HEAD, ZSTD
from recordings.edits_file import read_edits
from recordings.encryption import EncryptionError
from recordings.format import BlockError, RecordedEvent, RecordingError, decode_event, new_metadata
from recordings.importers.any_file import Columns, import_file
from recordings.importers.csv_samples import CsvError
from recordings.importers.rows import FileRefusedError
from recordings.reader import read
from recordings.writer import write_recording

Target = Callable[[bytes], None]

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
MOST_PAYLOADS = 64
CHUNK_ENDS = b"\xfe\xff\xfe\xff"
SUFFIXES = (".csv", ".txt", ".json", ".cwa", ".zip", ".tsv")
STILL = ImuSamples(np.arange(100) / 50, np.tile([0.0, 0.0, 9.81], (100, 1)), np.zeros((100, 3)))
STILL_SENSOR = SensorInfo("plain", "still", "still", rate_hz=50.0)
NO_KEY = "AGE-SECRET-KEY-1"


class NotAllowedError(AssertionError):
    """A reader gave what it must not give."""


def payloads_of(data: bytes) -> Iterator[bytes]:
    """Cut bytes into notifications: a length of one byte before each."""
    at = 0
    for _ in range(MOST_PAYLOADS):
        if at >= len(data):
            return
        end = at + 1 + data[at]
        yield data[at + 1 : end]
        at = end


def decoder(driver: str, data: bytes) -> None:
    """Notifications of one link, one after the other: samples or DecodeError."""
    found = registry.decoder(driver)
    state = found.initial_state()
    for payload in payloads_of(data):
        try:
            decoded, state = found.decode(payload, state)
        except DecodeError:
            continue
        wrong = fault(decoded, two_streams=found.two_streams)
        if wrong is not None:
            raise NotAllowedError(wrong)


def recording(data: bytes) -> None:
    """A recording: what comes back is finite, in order of time, and can be replayed."""
    path = _file("read.mcap", data)
    try:
        found = read(path)
    except RecordingError:
        return
    samples = found.samples
    if not np.isfinite(samples.acc_mps2).all() or not (np.diff(samples.t_s) > 0).all():
        raise NotAllowedError("samples that are none")
    if any(damage.start_byte > damage.end_byte or not damage.text for damage in found.damage):
        raise NotAllowedError("damage that is nowhere")
    for _ in itertools.islice(found.source_items(), 10_000):
        pass


def chunks(data: bytes) -> None:
    """What stands in the chunks of a recording, with the sums that a fuzzer cannot guess."""
    recording(recording_of(data.split(CHUNK_ENDS)))


def recording_of(contents: list[bytes]) -> bytes:
    """Return an unfinished recording with these chunks in it."""
    parts = [MAGIC]
    for content in contents:
        packed = zstandard.compress(content, 1)
        head = CHUNK_HEAD.pack(0, 0, len(content), zlib.crc32(content), len(ZSTD), ZSTD, len(packed))
        parts.append(RECORD_HEAD.pack(6, len(head) + len(packed)) + head + packed)
    return b"".join(parts)


def importer(data: bytes) -> None:
    """A table, a Movesense JSON, an Axivity file or an archive of tables; the first byte chooses the name."""
    if not data:
        return
    path = _file("import" + SUFFIXES[data[0] % len(SUFFIXES)], data[1:])
    columns = Columns({"t": "1", "ax": "2", "ay": "3", "az": "4"}) if data[0] >= 128 else None
    target = FOLDER / "imported.mcap"
    target.unlink(missing_ok=True)
    with contextlib.suppress(FileRefusedError, CsvError, RecordingError):
        import_file(path, target, columns=columns)


def plans(data: bytes) -> None:
    """A file of plans."""
    with contextlib.suppress(PlanFileError):
        read_plan_file(_file("plans.json", data))


def pain_rule(data: bytes) -> None:
    """A file with a rule for pain."""
    with contextlib.suppress(PlanFileError):
        read_rule_file(_file("rule.json", data))


def events(data: bytes) -> None:
    """What a recording says of its session, a line each: measured with it, or not, but never a traceback."""
    told: list[RecordedEvent] = []
    for line in data.split(b"\n"):
        with contextlib.suppress(BlockError):
            told.append(decode_event(line))
    path = FOLDER / "events.mcap"
    path.unlink(missing_ok=True)
    try:
        write_recording(path, new_metadata(STILL_SENSOR), samples=STILL, events=told)
    except RecordingError:
        return
    sets_of(measure_file(path))


def edits(data: bytes) -> None:
    """A file of corrections by hand: lines that can be read, and the numbers of the others."""
    with contextlib.suppress(EncryptionError, RecordingError):
        summed = b"".join(b"%08x %b\n" % (zlib.crc32(line), line) for line in data.split(b"\n"))
        for entry in read_edits(_file("x.mcap.edits", summed), lambda: NO_KEY).entries:
            decode_edit(entry)


def kept(data: bytes) -> None:
    """The small files of the data folder: settings, calibration, the last sensor."""
    for name in ("settings.json", "last-sensor.json"):
        _file(name, data)
    load_settings(FOLDER)
    last_sensor(FOLDER)
    path = calibration_path(FOLDER, "A1", "left")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    with contextlib.suppress(KnownSensorError):
        load_calibration(FOLDER, "A1", "left")


def _file(name: str, data: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(data)
    return path


DRIVERS = sorted({model.driver for model in MODELS.values()})
TARGETS: dict[str, Target] = {
    **{f"decoder-{driver}": partial(decoder, driver) for driver in DRIVERS},
    "recording": recording,
    "chunks": chunks,
    "importer": importer,
    "plans": plans,
    "pain-rule": pain_rule,
    "events": events,
    "edits": edits,
    "kept": kept,
}
