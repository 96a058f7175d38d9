"""Table station has the WMO's number where a list gives it."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "wmo" not in column_names(op.get_bind(), "station"):
        op.execute("""
ALTER TABLE station
    ADD COLUMN wmo VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin
        COMMENT 'where a list gives it; else it follows from the id' AFTER icao
""")
