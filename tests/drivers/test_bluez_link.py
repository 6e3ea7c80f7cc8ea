"""The link once more through Bleak's own Linux backend, with BlueZ's service on a private D-Bus."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest

from analysis.samples import ImuSamples
from drivers import witmotion
from drivers.link import BleSource, BluetoothUnavailableError, FoundSensor, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.source import BATTERY_LEVEL_PREFIX, LinkStatus, RawPacket
from drivers.virtual.open_imu_twin import OpenImuFirmware
from drivers.virtual.radio import Radio, RadioConditions
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import RefusalError, VirtualSensor
from drivers.virtual.witmotion_twin import WRITE, WitMotionFirmware

if sys.platform != "linux":
    pytest.skip("BlueZ is Linux's Bluetooth service", allow_module_level=True)

from bleak import BleakClient
from bleak.backends.bluezdbus import manager
from bleak.backends.bluezdbus.client import BleakClientBlueZDBus
from bleak.backends.bluezdbus.version import BlueZFeatures
from bleak.exc import BleakGATTProtocolError

from drivers.virtual.bluez import VirtualBlueZ, open_virtual_bluez

DAEMON = shutil.which("dbus-daemon")
pytestmark = pytest.mark.skipif(
    DAEMON is None, reason="there is no dbus-daemon; on Debian: apt-get install dbus-daemon"
)

# The bus is a process of its own, so these run in real time: limits are for a computer that is busy.
PATIENT = LinkTiming(silence_s=8.0, scan_s=30.0, connect_s=30.0, call_s=15.0, first_pause_s=0.05)
LIMIT_S = 60.0
LEFT = FoundSensor("Open IMU left", "F0:57:90:1A:00:02", "open_imu", -58)
RIGHT = FoundSensor("Open IMU right", "F0:57:90:1A:00:01", "open_imu", -58)
WIT_MOTION = FoundSensor("WT901BLE68", "F0:57:90:1A:00:03", "witmotion", -58)
FIRMWARE = {"open_imu": OpenImuFirmware, "witmotion": WitMotionFirmware}
# The shortest interval between connection events that Bluetooth has.
NEAR = RadioConditions(interval_s=0.0075)
# A bus of our own: nothing is started on demand, and everybody on it may do everything.
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@pytest.fixture
def bus(tmp_path, monkeypatch):
    """Run a private D-Bus and let Bleak take it for the system's."""
    config = tmp_path / "bus.conf"
    config.write_text(BUS_CONFIG)
    with subprocess.Popen(
        [DAEMON, "--nofork", "--nopidfile", "--print-address=1", f"--config-file={config}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as daemon:
        try:
            # The address is printed when the bus listens.
            address = daemon.stdout.readline().strip()
            assert address
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            # Bleak would ask the bluetoothctl of this machine for the version of BlueZ, and warn without it.
            monkeypatch.setattr(BlueZFeatures, "checked_bluez_version", True)
            yield address
        finally:
            daemon.terminate()


@pytest.fixture
def calls(monkeypatch):
    """Count what happens to Bleak's clients."""
    counted = Counter()
    connect, disconnect = BleakClientBlueZDBus.connect, BleakClientBlueZDBus.disconnect

    async def counted_connect(self, pair, **kwargs):
        counted["connect"] += 1
        await connect(self, pair, **kwargs)

    async def counted_disconnect(self):
        counted["disconnect"] += 1
        await disconnect(self)

    monkeypatch.setattr(BleakClientBlueZDBus, "connect", counted_connect)
    monkeypatch.setattr(BleakClientBlueZDBus, "disconnect", counted_disconnect)
    return counted


def movement(seconds=60.0):
    t = np.arange(0, seconds, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    # A ramp that never repeats tells every sample from every other.
    return ImuSamples(t, acc, np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)]))


def twin_of(found):
    return VirtualSensor(FIRMWARE[found.driver](found.name), movement(), address=found.address, lead_s=0.1)


@dataclass(frozen=True)
class Place:
    """A computer with BlueZ, and sensors."""

    bluez: VirtualBlueZ
    radio: Radio
    twins: tuple[VirtualSensor, ...]


@contextlib.asynccontextmanager
async def open_place(bus, *twins, forget_s=30.0):
    async with (
        open_virtual_room(*twins, conditions=NEAR) as room,
        open_virtual_bluez(bus, room.backend, forget_s=forget_s) as bluez,
    ):
        try:
            yield Place(bluez, room.radio, twins)
        finally:
            await leave_bus()


