"""Every page of a visit in every state, made by the same state machines as a real visit.

For the pictures in `docs/images` (`make screenshots`) and for the tests that look whether all words fit. The
people and their sessions are made up.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from analysis.calibration_guide import WORDS, AdviceKind
from drivers.link import FoundSensor
from drivers.source import LinkState
from monitor.dashboard.language import Language, Spoken
from monitor.dashboard.pages.texts import said
from monitor.dashboard.patient_window import PatientWindow
from monitor.dashboard.scenes import BRIDGE, NORDIC, Scene, sets
from monitor.dashboard.show import application
from monitor.dashboard.theme import ThemeName
from monitor.known_sensors import LastSensor
from monitor.plans import progression
from monitor.plans.sentence import sentence
from monitor.plans.templates import TEMPLATES
from monitor.plans.texts import ASK_FIRST, STOP_NOW
from monitor.session import (
    CalibrationAdvice,
    CalibrationFailed,
    Command,
    LinkChanged,
    ReportPain,
    StartCalibration,
    SuddenPain,
    Tick,
)
from monitor.snapshot import Snapshot
from monitor.unfinished import Unfinished
from monitor.visit import Air, Visit, begin_visit
from monitor.visit_store import NO_PLAN, PersonRow, Today, WaitingMorning, templates
from recordings.live_file import trouble_text

TODAY = date(2026, 11, 30)
MARIE = PersonRow(
    "P-001", "Marie", date(2026, 11, 28), WaitingMorning("s1", datetime(2026, 11, 28, 18, 5, tzinfo=UTC))
)
JONAS = PersonRow("P-002", "Jonas", date(2026, 11, 29), None)
ELIF = PersonRow("P-003", "Elif", None, None)
SINGLE = TEMPLATES[3]
PLAN = Today(
    SINGLE.title,
    SINGLE.stage,
    (SINGLE.for_side("left"),),
    None,
    SINGLE.source,
)
BOTH = Today("Bridges and Nordics", None, (BRIDGE, NORDIC))
NOTHING = Today(NO_PLAN, None, (BRIDGE,))
SENSOR = FoundSensor("WT901BLE67", "F0:57:90:1A:00:01", "witmotion", -52)
OTHER = FoundSensor("Movesense 174630000192", "F0:57:90:1A:00:02", "movesense", -71)
NAMESAKE = replace(SENSOR, address="F0:57:90:1A:00:03", rssi_dbm=-74)
LAST = LastSensor(SENSOR.address, SENSOR.driver, SENSOR.name, "left")


@dataclass
class StillHost:
    """A visit that stands still."""

    visit: Visit
    air: Air
    snapshot: Snapshot | None
    unfinished: Unfinished | None = None
    recording_path: Path | None = None

    def save_elsewhere(self, path: Path) -> None:
        """Do nothing."""

    def finish_unfinished(self) -> None:
        """Do nothing."""

    def take(self, item: object) -> None:
        """Do nothing."""

    def command(self, command: Command) -> None:
        """Do nothing."""

    def look(self) -> None:
        """Do nothing."""

    def keep_choice(self, language: Language, theme: ThemeName) -> None:
        """Do nothing."""


def _silent(state: LinkState, text: str, **more: object) -> Snapshot:
    return Scene(calibrated=False).picture(
        state,
        text,
        **{"rate_hz": None, "data_host_ns": None, "newest_s": 0.0, "battery_percent": None, **more},
    )


def _advised(kind: AdviceKind, cue: str | None, progress: float) -> Snapshot:
    scene = Scene(calibrated=False).streaming().do(StartCalibration(), 5.0)
    headline, detail = WORDS[kind]
    return scene.do(CalibrationAdvice(headline, detail, progress, cue), 6.0).picture()  # pyright: ignore[reportArgumentType]


def states() -> dict[str, StillHost]:
    """Return a host for each page in each of its states, by a name for its picture."""
    new = begin_visit(limits_seen=False).visit
    who = begin_visit(limits_seen=True, last=LAST).visit
    known = replace(who, people=(MARIE, JONAS, ELIF))
    told = said(sentence(progression.ASK, sessions=2, criteria=SINGLE.next_step or ""))
    jonas = replace(known, person=JONAS, past=("who",), today=replace(PLAN, suggestion=told))
    at_sensor = replace(jonas, step="sensor", past=("who", "plan", "today"))
    chosen = replace(at_sensor, sensor=SENSOR, side="left", opened=True, found=(SENSOR,))
    live = replace(chosen, past=(*chosen.past, "sensor"), begun=True)
    quiet = Air(searched=True)
    off = Air("Bluetooth is switched off; switch it on and try again", searched=True)
    denied = Air(
        "The system does not let this program use Bluetooth; allow it in the privacy settings and try again",
        searched=True,
    )
    broken = "The catalogue cannot be read: what is stored in it is damaged."
    ready = Scene(calibrated=False).streaming().do(Tick(), 1.0)
    failed = Scene(calibrated=False).streaming().do(StartCalibration(), 1.0)
    failed.do(CalibrationFailed(f"Not calibrated yet. {'. '.join(WORDS['stand still'])}"), 61.0)
    checking = Scene(calibrated=False, known=True).streaming().do(Tick(), 1.0)
    calm = Scene(BRIDGE).streaming().do(Tick(), 9.0)
    kneel = Scene(NORDIC).streaming().do(Tick(), 9.0)
    first = (3.1, 2.2, 3.0, 3.9, 2.9)
    running = Scene(NORDIC).streaming().nordics((3.1, 2.2, 3.0), 10.0).lowering(2.4)
    after = Scene(NORDIC).streaming().nordics(first, 10.0)
    rest = Scene(NORDIC).streaming().nordics(first, 10.0)
    rest.do(ReportPain(2), rest.session.now_s + 5).do(Tick(), rest.session.now_s + 24)
    over = Scene(NORDIC).streaming().nordics(first, 10.0)
    over.do(ReportPain(7), over.session.now_s + 5).do(Tick(), over.session.now_s + 6)
    sudden = Scene(NORDIC).streaming().nordics((3.1, 2.2), 10.0)
    sudden.do(SuddenPain(), sudden.session.now_s + 1)
    rested = Scene(NORDIC).streaming().nordics(first, 10.0)
    rested.do(ReportPain(1), rested.session.now_s + 5).do(Tick(), rested.session.now_s + 100)
    lost = Scene(NORDIC).streaming().nordics(first, 10.0)
    lost.do(ReportPain(1), lost.session.now_s + 5).do(LinkChanged("lost"), lost.session.now_s + 10)
    done = Scene(replace(NORDIC, sets=2, rest_between_sets_s=20)).streaming()
    done.nordics(first, 10.0).do(ReportPain(2), done.session.now_s + 5)
    done.nordics((3.0, 3.2, None, 2.8, 3.3), done.session.now_s + 30).do(
        ReportPain(3), done.session.now_s + 5
    )
    hurt = Scene(replace(NORDIC, sets=1)).streaming().nordics(first, 10.0)
    hurt.do(ReportPain(8), hurt.session.now_s + 5)

    full = trouble_text(OSError(errno.ENOSPC, ""), Path())

    def host(visit: Visit, snapshot: Snapshot | None = None, air: Air = quiet) -> StillHost:
        return StillHost(visit, air, snapshot)

    def at(step: str, snapshot: Snapshot) -> StillHost:
        return host(replace(live, step=step, session=snapshot.session, asked=9), snapshot)  # pyright: ignore[reportArgumentType]

    return {
        "limits": host(new),
        "limits-again": host(replace(known, step="limits", past=("who",))),
        "who-loading": host(who),
        "who-empty": host(replace(who, people=())),
        "who": host(known),
        "who-unfinished": StillHost(known, quiet, None, Unfinished(1)),
        "who-broken": host(replace(who, trouble=broken)),
        "name": host(replace(known, step="name", past=("who",))),
        "morning": host(replace(known, step="morning", person=MARIE, past=("who",))),
        "plan": host(replace(jonas, step="plan")),
        "plan-two": host(replace(jonas, step="plan", today=BOTH)),
        "plan-none": host(replace(jonas, step="plan", today=NOTHING)),
        "plan-loading": host(replace(jonas, step="plan", today=None)),
        "templates": host(
            replace(
                jonas,
                step="templates",
                past=("who", "plan"),
                templates=templates(),
            )
        ),
        "exercise": host(replace(known, step="exercise", past=("who",))),
        "today": host(replace(jonas, step="today", past=("who", "plan"))),
        "today-ticked": host(
            replace(jonas, step="today", past=("who", "plan"), stops=(ASK_FIRST[1],), pain=4)
        ),
        "advice": host(
            replace(jonas, step="advice", past=("who", "plan", "today"), stops=(ASK_FIRST[1],), pain=7)
        ),
        "advice-now": host(
            replace(jonas, step="advice", past=("who", "plan", "today"), stops=(STOP_NOW[0],))
        ),
        "who-locked": host(replace(who, locked=True)),
        "pin": host(replace(who, step="pin", past=("who",), locked=True)),
        "pin-wrong": host(replace(who, step="pin", past=("who",), locked=True, pin_wait_s=4)),
        "sensor-searching": host(at_sensor, air=Air()),
        "sensor-none": host(at_sensor),
        "sensor-off": host(at_sensor, air=off),
        "sensor-denied": host(at_sensor, air=denied),
        "sensor-others": host(replace(at_sensor, found=(OTHER,))),
        "sensor-choose": host(replace(at_sensor, found=(SENSOR, OTHER), choosing=True)),
        "sensor-same-name": host(replace(at_sensor, found=(SENSOR, NAMESAKE), last=None, choosing=True)),
        "sensor-side": host(replace(at_sensor, sensor=SENSOR, found=(SENSOR,), last=None)),
        "sensor-connecting": host(chosen, _silent("connecting", "Connecting")),
        "sensor-ready": host(replace(chosen, settled=True), ready.picture()),
        "sensor-low": host(replace(chosen, side="right"), ready.picture(battery_percent=7)),
        "sensor-lost": host(chosen, _silent("lost", "Signal lost")),
        "calibrate": at("calibrate", _advised("stand still", None, 0.35)),
        "calibrate-check": at("calibrate", checking.do(StartCalibration(), 2.0).picture()),
        "calibrate-lift": at("calibrate", _advised("lift the knee", "good", 0.5)),
        "calibrate-again": at("calibrate", _advised("turn the sensor", "do it again", 0.2)),
        "calibrate-failed": at("calibrate", failed.picture()),
        "calibrate-lost": at("calibrate", _silent("lost", "Signal lost")),
        "warm-up": at("warm-up", calm.picture()),
        "warm-up-nordic": at("warm-up", kneel.picture()),
        **{f"set-{name}".rstrip("-"): at("set", picture) for name, picture in sets().items()},
        "set-disk-full": at("set", replace(running.picture(), troubles=(full,), recording_trouble=full)),
        "pain": at("pain", after.picture()),
        "effort": at("effort", after.picture()),
        "rest": at("rest", rest.picture()),
        "rest-disk-full": at("rest", replace(rest.picture(), troubles=(full,), recording_trouble=full)),
        "rest-over": at("rest", rested.picture()),
        "stopped": at("stopped", over.picture()),
        "stopped-sudden": at("stopped", sudden.picture()),
        "rest-lost": at("rest", lost.picture("lost", "Signal lost", data_host_ns=0)),
        "summary": at("summary", done.picture()),
        "summary-pain": at("summary", hurt.picture()),
        "summary-empty": at("summary", calm.picture()),
        "demo-over": host(
            replace(live, step="demo over", past=(), person=None, session=done.session), done.picture()
        ),
    }


@contextmanager
def shown(
    host: StillHost, spoken: Spoken, size: tuple[int, int] = (1366, 768), theme: ThemeName = "light"
) -> Iterator[PatientWindow]:
    """Open a window on a still host, in memory."""
    now_ns = host.snapshot.host_ns if host.snapshot else 0
    window = PatientWindow(host, spoken, theme=theme, clock_ns=lambda: now_ns, today=lambda: TODAY)
    window.resize(*size)
    window.refresh()
    try:
        yield window
    finally:
        window.close()
        window.deleteLater()


def save(
    folder: Path,
    *,
    only: str = "",
    languages: tuple[Language, ...] = ("en",),
    themes: tuple[ThemeName, ...] = ("light",),
    size: tuple[int, int] = (1366, 768),
    scale: int = 1,
) -> list[Path]:
    """Write the pictures whose name contains `only` and return their paths. Raises OSError.

    scale: device pixels of a logical one, as on a screen that is set to 200 %.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spoken = Spoken(application())
    made: list[Path] = []
    for language in languages:
        spoken.use(language)
        for name, host in states().items():
            if only not in name:
                continue
            for theme in themes:
                path = folder / f"{name}{_suffix(language, theme, scale)}.png"
                with shown(host, spoken, size, theme) as window:
                    picture = QImage(window.size() * scale, QImage.Format.Format_RGB32)
                    picture.setDevicePixelRatio(scale)
                    window.render(picture)
                    _write(picture, path)
                made.append(path)
    spoken.use("en")
    return made


def _suffix(language: Language, theme: ThemeName, scale: int) -> str:
    parts = (
        "" if language == "en" else f"-{language}",
        "-dark" if theme == "dark" else "",
        "" if scale == 1 else f"-{scale}00",
    )
    return "".join(parts)


def _write(picture: QImage, path: Path) -> None:
    """Write a PNG with the 256 colours it uses most: letters need no more, and it is a third as large."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(picture.constBits(), np.uint32)
    colours, counts = np.unique(pixels, return_counts=True)
    table = [int(colour) for colour in colours[np.argsort(-counts)][:256]]
    flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    small = picture.convertToFormat(QImage.Format.Format_Indexed8, table, flags)
    if not small.save(str(path), quality=0):
        raise OSError(f"the picture {path} could not be written")


def main(folder: Path) -> int:
    """Write every page in English and light, and three of them and all sets otherwise; return the exit code.

    Otherwise: dark, in German, and one as on a screen that is set to 200 %.
    """
    made = save(folder)
    for name in ("sensor-ready", "set", "rest"):
        made += save(folder, only=name, themes=("dark",))
        made += save(folder, only=name, languages=("de",))
    made += save(folder, only="set-bridge", size=(683, 384), scale=2)
    print(f"{len(set(made))} pictures in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
