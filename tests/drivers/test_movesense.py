"""Movesense: vectors (REAL: captured from a device, SYN: built), the line of times, the sensor on the air.

Captured vectors: sensein/movesense-py (MIT), tests/fixtures/validation/fixture.json.
"""

import asyncio
import struct
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from drivers import movesense, registry
from drivers.decoded import DecodeError
from drivers.link import BleSource, FoundSensor, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.sensor import SensorRefusedError
from drivers.source import LinkStatus, RawPacket
from drivers.virtual import movesense_twin
from drivers.virtual.movesense_twin import MovesenseFirmware
from drivers.virtual.radio import RadioConditions
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DECODER = movesense.DECODER
REAL_IMU6 = bytes.fromhex(
    "aca1020094b578bf399b8840cdb20d4155ff7cbf6a60884092c70c4182627cbfa2e988405da00c418bf871bf71248940c38c0c41"
    "48e17abf713daabf3333b3bec3f568bf713daabf3e0ad7beae4721bff628bcbf3e0ad7beae4721bf3333b3bf3e0ad7be"
)
REAL_MAGN = bytes.fromhex(
    "de9cfe41708636c2a5026cc10a4a0a42750733c293a355c19bc8fd411b8938c287f75fc17cfef541ff742fc2475774c1"
)
REAL_ACC = bytes.fromhex(
    "03de010055ab8bbf69f78d4081dd0a412b1387bf975a8d4020840b41e79190bf076d8e401bf10a412b1387bf316e8d40b9660b41"
)
REAL_GYRO = bytes.fromhex(
    "03de0100295c8f3f666606c03e0a57beae47a13f85eb01c0295c8fbeae47a13fc3f5e8bf295c8fbe295c8f3f85ebf1bf3e0a57be"
)
SYN_FIRST = bytes.fromhex(
    "0263e8030000000000000000803f0000004000004040000080400000a0400000c0400000e0400000004100001041000020410000"
    "30410000404100005041000060410000704100008041000088410000904100009841 0000a0410000a8410000b0410000b841"
    "0000c8420000ca420000cc420000ce420000d0420000d2420000d4420000d6420000d8420000da420000dc420000de420000"
)
SYN_SECOND = bytes.fromhex(
    "0363e0420000e2420000e4420000e6420000e8420000ea420000ec420000ee420000f0420000f2420000f4420000f642"
)
IMU6_ACC = [
    (-0.9715207, 4.2689481, 8.8561525),
    (-0.9882711, 4.2617693, 8.7987232),
    (-0.9858781, 4.2785196, 8.7891512),
    (-0.9451987, 4.2856984, 8.7843657),
]
IMU6_GYR_DPS = [(-0.98, -1.33, -0.35), (-0.91, -1.33, -0.42), (-0.63, -1.47, -0.42), (-0.63, -1.40, -0.42)]


def data(payload, ref=movesense.IMU6_REF):
    return bytes([2, ref]) + payload


def assert_times(decoded, first_ms, rate_hz):
    expected = first_ms / 1000 + np.arange(len(decoded.device_time_s)) / rate_hz
    np.testing.assert_allclose(decoded.device_time_s, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(data(REAL_IMU6), id="REAL-imu6"),
        pytest.param(data(REAL_IMU6, ref=7), id="REAL-imu6-under-an-unknown-reference"),
        pytest.param(data(REAL_IMU6 + REAL_MAGN, ref=movesense.IMU9_REF), id="REAL-imu9"),
    ],
)
def test_real_acceleration_and_angular_rate(payload):
    decoded, _ = DECODER.decode(payload)
    np.testing.assert_allclose(decoded.acc_mps2, IMU6_ACC, atol=1e-7)
    np.testing.assert_allclose(np.degrees(decoded.gyr_radps), IMU6_GYR_DPS, atol=1e-6)
    assert_times(decoded, 172460, 52)
    assert decoded.notes == ()
    assert decoded.battery_percent is None


