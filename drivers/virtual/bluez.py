"""BlueZ's D-Bus service on the virtual radio: Bleak's own Linux backend runs on it without an adapter.

Bleak talks D-Bus to `org.bluez`; this service answers on a private bus and does on the virtual radio what it
is asked for. It models what decides about a link (BlueZ: src/gatt-client.c, src/adapter.c and src/device.c):

- A notification session belongs to a D-Bus connection. It outlives the link, is enabled again with the next
  one, and ends with StopNotify or when its D-Bus connection closes. Each session reports every notification.
- A value that is read is reported like a notification.
- A D-Bus connection can run one discovery. RSSI is forgotten when discovery ends. With a filter, as Bleak
  sets one, every advertisement is reported with its RSSI; without, only what has changed.
- A device that is neither seen nor connected is removed, with its services and sessions, after 30 s.

It has no pairing, no AcquireNotify and no descriptor values, and a link shows as connected only once its
services are known.
"""

# dbus-fast's signatures name bare lists and dicts: these reports would be about it, not about us.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError, BleakGATTProtocolError
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from drivers.link import Backend

ADAPTER_PATH = "/org/bluez/hci0"
_NAME = "org.bluez"
_ADAPTER = "org.bluez.Adapter1"
_DEVICE = "org.bluez.Device1"
_SERVICE = "org.bluez.GattService1"
_CHARACTERISTIC = "org.bluez.GattCharacteristic1"
_DESCRIPTOR = "org.bluez.GattDescriptor1"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_OBJECTS = "org.freedesktop.DBus.ObjectManager"
_BUS = "org.freedesktop.DBus"
# The kernel gives an LE connection up after so long.
_CONNECT_S = 20.0
_FAILED = "org.bluez.Error.Failed"
_IN_PROGRESS = "org.bluez.Error.InProgress"
# ATT errors that have a name of their own (create_gatt_dbus_error in src/gatt-client.c).
_ATT_ERRORS = {
    0x02: ("org.bluez.Error.NotPermitted", "Read not permitted"),
    0x03: ("org.bluez.Error.NotPermitted", "Write not permitted"),
    0x05: ("org.bluez.Error.NotPermitted", "Not paired"),
    0x06: ("org.bluez.Error.NotSupported", "Operation is not supported"),
    0x07: ("org.bluez.Error.InvalidArguments", "Invalid offset"),
    0x08: ("org.bluez.Error.NotAuthorized", "Operation Not Authorized"),
    0x0C: ("org.bluez.Error.NotPermitted", "Not paired"),
    0x0D: ("org.bluez.Error.InvalidArguments", "Invalid Length"),
    0x0F: ("org.bluez.Error.NotPermitted", "Not paired"),
}
_Properties = dict[str, Variant]
# The signature of a reply and its values.
_Reply = tuple[str, list[Any]]
_NOTHING: _Reply = ("", [])


