"""What the pages of a visit say: words, numbers and choices of one state, without a window.

One job a page: a headline, a sentence, a body, one main button and at most two smaller ones. Everything that
can be pressed carries the input that it means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from drivers.link import FoundSensor
from monitor.battery import battery_level
from monitor.dashboard.language import day, heard, number, short_number, translate
from monitor.dashboard.view import Summary, exercise_words, is_hold, mean_hold_s, view
from monitor.plan import Plan, Side
from monitor.plans.texts import ASK_FIRST, STOP_NOW
from monitor.session import (
    CheckCalibration,
    CheckWithLift,
    GoOn,
    Session,
    SoundSettings,
    StartCalibration,
    StartSet,
    Undo,
)
from monitor.snapshot import Snapshot
from monitor.visit import (
    AD_HOC,
    AcceptLimits,
    Air,
    AnotherPlan,
    AnotherSensor,
    Back,
    ChoosePerson,
    ChooseSensor,
    ChooseSide,
    ChooseToday,
    EffortAfter,
    EnterPin,
    ExerciseOnly,
    Finish,
    Go,
    GoOnDeliberately,
    Input,
    Leave,
    Leg,
    NamePerson,
    NewPerson,
    OpenList,
    PainAfter,
    PainToday,
    ReportMorning,
    Skip,
    Step,
    Tell,
    Tick,
    TryIt,
    Visit,
    can_go_back,
)
from monitor.visit_people import NO_PLAN, Today

Tone = Literal["calm", "good", "warn"]
Posture = Literal["standing", "knee lift", "kneeling", "lying"]


@dataclass(frozen=True, slots=True)
class Button:
    """Words and what they do; item None: it cannot be pressed now."""

    words: str
    item: Input | None


@dataclass(frozen=True, slots=True)
class Card:
    """Something to choose. remark: a small line that stands out. posture: its picture."""

    title: str
    text: str
    item: Input
    remark: str = ""
    posture: Posture | None = None


@dataclass(frozen=True, slots=True)
class Cards:
    """Some cards, side by side."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what there is to say under it."""

    heading: str
    text: str
    tone: Tone = "calm"


@dataclass(frozen=True, slots=True)
class Sections:
    """Some short texts on a grid."""

    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A line to write in; what was written goes into item. hidden: nobody reads it over a shoulder."""

    label: str
    item: Callable[[str], Input] = NamePerson
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """Eleven numbers to choose one from. chosen: the one that was; item: what choosing one means.

    spoken: what a screen reader says of one, with {score} in it.
    """

    title: str
    chosen: int | None
    item: Callable[[int], Input]
    spoken: str


@dataclass(frozen=True, slots=True)
class Scales:
    """One scale or several, with words at their ends; above it what set is meant, if one is."""

    scales: tuple[Scale, ...]
    low: str
    high: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A point that applies or not."""

    words: str
    ticked: bool
    item: Input


