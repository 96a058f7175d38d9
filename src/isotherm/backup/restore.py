"""Restore a back-up into a database and an HDFS that are empty, and prove that all is there.

A mark in the state folder is set first and removed last. Where it is, nothing is started but the same
restore again, which begins anew: what a killed one left is no part of anything.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from isotherm.backup.database import TAKE, connected, load_database, sum_tables
from isotherm.backup.hdfs_files import copy_in
from isotherm.backup.manifest import DATABASE, STATE, Manifest, Report, TableSum
from isotherm.backup.take import STATE_FILES
from isotherm.errors import BackupError
from isotherm.files import write_whole
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import MIGRATIONS, migrate

_NAMED: Final = 10


def check_back_up(folder: Path, report: Report) -> Manifest:
    """See that a back-up is whole, undamaged, and of a version that is known here.

    Raises:
        BackupError: it is not.
    """
    manifest = Manifest.read(folder)
    if manifest.revision not in _known_revisions():
        raise BackupError(
            f"The back-up {folder} was made by Isotherm {manifest.isotherm_version} with revision "
            f"{manifest.revision} of the tables, which is newer than this version ({_head()}). Restore "
            "it with that version or a later one."
        )
    manifest.verify(folder, report)
    return manifest


def restore(
    settings: Settings, folder: Path, manifest: Manifest, report: Report, *, resumes: bool
) -> None:
    """Bring everything back, compare it, and bring the tables up to this version.

    Args:
        settings: of MySQL and HDFS that run, and have nothing of ours.
        folder: the back-up.
        manifest: its own, checked.
        report: told what is being done, often.
        resumes: whether what lies there was left by an interrupted restore.

    Raises:
        BackupError: something is there already, or what was restored is not what was backed up.
        StoreError: MySQL or HDFS did not take it.
    """
    with connected(settings, TAKE) as engine:
        _empty_database(engine, may_delete=resumes)
        load_database(settings, folder / DATABASE, report)
        copy_in(HdfsStore(settings), folder, manifest, report)
        require_equal(manifest.tables, sum_tables(settings, report))
        report("bringing the tables up to this version")
        migrate(engine)
    for name in STATE_FILES:
        if f"{STATE}/{name}" in manifest.files:
            write_whole(settings.state_dir / name, (folder / STATE / name).read_bytes())


def require_equal(wanted: dict[str, TableSum], found: dict[str, TableSum]) -> None:
    """See that the tables hold what was backed up.

    Raises:
        BackupError: some do not; the message names them with both counts of rows.
    """
    differing = [
        f"{name} ({_words(wanted.get(name))} backed up, {_words(found.get(name))} restored)"
        for name in sorted({*wanted, *found})
        if wanted.get(name) != found.get(name)
    ]
    if differing:
        raise BackupError(
            f"What was restored is not what was backed up: {', '.join(differing[:_NAMED])}. Look at "
            "`./isotherm logs mysql`, then restore again."
        )


def _words(one: TableSum | None) -> str:
    return "no table" if one is None else f"{one.row_count} rows, {one.sha256[:8]}"


def _empty_database(engine: sa.Engine, *, may_delete: bool) -> None:
    name = engine.dialect.identifier_preparer.quote(str(engine.url.database))
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        if not tables:
            return
        if not may_delete:
            raise BackupError(
                f"The database {engine.url.database} on {engine.url.host}:{engine.url.port} has "
                f"{len(tables)} tables: a back-up is restored only where there is nothing. Name "
                "another database (ISOTHERM_MYSQL_DATABASE), or empty it by hand."
            )
        connection.execute(sa.text(f"DROP DATABASE {name}"))
        connection.execute(sa.text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    engine.dispose()  # connections that had chosen the database of before


def _known_revisions() -> set[str]:
    return {one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _head() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
