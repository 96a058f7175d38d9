"""What a description of single parameters cannot say of two together, told to Schemathesis.

A range, box or place that is in order is asked instead of one that is not; whatever is wrong by itself
stays wrong. That the API refuses the others is tested beside.
"""

import contextlib
import re
from datetime import date, timedelta
from typing import Any

import schemathesis
from fastapi.exceptions import RequestValidationError

from isotherm.api.parameters import read_time
from isotherm.api.zones import ZONE_PATTERN, read_zone
from isotherm.areas import ELEVATION_PATTERN, MAX_RADIUS_KM
from isotherm.countries import COUNTRY_PATTERN, read_country
from isotherm.errors import ChoiceError


@schemathesis.hook
def map_query(_context: schemathesis.HookContext, query: Any) -> Any:  # noqa: ANN401 - as generated
    """The same parameters, in an order that is possible."""
    if not isinstance(query, dict):
        return query
    in_order = dict(query)
    if {"from", "to"} <= query.keys():
        with contextlib.suppress(RequestValidationError, TypeError):
            times = [(read_time("from", query[name]), query[name]) for name in ("from", "to")]
            in_order["from"], in_order["to"] = (text for _, text in sorted(times))
    is_place = str(query.get("cursor", "")).isascii() and len(str(query.get("cursor", ""))) <= 11
    # A list by nearness or by the best match is continued at a number.
    if (
        {"near", "query", "count"} & query.keys()
        and is_place
        and not str(query.get("cursor", "")).isdecimal()
    ):
        in_order.pop("cursor", None)
    return in_order


def _mend_choice(query: dict[str, Any]) -> None:
    """Words that are one by one as described, and together or by their meaning no choice."""
    for name in ("box", "bbox"):
        if isinstance(query.get(name), str):
            query[name] = _south_below_north(query[name])
    if {"box", "bbox"} <= query.keys():
        del query["bbox"]
    if "near" not in query and _is_radius(query.get("radius_km")):
        del query["radius_km"]
    band = query.get("elevation")
    if (
        isinstance(band, str)
        and re.fullmatch(ELEVATION_PATTERN, band)
        and all(map(str.strip, band.split(",")))
    ):
        query["elevation"] = ",".join(sorted(band.split(","), key=float))
    country = query.get("country")
    if isinstance(country, str) and re.fullmatch(COUNTRY_PATTERN, country):
        try:
            read_country(country)
        except ChoiceError:
            query["country"] = "NO"


def _mend_zone(query: dict[str, Any]) -> None:
    """A name written as one of a zone is that of one."""
    name = query.get("tz")
    if isinstance(name, str) and re.fullmatch(ZONE_PATTERN, name):
        try:
            read_zone(name)
        except RequestValidationError:
            query["tz"] = "Europe/Paris"


def _mend_days(query: dict[str, Any]) -> None:
    """What is filled is at least a day, and not centuries."""
    with contextlib.suppress(TypeError, ValueError, KeyError, OverflowError):
        date.fromisoformat(query["to"])
        query["to"] = str(date.fromisoformat(query["from"]) + timedelta(days=7))


def _is_radius(value: object) -> bool:
    try:
        return 0 < float(str(value)) <= MAX_RADIUS_KM
    except ValueError:
        return False


def _south_below_north(bbox: str) -> str:
    corners = bbox.split(",")
    with contextlib.suppress(ValueError):
        if len(corners) == 4 and float(corners[1]) > float(corners[3]):
            corners[1], corners[3] = corners[3], corners[1]
    return ",".join(corners)


@schemathesis.hook
def before_call(
    _context: schemathesis.HookContext,
    case: schemathesis.Case,
    _kwargs: dict[str, Any],
) -> None:
    """The borders of each parameter come alone, and not by way of `map_query`."""
    if isinstance(case.query, dict):
        _mend_choice(case.query)
        _mend_zone(case.query)
        if case.path.endswith("/backfill/cost"):
            _mend_days(case.query)


@schemathesis.deserializer("text/csv")
def read_csv(_context: schemathesis.DeserializationContext, response: schemathesis.Response) -> str:
    """A CSV as its text."""
    return response.content.decode()


@schemathesis.deserializer("application/vnd.apache.parquet")
def read_parquet(_context: schemathesis.DeserializationContext, response: schemathesis.Response) -> str:
    """A Parquet file as its bytes, a character each."""
    return response.content.decode("latin-1")
