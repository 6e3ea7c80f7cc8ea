"""An axis of angles, with a true minus and the sign for degrees."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg


class DegreeAxis(pg.AxisItem):
    """The left axis of a plot of thigh angles."""

    def __init__(self) -> None:
        """Stand at the left."""
        super().__init__("left")

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: ARG002 (named by pyqtgraph)
        """Return what stands at the ticks."""
        digits = 0 if spacing >= 1 else 1
        return [f"{value:.{digits}f}°".replace("-", "−") for value in values]
