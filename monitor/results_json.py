"""Measurements as the JSON that other tools rely on. Fields are only ever added."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from analysis.results import BreakPoint, Rep
from monitor.measured_file import MeasuredFile

# A tenth of a millisecond is finer than any sensor's clock; more digits would only look exact.
_DIGITS = 4


def document(files: Iterable[MeasuredFile]) -> dict[str, Any]:
    """Return the JSON document of some measured files; all times are seconds from the first sample."""
    return {"files": [file_entry(measured) for measured in files]}


def file_entry(measured: MeasuredFile) -> dict[str, Any]:
    """Return the entry of one file."""
    start_s = measured.start_s
    analysis = measured.analysis
    return {
        "file": str(measured.path),
        "duration_s": _number(measured.duration_s),
        "sensor": {name: _number(value) for name, value in asdict(measured.sensor).items()},
        "gaps": [
            {"start_s": _number(gap.start_s - start_s), "end_s": _number(gap.end_s - start_s)}
            for gap in analysis.gaps
        ],
        "warnings": list(measured.warnings),
        "reps": [rep_entry(rep, start_s) for rep in analysis.reps],
    }


def rep_entry(rep: Rep, start_s: float) -> dict[str, Any]:
    """Return the entry of one repetition; start_s is the time of the first sample."""
    return {
        "exercise": rep.exercise,
        "start_s": _number(rep.start_s - start_s),
        "end_s": _number(rep.end_s - start_s),
        "lower_s": _number(rep.lower_s),
        "range_of_motion_deg": _number(rep.range_of_motion_deg),
        "not_measured": rep.not_measured,
        "phases": [
            {
                "kind": phase.kind,
                "start_s": _number(phase.start_s - start_s),
                "end_s": _number(phase.end_s - start_s),
            }
            for phase in rep.phases
        ],
        "break_point": None if rep.break_point is None else _break_point(rep.break_point, start_s),
    }


def _break_point(point: BreakPoint, start_s: float) -> dict[str, Any]:
    return {
        "t_s": _number(point.t_s - start_s),
        "lean_deg": _number(point.lean_deg),
        "control_s": _number(point.control_s),
        "fall_s": _number(point.fall_s),
    }


def _number(value: Any) -> Any:
    """Round a number; what is not finite is not known, and JSON has no word for it but null."""
    if not isinstance(value, float):
        return value
    return round(value, _DIGITS) if math.isfinite(value) else None
