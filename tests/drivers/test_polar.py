"""Polar Verity Sense and H10: vectors, decoder against an encoder of its own, and the way over the radio.

Vectors are real (captured from a sensor), of the vendor (from its own unit tests) or synthetic (made from the
documented layout).
"""

import asyncio
import contextlib
import math
import re
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.samples import ImuSamples
from drivers import polar
from drivers.decoded import DecodeError
from drivers.link import BleSource, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo
from drivers.virtual import polar_twin as twin_of
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DECODER = polar.DECODER
MG = 9.80665e-3
DPS = math.pi / 180
pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)

ACC_80 = bytes.fromhex(
    "02009435770000000080"
    "7107F06A9E8D0A38BE5CBEBA2F96B3EE4BE5ADFB42B9EBBE4CFEBA2F92BFEE4BE4B1FB12B9ECBD3C3EBB2F8FD3DE4BE3B5F7D2B8"
    "EDBD307E7B2F8BE3CE8BE2BAF7A2B8EEBC20BE7B2F88F3CECBE1BDEF52F8EFBC18FE3B2F8403BFCBE0C2EF32B8F0BB044EBC2E81"
    "13AF0BE0C6EFF2F7F1B9FC7DBC2E7D279F4BDFCAEBC2F7F2B8ECCD7C2E7B378F4BDECEE392F7F3B8E00DFD2D774B7FCBDDD2DF62"
    "37F5B7D44DBD2D745B6FCBDCD7D73237F6B5C88D7D2D716B4F4BDCDCD3F236F7B4BCDDFD2C6F7B3F4BDBE0CFD236F8B2B02DBE2C"
    "6C8F1FCBDAE3C7A276F9"
)
VERITY_ACC = bytes.fromhex(
    "0200416FC41245930A81EE021FFE82FF080A10DA20D6A30BD9CBE7D6F6C4E6F1E1F3E0151AFE281BF8372C25201319110A2FED4F"
    "C07EF4E9BB6E800DC82FB03E14D1AFB07F16C4CC2087340354128BFF8D00C142FBE6D3DFB5E191532FBEF9ED43B03EFDDB9B903D"
    "F503605F7BFAD9DFAE000B2464704012CCCFBF04E4C533B038084180EFC212EC178146FDFE5BB001F3D1D76F81FFCD7B0FC20136"
    "607F43D35F3F3F78CB06484EFF000EFC820551AB55E34A2D1D0C5FBDE858734DBDEBA06751020CC47041CA267FA0028919FE3F5F"
    "74E72244203F1566B0524D055CA41FBEE96800"
)
VERITY_START = bytes.fromhex("F002020000")
SETTINGS = bytes.fromhex("0001340001011000020108000401 03".replace(" ", ""))
H10_SETTINGS = bytes.fromhex("F0010200000004190032006400C80001011000020302000400080 0".replace(" ", ""))


def frame(kind, stamp_ns, frame_type, content):
    return bytes([kind]) + stamp_ns.to_bytes(8, "little") + bytes([frame_type]) + content


def start_reply(kind, factor):
    return bytes([0xF0, 2, kind, 0, 0]) + struct.pack("<BBf", 5, 1, factor)


def after(*payloads, state=None):
    for payload in payloads:
        _, state = DECODER.decode(payload, state)
    return state


def mg(decoded):
    return decoded.acc_mps2 / MG


def dps(decoded):
    return decoded.gyr_radps / DPS


