from __future__ import annotations

import sys
import types
import wave
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.session import CueKind
from monitor.sound import output
from monitor.sound.schedule import PERISHABLE, STALE_NS, Mixer, Schedule, TimedCue
from monitor.sound.tones import PEAK, RATE_HZ, sound

KINDS = get_args(CueKind.__value__ if hasattr(CueKind, "__value__") else CueKind)
MS = 1_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_cue_has_a_clean_sound(kind):
    samples = sound(kind)
    assert 0.03 * RATE_HZ <= samples.size <= 1.0 * RATE_HZ
    assert 0.2 <= np.abs(samples).max() <= PEAK + 1e-6
    assert abs(samples[0]) < 0.01  # no click at either end
    assert abs(samples[-1]) < 0.01
    assert np.abs(np.diff(samples)).max() < 0.25
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 1


def test_no_two_cues_sound_alike():
    for index, one in enumerate(KINDS):
        for other in KINDS[index + 1 :]:
            a, b = sound(one), sound(other)
            size = max(a.size, b.size)
            a, b = np.pad(a, (0, size - a.size)), np.pad(b, (0, size - b.size))
            likeness = float(a @ b / np.sqrt((a @ a) * (b @ b)))
            assert likeness < 0.9, (one, other)


CUES = st.builds(TimedCue, st.integers(0, 2_000 * MS), st.sampled_from(KINDS))


@given(st.lists(CUES, max_size=30), st.integers(0, 2_000 * MS))
def test_hush_keeps_exactly_what_is_due(cues, now_ns):
    kept = Schedule().add(tuple(cues)).hush(now_ns).pending
    assert sorted(kept) == sorted(cue for cue in cues if cue.host_ns <= now_ns)


@settings(deadline=None)
@given(st.lists(CUES, max_size=30), st.lists(st.integers(1, 300 * MS), min_size=1, max_size=20))
def test_every_cue_is_taken_once_and_in_time(cues, steps):
    schedule, at, taken = Schedule().add(tuple(cues)), 0, []
    for step in steps:
        due, schedule = schedule.take(at, at + step)
        for cue in due:
            assert cue.host_ns < at + step
        taken += due
        at += step
    assert sorted(taken + list(schedule.pending)) == sorted(cues)


def test_a_late_beat_is_dropped_and_a_late_verdict_is_not():
    late = STALE_NS + 1
    cues = (TimedCue(0, "second"), TimedCue(0, "too fast"), TimedCue(1, "target"))
    due, rest = Schedule().add(cues).take(late, late + 10)
    assert [cue.kind for cue in due] == ["too fast", "target"]
    assert rest.pending == ()
    assert "too fast" not in PERISHABLE


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=40), st.integers(0, 300 * MS))
def test_any_block_size_gives_the_same_sound(sizes, due_ns):
    def render(blocks):
        mixer = Mixer()
        mixer.play((TimedCue(due_ns, "in band"), TimedCue(due_ns + 50 * MS, "second")))
        parts, frame = [], 0
        for size in blocks:
            parts.append(mixer.mix(round(frame * 1e9 / RATE_HZ), size)[0])
            frame += size
        return np.concatenate(parts)

    total = sum(sizes)
    np.testing.assert_allclose(render(sizes), render([total]), atol=0.12)
    a, b = render(sizes).astype(float), render([total]).astype(float)
    if np.abs(b).max() > 0.1:
        assert float(a @ b / np.sqrt((a @ a) * (b @ b))) > 0.98


def test_a_cue_starts_at_its_sample():
    mixer = Mixer()
    mixer.play((TimedCue(500 * MS, "lowering started"),))
    before, none = mixer.mix(0, RATE_HZ // 2)
    assert not before.any()
    assert none == ()
    block, started = mixer.mix(490 * MS, 960)
    assert started == ((TimedCue(500 * MS, "lowering started"), 0),)
    first = int(np.flatnonzero(block)[0])
    assert first == pytest.approx(480, abs=1)


def test_a_late_cue_says_how_late_it_was():
    mixer = Mixer()
    mixer.play((TimedCue(0, "in band"),))
    _, started = mixer.mix(30 * MS, 480)
    assert started[0][1] == 30 * MS


def test_hush_silences_the_coming_beats():
    mixer = Mixer()
    mixer.play((TimedCue(100 * MS, "second"), TimedCue(200 * MS, "target")))
    mixer.hush(50 * MS)
    block, started = mixer.mix(0, RATE_HZ)
    assert not block.any()
    assert started == ()


def test_wav_holds_the_cues(tmp_path):
    path = tmp_path / "cues.wav"
    output.write_wav((("lowering started", 0), ("second", 1000 * MS), ("target", 2000 * MS)), path, 2.5)
    with wave.open(str(path)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getnframes()) == (
            RATE_HZ,
            1,
            int(2.5 * RATE_HZ),
        )
        samples = np.frombuffer(read.readframes(read.getnframes()), "<i2")
    for second in range(3):
        part = samples[second * RATE_HZ : second * RATE_HZ + RATE_HZ // 2]
        assert np.abs(part[:1000]).max() > 3000
        assert np.abs(part[-2000:]).max() == 0


class FakeStream:
    latency = 0.02

    def __init__(self, **options):
        self.options, self.closed, self.started = options, False, False

    def start(self):
        self.started = True

    def close(self):
        self.closed = True
        self.options["finished_callback"]()


def fake_sounddevice(monkeypatch, stream):
    module = types.ModuleType("sounddevice")
    module.PortAudioError = type("PortAudioError", (Exception,), {})
    module.OutputStream = stream
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


def test_the_loudspeaker_plays_cues_ahead_of_their_time(monkeypatch):
    fake_sounddevice(monkeypatch, FakeStream)
    monkeypatch.setattr(output.time, "monotonic_ns", lambda: 0)
    speaker = output.open_sound()
    assert isinstance(speaker, output.Loudspeaker)
    speaker.play((("in band", 15 * MS),))
    out = np.zeros((480, 1), dtype=np.float32)
    times = types.SimpleNamespace(outputBufferDacTime=10.010, currentTime=10.0)
    speaker._stream.options["callback"](out, 480, times, None)
    assert int(np.flatnonzero(out)[0]) == pytest.approx(240, abs=2)
    times = types.SimpleNamespace(outputBufferDacTime=0.0, currentTime=10.0)  # not filled in
    speaker._stream.options["callback"](out, 480, times, None)
    assert out.any()
    speaker.hush()
    speaker.close()
    assert speaker._stream.closed
    assert speaker.notice is None


def test_an_output_that_goes_away_is_told(monkeypatch):
    fake_sounddevice(monkeypatch, FakeStream)
    speaker = output.open_sound()
    speaker._stream.options["finished_callback"]()
    assert "goes on without sounds" in speaker.notice


def test_without_a_device_the_session_is_silent_with_a_notice(monkeypatch):
    module = fake_sounddevice(monkeypatch, None)

    def refuse(**options):
        raise module.PortAudioError("no default output")

    module.OutputStream = refuse
    silent = output.open_sound()
    assert silent.notice == "No sound: no sound output was found."
    silent.play((("second", 0),))
    silent.hush()
    silent.close()


def test_without_portaudio_the_session_is_silent_with_a_notice(monkeypatch):
    class Refusing:
        def find_spec(self, name, _path=None, _target=None):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    assert output.open_sound().notice == "No sound: the PortAudio library is missing."