@dataclass(frozen=True, slots=True)
class Health:
    """How it is today: points to tick, then the pain."""

    title: str
    checks: tuple[Check, ...]
    scales: Scales


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One exercise of a plan. amount: sets and repetitions."""

    title: str
    amount: str
    tempo: str
    posture: Posture


@dataclass(frozen=True, slots=True)
class PlanLines:
    """The exercises of today, and where the plan comes from."""

    lines: tuple[PlanLine, ...]
    source: str


@dataclass(frozen=True, slots=True)
class SensorLine:
    """The sensor in use: its name, what it is doing, and its charge."""

    name: str
    state: str
    tone: Tone
    battery_percent: int | None


@dataclass(frozen=True, slots=True)
class Legs:
    """Where the sensor goes. left, right: the words on the legs and what choosing each means."""

    side: Leg | None
    left: Button
    right: Button
    hint: str
    sensor: SensorLine | None
    cards: tuple[Card, ...] = ()
    searching: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """A posture to take. progress: 0-1; None where there is nothing to wait for."""

    posture: Posture
    progress: float | None
    tone: Tone
    side: Leg | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """What is going to happen, in pictures: the sensor on the leg, then one posture after the other."""

    words: tuple[str, ...]
    postures: tuple[Posture, ...]


@dataclass(frozen=True, slots=True)
class Timer:
    """Seconds left of some; what comes next, and the set that was."""

    left_s: float
    total_s: float
    caption: str
    following: str
    summary: Summary | None


@dataclass(frozen=True, slots=True)
class SetLine:
    """One set of a summary."""

    title: str
    reps: str
    mean: str
    on_time: str
    pain: str
    dose: str


@dataclass(frozen=True, slots=True)
class Result:
    """All sets of a visit; columns: their headings."""

    columns: tuple[str, ...]
    lines: tuple[SetLine, ...]
    note: str


Body = Cards | Sections | Steps | Field | Scales | Health | PlanLines | Legs | Guide | Timer | Result


@dataclass(frozen=True, slots=True)
class Screen:
    """One page. banner: a sentence that asks for attention. sound: how one hears it, where that is chosen."""

    step: Step
    title: str
    headline: str
    detail: str
    body: Body
    primary: Button
    choices: tuple[Button, ...] = ()
    banner: str | None = None
    back: bool = False
    quiet: bool = False
    tone: Tone = "calm"
    sound: SoundSettings | None = None


# Where one waits and nothing is being said: how it sounds can be tried out.
SOUND_STEPS: frozenset[Step] = frozenset({"warm-up", "rest", "summary"})


def screen(visit: Visit, air: Air, snapshot: Snapshot | None, host_ns: int, today: date) -> Screen:
    """Return the page for the state of a visit at host_ns (the clock of the engine)."""
    match visit.step:
        case "limits":
            shown = _limits(visit)
        case "who":
            shown = _who(visit, today)
        case "name":
            shown = _name()
        case "pin":
            shown = _pin(visit)
        case "morning":
            shown = _morning(visit)
        case "plan":
            shown = _plan(visit)
        case "templates":
            shown = _templates(visit)
        case "exercise":
            shown = _exercise()
        case "today":
            shown = _today(visit)
        case "advice":
            shown = _advice(visit)
        case "sensor":
            shown = _sensor(visit, air, snapshot)
        case _:
            shown = _live(visit, snapshot, host_ns)
    banner = shown.banner or (heard(visit.trouble) if visit.trouble else None)
    person = visit.person.name if visit.person else ""
    sound = snapshot.session.sound_settings if snapshot and visit.step in SOUND_STEPS else None
    return replace(shown, banner=banner, title=shown.title or person, back=can_go_back(visit), sound=sound)


def posture_of(plan: Plan) -> Posture:
    """Return where an exercise begins."""
    return "kneeling" if plan.exercise == "nordic" else "lying"


def title_words(plan: Plan) -> str:
    """Return what an exercise is called, and on which side it is done."""
    if not plan.variant:
        return exercise_words(plan)
    return _with_side(heard(plan.variant), plan.side)


def _with_side(name: str, side: Side) -> str:
    match side:
        case "left":
            return translate("plan", "{name}, left side").format(name=name)
        case "right":
            return translate("plan", "{name}, right side").format(name=name)
        case _:
            return name


def amount_words(plan: Plan) -> str:
    """Return sets and repetitions in words."""
    if plan.sets == 1:
        return translate("plan", "1 set of {reps}").format(reps=plan.reps)
    return translate("plan", "{sets} sets of {reps}").format(sets=plan.sets, reps=plan.reps)


def tempo_words(plan: Plan) -> str:
    """Return a tempo in words, in the order in which its phases come."""
    tempo = plan.tempo
    lower = translate("plan", "lower {seconds} s").format(seconds=short_number(tempo.lower_s))
    parts = [lower]
    if tempo.hold_s:
        parts.insert(0, translate("plan", "hold {seconds} s").format(seconds=short_number(tempo.hold_s)))
    if tempo.lift_s:
        parts.insert(0, translate("plan", "lift {seconds} s").format(seconds=short_number(tempo.lift_s)))
    return "  ·  ".join(parts)


# --- before the sensor -------------------------------------------------------------------------------------


def limit_sections() -> tuple[Section, ...]:
    """Return what the program is, what it cannot see, when to stop, and where data stay."""
    return (
        Section(
            translate("limits", "A training aid"),
            translate(
                "limits",
                "For training and research, not a medical device. It does not diagnose and does not replace "
                "your therapist: they decide.",
            ),
        ),
        Section(
            translate("limits", "One sensor, one thigh"),
            translate(
                "limits",
                "It sees the angle of one thigh and how long you lower. It does not see force, the bend of "
                "your hip, or the other leg.",
            ),
        ),
        Section(
            translate("limits", "Stop at once"),
            translate(
                "limits",
                "Sudden sharp pain, a pop or a bruise at the back of the thigh, dizziness, chest pain, "
                "shortness of breath: stop, and get help.",
            ),
            "warn",
        ),
        Section(
            translate("limits", "Your data stay here"),
            translate("limits", "Everything is kept on this computer. Nothing is sent anywhere."),
        ),
    )


def _limits(visit: Visit) -> Screen:
    seen = bool(visit.past)
    return Screen(
        "limits",
        translate("limits", "About Eccentric"),
        translate("limits", "Good to know") if seen else translate("limits", "Before you begin"),
        "",
        Sections(limit_sections()),
        Button(translate("limits", "Close") if seen else translate("limits", "I understand"), AcceptLimits()),
    )


def _who(visit: Visit, today: date) -> Screen:
    alone = Button(translate("who", "Without a plan"), ExerciseOnly())
    if visit.people is None and visit.locked:
        return Screen(
            "who",
            translate("who", "Eccentric"),
            translate("who", "Welcome"),
            translate("who", "Your therapist opens the list of names. You can also exercise without a plan."),
            _steps(),
            Button(translate("who", "Open the list"), OpenList()),
            (alone,),
            banner=heard(visit.notice) if visit.notice else None,
        )
    if visit.people is None:
        waits = not visit.trouble
        return Screen(
            "who",
            translate("who", "Eccentric"),
            translate("who", "Welcome"),
            translate("who", "Just a moment …")
            if waits
            else translate("who", "You can exercise all the same: the recording is kept."),
            _steps(),
            Button(translate("who", "Exercise without a plan"), ExerciseOnly()),
        )
    if not visit.people:
        return Screen(
            "who",
            translate("who", "Eccentric"),
            translate("who", "Welcome"),
            translate("who", "With a name, your plan and your progress are kept on this computer."),
            _steps(),
            Button(translate("who", "Enter a name"), NewPerson()),
            (alone,),
            banner=heard(visit.notice) if visit.notice else None,
        )
    cards = [
        Card(
            person.name,
            _last_words(person.last_session, today),
            ChoosePerson(person.code),
            translate("who", "How was the morning after?") if person.waiting else "",
        )
        for person in visit.people
    ]
    first = visit.people[0]
    return Screen(
        "who",
        translate("who", "Eccentric"),
        translate("who", "Who is exercising?"),
        "",
        Cards(tuple(cards)),
        Button(first.name, ChoosePerson(first.code)),
        (alone, Button(translate("who", "New person"), NewPerson())),
        banner=heard(visit.notice) if visit.notice else None,
    )


def _steps() -> Steps:
    return Steps(
        (
            translate("who", "Strap the sensor on"),
            translate("who", "Stand still for a moment"),
            translate("who", "Lower slowly, by ear"),
        ),
        ("standing", "kneeling"),
    )


def _last_words(last: date | None, today: date) -> str:
    if last is None:
        return translate("who", "not yet exercised")
    days = (today - last).days
    if days <= 0:
        return translate("who", "last time: today")
    if days == 1:
        return translate("who", "last time: yesterday")
    if days < 14:
        return translate("who", "last time: {days} days ago").format(days=days)
    return translate("who", "last time: {day}").format(day=day(last))


def _name() -> Screen:
    return Screen(
        "name",
        translate("name", "New person"),
        translate("name", "What is your name?"),
        translate("name", "A first name or a number is enough. It stays on this computer."),
        Field(translate("name", "Name")),
        Button(translate("name", "Save"), Go()),
        (Button(translate("who", "Without a plan"), ExerciseOnly()),),
    )


def _pin(visit: Visit) -> Screen:
    detail = translate("pin", "For therapists. The list closes again as soon as a name is chosen.")
    if visit.pin_wait_s is not None:
        detail = translate(
            "pin", "That PIN is not right. The next try counts in {seconds} s. If it is forgotten: {command}"
        ).format(seconds=number(visit.pin_wait_s), command="eccentric catalogue pin clear --forgotten")
    return Screen(
        "pin",
        translate("who", "Eccentric"),
        translate("pin", "PIN"),
        detail,
        Field(translate("pin", "PIN"), EnterPin, hidden=True),
        Button(translate("pin", "Open the list"), Go()),
        (Button(translate("who", "Without a plan"), ExerciseOnly()),),
        tone="calm" if visit.pin_wait_s is None else "warn",
    )


def _morning(visit: Visit) -> Screen:
    waiting = visit.person.waiting if visit.person else None
    detail = ""
    if waiting is not None:
        detail = translate(
            "morning",
            "Your last session was on {day}. How bad was the pain at its worst on the next morning?",
        ).format(day=day(waiting.when.date()))
    return Screen(
        "morning",
        "",
        translate("morning", "The morning after"),
        detail,
        Scales(
            (
                Scale(
                    translate("morning", "As usual"),
                    None,
                    _as_usual,
                    translate("scale", "Pain {score} of 10, as usual"),
                ),
                Scale(
                    translate("morning", "Worse than usual"),
                    None,
                    _worse,
                    translate("scale", "Pain {score} of 10, worse than usual"),
                ),
            ),
            translate("scale", "no pain"),
            translate("scale", "worst pain imaginable"),
        ),
        Button(translate("morning", "Skip"), Skip()),
        quiet=True,
    )


def _as_usual(score: int) -> Input:
    return ReportMorning(score, back_to_usual=True)


def _worse(score: int) -> Input:
    return ReportMorning(score, back_to_usual=False)


def _plan(visit: Visit) -> Screen:
    today = visit.today
    if today is None:
        return Screen(
            "plan",
            "",
            translate("plan", "Today"),
            translate("plan", "Just a moment …"),
            PlanLines((), ""),
            Button(translate("plan", "Start"), None),
        )
    another = Button(translate("plan", "Another plan"), AnotherPlan())
    if not today.plans or today.title == NO_PLAN:
        return Screen(
            "plan",
            "",
            translate("plan", "No plan yet"),
            heard(today.suggestion)
            if today.suggestion
            else translate("plan", "Choose one to begin with. Your therapist can change every number."),
            _plan_lines(today),
            Button(translate("plan", "Choose a plan"), AnotherPlan()),
            (Button(translate("plan", "Start like this"), Go()),) if today.plans else (),
        )
    return Screen(
        "plan",
        "",
        heard(today.title),
        heard(today.suggestion) if today.suggestion else "",
        _plan_lines(today),
        Button(translate("plan", "Start"), Go()),
        (another,),
    )


def _plan_lines(today: Today) -> PlanLines:
    lines = tuple(
        PlanLine(title_words(plan), amount_words(plan), tempo_words(plan), posture_of(plan))
        for plan in today.plans
    )
    return PlanLines(lines, heard(today.source) if today.source else "")


def _templates(visit: Visit) -> Screen:
    cards = tuple(
        Card(
            heard(each.title),
            "  ·  ".join(amount_words(plan) for plan in each.plans),
            ChooseToday(each),
            translate("plan", "now") if visit.today and each.title == visit.today.title else "",
        )
        for each in visit.templates or ()
    )
    # The one in use; to somebody new the first stage, which asks least of a tendon.
    now = [each for each in visit.templates or () if visit.today and each.title == visit.today.title]
    first = next(iter((*now, *(visit.templates or ()))), None)
    return Screen(
        "templates",
        "",
        translate("plan", "Which plan?"),
        translate("plan", "Starting points from published stages. Your therapist decides which one fits."),
        Cards(cards),
        Button(heard(first.title), ChooseToday(first))
        if first
        else Button(translate("plan", "Back"), Back()),
        quiet=first is None,
    )


def _exercise() -> Screen:
    cards = tuple(
        Card(
            heard(each.title),
            f"{amount_words(each.plans[0])}\n{tempo_words(each.plans[0])}",
            ChooseToday(each),
            posture=posture_of(each.plans[0]),
        )
        for each in AD_HOC
    )
    return Screen(
        "exercise",
        translate("exercise", "Without a plan"),
        translate("exercise", "What will you do?"),
        "",
        Cards(cards),
        Button(heard(AD_HOC[0].title), ChooseToday(AD_HOC[0])),
    )


# Of the points of the stop list those that can hold before anything is done.
BEFORE_IT = (STOP_NOW[0], STOP_NOW[2], *ASK_FIRST)


def _today(visit: Visit) -> Screen:
    checks = tuple(Check(heard(words), words in visit.stops, Tick(words)) for words in BEFORE_IT)
    return Screen(
        "today",
        "",
        translate("today", "How is it today?"),
        "",
        Health(
            translate("today", "Does any of this apply? Then tick it."),
            checks,
            Scales(
                (
                    Scale(
                        translate("today", "Pain now"),
                        visit.pain,
                        PainToday,
                        translate("scale", "Pain {score} of 10"),
                    ),
                ),
                translate("scale", "no pain"),
                translate("scale", "worst pain imaginable"),
            ),
        ),
        Button(translate("today", "Continue") if visit.stops else translate("today", "Skip"), Skip()),
        quiet=not visit.stops,
    )


def _advice(visit: Visit) -> Screen:
    told = [heard(each) for each in visit.stops]
    if visit.pain is not None and visit.pain > visit.pain_limit:
        told.append(
            translate("advice", "Pain {pain} of 10, above your limit of {limit}").format(
                pain=visit.pain, limit=visit.pain_limit
            )
        )
    now = any(each in STOP_NOW for each in visit.stops)
    return Screen(
        "advice",
        "",
        translate("advice", "Do not exercise now") if now else translate("advice", "Better ask first"),
        translate("advice", "Get medical help if it does not pass, and tell your therapist.")
        if now
        else translate("advice", "Speak to your therapist before you go on."),
        Sections((Section(translate("advice", "What you told us"), "\n".join(told), "warn"),)),
        Button(translate("advice", "Not today"), Leave()),
        (Button(translate("advice", "My therapist said it is fine"), GoOnDeliberately()),),
        tone="warn",
    )


# --- the sensor --------------------------------------------------------------------------------------------


def _sensor(visit: Visit, air: Air, snapshot: Snapshot | None) -> Screen:
    headline, detail, searching, tone = _sensor_words(visit, air, snapshot)
    side = visit.side
    if side is None and visit.sensor is None:
        # Before it is found: where it belongs.
        side = visit.likely_leg
    streams = visit.opened and snapshot is not None and snapshot.link == "streaming"
    ready = streams or (not visit.opened and visit.sensor is not None and visit.side is not None)
    choices: tuple[Button, ...] = ()
    if visit.opened or visit.sensor is not None:
        choices = (Button(translate("sensor", "Another sensor"), AnotherSensor()),)
    return Screen(
        "sensor",
        "",
        headline,
        detail,
        Legs(
            side,
            Button(translate("sensor", "Left"), ChooseSide("left")),
            Button(translate("sensor", "Right"), ChooseSide("right")),
            translate("sensor", "Front of the thigh, a hand's width above the knee"),
            _sensor_line(visit, snapshot),
            _sensor_cards(visit),
            searching,
        ),
        Button(translate("sensor", "Continue"), Go() if ready else None),
        choices,
        banner=heard(snapshot.troubles[0]) if visit.opened and snapshot and snapshot.troubles else None,
        tone=tone,
    )


def _sensor_words(visit: Visit, air: Air, snapshot: Snapshot | None) -> tuple[str, str, bool, Tone]:
    if visit.sensor is not None and visit.side is None:
        return (
            translate("sensor", "Which leg?"),
            translate(
                "sensor", "Tap the leg that wears the sensor, or go to it with ← → or a clicker's back key."
            ),
            False,
            "calm",
        )
    if visit.opened:
        return _connection_words(snapshot)
    if air.trouble is not None:
        return (
            translate("sensor", "No Bluetooth"),
            _sentence(heard(air.trouble)),
            False,
            "warn",
        )
    others = bool(visit.found) and (visit.choosing or visit.usual is None)
    if others and (visit.choosing or visit.last is None or air.searched):
        detail = translate("sensor", "Tap the one that you are wearing.")
        if any(_has_namesake(visit, each) for each in visit.found):
            detail = translate(
                "sensor", "Hold yours close to the computer and tap the one with the best signal."
            )
        if visit.last is not None and visit.usual is None and not visit.choosing:
            detail = translate(
                "sensor", "{name} of last time is not in reach. Switch it on, or tap another one."
            ).format(name=visit.last.name)
        return translate("sensor", "Which sensor?"), detail, True, "calm"
    if air.searched and not visit.found:
        return (
            translate("sensor", "No sensor found"),
            translate(
                "sensor",
                "Is it switched on and charged? Is a phone connected to it? The search goes on by itself.",
            ),
            True,
            "warn",
        )
    return (
        translate("sensor", "Looking for the sensor"),
        translate("sensor", "Switch it on and strap it to the thigh."),
        True,
        "calm",
    )


def _sentence(text: str) -> str:
    """Messages of the lower parts end as those of a command line do: without a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _connection_words(snapshot: Snapshot | None) -> tuple[str, str, bool, Tone]:
    if snapshot is not None and snapshot.link == "streaming":
        level = battery_level(snapshot.battery_percent, "good")
        if level == "nearly empty":
            return (
                translate("sensor", "Battery nearly empty"),
                translate("sensor", "It may not last this session. Charge it first if you can."),
                False,
                "warn",
            )
        if level == "low":
            return (
                translate("sensor", "Sensor ready"),
                translate("sensor", "Its battery is low: charge it before the next session."),
                False,
                "good",
            )
        return translate("sensor", "Sensor ready"), "", False, "good"
    if snapshot is not None and snapshot.link == "lost":
        return (
            translate("sensor", "Signal lost"),
            translate("sensor", "Keep the sensor close and switched on. It is being looked for."),
            True,
            "warn",
        )
    if snapshot is not None and (snapshot.ended or snapshot.link == "closed"):
        return (
            translate("sensor", "No connection"),
            translate("sensor", "Switch the sensor off and on, then choose it again."),
            False,
            "warn",
        )
    return (
        translate("sensor", "Connecting"),
        translate("sensor", "This takes a few seconds."),
        True,
        "calm",
    )


