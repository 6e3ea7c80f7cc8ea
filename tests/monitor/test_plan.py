from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.results import Phase, Rep
from monitor.plan import Plan, Tempo, band_s, dose, verdict


@pytest.mark.parametrize(
    ("lower_s", "target_s", "expected"),
    [
        (2.5, 3.0, "in band"),  # 0.5 s is the narrowest half band
        (2.499, 3.0, "too fast"),
        (3.5, 3.0, "in band"),
        (3.501, 3.0, "slower"),
        (6.8, 8.0, "in band"),  # 15 % of 8 s is 1.2 s
        (6.79, 8.0, "too fast"),
        (9.2, 8.0, "in band"),
        (9.21, 8.0, "slower"),
        (None, 3.0, "not measured"),
    ],
)
def test_verdict_at_the_edges_of_the_band(lower_s, target_s, expected):
    assert verdict(lower_s, target_s) == expected


@given(st.floats(0.1, 60), st.floats(0, 120))
def test_verdict_agrees_with_the_band(target_s, lower_s):
    shortest, longest = band_s(target_s)
    judged = verdict(lower_s, target_s)
    if judged == "in band":
        assert shortest - 1e-6 <= lower_s <= longest + 1e-6
    elif judged == "too fast":
        assert lower_s < shortest
    else:
        assert lower_s > longest


@pytest.mark.parametrize(
    "make",
    [
        lambda: Tempo(0.0),
        lambda: Tempo(-1.0),
        lambda: Tempo(float("nan")),
        lambda: Tempo(3.0, hold_s=-0.1),
        lambda: Plan("nordic", "left", 0, 6, Tempo(3)),
        lambda: Plan("nordic", "left", 3, 0, Tempo(3)),
        lambda: Plan("nordic", "left", 3, 6, Tempo(3), rest_between_sets_s=-1),
        lambda: Plan("nordic", "left", 3, 6, Tempo(3), pain_limit=11),
    ],
)
def test_impossible_prescriptions_are_refused(make):
    with pytest.raises(ValueError, match=r"must|has at least|needs"):
        make()


def rep(lower_s, reason=None):
    phases = (Phase("lower", 0.0, lower_s or 1.0), Phase("return", 5.0, 6.5))
    return Rep("nordic", 0.0, 7.0, lower_s, 70.0, phases, not_measured=reason)


def test_dose_sums_measured_lowerings_only():
    plan = Plan("nordic", "left", 1, 4, Tempo(3.0))
    got = dose((rep(3.0), rep(2.0), rep(None, "gap")), plan)
    assert got.reps == 3
    assert got.not_measured == 1
    assert got.time_under_tension_s == pytest.approx(5.0)
    assert got.moving_s == pytest.approx(5.0 + 2 * 1.5)
    assert got.received_percent == pytest.approx(100 * 5.0 / 12.0)
    assert got.mean_s == pytest.approx(2.5)
    assert got.mean_deviation_s == pytest.approx(-0.5)


def test_dose_of_nothing_has_no_numbers():
    got = dose((rep(None, "gap"),), Plan("nordic", "left", 1, 4, Tempo(3.0)))
    assert (got.received_percent, got.mean_s, got.mean_deviation_s) == (None, None, None)
