"""What a description of single parameters cannot say of two together, told to Schemathesis.

A range, box or place that is in order is asked instead of one that is not; whatever is wrong by itself
stays wrong. That the API refuses the others is tested beside.
"""

import contextlib
from typing import Any

import schemathesis
from fastapi.exceptions import RequestValidationError

from isotherm.api.parameters import read_time


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
    if isinstance(query.get("bbox"), str):
        in_order["bbox"] = _south_below_north(query["bbox"])
    is_place = str(query.get("cursor", "")).isascii() and len(str(query.get("cursor", ""))) <= 11
    # A list by nearness or by the best match is continued at a number.
    if {"near", "query"} & query.keys() and is_place and not str(query.get("cursor", "")).isdecimal():
        in_order.pop("cursor", None)
    return in_order


def _south_below_north(bbox: str) -> str:
    corners = bbox.split(",")
    with contextlib.suppress(ValueError):
        if len(corners) == 4 and float(corners[1]) > float(corners[3]):
            corners[1], corners[3] = corners[3], corners[1]
    return ",".join(corners)


@schemathesis.deserializer("text/csv")
def read_csv(_context: schemathesis.DeserializationContext, response: schemathesis.Response) -> str:
    """A CSV as its text."""
    return response.content.decode()
