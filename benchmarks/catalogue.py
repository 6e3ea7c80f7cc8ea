"""Print what a catalogue of 100,000 sessions costs.

    python benchmarks/catalogue.py [--sessions N] [--postgresql | --database postgresql+psycopg://...]

400 people, three sets of five repetitions a session; 2 % of the sessions hold both exercises, one in a
thousand only bridges. In an SQLite file; with --postgresql on a server that is started for it, as the tests
start one; or in a database that is given, which must be empty.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import Block, Figure, at_most, plain
from postgresql import new_database, running_server
from sqlalchemy import Connection, Table, insert

from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue import tables as t
from recordings.catalogue.database import writing
from recordings.catalogue.entries import RepEntry, Score, SessionEntry, SessionFilter, SetEntry
from recordings.catalogue.sqlite_file import back_up, damage, restore

PEOPLE = 400
# One person with far more sessions than anybody has: twice a week for twenty years.
OFTEN = "P001"
OFTEN_SESSIONS = 2_000
DAY_NS = 86_400 * 10**9
START_NS = 1_600_000_000 * 10**9
TARGET_MS = 50.0
ASKED = 200


def exercises_of(number: int) -> tuple[str, ...]:
    if number % 1000 == 0:
        return ("bridge",)
    return ("bridge", "nordic") if number % 50 == 0 else ("nordic",)


def enter(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Enter rows as fast as the database takes them: PostgreSQL by COPY, not by a statement for each."""
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])


def fill(catalogue: Catalogue, count: int, rng: random.Random) -> None:
    """Enter sessions in bulk, past the catalogue's own way in, which is timed apart."""
    with writing(catalogue._engine) as connection:
        people = [
            {"code": f"P{n:03d}", "display_name": f"Name {n}", "version": 1} for n in range(1, PEOPLE + 1)
        ]
        enter(connection, t.people, people)
        ids = list(
            connection.scalars(t.people.select().with_only_columns(t.people.c.id).order_by(t.people.c.id))
        )
        for first in range(0, count, 10_000):
            numbers = range(first, min(first + 10_000, count))
            starts = {n: START_NS + rng.randrange(2_000) * DAY_NS + rng.randrange(DAY_NS) for n in numbers}
            exercises = {n: exercises_of(n) for n in numbers}
            enter(connection, t.sessions, [
                {
                    "id": n + 1,
                    "session_id": f"session-{n}",
                    "person_id": ids[0] if n < OFTEN_SESSIONS else rng.choice(ids[1:]),
                    "started_ns": starts[n],
                    "time_zone": "UTC+01:00 CET",
                    "duration_s": 1234.5,
                    "sensor": "WT901BLE67",
                    "simulated": 0,
                    "damaged": 0,
                    "algorithm_version": "3",
                    "version": 1,
                }
                for n in numbers
            ])  # fmt: skip
            enter(connection, t.session_exercises, [
                {"session": n + 1, "exercise": exercise, "started_ns": starts[n]}
                for n in numbers for exercise in exercises[n]
            ])  # fmt: skip
            enter(connection, t.files, [
                {"session": n + 1, "path": f"/recordings/{n}.mcap"} for n in numbers
            ])  # fmt: skip
            enter(connection, t.sets, [
                {"id": 3 * n + s, "session": n + 1, "number": s, "source": "recorded", "side": "left",
                 "exercise": exercises[n][-1], "prescribed_reps": 5, "prescribed_lower_s": 4.0}
                for n in numbers for s in (1, 2, 3)
            ])  # fmt: skip
            enter(connection, t.scores, [
                {"session": n + 1, "set_number": s, "kind": "pain", "value": rng.randrange(6),
                 "source": "recorded"}
                for n in numbers for s in (1, 2, 3)
            ])  # fmt: skip
            enter(connection, t.reps, [
                {"session": n + 1, "number": r, "set_id": 3 * n + (r - 1) // 5 + 1,
                 "exercise": exercises[n][-1], "start_s": r * 10.0, "end_s": r * 10.0 + 6,
                 "lower_s": 4.2, "lower_se_s": 0.05,
                 "range_of_motion_deg": 71.3}
                for n in numbers for r in range(1, 16)
            ])  # fmt: skip
    with catalogue._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            # Which numbers were given here, its own counters do not know.
            for table in ("sessions", "sets"):
                newest = f"(SELECT max(id) FROM {table})"
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {newest})"
                )
        # As either database does it by itself, sooner or later.
        connection.exec_driver_sql("ANALYZE")


@dataclass(frozen=True, slots=True)
class Times:
    """Durations of some calls, sorted, and the median of what they cost of a processor."""

    durations_ms: list[float]
    cpu_ms: float


def times_ms(work: Callable[[], object], times: int = ASKED) -> Times:
    durations: list[float] = []
    cpu: list[float] = []
    for _ in range(times):
        start, cpu_start = time.perf_counter(), time.process_time()
        work()
        cpu.append(1e3 * (time.process_time() - cpu_start))
        durations.append(1e3 * (time.perf_counter() - start))
    return Times(sorted(durations), statistics.median(cpu))


