"""Create table sink_offset."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS sink_offset (
    topic VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    partition_id INTEGER NOT NULL,
    consumer_group VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    topic_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    next_offset BIGINT NOT NULL,
    PRIMARY KEY (topic, partition_id, consumer_group)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
