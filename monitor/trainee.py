"""A simulated patient who waits to be led: calibrates when asked, and does what the plan says, set by set.

For trying everything out without a sensor. Like `monitor.virtual_patient` it streams over the virtual radio,
but what the patient does next depends on the session.
"""

from __future__ import annotations

import contextlib
import threading
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.simulate import Movement, Sensor, SimulatedSession
from drivers.link import BleSource
from drivers.source import SensorInfo, SourceItem
from drivers.virtual.catalogue import MODELS
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor
from monitor.plan import Plan
from monitor.session import Session, State
from monitor.virtual_patient import DEFAULT_MODEL, LIVING_ROOM

Array = NDArray[np.float64]

# What lies between two pieces: still, so that it can be gone through forwards and backwards for as long as
# it takes.
WAIT_S = 1.2


@dataclass(frozen=True, slots=True)
class Piece:
    """Something the patient does, in seconds of the simulated session; still in its last WAIT_S."""

    name: str
    start_s: float
    end_s: float


class Course:
    """Which instant of the simulated session is measured at each second since the sensor began.

    Pieces are done one after the other in the order in which they are asked for; between them the patient
    stays still. Thread-safe: pieces are asked for by one thread while another measures.
    """

    def __init__(self, first: Piece) -> None:
        """Begin with a piece."""
        self._lock = threading.Lock()
        self._from_s: list[float] = [0.0]
        self._pieces: list[Piece] = [first]

    def then(self, piece: Piece, now_s: float) -> None:
        """Do a piece as soon as what goes on has ended."""
        with self._lock:
            last, began_s = self._pieces[-1], self._from_s[-1]
            self._from_s.append(max(now_s, began_s + last.end_s - last.start_s))
            self._pieces.append(piece)

    def __call__(self, since_s: Array) -> Array:
        """Return the seconds of the simulated session, (n,), for seconds since the beginning, (n,)."""
        with self._lock:
            starts, pieces = list(self._from_s), list(self._pieces)
        return np.array([self._at(float(t), starts, pieces) for t in since_s])

    def _at(self, t_s: float, starts: list[float], pieces: list[Piece]) -> float:
        index = max(0, bisect_right(starts, t_s) - 1)
        piece = pieces[index]
        at_s = piece.start_s + t_s - starts[index]
        over_s = at_s - piece.end_s
        if over_s <= 0.0:
            return max(piece.start_s, at_s)
        # To and fro through the stillness at its end.
        return piece.end_s - abs((over_s + WAIT_S) % (2 * WAIT_S) - WAIT_S)


def script(plans: tuple[Plan, ...], seed: int = 3) -> tuple[SimulatedSession, dict[str, Piece]]:
    """Simulate everything the plans may ask for, from standing to standing for each, as one long session.

    Returns it with its pieces by name: "stand", "calibrate", and for each plan "down 0", "set 0.0" ... and
    "up 0".
    """
    movement = Movement(seed=seed, unsteadiness=0.5)
    pieces: dict[str, Piece] = {}

    def piece(name: str, start_s: float) -> None:
        movement.still(WAIT_S + 0.4)
        pieces[name] = Piece(name, start_s, movement.now_s - 0.2)

    at_s = movement.now_s
    movement.still(1.0)
    piece("stand", at_s)
    at_s = movement.now_s
    movement.still(2.8)
    movement.knee_lifts()
    piece("calibrate", at_s)
    for number, plan in enumerate(plans):
        at_s = movement.now_s
        movement.kneel_down()
        if plan.exercise == "bridge":
            movement.kneeling_to_supine()
        movement.still(1.0)
        piece(f"down {number}", at_s)
        for set_number in range(plan.sets):
            at_s = movement.now_s
            movement.still(1.6)
            _do_set(movement, plan, set_number)
            piece(f"set {number}.{set_number}", at_s)
        at_s = movement.now_s
        if plan.exercise == "bridge":
            movement.move(-115.0, 1.6)
            movement.still(0.4)
            movement.move(-90.0, 1.2, knee_rises_m=0.1)
            movement.move(0.0, 1.6, knee_rises_m=0.1)
        else:
            movement.stand_up()
        piece(f"up {number}", at_s)
    return movement.session(Sensor(mount_deg=(8.0, -4.0, 5.0))), pieces


