"""The whole path without hardware: scan, Bleak, GATT over a virtual radio, decoder, clock."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from bleak import BleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakError
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

from analysis.samples import ImuSamples
from drivers import witmotion
from drivers.link import (
    Backend,
    BleSource,
    BluetoothUnavailableError,
    FoundSensor,
    LinkTiming,
    _BleConnection,
    scan,
)
from drivers.sample_stream import SampleStream
from drivers.sensor import RequestRefusedError
from drivers.source import LinkStatus, RawPacket, Source
from drivers.virtual.bleak_backend import VirtualClient, VirtualScanner
from drivers.virtual.radio import RadioConditions
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import RefusalError, TwinCharacteristic, TwinService, VirtualSensor
from drivers.virtual.witmotion_twin import WRITE, WitMotionFirmware

pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(silence_s=0.6, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)
SENSOR = FoundSensor("WT901BLE68", "F0:57:90:1A:00:01", "witmotion", -50)


def movement(seconds=60.0):
    t = np.arange(0, seconds, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    # A ramp that never repeats tells every sample from every other.
    gyr = np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)])
    return ImuSamples(t, acc, gyr)


def wit_motion():
    return VirtualSensor(WitMotionFirmware(), movement(), address=SENSOR.address)


class Session:
    """Collects what a source yields while a test makes trouble."""

    def __init__(self, source):
        self.source = source
        self.packets = source.packets()
        self.stream = None
        self.items = []
        self.parts = []

    async def until(self, done, limit_s=20.0):
        async with asyncio.timeout(limit_s):
            while not done(self):
                item = await anext(self.packets)
                self.items.append(item)
                self.stream = self.stream or SampleStream(self.source.info)
                part = self.stream.step(item)
                if part is not None:
                    self.parts.append(part)
        return self

    async def until_streaming(self, times, samples):
        """Wait until the link has streamed so many times, the last time so many samples."""
        await self.until(lambda each: each.times_streaming() == times)
        wanted = self.count + samples
        return await self.until(lambda each: each.count >= wanted)

    async def close(self):
        await self.packets.aclose()
        rest = self.stream.finish()
        if rest is not None:
            self.parts.append(rest)

    @property
    def count(self):
        return sum(len(part) for part in self.parts)

    @property
    def samples(self):
        return ImuSamples.concatenate(self.parts)

    @property
    def texts(self):
        return [item.text for item in self.items if isinstance(item, LinkStatus)]

    def times_streaming(self):
        return sum(isinstance(item, LinkStatus) and item.state == "streaming" for item in self.items)


def words(samples):
    acc = samples.acc_mps2 / witmotion.ACC_MPS2_PER_LSB
    gyr = samples.gyr_radps / witmotion.GYR_RADPS_PER_LSB
    return np.rint(np.hstack([acc, gyr])).astype(int)


class Calls(Counter):
    def __init__(self):
        super().__init__()
        self.connecting = asyncio.Event()


@pytest.fixture
def clients(monkeypatch):
    """Count what happens to Bleak's clients."""
    calls = Calls()
    connect, disconnect = VirtualClient.connect, VirtualClient.disconnect

    async def counted_connect(self, pair, **kwargs):
        calls["connect"] += 1
        calls.connecting.set()
        await connect(self, pair, **kwargs)

    async def counted_disconnect(self):
        calls["disconnect"] += 1
        await disconnect(self)

    monkeypatch.setattr(VirtualClient, "connect", counted_connect)
    monkeypatch.setattr(VirtualClient, "disconnect", counted_disconnect)
    return calls


