"""Capture2Go: vectors (made with the vendor's SDK), properties, and the whole path over a virtual radio."""

import asyncio
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.samples import ImuSamples
from drivers import capture2go, registry
from drivers.decoded import DecodeError
from drivers.link import BleSource, LinkTiming, scan
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket
from drivers.virtual.capture2go_twin import RECORDING, STREAMING, Capture2GoFirmware, framed
from drivers.virtual.room import open_virtual_room
from drivers.virtual.twin import VirtualSensor

DECODE = capture2go.DECODER.decode
ADDRESS = "F0:57:90:1A:00:05"
DATA = bytes.fromhex(
    "02EDA6EAAC73320200002A36FE9C971750FBB4FB18FC7CFCE0FC44FDA8FD0CFE70FED4FE38FF9CFF00006400C8002C019001F401"
    "5802BC0220038403E8034C0400000100000803000400000806000700000809000A0000080C000D0000080F001000000812001300"
    "00081500160000080000000000000000000000"
)
FIRST_NS = 1700000000_000000000


def words(decoded):
    gyr = decoded.gyr_radps / (math.radians(2000) / 32768)
    acc = decoded.acc_mps2 / (16 * 9.81 / 32768)
    return np.rint(np.hstack([gyr, acc])).astype(int)


# Vectors.


@pytest.mark.parametrize("prefix", [b"", b"\xff"], ids=["TEST-V6.1-as-it-stands", "TEST-V6.1-as-notified"])
def test_data_vector(prefix):
    decoded, state = DECODE(prefix + DATA)
    got = words(decoded)
    np.testing.assert_array_equal(got[:, :3].ravel(), np.arange(-1200, 1101, 100))
    assert math.degrees(decoded.gyr_radps[0, 0]) == pytest.approx(-73.2421875)
    assert decoded.gyr_radps[0, 0] == pytest.approx(-1.2783173, abs=1e-7)
    np.testing.assert_allclose(decoded.acc_mps2[0], [0, 0.00479004, 9.81], atol=1e-8)
    np.testing.assert_allclose(decoded.device_time_s - 1.7e9, np.arange(8) / 100, atol=5e-7)
    assert decoded.notes == ()
    assert state == b""


@pytest.mark.parametrize(
    ("header", "payload", "expected"),
    [
        (0x0070, "", "02096BE66E007000"),
        (0x0158, "", "0235F5BC44005801"),
        (0x0170, "00002A36FE9C9717", "02C12B8DA508700100002A36FE9C9717"),
        (0x0120, "00" * 10 + "0200000001" + "00" * 14 + "01", None),
        (0x0150, "", "023D7F658C005001"),
        (0x0152, "", "02BF1D53BE005201"),
        (0x0200, "", "02D373D7AF000002"),
        (0x0160, "0200", "02AA2096290260010200"),
        (0x0163, "", "020D1A0E78006301"),
    ],
    ids=[
        "TEST-device-info", "TEST-stop-and-clear", "TEST-set-time", "TEST-mode", "TEST-start", "TEST-stop",
        "TEST-status", "TEST-real-time", "TEST-stop-real-time",
    ],
)  # fmt: skip
def test_command_vectors(header, payload, expected):
    mode = "0225B7FE3E1E2001" + "00" * 10 + "0200000001" + "00" * 14 + "01"
    assert capture2go.package(header, bytes.fromhex(payload)).hex().upper() == (expected or mode)


# The stream of packages.


def status(percent, charging=False):
    return framed(0x0201, bytes(8) + b"\x02\x02" + bytes(7) + bytes([percent + 128 * charging, 90]))


@pytest.mark.parametrize(("percent", "charging"), [(0, False), (57, False), (57, True), (100, True)])
def test_status_tells_the_battery(percent, charging):
    decoded, _ = DECODE(b"\xff" + status(percent, charging))
    assert decoded.battery_percent == percent
    assert not len(decoded.acc_mps2)
    assert decoded.notes == ()


