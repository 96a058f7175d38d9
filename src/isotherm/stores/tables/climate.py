"""What the climate of places and of groups of stations is read from."""

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Integer, PrimaryKeyConstraint, SmallInteger, Table

from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    ascii_text,
    layer_key,
    metadata,
    required,
    utc_micros,
)


def _group_table(name: str, period: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        required("kind", ascii_key(16)),
        required("code", ascii_key(8)),
        period,
        *layer_key(),
        required("station_count", Integer()),
        required("day_count", BigInteger()),
        required("good_day_count", BigInteger()),
        required("observation_count", BigInteger()),
        required("mean_sum_e4", BigInteger()),
        required("dew_station_count", Integer()),
        required("dew_mean_sum_e4", BigInteger()),
        required("updated_at", utc_micros()),
        PrimaryKeyConstraint("kind", "rule", "code", period.name, "dataset", "layer"),
        comment="means of station means (1e-4 degree C) by country, elevation and over all",
        **OPTIONS,
    )


group_monthly_summary = _group_table("group_monthly_summary", required("month", Date()))

group_yearly_summary = _group_table("group_yearly_summary", required("year", SmallInteger()))

station_group = Table(
    "station_group",
    metadata,
    required("dataset", ascii_key(16)),
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column("country", ascii_key(8)),
    Column("elevation_band_m", SmallInteger(), comment="lower end of the 100 m it lies in"),
    PrimaryKeyConstraint("dataset", "station_id"),
    comment="the groups a station's rows are counted in now",
    **OPTIONS,
)

climate_month = Table(
    "climate_month",
    metadata,
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    required("month", Date()),
    *layer_key(),
    required("days", ascii_text()),
    required("day_course", ascii_text()),
    required("temperature_histogram", ascii_text()),
    required("updated_at", utc_micros()),
    PrimaryKeyConstraint("station_id", "rule", "month", "dataset", "layer"),
    comment="what the climate of a place is merged from, each column a packed table of integers",
    **OPTIONS,
)
