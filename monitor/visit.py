"""A patient's visit as a state machine: what is on the screen, and what the program has to do for it.

    limits (once) -> who -> [morning] -> plan -> today -> [advice] -> sensor
    -> calibrate -> warm-up -> set -> pain -> effort -> rest -> set ... -> summary -> who

It stands round the session (`monitor.session`), which it follows and to which it sends commands. Nothing here
knows a window, a thread, a radio or a file: inputs go in, the next state and effects come out. Every step can
be passed over (`Skip`) and taken back (`Back`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from drivers.link import FoundSensor
from monitor.battery import battery_level
from monitor.known_sensors import LastSensor
from monitor.plan import Plan, Tempo
from monitor.plans.before import Before
from monitor.plans.templates import PAIN_LIMIT, of_stage
from monitor.session import (
    CheckCalibration,
    Command,
    EndSession,
    ReportEffort,
    ReportPain,
    Session,
    StartCalibration,
    Undo,
)
from monitor.visit_people import PersonRow, Today

Step = Literal[
    "limits",
    "who",
    "name",
    "pin",
    "morning",
    "plan",
    "templates",
    "exercise",
    "today",
    "advice",
    "sensor",
    "calibrate",
    "warm-up",
    "set",
    "pain",
    "effort",
    "rest",
    "stopped",
    "summary",
    "demo over",
]
Leg = Literal["left", "right"]
LEGS: tuple[Leg, ...] = get_args(Leg)

# In these the session leads, and the visit follows it.
LIVE: frozenset[Step] = frozenset(
    {"calibrate", "warm-up", "set", "pain", "effort", "rest", "stopped", "summary"}
)
# Without a plan: few enough for the first week of a Nordic (2 x 5, reference: clinical set-up check).
AD_HOC: tuple[Today, ...] = (
    Today("Nordic curl", None, (Plan("nordic", "both", 2, 5, Tempo(3.0), pain_limit=PAIN_LIMIT),)),
    Today("Bridge", None, (Plan("bridge", "both", 2, 8, Tempo(3.0, 1.0, 2.0), pain_limit=PAIN_LIMIT),)),
)


# --- inputs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AcceptLimits:
    """The limits of the program were read."""


@dataclass(frozen=True, slots=True)
class ShowLimits:
    """A person wants to read the limits again."""


@dataclass(frozen=True, slots=True)
class PeopleLoaded:
    """Who has been here before."""

    people: tuple[PersonRow, ...]


@dataclass(frozen=True, slots=True)
class PeopleLocked:
    """The list of people opens to a therapist's PIN only. wait_s: one was wrong, and the next has to wait."""

    wait_s: int | None = None


@dataclass(frozen=True, slots=True)
class PeopleUnlocked:
    """Who has been here before, for one choice: a therapist has entered the PIN."""

    people: tuple[PersonRow, ...]


@dataclass(frozen=True, slots=True)
class OpenList:
    """A therapist wants to open the list of people."""


@dataclass(frozen=True, slots=True)
class EnterPin:
    """A PIN was entered."""

    pin: str


