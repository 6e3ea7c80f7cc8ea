"""What the window says: words and numbers of one picture, without a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.results import Exercise, PhaseKind, Rep
from drivers.source import LOOKING, SIGNAL_LOST, SensorInfo
from monitor.dashboard.language import QT_TRANSLATE_NOOP, heard, number, short_number, translate
from monitor.plan import MarkKind, Plan, Verdict, band_s, verdict
from monitor.session import SOUND_MODES, Lowering, Session, SetRecord, SoundMode
from monitor.snapshot import Snapshot

Page = Literal["message", "set", "summary", "stopped"]
Level = Literal["good", "waiting", "bad"]
Action = Literal[
    "calibrate",
    "check",
    "check by lift",
    "start set",
    "stop set",
    "sudden pain",
    "go on",
    "end session",
    "count as nordic",
    "count as bridge",
    "count as slider",
    "undo",
]
Scale = Literal["pain", "effort"]

# A hold from this length on is the exercise, not the way to a lowering.
LONG_HOLD_S = 5.0
NO_SAMPLES = "no samples from"
# Data older than the first are late, which is said; older than the second they are not the present.
LATE_S, STALE_S = 0.3, 1.0
LINK_WORDS: dict[Level, str] = {
    "good": QT_TRANSLATE_NOOP("set", "● connected"),
    "waiting": QT_TRANSLATE_NOOP("set", "○ waiting"),
    "bad": QT_TRANSLATE_NOOP("set", "✕ no signal"),
}
VERDICT_WORDS: dict[Verdict, str] = {
    "in band": QT_TRANSLATE_NOOP("set", "On time"),
    "too fast": QT_TRANSLATE_NOOP("set", "Too fast"),
    "slower": QT_TRANSLATE_NOOP("set", "Slower than asked"),
    "not measured": QT_TRANSLATE_NOOP("set", "Not measured"),
}
EXERCISE_NAMES: dict[Exercise, str] = {
    "nordic": QT_TRANSLATE_NOOP("set", "Nordic curl"),
    "bridge": QT_TRANSLATE_NOOP("set", "Bridge"),
    "slider": QT_TRANSLATE_NOOP("set", "Slider"),
}
A_KIND_OF: dict[Exercise, str] = {
    "nordic": QT_TRANSLATE_NOOP("set", "a Nordic curl"),
    "bridge": QT_TRANSLATE_NOOP("set", "a bridge"),
    "slider": QT_TRANSLATE_NOOP("set", "a slider"),
}
LIE_DOWN = (
    QT_TRANSLATE_NOOP("set", "Lie down"),
    QT_TRANSLATE_NOOP("set", "Knees bent, hips down. Hold still for two seconds: the set starts by itself."),
)
POSTURES: dict[Exercise, tuple[str, str]] = {
    "nordic": (
        QT_TRANSLATE_NOOP("set", "Kneel upright"),
        QT_TRANSLATE_NOOP("set", "Hold still for two seconds: the set starts by itself."),
    ),
    "bridge": LIE_DOWN,
    "slider": LIE_DOWN,
}
QUESTIONS: dict[Scale, str] = {
    "pain": QT_TRANSLATE_NOOP("set", "Worst pain in this set?"),
    "effort": QT_TRANSLATE_NOOP("set", "How hard was this set?"),
}
SCALE_ENDS: dict[Scale, tuple[str, str]] = {
    "pain": (QT_TRANSLATE_NOOP("set", "none"), QT_TRANSLATE_NOOP("set", "worst imaginable")),
    "effort": (QT_TRANSLATE_NOOP("set", "no effort"), QT_TRANSLATE_NOOP("set", "everything you had")),
}
CONTACT = QT_TRANSLATE_NOOP("set", "Tell your therapist before you train again.")
SEE_A_DOCTOR = QT_TRANSLATE_NOOP(
    "set", "With a pop, a bruise, numbness or weakness in the leg: see a doctor today."
)
KIND_WORDS: dict[MarkKind, str] = {
    **VERDICT_WORDS,
    "broke": QT_TRANSLATE_NOOP("set", "Ended in a fall"),
    "partial": QT_TRANSLATE_NOOP("set", "Only part of the way"),
    "given up": QT_TRANSLATE_NOOP("set", "Given up"),
}
PHASE_WORDS: dict[PhaseKind, str] = {
    "lower": QT_TRANSLATE_NOOP("set", "lower"),
    "hold": QT_TRANSLATE_NOOP("set", "hold"),
    "lift": QT_TRANSLATE_NOOP("set", "lift"),
    "return": QT_TRANSLATE_NOOP("set", "return"),
}
SOUND_WORDS: dict[SoundMode, str] = {
    "voice and tones": QT_TRANSLATE_NOOP("set", "Voice\nand tones"),
    "tones": QT_TRANSLATE_NOOP("set", "Tones\nonly"),
    "voice": QT_TRANSLATE_NOOP("set", "Voice\nonly"),
    "silent": QT_TRANSLATE_NOOP("set", "Sound\noff"),
}
# Amplitudes a third of the loudness apart (5 dB).
VOLUMES = (0.1, 0.18, 0.32, 0.56, 1.0)


def volume_level(volume: float) -> int:
    """Return the step of a volume (0-1): 1 is the quietest, len(VOLUMES) the loudest."""
    return 1 + min(range(len(VOLUMES)), key=lambda index: abs(VOLUMES[index] - volume))


def next_volume(volume: float, steps: int) -> float:
    """Return the volume so many steps louder (or quieter, below zero); the ends stay."""
    return VOLUMES[min(max(volume_level(volume) - 1 + steps, 0), len(VOLUMES) - 1)]


def next_sound(mode: SoundMode) -> SoundMode:
    """Return the way to hear it that comes after another one."""
    return SOUND_MODES[(SOUND_MODES.index(mode) + 1) % len(SOUND_MODES)]


@dataclass(frozen=True, slots=True)
class Mark:
    """One repetition of the set. kind None: still to come; running: it is the next or present one."""

    kind: MarkKind | None
    text: str
    running: bool = False


@dataclass(frozen=True, slots=True)
class Gauge:
    """A lowering, or a long hold, against its target.

    value_s None: nothing to show. kind: how it counts if it ended now.
    """

    value_s: float | None
    target_s: float
    shortest_s: float
    longest_s: float
    running: bool
    kind: MarkKind | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One repetition of a summary. seconds None: not measured."""

    seconds: float | None
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class Summary:
    """The set that ended last."""

    title: str
    dose: str
    dose_caption: str
    facts: tuple[str, ...]
    bars: tuple[Bar, ...]
    target_s: float
    shortest_s: float
    longest_s: float
    answers: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A smaller button: its words and what it does."""

    words: str
    action: Action


@dataclass(frozen=True, slots=True)
class View:
    """All that is written on the window at one instant."""

    page: Page
    title: str
    headline: str
    detail: str
    again: bool
    lost: bool
    progress: float | None
    seconds: str
    seconds_caption: str
    sign: MarkKind | None
    verdict_line: str
    gauge: Gauge
    rep_line: str
    marks: tuple[Mark, ...]
    link_level: Level
    link_word: str
    link_line: str
    banner: str | None
    asks: bool
    notice: str | None
    primary: str
    action: Action | None
    choices: tuple[Choice, ...]
    sound: SoundMode
    volume: float
    summary: Summary | None
    scale: Scale | None
    chosen: int | None
    question: str


def view(snapshot: Snapshot, host_ns: int) -> View:
    """Return what the window says about a picture at host_ns (the clock of the engine)."""
    session = snapshot.session
    age_s = snapshot.data_age_s(host_ns)
    silent = _silent(snapshot, age_s)
    lowering_s = snapshot.lowering_s(host_ns)
    page = _page(session)
    headline, detail, progress = _instruction(snapshot, host_ns, lowering_s, silent)
    again = page == "message" and session.state == "calibrating" and not silent and _again(session)
    held_s = None if silent else _held_s(snapshot, host_ns)
    gauge = _gauge(session, lowering_s) if held_s is None else _gauge_of_hold(session, held_s)
    primary, action = _primary(session, silent)
    shown = _shown_verdict(session, lowering_s)
    level = _level(snapshot, silent)
    scale = _scale(session)
    banner = _banner(snapshot, silent)
    return View(
        page=page,
        title=_title(session),
        headline=headline,
        detail=detail,
        again=again,
        lost=headline in (translate("set", "Signal lost"), translate("set", "No data")),
        progress=progress,
        seconds=_seconds(session, lowering_s, silent) if held_s is None else number(held_s),
        seconds_caption=translate("set", "of {seconds} s").format(seconds=_number(gauge.target_s)),
        sign=_sign(session, shown),
        verdict_line=_verdict_line(session, shown),
        gauge=gauge,
        rep_line=_rep_line(session),
        marks=_marks(session),
        link_level=level,
        link_word=translate("set", "○ ended") if snapshot.ended else translate("set", LINK_WORDS[level]),
        link_line=_link_line(snapshot, age_s, silent),
        banner=banner,
        asks=banner is not None and banner == _proposed(session),
        notice=_notice(snapshot),
        primary=primary,
        action=action,
        # Pain needs no sensor.
        choices=() if silent and session.state != "in set" else _choices(session),
        sound=session.sound_settings.mode,
        volume=session.sound_settings.volume,
        summary=_summary(session) if page == "summary" else None,
        scale=scale,
        chosen=_chosen(session, scale),
        question=_question(session, scale),
    )


def is_hold(plan: Plan) -> bool:
    """Tell whether a plan is about the hold at the top, not about the lowering after it."""
    return plan.exercise == "bridge" and plan.tempo.hold_s >= LONG_HOLD_S


def mean_hold_s(record: SetRecord) -> float | None:
    """Return how long the top was held on average, where it was measured; None without any."""
    holds = [rep.phase("hold") for rep in record.reps if rep.not_measured is None]
    held_s = [hold.duration_s for hold in holds if hold is not None]
    return sum(held_s) / len(held_s) if held_s else None


def exercise_words(plan: Plan) -> str:
    """Return the exercise and the side of a plan in words."""
    name = heard(plan.variant) if plan.variant else translate("set", EXERCISE_NAMES[plan.exercise])
    if plan.side == "both":
        return name
    if plan.side == "left":
        return translate("plan", "{name}, left side").format(name=name)
    return translate("plan", "{name}, right side").format(name=name)


def sensor_words(info: SensorInfo) -> str:
    """Return the sensor's name, and that it is simulated where it is."""
    return translate("sensor", "{name} (simulated)").format(name=info.name) if info.simulated else info.name


