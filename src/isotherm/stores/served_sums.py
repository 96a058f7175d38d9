"""What the hours that serve come to, before anything of it is written. Pure, in Polars.

Days, what changes in the climate of months, and what changes in the hours over all places: made while
MySQL is busy with the hours themselves.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from isotherm.stores.climate_tables import HourChange
from isotherm.stores.global_difference import difference
from isotherm.stores.rollups import days_of
from isotherm.stores.summary_checks import require_days_hold_hours
from isotherm.stores.summary_tables import HOURS

PLACE_DAY: Final = ("station_id", "day")
_LAST_HOUR: Final = timedelta(hours=23)
_DAY_KEY: Final = [*PLACE_DAY, "rule"]
_DAY_OF_HOUR: Final = pl.col("hour_start").dt.date()
_COUNTS: Final = pl.col("observation_count") > 0


@dataclass(frozen=True, slots=True)
class ServedHours:
    """The hours that serve on some place-days, before and after a change; `station_id` is the place's.

    Attributes:
        old: those in which something counted, as they were: schema of `HOURS`.
        new: all as they are, empty ones too, and the `dataset` of each.
        gone: rows of `old` that are no more, or others now.
        come: rows of `new` that are new, or others, if something counts in them: schema of `HOURS`.
    """

    old: pl.DataFrame
    new: pl.DataFrame
    gone: pl.DataFrame
    come: pl.DataFrame

    def __add__(self, other: "ServedHours") -> "ServedHours":
        """Those of two sets of places."""
        return ServedHours(
            pl.concat([self.old, other.old]),
            pl.concat([self.new, other.new.select(self.new.columns)]),
            pl.concat([self.gone, other.gone]),
            pl.concat([self.come, other.come]),
        )


@dataclass(frozen=True, slots=True)
class ServedSums:
    """What the hours that serve on some place-days come to.

    Attributes:
        place_days: `station_id, day`.
        stored: rows of `DAYS` as they were before, of all days of the touched months.
        days: rows of `DAYS` as they are to be, of these place-days.
        climate: what changes in the climate of their months.
        global_hours: as of `global_difference.difference`, by hour.
        torn_hours: `rule, hour_start` of rows over all places that are to be made anew.
    """

    place_days: pl.DataFrame
    stored: pl.DataFrame
    days: pl.DataFrame
    climate: HourChange
    global_hours: pl.DataFrame
    torn_hours: pl.DataFrame

    @property
    def made(self) -> pl.DataFrame:
        """Of `stored` these place-days."""
        return self.stored.join(self.place_days, on=PLACE_DAY, how="semi")


def sum_up(hours: ServedHours, place_days: pl.DataFrame, stored: pl.DataFrame) -> ServedSums:
    """Sum up the hours that serve on these place-days.

    Args:
        hours: of these place-days.
        place_days: `station_id, day`.
        stored: rows of `DAYS` that MySQL has of all days of the touched months.

    Raises:
        StoreError: a day does not hold what its hours hold.
    """
    days = days_of(hours.new)
    require_days_hold_hours(days, hours.new)
    made = stored.join(place_days, on=PLACE_DAY, how="semi")
    held = hours.old.group_by("station_id", _DAY_OF_HOUR.alias("day"), "rule").agg(
        pl.col("observation_count").cast(pl.Int64).sum().alias("held")
    )
    gone, come = _against_made(hours, made, held)
    return ServedSums(
        place_days,
        stored,
        days,
        HourChange.of(gone, come, place_days),
        difference(HOURS.period, gone, come),
        _torn_hours(made, held),
    )


def _against_made(
    hours: ServedHours, made: pl.DataFrame, held: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What to take from the rows over all places, and what to add: of days not made yet all hours."""
    unmade = held.join(made, on=_DAY_KEY, how="anti").select(_DAY_KEY)
    if unmade.is_empty():
        return hours.gone, hours.come
    gone, come = (_of_days(one, unmade, "anti") for one in (hours.gone, hours.come))
    added = _of_days(hours.new.filter(_COUNTS), unmade, "semi").select(come.columns)
    return gone, pl.concat([come, added])


def _of_days(rows: pl.DataFrame, days: pl.DataFrame, how: str) -> pl.DataFrame:
    left = ["station_id", _DAY_OF_HOUR, "rule"]
    return rows.join(days, left_on=left, right_on=_DAY_KEY, how=how)  # type: ignore[arg-type]


def _torn_hours(made: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Rule and hour of days whose hours somebody changed by hand: their day still holds others.

    What was taken away so was not taken from the global rows, and a difference would count it twice.
    """
    torn = made.join(held, on=_DAY_KEY, how="left").filter(
        pl.col("observation_count") != pl.col("held").fill_null(0)
    )
    hours = pl.datetime_ranges(
        pl.col("day").cast(pl.Datetime("us")), pl.col("day").cast(pl.Datetime("us")) + _LAST_HOUR, "1h"
    )
    return torn.select("rule", hours.alias("hour_start")).explode("hour_start").unique()
