"""Simulated sessions: the movement of a thigh whose truth is known, and the sensor strapped to it.

Three parts that do not know more of each other than they must. `Movement` scripts the thigh angle with the
truth about every phase, which joint is the pivot and how that joint itself moves. `measure` puts an inertial
sensor with its errors on that thigh. `simulate` makes random sessions of named kinds from both. Everything is
seeded: the same seed and script give the same samples. A simulation is not a person: figures made with it
say so.
"""

from analysis.simulate.demo import demo_session
from analysis.simulate.movement import (
    Body,
    Mark,
    Movement,
    SimulatedSession,
    TrueRep,
    reference_boundaries,
)
from analysis.simulate.scenarios import DEFAULT_MIX, NEGATIVE, SCENARIOS, random_sensor, simulate
from analysis.simulate.sensor import IDEAL, Motion, Sensor, Slip, accelerometer_only, measure, still_motion

__all__ = [
    "DEFAULT_MIX",
    "IDEAL",
    "NEGATIVE",
    "SCENARIOS",
    "Body",
    "Mark",
    "Motion",
    "Movement",
    "Sensor",
    "SimulatedSession",
    "Slip",
    "TrueRep",
    "accelerometer_only",
    "demo_session",
    "measure",
    "random_sensor",
    "reference_boundaries",
    "simulate",
    "still_motion",
]
