"""A supervised set as a state machine: events, commands and time in; a new state, cues and records out.

    idle -> calibrating -> ready -> in set -> resting -> in set ... -> summary
                                       any -> stopped (pain) -> resting or summary, if the person insists

With `hands_free` sets begin and end by themselves: when the start posture is held, when the person has left
it for good (`monitor.set_posture`), or long after anything was done.

Nothing here knows a clock, a thread, a file or a loudspeaker. All times are seconds on the time axis of the
samples, the one the pipeline's events use. A lost link does not change the state: a set survives it.
"""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np

from analysis.calibration import Calibration
from analysis.results import (
    AnglesMeasured,
    Attempt,
    AttemptAborted,
    GapFound,
    Phase,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
    RestCompared,
    SensorFault,
    SensorSlipped,
    if_trusted,
)
from monitor.plan import Plan, verdict
from monitor.session_answers import end_session, go_on, report_effort, report_pain, sudden_pain, undo
from monitor.session_sets import (
    START_SLACK_S,
    following_plan,
    plan_begun_by,
    posture_of,
    rest_over_cue,
    set_at,
    start_set,
    stop_set,
    switch_exercise,
)
from monitor.session_state import (
    LONGEST_LIVE_DELAY_S,
    SOUND_MODES,
    STOPPED_FIRST,
    Answer,
    Answered,
    Calibrated,
    CalibrationAdvice,
    CalibrationFailed,
    CalibrationProgress,
    CheckCalibration,
    CheckedBy,
    CheckWithLift,
    Command,
    Cue,
    CueKind,
    EndSession,
    GoOn,
    Input,
    KnownCalibration,
    Language,
    LinkChanged,
    Lowering,
    Outcome,
    Record,
    ReportEffort,
    ReportPain,
    Running,
    Session,
    SetRecord,
    SetSound,
    SoundMode,
    SoundSettings,
    StartCalibration,
    StartedBy,
    StartSet,
    State,
    StoppedFor,
    StopSet,
    SuddenPain,
    SwitchExercise,
    Tick,
    Undo,
)
from monitor.set_posture import (
    REPETITION_DEG,
    PostureLeft,
    StanceSeen,
    StandsStill,
    StartPostureEnded,
    StartPostureHeld,
)

__all__ = [
    "CHECKED_BY_STANDING",
    "LONGEST_LIVE_DELAY_S",
    "LONGEST_SILENCE_S",
    "SOUND_MODES",
    "START_SLACK_S",
    "STOPPED_FIRST",
    "Answer",
    "Answered",
    "Calibrated",
    "CalibrationAdvice",
    "CalibrationFailed",
    "CalibrationProgress",
    "CheckCalibration",
    "CheckWithLift",
    "CheckedBy",
    "Command",
    "Cue",
    "CueKind",
    "EndSession",
    "GoOn",
    "Input",
    "KnownCalibration",
    "Language",
    "LinkChanged",
    "Lowering",
    "Outcome",
    "Record",
    "ReportEffort",
    "ReportPain",
    "Running",
    "Session",
    "SetRecord",
    "SetSound",
    "SoundMode",
    "SoundSettings",
    "StartCalibration",
    "StartSet",
    "StartedBy",
    "State",
    "StopSet",
    "StoppedFor",
    "SuddenPain",
    "SwitchExercise",
    "Tick",
    "Undo",
    "advance",
    "begin",
    "unattended_command",
]

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
MIN_LOWERING_DEG: dict[str, float] = {"nordic": 20.0, "bridge": 6.0, "slider": 6.0}

CHECKED_BY_STANDING = (
    "The calibration from last time fits. If the sensor may have turned round the leg, check by a lift."
)


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
        case StanceSeen():
            return Outcome(replace(session, stance=item.stance))
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
            return start_set(session)
        case StopSet():
            return stop_set(session, session.now_s, "person")
        case ReportPain():
            return report_pain(session, item.score)
        case ReportEffort():
            return report_effort(session, item.score)
        case SuddenPain():
            return sudden_pain(session)
        case GoOn():
            return go_on(session)
        case EndSession():
            return end_session(session)
        case SwitchExercise():
            return switch_exercise(session, item.exercise)
        case Undo():
            return undo(session)
        case SetSound():
            return _set_sound(session, item)


def unattended_command(session: Session) -> Command | None:
    """Return what a therapist would press now, for a session that runs by itself (demo, replay)."""
    if session.link != "streaming":
        return None
    if session.state == "idle":
        return CheckCalibration() if session.known else StartCalibration()
    if session.hands_free:
        # Where sets begin by themselves, nobody presses anything.
        return None
    if session.state == "ready":
        return StartSet()
    rest_over = session.rest_until_s is not None and session.now_s >= session.rest_until_s
    return StartSet() if session.state == "resting" and rest_over else None


def _time_passed(session: Session) -> Outcome:
    if session.held is not None and session.can_start:
        return _posture_held(session, session.held)
    if session.hands_free and session.current_set is not None and session.phase is None:
        record = session.current_set
        begun_s = record.start_s if record.begun_s is None else record.begun_s
        last_s = max([begun_s, *(phase.end_s for phase in session.phases)])
        if session.now_s - last_s > LONGEST_SILENCE_S and session.link == "streaming":
            return _end_by_itself(session, "silence")
    return Outcome(session)


