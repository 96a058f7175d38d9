"""Create table topic_generation: which topic is the how manyth of its name."""

from alembic import op

revision = "0081"
down_revision = "0080"


def upgrade() -> None:
    """May be repeated."""
    op.execute("""
CREATE TABLE IF NOT EXISTS topic_generation (
    topic VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    topic_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'own id of the broker',
    generation INTEGER NOT NULL COMMENT 'how many of its name were before it',
    PRIMARY KEY (topic, topic_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='topics of Kafka: one that is made anew begins at offset 0 again'
""")
