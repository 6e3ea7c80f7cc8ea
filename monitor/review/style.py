"""The colours of the patient's window on the ordinary widgets of the therapist's."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from monitor.dashboard.theme import Theme


def named_label(name: str, text: str = "") -> QLabel:
    """Return a label that the style sheet knows by its name."""
    made = QLabel(text)
    made.setObjectName(name)
    return made


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of the review window."""
    return f"""
    QWidget {{ background: {theme.page}; color: {theme.text}; font-size: 14px; }}
    QLabel {{ background: transparent; }}
    QLabel#title {{ font-size: 20px; font-weight: 600; }}
    QLabel#muted {{ color: {theme.muted}; }}
    QLabel#setTitle {{ font-size: 16px; font-weight: 600; }}
    QLabel#figure {{ font-size: 16px; font-weight: 600; }}
    QLabel#small {{ color: {theme.muted}; font-size: 12px; }}
    QLabel#warn {{ color: {theme.trouble}; font-weight: 600; }}
    QLabel#trouble {{ color: {theme.trouble}; font-weight: 600; padding: 8px 14px 0 14px; }}
    QLabel#news {{ padding: 8px 14px 0 14px; }}
    QLabel#chip {{ max-height: 22px; border: 1px solid {theme.line};
        border-radius: 9px; padding: 2px 9px; font-weight: 600; }}
    QFrame#panel {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 6px; }}
    QFrame#panel QWidget {{ background: {theme.panel}; }}
    QPushButton {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 5px;
        padding: 5px 10px; }}
    QPushButton:hover, QPushButton:focus {{ border-color: {theme.accent}; }}
    QPushButton:pressed {{ background: {theme.still_area}; }}
    QPushButton:disabled {{ color: {theme.line}; }}
    QPushButton#main {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {theme.muted}; border-radius: 3px;
        background: {theme.panel}; }}
    QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent}; }}
    QComboBox::drop-down, QDateEdit::drop-down {{ border: 0; width: 18px; }}
    QLineEdit, QComboBox, QDateEdit {{ background: {theme.panel}; border: 1px solid {theme.line};
        border-radius: 5px; padding: 5px 8px; selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QLineEdit:focus, QComboBox:focus, QDateEdit:focus {{ border-color: {theme.accent}; }}
    QSpinBox, QDoubleSpinBox {{ min-height: 27px; }}
    QLabel#preview {{ border: 1px solid {theme.line}; border-radius: 6px; }}
    QComboBox QAbstractItemView {{ background: {theme.panel}; color: {theme.text};
        selection-background-color: {theme.accent}; selection-color: {theme.on_accent}; }}
    QListWidget {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 6px;
        outline: 0; }}
    QListWidget:focus, QTableView:focus {{ border-color: {theme.accent}; }}
    QListWidget::item {{ padding: 7px 8px; color: {theme.text}; }}
    QListWidget::item:selected {{ background: {theme.lower_area}; color: {theme.text}; }}
    QTableView {{ background: {theme.panel}; gridline-color: {theme.page}; border: 1px solid {theme.line};
        border-radius: 6px; selection-background-color: {theme.lower_area}; selection-color: {theme.text};
        outline: 0; }}
    QTableView::item {{ padding: 0 6px; }}
    QHeaderView, QHeaderView::section {{ background: {theme.panel}; color: {theme.muted}; border: 0;
        border-bottom: 1px solid {theme.line}; padding: 4px 6px; font-size: 12px; }}
    QTableCornerButton::section {{ background: {theme.panel}; border: 0; }}
    QScrollBar:vertical {{ background: {theme.panel}; width: 10px; }}
    QScrollBar:horizontal {{ background: {theme.panel}; height: 10px; }}
    QScrollBar::handle {{ background: {theme.line}; border-radius: 5px; min-height: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QSplitter::handle {{ background: {theme.page}; }}
    QToolTip {{ background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line}; }}
    """
