"""What `benchmarks/kill.py` kills: the program with a hand that presses and a patient who follows.

    python benchmarks/kill_child.py live FOLDER | review RECORDING | migrate CATALOGUE

Prints a line when something has happened: a page that is reached, a packet that the engine has taken (its
number and the time), a visit that is filed, a correction that is kept.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

BURST = 10
RATE_HZ = 100.0
# The patient moves so much faster than people do.
PACE = 12.0
LOOK_S = 0.6


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def live(folder: Path) -> None:
    """Lead visits one after the other, for as long as it is left alive."""
    import numpy as np
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtTest import QTest

    from analysis.samples import ImuSamples
    from drivers import plain
    from drivers.link import FoundSensor
    from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
    from monitor.dashboard.language import Spoken
    from monitor.dashboard.patient_window import PatientWindow
    from monitor.dashboard.show import application
    from monitor.known_sensors import LastSensor
    from monitor.plan import Plan
    from monitor.plans.before import Before
    from monitor.session import Session
    from monitor.settings import Settings
    from monitor.trainee import Patient
    from monitor.visit_host import Surroundings, VisitHost
    from monitor.visit_store import CatalogueStore, open_store

    start_ns = time.monotonic_ns()
    now_s = [0.0]

    class Sensor:
        info = SensorInfo("plain", "pretended", "pretended", "AA:01", rate_hz=RATE_HZ)

        def __init__(self, plans: tuple[Plan, ...]) -> None:
            self.patient = Patient(plans)

        def follow(self, session: Session) -> None:
            self.patient.follow(session, now_s[0])

        async def packets(self) -> AsyncIterator[SourceItem]:
            now_s[0] = 0.0
            yield LinkStatus(clock_ns(), "streaming", "Receiving")
            samples = self.patient.session.samples
            assert samples.gyr_radps is not None
            columns = np.hstack([samples.acc_mps2, samples.gyr_radps]).T
            say("session")
            for number in itertools.count():
                t_s = (number * BURST + np.arange(BURST)) / RATE_HZ
                now_s[0] = float(t_s[-1])
                at_s = self.patient.course(t_s)
                values = np.column_stack([np.interp(at_s, samples.t_s, column) for column in columns])
                payload = plain.encode(ImuSamples(t_s, values[:, :3], values[:, 3:]))
                yield RawPacket(clock_ns(), plain.CHARACTERISTIC, payload)
                say(f"packet {number} {time.monotonic()}")
                await asyncio.sleep(BURST / RATE_HZ / PACE)

    class Told(CatalogueStore):
        def file_visit(
            self, code: str | None, recording: Path, session: Session, before: Before
        ) -> str | None:
            trouble = super().file_visit(code, recording, session, before)
            say(f"trouble {trouble}" if trouble else "filed")
            return trouble

    def clock_ns() -> int:
        return start_ns + round(1e9 * now_s[0])

    def find(_seconds: float) -> list[FoundSensor]:
        time.sleep(LOOK_S)
        return [FoundSensor("WT901", "AA:01", "witmotion", -50)]

    host = VisitHost(
        Surroundings(
            store=lambda: Told(open_store().rule),
            find=find,
            source=lambda _sensor, plans: Sensor(plans),
            recordings=folder / "recordings",
            folder=folder,
            settings=Settings(limits_seen=True),
            last=LastSensor("AA:01", "witmotion", "WT901", "left"),
        ),
        clock_ns=clock_ns,
    )
    running = application()
    window = PatientWindow(host, Spoken(running), clock_ns=clock_ns)
    keys = {
        "who": Qt.Key.Key_Space,
        "plan": Qt.Key.Key_Space,
        "today": Qt.Key.Key_0,
        "pain": Qt.Key.Key_2,
        "effort": Qt.Key.Key_7,
        "summary": Qt.Key.Key_Space,
    }
    seen: list[str] = []

    def hand() -> None:
        # As it is seen, not as it is by now.
        step = window.screen_shown.step
        if seen[-1:] != [step]:
            say(f"at {step}")
            seen[:] = [step]
        left = host.unfinished
        at_work = left is not None and left.state == "at work"
        if step == "who" and (at_work or not host.visit.people):
            return
        if step == "who" and left is not None and left.state == "found":
            host.finish_unfinished()
            return
        if step == "plan" and host.visit.today is None:
            return
        if step == "summary":
            say("saving")
        if step in keys and step == host.visit.step:
            shown = window.dashboard
            QTest.keyClick(shown if shown is not None and shown.isVisible() else window, keys[step])

    timer = QTimer(window)
    timer.timeout.connect(hand)
    window.show()
    window.run()
    running.processEvents()
    say("painted")
    timer.start(40)
    running.exec()


def review(recording: Path) -> None:
    """Correct a session again and again, the way the window keeps a correction."""
    from monitor.measured_file import measure_file
    from monitor.review.corrected_file import corrections_of, kept
    from monitor.review.edits import WriteNote

    corrections = corrections_of(measure_file(recording))
    say("at review")
    for number in itertools.count(len(corrections.log)):
        corrections = kept(corrections, WriteNote(f"note {number} " + "x" * 300), "KM", time.time_ns())
        say(f"kept {number}")


def migrate(catalogue: Path) -> None:
    """Open a catalogue of an earlier version."""
    from recordings.catalogue import open_catalogue

    say("at migration")
    open_catalogue(catalogue).close()
    say("migrated")
    time.sleep(60)


if __name__ == "__main__":
    {"live": live, "review": review, "migrate": migrate}[sys.argv[1]](Path(sys.argv[2]))
