"""What stands behind the patient's window: it carries a visit out.

The visit itself is a state machine (`monitor.visit`); here its effects happen. Sensors are looked for in one
thread, people, plans and recordings are opened and kept in another, one thing after the other, and the
session runs in the engine's own: the window never waits for any of them.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from drivers.link import BluetoothUnavailableError, FoundSensor
from drivers.source import Source
from monitor.engine import CueSink, Engine
from monitor.known_sensors import LastSensor
from monitor.live import keep_calibration, keep_sensor, known_calibration, saved
from monitor.plan import Plan
from monitor.plans.before import Before
from monitor.session import Command, Session, SetSound
from monitor.settings import Language, Settings, SettingsError, Theme, keep_settings
from monitor.snapshot import Snapshot
from monitor.unfinished import Unfinished
from monitor.visit import (
    AddPerson,
    Air,
    CloseSession,
    Effect,
    Input,
    KeepMorning,
    KeepPlan,
    LoadPeople,
    LoadTemplates,
    LoadToday,
    MorningRefused,
    OpenFailed,
    OpenSession,
    PeopleLoaded,
    PeopleLocked,
    PeopleUnlocked,
    PersonAdded,
    RememberLimits,
    Send,
    SensorsFound,
    SessionSeen,
    StoreFailed,
    TemplatesLoaded,
    TodayLoaded,
    UnlockPeople,
    Visit,
    VisitFiled,
    advance_visit,
    begin_visit,
)
from monitor.visit_people import LockedError, StoreError, ToldAlreadyError, VisitStore, WrongPinError

if TYPE_CHECKING:
    from recordings.writer import Recorder

log = logging.getLogger(__name__)

# A sensor says that it is there several times in this time.
LOOK_S = 2.0
# After so many looks in which nothing was found, it is said that nothing is found.
LOOKS_UNTIL_SAID = 3
# A sensor that was not seen in so many looks is out of reach.
LOOKS_REMEMBERED = 3
PAUSE_WITHOUT_BLUETOOTH_S = 2.0


@runtime_checkable
class Follower(Protocol):
    """A simulated patient who does what the session asks for."""

    def follow(self, session: Session) -> None:
        """Take note of the session."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a visit needs of the world.

    store: opens people and plans; may raise StoreError. find: looks for sensors for some seconds; raises
    BluetoothUnavailableError. source: makes the source of a session. folder: the data folder of the user;
    None keeps nothing between visits. sound: opens the loudspeaker. sealed: what is done to a recording when
    it is closed: its path, and a sentence where that failed.
    """

    store: Callable[[], VisitStore]
    find: Callable[[float], list[FoundSensor]]
    source: Callable[[FoundSensor, tuple[Plan, ...]], Source]
    recordings: Path
    folder: Path | None = None
    sound: Callable[[], CueSink | None] = lambda: None
    sealed: Callable[[Path], tuple[Path, str | None]] = lambda path: (path, None)
    settings: Settings = field(default_factory=Settings)
    last: LastSensor | None = None


class Search:
    """Looks for sensors in a thread of its own while it is wanted."""

    def __init__(self, find: Callable[[float], list[FoundSensor]], tell: Callable[[Input], None]) -> None:
        """Begin with not looking."""
        self._find = find
        self._tell = tell
        self._wanted = threading.Event()
        self._over = threading.Event()
        self.air = Air()
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)
        self._thread.start()

    def want(self, wanted: bool) -> None:
        """Look, or do not look any more."""
        if wanted == self._wanted.is_set():
            return
        if wanted:
            self.air = Air()
            self._wanted.set()
        else:
            self._wanted.clear()

    def close(self) -> None:
        """End the thread; a look that goes on is not waited for."""
        self._over.set()
        self._wanted.set()

    def _run(self) -> None:
        looks: list[list[FoundSensor]] = []
        while self._wanted.wait() and not self._over.is_set():
            began_s = time.monotonic()
            try:
                looks.append(self._find(LOOK_S))
            except BluetoothUnavailableError as error:
                self._failed(str(error))
            except Exception as error:
                log.exception("the search for sensors failed")
                self._failed(f"The search for sensors failed ({type(error).__name__})")
            else:
                del looks[:-LOOKS_REMEMBERED]
                found = {each.address: each for look in looks for each in look}
                if self._wanted.is_set() and not self._over.is_set():
                    self.air = Air(searched=len(looks) >= LOOKS_UNTIL_SAID)
                    self._tell(SensorsFound(tuple(sorted(found.values(), key=lambda each: -each.rssi_dbm))))
                # Whoever answers at once is not asked again at once.
                self._over.wait(max(0.0, LOOK_S - (time.monotonic() - began_s)))

    def _failed(self, text: str) -> None:
        self.air = Air(text, searched=True)
        self._over.wait(PAUSE_WITHOUT_BLUETOOTH_S)


class VisitHost:
    """Carries visits out, one after the other, until it is closed.

    All methods are for the thread of the window. `kept`: the recordings that were made.
    """

    def __init__(
        self,
        world: Surroundings,
        *,
        worker: Executor | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Begin the first visit."""
        self._world = world
        self._clock_ns = clock_ns
        self._inbox: queue.SimpleQueue[Input] = queue.SimpleQueue()
        self._worker = worker or ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._store: VisitStore | None = None
        # What this window has told of mornings: it may correct itself, and nobody else.
        self._mornings: dict[str, tuple[int, bool]] = {}
        self._engine: Engine | None = None
        self._recorder: Recorder | None = None
        self._source: Source | None = None
        self._seen: Session | None = None
        self._closed = False
        self._settings = world.settings
        self._language: Language = world.settings.language or "en"
        self.kept: list[Path] = []
        self.troubles: list[str] = []
        self._search = Search(world.find, self._inbox.put)
        begun = begin_visit(limits_seen=world.settings.limits_seen, last=world.last)
        self._visit = begun.visit
        # Catalogue and radio take a second to load: the window is painted first.
        self._first = begun.effects
        self._painted = False
        # What a crash has left; written by the worker, one assignment at a time.
        self._left: tuple[Path, ...] = ()
        self._unfinished: Unfinished | None = None

    # -- for the window ------------------------------------------------------------------------------------

    @property
    def visit(self) -> Visit:
        """Where the visit stands."""
        return self._visit

    @property
    def air(self) -> Air:
        """What the search for sensors says."""
        return self._search.air

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest picture of the session; None while there is none."""
        return self._engine.snapshot if self._engine is not None else None

    @property
    def recording_path(self) -> Path | None:
        """Where the session is recorded; None while there is none."""
        return self._engine.recording_path if self._engine is not None else None

    def save_elsewhere(self, path: Path) -> None:
        """Take the recording to another file and go on there; for any thread. Raises RecordingError."""
        from recordings.format import RecordingError

        engine = self._engine
        if engine is None:
            raise RecordingError("the recording was closed meanwhile")
        engine.save_elsewhere(path)

    @property
    def unfinished(self) -> Unfinished | None:
        """What a crash has left of earlier recordings; None while nothing is known of any."""
        return self._unfinished

    def finish_unfinished(self) -> None:
        """Make closed recordings of what a crash has left, and file them."""
        if self._unfinished is None or self._unfinished.state != "found":
            return
        self._unfinished = replace(self._unfinished, state="at work")
        self._worker.submit(self._finish, self._left)

    @property
    def settings(self) -> Settings:
        """How the window is wanted."""
        return self._settings

    def take(self, item: Input) -> None:
        """Take an input and do what follows from it."""
        if self._unfinished is not None and self._unfinished.state in ("done", "in trouble"):
            self._unfinished = None
        outcome = advance_visit(self._visit, item)
        self._visit = outcome.visit
        self._do(outcome.effects)

    def command(self, command: Command) -> None:
        """Hand a command to the session. How cues are heard is kept for next time."""
        if isinstance(command, SetSound) and (command.mode, command.volume) != (None, None):
            settings = self._settings
            mode, volume = command.mode or settings.sound, command.volume
            self._keep(replace(settings, sound=mode, volume=settings.volume if volume is None else volume))
        if self._engine is not None:
            self._engine.command(command)

    def look(self) -> None:
        """Take in what has happened meanwhile. The first call, for the first picture, starts nothing."""
        if not self._painted:
            self._painted = True
            return
        first, self._first = self._first, ()
        if first:
            self._do(first)
            self._worker.submit(self._look_for_unfinished)
        for _ in range(self._inbox.qsize()):
            self.take(self._inbox.get_nowait())
        self._search.want(not self._visit.opened and self._visit.step != "limits")
        snapshot = self.snapshot
        if snapshot is None or not self._visit.opened or snapshot.session is self._seen:
            return
        self._seen = snapshot.session
        if isinstance(self._source, Follower):
            self._source.follow(snapshot.session)
        self.take(SessionSeen(snapshot.session, snapshot.battery_percent))

    def keep_choice(self, language: Language, theme: Theme) -> None:
        """Keep how the window is wanted for next time; from now on the same language is spoken."""
        self._keep(replace(self._settings, language=language, theme=theme))
        self.speak(language)

    def speak(self, language: Language) -> None:
        """Say numbers and words in this language."""
        self._language = language
        self.command(SetSound(language=language))

    def close(self) -> tuple[str, ...]:
        """End everything: finish the recording, file the visit. Returns what could not be done.

        May be called twice.
        """
        if self._closed:
            return tuple(self.troubles)
        self._closed = True
        self._search.close()
        if self._visit.opened:
            code = self._visit.person.code if self._visit.person else None
            self._do((CloseSession(code, self._visit.before),))
        self._worker.shutdown(wait=True)
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._inbox.get_nowait()
                if isinstance(item, VisitFiled) and item.trouble is not None:
                    self.troubles.append(item.trouble)
        return tuple(self.troubles)

    # -- inside --------------------------------------------------------------------------------------------

    def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self.command(effect.command)
                case RememberLimits():
                    self._keep(replace(self._settings, limits_seen=True))
                case OpenSession():
                    self._worker.submit(self._open, effect)
                case CloseSession():
                    self._close_session(effect)
                case _:
                    self._worker.submit(self._ask_store, effect)

    def _keep(self, settings: Settings) -> None:
        self._settings = settings
        if self._world.folder is None:
            return
        try:
            keep_settings(self._world.folder, settings)
        except SettingsError as error:
            log.warning("%s", error)

    # -- the worker's thread -------------------------------------------------------------------------------

    def _ask_store(self, effect: Effect) -> None:
        try:
            if self._store is None:
                self._store = self._world.store()
            answer = _answer(self._store, effect, self._mornings)
        except ToldAlreadyError as error:
            answer = MorningRefused(str(error))
        except LockedError:
            answer = PeopleLocked()
        except WrongPinError as error:
            answer = PeopleLocked(error.wait_s)
        except StoreError as error:
            answer = StoreFailed(str(error))
        except Exception as error:
            log.exception("people and plans cannot be used")
            answer = StoreFailed(f"People and plans cannot be used now ({type(error).__name__}).")
        if answer is not None:
            self._inbox.put(answer)

    def _open(self, effect: OpenSession) -> None:
        from recordings.format import RecordingError, new_metadata
        from recordings.private import make_private
        from recordings.writer import Recorder

        try:
            source = self._world.source(effect.sensor, effect.plans)
            make_private(self._world.recordings)
            path = _free_name(self._world.recordings)
            recorder = Recorder(path, new_metadata(source.info, side=effect.side))
            if recorder.trouble is not None:
                text = recorder.trouble
                with contextlib.suppress(RecordingError):
                    recorder.close()
                self._inbox.put(OpenFailed(text))
                return
        except (OSError, RecordingError) as error:
            self._inbox.put(OpenFailed(f"The recording cannot be begun ({error})."))
            return
        engine = Engine(
            source,
            recorder,
            effect.plans,
            known=known_calibration(source.info, effect.side),
            keep_calibration=lambda calibration: keep_calibration(source.info, effect.side, calibration),
            sound=self._world.sound(),
            hands_free=True,
            clock_ns=self._clock_ns,
        )
        engine.start()
        engine.command(SetSound(self._settings.sound, self._settings.volume, self._language))
        self._recorder, self._source = recorder, source
        keep_sensor(source.info, effect.side)
        self._engine = engine

    def _look_for_unfinished(self) -> None:
        from recordings.salvage import find_unfinished

        try:
            self._left = find_unfinished(self._world.recordings)
        except OSError as error:
            log.warning("%s cannot be looked at: %s", self._world.recordings, error)
        if self._left:
            self._unfinished = Unfinished(len(self._left))

    def _finish(self, left: Sequence[Path]) -> None:
        from recordings.encryption import is_encrypted
        from recordings.format import RecordingError
        from recordings.salvage import finish

        finished: list[Path] = []
        troubles: list[str] = []
        intact_s = 0.0
        for each in left:
            try:
                path, found = finish(each)
                path, trouble = self._world.sealed(path)
            except (OSError, RecordingError) as error:
                troubles.append(str(error))
                continue
            finished.append(path)
            intact_s += found.intact_s
            if is_encrypted(path):
                troubles.append(
                    f"finished as {path}; {each} stays as it was, not encrypted: delete it yourself"
                )
            troubles += [text for text in (trouble, self._file_finished(path)) if text]
        self.kept += finished
        self._unfinished = Unfinished(
            len(left),
            "in trouble" if troubles else "done",
            tuple(finished),
            intact_s,
            "; ".join(troubles),
        )

    def _file_finished(self, recording: Path) -> str | None:
        try:
            if self._store is None:
                self._store = self._world.store()
            return self._store.file_finished(recording)
        except Exception as error:
            log.exception("a finished recording could not be filed")
            return f"the recording {recording} is kept, but not in the catalogue ({type(error).__name__})"

    def _close_session(self, effect: CloseSession) -> None:
        def close() -> None:
            engine, recorder, source = self._engine, self._recorder, self._source
            self._engine = self._recorder = self._source = None
            if engine is None or recorder is None or source is None:
                return
            engine.close()
            self._inbox.put(VisitFiled(self._file(engine, recorder, effect.code, effect.before)))

        self._worker.submit(close)

    def _file(self, engine: Engine, recorder: Recorder, code: str | None, before: Before) -> str | None:
        """Bring a recording to its place, and the visit into the catalogue; return what could not be done."""
        from recordings.format import RecordingError

        try:
            path = saved(recorder)
            if engine.snapshot.data_host_ns is None:
                # An empty recording would only be one more file to wonder about.
                path.unlink(missing_ok=True)
                return None
            path, trouble = self._world.sealed(path)
        except (OSError, RecordingError) as error:
            return f"The recording could not be finished ({error})."
        self.kept.append(path)
        try:
            if self._store is None:
                self._store = self._world.store()
            not_filed = self._store.file_visit(code, path, engine.snapshot.session, before)
        except StoreError as error:
            not_filed = str(error)
        except Exception as error:
            log.exception("the visit could not be filed")
            not_filed = f"the recording {path} is kept, but not in the catalogue ({type(error).__name__})"
        return not_filed or trouble


def _answer(store: VisitStore, effect: Effect, mornings: dict[str, tuple[int, bool]]) -> Input | None:
    match effect:
        case LoadPeople():
            return PeopleLoaded(store.people())
        case UnlockPeople():
            return PeopleUnlocked(store.unlock(effect.pin))
        case AddPerson():
            return PersonAdded(store.add_person(effect.name))
        case LoadToday():
            return TodayLoaded(store.today(effect.code))
        case LoadTemplates():
            return TemplatesLoaded(store.templates())
        case KeepPlan():
            store.choose_plan(effect.code, effect.today)
            return TodayLoaded(store.today(effect.code))
        case KeepMorning():
            told = effect.pain, effect.back_to_usual
            store.report_morning(effect.session_id, *told, mornings.get(effect.session_id))
            mornings[effect.session_id] = told
            return None
        case _:
            return None


def _free_name(folder: Path) -> Path:
    """Return a name after the time that nothing has yet: two sessions may begin in one second."""
    name = f"session-{datetime.now():%Y%m%d-%H%M%S}"
    path, number = folder / f"{name}.mcap", 2
    while path.exists() or path.with_name(f"{path.name}.part").exists():
        path, number = folder / f"{name}-{number}.mcap", number + 1
    return path
