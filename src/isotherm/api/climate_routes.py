"""The routes about the climate of a place: made of its months; nothing is aggregated in MySQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Connection, Engine

from isotherm.api import climate_models, climate_rows, models
from isotherm.api.attribution import source_meta
from isotherm.api.climate_months import MOST_MONTHS, MonthsWanted, read_days, read_packed
from isotherm.api.climate_parameters import (
    AnomalyPeriod,
    AtLeast,
    Base,
    Below,
    Cursor,
    ElementName,
    NormalsBy,
    OwnThreshold,
    Percents,
    Period,
    hundredths,
    read_percents,
)
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import DEFAULT_RULE_NAME, Format, From, Limit, Rule, To, read_range
from isotherm.api.problems import STATION_PROBLEMS
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.series import STATION_SERIES, Selection, read_series
from isotherm.api.series_routes import StationName, csv_response
from isotherm.api.station_lookup import resolve_station
from isotherm.climatology import normals
from isotherm.climatology.months import Day
from isotherm.climatology.normals import Reference
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.settings import Settings

router = APIRouter()
DEFAULT_LIMIT: Final = 1000
_DEGREES: Final = "degree Celsius"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every route is asked: whose climate, by which rule, and how the answer is written."""

    request: Request
    engine: Engine
    settings: Settings
    station: str
    rule: str
    wanted: Wanted
    range: tuple[Any, Any] = (None, None)

    def answer(
        self, name: str, row: type[BaseModel], make: Callable[[Connection, MonthsWanted], "_Made"]
    ) -> Response:
        """The rows that `make` makes, a page of them or all."""
        with self.engine.connect() as connection:
            station_id = resolve_station(connection, self.station)
            made = make(connection, MonthsWanted(station_id, self.rule, *self.range))

        def read(after: str | None, limit: int) -> ListPage:
            start = int(after or 0)
            end = start + limit
            return ListPage(made.rows[start:end], str(end) if end < len(made.rows) else None)

        meta = {
            "station_id": station_id,
            "rule": self.rule,
            "layer": "batch",
            "units": {one: _DEGREES for one in row.model_fields if one.endswith("_c")},
            **made.meta,
            **source_meta(self.settings),
        }
        file_name = f"isotherm-{station_id}-{name}-{self.rule}"
        listing = Listing(file_name, tuple(row.model_fields), meta, read)
        return respond_list(self.request, listing, self.wanted, DEFAULT_LIMIT)


@dataclass(frozen=True, slots=True)
class _Made:
    """Rows, and what holds for all of them."""

    rows: Sequence[Mapping[str, Any]]
    meta: Mapping[str, Any] = field(default_factory=dict)


def _route(name: str, summary: str, row: type[BaseModel], meta: type[BaseModel]) -> dict[str, Any]:
    return {
        "path": f"/stations/{{station}}/{name}",
        "name": f"station_{name.replace('-', '_')}",
        "summary": summary,
        "response_model": cast(Any, models.Page)[row, meta],
        "responses": {**csv_response("One page"), **STATION_PROBLEMS},
        "tags": ["climate"],
    }


def _reference(days: Sequence[Day]) -> tuple[Reference | None, dict[str, Any]]:
    found = normals.choose_reference(one.day.year for one in days)
    if found is None:
        return None, {"reference": None}
    names = ("first_year", "last_year", "year_count")
    return found, {"reference": {name: getattr(found, name) for name in names}}