def _again(session: Session) -> bool:
    return session.advice is not None and session.advice.cue in ("do it again", "hold still")


def _choices(session: Session) -> tuple[Choice, ...]:
    again = Choice(translate("set", "Calibrate again"), "calibrate")
    match session.state:
        case "idle":
            return (again,) if session.known else ()
        case "in set":
            pain = Choice(translate("set", "Sudden pain"), "sudden pain")
            return (
                (pain,) if session.proposal is None else (Choice(translate("set", "Stop"), "stop set"), pain)
            )
        case "stopped":
            return (Choice(translate("set", "Go on anyway"), "go on"), *_take_back(session, "pain"))
        case "resting" | "summary" if session.answers:
            return (again, *_take_back(session))
        case "ready" | "resting" | "summary":
            in_doubt = session.known is not None or session.moved_since_s is not None
            return (
                (again, Choice(translate("set", "Check by a lift"), "check by lift"))
                if in_doubt
                else (again,)
            )
        case _:
            return ()


def _take_back(session: Session, what: str | None = None) -> tuple[Choice, ...]:
    """The last answer can be taken back, and a set that was stopped gone on with."""
    if not session.answers or what not in (None, session.answers[-1].what):
        return ()
    stopped = session.answers[-1].what == "stop"
    return (Choice(translate("set", "Resume set") if stopped else translate("set", "Undo"), "undo"),)


