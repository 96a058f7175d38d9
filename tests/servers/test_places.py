"""NOAA's real files of one place under two ids, from its archive to the API: one place, one id."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api.app import create_app
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.station_year import StationYear
from isotherm.ingest.place_walk import refresh_places
from isotherm.ingest.workplace import Workplace
from isotherm.stores import source_files, untold_days
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from real_files import real_root
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import summarise_pending, transfer_of
from servers.table_checksums import checksums

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

OHARE, JAN_MAYEN, EDGEOYA = "USW00094846", "NOI0000ENJA", "NON0SN99735"
OLD_OHARE, OLD_JAN_MAYEN, OLD_EDGEOYA = "72530094846", "01001099999", "01006099999"
NEW_FILES = [StationYear(OHARE, 2014, "ghcnh"), StationYear(JAN_MAYEN, 2024, "ghcnh")]
OLD_FILES = [
    StationYear(OLD_OHARE, 2014, "global-hourly"),
    StationYear(OLD_JAN_MAYEN, 2024, "global-hourly"),
    StationYear(OLD_JAN_MAYEN, 2020, "global-hourly"),
    StationYear(OLD_EDGEOYA, 2014, "global-hourly"),
]


def load(place: Workplace) -> None:
    summarise_pending(place)
    refresh_places(place.engine, place.directory)
    place.loader.load_changes()


@pytest.fixture(scope="module")
def place(servers: Hdfs) -> Iterator[Workplace]:
    """The older files are loaded first; then the newer ones come."""
    engine = create_engine(servers.settings, local_files=True)
    archive = DirectoryArchive(real_root())
    found = Workplace(archive, HdfsStore(servers.settings), engine, servers.folder / "transfers")
    transfer_of(found).run(OLD_FILES)
    load(found)
    transfer_of(found).run(NEW_FILES)
    load(found)
    yield found
    engine.dispose()


@pytest.fixture(scope="module")
def client(servers: Hdfs, place: Workplace) -> TestClient:
    return TestClient(create_app(servers.settings), base_url="http://test/api/v1/")


def rows(client: TestClient, path: str) -> list[dict[str, object]]:
    answer = client.get(path.lstrip("/"))
    assert answer.is_success, answer.text
    return list(answer.json()["data"])


def test_the_place_answers_for_every_id_of_it(client: TestClient) -> None:
    for name, place_id in (
        (OLD_OHARE, OHARE), ("KORD", OHARE), ("72530", OHARE), (OLD_JAN_MAYEN, JAN_MAYEN),
        (OLD_EDGEOYA, EDGEOYA),
    ):  # fmt: skip
        assert client.get(f"stations/{name}").json()["data"]["station_id"] == place_id
        assert {one["station_id"] for one in rows(client, f"stations/{name}/daily?limit=5")} == {
            place_id
        }
    found = rows(client, "stations")
    assert [one["station_id"] for one in found] == sorted([OHARE, JAN_MAYEN, EDGEOYA])
    assert OLD_OHARE in next(one for one in found if one["station_id"] == OHARE)["aliases"]
    assert [one["station_id"] for one in rows(client, f"stations?query={OLD_OHARE}")] == [OHARE]


def test_the_newer_dataset_serves_and_its_values_are_the_older_ones(
    client: TestClient, place: Workplace
) -> None:
    hours = rows(client, f"stations/{OLD_OHARE}/hourly?layer=batch&limit=10000")
    assert {(one["station_id"], one["source_station_id"], one["dataset"]) for one in hours} == {
        (OHARE, OHARE, "ghcnh")
    }
    assert len({one["hour_start"] for one in hours}) == len(hours) > 8_700
    values = "observation_count, min_tenths, max_tenths, sum_tenths, hour_start, rule"
    with place.engine.connect() as connection:
        statement = sa.text(f"SELECT {values} FROM hourly_summary WHERE station_id = :one")
        of_old, of_new = (
            {tuple(row) for row in connection.execute(statement, {"one": one})}
            for one in (OLD_OHARE, OHARE)
        )
    assert of_old == of_new


def test_a_year_that_only_the_older_dataset_has_is_the_places_too(client: TestClient) -> None:
    years = {one["year"]: one["dataset"] for one in rows(client, f"stations/{JAN_MAYEN}/yearly")}
    assert years == {2020: "global-hourly", 2024: "ghcnh"}
    hours = rows(client, f"stations/{JAN_MAYEN}/hourly?from=2020-03-01&to=2020-03-02")
    assert {one["source_station_id"] for one in hours} == {OLD_JAN_MAYEN}
    assert {one["source_file"] for one in hours} == {f"{OLD_JAN_MAYEN}.csv"}


def test_nobody_counts_twice_over_all_stations(client: TestClient) -> None:
    days = rows(client, "global/daily?from=2014&to=2015&layer=batch")
    assert {one["station_count"] for one in days} <= {1, 2}
    days = rows(client, "global/daily?from=2024&to=2025&layer=batch")
    assert {one["station_count"] for one in days} == {1}


def test_pages_of_hours_join_without_a_gap(client: TestClient) -> None:
    asked = f"stations/{JAN_MAYEN}/hourly?from=2023-12-30&to=2024-01-04&layer=batch"
    whole = rows(client, asked)
    paged, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{asked}&limit=7{cursor and f'&cursor={cursor}'}").json()
        paged += page["data"]
        cursor = page["next"]
    assert paged == whole
    assert len(whole) > 24


def test_what_became_of_each_id_is_told(client: TestClient) -> None:
    found = rows(client, "places?kind=matched")
    assert [(one["station_id"], one["other_id"]) for one in found] == [
        (OLD_JAN_MAYEN, JAN_MAYEN),
        (OLD_EDGEOYA, EDGEOYA),
        (OLD_OHARE, OHARE),
    ]
    assert rows(client, "places?kind=unmatched") == []
    page = client.get("places?limit=1").json()
    assert client.get(f"places?limit=1&cursor={page['next']}").json()["data"] == [found[1]]


def test_another_order_gives_the_same_tables_and_tells_of_the_days(place: Workplace) -> None:
    before = checksums(place.engine)
    with place.engine.begin() as connection:
        untold_days.forget_told(connection, "nobody")
        days = [f"2014-{month:02}-01" for month in range(1, 13)]
        untold = {str(one) for one in untold_days.claim(connection, "test")}
        assert untold.issuperset(days)
        # As an upgrade leaves it: everything made of hours is gone, everything is to be compared.
        for table in ("daily", "monthly", "yearly"):
            connection.execute(sa.text(f"TRUNCATE TABLE {table}_summary"))
        for table in ("hourly", "daily", "monthly", "yearly"):
            connection.execute(sa.text(f"DELETE FROM global_{table}_summary"))
        for table in ("monthly", "yearly"):
            connection.execute(sa.text(f"DELETE FROM group_{table}_summary"))
        connection.execute(
            sa.text("UPDATE source_file SET changed_days = UNHEX(REPEAT('FF', 46)), has_changes = 1")
        )
        assert source_files.has_changes(connection)
    place.loader.load_changes()
    assert checksums(place.engine) == before
