"""What does one changed station cost, in a bucket of 3, 30 and 300 stations?

    python benchmarks/changed_station.py [STATIONS ...]

A bucket of simulated station-years of 2024 on an HDFS of its own; then one of them comes again with its
last row gone. Prints CPU and wall seconds of that one task, the size of the two files that are
written anew, and the memory of the process.
"""

import hashlib
import os
import resource
import sys
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"  # as in the workers; read when Polars is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from isotherm.datasets.simulated.station_years import simulate_station_year
from isotherm.spark.bucket_work import BucketTask, do_bucket
from isotherm.stores.hdfs_layout import (
    HOURLY_SUMMARY_ROOT,
    OBSERVATION_ROOT,
    bucket_of,
    bucket_path,
    raw_path,
)
from isotherm.stores.hdfs_store import HdfsAddress, HdfsStore
from isotherm.stores.raw_files import RawFile
from servers.hdfs_fixture import Hdfs

DATASET, YEAR, BUCKET, CODE = "global-hourly", 2024, 7, "benchmark"
PUBLISHED = datetime(2025, 1, 1, tzinfo=UTC)


def station_ids(number: int) -> list[str]:
    """Stations of one bucket, the first ones there are."""
    found: list[str] = []
    for one in count(1):
        name = f"ZZ{one:04d}99999" if one < 10_000 else f"ZZ{one:09d}"
        if bucket_of(name) == BUCKET:
            found.append(name)
        if len(found) == number:
            return found
    raise AssertionError


def put(store: HdfsStore, station_id: str, content: bytes) -> RawFile:
    """One version of a file."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = raw_path(DATASET, YEAR, f"{station_id}.csv", sha256)
    store.write(path, content)
    return RawFile(DATASET, YEAR, station_id, BUCKET, sha256, path, PUBLISHED)


def measure(store: HdfsStore, address: HdfsAddress, number: int) -> None:
    """Fill the bucket, change one station, print a row."""
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        store.delete(root)
    template_id = "ZZ000199999"
    template = simulate_station_year(template_id, YEAR) or b""
    ids = station_ids(number)

    def content_of(station_id: str) -> bytes:
        return template.replace(template_id.encode(), station_id.encode())

    files = tuple(put(store, one, content_of(one)) for one in ids)
    first = do_bucket(BucketTask(address, DATASET, YEAR, BUCKET, CODE, files))
    assert first.failure is None, first.failure
    changed = content_of(ids[0]).rstrip(b"\n").rsplit(b"\n", 1)[0] + b"\n"
    before, started_at = time.process_time(), time.monotonic()
    again = do_bucket(BucketTask(address, DATASET, YEAR, BUCKET, CODE, (put(store, ids[0], changed),)))
    cpu_s, wall_s = time.process_time() - before, time.monotonic() - started_at
    assert again.failure is None, again.failure
    sizes = [
        len(store.read(bucket_path(root, DATASET, YEAR, BUCKET)))
        for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT)
    ]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = sum(content.row_count for _, content in first.contents)
    written_mb = sum(sizes) / 1e6
    row = [
        number,
        f"{rows:,}",
        f"{cpu_s:.2f}",
        f"{wall_s:.2f}",
        f"{written_mb:.1f}",
        f"{memory_mb:.0f}",
    ]
    print(f"| {' | '.join(map(str, row))} |", flush=True)


def main() -> None:
    """A row for each size."""
    servers = Hdfs(waits_for_disk=True)
    try:
        servers.start(servers.namenode)
        servers.start(servers.datanode)
        address = HdfsAddress(servers.settings.hdfs_url, servers.settings.hdfs_user)
        print(
            "| stations | observations | CPU s | s | MB written | peak MB, the first filling included |"
        )
        print("|---|---|---|---|---|---|")
        for number in [int(one) for one in sys.argv[1:]] or [3, 30, 300]:
            measure(HdfsStore(address), address, number)
    finally:
        servers.dispose()


if __name__ == "__main__":
    main()
