"""The open IMU profile: vectors, the reference encoder against the decoder, and the driver over the radio.

All vectors are built (SYN) from docs/open-imu-profile.md: there is no hardware behind them yet.
"""

import asyncio
import math
import re
import struct
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.samples import ImuSamples
from drivers import open_imu, registry
from drivers.decoded import DecodeError
from drivers.link import BleSource, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus
from drivers.virtual import open_imu_twin
from drivers.virtual.catalogue import MODELS
from drivers.virtual.open_imu_twin import OpenImuFirmware, packet
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DECODER = open_imu.DECODER
PROFILE = Path(__file__).parents[2] / "docs" / "open-imu-profile.md"
ACC = 0.488e-3 * 9.80665
GYR = math.radians(70e-3)
SYN_EXAMPLE = (
    "01 02 02 01 40 42 0f 00 80 96 98 00 e7 d0 9c 3b 79 22 a0 3a"
    " 00 00 fd ff 01 08 01 00 fe ff 00 00"
    " 19 00 e4 ff f9 07 59 03 e2 fe 0e 00"
)
SYN_BEFORE_WRAP = (
    "01 01 00 00 f0 d8 ff ff 19 b8 92 00 e7 d0 9c 3b 79 22 a0 3a 00 00 fd ff 01 08 01 00 fe ff 00 00"
)
SYN_AFTER_WRAP = (
    "01 01 02 00 0e 24 00 00 19 b8 92 00 e7 d0 9c 3b 79 22 a0 3a 19 00 e4 ff f9 07 59 03 e2 fe 0e 00"
)


def made(sequence=0, first_us=0, period_ns=10_000_000, count=4, acc=ACC, gyr=GYR):
    samples = (np.arange(6 * count).reshape(count, 6) - 3).astype("<i2")
    return packet(sequence, first_us, period_ns, acc, gyr, samples)


def with_field(at, form, value):
    data = bytearray(made())
    struct.pack_into(form, data, at, value)
    return bytes(data)


def test_syn_worked_example():
    decoded, _ = DECODER.decode(bytes.fromhex(SYN_EXAMPLE))
    np.testing.assert_allclose(
        decoded.acc_mps2, [[0, -0.0143569, 9.8057870], [0.1196411, -0.1339981, 9.7675019]], atol=1e-6
    )
    np.testing.assert_allclose(
        np.degrees(decoded.gyr_radps), [[0.07, -0.14, 0], [59.99, -20.02, 0.98]], atol=1e-5
    )
    assert decoded.device_time_s.tolist() == [1.0, 1.01]
    assert decoded.notes == ()


def test_syn_a_packet_lost_across_the_wrap():
    first, state = DECODER.decode(bytes.fromhex(SYN_BEFORE_WRAP))
    second, _ = DECODER.decode(bytes.fromhex(SYN_AFTER_WRAP), state)
    assert first.device_time_s == pytest.approx([4294.957296], abs=1e-9)
    assert second.device_time_s == pytest.approx([4294.976526], abs=1e-9)
    assert second.notes == ("a packet was lost before this one",)


def test_the_vectors_stand_in_the_profile():
    text = " ".join(PROFILE.read_text(encoding="utf-8").split())
    for vector in (SYN_EXAMPLE, SYN_BEFORE_WRAP, SYN_AFTER_WRAP):
        assert vector in text
    for uuid in (open_imu.SERVICE, open_imu.DATA, open_imu.RATE, open_imu.RANGE):
        assert uuid in text


def test_the_reference_encoder_makes_the_worked_example():
    samples = np.array([[0, -3, 2049, 1, -2, 0], [25, -28, 2041, 857, -286, 14]])
    assert packet(258, 1_000_000, 10_000_000, ACC, GYR, samples) == bytes.fromhex(SYN_EXAMPLE)


