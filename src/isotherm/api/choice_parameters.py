"""The query parameters that choose stations: the words of `station_choice`, and its messages."""

from typing import Annotated, Final

from fastapi import HTTPException, Path, Query
from pydantic import WithJsonSchema

from isotherm import areas, countries
from isotherm import station_choice as words
from isotherm.api.problems import bad_parameter
from isotherm.errors import ChoiceError
from isotherm.station_choice import StationChoice

# What reads them has a message of its own; the patterns are told to programs.
_Ids = Annotated[str, WithJsonSchema({"type": "string", "pattern": words.IDS_PATTERN})]
_COUNTRY_EXAMPLES: Final = ["Norway", "NO", "fips:NO"]
CountryText = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "pattern": countries.COUNTRY_PATTERN, "examples": _COUNTRY_EXAMPLES}
    ),
]
_Box = Annotated[str, WithJsonSchema({"type": "string", "pattern": areas.BOX_PATTERN})]
_Position = Annotated[str, WithJsonSchema({"type": "string", "pattern": areas.POSITION_PATTERN})]
_Band = Annotated[str, WithJsonSchema({"type": "string", "pattern": areas.ELEVATION_PATTERN})]
_BOX_EXAMPLES: Final = [areas.BOX_EXAMPLE]


def read_choice(
    ids: Annotated[
        _Ids | None,
        Query(
            description=f"{words.IDS_WORDS}; each is resolved as `/stations/{{station}}` does",
            examples=["72530094846,ENJA"],
        ),
    ] = None,
    country: Annotated[CountryText | None, Query(description=words.COUNTRY_WORDS)] = None,
    box: Annotated[_Box | None, Query(description=areas.BOX_WORDS, examples=_BOX_EXAMPLES)] = None,
    bbox: Annotated[
        _Box | None,
        Query(description="What `box` was called before", examples=_BOX_EXAMPLES, deprecated=True),
    ] = None,
    near: Annotated[
        _Position | None,
        Query(description=areas.POSITION_WORDS, examples=[areas.POSITION_EXAMPLE]),
    ] = None,
    radius_km: Annotated[
        float | None, Query(gt=0, le=areas.MAX_RADIUS_KM, description=words.RADIUS_WORDS)
    ] = None,
    elevation: Annotated[
        _Band | None,
        Query(description=areas.ELEVATION_WORDS, examples=list(areas.ELEVATION_EXAMPLES)),
    ] = None,
    count: Annotated[int | None, Query(ge=1, le=words.MAX_COUNT, description=words.COUNT_WORDS)] = None,
) -> StationChoice:
    """The choice the parameters describe.

    Raises:
        RequestValidationError: one cannot be read, or two boxes are said.
    """
    if None not in (box, bbox) and box != bbox:
        raise bad_parameter("bbox", bbox, "is `box` by its old name; accepted: one of them")
    said = {
        "count": count, "ids": ids, "country": country, "box": bbox if box is None else box,
        "near": near, "radius_km": radius_km, "elevation": elevation,
    }  # fmt: skip
    try:
        return StationChoice.read(**said)  # type: ignore[arg-type]
    except ChoiceError as error:
        name = "bbox" if error.field == "box" and bbox is not None else error.field
        raise bad_parameter(name, said[error.field], str(error)) from None


def read_country(
    country: Annotated[CountryText, Path(description=words.COUNTRY_WORDS)],
) -> countries.Country:
    """The country of a path.

    Raises:
        HTTPException: it means none, or several: 404.
    """
    try:
        return countries.read_country(country)
    except ChoiceError as error:
        raise HTTPException(404, str(error)) from None
