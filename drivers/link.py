"""Connect to a sensor with Bleak, watch for its samples, and connect again whenever they stop.

One supervisor task owns the connection. It watches for samples rather than for "connected", because
stacks report a vanished sensor late or never, and after every drop it disconnects the old client: BlueZ
otherwise keeps the old subscription and delivers everything twice (Bleak 3.1, BlueZ 5.66).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
    BleakGATTProtocolError,
)

from drivers import registry, witmotion
from drivers.decoded import DecodeError, Decoder
from drivers.sensor import (
    RequestRefusedError,
    SensorDriver,
    SensorRefusedError,
    SetUp,
    nearest_rate_hz,
)
from drivers.source import (
    BATTERY_LEVEL_PREFIX,
    LOOKING,
    SIGNAL_LOST,
    LinkState,
    LinkStatus,
    RawPacket,
    SensorInfo,
    SourceItem,
)

# Without D-Bus Bleak raises a bare FileNotFoundError; a bus that hangs up is an EOFError.
_RADIO_ERRORS = (BleakError, OSError, EOFError)
_ADVICE = {
    BleakBluetoothNotAvailableReason.POWERED_OFF: "Bluetooth is switched off; switch it on and try again",
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: (
        "This computer has no Bluetooth adapter; plug one in and try again"
    ),
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: (
        "This computer's Bluetooth adapter has no Bluetooth Low Energy; plug in a newer one"
    ),
}
_NO_SERVICE = "The system's Bluetooth service is not running; start it (Linux: BlueZ and D-Bus) and try again"
_BUSY = "org.bluez.Error.InProgress"
_BUSY_PAUSE_S = 0.1
_HALF_START_S = 1.0
_DENIED = "The system does not let this program use Bluetooth; allow it in the privacy settings and try again"
UNAVAILABLE = (*_ADVICE.values(), _NO_SERVICE, _DENIED)
"""Why there may be no Bluetooth, each a sentence with advice."""


class BluetoothUnavailableError(RuntimeError):
    """There is no Bluetooth to work with; the message is one sentence with advice."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Bleak's classes to use instead of the platform's; simulated where no radio and no person is behind."""

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None
    simulated: bool = False


PLATFORM = Backend()
BATTERY_PREFIX = "0000180f"
"""Bluetooth's standard battery service."""


@dataclass(frozen=True, slots=True)
class FoundSensor:
    """A sensor that a driver recognises, as it was seen on the air.

    battery_percent: None where it does not advertise it; most tell it only once they are connected.
    """

    name: str
    address: str
    driver: str
    rssi_dbm: int
    battery_percent: int | None = None

    @property
    def model(self) -> str:
        """Name of the kind of sensor, for people."""
        return registry.sensor(self.driver).model


@dataclass(frozen=True, slots=True)
class LinkTiming:
    """Time limits of a link, all in seconds.

    silence_s: without samples for so long the link counts as lost.
    """

    silence_s: float = 2.5
    scan_s: float = 10.0
    connect_s: float = 15.0
    call_s: float = 5.0
    first_pause_s: float = 0.25
    longest_pause_s: float = 8.0
    poll_s: float = 60.0
    leave_s: float = 1.0


async def scan(timeout_s: float, backend: Backend | None = None) -> list[FoundSensor]:
    """Listen for `timeout_s` and return the sensors that a driver recognises, strongest first.

    Raises BluetoothUnavailableError.
    """
    seen: dict[str, FoundSensor] = {}

    def note(device: BLEDevice, adv: AdvertisementData) -> None:
        # The name may come with a later report than the service.
        if sensor := _recognised(device, adv):
            seen[sensor.address] = sensor

    try:
        async with asyncio.timeout(timeout_s + LinkTiming().call_s):
            async with _listening(note, backend or PLATFORM):
                await asyncio.sleep(timeout_s)
    except _RADIO_ERRORS as error:
        raise _unavailable(error) from error
    return sorted(seen.values(), key=lambda sensor: -sensor.rssi_dbm)


