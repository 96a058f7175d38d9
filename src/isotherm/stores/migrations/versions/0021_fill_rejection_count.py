"""Count the rows that were set aside before there was a table of counts."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """May be repeated."""
    op.execute("""
INSERT INTO rejection_count (origin, reason, rejected)
SELECT dataset, reason, COUNT(*) FROM rejected_observation GROUP BY dataset, reason
ON DUPLICATE KEY UPDATE rejected = VALUES(rejected)
""")
