"""MetaMotion: vectors (TEST: of the vendor's test suite), properties, and the path over a virtual radio."""

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from drivers import metamotion, registry
from drivers.decoded import DecodeError
from drivers.link import BleSource, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo
from drivers.virtual.metamotion_twin import MetaMotionFirmware
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DECODE = metamotion.DECODER.decode
PACKED_ACC = bytes.fromhex("62B7530DE9FD16D04D0E57028AFFA1050A01")
PACKED_GYR = bytes.fromhex("0915AD2608DE8A1A0D2665E48D20AC2773EC")
ADDRESS = "F0:57:90:1A:00:04"
CHIPS = ("BMI160", "BMI270")
HEADERS = {"BMI160": ("031C", "1307"), "BMI270": ("0305", "1305")}


def told(*answers):
    """Return the state after these answers (hexadecimal)."""
    state = None
    for answer in answers:
        decoded, state = DECODE(bytes.fromhex(answer), state)
        assert not len(decoded.acc_mps2)
        assert decoded.gyr_radps is None
    return state


def in_g(decoded):
    assert decoded.gyr_radps is None
    return decoded.acc_mps2 / STANDARD_GRAVITY_MPS2


def in_dps(decoded):
    assert decoded.acc_mps2.shape == (0, 3)
    return np.degrees(decoded.gyr_radps)


# Vectors. 8 g is code 08 of a BMI160 and 02 of a BMI270.


@pytest.mark.parametrize(
    ("header", "answers"),
    [("031C", ["03800101", "03832808"]), ("0305", ["03800400", "0383A802"])],
    ids=["TEST-V5.1-BMI160", "TEST-V5.1-BMI270"],
)
def test_packed_acceleration_at_8_g(header, answers):
    decoded, _ = DECODE(bytes.fromhex(header) + PACKED_ACC, told(*answers))
    expected = [
        (-4.53857, 0.83276, -0.13062), (-2.99463, 0.89380, 0.14624), (-0.02881, 0.35181, 0.06494),
    ]  # fmt: skip
    np.testing.assert_allclose(in_g(decoded), expected, atol=5e-6)


@pytest.mark.parametrize("header", ["1307", "1305"], ids=["TEST-V5.2-BMI160", "TEST-V5.2-BMI270"])
def test_packed_angular_rate_at_1000_dps(header):
    decoded, _ = DECODE(bytes.fromhex(header) + PACKED_GYR, told("13832801"))
    expected = [
        (164.1768, 301.8598, -265.1220), (207.1341, 296.9817, -215.4573), (254.0549, 309.6341, -152.5915),
    ]  # fmt: skip
    np.testing.assert_allclose(in_dps(decoded), expected, atol=5e-5)


@pytest.mark.parametrize("answer", ["03832805", "0383A801"], ids=["TEST-V5.3-BMI160", "TEST-V5.3-BMI270"])
def test_single_acceleration_at_4_g(answer):
    decoded, _ = DECODE(bytes.fromhex("030416C494A22AD0"), told(answer))
    np.testing.assert_allclose(in_g(decoded), [(-1.87231, -2.91943, -1.49487)], atol=5e-6)


@pytest.mark.parametrize("header", ["1305", "1304"], ids=["TEST-V5.4-BMI160", "SYN-V5.4-BMI270"])
def test_single_angular_rate_at_500_dps(header):
    decoded, _ = DECODE(bytes.fromhex(header + "3E43FF7F0080"), told("13832802"))
    np.testing.assert_allclose(in_dps(decoded), [(262.4085, 499.4970, -499.5122)], atol=5e-5)


def test_battery_vector():
    """TEST, V5.5."""
    decoded, _ = DECODE(bytes.fromhex("118C633410"))
    assert decoded.battery_percent == 99
    assert not len(decoded.acc_mps2)


@pytest.mark.parametrize("header", ["031C", "0305"], ids=CHIPS)
def test_without_answers_the_ranges_are_those_of_the_set_up(header):
    acc, _ = DECODE(bytes.fromhex(header) + PACKED_ACC)
    np.testing.assert_allclose(in_g(acc)[0, 0], 2 * -4.53857, atol=1e-5)
    gyr, _ = DECODE(bytes.fromhex("1307") + PACKED_GYR)
    np.testing.assert_allclose(in_dps(gyr)[0, 0], 2 * 164.1768, atol=1e-4)


