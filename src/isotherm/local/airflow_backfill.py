"""`airflow backfill create`, and in words what came of it: which days, which runs, where to look.

Airflow itself says nothing of it but log lines. Its command runs here unchanged, in this process; its
exit status is kept.
"""

import sys
from collections.abc import Sequence
from typing import Final

from isotherm.settings import load_settings

MODULE: Final = "isotherm.local.airflow_backfill"
COMMAND: Final = ("backfill", "create")
# What Airflow logs on the way is in its own words and of its own tables.
QUIET: Final = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}
_MOST_NAMED: Final = 7
_RAN_BEFORE: Final = "already exists"
_EXPLAINED: Final = {_RAN_BEFORE: "run before", "in flight": "being run now"}

# A day, and why no run was made for it; None where one was.
DayOfBackfill = tuple[str, str | None]


def main(arguments: Sequence[str]) -> None:
    """Run the command and tell of its backfill.

    Raises:
        SystemExit: with Airflow's own status, where that is not 0; and where Airflow refuses, why.
    """
    from airflow.__main__ import main as run_airflow
    from airflow.sdk.exceptions import AirflowException

    before = _newest_id()
    sys.argv = ["airflow", *arguments]
    try:
        run_airflow()  # type: ignore[no-untyped-call]
    except AirflowException as error:
        sys.exit(f"No backfill: {error}")
    if (newest := _newest_id()) > before:
        dag_id, days = _read(newest)
        address = f"{load_settings().airflow_url}/dags/{dag_id}/backfills"
        sys.stdout.write("\n".join([*describe(newest, dag_id, days), f"Follow it at {address}"]) + "\n")


def describe(backfill_id: int, dag_id: str, days: Sequence[DayOfBackfill]) -> list[str]:
    """Lines about a backfill: its days in their order, those that are run and those that are not."""
    started = [day for day, reason in days if reason is None]
    lines = [f"Backfill {backfill_id} of {dag_id}, {_counted(days, 'day', 'days')} (UTC):"]
    if started:
        lines.append(f"  {_counted(started, 'run starts', 'runs start')}: {_shown(started)}")
    for reason in sorted({reason for _, reason in days if reason is not None}):
        left = [day for day, why in days if why == reason]
        said = _counted(left, "day is not run", "days are not run")
        lines.append(f"  {said}, {_EXPLAINED.get(reason, reason)}: {_shown(left)}")
    if any(reason == _RAN_BEFORE for _, reason in days):
        lines.append("  To do such days again, add --reprocess-behavior completed")
    return lines


def _counted(days: Sequence[object], one: str, many: str) -> str:
    return f"{len(days)} {one if len(days) == 1 else many}"


def _shown(days: Sequence[str]) -> str:
    """A few by name, many as first and last."""
    return ", ".join(days) if len(days) <= _MOST_NAMED else f"{days[0]} ... {days[-1]}"


def _newest_id() -> int:
    from airflow.models.backfill import Backfill
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        return session.scalar(select(func.max(Backfill.id))) or 0


def _read(backfill_id: int) -> tuple[str, list[DayOfBackfill]]:
    """A backfill's DAG, and its days in the order of time."""
    from airflow.models.backfill import Backfill, BackfillDagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    runs = select(BackfillDagRun).where(BackfillDagRun.backfill_id == backfill_id)
    with create_session() as session:
        dag_id = str(session.get_one(Backfill, backfill_id).dag_id)
        rows = session.scalars(runs).all()
        found = [(str(one.partition_key or one.logical_date), one.exception_reason) for one in rows]
    return dag_id, sorted(found)


if __name__ == "__main__":
    main(sys.argv[1:])
