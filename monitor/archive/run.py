"""A whole archive into tables, taken up again where the last run ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise
from monitor.archive.measuring import Outcome, asked_for
from monitor.archive.sources import Item, find_items
from recordings.exporters.archive_tables import Part, opened, read_table, remove_files, write_part

# What is lost at most when the program dies: so much is measured again.
PART_FILES = 1000
PART_S = 60.0

Engine = Callable[[Iterable[Item], Exercise | None], Iterator[Outcome]]
"""Measures recordings, in any order: see `monitor.archive.engines`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. files: all to be measured in it. elapsed_s: since the first was begun."""

    files: int
    done: int
    failed: int
    elapsed_s: float

    @property
    def text(self) -> str:
        """A line for a person."""
        rate_hz = self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0
        failed = f", {self.failed} not measured" if self.failed else ""
        left = f", {_duration((self.files - self.done) / rate_hz)} left" if rate_hz else ""
        return f"{self.done} of {self.files} recordings, {rate_hz:.1f} a second{left}{failed}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did. known: recordings that were up to date. sessions: the numbers of those measured."""

    files: int
    known: int
    measured: int
    reps: int
    partly_read: int
    failed: int
    sessions: tuple[str, ...]


def analyse_archive(
    source: str,
    output: Path,
    exercise: Exercise | None,
    engine: Engine,
    on_progress: Callable[[Progress], None],
    clock: Callable[[], float] = time.monotonic,
) -> Ran:
    """Measure all recordings of a source that are not in the tables yet, as they are now, by this algorithm.

    One that cannot be measured is a row in the table of failures. Raises RecordingError where the source or
    the output cannot be used, and OSError.
    """
    items = find_items(source)
    with opened(output):
        todo = _out_of_date(items, output, exercise)
        return _measured(items, todo, output, engine(todo, exercise), on_progress, clock)


def _out_of_date(items: list[Item], output: Path, exercise: Exercise | None) -> list[Item]:
    """Return what is to be measured, and take what the tables hold of it out of them."""
    names = ("file", "state", "asked_for", "algorithm_version")
    rows = read_table(output, "sessions", names)
    known = {file: tuple(rest) for file, *rest in zip(*(rows[name] for name in names), strict=True)}
    todo = [
        item
        for item in items
        # A cell without text is null.
        if known.get(item.name) != (item.state or None, asked_for(exercise), ALGORITHM_VERSION)
    ]
    if stale := known.keys() & {item.name for item in todo}:
        remove_files(output, stale)
    return todo


def _measured(
    items: list[Item],
    todo: list[Item],
    output: Path,
    outcomes: Iterator[Outcome],
    on_progress: Callable[[Progress], None],
    clock: Callable[[], float],
) -> Ran:
    pending: list[Outcome] = []
    sessions: list[str] = []
    reps = partly_read = failed = done = 0
    begun_s = written_s = clock()
    try:
        for outcome in outcomes:
            pending.append(outcome)
            done += 1
            now_s = clock()
            if outcome.session is None:
                failed += 1
            else:
                reps += len(outcome.reps)
                partly_read += outcome.partly_read
                sessions.append(outcome.session_id)
            on_progress(Progress(len(todo), done, failed, now_s - begun_s))
            if len(pending) >= PART_FILES or now_s - written_s >= PART_S:
                write_part(output, _part(pending))
                pending.clear()
                written_s = now_s
    finally:
        # Also when somebody stops it: what is measured is kept.
        if pending:
            write_part(output, _part(pending))
    return Ran(
        len(items),
        len(items) - len(todo),
        done - failed,
        reps,
        partly_read,
        failed,
        tuple(filter(None, sessions)),
    )


def _part(outcomes: list[Outcome]) -> Part:
    return Part(
        [row for each in outcomes for row in each.reps],
        [each.session for each in outcomes if each.session is not None],
        [(each.name, each.reason, each.version) for each in outcomes if each.session is None],
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
