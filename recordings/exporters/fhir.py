"""A session as a small FHIR R4 bundle for the records of a clinic.

A collection of the patient (the code only), the sensor, and observations: the exercise and its duration under
LOINC, each set and each repetition under codes of our own, for which there are no public ones, and the pain
that was told under LOINC, with a code of our own beside it that says of when. The codes of our own are the
columns of the other exports, explained by a CodeSystem in the same bundle. Raw samples do not belong into a
patient's record.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from analysis import ALGORITHM_VERSION
from recordings.exporters import columns
from recordings.exporters.columns import Column
from recordings.exporters.csv_files import REP_COLUMNS, SET_COLUMNS, rep_rows, set_rows
from recordings.exporters.session import ExportedSession
from recordings.exporters.whole_file import whole_file
from recordings.format import installed_version

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
# Names without a server behind them.
CODES: Final = "urn:uuid:3d8f8ab1-6f2e-5b1c-9a55-3f0b7f4f7c10"
PERSONS: Final = "urn:uuid:8d0d5b52-0f2d-5f3e-8a86-0c1a1b7f2d33"
SENSORS: Final = "urn:uuid:0e0f5d7b-41d9-5b73-93d1-9f3dbd3f5c55"
_NAMES: Final = uuid.UUID("5f1c0f36-2f6b-5d1a-8f0a-7f2b6f6f9e21")

# As in HL7's Physical Activity guide 1.0.0, and in the pain observations of HL7 Belgium.
EXERCISE: Final = ("73985-4", "Exercise activity")
DURATION: Final = ("55411-3", "Exercise duration")
PAIN: Final = ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")

EXERCISES: Final = {"nordic": "Nordic hamstring curl", "bridge": "Bridge", "slider": "Hamstring slider"}
REP_PARTS: Final = (
    "lift_s",
    "hold_s",
    "lower_s",
    "lower_se_s",
    "return_s",
    "target_s",
    "range_of_motion_deg",
    "lean_deg",
    "control_s",
    "fall_s",
)
SET_PARTS: Final = (
    "reps",
    "not_measured",
    "attempts",
    "prescribed_reps",
    "target_s",
    "dose_percent",
    "time_under_tension_s",
    "mean_lower_s",
)


def write_bundle(session: ExportedSession, path: Path) -> int:
    """Write the bundle of a session as JSON and return the number of its entries.

    Raises RecordingError if a recording stands there, and OSError.
    """
    made = bundle(session)
    with whole_file(path) as part:
        text = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8", newline="\n")
    return len(made["entry"])


def bundle(session: ExportedSession) -> dict[str, Any]:
    """Return the bundle of a session. The same session always gives the same bundle."""
    sets = _sets(session)
    reps = _reps(session)
    resources = {
        CODES: _code_system(),
        **_subjects(session),
        **{url: each for url, each, _ in reps},
        **dict(sets),
        **_told(session),
    }
    resources[_url(session, "duration")] = _duration(session)
    resources[_url(session, "exercise")] = _exercise(session, [url for url, _ in sets])
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": _url(session, "bundle")},
        "type": "collection",
        "entry": [{"fullUrl": url, "resource": each} for url, each in resources.items()],
    }


def _subjects(session: ExportedSession) -> dict[str, dict[str, Any]]:
    sensor = session.sensor
    device: dict[str, Any] = {
        "resourceType": "Device",
        "deviceName": [{"name": sensor.model, "type": "model-name"}],
        "type": {"text": "Inertial sensor, worn on the thigh"},
        "note": [{"text": "A research and training tool, not a medical device."}],
    }
    if sensor.serial is not None:
        device["serialNumber"] = sensor.serial
        device["identifier"] = [{"system": SENSORS, "value": sensor.serial}]
    versions = [("firmware", sensor.firmware), ("eccentric-monitor", installed_version())]
    device["version"] = [
        *({"type": {"text": kind}, "value": value} for kind, value in versions if value is not None),
        {"type": {"text": "algorithm"}, "value": ALGORITHM_VERSION},
    ]
    made = {_url(session, "sensor"): {**device, **_tags(session)}}
    if session.person is not None:
        identifier = [{"system": PERSONS, "value": session.person}]
        patient = {"resourceType": "Patient", "identifier": identifier, **_tags(session)}
        made[_person_url(session.person)] = patient
    return made


def _reps(session: ExportedSession) -> list[tuple[str, dict[str, Any], str]]:
    """Address, observation and number of the set ("" for none) of each repetition."""
    made: list[tuple[str, dict[str, Any], str]] = []
    rows = rep_rows(session.reps, session.start_s, session.trace, session.sets)
    for rep, row in zip(session.reps, rows, strict=True):
        cells = dict(zip(REP_COLUMNS, row, strict=True))
        observation = {
            **_observation(session, _own("repetition"), rep.start_s, rep.end_s),
            "valueCodeableConcept": {**_own(rep.exercise), "text": EXERCISES[rep.exercise]},
            "component": _components(columns.REPS, cells, REP_PARTS),
        }
        if rep.not_measured is not None:
            observation["note"] = [{"text": f"Not measured: {rep.not_measured}"}]
            absent = {"coding": [{"system": _ABSENT, "code": "error"}], "text": rep.not_measured}
            observation["component"].append({"code": _own("lower_s"), "dataAbsentReason": absent})
        made.append((_url(session, f"rep {cells['rep']}"), observation, str(cells["set"])))
    return made


def _sets(session: ExportedSession) -> list[tuple[str, dict[str, Any]]]:
    members = _reps(session)
    made: list[tuple[str, dict[str, Any]]] = []
    for each, row in zip(
        session.sets, set_rows(session.sets, session.start_s, attempts=session.attempts), strict=True
    ):
        if each.number is None or not each.reps:
            continue
        cells = dict(zip(SET_COLUMNS, row, strict=True))
        own = [url for url, _, home in members if home == str(each.number)]
        observation = {
            **_observation(
                session,
                _own("set"),
                min(rep.start_s for rep in each.reps),
                max(rep.end_s for rep in each.reps),
            ),
            "hasMember": [{"reference": url} for url in own],
            "component": _components(columns.SETS, cells, SET_PARTS),
        }
        if each.side in ("left", "right"):
            observation["bodySite"] = {"text": f"{each.side} thigh"}
        made.append((_url(session, f"set {each.number}"), observation))
    return made


def _told(session: ExportedSession) -> dict[str, dict[str, Any]]:
    """Pain under LOINC, effort under a code of our own: LOINC has none for 0-10."""
    made: dict[str, dict[str, Any]] = {}
    for each in session.sets:
        told = {"worst_pain": each.worst_pain, "pain_after": each.pain_after, "effort": each.effort}
        for kind, value in told.items():
            if value is not None and each.reps:
                end_s = max(rep.end_s for rep in each.reps)
                note = f"{columns.TOLD[kind]}: set {each.number}."
                made[_url(session, f"{kind} {each.number}")] = _score(session, kind, value, end_s, note)
    for score in session.scores:
        # Before the session, else after it; of the next morning nobody knows the hour.
        at_s = session.start_s + (0.0 if score.kind == "pain_before" else session.duration_s)
        note = f"{columns.TOLD[score.kind]}.".replace("the set", "the session")
        observation = _score(session, score.kind, score.value, at_s, note)
        if score.kind == "pain_next_morning":
            if session.started is not None:
                observation["effectiveDateTime"] = (session.started + timedelta(days=1)).date().isoformat()
            if score.back_to_usual is not None:
                observation["note"] += [{"text": "As usual." if score.back_to_usual else "Not as usual."}]
        made[_url(session, score.kind)] = observation
    return made


def _score(session: ExportedSession, kind: str, value: int, at_s: float, note: str) -> dict[str, Any]:
    code = _own(kind)
    if kind != "effort":
        code = {"coding": [*_loinc(PAIN)["coding"], *code["coding"]], "text": code["text"]}
    observation = _observation(session, code, at_s, None, category="survey")
    del observation["device"]
    quantity = {"value": value, "unit": "{score}", "system": UCUM, "code": "{score}"}
    return observation | {"valueQuantity": quantity, "note": [{"text": note}]}


def _duration(session: ExportedSession) -> dict[str, Any]:
    ends_s = [rep.end_s for rep in session.reps]
    begins_s = [rep.start_s for rep in session.reps]
    lasted_s = max(ends_s) - min(begins_s) if ends_s else 0.0
    quantity = {"value": round(lasted_s / 60, 4), "unit": "min", "system": UCUM, "code": "min"}
    return {
        **_observation(session, _loinc(DURATION), session.start_s, None),
        "valueQuantity": quantity,
        "note": [{"text": "From the first repetition to the last, rests included."}],
    }


def _exercise(session: ExportedSession, sets: Sequence[str]) -> dict[str, Any]:
    done = sorted({EXERCISES[rep.exercise] for rep in session.reps})
    end_s = session.start_s + session.duration_s
    members = [*sets, _url(session, "duration")]
    return {
        **_observation(session, _loinc(EXERCISE), session.start_s, end_s),
        "valueCodeableConcept": {"text": ", ".join(done) or "No repetition was found"},
        "hasMember": [{"reference": url} for url in members],
    }


def _observation(
    session: ExportedSession,
    code: Mapping[str, Any],
    start_s: float,
    end_s: float | None,
    category: str = "activity",
) -> dict[str, Any]:
    """What all observations have. end_s None: an instant."""
    # Nobody has looked at what the program measured.
    made: dict[str, Any] = {"resourceType": "Observation", **_tags(session), "status": "preliminary"}
    made["category"] = [{"coding": [{"system": _CATEGORIES, "code": category}]}]
    made["code"] = code
    if session.person is not None:
        made["subject"] = {"reference": _person_url(session.person)}
    if session.started is not None:
        start = _instant(session, start_s)
        if end_s is None:
            made["effectiveDateTime"] = start
        else:
            made["effectivePeriod"] = {"start": start, "end": _instant(session, end_s)}
    made["device"] = {"reference": _url(session, "sensor")}
    return made


def _components(
    named: Sequence[Column], cells: Mapping[str, object], wanted: Iterable[str]
) -> list[dict[str, Any]]:
    """The cells of a row that are known, as quantities."""
    units = {column.name: column.unit for column in named}
    made: list[dict[str, Any]] = []
    for name in wanted:
        cell = str(cells[name])
        if cell:
            value = int(cell) if cell.isdigit() else float(cell)
            quantity = {"value": value, "unit": units[name], "system": UCUM, "code": units[name]}
            made.append({"code": _own(name), "valueQuantity": quantity})
    return made


def _code_system() -> dict[str, Any]:
    """Our own codes, with the definitions of the data dictionary."""
    explained = {
        "set": "A set of repetitions of one exercise, from the first to the last.",
        "repetition": "One lowering and one return.",
        **{name: f"{text}." for name, text in (EXERCISES | columns.TOLD).items()},
    }
    for named, wanted in ((columns.SETS, SET_PARTS), (columns.REPS, REP_PARTS)):
        definitions = {column.name: column.definition for column in named}
        explained |= {name: definitions[name] for name in wanted}
    return {
        "resourceType": "CodeSystem",
        "url": CODES,
        "version": ALGORITHM_VERSION,
        "name": "EccentricMonitorMeasures",
        "title": "What Eccentric measures",
        "status": "active",
        "content": "complete",
        "concept": [
            {"code": name, "display": name.replace("_", " "), "definition": text}
            for name, text in explained.items()
        ],
    }


_CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_TEST_DATA: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}


def _tags(session: ExportedSession) -> dict[str, Any]:
    return {"meta": {"tag": [_TEST_DATA]}} if session.sensor.simulated else {}


def _own(code: str) -> dict[str, Any]:
    return {"coding": [{"system": CODES, "code": code}], "text": code.replace("_", " ")}


def _loinc(code: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code[0], "display": code[1]}], "text": code[1]}


def _instant(session: ExportedSession, t_s: float) -> str | None:
    if session.started is None:
        return None
    at = session.started + timedelta(seconds=t_s - session.start_s)
    return at.isoformat(timespec="milliseconds")


def _url(session: ExportedSession, what: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMES, f'{session.session_id} {what}')}"


def _person_url(person: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMES, f'person {person}')}"
