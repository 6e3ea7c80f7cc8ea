"""The link is lost at every single step of every sensor's handshake, and each time it comes back."""

import asyncio

import numpy as np
import pytest

from analysis.samples import ImuSamples
from drivers.link import BleSource, LinkTiming
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket
from drivers.virtual.catalogue import MODELS
from drivers.virtual.room import open_virtual_room

QUICK = LinkTiming(
    silence_s=0.8, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05, longest_pause_s=0.1
)


def movement():
    t = np.arange(0.0, 60.0, 0.01)
    angle = np.sin(t)
    acc = 9.81 * np.column_stack([np.cos(angle), np.sin(angle), 0.0 * t])
    return ImuSamples(t, acc, np.column_stack([0.0 * t, 0.0 * t, np.cos(t)]))


class Trouble:
    """Drops the link at a chosen operation of each connection, in turn."""

    def __init__(self, room):
        self.room = room
        self.twin = room.twins[0]
        self.twin.on_operation = self.on_operation
        self.at = None
        self.first = 0
        self.steps = 0

    def connection_begins(self, drop_at):
        self.first = len(self.twin.operations)
        self.at = drop_at

    def on_operation(self, number):
        if self.at is not None and number - self.first == self.at:
            self.at = None
            asyncio.get_running_loop().call_soon(self.room.radio.drop_link)


async def streamed(source, packets, samples):
    """Wait until the link has streamed so many samples since now."""
    stream = None
    count = 0
    async with asyncio.timeout(25.0):
        while count < samples:
            item = await anext(packets)
            if isinstance(item, LinkStatus):
                stream, count = None, 0
                continue
            # Only with the first packet is it known what the sensor has.
            stream = stream or SampleStream(source.info)
            part = stream.step(item)
            count += 0 if part is None else len(part)


async def every_step(model):
    """Return the number of operations of a handshake and the samples sent after each was broken."""
    async with open_virtual_room(model.sensor(movement(), lead_s=0.0)) as room:
        trouble = Trouble(room)
        source = BleSource(model.found, backend=room.backend, timing=QUICK)
        packets = source.packets()
        try:
            await streamed(source, packets, 1)
            steps = len(trouble.twin.operations)
            for step in range(1, steps + 1):
                trouble.connection_begins(step)
                room.radio.drop_link()
                before = len(trouble.twin.operations)
                await streamed(source, packets, 1)
                while trouble.at is not None:
                    # The drop above was not noticed yet: these samples were of the old link.
                    await streamed(source, packets, 1)
                await streamed(source, packets, 10)
                made = len(trouble.twin.operations) - before
                assert made >= step, f"broken at operation {step} of {steps}, {made} were made in all"
        finally:
            await packets.aclose()
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