class TestVectors:
    def test_v4_1_of_the_vendor_gyroscope_in_counts(self):
        payload = bytes.fromhex("05FFFFFFFFFFFFFF7F80EAFF08000D000301DF00")
        decoded, _ = DECODER.decode(payload, after(start_reply(5, 1.0)))
        np.testing.assert_allclose(dps(decoded), [[-22, 8, 13], [-23, 11, 16]])
        assert decoded.device_time_s[-1] == 0x7FFFFFFFFFFFFFFF / 1e9
        assert len(decoded.acc_mps2) == 0
        # Where no factor is told it is the 2000 deg/s over 15 bits.
        decoded, _ = DECODER.decode(payload)
        np.testing.assert_allclose(dps(decoded), np.array([[-22, 8, 13], [-23, 11, 16]]) * 2000 / 32768)

    @pytest.mark.parametrize("factor", [None, 0.5])
    def test_v4_2_of_the_vendor_gyroscope_in_float32(self, factor):
        payload = bytes.fromhex("050094357700000000810000803F000020410000A0411C010000A001000008CDCCEC0D")
        state = None if factor is None else after(start_reply(5, factor))
        decoded, _ = DECODER.decode(payload, state)
        expected = np.array([[1.0, 10.0, 20.0], [10.0, 20.0, np.float32(1.1)]]) * (factor or 1.0)
        np.testing.assert_allclose(dps(decoded), expected, rtol=1e-12)

    def test_v4_3_of_the_vendor_whole_samples_of_an_h10(self):
        decoded, _ = DECODER.decode(bytes.fromhex("02009435770000000001F7FFFFFFE703F8FFFEFFE503"))
        np.testing.assert_allclose(mg(decoded), [[-9, -1, 999], [-8, -2, 997]])
        assert decoded.device_time_s[-1] == 2.0
        assert decoded.gyr_radps is None

    def test_v4_4_of_the_vendor_acceleration_in_mg(self):
        decoded, _ = DECODER.decode(bytes.fromhex("02650000000000000081F1FF1400F00306017B0F08"))
        np.testing.assert_allclose(mg(decoded), [[-15, 20, 1008], [-20, 17, 1008]])
        assert decoded.device_time_s[-1] == pytest.approx(101e-9)

    def test_v4_5_of_the_vendor_acceleration_with_a_factor(self):
        decoded, _ = DECODER.decode(ACC_80, after(start_reply(2, 2.44e-4)))
        assert len(decoded.acc_mps2) == 57
        raw = mg(decoded) / 0.244
        np.testing.assert_allclose(
            raw[[0, 1, -1]],
            [[1905, 27376, -29282], [2095, 27271, -29367], [12274, 20173, -32449]],
            rtol=1e-6,
        )
        np.testing.assert_array_equal(np.trunc(mg(decoded)[0]), [464, 6679, -7144])
        # Without a told factor it is that of the chip at 8 g.
        np.testing.assert_allclose(mg(DECODER.decode(ACC_80)[0]), mg(decoded), rtol=1e-6)

    def test_v4_6_real_acceleration_of_a_verity_sense(self):
        decoded, _ = DECODER.decode(VERITY_ACC, after(VERITY_START))
        assert len(decoded.acc_mps2) == 58
        np.testing.assert_allclose(
            mg(decoded)[[0, 1, 2, 10, 11, 55, 56, 57]],
            [
                [750, -481, -126], [766, -519, -94], [724, -612, -83], [720, -670, -34],
                [701, -651, -54], [933, 612, 563], [954, 704, 540], [923, 614, 644],
            ],
            atol=1e-9,
        )  # fmt: skip
        assert decoded.device_time_s[-1] == 762028708863099136 / 1e9
        np.testing.assert_allclose(np.diff(decoded.device_time_s), 1 / 52, atol=3e-7)

    def test_v4_7_real_first_bytes_of_another_capture(self):
        whole = bytes.fromhex("029C5829138457730781FAFF2100F403")
        assert mg(DECODER.decode(whole)[0]) == pytest.approx(np.array([[-6, 33, 1012]]))
        # The first six-bit block, as far as the capture is known: differences 3, 2, -3 | -6, 6, 7 | ...
        block = twin_of.compressed(
            np.array([[-6, 33, 1012], [-3, 35, 1009], [-9, 41, 1016], [-10, 36, 1010]]), 2
        )
        decoded, _ = DECODER.decode(whole[:10] + block)
        np.testing.assert_allclose(
            mg(decoded), [[-6, 33, 1012], [-3, 35, 1009], [-9, 41, 1016], [-10, 36, 1010]]
        )
        assert decoded.device_time_s[-1] == 536869005355997340 / 1e9

    def test_v4_8_of_the_vendor_settings(self):
        reply = bytes.fromhex("F001050000000134000101100002 04F500F401E803D007040103".replace(" ", ""))
        state = after(reply)
        assert state.gyr.full_scale == 2000
        assert state.gyr.period_s == 1 / 52

    def test_v4_9_of_the_vendor_error_reply_has_no_samples_and_teaches_nothing(self):
        decoded, state = DECODER.decode(bytes.fromhex("F001060700"))
        assert len(decoded.acc_mps2) == 0
        assert state == DECODER.initial_state()

    def test_synthetic_other_widths_of_whole_samples(self):
        assert mg(DECODER.decode(frame(2, 9, 0, bytes.fromhex("F7FF7F")))[0]) == pytest.approx(
            np.array([[-9, -1, 127]])
        )
        payload = frame(2, 9, 2, bytes.fromhex("F7FFFF E70300 010080".replace(" ", "")))
        assert mg(DECODER.decode(payload)[0]) == pytest.approx(np.array([[-9, 999, -8388607]]))

    def test_synthetic_a_block_without_samples_and_one_without_bits(self):
        decoded, _ = DECODER.decode(
            frame(2, 9, 0x81, bytes.fromhex("0100020003000500 0002".replace(" ", "")))
        )
        np.testing.assert_allclose(mg(decoded), [[1, 2, 3]] * 3)


