"""A long day of live use, for some minutes of it: `benchmarks/soak.py` lives through eight hours."""

from __future__ import annotations

import sys

import pytest

from benchmarks.soak import LOST_EVERY_S, block, missing_packets, soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory and open files are read from /proc")

HOURS = 1.1 * LOST_EVERY_S / 3600


def test_a_day_with_losses_counts_what_a_calm_day_counts(qapp, tmp_path):
    del qapp
    calm = soak(HOURS, 180.0, tmp_path / "calm", calm=True)
    rough = soak(HOURS, 180.0, tmp_path / "rough")
    assert len(rough.recordings) == 2
    assert len(rough.day.losses) == 1
    assert missing_packets(rough) == missing_packets(calm) == 0
    assert calm.in_sets == len(calm.counted) > 0
    assert [figure.name for figure in block(rough, calm).figures if figure.met is False] == []
