"""Create table dead_letter."""

from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS dead_letter (
    letter_id BIGINT NOT NULL AUTO_INCREMENT,
    about VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    letter_partition INTEGER,
    letter_offset BIGINT,
    reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    detail TEXT NOT NULL,
    topic VARCHAR(249) NOT NULL,
    message_partition INTEGER COMMENT 'null: it never reached its topic',
    message_offset BIGINT,
    feed_id VARCHAR(64),
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin
        COMMENT 'where the message can be read so far',
    payload BLOB NOT NULL,
    payload_bytes BIGINT NOT NULL,
    refused_at DATETIME NOT NULL,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state_at DATETIME NOT NULL,
    worked_by VARCHAR(255) COMMENT 'the run that repaired, replayed or dropped it',
    repair_rule VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    replayed_payload BLOB,
    replay_partition INTEGER,
    replay_offset BIGINT,
    outcome VARCHAR(500) COMMENT 'what came of it',
    PRIMARY KEY (letter_id),
    INDEX ix_dead_letter_about (about),
    INDEX ix_dead_letter_place (topic, message_partition, message_offset),
    INDEX ix_dead_letter_refused_at (refused_at),
    INDEX ix_dead_letter_reason (reason, refused_at),
    INDEX ix_dead_letter_state (state, refused_at),
    INDEX ix_dead_letter_count (state, reason)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='messages that could not be used, and what became of each; kept for 30 days'
""")
