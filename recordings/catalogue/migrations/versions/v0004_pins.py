"""What opens the list of people."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the PINs."""
    op.create_table(
        "pins",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("wrong_at_ns", LONG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pins")),
        sqlite_strict=True,
    )
