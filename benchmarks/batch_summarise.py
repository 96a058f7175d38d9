"""What do three selection rules cost in batch, against one rule and against a plain aggregate?

    python benchmarks/batch_summarise.py [STATIONS] [PASSES]

Simulated station-years of 2014 as slim Parquet, summarised into a sink that throws away. Prints CPU
seconds of this process and its JVM, the best pass after a first one that warms the JVM, and ratios.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.datasets.schema import to_arrow
from isotherm.datasets.simulated.station_years import published_on, simulate_station_year
from isotherm.quality import RULES
from isotherm.settings import Settings
from isotherm.spark import summarise
from isotherm.spark.session import stream_session

YEAR = 2014


def write_observations(folder: Path, stations: int) -> int:
    """Parquet of simulated station-years; returns their rows."""
    rows = 0
    for number in range(1, stations + 1):
        name = f"ZZ{number:04d}99999"
        content = simulate_station_year(name, YEAR)
        if content is None:
            continue
        parsed = parse_observations(content, published_at=published_on(YEAR), source_file=name)
        rows += parsed.observations.height
        pq.write_table(to_arrow(parsed.observations), folder / f"{name}.parquet", compression="zstd")
    return rows


def plain_aggregate(observations: DataFrame) -> DataFrame:
    """The floor: what it would cost if there were no repeats, corrections, rules or reasons."""
    tenths = F.col("air_temperature_tenths")
    return observations.groupBy("station_id", "dataset", F.window("observed_at", "1 hour")).agg(
        F.count(tenths), F.min(tenths), F.max(tenths), F.sum(tenths)
    )


def with_rules(*names: str) -> Callable[[DataFrame], DataFrame]:
    """summarise_hours reduced to some of the rules."""

    def run(observations: DataFrame) -> DataFrame:
        summarise.RULES = tuple(rule for rule in RULES if rule.name in names)
        try:
            return summarise.summarise_hours(observations)
        finally:
            summarise.RULES = RULES

    return run


CANDIDATES = {
    "plain count, min, max, sum": plain_aggregate,
    "one rule: unfiltered": with_rules("unfiltered"),
    "one rule: qc": with_rules("qc"),
    "one rule: routine": with_rules("routine"),
    "three rules": with_rules(*(rule.name for rule in RULES)),
}


def cpu_seconds() -> float:
    """CPU of this process and all below it, so far."""
    here = psutil.Process()
    times = [one.cpu_times() for one in (here, *here.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def measure(frame: DataFrame) -> tuple[float, float]:
    """CPU and wall seconds of computing every column of every row."""
    before, started_at = cpu_seconds(), time.perf_counter()
    frame.write.format("noop").mode("overwrite").save()
    return cpu_seconds() - before, time.perf_counter() - started_at


def main() -> None:
    """Measure every candidate and print a line each."""
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    passes = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory() as name:
        rows = write_observations(Path(name), stations)
        spark = stream_session(Settings(archive="simulated"), "isotherm-benchmark")
        observations = spark.read.parquet(name)
        # Interleaved, so that a warmer JVM favours nobody.
        runs = [
            {label: measure(run(observations)) for label, run in CANDIDATES.items()}
            for _ in range(passes)
        ]
        spark.stop()
    print(f"{rows:,} rows, {stations} station-years, best of {passes - 1} warm passes")
    floor = min(one["plain count, min, max, sum"][0] for one in runs[1:])
    for label in CANDIDATES:
        cpu, wall = min(one[label] for one in runs[1:])
        print(
            f"{label:<28} {cpu:6.1f} CPU s {wall:6.1f} s {rows / cpu:>10,.0f} rows/CPU-s "
            f"{cpu / floor:5.1f} x plain   (first pass {runs[0][label][0]:.1f} CPU s)"
        )


if __name__ == "__main__":
    main()
