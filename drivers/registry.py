"""Which driver fits a sensor: by name for recordings, by advertisement for the air.

A new sensor is one module and one line in `_SENSORS`.
"""

from __future__ import annotations

from collections.abc import Iterable

from drivers import capture2go, metamotion, movella_dot, movesense, open_imu, plain, polar, witmotion
from drivers.decoded import Decoder
from drivers.sensor import SensorDriver

_SENSORS: tuple[SensorDriver, ...] = (
    witmotion.SENSOR,
    polar.SENSOR,
    metamotion.SENSOR,
    movesense.SENSOR,
    movella_dot.SENSOR,
    open_imu.SENSOR,
    capture2go.SENSOR,
)
_DECODERS: dict[str, Decoder] = {
    plain.NAME: plain.DECODER,
    **{sensor.decoder.name: sensor.decoder for sensor in _SENSORS},
}


class UnknownDriverError(LookupError):
    """There is no driver of this name; the message lists those there are."""

    def __str__(self) -> str:
        """Return the sentence as it stands (LookupError's subclasses may quote it)."""
        return str(self.args[0])


def names() -> tuple[str, ...]:
    """Return the names of all drivers."""
    return tuple(_DECODERS)


def decoder(name: str) -> Decoder:
    """Return the decoder of a driver. Raises UnknownDriverError."""
    found = _DECODERS.get(name)
    if found is None:
        raise UnknownDriverError(f"there is no driver named {name!r}; there are: {', '.join(_DECODERS)}")
    return found


def sensor(name: str) -> SensorDriver:
    """Return the driver that connects to a sensor on the air. Raises UnknownDriverError."""
    found = next((each for each in _SENSORS if each.decoder.name == name), None)
    if found is None:
        known = ", ".join(each.decoder.name for each in _SENSORS)
        raise UnknownDriverError(f"there is no Bluetooth driver named {name!r}; there are: {known}")
    return found


def recognise(
    name: str | None, service_uuids: Iterable[str] = (), manufacturer_ids: Iterable[int] = ()
) -> str | None:
    """Return the name of the driver that fits an advertisement, or None."""
    uuids = frozenset(uuid.lower() for uuid in service_uuids)
    ids = frozenset(manufacturer_ids)
    return next(
        (each.decoder.name for each in _SENSORS if each.recognises(name or "", uuids, ids)),
        None,
    )