async def heard(count):
    """Scan until that many sensors are found: how long a report takes over the bus is up to the computer."""
    async with asyncio.timeout(LIMIT_S):
        while len(found := await scan(0.4)) < count:
            pass
        return found


async def leave_bus():
    """Close the connection that Bleak keeps for each event loop, or it is left to the garbage collector."""
    kept = manager._global_instances.pop(asyncio.get_running_loop(), None)
    if kept is not None and kept._bus is not None:
        kept._bus.disconnect()
        await asyncio.wait([kept._bus_watcher_task])


class Session:
    """Collects what a source yields while a test makes trouble."""

    def __init__(self, found=RIGHT, timing=PATIENT):
        self.source = BleSource(found, timing=timing)
        self.packets = self.source.packets()
        self.stream = None
        self.items = []
        self.parts = []

    async def until(self, done):
        async with asyncio.timeout(LIMIT_S):
            while not done():
                item = await anext(self.packets)
                self.items.append(item)
                self.stream = self.stream or SampleStream(self.source.info)
                part = self.stream.step(item)
                if part is not None:
                    self.parts.append(part)

    async def until_streaming(self, times, samples):
        """Wait until the link has streamed so many times, the last time so many samples."""
        await self.until(lambda: self.times_streaming == times)
        wanted = self.count + samples
        await self.until(lambda: self.count >= wanted)

    async def close(self):
        await self.packets.aclose()

    @property
    def count(self):
        return sum(len(part) for part in self.parts)

    @property
    def samples(self):
        return ImuSamples.concatenate(self.parts)

    @property
    def texts(self):
        return [item.text for item in self.items if isinstance(item, LinkStatus)]

    @property
    def notifications(self):
        """What was received, without the battery level, which is also read."""
        packets = [item for item in self.items if isinstance(item, RawPacket)]
        return [
            (each.characteristic, each.payload)
            for each in packets
            if not each.characteristic.startswith(BATTERY_LEVEL_PREFIX)
        ]

    @property
    def times_streaming(self):
        return sum(isinstance(item, LinkStatus) and item.state == "streaming" for item in self.items)


def ramp(samples):
    """Return the channel that rises with every sample, from where it begins to, in its own unit."""
    word = np.rint(samples.gyr_radps[:, 0] / witmotion.GYR_RADPS_PER_LSB).astype(int)
    return word[np.flatnonzero(word > 3)[0] :]


def test_a_scan_finds_the_sensor_and_its_driver(bus):
    async def run():
        async with open_place(bus, *(twin_of(each) for each in (LEFT, RIGHT, WIT_MOTION))):
            # The second scan hears of devices that BlueZ knows already.
            return [await heard(3) for _ in range(2)]

    for found in asyncio.run(run()):
        assert sorted(found, key=lambda each: each.name) == [LEFT, RIGHT, WIT_MOTION]


def test_a_sensor_is_found_although_its_first_report_comes_before_somebody_listens(bus, monkeypatch):
    """Bleak's search by address listens only once BlueZ has confirmed that discovery runs."""
    start_discovery = VirtualBlueZ._start_discovery
    on_advertisement = VirtualBlueZ._on_advertisement
    heard = asyncio.Event()

    def noted(self, found, adv):
        on_advertisement(self, found, adv)
        heard.set()

    async def confirmed_late(self, message):
        heard.clear()
        reply = await start_discovery(self, message)
        await heard.wait()
        return reply

    monkeypatch.setattr(VirtualBlueZ, "_on_advertisement", noted)
    monkeypatch.setattr(VirtualBlueZ, "_start_discovery", confirmed_late)

    async def run():
        async with open_place(bus, twin_of(RIGHT)), BleakClient(RIGHT.address) as client:
            return client.is_connected

    assert asyncio.run(run())


