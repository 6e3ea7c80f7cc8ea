"""The command `eccentric`: thin shells over functions that live elsewhere.

Exit code 0: done. 2: wrong usage or bad input, with one line on stderr that starts with "error:".
3: a recording was readable only in part; what could be read is printed all the same.

Only what is light is imported here; each command imports what it needs, so that `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click
from click.core import ParameterSource

from monitor.archive_commands import archive
from monitor.audit_command import audit
from monitor.catalogue_commands import catalogue
from monitor.display import has_display
from monitor.encrypt_commands import encrypt
from monitor.plan_commands import plan, plans_for_one_sensor

if TYPE_CHECKING:
    from monitor.measured_file import MeasuredFile
    from recordings.catalogue.entries import Visit

DONE = 0
BAD_INPUT = 2
PARTLY_READ = 3
# What a shell expects of a program that was interrupted.
INTERRUPTED = 130

# Errors whose message is a sentence for a person. By name: whatever raised one has imported it already.
FORESEEN = {
    "analysis.samples.SamplesError",
    "drivers.link.BluetoothUnavailableError",
    "monitor.live.NoSensorError",
    "monitor.plans.plan_file.PlanFileError",
    "monitor.visit_people.StoreError",
    "drivers.registry.UnknownDriverError",
    "recordings.catalogue.entries.CatalogueError",
    "recordings.format.RecordingError",
    "recordings.importers.csv_samples.CsvError",
    "recordings.importers.rows.FileRefusedError",
}


def _finite(_context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    # Click's ranges let NaN pass, and infinity where one end is open.
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number to work with.", param=option)
    return value


def _or_sample(
    _context: click.Context, _argument: click.Parameter, given: Path | tuple[Path, ...] | None
) -> Path | tuple[Path, ...] | None:
    """Take the name of a shipped sample for its file, where there is no file of that name."""
    from recordings.samples import file_or_sample

    if given is None:
        return None
    return file_or_sample(given) if isinstance(given, Path) else tuple(map(file_or_sample, given))


_file = click.Path(path_type=Path)
_recording = click.argument("file", type=_file, callback=_or_sample)
_exercise = click.option(
    "--exercise",
    type=click.Choice(["nordic", "bridge", "slider"]),
    help="Look for this exercise only; without it, for all.",
)
_headless = click.option("--headless", is_flag=True, help="Open no window, even where there is a display.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A file name that the console cannot show must not stop a measurement.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        code = eccentric.main(arguments, prog_name="eccentric", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Whoever reads our output has enough; Click makes a SystemExit of that. Only the interpreter would
        # still complain, when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return INTERRUPTED
    except Exception as error:
        _say("error", _sentence(error))
        return BAD_INPUT
    return code if isinstance(code, int) else DONE


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="eccentric-monitor", prog_name="eccentric")
@click.pass_context
def eccentric(context: click.Context) -> None:
    """Measure how long the lowering of Nordic curls and bridges lasts, with one sensor on the thigh.

    For training and research; not a medical device.
    """
    context.with_resource(_warnings_in_log())


eccentric.add_command(archive)
eccentric.add_command(audit)
eccentric.add_command(catalogue)
eccentric.add_command(encrypt)
eccentric.add_command(plan)


@eccentric.command()
@_headless
@click.option(
    "--output", type=_file, default=Path("demo-output"), show_default=True, help="Folder for results."
)
@click.option("--sensor", "model", default="witmotion", show_default=True, metavar="NAME",
              help="Which virtual sensor; `--sensor help` lists them.")  # fmt: skip
@click.option("--history", is_flag=True, help="Write eight weeks of one simulated person instead, to review.")
def demo(headless: bool, output: Path, model: str, history: bool) -> int:
    """Run a session with a virtual sensor."""
    if history:
        from monitor.dashboard.language import system_language
        from monitor.history import NAME, write_history
        from monitor.report.words import words_in

        name = words_in(system_language()).heard(NAME)
        place = write_history(output / "history", on_session=_print_done, name=name)
        click.echo(f"SIMULATED: eight weeks of one person in {place.parent}")
        click.echo(f"`eccentric review {place.parent}` shows them")
        return DONE
    from drivers.virtual.catalogue import MODELS
    from monitor.demo import run_demo

    if model == "help":
        click.echo("\n".join(MODELS))
        return DONE
    if model not in MODELS:
        raise click.BadParameter(
            f"there is no {model!r}; there are: {', '.join(MODELS)}", param_hint="--sensor"
        )
    return run_demo(output, headless or not has_display(), model)


@eccentric.command()
@click.option("--virtual", is_flag=True, help="Look at the virtual radio instead of the real one.")
@click.option("--seconds", type=click.FloatRange(0.5, 120), callback=_finite, default=5.0, show_default=True)
def scan(virtual: bool, seconds: float) -> None:
    """List the sensors in reach that Eccentric knows."""
    from monitor.live import find_sensors, found_line, remembered_sensor

    found = find_sensors(seconds, virtual=virtual)
    last = remembered_sensor()
    for sensor in found:
        click.echo(found_line(sensor, last))
    if not found:
        click.echo("no sensor found: is it switched on, near, and not connected to a phone?", err=True)


@eccentric.command()
@click.option(
    "--sensor",
    "address",
    metavar="ADDRESS",
    help="From `eccentric scan`; without it, the one of last time, the first time the nearest "
    "(of two with one name none).",
)
@click.option("--virtual", is_flag=True, help="Use the virtual sensor instead of a real one.")
@click.option("--output", type=_file, help="The recording; without it, a new one here, named after the time.")
@click.option("--exercise", type=click.Choice(["nordic", "bridge"]),
              help="Only this exercise, at once. Without it the window leads through the whole visit; "
              "without a window, Nordics.")  # fmt: skip
@click.option("--side", type=click.Choice(["left", "right", "both"]),
              help="The leg with the sensor: how it sits there is kept for next time. "
              "Without it, that of last time if the sensor is the same, or both.")  # fmt: skip
@click.option("--placement", "face", type=click.Choice(["front", "outside", "inside", "back"]),
              help="Where on the thigh the sensor sits: noted, not needed to measure.")  # fmt: skip
@click.option("--sets", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option("--reps", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--lower", "lower_s", type=click.FloatRange(0.5, 60), callback=_finite, default=5.0,
              show_default=True, help="Seconds that a lowering should last.")  # fmt: skip
@click.option("--plan", "planned", metavar="TEMPLATE|FILE",
              help="What to do: one of `eccentric plan list`, or a file from `plan write`.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1), callback=_finite, help="Stop after this time.")
@click.option("--person", metavar="CODE", help="Whose session it is, in the catalogue.")
@_headless
@click.pass_context
def live(
    context: click.Context,
    address: str | None,
    person: str | None,
    virtual: bool,
    output: Path | None,
    exercise: Literal["nordic", "bridge"] | None,
    side: Literal["left", "right", "both"] | None,
    face: Literal["front", "outside", "inside", "back"] | None,
    sets: int,
    reps: int,
    lower_s: float,
    planned: str | None,
    seconds: float | None,
    headless: bool,
) -> int:
    """Measure and record a session with a sensor on the thigh.

    With a display, and without exercise, plan, person, sensor and output, a window leads through the whole
    visit: who, today's plan, how it is today, the sensor, the sets, the rests, the summary. Its recordings
    are kept in the user's data folder.

    A session begins with a calibration: standing still and two knee lifts. Where the sensor is known from an
    earlier session, standing still is enough; without --side left or right a knee lift is asked for as well.
    """
    from monitor.encrypting import sealed
    from monitor.filing import file_live
    from monitor.live import run_live
    from monitor.plan import Plan, Tempo

    chosen = (exercise, planned, output, address, person)
    if all(each is None for each in chosen) and not headless and has_display():
        from monitor.visit_app import run_visits

        return run_visits(virtual=virtual, seconds=seconds)
    plans = (Plan(exercise or "nordic", side or "both", sets, reps, Tempo(lower_s)),)
    if planned is not None:
        for name in ("exercise", "sets", "reps", "lower_s"):
            if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name.removesuffix('_s')} stands in the plan: change it there")
        plans = plans_for_one_sensor(planned, side)
    recording = run_live(
        address,
        output,
        plans,
        virtual=virtual,
        headless=headless or not has_display(),
        seconds=seconds,
        usual_side=all(each.side == "both" for each in plans) and side is None,
        face=face,
    )
    recording, trouble = sealed(recording)
    for each in (trouble, file_live(recording, person)):
        if each is not None:
            _say("warning", each)
    click.echo(f"recorded: {recording}")
    return DONE


@eccentric.command()
@_recording
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 1000),
    callback=_finite,
    default=1.0,
    show_default=True,
    help="1 is real time.",
)
@click.option("--fast", is_flag=True, help="As fast as it can be measured, whatever --speed says.")
@click.option("--start", "start_s", type=click.FloatRange(0), callback=_finite, default=0.0,
              help="Measure the first seconds at once, and show it from there.")  # fmt: skip
@_headless
def replay(file: Path, speed: float, fast: bool, start_s: float, headless: bool) -> int:
    """Show a recording as if it happened now: a file, or one of the simulated samples that are shipped.

    Samples: good-tempo, lowering-too-fast, break-point, bridge-single-leg-with-pauses, lost-link,
    standing-up-in-the-middle. Every command that reads a recording takes these names.
    """
    from monitor.live import run_replay

    damage = run_replay(
        file, None if fast else speed, start_s=start_s, headless=headless or not has_display()
    )
    return _partly_read(file, damage)


@eccentric.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_file, callback=_or_sample)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@_exercise
def analyse(
    files: tuple[Path, ...], as_json: bool, exercise: Literal["nordic", "bridge", "slider"] | None
) -> int:
    """Measure recordings (.mcap) or samples (.csv)."""
    from monitor.measured_file import cache_folder, measure_file

    measured: list[MeasuredFile] = []
    code = DONE
    caches = cache_folder()
    for path in files:
        try:
            measured.append(measure_file(path, exercise, caches=caches))
        except Exception as error:
            _say("error", _sentence(error))
            code = BAD_INPUT
    if as_json and measured:
        import json

        from monitor.results_json import document

        click.echo(json.dumps(document(measured), indent=2, allow_nan=False))
    elif measured:
        from monitor.results_text import summary

        for each in measured:
            click.echo("\n".join(summary(each)))
    return code or max([_partly_read(each.path, each.damage) for each in measured], default=DONE)


@eccentric.command("import")
@click.argument("file", type=_file)
@click.option("--output", type=_file, required=True, help="The recording to write (.mcap).")
@click.option(
    "--rate-hz",
    type=click.FloatRange(1, 10_000),
    callback=_finite,
    help="The true rate, where the times are rounded.",
)
@click.option("--gyroscope", type=_file, help="The file of angular rates, where it is another.")
@click.option("--date", metavar="DATE", help='When it was recorded: 2026-10-05 or "2026-10-05 17:30".')
@click.option("--columns", metavar="t=NAME,ax=NAME,...",
              help="Of any other table: t, ax, ay, az, gx, gy, gz by name or number.")  # fmt: skip
@click.option("--units", type=click.Choice(["g", "mps2", "mg"]), help="With --columns: of the acceleration.")
@click.option("--gyro-units", type=click.Choice(["dps", "radps", "mdps"]), help="With --columns.")
@click.option("--time-unit", type=click.Choice(["s", "ms", "us", "ns"]), help="With --columns.")
def import_(
    file: Path,
    output: Path,
    rate_hz: float | None,
    gyroscope: Path | None,
    date: str | None,
    columns: str | None,
    units: Literal["g", "mps2", "mg"] | None,
    gyro_units: Literal["dps", "radps", "mdps"] | None,
    time_unit: Literal["s", "ms", "us", "ns"] | None,
) -> None:
    """Turn a file of samples into a recording.

    CSV with the header t_s,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps (the gyro columns may all be
    absent), exports of other programs, recognised by what stands in them (docs/importing.md), or any table
    with --columns.
    """
    from recordings.importers.any_file import import_file, parse_columns
    from recordings.importers.dates import parse_date

    if columns is None and (units or gyro_units or time_unit):
        raise click.UsageError("--units, --gyro-units and --time-unit belong to --columns")
    named = None if columns is None else parse_columns(columns, units, gyro_units, time_unit)
    recorded = None if date is None else parse_date(date)
    imported = import_file(
        file, output, gyroscope=gyroscope, rate_hz=rate_hz, columns=named, recorded=recorded
    )
    for text in imported.warnings:
        _say("warning", text)
    click.echo(imported.read_as)
    click.echo(f"recorded: {_sealed(output)}")


@eccentric.command()
@_recording
@click.option("--output", type=_file, required=True, help="The file to write; with --format bids the folder.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "bids", "fhir", "sto"]),
    default="csv",
    show_default=True,
    help="parquet needs pyarrow; bids: Motion-BIDS; fhir: an R4 bundle; sto: OpenSim, the thigh only.",
)
@click.option("--samples", is_flag=True, help="Write the samples, not a row per repetition.")
@click.option("--phases", is_flag=True, help="Write a row per phase.")
@click.option("--sets", is_flag=True, help="Write a row per set.")
@click.option("--attempts", is_flag=True, help="Write a row per attempt given up.")
@click.option("--scores", is_flag=True, help="Write pain and effort, a row per score.")
@click.option("--dictionary", is_flag=True, help="Write what the columns mean.")
@click.option("--person", metavar="CODE", help="Whose session it is, for parquet, bids and fhir.")
@click.option("--pseudonymise", is_flag=True, help="Hash codes and serial numbers, move all times.")
@_exercise
def export(
    file: Path,
    output: Path,
    form: Literal["csv", "parquet", "bids", "fhir", "sto"],
    person: str | None,
    pseudonymise: bool,
    exercise: Literal["nordic", "bridge", "slider"] | None,
    **tables: bool,
) -> int:
    """Write a recording for other programs: repetitions, phases, sets, samples, what was told, or what the
    columns mean.
    """
    from monitor.exporting import TABLE_FORMATS, Table, export_file

    chosen = [name for name, is_chosen in tables.items() if is_chosen]
    if len(chosen) > 1:
        raise click.UsageError(f"one table a file: give {' or '.join(f'--{name}' for name in chosen)}")
    table = cast("Table", chosen[0]) if chosen else None
    if table is not None and form not in TABLE_FORMATS:
        raise click.UsageError(f"--{table} goes with csv and parquet: {form} holds all of a session")
    if form == "bids":
        _refuse_overwriting(file, output)
    else:
        _check_output(file, output)
    visit = _told_of(file) if form == "fhir" or table in ("sets", "scores") else None
    line, damage = export_file(
        file, output, form, table or "reps", exercise, person, visit=visit, pseudonymise=pseudonymise
    )
    _note_export([file], output)
    click.echo(line)
    return _partly_read(file, damage)


@eccentric.command()
@click.argument("file", metavar="FILE|PERSON|FOLDER", type=_file, callback=_or_sample)
@click.option("--output", type=_file, required=True, help="The file to write: .pdf, .html, or .png.")
@click.option("--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True)
@click.option("--language", type=click.Choice(["en", "de"]), default="en", show_default=True)
@_exercise
def report(
    file: Path,
    output: Path,
    paper: Literal["a4", "letter"],
    language: Literal["en", "de"],
    exercise: Literal["nordic", "bridge", "slider"] | None,
) -> int:
    """Write a report: a page about a recording, or the progress of a person over all sessions.

    PERSON is a code in the catalogue; FOLDER holds the recordings of one person, as `demo --history` writes
    them. The name of the output says what is written: PDF, HTML, or a PNG of the main figure.
    """
    from monitor.report.write import checked_kind
    from monitor.reporting import is_person_or_folder, report_file, report_sessions

    _check_output(file, output)
    checked_kind(output)
    damage: Sequence[str] = ()
    if is_person_or_folder(file):
        if exercise is not None:
            raise click.UsageError("--exercise goes with one recording: a progress report shows them all")
        report_sessions(file, output, paper, language)
    else:
        damage = report_file(file, output, exercise, paper, language)
        _note_export([file], output)
    click.echo(f"report: {output}")
    return _partly_read(file, damage)


@eccentric.command()
@click.argument("file", type=_file, callback=_or_sample, required=False)
@click.option("--text", is_flag=True, help="Print it, even where there is a display.")
@click.option("--language", type=click.Choice(["en", "de"]), help="Of the window; without it, as set before.")
@_exercise
def review(
    file: Path | None,
    text: bool,
    language: Literal["en", "de"] | None,
    exercise: Literal["nordic", "bridge", "slider"] | None,
) -> int:
    """Look at sessions and correct what is wrong: a recording, a folder of them, or all in the catalogue.

    Without a display, or with --text, what was measured in a recording is printed, and what not.
    """
    if not text and has_display():
        from monitor.review.show import run_review

        if file is not None and not file.exists():
            raise click.UsageError(f"there is no {file}")
        return run_review(file, exercise, language)
    if file is None or file.is_dir():
        raise click.UsageError("without a window, give one recording: `eccentric review FILE`")
    from monitor.measured_file import cache_folder
    from monitor.results_text import review_lines
    from monitor.review.corrected_file import corrected_file

    measured = corrected_file(file, exercise, caches=cache_folder())
    click.echo("\n".join(review_lines(measured)))
    return _partly_read(file, measured.damage)


@eccentric.command()
@_recording
@click.option("--salvage", metavar="OUT", type=_file, help="Write what can be saved to this new recording.")
@click.option("--finish", is_flag=True, help="The same, to a new recording beside what a crash has left.")
def verify(file: Path, salvage: Path | None, finish: bool) -> int:
    """Tell what is intact in a recording and what is missing."""
    from dataclasses import replace

    from monitor.encrypting import readable
    from recordings import salvage as salvaging

    if finish and salvage is not None:
        raise click.UsageError("--finish finds a name by itself; give either that or --salvage")
    if finish:
        salvage, found = salvaging.finish(file)
    elif salvage is None:
        with readable(file) as place:
            found = salvaging.verify(place)
    else:
        _refuse_overwriting(file, salvage)
        with readable(file) as place:
            found = salvaging.salvage(place, salvage)
    click.echo("\n".join(replace(found, path=file).lines))
    if salvage is not None:
        written = _sealed(salvage)
        click.echo(f"saved: {written}")
        if written != salvage and finish:
            _say("warning", f"{file} stays as it was, not encrypted: delete it yourself")
    return DONE if found.intact else PARTLY_READ


def _sealed(recording: Path) -> Path:
    """Encrypt what was just written, if that is switched on, as a session would be; return where it is."""
    from monitor.encrypting import sealed

    path, trouble = sealed(recording)
    if trouble is not None:
        _say("warning", trouble)
    return path


def _print_done(done: int, of: int) -> None:
    click.echo(f"\r{done} of {of} sessions", nl=done == of)


def _note_export(sources: Iterable[Path], target: Path) -> None:
    """Have the catalogue know of a file that holds what was measured, for when the person leaves."""
    from monitor.filing import note_export

    trouble = note_export(sources, target)
    if trouble is not None:
        _say("warning", trouble)


def _told_of(file: Path) -> Visit | None:
    from monitor.filing import told_of

    visit, trouble = told_of(file)
    if trouble is not None:
        _say("warning", trouble)
    return visit


def _check_output(source: Path, target: Path) -> None:
    """Refuse an output before anything is measured for it."""
    from recordings.exporters.whole_file import checked_output

    checked_output(target)
    _refuse_overwriting(source, target)


def _refuse_overwriting(source: Path, target: Path) -> None:
    if target.exists() and source.exists() and target.samefile(source):
        raise click.UsageError(f"{target} is the file to be read; give another name for the output")


def _partly_read(path: Path, damage: Sequence[str]) -> int:
    """Say what could not be read and return the exit code."""
    for text in damage:
        _say("warning", f"{path}: {text}")
    return PARTLY_READ if damage else DONE


def _say(kind: Literal["error", "warning"], text: str) -> None:
    click.echo(f"{kind}: {' '.join(text.split())}", err=True)


def _sentence(error: Exception) -> str:
    """Return what to tell a person about an error; what nobody foresaw goes into the log."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return "which command? `eccentric --help` lists them all"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) or any(
        f"{kind.__module__}.{kind.__name__}" in FORESEEN for kind in type(error).__mro__
    ):
        return str(error)
    return f"something unforeseen happened ({type(error).__name__}: {error}); details: {_log(error)}"