REAL_TWICE = (
    VERITY_ACC,
    VERITY_ACC[:1] + (762028708863099136 + 1_115_000_000).to_bytes(8, "little") + VERITY_ACC[9:],
)


def raw_frame(stamp_s, count=36):
    return frame(2, round(stamp_s * 1e9), 1, np.full((count, 3), 577, "<i2").tobytes())


def played(stamps_s, replies=(), count=36):
    """Return the times of each frame after these replies."""
    state = after(*replies) if replies else None
    out = []
    for stamp_s in stamps_s:
        decoded, state = DECODER.decode(raw_frame(stamp_s, count), state)
        out.append(decoded.device_time_s)
    return out


class TestTimes:
    def test_samples_share_the_time_since_the_frame_before(self):
        first, second = REAL_TWICE
        state = after(first)
        decoded, _ = DECODER.decode(second, state)
        last = 762028708.863099136
        np.testing.assert_allclose(decoded.device_time_s, last + np.arange(1, 59) * 1.115 / 58, atol=3e-7)

    def test_a_lost_frame_is_a_step(self):
        times = played([10.0, 10.7, 12.1, 12.8])
        whole = np.concatenate(times)
        assert np.diff(whole).max() == pytest.approx(0.7, abs=0.025)
        assert (np.diff(whole) > 0).all()
        np.testing.assert_allclose(np.diff(times[2]), 0.7 / 36)

    def test_a_short_frame_that_was_lost_before_a_long_one_shows_too(self):
        state = after(raw_frame(10.0, 130), raw_frame(12.5, 130))
        decoded, _ = DECODER.decode(raw_frame(12.5 + 166 / 52, 130), state)
        assert decoded.device_time_s[0] == pytest.approx(12.5 + 37 / 52, abs=0.01)

    def test_a_clock_that_is_set_back_begins_anew(self):
        times = played([1000.0, 1000.7, 3.0, 3.7])
        assert times[2][-1] == 3.0
        np.testing.assert_allclose(np.diff(times[2]), 0.7 / 36)
        np.testing.assert_allclose(np.diff(times[3]), 0.7 / 36)

    def test_a_frame_twice_is_refused(self):
        state = after(VERITY_ACC)
        with pytest.raises(DecodeError, match="stamp of the one before"):
            DECODER.decode(VERITY_ACC, state)

    @pytest.mark.parametrize("rate_hz", [25, 50, 100, 200])
    def test_the_rate_of_an_h10_shows_with_its_second_frame(self, rate_hz):
        step_s = 36 / rate_hz
        times = played([5.0, 5.0 + step_s, 5.0 + 2 * step_s], [H10_SETTINGS])
        assert times[0] is None
        assert len(times[1]) == 72
        np.testing.assert_allclose(np.diff(np.concatenate(times[1:])), 1 / rate_hz, rtol=1e-9)
        assert times[1][35] == pytest.approx(5.0)

    def test_a_loss_at_the_beginning_of_an_h10_is_found_out(self):
        times = played([5.0, 5.36, 5.54, 5.72], [H10_SETTINGS])
        np.testing.assert_allclose(np.diff(np.concatenate(times[2:])), 1 / 200, rtol=1e-9)

    def test_an_h10_whose_clock_is_set_at_the_beginning(self):
        times = played([5.0, 7e8, 7e8 + 0.18], [H10_SETTINGS])
        assert times[:2] == [None, None]
        np.testing.assert_allclose(np.diff(times[2]), 1 / 200, rtol=1e-4)


