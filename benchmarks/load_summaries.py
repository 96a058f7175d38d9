"""How fast does what changed get from HDFS into MySQL, roll-ups and global rows included?

    python benchmarks/load_summaries.py [STATIONS] [TRIES]

On servers of its own: one HDFS, and a MySQL each with 1, 3 and 10 years stored. Synthetic station-years
(every hour, three rules) are loaded year after year; then one day of every station changes, and each of
the three databases loads it, in turn and so many times, so that other work of the machine meets them
alike. Each load begins when the three have cleaned up after those before. Prints wall seconds and CPU
seconds (loader and MySQL), and the ratios to one year stored.
"""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl
import psutil
import sqlalchemy as sa
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from isotherm.ingest.load import Loader
from isotherm.ingest.load_report import LoadReport
from isotherm.local.tools import Tools
from isotherm.quality import RULE_NAMES
from isotherm.settings import load_settings
from isotherm.statistics.catalogue import REASON_COUNTS
from isotherm.stores import tables
from isotherm.stores.bucket_tables import BucketTable, FileVersion, read_bucket, write_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import migrate
from isotherm.stores.source_files import encode_days
from isotherm.summarise import SUMMARY_COLUMNS
from servers.hdfs_fixture import Hdfs
from servers.mariadb_fixture import Database

DATASET: Final = "global-hourly"
FIRST_YEAR: Final = 1871
YEARS_STORED: Final = (1, 3, 10)
CHANGED_DAY: Final = 40
SHA256, MADE_BY = "b" * 64, "benchmark"
# The old versions that a bulk load leaves behind are no part of a changed day.
OLD_VERSIONS, QUIET_WITHIN_S = 100, 120


@dataclass(frozen=True)
class Cost:
    """What one load took; CPU of this process and of MySQL."""

    wall_s: float
    loader_cpu_s: float
    mysql_cpu_s: float

    @property
    def cpu_s(self) -> float:
        """Both."""
        return self.loader_cpu_s + self.mysql_cpu_s


