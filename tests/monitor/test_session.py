from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.calibration import Calibration
from analysis.results import (
    AnglesMeasured,
    Attempt,
    AttemptAborted,
    BreakPoint,
    Gap,
    GapFound,
    Phase,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
    SensorFault,
    SensorSlipped,
)
from monitor.plan import Plan, Tempo
from monitor.session import (
    SOUND_MODES,
    Calibrated,
    CalibrationAdvice,
    CalibrationFailed,
    CalibrationProgress,
    CheckCalibration,
    CheckWithLift,
    EndSession,
    GoOn,
    KnownCalibration,
    LinkChanged,
    ReportEffort,
    ReportPain,
    Session,
    SetSound,
    SoundSettings,
    StartCalibration,
    StartSet,
    StopSet,
    SuddenPain,
    SwitchExercise,
    Tick,
    Undo,
    advance,
    begin,
    unattended_command,
)
from monitor.set_posture import PostureLeft, StanceSeen, StandsStill, StartPostureEnded, StartPostureHeld

NORDIC = Plan("nordic", "left", 2, 3, Tempo(3.0), rest_between_sets_s=60, pain_limit=4)
BRIDGE = Plan("bridge", "left", 1, 2, Tempo(3.0, 2.0, 2.0), rest_between_sets_s=30)
CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")


def nordic_rep(start_s, lower_s=3.0, broke=False, reason=None):
    end = start_s + lower_s + 2
    phases = (Phase("lower", start_s, start_s + lower_s), Phase("return", end - 1.5, end))
    point = BreakPoint(start_s + 1, 40.0, 1.0, lower_s - 1) if broke else None
    return Rep("nordic", start_s, end, None if reason else lower_s, 75.0, phases, point, reason)


def bridge_rep(start_s, range_deg=24.0):
    phases = (Phase("lift", start_s, start_s + 2), Phase("lower", start_s + 2.5, start_s + 5.5))
    return Rep("bridge", start_s, start_s + 5.5, 3.0, range_deg, phases)


def angles(t_s, deg):
    return AnglesMeasured(np.atleast_1d(np.asarray(t_s, float)), np.atleast_1d(np.asarray(deg, float)))


class Run:
    """Feeds a session and keeps what came out."""

    def __init__(self, *plans, calibration=CALIBRATION):
        self.session = begin(plans or (NORDIC,), calibration)
        self.cues, self.records, self.hushed = [], [], 0
        self(LinkChanged("streaming"), 0.0)

    def __call__(self, item, now_s):
        outcome = advance(self.session, item, now_s)
        self.session = outcome.session
        self.cues += outcome.cues
        self.records += outcome.records
        self.hushed += outcome.hush
        return outcome

    def lowering(self, start_s, lower_s=3.0, to_deg=75.0, notice_s=0.2):
        self(angles(start_s, 0.0), start_s)
        self(PhaseStarted("lower", "nordic", start_s, start_s + notice_s), start_s + notice_s)
        for share in np.linspace(0.1, 1, 20):
            self(angles(start_s + share * lower_s, share * to_deg), start_s + share * lower_s)
        end = start_s + lower_s
        return self(PhaseEnded("lower", "nordic", start_s, end, end + 0.1), end + 0.1)


def kinds(cues):
    return [cue.kind for cue in cues]


def test_a_whole_session_from_calibration_to_summary():
    run = Run(NORDIC, BRIDGE, calibration=None)
    run(StartSet(), 1.0)
    assert run.session.state == "idle"
    assert "Calibrate first" in run.session.message
    run(StartCalibration(), 2.0)
    run(CalibrationFailed("Lift the knee higher."), 9.0)
    assert (run.session.state, run.session.message) == ("idle", "Lift the knee higher.")
    run(StartCalibration(), 10.0)
    run(Calibrated(CALIBRATION), 17.0)
    assert run.session.state == "ready"
    now = 20.0
    for number in (1, 2):
        run(StartSet(), now)
        assert run.session.current_set.number == number
        for _ in range(3):
            run.lowering(now + 1)
            run(RepCompleted(nordic_rep(now + 1), now + 6.5), now + 6.5)
            now += 8
        assert run.session.state == "resting"
        assert run.session.last_set.verdicts == ("in band",) * 3
        now += 60
    assert run.session.plan is BRIDGE
    run(StartSet(), now)
    for k in range(2):
        phases = (
            Phase("lift", now + 1, now + 3),
            Phase("hold", now + 3, now + 5),
            Phase("lower", now + 5, now + 8),
        )
        run(RepCompleted(Rep("bridge", now + 1, now + 8, 3.0, 30.0, phases), now + 9), now + 9)
        now += 10
        assert len(run.session.sets[-1].reps) == k + 1
    assert run.session.state == "summary"
    assert [record.kind for record in run.records if record.kind != "cue"].count("rep") == 8


