"""A figure next to its target, and tables of them, for a terminal and for a page."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table. `met` is None where there is no target; `detail` stands in brackets."""

    name: str
    value: str
    target: str = ""
    met: bool | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        return "" if self.met is None else "met" if self.met else "NOT MET"

    @property
    def bracket(self) -> str:
        return f"({self.detail})" if self.detail else ""


@dataclass(frozen=True, slots=True)
class Block:
    """A table of figures under a title; `note` says what they were measured on."""

    title: str
    note: str
    figures: tuple[Figure, ...]

    def text(self) -> str:
        """Columns for a terminal; a long figure without a target runs over the columns of the targets."""
        rows = [
            (figure.name, figure.value, figure.target, figure.verdict, figure.bracket)
            for figure in self.figures
        ]
        aimed = [row for row in rows if row[3]]
        widths = [
            max((len(row[0]) for row in rows), default=0),
            *(max((len(row[column]) for row in aimed), default=0) for column in (1, 2, 3)),
            0,
        ]
        lines = [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            if row[3]
            else f"  {row[0].ljust(widths[0])}  {row[1]} {row[4]}".rstrip()
            for row in rows
        ]
        return "\n".join([f"== {self.title}", f"  ({self.note})", *lines])

    def markdown(self) -> str:
        """The same as Markdown."""
        lines = [
            f"| {figure.name} | {f'{figure.value} {figure.bracket}'.rstrip()} | {figure.target} | "
            f"{figure.verdict} |"
            for figure in self.figures
        ]
        head = ["| | figure | target | |", "| --- | --- | --- | --- |"]
        return "\n".join(
            [f"### {self.title}", "", self.note[:1].upper() + self.note[1:] + ".", "", *head, *lines]
        )


def plain(name: str, value: str, detail: str = "") -> Figure:
    return Figure(name, value, detail=detail)


def at_least(name: str, value: float, target: float, form: str, unit: str = "", detail: str = "") -> Figure:
    """NaN, a figure of nothing, does not meet a target."""
    return Figure(name, shown(value, form, unit), f">= {target:g}{unit}", bool(value >= target), detail)


def at_most(name: str, value: float, target: float, form: str, unit: str = "", detail: str = "") -> Figure:
    return Figure(name, shown(value, form, unit), f"<= {target:g}{unit}", bool(value <= target), detail)


def between(
    name: str, value: float, low: float, high: float, form: str, unit: str = "", detail: str = ""
) -> Figure:
    limits = f"within +-{high:g}{unit}" if low == -high else f"{low:g} to {high:g}{unit}"
    return Figure(name, shown(value, form, unit), limits, bool(low <= value <= high), detail)


def shown(value: float, form: str, unit: str = "") -> str:
    """A value with its unit; infinite is never, and NaN is none."""
    if math.isnan(value):
        return "none"
    return "never" if math.isinf(value) else f"{value:{form}}{unit}"
