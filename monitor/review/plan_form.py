"""The fields of one exercise of a plan."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from analysis.results import Exercise
from monitor.plan import Plan, Side, Tempo
from monitor.plans.plan_file import LONGEST_NAME, MOST_A_WEEK, RANGES
from monitor.report.words import Words
from monitor.sets import EXERCISE_WORDS

Box = QSpinBox | QDoubleSpinBox
WHOLE = ("sets", "reps", "pain_limit")


class PlanForm(QWidget):
    """Edits one exercise. changed: some field has changed."""

    changed = Signal()

    def __init__(self, words: Words) -> None:
        """Start with some plan."""
        super().__init__()
        self._stage: int | None = None
        self.exercise, self.side, self.variant = QComboBox(), QComboBox(), QLineEdit()
        for each in get_args(Exercise):
            self.exercise.addItem(words.heard(EXERCISE_WORDS[each]), each)
        for side in get_args(Side):
            self.side.addItem(words.heard(side), side)
        self.variant.setMaxLength(LONGEST_NAME)
        self.fields: dict[str, Box] = {name: _box(name) for name in RANGES}
        self.per_week = QSpinBox()
        self.per_week.setRange(0, MOST_A_WEEK)
        self.per_week.setSpecialValueText("–")
        form = QFormLayout()
        form.setVerticalSpacing(7)
        form.addRow(words.translate("review", "Exercise"), self.exercise)
        form.addRow(words.translate("review", "Called"), self.variant)
        form.addRow(words.translate("review", "Leg with the sensor"), self.side)
        for title, names in (
            (words.translate("review", "Sets, repetitions"), ("sets", "reps")),
            (words.translate("review", "Lower, hold (s)"), ("lower_s", "hold_s")),
            (words.translate("review", "Lift, rest in between (s)"), ("lift_s", "rest_s")),
            (words.translate("review", "Rest between sets (s)"), ("rest_between_sets_s",)),
            (words.translate("review", "Pain limit (0 to 10)"), ("pain_limit",)),
        ):
            row = QHBoxLayout()
            for name in names:
                row.addWidget(self.fields[name])
                self.fields[name].setAccessibleName(f"{title}: {name}")
            form.addRow(QLabel(title), row)
        weekly = words.translate("review", "Sessions a week")
        self.per_week.setAccessibleName(weekly)
        self.per_week.valueChanged.connect(lambda _: self.changed.emit())
        form.addRow(weekly, self.per_week)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        for box in (self.exercise, self.side):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.variant.textChanged.connect(lambda _: self.changed.emit())
        for field in self.fields.values():
            field.setLocale(QLocale.Language.German if words.language == "de" else QLocale.Language.English)
            field.valueChanged.connect(lambda _: self.changed.emit())

    def show_plan(self, plan: Plan) -> None:
        """Show a plan; `changed` says nothing of it."""
        was = self.blockSignals(True)
        self._stage = plan.stage
        self.exercise.setCurrentIndex(self.exercise.findData(plan.exercise))
        self.side.setCurrentIndex(self.side.findData(plan.side))
        self.variant.setText(plan.variant)
        for name, field in self.fields.items():
            value = getattr(plan.tempo, name) if hasattr(plan.tempo, name) else getattr(plan, name)
            if isinstance(field, QSpinBox):
                field.setValue(int(value))
            else:
                field.setValue(float(value))
        self.per_week.setValue(plan.sessions_per_week or 0)
        self.blockSignals(was)

    def plan(self) -> Plan:
        """Return what the fields say. The stage of the template it began as stays."""
        seconds = {name: round(float(each.value()), 2) for name, each in self.fields.items()}
        return Plan(
            self.exercise.currentData(),
            self.side.currentData(),
            int(seconds["sets"]),
            int(seconds["reps"]),
            Tempo(seconds["lower_s"], seconds["hold_s"], seconds["lift_s"], seconds["rest_s"]),
            seconds["rest_between_sets_s"],
            int(seconds["pain_limit"]),
            self.variant.text().strip(),
            self._stage,
            self.per_week.value() or None,
        )


def _box(name: str) -> Box:
    low, high = RANGES[name]
    if name in WHOLE:
        whole = QSpinBox()
        whole.setRange(int(low), int(high))
        return whole
    made = QDoubleSpinBox()
    made.setRange(low, high)
    made.setDecimals(1)
    made.setSingleStep(5.0 if high > 300 else 0.5)
    return made