class _ReplyError(Exception):
    """A D-Bus error is the answer to a call."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, text)
        self.name = name
        self.text = text


@dataclass(slots=True, eq=False)
class _Device:
    """A device that BlueZ knows. characteristics: those of the present link, by path."""

    path: str
    found: BLEDevice
    client: BleakClient | None = None
    connecting: asyncio.Task[None] | None = None
    characteristics: dict[str, BleakGATTCharacteristic] = field(
        default_factory=dict[str, BleakGATTCharacteristic]
    )
    subscribed: set[str] = field(default_factory=set[str])
    removal: asyncio.TimerHandle | None = None


class VirtualBlueZ:
    """The service; `open_virtual_bluez` runs it.

    sessions: for each characteristic's path, the D-Bus connections with a notification session.
    """

    def __init__(self, bus: MessageBus, backend: Backend, *, forget_s: float = 30.0) -> None:
        """Prepare the service on a connected bus; `backend` is the radio's."""
        self.sessions: dict[str, list[str]] = {}
        self._bus = bus
        self._backend = backend
        self._forget_s = forget_s
        self._devices: dict[str, _Device] = {}
        self._discovering: set[str] = set()
        self._filtering: set[str] = set()
        self._scanner: BleakScanner | None = None
        self._scanner_busy = asyncio.Lock()
        self._asked: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._objects: dict[str, dict[str, _Properties]] = {ADAPTER_PATH: {_ADAPTER: _adapter()}}
        self._methods: dict[tuple[str, str], Callable[[Message], Coroutine[Any, Any, _Reply]]] = {
            (_OBJECTS, "GetManagedObjects"): self._get_managed_objects,
            (_ADAPTER, "SetDiscoveryFilter"): self._set_discovery_filter,
            (_ADAPTER, "StartDiscovery"): self._start_discovery,
            (_ADAPTER, "StopDiscovery"): self._stop_discovery,
            (_DEVICE, "Connect"): self._connect,
            (_DEVICE, "Disconnect"): self._disconnect,
            (_CHARACTERISTIC, "ReadValue"): self._read_value,
            (_CHARACTERISTIC, "WriteValue"): self._write_value,
            (_CHARACTERISTIC, "StartNotify"): self._start_notify,
            (_CHARACTERISTIC, "StopNotify"): self._stop_notify,
        }

    async def start(self) -> None:
        """Take the name `org.bluez` and answer."""
        self._bus.add_message_handler(self._on_message)
        await self._bus.call(
            Message(
                destination=_BUS,
                path="/org/freedesktop/DBus",
                interface=_BUS,
                member="AddMatch",
                signature="s",
                body=[f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged'"],
            )
        )
        await self._bus.request_name(_NAME)
        self._tell_added(ADAPTER_PATH)

    async def close(self) -> None:
        """End every link and leave the bus."""
        await self._clear()
        for device in self._devices.values():
            if device.removal is not None:
                device.removal.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    async def switch(self, *, on: bool) -> None:
        """Switch the adapter on or off, as a person does in the system's settings."""
        if not on:
            await self._clear()
        self._change(ADAPTER_PATH, _ADAPTER, {"Powered": Variant("b", on)})

    async def _clear(self) -> None:
        self._discovering.clear()
        await self._scan_as_wanted()
        for device in self._devices.values():
            await self._end_link(device)

    # Messages.

    def _on_message(self, message: Message) -> bool:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, new_owner = message.body
            if not new_owner:
                self._start(self._release(name))
            return False
        method = self._methods.get((message.interface or "", message.member or ""))
        if message.message_type is not MessageType.METHOD_CALL or method is None:
            return False
        self._start(self._answer(method, message))
        return True

    async def _answer(
        self, method: Callable[[Message], Coroutine[Any, Any, _Reply]], message: Message
    ) -> None:
        try:
            if message.path != "/" and message.path not in self._objects:
                raise _ReplyError(f"{_BUS}.Error.UnknownObject", f"no object {message.path}")
            reply = Message.new_method_return(message, *await method(message))
        except _ReplyError as error:
            reply = Message.new_error(message, error.name, error.text)
        self._bus.send(reply)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus.connected:
            self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _tell_added(self, path: str) -> None:
        self._signal("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, self._objects[path]])

    def _add(self, path: str, interface: str, properties: _Properties) -> None:
        if path not in self._objects:
            self._objects[path] = {interface: properties}
            self._tell_added(path)

    def _remove(self, path: str) -> None:
        interfaces = list(self._objects.pop(path))
        self._signal("/", _OBJECTS, "InterfacesRemoved", "oas", [path, interfaces])

    def _change(self, path: str, interface: str, changed: _Properties) -> None:
        self._objects[path][interface].update(changed)
        self._signal(path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, []])

    async def _get_managed_objects(self, _message: Message) -> _Reply:
        return "a{oa{sa{sv}}}", [self._objects]

    async def _release(self, owner: str) -> None:
        """End what belonged to a D-Bus connection that has closed."""
        for path, owners in list(self.sessions.items()):
            if owner in owners:
                await self._end_session(path, owner)
        self._filtering.discard(owner)
        if owner in self._discovering:
            self._discovering.discard(owner)
            await self._scan_as_wanted()

    # Adapter.

    def _check_powered(self) -> None:
        if not self._objects[ADAPTER_PATH][_ADAPTER]["Powered"].value:
            raise _ReplyError("org.bluez.Error.NotReady", "Resource Not Ready")

    async def _set_discovery_filter(self, message: Message) -> _Reply:
        owner = message.sender or ""
        if message.body[0]:
            self._filtering.add(owner)
        else:
            self._filtering.discard(owner)
        return _NOTHING

    async def _start_discovery(self, message: Message) -> _Reply:
        self._check_powered()
        owner = message.sender or ""
        if owner in self._discovering:
            raise _ReplyError(_IN_PROGRESS, "Operation already in progress")
        self._discovering.add(owner)
        await self._scan_as_wanted()
        return _NOTHING

    async def _stop_discovery(self, message: Message) -> _Reply:
        owner = message.sender or ""
        if owner not in self._discovering:
            raise _ReplyError(_FAILED, "No discovery started")
        self._discovering.discard(owner)
        await self._scan_as_wanted()
        return _NOTHING

    async def _scan_as_wanted(self) -> None:
        async with self._scanner_busy:
            if self._discovering and self._scanner is None:
                self._scanner = BleakScanner(self._on_advertisement, backend=self._backend.scanner)
                await self._scanner.start()
                self._change(ADAPTER_PATH, _ADAPTER, {"Discovering": Variant("b", True)})
            elif not self._discovering and self._scanner is not None:
                await self._scanner.stop()
                self._scanner = None
                for path in self._devices:
                    if self._objects[path][_DEVICE].pop("RSSI", None) is not None:
                        self._signal(
                            path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", [_DEVICE, {}, ["RSSI"]]
                        )
                self._change(ADAPTER_PATH, _ADAPTER, {"Discovering": Variant("b", False)})

    def _on_advertisement(self, found: BLEDevice, adv: AdvertisementData) -> None:
        path = f"{ADAPTER_PATH}/dev_{found.address.replace(':', '_')}"
        told: _Properties = {
            "Alias": Variant("s", adv.local_name or found.address.replace(":", "-")),
            "RSSI": Variant("n", adv.rssi),
            "UUIDs": Variant("as", list(adv.service_uuids)),
        }
        if adv.local_name:
            told["Name"] = Variant("s", adv.local_name)
        if adv.manufacturer_data:
            makers = {maker: Variant("ay", data) for maker, data in adv.manufacturer_data.items()}
            told["ManufacturerData"] = Variant("a{qv}", makers)
        device = self._devices.get(path)
        if device is None:
            device = self._devices[path] = _Device(path, found)
            self._add(path, _DEVICE, {**_new_device(found.address), **told})
        else:
            device.found = found
            known = self._objects[path][_DEVICE]
            changed = {name: value for name, value in told.items() if known.get(name) != value}
            # BlueZ: a filtered discovery has no threshold of change for RSSI (device_set_rssi_with_delta).
            if self._discovering <= self._filtering:
                changed["RSSI"] = told["RSSI"]
            if changed:
                self._change(path, _DEVICE, changed)
        self._forget_later(device)

    def _forget_later(self, device: _Device) -> None:
        if device.removal is not None:
            device.removal.cancel()
        loop = asyncio.get_running_loop()
        device.removal = loop.call_later(self._forget_s, self._forget, device)

    def _forget(self, device: _Device) -> None:
        if device.client is not None or device.connecting is not None:
            return
        del self._devices[device.path]
        # Characteristics before their services, and the device last.
        for path in sorted(self._objects, reverse=True):
            if path.startswith(device.path):
                self.sessions.pop(path, None)
                self._remove(path)

    # Devices.

    async def _connect(self, message: Message) -> _Reply:
        self._check_powered()
        device = self._devices[message.path or ""]
        if device.connecting is not None:
            raise _ReplyError(_IN_PROGRESS, "In Progress")
        if device.client is not None:
            return _NOTHING
        device.connecting = asyncio.create_task(self._begin_link(device))
        try:
            await asyncio.wait([device.connecting])
            if device.connecting.cancelled():
                raise _ReplyError(_FAILED, "br-connection-canceled")
            device.connecting.result()
        except (BleakError, TimeoutError) as error:
            raise _ReplyError(_FAILED, "le-connection-unknown") from error
        finally:
            device.connecting = None
            self._forget_later(device)
        return _NOTHING

    async def _begin_link(self, device: _Device) -> None:
        client = BleakClient(
            device.found,
            disconnected_callback=lambda client: self._on_drop(device, client),
            timeout=_CONNECT_S,
            backend=self._backend.client,
        )
        try:
            await client.connect()
            device.client = client
            self._change(device.path, _DEVICE, {"Connected": Variant("b", True)})
            self._show_services(device, client)
            for path, owners in list(self.sessions.items()):
                if path in device.characteristics and owners:
                    await self._subscribe(device, path)
        except BaseException:
            device.client = None
            await client.disconnect()
            raise
        resolved = {
            "UUIDs": Variant("as", sorted({each.uuid for each in client.services})),
            "ServicesResolved": Variant("b", True),
        }
        self._change(device.path, _DEVICE, resolved)

    def _show_services(self, device: _Device, client: BleakClient) -> None:
        device.characteristics.clear()
        for service in client.services:
            service_path = f"{device.path}/service{service.handle:04x}"
            about_service = {
                "UUID": Variant("s", service.uuid),
                "Device": Variant("o", device.path),
                "Primary": Variant("b", True),
                "Includes": Variant("ao", []),
            }
            self._add(service_path, _SERVICE, about_service)
            for characteristic in service.characteristics:
                path = f"{service_path}/char{characteristic.handle:04x}"
                device.characteristics[path] = characteristic
                about: _Properties = {
                    "UUID": Variant("s", characteristic.uuid),
                    "Service": Variant("o", service_path),
                    "Flags": Variant("as", list(characteristic.properties)),
                    "MTU": Variant("q", characteristic.max_write_without_response_size + 3),
                }
                if _can_notify(characteristic):
                    about["Notifying"] = Variant("b", False)
                self._add(path, _CHARACTERISTIC, about)
                for descriptor in characteristic.descriptors:
                    about_descriptor = {
                        "UUID": Variant("s", descriptor.uuid),
                        "Characteristic": Variant("o", path),
                        "Flags": Variant("as", []),
                    }
                    self._add(f"{path}/desc{descriptor.handle:04x}", _DESCRIPTOR, about_descriptor)

    async def _disconnect(self, message: Message) -> _Reply:
        device = self._devices[message.path or ""]
        if device.client is None and device.connecting is None:
            raise _ReplyError("org.bluez.Error.NotConnected", "Not Connected")
        await self._end_link(device)
        return _NOTHING

    async def _end_link(self, device: _Device) -> None:
        if device.connecting is not None:
            device.connecting.cancel()
            await asyncio.wait([device.connecting])
        client = device.client
        if client is not None:
            await client.disconnect()
            self._on_end(device, client)

    def _on_drop(self, device: _Device, client: BleakClient) -> None:
        self._on_end(device, client)
        # What the radio's backend keeps for a client that is not disconnected is not BlueZ's.
        self._start(client.disconnect())

    def _on_end(self, device: _Device, client: BleakClient) -> None:
        """Note the end of a link. Sessions stay: they belong to their D-Bus connections."""
        if device.client is not client:
            return
        device.client = None
        device.subscribed.clear()
        ended = {"Connected": Variant("b", False), "ServicesResolved": Variant("b", False)}
        self._change(device.path, _DEVICE, ended)
        self._forget_later(device)

    # Characteristics.

    async def _read_value(self, message: Message) -> _Reply:
        path, characteristic, client = self._linked(message)
        value = bytes(await self._exchange(path, lambda: client.read_gatt_char(characteristic)))
        self._change(path, _CHARACTERISTIC, {"Value": Variant("ay", value)})
        return "ay", [value]

    async def _write_value(self, message: Message) -> _Reply:
        path, characteristic, client = self._linked(message)
        value, options = message.body
        kind = options["type"].value if "type" in options else "request"
        response = kind == "request"
        await self._exchange(path, lambda: client.write_gatt_char(characteristic, value, response=response))
        return _NOTHING

    async def _start_notify(self, message: Message) -> _Reply:
        path, owner = message.path or "", message.sender or ""
        device = self._device_of(path)
        if "Notifying" not in self._objects[path][_CHARACTERISTIC]:
            raise _ReplyError("org.bluez.Error.NotSupported", "Operation is not supported")
        owners = self.sessions.setdefault(path, [])
        if owner in owners:
            raise _ReplyError(_FAILED, "Already notifying")
        owners.append(owner)
        if device.client is None:
            return _NOTHING
        try:
            await _in_words(self._subscribe(device, path))
        except _ReplyError:
            owners.remove(owner)
            raise
        if len(owners) == 1:
            self._change(path, _CHARACTERISTIC, {"Notifying": Variant("b", True)})
        return _NOTHING

    async def _stop_notify(self, message: Message) -> _Reply:
        path, owner = message.path or "", message.sender or ""
        if owner not in self.sessions.get(path, []):
            raise _ReplyError(_FAILED, "No notify session started")
        await self._end_session(path, owner)
        return _NOTHING

    async def _end_session(self, path: str, owner: str) -> None:
        self.sessions[path].remove(owner)
        if self.sessions[path]:
            return
        device = self._device_of(path)
        self._change(path, _CHARACTERISTIC, {"Notifying": Variant("b", False)})
        if device.client is not None and path in device.subscribed:
            device.subscribed.discard(path)
            with contextlib.suppress(BleakError, TimeoutError):
                await device.client.stop_notify(device.characteristics[path])

    async def _subscribe(self, device: _Device, path: str) -> None:
        """Subscribe once for all sessions of a characteristic."""
        if device.client is None or path in device.subscribed:
            return
        device.subscribed.add(path)

        def deliver(_: BleakGATTCharacteristic, value: bytearray) -> None:
            for _owner in self.sessions[path]:
                self._change(path, _CHARACTERISTIC, {"Value": Variant("ay", bytes(value))})

        await device.client.start_notify(device.characteristics[path], deliver)

    def _device_of(self, path: str) -> _Device:
        return next(device for device in self._devices.values() if path.startswith(device.path))

    def _linked(self, message: Message) -> tuple[str, BleakGATTCharacteristic, BleakClient]:
        path = message.path or ""
        device = self._device_of(path)
        if device.client is None:
            raise _ReplyError(_FAILED, "Not connected")
        return path, device.characteristics[path], device.client

    async def _exchange(self, path: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Wait for the sensor's answer; only one read or write of a characteristic goes on at a time."""
        if path in self._asked:
            raise _ReplyError(_IN_PROGRESS, "In Progress")
        self._asked.add(path)
        try:
            return await _in_words(ask())
        finally:
            self._asked.discard(path)


@asynccontextmanager
async def open_virtual_bluez(
    bus_address: str, backend: Backend, *, forget_s: float = 30.0
) -> AsyncGenerator[VirtualBlueZ]:
    """Run `org.bluez` on a private bus; `backend` is that of a virtual room."""
    bus = await MessageBus(bus_address=bus_address).connect()
    service = VirtualBlueZ(bus, backend, forget_s=forget_s)
    try:
        await service.start()
        yield service
    finally:
        await service.close()


async def _in_words(answer: Awaitable[Any]) -> Any:
    """Wait for an answer of the radio, with BlueZ's names for what may go wrong."""
    try:
        return await answer
    except BleakGATTProtocolError as error:
        other = (_FAILED, f"Operation failed with ATT error: {int(error.code):#04x} (Unknown error)")
        raise _ReplyError(*_ATT_ERRORS.get(int(error.code), other)) from error
    except (BleakError, TimeoutError) as error:
        raise _ReplyError(_FAILED, "Operation failed") from error


def _adapter() -> _Properties:
    return {
        "Address": Variant("s", "C0:FF:EE:00:00:01"),
        "AddressType": Variant("s", "public"),
        "Name": Variant("s", "computer"),
        "Alias": Variant("s", "computer"),
        "Class": Variant("u", 0),
        "Powered": Variant("b", True),
        "Discoverable": Variant("b", False),
        "Pairable": Variant("b", False),
        "Discovering": Variant("b", False),
        "UUIDs": Variant("as", []),
        "Roles": Variant("as", ["central", "peripheral"]),
    }


def _new_device(address: str) -> _Properties:
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", "random"),
        "Adapter": Variant("o", ADAPTER_PATH),
        "Paired": Variant("b", False),
        "Bonded": Variant("b", False),
        "Trusted": Variant("b", False),
        "Blocked": Variant("b", False),
        "LegacyPairing": Variant("b", False),
        "Connected": Variant("b", False),
        "ServicesResolved": Variant("b", False),
    }


def _can_notify(characteristic: BleakGATTCharacteristic) -> bool:
    return not {"notify", "indicate"}.isdisjoint(characteristic.properties)