def test_lowering_is_paced_from_its_dated_back_start_and_judged_once():
    run = Run()
    run(StartSet(), 10.0)
    run.cues.clear()
    run.lowering(12.0, 3.2)
    run(RepCompleted(nordic_rep(12.0, 3.2), 18.0), 18.0)
    assert kinds(run.cues) == ["lowering started", "path", "second", "second", "target", "in band"]
    assert [cue.due_s for cue in run.cues] == pytest.approx([12.2, 12.0, 13.0, 14.0, 15.0, 15.3])
    assert [cue.number for cue in run.cues] == [None, None, 1, 2, 3, None]
    assert [cue.lasts_s for cue in run.cues if cue.kind == "path"] == [3.0]
    paced = [record.data for record in run.records if record.kind == "cue"]
    assert {"cue": "second", "number": 2} in paced
    assert run.session.lowering.final
    assert run.session.lowering.seconds == 3.2


def test_the_completed_repetition_corrects_what_was_shown_live():
    run = Run()
    run(StartSet(), 10.0)
    run.lowering(12.0, 2.0)
    assert run.session.lowering.seconds == pytest.approx(2.0)
    assert not run.session.lowering.final
    run(RepCompleted(nordic_rep(11.9, 2.6), 18.0), 18.0)
    assert run.session.lowering.seconds == pytest.approx(2.6)
    assert run.session.sets[-1].verdicts == ("in band",)


@pytest.mark.parametrize("chunk", [1, 3, 60])
def test_silence_after_a_break_point_however_the_angles_come(chunk):
    run = Run()
    run(StartSet(), 10.0)
    run(angles(11.9, 0), 11.9)
    run(PhaseStarted("lower", "nordic", 12.0, 12.2), 12.2)
    run.cues.clear()
    t = np.arange(12.2, 13.4, 0.02)
    lean = np.where(t < 13.0, 30 * (t - 12), 30 + 150 * (t - 13.0))
    before = run.hushed
    for first in range(0, t.size, chunk):
        run(angles(t[first : first + chunk], lean[first : first + chunk]), t[min(first + chunk, t.size) - 1])
    assert run.hushed == before + 1
    assert run.session.falling
    run(PhaseEnded("lower", "nordic", 12.0, 13.4, 13.5), 13.5)
    run(RepCompleted(nordic_rep(12.0, 1.4, broke=True), 17.0), 17.0)
    assert run.cues == []
    assert run.session.sets[-1].verdicts == ("too fast",)


def test_a_controlled_lowering_is_not_taken_for_a_fall():
    run = Run()
    run(StartSet(), 10.0)
    run(PhaseStarted("lower", "nordic", 12.0, 12.2), 12.2)
    t = np.arange(12.2, 14.2, 0.02)
    run(angles(t, 45 * (t - 12)), 14.2)  # 90 deg in two seconds: fast, but held
    assert not run.session.falling


def test_a_phase_from_before_the_set_is_not_the_set_s():
    run = Run()
    run(StartSet(), 10.0)
    run(PhaseStarted("lower", "nordic", 9.0, 10.1), 10.1)
    assert run.session.phase is None


def test_swaying_gets_no_verdict_but_the_repetition_does():
    run = Run()
    run(StartSet(), 10.0)
    run.cues.clear()
    run.lowering(12.0, 1.0, to_deg=4.0)
    assert "too fast" not in kinds(run.cues)
    run(RepCompleted(nordic_rep(20.0, 3.0), 26.0), 26.0)
    assert kinds(run.cues)[-1] == "in band"


