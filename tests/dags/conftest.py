"""Airflow with an empty database of its own, set up before anything imports it."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from isotherm.settings import REPOSITORY_ROOT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

DAGS_FOLDER = REPOSITORY_ROOT / "dags"

_HOME = Path(tempfile.mkdtemp(prefix="isotherm-airflow-home-"))
os.environ.update(
    AIRFLOW_HOME=str(_HOME),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_HOME / 'airflow.db'}",
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS_FOLDER),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__PLUGINS_FOLDER=str(REPOSITORY_ROOT / "plugins"),
)


@pytest.fixture(scope="session")
def dag_bag() -> "DagBag":
    """Every DAG file, parsed as the dag-processor parses it."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(DAGS_FOLDER))
