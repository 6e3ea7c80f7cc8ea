"""A supervised set as a state machine: events, commands and time in; a new state, cues and records out.

    idle -> calibrating -> ready -> in set -> resting -> in set ... -> summary
                                       any -> stopped (pain) -> resting or summary, if the person insists

With `hands_free` sets begin and end by themselves: when the start posture is held, when the person has left
it for good (`monitor.set_posture`), or long after anything was done.

Nothing here knows a clock, a thread, a file or a loudspeaker. All times are seconds on the time axis of the
samples, the one the pipeline's events use. A lost link does not change the state: a set survives it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from analysis.calibration import Calibration
from analysis.rest_posture import RestCompared
from analysis.results import (
    AnglesMeasured,
    Attempt,
    AttemptAborted,
    Event,
    Exercise,
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
from monitor.plan import Dose, Plan, Tempo, Verdict, dose, verdict
from monitor.set_posture import PostureLeft, StandsStill, StartPostureEnded, StartPostureHeld

State = Literal["idle", "calibrating", "ready", "in set", "resting", "stopped", "summary"]
StartedBy = Literal["person", "posture", "repetition"]
StoppedFor = Literal["sudden pain", "pain over the limit"]
Answered = Literal["pain", "effort", "exercise", "stop"]
CheckedBy = Literal["knee lifts", "standing", "standing and a lift"]
CueKind = Literal[
    "good",
    "do it again",
    "hold still",
    "set started",
    "lift",
    "top",
    "hold",
    "hold over",
    "lowering started",
    "path",
    "second",
    "target",
    "in band",
    "too fast",
    "slower",
    "not measured",
    "last one",
    "set ended",
    "rest over",
    "signal lost",
    "signal back",
    "stop",
]
SoundMode = Literal["voice and tones", "tones", "voice", "silent"]
Language = Literal["en", "de"]
SOUND_MODES: tuple[SoundMode, ...] = get_args(SoundMode)

# The hand that starts a set may be later than the legs that start the first repetition.
START_SLACK_S = 0.5
# A sound about what goes on now that comes later than this is about something else.
LONGEST_LIVE_DELAY_S = 0.5
# What ends sooner than this may have been any movement: the whole repetition says what it was.
FIRST_VERDICT_S = 0.5
# A number that comes nearer to the target than this would run into the sound of the target.
LAST_SECOND_S = 0.5
# In a hold nobody needs every second.
HOLD_COUNT_S = 10
# Phases older than this have left every live picture.
PHASES_KEPT_S = 30.0
# Controlled lowerings stay below this, falls after a break point reach 65-200 deg/s.
FALL_RATE_DPS = 60.0
FALL_WINDOW_S = 0.1
# A set in which nothing was done for so long is over, whatever the posture.
LONGEST_SILENCE_S = 90.0
# A lowering smaller than this may be swaying: it gets no verdict until the repetition is known.
MIN_LOWERING_DEG: dict[str, float] = {"nordic": 20.0, "bridge": 6.0}

MAY_HAVE_MOVED = "the sensor may have moved while the link was lost"
STOPPED_FIRST = "You stopped because of pain. Say first that you go on."
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
class ReportEffort:
    """How hard the last set was, 0-10."""

    score: int


@dataclass(frozen=True, slots=True)
class SuddenPain:
    """A person has sudden pain: everything stops."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """A person goes on after a stop for pain, deliberately."""


@dataclass(frozen=True, slots=True)
class EndSession:
    """A person ends the session, whatever is left of the plan."""


@dataclass(frozen=True, slots=True)
class SwitchExercise:
    """A person says which exercise is being done; its repetitions so far count."""

    exercise: Exercise


@dataclass(frozen=True, slots=True)
class Undo:
    """A person takes back the last answer, or goes on with a set that was stopped."""


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """How cues are heard. volume: 0-1, of the amplitude."""

    mode: SoundMode = "voice and tones"
    volume: float = 1.0
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class SetSound:
    """A person chooses how cues are heard from now on. None: as before."""

    mode: SoundMode | None = None
    volume: float | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link to the sensor changed. delay_s: by how much the sensor's samples come late on purpose."""

    state: LinkState
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by."""


Command = (
    StartCalibration
    | CheckCalibration
    | CheckWithLift
    | StartSet
    | StopSet
    | ReportPain
    | ReportEffort
    | SuddenPain
    | GoOn
    | EndSession
    | SwitchExercise
    | Undo
    | SetSound
)
Input = (
    Command
    | Calibrated
    | CalibrationAdvice
    | CalibrationProgress
    | CalibrationFailed
    | LinkChanged
    | RestCompared
    | StartPostureHeld
    | StartPostureEnded
    | PostureLeft
    | StandsStill
    | Tick
    | Event
)


@dataclass(frozen=True, slots=True)
class SetRecord:
    """One set: `number` counts the sets of its plan from 1; stop_s is None while it runs.

    planned: what the plan had asked for, where another exercise was done. attempts: what was begun and given
    up. effort: how hard it was, 0-10.
    sound: how cues were heard when it started.
    """

    plan: Plan
    plan_index: int
    number: int
    start_s: float
    stop_s: float | None = None
    reps: tuple[Rep, ...] = ()
    pain: int | None = None
    sound: SoundSettings = SoundSettings()
    effort: int | None = None
    planned: Plan | None = None
    started_by: StartedBy = "person"
    attempts: tuple[Attempt, ...] = ()

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
class Answer:
    """Something a person may take back: what held before it, of the set with an index."""

    what: Answered
    set_index: int
    before: int | SetRecord | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Everything about the visit that a screen or a sound needs; `advance` returns the next one.

    signal_lost: it streamed before, and does not now.
    moved_since_s: since when the calibration is not believed any more, because the sensor sits differently
    after a loss of the link; None: it is. slipped_s: when the sensor slipped and was followed; it is checked
    when the person next stands still between two sets.
    hands_free: sets begin and end by themselves. held: the start posture that is held now.
    others: repetitions of another exercise than the plan's, in this set or before it; they can still count.
    stopped_for: why everything stopped. back_to: where the way leads from a stop or a calibration.
    checking: the calibration that goes on only checks a known one. answers: what may be taken back.
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
    sound_settings: SoundSettings = SoundSettings()
    message: str | None = None
    hands_free: bool = False
    held: StartPostureHeld | None = None
    others: tuple[Rep, ...] = ()
    slipped_s: float | None = None
    stopped_for: StoppedFor | None = None
    sudden_pain_s: float | None = None
    back_to: State = "ready"
    checking: bool = False
    answers: tuple[Answer, ...] = ()

    @property
    def live(self) -> bool:
        """Whether samples come soon enough to pace and judge a phase that goes on."""
        return self.delay_s <= LONGEST_LIVE_DELAY_S

    @property
    def sound(self) -> bool:
        """Whether lowerings are paced and judged aloud."""
        return self.sound_settings.mode != "silent"

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
    def rest_over(self) -> bool:
        """Whether the rest between two sets has gone by."""
        return self.rest_until_s is None or self.now_s >= self.rest_until_s

    @property
    def encouraged(self) -> bool:
        """False once the pain reported last is over the limit, or came suddenly: nothing may push on."""
        reported = [record for record in self.sets if record.pain is not None]
        if reported and reported[-1].pain_over_limit:
            return False
        return self.sudden_pain_s is None or bool(reported and reported[-1].start_s > self.sudden_pain_s)

    @property
    def proposal(self) -> Exercise | None:
        """The exercise that is done instead of the plan's, as it seems."""
        if not self.others or self.state not in ("in set", "ready", "resting"):
            return None
        record = self.current_set
        if record is not None and record.reps and record.reps[-1].start_s > self.others[-1].start_s:
            return None
        return self.others[-1].exercise

    @property
    def to_ask(self) -> Literal["pain", "effort"] | None:
        """What is to be asked about the set that ended last."""
        record = self.last_set
        if record is None or self.state in ("in set", "calibrating"):
            return None
        if record.pain is None:
            return "pain"
        return "effort" if record.effort is None and self.state != "stopped" else None

    @property
    def can_start(self) -> bool:
        """Whether a set may begin without being asked for."""
        return (
            self.hands_free
            and self.link == "streaming"
            and self.calibration is not None
            and self.moved_since_s is None
            and self.encouraged
            and (self.state == "ready" or (self.state == "resting" and self.rest_over))
        )