def _do_set(movement: Movement, plan: Plan, set_number: int) -> None:
    """A set as a person does it who is led: near the target, one repetition too fast."""
    tempo = plan.tempo
    for rep in range(plan.reps):
        hurried = rep == 1 and set_number == 0
        lower_s = tempo.lower_s * (0.75 if hurried else 1.07 + 0.05 * ((rep % 3) - 1))
        if plan.exercise == "nordic":
            movement.nordic(lower_s=lower_s, to_deg=58.0 + 4 * (rep % 3), return_s=1.7)
        else:
            movement.bridge(
                lift_s=tempo.lift_s or 1.5, hold_s=tempo.hold_s or 1.0, lower_s=lower_s, rise_deg=23.0
            )
        movement.still(max(1.3, tempo.rest_s))


class Patient:
    """What the patient does: pieces of the script, as the session asks for them.

    session: the simulated one. course: which of its instants is measured when.
    """

    def __init__(self, plans: tuple[Plan, ...]) -> None:
        """Stand there and wait."""
        self.session, self._pieces = script(plans)
        self.course = Course(self._pieces["stand"])
        self._seen: State = "idle"
        self._down: int | None = None

    def follow(self, session: Session, now_s: float) -> None:
        """Do what the session asks for now, once. now_s: seconds since the sensor began."""
        before, self._seen = self._seen, session.state
        if session.state == before:
            return
        number = session.plan_index
        match session.state:
            case "calibrating":
                self._stand(now_s)
                self._then("calibrate", now_s)
            case "ready":
                self._get_down(number, now_s)
            case "in set":
                self._get_down(number, now_s)
                record = session.sets[-1]
                self._then(f"set {number}.{(record.number - 1) % record.plan.sets}", now_s)
            case "stopped" | "summary":
                self._stand(now_s)
            case _:
                pass

    def _get_down(self, number: int, now_s: float) -> None:
        if self._down == number:
            return
        self._stand(now_s)
        self._then(f"down {number}", now_s)
        self._down = number

    def _stand(self, now_s: float) -> None:
        if self._down is not None:
            self._then(f"up {self._down}", now_s)
            self._down = None

    def _then(self, name: str, now_s: float) -> None:
        self.course.then(self._pieces[name], now_s)


class Trainee:
    """The sensor of that patient as a `Source`; `follow` tells what the session asks for."""

    def __init__(self, plans: tuple[Plan, ...], *, model: str = DEFAULT_MODEL) -> None:
        """Prepare; the radio exists while `packets` is iterated."""
        self._model = MODELS[model]
        self._patient = Patient(plans)
        self._source: BleSource | None = None
        self._twin: VirtualSensor | None = None

    @property
    def info(self) -> SensorInfo:
        """What is known about the sensor."""
        if self._source is not None:
            return self._source.info
        return replace(BleSource(self._model.found).info, simulated=True)

    def follow(self, session: Session) -> None:
        """Let the patient do what the session asks for now."""
        started_ns = None if self._twin is None else self._twin.started_host_ns
        now_s = 0.0 if started_ns is None else (time.monotonic_ns() - started_ns) / 1e9
        self._patient.follow(session, now_s)

    async def packets(self) -> AsyncGenerator[SourceItem]:
        """Open the radio, connect, and yield what the sensor sends."""
        self._twin = self._model.sensor(self._patient.session.samples, course=self._patient.course)
        async with open_virtual_room(self._twin, conditions=LIVING_ROOM) as room:
            self._source = BleSource(self._model.found, backend=room.backend)
            async with contextlib.aclosing(self._source.packets()) as packets:
                async for item in packets:
                    yield item
