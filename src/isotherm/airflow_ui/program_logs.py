"""The logs of the stream's three programs, for the users of the Airflow UI that may read task logs."""

from typing import Annotated, Final, Literal

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Path
from fastapi.responses import PlainTextResponse

from isotherm.airflow_ui.links import STREAM_DAG
from isotherm.local.log_files import last_lines
from isotherm.settings import load_settings

_LINES: Final = 2000

app = FastAPI(
    title="Logs of the stream's programs",
    openapi_url=None,
    dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.TASK_LOGS, STREAM_DAG))],
)


@app.get("/{name}", response_class=PlainTextResponse)
def show_log(
    name: Annotated[
        Literal["stream", "bridge", "feeder", "forecaster"], Path(description="The program.")
    ],
) -> str:
    """The end of a program's log."""
    return last_lines(load_settings().logs_dir / f"{name}.log", _LINES)
