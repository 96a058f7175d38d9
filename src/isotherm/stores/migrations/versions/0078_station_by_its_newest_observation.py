"""Table station is sorted by its newest observation, so that the stalest stations are found."""

from alembic import op

from isotherm.stores.schema import index_names

revision = "0078"
down_revision = "0077"


def upgrade() -> None:
    """One DDL, unless an interrupted run has done it."""
    if "ix_station_last_observed" not in index_names(op.get_bind(), "station"):
        op.execute(
            "ALTER TABLE station ADD INDEX ix_station_last_observed (last_observed_at, station_id)"
        )