def test_real_acceleration_alone():
    decoded, _ = DECODER.decode(data(REAL_ACC, ref=movesense.ACC_REF))
    np.testing.assert_allclose(decoded.acc_mps2[0], (-1.0911661, 4.4364514, 8.6790781), atol=1e-7)
    np.testing.assert_allclose(decoded.acc_mps2[3], (-1.0552725, 4.4197011, 8.7125788), atol=1e-7)
    assert decoded.gyr_radps is None
    assert_times(decoded, 122371, 52)


def test_real_angular_rate_alone():
    decoded, _ = DECODER.decode(data(REAL_GYRO, ref=movesense.GYRO_REF))
    expected = [(1.12, -2.10, -0.21), (1.26, -2.03, -0.28), (1.26, -1.82, -0.28), (1.12, -1.89, -0.21)]
    np.testing.assert_allclose(np.degrees(decoded.gyr_radps), expected, atol=1e-6)
    assert len(decoded.acc_mps2) == 0
    assert_times(decoded, 122371, 52)


def test_syn_packet_in_two_parts():
    decoded, state = DECODER.decode(SYN_FIRST)
    assert len(decoded.acc_mps2) == 0
    assert decoded.notes == ()
    decoded, _ = DECODER.decode(SYN_SECOND, state)
    np.testing.assert_array_equal(decoded.acc_mps2.ravel(), np.arange(24))
    np.testing.assert_allclose(np.degrees(decoded.gyr_radps.ravel()), np.arange(100, 124), rtol=1e-12)
    assert_times(decoded, 1000, 104)


def test_syn_packet_in_one_part():
    decoded, _ = DECODER.decode(SYN_FIRST + SYN_SECOND[2:])
    np.testing.assert_array_equal(decoded.acc_mps2.ravel(), np.arange(24))


def test_an_answer_between_two_parts_parts_nothing():
    _, state = DECODER.decode(SYN_FIRST)
    decoded, state = DECODER.decode(bytes.fromhex("0102c80042"), state)
    assert decoded.battery_percent == 0x42
    assert len(DECODER.decode(SYN_SECOND, state)[0].acc_mps2) == 8


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("0102f701", id="battery-busy"),
        pytest.param("0102c80065", id="over-100-percent"),
        pytest.param("0163c800", id="subscribed"),
        pytest.param("0101" + "02" + b"204730000081\0Movesense\0".hex(), id="hello"),
        pytest.param("0101" + b"Hello".hex(), id="hello-of-old-firmware"),
    ],
)
def test_other_answers_say_nothing_that_lasts(answer):
    decoded, state = DECODER.decode(bytes.fromhex(answer))
    assert len(decoded.acc_mps2) == 0
    assert decoded.battery_percent is None
    assert decoded.notes == ()
    assert state == DECODER.initial_state()


def test_a_second_part_alone_is_noted_and_dropped():
    decoded, state = DECODER.decode(SYN_SECOND)
    assert len(decoded.acc_mps2) == 0
    assert decoded.notes == ("the first half of a packet did not come",)
    assert state == DECODER.initial_state()


def test_a_first_part_alone_is_noted_with_the_next_packet():
    _, state = DECODER.decode(SYN_FIRST)
    decoded, state = DECODER.decode(SYN_FIRST[:2] + b"\0\0" + SYN_FIRST[4:], state)
    assert decoded.notes == ("the second half of a packet did not come",)
    decoded, _ = DECODER.decode(SYN_SECOND, state)
    assert len(decoded.acc_mps2) == 8


def test_a_packet_that_comes_twice_is_taken_once():
    _, state = DECODER.decode(data(REAL_IMU6))
    decoded, after = DECODER.decode(data(REAL_IMU6), state)
    assert len(decoded.acc_mps2) == 0
    assert decoded.notes == ("a packet came twice",)
    assert after == state


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e30], ids=str)
def test_what_is_no_measurement_is_refused(bad):
    values = bytearray(data(REAL_IMU6))
    struct.pack_into("<f", values, 30, bad)
    with pytest.raises(DecodeError, match="no measurement"):
        DECODER.decode(bytes(values))


