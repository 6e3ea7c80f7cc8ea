"""A text table with a known header, or with columns that the user names, to rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np

from recordings.importers.layouts import LAYOUTS, MOVESENSE_ONLY, NEARLY, Clock, ClockUnit, Layout
from recordings.importers.rows import Array, FileRefusedError, Reading, Rows
from recordings.importers.table import (
    DELIMITERS,
    PREAMBLE_LINES,
    Source,
    key_of,
    lines_of,
    split,
    without_last_blank,
)
from recordings.importers.times import DAY_S, Stamps, clock_s

ROWS_AT_ONCE: Final = 4096
TICKS_PER_SECOND: Final[dict[str, float]] = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9, "text": 1.0}
# Seconds between two samples of a motion sensor: 2000 Hz to 5 Hz. Units differ by 1000, so that only one
# fits.
_LIKELY_STEP_S: Final = (0.0005, 0.2)
_RATE = re.compile(r"//\s*Update Rate:\s*([0-9]+(?:\.[0-9]+)?)\s*Hz", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose columns were found.

    columns: name -> index, names as the layout has them. header: the fields of the header, to pass over it
    where it is written again; empty without one. first_line: the first line behind it. rate_hz: stated above
    the header, or by the user. time: index and unit; None where rows count instead.
    """

    source: Source
    layout: Layout
    delimiter: str
    columns: Mapping[str, int]
    names: Mapping[int, str]
    header: tuple[str, ...]
    first_line: int
    clock: Clock | None = None
    rate_hz: float | None = None
    width: int | None = None


def find_table(source: Source) -> Table | None:
    """Find the header of a known program. Raises FileRefusedError where it is known to be of no use."""
    above: list[str] = []
    nearly: str | None = None
    for line, text in islice(lines_of(source), PREAMBLE_LINES):
        for delimiter in DELIMITERS:
            if delimiter not in text:
                continue
            header = _header_fields(source, line, text, delimiter)
            keys = [key_of(name) for name in header]
            if layout := _layout_of(keys, above):
                return _table(source, layout, delimiter, header, keys, line, above)
            nearly = nearly or next((what for key, what in NEARLY if key in keys), None)
        above.append(text)
    if nearly:
        raise FileRefusedError(f"{source.name} {nearly}")
    return None


def _header_fields(source: Source, line: int, text: str, delimiter: str) -> list[str]:
    try:
        return without_last_blank(split(source, line, text, delimiter))
    except FileRefusedError:
        # Above a header anything may stand; in a row it is an error.
        return []


def _layout_of(keys: Sequence[str], above: Sequence[str]) -> Layout | None:
    found = set(keys)
    for layout in LAYOUTS:
        if not layout.needed <= found or not any(clock.column in found for clock in layout.clocks):
            continue
        if layout.above and not any(text.lower().startswith(layout.above) for text in above):
            continue
        if layout.short is not None and not found >= MOVESENSE_ONLY:
            continue
        return layout
    return None


def _table(
    source: Source,
    layout: Layout,
    delimiter: str,
    header: Sequence[str],
    keys: Sequence[str],
    line: int,
    above: Sequence[str],
) -> Table:
    columns = {key: index for index, key in reversed(list(enumerate(keys)))}
    for key in layout.needed:
        if keys.count(key) > 1:
            raise FileRefusedError(
                f"{source.name}, line {line}: two columns are called '{header[columns[key]]}'"
            )
    rate_hz = next((float(found[1]) for text in above if (found := _RATE.match(text))), None)
    table = Table(
        source,
        layout,
        delimiter,
        columns,
        dict(enumerate(header)),
        tuple(header),
        line + 1,
        None,
        rate_hz,
        len(header),
    )
    first = _first_row(table)
    for clock in layout.clocks:
        index = columns.get(clock.column)
        if index is None:
            continue
        if first is None or (index < len(first) and first[index] not in ("", "null")):
            return replace(table, clock=clock)
    raise FileRefusedError(f"{source.name}, line {line + 1}: no time stands in the first row")


def _first_row(table: Table) -> list[str] | None:
    return next((fields for _, fields in _fields_of(table)), None)


