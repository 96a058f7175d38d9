"""From a number to what it was made of."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response

from isotherm.api import calendar_patterns, trace_models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.hour_records import hour_records, source_files
from isotherm.api.parameters import DEFAULT_RULE_NAME, Layer, Rule, read_time
from isotherm.api.place_hours import read_place_hours
from isotherm.api.places_read import Membership, Places
from isotherm.api.problems import STATION_PROBLEMS, UNCHANGED
from isotherm.api.render import respond_object
from isotherm.api.series import STATION_SERIES, Selection
from isotherm.api.series_routes import StationName, of_place
from isotherm.api.trace import ServedHour, hour_of, trace

router = APIRouter()
_HOURLY: Final = STATION_SERIES["hourly"]


@router.get(
    "/stations/{station}/trace",
    summary="Where an hour's number comes from",
    response_model=trace_models.OneTrace,
    responses={**UNCHANGED, **STATION_PROBLEMS},
    tags=["stations"],
)
def station_trace(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    hour: Annotated[
        str,
        Query(
            description="A time in the hour, UTC unless it names an offset, ISO 8601",
            examples=["2014-01-01T00:00:00Z"],
            pattern=calendar_patterns.TIME,
        ),
    ],
    layer: Layer = None,
    rule: Rule = DEFAULT_RULE_NAME,
) -> Response:
    """The hour as it is served and the file of NOAA's it was computed from, with version and address.

    With each observation of the file in that hour, its line, its quality code and why it does or does
    not count; whether they give the number once more; and the Airflow run that loaded the file. Of an
    hour of the speed layer the newest message behind it. 404 where nothing counts in that hour.
    """
    time = read_time("hour", hour)
    assert time is not None  # noqa: S101 - the parameter is required
    first, end = hour_of(time)
    selection = Selection(_HOURLY.period, rule, layer, first, end, None, 1)
    places: Places = request.app.state.places

    def answer(member: Membership) -> Response:
        found = read_place_hours(places, selection, member)
        if not found.rows:
            raise HTTPException(404, {"detail": _nothing(member, hour, rule), "candidates": []})
        (record,) = hour_records(found.rows, member.place_id, rule, source_files(found.files))
        served = msgspec.to_builtins(record)
        steps = trace(engine, settings, ServedHour.of(served))
        root = request.scope.get("root_path", "")
        links = _links(f"{root}/api/v1/stations/{member.place_id}", served["hour_start"], steps)
        data = {"hour": served, **steps, "links": links}
        return respond_object(request, {"data": data, "meta": source_meta(settings)})

    return of_place(places, station, answer)


def _nothing(member: Membership, hour: str, rule: str) -> str:
    return (
        f"Nothing of {member.place_id} counts in the hour of {hour} under the rule {rule}. "
        f"GET /api/v1/stations/{member.place_id} says when it has temperatures."
    )


def _links(own: str, hour: str, steps: dict[str, Any]) -> dict[str, str]:
    """Where to look on; `own` is the station's address, with what the API is mounted under."""
    links = {
        "hour": f"{own}/hourly?from={hour}&limit=1",
        "day": f"{own}/daily?from={hour[:10]}&limit=1",
    }
    if steps["file"] is not None:
        links["file"] = steps["file"]["noaa_url"]
    if steps["run"] is not None and steps["run"]["url"] is not None:
        links["run"] = steps["run"]["url"]
    return links