class TestReplies:
    def test_a_start_begins_anew(self):
        state = after(VERITY_ACC, VERITY_START)
        assert state.acc.last_ns is None
        assert len(DECODER.decode(VERITY_ACC, state)[0].acc_mps2) == 58

    def test_a_range_scales_counts(self):
        reply = bytes.fromhex("F00102000002010400")
        decoded, _ = DECODER.decode(ACC_80, after(reply))
        np.testing.assert_allclose(mg(decoded), mg(DECODER.decode(ACC_80)[0]) / 2)

    def test_a_setting_of_a_newer_firmware_is_passed_over(self):
        assert after(bytes.fromhex("F0010200000001340099010203")).acc.period_s == 1 / 52

    @pytest.mark.parametrize(
        "reply", ["F001", "F002020000050100", "F00202000005010000C07F", "F002020000050100000000"]
    )
    def test_a_broken_reply_is_refused(self, reply):
        with pytest.raises(DecodeError):
            DECODER.decode(bytes.fromhex(reply))

    def test_the_sensor_says_that_it_has_stopped(self):
        assert DECODER.decode(b"\x01\x02")[0].notes == ("the sensor has ended a measurement",)

    def test_streams_of_other_apps_are_passed_over(self):
        decoded, state = DECODER.decode(frame(0, 5, 0, bytes(30)))
        assert len(decoded.acc_mps2) == 0
        assert not decoded.notes
        assert state == DECODER.initial_state()


def still(length, stamp_ns=10**9, frame_type=0x81):
    kind = twin_of.PolarStreamKind(2, (52,), (8,), frame_type, 58)
    counts = np.full((58, 3), [0, 0, length])
    return twin_of.frames(kind, [stamp_ns] * 58, counts)[0]


class TestUnits:
    def test_counts_that_pretend_to_be_mg_are_found_at_rest(self):
        first, state = DECODER.decode(still(4098))
        assert mg(first)[:, 2] == pytest.approx(1000, rel=0.01)
        assert "1 g" in first.notes[0]
        # From there on, whatever moves.
        later, _ = DECODER.decode(still(8196, 2 * 10**9), state)
        assert mg(later)[:, 2] == pytest.approx(2000, rel=0.01)
        assert not later.notes

    def test_a_factor_that_does_not_belong_to_mg_is_found_at_rest(self):
        decoded, _ = DECODER.decode(still(1000), after(start_reply(2, 2.44e-4)))
        assert mg(decoded)[:, 2] == pytest.approx(1000)

    def test_a_unit_that_has_held_is_not_asked_again(self):
        state = after(still(1000))
        decoded, _ = DECODER.decode(still(4098, 2 * 10**9), state)
        assert mg(decoded)[:, 2] == pytest.approx(4098)

    def test_movement_decides_nothing(self):
        counts = np.zeros((58, 3), np.int64)
        counts[:, 2] = 4098 + 600 * np.sin(np.arange(58))
        decoded, state = DECODER.decode(frame(2, 5, 0x81, twin_of.compressed(counts, 2)))
        np.testing.assert_allclose(mg(decoded), counts, atol=1e-9)
        assert not state.acc.settled

    def test_values_beyond_the_range_are_noticed(self):
        payload = bytes.fromhex("05FFFFFFFFFFFFFF7F80") + struct.pack("<3h", 3000, 0, 0)
        decoded, _ = DECODER.decode(payload, after(start_reply(5, 1.0)))
        assert "beyond the sensor's range" in decoded.notes[0]


