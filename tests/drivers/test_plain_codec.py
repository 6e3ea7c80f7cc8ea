import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.samples import ImuSamples
from drivers import plain, registry
from drivers.decoded import DecodeError

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def samples(draw, max_size=20):
    t = sorted(draw(st.sets(FINITE, max_size=max_size)))
    rows = draw(hnp.arrays(np.float64, (len(t), 6), elements=FINITE))
    return ImuSamples(np.array(t), rows[:, :3], rows[:, 3:] if draw(st.booleans()) else None)


@given(given_samples=samples())
def test_bit_for_bit(given_samples):
    decoded, last = plain.DECODER.decode(plain.encode(given_samples))
    assert decoded.device_time_s.tobytes() == given_samples.t_s.tobytes()
    assert decoded.acc_mps2.tobytes() == given_samples.acc_mps2.tobytes()
    if given_samples.gyr_radps is None:
        assert decoded.gyr_radps is None
    else:
        assert decoded.gyr_radps.tobytes() == given_samples.gyr_radps.tobytes()
    assert last == (given_samples.t_s[-1] if len(given_samples) else None)


@given(payload=st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda tail: b"ECC1" + tail)))
def test_any_bytes_are_samples_or_a_decode_error(payload):
    try:
        decoded, _ = plain.DECODER.decode(payload)
    except DecodeError:
        return
    # Refuses shapes, times and values that cannot be.
    ImuSamples(decoded.device_time_s, decoded.acc_mps2, decoded.gyr_radps)


def payload(t, acc=0.0):
    rows = np.column_stack([np.array(t, float), np.full((len(t), 3), acc)])
    return b"ECC1\x04" + rows.astype("<f8").tobytes()


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (b"", "0 bytes does not start with ECC1"),
        (b"ECC1\x05", "5 columns instead of 4 or 7"),
        (payload([0.0])[:-1], "not whole rows of 4 numbers"),
        (payload([0.0, 1.0], np.nan), "row 0 has a value that is not finite"),
        (payload([1.0, 1.0]), "time does not increase"),
    ],
)
def test_broken_payloads_say_what_is_wrong(broken, sentence):
    with pytest.raises(DecodeError, match=sentence):
        plain.DECODER.decode(broken)


def test_time_must_increase_from_payload_to_payload():
    _, state = plain.DECODER.decode(payload([0.0, 1.0]))
    with pytest.raises(DecodeError, match="time does not increase"):
        plain.DECODER.decode(payload([1.0]), state)
    assert plain.DECODER.decode(payload([1.5]), state)[1] == 1.5


def test_registry_knows_its_drivers():
    assert set(registry.names()) >= {"plain", "witmotion"}
    for name in registry.names():
        assert registry.decoder(name).name == name
    with pytest.raises(
        registry.UnknownDriverError, match="no driver named 'abacus'; there are: plain, witmotion"
    ):
        registry.decoder("abacus")
    with pytest.raises(registry.UnknownDriverError, match="no Bluetooth driver named 'plain'"):
        registry.sensor("plain")