def _attempt_aborted(session: Session, attempt: Attempt) -> Outcome:
    index = set_at(session, attempt.exercise, attempt.start_s)
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
    if held.exercise != posture_of(session.plan.exercise):
        other = plan_begun_by(session, held.exercise)
        # Today's exercises may be done in any order, but a set of one is finished before another one begins.
        if other is None or session.sets_of_plan:
            return Outcome(session)
        session = replace(session, plan_index=other)
    return start_set(session, held.since_s, "posture")


def _posture_left(session: Session, left: PostureLeft) -> Outcome:
    session = replace(session, held=None)
    record = session.current_set
    if not session.hands_free or record is None or posture_of(record.plan.exercise) != left.exercise:
        return Outcome(session)
    if record.started_by == "person" and not record.reps:
        # Started at the desk: the person is still on the way.
        return Outcome(session)
    return _end_by_itself(session, left.how)


def _end_by_itself(session: Session, why: str) -> Outcome:
    record = session.sets[-1]
    if record.reps or session.others or record.attempts:
        stopped = stop_set(session, session.now_s, why)
        answers = (*stopped.session.answers, Answer("stop", len(session.sets) - 1))
        return replace(stopped, session=replace(stopped.session, answers=answers))
    # Nothing was done in it: it never was.
    sets = session.sets[:-1]
    state: State = "resting" if sets else "ready"
    following = following_plan(session, sets)
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
    if session.doubtful is not None and angle > REPETITION_DEG and session.state == "in set":
        # Nobody kneels down that far forward: it was a repetition from its start.
        kneeling = replace(session, now_s=now_s, angle_deg=angle, stance="kneeling")
        return _follow_phase(kneeling, session.doubtful)
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
    if not session.in_position:
        return Outcome(replace(session, doubtful=running if event.kind == "lower" else None))
    return _follow_phase(session, running)


def _follow_phase(session: Session, running: Running) -> Outcome:
    started = replace(session, phase=running, doubtful=None, falling=False, lately=())
    if running.kind == "hold" and session.plan.exercise == "bridge":
        return _with_cue_records(Outcome(started, cues=_hold_cues(session, running.start_s), hush=True))
    if running.kind != "lower":
        return Outcome(started, hush=True)
    started = replace(started, lowering=None)
    if not _may_sound(session):
        return Outcome(started, hush=True)
    return _with_cue_records(Outcome(started, cues=_lowering_cues(session, running.start_s), hush=True))


def _lowering_cues(session: Session, start_s: float) -> tuple[Cue, ...]:
    """Return what paces a lowering: the path to follow, the seconds as they pass, and the target."""
    lower_s = session.plan.tempo.lower_s
    whole = lower_s == int(lower_s)
    seconds = range(1, int(lower_s) if whole else int(lower_s - LAST_SECOND_S) + 1)
    return (
        Cue("lowering started", session.now_s),
        Cue("path", start_s, lasts_s=lower_s),
        # Seconds that had passed before it was known what goes on are not made up for.
        *(
            Cue("second", start_s + second, number=second)
            for second in seconds
            if start_s + second > session.now_s - LONGEST_LIVE_DELAY_S
        ),
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
    if event.kind == "lower":
        session = replace(session, doubtful=None)
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
    fair = not session.falling and seconds >= FIRST_VERDICT_S and _far_enough(session, running)
    says = fair and _may_sound(session)
    lowering = Lowering(event.start_s, seconds, final=False, judged=says or session.falling, fair=fair)
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
        started = start_set(session, rep.start_s, "repetition")
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
    stopped = stop_set(session, rep.end_s, "repetitions")
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
    moved = replace(session, moved_since_s=since_s, sets=sets, phase=None, doubtful=None, lowering=None)
    return Outcome(moved, records=records, hush=session.state == "in set")


def _set_of(session: Session, rep: Rep) -> int | None:
    """Return the index of the set a repetition belongs to: by the time its lowering began."""
    lower = rep.phase("lower")
    return set_at(session, rep.exercise, rep.start_s if lower is None else lower.start_s)


def _interrupt(session: Session) -> Outcome:
    # What goes on during a gap is not known: no time runs on over it.
    hush = session.state == "in set"
    return Outcome(replace(session, phase=None, falling=False, doubtful=None), hush=hush)


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
        ),
        # That a rest is over is said when one can go on.
        hush=True,
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
    return Outcome(ready, rest_over_cue(ready), (record,))


def _calibration_failed(session: Session, text: str) -> Outcome:
    if session.state != "calibrating":
        return Outcome(session)
    state: State = session.back_to if session.calibration else "idle"
    failed = replace(session, state=state, calibrating_since_s=None, advice=None, message=text)
    return Outcome(failed, rest_over_cue(failed))


def _set_sound(session: Session, item: SetSound) -> Outcome:
    before = session.sound_settings
    settings = SoundSettings(
        mode=before.mode if item.mode is None else item.mode,
        volume=before.volume if item.volume is None else item.volume,
        language=before.language if item.language is None else item.language,
    )
    if not 0.0 <= settings.volume <= 1.0:
        return Outcome(replace(session, message="The volume is a number from 0 to 1."))
    if settings == before:
        return Outcome(session)
    silent = settings.mode == "silent"
    record = Record("sound", session.now_s, {"on": not silent, **asdict(settings)})
    # Whoever chooses hears at once what it is like, where no movement has the ear.
    waits = session.state in ("ready", "resting", "summary") and not silent
    sample = (Cue("sample", session.now_s),) if waits else ()
    return Outcome(replace(session, sound_settings=settings), sample, (record,), hush=silent)


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
