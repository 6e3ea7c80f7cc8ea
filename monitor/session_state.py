"""What a supervised set consists of: the commands, the inputs, and the state with what follows from it.

All times are seconds on the time axis of the samples. `monitor.session` says how one leads to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from analysis.calibration import Calibration
from analysis.results import (
    Attempt,
    Event,
    Exercise,
    Phase,
    PhaseKind,
    Rep,
)
from drivers.source import LinkState
from monitor.plan import Dose, MarkKind, Plan, Verdict, dose, mark_kind, verdict
from monitor.set_posture import (
    PostureLeft,
    Stance,
    StanceSeen,
    StandsStill,
    StartPostureEnded,
    StartPostureHeld,
)

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
    "sample",
]
SoundMode = Literal["voice and tones", "tones", "voice", "silent"]
Language = Literal["en", "de"]
SOUND_MODES: tuple[SoundMode, ...] = get_args(SoundMode)
# A sound about what goes on now that comes later than this is about something else.
LONGEST_LIVE_DELAY_S = 0.5
STOPPED_FIRST = "You stopped because of pain. Say first that you go on."


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

    headline: two or three words. progress: 0-1. cue: whether the last step was good, or what is missing;
    None: no news.
    """

    headline: str
    detail: str
    progress: float
    cue: Literal["good", "do it again", "hold still"] | None = None

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
    | StartPostureHeld
    | StartPostureEnded
    | PostureLeft
    | StanceSeen
    | StandsStill
    | Tick
    | Event
)


@dataclass(frozen=True, slots=True)
class SetRecord:
    """One set: `number` counts the sets of its plan from 1; stop_s is None while it runs.

    planned: what the plan had asked for, where another exercise was done. attempts: what was begun and given
    up. effort: how hard it was, 0-10.
    sound: how cues were heard when it started. begun_s: when it was begun; that may be later than start_s,
    as a posture may have been held for the whole rest.
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
    begun_s: float | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict per repetition."""
        return tuple(verdict(rep.lower_s, self.plan.tempo.lower_s) for rep in self.reps)

    @property
    def kinds(self) -> tuple[MarkKind, ...]:
        """How each repetition is shown."""
        return tuple(mark_kind(rep, self.plan.tempo.lower_s) for rep in self.reps)

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
    fair: it may be held against the target; False for a fall, and for what may have been another movement.
    """

    start_s: float
    seconds: float | None
    final: bool
    judged: bool
    fair: bool = True


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
    stance: on the feet or on the knees, where that is known. doubtful: what began as a lowering does, but may
    still be the way down to the knees.
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
    stance: Stance = "unknown"
    doubtful: Running | None = None
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
    def in_position(self) -> bool:
        """False while the person still stands who has to kneel: going down is no repetition yet."""
        return self.plan.exercise != "nordic" or self.stance != "standing"

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
        if not self.others or self.state not in ("in set", "ready", "resting", "summary"):
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