def test_the_same_range_code_is_another_range_on_the_other_chip():
    payload = bytes.fromhex("030400400000C0FF")
    ranges_g = {"03800101": 2.0, "03800400": 16.0}
    for info, range_g in ranges_g.items():
        # Bit 7 of the rate byte says the opposite on purpose: the chip's own word counts.
        rate = "A8" if info == "03800101" else "28"
        decoded, _ = DECODE(payload, told(info, f"0383{rate}03"))
        assert in_g(decoded)[0, 0] == pytest.approx(range_g / 2)


# What a decoder must do with anything else.


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("", "0 bytes"),
        ("03", "1 bytes"),
        ("0305" + "00" * 17, "19 bytes"),
        ("0305" + "00" * 6, "8 bytes"),
        ("1307" + "00" * 6, "8 bytes"),
        ("031C" + "00" * 19, "21 bytes"),
        ("0383A8", "cut off"),
        ("03832804", "no range of the accelerometer of a BMI160"),
        ("13832805", "no range of a gyroscope"),
        ("118C", "no battery level"),
        ("118C653410", "no battery level"),
    ],
)
def test_what_no_board_sends_is_refused(payload, words):
    with pytest.raises(DecodeError, match=words):
        DECODE(bytes.fromhex(payload))


@pytest.mark.parametrize("payload", ["010101", "0482000102", "030B1400", "11010203"])
def test_messages_of_other_modules_are_noted(payload):
    decoded, state = DECODE(bytes.fromhex(payload))
    assert decoded.notes
    assert not len(decoded.acc_mps2)
    assert state == metamotion.DECODER.initial_state()


KNOWN_HEADERS = st.sampled_from(
    ["031C", "0305", "0304", "1307", "1305", "1304", "0380", "1380", "0383", "1383", "118C"]
)
MUTATED = st.builds(lambda header, rest: bytes.fromhex(header) + rest, KNOWN_HEADERS, st.binary(max_size=24))


@given(payloads=st.lists(st.binary(max_size=40) | MUTATED, max_size=8))
def test_any_bytes_give_samples_or_an_error(payloads):
    state = None
    for payload in payloads:
        try:
            decoded, after = DECODE(payload, state)
        except DecodeError:
            continue
        rates = decoded.gyr_radps if decoded.gyr_radps is not None else np.empty((0, 3))
        assert len(decoded.acc_mps2) == 0 or len(rates) == 0
        assert np.abs(decoded.acc_mps2).max(initial=0) <= 16 * STANDARD_GRAVITY_MPS2
        assert np.abs(rates).max(initial=0) <= math.radians(2000)
        assert decoded.battery_percent is None or 0 <= decoded.battery_percent <= 100
        hash(after)
        state = after


def configured(chip, acc_code, gyr_code, *, rate_code=8):
    """Return a firmware at these ranges that streams, and the state a decoder has after asking it."""
    board = MetaMotionFirmware(chip)
    filter_bits = 0x20 if chip == "BMI160" else 0xA0
    acc_header, gyr_header = (bytes.fromhex(each) for each in HEADERS[chip])
    answers = []
    for command in (
        b"\x03\x80", b"\x13\x80", bytes([3, 3, filter_bits | rate_code, acc_code]),
        bytes([0x13, 3, 0x20 | rate_code, gyr_code]), b"\x03\x83", b"\x13\x83", acc_header + b"\x01",
        gyr_header + b"\x01", b"\x03\x02\x01\x00", b"\x13\x02\x01\x00", b"\x03\x01\x01", b"\x13\x01\x01",
    ):  # fmt: skip
        answers += [payload for _, payload in board.write("command", command)]
    return board, told(*(each.hex() for each in answers))


ACC_CODES = {"BMI160": {0x03: 2, 0x05: 4, 0x08: 8, 0x0C: 16}, "BMI270": {0: 2, 1: 4, 2: 8, 3: 16}}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), chip=st.sampled_from(CHIPS), gyr_code=st.integers(0, 4))
def test_every_value_comes_through_at_every_range(data, chip, gyr_code):
    acc_code, range_g = data.draw(st.sampled_from(sorted(ACC_CODES[chip].items())))
    board, state = configured(chip, acc_code, gyr_code)
    acc_full = range_g * STANDARD_GRAVITY_MPS2
    gyr_full = math.radians(1998 / 2**gyr_code)
    shares = np.array(data.draw(st.lists(st.floats(-0.999, 0.999), min_size=18, max_size=18))).reshape(6, 3)
    acc, gyr = shares[:3] * acc_full, shares[3:] * gyr_full
    force, rate = board.streams
    (payload,) = force.encode(np.zeros(3), acc, gyr)
    decoded, state = DECODE(payload, state)
    np.testing.assert_allclose(decoded.acc_mps2, acc, atol=0.51 * acc_full / 32768)
    (payload,) = rate.encode(np.zeros(3), acc, gyr)
    decoded, state = DECODE(payload, state)
    np.testing.assert_allclose(decoded.gyr_radps, gyr, atol=0.51 * gyr_full / 32768 * 1.001)