@given(
    values=st.lists(st.lists(st.integers(-32768, 32767), min_size=6, max_size=6), min_size=1, max_size=41),
    sequence=st.integers(0, 2**17),
    first_us=st.integers(0, 2**33),
    period_ns=st.integers(500_000, 100_000_000),
    chip=st.sampled_from([(2, 125), (4, 250), (8, 500), (16, 1000), (16, 2000)]),
)
def test_what_is_encoded_is_decoded(values, sequence, first_us, period_ns, chip):
    acc, gyr = open_imu_twin._ACC_MPS2_PER_LSB[chip[0]], open_imu_twin._GYR_RADPS_PER_LSB[chip[1]]
    raw = np.array(values)
    decoded, state = DECODER.decode(packet(sequence, first_us, period_ns, acc, gyr, raw))
    np.testing.assert_allclose(decoded.acc_mps2, raw[:, :3] * acc, rtol=1e-7)
    np.testing.assert_allclose(decoded.gyr_radps, raw[:, 3:] * gyr, rtol=1e-7)
    expected_s = (first_us % 2**32) * 1e-6 + np.arange(len(raw)) * period_ns * 1e-9
    np.testing.assert_allclose(decoded.device_time_s, expected_s, rtol=0, atol=1e-9)
    assert hash(state) == hash(DECODER.decode(packet(sequence, first_us, period_ns, acc, gyr, raw))[1])


@given(acc=st.floats(-150, 150), gyr=st.floats(-39, 39))
def test_words_keep_a_value_within_half_a_step(acc, gyr):
    words = open_imu_twin.words(np.full((1, 3), acc), np.full((1, 3), gyr), ACC, GYR)
    assert np.abs(words[0, :3] * ACC - acc).max() <= ACC / 2 + 1e-9
    assert np.abs(words[0, 3:] * GYR - gyr).max() <= GYR / 2 + 1e-9


def test_words_stay_at_the_end_of_the_range():
    words = open_imu_twin.words(np.full((1, 3), 1e4), np.full((1, 3), -1e4), ACC, GYR)
    assert words.tolist() == [[32767] * 3 + [-32768] * 3]


def decode_all(payloads):
    state, out = None, []
    for payload in payloads:
        decoded, state = DECODER.decode(payload, state)
        out.append(decoded)
    return out


def test_number_and_time_go_on_over_their_wraps():
    first_us = 2**32 - 100_000
    out = decode_all(made(65_530 + k, first_us + 40_000 * k) for k in range(12))
    times_s = np.concatenate([each.device_time_s for each in out])
    np.testing.assert_allclose(np.diff(times_s), 0.01, atol=1e-9)
    assert times_s[0] == pytest.approx(first_us / 1e6)
    assert all(each.notes == () for each in out)


def test_time_goes_on_over_many_wraps():
    out = decode_all(made(k, 40_000_000 * k, count=1) for k in range(400))
    times_s = np.concatenate([each.device_time_s for each in out])
    # Steps of 40 s are more than any link survives and less than what is read as a restart.
    np.testing.assert_allclose(times_s, 40.0 * np.arange(400), atol=1e-6)


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_lost_packets_are_told_and_leave_a_step_in_time(lost):
    first, second = decode_all([made(7, 0), made(8 + lost, 40_000 * (1 + lost))])
    words = "a packet was" if lost == 1 else f"{lost} packets were"
    assert second.notes == (f"{words} lost before this one",)
    step_s = second.device_time_s[0] - first.device_time_s[-1]
    assert step_s == pytest.approx(0.01 + 0.04 * lost)


@pytest.mark.parametrize("back", [0, 1, 15], ids=["twice", "the one before", "much too late"])
def test_what_comes_twice_or_late_is_dropped(back):
    out = decode_all([made(2, 0), made(3, 40_000), made(3 - back, 40_000 * (1 - back)), made(4, 80_000)])
    assert [len(each.acc_mps2) for each in out] == [4, 4, 0, 4]
    assert out[2].notes == ("a packet that came twice or too late was dropped",)
    assert out[3].notes == ()
    assert out[3].device_time_s[0] == pytest.approx(0.08)


def test_numbers_that_begin_anew_are_taken_for_a_restart():
    out = decode_all([made(500, 60_000_000), made(0, 100), made(1, 40_100)])
    assert [len(each.acc_mps2) for each in out] == [4, 4, 4]
    assert out[1].notes == (
        "the packets are numbered anew: the sensor has restarted",
        "the sensor's clock went back",
    )
    # That the time goes back is what the clock behind the decoder needs to see.
    assert out[1].device_time_s[-1] < out[0].device_time_s[0]
    assert out[2].notes == ()
    assert out[2].device_time_s[0] - out[1].device_time_s[-1] == pytest.approx(0.01)


