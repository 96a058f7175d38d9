"""Simulated files and what is read of them, kept for the tests of one session."""

from datetime import UTC, date, datetime
from functools import cache

import polars as pl

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.simulated.ghcnh_files import PARQUET
from isotherm.datasets.simulated.station_years import simulate_station_year
from isotherm.datasets.simulated.stations import (
    Kind,
    describe_station,
    station_ids,
)
from isotherm.datasets.simulated.traps import MILD, Traps

# A short year in progress keeps the files small.
TODAY = date(2026, 2, 15)
KINDS = [kind for kind in Kind if kind is not Kind.MOBILE]
OF_KIND = {describe_station(one).kind: describe_station(one) for one in reversed(station_ids())}
AIRPORT = OF_KIND[Kind.AIRPORT].ghcn_id or ""


def content_of(
    station_id: str,
    year: int,
    dataset: Dataset = GHCNH,
    form: str = PARQUET,
    *,
    today: date = TODAY,
    traps: Traps = MILD,
) -> bytes:
    content = simulate_station_year(
        station_id, year, dataset=dataset.name, form=form, today=today, traps=traps
    )
    assert content is not None
    return content


@cache
def observations_in(
    station_id: str,
    year: int = 2026,
    dataset: Dataset = GHCNH,
    form: str = PARQUET,
    today: date = TODAY,
    traps: Traps = MILD,
) -> pl.DataFrame:
    parsed = dataset.read(
        content_of(station_id, year, dataset, form, today=today, traps=traps),
        published_at=datetime(2026, 2, 15, tzinfo=UTC),
        source_file=f"{year}/GHCNh_{station_id}_{year}.{form}",
    )
    assert parsed.rejected.is_empty()
    return parsed.observations


def only(*names: str) -> Traps:
    return Traps.named(names)