class Summaries:
    """The hours of some stations on HDFS, by year and bucket."""

    def __init__(self, store: HdfsStore, station_count: int) -> None:
        self.store = store
        self.stations = [f"ZB{number:09d}" for number in range(station_count)]

    def write_year(self, year: int) -> None:
        """A whole year of every station."""
        for bucket, own in self._buckets().items():
            versions = {one: FileVersion(SHA256, MADE_BY) for one in own}
            table = BucketTable(synthetic_summaries(own, year), versions)
            write_bucket(self.store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket, table)

    def change_day(self, year: int, day: int) -> None:
        """Every hour of one day gets another sum, minimum and maximum."""
        is_that_day = pl.col("hour_start").dt.ordinal_day() == day
        colder = {name: pl.col(name) - 1 for name in ("min_tenths", "max_tenths")}
        colder["sum_tenths"] = pl.col("sum_tenths") - pl.col("observation_count")
        for bucket in self._buckets():
            table = read_bucket(self.store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket)
            assert table is not None
            rows = table.rows.with_columns(
                pl.when(is_that_day).then(value).otherwise(pl.col(name)).alias(name)
                for name, value in colder.items()
            )
            changed = BucketTable(rows, table.versions)
            write_bucket(self.store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket, changed)

    def _buckets(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for one in self.stations:
            found.setdefault(bucket_of(one), []).append(one)
        return found


class Target:
    """A MySQL that holds the first so many years."""

    def __init__(self, database: Database, summaries: Summaries, years_stored: int) -> None:
        self.years_stored = years_stored
        self._stations = summaries.stations
        self._engine = database.engine()
        self._server = psutil.Process(database.pid)
        migrate(self._engine)
        self._loader = Loader(summaries.store, self._engine)

    def load(self, year: int, days: Sequence[int]) -> tuple[Cost, LoadReport]:
        """Load days of a year of every station."""
        self._mark(year, days)
        mine, servers = time.process_time(), self._server_cpu_s()
        began = time.perf_counter()
        report = self._loader.load_changes()
        wall_s = time.perf_counter() - began
        cost = Cost(wall_s, time.process_time() - mine, self._server_cpu_s() - servers)
        return cost, report

    def become_quiet(self) -> None:
        """Wait until MySQL has cleaned up after the loads before."""
        statement = sa.text(
            "SELECT variable_value FROM information_schema.global_status "
            "WHERE variable_name = 'INNODB_HISTORY_LIST_LENGTH'"
        )
        deadline = time.monotonic() + QUIET_WITHIN_S
        while time.monotonic() < deadline:
            with self._engine.connect() as connection:
                if int(connection.scalar(statement) or 0) < OLD_VERSIONS:
                    return
            time.sleep(1)

    def _server_cpu_s(self) -> float:
        used = self._server.cpu_times()
        return float(used.user + used.system)

    def _mark(self, year: int, days: Sequence[int]) -> None:
        """Say in the ledger of files what the Spark job would say of these days."""
        now = datetime.now(UTC).replace(tzinfo=None)
        file = tables.source_file
        same = {
            "dataset": DATASET, "year": year, "sha256": SHA256, "summarised_sha256": SHA256,
            "made_by": MADE_BY, "size_bytes": 0, "published_at": now, "downloaded_at": now,
            "hdfs_path": "", "is_pending": 0, "has_changes": 1, "changed_days": encode_days(days),
        }  # fmt: skip
        rows = [{**same, "station_id": one, "bucket": bucket_of(one)} for one in self._stations]
        with self._engine.begin() as connection:
            mine = file.c.station_id.in_(self._stations)
            connection.execute(sa.delete(file).where(file.c.year == year, mine))
            connection.execute(sa.insert(file), rows)


def synthetic_summaries(station_ids: list[str], year: int) -> pl.DataFrame:
    """Every hour of a year under every rule; temperatures differ by station, hour and year."""
    first, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    hours = pl.datetime_range(first, end, "1h", closed="left", eager=True, time_unit="us")
    keys = (
        pl.DataFrame({"station_id": station_ids})
        .join(pl.DataFrame({"rule": sorted(RULE_NAMES)}), how="cross")
        .join(hours.to_frame("hour_start"), how="cross")
    )
    low = (keys.hash_rows(seed=7) % 900).cast(pl.Int16) - 500
    count = (keys.hash_rows(seed=8) % 3).cast(pl.Int32) + 1
    return keys.with_columns(
        observation_count=count,
        min_tenths=low,
        max_tenths=low + 9,
        sum_tenths=low.cast(pl.Int32) * count + 9,
        dew_point_count=count,
        dew_point_sum_tenths=low.cast(pl.Int32) * count - 50,
        pressure_count=count,
        pressure_sum_tenths_hpa=(low.cast(pl.Int32) + 10_132) * count,
        wind_count=count,
        wind_speed_sum_tenths_ms=(low.cast(pl.Int32) + 500) % 300 * count,
        wind_east_sum_mms=low.cast(pl.Int32) * 17 * count,
        wind_north_sum_mms=low.cast(pl.Int32) * -5 * count,
        temperature_histogram=pl.lit(None, pl.String),
        **dict.fromkeys(REASON_COUNTS, pl.lit(0, pl.Int32)),
    ).select(SUMMARY_COLUMNS)


@contextmanager
def started(station_count: int) -> Iterator[tuple[Summaries, list[Target]]]:
    """The servers, empty; nothing is left of them."""
    with ExitStack() as stack:
        hdfs = Hdfs(waits_for_disk=True)
        stack.callback(hdfs.dispose)
        for server in (hdfs.namenode, hdfs.datanode):
            hdfs.start(server)
        summaries = Summaries(HdfsStore(hdfs.settings), station_count)
        targets = []
        for years_stored in YEARS_STORED:
            database = Database(waits_for_disk=True)
            stack.callback(database.dispose)
            database.start()
            targets.append(Target(database, summaries, years_stored))
        yield summaries, targets


def fill(summaries: Summaries, targets: Sequence[Target]) -> None:
    """Load year after year, each into the databases that are to hold it; prints every load."""
    costs: list[Cost] = []
    rows = 0
    for number in range(1, max(YEARS_STORED) + 1):
        year = FIRST_YEAR + number - 1
        summaries.write_year(year)
        for target in targets:
            if target.years_stored >= number:
                for one in targets:
                    one.become_quiet()
                cost, report = target.load(year, range(1, 366))
                rows = report.years[0].new_rows
                costs.append(cost)
                print(f"year {number}: {rows} new rows, {told(cost)}", flush=True)
    per_row = median(one.wall_s for one in costs) / rows
    print(
        f"{len(summaries.stations)} new station-years, {rows} rows: {median_of(costs)}; "
        f"2 100 000 rows would take {2_100_000 * per_row:.1f} s",
        flush=True,
    )


def change_days(summaries: Summaries, targets: Sequence[Target], tries: int) -> None:
    """One changed day of every station, loaded by each database in turn; the first is a warm-up."""
    for target in targets:
        target.become_quiet()
    costs: dict[int, list[Cost]] = {one.years_stored: [] for one in targets}
    for number in range(tries + 1):
        day = CHANGED_DAY + number
        summaries.change_day(FIRST_YEAR, day)
        turn = number % len(targets)
        for target in (*targets[turn:], *targets[:turn]):
            cost, report = target.load(FIRST_YEAR, [day])
            assert report.years[0].changed_rows == 72 * len(summaries.stations), report
            if number:
                costs[target.years_stored].append(cost)
    first = costs[YEARS_STORED[0]]
    print(f"one changed day of {len(summaries.stations)} stations, medians of {tries}:")
    print("| years stored | s | CPU s | of that MySQL | s to 1 year | CPU to 1 year | all tries, s |")
    print("|---|---|---|---|---|---|---|")
    for years_stored, found in costs.items():
        walls, cpus = [one.wall_s for one in found], [one.cpu_s for one in found]
        print(
            f"| {years_stored} | {median(walls):.2f} | {median(cpus):.2f} "
            f"| {median(one.mysql_cpu_s for one in found):.2f} "
            f"| {median(walls) / median(one.wall_s for one in first):.2f} "
            f"| {median(cpus) / median(one.cpu_s for one in first):.2f} "
            f"| {' '.join(f'{one:.2f}' for one in walls)} |",
            flush=True,
        )


def told(cost: Cost) -> str:
    """One load, in words."""
    return (
        f"{cost.wall_s:.1f} s, CPU {cost.cpu_s:.1f} s (loader {cost.loader_cpu_s:.1f}, "
        f"MySQL {cost.mysql_cpu_s:.1f})"
    )


def median_of(costs: Sequence[Cost]) -> str:
    """The medians of some loads, in words."""
    parts = ("wall_s", "loader_cpu_s", "mysql_cpu_s")
    return told(Cost(*(median(getattr(one, name) for one in costs) for name in parts)))


def main() -> None:
    """Start the servers, fill the databases, change days."""
    tools = Tools.of(load_settings())
    if not (tools.mariadb.is_dir() and tools.java.is_file()):
        sys.exit(f"The servers are not set up in {tools.root}: run ./isotherm bench load_summaries.")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    arguments = [int(argument) for argument in sys.argv[1:]]
    station_count, tries = (*arguments, *(100, 7)[len(arguments) :])
    with started(station_count) as (summaries, targets):
        fill(summaries, targets)
        change_days(summaries, targets, tries)


if __name__ == "__main__":
    main()
