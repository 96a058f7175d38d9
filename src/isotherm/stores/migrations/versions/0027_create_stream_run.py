"""Create table stream_run."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS stream_run (
    run_id VARCHAR(250) NOT NULL,
    feed_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    dataset VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    description VARCHAR(255) NOT NULL,
    first_day DATE COMMENT 'null = the newest day of each station-year',
    last_day DATE,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    failure VARCHAR(500),
    started_at DATETIME NOT NULL,
    heartbeat_at DATETIME NOT NULL,
    ended_at DATETIME,
    fed BIGINT NOT NULL,
    rows_per_s DOUBLE NOT NULL,
    newest_hour DATETIME COMMENT 'how far it is, in the time of the data',
    PRIMARY KEY (run_id),
    INDEX ix_stream_run_started_at (started_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='what each run of the stream says of itself; silent for 60 s = not known'
""")
