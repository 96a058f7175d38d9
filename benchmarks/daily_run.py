"""What does a daily run cost late in the year: nothing changed, every station's file changed?

    python benchmarks/daily_run.py [STATIONS ...]

GHCNh files (Parquet, hourly with dew point, pressure and wind, from 1 January to two days ago) of so
many stations in a directory archive, through `./isotherm up` and Airflow: `ingest_observations`
triggered with an empty form, which asks for what a scheduled run asks for. Prints the seconds from a
run's start to its end as Airflow has them, the line through the sizes, and what it says of 1 000
stations. ISOTHERM_PORT_BASE (default here 27000) moves the product's ports.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import linear_regression, median

import polars as pl

from isotherm.local.airflow_client import AirflowClient
from isotherm.settings import REPOSITORY_ROOT

sys.path.insert(0, str(REPOSITORY_ROOT / "tests"))
from ghcnh_rows import parquet_file, row
from publication_history import ACCESS

DAG = "ingest_observations"
SIZES = (100, 300)
UNCHANGED_RUNS, CHANGED_RUNS = 3, 2
WANTED = 1_000
FIRST_VISIT = 3
NEWEST = datetime.now(UTC).replace(minute=51, second=0, microsecond=0) - timedelta(days=2)


def template(until: datetime) -> pl.DataFrame:
    """A station-year of hourly reports."""
    first = datetime(until.year, 1, 1, 0, 51, tzinfo=UTC)
    hours = int((until - first).total_seconds() // 3600) + 1
    moments = [first + timedelta(hours=number) for number in range(hours)]
    rows = [
        row(
            DATE=f"{moment:%Y-%m-%dT%H:%M:%S}",
            temperature=f"{10 + (moment.hour - 12) / 4 + number % 240 / 40:.1f}",
        )
        for number, moment in enumerate(moments)
    ]
    return pl.read_parquet(io.BytesIO(parquet_file(*rows)))


def station_ids(number: int) -> list[str]:
    """Made-up ids of GHCNh's form."""
    return [f"ZZI{one:08d}" for one in range(1, number + 1)]


def publish(archive: Path, ids: list[str], until: datetime) -> float:
    """Write every station's file up to an hour; returns their megabytes."""
    year_rows = template(until)
    folder = archive / ACCESS / str(until.year) / "parquet"
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for number, station_id in enumerate(ids):
        own = year_rows.with_columns(
            pl.lit(station_id).alias("STATION"), pl.col("temperature") + number % 30 / 10
        )
        path = folder / f"GHCNh_{station_id}_{until.year}.parquet"
        own.write_parquet(path)
        size += path.stat().st_size
    return size / 1e6


class Product:
    """A product of its own, on a state folder and ports of its own."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self._environment = {
            **os.environ,
            "ISOTHERM_STATE_DIR": str(folder),
            "ISOTHERM_PORT_BASE": os.environ.get("ISOTHERM_PORT_BASE", "27000"),
            "ISOTHERM_ARCHIVE": str(archive),
        }
        self._folder = folder
        self.port_base = int(self._environment["ISOTHERM_PORT_BASE"])
        self.airflow: AirflowClient | None = None

    def isotherm(self, *arguments: str) -> None:
        """One command of ours."""
        command = [str(REPOSITORY_ROOT / "isotherm"), *arguments]
        subprocess.run(command, env=self._environment, check=True)

    def up(self) -> None:
        """Start, and do the first run on what the archive has by then."""
        self.isotherm("up", "--detach")
        passwords = json.loads((self._folder / "secrets" / "airflow_passwords.json").read_text())
        address = f"http://127.0.0.1:{self.port_base + 1}"
        self.airflow = AirflowClient(address, "admin", passwords["admin"])

    def run(self, **form: object) -> float:
        """One run of the daily DAG; returns its seconds."""
        assert self.airflow is not None
        run_id = self.airflow.trigger(DAG, form)
        self.airflow.wait_for_run(DAG, run_id)
        run = self.airflow.get(f"/api/v2/dags/{DAG}/dagRuns/{run_id}")
        start, end = (datetime.fromisoformat(run[name]) for name in ("start_date", "end_date"))
        for task in self.airflow.tasks(DAG, run_id):
            print(f"    {task.label:<24} {task.state}", flush=True)
        return (end - start).total_seconds()


def measure(product: Product, archive: Path, number: int, hour: int) -> tuple[float, float, int]:
    """Bring the archive and the product to a size; returns seconds unchanged, changed, hours used."""
    ids = station_ids(number)
    until = NEWEST + timedelta(hours=hour)
    size_mb = publish(archive, ids, until)
    first_s = product.run(day=f"{until:%Y-%m-%d}", station_count=number)
    print(f"{number} stations, {size_mb:.0f} MB: taken in {first_s:.0f} s", flush=True)
    unchanged = [product.run() for _ in range(UNCHANGED_RUNS)]
    changed = []
    for more in range(1, CHANGED_RUNS + 1):
        publish(archive, ids, until + timedelta(hours=more))
        changed.append(product.run())
    print(f"{number} stations: unchanged {unchanged}, all changed {changed}", flush=True)
    return median(unchanged), median(changed), hour + CHANGED_RUNS


def main() -> None:
    """All sizes, then the line through them."""
    sizes = sorted({int(one) for one in sys.argv[1:]} or set(SIZES))
    with tempfile.TemporaryDirectory(prefix="isotherm-daily-") as folder:
        root = Path(folder)
        archive = root / "archive"
        publish(archive, station_ids(FIRST_VISIT), NEWEST)
        product = Product(root / "state", archive)
        found = []
        hour = 1
        try:
            product.up()
            for number in sizes:
                unchanged_s, changed_s, hour = measure(product, archive, number, hour)
                found.append((number, unchanged_s, changed_s))
        finally:
            product.isotherm("down")
    print("| stations | nothing changed, s | every file changed, s |\n|---|---|---|")
    for number, unchanged_s, changed_s in found:
        print(f"| {number} | {unchanged_s:.1f} | {changed_s:.1f} |")
    if len(found) > 1:
        numbers = [float(one[0]) for one in found]
        lines = [linear_regression(numbers, [one[column] for one in found]) for column in (1, 2)]
        said = " | ".join(f"{line.intercept + line.slope * WANTED:.0f}" for line in lines)
        print(f"| {WANTED}, by the line through them | {said} |")


if __name__ == "__main__":
    started_at = time.monotonic()
    main()
    print(f"{time.monotonic() - started_at:.0f} s in all")
