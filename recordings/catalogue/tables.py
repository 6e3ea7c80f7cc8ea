"""The tables as the newest migration leaves them; a test compares the two.

Types are those that SQLite's STRICT tables know. Times of day are ns since 1970 UTC. Ids that leave the
catalogue are never given twice, so that an edit of something deleted cannot hit something else.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import sqlite

# Names that SQLite and PostgreSQL would not give alike; a later migration must be able to name them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
LONG = BigInteger().with_variant(Integer(), "sqlite")
REAL = Double().with_variant(sqlite.REAL(), "sqlite")

people = Table(
    "people",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

plans = Table(
    "plans",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("person_id", LONG, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("exercise", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("sets", Integer, nullable=False),
    Column("reps", Integer, nullable=False),
    Column("lower_s", REAL, nullable=False),
    Column("hold_s", REAL, nullable=False),
    Column("lift_s", REAL, nullable=False),
    Column("rest_s", REAL, nullable=False),
    Column("rest_between_sets_s", REAL, nullable=False),
    Column("pain_limit", Integer, nullable=False),
    Column("variant", Text, nullable=False),
    Column("stage", Integer),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sessions_per_week", Integer),
    Column("begun", Text, nullable=False),
    Column("ended", Text),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("session_id", Text, nullable=False, unique=True),
    Column("person_id", LONG, ForeignKey("people.id", ondelete="SET NULL")),
    Column("started_ns", LONG, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("duration_s", REAL, nullable=False),
    Column("sensor", Text, nullable=False),
    Column("simulated", Integer, nullable=False),
    Column("damaged", Integer, nullable=False),
    Column("algorithm_version", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "started_ns", "id"),
    Index(None, "person_id", "started_ns", "id"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# The exercises of a session with its start again, so that one index answers "all bridges, newest first".
session_exercises = Table(
    "session_exercises",
    metadata,
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("exercise", Text, primary_key=True),
    Column("started_ns", LONG, nullable=False),
    Index(None, "exercise", "started_ns", "session"),
    sqlite_strict=True,
)

files = Table(
    "files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    sqlite_strict=True,
)

sets = Table(
    "sets",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", Integer),
    Column("source", Text, nullable=False),
    Column("exercise", Text),
    Column("side", Text),
    Column("prescribed_reps", Integer),
    Column("prescribed_lower_s", REAL),
    Column("variant", Text),
    Column("stage", Integer),
    Column("pain_limit", Integer),
    Column("sound", Text),
    Column("stopped", Text),
    sqlite_strict=True,
)

reps = Table(
    "reps",
    metadata,
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("set_id", LONG, ForeignKey("sets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("exercise", Text, nullable=False),
    Column("start_s", REAL, nullable=False),
    Column("end_s", REAL, nullable=False),
    Column("lower_s", REAL),
    Column("lower_se_s", REAL),
    Column("lift_s", REAL),
    Column("hold_s", REAL),
    Column("return_s", REAL),
    Column("range_of_motion_deg", REAL),
    Column("break_lean_deg", REAL),
    Column("control_s", REAL),
    Column("fall_s", REAL),
    Column("not_measured", Text),
    sqlite_strict=True,
)

scores = Table(
    "scores",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("set_number", Integer),
    Column("kind", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("source", Text, nullable=False),
    CheckConstraint("value BETWEEN 0 AND 10", name="value"),
    sqlite_strict=True,
)

visits = Table(
    "visits",
    metadata,
    Column(
        "session",
        LONG,
        ForeignKey("sessions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("pain_before", Integer),
    Column("stops", Text, nullable=False),
    Column("morning_pain", Integer),
    Column("back_to_usual", Integer),
    CheckConstraint("pain_before BETWEEN 0 AND 10", name="pain_before"),
    CheckConstraint("morning_pain BETWEEN 0 AND 10", name="morning_pain"),
    sqlite_strict=True,
)

notes = Table(
    "notes",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("person_id", LONG, ForeignKey("people.id", ondelete="CASCADE"), index=True),
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), index=True),
    Column("text", Text, nullable=False),
    Column("written_ns", LONG, nullable=False),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

exports = Table(
    "exports",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("session", LONG, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("made_ns", LONG, nullable=False),
    UniqueConstraint("session", "path"),
    sqlite_strict=True,
)

# Who did what. No foreign keys: it outlives what it is about, and a number tells nobody who that was.
audit = Table(
    "audit",
    metadata,
    Column("id", LONG, primary_key=True),
    Column("at_ns", LONG, nullable=False),
    Column("who", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", LONG, nullable=False),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# One a therapist. wrong: how many tries in a row were wrong, wrong_at_ns: when the last one was; the same in
# all rows, because a PIN is given without a name.
pins = Table(
    "pins",
    metadata,
    Column("name", Text, primary_key=True),
    Column("hashed", Text, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("wrong_at_ns", LONG, nullable=False),
    sqlite_strict=True,
)
