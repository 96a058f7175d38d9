"""Several stations may have one alias, which says what kind of code it is."""

from alembic import op

from isotherm.stores.schema import column_names

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "kind" not in column_names(op.get_bind(), "station_alias"):
        op.execute("""
ALTER TABLE station_alias
    ADD COLUMN kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'other'
        COMMENT 'icao, iata, wmo or other',
    DROP PRIMARY KEY,
    ADD PRIMARY KEY (alias, station_id)
""")
