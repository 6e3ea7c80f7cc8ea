"""Whether the sensor sits as before a loss of the link, by the first rest after it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Analysis, ImuSamples, Pipeline, analyse
from analysis.half_seconds import HalfSeconds
from analysis.rest_posture import UPRIGHT, PostureWatch, Rest, compare
from analysis.results import MAY_HAVE_MOVED, RestCompared
from analysis.simulate import Movement, Sensor, SimulatedSession
from analysis.simulate.sensor import Slip

LOST_S = 9.0


def session(turn_deg: tuple[float, float, float] | None, *, lies: bool = False) -> SimulatedSession:
    """Standing, kneeling, a Nordic; the link is lost at 9 s, and at 10 s the sensor may turn on the leg."""
    script = Movement(seed=8)
    script.still(3.0)
    script.kneel_down()
    script.still(2.0)
    script.nordic(lower_s=2.0, to_deg=50.0, return_s=1.0, hold_s=0.2)
    script.still(3.0)
    if lies:
        script.kneeling_to_supine()
    script.still(4.0)
    slip = None if turn_deg is None else Slip(10.0, turn_deg)
    return script.session(Sensor(mount_deg=(20.0, -35.0, 170.0), slip=slip))


def compared(one: SimulatedSession, back_s: float, chunk: int = 10_000) -> list[RestCompared]:
    kept = (one.samples.t_s < LOST_S) | (one.samples.t_s > back_s)
    gyr = one.samples.gyr_radps
    samples = ImuSamples(
        one.samples.t_s[kept], one.samples.acc_mps2[kept], None if gyr is None else gyr[kept]
    )
    pieces, watch = HalfSeconds(), PostureWatch(one.calibration)
    found = [
        watch.step(piece)
        for first in range(0, len(samples), chunk)
        for piece in pieces.step(samples[first : first + chunk])
    ]
    return [each for each in found if each is not None]


@pytest.mark.parametrize("lies", [False, True], ids=["same posture", "another posture"])
def test_a_sensor_that_stayed_where_it_was_agrees(lies: bool) -> None:
    (found,) = compared(session(None, lies=lies), 11.5)

    assert found.agrees
    assert found.lost_s == pytest.approx(LOST_S, abs=0.02)
    assert found.t_s >= 12.5


@pytest.mark.parametrize("turn_deg", [(0.0, 0.0, 20.0), (0.0, 5.0, -18.0)], ids=["outwards", "inwards"])
def test_a_sensor_that_was_turned_meanwhile_disagrees(turn_deg: tuple[float, float, float]) -> None:
    (found,) = compared(session(turn_deg), 11.5)

    assert not found.agrees
    assert found.off_deg == pytest.approx(abs(turn_deg[2]), abs=4.0)


def test_a_sensor_that_turned_round_the_thigh_shows_when_the_person_lies() -> None:
    (found,) = compared(session((60.0, 0.0, 0.0), lies=True), 13.0)

    assert not found.agrees


def test_a_sensor_tipped_in_the_plane_of_movement_is_a_posture() -> None:
    (found,) = compared(session((0.0, 20.0, 0.0)), 11.5)

    assert found.agrees


def test_a_short_loss_asks_nothing() -> None:
    assert compared(session(None), LOST_S + 0.8) == []


def test_a_loss_counts_though_the_link_stumbles_when_it_is_back() -> None:
    one = session((0.0, 0.0, 20.0))
    t = one.samples.t_s
    kept = (t < LOST_S) | ((t > 11.0) & (t < 11.3)) | (t > 11.6)
    gyr = one.samples.gyr_radps
    assert gyr is not None
    samples = ImuSamples(t[kept], one.samples.acc_mps2[kept], gyr[kept])
    watch = PostureWatch(one.calibration)
    said = [found for piece in HalfSeconds().step(samples) if (found := watch.step(piece)) is not None]

    assert [(found.lost_s, found.agrees) for found in said] == [(pytest.approx(LOST_S, abs=0.02), False)]


def test_a_tilt_seen_before_is_no_news() -> None:
    lying = Rest(-138.0, 18.0)
    assert compare(Rest(-130.0, 22.0), [UPRIGHT, lying]) == (4.0, True)
    assert compare(Rest(-130.0, 22.0), [UPRIGHT]) == (22.0, True)
    assert compare(Rest(-130.0, 0.0), [UPRIGHT, lying]) == (18.0, False)
    assert compare(Rest(170.0, 0.0), [Rest(-175.0, 3.0)]) == (3.0, True)


@given(chunk=st.integers(1, 400))
@settings(max_examples=15, deadline=None)
def test_chunks_do_not_matter(chunk: int) -> None:
    one = session((0.0, 0.0, 20.0))
    assert compared(one, 11.5, chunk) == compared(one, 11.5)


def test_what_comes_after_a_disagreement_does_not_hide_it() -> None:
    one = session((0.0, 0.0, 20.0))
    t = one.samples.t_s
    kept = (t < LOST_S) | ((t > 11.5) & (t < 13.0)) | (t > 14.2)
    gyr = one.samples.gyr_radps
    assert gyr is not None
    samples = ImuSamples(t[kept], one.samples.acc_mps2[kept], gyr[kept])
    watch = PostureWatch(one.calibration)
    said = [found for piece in HalfSeconds().step(samples) if (found := watch.step(piece)) is not None]

    assert [found.agrees for found in said] == [False, False]


# -- in a whole recording ---------------------------------------------------------------------------------

GAP_S = 20.0
SHORT_NAMES = {"sits on the thigh in another way": "sits otherwise", "moved as before": "in doubt"}


def exercised(exercise: str, mount_deg: tuple[float, float, float], *, calibrates: bool) -> SimulatedSession:
    script = Movement(seed=3, start_deg=0.0 if calibrates or exercise == "nordic" else -138.0)
    if calibrates:
        script.still(3.0)
        script.knee_lifts()
        script.still(1.0)
        script.kneel_down()
        if exercise == "bridge":
            script.kneeling_to_supine()
    script.still(2.0)
    for _ in range(3):
        if exercise == "bridge":
            script.bridge(rise_deg=22.0, lower_s=3.0)
        else:
            script.nordic(lower_s=3.0, to_deg=60.0)
        script.still(1.5)
    return script.session(Sensor(mount_deg=mount_deg))


def joined(first: SimulatedSession, then: SimulatedSession) -> ImuSamples:
    """One session, a time without samples, and another one."""
    a, b = first.samples, then.samples
    assert b.gyr_radps is not None
    return ImuSamples.concatenate(
        [a, ImuSamples(b.t_s - b.t_s[0] + a.t_s[-1] + GAP_S, b.acc_mps2, b.gyr_radps)]
    )


def said(analysis: Analysis) -> list[str]:
    return [name for part, name in SHORT_NAMES.items() if any(part in text for text in analysis.warnings)]


@pytest.mark.parametrize(
    ("exercise", "mount_deg", "warning"),
    [
        ("bridge", (50.0, 0.0, 0.0), "sits otherwise"),
        ("bridge", (180.0, 0.0, 0.0), "sits otherwise"),
        ("bridge", (0.0, 180.0, 0.0), "in doubt"),
        ("nordic", (0.0, 0.0, 20.0), "sits otherwise"),
        ("nordic", (50.0, 0.0, 0.0), "in doubt"),
        ("nordic", (180.0, 0.0, 0.0), "in doubt"),
        ("nordic", (0.0, 180.0, 0.0), "in doubt"),
        ("nordic", (0.0, 30.0, 0.0), "in doubt"),
    ],
)
def test_a_strap_put_on_otherwise_is_said_and_gives_no_wrong_number(
    exercise: str, mount_deg: tuple[float, float, float], warning: str
) -> None:
    first = exercised(exercise, (0.0, 0.0, 0.0), calibrates=True)
    samples = joined(first, exercised(exercise, mount_deg, calibrates=False))

    analysis = analyse(samples, calibration=first.calibration)

    assert said(analysis) == [warning]
    before = [rep for rep in analysis.reps if rep.end_s < first.samples.t_s[-1]]
    after = [rep for rep in analysis.reps if rep.end_s > first.samples.t_s[-1]]
    assert [rep.lower_s for rep in before] == pytest.approx([rep.lower_s for rep in first.reps], abs=0.2)
    assert {rep.not_measured for rep in after} <= {MAY_HAVE_MOVED}


@pytest.mark.parametrize("exercise", ["nordic", "bridge"])
@pytest.mark.parametrize("then", ["nordic", "bridge"])
def test_a_strap_left_alone_is_believed_whatever_the_posture_after_a_loss(exercise: str, then: str) -> None:
    first = exercised(exercise, (20.0, -35.0, 170.0), calibrates=True)
    second = exercised(then, (20.0, -35.0, 170.0), calibrates=False)

    analysis = analyse(joined(first, second), calibration=first.calibration)

    assert said(analysis) == []
    truth = [rep.lower_s for rep in (*first.reps, *second.reps)]
    assert [rep.lower_s for rep in analysis.reps] == pytest.approx(truth, abs=0.2)


def test_what_came_before_somebody_checked_says_nothing() -> None:
    first = exercised("bridge", (0.0, 0.0, 0.0), calibrates=True)
    samples = joined(first, exercised("bridge", (25.0, 0.0, 0.0), calibrates=False))

    doubted = analyse(samples, calibration=first.calibration)
    checked = analyse(samples, calibration=first.calibration, checked_s=float(samples.t_s[-1]))

    assert [rep.lower_s is None for rep in doubted.reps] == [False] * 3 + [True] * 3
    assert [rep.lower_s is None for rep in checked.reps] == [False] * 6


@given(chunk=st.integers(50, 3000))
@settings(max_examples=5, deadline=None)
def test_the_stream_compares_the_same_rests_in_any_chunks(chunk: int) -> None:
    first = exercised("bridge", (0.0, 0.0, 0.0), calibrates=True)
    samples = joined(first, exercised("bridge", (50.0, 0.0, 0.0), calibrates=False))

    def streamed(size: int) -> list[RestCompared]:
        pipeline = Pipeline(calibration=first.calibration)
        events = [
            event for at in range(0, len(samples), size) for event in pipeline.step(samples[at : at + size])
        ]
        return [event for event in events if isinstance(event, RestCompared)]

    assert streamed(chunk) == streamed(len(samples)) != []


def test_nobody_rests_between_prone_and_knees_hugged() -> None:
    assert compare(Rest(138.0, 0.0), [UPRIGHT, Rest(-138.0, 2.0)]) == (84.0, False)
    assert compare(Rest(92.0, 0.0), [UPRIGHT]) == (0.0, True)
    assert compare(Rest(155.0, 0.0), [UPRIGHT]) == (0.0, True)


def test_a_sensor_on_a_table_is_not_yet_worn() -> None:
    one = session(None)
    gyr = one.samples.gyr_radps
    assert gyr is not None
    # On its side for 6 s, then nothing for 5 s, then worn.
    t_s = np.arange(0.0, 6.0, 0.01)
    axis = np.array(one.calibration.lateral_axis)
    table = ImuSamples(t_s, np.tile(9.81 * axis, (t_s.size, 1)), np.zeros((t_s.size, 3)))
    worn = ImuSamples(one.samples.t_s + 11.0, one.samples.acc_mps2, gyr)
    pipeline = Pipeline(calibration=one.calibration)

    events = [*pipeline.step(table), *pipeline.step(worn)]

    assert [event.agrees for event in events if isinstance(event, RestCompared)] == [True]
