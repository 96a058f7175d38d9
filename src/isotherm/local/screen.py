"""What the launcher shows: progress while things start, the servers, where to go and how to log in."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from isotherm.local.record import READY, STARTING, WAITING, Record
from isotherm.local.secret_files import airflow_logins
from isotherm.local.status import ServerStatus
from isotherm.settings import Settings

COLOURS = {"ready": "green", "failed": "red", "restarting": "yellow", "starting": "cyan"}


class Progress:
    """Shows a record as it changes: a table on a terminal, a line for each change elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}
        self._live: Live | None = None

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
            self._live.update(_record_table(record))
            return
        for name, entry in record.entries.items():
            text = entry.state + (f": {entry.detail.splitlines()[0]}" if entry.detail else "")
            if entry.state != WAITING and self._shown.get(name) != text:
                self._shown[name] = text
                self._console.print(f"  {name}: {text}", highlight=False)


def _record_table(record: Record) -> Table:
    table = Table(box=None, show_header=False)
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
    if any(one.detail for one in servers):
        table.add_column("why")
    for one in servers:
        colour = COLOURS.get(one.state, "dim")
        memory = f"{one.memory_bytes / 1024**2:.0f} MB" if one.memory_bytes else ""
        place = (str(one.pid or ""), str(one.port or ""))
        why = [escape(one.detail)] if one.detail else []
        table.add_row(one.name, f"[{colour}]{one.state}[/]", *place, memory, *why)
    total = sum(one.memory_bytes for one in servers)
    table.add_section()
    table.add_row("all", "", "", "", f"{total / 1024**2:.0f} MB")
    console.print(table)
    console.print(f"first run: {first_run}")


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