@contextlib.asynccontextmanager
async def _listening(
    note: Callable[[BLEDevice, AdvertisementData], None], backend: Backend
) -> AsyncGenerator[None]:
    """Listen to advertisements. BlueZ runs one scan of a program at a time: another one is waited for."""
    while True:
        scanner = BleakScanner(note, backend=backend.scanner)
        starting = asyncio.ensure_future(scanner.start())
        try:
            await asyncio.shield(starting)
            break
        except asyncio.CancelledError:
            # Half a start would leave BlueZ scanning, and refusing every later scan, until the program ends.
            await asyncio.wait([starting], timeout=_HALF_START_S)
            if not starting.cancel() and starting.exception() is None:
                await scanner.stop()
            raise
        except BleakDBusError as error:
            if error.dbus_error != _BUSY:
                raise
        await asyncio.sleep(_BUSY_PAUSE_S)
    try:
        yield
    finally:
        await scanner.stop()


class BleSource:
    """One sensor on the air as a `Source`."""

    __slots__ = ("_address", "_backend", "_driver", "_info", "_queue", "_rate_hz", "_timing", "_told")

    def __init__(
        self,
        target: str | FoundSensor,
        *,
        driver: str = witmotion.NAME,
        rate_hz: float = 100.0,
        backend: Backend | None = None,
        timing: LinkTiming | None = None,
    ) -> None:
        """Prepare a link; nothing is sent before `packets` is iterated.

        target: a result of `scan`, or an address (then `driver` says what kind of sensor it is).
        Raises `registry.UnknownDriverError`.
        """
        found = target if isinstance(target, FoundSensor) else FoundSensor(target, target, driver, 0)
        self._driver: SensorDriver = registry.sensor(found.driver)
        self._address = found.address
        self._backend = backend or PLATFORM
        self._timing = timing or LinkTiming()
        self._rate_hz = nearest_rate_hz(self._driver.rates_hz, rate_hz)
        self._queue: asyncio.Queue[SourceItem | None] = asyncio.Queue()
        self._told: tuple[LinkState, str] | None = None
        self._info = SensorInfo(
            driver=found.driver,
            model=self._driver.model,
            name=found.name,
            serial=found.address,
            rate_hz=self._rate_hz,
            acc_range_mps2=self._driver.acc_range_mps2,
            gyr_range_radps=self._driver.gyr_range_radps,
            simulated=self._backend.simulated,
        )

    @property
    def info(self) -> SensorInfo:
        """What is known about the sensor; rate, battery and firmware once it streams."""
        return self._info

    async def packets(self) -> AsyncGenerator[SourceItem]:
        """Yield packets and changes of the link until closed; the link is freed on the way out.

        Raises BluetoothUnavailableError if there is no Bluetooth to begin with.
        """
        self._queue = asyncio.Queue()
        queue = self._queue
        supervisor = asyncio.create_task(self._supervise(), name=f"link to {self._address}")
        supervisor.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (item := await queue.get()) is not None:
                yield item
            await supervisor
        finally:
            supervisor.cancel()
            await asyncio.wait([supervisor])
            # Told to the caller above unless it left early: then nobody wants to know.
            if not supervisor.cancelled():
                supervisor.exception()

    def _tell(self, state: LinkState, text: str, host_ns: int | None = None) -> None:
        if self._told != (state, text):
            self._told = (state, text)
            self._queue.put_nowait(LinkStatus(host_ns or time.monotonic_ns(), state, text))

    async def _supervise(self) -> None:
        pause_s = self._timing.first_pause_s
        last_sample_ns: int | None = None
        trouble: str | None = None
        while True:
            state, text = _lost(last_sample_ns, trouble)
            self._tell(state, text)
            connection: _BleConnection | None = None
            try:
                device = await self._find()
                trouble = None
                if device is not None:
                    self._tell("connecting", f"Connecting to {self._info.name}")
                    decoder = self._driver.decoder
                    connection = _BleConnection(device, self._backend, self._timing, self._queue, decoder)
                    await self._use(connection)
            except BluetoothUnavailableError as error:
                if last_sample_ns is None:
                    raise
                trouble = str(error)
            except SensorRefusedError as error:
                trouble = str(error)
            except DecodeError as error:
                trouble = f"The sensor's answer cannot be read ({error}); switch it off and on again"
            except _RADIO_ERRORS:
                trouble = "The sensor did not answer; trying again" if last_sample_ns is None else None
            if connection is not None and connection.streaming:
                last_sample_ns = connection.last_sample_ns
                pause_s = self._timing.first_pause_s
            # At once: what to do about a refusal must stand there for as long as we wait.
            state, text = _lost(last_sample_ns, trouble)
            self._tell(state, text)
            await asyncio.sleep(pause_s)
            pause_s = min(2.0 * pause_s, self._timing.longest_pause_s)

    async def _find(self) -> BLEDevice | None:
        """Scan afresh: a device object from before the drop may belong to a connection that is gone."""
        wanted = self._address.lower()
        found: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()

        def note(device: BLEDevice, adv: AdvertisementData) -> None:
            if device.address.lower() == wanted and not found.done():
                self._info = replace(self._info, name=adv.local_name or device.name or self._info.name)
                found.set_result(device)

        timing = self._timing
        try:
            async with asyncio.timeout(timing.scan_s + timing.call_s):
                async with _listening(note, self._backend):
                    await asyncio.wait([found], timeout=timing.scan_s)
        except _RADIO_ERRORS as error:
            raise _unavailable(error) from error
        return found.result() if found.done() else None

    async def _use(self, connection: _BleConnection) -> None:
        """Set the sensor up and stay until its packets stop."""
        try:
            await connection.open()
            set_up = await self._driver.set_up(connection, self._rate_hz)
            self._info = _described(self._info, set_up)
            text = f"Connected, {set_up.rate_hz:.0f} samples/s"
            if set_up.rate_hz != self._rate_hz:
                text += f" ({self._rate_hz:.0f} were asked for)"
            self._tell("streaming", text, set_up.valid_from_ns)
            connection.release(set_up.valid_from_ns)
            silence_s = self._timing.silence_s + self._info.delay_s
            await connection.until_silent(silence_s, lambda: self._driver.poll(connection))
        except BaseException:
            # It is we who hang up, because we are told to or because the set-up failed half-way.
            if connection.answers:
                with contextlib.suppress(SensorRefusedError, *_RADIO_ERRORS):
                    async with asyncio.timeout(self._timing.leave_s):
                        await self._driver.leave(connection)
            raise
        finally:
            await connection.close()


