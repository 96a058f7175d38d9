"""What forecasts came to, by the day that was forecast."""

from sqlalchemy import BigInteger, Column, Date, Index, PrimaryKeyConstraint, SmallInteger, Table

from isotherm.forecast.score_sums import SUM_NAMES
from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    metadata,
    required,
    utc_micros,
)

forecast_score = Table(
    "forecast_score",
    metadata,
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    required("kind", ascii_key(16)),
    Column("valid_day", Date(), nullable=False, comment="UTC day that was forecast"),
    Column("lead_h", SmallInteger(), nullable=False, comment="0 = leads 1 to 24 together"),
    *(required(name, BigInteger()) for name in SUM_NAMES),
    required("scored_at", utc_micros()),
    PrimaryKeyConstraint("station_id", "kind", "valid_day", "lead_h"),
    Index("ix_forecast_score_day", "kind", "lead_h", "valid_day"),
    Index("ix_forecast_score_scored_at", "kind", "scored_at"),
    comment="sums of errors, 0.01 degree C (e2) and their squares (e4); any period is their merge",
    **OPTIONS,
)