def _sensor_line(visit: Visit, snapshot: Snapshot | None) -> SensorLine | None:
    sensor = visit.sensor
    if sensor is None:
        return None
    name = sensor.name or sensor.model
    if _has_namesake(visit, sensor):
        name = f"{name} ({_address_end(visit, sensor)})"
    if not visit.opened or snapshot is None:
        return SensorLine(name, translate("sensor", "found"), "calm", sensor.battery_percent)
    if snapshot.info.simulated:
        name = translate("sensor", "{name} (simulated)").format(name=name)
    battery = snapshot.battery_percent
    match snapshot.link:
        case "streaming":
            low = battery_level(battery, "good") == "nearly empty"
            return SensorLine(name, translate("sensor", "connected"), "warn" if low else "good", battery)
        case "lost" | "closed":
            return SensorLine(name, translate("sensor", "no signal"), "warn", battery)
        case _:
            return SensorLine(name, translate("sensor", "connecting …"), "calm", battery)


def _sensor_cards(visit: Visit) -> tuple[Card, ...]:
    if visit.sensor is not None or (visit.usual is not None and not visit.choosing):
        return ()

    def text(sensor: FoundSensor) -> str:
        if _has_namesake(visit, sensor):
            return translate("sensor", "Address ends in {end}, signal {dbm} dBm").format(
                end=_address_end(visit, sensor), dbm=number(sensor.rssi_dbm)
            )
        return "" if sensor.model == sensor.name else sensor.model

    return tuple(
        Card(
            each.name,
            text(each),
            ChooseSensor(each),
            translate("sensor", "last time") if each == visit.usual else "",
        )
        for each in visit.found[:4]
    )