def test_a_signalling_nan_is_refused_without_a_warning():
    values = bytearray(data(REAL_IMU6))
    values[30:34] = bytes.fromhex("0100a07f")
    with pytest.raises(DecodeError, match="no measurement"):
        DECODER.decode(bytes(values))


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x02", b"\x02\x63", b"\x02\x00" + REAL_IMU6, b"\x05\x63" + REAL_IMU6, b"\x02\x63" + bytes(1200)],
    ids=["empty", "one-byte", "no-data", "reference-0", "unknown-type", "too-long"],
)
def test_what_is_no_message_is_refused(payload):
    with pytest.raises(DecodeError):
        DECODER.decode(payload)


# The twin's encoder against the decoder.


@given(
    count=st.sampled_from([1, 2, 4, 8, 16]),
    stamp_ms=st.integers(0, 2**32 - 1),
    values=st.lists(st.floats(-1, 1), min_size=96, max_size=96),
    split=st.booleans(),
)
def test_every_value_of_the_twin_comes_through(count, stamp_ms, values, split):
    both = np.array(values[: 6 * count]).reshape(2, count, 3)
    acc, gyr = both[0] * 78, both[1] * 34
    state = None
    for part in movesense_twin.notifications(99, movesense_twin.imu6(stamp_ms, acc, gyr), split=split):
        decoded, state = DECODER.decode(part, state)
        assert decoded.notes == ()
    half_steps = 0.5 * movesense_twin.ACC_STEPS_MPS2[8], 0.5 * np.deg2rad(movesense_twin.GYR_STEPS_DPS[2000])
    np.testing.assert_allclose(decoded.acc_mps2, acc, rtol=0, atol=half_steps[0] * 1.001 + 1e-5)
    np.testing.assert_allclose(decoded.gyr_radps, gyr, rtol=0, atol=half_steps[1] * 1.001 + 1e-5)
    assert_times(decoded, stamp_ms, 13 * count)


def packets_of(stamps_ms, count):
    return [data(movesense_twin.imu6(int(each), *np.zeros((2, count, 3)))) for each in stamps_ms]


def decode_all(payloads):
    state, parts = None, []
    for payload in payloads:
        decoded, state = DECODER.decode(payload, state)
        parts.append(decoded)
    return parts


@given(
    count=st.sampled_from([4, 8, 16]),
    rate_error=st.floats(-0.05, 0.05),
    # Most runs go over the wrap of the stamps.
    start_ms=st.floats(2**32 - 9000, 2**32 + 100),
    lost=st.sets(st.integers(5, 119), max_size=40),
)
def test_times_follow_the_sensor_over_wrap_and_loss(count, rate_error, start_ms, lost):
    period_ms = 1000 / (13 * count * (1 + rate_error))
    kept = np.array([each for each in range(120) if each not in lost])
    true_ms = start_ms + np.arange(120 * count).reshape(120, count) * period_ms
    parts = decode_all(packets_of(np.floor(true_ms[kept, 0]), count))
    times_ms = 1000 * np.array([each.device_time_s for each in parts])
    assert (np.diff(times_ms.ravel()) > 0).all()
    # All times are those of the stamps, on the same turn of the counter as the first.
    error_ms = times_ms - (true_ms[kept] - 2**32 * (start_ms >= 2**32))
    # The first packet has nothing but the nominal rate; a stamp is up to 1 ms early.
    assert np.abs(error_ms[0]).max() < 1.01 + abs(rate_error) * 77
    assert np.abs(error_ms[1:]).max() < 2.5
    assert np.abs(error_ms[40:] + 0.5).max() < 1.0


@pytest.mark.parametrize("count", [4, 8, 16])
def test_the_steps_of_the_stamps_do_not_show(count):
    period_ms = 1000 / (13 * count * 0.985)
    stamps_ms = np.floor(5000.4 + np.arange(400) * count * period_ms)
    parts = decode_all(packets_of(stamps_ms, count))
    steps_ms = 1000 * np.diff(np.concatenate([each.device_time_s for each in parts[60:]]))
    # Stamps alone would make steps of up to 1 ms between packets.
    assert np.abs(steps_ms - period_ms).max() < 0.2
    assert steps_ms.mean() == pytest.approx(period_ms, rel=1e-4)


