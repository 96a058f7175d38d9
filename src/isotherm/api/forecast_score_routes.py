"""The routes that say what forecasts came to: of one station by lead, and of all of them."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response

from isotherm.api import forecast_models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.forecast_routes import Kind, kinds_of
from isotherm.api.parameters import Format, From, Limit, To, cursor_of, read_range
from isotherm.api.problems import PROBLEMS, STATION_PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series_routes import StationName, csv_response
from isotherm.api.station_lookup import resolve_station
from isotherm.api.style import Style
from isotherm.api.styled_rows import UnitsDep, columns_of, either_page, styled, units_of
from isotherm.forecast.score_sums import ALL_NEAR_LEADS, SCORED_BASELINES, Integers, PeriodScore
from isotherm.stores.forecast_scores import (
    StationSkill,
    read_newest_day,
    read_period,
    read_stations,
)
from isotherm.stores.tables import station as station_table

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
_DEFAULT_DAYS: Final = timedelta(days=27)
_MOMENT: Final = timedelta(microseconds=1)
_PERCENTS: Final = {
    one: "percent" for one in forecast_models.Scores.model_fields if one.endswith("_pct")
}
_NONE_YET: Final = (
    "No forecast of these days has been held against what came: forecasts are scored once the hours "
    "they were of have landed."
)
_Range = tuple[datetime | None, datetime | None]


@router.get(
    "/stations/{station}/forecast/scores",
    name="station_forecast_scores",
    summary="What a station's forecasts came to, by lead",
    response_model=either_page(forecast_models.LeadScores, forecast_models.StationScoresMeta),
    responses={**csv_response("All leads"), **STATION_PROBLEMS},
    tags=["forecast"],
)
def station_scores(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: UnitsDep,
    start: From = None,
    to: To = None,
    kind: Kind = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Mean absolute error, bias, skill against each baseline and coverage of the interval, by lead.

    Of the days in the range; by default of the last 28 days that are scored. In service only
    forecasts count that were issued before their hour was known here.
    """
    asked = read_range(start, to)
    with engine.connect() as connection:
        station_id = resolve_station(connection, station)
        found, days = _choose(connection, kinds_of(kind), asked, station_id)
        by_lead = read_period(connection, station_id, found, *days) if found and days else {}
    together = by_lead.pop(ALL_NEAR_LEADS, None)
    rows = [{"lead_h": lead, **_scores(one.sums)} for lead, one in by_lead.items()]
    meta = {
        "station_id": station_id,
        **_about(found, days, style, is_empty=not rows),
        "day_count": max((one.day_count for one in by_lead.values()), default=0),
        "overall": together and _in(style, _scores(together.sums)),
        **source_meta(settings),
    }
    listing = Listing(
        "-".join(["isotherm", station_id, "forecast-scores", *style.words]),
        ("lead_h", *columns_of(forecast_models.Scores, style)),
        meta,
        lambda _after, _limit: ListPage(styled(rows, style)),
    )
    return respond_list(request, listing, Wanted(format, None, None))


