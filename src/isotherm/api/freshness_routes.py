"""The routes that say how fresh each source and each station is, the stalest first."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, ReaderDep, SettingsDep
from isotherm.api.parameters import Format, From, Limit, cursor_of, read_time
from isotherm.api.problems import PROBLEMS, UNCHANGED
from isotherm.api.render import Listing, ListPage, Wanted, respond_list, respond_object
from isotherm.api.series_routes import csv_response
from isotherm.api.stations import is_place
from isotherm.datasets.dataset_facts import DatasetFacts
from isotherm.datasets.facts import FACTS
from isotherm.datasets.freshness import Freshness, freshness_of, has_ended
from isotherm.stores.tables import source_file, station
from isotherm.utc import iso_time, to_aware

router = APIRouter()
DEFAULT_LIMIT: Final = 100


class SourceFreshness(BaseModel):
    """One dataset: how new its newest observation is, and how that came here."""

    dataset: str = Field(examples=["ghcnh"])
    title: str = Field(examples=["Global Historical Climatology Network hourly"])
    state: Freshness | None = Field(
        description="As in /pipeline; null: nothing of it is here", examples=["fresh"]
    )
    last_day: str | None = Field(
        description="The last day it will ever have; null: it goes on", examples=["2026-11-24"]
    )
    usual_delay_h: float = Field(
        description="From an observation to its publication, usually", examples=[36]
    )
    newest_at: str | None = Field(
        description="The newest observation that counts and is in MySQL",
        examples=["2026-11-24T23:00:00Z"],
    )
    published_at: str | None = Field(
        description="When the file that has it was published", examples=["2026-11-25T21:10:00Z"]
    )
    loaded_at: str | None = Field(
        description="When that file was in MySQL", examples=["2026-11-26T00:21:00Z"]
    )
    loaded_by: str | None = Field(
        description="The run that brought it there",
        examples=["ingest_observations scheduled__2026-11-26"],
    )
    latency_s: int | None = Field(
        description="From that file's publication until it was in MySQL", examples=[1800]
    )
    lag_s: int | None = Field(description="From its newest observation to now", examples=[172_800])
    asked_at: str | None = Field(
        description="When a file of it was last downloaded", examples=["2026-11-26T00:02:00Z"]
    )


class Sources(BaseModel):
    """Every dataset, in the order they serve."""

    data: list[SourceFreshness]
    meta: models.Meta


class StationFreshness(BaseModel):
    """One station's newest observation."""

    station_id: str = models.STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    last_observed_at: str = Field(
        description="Its newest observation that counts and is in MySQL, UTC",
        examples=["2014-01-31T23:51:00Z"],
    )
    lag_s: int = Field(ge=0, description="From it to now", examples=[172_800])


@router.get(
    "/freshness/sources",
    summary="How fresh each source is",
    response_model=Sources,
    responses={**UNCHANGED, **PROBLEMS},
    tags=["pipeline"],
)
def sources(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
    """By its newest observation that counts, batch layer, and how long that took to come here."""
    now = datetime.now(UTC)
    with engine.connect() as connection:
        data = [_source(connection, facts, now) for facts in FACTS]
    return respond_object(request, {"data": data, "meta": source_meta(settings)})


@router.get(
    "/freshness/stations",
    summary="How fresh each station is",
    response_model=models.Page[StationFreshness, models.Meta],
    responses={**csv_response("One page"), **PROBLEMS},
    tags=["pipeline"],
)
def stations(
    request: Request,
    engine: ReaderDep,
    settings: SettingsDep,
    since: From = None,
    limit: Limit = None,
    cursor: Annotated[
        str | None, cursor_of(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2},[!-~]{1,11}$")
    ] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """The stalest first. With `from` only those heard since, which leaves out those that are closed."""
    now = datetime.now(UTC)
    first = read_time("from", since)

    def read(after: str | None, size: int) -> ListPage:
        with engine.connect() as connection:
            rows = connection.execute(_stalest(first, after, size + 1)).all()
        shown = [
            {
                "station_id": one.station_id,
                "name": one.name,
                "last_observed_at": iso_time(one.last_observed_at),
                "lag_s": _seconds(to_aware(one.last_observed_at), now),
            }
            for one in rows[:size]
        ]
        if len(rows) <= size:
            return ListPage(shown)
        last = rows[size - 1]
        return ListPage(shown, f"{last.last_observed_at.isoformat()},{last.station_id}")

    columns = tuple(StationFreshness.model_fields)
    listing = Listing("isotherm-freshness", columns, source_meta(settings), read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


def _stalest(first: datetime | None, after: str | None, size: int) -> sa.Select[Any]:
    """From the beginning of `ix_station_last_observed`, or from where a page ended."""
    row = station.c
    statement = (
        sa.select(row.station_id, row.name, row.last_observed_at)
        .where(is_place(), row.last_observed_at.is_not(None))
        .order_by(row.last_observed_at, row.station_id)
        .limit(size)
    )
    if first is not None:
        statement = statement.where(row.last_observed_at >= first)
    if after is None:
        return statement
    moment, _, station_id = after.partition(",")
    return statement.where(
        row.last_observed_at >= moment,
        sa.or_(row.last_observed_at > moment, row.station_id > station_id),
    )


def _source(connection: sa.Connection, facts: DatasetFacts, now: datetime) -> dict[str, Any]:
    """Of one dataset: two looks at the ends of indexes."""
    file = source_file.c
    of_dataset = file.dataset == facts.name
    newest = connection.execute(
        sa.select(file.newest_loaded_at, file.published_at, file.loaded_at, file.loaded_by)
        .where(of_dataset, file.newest_loaded_at.is_not(None))
        .order_by(file.newest_loaded_at.desc())
        .limit(1)
    ).one_or_none()
    asked_at = connection.scalar(sa.select(sa.func.max(file.downloaded_at)).where(of_dataset))
    told = {
        "dataset": facts.name,
        "title": facts.title,
        "last_day": str(facts.last_day) if has_ended(facts, now) else None,
        "usual_delay_h": facts.publishing_delay / timedelta(hours=1),
        "asked_at": asked_at and iso_time(asked_at),
    }
    if newest is None:
        none = ("state", "newest_at", "published_at", "loaded_at", "loaded_by", "latency_s", "lag_s")
        return {**told, **dict.fromkeys(none)}
    observed_at = to_aware(newest.newest_loaded_at)
    return {
        **told,
        "state": freshness_of(observed_at, now, facts),
        "newest_at": iso_time(observed_at),
        "published_at": iso_time(newest.published_at),
        "loaded_at": newest.loaded_at and iso_time(newest.loaded_at),
        "loaded_by": newest.loaded_by,
        "latency_s": newest.loaded_at and _seconds(newest.published_at, newest.loaded_at),
        "lag_s": _seconds(observed_at, now),
    }


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))
