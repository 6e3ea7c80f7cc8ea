"""A supervised set as a state machine: events, commands and time in; a new state, cues and records out.

    idle -> calibrating -> ready -> in set -> resting -> in set ... -> summary

Nothing here knows a clock, a thread, a file or a loudspeaker. All times are seconds on the time axis of the
samples, the one the pipeline's events use. A lost link does not change the state: a set survives it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from analysis.calibration import Calibration
from analysis.rest_posture import RestCompared
from analysis.results import (
    AnglesMeasured,
    AttemptAborted,
    Event,
    GapFound,
    Phase,
    PhaseEnded,
    PhaseKind,
    PhaseStarted,
    Rep,
    RepCompleted,
    SensorFault,
    SensorSlipped,
)
from drivers.source import LinkState
from monitor.plan import Dose, Plan, Verdict, dose, verdict

State = Literal["idle", "calibrating", "ready", "in set", "resting", "summary"]
CheckedBy = Literal["knee lifts", "standing", "standing and a lift"]
CueKind = Literal[
    "good",
    "do it again",
    "set started",
    "lowering started",
    "second",
    "target",
    "hold over",
    "in band",
    "too fast",
    "slower",
    "not measured",
    "set ended",
    "rest over",
    "signal lost",
    "signal back",
]

# The hand that starts a set may be later than the legs that start the first repetition.
START_SLACK_S = 0.5
# A sound about what goes on now that comes later than this is about something else.
LONGEST_LIVE_DELAY_S = 0.5
# Phases older than this have left every live picture.
PHASES_KEPT_S = 30.0
# Controlled lowerings stay below this, falls after a break point reach 65-200 deg/s.
FALL_RATE_DPS = 60.0
FALL_WINDOW_S = 0.1
# A lowering smaller than this may be swaying: it gets no verdict until the repetition is known.
MIN_LOWERING_DEG: dict[str, float] = {"nordic": 20.0, "bridge": 6.0, "slider": 6.0}

MAY_HAVE_MOVED = "the sensor may have moved while the link was lost"
CHECKED_BY_STANDING = (
    "The calibration from last time fits. If the sensor may have turned round the leg, check by a lift."
)


@dataclass(frozen=True, slots=True)
class KnownCalibration:
    """A calibration of this sensor from an earlier session.

    lifts: knee lifts (0 or 1) that must agree with it, besides standing still, before it is believed.
    """

    calibration: Calibration
    lifts: int = 0


@dataclass(frozen=True, slots=True)
class StartCalibration:
    """A person asked for a calibration."""


@dataclass(frozen=True, slots=True)
class CheckCalibration:
    """A person wants to use the calibration from last time, once it has been checked."""


@dataclass(frozen=True, slots=True)
class CheckWithLift:
    """A person wants the present calibration checked with a knee lift."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The calibration is known; the measurement with it begins at from_s."""

    calibration: Calibration
    from_s: float = 0.0
    checked_by: CheckedBy = "knee lifts"


@dataclass(frozen=True, slots=True)
class CalibrationAdvice:
    """The calibration goes on; a person has to be told what to do now.

    headline: two or three words. progress: 0-1. cue: whether the last step was good; None: no news.
    """

    headline: str
    detail: str
    progress: float
    cue: Literal["good", "do it again"] | None = None

    @property
    def text(self) -> str:
        """Headline and detail in one line."""
        return f"{self.headline}. {self.detail}"


@dataclass(frozen=True, slots=True)
class CalibrationProgress:
    """The calibration has come this far, 0-1, and what was advised last still holds."""

    share: float


@dataclass(frozen=True, slots=True)
class CalibrationFailed:
    """The calibration is not known; `text` tells a person what to do."""

    text: str


@dataclass(frozen=True, slots=True)
class StartSet:
    """A person starts the next set."""


@dataclass(frozen=True, slots=True)
class StopSet:
    """A person ends the set."""


@dataclass(frozen=True, slots=True)
class ReportPain:
    """The worst pain during the last set, 0-10."""

    score: int


