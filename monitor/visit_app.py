"""The patient's app: visits one after the other, in a window, with real sensors or a simulated patient."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer

from drivers.link import BleSource, FoundSensor
from drivers.source import Source
from monitor.dashboard.language import Spoken, system_language
from monitor.dashboard.pages.texts import said
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.show import application, preferred_theme
from monitor.encrypting import sealed
from monitor.interrupting import stopped_by_signals
from monitor.known_sensors import data_folder
from monitor.live import find_sensors, remembered_sensor
from monitor.plan import Plan
from monitor.settings import Settings, load_settings
from monitor.sound.output import open_sound
from monitor.visit_host import Surroundings, VisitHost
from monitor.visit_people import VisitStore


def run_visits(*, virtual: bool = False, seconds: float | None = None) -> int:
    """Show the window until it is closed, or until the time is up; return the exit code.

    virtual: the sensor and who wears it are simulated. What could not be kept is said on stderr.
    """
    running = application()
    host = VisitHost(virtual_surroundings() if virtual else real_surroundings())
    spoken = Spoken(running)
    spoken.use(host.settings.language or system_language())
    host.speak(spoken.language)
    window = PatientWindow(host, spoken, theme=host.settings.theme or preferred_theme())
    try:
        if seconds is not None:
            QTimer.singleShot(round(1000 * seconds), running, running.quit)
        with stopped_by_signals(running.quit):
            window.show()
            window.run()
            running.exec()
    finally:
        window.hide()
        window.halt()
        troubles = host.close()
        window.deleteLater()
    for path in host.kept:
        print(f"recorded: {path}")
    for text in troubles:
        print(f"warning: {text}", file=sys.stderr)
    return 0


def real_surroundings() -> Surroundings:
    """Return the world as it is: the radio, the catalogue, the data folder of the user, the loudspeaker."""
    folder = _folder()
    recordings = (folder or Path(tempfile.gettempdir()) / "eccentric") / "recordings"
    return Surroundings(
        store=_store,
        find=find_sensors,
        source=lambda sensor, _plans: BleSource(sensor),
        recordings=recordings,
        folder=folder,
        sound=open_sound,
        sealed=sealed,
        settings=load_settings(folder) if folder is not None else Settings(),
        last=remembered_sensor(),
    )


def virtual_surroundings() -> Surroundings:
    """Return the world with a simulated sensor in reach, worn by a simulated patient."""

    # The virtual radio takes half a second to load: in the threads that need it, once the window is there.

    def find(_seconds: float) -> list[FoundSensor]:
        from drivers.virtual.catalogue import MODELS
        from monitor.virtual_patient import DEFAULT_MODEL

        return [replace(MODELS[DEFAULT_MODEL].found, rssi_dbm=-48)]

    def source(_sensor: FoundSensor, plans: tuple[Plan, ...]) -> Source:
        from monitor.trainee import Trainee

        return Trainee(plans)

    return replace(real_surroundings(), find=find, source=source, last=None)


def _folder() -> Path | None:
    try:
        return data_folder()
    except RuntimeError:
        return None


def _store() -> VisitStore:
    from monitor.visit_store import open_store

    return replace(open_store(), say=said)
