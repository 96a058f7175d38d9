"""The routes that count days of a place: by thresholds, in runs, as degree days."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.engine import Connection

from isotherm.api import climate_models, climate_rows
from isotherm.api.climate_answers import Asked, Made, climate_route
from isotherm.api.climate_months import MonthsWanted, read_days
from isotherm.api.climate_parameters import (
    AtLeast,
    Below,
    CoolingBase,
    Cursor,
    ElementName,
    HeatingBase,
    Period,
    hundredths,
    own_threshold,
)
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import DEFAULT_RULE_NAME, Format, From, Limit, Rule, To, read_range
from isotherm.api.render import Wanted
from isotherm.api.series_routes import StationName
from isotherm.api.styled_rows import StyleDep

router = APIRouter()


@router.get(
    **climate_route(
        "threshold-days",
        "Frost, ice and summer days, tropical nights",
        climate_models.ThresholdDays,
        climate_models.ClimateMeta,
    )
)
def threshold_days(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    period: Period = "year",
    element: ElementName = "mean",
    below: Below = None,
    at_least: AtLeast = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """How many days were of a kind, by period; a threshold of one's own beside the usual four.

    Exact: counted from each day's minimum, maximum and mean. Days are UTC days; the months that begin
    in the range are counted.
    """
    own = own_threshold(element, at_least, below)
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        return Made(climate_rows.threshold_rows(read_days(connection, months), period, own))

    asked = Asked(request, engine, settings, station, rule, wanted, span, style)
    return asked.answer("threshold-days", climate_models.ThresholdDays, make)


@router.get(
    **climate_route(
        "streaks", "Longest runs of such days", climate_models.Streak, climate_models.ClimateMeta
    )
)
def streaks(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    period: Period = "year",
    element: ElementName = "mean",
    below: Below = None,
    at_least: AtLeast = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """The longest run of frost, ice and summer days, tropical nights, and days by one's own threshold.

    A day without a temperature ends a run, and so do the ends of a period: `period=all` cuts none.
    """
    own = own_threshold(element, at_least, below)
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        return Made(climate_rows.streak_rows(read_days(connection, months), period, own))

    asked = Asked(request, engine, settings, station, rule, wanted, span, style)
    return asked.answer("streaks", climate_models.Streak, make)


@router.get(
    **climate_route(
        "degree-days",
        "Heating and cooling degree days",
        climate_models.DegreeDays,
        climate_models.ClimateMeta,
    )
)
def degree_days(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    period: Period = "year",
    heating_base_c: HeatingBase = 18,
    cooling_base_c: CoolingBase = 18,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Sums of how far the days' means lie below the heating base, and above the cooling base."""
    bases = hundredths(heating_base_c), hundredths(cooling_base_c)
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        rows = climate_rows.degree_day_rows(read_days(connection, months), period, *bases)
        facts = {"heating_base_c": heating_base_c, "cooling_base_c": cooling_base_c}
        return Made(rows, facts)

    asked = Asked(request, engine, settings, station, rule, wanted, span, style)
    return asked.answer("degree-days", climate_models.DegreeDays, make)
