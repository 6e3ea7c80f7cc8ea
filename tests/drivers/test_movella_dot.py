"""Movella DOT: vectors (REAL: captured from a device, SYN: built), its clock, the sensor on the air.

Captured vectors: protobioengineering/xsens-dot-python-examples; no capture of mode 20, 21 or 26 is public.
"""

import asyncio
import struct
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from drivers import movella_dot, registry
from drivers.decoded import DecodeError
from drivers.link import BleSource, FoundSensor, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus
from drivers.virtual import movella_dot_twin
from drivers.virtual.movella_dot_twin import MovellaDotFirmware
from drivers.virtual.radio import RadioConditions
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DECODER = movella_dot.DECODER
REAL_MODE_6 = bytes.fromhex("d8052244af9640406b2aa7405add14c000000000")
REAL_MODE_6_NEXT = bytes.fromhex("f34622440da53c409c13a640f01009c000000000")
SYN_MODE_21 = bytes.fromhex("1b410000000000000000000000001d410000803f000000c000807a43") + bytes(12)
SYN_MODE_26 = (
    bytes.fromhex("ffffffff0000803f000000000000000000000000")
    + bytes.fromhex("000000000000000000001d410000803f000000c000807a43")
    + bytes(19)
)
SYN_BATTERY = bytes([83, 1])


def assert_syn_values(decoded):
    np.testing.assert_array_equal(decoded.acc_mps2, [[0, 0, 9.8125]])
    np.testing.assert_allclose(np.degrees(decoded.gyr_radps), [[1, -2, 250.5]], rtol=1e-12)


@pytest.mark.parametrize(
    ("payload", "time_us", "expected"),
    [
        pytest.param(REAL_MODE_6, 1143080408, (3.0091970, 5.2239280, -2.3260102), id="REAL-first"),
        pytest.param(REAL_MODE_6_NEXT, 1143097075, (2.9475739, 5.1898937, -2.1416588), id="REAL-next"),
        pytest.param(REAL_MODE_6[:16], 1143080408, (3.0091970, 5.2239280, -2.3260102), id="trimmed"),
    ],
)
def test_real_free_acceleration(payload, time_us, expected):
    time_s, acc_mps2 = movella_dot.free_acceleration(payload)
    assert time_s == time_us / 1e6
    np.testing.assert_allclose(acc_mps2, expected, atol=1e-7)


def test_real_free_acceleration_is_never_taken_for_specific_force():
    decoded, state = DECODER.decode(REAL_MODE_6)
    assert len(decoded.acc_mps2) == 0
    assert decoded.notes == (
        "a payload without specific force (orientation or free acceleration) was not read",
    )
    assert state == DECODER.initial_state()


@pytest.mark.parametrize("payload", [b"", REAL_MODE_6[:15], SYN_MODE_21, REAL_MODE_6[:19] + b"\1"])
def test_what_is_no_free_acceleration_is_refused(payload):
    with pytest.raises(DecodeError, match="no free acceleration"):
        movella_dot.free_acceleration(payload)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(SYN_MODE_21, id="SYN-mode-21"),
        pytest.param(SYN_MODE_21[:28], id="SYN-mode-21-trimmed"),
        pytest.param(SYN_MODE_21[:28] + b"\x00\x10\x00\xf8\x11\x00" + bytes(6), id="SYN-mode-20"),
        pytest.param(SYN_MODE_21[:28] + b"\x00\x10\x00\xf8\x11\x00", id="SYN-mode-20-trimmed"),
    ],
)
def test_syn_medium_payloads(payload):
    decoded, _ = DECODER.decode(payload)
    assert_syn_values(decoded)
    assert decoded.device_time_s.tolist() == [0.016667]
    assert decoded.notes == ()
    assert decoded.battery_percent is None


@pytest.mark.parametrize("length", [63, 44], ids=["SYN-mode-26", "SYN-mode-26-trimmed"])
def test_syn_long_payload_and_the_wrap_of_the_clock(length):
    first, state = DECODER.decode(SYN_MODE_26[:length])
    assert_syn_values(first)
    assert first.device_time_s.tolist() == [4294.967295]
    second, _ = DECODER.decode(SYN_MODE_21, state)
    assert second.device_time_s[0] - first.device_time_s[0] == pytest.approx(0.016668, abs=1e-9)


