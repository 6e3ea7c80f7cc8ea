"""What every kind of sensor must do, in one room: a new one in the catalogue is tried without a line here."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from analysis.samples import ImuSamples
from benchmarks.sensors import Flow, flow, moved, rows, since_kept
from drivers import registry
from drivers.link import LinkTiming, scan
from drivers.virtual.catalogue import MODELS
from drivers.virtual.radio import RadioConditions
from drivers.virtual.room import open_virtual_room

TIMING = LinkTiming(scan_s=5.0, connect_s=10.0, first_pause_s=0.05)
# Long enough for a queue to fill, a clock to drift apart and a lost packet to show.
STREAMED_S = 30.0
AGAIN_S = 0.5
# A computer that is busy with other tests must not look like a sensor whose queue is full.
PATIENT = RadioConditions(queue_limit=2000)
# All of them at once on a busy computer; alone a sensor needs 1-4 s.
LIMIT_S = 40.0 + STREAMED_S

every_model = pytest.mark.parametrize("model", MODELS)


def movement():
    t = np.arange(0, 60, 0.005)
    rng = np.random.default_rng(3)
    # Noise makes every notification different from every other.
    acc = rng.normal([9.8, 0, 0], 0.5, (t.size, 3))
    return ImuSamples(t, acc, rng.normal(0, 0.5, (t.size, 3)))


@dataclass
class Trial:
    """A flow, and what had been sent when its second connection began.

    sent_before counts notifications, counted_before samples. rates_hz: of its streams while it streams.
    """

    flow: Flow
    sent_before: int = 0
    counted_before: int = 0
    rates_hz: tuple[float, ...] = ()
    trouble: list[str] = field(default_factory=list)

    def note_next_connection(self):
        def note(_):
            self.flow.twin.on_operation = None
            self.sent_before = len(self.flow.sent)
            self.counted_before = self.flow.twin.samples_sent

        self.flow.twin.on_operation = note

    async def streams(self, connections, seconds):
        """Wait until there are so many connections, the last with so many seconds of samples."""
        one = self.flow
        try:
            async with asyncio.timeout(LIMIT_S):
                await one.until(lambda: len(one.connections) >= connections)
                wanted = one.count + seconds * one.source.info.rate_hz
                await one.until(lambda: one.count >= wanted)
        except TimeoutError:
            self.trouble.append(f"after {LIMIT_S} s: {one.count} samples, {one.texts}")


async def everything():
    twins = {name: moved(model, movement()) for name, model in MODELS.items()}
    async with open_virtual_room(*twins.values(), conditions=PATIENT) as room:
        found = await scan(0.5, room.backend)
        trials = {name: Trial(flow(model, twins[name], room, TIMING)) for name, model in MODELS.items()}
        tasks = {name: asyncio.create_task(each.flow.run()) for name, each in trials.items()}
        await asyncio.gather(*(each.streams(1, STREAMED_S) for each in trials.values()))
        for each in trials.values():
            each.note_next_connection()
        room.radio.drop_link()
        await asyncio.gather(*(each.streams(2, AGAIN_S) for each in trials.values()))
        await asyncio.gather(*(each.flow.fall_silent() for each in trials.values()))
        for name, task in tasks.items():
            # On the way out a driver stops its sensor.
            trials[name].rates_hz = tuple(each.rate_hz for each in twins[name].firmware.streams)
            if task.done() and task.exception() is not None:
                trials[name].trouble.append(repr(task.exception()))
            task.cancel()
        await asyncio.wait(tasks.values())
    return found, trials


@pytest.fixture(scope="module")
def room(virtual_time):
    return asyncio.run(everything())


@pytest.fixture
def trial(room, model):
    _, trials = room
    assert not trials[model].trouble
    return trials[model]


@every_model
def test_exactly_one_driver_recognises_it(model):
    told = MODELS[model].firmware().advertised
    uuids = frozenset(
        (f"0000{each}-0000-1000-8000-00805f9b34fb" if len(each) == 4 else each).lower()
        for each in told.service_uuids
    )
    makers = frozenset(number for number, _ in told.manufacturer_data)
    names = {each.driver for each in MODELS.values()}
    drivers = {name for name in names if registry.sensor(name).recognises(told.name, uuids, makers)}
    assert drivers == {MODELS[model].driver}


def test_every_driver_has_a_virtual_sensor():
    airborne = {name for name in registry.names() if name != "plain"}
    assert {each.driver for each in MODELS.values()} == airborne
    assert len({each.address for each in MODELS.values()}) == len(MODELS)


@every_model
def test_a_scan_finds_it_by_its_name(room, model):
    found, _ = room
    wanted = MODELS[model].found
    seen = [(each.name, each.driver) for each in found if each.address == wanted.address]
    assert seen == [(wanted.name, wanted.driver)]


@every_model
def test_nothing_is_lost_at_the_top_rate(trial, model):
    one = trial.flow
    sent, kept = one.sent[: trial.sent_before], one.connections[0]
    first = since_kept(sent, kept)
    # What was under way when the links were dropped never came.
    assert sent[first : first + len(kept)] == kept
    assert sum(rows(MODELS[model].driver, kept)) >= STREAMED_S * one.source.info.rate_hz


@every_model
def test_everything_has_arrived_when_it_falls_silent(trial, model):
    one = trial.flow
    sent, kept = one.sent[trial.sent_before :], one.connections[-1]
    first = since_kept(sent, kept)
    assert sent[first:] == kept
    driver = MODELS[model].driver
    assert sum(rows(driver, sent)[first:]) == sum(rows(driver, kept)) > 0


@every_model
def test_the_decoder_finds_as_many_samples_as_the_sensor_counts(trial, model):
    one = trial.flow
    counted = one.twin.samples_sent - trial.counted_before
    decoded = rows(MODELS[model].driver, one.sent[trial.sent_before :])
    # A notification in parts is given up where the set-up changes the rate between them.
    assert 0 <= counted - sum(decoded) <= max(decoded)


@every_model
def test_times_are_strictly_increasing(trial, model):
    samples = ImuSamples.concatenate(trial.flow.parts)
    assert (np.diff(samples.t_s) > 0).all()
    assert (samples.gyr_radps is None) == (trial.flow.source.info.gyr_range_radps is None)


@every_model
def test_its_rate_is_told_as_it_is(trial, model):
    assert trial.flow.source.info.rate_hz in trial.rates_hz


@every_model
def test_everything_could_be_read(trial, model):
    problems = trial.flow.stream.problems
    assert problems.unreadable_payloads == 0
    assert problems.clipped_samples == 0


@every_model
def test_the_battery_is_known(trial, model):
    assert 0 <= trial.flow.stream.battery_percent <= 100


@every_model
def test_it_streams_again_after_a_dropped_link(trial, model):
    texts = trial.flow.texts
    connected = [text for text in texts if text.startswith("Connected, ")]
    assert len(connected) == 2
    between = texts[texts.index(connected[0]) + 1 :]
    assert between[0].startswith("Signal lost")
