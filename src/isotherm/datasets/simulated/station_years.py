"""One station's file of one year, made up in NOAA's exact format, of either dataset.

A file is a pure function of station, year, day and traps: the same on every machine, and a year in
progress grows only at its end, unless a trap is on that says otherwise.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from isotherm.datasets.ghcnh import NAME as GHCNH
from isotherm.datasets.global_hourly import NAME as GLOBAL_HOURLY
from isotherm.datasets.simulated import ghcnh_traps
from isotherm.datasets.simulated.ghcnh_files import PARQUET, to_file
from isotherm.datasets.simulated.ghcnh_rows import rows_of
from isotherm.datasets.simulated.global_hourly_csv import to_csv
from isotherm.datasets.simulated.reports import Report, reports_of
from isotherm.datasets.simulated.stations import SimulatedStation, describe_station, newest_day
from isotherm.datasets.simulated.traps import MILD, Traps
from isotherm.datasets.simulated.weather import StationWeather

PUBLICATION_DELAY: Final = timedelta(days=2)
SIMULATED_DATASETS: Final = (GHCNH, GLOBAL_HOURLY)

_Dated = list[tuple[date, Report]]


def simulate_station_year(
    station_id: str,
    year: int,
    *,
    dataset: str = GLOBAL_HOURLY,
    form: str = PARQUET,
    today: date | None = None,
    traps: Traps = MILD,
) -> bytes | None:
    """One file, plain; None before the station opened and for a year that has no day yet.

    Args:
        station_id: in this dataset.
        year: from 1901.
        dataset: `ghcnh` or `global-hourly`.
        form: of a GHCNh file, psv or parquet.
        today: the file ends one or two days before it, or with the year; default: the wall clock's.
        traps: what is wrong with it.

    Raises:
        SourceError: the id is not a simulated station's.
    """
    today = today or utc_today()
    station = describe_station(station_id)
    last_day = _last_day(year, today, dataset)
    if station.id_in(dataset) != station_id or not station.has_year(year):
        return None
    if last_day < date(year, 1, 1):
        return None
    weather = StationWeather(station)
    reports = _reports(station, weather, last_day, traps)
    if dataset == GLOBAL_HOURLY:
        return to_csv(station, reports, traps)
    published = ghcnh_traps.Publication(station, weather, year, today, traps)
    rows = ghcnh_traps.spring(rows_of(station, reports, traps), published)
    return to_file(station, year, rows, form, traps)


def published_on(
    year: int, today: date | None = None, dataset: str = GLOBAL_HOURLY, traps: Traps = MILD
) -> datetime:
    """When a station-year was last published, at midnight UTC.

    Global-hourly two days after its newest day; GHCNh daily until its year is whole, and once more
    where the past is revised.
    """
    today = today or utc_today()
    if dataset == GLOBAL_HOURLY:
        day = _last_day(year, today, dataset) + PUBLICATION_DELAY
    else:
        day = min(today, date(year, 12, 31) + PUBLICATION_DELAY)
        if traps.revised_past and today >= ghcnh_traps.revised_on(year):
            day = ghcnh_traps.revised_on(year)
    return datetime.combine(day, datetime.min.time(), UTC)


def utc_today() -> date:
    """The wall clock's day."""
    return datetime.now(UTC).date()


def _reports(
    station: SimulatedStation, weather: StationWeather, last_day: date, traps: Traps
) -> _Dated:
    """From 1 January on."""
    reports: _Dated = []
    day = date(last_day.year, 1, 1)
    while day <= last_day:
        reports += [(day, report) for report in reports_of(station, weather, day, traps)]
        day += timedelta(days=1)
    return reports


def _last_day(year: int, today: date, dataset: str) -> date:
    return min(date(year, 12, 31), newest_day(today, dataset))
