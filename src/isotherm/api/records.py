"""Rows on their way out: finished integers turned into degrees, and where an hour came from.

Records are msgspec structs, made and written three times as fast as dictionaries, and made
column by column: a year has nearly nine thousand hours.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import repeat
from typing import Any, Final
from zoneinfo import ZoneInfo

from isotherm.api.fields import (
    GLOBAL_FIELDS,
    READ_STATISTICS,
    STATION_FIELDS,
    means_of,
    names_of,
    values_of,
)
from isotherm.api.hour_records import hour_names
from isotherm.api.packed_rows import Row
from isotherm.api.parted_rows import Record, record_type
from isotherm.api.period_labels import first_day
from isotherm.api.series import DAY, DAYS_OF_ALL, GLOBAL_COUNTS, HOUR, SEASON, YEAR, Period, Series
from isotherm.api.style import DEFAULT_STYLE, Style
from isotherm.api.units import scale_of
from isotherm.api.zones import in_zone, starts_at
from isotherm.climatology.grades import completeness, grade, month_days, year_days
from isotherm.climatology.seasons import season_days, season_name
from isotherm.statistics.catalogue import SUM
from isotherm.stores.summary_tables import GOOD_DAY_COUNT, PERIOD_COUNTS

_READ_NAMES: Final = tuple(one.name for one in READ_STATISTICS)
_ORIGIN: Final = ("layer", "rule", "dataset")
# How much of a period there is, and what its values are worth.
COVERAGE: Final = (*PERIOD_COUNTS, "completeness", "grade")
# The same of all stations: of the days of all of them together.
GLOBAL_COVERAGE: Final = (*DAYS_OF_ALL, "completeness", "grade")
# When a longer period, which is of UTC, begins by the clock of the zone asked for.
STARTS_AT: Final = "starts_at"


def field_names(series: Series, style: Style = DEFAULT_STYLE) -> tuple[str, ...]:
    """What a record of a series holds, in order; the columns of its CSV."""
    if series.is_hourly and not series.is_global:
        return hour_names(style.units)
    times: tuple[str, ...] = (series.period.name,)
    if style.zone is not None and not series.is_hourly:
        times += (STARTS_AT,)
    if series.is_global:
        counts = ("station_count", *(GLOBAL_COVERAGE if series.counts_days else ()))
        return (*times, *counts, *names_of(GLOBAL_FIELDS, style.units), *_ORIGIN)
    shown = (*names_of(STATION_FIELDS, style.units), *_ORIGIN)
    names = ("season_name",) if series.period is SEASON else ()
    return ("station_id", *times, *names, *COVERAGE, *shown)


def _records(series: Series, style: Style, columns: Iterable[Iterable[Any]]) -> list[Record]:
    return list(map(record_type(field_names(series, style)), *columns))


def station_records(
    series: Series,
    rows: Sequence[Row],
    station_id: str,
    rule: str,
    latitude_deg: float | None = None,
    style: Style = DEFAULT_STYLE,
) -> list[Record]:
    """Days or longer periods of one station as the API gives them; its hours: `hour_records`.

    Args:
        series: which series the rows are of.
        rows: as `read_series` gives them.
        station_id: of the place.
        rule: the selection rule.
        latitude_deg: of a seasonal series, where the station is: what a season is called there.
        style: units and clock.
    """
    if not rows:
        return []
    periods, datasets, layers, *read = zip(*rows, strict=True)
    own = len(_READ_NAMES)
    columns = dict(zip(_READ_NAMES, read[:own], strict=True))
    shown: list[Iterable[Any]] = [values_of(one, columns, style.units) for one in STATION_FIELDS]
    shown += [layers, repeat(rule), datasets]
    head: list[Iterable[Any]] = [repeat(station_id), *_times(series.period, periods, style.zone)]
    names = [[season_name(one, latitude_deg) for one in periods]] if series.period is SEASON else []
    coverage = _coverage(series.period, periods, read[own:])
    return _records(series, style, [*head, *names, *coverage, *shown])


def _times(kind: Period, periods: Sequence[Any], zone: ZoneInfo | None) -> list[Iterable[Any]]:
    """Periods by that clock; of longer ones than hours, which are UTC's, also when they begin."""
    if zone is None:
        return [periods]
    if kind is HOUR:
        return [[in_zone(one, zone) for one in periods]]
    return [periods, [starts_at(_begins(one), zone) for one in periods]]


def _coverage(
    kind: Period, periods: Sequence[Any], counts: Sequence[Sequence[int]]
) -> list[Sequence[Any]]:
    """The columns of `COVERAGE`."""
    good = counts[PERIOD_COUNTS.index(GOOD_DAY_COUNT)]
    return [*counts, *_worth([_days_of(kind, one) for one in periods], good)]


def _worth(lengths: Sequence[int], good: Sequence[int]) -> list[Sequence[Any]]:
    """Completeness and grade of periods of so many days, of which so many are good."""
    return [list(map(completeness, good, lengths)), list(map(grade, good, lengths))]


def _global_coverage(
    series: Series, periods: Sequence[Any], stations: Sequence[int], days: Sequence[Sequence[int]]
) -> list[Sequence[Any]]:
    """The columns of `GLOBAL_COVERAGE`, where there are such."""
    if not days:
        return []
    lengths = [_days_of(series.period, one) for one in periods]
    every = [length * count for length, count in zip(lengths, stations, strict=True)]
    return [*days, *_worth(every, days[DAYS_OF_ALL.index(GOOD_DAY_COUNT)])]


def _begins(period: str | int) -> date:
    first = first_day(period)
    assert first is not None  # noqa: S101 - no series is of everything as one
    return first


def _days_of(kind: Period, period: str | int) -> int:
    """Days of a period as the API writes it."""
    if kind is DAY:
        return 1
    first = _begins(period)
    if kind is YEAR:
        return year_days(first.year)
    return season_days(first) if kind is SEASON else month_days(first)


def global_records(
    series: Series, rows: Sequence[Row], rule: str, style: Style = DEFAULT_STYLE
) -> list[Record]:
    """Rows over all stations; the mean is that of the stations' means, each to 1e-4 degrees."""
    if not rows:
        return []
    periods, datasets, layers, *read = zip(*rows, strict=True)
    own = len(GLOBAL_COUNTS)
    columns = dict(zip(GLOBAL_COUNTS, read[:own], strict=True))
    stations = columns["station_count"]
    scale = scale_of(SUM.unit, style.units)
    means = means_of(columns["mean_sum_e4"], stations, 10_000, scale)
    shown = [means if one[0] is SUM else values_of(one, columns, style.units) for one in GLOBAL_FIELDS]
    times = _times(series.period, periods, style.zone)
    coverage = _global_coverage(series, periods, stations, read[own:])
    return _records(
        series, style, [*times, stations, *coverage, *shown, layers, repeat(rule), datasets]
    )