@pytest.mark.parametrize("code", range(1, 7))
@pytest.mark.parametrize("size", [115, 163], ids=["6D", "9D"])
def test_every_rate_with_and_without_magnetometer(code, size):
    values = np.arange(size - 19) // 2
    payload = FIRST_NS.to_bytes(8, "little") + bytes(values.astype(np.uint8)) + bytes(11)
    header = (0x0230 if size == 115 else 0x0220) + code
    decoded, _ = DECODE(b"\xff" + framed(header, payload))
    rate_hz = [200, 100, 50, 25, 10, 1][code - 1]
    np.testing.assert_allclose(decoded.device_time_s - 1.7e9, np.arange(8) / rate_hz, atol=5e-7)
    raw = np.frombuffer(payload, "<i2", 48, 8).reshape(2, 8, 3)
    np.testing.assert_array_equal(words(decoded), np.hstack([raw[0], raw[1]]))


def test_real_time_packages_are_passed_over():
    real_time = framed(0x0247, bytes(37))
    decoded, _ = DECODE(b"\xfd" + real_time + framed(0x0172, bytes(32)) + DATA)
    assert len(decoded.acc_mps2) == 8
    assert decoded.notes == ()
    decoded, _ = DECODE(b"\xfe" + real_time)
    assert not len(decoded.acc_mps2)


@pytest.mark.parametrize(
    "payload",
    [b"\xfe" + DATA[:-1], b"\xfd" + DATA, b"\xfe", b"\x00", b"\xfe" + DATA[:20] + b"\x01" + DATA[21:]],
    ids=["cut-off", "one-of-two", "none", "255", "damaged"],
)
def test_real_time_packages_that_are_not_there(payload):
    with pytest.raises(DecodeError, match="announces"):
        DECODE(payload)


def test_a_damaged_package_is_left_out_and_the_next_one_read():
    damaged = DATA[:60] + bytes([DATA[60] ^ 4]) + DATA[61:]
    decoded, tail = DECODE(b"\xff" + damaged + DATA)
    assert len(decoded.acc_mps2) == 8
    assert decoded.notes == ("123 bytes that belong to no package were skipped",)
    assert tail == b""


@pytest.mark.parametrize(
    ("flags", "words_of_it"),
    [
        (0x01, "time stamps have a gap"),
        (0x02, "rotation was faster"),
        (0x04, "acceleration was larger"),
        (0x10, "process"),
    ],
)
def test_flags_are_said_in_words(flags, words_of_it):
    payload = DATA[8:-1] + bytes([flags])
    decoded, _ = DECODE(b"\xff" + framed(0x0232, payload))
    assert len(decoded.acc_mps2) == 8
    assert words_of_it in decoded.notes[0]


@pytest.mark.parametrize(
    ("sent", "words_of_it"),
    [
        (framed(0xFFFF, b"\xfe\x50\x01"), "memory is full"),
        (framed(0xFFFF, b"\xfb\x20\x01"), "refused command 0x0120 with error 0xfb"),
        (framed(0xFFFF), "cannot be read"),
        (framed(0x0232, DATA[8:-1]), "122 bytes that belong to no package were skipped"),
        (framed(0x0272, bytes(180)), "188 bytes that belong to no package were skipped"),
    ],
    ids=["full", "refused", "short-error", "short-data", "other"],
)
def test_odd_packages_are_noted(sent, words_of_it):
    decoded, tail = DECODE(b"\xff" + sent + DATA)
    assert words_of_it in decoded.notes[0]
    assert len(decoded.acc_mps2) == 8
    assert tail == b""


def data_at(first_ns, code=2, value=0):
    payload = first_ns.to_bytes(8, "little", signed=True) + np.full(48, value, "<i2").tobytes() + bytes(11)
    return framed(0x0230 + code, payload)