COUNTS = st.integers(1, 90).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(1, 15), st.integers(0, 2**32 - 1), st.integers(1, 60))
)


def random_counts(n, bits, seed):
    rng = np.random.default_rng(seed)
    walk = rng.integers(-(1 << bits), 1 << bits, (n, 3)).cumsum(axis=0)
    return np.clip(walk, -32768, 32767)


@pytest.mark.parametrize("frame_type", [0x80, 0x81, 0x01], ids=["factor", "mg", "whole"])
@given(made=COUNTS)
@settings(max_examples=60, deadline=None)
def test_acceleration_comes_back_exactly(frame_type, made):
    n, bits, seed, block = made
    counts = random_counts(n, bits, seed)
    content = counts.astype("<i2").tobytes() if frame_type == 1 else twin_of.compressed(counts, 2, block)
    state = after(start_reply(2, 0.5)) if frame_type == 0x80 else None
    decoded, _ = DECODER.decode(frame(2, 10**15, frame_type, content), state)
    unit = 500.0 if frame_type == 0x80 else 1.0
    # A walk that stands still at 4.1 g says that these are counts; that is another test.
    if not decoded.notes:
        np.testing.assert_allclose(mg(decoded), counts * unit, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(decoded.device_time_s, 1e6 - np.arange(n)[::-1] / 52, rtol=0, atol=1e-9)


@given(made=COUNTS)
@settings(max_examples=60, deadline=None)
def test_angular_rate_comes_back_exactly(made):
    n, _, seed, block = made
    rates = np.random.default_rng(seed).normal(0, 300, (n, 3)).astype("<f4")
    rates[seed % n] = 0
    content = twin_of.compressed(rates.view("<i4").astype(np.int64), 4, block)
    decoded, _ = DECODER.decode(frame(5, 10**15, 0x81, content))
    np.testing.assert_allclose(dps(decoded), rates.astype(float), rtol=1e-12)
    counts = random_counts(n, 12, seed)
    decoded, _ = DECODER.decode(frame(5, 10**15, 0x80, twin_of.compressed(counts, 2, block)))
    np.testing.assert_allclose(dps(decoded), counts * (2000 / 32768), rtol=1e-12, atol=1e-9)


SEEDS = (
    VERITY_ACC, ACC_80, bytes.fromhex("05FFFFFFFFFFFFFF7F80EAFF08000D000301DF00"), raw_frame(5.0),
    bytes.fromhex("050094357700000000810000803F000020410000A0411C010000A001000008CDCCEC0D"),
    H10_SETTINGS, VERITY_START, start_reply(5, 1.0),
)  # fmt: skip
MUTATED = st.tuples(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=4),
    st.integers(0, 300),
).map(lambda made: mutated(*made))  # fmt: skip


def mutated(payload, changes, length):
    out = bytearray(payload)
    for at, value in changes:
        out[at % len(out)] = value
    return bytes(out[: length or 1])


@given(payloads=st.lists(st.binary(max_size=60) | MUTATED, max_size=8))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_samples_or_a_decode_error(payloads):
    state = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for payload in payloads:
            with contextlib.suppress(DecodeError):
                decoded, state = DECODER.decode(payload, state)
                hash(state)
                values = decoded.acc_mps2 if decoded.gyr_radps is None else decoded.gyr_radps
                assert values.shape[1] == 3
                assert np.isfinite(values).all()
                if decoded.device_time_s is not None:
                    assert len(decoded.device_time_s) == len(values)
                    assert (np.diff(decoded.device_time_s) > 0).all()


