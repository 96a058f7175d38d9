"""The batch layer's audit on real stores: right is settled, wrong is named and mended."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
import sqlalchemy as sa

from isotherm.audit.files import settle_files
from isotherm.audit.ledger import Scope
from isotherm.audit.settled_files import has_unsettled, read_unsettled, write_accounts
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.observations import FileObservations, observations_of
from isotherm.datasets.simulated.station_years import published_on, simulate_station_year
from isotherm.stores.bucket_tables import BucketTable, FileVersion, write_bucket
from isotherm.stores.hdfs_layout import OBSERVATION_ROOT, bucket_of, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.summary_rows import write_rows
from isotherm.stores.summary_tables import EMPTY_HOURS, HOURS
from isotherm.stores.tables import (
    empty_hour,
    hourly_summary,
    ledger,
    settled_file,
    source_file,
)
from isotherm.summarise import summarise
from isotherm.utc import to_naive
from servers.hdfs_fixture import Hdfs
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.hdfs_fixture", "servers.mariadb_fixture"]

DATASET = GLOBAL_HOURLY
YEAR = 2014
VERSION = FileVersion("ab" * 32, "0123456789abcdef")
NEWER = FileVersion("cd" * 32, "0123456789abcdef")
LOADED_AT = datetime(2026, 1, 1)  # noqa: DTZ001  (MySQL's DATETIME has no zone)
LIMIT_MB = 200


def read(station_id: str, days: int) -> FileObservations:
    """The first days of a simulated station-year."""
    content = simulate_station_year(station_id, YEAR)
    assert content is not None
    found = observations_of(
        DATASET, content, station_id=station_id, year=YEAR, published_at=published_on(YEAR)
    )
    end = datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(days=days)
    return replace(found, observations=found.observations.filter(pl.col("observed_at") < end))


class Platform:
    """A HDFS and a database with some loaded files in them."""

    def __init__(self, hdfs: Hdfs, database: Database) -> None:
        self.store = HdfsStore(hdfs.settings)
        self.engine = database.engine()

    def put(self, *station_ids: str, days: int = 14) -> int:
        """Files of one bucket as job and loader leave them; returns how many observations."""
        files = {one: read(one, days) for one in station_ids}
        bucket = bucket_of(station_ids[0])
        observations = pl.concat([files[one].observations for one in sorted(files)])
        self.write_observations(observations, VERSION, *files)
        self.write_hours(observations)
        with self.engine.begin() as connection:
            connection.execute(
                sa.insert(source_file),
                [self._entry(one, bucket, file) for one, file in files.items()],
            )
        return observations.height

    def write_observations(
        self, observations: pl.DataFrame, version: FileVersion, *station_ids: str
    ) -> None:
        """The bucket, in place of the one before."""
        table = BucketTable(observations, dict.fromkeys(station_ids, version))
        bucket = bucket_of(station_ids[0])
        write_bucket(self.store, OBSERVATION_ROOT, DATASET.name, YEAR, bucket, table)

    def write_hours(self, observations: pl.DataFrame) -> None:
        """Their hours in MySQL."""
        hours = summarise(observations, DATASET.quality).with_columns(
            pl.col("hour_start").dt.replace_time_zone(None)
        )
        counts = pl.col("observation_count") > 0
        with self.engine.begin() as connection:
            for table, rows in ((HOURS, hours.filter(counts)), (EMPTY_HOURS, hours.filter(~counts))):
                write_rows(connection, table, DATASET.name, rows)

    def load(self, station_id: str, version: FileVersion) -> None:
        """The loader's word: this version is in MySQL."""
        values = {"loaded_sha256": version.sha256, "loaded_at": LOADED_AT + timedelta(hours=1)}
        with self.engine.begin() as connection:
            connection.execute(
                sa.update(source_file)
                .where(source_file.c.station_id == station_id)
                .values(summarised_sha256=version.sha256, is_settled=0, **values)
            )

    @staticmethod
    def _entry(station_id: str, bucket: int, file: FileObservations) -> dict[str, object]:
        now = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
        return {
            "dataset": DATASET.name,
            "year": YEAR,
            "station_id": station_id,
            "bucket": bucket,
            "sha256": VERSION.sha256,
            "size_bytes": 1,
            "published_at": now,
            "downloaded_at": now,
            "hdfs_path": "/raw",
            "summarised_sha256": VERSION.sha256,
            "made_by": VERSION.made_by,
            "row_count": file.observations.height,
            "first_observed_at": file.observations["observed_at"].dt.replace_time_zone(None).min(),
            "last_observed_at": file.observations["observed_at"].dt.replace_time_zone(None).max(),
            "set_aside_count": file.set_aside.height,
            "loaded_sha256": VERSION.sha256,
            "loaded_at": LOADED_AT,
            "is_pending": 0,
            "has_changes": 0,
            "is_settled": 0,
        }

    def has_unsettled(self) -> bool:
        with self.engine.connect() as connection:
            return has_unsettled(connection)

    def flags(self, station_id: str) -> tuple[int, int, int]:
        """is_pending, has_changes, is_settled."""
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(
                    source_file.c.is_pending, source_file.c.has_changes, source_file.c.is_settled
                ).where(source_file.c.station_id == station_id)
            ).one()
        return (row.is_pending, row.has_changes, row.is_settled)


