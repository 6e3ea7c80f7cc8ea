"""Every decoder on damaged notifications: `benchmarks/damaged.py`, with a million each, for a moment."""

import numpy as np
import pytest

from benchmarks.damaged import NotAllowedError, fault, heard_by_driver, try_decoder
from drivers import registry
from drivers.decoded import Decoded
from drivers.virtual.catalogue import MODELS

COUNT = 2000
DRIVERS = sorted({model.driver for model in MODELS.values()})


@pytest.fixture(scope="module")
def heard(virtual_time):
    return heard_by_driver()


@pytest.mark.parametrize("driver", DRIVERS)
def test_samples_or_a_decode_error_and_some_of_each(driver, heard):
    got = try_decoder(driver, heard[driver].payloads, COUNT, seed=1)
    assert got.with_samples > COUNT / 50
    # Without a checksum or a length WitMotion's stream has nothing to refuse: what fits no frame is skipped.
    assert got.refused > COUNT / 50 or (driver == "witmotion" and got.without > COUNT / 50)


@pytest.mark.parametrize(
    "decoded",
    [
        Decoded(np.full((2, 3), np.nan)),
        Decoded(np.zeros((2, 2))),
        Decoded(np.zeros((2, 3), np.float32)),
        Decoded(np.zeros((2, 3)), np.zeros((1, 3))),
        Decoded(np.zeros((2, 3)), None, np.array([1.0])),
        Decoded(np.zeros((2, 3)), None, np.array([1.0, 1.0])),
        Decoded(np.zeros((2, 3)), None, np.array([1.0, np.nan])),
        Decoded(np.zeros((0, 3)), battery_percent=101),
    ],
)
def test_what_is_not_allowed_is_seen(decoded):
    assert fault(decoded, two_streams=False)


def test_two_streams_come_one_by_one():
    both = Decoded(np.zeros((1, 3)), np.zeros((1, 3)))
    assert fault(both, two_streams=True)
    assert fault(both, two_streams=False) is None


def test_another_error_is_told_with_its_bytes(monkeypatch):
    class Broken:
        two_streams = False

        def initial_state(self):
            return None

        def decode(self, payload, state):
            raise KeyError(len(payload), state)

    monkeypatch.setattr(registry, "decoder", lambda _: Broken())
    with pytest.raises(NotAllowedError, match=r"KeyError\(\d+, None\) for [0-9a-f]* after None"):
        try_decoder("movesense", (b"\x02c",), 50)
