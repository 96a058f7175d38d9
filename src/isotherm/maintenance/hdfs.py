"""HDFS: old versions of raw files, old plans, files of writers that were killed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, select

from isotherm.ingest.plan import KEPT_FOR, PLAN_ROOT, old_plans
from isotherm.maintenance.removal import Removal
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, OBSERVATION_ROOT, RAW_ROOT
from isotherm.stores.hdfs_store import HdfsEntry, HdfsStore
from isotherm.stores.tables import source_file

VERSIONS_KEPT: Final = 2
# A download puts its file before it records it, and a job may be reading one: nothing of today goes.
_SETTLED_AFTER: Final = timedelta(days=1)
_VERSION: Final = re.compile(r"^(?P<stem>.+)\.[0-9a-f]{16}\.[^.]+\.gz$")


def clean_hdfs(engine: Engine, store: HdfsStore, *, dry_run: bool) -> list[Removal]:
    """Remove what no ledger names and nobody reads.

    Raises:
        StoreError: HDFS does not answer.
    """
    now = datetime.now(UTC)
    versions = list(_old_versions(engine, store, now))
    folders = [RAW_ROOT, OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT, PLAN_ROOT]
    left = [one for folder in folders for one in _left_by_writers(store, folder, now)]
    sizes = {one.name: one.size_bytes for one in store.entries(PLAN_ROOT)}
    plans = [(f"{PLAN_ROOT}/{name}", sizes.get(name, 0)) for name in old_plans(store)]
    return [
        _remove(store, "old versions of raw files", "the last two", versions, dry_run=dry_run),
        _remove(store, "files of killed writers on HDFS", "one day", left, dry_run=dry_run),
        _remove(store, "plans of imports", f"{KEPT_FOR.days} days", plans, dry_run=dry_run),
    ]


def _remove(
    store: HdfsStore, what: str, kept: str, files: Iterable[tuple[str, int]], *, dry_run: bool
) -> Removal:
    removed = freed = 0
    for path, size_bytes in files:
        if dry_run or store.delete(path):
            removed += 1
            freed += size_bytes
    return Removal(what, kept, removed, freed)


def _old_versions(engine: Engine, store: HdfsStore, now: datetime) -> Iterator[tuple[str, int]]:
    """The versions of each raw file but the ledger's and the newest beside it: a job may read that."""
    for dataset in store.list(RAW_ROOT):
        for year in store.list(f"{RAW_ROOT}/{dataset}"):
            folder = f"{RAW_ROOT}/{dataset}/{year}"
            versions: dict[str, list[HdfsEntry]] = defaultdict(list)
            for one in store.entries(folder):
                if match := _VERSION.match(one.name):
                    versions[match["stem"]].append(one)
            several = {stem: found for stem, found in versions.items() if len(found) > VERSIONS_KEPT}
            in_use = _in_use(engine, dataset, int(year)) if several else set()
            for found in several.values():
                # The ledger's first, then the newest.
                found.sort(key=lambda one: (f"{folder}/{one.name}" in in_use, one.modified_at))
                for one in found[:-VERSIONS_KEPT]:
                    if now - one.modified_at > _SETTLED_AFTER:
                        yield f"{folder}/{one.name}", one.size_bytes


def _in_use(engine: Engine, dataset: str, year: int) -> set[str]:
    table = source_file
    statement = select(table.c.hdfs_path).where(table.c.dataset == dataset, table.c.year == year)
    with engine.connect() as connection:
        return set(connection.scalars(statement))


def _left_by_writers(store: HdfsStore, root: str, now: datetime) -> Iterator[tuple[str, int]]:
    """Hidden files: a writer renames its own within minutes."""
    for one in store.entries(root):
        path = f"{root}/{one.name}"
        if one.is_folder:
            yield from _left_by_writers(store, path, now)
        elif one.name.startswith(".") and now - one.modified_at > _SETTLED_AFTER:
            yield path, one.size_bytes