@pytest.fixture
def platform(hdfs: Hdfs, database: Database) -> Iterator[Platform]:
    one = Platform(hdfs, database)
    tables = (hourly_summary, empty_hour, source_file, settled_file, ledger)

    def clear() -> None:
        with one.engine.begin() as connection:
            for table in tables:
                connection.execute(sa.delete(table))

    clear()
    yield one
    clear()
    one.engine.dispose()


def test_what_was_loaded_is_compared_once_and_balances(platform: Platform) -> None:
    rows = platform.put("ZZ000199999")
    first = settle_files(platform.engine, platform.store, "first")
    assert (first.compared, first.wrong, first.is_balanced) == (1, [], True)
    distinct = first.lines[0].fed
    assert distinct <= rows == first.lines[0].deliveries
    assert all(line.fed == distinct for line in first.lines)
    assert platform.flags("ZZ000199999") == (0, 0, 1)
    again = settle_files(platform.engine, platform.store, "again")
    assert (again.compared, again.lines) == (0, first.lines)


def test_the_ledger_keeps_when_and_over_what_and_compares_only_what_is_new(platform: Platform) -> None:
    before = datetime.now(UTC)
    platform.put("ZZ000199999", days=3)
    settle_files(platform.engine, platform.store, "a day")
    platform.put("ZZ000299999", days=4)
    second = settle_files(platform.engine, platform.store, "another day")
    assert second.compared == 1
    assert second.scope == Scope((DATASET.name,), date(2014, 1, 1), date(2014, 1, 4), 2)
    assert second.settled_at >= before
    assert second.describe() == (
        f"Ledger settled at {second.settled_at:%Y-%m-%d %H:%M} UTC: balanced, 2 station-years of "
        f"{DATASET.name}, 2014-01-01 to 2014-01-04."
    )
    with platform.engine.connect() as connection:
        kept = connection.execute(
            sa.select(
                ledger.c.run_label, ledger.c.datasets, ledger.c.first_day, ledger.c.last_day,
                ledger.c.station_year_count, ledger.c.feed_ids, ledger.c.checked_at,
            ).where(ledger.c.rule == "routine").order_by(ledger.c.ledger_id)
        ).all()  # fmt: skip
    assert [row[0:5] for row in kept] == [
        ("a day", DATASET.name, date(2014, 1, 1), date(2014, 1, 3), 1),
        ("another day", DATASET.name, date(2014, 1, 1), date(2014, 1, 4), 2),
    ]
    assert kept[1].feed_ids is None
    assert kept[1].checked_at == to_naive(second.settled_at).replace(microsecond=0)


def test_a_row_that_is_missing_in_mysql_is_named_and_loaded_anew(platform: Platform) -> None:
    platform.put("ZZ000299999")
    with platform.engine.begin() as connection:
        gone = connection.execute(
            sa.delete(hourly_summary).where(
                hourly_summary.c.rule == "routine",
                hourly_summary.c.hour_start == datetime(2014, 1, 9, 12),  # noqa: DTZ001
            )
        ).rowcount
    assert gone == 1
    result = settle_files(platform.engine, platform.store, "run")
    assert result.wrong == [f"{DATASET.name} {YEAR} ZZ000299999"]
    assert not result.is_balanced
    assert [line.lost > 0 for line in result.lines] == [False, False, True]
    assert platform.flags("ZZ000299999") == (1, 1, 0)


def test_an_observation_table_that_is_gone_shows_as_doubled_and_is_read_anew(
    platform: Platform,
) -> None:
    platform.put("ZZ000199999")
    platform.store.delete(f"{OBSERVATION_ROOT}/dataset={DATASET.name}/year={YEAR}")
    result = settle_files(platform.engine, platform.store, "run")
    assert result.lines[0].doubled > 0
    assert platform.flags("ZZ000199999") == (1, 1, 0)


def damaged_page(content: bytes) -> bytes:
    """A table whose description at its end is sound, and whose first page is none."""
    return content[:4] + b"\xff" * 200 + content[204:]


