"""Batch rows over all stations are over places now: the next load makes them again."""

from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """May be repeated; hours stay, and are only compared."""
    for table in ("hourly", "daily", "monthly", "seasonal", "yearly"):
        op.execute(f"DELETE FROM global_{table}_summary WHERE layer = 'batch'")  # noqa: S608
    op.execute("""
UPDATE source_file SET changed_days = UNHEX(REPEAT('FF', 46)), has_changes = 1
WHERE loaded_sha256 IS NOT NULL
""")
