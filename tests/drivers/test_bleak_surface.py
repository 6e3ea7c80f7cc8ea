"""A canary: fails where a new Bleak no longer has what we call, before a person with a sensor finds out."""

import inspect

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakError

from drivers.virtual.bleak_backend import VirtualClient, VirtualScanner


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (BleakScanner.__init__, {"detection_callback", "backend"}),
        (BleakClient.__init__, {"address_or_ble_device", "disconnected_callback", "timeout", "backend"}),
        (BleakClient.start_notify, {"char_specifier", "callback"}),
        (BleakClient.write_gatt_char, {"char_specifier", "data", "response"}),
        (BleakClient.read_gatt_char, {"char_specifier"}),
        (BaseBleakClient.__init__, {"address_or_ble_device", "disconnected_callback", "timeout"}),
        (BaseBleakScanner.__init__, {"detection_callback", "service_uuids"}),
        (BaseBleakScanner.create_or_update_device, {"key", "address", "name", "details", "adv"}),
        (BleakGATTCharacteristic.__init__, {"obj", "handle", "uuid", "properties", "service"}),
        (BLEDevice.__init__, {"address", "name", "details"}),
    ],
)
def test_parameters_we_use(function, names):
    assert names <= set(inspect.signature(function).parameters)


def test_methods_we_await():
    for name in ("connect", "disconnect", "start_notify", "write_gatt_char", "read_gatt_char"):
        assert inspect.iscoroutinefunction(getattr(BleakClient, name)), name
    for name in ("start", "stop"):
        assert inspect.iscoroutinefunction(getattr(BleakScanner, name)), name


def test_advertisements_have_what_we_read():
    assert {"local_name", "service_uuids", "manufacturer_data", "rssi"} <= set(AdvertisementData._fields)


def test_errors_are_where_we_look_for_them():
    error = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
    assert isinstance(error, BleakError)
    assert error.reason is BleakBluetoothNotAvailableReason.POWERED_OFF


def test_our_backend_implements_every_abstract_method():
    assert not inspect.isabstract(VirtualClient)
    assert not inspect.isabstract(VirtualScanner)
