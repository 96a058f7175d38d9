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
from isotherm.api.series import GLOBAL_COUNTS, SEASON, Period, Series
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
_PROVENANCE: Final = ("version", "source_file", "source_sha256", "source_station_id")


@dataclass(frozen=True, slots=True)
class SourceFileName:
    """The file of NOAA's an hour of the batch layer was computed from."""

    name: str | None
    sha256: str | None


# By station id, dataset and year.
SourceFiles = Mapping[tuple[str, str, str], SourceFileName]
_UNKNOWN: Final = SourceFileName(None, None)
_LAYOUTS: Final = {one.name: one.layout for one in DATASETS}
NO_FILES: Final[SourceFiles] = {}


def field_names(series: Series) -> tuple[str, ...]:
    """What a record of a series holds, in order; the columns of its CSV."""
    if series.is_global:
        return (series.period.name, "station_count", *names_of(GLOBAL_FIELDS), *_ORIGIN)
    head = ("station_id", series.period.name)
    if series.is_hourly:
        return (*head, *names_of(STATION_FIELDS), *_ORIGIN, *_PROVENANCE)
    names = ("season_name",) if series.period is SEASON else ()
    return (*head, *names, *COVERAGE, *names_of(STATION_FIELDS), *_ORIGIN)


@cache
def _record_type(series: Series) -> type[Any]:
    return msgspec.defstruct("Record", [(name, Any) for name in field_names(series)], gc=False)


def station_records(
    series: Series,
    rows: Sequence[Row],
    station_id: str,
    rule: str,
    files: SourceFiles = NO_FILES,
    latitude_deg: float | None = None,
) -> list[Record]:
    """Rows of one station as the API gives them: degrees Celsius.

    Args:
        series: which series the rows are of.
        rows: as `read_series` gives them; each hour has the id it was published under.
        station_id: of the place.
        rule: the selection rule.
        files: of an hourly series, the files behind its batch hours.
        latitude_deg: of a seasonal series, where the station is: what a season is called there.
    """
    if not rows:
        return []
    if series.is_hourly:
        return _hour_records(series, rows, station_id, rule, files)
    periods, datasets, layers, *read = zip(*rows, strict=True)
    own = len(_READ_NAMES)
    columns = dict(zip(_READ_NAMES, read[:own], strict=True))
    shown = [values_of(one, columns) for one in STATION_FIELDS]
    origin = [layers, repeat(rule), datasets]
    ids = repeat(station_id)
    names = [[season_name(one, latitude_deg) for one in periods]] if series.period is SEASON else []
    coverage = _coverage(series.period, periods, read[own:])
    return list(map(_record_type(series), ids, periods, *names, *coverage, *shown, *origin))


def _hour_records(
    series: Series, rows: Sequence[Row], station_id: str, rule: str, files: SourceFiles
) -> list[Record]:
    periods, datasets, layers, *read, versions, natives = zip(*rows, strict=True)
    columns = dict(zip(_READ_NAMES, read, strict=True))
    shown = [values_of(one, columns) for one in STATION_FIELDS]
    origin = [layers, repeat(rule), datasets]
    behind = [
        files.get((native, dataset, hour[:4]), _UNKNOWN) if layer == LAYER_BATCH else _UNKNOWN
        for hour, dataset, layer, native in zip(periods, datasets, layers, natives, strict=True)
    ]
    names, hashes = [one.name for one in behind], [one.sha256 for one in behind]
    provenance = (versions, names, hashes, natives)
    return list(map(_record_type(series), repeat(station_id), periods, *shown, *origin, *provenance))


def _coverage(
    kind: Period, periods: Sequence[Any], counts: Sequence[Sequence[int]]
) -> list[Sequence[Any]]:
    """The columns of `COVERAGE`."""
    lengths = [_days_of(kind, one) for one in periods]
    good = counts[PERIOD_COUNTS.index(GOOD_DAY_COUNT)]
    return [*counts, list(map(completeness, good, lengths)), list(map(grade, good, lengths))]


def _days_of(kind: Period, period: str | int) -> int:
    """Days of a period as the API writes it."""
    text = f"{period:04}" if isinstance(period, int) else period
    match kind.name:
        case "year":
            return year_days(int(text))
        case "season":
            return season_days(season_of_label(text))
        case "month":
            return month_days(date.fromisoformat(f"{text}-01"))
    return 1


def global_records(series: Series, rows: Sequence[Row], rule: str) -> list[Record]:
    """Rows over all stations; the mean is that of the stations' means, each to 1e-4 degrees."""
    if not rows:
        return []
    periods, datasets, layers, *read = zip(*rows, strict=True)
    columns = dict(zip(GLOBAL_COUNTS, read, strict=True))
    stations = columns["station_count"]
    means = means_of(columns["mean_sum_e4"], stations, 10_000)
    shown = [means if one[0] is SUM else values_of(one, columns) for one in GLOBAL_FIELDS]
    origin = [layers, repeat(rule), datasets]
    return list(map(_record_type(series), periods, stations, *shown, *origin))


def source_files(rows: Iterable[Row]) -> SourceFiles:
    """The files behind batch hours, from `station_id, dataset, year, sha256`."""
    return {
        (native, dataset, f"{year:04}"): SourceFileName(
            _LAYOUTS[dataset].neutral_name(native, year), sha256
        )
        for native, dataset, year, sha256 in rows
    }
