"""A file of another program, recognised by what stands in it, into a recording.

A file is read twice: first to the end, to find what is wrong with it and what its units and rate are, then
again to be written. Memory does not grow with its length (but for JSON, whose length is limited), and nothing
is begun for a file that is refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.samples import ImuSamples
from drivers import plain
from drivers.source import SensorInfo
from drivers.two_streams import TwoStreams
from recordings.encoder import Encoder
from recordings.format import (
    NEW_SUFFIX,
    Closing,
    RecordedEvent,
    RecordingError,
    RecordingMetadata,
    Side,
    new_metadata,
)
from recordings.importers import axivity, movesense_json
from recordings.importers.csv_samples import COLUMNS, import_csv
from recordings.importers.dates import Recorded, date_of, event_data, recorded_at
from recordings.importers.layouts import ClockUnit
from recordings.importers.rows import MPS2, RADPS, WORDS, AccUnit, FileRefusedError, GyrUnit, Reading, Rows
from recordings.importers.survey import Survey, check_limits, survey
from recordings.importers.table import Source, head_of, lines_of
from recordings.importers.tables import find_table, named_table
from recordings.importers.tables import reading_of as table_reading
from recordings.live_file import LiveFile, checked_target

_HEAD_BYTES: Final = 4096
_BLOCK_S: Final = 10.0
_MOST_MEMBERS: Final = 100
_TABLE_SUFFIXES: Final = (".csv", ".txt", ".tsv")
_NAMES: Final = ("t", "ax", "ay", "az", "gx", "gy", "gz")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the user says about a table that no program is known for.

    wanted: "t", "ax" to "gz" -> name or number of a column. None: to be found in the numbers; the unit of
    angular rates cannot be.
    """

    wanted: Mapping[str, str]
    acc_unit: AccUnit | None = None
    gyr_unit: GyrUnit | None = None
    time_unit: ClockUnit | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported file.

    read_as: what it was taken for, in a sentence. warnings: what is odd, a sentence each.
    """

    path: Path
    read_as: str
    rows: int
    warnings: tuple[str, ...]


def parse_columns(
    text: str,
    acc_unit: AccUnit | None = None,
    gyr_unit: GyrUnit | None = None,
    time_unit: ClockUnit | None = None,
) -> Columns:
    """Read "t=Time,ax=acc x,...". Raises FileRefusedError if that is not what it says."""
    wanted: dict[str, str] = {}
    for part in text.split(","):
        name, equals, column = part.partition("=")
        name, column = name.strip(), column.strip()
        if not equals or name not in _NAMES or not column:
            raise FileRefusedError(
                f"--columns: '{part[:40]}' is not one of {', '.join(_NAMES)} with '=' and the name or "
                "number of a "
                "column (a name with a comma in it: give its number)"
            )
        if name in wanted:
            raise FileRefusedError(f"--columns: {name} is given twice")
        wanted[name] = column
    missing = [name for name in ("ax", "ay", "az") if name not in wanted]
    gyr = [name for name in ("gx", "gy", "gz") if name in wanted]
    if missing or len(gyr) in (1, 2):
        raise FileRefusedError("--columns: ax, ay and az are needed, and gx, gy and gz all or none")
    if len(set(wanted.values())) < len(wanted):
        raise FileRefusedError("--columns: one column is given twice")
    if gyr and gyr_unit is None:
        raise FileRefusedError("the unit of angular rates cannot be seen: give --gyro-units")
    return Columns(wanted, acc_unit, gyr_unit, time_unit)


def import_file(
    path: str | Path,
    output: str | Path,
    *,
    gyroscope: str | Path | None = None,
    rate_hz: float | None = None,
    columns: Columns | None = None,
    side: Side | None = None,
    recorded: Recorded | None = None,
) -> Imported:
    """Write a file of samples as a closed recording of a sensor with the driver "plain".

    gyroscope: the file of angular rates, where the program writes one for each. rate_hz: the true rate, where
    the times are rounded; they must agree with it. columns: for tables of no known program.

    recorded: when it was; else as the file's own stamps say, else at the time of the import.
    Raises FileRefusedError or CsvError, one sentence with
    file, row and column, for a file that is not as it must be; RecordingError if the recording cannot be
    written.
    """
    path = Path(path)
    if rate_hz is not None and not 0 < rate_hz < np.inf:
        raise FileRefusedError(f"the sampling rate must be above 0 Hz, not {rate_hz}")
    if columns is None and gyroscope is None and _is_own(path):
        return _import_own(path, Path(output), rate_hz, side, recorded)
    target = checked_target(Path(output), NEW_SUFFIX)
    acc, gyr = _readings(path, rate_hz, columns)
    if not acc.has_acc:
        raise FileRefusedError(
            f"{acc.name} holds angular rates only ({acc.program}): give the file of accelerations first, "
            "and this one "
            "with --gyroscope"
        )
    if gyroscope is not None:
        gyr = _gyroscope(Path(gyroscope), acc, gyr)
        if rate_hz is not None:
            raise FileRefusedError("two files are brought together by their times: leave --rate-hz out")
    gyr_unit = gyr.gyr_unit if gyr is not None else acc.gyr_unit
    found = survey(acc, acc.gyr_unit, acc.rows())
    if gyr is not None:
        found = _survey_both(acc, gyr, found)
    has_gyr = acc.has_gyr or gyr is not None
    sensor = SensorInfo(driver=plain.NAME, model=acc.program, name="imported samples", rate_hz=found.rate_hz)
    recorded = recorded or date_of(acc)
    metadata = recorded_at(new_metadata(sensor, side=side), recorded)
    data = {
        "from": acc.program,
        "acceleration": WORDS[found.acc_unit],
        "angular_rate": WORDS[gyr_unit] if has_gyr and gyr_unit else None,
        "clock": acc.clock,
        "rate_hz": rate_hz,
        **event_data(recorded),
    }
    both = acc.rows() if gyr is None else combined(acc, gyr)
    written = _write(target, metadata, data, _samples(both, found.acc_unit, gyr_unit))
    return Imported(written, _read_as(acc, gyr, found, gyr_unit), found.rows, found.warnings)


def _is_own(path: Path) -> bool:
    """Tell whether a file is the program's own CSV, or was meant to be."""
    head = head_of(path, _HEAD_BYTES)
    first = head.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n").split(b"\n", 1)[0]
    names = [
        name.strip().strip('"') for name in first.decode("utf-8", "replace").replace(";", ",").split(",")
    ]
    return not head.strip() or any(name in COLUMNS for name in names)


