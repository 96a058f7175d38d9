"""Several stations in one parameter: ids or codes between commas."""

import re
from typing import Any, Final

import sqlalchemy as sa
from fastapi import Query

from isotherm.api.station_lookup import resolve_station
from isotherm.station_choice import ID_WORDS

_ID: Final = "[0-9A-Za-z_-]{3,32}"
_BETWEEN: Final = re.compile("[, ]+")


def names_of(at_most: int, default: str = "") -> Any:  # noqa: ANN401 - as FastAPI's own Query
    """The parameter that names up to so many stations.

    Args:
        at_most: stations.
        default: what is answered without it, in words.
    """
    return Query(
        description=f"{ID_WORDS[0].upper()}{ID_WORDS[1:]}, {at_most} at most, between commas or blanks"
        + (f". Default: {default}" if default else ""),
        examples=["72530094846,ENJA"],
        pattern=f"^{_ID}([, ]+{_ID}){{0,{at_most - 1}}}$",
        max_length=34 * at_most,
    )


def some_stations(connection: sa.Connection, names: str) -> list[str]:
    """The places these mean, in their order, each once.

    Raises:
        HTTPException: as `resolve_station`.
    """
    return list(dict.fromkeys(resolve_station(connection, one) for one in _BETWEEN.split(names)))
