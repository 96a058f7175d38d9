"""How long does a training of the forecast take, from the tables on HDFS to the models there?

    ./isotherm bench train [STATIONS] [YEARS]

Made-up stations with an hour's report each, on an HDFS of its own: the hours of all, then near and far
leads, the choice of neighbours and the back-test of each. A first pass over a few of them starts the
workers and is not counted; then the median is told of up to three, as many as begin within a minute and
a half. Beside it pyspark.ml's StandardScaler and LinearRegression on the same
features of one station, near leads, fitted once, and our fit of the same rows.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pyspark import SparkContext
from pyspark.sql import SparkSession

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.forecast.hours import DAY
from isotherm.forecast.model import Variant
from isotherm.forecast.origins import own_origins
from isotherm.forecast.ridge import fit
from isotherm.forecast.sums import NormalSums
from isotherm.forecast.targets import NEAR_LEADS_H
from isotherm.ingest.workplace import Workplace, open_workplace
from isotherm.spark.session import batch_context
from isotherm.spark.training import TrainingJob, TrainingPlan, read_places
from isotherm.stores.training_files import TrainingFiles, require
from servers.hdfs_fixture import Hdfs
from servers.spark_ml_ridge import spark_ml_ridge
from servers.training_data import put_year, register, summaries
from unit.forecast.made_up_hours import disturbance

LAST_YEAR = 2024
YEAR_H = 365 * DAY
MANY = 10_000
WARM_UP_STATIONS = 4
MAX_PASSES = 3
LAST_PASS_BEGINS_S = 90


def main() -> None:
    """Fill, train, compare."""
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    servers = Hdfs(waits_for_disk=True)
    try:
        for server in (servers.namenode, servers.datanode, servers.mysql):
            servers.start(server)
        with open_workplace(servers.settings) as place:
            began = time.perf_counter()
            ids = fill(place, stations, years)
            print(
                f"Made up {stations} stations of {years} years in {time.perf_counter() - began:.0f} s"
            )
            with batch_context(servers.settings, "isotherm-bench-train") as context:
                train(context, servers, place, "20260101T000000", ids[:WARM_UP_STATIONS])
                walls_s: list[float] = []
                while len(walls_s) < MAX_PASSES and sum(walls_s) < LAST_PASS_BEGINS_S:
                    version = f"2026010{2 + len(walls_s)}T000000"
                    walls_s.append(train(context, servers, place, version, ids))
                compare(context, place, ids[0], version)
        wall_s = statistics.median(walls_s)
        print(
            f"\n{stations} stations x {years} years, median of {len(walls_s)}: {wall_s:.1f} s"
            + (" (goal: 60)" if (stations, years) == (100, 3) else "")
            + f"; {MANY:,} stations worked out: {wall_s * MANY / stations / 60:.0f} minutes"
        )
    finally:
        servers.dispose()


def fill(place: Workplace, stations: int, years: int) -> list[str]:
    """A row of stations, each with the weather of those west of it some hours later; their ids."""
    hours = years * YEAR_H
    weather = disturbance(hours + 400, 1)
    hour = np.arange(hours)
    usual = 10 + 5 * np.cos(2 * np.pi * hour / DAY) - 8 * np.cos(2 * np.pi * hour / 8766)
    ids = [f"{700000 + number}99999" for number in range(stations)]
    values_c = []
    for number in range(stations):
        late = 3 * number % 390
        values_c.append(
            usual + 0.8 * weather[400 - late :][:hours] + disturbance(hours, 2 + number) / 3
        )
    years_made = range(LAST_YEAR - years + 1, LAST_YEAR + 1)
    for place_of_year, year in enumerate(years_made):
        part = slice(place_of_year * YEAR_H, (place_of_year + 1) * YEAR_H)
        first = datetime(year, 1, 1, tzinfo=UTC)
        made = zip(ids, values_c, strict=True)
        put_year(
            place.store, year, {one: summaries(one, all_c[part], first=first) for one, all_c in made}
        )
    positions = {one: (35.0 + number % 10, -120.0 + 0.5 * number) for number, one in enumerate(ids)}
    register(place.engine, positions, years_made)
    return ids


def train(
    context: SparkContext, servers: Hdfs, place: Workplace, version: str, ids: Sequence[str]
) -> float:
    """Wall seconds of one training."""
    plan = TrainingPlan(version, "bench", tuple(ids), None, 50, trains=True)
    files = TrainingFiles(place.store, version)
    began = time.perf_counter()
    files.write_plan({name: getattr(plan, name) for name in plan.__slots__})
    with place.engine.connect() as connection:
        places = read_places(connection, (GLOBAL_HOURLY,), plan)
    found = TrainingJob(context, servers.settings, plan).run(places, {})
    wall_s = time.perf_counter() - began
    print(f"{version}: {found[1]} of {found[0]} places trained in {wall_s:.1f} s", flush=True)
    return wall_s


def compare(context: SparkContext, place: Workplace, station_id: str, version: str) -> None:
    """Ours and pyspark.ml's fit of the near leads of one station."""
    hours = require(TrainingFiles(place.store, version).read_hours(station_id), station_id)
    columns, origins = own_origins(hours, NEAR_LEADS_H)
    whole = origins.can_use_rows & ~np.isnan(origins.targets).any(axis=1)
    rows, targets = origins.rows[whole], origins.targets[whole]
    variant = Variant(uses_year=True)
    used = columns.of_groups(variant.groups)
    used = used[rows[:, used].std(axis=0) > 1e-6]
    began = time.perf_counter()
    ours = fit(NormalSums.of(rows, targets), used, variant.alpha)
    ours_s = time.perf_counter() - began
    spark = SparkSession(context)
    began = time.perf_counter()
    weights, constants = spark_ml_ridge(spark, rows[:, used], targets, variant.alpha)
    its_s = time.perf_counter() - began
    change = ours.predict(rows, origins.hour[whole])
    apart = np.abs(rows[:, used] @ weights + constants - change).max()
    print(
        f"One station, {len(rows)} rows, {len(used)} columns, 24 leads: ours {ours_s:.2f} s, "
        f"pyspark.ml {its_s:.1f} s, farthest apart {apart:.0e} C (goal: 1e-6)"
    )


if __name__ == "__main__":
    main()
