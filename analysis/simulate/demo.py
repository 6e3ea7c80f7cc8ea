"""The session that `eccentric demo` streams."""

from __future__ import annotations

from analysis.simulate.movement import Movement, SimulatedSession
from analysis.simulate.sensor import Sensor


def demo_session(seed: int = 1, sensor: Sensor | None = None) -> SimulatedSession:
    """Build a session with a calibration, a Nordic set and a bridge set, some 70 s long."""
    script = Movement(seed=seed, unsteadiness=0.5)
    script.still(2.6)
    script.mark("knee lifts")
    script.knee_lifts()
    script.still(0.6)
    script.mark("calibrated")
    script.kneel_down()
    script.still(2.6)
    script.mark("nordic set")
    for lower_s, to_deg, break_deg in ((3.4, 60.0, None), (2.9, 80.0, 48.0), (2.2, 55.0, None)):
        script.nordic(lower_s=lower_s, to_deg=to_deg, break_deg=break_deg, return_s=1.7)
        script.still(1.3)
    script.mark("set ends")
    script.kneeling_to_supine()
    script.still(2.2)
    script.mark("bridge set")
    for lower_s, rise_deg in ((3.2, 22.0), (3.6, 24.0), (2.0, 21.0), (3.4, 23.0)):
        script.bridge(lift_s=1.5, hold_s=1.2, lower_s=lower_s, rise_deg=rise_deg)
        script.still(1.4)
    script.mark("set ends")
    script.still(1.5)
    return script.session(sensor if sensor is not None else Sensor(mount_deg=(8.0, -4.0, 5.0)))
