"""Create table station_alias."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One DDL; what an interrupted run left behind is kept."""
    op.execute("""
CREATE TABLE IF NOT EXISTS station_alias (
    alias VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    station_id VARCHAR(11) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (alias),
    INDEX ix_station_alias_station (station_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
""")
