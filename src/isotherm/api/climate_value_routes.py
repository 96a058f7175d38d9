"""The routes about all temperatures of a place: as one, its records, its percentiles."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.engine import Connection

from isotherm.api import climate_models, climate_rows
from isotherm.api.climate_answers import Asked, Made, climate_route
from isotherm.api.climate_months import MOST_MONTHS, MonthsWanted, read_days, read_packed
from isotherm.api.climate_parameters import (
    Cursor,
    Percents,
)
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import DEFAULT_RULE_NAME, Format, From, Limit, Rule, To, read_range
from isotherm.api.render import Wanted
from isotherm.api.series import STATION_SERIES, Selection
from isotherm.api.series_routes import StationName
from isotherm.api.series_rows import read_series
from isotherm.api.styled_rows import StyleDep, UnitsDep
from isotherm.hourly_summary import LAYER_BATCH

router = APIRouter()


@router.get(
    **climate_route(
        "whole-period", "Everything as one", climate_models.WholePeriod, climate_models.ClimateMeta
    )
)
def whole_period(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """One row: all months in the range merged into one period; none where there is no month."""
    wanted, (first, end) = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        monthly = STATION_SERIES["monthly"]
        chosen = Selection(monthly.period, rule, LAYER_BATCH, first, end, None, MOST_MONTHS)
        rows = read_series(connection, monthly, chosen, months.station_id).rows
        return Made(climate_rows.whole_rows(rows))

    asked = Asked(request, engine, settings, station, rule, wanted, style=style)
    return asked.answer("whole-period", climate_models.WholePeriod, make)


@router.get(**climate_route("records", "Records", climate_models.Record, climate_models.ClimateMeta))
def record_values(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: StyleDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Highest and lowest temperatures with their days: of all months, then of each calendar month."""
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        return Made(climate_rows.record_rows(read_days(connection, months)))

    asked = Asked(request, engine, settings, station, rule, wanted, span, style)
    return asked.answer("records", climate_models.Record, make)


@router.get(
    **climate_route("percentiles", "Percentiles", climate_models.Percentile, climate_models.ClimateMeta)
)
def percentiles(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    style: UnitsDep,
    start: From = None,
    to: To = None,
    percents: Percents = "5,25,50,75,95",
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Percentiles of all observations by nearest rank: of all months, then of each calendar month."""
    chosen = [float(one) for one in percents.split(",")]
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> Made:
        histograms = read_packed(connection, months, "temperature_histogram")
        days = read_days(connection, months)
        return Made(climate_rows.percentile_rows(histograms, chosen, days))

    asked = Asked(request, engine, settings, station, rule, wanted, span, style)
    return asked.answer("percentiles", climate_models.Percentile, make)