def test_a_clock_that_restarts_within_half_its_range_goes_back_too():
    """From 60 min to 0 is 11.6 min forward by the shortest way round."""
    out = decode_all([made(1, 3_600_000_000), made(2, 0)])
    assert out[1].notes == ("the sensor's clock went back",)
    assert out[1].device_time_s[-1] < out[0].device_time_s[0]


@pytest.mark.parametrize("overlap_us", [0, 3_000, 29_000])
def test_times_that_overlap_are_squeezed_in(overlap_us):
    """A period that is told too long, or a time that jitters."""
    out = decode_all([made(1, 0), made(2, 30_000 - overlap_us)])
    times_s = np.concatenate([each.device_time_s for each in out])
    assert (np.diff(times_s) > 0).all()
    assert times_s[-1] == pytest.approx(0.06 - overlap_us * 1e-6)
    assert out[1].notes == ("the times overlap those of the packet before",)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "0 bytes are less than a header"),
        (made()[:19], "19 bytes are less than a header"),
        (b"\x02" + made()[1:], "a packet of version 2, not 1"),
        (b"\x02", "a packet of version 2, not 1"),
        (made()[:-1], "a packet of 4 samples has 67 bytes"),
        (made() + b"\x00", "a packet of 4 samples has 69 bytes"),
        (made(count=0), "a packet of 0 samples has 20 bytes"),
        (with_field(8, "<I", 0), "0 ns is no sample period"),
        (with_field(8, "<I", 10_000), "10000 ns is no sample period"),
        (with_field(12, "<f", math.nan), "nan m/s2 per LSB"),
        (with_field(12, "<f", 0.488), "0.488 m/s2 per LSB is the scale of no accelerometer"),
        (with_field(12, "<f", 0.000488), "0.000488 m/s2 per LSB"),
        (with_field(12, "<f", -ACC), "-0.00478565 m/s2 per LSB"),
        (with_field(16, "<f", 0.07), "0.07 rad/s per LSB is the scale of no gyroscope"),
        (with_field(16, "<f", math.inf), "inf rad/s per LSB"),
    ],
    ids=[
        "empty", "short header", "version 2", "only a version", "cut", "too long", "no samples", "no period",
        "period in us", "NaN scale", "scale in mg", "scale in g", "negative scale", "scale in deg/s",
        "infinite scale",
    ],
)  # fmt: skip
def test_what_is_no_packet_is_refused(payload, words):
    with pytest.raises(DecodeError, match=words):
        DECODER.decode(payload)


@st.composite
def damaged(draw):
    data = bytearray(
        made(draw(st.integers(0, 70_000)), draw(st.integers(0, 2**32)), count=draw(st.integers(1, 9)))
    )
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@given(payloads=st.lists(st.binary(max_size=100) | damaged(), max_size=8))
@example(payloads=[made(1, 0), made(2, 2**32 - 1), made(3, 2**31)])
def test_any_bytes_give_samples_or_a_decode_error(payloads):
    state, last_s = None, -math.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for payload in payloads:
            try:
                decoded, state = DECODER.decode(payload, state)
            except DecodeError:
                continue
            assert decoded.acc_mps2.shape == decoded.gyr_radps.shape
            if not len(decoded.acc_mps2):
                assert decoded.notes
                continue
            assert np.isfinite(decoded.acc_mps2).all()
            assert np.isfinite(decoded.gyr_radps).all()
            assert len(decoded.device_time_s) == len(decoded.acc_mps2)
            assert (np.diff(decoded.device_time_s) > 0).all()
            backwards = "the sensor's clock went back" in decoded.notes
            assert (decoded.device_time_s[0] > last_s) != backwards
            last_s = decoded.device_time_s[-1]


@pytest.mark.parametrize(
    ("name", "uuids", "driver"),
    [
        ("My board", [open_imu.SERVICE], "open_imu"),
        (None, [open_imu.SERVICE.upper()], "open_imu"),
        ("Open IMU 3f2a", [], None),
        ("Movesense 204730000081", ["0000fdf3-0000-1000-8000-00805f9b34fb"], None),
    ],
)
def test_recognition(name, uuids, driver):
    found = registry.recognise(name, uuids)
    assert found == driver if driver else found != "open_imu"


# Over the virtual radio.

pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(silence_s=0.6, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)
FOUND = MODELS["open_imu"].found


