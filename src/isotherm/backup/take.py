"""Take a back-up of what stands in MySQL and HDFS, while others may write there."""

import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from isotherm.backup.database import GIVE, connected, dump_database
from isotherm.backup.hdfs_files import copy_out
from isotherm.backup.manifest import DATABASE, HDFS, STATE, FileSum, Manifest, Report, file_sum
from isotherm.errors import BackupError
from isotherm.files import PRIVATE_FILE, make_private_folder, write_whole
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import current_version
from isotherm.stores.station_models import promoted_versions, read_versions
from isotherm.stores.tables import forecast_model

# Else `up` would import again what is there.
STATE_FILES: Final = ("first_run.json",)
_TRIES: Final = 3


def back_up(settings: Settings, folder: Path, *, with_archive: bool, report: Report) -> Manifest:
    """Write a back-up; MySQL and HDFS must run, and may be written meanwhile.

    Args:
        settings: of the state folder.
        folder: new or empty; a back-up once its manifest is there.
        with_archive: also the raw files and tables of HDFS, which else are fetched and made again.
        report: told what is being done, often.

    Raises:
        BackupError: the folder holds something, or trainings came to their end all the time.
        StoreError: MySQL or HDFS did not give what they have.
    """
    require_empty(folder)
    make_private_folder(folder)
    try:
        return _write(settings, folder, with_archive=with_archive, report=report)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # it was empty: all in it is of this try
        raise


def _write(settings: Settings, folder: Path, *, with_archive: bool, report: Report) -> Manifest:
    with connected(settings, GIVE) as engine:
        for _ in range(_TRIES):
            manifest = _copy(settings, engine, folder, with_archive=with_archive, report=report)
            if manifest is not None:
                manifest.write(folder)
                return manifest
            report("the forecast's models were changed meanwhile: beginning again")
    raise BackupError(
        f"The forecast's models changed during each of {_TRIES} tries. Wait for the end of the "
        "training in Airflow (train_temperature_forecast) and try again."
    )


def require_empty(folder: Path) -> None:
    """See that a back-up may be written to a folder.

    Raises:
        BackupError: it holds something, or is none.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(
            f"{folder} is there already and not empty; each back-up has a folder of its own. Name a "
            "new one, as backups/$(date -u +%Y-%m-%dT%H%M), or delete this one."
        )


def _copy(
    settings: Settings, engine: sa.Engine, folder: Path, *, with_archive: bool, report: Report
) -> Manifest | None:
    """One try; None where rows and files of the models may be of two different moments."""
    created_at = datetime.now(UTC)
    before = _models(engine)
    with engine.connect() as connection:
        revision = current_version(connection)
    if revision is None:
        raise BackupError(f"{settings.state_dir} has no tables yet: there is nothing to back up.")
    (folder / DATABASE).unlink(missing_ok=True)
    shutil.rmtree(folder / HDFS, ignore_errors=True)
    tables = dump_database(settings, folder / DATABASE, report)
    files = copy_out(HdfsStore(settings), folder, with_archive=with_archive, report=report)
    if _models(engine) != before:
        return None
    report("summing up what was written")
    return Manifest(
        isotherm_version=version("isotherm"),
        created_at=created_at,
        archive=settings.archive,
        revision=revision,
        with_archive=with_archive,
        tables=tables,
        files=files | _copy_state(settings, folder) | {DATABASE: file_sum(folder / DATABASE)},
    )


def _models(engine: sa.Engine) -> tuple[list[str], dict[str, set[str]]]:
    """Which versions there are, and for which stations each is kept."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(forecast_model.name):
            return [], {}  # tables of before there were models: a back-up before an upgrade
        return [one.version for one in read_versions(connection)], promoted_versions(connection)


def _copy_state(settings: Settings, folder: Path) -> dict[str, FileSum]:
    found = {}
    for name in STATE_FILES:
        if (source := settings.state_dir / name).is_file():
            copy = folder / STATE / name
            write_whole(copy, source.read_bytes(), mode=PRIVATE_FILE)
            found[f"{STATE}/{name}"] = file_sum(copy)
    return found
