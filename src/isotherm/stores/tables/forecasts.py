"""Forecasts as they were issued."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table
from sqlalchemy.dialects import mysql

from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    ascii_text,
    metadata,
    required,
    utc,
    utc_micros,
)

forecast = Table(
    "forecast",
    metadata,
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    required("kind", ascii_key(16)),
    required("origin_hour", utc()),
    required("dataset", ascii_key(16)),
    required("issued_at", utc()),
    required("model_version", ascii_key(64)),
    required("version", BigInteger()),
    Column("feed_id", mysql.VARCHAR(64), comment="null: made in batch"),
    required("leads", ascii_text()),
    required("updated_at", utc_micros()),
    # The newest origin of a station and kind is the end of a range of it.
    PrimaryKeyConstraint("station_id", "kind", "origin_hour"),
    Index("ix_forecast_kind", "kind", "origin_hour"),
    Index("ix_forecast_issued_at", "kind", "issued_at"),
    comment="the temperature of the hours to come, as issued; only the sink writes it",
    **OPTIONS,
)