def _has_namesake(visit: Visit, sensor: FoundSensor) -> bool:
    """Tell whether another sensor, in reach or of last time, has the same name."""
    others = {each.address.lower() for each in visit.found if each.name == sensor.name}
    if visit.last is not None and visit.last.name == sensor.name:
        others.add(visit.last.address.lower())
    return bool(others - {sensor.address.lower()})


def _address_end(visit: Visit, sensor: FoundSensor) -> str:
    """Return as much of the end of its address as tells it from every other."""
    others = [each.address for each in visit.found if each.address != sensor.address]
    end = sensor.address[-5:]
    return sensor.address if any(each.endswith(end) for each in others) else end


# --- with the session --------------------------------------------------------------------------------------


def _live(visit: Visit, snapshot: Snapshot | None, host_ns: int) -> Screen:
    if snapshot is None:
        return Screen(
            visit.step,
            "",
            translate("session", "Just a moment …"),
            "",
            Guide("standing", None, "calm", visit.side),
            Button("", None),
        )
    session = snapshot.session
    match visit.step:
        case "calibrate":
            return _calibrate(visit, snapshot, host_ns)
        case "pain":
            return _pain(visit, session)
        case "effort":
            return _effort(visit, session)
        case "rest":
            return _rest(snapshot, host_ns)
        case "stopped":
            return _stopped(snapshot, host_ns)
        case "summary":
            return _summary(session)
        case "demo over":
            return _demo_over(session)
        case "set":
            # The window shows the set itself over it.
            return Screen("set", "", "", "", Sections(()), Button("", None))
        case _:
            return _warm_up(visit, snapshot, host_ns)


