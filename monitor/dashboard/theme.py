"""Colours of the window, in a light and a dark set.

Hues follow Okabe and Ito's palette for the colour blind (https://jfly.uni-koeln.de/color/), made darker or
lighter until each is readable on its background (WCAG 2.2: 4.5:1 for text, 3:1 for shapes). No colour is ever
the only sign: every verdict has a shape and a word of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.results import PhaseKind
from monitor.plan import MarkKind, Verdict

ThemeName = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb.

    page, panel: backgrounds; text, muted: letters on both; line: hairlines and empty tracks.
    accent: what runs now, and the main button; on_accent: letters on it.
    in_band, too_fast, slower, not_measured: verdicts. trouble, on_trouble: a sentence that asks for action.
    lower_area, still_area, lift_area: shades behind the trace; target_area: where the lowering should end.
    """

    page: str
    panel: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    in_band: str
    too_fast: str
    slower: str
    not_measured: str
    trouble: str
    on_trouble: str
    lower_area: str
    still_area: str
    lift_area: str
    target_area: str

    def of(self, verdict: Verdict) -> str:
        """Return the colour of a verdict."""
        return {
            "in band": self.in_band,
            "too fast": self.too_fast,
            "slower": self.slower,
            "not measured": self.not_measured,
        }[verdict]

    def of_mark(self, kind: MarkKind) -> str:
        """Return the colour of a repetition: of its verdict, and none of its own where nobody is judged."""
        return self.of("not measured" if kind in ("broke", "partial", "given up") else kind)

    def area(self, kind: PhaseKind) -> str:
        """Return the shade of a phase."""
        return {
            "lower": self.lower_area,
            "hold": self.still_area,
            "lift": self.lift_area,
            "return": self.lift_area,
        }[kind]


LIGHT = Theme(
    page="#f4f6f8",
    panel="#ffffff",
    text="#12171d",
    muted="#4b5560",
    line="#c9d0d8",
    accent="#005a94",
    on_accent="#ffffff",
    in_band="#00715a",
    too_fast="#b54300",
    slower="#7a3f9d",
    not_measured="#5b636d",
    trouble="#8c2b00",
    on_trouble="#ffffff",
    lower_area="#d6e6f3",
    still_area="#eceef1",
    lift_area="#f5f1e6",
    target_area="#a9dccd",
)

DARK = Theme(
    page="#0e1318",
    panel="#171e26",
    text="#f2f5f8",
    muted="#aab5c0",
    line="#3a4652",
    accent="#62bdf0",
    on_accent="#07131c",
    in_band="#35cfa6",
    too_fast="#ff9443",
    slower="#d48cf5",
    not_measured="#a4aeb9",
    trouble="#ffb27a",
    on_trouble="#1d0d02",
    lower_area="#1d3a50",
    still_area="#232b34",
    lift_area="#2e2a20",
    target_area="#1c5c4c",
)

THEMES: dict[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}
