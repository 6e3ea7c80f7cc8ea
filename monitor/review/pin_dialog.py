"""The question for the PIN, before the therapist's window shows anybody's name."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout

from monitor.dashboard.theme import Theme
from monitor.report.words import Words
from monitor.review.style import style_sheet
from recordings.catalogue import Catalogue
from recordings.catalogue.entries import CatalogueError
from recordings.catalogue.pin import WrongPinError


class PinDialog(QDialog):
    """Asks until the PIN is right or nobody wants to be asked any more."""

    def __init__(self, catalogue: Catalogue, theme: Theme, words: Words) -> None:
        """Ask for one of the PINs of a catalogue."""
        super().__init__()
        self._catalogue, self._words = catalogue, words
        self.setWindowTitle(words.translate("review", "Eccentric: review"))
        self.setStyleSheet(style_sheet(theme))
        self.setMinimumWidth(440)
        label = QLabel(words.translate("review", "PIN of a therapist"))
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setMaxLength(12)
        self.field.setAccessibleName(label.text())
        self.said = QLabel()
        self.said.setObjectName("warn")
        self.said.setWordWrap(True)
        self.said.hide()
        self.buttons = QDialogButtonBox()
        self.buttons.addButton(words.translate("review", "Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(words.translate("review", "Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(24, 24, 24, 24)
        rows.setSpacing(12)
        for each in (label, self.field, self.said, self.buttons):
            rows.addWidget(each)

    def accept(self) -> None:
        """Close only for the right PIN; say what is wrong with another."""
        try:
            self._catalogue.unlock(self.field.text())
        except WrongPinError as error:
            self._say(
                self._words.translate(
                    "review",
                    "That PIN is not right. The next try counts in {seconds} s. "
                    "If it is forgotten: {command}",
                ).format(seconds=error.wait_s, command="eccentric catalogue pin clear --forgotten")
            )
        except CatalogueError as error:
            self._say(str(error))
        else:
            super().accept()

    def _say(self, sentence: str) -> None:
        self.field.clear()
        self.field.setFocus()
        self.said.setText(sentence)
        self.said.show()
