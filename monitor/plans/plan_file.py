"""A plan as a file that a therapist can edit: JSON in, JSON out, and one sentence about what is wrong in it.

    {"title": "Nordic", "source": "...", "plans": [{"exercise": "nordic", "side": "both",
     "sets": 2, "reps": 5, "tempo": {"lower_s": 4.0, "hold_s": 0.0, "lift_s": 0.0, "rest_s": 0.0},
     "rest_between_sets_s": 120.0, "pain_limit": 3, "variant": "Nordic", "stage": 7,
     "sessions_per_week": 3}]}

The exercises of `plans` are done one after the other. All that has a default in `monitor.plan` may be left
out, as may title and source. An unknown name is refused: it may be a slip for a known one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from analysis.results import Exercise
from monitor.plan import Plan, Side, Tempo
from monitor.plans.pain_rule import PainRule

LONGEST_NAME = 200
LONGEST_SOURCE = 5000
MOST_PLANS = 20
LARGEST_FILE = 1_000_000


class PlanFileError(Exception):
    """A file of plans cannot be used: which field, and what is allowed there, in one sentence."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What stands in a file. title and source may be empty."""

    plans: tuple[Plan, ...]
    title: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Number:
    low: float
    high: float
    whole: bool = False

    @property
    def words(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"


# Sets, repetitions and the lowering as `eccentric live` allows them; the rest is what somebody may mean.
_PLAN = {
    "sets": _Number(1, 20, whole=True),
    "reps": _Number(1, 50, whole=True),
    "rest_between_sets_s": _Number(0, 3600),
    "pain_limit": _Number(0, 10, whole=True),
}
_TEMPO = {
    "lower_s": _Number(0.5, 60),
    "hold_s": _Number(0, 300),
    "lift_s": _Number(0, 60),
    "rest_s": _Number(0, 600),
}
RANGES = {name: (each.low, each.high) for name, each in (_PLAN | _TEMPO).items()}
"""The least and the greatest number that a plan may hold, by the name of its field."""

_OPTIONAL = {"stage": _Number(1, 99, whole=True), "sessions_per_week": _Number(1, 14, whole=True)}
MOST_A_WEEK = int(_OPTIONAL["sessions_per_week"].high)
_RULE = {
    "green_up_to": _Number(0, 10, whole=True),
    "stop_above": _Number(0, 10, whole=True),
    "morning_rise": _Number(1, 10, whole=True),
    "greens_to_ask": _Number(1, 20, whole=True),
    "sessions_down": _Number(1, 20, whole=True),
}


def read_plan_file(path: Path) -> PlanFile:
    """Read a file of plans. Raises PlanFileError, or OSError if it cannot be opened."""
    try:
        return parse_plans(_content(path))
    except PlanFileError as error:
        raise PlanFileError(f"{path}: {error}") from error


def read_rule_file(path: Path) -> PainRule:
    """Read a file with numbers of the rule for pain: what it leaves out keeps its default.

    Raises PlanFileError, or OSError if it cannot be opened.
    """
    try:
        data = _object(_content(path), "an object with numbers of the rule")
        _refuse_unknown(data, tuple(_RULE), "")
        values = {name: int(_number(data, name, _RULE[name], "")) for name in data}
        return PainRule(**values)
    except (PlanFileError, ValueError) as error:
        raise PlanFileError(f"{path}: {error}") from error


def _content(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise PlanFileError(f"it is larger than {LARGEST_FILE // 1_000_000} MB, which no such file is")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanFileError("it is not UTF-8 text") from error


def _object(text: str, expected: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise PlanFileError(
            f"it is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise PlanFileError("it cannot be read as JSON") from error
    if not isinstance(data, dict):
        raise PlanFileError(f"it must be {expected}{_but(data)}")
    return data


def parse_plans(text: str) -> PlanFile:
    """Read the text of a file of plans. Raises PlanFileError."""
    data = _object(text, 'an object with "plans", as `eccentric plan write` makes it')
    _refuse_unknown(data, ("title", "source", "plans"), "")
    plans = data.get("plans")
    if not isinstance(plans, list) or not 1 <= len(plans) <= MOST_PLANS:
        raise PlanFileError(f"plans must be a list of 1 to {MOST_PLANS} plans{_but(plans)}")
    return PlanFile(
        tuple(_plan(each, f"plans[{index}]") for index, each in enumerate(plans)),
        _text(data, "title", "", LONGEST_NAME),
        _text(data, "source", "", LONGEST_SOURCE),
    )


def plan_file_text(file: PlanFile) -> str:
    """Return the text of a file of plans, which `parse_plans` reads back."""
    document = {
        "title": file.title,
        "source": file.source,
        "plans": [asdict(plan) for plan in file.plans],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plan(data: Any, where: str) -> Plan:
    if not isinstance(data, dict):
        raise PlanFileError(f"{where} must be an object with exercise, sets, reps and tempo{_but(data)}")
    names = ("exercise", "side", "tempo", "variant", *_OPTIONAL, *_PLAN)
    _refuse_unknown(data, names, where)
    values: dict[str, Any] = {name: _number(data, name, _PLAN[name], where) for name in _PLAN if name in data}
    for name in ("sets", "reps"):
        if name not in data:
            raise PlanFileError(f"{where}.{name} is missing: it must be {_PLAN[name].words}")
    for name, allowed in _OPTIONAL.items():
        if data.get(name) is not None:
            values[name] = _number(data, name, allowed, where, or_else=" or null")
    return Plan(
        exercise=_choice(data, "exercise", get_args(Exercise), None, where),
        side=_choice(data, "side", get_args(Side), "both", where),
        tempo=_tempo(data.get("tempo"), f"{where}.tempo"),
        variant=_text(data, "variant", where, LONGEST_NAME),
        **values,
    )


def _tempo(data: Any, where: str) -> Tempo:
    if not isinstance(data, dict):
        raise PlanFileError(f"{where} must be an object with lower_s, hold_s, lift_s and rest_s{_but(data)}")
    _refuse_unknown(data, tuple(_TEMPO), where)
    if "lower_s" not in data:
        raise PlanFileError(f"{where}.lower_s is missing: it must be {_TEMPO['lower_s'].words}")
    return Tempo(**{name: float(_number(data, name, _TEMPO[name], where)) for name in _TEMPO if name in data})


def _number(
    data: Mapping[str, Any], name: str, allowed: _Number, where: str, or_else: str = ""
) -> int | float:
    value = data[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not allowed.low <= value <= allowed.high:
        raise PlanFileError(f"{_path(where, name)} must be {allowed.words}{or_else}{_but(value)}")
    if not allowed.whole:
        return float(value)
    if value != int(value):
        raise PlanFileError(f"{_path(where, name)} must be {allowed.words}{or_else}{_but(value)}")
    return int(value)


def _choice(data: Mapping[str, Any], name: str, allowed: tuple[Any, ...], default: Any, where: str) -> Any:
    value = data.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
        raise PlanFileError(f"{_path(where, name)} must be {words}{_but(value)}")
    return value


def _text(data: Mapping[str, Any], name: str, where: str, longest: int) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise PlanFileError(
            f"{_path(where, name)} must be one line of text, {longest} letters at most{_but(value)}"
        )
    return value


def _refuse_unknown(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in data:
        if name not in known:
            raise PlanFileError(f"there is no {_path(where, name[:40])}; there are: {', '.join(known)}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise PlanFileError(f"{name[:40]} stands twice in the same place: keep one of them")
        found[name] = value
    return found


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _but(value: Any) -> str:
    """Say what stands there instead, unless nothing does."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return f", not {text if len(text) <= 40 else text[:37] + '...'}"