def _scale(session: Session) -> Scale | None:
    """What is asked with numbers from 0 to 10."""
    if session.state not in ("resting", "summary", "stopped"):
        return None
    if session.state == "stopped":
        return "pain" if session.sets else None
    return session.to_ask


def _chosen(session: Session, scale: Scale | None) -> int | None:
    record = session.last_set
    if scale is None or record is None:
        return None
    return record.pain if scale == "pain" else record.effort


def _question(session: Session, scale: Scale | None) -> str:
    if scale is None:
        return ""
    chosen = _chosen(session, scale)
    if chosen is not None:
        return translate("set", "Worst pain: {score} of 10").format(score=chosen)
    low, high = (translate("set", words) for words in SCALE_ENDS[scale])
    return f"{translate('set', QUESTIONS[scale])}   0 {low} – 10 {high}"


def _message(session: Session) -> str:
    return heard(session.message) if session.message else ""


def _number(seconds: float) -> str:
    return short_number(seconds)


def _page(session: Session) -> Page:
    if session.state in ("idle", "calibrating"):
        return "message"
    if session.state == "stopped":
        return "stopped"
    # Without a set there is nothing to sum up.
    if session.state in ("resting", "summary") and session.last_set is not None:
        return "summary"
    return "message" if session.state == "summary" else "set"


