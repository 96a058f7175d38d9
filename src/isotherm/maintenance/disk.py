"""What every store takes of the disk now."""

import shutil
from typing import Final

from sqlalchemy import Engine, text

from isotherm.ingest.report import log, write_table
from isotherm.maintenance.folders import size_of
from isotherm.maintenance.removal import size_text
from isotherm.settings import Settings
from isotherm.stores.disk_samples import WARN_BELOW_DAYS, DiskForecast, read_forecast, write_sample
from isotherm.stores.hdfs_store import HdfsStore

# Of the local servers; in containers, or with servers elsewhere, they are not there.
_FOLDERS: Final = {
    "hdfs": "hdfs",
    "mysql": "mysql",
    "kafka": "kafka",
    "postgres": "postgres",
    "airflow-logs": "airflow/logs",
    "logs": "logs",
    "checkpoints": "checkpoints",
}
_MYSQL_BYTES: Final = text(
    "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables "
    "WHERE table_schema = DATABASE()"
)


def sample_disk(settings: Settings, engine: Engine, store: HdfsStore) -> DiskForecast:
    """Measure every store, keep it, and show what follows.

    Raises:
        StoreError: HDFS does not answer.
    """
    sizes = measure(settings, engine, store)
    with engine.begin() as connection:
        write_sample(connection, sizes, shutil.disk_usage(settings.state_dir).free)
        forecast = read_forecast(connection)
    if forecast is None:
        raise AssertionError("a sample was just written")
    show(forecast)
    return forecast


def measure(settings: Settings, engine: Engine, store: HdfsStore) -> dict[str, int]:
    """Bytes of each store that can be measured from here."""
    folders = {name: settings.state_dir / path for name, path in _FOLDERS.items()}
    sizes = {name: size_of(folder) for name, folder in folders.items() if folder.is_dir()}
    if "hdfs" not in sizes:
        sizes["hdfs"] = store.used_bytes()
    if "mysql" not in sizes:
        with engine.connect() as connection:
            sizes["mysql"] = int(connection.scalar(_MYSQL_BYTES) or 0)
    return sizes


def show(forecast: DiskForecast) -> None:
    """Write the forecast as a table, and warn where the disk is full soon."""
    growth = forecast.growth_bytes_per_day
    rows = [
        (store, size_text(size), size_text(growth.get(store)))
        for store, size in forecast.size_bytes.items()
    ]
    write_table(
        "Disk",
        ("store", "now", "growth per day"),
        [*rows, ("free", size_text(forecast.free_bytes), "")],
    )
    days = forecast.days_until_full
    if not growth:
        log.info("Growth is known once there is a sample of another day.")
    elif days is None:
        log.info("The stores do not grow.")
    elif forecast.is_warning:
        log.warning(
            f"The disk is full in {days} days (less than {WARN_BELOW_DAYS}): free space, import less, "
            "or move the state folder."
        )
    else:
        log.info(f"The disk is full in {days} days.")
