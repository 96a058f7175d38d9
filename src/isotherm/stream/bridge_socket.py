"""The bridge's socket: private, held by one bridge at a time, cleaned up only when nobody listens."""

import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from isotherm.errors import StoreError

_BACKLOG: Final = 8
_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A listening unix stream socket at `path`, mode 600, removed at the end.

    Raises:
        StoreError: another bridge listens there, or the folder is not ours alone.
    """
    make_private(path.parent)
    with _only_one(path.with_suffix(".lock")):
        _remove_stale(path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            previous = os.umask(0o177)
            try:
                server.bind(str(path))
            finally:
                os.umask(previous)
            server.listen(_BACKLOG)
            yield server
        finally:
            server.close()
            path.unlink(missing_ok=True)


def make_private(folder: Path) -> None:
    """Make the folder, readable by nobody else.

    Raises:
        StoreError: it belongs to somebody else.
    """
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise StoreError(
            f"{folder} is not a folder of ours, so its sockets cannot be trusted. Remove it, or set "
            "ISOTHERM_RUNTIME_DIR to another short path."
        )
    if stat.S_IMODE(status.st_mode) != _PRIVATE_FOLDER:
        folder.chmod(_PRIVATE_FOLDER)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold the lock; the kernel frees it when this process dies, however that happens."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"Another bridge holds {lock}: one serves all feeders. Stop it first."
            ) from error
        yield
    finally:
        os.close(descriptor)


def _remove_stale(path: Path) -> None:
    """Remove what a killed bridge left; a socket somebody listens on stays."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise StoreError(f"Something listens on {path} already. Stop it before starting a bridge.")