@dataclass(frozen=True, slots=True)
class Cue:
    """A sound and the instant it belongs to.

    number: what is counted aloud. lasts_s: how long a sound goes on that follows something ("path").
    """

    kind: CueKind
    due_s: float
    number: int | None = None
    lasts_s: float = 0.0


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
    plans: tuple[Plan, ...],
    calibration: Calibration | None = None,
    known: KnownCalibration | None = None,
    *,
    hands_free: bool = False,
) -> Session:
    """Return the first state. With a calibration that holds, the first set can start at once.

    known: one from an earlier session, which has to be checked first. hands_free: sets begin when the start
    posture is held, and end when it is left for good.
    Raises ValueError if there is no plan.
    """
    if not plans:
        raise ValueError("a session needs at least one plan")
    state: State = "ready" if calibration else "idle"
    return Session(plans, state=state, calibration=calibration, known=known, hands_free=hands_free)


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
            return _time_passed(session)
        case PhaseStarted():
            return _phase_started(session, item)
        case PhaseEnded():
            return _phase_ended(session, item)
        case RepCompleted():
            return _rep_completed(session, item.rep)
        case AttemptAborted(attempt):
            return _attempt_aborted(session, attempt)
        case GapFound():
            return _interrupt(session)
        case SensorFault():
            return Outcome(session)
        case SensorSlipped():
            record = Record("sensor_slipped", item.emitted_s, {"text": item.text})
            slipped = replace(session, message=item.text, slipped_s=item.emitted_s)
            return Outcome(slipped, records=(record,))
        case LinkChanged():
            return _link_changed(session, item)
        case RestCompared():
            return _rest_compared(session, item)
        case StartPostureHeld():
            return _posture_held(session, item)
        case StartPostureEnded():
            return Outcome(replace(session, held=None))
        case PostureLeft():
            return _posture_left(session, item)
        case StandsStill():
            return _stands_still(session)
        case StartCalibration() | CheckCalibration() | CheckWithLift():
            return _start_calibration(session, checks=not isinstance(item, StartCalibration))
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
            return _stop_set(session, session.now_s, "person")
        case ReportPain():
            return _report_pain(session, item.score)
        case ReportEffort():
            return _report_effort(session, item.score)
        case SuddenPain():
            return _sudden_pain(session)
        case GoOn():
            return _go_on(session)
        case EndSession():
            return _end_session(session)
        case SwitchExercise():
            return _switch_exercise(session, item.exercise)
        case Undo():
            return _undo(session)
        case SetSound():
            return _set_sound(session, item)


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