def test_syn_battery():
    decoded, _ = DECODER.decode(SYN_BATTERY)
    assert decoded.battery_percent == 83
    assert len(decoded.acc_mps2) == 0


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x65\x00", id="101-percent"),
        pytest.param(b"\x40\x02", id="neither-charging-nor-not"),
        pytest.param(SYN_MODE_21[:36], id="other-length"),
        pytest.param(SYN_MODE_21[:39] + b"\1", id="something-in-the-padding"),
        pytest.param(SYN_MODE_26[:50] + b"\1" + bytes(12), id="something-in-the-long-padding"),
        pytest.param(bytes.fromhex("02025109a3"), id="message-with-a-wrong-sum"),
    ],
)
def test_what_is_no_payload_is_refused(payload):
    with pytest.raises(DecodeError):
        DECODER.decode(payload)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e30], ids=str)
@pytest.mark.parametrize("at", [4, 24])
def test_what_is_no_measurement_is_refused(bad, at):
    payload = bytearray(SYN_MODE_21)
    struct.pack_into("<f", payload, at, bad)
    with pytest.raises(DecodeError, match="no measurement"):
        DECODER.decode(bytes(payload))


def test_a_signalling_nan_is_refused_without_a_warning():
    with pytest.raises(DecodeError, match="no measurement"):
        DECODER.decode(SYN_MODE_21[:4] + bytes.fromhex("0100a07f") + SYN_MODE_21[8:])


def test_a_sample_that_comes_twice_is_taken_once():
    _, state = DECODER.decode(SYN_MODE_21)
    decoded, after = DECODER.decode(SYN_MODE_21, state)
    assert len(decoded.acc_mps2) == 0
    assert decoded.notes == ("a sample came twice",)
    assert after == state


# The twin's encoder against the decoder.

VECTORS = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(np.array)


@given(
    mode=st.sampled_from([20, 21, 26]),
    stamp_us=st.integers(0, 2**32 - 1),
    acc=VECTORS,
    gyr=VECTORS,
    trims=st.booleans(),
)
def test_every_value_of_the_twin_comes_through(mode, stamp_us, acc, gyr, trims):
    payload = movella_dot_twin.payload(mode, stamp_us, 157 * acc, 35 * gyr)
    decoded, _ = DECODER.decode(payload if trims else payload.ljust(movella_dot_twin.MODES[mode][1], b"\0"))
    # Nothing is lost but what float32 cannot hold.
    np.testing.assert_allclose(decoded.acc_mps2[0], 157 * acc, rtol=1e-7, atol=1e-30)
    np.testing.assert_allclose(decoded.gyr_radps[0], 35 * gyr, rtol=1e-7, atol=1e-30)
    assert decoded.device_time_s.tolist() == [stamp_us / 1e6]


@given(start_us=st.integers(2**32 - 10**6, 2**32 + 100), lost=st.sets(st.integers(1, 89), max_size=60))
def test_time_is_exact_over_wrap_and_loss(start_us, lost):
    kept = [each for each in range(90) if each not in lost]
    state, times_s = None, []
    for sample in kept:
        stamp_us = start_us + 16667 * sample
        decoded, state = DECODER.decode(
            movella_dot_twin.payload(21, stamp_us, np.zeros(3), np.zeros(3)), state
        )
        times_s += decoded.device_time_s.tolist()
    expected_s = (start_us % 2**32 + 16667 * np.array(kept)) / 1e6
    np.testing.assert_allclose(times_s, expected_s, rtol=0, atol=1e-9)


def test_a_restarted_sensor_starts_its_time_again():
    state, times_s = None, []
    for stamp_us in (90_000_000, 90_016_667, 400, 17_067):
        decoded, state = DECODER.decode(
            movella_dot_twin.payload(21, stamp_us, np.zeros(3), np.zeros(3)), state
        )
        times_s += decoded.device_time_s.tolist()
    assert times_s == [90.0, 90.016667, 0.0004, 0.017067]


# Whatever comes.

PAYLOADS = st.one_of(
    st.sampled_from([0, 2, 5, 16, 20, 28, 34, 40, 44, 63]).flatmap(
        lambda length: st.binary(min_size=length, max_size=length)
    ),
    st.binary(max_size=70),
    st.sampled_from([SYN_MODE_21, SYN_MODE_26, REAL_MODE_6, SYN_BATTERY, bytes.fromhex("02025109a2")]),
)


def mutated(payload, at, value):
    at %= len(payload) + 1
    return payload[:at] + bytes([value]) + payload[at + 1 :]