def test_a_lost_packet_is_a_step_in_time():
    stamps_ms = np.floor(np.arange(20) * 1000 / 13)
    parts = decode_all(packets_of(np.delete(stamps_ms, 12), 8))
    steps_s = np.diff(np.concatenate([each.device_time_s for each in parts]))
    assert np.flatnonzero(steps_s > 0.02).tolist() == [12 * 8 - 1]
    assert steps_s.max() == pytest.approx(9 / 104, abs=0.001)


def test_a_restarted_sensor_starts_its_time_again():
    parts = decode_all(packets_of([90_000, 90_077, 500, 577], 8))
    assert parts[2].device_time_s[0] == pytest.approx(0.5)
    assert parts[3].device_time_s[0] == pytest.approx(0.577)


def test_a_pause_of_the_sensor_is_kept_to_the_millisecond():
    stamps_ms = np.floor(np.concatenate([np.arange(20) * 1000 / 13, 2000 + np.arange(20) * 1000 / 13 + 33]))
    parts = decode_all(packets_of(stamps_ms, 8))
    assert parts[20].device_time_s[0] == pytest.approx(2.033, abs=1e-3)
    assert parts[39].device_time_s[0] == pytest.approx(2.033 + 19 / 13, abs=1.5e-3)


# Whatever comes.

MESSAGES = st.one_of(
    st.binary(max_size=160),
    st.tuples(st.integers(0, 5), st.sampled_from([1, 2, 7, 99, 100, 101, 102]), st.binary(max_size=160)).map(
        lambda each: bytes(each[:2]) + each[2]
    ),
    st.sampled_from([SYN_FIRST, SYN_SECOND, data(REAL_IMU6), bytes.fromhex("0102c80042")]),
)


def mutated(message, at, value):
    return message[: at % (len(message) + 1)] + bytes([value]) + message[at % (len(message) + 1) + 1 :]


@settings(max_examples=300)
@given(
    messages=st.lists(
        MESSAGES | st.builds(mutated, MESSAGES, st.integers(0, 200), st.integers(0, 255)), max_size=8
    )
)
def test_any_bytes_give_samples_or_a_decode_error(messages):
    state = None
    for message in messages:
        try:
            decoded, state = DECODER.decode(message, state)
        except DecodeError:
            continue
        hash(state)
        assert len(state.pending) < 1200
        for values in (decoded.acc_mps2, decoded.gyr_radps):
            assert values is None or (np.isfinite(values).all() and values.shape[1:] == (3,))
        rows = max(len(decoded.acc_mps2), 0 if decoded.gyr_radps is None else len(decoded.gyr_radps))
        if not rows:
            assert decoded.device_time_s is None
        else:
            assert decoded.device_time_s.shape == (rows,)
            assert (np.diff(decoded.device_time_s) > 0).all()


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("Movesense 204730000081", "movesense"),
        ("Movella DOT", None),
        ("Xsens DOT", None),
        ("Suunto 9", None),
        ("WT901BLE68", "witmotion"),
        ("MetaWear", None),
    ],
)
def test_recognition(name, driver):
    found = registry.recognise(name, ["0000fdf3-0000-1000-8000-00805f9b34fb"], [0x009F])
    assert (found == "movesense") == (driver == "movesense")
    assert driver is None or found == driver


# On the air.

ADDRESS = "F0:57:90:1A:00:02"
FOUND = FoundSensor("Movesense 204730000081", ADDRESS, "movesense", -50)
pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(silence_s=0.6, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)
COMMAND = movesense_twin.COMMAND


def movement(seconds=40.0):
    t = np.arange(0, seconds, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    return ImuSamples(t, acc, np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)]))