def test_a_repetition_belongs_to_the_set_in_which_its_lowering_began():
    run = Run()
    run(StartSet(), 10.0)
    run(StopSet(), 15.0)
    run(RepCompleted(nordic_rep(9.6), 15.5), 15.5)  # started just before the button
    run(RepCompleted(nordic_rep(14.0), 20.0), 20.0)  # ended after it
    run(RepCompleted(nordic_rep(16.0), 22.0), 22.0)  # between the sets
    run(RepCompleted(nordic_rep(2.0), 22.0), 22.0)
    assert [rep.start_s for rep in run.session.sets[0].reps] == [9.6, 14.0]
    assert [record.data["set"] for record in run.records if record.kind == "rep"] == [1, 1, None, None]


def test_another_exercise_is_not_counted():
    run = Run()
    run(StartSet(), 10.0)
    run(RepCompleted(Rep("bridge", 11, 17, 3.0, 30.0, (Phase("lower", 14, 17),)), 18), 18)
    assert run.session.sets[0].reps == ()


def test_a_lost_link_stops_the_clock_but_not_the_set():
    run = Run()
    run(StartSet(), 10.0)
    run(PhaseStarted("lower", "nordic", 12.0, 12.2), 12.2)
    outcome = run(LinkChanged("lost"), 13.0)
    assert outcome.hush
    assert kinds(outcome.cues) == ["signal lost"]
    assert run.session.phase is None
    assert run.session.state == "in set"
    outcome = run(LinkChanged("streaming"), 16.0)
    assert kinds(outcome.cues) == ["signal back"]
    run(RepCompleted(nordic_rep(12.0, reason="0.4 s of data are missing"), 18.0), 18.0)
    assert run.session.sets[0].verdicts == ("not measured",)
    assert kinds(run.cues)[-1] == "not measured"


@pytest.mark.parametrize("between", [(), ("connecting",), ("connecting", "lost", "connecting")], ids=len)
def test_who_heard_that_the_signal_is_lost_hears_that_it_is_back(between):
    run = Run()
    assert "signal back" not in kinds(run.cues)
    heard = []
    for at_s, state in enumerate(("lost", *between, "streaming"), 10):
        heard += kinds(run(LinkChanged(state), float(at_s)).cues)
    assert heard == ["signal lost", "signal back"]


def test_a_gap_in_a_lowering_takes_its_running_time_away():
    run = Run()
    run(StartSet(), 10.0)
    run(PhaseStarted("lower", "nordic", 12.0, 12.2), 12.2)
    outcome = run(GapFound(Gap(12.5, 12.9), 13.0), 13.0)
    assert outcome.hush
    assert run.session.phase is None


def test_nothing_is_encouraged_over_the_pain_limit():
    run = Run()
    run(StartSet(), 10.0)
    run(StopSet(), 15.0)
    run(ReportPain(5), 16.0)
    assert run.session.last_set.pain_over_limit
    assert run.session.state == "stopped"
    run.cues.clear()
    run(StartSet(), 19.0)
    assert run.session.state == "stopped"
    assert "Say first that you go on" in run.session.message
    run(GoOn(), 19.5)
    run(StartSet(), 20.0)
    assert kinds(run.cues) == ["set started"]
    run.lowering(22.0)
    run(RepCompleted(nordic_rep(22.0), 28.0), 28.0)
    assert kinds(run.cues) == ["set started"]
    run(StopSet(), 30.0)
    run(ReportPain(2), 31.0)
    assert run.session.encouraged
    assert [record.data for record in run.records if record.kind == "pain"] == [
        {"set": 1, "worst": 5},
        {"set": 2, "worst": 2},
    ]


@pytest.mark.parametrize("score", [-1, 11])
def test_an_impossible_pain_score_is_refused_with_a_sentence(score):
    run = Run()
    run(StartSet(), 10.0)
    run(StopSet(), 15.0)
    run(ReportPain(score), 16.0)
    assert run.session.last_set.pain is None
    assert run.session.message == "Pain is a number from 0 to 10."