@pytest.mark.parametrize("name", ["Polar Sense A1B2C3D4", "Polar H10 12345678"])
def test_it_is_recognised_by_its_name(name):
    assert polar.SENSOR.recognises(name, frozenset(), frozenset())


@pytest.mark.parametrize("name", ["Polar Vantage V2 12345678", "Polar H9 12345678", "WT901BLE68", ""])
def test_others_of_the_same_maker_are_not(name):
    heart_rate = frozenset({"0000180d-0000-1000-8000-00805f9b34fb"})
    assert not polar.SENSOR.recognises(name, heart_rate, frozenset({0x6B}))


VERITY = SensorInfo(
    "polar", "Polar Verity Sense", "Polar Sense", rate_hz=52.0, acc_range_mps2=8 * 9.80665,
    gyr_range_radps=2000 * DPS, delay_s=2.5,
)  # fmt: skip


# What a count of the first axis says of the time of a sample.
UNIT_S = {2: 0.002, 5: 0.004}


def long_frames(seconds, true_hz, drift=1.0 + 40e-6, lost=()):
    """Return items of both streams in frames of 1.1 s and 2.4 s, the later of them 10-40 ms under way."""
    rng = np.random.default_rng(5)
    out = []
    for number, kind, size, phase_s in ((2, 0x81, 58, 0.0), (5, 0x80, 125, 0.007)):
        stream = twin_of.PolarStreamKind(number, (52,), (8,), kind, size)
        for index, at in enumerate(range(0, int(seconds * true_hz) - size, size)):
            t = phase_s + np.arange(at, at + size) / true_hz
            # Slow enough that the blocks stay narrow, as those of a sensor at rest.
            counts = np.column_stack([np.rint(t / UNIT_S[number]), np.zeros(size), np.full(size, 1000)])
            stamps = [round((5e8 + each * drift) * 1e9) for each in t]
            host_ns = round((100 + t[-1] + rng.uniform(0.01, 0.04)) * 1e9)
            packets = twin_of.frames(stream, stamps, counts.astype(np.int64))
            assert len(packets) == 1
            if (number, index) not in lost:
                out.append(RawPacket(host_ns, polar.DATA_PREFIX, packets[0]))
    return sorted(out, key=lambda item: item.host_ns)


def streamed(items):
    stream = SampleStream(VERITY)
    parts = [part for item in items if (part := stream.step(item)) is not None]
    rest = stream.finish()
    return stream, ImuSamples.concatenate(parts + ([rest] if rest is not None else []))


def taken_s(samples):
    """Return when the samples were taken, as the first axis says."""
    return samples.acc_mps2[:, 0] / MG * UNIT_S[2]


@pytest.mark.parametrize("true_hz", [51.0, 52.0, 53.1])
def test_frames_of_one_and_of_two_seconds_become_one_even_stream(true_hz):
    items = long_frames(60, true_hz)
    stream, samples = streamed(items)
    assert len(samples) > 55 * true_hz
    assert stream.problems.lost_times == 0
    host_s = samples.t_s + stream.zero_host_ns / 1e9 - 100
    error = host_s - taken_s(samples)
    # 30 ms are what the link adds; the first frame knows the rate by its nominal value only.
    assert np.abs(error[200:]).max() < 0.04
    assert np.diff(samples.t_s).max() < 0.035
    # Both streams stand on one clock: the rates belong to the same instants.
    gyr_taken_s = samples.gyr_radps[:, 0] / DPS * 16.384 * UNIT_S[5]
    np.testing.assert_allclose(gyr_taken_s[200:], taken_s(samples)[200:], atol=4e-3)


