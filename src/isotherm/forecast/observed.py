"""Station hours of what the product holds: hourly summaries for temperature, readings for the rest."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from isotherm.forecast.hours import Floats, StationHours
from isotherm.quality import DEFAULT_RULE, QualityRule
from isotherm.station import Station

_HOUR: Final = "hour"
_ELEMENTS: Final = (
    "pressure_hpa",
    "wind_speed_ms",
    "wind_east_ms",
    "wind_north_ms",
)


def station_hours(
    summaries: pl.DataFrame,
    readings: pl.DataFrame,
    quality: QualityRule,
    station: Station | None = None,
) -> StationHours:
    """The hours of one station under the `routine` rule.

    Args:
        summaries: as `isotherm.summarise` gives them, of one station, at least one hour.
        readings: the observations they were made of; wind and pressure are taken from them, of
            reports that are neither specials nor summaries of a day.
        quality: the dataset's own.
        station: for its position.
    """
    temperature = _hourly_means(summaries)
    elements = _hourly_elements(readings, quality)
    hours = temperature.join(elements, on=_HOUR, how="left")
    found = hours[_HOUR].to_numpy()
    first, last = int(found.min()), int(found.max())
    grid = pl.DataFrame({_HOUR: np.arange(first, last + 1)})
    whole = grid.join(hours, on=_HOUR, how="left", maintain_order="left")
    columns = {name: _floats(whole[name]) for name in ("temperature_c", "dew_point_c", *_ELEMENTS)}
    return StationHours(
        first,
        **columns,
        latitude_deg=station.latitude_deg if station else None,
        longitude_deg=station.longitude_deg if station else None,
    )


def _hourly_means(summaries: pl.DataFrame) -> pl.DataFrame:
    counted = summaries.filter((pl.col("rule") == DEFAULT_RULE) & (pl.col("observation_count") > 0))
    return counted.select(
        _hour(pl.col("hour_start")),
        (pl.col("sum_tenths") / pl.col("observation_count") / 10).alias("temperature_c"),
        (pl.col("dew_point_sum_tenths") / pl.col("dew_point_count") / 10).alias("dew_point_c"),
    )


def _hourly_elements(readings: pl.DataFrame, quality: QualityRule) -> pl.DataFrame:
    left_out = (*quality.summary_report_types, *quality.special_report_types)
    speed = pl.col("wind_speed_tenths_ms") / 10
    # A wind of no direction is calm or variable: its vector is about nothing.
    towards = (pl.col("wind_direction_deg") + 180).radians()
    parts: Mapping[str, pl.Expr] = {
        "pressure_hpa": pl.col("sea_level_pressure_tenths_hpa") / 10,
        "wind_speed_ms": speed,
        "wind_east_ms": pl.when(speed.is_not_null()).then((speed * towards.sin()).fill_null(0.0)),
        "wind_north_ms": pl.when(speed.is_not_null()).then((speed * towards.cos()).fill_null(0.0)),
    }
    kept = readings.filter(~pl.col("report_type").fill_null("").is_in(left_out))
    return (
        kept.group_by(_hour(pl.col("observed_at")))
        .agg(value.mean().alias(name) for name, value in parts.items())
        .select(_HOUR, *_ELEMENTS)
    )


def _hour(moment: pl.Expr) -> pl.Expr:
    return (moment.dt.epoch("s") // 3600).alias(_HOUR)


def _floats(values: pl.Series) -> Floats:
    return values.cast(pl.Float64).fill_nan(None).to_numpy().astype(np.float64)
