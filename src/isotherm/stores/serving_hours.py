"""Reading the hours that serve places, of whichever records they are."""

import polars as pl
import sqlalchemy as sa

from isotherm.stores.places import natives_of
from isotherm.stores.serving import serving_hours, serving_members
from isotherm.stores.summary_rows import read_rows_of_all
from isotherm.stores.summary_tables import HOURS


def read_serving_hours(connection: sa.Connection, ranges: pl.DataFrame) -> pl.DataFrame:
    """The hours that serve places and in which something counts, in the schema of `HOURS`.

    Args:
        connection: to the product's database.
        ranges: `station_id` of the place, `first, last` (inclusive); first and last hours of days.
    """
    natives = natives_of(connection, ranges["station_id"])
    members = pl.DataFrame(
        [(place, one) for place, ids in natives.items() for one in ids],
        schema={"place_id": pl.String, "station_id": pl.String},
        orient="row",
    )
    by_native = members.join(ranges.rename({"station_id": "place_id"}), on="place_id")
    hours = read_rows_of_all(connection, HOURS, by_native.select("station_id", "first", "last"))
    rows = hours.join(members, on="station_id")
    serving = serving_hours(rows, serving_members(rows))
    return serving.with_columns(station_id=pl.col("place_id")).select(HOURS.schema.names())
