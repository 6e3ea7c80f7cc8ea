"""Eight weeks of one simulated person: recordings and a catalogue, to look at trends with.

Nobody did these sessions, and every recording says so. The person begins with bridges that are lowered too
fast, goes on to Nordics, gets slower and further, hurts less, and misses a session now and then. The same
start day gives the same samples.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from analysis import ALGORITHM_VERSION
from analysis.calibration import calibrate
from analysis.simulate import Movement, Sensor
from drivers.source import SensorInfo
from monitor.filing import file_recording
from monitor.plan import Plan, Tempo
from recordings.catalogue import open_catalogue
from recordings.catalogue.entries import Prescription, Score
from recordings.format import RecordedEvent, RecordingMetadata, installed_version
from recordings.writer import write_recording

WEEKS = 8
DAYS = (0, 2, 4)
"""Of a week: Monday, Wednesday, Friday."""
MISSED = (5, 11, 16)
"""Numbers of the sessions that were not done."""
BOTH_LEGS = (8, 23)
"""After these sessions the other leg does the same, in a session of its own, to compare the two."""

BRIDGE_WEEKS = 3
CATALOGUE = "catalogue.sqlite3"
PERSON = "P001"
NAME = "SIMULATED person"
HOST_NS = 10**12
SENSOR = SensorInfo(
    driver="witmotion",
    model="WT901BLE (SIMULATED)",
    name="SIMULATED",
    serial="SIMULATED-0002",
    rate_hz=100.0,
    simulated=True,
)
BRIDGE = Plan("bridge", "left", 2, 5, Tempo(3.0, hold_s=1.0, lift_s=1.5), 60.0, sessions_per_week=len(DAYS))
NORDIC = Plan("nordic", "left", 2, 4, Tempo(3.5), 90.0, sessions_per_week=len(DAYS))


@dataclass(frozen=True, slots=True)
class Session:
    """What happens in one session. progress: 0 at the beginning of the eight weeks, 1 at their end."""

    number: int
    day: date
    plan: Plan
    progress: float
    pains: tuple[int, ...]
    efforts: tuple[int, ...]
    before: int
    after: int
    morning: int

    @property
    def name(self) -> str:
        """What its recording is called."""
        other = "-right" if self.plan.side == "right" else ""
        return f"simulated-{self.day.isoformat()}{other}"


def sessions(first_day: date) -> list[Session]:
    """Return the sessions that were done, in the order of time, from a Monday on."""
    made: list[Session] = []
    for number in range(WEEKS * len(DAYS)):
        if number in MISSED:
            continue
        week, of_week = divmod(number, len(DAYS))
        progress = number / (WEEKS * len(DAYS) - 1)
        flared = number in (7, 8)
        worst = max(0, round(4.2 - 3.4 * progress)) + flared
        done = Session(
            number,
            first_day + timedelta(days=7 * week + DAYS[of_week]),
            BRIDGE if week < BRIDGE_WEEKS else NORDIC,
            progress,
            (max(0, worst - 1), worst),
            (round(5 + 1.5 * progress), round(6 + 1.5 * progress)),
            max(0, worst - 2),
            max(0, worst - 1),
            max(0, worst - 2) + (3 if number == 8 else 0),
        )
        made.append(done)
        if number in BOTH_LEGS:
            # The other leg does not hurt, and is a little ahead.
            plan, ahead = replace(done.plan, side="right"), min(1.0, progress + 0.25)
            made.append(replace(done, plan=plan, progress=ahead, pains=(0, 0), before=0, after=0, morning=0))
    return made


def write_history(
    folder: Path,
    first_day: date | None = None,
    on_session: Callable[[int, int], None] = lambda _n, _all: None,
    name: str = NAME,
) -> Path:
    """Write the recordings and their catalogue into a folder, and return the catalogue.

    first_day: a Monday; eight weeks ago without one. What an earlier history left there is made anew.
    on_session: told how many of all are done. name: what the person is called.
    Raises RecordingError, CatalogueError, OSError.
    """
    today = datetime.now(UTC).date()
    first_day = first_day or today - timedelta(days=7 * WEEKS + today.weekday())
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / CATALOGUE
    for old in (
        *folder.glob("simulated-*.mcap"),
        *folder.glob("simulated-*.mcap.edits"),
        *folder.glob(f"{CATALOGUE}*"),
    ):
        old.unlink()
    done = sessions(first_day)
    with open_catalogue(place) as catalogue:
        person = catalogue.add_person(PERSON, name)
        for plan, week in ((BRIDGE, 0), (NORDIC, BRIDGE_WEEKS)):
            catalogue.prescribe(person, [_prescription(plan)], first_day + timedelta(days=7 * week))
        for count, each in enumerate(done, 1):
            path = _write(each, folder)
            session_id = file_recording(catalogue, path)
            catalogue.assign(catalogue.row(session_id), person)
            catalogue.tell_before(session_id, each.before, ())
            catalogue.add_score(session_id, Score("pain after", each.after))
            if count < len(done):
                catalogue.tell_morning(session_id, each.morning, each.morning <= each.before + 1)
            on_session(count, len(done))
    return place


def _prescription(plan: Plan) -> Prescription:
    tempo = plan.tempo
    return Prescription(
        plan.exercise,
        plan.side,
        plan.sets,
        plan.reps,
        tempo.lower_s,
        tempo.hold_s,
        tempo.lift_s,
        tempo.rest_s,
        plan.rest_between_sets_s,
        plan.pain_limit,
        sessions_per_week=plan.sessions_per_week,
    )


def _write(session: Session, folder: Path) -> Path:
    movement = _movement(session)
    simulated = movement.session(Sensor(mount_deg=(8.0, -4.0, 5.0), site_deg=4.0))
    samples = simulated.samples
    marks = {mark.label: mark.t_s for mark in simulated.marks}
    zero_s = float(samples.t_s[0])
    minutes = 50 if session.plan.side == "right" else 30
    begun = datetime.combine(session.day, datetime.min.time(), UTC) + timedelta(hours=17, minutes=minutes)
    calibrated_s = marks["calibrated"]
    beginning = samples[: int(np.searchsorted(samples.t_s, zero_s + calibrated_s))]
    happened: list[tuple[float, str, dict[str, object]]] = [
        (0.0, "plan", {"number": 1, **asdict(session.plan)}),
        (0.0, "simulated", {"text": "SIMULATED: nobody wore this sensor"}),
        (calibrated_s, "calibration", {**asdict(calibrate(beginning)), "from_s": zero_s}),
    ]
    told = zip(session.pains, session.efforts, strict=True)
    for number, (pain, effort) in enumerate(told, 1):
        start_s, end_s = marks[f"set {number} starts"], marks[f"set {number} ends"]
        named = {"set": number, "number": 1}
        happened += [
            (start_s, "set_start", {"t_s": zero_s + start_s, **named, "plan": asdict(session.plan)}),
            (end_s, "set_stop", {"t_s": zero_s + end_s, **named, "reps": session.plan.reps}),
            (end_s + 0.3, "pain", {"t_s": zero_s + end_s + 0.3, "set": number, "worst": pain}),
            (end_s + 0.5, "effort", {"t_s": zero_s + end_s + 0.5, "set": number, "score": effort}),
        ]
    name = session.name
    metadata = RecordingMetadata(
        sensor=SENSOR,
        session_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:eccentric-monitor:history:{name}")),
        started_wall_ns=int(begun.timestamp()) * 10**9,
        started_host_ns=HOST_NS,
        side="right" if session.plan.side == "right" else "left",
        placement="SIMULATED: on the front of the thigh, nobody wore it",
        app_version=installed_version(),
        algorithm_version=ALGORITHM_VERSION,
    )
    events = [RecordedEvent(HOST_NS + round(at_s * 1e9), kind, data) for at_s, kind, data in happened]
    return write_recording(folder / f"{name}.mcap", metadata, samples=samples, events=events)


def _movement(session: Session) -> Movement:
    """Let the person stand, lift the knee twice, get into place and do two sets."""
    seed = session.number + (100 if session.plan.side == "right" else 0)
    chance = np.random.default_rng(seed)
    movement = Movement(seed=seed, unsteadiness=0.6)
    movement.still(3.0)
    movement.knee_lifts()
    movement.still(0.6)
    movement.mark("calibrated")
    movement.kneel_down()
    movement.still(1.5, resting=True)
    if session.plan.exercise == "bridge":
        movement.kneeling_to_supine()
        movement.still(2.5, resting=True)
    for number in range(1, session.plan.sets + 1):
        movement.mark(f"set {number} starts")
        for rep in range(session.plan.reps):
            _rep(movement, session, rep, float(chance.normal()))
        movement.mark(f"set {number} ends")
        movement.still(8.0, resting=True)
    return movement


def _rep(movement: Movement, session: Session, number: int, luck: float) -> None:
    progress, fade = session.progress, 0.06 * number
    if session.plan.exercise == "bridge":
        # Within the first weeks from too fast to the target.
        lower_s = max(1.2, 1.7 + 1.5 * min(1.0, progress * WEEKS / BRIDGE_WEEKS) - fade + 0.12 * luck)
        movement.bridge(
            lift_s=1.5, hold_s=1.0, lower_s=lower_s, rise_deg=19 + 4 * progress + luck, pause_s=0.0
        )
        movement.still(1.6, resting=True)
        return
    lower_s = max(1.8, 2.0 + 1.6 * progress - fade + 0.12 * luck)
    break_deg = 20 + 26 * progress - 0.8 * number + 1.5 * luck
    movement.nordic(lower_s=lower_s, to_deg=76.0, break_deg=break_deg, hold_s=0.6)
    movement.still(1.8, resting=True)
