"""The summaries by station and over all stations; their key leads with what one request reads."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
)

from isotherm.statistics.catalogue import (
    OBSERVATION_COUNT,
    PERIOD_STATISTICS,
    REASON_STATISTICS,
    STATISTICS,
)
from isotherm.statistics.statistic import Statistic
from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    count,
    layer_key,
    metadata,
    required,
    statistic_column,
    utc,
    utc_micros,
)


def _hour_table(name: str, *statistics: Statistic, indexes: tuple[Index, ...] = ()) -> Table:
    return Table(
        name,
        metadata,
        required("station_id", ascii_key(STATION_ID_LENGTH)),
        required("hour_start", utc()),
        *layer_key(),
        *(statistic_column(one, one.hour_bits) for one in statistics),
        Column("received", BigInteger(), comment="speed layer: deliveries behind the row"),
        Column("version", BigInteger(), comment="speed layer: highest raw offset behind the row"),
        required("updated_at", utc_micros()),
        PrimaryKeyConstraint("station_id", "rule", "hour_start", "dataset", "layer"),
        *indexes,
        **OPTIONS,
    )


def _period_table(name: str, period: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        required("station_id", ascii_key(STATION_ID_LENGTH)),
        period,
        *layer_key(),
        Column(
            "datasets",
            ascii_key(64),
            nullable=False,
            server_default="",
            comment="which served it, by name with commas",
        ),
        required("hour_count", Integer()),
        count("day_count", "days with a temperature"),
        count("good_day_count", "of these, days with one in all four six-hour parts"),
        *(statistic_column(one, one.period_bits) for one in PERIOD_STATISTICS),
        required("updated_at", utc_micros()),
        PrimaryKeyConstraint("station_id", "rule", period.name, "dataset", "layer"),
        **OPTIONS,
    )


def _global_table(name: str, period: Column[Any], *more: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        period,
        *layer_key(),
        required("station_count", Integer()),
        required("observation_count", BigInteger()),
        required("min_tenths", SmallInteger()),
        required("max_tenths", SmallInteger()),
        Column(
            "mean_sum_e4",
            BigInteger(),
            nullable=False,
            comment="sum of station means, 1e-4 degree C",
        ),
        *more,
        required("updated_at", utc_micros()),
        PrimaryKeyConstraint("rule", period.name, "dataset", "layer"),
        Index(f"ix_{name}_changed", "layer", "updated_at"),
        Index(f"ix_{name}_newest", "layer", "dataset", period.name),
        **OPTIONS,
    )


hourly_summary = _hour_table(
    "hourly_summary",
    *STATISTICS,
    indexes=(Index("ix_hourly_summary_changed", "layer", "updated_at"),),
)

empty_hour = _hour_table("empty_hour", OBSERVATION_COUNT, *REASON_STATISTICS)

daily_summary = _period_table("daily_summary", required("day", Date()))

monthly_summary = _period_table("monthly_summary", required("month", Date()))

seasonal_summary = _period_table("seasonal_summary", required("season", Date()))

yearly_summary = _period_table("yearly_summary", required("year", SmallInteger()))

global_hourly_summary = _global_table("global_hourly_summary", required("hour_start", utc()))

global_daily_summary = _global_table(
    "global_daily_summary",
    required("day", Date()),
    count("good_day_count", "stations with a temperature in all four six-hour parts"),
)

global_monthly_summary = _global_table("global_monthly_summary", required("month", Date()))

global_seasonal_summary = _global_table("global_seasonal_summary", required("season", Date()))

global_yearly_summary = _global_table("global_yearly_summary", required("year", SmallInteger()))

reported_days = Table(
    "reported_days",
    metadata,
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column("month", Date(), nullable=False, comment="its first day"),
    Column("seen", Integer(), nullable=False, comment="bit n-1 = day n has an observation"),
    Column("thin", Integer(), nullable=False, comment="likewise: too few hours of it have one"),
    PrimaryKeyConstraint("station_id", "month"),
    comment="which days there are, batch layer, default rule: what holes are found from",
    **OPTIONS,
)
