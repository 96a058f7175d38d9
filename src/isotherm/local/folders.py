"""What Isotherm may delete: folders it made, and in a folder of somebody else only its own files.

A state folder that was new or empty when it was first used carries our marker; so does a folder for
sockets that was made for them. `reset` and `down` ask here, and refuse where the marker is missing.
"""

import json
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from isotherm.errors import SettingsError
from isotherm.files import MARKER, is_ours, make_private_folder, mark_as_ours, write_whole
from isotherm.settings import FOLDER_RECORD, Settings, default_runtime_dir, folder_record

# What our servers leave in the folder of sockets, by kind: a thing of another kind is somebody else's.
SOCKETS = ("observation.sock", "reconcile-observation.sock", "mysql.sock", ".s.PGSQL.5432")
LOCKS = ("observation.lock", "reconcile-observation.lock", "mysql.sock.lock", ".s.PGSQL.5432.lock")
DATA_LINK = "hdfs"
# In a state folder while a back-up is being restored to it, and after that was interrupted.
RESTORE_MARK = "restore.json"
# May be there before the first start: a password given as a file, and what a new disk holds.
NOT_FOREIGN = {"secrets", "lost+found", MARKER}


def recorded_archive(state_dir: Path) -> str | None:
    """The archive a state folder belongs to; None for a new folder, and for one of somebody else."""
    document = folder_record(state_dir)
    return None if document is None else str(document["archive"])


def is_state_dir(folder: Path) -> bool:
    """Whether Isotherm was ever started in a folder: only then is there anything of ours in it."""
    return is_ours(folder) or folder_record(folder) is not None


def is_new(folder: Path) -> bool:
    """Whether a folder holds nothing that was not there before the first start."""
    return not folder.exists() or not {one.name for one in folder.iterdir()} - NOT_FOREIGN


def require_no_restore(state_dir: Path) -> None:
    """See that a state folder is whole.

    Raises:
        SettingsError: a restore into it did not come to its end.
    """
    if (state_dir / RESTORE_MARK).exists():
        back_up = json.loads((state_dir / RESTORE_MARK).read_text())["back_up"]
        raise SettingsError(
            f"A restore into {state_dir} did not come to its end, so what is there is not whole. Press "
            f"`./isotherm restore {back_up}` again, or delete the folder with `./isotherm reset`."
        )


def claim_state_dir(settings: Settings) -> None:
    """Make the state folder, and make it belong to the archive of the settings.

    Raises:
        SettingsError: it belongs to another; the message has the command for a second folder. Or it
            holds a file of that name which is not ours.
    """
    state_dir = settings.state_dir
    found = recorded_archive(state_dir)
    if found is None:
        if (state_dir / FOLDER_RECORD).exists():
            raise SettingsError(
                f"{state_dir / FOLDER_RECORD} is not a record of Isotherm's, and is not replaced. Set "
                "ISOTHERM_STATE_DIR to a folder that is new or empty."
            )
        state_dir.mkdir(parents=True, exist_ok=True)
        is_shared = not is_new(state_dir)
        document = {
            "archive": settings.archive,
            "folder_was_shared": is_shared,
            "cluster": settings.cluster,
        }
        write_whole(state_dir / FOLDER_RECORD, json.dumps(document))
        if not is_shared:
            mark_as_ours(state_dir)
    elif found != settings.archive:
        beside = state_dir.with_name(f"{state_dir.name}-2")
        raise SettingsError(
            f"The state folder {state_dir} belongs to the archive {found}, not to "
            f"{settings.archive}. To have both, give the second one a folder and ports of its own:\n"
            f"  ISOTHERM_STATE_DIR={beside} ISOTHERM_PORT_BASE={settings.port_base + 100} "
            f"./isotherm up --archive {settings.archive}"
        )
    elif _was_cluster(state_dir) != settings.cluster:
        beside = state_dir.with_name(f"{state_dir.name}-2")
        raise SettingsError(
            f"The state folder {state_dir} is of {_shape(not settings.cluster)}, which has its data; "
            f"it cannot become {_shape(settings.cluster)}. To have both, give the second one a folder "
            f"and ports of its own:\n  ISOTHERM_STATE_DIR={beside} "
            f"ISOTHERM_PORT_BASE={settings.port_base + 100} ./isotherm up"
            f"{' --cluster' if settings.cluster else ''}"
        )