def _time_passed(session: Session) -> Outcome:
    if session.held is not None and session.can_start:
        return _posture_held(session, session.held)
    if session.hands_free and session.current_set is not None and session.phase is None:
        record = session.current_set
        last_s = max([record.start_s, *(phase.end_s for phase in session.phases)])
        if session.now_s - last_s > LONGEST_SILENCE_S and session.link == "streaming":
            return _end_by_itself(session, "silence")
    return Outcome(session)


def _attempt_aborted(session: Session, attempt: Attempt) -> Outcome:
    index = _set_at(session, attempt.exercise, attempt.start_s)
    number = None if index is None else index + 1
    records = (Record("attempt", attempt.start_s, {"set": number, **asdict(attempt)}),)
    if index is None:
        return Outcome(session, records=records)
    grown = replace(session.sets[index], attempts=(*session.sets[index].attempts, attempt))
    sets = (*session.sets[:index], grown, *session.sets[index + 1 :])
    return Outcome(replace(session, sets=sets), records=records)


def _posture_held(session: Session, held: StartPostureHeld) -> Outcome:
    session = replace(session, held=held)
    if not session.can_start:
        return Outcome(session)
    if held.exercise != session.plan.exercise:
        other = _plan_with(session, held.exercise)
        # Today's exercises may be done in any order, but a set of one is finished before another one begins.
        if other is None or session.sets_of_plan:
            return Outcome(session)
        session = replace(session, plan_index=other)
    return _start_set(session, held.since_s, "posture")


def _posture_left(session: Session, left: PostureLeft) -> Outcome:
    session = replace(session, held=None)
    record = session.current_set
    if not session.hands_free or record is None or record.plan.exercise != left.exercise:
        return Outcome(session)
    if record.started_by == "person" and not record.reps:
        # Started at the desk: the person is still on the way.
        return Outcome(session)
    return _end_by_itself(session, left.how)