@dataclass
class Seen:
    """What has come from a twin: items of the source, decoded packets, samples."""

    twin: VirtualSensor
    source: BleSource
    stream: SampleStream
    items: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    samples: list = field(default_factory=list)

    @property
    def texts(self):
        return [item.text for item in self.items if isinstance(item, LinkStatus)]

    @property
    def info(self):
        return self.source.info

    async def until(self, done, packets):
        state = None
        async with asyncio.timeout(15):
            while not done(self):
                self.items.append(item := await anext(packets))
                ready = self.stream.step(item)
                self.samples += [] if ready is None else [ready]
                if isinstance(item, RawPacket) and item.characteristic == movesense_twin.NOTIFY:
                    decoded, state = DECODER.decode(item.payload, state)
                    self.parts += [decoded] if len(decoded.acc_mps2) else []


def in_a_room(firmware, done, after_a_drop=None, *, rate_hz=100.0):
    """Stream from a twin until it is done, and once more after the link was dropped."""

    async def run():
        twin = VirtualSensor(
            firmware, movement(), address=ADDRESS, rate_error=-0.02, lead_s=0.0, clock_s=100.0
        )
        async with open_virtual_room(twin, conditions=RadioConditions(interval_s=0.0075)) as room:
            source = BleSource(FOUND, rate_hz=rate_hz, backend=room.backend, timing=QUICK)
            seen = Seen(twin, source, SampleStream(source.info))
            packets = source.packets()
            await seen.until(done, packets)
            if after_a_drop is not None:
                room.radio.drop_link()
                await seen.until(after_a_drop, packets)
            await packets.aclose()
        return seen

    return asyncio.run(run())


def packets_came(count):
    return lambda seen: len(seen.parts) >= count


def was_told(text):
    return lambda seen: any(text in each for each in seen.texts)


def count_at(rate_hz):
    return round(rate_hz / 13)


def test_a_scan_finds_it():
    async def run():
        twin = VirtualSensor(MovesenseFirmware(), movement(1.0), address=ADDRESS)
        async with open_virtual_room(twin) as room:
            return await scan(0.3, room.backend)

    assert [(each.name, each.driver) for each in asyncio.run(run())] == [(FOUND.name, "movesense")]


@pytest.mark.parametrize(
    ("rate_hz", "splits"),
    [(52, True), (104, True), (104, False), (208, True)],
    ids=["52-Hz", "104-Hz", "104-Hz-in-one-part", "208-Hz"],
)
def test_streams_at_every_rate(rate_hz, splits):
    firmware = MovesenseFirmware(splits=splits)
    seen = in_a_room(firmware, packets_came(13), rate_hz=rate_hz)
    twin, info, stream, parts = seen.twin, seen.info, seen.stream, seen.parts
    assert seen.texts == [
        "Looking for the sensor",
        "Connecting to Movesense 204730000081",
        f"Connected, {rate_hz} samples/s",
    ]
    assert {len(each.acc_mps2) for each in parts} == {count_at(rate_hz)}
    t = np.concatenate([each.device_time_s for each in parts])
    acc, gyr = twin.values_at(twin.session_s(t))
    # Time is good to 2.5 ms, in which the values change by some 0.06 m/s2 and 0.02 rad/s.
    np.testing.assert_allclose(np.vstack([each.acc_mps2 for each in parts]), acc, atol=0.08)
    np.testing.assert_allclose(np.vstack([each.gyr_radps for each in parts]), gyr, atol=0.03)
    assert np.abs(np.diff(t) * rate_hz - 1).max() < 0.35
    together = ImuSamples.concatenate(seen.samples)
    assert len(together) == len(t)
    assert stream.problems.lost_times == stream.problems.odd_payloads == 0
    assert stream.problems.unreadable_payloads == stream.problems.clipped_samples == 0
    assert info.firmware == "2.3.1"
    assert info.battery_percent == stream.battery_percent == 77
    assert info.acc_range_mps2 == pytest.approx(8 * STANDARD_GRAVITY_MPS2)
    assert info.gyr_range_radps == pytest.approx(np.deg2rad(2000))


def test_ranges_are_read_off_the_steps_of_the_values():
    firmware = MovesenseFirmware(acc_range_g=4, gyr_range_dps=500)
    info = in_a_room(firmware, packets_came(1)).info
    assert info.acc_range_mps2 == pytest.approx(4 * STANDARD_GRAVITY_MPS2)
    assert info.gyr_range_radps == pytest.approx(np.deg2rad(500))


