"""What the launcher shows: progress while things start, the servers, where to go and how to log in."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from isotherm.local.folders import is_state_dir
from isotherm.local.record import READY, STARTING, WAITING, Record
from isotherm.local.secret_files import airflow_logins
from isotherm.local.status import ServerStatus
from isotherm.settings import Settings

# A line at least so often where no table is kept up.
QUIET_S = 10.0
COLOURS = {"ready": "green", "failed": "red", "restarting": "yellow", "starting": "cyan"}


class Progress:
    """Shows a record as it changes: a table on a terminal, a line for each change elsewhere.

    Elsewhere a line also says what is waited for where nothing has changed for a while.
    """

    def __init__(self, console: Console, quiet_s: float = QUIET_S) -> None:
        self._console = console
        self._quiet_s = quiet_s
        self._shown: dict[str, str] = {}
        self._live: Live | None = None
        self._begun = self._said_at = time.monotonic()

    @contextmanager
    def showing(self) -> Iterator["Progress"]:
        """Keep the table up while the block runs."""
        if not self._console.is_terminal:
            yield self
            return
        with Live(console=self._console, refresh_per_second=4, transient=True) as self._live:
            yield self

    def update(self, record: Record) -> None:
        """Show a record."""
        if self._live is not None:
            self._live.update(_record_table(record, f"{time.monotonic() - self._begun:.0f} s"))
            return
        for name, entry in record.entries.items():
            text = entry.state + (f": {entry.detail.splitlines()[0]}" if entry.detail else "")
            if entry.state != WAITING and self._shown.get(name) != text:
                self._shown[name] = text
                self._say(f"{name}: {text}")
        if time.monotonic() - self._said_at >= self._quiet_s and (late := _not_ready(record)):
            self._say(f"{time.monotonic() - self._begun:.0f} s so far, waiting for {late}")

    def _say(self, text: str) -> None:
        self._said_at = time.monotonic()
        self._console.print(f"  {text}", highlight=False, markup=False, soft_wrap=True)


def _not_ready(record: Record) -> str:
    """What is being started or set up, and how many servers wait for that."""
    at_work = [name for name, one in record.entries.items() if one.state not in (READY, WAITING)]
    waiting = sum(one.state == WAITING for one in record.servers.values())
    more = f" ({waiting} servers start after that)" if waiting else ""
    return ", ".join(at_work) + more if at_work else ""


def _record_table(record: Record, elapsed: str) -> Table:
    table = Table(box=None, show_header=False, caption=elapsed, caption_justify="left")
    for name, entry in record.entries.items():
        is_step = name in record.steps
        if is_step and entry.state in (READY, WAITING):
            continue
        state = "working" if is_step and entry.state == STARTING else entry.state
        detail = entry.detail.splitlines()[0] if entry.detail else ""
        table.add_row(name, f"[{COLOURS.get(entry.state, 'dim')}]{state}[/]", detail)
    return table


def print_servers(console: Console, servers: list[ServerStatus], first_run: str) -> None:
    """The table of `status`."""
    table = Table()
    table.add_column("server")
    table.add_column("state")
    for column in ("pid", "port", "memory"):
        table.add_column(column, justify="right")
    told = [one for one in servers if one.detail]
    if told:
        table.add_column("why")
    for one in servers:
        colour = COLOURS.get(one.state, "dim")
        memory = f"{one.memory_bytes / 1024**2:.0f} MB" if one.memory_bytes else ""
        place = (str(one.pid or ""), str(one.port or ""))
        why = [escape(_why(one))] if one.detail else []
        table.add_row(one.name, f"[{colour}]{one.state}[/]", *place, memory, *why)
    total = sum(one.memory_bytes for one in servers)
    table.add_section()
    table.add_row("all", "", "", "", f"{total / 1024**2:.0f} MB")
    console.print(table)
    console.print(f"first run: {first_run}")
    for one in told:
        if one.last_line:
            console.print(f"{one.name} wrote last: {one.last_line}", highlight=False, markup=False)
        console.print(f"More: ./isotherm logs {one.name}", highlight=False)


def _why(server: ServerStatus) -> str:
    """The reason of a restart or failure, and when that was."""
    if server.restarted_at is None:
        return server.detail
    return f"{server.detail}, {server.restarted_at[:19].replace('T', ' ')} UTC"


def print_folder(console: Console, settings: Settings, others: Sequence[str]) -> None:
    """Which state folder `status` looked at, and where else an Isotherm of this user runs."""
    started = "" if is_state_dir(settings.state_dir) else ", where Isotherm was never started"
    console.print(f"state folder: {settings.state_dir}{started}", highlight=False, soft_wrap=True)
    for other in others:
        console.print(
            f"Another Isotherm of yours runs: ISOTHERM_STATE_DIR={other} ./isotherm status",
            highlight=False,
            soft_wrap=True,
        )


def print_addresses(console: Console, settings: Settings) -> None:
    """Where to go, and how to log in."""
    logins = airflow_logins(settings)
    console.print(f"Dashboard and API   {settings.api_url}", highlight=False)
    console.print(f"Airflow             {settings.airflow_url}", highlight=False)
    for login, password in logins.items():
        console.print(f"  login {login:<8} password {password}", highlight=False)
    console.print(
        f"Archive             {settings.archive}\nState               {settings.state_dir}",
        highlight=False,
        soft_wrap=True,
    )
