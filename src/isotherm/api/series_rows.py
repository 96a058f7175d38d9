"""How the rows of a series are read: packed by MySQL, of each period the one that serves.

A row is read as finished integers, which `station_records` turns into degrees; nothing is aggregated.
Hours of a station are packed otherwise, see `packed_hours`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from operator import itemgetter, lt
from typing import Any

import sqlalchemy as sa

from isotherm.api.fields import READ_STATISTICS
from isotherm.api.packed_hours import packed_hours, whole_hours
from isotherm.api.packed_rows import Row, Unpacked, nullable, packed, quoted, unpack
from isotherm.api.prepared import Prepared
from isotherm.api.series import DAYS_OF_ALL, GLOBAL_COUNTS, HOUR, SEASON, YEAR, Selection, Series
from isotherm.climatology.seasons import CODES
from isotherm.datasets.facts import serving_rank
from isotherm.statistics.statistic import Statistic
from isotherm.stores.group_summary import ALL
from isotherm.stores.summary_tables import PERIOD_COUNTS


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """Rows in order of time, one per period, and whether more follow."""

    rows: Sequence[Row]
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


def rows_of(series: Series, selection: Selection, text: str | None) -> tuple[Sequence[Row], bool]:
    """The rows of more periods than the limit, in their order, and whether these are all there are."""
    rows = unpack_rows(series, text)
    is_whole = len(rows) < selection.enough
    if series.is_hourly and not has_single_rows(rows):
        return sorted(rows, key=itemgetter(0)), is_whole
    return rows, is_whole


def has_single_rows(rows: Sequence[Row]) -> bool:
    """Whether each period has one row and they are in order, seen at once: nothing is to be chosen."""
    if not isinstance(rows, Unpacked):
        return False
    starts = rows.column(0)
    return all(map(lt, starts, islice(starts, 1, None)))


def unpack_rows(series: Series, text: str | None) -> Unpacked:
    """The rows of a packed value of `series_columns`."""
    if text and series.is_hourly:
        text = text.replace(" ", "T")  # takes MySQL eight times as long
    return unpack(text, len(series_columns(series)))


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
    columns, enough = series_columns(series), _enough()
    where, order = _where(series, bounds, station), _order(series)
    return packed(columns, order, where, enough, sorted_by_reader=series.is_hourly)


def hours_statement(
    series: Series,
    bounds: frozenset[str],
    station: str,
    *more: sa.ColumnElement[bool],
    is_whole: bool,
) -> sa.Select[Any]:
    """The same of the hours of an id for which more holds, as `packed_hours` has them.

    `is_whole`: there are never more than enough, so that the rows are packed as they are found.
    """
    where = [*_where(series, bounds, station), *more]
    return whole_hours(where) if is_whole else packed_hours(where, _order(series), _enough())


def _enough() -> sa.BindParameter[int]:
    return sa.bindparam("enough", type_=sa.Integer)


def _order(series: Series) -> list[sa.ColumnElement[Any]]:
    """As the primary key has them."""
    table = series.table.c
    return [table[series.period.name], table.dataset, table.layer]


def _where(series: Series, bounds: frozenset[str], station: str | None) -> list[sa.ColumnElement[bool]]:
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
    return where


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


@cache
def series_columns(series: Series) -> list[sa.ColumnElement[Any]]:
    """The columns `station_records` and `global_records` read, in their order."""
    table, kind = series.table, series.period
    period: sa.ColumnElement[Any] = table.c[kind.name]
    if kind is SEASON:
        period = quoted(_season_label(period))
    elif kind is HOUR:
        period = quoted(sa.func.concat(period, sa.literal_column("'Z'")))  # see `unpack_rows`
    elif kind.sql_format is not None:
        period = quoted(sa.func.date_format(period, kind.sql_format))
    # Days and longer say which datasets served them, hours which they are of.
    of_dataset = table.c.datasets if "datasets" in table.c else table.c.dataset
    head = [period, quoted(of_dataset), quoted(table.c.layer)]
    if series.is_global:
        return [*head, *(table.c[name] for name in GLOBAL_COUNTS), *_days_of_all(series)]
    statistics = _statistics(table, READ_STATISTICS)
    return [*head, *statistics, *(table.c[name] for name in PERIOD_COUNTS)]


def _days_of_all(series: Series) -> list[sa.ColumnElement[Any]]:
    """`DAYS_OF_ALL` of a period over all stations; a season's are those of its three months."""
    groups, table = series.groups, series.table.c
    if groups is None:  # of a day each station has one
        return [table.station_count, table.good_day_count] if series.counts_days else []
    own, period = (
        groups.c.month if series.period is not YEAR else groups.c.year,
        table[series.period.name],
    )
    where = [groups.c.kind == sa.literal_column(f"'{ALL}'"), groups.c.code == sa.literal_column("''")]
    where += [groups.c[name] == table[name] for name in ("rule", "dataset", "layer")]
    if series.period is SEASON:
        where.append(own.between(period, sa.func.date_add(period, sa.text("INTERVAL 2 MONTH"))))
    else:
        where.append(own == period)
    sums = [sa.func.coalesce(sa.func.sum(groups.c[name]), 0) for name in DAYS_OF_ALL]
    return [sa.select(one).where(*where).scalar_subquery() for one in sums]


def _statistics(table: sa.Table, statistics: Iterable[Statistic]) -> list[sa.ColumnElement[Any]]:
    return [nullable(table.c[one.name]) if one.nullable else table.c[one.name] for one in statistics]


def _season_label(first_day: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """`2014-DJF` of 2013-12-01, as `climatology.seasons.season_label`."""
    month_after = sa.func.date_add(first_day, sa.text("INTERVAL 1 MONTH"))
    code = sa.func.elt(sa.func.quarter(month_after), *CODES)
    return sa.func.concat(sa.func.date_format(month_after, "%Y-"), code)
