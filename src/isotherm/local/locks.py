"""Locks of a state folder: one supervisor, and one starting or stopping command at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from isotherm.errors import LockedError, ServerStartError
from isotherm.files import hold_lock
from isotherm.settings import Settings


def supervisor_lock(settings: Settings) -> Path:
    """The lock a supervisor holds as long as it lives."""
    return settings.state_dir / "run" / "supervisor.lock"


@contextmanager
def command_lock(settings: Settings, command: str) -> Iterator[None]:
    """One starting or stopping command at a time.

    Raises:
        ServerStartError: another one is at work on this state folder.
    """
    path = settings.state_dir / "run" / "command.lock"
    with ExitStack() as held:
        try:
            held.enter_context(hold_lock(path))
        except LockedError as error:
            raise ServerStartError(
                f"`{command}`: another command is starting or stopping the servers of "
                f"{settings.state_dir}. Wait for it and try again."
            ) from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