@router.get(
    **_route(
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
    own = OwnThreshold(element, below, at_least).read()
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        return _Made(climate_rows.threshold_rows(read_days(connection, months), period, own))

    asked = _Asked(request, engine, settings, station, rule, wanted, span)
    return asked.answer("threshold-days", climate_models.ThresholdDays, make)


@router.get(
    **_route("streaks", "Longest runs of such days", climate_models.Streak, climate_models.ClimateMeta)
)
def streaks(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
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
    own = OwnThreshold(element, below, at_least).read()
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        return _Made(climate_rows.streak_rows(read_days(connection, months), period, own))

    asked = _Asked(request, engine, settings, station, rule, wanted, span)
    return asked.answer("streaks", climate_models.Streak, make)


@router.get(
    **_route(
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
    start: From = None,
    to: To = None,
    period: Period = "year",
    heating_base_c: Base = 18,
    cooling_base_c: Base = 18,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Sums of how far the days' means lie below the heating base, and above the cooling base."""
    bases = hundredths(heating_base_c), hundredths(cooling_base_c)
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        rows = climate_rows.degree_day_rows(read_days(connection, months), period, *bases)
        facts = {"heating_base_c": heating_base_c, "cooling_base_c": cooling_base_c}
        return _Made(rows, facts)

    asked = _Asked(request, engine, settings, station, rule, wanted, span)
    return asked.answer("degree-days", climate_models.DegreeDays, make)


@router.get(
    **_route(
        "whole-period", "Everything as one", climate_models.WholePeriod, climate_models.ClimateMeta
    )
)
def whole_period(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """One row: all months in the range merged into one period; none where there is no month."""
    wanted, (first, end) = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        chosen = Selection(rule, LAYER_BATCH, first, end, None, MOST_MONTHS)
        rows = read_series(connection, STATION_SERIES["monthly"], chosen, months.station_id).rows
        return _Made(climate_rows.whole_rows(rows))

    asked = _Asked(request, engine, settings, station, rule, wanted)
    return asked.answer("whole-period", climate_models.WholePeriod, make)


@router.get(**_route("records", "Records", climate_models.Record, climate_models.ClimateMeta))
def record_values(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    start: From = None,
    to: To = None,
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Highest and lowest temperatures with their days: of all months, then of each calendar month."""
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        return _Made(climate_rows.record_rows(read_days(connection, months)))

    asked = _Asked(request, engine, settings, station, rule, wanted, span)
    return asked.answer("records", climate_models.Record, make)


@router.get(
    **_route("percentiles", "Percentiles", climate_models.Percentile, climate_models.ClimateMeta)
)
def percentiles(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    start: From = None,
    to: To = None,
    percents: Percents = "5,25,50,75,95",
    rule: Rule = DEFAULT_RULE_NAME,
    limit: Limit = None,
    cursor: Cursor = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Percentiles of all observations by nearest rank: of all months, then of each calendar month."""
    chosen = read_percents(percents)
    wanted, span = Wanted(format, cursor, limit), read_range(start, to)

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        histograms = read_packed(connection, months, "temperature_histogram")
        return _Made(climate_rows.percentile_rows(histograms, chosen))

    asked = _Asked(request, engine, settings, station, rule, wanted, span)
    return asked.answer("percentiles", climate_models.Percentile, make)


@router.get(**_route("normals", "Normals", climate_models.Normal, climate_models.NormalsMeta))
def normal_values(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
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

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        days = read_days(connection, months)
        reference, meta = _reference(days)
        if by == "hour":
            courses = read_packed(connection, months, "day_course")
            return _Made(climate_rows.hour_normal_rows(courses, reference), meta)
        known = normals.within(days, reference) if reference else []
        found = normals.day_normals(known) if by == "day" else normals.month_normals(known).values()
        return _Made(climate_rows.normal_rows(found), meta)

    wanted = Wanted(format, cursor, limit)
    asked = _Asked(request, engine, settings, station, rule, wanted)
    return asked.answer(f"normals-by-{by}", climate_models.Normal, make)


@router.get(**_route("anomalies", "Anomalies", climate_models.Anomaly, climate_models.NormalsMeta))
def anomalies(
    station: StationName,
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
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

    def make(connection: Connection, months: MonthsWanted) -> _Made:
        days = read_days(connection, months)
        reference, meta = _reference(days)
        shown = [
            one
            for one in days
            if (first is None or one.day >= first.date()) and (end is None or one.day < end.date())
        ]
        chosen = None if period == "day" else period
        return _Made(climate_rows.anomaly_rows(days, shown, chosen, reference), meta)

    asked = _Asked(request, engine, settings, station, rule, wanted)
    return asked.answer(f"anomalies-by-{period}", climate_models.Anomaly, make)