def test_a_clock_set_within_a_payload_leaves_what_was_before():
    decoded, _ = DECODE(b"\xff" + data_at(FIRST_NS, value=1) + data_at(FIRST_NS - 10**9, value=2))
    assert (words(decoded) == 2).all()
    assert decoded.device_time_s[0] == pytest.approx(FIRST_NS / 1e9 - 1)
    assert "from before the sensor's clock was set" in decoded.notes[0]


@pytest.mark.parametrize("first_ns", [0, -(2**63), 2**63 - 1], ids=["zero", "least", "most"])
def test_any_time_is_strictly_increasing(first_ns):
    decoded, _ = DECODE(b"\xff" + data_at(first_ns, code=1))
    assert np.isfinite(decoded.device_time_s).all()
    assert (np.diff(decoded.device_time_s) > 0).all()


def test_a_lost_notification_is_a_step_in_time():
    sent = [data_at(FIRST_NS + 80_000_000 * n) for n in range(6)]
    stream = b"".join(sent)
    pieces = [b"\xff" + stream[at : at + 60] for at in range(0, len(stream), 60)]
    del pieces[4]
    state, times = None, []
    for piece in pieces:
        decoded, state = DECODE(piece, state)
        times += [] if decoded.device_time_s is None else [decoded.device_time_s]
    t = np.concatenate(times) - 1.7e9
    # The lost piece had parts of one package in it, of the third.
    np.testing.assert_allclose(t, np.delete(np.arange(48), range(16, 24)) / 100, atol=5e-7)
    assert len(state) < 8


# Properties.

PACKAGES = st.one_of(
    st.just("data"),
    st.integers(0, 100).map(status),
    st.just(framed(0xFFFF, b"\xfe\x00\x00")),
    st.binary(max_size=9),
    st.just(DATA[:70]),
)


def joined(results):
    return [np.concatenate([getattr(each, name) for each in results]) for name in ("acc_mps2", "gyr_radps")]


@given(pieces=st.lists(PACKAGES, max_size=8), cuts=st.lists(st.integers(0, 900), max_size=8))
def test_splitting_changes_nothing(pieces, cuts):
    # Times go up, as those of a sensor do.
    stream = b"".join(
        data_at(FIRST_NS + 80_000_000 * number, value=number) if each == "data" else each
        for number, each in enumerate(pieces)
    )
    whole, tail = DECODE(b"\xff" + stream)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    state, parts = b"", []
    for start, end in itertools.pairwise(edges):
        decoded, state = DECODE(b"\xff" + stream[start:end], state)
        parts.append(decoded)
    assert state == tail
    if parts:
        for one, other in zip(joined(parts), joined([whole]), strict=True):
            np.testing.assert_array_equal(one, other)


MUTATED = st.builds(
    lambda at, value: b"\xff" + DATA[:at] + bytes([value]) + DATA[at + 1 :],
    st.integers(0, len(DATA) - 1),
    st.integers(0, 255),
)
FRAMED = st.builds(
    lambda header, payload, prefix: prefix + framed(header, payload),
    st.sampled_from([0x0221, 0x0231, 0x0232, 0x0236, 0x0201, 0xFFFF, 0x0071]) | st.integers(0, 0xFFFF),
    st.binary(min_size=115, max_size=115) | st.binary(max_size=236),
    st.sampled_from([b"\xff", b"\xfe", b""]),
)


@given(payloads=st.lists(st.binary(max_size=60) | MUTATED | FRAMED, max_size=8))
def test_any_bytes_give_samples_or_an_error(payloads):
    state = None
    for payload in payloads:
        try:
            decoded, state = DECODE(payload, state)
        except DecodeError:
            continue
        assert decoded.acc_mps2.shape == decoded.gyr_radps.shape
        assert np.abs(decoded.acc_mps2).max(initial=0) <= 16 * 9.81
        assert np.abs(decoded.gyr_radps).max(initial=0) <= math.radians(2000)
        if len(decoded.acc_mps2):
            assert (np.diff(decoded.device_time_s) > 0).all()
        assert decoded.battery_percent is None or 0 <= decoded.battery_percent <= 100
        assert len(state) < 244