@settings(max_examples=300)
@given(
    payloads=st.lists(
        PAYLOADS | st.builds(mutated, PAYLOADS, st.integers(0, 63), st.integers(0, 255)), max_size=8
    )
)
def test_any_bytes_give_samples_or_a_decode_error(payloads):
    state = None
    for payload in payloads:
        try:
            decoded, state = DECODER.decode(payload, state)
        except DecodeError:
            continue
        hash(state)
        assert decoded.acc_mps2.shape == decoded.gyr_radps.shape
        assert np.isfinite(decoded.acc_mps2).all()
        assert np.isfinite(decoded.gyr_radps).all()
        assert (decoded.device_time_s is None) == (len(decoded.acc_mps2) == 0)


@pytest.mark.parametrize(
    ("name", "makers", "found"),
    [
        ("Movella DOT", [], "movella_dot"),
        ("Movella Dot", [0x0886], "movella_dot"),
        ("Xsens DOT", [], "movella_dot"),
        ("left thigh", [0x0886], "movella_dot"),
        ("left thigh", [0x009F], None),
        ("Movesense 204730000081", [0x009F], "movesense"),
        ("", [], None),
    ],
)
def test_recognition(name, makers, found):
    assert registry.recognise(name, [], makers) == found


# On the air.

ADDRESS = "F0:57:90:1A:00:03"
FOUND = FoundSensor("Movella DOT", ADDRESS, "movella_dot", -50)
pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(silence_s=0.6, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)


def movement(seconds=40.0):
    t = np.arange(0, seconds, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.80665 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    return ImuSamples(t, acc, np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)]))


@dataclass
class Seen:
    """What has come from a twin: changes of the link, samples of the decoder and of the whole stream."""

    twin: VirtualSensor
    source: BleSource
    stream: SampleStream
    texts: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    samples: list = field(default_factory=list)

    async def until(self, done, packets):
        state = None
        async with asyncio.timeout(15):
            while not done(self):
                item = await anext(packets)
                ready = self.stream.step(item)
                self.samples += [] if ready is None else [ready]
                if isinstance(item, LinkStatus):
                    self.texts.append(item.text)
                    continue
                decoded, state = DECODER.decode(item.payload, state)
                self.parts += [decoded] if len(decoded.acc_mps2) else []