@dataclass(slots=True, eq=False)
class _BleConnection:
    """One client from connect to disconnect: the next connection gets a new one, callbacks and all."""

    device: BLEDevice
    backend: Backend
    timing: LinkTiming
    queue: asyncio.Queue[SourceItem | None]
    decoder: Decoder
    streaming: bool = False
    # When acceleration and angular rate came last: a sensor may send its battery for ever, or one half alone.
    _last_ns: dict[str, int] = field(default_factory=dict[str, int])
    _released_ns: int = 0
    _state: Any = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _client: BleakClient | None = None
    _closed: bool = False
    _dropped: asyncio.Event = field(default_factory=asyncio.Event)
    _held: list[RawPacket] = field(default_factory=list[RawPacket])

    async def open(self) -> None:
        timing = self.timing
        self._client = BleakClient(
            self.device,
            disconnected_callback=self._on_dropped,
            timeout=timing.connect_s,
            backend=self.backend.client,
        )
        async with asyncio.timeout(timing.connect_s + timing.call_s):
            await self._client.connect()

    async def close(self) -> None:
        """Disconnect even if the link is gone already: only that frees it on every stack."""
        self._closed = True
        if self._client is None:
            return
        with contextlib.suppress(*_RADIO_ERRORS):
            async with asyncio.timeout(self.timing.call_s):
                await self._client.disconnect()

    @property
    def answers(self) -> bool:
        """Whether the sensor is connected as far as anybody knows."""
        return self._client is not None and self._client.is_connected and not self._dropped.is_set()

    def release(self, from_ns: int) -> None:
        """Let packets flow, those held since from_ns first."""
        for packet in self._held:
            if packet.host_ns >= from_ns:
                self.queue.put_nowait(packet)
        self._held.clear()
        self._released_ns = time.monotonic_ns()
        self.streaming = True

    async def until_silent(self, silence_s: float, poll: Callable[[], Awaitable[None]]) -> None:
        """Return when the link drops or no samples have come for too long; poll beside that."""
        polling = asyncio.create_task(self._poll(poll))
        dropped = asyncio.create_task(self._dropped.wait())
        try:
            while (left_s := self.last_sample_ns / 1e9 + silence_s - time.monotonic()) > 0.0:
                done, _ = await asyncio.wait(
                    (polling, dropped), timeout=left_s, return_when=asyncio.FIRST_COMPLETED
                )
                if polling in done:
                    polling.result()
                if done:
                    return
        finally:
            polling.cancel()
            dropped.cancel()
            await asyncio.wait((polling, dropped))

    async def _poll(self, poll: Callable[[], Awaitable[None]]) -> None:
        """Ask for what changes slowly, for ever."""
        while True:
            # An unanswered question is no reason to drop a link that delivers samples.
            with contextlib.suppress(*_RADIO_ERRORS):
                await poll()
            await asyncio.sleep(self.timing.poll_s)

    def _on_dropped(self, client: BleakClient) -> None:
        del client
        self._dropped.set()

    def _on_packet(self, characteristic: BleakGATTCharacteristic, data: bytearray) -> None:
        if self._closed:
            return
        packet = RawPacket(time.monotonic_ns(), characteristic.uuid, bytes(data))
        self._note_samples(packet)
        self._pass_on(packet)

    def _note_samples(self, packet: RawPacket) -> None:
        try:
            decoded, self._state = self.decoder.decode(packet.payload, self._state)
        except DecodeError:
            return
        if len(decoded.acc_mps2):
            self._last_ns["acceleration"] = packet.host_ns
        if decoded.gyr_radps is not None and len(decoded.gyr_radps):
            self._last_ns["angular rate"] = packet.host_ns

    @property
    def last_sample_ns(self) -> int:
        """Until when all that this sensor has sent samples of has come, or when packets began to flow."""
        return max(min(self._last_ns.values(), default=0), self._released_ns)

    def _pass_on(self, packet: RawPacket) -> None:
        if self.streaming:
            self.queue.put_nowait(packet)
        else:
            self._held.append(packet)
            self._arrived.set()

    # What a driver may do (drivers.sensor.Connection).

    def characteristic(self, prefix: str) -> str:
        found = self._uuid(prefix)
        if found is None:
            raise SensorRefusedError(f"The sensor has no characteristic {prefix}; it is of another kind")
        return found

    def has(self, prefix: str) -> bool:
        return self._uuid(prefix) is not None

    def _uuid(self, prefix: str) -> str | None:
        characteristics = self._live().services.characteristics.values()
        return next((each.uuid for each in characteristics if each.uuid.startswith(prefix)), None)

    async def subscribe(self, characteristic: str) -> None:
        async with asyncio.timeout(self.timing.call_s):
            await self._live().start_notify(characteristic, self._on_packet)

    async def write(self, characteristic: str, data: bytes, *, response: bool = False) -> None:
        try:
            async with asyncio.timeout(self.timing.call_s):
                await self._live().write_gatt_char(characteristic, data, response=response)
        except BleakGATTProtocolError as error:
            raise RequestRefusedError(error.code) from error

    async def ask(
        self,
        characteristic: str,
        command: bytes,
        is_answer: Callable[[bytes], bool],
        *,
        response: bool = False,
        within_s: float = 2.0,
    ) -> bytes:
        seen = len(self._held)
        await self.write(characteristic, command, response=response)
        async with asyncio.timeout(within_s):
            while True:
                for packet in self._held[seen:]:
                    seen += 1
                    if is_answer(packet.payload):
                        return packet.payload
                self._arrived.clear()
                await self._either(self._arrived)
                self._live()

    async def read(self, characteristic: str) -> bytes:
        try:
            async with asyncio.timeout(self.timing.call_s):
                return bytes(await self._live().read_gatt_char(characteristic))
        except BleakGATTProtocolError as error:
            raise RequestRefusedError(error.code) from error

    async def read_battery(self, prefix: str = BATTERY_LEVEL_PREFIX) -> int | None:
        uuid = self._uuid(prefix)
        if uuid is None:
            return None
        level = await self.read(uuid)
        if not level or level[0] > 100:
            return None
        self._pass_on(RawPacket(time.monotonic_ns(), uuid, level))
        return level[0]

    async def wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._dropped.wait()
        self._live()

    def packets(self) -> list[RawPacket]:
        return list(self._held)

    async def _either(self, event: asyncio.Event) -> None:
        """Wait for an event or the end of the link, whichever comes first."""
        waiting = [asyncio.ensure_future(each.wait()) for each in (event, self._dropped)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    def _live(self) -> BleakClient:
        if self._client is None or self._dropped.is_set():
            raise BleakError("the connection broke")
        return self._client


def _described(info: SensorInfo, set_up: SetUp) -> SensorInfo:
    """What is known once the sensor streams."""
    return replace(
        info,
        rate_hz=set_up.rate_hz,
        battery_percent=set_up.battery_percent,
        firmware=set_up.firmware,
        model=set_up.model or info.model,
        acc_range_mps2=set_up.acc_range_mps2 or info.acc_range_mps2,
        gyr_range_radps=set_up.gyr_range_radps or info.gyr_range_radps,
        delay_s=info.delay_s if set_up.delay_s is None else set_up.delay_s,
    )


def _recognised(device: BLEDevice, adv: AdvertisementData) -> FoundSensor | None:
    name = adv.local_name or device.name or ""
    driver = registry.recognise(name, adv.service_uuids, adv.manufacturer_data)
    if driver is None:
        return None
    return FoundSensor(name or device.address, device.address, driver, adv.rssi, _advertised_battery(adv))


def _advertised_battery(adv: AdvertisementData) -> int | None:
    """The level in the service data of the battery service: one byte, percent."""
    told = next((data for uuid, data in adv.service_data.items() if uuid.startswith(BATTERY_PREFIX)), b"")
    return told[0] if len(told) == 1 and told[0] <= 100 else None


def _lost(last_sample_ns: int | None, trouble: str | None) -> tuple[LinkState, str]:
    if last_sample_ns is None:
        return "searching", trouble or LOOKING
    silent_s = int((time.monotonic_ns() - last_sample_ns) / 1e9 + 0.5)
    if trouble:
        return "lost", trouble
    since = f" for {silent_s} s" if silent_s else ""
    return "lost", f"{SIGNAL_LOST}{since}, reconnecting"


def _unavailable(error: Exception) -> BluetoothUnavailableError:
    if isinstance(error, BleakBluetoothNotAvailableError):
        return BluetoothUnavailableError(_ADVICE.get(error.reason, _DENIED))
    if isinstance(error, TimeoutError):
        return BluetoothUnavailableError("Bluetooth does not answer; switch it off and on and try again")
    no_owner = (
        isinstance(error, BleakDBusError) and error.dbus_error == "org.freedesktop.DBus.Error.ServiceUnknown"
    )
    if no_owner or isinstance(error, OSError | EOFError):
        return BluetoothUnavailableError(_NO_SERVICE)
    return BluetoothUnavailableError(f"Bluetooth failed ({error}); switch it off and on and try again")