def test_every_sample_comes_through_with_its_value(clients):
    async def run():
        twin = wit_motion()
        async with open_virtual_room(twin, conditions=RadioConditions(packet_errors=0.03)) as room:
            found = await scan(0.3, room.backend)
            assert [(each.name, each.driver) for each in found] == [("WT901BLE68", "witmotion")]
            source = BleSource(found[0], backend=room.backend)
            assert isinstance(source, Source)
            session = await Session(source).until(lambda each: each.count > 330)
            await session.close()
        return twin, source, session

    twin, source, session = asyncio.run(run())
    samples = session.samples
    # At 99.3 Hz the sensor takes sample k of the ramp at k / 99.3 s: find where ours begin.
    grid_s = np.arange(0, 1200) / 99.3
    k = samples.t_s * 99.3
    assert np.abs(np.diff(k) - 1).max() < 0.5
    got = words(samples)
    late = got[:, 3] > 5
    measured_s = got[late, 3] * witmotion.GYR_RADPS_PER_LSB / 0.3
    steps = np.diff(measured_s)
    assert len(steps) > 150
    # 0.2 ms is what one step of the ramp's quantisation is worth; a lost sample would be 10 ms.
    assert np.abs(steps - 1 / 99.3).max() < 2 * witmotion.GYR_RADPS_PER_LSB / 0.3 + 1e-6
    # The ramp tells session time to 4 ms: the other channels, which are slow, must agree with it.
    expected = np.hstack(twin.values_at(measured_s)) / (
        [witmotion.ACC_MPS2_PER_LSB] * 3 + [witmotion.GYR_RADPS_PER_LSB] * 3
    )
    assert np.abs(got[late] - expected).max() <= 0.004 * 2048 * 2 * np.pi * 0.3 * 1.1 + 1
    assert grid_s[1] == pytest.approx(steps.mean(), rel=2e-3)
    # Session time on the host's clock: radio and batching delay a sample by less than 60 ms.
    host_s = (session.stream.zero_host_ns - twin.started_host_ns) / 1e9 + samples.t_s[late]
    assert np.percentile(np.abs(host_s - measured_s), 95) < 0.06
    assert session.texts == ["Looking for the sensor", "Connecting to WT901BLE68", "Connected, 100 samples/s"]
    assert source.info.rate_hz == 100.0
    assert source.info.simulated
    assert source.info.battery_percent == session.stream.battery_percent == 60
    assert session.stream.problems.lost_times == 0
    assert clients == {"connect": 1, "disconnect": 1}


class OtherBase(WitMotionFirmware):
    """A revision whose addresses have Bluetooth's base instead of the maker's."""

    def __init__(self):
        super().__init__()
        self.services = tuple(
            TwinService(
                other_base(each.uuid),
                tuple(TwinCharacteristic(other_base(one.uuid), one.access) for one in each.characteristics),
            )
            for each in self.services
        )
        self.advertised = replace(self.advertised, service_uuids=(self.services[0].uuid,))

    @property
    def streams(self):
        (stream,) = super().streams
        return (replace(stream, characteristic=other_base(stream.characteristic)),)


def other_base(uuid):
    assert uuid.endswith("9a34fb")
    return uuid.replace("9a34fb", "9b34fb")


def test_a_sensor_with_the_other_addresses_streams():
    async def run():
        async with open_virtual_room(VirtualSensor(OtherBase(), movement(), address=SENSOR.address)) as room:
            (found,) = await scan(0.3, room.backend)
            session = Session(BleSource(found, backend=room.backend))
            await session.until(lambda each: each.count > 100)
            await session.close()
            return session

    session = asyncio.run(run())
    assert session.texts[-1] == "Connected, 100 samples/s"
    assert session.stream.battery_percent == 60


@pytest.mark.parametrize(
    ("told", "percent"), [(b"\x53", 83), (b"", None), (b"\x65", None), (b"\x01\x02", None)]
)
def test_a_battery_that_is_advertised_is_known_before_the_connection(told, percent, monkeypatch):
    class Telling(VirtualScanner):
        def call_detection_callbacks(self, device, advertisement_data):
            level = {"0000180f-0000-1000-8000-00805f9b34fb": told}
            super().call_detection_callbacks(device, advertisement_data._replace(service_data=level))

    async def run():
        async with open_virtual_room(wit_motion()) as room:
            monkeypatch.setattr(Telling, "_central", room.backend.scanner._central, raising=False)
            (found,) = await scan(0.3, replace(room.backend, scanner=Telling))
            return found.battery_percent

    assert asyncio.run(run()) == percent


def test_the_session_goes_on_after_three_losses(clients):
    async def run():
        twin = wit_motion()
        async with open_virtual_room(twin) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            for lost in range(3):
                await session.until_streaming(lost + 1, 60)
                assert clients["disconnect"] == lost
                room.radio.drop_link()
                # Nothing of the old link may still be under way when the sensor is on the air again.
                room.radio.outage(0.3)
            await session.until_streaming(4, 60)
            await session.close()
        return session

    session = asyncio.run(run())
    samples = session.samples
    gaps = np.flatnonzero(np.diff(samples.t_s) > 0.1)
    assert len(gaps) == 3
    # The ramp rises with every sample: one delivered twice would stand still, one out of order fall.
    ramp = words(samples)[:, 3]
    moving = np.flatnonzero(ramp > 5)[0]
    assert (np.diff(ramp[moving:]) > 0).all()
    # A gap in the times is as long as the time that is missing in the movement.
    missing_s = np.diff(ramp)[gaps] * witmotion.GYR_RADPS_PER_LSB / 0.3
    np.testing.assert_allclose(np.diff(samples.t_s)[gaps][1:], missing_s[1:], atol=0.06)
    assert sum(text.startswith("Signal lost") for text in session.texts) >= 3
    assert clients == {"connect": 4, "disconnect": 4}


