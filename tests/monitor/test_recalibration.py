"""A strap that turns in mid-session: each set is measured with the calibration it was done with."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from analysis.results import MAY_HAVE_MOVED
from analysis.samples import ImuSamples
from analysis.simulate import Movement, Sensor, SimulatedSession
from drivers.source import SensorInfo
from monitor.measured_file import measure_file
from recordings.format import RecordedEvent, new_metadata
from recordings.writer import write_recording

INFO = SensorInfo("plain", "simulated", "simulated", rate_hz=100.0, simulated=True)


def nordics(mount_deg: float, tilt_deg: float = 0.0) -> SimulatedSession:
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
    return script.session(Sensor(mount_deg=(mount_deg, 0.0, tilt_deg)))


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


def put_on_otherwise(tilt_deg: float) -> tuple[SimulatedSession, SimulatedSession, ImuSamples]:
    """A session, one with the sensor leaning outwards, and both one after the other with 20 s between."""
    before, after = nordics(0.0), nordics(0.0, tilt_deg)
    moved = after.samples
    assert moved.gyr_radps is not None
    later = ImuSamples(moved.t_s + before.samples.t_s[-1] + 20.0, moved.acc_mps2, moved.gyr_radps)
    return before, after, ImuSamples.concatenate([before.samples, later])


def test_after_a_loss_that_moved_the_sensor_nothing_has_a_number_until_it_is_checked(tmp_path: Path) -> None:
    before, after, samples = put_on_otherwise(20.0)
    again_s = before.samples.t_s[-1] + 19.0
    first = {**asdict(before.calibration), "from_s": 0.0, "t_s": 8.0}
    checked = {**asdict(after.calibration), "from_s": again_s, "t_s": again_s + 8.0}
    reps = {}
    for name, known in (("once", [first]), ("again", [first, checked])):
        path = write_recording(
            tmp_path / f"{name}.mcap",
            new_metadata(INFO),
            samples=samples,
            events=[RecordedEvent(i, "calibration", data) for i, data in enumerate(known)],
        )
        reps[name] = measure_file(path).analysis.reps

    assert [rep.lower_s is None for rep in reps["once"]] == [False] * 3 + [True] * 3
    assert {rep.not_measured for rep in reps["once"][3:]} == {MAY_HAVE_MOVED}
    assert [rep.lower_s is None for rep in reps["again"]] == [False] * 6


def test_what_a_sensor_did_before_it_was_checked_is_not_held_against_it(tmp_path: Path) -> None:
    before, _, samples = put_on_otherwise(20.0)
    late = {**asdict(before.calibration), "from_s": 0.0, "t_s": before.samples.t_s[-1] + 25.0}
    path = write_recording(
        tmp_path / "late.mcap",
        new_metadata(INFO),
        samples=samples,
        events=[RecordedEvent(0, "calibration", late)],
    )

    assert all(rep.lower_s is not None for rep in measure_file(path).analysis.reps)