@pytest.mark.parametrize("lost", [(2, 20), (5, 9)], ids=["acceleration", "angular rate"])
def test_a_lost_frame_is_one_gap(lost):
    _, samples = streamed(long_frames(60, 52.0, lost=(lost,)))
    gaps = np.diff(samples.t_s)
    assert (gaps > 0.1).sum() == 1
    assert gaps.max() == pytest.approx(58 / 52 if lost[0] == 2 else 125 / 52, abs=0.08)
    np.testing.assert_allclose(np.diff(taken_s(samples)), gaps, atol=0.01)


def movement():
    t = np.arange(0, 60, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    return ImuSamples(t, acc, np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)]))


def sensor(firmware=None):
    return VirtualSensor(
        firmware or twin_of.PolarFirmware(), movement(), address="F0:57:90:1A:00:06", lead_s=0.1
    )


class Session:
    """What a source yields until a test has seen enough."""

    def __init__(self, source):
        self.source = source
        self.items = []
        self.parts = []
        self.stream = None
        self._packets = source.packets()

    async def until(self, done, limit_s=12.0):
        async with asyncio.timeout(limit_s):
            while not done(self):
                item = await anext(self._packets)
                self.items.append(item)
                if self.stream is None:
                    if isinstance(item, LinkStatus):
                        continue
                    # Now the source knows which of the two it is.
                    self.stream = SampleStream(self.source.info)
                part = self.stream.step(item)
                if part is not None:
                    self.parts.append(part)
        return self

    async def close(self):
        await self._packets.aclose()

    @property
    def count(self):
        return sum(len(part) for part in self.parts)

    @property
    def texts(self):
        return [item.text for item in self.items if isinstance(item, LinkStatus)]

    @property
    def decoded(self):
        state, out = None, []
        for item in self.items:
            if (isinstance(item, RawPacket) and item.characteristic == twin_of.DATA) or is_reply(item):
                decoded, state = DECODER.decode(item.payload, state)
                out.append(decoded)
        return out


def is_reply(item):
    return isinstance(item, RawPacket) and item.characteristic == twin_of.CONTROL


async def session_with(twin, samples, rate_hz=100.0):
    async with open_virtual_room(twin) as room:
        found = await scan(0.25, room.backend)
        session = Session(BleSource(found[0], backend=room.backend, timing=QUICK, rate_hz=rate_hz))
        await session.until(lambda each: each.count >= samples)
        await session.close()
    return found, session


@pytest.mark.parametrize("old_firmware", [False, True], ids=["mg", "counts with a factor"])
def test_a_verity_sense_streams_both(old_firmware):
    twin = sensor(twin_of.PolarFirmware(streams=twin_of.verity_streams(old_firmware=old_firmware)))
    found, session = asyncio.run(session_with(twin, 58))
    assert [(each.name, each.driver) for each in found] == [("Polar Sense A1B2C3D4", "polar")]
    info = session.source.info
    assert (info.model, info.rate_hz, info.battery_percent, info.firmware) == (
        "Polar Verity Sense",
        52,
        80,
        "2.2.6",
    )
    assert info.delay_s == 2.5
    assert info.gyr_range_radps == pytest.approx(2000 * DPS)
    assert session.texts[-1] == "Connected, 52 samples/s (100 were asked for)"
    for decoded in session.decoded:
        assert not decoded.notes
        if decoded.device_time_s is None:
            continue
        acc, gyr = twin.values_at(twin.session_s(decoded.device_time_s - 599_616_000))
        if len(decoded.acc_mps2):
            # Times of the first frame stand on the nominal rate: the twin's is 0.7 % off.
            np.testing.assert_allclose(decoded.acc_mps2, acc, atol=0.2)
        else:
            np.testing.assert_allclose(decoded.gyr_radps, gyr, atol=0.02)
    joined = ImuSamples.concatenate(session.parts)
    assert joined.gyr_radps is not None
    assert session.stream.problems.unreadable_payloads == 0
    assert session.stream.problems.odd_payloads == 0


