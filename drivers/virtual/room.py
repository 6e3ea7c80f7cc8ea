"""A room with a computer's Bluetooth and virtual sensors in it, ready for `drivers.link`."""

# Bumble is only partly typed: these reports would be about it, not about us.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bumble.device import Device, DeviceConfiguration
from bumble.hci import Address

from drivers.link import Backend
from drivers.virtual.bleak_backend import Central, backend_for
from drivers.virtual.radio import Radio, RadioConditions, RadioController
from drivers.virtual.twin import VirtualSensor

_COMPUTER = "C0:FF:EE:00:00:01"


@dataclass(frozen=True, slots=True)
class VirtualRoom:
    """backend goes to `scan` and `BleSource`; radio makes trouble on request."""

    backend: Backend
    radio: Radio
    twins: tuple[VirtualSensor, ...]


@asynccontextmanager
async def open_virtual_room(
    *twins: VirtualSensor, conditions: RadioConditions | None = None
) -> AsyncGenerator[VirtualRoom]:
    """Open a room on the running asyncio loop; everything in it ends with the context."""
    async with AsyncExitStack() as stack:
        radio = await stack.enter_async_context(Radio(conditions))
        controller = RadioController("computer", radio, _COMPUTER)
        config = DeviceConfiguration(name="computer", address=Address(_COMPUTER))
        device = Device.from_config_with_hci(config, controller, controller)
        await device.power_on()
        stack.push_async_callback(device.power_off)
        for twin in twins:
            stack.push_async_callback(twin.close)
            await twin.open(radio)
        yield VirtualRoom(backend_for(Central(device)), radio, twins)