def _import_own(
    path: Path, output: Path, rate_hz: float | None, side: Side | None, recorded: Recorded | None
) -> Imported:
    imported = import_csv(path, output, rate_hz=rate_hz, side=side, recorded=recorded)
    samples = imported.samples
    found_hz = 1.0 / float(np.median(np.diff(samples.t_s)))
    rates = "no angular rate" if samples.gyr_radps is None else "angular rate rad/s"
    clock = "from t_s" if rate_hz is None else "as given, which agrees with t_s"
    return Imported(
        imported.path,
        f"read as Eccentric CSV: acceleration m/s2, {rates}, {found_hz:.1f} Hz {clock}",
        len(samples),
        imported.warnings,
    )


def _readings(path: Path, rate_hz: float | None, columns: Columns | None) -> tuple[Reading, Reading | None]:
    """Recognise a file; the second is the gyroscope's where the file holds both apart."""
    head = head_of(path, _HEAD_BYTES)
    if columns is not None:
        table = named_table(Source(path), columns.wanted, columns.time_unit, rate_hz)
        reading = table_reading(table, rate_hz)
        return replace(reading, acc_unit=columns.acc_unit, gyr_unit=columns.gyr_unit), None
    if axivity.is_cwa(head):
        _refuse_rate(rate_hz)
        return axivity.reading_of(path), None
    if head.startswith(b"PK\3\4"):
        return _zipped(path, rate_hz)
    if head.startswith((b"\x1f\x8b", b"\xd0\xcf\x11\xe0")):
        what = (
            "a compressed file: unpack it first" if head[0] == 0x1F else "an Excel workbook: save it as CSV"
        )
        raise FileRefusedError(f"{path} is {what}")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        _refuse_rate(rate_hz)
        return movesense_json.readings_of(path)
    table = find_table(Source(path))
    if table is None:
        first = next((text for _, text in lines_of(Source(path)) if text.strip()), "")
        raise FileRefusedError(
            f"{path} is of no program that is known (its first line says '{first.strip()[:60]}'): name its "
            "columns "
            "with --columns"
        )
    return table_reading(table, rate_hz), None


def _refuse_rate(rate_hz: float | None) -> None:
    if rate_hz is not None:
        raise FileRefusedError("this kind of file states its own times: leave --rate-hz out")


def _zipped(path: Path, rate_hz: float | None) -> tuple[Reading, Reading | None]:
    """Find the tables in an archive: one of both quantities, or one of each."""
    try:
        with zipfile.ZipFile(path) as archive:
            # Not is_dir(), which cannot bear a member without a name.
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefusedError(f"{path} is a damaged archive: {error}") from error
    if "[Content_Types].xml" in names:
        raise FileRefusedError(f"{path} is an Excel workbook: save it as CSV")
    tables = [name for name in names if name.lower().endswith(_TABLE_SUFFIXES)]
    if len(tables) > _MOST_MEMBERS:
        raise FileRefusedError(f"{path} holds {len(tables)} tables: import them one by one")
    found: list[Reading] = []
    nearly: FileRefusedError | None = None
    for name in tables:
        try:
            table = find_table(Source(path, name))
            if table is not None:
                found.append(table_reading(table, rate_hz))
        except FileRefusedError as error:
            nearly = nearly or error
    acc = [reading for reading in found if reading.has_acc]
    gyr = [reading for reading in found if not reading.has_acc]
    if not found and nearly is not None:
        raise nearly
    if len(acc) != 1 or len(gyr) > 1:
        raise FileRefusedError(
            f"{path} holds {len(acc)} tables of accelerations and {len(gyr)} of angular rates: unpack it, "
            "and import "
            "those that belong together"
        )
    if gyr and rate_hz is not None:
        raise FileRefusedError("two tables are brought together by their times: leave --rate-hz out")
    return acc[0], gyr[0] if gyr and not acc[0].has_gyr else None