@settings(max_examples=60, deadline=None)
@given(data=st.data(), magnetometer=st.booleans(), slice_bytes=st.sampled_from([20, 61, 243]))
def test_every_value_of_the_sensor_comes_through(data, magnetometer, slice_bytes):
    device = Capture2GoFirmware(state=STREAMING, magnetometer=magnetometer, slice_bytes=slice_bytes)
    device.write("rx", framed(0x0170, FIRST_NS.to_bytes(8, "little")))
    shares = np.array(data.draw(st.lists(st.floats(-0.999, 0.999), min_size=96, max_size=96)))
    shares = shares.reshape(2, 16, 3)
    acc, gyr = shares[0] * 16 * 9.81, shares[1] * math.radians(2000)
    clock_s = 3.0 + np.arange(16) / 25
    (stream,) = device.streams
    state, found = None, []
    for part in (slice(0, 8), slice(8, 16)):
        for payload in stream.encode(clock_s[part], acc[part], gyr[part]):
            decoded, state = DECODE(payload, state)
            found.append(decoded)
    times = np.concatenate([each.device_time_s for each in found if each.device_time_s is not None])
    np.testing.assert_allclose(times - 1.7e9, np.arange(16) / 25, atol=5e-7)
    got_acc, got_gyr = joined(found)
    np.testing.assert_allclose(got_acc, acc, atol=0.51 * 16 * 9.81 / 32768)
    np.testing.assert_allclose(got_gyr, gyr, atol=0.51 * math.radians(2000) / 32768)
    assert state == b""


@pytest.mark.parametrize(
    ("name", "uuids", "driver"),
    [
        ("IMU_1234ab", ["80030001-e629-4c98-9324-aa7fc0c66de7"], "capture2go"),
        ("", ["80030001-E629-4C98-9324-AA7FC0C66DE7"], "capture2go"),
        ("IMU_1234ab", [], None),
        ("WT901BLE68", [], "witmotion"),
        ("MetaWear", [], "metamotion"),
    ],
)
def test_recognition(name, uuids, driver):
    assert registry.recognise(name, uuids) == driver


# The whole path.

pytestmark = pytest.mark.usefixtures("virtual_time")
QUICK = LinkTiming(silence_s=0.6, scan_s=2.0, connect_s=3.0, call_s=2.0, first_pause_s=0.05)


def movement(seconds=60.0):
    t = np.arange(0, seconds, 0.01)
    angle = np.sin(2 * np.pi * 0.3 * t)
    acc = 9.81 * np.column_stack([np.cos(angle), np.sin(angle), 0.1 * np.cos(3 * angle)])
    # A ramp that never repeats tells every sample from every other.
    return ImuSamples(t, acc, np.column_stack([t * 0.3, np.cos(angle), np.sin(2 * angle)]))