def test_sound_off_paces_nothing_and_is_recorded():
    run = Run()
    run(SetSound("silent"), 5.0)
    run(StartSet(), 10.0)
    run.cues.clear()
    run.lowering(12.0)
    assert run.cues == []
    started = next(record for record in run.records if record.kind == "set_start")
    assert started.data["sound"] is False


def test_how_a_set_was_heard_is_recorded_with_it():
    run = Run()
    run(SetSound("tones", 0.5, "de"), 5.0)
    run(StartSet(), 10.0)
    run(SetSound(volume=0.25), 12.0)
    heard = SoundSettings("tones", 0.5, "de")
    assert run.session.sets[0].sound == heard
    assert run.session.sound_settings == SoundSettings("tones", 0.25, "de")
    started = next(record for record in run.records if record.kind == "set_start")
    assert started.data["sound"] is True
    assert started.data["sound_settings"] == {"mode": "tones", "volume": 0.5, "language": "de"}
    changes = [record.data for record in run.records if record.kind == "sound"]
    assert changes[1] == {"on": True, "mode": "tones", "volume": 0.25, "language": "de"}


def test_only_silence_hushes_what_was_announced():
    run = Run()
    assert not run(SetSound("voice"), 1.0).hush
    assert run(SetSound("silent"), 2.0).hush


@pytest.mark.parametrize("volume", [-0.1, 1.1, float("nan")])
def test_an_impossible_volume_is_refused_with_a_sentence(volume):
    run = Run()
    run(SetSound("tones", volume), 1.0)
    assert run.session.sound_settings == SoundSettings()
    assert run.session.message == "The volume is a number from 0 to 1."


@pytest.mark.parametrize(
    ("lower_s", "numbers"),
    [(1.0, [1]), (2.0, [1, 2]), (2.3, [1, None]), (2.5, [1, 2, None]), (0.7, [None]), (5.0, [1, 2, 3, 4, 5])],
)
def test_the_seconds_are_counted_up_to_the_target(lower_s, numbers):
    run = Run(replace(NORDIC, tempo=Tempo(lower_s)))
    run(StartSet(), 10.0)
    run.cues.clear()
    run(PhaseStarted("lower", "nordic", 12.0, 12.2), 12.2)
    counted = [cue for cue in run.cues if cue.kind in ("second", "target")]
    assert [cue.number for cue in counted] == numbers
    assert [cue.due_s - 12.0 for cue in counted] == pytest.approx([n or lower_s for n in numbers])


def test_nothing_is_called_too_fast_within_half_a_second():
    run = Run()
    run(StartSet(), 10.0)
    run.lowering(12.0, 0.45, to_deg=24.0)
    assert "too fast" not in kinds(run.cues)
    run(RepCompleted(nordic_rep(12.0, 0.45), 18.0), 18.0)
    assert kinds(run.cues).count("too fast") == 1


def test_a_repetition_that_was_not_measured_gets_no_other_verdict():
    run = Run()
    run(StartSet(), 10.0)
    run.cues.clear()
    run(RepCompleted(nordic_rep(12.0, reason="0.4 s of data are missing"), 18.0), 18.0)
    assert kinds(run.cues) == ["not measured"]


def test_upright_again_is_heard_and_so_is_that_one_is_left():
    run = Run()
    run(StartSet(), 10.0)
    heard = []
    for number in range(3):
        at = 12.0 + 8 * number
        run.lowering(at)
        run(PhaseStarted("return", "nordic", at + 3.5, at + 3.7), at + 3.7)
        run(angles(at + 4.5, 5.0), at + 4.5)
        run.cues.clear()
        outcome = run(PhaseEnded("return", "nordic", at + 3.5, at + 4.5, at + 4.7), at + 4.7)
        assert outcome.hush
        run(RepCompleted(nordic_rep(at), at + 5.5), at + 5.5)
        heard.append(kinds(run.cues))
    assert heard == [["top"], ["top", "last one"], ["set ended", "rest over"]]


LONG_HOLD = Plan("bridge", "left", 1, 3, Tempo(3.0, 45.0, 2.0, rest_s=2.0))


