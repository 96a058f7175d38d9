"""The route that says what filling some days of some stations costs, and what starts it."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from isotherm.api import calendar_patterns, models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.problems import STATION_PROBLEMS, UNCHANGED, bad_parameter
from isotherm.api.render import respond_object
from isotherm.api.station_names import names_of, some_stations
from isotherm.hole_commands import MAX_DAYS, NAMED_STATIONS, AirflowRequest, Fill, fills
from isotherm.ingest.estimate import Estimate, estimate_import
from isotherm.stores.station_files import files_wanted
from isotherm.stores.work_pace import read_paces

router = APIRouter()
MAX_YEARS: Final = 60
_DAY: Final = timedelta(days=1)
# Of a backfill: what each run after the first takes where the files are shared, in seconds; measured
# with 31 days of 100 stations, see README.md.
_RUN_S: Final = 1.0


class AirflowRequestBody(BaseModel):
    """What Airflow's own API is asked, by whoever is logged in there."""

    path: str = Field(description="A POST to it", examples=["/api/v2/backfills"])
    body: dict[str, Any] = Field(
        description="Sent as JSON", examples=[{"dag_id": "ingest_observations"}]
    )


class Files(BaseModel):
    """Station-years and their bytes."""

    count: int = Field(ge=0, examples=[2])
    byte_count: int = Field(ge=0, description="gzip", examples=[640_000])


class BackfillCost(BaseModel):
    """What it takes, and what starts it."""

    dag_id: Literal["ingest_observations", "import_history"] = Field(
        description=f"Up to {MAX_DAYS} days a run per day, beyond that one import of whole years"
    )
    first_day: str = Field(description="Of what is asked for, UTC", examples=["2014-03-30"])
    last_day: str = Field(description="Inclusive", examples=["2014-04-01"])
    run_count: int = Field(ge=1, examples=[3])
    station_ids: list[str] = Field(examples=[["72530094846"]])
    new: Files = Field(description="Files that are not here; they come where the archive has them")
    known: Files = Field(description="Files that are here; they come only where they have changed")
    observation_count: int = Field(ge=0, description="In the new files", examples=[20_000])
    disk_byte_count: int = Field(
        ge=0, description="Of the new files: raw, tables on HDFS, and MySQL", examples=[9_000_000]
    )
    seconds: int = Field(ge=0, description="On the clock, about", examples=[52])
    is_measured: bool = Field(
        description="Whether it comes from what past runs took here; else from other installations"
    )
    command: str = Field(
        description="For a shell in the clone", examples=["./isotherm import --years 2014"]
    )
    curl: str = Field(
        description="For any shell; $TOKEN is a token of Airflow's",
        examples=["curl -X POST http://127.0.0.1:24001/api/v2/backfills"],
    )
    request: AirflowRequestBody
    airflow_url: str = Field(
        description="Where Airflow shows its runs",
        examples=["http://127.0.0.1:24001/dags/import_history/runs"],
    )


class BackfillAnswer(BaseModel):
    """The answer."""

    data: BackfillCost
    meta: models.Meta


First = Annotated[
    str,
    Query(
        alias="from",
        description="First UTC day",
        examples=["2014-03-30"],
        pattern=calendar_patterns.DAY,
    ),
]
End = Annotated[
    str,
    Query(
        description=f"First UTC day after the range, which is half-open; of {MAX_YEARS} years at most",
        examples=["2014-04-02"],
        pattern=calendar_patterns.DAY,
    ),
]


@router.get(
    "/backfill/cost",
    summary="What filling some days of some stations takes",
    response_model=BackfillAnswer,
    responses={**UNCHANGED, **STATION_PROBLEMS},
    tags=["pipeline"],
)
def backfill_cost(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    ids: Annotated[str, names_of(NAMED_STATIONS)],
    start: First,
    to: End,
) -> Response:
    """Files, bytes, observations and time before anything begins, by what past runs took here.

    Nothing is started: the answer holds the command, and the request to Airflow that does.
    """
    first, last = _days(start, to)
    with engine.connect() as connection:
        station_ids = some_stations(connection, ids)
        (fill,) = fills(station_ids, [(first, last)])
        data = _cost(connection, fill, station_ids)
    data |= {
        "curl": _curl(settings.airflow_url, fill.request),
        "airflow_url": f"{settings.airflow_url}/dags/{fill.dag_id}/runs",
    }
    return respond_object(request, {"data": data, "meta": source_meta(settings)})


def _days(start: str, to: str) -> tuple[date, date]:
    first, end = date.fromisoformat(start), date.fromisoformat(to)
    if end <= first or end.year - first.year > MAX_YEARS:
        raise bad_parameter(
            "to", to, f"accepted: a day after `from`, and at most {MAX_YEARS} years after it"
        )
    return first, end - _DAY


def _cost(connection: sa.Connection, fill: Fill, station_ids: list[str]) -> dict[str, Any]:
    years = fill.first_day.year, min(fill.last_day.year, datetime.now(UTC).year)
    here, absent = files_wanted(connection, station_ids, *years)
    estimate: Estimate = estimate_import(
        [*here, *absent],
        listed={},
        known=here,
        paces=read_paces(connection),
        sizes={},
        part_count=1,
    )
    datasets = {one.dataset for one in (*here, *absent)}
    return {
        "dag_id": fill.dag_id,
        "first_day": str(fill.first_day),
        "last_day": str(fill.last_day),
        "run_count": fill.run_count,
        "station_ids": station_ids,
        "new": {"count": estimate.file_count, "byte_count": estimate.byte_count},
        "known": {"count": len(here), "byte_count": sum(here.values())},
        "observation_count": estimate.row_count,
        "disk_byte_count": estimate.disk_bytes,
        "seconds": round(estimate.seconds + _RUN_S * (fill.run_count - 1)),
        "is_measured": datasets <= estimate.measured,
        "command": fill.command,
        "request": asdict(fill.request),
    }


def _curl(airflow_url: str, wanted: AirflowRequest) -> str:
    return (
        f'curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
        f"-d '{json.dumps(wanted.body)}' {airflow_url}{wanted.path}"
    )
