"""`backup` and `restore` on the command line."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich.console import Console
from rich.markup import escape

from isotherm.errors import BackupError
from isotherm.files import write_whole
from isotherm.progress import EVERY_S
from isotherm.settings import Settings, load_settings

console = Console()
_STOPPED: Final = 130

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The back-up's folder.")]


def backup(
    folder: Folder,
    with_archive: Annotated[
        bool,
        typer.Option(
            "--with-archive",
            help="Also NOAA's files and the tables on HDFS, which else are fetched and made again.",
        ),
    ] = False,
) -> None:
    """Back up MySQL and the forecast's models to a new folder, while the servers run or not."""
    from isotherm.backup.take import back_up, require_empty
    from isotherm.local.command_settings import settings_in_use
    from isotherm.local.folders import is_state_dir, require_no_restore
    from isotherm.local.locks import command_lock
    from isotherm.local.stack import Stack
    from isotherm.local.store_servers import stores_running

    settings = settings_in_use()
    if not is_state_dir(settings.state_dir):
        raise BackupError(f"{settings.state_dir} was never started: there is nothing to back up.")
    require_no_restore(settings.state_dir)
    require_empty(folder)
    begun = time.monotonic()
    is_running = Stack(settings).is_running()
    lock = nullcontext() if is_running else command_lock(settings, "backup")
    with _telling() as report, lock, stores_running(settings, report):
        manifest = back_up(settings, folder.absolute(), with_archive=with_archive, report=report)
    _say(
        f"Backed up {manifest.row_count} rows of {len(manifest.tables)} tables and "
        f"{len(manifest.hdfs_files)} files of HDFS, {manifest.size_bytes / 1e6:.1f} MB in "
        f"{time.monotonic() - begun:.0f} s: {folder.absolute()}\n"
        "Not in it: passwords and keys, Kafka's messages, Airflow's runs and logs"
        + (", NOAA's files." if not with_archive else ".")
    )


def restore(folder: Folder) -> None:
    """Restore a back-up into a state folder that is new or empty, and compare every table."""
    from isotherm.backup import restore as work
    from isotherm.local.dag_release import begin_anew
    from isotherm.local.folders import RESTORE_MARK, record_settings
    from isotherm.local.locks import command_lock
    from isotherm.local.store_servers import stores_running

    folder, begun = folder.absolute(), time.monotonic()
    with _telling() as report:
        manifest = work.check_back_up(folder, report)
        settings, resumes = _claim(folder, manifest.archive)
        record_settings(settings)
        with command_lock(settings, "restore"), stores_running(settings, report):
            work.restore(settings, folder, manifest, report, resumes=resumes)
        begin_anew(settings)
        (settings.state_dir / RESTORE_MARK).unlink()
    _say(
        f"Restored {manifest.row_count} rows of {len(manifest.tables)} tables and "
        f"{len(manifest.hdfs_files)} files of HDFS in {time.monotonic() - begun:.0f} s; every table's "
        f"checksum is that of the back-up. Passwords are new. Start it with ./isotherm up"
    )


def _claim(folder: Path, archive: str) -> tuple[Settings, bool]:
    """Make the state folder one that is being restored; whether it was before.

    Raises:
        BackupError: something else is in it.
        SettingsError: it belongs to another archive.
    """
    from isotherm.backup.manifest import MANIFEST
    from isotherm.local.command_settings import reread_settings
    from isotherm.local.folders import RESTORE_MARK, claim_state_dir, is_new
    from isotherm.local.secret_files import make_secrets

    # A directory of files may lie elsewhere on this machine: then it is said.
    os.environ.setdefault("ISOTHERM_ARCHIVE", archive)
    settings = load_settings()
    mark = settings.state_dir / RESTORE_MARK
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    resumes = mark.exists()
    if resumes and json.loads(mark.read_text())["manifest_sha256"] != digest:
        raise BackupError(
            f"{settings.state_dir} holds the beginning of another back-up's restore. Restore that one, "
            "or delete the folder with ./isotherm reset."
        )
    if not resumes and not is_new(settings.state_dir):
        raise BackupError(
            f"{settings.state_dir} is not empty, and a back-up is restored only where there is "
            "nothing. Name a new folder, as ISOTHERM_STATE_DIR=/path ./isotherm restore ..., or "
            "delete this one with ./isotherm reset."
        )
    claim_state_dir(settings)
    write_whole(mark, json.dumps({"back_up": str(folder), "manifest_sha256": digest}))
    make_secrets(settings)
    return reread_settings(), resumes


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Shows what is being done: in place on a terminal, else a line now and then. Ctrl-C is told."""
    from isotherm.local.commands import Interrupted, interruptions

    said = time.monotonic()
    # What a server's own log is for; failures of theirs are told as errors.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with interruptions(), console.status("beginning") as status:

        def tell(text: str) -> None:
            nonlocal said
            if console.is_terminal:
                status.update(escape(text))
            elif time.monotonic() - said >= EVERY_S:
                said = time.monotonic()
                _say(text)

        try:
            yield tell
        except Interrupted as error:
            _say("Interrupted.")
            raise typer.Exit(_STOPPED) from error


def _say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
