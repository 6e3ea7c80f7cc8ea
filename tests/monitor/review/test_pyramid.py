from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from monitor.review.pyramid import columns, extremes, outline, pyramid

VALUES = st.one_of(st.floats(-180, 180), st.just(float("nan")))


@st.composite
def traces(draw):
    values = draw(arrays.arrays(np.float64, st.integers(1, 400), elements=VALUES))
    steps = draw(arrays.arrays(np.float64, values.size, elements=st.sampled_from([0.005, 0.01, 0.5])))
    return np.cumsum(steps), values


def exact(values, begin, end):
    part = values[begin:end]
    part = part[np.isfinite(part)]
    return (part.min(), part.max()) if part.size else (np.nan, np.nan)


@given(traces(), st.floats(-1, 60), st.floats(0.001, 80), st.integers(1, 300))
def test_the_envelope_is_that_of_all_values_for_any_window_and_width(trace, from_s, span_s, pixels):
    t_s, values = trace
    begin, end = columns(t_s, from_s, from_s + span_s, pixels)
    low, high = extremes(pyramid(t_s, values), begin, end)

    expected = np.array([exact(values, a, b) for a, b in zip(begin, end, strict=True)])
    np.testing.assert_array_equal(low, expected[:, 0])
    np.testing.assert_array_equal(high, expected[:, 1])


@given(traces(), st.floats(-1, 60), st.floats(0.001, 80), st.integers(1, 300))
def test_the_drawn_line_reaches_what_is_in_the_window_and_no_further(trace, from_s, span_s, pixels):
    t_s, values = trace
    x, y = outline(pyramid(t_s, values), from_s, from_s + span_s, pixels)
    shown = (x >= from_s) & (x < from_s + span_s)
    first, last = np.searchsorted(t_s, (from_s, from_s + span_s))

    assert np.all(np.diff(x) >= 0)
    drawn, there = y[shown], values[first:last]
    np.testing.assert_array_equal(exact(drawn, 0, drawn.size), exact(there, 0, there.size), strict=False)
    assert x.size <= 2 * pixels + 2


def test_every_column_holds_every_value_once():
    t_s = np.arange(0, 3600, 0.01)
    begin, end = columns(t_s, 0.0, 3600.0, 1366)

    assert begin[0] == 0
    assert end[-1] == t_s.size
    np.testing.assert_array_equal(begin[1:], end[:-1])
