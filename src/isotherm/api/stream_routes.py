"""The route that says whether the stream runs: how far it is, or when and how its last run ended."""

from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.engine import Engine

from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.problems import PROBLEMS
from isotherm.api.render import respond_object
from isotherm.settings import Settings
from isotherm.stores import stream_runs
from isotherm.utc import iso_time

router = APIRouter()
RunState = Literal["running", "complete", "failed", "stopped", "unknown"]


class StreamRun(BaseModel):
    """One run of the stream, by its own account."""

    run_id: str = Field(description="Airflow's id of the run", examples=["manual__2026-01-01T00:00:00"])
    state: RunState = Field(
        description="unknown: it calls itself running and has been silent for 60 s or more, as one "
        "that was killed",
        examples=["running"],
    )
    description: str = Field(
        description="What it plays, in words", examples=["2014-01-01 to 2014-01-31, 100 stations"]
    )
    dataset: str = Field(examples=["global-hourly"])
    feed_id: str | None = Field(examples=["2014-01-01_2014-01-31_100"])
    first_day: str | None = Field(
        description="null: the newest day of each station-year", examples=["2026-11-01"]
    )
    last_day: str | None = Field(description="Included", examples=["2026-11-24"])
    started_at: str = Field(examples=["2026-11-26T00:00:00Z"])
    heartbeat_at: str = Field(
        description="When it last said how far it is", examples=["2026-11-26T00:59:55Z"]
    )
    ended_at: str | None = Field(examples=["2026-11-26T06:12:00Z"])
    failure: str | None = Field(
        description="Why it did not come to its end", examples=["The bridge ended with status 1"]
    )
    fed: int = Field(
        ge=0, description="Observations handed to Kafka and acknowledged", examples=[67804]
    )
    rows_per_s: float = Field(
        ge=0, description="Of these, per second, over the last minute", examples=[33.1]
    )
    newest_hour: str | None = Field(
        description="How far it is in the time of the data",
        examples=["2014-01-14T05:00:00Z"],
    )


class StreamState(BaseModel):
    """Whether the stream runs, and where one is started."""

    run: StreamRun | None = Field(description="The run that began last; null: none is known of")
    start_url: str = Field(
        description="Where Airflow starts a run",
        examples=["http://127.0.0.1:24001/dags/stream_observations"],
    )


@router.get(
    "/stream",
    summary="Whether the stream runs",
    response_model=StreamState,
    responses=PROBLEMS,
    tags=["live"],
)
def stream(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
    """The newest run: how far it is, or when and how it ended. As event `stream` of `/live`."""
    return respond_object(request, read_stream(engine, settings))


def read_stream(engine: Engine, settings: Settings) -> dict[str, Any]:
    """A `StreamState` as it is now."""
    with engine.connect() as connection:
        run = stream_runs.read_newest(connection)
    return {
        "run": run and {name: _written(run[name]) for name in StreamRun.model_fields},
        "start_url": f"{settings.airflow_url}/dags/stream_observations",
    }


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return iso_time(value)
    return value.isoformat() if isinstance(value, date) else value
