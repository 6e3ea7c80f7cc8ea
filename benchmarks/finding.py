"""Print how long the therapist's list takes to find something among 100,000 sessions.

    python benchmarks/finding.py [--sessions N]

The catalogue is that of `benchmarks/catalogue.py` (400 people, one of them with 2,000 sessions; one in a
thousand holds only bridges), made up. Each figure is from the wish to the painted list, in memory at 1366 x
768: the best of several, the median beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from catalogue import OFTEN, fill
from figures import Block, at_most

from monitor.dashboard.show import application
from monitor.review.window import ReviewWindow
from recordings.catalogue import open_catalogue

TIMES = 5
INSTANT_MS = 100.0
"""What people take for at once (Nielsen 1993)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000)
    count = parser.parse_args().sessions
    running = application()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_catalogue(Path(folder) / "catalogue.sqlite3") as catalogue,
    ):
        fill(catalogue, count, random.Random(1))
        windows: list[ReviewWindow] = []

        def opened() -> None:
            window = ReviewWindow(catalogue, "benchmark")
            window.show()
            running.processEvents()
            windows.append(window)

        rows = [timed("opened and painted", opened, 300.0, lambda: None)]
        window = windows[-1]
        found = window.list
        assert found is not None
        found.first.setDate(found.first.date().addYears(-20))
        running.processEvents()

        def painted(work: Callable[[], object]) -> Callable[[], None]:
            def act() -> None:
                work()
                running.processEvents()

            return act

        everything = painted(lambda: (found.search.clear(), found.exercise.setCurrentIndex(0)))
        wishes: tuple[tuple[str, Callable[[], object]], ...] = (
            ("a person by name", lambda: found.search.setText("Name 17")),
            (f"the person with most sessions ({OFTEN})", lambda: found.search.setText(OFTEN)),
            ("one exercise", lambda: found.exercise.setCurrentIndex(1)),
            ("a rare exercise", lambda: found.exercise.setCurrentIndex(2)),
            ("the next page, scrolled to", lambda: found.table.scrollToBottom()),
            ("what needs a look", lambda: found.needing.setChecked(True)),
        )
        for name, work in wishes:

            def before(everything: Callable[[], None] = everything) -> None:
                found.needing.setChecked(False)
                everything()
                found.look()
                running.processEvents()

            limit = INSTANT_MS if name != "what needs a look" else 5 * INSTANT_MS
            rows.append(timed(name, painted(work), limit, before))
    print(Block(f"Finding among {count:,} sessions", "made up, SQLite", tuple(rows)).text())


def timed(name: str, work: Callable[[], None], limit_ms: float, before: Callable[[], None]):
    taken: list[float] = []
    for _ in range(TIMES):
        before()
        begun = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - begun))
    detail = f"median {statistics.median(taken):.0f} ms"
    return at_most(name, min(taken), limit_ms, ".0f", " ms", detail=detail)


if __name__ == "__main__":
    main()
