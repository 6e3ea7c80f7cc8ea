"""When an imported file was recorded: as told, or by its own time stamps."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from recordings.format import RecordingMetadata
from recordings.importers.rows import FileRefusedError, Reading

EARLIEST = datetime(2000, 1, 1)
"""What stamps with a date count from. There were no such sensors before."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?")


@dataclass(frozen=True, slots=True)
class Recorded:
    """When a file was recorded, in the time of this computer's place.

    known_to: "day" where only that was told. by: who says so.
    """

    at: datetime
    known_to: Literal["day", "second"]
    by: Literal["person", "file"]


def parse_date(text: str, now: datetime | None = None) -> Recorded:
    """Read "2026-10-05" or "2026-10-05 17:30". Raises FileRefusedError for what cannot be, or is to come."""
    day = _DAY.fullmatch(text) is not None
    if not day and _MOMENT.fullmatch(text) is None:
        raise FileRefusedError(f"--date: '{text[:40]}' is no date: write 2026-10-05 or \"2026-10-05 17:30\"")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise FileRefusedError(f"--date: '{text[:40]}' is in no calendar") from None
    if at < EARLIEST:
        raise FileRefusedError(f"--date: {text} is before the year 2000: no such sensor was there yet")
    if at > (now or datetime.now()):
        raise FileRefusedError(f"--date: {text} is yet to come: give the day of the recording")
    # In the middle of the day it is the same day in every place.
    return Recorded(at + timedelta(hours=12) if day else at, "day" if day else "second", "person")


def date_of(reading: Reading, now: datetime | None = None) -> Recorded | None:
    """Return when a file says that it was recorded; None where it does not, or its clock was never set."""
    first = next((block for block in reading.rows() if block.t_s.size), None) if reading.dated else None
    if first is None:
        return None
    at = EARLIEST + timedelta(seconds=float(first.t_s[0]))
    # Times of day alone, and clocks that began at their own epoch, lie in the year 2000.
    if not datetime(2005, 1, 1) < at <= (now or datetime.now()) + timedelta(days=1):
        return None
    return Recorded(at, "second", "file")


def recorded_at(metadata: RecordingMetadata, recorded: Recorded | None) -> RecordingMetadata:
    """Return what describes a recording with the time at which it was recorded, if that is known."""
    if recorded is None:
        return metadata
    local = recorded.at.astimezone()
    offset = local.strftime("%z")
    return replace(
        metadata,
        started_wall_ns=int(local.astimezone(UTC).timestamp()) * 10**9,
        time_zone=f"UTC{offset[:3]}:{offset[3:5]} {local.tzname() or ''}".rstrip(),
    )


def event_data(recorded: Recorded | None) -> dict[str, str]:
    """Return what the event of an import says of the date."""
    return {} if recorded is None else {"date_by": recorded.by, "date_known_to": recorded.known_to}
