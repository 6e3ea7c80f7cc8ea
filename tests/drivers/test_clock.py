"""The clock against simulated arrivals whose true sample times are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.clock import HOLD_S, Clock

BURST = 4
ORIGIN_NS = 7_000_000_000_000


def arrivals(seconds, rate_hz=99.3, interval_s=0.030, stalls=(), seed=0, burst=BURST):
    """True time of each packet's last sample and its arrival: next connection event, later in a stall."""
    rng = np.random.default_rng(seed)
    taken = np.arange(1, int(seconds * rate_hz / burst) + 1) * burst / rate_hz
    phase = rng.uniform(0, interval_s)
    events = np.ceil((taken - phase) / interval_s)
    # One packet in twenty needs another event.
    events += rng.random(taken.size) < 0.05
    arrived = events * interval_s + phase + rng.exponential(0.001, taken.size)
    for start, length in stalls:
        late = (arrived > start) & (arrived < start + length)
        arrived[late] = start + length + rng.uniform(0, 0.002, late.sum())
    return taken, np.maximum.accumulate(arrived + 1e-7 * np.arange(taken.size))


def run(clock, arrived, counts=None, burst=BURST):
    counts = np.full(arrived.size, burst) if counts is None else counts
    out = [
        clock.step(int(count), ORIGIN_NS + round(host * 1e9))
        for count, host in zip(counts, arrived, strict=True)
    ]
    return np.concatenate([*out, clock.break_segment()])


def host_times(clock, times):
    return times + (clock.origin_ns - ORIGIN_NS) / 1e9


def errors(clock, times, taken, rate_hz=99.3, burst=BURST):
    true = (taken[:, None] + (np.arange(burst) - burst + 1) / rate_hz).ravel()
    return host_times(clock, times) - true


@pytest.mark.parametrize("interval_s", [0.0075, 0.015, 0.030, 0.040, 0.060])
@pytest.mark.parametrize("rate_hz", [99.0, 99.26, 99.5])
def test_bursts_and_stalls_stay_within_20_ms(interval_s, rate_hz):
    taken, arrived = arrivals(
        60, rate_hz, interval_s, stalls=[(8.0, 0.24), (20.0, 0.24), (21.0, 0.9)], seed=3
    )
    clock = Clock(1 / 99.25)
    times = run(clock, arrived)
    assert times.size == taken.size * BURST
    assert (np.diff(times) > 0).all()
    error = np.abs(errors(clock, times, taken, rate_hz))
    assert np.percentile(error, 95) <= 0.020
    assert clock.losses == 0
    assert np.diff(times).max() < HOLD_S
    assert clock.rate_hz == pytest.approx(rate_hz, rel=0.001)


def test_durations_are_right_to_a_few_milliseconds():
    taken, arrived = arrivals(60, interval_s=0.030, stalls=[(30.0, 0.24)], seed=1)
    clock = Clock(1 / 99.25)
    error = errors(clock, run(clock, arrived), taken)
    settled = error[500:]
    three_seconds = settled[298:] - settled[:-298]
    assert np.abs(three_seconds).max() < 0.010


def test_a_late_burst_is_not_a_loss():
    _, arrived = arrivals(20, stalls=[(10.0, 0.24)])
    clock = Clock(1 / 99.25)
    times = run(clock, arrived)
    around = (host_times(clock, times) > 9) & (host_times(clock, times) < 12)
    assert np.diff(times[around]).max() < 0.02
    assert clock.losses == 0


@pytest.mark.parametrize("lost_s", [0.2, 0.5, 1.5])
def test_lost_samples_become_a_gap_where_they_are_missing(lost_s):
    taken, arrived = arrivals(30, seed=2)
    kept = (taken < 15) | (taken > 15 + lost_s)
    clock = Clock(1 / 99.25)
    times = run(clock, arrived[kept])
    assert times.size == kept.sum() * BURST
    assert clock.losses == 1
    steps = np.diff(times)
    gap = int(np.argmax(steps))
    assert steps[gap] == pytest.approx(lost_s, abs=0.06)
    assert host_times(clock, times)[gap] == pytest.approx(15, abs=0.06)
    assert np.sort(steps)[-2] < 0.03
    assert np.percentile(np.abs(errors(clock, times, taken[kept])), 95) <= 0.020


def test_a_small_loss_is_made_up_for_in_time():
    taken, arrived = arrivals(60, seed=4)
    kept = np.ones(taken.size, bool)
    kept[500:502] = False
    clock = Clock(1 / 99.25)
    error = errors(clock, run(clock, arrived[kept]), taken[kept])
    assert np.abs(error[-1000:]).max() < 0.020