@contextlib.contextmanager
def _warnings_in_log() -> Iterator[None]:
    """Keep what the program notes for its developers away from the terminal."""
    import logging

    handler = logging.FileHandler(_log_file(), delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _log(error: Exception) -> Path:
    """Append the traceback to the log and return its path."""
    import time
    import traceback

    path = _log_file()
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {''.join(traceback.format_exception(error))}")
    return path


def _log_file() -> Path:
    for place in (_state_folder, _temporary_folder):
        try:
            folder = place()
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder / "eccentric.log"
    return Path(os.devnull)


def _temporary_folder() -> Path:
    """Return the folder for files that nobody needs. Raises OSError if nothing may be written anywhere."""
    import tempfile

    return Path(tempfile.gettempdir())


def _state_folder() -> Path:
    on_windows, on_mac = sys.platform == "win32", sys.platform == "darwin"
    named = None if on_mac else os.environ.get("LOCALAPPDATA" if on_windows else "XDG_STATE_HOME")
    if named:
        return Path(named) / ("Eccentric" if on_windows else "eccentric")
    try:
        home = Path.home()
    except RuntimeError:
        # No HOME, and a user that the system does not know: usual in a container.
        return _temporary_folder()
    if on_windows:
        return home / "AppData" / "Local" / "Eccentric"
    return home / "Library" / "Logs" / "Eccentric" if on_mac else home / ".local" / "state" / "eccentric"


if __name__ == "__main__":
    sys.exit(main())
