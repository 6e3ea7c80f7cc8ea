"""Bleak's client and scanner on top of a Bumble host, to be given to Bleak as `backend=`."""

# Bumble is only partly typed: these reports would be about it, not about us.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportMissingTypeArgument=false, reportAttributeAccessIssue=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import att, core, hci
from bumble import device as bumble_device
from bumble.gatt import Characteristic
from bumble.gatt_client import CharacteristicProxy

from drivers.link import Backend

_MTU = 517
_LONGEST_PDU = 251
_PDU_TIME_US = 2120
_T = TypeVar("_T")
_PROPERTIES: tuple[tuple[Characteristic.Properties, CharacteristicPropertyName], ...] = (
    (Characteristic.Properties.READ, "read"),
    (Characteristic.Properties.WRITE_WITHOUT_RESPONSE, "write-without-response"),
    (Characteristic.Properties.WRITE, "write"),
    (Characteristic.Properties.NOTIFY, "notify"),
    (Characteristic.Properties.INDICATE, "indicate"),
)


@dataclass(slots=True, eq=False)
class Central:
    """The computer's end of the virtual radio.

    unreleased counts, per address, the clients whose link dropped and that nobody disconnected: like
    BlueZ, the backend then delivers every notification of the next client once more for each of them.
    scanners counts those that listen now: the radio scans for all of them at once.
    """

    device: bumble_device.Device
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    unreleased: Counter[str] = field(default_factory=Counter[str])
    scanners: int = 0


def backend_for(central: Central) -> Backend:
    """Return Bleak's classes bound to this computer's end of the radio."""

    class BoundScanner(VirtualScanner):
        _central = central

    return Backend(scanner=BoundScanner, client=VirtualClient, simulated=True)


