"""What was loaded is loaded again: rows of days have new columns, the climate has new tables."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """May be repeated. Hours that are the same are compared and not written."""
    op.execute("""
UPDATE source_file
SET has_changes = 1,
    changed_days = UNHEX(CONCAT(
        REPEAT('FF', 45),
        IF(year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0), '3F', '1F')
    ))
WHERE loaded_sha256 IS NOT NULL
""")