def _silent(snapshot: Snapshot, age_s: float | None) -> bool:
    return snapshot.link != "streaming" or age_s is None or age_s > STALE_S + snapshot.session.delay_s


def _title(session: Session) -> str:
    plan = session.plan
    words = exercise_words(plan)
    if session.state == "summary":
        return translate("set", "{exercise}   ·   session done").format(exercise=words)
    if session.state == "stopped":
        return translate("set", "{exercise}   ·   session stopped").format(exercise=words)
    number = session.sets[-1].number if session.state == "in set" else session.next_set_number
    if number > plan.sets:
        text = translate("set", "{exercise}   ·   extra set")
        if session.state == "resting":
            text = translate("set", "{exercise}   ·   next: extra set")
    else:
        text = translate("set", "{exercise}   ·   set {number} of {sets}")
        if session.state == "resting":
            text = translate("set", "{exercise}   ·   next: set {number} of {sets}")
    return text.format(exercise=words, number=number, sets=plan.sets)


def _instruction(
    snapshot: Snapshot, host_ns: int, lowering_s: float | None, silent: bool
) -> tuple[str, str, float | None]:
    session = snapshot.session
    if session.state == "in set":
        return _in_set(snapshot, host_ns, lowering_s, silent)
    if session.state == "calibrating":
        return _calibrating(session, silent)
    if session.state == "stopped":
        return _stopped(session)
    if session.state in ("resting", "summary"):
        return _resting(session, snapshot.time_s + (host_ns - snapshot.host_ns) / 1e9)
    if silent:
        return _waiting(snapshot)
    if session.state == "idle" and session.known is not None:
        text = translate(
            "set", "This sensor is known. Standing still for two seconds shows whether it sits as last time."
        )
        if session.known.lifts:
            text = translate(
                "set",
                "This sensor is known. Standing still and one knee lift show whether it sits as last time.",
            )
        return translate("set", "Check"), _message(session) or text, None
    if session.state == "idle":
        text = translate(
            "set", "It takes ten seconds: stand still, then lift the knee of the sensor's leg twice."
        )
        return translate("set", "Calibrate"), _message(session) or text, None
    headline = translate("set", "Get ready")
    text = translate("set", "Start the set when you are in position.")
    if session.can_start:
        headline, text = (translate("set", words) for words in POSTURES[session.plan.exercise])
    if not session.live:
        text = translate("set", "{advice} Results come after each repetition.").format(advice=text)
    return headline, _message(session) or text, None