def _end_by_itself(session: Session, why: str) -> Outcome:
    record = session.sets[-1]
    if record.reps or session.others or record.attempts:
        stopped = _stop_set(session, session.now_s, why)
        answers = (*stopped.session.answers, Answer("stop", len(session.sets) - 1))
        return replace(stopped, session=replace(stopped.session, answers=answers))
    # Nothing was done in it: it never was.
    sets = session.sets[:-1]
    state: State = "resting" if sets else "ready"
    following = _following_plan(session, sets)
    withdrawn = replace(
        session,
        state=state,
        plan_index=session.plan_index if following is None else following,
        sets=sets,
        phase=None,
        falling=False,
        lowering=None,
    )
    data = {"set": len(session.sets), "why": why}
    return Outcome(withdrawn, records=(Record("set_withdrawn", session.now_s, data),), hush=True)


def _stands_still(session: Session) -> Outcome:
    """Whoever stands still between two sets can have a sensor checked that has slipped or moved."""
    in_doubt = session.slipped_s is not None or session.moved_since_s is not None
    if not (session.hands_free and in_doubt and session.state in ("ready", "resting")):
        return Outcome(session)
    return _start_calibration(session, checks=True)


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
    if event.kind == "hold" and session.plan.exercise == "bridge":
        return _with_cue_records(Outcome(started, cues=_hold_cues(session, event.start_s), hush=True))
    if event.kind != "lower":
        return Outcome(started, hush=True)
    started = replace(started, lowering=None)
    if not _may_sound(session):
        return Outcome(started, hush=True)
    return _with_cue_records(Outcome(started, cues=_lowering_cues(session, event.start_s), hush=True))


def _lowering_cues(session: Session, start_s: float) -> tuple[Cue, ...]:
    """Return what paces a lowering: the path to follow, the seconds as they pass, and the target."""
    lower_s = session.plan.tempo.lower_s
    whole = lower_s == int(lower_s)
    seconds = range(1, int(lower_s) if whole else int(lower_s - LAST_SECOND_S) + 1)
    return (
        Cue("lowering started", session.now_s),
        Cue("path", start_s, lasts_s=lower_s),
        *(Cue("second", start_s + second, number=second) for second in seconds),
        Cue("target", start_s + lower_s, number=int(lower_s) if whole else None),
    )


def _hold_cues(session: Session, start_s: float) -> tuple[Cue, ...]:
    """Return what is said at the top of a bridge: that it is the top, and how long to stay there."""
    # The top that comes again after a try to leave it is no news.
    new = session.now_s - start_s <= LONGEST_LIVE_DELAY_S
    hold_s = session.plan.tempo.hold_s
    if not _may_sound(session):
        return ()
    if hold_s <= 0:
        return (Cue("top", session.now_s),) if new else ()
    counted = range(HOLD_COUNT_S, int(np.ceil(hold_s)), HOLD_COUNT_S)
    return (
        *((Cue("hold", session.now_s),) if new else ()),
        *(Cue("second", start_s + second, number=second) for second in counted),
        Cue("hold over", start_s + hold_s),
    )


def _phase_ended(session: Session, event: PhaseEnded) -> Outcome:
    running = session.phase
    if running is None or running.kind != event.kind or event.exercise != session.plan.exercise:
        return Outcome(session)
    phases = (*_recent(session), Phase(event.kind, event.start_s, max(event.start_s, event.end_s)))
    ended = replace(session, phase=None, phases=phases)
    if event.kind == "return" and _may_sound(session) and _far_enough(session, running):
        # Upright again; after the last repetition the end of the set says so.
        top = (Cue("top", session.now_s),) if _left_in_set(session) > 1 else ()
        return _with_cue_records(Outcome(ended, cues=top, hush=True))
    if event.kind != "lower":
        return Outcome(ended, hush=True)
    seconds = max(0.0, event.end_s - event.start_s)
    says = (
        not session.falling
        and seconds >= FIRST_VERDICT_S
        and _may_sound(session)
        and _far_enough(session, running)
    )
    lowering = Lowering(event.start_s, seconds, final=False, judged=says or session.falling)
    ended = replace(ended, lowering=lowering, falling=False)
    if not says:
        return Outcome(ended, hush=True)
    # The verdict comes now, not after the way back up: a Nordic's return takes seconds.
    tempo = session.plan.tempo
    cues = [Cue(verdict(seconds, tempo.lower_s), session.now_s)]
    if session.plan.exercise == "bridge" and tempo.rest_s > 0 and _left_in_set(session) > 1:
        cues.append(Cue("lift", event.end_s + tempo.rest_s))
    return _with_cue_records(Outcome(ended, cues=tuple(cues), hush=True))


