"""A series as a Parquet file: the rows of the JSON, typed, with whose data it is in the file itself."""

import io
import json
from datetime import date, datetime
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from isotherm import __version__
from isotherm.api import parquet
from isotherm.api.app import AppClients, create_app
from isotherm.stores.tables import hourly_summary, station, station_place
from servers.api_fixture import ALL_MISSING, JAN_MAYEN, OHARE, UNDESCRIBED, ApiServer, hour_row
from servers.test_api_downloads import served

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers
PERIODS = ("hourly", "daily", "monthly", "seasonal", "yearly")
ROUTES = [
    *(f"/stations/{OHARE}/{one}" for one in PERIODS),
    *(f"/global/{one}" for one in PERIODS),
    *(f"/stations/{one}?ids={JAN_MAYEN},{OHARE}" for one in PERIODS),
]


def table_of(client: httpx.Client, route: str, **query: str) -> pa.Table:
    answer = client.get(route, params=httpx.URL(route).params.merge({**query, "format": "parquet"}))
    assert answer.status_code == httpx.codes.OK, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"].endswith('.parquet"')
    return pq.read_table(io.BytesIO(answer.content))


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the file as JSON has it."""
    return {
        name: one.isoformat().replace("+00:00", "Z") if isinstance(one, datetime | date) else one
        for name, one in row.items()
    }


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("query", [{}, {"units": "imperial", "tz": "America/Chicago"}])
def test_the_rows_are_those_of_the_json(
    client: httpx.Client, route: str, query: dict[str, str]
) -> None:
    expected = client.get(route, params=httpx.URL(route).params.merge(query)).json()
    table = table_of(client, route, **query)
    assert expected["data"]
    assert list(map(as_json, table.to_pylist())) == expected["data"]
    said = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
    assert said["made_by"] == f"Isotherm {__version__}"
    assert {name: said[name] for name in ("attribution", "archive", "rule", "layer")} == {
        name: expected["meta"][name] for name in ("attribution", "archive", "rule", "layer")
    }
    assert json.loads(said["units"]) == expected["meta"]["units"]
    mean = table.schema.field("mean_f" if query else "mean_c")
    assert mean.type == pa.float64()
    assert mean.metadata[b"unit"].startswith(b"degree ")


def test_times_and_days_are_typed(client: httpx.Client) -> None:
    hours = table_of(client, f"/stations/{OHARE}/hourly", tz="Asia/Kolkata").schema
    assert hours.field("hour_start").type == pa.timestamp("ms", "Asia/Kolkata")
    assert hours.field("observation_count").type == pa.int64()
    assert table_of(client, f"/stations/{OHARE}/daily").schema.field("day").type == pa.date32()


def test_a_station_without_hours_is_a_file_of_the_same_columns(client: httpx.Client) -> None:
    empty = table_of(client, f"/stations/{ALL_MISSING}/hourly")
    assert empty.num_rows == 0
    assert empty.schema.names == table_of(client, f"/stations/{OHARE}/hourly").schema.names
    assert empty.schema.types == table_of(client, f"/stations/{OHARE}/hourly").schema.types


def test_with_a_limit_it_is_a_page_that_names_the_next(client: httpx.Client) -> None:
    route = f"/stations/{OHARE}/hourly"
    page = table_of(client, route, limit="7")
    rest = table_of(client, route, cursor=page.schema.metadata[b"next"].decode())
    assert b"next" not in rest.schema.metadata
    whole = table_of(client, route).to_pylist()
    assert (page.num_rows, page.to_pylist() + rest.to_pylist()) == (7, whole)


def test_a_long_one_is_written_in_parts_and_an_unchanged_one_not_sent_again(
    api: ApiServer, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "CSV_PAGE_ROWS", 5)
    query = {"format": "parquet"}
    with served(create_app(api.database.settings)) as parted:
        answer = parted.get(f"/api/v1/stations/{OHARE}/hourly", params=query)
        tag = {"If-None-Match": answer.headers["etag"]}
        again = parted.get(f"/api/v1/stations/{OHARE}/hourly", params=query, headers=tag)
    file = pq.ParquetFile(io.BytesIO(answer.content))
    assert file.metadata.num_row_groups > 3
    assert file.read().equals(table_of(client, f"/stations/{OHARE}/hourly"))
    assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b"")


BULK = "/bulk/hourly?year=2014"


@pytest.mark.parametrize("query", [{}, {"units": "imperial", "tz": "America/Chicago"}])
def test_a_year_of_all_stations_is_the_hours_of_each(
    client: httpx.Client, query: dict[str, str]
) -> None:
    table = table_of(client, BULK, **query)
    expected = []
    for station_id in sorted([OHARE, JAN_MAYEN, UNDESCRIBED]):  # the last was only streamed
        route = f"/stations/{station_id}/hourly?from=2014&to=2015"
        answer = client.get(route, params=httpx.URL(route).params.merge(query)).json()
        expected += answer["data"]
    assert list(map(as_json, table.to_pylist())) == expected
    said = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
    assert (said["rule"], said["year"]) == ("routine", "2014")
    assert json.loads(said["datasets"]) == ["ghcnh", "global-hourly"]
    assert json.loads(said["units"]) == answer["meta"]["units"]
    assert said["attribution"] == answer["meta"]["attribution"]
    csv = client.get(BULK, params=httpx.URL(BULK).params.merge({**query, "format": "csv"})).text
    lines = [one for one in csv.splitlines() if not one.startswith("#")]
    assert lines[0] == ",".join(table.column_names)
    assert len(lines) == 1 + table.num_rows
    assert csv.startswith(f"# {said['attribution']}\n")


def test_a_year_no_station_has_is_an_empty_file_with_its_columns(client: httpx.Client) -> None:
    assert table_of(client, "/bulk/hourly?year=1950").num_rows == 0


def test_a_place_of_which_another_id_was_only_streamed_is_in_the_file_once(
    api: ApiServer, client: httpx.Client
) -> None:
    place, other = "ZZ000000002", "ZZ000000003"
    ids = [{"station_id": one} for one in (place, other)]
    hour = {
        **hour_row(other, 0, [15]),
        **{"hour_start": datetime(1951, 7, 1), "dataset": "ghcnh", "layer": "speed"},  # noqa: DTZ001
        **{"received": 1, "version": 1, "updated_at": datetime(2026, 1, 1)},  # noqa: DTZ001
    }
    member = {"station_id": other, "place_id": place, "via": "near", "distance_km": 1}
    engine = api.database.engine()
    written = [(station, ids), (station_place, [member]), (hourly_summary, [hour])]
    with engine.begin() as connection:
        for table, rows in written:
            connection.execute(sa.insert(table), rows)
    try:
        table = table_of(client, "/bulk/hourly?year=1951").to_pylist()
        assert [(one["station_id"], one["source_station_id"]) for one in table] == [(place, other)]
    finally:
        with engine.begin() as connection:
            for written_table, _ in written:
                own = written_table.c.station_id.in_([place, other])
                connection.execute(sa.delete(written_table).where(own))
        engine.dispose()


def test_one_bulk_download_too_many_is_told_when_to_ask_again(api: ApiServer) -> None:
    clients = AppClients()
    with served(create_app(api.database.settings, clients=clients)) as one:
        with clients.bulk.place(), clients.bulk.place():
            refused = one.get(f"/api/v1{BULK}")
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"] == "60"
        assert "/stations/{station}/hourly?format=parquet" in refused.json()["detail"]
        assert one.get(f"/api/v1{BULK}").status_code == httpx.codes.OK


def test_a_bulk_file_is_made_group_by_group(
    api: ApiServer, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 1)
    with served(create_app(api.database.settings)) as one:
        content = one.get(f"/api/v1{BULK}").content
    file = pq.ParquetFile(io.BytesIO(content))
    assert file.num_row_groups == 3  # of three stations
    assert file.read().equals(table_of(client, BULK))
