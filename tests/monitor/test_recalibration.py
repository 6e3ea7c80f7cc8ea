"""A strap that turns in mid-session: each set is measured with the calibration it was done with."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor, SimulatedSession
from drivers.source import SensorInfo
from monitor.measured_file import measure_file
from monitor.session import MAY_HAVE_MOVED
from recordings.format import RecordedEvent, new_metadata
from recordings.writer import write_recording

INFO = SensorInfo("plain", "simulated", "simulated", rate_hz=100.0, simulated=True)


def nordics(mount_deg: float) -> SimulatedSession:
    script = Movement(seed=4, unsteadiness=0.5)
    script.still(2.6)
    script.knee_lifts()
    script.still(0.8)
    script.kneel_down()
    script.still(1.5)
    for _ in range(3):
        script.nordic(lower_s=3.0, to_deg=60.0)
        script.still(1.2)
    script.still(1.0)
    return script.session(Sensor(mount_deg=(mount_deg, 0.0, 0.0)))


def test_every_set_keeps_the_calibration_it_was_done_with(tmp_path: Path) -> None:
    before, after = nordics(0.0), nordics(90.0)
    offset_s = before.samples.t_s[-1] + 0.01
    moved = after.samples
    assert moved.gyr_radps is not None
    later = ImuSamples(moved.t_s + offset_s, moved.acc_mps2, moved.gyr_radps)
    events = [
        RecordedEvent(0, "calibration", {**asdict(before.calibration), "from_s": 0.0}),
        RecordedEvent(1, "calibration", {**asdict(after.calibration), "from_s": float(later.t_s[0])}),
    ]
    path = write_recording(
        tmp_path / "turned.mcap",
        new_metadata(INFO),
        samples=ImuSamples.concatenate([before.samples, later]),
        events=events,
    )

    analysis = measure_file(path).analysis

    truth = [rep.lower_s for rep in (*before.reps, *after.reps)]
    assert [rep.lower_s for rep in analysis.reps] == pytest.approx(truth, abs=0.15)
    assert analysis.thigh_angle_deg.shape == (len(before.samples) + len(later),)
    assert np.isfinite(analysis.thigh_angle_deg).all()
    assert not any("gyroscope" in warning for warning in analysis.warnings)


def test_numbers_that_nobody_saw_are_not_in_the_report_either(tmp_path: Path) -> None:
    session = nordics(0.0)
    lost_s = session.reps[1].start_s - 0.5
    again_s = session.reps[2].start_s - 0.5
    calibration = asdict(session.calibration)
    events = [
        RecordedEvent(0, "calibration", {**calibration, "from_s": 0.0}),
        RecordedEvent(1, "posture_after_loss", {"lost_s": lost_s, "off_deg": 30.0, "agrees": False}),
        RecordedEvent(2, "calibration", {**calibration, "from_s": again_s}),
    ]
    path = write_recording(
        tmp_path / "doubted.mcap", new_metadata(INFO), samples=session.samples, events=events
    )

    reps = measure_file(path).analysis.reps

    assert [rep.lower_s is None for rep in reps] == [False, True, False]
    assert reps[1].not_measured == MAY_HAVE_MOVED