@pytest.mark.parametrize("damage", [lambda _: b"PAR1 is no table PAR1", damaged_page])
def test_a_damaged_observation_table_is_named_and_read_anew_as_one_that_is_gone(
    platform: Platform, damage: Callable[[bytes], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    platform.put("ZZ000199999")
    bucket = bucket_path(OBSERVATION_ROOT, DATASET.name, YEAR, bucket_of("ZZ000199999"))
    platform.store.write(bucket, damage(platform.store.read(bucket)))
    assert len(settle_files(platform.engine, platform.store, "run").wrong) == 1
    assert f"{bucket} on HDFS is damaged" in capsys.readouterr().out
    assert platform.flags("ZZ000199999") == (1, 1, 0)


def test_what_spark_has_made_anew_and_nobody_has_loaded_is_left_to_the_next_audit(
    platform: Platform,
) -> None:
    platform.put("ZZ000199999", days=3)
    newer = read("ZZ000199999", days=4).observations
    platform.write_observations(newer, NEWER, "ZZ000199999")
    result = settle_files(platform.engine, platform.store, "too early")
    assert (result.compared, result.wrong, result.lines[0].fed) == (0, [], 0)
    assert platform.flags("ZZ000199999") == (0, 0, 0)
    assert platform.has_unsettled()

    platform.write_hours(newer)
    platform.load("ZZ000199999", NEWER)
    result = settle_files(platform.engine, platform.store, "loaded")
    assert (result.compared, result.wrong, result.lines[0].deliveries) == (1, [], newer.height)
    assert not platform.has_unsettled()


@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_file_that_is_loaded_or_made_anew_while_it_is_compared_stays_unsettled(
    platform: Platform, is_loaded: bool
) -> None:
    platform.put("ZZ000199999", days=3)
    (before,) = read_unsettled(platform.engine)
    with platform.engine.begin() as connection:
        change = {"loaded_at": LOADED_AT + timedelta(seconds=1)} if is_loaded else {"has_changes": 1}
        connection.execute(sa.update(source_file).values(change))
    nothing = pl.DataFrame(schema={"station_id": pl.String, "rule": pl.String})
    assert write_accounts(platform.engine, [before], nothing) == (0, [])
    assert platform.flags("ZZ000199999") == (0, int(not is_loaded), 0)
    with platform.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(settled_file)) == 0


def test_a_file_healed_without_a_changed_row_balances_once_it_is_settled_again(
    platform: Platform,
) -> None:
    platform.put("ZZ000199999", days=3)
    observations = read("ZZ000199999", days=3).observations
    platform.store.delete(f"{OBSERVATION_ROOT}/dataset={DATASET.name}/year={YEAR}")
    assert not settle_files(platform.engine, platform.store, "gone").is_balanced
    platform.write_observations(observations, VERSION, "ZZ000199999")
    platform.load("ZZ000199999", VERSION)
    with platform.engine.begin() as connection:
        connection.execute(sa.update(source_file).values(is_pending=0, has_changes=0))
    assert platform.has_unsettled()
    assert settle_files(platform.engine, platform.store, "healed").is_balanced


def test_a_bucket_is_read_once_however_many_parts_it_is_compared_in(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    stations = [f"ZZ{n:04d}99999" for n in range(1, 2000)]
    in_one_bucket = [one for one in stations if bucket_of(one) == bucket_of(stations[0])][:3]
    platform.put(*in_one_bucket, days=2)
    monkeypatch.setattr("isotherm.audit.files._ROWS_AT_ONCE", 1)
    read_whole, paths = platform.store.read_if_exists, []

    def read_and_note(path: str) -> bytes | None:
        paths.append(path)
        return read_whole(path)

    monkeypatch.setattr(platform.store, "read_if_exists", read_and_note)
    result = settle_files(platform.engine, platform.store, "run")
    assert (result.compared, result.wrong, len(paths)) == (3, [], 1)


def test_nothing_loaded_is_not_balanced(platform: Platform) -> None:
    result = settle_files(platform.engine, platform.store, "run")
    assert (result.compared, result.is_balanced) == (0, False)


PEAK_PROGRAM = """
import sys
from pathlib import Path
from isotherm.audit.files import settle_files
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine

def peak_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))

hdfs_url, mysql_port, password = sys.stdin.read().split()
engine = create_engine(Settings(mysql_port=int(mysql_port), mysql_password=password))
result = settle_files(engine, HdfsStore(Settings(hdfs_url=hdfs_url)), "memory")
print(result.compared, peak_mb())
"""


def test_an_audit_needs_less_than_200_mb_in_whole_what_it_imports_included(
    platform: Platform, hdfs: Hdfs, database: Database
) -> None:
    stations = [f"ZZ{n:04d}99999" for n in range(1, 2000)]
    in_one_bucket = [one for one in stations if bucket_of(one) == bucket_of(stations[0])][:6]
    platform.put(*in_one_bucket, days=366)
    password = database.settings.mysql_password.get_secret_value()
    done = subprocess.run(
        [sys.executable, "-c", PEAK_PROGRAM],
        input=f"{hdfs.settings.hdfs_url} {database.settings.mysql_port} {password}",
        env={**os.environ, "POLARS_MAX_THREADS": "2", "ISOTHERM_ARCHIVE": "simulated"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    compared, peak_mb = map(int, done.stdout.split()[-2:])
    assert compared == 6
    assert peak_mb < LIMIT_MB
