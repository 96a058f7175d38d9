"""The floor: the same parser and rules, both outputs, local files, no servers, no Spark.

    python benchmarks/peers/direct_polars.py RAW_DIRECTORY TARGET_DIRECTORY YEAR PASSES

Prints the CPU seconds of each pass, as JSON; what a pass leaves are the two tables as Parquet.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"  # as in the workers; read when Polars is imported

import polars as pl

from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import dataset_named
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.summarise import summarise


def run(raw: Path, target: Path, year: int) -> int:
    """One pass; returns the rows of both tables."""
    dataset = dataset_named("global-hourly")
    buckets: dict[int, list[Path]] = {}
    for path in sorted(raw.glob("*.csv.gz")):
        buckets.setdefault(bucket_of(path.name[:11]), []).append(path)
    rows = 0
    for bucket, paths in buckets.items():
        observations = pl.concat(
            [
                observations_of(
                    dataset,
                    path.read_bytes(),
                    station_id=path.name[:11],
                    year=year,
                    published_at=datetime(2025, 1, 1, tzinfo=UTC),
                ).observations
                for path in paths
            ]
        )
        summaries = summarise(observations, dataset.quality)
        for name, table in (("observations", observations), ("summaries", summaries)):
            table.write_parquet(target / f"{name}-{bucket:02d}.parquet", compression_level=1)
            rows += table.height
    return rows


def main() -> None:
    """Measure the passes."""
    raw, target, year, passes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    cpu_s, rows = [], 0
    for _ in range(passes):
        before = time.process_time()
        rows = run(raw, target, year)
        cpu_s.append(round(time.process_time() - before, 3))
    found = pl.scan_parquet(target / "summaries-*.parquet")
    sums = pl.sum("observation_count", "sum_tenths", "dew_point_sum_tenths")
    check = found.group_by("rule").agg(sums).sort("rule").collect().rows()
    print(json.dumps({"cpu_s": cpu_s, "rows": rows, "check": check}))


if __name__ == "__main__":
    main()
