"""`eccentric catalogue ...`: thin shells over `monitor.filing` and `recordings.catalogue`.

Only what is light is imported here; each command imports what it needs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.entry_commands import note, plan, score, visits
from monitor.pin_commands import pin

if TYPE_CHECKING:
    from recordings.catalogue.entries import SessionRow

BAD_INPUT = 2
PARTLY_READ = 3

_day = click.DateTime(["%Y-%m-%d"])
_file = click.Path(path_type=Path)


@click.group()
def catalogue() -> None:
    """Keep track of people, plans and sessions.

    The catalogue is a file in your data folder, or on a PostgreSQL server:
    ECCENTRIC_DATABASE=postgresql+psycopg://user@host/database
    """


for _command in (note, pin, plan, score, visits):
    catalogue.add_command(_command)


@catalogue.command("list")
@click.option("--person", metavar="CODE", help="Only this person's sessions.")
@click.option("--from", "first", type=_day, help="From this day on (local time).")
@click.option("--to", "last", type=_day, help="Up to and with this day (local time).")
@click.option(
    "--exercise", type=click.Choice(["nordic", "bridge", "slider"]), help="Only sessions with this exercise."
)
@click.option("--page", metavar="TOKEN", help="The next page, as the end of the one before says.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Sessions a page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(
    person: str | None,
    first: datetime | None,
    last: datetime | None,
    exercise: str | None,
    page: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the sessions, the newest first."""
    import json

    from monitor.unlocking import open_unlocked
    from recordings.catalogue.entries import SessionFilter

    wanted = SessionFilter(
        person,
        exercise,
        None if first is None else _start_ns(first),
        None if last is None else _start_ns(last + timedelta(days=1)),
    )
    with open_unlocked() as opened:
        found = opened.sessions(wanted, page, limit)
    if as_json:
        document = {"sessions": [_as_json(row) for row in found.sessions], "next_page": found.next_page}
        click.echo(json.dumps(document, indent=2))
        return
    for row in found.sessions:
        click.echo(_as_text(row))
    if not found.sessions:
        click.echo("no session found", err=True)
    if found.next_page is not None:
        click.echo(f"more: --page {found.next_page}", err=True)


@catalogue.command()
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True,
                type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
def rebuild(folders: tuple[Path, ...]) -> int:
    """Measure all recordings below the folders and enter them.

    People, plans, notes, and whose session is whose, stay as they are.
    """
    from monitor import filing

    if filing.is_lost():
        filing.restore_now()
        click.echo("the catalogue was gone: people, plans and notes are those of its daily copy")
    with filing.open_daily() as opened:
        done = filing.rebuild(opened, folders)
    click.echo(f"{done.sessions} sessions from {done.files} recordings")
    if done.missing:
        click.echo(f"warning: of {done.missing} sessions no recording is where it was", err=True)
    for path, reason in done.failures:
        click.echo(f"error: {path}: {' '.join(reason.split())}", err=True)
    if done.failures:
        return BAD_INPUT
    return PARTLY_READ if done.partly_read else 0


@catalogue.command()
@click.option("--code", help="Without it, the next free number: P001, P002 ...")
@click.option("--name", default="", help="A name to show.")
def add(code: str | None, name: str) -> None:
    """Add a person."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        click.echo(opened.add_person(code, name).code)


@catalogue.command()
def people() -> None:
    """List the people."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        for person in opened.people():
            click.echo(f"{person.code:12}  {person.display_name}".rstrip())


@catalogue.command()
@click.argument("person")
@click.argument("session_ids", metavar="SESSION...", nargs=-1, required=True)
def assign(person: str, session_ids: tuple[str, ...]) -> None:
    """Say whose sessions they are."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        owner = opened.person(person)
        for row in [opened.row(session_id) for session_id in session_ids]:
            opened.assign(row, owner)


@catalogue.command()
@click.option("--output", type=_file, help="Another place than the usual one.")
def backup(output: Path | None) -> None:
    """Copy the catalogue to a second file; this also happens once a day."""
    from monitor.filing import back_up_now

    click.echo(f"backup: {back_up_now(output)}")


@catalogue.command()
@click.option("--input", "source", type=_file, help="Another backup than the usual one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(source: Path | None, yes: bool) -> None:
    """Put the backup in the place of the catalogue; what stands there now is kept beside it."""
    from monitor import filing

    chosen = source or filing.backup_path()
    if chosen.exists() and not yes:
        made = datetime.fromtimestamp(chosen.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
        click.confirm(f"Go back to the backup of {made}?", abort=True, err=True)
    aside = filing.restore_now(chosen)
    click.echo(f"restored: {filing.place()}")
    if aside is not None:
        click.echo(f"what was there before: {aside}")


@catalogue.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(person: str, yes: bool) -> None:
    """Delete a person for good: recordings, sessions, plans, notes, scores, and the name.

    How the sensors of these recordings sat is forgotten too. Exports are listed: they may have been given
    away, and only you know where to. The daily backup is made anew; backups that you made elsewhere still
    hold the person.
    """
    from monitor import filing
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        filing.find_copies(opened, opened.person(person))
        owned = opened.belongings(opened.person(person))
        who = f"{owned.person.code} {owned.person.display_name}".rstrip()
        click.echo(
            f"{who}: {len(owned.session_ids)} sessions, "
            f"{len(owned.recordings)} recordings, {owned.plans} plans, {owned.notes} notes",
            err=True,
        )
        for path, _ in owned.recordings:
            click.echo(f"  recording: {path}", err=True)
        if not yes:
            click.confirm("Delete all of this for good?", abort=True, err=True)
        done = filing.delete_person(opened, owned)
    click.echo(f"deleted: {owned.person.code} with {len(done.recordings)} recordings")
    for path in done.sensors:
        click.echo(f"deleted, how a sensor sat: {path}")
    # One export may hold several sessions.
    for path in dict.fromkeys(export.path for export in owned.exports):
        click.echo(f"not deleted, an export: {path}")
    for path, reason in done.left:
        click.echo(f"warning: {path} was not deleted: {reason}", err=True)


def _start_ns(day: datetime) -> int:
    return round(day.astimezone().timestamp()) * 1_000_000_000


def _as_text(row: SessionRow) -> str:
    started = row.started
    when = "unknown time    " if started is None else started.astimezone().strftime("%Y-%m-%d %H:%M")
    pain = "" if row.worst_pain is None else f"  pain {row.worst_pain}"
    remarks = [word for word, holds in (("simulated", row.simulated), ("damaged", row.damaged)) if holds]
    return (
        f"{when}  {row.person or '-':12}  {' '.join(row.exercises) or 'nothing':14}  {row.sets:2} sets  "
        f"{row.reps:3} reps{pain}  {row.session_id}  {' '.join(remarks)}"
    ).rstrip()


def _as_json(row: SessionRow) -> dict[str, object]:
    started = row.started
    return {
        "session": row.session_id,
        "person": row.person,
        "name": row.display_name,
        "started": None if started is None else started.astimezone(UTC).isoformat(),
        "time_zone": row.time_zone,
        "duration_s": row.duration_s,
        "exercises": list(row.exercises),
        "sets": row.sets,
        "reps": row.reps,
        "worst_pain": row.worst_pain,
        "simulated": row.simulated,
        "damaged": row.damaged,
    }
