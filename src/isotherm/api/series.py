"""The ten series (hours, days, months, seasons, years; of a station and over all) and how one is read.

A row is read as finished integers, which `isotherm.api.records` turns into degrees; nothing is
aggregated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api import calendar_patterns
from isotherm.api.fields import READ_STATISTICS
from isotherm.api.packed_rows import Row, nullable, packed, quoted, unpack
from isotherm.api.prepared import Prepared
from isotherm.climatology.seasons import CODES, season_of_label
from isotherm.datasets.facts import PRIORITIES, serving_rank
from isotherm.hourly_summary import LAYERS
from isotherm.stores import tables
from isotherm.stores.summary_tables import PERIOD_COUNTS

Bound = datetime | int
GLOBAL_COUNTS: Final = (
    "station_count",
    "observation_count",
    "min_tenths",
    "max_tenths",
    "mean_sum_e4",
)


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


HOUR: Final = Period("hour_start", "%Y-%m-%dT%H:%i:%sZ", calendar_patterns.HOUR, _as_is)
DAY: Final = Period("day", "%Y-%m-%d", calendar_patterns.DAY, _as_is)
MONTH: Final = Period("month", "%Y-%m", calendar_patterns.MONTH, _as_is)
SEASON: Final = Period("season", None, calendar_patterns.SEASON, _month_before)
YEAR: Final = Period("year", None, calendar_patterns.YEAR, _ceil_year)


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


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """Rows in order of time, one per period, and whether more follow."""

    rows: list[Row]
    has_more: bool


def read_series(
    connection: sa.Connection, series: Series, selection: Selection, station_id: str | None
) -> SeriesPage:
    """One page; of a period that several layers or data sets have, the preferred row.

    Hours of a place are read by `place_hours`: several ids may have them.
    """
    values = {**selection.values, "station_0": station_id}
    statement = _statement(series, selection.bounds, station_id is not None)
    return page_of(series, selection, statement.one(connection, values)[0])


def page_of(series: Series, selection: Selection, text: str | None) -> SeriesPage:
    """A page of what `rows_statement` gave.

    The choice is made here: as a condition in SQL it took MySQL ten times as long as the reading.
    """
    rows, is_whole = rows_of(series, selection, text)
    chosen = choose(rows, lambda row: (row[2], *serving_rank(row[1])))
    if not is_whole:
        chosen.pop()  # its better row may lie beyond
    if len(chosen) > selection.limit:
        return SeriesPage(chosen[: selection.limit], has_more=True)
    return SeriesPage(chosen, has_more=not is_whole)


def rows_of(series: Series, selection: Selection, text: str | None) -> tuple[list[Row], bool]:
    """The rows of more periods than the limit, in their order, and whether these are all there are."""
    rows = unpack(text, len(series_columns(series)))
    if series.is_hourly:
        rows.sort(key=itemgetter(0))
    return rows, len(rows) < selection.enough


@cache
def _statement(series: Series, bounds: frozenset[str], is_of_station: bool) -> Prepared:
    return Prepared.of(rows_statement(series, bounds, "station_0" if is_of_station else None))


def rows_statement(series: Series, bounds: frozenset[str], station: str | None) -> sa.Select[Any]:
    """The statement of one packed value; `Selection` has its values.

    Args:
        series: whose rows.
        bounds: of the selection: which conditions it has.
        station: the name of the value that is the station's id, if it is of one.
    """
    table, period = series.table, series.table.c[series.period.name]
    conditions = {
        "layer": table.c.layer == sa.bindparam("layer"),
        "first": period >= sa.bindparam("first"),
        "end": period < sa.bindparam("end"),
        "after": period > sa.bindparam("after"),
    }
    where = [table.c.rule == sa.bindparam("rule"), *(conditions[one] for one in sorted(bounds))]
    if station is not None:
        where.append(table.c.station_id == sa.bindparam(station))
    order = [period, table.c.dataset, table.c.layer]  # as the primary key has them
    columns = series_columns(series)
    enough: sa.BindParameter[int] = sa.bindparam("enough", type_=sa.Integer)
    return packed(columns, order, where, enough, sorted_by_reader=series.is_hourly)


def choose(rows: Iterable[Row], rank: Callable[[Row], tuple[Any, ...]]) -> list[Row]:
    """One row per period, of rows in order of time: the one of the lowest rank.

    Batch comes before speed, as their names sort.
    """
    chosen: list[Row] = []
    for row in rows:
        if not chosen or chosen[-1][0] != row[0]:
            chosen.append(row)
        elif rank(row) < rank(chosen[-1]):
            chosen[-1] = row
    return chosen


def _period_value(kind: Period, text: str) -> str | int:
    """A period as the API writes it, as MySQL compares it."""
    if kind is YEAR:
        return int(text)
    if kind is MONTH:
        return f"{text}-01"
    if kind is SEASON:
        return season_of_label(text).isoformat()
    return text.removesuffix("Z").replace("T", " ")


@cache
def series_columns(series: Series) -> list[sa.ColumnElement[Any]]:
    """The columns `isotherm.api.records` reads, in its order."""
    table, kind = series.table, series.period
    period: sa.ColumnElement[Any] = table.c[kind.name]
    if kind is SEASON:
        period = quoted(_season_label(period))
    elif kind.sql_format is not None:
        period = quoted(sa.func.date_format(period, kind.sql_format))
    # Days and longer say which datasets served them, hours which they are of.
    of_dataset = table.c.datasets if "datasets" in table.c else table.c.dataset
    head = [period, quoted(of_dataset), quoted(table.c.layer)]
    if series.is_global:
        return [*head, *(table.c[name] for name in GLOBAL_COUNTS)]
    statistics = [
        nullable(table.c[one.name]) if one.nullable else table.c[one.name] for one in READ_STATISTICS
    ]
    if series.is_hourly:
        return [*head, *statistics, nullable(table.c.version), quoted(table.c.station_id)]
    return [*head, *statistics, *(table.c[name] for name in PERIOD_COUNTS)]


def _season_label(first_day: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """`2014-DJF` of 2013-12-01, as `climatology.seasons.season_label`."""
    month_after = sa.func.date_add(first_day, sa.text("INTERVAL 1 MONTH"))
    code = sa.func.elt(sa.func.quarter(month_after), *CODES)
    return sa.func.concat(sa.func.date_format(month_after, "%Y-"), code)
