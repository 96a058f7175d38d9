"""What must hold of summaries before MySQL takes them; checked over the rows of a load, in memory.

A violation is a fault of ours, never of the archive: bad observations are counted by reason long
before. So the load stops, and nothing of it is kept.
"""

from typing import Final

import polars as pl

from isotherm.errors import StoreError
from isotherm.quality import RULES, QualityRule
from isotherm.stores.summary_tables import HOUR_COUNT

_PLAUSIBLE_RULES: Final = tuple(rule.name for rule in RULES if rule.rejects_bad_quality)
_COUNT, _LOW, _HIGH, _SUM = (
    pl.col(name).cast(pl.Int64)
    for name in ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
)


def require_sound_hours(hours: pl.DataFrame, quality: QualityRule) -> None:
    """Check rows of an hour each, also those in which nothing counts.

    Args:
        hours: `station_id, rule, hour_start` (naive UTC) and the statistics.
        quality: of their dataset.

    Raises:
        StoreError: names the first row and what does not hold of it.
    """
    key = ["station_id", "rule", "hour_start"]
    has_values = _COUNT > 0
    is_judged = pl.col("rule").is_in(_PLAUSIBLE_RULES)
    low, high = quality.min_plausible_tenths, quality.max_plausible_tenths
    violations = {
        "a station, rule and hour occur twice": pl.struct(key).is_duplicated(),
        "the hour does not start on the hour": pl.col("hour_start")
        != pl.col("hour_start").dt.truncate("1h"),
        "the count is negative": _COUNT < 0,
        "there are observations, but no temperature": has_values
        & pl.any_horizontal(_LOW.is_null(), _HIGH.is_null(), _SUM.is_null()),
        "the minimum is above the maximum": has_values & (_LOW > _HIGH),
        "the sum is not within count times minimum and maximum": has_values
        & ((_SUM < _COUNT * _LOW) | (_SUM > _COUNT * _HIGH)),
        f"a temperature is outside {low} to {high} tenths": has_values
        & is_judged
        & (_LOW.lt(low) | _HIGH.gt(high)),
    }
    for meaning, violation in violations.items():
        _require_none(hours.filter(violation), key, meaning)


def require_days_hold_hours(days: pl.DataFrame, hours: pl.DataFrame) -> None:
    """Check that days count as many observations and hours as the hours they were made from.

    Raises:
        StoreError: names the first day that does not.
    """
    of_hours = (
        hours.filter(_COUNT > 0)
        .group_by("station_id", "rule", pl.col("hour_start").dt.date().alias("day"))
        .agg(pl.len().cast(pl.Int64).alias("hours"), _COUNT.sum().alias("observations"))
    )
    both = days.join(of_hours, on=["station_id", "rule", "day"], how="full", coalesce=True)
    differs = _COUNT.ne_missing(pl.col("observations")) | pl.col(HOUR_COUNT).ne_missing(pl.col("hours"))
    _require_none(
        both.filter(differs), ["station_id", "rule", "day"], "the day does not hold what its hours hold"
    )


def _require_none(rows: pl.DataFrame, key: list[str], meaning: str) -> None:
    if rows.is_empty():
        return
    first = rows.sort(key).row(0, named=True)
    name = ", ".join(str(first[column]) for column in key)
    raise StoreError(
        f"{rows.height} summaries are wrong, the first is {name}: {meaning} ({first}). Nothing of this "
        "load was kept. Report it with this line; the raw files are in HDFS."
    )
