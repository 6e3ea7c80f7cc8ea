"""Two archives of the same recordings: what another version of the algorithm, say, has moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recordings.exporters.archive_tables import is_archive, read_table
from recordings.format import RecordingError

# A frame of a fast sensor is 5 ms: what moved less has not moved for anybody.
MOVED_S = 0.01
# Borders of the bars, seconds: later minus earlier lowering time.
BORDERS_S = (-1.0, -0.5, -0.2, -0.1, -0.05, -MOVED_S, MOVED_S, 0.05, 0.1, 0.2, 0.5, 1.0)
_LISTED = 10
_BAR = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A repetition in an archive. lower_s: None where it was not measured."""

    exercise: str
    start_s: float
    end_s: float
    lower_s: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """The same repetition in both archives."""

    file: str
    before: Row
    after: Row

    @property
    def moved_s(self) -> float | None:
        """Later minus earlier lowering time; None where one of them was not measured."""
        if self.before.lower_s is None or self.after.lower_s is None:
            return None
        return self.after.lower_s - self.before.lower_s


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two archives say of the recordings that both have measured.

    only_before, only_after: recordings that only one has. lost, gained: repetitions of the others that only
    one has, with the file. versions: of the algorithm, of either.
    """

    versions: tuple[str, str]
    files: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    pairs: tuple[Pair, ...]
    lost: tuple[tuple[str, Row], ...]
    gained: tuple[tuple[str, Row], ...]


def compare(before: Path, after: Path) -> Comparison:
    """Compare two archives. Raises RecordingError where one is none or cannot be read, and OSError."""
    for folder in (before, after):
        if not is_archive(folder):
            raise RecordingError(f"{folder} holds no archive: give folders of `eccentric archive analyse`")
    versions, files, repetitions = zip(*map(_read, (before, after)), strict=True)
    both = sorted(files[0] & files[1])
    pairs: list[Pair] = []
    lost: list[tuple[str, Row]] = []
    gained: list[tuple[str, Row]] = []
    for file in both:
        for old, new in matched(repetitions[0].get(file, ()), repetitions[1].get(file, ())):
            if old is not None and new is not None:
                pairs.append(Pair(file, old, new))
            elif old is not None:
                lost.append((file, old))
            elif new is not None:
                gained.append((file, new))
    return Comparison(
        (versions[0], versions[1]),
        len(both),
        tuple(sorted(files[0] - files[1])),
        tuple(sorted(files[1] - files[0])),
        tuple(pairs),
        tuple(lost),
        tuple(gained),
    )


def matched(before: Sequence[Row], after: Sequence[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Pair the repetitions of a recording, both in the order of time: the same exercise, and more than half
    of the shorter one shared. None stands where one has no partner.
    """
    old, new = 0, 0
    while old < len(before) and new < len(after):
        one, other = before[old], after[new]
        shared_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
        shorter_s = min(one.end_s - one.start_s, other.end_s - other.start_s)
        if one.exercise == other.exercise and shared_s > shorter_s / 2:
            yield one, other
            old, new = old + 1, new + 1
        elif one.end_s <= other.end_s:
            yield one, None
            old += 1
        else:
            yield None, other
            new += 1
    yield from ((one, None) for one in before[old:])
    yield from ((None, other) for other in after[new:])


def lines(found: Comparison) -> list[str]:
    """Return a comparison as lines for a terminal."""
    told = [
        f"algorithm {found.versions[0]} -> {found.versions[1]}, {found.files} recordings in both",
        *_files("only in the first", found.only_before),
        *_files("only in the second", found.only_after),
        "",
        f"{'':<10}{'before':>9}{'after':>9}{'same':>9}{'lost':>7}{'new':>7}"
        f"{'moved':>8}{'median':>10}{'5 %':>9}{'95 %':>9}",
    ]
    of_pairs = [pair.before.exercise for pair in found.pairs]
    exercises = {*of_pairs, *(row.exercise for _, row in (*found.lost, *found.gained))}
    for exercise in sorted(exercises):
        same = [pair for pair in found.pairs if pair.before.exercise == exercise]
        lost = sum(row.exercise == exercise for _, row in found.lost)
        gained = sum(row.exercise == exercise for _, row in found.gained)
        moved_s = _moved(same)
        spread = (
            "".join(
                f"{value:>+{width}.3f}" for value, width in zip(_spread(moved_s), (10, 9, 9), strict=True)
            )
            if moved_s.size
            else f"{'-':>10}{'-':>9}{'-':>9}"
        )
        told.append(
            f"{exercise:<10}{len(same) + lost:>9}{len(same) + gained:>9}{len(same):>9}{lost:>7}{gained:>7}"
            f"{int((np.abs(moved_s) > MOVED_S).sum()):>8}{spread}"
        )
    told += ["", *_bars(_moved(found.pairs)), *_measured(found.pairs)]
    return [*told, *_counts(found), *_furthest(found.pairs)]


