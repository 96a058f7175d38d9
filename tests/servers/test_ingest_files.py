"""From the archive to HDFS, on real servers: what changes, what must not, and what is told."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Row, select, update

from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly import NAME as GLOBAL_HOURLY
from isotherm.errors import SourceError
from isotherm.ingest.known_files import find_lost_sources
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer import Transfer
from isotherm.ingest.transfer_report import Outcome, TransferReport
from isotherm.ingest.workplace import Workplace
from isotherm.stores import source_files, tables
from scripted_server import MISBEHAVIOURS, ScriptedServer, body, serve, status
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    STATION,
    Published,
    csv_of,
    empty,
    place_of,
    summarise_pending,
    transfer_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

YEAR = StationYear(STATION, 2014, GLOBAL_HOURLY)
OTHER = StationYear("22222099999", 2014, GLOBAL_HOURLY)
NOBODY = StationYear("99999999999", 2014, GLOBAL_HOURLY)
RAW_2014 = "/isotherm/raw/global-hourly/2014"


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


@pytest.fixture
def place(servers: Hdfs, published: Published) -> Iterator[Workplace]:
    found = place_of(servers, published)
    empty(found)
    yield found
    found.engine.dispose()


@pytest.fixture
def transfer(place: Workplace) -> Transfer:
    return transfer_of(place)


def counts(report: TransferReport) -> dict[str, int]:
    return {outcome: count for outcome, count in report.counts.items() if count}


def raw_files(place: Workplace) -> list[str]:
    return place.store.list(RAW_2014)


def ledger_row(place: Workplace, station: str = STATION) -> Row[tuple[object, ...]]:
    table = tables.source_file
    with place.engine.connect() as connection:
        return connection.execute(select(table).where(table.c.station_id == station)).one()


def test_a_file_arrives_once_and_is_not_sent_again(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    published.put(csv_of(5))
    assert counts(transfer.run([YEAR, NOBODY])) == {"changed": 1, "absent": 1}
    (name,) = raw_files(place)
    before = ledger_row(place)
    assert before.is_pending == 1
    assert gzip.decompress(place.store.read(before.hdfs_path)) == csv_of(5)
    report = transfer.run([YEAR])
    assert counts(report) == {"unchanged": 1}
    after = ledger_row(place)
    same = [name for name in after._fields if name != "downloaded_at"]
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert raw_files(place) == [name]


def test_of_many_versions_the_newest_two_are_kept(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    kept = []
    for hours in (3, 4, 5):
        published.put(csv_of(hours))
        assert counts(transfer.run([YEAR])) == {"changed": 1}
        kept.append(str(ledger_row(place).hdfs_path).rsplit("/", 1)[-1])
    assert raw_files(place) == sorted(kept[1:])


@pytest.mark.parametrize("is_summarised", [True, False])
def test_a_file_that_covers_less_is_refused_once_and_the_older_one_stays(
    transfer: Transfer, published: Published, place: Workplace, is_summarised: bool
) -> None:
    published.put(csv_of(5))
    transfer.run([YEAR])
    if is_summarised:
        assert summarise_pending(place) == 1
    before = raw_files(place)
    published.put(csv_of(2))
    refused = transfer.run([YEAR])
    assert counts(refused) == {"refused": 1}
    assert "2 rows instead of 5" in refused.files[0].reason
    again = transfer.run([YEAR])
    assert counts(again) == {"refused": 1}
    assert "refused before" in again.files[0].reason
    assert raw_files(place) == before
    assert ledger_row(place).is_pending == (0 if is_summarised else 1)
    published.put(csv_of(6))
    assert counts(transfer.run([YEAR])) == {"changed": 1}


def test_a_newer_file_is_held_against_the_version_we_have_and_not_the_one_spark_read(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    published.put(csv_of(5))
    transfer.run([YEAR])
    assert summarise_pending(place) == 1
    published.put(csv_of(20))
    assert counts(transfer.run([YEAR])) == {"changed": 1}
    assert ledger_row(place).row_count == 5, "Spark has not read the second"
    published.put(csv_of(10))
    refused = transfer.run([YEAR])
    assert counts(refused) == {"refused": 1}
    assert "10 rows instead of 20" in refused.files[0].reason
    assert summarise_pending(place) == 1
    assert ledger_row(place).row_count == 20


@pytest.mark.parametrize("damage", [b"\x1f\x8bcut", gzip.compress(csv_of(4))])
def test_a_raw_file_damaged_on_hdfs_is_named_and_fetched_again_in_its_place(
    transfer: Transfer, published: Published, place: Workplace, damage: bytes
) -> None:
    published.put(csv_of(5))
    transfer.run([YEAR])
    path = str(ledger_row(place).hdfs_path)
    place.store.write(path, damage)
    assert summarise_pending(place) == 1
    row = ledger_row(place)
    assert path in row.failure
    assert (row.is_pending, row.hdfs_path, row.summarised_sha256) == (0, "", None)
    with place.engine.begin() as connection:
        assert source_files.mark_due(connection, datetime.now(UTC) + timedelta(days=1)) == 1
    assert find_lost_sources(place.engine, place.store) == [YEAR]
    assert counts(transfer.run([YEAR])) == {"changed": 1}
    assert gzip.decompress(place.store.read(path)) == csv_of(5)
    assert summarise_pending(place) == 1
    row = ledger_row(place)
    assert (row.failure, row.row_count, row.hdfs_path) == (None, 5, path)


def test_a_broken_file_is_told_and_does_not_fail_the_others(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    published.put(b"<html>Service unavailable</html>\n", OTHER.station_id)
    published.put(csv_of(3))
    report = transfer.run([YEAR, OTHER])
    assert counts(report) == {"changed": 1, "failed": 1}
    (failed,) = report.with_outcome(Outcome.FAILED)
    assert failed.station_year == OTHER
    assert "22222099999" in failed.reason
    assert len(raw_files(place)) == 1


def test_where_nothing_can_be_had_the_task_fails_with_the_first_reason(
    transfer: Transfer, published: Published
) -> None:
    published.put(b"<html>Service unavailable</html>\n", OTHER.station_id)
    published.put(b"<html>Service unavailable</html>\n")
    with pytest.raises(SourceError, match=r"None of the 2 files.*01001099999.*clear this task"):
        transfer.run([YEAR, OTHER])


def test_a_raw_file_that_hdfs_has_lost_is_fetched_again_and_nothing_is_made_anew(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    published.put(csv_of(5))
    published.put(csv_of(4, OTHER.station_id), OTHER.station_id)
    transfer.run([YEAR, OTHER])
    assert summarise_pending(place) == 2
    before = raw_files(place)
    assert len(before) == 2
    place.store.delete(RAW_2014)
    assert counts(transfer.run([YEAR, OTHER])) == {"changed": 2}
    assert raw_files(place) == before
    with place.engine.connect() as connection:
        assert not source_files.has_pending(connection)
    assert counts(transfer.run([YEAR, OTHER])) == {"unchanged": 2}


def test_a_file_asked_for_since_then_is_not_asked_for_again(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    published.put(csv_of(3))
    transfer.run([YEAR])
    published.put(csv_of(4))
    now = datetime.now(UTC)
    assert counts(transfer.run([YEAR], asked_since=now - timedelta(minutes=10))) == {"just asked": 1}
    with place.engine.begin() as connection:
        long_ago = (now - timedelta(minutes=11)).replace(tzinfo=None)
        connection.execute(update(tables.source_file).values(downloaded_at=long_ago))
    assert counts(transfer.run([YEAR], asked_since=now - timedelta(minutes=10))) == {"changed": 1}


def test_a_station_is_described_by_its_own_file_where_no_list_is(
    transfer: Transfer, published: Published, place: Workplace
) -> None:
    published.put(csv_of(3))
    transfer.run([YEAR])
    with place.engine.connect() as connection:
        (row,) = connection.execute(select(tables.station)).all()
    assert (row.station_id, row.country, float(row.latitude_deg)) == (STATION, "NO", 70.93)
    assert "JAN MAYEN" in row.name


@pytest.fixture
def served(published: Published) -> Iterator[ScriptedServer]:
    with serve(published.root) as server:
        yield server


def path_of(station: str) -> str:
    return f"/data/global-hourly/access/2014/{station}.csv"


def http_transfer(place: Workplace, url: str) -> Transfer:
    policy = RetryPolicy(attempts=2, first_pause_s=0.01, longest_pause_s=0.01)
    archive = HttpArchive(url, policy)
    folder = place.transfers
    return Transfer(archive, place.store, place.engine, StationDirectory(archive), folder, pause_s=0.05)


def test_while_others_come_a_failing_file_is_asked_for_more_often_than_any_limit(
    published: Published, place: Workplace, served: ScriptedServer
) -> None:
    stations = [f"{number:06d}99999" for number in range(1, 7)]
    for number, station in enumerate(stations):
        published.put(csv_of(2, station), station)
        # Each is served one round later than the one before: every round makes progress.
        served.script[path_of(station)] = [status(503)] * (number * 2)
    transfer = http_transfer(place, served.url)
    report = transfer.run(StationYear(one, 2014, GLOBAL_HOURLY) for one in stations)
    assert counts(report) == {"changed": 6}


def test_a_refused_station_is_asked_once_and_the_others_are_taken(
    published: Published, place: Workplace, served: ScriptedServer
) -> None:
    published.put(csv_of(2))
    published.put(csv_of(2, OTHER.station_id), OTHER.station_id)
    served.script[path_of(OTHER.station_id)] = [status(403)]
    report = http_transfer(place, served.url).run([YEAR, OTHER])
    assert counts(report) == {"changed": 1, "failed": 1}
    assert "403" in report.with_outcome(Outcome.FAILED)[0].reason
    assert served.paths().count(path_of(OTHER.station_id)) == 1


@pytest.mark.parametrize(
    "name", ["nothing in it", "a web page", "shorter than announced", "another header line", "503"]
)
def test_a_misbehaving_archive_costs_the_one_file_and_nothing_of_it_stays(
    published: Published, place: Workplace, served: ScriptedServer, name: str
) -> None:
    published.put(csv_of(5))
    published.put(csv_of(5, OTHER.station_id), OTHER.station_id)
    transfer = http_transfer(place, served.url)
    transfer.run([YEAR, OTHER])
    before = raw_files(place)
    newer = csv_of(6)
    published.put(newer)
    published.put(csv_of(6, OTHER.station_id), OTHER.station_id)
    served.script[path_of(STATION)] = [MISBEHAVIOURS[name](newer)] * 4
    report = transfer.run([YEAR, OTHER])
    assert counts(report) == {"changed": 1, "failed": 1}
    (failed,) = report.with_outcome(Outcome.FAILED)
    assert failed.station_year == YEAR
    assert path_of(STATION) in failed.reason
    assert {one for one in before if STATION in one} == {
        one for one in raw_files(place) if STATION in one
    }
    assert list(place.transfers.rglob("*.csv*")) == []
    # What passes is no failure: the next run has it.
    served.script[path_of(STATION)] = []
    assert counts(transfer.run([YEAR, OTHER])) == {"changed": 1, "unchanged": 1}


def test_a_file_that_shrank_is_refused_and_rows_of_the_future_are_set_aside(
    published: Published, place: Workplace, served: ScriptedServer
) -> None:
    published.put(csv_of(40))
    published.put(csv_of(5, OTHER.station_id), OTHER.station_id)
    transfer = http_transfer(place, served.url)
    transfer.run([YEAR, OTHER])
    served.script[path_of(STATION)] = [body(csv_of(20))]
    assert counts(transfer.run([YEAR, OTHER])) == {"refused": 1, "unchanged": 1}
    year = datetime.now(UTC).year + 1
    published.put(csv_of(5, year=year), year=year)
    report = transfer.run([StationYear(STATION, year, GLOBAL_HOURLY)])
    assert counts(report) == {"changed": 1}
    summarise_pending(place)
    with place.engine.connect() as connection:
        row = connection.execute(
            select(tables.source_file).where(tables.source_file.c.year == year)
        ).one()
    assert (row.row_count, row.last_observed_at) == (0, None)


def test_an_archive_that_is_away_as_a_whole_fails_the_task_after_a_few_files(
    place: Workplace,
) -> None:
    transfer = http_transfer(place, "http://127.0.0.1:9")
    wanted = [StationYear(f"{number:06d}99999", 2014, GLOBAL_HOURLY) for number in range(1, 101)]
    with pytest.raises(SourceError, match="does not answer"):
        transfer.run(wanted)
