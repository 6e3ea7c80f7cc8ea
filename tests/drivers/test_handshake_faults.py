"""The link is lost at every single step of every sensor's handshake, and each time it comes back."""

import asyncio

import numpy as np
import pytest

from analysis.samples import ImuSamples
from drivers import registry
from drivers.link import BleSource, LinkTiming
from drivers.sample_stream import SampleStream
from drivers.sensor import SensorRefusedError
from drivers.source import LinkStatus, RawPacket
from drivers.virtual.catalogue import MODELS
from drivers.virtual.room import open_virtual_room

pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(
    silence_s=0.8, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05, longest_pause_s=0.1
)


AT_A_TIME = 12
LIMIT_S = 25.0


def movement():
    t = np.arange(0.0, 60.0, 0.01)
    angle = np.sin(t)
    acc = 9.81 * np.column_stack([np.cos(angle), np.sin(angle), 0.0 * t])
    return ImuSamples(t, acc, np.column_stack([0.0 * t, 0.0 * t, np.cos(t)]))


async def streamed(source, packets, samples):
    """Wait until the link has streamed so many samples since now."""
    stream = None
    count = 0
    async with asyncio.timeout(LIMIT_S):
        while count < samples:
            item = await anext(packets)
            if isinstance(item, LinkStatus):
                stream, count = None, 0
                continue
            # Only with the first packet is it known what the sensor has.
            stream = stream or SampleStream(source.info)
            part = stream.step(item)
            count += 0 if part is None else len(part)


async def operations(model, drop_at=None):
    """Stream over a link that is lost at its operation `drop_at`; return how many operations it took."""
    dropped = []
    async with open_virtual_room(model.sensor(movement(), lead_s=0.0)) as room:

        def on_operation(number):
            if number == drop_at:
                dropped.append(number)
                asyncio.get_running_loop().call_soon(room.radio.drop_link)

        room.twins[0].on_operation = on_operation
        source = BleSource(model.found, backend=room.backend, timing=QUICK)
        packets = source.packets()
        try:
            while True:
                await streamed(source, packets, 10)
                # What came may be older than the news that the link is lost.
                if drop_at is None or (dropped and len(room.twins[0].operations) > drop_at):
                    return len(room.twins[0].operations)
        finally:
            await packets.aclose()


async def every_step(model):
    steps = await operations(model)
    # Several at a time: most of a handshake is waiting.
    for first in range(1, steps + 1, AT_A_TIME):
        some = range(first, min(first + AT_A_TIME, steps + 1))
        made = await asyncio.gather(*(operations(model, step) for step in some))
        for step, count in zip(some, made, strict=True):
            assert count > steps, f"broken at operation {step} of {steps}, {count} were made in all"
    return steps


@pytest.mark.parametrize("name", MODELS)
def test_a_link_lost_at_any_step_of_the_handshake_comes_back(name):
    steps = asyncio.run(every_step(MODELS[name]))
    assert steps >= 2


@pytest.mark.parametrize("name", MODELS)
def test_a_sensor_that_falls_silent_is_connected_anew(name):
    async def run():
        async with open_virtual_room(MODELS[name].sensor(movement(), lead_s=0.0)) as room:
            source = BleSource(MODELS[name].found, backend=room.backend, timing=QUICK)
            packets = source.packets()
            try:
                await streamed(source, packets, 1)
                room.twins[0].muted = True
                async with asyncio.timeout(10.0):
                    while not isinstance(item := await anext(packets), LinkStatus):
                        assert isinstance(item, RawPacket)
                assert item.state == "lost"
                room.twins[0].muted = False
                await streamed(source, packets, 10)
            finally:
                await packets.aclose()

    asyncio.run(run())


# The others stop by themselves when nobody listens.
GO_ON = [name for name in MODELS if name not in ("witmotion", "movesense", "open_imu")]


@pytest.mark.parametrize("name", GO_ON)
def test_a_sensor_that_we_leave_is_left_at_rest(name):
    async def run():
        async with open_virtual_room(MODELS[name].sensor(movement(), lead_s=0.0)) as room:
            source = BleSource(MODELS[name].found, backend=room.backend, timing=QUICK)
            packets = source.packets()
            await streamed(source, packets, 1)
            assert room.twins[0].firmware.streams
            await packets.aclose()
            assert room.twins[0].firmware.streams == ()

    asyncio.run(run())


class FailsInTheEnd:
    """A driver that sets its sensor up and then does not like what it sees."""

    def __init__(self, driver):
        self.driver = driver

    def __getattr__(self, name):
        return getattr(self.driver, name)

    async def set_up(self, connection, rate_hz):
        await self.driver.set_up(connection, rate_hz)
        raise SensorRefusedError("It is not to our liking")


@pytest.mark.parametrize("name", GO_ON)
def test_a_sensor_whose_set_up_fails_is_left_at_rest(name, monkeypatch):
    driver = FailsInTheEnd(registry.sensor(MODELS[name].driver))
    monkeypatch.setattr(registry, "sensor", lambda _: driver)

    async def run():
        async with open_virtual_room(MODELS[name].sensor(movement(), lead_s=0.0)) as room:
            source = BleSource(MODELS[name].found, backend=room.backend, timing=QUICK)
            packets = source.packets()
            async with asyncio.timeout(LIMIT_S):
                while "not to our liking" not in (await anext(packets)).text:
                    pass
            left = room.twins[0].firmware.streams
            await packets.aclose()
            return left

    assert asyncio.run(run()) == ()