def _left_in_set(session: Session) -> int:
    return session.plan.reps - len(session.sets[-1].reps)


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
    if index is None and rep.exercise == session.plan.exercise and _begins_a_set(session, rep):
        # Whoever has not waited for the start has started all the same.
        started = _start_set(session, rep.start_s, "repetition")
        counted = _rep_completed(started.session, rep)
        return replace(
            counted,
            cues=(*started.cues, *counted.cues),
            records=(*started.records, *counted.records),
            hush=True,
        )
    if index is None:
        session = _note_other(session, rep)
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
    if session.state == "in set" and session.live and _may_sound(session) and _left_in_set(session) == 1:
        cues = (*cues, Cue("last one", session.now_s))
    outcome = _with_cue_records(Outcome(session, cues=cues, records=records))
    if session.state != "in set" or len(grown.reps) < grown.plan.reps:
        return outcome
    stopped = _stop_set(session, rep.end_s, "repetitions")
    return Outcome(
        stopped.session, (*outcome.cues, *stopped.cues), (*outcome.records, *stopped.records), hush=True
    )


def _begins_a_set(session: Session, rep: Rep) -> bool:
    before_s = max((record.stop_s or record.start_s for record in session.sets), default=-np.inf)
    return session.can_start and rep.start_s >= before_s


def _note_other(session: Session, rep: Rep) -> Session:
    """Keep a repetition of another exercise than the plan's: it may be the plan that is wrong."""
    record = session.current_set
    if rep.exercise == session.plan.exercise or rep.not_measured:
        return session
    if record is not None and rep.start_s < record.start_s - START_SLACK_S:
        return session
    if record is None and not session.can_start:
        return session
    return replace(session, others=(*session.others, rep))


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
    return _set_at(session, rep.exercise, rep.start_s if lower is None else lower.start_s)


def _set_at(session: Session, exercise: Exercise, began_s: float) -> int | None:
    for index in range(len(session.sets) - 1, -1, -1):
        record = session.sets[index]
        if record.plan.exercise != exercise or began_s < record.start_s - START_SLACK_S:
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


