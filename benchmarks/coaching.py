"""Print how right the coaching is: simulated sessions through the real engine, without a key being pressed.

    python benchmarks/coaching.py [--sessions N] [--first SEED]

Every session is calibrated with two knee lifts and then left alone: sets have to begin and end by themselves.
Packets of 4 samples reach the engine at the times at which a radio would bring them, without its delay; the
clock is the samples'. Then each recording is measured again, as a report does it. All of it is SIMULATED.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analysis.samples import ImuSamples
from analysis.simulate import Movement, SimulatedSession, random_sensor, simulate
from drivers import plain
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from monitor.dashboard.view import view
from monitor.engine import TICK_S, Engine
from monitor.measured_file import measure_file
from monitor.plan import Plan, Tempo
from monitor.session import CheckCalibration, KnownCalibration, Session, SetRecord, StartCalibration
from recordings.format import new_metadata
from recordings.writer import Recorder

BURST = 4
EXERCISES = (
    "nordic_std",
    "bridge_std",
    "nordic_patient",
    "bridge_single",
    "nordic_messy",
    "bridge_messy",
    "nordic_break",
    "bridge_hold",
    "nordic_assisted",
    "bridge_patient",
    "in the middle",
    "nordic_partial",
    "bridge_long",
)
OTHERS = ("walk", "sit_stand", "floor", "kneel", "gym")
EARLY_S = 0.5
MEDIAN_S, P95_S = 0.25, 0.5
# Shorter than this nobody holds a start posture: what begins then, a repetition has to begin.
HELD_S = 2.3


def in_the_middle(seed: int) -> SimulatedSession:
    """Nordics with a rest on the heels, a long pause, and standing up in the middle of the set."""
    rng = np.random.default_rng(seed)
    script = Movement(seed=seed, unsteadiness=0.8)
    script.still(2.8)
    script.mark("knee lifts")
    script.knee_lifts()
    script.still(0.8)
    script.mark("calibrated")
    for part in range(2):
        script.kneel_down()
        script.mark("kneels")
        script.still(float(rng.uniform(2.6, 4.0)))
        script.mark("nordic set")
        for number in range(3):
            script.nordic(lower_s=float(rng.uniform(2.0, 5.0)), to_deg=float(rng.uniform(45.0, 75.0)))
            script.still(float(rng.uniform(0.8, 2.0)))
            if number == 1:
                script.move(-float(rng.uniform(45.0, 66.0)), 1.3)
                script.still(float(rng.uniform(1.0, 12.0)))
                script.move(0.0, 1.3)
                script.still(float(rng.uniform(1.0, 25.0)) if part else 1.0)
        script.mark("set ends")
        script.mark("gets up")
        script.stand_up()
        script.mark("stands")
        script.still(float(rng.uniform(3.0, 6.0)))
    return script.session(random_sensor(seed), scenario="in the middle")


def session_of(name: str, seed: int) -> SimulatedSession:
    return in_the_middle(seed) if name == "in the middle" else simulate(name, seed)


class Packets:
    """Sends a session as fast as it is taken and looks at the engine after every packet."""

    def __init__(self, samples: ImuSamples, seen: Seen, known: bool) -> None:
        self.info = SensorInfo("plain", "simulated", "simulated", rate_hz=100.0, simulated=True)
        self.samples, self.seen, self.known = samples, seen, known
        self.now_ns = 0
        self.engine: Engine | None = None

    async def packets(self) -> AsyncIterator[SourceItem]:
        engine = self.engine
        assert engine is not None
        yield LinkStatus(0, "streaming", "Receiving")
        zero_s, looked_s = float(self.samples.t_s[0]), 0.0
        engine.command(CheckCalibration() if self.known else StartCalibration())
        await asyncio.sleep(0)
        for first in range(0, len(self.samples), BURST):
            part = self.samples[first : first + BURST]
            at_s = float(part.t_s[-1]) - zero_s
            self.now_ns = round(at_s * 1e9)
            shifted = ImuSamples(part.t_s - zero_s, part.acc_mps2, part.gyr_radps)
            yield RawPacket(self.now_ns, plain.CHARACTERISTIC, plain.encode(shifted))
            if at_s - looked_s >= TICK_S:
                looked_s = at_s
                engine._tick()
            self.seen.look(engine, at_s)


@dataclass
class Seen:
    """What a person would have seen and heard. known: (kind, start as told, when told) of live phases."""

    known: list[tuple[str, float, float]] = field(default_factory=list)
    said_too_fast: list[float] = field(default_factory=list)
    sets: list[SetRecord] = field(default_factory=list)
    began_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    withdrawn: int = 0
    calibrated_s: float | None = None
    notice = None
    _phase: object = None
    _before: int = 0
    _state: str = ""
    _verdict: bool = False

    def look(self, engine: Engine, at_s: float) -> None:
        session: Session = engine._session
        phase = session.phase
        if phase is not None and phase != self._phase:
            self.known.append((phase.kind, phase.start_s, at_s))
        self._phase = phase
        if session.state != self._state:
            if self._state == "calibrating" and session.calibration is not None:
                self.calibrated_s = at_s
            if session.state == "in set":
                self.began_s.append(at_s)
            elif self._state == "in set" and len(session.sets) < self._before:
                self.withdrawn += 1
                self.began_s.pop()
            elif self._state == "in set":
                self.ended_s.append(at_s)
            self._state, self._before = session.state, len(session.sets)
        if session.state != "in set" or session.phase is not None or session.lowering is None:
            self._verdict = False
            return
        snapshot = engine._picture()
        shown = view(snapshot, snapshot.host_ns).sign == "too fast"
        if shown and not self._verdict and not session.lowering.final:
            self.said_too_fast.append(at_s)
        self._verdict = shown


@dataclass
class Figures:
    minutes: float = 0.0
    count: Counter[str] = field(default_factory=Counter[str])
    late_s: dict[str, list[float]] = field(default_factory=dict)
    start_s: list[float] = field(default_factory=list)
    stop_s: list[float] = field(default_factory=list)
    check_s: list[float] = field(default_factory=list)


def run(name: str, seed: int, folder: Path, figures: Figures, *, other: str | None = None) -> None:
    """One session. other: the exercise of the plan where it is not the one that is done."""
    session = session_of(name, seed)
    done = session.reps[0].exercise if session.reps else "nordic"
    exercise = other or done
    most = 99
    plan = Plan(exercise, "left", 5, most, Tempo(3.0), rest_between_sets_s=0.0)
    seen = Seen()
    source = Packets(session.samples, seen, known=False)
    path = folder / "session.mcap"
    path.unlink(missing_ok=True)
    recorder = Recorder(path, new_metadata(source.info))
    engine = Engine(source, recorder, (plan,), hands_free=True, clock_ns=lambda: source.now_ns)
    source.engine = engine
    with engine:
        ended = engine.wait(300)
        sets = engine.snapshot.session.sets
    if not ended or engine.snapshot.link == "lost":
        raise RuntimeError(f"{name} {seed} broke off: {engine.snapshot.troubles}")
    zero_s = float(session.samples.t_s[0])
    figures.minutes += float(session.samples.t_s[-1] - zero_s) / 60
    if seen.calibrated_s is None:
        figures.count["not calibrated"] += 1
        return
    _hands_free(session, exercise, seen, figures, zero_s)
    _phases(session, seen, sets, figures, zero_s)
    live = [rep for record in sets for rep in record.reps]
    batch = {(rep.exercise, round(rep.start_s, 6)): rep.lower_s for rep in measure_file(path).analysis.reps}
    for rep in live:
        figures.count["shown"] += 1
        figures.count["shown, not as in the report"] += (
            batch.get((rep.exercise, round(rep.start_s, 6)), -1.0) != rep.lower_s
        )
    figures.count["true repetitions"] += sum(rep.exercise == exercise for rep in session.reps)
    figures.count["counted in sets"] += len(live)
    figures.count["given up, shown"] += sum(len(record.attempts) for record in sets)


def _hands_free(
    session: SimulatedSession, exercise: str, seen: Seen, figures: Figures, zero_s: float
) -> None:
    marks = [(mark.t_s - zero_s, mark.label) for mark in session.marks]
    assert seen.calibrated_s is not None
    end_s = float(session.samples.t_s[-1]) - zero_s
    posture = "kneels" if exercise == "nordic" else "lies"
    stays: list[tuple[float, float]] = []
    since_s: float | None = None
    for at_s, label in marks:
        if label in ("kneels", "lies") or (label == "gets up" and since_s is not None):
            if since_s is not None:
                stays.append((since_s, at_s))
            since_s = at_s if label == posture else None
    if since_s is not None:
        stays.append((since_s, end_s))
    reps = [rep for rep in session.reps if rep.exercise == exercise]
    for at_s in seen.began_s:
        # Getting down takes a few seconds in which the posture is held already.
        if not any(since_s - 2.0 <= at_s <= until_s for since_s, until_s in stays):
            figures.count["sets begun elsewhere"] += 1
    figures.count["sets withdrawn"] += seen.withdrawn
    figures.count["sets begun"] += len(seen.began_s)
    for since_s, until_s in stays:
        mine = [rep for rep in reps if since_s < rep.start_s - zero_s < until_s]
        if not mine:
            continue
        first_s, last_s = mine[0].start_s - zero_s, mine[-1].end_s - zero_s
        begun = [at_s for at_s in seen.began_s if since_s - 2.0 <= at_s <= last_s + 2.0]
        figures.count["sets done"] += 1
        if first_s - since_s >= HELD_S:
            held = [at_s for at_s in begun if at_s < first_s + 0.3]
            figures.count["start posture held"] += 1
            figures.count["started while it was held"] += bool(held)
            figures.start_s += [max(0.0, held[0] - since_s)] if held else []
        figures.count["started before the first repetition was over"] += bool(
            begun and begun[0] < mine[0].end_s - zero_s + 2.0
        )
        figures.count["ended before the last repetition"] += any(
            first_s < at_s < last_s for at_s in seen.ended_s
        )
        stood_s = next((at_s for at_s, label in marks if label == "stands" and at_s > last_s), None)
        if until_s < end_s and stood_s is not None and end_s - stood_s > 0.9:
            after = [at_s for at_s in seen.ended_s if at_s >= last_s]
            figures.count["stood up after a set"] += 1
            figures.count["ended by itself"] += bool(after)
            figures.stop_s += [after[0] - stood_s] if after else []


def _phases(
    session: SimulatedSession, seen: Seen, sets: Iterable[SetRecord], figures: Figures, zero_s: float
) -> None:
    def in_a_set(at_s: float) -> bool:
        return any(
            record.start_s <= at_s <= (np.inf if record.stop_s is None else record.stop_s) for record in sets
        )

    truths = [
        (phase.kind, phase, rep.mean_lowering_dps)
        for rep in session.reps
        for phase in rep.phases
        if phase.kind != "hold"
    ]
    for kind, phase, speed_dps in truths:
        start_s, end_s = phase.start_s - zero_s, phase.end_s - zero_s
        if not in_a_set(start_s):
            continue
        told = [
            at_s for what, begun_s, at_s in seen.known if what == kind and start_s - 1.0 < begun_s < end_s
        ]
        figures.count[f"{kind} phases"] += 1
        if not told:
            figures.count[f"{kind} phases never told"] += 1
            continue
        figures.late_s.setdefault(kind, []).append(max(0.0, told[0] - start_s))
        if kind == "lower":
            brisk = "lower, 12 deg/s and more" if speed_dps >= 12.0 else "lower, slower than 12 deg/s"
            figures.late_s.setdefault(brisk, []).append(max(0.0, told[0] - start_s))
    lowerings = [rep.lower for rep in session.reps]
    for at_s in seen.said_too_fast:
        figures.count['live "too fast"'] += 1
        figures.count['live "too fast" within the first half second of a lowering'] += any(
            lower.start_s - zero_s <= at_s < lower.start_s - zero_s + EARLY_S and lower.end_s - zero_s > at_s
            for lower in lowerings
        )


def run_check(name: str, seed: int, figures: Figures) -> None:
    """A known sensor is only checked: how long does that take?"""
    session = session_of(name, seed)
    seen = Seen()
    source = Packets(session.samples, seen, known=True)
    plan = Plan("nordic", "left", 1, 1, Tempo(3.0))
    known = KnownCalibration(session.calibration)
    engine = Engine(source, None, (plan,), known=known, clock_ns=lambda: source.now_ns)
    source.engine = engine
    with engine:
        engine.wait(60)
    if seen.calibrated_s is not None:
        figures.check_s.append(seen.calibrated_s)


def _spread(name: str, values: list[float], unit: str = "s", budget: str = "") -> None:
    if not values:
        print(f"{name:58s} none")
        return
    p50, p95, worst = np.percentile(values, [50, 95, 100])
    print(f"{name:58s} {len(values):4d}   median {p50:.2f}   p95 {p95:.2f}   max {worst:.2f} {unit}{budget}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=52)
    parser.add_argument("--first", type=int, default=90_000)
    options = parser.parse_args()
    figures, idle = Figures(), Figures()
    with tempfile.TemporaryDirectory() as folder:
        for k in range(options.sessions):
            name = EXERCISES[k % len(EXERCISES)]
            run(name, options.first + k, Path(folder), figures)
        for k in range(options.sessions // 3):
            name = OTHERS[k % len(OTHERS)]
            run(name, options.first + 5000 + k, Path(folder), idle, other=("nordic", "bridge")[k % 2])
        for k in range(min(10, options.sessions)):
            run_check(EXERCISES[k % 10], options.first + 7000 + k, figures)
    count = figures.count
    print(
        f"SIMULATED: {options.sessions} sessions, {figures.minutes:.0f} min, nothing pressed but 'calibrate'"
    )
    for key in (
        "true repetitions", "counted in sets", "given up, shown", "shown", "shown, not as in the report",
        "sets done", "start posture held", "started while it was held",
        "started before the first repetition was over", "sets begun", "sets begun elsewhere",
        "sets withdrawn", "ended before the last repetition", "stood up after a set", "ended by itself",
        "not calibrated", 'live "too fast"', 'live "too fast" within the first half second of a lowering',
        "lower phases", "lower phases never told", "lift phases", "lift phases never told",
    ):  # fmt: skip
        print(f"{key:58s} {count[key]:4d}")
    _spread("auto-start after the posture was reached", figures.start_s)
    _spread("auto-stop after standing (negative: before)", figures.stop_s)
    _spread("check of a known calibration", figures.check_s, budget="   budget 5")
    budget = f"   budget median {MEDIAN_S}, p95 {P95_S}"
    for kind, late_s in sorted(figures.late_s.items()):
        _spread(f"live phase known after its true start: {kind}", late_s, budget=budget)
    print(f"nothing but walking, sitting, kneeling, exercising otherwise: {idle.minutes:.0f} min")
    for key in ("sets begun", "sets begun elsewhere", "sets withdrawn", "counted in sets"):
        print(f"  {key:56s} {idle.count[key]:4d}")


if __name__ == "__main__":
    main()