def test_a_new_link_starts_where_it_arrives_and_keeps_the_rate():
    _, arrived = arrivals(30)
    clock = Clock(1 / 99.25)
    before = run(clock, arrived)
    rate_hz = clock.rate_hz
    after = run(clock, arrived + 40.0)
    assert after[0] - before[-1] == pytest.approx(10.0, abs=0.08)
    assert (np.diff(np.concatenate([before, after])) > 0).all()
    assert clock.rate_hz == pytest.approx(rate_hz, rel=0.0005)


def test_silence_alone_starts_a_new_segment():
    taken, arrived = arrivals(20)
    late = np.where(taken > 10, arrived + 5.0, arrived)
    clock = Clock(1 / 99.25)
    times = run(clock, late)
    steps = np.diff(times)
    assert steps.max() == pytest.approx(5.0, abs=0.08)
    assert times.size == taken.size * BURST


@pytest.mark.parametrize("true_hz", [20.0, 49.7, 198.4])
def test_a_sensor_at_another_rate_is_believed(true_hz):
    taken, arrived = arrivals(30, true_hz)
    clock = Clock(1 / 99.25)
    times = run(clock, arrived)
    late = taken.size * BURST * 2 // 3
    assert np.percentile(np.abs(errors(clock, times, taken, true_hz)[late:]), 95) <= 0.030
    assert clock.rate_hz == pytest.approx(true_hz, rel=0.01)


@pytest.mark.parametrize("interval_s", [0.0075, 0.030, 0.060])
@pytest.mark.parametrize("rate_hz", [99.0, 100.3, 101.0])
def test_a_rate_within_its_spread_is_known_to_a_thousandth_in_half_a_minute(rate_hz, interval_s):
    """MetaMotion's chips are up to 1 % off."""
    spread = registry.decoder("metamotion").rate_spread
    for seconds, within in ((15, 0.01), (30, 0.001)):
        clock = Clock(1 / 100, rate_spread=spread)
        _, arrived = arrivals(seconds, rate_hz, interval_s, burst=3)
        run(clock, arrived, burst=3)
        assert clock.rate_hz == pytest.approx(rate_hz, rel=within)


def test_device_time_is_mapped_without_guessing_losses():
    taken, arrived = arrivals(40, 104.0, stalls=[(10.0, 0.4)], seed=5)
    kept = (taken < 20) | (taken > 20.5)
    clock = Clock(1 / 104.0)
    # The sensor's clock runs 40 ppm slow and starts anywhere.
    device = (taken[:, None] + (np.arange(BURST) - BURST + 1) / 104.0) * (1 - 40e-6) + 1234.5
    out = [
        clock.step(BURST, ORIGIN_NS + round(host * 1e9), row)
        for host, row in zip(arrived[kept], device[kept], strict=True)
    ]
    times = np.concatenate(out)
    assert clock.losses == 1
    assert (np.diff(times) > 0).all()
    assert np.diff(times).max() == pytest.approx(0.5, abs=0.06)
    assert np.percentile(np.abs(errors(clock, times, taken[kept], 104.0)), 95) <= 0.020


@settings(max_examples=150, deadline=None)
@given(
    packets=st.lists(
        st.tuples(st.integers(0, 12), st.floats(-0.05, 0.5) | st.floats(0, 8), st.booleans()), max_size=80
    ),
    rate_hz=st.sampled_from([10.0, 99.25, 200.0]),
)
def test_whatever_arrives_time_increases_and_no_sample_is_lost_or_early(packets, rate_hz):
    clock = Clock(1 / rate_hz)
    times, arrival_of, host_s, latest_s = [], [], 0.0, 0.0
    pending = []
    for count, step_s, broken in packets:
        host_s += step_s
        latest_s = max(latest_s, host_s)
        if broken and step_s > 1.0:
            times.append(clock.break_segment())
            arrival_of += pending
            pending = []
        pending += [latest_s] * count
        out = clock.step(count, ORIGIN_NS + round(host_s * 1e9))
        times.append(out)
        arrival_of += pending[: out.size]
        pending = pending[out.size :]
    times.append(clock.break_segment())
    arrival_of += pending
    times = np.concatenate(times)
    assert times.size == sum(count for count, _, _ in packets)
    assert times.size == len(arrival_of)
    assert (np.diff(times) > 0).all()
    if times.size:
        # Packets with one and the same arrival may push each other on by microseconds.
        assert (host_times(clock, times) <= np.array(arrival_of) + 1e-6 * times.size + 1e-6).all()