@dataclass(frozen=True, slots=True)
class SetSound:
    """A person switches the sounds that pace and judge on or off."""

    on: bool


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link to the sensor changed. delay_s: by how much the sensor's samples come late on purpose."""

    state: LinkState
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by."""


Command = StartCalibration | CheckCalibration | CheckWithLift | StartSet | StopSet | ReportPain | SetSound
Input = (
    Command
    | Calibrated
    | CalibrationAdvice
    | CalibrationProgress
    | CalibrationFailed
    | LinkChanged
    | RestCompared
    | Tick
    | Event
)


@dataclass(frozen=True, slots=True)
class SetRecord:
    """One set: `number` counts the sets of its plan from 1; stop_s is None while it runs."""

    plan: Plan
    plan_index: int
    number: int
    start_s: float
    stop_s: float | None = None
    reps: tuple[Rep, ...] = ()
    pain: int | None = None
    sound: bool = True

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict per repetition."""
        return tuple(verdict(rep.lower_s, self.plan.tempo.lower_s) for rep in self.reps)

    @property
    def dose(self) -> Dose:
        """What the set amounts to so far."""
        return dose(self.reps, self.plan)

    @property
    def pain_over_limit(self) -> bool:
        """Whether the pain reported for this set is above the limit of its plan."""
        return self.pain is not None and self.pain > self.plan.pain_limit


@dataclass(frozen=True, slots=True)
class Running:
    """The phase that goes on now, dated back to its start."""

    kind: PhaseKind
    start_s: float
    from_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Lowering:
    """The last lowering of this set. seconds is None where it was not measured.

    final: from the completed repetition; before that it is what the live events said.
    judged: its verdict has sounded, or is kept silent on purpose.
    """

    start_s: float
    seconds: float | None
    final: bool
    judged: bool


@dataclass(frozen=True, slots=True)
class Session:
    """Everything about the visit that a screen or a sound needs; `advance` returns the next one.

    signal_lost: it streamed before, and does not now.
    moved_since_s: since when the calibration is not believed any more, because the sensor sits differently
    after a loss of the link; None: it is.
    """

    plans: tuple[Plan, ...]
    state: State = "idle"
    plan_index: int = 0
    now_s: float = 0.0
    sets: tuple[SetRecord, ...] = ()
    phase: Running | None = None
    phases: tuple[Phase, ...] = ()
    lowering: Lowering | None = None
    angle_deg: float | None = None
    lately: tuple[tuple[float, float], ...] = ()
    falling: bool = False
    calibration: Calibration | None = None
    calibrating_since_s: float | None = None
    advice: CalibrationAdvice | None = None
    known: KnownCalibration | None = None
    moved_since_s: float | None = None
    rest_until_s: float | None = None
    link: LinkState = "searching"
    signal_lost: bool = False
    delay_s: float = 0.0
    sound: bool = True
    message: str | None = None

    @property
    def live(self) -> bool:
        """Whether samples come soon enough to pace and judge a phase that goes on."""
        return self.delay_s <= LONGEST_LIVE_DELAY_S

    @property
    def moved_advice(self) -> str | None:
        """What to do about a sensor that sits differently since the link was lost; None while it does not."""
        if self.moved_since_s is None or self.state == "calibrating":
            return None
        stop = "Stop the set, then check" if self.state == "in set" else "Check"
        return (
            "The sensor seems to have moved on the leg while the signal was lost: nothing is measured. "
            f"{stop} it by a lift, or calibrate again."
        )

    @property
    def plan(self) -> Plan:
        """The plan of the running set; between sets, of the next one."""
        return self.plans[self.plan_index]

    @property
    def to_check(self) -> KnownCalibration | None:
        """What a check would be held against: None where only a new calibration helps."""
        if self.calibration is None:
            return self.known
        return KnownCalibration(self.calibration, 1)

    @property
    def current_set(self) -> SetRecord | None:
        """The running set."""
        return self.sets[-1] if self.state == "in set" else None

    @property
    def last_set(self) -> SetRecord | None:
        """The set that ended last."""
        done = self.sets[:-1] if self.state == "in set" else self.sets
        return done[-1] if done else None

    @property
    def sets_of_plan(self) -> int:
        """How many sets of the present plan were started."""
        return sum(record.plan_index == self.plan_index for record in self.sets)

    @property
    def next_set_number(self) -> int:
        """The number, within its plan, of the set that would start now."""
        return self.sets_of_plan + 1

    @property
    def encouraged(self) -> bool:
        """False once the pain reported last is over the limit: nothing may push the person on."""
        reported = [record for record in self.sets if record.pain is not None]
        return not (reported and reported[-1].pain_over_limit)