def _read(folder: Path) -> tuple[str, set[str], Mapping[str, list[Row]]]:
    sessions = read_table(folder, "sessions", ("file", "algorithm_version"))
    table = read_table(folder, "reps", ("file", "exercise", "start_s", "end_s", "lower_s"))
    rows: dict[str, list[Row]] = {}
    for file, *cells in zip(*table.values(), strict=True):
        rows.setdefault(file, []).append(Row(*cells))
    versions = "+".join(sorted(set(sessions["algorithm_version"]))) or "?"
    return versions, set(sessions["file"]), rows


def _moved(pairs: Sequence[Pair]) -> NDArray[np.float64]:
    return np.array([pair.moved_s for pair in pairs if pair.moved_s is not None], np.float64)


def _spread(moved_s: NDArray[np.float64]) -> tuple[float, float, float]:
    low, middle, high = np.percentile(moved_s, (5, 50, 95))
    return float(middle), float(low), float(high)


def _bars(moved_s: NDArray[np.float64]) -> Iterator[str]:
    """Yield the distribution of what moved."""
    if not moved_s.size:
        return
    yield "lowering time, second - first, seconds"
    counts = np.histogram(moved_s, (-np.inf, *BORDERS_S, np.inf))[0]
    names = [
        f"below {BORDERS_S[0]:+g}",
        *(f"{low:+g} to {high:+g}" for low, high in pairwise(BORDERS_S)),
        f"above {BORDERS_S[-1]:+g}",
    ]
    for name, count in zip(names, counts, strict=True):
        yield f"{name:>15} {count:>9}  {'#' * -(-int(count) * _BAR // int(counts.max()))}".rstrip()


def _measured(pairs: Sequence[Pair]) -> Iterator[str]:
    gone = sum(pair.before.lower_s is not None and pair.after.lower_s is None for pair in pairs)
    come = sum(pair.before.lower_s is None and pair.after.lower_s is not None for pair in pairs)
    if gone or come:
        yield f"no longer measured: {gone}; measured now: {come}"


def _counts(found: Comparison) -> Iterator[str]:
    lost = Counter(file for file, _ in found.lost)
    gained = Counter(file for file, _ in found.gained)
    changed = sorted({*lost, *gained}, key=lambda file: (-lost[file] - gained[file], file))
    if changed:
        yield f"other repetitions in {len(changed)} recordings:"
    for file in changed[:_LISTED]:
        yield f"  {file}: {lost[file]} lost, {gained[file]} new"


def _furthest(pairs: Sequence[Pair]) -> Iterator[str]:
    far = sorted(
        (
            (moved_s, pair)
            for pair in pairs
            if (moved_s := pair.moved_s) is not None and abs(moved_s) > MOVED_S
        ),
        key=lambda each: -abs(each[0]),
    )
    if far:
        yield "moved furthest:"
    for moved_s, pair in far[:_LISTED]:
        yield (
            f"  {pair.file} at {pair.before.start_s:.1f} s: "
            f"{pair.before.lower_s:.3f} -> {pair.after.lower_s:.3f} s ({moved_s:+.3f})"
        )


def _files(what: str, files: Sequence[str]) -> Iterator[str]:
    if files:
        more = ", ..." if len(files) > _LISTED else ""
        yield f"{what}: {len(files)} ({', '.join(files[:_LISTED])}{more})"
