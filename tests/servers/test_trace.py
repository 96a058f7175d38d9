"""From a number of the API back to the rows of NOAA's file it was made of, on HDFS and MySQL."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from isotherm.api.app import create_app
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.registry import dataset_named
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.stores.bucket_tables import BucketTable, FileVersion, write_bucket
from isotherm.stores.hdfs_layout import OBSERVATION_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.tables import source_file
from isotherm.summarise import summarise
from made_up import observation
from scripted_server import serve
from servers.api_fixture import write_batch_hours, write_speed_hour
from servers.hdfs_fixture import Hdfs
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, utc

pytest_plugins = ["servers.hdfs_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

TRACED = "TRACE000001"
RUN = "ingest_observations scheduled__2014-07-04T00:00:00+00:00"
NOON = utc(2014, 1, 1, 12)
# Line -> minute, tenths, report type, quality code.
LINES = {
    7: (51, -111, "FM-15", "1"),
    8: (0, -120, "FM-12", "1"),
    9: (20, 500, "FM-15", "3"),
    10: (30, None, "FM-15", "9"),
}
# The file, of which lines 1 to 6 are of other days.
FILE = "\n".join(
    [
        "STATION,DATE,REPORT_TYPE,TMP",
        *(f"{TRACED},2014-01-0{day}T00:00:00,FM-15,+9999,9" for day in range(2, 8)),
        *(
            f"{TRACED},2014-01-01T12:{minute:02}:00,{kind},{tenths},{code}"
            for minute, tenths, kind, code in LINES.values()
        ),
    ]
).encode()
VERSION = FileVersion(sha256(FILE).hexdigest(), "0123456789abcdef")


def readings() -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        observation(
            station_id=TRACED, observed_at=NOON + timedelta(minutes=minute), quality_code=quality,
            air_temperature_tenths=tenths, report_type=kind, source_line=line, revision=line,
        )
        for line, (minute, tenths, kind, quality) in LINES.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, POLARS_SCHEMA)


@pytest.fixture(scope="module")
def asking(hdfs: Hdfs, database: Database) -> TestClient:
    """Asks an API on both stores, in which one station has one hour."""
    rows = readings()
    engine = database.engine()
    hours = summarise(rows, dataset_named(DATASET).quality)
    write_batch_hours(database, hours.to_dicts())
    entry = {
        "dataset": DATASET, "year": 2014, "station_id": TRACED, "bucket": bucket_of(TRACED),
        "sha256": VERSION.sha256, "size_bytes": 1, "published_at": utc(2015, 1, 1),
        "downloaded_at": utc(2026, 1, 1), "hdfs_path": "/raw/x", "summarised_sha256": VERSION.sha256,
        "made_by": VERSION.made_by, "loaded_sha256": VERSION.sha256, "loaded_at": utc(2026, 1, 2),
        "loaded_by": RUN,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(source_file), entry)
    write_rows(hdfs, VERSION)
    settings = database.settings.model_copy(update={"hdfs_url": hdfs.settings.hdfs_url})
    return TestClient(create_app(settings), base_url="http://test/api/v1")


def write_rows(hdfs: Hdfs, version: FileVersion) -> None:
    table = BucketTable(readings(), {TRACED: version})
    store = HdfsStore(hdfs.settings)
    write_bucket(store, OBSERVATION_ROOT, DATASET, 2014, bucket_of(TRACED), table)


def trace(asking: TestClient, **query: str) -> dict[str, Any]:
    answer = asking.get(f"/stations/{TRACED}/trace", params={"hour": "2014-01-01T12:30:00Z", **query})
    assert answer.status_code == httpx.codes.OK, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def test_an_hour_is_traced_to_the_lines_of_its_file_and_to_its_run(asking: TestClient) -> None:
    found = trace(asking)
    assert (
        found["hour"]
        == asking.get(
            f"/stations/{TRACED}/hourly", params={"from": "2014-01-01T12:00:00Z", "limit": "1"}
        ).json()["data"][0]
    )
    assert found["hour"]["mean_c"] == -11.1
    told = {one["source_line"]: (one["counts"], one["reason"]) for one in found["rows"]["observations"]}
    assert told == {
        7: (True, None), 8: (False, "superseded"), 9: (False, "bad_quality"), 10: (False, "missing"),
    }  # fmt: skip
    assert found["rows"]["agrees"] is True
    assert found["rows"]["problem"] is None
    file = found["file"]
    assert (file["name"], file["sha256"], file["loaded_at"]) == (
        f"{TRACED}.csv", VERSION.sha256, "2026-01-02T00:00:00Z",
    )  # fmt: skip
    assert file["noaa_url"].endswith(f"/2014/{TRACED}.csv")
    assert found["run"]["run_id"] == "scheduled__2014-07-04T00:00:00+00:00"
    assert found["links"]["run"] == found["run"]["url"]
    assert found["run"]["url"].endswith(
        "/dags/ingest_observations/runs/scheduled__2014-07-04T00%3A00%3A00%2B00%3A00"
    )


@pytest.mark.parametrize("mount", ["", "/isotherm"])
def test_each_step_back_within_the_api_is_a_link_that_answers(asking: TestClient, mount: str) -> None:
    """Mounted under a prefix, as inside Airflow, the links lead there too."""
    outer = FastAPI()
    outer.mount(mount, asking.app)
    client = TestClient(outer, base_url=f"http://test{mount}/api/v1")
    links = trace(client)["links"]
    assert set(links) == {"hour", "day", "file", "run"}
    for step in ("hour", "day"):
        assert links[step].startswith(f"{mount}/api/v1/")
        answer = client.get(f"http://test{links[step]}")
        assert answer.status_code == httpx.codes.OK, links[step]
        assert len(answer.json()["data"]) == 1


def test_the_link_to_noaas_file_is_where_an_archive_of_their_layout_has_it(
    asking: TestClient, tmp_path: Path
) -> None:
    """Followed in a copy of the layout on loopback: to the version told, and there to each line."""
    found, layout = trace(asking), dataset_named(DATASET).layout
    (theirs,) = (one for one in layout.noaa_access_urls if found["links"]["file"].startswith(f"{one}/"))
    path = f"{layout.access_path}{found['links']['file'].removeprefix(theirs)}"
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(FILE)
    with serve(tmp_path) as server:
        archive = HttpArchive(server.url)
        listed = archive.list_station_years(dataset_named(DATASET), 2014, 2014)
        archive.close()
        answer = httpx.get(f"{server.url}/{path}", timeout=60).raise_for_status()
    assert listed == [StationYear(TRACED, 2014, DATASET)]
    assert sha256(answer.content).hexdigest() == found["file"]["sha256"]
    lines = answer.text.splitlines()
    for one in found["rows"]["observations"]:
        station, date, kind, *_ = lines[one["source_line"]].split(",")
        assert (station, f"{date}Z", kind) == (TRACED, one["observed_at"], one["report_type"])


def test_under_another_rule_other_lines_count(asking: TestClient) -> None:
    found = trace(asking, rule="unfiltered")
    assert [one["source_line"] for one in found["rows"]["observations"] if one["counts"]] == [8, 9, 7]
    assert found["rows"]["agrees"] is True


def test_rows_of_another_version_than_is_loaded_are_not_shown_as_its_source(
    asking: TestClient, hdfs: Hdfs
) -> None:
    write_rows(hdfs, FileVersion("cd" * 32, VERSION.made_by))
    try:
        rows = trace(asking)["rows"]
    finally:
        write_rows(hdfs, VERSION)
    assert (rows["observations"], rows["agrees"]) == (None, None)
    assert "newer version" in rows["problem"]


def test_without_hdfs_all_else_is_told(asking: TestClient, database: Database) -> None:
    away = create_app(database.settings)  # nothing listens where its HDFS would be
    found = trace(TestClient(away, base_url="http://test/api/v1"))
    assert found["file"]["sha256"] == VERSION.sha256
    assert found["rows"]["observations"] is None
    assert "hdfs-namenode" in found["rows"]["problem"]


def test_a_streamed_hour_is_traced_to_its_newest_message(
    asking: TestClient, database: Database
) -> None:
    write_speed_hour(database.engine(), TRACED, 3, 55, 4711)
    found = trace(asking, hour="2014-01-02T03:00:00Z")
    assert found["message"] == {"topic": "isotherm.observation", "offset": 4711}
    assert (found["file"], found["run"], found["rows"]) == (None, None, None)


@pytest.mark.parametrize("hour", ["2013-01-01", "9999-12-31T23:00:00Z", "1000-01-01"])
def test_an_hour_in_which_nothing_counts_is_not_found(asking: TestClient, hour: str) -> None:
    answer = asking.get(f"/stations/{TRACED}/trace", params={"hour": hour})
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert "Nothing of" in answer.json()["detail"]
