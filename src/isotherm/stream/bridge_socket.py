"""The bridge's socket: private, held by one bridge at a time, cleaned up only when nobody listens."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isotherm.errors import LockedError, StoreError
from isotherm.files import hold_lock, make_private_folder

_BACKLOG: Final = 8


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and the file by which feeders find it.

    Attributes:
        server: accepts them.
        path: of the file.
        place: device and number of the file that was made.
    """

    server: socket.socket
    path: Path
    place: tuple[int, int]

    def is_found(self) -> bool:
        """Whether who connects to the path comes here: a folder in /tmp may be cleaned by anyone."""
        with suppress(OSError):
            return _place(self.path) == self.place
        return False


@contextmanager
def listening(path: Path) -> Iterator[Listener]:
    """A listening unix stream socket at `path`, mode 600, removed at the end.

    Raises:
        StoreError: another bridge listens there.
        SettingsError: the folder is not ours alone.
    """
    make_private_folder(path.parent)
    with _only_one(path.with_suffix(".lock")):
        _remove_stale(path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            previous = os.umask(0o177)
            try:
                server.bind(str(path))
            finally:
                os.umask(previous)
            listener = Listener(server, path, _place(path))
            server.listen(_BACKLOG)
            try:
                yield listener
            finally:
                if listener.is_found():
                    path.unlink(missing_ok=True)
        finally:
            server.close()


def _place(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold the lock; the kernel frees it when this process dies, however that happens."""
    with ExitStack() as held:
        try:
            held.enter_context(hold_lock(lock))
        except LockedError as error:
            raise StoreError(
                f"Another bridge holds {lock}: one serves all feeders. Stop it first."
            ) from error
        yield


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
