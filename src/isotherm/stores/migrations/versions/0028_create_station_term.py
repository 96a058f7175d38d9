"""Create table station_term; `migrate` fills it of the stations that are there."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS station_term (
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    term VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (station_id, term),
    INDEX ix_station_term (term, station_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
  COMMENT='what a station is found by, in the normal form of station_search'
""")
