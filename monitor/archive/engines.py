"""What measures many recordings at once: processes of this machine, or the workers of a Dask scheduler.

Both take the recordings one by one and give an outcome for each as it comes, in no order. A worker that dies
costs nobody else's recording; its own is tried again, and given up after TRIES deaths: then it is the
recording that kills.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for_end

from analysis import ALGORITHM_VERSION
from analysis.results import Exercise
from monitor.archive.measuring import Outcome, measure_item
from monitor.archive.sources import Item
from recordings.format import RecordingError

# Many: somebody may be killing workers for the memory of the machine, and then it is not the recording.
TRIES = 10
# With the scheduler at a time: enough for any number of workers, and little memory where there are 100,000.
_SUBMITTED = 1000
_CONNECT_S = 10


def on_processes(items: Iterable[Item], exercise: Exercise | None, processes: int) -> Iterator[Outcome]:
    """Measure on processes of this machine. Each is a pool of its own, so that a death has one recording."""
    waiting = iter(items)
    running: dict[Future[Outcome], tuple[ProcessPoolExecutor, Item, int]] = {}

    def start(pool: ProcessPoolExecutor, item: Item, tries: int) -> None:
        try:
            future = pool.submit(measure_item, item, exercise)
        except BrokenProcessPool:
            # Killed while it had nothing to do.
            pool = _one_process()
            future = pool.submit(measure_item, item, exercise)
        running[future] = (pool, item, tries)

    try:
        for item in islice(waiting, processes):
            start(_one_process(), item, 1)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                pool, item, tries = running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    pool.shutdown(wait=False)
                    pool = _one_process()
                    if tries < TRIES:
                        start(pool, item, tries + 1)
                        continue
                    outcome = _given_up(item, f"{TRIES} workers")
                following = next(waiting, None)
                if following is None:
                    pool.shutdown(wait=False)
                else:
                    start(pool, following, 1)
                yield outcome
    finally:
        for pool, _, _ in running.values():
            pool.shutdown(wait=False, cancel_futures=True)


def on_scheduler(items: Iterable[Item], exercise: Exercise | None, address: str) -> Iterator[Outcome]:
    """Measure on the workers of a Dask scheduler, which see the recordings under the same names.

    Raises RecordingError without the package or where nobody answers at the address.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise RecordingError(
            "a scheduler needs the package distributed: pip install 'eccentric-monitor[archive]'"
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RecordingError(f"no Dask scheduler answers at {address} ({error})") from error
    with client:
        waiting = iter(items)
        running: dict[object, Item] = {}

        def start(item: Item) -> object:
            future = client.submit(measure_item, item, exercise, pure=False)
            running[future.key] = item
            return future

        coming = as_completed([start(item) for item in islice(waiting, _SUBMITTED)], loop=client.loop)
        for future in coming:
            item = running.pop(future.key)
            following = next(waiting, None)
            if following is not None:
                coming.add(start(following))
            yield _result(future, item)


def _result(future: object, item: Item) -> Outcome:
    from distributed import Future, KilledWorker

    assert isinstance(future, Future)
    try:
        outcome: Outcome = future.result()
    except KilledWorker:
        return _given_up(item, "as many workers as the scheduler allows")
    except Exception as error:
        # Of the worker itself: it lacks the program, say. The others may have it.
        return Outcome(
            item.name, ALGORITHM_VERSION, reason=f"a worker failed ({type(error).__name__}: {error})"
        )
    if outcome.version != ALGORITHM_VERSION:
        reason = f"a worker measures with algorithm {outcome.version}, not {ALGORITHM_VERSION}: update it"
        return Outcome(item.name, ALGORITHM_VERSION, reason=reason)
    return outcome


def _given_up(item: Item, who: str) -> Outcome:
    reason = f"{who} died of it, or were killed while they measured it"
    return Outcome(item.name, ALGORITHM_VERSION, reason=reason)


def _one_process() -> ProcessPoolExecutor:
    # Not forked: pyarrow and the pools have threads.
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Leave an interruption to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_end([sentinel])
    os._exit(1)