def test_the_top_of_a_bridge_and_the_hold_are_heard():
    run = Run(LONG_HOLD)
    run(StartSet(), 10.0)
    run.cues.clear()
    run(PhaseStarted("hold", "bridge", 15.0, 15.2), 15.2)
    assert [(cue.kind, cue.due_s, cue.number) for cue in run.cues] == [
        ("hold", 15.2, None),
        *(("second", 15.0 + n, n) for n in (10, 20, 30, 40)),
        ("hold over", 60.0, None),
    ]
    run.cues.clear()
    run(PhaseStarted("hold", "bridge", 15.0, 22.0), 22.0)  # after a try to leave the top
    assert "hold" not in kinds(run.cues)
    assert kinds(run.cues)[-1] == "hold over"


def test_a_bridge_without_a_prescribed_hold_has_a_top():
    run = Run(replace(BRIDGE, tempo=Tempo(3.0)))
    run(StartSet(), 10.0)
    run.cues.clear()
    run(PhaseStarted("hold", "bridge", 15.0, 15.2), 15.2)
    assert kinds(run.cues) == ["top"]


def test_the_next_lift_of_a_bridge_is_called_after_the_prescribed_rest():
    run = Run(LONG_HOLD)
    run(StartSet(), 10.0)
    run(angles(60.0, 20.0), 60.0)
    run(PhaseStarted("lower", "bridge", 60.0, 60.2), 60.2)
    run(angles(63.0, 0.0), 63.0)
    run.cues.clear()
    run(PhaseEnded("lower", "bridge", 60.0, 63.0, 63.2), 63.2)
    assert [(cue.kind, cue.due_s) for cue in run.cues] == [("in band", 63.2), ("lift", 65.0)]


def test_over_the_pain_limit_no_hold_is_paced():
    run = Run(replace(LONG_HOLD, sets=2))
    run(StartSet(), 10.0)
    run(StopSet(), 12.0)
    run(ReportPain(9), 13.0)
    run(GoOn(), 13.5)
    run(StartSet(), 14.0)
    run.cues.clear()
    assert run(PhaseStarted("hold", "bridge", 15.0, 15.2), 15.2).hush
    assert run.cues == []


def test_commands_at_the_wrong_moment_say_what_to_do():
    run = Run(calibration=None)
    run(LinkChanged("lost"), 1.0)
    run(StartCalibration(), 2.0)
    assert run.session.state == "idle"
    assert "Wait until the sensor sends data" in run.session.message
    run = Run()
    run(StartSet(), 1.0)
    run(StartCalibration(), 2.0)
    assert run.session.state == "in set"
    assert "Stop the set" in run.session.message


def test_an_unattended_session_presses_its_own_buttons():
    run = Run(calibration=None)
    assert unattended_command(run.session) == StartCalibration()
    run(StartCalibration(), 1.0)
    assert unattended_command(run.session) is None
    run(Calibrated(CALIBRATION), 8.0)
    assert unattended_command(run.session) == StartSet()
    run(StartSet(), 8.0)
    run(StopSet(), 20.0)
    assert unattended_command(run.session) is None
    run(Tick(), 80.0)
    assert unattended_command(run.session) == StartSet()


def test_where_sets_begin_by_themselves_an_unattended_session_only_calibrates():
    session = begin((NORDIC,), hands_free=True)
    session = advance(session, LinkChanged("streaming"), 0.0).session
    assert unattended_command(session) == StartCalibration()
    assert unattended_command(replace(session, state="ready", calibration=CALIBRATION)) is None


def test_a_lowering_from_standing_is_not_followed():
    run = Run()
    run(StartSet(), 1.0)
    run(StanceSeen("standing"), 1.5)
    run.lowering(2.0, 1.0, to_deg=22.0)
    assert (run.session.phase, run.session.lowering) == (None, None)
    assert kinds(run.cues) == ["set started"]
    run(StanceSeen("kneeling"), 4.0)
    run.lowering(5.0, 1.5)
    assert kinds(run.cues)[1:] == ["lowering started", "path", "second", "second", "target", "too fast"]