@pytest.mark.parametrize("rate_hz", [100.0, 200.0])
def test_an_h10_streams_acceleration_alone(rate_hz):
    found, session = asyncio.run(session_with(sensor(twin_of.h10()), round(1.2 * rate_hz), rate_hz))
    assert [(each.name, each.driver) for each in found] == [("Polar H10 12345678", "polar")]
    info = session.source.info
    assert (info.model, info.rate_hz, info.gyr_range_radps) == ("Polar H10", rate_hz, None)
    assert info.delay_s == pytest.approx(36 / rate_hz)
    samples = ImuSamples.concatenate(session.parts)
    assert samples.gyr_radps is None
    assert np.diff(samples.t_s).max() < 1.5 / rate_hz
    assert np.linalg.norm(samples.acc_mps2, axis=1) == pytest.approx(9.85, abs=0.06)


REFUSALS = [
    ((2, 2), 10, "packets that are too small"),
    ((2, 2), 13, "in its charger; take it out"),
    ((2, 5), 12, "without motion data"),
    ((1, 2), 3, "does not support this measurement; update its firmware"),
    ((2, 5), 6, "busy with another measurement"),
    ((2, 2), 14, "memory is full"),
    ((2, 2), 99, r"refused to measure \(code 99\)"),
]


@pytest.mark.parametrize(("at", "status", "sentence"), REFUSALS, ids=[str(each[1]) for each in REFUSALS])
def test_every_refusal_is_a_sentence(at, status, sentence):
    assert sentence_of(twin_of.PolarFirmware(refuse={at: status}), sentence)


def test_a_sensor_without_the_service_needs_an_update():
    assert sentence_of(
        twin_of.PolarFirmware(without_pmd=True), "motion data; update its firmware in the Polar app"
    )


def test_a_refusal_stands_there_while_the_next_try_is_waited_for():
    async def run():
        firmware = twin_of.PolarFirmware(refuse={(2, 2): 13})
        timing = LinkTiming(scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=30.0)
        async with open_virtual_room(sensor(firmware)) as room:
            address = sensor(firmware).address
            session = Session(BleSource(address, driver="polar", backend=room.backend, timing=timing))
            await session.until(lambda each: any("in its charger" in text for text in each.texts), 10.0)
            await session.close()

    asyncio.run(run())


def test_an_answer_that_is_cut_short_is_a_sentence_and_not_the_end(monkeypatch):
    whole = twin_of._settings
    monkeypatch.setattr(twin_of, "_settings", lambda kind: whole(kind)[:-4])
    assert sentence_of(twin_of.PolarFirmware(), r"answer cannot be read \(a reply that is cut short\)")


def test_a_sensor_without_an_accelerometer_is_refused():
    gyroscope = twin_of.verity_streams()[1:]
    assert sentence_of(twin_of.PolarFirmware(streams=gyroscope), "does not offer its acceleration")


def sentence_of(firmware, sentence):
    async def run():
        async with open_virtual_room(sensor(firmware)) as room:
            source = BleSource(sensor(firmware).address, driver="polar", backend=room.backend, timing=QUICK)
            session = Session(source)
            await session.until(lambda each: any(re.search(sentence, text) for text in each.texts), 4.0)
            await session.close()
            return session.texts[-1]

    return asyncio.run(run())


def test_it_goes_on_after_a_loss_though_the_sensor_never_stopped():
    async def run():
        twin = sensor(twin_of.h10())
        async with open_virtual_room(twin) as room:
            session = Session(
                BleSource(twin.address, driver="polar", backend=room.backend, timing=QUICK, rate_hz=200)
            )
            await session.until(lambda each: each.count >= 72)
            room.radio.drop_link()
            assert twin.firmware.running
            before = session.count
            await session.until(lambda each: each.count >= before + 108)
            await session.close()
            return session

    session = asyncio.run(run())
    samples = ImuSamples.concatenate(session.parts)
    gaps = np.diff(samples.t_s)
    assert (gaps > 0.1).sum() == 1
    assert np.delete(gaps, gaps.argmax()).max() < 0.01
    assert session.stream.problems.unreadable_payloads == 0
