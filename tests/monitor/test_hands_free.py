"""Sets that begin and end by themselves, and the answers around them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.calibration import Calibration
from analysis.results import (
    Attempt,
    AttemptAborted,
    Phase,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
    SensorSlipped,
)
from monitor.plan import Plan, Tempo
from monitor.session import (
    LONGEST_SILENCE_S,
    Calibrated,
    EndSession,
    GoOn,
    LinkChanged,
    ReportEffort,
    ReportPain,
    StartCalibration,
    StartSet,
    StopSet,
    SuddenPain,
    SwitchExercise,
    Tick,
    Undo,
    advance,
    begin,
)
from monitor.set_posture import PostureLeft, StandsStill, StartPostureEnded, StartPostureHeld

NORDIC = Plan("nordic", "left", 2, 3, Tempo(3.0), rest_between_sets_s=60, pain_limit=4)
BRIDGE = Plan("bridge", "left", 2, 3, Tempo(3.0, 2.0, 2.0), rest_between_sets_s=30)
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")


def nordic(start_s, range_deg=70.0):
    phases = (Phase("lower", start_s, start_s + 3.0), Phase("return", start_s + 3.5, start_s + 5.0))
    return Rep("nordic", start_s, start_s + 5.0, 3.0, range_deg, phases)


def bridge(start_s, range_deg=24.0):
    phases = (Phase("lift", start_s, start_s + 1.5), Phase("lower", start_s + 2, start_s + 5.0))
    return Rep("bridge", start_s, start_s + 5.0, 3.0, range_deg, phases)


class Run:
    def __init__(self, *plans, **options):
        self.session = begin(plans or (NORDIC,), CALIBRATION, hands_free=options.pop("hands_free", True))
        self.cues, self.records, self.hushed = [], [], 0
        self(LinkChanged("streaming"), 0.0)

    def __call__(self, item, now_s):
        outcome = advance(self.session, item, now_s)
        self.session = outcome.session
        self.cues += outcome.cues
        self.records += outcome.records
        self.hushed += outcome.hush
        return outcome

    def kneels(self, at_s):
        return self(StartPostureHeld("nordic", at_s - 2.0, at_s), at_s)

    def rep(self, rep, late_s=0.6):
        return self(RepCompleted(rep, rep.end_s + late_s), rep.end_s + late_s)

    def recorded(self, kind):
        return [record.data for record in self.records if record.kind == kind]


def kinds(cues):
    return [cue.kind for cue in cues]


def test_holding_the_start_posture_starts_the_set_it_was_held_for():
    run = Run()
    outcome = run.kneels(10.0)
    assert run.session.state == "in set"
    assert run.session.current_set.start_s == 8.0
    assert kinds(outcome.cues) == ["set started"]
    assert run.recorded("set_start")[0]["started_by"] == "posture"


def test_a_slider_begins_and_ends_in_the_posture_of_a_bridge():
    slider = Plan("slider", "left", 1, 3, Tempo(4.0))
    run = Run(NORDIC, slider)
    run(StartPostureHeld("bridge", 8.0, 10.0), 10.0)
    assert run.session.current_set.plan == slider
    run(PostureLeft("bridge", "sat up", 60.0), 60.0)
    assert run.session.state != "in set"


@pytest.mark.parametrize(
    "prepare",
    [
        lambda run: run(StartCalibration(), 1.0),
        lambda run: run(LinkChanged("lost"), 1.0),
        lambda run: run(EndSession(), 1.0),
        lambda run: run(SuddenPain(), 1.0),
    ],
    ids=["calibrating", "no signal", "session over", "pain"],
)
def test_nothing_starts_by_itself_at_the_wrong_time(prepare):
    run = Run()
    prepare(run)
    state = run.session.state
    run.kneels(10.0)
    assert run.session.state == state
    assert run.session.sets == ()


def test_only_a_session_that_wants_it_is_hands_free():
    run = Run(hands_free=False)
    run.kneels(10.0)
    run.rep(nordic(12.0))
    assert run.session.state == "ready"
    run(StartSet(), 20.0)
    run.rep(nordic(21.0))
    run(PostureLeft("nordic", "stood up", 30.0), 30.0)
    run(Tick(), 30.0 + 2 * LONGEST_SILENCE_S)
    assert run.session.state == "in set"


def test_a_posture_held_through_the_rest_starts_the_next_set_when_the_rest_is_over():
    run = Run()
    run.kneels(10.0)
    for start_s in (12.0, 19.0, 26.0):
        run.rep(nordic(start_s))
    assert run.session.state == "resting"
    until_s = run.session.rest_until_s
    run.kneels(40.0)
    run(Tick(), until_s - 0.1)
    assert run.session.state == "resting"
    run(Tick(), until_s + 0.1)
    assert run.session.state == "in set"
    assert run.session.current_set.number == 2
    run(StopSet(), until_s + 5)
    assert run.session.sets[1].start_s >= run.session.sets[0].stop_s


def test_who_lies_still_through_a_long_rest_begins_the_next_set_once():
    run = Run(replace(BRIDGE, reps=1, rest_between_sets_s=LONGEST_SILENCE_S + 30))
    run(StartPostureHeld("bridge", 8.0, 10.0), 10.0)
    run.rep(bridge(11.0))
    over_s = run.session.rest_until_s
    run(StartPostureHeld("bridge", 20.0, 22.0), 22.0)
    for late_s in (0.1, 0.2, 0.3, 10.0):
        run(Tick(), over_s + late_s)
        assert run.session.state == "in set"
    assert len(run.recorded("set_start")) == 2
    assert run.recorded("set_withdrawn") == []


def test_a_posture_that_was_let_go_of_does_not():
    run = Run()
    run.kneels(10.0)
    for start_s in (12.0, 19.0, 26.0):
        run.rep(nordic(start_s))
    run.kneels(40.0)
    run(StartPostureEnded(45.0), 45.0)
    run(Tick(), run.session.rest_until_s + 1)
    assert run.session.state == "resting"


def test_who_does_not_wait_for_the_start_loses_no_repetition():
    run = Run()
    outcome = run.rep(nordic(12.0))
    assert run.session.state == "in set"
    assert run.session.current_set.reps == (nordic(12.0),)
    assert run.session.current_set.started_by == "repetition"
    assert "set started" in kinds(outcome.cues)


def test_standing_up_ends_a_set_and_undo_takes_it_up_again():
    run = Run()
    run.kneels(10.0)
    run.rep(nordic(12.0))
    run(PostureLeft("nordic", "stood up", 25.0), 25.0)
    assert run.session.state == "resting"
    assert run.recorded("set_stop")[0]["why"] == "stood up"
    run(Undo(), 27.0)
    assert run.session.state == "in set"
    assert run.session.current_set.reps == (nordic(12.0),)
    run.rep(nordic(30.0))
    assert len(run.session.current_set.reps) == 2


def test_a_set_in_which_nothing_was_done_never_was():
    run = Run()
    run.kneels(10.0)
    run(PostureLeft("nordic", "stood up", 20.0), 20.0)
    assert (run.session.state, run.session.sets, run.session.to_ask) == ("ready", (), None)
    assert run.recorded("set_withdrawn") == [{"set": 1, "why": "stood up"}]
    run.kneels(30.0)
    assert run.session.current_set.number == 1


def test_who_pressed_start_at_the_desk_may_walk_to_the_mat():
    run = Run()
    run(StartSet(), 5.0)
    run(PostureLeft("nordic", "walked away", 8.0), 8.0)
    assert run.session.state == "in set"
    run.rep(nordic(12.0))
    run(PostureLeft("nordic", "stood up", 20.0), 20.0)
    assert run.session.state == "resting"


def test_the_posture_of_another_exercise_is_nobody_s_business():
    run = Run()
    run.kneels(10.0)
    run.rep(nordic(12.0))
    run(PostureLeft("bridge", "sat up", 20.0), 20.0)
    assert run.session.state == "in set"


def test_a_long_silence_ends_a_set_but_a_long_hold_is_none():
    run = Run(BRIDGE)
    run(StartPostureHeld("bridge", 8.0, 10.0), 10.0)
    run.rep(bridge(11.0))
    run(PhaseStarted("hold", "bridge", 18.0, 18.2), 18.2)
    run(Tick(), 18.0 + 2 * LONGEST_SILENCE_S)
    assert run.session.state == "in set"
    at_s = run.session.now_s
    run(PhaseEnded("hold", "bridge", 18.0, at_s, at_s), at_s)
    run(Tick(), at_s + LONGEST_SILENCE_S - 1)
    assert run.session.state == "in set"
    run(Tick(), at_s + LONGEST_SILENCE_S + 1)
    assert run.session.state == "resting"
    assert run.recorded("set_stop")[0]["why"] == "silence"


def test_today_s_exercises_may_come_in_any_order():
    run = Run(NORDIC, BRIDGE)
    run(StartPostureHeld("bridge", 8.0, 10.0), 10.0)
    assert run.session.current_set.plan is BRIDGE
    for start_s in (12.0, 19.0, 26.0):
        run.rep(bridge(start_s))
    assert run.session.plan is BRIDGE
    run(StartSet(), 100.0)
    for start_s in (102.0, 109.0, 116.0):
        run.rep(bridge(start_s))
    assert run.session.plan is NORDIC
    assert run.session.state == "resting"


class TestTheOtherExercise:
    def test_its_repetitions_wait_for_one_key(self):
        run = Run()
        run.kneels(10.0)
        run.rep(bridge(14.0))
        assert run.session.proposal == "bridge"
        assert run.session.current_set.reps == ()
        run.rep(bridge(22.0))
        run(SwitchExercise("bridge"), 30.0)
        record = run.session.current_set
        assert record.reps == (bridge(14.0), bridge(22.0))
        assert record.plan.exercise == "bridge"
        assert record.plan.tempo == Tempo(3.0)
        assert record.planned == NORDIC
        assert run.session.proposal is None
        switched = run.recorded("exercise_switched")[0]
        assert (switched["plan"]["exercise"], switched["planned"]["exercise"]) == ("bridge", "nordic")
        run.rep(bridge(32.0))
        assert run.session.state == "resting"

    def test_a_switch_can_be_taken_back(self):
        run = Run()
        run.kneels(10.0)
        run.rep(bridge(14.0))
        run(SwitchExercise("bridge"), 20.0)
        run(Undo(), 21.0)
        assert run.session.current_set.plan == NORDIC
        assert run.session.current_set.reps == ()
        assert run.session.others == (bridge(14.0),)
        assert run.session.plan == NORDIC

    def test_where_both_were_done_each_gets_its_own_set(self):
        run = Run()
        run.kneels(10.0)
        run.rep(nordic(12.0))
        run.rep(bridge(30.0))
        run(SwitchExercise("bridge"), 40.0)
        first, second = run.session.sets
        assert (first.reps, second.reps) == ((nordic(12.0),), (bridge(30.0),))
        assert (first.plan.exercise, second.plan.exercise, second.planned) == ("nordic", "bridge", NORDIC)
        assert run.session.state == "in set"

    def test_going_on_with_the_plan_is_an_answer_too(self):
        run = Run()
        run.kneels(10.0)
        run.rep(bridge(14.0))
        run.rep(nordic(25.0))
        assert run.session.proposal is None

    def test_a_set_that_has_ended_can_still_be_counted_as_what_it_was(self):
        run = Run()
        run.kneels(10.0)
        for start_s in (12.0, 20.0):
            run.rep(bridge(start_s))
        run(PostureLeft("nordic", "lay down", 30.0), 30.0)
        assert (run.session.state, run.session.proposal) == ("resting", "bridge")
        run(SwitchExercise("bridge"), 35.0)
        record = run.session.last_set
        assert (record.reps, record.planned, record.stop_s) == ((bridge(12.0), bridge(20.0)), NORDIC, 30.0)
        assert (run.session.state, run.session.proposal) == ("resting", None)
        run(Undo(), 36.0)
        assert (run.session.last_set.reps, run.session.last_set.stop_s) == ((), 30.0)
        assert run.session.proposal == "bridge"

    def test_single_ones_are_not_asked_about_once_the_set_is_over(self):
        run = Run()
        run.kneels(10.0)
        run.rep(nordic(12.0))
        run.rep(bridge(20.0))
        run(StopSet(), 30.0)
        assert run.session.proposal is None

    def test_before_a_set_it_starts_one(self):
        run = Run()
        run.rep(bridge(14.0))
        assert (run.session.state, run.session.proposal) == ("ready", "bridge")
        run(SwitchExercise("bridge"), 20.0)
        assert run.session.state == "in set"
        assert run.session.current_set.reps == (bridge(14.0),)
        assert run.session.current_set.planned == NORDIC


class TestPain:
    def finished(self):
        run = Run()
        run.kneels(10.0)
        for start_s in (12.0, 19.0, 26.0):
            run.rep(nordic(start_s))
        run.cues.clear()
        return run

    def test_over_the_limit_everything_stops_until_one_goes_on_deliberately(self):
        run = self.finished()
        run(ReportPain(5), 35.0)
        assert (run.session.state, run.session.stopped_for) == ("stopped", "pain over the limit")
        run.kneels(200.0)
        run(Tick(), 300.0)
        run.rep(nordic(301.0))
        run(StartSet(), 310.0)
        assert run.session.state == "stopped"
        assert kinds(run.cues) == ["stop"]
        run(GoOn(), 320.0)
        assert run.session.state == "resting"
        run.kneels(330.0)
        assert run.session.state == "resting"
        run(StartSet(), 340.0)
        assert run.session.state == "in set"
        assert not run.session.encouraged

    def test_a_wrong_key_is_corrected_by_undo_or_by_another_number(self):
        run = self.finished()
        run(ReportPain(9), 35.0)
        run(Undo(), 36.0)
        assert (run.session.state, run.session.last_set.pain) == ("resting", None)
        run(ReportPain(9), 37.0)
        run(ReportPain(2), 38.0)
        assert (run.session.state, run.session.last_set.pain) == ("resting", 2)
        assert [data["worst"] for data in run.recorded("pain")] == [9, None, 9, 2]

    def test_sudden_pain_stops_a_set_in_the_middle_with_one_word(self):
        run = Run()
        run.kneels(10.0)
        run(PhaseStarted("lower", "nordic", 12.0, 12.2), 12.2)
        run.cues.clear()
        outcome = run(SuddenPain(), 13.0)
        assert outcome.hush
        assert (run.session.state, run.session.stopped_for) == ("stopped", "sudden pain")
        assert kinds(run.cues) == ["stop"]
        assert run.recorded("set_stop")[0]["why"] == "sudden pain"
        run(ReportPain(2), 20.0)
        assert run.session.state == "stopped"
        run(GoOn(), 21.0)
        assert not run.session.encouraged
        run(StartSet(), 30.0)
        run.rep(nordic(32.0))
        run(StopSet(), 45.0)
        run(ReportPain(1), 46.0)
        assert run.session.encouraged

    def test_effort_is_asked_after_pain_and_kept(self):
        run = self.finished()
        assert run.session.to_ask == "pain"
        run(ReportPain(2), 35.0)
        assert run.session.to_ask == "effort"
        run(ReportEffort(7), 36.0)
        assert run.session.to_ask is None
        assert run.session.last_set.effort == 7
        assert run.recorded("effort") == [{"set": 1, "score": 7}]
        run(Undo(), 37.0)
        assert run.session.last_set.effort is None
        run(Undo(), 38.0)
        assert run.session.last_set.pain is None
        run(ReportEffort(11), 39.0)
        assert run.session.message == "Effort is a number from 0 to 10."


def test_a_session_can_be_ended_in_the_middle_of_a_set():
    run = Run()
    run.kneels(10.0)
    run.rep(nordic(12.0))
    outcome = run(EndSession(), 20.0)
    assert run.session.state == "summary"
    assert kinds(outcome.cues) == ["set ended"]
    assert run.session.last_set.stop_s == 20.0


def test_what_was_given_up_belongs_to_its_set():
    run = Run()
    given_up = Attempt("nordic", 12.0, 13.0, 9.0)
    run(AttemptAborted(given_up, 9.5), 9.5)
    run.kneels(10.0)
    run(AttemptAborted(given_up, 14.0), 14.0)
    assert run.session.current_set.attempts == (given_up,)
    assert [data["set"] for data in run.recorded("attempt")] == [None, 1]


def test_a_sensor_that_slipped_is_checked_when_the_person_next_stands_still():
    run = Run()
    run.kneels(10.0)
    run.rep(nordic(12.0))
    run(SensorSlipped("The sensor slipped.", 20.0), 20.0)
    run(StandsStill(21.0), 21.0)
    assert run.session.state == "in set"
    run(StopSet(), 25.0)
    rest_s = run.session.rest_until_s
    run(StandsStill(27.0), 27.0)
    assert (run.session.state, run.session.checking) == ("calibrating", True)
    run(Calibrated(CALIBRATION, 27.0, "standing and a lift"), 34.0)
    assert (run.session.state, run.session.rest_until_s) == ("resting", rest_s)
    run(StandsStill(40.0), 40.0)
    assert run.session.state == "resting"