class Session:
    """Collects what a source yields."""

    def __init__(self, twin, room, rate_hz=100.0):
        self.twin = twin
        self.room = room
        self.source = BleSource(
            ADDRESS, driver="capture2go", rate_hz=rate_hz, backend=room.backend, timing=QUICK
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
    """Run `use(session)` with a sensor in a room; return the session."""

    async def run():
        twin = VirtualSensor(firmware, movement(), address=ADDRESS, clock_s=86_400.0)
        async with open_virtual_room(twin) as room:
            session = Session(twin, room, rate_hz)
            await use(session)
            await session.close()
            return session

    return asyncio.run(run())


def test_a_sensor_is_found_set_up_and_read():
    async def use(session):
        found = await scan(0.3, session.room.backend)
        assert [(each.name, each.driver) for each in found] == [("IMU_1234ab", "capture2go")]
        await session.until(lambda each: each.count > 180 and each.twin.muted is False)

    session = on_the_air(Capture2GoFirmware(charging=True), use)
    info = session.source.info
    assert session.texts[-1] == "Connected, 100 samples/s"
    assert info.firmware == "1.4.2"
    assert info.battery_percent == session.stream.battery_percent == 72
    assert session.stream.problems.unreadable_payloads == 0
    assert session.stream.problems.odd_payloads == 0
    samples = session.samples
    ramp = samples.gyr_radps[:, 0]
    late = ramp > 0.05
    measured_s = ramp[late] / 0.3
    # The ramp tells the session time of a sample to 4 ms.
    acc, gyr = session.twin.values_at(measured_s)
    np.testing.assert_allclose(samples.gyr_radps[late], gyr, atol=0.02)
    np.testing.assert_allclose(samples.acc_mps2[late], acc, atol=9.81 * 1.9 * 0.01)
    np.testing.assert_allclose(np.diff(samples.t_s[late]), np.diff(measured_s), atol=0.004)
    host_s = (session.stream.zero_host_ns - session.twin.started_host_ns) / 1e9 + samples.t_s[late]
    assert np.percentile(np.abs(host_s - measured_s), 95) < 0.06


@pytest.mark.parametrize(("rate_hz", "slice_bytes"), [(25.0, 243), (50.0, 20), (200.0, 100)])
def test_the_other_rates_in_pieces(rate_hz, slice_bytes):
    async def use(session):
        await session.until(lambda each: each.count > max(rate_hz / 2, 16))

    session = on_the_air(Capture2GoFirmware(slice_bytes=slice_bytes), use, rate_hz=rate_hz)
    assert session.texts[-1] == f"Connected, {rate_hz:.0f} samples/s"
    assert np.median(np.diff(session.samples.t_s)) == pytest.approx(1 / rate_hz, rel=0.03)
    assert session.stream.problems.unreadable_payloads == 0


def test_what_the_last_connection_left_is_not_taken_for_the_present():
    """Another program left it streaming with a magnetometer at 25 Hz; then the link breaks."""

    async def use(session):
        await session.until(lambda each: each.count > 40)
        session.room.radio.drop_link()
        await session.until(lambda each: len(each.texts) > 3)
        seen = session.count
        await session.until(lambda each: each.count > seen + 40)

    session = on_the_air(Capture2GoFirmware(state=STREAMING, slice_bytes=100), use)
    assert session.texts.count("Connected, 100 samples/s") == 2
    samples = session.samples
    assert (np.diff(samples.t_s) > 0).all()
    assert np.median(np.diff(samples.t_s)) == pytest.approx(0.01, rel=0.03)
    kinds = {item.payload[6:9].hex() for item in session.items if isinstance(item, RawPacket)}
    assert "a32402" not in kinds


@pytest.mark.parametrize(
    ("firmware", "sentence"),
    [
        (Capture2GoFirmware(state=RECORDING), "recording to its own memory; end the recording in its app"),
        (Capture2GoFirmware(refuse={0x0150: 0xFB}), "busy with a measurement of its own; end it in its app"),
        (Capture2GoFirmware(refuse={0x0120: 0xFC}), "does not know what this program asks for; update it"),
        (Capture2GoFirmware(refuse={0x0158: 0xFD}), "does not know what this program asks for; update it"),
        (Capture2GoFirmware(refuse={0x0170: 0xFF}), "refused to start (error 0xff to 0x0170)"),
        (Capture2GoFirmware(forgets_rate=True), "does not take its settings; switch it off and on"),
        (Capture2GoFirmware(silent=True), "connected but sends no samples; switch it off and on"),
    ],
    ids=["recording", "wrong-state", "old-firmware", "unknown-command", "other-error", "stuck", "silent"],
)
def test_a_sensor_that_cannot_be_used_says_why(firmware, sentence):
    async def use(session):
        await session.until(lambda each: len(each.texts) > 2)

    assert sentence in on_the_air(firmware, use).texts[2]
