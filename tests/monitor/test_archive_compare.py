"""What an algorithm change has moved, from two archives of the same recordings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from monitor import cli
from monitor.archive.comparing import Row, matched
from recordings.exporters.archive_tables import REPS, SESSIONS, Part, opened, write_part

pytestmark = pytest.mark.usefixtures("state_folder")


def row(start_s: float, end_s: float, lower_s: float | None = None, exercise: str = "nordic") -> Row:
    return Row(exercise, start_s, end_s, lower_s)


def archive(folder: Path, version: str, files: dict[str, list[Row]]) -> Path:
    def cells(columns: tuple[object, ...], **known: object) -> list[object]:
        return [known.get(column.name, "") for column in columns]  # type: ignore[attr-defined]

    reps = [
        cells(REPS, file=file, rep=number, exercise=each.exercise, start_s=each.start_s, end_s=each.end_s,
              lower_s="" if each.lower_s is None else each.lower_s)
        for file, rows in files.items()
        for number, each in enumerate(rows, 1)
    ]  # fmt: skip
    sessions = [cells(SESSIONS, file=file, algorithm_version=version) for file in files]
    with opened(folder):
        write_part(folder, Part(reps, sessions, []))
    return folder


def test_repetitions_are_paired_where_they_share_most_of_the_shorter_one() -> None:
    before = [row(0, 4), row(10, 14), row(20, 24), row(30, 34)]
    after = [row(0.5, 4), row(13.5, 17), row(20, 24, exercise="bridge"), row(30, 33), row(40, 44)]

    assert list(matched(before, after)) == [
        (before[0], after[0]),
        (before[1], None),
        (None, after[1]),
        (before[2], None),
        (None, after[2]),
        (before[3], after[3]),
        (None, after[4]),
    ]
    assert list(matched([], after[:1])) == [(None, after[0])]


def test_a_comparison_says_what_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = archive(
        tmp_path / "first", "5",
        {"a": [row(0, 5, 3.0), row(10, 15, 3.0), row(20, 25, 3.0)], "b": [row(0, 5, 2.0)], "old": []},
    )  # fmt: skip
    second = archive(
        tmp_path / "second", "6",
        {"a": [row(0, 5, 3.0), row(10, 15, 3.25)], "b": [row(0, 5), row(10, 12, 1.0, "bridge")], "new": []},
    )  # fmt: skip

    assert cli.main(["archive", "compare", str(first), str(second)]) == 0

    out = capsys.readouterr().out.splitlines()
    assert out[0] == "algorithm 5 -> 6, 2 recordings in both"
    assert "only in the first: 1 (old)" in out
    assert "only in the second: 1 (new)" in out
    table = {
        words[0]: words[1:] for line in out if (words := line.split()) and words[0] in ("nordic", "bridge")
    }
    assert table["nordic"][:6] == ["4", "3", "3", "1", "0", "1"]
    assert table["bridge"] == ["0", "1", "0", "0", "1", "0", "-", "-", "-"]
    assert next(line for line in out if "+0.2 to +0.5" in line).split()[3:] == ["1", "#" * 40]
    assert "no longer measured: 1; measured now: 0" in out
    assert "  a: 1 lost, 0 new" in out
    assert "  a at 10.0 s: 3.000 -> 3.250 s (+0.250)" in out


def test_an_archive_compared_with_itself_has_moved_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = archive(tmp_path / "first", "6", {"a": [row(0, 5, 3.0)]})
    second = shutil.copytree(first, tmp_path / "second")

    assert cli.main(["archive", "compare", str(first), str(second)]) == 0

    out = capsys.readouterr().out
    assert "lost" in out
    assert "moved furthest" not in out
    assert "recordings:" not in out


def test_what_is_no_archive_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["archive", "compare", str(tmp_path), str(tmp_path)]) == 2
    assert "holds no archive" in capsys.readouterr().err