def in_a_room(firmware, done, after_a_drop=None, *, rate_hz=100.0):
    """Stream from a twin until it is done, and once more after the link was dropped."""

    async def run():
        twin = VirtualSensor(
            firmware, movement(), address=ADDRESS, rate_error=-0.0004, lead_s=0.0, clock_s=100.0
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


def samples_came(count):
    return lambda seen: len(seen.parts) >= count


def was_told(text):
    return lambda seen: any(text in each for each in seen.texts)


def written(seen, characteristic):
    return [data for kind, where, data in seen.twin.operations if (kind, where) == ("write", characteristic)]


def test_a_scan_finds_it_under_any_name():
    async def run():
        twin = VirtualSensor(MovellaDotFirmware("left thigh"), movement(1.0), address=ADDRESS)
        async with open_virtual_room(twin) as room:
            return await scan(0.3, room.backend)

    assert [(each.name, each.driver) for each in asyncio.run(run())] == [("left thigh", "movella_dot")]


@pytest.mark.parametrize(("rate_hz", "trims"), [(60, False), (60, True), (30, False), (20, False)], ids=str)
def test_streams_at_its_rates(rate_hz, trims):
    seen = in_a_room(
        MovellaDotFirmware(trims=trims),
        lambda seen: len(seen.parts) >= rate_hz and seen.stream.battery_percent is not None,
        rate_hz=rate_hz,
    )
    assert seen.texts == [
        "Looking for the sensor",
        "Connecting to Movella DOT",
        f"Connected, {rate_hz} samples/s",
    ]
    t = np.concatenate([each.device_time_s for each in seen.parts])
    np.testing.assert_allclose(np.diff(t), 1 / rate_hz, atol=2e-6)
    acc, gyr = seen.twin.values_at(seen.twin.session_s(t))
    np.testing.assert_allclose(np.vstack([each.acc_mps2 for each in seen.parts]), acc, atol=1e-4)
    np.testing.assert_allclose(np.vstack([each.gyr_radps for each in seen.parts]), gyr, atol=1e-4)
    together = ImuSamples.concatenate(seen.samples)
    assert len(together) == len(t)
    assert seen.stream.problems.unreadable_payloads == seen.stream.problems.odd_payloads == 0
    assert seen.stream.problems.lost_times == 0
    info = seen.source.info
    assert (info.firmware, info.model) == ("3.0.1", "Movella DOT v2")
    assert info.battery_percent == seen.stream.battery_percent == 83
    assert info.acc_range_mps2 == pytest.approx(16 * STANDARD_GRAVITY_MPS2)
    rates = [each for each in written(seen, movella_dot_twin.SETTINGS) if each[0] == 0x10]
    assert len(rates) == (rate_hz != 60)


def test_the_rate_is_written_alone():
    command = movella_dot.rate_command(60.0)
    assert command == bytes.fromhex("10" + "00" * 23 + "3c00" + "00" * 6)
    seen = in_a_room(MovellaDotFirmware(rate_hz=20), samples_came(1), rate_hz=60)
    assert written(seen, movella_dot_twin.SETTINGS) == [command]
    assert seen.texts[-1] == "Connected, 60 samples/s"


def test_it_subscribes_before_it_starts():
    operations = in_a_room(MovellaDotFirmware(), samples_came(1)).twin.operations
    subscribed = operations.index(("subscribe", movella_dot_twin.MEDIUM, b"\1"))
    stopped = operations.index(("write", movella_dot_twin.CONTROL, bytes([1, 0, 21])))
    assert stopped < subscribed < operations.index(("write", movella_dot_twin.CONTROL, bytes([1, 1, 21])))


def test_a_measurement_left_running_is_replaced():
    firmware = MovellaDotFirmware(rate_hz=20, keeps_on=True)
    firmware.measuring, firmware.mode = True, 6
    seen = in_a_room(firmware, samples_came(20))
    assert firmware.mode == 21
    assert seen.texts[-1] == "Connected, 60 samples/s"
    assert seen.stream.problems.odd_payloads == 0


def test_a_synchronised_sensor_is_freed():
    firmware = MovellaDotFirmware(rate_hz=20, synced="yes")
    seen = in_a_room(firmware, samples_came(3))
    assert firmware.synced == "no"
    assert written(seen, movella_dot_twin.MESSAGE) == [bytes.fromhex("020108f5"), bytes.fromhex("020102fb")]
    assert seen.texts[-1] == "Connected, 60 samples/s"


def test_it_streams_without_messages():
    seen = in_a_room(MovellaDotFirmware(has_messages=False), samples_came(3))
    assert seen.texts[-1] == "Connected, 60 samples/s"


def test_a_rate_that_does_not_take_is_seen_in_the_times():
    class Stubborn(MovellaDotFirmware):
        def _set(self, settings):
            pass

    seen = in_a_room(Stubborn(rate_hz=30), samples_came(3))
    assert seen.texts[-1] == "Connected, 30 samples/s (60 were asked for)"


@pytest.mark.parametrize(
    ("firmware", "sentence"),
    [
        pytest.param(
            lambda: MovellaDotFirmware(has_measurement=False),
            "This sensor offers no measurement; update its firmware in the Movella DOT app",
            id="no-service",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(synced="stuck"),
            "still synchronised with other sensors; stop the synchronisation in the Movella DOT app",
            id="synced",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(synced="yes", has_messages=False),
            "refuses to measure; stop its recording or synchronisation in the Movella DOT app",
            id="synced-without-messages",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(rate_hz=30, synced="yes", has_messages=False),
            "refuses to change its rate; stop its recording or synchronisation in the Movella DOT app",
            id="rate-refused",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(recording=True),
            "refuses to measure; stop its recording or synchronisation in the Movella DOT app",
            id="recording",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(recording=True, ignores=True),
            "connected but sends no samples; switch it off and on again",
            id="recording-without-a-word",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(silent=True),
            "connected but sends no samples; switch it off and on again",
            id="silent",
        ),
        pytest.param(
            lambda: MovellaDotFirmware(always_mode=20),
            "does not measure what it was asked for (mode 20 instead of 21); update its firmware",
            id="another-mode",
        ),
    ],
)
def test_every_refusal_is_a_sentence(firmware, sentence):
    in_a_room(firmware(), was_told(sentence))


@pytest.mark.parametrize("keeps_on", [False, True], ids=["stopped", "measuring-on"])
def test_it_goes_on_after_a_lost_link(keeps_on):
    def streams_again(seen):
        return sum("Connected" in each for each in seen.texts) == 2 and len(seen.parts) >= 60

    seen = in_a_room(MovellaDotFirmware(keeps_on=keeps_on), samples_came(30), streams_again)
    assert any(text.startswith("Signal lost") for text in seen.texts)
    t = ImuSamples.concatenate(seen.samples).t_s
    assert len(np.flatnonzero(np.diff(t) > 0.1)) == 1
    assert (np.diff(t) > 0).all()
