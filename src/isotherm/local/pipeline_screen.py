"""What the first run shows while its tasks work: what is done, for what, and how much is left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.status import Status

from isotherm.local.airflow_client import TaskState

SHOWN_STATES: Final = ("running", "success", "failed", "skipped", "up_for_retry")
# A line at least so often: a person waits a quarter of a minute before doubting.
QUIET_S: Final = 10.0


class RunScreen:
    """Shows one DAG run: a line for each task's new state, and what the running ones are at.

    On a terminal that is one line which changes; elsewhere a line whenever nothing else was printed
    for a while.
    """

    def __init__(
        self,
        console: Console,
        dag_id: str,
        describe: Callable[[str], str],
        quiet_s: float = QUIET_S,
    ) -> None:
        """Prepare.

        Args:
            console: where to.
            dag_id: named in each line.
            describe: what a running task is at, by its id; empty where nobody knows.
            quiet_s: how long nothing is said at most.
        """
        self._console = console
        self.dag_id = dag_id
        self._describe = describe
        self._quiet_s = quiet_s
        self._shown: set[tuple[str, str]] = set()
        self._since: dict[str, float] = {}
        self._said_at = time.monotonic()
        self._status: Status | None = None

    @contextmanager
    def showing(self) -> Iterator["RunScreen"]:
        """Keep the changing line up while the block runs."""
        if not self._console.is_terminal:
            yield self
            return
        with self._console.status(f"{self.dag_id}: waiting for the scheduler") as self._status:
            yield self

    def show(self, tasks: list[TaskState]) -> None:
        """Show the tasks of a run as they are now."""
        for task in tasks:
            if task.state in SHOWN_STATES and (task.label, task.state) not in self._shown:
                self._shown.add((task.label, task.state))
                self._since[task.label] = time.monotonic()
                self._say(f"{self.dag_id}.{task.label}: {task.state}")
        if self._status is not None:
            self._status.update(self._doing(tasks))
        elif time.monotonic() - self._said_at >= self._quiet_s:
            self._say(self._doing(tasks))

    def _say(self, text: str) -> None:
        self._said_at = time.monotonic()
        now = datetime.now(UTC).strftime("%H:%M:%S")
        self._console.print(f"  {now}  {text}", highlight=False, markup=False, soft_wrap=True)

    def _doing(self, tasks: list[TaskState]) -> str:
        """What runs, or else what is waited for."""
        running = [one for one in tasks if one.state == "running"]
        if not running:
            waiting = [one.label for one in tasks if one.state in ("scheduled", "queued")]
            what = f" to start {waiting[0]}" if waiting else ""
            return f"{self.dag_id}: waiting for Airflow's scheduler{what}"
        parts = []
        for task in running:
            at = self._describe(task.task_id)
            seconds = time.monotonic() - self._since.get(task.label, time.monotonic())
            parts.append(f"{task.label}: {f'{at}, ' if at else ''}{seconds:.0f} s so far")
        return f"{self.dag_id}.{'; '.join(parts)}"
