"""A session is measured live and recorded; its replay through the live engine gives exactly the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.results import Event, Rep, RepCompleted
from analysis.samples import ImuSamples
from analysis.simulate import simulate
from drivers import plain
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from monitor.engine import Engine, _pipeline
from monitor.plan import Plan, Tempo
from recordings.format import new_metadata
from recordings.reader import read
from recordings.replay import ReplaySource
from recordings.writer import Recorder

PLANS = (Plan("nordic", "both", 1, 50, Tempo(3.0)),)
SENSOR = SensorInfo(plain.NAME, "SIMULATED", "simulated", rate_hz=100.0, simulated=True)
SAMPLES_A_PACKET = 5
# The link is lost for this long in the middle of each session.
LOST_S = 1.5


class Simulated:
    """A simulated session as a sensor on the air would send it, with a link that is lost once."""

    info = SENSOR

    def __init__(self, samples: ImuSamples, start_ns: int) -> None:
        self.items: list[SourceItem] = [LinkStatus(start_ns, "streaming", "Receiving")]
        lost_s = float(samples.t_s[len(samples) // 2])
        is_back = False
        for first in range(0, len(samples), SAMPLES_A_PACKET):
            part = samples[first : first + SAMPLES_A_PACKET]
            host_ns = start_ns + round(part.t_s[-1] * 1e9) + (first * 7919) % 9_000_000
            if lost_s < part.t_s[-1] < lost_s + LOST_S:
                continue
            if part.t_s[-1] >= lost_s + LOST_S and not is_back:
                is_back = True
                self.items.append(LinkStatus(host_ns, "lost", "The link is lost"))
                self.items.append(LinkStatus(host_ns, "streaming", "Receiving"))
            self.items.append(RawPacket(host_ns, plain.CHARACTERISTIC, plain.encode(part)))

    async def packets(self) -> AsyncIterator[SourceItem]:
        for item in self.items:
            yield item


class Listener:
    """The engine's own pipeline; keeps what it tells."""

    def __init__(self, calibration) -> None:
        self.pipeline = _pipeline(calibration)
        self.reps: list[Rep] = []

    def step(self, part: ImuSamples) -> list[Event]:
        return self._heard(self.pipeline.step(part))

    def finish(self) -> list[Event]:
        return self._heard(self.pipeline.finish())

    def _heard(self, events: list[Event]) -> list[Event]:
        self.reps += [event.rep for event in events if isinstance(event, RepCompleted)]
        return events


def measured(source, recorder: Recorder | None) -> list[Rep]:
    """Return the repetitions that the live engine tells."""
    listeners: list[Listener] = []

    def pipeline(calibration) -> Listener:
        listeners.append(Listener(calibration))
        return listeners[-1]

    with Engine(source, recorder, PLANS, pipeline=pipeline) as engine:
        assert engine.wait(60)
    (only,) = listeners
    return only.reps


def without_errors(rep: Rep) -> Rep:
    """Leave out standard errors and evidence: their last digit hangs on where in memory an array begins."""
    return replace(rep, phases=tuple(replace(phase, se_s=None) for phase in rep.phases), evidence=None)


@pytest.mark.parametrize(
    ("scenario", "seed"),
    [
        ("nordic_std", 0),
        ("nordic_break", 1),
        ("nordic_patient", 2),
        ("bridge_std", 3),
        ("bridge_single", 4),
        ("mixed", 5),
    ],
)
def test_a_replay_gives_exactly_the_repetitions_of_the_first_time(
    scenario: str, seed: int, tmp_path: Path
) -> None:
    session = simulate(scenario, seed)
    metadata = new_metadata(SENSOR)
    source = Simulated(session.samples, metadata.started_host_ns)
    first = measured(source, Recorder(tmp_path / "s.mcap", metadata))

    recording = read(tmp_path / "s.mcap")
    replay = ReplaySource(recording, speed=None)
    again = measured(replay, None)

    assert list(recording.source_items()) == source.items
    assert first
    assert list(map(without_errors, again)) == list(map(without_errors, first))
    errors_s = [[rep.lower_se_s or 0.0 for rep in reps] for reps in (again, first)]
    assert errors_s[0] == pytest.approx(errors_s[1], rel=1e-12)