def named_table(
    source: Source, wanted: Mapping[str, str], time_unit: ClockUnit | None, rate_hz: float | None
) -> Table:
    """Find the columns that the user names, or gives by number from 1.

    wanted: "t" (may be absent if the rate is given), "ax" to "az", and "gx" to "gz" or none of those.
    time_unit: None: to be found by the step between two rows. Raises FileRefusedError.
    """
    by_number = all(name.isascii() and name.isdigit() for name in wanted.values())
    table = _numbered(source, wanted) if by_number else _titled(source, wanted)
    first = _first_row(table)
    if first is None:
        raise FileRefusedError(f"{source.name} has no rows of samples behind line {table.first_line - 1}")
    if "t" not in wanted:
        if rate_hz is None:
            raise FileRefusedError("without a column of times (t=...) the rate must be given: --rate-hz")
        return replace(table, rate_hz=rate_hz)
    unit = time_unit or _time_unit(table, first)
    return replace(table, clock=Clock("t", unit, 2**32 if unit in ("us", "ms") else None))


def _layout_for(wanted: Mapping[str, str]) -> Layout:
    gyr = ("gx", "gy", "gz") if "gx" in wanted else None
    return Layout("table with named columns", (), ("ax", "ay", "az"), gyr)


def _titled(source: Source, wanted: Mapping[str, str]) -> Table:
    best: tuple[int, str] | None = None
    for line, text in islice(lines_of(source), PREAMBLE_LINES):
        for delimiter in DELIMITERS:
            header = _header_fields(source, line, text, delimiter) if delimiter in text else []
            missing = [name for name in wanted.values() if name not in header]
            if not missing:
                twice = next((name for name in wanted.values() if header.count(name) > 1), None)
                if twice is not None:
                    raise FileRefusedError(f"{source.name}, line {line}: two columns are called '{twice}'")
                columns = {key: header.index(name) for key, name in wanted.items()}
                names = dict(enumerate(header))
                return Table(
                    source,
                    _layout_for(wanted),
                    delimiter,
                    columns,
                    names,
                    tuple(header),
                    line + 1,
                    width=len(header),
                )
            if len(missing) < len(wanted) and (best is None or len(missing) < best[0]):
                best = (len(missing), f"line {line}: there is no column '{missing[0][:40]}'")
    raise FileRefusedError(
        f"{source.name}, {best[1]}"
        if best
        else f"{source.name} has no header with the columns that were named"
    )


def _numbered(source: Source, wanted: Mapping[str, str]) -> Table:
    numbers = {key: int(number[:9]) - 1 for key, number in wanted.items()}
    if min(numbers.values()) < 0:
        raise FileRefusedError("columns are counted from 1")
    for line, text in islice(lines_of(source), PREAMBLE_LINES):
        fitting: list[Table] = []
        for delimiter in DELIMITERS:
            fields = _header_fields(source, line, text, delimiter) if delimiter in text else []
            width = len(fields)
            picked = [fields[index] for index in numbers.values() if index < width]
            if len(picked) == len(numbers) and all(_is_number(field, delimiter) for field in picked):
                names = {index: f"{index + 1}" for index in range(width)}
                layout = _layout_for(wanted)
                fitting.append(Table(source, layout, delimiter, numbers, names, (), line, width=width))
        if len(fitting) > 1:
            raise FileRefusedError(
                f"{source.name}, line {line}: commas and semicolons could both separate columns"
            )
        if fitting:
            return fitting[0]
    raise FileRefusedError(f"{source.name} has no row with numbers in columns {', '.join(wanted.values())}")


def _is_number(field: str, delimiter: str) -> bool:
    try:
        _number(field if delimiter == "," else field.replace(",", ".", 1))
    except ValueError:
        try:
            clock_s(field)
        except ValueError:
            return False
    return True


def _time_unit(table: Table, first: Sequence[str]) -> ClockUnit:
    """Find the unit of the times: text, or the one in which the samples of a sensor can follow each other."""
    index = table.columns["t"]
    name, file = table.names[index], table.source.name
    try:
        _number(first[index].replace(",", ".", 1))
    except ValueError:
        return "text"
    stamps: list[float] = []
    for line, fields in islice(_fields_of(table), ROWS_AT_ONCE):
        try:
            stamps.append(_number(fields[index].replace(",", ".", 1)))
        except (ValueError, IndexError):
            raise FileRefusedError(f"{file}, line {line}, column {name}: no number stands there") from None
    if not np.isfinite(stamps).all():
        raise FileRefusedError(f"{file}, column {name}: not every time is a number to work with")
    with np.errstate(over="ignore"):
        steps = np.diff(np.array(stamps))
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    for unit in ("s", "ms", "us", "ns"):
        if _LIKELY_STEP_S[0] <= step / TICKS_PER_SECOND[unit] <= _LIKELY_STEP_S[1]:
            return unit
    raise FileRefusedError(
        f"{file}, column {name}: a step of {step:.3g} from row to row is none of a motion sensor in s, ms, "
        "us or ns: give --time-unit, and --rate-hz if the times are rounded"
    )


