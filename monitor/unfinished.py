"""What a crash or a power cut has left is found at the next start, and offered to be finished."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a crash has left of some recordings, and how far the window has come with it.

    finished: where they are now. intact_s: how much could be saved. trouble: a sentence if "in trouble".
    """

    count: int
    state: Literal["found", "at work", "done", "in trouble"] = "found"
    finished: tuple[Path, ...] = ()
    intact_s: float = 0.0
    trouble: str = ""


def offer_to_finish(folder: Path) -> None:
    """Ask for each unfinished recording whether to finish it; where nobody can be asked, say how.

    What is left stays as it is, beside what is made of it.
    """
    from recordings.format import RecordingError
    from recordings.salvage import find_unfinished, finish

    for left in find_unfinished(folder):
        if not sys.stdin.isatty():
            how = f"eccentric verify --finish {left}"
            click.echo(f"warning: {left} was not finished. What is in it can be saved: {how}", err=True)
            continue
        if not click.confirm(f"{left} was not finished. Finish it now?", default=True, err=True):
            continue
        try:
            path, found = finish(left)
        except RecordingError as error:
            click.echo(f"warning: {error}", err=True)
            continue
        click.echo(f"{found.intact_s:.1f} s of it are in {path}", err=True)
