from __future__ import annotations

import time

import pytest

from monitor import cli


@pytest.mark.parametrize(
    "options", [["--fast"], ["--start", "1000"], ["--fast", "--start", "20"]], ids=" ".join
)
def test_however_it_is_hurried_a_replay_tells_the_same(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    begun_s = time.monotonic()
    assert cli.main(["replay", "lowering-too-fast", "--headless", "--speed", "1000"]) == 0
    hurried_s = time.monotonic() - begun_s
    expected = capsys.readouterr().out
    assert len(expected.splitlines()) == 5

    begun_s = time.monotonic()
    assert cli.main(["replay", "lowering-too-fast", "--headless", *options]) == 0

    assert capsys.readouterr().out == expected
    # In real time it would take 50 s.
    assert time.monotonic() - begun_s < 3.0 * hurried_s + 10.0


def test_a_start_before_the_beginning_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "lowering-too-fast", "--headless", "--start", "-1"]) == 2
    assert capsys.readouterr().err.startswith("error: Invalid value for '--start'")
