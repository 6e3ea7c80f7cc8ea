"""A virtual WitMotion sensor: the real frames and commands, on a Bumble device, from given samples."""

# Bumble is only partly typed: these reports would be about it, not about us.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import contextlib
import struct
import time

import numpy as np
from bumble import core, data_types, gatt
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.hci import Address
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from drivers.virtual.radio import Radio, RadioController

NAME = "WT901BLE68"
SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"
NOTIFY = "0000ffe4-0000-1000-8000-00805f9a34fb"
WRITE = "0000ffe9-0000-1000-8000-00805f9a34fb"

# Written down a second time on purpose: an encoder that shared the decoder's figures could not find it wrong.
_ACC_LSB_PER_MPS2 = 2048.0 / STANDARD_GRAVITY_MPS2
_GYR_LSB_PER_RADPS = 32768.0 / np.deg2rad(2000.0)
_RATES_HZ = {6: 10.0, 7: 20.0, 8: 50.0, 9: 100.0, 11: 200.0}
# Seen on the hardware at 20, 50 and 100 Hz.
_FRAMES_PER_NOTIFICATION = {10.0: 1, 20.0: 1, 50.0: 2, 100.0: 4, 200.0: 4}
_FACTORY_RATE_HZ = 10.0
_ADVERTISING_INTERVAL_MS = 100.0


def frames(acc_mps2: NDArray[np.float64], gyr_radps: NDArray[np.float64] | None) -> NDArray[np.int16]:
    """Return (n, 10) words of data frames: header, acc, gyro, and angles, which are 0."""
    words = np.zeros((len(acc_mps2), 10))
    words[:, 0] = 0x6155
    words[:, 1:4] = acc_mps2 * _ACC_LSB_PER_MPS2
    if gyr_radps is not None:
        words[:, 4:7] = gyr_radps * _GYR_LSB_PER_RADPS
    return np.clip(np.rint(words), -32768, 32767).astype("<i2")