def _calibrate(visit: Visit, snapshot: Snapshot, host_ns: int) -> Screen:
    if _just_asked(visit, snapshot.session):
        # The session answers in a moment: until then it looks as it will.
        asked = replace(
            snapshot.session, state="calibrating", calibrating_since_s=snapshot.session.now_s, advice=None
        )
        snapshot = replace(snapshot, session=asked)
    shown = view(snapshot, host_ns)
    session = snapshot.session
    tone: Tone = "calm"
    if shown.again or shown.link_level == "bad" or (session.state == "idle" and session.message):
        tone = "warn"
    elif session.advice is not None and session.advice.cue == "good":
        tone = "good"
    lifting = session.advice is not None and session.advice.headline.startswith(
        ("Lift", "Again", "Once more")
    )
    primary = Button(shown.primary, None)
    if session.state == "idle":
        command = CheckCalibration() if session.known else StartCalibration()
        primary = Button(translate("session", "Try again"), Tell(command) if shown.action else None)
    choices: tuple[Button, ...] = ()
    if session.state == "calibrating" and session.known is not None:
        choices = (Button(translate("session", "Calibrate anew"), Tell(StartCalibration())),)
    return Screen(
        "calibrate",
        "",
        heard(shown.headline),
        _calibration_words(shown.detail),
        Guide("knee lift" if lifting else "standing", shown.progress, tone, visit.side),
        primary,
        choices,
        banner=shown.banner,
        tone=tone,
    )


