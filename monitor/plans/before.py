"""How it is today, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Before:
    """Pain now (0-10, None: not told), and the points of the stop list that hold (`monitor.plans.texts`).

    Raises ValueError if the pain lies outside 0 to 10.
    """

    pain: int | None = None
    stops: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a score that there is not."""
        if self.pain is not None and not 0 <= self.pain <= 10:
            raise ValueError(f"pain is a number from 0 to 10, not {self.pain}")
