"""Rows of seasonal_summary are of places now: the next load makes them again."""

from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """May be repeated."""
    op.execute("TRUNCATE TABLE seasonal_summary")