def _just_asked(visit: Visit, session: Session) -> bool:
    """Whether a calibration was asked for that has not begun: one that was given up leaves a message."""
    new = session.message is None and session.sudden_pain_s is None
    return visit.begun and new and session.state == "idle" and session.link == "streaming"


def _calibration_words(text: str) -> str:
    """Translate an advice; a calibration that was given up repeats its last one, headline and detail."""
    given_up = "Not calibrated yet. "
    if not text.startswith(given_up):
        return heard(text)
    headline, _, detail = text.removeprefix(given_up).partition(". ")
    # Not inside an f-string: Qt's lupdate does not look there.
    given_up = translate("session", "Not calibrated yet.")
    return f"{given_up} {heard(headline)}. {heard(detail)}"


def _warm_up(visit: Visit, snapshot: Snapshot, host_ns: int) -> Screen:
    session = snapshot.session
    shown = view(snapshot, host_ns)
    plan = session.plan
    first = not session.sets
    if plan.exercise == "nordic":
        place = translate("session", "Kneel upright, feet held firmly, hands free.")
    else:
        place = translate("session", "Lie on your back, knees bent, feet flat.")
    if session.hands_free:
        place = translate("session", "{place} Hold still, and the set starts by itself.").format(place=place)
    headline, detail = translate("session", "Get ready"), place
    if first:
        headline = translate("session", "Warm up")
        detail = translate("session", "Two easy minutes: walk, bend, do slow bridges. Then: {place}").format(
            place=place
        )
    return Screen(
        "warm-up",
        shown.title,
        headline,
        detail,
        Guide(
            posture_of(plan),
            None,
            "calm",
            visit.side,
            heard(session.message) if session.message else "",
        ),
        Button(
            translate("session", "Start set {number}").format(number=session.next_set_number),
            Tell(StartSet()) if shown.action else None,
        ),
        (
            Button(translate("session", "Check by a lift"), Tell(CheckWithLift())),
            Button(translate("session", "Calibrate anew"), Tell(StartCalibration())),
        ),
        banner=shown.banner,
    )