def test_old_clients_that_are_not_disconnected_would_double_every_packet(monkeypatch):
    """The virtual backend has BlueZ's fault, or the test above would show nothing."""
    real = VirtualClient.disconnect

    async def disconnect(self):
        if self.is_connected:
            await real(self)

    monkeypatch.setattr(VirtualClient, "disconnect", disconnect)

    async def run():
        async with open_virtual_room(wit_motion()) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            await session.until(lambda each: each.count > 20)
            room.radio.drop_link()
            seen = len(session.items)
            await session.until(lambda each: each.times_streaming() == 2 and len(each.items) > seen + 24)
            payloads = [item.payload for item in session.items[seen:] if isinstance(item, RawPacket)]
            await session.close()
            return payloads

    payloads = asyncio.run(run())
    assert max(Counter(payloads[-8:]).values()) >= 2


def test_a_silent_sensor_is_given_up_and_found_again(clients, monkeypatch):
    callbacks = []
    start_notify = VirtualClient.start_notify

    async def noted(self, characteristic, callback, **kwargs):
        callbacks.append(callback)
        await start_notify(self, characteristic, callback, **kwargs)

    monkeypatch.setattr(VirtualClient, "start_notify", noted)

    async def run():
        twin = wit_motion()
        async with open_virtual_room(twin) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            await session.until(lambda each: each.count > 40)
            twin.muted = True
            await session.until(lambda each: each.texts[-1].startswith("Signal lost"))
            silent_s = (session.items[-1].host_ns - session.items[-2].host_ns) / 1e9
            assert clients["disconnect"] == 1
            twin.muted = False
            await session.until(lambda each: each.times_streaming() == 2)
            # A stack may still deliver to the client of the connection before.
            callbacks[0](bytearray(b"from the old connection"))
            callbacks[1](bytearray(b"from the new connection"))

            def payloads():
                return [item.payload for item in session.items if isinstance(item, RawPacket)]

            await session.until(lambda _: b"from the new connection" in payloads())
            assert b"from the old connection" not in payloads()
            await session.close()
            return silent_s

    assert 0.6 <= asyncio.run(run()) < 1.5


def test_a_sensor_that_falls_silent_while_a_question_waits_is_noticed(monkeypatch):
    timing = replace(QUICK, poll_s=0.05, call_s=60.0)
    asked = asyncio.Event()

    async def unanswered(self, characteristic, data, response):
        asked.set()
        await asyncio.Event().wait()

    async def run():
        twin = wit_motion()
        async with open_virtual_room(twin) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=timing))
            await session.until(lambda each: each.count > 20)
            monkeypatch.setattr(VirtualClient, "write_gatt_char", unanswered)
            await session.until(lambda _: asked.is_set())
            twin.muted = True
            # Well before the question is given up.
            await session.until(lambda each: each.texts[-1].startswith("Signal lost"), limit_s=30.0)
            await session.close()

    asyncio.run(run())


def test_a_stall_within_the_supervision_timeout_loses_nothing():
    async def run():
        async with open_virtual_room(wit_motion()) as room:
            session = Session(BleSource(SENSOR, backend=room.backend))
            await session.until(lambda each: each.count > 60)
            room.radio.outage(0.5)
            wanted = session.count + 120
            await session.until(lambda each: each.count >= wanted)
            await session.close()
            return session, room.radio.overflowed

    session, overflowed = asyncio.run(run())
    assert session.times_streaming() == 1
    assert overflowed == 0
    assert session.stream.problems.lost_times == 0
    assert np.diff(session.samples.t_s).max() < 0.05


def test_a_supervision_timeout_is_noticed_before_the_silence():
    async def run():
        conditions = RadioConditions(supervision_s=0.3)
        async with open_virtual_room(wit_motion(), conditions=conditions) as room:
            session = Session(BleSource(SENSOR, backend=room.backend))
            await session.until(lambda each: each.count > 20)
            start_s = time.monotonic()
            room.radio.outage(0.6)
            await session.until(lambda each: each.texts[-1].startswith("Signal lost"))
            noticed_s = time.monotonic() - start_s
            await session.until(lambda each: each.times_streaming() == 2)
            await session.close()
            return noticed_s

    assert asyncio.run(run()) < 1.5


