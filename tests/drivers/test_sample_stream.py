import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.samples import ImuSamples
from drivers import plain, witmotion
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo

WIT = SensorInfo(
    "witmotion",
    "WitMotion BLE 5.0",
    "WT901BLE68",
    rate_hz=100.0,
    acc_range_mps2=witmotion.ACC_RANGE_MPS2,
    gyr_range_radps=witmotion.GYR_RANGE_RADPS,
    battery_percent=75,
)
PLAIN = SensorInfo("plain", "imported file", "file.csv")
BATTERY = bytes.fromhex("557164007E010000339B76FCA3C400000000E803")


def frames(first, count):
    words = np.zeros((count, 10), "<i2")
    words[:, 0] = 0x6155
    words[:, 1] = np.arange(first, first + count) % 30000
    return words.tobytes()


def packet(seconds, payload):
    return RawPacket(10**12 + round(seconds * 1e9), "n", payload)


def stream(seconds, start_s=0.0, first=0):
    return [
        packet(start_s + 0.0403 * (i + 1), frames(first + 4 * i, 4)) for i in range(int(seconds / 0.0403))
    ]


def played(items, info=WIT):
    samples = SampleStream(info)
    parts = [part for item in items if (part := samples.step(item)) is not None]
    rest = samples.finish()
    parts += [rest] if rest is not None else []
    return samples, ImuSamples.concatenate(parts) if parts else None


def index_of(samples):
    return np.rint(samples.acc_mps2[:, 0] / witmotion.ACC_MPS2_PER_LSB).astype(int)


def test_samples_come_out_in_order_and_on_the_host_axis():
    stream_of, got = played(stream(10))
    np.testing.assert_array_equal(index_of(got), np.arange(len(got)))
    assert got.t_s[3] == 0.0
    assert stream_of.zero_host_ns == 10**12 + 40_300_000
    assert stream_of.rate_hz == pytest.approx(4 / 0.0403, rel=1e-3)
    assert stream_of.battery_percent == 75


def test_unreadable_payloads_are_counted_and_skipped():
    good = plain.encode(ImuSamples(np.array([1.0, 1.01]), np.ones((2, 3))))
    stream_of, got = played([packet(0, b"garbage"), packet(0.1, good), packet(0.2, good)], PLAIN)
    assert len(got) == 2
    assert stream_of.problems.unreadable_payloads == 2
    assert stream_of.problems.last == (
        "A packet could not be read: time does not increase in the payload that starts at 1.000000 s"
    )


def test_odd_payloads_are_noticed():
    stream_of, got = played([packet(0, frames(0, 4)), packet(0.04, b"\x01\x02" + frames(4, 4))])
    assert len(got) == 8
    assert stream_of.problems.odd_payloads == 1


def test_clipping_is_counted():
    words = np.zeros((4, 10), "<i2")
    words[:, 0] = 0x6155
    words[1, 2] = 32767
    words[2, 5] = -32768
    stream_of, _ = played([packet(0, words.tobytes())])
    assert stream_of.problems.clipped_samples == 2
    assert stream_of.problems.last == "The movement was stronger than the sensor can measure"


@pytest.mark.parametrize(
    ("kind", "count", "clipped"), [(2, 7990, 40), (5, 32600, 40), (2, 4000, 0), (5, 9000, 0)]
)
def test_clipping_is_counted_in_each_of_two_streams(kind, count, clipped):
    info = SensorInfo(
        "polar", "Polar Verity Sense", "Polar Sense", rate_hz=52.0,
        acc_range_mps2=8 * 9.80665, gyr_range_radps=np.deg2rad(2000),
    )  # fmt: skip
    reference = np.array([count, 0, 0], "<i2").tobytes()
    # A first sample and 39 without a difference to it.
    payload = bytes([kind]) + bytes(8) + bytes([0x81 if kind == 2 else 0x80]) + reference + bytes([0, 39])
    stream_of, _ = played([packet(0, payload)], info)
    assert stream_of.problems.clipped_samples == clipped


def test_battery_follows_the_sensor():
    stream_of, got = played([packet(0, BATTERY)])
    assert stream_of.battery_percent == 60
    assert got is None


def test_a_broken_link_leaves_a_gap_and_no_half_frames():
    before, after = stream(5), stream(5, start_s=8.0, first=2000)
    half = packet(5.1, frames(900, 1)[:11])
    lost = LinkStatus(10**12 + 6 * 10**9, "lost", "Signal lost")
    stream_of, got = played([*before, half, lost, *after])
    index = index_of(got)
    cut = int(np.argmax(np.diff(index))) + 1
    assert index[cut] == 2000
    assert got.t_s[cut] - got.t_s[cut - 1] == pytest.approx(8.0 - before[-1].host_ns / 1e9 + 1000, abs=0.1)
    assert stream_of.problems.odd_payloads == 0
    assert len(got) == 4 * (len(before) + len(after))


def test_lost_samples_are_told():
    items = stream(10)
    stream_of, got = played(items[:100] + items[120:])
    assert stream_of.problems.lost_times == 1
    assert stream_of.problems.last == "Samples were lost on their way from the sensor"
    assert np.diff(got.t_s).max() == pytest.approx(20 * 0.0403, abs=0.05)


def test_samples_held_at_the_end_are_not_lost():
    items = stream(10)
    _, got = played(items[:100] + items[240:242])
    assert len(got) == 4 * 102


def test_plain_times_pass_through():
    t = np.cumsum(np.full(500, 0.01)) + 3.0
    samples = ImuSamples(t, np.ones((500, 3)), np.zeros((500, 3)))
    items = [packet(i, plain.encode(samples[i * 50 : i * 50 + 50])) for i in range(10)]
    items.insert(5, LinkStatus(1, "lost", ""))
    stream_of, got = played(items, PLAIN)
    assert got.t_s.tobytes() == t.tobytes()
    assert stream_of.rate_hz == pytest.approx(100.0)


PAYLOADS = st.one_of(st.binary(max_size=60), st.just(BATTERY), st.integers(0, 8).map(lambda n: frames(0, n)))
ITEMS = st.one_of(
    st.builds(RawPacket, st.integers(0, 2 * 10**11), st.just("n"), PAYLOADS),
    st.builds(
        LinkStatus,
        st.integers(0, 2 * 10**11),
        st.sampled_from(["searching", "connecting", "streaming", "lost", "closed"]),
        st.just("text"),
    ),
)


@given(items=st.lists(ITEMS, max_size=30), info=st.sampled_from([WIT, PLAIN]))
def test_whatever_comes_nothing_is_raised_and_twice_is_the_same(items, info):
    first, got = played(items, info)
    second, again = played(items, info)
    assert first.problems == second.problems
    if got is None:
        assert again is None
        return
    assert got.t_s.tobytes() == again.t_s.tobytes()
    assert got.acc_mps2.tobytes() == again.acc_mps2.tobytes()
