"""A decoder raises DecodeError and nothing else, whatever it is given as payload or state."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.decoded import DecodeError

# Its packages have a checksum.
CAPTURE2GO = b"\x02\xba\xc4\xf0\x9f\x73\x32\x02" + bytes(115)
PAYLOADS = {
    "witmotion": b"\x55\x61" + bytes(18),
    "movesense": b"\x02\x63" + bytes(28),
    "movella_dot": bytes(40),
    "plain": b"ECC1\x04" + bytes(32),
    "polar": b"\x02" + bytes(8) + b"\x01" + bytes(6),
    "metamotion": b"\x03\x1c" + bytes(18),
    "open_imu": bytes.fromhex("01010000 00000000 80969800 e7d09c3b 7922a03a") + bytes(12),
    "capture2go": CAPTURE2GO,
}
# What no decoder ever returns as a state.
ODD = [
    0,
    7,
    True,
    False,
    "",
    "5561",
    [],
    [85, 97],
    (),
    {},
    1j,
    bytearray(b"U"),
    memoryview(b"U"),
    object(),
    bytes,
    float("nan"),
    float("inf"),
]


def released():
    view = memoryview(b"ECC1\x04")
    view.release()
    return view


@pytest.fixture(params=registry.names())
def name(request):
    return request.param


def test_every_decoder_is_tried():
    assert set(PAYLOADS) == set(registry.names())


@pytest.mark.parametrize(
    "state", ODD, ids=lambda value: f"{type(value).__name__}-{value!r}".split(" at 0x")[0]
)
def test_odd_state(name, state):
    with pytest.raises(DecodeError, match="the state must be"):
        registry.decoder(name).decode(PAYLOADS[name], state)


@pytest.mark.parametrize(("name", "state"), [("witmotion", 1.5), ("witmotion", 0.0), ("plain", b"")])
def test_state_of_the_other_decoder(name, state):
    with pytest.raises(DecodeError, match="the state must be"):
        registry.decoder(name).decode(PAYLOADS[name], state)


@pytest.mark.parametrize(
    "payload",
    [None, 1.5, 20, True, "UaUa", [85, 97], {}, object(), bytes],
    ids=lambda value: f"{type(value).__name__}-{value!r}".split(" at 0x")[0],
)
def test_odd_payload(name, payload):
    with pytest.raises(DecodeError, match="a payload must be bytes"):
        registry.decoder(name).decode(payload)


def test_a_view_that_was_released(name):
    with pytest.raises(DecodeError, match="cannot be read"):
        registry.decoder(name).decode(released())


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_other_kinds_of_bytes_are_read_as_bytes(name, kind):
    decoder = registry.decoder(name)
    decoded, state = decoder.decode(kind(PAYLOADS[name]), decoder.initial_state())
    assert len(decoded.acc_mps2) >= 1
    assert state == decoder.decode(PAYLOADS[name])[1]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=60),
    st.lists,
    max_leaves=4,
)


@given(payload=ANYTHING, state=ANYTHING)
def test_nothing_else_is_raised(payload, state):
    for each in registry.names():
        with contextlib.suppress(DecodeError):
            registry.decoder(each).decode(payload, state)
