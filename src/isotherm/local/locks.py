"""Locks of a state folder: held by the kernel for a living process, so that none is ever stale."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from isotherm.errors import ServerStartError
from isotherm.settings import Settings


class SupervisorLock:
    """At most one supervisor for a state folder."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.state_dir / "run" / "supervisor.lock"
        self._descriptor: int | None = None

    def acquire_within(self, seconds: float) -> bool:
        """Take the lock, waiting for those who only look whether it is held."""
        deadline = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def acquire(self) -> bool:
        """Take the lock for the life of this process; False if another has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held(self) -> bool:
        """Whether a supervisor runs."""
        if not self.path.exists():
            return False
        if self.acquire():
            self.release()
            return False
        return True


@contextmanager
def command_lock(settings: Settings, command: str) -> Iterator[None]:
    """One starting or stopping command at a time.

    Raises:
        ServerStartError: another one is at work on this state folder.
    """
    path = settings.state_dir / "run" / "command.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServerStartError(
                f"`{command}`: another command is starting or stopping the servers of "
                f"{settings.state_dir}. Wait for it and try again."
            ) from error
        yield
        path.unlink(missing_ok=True)