def _set_fact(session: Session) -> str:
    record = session.last_set
    if record is None:
        return ""
    got = record.dose
    count = translate("session", "{count} of {reps} repetitions").format(
        count=len(record.reps), reps=record.plan.reps
    )
    if is_hold(record.plan):
        held_s = mean_hold_s(record)
        if held_s is None:
            return count
        held = translate("session", "held {seconds} s on average").format(seconds=number(held_s))
        return f"{count}  ·  {held}"
    if got.mean_s is None:
        return count
    mean = translate("session", "{seconds} s on average").format(seconds=number(got.mean_s, 1))
    return f"{count}  ·  {mean}"


def _pain(visit: Visit, session: Session) -> Screen:
    return Screen(
        "pain",
        _set_title(session),
        translate("session", "Worst pain in this set?"),
        "",
        Scales(
            (Scale("", visit.pain_after, PainAfter, translate("scale", "Pain {score} of 10")),),
            translate("scale", "no pain"),
            translate("scale", "worst pain imaginable"),
            _set_fact(session),
        ),
        Button(translate("session", "Skip"), Skip()),
        quiet=True,
    )


def _effort(visit: Visit, session: Session) -> Screen:
    return Screen(
        "effort",
        _set_title(session),
        translate("session", "How hard was it?"),
        "",
        Scales(
            (Scale("", visit.effort_after, EffortAfter, translate("scale", "Effort {score} of 10")),),
            translate("scale", "no effort"),
            translate("scale", "as hard as it gets"),
            _set_fact(session),
        ),
        Button(translate("session", "Skip"), Skip()),
        quiet=True,
    )


def _set_title(session: Session) -> str:
    record = session.last_set
    if record is None:
        return ""
    return translate("session", "{exercise}  ·  set {number} of {sets}").format(
        exercise=title_words(record.plan), number=record.number, sets=record.plan.sets
    )


