"""Pure measurement: sample arrays in, dataclasses out. No files, clocks, Bluetooth or Qt."""

from analysis.calibration import Calibration, CalibrationError
from analysis.pipeline import Analysis, Pipeline, analyse
from analysis.results import Gap, Phase, Rep
from analysis.samples import ImuSamples, SamplesError

ALGORITHM_VERSION = "6"
"""Changes with every change that can move a measured number; stands in every result."""

__all__ = [
    "ALGORITHM_VERSION",
    "Analysis",
    "Calibration",
    "CalibrationError",
    "Gap",
    "ImuSamples",
    "Phase",
    "Pipeline",
    "Rep",
    "SamplesError",
    "analyse",
]