def test_the_battery_is_asked_for_where_it_has_no_service():
    firmware = MovesenseFirmware(has_battery_service=False, battery_percent=41)
    seen = in_a_room(firmware, lambda seen: seen.stream.battery_percent is not None)
    assert seen.info.battery_percent == 41
    assert seen.stream.battery_percent == 41
    assert ("write", COMMAND, b"\x04\x02/System/Energy/Level\0") in seen.twin.operations


def test_it_streams_although_every_answer_is_lost():
    firmware = MovesenseFirmware(answers=False, has_battery_service=False)
    seen = in_a_room(firmware, packets_came(3))
    assert seen.texts[-1] == "Connected, 104 samples/s"
    assert seen.info.firmware is None
    assert seen.info.battery_percent is None


def test_it_subscribes_to_notifications_first_and_clears_what_was_left():
    twin = in_a_room(MovesenseFirmware(), packets_came(1)).twin
    kinds = [(kind, data[:2]) for kind, _, data in twin.operations]
    subscribed, cleared = kinds.index(("subscribe", b"\x01")), kinds.index(("write", b"\x02\x63"))
    assert subscribed < cleared < kinds.index(("write", b"\x01\x63"))


def test_packets_of_which_none_can_be_read_are_a_refusal():
    nonsense = data(REAL_IMU6[:4] + b"\xff" * 96)
    with pytest.raises(SensorRefusedError, match="cannot be read"):
        movesense._set_up([RawPacket(0, movesense_twin.NOTIFY, nonsense)], 52.0, None, None)


def test_old_firmware_without_the_service_gets_advice():
    seen = in_a_room(MovesenseFirmware(has_service=False), was_told("firmware"))
    assert seen.texts[-1] == (
        "This Movesense does not offer its samples; update its firmware to 2.3 or later with the maker's app"
        " and try again"
    )


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (403, "not allowed to send samples now; stop its recording"),
        (409, "measuring for another program; stop its recording"),
        (500, "fault of its own; take its battery out"),
        (503, "busy; stop its recording"),
        (507, "no room for another measurement; take its battery out"),
        (418, "refuses to send samples (status 418); update its firmware"),
    ],
)
def test_every_refusal_is_a_sentence(status, sentence):
    firmware = MovesenseFirmware(statuses={"/Meas/IMU6/104": status})
    in_a_room(firmware, was_told(sentence))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "does not understand the request"),
        (404, "no accelerometer and gyroscope"),
        (501, "none of the rates"),
    ],
)
def test_a_refusal_of_all_rates_is_a_sentence(status, sentence):
    firmware = MovesenseFirmware(statuses={"/Meas/IMU6/104": status, "/Meas/IMU6/52": status})
    in_a_room(firmware, was_told(sentence))


@pytest.mark.parametrize(
    "firmware",
    [
        pytest.param(MovesenseFirmware(statuses={"/Meas/IMU6/208": 501}), id="refused"),
        pytest.param(MovesenseFirmware(silent_paths=frozenset({"/Meas/IMU6/208"})), id="silent"),
    ],
)
def test_a_rate_it_does_not_have_is_tried_lower(firmware):
    seen = in_a_room(firmware, packets_came(3), rate_hz=208)
    assert seen.texts[-1] == "Connected, 104 samples/s (208 were asked for)"
    assert seen.info.rate_hz == 104


def test_a_silent_sensor_is_told():
    firmware = MovesenseFirmware(silent_paths=frozenset({"/Meas/IMU6/52"}))
    in_a_room(firmware, was_told("connected but sends no samples"), rate_hz=52)


def test_it_goes_on_after_a_lost_link():
    def streams_again(seen):
        return sum("Connected" in each for each in seen.texts) == 2 and len(seen.parts) >= 20

    seen = in_a_room(MovesenseFirmware(), packets_came(8), streams_again)
    assert any(text.startswith("Signal lost") for text in seen.texts)
    t = ImuSamples.concatenate(seen.samples).t_s
    assert len(np.flatnonzero(np.diff(t) > 0.1)) == 1
    assert (np.diff(t) > 0).all()
