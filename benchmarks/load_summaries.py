"""How fast does what changed get from HDFS into MySQL, roll-ups and global rows included?

    python benchmarks/load_summaries.py [stations] [passes]

Writes synthetic station-years (every hour, three rules, ids that start with ZB, years from 1871 that no
archive has) to the HDFS the settings name, marks them in the ledger of files, and loads them into the
MySQL the settings name, ten years one after the other. With 1, 3 and 10 years stored one day of every
station changes. Prints medians (of the first years, and of some days) and removes what it wrote.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from statistics import median

import polars as pl
import sqlalchemy as sa

from isotherm.ingest.load import Loader
from isotherm.ingest.load_report import LoadReport
from isotherm.quality import RULE_NAMES
from isotherm.settings import load_settings
from isotherm.statistics.catalogue import REASON_COUNTS
from isotherm.stores import tables
from isotherm.stores.bucket_tables import BucketTable, FileVersion, read_bucket, write_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine
from isotherm.stores.source_files import encode_days
from isotherm.summarise import SUMMARY_COLUMNS

DATASET = "global-hourly"
FIRST_YEAR = 1871
YEARS_STORED = (1, 3, 10)
CHANGED_DAY = 40
SHA256, MADE_BY = "b" * 64, "benchmark"
GLOBAL_TABLES = {
    "global_hourly_summary": "hour_start",
    "global_daily_summary": "day",
    "global_monthly_summary": "month",
    "global_yearly_summary": "year",
}


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
        **dict.fromkeys(REASON_COUNTS, pl.lit(0, pl.Int32)),
    ).select(SUMMARY_COLUMNS)


class Bench:
    """The stores, and the station-years this benchmark writes to them."""

    def __init__(self, station_count: int) -> None:
        settings = load_settings()
        self.engine = create_engine(settings, local_files=True)
        self.store = HdfsStore(settings)
        migrate(self.engine)
        self.loader = Loader(self.store, self.engine)
        self.stations = [f"ZB{number:09d}" for number in range(station_count)]
        self.years: set[int] = set()

    def write_year(self, year: int) -> None:
        """A year's buckets to HDFS, and every day of it marked as changed."""
        self.years.add(year)
        for bucket in {bucket_of(one) for one in self.stations}:
            own = [one for one in self.stations if bucket_of(one) == bucket]
            versions = {one: FileVersion(SHA256, MADE_BY) for one in own}
            table = BucketTable(synthetic_summaries(own, year), versions)
            write_bucket(self.store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket, table)
        self._mark(year, range(1, 366))

    def change_day(self, year: int, day: int) -> None:
        """Every hour of one day gets another sum, minimum and maximum."""
        hour = pl.col("hour_start").dt.ordinal_day() == day
        colder = {name: pl.col(name) - 1 for name in ("min_tenths", "max_tenths")}
        colder["sum_tenths"] = pl.col("sum_tenths") - pl.col("observation_count")
        for bucket in {bucket_of(one) for one in self.stations}:
            table = read_bucket(self.store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket)
            assert table is not None
            rows = table.rows.with_columns(
                pl.when(hour).then(value).otherwise(pl.col(name)).alias(name)
                for name, value in colder.items()
            )
            changed = BucketTable(rows, table.versions)
            write_bucket(self.store, HOURLY_SUMMARY_ROOT, DATASET, year, bucket, changed)
        self._mark(year, [day])

    def load(self) -> tuple[float, LoadReport]:
        """Seconds of one load."""
        began = time.perf_counter()
        report = self.loader.load_changes()
        return time.perf_counter() - began, report

    def remove(self) -> None:
        """Leave no trace in either store."""
        for year in self.years:
            for bucket in {bucket_of(one) for one in self.stations}:
                self.store.delete(bucket_path(HOURLY_SUMMARY_ROOT, DATASET, year, bucket))
        names = ("hourly_summary", "daily_summary", "monthly_summary", "yearly_summary", "source_file")
        with self.engine.begin() as connection:
            for table in (*names, "station"):
                connection.execute(sa.text(f"DELETE FROM {table} WHERE station_id LIKE 'ZB%'"))  # noqa: S608
            for table, period in GLOBAL_TABLES.items():
                last = max(self.years, default=FIRST_YEAR)
                end = last + 1 if period == "year" else date(last + 1, 1, 1)
                connection.execute(sa.text(f"DELETE FROM {table} WHERE {period} < :end"), {"end": end})  # noqa: S608
        self.years.clear()

    def _mark(self, year: int, days: object) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        file = tables.source_file
        with self.engine.begin() as connection:
            mine = file.c.station_id.in_(self.stations)
            connection.execute(sa.delete(file).where(file.c.year == year, mine))
            connection.execute(
                sa.insert(file),
                [
                    {
                        "dataset": DATASET,
                        "year": year,
                        "station_id": one,
                        "bucket": bucket_of(one),
                        "sha256": SHA256,
                        "summarised_sha256": SHA256,
                        "made_by": MADE_BY,
                        "size_bytes": 0,
                        "published_at": now,
                        "downloaded_at": now,
                        "hdfs_path": "",
                        "is_pending": 0,
                        "has_changes": 1,
                        "changed_days": encode_days(days),
                    }
                    for one in self.stations
                ],
            )


@contextmanager
def cleaned(bench: Bench) -> Iterator[None]:
    """Remove what the benchmark wrote, however it ends."""
    try:
        yield
    finally:
        bench.remove()


def measure_day(bench: Bench, stored: int, passes: int) -> float:
    """One changed day of every station, a few times; prints and returns the median."""
    seconds, rows = [], 0
    for n in range(passes):
        bench.change_day(FIRST_YEAR, CHANGED_DAY + n)
        taken, report = bench.load()
        seconds.append(taken)
        rows = report.years[0].changed_rows
    print(
        f"one changed day of {len(bench.stations)} stations, {stored:2} years stored: "
        f"{median(seconds):5.2f} s, {rows} rows  {[round(one, 2) for one in seconds]}",
        flush=True,
    )
    return median(seconds)


def main(station_count: int, passes: int) -> None:
    """Load year after year, and one changed day at 1, 3 and 10 years stored."""
    bench = Bench(station_count)
    new: list[float] = []
    days: list[float] = []
    with cleaned(bench):
        for stored in range(1, max(YEARS_STORED) + 1):
            bench.write_year(FIRST_YEAR + stored - 1)
            taken, report = bench.load()
            rows = report.years[0].new_rows
            print(f"year {stored}: {rows} new rows in {taken:.1f} s", flush=True)
            new.append(taken)
            if stored in YEARS_STORED:
                days.append(measure_day(bench, stored, passes))
    first = median(new[:passes])
    print(
        f"{station_count} new station-years, {rows} rows: {first:.1f} s, {rows / first:.0f} rows/s\n"
        f"one changed day against that with 1 year stored: {[round(one / days[0], 2) for one in days]}"
    )


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*(arguments + [100, 3][len(arguments) :]))
