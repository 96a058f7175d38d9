"""Groups of stations against plain means of means, however loads and moves of stations are ordered."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api import group_models
from isotherm.api.app import create_app
from isotherm.datasets.facts import SERVED
from isotherm.datasets.registry import dataset_named
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.global_summary import ensure_stations, lock_layer
from isotherm.stores.group_summary import COUNTRY
from isotherm.stores.load_summaries import replace_days
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import group_yearly_summary, station
from servers.mariadb_fixture import Database, migrated_database
from servers.summary_data import DATASET, Row, divide_half_even, fetch, frame, random_rows, utc

pytestmark = pytest.mark.servers
# Country and elevation of each; the last has neither.
STATIONS: dict[str, tuple[str | None, float | None]] = {
    "ZG000000001": ("US", 201.8),
    "ZG000000002": ("US", 1655.0),
    "ZG000000003": ("NO", 9.0),
    "ZG000000004": ("NO", -3.0),
    "ZG000000005": (None, None),
}
FIRST = utc(2013, 12, 30)
GROUP_TABLES = ("group_monthly_summary", "group_yearly_summary", "station_group")


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with migrated_database() as one:
        yield one


def describe(connection: sa.Connection, places: dict[str, tuple[str | None, float | None]]) -> None:
    ensure_stations(connection, list(places))
    for one, (country, elevation_m) in places.items():
        values = {"country": country, "elevation_m": elevation_m, "latitude_deg": 1, "longitude_deg": 2}
        connection.execute(sa.update(station).where(station.c.station_id == one).values(**values))


def load(server: Database, rows: list[Row], days: int = 4) -> None:
    dates = [FIRST.date() + timedelta(n) for n in range(days)]
    station_days = pl.DataFrame(
        [(one, day) for one in STATIONS for day in dates],
        schema={"station_id": pl.String, "day": pl.Date},
        orient="row",
    )
    with server.engine().begin() as connection:
        lock_layer(connection, SERVED, LAYER_BATCH)
        quality = dataset_named(DATASET).quality
        replace_days(connection, frame(rows), station_days, dataset=DATASET, quality=quality)


@pytest.fixture(scope="module")
def rows(server: Database) -> list[Row]:
    """Loaded in two steps, with a first version that is corrected and two stations that move."""
    wanted = random_rows(3, STATIONS, FIRST, 96)
    with server.engine().begin() as connection:
        describe(connection, dict.fromkeys(STATIONS, ("FR", 300.0)))
    load(server, random_rows(4, STATIONS, FIRST, 96))
    load(server, wanted[: len(wanted) // 2])
    with server.engine().begin() as connection:
        describe(connection, STATIONS)
    load(server, wanted)
    return wanted


def mean_of_means(rows: list[Row], stations: set[str], year: int, month: int | None) -> dict[str, Any]:
    temperatures, dew = defaultdict(list), defaultdict(list)
    for row in rows:
        hour = row["hour_start"]
        own = row["station_id"] in stations and row["rule"] == "routine"
        if own and row["observation_count"] and hour.year == year and month in (None, hour.month):
            key = row["station_id"]
            temperatures[key].append((row["sum_tenths"], row["observation_count"]))
            dew[key].append((row["dew_point_sum_tenths"] or 0, row["dew_point_count"]))

    def mean(found: dict[str, list[tuple[int, int]]]) -> float | None:
        means = [
            divide_half_even(1000 * sum(one[0] for one in sums), sum(one[1] for one in sums))
            for sums in found.values()
            if sum(one[1] for one in sums)
        ]
        return divide_half_even(sum(means), len(means) * 100) / 100 if means else None

    return {
        "station_count": len(temperatures),
        "mean_c": mean(temperatures),
        "mean_dew_point_c": mean(dew),
    }


@pytest.fixture(scope="module")
def api(server: Database, rows: list[Row]) -> Iterator[TestClient]:
    assert rows
    with TestClient(create_app(server.settings)) as client:
        yield client


def data(api: TestClient, path: str) -> list[dict[str, Any]]:
    answer = api.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("station_count", "mean_c", "mean_dew_point_c")}


def test_bands_of_elevation_are_as_wide_as_asked(api: TestClient, rows: list[Row]) -> None:
    members = {
        500: {-500: {4}, 0: {1, 3}, 1500: {2}},
        2000: {-2000: {4}, 0: {1, 2, 3}},
    }
    for width, bands in members.items():
        found = data(api, f"/elevation/yearly?from=2014&to=2015&band_m={width}")
        assert [(row["from_m"], row["to_m"]) for row in found] == [(low, low + width) for low in bands]
        for row, numbers in zip(found, bands.values(), strict=True):
            own = {f"ZG{number:09d}" for number in numbers}
            assert shown(row) == mean_of_means(rows, own, 2014, None)
            group_models.ElevationYear.model_validate(row)
    assert api.get("/api/v1/elevation/yearly?band_m=150").status_code == 422


def test_temperature_and_dew_point_of_all_stations_by_month(api: TestClient, rows: list[Row]) -> None:
    found = data(api, "/dew-point/monthly")
    assert [row["month"] for row in found] == ["2013-12", "2014-01"]
    for row in found:
        year, month = map(int, row["month"].split("-"))
        assert shown(row) == mean_of_means(rows, set(STATIONS), year, month)
        group_models.DewPointMonth.model_validate(row)
        assert row["grade"] == "weak"


def test_a_country_has_its_own_stations_and_none_that_left_it(api: TestClient, rows: list[Row]) -> None:
    own = {one for one, (country, _) in STATIONS.items() if country == "NO"}
    (year,) = data(api, "/countries/no/yearly?from=2014")
    assert shown(year) == mean_of_means(rows, own, 2014, None)
    months = data(api, "/countries/NO/monthly")
    assert [shown(row) for row in months] == [
        mean_of_means(rows, own, 2013, 12),
        mean_of_means(rows, own, 2014, 1),
    ]
    assert data(api, "/countries/FR/yearly") == data(api, "/countries/FR/monthly") == []


@pytest.mark.parametrize("country", ["NO", "Norway", "fips:NO", "nor"])
def test_a_country_is_said_here_as_everywhere(api: TestClient, country: str) -> None:
    assert data(api, f"/countries/{country}/yearly") == data(api, "/countries/no/yearly")
    assert data(api, f"/countries/{country}/yearly")[0]["country"] == "NO"


def test_each_country_of_the_list_has_its_years_by_the_code_it_has_there(
    api: TestClient, server: Database
) -> None:
    """AU is Australia; what NOAA calls AU is Austria. ZZ is no country, and asked for too."""
    stations = {"ZG000000006": ("AU", 1.0), "ZG000000007": ("AS", 1.0), "ZG000000008": ("ZZ", 1.0)}
    with server.engine().begin() as connection:
        describe(connection, stations)
        for code in ("AU", "AS", "ZZ"):
            values = dict.fromkeys(("station_count", "day_count", "observation_count"), 1)
            connection.execute(
                sa.insert(group_yearly_summary),
                {
                    "kind": COUNTRY, "code": code, "rule": DEFAULT_RULE, "year": 1990,
                    "dataset": DATASET, "layer": LAYER_BATCH, "good_day_count": 0,
                    "mean_sum_e4": ord(code[1]) * 10_000, "dew_station_count": 0,
                    "dew_mean_sum_e4": 0, "updated_at": FIRST, **values,
                },
            )  # fmt: skip
    listed = {one["name"]: one["country"] for one in data(api, "/countries")}
    means = {
        code: data(api, f"/countries/{code}/yearly?to=1991")[0]["mean_c"]
        for code in listed.values()
        if code not in ("US", "NO", "FR")
    }
    assert means == {"AT": ord("U"), "AU": ord("S"), "fips:ZZ": ord("Z")}
    with server.engine().begin() as connection:
        connection.execute(sa.delete(group_yearly_summary).where(group_yearly_summary.c.year == 1990))
        connection.execute(sa.delete(station).where(station.c.station_id.in_(list(stations))))


def test_a_country_that_nobody_knows_is_refused_with_what_is_accepted(api: TestClient) -> None:
    answer = api.get("/api/v1/countries/Nowhere/yearly")
    assert answer.status_code == 404
    assert "fips:NO" in answer.json()["detail"]


def test_groups_are_the_same_as_if_only_the_last_files_had_been_there(
    server: Database, rows: list[Row]
) -> None:
    fresh = Database()
    try:
        fresh.start()
        migrate(fresh.engine())
        with fresh.engine().begin() as connection:
            describe(connection, STATIONS)
        load(fresh, rows)
        for table in GROUP_TABLES:
            assert without_times(server, table) == without_times(fresh, table)
    finally:
        fresh.dispose()


def without_times(server: Database, table: str) -> list[tuple[Any, ...]]:
    return [row[:-1] if table != "station_group" else row for row in fetch(server.engine(), table)]


def test_a_station_that_loses_all_its_hours_leaves_no_group_behind(
    server: Database, rows: list[Row]
) -> None:
    load(server, [])
    for table in GROUP_TABLES[:2]:
        assert fetch(server.engine(), table) == []
    load(server, rows)
    assert fetch(server.engine(), "group_yearly_summary")
    assert date(2014, 1, 1) in {row[2] for row in fetch(server.engine(), "group_monthly_summary")}
