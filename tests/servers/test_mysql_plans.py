"""No statement of loader, ledger of files, checks and API reads a whole table: the server's own plans.

Statements are collected while the real functions run on tables of tens of thousands of rows; one whose
plan has `ALL`, or `index` over a big table, fails. (The sink's own are in `test_sink_plans`.)
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api.app import create_app
from isotherm.archive.station_year import StationYear
from isotherm.audit.files import read_lines, settle_files
from isotherm.datasets.facts import SERVED
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.ingest import checks
from isotherm.ingest.stations import refresh_observed_period
from isotherm.stores import source_files, untold_days
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.raw_files import FileContent
from isotherm.stores.source_files import ReviewState
from isotherm.stores.tables import (
    metadata,
    rejected_observation,
    source_file,
    station,
    station_alias,
    station_place,
)
from servers.mariadb_fixture import Database
from servers.statement_plans import collected, load, whole_reads
from servers.summary_buckets import MADE_BY, PUBLISHED, record_version, sha256_of
from servers.summary_data import DATASET, utc

pytest_plugins = ["servers.mariadb_fixture", "servers.mysql_dialect"]
pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("statements_are_mysql")]

STATIONS = [f"ZP{number:09d}" for number in range(40)]
DAY_COUNT = 20
FILLER = 20_000
YEARS = range(1901, 2025)
PERIODS = {"daily_summary": "day", "monthly_summary": "month", "yearly_summary": "year"}


@pytest.fixture(scope="module")
def filled(database: Database) -> sa.Engine:
    """Tens of thousands of rows in every big table."""
    engine = database.engine()
    load(engine, STATIONS, range(DAY_COUNT), seed=1)
    now = PUBLISHED.replace(tzinfo=None)
    key = [(year, f"ZF{number:09d}") for number in range(FILLER // len(YEARS)) for year in YEARS]
    with engine.begin() as connection:
        connection.execute(sa.insert(station), [{"station_id": f"ZF{n:09d}"} for n in range(FILLER)])
        connection.execute(
            sa.insert(source_file),
            [
                {
                    "dataset": DATASET, "year": year, "station_id": station_id, "bucket": n % 32,
                    "sha256": sha256_of("f"), "summarised_sha256": sha256_of("f"),
                    "loaded_sha256": sha256_of("f"), "made_by": MADE_BY, "size_bytes": 1,
                    "published_at": now, "downloaded_at": now, "hdfs_path": "/x", "row_count": 9,
                    "is_pending": 0, "has_changes": 0, "is_settled": 1,
                }
                for n, (year, station_id) in enumerate(key)
            ],
        )  # fmt: skip
        connection.execute(
            sa.insert(rejected_observation),
            [
                {"dataset": DATASET, "source_file": f"{year}/{station_id}", "source_line": 1,
                 "reason": "stray", "rejected_at": now}
                for year, station_id in key
            ],
        )  # fmt: skip
        connection.execute(
            sa.insert(station_alias),
            [{"alias": f"alias {n}", "station_id": f"ZF{n:09d}"} for n in range(FILLER)],
        )
        connection.execute(
            sa.insert(station_place),
            [
                {"station_id": f"ZF{n:09d}", "place_id": f"ZF{n + 1:09d}", "via": "near",
                 "distance_km": 0.1}
                for n in range(0, FILLER, 2)
            ],
        )  # fmt: skip
        for table, period in PERIODS.items():
            fill_periods(connection, metadata.tables[table], period)
        for table in sa.inspect(engine).get_table_names():
            connection.execute(sa.text(f"ANALYZE TABLE {table}")).all()
    return engine


def fill_periods(connection: sa.Connection, table: sa.Table, period: str) -> None:
    """Months, or years, of stations that have no hours."""
    zeros = {one.name: 0 for one in table.columns if isinstance(one.type, sa.Integer)}
    place = {"rule": "routine", "dataset": SERVED, "layer": LAYER_BATCH, "updated_at": utc(2026, 1, 1)}
    place["datasets"] = DATASET
    keys = [(f"ZF{n:09d}", year) for n in range(FILLER // len(YEARS)) for year in YEARS]
    connection.execute(
        sa.insert(table),
        [
            {
                **zeros,
                **place,
                "station_id": one,
                period: year if period == "year" else date(year, 1, 1),
            }
            for one, year in keys
        ],
    )


def test_a_load_of_a_changed_day_goes_by_keys(filled: sa.Engine) -> None:
    with collected() as said:
        load(filled, STATIONS[:10], range(3, 4), seed=2)
        load(filled, STATIONS[:1], range(5, 6), seed=3)
    assert any("STRAIGHT_JOIN" in one for one in said)
    for table in ("hourly_summary", "daily_summary", "monthly_summary", "yearly_summary"):
        assert any(f"FROM {table}" in one for one in said)
    assert whole_reads(filled, said) == []


def hold_one(connection: sa.Connection, one: StationYear) -> None:
    """Let a file have many rejects, and be held for them."""
    connection.execute(
        sa.update(source_file)
        .where(source_file.c.station_id == one.station_id, source_file.c.year == one.year)
        .values(has_changes=1, rejected_count=90, row_count=100, set_aside_count=0)
    )
    assert source_files.hold_doubtful(connection, 0.05) == 1


def test_every_part_of_the_ledger_of_files_goes_by_an_index(filled: sa.Engine) -> None:
    one = StationYear(STATIONS[0], 2014, DATASET)
    with collected() as said:
        record_version(filled, one, "a")
        with filled.begin() as connection:
            source_files.read_known_files(connection, DATASET, [2014])
            source_files.has_pending(connection)
            pending = source_files.read_pending(connection)
            content = FileContent(changed_days=(1,), set_aside=((1, "stray", ""),))
            source_files.record_summarised(connection, [(pending[0], content)], MADE_BY)
            source_files.has_changes(connection)
            changed = source_files.read_changed(connection)
            source_files.record_loaded(connection, source_files.lock_changed(connection, changed))
            source_files.mark_day(connection, [one], date(2014, 1, 2))
            source_files.mark_due(connection, datetime.now(UTC))
            source_files.mark_buckets(connection, DATASET, 2014, [3])
            source_files.read_buckets(connection, DATASET)
            source_files.mark_outdated(connection, [GLOBAL_HOURLY])
            source_files.read_failed(connection, [GLOBAL_HOURLY])
            hold_one(connection, one)
            source_files.has_questions(connection)
            source_files.take_questions(connection, "a run")
            source_files.decide_asked(connection, "a run", ReviewState.KEPT, by="somebody")
            source_files.decide_all(connection, ReviewState.LOADED, by="a form")
            source_files.read_set_aside(connection)
            refresh_observed_period(connection, STATIONS[:3])
            untold_days.note_changed(connection, [date(2014, 1, 2)])
            untold_days.has_unclaimed(connection)
            untold_days.claim(connection, "a run")
            untold_days.forget_told(connection, "a run")
            connection.rollback()
    assert len(said) > 15
    assert whole_reads(filled, said) == []


def test_the_check_operators_of_a_run_ask_an_index_and_pass(filled: sa.Engine) -> None:
    columns, rows, files = checks.check_tasks("'2014-01-04'", "'2014-01-05'")
    assert whole_reads(filled, {task.sql for task in (columns, rows, files)}) == []
    extremes = answers(filled, columns.sql)
    assert -600 <= extremes["min_tenths"] < -500
    assert 400 < extremes["max_tenths"] <= 500
    assert set(answers(filled, rows.sql).values()) == {1}
    assert set(answers(filled, files.sql).values()) == {1}


def test_a_day_over_all_stations_that_cannot_be_is_found(filled: sa.Engine) -> None:
    _, rows, _ = checks.check_tasks("'2014-01-04'", "'2014-01-05'")
    with filled.connect() as connection:
        connection.execute(
            sa.text("UPDATE global_daily_summary SET min_tenths = 600 WHERE day = '2014-01-04'")
        )
        found = {one[0]: int(one[-1]) for one in connection.exec_driver_sql(rows.sql)}
        connection.rollback()
    assert found["min_is_not_above_max"] == found["mean_is_within_min_and_max"] == 0
    assert found["a_day_has_stations"] == 1


@pytest.mark.parametrize(
    ("change", "verdicts"),
    [
        ("summarised_sha256 = NULL", (0, 1)),
        ("made_by = NULL", (1, 0)),
        ("made_by = NULL, is_pending = 1", (1, 1)),
        ("made_by = NULL, failure = 'cut off', failed_by = 'x'", (1, 1)),
    ],
)
def test_a_file_whose_changes_nobody_will_bring_is_found(
    filled: sa.Engine, change: str, verdicts: tuple[int, int]
) -> None:
    _, _, files = checks.check_tasks("'2014-01-04'", "'2014-01-05'")
    with filled.connect() as connection:
        connection.execute(
            sa.text(
                f"UPDATE source_file SET has_changes = 1, {change} WHERE station_id = 'ZF000000001' "
                f"AND year = {YEARS[0]}"
            )
        )
        found = [int(one[-1]) for one in connection.exec_driver_sql(files.sql)]
        connection.rollback()
    assert tuple(found) == verdicts


def answers(engine: sa.Engine, sql: str) -> dict[str, int]:
    """What a check operator gets back, by check or column."""
    with engine.connect() as connection:
        return {row[0]: int(row[-1]) for row in connection.exec_driver_sql(sql)}


def test_the_audit_asks_for_what_is_not_settled_by_an_index(
    filled: sa.Engine, database: Database
) -> None:
    store = HdfsStore(database.settings, retry_for_s=0.1)
    with collected() as said:
        with suppress(StoreError):
            settle_files(filled, store, "a run")
        read_lines(filled)
    assert said
    assert whole_reads(filled, said) == []


@pytest.mark.parametrize(
    "route",
    [
        "/stations", "/stations?query=zp", "/stations?country=US", "/stations?bbox=-10,-10,10,10",
        "/countries", "/pipeline",
        f"/stations/{STATIONS[0]}/hourly?from=2014-01-02&to=2014-01-04",
        f"/stations/{STATIONS[0]}/daily", f"/stations/{STATIONS[0]}/monthly",
        f"/stations/{STATIONS[0]}/yearly", "/global/hourly?from=2014-01-02&to=2014-01-04",
        "/global/daily", "/global/monthly", "/global/yearly",
    ],
)  # fmt: skip
def test_a_route_of_the_api_goes_by_an_index(filled: sa.Engine, database: Database, route: str) -> None:
    client = TestClient(create_app(database.settings))
    ask: Callable[[str], Any] = client.get
    with collected() as said:
        assert ask(f"/api/v1{route}").status_code == 200
    assert said
    assert whole_reads(filled, said) == []
