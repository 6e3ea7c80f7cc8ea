"""The figures of a report as one PNG picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from reportlab.graphics.shapes import Drawing

from monitor.dashboard.show import application
from monitor.report.html import svg

PIXELS_A_POINT = 3.0
MARGIN = 12.0
TITLE = 16.0


def write_png(figures: Sequence[tuple[str, Drawing]], path: Path, *, simulated: bool) -> None:
    """Draw figures with their titles below each other; "SIMULATED" across them where they are.

    Raises OSError.
    """
    application()
    wide = max((each.width for _, each in figures), default=100.0)
    high = sum(each.height + MARGIN + TITLE * bool(title) for title, each in figures)
    size = (round((wide + 2 * MARGIN) * PIXELS_A_POINT), round((high + MARGIN) * PIXELS_A_POINT))
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(PIXELS_A_POINT, PIXELS_A_POINT)
    top = MARGIN
    font = QFont("Helvetica")
    font.setBold(True)
    for title, each in figures:
        painter.save()
        if title:
            font.setPixelSize(10)
            painter.setFont(font)
            painter.drawText(QRectF(MARGIN, top, wide, TITLE), title)
            top += TITLE
        painter.restore()
        renderer = QSvgRenderer(QByteArray(svg(each, "").encode("utf-8")))
        renderer.render(painter, QRectF(MARGIN, top, each.width, each.height))
        top += each.height + MARGIN
    if simulated:
        font.setPixelSize(44)
        painter.setFont(font)
        painter.setPen(QColor(140, 43, 0, 40))
        painter.drawText(QRectF(0, 0, wide + 2 * MARGIN, top), int(Qt.AlignmentFlag.AlignCenter), "SIMULATED")
    painter.end()
    if not QPixmap.fromImage(image).save(str(path), "PNG"):
        raise OSError(f"the picture could not be written to {path}: check that its folder exists")
