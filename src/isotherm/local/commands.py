"""`up` and `down`: one design attached and detached, since the supervisor does the work either way."""

import pwd
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from rich.console import Console
from rich.markup import escape

from isotherm.errors import IsothermError, ServerStartError
from isotherm.local.archive_choice import require_archive
from isotherm.local.checks import other_people
from isotherm.local.command_settings import reread_settings, settings_for_up, settings_in_use
from isotherm.local.screen import Progress, print_addresses
from isotherm.local.secret_files import make_secrets
from isotherm.local.stack import Stack
from isotherm.settings import Settings

READY_TIMEOUT_S = 900


class Interrupted(Exception):
    """Ctrl-C, or the terminal went away."""


def up(archive: str | None, *, until_done: bool, detach: bool, console: Console) -> int:
    """Start everything, run the pipeline once, and serve; gives the exit status.

    Raises:
        IsothermError: it could not be started; nothing that was started now is left.
    """
    from isotherm.local.first_run import FirstRunRecord

    settings = settings_for_up(archive, console)
    if FirstRunRecord.read(settings).state != "complete":
        require_archive(settings)
    stack = Stack(settings)
    with interruptions():
        try:
            console.print(f"Starting the servers of {settings.state_dir}.", highlight=False)
            started_now = stack.start()
            is_good = _bring_up(stack, started_now=started_now, console=console)
            if is_good and not until_done:
                release(settings, console)
            if not until_done:
                print_addresses(console, settings)
            if until_done:
                console.print("Stopping the servers.")
                stack.stop()
                return 0 if is_good else 1
            if detach:
                return 0 if is_good else 1
            return _serve(stack, console)
        except Interrupted:
            console.print("\nStopping the servers.")
            stack.stop()
            return 130 if until_done or detach else 0


def _bring_up(stack: Stack, *, started_now: bool, console: Console) -> bool:
    """Wait for the servers and run the pipeline once."""
    settings = stack.settings
    begun = time.monotonic()
    if not started_now:
        console.print("The servers of this state folder run already.")
    try:
        with Progress(console).showing() as progress:
            stack.wait_ready(READY_TIMEOUT_S, progress.update)
    except Exception:
        if started_now:
            stack.stop()
        raise
    console.print(f"Every server is ready after {time.monotonic() - begun:.0f} s.", highlight=False)
    if people := other_people(pwd.getpwall()):
        console.print(
            f"Other people have accounts on this machine ({', '.join(people[:5])}): they can read and "
            "write Kafka and HDFS, and read the API. SECURITY.md says what to do.",
            highlight=False,
        )
    make_secrets(settings)
    from isotherm.local.first_run import run_first

    return run_first(reread_settings(), console)


def release(settings: Settings, console: Console) -> None:
    """Let the daily DAG run; a DAG that cannot be read is told, and stops nothing."""
    from isotherm.local.dag_release import release_all

    try:
        release_all(settings)
    except IsothermError as error:
        console.print(f"[yellow]The daily DAG may still be paused.[/yellow] {escape(str(error))}")


def _serve(stack: Stack, console: Console) -> int:
    """Stay until Ctrl-C, or until `down` stops the servers from elsewhere; gives the exit status."""
    console.print("Serving until Ctrl-C.")
    while stack.is_running():
        time.sleep(0.5)
    # A supervisor that was told to stop forgets itself before it ends.
    has_died = stack.record.supervisor is not None
    console.print("The supervisor was killed." if has_died else "The servers were stopped.")
    with suppress(ServerStartError):  # a `down` that is at it does the rest
        stack.stop()
    return 1 if has_died else 0


@contextmanager
def interruptions() -> Iterator[None]:
    """Turn Ctrl-C, an end asked for and a closed terminal into one exception."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:  # once: what follows must stop the servers undisturbed
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def down(console: Console) -> int:
    """Stop everything of this state folder."""
    settings = settings_in_use()
    ran = Stack(settings).stop()
    console.print("Stopped." if ran else f"Nothing ran in {settings.state_dir}.", highlight=False)
    return 0
