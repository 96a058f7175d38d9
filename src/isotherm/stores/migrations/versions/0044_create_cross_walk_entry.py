"""Create table cross_walk_entry."""

from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS cross_walk_entry (
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    other_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'empty of an unmatched',
    via VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin,
    distance_km DOUBLE,
    PRIMARY KEY (station_id, kind, other_id),
    INDEX ix_cross_walk_entry_kind (kind, station_id, other_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='what became of every id that was looked for in the newest list: the last result'
""")
