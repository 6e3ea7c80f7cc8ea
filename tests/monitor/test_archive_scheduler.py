"""An archive on the workers of a Dask scheduler, over TCP."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from monitor import cli
from monitor.archive import engines
from monitor.archive.engines import on_scheduler
from monitor.archive.run import analyse_archive
from monitor.measured_file import measure_file
from recordings.edits_file import edits_path
from recordings.exporters.archive_tables import read_table
from recordings.samples import file_or_sample

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    for sample, name in (("good-tempo", "a.mcap"), ("break-point", "b.mcap")):
        shutil.copy(file_or_sample(Path(sample)), made / name)
    return made


def lowerings(output: Path, file: str) -> list[float | None]:
    rows = read_table(output, "reps", ["file", "lower_s"])
    return [lower_s for name, lower_s in zip(*rows.values(), strict=True) if name == file]


def alone(path: Path) -> list[float | None]:
    return [
        None if rep.lower_s is None else round(rep.lower_s, 4) for rep in measure_file(path).analysis.reps
    ]


def test_a_scheduler_gives_what_each_file_gives_alone(
    address: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.mcap").write_bytes(b"nothing")
    output = tmp_path / "tables"

    assert cli.main(["archive", "analyse", str(folder), "--output", str(output), "--scheduler", address]) == 2

    for name in ("a.mcap", "b.mcap"):
        assert lowerings(output, name) == alone(folder / name)
    assert read_table(output, "failures", ["file"])["file"] == ["bad.mcap"]


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders there")
def test_a_worker_killed_in_the_middle_costs_nothing(address: str, folder: Path, tmp_path: Path) -> None:
    pipe = edits_path(folder / "b.mcap")
    os.mkfifo(pipe)
    with Client(address, set_as_default=False) as client:
        (worker,) = client.run(os.getpid).values()

    def kill() -> None:
        # Opens when the worker waits for the corrections.
        with pipe.open("wb"):
            pipe.unlink()
            os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    output = tmp_path / "tables"
    engine = partial(on_scheduler, address=address)
    done = analyse_archive(str(folder), output, None, engine, lambda _: None)
    killer.join()

    assert (done.measured, done.failed) == (2, 0)
    for name in ("a.mcap", "b.mcap"):
        assert lowerings(output, name) == alone(folder / name)


def test_no_scheduler_is_said_in_a_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "tables"
    monkeypatch.setattr(engines, "_CONNECT_S", 0.5)
    command = ["archive", "analyse", str(folder), "--output", str(output), "--scheduler", "tcp://127.0.0.1:9"]

    assert cli.main(command) == 2

    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
