"""Halves of a sensor that come apart are brought together without inventing anything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.two_streams import WAIT_S, TwoStreams


def rate(t):
    return np.column_stack([t, 2 * t, -t])


def force(t):
    return np.column_stack([t, t, t])


def fed(packets):
    two = TwoStreams()
    out = []
    for kind, t in packets:
        if kind == "acc":
            two.acceleration(t, t + 100.0, force(t))
        else:
            two.angular_rate(t, rate(t))
        out.append(two.matched())
    t, acc, gyr = (np.concatenate(parts) for parts in zip(*out, strict=True))
    return two, t, acc, gyr


def packets(t, size, kind):
    return [(kind, t[at : at + size]) for at in range(0, len(t), size)]


def in_order_of_time(*streams):
    return sorted((each for stream in streams for each in stream), key=lambda each: each[1][-1])


ACC_T = np.arange(0.0, 8.0, 0.01)
GYR_T = np.arange(0.004, 8.0, 0.0101)


def test_the_rate_is_read_at_the_instants_of_the_force():
    two, t, acc, gyr = fed(in_order_of_time(packets(ACC_T, 3, "acc"), packets(GYR_T, 3, "gyr")))
    own = t - 100.0
    # The first sample lies before the gyroscope's first, the last ones after its last.
    assert two.unmatched == 1
    assert len(t) > len(ACC_T) - 6
    np.testing.assert_allclose(acc, force(own))
    np.testing.assert_allclose(gyr, rate(own), atol=1e-12)
    assert (np.diff(t) > 0).all()


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_how_it_is_cut_makes_no_difference(sizes):
    def cut(t, kind):
        out, at, turn = [], 0, 0
        while at < len(t):
            out.append((kind, t[at : at + sizes[turn % len(sizes)]]))
            at += len(out[-1][1])
            turn += 1
        return out

    whole = fed(in_order_of_time(packets(GYR_T, 250, "gyr"), packets(ACC_T, 200, "acc")))
    parts = fed(in_order_of_time(cut(ACC_T, "acc"), cut(GYR_T, "gyr")))
    n = min(len(parts[1]), len(whole[1]))
    assert n > len(ACC_T) - 260
    for one, other in zip(whole[1:], parts[1:], strict=True):
        np.testing.assert_allclose(one[:n], other[:n], atol=1e-12)


def test_nothing_is_drawn_over_a_loss():
    lossy = GYR_T[(GYR_T < 3.0) | (GYR_T > 3.1)]
    two, t, _, gyr = fed(in_order_of_time(packets(ACC_T, 3, "acc"), packets(lossy, 3, "gyr")))
    missing = np.diff(t).max()
    assert missing == pytest.approx(0.11, abs=0.025)
    assert two.unmatched == pytest.approx(11, abs=2)
    np.testing.assert_allclose(gyr, rate(t - 100.0), atol=1e-12)


def test_one_lost_sample_is_bridged():
    lossy = np.delete(GYR_T, 300)
    two, t, *_ = fed(in_order_of_time(packets(ACC_T, 3, "acc"), packets(lossy, 3, "gyr")))
    assert two.unmatched == 1
    assert np.diff(t).max() < 0.011


def test_long_frames_that_come_after_each_other():
    acc, gyr = packets(ACC_T, 120, "acc"), packets(GYR_T, 250, "gyr")
    _, t, _, got = fed(in_order_of_time(acc, gyr))
    assert np.diff(t).max() < 0.011
    np.testing.assert_allclose(got, rate(t - 100.0), atol=1e-12)


def test_a_gyroscope_that_stops_does_not_fill_the_memory():
    t = np.arange(0.0, 60.0, 0.01)
    early = GYR_T[GYR_T < 1.0]
    two, out, *_ = fed(in_order_of_time(packets(t, 4, "acc"), packets(early, 4, "gyr")))
    assert out[-1] < 101.0
    assert two.unmatched > len(t) - (WAIT_S + 1.5) * 100


def test_a_clock_that_starts_again_begins_anew():
    first = in_order_of_time(packets(ACC_T, 4, "acc"), packets(GYR_T, 4, "gyr"))
    two = TwoStreams()
    counts = []
    for kind, t in first + first:
        if kind == "acc":
            two.acceleration(t, t, force(t))
        else:
            two.angular_rate(t, rate(t))
        got, _, gyr = two.matched()
        np.testing.assert_allclose(gyr, rate(got), atol=1e-12)
        counts.append(len(got))
    assert sum(counts) > 2 * len(ACC_T) - 16
