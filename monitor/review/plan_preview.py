"""What the patient will see of a plan: the patient's own page, painted small."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from monitor.dashboard.gallery import StillHost
from monitor.dashboard.language import Language, Spoken
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application
from monitor.dashboard.theme import ThemeName
from monitor.visit import Air, begin_visit
from monitor.visit_store import PersonRow, Today

SIZE = (1366, 768)


class PlanPreview(QLabel):
    """Shows the patient's page as a picture."""

    def __init__(self, language: Language) -> None:
        """Start empty."""
        super().__init__()
        self._language: Language = language
        self._picture = QPixmap()
        self.setObjectName("preview")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def show_today(self, today: Today, person: PersonRow | None, theme: ThemeName) -> None:
        """Paint the page for what is planned."""
        visit = replace(begin_visit(limits_seen=True).visit, step="plan", person=person, today=today)
        spoken = Spoken(application())
        spoken.use(self._language)
        window = PatientWindow(
            StillHost(visit, Air(searched=True), None),
            spoken,
            theme=theme,
            clock_ns=lambda: 0,
            today=date.today,
        )
        try:
            window.resize(*SIZE)
            window.refresh()
            self._picture = window.grab()
            self.setAccessibleName(window.screen_shown.headline)
        finally:
            window.close()
            window.deleteLater()
            # The rest of this window speaks through words of its own.
            spoken.use("en")
        self._fit()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keep the picture as large as there is room."""
        self._fit()

    def _fit(self) -> None:
        if self._picture.isNull():
            return
        ratio = self.devicePixelRatioF()
        scaled = self._picture.scaled(
            self.size() * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled.setDevicePixelRatio(ratio)
        self.setPixmap(scaled)
