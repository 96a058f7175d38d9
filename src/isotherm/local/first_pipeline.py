"""The first run's way through Airflow: import, then stream, each followed as long as it goes on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from isotherm.archive.station_year import StationYear
from isotherm.local.airflow_client import AirflowClient, TaskState
from isotherm.local.dag_release import release_dags
from isotherm.settings import Settings

MAX_STATIONS = 100
IMPORT_DAG = "import_history"
STREAM_DAG = "stream_observations"
STREAM_TASK = "replay_observations"
SHOWN_STATES = ("running", "success", "failed", "skipped", "up_for_retry")


def next_attempt(airflow: AirflowClient, attempt: int) -> int:
    """This attempt, if it may still come to its end, else the next one that was not begun."""
    while any(
        airflow.run_state(dag_id, run_id_of(attempt)) == "failed" for dag_id in (IMPORT_DAG, STREAM_DAG)
    ):
        attempt += 1
    return attempt


def has_begun(airflow: AirflowClient, attempt: int) -> bool:
    """Whether an earlier `up` has started this attempt."""
    return airflow.run_state(IMPORT_DAG, run_id_of(attempt)) is not None


def run_id_of(attempt: int) -> str:
    """The id of an attempt's runs: whoever starts it again after an interruption meets the same."""
    return f"first_run_{attempt}"


def run_pipeline(
    airflow: AirflowClient,
    settings: Settings,
    console: Console,
    chosen: list[StationYear],
    attempt: int,
) -> list[str]:
    """Import these station-years and stream their newest days.

    Returns:
        The ids of the feeds that were streamed.

    Raises:
        DagRunFailedError: a run failed, or nothing of it moved for a long time.
    """
    years = sorted({one.year for one in chosen})
    stations = sorted({one.station_id for one in chosen})
    console.print(
        f"First run: {len(chosen)} station-years of {len(stations)} stations, "
        f"{years[0]} to {years[-1]}, then their newest days as a stream."
    )
    release_dags(airflow, settings, (IMPORT_DAG, STREAM_DAG))
    conf: dict[str, object] = {
        "first_year": years[0], "last_year": years[-1], "station_ids": stations, "dry_run": False
    }  # fmt: skip
    _run_dag(airflow, settings, console, IMPORT_DAG, run_id_of(attempt), conf)
    # A label of its own: whoever triggers the same replay later sees it played again.
    conf = {"period": "newest", "station_count": MAX_STATIONS, "speed": 0, "label": "first run"}
    _run_dag(airflow, settings, console, STREAM_DAG, run_id_of(attempt), conf)
    return [str(airflow.xcom(STREAM_DAG, run_id_of(attempt), STREAM_TASK, "feed_id"))]


def _run_dag(
    airflow: AirflowClient,
    settings: Settings,
    console: Console,
    dag_id: str,
    run_id: str,
    conf: dict[str, object],
) -> None:
    """Trigger a DAG, unless an interrupted `up` did, and follow it to its end."""
    airflow.trigger(dag_id, conf, run_id)
    logs = settings.state_dir / "airflow" / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
    airflow.wait_for_run(
        dag_id, run_id, on_change=_printer(console, dag_id), pulse=lambda: size_of(logs)
    )


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; it grows as long as tasks write their logs."""
    return sum(one.stat().st_size for one in folder.rglob("*.log"))


def _printer(console: Console, dag_id: str) -> Callable[[list[TaskState]], None]:
    """Prints each task once per state it reaches."""
    shown: set[tuple[str, str]] = set()

    def print_changes(tasks: list[TaskState]) -> None:
        for task in tasks:
            if task.state in SHOWN_STATES and (task.label, task.state) not in shown:
                shown.add((task.label, task.state))
                now = datetime.now(UTC).strftime("%H:%M:%S")
                console.print(f"  {now}  {dag_id}.{task.label}: {task.state}", highlight=False)

    return print_changes
