"""Rows on their way out: finished integers turned into degrees, and where an hour came from.

Records are msgspec structs, made and written three times as fast as dictionaries, and made
column by column: a year has nearly nine thousand hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import repeat
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from isotherm.api.fields import (
    GLOBAL_FIELDS,
    READ_STATISTICS,
    STATION_FIELDS,
    means_of,
    names_of,
    values_of,
)
from isotherm.api.packed_rows import Row
from isotherm.api.series import DAY, GLOBAL_COUNTS, HOUR, SEASON, YEAR, Period, Series
from isotherm.api.units import DEFAULT_UNITS, UnitsName, scale_of
from isotherm.api.zones import UTC_NAME, in_zone, starts_at
from isotherm.climatology.grades import completeness, grade, month_days, year_days
from isotherm.climatology.seasons import season_days, season_name, season_of_label
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.statistics.catalogue import SUM
from isotherm.stores.summary_tables import GOOD_DAY_COUNT, PERIOD_COUNTS

Record = msgspec.Struct
_READ_NAMES: Final = tuple(one.name for one in READ_STATISTICS)
_ORIGIN: Final = ("layer", "rule", "dataset")
# How much of a period there is, and what its values are worth.
COVERAGE: Final = (*PERIOD_COUNTS, "completeness", "grade")
# When a longer period, which is of UTC, begins by the clock of the zone asked for.
STARTS_AT: Final = "starts_at"
_PROVENANCE: Final = ("version", "source_file", "source_sha256", "source_station_id")


@dataclass(frozen=True, slots=True)
class SourceFileName:
    """The file of NOAA's an hour of the batch layer was computed from."""

    name: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Style:
    """How the rows of a series are given: in which units, and by which clock.

    Attributes:
        units: whose names the fields end with.
        zone: in whose time hours and the beginnings of longer periods are printed; None: UTC.
    """

    units: UnitsName = DEFAULT_UNITS
    zone: ZoneInfo | None = None

    @property
    def time_zone(self) -> str:
        """The zone's name."""
        return UTC_NAME if self.zone is None else self.zone.key


DEFAULT_STYLE: Final = Style()
# By station id, dataset and year.
SourceFiles = Mapping[tuple[str, str, str], SourceFileName]
_UNKNOWN: Final = SourceFileName(None, None)
_LAYOUTS: Final = {one.name: one.layout for one in DATASETS}
NO_FILES: Final[SourceFiles] = {}


def field_names(series: Series, style: Style = DEFAULT_STYLE) -> tuple[str, ...]:
    """What a record of a series holds, in order; the columns of its CSV."""
    times: tuple[str, ...] = (series.period.name,)
    if style.zone is not None and not series.is_hourly:
        times += (STARTS_AT,)
    if series.is_global:
        return (*times, "station_count", *names_of(GLOBAL_FIELDS, style.units), *_ORIGIN)
    shown = (*names_of(STATION_FIELDS, style.units), *_ORIGIN)
    if series.is_hourly:
        return ("station_id", *times, *shown, *_PROVENANCE)
    names = ("season_name",) if series.period is SEASON else ()
    return ("station_id", *times, *names, *COVERAGE, *shown)


@cache
def _record_type(names: tuple[str, ...]) -> type[Any]:
    return msgspec.defstruct("Record", [(name, Any) for name in names], gc=False)


def _records(series: Series, style: Style, columns: Iterable[Iterable[Any]]) -> list[Record]:
    return list(map(_record_type(field_names(series, style)), *columns))


def station_records(
    series: Series,
    rows: Sequence[Row],
    station_id: str,
    rule: str,
    files: SourceFiles = NO_FILES,
    latitude_deg: float | None = None,
    style: Style = DEFAULT_STYLE,
) -> list[Record]:
    """Rows of one station as the API gives them: degrees Celsius, unless the style has other units.

    Args:
        series: which series the rows are of.
        rows: as `read_series` gives them; each hour has the id it was published under.
        station_id: of the place.
        rule: the selection rule.
        files: of an hourly series, the files behind its batch hours.
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
    if series.is_hourly:
        behind = _provenance(periods, datasets, layers, read[own:], files)
        return _records(series, style, [*head, *shown, *behind])
    names = [[season_name(one, latitude_deg) for one in periods]] if series.period is SEASON else []
    coverage = _coverage(series.period, periods, read[own:])
    return _records(series, style, [*head, *names, *coverage, *shown])


def _times(kind: Period, periods: Sequence[Any], zone: ZoneInfo | None) -> list[Iterable[Any]]:
    """Periods by that clock; of longer ones than hours, which are UTC's, also when they begin."""
    if zone is None:
        return [periods]
    if kind is HOUR:
        return [[in_zone(one, zone) for one in periods]]
    return [periods, [starts_at(_first_day(kind, one), zone) for one in periods]]


def _provenance(
    periods: Sequence[str],
    datasets: Sequence[str],
    layers: Sequence[str],
    read: Sequence[Sequence[Any]],
    files: SourceFiles,
) -> list[Sequence[Any]]:
    """The columns of `_PROVENANCE`."""
    versions, natives = read
    behind = [
        files.get((native, dataset, hour[:4]), _UNKNOWN) if layer == LAYER_BATCH else _UNKNOWN
        for hour, dataset, layer, native in zip(periods, datasets, layers, natives, strict=True)
    ]
    return [versions, [one.name for one in behind], [one.sha256 for one in behind], natives]


def _coverage(
    kind: Period, periods: Sequence[Any], counts: Sequence[Sequence[int]]
) -> list[Sequence[Any]]:
    """The columns of `COVERAGE`."""
    lengths = [_days_of(kind, one) for one in periods]
    good = counts[PERIOD_COUNTS.index(GOOD_DAY_COUNT)]
    return [*counts, list(map(completeness, good, lengths)), list(map(grade, good, lengths))]


def _days_of(kind: Period, period: str | int) -> int:
    """Days of a period as the API writes it."""
    if kind is DAY:
        return 1
    first = _first_day(kind, period)
    if kind is YEAR:
        return year_days(first.year)
    return season_days(first) if kind is SEASON else month_days(first)


def _first_day(kind: Period, period: str | int) -> date:
    """The UTC day a period of the API begins with; of days and longer ones."""
    if kind is SEASON:
        return season_of_label(str(period))
    text = f"{period:04}" if isinstance(period, int) else period
    return date.fromisoformat(text + "-01-01"[: len("2014-01-01") - len(text)])


def global_records(
    series: Series, rows: Sequence[Row], rule: str, style: Style = DEFAULT_STYLE
) -> list[Record]:
    """Rows over all stations; the mean is that of the stations' means, each to 1e-4 degrees."""
    if not rows:
        return []
    periods, datasets, layers, *read = zip(*rows, strict=True)
    columns = dict(zip(GLOBAL_COUNTS, read, strict=True))
    stations = columns["station_count"]
    scale = scale_of(SUM.unit, style.units)
    means = means_of(columns["mean_sum_e4"], stations, 10_000, scale)
    shown = [means if one[0] is SUM else values_of(one, columns, style.units) for one in GLOBAL_FIELDS]
    times = _times(series.period, periods, style.zone)
    return _records(series, style, [*times, stations, *shown, layers, repeat(rule), datasets])


def source_files(rows: Iterable[Row]) -> SourceFiles:
    """The files behind batch hours, from `station_id, dataset, year, sha256`."""
    return {
        (native, dataset, f"{year:04}"): SourceFileName(
            _LAYOUTS[dataset].neutral_name(native, year), sha256
        )
        for native, dataset, year, sha256 in rows
    }
