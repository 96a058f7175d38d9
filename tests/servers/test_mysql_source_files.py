"""The ledger of files: what each part writes, and what the next one then has to do."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from isotherm.archive.station_year import FetchedFile, StationYear
from isotherm.datasets.coverage import Coverage
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.made_by import made_by
from isotherm.stores import source_files, tables
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.stores.raw_files import FileContent, RawFile
from servers.mariadb_fixture import Database
from servers.summary_buckets import MADE_BY, PUBLISHED, record_version, sha256_of
from servers.summary_data import DATASET, fetch

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

ONE = StationYear("01001099999", 2014, DATASET)
OTHER = StationYear("72530094846", 2014, DATASET)
CONTENT = FileContent(row_count=8, malformed_count=1, day_count=2, changed_days=(1, 365))


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    """No files yet."""
    one = database.engine()
    with one.begin() as connection:
        for table in ("source_file", "rejected_observation", "rejection_count", "station"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    yield one
    one.dispose()


def fetched(key: StationYear, version: str, **changes: Any) -> FetchedFile:  # noqa: ANN401
    one = FetchedFile(
        key, True, None, sha256_of(version), 9, PUBLISHED, PUBLISHED, f'"{version}"', "made up"
    )
    return replace(one, **changes)


def summarise(
    engine: sa.Engine, content: FileContent = CONTENT, keys: Sequence[StationYear] = (ONE,)
) -> list[RawFile]:
    """The Spark job over what is pending of these files."""
    with engine.begin() as connection:
        pending = [
            one
            for one in source_files.read_pending(connection)
            if StationYear(one.station_id, one.year, one.dataset) in keys
        ]
        source_files.record_summarised(connection, [(one, content) for one in pending], MADE_BY)
    return pending


def load(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        held = source_files.lock_changed(connection, source_files.read_changed(connection))
        source_files.record_loaded(connection, held)


def row(engine: sa.Engine, key: StationYear = ONE) -> dict[str, Any]:
    file = tables.source_file
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(file).where(file.c.station_id == key.station_id)
        ).mappings()
        return dict(found.one())


def flags(engine: sa.Engine, key: StationYear = ONE) -> tuple[int, int, int]:
    found = row(engine, key)
    return found["is_pending"], found["has_changes"], found["is_settled"]


def test_a_file_goes_from_download_to_load_by_its_flags(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    assert flags(engine) == (1, 0, 0)
    assert row(engine)["bucket"] == bucket_of(ONE.station_id)
    (raw,) = summarise(engine)
    assert (raw.sha256, raw.summarised_sha256, raw.made_by) == (sha256_of("a"), None, None)
    assert flags(engine) == (0, 1, 0)
    with engine.connect() as connection:
        (changed,) = source_files.read_changed(connection)
        assert not source_files.has_pending(connection)
        assert source_files.has_changes(connection)
    assert changed.changed_days == (1, 365)
    assert changed.dates == (date(2014, 1, 1), date(2014, 12, 31))
    load(engine)
    assert flags(engine) == (0, 0, 0)
    assert row(engine)["loaded_sha256"] == sha256_of("a")
    with engine.connect() as connection:
        assert not source_files.has_changes(connection)


def test_days_of_two_runs_of_the_job_are_loaded_together(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    summarise(engine, FileContent(changed_days=(1, 2)))
    record_version(engine, ONE, "b")
    summarise(engine, FileContent(changed_days=(2, 200)))
    with engine.connect() as connection:
        assert source_files.read_changed(connection)[0].changed_days == (1, 2, 200)


def test_a_version_that_arrives_while_the_job_reads_stays_pending(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    with engine.connect() as connection:
        pending = source_files.read_pending(connection)
    record_version(engine, ONE, "b")
    with engine.begin() as connection:
        source_files.record_summarised(connection, [(pending[0], CONTENT)], MADE_BY)
    assert flags(engine) == (1, 1, 0)
    assert row(engine)["summarised_sha256"] == sha256_of("a")


def test_what_changed_since_the_loader_looked_is_not_held_and_not_marked(engine: sa.Engine) -> None:
    for key in (ONE, OTHER):
        record_version(engine, key, "a")
    summarise(engine, keys=(ONE, OTHER))
    with engine.connect() as connection:
        seen = source_files.read_changed(connection)
    record_version(engine, OTHER, "b")
    summarise(engine, FileContent(changed_days=(5,)), (OTHER,))
    with engine.begin() as connection:
        held = source_files.lock_changed(connection, seen)
        source_files.record_loaded(connection, held)
    assert [one.station_id for one in held] == [ONE.station_id]
    assert flags(engine, ONE) == (0, 0, 0)
    assert flags(engine, OTHER) == (0, 1, 0)


def test_a_file_that_cannot_be_read_keeps_what_was_made_before(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    summarise(engine)
    load(engine)
    record_version(engine, ONE, "b")
    summarise(engine, FileContent(failure="cut off", raw_is_missing=False))
    found = row(engine)
    assert (found["summarised_sha256"], found["failure"]) == (sha256_of("a"), "cut off")
    assert flags(engine) == (0, 0, 0)
    record_version(engine, ONE, "c")
    assert row(engine)["failure"] is None


def test_a_raw_file_that_hdfs_lost_is_fetched_whatever_the_archives_mark_and_again_a_day_later(
    engine: sa.Engine,
) -> None:
    with engine.begin() as connection:
        source_files.record_download(connection, fetched(ONE, "a"), "/raw/a")
    before = datetime.now(UTC)
    for _ in range(2):  # the archive is away for more than a day
        summarise(engine, FileContent(failure="not there", raw_is_missing=True))
        assert (row(engine)["etag"], row(engine)["hdfs_path"]) == (None, "")
        assert flags(engine) == (0, 0, 0)
        with engine.begin() as connection:
            assert source_files.mark_due(connection, before + timedelta(hours=23)) == 0
            assert source_files.mark_due(connection, before + timedelta(hours=25)) == 1
            (pending,) = source_files.read_pending(connection)
        assert pending.hdfs_path == ""


def test_a_failure_says_nothing_of_a_version_that_arrived_meanwhile(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    with engine.connect() as connection:
        (pending,) = source_files.read_pending(connection)
    with engine.begin() as connection:
        source_files.record_download(connection, fetched(ONE, "b"), "/raw/b")
        lost = FileContent(failure="not there", raw_is_missing=True)
        source_files.record_summarised(connection, [(pending, lost)], MADE_BY)
    found = row(engine)
    assert (found["etag"], found["hdfs_path"], found["failure"]) == ('"b"', "/raw/b", None)
    assert flags(engine) == (1, 0, 0)


@pytest.mark.parametrize("was_read_before", [True, False])
def test_what_some_code_could_not_read_other_code_tries_once(
    engine: sa.Engine, *, was_read_before: bool
) -> None:
    if was_read_before:
        record_version(engine, ONE, "a")
        summarise(engine)
        load(engine)
    record_version(engine, ONE, "b")
    summarise(engine, FileContent(failure="no such column"))  # by the code of before
    made_before = MADE_BY if was_read_before else None
    assert (row(engine)["made_by"], row(engine)["failed_by"]) == (made_before, MADE_BY)
    current = made_by(GLOBAL_HOURLY)
    with engine.begin() as connection:
        assert source_files.mark_outdated(connection, [GLOBAL_HOURLY]) == 1
        pending = source_files.read_pending(connection)
        failed = [(pending[0], FileContent(failure="still none"))]
        source_files.record_summarised(connection, failed, current)
        assert source_files.mark_outdated(connection, [GLOBAL_HOURLY]) == 0
        (told,) = source_files.read_failed(connection, [GLOBAL_HOURLY])
    assert (told.year, told.station_id, told.failure) == (2014, ONE.station_id, "still none")
    # The tables hold what they held.
    assert (row(engine)["made_by"], row(engine)["failed_by"]) == (made_before, current)
    record_version(engine, ONE, "c")
    summarise(engine)
    assert (row(engine)["failure"], row(engine)["failed_by"]) == (None, None)
    with engine.connect() as connection:
        assert source_files.read_failed(connection, [GLOBAL_HOURLY]) == []


def test_a_lost_bucket_makes_its_files_pending_and_no_others(engine: sa.Engine) -> None:
    for key in (ONE, OTHER):
        record_version(engine, key, "a")
    summarise(engine, keys=(ONE, OTHER))
    bucket, other = bucket_of(ONE.station_id), bucket_of(OTHER.station_id)
    with engine.begin() as connection:
        assert source_files.read_buckets(connection, DATASET) == {2014: {bucket, other}}
        assert source_files.mark_buckets(connection, DATASET, 2014, [bucket]) == 1
        assert source_files.mark_buckets(connection, DATASET, 2013, [bucket]) == 0
    assert (flags(engine, ONE)[0], flags(engine, OTHER)[0]) == (1, 0)
    assert row(engine, ONE)["made_by"] is None


def test_other_code_makes_its_files_pending(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    summarise(engine)
    with engine.begin() as connection:
        assert source_files.mark_outdated(connection, [GLOBAL_HOURLY]) == 1
        assert source_files.mark_outdated(connection, [GLOBAL_HOURLY]) == 0
        pending = source_files.read_pending(connection)
        source_files.record_summarised(
            connection, [(pending[0], FileContent())], made_by(GLOBAL_HOURLY)
        )
        assert source_files.mark_outdated(connection, [GLOBAL_HOURLY]) == 0


def test_rows_from_the_future_make_their_file_pending_when_they_have_arrived(
    engine: sa.Engine,
) -> None:
    record_version(engine, ONE, "a")
    summarise(engine, replace(CONTENT, read_again_at=PUBLISHED))
    with engine.begin() as connection:
        assert source_files.mark_due(connection, PUBLISHED - timedelta(seconds=1)) == 0
        assert source_files.mark_due(connection, PUBLISHED) == 1
        assert source_files.mark_due(connection, PUBLISHED) == 0
    assert flags(engine) == (1, 1, 0)


def test_a_refused_version_is_remembered_until_another_is_taken(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    with engine.begin() as connection:
        source_files.record_refusal(connection, fetched(ONE, "b"), Coverage(5, None, None), "fewer")
        known = source_files.read_known_files(connection, DATASET, [2014])[ONE]
    assert known.refused is not None
    assert (known.refused.sha256, known.refused.etag) == (sha256_of("b"), '"b"')
    assert known.source_file.sha256 == sha256_of("a")
    record_version(engine, ONE, "c")
    with engine.connect() as connection:
        known = source_files.read_known_files(connection, DATASET, [2014])[ONE]
    assert known.refused is None


@pytest.mark.parametrize(("length", "kept"), [(255, True), (256, False)])
def test_an_entity_tag_too_long_to_keep_is_left_out_and_never_cut(
    engine: sa.Engine, length: int, *, kept: bool
) -> None:
    etag = '"' + "x" * (length - 2) + '"'
    with engine.begin() as connection:
        source_files.record_download(connection, fetched(ONE, "a", etag=etag), "/raw/a")
    assert row(engine)["etag"] == (etag if kept else None)


def test_rows_set_aside_are_those_of_the_newest_version_and_counted(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    stray, blank = (7, "stray", "x" * 9000), (9, "time", "")
    summarise(engine, replace(CONTENT, set_aside=(stray, stray, blank)))
    assert fetch(engine, "rejection_count", "origin, reason, rejected") == [
        (DATASET, "stray", 2),
        (DATASET, "time", 1),
    ]
    record_version(engine, ONE, "b")
    summarise(engine, replace(CONTENT, set_aside=(blank,)))
    assert fetch(engine, "rejection_count", "reason, rejected") == [("stray", 0), ("time", 1)]
    rows = fetch(engine, "rejected_observation", "source_file, source_line, LENGTH(payload)")
    assert rows == [("2014/01001099999", 9, 0)]


def test_a_marked_day_is_loaded_again_once_its_file_was_summarised(engine: sa.Engine) -> None:
    record_version(engine, ONE, "a")
    with engine.begin() as connection:
        assert source_files.mark_day(connection, [ONE, OTHER], date(2014, 3, 1)) == 0
    summarise(engine, FileContent())
    load(engine)
    with engine.begin() as connection:
        assert source_files.mark_day(connection, [ONE, OTHER], date(2014, 3, 1)) == 1
        assert source_files.read_changed(connection)[0].changed_days == (60,)


@pytest.mark.parametrize(("year", "last"), [(2014, date(2014, 12, 31)), (2016, date(2016, 12, 31))])
def test_every_bit_set_means_the_days_of_the_year_and_none_of_the_next(year: int, last: date) -> None:
    every = tuple(range(1, 367))
    one = source_files.ChangedFile(DATASET, year, "x", 0, "", "", every, is_pending=False)
    assert (one.dates[0], one.dates[-1]) == (date(year, 1, 1), last)


@pytest.mark.parametrize("days", [(), (1,), (366,), (1, 8, 9, 64, 365, 366), tuple(range(1, 367))])
def test_days_as_a_bitmap_come_back(days: tuple[int, ...]) -> None:
    mark = source_files.encode_days(days)
    assert mark is None or len(mark) == 46
    assert source_files.decode_days(mark) == days
