"""The routes about what is normal at a place, and how far it was from that."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.engine import Connection

from isotherm.api import climate_models, climate_rows
from isotherm.api.climate_answers import Asked, Made, climate_route
from isotherm.api.climate_months import MonthsWanted, read_days, read_packed
from isotherm.api.climate_parameters import (
    AnomalyPeriod,
    Cursor,
    NormalsBy,
)
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import DEFAULT_RULE_NAME, Format, From, Limit, Rule, To, read_range
from isotherm.api.render import Wanted
from isotherm.api.series_routes import StationName
from isotherm.api.styled_rows import StyleDep, UnitsDep
from isotherm.climatology import normals
from isotherm.climatology.months import Day
from isotherm.climatology.normals import Reference

router = APIRouter()


def _reference(days: Sequence[Day]) -> tuple[Reference | None, dict[str, Any]]:
    found = normals.choose_reference(one.day.year for one in days)
    if found is None:
        return None, {"reference": None}
    names = ("first_year", "last_year", "year_count")
    return found, {"reference": {name: getattr(found, name) for name in names}}


@router.get(**climate_route("normals", "Normals", climate_models.Normal, climate_models.NormalsMeta))
def normal_values(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: UnitsDep,
    by: NormalsBy = "month",
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """What is normal: means of 1991 to 2020 where there are ten years of them, else of all years.

    `meta.reference` says which. A month's is the mean of its means year by year, an hour's that of all
    its observations, a day's that of the days within seven days of it.
    """

    def make(connection: Connection, months: MonthsWanted) -> Made:
        days = read_days(connection, months)
        reference, meta = _reference(days)
        known = normals.within(days, reference) if reference else []
        if by == "hour":
            courses = read_packed(connection, months, "day_course")
            return Made(climate_rows.hour_normal_rows(courses, reference, known), meta)
        found = normals.day_normals(known) if by == "day" else normals.month_normals(known).values()
        return Made(climate_rows.normal_rows(found), meta)

    wanted = Wanted(format, cursor, limit)
    asked = Asked(request, engine, settings, station, rule, wanted, style=style)
    return asked.answer(f"normals-by-{by}", climate_models.Normal, make)


@router.get(
    **climate_route("anomalies", "Anomalies", climate_models.Anomaly, climate_models.NormalsMeta)
)
def anomalies(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    period: AnomalyPeriod = "month",
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """How far days, months, seasons or years were from normal; see `/normals` for what that is.

    Seasons and years are held against the normals of the months they have, so that a missing month does
    not pass for a warm or a cold one; their grade is weak then.
    """
    wanted, (first, end) = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        days = read_days(connection, months)
        reference, meta = _reference(days)
        shown = [
            one
            for one in days
            if (first is None or one.day >= first.date()) and (end is None or one.day < end.date())
        ]
        chosen = None if period == "day" else period
        return Made(climate_rows.anomaly_rows(days, shown, chosen, reference), meta)

    asked = Asked(request, engine, settings, station, rule, wanted, style=style)
    return asked.answer(f"anomalies-by-{period}", climate_models.Anomaly, make)
