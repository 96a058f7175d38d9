"""The tasks of `maintain_platform`, each whole by itself: any of them may be cleared alone."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from isotherm.ingest.report import log
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.maintenance.airflow_records import clean_airflow
from isotherm.maintenance.database import clean_mysql
from isotherm.maintenance.disk import sample_disk
from isotherm.maintenance.folders import clean_folders
from isotherm.maintenance.hdfs import clean_hdfs
from isotherm.maintenance.kafka import check_retention
from isotherm.maintenance.removal import Removal, write_removals
from isotherm.settings import load_settings

Removed = list[dict[str, Any]]


@in_workplace
def hdfs(place: Workplace, *, dry_run: bool) -> Removed:
    """Old versions, plans, files of killed writers."""
    return write_removals(clean_hdfs(place.engine, place.store, dry_run=dry_run), dry_run=dry_run)


@in_workplace
def mysql(place: Workplace, *, dry_run: bool) -> Removed:
    """Rows that are kept for a while only."""
    removals = clean_mysql(place.engine, load_settings(), dry_run=dry_run)
    return write_removals(removals, dry_run=dry_run)


def folders(*, runs_kept_days: int, dry_run: bool) -> Removed:
    """Downloads, feeds, checkpoints, logs of tasks."""
    removals = clean_folders(load_settings(), runs_kept_days=runs_kept_days, dry_run=dry_run)
    return write_removals(removals, dry_run=dry_run)


def kafka(*, dry_run: bool) -> Removed:
    """The topics' settings."""
    removals = check_retention(load_settings().kafka_bootstrap_servers, dry_run=dry_run)
    return write_removals(removals, dry_run=dry_run)


def airflow(*, address: str, running: Collection[str], runs_kept_days: int, dry_run: bool) -> Removed:
    """Records of old runs."""
    removals = clean_airflow(address, kept_days=runs_kept_days, exclude=running, dry_run=dry_run)
    return write_removals(removals, dry_run=dry_run)


@in_workplace
def report(
    place: Workplace, done: Mapping[str, Sequence[Mapping[str, Any]] | None], *, dry_run: bool
) -> str | None:
    """Measure the disk, and show in one table what all tasks removed.

    Args:
        place: the stores.
        done: what each task removed; None where it failed.
        dry_run: as the tasks were called.

    Returns:
        Which tasks failed and what to do; None where none did.
    """
    sample_disk(load_settings(), place.engine, place.store)
    removals = [Removal(**one) for some in done.values() for one in some or ()]
    write_removals(removals, dry_run=dry_run)
    failed = [name for name, some in done.items() if some is None]
    if failed:
        return f"{', '.join(failed)} failed: read its log, mend the cause and clear it."
    log.info("Everything was looked at.")
    return None
