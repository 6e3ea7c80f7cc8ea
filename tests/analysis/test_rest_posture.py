"""Whether the sensor sits as before a loss of the link, by the first rest after it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ImuSamples
from analysis.half_seconds import HalfSeconds
from analysis.rest_posture import UPRIGHT, PostureWatch, Rest, RestCompared, compare
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