class VirtualScanner(BaseBleakScanner):
    """Bleak's scanner; `backend_for` binds it to a radio."""

    _central: ClassVar[Central]

    def __init__(
        self, detection_callback: Any, service_uuids: list[str] | None, scanning_mode: str, **_: Any
    ) -> None:
        """Take Bleak's arguments; those of other platforms are ignored."""
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        device = self._central.device
        device.on(device.EVENT_ADVERTISEMENT, self._on_advertisement)
        self._central.scanners += 1
        if self._central.scanners > 1:
            return
        try:
            await _whole(device.start_scanning(active=self._active))
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop scanning."""
        device = self._central.device
        device.remove_listener(device.EVENT_ADVERTISEMENT, self._on_advertisement)
        self._central.scanners -= 1
        if self._central.scanners == 0:
            await _whole(device.stop_scanning())

    def _on_advertisement(self, seen: bumble_device.Advertisement) -> None:
        kinds = core.AdvertisingData.Type
        name = next((str(each) for each in seen.data.get_all(kinds.COMPLETE_LOCAL_NAME)), None)
        uuids = [
            _uuid_text(uuid)
            for kind in (
                kinds.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
                kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
            )
            for group in seen.data.get_all(kind)
            for uuid in group
        ]
        makers = seen.data.get_all(kinds.MANUFACTURER_SPECIFIC_DATA)
        adv = AdvertisementData(name, dict(makers), {}, uuids, None, seen.rssi, ())
        if not self.is_allowed_uuid(uuids):
            return
        address = seen.address.to_string(False)
        device = self.create_or_update_device(address, address, name, (self._central, seen.address), adv)
        self.call_detection_callbacks(device, adv)


class VirtualClient(BaseBleakClient):
    """Bleak's client for a device that a `VirtualScanner` found."""

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        """Take Bleak's arguments; those of other platforms are ignored."""
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        if isinstance(address_or_ble_device, str):
            raise BleakError("a virtual sensor can only be connected to after a scan")
        self._name = address_or_ble_device.name or address_or_ble_device.address
        self._central, self._peer = cast("tuple[Central, hci.Address]", address_or_ble_device.details)
        self._connection: bumble_device.Connection | None = None
        self._leaving = False
        self._counted = False

    @property
    def name(self) -> str:
        """Advertised name."""
        return self._name

    @property
    def mtu_size(self) -> int:
        """Negotiated size of an attribute packet in bytes."""
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        """Whether the link stands."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect, agree on packet sizes and discover services."""
        del pair, kwargs
        async with self._central.busy:
            try:
                self._connection = await self._request_connection()
            except core.TimeoutError as error:
                raise TimeoutError(f"{self.address} did not answer") from error
            except core.BaseBumbleError as error:
                raise BleakDeviceNotFoundError(self.address, str(error)) from error
        self._connection.once(self._connection.EVENT_DISCONNECTION, self._on_disconnection)
        client = self._connection.gatt_client
        await self._ask(client.request_mtu(_MTU))
        await self._ask(_whole(self._live().set_data_length(_LONGEST_PDU, _PDU_TIME_US)))
        self.services = await self._ask(self._discover())

    async def disconnect(self) -> None:
        """Disconnect and release everything, also after the link has dropped by itself."""
        self._leaving = True
        if self._counted:
            self._counted = False
            self._central.unreleased[self.address] -= 1
        connection = self._connection
        if connection is None:
            return
        await _whole(connection.disconnect())
        self._connection = None

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Virtual sensors need no pairing."""

    async def unpair(self) -> None:
        """Virtual sensors need no pairing."""

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        """Read a value."""
        del use_cached, kwargs
        return bytearray(await self._ask(self._live().gatt_client.read_value(characteristic.obj)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        """Read a descriptor."""
        del use_cached, kwargs
        return bytearray(await self._ask(self._live().gatt_client.read_value(descriptor.obj)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a value."""
        await self._ask(self._live().gatt_client.write_value(characteristic.obj, bytes(data), response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        """Write a descriptor."""
        await self._ask(self._live().gatt_client.write_value(descriptor.obj, bytes(data), True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **kwargs: Any
    ) -> None:
        """Subscribe."""
        del kwargs

        def deliver(value: bytes) -> None:
            for _ in range(1 + self._central.unreleased[self.address]):
                callback(bytearray(value))

        await self._ask(self._live().gatt_client.subscribe(characteristic.obj, deliver))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        await self._ask(self._live().gatt_client.unsubscribe(characteristic.obj, force=True))

    async def _request_connection(self) -> bumble_device.Connection:
        """Connect; if cancelled, take the request back, or every later one would be refused."""
        device = self._central.device
        request = asyncio.ensure_future(device.connect_le(self._peer, timeout=self._timeout))
        try:
            return await asyncio.shield(request)
        except asyncio.CancelledError:
            await device.send_sync_command_raw(hci.HCI_LE_Create_Connection_Cancel_Command())
            await asyncio.wait([request])
            if request.exception() is None:
                await request.result().disconnect()
            raise

    def _live(self) -> bumble_device.Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    def _on_disconnection(self, _reason: int) -> None:
        self._connection = None
        if self._leaving:
            return
        self._counted = True
        self._central.unreleased[self.address] += 1
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def _ask(self, answer: Awaitable[_T]) -> _T:
        """Wait for an answer, in Bleak's terms of what may go wrong."""
        task = asyncio.current_task()
        cancelled = task.cancelling() if task is not None else 0
        try:
            got = await answer
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except core.TimeoutError as error:
            raise TimeoutError("the sensor did not answer") from error
        except core.BaseBumbleError as error:
            raise BleakError(str(error)) from error
        except asyncio.CancelledError:
            # Bumble cancels the answer when the link drops: that is not somebody cancelling us.
            if self._connection is None and task is not None and not task.cancelling():
                raise BleakError("the link dropped") from None
            raise
        # Before Python 3.12 `wait_for`, which Bumble uses, swallows a cancellation that comes with an answer.
        if task is not None and task.cancelling() > cancelled:
            raise asyncio.CancelledError
        return got

    async def _discover(self) -> BleakGATTServiceCollection:
        client = self._live().gatt_client
        found = BleakGATTServiceCollection()
        for proxy in await client.discover_services():
            service = BleakGATTService(proxy, proxy.handle, _uuid_text(proxy.uuid))
            found.add_service(service)
            for characteristic in await client.discover_characteristics([], proxy):
                await client.discover_descriptors(characteristic)
                found.add_characteristic(self._characteristic(characteristic, service))
                for descriptor in characteristic.descriptors:
                    found.add_descriptor(
                        BleakGATTDescriptor(
                            descriptor,
                            descriptor.handle,
                            _uuid_text(descriptor.type),
                            found.characteristics[characteristic.handle - 1],
                        )
                    )
        return found

    def _characteristic(
        self, proxy: CharacteristicProxy[Any], service: BleakGATTService
    ) -> BleakGATTCharacteristic:
        return BleakGATTCharacteristic(
            proxy,
            # Bleak counts from the declaration, Bumble from the value behind it.
            proxy.handle - 1,
            _uuid_text(proxy.uuid),
            [name for flag, name in _PROPERTIES if proxy.properties & flag],
            lambda: self.mtu_size - 3,
            service,
        )


async def _whole(work: Awaitable[_T]) -> _T:
    """Let a host command end before a cancellation is passed on: Bumble's host stays stuck in half a one."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _uuid_text(uuid: core.UUID) -> str:
    return str(UUID(bytes=uuid.to_bytes(force_128=True)[::-1]))
