"""DAGs are paused when Airflow first sees them; `up` releases each once, in its time.

The daily DAG would otherwise race the first run for the same files. What a person pauses later stays
paused: a released DAG is never touched again.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from isotherm.files import write_whole
from isotherm.local.airflow_client import AirflowClient
from isotherm.local.secret_files import airflow_logins
from isotherm.settings import REPOSITORY_ROOT, Settings

_TRAINING: Final = "train_temperature_forecast"
_FIRST_TRAINING: Final = "isotherm-first-training"


def all_dag_ids() -> list[str]:
    """Every DAG of ours: its file is named like it."""
    return sorted(one.stem for one in (REPOSITORY_ROOT / "dags").glob("*.py"))


def release_all(settings: Settings) -> list[str]:
    """Unpause every DAG that was never released: the first run is complete, and nothing stops now.

    The forecast is trained once, without being waited for.

    Raises:
        IsothermError: Airflow does not list one of them, or does not answer.
    """
    password = airflow_logins(settings)["admin"]
    with AirflowClient(settings.airflow_api_url, "admin", password) as airflow:
        new = release_dags(airflow, settings, all_dag_ids())
        if _TRAINING in new:
            # It follows loads, and slept through that of the first run.
            airflow.trigger(_TRAINING, {}, _FIRST_TRAINING)
        return new


def release_dags(airflow: AirflowClient, settings: Settings, dag_ids: Iterable[str]) -> list[str]:
    """Unpause those that were never released; gives them.

    Raises:
        ServerStartError: Airflow does not list one of them.
    """
    released = _released(settings)
    new = [one for one in dag_ids if one not in released]
    for dag_id in new:
        airflow.wait_for_dag(dag_id)
        airflow.unpause(dag_id)
        released.append(dag_id)
        write_whole(_file(settings), json.dumps(released))
    return new


def begin_anew(settings: Settings) -> None:
    """Say that no DAG was released yet: the data were restored, Airflow is a new one."""
    write_whole(_file(settings), json.dumps([]))


def adopt_released(settings: Settings) -> None:
    """Take every DAG for released where an earlier version, which paused none, did the first run."""
    if not _file(settings).exists():
        write_whole(_file(settings), json.dumps(all_dag_ids()))


def _released(settings: Settings) -> list[str]:
    try:
        return list(json.loads(_file(settings).read_text()))
    except FileNotFoundError:
        return []


def _file(settings: Settings) -> Path:
    return settings.state_dir / "airflow" / "released_dags.json"
