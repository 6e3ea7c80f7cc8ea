"""Values that are counts of a unit are stored as counts, and only where nothing at all is lost by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from recordings.counts import Counts, find_unit
from recordings.format import IMU_ID, new_metadata
from recordings.reader import read, read_messages
from recordings.writer import Recorder

# Of a WT901, of ST's chips at their ranges, of Bosch's.
UNITS = [16 * 9.80665 / 32768, np.radians(2000) / 32768, 0.488e-3 * 9.807, 0.061e-3 * 9.807,
         np.radians(0.07), 9.80665 / 16384, np.radians(1 / 16.4)]  # fmt: skip


@given(
    st.sampled_from(UNITS),
    hnp.arrays(np.int64, (40, 3), elements=st.integers(-300, 300)),
    st.tuples(*[st.integers(-30_000, 30_000)] * 3),
)
def test_any_counts_come_back_bit_by_bit(
    unit: float, drawn: NDArray[np.int64], rest: tuple[int, ...]
) -> None:
    values = (drawn + np.array(rest)) * unit
    found = Counts().of(values)
    if found is not None:
        counts, its_unit = found
        assert (counts * its_unit).tobytes() == values.tobytes()


@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_of_a_sensor_is_found(unit: float) -> None:
    rng = np.random.default_rng(4)
    counts = rng.normal(0, 30, (100, 3)).round() + np.array([0, -700, 2000])
    assert find_unit(counts * unit) == unit


@given(hnp.arrays(np.float64, (10, 3), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_whatever_the_values_nothing_is_lost_and_nothing_raised(values: NDArray[np.float64]) -> None:
    found = Counts().of(values)
    assert found is None or (found[0] * found[1]).tobytes() == values.tobytes()


def test_a_unit_that_no_longer_holds_is_given_up_and_found_again() -> None:
    rng = np.random.default_rng(5)
    counts = Counts()
    coarse, fine = rng.integers(-900, 900, (2, 50, 3)) * np.array([0.01, 0.003])[:, None, None]
    first, noise = counts.of(coarse), rng.normal(0, 1, (50, 3))
    assert first is not None
    assert first[1] == 0.01
    assert counts.of(noise) is None
    # It is asked again only after a rest, which is short.
    later = [counts.of(fine) for _ in range(3)]
    assert later[-1] is not None
    assert (later[-1][0] * later[-1][1]).tobytes() == fine.tobytes()


def test_noise_is_not_searched_in_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[NDArray[np.float64]] = []
    monkeypatch.setattr("recordings.counts.find_unit", searched.append)
    counts = Counts()
    for _ in range(1000):
        assert counts.of(np.ones((3, 3))) is None
    assert len(searched) < 30


def test_a_recording_of_counts_gives_the_values_of_the_sensor(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    n = 400
    samples = ImuSamples(
        np.arange(n) / 100,
        rng.integers(-2000, 2000, (n, 3)) * UNITS[0],
        # A range that changes in the middle, and a stretch that is noise.
        np.concatenate([
            rng.integers(-2000, 2000, (150, 3)) * UNITS[1],
            rng.normal(0, 1, (100, 3)),
            rng.integers(-2000, 2000, (150, 3)) * UNITS[4],
        ]),
    )  # fmt: skip
    with Recorder(tmp_path / "s.mcap", new_metadata(SensorInfo("plain", "m", "n"))) as recorder:
        recorder._stop.set()
        recorder._thread.join()
        for start in range(0, n, 50):
            recorder.samples(samples[start : start + 50])
            recorder._encode()
    found = read(tmp_path / "s.mcap")
    assert found.samples.acc_mps2.tobytes() == samples.acc_mps2.tobytes()
    assert found.samples.gyr_radps is not None
    assert samples.gyr_radps is not None
    assert found.samples.gyr_radps.tobytes() == samples.gyr_radps.tobytes()
    sizes = [len(m.data) for m in read_messages(tmp_path / "s.mcap").messages if m.channel_id == IMU_ID]
    assert min(sizes) < 0.6 * max(sizes)