@pytest.mark.parametrize("stalls", [False, True], ids=["calm", "stalls"])
@pytest.mark.parametrize("interval_s", [0.0075, 0.015, 0.030])
def test_one_packet_in_twenty_lost_stays_within_20_ms(interval_s, stalls):
    taken, arrived = arrivals(60, 99.3, interval_s, [(12.0, 0.24), (33.0, 0.24)] if stalls else [], seed=8)
    kept = np.random.default_rng(2).random(taken.size) >= 0.05
    kept[0] = True
    clock = Clock(1 / 99.25)
    times = run(clock, arrived[kept])
    assert times.size == kept.sum() * BURST
    assert (np.diff(times) > 0).all()
    error = np.abs(errors(clock, times, taken[kept]))
    assert np.percentile(error[500:], 95) <= 0.020
    gaps = int((np.diff(kept.astype(int)) == -1).sum())
    assert clock.losses == pytest.approx(gaps, abs=0.1 * gaps)


@pytest.mark.parametrize("interval_s", [0.0075, 0.015, 0.030, 0.060])
def test_a_device_clock_places_samples_to_5_ms_in_spite_of_losses(interval_s):
    taken, arrived = arrivals(60, 99.3, interval_s, [(12.0, 0.24)], seed=8)
    kept = np.random.default_rng(2).random(taken.size) >= 0.05
    kept[0] = True
    device = (taken[:, None] + (np.arange(BURST) - BURST + 1) / 99.3) * (1 + 200e-6) + 1234.5
    clock = Clock(1 / 99.25)
    out = [
        clock.step(BURST, ORIGIN_NS + round(host * 1e9), row)
        for host, row in zip(arrived[kept], device[kept], strict=True)
    ]
    error = np.abs(errors(clock, np.concatenate(out), taken[kept]))
    assert np.percentile(error[500:], 95) <= 0.005
    assert clock.rate_hz == pytest.approx(99.3, rel=0.0005)
    gaps = int((np.diff(kept.astype(int)) == -1).sum())
    assert clock.losses == pytest.approx(gaps, abs=2)


@pytest.mark.parametrize("jump_s", [-100.0, 1000.0], ids=["restarted", "set"])
def test_a_device_clock_that_jumps_starts_anew_where_it_arrives(jump_s):
    taken, arrived = arrivals(30, 104.0, seed=5)
    device = taken[:, None] + (np.arange(BURST) - BURST + 1) / 104.0 + 1234.5
    device[taken > 15] += jump_s
    clock = Clock(1 / 104.0)
    times = np.concatenate(
        [
            clock.step(BURST, ORIGIN_NS + round(host * 1e9), row)
            for host, row in zip(arrived, device, strict=True)
        ]
    )
    assert times.size == taken.size * BURST
    assert (np.diff(times) > 0).all()
    assert np.diff(times).max() < 0.1
    assert np.percentile(np.abs(errors(clock, times, taken, 104.0)), 95) <= 0.020


@pytest.mark.parametrize(("burst", "rate_hz"), [(1, 60.0), (58, 52.0), (130, 52.0)])
def test_packets_of_any_length_follow_a_device_clock(burst, rate_hz):
    taken, arrived = arrivals(90, rate_hz, seed=6, burst=burst)
    kept = np.random.default_rng(2).random(taken.size) >= 0.03
    device = taken[:, None] + (np.arange(burst) - burst + 1) / rate_hz + 55.0
    clock = Clock(1 / rate_hz)
    out = [
        clock.step(burst, ORIGIN_NS + round(host * 1e9), row)
        for host, row in zip(arrived[kept], device[kept], strict=True)
    ]
    error = errors(clock, np.concatenate(out), taken[kept], rate_hz, burst)
    assert np.percentile(np.abs(error[error.size // 3 :]), 95) <= 0.015
    assert clock.rate_hz == pytest.approx(rate_hz, rel=0.001)


@settings(max_examples=60, deadline=None)
@given(
    lost=st.lists(st.booleans(), min_size=60, max_size=200),
    late_s=st.lists(st.sampled_from([0.0, 0.01, 0.03, 0.06, 0.3]), min_size=200, max_size=200),
    burst=st.sampled_from([1, 3, 4]),
    interval_s=st.sampled_from([0.0, 0.03, 0.04, 0.06]),
)
def test_no_pattern_of_losses_and_delays_drops_or_disorders_samples(lost, late_s, burst, interval_s):
    taken = np.arange(1, len(lost) + 1) * burst / 100.0
    arrived = np.ceil(taken / interval_s) * interval_s if interval_s else taken
    arrived = np.maximum.accumulate(arrived + np.array(late_s[: len(lost)]))
    arrived = arrived[~np.array(lost)]
    clock = Clock(1 / 100.0)
    times = run(clock, arrived, burst=burst) if arrived.size else np.empty(0)
    assert times.size == arrived.size * burst
    assert (np.diff(times) > 0).all()
    if times.size:
        latest = np.repeat(arrived, burst) + 1e-6 * times.size + 1e-6
        assert (host_times(clock, times) <= latest).all()
