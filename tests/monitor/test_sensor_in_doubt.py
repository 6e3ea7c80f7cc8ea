"""A sensor that misbehaves, through the engine: said once, recorded, and no longer said when it is over."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from analysis import ImuSamples
from analysis.calibration import Calibration
from analysis.results import MAY_HAVE_MOVED, Event, RestCompared, SensorFault
from analysis.simulate import Movement, Sensor, SimulatedSession
from analysis.simulate.sensor import Slip
from drivers import plain, witmotion
from drivers.link import BleSource, LinkTiming
from drivers.source import BATTERY_LEVEL_PREFIX, LinkStatus, RawPacket, SensorInfo, SourceItem
from monitor import virtual_patient
from monitor.engine import FAULT_SHOWN_S, TICK_S, Engine
from monitor.plan import Plan, Tempo
from monitor.snapshot import Snapshot
from monitor.virtual_patient import VirtualPatient

INFO = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0, acc_range_mps2=157.0, gyr_range_radps=35.0)
PLAN = Plan("nordic", "left", 1, 20, Tempo(2.5))
BATTERY = f"{BATTERY_LEVEL_PREFIX}-0000-1000-8000-00805f9b34fb"
STILL_S = 2.0


class Recorder:
    trouble = None

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def event(self, kind: str, host_ns: int, data: dict[str, Any]) -> None:
        assert host_ns >= 0
        self.events.append((kind, data))

    def packet(self, packet: RawPacket) -> None: ...

    def link(self, status: LinkStatus) -> None: ...

    def samples(self, samples: ImuSamples) -> None: ...

    def describe_sensor(self, sensor: SensorInfo) -> None: ...

    def close(self) -> None: ...

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for each, data in self.events if each == kind]


class Quiet:
    """A pipeline that has nothing to say: what is heard comes from the live check."""

    def step(self, samples: ImuSamples) -> list[Event]:
        assert len(samples)
        return []

    def finish(self) -> list[Event]:
        return []


class Script:
    """Sends packets as fast as they are taken; the clock is theirs. It looks at the picture while it does."""

    def __init__(self, info: SensorInfo, packets: Iterable[RawPacket], look_every: int = 50) -> None:
        self.info, self.packets_, self.look_every = info, list(packets), look_every
        self.now_ns = 0
        self.engine: Engine | None = None
        self.seen: list[Snapshot] = []

    async def packets(self) -> AsyncIterator[SourceItem]:
        yield LinkStatus(0, "streaming", "Receiving")
        for number, packet in enumerate(self.packets_):
            self.now_ns = packet.host_ns
            yield packet
            if number % self.look_every == 0 and self.engine is not None:
                await asyncio.sleep(1.2 * TICK_S)
                self.seen.append(self.engine.snapshot)


def plain_packets(samples: ImuSamples) -> list[RawPacket]:
    parts = [samples[first : first + 4] for first in range(0, len(samples), 4)]
    return [
        RawPacket(round(float(part.t_s[-1]) * 1e9) + 1, plain.CHARACTERISTIC, plain.encode(part))
        for part in parts
    ]


def run(
    packets: list[RawPacket], info: SensorInfo = INFO, look_every: int = 50, **options: Any
) -> tuple[Recorder, list[Snapshot]]:
    source, recorder = Script(info, packets, look_every), Recorder()
    options.setdefault("pipeline", lambda _: Quiet())
    engine = Engine(source, recorder, (PLAN,), clock_ns=lambda: source.now_ns, **options)
    source.engine = engine
    with engine:
        assert engine.wait(100)
        return recorder, [*source.seen, engine.snapshot]


def nordics(sensor: Sensor | None = None) -> ImuSamples:
    script = Movement(seed=12)
    script.still(STILL_S)
    for _ in range(3):
        script.nordic(lower_s=2.5, to_deg=60.0, return_s=1.5, hold_s=0.2)
        script.still(0.3)
    return script.session(sensor or Sensor(mount_deg=(20.0, -35.0, 170.0))).samples


def resting(seconds: float = 5.0) -> ImuSamples:
    script = Movement(seed=3)
    script.still(seconds)
    return script.session(Sensor(mount_deg=(90.0, 10.0, 0.0))).samples


def changed(
    samples: ImuSamples, acc: Any = 1.0, gyr: Any = 1.0, order: list[int] | None = None
) -> ImuSamples:
    assert samples.gyr_radps is not None
    rate = samples.gyr_radps if order is None else samples.gyr_radps[:, order]
    return ImuSamples(samples.t_s, samples.acc_mps2 * acc, rate * gyr)


FAULTS = {
    "force of 0.8 g": (changed(resting(), acc=0.8), "0.8 g"),
    "force of 1.3 g": (changed(resting(), acc=1.3), "1.3 g"),
    "range of the accelerometer": (changed(resting(), acc=4.0), "measuring range"),
    "gyroscope times two": (changed(nordics(), gyr=2.0), "does not agree"),
    "range of the gyroscope": (changed(nordics(), gyr=0.25), "does not agree"),
    "dead gyroscope": (changed(nordics(), gyr=0.0), "does not agree"),
    "gyroscope axes swapped": (changed(nordics(), order=[1, 0, 2]), "does not agree"),
    "stuck axis beside the movement": (changed(nordics(), gyr=np.array([1.0, 1.0, 0.0])), "z axis is stuck"),
    "stuck axis of the movement": (changed(nordics(), gyr=np.array([1.0, 0.0, 1.0])), "does not agree"),
}


@pytest.mark.parametrize(("samples", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_noticed_within_ten_seconds_said_and_recorded_once(
    samples: ImuSamples, sentence: str
) -> None:
    recorder, seen = run(plain_packets(samples), look_every=10_000)

    told = [data for data in recorder.of("sensor_fault") if sentence in data["text"]]
    assert len(told) == 1
    assert told[0]["t_s"] <= STILL_S + 10.0
    assert any(sentence in text for text in seen[-1].troubles)


def test_a_healthy_sensor_causes_no_word() -> None:
    recorder, seen = run(plain_packets(nordics(Sensor(bias_dps=6.0, drift_dps=0.3))))

    assert recorder.of("sensor_fault") == []
    assert {text for picture in seen for text in picture.troubles} == set()


def counted(samples: ImuSamples, at_s: Iterable[float]) -> list[RawPacket]:
    """Packets of a sensor without a clock, a sample each, that arrive at these times."""
    assert samples.gyr_radps is not None
    acc = np.round(samples.acc_mps2 / witmotion.ACC_MPS2_PER_LSB)
    gyr = np.round(samples.gyr_radps / witmotion.GYR_RADPS_PER_LSB)
    words = np.column_stack([acc, gyr, np.zeros((len(samples), 3))]).astype(int).tolist()
    return [
        RawPacket(round(t_s * 1e9) + 1, witmotion.NOTIFY_PREFIX, b"\x55\x61" + struct.pack("<9h", *row))
        for t_s, row in zip(at_s, words, strict=False)
    ]


def test_a_sensor_without_a_clock_that_sends_half_the_samples_is_noticed() -> None:
    packets = counted(resting(12.0), np.arange(0.0, 11.0, 0.02))

    recorder, seen = run(packets, replace(INFO, driver="witmotion"), look_every=10_000)

    told = [data for data in recorder.of("sensor_fault") if "instead of 100" in data["text"]]
    assert told
    assert told[0]["t_s"] < 10.0
    assert any("50 samples a second instead of 100" in text for text in seen[-1].troubles)


def test_a_movement_beyond_the_range_is_said_at_once_recorded_once_and_forgotten_when_over() -> None:
    samples = nordics()
    acc = samples.acc_mps2.copy()
    acc[300:310] = 156.9
    clipped = ImuSamples(samples.t_s, acc, samples.gyr_radps)

    recorder, seen = run(plain_packets(clipped), look_every=25)

    (told,) = [data for data in recorder.of("trouble") if "stronger than the sensor" in data["text"]]
    assert told["t_s"] < 3.0 + 1.0 + 0.1
    shown_s = [each.newest_s for each in seen if any("stronger" in text for text in each.troubles)]
    assert shown_s
    assert max(shown_s) < 3.1 + FAULT_SHOWN_S + 1.5
    assert not any("stronger" in text for text in seen[-1].troubles)


def test_a_fault_that_is_over_is_no_longer_shown_and_that_is_recorded() -> None:
    samples = resting(8.0)
    share = np.where(samples.t_s < 4.0, 1.3, 1.0)[:, None]

    recorder, seen = run(plain_packets(changed(samples, acc=share)), look_every=25)

    assert any("1.3 g" in text for picture in seen for text in picture.troubles)
    assert seen[-1].troubles == ()
    assert [data["t_s"] < 6.5 for data in recorder.of("sensor_fault_over")] == [True]


def test_what_takes_the_numbers_away_stays_on_the_screen() -> None:
    class Faulty(Quiet):
        def step(self, samples: ImuSamples) -> list[Event]:
            first = samples.t_s[0] < 0.02
            return [SensorFault("The gyroscope is wrong.", 0.0)] if first else []

    faulty = Faulty()
    seconds = FAULT_SHOWN_S + 5.0
    recorder, seen = run(plain_packets(resting(seconds)), pipeline=lambda _: faulty)

    assert seen[-1].troubles == ("The gyroscope is wrong.",)
    assert len(recorder.of("sensor_fault")) == 1


def test_the_battery_is_warned_of_once_and_does_not_flicker() -> None:
    packets = plain_packets(resting(12.0))
    levels = [25, 20, 21, 19, 22, 10, 9, 11, 13, 26]
    items = [
        item
        for number, level in enumerate(levels)
        for item in (
            RawPacket(packets[25 * number].host_ns, BATTERY, bytes([level])),
            *packets[25 * number : 25 * number + 25],
        )
    ]

    recorder, seen = run(items, look_every=13)

    assert [(data["percent"], data["level"]) for data in recorder.of("battery")] == [
        (20, "low"),
        (9, "nearly empty"),
        (26, "good"),
    ]
    warnings = [picture.battery_warning or "" for picture in seen]
    assert any("20 %" in text for text in warnings)
    assert any("may not last this session" in text for text in warnings)
    assert not warnings[-1]


# -- the sensor sits differently after the link was lost --------------------------------------------------

LOST_S = 14.0


def lossy_session(turn_deg: float | None) -> SimulatedSession:
    script = Movement(seed=4, unsteadiness=0.5)
    script.still(3.0)
    for _ in range(2):
        script.nordic(lower_s=2.4, to_deg=60.0, return_s=1.4, hold_s=0.2)
        script.still(1.2)
    script.still(3.5)
    for _ in range(2):
        script.nordic(lower_s=2.4, to_deg=60.0, return_s=1.4, hold_s=0.2)
        script.still(1.2)
    slip = None if turn_deg is None else Slip(LOST_S + 0.8, (0.0, 0.0, turn_deg))
    return script.session(Sensor(mount_deg=(20.0, -5.0, 8.0), slip=slip))


@pytest.mark.usefixtures("virtual_time")
@pytest.mark.parametrize("turn_deg", [None, 20.0], ids=["left alone", "turned meanwhile"])
def test_a_set_after_a_long_loss_is_measured_only_if_the_sensor_sits_as_before(
    turn_deg: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = partial(BleSource, timing=LinkTiming(first_pause_s=1.4))
    monkeypatch.setattr(virtual_patient, "BleSource", slow)
    session = lossy_session(turn_deg)
    patient = VirtualPatient(session, linger_s=0.8, losses_s=(LOST_S,))
    recorder = Recorder()
    engine = Engine(
        patient,
        recorder,
        (PLAN,),
        calibration=session.calibration,
        unattended=True,
        clock_ns=lambda: time.monotonic_ns(),
    )
    with engine:
        assert engine.wait(100)
        picture = engine.snapshot

    (compared,) = recorder.of("posture_after_loss")
    assert compared["agrees"] is (turn_deg is None)
    reps = [rep for each in picture.session.sets for rep in each.reps]
    assert len(reps) == 4
    moved = [rep.not_measured == MAY_HAVE_MOVED for rep in reps]
    assert moved == ([False] * 4 if turn_deg is None else [False, False, True, True])
    assert [rep.lower_s is None for rep in reps] == moved
    said = [text for text in picture.troubles if "moved on the leg" in text]
    assert bool(said) is (turn_deg is not None)


def test_a_new_calibration_is_believed_again() -> None:
    from monitor import session as sessions

    calibration = Calibration((0, 0, 1), (0, 1, 0), 0.99, "knee lifts")
    state = sessions.begin((PLAN,), calibration)
    for item in (
        sessions.LinkChanged("streaming"),
        RestCompared(9.0, 5.0, 20.0, agrees=False),
    ):
        state = sessions.advance(state, item, 9.0).session
    assert state.moved_advice is not None
    assert state.moved_since_s == 5.0
    for item in (sessions.CheckWithLift(), sessions.Calibrated(calibration, 12.0, "standing and a lift")):
        state = sessions.advance(state, item, 14.0).session
    assert state.moved_advice is None