def _stopped(session: Session) -> tuple[str, str, None]:
    record = session.last_set
    if session.stopped_for == "sudden pain" or record is None:
        return (
            translate("set", "Stop here"),
            _message(session) or f"{translate('set', CONTACT)} {translate('set', SEE_A_DOCTOR)}",
            None,
        )
    limit = translate("set", "Pain {pain} is over the limit of {limit}.").format(
        pain=record.pain, limit=record.plan.pain_limit
    )
    return translate("set", "Stop here"), _message(session) or f"{limit} {translate('set', CONTACT)}", None


def _waiting(snapshot: Snapshot) -> tuple[str, str, None]:
    if snapshot.ended:
        return (
            translate("set", "No more data"),
            translate("set", "The data have ended. Everything up to here is kept."),
            None,
        )
    if snapshot.link == "connecting":
        return translate("set", "Connecting"), translate("set", "This takes a few seconds."), None
    if snapshot.link == "lost":
        return (
            translate("set", "Signal lost"),
            translate("set", "The sensor is being looked for. Keep it close and switched on."),
            None,
        )
    if snapshot.link == "streaming":
        return (
            translate("set", "No data"),
            translate("set", "The sensor is connected but sends nothing. Switch it off and on."),
            None,
        )
    text = translate(
        "set", "Switch the sensor on and keep it within a few metres. Close other apps that use it."
    )
    return translate("set", "Searching"), text, None


def _calibrating(session: Session, silent: bool) -> tuple[str, str, float | None]:
    if silent:
        return (
            translate("set", "Signal lost"),
            translate("set", "The calibration goes on when the sensor is back."),
            None,
        )
    if session.advice is None:
        return translate("set", "Stand still"), translate("set", "Upright, both feet on the floor."), 0.0
    advice = session.advice
    return heard(advice.headline), heard(advice.detail), advice.progress


def _in_set(
    snapshot: Snapshot, host_ns: int, lowering_s: float | None, silent: bool
) -> tuple[str, str, float | None]:
    session = snapshot.session
    if silent:
        return (
            translate("set", "Signal lost"),
            translate("set", "The set goes on when the sensor is back."),
            None,
        )
    if not session.live:
        # What goes on now is not known: only what was asked for can be said.
        return (
            translate("set", "Lower in {seconds} s").format(seconds=_number(session.plan.tempo.lower_s)),
            "",
            None,
        )
    nordic = session.plan.exercise == "nordic"
    phase = session.phase
    if not session.in_position:
        return translate("set", POSTURES[session.plan.exercise][0]), "", None
    if phase is None:
        return (translate("set", "Lower") if nordic else translate("set", "Lift")), "", None
    if session.falling:
        # Past the break point nobody is asked for anything but to land well.
        return translate("set", "Catch"), "", None
    if lowering_s is not None:
        if lowering_s < band_s(session.plan.tempo.lower_s)[0]:
            return translate("set", "Lower slowly"), "", None
        return (translate("set", "Catch") if nordic else translate("set", "Down")), "", None
    if phase.kind == "hold":
        left_s = session.plan.tempo.hold_s - (snapshot.at_s(host_ns) - phase.start_s)
        if left_s >= 0.5:
            return translate("set", "Hold {seconds} s").format(seconds=number(left_s)), "", None
        return (translate("set", "Lower") if left_s > -1 else translate("set", "Hold")), "", None
    return (translate("set", "Push up") if phase.kind == "return" else translate("set", "Lift")), "", None


def _resting(session: Session, now_s: float) -> tuple[str, str, None]:
    if session.state == "summary":
        return (
            translate("set", "Done"),
            _message(session) or translate("set", "The session is complete."),
            None,
        )
    left_s = max(0.0, (session.rest_until_s or now_s) - now_s)
    if left_s < 0.5 and session.can_start:
        headline, text = (translate("set", words) for words in POSTURES[session.plan.exercise])
        return headline, _message(session) or text, None
    if left_s < 0.5:
        return translate("set", "Next set"), _message(session) or translate("set", "The rest is over."), None
    minutes, seconds = divmod(round(left_s), 60)
    rest = translate("set", "Rest {time}").format(time=f"{minutes}:{seconds:02d}")
    return rest, _message(session), None


