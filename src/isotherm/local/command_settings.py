"""The settings of one command: the environment's, else what the state folder was last started with.

What runs has the settings it was started with, whatever a second shell says: `up` refuses another
value, every other command says that it ignores it. The archive is the folder's for good.
"""

import os
from collections.abc import Iterator

import psutil
from rich.console import Console

from isotherm.errors import SettingsError
from isotherm.local.archive_choice import choose_archive
from isotherm.local.folders import recorded_archive
from isotherm.local.record import RecordFile
from isotherm.settings import Settings, folder_record, load_settings

SUPERVISOR_MODULE = "isotherm.local.supervisor"
_STATE_DIR = "ISOTHERM_STATE_DIR"


def settings_for_up(archive: str | None, console: Console) -> Settings:
    """The settings to start with: the archive asked for, else the folder's own, else one that answers.

    Raises:
        SettingsError: the servers run with other settings than the environment asks for.
    """
    if archive is not None:
        os.environ["ISOTHERM_ARCHIVE"] = archive
    settings = load_settings()
    if others := _contradictions(settings):
        lines = "\n".join(f"  {name}={asked}, but they run with {held}" for name, asked, held in others)
        raise SettingsError(
            f"The servers of {settings.state_dir} run with other settings than asked for:\n{lines}\n"
            "Unset that to go on with them, stop them first with ./isotherm down, or start a second "
            "Isotherm with an ISOTHERM_STATE_DIR and an ISOTHERM_PORT_BASE of its own."
        )
    if not os.environ.get("ISOTHERM_ARCHIVE") and recorded_archive(settings.state_dir) is None:
        os.environ["ISOTHERM_ARCHIVE"] = choose_archive(console)
    return reread_settings()


def settings_in_use() -> Settings:
    """The settings of what runs, or of what ran last; a word about what is ignored for that."""
    settings = load_settings()
    for name, asked, held in _contradictions(settings):
        _say(f"{name}={asked} is ignored: what runs in {settings.state_dir} has {held}.")
        del os.environ[name]
    archive = recorded_archive(settings.state_dir)
    if archive is not None and settings.archive != archive:
        _say(f"ISOTHERM_ARCHIVE={settings.archive} is ignored: the state folder belongs to {archive}.")
        os.environ["ISOTHERM_ARCHIVE"] = archive
    return reread_settings()


def reread_settings() -> Settings:
    """Read the settings again: the environment or the secrets have changed."""
    load_settings.cache_clear()
    return load_settings()


def running_elsewhere(settings: Settings) -> list[str]:
    """State folders other than this one in which an Isotherm of this user runs, sorted."""
    found = {folder for process in psutil.process_iter() if (folder := _supervised_folder(process))}
    return sorted(found - {str(settings.state_dir)})


def _supervised_folder(process: psutil.Process) -> str | None:
    try:
        if SUPERVISOR_MODULE in process.cmdline():
            return process.environ().get(_STATE_DIR)
    except psutil.Error:
        pass  # it ended, or is another user's
    return None


def _contradictions(asked: Settings) -> list[tuple[str, str, str]]:
    """Variables that say another thing than what the running servers have: name, asked, held."""
    record = RecordFile(asked).read()
    is_running = record.supervisor is not None and record.supervisor.is_alive()
    if not (is_running or record.living) or "settings" not in (folder_record(asked.state_dir) or {}):
        return []
    given = dict(_given_fields())
    kept = {name: os.environ.pop(name) for name in given}
    held = reread_settings()
    os.environ.update(kept)
    reread_settings()
    return [
        (name, str(getattr(asked, field)), str(getattr(held, field)))
        for name, field in given.items()
        if getattr(asked, field) != getattr(held, field)
    ]


def _given_fields() -> Iterator[tuple[str, str]]:
    """The variables the environment sets, with their fields; the archive has rules of its own."""
    for field in Settings.model_fields:
        name = f"ISOTHERM_{field.upper()}"
        if field not in ("archive", "state_dir", "mysql_password") and os.environ.get(name):
            yield name, field


def _say(message: str) -> None:
    Console(stderr=True).print(message, highlight=False, markup=False, soft_wrap=True)
