"""Rows of monthly_summary are of places now: the next load makes them again."""

from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    """May be repeated."""
    op.execute("TRUNCATE TABLE monthly_summary")