def _was_cluster(state_dir: Path) -> bool:
    """Whether a folder was started with several servers of a kind; older versions had no such shape."""
    document = folder_record(state_dir) or {}
    return str(document.get("cluster", document.get("settings", {}).get("cluster", False))) == "True"


def _shape(is_cluster: bool) -> str:
    return "a cluster" if is_cluster else "single servers"


def record_settings(settings: Settings) -> None:
    """Note in a claimed state folder what it is started with, for commands that are told nothing."""
    before = folder_record(settings.state_dir) or {}
    document = {**before, "settings": settings.differing()}
    if document != before:
        # Indented: the bootstrap script reads a line of it.
        text = json.dumps(document, indent=1, ensure_ascii=False)
        write_whole(settings.state_dir / FOLDER_RECORD, text)


def require_our_state_dir(state_dir: Path) -> None:
    """See that a state folder may be deleted whole.

    Raises:
        SettingsError: Isotherm did not make it; the message says what to do.
    """
    if is_ours(state_dir) or _was_ours_before_markers(state_dir):
        return
    raise SettingsError(
        f"{state_dir} was not made by Isotherm (it holds no {MARKER}), so it is not deleted: it may "
        "hold files of yours. Look into it and delete by hand what you do not want, or correct "
        "ISOTHERM_STATE_DIR."
    )


def _was_ours_before_markers(state_dir: Path) -> bool:
    """Whether a version that left no marker made it: its record does not say the folder was shared.

    Every version wrote that record before anything else. Other files prove nothing: a command that
    found nothing to do may have left them in a folder of somebody else.
    """
    document = folder_record(state_dir)
    return document is not None and "folder_was_shared" not in document


def delete_state_dir(state_dir: Path) -> None:
    """Delete a state folder with all it holds.

    Raises:
        SettingsError: Isotherm did not make it.
    """
    require_our_state_dir(state_dir)
    shutil.rmtree(state_dir)


def make_runtime_dir(settings: Settings) -> None:
    """Make the folder of the unix sockets, or take an existing one that is private.

    Raises:
        SettingsError: it is open to others and in use, a link, or another user's.
    """
    folder = settings.runtime_dir
    is_new = not folder.exists() and not folder.is_symlink()
    if not is_new and not is_ours(folder) and _is_open_and_used(settings):
        raise SettingsError(
            f"The folder for sockets, {folder}, is open to other users and holds other files; closing "
            "it could lock them out. Set ISOTHERM_RUNTIME_DIR to a folder that is new or private."
        )
    make_private_folder(folder)
    if is_new:
        mark_as_ours(folder)


def _is_open_and_used(settings: Settings) -> bool:
    folder = settings.runtime_dir
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return False  # refused by name when it is to be made private
    is_private = not stat.S_IMODE(status.st_mode) & 0o077
    has_more = any(
        one.name != MARKER and not _is_left_by_us(one, settings.state_dir) for one in folder.iterdir()
    )
    return not is_private and has_more


def _is_left_by_us(path: Path, state_dir: Path) -> bool:
    """Whether it has the name and the kind of what our servers leave in the folder of sockets."""
    try:
        mode = path.lstat().st_mode
        if path.name == DATA_LINK:
            return stat.S_ISLNK(mode) and path.readlink().is_relative_to(state_dir)
    except OSError:
        return False  # gone meanwhile
    return (stat.S_ISSOCK(mode) and path.name in SOCKETS) or (stat.S_ISREG(mode) and path.name in LOCKS)


def clear_runtime_dir(settings: Settings) -> None:
    """Remove our sockets, locks and link, and the folder if we made it and nothing else is in it.

    Raises nothing: what cannot be removed stays, and the servers are stopped all the same.
    """
    folder = settings.runtime_dir
    with suppress(OSError):
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid():
            return
        for path in map(folder.joinpath, (*SOCKETS, *LOCKS, DATA_LINK)):
            if _is_left_by_us(path, settings.state_dir):
                path.unlink(missing_ok=True)
        was_made_by_us = is_ours(folder) or folder == default_runtime_dir(settings.state_dir)
        if was_made_by_us and not {one.name for one in folder.iterdir()} - {MARKER}:
            (folder / MARKER).unlink(missing_ok=True)
            folder.rmdir()
