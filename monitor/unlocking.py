"""The PIN of a therapist, asked for where a catalogue has one."""

from __future__ import annotations

import click

from monitor.filing import open_daily
from recordings.catalogue import Catalogue


def open_unlocked() -> Catalogue:
    """Open the user's catalogue as `open_daily` does, and ask for the PIN if there is one.

    Raises WrongPinError too.
    """
    opened = open_daily()
    try:
        ask_pin(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def ask_pin(catalogue: Catalogue) -> None:
    """Ask for the PIN in the terminal if there is one. Raises WrongPinError."""
    if catalogue.pin_names():
        catalogue.unlock(click.prompt("PIN", hide_input=True, err=True))
