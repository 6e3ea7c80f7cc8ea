"""A replay under the keys: paused it stands still, and however it is sought in, it measures the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from analysis.results import Event, Rep, RepCompleted
from analysis.samples import ImuSamples
from monitor.dashboard.replay_keys import ReplayKeys
from monitor.dashboard.show import application, show_dashboard
from monitor.engine import Engine, _pipeline
from monitor.live import plans_of
from monitor.measured_file import MeasuredFile, measure_file
from monitor.replaying import Replaying
from recordings import samples as shipped
from recordings.reader import read

LIMIT_S = 120.0


class Listener:
    """The engine's own pipeline; keeps what it tells."""

    def __init__(self, calibration) -> None:
        self.pipeline = _pipeline(calibration)
        self.reps: list[Rep] = []

    def step(self, samples: ImuSamples) -> list[Event]:
        return self._heard(self.pipeline.step(samples))

    def finish(self) -> list[Event]:
        return self._heard(self.pipeline.finish())

    def _heard(self, events: list[Event]) -> list[Event]:
        self.reps += [event.rep for event in events if isinstance(event, RepCompleted)]
        return events


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def measured() -> MeasuredFile:
    return measure_file(shipped.path_of("lowering-too-fast"))


@pytest.fixture
def listeners() -> list[Listener]:
    return []


@pytest.fixture
def replay(measured: MeasuredFile, listeners: list[Listener]) -> Iterator[Replaying]:
    def listen(calibration) -> Listener:
        listeners.append(Listener(calibration))
        return listeners[-1]

    def measuring(source) -> Engine:
        return Engine(
            source,
            None,
            plans_of(measured.analysis.reps),
            calibration=measured.analysis.calibration,
            unattended=True,
            pipeline=listen,
        )

    with Replaying(read(measured.path), 1.0, measuring) as replay:
        yield replay


def test_paused_and_sought_in_it_measures_what_was_measured(
    replay: Replaying, measured: MeasuredFile, listeners: list[Listener]
) -> None:
    duration_s = read(measured.path).duration_s
    wait_until(lambda: replay.position_s > 0.2)
    replay.pause_or_resume()
    wait_until(lambda: replay.is_paused)
    stood_s = replay.position_s
    replay.skip(20.0)
    wait_until(lambda: replay.position_s >= stood_s + 19.9)
    assert replay.position_s <= stood_s + 21
    replay.skip(-10.0)
    wait_until(lambda: replay.position_s >= stood_s + 9.9)
    assert replay.position_s <= stood_s + 11
    assert replay.is_paused
    replay.pause_or_resume()
    replay.skip(duration_s)
    wait_until(lambda: replay.snapshot.ended)
    assert len(listeners) == 2, "going back begins anew"
    assert listeners[-1].reps == list(measured.analysis.reps)


def test_a_picture_of_a_paused_replay_does_not_age_and_says_how_to_go_on(replay: Replaying) -> None:
    wait_until(lambda: replay.snapshot.data_host_ns is not None)
    assert "Space: pause" in (replay.snapshot.notice or "")
    replay.pause_or_resume()
    time.sleep(0.3)
    # A moment later it is as young as ever, whenever this thread is let on.
    wait_until(lambda: (replay.snapshot.data_age_s(time.monotonic_ns()) or 0.0) < 0.2)
    shown = replay.snapshot
    assert shown.time_s == shown.newest_s
    assert (shown.notice or "").startswith("Paused at 0 s. Space: go on.")
    replay.pause_or_resume()
    wait_until(lambda: replay.snapshot.newest_s > shown.newest_s)


def test_back_from_the_beginning_is_the_beginning_and_on_from_the_end_the_end(replay: Replaying) -> None:
    replay.pause_or_resume()
    replay.skip(-10.0)
    assert replay.position_s == 0.0
    replay.skip(10_000.0)
    replay.skip(10_000.0)
    wait_until(lambda: replay.snapshot.ended)


class Asked:
    def __init__(self) -> None:
        self.asked: list[object] = []

    def pause_or_resume(self) -> None:
        self.asked.append("pause")

    def skip(self, seconds: float) -> None:
        self.asked.append(seconds)


def test_the_keys_ask_for_it_and_leave_the_others_to_the_window(replay: Replaying) -> None:
    window = show_dashboard(replay)
    asked = Asked()
    ReplayKeys(window, asked)
    before = window.grab().toImage()
    for key, again in (("Space", False), ("Space", True), ("Right", False), ("Right", True), ("Left", False)):
        code = getattr(Qt.Key, f"Key_{key}")
        event = QKeyEvent(QEvent.Type.KeyPress, code, Qt.KeyboardModifier.NoModifier, "", again)
        application().sendEvent(window, event)
    assert asked.asked == ["pause", 10.0, 10.0, -10.0]
    theme = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier)
    application().sendEvent(window, theme)
    window.refresh()
    assert window.grab().toImage() != before, "T still changes the colours"
    window.halt()
    window.close()
    window.deleteLater()
