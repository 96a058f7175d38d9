"""The tables of summaries of stations as data: name, period, columns, and the schema of a frame."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from isotherm.statistics.catalogue import (
    OBSERVATION_COUNT,
    PERIOD_STATISTICS,
    REASON_STATISTICS,
    STATISTICS,
)
from isotherm.statistics.merge import value_type

# Changed days that lie closer together are read as one range.
_GAP_DAYS: Final = 3
_LAST_HOUR: Final = timedelta(hours=23)
HOUR_COUNT: Final = "hour_count"
DAY_COUNT: Final = "day_count"
GOOD_DAY_COUNT: Final = "good_day_count"
# What a period holds beside the statistics; those of parts add up.
PERIOD_COUNTS: Final = (HOUR_COUNT, DAY_COUNT, GOOD_DAY_COUNT)
# Which datasets served a period, by name with commas.
SERVED_BY: Final = "datasets"


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """One table of summaries of stations.

    Attributes:
        name: in MySQL.
        period: the column that names the period.
        schema: of a frame of its rows: `station_id, rule`, the period (naive UTC), the values.
    """

    name: str
    period: str
    schema: pl.Schema

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a row within a dataset and layer, in the order of the primary key."""
        return ("station_id", "rule", self.period)

    @property
    def values(self) -> tuple[str, ...]:
        """The columns beside the key."""
        return tuple(name for name in self.schema.names() if name not in self.key)


def _table(name: str, period: str, kind: pl.DataType, values: dict[str, pl.DataType]) -> SummaryTable:
    key: dict[str, pl.DataType] = {"station_id": pl.String(), "rule": pl.String(), period: kind}
    return SummaryTable(name, period, pl.Schema({**key, **values}))


_HOUR: Final = pl.Datetime("us")
_OF_HOUR: Final = {one.name: value_type(one, one.hour_bits) for one in STATISTICS}
_OF_EMPTY: Final = {
    one.name: value_type(one, one.hour_bits) for one in (OBSERVATION_COUNT, *REASON_STATISTICS)
}
_OF_PERIOD: Final = {
    SERVED_BY: pl.String(),
    **dict.fromkeys(PERIOD_COUNTS, pl.Int32()),
    **{one.name: value_type(one, one.period_bits) for one in PERIOD_STATISTICS},
}

HOURS: Final = _table("hourly_summary", "hour_start", _HOUR, _OF_HOUR)
EMPTY_HOURS: Final = _table("empty_hour", "hour_start", _HOUR, _OF_EMPTY)
DAYS: Final = _table("daily_summary", "day", pl.Date(), _OF_PERIOD)
MONTHS: Final = _table("monthly_summary", "month", pl.Date(), _OF_PERIOD)
# A season is named by its first day: DJF begins in December of the year before.
SEASONS: Final = _table("seasonal_summary", "season", pl.Date(), _OF_PERIOD)
YEARS: Final = _table("yearly_summary", "year", pl.Int16(), _OF_PERIOD)

# Its columns are packed tables of integers (`statistics.packed`), with the columns said here.
CLIMATE_MONTHS: Final = _table(
    "climate_month",
    "month",
    pl.Date(),
    dict.fromkeys(("days", "day_course", "temperature_histogram"), pl.String()),
)


def hours_of_days(
    hours: pl.DataFrame, station_days: pl.DataFrame, *, outside: bool = False
) -> pl.DataFrame:
    """The hours that lie in these station-days (`station_id, day`), or with `outside` the others."""
    return hours.join(
        station_days,
        left_on=[pl.col("station_id"), pl.col("hour_start").dt.date()],
        right_on=["station_id", "day"],
        how="anti" if outside else "semi",
    )


def ranges_of_hours(station_days: pl.DataFrame) -> pl.DataFrame:
    """Few ranges that hold the station-days: `station_id, first, last`, first and last hours."""
    day = pl.col("day")
    is_far = (day - day.shift()).over("station_id") > timedelta(days=_GAP_DAYS)
    run = is_far.fill_null(value=True).cast(pl.Int64).cum_sum()
    return (
        station_days.sort(["station_id", "day"])
        .group_by("station_id", run.alias("run"), maintain_order=True)
        .agg(
            day.min().cast(pl.Datetime("us")).alias("first"),
            (day.max().cast(pl.Datetime("us")) + _LAST_HOUR).alias("last"),
        )
    )