@pytest.mark.parametrize("rate_code", [6, 7, 8, 9])
def test_the_board_streams_at_the_rate_it_is_set_to(rate_code):
    board, _ = configured("BMI270", 3, 0, rate_code=rate_code)
    assert [each.rate_hz for each in board.streams] == [25.0 * 2 ** (rate_code - 6)] * 2


@pytest.mark.parametrize(
    ("name", "uuids", "ids", "driver"),
    [
        ("MetaWear", [], [], "metamotion"),
        ("MetaMotionS 3F", [], [], "metamotion"),
        ("Left thigh", ["326A9000-85CB-9195-D9DD-464CFBBAE75A"], [], "metamotion"),
        ("", [], [0x626D], "metamotion"),
        ("MetaWear", ["00001530-1212-efde-1523-785feabcd123"], [0x626D], None),
        ("Meta Quest", [], [], None),
        ("WT901BLE68", [], [], "witmotion"),
    ],
)
def test_recognition(name, uuids, ids, driver):
    assert registry.recognise(name, uuids, ids) == driver


# Two streams, counted apart, on one clock.

INFO = SensorInfo(
    "metamotion",
    "MetaMotion",
    "MetaWear",
    rate_hz=100.0,
    acc_range_mps2=metamotion.ACC_RANGE_MPS2,
    gyr_range_radps=metamotion.GYR_RANGE_RADPS,
)
ACC_LSB = metamotion.ACC_RANGE_MPS2 / 32768
GYR_LSB = math.radians(1 / 16.4)
GYR_PHASE_S = 0.0037