def _gyroscope(path: Path, acc: Reading, gyr: Reading | None) -> Reading:
    """Recognise the file of angular rates that goes with one of accelerations."""
    if acc.has_gyr or gyr is not None:
        raise FileRefusedError(f"{acc.name} holds angular rates itself: leave --gyroscope out")
    found, _ = _readings(path, None, None)
    if found.has_acc or not found.has_gyr:
        raise FileRefusedError(f"{found.name} holds accelerations ({found.program}), not angular rates")
    if found.program.split()[0] != acc.program.split()[0]:
        raise FileRefusedError(f"{acc.name} is a {acc.program}, and {found.name} a {found.program}")
    return found


def _survey_both(acc: Reading, gyr: Reading, found: Survey) -> Survey:
    """Count what two streams have in common. Raises FileRefusedError if that is nothing to measure with."""
    assert gyr.gyr_unit is not None
    for block in gyr.rows():
        check_limits(gyr, block)
    rows = sum(block.t_s.size for block in combined(acc, gyr))
    if rows < max(2, found.rows // 10):
        raise FileRefusedError(
            f"{acc.name} and {gyr.name} have {rows} of {found.rows} samples in common: they are not of one "
            "recording"
        )
    warnings = found.warnings
    if rows < 0.99 * found.rows:
        left_out = found.rows - rows
        warnings += (
            f"{left_out} of {found.rows} accelerations have no angular rate beside them, and are left out.",
        )
    return replace(found, rows=rows, warnings=warnings)


def combined(acc: Reading, gyr: Reading) -> Iterator[Rows]:
    """Yield the rows of the accelerometer with the angular rate at their instants, as live (`TwoStreams`)."""
    streams = TwoStreams()
    rates = gyr.rows()
    newest_s = -np.inf
    for block in acc.rows():
        assert block.acc is not None
        while block.t_s.size and newest_s < block.t_s[-1] and (more := next(rates, None)) is not None:
            if more.gyr is not None and more.t_s.size:
                streams.angular_rate(more.t_s, more.gyr)
                newest_s = float(more.t_s[-1])
        streams.acceleration(block.t_s, block.t_s, block.acc)
        t_s, both, rate = streams.matched()
        yield Rows(np.zeros(t_s.size, dtype=np.int64), t_s, both, rate)


def _samples(rows: Iterator[Rows], acc_unit: AccUnit, gyr_unit: GyrUnit | None) -> Iterator[ImuSamples]:
    """Turn rows into samples in SI units, from time 0."""
    first_s: float | None = None
    for block in rows:
        if not block.t_s.size or block.acc is None:
            continue
        first_s = float(block.t_s[0]) if first_s is None else first_s
        acc = block.acc * MPS2[acc_unit]
        gyr = None if block.gyr is None or gyr_unit is None else block.gyr * RADPS[gyr_unit]
        yield ImuSamples(block.t_s - first_s, acc, gyr)


def _write(
    target: Path, metadata: RecordingMetadata, data: Mapping[str, Any], parts: Iterator[ImuSamples]
) -> Path:
    """Write a recording part by part: whole under its name, or not at all (as `write_recording`)."""
    encoder, file = Encoder(metadata), LiveFile(target, NEW_SUFFIX)
    written, ended_ns = 0, metadata.started_host_ns
    try:
        encoder.event(RecordedEvent(metadata.started_host_ns, "imported", data))
        file.write(encoder.cut())
        for samples in parts:
            start = 0
            while start < len(samples):
                end = int(np.searchsorted(samples.t_s, samples.t_s[start] + _BLOCK_S))
                ended_ns = metadata.started_host_ns + round(float(samples.t_s[end - 1]) * 1e9)
                encoder.samples(samples[start:end], written, ended_ns)
                file.write(encoder.cut())
                written, start = written + end - start, end
        encoder.describe(metadata, Closing(0, written, ended_ns))
        file.write(encoder.finish())
        file.sync()
        return file.seal()
    except OSError as error:
        file.abandon()
        raise RecordingError(f"{target} cannot be written: {error.strerror}") from error
    except BaseException:
        file.abandon()
        raise


def _read_as(acc: Reading, gyr: Reading | None, found: Survey, gyr_unit: GyrUnit | None) -> str:
    unit = f"acceleration {WORDS[found.acc_unit]}"
    if found.is_acc_unit_found:
        unit += f" (by its {found.at_rest_g:.2f} g at rest)"
    has_gyr = acc.has_gyr or gyr is not None
    rates = f"angular rate {WORDS[gyr_unit]}" if has_gyr and gyr_unit else "no angular rate"
    program = acc.program if gyr is None or gyr.program == acc.program else f"{acc.program} and {gyr.program}"
    return f"read as {program}: {unit}, {rates}, {found.rate_hz:.1f} Hz {acc.clock}"
