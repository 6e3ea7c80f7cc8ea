"""The tables about simulated sessions: scores in, figures with their targets out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Block, Figure, at_least, at_most, between, plain, shown
from benchmarks.scoring import (
    Counted,
    LivePhase,
    LiveScore,
    ScoredRep,
    SessionScore,
    bootstrap,
    f1,
    quantile,
    wilson,
)

Array = NDArray[np.float64]
Scores = Sequence[SessionScore]

SURE_SIGN = 0.9
SMALL_BRIDGE_DEG = (7.0, 15.0)
SPEED_CLASSES = (
    (">= 20 deg/s", 20.0, np.inf, 65.0),
    ("12-20 deg/s", 12.0, 20.0, 185.0),
    ("6-12 deg/s", 6.0, 12.0, 350.0),
    ("< 6 deg/s", 0.0, 6.0, 750.0),
)
"""Classes of the mean speed of a lowering, and what nine tenths of its errors have to stay below in ms."""


def counting(mix: Scores, outside: Scores) -> Block:
    counted = [score.counted for score in mix]
    perfect = sum(not score.false and not score.missed for score in counted)
    low, high = wilson(perfect, len(mix))
    hits, false, missed, _ = _table(mix).sum(axis=0)
    figures = [
        plain("true repetitions; missed; false", f"{hits + missed:.0f}; {missed:.0f}; {false:.0f}"),
        _f1_figure("F1", mix, 0.995),
        at_least(
            "sessions without any counting error",
            100 * perfect / max(1, len(mix)),
            96,
            ".1f",
            " %",
            detail=f"95 %: {100 * low:.1f}-{100 * high:.1f}",
        ),
        _false_figure("false repetitions an hour", mix, 0.5),
        _small_bridges(mix),
    ]
    for scenario in dict.fromkeys(score.scenario for score in mix):
        mine = [score for score in mix if score.scenario == scenario]
        if any(score.counted.reps for score in mine):
            figures.append(at_least(f"... {scenario}: F1", _f1(mine), 0.985, ".4f"))
        else:
            figures.append(plain(f"... {scenario}: false repetitions an hour", _hourly(mine)))
    figures += [
        plain(f"outside the mix, {scenario}: {name}", value)
        for scenario in dict.fromkeys(score.scenario for score in outside)
        for name, value in _outside([score for score in outside if score.scenario == scenario])
    ]
    return Block(
        "Counting, functional calibration", _note(mix, "standing still and two knee lifts"), tuple(figures)
    )


def _outside(scores: Scores) -> list[tuple[str, str]]:
    counted = [score.counted for score in scores]
    true = sum(len(each.reps) for each in counted)
    figures = [("counted", _percent_of(sum(each.hits for each in counted), true))] if true else []
    return [*figures, ("false repetitions an hour", _hourly(scores))]


def calibration(groups: dict[str, tuple[Scores, float]]) -> Block:
    """groups: name -> sessions and the F1 they have to reach."""
    figures: list[Figure] = []
    for name, (scores, target) in groups.items():
        known = [score for score in scores if score.sign_wrong is not None]
        wrong = [score for score in known if score.sign_wrong]
        silent = [score for score in wrong if not _flagged(score)]
        figures += [
            _f1_figure(f"{name}: F1", scores, target),
            _false_figure(f"{name}: false repetitions an hour", scores, None),
            at_most(
                f"{name}: sessions with the wrong sign",
                100 * len(wrong) / max(1, len(scores)),
                2,
                ".1f",
                " %",
                detail=f"{len(wrong)} of {len(scores)}",
            ),
            at_most(
                f"{name}: ... wrong, not flagged, and something counted",
                len(silent),
                0,
                ".0f",
            ),
            plain(f"{name}: sessions flagged as unsure", _percent_of(sum(map(_unsure, known)), len(known))),
            plain(f"{name}: sessions in which no axes were found", f"{len(scores) - len(known)}"),
        ]
    return Block(
        "Standing pose only, and no calibration",
        _note([score for scores, _ in groups.values() for score in scores], "each group has its own seeds"),
        tuple(figures),
    )


def _unsure(score: SessionScore) -> bool:
    return score.sign_confidence is not None and score.sign_confidence < SURE_SIGN


def _flagged(score: SessionScore) -> bool:
    """Whether nobody relies on the sign: the doubt is said, or there is no number to rely on."""
    counts_nothing = not score.counted.hits and not score.counted.false
    return _unsure(score) or counts_nothing


def robustness(groups: dict[str, Scores]) -> Block:
    figures: list[Figure] = []
    for name, scores in groups.items():
        reps = _reps(scores)
        without = sum(rep.counted and rep.lower_error_s is None for rep in reps)
        figures += [
            _f1_figure(f"{name}: F1", scores, 0.99),
            plain(
                f"{name}: false an hour; counted without a number",
                f"{_hourly(scores)}; {_percent_of(without, sum(rep.counted for rep in reps))}",
            ),
            plain(f"{name}: lowering", _short_errors(reps)),
        ]
    return Block(
        "Robustness",
        _note(
            [score for scores in groups.values() for score in scores],
            "standing still and two knee lifts; each group has its own seeds; a repetition counted without a "
            "number is counted",
        ),
        tuple(figures),
    )


def accelerometer_only(groups: dict[str, Scores]) -> Block:
    figures: list[Figure] = []
    for name, scores in groups.items():
        figures += [
            _f1_figure(f"{name}: F1", scores, 0.97),
            _false_figure(f"{name}: false repetitions an hour", scores, None),
            *(
                plain(f"{name}, {figure.name}", figure.value, figure.detail)
                for figure in (
                    *_lowering_figures(_reps(scores)),
                    _coverage("within +-2 standard errors", _with_errors(_reps(scores))),
                )
            ),
        ]
    return Block(
        "Accelerometer only",
        _note(
            [score for scores in groups.values() for score in scores],
            "standing still and two knee lifts; told: sessions of one exercise, and sessions of none with "
            "each exercise told in turn",
        ),
        tuple(figures),
    )


def lowering(mix: Scores) -> Block:
    reps = _reps(mix)
    figures = list(_lowering_figures(reps))
    for name, pick in (("start", "start_error_s"), ("end", "end_error_s")):
        for label, low, high, _ in SPEED_CLASSES:
            errors = [
                getattr(rep, pick) for rep in _of_speed(reps, low, high) if getattr(rep, pick) is not None
            ]
            figures.append(plain(f"{name}, {label}", _error_text(errors)))
    figures += [
        plain(exercise, _short_errors([rep for rep in reps if rep.exercise == exercise]))
        for exercise in ("nordic", "bridge")
    ]
    figures += [
        plain(f"with {flag}", _short_errors([rep for rep in reps if flag in rep.flags]))
        for flag in sorted({flag for rep in reps for flag in rep.flags})
    ]
    return Block(
        "Lowering time",
        _note(mix, "measured minus true, all counted repetitions with a number"),
        tuple(figures),
    )


def _lowering_figures(reps: Sequence[ScoredRep], allowance: float = 1.0) -> list[Figure]:
    """The targets of a lowering time; allowance: factor on those in ms."""
    measured = [rep for rep in reps if rep.lower_error_s is not None]
    errors_ms = [1000 * rep.lower_error_s for rep in measured if rep.lower_error_s is not None]
    absolute = [abs(error) for error in errors_ms]
    close = sum(error <= 100 * rep.lower_s for error, rep in zip(absolute, measured, strict=True))
    counted = sum(rep.counted for rep in reps)
    figures = [
        plain("counted repetitions with a number", f"{len(measured)} of {counted}"),
        between("median error", quantile(errors_ms, 0.5), -15 * allowance, 15 * allowance, "+.0f", " ms"),
        at_most("median absolute error", quantile(absolute, 0.5), 40 * allowance, ".0f", " ms"),
        at_most("90 % of errors below", quantile(absolute, 0.9), 300 * allowance, ".0f", " ms"),
        at_least("within 10 % of the truth", 100 * close / max(1, len(measured)), 94, ".1f", " %"),
    ]
    for label, low, high, limit_ms in SPEED_CLASSES:
        mine = [
            1000 * rep.lower_error_s
            for rep in _of_speed(measured, low, high)
            if rep.lower_error_s is not None
        ]
        figures.append(
            at_most(
                f"{label}: 90 % of errors below",
                quantile([abs(error) for error in mine], 0.9),
                limit_ms * allowance,
                ".0f",
                " ms",
                detail=f"n {len(mine)}, median {quantile(mine, 0.5):+.0f}",
            )
        )
    return figures


def break_point(mix: Scores) -> Block:
    reps = [rep for rep in _reps(mix) if rep.exercise == "nordic" and rep.lower_error_s is not None]
    true = [rep for rep in reps if rep.break_deg is not None]
    controlled = [rep for rep in reps if rep.break_deg is None]
    seen = sum(rep.found_break_deg is not None for rep in true)
    none = sum(rep.found_break_deg is None for rep in controlled)
    errors = np.array(
        [
            rep.found_break_deg - rep.break_deg
            for rep in true
            if rep.found_break_deg is not None and rep.break_deg is not None
        ]
    )
    absolute = np.abs(errors).tolist()
    return Block(
        "Break point",
        _note(mix, "Nordics counted with a number"),
        (
            at_least("sensitivity", _ratio(seen, len(true)), 0.99, ".3f", detail=f"{seen} of {len(true)}"),
            at_least(
                "specificity",
                _ratio(none, len(controlled)),
                0.99,
                ".3f",
                detail=f"{none} of {len(controlled)}",
            ),
            between("lean, mean error", _mean(errors), -1, 1, "+.2f", " deg"),
            at_most(
                "lean, SD of the error", float(np.std(errors)) if errors.size else np.nan, 3, ".2f", " deg"
            ),
            plain("lean, 90 % of errors below", f"{quantile(absolute, 0.9):.1f} deg"),
        ),
    )


def uncertainty(mix: Scores) -> Block:
    reps = [rep for rep in _reps(mix) if rep.lower_error_s is not None]
    given = _with_errors(reps)
    note = _note(mix, "share of the true lowering times within +-2 standard errors")
    if not given:
        return Block("Uncertainty", note, (Figure("standard error", "not given yet", "90 to 97 %", False),))
    classes = [("all", 0.0, np.inf, 0.0), *SPEED_CLASSES]
    figures = [plain("numbers with a standard error", f"{len(given)} of {len(reps)}")]
    figures += [_coverage(label, _of_speed(given, low, high)) for label, low, high, _ in classes]
    return Block("Uncertainty", note, tuple(figures))


def _with_errors(reps: Sequence[ScoredRep]) -> list[ScoredRep]:
    return [rep for rep in reps if rep.lower_error_s is not None and rep.lower_se_s is not None]


def _coverage(label: str, reps: Sequence[ScoredRep]) -> Figure:
    inside = sum(abs(rep.lower_error_s or 0.0) <= 2 * (rep.lower_se_s or 0.0) for rep in reps)
    middle_ms = 1000 * quantile([rep.lower_se_s or 0.0 for rep in reps], 0.5)
    return between(
        label,
        100 * _ratio(inside, len(reps)),
        90,
        97,
        ".1f",
        " %",
        detail=f"n {len(reps)}, median standard error {middle_ms:.0f} ms",
    )


def live(mix: Scores) -> Block:
    scores = [score.live for score in mix if score.live is not None]
    phases = [phase for score in scores for phase in score.phases.phases]
    with_reps = [score.live for score in mix if score.live is not None and score.counted.reps]
    without_hours = sum(score.hours for score in mix if not score.counted.reps)
    phantoms = sum(
        score.live.phases.false_elsewhere + score.live.phases.false_in_rest
        for score in mix
        if score.live is not None and not score.counted.reps
    )
    rest_min = sum(score.phases.rest_s for score in with_reps) / 60
    in_rest = sum(score.phases.false_in_rest for score in with_reps)
    elsewhere = sum(score.phases.false_elsewhere for score in with_reps)
    delays = [1000 * delay for score in scores for delay in score.delays_s]
    lowerings = [phase for phase in phases if phase.kind == "lower"]
    figures = [
        _notice_figure(lowerings, 12.0, np.inf, 0.5, 180),
        _notice_figure(lowerings, 12.0, np.inf, 0.95, 380),
        plain("... 6-12 deg/s", _notice_text(lowerings, 6.0, 12.0)),
        plain("... < 6 deg/s", _notice_text(lowerings, 0.0, 6.0)),
        *(
            plain(f"{kind} ({exercise}) ends", _ends_text(phases, exercise, kind))
            for exercise, kind in (("nordic", "lower"), ("bridge", "lift"), ("bridge", "lower"))
        ),
        at_most(
            "false starts a minute of rest",
            _ratio(in_rest, rest_min),
            0.6,
            ".2f",
            detail=f"{in_rest} in {rest_min:.0f} min",
        ),
        at_most(
            "... with lowerings and lifts outside rests that belong to no phase",
            _ratio(in_rest + elsewhere, rest_min),
            0.6,
            ".2f",
        ),
        plain("... sessions of nothing: false starts an hour", f"{_ratio(phantoms, without_hours):.0f}"),
        plain("exact repetition after its end, 50 %", f"{quantile(delays, 0.5):.0f} ms"),
        plain("exact repetition after its end, 95 %", f"{quantile(delays, 0.95):.0f} ms"),
        at_most("exact repetition after its end, latest", max(delays, default=np.nan), 1000, ".0f", " ms"),
        plain("... later than 1 s", _percent_of(sum(delay > 1000 for delay in delays), len(delays))),
        plain("F1 of the live record", f"{_live_f1(scores):.4f}"),
        *_lowering_figures([rep for score in scores for rep in score.counted.reps], 1.1),
    ]
    return Block(
        "Live",
        _note(mix, "packets of 4 samples, calibration known; lowering times as above + 10 %"),
        tuple(figures),
    )


def _notice_figure(
    lowerings: Sequence[LivePhase], low: float, high: float, share: float, target_ms: float
) -> Figure:
    notices = _notices_ms(lowerings, low, high)
    name = f"lowering noticed after (>= {low:g} deg/s), {100 * share:.0f} %"
    return at_most(name, quantile(notices, share), target_ms, ".0f", " ms", detail=f"n {len(notices)}")


def _notice_text(lowerings: Sequence[LivePhase], low: float, high: float) -> str:
    notices = _notices_ms(lowerings, low, high)
    return (
        f"50 % {shown(quantile(notices, 0.5), '.0f', ' ms')}, 95 % "
        f"{shown(quantile(notices, 0.95), '.0f', ' ms')} (n {len(notices)}, never {sum(np.isinf(notices))})"
    )


def _notices_ms(lowerings: Sequence[LivePhase], low: float, high: float) -> list[float]:
    """What was never noticed took infinitely long: leaving it out would flatter."""
    return [
        1000 * phase.notice_s if phase.notice_s is not None else np.inf
        for phase in lowerings
        if low <= phase.speed_dps < high
    ]


def _ends_text(phases: Sequence[LivePhase], exercise: str, kind: str) -> str:
    mine = [phase for phase in phases if (phase.exercise, phase.kind) == (exercise, kind)]
    said = [1000 * phase.end_notice_s for phase in mine if phase.end_notice_s is not None]
    error = [1000 * phase.end_error_s for phase in mine if phase.end_error_s is not None]
    return (
        f"said after 50 % {quantile(said, 0.5):.0f}, 90 % {quantile(said, 0.9):.0f} ms; dated median "
        f"{quantile(error, 0.5):+.0f}, 90 % within {quantile(map(abs, error), 0.9):.0f} ms "
        f"({len(said)} of {len(mine)})"
    )


def _live_f1(scores: Sequence[LiveScore]) -> float:
    return f1(
        sum(score.counted.hits for score in scores),
        sum(len(score.counted.false) for score in scores),
        sum(score.counted.missed for score in scores),
    )


def _reps(scores: Scores) -> list[ScoredRep]:
    return [rep for score in scores for rep in score.counted.reps]


def _of_speed(reps: Sequence[ScoredRep], low: float, high: float) -> list[ScoredRep]:
    return [rep for rep in reps if low <= rep.speed_dps < high]


def _table(scores: Scores) -> Array:
    """A row a session: counted, false, missed, hours."""
    return np.array(
        [
            (score.counted.hits, len(score.counted.false), score.counted.missed, score.hours)
            for score in scores
        ],
        dtype=np.float64,
    ).reshape(-1, 4)


def _f1(scores: Scores) -> float:
    hits, false, missed, _ = _table(scores).sum(axis=0)
    return f1(hits, false, missed)


def _f1_figure(name: str, scores: Scores, target: float) -> Figure:
    low, high = bootstrap(_table(scores), lambda sums: f1(sums[0], sums[1], sums[2]))
    return at_least(name, _f1(scores), target, ".4f", detail=f"95 %: {low:.4f}-{high:.4f}")


def _false_figure(name: str, scores: Scores, target: float | None) -> Figure:
    table = _table(scores)
    _, false, _, hours = table.sum(axis=0)
    low, high = bootstrap(table, lambda sums: sums[1] / sums[3])
    if false == 0:
        high = 3 / hours  # the rule of three: nothing was seen to draw from
    interval = f"95 %: {low:.2f}-{high:.2f}; {false:.0f} in {hours:.1f} h"
    if target is None:
        return plain(name, f"{false / hours:.2f}", interval)
    return at_most(name, false / hours, target, ".2f", detail=interval)


def _small_bridges(mix: Scores) -> Figure:
    low, high = SMALL_BRIDGE_DEG
    counted: list[Counted] = [score.counted for score in mix]
    reps = [rep for score in counted for rep in score.reps if rep.exercise == "bridge"]
    small = [rep for rep in reps if low <= rep.range_deg < high]
    false = sum(
        rep.exercise == "bridge" and low <= rep.range_deg < high for score in counted for rep in score.false
    )
    hits = sum(rep.counted for rep in small)
    return at_least(
        f"bridges of {low:g}-{high:g} deg: F1",
        f1(hits, false, len(small) - hits) if small else np.nan,
        0.97,
        ".4f",
        detail=f"{len(small)} true, {len(small) - hits} missed, {false} false",
    )


def _hourly(scores: Scores) -> str:
    false = sum(len(score.counted.false) for score in scores)
    hours = sum(score.hours for score in scores)
    return f"{_ratio(false, hours):.1f} ({false} in {hours:.1f} h)"


def _short_errors(reps: Sequence[ScoredRep]) -> str:
    return _error_text([rep.lower_error_s for rep in reps if rep.lower_error_s is not None])


def _error_text(errors_s: Sequence[float]) -> str:
    errors = [1000 * error for error in errors_s]
    absolute = [abs(error) for error in errors]
    if not errors:
        return "none"
    return (
        f"median {quantile(errors, 0.5):+.0f}, absolute 50 % {quantile(absolute, 0.5):.0f}, 90 % "
        f"{quantile(absolute, 0.9):.0f} ms (n {len(errors)})"
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else float("nan")


def _percent_of(part: int, whole: int) -> str:
    return f"{100 * _ratio(part, whole):.1f} % ({part} of {whole})"


def _note(scores: Scores, said: str) -> str:
    hours = sum(score.hours for score in scores)
    return f"{len(scores)} simulated sessions, {hours:.1f} h; {said}"