def arrivals(header, rate_hz, phase_s, interval_s, seconds, lost=()):
    """Return packets as (arrival in s, payload) that hold the number of each sample."""
    numbers = np.arange(int(seconds * rate_hz) // 3 * 3).reshape(-1, 3)
    out = []
    for packet, each in enumerate(numbers):
        if packet in lost:
            continue
        taken_s = (each[-1] + 1) / rate_hz + phase_s
        words = np.stack([each % 30000, each // 30000, 0 * each], 1).astype("<i2")
        out.append((math.ceil(taken_s / interval_s) * interval_s, bytes.fromhex(header) + words.tobytes()))
    return out


def played(packets):
    """Return the stream, the times, and the numbers of the samples of acceleration and of angular rate."""
    stream = SampleStream(INFO)
    parts = []
    for host_s, payload in sorted(packets, key=lambda each: each[0]):
        part = stream.step(RawPacket(10**12 + round(host_s * 1e9), "n", payload))
        parts += [part] if part is not None else []
    samples = ImuSamples.concatenate(parts)
    acc, gyr = samples.acc_mps2 / ACC_LSB, samples.gyr_radps / GYR_LSB
    start_s = (stream.zero_host_ns - 10**12) / 1e9
    return stream, samples.t_s + start_s, acc[:, 0] + 30000 * acc[:, 1], gyr[:, 0] + 30000 * gyr[:, 1]


@pytest.mark.parametrize(
    ("acc_hz", "gyr_hz"), [(100.0, 100.0), (99.3, 99.3), (99.8, 100.1)], ids=["true", "slow", "apart"]
)
def test_the_halves_meet_on_one_clock(acc_hz, gyr_hz):
    packets = arrivals("0305", acc_hz, 0.0, 0.015, 45.0) + arrivals("1305", gyr_hz, GYR_PHASE_S, 0.015, 45.0)
    stream, t, acc_number, gyr_number = played(packets)
    assert len(t) > 44.7 * acc_hz
    assert stream.problems.lost_times == 0
    settled = t > 35
    acc_s = (acc_number[settled] + 1) / acc_hz
    gyr_s = (gyr_number[settled] + 1) / gyr_hz + GYR_PHASE_S
    # Each half is known to one connection interval; nothing else may part them.
    assert np.abs(t[settled] - acc_s).max() < 0.016
    assert np.abs(gyr_s - acc_s).max() < 0.016


@pytest.mark.parametrize("header", ["0305", "1305"], ids=["acceleration", "rate"])
def test_a_lost_packet_of_one_half_parts_them_for_moments_only(header):
    packets = []
    for each, phase_s in (("0305", 0.0), ("1305", GYR_PHASE_S)):
        packets += arrivals(each, 100.0, phase_s, 0.015, 24.0, lost=(200,) if each == header else ())
    _, t, acc_number, gyr_number = played(packets)
    acc_s, gyr_s = (acc_number + 1) / 100, (gyr_number + 1) / 100 + GYR_PHASE_S
    apart_s = np.abs(gyr_s - acc_s)
    assert apart_s[(t > 3) & (t < 5.9)].max() < 0.016
    # Until it is clear that three samples are missing they are out by three samples.
    assert apart_s.max() < 0.03 + 0.016
    assert apart_s[t > 6 + 13].max() < 0.016
    assert (np.diff(t) > 0).all()
    assert len(t) > 2380


def test_a_rate_that_stops_is_a_gap_and_nothing_invented():
    acc = arrivals("0305", 100.0, 0.0, 0.015, 15.0)
    gyr = arrivals("1305", 100.0, GYR_PHASE_S, 0.015, 15.0, lost=range(200, 300))
    _, t, _, gyr_number = played(acc + gyr)
    assert np.diff(t).max() == pytest.approx(3.0, abs=0.2)
    between = (gyr_number > 599.5) & (gyr_number < 899.5)
    assert between.sum() <= 1


# The whole path.

pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(silence_s=0.6, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)


def movement(seconds=60.0):
    t = np.arange(0, seconds, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    # A ramp that never repeats tells every sample from every other.
    return ImuSamples(t, acc, np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)]))


class Session:
    """Collects what a source yields."""

    def __init__(self, twin, room, rate_hz=100.0):
        self.twin = twin
        self.room = room
        self.source = BleSource(
            ADDRESS, driver="metamotion", rate_hz=rate_hz, backend=room.backend, timing=QUICK
        )
        self.items = []
        self.parts = []
        self.stream = None
        self._packets = self.source.packets()

    async def until(self, done, limit_s=15.0):
        async with asyncio.timeout(limit_s):
            while not done(self):
                item = await anext(self._packets)
                self.items.append(item)
                self.stream = self.stream or SampleStream(self.source.info)
                part = self.stream.step(item)
                self.parts += [part] if part is not None else []

    async def close(self):
        await self._packets.aclose()

    @property
    def count(self):
        return sum(len(each) for each in self.parts)

    @property
    def samples(self):
        return ImuSamples.concatenate(self.parts)

    @property
    def texts(self):
        return [item.text for item in self.items if isinstance(item, LinkStatus)]


def on_the_air(firmware, use, *, rate_hz=100.0):
    """Run `use(session)` with a board in a room; return the session."""

    async def run():
        twin = VirtualSensor(firmware, movement(), address=ADDRESS)
        async with open_virtual_room(twin) as room:
            session = Session(twin, room, rate_hz)
            await use(session)
            await session.close()
            return session

    return asyncio.run(run())


def refusal(firmware):
    """Return what a person reads of a board that cannot be used."""

    async def use(session):
        await session.until(lambda each: len(each.texts) > 2)

    return on_the_air(firmware, use).texts[2]


@pytest.mark.parametrize("chip", CHIPS)
def test_a_board_is_found_set_up_and_read(chip):
    async def use(session):
        found = await scan(0.3, session.room.backend)
        assert [(each.name, each.driver) for each in found] == [("MetaWear", "metamotion")]
        await session.until(lambda each: each.count > 130)

    session = on_the_air(MetaMotionFirmware(chip), use)
    info = session.source.info
    assert session.texts[-1] == "Connected, 100 samples/s"
    assert info.model == f"MetaMotion ({chip})"
    assert info.firmware == "1.7.2"
    assert info.battery_percent == session.stream.battery_percent == 83
    assert session.stream.problems.unreadable_payloads == 0
    assert session.stream.problems.odd_payloads == 0
    samples = session.samples
    ramp = samples.gyr_radps[:, 0]
    late = ramp > 0.05
    measured_s = ramp[late] / 0.3
    # The gyroscope's ramp tells the session time of a sample to 4 ms; its acceleration must be of that time.
    acc, gyr = session.twin.values_at(measured_s)
    np.testing.assert_allclose(samples.gyr_radps[late], gyr, atol=0.05)
    np.testing.assert_allclose(samples.acc_mps2[late], acc, atol=9.81 * 1.9 * 0.03)
    host_s = (session.stream.zero_host_ns - session.twin.started_host_ns) / 1e9 + samples.t_s[late]
    assert np.percentile(np.abs(host_s - measured_s), 95) < 0.06


def test_the_movement_waits_for_a_set_up_that_takes_longer_than_its_lead():
    """Whoever has to stand still first must be seen doing so."""

    async def use(session):
        await session.until(lambda each: each.count > 0)

    session = on_the_air(MetaMotionFirmware(), use)
    first = next(item for item in session.items if isinstance(item, RawPacket) and len(item.payload) == 20)
    assert session.twin.started_host_ns > first.host_ns


@pytest.mark.parametrize("rate_hz", [25.0, 200.0])
def test_the_other_rates(rate_hz):
    async def use(session):
        await session.until(lambda each: each.count > rate_hz / 2)

    session = on_the_air(MetaMotionFirmware(), use, rate_hz=rate_hz)
    assert session.texts[-1] == f"Connected, {rate_hz:.0f} samples/s"
    assert np.median(np.diff(session.samples.t_s)) == pytest.approx(1 / rate_hz, rel=0.03)


def test_a_recording_can_be_read_again_from_its_payloads_alone():
    """All answers that the samples depend on are among the packets, and nothing from before them."""
    firmware = MetaMotionFirmware()
    # Another program has left it streaming single samples at 2 g and 25 Hz.
    for command in ("0303A600", "030401", "03020100", "030101"):
        firmware.write("command", bytes.fromhex(command))

    async def use(session):
        await session.until(lambda each: each.count > 30)

    session = on_the_air(firmware, use, rate_hz=50.0)
    assert session.texts[-1] == "Connected, 50 samples/s"
    payloads = [item.payload for item in session.items if isinstance(item, RawPacket)]
    assert payloads[:4] == [bytes.fromhex(each) for each in ("03800400", "13800100", "0383A703", "13832700")]
    assert not [each for each in payloads if each[:2] == b"\x03\x04"]
    assert np.linalg.norm(session.samples.acc_mps2[0]) == pytest.approx(9.86, abs=0.1)


def test_it_streams_again_after_a_broken_link():
    async def use(session):
        await session.until(lambda each: each.count > 40)
        session.room.radio.drop_link()
        await session.until(lambda each: len(each.texts) > 3)
        seen = session.count
        await session.until(lambda each: each.count > seen + 40)

    session = on_the_air(MetaMotionFirmware("BMI160"), use)
    assert session.texts.count("Connected, 100 samples/s") == 2
    # The board went on at its settings all the while: what it sent meanwhile is not taken for the present.
    assert (np.diff(session.samples.t_s) > 0).all()
    assert np.abs(np.linalg.norm(session.samples.acc_mps2, axis=1) - 9.83).max() < 0.1


def test_a_half_that_stops_is_a_lost_signal():
    """Nothing can be measured with the other one alone, though its packets come."""
    firmware = MetaMotionFirmware()

    async def use(session):
        await session.until(lambda each: each.count > 40)
        firmware._mute = "angular rate"
        await session.until(lambda each: each.texts[-1].startswith("Signal lost"))
        firmware._mute = None
        await session.until(lambda each: each.texts.count("Connected, 100 samples/s") == 2)

    on_the_air(firmware, use)


def test_a_link_that_cannot_carry_the_rate_is_used_at_a_lower_one():
    async def use(session):
        await session.until(lambda each: each.count > 20)

    session = on_the_air(MetaMotionFirmware(overflows_at_hz=200.0), use, rate_hz=200.0)
    assert session.texts[-1] == "Connected, 100 samples/s (200 were asked for)"


@pytest.mark.parametrize(
    ("firmware", "sentence"),
    [
        (MetaMotionFirmware("BMI160", revision=0), "update it with the MetaBase app"),
        (MetaMotionFirmware("BMI160", gyroscope=False), "no gyroscope; use a MetaMotion"),
        (MetaMotionFirmware(stuck=True), "does not take its settings; switch it off and on"),
        (MetaMotionFirmware(mute="angular rate"), "sends no angular rate; switch it off and on"),
    ],
    ids=["old-firmware", "no-gyroscope", "stuck", "mute-gyroscope"],
)
def test_a_board_that_cannot_be_used_says_why(firmware, sentence):
    assert sentence in refusal(firmware)
