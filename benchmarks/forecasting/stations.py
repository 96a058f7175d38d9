"""What the forecast is scored on: station-years of an archive, and hourly series."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from isotherm.archive.archives import StationYear
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import DATASETS
from isotherm.forecast.hours import StationHours
from isotherm.forecast.neighbours import Signal, candidates, signal_of
from isotherm.forecast.observed import station_hours
from isotherm.station import Station
from isotherm.summarise import summarise

_AUTUMN = 9


@dataclass(frozen=True, slots=True)
class Scored:
    """One station and the hours from which forecasts are scored (since 1970, the end exclusive)."""

    label: str
    hours: StationHours
    candidates: tuple[Signal, ...]
    first_hour: int
    end_hour: int
    is_series: bool


def station_years(root: Path, wanted: Sequence[tuple[str, int]], *, years_before: int) -> list[Scored]:
    """Station-years of an archive laid out as NOAA's, and so many years before them to train on.

    Scored from September on where there is none before, else the whole year.
    """
    archive = DirectoryArchive(root)
    read = {(one, year): _read(archive, one, year, years_before) for one, year in wanted}
    positions = {key[0]: where for key, hours in read.items() if (where := _position(hours))}
    found = []
    for (station_id, year), hours in read.items():
        near = candidates(station_id, positions)
        signals = (
            signal_of(name, one)
            for (name, its), one in read.items()
            if (name, its) in {(other, year) for other in near}
        )
        begin = date(year, 1 if years_before else _AUTUMN, 1)
        label = f"{station_id} {year}"
        found.append(
            Scored(label, hours, tuple(signals), _hour(begin), _hour(date(year + 1, 1, 1)), False)
        )
    return found


def series_stations(files: Sequence[Path], root: Path | None, year: int | None) -> list[Scored]:
    """Hourly series (CSV or gzip: `utc_hour`, `t_tenths`), each with the others as neighbours.

    Args:
        files: named after their stations.
        root: an archive whose station lists have the positions; without it there are no neighbours.
        year: the scored one; default: the last that the files have whole.
    """
    places = _listed(root, {_station_id(path) for path in files}) if root else {}
    series = {_station_id(path): _read_series(path) for path in files}
    for name, place in places.items():
        series[name] = replace(
            series[name], latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg
        )
    if missing := sorted(set(series) - set(places)):
        print(f"No position, so neither sun nor neighbours: {', '.join(missing)}")
    positions = {name: where for name, hours in series.items() if (where := _position(hours))}
    signals = {name: signal_of(name, hours) for name, hours in series.items()}
    found = []
    for name, hours in series.items():
        its_year = year or _year_of(hours.end_hour) - 1
        near = tuple(signals[one] for one in candidates(name, positions))
        begin, end = _hour(date(its_year, 1, 1)), _hour(date(its_year + 1, 1, 1))
        found.append(Scored(name, hours, near, begin, end, True))
    return found


def _read(archive: DirectoryArchive, station_id: str, year: int, years_before: int) -> StationHours:
    """The years of a station until this one, of the first dataset that has it."""
    for dataset in DATASETS:
        files = [
            _file(archive, dataset, station_id, one) for one in range(year - years_before, year + 1)
        ]
        if files[-1] is None:
            continue
        observations = pl.concat(
            observations_of(
                dataset,
                content,
                station_id=station_id,
                year=year - years_before + place,
                published_at=datetime.now(UTC).replace(microsecond=0),
            ).observations
            for place, content in enumerate(files)
            if content is not None
        )
        place = dataset.describe_station(files[-1], station_id)
        summaries = summarise(observations, dataset.quality)
        return station_hours(summaries, place)
    raise SystemExit(f"{archive.label} has no file of station {station_id} in {year}.")


def _file(archive: DirectoryArchive, dataset: Dataset, station_id: str, year: int) -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = StationYear(station_id, year, dataset.name)
        fetched = archive.fetch(wanted, Path(folder) / "file.gz")
        return fetched.path.read_bytes() if fetched and fetched.path else None


def _read_series(path: Path) -> StationHours:
    rows = pl.read_csv(path, columns=["utc_hour", "t_tenths"], try_parse_dates=False)
    moments = (rows["utc_hour"] + ":00").str.to_datetime("%Y-%m-%dT%H:%M", time_zone="UTC")
    hours = (moments.dt.epoch("s") // 3600).to_numpy()
    values = np.full(int(hours.max() - hours.min()) + 1, np.nan)
    values[hours - hours.min()] = rows["t_tenths"].cast(pl.Float64).fill_null(np.nan).to_numpy() / 10
    return StationHours.of_temperature(int(hours.min()), values)


def _station_id(path: Path) -> str:
    return path.name.split(".")[0]


def _listed(root: Path, names: set[str]) -> dict[str, Station]:
    archive = DirectoryArchive(root)
    listed = (one.station for dataset in DATASETS for one in archive.read_station_list(dataset))
    return {one.station_id: one for one in listed if one.station_id in names}


def _position(hours: StationHours) -> tuple[float, float] | None:
    if hours.latitude_deg is None or hours.longitude_deg is None:
        return None
    return hours.latitude_deg, hours.longitude_deg


def _hour(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 3600


def _year_of(hour: int) -> int:
    return datetime.fromtimestamp(hour * 3600, UTC).year