def movement():
    t = np.arange(0, 30, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    # A ramp that never repeats tells every sample from every other.
    return ImuSamples(t, acc, np.column_stack([t, np.cos(angle), np.sin(2 * angle)]))


async def until(source, stream, packets, done, limit_s=10.0):
    """Take items until there is enough; return the samples and the texts of the link."""
    parts, texts = [], []
    async with asyncio.timeout(limit_s):
        while not done(sum(map(len, parts)), texts):
            item = await anext(packets)
            if isinstance(item, LinkStatus):
                texts.append(item.text)
            part = stream.step(item)
            if part is not None:
                parts.append(part)
    return (ImuSamples.concatenate(parts) if parts else None), texts


def stream_from(firmware, done, rate_hz=100.0, trouble=None, clock_s=0.0):
    """Stream over a radio of its own; return the twin, the source, the stream, the samples and the texts."""

    async def run():
        twin = VirtualSensor(firmware, movement(), address=FOUND.address, lead_s=0.2, clock_s=clock_s)
        async with open_virtual_room(twin) as room:
            source = BleSource(FOUND, rate_hz=rate_hz, backend=room.backend, timing=QUICK)
            stream, packets = SampleStream(source.info), source.packets()
            samples, texts = await until(source, stream, packets, done)
            if trouble is not None:
                trouble(room, firmware)
                more, said = await until(source, stream, packets, done)
                samples, texts = ImuSamples.concatenate([samples, more]), texts + said
            await packets.aclose()
        return twin, source, stream, samples, texts

    return asyncio.run(run())


def test_a_scan_recognises_it():
    async def run():
        twin = MODELS["open_imu"].sensor(movement())
        async with open_virtual_room(twin) as room:
            return await scan(0.3, room.backend)

    (found,) = asyncio.run(run())
    assert (found.name, found.driver, found.address) == (FOUND.name, "open_imu", FOUND.address)


def test_every_sample_comes_through_with_value_and_time():
    """The sensor's clock wraps on the way."""
    firmware = OpenImuFirmware()
    twin, source, stream, samples, texts = stream_from(
        firmware, lambda n, _: n >= 250, clock_s=2**32 / 1e6 - 1.0
    )
    assert texts == ["Looking for the sensor", f"Connecting to {FOUND.name}", "Connected, 100 samples/s"]
    session_s = samples.gyr_radps[:, 0]
    moving = np.flatnonzero(session_s > 0.1)[5:]
    assert len(moving) > 150
    np.testing.assert_allclose(np.diff(session_s[moving]), 1 / 99.3, atol=2 * GYR)
    # The ramp tells the instant of a sample to one step of its quantisation.
    acc, gyr = twin.values_at(session_s[moving])
    assert np.abs(samples.acc_mps2[moving] - acc).max() < ACC + 9.81 * 2 * np.pi * 0.3 * GYR
    assert np.abs(samples.gyr_radps[moving] - gyr).max() < 2 * GYR + 6 * GYR
    assert np.median(np.diff(samples.t_s[moving])) == pytest.approx(1 / 99.3, rel=0.02)
    assert np.diff(samples.t_s).max() < 0.02
    host_s = (stream.zero_host_ns - twin.started_host_ns) / 1e9 + samples.t_s[moving]
    assert np.median(np.abs(host_s - session_s[moving])) < 0.1
    assert stream.problems.unreadable_payloads == stream.problems.odd_payloads == 0
    assert stream.battery_percent == source.info.battery_percent == 87
    assert source.info.firmware == "1.0.2"
    assert source.info.model == "Open IMU, LSM6DSO breakout"
    assert source.info.acc_range_mps2 == pytest.approx(16 * 9.80665)
    assert source.info.gyr_range_radps == pytest.approx(math.radians(2000))


def test_lost_packets_leave_gaps_of_their_length():
    _, _, stream, samples, _ = stream_from(OpenImuFirmware(lose_every=10), lambda n, _: n >= 150)
    steps_s = np.diff(samples.t_s)
    gaps = np.flatnonzero(steps_s > 0.03)
    # Every tenth packet of four is missing; times are on the sensor's clock, so a gap is 5 periods long.
    assert (np.diff(gaps) == 36).all()
    assert np.median(steps_s[gaps]) == pytest.approx(5 / 99.3, rel=0.1)
    assert stream.problems.odd_payloads == len(gaps)
    assert stream.problems.lost_times >= len(gaps) - 1
    assert stream.problems.last == "Samples were lost on their way from the sensor"


def test_it_goes_on_after_a_dropped_link():
    numbers = []

    def trouble(room, firmware):
        numbers.append(firmware._sequence)
        room.radio.drop_link()

    _, _, stream, samples, texts = stream_from(OpenImuFirmware(), lambda n, _: n >= 60, trouble=trouble)
    assert texts.count("Connected, 100 samples/s") == 2
    assert (np.diff(samples.t_s) > 0).all()
    assert (np.diff(samples.t_s) > 0.05).sum() == 1
    # The packets are numbered from 0 again, and nothing of that is odd.
    assert numbers[0] > 10
    assert stream.problems.odd_payloads == 0


def test_rates_of_its_own_are_taken_as_they_are():
    firmware = OpenImuFirmware(rates_hz=(26, 52, 104, 208))
    _, source, _, samples, texts = stream_from(firmware, lambda n, _: n >= 60)
    assert firmware.rate_hz == 104
    assert texts[-1] == "Connected, 104 samples/s (100 were asked for)"
    assert source.info.rate_hz == 104.0
    # The first moments are drawn to the luckiest arrival so far; the sensor's own pace is the usual step.
    assert np.median(np.diff(samples.t_s)) == pytest.approx(1 / (104 * 0.993), rel=0.02)


def test_a_rate_it_insists_on_is_told():
    _, source, _, _, texts = stream_from(OpenImuFirmware(insists_on_hz=50), lambda n, _: n >= 20)
    assert texts[-1] == "Connected, 50 samples/s (100 were asked for)"
    assert source.info.rate_hz == 50.0


def test_ranges_of_its_own_are_taken_as_they_are():
    firmware = OpenImuFirmware(acc_ranges_g=(8,), gyr_ranges_dps=(1000,), battery_percent=None)
    _, source, _, samples, _ = stream_from(firmware, lambda n, _: n >= 40)
    assert source.info.acc_range_mps2 == pytest.approx(8 * 9.80665)
    assert source.info.gyr_range_radps == pytest.approx(math.radians(1000))
    np.testing.assert_allclose(np.linalg.norm(samples.acc_mps2[:5], axis=1), 9.857, atol=0.01)
    assert source.info.battery_percent is None


class HalfAProfile(OpenImuFirmware):
    @property
    def services(self):
        own, *others = super().services
        return (replace(own, characteristics=own.characteristics[:2]), *others)


class ForgottenScale(OpenImuFirmware):
    """It changes its range and goes on with the scale of 4 g."""

    def _encode(self, *values):
        return tuple(each[:12] + struct.pack("<f", ACC / 4) + each[16:] for each in super()._encode(*values))


@pytest.mark.parametrize(
    ("firmware", "sentence"),
    [
        (OpenImuFirmware(rate_error=0x80), "lists 100 samples/s and refuses them; check its firmware"),
        (OpenImuFirmware(rate_error=0x0E), "refuses its set-up .error 0x0e.; check its firmware"),
        (OpenImuFirmware(chip_answers=False), "gets no answer from its motion chip; check its wiring"),
        (OpenImuFirmware(acc_ranges_g=(2,)), "up to 2 g and 2000 degrees/s, too little .*; let its firmware"),
        (OpenImuFirmware(version=2), "speaks version 2 of the open IMU profile .* 1; update this program"),
        (OpenImuFirmware(version=0), "cannot be read .a packet of version 0, not 1.; check its firmware"),
        (OpenImuFirmware(silent=True), "connected but sends no samples; switch it off and on again"),
        (OpenImuFirmware(rates_hz=(), insists_on_hz=50), "does not say which rates it has; check"),
        (HalfAProfile(), "offers only a part of the open IMU profile; check its firmware"),
        (ForgottenScale(), "packets have no room for its range; check its firmware"),
    ],
    ids=[
        "rates refused", "unknown error", "chip silent", "small range", "version 2", "version 0", "silent",
        "no rates", "half a profile", "forgotten scale",
    ],
)  # fmt: skip
def test_every_refusal_is_a_sentence_with_advice(firmware, sentence):
    _, _, _, samples, texts = stream_from(firmware, lambda _, said: len(set(said)) == 3)
    assert samples is None
    (told,) = set(texts) - {"Looking for the sensor", f"Connecting to {FOUND.name}"}
    assert re.search(sentence, told)
