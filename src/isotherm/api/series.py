"""The ten series: hours, days, months, seasons, years; of a station and over all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api import calendar_patterns
from isotherm.climatology.seasons import season_of_label
from isotherm.datasets.facts import PRIORITIES
from isotherm.hourly_summary import LAYERS
from isotherm.stores import tables

Bound = datetime | int
_HOUR: Final = timedelta(hours=1)
GLOBAL_COUNTS: Final = (
    "station_count",
    "observation_count",
    "min_tenths",
    "max_tenths",
    "mean_sum_e4",
)

# Of a day, month, season or year over all stations: days of all of them together.
DAYS_OF_ALL: Final = ("day_count", "good_day_count")


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: how its start is written, and where a range of them begins."""

    name: str
    sql_format: str | None
    pattern: str
    first_from: Callable[[datetime], Bound]


def _ceil_year(time: datetime) -> int:
    return time.year + (time > datetime(time.year, 1, 1))  # noqa: DTZ001 - UTC throughout


def _as_is(time: datetime) -> datetime:
    return time


def _month_before(time: datetime) -> datetime:
    """A season belongs to the year it ends in: DJF 2014, from December 2013 on, is a season of 2014."""
    if time.month == 1:
        return time.replace(year=time.year - 1, month=12, day=1)
    return time.replace(month=time.month - 1, day=1)


HOUR: Final = Period("hour_start", None, calendar_patterns.HOUR, _as_is)
DAY: Final = Period("day", "%Y-%m-%d", calendar_patterns.DAY, _as_is)
MONTH: Final = Period("month", "%Y-%m", calendar_patterns.MONTH, _as_is)
SEASON: Final = Period("season", None, calendar_patterns.SEASON, _month_before)
YEAR: Final = Period("year", None, calendar_patterns.YEAR, _ceil_year)


_GROUPS: Final = {
    MONTH.name: tables.group_monthly_summary,
    SEASON.name: tables.group_monthly_summary,
    YEAR.name: tables.group_yearly_summary,
}


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its table and its period."""

    table: sa.Table
    period: Period

    @property
    def is_global(self) -> bool:
        """Whether it runs over all stations."""
        return "station_id" not in self.table.c

    @property
    def groups(self) -> sa.Table | None:
        """Where the days of all stations in its periods are counted, if not in its own rows."""
        return _GROUPS.get(self.period.name) if self.is_global else None

    @property
    def counts_days(self) -> bool:
        """Whether its rows say how complete the days behind them are."""
        return not self.is_hourly

    @property
    def is_hourly(self) -> bool:
        """Whether its rows are single hours, which carry their provenance."""
        return self.period is HOUR


STATION_SERIES: Final = {
    "hourly": Series(tables.hourly_summary, HOUR),
    "daily": Series(tables.daily_summary, DAY),
    "monthly": Series(tables.monthly_summary, MONTH),
    "seasonal": Series(tables.seasonal_summary, SEASON),
    "yearly": Series(tables.yearly_summary, YEAR),
}
GLOBAL_SERIES: Final = {
    "hourly": Series(tables.global_hourly_summary, HOUR),
    "daily": Series(tables.global_daily_summary, DAY),
    "monthly": Series(tables.global_monthly_summary, MONTH),
    "seasonal": Series(tables.global_seasonal_summary, SEASON),
    "yearly": Series(tables.global_yearly_summary, YEAR),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of a series: `after` is the last period of the page before."""

    period: Period
    rule: str
    layer: str | None
    first: datetime | None
    end: datetime | None
    after: str | None
    limit: int

    @property
    def enough(self) -> int:
        """So many rows hold more periods than the limit."""
        return (self.limit + 2) * len(PRIORITIES) * (1 if self.layer else len(LAYERS))

    @property
    def is_whole(self) -> bool:
        """Whether its range has no more hours than the limit, whatever there is."""
        if self.first is None or self.end is None:
            return False
        return (self.end - self.first) / _HOUR <= self.limit

    @property
    def bounds(self) -> frozenset[str]:
        """Which conditions there are besides the rule."""
        return frozenset(
            one for one in ("layer", "first", "end", "after") if getattr(self, one) is not None
        )

    @property
    def values(self) -> dict[str, Any]:
        """The values of `rows_statement`."""
        kind = self.period
        return {
            "rule": self.rule,
            "layer": self.layer,
            "first": None if self.first is None else kind.first_from(self.first),
            "end": None if self.end is None else kind.first_from(self.end),
            "after": None if self.after is None else _period_value(kind, self.after),
            "enough": self.enough,
        }


def _period_value(kind: Period, text: str) -> str | int:
    """A period as the API writes it, as MySQL compares it."""
    if kind is YEAR:
        return int(text)
    if kind is MONTH:
        return f"{text}-01"
    if kind is SEASON:
        return season_of_label(text).isoformat()
    return text.removesuffix("Z").replace("T", " ")
