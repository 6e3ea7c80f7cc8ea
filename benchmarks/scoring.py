"""Compare what was measured with what is true: matching, and the statistics of the result.

A found repetition is a true one where the exercise is the same and both share at least half of the time that
they cover together. Pairs are taken greedily, best overlap first, each repetition once. This and nothing
else decides what counts as counted, missed and false.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MIN_OVERLAP = 0.5
EARLY_S = 0.5
"""A live event may come this much before the true start: the speed of the definition is not zero."""


class Span(Protocol):
    """Anything of one exercise that starts and ends."""

    @property
    def exercise(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


def overlap(a: Span, b: Span) -> float:
    """Shared time over the time that both cover together, 0-1."""
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return max(0.0, shared) / (max(a.end_s, b.end_s) - min(a.start_s, b.start_s))


def match(found: Sequence[Span], true: Sequence[Span]) -> dict[int, int]:
    """Pair true spans with found ones: index of the true one -> index of the found one."""
    shares = sorted(
        (
            (overlap(one, other), j, i)
            for i, one in enumerate(found)
            for j, other in enumerate(true)
            if one.exercise == other.exercise
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for share, j, i in shares:
        if share >= MIN_OVERLAP and j not in pairs and i not in taken:
            pairs[j] = i
            taken.add(i)
    return pairs


@dataclass(frozen=True, slots=True)
class ScoredRep:
    """A true repetition and what was measured of it; what was not found or not measured is None."""

    exercise: str
    start_s: float
    end_s: float
    range_deg: float
    speed_dps: float
    flags: tuple[str, ...]
    lower_s: float
    break_deg: float | None
    counted: bool
    found_range_deg: float | None = None
    lower_error_s: float | None = None
    start_error_s: float | None = None
    end_error_s: float | None = None
    lower_se_s: float | None = None
    found_break_deg: float | None = None
    not_measured: str | None = None
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FalseRep:
    """A repetition that was found where none is."""

    exercise: str
    start_s: float
    end_s: float
    range_deg: float
    evidence: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Counted:
    """All true repetitions of a session, and the false ones."""

    reps: tuple[ScoredRep, ...]
    false: tuple[FalseRep, ...]

    @property
    def hits(self) -> int:
        return sum(rep.counted for rep in self.reps)

    @property
    def missed(self) -> int:
        return len(self.reps) - self.hits


def compare(found: Sequence[Any], true: Sequence[Any]) -> Counted:
    """Score found repetitions (`analysis.Rep`) against the true ones (`analysis.simulate.TrueRep`)."""
    pairs = match(found, true)
    false = [rep for i, rep in enumerate(found) if i not in set(pairs.values())]
    return Counted(
        tuple(_scored(rep, found[pairs[j]] if j in pairs else None) for j, rep in enumerate(true)),
        tuple(
            FalseRep(rep.exercise, rep.start_s, rep.end_s, rep.range_of_motion_deg, _evidence(rep))
            for rep in false
        ),
    )


def _scored(true: Any, found: Any | None) -> ScoredRep:
    lowering = next(phase for phase in true.phases if phase.kind == "lower")
    scored = ScoredRep(
        exercise=true.exercise,
        start_s=true.start_s,
        end_s=true.end_s,
        range_deg=true.range_of_motion_deg,
        speed_dps=true.mean_lowering_dps,
        flags=tuple(sorted(true.flags)),
        lower_s=true.lower_s,
        break_deg=true.break_point.lean_deg if true.break_point else None,
        counted=found is not None,
    )
    if found is None:
        return scored
    measured = next((phase for phase in found.phases if phase.kind == "lower"), None)
    has_number = found.lower_s is not None
    return dataclasses.replace(
        scored,
        found_range_deg=found.range_of_motion_deg,
        lower_error_s=found.lower_s - true.lower_s if has_number else None,
        start_error_s=measured.start_s - lowering.start_s if has_number and measured else None,
        end_error_s=measured.end_s - lowering.end_s if has_number and measured else None,
        # Not every version gives one.
        lower_se_s=getattr(found, "lower_se_s", None),
        found_break_deg=found.break_point.lean_deg if found.break_point else None,
        not_measured=found.not_measured,
        evidence=_evidence(found),
    )


def _evidence(rep: Any) -> dict[str, Any] | None:
    return dataclasses.asdict(rep.evidence) if rep.evidence is not None else None


@dataclass(frozen=True, slots=True)
class LivePhase:
    """A true phase and when it was noticed live.

    notice_s: from its true start to the event that said so. end_error_s, end_notice_s: from its true end to
    the end that was said, and to when it was said. None where no event came.
    """

    exercise: str
    kind: str
    speed_dps: float
    notice_s: float | None
    end_error_s: float | None
    end_notice_s: float | None


@dataclass(frozen=True, slots=True)
class LivePhases:
    """Live phases of a session.

    false_in_rest: phases said to have started in still times between repetitions. false_elsewhere: lowerings
    and lifts said to have started where none is, outside these times. rest_s: length of these times.
    """

    phases: tuple[LivePhase, ...]
    false_in_rest: int
    false_elsewhere: int
    rest_s: float


@dataclass(frozen=True, slots=True)
class _TruePhase:
    exercise: str
    kind: str
    start_s: float
    end_s: float
    speed_dps: float


def compare_phases(
    started: Sequence[Any], ended: Sequence[Any], true: Sequence[Any], rests: Sequence[tuple[float, float]]
) -> LivePhases:
    """Score live events (`PhaseStarted`, `PhaseEnded`) against the phases of the true repetitions.

    A start belongs to a phase of its kind if it was said later than EARLY_S before that phase began, for a
    movement that began before that phase was over.
    """
    phases = [
        _TruePhase(rep.exercise, phase.kind, phase.start_s, phase.end_s, rep.mean_lowering_dps)
        for rep in true
        for phase in rep.phases
    ]
    noticed: dict[int, float] = {}
    false_in_rest = false_elsewhere = 0
    for event in started:
        belongs = [
            j
            for j, phase in enumerate(phases)
            if (phase.exercise, phase.kind) == (event.exercise, event.kind)
            and event.emitted_s >= phase.start_s - EARLY_S
            and event.start_s <= phase.end_s
        ]
        if belongs:
            noticed[belongs[-1]] = min(event.emitted_s, noticed.get(belongs[-1], np.inf))
        elif any(start <= event.emitted_s <= end for start, end in rests):
            false_in_rest += 1
        elif event.kind in ("lower", "lift"):
            false_elsewhere += 1
    ends: dict[int, Any] = {}
    for kind in {phase.kind for phase in phases}:
        mine = [j for j, phase in enumerate(phases) if phase.kind == kind]
        said = [event for event in ended if event.kind == kind]
        for j, i in match(said, [phases[j] for j in mine]).items():
            ends[mine[j]] = said[i]
    return LivePhases(
        tuple(
            LivePhase(
                phase.exercise,
                phase.kind,
                phase.speed_dps,
                noticed[j] - phase.start_s if j in noticed else None,
                ends[j].end_s - phase.end_s if j in ends else None,
                ends[j].emitted_s - phase.end_s if j in ends else None,
            )
            for j, phase in enumerate(phases)
        ),
        false_in_rest,
        false_elsewhere,
        sum(end - start for start, end in rests),
    )


@dataclass(frozen=True, slots=True)
class LiveScore:
    """A session measured live; delays_s: from the true end of each counted repetition to its event."""

    counted: Counted
    phases: LivePhases
    delays_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SessionScore:
    """What is kept of a session. sign_wrong, axis_error_deg: of the medio-lateral axis that was found."""

    setting: str
    scenario: str
    seed: int
    hours: float
    counted: Counted
    method: str | None
    sign_confidence: float | None
    sign_wrong: bool | None
    axis_error_deg: float | None
    warnings: tuple[str, ...]
    live: LiveScore | None = None

    def record(self) -> dict[str, Any]:
        """All of it for a line of JSON, with the counts spelt out."""
        counts = {
            "tp": self.counted.hits,
            "fp": len(self.counted.false),
            "fn": self.counted.missed,
        }
        return {**counts, **dataclasses.asdict(self)}


def f1(hits: float, false: float, missed: float) -> float:
    """F1 score; 1 where there was nothing to count and nothing was counted."""
    return 1.0 if hits + false + missed == 0 else 2 * hits / (2 * hits + false + missed)


def quantile(values: Iterable[float], share: float) -> float:
    """Smallest of the values that at least a share of them do not exceed; NaN of none.

    Unlike an interpolated one it may be asked of values some of which are infinite.
    """
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    # Rounded, as 0.9 times 10 is a little more than 9 in floating point.
    return ordered[max(0, int(np.ceil(round(share * len(ordered), 9))) - 1)]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959964
    p = hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def bootstrap(
    table: Array, statistic: Callable[[Array], float], *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a statistic of column sums, by drawing sessions (rows) with replacement.

    Errors come in sessions, not one by one: an interval over single repetitions would be too narrow.
    """
    n = len(table)
    if n == 0:
        return float("nan"), float("nan")
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    values = [statistic(sums) for sums in times @ table]
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
