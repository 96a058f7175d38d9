"""Airflow's own database: records of old runs, by its own command, in a process of its own.

A task may not touch that database: Airflow takes its address from tasks. The command gets it from the
connection `airflow_metadata`, which only this reads.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from isotherm.errors import StoreError
from isotherm.ingest.report import log
from isotherm.maintenance.removal import Removal

# Rows of one transaction.
_BATCH: Final = "10000"
_TIMEOUT_S: Final = 3600
_FOUND: Final = re.compile(r"^Found (\d+) rows", re.MULTILINE)
_LAST_LINES: Final = 15


def clean_airflow(
    address: str, *, kept_days: int, exclude: Iterable[str], dry_run: bool
) -> list[Removal]:
    """Delete the records of runs that began before.

    Args:
        address: of the database, as SQLAlchemy takes it.
        kept_days: younger ones stay.
        exclude: DAGs of which a run is going on: one that runs for months must keep its record.
        dry_run: only count.

    Raises:
        StoreError: the command failed; the message holds its last lines.
    """
    before = datetime.now(UTC) - timedelta(days=kept_days)
    excluded = ",".join(sorted(exclude))
    command = ["db", "clean", "--yes", "--skip-archive"]
    command += ["--clean-before-timestamp", before.isoformat(timespec="seconds")]
    command += ["--batch-size", _BATCH, "--error-on-cleanup-failure"]
    command += ["--exclude-dag-ids", excluded] if excluded else []
    command += ["--dry-run"] if dry_run else []
    environment = {**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address}
    for name in ("AIRFLOW__CORE__SQL_ALCHEMY_CONN", "_AIRFLOW_PROCESS_CONTEXT"):
        environment.pop(name, None)
    output = _run(command, environment)
    if excluded:
        log.info(f"Not looked at, because a run of theirs is going on: {excluded}.")
    if not dry_run:
        # A run of this that was killed has left what it was about to delete.
        _run(["db", "drop-archived", "--yes"], environment)
    rows = sum(map(int, _FOUND.findall(output)))
    return [Removal("records of Airflow's runs", f"{kept_days} days", rows)]


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "isotherm.maintenance.airflow_command", *command],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-_LAST_LINES:])
        raise StoreError(
            f"`airflow {' '.join(command[:2])}` failed. Mend the cause and clear this task. It said:\n"
            f"{end}"
        )
    return done.stdout
