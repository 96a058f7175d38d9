"""Which query parameters a route accepts; any other, and one said twice, is refused."""

import difflib
from collections import Counter
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

_NEAR_MISS: Final = 0.6
_KEPT: Final = "isotherm_accepted"


async def refuse_unknown_parameters(request: Request) -> None:
    """A dependency of every described route; pages and files take whatever is in their address.

    Raises:
        RequestValidationError: a parameter the route does not know, with those it does and the one
            that was probably meant; or one that is there more than once.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    accepted = _accepted(route)
    given = Counter(name for name, _ in request.query_params.multi_items())
    errors = [
        _unknown(name, accepted) if name not in accepted else _repeated(name, times)
        for name, times in given.items()
        if name not in accepted or times > 1
    ]
    if errors:
        raise RequestValidationError(errors)


def _accepted(route: APIRoute) -> list[str]:
    """The names, in order; kept with the route, because finding them takes longer than a statement."""
    kept: dict[str, Any] = route.__dict__
    if _KEPT not in kept:
        kept[_KEPT] = sorted(_query_parameters(route))
    names: list[str] = kept[_KEPT]
    return names


def accepted_by(request: Request, name: str) -> str:
    """What a parameter accepts, in the words of its description, with an example."""
    route = request.scope.get("route")
    described = _parameters(route).get(name) if isinstance(route, APIRoute) else None
    if described is None:
        return "has not the form that is accepted"
    examples = [str(one) for one in described.examples or ()]
    such_as = f", such as {', '.join(examples)}" if examples else ""
    return f"accepted: {described.description}{such_as}"


def _query_parameters(route: APIRoute) -> dict[str, Any]:
    """Public name of each query parameter -> what is said of it."""
    return {one.alias: one.field_info for one in get_flat_dependant(route.dependant).query_params}


def _parameters(route: APIRoute) -> dict[str, Any]:
    """The same with the parts of the path."""
    parts = get_flat_dependant(route.dependant).path_params
    return {**{one.alias: one.field_info for one in parts}, **_query_parameters(route)}


def _unknown(name: str, accepted: list[str]) -> dict[str, Any]:
    near = _near_misses(name.lower(), accepted)
    hint = f"; did you mean `{near[0]}`?" if near else "."
    known = f" Accepted: {', '.join(accepted)}" if accepted else " None is accepted"
    return {
        "type": "unknown_parameter",
        "loc": ("query", name[:100]),
        "msg": f"is no parameter here{hint}{known}",
        "input": None,
        "ctx": {"accepted": accepted},
    }


def _near_misses(name: str, accepted: list[str]) -> list[str]:
    """The likeliest first: one with letters in another order before one with other letters."""
    turned = [one for one in accepted if sorted(one) == sorted(name)]
    return turned or difflib.get_close_matches(name, accepted, 1, _NEAR_MISS)


def _repeated(name: str, times: int) -> dict[str, Any]:
    message = f"is given {times} times; accepted: once"
    return {"type": "repeated_parameter", "loc": ("query", name), "msg": message, "input": None}
