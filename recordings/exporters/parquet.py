"""Tables as Parquet files, with types, units and definitions in them. Needs the extra `exports` (pyarrow)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis import ALGORITHM_VERSION
from analysis.phases import DEFINITION
from recordings.exporters.columns import SAMPLES, Column
from recordings.exporters.session import ExportedSession
from recordings.exporters.whole_file import checked_output, whole_file
from recordings.format import RecordingError

COUNTS: Final = frozenset(
    {
        *("rep", "set", "phase", "attempt", "reps", "prescribed_reps", "attempts"),
        *("score", "worst_pain", "pain_after", "effort"),
    }
)
"""Columns of whole numbers; `not_measured` is one in the table of sets, where it has the unit 1."""


def write_table(
    path: Path,
    named: Sequence[Column],
    rows: Iterable[Sequence[object]],
    about: Mapping[str, str],
) -> None:
    """Write rows of cells as the CSV files have them, each column in its type; an empty cell is null.

    about: what the file says of itself. Raises RecordingError without pyarrow or if a recording stands
    there, and OSError.
    """
    pa = _pyarrow()
    checked_output(path)
    cells = [list(row) for row in rows]
    columns: list[Any] = []
    fields: list[Any] = []
    for place, column in enumerate(named):
        name, convert = _type_of(column)
        kind = pa.type_for_alias(name)
        values = [None if row[place] == "" else convert(row[place]) for row in cells]
        columns.append(pa.array(values, kind))
        fields.append(pa.field(column.name, kind, metadata=_meaning(column)))
    _write(pa.table(columns, pa.schema(fields, dict(about))), path)


def write_samples(session: ExportedSession, path: Path) -> None:
    """Write samples and thigh angle, bit for bit as they were measured.

    Raises RecordingError and OSError as `write_table` does.
    """
    pa = _pyarrow()
    checked_output(path)
    parts = [session.times_s[:, None], session.samples.acc_mps2]
    names = ["t_s", "ax_mps2", "ay_mps2", "az_mps2"]
    if session.samples.gyr_radps is not None:
        parts.append(session.samples.gyr_radps)
        names += ["gx_radps", "gy_radps", "gz_radps"]
    columns = [pa.array(np.ascontiguousarray(each)) for each in np.hstack(parts).T]
    # Parquet has a word for what is not known.
    columns.append(pa.array(session.thigh_angle_deg, from_pandas=True))
    meanings = {column.name: _meaning(column) for column in SAMPLES}
    fields = [pa.field(name, pa.float64(), metadata=meanings[name]) for name in [*names, "thigh_angle_deg"]]
    _write(pa.table(columns, pa.schema(fields, about(session))), path)


def about(session: ExportedSession) -> dict[str, str]:
    """Return what a Parquet file of a session says of itself; what is not known is left out."""
    said = {
        "session_id": session.session_id,
        "person": session.person,
        "started": session.started and session.started.isoformat(),
        "side": session.side,
        "placement": session.placement,
        "sensor_model": session.sensor.model,
        "sensor_serial": session.sensor.serial,
        "simulated": str(session.sensor.simulated).lower(),
        "algorithm_version": ALGORITHM_VERSION,
        "phase_definition": DEFINITION,
    }
    return {name: value for name, value in said.items() if value is not None}


def _type_of(column: Column) -> tuple[str, Callable[[Any], object]]:
    """Name of a column's Arrow type, and how a cell becomes a value of it."""
    if not column.unit:
        return "string", str
    is_count = column.name in COUNTS or column.name == "not_measured"
    return ("int64", int) if is_count else ("float64", float)


def _meaning(column: Column) -> dict[str, str]:
    return {"unit": column.unit, "definition": column.definition}


def _write(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    # Written in one go, so that a full disk leaves nothing behind and pyarrow needs no file of its own.
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    with whole_file(path) as part:
        part.write_bytes(buffer.getvalue())


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise RecordingError(
            "Parquet needs the package pyarrow: pip install 'eccentric-monitor[exports]'"
        ) from error
    return pyarrow
