"""WitMotion frames: vectors (REAL: captured from a device, DOC: vendor's text, SYN: built) and properties.

Captured vectors: WITMOTION/WitBluetooth_BWT901BLE5_0 and RGu0/WT901 (MIT) docs/protocol.md.
"""

import asyncio
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.samples import STANDARD_GRAVITY_MPS2
from drivers import registry, witmotion
from drivers.sensor import SensorRefusedError
from drivers.source import RawPacket

REAL_FRAME = bytes.fromhex("5561F5FF2E000008FEFFFFFFFFFFD9FFB5000000")
REAL_BATTERY = bytes.fromhex("557164007E010000339B76FCA3C400000000E803")
REAL_BURST = bytes.fromhex(
    "55612706bc0179065500e7fec4fa3e00eaff000055613806c7016b0698ff79fe74fb3e00eaff0000"
    "55618006cc017f06b2feb8fe0dfc3e00eaff000055618206ad018c0696fe58ff65fc3e00eaff0000"
)
SYN_TURNING = bytes.fromhex("5561F5FF2E00000866069AF90000004000C00000")


def raw(decoded):
    acc = decoded.acc_mps2 / (16 * STANDARD_GRAVITY_MPS2) * 32768
    gyr = decoded.gyr_radps / math.radians(2000) * 32768
    return np.rint(np.hstack([acc, gyr])).astype(int).tolist()


def test_real_frame():
    decoded, tail = witmotion.DECODER.decode(REAL_FRAME)
    assert raw(decoded) == [[-11, 46, 2048, -2, -1, -1]]
    np.testing.assert_allclose(
        decoded.acc_mps2[0] / STANDARD_GRAVITY_MPS2, [-0.00537109, 0.02246094, 1.0], atol=1e-8
    )
    np.testing.assert_allclose(
        np.degrees(decoded.gyr_radps[0]), [-0.12207031, -0.06103516, -0.06103516], atol=1e-8
    )
    assert tail == b""
    assert decoded.device_time_s is None
    assert decoded.battery_percent is None


def test_real_battery_reply():
    decoded, tail = witmotion.DECODER.decode(REAL_BATTERY)
    assert decoded.battery_percent == 60
    assert len(decoded.acc_mps2) == 0
    assert tail == b""


def test_doc_magnetometer_reply_is_neither_samples_nor_battery():
    decoded, tail = witmotion.DECODER.decode(bytes.fromhex("55713A00680169007A00") + bytes(10))
    assert len(decoded.acc_mps2) == 0
    assert decoded.battery_percent is None
    assert decoded.notes == ()
    assert tail == b""


def test_real_burst_of_four_frames():
    decoded, _ = witmotion.DECODER.decode(REAL_BURST)
    assert raw(decoded) == [
        [1575, 444, 1657, 85, -281, -1340],
        [1592, 455, 1643, -104, -391, -1164],
        [1664, 460, 1663, -334, -328, -1011],
        [1666, 429, 1676, -362, -168, -923],
    ]
    np.testing.assert_allclose(
        decoded.acc_mps2[0] / STANDARD_GRAVITY_MPS2, [0.76904297, 0.21679688, 0.80908203], atol=1e-8
    )
    np.testing.assert_allclose(
        np.degrees(decoded.gyr_radps[0]), [5.18798828, -17.15087891, -81.78710938], atol=1e-8
    )


def test_syn_reply_in_the_middle_of_a_burst():
    decoded, _ = witmotion.DECODER.decode(REAL_FRAME + REAL_BATTERY + SYN_TURNING)
    assert len(decoded.acc_mps2) == 2
    assert np.degrees(decoded.gyr_radps[1, 0]) == pytest.approx(99.9756, abs=1e-4)
    assert np.degrees(decoded.gyr_radps[1, 1]) == pytest.approx(-99.9756, abs=1e-4)
    assert decoded.battery_percent == 60


def test_misaligned_stream_finds_the_next_header():
    decoded, tail = witmotion.DECODER.decode(REAL_FRAME[7:] + REAL_FRAME + SYN_TURNING[:5])
    assert raw(decoded) == [[-11, 46, 2048, -2, -1, -1]]
    assert decoded.notes == ("13 bytes that belong to no frame were skipped",)
    decoded, tail = witmotion.DECODER.decode(SYN_TURNING[5:], tail)
    assert len(decoded.acc_mps2) == 1
    assert tail == b""


def test_frames_with_eight_more_bytes_are_read():
    extra = bytes([7] * 8)
    decoded, _ = witmotion.DECODER.decode((REAL_FRAME + extra) * 3)
    assert len(decoded.acc_mps2) == 3


def test_zero_volt_after_a_write_to_flash_is_no_charge():
    decoded, _ = witmotion.DECODER.decode(REAL_BATTERY[:4] + bytes(16))
    assert decoded.battery_percent is None


@pytest.mark.parametrize(
    ("raw_volt", "percent"),
    [(420, 100), (396, 100), (395, 90), (387, 75), (382, 60), (381, 50), (350, 10), (340, 5), (339, 0)],
)
def test_battery_table(raw_volt, percent):
    assert witmotion.battery_percent(raw_volt) == percent


@given(payloads=st.lists(st.binary(max_size=90), max_size=6))
def test_any_bytes_give_finite_samples(payloads):
    state = None
    for payload in payloads:
        decoded, state = witmotion.DECODER.decode(payload, state)
        assert decoded.acc_mps2.shape == decoded.gyr_radps.shape
        assert np.isfinite(decoded.acc_mps2).all()
        assert len(state) < witmotion.FRAME_BYTES


