"""Named and staged plans, what each set was done with, and how it was before and after a session."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add them."""
    for name in ("title", "variant", "source"):
        op.add_column("plans", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("plans", sa.Column("stage", sa.Integer(), nullable=True))
    for name, kind in (
        ("variant", sa.Text()),
        ("stage", sa.Integer()),
        ("pain_limit", sa.Integer()),
        ("sound", sa.Text()),
        ("stopped", sa.Text()),
    ):
        op.add_column("sets", sa.Column(name, kind, nullable=True))
    op.create_table(
        "visits",
        sa.Column("session", LONG, nullable=False, autoincrement=False),
        sa.Column("pain_before", sa.Integer(), nullable=True),
        sa.Column("stops", sa.Text(), nullable=False),
        sa.Column("morning_pain", sa.Integer(), nullable=True),
        sa.Column("back_to_usual", sa.Integer(), nullable=True),
        sa.CheckConstraint("pain_before BETWEEN 0 AND 10", name=op.f("ck_visits_pain_before")),
        sa.CheckConstraint("morning_pain BETWEEN 0 AND 10", name=op.f("ck_visits_morning_pain")),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name=op.f("fk_visits_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_visits")),
        sqlite_strict=True,
    )