class WitMotionTwin:
    """Streams samples in real time to whoever subscribes.

    It measures the given movement with its own clock: at 100 Hz it takes a sample every
    1 / (100 (1 + rate_error)) s, linearly interpolated. Before the start it sends the first value, after
    the end the last one. Session time t_s of the samples happens at host time
    `started_host_ns` + (t_s - samples.t_s[0]); it starts `lead_s` after the first subscription, which is
    when a driver has set the rate.
    """

    def __init__(
        self,
        samples: ImuSamples,
        *,
        name: str = NAME,
        address: str = "F0:57:90:1A:00:01",
        rate_error: float = -0.007,
        lead_s: float = 1.0,
        battery_volt: float = 3.85,
    ) -> None:
        """Prepare a sensor; it advertises once its room is open."""
        self.name = name
        self.address = address
        self.rate_hz = _FACTORY_RATE_HZ
        self.rate_error = rate_error
        self.battery_volt = battery_volt
        self.muted = False
        self.samples_sent = 0
        self.commands: list[bytes] = []
        self._samples = samples
        self._lead_s = lead_s
        self._started_ns: int | None = None
        self._unlocked = False
        self._replies: list[bytes] = []
        self._rate_changed = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._device: Device | None = None
        self._notify: gatt.Characteristic[bytes] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def started_host_ns(self) -> int | None:
        """Host time (monotonic, ns) of the first of the samples, or None before anybody subscribed."""
        return self._started_ns

    async def open(self, radio: Radio) -> None:
        """Switch the sensor on: advertise and wait for a connection."""
        controller = RadioController(self.name, radio, self.address)
        config = DeviceConfiguration(
            name=self.name,
            address=Address(self.address),
            advertising_interval_min=_ADVERTISING_INTERVAL_MS,
            advertising_interval_max=_ADVERTISING_INTERVAL_MS,
            advertising_data=bytes(
                core.AdvertisingData([data_types.CompleteListOf128BitServiceUUIDs([core.UUID(SERVICE)])])
            ),
            scan_response_data=bytes(core.AdvertisingData([data_types.CompleteLocalName(self.name)])),
        )
        device = Device.from_config_with_hci(config, controller, controller)
        properties = gatt.Characteristic.Properties
        self._notify = gatt.Characteristic(NOTIFY, properties.NOTIFY, gatt.Characteristic.Permissions(0), b"")
        write = gatt.Characteristic(
            WRITE,
            properties.WRITE | properties.WRITE_WITHOUT_RESPONSE,
            gatt.Characteristic.WRITEABLE,
            gatt.CharacteristicValue(write=self._on_command),
        )
        self._notify.on(gatt.Characteristic.EVENT_SUBSCRIPTION, self._on_subscription)
        device.add_service(gatt.Service(SERVICE, [self._notify, write]))
        device.on(device.EVENT_CONNECTION, self._on_connection)
        await device.power_on()
        await device.start_advertising(auto_restart=True)
        self._device = device
        self._task = asyncio.create_task(self._stream(), name=f"virtual {self.name}")

    async def close(self) -> None:
        """Switch the sensor off."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._device is not None:
            await self._device.stop_advertising()
            await self._device.power_off()

    def values_at(self, session_s: NDArray[np.float64]) -> NDArray[np.int16]:
        """Return the (n, 10) words of the frames for these times of the session."""
        t = session_s + self._samples.t_s[0]
        columns = self._samples.acc_mps2
        if self._samples.gyr_radps is not None:
            columns = np.hstack([columns, self._samples.gyr_radps])
        values = np.column_stack([np.interp(t, self._samples.t_s, column) for column in columns.T])
        return frames(values[:, :3], values[:, 3:] if values.shape[1] == 6 else None)

    async def _stream(self) -> None:
        while True:
            await self._subscribed.wait()
            self._rate_changed.clear()
            await self._stream_at(self.rate_hz)

    async def _stream_at(self, rate_hz: float) -> None:
        """Send until nobody listens or the rate is changed."""
        period_s = 1.0 / (rate_hz * (1.0 + self.rate_error))
        burst = _FRAMES_PER_NOTIFICATION[rate_hz]
        # The sensor's own clock ticks from here, whoever listens and however late the loop is.
        first_ns = time.monotonic_ns()
        taken = 0
        while self._subscribed.is_set():
            taken += burst
            due_ns = first_ns + round(taken * period_s * 1e9)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(due_ns - time.monotonic_ns(), 0) / 1e9):
                    await self._rate_changed.wait()
                    return
            since_start_s = (first_ns - (self._started_ns or first_ns)) / 1e9
            ticks_s = since_start_s + np.arange(taken - burst + 1, taken + 1, dtype=np.float64) * period_s
            await self._send(self.values_at(ticks_s).tobytes(), burst)

    async def _send(self, payload: bytes, count: int) -> None:
        if self.muted or self._device is None or self._notify is None:
            return
        replies = b"".join(self._replies)
        self._replies.clear()
        # An answer comes between the frames of a burst.
        payload = payload[:20] + replies + payload[20:]
        self.samples_sent += count
        await self._device.notify_subscribers(self._notify, payload)

    def _on_connection(self, connection: Connection) -> None:
        self._unlocked = False
        connection.once(connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_disconnection(self, _reason: int) -> None:
        self._subscribed.clear()

    def _on_subscription(self, _bearer: object, notify: bool, _indicate: bool) -> None:
        if not notify:
            self._subscribed.clear()
            return
        if self._started_ns is None:
            self._started_ns = time.monotonic_ns() + round(self._lead_s * 1e9)
        self._subscribed.set()

    def _on_command(self, _connection: Connection, command: bytes) -> None:
        self.commands.append(bytes(command))
        if len(command) != 5 or command[:2] != b"\xff\xaa":
            return
        register, value = command[2], command[3] | command[4] << 8
        if register == 0x69:
            self._unlocked = value == 0xB588
        elif register == 0x03 and self._unlocked and value in _RATES_HZ and _RATES_HZ[value] != self.rate_hz:
            self.rate_hz = _RATES_HZ[value]
            self._rate_changed.set()
        elif register == 0x27:
            words = [round(self.battery_volt * 100) if value == 0x64 else 0, *[0] * 7]
            self._replies.append(struct.pack("<BBH8H", 0x55, 0x71, value, *words))
