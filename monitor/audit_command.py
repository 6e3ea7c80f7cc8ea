"""`eccentric audit`: who opened, changed, exported and deleted."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click


@click.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Lines.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def audit(limit: int, as_json: bool) -> None:
    """List who opened, changed, exported and deleted what is in the catalogue, the newest first.

    Who is the account of the computer (empty: not known). A person, plan, note or session that is gone has
    only its number left. Recordings that are opened as files are not in it.
    """
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        found = opened.deeds(limit)
    if as_json:
        click.echo(json.dumps({"deeds": [asdict(each) for each in found]}, indent=2))
        return
    for each in found:
        when = datetime.fromtimestamp(each.at_ns / 1e9, UTC).astimezone()
        name = f" ({each.name})" if each.name else ""
        click.echo(
            f"{when:%Y-%m-%d %H:%M:%S}  {each.who or '-':12}  {each.did:8}  {each.kind} {each.number}{name}"
        )
