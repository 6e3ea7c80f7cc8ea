"""A simulated patient whose sensor streams over the virtual radio, as a `Source` like any other."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace

from analysis.simulate import SimulatedSession, demo_session
from drivers.link import BleSource
from drivers.source import RawPacket, SensorInfo, SourceItem
from drivers.virtual.catalogue import MODELS
from drivers.virtual.radio import RadioConditions
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DEFAULT_MODEL = "witmotion"
# A living room: the interval a laptop asks for, and a few packets that have to be sent again.
LIVING_ROOM = RadioConditions(interval_s=0.03, packet_errors=0.03)


class VirtualPatient:
    """Opens the radio, connects and streams a simulated session in real time.

    After the movement has ended the sensor goes on sending the last value until `packets` is closed, or
    until `linger_s` later if that is given. The link drops at each of `losses_s`, seconds of the session.
    model: one of `drivers.virtual.catalogue.MODELS`.
    """

    def __init__(
        self,
        session: SimulatedSession | None = None,
        *,
        model: str = DEFAULT_MODEL,
        linger_s: float | None = None,
        losses_s: tuple[float, ...] = (),
    ) -> None:
        """Prepare; the radio exists while `packets` is iterated."""
        self.session = demo_session() if session is None else session
        self._model = MODELS[model]
        self._linger_s = linger_s
        self._losses_s = losses_s
        self._source: BleSource | None = None
        self._twin: VirtualSensor | None = None
        self._first_host_ns: int | None = None

    @property
    def info(self) -> SensorInfo:
        """What is known about the sensor."""
        if self._source is not None:
            return self._source.info
        return replace(BleSource(self._model.found).info, simulated=True)

    @property
    def started_s(self) -> float | None:
        """Where the simulated session begins on the time axis of the decoded samples; None before it does."""
        started_ns = None if self._twin is None else self._twin.started_host_ns
        if started_ns is None or self._first_host_ns is None:
            return None
        return (started_ns - self._first_host_ns) / 1e9

    async def packets(self) -> AsyncGenerator[SourceItem]:
        """Open the radio, connect, and yield what the sensor sends."""
        self._first_host_ns = None
        self._twin = self._model.sensor(self.session.samples)
        length_s = float(self.session.samples.t_s[-1] - self.session.samples.t_s[0])
        losses_s = list(self._losses_s)
        async with open_virtual_room(self._twin, conditions=LIVING_ROOM) as room:
            self._source = BleSource(self._model.found, backend=room.backend)
            async with contextlib.aclosing(self._source.packets()) as packets:
                async for item in packets:
                    yield item
                    if isinstance(item, RawPacket):
                        self._first_host_ns = self._first_host_ns or item.host_ns
                    started_ns = self._twin.started_host_ns
                    if started_ns is None:
                        continue
                    now_s = (item.host_ns - started_ns) / 1e9
                    if losses_s and now_s > losses_s[0]:
                        losses_s.pop(0)
                        room.radio.drop_link()
                    if self._linger_s is not None and now_s > length_s + self._linger_s:
                        return