def _rest(snapshot: Snapshot, host_ns: int) -> Screen:
    session = snapshot.session
    shown = view(snapshot, host_ns)
    plan = session.plan
    total_s = session.last_set.plan.rest_between_sets_s if session.last_set else 0.0
    now_s = snapshot.time_s + (host_ns - snapshot.host_ns) / 1e9
    left_s = round(max(0.0, (session.rest_until_s or now_s) - now_s), 1)
    over = left_s < 0.5
    following = translate("session", "Next: {exercise}, {amount}, set {number}").format(
        exercise=title_words(plan), amount=amount_words(plan), number=session.next_set_number
    )
    headline = translate("session", "Ready for the next set") if over else translate("session", "Rest")
    detail = ""
    caption = translate("session", "The rest is over") if over else translate("session", "until the next set")
    if over and session.can_start:
        headline, detail = shown.headline, shown.detail
    go_on = translate("session", "Start set {number}").format(number=session.next_set_number)
    return Screen(
        "rest",
        shown.title,
        headline,
        detail,
        Timer(left_s, total_s, caption, following, shown.summary),
        Button(go_on, Tell(StartSet()) if shown.action else None),
        (
            Button(translate("session", "Finish for today"), Finish()),
            Button(translate("session", "Calibrate anew"), Tell(StartCalibration())),
        ),
        banner=shown.banner,
    )


def _stopped(snapshot: Snapshot, host_ns: int) -> Screen:
    session = snapshot.session
    shown = view(snapshot, host_ns)
    choices = [Button(translate("session", "My therapist said it is fine"), Tell(GoOn()))]
    if session.answers and session.answers[-1].what == "pain":
        choices.append(Button(translate("session", "Correct the number"), Tell(Undo())))
    record = session.last_set
    reason = translate("session", "You reported sudden pain.")
    if session.stopped_for != "sudden pain" and record is not None and record.pain is not None:
        reason = translate("advice", "Pain {pain} of 10, above your limit of {limit}").format(
            pain=record.pain, limit=record.plan.pain_limit
        )
    return Screen(
        "stopped",
        "",
        translate("session", "Stop here"),
        reason,
        Sections(
            (
                Section(
                    translate("session", "Your therapist"),
                    translate("session", "Tell them before you train again."),
                ),
                Section(
                    translate("session", "A doctor, today"),
                    translate(
                        "session", "With a pop, a bruise, numbness or weakness in the leg, or dizziness."
                    ),
                    "warn",
                ),
            )
        ),
        Button(translate("session", "Finish for today"), Finish()),
        tuple(choices),
        banner=shown.banner,
        tone="warn",
    )


def _summary(session: Session) -> Screen:
    lines: list[SetLine] = []
    for record in session.sets:
        got = record.dose
        dose = "–" if got.received_percent is None else f"{number(got.received_percent)} %"
        if got.received_percent is not None and got.not_measured:
            # What has no number may have been lowered all the same.
            dose = f"≥ {dose}"
        lines.append(
            SetLine(
                title_words(record.plan),
                f"{len(record.reps)} / {record.plan.reps}",
                "–" if got.mean_s is None else f"{number(got.mean_s, 1)} s",
                f"{record.kinds.count('in band')} / {len(record.reps)}",
                "–" if record.pain is None else str(record.pain),
                dose,
            )
        )
    pains = [record.pain for record in session.sets if record.pain is not None]
    over = [record for record in session.sets if record.pain_over_limit]
    detail = translate("summary", "Tomorrow morning: tell us about your pain. One tap is enough.")
    if not session.sets:
        detail = translate("summary", "No set was done. The recording is kept.")
    banner = None
    if over:
        banner = translate("summary", "Pain {pain} was over the limit: tell your therapist.").format(
            pain=max(pains)
        )
    more = Button(translate("summary", "One more set"), Tell(StartSet()))
    return Screen(
        "summary",
        translate("summary", "Summary"),
        translate("summary", "Done for today"),
        detail,
        Result(
            (
                translate("summary", "Exercise"),
                translate("summary", "Reps"),
                translate("summary", "Lowered"),
                translate("summary", "On time"),
                translate("summary", "Pain"),
                translate("summary", "Dose"),
            ),
            tuple(lines[-6:]),
            translate("summary", "Dose: how much of the prescribed lowering time you have done."),
        ),
        Button(translate("summary", "Close"), Leave()),
        (more,),
        banner=banner,
        tone="good",
    )


def _demo_over(session: Session) -> Screen:
    return replace(
        _summary(session),
        step="demo over",
        headline=translate("demo", "That was a simulated patient"),
        detail=translate("demo", "Now you lead one through a set, as a patient would see it."),
        primary=Button(translate("demo", "Try it yourself"), TryIt()),
        choices=(Button(translate("summary", "Close"), Leave()),),
        banner=None,
    )
