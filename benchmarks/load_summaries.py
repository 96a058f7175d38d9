"""How fast do hourly summaries get into MySQL, roll-ups and global rows included?

    python benchmarks/load_summaries.py [stations] [years]

Loads a synthetic archive of whole station-years (three rules each) into the database the settings
name, under ids that start with ZB; loads it again; changes one day; then removes it. Prints rows per
second of each and their ratio to the first load of one station.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

import polars as pl

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES
from isotherm.settings import load_settings
from isotherm.stores.load_summaries import LoadResult, load_summaries
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine

DATASET = "global-hourly"


def synthetic_summaries(station_ids: list[str], year: int) -> pl.DataFrame:
    """Every hour of a year under every rule, values from the row's number."""
    hours = pl.datetime_range(
        datetime(year, 1, 1, tzinfo=UTC),
        datetime(year + 1, 1, 1, tzinfo=UTC),
        "1h",
        closed="left",
        eager=True,
    )
    keys = (
        pl.DataFrame({"station_id": station_ids})
        .join(pl.DataFrame({"rule": list(RULE_NAMES)}), how="cross")
        .join(hours.to_frame("hour_start"), how="cross")
        .with_row_index("n")
    )
    return keys.with_columns(
        pl.col("hour_start").dt.cast_time_unit("us"),
        (1 + pl.col("n") % 3).cast(pl.Int64).alias("observation_count"),
        (pl.col("n").cast(pl.Int64) % 400 - 200).alias("min_tenths"),
        (pl.col("n").cast(pl.Int64) % 400 - 180).alias("max_tenths"),
        (pl.col("n").cast(pl.Int64) % 400 * 2 - 390).alias("sum_tenths"),
        *(pl.lit(0, pl.Int64).alias(name) for name in REASON_COUNTS),
    ).drop("n")


def main(station_count: int, year_count: int) -> None:
    """Load, load again, change a day, remove; one line each."""
    engine = create_engine(load_settings())
    migrate(engine)
    stations = [f"ZB{number:09d}" for number in range(station_count)]
    first, end = datetime(1999, 1, 1, tzinfo=UTC), datetime(1999 + year_count, 1, 1, tzinfo=UTC)
    baseline = 0.0

    def run(
        label: str, rows: pl.DataFrame, station_ids: list[str], start: datetime, stop: datetime
    ) -> None:
        nonlocal baseline
        began = time.perf_counter()
        result: LoadResult = load_summaries(
            engine, rows, dataset=DATASET, station_ids=station_ids, first_hour=start, end_hour=stop
        )
        seconds = time.perf_counter() - began
        rate = max(rows.height, result.deleted) / seconds
        baseline = baseline or rate
        print(f"{label:28} {seconds:7.2f} s {rate:9.0f} rows/s  x{rate / baseline:.2f}  {result}")

    one = synthetic_summaries(stations[:1], 1999)
    run("one station-year", one, stations[:1], first, datetime(2000, 1, 1, tzinfo=UTC))
    run("the same again", one, stations[:1], first, datetime(2000, 1, 1, tzinfo=UTC))
    all_rows = pl.concat(synthetic_summaries(stations, 1999 + n) for n in range(year_count))
    run(f"{station_count} stations, {year_count} years", all_rows, stations, first, end)
    run("the same again", all_rows, stations, first, end)
    day = all_rows.filter(pl.col("hour_start") < first + timedelta(days=1)).with_columns(
        pl.col("sum_tenths") + 1
    )
    run("one day, every hour changed", day, stations, first, first + timedelta(days=1))
    run("everything removed", all_rows.clear(), stations, first, end)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*(arguments + [20, 1][len(arguments) :]))
