"""Simulated station-years as a directory archive, laid out as NOAA lays out its site."""

import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from isotherm.datasets.dataset import Dataset, Form
from isotherm.datasets.ghcnh import NAME as GHCNH
from isotherm.datasets.global_hourly import NAME as GLOBAL_HOURLY
from isotherm.datasets.registry import dataset_named
from isotherm.datasets.simulated.ghcnh_files import PARQUET
from isotherm.datasets.simulated.station_years import published_on, simulate_station_year, utc_today
from isotherm.datasets.simulated.stations import (
    STATION_COUNT,
    describe_station,
    newest_day,
    simulated_ghcn_list,
    simulated_history,
    station_ids,
)
from isotherm.datasets.simulated.traps import MILD, Traps

# A Parquet file is packed already.
_NEVER_GZIPPED = (PARQUET,)


@dataclass(frozen=True, slots=True)
class Order:
    """What an archive is to hold.

    Attributes:
        stations: ids in global-hourly; in GHCNh they have those it gives them, or are not in it.
        years: a station that was not open yet has no file.
        datasets: of which.
        form: of GHCNh's files, parquet or psv.
        today: see `simulate_station_year`.
        traps: likewise.
    """

    stations: Sequence[str]
    years: Sequence[int]
    datasets: Sequence[str]
    form: str
    today: date
    traps: Traps

    def station_years(self) -> Iterator[tuple[Dataset, str, int]]:
        """Dataset, id in it, year; whether there is a file or not."""
        for name in self.datasets:
            dataset = dataset_named(name)
            for year in sorted(set(self.years)):
                for one in self.stations:
                    if station_id := describe_station(one).id_in(name):
                        yield dataset, station_id, year


def write_archive(
    root: Path,
    stations: int | Iterable[str] = STATION_COUNT,
    years: Iterable[int] = (2024,),
    *,
    datasets: Sequence[str] = (GLOBAL_HOURLY,),
    form: str = PARQUET,
    today: date | None = None,
    traps: Traps = MILD,
    tell: Callable[[Path], object] = lambda _: None,
) -> list[Path]:
    """Write station-years and station lists under `root`; text is gzipped.

    Each file's modification time is its publication, so that two archives written apart are equal.

    Args:
        root: the folder to write in.
        stations: how many, or which ids.
        years: which years.
        datasets: see `Order`.
        form: see `Order`.
        today: see `simulate_station_year`.
        traps: see `simulate_station_year`.
        tell: called with each file that was written.

    Returns:
        The station-year files, sorted.
    """
    ids = station_ids(stations) if isinstance(stations, int) else tuple(stations)
    order = Order(ids, tuple(years), datasets, form, today or utc_today(), traps)
    written = []
    for dataset, station_id, year in order.station_years():
        path = _write_station_year(root, order, dataset, station_id, year)
        if path is not None:
            written.append(path)
            tell(path)
    _write_lists(root, order)
    return sorted(written)


def _write_station_year(
    root: Path, order: Order, dataset: Dataset, station_id: str, year: int
) -> Path | None:
    content = simulate_station_year(
        station_id, year, dataset=dataset.name, form=order.form, today=order.today, traps=order.traps
    )
    if content is None:
        return None
    path = root / dataset.layout.access_path / _form(dataset, order.form).path(station_id, year)
    moment = published_on(year, order.today, dataset.name, order.traps)
    return _write(path, content, moment)


def _form(dataset: Dataset, name: str) -> Form:
    forms = dataset.layout.forms
    return next((one for one in forms if one.folder == name), forms[0])


def _write_lists(root: Path, order: Order) -> None:
    count = max(describe_station(one).number for one in order.stations)
    for name in order.datasets:
        newest = newest_day(order.today, name)
        content = simulated_ghcn_list(count) if name == GHCNH else simulated_history(count, newest)
        path = root / dataset_named(name).layout.station_list_path
        _write(path, content, datetime.combine(newest, datetime.min.time(), UTC))


def _write(path: Path, content: bytes, moment: datetime) -> Path:
    if path.suffix.removeprefix(".") not in _NEVER_GZIPPED:
        path, content = path.with_name(f"{path.name}.gz"), gzip.compress(content, 6, mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path
