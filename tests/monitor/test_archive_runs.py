"""An archive in tables: what one run does, what the next one does, and what dies in between."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from analysis.results import Exercise
from monitor import cli
from monitor.archive import engines, measuring, run
from monitor.archive.engines import on_processes
from monitor.archive.measuring import Outcome, measure_item
from monitor.archive.run import Progress, Ran, analyse_archive
from monitor.archive.sources import Item, find_items
from monitor.measured_file import measure_file
from monitor.results_json import file_entry
from recordings.edits_file import edits_path
from recordings.exporters.archive_tables import opened, read_table
from recordings.format import RecordingError
from recordings.samples import file_or_sample

pytestmark = pytest.mark.usefixtures("state_folder")

SAMPLES = ("good-tempo", "break-point", "lost-link")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    (made / "deep").mkdir(parents=True)
    for name, place in zip(SAMPLES, ("a.mcap", "b.mcap", "deep/c.mcap"), strict=True):
        shutil.copy(file_or_sample(Path(name)), made / place)
    return made


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "tables"


def serial(items: Iterable[Item], exercise: Exercise | None) -> Iterator[Outcome]:
    return (measure_item(item, exercise) for item in items)


def ran(source: Path | str, output: Path, engine: run.Engine = serial) -> Ran:
    return analyse_archive(str(source), output, None, engine, lambda _: None)


def files_of(output: Path, table: str = "sessions") -> list[str]:
    return sorted(read_table(output, table, ["file"])["file"])  # type: ignore[arg-type]


def lowerings(output: Path) -> dict[str, list[tuple[float, float | None]]]:
    rows = read_table(output, "reps", ["file", "start_s", "lower_s"])
    found: dict[str, list[tuple[float, float | None]]] = {}
    for file, start_s, lower_s in zip(*rows.values(), strict=True):
        found.setdefault(file, []).append((start_s, lower_s))
    return found


def measured_alone(folder: Path, *names: str) -> dict[str, list[tuple[float, float | None]]]:
    return {
        name: [(rep["start_s"], rep["lower_s"]) for rep in file_entry(measure_file(folder / name))["reps"]]
        for name in names
    }


def test_the_tables_hold_what_each_file_gives_alone(
    folder: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["archive", "analyse", str(folder), "--output", str(output), "--workers", "2"]) == 0

    alone = measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")
    assert lowerings(output) == alone
    sessions = read_table(output, "sessions", ["file", "reps", "time_under_tension_s"])
    for file, reps, tension_s in zip(*sessions.values(), strict=True):
        assert reps == len(alone[file])
        assert tension_s == pytest.approx(sum(lower_s or 0.0 for _, lower_s in alone[file]), abs=1e-3)
    out, err = capsys.readouterr()
    assert "repetitions in 3 recordings, 0 were known" in out
    assert err == ""


def test_a_second_run_measures_only_what_is_missing(folder: Path, output: Path) -> None:
    late = (folder / "b.mcap").rename(folder.parent / "late.mcap")
    assert ran(folder, output).measured == 2
    late.rename(folder / "b.mcap")

    second = ran(folder, output)

    assert (second.known, second.measured) == (2, 1)
    assert files_of(output) == ["a.mcap", "b.mcap", "deep/c.mcap"]
    assert ran(folder, output).measured == 0


def test_another_version_of_the_algorithm_measures_all_again(
    folder: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(run, "ALGORITHM_VERSION", "0")
        older.setattr(measuring, "ALGORITHM_VERSION", "0")
        ran(folder, output)
    assert set(read_table(output, "sessions", ["algorithm_version"])["algorithm_version"]) == {"0"}

    assert ran(folder, output).measured == 3
    assert "0" not in read_table(output, "sessions", ["algorithm_version"])["algorithm_version"]
    assert lowerings(output) == measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")


def test_a_recording_that_changed_is_measured_again_and_counts_once(folder: Path, output: Path) -> None:
    ran(folder, output)
    shutil.copy(file_or_sample(Path("lowering-too-fast")), folder / "a.mcap")

    assert ran(folder, output).measured == 1
    assert lowerings(output) == measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")


def test_corrections_beside_a_recording_change_it(folder: Path) -> None:
    before = find_items(str(folder))
    edits_path(folder / "a.mcap").write_text("{}\n")
    after = find_items(str(folder))

    assert [one.name for one, other in zip(before, after, strict=True) if one != other] == ["a.mcap"]


def test_a_bad_file_is_a_row_among_the_failures_until_it_is_good(
    folder: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (folder / "b.mcap").read_bytes()
    (folder / "b.mcap").write_bytes(b"nothing")
    command = ["archive", "analyse", str(folder), "--output", str(output), "--workers", "1"]

    assert cli.main(command) == 2
    assert files_of(output) == ["a.mcap", "deep/c.mcap"]
    assert files_of(output, "failures") == ["b.mcap"]
    assert "error: 1 of 3 recordings could not be measured" in capsys.readouterr().err

    (folder / "b.mcap").write_bytes(good)
    assert cli.main(command) == 0
    assert files_of(output, "failures") == []
    assert lowerings(output) == measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")


def test_what_was_measured_before_a_run_died_is_kept(folder: Path, output: Path) -> None:
    def dies(items: Iterable[Item], exercise: Exercise | None) -> Iterator[Outcome]:
        for number, outcome in enumerate(serial(items, exercise)):
            if number == 2:
                raise KeyboardInterrupt
            yield outcome

    with pytest.raises(KeyboardInterrupt):
        ran(folder, output, dies)

    assert len(files_of(output)) == 2
    assert ran(folder, output).measured == 1


def test_repetitions_of_a_part_that_was_not_finished_do_not_count(folder: Path, output: Path) -> None:
    ran(folder, output)
    part = output / "reps" / "part-000001.parquet"
    shutil.copy(part, part.with_name("part-000002.parquet"))
    (output / "reps" / ".eccentric-0000.new").write_bytes(b"half")

    assert ran(folder, output).measured == 0
    assert [path.name for path in (output / "reps").iterdir()] == [part.name]


def test_a_part_that_a_power_cut_has_spoilt_is_made_again(folder: Path, output: Path) -> None:
    ran(folder, output)
    (output / "reps" / "part-000001.parquet").write_bytes(b"")

    assert ran(folder, output).measured == 3
    assert lowerings(output) == measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_two_runs_do_not_fill_one_folder(folder: Path, output: Path) -> None:
    with opened(output), pytest.raises(RecordingError, match="another program is filling"):
        ran(folder, output)


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    with pytest.raises(RecordingError, match="holds other files"):
        ran(folder, folder)


def kill_readers(pipe: Path, times: int, before: Callable[[], object] = lambda: None) -> threading.Thread:
    """Kill the only worker each time that it has opened a named pipe, which it waits for without end."""

    def kill() -> None:
        for _ in range(times):
            # Opens only when the worker has opened it too.
            with pipe.open("wb"):
                before()
                (worker,) = multiprocessing.active_children()
                assert worker.pid is not None
                os.kill(worker.pid, signal.SIGKILL)
                worker.join()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def pipe(folder: Path) -> Path:
    if sys.platform == "win32":
        pytest.skip("no named pipes in folders there")
    # In the place of the corrections: the worker has measured by then.
    made = edits_path(folder / "b.mcap")
    os.mkfifo(made)
    return made


def test_a_worker_that_always_dies_costs_only_its_file(
    pipe: Path, folder: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "TRIES", 2)
    killer = kill_readers(pipe, 2)

    done = ran(folder, output, partial(on_processes, processes=1))
    killer.join()

    assert done.failed == 1
    (reason,) = read_table(output, "failures", ["reason"])["reason"]
    assert "2 workers died" in reason
    assert lowerings(output) == measured_alone(folder, "a.mcap", "deep/c.mcap")


def test_a_worker_killed_once_costs_nothing(pipe: Path, folder: Path, output: Path) -> None:
    killer = kill_readers(pipe, 1, before=pipe.unlink)

    done = ran(folder, output, partial(on_processes, processes=1))
    killer.join()

    assert done.failed == 0
    assert lowerings(output) == measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")


def test_a_list_names_files_and_says_which_are_missing(folder: Path, output: Path) -> None:
    listed = folder / "list.txt"
    listed.write_text(f"# two of them\na.mcap\n\n{folder / 'deep' / 'c.mcap'}\nmissing.mcap\na.mcap\n")

    done = ran(listed, output)

    assert (done.files, done.measured, done.failed) == (3, 2, 1)
    assert files_of(output) == sorted(["a.mcap", str(folder / "deep" / "c.mcap")])
    assert files_of(output, "failures") == ["missing.mcap"]


def test_an_address_is_read_through_fsspec(folder: Path, output: Path) -> None:
    done = ran(folder.as_uri(), output)

    assert done.measured == 3
    assert lowerings(output) == measured_alone(folder, "a.mcap", "b.mcap", "deep/c.mcap")
    assert ran(folder.as_uri(), output).measured == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere://x/y", "no address that can be read"),
        ("file:///no such folder", "there is nothing at"),
        ("no such list", "No such file"),
        ("a.mcap", "is one recording"),
    ],
)
def test_a_source_that_is_none_is_said_in_a_line(
    source: str, said: str, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["archive", "analyse", source, "--output", str(output)]) == 2

    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert said in err
    assert not output.exists()


def test_without_pyarrow_it_says_how_to_get_it(
    folder: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(RecordingError, match=r"eccentric-monitor\[archive\]"):
        ran(folder, output)
    assert not output.exists()


def test_progress_tells_rate_and_time_left() -> None:
    assert Progress(500, 100, 0, 10.0).text == "100 of 500 recordings, 10.0 a second, 40 s left"
    assert Progress(100_000, 1000, 3, 100.0).text.endswith("10.0 a second, 2.8 h left, 3 not measured")
    assert Progress(10, 0, 0, 0.0).text == "0 of 10 recordings, 0.0 a second"
