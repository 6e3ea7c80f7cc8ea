"""`eccentric archive ...`: thin shells over `monitor.archive`.

Only what is light is imported here; each command imports what it needs.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from monitor.archive.run import Progress

BAD_INPUT = 2
PARTLY_READ = 3
# Where nobody watches, a line now and then is enough for the log of a night.
_SAID_EVERY_S = 30.0
_SHOWN_EVERY_S = 0.2

_file = click.Path(path_type=Path)


@click.group()
def archive() -> None:
    """Work on many recordings at once."""


@archive.command("analyse")
@click.argument("source")
@click.option("--output", type=_file, required=True,
              help="The folder for the tables; or a .csv file of all repetitions.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 1024),
              help="Processes of this machine; without it, one a processor.")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Have Dask's workers measure: tcp://machine:8786.")
@click.option("--exercise", type=click.Choice(["nordic", "bridge", "slider"]),
              help="Look for this exercise only; without it, for all.")  # fmt: skip
def analyse(
    source: str,
    output: Path,
    workers: int | None,
    scheduler: str | None,
    exercise: Literal["nordic", "bridge", "slider"] | None,
) -> int:
    """Measure every recording of a source: a folder, a text file with a path or an address a line, or the
    address of a folder (file://, s3://, ...; needs the extra `archive`).

    The tables are Parquet: a row a repetition (reps), a recording (sessions), and a recording that could not
    be measured (failures). A second run measures what is missing, has changed, or was measured by another
    version of the algorithm.
    """
    if workers is not None and scheduler is not None:
        raise click.UsageError("give --workers or --scheduler: a scheduler has its own workers")
    if output.suffix.lower() == ".csv" and not output.is_dir():
        if workers is not None or scheduler is not None:
            raise click.UsageError("a CSV file is written one recording after the other: give a folder")
        return _one_table(source, output, exercise)
    from monitor.archive.engines import on_processes, on_scheduler
    from monitor.archive.run import analyse_archive
    from monitor.filing import note_exported

    if scheduler is not None:
        engine = partial(on_scheduler, address=scheduler)
    else:
        engine = partial(on_processes, processes=workers or os.cpu_count() or 1)
    ran = analyse_archive(source, output, exercise, engine, _Shown())
    trouble = note_exported(ran.sessions, output)
    if trouble is not None:
        click.echo(f"warning: {trouble}", err=True)
    click.echo(f"{ran.reps} repetitions in {ran.measured} recordings, {ran.known} were known: {output}")
    return _end(ran.failed, ran.files, ran.partly_read, output / "failures")


def _one_table(source: str, output: Path, exercise: Literal["nordic", "bridge", "slider"] | None) -> int:
    from monitor.archive.one_table import analyse_folder
    from monitor.archive.sources import find_recordings
    from monitor.filing import note_export
    from recordings.exporters.whole_file import checked_output

    folder = Path(source)
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {source}, and a CSV file is written of a folder")
    checked_output(output)
    done = analyse_folder(folder, output, exercise)
    trouble = note_export(find_recordings(folder), output)
    if trouble is not None:
        click.echo(f"warning: {trouble}", err=True)
    click.echo(f"{done.reps} repetitions in {done.files - len(done.failures)} recordings: {output}")
    return _end(len(done.failures), done.files, done.partly_read, done.failures_path)


def _end(failed: int, files: int, partly_read: int, said_in: Path | None) -> int:
    if failed:
        click.echo(
            f"error: {failed} of {files} recordings could not be measured: {said_in} says why", err=True
        )
        return BAD_INPUT
    return PARTLY_READ if partly_read else 0


class _Shown:
    """Says how far a run is, on one line of a terminal, or a line now and then elsewhere."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._said_s = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Show it if the last time was long enough ago."""
        now_s = time.monotonic()
        every_s = _SHOWN_EVERY_S if self._on_terminal else _SAID_EVERY_S
        at_end = self._on_terminal and progress.done == progress.files
        if now_s - self._said_s < every_s and not at_end:
            return
        self._said_s = now_s
        line = f"\r{progress.text}\x1b[K" if self._on_terminal else progress.text
        click.echo(line, err=True, nl=at_end or not self._on_terminal)


@archive.command("compare")
@click.argument("before", type=_file)
@click.argument("after", type=_file)
def compare_(before: Path, after: Path) -> None:
    """Show what moved from one archive of the same recordings to another: counts and lowering times."""
    from monitor.archive.comparing import compare, lines

    click.echo("\n".join(lines(compare(before, after))))
