"""A replay that can be paused and sought in while the engine measures it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from monitor.engine import Engine
from monitor.session import Command
from monitor.snapshot import Snapshot

if TYPE_CHECKING:
    from recordings.reader import Recording
    from recordings.replay import ReplaySource

SKIP_S = 10.0
KEYS = "Space: pause. Left and right: 10 s back and on."


class Replaying:
    """An engine on a recording, for a window: what `Engine` shows and takes, and pause and seek.

    measuring: makes an engine for a source that plays the recording. Going back begins another one, which is
    given all up to there at once: what it shows is always what was measured from the beginning on.

    All methods and properties may be used from any thread. Use it as a context manager.
    """

    def __init__(
        self,
        recording: Recording,
        speed: float | None,
        measuring: Callable[[ReplaySource], Engine],
        *,
        start_s: float = 0.0,
    ) -> None:
        """Prepare; nothing plays before `start`. Raises ValueError for a speed <= 0."""
        self._recording = recording
        self._speed = speed
        self._measuring = measuring
        self._lock = threading.Lock()
        self._source, self._engine = self._made(start_s)

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture; of a replay that is paused one that does not age."""
        source, shown = self._source, self._engine.snapshot
        told = " ".join(filter(None, (shown.notice, KEYS)))
        if not source.is_paused or shown.ended:
            return replace(shown, notice=told)
        now_ns = time.monotonic_ns()
        told = f"Paused at {source.position_s:.0f} s. Space: go on. Left and right: 10 s back and on."
        data_host_ns = None if shown.data_host_ns is None else now_ns
        return replace(shown, host_ns=now_ns, time_s=shown.newest_s, data_host_ns=data_host_ns, notice=told)

    @property
    def position_s(self) -> float:
        """Time of what was played last, from the beginning of the recording."""
        return self._source.position_s

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._source.is_paused

    def command(self, command: Command) -> None:
        """Hand a command to the session."""
        self._engine.command(command)

    def pause_or_resume(self) -> None:
        """Stand still, or go on."""
        source = self._source
        if source.is_paused:
            source.resume()
        else:
            source.pause()

    def skip(self, seconds: float) -> None:
        """Go on by some seconds at once, or back by a negative number of them; paused it stays so."""
        with self._lock:
            to_s = max(0.0, self._source.position_s + seconds)
            # It may have played on meanwhile.
            if seconds >= 0:
                with contextlib.suppress(ValueError):
                    self._source.seek(to_s)
                return
            is_paused = self._source.is_paused
            self._engine.close()
            source, engine = self._made(to_s)
            if is_paused:
                source.pause()
            self._source, self._engine = source, engine
            engine.start()

    def start(self) -> None:
        """Begin to play."""
        self._engine.start()

    def close(self) -> None:
        """Stop, and wait until it has."""
        with self._lock:
            self._engine.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _made(self, start_s: float) -> tuple[ReplaySource, Engine]:
        from recordings.replay import ReplaySource

        source = ReplaySource(self._recording, self._speed, start_s=start_s)
        return source, self._measuring(source)