def _start_calibration(session: Session, *, checks: bool) -> Outcome:
    if session.state == "in set":
        return Outcome(replace(session, message="Stop the set before you calibrate again."))
    if session.state == "stopped":
        return Outcome(replace(session, message=STOPPED_FIRST))
    if session.link != "streaming":
        return Outcome(replace(session, message="Wait until the sensor sends data, then calibrate."))
    if session.state == "calibrating":
        back_to = session.back_to
    else:
        back_to = "resting" if session.state == "resting" else "ready"
    return Outcome(
        replace(
            session,
            state="calibrating",
            calibrating_since_s=session.now_s,
            advice=None,
            message=None,
            phase=None,
            held=None,
            slipped_s=None,
            back_to=back_to,
            checking=checks,
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
        state=session.back_to,
        calibration=known.calibration,
        calibrating_since_s=None,
        advice=None,
        known=session.known if by_standing else None,
        moved_since_s=None,
        message=CHECKED_BY_STANDING if by_standing else None,
    )
    data = {**asdict(known.calibration), "from_s": known.from_s, "checked_by": known.checked_by}
    record = Record("calibration", session.now_s, data)
    return Outcome(ready, records=(record,))


def _calibration_failed(session: Session, text: str) -> Outcome:
    if session.state != "calibrating":
        return Outcome(session)
    state: State = session.back_to if session.calibration else "idle"
    return Outcome(replace(session, state=state, calibrating_since_s=None, advice=None, message=text))


def _start_set(session: Session, start_s: float | None = None, by: StartedBy = "person") -> Outcome:
    if session.state == "in set":
        return Outcome(session)
    if session.state == "stopped":
        return Outcome(replace(session, message=STOPPED_FIRST))
    if session.state == "calibrating":
        return Outcome(replace(session, message="Finish the calibration first."))
    if session.calibration is None:
        return Outcome(replace(session, message="Calibrate first: it takes about ten seconds."))
    if session.link != "streaming":
        return Outcome(replace(session, message="Wait until the sensor sends data, then start the set."))
    # What was held before the last set ended was its end, not this start.
    before_s = max((record.stop_s or record.start_s for record in session.sets), default=-np.inf)
    record = SetRecord(
        session.plan,
        session.plan_index,
        session.next_set_number,
        session.now_s if start_s is None else max(start_s, before_s),
        sound=session.sound_settings,
        started_by=by,
    )
    started = replace(
        session,
        state="in set",
        sets=(*session.sets, record),
        phase=None,
        lowering=None,
        rest_until_s=None,
        message=None,
        others=(),
        answers=(),
    )
    return Outcome(
        started,
        (Cue("set started", session.now_s),),
        (Record("set_start", record.start_s, _start_data(started)),),
        hush=True,
    )


def _start_data(session: Session) -> dict[str, Any]:
    record = session.sets[-1]
    return {
        "set": len(session.sets),
        "number": record.number,
        "sound": session.sound,
        "sound_settings": asdict(record.sound),
        "plan": asdict(record.plan),
        "started_by": record.started_by,
    }


def _stop_set(session: Session, stop_s: float, why: str) -> Outcome:
    if session.state != "in set":
        return Outcome(session)
    record = replace(session.sets[-1], stop_s=max(stop_s, session.sets[-1].start_s))
    sets = (*session.sets[:-1], record)
    following = _following_plan(session, sets)
    rests = following is not None
    stopped = replace(
        session,
        state="resting" if rests else "summary",
        plan_index=session.plan_index if following is None else following,
        sets=sets,
        phase=None,
        falling=False,
        rest_until_s=session.now_s + record.plan.rest_between_sets_s if rests else None,
        message=None,
        answers=(*session.answers, Answer("stop", len(sets) - 1)) if why == "person" else session.answers,
    )
    cues = [Cue("set ended", session.now_s)]
    if stopped.rest_until_s is not None:
        cues.append(Cue("rest over", stopped.rest_until_s))
    data = {"set": len(sets), "reps": len(record.reps), "why": why}
    return Outcome(stopped, tuple(cues), (Record("set_stop", stop_s, data),), hush=True)


def _following_plan(session: Session, sets: tuple[SetRecord, ...]) -> int | None:
    """Return which plan comes next: the same while sets of it are left, else the first with some."""
    done = [sum(record.plan_index == index for record in sets) for index in range(len(session.plans))]
    left = [index for index, plan in enumerate(session.plans) if done[index] < plan.sets]
    if session.plan_index in left:
        return session.plan_index
    return left[0] if left else None


def _plan_with(session: Session, exercise: Exercise) -> int | None:
    """Return which plan of today, with sets left, has an exercise."""
    for index, plan in enumerate(session.plans):
        done = sum(record.plan_index == index for record in session.sets)
        if plan.exercise == exercise and done < plan.sets:
            return index
    return None


def _report_pain(session: Session, score: int) -> Outcome:
    if not 0 <= score <= 10:
        return Outcome(replace(session, message="Pain is a number from 0 to 10."))
    if session.state == "in set" or not session.sets:
        return Outcome(replace(session, message="Pain is asked after a set."))
    before = session.sets[-1].pain
    answered = replace(session, answers=(*session.answers, Answer("pain", len(session.sets) - 1, before)))
    return _set_pain(answered, score)


def _set_pain(session: Session, score: int | None) -> Outcome:
    sets = (*session.sets[:-1], replace(session.sets[-1], pain=score))
    record = Record("pain", session.now_s, {"set": len(sets), "worst": score})
    session = replace(session, sets=sets, message=None)
    if sets[-1].pain_over_limit:
        stopped = _stop_for(session, "pain over the limit")
        return replace(stopped, records=(record, *stopped.records))
    if session.state == "stopped" and session.stopped_for == "pain over the limit":
        session = replace(session, state=session.back_to, stopped_for=None)
    return Outcome(session, records=(record,))


def _report_effort(session: Session, score: int) -> Outcome:
    if not 0 <= score <= 10:
        return Outcome(replace(session, message="Effort is a number from 0 to 10."))
    if session.state == "in set" or not session.sets:
        return Outcome(replace(session, message="Effort is asked after a set."))
    before = session.sets[-1].effort
    answers = (*session.answers, Answer("effort", len(session.sets) - 1, before))
    return _set_effort(replace(session, answers=answers), score)


def _set_effort(session: Session, score: int | None) -> Outcome:
    sets = (*session.sets[:-1], replace(session.sets[-1], effort=score))
    record = Record("effort", session.now_s, {"set": len(sets), "score": score})
    return Outcome(replace(session, sets=sets, message=None), records=(record,))


def _stop_for(session: Session, why: StoppedFor) -> Outcome:
    """Stop everything: no sound, nothing that begins by itself, until the person goes on deliberately."""
    if session.state == "stopped":
        return Outcome(session)
    back_to: State = session.state if session.state in ("resting", "summary") else "ready"
    if session.state == "calibrating":
        back_to = session.back_to
    if session.calibration is None:
        back_to = "idle"
    stopped = replace(
        session,
        state="stopped",
        stopped_for=why,
        back_to=back_to,
        calibrating_since_s=None,
        advice=None,
        message=None,
    )
    record = Record("stopped", session.now_s, {"why": why})
    return Outcome(stopped, records=(record,), hush=True)


def _sudden_pain(session: Session) -> Outcome:
    records: tuple[Record, ...] = ()
    if session.state == "in set":
        ended = _stop_set(session, session.now_s, "sudden pain")
        session, records = ended.session, ended.records
    session = replace(session, sudden_pain_s=session.now_s)
    records = (*records, Record("sudden_pain", session.now_s, {"set": len(session.sets) or None}))
    stopped = _stop_for(session, "sudden pain")
    return Outcome(
        replace(stopped.session, stopped_for="sudden pain"), records=(*records, *stopped.records), hush=True
    )


def _go_on(session: Session) -> Outcome:
    if session.state != "stopped":
        return Outcome(session)
    record = Record("went_on", session.now_s, {"after": session.stopped_for})
    going = replace(session, state=session.back_to, stopped_for=None, message=None)
    return Outcome(going, records=(record,))


def _end_session(session: Session) -> Outcome:
    records: tuple[Record, ...] = ()
    cues: tuple[Cue, ...] = ()
    if session.state == "in set":
        ended = _stop_set(session, session.now_s, "end of session")
        session, records = ended.session, ended.records
        cues = tuple(cue for cue in ended.cues if cue.kind == "set ended")
    ended = replace(
        session,
        state="summary",
        rest_until_s=None,
        stopped_for=None,
        calibrating_since_s=None,
        advice=None,
        message=None,
    )
    record = Record("session_end", session.now_s, {"sets": len(session.sets)})
    return Outcome(ended, cues, (*records, record), hush=True)


def _switch_exercise(session: Session, exercise: Exercise) -> Outcome:
    if session.state == "stopped":
        return Outcome(replace(session, message=STOPPED_FIRST))
    record = session.current_set
    if exercise == session.plan.exercise:
        return Outcome(replace(session, others=()))
    if record is None:
        return _switch_between_sets(session, exercise)
    reps = tuple(rep for rep in session.others if rep.exercise == exercise)
    if record.reps:
        # Both were done: each gets a set of its own.
        at_s = reps[0].start_s if reps else session.now_s
        stopped = _stop_set(session, at_s, "other exercise")
        switched = _switch_between_sets(replace(stopped.session, others=reps), exercise)
        return replace(switched, records=(*stopped.records, *switched.records), hush=True)
    plan, index = _plan_for(session, exercise)
    number = sum(each.plan_index == index for each in session.sets[:-1]) + 1
    changed = replace(
        record,
        plan=plan,
        plan_index=index,
        number=number,
        reps=reps,
        attempts=(),
        planned=None if record.planned == plan else record.planned or record.plan,
    )
    answer = Answer("exercise", len(session.sets) - 1, record)
    plans = (*session.plans[:index], plan, *session.plans[index + 1 :])
    switched = replace(
        session,
        plans=plans,
        plan_index=index,
        sets=(*session.sets[:-1], changed),
        others=(),
        phase=None,
        lowering=None,
        answers=(*session.answers, answer),
        message=None,
    )
    data = {
        "set": len(switched.sets),
        "number": number,
        "exercise": exercise,
        "plan": asdict(plan),
        "planned": asdict(record.planned or record.plan),
    }
    records = (Record("exercise_switched", session.now_s, data),)
    if len(reps) >= plan.reps:
        stopped = _stop_set(switched, reps[-1].end_s, "repetitions")
        return replace(stopped, records=(*records, *stopped.records))
    return Outcome(switched, records=records, hush=True)


def _switch_between_sets(session: Session, exercise: Exercise) -> Outcome:
    plan, index = _plan_for(session, exercise)
    planned = session.plan
    reps = tuple(rep for rep in session.others if rep.exercise == exercise)
    plans = (*session.plans[:index], plan, *session.plans[index + 1 :])
    state = session.state
    if state == "summary":
        state = "resting" if session.calibration else "idle"
    session = replace(session, plans=plans, plan_index=index, state=state, message=None)
    data = {"set": None, "exercise": exercise, "plan": asdict(plan), "planned": asdict(planned)}
    records = (Record("exercise_switched", session.now_s, data),)
    if not reps:
        return Outcome(replace(session, others=()), records=records)
    started = _start_set(session, reps[0].start_s, "repetition")
    if started.session.state != "in set":
        return replace(started, records=(*records, *started.records))
    session = started.session
    record = replace(session.sets[-1], reps=reps, planned=planned)
    session = replace(session, sets=(*session.sets[:-1], record))
    records = (*records, *started.records)
    if len(reps) >= plan.reps:
        stopped = _stop_set(session, reps[-1].end_s, "repetitions")
        return replace(stopped, records=(*records, *stopped.records))
    return Outcome(session, started.cues, records, hush=True)


def _plan_for(session: Session, exercise: Exercise) -> tuple[Plan, int]:
    """Return the plan of today for an exercise, else the present one with the exercise changed in it."""
    index = _plan_with(session, exercise)
    if index is not None:
        return session.plans[index], index
    plan = session.plan
    tempo = Tempo(plan.tempo.lower_s)
    return replace(plan, exercise=exercise, tempo=tempo), session.plan_index


def _undo(session: Session) -> Outcome:
    if not session.answers or session.state == "calibrating":
        return Outcome(session)
    answer = session.answers[-1]
    last = len(session.sets) - 1
    session = replace(session, answers=session.answers[:-1])
    if answer.set_index != last:
        return Outcome(session)
    undone = Record("undo", session.now_s, {"what": answer.what, "set": last + 1})
    outcome = _undone(session, answer)
    return replace(outcome, records=(undone, *outcome.records))


def _undone(session: Session, answer: Answer) -> Outcome:
    if answer.what == "pain":
        return _set_pain(session, answer.before if isinstance(answer.before, int) else None)
    if answer.what == "effort":
        return _set_effort(session, answer.before if isinstance(answer.before, int) else None)
    if answer.what == "exercise":
        return _switched_back(session, answer.before)
    if session.state not in ("resting", "summary"):
        return Outcome(session)
    record = replace(session.sets[-1], stop_s=None)
    resumed = replace(
        session,
        state="in set",
        plan_index=record.plan_index,
        sets=(*session.sets[:-1], record),
        rest_until_s=None,
        message=None,
    )
    data = {"set": len(session.sets)}
    return Outcome(resumed, records=(Record("set_resumed", session.now_s, data),), hush=True)


def _switched_back(session: Session, before: SetRecord | int | None) -> Outcome:
    if session.state != "in set" or not isinstance(before, SetRecord):
        return Outcome(session)
    others = session.sets[-1].reps
    index = before.plan_index
    plans = (*session.plans[:index], before.plan, *session.plans[index + 1 :])
    back = replace(
        session,
        plans=plans,
        plan_index=index,
        sets=(*session.sets[:-1], before),
        others=others,
        lowering=None,
    )
    data = {
        "set": len(back.sets),
        "number": before.number,
        "exercise": before.plan.exercise,
        "plan": asdict(before.plan),
        "planned": asdict(before.planned or before.plan),
    }
    return Outcome(back, records=(Record("exercise_switched", session.now_s, data),), hush=True)


def _set_sound(session: Session, item: SetSound) -> Outcome:
    before = session.sound_settings
    settings = SoundSettings(
        mode=before.mode if item.mode is None else item.mode,
        volume=before.volume if item.volume is None else item.volume,
        language=before.language if item.language is None else item.language,
    )
    if not 0.0 <= settings.volume <= 1.0:
        return Outcome(replace(session, message="The volume is a number from 0 to 1."))
    silent = settings.mode == "silent"
    record = Record("sound", session.now_s, {"on": not silent, **asdict(settings)})
    return Outcome(replace(session, sound_settings=settings), records=(record,), hush=silent)


def _recent(session: Session) -> tuple[Phase, ...]:
    return tuple(phase for phase in session.phases if phase.end_s > session.now_s - PHASES_KEPT_S)


def _may_sound(session: Session) -> bool:
    return session.sound and session.encouraged


def _with_cue_records(outcome: Outcome) -> Outcome:
    """Note in the recording which sounds a repetition was paced and judged with."""
    said = tuple(
        Record(
            "cue",
            cue.due_s,
            {"cue": cue.kind} if cue.number is None else {"cue": cue.kind, "number": cue.number},
        )
        for cue in outcome.cues
    )
    return replace(outcome, records=(*outcome.records, *said))
