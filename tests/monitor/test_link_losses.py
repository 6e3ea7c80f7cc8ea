"""A set that loses its link three times, streamed over the virtual radio through the whole program."""

import time
from pathlib import Path

import pytest

from analysis.simulate import Movement, Sensor
from monitor.engine import Engine
from monitor.measured_file import measure_file
from monitor.plan import Plan, Tempo
from monitor.virtual_patient import VirtualPatient
from recordings.format import new_metadata
from recordings.writer import Recorder

REPS = 5
# While still before the set, in the middle of the second lowering, and in the return of the fourth.
LOSSES_S = (1.0, 9.2, 21.7)


@pytest.mark.usefixtures("virtual_time")
def test_a_set_survives_three_link_losses(tmp_path: Path) -> None:
    script = Movement(seed=3, unsteadiness=0.5)
    script.still(3.0)
    for _ in range(REPS):
        script.nordic(lower_s=2.6, to_deg=60.0, return_s=1.4, hold_s=0.2)
        script.still(1.0)
    script.still(1.0)
    session = script.session(Sensor(mount_deg=(20.0, -5.0, 8.0)))
    patient = VirtualPatient(session, linger_s=0.8, losses_s=LOSSES_S)
    path = tmp_path / "session.mcap"
    recorder = Recorder(path, new_metadata(patient.info))
    plan = Plan("nordic", "left", 1, REPS, Tempo(2.5))
    engine = Engine(
        patient,
        recorder,
        (plan,),
        calibration=session.calibration,
        unattended=True,
        clock_ns=lambda: time.monotonic_ns(),
    )
    with engine:
        assert engine.wait(100)
        done = engine.snapshot.session.sets
        gaps = engine.snapshot.gaps

    zero_s = patient.started_s
    assert zero_s is not None
    live = [rep for each in done for rep in each.reps]
    assert gaps == len(LOSSES_S)
    assert len(live) == REPS
    for rep, true in zip(live, session.reps, strict=True):
        assert rep.start_s == pytest.approx(true.start_s + zero_s, abs=0.3)
    lost = [rep for rep in live if rep.not_measured]
    assert [live.index(rep) for rep in lost] == [1], "only the second lowering has a gap in it"
    assert lost[0].lower_s is None
    assert "no samples from" in str(lost[0].not_measured)
    for rep, true in zip(live, session.reps, strict=True):
        if rep.lower_s is not None:
            assert rep.lower_s == pytest.approx(true.lower_s, abs=0.15)
    assert live[3].phase("return") is None, "the return of the fourth has a gap in it: no number for it"

    measured = measure_file(path)
    assert len(measured.analysis.gaps) == len(LOSSES_S)
    assert measured.damage == ()
    for gap, loss_s in zip(measured.analysis.gaps, LOSSES_S, strict=True):
        assert gap.start_s == pytest.approx(loss_s + zero_s, abs=0.25)
        assert 0.1 < gap.end_s - gap.start_s < 4.0
