"""Station-years made up in NOAA's exact CSV format: the simulated archive and every benchmark's load.

    python -m isotherm.datasets.simulated DIRECTORY --stations 100 --years 2023 2024

writes them laid out as NOAA lays out its site. A file is a pure function of station, year and day: the
same on every machine, and a year in progress grows only at its end.
"""

import gzip
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.simulated.reports import Report, reports_of, tmp
from isotherm.datasets.simulated.stations import (
    STATION_COUNT,
    Kind,
    SimulatedStation,
    describe_station,
    newest_day,
    simulated_history,
    station_ids,
)
from isotherm.datasets.simulated.weather import StationWeather

PUBLICATION_DELAY: Final = timedelta(days=2)
SIMULATED_DATASET: Final = GLOBAL_HOURLY.name  # the one whose format is written here

_FIXED_COLUMNS: Final = (
    "STATION", "DATE", "SOURCE", "LATITUDE", "LONGITUDE", "ELEVATION", "NAME", "REPORT_TYPE",
    "CALL_SIGN", "QUALITY_CONTROL", "WND", "CIG", "VIS", "TMP", "DEW", "SLP",
)  # fmt: skip
_LAST_COLUMNS: Final = ("REM", "EQD")
_NO_WIND: Final = "999,9,9,9999,9"
_CEILING_AND_VISIBILITY: Final = '"99999,9,9,N","016093,5,N,5"'
_NOT_OBSERVED: Final = '"99999,9,9,9","999999,9,9,9"'
_MISSING_PRESSURE: Final = "99999,9"


def simulate_station_year(station_id: str, year: int, *, today: date | None = None) -> bytes | None:
    """One file, plain; None before the station opened and for a year that has no day yet.

    Args:
        station_id: one of `station_ids`, or any up to ZZ9999.
        year: from 1901.
        today: the file ends two days before it, or with the year; default: the wall clock's.

    Raises:
        SourceError: the id is not a simulated station's.
    """
    station = describe_station(station_id)
    last_day = _last_day(year, today)
    day = date(year, 1, 1)
    if not station.has_year(year) or last_day < day:
        return None
    weather = StationWeather(station)
    reports: list[tuple[date, Report]] = []
    while day <= last_day:
        reports += [(day, report) for report in reports_of(station, weather, day)]
        day += timedelta(days=1)
    return _to_csv(station, reports)


def published_on(year: int, today: date | None = None) -> datetime:
    """When a station-year was last published: two days after its newest day, at midnight UTC."""
    return datetime.combine(_last_day(year, today) + PUBLICATION_DELAY, datetime.min.time(), UTC)


def write_archive(
    root: Path,
    stations: int | Iterable[str] = STATION_COUNT,
    years: Iterable[int] = (2024,),
    *,
    today: date | None = None,
) -> list[Path]:
    """Write station-years and the station list under `root` as NOAA lays out its site, gzipped.

    Each file's modification time is its publication, so that two archives written apart are equal.

    Args:
        root: the folder to write in.
        stations: how many, or which ids.
        years: which years; a station that was not open yet has no file.
        today: see `simulate_station_year`.

    Returns:
        The station-year files, sorted.
    """
    layout = GLOBAL_HOURLY.layout
    ids = station_ids(stations) if isinstance(stations, int) else tuple(stations)
    written = []
    for year in sorted(set(years)):
        for station_id in ids:
            content = simulate_station_year(station_id, year, today=today)
            if content is not None:
                name = f"{layout.forms[0].path(station_id, year)}.gz"
                path = root / layout.access_path / name
                _write(path, content, published_on(year, today))
                written.append(path)
    last_day = newest_day(today or _utc_today())
    count = max(describe_station(one).number for one in ids)
    history = simulated_history(count, last_day)
    _write(
        root / f"{layout.station_list_path}.gz",
        history,
        datetime.combine(last_day, datetime.min.time(), UTC),
    )
    return sorted(written)


def _write(path: Path, content: bytes, moment: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 6, mtime=0))
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _last_day(year: int, today: date | None) -> date:
    return min(date(year, 12, 31), newest_day(today or _utc_today()))


def _utc_today() -> date:
    return datetime.now(UTC).date()


def _to_csv(station: SimulatedStation, reports: list[tuple[date, Report]]) -> bytes:
    """NOAA's format: the 16 fixed columns, the groups that occur in this file sorted, REM and EQD."""
    groups = sorted({name for _, report in reports for name in report.groups})
    header = ",".join(f'"{name}"' for name in (*_FIXED_COLUMNS, *groups, *_LAST_COLUMNS))
    # The other agency has the same station a kilometre away.
    places = {True: _place(station, 0.0), False: _place(station, 0.012)}
    lines = [header]
    no_groups = "," * len(groups)
    for day, report in reports:
        extra = no_groups
        if report.groups:
            extra = "".join(
                f',"{report.groups[name]}"' if name in report.groups else "," for name in groups
            )
        lines.append(_row(station, day, report, places[report.is_own_channel], extra))
    return ("\n".join(lines) + "\n").encode("ascii")


def _place(station: SimulatedStation, shift_deg: float) -> str:
    latitude = station.latitude_deg - shift_deg
    longitude = station.longitude_deg + shift_deg
    return f'"{latitude:.3f}","{longitude:.3f}","{station.elevation_m:.1f}","{station.name}"'


def _row(station: SimulatedStation, day: date, report: Report, place: str, extra: str) -> str:
    hour, minute = divmod(report.minute, 60)
    is_aviation = station.kind in (Kind.AIRPORT, Kind.AUTOMATIC) and report.is_own_channel
    control = f'"Z{station.number % 1000:03d} ","V030"' if is_aviation else '"99999","V020"'
    return (
        f'"{station.station_id}","{day.isoformat()}T{hour:02d}:{minute:02d}:00","{report.source}",{place},'
        f'"{report.report_type:<5}",{control},{_elements(station, report)}{extra},{_remark(report)},'
    )


def _elements(station: SimulatedStation, report: Report) -> str:
    """WND, CIG, VIS, TMP, DEW, SLP."""
    one = report.conditions
    if one is None:
        return f'"{_NO_WIND}",{_NOT_OBSERVED},"{report.tmp}","+9999,9","{_MISSING_PRESSURE}"'
    quality = "5" if report.source in "67" else "1"
    wind = f"{one.wind_direction:03d},{quality},N,{one.wind_speed:04d},{quality}"
    if one.wind_speed == 0:
        wind = f"999,9,C,0000,{quality}"
    dew = "+9999,9" if station.kind is Kind.THREE_A_DAY else tmp(one.dew_point, quality)
    # Specials carry no pressure reduced to sea level.
    pressure = _MISSING_PRESSURE if report.report_type == "FM-16" else f"{one.pressure:05d},{quality}"
    return f'"{wind}",{_CEILING_AND_VISIBILITY},"{report.tmp}","{dew}","{pressure}"'


def _remark(report: Report) -> str:
    """Free text with commas, as real remarks have."""
    if report.report_type == "FM-16":
        return f'"MET042SPECI SIMULATED, {report.minute // 60:02d}Z RMK AO2 SFC VIS 1 3/4, P0003"'
    return ""