def test_what_leads_further_forward_than_the_way_to_the_knees_is_a_repetition_after_all():
    run = Run()
    run(StartSet(), 1.0)
    run(StanceSeen("standing"), 1.5)
    run.lowering(2.0, 3.5)
    # 75 deg in 3.5 s: it was known after 1.6 s, too late to say the first of them.
    cues = [(cue.kind, cue.number) for cue in run.cues][1:]
    assert cues == [
        ("lowering started", None),
        ("path", None),
        ("second", 2),
        ("target", 3),
        ("in band", None),
    ]
    assert run.session.lowering.seconds == pytest.approx(3.5)
    run(StartSet(), 8.0)
    run.lowering(9.0)
    assert kinds(run.cues)[-6:].count("lowering started") == 1


def test_a_lowering_seen_while_standing_is_forgotten_with_a_gap():
    run = Run()
    run(StartSet(), 1.0)
    run(StanceSeen("standing"), 1.5)
    run(angles(2.0, 0.0), 2.0)
    run(PhaseStarted("lower", "nordic", 2.0, 2.2), 2.2)
    run(GapFound(Gap(2.3, 3.0), 3.0), 3.0)
    run(angles(6.0, 60.0), 6.0)
    assert run.session.phase is None


def test_what_may_have_been_any_movement_is_not_judged_on_the_screen_either():
    run = Run()
    run(StartSet(), 1.0)
    run.lowering(2.0, 0.4)
    assert not run.session.lowering.fair
    run.lowering(5.0, 1.5)
    assert run.session.lowering.fair


ADVICE = CalibrationAdvice("Lift higher", "Once more.", 0.4, "do it again")


def test_advice_during_a_calibration_is_shown_and_heard():
    run = Run(calibration=None)
    run(ADVICE, 1.0)
    assert run.session.advice is None
    run(StartCalibration(), 2.0)
    run(ADVICE, 3.0)
    run(CalibrationProgress(0.6), 3.1)
    assert run.session.advice.headline == "Lift higher"
    assert run.session.advice.progress == 0.6
    assert kinds(run.cues) == ["do it again"]
    run(CalibrationAdvice("One more", "", 0.7, "good"), 5.0)
    run(CalibrationAdvice("Stand still", "", 0.7), 6.0)
    assert kinds(run.cues) == ["do it again", "good"]
    run(Calibrated(CALIBRATION), 7.0)
    assert (run.session.state, run.session.advice, run.session.message) == ("ready", None, None)


def test_who_switched_the_sounds_off_calibrates_in_silence():
    run = Run(calibration=None)
    run(SetSound("silent"), 1.0)
    run(StartCalibration(), 2.0)
    run(ADVICE, 3.0)
    assert run.session.advice == ADVICE
    assert run.cues == []


def test_a_known_sensor_is_checked_first():
    session = begin((NORDIC,), known=KnownCalibration(CALIBRATION))
    session = advance(session, LinkChanged("streaming"), 0.0).session
    assert session.state == "idle"
    assert session.to_check == KnownCalibration(CALIBRATION, lifts=0)
    assert unattended_command(session) == CheckCalibration()
    assert advance(session, StartSet(), 0.5).session.state == "idle"
    session = advance(session, CheckCalibration(), 1.0).session
    outcome = advance(session, Calibrated(CALIBRATION, 0.0, "standing"), 3.0)
    assert outcome.session.state == "ready"
    assert "check by a lift" in outcome.session.message
    assert outcome.records[0].data["checked_by"] == "standing"
    # What standing cannot see, a lift can: that is still to be had.
    session = outcome.session
    assert session.known is not None
    assert session.to_check == KnownCalibration(CALIBRATION, lifts=1)
    session = advance(session, CheckWithLift(), 4.0).session
    session = advance(session, Calibrated(CALIBRATION, 0.0, "standing and a lift"), 8.0).session
    assert (session.state, session.known, session.message) == ("ready", None, None)


def test_a_session_without_a_plan_is_refused():
    with pytest.raises(ValueError, match="at least one plan"):
        begin(())


