"""Edits as JSON objects, one for each line beside a recording, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from analysis.results import BreakPoint, Exercise, Gap, Phase, PhaseKind, Rep
from monitor.plan import Side
from monitor.review.edits import (
    AddRep,
    BackToMeasured,
    BaseSet,
    ChangeExercise,
    ChangeSide,
    DeleteRep,
    Edge,
    Edit,
    Entry,
    ExcludeSet,
    Measurement,
    MergeReps,
    MovePhase,
    Redo,
    RelabelPhase,
    SplitRep,
    Undo,
    WriteNote,
)
from monitor.sets import read_plan

FORMAT = "eccentric edits 1"


def encode(entry: Entry, session_id: str | None) -> dict[str, Any]:
    """Return an entry as JSON holds it. session_id: of the recording, so that a file that was moved away from
    its recording is noticed.
    """
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(entry.edit).__name__).lower()
    what = _measurement_data(entry.edit) if isinstance(entry.edit, Measurement) else asdict(entry.edit)
    made = {"number": entry.number, "at_ns": entry.at_ns, "by": entry.by, "kind": kind, "data": what}
    return {"format": FORMAT, "session_id": session_id, **made} if entry.number == 0 else made


def decode(found: Mapping[str, Any]) -> Entry | None:
    """Read an entry back; None if it says what no entry can, or is of a kind that is not known here."""
    try:
        number, at_ns, by = found["number"], found["at_ns"], found["by"]
        if not (isinstance(number, int) and isinstance(at_ns, int) and isinstance(by, str)):
            return None
        return Entry(number, at_ns, by, _edit(found["kind"], found["data"]))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _edit(kind: str, data: Mapping[str, Any]) -> Edit:
    match kind:
        case "measurement":
            return _measurement(data)
        case "move_phase":
            edge = _one_of(data["edge"], get_args(Edge))
            return MovePhase(
                _text(data["rep"]),
                _whole(data["phase"]),
                edge,
                _real(data["to_s"]),
                _real(data["range_deg"]),
                bool(data.get("joined", False)),
            )
        case "split_rep":
            one, other = data["ranges_deg"]
            return SplitRep(_text(data["rep"]), _real(data["at_s"]), (_real(one), _real(other)))
        case "merge_reps":
            return MergeReps(_text(data["first"]), _text(data["second"]), _real(data["range_deg"]))
        case "delete_rep":
            return DeleteRep(_text(data["rep"]))
        case "add_rep":
            return AddRep(
                _whole(data["set_position"]),
                _one_of(data["exercise"], get_args(Exercise)),
                _phases(data["phases"]),
                _real(data["range_deg"]),
            )
        case "relabel_phase":
            return RelabelPhase(
                _text(data["rep"]), _whole(data["phase"]), _one_of(data["kind"], get_args(PhaseKind))
            )
        case "change_exercise":
            return ChangeExercise(_whole(data["set_position"]), _one_of(data["exercise"], get_args(Exercise)))
        case "change_side":
            return ChangeSide(_whole(data["set_position"]), _one_of(data["side"], get_args(Side)))
        case "exclude_set":
            return ExcludeSet(_whole(data["set_position"]), bool(data["excluded"]))
        case "write_note":
            position, rep = data.get("set_position"), data.get("rep")
            return WriteNote(
                _text(data["text"]),
                None if rep is None else _text(rep),
                None if position is None else _whole(position),
            )
        case "back_to_measured":
            return BackToMeasured()
        case "undo":
            return Undo()
        case "redo":
            return Redo()
        case _:
            raise ValueError(kind)


def _measurement_data(measured: Measurement) -> dict[str, Any]:
    return {
        "algorithm_version": measured.algorithm_version,
        "gaps": [[gap.start_s, gap.end_s] for gap in measured.gaps],
        "sets": [
            {
                "number": each.number,
                "source": each.source,
                "plan": None if each.plan is None else asdict(each.plan),
                "pain": each.pain,
                "effort": each.effort,
                "sound": each.sound,
                "stopped": each.stopped,
                "planned": None if each.planned is None else asdict(each.planned),
                "reps": [_rep_data(rep) for rep in each.reps],
            }
            for each in measured.sets
        ],
    }


def _rep_data(rep: Rep) -> dict[str, Any]:
    point = rep.break_point
    return {
        "exercise": rep.exercise,
        "start_s": rep.start_s,
        "end_s": rep.end_s,
        "lower_s": rep.lower_s,
        "range_of_motion_deg": rep.range_of_motion_deg,
        "phases": [asdict(each) for each in rep.phases],
        "break_point": None if point is None else asdict(point),
        "not_measured": rep.not_measured,
        "partial": rep.partial,
        "by_hand": rep.by_hand,
    }


def _measurement(data: Mapping[str, Any]) -> Measurement:
    return Measurement(
        _text(data["algorithm_version"]),
        tuple(
            BaseSet(
                None if each["number"] is None else _whole(each["number"]),
                _one_of(each["source"], ("recorded", "found", "outside")),
                None if each["plan"] is None else read_plan(each["plan"]),
                None if each["pain"] is None else _whole(each["pain"]),
                tuple(map(_rep, each["reps"])),
                None if each["effort"] is None else _whole(each["effort"]),
                None if each["sound"] is None else _text(each["sound"]),
                None if each["stopped"] is None else _text(each["stopped"]),
                None if each["planned"] is None else read_plan(each["planned"]),
            )
            for each in data["sets"]
        ),
        tuple(Gap(_real(start_s), _real(end_s)) for start_s, end_s in data["gaps"]),
    )


def _rep(data: Mapping[str, Any]) -> Rep:
    point, reason = data["break_point"], data["not_measured"]
    return Rep(
        _one_of(data["exercise"], get_args(Exercise)),
        _real(data["start_s"]),
        _real(data["end_s"]),
        None if data["lower_s"] is None else _real(data["lower_s"]),
        _real(data["range_of_motion_deg"]),
        _phases(data["phases"]),
        None
        if point is None
        else BreakPoint(*(_real(point[name]) for name in ("t_s", "lean_deg", "control_s", "fall_s"))),
        None if reason is None else _text(reason),
        partial=bool(data["partial"]),
        by_hand=bool(data["by_hand"]),
    )


def _phases(found: Sequence[Mapping[str, Any]]) -> tuple[Phase, ...]:
    return tuple(
        Phase(
            _one_of(each["kind"], get_args(PhaseKind)),
            _real(each["start_s"]),
            _real(each["end_s"]),
            None if each["se_s"] is None else _real(each["se_s"]),
        )
        for each in found
    )


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _one_of(value: Any, allowed: Sequence[Any]) -> Any:
    if value not in allowed:
        raise ValueError(value)
    return value
