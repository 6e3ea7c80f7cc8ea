"""The first tables. Never edited again: what comes later is a migration of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "people",
        sa.Column("id", LONG, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("code", name=op.f("uq_people_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "plans",
        sa.Column("id", LONG, nullable=False),
        sa.Column("person_id", LONG, nullable=False),
        sa.Column("exercise", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("sets", sa.Integer(), nullable=False),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("lower_s", REAL, nullable=False),
        sa.Column("hold_s", REAL, nullable=False),
        sa.Column("lift_s", REAL, nullable=False),
        sa.Column("rest_s", REAL, nullable=False),
        sa.Column("rest_between_sets_s", REAL, nullable=False),
        sa.Column("pain_limit", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Text(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_plans_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_plans_person_id"), "plans", ["person_id"])
    op.create_table(
        "sessions",
        sa.Column("id", LONG, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("person_id", LONG, nullable=True),
        sa.Column("started_ns", LONG, nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("duration_s", REAL, nullable=False),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("algorithm_version", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sessions_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("session_id", name=op.f("uq_sessions_session_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_sessions_person_id_started_ns_id"), "sessions", ["person_id", "started_ns", "id"]
    )
    op.create_index(op.f("ix_sessions_started_ns_id"), "sessions", ["started_ns", "id"])
    op.create_table(
        "exports",
        sa.Column("id", LONG, nullable=False),
        sa.Column("session", LONG, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("made_ns", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_exports_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("session", "path", name=op.f("uq_exports_session_path")),
        sqlite_strict=True,
    )
    op.create_table(
        "files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("session", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_files_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_files")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_files_session"), "files", ["session"])
    op.create_table(
        "notes",
        sa.Column("id", LONG, nullable=False),
        sa.Column("person_id", LONG, nullable=True),
        sa.Column("session", LONG, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_ns", LONG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notes_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_notes_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_notes_person_id"), "notes", ["person_id"])
    op.create_index(op.f("ix_notes_session"), "notes", ["session"])
    op.create_table(
        "scores",
        sa.Column("id", LONG, nullable=False),
        sa.Column("session", LONG, nullable=False),
        sa.Column("set_number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("value BETWEEN 0 AND 10", name=op.f("ck_scores_value")),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_scores_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_scores_session"), "scores", ["session"])
    op.create_table(
        "session_exercises",
        sa.Column("session", LONG, nullable=False),
        sa.Column("exercise", sa.Text(), nullable=False),
        sa.Column("started_ns", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_session_exercises_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", "exercise", name=op.f("pk_session_exercises")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_session_exercises_exercise_started_ns_session"),
        "session_exercises",
        ["exercise", "started_ns", "session"],
    )
    op.create_table(
        "sets",
        sa.Column("id", LONG, nullable=False),
        sa.Column("session", LONG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("exercise", sa.Text(), nullable=True),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("prescribed_reps", sa.Integer(), nullable=True),
        sa.Column("prescribed_lower_s", REAL, nullable=True),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_sets_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sets")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sets_session"), "sets", ["session"])
    op.create_table(
        "reps",
        sa.Column("session", LONG, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("set_id", LONG, nullable=False),
        sa.Column("exercise", sa.Text(), nullable=False),
        sa.Column("start_s", REAL, nullable=False),
        sa.Column("end_s", REAL, nullable=False),
        sa.Column("lower_s", REAL, nullable=True),
        sa.Column("lower_se_s", REAL, nullable=True),
        sa.Column("lift_s", REAL, nullable=True),
        sa.Column("hold_s", REAL, nullable=True),
        sa.Column("return_s", REAL, nullable=True),
        sa.Column("range_of_motion_deg", REAL, nullable=True),
        sa.Column("break_lean_deg", REAL, nullable=True),
        sa.Column("control_s", REAL, nullable=True),
        sa.Column("fall_s", REAL, nullable=True),
        sa.Column("not_measured", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_reps_session"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["set_id"], ["sets.id"], name=op.f("fk_reps_set_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session", "number", name=op.f("pk_reps")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_reps_set_id"), "reps", ["set_id"])