def test_closing_while_it_looks_for_an_absent_sensor_is_quick():
    async def run():
        async with open_virtual_room() as room:
            packets = BleSource(SENSOR, backend=room.backend).packets()
            assert (await anext(packets)).text == "Looking for the sensor"
            start_s = time.monotonic()
            await packets.aclose()
            return time.monotonic() - start_s

    assert asyncio.run(run()) < 1.0


def test_cancelling_while_it_connects_frees_the_radio(clients):
    async def run():
        async with open_virtual_room(wit_motion()) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            await session.until(lambda each: each.texts[-1:] == ["Connecting to WT901BLE68"])
            waiting = asyncio.create_task(anext(session.packets))
            await clients.connecting.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert clients["disconnect"] == 1
            again = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            await again.until(lambda each: each.count > 20)
            await again.close()

    asyncio.run(run())


def test_cancelling_in_the_moment_of_an_answer_is_not_forgotten():
    async def run():
        async with open_virtual_room(wit_motion()) as room:
            found = await BleakScanner.find_device_by_name(
                SENSOR.name, timeout=2.0, backend=room.backend.scanner
            )
            client = VirtualClient(found, disconnected_callback=None, timeout=1.0)
            answer = asyncio.get_running_loop().create_future()
            asking = asyncio.create_task(client._ask(asyncio.wait_for(answer, 5.0)))
            await asyncio.sleep(0)
            answer.set_result(b"")
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    asyncio.run(run())


def test_an_absent_sensor_does_not_block_the_next_connection():
    async def run():
        async with open_virtual_room(wit_motion()) as room:
            found = await BleakScanner.find_device_by_name(
                SENSOR.name, timeout=2.0, backend=room.backend.scanner
            )
            # Switched off after the scan has seen it.
            await room.twins[0]._device.stop_advertising()
            client = VirtualClient(found, disconnected_callback=None, timeout=0.3)
            with pytest.raises(TimeoutError):
                await client.connect(pair=False)
            await room.twins[0]._device.start_advertising(auto_restart=True)
            await client.connect(pair=False)
            assert client.is_connected
            await client.disconnect()
            assert not client.is_connected

    asyncio.run(run())


def test_a_refused_write_carries_the_sensors_own_code():
    class Refusing(WitMotionFirmware):
        def write(self, characteristic, data):
            assert characteristic == WRITE
            raise RefusalError(data[0])

    async def run():
        twin = VirtualSensor(Refusing(), movement(), address=SENSOR.address)
        async with open_virtual_room(twin) as room:
            found = await BleakScanner.find_device_by_name(
                SENSOR.name, timeout=2.0, backend=room.backend.scanner
            )
            connection = _BleConnection(found, room.backend, QUICK, asyncio.Queue(), witmotion.DECODER)
            await connection.open()
            try:
                for code in (0x0D, 0x80):
                    with pytest.raises(RequestRefusedError) as told:
                        await connection.write(WRITE, bytes([code]), response=True)
                    assert told.value.code == code
                # The link stands, and a command that asks for no answer gets none.
                await connection.write(WRITE, b"\x80")
            finally:
                await connection.close()

    asyncio.run(run())


def test_two_sensors_stream_at_once():
    async def run():
        left = VirtualSensor(WitMotionFirmware("WT901BLE67"), movement(), address="F0:57:90:1A:00:02")
        async with open_virtual_room(left, wit_motion()) as room:
            found = await scan(0.4, room.backend)
            sessions = [Session(BleSource(each, backend=room.backend, timing=QUICK)) for each in found]
            await asyncio.gather(*(each.until_streaming(1, 40) for each in sessions))
            # Both look for their sensors at the same time, and one finds it first.
            room.radio.drop_link()
            await asyncio.gather(*(each.until_streaming(2, 40) for each in sessions))
            for each in sessions:
                await each.close()
        return sessions

    sessions = asyncio.run(run())
    assert len({each.source.info.name for each in sessions}) == 2
    assert [each.texts.count("Connected, 100 samples/s") for each in sessions] == [2, 2]


def test_a_sensor_tells_what_it_hands_to_the_radio():
    async def run():
        twin = wit_motion()
        sent = []
        twin.on_notification = lambda characteristic, payload: sent.append((characteristic, payload))
        async with open_virtual_room(twin) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            await session.until_streaming(1, 60)
            await session.close()
        packets = [item for item in session.items if isinstance(item, RawPacket)]
        return sent, [(item.characteristic, item.payload) for item in packets]

    sent, received = asyncio.run(run())
    start = len(sent) - len(received)
    # What is under way when the link is closed never comes; before the set-up is done nothing is passed on.
    assert any(sent[at : at + len(received)] == received for at in range(start + 1))