@pytest.mark.parametrize("found", [WIT_MOTION, RIGHT], ids=lambda found: found.driver)
def test_every_notification_comes_through_once_and_unchanged(bus, calls, found):
    async def run():
        twin = twin_of(found)
        sent = []
        twin.on_notification = lambda characteristic, payload: sent.append((characteristic, payload))
        async with open_place(bus, twin) as place:
            session = Session(found)
            await session.until_streaming(1, 120)
            open_sessions = [len(owners) for owners in place.bluez.sessions.values()]
            await session.close()
            return sent, session, open_sessions

    sent, session, open_sessions = asyncio.run(run())
    received = session.notifications
    # Before the set-up is done nothing is passed on, and what is under way at the end never comes.
    starts = range(len(sent) - len(received) + 1)
    assert any(sent[at : at + len(received)] == received for at in starts)
    assert (np.diff(ramp(session.samples)) > 0).all()
    assert session.texts == [
        "Looking for the sensor",
        f"Connecting to {found.name}",
        "Connected, 100 samples/s",
    ]
    assert session.stream.problems.lost_times == 0
    assert session.source.info.battery_percent is not None
    assert not session.source.info.simulated
    assert set(open_sessions) == {1}
    assert calls == {"connect": 1, "disconnect": 1}


def test_after_each_loss_the_link_comes_back_with_a_gap_and_no_packet_twice(bus, calls):
    async def run():
        async with open_place(bus, twin_of(RIGHT)) as place:
            session = Session()
            for lost in range(2):
                await session.until_streaming(lost + 1, 40)
                assert calls["disconnect"] == lost
                place.radio.drop_link()
                # Nothing of the old link may still be under way when the sensor is on the air again.
                place.radio.outage(0.3)
            await session.until_streaming(3, 40)
            open_sessions = [len(owners) for owners in place.bluez.sessions.values()]
            await session.close()
            return session, open_sessions

    session, open_sessions = asyncio.run(run())
    assert (np.diff(session.samples.t_s) > 0.1).sum() == 2
    # Every packet of this sensor has its own number.
    assert max(Counter(session.notifications).values()) == 1
    steps = np.diff(ramp(session.samples))
    assert (steps > 0).all()
    assert (steps > 20).sum() == 2
    assert sum(text.startswith("Signal lost") for text in session.texts) == 2
    assert set(open_sessions) == {1}
    assert calls == {"connect": 3, "disconnect": 3}


def test_an_old_client_that_is_not_disconnected_doubles_every_packet(bus, monkeypatch):
    """The service has BlueZ's fault, or the test above would show nothing."""
    disconnect = BleakClientBlueZDBus.disconnect
    left_alone = []

    async def only_while_connected(self):
        if self.is_connected:
            await disconnect(self)
        else:
            left_alone.append(self)

    monkeypatch.setattr(BleakClientBlueZDBus, "disconnect", only_while_connected)

    async def run():
        async with open_place(bus, twin_of(RIGHT)) as place:
            session = Session()
            await session.until_streaming(1, 40)
            before = len(session.notifications)
            place.radio.drop_link()
            await session.until_streaming(2, 40)
            open_sessions = [len(owners) for owners in place.bluez.sessions.values()]
            await session.close()
            for client in left_alone:
                await disconnect(client)
            return before, open_sessions, session.notifications

    before, open_sessions, received = asyncio.run(run())
    # Every packet of this sensor has its own number.
    times = Counter(received)
    assert set(open_sessions) == {2}
    assert {times[each] for each in received[:before]} == {1}
    # The last one may not have come for the second time yet.
    assert {times[each] for each in received[-12:-1]} == {2}


def test_a_silent_sensor_is_given_up_and_found_again(bus, calls):
    async def run():
        twin = twin_of(RIGHT)
        async with open_place(bus, twin):
            session = Session(timing=replace(PATIENT, silence_s=2.0))
            await session.until_streaming(1, 40)
            twin.muted = True
            await session.until(lambda: session.texts[-1].startswith("Signal lost"))
            assert calls["disconnect"] == 1
            twin.muted = False
            await session.until_streaming(2, 40)
            await session.close()
            return session

    session = asyncio.run(run())
    # The news of the loss comes once the silence has lasted.
    (lost,) = (each for each in session.items if isinstance(each, LinkStatus) and each.state == "lost")
    before = [each for each in session.items[: session.items.index(lost)] if isinstance(each, RawPacket)]
    assert lost.host_ns - before[-1].host_ns >= 2e9
    assert (np.diff(ramp(session.samples)) > 0).all()


def test_a_sensor_that_was_away_so_long_that_bluez_forgot_it_comes_back(bus):
    async def run():
        async with open_place(bus, twin_of(RIGHT), forget_s=0.4) as place:
            session = Session()
            await session.until_streaming(1, 40)
            place.radio.drop_link()
            place.radio.outage(1.0)
            await session.until(lambda: session.texts[-1].startswith("Signal lost"))
            await session.until_streaming(2, 40)
            await session.close()
            return session

    session = asyncio.run(run())
    assert (np.diff(ramp(session.samples)) > 0).all()


