from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from analysis.simulate import Movement, Sensor, SimulatedSession

TwoSets = Callable[[Sensor], SimulatedSession]


@cache
def simulate_two_sets(sensor: Sensor) -> SimulatedSession:
    script = Movement(seed=11)
    script.still(2.6)
    script.knee_lifts()
    script.still(0.6)
    script.kneel_down()
    script.still(1.0)
    script.nordic(lower_s=3.0, to_deg=60.0, return_s=1.6)
    script.still(1.2)
    script.nordic(lower_s=3.4, to_deg=80.0, break_deg=48.0, return_s=1.6)
    script.still(1.2)
    script.kneeling_to_supine()
    script.still(1.5)
    script.bridge(lift_s=1.2, hold_s=0.8, lower_s=2.5, rise_deg=22.0)
    script.still(1.2)
    script.bridge(lift_s=1.2, hold_s=0.8, lower_s=2.0, rise_deg=21.0)
    script.still(1.5)
    return script.session(sensor)


@pytest.fixture(scope="session")
def two_sets() -> TwoSets:
    """Standing and knee lifts, two Nordics of which the second breaks, two bridges: 45 s."""
    return simulate_two_sets


@pytest.fixture(scope="session")
def session(two_sets: TwoSets) -> SimulatedSession:
    return two_sets(Sensor(mount_deg=(20.0, -35.0, 170.0)))
