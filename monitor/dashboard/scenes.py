"""Sets in every state, moved on by the same state machine as a real one; made up, for the gallery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.calibration import Calibration
from analysis.results import (
    AnglesMeasured,
    Attempt,
    AttemptAborted,
    BreakPoint,
    Phase,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
)
from drivers.source import LinkState, SensorInfo
from monitor.plan import Plan, Tempo
from monitor.session import (
    GoOn,
    KnownCalibration,
    LinkChanged,
    ReportPain,
    Session,
    SetSound,
    StartSet,
    StopSet,
    Tick,
    advance,
    begin,
)
from monitor.session import (
    Input as SessionInput,
)
from monitor.set_posture import StanceSeen
from monitor.snapshot import Snapshot
from monitor.sound.output import NO_OUTPUT
from monitor.trace import TraceRing

NORDIC = Plan("nordic", "left", 3, 5, Tempo(3.0), rest_between_sets_s=90)
BRIDGE = Plan("bridge", "left", 3, 8, Tempo(3.0, 1.0, 2.0), rest_between_sets_s=60)
ISOMETRIC = Plan("bridge", "left", 5, 1, Tempo(3.0, 45.0, 2.0), rest_between_sets_s=120)
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")
INFO = SensorInfo("witmotion", "WT901BLE67", "WT901BLE67", rate_hz=100)


class Scene:
    """A session, moved on by inputs, and its picture."""

    def __init__(self, *plans: Plan, calibrated: bool = True, known: bool = False) -> None:
        stored = KnownCalibration(CALIBRATION) if known else None
        self.session: Session = begin(
            plans or (NORDIC,), CALIBRATION if calibrated else None, stored, hands_free=True
        )
        self.ring = TraceRing()

    def do(self, item: SessionInput, now_s: float) -> Scene:
        """Give the session one input."""
        self.session = advance(self.session, item, now_s).session
        return self

    def streaming(self) -> Scene:
        """Begin to receive."""
        return self.do(LinkChanged("streaming"), 0.0)

    def nordics(self, lowerings: tuple[float | None, ...], at_s: float) -> Scene:
        """Do a set of Nordics; the next one would begin at `next_s`."""
        self.do(StartSet(), at_s)
        at_s += 2.0
        reps: list[Rep] = []
        for lower_s in lowerings:
            taken = lower_s or 3.0
            phases = (
                Phase("lower", at_s, at_s + taken),
                Phase("return", at_s + taken + 0.3, at_s + taken + 1.5),
            )
            why = None if lower_s else "no samples from 15.20 s to 15.60 s, inside the lowering"
            rep = Rep("nordic", at_s, at_s + taken + 1.5, lower_s, 75.0, phases, None, why)
            reps.append(rep)
            self.do(RepCompleted(rep, rep.end_s + 0.5), rep.end_s + 0.5)
            at_s = rep.end_s + 1.5
        self.next_s = at_s
        following = (Phase("lower", at_s, at_s + 3.2), Phase("return", at_s + 3.5, at_s + 4.7))
        moves = [rep.phases for rep in reps] + [following]
        t_s = np.arange(0.0, at_s + 60.0, 0.01)
        angle = 1.5 * np.sin(t_s * 2.1)
        for lower, back in moves:
            angle += 78 * (_eased(t_s, lower) - _eased(t_s, back))
        self.trace = t_s, angle
        return self

    def lowering(self, elapsed_s: float) -> Scene:
        """Go on to so many seconds into the next Nordic."""
        now_s = self.next_s + elapsed_s
        before = self.trace[0] <= self.next_s
        standing = AnglesMeasured(self.trace[0][before][-1:], self.trace[1][before][-1:])
        self.do(standing, self.next_s)
        self.do(PhaseStarted("lower", "nordic", self.next_s, now_s), now_s)
        return self.drawn(now_s)

    def drawn(self, now_s: float) -> Scene:
        """Let the time go on, with the trace up to it."""
        t_s, angle = self.trace
        seen = t_s <= now_s
        self.ring.extend(t_s[seen], angle[seen])
        self.do(AnglesMeasured(t_s[seen][-1:], angle[seen][-1:]), now_s)
        return self.do(Tick(), now_s)

    def picture(self, link: LinkState | None = None, text: str = "Receiving", **more: object) -> Snapshot:
        """Return the picture of this instant; `more` are fields of `Snapshot`."""
        now_s = self.session.now_s
        fields: dict[str, object] = {
            "rate_hz": 99.8,
            "battery_percent": 80,
            "data_host_ns": round(now_s * 1e9),
            "newest_s": now_s,
            **more,
        }
        return Snapshot(
            host_ns=round(now_s * 1e9),
            time_s=now_s,
            info=INFO,
            link=link or self.session.link,
            link_text=text,
            session=self.session,
            trace=self.ring.latest(),
            **fields,  # pyright: ignore[reportArgumentType]
        )


def _eased(t_s: np.ndarray, phase: Phase) -> np.ndarray:
    share = np.clip((t_s - phase.start_s) / phase.duration_s, 0, 1)
    return share * share * (3 - 2 * share)


def _bridge(start_s: float, hold_s: float, lower_s: float) -> Rep:
    held_s, lowered_s = start_s + 2.0, start_s + 2.0 + hold_s
    phases = (
        Phase("lift", start_s, held_s),
        Phase("hold", held_s, lowered_s),
        Phase("lower", lowered_s, lowered_s + lower_s),
    )
    return Rep("bridge", start_s, lowered_s + lower_s, lower_s, 24.0, phases)


def _bridging(plan: Plan, lowerings: tuple[float, ...], moves: tuple[str, ...], after_s: float) -> Scene:
    """A set of bridges; the last one has reached the last of `moves`, `after_s` ago."""
    scene = Scene(plan).streaming().do(StartSet(), 2.0)
    at_s, reps = 4.0, []
    for lower_s in lowerings:
        reps.append(_bridge(at_s, plan.tempo.hold_s, lower_s))
        scene.do(RepCompleted(reps[-1], reps[-1].end_s + 0.7), reps[-1].end_s + 0.7)
        at_s = reps[-1].end_s + 1.5
    reps.append(_bridge(at_s, plan.tempo.hold_s, plan.tempo.lower_s))
    t_s = np.arange(0.0, reps[-1].end_s + 5.0, 0.01)
    angle = -138 + 0.4 * np.sin(3 * t_s)
    for rep in reps:
        lift, _, lower = rep.phases
        angle += 24 * (_eased(t_s, lift) - _eased(t_s, lower))
    scene.trace = t_s, angle
    begun = [phase for phase in reps[-1].phases if phase.kind in moves]
    for phase in begun:
        scene.do(PhaseStarted(phase.kind, "bridge", phase.start_s, phase.start_s + 0.2), phase.start_s + 0.2)
    return scene.drawn(begun[-1].start_s + after_s)


def _partly() -> Scene:
    scene = Scene(NORDIC).streaming().nordics((3.1, 3.0), 10.0)
    at_s = scene.next_s
    phases = (Phase("lower", at_s, at_s + 2.6), Phase("return", at_s + 2.9, at_s + 4.0))
    rep = Rep("nordic", at_s, at_s + 4.0, 2.6, 31.0, phases, partial=True)
    t_s, angle = scene.trace
    scene.trace = t_s, np.where(t_s > at_s - 0.5, angle * 31 / 78, angle)
    given_up = Attempt("nordic", at_s - 1.0, at_s - 0.2, 8.0)
    scene.do(AttemptAborted(given_up, at_s), at_s)
    return scene.do(RepCompleted(rep, at_s + 4.4), at_s + 4.4).drawn(at_s + 4.6)


def _broken(after_s: float) -> Scene:
    """A Nordic that breaks 1.9 s after its beginning; seen so long after it."""
    scene = Scene(NORDIC).streaming().nordics((3.1, 2.9), 10.0)
    at_s = scene.next_s
    t_s, angle = scene.trace
    fall = np.minimum(41 + 130 * (t_s - at_s - 1.9), 80)
    back = Phase("return", at_s + 3.2, at_s + 4.4)
    fallen = np.where(t_s < back.start_s, fall, 80 * (1 - _eased(t_s, back)))
    slow = np.minimum(angle, 41 * np.clip((t_s - at_s) / 1.9, 0, 1))
    scene.trace = t_s, np.where(t_s < at_s - 0.5, angle, np.where(t_s > at_s + 1.9, fallen, slow))
    scene.do(PhaseStarted("lower", "nordic", at_s, at_s + 0.2), at_s + 0.2)
    for now_s in np.arange(at_s + 0.4, at_s + min(after_s, 2.6), 0.02):
        value = np.interp(now_s, *scene.trace)
        scene.do(AnglesMeasured(np.array([now_s]), np.array([value])), float(now_s))
    if after_s > 4.6:
        scene.do(PhaseEnded("lower", "nordic", at_s, at_s + 2.2, at_s + 2.4), at_s + 2.6)
        phases = (Phase("lower", at_s, at_s + 2.2), back)
        rep = Rep("nordic", at_s, back.end_s, 2.2, 78.0, phases, BreakPoint(at_s + 1.9, 41.0, 1.9, 0.3))
        scene.do(RepCompleted(rep, back.end_s + 0.2), back.end_s + 0.2)
    return scene.drawn(at_s + after_s)


def sets() -> dict[str, Snapshot]:
    """Return a picture of a set in each of its states, by its name."""
    first = (3.1, 2.2, 3.0)
    lost = Scene(NORDIC).streaming().nordics(first, 10.0).lowering(1.4)
    gone_s = lost.session.now_s
    lost.do(LinkChanged("lost"), gone_s + 1.5).do(Tick(), gone_s + 4.0)
    hurt = Scene(NORDIC).streaming().nordics(first, 10.0)
    hurt.do(StopSet(), hurt.session.now_s + 1).do(ReportPain(7), hurt.session.now_s + 5)
    hurt.do(GoOn(), hurt.session.now_s + 9).do(StartSet(), hurt.session.now_s + 40)
    other = Scene(NORDIC).streaming().do(StartSet(), 2.0)
    other.trace = _bridging(BRIDGE, (3.1,), ("lift",), 1.0).trace
    done = _bridge(4.0, 1.0, 3.1)
    other.do(RepCompleted(done, 14.8), 14.8).drawn(14.9)
    off = Scene(NORDIC).streaming().do(SetSound("silent"), 1.0).nordics(first, 10.0).lowering(2.4)
    late = Scene(NORDIC).do(LinkChanged("streaming", 2.5), 0.0).nordics(first, 10.0)
    late.drawn(late.next_s + 1.0)
    between = Scene(NORDIC).streaming().nordics(first, 10.0)
    unknown = Scene(NORDIC).streaming().nordics((3.1, None), 10.0)
    many = Scene(replace(NORDIC, reps=15)).streaming()
    many.nordics((3.0, 2.2, 3.9, None, 2.8, 3.1, 3.3, 2.9, 3.6, 3.0, 3.2), 10.0)
    down = Scene(NORDIC).streaming().do(StanceSeen("standing"), 6.0).do(StartSet(), 8.0)
    t_s = np.arange(0.0, 30.0, 0.01)
    down.trace = t_s, 1.5 * np.sin(2.1 * t_s) + 22 * _eased(t_s, Phase("lower", 9.0, 10.2))
    return {
        "": Scene(NORDIC).streaming().nordics(first, 10.0).lowering(2.4).picture(),
        "in-band": Scene(NORDIC).streaming().nordics(first, 10.0).lowering(3.1).picture(),
        "on-time": between.drawn(between.next_s - 0.4).picture(),
        "falling": _broken(2.1).picture(),
        "break": _broken(4.9).picture(),
        "partial": _partly().picture(),
        "not-measured": unknown.drawn(unknown.next_s - 0.4).picture(),
        "many": many.lowering(2.4).picture(),
        "bridge": _bridging(BRIDGE, (3.2, 2.9, 2.3), ("lift", "hold", "lower"), 1.7).picture(),
        "lift": _bridging(BRIDGE, (3.2, 2.9), ("lift",), 1.2).picture(),
        "hold": _bridging(ISOMETRIC, (), ("lift", "hold"), 28.4).picture(),
        "other-exercise": other.picture(),
        "getting-down": down.drawn(10.0).picture(),
        "lost": lost.picture("lost", "Signal lost", data_host_ns=round(gone_s * 1e9)),
        "late": late.picture(),
        "over-limit": hurt.drawn(hurt.session.now_s + 2.0).picture(),
        "sound-off": off.picture(),
        "no-output": Scene(NORDIC).streaming().nordics(first, 10.0).lowering(2.4).picture(notice=NO_OUTPUT),
    }
