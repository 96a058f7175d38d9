"""Files, folders and locks: the one place for writing whole, keeping private, and holding alone.

Standard library only. What is deleted is a question too: a folder that Isotherm made carries a marker,
and only such a folder may be deleted whole.
"""

import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from isotherm.errors import LockedError, SettingsError

MARKER = ".isotherm-folder"
MARKER_TEXT = "Isotherm made this folder and may delete it with `./isotherm reset` or `down`.\n"
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
LOCK_POLL_S = 0.1


def write_whole(path: Path, content: str | bytes, *, mode: int | None = None) -> None:
    """Write a file so that every reader, also after kill -9, finds the old or the new one.

    Args:
        path: the file; its folder is made if need be.
        content: all of it; text becomes UTF-8.
        mode: its permissions from the first byte on; by default those the process gives new files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    descriptor = os.open(
        building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        building.replace(path)
    except BaseException:
        building.unlink(missing_ok=True)
        raise


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, or correct the mode of one of ours.

    Raises:
        SettingsError: it is a link, not a folder, or another user's, also when we are root; or it is
            shared by all, as /tmp is.
    """
    with suppress(FileExistsError):  # told apart below
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no folder"
        raise _refused(path, kind)
    if status.st_uid != os.geteuid():
        raise _refused(path, f"a folder of another user (number {status.st_uid})")
    if status.st_mode & stat.S_ISVTX:
        raise _refused(path, "a folder for the files of all users")
    if stat.S_IMODE(status.st_mode) != PRIVATE_FOLDER:
        path.chmod(PRIVATE_FOLDER)


def _refused(path: Path, what: str) -> SettingsError:
    return SettingsError(
        f"{path} is {what}, so what lies in it cannot be kept private. Remove it, or choose another "
        "folder: ISOTHERM_RUNTIME_DIR for sockets (a short path), ISOTHERM_STATE_DIR for the rest."
    )


@contextmanager
def hold_lock(path: Path, *, wait_s: float = 0.0) -> Iterator[IO[str]]:
    """Hold a lock that ends with the process, however that ends; gives its open file.

    Args:
        path: the lock's file; made if need be, its content is kept. The holder may delete it.
        wait_s: how long to wait for another holder; `math.inf` waits for ever.

    Raises:
        LockedError: another process held it all that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_s
    while (lock := _try_lock(path)) is None:
        if time.monotonic() >= deadline:
            raise LockedError(
                f"Another process holds {path}. Wait for its end, or stop it, and try again."
            )
        time.sleep(LOCK_POLL_S)
    with lock:
        yield lock


def _try_lock(path: Path) -> IO[str] | None:
    """The locked file; None if another has it, or if it was deleted while we came."""
    lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE), "a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        lock.close()
        raise
    lock.close()
    return None


def mark_as_ours(folder: Path) -> None:
    """Leave the marker that says Isotherm made this folder and may delete it."""
    if not is_ours(folder):
        write_whole(folder / MARKER, MARKER_TEXT)


def is_ours(folder: Path) -> bool:
    """Whether Isotherm made this folder: the marker is in it, and the folder is no link."""
    marker = folder / MARKER
    return not folder.is_symlink() and marker.is_file() and not marker.is_symlink()