@router.get(
    "/forecast/scores",
    name="forecast_scores",
    summary="What forecasts came to, by station",
    response_model=either_page(forecast_models.StationScores, forecast_models.AllScoresMeta),
    responses={**csv_response("One page"), **PROBLEMS},
    tags=["forecast"],
)
def all_scores(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: UnitsDep,
    start: From = None,
    to: To = None,
    kind: Kind = None,
    limit: Limit = None,
    cursor: Annotated[str | None, cursor_of("^[!-~]{1,11}$")] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Forecasts of the next 24 hours held against what came: a row per station, and their mean.

    Of the days in the range; by default of the last 28 days that are scored.
    """
    asked = read_range(start, to)
    with engine.connect() as connection:
        found, days = _choose(connection, kinds_of(kind), asked, None)
        stations = read_stations(connection, found, *days) if found and days else []

    def read(after: str | None, limit: int) -> ListPage:
        page = [one for one in stations if one.station_id > (after or "")]
        with engine.connect() as connection:
            names = _names(connection, [one.station_id for one in page[:limit]])
        rows = [_station_row(one, names) for one in page[:limit]]
        following = rows[-1]["station_id"] if len(page) > limit else None
        return ListPage(styled(rows, style), following)

    meta = {
        **_about(found, days, style, is_empty=not stations),
        "overall": _in(style, _mean(stations)),
        **source_meta(settings),
    }
    columns = ("station_id", "name", "day_count", *columns_of(forecast_models.Scores, style))
    listing = Listing("-".join(["isotherm-forecast-scores", *style.words]), columns, meta, read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


def _choose(
    connection: sa.Connection, kinds: Sequence[str], asked: _Range, station_id: str | None
) -> tuple[str | None, tuple[date, date] | None]:
    """The first kind that has a score at all, and the days asked for, both included."""
    for kind in kinds:
        newest = read_newest_day(connection, kind, station_id)
        if newest is not None:
            first, end = asked
            last_day = newest if end is None else (end - _MOMENT).date()
            first_day = last_day - _DEFAULT_DAYS if first is None else first.date()
            return kind, (first_day, last_day)
    return None, None


def _in(style: Style, row: dict[str, Any]) -> Any:  # noqa: ANN401 - one row of `styled`
    return styled([row], style)[0]


def _about(
    kind: str | None, days: tuple[date, date] | None, style: Style, *, is_empty: bool
) -> dict[str, Any]:
    first, last = (None, None) if days is None else map(str, days)
    return {
        "kind": kind,
        "first_day": first,
        "last_day": last,
        "reason": _NONE_YET if is_empty else None,
        "units": {**units_of(forecast_models.Scores, style), **_PERCENTS},
    }


def _station_row(one: StationSkill, names: Mapping[str, str | None]) -> dict[str, Any]:
    own = {"station_id": one.station_id, "name": names.get(one.station_id), "day_count": one.day_count}
    return {**own, **_scores(one.sums)}


def _names(connection: sa.Connection, station_ids: Sequence[str]) -> dict[str, str | None]:
    table = station_table.c
    statement = sa.select(table.station_id, table.name).where(table.station_id.in_(station_ids))
    return {row.station_id: row.name for row in connection.execute(statement)}


def _scores(sums: Integers) -> dict[str, Any]:
    """A `Scores`."""
    period = PeriodScore.of(sums)
    own = period.forecast
    against = {name: period.against[name] for name in SCORED_BASELINES}
    return {
        "pair_count": own.pair_count,
        "mae_c": _rounded(own.mae_c, 3),
        "rmse_c": _rounded(own.rmse_c, 3),
        "bias_c": _rounded(own.bias_c, 3),
        "interval_pair_count": period.interval_count,
        "coverage_pct": _rounded(period.coverage_pct, 2),
        **{f"skill_vs_{name}_pct": _rounded(one.skill_pct, 2) for name, one in against.items()},
        **{f"{name}_mae_c": _rounded(one.baseline.mae_c, 3) for name, one in against.items()},
        **{f"{name}_pair_count": one.baseline.pair_count for name, one in against.items()},
    }


def _mean(stations: Sequence[StationSkill]) -> dict[str, Any]:
    """An `AllScores`."""
    scores = [PeriodScore.of(one.sums) for one in stations]
    skills = {
        f"mean_skill_vs_{name}_pct": _mean_of([one.against[name].skill_pct for one in scores], 2)
        for name in SCORED_BASELINES
    }
    return {
        "station_count": len(scores),
        "mean_mae_c": _mean_of([one.forecast.mae_c for one in scores], 3),
        **skills,
        "mean_coverage_pct": _mean_of([one.coverage_pct for one in scores], 2),
    }


def _mean_of(values: Sequence[float], decimals: int) -> float | None:
    known = [one for one in values if not math.isnan(one)]
    return round(math.fsum(known) / len(known), decimals) if known else None


def _rounded(value: float, decimals: int) -> float | None:
    return None if math.isnan(value) else round(value, decimals)