def _seconds(session: Session, lowering_s: float | None, silent: bool) -> str:
    if lowering_s is not None:
        return number(lowering_s, 1)
    if session.lowering is None:
        unknown = silent or not session.live or session.moved_since_s is not None
        return "–" if unknown else number(0.0, 1)
    return "–" if session.lowering.seconds is None else number(session.lowering.seconds, 1)


def _shown_verdict(session: Session, lowering_s: float | None) -> Verdict | None:
    if lowering_s is not None or session.lowering is None or not session.lowering.fair:
        return None
    return verdict(session.lowering.seconds, session.plan.tempo.lower_s)


def _last_rep(session: Session) -> Rep | None:
    record = session.current_set
    return record.reps[-1] if record and record.reps else None


def _partial(session: Session) -> bool:
    """Whether the lowering that is shown belongs to a repetition that went only part of the way."""
    record = session.current_set
    final = session.lowering is not None and session.lowering.final
    return bool(final and record and record.reps and record.reps[-1].partial)


def _sign(session: Session, shown: Verdict | None) -> MarkKind | None:
    if shown is not None and shown != "not measured" and _broke(session):
        return "broke"
    return "partial" if shown is not None and _partial(session) else shown


def _broke(session: Session) -> bool:
    """Whether the lowering that is shown had a break point: then nobody is judged."""
    rep = _last_rep(session)
    final = session.lowering is not None and session.lowering.final
    return bool(final and rep and rep.break_point)


def _verdict_line(session: Session, shown: Verdict | None) -> str:
    if shown is None or session.lowering is None:
        return ""
    words = _verdict_words(session, shown, session.lowering)
    record = session.current_set
    if session.live or record is None or not record.reps or not words:
        return words
    # The next repetition may have begun already.
    return translate("set", "Rep {number}: {verdict}").format(number=len(record.reps), verdict=words)


def _verdict_words(session: Session, shown: Verdict, lowering: Lowering) -> str:
    rep = _last_rep(session) if lowering.final else None
    if shown == "not measured":
        reason = rep.not_measured if rep else None
        if not reason:
            return translate("set", "Not measured")
        # Where the gap was, the report says.
        why = translate("set", "samples missing") if reason.startswith(NO_SAMPLES) else heard(reason)
        return translate("set", "Not measured: {reason}").format(reason=why)
    if rep is not None and rep.break_point is not None:
        # After a break point nobody is judged: the time in control is what counts.
        return translate("set", "In control for {seconds} s").format(
            seconds=number(rep.break_point.control_s, 1)
        )
    if not session.encouraged:
        return ""
    if _partial(session):
        return translate("set", "Only part of the way")
    return translate("set", VERDICT_WORDS[shown])


def _gauge(session: Session, lowering_s: float | None) -> Gauge:
    target_s = session.plan.tempo.lower_s
    shortest_s, longest_s = band_s(target_s)
    value_s = lowering_s
    if value_s is None and session.lowering is not None:
        value_s = session.lowering.seconds
    return Gauge(
        value_s=value_s,
        target_s=target_s,
        shortest_s=shortest_s,
        longest_s=longest_s,
        running=lowering_s is not None,
        kind=_gauge_kind(session, lowering_s, value_s),
    )


def _held_s(snapshot: Snapshot, host_ns: int) -> float | None:
    """How long the top of a bridge has been held, where that is what the plan is about."""
    session = snapshot.session
    phase = session.phase
    if session.state != "in set" or phase is None or phase.kind != "hold":
        return None
    if not is_hold(session.plan):
        return None
    return max(0.0, snapshot.at_s(host_ns) - phase.start_s)


def _gauge_of_hold(session: Session, held_s: float) -> Gauge:
    target_s = session.plan.tempo.hold_s
    shortest_s, longest_s = band_s(target_s)
    return Gauge(held_s, target_s, shortest_s, longest_s, running=True, kind=verdict(held_s, target_s))


