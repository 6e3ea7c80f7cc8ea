"""The visit as a state machine: what is on the screen, and what is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.calibration import Calibration
from analysis.results import Phase, Rep, RepCompleted
from drivers.link import FoundSensor
from monitor.dashboard.pages.screens import screen
from monitor.dashboard.scenes import ISOMETRIC, Scene
from monitor.known_sensors import LastSensor
from monitor.plan import Plan, Tempo
from monitor.plans.before import Before
from monitor.plans.texts import ASK_FIRST, STOP_NOW
from monitor.session import (
    Calibrated,
    CheckCalibration,
    KnownCalibration,
    LinkChanged,
    ReportPain,
    StartCalibration,
    StartSet,
    StopSet,
    advance,
    begin,
)
from monitor.visit import (
    AD_HOC,
    AcceptLimits,
    AddPerson,
    Air,
    AnotherPlan,
    AnotherSensor,
    Back,
    ChoosePerson,
    ChooseSensor,
    ChooseSide,
    ChooseToday,
    CloseSession,
    EffortAfter,
    EnterPin,
    ExerciseOnly,
    Finish,
    Go,
    GoOnDeliberately,
    KeepMorning,
    KeepPlan,
    Leave,
    LoadPeople,
    LoadTemplates,
    LoadToday,
    NamePerson,
    NewPerson,
    OpenFailed,
    OpenList,
    OpenSession,
    PainAfter,
    PainToday,
    PeopleLoaded,
    PeopleLocked,
    PeopleUnlocked,
    PersonAdded,
    RememberLimits,
    ReportMorning,
    Send,
    SensorsFound,
    SessionSeen,
    ShowLimits,
    Skip,
    StoreFailed,
    Tell,
    Tick,
    TodayLoaded,
    UnlockPeople,
    Visit,
    advance_visit,
    begin_visit,
)
from monitor.visit_store import PersonRow, Today, WaitingMorning, templates

PLAN = Plan("nordic", "both", 2, 5, Tempo(3.0), rest_between_sets_s=60, pain_limit=3)
TODAY = Today("Nordics", 4, (PLAN,), None, None)
MARIE = PersonRow("P-1", "Marie", date(2026, 11, 28), WaitingMorning("s1", datetime(2026, 11, 28, 18)))
JONAS = PersonRow("P-2", "Jonas", None, None)
SENSOR = FoundSensor("WT901", "AA:01", "witmotion", -50)
OTHER = FoundSensor("Movesense", "AA:02", "movesense", -60)
LAST = LastSensor("aa:01", "witmotion", "WT901", "left")
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")


class Walk:
    """A visit, moved on step by step. effects: everything it asked for."""

    def __init__(self, outcome):
        self.visit, self.effects = outcome.visit, list(outcome.effects)

    def take(self, *items):
        for item in items:
            outcome = advance_visit(self.visit, item)
            self.visit = outcome.visit
            self.effects += outcome.effects
        return self

    @property
    def step(self):
        return self.visit.step

    @property
    def last(self):
        return self.effects[-1]


class Live:
    """The session beside a visit: it does what the visit sends, as the engine would."""

    def __init__(self, walk, known=None):
        opened = next(each for each in walk.effects if isinstance(each, OpenSession))
        self.walk = walk
        self.session = begin(opened.plans, known=known)
        self.now_s = 0.0
        self.done = len(walk.effects)

    def do(self, item, seconds=1.0):
        self.now_s += seconds
        self.session = advance(self.session, item, self.now_s).session
        return self.seen()

    def seen(self):
        self.walk.take(SessionSeen(self.session, 80))
        while self.done < len(self.walk.effects):
            effect = self.walk.effects[self.done]
            self.done += 1
            if isinstance(effect, Send):
                self.do(effect.command, 0.1)
        return self


def returning(last=LAST):
    walk = Walk(begin_visit(limits_seen=True, last=last))
    return walk.take(PeopleLoaded((JONAS, MARIE)))


def at_sensor(last=LAST):
    return returning(last).take(ChoosePerson("P-2"), TodayLoaded(TODAY), Go(), PainToday(1))


def running(known=None):
    walk = at_sensor().take(SensorsFound((SENSOR,)))
    live = Live(walk, known)
    live.do(LinkChanged("streaming"))
    return walk, live


def in_set():
    walk, live = running()
    live.do(Calibrated(CALIBRATION))
    walk.take(Tell(StartSet()))
    live.seen()
    return walk, live


def test_a_returning_person_is_three_clicks_away_from_the_first_repetition():
    clicks = [ChoosePerson("P-2"), Go(), PainToday(1)]
    walk = returning().take(SensorsFound((SENSOR,)))
    walk.take(clicks[0], TodayLoaded(TODAY), *clicks[1:])
    live = Live(walk, KnownCalibration(CALIBRATION))

    live.do(LinkChanged("streaming"))
    assert walk.step == "calibrate"
    assert Send(CheckCalibration()) in walk.effects
    live.do(Calibrated(CALIBRATION, checked_by="standing"))

    assert walk.step == "warm-up"
    # The set begins when the start posture is held.
    live.do(StartSet())
    assert walk.step == "set"
    assert len(clicks) == 3


def test_without_plan_and_person_the_sensor_is_two_clicks_away():
    walk = Walk(begin_visit(limits_seen=True, last=LAST)).take(SensorsFound((SENSOR,)))

    walk.take(ExerciseOnly(), ChooseToday(AD_HOC[1]))

    assert isinstance(walk.last, OpenSession)
    assert walk.last.plans[0].exercise == "bridge"
    assert walk.last.side == "left"


def test_the_limits_are_shown_once_and_can_be_read_at_any_time():
    walk = Walk(begin_visit(limits_seen=False))
    assert walk.step == "limits"
    walk.take(AcceptLimits())
    assert walk.step == "who"
    assert walk.last == RememberLimits()

    walk.take(ShowLimits())
    assert walk.step == "limits"
    walk.take(AcceptLimits())
    assert walk.step == "who"
    assert walk.effects.count(RememberLimits()) == 1


def test_the_limits_can_be_read_between_two_sets():
    walk, live = in_set()
    live.do(StopSet())
    walk.take(ShowLimits())
    live.seen()
    assert walk.step == "limits"
    walk.take(Back())
    assert walk.step == "pain"


def test_somebody_new_is_entered_and_gets_a_plan():
    walk = Walk(begin_visit(limits_seen=True)).take(PeopleLoaded(()), NewPerson(), NamePerson("  Elif  "))
    assert walk.last == AddPerson("Elif")
    walk.take(PersonAdded(JONAS), TodayLoaded(Today("", None, (), None, None)), Go())
    assert walk.step == "templates"
    assert walk.last == LoadTemplates()
    walk.take(ChooseToday(TODAY))
    assert walk.last == KeepPlan("P-2", TODAY)
    assert (walk.step, walk.visit.today) == ("plan", TODAY)


def test_without_a_name_one_exercises_without_a_plan():
    walk = returning().take(NewPerson(), NamePerson("   "))
    assert walk.step == "exercise"
    assert not any(isinstance(each, AddPerson) for each in walk.effects)
    assert walk.take(Back()).step == "name"


def test_the_morning_after_is_asked_first_and_takes_one_tap():
    walk = returning().take(ChoosePerson("P-1"))
    assert walk.step == "morning"
    walk.take(ReportMorning(2, back_to_usual=True))
    assert walk.step == "plan"
    assert KeepMorning("s1", 2, back_to_usual=True) in walk.effects
    # What is suggested may depend on it.
    assert walk.last == LoadToday("P-1")


@pytest.mark.parametrize(
    "answers", [(Tick(STOP_NOW[0]), Skip()), (Tick(ASK_FIRST[0]), PainToday(0)), (PainToday(4),)]
)
def test_what_speaks_against_exercising_stops_before_the_sensor(answers):
    walk = returning().take(ChoosePerson("P-2"), TodayLoaded(TODAY), Go(), *answers)
    assert walk.step == "advice"
    assert not any(isinstance(each, OpenSession) for each in walk.effects)

    walk.take(SensorsFound((SENSOR,)), GoOnDeliberately())
    opened = walk.last
    assert isinstance(opened, OpenSession)
    assert opened.before == Before(walk.visit.pain, walk.visit.stops)


def test_pain_at_the_limit_is_allowed():
    assert at_sensor().take(Back(), PainToday(3)).step == "sensor"


def test_a_point_that_does_not_apply_after_all_can_be_taken_back():
    walk = returning().take(ChoosePerson("P-2"), TodayLoaded(TODAY), Go())
    walk.take(Tick(STOP_NOW[0]), Tick(STOP_NOW[0]), Skip())
    assert walk.step == "sensor"


def test_not_today_ends_the_visit_without_a_recording():
    walk = returning().take(ChoosePerson("P-2"), TodayLoaded(TODAY), Go(), PainToday(9), Leave())
    assert walk.step == "who"
    assert walk.visit.person is None
    assert not any(isinstance(each, OpenSession | CloseSession) for each in walk.effects)


def test_the_only_sensor_in_reach_is_taken_and_its_leg_is_asked_for():
    walk = at_sensor(last=None).take(SensorsFound((SENSOR,)))
    assert (walk.visit.sensor, walk.visit.opened) == (SENSOR, False)
    walk.take(ChooseSide("right"))
    assert walk.last.side == "right"
    assert walk.last.plans == (PLAN,)


def test_what_one_leg_does_at_a_time_is_done_by_the_leg_with_the_sensor():
    single = next(each for each in templates() if each.stage == 4)
    walk = returning().take(ChoosePerson("P-2"), TodayLoaded(single), Go(), PainToday(0))
    walk.take(SensorsFound((SENSOR,)))
    assert walk.last.plans[0].side == "left"


def test_among_several_sensors_that_of_last_time_is_taken():
    walk = at_sensor().take(SensorsFound((OTHER, SENSOR)))
    assert walk.visit.sensor == SENSOR
    assert walk.visit.opened


@pytest.mark.parametrize(("last", "found"), [(LAST, (OTHER,)), (None, (SENSOR, OTHER))])
def test_no_sensor_is_taken_on_a_guess(last, found):
    walk = at_sensor(last).take(SensorsFound(found))
    assert walk.visit.sensor is None
    walk.take(ChooseSensor(found[0]), ChooseSide("left"))
    assert walk.visit.opened


def test_sensors_keep_their_places_in_the_list_as_signals_rise_and_fall():
    twin = replace(SENSOR, address="AA:03", rssi_dbm=-80)
    walk = at_sensor(last=None).take(SensorsFound((SENSOR, twin)))
    nearer = replace(twin, rssi_dbm=-40)
    walk.take(SensorsFound((nearer, OTHER, SENSOR)))
    assert walk.visit.found == (SENSOR, nearer, OTHER)
    assert walk.visit.sensor is None
    walk.take(SensorsFound((nearer,)))
    assert walk.visit.sensor is None, "somebody is choosing: what is left is not taken instead"


def test_the_wrong_sensor_is_let_go_and_another_one_chosen():
    walk = at_sensor().take(SensorsFound((SENSOR, OTHER)))
    walk.take(AnotherSensor(), SensorsFound((SENSOR, OTHER)))
    assert walk.visit.sensor is None
    assert not walk.visit.opened
    walk.take(ChooseSensor(OTHER))
    assert walk.last.sensor == OTHER


def test_a_nearly_empty_battery_waits_for_a_person():
    walk = at_sensor().take(SensorsFound((SENSOR,)))
    streaming = advance(begin((PLAN,)), LinkChanged("streaming"), 1.0).session
    walk.take(SessionSeen(streaming, 5))
    assert walk.step == "sensor"
    walk.take(Go())
    assert walk.step == "calibrate"


def test_the_calibration_begins_by_itself_once():
    walk, live = running()
    assert walk.effects.count(Send(StartCalibration())) == 1
    live.do(LinkChanged("lost")).do(LinkChanged("streaming"))
    assert walk.effects.count(Send(StartCalibration())) == 1


def test_a_recording_that_cannot_begin_leads_back_to_the_sensor_and_says_why():
    walk = at_sensor().take(SensorsFound((SENSOR,)), OpenFailed("The disk is full."))
    assert walk.step == "sensor"
    assert walk.visit.trouble == "The disk is full."
    assert not walk.visit.opened


def test_after_each_set_pain_and_effort_are_asked_and_then_there_is_a_rest():
    walk, live = in_set()
    live.do(StopSet())
    assert walk.step == "pain"
    walk.take(PainAfter(2))
    live.seen()
    assert (walk.step, live.session.sets[0].pain) == ("effort", 2)
    walk.take(EffortAfter(6))
    assert walk.step == "rest"


def test_after_too_much_pain_the_stop_page_comes_and_no_question_before_it():
    walk, live = in_set()
    live.do(StopSet())
    walk.take(PainAfter(9), SessionSeen(live.session, 80))
    assert walk.step == "pain"
    live.seen()
    assert (walk.step, live.session.sets[0].pain) == ("stopped", 9)


def test_answers_can_be_left_out_and_taken_back():
    walk, live = in_set()
    live.do(StopSet())
    walk.take(Skip(), Skip())
    assert walk.step == "rest"
    walk.take(Back(), Back())
    assert walk.step == "pain"
    walk.take(PainAfter(1))
    live.seen()
    assert live.session.sets[0].pain == 1


def test_a_set_that_begins_by_itself_takes_the_screen_from_any_question():
    walk, live = in_set()
    live.do(StopSet())
    assert walk.step == "pain"
    live.do(StartSet(), 70.0)
    assert walk.step == "set"


def test_after_the_last_set_comes_the_summary_and_the_visit_is_filed():
    walk, live = in_set()
    live.do(StopSet()).do(StartSet(), 70.0).do(StopSet())
    walk.take(Skip(), Skip())
    assert walk.step == "summary"
    walk.take(Leave())
    assert CloseSession("P-2", Before(1, ())) in walk.effects
    assert walk.last == LoadPeople()
    assert (walk.step, walk.visit.opened) == ("who", False)


def test_a_visit_can_be_finished_between_two_sets():
    walk, live = in_set()
    live.do(StopSet())
    walk.take(Skip(), Skip(), Finish())
    live.seen()
    assert walk.step == "summary"


def test_going_back_from_the_calibration_lets_the_sensor_go_and_keeps_the_recording():
    walk, _ = running()
    walk.take(Back())
    assert isinstance(walk.last, CloseSession)
    assert (walk.step, walk.visit.opened) == ("sensor", False)


def test_the_calibration_can_be_repeated_from_the_warm_up():
    walk, live = running()
    live.do(Calibrated(CALIBRATION))
    walk.take(Back())
    live.seen()
    assert walk.step == "calibrate"


def test_going_back_during_a_set_does_nothing():
    walk, live = in_set()
    walk.take(Back())
    live.seen()
    assert walk.step == "set"


@pytest.mark.parametrize("step", ["who", "plan", "name"])
def test_a_broken_catalogue_stops_nobody(step):
    walk = Walk(begin_visit(limits_seen=True, last=LAST))
    if step != "who":
        walk.take(PeopleLoaded((JONAS,)), NewPerson() if step == "name" else ChoosePerson("P-2"))
    walk.take(StoreFailed("The catalogue is damaged."), Skip())
    if walk.step != "exercise":
        walk.take(ExerciseOnly())
    walk.take(ChooseToday(AD_HOC[0]), SensorsFound((SENSOR,)))
    assert walk.visit.opened
    assert isinstance(walk.last, OpenSession)


ITEMS = [
    AcceptLimits(), ShowLimits(), PeopleLoaded((JONAS, MARIE)), StoreFailed("broken"), ChoosePerson("P-1"),
    ChoosePerson("nobody"), NewPerson(), NamePerson("X"), PersonAdded(JONAS), ExerciseOnly(),
    ReportMorning(3, back_to_usual=False), TodayLoaded(TODAY), AnotherPlan(), ChooseToday(TODAY),
    Tick(STOP_NOW[0]), PainToday(2), PainToday(9), GoOnDeliberately(), SensorsFound((SENSOR,)),
    SensorsFound(()), ChooseSensor(SENSOR), AnotherSensor(), ChooseSide("left"), ChooseSide("right"),
    OpenFailed("no"), Tell(StartSet()), PainAfter(3), EffortAfter(3), Finish(), Leave(), Go(), Skip(), Back(),
]  # fmt: skip


def sessions():
    idle = begin((PLAN,))
    streaming = advance(idle, LinkChanged("streaming"), 1.0).session
    calibrating = advance(streaming, StartCalibration(), 2.0).session
    ready = advance(calibrating, Calibrated(CALIBRATION), 5.0).session
    running = advance(ready, StartSet(), 6.0).session
    resting = advance(running, StopSet(), 20.0).session
    hurt = advance(resting, ReportPain(9), 21.0).session
    over = replace(resting, state="summary")
    return [idle, streaming, calibrating, ready, running, resting, hurt, over]


@given(
    st.lists(
        st.one_of(st.sampled_from(ITEMS), st.sampled_from([SessionSeen(each, 50) for each in sessions()]))
    )
)
def test_no_order_of_inputs_breaks_a_visit(items):
    walk = Walk(begin_visit(limits_seen=True, last=LAST))
    opened = 0
    for item in items:
        before = len(walk.effects)
        walk.take(item)
        assert isinstance(walk.visit, Visit)
        for effect in walk.effects[before:]:
            if isinstance(effect, OpenSession):
                opened += 1
            elif isinstance(effect, CloseSession):
                opened -= 1
        # Never two sessions at a time, and one is open exactly when the visit says so.
        assert opened == int(walk.visit.opened) or isinstance(item, OpenFailed)
        opened = int(walk.visit.opened)


@pytest.mark.parametrize("last", [LAST, None], ids=["known sensor", "new sensor"])
def test_a_plan_for_one_leg_says_which_leg_wears_the_sensor(last):
    plan = replace(PLAN, side="right")
    walk = returning(last).take(ChoosePerson("P-2"), TodayLoaded(replace(TODAY, plans=(plan,))), Go())
    walk.take(PainToday(1), SensorsFound((SENSOR,)))
    assert isinstance(walk.last, OpenSession)
    assert (walk.last.side, walk.last.plans[0].side) == ("right", "right")


def test_a_plan_with_both_legs_in_turn_asks_which_one_it_is():
    plans = (replace(PLAN, side="left"), replace(PLAN, side="right"))
    walk = returning(None).take(ChoosePerson("P-2"), TodayLoaded(replace(TODAY, plans=plans)), Go())
    walk.take(PainToday(1), SensorsFound((SENSOR,)))
    assert walk.visit.side is None
    assert not walk.visit.opened


def locked():
    return Walk(begin_visit(limits_seen=True, last=LAST)).take(PeopleLocked())


def test_with_a_pin_no_name_is_shown_until_a_therapist_opens_the_list_for_one_choice():
    walk = locked()
    assert walk.visit.people is None
    walk.take(Go())
    assert walk.step == "pin"
    walk.take(EnterPin("2468"))
    assert walk.last == UnlockPeople("2468")
    walk.take(PeopleUnlocked((JONAS, MARIE)))
    assert (walk.step, walk.visit.people) == ("who", (JONAS, MARIE))

    walk.take(ChoosePerson("P-2"))
    assert walk.visit.person is not None
    assert walk.visit.people is None
    walk.take(Back())
    assert (walk.step, walk.visit.people) == ("who", None)


def test_a_wrong_pin_says_how_long_to_wait_and_opens_nothing():
    walk = locked().take(OpenList(), EnterPin("0000"), PeopleLocked(4))
    assert (walk.step, walk.visit.pin_wait_s, walk.visit.people) == ("pin", 4, None)
    walk.take(Back())
    assert (walk.step, walk.visit.pin_wait_s) == ("who", None)


def test_an_answer_that_comes_when_the_therapist_has_left_shows_no_name():
    walk = locked().take(OpenList(), EnterPin("2468"), Back(), PeopleUnlocked((JONAS, MARIE)))
    assert (walk.step, walk.visit.people) == ("who", None)


def test_after_a_visit_the_list_is_closed_again():
    walk = locked().take(OpenList(), EnterPin("2468"), PeopleUnlocked((JONAS, MARIE)), ChoosePerson("P-2"))
    walk.take(TodayLoaded(TODAY), Go(), PainToday(9))
    assert walk.step == "advice"
    walk.take(Leave())
    assert (walk.step, walk.visit.people, walk.visit.locked) == ("who", None, True)


def test_without_a_therapist_one_can_exercise_without_a_plan():
    walk = locked().take(ExerciseOnly())
    assert walk.step == "exercise"


def test_where_the_pin_is_gone_the_list_is_open():
    walk = locked().take(PeopleLoaded((JONAS, MARIE)))
    assert walk.visit.people == (JONAS, MARIE)
    assert not walk.visit.locked


def test_after_a_set_of_long_holds_it_is_said_how_long_they_were():
    scene = Scene(replace(ISOMETRIC, reps=2)).streaming().do(StartSet(), 2.0)
    for start_s, hold_s in ((4.0, 44.0), (60.0, 40.0)):
        lift = Phase("lift", start_s, start_s + 2.0)
        hold = Phase("hold", lift.end_s, lift.end_s + hold_s)
        lower = Phase("lower", hold.end_s, hold.end_s + 3.0)
        rep = Rep("bridge", start_s, lower.end_s, 3.0, 24.0, (lift, hold, lower))
        scene.do(RepCompleted(rep, rep.end_s + 0.5), rep.end_s + 0.5)
    shown = screen(Visit("pain", session=scene.session), Air(), scene.picture(), 0, date(2026, 1, 1))
    assert "2 of 2 repetitions  ·  held 42 s on average" in str(shown)
