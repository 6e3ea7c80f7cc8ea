"""The middle of a page: one widget for each kind of body that `screens` knows.

All of them are laid out in design pixels and shown scaled, like the window they stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QWidget

from monitor.dashboard.language import translate
from monitor.dashboard.marks import SetBars
from monitor.dashboard.pages.buttons import BigButton, fitting_font
from monitor.dashboard.pages.pictures import draw_hand_width, draw_leg, draw_posture, leg_outline
from monitor.dashboard.pages.screens import (
    Body,
    Card,
    Cards,
    Field,
    Guide,
    Health,
    Legs,
    PlanLines,
    Result,
    Scales,
    Section,
    Sections,
    Steps,
    Timer,
)
from monitor.dashboard.theme import Theme
from monitor.visit import Input, Leg

Send = Callable[[Input], None]
WRAP = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
LINE_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
LINE_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
MIDDLE = int(Qt.AlignmentFlag.AlignCenter)
GAP = 24.0
# Room round everything for the ring of a button that has the focus.
RING = 5.0
# Of a page with a picture at its right.
LEFT_SHARE = 0.54


class _Name(QLineEdit):
    """A line to write a name in. No name begins with a space: there the space bar goes on, as everywhere."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not self.text():
            event.ignore()
            return
        super().keyPressEvent(event)