def frame(values):
    return b"\x55\x61" + np.array([*values, 0, 0, 0], "<i2").tobytes()


FRAMES = st.lists(st.integers(-32768, 32767), min_size=6, max_size=6).map(frame)


@given(
    pieces=st.lists(st.one_of(FRAMES, st.just(REAL_BATTERY), st.binary(max_size=5)), max_size=12),
    cuts=st.lists(st.integers(0, 240), max_size=8),
)
def test_splitting_changes_nothing(pieces, cuts):
    stream = b"".join(pieces)
    whole, tail = witmotion.DECODER.decode(stream)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    state, parts = None, []
    for start, end in itertools.pairwise(edges):
        decoded, state = witmotion.DECODER.decode(stream[start:end], state)
        parts.append(decoded.acc_mps2)
    np.testing.assert_array_equal(np.vstack([np.empty((0, 3)), *parts]), whole.acc_mps2)
    assert (state or b"") == tail


@given(values=st.lists(st.lists(st.integers(-32768, 32767), min_size=6, max_size=6), max_size=8))
def test_every_raw_value_comes_through(values):
    decoded, _ = witmotion.DECODER.decode(b"".join(frame(each) for each in values))
    assert raw(decoded) == values


@pytest.mark.parametrize(
    ("name", "uuids", "driver"),
    [
        ("WT901BLE68", [], "witmotion"),
        (None, ["0000ffe5-0000-1000-8000-00805f9a34fb"], "witmotion"),
        ("thigh", ["0000FFE5-0000-1000-8000-00805F9A34FB"], "witmotion"),
        # This one is in the numbers that everybody may use.
        ("WT901BLE67", ["0000ffe5-0000-1000-8000-00805f9b34fb"], "witmotion"),
        ("Lamp", ["0000ffe5-0000-1000-8000-00805f9b34fb"], None),
        ("WT9011DCL", [], "witmotion"),
        ("WTSDCL", [], "witmotion"),
        ("HWT905", [], "witmotion"),
        ("BWT901BLE58", [], "witmotion"),
        ("NEWT speaker", [], None),
        ("SWT100 scale", [], None),
        ("WT-Bluetooth", [], None),
        ("Headphones", ["0000110b-0000-1000-8000-00805f9b34fb"], None),
        (None, [], None),
    ],
)
def test_recognition(name, uuids, driver):
    assert registry.recognise(name, uuids, [0x004C]) == driver


class Device:
    """A sensor without a radio: it sends packets while the driver waits, on a clock of its own."""

    def __init__(self, rates, rate_hz=10.0):
        self.rates = rates
        self.rate_hz = rate_hz
        self.now_ns = 10**9
        self.log = []
        self.sent = []
        self.silent = False

    def characteristic(self, prefix):
        return prefix

    async def subscribe(self, characteristic):
        assert characteristic == witmotion.NOTIFY_PREFIX
        self.log.append("subscribe")

    async def write(self, characteristic, data):
        assert characteristic == witmotion.WRITE_PREFIX
        self.log.append(data)
        if data[:3] == b"\xff\xaa\x03":
            self.rate_hz = self.rates.pop(0) if self.rates else self.rate_hz

    async def read(self, characteristic):
        raise AssertionError(f"nothing to read from {characteristic}")

    async def wait(self, seconds):
        await asyncio.sleep(0)
        for _ in range(0 if self.silent else round(seconds * self.rate_hz)):
            self.now_ns += round(1e9 / self.rate_hz)
            self.sent.append(RawPacket(self.now_ns, "n", REAL_FRAME))

    def packets(self):
        return list(self.sent)


def set_up(device, rate_hz=100.0):
    return asyncio.run(witmotion.SENSOR.set_up(device, rate_hz))


def test_set_up_subscribes_before_it_unlocks_and_never_saves():
    device = Device([100.0])
    result = set_up(device)
    assert device.log[:2] == ["subscribe", witmotion.UNLOCK]
    assert device.log[2] == bytes.fromhex("FFAA030900")
    assert bytes.fromhex("FFAA000000") not in device.log
    assert result.rate_hz == 100.0
    # No sample of the old rate is taken for one of the new.
    first = next(i for i, packet in enumerate(device.sent) if packet.host_ns == result.valid_from_ns)
    assert device.sent[first].host_ns - device.sent[first - 1].host_ns == 10_000_000


def test_set_up_tries_again_where_the_command_was_lost():
    device = Device([10.0, 10.0, 100.0])
    assert set_up(device).rate_hz == 100.0
    assert device.log.count(witmotion.UNLOCK) == 3


def test_set_up_keeps_every_sample_where_the_rate_is_right_already():
    device = Device([100.0], rate_hz=100.0)
    assert set_up(device).valid_from_ns == device.sent[0].host_ns


def test_set_up_takes_the_rate_the_sensor_insists_on():
    assert set_up(Device([50.0, 50.0, 50.0], rate_hz=50.0)).rate_hz == 50.0


def test_set_up_chooses_the_nearest_rate():
    device = Device([50.0])
    assert set_up(device, 60.0).rate_hz == 50.0


def test_set_up_reads_the_battery():
    device = Device([100.0])
    device.sent.append(RawPacket(1, "n", REAL_BATTERY))
    assert set_up(device).battery_percent == 60


def test_set_up_refuses_a_silent_sensor():
    device = Device([100.0])
    device.silent = True
    with pytest.raises(SensorRefusedError, match="sends no samples; switch it off and on"):
        set_up(device)


def test_set_up_refuses_an_impossible_rate():
    with pytest.raises(SensorRefusedError, match="rate it should not have"):
        set_up(Device([31.0, 31.0, 31.0], rate_hz=31.0))