@dataclass(frozen=True, slots=True)
class MorningRefused:
    """Somebody else has told something else about a morning, and that stays; text: a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """People and plans cannot be read or written; `text` says why."""

    text: str


@dataclass(frozen=True, slots=True)
class ChoosePerson:
    """It is this person."""

    code: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    """It is somebody new."""


@dataclass(frozen=True, slots=True)
class NamePerson:
    """The name of somebody new; empty: somebody who does not want to be known."""

    name: str


@dataclass(frozen=True, slots=True)
class PersonAdded:
    """Somebody new has been entered."""

    person: PersonRow


@dataclass(frozen=True, slots=True)
class ExerciseOnly:
    """Without person and plan."""


@dataclass(frozen=True, slots=True)
class ReportMorning:
    """How it was on the morning after the last session."""

    pain: int
    back_to_usual: bool


@dataclass(frozen=True, slots=True)
class TodayLoaded:
    """What is planned today."""

    today: Today


@dataclass(frozen=True, slots=True)
class TemplatesLoaded:
    """The plans there are to choose from."""

    templates: tuple[Today, ...]


@dataclass(frozen=True, slots=True)
class AnotherPlan:
    """A person wants to choose another plan."""


@dataclass(frozen=True, slots=True)
class ChooseToday:
    """It shall be this plan: from the templates, or without person."""

    today: Today


@dataclass(frozen=True, slots=True)
class Tick:
    """A point of the stop list applies, or does not after all."""

    stop: str


@dataclass(frozen=True, slots=True)
class PainToday:
    """Pain before the session, 0-10."""

    score: int


@dataclass(frozen=True, slots=True)
class GoOnDeliberately:
    """In spite of the advice: a therapist has said so."""


@dataclass(frozen=True, slots=True)
class SensorsFound:
    """What is in reach now."""

    found: tuple[FoundSensor, ...]


@dataclass(frozen=True, slots=True)
class ChooseSensor:
    """It is this sensor."""

    sensor: FoundSensor


@dataclass(frozen=True, slots=True)
class AnotherSensor:
    """It is not this sensor: look for others."""


@dataclass(frozen=True, slots=True)
class ChooseSide:
    """The sensor sits on this leg."""

    side: Leg


@dataclass(frozen=True, slots=True)
class OpenFailed:
    """The recording could not be begun; `text` says why."""

    text: str


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """The newest state of the session that runs."""

    session: Session
    battery_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """A person gives the session a command: calibrate, start or stop a set."""

    command: Command


@dataclass(frozen=True, slots=True)
class PainAfter:
    """The worst pain in the last set, 0-10."""

    score: int


@dataclass(frozen=True, slots=True)
class EffortAfter:
    """How hard the last set was, 0-10."""

    score: int


@dataclass(frozen=True, slots=True)
class Finish:
    """No more sets today."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The visit is over: keep it, and be ready for the next person."""


@dataclass(frozen=True, slots=True)
class TryIt:
    """After a demo: a person wants a visit of their own, with the simulated patient."""


@dataclass(frozen=True, slots=True)
class VisitFiled:
    """The visit has been kept; trouble: a sentence about what of it could not be."""

    trouble: str | None


@dataclass(frozen=True, slots=True)
class Go:
    """On to the next step, with what is on the screen."""


@dataclass(frozen=True, slots=True)
class Skip:
    """On to the next step without an answer."""


@dataclass(frozen=True, slots=True)
class Back:
    """Back to the step before."""


Input = (
    AcceptLimits
    | ShowLimits
    | PeopleLoaded
    | PeopleLocked
    | PeopleUnlocked
    | OpenList
    | EnterPin
    | MorningRefused
    | StoreFailed
    | ChoosePerson
    | NewPerson
    | NamePerson
    | PersonAdded
    | ExerciseOnly
    | ReportMorning
    | TodayLoaded
    | TemplatesLoaded
    | AnotherPlan
    | ChooseToday
    | Tick
    | PainToday
    | GoOnDeliberately
    | SensorsFound
    | ChooseSensor
    | AnotherSensor
    | ChooseSide
    | OpenFailed
    | SessionSeen
    | Tell
    | PainAfter
    | EffortAfter
    | Finish
    | Leave
    | TryIt
    | VisitFiled
    | Go
    | Skip
    | Back
)


# --- effects -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RememberLimits:
    """Do not show the limits by themselves again."""


@dataclass(frozen=True, slots=True)
class LoadPeople:
    """Read who has been here before."""


@dataclass(frozen=True, slots=True)
class UnlockPeople:
    """Read who has been here before, if this is a therapist's PIN."""

    pin: str


@dataclass(frozen=True, slots=True)
class AddPerson:
    """Enter somebody new."""

    name: str


@dataclass(frozen=True, slots=True)
class LoadToday:
    """Read what is planned."""

    code: str


@dataclass(frozen=True, slots=True)
class LoadTemplates:
    """Read which plans there are."""


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """This is the person's plan from now on."""

    code: str
    today: Today


@dataclass(frozen=True, slots=True)
class KeepMorning:
    """Note the morning after a session."""

    session_id: str
    pain: int
    back_to_usual: bool


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Connect, record and measure."""

    sensor: FoundSensor
    side: Leg
    plans: tuple[Plan, ...]
    before: Before


@dataclass(frozen=True, slots=True)
class Send:
    """Give the session a command."""

    command: Command


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Finish the recording and file the visit. code: whose it is."""

    code: str | None
    before: Before


