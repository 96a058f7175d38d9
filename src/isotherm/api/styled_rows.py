"""Rows that are dictionaries in the units and by the clock asked for, and the models of both.

Their degrees are finished, to hundredths (scores to thousandths): they are converted from these digits,
exactly, and rounded once more, halves to the even one.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, cast

from fastapi import Depends
from pydantic import BaseModel, create_model

from isotherm.api import models
from isotherm.api.parameters import UnitSystem
from isotherm.api.period_labels import first_day
from isotherm.api.style import DEFAULT_STYLE, Style
from isotherm.api.units import DEFAULT_UNITS, UnitsName
from isotherm.api.zones import UTC_NAME, TimeZone, in_zone, read_zone, starts_at
from isotherm.climatology.months import rounded

Row = Mapping[str, Any]
_STARTS_AT: Final = "starts_at"
_CELSIUS, _FAHRENHEIT = "_c", "_f"
_DEGREE_DAYS: Final = ("heating_degree_days", "cooling_degree_days")
# Differences of temperatures: 1 K is 1.8 degrees Fahrenheit, without the offset.
_ERRORS: Final = ("bias_c", "mae_c", "rmse_c")
_DIFFERENCES: Final = ("anomaly_c", *_ERRORS, *_DEGREE_DAYS)
_HOURS: Final = ("hour_start", "valid_at")
# What a row of a longer period calls it.
_PERIODS: Final = ("period", "day", "first_month", "month", "year")
_THOUSAND: Final = 1000
_IN_HUNDREDTHS, _IN_THOUSANDTHS = 100, 1000


# Coroutines, that they run where they are asked for.
async def read_style(units: UnitSystem = DEFAULT_UNITS, tz: TimeZone = UTC_NAME) -> Style:
    """The units and the clock.

    Raises:
        RequestValidationError: no zone.
    """
    return Style(units, read_zone(tz))


async def read_units(units: UnitSystem = DEFAULT_UNITS) -> Style:
    """The units, of rows that are of no instant."""
    return Style(units)


StyleDep = Annotated[Style, Depends(read_style)]
UnitsDep = Annotated[Style, Depends(read_units)]


def styled(rows: Sequence[Row], style: Style) -> Sequence[Row]:
    """The rows so."""
    if style == DEFAULT_STYLE:
        return rows
    return [dict(_items(one, style)) for one in rows]


def _items(row: Row, style: Style) -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if style.zone is not None and name in _HOURS:
            yield name, in_zone(value, style.zone)
            continue
        yield name_in(name, style.units), value_in(name, value, style.units)
        if style.zone is not None and _is_period(name, value):
            first = first_day(value)
            yield _STARTS_AT, first and starts_at(first, style.zone)


def _is_period(name: str, value: object) -> bool:
    """The calendar month of a normal or a record is a number, and none."""
    return name in _PERIODS and (isinstance(value, str) or name == "year")


def has_degrees(name: str) -> bool:
    """Whether a field is a temperature or a difference of such."""
    return name.endswith(_CELSIUS) or name in _DEGREE_DAYS


def name_in(name: str, units: UnitsName) -> str:
    """A field's name, which ends with its unit; degree days are metric where none is said."""
    if units == DEFAULT_UNITS or not has_degrees(name):
        return name
    return name.removesuffix(_CELSIUS) + _FAHRENHEIT


def value_in(name: str, value: Any, units: UnitsName) -> Any:  # noqa: ANN401 - whatever a field is
    """A field's value."""
    if units == DEFAULT_UNITS or value is None or not has_degrees(name):
        return value
    offset = 0 if name.endswith(_DIFFERENCES) else 32
    steps = _IN_THOUSANDTHS if name.endswith(_ERRORS) else _IN_HUNDREDTHS
    fifths = round(value * _THOUSAND) * 9 + offset * 5 * _THOUSAND
    return rounded(fifths * steps, 5 * _THOUSAND) / steps


def columns_of(row: type[BaseModel], style: Style) -> tuple[str, ...]:
    """What a row holds, in order; the columns of its CSV."""
    names = (one for one in row.model_fields if one != _STARTS_AT or style.zone is not None)
    return tuple(name_in(one, style.units) for one in names)


def units_of(row: type[BaseModel], style: Style) -> dict[str, str]:
    """The unit of each temperature and of the times."""
    degree = "degree Celsius" if style.units == DEFAULT_UNITS else "degree Fahrenheit"
    units = {
        name_in(one, style.units): f"{degree} day" if one in _DEGREE_DAYS else degree
        for one in row.model_fields
        if has_degrees(one)
    }
    return {**units, "time": style.time_zone}


def either_page(row: type[BaseModel], meta: type[BaseModel]) -> Any:  # noqa: ANN401 - a type made at run time
    """A page of such rows in whichever units it was asked for."""
    page = cast(Any, models.Page)
    return page[row, meta] | page[imperial(row), meta]


def imperial(row: type[BaseModel]) -> type[BaseModel]:
    """The model of the same row in degrees Fahrenheit."""
    fields: dict[str, Any] = {}
    for name, info in row.model_fields.items():
        own = copy.copy(info)
        own.examples = [value_in(name, one, "imperial") for one in info.examples or ()] or None
        fields[name_in(name, "imperial")] = (info.annotation, own)
    return create_model(f"{row.__name__}Imperial", __doc__=row.__doc__, **fields)
