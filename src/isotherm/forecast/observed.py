"""Station hours of what the product holds: hourly summaries."""

from typing import Final

import numpy as np
import polars as pl

from isotherm.forecast.hours import Floats, StationHours
from isotherm.quality import DEFAULT_RULE
from isotherm.station import Station
from isotherm.statistics import catalogue
from isotherm.statistics.statistic import Statistic

_HOUR: Final = "hour"
# The mean of an hour by its sum; what it is over says the catalogue.
_MEANS: Final[dict[str, Statistic]] = {
    "temperature_c": catalogue.SUM,
    "dew_point_c": catalogue.DEW_POINT_SUM,
    "pressure_hpa": catalogue.PRESSURE_SUM,
    "wind_speed_ms": catalogue.WIND_SPEED_SUM,
    "wind_east_ms": catalogue.WIND_EAST_SUM,
    "wind_north_ms": catalogue.WIND_NORTH_SUM,
}


def station_hours(summaries: pl.DataFrame, station: Station | None = None) -> StationHours:
    """The hours of one station under the `routine` rule.

    Args:
        summaries: as `isotherm.summarise` gives them, of one station, at least one hour that counts.
        station: for its position.
    """
    counted = summaries.filter((pl.col("rule") == DEFAULT_RULE) & (pl.col("observation_count") > 0))
    hours = counted.select(
        (pl.col("hour_start").dt.epoch("s") // 3600).alias(_HOUR),
        **{name: _mean(one) for name, one in _MEANS.items()},
    )
    found = hours[_HOUR].to_numpy()
    first, last = int(found.min()), int(found.max())
    grid = pl.DataFrame({_HOUR: np.arange(first, last + 1)})
    whole = grid.join(hours, on=_HOUR, how="left", maintain_order="left")
    return StationHours(
        first,
        **{name: _floats(whole[name]) for name in _MEANS},
        filled=None,
        latitude_deg=station.latitude_deg if station else None,
        longitude_deg=station.longitude_deg if station else None,
    )


def _mean(one: Statistic) -> pl.Expr:
    """In whole units; null of an hour that has none."""
    assert one.api is not None  # noqa: S101 - each is the sum of a mean
    return pl.col(one.name) / pl.col(one.api.per or "") / one.unit.steps


def _floats(values: pl.Series) -> Floats:
    return values.cast(pl.Float64).fill_nan(None).to_numpy().astype(np.float64)
