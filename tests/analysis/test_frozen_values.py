"""A sensor that repeats itself while it moves has told nothing: that is time without samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ImuSamples, analyse
from analysis.frozen_values import FrozenValues
from analysis.pipeline import Pipeline
from analysis.results import Gap, GapFound, RepCompleted
from analysis.simulate import Movement, Sensor, SimulatedSession, accelerometer_only


def nordics(sensor: Sensor) -> SimulatedSession:
    script = Movement(seed=31)
    script.still(4.0)
    script.knee_lifts()
    script.still(2.0)
    script.kneel_down()
    script.still(3.0)
    for _ in range(3):
        script.nordic(lower_s=4.0, to_deg=70.0)
        script.still(3.0)
    return script.session(sensor)


def frozen(samples: ImuSamples, start_s: float, seconds: float) -> ImuSamples:
    """The samples as a sensor sends them that hangs for so many seconds."""
    held = (samples.t_s >= start_s) & (samples.t_s < start_s + seconds)
    source = np.where(held, np.argmax(held), np.arange(len(samples)))
    gyr = samples.gyr_radps
    return ImuSamples(samples.t_s, samples.acc_mps2[source], None if gyr is None else gyr[source])


@pytest.mark.parametrize(
    ("sensor", "seconds"),
    [
        (Sensor(), 0.3),
        (Sensor(), 1.5),
        (Sensor(rate_hz=25.0), 0.3),
        # Gravity alone has to have turned by some degrees meanwhile.
        (accelerometer_only(Sensor()), 1.5),
    ],
)
def test_a_lowering_in_which_the_values_froze_has_no_number(sensor: Sensor, seconds: float) -> None:
    session = nordics(sensor)
    lowered = session.reps[1]
    start_s = lowered.start_s + 2.0
    found = analyse(frozen(session.samples, start_s, seconds), "nordic", session.calibration)
    assert len(found.gaps) == 1
    assert found.gaps[0].start_s == pytest.approx(start_s, abs=0.05)
    assert found.gaps[0].end_s == pytest.approx(start_s + seconds, abs=0.05)
    assert any("repeated the same values 1 time" in text for text in found.warnings)
    assert [rep.lower_s is not None for rep in found.reps] == [True, False, True]
    assert "no samples from" in (found.reps[1].not_measured or "")


def test_a_rest_in_which_nothing_changes_is_a_rest() -> None:
    session = nordics(Sensor())
    start_s = session.reps[0].end_s + 1.0
    calm = frozen(session.samples, start_s, 1.5)
    found = analyse(calm, "nordic", session.calibration)
    assert found.gaps == ()
    assert [rep.lower_s is not None for rep in found.reps] == [True, True, True]


def test_a_bias_that_never_changes_is_no_movement() -> None:
    t_s = np.arange(0.0, 5.0, 0.01)
    acc = np.tile([0.0, 0.0, 9.81], (t_s.size, 1))
    gyr = np.tile(np.radians([6.0, -6.0, 6.0]), (t_s.size, 1))
    acc[-1] += 0.5
    assert FrozenValues().step(ImuSamples(t_s, acc, gyr)) == ()


@given(cuts=st.lists(st.integers(1, 3999), max_size=12, unique=True).map(sorted))
@settings(max_examples=25, deadline=None)
def test_frozen_stretches_do_not_depend_on_how_the_stream_is_cut(cuts: list[int]) -> None:
    session = nordics(Sensor())
    hung = frozen(
        frozen(session.samples, session.reps[0].start_s + 1.0, 0.5), session.reps[1].end_s - 0.8, 0.9
    )
    hung = hung[:4000]

    def measured(at: list[int]) -> tuple[list[Gap], list[tuple[float, float | None]]]:
        pipeline = Pipeline("nordic", session.calibration)
        events = [
            event
            for begin, stop in pairwise([0, *at, len(hung)])
            for event in pipeline.step(hung[begin:stop])
        ]
        events += pipeline.finish()
        return (
            [event.gap for event in events if isinstance(event, GapFound)],
            [(event.rep.start_s, event.rep.lower_s) for event in events if isinstance(event, RepCompleted)],
        )

    whole = measured([])
    assert len(whole[0]) == 2
    assert measured([cut for cut in cuts if cut < len(hung)]) == whole
