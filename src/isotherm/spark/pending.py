"""What Spark has to do, asked without starting Spark: most runs have nothing.

Files are pending because the download brought a version, and here because other code must read them
again, because rows from the future have arrived, or because their tables on HDFS are gone.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.registry import DATASETS
from isotherm.stores import source_files
from isotherm.stores.hdfs_layout import (
    HOURLY_SUMMARY_ROOT,
    OBSERVATION_ROOT,
    bucket_name,
    year_folder,
)
from isotherm.stores.hdfs_store import HdfsStore

log = structlog.get_logger("isotherm.batch")

_TABLES: Final = (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT)
# Where the versions before buckets kept a station-year.
_OLD_STATION: Final = re.compile(r"^station_id=[0-9A-Z]{11}$")
_OLD_RULE: Final = re.compile(r"^rule=\w+$")


def prepare_work(
    connection: Connection, store: HdfsStore, datasets: Sequence[Dataset] = DATASETS
) -> bool:
    """Mark what must be read again, and say whether any file is pending.

    Args:
        connection: in a transaction, which the caller commits.
        store: HDFS.
        datasets: as this installation reads them.

    Raises:
        StoreError: HDFS did not answer.
    """
    outdated = source_files.mark_outdated(connection, datasets)
    if outdated:
        log.info(f"{outdated} files were read by other code and are read again")
    due = source_files.mark_due(connection, datetime.now(UTC))
    if due:
        log.info(f"{due} files have rows that were in the future when they were read")
    if failed := source_files.read_failed(connection, datasets):
        log.warning(f"{len(failed)} files could not be read, the first is {failed[0].failure}")
    _delete_old_rules(store)
    for dataset in datasets:
        _mark_missing(connection, store, dataset)
    is_pending = source_files.has_pending(connection)
    if not is_pending:
        log.info("Nothing to make anew: the tables on HDFS are made from every file's newest version")
    return is_pending


def _mark_missing(connection: Connection, store: HdfsStore, dataset: Dataset) -> None:
    """Make the files of buckets pending that a table on HDFS does not have any more."""
    for year, expected in sorted(source_files.read_buckets(connection, dataset.name).items()):
        missing: set[int] = set()
        for root in _TABLES:
            folder = year_folder(root, dataset.name, year)
            names = store.list(folder)
            _delete_old_stations(store, folder, names)
            there = set(names)
            gone = {bucket for bucket in expected if bucket_name(bucket) not in there}
            if gone:
                log.warning(f"{folder} on HDFS has lost {len(gone)} of {len(expected)} files")
            missing |= gone
        if missing:
            marked = source_files.mark_buckets(connection, dataset.name, year, missing)
            log.warning(f"{marked} files of {dataset.name} {year} are read again to make them anew")


def _delete_old_stations(store: HdfsStore, folder: str, names: Iterable[str]) -> None:
    old = [name for name in names if _OLD_STATION.match(name)]
    for name in old:
        store.delete(f"{folder}/{name}")
    if old:
        log.info(f"{len(old)} folders of an older layout deleted from {folder}")


def _delete_old_rules(store: HdfsStore) -> None:
    for name in store.list(HOURLY_SUMMARY_ROOT):
        if _OLD_RULE.match(name):
            store.delete(f"{HOURLY_SUMMARY_ROOT}/{name}")
            log.info(f"{HOURLY_SUMMARY_ROOT}/{name}, of an older layout, deleted from HDFS")
