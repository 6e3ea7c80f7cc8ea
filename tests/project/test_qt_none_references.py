"""PySide6 6.12.0 gives back more references to None than it took, and Python < 3.12 dies of it."""

from __future__ import annotations

import sys

import numpy as np
import pyqtgraph as pg
import pytest


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal since Python 3.12")
def test_repainting_a_plot_keeps_the_reference_count_of_none(qtbot) -> None:
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    curve = plot.plot()
    plot.show()
    frames_painted = 0

    def paint(frame: int) -> None:
        nonlocal frames_painted
        curve.setData(np.sin(np.arange(200) + frame))
        plot.viewport().repaint()
        frames_painted += 1

    for frame in range(20):
        paint(frame)
    before = sys.getrefcount(None)
    for frame in range(200):
        paint(frame)
    lost = before - sys.getrefcount(None)

    assert frames_painted == 220
    # The faulty release loses 20 references a frame; other code may hold a few more or less at any time.
    assert lost < 200, f"{lost} references to None lost in 200 frames"
