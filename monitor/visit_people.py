"""What a visit asks of people and plans: the words of `monitor.visit_store`, without the catalogue behind it.

Apart, because the window is painted before the catalogue, which takes most of a second to load, is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from monitor.plan import Plan
from monitor.plans.before import Before
from monitor.session import Session

NO_PLAN = "Without a plan"


class StoreError(Exception):
    """People and plans cannot be read or written; the message is one sentence for a person."""


class LockedError(StoreError):
    """The list of people opens to a therapist's PIN only."""


class WrongPinError(StoreError):
    """That was no therapist's PIN, or it came too early. wait_s: until the next one counts."""

    def __init__(self, wait_s: int) -> None:
        """Say how long to wait."""
        super().__init__(f"That PIN is not right: wait {wait_s} s.")
        self.wait_s = wait_s


class ToldAlreadyError(StoreError):
    """Somebody else has told another thing meanwhile, and that stays; one sentence for a person."""


@dataclass(frozen=True, slots=True)
class WaitingMorning:
    """A session whose morning-after pain is missing. when: its start, local time."""

    session_id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person to choose. waiting: a session to ask about now, because its morning after has come."""

    code: str
    name: str
    last_session: date | None
    waiting: WaitingMorning | None


@dataclass(frozen=True, slots=True)
class Today:
    """What is planned. suggestion: what somebody may ask about first; source: where the plan comes from."""

    title: str
    stage: int | None
    plans: tuple[Plan, ...]
    suggestion: str | None = None
    source: str | None = None


class VisitStore(Protocol):
    """People, plans and sessions. All but those that file raise StoreError."""

    def people(self) -> tuple[PersonRow, ...]:
        """Return everybody, in the order of their codes. Raises LockedError where a PIN opens the list."""
        ...

    def unlock(self, pin: str) -> tuple[PersonRow, ...]:
        """Return everybody to whoever knows a therapist's PIN. Raises WrongPinError."""
        ...

    def add_person(self, name: str) -> PersonRow:
        """Add somebody under the next free code."""
        ...

    def today(self, code: str | None) -> Today:
        """Return what is planned for a person; None: for nobody in particular."""
        ...

    def templates(self) -> tuple[Today, ...]:
        """Return the plans to start from, in their order."""
        ...

    def choose_plan(self, code: str, today: Today) -> None:
        """Make something a person's plan from today on, in the place of the one before."""
        ...

    def report_morning(
        self, session_id: str, pain: int, back_to_usual: bool, instead_of: tuple[int, bool] | None = None
    ) -> None:
        """Enter how it was on the morning after a session. instead_of: what this corrects.

        Raises ToldAlreadyError if something else was told.
        """
        ...

    def file_finished(self, recording: Path) -> str | None:
        """Enter a recording that was finished later, as nobody's; return a sentence where that failed."""
        ...

    def file_visit(self, code: str | None, recording: Path, session: Session, before: Before) -> str | None:
        """Enter a session that has just been recorded; return a sentence where that failed."""
        ...