def test_the_session_is_immutable():
    session = begin((NORDIC,))
    with pytest.raises(FrozenInstanceError):
        session.state = "in set"  # pyright: ignore
    for field in fields(Session):
        assert not isinstance(getattr(session, field.name), list | dict | set)


TIMES = st.floats(0, 100)
LOWER = st.sampled_from(["lower", "hold", "lift", "return"])
EXERCISE = st.sampled_from(["nordic", "bridge"])
INPUTS = st.one_of(
    st.builds(Tick),
    st.builds(StartCalibration),
    st.just(Calibrated(CALIBRATION)),
    st.builds(CalibrationFailed, st.text(max_size=10)),
    st.just(Calibrated(CALIBRATION, checked_by="standing")),
    st.builds(
        CalibrationAdvice,
        st.text(max_size=5),
        st.text(max_size=5),
        st.floats(0, 1),
        st.sampled_from([None, "good", "do it again", "hold still"]),
    ),
    st.builds(CalibrationProgress, st.floats(0, 1)),
    st.builds(CheckCalibration),
    st.builds(CheckWithLift),
    st.builds(StartSet),
    st.builds(StopSet),
    st.builds(ReportPain, st.integers(-2, 13)),
    st.builds(
        SetSound,
        st.sampled_from([None, *SOUND_MODES]),
        st.none() | st.floats(),
        st.sampled_from([None, "en", "de"]),
    ),
    st.builds(ReportEffort, st.integers(-2, 13)),
    st.builds(SuddenPain),
    st.builds(GoOn),
    st.builds(EndSession),
    st.builds(SwitchExercise, EXERCISE),
    st.builds(Undo),
    st.builds(StartPostureHeld, EXERCISE, TIMES, TIMES),
    st.builds(StartPostureEnded, TIMES),
    st.builds(PostureLeft, EXERCISE, st.sampled_from(["stood up", "sat up"]), TIMES),
    st.builds(StandsStill, TIMES),
    st.builds(StanceSeen, st.sampled_from(["standing", "kneeling", "unknown"])),
    st.builds(lambda e, t: AttemptAborted(Attempt(e, t, t + 1, 9.0), t + 2), EXERCISE, TIMES),
    st.builds(lambda t: RepCompleted(bridge_rep(t), t + 6), TIMES),
    st.builds(LinkChanged, st.sampled_from(["searching", "connecting", "streaming", "lost", "closed"])),
    st.builds(PhaseStarted, LOWER, EXERCISE, TIMES, TIMES),
    st.builds(PhaseEnded, LOWER, EXERCISE, TIMES, TIMES, TIMES),
    st.builds(lambda t, d: RepCompleted(nordic_rep(t, d), t + d + 3), TIMES, st.floats(0.5, 9)),
    st.builds(lambda t: RepCompleted(nordic_rep(t, reason="gap"), t + 6), TIMES),
    st.builds(lambda t: GapFound(Gap(t, t + 1), t + 1), TIMES),
    st.builds(SensorFault, st.text(max_size=5), TIMES),
    st.builds(SensorSlipped, st.text(max_size=5), TIMES),
    st.builds(lambda t, d: angles(t, d), TIMES, st.floats(-180, 180) | st.just(float("nan"))),
    st.just(AnglesMeasured(np.empty(0), np.empty(0))),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(INPUTS, st.floats(0, 5)), max_size=60), st.booleans())