class BodyPart(QWidget):
    """Shows one body; what is pressed in it goes to `send`."""

    def __init__(self, parent: QWidget, theme: Theme, send: Send) -> None:
        """Start empty."""
        super().__init__(parent)
        self.theme = theme
        self.unit = 1.0
        self._inset = 0.0
        self.moving = True
        self._send = send
        self._body: Body | None = None
        self._items: dict[BigButton, Input] = {}
        self._buttons: list[BigButton] = []
        self._field = _Name(self)
        self._field.hide()
        self._bars = SetBars(self, theme)
        self._bars.hide()
        self._turn = 0.0
        self.written: list[tuple[QRect, str, QFont, int]] = []

    # -- for the window ------------------------------------------------------------------------------------

    @property
    def buttons(self) -> Sequence[BigButton]:
        """The buttons that are shown, in reading order."""
        return [each for each in self._buttons if not each.isHidden()]

    @property
    def waiting(self) -> Sequence[BigButton]:
        """Those of them that ask for what is not known yet."""
        shown = self._body
        if isinstance(shown, Legs) and shown.side is not None:
            return self.buttons[len(self.buttons) - len(shown.cards) :]
        return self.buttons

    @property
    def field(self) -> QLineEdit | None:
        """The line to write in, where there is one."""
        return self._field if isinstance(self._body, Field) else None

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self._bars.set_theme(theme)
        for button in self._buttons:
            button.set_theme(theme)
        self.update()

    def show_body(self, body: Body, unit: float, inset: float = 0.0) -> None:
        """Show a body; buttons stay the same objects while their number does, so that the focus stays.

        inset: where the left column of a page with a picture begins, below its headline (design pixels).
        """
        changed = body != self._body or unit != self.unit or inset != self._inset
        self._body, self.unit, self._inset = body, unit, inset
        if changed:
            self._arrange()
            self.update()

    def turn(self, seconds: float) -> None:
        """Let what waits show that it waits; without movement where none is wanted."""
        if self.moving and isinstance(self._body, Legs) and self._body.searching:
            self._turn = seconds
            self.update()

    def digit(self, number: int) -> bool:
        """Choose a number by its key, where there is one scale. Return whether there was."""
        scales = self._scales()
        if scales is None or len(scales.scales) != 1:
            return False
        self._send(scales.scales[0].item(number))
        return True

    def resizeEvent(self, _event: object) -> None:
        """Put everything in its place again."""
        self._arrange()

    # -- the parts -----------------------------------------------------------------------------------------

    def _scales(self) -> Scales | None:
        if isinstance(self._body, Health):
            return self._body.scales
        return self._body if isinstance(self._body, Scales) else None

    def _arrange(self) -> None:
        """Make, name and place the buttons of the body."""
        body = self._body
        self._used = 0
        self._field.setVisible(isinstance(body, Field))
        self._bars.hide()
        match body:
            case Cards():
                self._place_cards(body.cards, QRectF(0, 0, self._w, self._h))
            case Health():
                self._place_checks(body)
                self._place_scales(body.scales, self._h - 162, 162)
            case Scales():
                self._place_scales(body, *self._scales_span(body))
            case Legs():
                self._place_legs(body)
            case Field():
                self._place_field(body)
            case Timer():
                if body.summary is not None:
                    self._bars.set_unit(self.unit)
                    self._bars.show_summary(body.summary)
                    self._bars.setAccessibleName(translate("set", "Repetitions of this set"))
                    self._put(self._bars, QRectF(self._w * 0.50, 56, self._w * 0.50, self._h - 56))
                    self._bars.show()
            case _:
                pass
        for spare in self._buttons[self._used :]:
            if spare.hasFocus():
                # Else it would go to whatever comes next, such as the other leg.
                self.window().setFocus()
            spare.hide()

    @property
    def _w(self) -> float:
        return self.width() / self.unit - 2 * RING

    @property
    def _h(self) -> float:
        return self.height() / self.unit - 2 * RING

    def _put(self, part: QWidget, place: QRectF) -> None:
        unit, ring = self.unit, RING if isinstance(part, BigButton) else 0.0
        place = place.translated(RING, RING).adjusted(-ring, -ring, ring, ring)
        part.setGeometry(
            round(place.x() * unit),
            round(place.y() * unit),
            round(place.right() * unit) - round(place.x() * unit),
            round(place.bottom() * unit) - round(place.y() * unit),
        )

    def _button(self, look: str, item: Input, place: QRectF, pixels: float) -> BigButton:
        if self._used == len(self._buttons):
            made = BigButton(self, self.theme)
            made.clicked.connect(lambda: self._send(self._items[made]))
            self._buttons.append(made)
        button = self._buttons[self._used]
        self._used += 1
        self._items[button] = item
        button.set_look(look)  # pyright: ignore[reportArgumentType]
        button.setCheckable(look in ("number", "check"))
        button.set_unit(self.unit, pixels)
        self._put(button, place)
        button.show()
        return button

    def _place_cards(self, cards: Sequence[Card], place: QRectF) -> None:
        if not cards:
            return
        pictured = any(card.posture for card in cards)
        columns = min(3, len(cards)) if not pictured else min(3, max(2, len(cards)))
        rows = -(-len(cards) // columns)
        wide = (place.width() - GAP * (columns - 1)) / columns
        if len(cards) == 1:
            wide = min(wide, 460)
        tall = min((place.height() - GAP * (rows - 1)) / rows, 400.0 if pictured else 184.0)
        for index, card in enumerate(cards):
            row, column = divmod(index, columns)
            spot = QRectF(place.x() + column * (wide + GAP), place.y() + row * (tall + GAP), wide, tall)
            pixels = 34 if pictured else 30 if tall > 130 else 24
            button = self._button("card", card.item, spot, pixels)
            button.show_words(card.title, card.text, card.remark, card.posture)

    def _place_checks(self, body: Health) -> None:
        columns, tall = 2, 52.0
        wide = (self._w - GAP) / columns
        for index, check in enumerate(body.checks):
            row, column = divmod(index, columns)
            place = QRectF(column * (wide + GAP), 38 + row * (tall + 7), wide, tall)
            button = self._button("check", check.item, place, 19)
            button.show_words(check.words)
            button.setChecked(check.ticked)

    def _scales_span(self, body: Scales) -> tuple[float, float]:
        """Return where the scales begin and how tall they are: a single one is large and in the middle."""
        if len(body.scales) > 1:
            return 0.0, min(self._h, 190.0 * len(body.scales))
        tall = min(self._h - 60, 176.0)
        return 60.0 + 0.3 * (self._h - 60 - tall), tall

    def _place_scales(self, scales: Scales, top: float, tall: float) -> None:
        each = tall / len(scales.scales)
        head = 44.0 if any(scale.title for scale in scales.scales) else 0.0
        gap = 14.0
        size = each - head - 40.0
        wide = (self._w - 10 * gap) / 11
        for row, scale in enumerate(scales.scales):
            y = top + row * each + head
            for score in range(11):
                place = QRectF(score * (wide + gap), y, wide, size)
                button = self._button("number", scale.item(score), place, 40)
                button.show_words(str(score))
                button.setAccessibleName(scale.spoken.format(score=score))
                button.setChecked(scale.chosen == score)

    def _place_legs(self, body: Legs) -> None:
        picture = self._legs_place
        below = picture.bottom() + 16
        for index, button in enumerate((body.left, body.right)):
            if button.item is None:
                continue
            x = picture.center().x() + (-178 if index == 0 else 10)
            side: Leg = "left" if index == 0 else "right"
            look = "main" if body.side == side else "quiet"
            made = self._button(look, button.item, QRectF(x, below, 168, 60), 24)
            made.show_words(button.words)
            made.setAccessibleDescription(body.hint)
        top = self._inset
        for card in body.cards:
            made = self._button("card", card.item, QRectF(0, top, self._w * LEFT_SHARE, 100), 26)
            made.show_words(card.title, card.text, card.remark)
            top += 116

    @property
    def _legs_place(self) -> QRectF:
        return QRectF(self._w * 0.60, 0, self._w * 0.40, self._h - 80)

    def _place_field(self, body: Field) -> None:
        field, theme, unit = self._field, self.theme, self.unit
        field.setAccessibleName(body.label)
        field.setPlaceholderText(body.label)
        field.setMaxLength(60)
        hidden = QLineEdit.EchoMode.Password if body.hidden else QLineEdit.EchoMode.Normal
        field.setEchoMode(hidden)
        field.setStyleSheet(
            f"QLineEdit {{ background: {theme.panel}; color: {theme.text}; border: 2px solid {theme.line};"
            f" border-radius: {round(12 * unit)}px; padding: 0 {round(20 * unit)}px;"
            f" font-size: {round(34 * unit)}px; selection-background-color: {theme.accent}; }}"
            f"QLineEdit:focus {{ border-color: {theme.accent}; }}"
        )
        self._put(field, QRectF(0, 10, 640, 84))

    # -- painting ------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what is no button."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.unit, self.unit)
        painter.translate(RING, RING)
        self.written.clear()
        match self._body:
            case Sections():
                self._paint_sections(painter, self._body.sections)
            case Health():
                self._write(painter, QRectF(0, 0, self._w, 34), self._body.title, 22, self.theme.muted)
                self._paint_scales(painter, self._body.scales, self._h - 162, 162)
            case Scales():
                self._paint_scales(painter, self._body, *self._scales_span(self._body))
            case PlanLines():
                self._paint_plan(painter, self._body)
            case Legs():
                self._paint_legs(painter, self._body)
            case Guide():
                self._paint_guide(painter, self._body)
            case Timer():
                self._paint_timer(painter, self._body)
            case Result():
                self._paint_result(painter, self._body)
            case Steps():
                self._paint_steps(painter, self._body)
            case _:
                pass
        painter.end()
        # What is only painted is read out too.
        said = "\n".join(text for _, text, *_ in self.written)
        if said != self.accessibleName():
            self.setAccessibleName(said)

    def _write(
        self,
        painter: QPainter,
        place: QRectF,
        text: str,
        pixels: float,
        colour: str,
        flags: int = LINE_LEFT,
        *,
        bold: bool = False,
    ) -> None:
        rect = place.toRect()
        font = fitting_font(self.font(), text, rect, pixels, bold=bold, flags=flags)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(rect, flags, text)
        self.written.append((rect, text, font, flags))

    def _panel(self, painter: QPainter, place: QRectF) -> None:
        painter.setPen(QPen(QColor(self.theme.line), 1.5))
        painter.setBrush(QColor(self.theme.panel))
        painter.drawRoundedRect(place, 14, 14)

    def _paint_sections(self, painter: QPainter, sections: Sequence[Section]) -> None:
        if not sections:
            return
        columns = 1 if len(sections) == 1 else 2
        rows = -(-len(sections) // columns)
        wide = min((self._w - GAP * (columns - 1)) / columns, 900)
        tall = min((self._h - GAP * (rows - 1)) / rows, 210.0)
        for index, section in enumerate(sections):
            row, column = divmod(index, columns)
            place = QRectF(column * (wide + GAP), row * (tall + GAP), wide, tall).adjusted(1, 1, -1, -1)
            self._panel(painter, place)
            bar = QRectF(place.x() + 26, place.y() + 28, 5, place.height() - 56)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.trouble if section.tone == "warn" else self.theme.accent))
            painter.drawRoundedRect(bar, 2.5, 2.5)
            text = QRectF(place.x() + 52, place.y() + 22, place.width() - 76, 36)
            self._write(painter, text, section.heading, 25, self.theme.text, bold=True)
            below = QRectF(text.x(), text.bottom() + 8, text.width(), place.bottom() - text.bottom() - 26)
            self._write(painter, below, section.text, 22, self.theme.muted, WRAP)

    def _paint_scales(self, painter: QPainter, scales: Scales, top: float, tall: float) -> None:
        each = tall / len(scales.scales)
        head = 44.0 if any(scale.title for scale in scales.scales) else 0.0
        size = each - head - 40.0
        if scales.fact:
            self._write(painter, QRectF(0, 0, self._w, 34), scales.fact, 24, self.theme.muted)
        for row, scale in enumerate(scales.scales):
            y = top + row * each
            if scale.title:
                self._write(painter, QRectF(0, y, self._w, 36), scale.title, 25, self.theme.text, bold=True)
            below = QRectF(1, y + head + size + 4, self._w - 2, 32)
            self._write(painter, below, scales.low, 20, self.theme.muted)
            self._write(painter, below, scales.high, 20, self.theme.muted, LINE_RIGHT)

    def _paint_plan(self, painter: QPainter, body: PlanLines) -> None:
        if not body.lines:
            return
        foot = 96.0 if body.source else 0.0
        tall = min((self._h - foot - GAP * (len(body.lines) - 1)) / len(body.lines), 150.0)
        for index, line in enumerate(body.lines):
            place = QRectF(0, index * (tall + GAP), self._w, tall).adjusted(1, 1, -1, -1)
            self._panel(painter, place)
            picture = QRectF(place.x() + 30, place.y() + 16, 150, tall - 34)
            draw_posture(painter, picture, line.posture, self.theme)
            x, middle = place.x() + 216, place.center().y()
            wide = place.width() * 0.5
            self._write(painter, QRectF(x, middle - 42, wide, 42), line.title, 32, self.theme.text, bold=True)
            self._write(painter, QRectF(x, middle + 4, wide, 34), line.tempo, 23, self.theme.muted)
            right = QRectF(place.right() - 36 - 300, middle - 30, 300, 60)
            self._write(painter, right, line.amount, 32, self.theme.text, LINE_RIGHT, bold=True)
        if body.source:
            foot_place = QRectF(0, len(body.lines) * (tall + GAP) - 6, self._w, foot)
            self._write(painter, foot_place, body.source, 18, self.theme.muted, WRAP)

    def _paint_legs(self, painter: QPainter, body: Legs) -> None:
        place = self._legs_place
        painter.save()
        sides: tuple[Leg, Leg] = ("left", "right")
        for side in sides:
            draw_leg(
                painter,
                place,
                side,
                self.theme,
                worn=None if body.side is None else body.side == side,
                unit=1.0,
            )
        painter.restore()
        if body.side is not None:
            draw_hand_width(painter, place, body.side, self.theme, 1.0)
        y = self._inset + 116.0 * len(body.cards)
        if body.sensor is not None:
            self._paint_sensor(painter, body, QRectF(1, y + 1, self._w * LEFT_SHARE - 2, 122))
            y += 144
        self._write(painter, QRectF(0, y, self._w * LEFT_SHARE, 68), body.hint, 24, self.theme.muted, WRAP)
        if body.searching:
            self._paint_search(painter, QPointF(8, y + 84))

    def _paint_search(self, painter: QPainter, at: QPointF) -> None:
        """Five dots, of which one is lit: what has no end has no bar."""
        lit = int(self._turn * 4) % 5
        painter.setPen(Qt.PenStyle.NoPen)
        for index in range(5):
            on = index == lit or not self.moving
            painter.setBrush(QColor(self.theme.accent if on else self.theme.line))
            painter.drawEllipse(at + QPointF(index * 26, 0), 7, 7)

    def _paint_sensor(self, painter: QPainter, body: Legs, place: QRectF) -> None:
        sensor, theme = body.sensor, self.theme
        if sensor is None:
            return
        self._panel(painter, place)
        dot = {"good": theme.in_band, "warn": theme.trouble, "calm": theme.accent}[sensor.tone]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(dot))
        painter.drawEllipse(QPointF(place.x() + 44, place.y() + 46), 11, 11)
        if sensor.tone != "good":
            painter.setBrush(QColor(theme.panel))
            painter.drawEllipse(QPointF(place.x() + 44, place.y() + 46), 5, 5)
        x = place.x() + 72
        battery_w = 150.0 if sensor.battery_percent is not None else 0.0
        self._write(
            painter,
            QRectF(x, place.y() + 24, place.width() - 100 - battery_w, 44),
            sensor.name,
            28,
            theme.text,
            bold=True,
        )
        self._write(
            painter, QRectF(x, place.y() + 70, place.width() - 110, 34), sensor.state, 22, theme.muted
        )
        if sensor.battery_percent is not None:
            self._paint_battery(painter, QPointF(place.right() - 150, place.y() + 46), sensor.battery_percent)

    def _paint_battery(self, painter: QPainter, at: QPointF, percent: int) -> None:
        theme = self.theme
        low = percent <= 20
        shell = QRectF(at.x(), at.y() - 13, 46, 26)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.muted), 2.5))
        painter.drawRoundedRect(shell, 5, 5)
        painter.drawLine(QPointF(shell.right() + 4, at.y() - 5), QPointF(shell.right() + 4, at.y() + 5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.trouble if low else theme.in_band))
        inner = shell.adjusted(5, 5, -5, -5)
        inner.setWidth(max(3.0, inner.width() * min(100, percent) / 100))
        painter.drawRoundedRect(inner, 2, 2)
        place = QRectF(shell.right() + 14, at.y() - 18, 80, 36)
        self._write(painter, place, f"{percent} %", 21, theme.trouble if low else theme.text)

    def _paint_guide(self, painter: QPainter, body: Guide) -> None:
        left = self._w * LEFT_SHARE
        place = QRectF(left + 48, 8, self._w - left - 48, self._h - 16)
        draw_posture(painter, place, body.posture, self.theme)
        y = self._inset + 8
        if body.progress is not None:
            bar = QRectF(0, y, left, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.line))
            painter.drawRoundedRect(bar, 8, 8)
            share = QRectF(bar)
            share.setWidth(max(16.0, bar.width() * body.progress))
            painter.setBrush(QColor(self.theme.trouble if body.tone == "warn" else self.theme.accent))
            painter.drawRoundedRect(share, 8, 8)
            y += 40
        if body.note:
            self._write(painter, QRectF(0, y, left, 90), body.note, 22, self.theme.muted, WRAP)

    def _paint_timer(self, painter: QPainter, body: Timer) -> None:
        theme = self.theme
        size = min(self._h - 70, 330.0)
        ring = QRectF(8, 8, size - 16, size - 16)
        width = 18.0
        ring = ring.adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.line), width))
        painter.drawEllipse(ring)
        share = body.left_s / body.total_s if body.total_s > 0 else 0.0
        if share > 0:
            painter.setPen(QPen(QColor(theme.accent), width, c=Qt.PenCapStyle.RoundCap))
            painter.drawArc(ring, 90 * 16, round(360 * 16 * min(1.0, share)))
        minutes, seconds = divmod(round(body.left_s), 60)
        digits = QRectF(ring.x() + 20, ring.center().y() - 66, ring.width() - 40, 96)
        self._write(painter, digits, f"{minutes}:{seconds:02d}", 92, theme.text, MIDDLE, bold=True)
        under = QRectF(ring.x() + 44, ring.center().y() + 34, ring.width() - 88, 54)
        self._write(painter, under, body.caption, 20, theme.muted, MIDDLE | int(Qt.TextFlag.TextWordWrap))
        self._write(
            painter,
            QRectF(0, size + 12, self._w * 0.46, self._h - size - 12),
            body.following,
            24,
            theme.text,
            WRAP,
        )
        if body.summary is not None:
            self._write(
                painter, QRectF(self._w * 0.50, 0, self._w * 0.5, 40), body.summary.title, 24, theme.muted
            )

    def _paint_steps(self, painter: QPainter, body: Steps) -> None:
        wide = (self._w - GAP * (len(body.words) - 1)) / len(body.words)
        tall = min(self._h, 380.0)
        for index, words in enumerate(body.words):
            place = QRectF(index * (wide + GAP), 0, wide, tall).adjusted(1, 1, -1, -1)
            self._panel(painter, place)
            picture = place.adjusted(40, 32, -40, -92)
            if index == 0:
                for side in ("left", "right"):
                    draw_leg(painter, picture, side, self.theme, worn=side == "left", unit=0.9)  # pyright: ignore[reportArgumentType]
            else:
                draw_posture(painter, picture, body.postures[index - 1], self.theme)
            caption = QRectF(place.x() + 24, place.bottom() - 74, place.width() - 48, 52)
            flags = MIDDLE | int(Qt.TextFlag.TextWordWrap)
            self._write(painter, caption, words, 25, self.theme.text, flags, bold=True)

    def _paint_result(self, painter: QPainter, body: Result) -> None:
        theme = self.theme
        if not body.lines:
            return
        shares = (0.34, 0.13, 0.16, 0.13, 0.11, 0.13)
        head, row = 46.0, min(64.0, (self._h - 100) / max(1, len(body.lines)))
        panel = QRectF(1, 1, self._w - 2, head + row * len(body.lines) + 12)
        self._panel(painter, panel)
        for index, share in enumerate(shares):
            x = 32 + sum(shares[:index]) * (self._w - 64)
            wide = share * (self._w - 64)
            flags = LINE_LEFT if index == 0 else LINE_RIGHT
            self._write(painter, QRectF(x, 6, wide, head - 6), body.columns[index], 19, theme.muted, flags)
            for number, line in enumerate(body.lines):
                y = head + number * row
                cell = (line.title, line.reps, line.mean, line.on_time, line.pain, line.dose)[index]
                last = index == len(shares) - 1
                self._write(
                    painter, QRectF(x, y, wide, row), cell, 26, theme.text, flags, bold=index == 0 or last
                )
        painter.setPen(QPen(QColor(theme.line), 1.5))
        for number in range(len(body.lines)):
            y = head + number * row
            painter.drawLine(QPointF(24, y), QPointF(self._w - 24, y))
        note = QRectF(0, panel.bottom() + 10, self._w, 34)
        self._write(painter, note, body.note, 19, theme.muted)

    # -- the legs can be tapped themselves -----------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a tap on a leg for the button below it."""
        body = self._body
        if not isinstance(body, Legs):
            return
        at = event.position() / self.unit
        for side, button in (("left", body.left), ("right", body.right)):
            if button.item is not None and leg_outline(self._legs_place, side).contains(at):  # pyright: ignore[reportArgumentType]
                self._send(button.item)
                return


def text_fits(rect: QRect, text: str, font: QFont, flags: int) -> bool:
    """Whether a text lies inside its place in a font."""
    needed = QFontMetrics(font).boundingRect(QRect(0, 0, rect.width(), 100_000), flags, text)
    return needed.width() <= rect.width() and needed.height() <= rect.height()
