"""`eccentric catalogue pin`: set and cleared.

Only what is light is imported here; each command imports what it needs.
"""

from __future__ import annotations

import click


@click.group()
def pin() -> None:
    """Let patients at this computer see no names but their own.

    With a PIN, the list of people, their sessions and the therapist's window are shown to whoever knows it,
    and the patient's window shows no list. A curtain, not a lock: the files are not encrypted by it, and
    whoever is logged in as you can read or reset everything (SECURITY.md).
    """


@pin.command("set")
@click.option("--name", help="Of the therapist; without it, your account's.")
def set_(name: str | None) -> None:
    """Set or change a therapist's PIN: 4 to 12 digits. One that is set already is asked for first."""
    from monitor.unlocking import open_unlocked

    with open_unlocked() as opened:
        owner = _name(name)
        opened.set_pin(owner, click.prompt("New PIN", hide_input=True, confirmation_prompt=True, err=True))
    click.echo(f"PIN set: {owner}")


@pin.command()
@click.option("--name", help="Of the therapist; without it, your account's.")
@click.option("--forgotten", is_flag=True, help="Without knowing it.")
def clear(name: str | None, forgotten: bool) -> int:
    """Take a therapist's PIN away. Without any PIN everybody at this computer sees the list of people."""
    from monitor.filing import open_daily
    from monitor.unlocking import open_unlocked

    if forgotten:
        click.confirm("Take the PIN away without it?", abort=True, err=True)
    with open_daily() if forgotten else open_unlocked() as opened:
        owner = _name(name)
        if opened.clear_pin(owner):
            click.echo(f"PIN cleared: {owner}")
            return 0
        others = ", ".join(opened.pin_names()) or "nobody"
    click.echo(f"error: {owner} has no PIN; {others} has one: --name NAME", err=True)
    return 2


def _name(given: str | None) -> str:
    from monitor.filing import account

    return given or account() or "therapist"
