"""The first run's way through Airflow: import, then stream, each followed as long as it goes on."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from isotherm.archive.station_year import StationYear
from isotherm.local.airflow_client import AirflowClient
from isotherm.local.dag_release import release_dags
from isotherm.local.pipeline_progress import PipelineProgress
from isotherm.local.pipeline_screen import RunScreen
from isotherm.settings import Settings

MAX_STATIONS = 100
IMPORT_DAG = "import_history"
STREAM_DAG = "stream_observations"
STREAM_TASK = "replay_observations"


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
    dataset: str,
) -> list[str]:
    """Import these station-years and stream their newest days.

    Args:
        airflow: of this installation.
        settings: likewise.
        console: where it is shown.
        chosen: the station-years.
        attempt: which one, from 1.
        dataset: the one to import the stations of; empty = all that have files.

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
    run_id = run_id_of(attempt)

    def feed_id() -> str:
        return str(airflow.xcom(STREAM_DAG, run_id, STREAM_TASK, "feed_id"))

    def backlog() -> str:
        return _backlog(airflow.xcom(STREAM_DAG, run_id, STREAM_TASK, "progress"))

    with PipelineProgress(settings, chosen, feed_id, backlog) as progress:
        conf = import_form(chosen, dataset)
        _run_dag(airflow, settings, RunScreen(console, IMPORT_DAG, progress.describe), run_id, conf)
        # A label of its own: whoever triggers the same replay later sees it played again.
        conf = {"period": "newest", "station_count": MAX_STATIONS, "speed": 0, "label": "first run"}
        _run_dag(airflow, settings, RunScreen(console, STREAM_DAG, progress.describe), run_id, conf)
    return [feed_id()]


def import_form(chosen: Sequence[StationYear], dataset: str) -> dict[str, object]:
    """The form that imports these; `dataset` as of `run_pipeline`."""
    years = [one.year for one in chosen]
    return {
        "first_year": min(years),
        "last_year": max(years),
        "station_ids": sorted({one.station_id for one in chosen}),
        "dataset": dataset or None,
        "dry_run": False,
        # Nobody is there to be asked: a file with many rejects is set aside, and shown.
        "rejects": "set aside",
    }


def _backlog(progress: object) -> str:
    """What the stream said last of what is on its way, in words."""
    values = progress if isinstance(progress, dict) else {}
    if "unread_by_stream" not in values:
        return ""
    return (
        f"{values['unread_by_stream']} before the stream, {values['unwritten_by_sink']} before the sink"
    )


def _run_dag(
    airflow: AirflowClient,
    settings: Settings,
    screen: RunScreen,
    run_id: str,
    conf: dict[str, object],
) -> None:
    """Trigger a DAG, unless an interrupted `up` did, and follow it to its end."""
    airflow.trigger(screen.dag_id, conf, run_id)
    follow_run(airflow, settings, screen, run_id)


def follow_run(airflow: AirflowClient, settings: Settings, screen: RunScreen, run_id: str) -> None:
    """Show a run until it has ended.

    Raises:
        DagRunFailedError: it failed, or nothing of it moved for a long time.
    """
    logs = settings.state_dir / "airflow" / "logs" / f"dag_id={screen.dag_id}" / f"run_id={run_id}"
    with screen.showing():
        airflow.wait_for_run(screen.dag_id, run_id, on_look=screen.show, pulse=lambda: size_of(logs))


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; it grows as long as tasks write their logs."""
    return sum(one.stat().st_size for one in folder.rglob("*.log"))