Effect = (
    RememberLimits
    | LoadPeople
    | UnlockPeople
    | AddPerson
    | LoadToday
    | LoadTemplates
    | KeepPlan
    | KeepMorning
    | OpenSession
    | Send
    | CloseSession
)


# --- state -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a visit stands.

    past: the steps that `Back` returns to. people: None until they are known. locked: a therapist's PIN
    opens the list of them, for one choice. pin_wait_s: one was wrong, so long is to be waited. last: the
    sensor of last time. settled: the sensor page has been passed once: it then waits for a person. asked:
    how many sets have had their questions. begun: the calibration was asked for. opened: a session runs.
    trouble: a sentence about people and plans. notice: what became of the last visit.
    """

    step: Step
    past: tuple[Step, ...] = ()
    people: tuple[PersonRow, ...] | None = None
    locked: bool = False
    pin_wait_s: int | None = None
    person: PersonRow | None = None
    today: Today | None = None
    templates: tuple[Today, ...] | None = None
    pain: int | None = None
    stops: tuple[str, ...] = ()
    last: LastSensor | None = None
    found: tuple[FoundSensor, ...] = ()
    sensor: FoundSensor | None = None
    side: Leg | None = None
    settled: bool = False
    choosing: bool = False
    opened: bool = False
    begun: bool = False
    asked: int = 0
    pain_after: int | None = None
    effort_after: int | None = None
    trouble: str | None = None
    notice: str | None = None
    session: Session | None = field(default=None, compare=False)
    battery_percent: int | None = None

    @property
    def pain_limit(self) -> int:
        """The lowest limit of today's plans; without any, the default of a plan."""
        plans = self.today.plans if self.today else ()
        return min((plan.pain_limit for plan in plans), default=AD_HOC[0].plans[0].pain_limit)

    @property
    def against_it(self) -> bool:
        """Whether what was said about today speaks against exercising."""
        return bool(self.stops) or (self.pain is not None and self.pain > self.pain_limit)

    @property
    def likely_leg(self) -> Leg | None:
        """The leg that today's plan is for; where it is for both, the one that wore the sensor last time."""
        plans = self.today.plans if self.today is not None else ()
        planned = {plan.side for plan in plans}
        for leg in LEGS:
            if planned == {leg}:
                return leg
        return self.last.side if self.last is not None and self.last.side != "both" else None

    @property
    def usual(self) -> FoundSensor | None:
        """The sensor of last time, if it is in reach."""
        if self.last is None:
            return None
        address = self.last.address.lower()
        return next((each for each in self.found if each.address.lower() == address), None)

    @property
    def before(self) -> Before:
        """What was said about today."""
        return Before(self.pain, self.stops)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one input led to."""

    visit: Visit
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Air:
    """What the search for sensors says. trouble: why none can be found; searched: long enough in vain."""

    trouble: str | None = None
    searched: bool = False


def begin_visit(*, limits_seen: bool, last: LastSensor | None = None) -> Outcome:
    """Return the first state: the limits if nobody has seen them yet, else who it is."""
    return Outcome(Visit("who" if limits_seen else "limits", last=last), (LoadPeople(),))


def advance_visit(visit: Visit, item: Input) -> Outcome:
    """Return the state after one input, with what has to be done. Never raises for an untimely input."""
    match item:
        case SessionSeen():
            return _follow(replace(visit, session=item.session, battery_percent=item.battery_percent))
        case AcceptLimits():
            return _accepted(visit)
        case ShowLimits():
            return Outcome(visit if visit.step == "limits" else _to(visit, "limits"))
        case Back():
            return _back(visit)
        case Go() | Skip():
            return _on(visit)
        case PeopleLoaded():
            return Outcome(replace(visit, people=item.people, locked=False, trouble=None))
        case PeopleUnlocked() if visit.step == "pin":
            opened = replace(visit, step="who", past=(), people=item.people)
            return Outcome(replace(opened, pin_wait_s=None, trouble=None))
        case PeopleLocked():
            return Outcome(replace(visit, people=None, locked=True, pin_wait_s=item.wait_s, trouble=None))
        case MorningRefused():
            return Outcome(replace(visit, trouble=item.text))
        case StoreFailed():
            return _without_store(visit, item.text)
        case PersonAdded():
            return Outcome(
                _to(replace(visit, person=item.person, trouble=None), "plan"), (_load(item.person),)
            )
        case TodayLoaded():
            return Outcome(replace(visit, today=item.today))
        case TemplatesLoaded():
            return Outcome(replace(visit, templates=item.templates))
        case OpenFailed():
            failed = replace(visit, opened=False, step="sensor", settled=True, trouble=item.text)
            return Outcome(failed)
        case VisitFiled():
            return Outcome(replace(visit, notice=item.trouble))
        case SensorsFound():
            return _found(visit, item.found)
        case _:
            return _chosen(visit, item)


def _chosen(visit: Visit, item: Input) -> Outcome:
    """What a person chose or answered."""
    match item:
        case ChoosePerson():
            return _person(visit, item.code)
        case NewPerson():
            return Outcome(_to(visit, "name"))
        case OpenList():
            return Outcome(_to(visit, "pin"))
        case EnterPin():
            return Outcome(visit, (UnlockPeople(item.pin),) if item.pin else ())
        case NamePerson():
            name = " ".join(item.name.split())
            return Outcome(visit, (AddPerson(name),)) if name else _without_a_person(visit)
        case ExerciseOnly():
            return _without_a_person(visit)
        case ReportMorning():
            return _morning(visit, item)
        case AnotherPlan():
            return Outcome(_to(visit, "templates"), () if visit.templates else (LoadTemplates(),))
        case ChooseToday():
            return _today(visit, item.today)
        case Tick():
            stops = tuple(each for each in visit.stops if each != item.stop)
            return Outcome(replace(visit, stops=stops if item.stop in visit.stops else (*stops, item.stop)))
        case PainToday():
            return _judged(replace(visit, pain=item.score))
        case GoOnDeliberately():
            return _at_sensor(visit)
        case ChooseSensor():
            side = visit.side or visit.likely_leg
            return _open(replace(visit, sensor=item.sensor, side=side, choosing=False))
        case AnotherSensor():
            close = _closing(visit)
            return Outcome(replace(visit, sensor=None, choosing=True, settled=True, opened=False), close)
        case ChooseSide():
            return _side(visit, item.side)
        case Tell():
            return Outcome(visit, (Send(item.command),))
        case PainAfter():
            return _pain_after(visit, item.score)
        case EffortAfter():
            rests = _rests(replace(visit, effort_after=item.score))
            return replace(rests, effects=(Send(ReportEffort(item.score)), *rests.effects))
        case Finish():
            return Outcome(_at(visit, "summary"), (Send(EndSession()),))
        case Leave():
            return _leave(visit)
        case _:
            return Outcome(visit)


def _pain_after(visit: Visit, score: int) -> Outcome:
    told = replace(visit, pain_after=score)
    last = visit.session.last_set if visit.session else None
    # Over the limit the session stops everything: nobody sees another question before its page comes.
    over = last is not None and score > last.plan.pain_limit
    return Outcome(told if over else _to(told, "effort"), (Send(ReportPain(score)),))


def _to(visit: Visit, step: Step) -> Visit:
    return replace(visit, step=step, past=(*visit.past, visit.step))


def _load(person: PersonRow) -> LoadToday:
    return LoadToday(person.code)


def _accepted(visit: Visit) -> Outcome:
    if visit.past:
        return Outcome(replace(visit, step=visit.past[-1], past=visit.past[:-1]))
    return Outcome(replace(visit, step="who"), (RememberLimits(),))


def can_go_back(visit: Visit) -> bool:
    """Whether there is a step before this one to go back to."""
    # During a set nothing may be undone by a hand that slips.
    if not visit.past or visit.step in ("set", "stopped"):
        return False
    if visit.step == "pain" and _last_answer(visit) == "stop":
        return True
    return visit.step in ("calibrate", "warm-up") or visit.past[-1] not in ("calibrate", "warm-up", "set")


def _without_a_person(visit: Visit) -> Outcome:
    return Outcome(_to(replace(visit, person=None, today=None), "exercise"))


def _back(visit: Visit) -> Outcome:
    if not can_go_back(visit):
        return Outcome(visit)
    if visit.step == "warm-up":
        return Outcome(visit, (Send(StartCalibration()),))
    if visit.step == "pain" and _last_answer(visit) == "stop":
        # The set had not ended: it goes on.
        return Outcome(replace(visit, asked=visit.asked - 1), (Send(Undo()),))
    if visit.step == "calibrate":
        # Back to the sensor: what was recorded so far is kept.
        past = visit.past[: visit.past.index("sensor")] if "sensor" in visit.past else ()
        let_go = replace(
            visit, step="sensor", past=past, settled=True, opened=False, begun=False, session=None
        )
        return Outcome(let_go, _closing(visit))
    step = visit.past[-1]
    undone = (Send(Undo()),) if step in ("pain", "effort") and _last_answer(visit) == step else ()
    before = replace(visit, step=step, past=visit.past[:-1], settled=True)
    if step == "who":
        seen = None if visit.locked else visit.people
        return Outcome(
            replace(before, person=None, people=seen, pin_wait_s=None, today=None, pain=None, stops=()),
            (LoadPeople(),),
        )
    return Outcome(before, undone)


def _last_answer(visit: Visit) -> str | None:
    answers = visit.session.answers if visit.session else ()
    return answers[-1].what if answers else None


def _on(visit: Visit) -> Outcome:
    match visit.step:
        case "limits":
            return _accepted(visit)
        case "who":
            return _person(visit, visit.people[0].code) if visit.people else _new(visit)
        case "morning":
            return Outcome(_to(visit, "plan"))
        case "plan":
            return _plan_on(visit)
        case "today":
            return _judged(visit)
        case "sensor":
            return _sensor_on(visit)
        case "pain":
            return Outcome(_to(visit, "effort"))
        case "effort":
            return _rests(visit)
        case "advice" | "summary":
            return _leave(visit)
        case _:
            return Outcome(visit)


def _plan_on(visit: Visit) -> Outcome:
    if visit.today is None:
        return Outcome(visit)
    if not visit.today.plans:
        return _chosen(visit, AnotherPlan())
    return Outcome(_to(visit, "today"))


def _new(visit: Visit) -> Outcome:
    if visit.people is None and visit.locked:
        return Outcome(_to(visit, "pin"))
    if visit.people is None and visit.trouble is not None:
        return Outcome(_to(visit, "exercise"))
    return Outcome(_to(visit, "name")) if visit.people is not None else Outcome(visit)


def _person(visit: Visit, code: str) -> Outcome:
    person = next((each for each in visit.people or () if each.code == code), None)
    if person is None:
        return Outcome(visit)
    seen = None if visit.locked else visit.people
    chosen = replace(visit, person=person, people=seen, today=None, notice=None)
    return Outcome(_to(chosen, "morning" if person.waiting else "plan"), (_load(person),))


def _morning(visit: Visit, told: ReportMorning) -> Outcome:
    if visit.person is None or visit.person.waiting is None:
        return Outcome(visit)
    keep = KeepMorning(visit.person.waiting.session_id, told.pain, told.back_to_usual)
    # What was said about the morning may change what is suggested today.
    return Outcome(_to(visit, "plan"), (keep, _load(visit.person)))


def _today(visit: Visit, today: Today) -> Outcome:
    chosen = replace(visit, today=today)
    if visit.person is None:
        return _at_sensor(chosen)
    back_at_plan = replace(chosen, step="plan", past=tuple(step for step in visit.past if step != "plan"))
    return Outcome(back_at_plan, (KeepPlan(visit.person.code, today),))


def _judged(visit: Visit) -> Outcome:
    return Outcome(_to(visit, "advice")) if visit.against_it else _at_sensor(visit)


def _without_store(visit: Visit, text: str) -> Outcome:
    failed = replace(visit, trouble=text)
    if visit.step in ("plan", "templates", "name", "morning") and visit.today is None:
        # A plan that cannot be read never keeps anybody from exercising.
        return Outcome(_to(replace(failed, person=None), "exercise"))
    return Outcome(failed)


# --- the sensor --------------------------------------------------------------------------------------------


def _at_sensor(visit: Visit) -> Outcome:
    """Go to the sensor; one that was seen before is taken at once."""
    return _found(_to(visit, "sensor"), visit.found)


def _found(visit: Visit, found: tuple[FoundSensor, ...]) -> Outcome:
    # Each keeps its place in the list as signals rise and fall: a tap takes the one that was looked at.
    places = {each.address: place for place, each in enumerate(visit.found)}
    seen = replace(visit, found=tuple(sorted(found, key=lambda each: places.get(each.address, len(places)))))
    if visit.step != "sensor" or visit.opened or visit.choosing:
        return Outcome(seen)
    usual = seen.usual
    if usual is None and visit.last is None and len(found) == 1:
        usual = found[0]
    if usual is None:
        # Where a person has to choose, what is left after a moment is not taken instead.
        return Outcome(replace(seen, choosing=visit.last is None and len(found) > 1))
    return _open(replace(seen, sensor=usual, side=seen.side or seen.likely_leg))


def _side(visit: Visit, side: Leg) -> Outcome:
    if visit.opened and side != visit.side:
        # How a sensor sits is known for each leg: the session begins anew.
        return _open(replace(visit, side=side, opened=False, settled=True), _closing(visit))
    return _open(replace(visit, side=side))


def _open(visit: Visit, first: tuple[Effect, ...] = ()) -> Outcome:
    if visit.opened or visit.sensor is None or visit.side is None or visit.today is None:
        return Outcome(visit, first)
    plans = tuple(_for_leg(plan, visit.side) for plan in visit.today.plans)
    opened = replace(visit, opened=True, begun=False, session=None, asked=0, trouble=None)
    return Outcome(opened, (*first, OpenSession(visit.sensor, visit.side, plans, visit.before)))


def _for_leg(plan: Plan, side: Leg) -> Plan:
    """Let the leg with the sensor do what one leg does at a time; where both work, both do."""
    template = of_stage(plan.stage)
    if plan.side != "both" or template is None or not template.one_leg:
        return plan
    return replace(plan, side=side)


def _sensor_on(visit: Visit) -> Outcome:
    if not visit.opened:
        return _open(visit)
    if visit.session is None or visit.session.link != "streaming":
        return Outcome(visit)
    return _follow(_to(visit, "calibrate"))


def _closing(visit: Visit) -> tuple[Effect, ...]:
    code = visit.person.code if visit.person else None
    return (CloseSession(code, visit.before),) if visit.opened else ()


# --- following the session ---------------------------------------------------------------------------------


def _follow(visit: Visit) -> Outcome:
    session = visit.session
    if session is None:
        return Outcome(visit)
    if visit.step == "sensor":
        weak = battery_level(visit.battery_percent, "good") == "nearly empty"
        if session.link != "streaming" or visit.settled or weak:
            return Outcome(visit)
        return _follow(replace(_to(visit, "calibrate"), settled=True))
    if visit.step not in LIVE:
        return Outcome(visit)
    match session.state:
        case "idle":
            return _calibrate_once(_at(visit, "calibrate"))
        case "calibrating":
            return Outcome(_at(replace(visit, begun=True), "calibrate"))
        case "ready":
            return Outcome(_at(visit, "warm-up"))
        case "in set":
            return Outcome(_at(visit, "set"))
        case "stopped":
            return Outcome(_at(visit, "stopped"))
        case "resting" | "summary":
            return _asks(visit, session)


def _at(visit: Visit, step: Step) -> Visit:
    return visit if visit.step == step else _to(visit, step)


def _calibrate_once(visit: Visit) -> Outcome:
    session = visit.session
    if session is None or session.link != "streaming" or visit.begun:
        return Outcome(visit)
    command = CheckCalibration() if session.known else StartCalibration()
    return Outcome(replace(visit, begun=True), (Send(command),))


def _asks(visit: Visit, session: Session) -> Outcome:
    if len(session.sets) > visit.asked:
        asked = replace(visit, asked=len(session.sets), pain_after=None, effort_after=None)
        return Outcome(_at(asked, "pain"))
    if visit.step == "stopped" and session.to_ask == "pain":
        return Outcome(_at(replace(visit, pain_after=None), "pain"))
    if visit.step in ("calibrate", "warm-up", "set", "stopped"):
        return _rests(visit)
    return Outcome(visit)


def _rests(visit: Visit) -> Outcome:
    done = visit.session is not None and visit.session.state == "summary"
    return Outcome(_at(visit, "summary" if done else "rest"))


def _leave(visit: Visit) -> Outcome:
    seen = None if visit.locked else visit.people
    fresh = Visit("who", people=seen, locked=visit.locked, last=visit.last, trouble=visit.trouble)
    return Outcome(fresh, (*_closing(visit), LoadPeople()))
