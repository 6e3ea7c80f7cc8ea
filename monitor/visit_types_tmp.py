"""TEMPORARY: replaced by monitor.visit_store and monitor.plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from monitor.plan import Plan
from monitor.session import Session


class StoreError(Exception):
    """One clear sentence."""


@dataclass(frozen=True, slots=True)
class Before:
    """How it is today."""

    pain: int | None
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingMorning:
    """A session whose morning-after pain is missing."""

    session_id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person to choose."""

    code: str
    name: str
    last_session: date | None
    waiting: WaitingMorning | None


@dataclass(frozen=True, slots=True)
class Today:
    """What is planned today."""

    title: str
    stage: int | None
    plans: tuple[Plan, ...]
    suggestion: str | None
    source: str | None


class VisitStore(Protocol):
    """People and plans."""

    def people(self) -> tuple[PersonRow, ...]: ...  # noqa: D102
    def add_person(self, name: str) -> PersonRow: ...  # noqa: D102
    def today(self, code: str | None) -> Today: ...  # noqa: D102
    def templates(self) -> tuple[Today, ...]: ...  # noqa: D102
    def choose_plan(self, code: str, today: Today) -> None: ...  # noqa: D102
    def report_morning(self, session_id: str, pain: int, back_to_usual: bool) -> None: ...  # noqa: D102
    def file_visit(  # noqa: D102
        self, code: str | None, recording: Path, session: Session, before: Before
    ) -> str | None: ...


STOP_NOW = (
    "Sudden sharp pain, a pop or a bruise at the back of the thigh",
    "Dizziness, chest pain or shortness of breath",
)
ASK_FIRST = (
    "Pain at night or at rest that keeps getting worse",
    "Tingling, numbness or weakness, or pain running down the leg",
    "A recent tear, operation or injection of the hamstring",
    "Hurt wrists or shoulders, or knees that hurt when kneeling",
)
