"""The map of a moment: every station with a position once, by the record that serves, in every form."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api import map_models
from isotherm.api.app import create_app
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import hourly_summary, served_day, station, station_place
from servers.api_fixture import JAN_MAYEN, OHARE, UNDESCRIBED, fill, hour_row
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, utc

pytestmark = pytest.mark.servers
PLACE, NATIVE = "ZM000000001", "ZM999999999"
LONG_AGO = utc(2020, 1, 1)
MOMENTS = {
    "hourly": ("at=2014-01-01T05:00:00Z", "hour_start", "2014-01-01T05:00:00Z", map_models.MapHour),
    "daily": ("day=2014-01-01", "day", "2014-01-01", map_models.MapDay),
    "monthly": ("month=2014-01", "month", "2014-01", map_models.MapMonth),
    "yearly": ("year=2014", "year", 2014, map_models.MapYear),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """The API's own data, and a place whose day two records have: in December 2013."""
    one = Database()
    try:
        one.start()
        migrate(one.engine())
        fill(one, one.engine())
        with one.engine().begin() as connection:
            _write_contest(connection)
        yield one
    finally:
        one.dispose()


def _write_contest(connection: sa.Connection) -> None:
    """Both ids have hour 0 of both days, the first served by the other id; hour 1 was streamed."""
    position = {"latitude_deg": -89.99, "longitude_deg": 0.0}
    connection.execute(
        sa.insert(station),
        [
            {"station_id": PLACE, "name": 'A "quoted" \\ Zürich', **position},
            {"station_id": NATIVE, "name": "not the place's", "latitude_deg": 1, "longitude_deg": 1},
        ],
    )
    moved = {"station_id": NATIVE, "place_id": PLACE, "via": "wban", "distance_km": 0}
    connection.execute(sa.insert(station_place), moved)
    served = {"place_id": PLACE, "dataset": DATASET}
    connection.execute(
        sa.insert(served_day),
        [
            {**served, "station_id": NATIVE, "day": date(2013, 12, 30)},
            {**served, "station_id": PLACE, "day": date(2013, 12, 31)},
        ],
    )
    hours = [
        {**hour_row(one, number, [tenths]), "dataset": DATASET, "layer": layer, "updated_at": LONG_AGO}
        for one, number, tenths, layer in (
            (PLACE, -48, 10, "batch"), (NATIVE, -48, 20, "batch"), (PLACE, -48, 99, "speed"),
            (PLACE, -24, 30, "batch"), (NATIVE, -24, 40, "batch"), (NATIVE, -23, 0, "speed"),
        )
    ]  # fmt: skip
    connection.execute(sa.insert(hourly_summary), hours)


@pytest.fixture(scope="module")
def api(server: Database) -> Iterator[TestClient]:
    with TestClient(create_app(server.settings)) as client:
        yield client


def data(api: TestClient, path: str) -> Any:  # noqa: ANN401 - JSON
    answer = api.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("period", MOMENTS)
def test_a_map_is_the_same_as_rows_as_columns_as_csv_and_page_by_page(
    api: TestClient, period: str
) -> None:
    query, name, label, model = MOMENTS[period]
    rows = data(api, f"/map/{period}?{query}")
    assert [row["station_id"] for row in rows] == [JAN_MAYEN, OHARE]
    for row in rows:
        assert row[name] == label
        model.model_validate(row)
    columns = data(api, f"/map/{period}?{query}&format=columns")
    assert "latitude_deg" not in columns
    for field, values in columns.items():
        assert values == [row[field] for row in rows]
    body = api.get(f"/api/v1/map/{period}?{query}&format=csv").text
    lines = [line for line in body.splitlines() if not line.startswith("#")]
    table = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert [float(one["mean_c"]) for one in table] == [row["mean_c"] for row in rows]
    first = api.get(f"/api/v1/map/{period}?{query}&limit=1").json()
    assert first["data"] + data(api, f"/map/{period}?{query}&cursor={first['next']}") == rows


def test_a_map_says_of_a_station_what_its_own_series_says(api: TestClient) -> None:
    for period, (query, *_) in MOMENTS.items():
        one = next(row for row in data(api, f"/map/{period}?{query}") if row["station_id"] == OHARE)
        hour = (
            "from=2014-01-01T05:00:00Z&to=2014-01-01T06:00:00Z" if period == "hourly" else "from=2014"
        )
        own = data(api, f"/stations/{OHARE}/{period}?{hour}&limit=1")[0]
        shared = set(one) & set(own)
        assert {"min_c", "mean_c", "max_c"} <= shared
        assert {name: one[name] for name in shared} == {name: own[name] for name in shared}


def test_zero_degrees_is_on_the_map_and_an_hour_without_a_temperature_is_not(api: TestClient) -> None:
    at_five = {row["station_id"]: row for row in data(api, "/map/hourly?at=2014-01-01T05:00:00Z")}
    assert at_five[OHARE]["mean_c"] == 0
    at_six = data(api, "/map/hourly?at=2014-01-01T06:00:00Z&format=columns")["station_id"]
    assert at_six == [JAN_MAYEN]


def test_of_a_place_the_record_that_serves_the_day_is_on_the_map(api: TestClient) -> None:
    for day, hour, mean, layer in (
        ("2013-12-30", 0, 2.0, "batch"),
        ("2013-12-31", 0, 3.0, "batch"),
        ("2013-12-31", 1, 0.0, "speed"),
    ):
        [row] = data(api, f"/map/hourly?at={day}T{hour:02}:00:00Z")
        assert (row["station_id"], row["mean_c"], row["layer"]) == (PLACE, mean, layer)
        assert (row["name"], row["latitude_deg"]) == ('A "quoted" \\ Zürich', -89.99)


def test_every_place_with_a_position_is_a_station_of_the_map(api: TestClient) -> None:
    rows = data(api, "/map/stations?limit=10")
    ids = [row["station_id"] for row in rows]
    assert ids == sorted(ids)
    assert {PLACE, OHARE, JAN_MAYEN} <= set(ids)
    assert not {NATIVE, UNDESCRIBED} & set(ids)
    for row in rows:
        map_models.MapStation.model_validate(row)
    columns = data(api, "/map/stations?format=columns")
    assert columns == {name: [row[name] for row in rows] for name in rows[0]}


def test_nothing_then_is_an_empty_map_and_what_is_no_moment_is_refused(api: TestClient) -> None:
    for path in ("yearly?year=1888", "monthly?month=1888-02", "hourly?at=1888-02-29T23:00:00Z"):
        assert data(api, f"/map/{path}") == []
        assert set(map(tuple, data(api, f"/map/{path}&format=columns").values())) == {()}
    refused = ("yearly", "monthly?month=2014", "daily?day=2014-02-30", "hourly?at=2014-01-01T05:30:00Z")
    for path in refused:
        assert api.get(f"/api/v1/map/{path}").status_code == 422, path


def test_an_unchanged_map_is_not_sent_again(api: TestClient) -> None:
    path = "/api/v1/map/monthly?month=2014-01&format=columns"
    tag = api.get(path).headers["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