def _gauge_kind(session: Session, lowering_s: float | None, value_s: float | None) -> MarkKind | None:
    if value_s is None:
        return None
    if lowering_s is None and (_broke(session) or (session.lowering and not session.lowering.fair)):
        return None
    if lowering_s is None and _partial(session):
        return "partial"
    return verdict(value_s, session.plan.tempo.lower_s)


def _rep_line(session: Session) -> str:
    record = session.current_set
    if record is None:
        return translate("set", "{reps} repetitions").format(reps=session.plan.reps)
    return translate("set", "Rep {number} of {reps}").format(
        number=min(len(record.reps) + 1, record.plan.reps), reps=record.plan.reps
    )


def _marks(session: Session) -> tuple[Mark, ...]:
    record = session.current_set
    if record is None:
        return tuple(Mark(None, "") for _ in range(session.plan.reps))
    done = [
        (rep.start_s, Mark(kind, _seconds_of(rep)))
        for rep, kind in zip(record.reps, record.kinds, strict=True)
    ]
    given_up = [(attempt.start_s, Mark("given up", "")) for attempt in record.attempts]
    missing = range(max(0, record.plan.reps - len(done)))
    past = (mark for _, mark in sorted((*done, *given_up), key=lambda each: each[0]))
    return (*past, *(Mark(None, "", running=index == 0) for index in missing))


def _seconds_of(rep: Rep) -> str:
    return "–" if rep.lower_s is None else number(rep.lower_s, 1)


def _level(snapshot: Snapshot, silent: bool) -> Level:
    if not silent:
        return "good"
    if snapshot.ended:
        return "waiting"
    return "bad" if snapshot.link in ("lost", "closed", "streaming") else "waiting"


def _link_line(snapshot: Snapshot, age_s: float | None, silent: bool) -> str:
    parts = [sensor_words(snapshot.info)]
    if not silent:
        if snapshot.rate_hz is not None:
            parts.append(f"{snapshot.rate_hz:.0f} Hz")
        if age_s is not None and age_s >= LATE_S:
            parts.append(translate("set", "data {seconds} s old").format(seconds=number(min(age_s, 9.9), 1)))
    elif age_s is not None and snapshot.link in ("lost", "streaming"):
        parts.append(translate("set", "no data for {seconds} s").format(seconds=number(min(age_s, 5999))))
    else:
        parts.append(heard(snapshot.link_text))
    if snapshot.battery_percent is not None:
        parts.append(translate("set", "battery {percent} %").format(percent=snapshot.battery_percent))
    return "   ·   ".join(parts)


def _banner(snapshot: Snapshot, silent: bool) -> str | None:
    if snapshot.troubles:
        return heard(snapshot.troubles[0])
    if snapshot.link in ("searching", "lost") and not snapshot.link_text.startswith((LOOKING, SIGNAL_LOST)):
        return heard(snapshot.link_text)
    session = snapshot.session
    proposed = _proposed(session)
    if proposed is not None:
        return proposed
    if session.message and session.state in ("in set", "resting", "summary"):
        return _message(session)
    if session.state == "in set" and not session.encouraged:
        return translate(
            "set", "The pain was over the limit: this set has no tempo sounds. Stop when it hurts."
        )
    return None if silent else snapshot.battery_warning


def _proposed(session: Session) -> str | None:
    if session.proposal is None:
        return None
    return translate("set", "This looks like {exercise}. Press space to count it.").format(
        exercise=translate("set", A_KIND_OF[session.proposal])
    )


def _notice(snapshot: Snapshot) -> str | None:
    """Return what is worth knowing and needs no action, or None."""
    session = snapshot.session
    if _scale(session) is not None and session.live and snapshot.notice is None:
        return translate("set", "Keys 0–9, + for 10")
    told = heard(snapshot.notice) if snapshot.notice else None
    if session.live:
        return told
    why = translate(
        "set",
        "This sensor sends its data up to {seconds} s late: results come after each repetition, no live "
        "counting.",
    ).format(seconds=_number(session.delay_s))
    return f"{why} {told}" if told else why