def figure(name: str, times: Times, target_ms: float | None = TARGET_MS) -> Figure:
    durations = times.durations_ms
    median, worst = statistics.median(durations), durations[int(0.99 * (len(durations) - 1))]
    if target_ms is None:
        return plain(name, f"{median:.2f} ms", f"99 %: {worst:.2f} ms")
    return at_most(name, worst, target_ms, ".1f", " ms", f"median {median:.1f} ms, CPU {times.cpu_ms:.1f} ms")


def listed(catalogue: Catalogue, count: int, rng: random.Random) -> list[Figure]:
    middle_ns = START_NS + 1_000 * DAY_NS
    cursor = f"{START_NS + 3 * DAY_NS}-{count}"

    def day() -> SessionFilter:
        first_ns = START_NS + rng.randrange(1_900) * DAY_NS
        return SessionFilter(from_ns=first_ns, to_ns=first_ns + 30 * DAY_NS)

    def person(exercise: str | None = None) -> SessionFilter:
        return SessionFilter(f"P{rng.randrange(2, PEOPLE):03d}", exercise)

    asked: dict[str, Callable[[], object]] = {
        "the newest 50 of all": lambda: catalogue.sessions(),
        "50 near the end, after 2,000 pages": lambda: catalogue.sessions(page=cursor),
        "50 of a month": lambda: catalogue.sessions(day()),
        "50 of one person": lambda: catalogue.sessions(person()),
        "50 of an exercise": lambda: catalogue.sessions(SessionFilter(exercise="bridge")),
        "50 of an exercise since the middle": lambda: catalogue.sessions(
            SessionFilter(exercise="bridge", from_ns=middle_ns)
        ),
        "50 of an exercise that nobody did": lambda: catalogue.sessions(SessionFilter(exercise="slider")),
        "50 of one person and an exercise": lambda: catalogue.sessions(person("bridge")),
        f"... with {OFTEN_SESSIONS:,} sessions, none of it": lambda: catalogue.sessions(
            SessionFilter(OFTEN, "slider")
        ),
        "1,000 of all": lambda: catalogue.sessions(limit=1000),
    }
    return [
        figure(name, times_ms(work), None if name.startswith("1,000") else TARGET_MS)
        for name, work in asked.items()
    ]


def written(catalogue: Catalogue, count: int) -> list[Figure]:
    numbers = iter(range(count, count + 10**6))
    reps = tuple(RepEntry(n, 1, "nordic", n * 10.0, n * 10.0 + 6, 4.2) for n in range(1, 16))
    sets = (SetEntry(1, "recorded", "nordic", "left", 15, 4.0, reps),)

    def file() -> None:
        n = next(numbers)
        entry = SessionEntry(f"session-{n}", START_NS, "UTC", 60.0, "x", False, False, "3", (f"/{n}",), sets,
                             (Score("pain", 3, 1, "recorded"),))  # fmt: skip
        catalogue.file_session(entry)

    return [
        figure("enter a session of 15 repetitions", times_ms(file), None),
        figure("assign it", times_ms(lambda: assign(catalogue, next(numbers) % count)), None),
    ]


def assign(catalogue: Catalogue, number: int) -> None:
    catalogue.assign(catalogue.row(f"session-{number}"), catalogue.person("P002"))


def copied(path: Path) -> list[Figure]:
    target = path.with_name("backup.sqlite3")
    return [
        plain("size of the file", f"{path.stat().st_size / 1e6:.0f} MB"),
        figure("check it", times_ms(lambda: damage(path), 3), None),
        figure("daily backup, checked", times_ms(lambda: back_up(path, target), 3), None),
        figure("restore", times_ms(lambda: restore(target, path), 1), None),
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sessions", type=int, default=100_000)
    on_server = arguments.add_mutually_exclusive_group()
    on_server.add_argument("--postgresql", action="store_true", help="start a PostgreSQL server for it")
    on_server.add_argument("--database", help="address of an empty PostgreSQL database")
    given = arguments.parse_args()
    rng = random.Random(5)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder) / "kept" / "catalogue.sqlite3"
        place: Path | str = given.database or path
        if given.postgresql:
            place = new_database(stack.enter_context(running_server(durable=True)))
        with open_catalogue(place) as catalogue:
            start = time.perf_counter()
            fill(catalogue, given.sessions, rng)
            filled = plain("filled in bulk", f"{time.perf_counter() - start:.0f} s")
            figures = [filled, *listed(catalogue, given.sessions, rng), *written(catalogue, given.sessions)]
        figures.append(figure("open it", times_ms(lambda: open_catalogue(place).close(), 20), None))
        if place == path:
            figures += copied(path)
    kind = "SQLite" if place == path else "PostgreSQL"
    note = f"{given.sessions:,} sessions, {15 * given.sessions:,} repetitions; 99 % of {ASKED} calls each"
    print(Block(f"catalogue, {kind}", note, tuple(figures)).text())


if __name__ == "__main__":
    main()
