"""The heat map's rows and the cost of filling days, on a real database."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api.app import create_app
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import metadata
from isotherm.stores.work_pace import Pace, Step, record_pace
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET
from servers.test_hole_report import FIRST, GAPPY, GONE, LAST, THIN, WHOLE, days_between, load

pytestmark = pytest.mark.servers
WAITING, BROKEN = "91680099999", "03772099999"
MARCH = {"from": "2014-03-28", "to": "2014-04-04"}


def source_file(station_id: str, year: int = 2014, **changes: object) -> dict[str, object]:
    then = datetime(2014, 6, 1, tzinfo=UTC).replace(tzinfo=None)
    return {
        "dataset": DATASET, "year": year, "station_id": station_id, "sha256": "0" * 64,
        "size_bytes": 300_000, "published_at": then, "downloaded_at": then, "hdfs_path": "/x",
        "is_pending": 0, "failure": None, **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    one = Database()
    try:
        one.start()
        engine = one.engine()
        migrate(engine)
        days = days_between(FIRST, LAST)
        load(engine, WHOLE, days)
        load(engine, GAPPY, [day for day in days if day not in GONE], thin=THIN)
        for station in (WAITING, BROKEN):
            load(engine, station, [day for day in days if day < date(2014, 3, 30)])
        with engine.begin() as connection:
            files = [
                source_file(WHOLE), source_file(GAPPY), source_file(WAITING, is_pending=1),
                source_file(BROKEN, failure="cut off"), source_file(GAPPY, 2013),
            ]  # fmt: skip
            connection.execute(sa.insert(metadata.tables["source_file"]), files)
            station = metadata.tables["station"]
            named = sa.func.concat("NAME ", station.c.station_id)
            connection.execute(sa.update(station).values(name=named))
        yield one
    finally:
        one.dispose()


@pytest.fixture
def client(database: Database) -> TestClient:
    return TestClient(create_app(database.settings), base_url="http://testserver/api/v1")


def test_each_station_has_its_hours_and_why_there_are_none(client: TestClient) -> None:
    answer = client.get("completeness", params=MARCH).json()
    rows = {one["station_id"]: one for one in answer["data"]}
    assert list(rows) == sorted((WHOLE, GAPPY, WAITING, BROKEN))
    assert (rows[WHOLE]["hours"], rows[WHOLE]["states"]) == ([8] * 7, "ooooooo")
    assert rows[GAPPY]["hours"] == [8, 8, 0, 0, 0, 8, 8]
    assert rows[GAPPY]["states"] == "oommmoo"
    assert rows[WAITING]["states"] == "ooppppp"
    assert rows[BROKEN]["states"] == "oofffff"
    assert rows[GAPPY]["datasets"] == [DATASET]
    assert rows[GAPPY]["name"] == f"NAME {GAPPY}"
    meta = answer["meta"]
    assert (meta["first_day"], meta["last_day"], meta["rule"]) == (
        "2014-03-28",
        "2014-04-03",
        "routine",
    )
    assert "file" in meta["states"]["m"]
    thin = client.get("completeness", params={"ids": GAPPY, "from": "2014-02-14", "to": "2014-02-15"})
    assert [(one["hours"], one["states"]) for one in thin.json()["data"]] == [([1], "t")]


def test_a_year_without_a_file_was_not_imported_and_nothing_is_published_ahead(
    client: TestClient,
) -> None:
    def states(start: str, to: str) -> str:
        params = {"ids": WHOLE, "from": start, "to": to}
        (row,) = client.get("completeness", params=params).json()["data"]
        return str(row["states"])

    assert states("2012-12-31", "2013-01-02") == "nn"
    assert states("2999-01-01", "2999-01-03") == "uu"


def test_a_range_is_as_long_as_said_and_no_longer_than_may_be(client: TestClient) -> None:
    def span(**params: str) -> tuple[str, str, int]:
        answer = client.get("completeness", params={"ids": WHOLE, **params}).json()
        meta, (row,) = answer["meta"], answer["data"]
        return meta["first_day"], meta["last_day"], len(row["hours"])

    assert span(**{"from": "2014-01-01"}) == ("2014-01-01", "2014-03-31", 90)
    assert span(to="2014-04-01") == ("2014-01-01", "2014-03-31", 90)
    assert span(**{"from": "2012-01-01", "to": "2014-01-01"})[::2] == ("2012-01-01", 400)
    assert span(**{"from": "2014-01-02", "to": "2014-01-02"})[2] == 0
    assert span(**{"from": "9999-12-31"})[0] == "9999-12-31"


def test_pages_follow_each_other_and_a_csv_has_a_row_a_day(client: TestClient) -> None:
    whole = client.get("completeness", params=MARCH).json()["data"]
    paged, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = client.get("completeness", params={**MARCH, "limit": 1, **more}).json()
        paged += page["data"]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole
    lines = client.get("completeness", params={**MARCH, "format": "csv"}).text.splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 4 * 7
    assert rows[0]["completeness"] == "0.3333"
    assert {one["state"] for one in rows} == {"observed", "missing", "pending", "failed"}
    named = client.get("completeness", params={**MARCH, "ids": f"{WHOLE},{GAPPY},{WHOLE}"}).json()
    assert [one["station_id"] for one in named["data"]] == sorted((WHOLE, GAPPY))


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"from": "2014-01-03", "to": "2014-01-02"}, 422),
        ({"from": "2014-02-30"}, 422),
        ({"ids": "nowhere"}, 404),
        ({"limit": 101}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: TestClient, params: dict[str, str], status: int
) -> None:
    assert client.get("completeness", params=params).status_code == status


def test_the_cost_of_days_names_known_and_new_files_and_what_starts_it(client: TestClient) -> None:
    params = {"ids": f"{GAPPY},{WHOLE}", "from": "2013-12-30", "to": "2014-01-03"}
    cost = client.get("backfill/cost", params=params).json()["data"]
    assert (cost["dag_id"], cost["run_count"]) == ("ingest_observations", 4)
    assert (cost["first_day"], cost["last_day"]) == ("2013-12-30", "2014-01-02")
    # Both of 2014 and one of 2013 are here.
    assert cost["known"] == {"count": 3, "byte_count": 900_000}
    assert cost["new"]["count"] == 1
    assert cost["is_measured"] is False
    assert cost["request"]["path"] == "/api/v2/backfills"
    assert cost["request"]["body"]["dag_run_conf"] == {"station_ids": sorted((GAPPY, WHOLE))}
    assert cost["command"].startswith("./isotherm airflow backfill create")
    assert '"to_date": "2014-01-02T00:00:00Z"' in cost["curl"]


def test_the_cost_of_years_comes_from_what_past_runs_took(
    database: Database, client: TestClient
) -> None:
    params = {"ids": GAPPY, "from": "2013-01-01", "to": "2016-01-01"}
    before = client.get("backfill/cost", params=params).json()["data"]
    assert (before["dag_id"], before["run_count"]) == ("import_history", 1)
    assert (before["known"]["count"], before["new"]["count"]) == (2, 1)
    with database.engine().begin() as connection:
        for step in Step:
            work = Pace(file_count=10, row_count=200_000, byte_count=7_000_000, seconds=1_000)
            record_pace(connection, step, DATASET, work)
    after = client.get("backfill/cost", params=params).json()["data"]
    assert after["is_measured"] is True
    assert after["new"] == {"count": 1, "byte_count": 700_000}
    assert after["observation_count"] == 20_000
    assert after["seconds"] > before["seconds"] + 100
    assert client.get("backfill/cost", params={**params, "to": "2013-01-01"}).status_code == 422
