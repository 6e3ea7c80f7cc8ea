"""A pseudonymised export gives nobody away, and keeps what research needs."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.source import SensorInfo
from monitor.exporting import exported
from monitor.measured_file import measure_file
from recordings import samples as shipped
from recordings.exporters import bids, columns, csv_files, fhir, opensim, parquet
from recordings.exporters.pseudonyms import KEY_BYTES, KEY_NAME, Pseudonyms, local_pseudonyms
from recordings.exporters.session import ExportedSession
from recordings.format import RecordingError

PERSON = "MUSTERMANN-Erika-1967"
SERIAL = "D4:22:CD:00:8A:41"
STARTED = datetime(2026, 11, 23, 14, 37, 9, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
SENSOR = SensorInfo(
    "polar", f"Polar {SERIAL}", "Polar Sense 8A41C0DE", SERIAL, "2.1", 100.0, battery_percent=71
)
# As they are written somewhere, whatever the case of the letters.
TELLING = (
    PERSON,
    "mustermann",
    "erika",
    SERIAL,
    SERIAL.replace(":", ""),
    SERIAL.replace(":", "-"),
    "8A41C0DE",
    "shared-clinic-session-42",
    "left of the scar",
    "2026-11-23",
    "20261123",
    "23.11.2026",
    "11/23/2026",
    "14:37:09",
    "09:07:09",  # the same in UTC
    "+05:30",
    str(round(STARTED.timestamp())),
)
PSEUDONYMS = Pseudonyms(bytes(range(KEY_BYTES)))
OTHER = Pseudonyms(bytes(KEY_BYTES))


@pytest.fixture(scope="module")
def session() -> ExportedSession:
    return replace(
        exported(measure_file(shipped.path_of("break-point"))),
        session_id="shared-clinic-session-42",
        sensor=SENSOR,
        started=STARTED,
        placement="left of the scar",
        person=PERSON,
    )


def write_tables(session: ExportedSession, folder: Path) -> None:
    start_s = session.start_s
    csv_files.write_samples(session.samples, folder / "samples.csv")
    csv_files.write_reps(session.reps, start_s, folder / "reps.csv", session.trace, session.sets)
    csv_files.write_phases(session.reps, start_s, folder / "phases.csv", session.sets)
    csv_files.write_sets(session.sets, start_s, folder / "sets.csv", session.trace)


def write_parquet(session: ExportedSession, folder: Path) -> None:
    parquet.write_samples(session, folder / "samples.parquet")
    rows = csv_files.rep_rows(session.reps, session.start_s, session.trace, session.sets)
    parquet.write_table(folder / "reps.parquet", columns.REPS, rows, parquet.about(session))


WRITERS: dict[str, Callable[[ExportedSession, Path], object]] = {
    "csv": write_tables,
    "parquet": write_parquet,
    "bids": lambda session, folder: bids.write_session(session, folder / "set"),
    "fhir": lambda session, folder: fhir.write_bundle(session, folder / "bundle.json"),
    "sto": lambda session, folder: opensim.write_orientation(session, folder / "a.sto"),
}


def written(folder: Path) -> bytes:
    """Return every byte and every name below a folder; of compressed tables their contents too."""
    parts: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        parts.append(path.relative_to(folder).as_posix().encode())
        if path.is_file():
            parts.append(path.read_bytes())
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            words = [name for name in table.column_names if str(table.schema.field(name).type) == "string"]
            parts += [repr(table.select(words).to_pylist()).encode(), repr(table.schema.metadata).encode()]
    return b"\n".join(parts)


def found(folder: Path) -> list[str]:
    text = written(folder)
    return [each for each in TELLING if re.search(re.escape(each.encode()), text, re.IGNORECASE)]


@pytest.mark.parametrize("form", WRITERS)
def test_no_original_name_serial_or_date_is_in_any_byte(
    form: str, session: ExportedSession, tmp_path: Path
) -> None:
    WRITERS[form](PSEUDONYMS.session(session), tmp_path)

    assert found(tmp_path) == []


@pytest.mark.parametrize("form", ["parquet", "bids", "fhir"])
def test_without_pseudonyms_they_are_there(form: str, session: ExportedSession, tmp_path: Path) -> None:
    WRITERS[form](session, tmp_path)

    assert len(found(tmp_path)) >= 2


def test_the_measurement_stays(session: ExportedSession) -> None:
    again = PSEUDONYMS.session(session)

    assert again.reps == session.reps
    assert again.sets == session.sets
    assert again.samples is session.samples
    np.testing.assert_array_equal(again.thigh_angle_deg, session.thigh_angle_deg)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))
persons = st.text(min_size=1, max_size=20)


@given(one=moments, other=moments, person=persons, key=st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_time_between_sessions_of_a_person_stays_and_nothing_else_of_it(
    one: datetime, other: datetime, person: str, key: bytes
) -> None:
    shift = Pseudonyms(key).shift(person)

    assert (one - shift) - (other - shift) == one - other
    moved = one - shift
    assert moved.year < 1925
    into_day = shift % timedelta(days=1)
    assert timedelta(hours=1) <= into_day <= timedelta(hours=23)


@given(one=persons, other=persons)
def test_pseudonyms_are_constant_and_each_has_its_own(one: str, other: str) -> None:
    assert PSEUDONYMS.of("person", one) == PSEUDONYMS.of("person", one)
    assert (PSEUDONYMS.of("person", one) == PSEUDONYMS.of("person", other)) == (one == other)
    assert PSEUDONYMS.of("person", one) != PSEUDONYMS.of("serial", one)
    assert PSEUDONYMS.of("person", one) != OTHER.of("person", one)
    assert PSEUDONYMS.shift(one) != OTHER.shift(one)


def test_sessions_of_nobody_share_no_shift(session: ExportedSession) -> None:
    nobody = [PSEUDONYMS.session(replace(session, person=None, session_id=each)) for each in ("a", "b")]

    assert nobody[0].started != nobody[1].started
    assert nobody[0].person is None


def test_the_key_is_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    first = local_pseudonyms(tmp_path / "new")
    path = tmp_path / "new" / KEY_NAME

    assert local_pseudonyms(tmp_path / "new") == first
    assert local_pseudonyms(tmp_path / "other") != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [KEY_NAME]


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_NAME).write_text("00ff")

    with pytest.raises(RecordingError, match="damaged"):
        local_pseudonyms(tmp_path)
    assert (tmp_path / KEY_NAME).read_text() == "00ff"