@dataclass(frozen=True, slots=True)
class Cue:
    """A sound and the instant it belongs to."""

    kind: CueKind
    due_s: float


@dataclass(frozen=True, slots=True)
class Record:
    """Something for the recording's events."""

    kind: str
    t_s: float
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one input led to. hush: cues announced earlier whose time has not come must not sound."""

    session: Session
    cues: tuple[Cue, ...] = ()
    records: tuple[Record, ...] = ()
    hush: bool = False


def begin(
    plans: tuple[Plan, ...], calibration: Calibration | None = None, known: KnownCalibration | None = None
) -> Session:
    """Return the first state. With a calibration that holds, the first set can start at once.

    known: one from an earlier session, which has to be checked first.
    Raises ValueError if there is no plan.
    """
    if not plans:
        raise ValueError("a session needs at least one plan")
    return Session(plans, state="ready" if calibration else "idle", calibration=calibration, known=known)


def advance(session: Session, item: Input, now_s: float) -> Outcome:
    """Return the state after one input, with the cues and records that follow from it.

    Never raises for an input at the wrong moment: it changes nothing but the message.
    """
    now_s = max(session.now_s, now_s)
    if isinstance(item, AnglesMeasured):
        return _angles(session, item, now_s)
    session = replace(session, now_s=now_s)
    match item:
        case Tick():
            return Outcome(session)
        case PhaseStarted():
            return _phase_started(session, item)
        case PhaseEnded():
            return _phase_ended(session, item)
        case RepCompleted():
            return _rep_completed(session, item.rep)
        case AttemptAborted(attempt):
            return Outcome(session, records=(Record("attempt", attempt.start_s, asdict(attempt)),))
        case GapFound():
            return _interrupt(session)
        case SensorFault():
            return Outcome(session)
        case SensorSlipped():
            record = Record("sensor_slipped", item.emitted_s, {"text": item.text})
            return Outcome(replace(session, message=item.text), records=(record,))
        case LinkChanged():
            return _link_changed(session, item)
        case RestCompared():
            return _rest_compared(session, item)
        case StartCalibration() | CheckCalibration() | CheckWithLift():
            return _start_calibration(session)
        case Calibrated():
            return _calibrated(session, item)
        case CalibrationAdvice():
            return _advised(session, item)
        case CalibrationProgress():
            if session.advice is None:
                return Outcome(session)
            return Outcome(replace(session, advice=replace(session.advice, progress=item.share)))
        case CalibrationFailed():
            return _calibration_failed(session, item.text)
        case StartSet():
            return _start_set(session)
        case StopSet():
            return _stop_set(session, session.now_s)
        case ReportPain():
            return _report_pain(session, item.score)
        case SetSound():
            record = Record("sound", session.now_s, {"on": item.on})
            return Outcome(replace(session, sound=item.on), records=(record,), hush=not item.on)


def unattended_command(session: Session) -> Command | None:
    """Return what a therapist would press now, for a session that runs by itself (demo, replay)."""
    if session.link != "streaming":
        return None
    if session.state == "idle":
        return CheckCalibration() if session.known else StartCalibration()
    if session.state == "ready":
        return StartSet()
    rest_over = session.rest_until_s is not None and session.now_s >= session.rest_until_s
    return StartSet() if session.state == "resting" and rest_over else None


def _angles(session: Session, event: AnglesMeasured, now_s: float) -> Outcome:
    # This runs for every packet: one copy of the state, not two.
    angle = float(event.thigh_angle_deg[-1]) if event.thigh_angle_deg.size else float("nan")
    if not np.isfinite(angle):
        return Outcome(replace(session, now_s=now_s, angle_deg=None, lately=()))
    phase = session.phase
    if phase is None or phase.kind != "lower" or session.plan.exercise != "nordic":
        return Outcome(replace(session, now_s=now_s, angle_deg=angle, lately=()))
    # The verdict on a fall must not depend on how many values came at a time.
    new = zip(event.t_s.tolist(), event.thigh_angle_deg.tolist(), strict=True)
    values = [*session.lately, *(value for value in new if np.isfinite(value[1]))]
    falling = session.falling or _falls(values)
    lately = tuple(value for value in values if value[0] >= values[-1][0] - FALL_WINDOW_S - 1e-6)
    followed = replace(session, now_s=now_s, angle_deg=angle, lately=lately, falling=falling)
    return Outcome(followed, hush=falling and not session.falling)


def _falls(values: list[tuple[float, float]]) -> bool:
    first = 0
    for index, (t_s, angle_deg) in enumerate(values):
        while first + 1 < index and values[first + 1][0] <= t_s - FALL_WINDOW_S + 1e-6:
            first += 1
        before_s, before_deg = values[first]
        if t_s - before_s >= FALL_WINDOW_S - 1e-6 and angle_deg - before_deg > FALL_RATE_DPS * (
            t_s - before_s
        ):
            return True
    return False


def _phase_started(session: Session, event: PhaseStarted) -> Outcome:
    # With late samples the phase is over when it is told of: the whole repetition says what it was.
    # Nor is it known when a phase begins or ends where the sensor sits in an unknown way.
    if not session.live or session.moved_since_s is not None:
        return Outcome(session)
    if session.state != "in set" or event.exercise != session.plan.exercise:
        return Outcome(session)
    if event.start_s < session.sets[-1].start_s - START_SLACK_S:
        return Outcome(session)
    running = Running(event.kind, event.start_s, session.angle_deg)
    started = replace(session, phase=running, falling=False, lately=())
    tempo = session.plan.tempo
    if event.kind == "hold" and tempo.hold_s > 0 and session.sound:
        return Outcome(started, cues=(Cue("hold over", event.start_s + tempo.hold_s),), hush=True)
    if event.kind != "lower":
        return Outcome(started, hush=True)
    started = replace(started, lowering=None)
    if not _may_sound(session):
        return Outcome(started, hush=True)
    seconds = tuple(
        Cue("second", event.start_s + second)
        for second in range(1, int(np.ceil(tempo.lower_s)))
        if second < tempo.lower_s
    )
    cues = (Cue("lowering started", session.now_s), *seconds, Cue("target", event.start_s + tempo.lower_s))
    return _with_cue_records(Outcome(started, cues=cues, hush=True))


def _phase_ended(session: Session, event: PhaseEnded) -> Outcome:
    running = session.phase
    if running is None or running.kind != event.kind or event.exercise != session.plan.exercise:
        return Outcome(session)
    phases = (*_recent(session), Phase(event.kind, event.start_s, max(event.start_s, event.end_s)))
    ended = replace(session, phase=None, phases=phases)
    if event.kind != "lower":
        return Outcome(ended, hush=True)
    seconds = max(0.0, event.end_s - event.start_s)
    says = not session.falling and _may_sound(session) and _far_enough(session, running)
    lowering = Lowering(event.start_s, seconds, final=False, judged=says or session.falling)
    ended = replace(ended, lowering=lowering, falling=False)
    if not says:
        return Outcome(ended, hush=True)
    # The verdict comes now, not after the way back up: a Nordic's return takes seconds.
    said = verdict(seconds, session.plan.tempo.lower_s)
    return _with_cue_records(Outcome(ended, cues=(Cue(said, session.now_s),), hush=True))


def _far_enough(session: Session, running: Running) -> bool:
    if running.from_deg is None or session.angle_deg is None:
        return False
    return abs(session.angle_deg - running.from_deg) >= MIN_LOWERING_DEG[session.plan.exercise]


def _rep_completed(session: Session, rep: Rep) -> Outcome:
    rep = if_trusted(rep, session.moved_since_s)
    index = _set_of(session, rep)
    phases = tuple(
        phase for phase in _recent(session) if phase.end_s <= rep.start_s or phase.start_s >= rep.end_s
    )
    session = replace(session, phases=(*phases, *rep.phases))
    if index is None:
        return Outcome(session, records=(Record("rep", rep.start_s, {"set": None, **asdict(rep)}),))
    grown = replace(session.sets[index], reps=(*session.sets[index].reps, rep))
    sets = (*session.sets[:index], grown, *session.sets[index + 1 :])
    session = replace(session, sets=sets)
    records = (Record("rep", rep.start_s, {"set": index + 1, **asdict(rep)}),)
    if index < len(sets) - 1:
        return Outcome(session, records=records)
    seen = session.lowering
    known = seen is not None and rep.start_s - START_SLACK_S <= seen.start_s <= rep.end_s
    if seen is None or known or seen.start_s < rep.start_s:
        lower = rep.phase("lower")
        start_s = rep.start_s if lower is None else lower.start_s
        session = replace(session, lowering=Lowering(start_s, rep.lower_s, final=True, judged=True))
    silent = rep.break_point is not None or (known and seen is not None and seen.judged)
    cues: tuple[Cue, ...] = ()
    if _may_sound(session) and (not silent or rep.lower_s is None):
        cues = (Cue(verdict(rep.lower_s, grown.plan.tempo.lower_s), session.now_s),)
    outcome = _with_cue_records(Outcome(session, cues=cues, records=records))
    if session.state != "in set" or len(grown.reps) < grown.plan.reps:
        return outcome
    stopped = _stop_set(session, rep.end_s)
    return Outcome(
        stopped.session, (*outcome.cues, *stopped.cues), (*outcome.records, *stopped.records), hush=True
    )


def if_trusted(rep: Rep, moved_since_s: float | None) -> Rep:
    """Take the number out of a repetition for which the calibration may not hold."""
    if moved_since_s is None or rep.end_s <= moved_since_s:
        return rep
    return replace(rep, lower_s=None, break_point=None, not_measured=rep.not_measured or MAY_HAVE_MOVED)


def _rest_compared(session: Session, rest: RestCompared) -> Outcome:
    data = {"lost_s": rest.lost_s, "off_deg": rest.off_deg, "agrees": rest.agrees}
    records = (Record("posture_after_loss", rest.t_s, data),)
    if rest.agrees or session.calibration is None or session.state == "calibrating":
        return Outcome(session, records=records)
    since_s = rest.lost_s if session.moved_since_s is None else session.moved_since_s
    # What was completed between the loss and this rest was measured as the sensor sat before.
    sets = tuple(
        replace(each, reps=tuple(if_trusted(rep, since_s) for rep in each.reps)) for each in session.sets
    )
    moved = replace(session, moved_since_s=since_s, sets=sets, phase=None, lowering=None)
    return Outcome(moved, records=records, hush=session.state == "in set")


def _set_of(session: Session, rep: Rep) -> int | None:
    """Return the index of the set a repetition belongs to: by the time its lowering began."""
    lower = rep.phase("lower")
    began_s = rep.start_s if lower is None else lower.start_s
    for index in range(len(session.sets) - 1, -1, -1):
        record = session.sets[index]
        if record.plan.exercise != rep.exercise or began_s < record.start_s - START_SLACK_S:
            continue
        if record.stop_s is None or began_s <= record.stop_s:
            return index
    return None


def _interrupt(session: Session) -> Outcome:
    # What goes on during a gap is not known: no time runs on over it.
    hush = session.state == "in set"
    return Outcome(replace(session, phase=None, falling=False), hush=hush)


def _link_changed(session: Session, change: LinkChanged) -> Outcome:
    before, state = session.link, change.state
    session = replace(session, link=state)
    if state == "streaming":
        session = replace(session, delay_s=change.delay_s)
        back = (Cue("signal back", session.now_s),) if session.signal_lost else ()
        return Outcome(replace(session, signal_lost=False), cues=back)
    if before != "streaming":
        return Outcome(session)
    interrupted = _interrupt(replace(session, signal_lost=True))
    if state == "closed":
        return interrupted
    return replace(interrupted, cues=(Cue("signal lost", session.now_s),))


def _start_calibration(session: Session) -> Outcome:
    if session.state == "in set":
        return Outcome(replace(session, message="Stop the set before you calibrate again."))
    if session.link != "streaming":
        return Outcome(replace(session, message="Wait until the sensor sends data, then calibrate."))
    return Outcome(
        replace(
            session,
            state="calibrating",
            calibrating_since_s=session.now_s,
            advice=None,
            message=None,
            phase=None,
        )
    )


def _advised(session: Session, advice: CalibrationAdvice) -> Outcome:
    if session.state != "calibrating":
        return Outcome(session)
    cues = (Cue(advice.cue, session.now_s),) if advice.cue is not None and session.sound else ()
    return Outcome(replace(session, advice=advice), cues=cues)


def _calibrated(session: Session, known: Calibrated) -> Outcome:
    if session.state != "calibrating":
        return Outcome(session)
    by_standing = known.checked_by == "standing"
    ready = replace(
        session,
        state="ready",
        calibration=known.calibration,
        calibrating_since_s=None,
        advice=None,
        known=session.known if by_standing else None,
        moved_since_s=None,
        message=CHECKED_BY_STANDING if by_standing else None,
        rest_until_s=None,
    )
    data = {**asdict(known.calibration), "from_s": known.from_s, "checked_by": known.checked_by}
    record = Record("calibration", session.now_s, data)
    return Outcome(ready, records=(record,))


def _calibration_failed(session: Session, text: str) -> Outcome:
    if session.state != "calibrating":
        return Outcome(session)
    state: State = "ready" if session.calibration else "idle"
    return Outcome(replace(session, state=state, calibrating_since_s=None, advice=None, message=text))


def _start_set(session: Session) -> Outcome:
    if session.state == "in set":
        return Outcome(session)
    if session.state == "calibrating":
        return Outcome(replace(session, message="Finish the calibration first."))
    if session.calibration is None:
        return Outcome(replace(session, message="Calibrate first: it takes about ten seconds."))
    if session.link != "streaming":
        return Outcome(replace(session, message="Wait until the sensor sends data, then start the set."))
    record = SetRecord(
        session.plan, session.plan_index, session.next_set_number, session.now_s, sound=session.sound
    )
    started = replace(
        session,
        state="in set",
        sets=(*session.sets, record),
        phase=None,
        lowering=None,
        rest_until_s=None,
        message=None,
    )
    data = {
        "set": len(started.sets),
        "number": record.number,
        "sound": session.sound,
        "plan": asdict(record.plan),
    }
    return Outcome(
        started, (Cue("set started", session.now_s),), (Record("set_start", session.now_s, data),), hush=True
    )


def _stop_set(session: Session, stop_s: float) -> Outcome:
    if session.state != "in set":
        return Outcome(session)
    record = replace(session.sets[-1], stop_s=max(stop_s, session.sets[-1].start_s))
    sets = (*session.sets[:-1], record)
    more_of_plan = session.sets_of_plan < session.plan.sets
    more_plans = session.plan_index + 1 < len(session.plans)
    rests = more_of_plan or more_plans
    stopped = replace(
        session,
        state="resting" if rests else "summary",
        plan_index=session.plan_index + (not more_of_plan and more_plans),
        sets=sets,
        phase=None,
        falling=False,
        rest_until_s=session.now_s + record.plan.rest_between_sets_s if rests else None,
        message=None,
    )
    cues = [Cue("set ended", session.now_s)]
    if stopped.rest_until_s is not None:
        cues.append(Cue("rest over", stopped.rest_until_s))
    data = {"set": len(sets), "reps": len(record.reps)}
    return Outcome(stopped, tuple(cues), (Record("set_stop", stop_s, data),), hush=True)


def _report_pain(session: Session, score: int) -> Outcome:
    if not 0 <= score <= 10:
        return Outcome(replace(session, message="Pain is a number from 0 to 10."))
    if session.state == "in set" or not session.sets:
        return Outcome(replace(session, message="Pain is asked after a set."))
    sets = (*session.sets[:-1], replace(session.sets[-1], pain=score))
    record = Record("pain", session.now_s, {"set": len(sets), "worst": score})
    return Outcome(replace(session, sets=sets, message=None), records=(record,))


def _recent(session: Session) -> tuple[Phase, ...]:
    return tuple(phase for phase in session.phases if phase.end_s > session.now_s - PHASES_KEPT_S)


def _may_sound(session: Session) -> bool:
    return session.sound and session.encouraged


def _with_cue_records(outcome: Outcome) -> Outcome:
    """Note in the recording which sounds a repetition was paced and judged with."""
    said = tuple(Record("cue", cue.due_s, {"cue": cue.kind}) for cue in outcome.cues)
    return replace(outcome, records=(*outcome.records, *said))