def test_no_order_of_events_and_commands_breaks_the_session(steps, hands_free):
    known = KnownCalibration(CALIBRATION)
    session, now = begin((NORDIC, BRIDGE), known=known, hands_free=hands_free), 0.0
    for item, passes_s in steps:
        now += passes_s
        before = session
        outcome = advance(session, item, now)
        session = outcome.session
        assert session.now_s == now
        open_sets = [record for record in session.sets if record.stop_s is None]
        assert len(open_sets) == (session.state == "in set")
        assert (session.calibrating_since_s is not None) == (session.state == "calibrating")
        assert session.state in ("idle", "calibrating", "stopped", "summary") or session.calibration
        assert (session.stopped_for is not None) == (session.state == "stopped")
        # One word when everything stops, and nothing that follows from the movement after it.
        if session.state == "stopped":
            allowed = {"signal lost", "signal back"} if before.state == "stopped" else {"stop"}
            assert {cue.kind for cue in outcome.cues} <= allowed
        if outcome.cues and before.state != session.state == "stopped":
            assert outcome.hush
        assert session.advice is None or session.state == "calibrating"
        assert session.phase is None or session.state == "in set"
        assert 0 <= session.plan_index < 2
        assert len(session.sets) - len(before.sets) in ((-1, 0, 1) if hands_free else (0, 1))
        counted = [sum(len(r.reps) for r in each.sets) + len(each.others) for each in (before, session)]
        assert counted[1] - counted[0] <= 1
        for earlier, later in zip(session.sets, session.sets[1:], strict=False):
            assert earlier.stop_s is not None
            assert earlier.start_s <= earlier.stop_s
            assert earlier.start_s <= later.start_s
        assert session.state != "in set" or session.sets[-1].plan == session.plan
        for record in session.sets:
            for rep in record.reps:
                assert rep.exercise == record.plan.exercise
        assert before.link != "lost" or "second" not in kinds(outcome.cues) or isinstance(item, PhaseStarted)


def test_an_attempt_that_was_given_up_is_recorded_and_counts_as_nothing() -> None:
    session = begin((NORDIC,))

    outcome = advance(session, AttemptAborted(Attempt("nordic", 3.0, 4.5, 9.0), 5.0), 5.1)

    assert outcome.session == replace(session, now_s=5.1)
    (record,) = outcome.records
    assert (record.kind, record.t_s) == ("attempt", 3.0)
    assert record.data == {
        "set": None,
        "exercise": "nordic",
        "start_s": 3.0,
        "end_s": 4.5,
        "range_of_motion_deg": 9.0,
    }


def test_a_slip_is_said_recorded_and_remembered() -> None:
    session = begin((NORDIC,))

    outcome = advance(session, SensorSlipped("The sensor slipped.", 4.0), 4.1)

    assert outcome.session == replace(session, now_s=4.1, message="The sensor slipped.", slipped_s=4.0)
    assert [(record.kind, record.t_s) for record in outcome.records] == [("sensor_slipped", 4.0)]
    assert outcome.cues == ()


class TestLateSamples:
    """A sensor that collects its samples first tells of a phase when it is over."""

    def run(self, delay_s, plan=NORDIC):
        run = Run(plan)
        run(LinkChanged("lost"), 0.1)
        run(LinkChanged("streaming", delay_s), 0.2)
        run.cues.clear()
        run(StartSet(), 1.0)
        return run

    def test_nothing_paces_or_judges_before_the_repetition_is_known(self):
        run = self.run(2.5)
        run.lowering(2.0)
        assert kinds(run.cues) == ["set started"]
        assert run.session.phase is None
        assert run.session.lowering is None

    def test_the_result_and_its_verdict_come_after_each_repetition(self):
        run = self.run(2.5)
        for number in range(3):
            at = 2.0 + 8 * number
            run.lowering(at, 2.0)
            run(RepCompleted(nordic_rep(at, 2.0), at + 7.0), at + 7.0)
            assert run.session.lowering.seconds == 2.0
        assert len(run.session.last_set.reps) == 3
        assert kinds(run.cues) == ["set started", *["too fast"] * 3, "set ended", "rest over"]

    def test_the_hold_of_a_bridge_is_not_counted_down(self):
        run = self.run(2.5, BRIDGE)
        run(PhaseStarted("hold", "bridge", 3.0, 5.5), 5.5)
        assert kinds(run.cues) == ["set started"]

    def test_a_delay_that_nobody_hears_changes_nothing(self):
        run = self.run(0.36)
        run.lowering(2.0)
        paced = ["lowering started", "path", "second", "second", "target"]
        assert kinds(run.cues) == ["set started", *paced, "in band"]

    def test_a_link_that_is_lost_does_not_forget_the_delay(self):
        run = self.run(2.5)
        run(LinkChanged("lost"), 5.0)
        assert not run.session.live
        run(LinkChanged("streaming", 0.0), 6.0)
        assert run.session.live
