"""The virtual sensors there are, by the name a person asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.samples import ImuSamples
from drivers.link import FoundSensor
from drivers.virtual import polar_twin
from drivers.virtual.capture2go_twin import Capture2GoFirmware
from drivers.virtual.metamotion_twin import MetaMotionFirmware
from drivers.virtual.movella_dot_twin import MovellaDotFirmware
from drivers.virtual.movesense_twin import MovesenseFirmware
from drivers.virtual.open_imu_twin import OpenImuFirmware
from drivers.virtual.twin import Array, Firmware, VirtualSensor
from drivers.virtual.witmotion_twin import WitMotionFirmware


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of virtual sensor: the driver that should recognise it, its address and its firmware."""

    driver: str
    address: str
    firmware: Callable[[], Firmware]

    @property
    def found(self) -> FoundSensor:
        """What a scan finds of it."""
        return FoundSensor(self.firmware().advertised.name, self.address, self.driver, 0)

    def sensor(
        self,
        samples: ImuSamples,
        *,
        rate_error: float = -0.007,
        lead_s: float = 1.0,
        course: Callable[[Array], Array] | None = None,
    ) -> VirtualSensor:
        """Return one that is moved by these samples, in their order or as a course says."""
        return VirtualSensor(
            self.firmware(),
            samples,
            address=self.address,
            rate_error=rate_error,
            lead_s=lead_s,
            course=course,
        )


MODELS: dict[str, Model] = {
    "witmotion": Model("witmotion", "F0:57:90:1A:00:01", WitMotionFirmware),
    "movesense": Model("movesense", "F0:57:90:1A:00:02", MovesenseFirmware),
    "movella_dot": Model("movella_dot", "F0:57:90:1A:00:03", MovellaDotFirmware),
    "polar": Model("polar", "F0:57:90:1A:00:06", polar_twin.PolarFirmware),
    "polar_h10": Model("polar", "F0:57:90:1A:00:07", polar_twin.h10),
    "metamotion": Model("metamotion", "F0:57:90:1A:00:04", MetaMotionFirmware),
    "open_imu": Model("open_imu", "F0:57:90:1A:00:08", OpenImuFirmware),
    "capture2go": Model("capture2go", "F0:57:90:1A:00:05", Capture2GoFirmware),
}
