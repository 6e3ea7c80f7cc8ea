"""A virtual sensor: the firmware of a real one on a Bumble device, moved by given samples.

The firmware is a plain object that speaks one sensor's protocol in bytes (`Firmware`); this module gives it a
body, a clock and a radio. A new twin is one firmware.
"""

# Bumble is only partly typed: these reports would be about it, not about us.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from bumble import att, core, data_types, gatt
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.hci import Address
from numpy.typing import NDArray

from analysis.samples import ImuSamples
from drivers.virtual.radio import Radio, RadioController

Array = NDArray[np.float64]
Access = Literal["read", "write", "notify", "indicate"]
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
_ADVERTISING_INTERVAL_MS = 100.0


@dataclass(frozen=True, slots=True)
class Advertised:
    """What a sensor says of itself before it is connected; the name comes with the scan response."""

    name: str
    service_uuids: tuple[str, ...] = ()
    manufacturer_data: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class TwinCharacteristic:
    """One characteristic of a service."""

    uuid: str
    access: frozenset[Access]


@dataclass(frozen=True, slots=True)
class TwinService:
    """One service and what is in it."""

    uuid: str
    characteristics: tuple[TwinCharacteristic, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """One flow of samples that a firmware sends now.

    count: samples in a notification. phase_s: by how much its samples are taken later than the first of the
    clock. stretch: its own oscillator, relative to the sensor's clock (1.0: the same).
    encode: (n,) times of the sensor's clock in s, (n, 3) m/s2 and (n, 3) rad/s in, notifications out.
    """

    characteristic: str
    rate_hz: float
    count: int
    encode: Callable[[Array, Array, Array], Sequence[bytes]] = field(compare=False)
    phase_s: float = 0.0
    stretch: float = 1.0


class Firmware(Protocol):
    """A sensor's side of its protocol, without a radio.

    `streams` says what it sends now; it is looked at after every command and connection. A command is
    answered by notifications (characteristic, payload); `RefusalError` is answered by an ATT error.
    """

    @property
    def advertised(self) -> Advertised:
        """What it says of itself before it is connected."""
        ...

    @property
    def services(self) -> tuple[TwinService, ...]:
        """Its services."""
        ...

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What it sends now."""
        ...

    def reset(self) -> None:
        """Begin a new connection: most sensors forget what the last one asked for."""
        ...

    def read(self, characteristic: str) -> bytes:
        """Return a value. Raises RefusalError."""
        ...

    def write(self, characteristic: str, data: bytes) -> Sequence[tuple[str, bytes]]:
        """Take a command. Raises RefusalError."""
        ...


class RefusalError(Exception):
    """An ATT error with this code is the answer."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(f"ATT error {code:#04x}")
        self.code = code


class VirtualSensor:
    """Streams samples in real time to whoever asks its firmware for them.

    It measures the given movement with its own clock: at 100 Hz it takes a sample every
    1 / (100 (1 + rate_error)) s, linearly interpolated. Before the start it sends the first value, after
    the end the last one. Session time t_s of the samples happens at host time
    `started_host_ns` + (t_s - samples.t_s[0]); it starts `lead_s` after the first samples are taken for
    somebody, however long the set-up before that has been. Its clock reads `clock_s` when it is switched on.
    course: which second of the session is measured at each second since its start, (n,) to (n,); None is the
    session as it is.

    muted: it stays connected and sends no samples. samples_sent: those of the accelerometer, since it was
    switched on. operations: every subscription, read and write of the host, in order. on_operation is called
    with the number of each before it is carried out, for tests that make trouble there. on_notification is
    called with every notification (characteristic, payload) that is handed to the radio.
    """

    def __init__(
        self,
        firmware: Firmware,
        samples: ImuSamples,
        *,
        address: str = "F0:57:90:1A:00:01",
        rate_error: float = -0.007,
        lead_s: float = 1.0,
        clock_s: float = 0.0,
        course: Callable[[Array], Array] | None = None,
    ) -> None:
        """Prepare a sensor; it advertises once its room is open."""
        self.firmware = firmware
        self.address = address
        self.rate_error = rate_error
        self.muted = False
        self.samples_sent = 0
        self.operations: list[tuple[str, str, bytes]] = []
        self.on_operation: Callable[[int], None] | None = None
        self.on_notification: Callable[[str, bytes], None] | None = None
        self._samples = samples
        self._lead_s = lead_s
        self._clock_s = clock_s
        self._course = course
        self._switched_on_ns = 0
        self._started_ns: int | None = None
        self._listened_to: set[str] = set()
        self._changed = asyncio.Event()
        self._device: Device | None = None
        self._characteristics: dict[str, gatt.Characteristic[bytes]] = {}
        self._indicated: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Advertised name."""
        return self.firmware.advertised.name

    @property
    def started_host_ns(self) -> int | None:
        """Host time (monotonic, ns) of the first of the samples, or None before it takes any for somebody."""
        return self._started_ns

    async def open(self, radio: Radio) -> None:
        """Switch the sensor on: advertise and wait for a connection."""
        told = self.firmware.advertised
        controller = RadioController(told.name, radio, self.address)
        config = DeviceConfiguration(
            name=told.name,
            address=Address(self.address),
            advertising_interval_min=_ADVERTISING_INTERVAL_MS,
            advertising_interval_max=_ADVERTISING_INTERVAL_MS,
            advertising_data=_advertising_data(told),
            scan_response_data=bytes(core.AdvertisingData([data_types.CompleteLocalName(told.name)])),
        )
        device = Device.from_config_with_hci(config, controller, controller)
        for service in self.firmware.services:
            made = [self._make(each) for each in service.characteristics]
            device.add_service(gatt.Service(service.uuid, made))
        device.on(device.EVENT_CONNECTION, self._on_connection)
        await device.power_on()
        await device.start_advertising(auto_restart=True)
        self._device = device
        self._switched_on_ns = time.monotonic_ns()
        self._task = asyncio.create_task(self._run(), name=f"virtual {told.name}")

    async def close(self) -> None:
        """Switch the sensor off."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._device is not None:
            await self._device.stop_advertising()
            await self._device.power_off()

    def session_s(self, clock_s: Array) -> Array:
        """Return the seconds since the session began for times of the sensor's clock."""
        started_ns = self._started_ns if self._started_ns is not None else self._switched_on_ns
        since_on_s = (clock_s - self._clock_s) / (1.0 + self.rate_error)
        return since_on_s - (started_ns - self._switched_on_ns) / 1e9

    def values_at(self, session_s: Array) -> tuple[Array, Array]:
        """Return (n, 3) specific force and (n, 3) angular rate at these seconds of the session.

        The angular rate is 0 where the samples have none.
        """
        if self._course is not None:
            session_s = self._course(session_s)
        t = session_s + self._samples.t_s[0]
        gyr = self._samples.gyr_radps
        acc = np.column_stack([np.interp(t, self._samples.t_s, each) for each in self._samples.acc_mps2.T])
        if gyr is None:
            return acc, np.zeros_like(acc)
        return acc, np.column_stack([np.interp(t, self._samples.t_s, each) for each in gyr.T])

    async def _run(self) -> None:
        """Send what the firmware wants sent to those who listen; what goes on is not interrupted."""
        sending: dict[Stream, asyncio.Task[None]] = {}
        try:
            while True:
                self._changed.clear()
                wanted = [each for each in self.firmware.streams if each.characteristic in self._listened_to]
                for stream in set(sending) - set(wanted):
                    sending.pop(stream).cancel()
                for number, stream in enumerate(wanted):
                    if stream not in sending:
                        sending[stream] = asyncio.create_task(self._send_stream(stream, counted=number == 0))
                await self._changed.wait()
        finally:
            for task in sending.values():
                task.cancel()
            await asyncio.gather(*sending.values(), return_exceptions=True)

    async def _send_stream(self, stream: Stream, *, counted: bool) -> None:
        if self._started_ns is None:
            self._started_ns = time.monotonic_ns() + round(self._lead_s * 1e9)
        period_s = 1.0 / (stream.rate_hz * stream.stretch)
        # The sensor's own clock ticks from here, whoever listens and however late the loop is.
        first_s = self._now_s() + stream.phase_s
        taken = 0
        while True:
            clock_s = first_s + np.arange(taken, taken + stream.count, dtype=np.float64) * period_s
            taken += stream.count
            await asyncio.sleep(max(self._host_s(float(clock_s[-1])) - time.monotonic(), 0.0))
            if self.muted:
                continue
            payloads = stream.encode(clock_s, *self.values_at(self.session_s(clock_s)))
            # Counted at once: the stream may be stopped while it sends.
            self.samples_sent += stream.count if counted else 0
            for payload in payloads:
                await self._send(stream.characteristic, payload)

    def _now_s(self) -> float:
        return self._clock_s + (time.monotonic_ns() - self._switched_on_ns) / 1e9 * (1.0 + self.rate_error)

    def _host_s(self, clock_s: float) -> float:
        return self._switched_on_ns / 1e9 + (clock_s - self._clock_s) / (1.0 + self.rate_error)

    async def _send(self, characteristic: str, payload: bytes) -> None:
        if self._device is None or characteristic not in self._listened_to:
            return
        made = self._characteristics[characteristic]
        if self.on_notification is not None:
            self.on_notification(characteristic, payload)
        if characteristic in self._indicated:
            await self._device.indicate_subscribers(made, payload)
        else:
            await self._device.notify_subscribers(made, payload)

    def _make(self, wanted: TwinCharacteristic) -> gatt.Characteristic[bytes]:
        kinds, allowed = gatt.Characteristic.Properties, gatt.Characteristic.Permissions
        properties = kinds(0)
        permissions = allowed(0)
        if "read" in wanted.access:
            properties |= kinds.READ
            permissions |= allowed.READABLE
        if "write" in wanted.access:
            properties |= kinds.WRITE | kinds.WRITE_WITHOUT_RESPONSE
            permissions |= allowed.WRITEABLE
        if "notify" in wanted.access:
            properties |= kinds.NOTIFY
        if "indicate" in wanted.access:
            properties |= kinds.INDICATE
            self._indicated.add(wanted.uuid)
        uuid = wanted.uuid
        value = gatt.CharacteristicValue(
            read=lambda _connection: self._on_read(uuid),
            write=lambda _connection, data: self._on_write(uuid, data),
        )
        made = gatt.Characteristic(uuid, properties, permissions, value)

        def on_subscription(_bearer: object, notify: bool, indicate: bool) -> None:
            self._on_subscription(uuid, notify or indicate)

        made.on(gatt.Characteristic.EVENT_SUBSCRIPTION, on_subscription)
        self._characteristics[uuid] = made
        return made

    def _on_connection(self, connection: Connection) -> None:
        self.firmware.reset()
        connection.once(connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_disconnection(self, _reason: int) -> None:
        self._listened_to.clear()
        self._changed.set()

    def _on_subscription(self, characteristic: str, on: bool) -> None:
        self._note("subscribe", characteristic, bytes([on]))
        if not on:
            self._listened_to.discard(characteristic)
        else:
            self._listened_to.add(characteristic)
        self._changed.set()

    def _on_read(self, characteristic: str) -> bytes:
        self._note("read", characteristic, b"")
        try:
            return self.firmware.read(characteristic)
        except RefusalError as error:
            raise att.ATT_Error(error.code) from error

    def _on_write(self, characteristic: str, data: bytes) -> None:
        self._note("write", characteristic, bytes(data))
        before = self.firmware.streams
        try:
            answers = self.firmware.write(characteristic, bytes(data))
        except RefusalError as error:
            raise att.ATT_Error(error.code) from error
        if self.firmware.streams != before:
            self._changed.set()
        for where, payload in answers:
            asyncio.get_running_loop().create_task(self._send(where, payload))

    def _note(self, kind: str, characteristic: str, data: bytes) -> None:
        self.operations.append((kind, characteristic, data))
        if self.on_operation is not None:
            self.on_operation(len(self.operations))


def _advertising_data(told: Advertised) -> bytes:
    structures: list[core.DataType] = []
    uuids = [core.UUID(each) for each in told.service_uuids]
    short = [each for each in uuids if len(each.to_bytes()) == 2]
    long = [each for each in uuids if len(each.to_bytes()) != 2]
    if short:
        structures.append(data_types.CompleteListOf16BitServiceUUIDs(short))
    if long:
        structures.append(data_types.CompleteListOf128BitServiceUUIDs(long))
    structures += [data_types.ManufacturerSpecificData(*each) for each in told.manufacturer_data]
    return bytes(core.AdvertisingData(structures))
