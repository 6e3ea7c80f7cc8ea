"""How often a week a plan asks for a session."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add it; of the plans before, nobody said."""
    op.add_column("plans", sa.Column("sessions_per_week", sa.Integer(), nullable=True))