def test_two_sensors_are_told_apart():
    async def run():
        left = VirtualSensor(WitMotionFirmware("WT901BLE67"), movement(), address="F0:57:90:1A:00:02")
        right = wit_motion()
        async with open_virtual_room(left, right) as room:
            found = await scan(0.4, room.backend)
            assert {each.name for each in found} == {"WT901BLE67", "WT901BLE68"}
            chosen = next(each for each in found if each.name == "WT901BLE67")
            session = Session(BleSource(chosen, backend=room.backend, timing=QUICK))
            await session.until(lambda each: each.count > 20)
            await session.close()
            return left.samples_sent, right.samples_sent

    left, right = asyncio.run(run())
    assert left > 20
    assert right == 0


def test_no_adapter_is_one_sentence_with_advice(monkeypatch, tmp_path):
    if sys.platform != "linux":
        pytest.skip("D-Bus is how Linux reaches Bluetooth")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'no-bus'}")
    with pytest.raises(BluetoothUnavailableError, match="Bluetooth service is not running; start it"):
        asyncio.run(scan(0.1))

    async def stream():
        async for item in BleSource("F0:57:90:1A:00:01").packets():
            assert item.text == "Looking for the sensor"

    with pytest.raises(BluetoothUnavailableError, match="Bluetooth service is not running; start it"):
        asyncio.run(stream())


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (BleakBluetoothNotAvailableError("x", Reason.POWERED_OFF), "switched off; switch it on"),
        (BleakBluetoothNotAvailableError("x", Reason.NO_BLUETOOTH), "no Bluetooth adapter; plug one in"),
        (BleakBluetoothNotAvailableError("x", Reason.DENIED_BY_USER), "allow it in the privacy settings"),
        (BleakError("org.bluez.Error.NotReady"), "failed .org.bluez.Error.NotReady.; switch it off and on"),
        (TimeoutError(), "Bluetooth does not answer"),
        (EOFError(), "service is not running"),
    ],
)
def test_every_way_of_having_no_bluetooth_says_what_to_do(error, sentence):
    class Scanner(VirtualScanner):
        async def start(self):
            raise error

    with pytest.raises(BluetoothUnavailableError, match=sentence):
        asyncio.run(scan(0.0, Backend(scanner=Scanner)))


def test_bluetooth_that_vanishes_in_a_session_is_waited_for(monkeypatch):
    async def run():
        async with open_virtual_room(wit_motion()) as room:
            session = Session(BleSource(SENSOR, backend=room.backend, timing=QUICK))
            await session.until(lambda each: each.count > 20)
            broken = True
            start = room.backend.scanner.start

            async def failing(self):
                if broken:
                    raise FileNotFoundError("no bus")
                await start(self)

            monkeypatch.setattr(room.backend.scanner, "start", failing)
            room.radio.drop_link()
            await session.until(lambda each: "service is not running" in each.texts[-1])
            assert session.items[-1].state == "lost"
            broken = False
            await session.until(lambda each: each.texts[-1] == "Connecting to WT901BLE68")
            await session.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "module", ["drivers", "drivers.registry", "drivers.sample_stream", "drivers.witmotion"]
)
def test_bluetooth_is_loaded_only_where_it_is_needed(module):
    code = f"import sys, {module}; print(*[m for m in ('bleak', 'bumble') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "\n"
    )


def test_the_link_needs_no_virtual_radio():
    code = "import sys, drivers.link; print('bumble' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "False\n"


def test_a_backend_says_whether_it_is_simulated():
    assert not BleSource(SENSOR).info.simulated
    assert BleSource(SENSOR, backend=Backend(simulated=True)).info.simulated


@pytest.mark.parametrize("worn", [0, 1])
def test_of_two_sensors_with_one_name_the_chosen_address_alone_is_heard(worn):
    async def run():
        twins = [
            VirtualSensor(WitMotionFirmware("WT901BLE67"), movement(), address=f"F0:57:90:1A:00:0{number}")
            for number in (1, 2)
        ]
        other = twins[1 - worn]
        async with open_virtual_room(*twins) as room:
            found = await scan(0.4, room.backend)
            assert [each.name for each in found] == ["WT901BLE67"] * 2
            assert {each.address for each in found} == {each.address for each in twins}
            chosen = next(each for each in found if each.address == twins[worn].address)
            session = Session(BleSource(chosen, backend=room.backend, timing=QUICK))
            await session.until_streaming(1, 40)
            # Also after a loss, when both advertise anew.
            room.radio.drop_link()
            await session.until_streaming(2, 40)
            await session.close()
            return session.source.info.serial == chosen.address, other.samples_sent

    assert asyncio.run(run()) == (True, 0)
