"""Sets as they are heard: from the events of the measurement to the samples of the loudspeaker."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from analysis.calibration import Calibration
from analysis.calibration_guide import WORDS, Advice
from analysis.pipeline import Pipeline
from analysis.results import (
    AnglesMeasured,
    BreakPoint,
    Phase,
    PhaseEnded,
    PhaseStarted,
    Rep,
    RepCompleted,
)
from analysis.simulate import Movement, Sensor
from benchmarks.sound_card import late_ms
from monitor.engine import _as_input
from monitor.plan import Plan, Tempo
from monitor.session import (
    Calibrated,
    CalibrationAdvice,
    Cue,
    CueKind,
    GoOn,
    LinkChanged,
    ReportPain,
    SetSound,
    SoundMode,
    StartCalibration,
    StartSet,
    StopSet,
    SuddenPain,
    Undo,
    advance,
    begin,
)
from monitor.sound.schedule import FADE, TONE_FIRST, Mixer, TimedCue
from monitor.sound.tones import RATE_HZ, sound
from monitor.sound.words import COUNTED, word_of, words

CALIBRATION = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")
BLOCK_S = 0.01
ADVICE = [Advice(0.0, kind, "stand still", *said) for kind, said in WORDS.items()]
FADE_S = FADE / RATE_HZ


class Heard:
    """A session with a loudspeaker: what is done at an instant of the session is heard from then on."""

    def __init__(self, mode: SoundMode, reps=3, lower_s=4.0, plans=()):
        plan = Plan("nordic", "left", 2, reps, Tempo(lower_s), rest_between_sets_s=60, pain_limit=4)
        self.session, self.mixer, self.blocks = begin(plans or (plan,), CALIBRATION), Mixer(), []
        self.kinds = set()
        self.mixer.use(self.session.sound_settings)
        self(LinkChanged("streaming"), 0.0)
        self(SetSound(mode), 0.0)
        # The sample of it is not what is listened to.
        self.mixer = Mixer()
        self.mixer.use(self.session.sound_settings)

    @property
    def now_s(self):
        return BLOCK_S * len(self.blocks)

    def until(self, t_s):
        """Let time go on; what was done before cannot be done any more."""
        while self.now_s < t_s:
            self.blocks.append(self.mixer.mix(round(1e9 * self.now_s), round(BLOCK_S * RATE_HZ)))

    def __call__(self, item, t_s):
        assert t_s > self.now_s - BLOCK_S
        self.until(t_s)
        before = self.session.sound_settings
        outcome = advance(self.session, item, t_s)
        self.session = outcome.session
        if self.session.sound_settings != before:
            self.mixer.use(self.session.sound_settings)
        if outcome.hush:
            self.mixer.hush(round(1e9 * t_s))
        self.kinds |= {cue.kind for cue in outcome.cues}
        if outcome.cues:
            self.mixer.play(tuple(TimedCue(round(1e9 * cue.due_s), cue) for cue in outcome.cues))

    def nordic(self, at_s, lower_s, *, breaks_s=None, not_measured=None):
        """Lower, lie, and come back; with breaks_s the lowering is a fall from there on."""
        self(AnglesMeasured(np.array([at_s]), np.array([0.0])), at_s)
        self(PhaseStarted("lower", "nordic", at_s, at_s + 0.2), at_s + 0.2)
        for t_s in np.arange(at_s + 0.22, at_s + lower_s, 0.02):
            held_s = lower_s if breaks_s is None else breaks_s
            lean = 15.0 * min(t_s - at_s, held_s) + 150.0 * max(0.0, t_s - at_s - held_s)
            self(AnglesMeasured(np.array([t_s]), np.array([lean])), t_s)
        end_s = at_s + lower_s
        self(PhaseEnded("lower", "nordic", at_s, end_s, end_s + 0.12), end_s + 0.12)
        self(PhaseStarted("return", "nordic", end_s + 0.6, end_s + 0.8), end_s + 0.8)
        self(AnglesMeasured(np.array([end_s + 1.5]), np.array([3.0])), end_s + 1.5)
        self(PhaseEnded("return", "nordic", end_s + 0.6, end_s + 1.6, end_s + 1.7), end_s + 1.7)
        phases = (Phase("lower", at_s, end_s), Phase("return", end_s + 0.6, end_s + 1.6))
        point = None if breaks_s is None else BreakPoint(at_s + breaks_s, 30.0, breaks_s, lower_s - breaks_s)
        seconds = None if not_measured else lower_s
        rep = Rep("nordic", at_s, end_s + 1.6, seconds, 60.0, phases, point, not_measured)
        self(RepCompleted(rep, end_s + 2.2), end_s + 2.2)

    def sounds(self, from_s, to_s):
        """The samples that were heard between two instants."""
        self.until(to_s + 1.0)
        samples = np.concatenate(self.blocks)
        return samples[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]

    def says(self, word, at_s, within_ms=1.0):
        """Whether a word begins at an instant, looked for by correlation in what was heard."""
        self.until(at_s + 3.0)
        off_ms = late_ms((0.0, np.concatenate(self.blocks)), words("en")[word], at_s)
        return off_ms is not None and abs(off_ms) <= within_ms

    def after_tone(self, kind, at_s):
        """When the word of a cue begins whose instant is at_s."""
        tones = self.session.sound_settings.mode != "voice"
        return at_s + (TONE_FIRST * sound(kind).size / RATE_HZ if tones else 0.0)

    def is_silent(self, from_s, to_s):
        return not self.sounds(from_s, to_s).any()


@pytest.mark.parametrize("mode", ["voice", "voice and tones"])
def test_a_lowering_is_counted_to_the_target_and_judged(mode):
    heard = Heard(mode)
    heard(StartSet(), 0.5)
    heard.nordic(2.5, 4.5)
    assert heard.says("go", heard.after_tone("set started", 0.5))
    for second in (1, 2, 3, 4):
        assert heard.says(str(second), 2.5 + second)
    assert heard.says("good", heard.after_tone("in band", 7.12))
    assert heard.says("top", heard.after_tone("top", 2.5 + 4.5 + 1.7))


ISOMETRIC = Plan("bridge", "left", 5, 1, Tempo(3.0, 45.0, 3.0), rest_between_sets_s=120, pain_limit=4)


def test_a_hold_of_45_seconds_is_counted_in_tens_and_ends_with_a_word():
    heard = Heard("voice", plans=(ISOMETRIC,))
    heard(StartSet(), 0.5)
    heard(PhaseStarted("lift", "bridge", 3.0, 3.2), 3.2)
    heard(PhaseEnded("lift", "bridge", 3.0, 6.0, 6.3), 6.3)
    heard(PhaseStarted("hold", "bridge", 6.0, 6.3), 6.3)
    # A try to leave the top, and the top again: what has passed is not counted twice.
    heard(PhaseStarted("hold", "bridge", 6.0, 30.0), 30.0)
    for second in (10, 20, 30, 40):
        assert heard.says(str(second), 6.0 + second)
    assert heard.says("lower", 6.0 + 45.0)
    for from_s, to_s in ((8.0, 15.99), (17.0, 25.99), (27.5, 35.99), (37.5, 45.99), (47.5, 50.99)):
        assert heard.is_silent(from_s, to_s)


def test_a_hold_that_is_left_early_is_counted_no_further():
    heard = Heard("voice", plans=(ISOMETRIC,))
    heard(StartSet(), 0.5)
    heard(PhaseStarted("hold", "bridge", 6.0, 6.3), 6.3)
    heard(PhaseEnded("hold", "bridge", 6.0, 24.0, 24.2), 24.2)
    assert heard.says("10", 16.0)
    assert heard.is_silent(24.3, 55.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_measured_hold_of_45_seconds_is_counted_without_a_break(seed):
    script = Movement(seed=seed)
    script.still(4.0)
    script.knee_lifts()
    script.still(2.0)
    script.kneel_down()
    script.kneeling_to_supine()
    script.still(4.0)
    script.bridge(lift_s=3.0, hold_s=45.0, lower_s=3.0, rise_deg=20.0)
    script.still(6.0)
    simulated = script.session(Sensor())
    samples = simulated.samples
    session = advance(begin((ISOMETRIC,), simulated.calibration), LinkChanged("streaming"), 0.0).session
    session = advance(session, SetSound("voice"), 0.0).session
    pipeline, started = Pipeline(calibration=simulated.calibration), False
    cues: list[tuple[float, Cue]] = []
    for first in range(0, len(samples), 4):
        part = samples[first : first + 4]
        now_s = float(part.t_s[-1])
        if not started and now_s > simulated.reps[0].start_s - 1.0:
            session, started = advance(session, StartSet(), now_s).session, True
        for event in pipeline.step(part):
            outcome = advance(session, event, now_s)
            session = outcome.session
            if outcome.hush:
                # Due later: not heard any more.
                cues = [each for each in cues if each[1].due_s <= now_s]
            cues += [(now_s, cue) for cue in outcome.cues]
    hold = session.sets[0].reps[0].phase("hold")
    counting = ("hold", "second", "hold over")
    in_hold = [cue for _, cue in cues if cue.kind in counting and hold.start_s < cue.due_s < hold.end_s]
    assert [(cue.kind, cue.number) for cue in in_hold] == [
        ("hold", None),
        *(("second", number) for number in (10, 20, 30, 40)),
        ("hold over", None),
    ]
    assert abs(in_hold[-1].due_s - (hold.start_s + 45.0)) < 0.3
    assert abs(hold.duration_s - 45.0) < 0.6


def test_the_path_is_heard_only_while_somebody_lowers():
    heard = Heard("tones")
    heard(StartSet(), 0.5)
    heard.nordic(2.5, 2.6)
    assert heard.is_silent(1.2, 2.69)
    assert np.abs(heard.sounds(2.85, 5.2)).reshape(-1, 480).max(axis=1).min() > 0.05
    verdict_over_s = 5.22 + 0.35
    assert heard.is_silent(verdict_over_s + 0.05, 2.5 + 2.6 + 1.69)


@pytest.mark.parametrize("mode", ["voice", "tones", "voice and tones"])
def test_after_a_break_point_there_is_no_sound_until_it_is_over(mode):
    heard = Heard(mode, reps=1)
    heard(StartSet(), 0.5)
    heard.nordic(2.5, 3.0, breaks_s=2.1)
    # The fall is known 60 ms after it began; "two" was being said.
    assert not heard.is_silent(4.5, 4.6)
    assert heard.is_silent(4.6 + 0.1 + FADE_S, 2.5 + 3.0 + 2.19)


def test_what_was_not_measured_is_called_that_and_nothing_else():
    heard = Heard("voice", reps=2)
    heard(StartSet(), 0.5)
    heard.until(10.0)
    rep = Rep("nordic", 3.0, 9.0, None, 60.0, (Phase("lower", 3.0, 6.0),), None, "0.4 s of data are missing")
    heard(RepCompleted(rep, 10.0), 10.0)
    assert heard.says("not-measured", 10.0)
    assert heard.is_silent(1.2, 9.99)
    after_s = 10.0 + (words("en")["not-measured"].size + words("en")["last-one"].size) / RATE_HZ
    assert heard.is_silent(after_s, after_s + 2.0)


def test_over_the_pain_limit_a_set_is_opened_and_closed_and_nothing_more():
    heard = Heard("voice and tones")
    heard(StartSet(), 0.5)
    heard(StopSet(), 2.0)
    heard(ReportPain(7), 4.0)
    heard(GoOn(), 5.0)
    heard(StartSet(), 10.0)
    for at_s in (12.0, 20.0, 28.0):
        heard.nordic(at_s, 3.0)
    assert heard.is_silent(11.0, 28.0 + 3.0 + 2.19)
    assert heard.says("set-done", heard.after_tone("set ended", 28.0 + 3.0 + 2.2))


def test_calibrating_says_to_hold_still():
    heard = Heard("voice")
    heard(StartCalibration(), 0.5)
    heard(CalibrationAdvice("Hold still", "The leg is turning.", 0.1, "hold still"), 2.0)
    assert heard.says("hold-still", 2.0)
    assert heard.is_silent(0.0, 1.99)


@pytest.mark.parametrize("mode", ["voice", "tones", "voice and tones"])
def test_a_stop_for_pain_is_said_once_and_then_it_is_silent(mode):
    heard = Heard(mode)
    heard(StartSet(), 0.5)
    heard(StopSet(), 2.0)
    # The end of the rest, a minute later, is announced already.
    heard(ReportPain(7), 5.0)
    assert mode == "tones" or heard.says("stop", heard.after_tone("stop", 5.0))
    assert not heard.is_silent(5.0, 5.2)
    assert heard.is_silent(7.0, 70.0)
    assert heard.is_silent(3.5, 4.99)


def test_sudden_pain_in_a_lowering_ends_the_count_with_a_stop():
    heard = Heard("tones")
    heard(StartSet(), 0.5)
    heard(PhaseStarted("lower", "nordic", 2.5, 2.7), 2.7)
    heard(SuddenPain(), 4.7)
    assert np.array_equal(
        heard.sounds(4.7 + FADE_S, 5.2),
        sound("stop")[round(FADE_S * RATE_HZ) :][: round((0.5 - FADE_S) * RATE_HZ)],
    )
    assert heard.is_silent(6.0, 70.0)


def test_a_number_that_is_corrected_gives_the_end_of_the_rest_back():
    heard = Heard("voice")
    heard(StartSet(), 0.5)
    heard(StopSet(), 2.0)
    heard(ReportPain(7), 5.0)
    heard(Undo(), 8.0)
    assert heard.is_silent(8.0, 61.9)
    assert heard.says("rest-over", 62.0)


def test_during_a_calibration_nobody_is_told_that_the_rest_is_over():
    heard = Heard("voice")
    heard(StartSet(), 0.5)
    heard(StopSet(), 2.0)
    heard(StartCalibration(), 58.0)
    heard(Calibrated(CALIBRATION), 65.0)
    assert heard.is_silent(57.0, 70.0)
    heard = Heard("voice")
    heard(StartSet(), 0.5)
    heard(StopSet(), 2.0)
    heard(StartCalibration(), 20.0)
    heard(Calibrated(CALIBRATION), 30.0)
    assert heard.says("rest-over", 62.0)


def test_there_is_no_sound_that_is_never_made():
    made = {_as_input([advice], 0.5).cue for advice in ADVICE} - {None}
    plans = (
        Plan("nordic", "left", 1, 2, Tempo(3.0), rest_between_sets_s=5, pain_limit=4),
        Plan("bridge", "left", 2, 4, Tempo(3.0, 1.0, 1.0, 1.0), rest_between_sets_s=5, pain_limit=4),
    )
    heard = Heard("tones", plans=plans)
    heard(StartSet(), 0.5)
    heard.nordic(2.5, 3.0)
    heard.nordic(10.0, 1.0)
    heard(StartSet(), 20.0)
    heard(LinkChanged("lost"), 21.0)
    heard(LinkChanged("streaming"), 22.0)
    heard(AnglesMeasured(np.array([23.0]), np.array([-130.0])), 23.0)
    heard(PhaseStarted("hold", "bridge", 24.8, 25.0), 25.0)
    heard(AnglesMeasured(np.array([26.0]), np.array([-100.0])), 26.0)
    heard(PhaseStarted("lower", "bridge", 26.2, 26.4), 26.4)
    heard(AnglesMeasured(np.array([32.0]), np.array([-130.0])), 32.0)
    heard(PhaseEnded("lower", "bridge", 26.2, 32.2, 32.4), 32.4)
    rep = Rep(
        "bridge", 33.0, 39.0, None, 24.0, (Phase("lower", 36.0, 39.0),), None, "0.4 s of data are missing"
    )
    heard(RepCompleted(rep, 40.0), 40.0)
    heard(StopSet(), 41.0)
    heard(ReportPain(9), 42.0)
    assert {*made, *heard.kinds} == set(get_args(CueKind))
    assert {name for name in map(word_of, (Cue(kind, 0.0) for kind in get_args(CueKind))) if name} | {
        str(number) for number in COUNTED
    } == set(words("en"))


def test_silent_is_silent():
    heard = Heard("silent")
    heard(StartSet(), 0.5)
    heard.nordic(2.5, 4.5)
    heard(LinkChanged("lost"), 12.0)
    heard(LinkChanged("streaming"), 14.0)
    assert heard.is_silent(0.0, 20.0)
