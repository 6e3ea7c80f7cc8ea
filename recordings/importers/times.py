"""Stamps of a file to seconds that increase: counters that begin again, midnight, rows written twice."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recordings.importers.csv_samples import HOLE, RATE_TOLERANCE, first_hole
from recordings.importers.rows import Array, FileRefusedError

# A stamp that begins again may have lost samples on the way, but not more: else it is a sensor's new start.
LONGEST_WRAP_S: Final = 10.0
# A month: nobody wears a sensor for longer (as for the program's own CSV).
LONGEST_S: Final = 31 * 86_400.0
# Two stamps nearer than this are one: no motion sensor is so quick.
SHORTEST_S: Final = 1e-6
DAY_S: Final = 86_400.0

# Counted from the year 2000, a float64 tells a tenth of a microsecond.
_FROM = datetime.date(2000, 1, 1).toordinal()
_CLOCK = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})[ T]\s*)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:([.,:])(\d{1,9}))?"
    r"(?:Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def clock_s(text: str) -> tuple[float, bool]:
    """Return seconds of "2026-3-19 16:44:16.689" and whether a date stood there; else those of the day.

    A colon before the last part (MiniIMU) is followed by milliseconds. Raises ValueError for anything else.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text[:40]}' is not a time")
    year, month, day, hours, minutes, seconds, mark, rest = found.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 60:
        raise ValueError(f"'{text[:40]}' is not a time")
    of_day_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if rest:
        of_day_s += int(rest) / (1000 if mark == ":" else 10 ** len(rest))
    if year is None:
        return of_day_s, False
    days = datetime.date(int(year), int(month), int(day)).toordinal() - _FROM
    return days * DAY_S + of_day_s, True


@dataclass(slots=True)
class Stamps:
    """Turns stamps into seconds, block by block.

    file, word, column: for refusals. second: how many ticks one is. wraps_at: in ticks. rate_hz: the true
    rate of stamps that are rounded; they may repeat then, and are replaced.
    """

    file: str
    word: str
    column: str
    second: float
    wraps_at: float | None = None
    rate_hz: float | None = None
    _last: float | None = None
    _offset: float = 0.0
    _last_values: Array | None = None
    _first: float | None = None
    _count: int = 0
    _newest: float = 0.0
    _rounded: list[Array] = field(default_factory=lambda: list[Array]())

    def step(self, places: NDArray[np.int64], ticks: Array, values: Array) -> tuple[NDArray[np.bool_], Array]:
        """Return which (n,) rows to keep and the seconds of those.

        values: (n, k), to tell a row written twice from two samples with one stamp. Raises FileRefusedError
        if time goes back, or stays while the values do not.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            before = np.concatenate([[ticks[0] if self._last is None else self._last], ticks[:-1]])
            steps = ticks - before
            if self.wraps_at is not None:
                wrapped = (steps < 0) & (steps + self.wraps_at <= LONGEST_WRAP_S * self.second)
                turns = self.wraps_at * np.cumsum(wrapped)
                steps = np.where(wrapped, steps + self.wraps_at, steps)
                straight = ticks + self._offset + turns
                self._offset += float(turns[-1])
            else:
                straight = ticks
        back = np.flatnonzero(steps < 0)
        if back.size:
            self._refuse(places, back[0], f"the time goes back from {before[back[0]]:.10g}", ticks)
        kept = np.ones(ticks.size, dtype=bool)
        is_first = self._last is None
        self._last = float(ticks[-1])
        if self.rate_hz is None:
            kept = self._without_twins(places, steps, values, ticks, is_first)
        elif is_first:
            self._first = float(straight[0])
        self._last_values = values[-1].copy()
        if self._first is None:
            self._first = float(straight[0])
        span_s = (float(straight[-1]) - self._first) / self.second
        if not span_s <= LONGEST_S:
            self._refuse(places, -1, f"the times span {span_s:.3g} s, which nobody records", ticks)
        self._newest = float(straight[-1])
        self._count += int(kept.sum())
        if self.rate_hz is None:
            return kept, straight[kept] / self.second
        self._rounded.append(straight / self.second)
        return kept, self._first / self.second + np.arange(
            self._count - ticks.size, self._count
        ) / self.rate_hz

    def check_rate(self) -> None:
        """Raise FileRefusedError if the stamps do not agree with the rate that replaced them."""
        if self.rate_hz is None or self._first is None:
            return
        span_s = (self._newest - self._first) / self.second
        found_hz = (self._count - 1) / span_s if span_s > 0 else np.inf
        if abs(found_hz - self.rate_hz) > RATE_TOLERANCE * self.rate_hz:
            raise FileRefusedError(
                f"{self.file}: the times give {found_hz:.2f} samples per second, not {self.rate_hz:g}: "
                "leave the rate "
                "out, or correct it or the times"
            )
        t_s = np.concatenate(self._rounded)
        hole = first_hole(t_s, found_hz)
        if hole is not None:
            raise FileRefusedError(f"{self.file}: {HOLE.format(hole[1], t_s[hole[0] - 1])}")

    def _without_twins(
        self, places: NDArray[np.int64], steps: Array, values: Array, ticks: Array, is_first: bool
    ) -> NDArray[np.bool_]:
        repeated = steps <= SHORTEST_S * self.second
        repeated[0] &= not is_first
        if not repeated.any():
            return ~repeated
        last = values[:1] if self._last_values is None else self._last_values[None]
        same = (values == np.concatenate([last, values[:-1]])).all(axis=1)
        other = np.flatnonzero(repeated & ~same)
        if other.size:
            self._refuse(
                places,
                other[0],
                "the time is repeated with other values (times that are rounded need the true rate: "
                "--rate-hz)",
                ticks,
            )
        return ~repeated

    def _refuse(self, places: NDArray[np.int64], row: int, what: str, ticks: Array) -> None:
        raise FileRefusedError(
            f"{self.file}, {self.word} {places[row]}, column {self.column}: {what} at {ticks[row]:.10g}"
        )