def _primary(session: Session, silent: bool) -> tuple[str, Action | None]:
    words, action = _button(session)
    # Stopping needs no sensor.
    return words, None if silent and action not in ("stop set", "end session") else action


def _button(session: Session) -> tuple[str, Action | None]:
    if session.proposal == "bridge":
        return translate("set", "Count as bridge"), "count as bridge"
    if session.proposal == "nordic":
        return translate("set", "Count as Nordic"), "count as nordic"
    if session.proposal == "slider":
        return translate("set", "Count as slider"), "count as slider"
    match session.state:
        case "idle":
            if session.known:
                return translate("set", "Check"), "check"
            return translate("set", "Calibrate"), "calibrate"
        case "calibrating":
            if session.advice is None or session.known is None:
                return translate("set", "Calibrating"), None
            return translate("set", "Checking"), None
        case "ready":
            return translate("session", "Start set {number}").format(
                number=session.next_set_number
            ), "start set"
        case "in set":
            return translate("set", "Stop"), "stop set"
        case "stopped":
            return translate("set", "End session"), "end session"
        case "resting":
            if not session.encouraged:
                return translate("set", "Set {number} anyway").format(
                    number=session.next_set_number
                ), "start set"
            return translate("session", "Start set {number}").format(
                number=session.next_set_number
            ), "start set"
        case "summary":
            return translate("set", "Extra set"), "start set"


def _summary(session: Session) -> Summary | None:
    record = session.last_set
    if record is None:
        return None
    plan = record.plan
    shortest_s, longest_s = band_s(plan.tempo.lower_s)
    got = record.dose
    count = len(record.reps)
    dose = "–" if got.received_percent is None else f"{number(got.received_percent)} %"
    if got.received_percent is not None and got.not_measured:
        dose = f"≥ {dose}"
    caption = translate("set", "of the {seconds} s of lowering in the plan").format(
        seconds=_number(plan.reps * plan.tempo.lower_s)
    )
    return Summary(
        title=translate("set", "{exercise}: set {number}").format(
            exercise=exercise_words(plan), number=record.number
        ),
        dose=dose,
        dose_caption=caption,
        facts=_facts(record, count),
        bars=tuple(Bar(rep.lower_s, kind) for rep, kind in zip(record.reps, record.kinds, strict=True)),
        target_s=plan.tempo.lower_s,
        shortest_s=shortest_s,
        longest_s=longest_s,
        answers=_answers(record),
    )


def _answers(record: SetRecord) -> str:
    said: list[str] = []
    if record.pain is not None:
        said.append(translate("set", "Worst pain: {score} of 10").format(score=record.pain))
    if record.effort is not None:
        said.append(translate("set", "Effort: {score} of 10").format(score=record.effort))
    return "   ·   ".join(said)


def _facts(record: SetRecord, count: int) -> tuple[str, ...]:
    got, kinds = record.dose, record.kinds
    facts = [translate("session", "{count} of {reps} repetitions").format(count=count, reps=record.plan.reps)]
    if record.planned is not None:
        planned = translate("set", EXERCISE_NAMES[record.planned.exercise])
        facts.append(translate("set", "planned: {exercise}").format(exercise=planned))
    if got.mean_s is not None and got.mean_deviation_s is not None:
        sign = "+" if got.mean_deviation_s >= 0 else ""
        facts.append(
            translate("set", "mean {seconds} s ({deviation} s)").format(
                seconds=number(got.mean_s, 1), deviation=sign + number(got.mean_deviation_s, 1)
            )
        )
        facts.append(translate("set", "{count} on time").format(count=kinds.count("in band")))
    if broke := kinds.count("broke"):
        facts.append(translate("set", "{count} ended in a fall").format(count=broke))
    if partly := kinds.count("partial"):
        facts.append(translate("set", "{count} only part of the way").format(count=partly))
    if record.attempts:
        facts.append(translate("set", "{count} given up").format(count=len(record.attempts)))
    if got.not_measured:
        facts.append(translate("set", "{count} not measured").format(count=got.not_measured))
    return tuple(facts)