def test_without_a_powered_adapter_there_is_a_sentence_with_advice(bus):
    async def run():
        async with open_place(bus, twin_of(RIGHT)) as place:
            await place.bluez.switch(on=False)
            with pytest.raises(BluetoothUnavailableError, match="switched off; switch it on"):
                await scan(0.1)
            session = Session()
            with pytest.raises(BluetoothUnavailableError, match="switched off; switch it on"):
                await session.until(lambda: False)

    asyncio.run(run())


def test_an_adapter_switched_off_during_a_session_and_on_again_is_told_and_overcome(bus):
    async def run():
        async with open_place(bus, twin_of(RIGHT)) as place:
            session = Session()
            await session.until_streaming(1, 40)
            await place.bluez.switch(on=False)
            await session.until(lambda: "switched off; switch it on" in session.texts[-1])
            await place.bluez.switch(on=True)
            await session.until_streaming(2, 40)
            await session.close()
            return session

    session = asyncio.run(run())
    assert (np.diff(ramp(session.samples)) > 0).all()


def test_without_the_service_there_is_a_sentence_with_advice(bus):
    async def run():
        try:
            with pytest.raises(BluetoothUnavailableError, match="Bluetooth service is not running; start it"):
                await scan(0.1)
        finally:
            await leave_bus()

    asyncio.run(run())


def test_a_service_that_ends_and_starts_again_is_overcome(bus):
    async def run():
        async with open_virtual_room(twin_of(RIGHT), conditions=NEAR) as room:
            session = Session()
            try:
                async with open_virtual_bluez(bus, room.backend):
                    await session.until_streaming(1, 40)
                await session.until(lambda: session.texts[-1].startswith("Signal lost"))
                async with open_virtual_bluez(bus, room.backend):
                    await session.until_streaming(2, 40)
                    await session.close()
            finally:
                await session.close()
                await leave_bus()
            return session

    session = asyncio.run(run())
    assert (np.diff(ramp(session.samples)) > 0).all()


def test_two_sensors_stream_at_once(bus):
    async def run():
        async with open_place(bus, twin_of(LEFT), twin_of(RIGHT)) as place:
            sessions = [Session(LEFT), Session(RIGHT)]
            await asyncio.gather(*(each.until_streaming(1, 40) for each in sessions))
            # BlueZ lets a program run one scan at a time, and now both look for their sensors.
            place.radio.drop_link()
            await asyncio.gather(*(each.until_streaming(2, 40) for each in sessions))
            for each in sessions:
                await each.close()
            return sessions

    for session in asyncio.run(run()):
        assert (np.diff(ramp(session.samples)) > 0).all()


def test_closing_while_a_scan_begins_leaves_none_behind(bus, monkeypatch):
    start_discovery = VirtualBlueZ._start_discovery
    asked = asyncio.Event()

    async def noted(self, message):
        asked.set()
        return await start_discovery(self, message)

    monkeypatch.setattr(VirtualBlueZ, "_start_discovery", noted)

    async def run():
        async with open_place(bus, twin_of(RIGHT)):
            session = Session()
            waiting = asyncio.create_task(session.until_streaming(1, 1))
            await asked.wait()
            waiting.cancel()
            await asyncio.wait([waiting])
            await session.close()
            return await heard(1)

    assert len(asyncio.run(run())) == 1


class Refusing(WitMotionFirmware):
    def write(self, characteristic, data):
        assert characteristic == WRITE
        raise RefusalError(data[0])


def test_errors_of_the_sensor_keep_their_code(bus):
    async def run():
        codes = [0x03, 0x06, 0x07, 0x08, 0x0D, 0x0E, 0x80, 0xFC]
        twin = VirtualSensor(Refusing(), movement(), address=RIGHT.address)
        async with open_place(bus, twin), BleakClient(RIGHT.address) as client:
            told = []
            for code in codes:
                with pytest.raises(BleakGATTProtocolError) as error:
                    await client.write_gatt_char(WRITE, bytes([code]), response=True)
                told.append(int(error.value.code))
            return codes, told

    codes, told = asyncio.run(run())
    assert told == codes