def reading_of(table: Table, rate_hz: float | None) -> Reading:
    """Describe how a table is read. rate_hz: the true rate, as the user gives it. Raises FileRefusedError."""
    layout, clock = table.layout, table.clock
    if clock is not None and clock.unit == "counter":
        rate_hz = rate_hz or table.rate_hz
        if not rate_hz:
            raise FileRefusedError(
                f"{table.source.name} does not state its update rate: give it with --rate-hz"
            )
        where = f"counted by {table.names[table.columns[clock.column]]}"
    elif clock is None:
        rate_hz = table.rate_hz
        where = "as given, row by row"
    else:
        name = table.names[table.columns[clock.column]]
        where = f"from {name}" if rate_hz is None else f"as given, which agrees with {name}"
        if layout.program == "table with named columns" and clock.unit != "text":
            where += f" in {clock.unit}"
    acc = [table.names[table.columns[name]] for name in layout.acc or ()]
    counted_hz = rate_hz if clock is not None and clock.unit == "counter" else None
    return Reading(
        table.source.name,
        layout.program,
        lambda: _rows_of(table, rate_hz),
        layout.acc is not None,
        layout.gyr is not None,
        layout.acc_unit,
        layout.gyr_unit,
        where,
        ", ".join(acc),
        counted_hz=counted_hz,
        dated=table.clock is not None and table.clock.unit == "text",
    )


def _rows_of(table: Table, rate_hz: float | None) -> Iterator[Rows]:
    layout, clock, name = table.layout, table.clock, table.source.name
    value_columns = [table.columns[column] for column in (layout.acc or ()) + (layout.gyr or ())]
    time_column = None if clock is None else table.columns[clock.column]
    stamps: Stamps | None = None
    rows_before = 0
    for places, texts, values in _blocks(table, value_columns, time_column):
        where = np.array(places, dtype=np.int64)
        array = np.array(values, dtype=np.float64)
        _check_finite(table, where, value_columns, array)
        if clock is None:
            assert rate_hz is not None
            kept = np.ones(where.size, dtype=bool)
            t_s: Array = np.arange(rows_before, rows_before + where.size) / rate_hz
        else:
            assert time_column is not None
            ticks, wraps_at = _ticks(table, clock, time_column, places, texts)
            if stamps is None:
                counts = clock.unit == "counter"
                second = float(rate_hz or 1) if counts else TICKS_PER_SECOND[clock.unit]
                # A counter that rounds to nothing still counts: the rate is its unit.
                stamps = Stamps(
                    name, "line", table.names[time_column], second, wraps_at, None if counts else rate_hz
                )
            kept, t_s = stamps.step(where, ticks, array)
        rows_before += where.size
        acc = array[kept, :3] if layout.acc else None
        gyr = array[kept, -3:] if layout.gyr else None
        yield Rows(where[kept], t_s, acc, gyr, int((~kept).sum()))
    if stamps is not None and stamps.rate_hz is not None:
        stamps.check_rate()


