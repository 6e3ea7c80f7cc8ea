"""kill -9 of the whole program, a few times: `benchmarks/kill.py` does it 500 times."""

from __future__ import annotations

import random
import sys

import pytest

from benchmarks.kill import Found, lives, migration

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_the_program_that_is_killed_in_a_set_starts_again_and_has_lost_nothing(tmp_path):
    found = Found()
    lives(iter(["set"]), random.Random(1), tmp_path, found)
    assert not any(found.wrong.values()), found.wrong
    assert (found.kills["set"], found.starts, found.lost) == (1, 2, 0)
    assert found.packets > 0


def test_a_catalogue_whose_migration_is_killed_is_whole(tmp_path):
    found = Found()
    migration(random.Random(1), tmp_path, found)
    assert not any(found.wrong.values()), found.wrong
