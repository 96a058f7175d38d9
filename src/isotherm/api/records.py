"""Rows on their way out: finished integers turned into degrees, and where an hour came from.

Records are msgspec structs, which are made and written three times as fast as dictionaries: a year has
nearly nine thousand hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from isotherm.api.packed_rows import Row
from isotherm.api.series import Period, Series
from isotherm.hourly_summary import LAYER_BATCH, REASON_COUNTS
from isotherm.stores import tables

Record = msgspec.Struct
_STATISTICS: Final = ("observation_count", "min_c", "mean_c", "max_c")
_ORIGIN: Final = ("layer", "rule", "dataset")


@dataclass(frozen=True, slots=True)
class SourceFileName:
    """The file of NOAA's an hour of the batch layer was computed from."""

    name: str | None
    sha256: str | None


SourceFiles = Mapping[tuple[str, str], SourceFileName]
_UNKNOWN: Final = SourceFileName(None, None)
NO_FILES: Final[SourceFiles] = {}


@cache
def _record_type(*names: str) -> type[Any]:
    return msgspec.defstruct("Record", [(name, Any) for name in names], gc=False)


def station_records(
    series: Series, rows: Iterable[Row], station_id: str, rule: str, files: SourceFiles = NO_FILES
) -> list[Record]:
    """Rows of one station as the API gives them: degrees Celsius, the mean unrounded.

    Args:
        series: which series the rows are of.
        rows: as `read_series` gives them.
        station_id: the station.
        rule: the selection rule.
        files: of an hourly series, the files behind its batch hours.
    """
    if series.is_hourly:
        return _hour_records(series.period, rows, station_id, rule, files)
    make = _record_type(
        "station_id", series.period.name, "hour_count", *_STATISTICS, *REASON_COUNTS, *_ORIGIN
    )
    return [
        make(station_id, period, hours, count, low / 10, total / count / 10, high / 10, *reasons,
             layer, rule, dataset)
        for period, dataset, layer, count, low, high, total, *reasons, hours in rows
    ]  # fmt: skip


def _hour_records(
    period: Period, rows: Iterable[Row], station_id: str, rule: str, files: SourceFiles
) -> list[Record]:
    make = _record_type(
        "station_id", period.name, *_STATISTICS, *REASON_COUNTS, *_ORIGIN,
        "version", "source_file", "source_sha256",
    )  # fmt: skip
    records = []
    for hour, dataset, layer, count, low, high, total, *reasons, version in rows:
        file = files.get((dataset, hour[:4]), _UNKNOWN) if layer == LAYER_BATCH else _UNKNOWN
        records.append(
            make(station_id, hour, count, low / 10, total / count / 10, high / 10, *reasons,
                 layer, rule, dataset, version, file.name, file.sha256)
        )  # fmt: skip
    return records


def global_records(series: Series, rows: Iterable[Row], rule: str) -> list[Record]:
    """Rows over all stations; the mean is that of the stations' means, each to 1e-4 degrees."""
    make = _record_type(series.period.name, "station_count", *_STATISTICS, *_ORIGIN)
    return [
        make(period, stations, count, low / 10, sum_e4 / stations / 10_000, high / 10,
             layer, rule, dataset)
        for period, dataset, layer, stations, count, low, high, sum_e4 in rows
    ]  # fmt: skip


def read_source_files(connection: sa.Connection, station_id: str, hours: Sequence[Row]) -> SourceFiles:
    """By dataset and year, the files behind a station's batch hours, which are in order of time."""
    if not hours:
        return NO_FILES
    table = tables.source_file
    statement = sa.select(
        table.c.dataset,
        table.c.year,
        sa.func.coalesce(table.c.normalised_sha256, table.c.sha256),
    ).where(
        table.c.station_id == station_id,
        table.c.year.between(int(hours[0][0][:4]), int(hours[-1][0][:4])),
    )
    return {
        (dataset, f"{year:04}"): SourceFileName(f"{station_id}.csv", sha256)
        for dataset, year, sha256 in connection.execute(statement)
    }