def _blocks(
    table: Table, value_columns: Sequence[int], time_column: int | None
) -> Iterator[tuple[list[int], list[str], list[list[float]]]]:
    """Yield some thousand rows at a time: lines, texts of the times, numbers."""
    places: list[int] = []
    texts: list[str] = []
    values: list[list[float]] = []
    device_column = table.columns.get(table.layout.device) if table.layout.device else None
    used = max([*value_columns, time_column or 0, device_column or 0])
    device: str | None = None
    may_be_comma = table.delimiter != ","
    has_comma = has_point = False
    for line, fields in _fields_of(table):
        if len(fields) <= used:
            raise FileRefusedError(
                f"{table.source.name}, line {line}: {len(fields)} fields, and {used + 1} are needed"
            )
        if device_column is not None:
            device = device if device is not None else fields[device_column]
            if fields[device_column] != device:
                raise FileRefusedError(
                    f"{table.source.name}, line {line}, column {table.names[device_column]}: rows of a "
                    "second sensor "
                    f"'{fields[device_column][:60]}': save the rows of one sensor in a file of their own"
                )
        picked = [fields[column] for column in value_columns]
        if may_be_comma:
            joined = " ".join(picked)
            if time_column is not None and ":" not in fields[time_column]:
                joined += f" {fields[time_column]}"
            has_comma = has_comma or "," in joined
            has_point = has_point or "." in joined
            if has_comma:
                if has_point:
                    raise FileRefusedError(
                        f"{table.source.name}, line {line}: decimal commas and decimal points in one file"
                    )
                picked = [text.replace(",", ".") for text in picked]
        try:
            values.append(_numbers(picked))
        except ValueError:
            _refuse_number(table, line, value_columns, fields, picked)
        places.append(line)
        if time_column is not None:
            text = fields[time_column]
            texts.append(text.replace(",", ".") if has_comma and ":" not in text else text)
        if len(places) == ROWS_AT_ONCE:
            yield places, texts, values
            places, texts, values = [], [], []
    if places:
        yield places, texts, values


def _fields_of(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of each row; all must have as many as the header, or the first."""
    width: int | None = None
    header, short = list(table.header), table.layout.short
    for line, text in lines_of(table.source):
        if line < table.first_line or not text.strip(" \t" + table.delimiter):
            continue
        fields = split(table.source, line, text, table.delimiter)
        if width is None:
            width = table.width or len(fields)
            if short in (len(fields), len(without_last_blank(fields))):
                width = short
        if len(fields) != width and not (len(fields) == width + 1 and not fields[-1]):
            if header and without_last_blank(fields) == header:
                continue
            what = f"{len(fields)} fields, and {width} are needed"
            if len(fields) > width and table.delimiter == ",":
                what += " (are the numbers written with decimal commas? save them with points, or with "
                what += "semicolons "
                what += "between the columns)"
            raise FileRefusedError(f"{table.source.name}, line {line}: {what}")
        if header and fields[: len(header)] == header:
            continue
        yield line, fields


def _numbers(texts: Sequence[str]) -> list[float]:
    joined = "".join(texts)
    if "_" in joined or not joined.isascii():
        return [_number(text) for text in texts]
    return list(map(float, texts))


def _number(text: str) -> float:
    # Python would also read 1_000 and digits of other scripts.
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def _refuse_number(
    table: Table, line: int, columns: Sequence[int], fields: Sequence[str], picked: Sequence[str]
) -> None:
    for column, text in zip(columns, picked, strict=True):
        try:
            _number(text)
        except ValueError:
            found = fields[column]
            what = f"'{found[:40]}' is not a number" if found else "the number is missing"
            raise FileRefusedError(
                f"{table.source.name}, line {line}, column {table.names[column]}: {what}"
            ) from None


def _check_finite(table: Table, places: np.ndarray, columns: Sequence[int], array: Array) -> None:
    if np.isfinite(array).all():
        return
    row, column = np.argwhere(~np.isfinite(array))[0]
    raise FileRefusedError(
        f"{table.source.name}, line {places[row]}, column {table.names[columns[column]]}: "
        f"{array[row, column]} is "
        "not a number to work with"
    )


def _ticks(
    table: Table, clock: Clock, column: int, places: Sequence[int], texts: Sequence[str]
) -> tuple[Array, float | None]:
    """Return the times as numbers, and where they begin again."""
    ticks: list[float] = []
    dated: bool | None = None
    for place, text in zip(places, texts, strict=True):
        try:
            if clock.unit == "text":
                tick, has_date = clock_s(text)
                if dated not in (None, has_date):
                    raise ValueError(
                        f"'{text[:40]}' where the times before have a date and this none, or vice versa"
                    )
                dated = has_date
            else:
                tick = _number(text)
                if not math.isfinite(tick):
                    raise ValueError
        except ValueError as error:
            what = str(error) if clock.unit == "text" else f"'{text[:40]}' is not a number to work with"
            raise FileRefusedError(
                f"{table.source.name}, line {place}, column {table.names[column]}: {what}"
            ) from None
        ticks.append(tick)
    wraps_at = None if clock.wraps_at is None else float(clock.wraps_at)
    return np.array(ticks), DAY_S if dated is False else wraps_at
